/*
 * promo_offer_judge.c: which offers can be made here and now, and at which price.
 *
 * The idea: the rules of a slot are walked by priority. One is left out when it was declined too
 * often, when a condition does not hold, or when nothing of what it offers can be had that is not
 * in the cart already. What is left is priced by the actions of promotions on a quote of that one
 * line. All that the walk needs is read before: the past in one statement, goods in three,
 * functions in one round trip.
 *
 * Conditions see the cart without what came by offers, and with the product that is looked at.
 */
#include "shop/promo_offer.h"

#include "base/str.h"
#include "shop/cart.sql.h"
#include "shop/cart_goods.h"
#include "shop/promo_engine.h"
#include "shop/promo_offer.sql.h"

#define CANDIDATES 64
#define SKUS       256 /* that are looked up for one place */

struct past { /* a row of this place, or what was declined elsewhere */
    struct souk_str offer;
    int64_t variant_id, declines, line_id, payment_id;
    int own, same_slot, shown, accepted, held, failed;
};

struct candidate {
    const struct promo_offer *offer;
    struct promo_texts skus;
    struct souk_str text;
    int64_t quantity;
    const struct promo_action *actions;
    size_t action_count;
};

struct judge {
    struct db_conn *conn;
    struct arena *arena;
    struct promo_live *live;
    struct promo_offer_at *at;
    struct promo_facts facts;
    struct quote quote; /* that conditions are tested on */
    struct promo_run run;
    struct past *past;
    size_t past_count;
    struct candidate candidates[CANDIDATES];
    size_t count;
    /* goods */
    struct goods_list goods;
    struct souk_str skus[SKUS];
    int64_t variants[SKUS], free[SKUS];
    size_t sku_count;
    struct err *err;
};

int promo_offer_any(const struct promo_set *set, const char *slot)
{
    for (size_t i = 0; i < set->offer_count; i++)
        if (set->offers[i].enabled && souk_str_is(set->offers[i].slot, slot))
            return 1;
    return 0;
}

/* ---- the rules of the slot ---- */

static int is_on(const struct judge *judge, const struct promo_offer *offer)
{
    int64_t now = judge->at->market->now;
    return offer->enabled && souk_str_is(offer->slot, judge->at->slot) &&
           (!judge->at->only.len || souk_str_equal(judge->at->only, offer->id)) &&
           (!offer->from || offer->from <= now) && (!offer->to || now < offer->to);
}

static void gather(struct judge *judge)
{
    const struct promo_set *set = judge->live->set;
    for (size_t i = 0; i < set->offer_count && judge->count < CANDIDATES; i++) {
        const struct promo_offer *offer = &set->offers[i];
        if (!is_on(judge, offer))
            continue;
        size_t at = judge->count++;
        for (; at > 0 && judge->candidates[at - 1].offer->priority < offer->priority; at--)
            judge->candidates[at] = judge->candidates[at - 1];
        judge->candidates[at] = (struct candidate){.offer = offer,
                                                   .skus = offer->skus,
                                                   .text = offer->text,
                                                   .quantity = offer->quantity,
                                                   .actions = offer->actions,
                                                   .action_count = offer->action_count};
    }
}

static void drop(struct judge *judge, size_t at)
{
    memmove(&judge->candidates[at], &judge->candidates[at + 1],
            (judge->count - at - 1) * sizeof judge->candidates[0]);
    judge->count--;
}

/* ---- the past ---- */

