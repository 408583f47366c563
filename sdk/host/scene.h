/*
 * scene: what a conformance rule has in its hands. A rule is a function that plays one scenario
 * against the plugin and says with EXPECT what must hold; the first thing that does not hold is the
 * finding. It may be run eight times at once (mode threads), against a plugin whose memory of
 * former calls was overwritten (poison), and after a reload (twice): so it counts only what is its
 * own, by the keys that scene_key gives.
 */
#ifndef HOST_SCENE_H
#define HOST_SCENE_H

#include <souk.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

struct world;
struct scene;

enum scene_mode {
    MODE_PLAIN,
    MODE_POISON,
    MODE_FAIL,
    MODE_TWICE,
    MODE_THREADS,
    MODE_CENSUS,
    MODE_SLOW,
    MODE_OLD,
    MODES
};
enum scene_verdict { RULE_YES, RULE_SKIPPED, RULE_NO };

#define RULE_STILL 1 /* about the file alone: in mode plain only */
#define RULE_CENSUS                                                                                \
    2 /* counts what the process holds: in modes plain and census, never beside others */
#define RULE_OLD 4 /* its world has the API table of the minor that the plugin claims */

struct rule {
    const char *name;
    const char *sentence;
    int flags;
    void (*run)(struct scene *scene);
};

struct scene {
    struct world *world;
    struct arena arena; /* what a scenario keeps */
    int mode;
    int number;           /* of its thread */
    const char *provider; /* the name in the providers table; NULL in the general suite */
    const void *table;    /* struct souk_payment_provider and so on */
    int verdict;
    char words[600];
    char rude[200]; /* text that came and is no UTF-8: where */
    char mute[200]; /* a failure that came without words: where */
    char job[640];  /* a job that cannot work: which, and why */
};

/* ---- saying what must hold ---- */

void scene_no(struct scene *scene, const char *format, ...) __attribute__((format(printf, 2, 3)));
void scene_skip(struct scene *scene, const char *why);
#define EXPECT(scene, holds, ...)                                                                  \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            scene_no((scene), __VA_ARGS__);                                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)
#define SKIP_UNLESS(scene, holds, why)                                                             \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            scene_skip((scene), (why));                                                            \
            return;                                                                                \
        }                                                                                          \
    } while (0)
/* Ends the function when an inner one has found something. */
#define CHECK(scene, call)                                                                         \
    do {                                                                                           \
        (call);                                                                                    \
        if ((scene)->verdict != RULE_YES)                                                          \
            return;                                                                                \
    } while (0)

/* ---- material ---- */

/* "begin-3-17": never twice in a process. */
struct souk_str scene_key(struct scene *scene, const char *what);
int64_t scene_id(struct scene *scene);
const char *code_name(int code);
/* What general rules want to know of each call: is its text UTF-8, has a failure words? */
void scene_text_seen(struct scene *scene, const char *where, struct souk_str text);
void scene_code_seen(struct scene *scene, const char *where, int code, int has_words);

/* ---- conform.lua ---- */

int scene_has(struct scene *scene, const char *name);
/* NULL: there is no such function, or it failed (the finding says so). */
struct json *scene_ask(struct scene *scene, const char *name, const struct json *args);
const struct json *scene_hint(struct scene *scene, const char *name); /* a global that is data */

/* ---- calls into the plugin: memory of its own, gone (in poison: overwritten) when it ends ---- */

struct provider_scope;
struct call {
    struct scene *scene;
    struct arena arena;
    int64_t began; /* clock_mono */
};
void call_open(struct scene *scene, struct call *call, struct provider_scope *scope);
void call_shut(struct call *call, struct provider_scope *scope);

/* ---- its peer, for calls on this thread ---- */

enum peer_fault {
    PEER_FINE,
    PEER_LOST,     /* the peer does as it was told, but the answer never arrives: SOUK_TIMEOUT */
    PEER_DOWN,     /* no connection */
    PEER_BROKEN,   /* 503 (mail: 451), and nothing was done */
    PEER_BUSY,     /* 429 with Retry-After: PEER_WAIT (mail: 451), and nothing was done */
    PEER_DECLINES, /* the request says `decline = true`: the peer refuses the payer (mail: a
                      refusal) */
};
#define PEER_WAIT 120 /* seconds */
void peer_fault(enum peer_fault fault);
/* For mail: the next reply to the receiver or the message, such as "550 5.1.1 no such user". */
void peer_reply(const char *reply);
int peer_calls(void); /* so far, on this thread */
/* What the HTTP peer has heard on this thread since the last clear: addresses, headers, bodies. */
struct souk_str peer_said(void);
void peer_said_clear(void);

struct mail { /* what an SMTP server would have got */
    struct souk_str sender, recipient, data;
    int taken; /* it answered 250 */
};
/* The mails of this thread since the last peer_mails_clear: the list is the host's. */
size_t peer_mails(const struct mail **list);
void peer_mails_clear(void);

/* ---- what the plugin reported to the shop ---- */

struct report {
    struct souk_str provider, event, reference, number, state, text;
    struct souk_str currency;
    int64_t payment_id, amount, at;
    int paid; /* SOUK_PAID_…; 0: of a parcel */
    int code; /* what the shop said to it */
};
/* Those about this reference, order number or tracking number, each once; up to `room`. */
size_t scene_reports(struct scene *scene, struct souk_str about, struct report *list, size_t room);

/* ---- requests, in place of the HTTP server ---- */

struct visit {
    const char *method, *path;
    const struct json *headers; /* {name: value}; may be NULL */
    struct souk_str body;
};
struct reply {
    int status;
    struct souk_str type, body;
};
/* SOUK_NOT_FOUND: no such route. */
int visit(struct scene *scene, const struct visit *ask, struct reply *reply);

/* ---- looking ---- */

/* One number or text of the database; `args` as in db.h. */
int64_t scene_count(struct scene *scene, const char *sql, struct souk_str arg);
struct souk_str scene_text(struct scene *scene, const char *sql, struct souk_str arg);
struct souk_str scene_log(struct scene *scene); /* everything that was logged so far */
/* The secret that stands in the text, or NULL. */
const char *scene_secret_in(struct scene *scene, struct souk_str text);
/* A finding when one does, and when one stands in the log, the plugin's tables or the shop's
 * queues. */
void scene_secret_seen(struct scene *scene, const char *where, struct souk_str text);
void scene_secret_kept(struct scene *scene);
int scene_utf8(struct souk_str text);

#endif
