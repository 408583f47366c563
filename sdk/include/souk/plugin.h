/*
 * The descriptor: what a plugin is, said in constant tables. The core reads them to build the
 * router, the settings form, `souk plugin info`, the check of souk.lua and the documentation.
 * Nothing is registered at run time.
 *
 *     SOUK_PLUGIN = {
 *         SOUK_ABI,
 *         .name = "hello",
 *         .version = "1.0.0",
 *         .summary = "Greets visitors",
 *         .routes = SOUK_TABLE(routes),
 *     };
 *
 * Names of plugins match [a-z][a-z0-9_]{1,31}; by custom <kind>_<name>: payment_stripe,
 * delivery_post.
 */
#ifndef SOUK_PLUGIN_H
#define SOUK_PLUGIN_H

#include <souk/abi.h>
#include <souk/admin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_ctx;   /* one call of the core into the plugin; everything that the plugin asks for goes
                      through it */
struct souk_value; /* structured data: souk/value.h */
struct souk_api;   /* at the end of this file */

/* ---- needs ---- */

#define SOUK_NEEDS     1 /* the other must be on, and starts first */
#define SOUK_CONFLICTS 2 /* the other must not be on */
#define SOUK_AFTER     3 /* if the other is on, it starts first */

struct souk_require {
    const char *plugin;
    int32_t relation;
    int32_t reserved;
};

/* ---- options: the plugin's table in souk.lua and its settings form ---- */

#define SOUK_STRING   1 /* one line */
#define SOUK_TEXT     2 /* several lines */
#define SOUK_INT      3 /* int64; min and max apply */
#define SOUK_BOOL     4
#define SOUK_MONEY    5  /* "12.50 EUR" */
#define SOUK_DURATION 6  /* "250ms" "10s" "5m" "2h" "1d"; read in microseconds; min and max too */
#define SOUK_SIZE     7  /* "64K" "4M" or bytes */
#define SOUK_URL      8  /* http or https */
#define SOUK_CHOICE   9  /* one of `choices` */
#define SOUK_LIST     10 /* of strings; with `choices`: of these */
#define SOUK_MAP      11 /* string to string */
#define SOUK_SECRET   12 /* env "NAME" or file "PATH"; never printed */
#define SOUK_RATE     13 /* "12.5%"; read in parts per million */

#define SOUK_REQUIRED 1 /* flag: must be given */

struct souk_option {
    const char *key;
    int32_t type;
    int32_t flags;
    const char *initial; /* the default as it would be written, or NULL; lists "a, b", maps
                            "key=value, key=value" */
    const char *summary; /* one sentence for the form and the documentation */
    int64_t min;         /* SOUK_INT, SOUK_DURATION, SOUK_SIZE, SOUK_RATE; both 0 = no bounds */
    int64_t max;
    const char *const *choices; /* SOUK_CHOICE: NULL-terminated; SOUK_LIST: what may stand in it;
                                   NULL: anything */
};

/* ---- routes ---- */

/* Kind: where a handler runs, and so what it may do. */
#define SOUK_READ                                                                                  \
    1 /* on the I/O thread in a read snapshot: query, render, queue an event; must not write or    \
         block */
#define SOUK_WRITE                                                                                 \
    2 /* on the writer in a savepoint of a group commit: write; must not block; a few ms at most.  \
         May be run again. */
#define SOUK_TASK                                                                                  \
    3 /* on a task thread: may block, use the network; writes through souk_then_write() */

/* Flag of a page or a READ route: the answer to one URL is the same for every visitor without a
 * session. A finished answer of 200 is kept until a table that it read changes; so it may depend on
 * the URL, the locale, the options and the database alone: not on the clock. One that asked for a
 * header, the address, the visitor, a random number, a new id or a file is not kept. */
#define SOUK_CACHED 1

/* Surface: where the path hangs and what the core does around it. */
#define SOUK_PUBLIC  1 /* /x/<plugin>/…: session, same-origin rule for state changes */
#define SOUK_WEBHOOK 2 /* /hooks/<plugin>/…: raw body kept, no session, no same-origin rule */
#define SOUK_ADMIN   3 /* /admin/p/<plugin>/…: HTML for signed-in staff with `right` */
#define SOUK_API_V1  4 /* /api/v1/x/<plugin>/…: JSON; errors as application/problem+json */