static int read_past(struct judge *judge)
{
    const struct promo_offer_at *at = judge->at;
    struct db_rows rows;
    size_t cap = 0;
    int64_t cart_id = at->cart ? at->cart->id : 0;
    int code =
        db_query(judge->conn, &sql_promo_offer_past, &rows,
                 cart_id && !at->order_id ? DB_INT(cart_id) : DB_NULL,
                 at->order_id ? DB_INT(at->order_id) : DB_NULL,
                 at->who.person_id ? DB_INT(at->who.person_id) : DB_NULL, DB_INT(at->who.visitor));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        if (judge->past_count == cap) {
            cap = cap ? cap * 2 : 16;
            struct past *more = arena_array(judge->arena, struct past, cap);
            if (judge->past_count)
                memcpy(more, judge->past, judge->past_count * sizeof *more);
            judge->past = more;
        }
        struct souk_str state = db_text(&rows, 3);
        judge->past[judge->past_count++] =
            (struct past){.offer = arena_str(judge->arena, db_text(&rows, 0)),
                          .variant_id = db_int(&rows, 2),
                          .declines = db_int(&rows, 4),
                          .line_id = db_int(&rows, 5),
                          .payment_id = db_int(&rows, 6),
                          .own = db_int(&rows, 7) != 0,
                          .same_slot = souk_str_is(db_text(&rows, 1), at->slot),
                          .shown = souk_str_is(state, "shown"),
                          .accepted = souk_str_is(state, "accepted"),
                          .failed = souk_str_is(state, "failed"),
                          .held = souk_str_is(state, "held")};
        code = SOUK_OK;
    }
    return code;
}

/* Declined too often, or what was offered after a purchase was answered. */
static int is_over(const struct judge *judge, struct souk_str id)
{
    int64_t declines = 0;
    for (size_t i = 0; i < judge->past_count; i++) {
        const struct past *past = &judge->past[i];
        if (!souk_str_equal(past->offer, id))
            continue;
        declines += past->declines;
        if (past->own && past->same_slot && judge->at->order_id &&
            (past->accepted || past->failed || past->declines || past->payment_id))
            return 1;
    }
    return declines >= PROMO_OFFER_DECLINES;
}

static const struct past *past_of(const struct judge *judge, struct souk_str id, int64_t variant_id)
{
    for (size_t i = 0; i < judge->past_count; i++) {
        const struct past *past = &judge->past[i];
        if (past->own && past->same_slot && past->variant_id == variant_id &&
            souk_str_equal(past->offer, id))
            return past;
    }
    return NULL;
}

static void forget_declined(struct judge *judge)
{
    for (size_t i = judge->count; !judge->at->only.len && i-- > 0;)
        if (is_over(judge, judge->candidates[i].offer->id))
            drop(judge, i);
}

/* ---- what conditions see ---- */

static int came_by_offer(const struct judge *judge, int64_t line_id)
{
    for (size_t i = 0; i < judge->facts.offer_count; i++)
        if (judge->facts.offer_lines[i] == line_id)
            return 1;
    return 0;
}

static int add_line(struct judge *judge, const struct quote_line *line)
{
    struct quote_line *own = &judge->quote.lines[judge->quote.count];
    struct promo_run *run = &judge->run;
    *own = *line;
    own->discounts = NULL;
    own->discount_count = 0;
    if (__builtin_mul_overflow(own->unit_price, own->quantity, &run->left[judge->quote.count]))
        return SOUK_INVALID;
    run->before[judge->quote.count] = run->left[judge->quote.count];
    judge->quote.count++;
    return SOUK_OK;
}

static int see(struct judge *judge)
{
    const struct quote *basis = judge->at->basis;
    struct arena *arena = judge->arena;
    size_t room = (basis ? basis->count : 0) + 1 + PROMO_GIFTS;
    int code = SOUK_OK;
    if (basis)
        judge->quote = *basis;
    judge->quote.at = judge->at->market->now;
    judge->quote.currency = souk_str(judge->at->market->currency);
    judge->quote.count = 0;
    judge->quote.lines = arena_array(arena, struct quote_line, room);
    judge->run = (struct promo_run){.arena = arena,
                                    .set = judge->live->set,
                                    .quote = &judge->quote,
                                    .facts = &judge->facts,
                                    .left = arena_array(arena, int64_t, room),
                                    .floor = arena_array(arena, int64_t, room),
                                    .before = arena_array(arena, int64_t, room),
                                    .used = arena_array(arena, int64_t, room),
                                    .err = judge->err};
    for (size_t i = 0; basis && code == SOUK_OK && i < basis->count; i++)
        if (!basis->lines[i].gift && !came_by_offer(judge, basis->lines[i].id))
            code = add_line(judge, &basis->lines[i]);
    if (code == SOUK_OK && judge->at->with)
        code = add_line(judge, judge->at->with);
    judge->run.count = judge->quote.count;
    judge->run.delivery_left = arena_array(arena, int64_t, judge->quote.delivery_count + 1);
    for (size_t i = 0; i < judge->quote.delivery_count; i++)
        judge->run.delivery_left[i] = judge->quote.delivery[i].amount;
    return code;
}

