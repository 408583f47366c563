/*
 * order_load: an order as a document: the one shape that pages, the API, mails and plugins get to
 * see. Many cost as many statements as one: each part is asked for once, for all of them.
 *
 * Amounts are plain integers in the order's one currency, times are text. Customers see what they
 * wrote and what became of it; staff see, besides, ids, costs, internal notes, payments with their
 * movements, the history and the steps that are possible now. Plugins and receivers of webhooks see
 * what customers do, with ids, and without the tokens that open the pages of orders and returns.
 */
#include "shop/order.h"

#include "shop/order_inner.h"
#include "shop/order_load.sql.h"
#include "shop/order_return.h"
#include "shop/payment.h"
#include "shop/shipment.h"

struct columns { /* a row of the query, and where to write it */
    struct arena *arena;
    struct db_rows *rows;
};

static void add_text(struct columns *from, struct json *doc, const char *key, int column)
{
    json_add_str(from->arena, doc, key, arena_str(from->arena, db_text(from->rows, column)));
}

static void add_int(struct columns *from, struct json *doc, const char *key, int column)
{
    if (db_is_null(from->rows, column))
        json_add_null(from->arena, doc, key);
    else
        json_add_int(from->arena, doc, key, db_int(from->rows, column));
}

static void add_tree(struct columns *from, struct json *doc, const char *key, int column)
{
    struct json *tree = NULL;
    if (json_parse(from->arena, arena_str(from->arena, db_text(from->rows, column)), &tree, NULL) !=
        SOUK_OK)
        tree = json_new(from->arena, JSON_OBJECT);
    json_add_tree(from->arena, doc, key, tree);
}

static void add_time(struct columns *from, struct json *doc, const char *key, int column)
{
    if (db_is_null(from->rows, column))
        json_add_null(from->arena, doc, key);
    else
        json_add_time(from->arena, doc, key, db_int(from->rows, column));
}

/* ---- the order itself ---- */

/* What is still to be paid, or, below 0, was paid too much. What was paid back for goods is not
 * owed again. */
int64_t order_due(const char *status, int64_t total, int64_t captured, int64_t surplus,
                  int64_t refunded)
{
    if (strcmp(status, "cancelled") == 0)
        return captured - refunded > 0 ? refunded - captured : 0;
    if (captured - surplus < total)
        return total - (captured - surplus);
    return captured - refunded > total ? total - (captured - refunded) : 0;
}

static void add_totals(struct columns *from, struct json *doc)
{
    static const char *const keys[] = {"items", "discount",     "delivery",     "delivery_discount",
                                       "tax",   "tax_included", "delivery_tax", "total"};
    struct json *totals = json_add(from->arena, doc, "totals", JSON_OBJECT);
    for (int i = 0; i < 8; i++)
        json_add_int(from->arena, totals, keys[i], db_int(from->rows, 16 + i));
}

/* By rate, that of delivery with it, as they were reckoned last. */
static void add_taxes(struct columns *from, struct json *doc)
{
    struct json *quote = NULL;
    json_parse(from->arena, arena_str(from->arena, db_text(from->rows, 39)), &quote, NULL);
    const struct json *taxes = json_at(quote, "taxes");
    json_add_tree(from->arena, doc, "taxes", taxes ? taxes : json_new(from->arena, JSON_ARRAY));
}

static void add_delivery(struct columns *from, struct json *doc)
{
    struct json *delivery = json_add(from->arena, doc, "delivery", JSON_OBJECT);
    add_text(from, delivery, "method", 27);
    add_text(from, delivery, "label", 28);
    json_add_int(from->arena, delivery, "amount", db_int(from->rows, 18));
    add_tree(from, delivery, "choice", 29);
}

static void add_staff_part(struct columns *from, struct json *doc,
                           const struct order_states *states)
{
    struct arena *arena = from->arena;
    json_add_int(arena, doc, "id", db_int(from->rows, 0));
    if (db_is_null(from->rows, 35))
        json_add_null(arena, doc, "person");
    else /* ids have 63 bits: outside they are text, as api_spell_ids makes of "id" */
        json_add_str(arena, doc, "person",
                     arena_printf(arena, "%lld", (long long)db_int(from->rows, 35)));
    add_time(from, doc, "expires_at", 37);
    json_add_int(arena, doc, "authorised", db_int(from->rows, 24));
    json_add_int(arena, doc, "delivery_refunded", db_int(from->rows, 38));
    add_tree(from, doc, "quote", 39);
    order_allowed(arena, states, json_add(arena, doc, "allowed", JSON_ARRAY));
}

