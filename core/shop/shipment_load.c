/*
 * shipment_load.c: reading parcels: for pages and the API, for providers, and by what carriers call
 * them.
 *
 * The worth of what is in a parcel is the exact share of its lines (quote_units), counted from the
 * units that stand in earlier parcels, so that all parcels of an order are worth what was ordered.
 */
#include "shop/shipment_inner.h"

#include <stdlib.h>
#include "base/str.h"
#include "shop/quote.h"
#include "shop/shipment.sql.h"

/* ---- what is in them ---- */

static void read_part(struct db_rows *rows, struct arena *arena, struct shipment_part *part)
{
    int64_t quantity = db_int(rows, 5), of = db_int(rows, 7), before = db_int(rows, 9);
    *part = (struct shipment_part){
        .line_id = db_int(rows, 1),
        .sku = arena_str(arena, db_text(rows, 2)),
        .name = arena_str(arena, db_text(rows, 3)),
        .options = arena_str(arena, db_text(rows, 4)),
        .quantity = quantity,
        .accepted = db_int(rows, 6),
        .of = of,
        .before = before,
        .amount = quote_units(db_int(rows, 8), of, before, quantity),
        .weight_g = db_int(rows, 10),
    };
}

int shipment_parts(struct db_conn *conn, struct arena *arena, int64_t id,
                   struct shipment_part **parts, size_t *count)
{
    struct db_rows rows;
    size_t room = QUOTE_LINES;
    int more;
    *count = 0;
    *parts = arena_array(arena, struct shipment_part, room);
    int code = db_query(conn, &sql_shipment_list_lines, &rows,
                        DB_TEXT(arena_printf(arena, "[%lld]", (long long)id)));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1 && *count < room)
        read_part(&rows, arena, &(*parts)[(*count)++]);
    db_close(&rows);
    return more < 0 ? more : SOUK_OK;
}

/* ---- documents ---- */

struct listed { /* documents under way, in the order of their ids */
    int64_t id;
    struct json *lines, *events;
};

static void add_text(struct arena *arena, struct json *doc, const char *key, struct db_rows *rows,
                     int column)
{
    json_add_str(arena, doc, key, arena_str(arena, db_text(rows, column)));
}

static void add_allowed(struct arena *arena, struct json *doc, struct db_rows *rows)
{
    struct json *list = json_add(arena, doc, "allowed", JSON_ARRAY);
    struct souk_str state = db_text(rows, 4), registering = db_text(rows, 6);
    int sent = !db_is_null(rows, 14), unpacked = !db_is_null(rows, 15);
    int early = souk_str_is(state, "pending") || souk_str_is(state, "exception");
    int over = souk_str_is(state, "delivered") || souk_str_is(state, "returning") ||
               souk_str_is(state, "returned") || souk_str_is(state, "partially_delivered");
    if (!unpacked && early && (!registering.len || souk_str_is(registering, "failed")))
        json_add_cstr(arena, list, NULL, "register");
    if (!unpacked && !sent) {
        json_add_cstr(arena, list, NULL, "send");
        json_add_cstr(arena, list, NULL, "cancel");
    }
    if (sent && !over)
        json_add_cstr(arena, list, NULL, "deliver");
}

static void add_head(struct arena *arena, struct json *doc, struct db_rows *rows,
                     struct listed *listed)
{
    listed->id = db_int(rows, 0);
    json_add_int(arena, doc, "id", listed->id);
    json_add_int(arena, doc, "order_id", db_int(rows, 1));
    add_text(arena, doc, "order", rows, 17);
    add_text(arena, doc, "number", rows, 2);
    add_text(arena, doc, "method", rows, 3);
    add_text(arena, doc, "state", rows, 4);
    json_add_time(arena, doc, "state_at", db_int(rows, 5));
    add_text(arena, doc, "registering", rows, 6);
    add_text(arena, doc, "tracking", rows, 7);
    add_text(arena, doc, "tracking_url", rows, 8);
    json_add_int(arena, doc, "weight_g", db_int(rows, 9));
    json_add_int(arena, doc, "declared_value", db_int(rows, 10));
    json_add_int(arena, doc, "collect", db_int(rows, 11));
    add_text(arena, doc, "currency", rows, 18);
    add_text(arena, doc, "why", rows, 13);
    if (db_is_null(rows, 14))
        json_add_null(arena, doc, "sent_at");
    else
        json_add_time(arena, doc, "sent_at", db_int(rows, 14));
    json_add_bool(arena, doc, "unpacked", !db_is_null(rows, 15));
    json_add_time(arena, doc, "created_at", db_int(rows, 16));
    listed->lines = json_add(arena, doc, "lines", JSON_ARRAY);
    listed->events = json_add(arena, doc, "events", JSON_ARRAY);
    add_allowed(arena, doc, rows);
}