static int read_facts(struct judge *judge)
{
    const struct promo_offer_at *at = judge->at;
    const struct promo_set *set = judge->live->set;
    int code = SOUK_OK;
    if (at->cart && !at->order_id)
        code = promo_offer_facts(judge->conn, judge->arena, set, at->cart, &judge->facts);
    if (code == SOUK_OK)
        code = see(judge);
    if (code == SOUK_OK)
        code = promo_facts_read(judge->conn, judge->arena, set, &judge->quote, at->market, &at->who,
                                &judge->facts);
    return code;
}

/* ---- functions ---- */

static size_t list_functions(const struct judge *judge, struct script_call *calls)
{
    size_t count = 0;
    for (size_t i = 0; i < judge->count; i++) {
        const struct promo_offer *offer = judge->candidates[i].offer;
        for (size_t c = 0; c < offer->condition_count; c++) {
            if (offer->conditions[c].kind != PROMO_FUNCTION)
                continue;
            if (calls)
                calls[count] = (struct script_call){.function = offer->conditions[c].function};
            count++;
        }
        if (offer->function < 0)
            continue;
        if (calls)
            calls[count] = (struct script_call){.function = offer->function};
        count++;
    }
    return count;
}

static void ask(struct judge *judge)
{
    struct promo_offer_at *at = judge->at;
    size_t count = list_functions(judge, NULL);
    if (count && !at->calls && at->market->asks && judge->live->scripts) {
        struct script_call *calls = arena_array(judge->arena, struct script_call, count);
        struct json *input = promo_input(judge->arena, &judge->quote, &judge->facts);
        list_functions(judge, calls);
        json_add_cstr(judge->arena, input, "slot", at->slot);
        if (at->product.len)
            json_add_str(judge->arena, input, "product", at->product);
        script_set_call(judge->live->scripts, judge->arena, input, calls, count);
        at->calls = calls;
        at->call_count = count;
    }
    judge->run.calls = at->calls;
    judge->run.call_count = at->call_count;
}

static const struct script_call *call_of(const struct judge *judge, int function)
{
    for (size_t i = 0; i < judge->run.call_count; i++)
        if (judge->run.calls[i].function == function)
            return &judge->run.calls[i];
    return NULL;
}

