/* probe_account: behaves: keeps the facts about people that would become mails, so that a test can
 * follow the links in them. */
#include <souk.h>

static int keep_step(struct souk_ctx *ctx, void *arg)
{
    const struct souk_event *event = arg;
    const struct souk_value *payload = event->payload;
    int code = souk_exec(
        ctx, NULL,
        "INSERT INTO p_probe_account_fact (id, topic, subject, email, path) VALUES ($1, $2, $3, $4, $5)",
        SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(event->name), SOUK_A_STR(event->subject),
        SOUK_A_STR(souk_text(souk_get(payload, "email"))),
        SOUK_A_STR(souk_text(souk_get(payload, "path"))));
    return code;
}
static int on_fact(struct souk_ctx *ctx, const struct souk_event *event)
{
    return souk_db_write(ctx, keep_step, (void *)(uintptr_t)event);
}

static int list(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_map(ctx), *items = souk_set_list(ctx, out, "items");
    struct souk_rows *rows;
    int code = souk_query(
        ctx, &rows, "SELECT topic, subject, email, path FROM p_probe_account_fact ORDER BY id");
    while (code == SOUK_OK && souk_next(rows) == 1) {
        struct souk_value *item = souk_set_map(ctx, items, NULL);
        souk_set_str(ctx, item, "topic", souk_column_text(rows, 0));
        souk_set_str(ctx, item, "subject", souk_column_text(rows, 1));
        souk_set_str(ctx, item, "email", souk_column_text(rows, 2));
        souk_set_str(ctx, item, "path", souk_column_text(rows, 3));
    }
    return code ? code : souk_answer_json(ctx, 200, out);
}

/* clang-format off */
static const struct souk_route routes[] = {{"GET", "/facts", SOUK_READ, SOUK_PUBLIC, list, "Facts"}};
static const struct souk_listener events[] = {
    {"account.confirm_requested", SOUK_FACT, 0, on_fact}, {"account.reset_requested", SOUK_FACT, 0, on_fact},
    {"account.exists", SOUK_FACT, 0, on_fact}, {"account.password_changed", SOUK_FACT, 0, on_fact},
    {"account.email_changed", SOUK_FACT, 0, on_fact}, {"person.registered", SOUK_FACT, 0, on_fact},
    {"person.moved", SOUK_FACT, 0, on_fact}, {"person.merged", SOUK_FACT, 0, on_fact},
    {"person.erased", SOUK_FACT, 0, on_fact}, {"inquiry.received", SOUK_FACT, 0, on_fact},
};
static const struct souk_migration migrations[] = {
    {1, 0, "fact", "CREATE TABLE p_probe_account_fact (id BIGINT PRIMARY KEY, topic TEXT NOT NULL, subject TEXT NOT NULL,"
                   " email TEXT NOT NULL, path TEXT NOT NULL)"},
};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "probe_account", .version = "1.0.0", .summary = "Keeps what would be mails, for tests",
    .routes = SOUK_TABLE(routes), .events = SOUK_TABLE(events), .migrations = SOUK_TABLE(migrations)};
