/*
 * order_page.c: one order with all that belongs to it: lines and sums, money, parcels, returns,
 * notes, messages and history; and the forms of exactly those steps that are legal now and that the
 * reader has the right to.
 */
#include "app/admin/order_page.h"

#include <string.h>
#include "app/admin_order.sql.h"
#include "app/conversion.h"
#include "base/str.h"
#include "bridge/bridge.h"
#include "shop/order.h"
#include "shop/order_return.h"

int order_page_gone(struct request *request)
{
    return admin_message(request, 404, "Page not found", "there is no such order", "/admin/orders");
}

struct json *order_page_names(struct request *request, struct db_conn *conn)
{
    struct arena *arena = &request->arena;
    struct json *names = json_new(arena, JSON_OBJECT);
    struct db_rows rows;
    int code = db_query(conn, &sql_admin_order_staff, &rows);
    while (!code && db_next(&rows) == 1)
        json_add_str(arena, names, arena_cstr(arena, db_text(&rows, 0)),
                     arena_str(arena, db_text(&rows, 1)));
    json_add_str(arena, names, "customer", site_words(request, "souk", "the customer"));
    json_add_str(arena, names, "souk", site_words(request, "souk", "the shop"));
    return names;
}

/* ---- what may be done ---- */

static void add_steps(struct request *request, struct db_conn *conn, int64_t id, struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *may = json_add(arena, view, "may", JSON_OBJECT);
    struct json *allowed = json_new(arena, JSON_ARRAY);
    struct order_states states;
    if (order_states(conn, id, &states) != SOUK_OK)
        return;
    order_allowed(arena, &states, allowed);
    json_each(item, allowed)
    {
        const struct order_edge *edge = order_edge(&states, json_text(&item->value));
        if (edge && edge->right && admin_may(request, edge->right))
            json_add_bool(arena, may, edge->step, 1);
    }
    json_add_bool(arena, view, "edits", admin_may(request, "order.edit"));
    json_add_bool(arena, view, "ships", admin_may(request, "order.ship"));
    json_add_bool(arena, view, "opens_people", admin_may(request, "person.read"));
    json_add_bool(arena, view, "changes",
                  admin_may(request, "order.edit") && (strcmp(states.order, "placed") == 0 ||
                                                       strcmp(states.order, "confirmed") == 0));
}

/* ---- history ---- */

/* What a step is called once it is done: first of the machine that it is of, else of any. Others
 * are shown by their names. */
static const struct {
    const char *machine, *step, *words;
} done_words[] = {
    {"shipment", "move", "Parcel"},
    {"return", "request", "Return asked for"},
    {"return", "refuse_at_door", "Refused at the door"},
    {"return", "approve", "Return approved"},
    {"return", "refuse", "Return refused"},
    {"return", "receive", "Goods received"},
    {"return", "close", "Return closed"},
    {"return", "cancel", "Return called off"},
    {"", "place", "Placed"},
    {"", "confirm", "Confirmed"},
    {"", "close", "Closed"},
    {"", "reopen", "Opened again"},
    {"", "cancel", "Cancelled"},
    {"", "begin", "Payment begun"},
    {"", "authorise", "Payment authorised"},
    {"", "fail", "Payment failed"},
    {"", "void", "Payment called off"},
    {"", "capture", "Money captured"},
    {"", "pay", "Paid by hand"},
    {"", "refund", "Money paid back"},
    {"", "chargeback", "Taken back by the payer's bank"},
    {"", "pack", "Packed"},
    {"", "unpack", "Unpacked"},
    {"", "ship", "Handed over"},
    {"", "send", "Handed over"},
    {"", "register", "The carrier is told"},
    {"", "deliver", "Delivered"},
    {"", "return", "Come back"},
    {"", "edit", "Changed"},
    {"", "note", "Note written"},
};

static const char *words_of(struct souk_str machine, struct souk_str step)
{
    for (size_t i = 0; i < sizeof done_words / sizeof *done_words; i++)
        if (souk_str_is(step, done_words[i].step) &&
            (!done_words[i].machine[0] || souk_str_is(machine, done_words[i].machine)))
            return done_words[i].words;
    return NULL;
}