/* For who may join it with what they know of the person. */
static void add_shared_part(struct columns *from, struct json *doc)
{
    json_add_int(from->arena, doc, "id", db_int(from->rows, 0));
    add_int(from, doc, "person", 35);
}

static void add_row(struct columns *from, struct json *doc, enum order_view view)
{
    static const char *const texts[] = {
        "number", "token", "status", "payment_status", "fulfilment_status",
        "email",  "phone", "name"};
    struct arena *arena = from->arena;
    for (int i = 0; i < 8; i++)
        if (view != ORDER_SHARED || strcmp(texts[i], "token") != 0)
            add_text(from, doc, texts[i], 1 + i);
    add_tree(from, doc, "address", 9);
    add_tree(from, doc, "billing", 10);
    add_text(from, doc, "note", 11);
    add_text(from, doc, "locale", 12);
    add_text(from, doc, "channel", 13);
    add_text(from, doc, "currency", 14);
    json_add_bool(arena, doc, "prices_include_tax", db_int(from->rows, 15) != 0);
    add_totals(from, doc);
    add_taxes(from, doc);
    struct order_states states = {json_text(json_at(doc, "status")).ptr,
                                  json_text(json_at(doc, "payment_status")).ptr,
                                  json_text(json_at(doc, "fulfilment_status")).ptr};
    json_add_int(arena, doc, "captured", db_int(from->rows, 25));
    json_add_int(arena, doc, "refunded", db_int(from->rows, 26));
    json_add_int(arena, doc, "due",
                 order_due(states.order, db_int(from->rows, 23) - db_int(from->rows, 40),
                           db_int(from->rows, 25), db_int(from->rows, 41), db_int(from->rows, 26)));
    add_delivery(from, doc);
    struct json *payment = json_add(arena, doc, "payment", JSON_OBJECT);
    add_text(from, payment, "method", 30);
    add_text(from, payment, "label", 31);
    json_add_null(arena, payment, "next");
    json_add_time(arena, doc, "placed_at", db_int(from->rows, 32));
    json_add_time(arena, doc, "changed_at", db_int(from->rows, 33));
    json_add_int(arena, doc, "version", db_int(from->rows, 34));
    if (view == ORDER_STAFF)
        add_staff_part(from, doc, &states);
    else if (view == ORDER_SHARED)
        add_shared_part(from, doc);
}

/* ---- lines ---- */

static void add_line(struct columns *from, struct json *list, int staff)
{
    static const char *const sums[] = {
        "quantity", "unit_price", "original_price", "subtotal", "discount", "total", "tax"};
    static const char *const counts[] = {"cancelled", "packed",   "shipped",        "delivered",
                                         "returned",  "refunded", "refunded_amount"};
    struct json *line = json_add(from->arena, list, NULL, JSON_OBJECT);
    json_add_int(from->arena, line, "id", db_int(from->rows, 0));
    add_text(from, line, "sku", 1);
    add_text(from, line, "name", 2);
    add_text(from, line, "options", 3);
    add_text(from, line, "note", 4);
    for (int i = 0; i < 7; i++)
        json_add_int(from->arena, line, sums[i], db_int(from->rows, 5 + i));
    add_tree(from, line, "taxes", 12);
    add_tree(from, line, "discounts", 13);
    json_add_bool(from->arena, line, "gift", db_int(from->rows, 14) != 0);
    for (int i = 0; i < 7; i++)
        json_add_int(from->arena, line, counts[i], db_int(from->rows, 15 + i));
    if (!staff)
        return;
    add_int(from, line, "cost", 24);
    add_int(from, line, "weight_g", 25);
    json_add_bool(from->arena, line, "gone", db_is_null(from->rows, 22));
}

