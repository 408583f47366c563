/*
 * parcel_paper.c: what stands on labels and packing slips, for a document plugin to draw.
 *
 * A label is for those who carry the parcel: it is in the shop's first language. A packing slip is
 * read by the customer, so it is in the language of the order; prices are not on it.
 */
#include "app/parcel.h"
#include "app/parcel.sql.h"
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "shop/market.h"

static void add_fact(const struct provider_scope *scope, struct json *facts, const char *label,
                     struct souk_str value)
{
    if (value.len == 0)
        return;
    struct json *fact = json_add(scope->arena, facts, NULL, JSON_OBJECT);
    json_add_str(scope->arena, fact, "label", delivery_words(scope, label));
    json_add_str(scope->arena, fact, "value", value);
}

static int draw(const struct provider_scope *scope, const char *kind, const struct json *data,
                const char **type, struct souk_str *file, struct err *err)
{
    int code = document_draw(scope, kind, data, type, file, err);
    if (code == SOUK_NOT_FOUND)
        return err_set(err, SOUK_UNAVAILABLE,
                       "no plugin that draws documents is on; switch one on, such as document_pdf");
    return code;
}

/* The caller's scope with another language. Its snapshot stays open for the provider to read in. */
static struct db_conn *conn_of(const struct provider_scope *scope, int *own)
{
    *own = !scope->conn;
    if (scope->conn)
        return scope->conn;
    if (scope->request) {
        *own = 0;
        return request_conn(scope->request);
    }
    return db_read_begin(scope->db, 0);
}

/* ---- labels ---- */

static void add_label_facts(const struct provider_scope *scope, const struct souk_shipment *view,
                            struct json *label)
{
    struct arena *arena = scope->arena;
    struct json *facts = (struct json *)(uintptr_t)json_at(label, "facts");
    add_fact(scope, facts, "Parcel", view->number);
    add_fact(scope, facts, "Order", view->order_number);
    if (view->weight_g > 0)
        add_fact(scope, facts, "Weight",
                 arena_printf(arena, "%lld.%03lld kg", (long long)(view->weight_g / 1000),
                              (long long)(view->weight_g % 1000)));
    if (view->collect > 0)
        add_fact(
            scope, facts, "To collect",
            money_format(arena, view->collect, arena_cstr(arena, view->currency), scope->locale));
}

static int read_label(const struct provider_scope *scope, int64_t id, struct souk_shipment *view,
                      struct souk_str *method, struct err *err)
{
    struct db_rows rows;
    int own, code = SOUK_UNAVAILABLE;
    struct db_conn *conn = conn_of(scope, &own);
    if (!conn)
        return err_set(err, code, "the database gives no snapshot");
    code = db_first(db_query(conn, &sql_parcel_head, &rows, DB_INT(id)), &rows);
    if (code == SOUK_OK) {
        *method = arena_str(scope->arena, db_text(&rows, 0));
        db_close(&rows);
        code = shipment_view(conn, scope->arena, id, view);
    }
    if (own)
        db_read_end(conn);
    return code ? err_set(err, code, "there is no such parcel") : SOUK_OK;
}

int parcel_label_file(const struct provider_scope *scope, int64_t shipment_id, const char **type,
                      struct souk_str *file, struct err *err)
{
    struct provider_scope own = *scope;
    struct souk_shipment view;
    struct souk_str method;
    own.locale = market_shop()->locales[0];
    struct json *label = json_new(own.arena, JSON_OBJECT);
    int code = read_label(&own, shipment_id, &view, &method, err);
    if (code != SOUK_OK)
        return code;
    delivery_label(&own, method, &view, label);
    add_label_facts(&own, &view, label);
    return draw(&own, "label", label, type, file, err);
}

/* ---- packing slips ---- */

static void add_receiver(struct arena *arena, struct json *slip, struct db_rows *rows)
{
    struct json *address = NULL;
    struct souk_shipment to = {.name = arena_str(arena, db_text(rows, 6)),
                               .phone = arena_str(arena, db_text(rows, 7))};
    if (json_parse(arena, arena_str(arena, db_text(rows, 8)), &address, NULL) == SOUK_OK) {
        to.country = json_text(json_at(address, "country"));
        to.region = json_text(json_at(address, "region"));
        to.city = json_text(json_at(address, "city"));
        to.postcode = json_text(json_at(address, "postcode"));
        to.line1 = json_text(json_at(address, "line1"));
        to.line2 = json_text(json_at(address, "line2"));
        to.company = json_text(json_at(address, "company"));
    }
    delivery_to(arena, &to, json_add(arena, slip, "to", JSON_ARRAY));
}

