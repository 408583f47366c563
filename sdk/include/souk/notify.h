/*
 * Telling people: the table of a notify provider: one channel ("email", "sms") that carries
 * messages which the core has written. The core decides who gets what and when, in which language,
 * once for each occasion; it renders subject, text and HTML from the shop's templates, keeps the
 * message, and calls send() from a job until it went out.
 *
 * What send() gives back decides what happens next: SOUK_OK: sent. SOUK_UNAVAILABLE, SOUK_TIMEOUT
 * or SOUK_BUSY: again later, with the same key. SOUK_INVALID or SOUK_DENIED: never again for this
 * message. result->suppress = 1 besides: this address is written to no more (a mailbox that does
 * not exist). result->wait: whoever is at the other end has said how long to wait; the core does
 * not ask again before, were it for a day.
 *
 * Rules (souk-host checks each by its name):
 *   send-once          a repeat with the same key carries the same message id
 *   text-always        a message with HTML carries its text too
 *   text-exact         what arrives reads as it was given: accents, long lines, lines with a point
 *   no-injection       line breaks in subject, name or address add no header and no receiver
 *   refused-final      a permanent refusal (5xx) is not tried again
 *   delayed-again      a temporary one (4xx), or no connection, is
 *   wait-told          how long a server asks to wait (429, Retry-After) reaches the core
 *   unknown-suppressed an unknown mailbox is suppressed; a full one, or a refused content, is not
 *   one-receiver       exactly the given receiver gets it
 *   no-secrets         passwords and keys are in no result, log line or error
 */
#ifndef SOUK_NOTIFY_H
#define SOUK_NOTIFY_H

#include <souk/call.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_message { /* host-allocated */
    uint32_t size;
    int32_t attempt; /* 1 for the first */
    int64_t id;
    int64_t created_at;
    struct souk_str key;       /* the same at every attempt */
    struct souk_str kind;      /* "order_placed" */
    struct souk_str recipient; /* address or number in E.164 */
    struct souk_str recipient_name;
    struct souk_str subject; /* empty on channels without one */
    struct souk_str text;    /* lines end with "\n" */
    struct souk_str html;    /* empty: text only */
    struct souk_str locale;
    struct souk_str reply_to; /* empty: none */
    /* since 0.2 */
    struct souk_str
        unsubscribe; /* of news: a POST to this address says no (RFC 8058); empty: none */
};

struct souk_message_result { /* host-allocated, cleared */
    uint32_t size;
    int32_t suppress;
    struct souk_str reference; /* the channel's id of the message */
    struct souk_str message;   /* why not, for staff */
    /* since 0.2 */
    int32_t wait; /* with a code of later: seconds that the other end asks for (its Retry-After,
                     souk_http_answer.wait); 0: as the core thinks fit */
    int32_t reserved;
};

struct souk_notify_provider {
    uint32_t size;
    int32_t flags;
    const char *channel; /* "email" */
    const char *label;
    int (*send)(struct souk_ctx *ctx, const struct souk_message *message,
                struct souk_message_result *result); /* TASK */
};

/* ---- mail transport: for providers of "email" ---- */

#define SOUK_TLS_NONE     0 /* plain text: for a server on this machine */
#define SOUK_TLS_STARTTLS 1 /* required, certificate checked */
#define SOUK_TLS_DIRECT   2 /* smtps */

struct souk_smtp_request {
    uint32_t size; /* sizeof(struct souk_smtp_request) */
    int32_t tls;
    int32_t port;
    int32_t timeout_ms; /* 0: 30,000; never beyond the call's deadline */
    struct souk_str host;
    struct souk_str user, password; /* empty: no authentication */
    struct souk_str sender;         /* envelope: where bounces go */
    struct souk_str recipient;
    struct souk_str data;    /* the whole message, RFC 5322, CRLF or LF; dots are stuffed here */
    struct souk_str ca_file; /* certificates to believe; empty: the system's */
};

struct souk_smtp_response { /* host-allocated */
    uint32_t size;
    int32_t code;         /* the last reply: 250, 451, 550 …; 0: none came */
    struct souk_str text; /* of that reply, as sent */
};

/* ---- writing to people: for every plugin ---- */

struct souk_letter {
    uint32_t size;             /* sizeof(struct souk_letter) */
    int32_t marketing;         /* 1: only to who agreed to the channel, with a way to leave in it */
    int64_t person_id;         /* who; or 0 and an address */
    struct souk_str recipient; /* empty: the person's */
    struct souk_str channel;   /* "email"; empty: that */
    struct souk_str locale;    /* empty: the person's, else the shop's */
    struct souk_str key;       /* one occasion: a second letter with it is not written */
    const char *name; /* of the plugin's templates: "notice" is templates/mail/notice.txt, its first
                         line the subject, and notice.html, which may be missing */
    /* What the template sees. A member "order" with the id of an order: "link" and "path" are then
     * the address of its page, if the receiver is who bought; else they are empty. */
    const struct souk_value *view;
};

struct souk_notify_api {
    uint32_t size;
    uint32_t reserved;
    /* TASK. SOUK_OK also when the server refused: look at the code. SOUK_UNAVAILABLE: no
     * connection, or TLS failed; SOUK_TIMEOUT; SOUK_INVALID: a line break in an address. */
    int (*smtp)(struct souk_ctx *ctx, const struct souk_smtp_request *request,
                const struct souk_smtp_response **response);
    /* since 0.2 */
    int (*send)(struct souk_ctx *ctx, const struct souk_letter *letter, int64_t *id);
};

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* Hands one mail to an SMTP server; blocks. TASK: see souk/notify.h. [TASK; blocks; 0.1] */
static inline int souk_smtp(struct souk_ctx *ctx, const struct souk_smtp_request *request, const struct souk_smtp_response **response) { return souk_api->notify->smtp(ctx, request, response); }
/* Hands a letter to the shop, which keeps it, renders it when it is sent (a plugin that is off by then lets it wait), sends it through the channel's provider and tries again until it went
 * out. *id (may be NULL): of the message; 0: this key was written before. SOUK_DENIED: the person has not agreed, or the address is written to no more;
 * SOUK_NOT_FOUND: no such person, template, or no address. [WRITE TASK; waits; 0.2] */
static inline int souk_letter_send(struct souk_ctx *ctx, const struct souk_letter *letter, int64_t *id) { return souk_api->notify->send(ctx, letter, id); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
