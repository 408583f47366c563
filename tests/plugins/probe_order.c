/*
 * probe_order: what a plugin can do with orders: read one by its id or number, leave a note from
 * each kind of call, and hear of what happens to them (how often, by topic).
 */
#include <souk.h>

static int64_t id_of(struct souk_ctx *ctx)
{
    int64_t id = 0;
    struct souk_str text = souk_query_param(ctx, "id");
    for (size_t i = 0; i < text.len; i++)
        id = id * 10 + (text.ptr[i] - '0');
    return id;
}

/* By ?id= or ?number=. */
static int read_order(struct souk_ctx *ctx)
{
    const struct souk_value *order = NULL;
    struct souk_str number = souk_query_param(ctx, "number");
    int code = souk_query_param(ctx, "id").len ? souk_order_get(ctx, id_of(ctx), &order)
                                               : souk_order_find(ctx, number, &order);
    struct souk_value *out = souk_map(ctx);
    souk_set_int(ctx, out, "code", code);
    souk_set_str(ctx, out, "id",
                 souk_printf(ctx, "%lld", (long long)souk_int(souk_get(order, "id"), 0)));
    souk_set_copy(ctx, out, "order", order);
    return souk_answer_json(ctx, 200, out);
}

static int leave_note(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_map(ctx);
    int code = souk_order_note(ctx, id_of(ctx), souk_query_param(ctx, "text"), 0);
    if (code == SOUK_WRONG_KIND) {
        souk_set_int(ctx, out, "code", code);
        return souk_answer_json(ctx, 200, out);
    }
    souk_set_int(ctx, out, "code", code);
    return code ? code : souk_answer_json(ctx, 200, out);
}

static int count_fact(struct souk_ctx *ctx, void *arg)
{
    const struct souk_event *event = arg;
    const char *key = /* a NUL stands behind what souk_printf makes */
        souk_printf(ctx, "%.*s %.*s", SOUK_PRI(event->name), SOUK_PRI(event->subject)).ptr;
    struct souk_str count = {"", 0};
    souk_kv_get(ctx, key, &count);
    return souk_kv_put(ctx, key, souk_printf(ctx, "%d", (int)souk_number(count, 0) + 1));
}

static int heard(struct souk_ctx *ctx, const struct souk_event *event)
{
    return souk_db_write(ctx, count_fact, (void *)event);
}

static const struct souk_route routes[] = {
    {"GET", "/order", SOUK_READ, SOUK_PUBLIC, read_order, "Reads an order"},
    {"GET", "/note", SOUK_READ, SOUK_PUBLIC, leave_note, "Tries to leave a note where it cannot"},
    {"POST", "/note", SOUK_WRITE, SOUK_WEBHOOK, leave_note, "Leaves a note"},
    {"POST", "/note-task", SOUK_TASK, SOUK_WEBHOOK, leave_note, "Leaves a note, waiting"},
};
static const struct souk_listener events[] = {
    {"order.placed", SOUK_FACT, 0, heard},    {"order.confirmed", SOUK_FACT, 0, heard},
    {"order.edited", SOUK_FACT, 0, heard},    {"order.closed", SOUK_FACT, 0, heard},
    {"order.cancelled", SOUK_FACT, 0, heard},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_order",
    .version = "1.0.0",
    .summary = "Orders as plugins see them",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
    .events = SOUK_TABLE(events),
};