static int load_lines(struct db_conn *conn, struct arena *arena, const struct order_slots *docs)
{
    struct order_slots lists = order_slots_lists(arena, docs, "lines");
    struct db_rows rows;
    struct columns from = {arena, &rows};
    int code = db_query(conn, &sql_order_load_lines, &rows, DB_TEXT(docs->ids));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct order_slot *slot = order_slots_find(&lists, db_int(&rows, 26));
        if (slot)
            add_line(&from, slot->place, docs->view == ORDER_STAFF);
        code = SOUK_OK;
    }
    return code;
}

static int load_notes(struct db_conn *conn, struct arena *arena, const struct order_slots *docs)
{
    int staff = docs->view == ORDER_STAFF;
    struct order_slots lists = order_slots_lists(arena, docs, "notes");
    struct db_rows rows;
    struct columns from = {arena, &rows};
    int code = db_query(conn, &sql_order_load_notes, &rows, DB_TEXT(docs->ids), DB_INT(staff));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct order_slot *slot = order_slots_find(&lists, db_int(&rows, 0));
        struct json *note = slot ? json_add(arena, slot->place, NULL, JSON_OBJECT) : NULL;
        code = SOUK_OK;
        if (!note)
            continue;
        add_text(&from, note, "text", 2);
        add_time(&from, note, "at", 4);
        if (staff) {
            json_add_bool(arena, note, "internal", db_int(&rows, 1) != 0);
            add_text(&from, note, "actor", 3);
        }
    }
    return code;
}

/* ---- what hangs on it ---- */

/* Where the payer has to go: only while the payment waits for them. */
static void show_next(struct arena *arena, struct json *doc, const struct payment_row *row,
                      int client)
{
    int waits = souk_str_is(row->state, "created") || souk_str_is(row->state, "pending");
    if (!waits || souk_str_is(json_text(json_at(doc, "status")), "cancelled") ||
        json_int(json_at(doc, "due"), 0) <= 0) /* for an offer: the order is paid without it */
        return;
    for (struct json_item *item = doc->first; item; item = item->next)
        if (souk_str_is(item->key, "payment"))
            json_add_tree(arena, &item->value, "next", payment_next(arena, row, client));
}

void order_show_client(struct arena *arena, struct json *doc, const struct payment_row *row)
{
    show_next(arena, doc, row, 1);
}

static void show_payment(struct arena *arena, const struct payment_row *row, void *user)
{
    const struct order_slots *docs = user;
    struct order_slot *slot = order_slots_find(docs, row->order_id);
    if (slot)
        show_next(arena, slot->place, row, 0);
}

/* What customers need not know of a parcel: how the shop and its carrier get on about it. */
static void add_parcels(struct arena *arena, const struct json *parcels, struct json *list)
{
    json_each(parcel, parcels)
    {
        struct json *shown = json_add(arena, list, NULL, JSON_OBJECT);
        json_each(member, &parcel->value)
        {
            if (!souk_str_is(member->key, "allowed") && !souk_str_is(member->key, "why") &&
                !souk_str_is(member->key, "registering"))
                *json_add_key(arena, shown, member->key, JSON_NULL) = member->value;
        }
    }
}

static int load_parcels(struct db_conn *conn, struct arena *arena, const struct order_slots *docs)
{
    struct order_slots lists = order_slots_lists(arena, docs, "shipments"), all = lists;
    if (docs->view == ORDER_STAFF)
        return shipment_list(conn, arena, &lists);
    all.at = arena_array(arena, struct order_slot, docs->count + 1);
    for (size_t i = 0; i < docs->count; i++)
        all.at[i] = (struct order_slot){docs->at[i].order_id, json_new(arena, JSON_ARRAY)};
    int code = shipment_list(conn, arena, &all);
    for (size_t i = 0; code == SOUK_OK && i < docs->count; i++)
        add_parcels(arena, all.at[i].place, lists.at[i].place);
    return code;
}

static int load_rest(struct db_conn *conn, struct arena *arena, struct order_slots *docs)
{
    int code = payment_of_each(conn, arena, docs->ids, show_payment, docs);
    if (code == SOUK_OK)
        code = load_parcels(conn, arena, docs);
    if (code == SOUK_OK) {
        struct order_slots returns = order_slots_lists(arena, docs, "returns");
        code = return_list(conn, arena, &returns);
    }
    return code ? code : load_notes(conn, arena, docs);
}

