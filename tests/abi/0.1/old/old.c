/*
 * old: a plugin as it was written for the ABI 0.1, kept with the headers of that minor. It has to
 * load and work in every later souk of the same major: tables have grown behind what it knows,
 * structs too.
 */
#include <souk.h>

static const struct souk_migration migrations[] = {
    {1, 0, "cup", "CREATE TABLE p_old_cup (id BIGINT PRIMARY KEY, guest TEXT NOT NULL UNIQUE)"},
};

static const struct souk_option options[] = {
    {"minutes", SOUK_INT, 0, "4", "How long the tea draws", 1, 15},
};

static int pour(struct souk_ctx *ctx)
{
    int64_t changed = 0;
    struct souk_str guest = souk_form(ctx, "guest");
    int code = souk_exec(ctx, &changed, "INSERT INTO p_old_cup (id, guest) VALUES ($1, $2)",
                         SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(guest));
    if (code != SOUK_OK)
        return souk_fail(ctx, code, "a guest gets one cup");
    souk_emit(ctx, "old.poured", souk_printf(ctx, "cup:%.*s", SOUK_PRI(guest)), NULL);
    return souk_answer_text(ctx, 201, souk_str("poured\n"));
}

static int cups(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_map(ctx), *list = souk_set_list(ctx, out, "guests");
    struct souk_rows *rows;
    struct souk_money price = {1299, "EUR", 0};
    int code = souk_query(ctx, &rows, "SELECT guest FROM p_old_cup ORDER BY id");
    while (code == SOUK_OK && souk_next(rows) == 1)
        souk_set_str(ctx, list, NULL, souk_column_text(rows, 0));
    souk_set_int(ctx, out, "minutes", souk_option_int(ctx, "minutes"));
    souk_set_money(ctx, out, "price", price);
    souk_set_bool(ctx, out, "has_push", SOUK_HAS(event, push));
    return code ? code : souk_answer_json(ctx, 200, out);
}

static int later(struct souk_ctx *ctx)
{
    const struct souk_http_response *response;
    struct souk_http_request request = {.size = sizeof request,
                                        .url = souk_str("http://127.0.0.1:1/")};
    int code = souk_http(ctx, &request, &response); /* not allowed by the shop's configuration */
    return souk_answer_text(ctx, 200, souk_printf(ctx, "%d", code));
}

static int on_poured(struct souk_ctx *ctx, const struct souk_event *event)
{
    return souk_kv_put(ctx, "heard", event->subject);
}

static int heard(struct souk_ctx *ctx)
{
    struct souk_str value;
    int code = souk_kv_get(ctx, "heard", &value);
    return code ? code : souk_answer_text(ctx, 200, value);
}

static int send_message(struct souk_ctx *ctx, const struct souk_message *message,
                        struct souk_message_result *result)
{
    result->reference = souk_printf(ctx, "old-%lld", (long long)message->id);
    return SOUK_OK;
}

static const struct souk_notify_provider notify = {sizeof notify, 0, "pigeon", "Pigeon",
                                                   send_message};
static const struct souk_provider providers[] = {{"notify", "pigeon", &notify}};
static const struct souk_listener events[] = {{"old.poured", SOUK_FACT, 0, on_poured}};
static const struct souk_route routes[] = {
    {"GET", "/cups", SOUK_READ, SOUK_PUBLIC, cups, "Who got a cup"},
    {"GET", "/heard", SOUK_READ, SOUK_PUBLIC, heard, "The last cup"},
    {"POST", "/cups", SOUK_WRITE, SOUK_PUBLIC, pour, "Pours a cup"},
    {"POST", "/later", SOUK_TASK, SOUK_PUBLIC, later, "Asks somebody outside"},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "old",
    .version = "1.0.0",
    .summary = "Tea, poured since the first ABI",
    .contact = "you@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .routes = SOUK_TABLE(routes),
    .events = SOUK_TABLE(events),
    .migrations = SOUK_TABLE(migrations),
    .providers = SOUK_TABLE(providers),
};
