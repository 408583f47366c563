/*
 * return.c: goods that come back: the list, and one with what it proposes and the steps that are
 * open: approve or refuse, receive and inspect, pay back, close.
 *
 * What would be paid back is rehearsed before it is confirmed: the refund itself is made and
 * undone, so the page shows the sum that will be paid and not one reckoned beside it.
 */
#include "shop/order_return.h"

#include "app/admin/order_page.h"
#include "app/admin/resources.h"
#include "app/admin/route.h"
#include "app/admin_order.sql.h"
#include "base/str.h"

/* ---- the list ---- */

static const char *const states[] = {"requested", "approved",  "refused", "received",
                                     "closed",    "cancelled", NULL};
static const char *const outcomes[] = {"refund", "exchange", NULL};
static const char *const works[] = {"decide", "inspect", "settle", NULL};

static const struct resource_column columns[] = {
    {"number", "Return", SOUK_STRING, COLUMN_LINK, "t.number", NULL, NULL},
    {"order", "Order", SOUK_STRING, 0,
     "(SELECT o.number FROM shop_order o WHERE o.id = t.order_id)", NULL, NULL},
    {"name", "Name", SOUK_STRING, 0, "(SELECT o.name FROM shop_order o WHERE o.id = t.order_id)",
     NULL, NULL},
    {"state", "State", SOUK_CHOICE, 0, "t.state", NULL, NULL},
    {"outcome", "Wanted", SOUK_CHOICE, 0, "t.outcome", NULL, NULL},
    {"units", "Units", SOUK_INT, 0,
     "(SELECT sum(l.quantity) FROM order_return_line l WHERE l.return_id = t.id)", NULL, NULL},
    {"created", "Asked for", SOUK_TIME, 0, "t.created_at", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter filters[] = {
    {.key = "state",
     .label = "State",
     .type = SOUK_CHOICE,
     .sql = "t.state = ?",
     .choices = states},
    {.key = "work",
     .label = "Waits for",
     .type = SOUK_CHOICE,
     .sql = "CASE ? WHEN 'decide' THEN t.state = 'requested' WHEN 'inspect' THEN t.state = "
            "'approved' WHEN 'settle' THEN t.state = 'received' END",
     .choices = works},
    {.key = "outcome",
     .label = "Wanted",
     .type = SOUK_CHOICE,
     .sql = "t.outcome = ?",
     .choices = outcomes},
    {.key = NULL}};

/* ---- one ---- */

struct step {
    const char *name, *right;
};
static const struct step steps[] = {{"approve", "order.edit"}, {"refuse", "order.edit"},
                                    {"receive", "order.ship"}, {"refund", "order.refund"},
                                    {"close", "order.edit"},   {"cancel", "order.edit"}};

static const struct step *step_named(struct souk_str name)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (souk_str_is(name, steps[i].name))
            return &steps[i];
    return NULL;
}

static int gone(struct request *request)
{
    return admin_message(request, 404, "Page not found", "there is no such return",
                         "/admin/returns");
}

/* The steps that are open and that the reader may take, as {"approve": true}. */
static void add_steps(struct request *request, const struct json *doc, struct json *view)
{
    struct json *may = json_add(&request->arena, view, "may", JSON_OBJECT);
    json_each(item, json_at(doc, "allowed"))
    {
        const struct step *step = step_named(json_text(&item->value));
        if (step && admin_may(request, step->right))
            json_add_bool(&request->arena, may, step->name, 1);
    }
}

/* `preview`: a refund that waits for its confirmation. */
static int show(struct request *request, int64_t id, int status, const char *problem,
                const struct json *preview)
{
    struct arena *arena = &request->arena;
    struct json *doc, *view = json_new(arena, JSON_OBJECT);
    struct db_conn *conn = request_conn(request);
    int code = conn ? return_load(conn, arena, id, 1, &doc) : SOUK_UNAVAILABLE;
    if (code == SOUK_NOT_FOUND)
        return gone(request);
    if (code)
        return code;
    json_add_tree(arena, view, "return", doc);
    json_add_str(arena, view, "url", arena_printf(arena, "/admin/returns/%lld", (long long)id));
    json_add_str(arena, view, "done", request_query(request, "done"));
    if (problem)
        json_add_str(arena, view, "problem", order_deed_words(request, problem));
    if (preview)
        json_add_tree(arena, view, "preview", preview);
    order_deed_typed(request, view);
    add_steps(request, doc, view);
    struct souk_str number = json_text(json_at(doc, "number"));
    struct souk_str title =
        arena_printf(arena, "%s %.*s", site_words(request, "souk", "Return").ptr, SOUK_PRI(number));
    return admin_render(request, "admin/return", status, arena_cstr(arena, title), view);
}

static int look(struct request *request, int64_t id)
{
    return show(request, id, 200, NULL, NULL);
}

const struct resource resource_returns = {
    .name = "returns",
    .title = "Returns",
    .one = "Return",
    .right = "order",
    .subject = "return",
    .table = "order_return",
    .columns = columns,
    .filters = filters,
    .search = "t.number LIKE ? ESCAPE '\\' OR t.order_id IN (SELECT o.id FROM shop_order o WHERE "
              "o.number LIKE ? ESCAPE '\\' OR o.name LIKE ? ESCAPE '\\' OR o.email LIKE ? ESCAPE "
              "'\\')",
    .show = look,
    .flags = RESOURCE_FIXED};

/* ---- steps ---- */

/* Lines with what came of each and what of it is damaged. */
static const char *read_received(struct request *request, const struct json *doc, struct json *args)
{
    struct arena *arena = &request->arena;
    struct json *lines = json_add(arena, args, "lines", JSON_ARRAY);
    json_each(line, json_at(doc, "lines"))
    {
        int64_t id = json_int(json_at(&line->value, "line"), 0), received, damaged = 0;
        struct souk_str came = str_trim(
            request_form(request, arena_printf(arena, "received-%lld", (long long)id).ptr));
        struct souk_str bad =
            str_trim(request_form(request, arena_printf(arena, "damaged-%lld", (long long)id).ptr));
        if (str_to_int(came, &received) != SOUK_OK || received < 0 ||
            (bad.len && (str_to_int(bad, &damaged) != SOUK_OK || damaged < 0)))
            return "a number of units is a whole number, please";
        struct json *one = json_add(arena, lines, NULL, JSON_OBJECT);
        json_add_int(arena, one, "line", id);
        json_add_int(arena, one, "received", received);
        json_add_int(arena, one, "damaged", damaged);
    }
    return NULL;
}

static const char *read_args(struct request *request, const struct json *doc, struct souk_str step,
                             struct json *args)
{
    static const char *const texts[] = {"reason", "inspection"}, *const sums[] = {"delivery",
                                                                                  "fee"};
    int64_t amount;
    for (int i = 0; i < 2; i++) {
        struct souk_str text = str_trim(request_form(request, texts[i]));
        if (text.len)
            json_add_str(&request->arena, args, texts[i], text);
        if (order_deed_money(request, sums[i], &amount) != SOUK_OK)
            return "a sum is written as 12.50, please";
        if (amount >= 0)
            json_add_int(&request->arena, args, sums[i], amount);
    }
    return souk_str_is(step, "receive") ? read_received(request, doc, args) : NULL;
}

/* A return has no counts that others move: when it was last changed is enough. */
static int run_step(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    struct request *request = deed->request;
    struct json *doc;
    int code = return_load(conn, &request->arena, deed->id, 1, &doc);
    if (code)
        return code;
    if (!souk_str_equal(request_form(request, "_seen"), json_text(json_at(doc, "changed_at"))))
        return err_set(err, SOUK_CONFLICT,
                       "somebody has changed this return meanwhile, and nothing was done; look at "
                       "it as it is now and decide again");
    return return_step(conn, &request->arena, deed->id, deed->step, deed->args, request->principal,
                       request->now, err);
}

/* Pays back, or first shows what would be paid back. */
static int refund(struct order_deed *deed)
{
    struct json *preview;
    if (souk_str_is(request_form(deed->request, "confirm"), "1"))
        return order_deed_do(deed);
    int code = order_deed_rehearse(deed, &preview);
    return code ? code : show(deed->request, deed->id, 200, NULL, preview);
}

int return_take_step(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *args = json_new(arena, JSON_OBJECT), *doc;
    struct order_deed deed = {.request = request,
                              .id = admin_id(request, "id"),
                              .step = request_param(request, "step"),
                              .args = args,
                              .run = run_step};
    const struct step *step = step_named(deed.step);
    struct db_conn *conn = request_conn(request);
    if (!step || !deed.id || !conn || return_load(conn, arena, deed.id, 1, &doc) != SOUK_OK)
        return gone(request);
    if (!admin_need(request, step->right))
        return SOUK_OK;
    const char *problem = read_args(request, doc, deed.step, args);
    if (problem)
        return show(request, deed.id, 422, problem, NULL);
    deed.order = json_int(json_at(doc, "order_id"), 0);
    int code = souk_str_is(deed.step, "refund") ? refund(&deed) : order_deed_do(&deed);
    if (code)
        return show(request, deed.id, order_deed_status(code),
                    arena_cstr(arena, souk_str(deed.err.text)), NULL);
    if (request->answer.status)
        return SOUK_OK; /* the preview */
    return admin_redirect(request, "/admin/returns/%lld?done=%s", (long long)deed.id, step->name);
}
