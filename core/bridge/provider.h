/*
 * provider: calling the typed tables of plugins: payment, delivery, notify, document. One place
 * decides which plugin answers, marks the board, sets the deadline, and turns what came back into a
 * code and words; a provider that fails or is away is left out of lists and refused by name
 * elsewhere.
 */
#ifndef BRIDGE_PROVIDER_H
#define BRIDGE_PROVIDER_H

#include "bridge/bridge.h"

#include <souk/delivery.h>
#include <souk/document.h>
#include <souk/notify.h>
#include <souk/payment.h>
#include <souk/track.h>

/* On whose behalf: a request (its pinned set, arena and language) or a job (a set of its own pin).
 */
struct provider_scope {
    struct plugin_set *set;
    struct db *db;
    struct arena *arena;
    const char *locale;
    struct request *request; /* NULL in jobs */
    struct db_conn
        *conn;       /* the open snapshot or savepoint to query in; NULL: the call begins one */
    int kind;        /* SOUK_TASK, SOUK_READ or SOUK_WRITE */
    uint32_t ticket; /* of provider_scope_job */
    int64_t span;    /* microseconds for one call; 0: 10 s in TASK, 50 ms else */
};
/* kind by where it runs; conn is the request's open one, if any. */
void provider_scope_request(struct provider_scope *scope, struct request *request, int kind);
/* Pins the published set; to be ended. */
void provider_scope_job(struct provider_scope *scope, struct db *db, struct arena *arena,
                        const char *locale);
void provider_scope_end(struct provider_scope *scope);

/* What one provider may take of a list that a shopper waits for and that was begun at `began`
 * (clock_mono): each little, all together not much more, so that one that does not answer costs its
 * own place in the list only. A span that the scope names, and what does not wait, stays. */
int64_t provider_look_span(const struct provider_scope *scope, int64_t began);

/* The shape of every call: provider_begin, the plugin's function with &call.ctx, provider_end. */
struct provider_call {
    struct souk_ctx ctx;
    struct call_place place;
    struct board_mark mark;
    const struct provider *provider;
    struct db_conn *before;
};
/* SOUK_NOT_FOUND: nobody provides it (err says who could). `verb` is a constant for the board:
 * "payment begin". */
int provider_begin(struct provider_call *call, const struct provider_scope *scope, const char *kind,
                   struct souk_str name, const char *verb, struct err *err);
/* What the plugin returned, as a code; words for people in err. Logs what has to be logged. */
int provider_end(struct provider_call *call, int returned, struct err *err);

/* ---- payment.c ---- */

/* All that can take these terms, in order of start: {"method", "label", "note", "fee", "in_page",
 * "fields", "flags"}. */
int payment_offers(const struct provider_scope *scope, const struct souk_payment_terms *terms,
                   struct json *items);
/* The offer of one; SOUK_NOT_FOUND: not for these terms, or not there. *flags: SOUK_PAYMENT_…. */
int payment_offer(const struct provider_scope *scope, struct souk_str method,
                  const struct souk_payment_terms *terms, struct json *offer, int32_t *flags,
                  struct err *err);
/* SOUK_NOT_FOUND: it is away. */
int payment_flags(const struct plugin_set *set, struct souk_str method, int32_t *flags);
enum payment_verb { PAYMENT_BEGIN, PAYMENT_CAPTURE, PAYMENT_CANCEL, PAYMENT_REFUND, PAYMENT_FETCH };
int payment_call(const struct provider_scope *scope, enum payment_verb verb,
                 const struct souk_payment *payment, struct souk_str method,
                 const struct souk_payment_move *move, struct souk_payment_result *result,
                 struct err *err);
/* What was chosen ({"method", …}) asks to finish the payment in the front end's page. */
int payment_in_page(const struct json *chosen);
/* What is wrong with the client facts of a result, in words after "gave"; NULL: nothing. */
const char *payment_client_fault(const struct souk_ctx *ctx, enum payment_verb verb,
                                 const struct souk_payment *payment,
                                 const struct souk_payment_result *result);
int payment_show(const struct provider_scope *scope, struct souk_str method,
                 const struct souk_payment *payment, struct json *view);
/* Whether the provider has a function for it. A call without one is SOUK_NOT_FOUND. */
int payment_can(const struct plugin_set *set, struct souk_str method, enum payment_verb verb);
/* What payment_apply wants to know of a provider: payers choose the sum (PART_CAPTURE without
 * CAPTURE); it can pay back by itself. 0 and 0 when it is away. */
