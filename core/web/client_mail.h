/*
 * client_mail: handing one mail to an SMTP server, on libcurl. The server is one that the admin
 * wrote into the configuration, so its address is not checked against private ranges as those of
 * web requests are. How it went is told by the last reply of the server: libcurl's own codes hide
 * whether a refusal was for now or for good.
 */
#ifndef WEB_CLIENT_MAIL_H
#define WEB_CLIENT_MAIL_H

#include "base/arena.h"
#include "base/err.h"

enum client_mail_tls { CLIENT_MAIL_PLAIN, CLIENT_MAIL_STARTTLS, CLIENT_MAIL_DIRECT };

struct client_mail {
    enum client_mail_tls tls; /* what is chosen is required */
    int port;
    struct souk_str host;
    struct souk_str user, password;
    struct souk_str sender, recipient; /* of the envelope, bare */
    struct souk_str data;              /* lines end with CRLF or LF */
    struct souk_str ca_file;
    int64_t timeout;  /* us; 0: 30 s */
    int64_t deadline; /* clock_mono; 0: none */
};

struct client_mail_reply {
    int code;             /* the last one: 250, 451, 550 …; 0: none came */
    struct souk_str text; /* its words */
};

/* Task threads. SOUK_OK: the server said something that decides, look at reply->code.
 * SOUK_UNAVAILABLE: no connection, no TLS, or it broke off; SOUK_TIMEOUT; SOUK_INVALID: an
 * address, host or user that cannot be sent as it is. */
int client_mail_send(struct arena *arena, const struct client_mail *mail,
                     struct client_mail_reply *reply, struct err *err);

void client_mail_stop(void); /* the shop ends: servers that say nothing are waited for no more */

/* For the test host: answers every call in place of the network; NULL: the network again. */
typedef int (*client_mail_peer)(struct arena *arena, const struct client_mail *mail,
                                struct client_mail_reply *reply, struct err *err);
void client_mail_peer_use(client_mail_peer peer);

#endif