static void add_columns(const struct provider_scope *scope, struct json *slip)
{
    static const char *const names[] = {"SKU", "Goods", "Quantity"};
    struct json *columns = json_add(scope->arena, slip, "columns", JSON_ARRAY);
    for (int i = 0; i < 3; i++)
        json_add_str(scope->arena, columns, NULL, delivery_words(scope, names[i]));
}

static void add_head(struct provider_scope *scope, struct json *slip, struct db_rows *rows)
{
    struct arena *arena = scope->arena;
    const char *locale = market_locale(db_text(rows, 1));
    scope->locale = locale ? locale : market_shop()->locales[0];
    struct souk_str number = arena_str(arena, db_text(rows, 0));
    json_add_str(arena, slip, "title", delivery_words(scope, "Packing slip"));
    json_add_str(arena, slip, "number", number);
    json_add_str(arena, slip, "code", number);
    delivery_from(arena, json_add(arena, slip, "from", JSON_ARRAY));
    add_receiver(arena, slip, rows);
    struct json *facts = json_add(arena, slip, "facts", JSON_ARRAY), date = {.kind = JSON_OBJECT};
    json_add_time(arena, &date, "at", db_int(rows, 2));
    struct souk_str at = json_text(json_at(&date, "at"));
    add_fact(scope, facts, "Order", number);
    add_fact(scope, facts, "Date", str_make(at.ptr, at.len < 10 ? at.len : 10));
    add_fact(scope, facts, "Delivery", arena_str(arena, db_text(rows, 3)));
    add_fact(scope, facts, "Payment", arena_str(arena, db_text(rows, 4)));
    json_add_str(arena, slip, "note", arena_str(arena, db_text(rows, 5)));
    add_columns(scope, slip);
}

static int add_lines(struct db_conn *conn, struct arena *arena, int64_t order_id, struct json *slip)
{
    struct db_rows rows;
    struct json *lines = json_add(arena, slip, "lines", JSON_ARRAY);
    int more, code = db_query(conn, &sql_parcel_order_lines, &rows, DB_INT(order_id));
    if (code != SOUK_OK)
        return code;
    while ((more = db_next(&rows)) == 1) {
        struct json *cells =
            json_add(arena, json_add(arena, lines, NULL, JSON_OBJECT), "cells", JSON_ARRAY);
        struct souk_str options = db_text(&rows, 2), note = db_text(&rows, 4);
        json_add_str(arena, cells, NULL, arena_str(arena, db_text(&rows, 0)));
        json_add_str(arena, cells, NULL,
                     arena_printf(arena, "%.*s%s%.*s%s%.*s", SOUK_PRI(db_text(&rows, 1)),
                                  options.len ? ", " : "", SOUK_PRI(options), note.len ? "; " : "",
                                  SOUK_PRI(note)));
        json_add_str(arena, cells, NULL, arena_printf(arena, "%lld", (long long)db_int(&rows, 3)));
    }
    return more < 0 ? more : SOUK_OK;
}

int parcel_slip_file(const struct provider_scope *scope, int64_t order_id, const char **type,
                     struct souk_str *file, struct err *err)
{
    struct provider_scope words = *scope;
    struct db_rows rows;
    struct json *slip = json_new(scope->arena, JSON_OBJECT);
    int own;
    struct db_conn *conn = conn_of(scope, &own);
    if (!conn)
        return err_set(err, SOUK_UNAVAILABLE, "the database gives no snapshot");
    int code = db_first(db_query(conn, &sql_parcel_order, &rows, DB_INT(order_id)), &rows);
    if (code == SOUK_OK) {
        add_head(&words, slip, &rows);
        db_close(&rows);
        code = add_lines(conn, scope->arena, order_id, slip);
    }
    if (own)
        db_read_end(conn);
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such order");
    return draw(&words, "packing_slip", slip, type, file, err);
}
