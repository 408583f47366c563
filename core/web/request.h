/*
 * request: one HTTP request and its answer, as handlers see it. Lives from the first byte of its
 * headers until libmicrohttpd has sent the last byte of the answer; its arena goes back to the
 * thread's pool then. One thread at a time touches it: I/O, then (while the connection is
 * suspended) writer or task, then I/O again.
 */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/worker.h"
#include "store/db.h"
#include "web/router.h"

struct MHD_Connection;
struct MHD_Response;

struct header { /* also query and form fields, cookies */
    struct souk_str name;
    struct souk_str value;
};

struct header_list {
    struct header *at;
    size_t count;
    size_t cap;
    const struct header **sorted; /* by name; NULL: not, or not any more */
};

struct upload {
    struct souk_str field, filename, type, bytes;
};

struct answer {
    int status; /* 0: not answered yet */
    struct souk_str type;
    struct souk_str body; /* in the request's arena, or static */
    struct header_list headers;
    struct MHD_Response
        *ready; /* a finished shared response (page cache, assets): the request holds a reference */
    int close;  /* Connection: close */
    int file;   /* a descriptor + 1, to be sent in place of the body; 0: none */
    int64_t file_from; /* the first byte of it that is sent, and how many */
    int64_t file_size;
    void *ready_owner; /* what keeps `ready` alive, or NULL; given back by cache_release */
};

struct session; /* web/session.h */

struct request {
    struct arena arena;
    struct MHD_Connection *connection;
    /* the request line, as sent */
    struct souk_str method, target, path, query_text; /* path is raw: percent signs and all */
    const char *locale;                               /* from the path's prefix, or the default */
    struct souk_str local_path;                       /* path without the locale's prefix */
    const struct web_route *route;
    struct souk_str params[ROUTER_PARAMS]; /* decoded */
    struct header_list headers, query, form,
        cookies; /* query, form and cookies are parsed when asked for */
    int query_parsed, form_parsed, cookies_parsed;
    struct upload *uploads;
    size_t upload_count;
    struct buf body;
    size_t body_limit;
    struct json *body_json;
    char address[48]; /* of the client: behind trusted proxies, theirs */
    char id[20];      /* request id: for logs and answers */
    int control; /* came over the control socket from a process of the same user: may do what an
                    admin may */
    int tls;     /* the client spoke TLS (to the proxy) */
    int head;    /* HEAD: answer as GET, without the body */
    struct session *session;
    int session_known;
    int64_t started;  /* clock_mono */
    int64_t deadline; /* clock_mono */
    int64_t now;      /* clock_now */
    uint32_t ticket;  /* pin of the plugin set */
    int pinned;
    void *site;           /* what the pinned set built: router, templates … */
    struct db_conn *conn; /* the snapshot or savepoint of the running handler */
    struct answer answer;
    int64_t sent; /* bytes of the body */
    /* moving between threads */
    struct work work;
    struct db_write write;
    db_fn then_fn; /* the write step that a TASK handler left: runs on the writer, then the answer
                      goes out */
    void *then_arg;
    int state; /* server.c's */
    int slot;  /* in the reaper's table */
    struct request *next_free;
    struct db *db;
    int own_conn;              /* `conn` was begun by request_conn */
    struct souk_str principal; /* who may do this, found by server_options.authorize: "staff:12",
                                  "token:3", "control"; empty where nobody has to be known */
    const void *staff;         /* what authorize knows of them besides: its own affair */
    int64_t expires;     /* clock_now: when the answer is no longer true; 0: see request_expires */
    const void *landing; /* what web_site.page_asked found: the answer is this visitor's alone;
                            NULL: nothing */
    int alone;    /* the answer rests on who asks, or on what the page cache does not see: not kept
                     there; see request_alone */
    int64_t told; /* a number that a handler leaves for page_sent (how many were found), kept with
                     the page in the page cache; 0: nothing was said */
};

/* ---- reading ---- */
struct souk_str request_header(const struct request *request,
                               const char *name); /* empty when absent */
struct souk_str request_param(const struct request *request, const char *name);
struct souk_str request_query(struct request *request, const char *name);
struct souk_str request_form(struct request *request,
                             const char *name); /* urlencoded or multipart */
/* Was this value (NULL: any) sent for a field that may be sent several times? */
int request_form_has(struct request *request, const char *name, const char *value);
struct souk_str request_cookie(struct request *request, const char *name);
const struct upload *request_upload(struct request *request, const char *name);
int request_json(struct request *request, const struct json **out,
                 struct err *err); /* Content-Type must be JSON */
/* What to query through: the running handler's snapshot or savepoint; begun now where there is none
 * yet (TASK handlers, error pages). NULL without a database. */
struct db_conn *request_conn(struct request *request);
void request_conn_end(
    struct request *request); /* ends a snapshot begun by request_conn, on the same thread; harmless
                                 otherwise. In a long TASK: before calling scripts or the network */

/* The answer rests on the clock (a price with an end, a publish window): it may be kept until this
 * moment (clock_now, microseconds) at most. The nearest of several calls holds; 0 is no limit. */
static inline void request_expires(struct request *request, int64_t at)
{
    if (at && (!request->expires || at < request->expires))
        request->expires = at;
}

/* The answer is for this request alone (it rests on a header, the address, a random number, a
 * file): the page cache does not keep it. */
static inline void request_alone(struct request *request)
{
    request->alone = 1;
}

/* ---- answering: the last one wins until the handler returns ---- */
void answer_bytes(struct request *request, int status, const char *type,
                  struct souk_str body); /* body is kept as a view */
void answer_text(struct request *request, int status, const char *text);
void answer_html(struct request *request, int status, struct souk_str html);
void answer_json(struct request *request, int status, const struct json *value);
/* A file as it is, sent by the kernel; the descriptor is the answer's from here on. `tag` is its
 * ETag without quotes; with `stays` the name never changes its content and browsers keep it for a
 * year. */
void answer_file(struct request *request, int fd, int64_t size, const char *type,
                 struct souk_str tag, int stays);
void answer_redirect(struct request *request, int status,
                     struct souk_str location); /* own paths and http(s) URLs */
/* RFC 9457. `type` is a short name ("out-of-stock") or NULL for about:blank; `more` (may be NULL)
 * adds members. On HTML surfaces an error page. */
void answer_problem(struct request *request, int status, const char *type, const char *detail,
                    const struct json *more);
void answer_error(struct request *request,
                  const struct err *err); /* the status that goes with err->code */
/* SOUK_INVALID when the value has CR, LF or NUL or the name is not a token. */
int answer_header(struct request *request, const char *name, struct souk_str value);
int answer_cookie(struct request *request, const char *name, struct souk_str value,
                  int64_t max_age_s); /* HttpOnly; SameSite=Lax; Secure behind TLS */
int answer_status_of(int code);       /* SOUK_… to HTTP */

/* From a TASK handler: end here with a write; `fn` gets the request as its argument's owner,
 * answers, and may be run again. */
void request_then_write(struct request *request, db_fn fn, void *arg);

#endif