static int read_actions(struct judge *judge, const struct json *give, struct candidate *candidate)
{
    int many = give->kind == JSON_ARRAY;
    size_t count = many ? give->count : 1;
    struct promo_action *actions = arena_array(judge->arena, struct promo_action, count + 1);
    struct err err = {0};
    candidate->action_count = 0;
    candidate->actions = actions;
    if (!many)
        return promo_action_read(judge->arena, give, &actions[candidate->action_count++], &err);
    json_each(item, give)
    {
        int code = promo_action_read(judge->arena, &item->value,
                                     &actions[candidate->action_count++], &err);
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

/* What the rule's function chose; 0: nothing, or it failed. */
static int choose(struct judge *judge, struct candidate *candidate)
{
    const struct script_call *call = call_of(judge, candidate->offer->function);
    const struct json_item *first =
        call && call->outcome == SCRIPT_OK ? json_first(call->result) : NULL;
    const struct json *choice = first ? &first->value : NULL;
    const struct json *give = json_at(choice, "give");
    struct souk_str *sku = arena_new(judge->arena, struct souk_str);
    *sku = json_text(json_at(choice, "sku"));
    if (!sku->len)
        return 0;
    candidate->skus = (struct promo_texts){sku, 1};
    candidate->quantity = json_int(json_at(choice, "quantity"), 1);
    if (json_text(json_at(choice, "text")).len)
        candidate->text = json_text(json_at(choice, "text"));
    if (candidate->quantity < 1 || candidate->quantity > QUOTE_QUANTITY)
        return 0;
    return !give || give->kind == JSON_NULL || read_actions(judge, give, candidate) == SOUK_OK;
}

static int holds(const struct judge *judge, const struct promo_offer *offer)
{
    struct promo_held held;
    for (size_t i = 0; i < offer->condition_count; i++) {
        promo_test(&judge->run, &offer->conditions[i], &held);
        if (!held.held)
            return 0;
    }
    return 1;
}

static void test(struct judge *judge)
{
    for (size_t i = judge->count; i-- > 0;) {
        struct candidate *candidate = &judge->candidates[i];
        int fits = holds(judge, candidate->offer);
        if (fits && candidate->offer->function >= 0)
            fits = choose(judge, candidate);
        if (!fits)
            drop(judge, i);
    }
}

/* ---- goods ---- */

static int read_variants(struct judge *judge, struct souk_str skus)
{
    struct db_rows rows;
    int code = db_query(judge->conn, &sql_cart_skus, &rows, DB_TEXT(skus));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        int64_t at = db_int(&rows, 0);
        if (at >= 0 && at < (int64_t)judge->sku_count)
            judge->variants[at] = db_int(&rows, 1);
        code = SOUK_OK;
    }
    return code;
}

static int read_free(struct judge *judge, struct souk_str ids)
{
    struct db_rows rows;
    int code = db_query(judge->conn, &sql_cart_stock, &rows, DB_TEXT(ids));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        for (size_t i = 0; i < judge->sku_count; i++)
            if (judge->variants[i] == db_int(&rows, 0))
                judge->free[i] = db_is_null(&rows, 1) ? -1 : db_int(&rows, 1);
        code = SOUK_OK;
    }
    return code;
}

static size_t sku_at(const struct judge *judge, struct souk_str sku)
{
    size_t at = 0;
    while (at < judge->sku_count && !souk_str_equal(judge->skus[at], sku))
        at++;
    return at;
}

static int read_goods(struct judge *judge)
{
    struct buf skus = {.arena = judge->arena}, ids = {.arena = judge->arena};
    for (size_t i = 0; i < judge->count; i++) {
        const struct promo_texts *texts = &judge->candidates[i].skus;
        for (size_t s = 0; s < texts->count && judge->sku_count < SKUS; s++) {
            if (sku_at(judge, texts->at[s]) < judge->sku_count)
                continue;
            buf_add_char(&skus, skus.len ? ',' : '[');
            json_print_string(&skus, texts->at[s]);
            judge->skus[judge->sku_count++] = texts->at[s];
        }
    }
    if (!skus.len)
        return SOUK_OK;
    buf_add_char(&skus, ']');
    int code = read_variants(judge, buf_str(&skus));
    for (size_t i = 0; i < judge->sku_count; i++)
        if (judge->variants[i])
            buf_printf(&ids, "%c%lld", ids.len ? ',' : '[', (long long)judge->variants[i]);
    if (code != SOUK_OK || !ids.len)
        return code;
    buf_add_char(&ids, ']');
    code = read_free(judge, buf_str(&ids));
    return code ? code
                : goods_read(judge->conn, judge->arena, judge->at->market, buf_str(&ids),
                             &judge->goods);
}

/* In the cart (kept for later, too), in the order, or looked at. */
static int is_there(const struct judge *judge, int64_t variant_id)
{
    const struct promo_offer_at *at = judge->at;
    for (size_t i = 0; at->cart && i < at->cart->count; i++)
        if (at->cart->lines[i].variant_id == variant_id)
            return 1;
    for (size_t i = 0; at->basis && i < at->basis->count; i++)
        if (at->basis->lines[i].variant_id == variant_id)
            return 1;
    return at->with && at->with->variant_id == variant_id;
}

