/*
 * internal: what the files of the bridge share. Nobody outside of core/bridge includes
 * it.
 */
#ifndef BRIDGE_INTERNAL_H
#define BRIDGE_INTERNAL_H

#include "bridge/bridge.h"
#include "web/asset.h"
#include "web/i18n.h"
#include "web/request.h"
#include "web/template.h"

/* ---- the sub-tables ---- */

extern const struct souk_value_api value_table;
extern const struct souk_call_api call_table;
extern const struct souk_db_api query_table;
extern const struct souk_request_api request_table;
extern const struct souk_event_api event_table;
extern const struct souk_http_api http_table;
extern const struct souk_order_api order_table;
extern const struct souk_payment_api payment_table;
extern const struct souk_delivery_api delivery_table;
extern const struct souk_notify_api notify_table;
extern const struct souk_catalogue_api catalogue_table;
extern const struct souk_price_api price_table;
extern const struct souk_cart_api cart_table;
extern const struct souk_person_api person_table;
extern const struct souk_content_api content_table;
extern const struct souk_locale_api locale_table;
extern const struct souk_time_api time_table;
extern const struct souk_crypto_api crypto_table;
extern const struct souk_file_api file_table;
extern const struct souk_feed_api feed_table;

int kv_get(struct souk_ctx *ctx, struct souk_str key, struct souk_str *value);
int kv_put(struct souk_ctx *ctx, struct souk_str key, struct souk_str value);
int kv_delete(struct souk_ctx *ctx, struct souk_str key);
int crypto_random(struct souk_ctx *ctx, void *to, uint64_t bytes);
int crypto_sha256(struct souk_ctx *ctx, struct souk_str data, uint8_t digest[32]);
int crypto_hmac(struct souk_ctx *ctx, struct souk_str key, struct souk_str data,
                uint8_t digest[32]);
int crypto_equal(struct souk_str a, struct souk_str b);

/* ---- one call ---- */

/* Why a function of the API says no: kept for souk_failure and the log, not shown to
 * customers. Gives `code` back. */
