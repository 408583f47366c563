/*
 * shipment.c: parcels as a list, the steps of one, and its papers. A parcel has no page of its own:
 * it is shown with its order, where whoever packs sees what belongs into it.
 */
#include "shop/shipment.h"

#include "app/admin/order_page.h"
#include "app/admin/resources.h"
#include "app/admin/route.h"
#include "app/admin_order.sql.h"
#include "app/parcel.h"
#include "base/str.h"

/* ---- the list ---- */

static const char *const parcels[] = {"pending",
                                      "registered",
                                      "in_transit",
                                      "out_for_delivery",
                                      "available_for_pickup",
                                      "attempt_failed",
                                      "delivered",
                                      "partially_delivered",
                                      "returning",
                                      "returned",
                                      "exception",
                                      "cancelled",
                                      "expired",
                                      NULL};
static const char *const works[] = {"send", "way", "trouble", NULL};

static const struct resource_column columns[] = {
    {"number", "Parcel", SOUK_STRING, COLUMN_LINK, "t.number", NULL, NULL},
    {"name", "To", SOUK_STRING, 0, "(SELECT o.name FROM shop_order o WHERE o.id = t.order_id)",
     NULL, NULL},
    {"state", "State", SOUK_CHOICE, 0, "t.state", NULL, NULL},
    {"method", "Delivery", SOUK_STRING, 0, "t.method", NULL, NULL},
    {"tracking", "Tracking number", SOUK_STRING, 0, "t.tracking", NULL, NULL},
    {"collect", "To be collected", SOUK_MONEY, 0, "nullif(t.collect, 0)", NULL, NULL},
    {"created", "Packed", SOUK_TIME, 0, "t.created_at", NULL, NULL},
    {"sent", "Handed over", SOUK_TIME, 0, "t.sent_at", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter filters[] = {
    {.key = "state",
     .label = "State",
     .type = SOUK_CHOICE,
     .sql = "t.state = ?",
     .choices = parcels},
    {.key = "work",
     .label = "Waits for",
     .type = SOUK_CHOICE,
     .sql =
         "CASE ? WHEN 'send' THEN t.state IN ('pending', 'registered') AND t.sent_at IS NULL AND "
         "t.unpacked_at IS NULL "
         "WHEN 'way' THEN t.sent_at IS NOT NULL AND t.state NOT IN ('delivered', 'returned', "
         "'cancelled', 'partially_delivered') "
         "WHEN 'trouble' THEN t.registering = 'failed' OR t.state IN ('exception', "
         "'attempt_failed', 'returning', 'expired') END",
     .choices = works},
    {.key = "created",
     .label = "Packed",
     .type = SOUK_TIME,
     .sql = "t.created_at >= ?",
     .sql_to = "t.created_at < ?"},
    {.key = NULL}};

static int bulk_send(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    return shipment_send(call->conn, call->arena, id, souk_str(""), call->request->principal,
                         call->request->now, err);
}

static const struct resource_action actions[] = {{.name = "sent",
                                                  .label = "Hand over",
                                                  .right = "order.ship",
                                                  .confirm = "The goods leave the stock, and the "
                                                             "customers are told.",
                                                  .run = bulk_send,
                                                  .own_audit = 1},
                                                 {.name = NULL}};

static int64_t order_of(struct request *request, int64_t id)
{
    int64_t order = 0;
    struct db_conn *conn = request_conn(request);
    if (!id || !conn || db_get_int(conn, &sql_admin_order_of_shipment, &order, DB_INT(id)))
        return 0;
    return order;
}

/* Its place is with its order. */
static int show(struct request *request, int64_t id)
{
    int64_t order = order_of(request, id);
    if (!order)
        return admin_message(request, 404, "Page not found", "there is no such parcel",
                             "/admin/shipments");
    return admin_redirect(request, "/admin/orders/%lld#parcel-%lld", (long long)order,
                          (long long)id);
}

const struct resource resource_shipments = {
    .name = "shipments",
    .title = "Shipments",
    .one = "Parcel",
    .right = "order",
    .subject = "shipment",
    .table = "shipment",
    .columns = columns,
    .filters = filters,
    .actions = actions,
    .show = show,
    .search = "t.number LIKE ? ESCAPE '\\' OR t.tracking LIKE ? ESCAPE '\\'",
    .flags = RESOURCE_FIXED};

/* ---- one ---- */

/* What was kept at the door, of lines of which not all was: line id to units; NULL: all of it was.
 */
static const struct json *kept(struct order_deed *deed, const struct json *parcel, int *wrong)
{
    struct arena *arena = &deed->request->arena;
    struct json *units = json_new(arena, JSON_OBJECT);
    int less = 0;
    json_each(line, json_at(parcel, "lines"))
    {
        int64_t id = json_int(json_at(&line->value, "line"), 0);
        int64_t all = json_int(json_at(&line->value, "quantity"), 0), number = all;
        const char *field = arena_printf(arena, "accepted-%lld", (long long)id).ptr;
        struct souk_str text = str_trim(request_form(deed->request, field));
        if (text.len && (str_to_int(text, &number) != SOUK_OK || number < 0 || number > all))
            *wrong = 1;
        less |= number < all;
        json_add_int(arena, units, arena_printf(arena, "%lld", (long long)id).ptr, number);
    }
    return less ? units : NULL;
}

static int deliver(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    struct request *request = deed->request;
    struct json *parcel;
    int fresh, wrong = 0, code = shipment_load(conn, &request->arena, deed->id, &parcel);
    if (code)
        return code;
    const struct json *accepted = kept(deed, parcel, &wrong);
    if (wrong)
        return err_set(err, SOUK_INVALID, "nobody keeps more units than there are in the parcel");
    struct shipment_news news = {
        .shipment_id = deed->id,
        .event = arena_printf(&request->arena, "%.*s:%lld", SOUK_PRI(request->principal),
                              (long long)request->now),
        .state = accepted ? souk_str("partially_delivered") : souk_str("delivered"),
        .text = str_trim(request_form(request, "reason")),
        .at = request->now,
        .accepted = accepted,
        .actor = request->principal};
    return shipment_apply(conn, &request->arena, &news, request->now, &fresh, err);
}

static int run_step(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    struct request *request = deed->request;
    struct arena *arena = &request->arena;
    if (souk_str_is(deed->step, "send"))
        return shipment_send(conn, arena, deed->id, str_trim(request_form(request, "tracking")),
                             request->principal, request->now, err);
    if (souk_str_is(deed->step, "cancel"))
        return shipment_cancel(conn, arena, deed->id, request->principal,
                               str_trim(request_form(request, "reason")), request->now, err);
    if (souk_str_is(deed->step, "register"))
        return shipment_register(conn, deed->id, request->now);
    return deliver(conn, deed, err);
}

int shipment_take_step(struct request *request, const struct web_route *route)
{
    (void)route;
    static const char *const steps[] = {"send", "deliver", "cancel", "register", NULL};
    struct order_deed deed = {.request = request,
                              .id = admin_id(request, "id"),
                              .step = request_param(request, "step"),
                              .part = "goods",
                              .run = run_step};
    int known = 0;
    for (int i = 0; steps[i]; i++)
        known |= souk_str_is(deed.step, steps[i]);
    deed.order = known ? order_of(request, deed.id) : 0;
    if (!deed.order)
        return admin_message(request, 404, "Page not found", "there is no such parcel",
                             "/admin/shipments");
    return order_deed_answer(&deed,
                             arena_printf(&request->arena, "parcel-%lld", (long long)deed.id).ptr);
}

/* ---- papers ---- */

typedef int (*paper_file)(const struct provider_scope *scope, int64_t id, const char **type,
                          struct souk_str *file, struct err *err);

static int send_paper(struct request *request, paper_file make)
{
    struct provider_scope scope;
    struct err err = {0};
    const char *type = NULL;
    struct souk_str file = {0};
    provider_scope_request(&scope, request, SOUK_TASK);
    int code = make(&scope, admin_id(request, "id"), &type, &file, &err);
    if (code)
        return admin_message(request, order_deed_status(code), "There is no paper",
                             arena_cstr(&request->arena, souk_str(err.text)), "/admin/shipments");
    answer_bytes(request, 200, type, file);
    answer_header(request, "Content-Disposition", souk_str("inline"));
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

int shipment_label(struct request *request, const struct web_route *route)
{
    (void)route;
    return send_paper(request, parcel_label_file);
}

int order_slip(struct request *request, const struct web_route *route)
{
    (void)route;
    return send_paper(request, parcel_slip_file);
}