void payment_traits(const struct plugin_set *set, struct souk_str method, int *parts, int *refunds);
/* The payment as providers see it, from its row. */
struct payment_row;
int payment_view(struct db_conn *conn, struct arena *arena, const struct payment_row *row,
                 struct souk_payment *view);

/* ---- delivery.c ---- */

/* All ways that fit: {"method": "<provider>:<code>", "label", "amount", …} as the provider gave
 * them. */
int delivery_options(const struct provider_scope *scope, const struct souk_delivery_terms *terms,
                     struct json *items);
/* *flags: of the provider and the choice together. SOUK_INVALID: err says "field: words". */
int delivery_check(const struct provider_scope *scope, struct souk_str method,
                   const struct souk_delivery_terms *terms, const struct json *choice,
                   struct souk_delivery_quote *quote, struct err *err);
/* SOUK_DELIVERY_… of a method's provider. */
int delivery_flags(const struct plugin_set *set, struct souk_str method, int32_t *flags);
/* In a write (scope->kind SOUK_WRITE, scope->conn the write's). A provider without it: SOUK_OK. */
int delivery_book(const struct provider_scope *scope, struct souk_str method,
                  struct souk_str number, const struct json *choice, struct err *err);
int delivery_free(const struct provider_scope *scope, struct souk_str method,
                  struct souk_str number, const struct json *choice, struct err *err);
enum delivery_verb { DELIVERY_SEND, DELIVERY_CANCEL, DELIVERY_TRACK };
int delivery_call(const struct provider_scope *scope, enum delivery_verb verb,
                  struct souk_str method, const struct souk_shipment *shipment,
                  struct souk_shipment_result *result, struct err *err);
/* The label's data; a provider without one, or away: the core's own with the parcel's number. */
int delivery_label(const struct provider_scope *scope, struct souk_str method,
                   const struct souk_shipment *shipment, struct json *label);

/* Lines of an address on paper: of the shop, of the receiver. */
void delivery_from(struct arena *arena, struct json *list);
void delivery_to(struct arena *arena, const struct souk_shipment *shipment, struct json *list);
/* The core's words in the scope's language. */
struct souk_str delivery_words(const struct provider_scope *scope, const char *words);

/* ---- track.c ---- */

struct track_taker { /* whose parameter it is; texts live as long as the set */
    const char *provider;
    int32_t flags;  /* SOUK_TRACK_… */
    int64_t window; /* microseconds that a click counts */
};
int track_any(const struct plugin_set *set); /* does anybody track? */
/* The first provider, in order of start, that declares this parameter of landing addresses. 1:
 * there is one. Any thread, does not wait. */
int track_takes(const struct plugin_set *set, struct souk_str param, struct track_taker *taker);
int track_ready(const struct plugin_set *set, struct souk_str name); /* is it on? */
int track_send(const struct provider_scope *scope, struct souk_str name,
               const struct souk_conversion *conversion, struct souk_conversion_result *result,
               struct err *err);

/* ---- cart.c ---- */

/* How carts of plugins are priced: with the delivery that was chosen, as the core's own are. Once,
 * at the start; without it they are priced without delivery. */
struct cart;
struct market;
struct quote;
typedef int (*cart_pricer)(const struct provider_scope *scope, struct db_conn *conn,
                           const struct cart *cart, const struct market *market,
                           struct quote *quote, struct json *gone, struct err *err);
void bridge_cart_use(cart_pricer price);

/* ---- notify.c ---- */

/* Is a plugin on that sends by this channel? */
int notify_ready(const struct plugin_set *set, const char *channel); /* NULL: by any */
int notify_send(const struct provider_scope *scope, const char *channel,
                const struct souk_message *message, struct souk_message_result *result,
                struct err *err);
/* A letter that a plugin writes to somebody, checked as far as it says something by itself. */
struct letter {
    const char *plugin, *name; /* of its template */
    int64_t person_id;
    struct souk_str recipient, channel, locale, key;
    const struct json *view; /* a map */
    int marketing;
};
/* Keeps it in the write `conn`; *id 0: its key was written before. SOUK_DENIED: not agreed, or
 * written to no more; SOUK_NOT_FOUND: no person, no address. Once, at the start. */
typedef int (*letter_writer)(struct db_conn *conn, struct arena *arena, const struct letter *letter,
                             int64_t now, int64_t *id, struct err *err);
void bridge_letter_use(letter_writer write);
/* SOUK_NOT_FOUND: no plugin draws documents. */
int document_draw(const struct provider_scope *scope, const char *kind, const struct json *data,
                  const char **type, struct souk_str *file, struct err *err);

#endif