/* ---- the price ---- */

static int price(struct judge *judge, const struct candidate *candidate,
                 struct promo_offered *offered)
{
    struct quote_line *line = arena_array(judge->arena, struct quote_line, 1 + PROMO_GIFTS);
    int64_t *numbers = arena_array(judge->arena, int64_t, 4 * (1 + PROMO_GIFTS));
    *line = offered->line;
    int64_t floor = line->min_unit_price > 0 ? line->min_unit_price : 0;
    struct quote alone = {.currency = judge->quote.currency,
                          .at = judge->quote.at,
                          .include_tax = market_shop()->prices_include_tax,
                          .lines = line,
                          .count = 1};
    struct promo_run run = {.arena = judge->arena,
                            .set = judge->live->set,
                            .quote = &alone,
                            .facts = &judge->facts,
                            .count = 1,
                            .left = numbers,
                            .floor = numbers + 1 + PROMO_GIFTS,
                            .before = numbers + 2 * (1 + PROMO_GIFTS),
                            .used = numbers + 3 * (1 + PROMO_GIFTS),
                            .delivery_left = numbers,
                            .err = judge->err};
    struct promo promo = {.id = candidate->offer->id,
                          .enabled = 1,
                          .uses = PROMO_NONE,
                          .budget = PROMO_NONE,
                          .budget_uses = PROMO_NONE,
                          .actions = candidate->actions,
                          .action_count = candidate->action_count};
    if (__builtin_mul_overflow(line->unit_price, line->quantity, &run.left[0]) ||
        __builtin_mul_overflow(floor, line->quantity, &run.floor[0]))
        return SOUK_INVALID;
    run.before[0] = run.left[0];
    struct promo_effect *effect = promo_effect_new(&run);
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < candidate->action_count; i++)
        code = promo_give(&run, &promo, &candidate->actions[i], effect);
    if (code != SOUK_OK)
        return code;
    offered->discount = effect->lines[0];
    offered->amount = run.left[0] - effect->lines[0];
    return SOUK_OK;
}

/* Cannot be made of these goods; why, for who asked for this very offer. */
static int refuse(struct judge *judge, const char *why)
{
    judge->at->why = why;
    return SOUK_NOT_FOUND;
}

static int can_be_had(struct judge *judge, const struct candidate *candidate, size_t at, int taken)
{
    const struct promo_offer_at *place = judge->at;
    int64_t variant_id = judge->variants[at];
    const struct goods *goods = variant_id ? goods_find(&judge->goods, variant_id) : NULL;
    if (place->only_variant && place->only_variant != variant_id)
        return SOUK_NOT_FOUND;
    if (!goods || !goods->sold ||
        goods_price(&judge->goods, variant_id, candidate->quantity).amount < 0)
        return refuse(judge, "this is not sold any more");
    if (taken && place->only.len)
        return SOUK_OK;
    if (is_there(judge, variant_id))
        return refuse(judge, "this is in your cart already");
    if (judge->free[at] >= 0 && judge->free[at] < candidate->quantity)
        return refuse(judge, "this is sold out");
    return SOUK_OK;
}

/* Makes the offer of one of its goods; SOUK_NOT_FOUND: not of this one. */
static int offer_one(struct judge *judge, const struct candidate *candidate, size_t at,
                     struct promo_offered *offered)
{
    int64_t variant_id = judge->variants[at];
    const struct past *past = past_of(judge, candidate->offer->id, variant_id);
    int taken = past && past->accepted && (past->line_id || judge->at->order_id);
    int code = can_be_had(judge, candidate, at, taken);
    if (code != SOUK_OK)
        return code;
    struct price found = goods_price(&judge->goods, variant_id, candidate->quantity);
    *offered = (struct promo_offered){
        .offer = candidate->offer,
        .text = candidate->text,
        .line = {.quantity = candidate->quantity},
        .accepted = taken,
        .payment_id = past ? past->payment_id : 0,
        .known = past && past->shown,
        .ends_at = promo_offer_ends(candidate->offer, &judge->facts.customer)};
    code = goods_fill(judge->conn, judge->arena, &judge->goods,
                      goods_find(&judge->goods, variant_id), &found, &offered->line);
    return code ? code : price(judge, candidate, offered);
}

