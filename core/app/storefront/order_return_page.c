/*
 * order_return_page: the form with which a customer asks to send goods back: how many of which
 * line, why, and whether for money or for another piece. What may come back and until when is
 * order_return's to say.
 */
#include "app/buying.sql.h"
#include "app/checkout.h"
#include "app/storefront/account_page.h"
#include "app/storefront/order_page.h"
#include "app/storefront/route.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/order.h"
#include "shop/order_return.h"
#include "store/unit.h"

#define NOTE_MOST 2000

static int show(struct request *request, int64_t order, struct json *view, int status)
{
    struct arena *arena = &request->arena;
    struct json *doc, *lines = json_new(arena, JSON_ARRAY);
    int64_t until = 0;
    struct db_conn *conn = request_conn(request);
    int code = order_load(conn, arena, order, 0, &doc);
    if (code == SOUK_OK)
        code = return_open_lines(conn, arena, order, request->now, lines, &until);
    if (code != SOUK_OK)
        return code;
    struct json *shown = json_add(arena, view, "lines", JSON_ARRAY);
    json_each(item, lines)
    {
        struct json *line = json_copy(arena, &item->value);
        const struct json *typed =
            json_get(json_at(view, "typed"),
                     arena_printf(arena, "%lld", (long long)json_int(json_at(line, "line"), 0)));
        json_add_str(arena, line, "typed", json_text(json_at(typed, "quantity")));
        json_add_str(arena, line, "reason", json_text(json_at(typed, "reason")));
        json_add_tree(arena, shown, NULL, line);
    }
    json_add_tree(arena, view, "order", doc);
    if (until)
        json_add_time(arena, view, "return_until", until);
    return account_page_show(request, "page/order/return", status, view);
}

int order_return_form(struct request *request, const struct web_route *route)
{
    int64_t id;
    (void)route;
    int code = order_page_find(request, request_conn(request), &id);
    if (code != SOUK_OK)
        return order_page_lost(request, code);
    return show(request, id, json_new(&request->arena, JSON_OBJECT), 200);
}

/* Fields "quantity-<line>" and "reason-<line>" to the list that is asked for; what was typed is
 * kept for showing it again. */
static void read_lines(struct request *request, struct json *args, struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *lines = json_add(arena, args, "lines", JSON_ARRAY);
    struct json *typed = json_add(arena, view, "typed", JSON_OBJECT);
    request_form(request, "note"); /* has the form parsed */
    for (size_t i = 0; i < request->form.count; i++) {
        const struct header *field = &request->form.at[i];
        int64_t line, quantity;
        if (!str_starts(field->name, "quantity-") ||
            str_to_int(str_from(field->name, 9), &line) != SOUK_OK)
            continue;
        struct souk_str id = arena_printf(arena, "%lld", (long long)line);
        struct souk_str reason =
            request_form(request, arena_printf(arena, "reason-%.*s", SOUK_PRI(id)).ptr);
        struct json *kept = json_add_key(arena, typed, id, JSON_OBJECT);
        json_add_str(arena, kept, "quantity", field->value);
        json_add_str(arena, kept, "reason", reason);
        if (str_to_int(str_trim(field->value), &quantity) != SOUK_OK)
            quantity = field->value.len ? -1 : 0;
        if (quantity == 0)
            continue;
        struct json *item = json_add(arena, lines, NULL, JSON_OBJECT);
        json_add_int(arena, item, "line", line);
        json_add_int(arena, item, "quantity", quantity);
        json_add_str(arena, item, "reason", reason);
    }
}

static void refuse(struct arena *arena, struct json *view, const struct json *args,
                   const struct json *errors, const struct err *err)
{
    struct json *list = json_add(arena, view, "errors", JSON_ARRAY);
    json_each(item, errors)
    {
        struct json *error = json_add(arena, list, NULL, JSON_OBJECT);
        struct souk_str pointer = json_text(json_at(&item->value, "pointer")), part, index;
        struct souk_str field = souk_str("");
        int64_t at = -1;
        pointer = str_from(pointer, pointer.len > 0);
        if (str_split(&pointer, '/', &part) && str_split(&pointer, '/', &index) &&
            str_to_int(index, &at) != SOUK_OK)
            at = -1;
        json_each(line, json_at(args, "lines"))
        {
            if (at-- == 0)
                field = arena_printf(arena, "quantity-%lld",
                                     (long long)json_int(json_at(&line->value, "line"), 0));
        }
        json_add_str(arena, error, "field", field);
        json_add_str(arena, error, "text", json_text(json_at(&item->value, "detail")));
    }
    if (!list->count) {
        struct json *error = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, error, "field", souk_str(""));
        json_add_str(arena, error, "text", arena_str(arena, souk_str(err->text)));
    }
}

struct wish { /* to send something back */
    struct request *request;
    int64_t order;
    const struct json *args;
    struct json *errors;
    struct err err;
};

static int ask(struct db_conn *conn, void *arg)
{
    struct wish *wish = arg;
    int64_t id;
    return return_request(conn, &wish->request->arena, wish->order, wish->args,
                          souk_str("customer"), wish->request->now, &id, wish->errors, &wish->err);
}

/* In a unit of its own: what is refused leaves nothing behind, though the answer is sent. */
static int ask_once(struct wish *wish)
{
    int destroyed = 0;
    if (!json_at(wish->args, "lines")->count)
        return err_set(&wish->err, SOUK_INVALID, "say how many pieces of which line you send back");
    int code = db_unit(wish->request->conn, ask, wish, &destroyed);
    return destroyed ? SOUK_ERROR : code;
}

int order_return_send(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT), *args = json_new(arena, JSON_OBJECT);
    struct json *errors = json_new(arena, JSON_ARRAY);
    struct db_rows rows;
    int64_t order;
    (void)route;
    int code = order_page_find(request, request->conn, &order);
    if (code != SOUK_OK)
        return code;
    struct souk_str note = str_trim(request_form(request, "note"));
    struct souk_str outcome = request_form(request, "outcome");
    if (note.len > NOTE_MOST)
        note = utf8_cut(note, NOTE_MOST / 4);
    read_lines(request, args, view);
    json_add_str(arena, args, "outcome", outcome);
    json_add_str(arena, args, "note", note);
    json_add_str(arena, view, "note", note);
    json_add_str(arena, view, "outcome", outcome);
    struct wish wish = {.request = request, .order = order, .args = args, .errors = errors};
    code = ask_once(&wish);
    if (code == SOUK_INVALID || code == SOUK_CONFLICT) {
        refuse(arena, view, args, errors, &wish.err);
        return show(request, order, view, 422);
    }
    if (code == SOUK_OK)
        code = db_first(db_query(request->conn, &sql_buy_order_token, &rows, DB_INT(order)), &rows);
    if (code != SOUK_OK)
        return code;
    struct souk_str path = checkout_order_path(arena, arena_str(arena, db_text(&rows, 0)),
                                               arena_str(arena, db_text(&rows, 1)));
    db_close(&rows);
    return account_page_go(request, arena_printf(arena, "%.*s&done=return", SOUK_PRI(path)).ptr);
}
