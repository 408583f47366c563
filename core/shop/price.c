/*
 * price.c: what one unit costs, why, and what the lists are called. The choice itself is made in
 * price_row.c; what a price was in the past is in price_history.c.
 */
#include "shop/price.h"

#include <stdint.h>
#include "base/clock.h"
#include "base/money.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/price.sql.h"
#include "shop/price_row.h"
#include "shop/product.h"

int price_of(struct db_conn *conn, const struct market *market, int64_t variant_id,
             int64_t quantity, struct price *price)
{
    struct arena arena = {0};
    struct price_rows rows;
    int code = price_rows_read(conn, &arena, market, &sql_price_rows_of_variant, DB_INT(variant_id),
                               &rows);
    if (code == SOUK_OK) {
        *price = price_choose(rows.at, rows.count, market->now, quantity);
        price->variant_id = variant_id;
    }
    arena_free(&arena);
    if (code != SOUK_OK)
        return code;
    return price->amount < 0 ? SOUK_NOT_FOUND : SOUK_OK;
}

int price_product(struct db_conn *conn, const struct market *market, int64_t product_id,
                  struct price *prices, size_t room, size_t *count)
{
    struct arena arena = {0};
    struct price_rows rows;
    *count = 0;
    int code = price_rows_of_product(conn, &arena, market, product_id, &rows);
    for (size_t at = 0; code == SOUK_OK && at < rows.count && *count < room;) {
        size_t span = price_rows_span(&rows, at);
        prices[(*count)++] = price_choose(&rows.at[at], span, market->now, 1);
        at += span;
    }
    arena_free(&arena);
    return code;
}

/* ---- why ---- */

struct reason {
    const struct market *market;
    int64_t quantity;
};

/* NULL: it could hold. Columns as in price_rows_of_variant. */
static const char *why_not(struct db_rows *row, const struct reason *reason)
{
    const struct market *market = reason->market;
    struct souk_str currency = db_text(row, 10);
    if (currency.len ? !souk_str_is(currency, market->currency)
                     : strcmp(market_shop()->currency, market->currency) != 0)
        return "another currency";
    if (db_text(row, 11).len && !souk_str_equal(db_text(row, 11), market->group))
        return "for another customer group";
    if (db_text(row, 12).len && !souk_str_equal(db_text(row, 12), market->channel))
        return "for another channel";
    if (db_int(row, 13) > market->now)
        return "the list begins later";
    if (!db_is_null(row, 14) && db_int(row, 14) <= market->now)
        return "the list has ended";
    if (db_int(row, 7) > market->now)
        return "begins later";
    if (!db_is_null(row, 8) && db_int(row, 8) <= market->now)
        return "has ended";
    if (db_int(row, 4) > reason->quantity)
        return "for a larger quantity";
    return NULL;
}

struct explained {
    struct json *json;
    struct price_row row;
    int held;
};

static int is_decided_by(const struct explained *one, const struct price *price)
{
    return one->held && one->row.list_id == price->list_id &&
           one->row.min_quantity == price->min_quantity && one->row.amount == price->amount;
}

static void add_reason(struct db_rows *row, struct arena *arena, const struct reason *reason,
                       struct explained *one)
{
    const char *why = why_not(row, reason);
    one->json = json_new(arena, JSON_OBJECT);
    json_add_str(arena, one->json, "list", arena_str(arena, db_text(row, 15)));
    json_add_int(arena, one->json, "priority", db_int(row, 9));
    json_add_int(arena, one->json, "amount", db_int(row, 5));
    json_add_int(arena, one->json, "min_quantity", db_int(row, 4));
    if (why)
        json_add_cstr(arena, one->json, "reason", why);
    one->row = (struct price_row){
        .list_id = db_int(row, 3), .min_quantity = db_int(row, 4), .amount = db_int(row, 5)};
    one->held = !why;
}

/* The one that decides goes first; of the others those that could hold, then the rest. */
static void list_reasons(struct arena *arena, const struct explained *all, size_t count,
                         const struct price *price, struct json *list)
{
    size_t first = count;
    for (size_t i = 0; i < count && first == count; i++)
        if (is_decided_by(&all[i], price))
            first = i;
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < count; i++) {
            if ((i == first ? 0 : all[i].held ? 1 : 2) != pass)
                continue;
            json_add_bool(arena, all[i].json, "held", pass == 0);
            if (all[i].held)
                json_add_cstr(arena, all[i].json, "reason",
                              pass == 0 ? "decides" : "another row is stronger");
            json_add_tree(arena, list, NULL, all[i].json);
        }
}

int price_explain(struct db_conn *conn, struct arena *arena, const struct market *market,
                  int64_t variant_id, int64_t quantity, struct json *list)
{
    struct reason reason = {market, quantity};
    struct price price = {0};
    struct explained *all = NULL;
    size_t count = 0, cap = 0;
    struct db_rows rows;
    int code = price_of(conn, market, variant_id, quantity, &price);
    if (code == SOUK_NOT_FOUND)
        price.list_id = -1;
    else if (code != SOUK_OK)
        return code;
    code = db_query(conn, &sql_price_rows_of_variant, &rows, DB_INT(variant_id));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (db_is_null(&rows, 3))
            continue;
        if (count == cap) {
            struct explained *more = arena_array(arena, struct explained, cap ? cap * 2 : 16);
            if (count)
                memcpy(more, all, count * sizeof *more);
            all = more;
            cap = cap ? cap * 2 : 16;
        }
        add_reason(&rows, arena, &reason, &all[count++]);
    }
    if (code == SOUK_OK)
        list_reasons(arena, all, count, &price, list);
    return code;
}