/* ---- one, or many ---- */

/* Those of `ids` (going up) that there are, each under `list`. */
static int load_docs(struct db_conn *conn, struct arena *arena, const int64_t *ids, size_t count,
                     enum order_view view, struct json *list)
{
    struct order_slots docs = {.at = arena_array(arena, struct order_slot, count + 1),
                               .ids = order_slots_ids(arena, ids, count),
                               .view = view};
    struct souk_str *quotes = arena_array(arena, struct souk_str, count + 1);
    struct db_rows rows;
    struct columns from = {arena, &rows};
    int more = 0, code = db_query(conn, &sql_order_load_row, &rows, DB_TEXT(docs.ids));
    if (code != SOUK_OK)
        return code;
    while (docs.count < count && (more = db_next(&rows)) == 1) {
        struct json *doc = json_add(arena, list, NULL, JSON_OBJECT);
        add_row(&from, doc, view);
        quotes[docs.count] = arena_str(arena, db_text(&rows, 39));
        docs.at[docs.count++] = (struct order_slot){db_int(&rows, 0), doc};
    }
    db_close(&rows);
    if (more < 0 || !docs.count)
        return more < 0 ? more : SOUK_OK;
    code = load_lines(conn, arena, &docs);
    for (size_t i = 0; i < docs.count; i++) {
        order_discounts(arena, docs.at[i].place, quotes[i]);
        order_tax_show(arena, docs.at[i].place, quotes[i], view == ORDER_STAFF);
    }
    return code ? code : load_rest(conn, arena, &docs);
}

int order_load(struct db_conn *conn, struct arena *arena, int64_t id, int staff, struct json **doc)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    int code = load_docs(conn, arena, &id, 1, staff ? ORDER_STAFF : ORDER_BUYER, list);
    if (code != SOUK_OK || !list->count)
        return code ? code : SOUK_NOT_FOUND;
    *doc = &list->first->value;
    if (staff)
        code = payment_list(conn, arena, id, 1, json_add(arena, *doc, "payments", JSON_ARRAY));
    if (code == SOUK_OK && staff)
        code = order_history(conn, arena, id, json_add(arena, *doc, "history", JSON_ARRAY));
    return code;
}

int order_share(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    int code = load_docs(conn, arena, &id, 1, ORDER_SHARED, list);
    if (code != SOUK_OK || !list->count)
        return code ? code : SOUK_NOT_FOUND;
    *doc = &list->first->value;
    return SOUK_OK;
}

int order_share_list(struct db_conn *conn, struct arena *arena, const int64_t *ids, size_t count,
                     struct json *list)
{
    return load_docs(conn, arena, ids, count, ORDER_SHARED, list);
}

int order_list(struct db_conn *conn, const struct order_wanted *wanted, int64_t *ids, int *count)
{
    struct db_rows rows;
    *count = 0;
    int code =
        db_query(conn, &sql_order_load_list, &rows, DB_INT(wanted->after), DB_INT(wanted->since),
                 DB_INT(wanted->until), DB_INT(wanted->person_id), DB_TEXT(wanted->state),
                 DB_TEXT(wanted->payment), DB_TEXT(wanted->fulfilment), DB_INT(wanted->limit));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        ids[(*count)++] = db_int(&rows, 0);
        code = SOUK_OK;
    }
    return code;
}

int order_history(struct db_conn *conn, struct arena *arena, int64_t id, struct json *list)
{
    struct db_rows rows;
    struct columns from = {arena, &rows};
    int code = db_query(conn, &sql_order_load_history, &rows,
                        DB_TEXT(arena_printf(arena, "order:%lld", (long long)id)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT), *detail = NULL;
        add_time(&from, item, "at", 0);
        add_text(&from, item, "actor", 1);
        add_text(&from, item, "action", 2);
        if (json_parse(arena, arena_str(arena, db_text(&rows, 3)), &detail, NULL) == SOUK_OK &&
            detail->kind == JSON_OBJECT)
            json_each(member, detail) * json_add_key(arena, item, member->key, JSON_NULL) =
                member->value;
        code = SOUK_OK;
    }
    return code;
}