static int compare_listed(const void *id, const void *listed)
{
    int64_t wanted = *(const int64_t *)id, there = ((const struct listed *)listed)->id;
    return wanted < there ? -1 : wanted > there;
}

static struct listed *find_listed(struct listed *listed, size_t count, int64_t id)
{
    return bsearch(&id, listed, count, sizeof *listed, compare_listed);
}

static int add_lines(struct db_conn *conn, struct arena *arena, struct souk_str ids,
                     struct listed *listed, size_t count)
{
    struct db_rows rows;
    int more, code = db_query(conn, &sql_shipment_list_lines, &rows, DB_TEXT(ids));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1) {
        struct listed *to = find_listed(listed, count, db_int(&rows, 0));
        struct shipment_part part;
        if (!to)
            continue;
        struct json *line = json_add(arena, to->lines, NULL, JSON_OBJECT);
        read_part(&rows, arena, &part);
        json_add_int(arena, line, "line", part.line_id);
        json_add_str(arena, line, "sku", part.sku);
        json_add_str(arena, line, "name", part.name);
        json_add_str(arena, line, "options", part.options);
        json_add_int(arena, line, "quantity", part.quantity);
        json_add_int(arena, line, "amount", part.amount);
        if (part.accepted < 0)
            json_add_null(arena, line, "accepted");
        else
            json_add_int(arena, line, "accepted", part.accepted);
    }
    return more < 0 ? more : SOUK_OK;
}

static int add_events(struct db_conn *conn, struct arena *arena, struct souk_str ids,
                      struct listed *listed, size_t count)
{
    struct db_rows rows;
    int more, code = db_query(conn, &sql_shipment_list_events, &rows, DB_TEXT(ids));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1) {
        struct listed *to = find_listed(listed, count, db_int(&rows, 0));
        struct json *event = to ? json_add(arena, to->events, NULL, JSON_OBJECT) : NULL;
        if (!event)
            continue;
        json_add_time(arena, event, "at", db_int(&rows, 1));
        add_text(arena, event, "state", &rows, 2);
        add_text(arena, event, "code", &rows, 3);
        add_text(arena, event, "text", &rows, 4);
    }
    return more < 0 ? more : SOUK_OK;
}

/* `ids`: a JSON list. Three queries, however many there are. Each goes to its order's list, or all
 * to `only`. */
static int list_ids(struct db_conn *conn, struct arena *arena, struct souk_str ids, size_t most,
                    const struct order_slots *lists, struct json *only)
{
    struct db_rows rows;
    size_t count = 0;
    struct listed *listed = arena_array(arena, struct listed, most + 1);
    int more = 0, code = db_query(conn, &sql_shipment_list_heads, &rows, DB_TEXT(ids));
    if (code != SOUK_OK)
        return code;
    while (count < most && (more = db_next(&rows)) == 1) {
        struct order_slot *slot = only ? NULL : order_slots_find(lists, db_int(&rows, 1));
        struct json *list = slot ? slot->place : only;
        if (list)
            add_head(arena, json_add(arena, list, NULL, JSON_OBJECT), &rows, &listed[count++]);
    }
    db_close(&rows);
    if (more < 0)
        return more;
    code = add_lines(conn, arena, ids, listed, count);
    return code ? code : add_events(conn, arena, ids, listed, count);
}

int shipment_list(struct db_conn *conn, struct arena *arena, const struct order_slots *lists)
{
    struct souk_str ids;
    size_t count;
    int code = order_slots_gather(conn, arena, &sql_shipment_ids, lists, &ids, &count);
    return code || !count ? code : list_ids(conn, arena, ids, count, lists, NULL);
}