/* Each rule has its own share of the customers, so that the same few do not miss everything. */
static int is_held(const struct judge *judge, const struct promo_offer *offer)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (offer->holdout <= 0)
        return 0;
    for (size_t i = 0; i < offer->id.len; i++)
        hash = (hash ^ (unsigned char)offer->id.ptr[i]) * UINT64_C(0x100000001b3);
    return (int64_t)((judge->facts.customer.bucket + hash % 1000000) % 1000000) < offer->holdout;
}

static int make(struct judge *judge, const struct candidate *candidate,
                struct promo_offered *offered)
{
    int code = SOUK_NOT_FOUND;
    for (size_t i = 0; code == SOUK_NOT_FOUND && i < candidate->skus.count; i++) {
        size_t at = sku_at(judge, candidate->skus.at[i]);
        if (at < judge->sku_count)
            code = offer_one(judge, candidate, at, offered);
    }
    if (code == SOUK_OK)
        offered->held = is_held(judge, candidate->offer);
    return code;
}

static int make_all(struct judge *judge, size_t limit, struct promo_offered *found, size_t room,
                    size_t *count)
{
    size_t shown = 0;
    for (size_t i = 0; i < judge->count && shown < limit && *count < room; i++) {
        struct promo_offered *offered = &found[*count];
        int code = make(judge, &judge->candidates[i], offered);
        if (code == SOUK_NOT_FOUND || code == SOUK_INVALID)
            continue; /* an amount beyond all bounds is no offer */
        if (code != SOUK_OK)
            return code;
        shown += !offered->held;
        ++*count;
    }
    return SOUK_OK;
}

int promo_offer_find(struct db_conn *conn, struct arena *arena, struct promo_live *live,
                     struct promo_offer_at *at, size_t limit, struct promo_offered *found,
                     size_t room, size_t *count, struct err *err)
{
    struct judge *judge = arena_new(arena, struct judge);
    *judge = (struct judge){.conn = conn, .arena = arena, .live = live, .at = at, .err = err};
    *count = 0;
    at->why = "this offer has ended";
    gather(judge);
    if (!judge->count)
        return SOUK_OK;
    at->why = "this offer is not for your cart any more";
    int code = read_past(judge);
    if (code == SOUK_OK)
        forget_declined(judge);
    if (code == SOUK_OK && judge->count)
        code = read_facts(judge);
    if (code == SOUK_OK) {
        ask(judge);
        test(judge);
        code = read_goods(judge);
    }
    if (code == SOUK_OK)
        code = make_all(judge, limit, found, room, count);
    return code ? err_set(err, code, "offers cannot be made: %s", db_error(conn)) : SOUK_OK;
}

int promo_offer_line(struct db_conn *conn, struct arena *arena, const struct market *market,
                     int64_t variant_id, int64_t quantity, struct quote_line *line, int64_t *free)
{
    struct goods_list list;
    struct db_rows rows;
    struct souk_str ids = arena_printf(arena, "[%lld]", (long long)variant_id);
    int code = goods_read(conn, arena, market, ids, &list);
    if (code == SOUK_OK)
        code = db_first(db_query(conn, &sql_cart_stock, &rows, DB_TEXT(ids)), &rows);
    if (code != SOUK_OK)
        return code;
    *free = db_is_null(&rows, 1) ? -1 : db_int(&rows, 1);
    db_close(&rows);
    quantity = quantity ? quantity : 1;
    const struct goods *goods = goods_find(&list, variant_id);
    struct price found = goods_price(&list, variant_id, quantity);
    if (!goods || !goods->sold || found.amount < 0)
        return SOUK_NOT_FOUND;
    *line = (struct quote_line){.quantity = quantity};
    return goods_fill(conn, arena, &list, goods, &found, line);
}