/* Each row with whose it was and what was done, in words. */
static void add_history(struct request *request, const struct json *rows, const struct json *names,
                        struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *list = json_add(arena, view, "history", JSON_ARRAY);
    json_each(item, rows)
    {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        json_each(member, &item->value) * json_add_key(arena, row, member->key, JSON_NULL) =
            member->value;
        struct souk_str actor = json_text(json_at(&item->value, "actor"));
        struct souk_str step = json_text(json_at(&item->value, "step"));
        const struct json *name = json_get(names, actor);
        const char *words = words_of(json_text(json_at(&item->value, "machine")), step);
        json_add_str(arena, row, "who", name ? json_text(name) : actor);
        json_add_str(arena, row, "what", words ? site_words(request, "souk", words) : step);
    }
}

/* ---- messages ---- */

static int add_messages(struct arena *arena, struct db_conn *conn, int64_t id, struct json *view)
{
    static const char *const names[] = {"channel", "kind", "recipient", "state", "why"};
    struct json *list = json_add(arena, view, "messages", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_admin_order_messages, &rows, DB_INT(id));
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        for (int i = 0; i < 5; i++)
            json_add_str(arena, row, names[i], arena_str(arena, db_text(&rows, i)));
        json_add_int(arena, row, "at", db_int(&rows, db_is_null(&rows, 6) ? 5 : 6));
        json_add_int(arena, row, "attempts", db_int(&rows, 7));
        code = 0;
    }
    return code;
}

/* Ids are for staff alone, so the order's document does not have them. */
static int add_returns(struct arena *arena, struct db_conn *conn, int64_t id, struct json *view)
{
    struct json *list = json_add(arena, view, "returns", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_admin_order_returns, &rows, DB_INT(id));
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, row, "id", arena_printf(arena, "%lld", (long long)db_int(&rows, 0)));
        json_add_str(arena, row, "number", arena_str(arena, db_text(&rows, 1)));
        json_add_str(arena, row, "state", arena_str(arena, db_text(&rows, 2)));
        json_add_int(arena, row, "created_at", db_int(&rows, 3));
        code = 0;
    }
    return code;
}

/* Partners' clicks that led to it. */
static int add_conversions(struct request *request, struct db_conn *conn, int64_t id,
                           struct json *view)
{
    struct json *list = json_add(&request->arena, view, "conversions", JSON_ARRAY);
    struct conversion_filter filter = {.order_id = id, .limit = 20};
    if (!admin_may(request, "track.read"))
        return SOUK_OK;
    return conversion_list(conn, &request->arena, &filter, list);
}

/* ---- all of it ---- */

static int add_parts(struct request *request, struct db_conn *conn, int64_t id,
                     const struct json *doc, struct json *view)
{
    struct arena *arena = &request->arena;
    int64_t until = 0;
    struct json *names = order_page_names(request, conn);
    json_add_tree(arena, view, "names", names);
    int code = order_deed_seen(conn, arena, id, view);
    struct json *open = json_add(arena, view, "returnable", JSON_ARRAY);
    if (!code)
        code = return_open_lines(conn, arena, id, request->now, open, &until);
    add_history(request, json_at(doc, "history"), names, view);
    if (!code)
        code = add_returns(arena, conn, id, view);
    if (!code)
        code = add_conversions(request, conn, id, view);
    return code ? code : add_messages(arena, conn, id, view);
}

int order_page_show(struct request *request, int64_t id, int status, const char *problem)
{
    struct arena *arena = &request->arena;
    struct json *doc, *view = json_new(arena, JSON_OBJECT);
    struct db_conn *conn = request_conn(request);
    if (!conn)
        return SOUK_UNAVAILABLE;
    int code = order_load(conn, arena, id, 1, &doc);
    if (code == SOUK_NOT_FOUND)
        return order_page_gone(request);
    if (!code)
        code = add_parts(request, conn, id, doc, view);
    if (code)
        return code;
    json_add_tree(arena, view, "order", doc);
    json_add_str(arena, view, "url", arena_printf(arena, "/admin/orders/%lld", (long long)id));
    add_steps(request, conn, id, view);
    struct souk_str done = request_query(request, "done");
    const char *words = problem ? NULL : words_of(souk_str(""), done);
    if (problem) {
        json_add_str(arena, view, "problem", order_deed_words(request, problem));
        if (admin_id(request, "id") == id) /* a parcel's steps have names like the order's */
            json_add_str(arena, view, "refused", request_param(request, "step"));
    } else if (done.len)
        json_add_str(arena, view, "done", site_words(request, "souk", words ? words : "Done"));
    order_deed_typed(request, view);
    struct souk_str title = arena_printf(arena, "%s %.*s", site_words(request, "souk", "Order").ptr,
                                         SOUK_PRI(json_text(json_at(doc, "number"))));
    return admin_render(request, "admin/order", status, arena_cstr(arena, title), view);
}
