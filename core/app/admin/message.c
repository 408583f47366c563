/*
 * message.c: messages to people as a resource, sending one again, and how each kind looks in each
 * language with a real order.
 */
#include "app/message.h"

#include "app/admin/resources.h"
#include "app/admin/route.h"
#include "base/str.h"
#include "shop/market.h"
#include "shop/order.h"

static const char *const states[] = {"waiting", "sent", "failed", "suppressed", NULL};

static const struct resource_column columns[] = {
    {"recipient", "Receiver", SOUK_STRING, 0, "t.recipient", NULL, NULL},
    {"kind", "Kind", SOUK_STRING, 0, "t.kind", NULL, NULL},
    {"order", "Order", SOUK_STRING, 0,
     "(SELECT o.number FROM shop_order o WHERE o.id = t.order_id)", NULL, NULL},
    {"state", "State", SOUK_CHOICE, 0, "t.state", NULL, NULL},
    {"attempts", "Attempts", SOUK_INT, 0, "t.attempts", NULL, NULL},
    {"why", "Reason", SOUK_STRING, 0, "t.why", NULL, NULL},
    {"created", "At", SOUK_TIME, 0, "t.created_at", NULL, NULL},
    {"sent", "Sent", SOUK_TIME, 0, "t.sent_at", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter filters[] = {
    {.key = "state",
     .label = "State",
     .type = SOUK_CHOICE,
     .sql = "t.state = ?",
     .choices = states},
    {.key = "kind", .label = "Kind", .type = SOUK_STRING, .sql = "t.kind = ?"},
    {.key = NULL}};

static int resend(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    return message_resend(call->conn, call->arena, id, souk_str(""), call->request->now, err);
}

static const struct resource_action actions[] = {
    {.name = "resend", .label = "Send again", .right = "message.edit", .run = resend},
    {.name = NULL}};

const struct resource resource_messages = {.name = "messages",
                                           .title = "Messages",
                                           .one = "Message",
                                           .right = "message",
                                           .subject = "message",
                                           .table = "message",
                                           .columns = columns,
                                           .filters = filters,
                                           .actions = actions,
                                           .search = "t.recipient LIKE ? ESCAPE '\\'",
                                           .flags = RESOURCE_FIXED | RESOURCE_LIST};

/* ---- how they look ---- */

static void add_choice(struct arena *arena, struct json *list, const char *value,
                       struct souk_str chosen)
{
    struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_cstr(arena, item, "value", value);
    json_add_bool(arena, item, "chosen", souk_str_is(chosen, value));
}

static void add_choices(struct request *request, struct json *view, struct souk_str kind,
                        struct souk_str locale)
{
    struct arena *arena = &request->arena;
    struct json *kinds = json_add(arena, view, "kinds", JSON_ARRAY);
    struct json *locales = json_add(arena, view, "languages", JSON_ARRAY);
    message_kinds(arena, kinds);
    for (struct json_item *item = kinds->first; item; item = item->next)
        json_add_bool(arena, &item->value, "chosen",
                      souk_str_equal(kind, json_text(json_at(&item->value, "kind"))));
    for (int i = 0; market_shop()->locales[i]; i++)
        add_choice(arena, locales, market_shop()->locales[i], locale);
}

/* The order that was asked for, else the latest; 0: the shop has none. */
static int64_t order_of(struct request *request, struct souk_str number)
{
    int64_t id = 0;
    if (number.len)
        order_find(request_conn(request), number, souk_str(""), &id);
    else
        message_latest_order(request_conn(request), &id);
    request_conn_end(request);
    return id;
}

struct asked {
    struct souk_str kind, locale, number;
};

static struct asked read_asked(struct request *request)
{
    struct asked asked = {request_query(request, "kind"), request_query(request, "locale"),
                          request_query(request, "order")};
    if (!asked.kind.len)
        asked.kind = souk_str("order_placed");
    if (!asked.locale.len)
        asked.locale = souk_str(market_shop()->locales[0]);
    return asked;
}

static int preview_of(struct request *request, const struct asked *asked, struct json *preview,
                      struct err *err)
{
    struct provider_scope scope;
    int64_t order = order_of(request, asked->number);
    provider_scope_request(&scope, request, SOUK_TASK);
    scope.conn = NULL;
    return message_preview(&scope, asked->kind, order, arena_cstr(&request->arena, asked->locale),
                           preview, err);
}

int message_preview_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct err err = {0};
    struct asked asked = read_asked(request);
    struct json *view = json_new(arena, JSON_OBJECT), *preview = json_new(arena, JSON_OBJECT);
    if (preview_of(request, &asked, preview, &err) == SOUK_OK)
        json_add_tree(arena, view, "preview", preview);
    else
        json_add_str(arena, view, "error", arena_str(arena, souk_str(err.text)));
    add_choices(request, view, asked.kind, asked.locale);
    json_add_str(arena, view, "number", asked.number);
    json_add_str(arena, view, "kind", asked.kind);
    json_add_str(arena, view, "language", asked.locale);
    return admin_render(request, "admin/message-preview", 200, "How messages look", view);
}

/* The HTML as a mail program would show it: no script, nothing from elsewhere. */
int message_preview_html(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct asked asked = read_asked(request);
    struct json *preview = json_new(&request->arena, JSON_OBJECT);
    int code = preview_of(request, &asked, preview, &err);
    if (code != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    answer_html(request, 200, json_text(json_at(preview, "html")));
    return answer_header(request, "Content-Security-Policy",
                         souk_str("sandbox; default-src 'none'; style-src 'unsafe-inline'; "
                                  "img-src 'self' https:; frame-ancestors 'none'"));
}
