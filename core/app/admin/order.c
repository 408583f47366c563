/*
 * order.c: the list of orders: filters, search, what can be done with many at once, and the packing
 * slips of chosen ones as one page to be printed.
 */
#include "shop/order.h"

#include "app/admin/order_page.h"
#include "app/admin/resources.h"
#include "app/admin/route.h"
#include "app/admin_order.sql.h"
#include "base/str.h"
#include "shop/shipment.h"

static const char *const statuses[] = {"draft", "placed", "confirmed", "closed", "cancelled", NULL};
static const char *const payments[] = {
    "none",          "pending",  "authorised", "part_paid", "paid",
    "part_refunded", "refunded", "failed",     "voided",    NULL};
static const char *const fulfilments[] = {
    "none",           "part_packed", "packed",        "part_shipped", "shipped",
    "part_delivered", "delivered",   "part_returned", "returned",     NULL};
static const char *const works[] = {"confirm", "pack", "send", "pay", "message", NULL};

static const struct resource_column columns[] = {
    {"number", "Order", SOUK_STRING, COLUMN_LINK, "t.number", NULL, NULL},
    {"placed", "Placed", SOUK_TIME, 0, "t.placed_at", "t.placed_at", NULL},
    {"name", "Customer", SOUK_STRING, 0, "CASE t.name WHEN '' THEN t.email ELSE t.name END", NULL,
     NULL},
    {"status", "Status", SOUK_CHOICE, 0, "t.status", NULL, NULL},
    {"payment", "Payment", SOUK_CHOICE, 0,
     "CASE t.payment_status WHEN 'none' THEN '' ELSE t.payment_status END", NULL, NULL},
    {"fulfilment", "Goods", SOUK_CHOICE, 0,
     "CASE t.fulfilment_status WHEN 'none' THEN '' ELSE t.fulfilment_status END", NULL, NULL},
    {"units", "Units", SOUK_INT, 0,
     "(SELECT sum(l.quantity - l.cancelled) FROM order_line l WHERE l.order_id = t.id)", NULL,
     NULL},
    {"delivery", "Delivery", SOUK_STRING, 0, "t.delivery_label", NULL, NULL},
    {"total", "Total", SOUK_MONEY, 0, "t.total", "t.total", NULL},
    {.key = NULL}};

static int delivery_methods(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_order_delivery_methods, list);
}

static int payment_methods(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_order_payment_methods, list);
}

static const struct resource_filter filters[] = {
    {.key = "work",
     .label = "Waits for",
     .type = SOUK_CHOICE,
     .sql = "CASE ? WHEN 'confirm' THEN t.status = 'placed' "
            "WHEN 'pack' THEN t.status = 'confirmed' AND t.fulfilment_status IN ('none', "
            "'part_packed') "
            "WHEN 'send' THEN t.id IN (SELECT s.order_id FROM shipment s WHERE s.state IN "
            "('pending', 'registered') AND s.sent_at IS NULL AND s.unpacked_at IS NULL) "
            "WHEN 'pay' THEN t.status IN ('placed', 'confirmed') AND t.payment_status IN "
            "('none', 'pending', 'failed', 'voided', 'part_paid') "
            "WHEN 'message' THEN EXISTS (SELECT 1 FROM message m WHERE m.order_id = t.id AND "
            "m.state = 'failed') END",
     .choices = works},
    {.key = "status",
     .label = "Status",
     .type = SOUK_CHOICE,
     .sql = "t.status = ?",
     .choices = statuses},
    {.key = "payment",
     .label = "Payment",
     .type = SOUK_CHOICE,
     .sql = "t.payment_status = ?",
     .choices = payments},
    {.key = "fulfilment",
     .label = "Goods",
     .type = SOUK_CHOICE,
     .sql = "t.fulfilment_status = ?",
     .choices = fulfilments},
    {.key = "delivery_method",
     .label = "Delivery",
     .type = SOUK_CHOICE,
     .sql = "t.delivery_method = ?",
     .options = delivery_methods},
    {.key = "payment_method",
     .label = "Paid with",
     .type = SOUK_CHOICE,
     .sql = "t.payment_method = ?",
     .options = payment_methods},
    {.key = "placed",
     .label = "Placed",
     .type = SOUK_TIME,
     .sql = "t.placed_at >= ?",
     .sql_to = "t.placed_at < ?"},
    {.key = NULL}};

/* ---- with many at once ---- */

static int bulk_confirm(struct resource_call *call, int64_t id, struct souk_str value,
                        struct err *err)
{
    (void)value;
    return order_step(call->conn, call->arena, id, souk_str("confirm"), NULL,
                      call->request->principal, call->request->now, err);
}