int shipment_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    int code = list_ids(conn, arena, arena_printf(arena, "[%lld]", (long long)id), 1, NULL, list);
    if (code != SOUK_OK || list->count == 0)
        return code ? code : SOUK_NOT_FOUND;
    *doc = &list->first->value;
    return SOUK_OK;
}

/* ---- for providers ---- */

static void view_address(struct souk_shipment *view, const struct json *address)
{
    view->country = json_text(json_at(address, "country"));
    view->region = json_text(json_at(address, "region"));
    view->city = json_text(json_at(address, "city"));
    view->postcode = json_text(json_at(address, "postcode"));
    view->line1 = json_text(json_at(address, "line1"));
    view->line2 = json_text(json_at(address, "line2"));
    view->company = json_text(json_at(address, "company"));
}

static int view_lines(struct db_conn *conn, struct arena *arena, int64_t id,
                      struct souk_shipment *view)
{
    struct shipment_part *parts = NULL;
    size_t count = 0;
    int code = shipment_parts(conn, arena, id, &parts, &count);
    struct souk_shipment_line *lines = arena_array(arena, struct souk_shipment_line, count + 1);
    for (size_t i = 0; i < count; i++)
        lines[i] = (struct souk_shipment_line){.size = sizeof *lines,
                                               .quantity = (int32_t)parts[i].quantity,
                                               .line_id = parts[i].line_id,
                                               .amount = parts[i].amount,
                                               .sku = parts[i].sku,
                                               .name = parts[i].name};
    view->lines = lines;
    view->line_count = (uint32_t)count;
    return code;
}

static struct souk_str text_of(struct arena *arena, struct db_rows *rows, int column)
{
    return arena_str(arena, db_text(rows, column));
}

static int view_head(struct db_rows *rows, struct arena *arena, struct souk_shipment *view)
{
    struct json *choice = NULL, *data = NULL, *address = NULL;
    struct souk_str method = text_of(arena, rows, 3);
    ptrdiff_t colon = str_find(method, ':');
    *view = (struct souk_shipment){.size = sizeof *view,
                                   .id = db_int(rows, 0),
                                   .order_id = db_int(rows, 1),
                                   .number = text_of(arena, rows, 2),
                                   .option = colon < 0 ? souk_str("")
                                                       : str_from(method, (size_t)colon + 1),
                                   .tracking = text_of(arena, rows, 7),
                                   .weight_g = db_int(rows, 9),
                                   .declared_value = db_int(rows, 10),
                                   .collect = db_int(rows, 11),
                                   .order_number = text_of(arena, rows, 17),
                                   .currency = text_of(arena, rows, 18),
                                   .name = text_of(arena, rows, 19),
                                   .phone = text_of(arena, rows, 20),
                                   .email = text_of(arena, rows, 21),
                                   .locale = text_of(arena, rows, 22)};
    view->key = arena_printf(arena, "shipment-%lld", (long long)view->id);
    if (json_parse(arena, text_of(arena, rows, 12), &data, NULL) != SOUK_OK ||
        json_parse(arena, text_of(arena, rows, 23), &address, NULL) != SOUK_OK ||
        json_parse(arena, text_of(arena, rows, 24), &choice, NULL) != SOUK_OK)
        return SOUK_ERROR;
    view_address(view, address);
    view->choice = (const struct souk_value *)(const void *)choice;
    view->data = (const struct souk_value *)(const void *)data;
    return SOUK_OK;
}

int shipment_view(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_shipment *view)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_shipment_get, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    code = view_head(&rows, arena, view);
    db_close(&rows);
    return code ? code : view_lines(conn, arena, id, view);
}

/* ---- by what carriers call them ---- */

int shipment_find(struct db_conn *conn, struct souk_str provider, struct souk_str tracking,
                  struct souk_str number, int64_t *id)
{
    int code = SOUK_NOT_FOUND;
    if (tracking.len)
        code =
            db_get_int(conn, &sql_shipment_by_tracking, id, DB_TEXT(tracking), DB_TEXT(provider));
    if (code == SOUK_NOT_FOUND && number.len)
        code = db_get_int(conn, &sql_shipment_by_number, id, DB_TEXT(number), DB_TEXT(provider));
    return code;
}
