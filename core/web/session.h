/*
 * session: what the shop remembers of a browser. The cookie is 256 random bits; the database keeps
 * only its SHA-256. Small named values, 4 KiB in all. A session is made by the first session_put
 * (in a write); reading never makes one. Ends after 30 days without use or 90 days in all, and when
 * ended by the server.
 */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include "web/request.h"

struct session {
    char id_hash[32];
    struct json *data;
    int64_t created, seen;
    int64_t seen_before; /* when it was last used before this request: exact to five minutes after
                            session_seen, to an hour else */
    int fresh;           /* made in this request: the cookie goes out with the answer */
};

/* Cookie names: "__Host-souk" behind TLS, "souk" otherwise. NULL: no (valid) session. Any kind of
 * handler; reads at most once a request, but in a write always anew from the savepoint, because a
 * write may be run again. */
struct session *session_find(struct request *request);
/* Notes that the session was used now, unless that was noted less than five minutes ago: for those
 * whose session ends soon when it is idle. Does not wait. */
void session_seen(struct request *request);
/* Does the request bring a session cookie, valid or not? No query. */
int session_cookie(struct request *request);
struct souk_str session_get(struct request *request, const char *key);
int session_put(struct request *request, const char *key,
                struct souk_str value); /* in a write; an empty value removes the key */
int session_renew(
    struct request *request); /* in a write: new id, same data: at sign-in and change of rights */
int session_end(struct request *request);      /* in a write */
int session_sweep(struct db *db, int64_t now); /* a job's: drops the expired */
/* A token for clients that send neither Origin nor Sec-Fetch-Site: HMAC of the session's id. Empty
 * without a session. */
struct souk_str session_csrf(struct request *request);
int session_csrf_valid(struct request *request, struct souk_str token);

#endif