struct souk_route {
    const char *method; /* "GET" (serves HEAD too), "POST", "PUT", "PATCH", "DELETE" */
    const char *path;   /* below the surface's root: "/items/{id}"; "" is the root itself; "{rest*}"
                           takes all that follows */
    int32_t kind;
    int32_t surface;
    int (*handle)(struct souk_ctx *ctx);
    const char *summary; /* one line, for documentation and OpenAPI */
    const char *right;   /* SOUK_ADMIN: the right that it takes, "edit" is "<plugin>.edit";
                            NULL: any staff */
    int32_t body_limit;  /* bytes of request body; 0: 64 KiB */
    int32_t deadline_ms; /* 0: 5,000, READ and WRITE 1,000 */
    int32_t rate;        /* calls a minute for one address; 0: no limit of its own */
    int32_t flags;       /* SOUK_CACHED, for GET as READ */
};

/* ---- pages: HTML in the shop's layout ---- */

/* A page answers GET `path` (anywhere outside /x, /api, /admin, /hooks, /assets), in every locale.
 * `fill` runs as READ and puts data into `view`; the core renders `page_template` with it. Return
 * SOUK_NOT_FOUND for a 404. */
struct souk_page {
    const char *path;          /* "/visits", "/visits/{day}" */
    const char *page_template; /* a name in the plugin's files, without "templates/" and ".html" */
    int (*fill)(struct souk_ctx *ctx, struct souk_value *view);
    const char *title; /* a message id; the handler may set view.title instead */
    int32_t flags;
    int32_t reserved;
};

/* A contribution to a named place in somebody else's template. Over its budget (20 ms) or failing,
 * it is left out. */
struct souk_slot {
    const char *slot; /* "layout.head", "layout.footer", "home.main", … */
    const char *part_template;
    int (*fill)(struct souk_ctx *ctx,
                struct souk_value *view); /* may be NULL; SOUK_NOT_FOUND: nothing to show */
    int32_t priority;                     /* lower comes first; then plugin name */
    int32_t reserved;
};

/* ---- events ---- */

#define SOUK_FILTER                                                                                \
    1 /* "noun.verbing": runs at once on a task thread, in order; may change the payload or veto   \
       */
#define SOUK_FACT                                                                                  \
    2 /* "noun.verbed": from the outbox, at least once, in order per subject, on a task thread */

/* Host-allocated; read only what size covers. */
struct souk_event {
    uint32_t size;
    int32_t kind;
    int64_t id; /* stable over repeats of a fact: remember it to be idempotent */
    int64_t at; /* microseconds UTC */
    struct souk_str name;
    struct souk_str subject; /* what it is about: "order:1042" */
    struct souk_value *payload;
};

/* A plugin listens to an event once: what else is to be done at it, the same function calls. */
struct souk_listener {
    const char *event;
    int32_t kind;
    int32_t priority; /* lower comes first; then plugin name */
    int (*handle)(struct souk_ctx *ctx,
                  const struct souk_event *event); /* a filter vetoes with souk_fail(ctx,
                                                      SOUK_DENIED, "reason for the customer") */
    int32_t budget_ms;                             /* 0: 250 for a filter, 5,000 for a fact */
    int32_t reserved;
};

/* ---- jobs and commands ---- */

struct souk_job {
    const char *name;
    const char *cron; /* "minute hour day month weekday" in UTC, or NULL: only when asked for by
                         souk_job_add() */
    int (*run)(struct souk_ctx *ctx,
               const struct souk_value *payload); /* on a task thread; an error means again later */
    const char *summary;
    int32_t attempts;   /* before it is dead; 0: 12 */
    int32_t timeout_ms; /* 0: 60,000 */
};

/* `souk <plugin> <name> …`; output goes through souk_print(). */
struct souk_command {
    const char *name;
    const char *usage; /* "[--all] NAME", may be NULL */
    const char *summary;
    int (*run)(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv); /* as TASK */
};

/* ---- data ---- */

/* Forward only; each runs once, in a transaction. A changed text of an applied one stops the load.
 * Tables are named p_<plugin>_<noun>. */
struct souk_migration {
    int32_t number; /* 1, 2, 3 … */
    int32_t reserved;
    const char *name;
    const char *sql;
};

/* Files carried in the plugin (SOUK_EMBED): "templates/NAME.html", "static/NAME", "locale/LANG.mo".
 */
struct souk_file {
    const char *path;
    const char *begin;
    const char *end;
};

#define SOUK_FILE(path, symbol)                                                                    \
    {                                                                                              \
        (path), souk_file_##symbol, souk_file_##symbol##_end                                       \
    }