/* ---- lists ---- */

int price_list_find(struct db_conn *conn, struct souk_str code, int64_t *id)
{
    return db_get_int(conn, &sql_price_list_by_code, id, DB_TEXT(code));
}

/* A moment of the document: absent keeps `moment`, null clears. */
static int take_time(const struct json *doc, const char *key, struct db_arg *moment,
                     struct err *err)
{
    const struct json *value = json_at(doc, key);
    if (!value)
        return SOUK_OK;
    if (value->kind == JSON_NULL || (value->kind == JSON_STRING && !value->text.len)) {
        *moment = DB_NULL;
        return SOUK_OK;
    }
    int64_t at;
    if (value->kind != JSON_STRING || clock_parse(value->text, &at) != SOUK_OK)
        return err_set(err, SOUK_INVALID,
                       "\"%s\" of a price list must be a time like 2026-11-27T00:00:00Z", key);
    *moment = DB_INT(at);
    return SOUK_OK;
}

struct list_fields {
    struct souk_str name, currency, group, channel;
    int64_t priority;
    struct db_arg from, until;
};

static struct db_arg moment_of(struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? DB_NULL : DB_INT(db_int(rows, column));
}

static struct souk_str text_or(const struct json *doc, const char *key, struct souk_str otherwise)
{
    const struct json *value = json_at(doc, key);
    return value ? json_text(value) : otherwise;
}

/* What the list is now: where the document is silent it stays. */
static int load_list(struct db_conn *conn, struct arena *arena, struct souk_str code_name,
                     int64_t *id, struct list_fields *fields)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_price_list_get, &rows, DB_TEXT(code_name));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code;
    *id = db_int(&rows, 0);
    *fields = (struct list_fields){arena_str(arena, db_text(&rows, 1)),
                                   arena_str(arena, db_text(&rows, 2)),
                                   arena_str(arena, db_text(&rows, 3)),
                                   arena_str(arena, db_text(&rows, 4)),
                                   db_int(&rows, 5),
                                   moment_of(&rows, 6),
                                   moment_of(&rows, 7)};
    db_close(&rows);
    return SOUK_OK;
}

static int save_list(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t *id,
                     int *change, struct err *err)
{
    int64_t written = 0;
    struct souk_str code_name = json_text(json_at(doc, "code"));
    struct list_fields fields = {souk_str(""), souk_str(""), souk_str(""), souk_str(""), 0,
                                 DB_NULL,      DB_NULL};
    if (!code_name.len)
        return err_set(err, SOUK_INVALID, "a price list needs a \"code\"");
    *id = 0;
    int code = load_list(conn, arena, code_name, id, &fields);
    if (code != SOUK_OK)
        return code;
    if (price_is_shelf(*id) || str_starts(code_name, "promotion:"))
        return err_set(err, SOUK_INVALID,
                       "the price list \"%.*s\" is made from the promotions; choose another code",
                       SOUK_PRI(code_name));
    fields.name = text_or(doc, "name", fields.name.len ? fields.name : code_name);
    fields.currency = text_or(doc, "currency", fields.currency);
    fields.group = text_or(doc, "group", fields.group);
    fields.channel = text_or(doc, "channel", fields.channel);
    fields.priority = json_int(json_at(doc, "priority"), fields.priority);
    if (fields.priority >= PRICE_SHELF_PRIORITY)
        return err_set(err, SOUK_INVALID, "price list \"%.*s\": a priority is below %d",
                       SOUK_PRI(code_name), PRICE_SHELF_PRIORITY);
    if (fields.currency.len && money_digits(arena_cstr(arena, fields.currency)) < 0)
        return err_set(err, SOUK_INVALID,
                       "price list \"%.*s\": \"%.*s\" is no currency; write a code like EUR",
                       SOUK_PRI(code_name), SOUK_PRI(fields.currency));
    if ((code = take_time(doc, "from", &fields.from, err)) != SOUK_OK ||
        (code = take_time(doc, "until", &fields.until, err)) != SOUK_OK)
        return code;
    if (fields.from.kind == DB_ARG_INT && fields.until.kind == DB_ARG_INT &&
        fields.until.number <= fields.from.number)
        return err_set(err, SOUK_INVALID, "price list \"%.*s\" ends before it begins",
                       SOUK_PRI(code_name));
    int fresh = !*id;
    if (fresh)
        *id = id_next();
    code = db_run(conn, &sql_price_list_put, &written, DB_INT(*id), DB_TEXT(code_name),
                  DB_TEXT(fields.name), DB_TEXT(fields.currency), DB_TEXT(fields.group),
                  DB_TEXT(fields.channel), DB_INT(fields.priority), fields.from, fields.until);
    *change = !written ? PRODUCT_UNCHANGED : fresh ? PRODUCT_CREATED : PRODUCT_UPDATED;
    return code;
}

int price_list_save(struct db_conn *conn, const struct json *doc, int64_t *id, struct err *err)
{
    int change;
    return price_list_put(conn, doc, id, &change, err);
}

int price_list_put(struct db_conn *conn, const struct json *doc, int64_t *id, int *change,
                   struct err *err)
{
    struct arena arena = {0};
    int code = save_list(conn, &arena, doc, id, change, err);
    arena_free(&arena);
    return code;
}