int bridge_refuse(struct souk_ctx *ctx, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Sets the words of `err` under the same rule. */
int bridge_refuse_err(struct souk_ctx *ctx, const struct err *err);
/* Says no with words for people: what came from a visitor or a peer is at fault, not the plugin. */
int bridge_tell(struct souk_ctx *ctx, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A view from a plugin that can be read at all: ptr unless empty, below 1 GiB. */
int bridge_view_ok(struct souk_str text);
const char *bridge_kind_name(int kind);
/* Runs `fn` where the call may write: at once in WRITE, in a write of its own in TASK. What fails
 * has changed nothing, though the handler goes on. Elsewhere SOUK_WRONG_KIND in the name of
 * `function`. */
int bridge_write(struct souk_ctx *ctx, const char *function, souk_write_fn fn, void *arg);

/* Words for people from what a call came back with: the plugin's own when it gave them
 * with this code, else the core's. */
void bridge_reason(const struct souk_ctx *ctx, int code, struct err *err);
/* 1 when the code came from wrong use of the API: an error of the shop, not of the
 * visitor. */
int bridge_is_slip(const struct souk_ctx *ctx, int code);
/* One log line for a call that failed. */
void bridge_log_failure(const struct souk_ctx *ctx, const char *where, int code);

/* The snapshot or savepoint of the call, begun if need be; NULL after bridge_refuse. */
struct db_conn *query_conn(struct souk_ctx *ctx);
/* In TASK: closes queries and gives the snapshot back, before something that takes
 * long. */
void query_release(struct souk_ctx *ctx);
/* In TASK, between the pieces of something long: the snapshot goes back and the next query begins
 * another, unless the plugin has rows open. Elsewhere nothing. */
void query_renew(struct souk_ctx *ctx);
/* Runs `fn` in a write of its own and waits: TASK only. */
int query_write(struct souk_ctx *ctx, souk_write_fn fn, void *arg);
/* A call that writes nothing (a feed's) was about to: SOUK_WRONG_KIND in the name of `function`;
 * SOUK_OK for all others. query_write looks for itself. */
int query_quiet(struct souk_ctx *ctx, const char *function);
/* Runs `fn` inside the write `conn`, as the WRITE half of `from`. */
int query_step(struct souk_ctx *from, struct db_conn *conn, souk_write_fn fn, void *arg);

/* JSON as one line, in the call's arena. */
struct souk_str value_print(struct arena *arena, const struct json *value);
/* The text, with bytes that are not UTF-8 replaced by U+FFFD; copied. */
struct souk_str value_clean(struct arena *arena, struct souk_str text);

/* event_log.c */
int event_log_record(struct souk_ctx *ctx, const char *kind, int64_t person_id,
                     struct souk_str subject, const struct souk_value *data);
int event_log_recent(struct souk_ctx *ctx, const char *kind, int64_t person_id, int64_t before,
                     uint32_t limit, const struct souk_value **list);

/* terms.c: the market that a plugin means, with what it left open as the request has it, or the
 * shop. `terms` may be NULL. 0, or a code after bridge_refuse in the name of `function`. */
struct market;
int terms_market(struct souk_ctx *ctx, const char *function, const struct souk_terms *terms,
                 struct market *market);
/* The answer, if there is one to be given, rests on the clock. */
void terms_until(struct souk_ctx *ctx, int64_t until);

/* catalogue_write.c */
int catalogue_save(struct souk_ctx *ctx, const struct souk_value *product,
                   struct souk_product_result *result);
int catalogue_stock_move(struct souk_ctx *ctx, int64_t variant_id, int64_t delta,
                         struct souk_str subject);
int catalogue_stock_count(struct souk_ctx *ctx, int64_t variant_id, int64_t on_hand);

/* Facts of READ handlers. SOUK_BUSY when full. */
int event_queue_put(struct souk_str topic, struct souk_str subject, struct souk_str payload,
                    int64_t at);

/* views.c: a page went out; once a second: what was counted becomes facts. */
void views_count(struct request *request);
void views_turn(int64_t mono, int64_t now);

/* push.c */
int push_tell(struct souk_ctx *ctx, struct souk_str topic, const struct souk_value *value);

/* ---- one site ---- */

struct target { /* what a plugin's route or page is */
    struct site *site;
    struct plugin *plugin;
    const struct souk_route *route; /* or */
    const struct souk_page *page;
};

struct slot_row {
    struct plugin *plugin;
    const struct souk_slot *row;
    char *name; /* of the template */
    const char *where;
};

struct slot_list {
    struct slot_row *at;
    size_t count;
};

struct site { /* hangs in plugin_set.web; web_site.user points back */
    struct web_site web;
    struct plugin_set *set;
    struct map slots; /* name -> struct slot_list * */
    int views;        /* somebody listens to page.viewed */
};

extern struct site_options site_core; /* as site_setup left it */

int site_add_routes(struct site *site, struct err *err);
int site_add_slots(struct site *site, struct err *err);
int site_add_files(struct site *site, struct err *err);

int route_run(struct request *request, const struct web_route *route);
int page_run(struct request *request, const struct web_route *route);
/* Fills a ctx for a call about a request. */
void route_ctx(struct souk_ctx *ctx, struct request *request, struct site *site,
               struct plugin *plugin, int kind);

void slot_fill(struct template_env *env, struct souk_str slot, const struct json *data,
               struct buf *out);
/* The env of a template of `owner`, for a request. */
struct render { /* template_env.user */
    struct site *site;
    struct request *request;
    const char *owner;
    int plain; /* leave slots empty: the error page */
};
void render_env(struct template_env *env, struct render *render);
void render_error(struct request *request, int status, const char *detail);
int site_is_reserved(struct souk_str path); /* /x, /api, /admin … : no locale prefix */

#endif