static int bulk_pack(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    return order_step(call->conn, call->arena, id, souk_str("pack"), NULL, call->request->principal,
                      call->request->now, err);
}

static const struct resource_action actions[] = {{.name = "confirm",
                                                  .label = "Confirm",
                                                  .right = "order.edit",
                                                  .run = bulk_confirm,
                                                  .own_audit = 1},
                                                 {.name = "pack",
                                                  .label = "Pack all that is left into one parcel",
                                                  .right = "order.ship",
                                                  .run = bulk_pack,
                                                  .own_audit = 1},
                                                 {.name = "slips",
                                                  .label = "Print packing slips",
                                                  .right = "order.read",
                                                  .page = "/admin/orders/slips"},
                                                 {.name = NULL}};

static int show(struct request *request, int64_t id)
{
    return order_page_show(request, id, 200, NULL);
}

const struct resource resource_orders = {
    .name = "orders",
    .title = "Orders",
    .one = "Order",
    .right = "order",
    .subject = "order",
    .table = "shop_order",
    .columns = columns,
    .filters = filters,
    .actions = actions,
    .search = "t.number LIKE ? ESCAPE '\\' OR t.email LIKE ? ESCAPE '\\' OR t.name LIKE ? ESCAPE "
              "'\\' OR t.phone LIKE ? ESCAPE '\\' OR t.id IN (SELECT l.order_id FROM order_line l "
              "WHERE l.sku LIKE ? ESCAPE '\\')",
    .sort = "-placed",
    .show = show,
    .flags = RESOURCE_FIXED};

/* ---- packing slips ---- */

/* "12,13" as JSON: whatever is no number is left out. */
static struct souk_str ids_of(struct request *request)
{
    struct buf ids = {.arena = &request->arena};
    struct souk_str rest = request_query(request, "ids"), one;
    int64_t id;
    int count = 0;
    buf_add_char(&ids, '[');
    while (count < RESOURCE_CHOSEN && str_split(&rest, ',', &one)) {
        if (str_to_int(one, &id) != SOUK_OK)
            continue;
        buf_printf(&ids, "%s%lld", count++ ? "," : "", (long long)id);
    }
    buf_add_char(&ids, ']');
    return buf_str(&ids);
}

static void add_slip(struct arena *arena, struct json *slips, struct db_rows *rows)
{
    static const char *const names[] = {"id",   "number", "name",     "phone",   "",
                                        "note", "",       "delivery", "payment", "currency"};
    struct json *slip = json_add(arena, slips, NULL, JSON_OBJECT), *address = NULL;
    for (int i = 0; i < 10; i++)
        if (names[i][0])
            json_add_str(arena, slip, names[i], arena_str(arena, db_text(rows, i)));
    if (json_parse(arena, arena_str(arena, db_text(rows, 4)), &address, NULL) == SOUK_OK)
        json_add_tree(arena, slip, "address", address);
    json_add_int(arena, slip, "placed_at", db_int(rows, 6));
    json_add_int(arena, slip, "due", db_int(rows, 10));
    json_add(arena, slip, "lines", JSON_ARRAY);
}

static void add_slip_line(struct arena *arena, struct json *slips, struct db_rows *rows)
{
    struct souk_str order = arena_str(arena, db_text(rows, 0));
    json_each(slip, slips)
    {
        if (!souk_str_equal(json_text(json_at(&slip->value, "id")), order))
            continue;
        struct json *lines = (struct json *)(uintptr_t)json_at(&slip->value, "lines");
        struct json *line = json_add(arena, lines, NULL, JSON_OBJECT);
        json_add_str(arena, line, "sku", arena_str(arena, db_text(rows, 1)));
        json_add_str(arena, line, "name", arena_str(arena, db_text(rows, 2)));
        json_add_str(arena, line, "options", arena_str(arena, db_text(rows, 3)));
        json_add_str(arena, line, "note", arena_str(arena, db_text(rows, 4)));
        json_add_int(arena, line, "quantity", db_int(rows, 5));
    }
}

int order_slips(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *slips = json_add(arena, view, "slips", JSON_ARRAY);
    struct souk_str ids = ids_of(request);
    struct db_rows rows;
    int code = db_query(request->conn, &sql_admin_order_slips, &rows, DB_TEXT(ids));
    while (!code && (code = db_next(&rows)) == 1) {
        add_slip(arena, slips, &rows);
        code = 0;
    }
    if (!code)
        code = db_query(request->conn, &sql_admin_order_slip_lines, &rows, DB_TEXT(ids));
    while (!code && (code = db_next(&rows)) == 1) {
        add_slip_line(arena, slips, &rows);
        code = 0;
    }
    if (code)
        return code;
    return admin_render(request, "admin/slips", 200, "Packing slips", view);
}