/* An implementation of one of the core's typed tables (souk/payment.h, souk/delivery.h, …); the
 * table begins with its size. */
struct souk_provider {
    const char *kind; /* "payment" "delivery" "tax" "recommend" "chat" "track" "notify" "search"
                         "document" "feed" */
    const char *name; /* "card": unique within the kind */
    const void *table;
};

/* ---- the descriptor ---- */

/* What a checkout does while the plugin is quarantined or missing. */
#define SOUK_OPTIONAL  0 /* goes on without it */
#define SOUK_ESSENTIAL 1 /* routes that need it answer 503, the rest serves */
#define SOUK_GATE      2 /* fails closed: nothing is sold without its answer */

struct souk_plugin {
    uint32_t magic;
    uint32_t size;
    int32_t abi_major;
    int32_t abi_minor;
    const struct souk_api **api; /* where the core puts its table */
    const char *name;
    const char *version; /* "1.2.3" */
    const char *summary;
    const char *contact; /* who to write to when it breaks */
    const char *license; /* SPDX */
    int32_t role;
    int32_t reserved;
    struct souk_table relations; /* struct souk_require */
    struct souk_table options;
    struct souk_table routes;
    struct souk_table pages;
    struct souk_table slots;
    struct souk_table events; /* struct souk_listener */
    struct souk_table jobs;
    struct souk_table commands;
    struct souk_table migrations;
    struct souk_table files;
    struct souk_table providers;
    /* init: allocate, read options; the set is not public yet. start: it is about to be. stop: no
     * call is running any more and none will come. All may be NULL; an error from init or start
     * refuses the plugin and leaves the old set as it was. */
    int (*init)(struct souk_ctx *ctx);
    int (*start)(struct souk_ctx *ctx);
    void (*stop)(struct souk_ctx *ctx);
    struct souk_table resources; /* struct souk_resource: souk/admin.h */
};

/* The head of a descriptor. A plugin that is content with less than these headers offer says so:
 * SOUK_ABI_OF(1) loads in every souk since 0.1, and asks SOUK_HAS for what came later. */
#define SOUK_ABI_OF(minor)                                                                         \
    .magic = SOUK_MAGIC, .size = (uint32_t)sizeof(struct souk_plugin),                             \
    .abi_major = SOUK_ABI_MAJOR, .abi_minor = (minor), .api = &souk_api
#define SOUK_ABI SOUK_ABI_OF(SOUK_ABI_MINOR)

/* In exactly one file of the plugin. */
#define SOUK_PLUGIN                                                                                \
    SOUK_HIDDEN const struct souk_api *souk_api;                                                   \
    SOUK_EXPORT extern const struct souk_plugin souk_plugin;                                       \
    const struct souk_plugin souk_plugin

/* ---- what the core hands over ---- */

struct souk_value_api;
struct souk_call_api;
struct souk_db_api;
struct souk_request_api;
struct souk_event_api;
struct souk_http_api;
struct souk_order_api;
struct souk_payment_api;
struct souk_delivery_api;
struct souk_notify_api;
struct souk_catalogue_api;
struct souk_price_api;
struct souk_cart_api;
struct souk_person_api;
struct souk_content_api;
struct souk_locale_api;
struct souk_time_api;
struct souk_crypto_api;
struct souk_file_api;
struct souk_feed_api;

/* Host-allocated. One sub-table a header, souk/<area>.h; authors call the inline functions there.
 */
struct souk_api {
    uint32_t size;
    int32_t abi_minor;
    const struct souk_value_api *value;
    const struct souk_call_api *call;
    const struct souk_db_api *db;
    const struct souk_request_api *request;
    const struct souk_event_api *event;
    const struct souk_http_api *http;
    const struct souk_order_api *order;
    const struct souk_payment_api *payment;
    const struct souk_delivery_api *delivery;
    const struct souk_notify_api *notify;
    /* since 0.2 */
    const struct souk_catalogue_api *catalogue;
    const struct souk_price_api *price;
    const struct souk_cart_api *cart;
    const struct souk_person_api *person;
    const struct souk_content_api *content;
    const struct souk_locale_api *locale;
    const struct souk_time_api *time;
    const struct souk_crypto_api *crypto;
    const struct souk_file_api *file;
    const struct souk_feed_api *feed;
};

extern SOUK_HIDDEN const struct souk_api *souk_api;

#ifdef __cplusplus
}
#endif

#endif
