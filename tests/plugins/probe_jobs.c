/*
 * probe_jobs: a job that does what its payload says: "ok", "fail", or "wait", which does not end
 * while the value "hold" stands. Each run leaves a row.
 */
#include <souk.h>

#include <poll.h>

static int note_run(struct souk_ctx *ctx, void *what)
{
    return souk_exec(ctx, NULL, "INSERT INTO p_probe_jobs_run (id, what) VALUES ($1, $2)",
                     SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(souk_text(what)));
}

static int is_held(struct souk_ctx *ctx)
{
    struct souk_str hold;
    return souk_kv_get(ctx, "hold", &hold) == SOUK_OK && souk_str_is(hold, "yes");
}

static int work(struct souk_ctx *ctx, const struct souk_value *payload)
{
    const struct souk_value *what = souk_get(payload, "what");
    int code = souk_db_write(ctx, note_run, (void *)(uintptr_t)what);
    if (code == SOUK_OK && souk_str_is(souk_text(what), "fail"))
        return souk_fail(ctx, SOUK_UNAVAILABLE, "the peer does not answer");
    if (souk_str_is(souk_text(what), "wait") && is_held(ctx))
        poll(NULL, 0, 20000); /* longer than the test lets it live */
    return code;
}

static int add(struct souk_ctx *ctx)
{
    struct souk_value *payload = souk_map(ctx);
    souk_set_str(ctx, payload, "what", souk_form(ctx, "what"));
    int code = souk_kv_put(ctx, "hold", souk_form(ctx, "hold"));
    if (code == SOUK_OK && souk_form(ctx, "what").len)
        code =
            souk_job_add(ctx, "work", souk_str(""), payload, souk_number(souk_form(ctx, "due"), 0));
    return code ? code : souk_answer_json(ctx, 201, payload);
}

static int runs(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_map(ctx);
    struct souk_value *list = souk_set_list(ctx, out, "runs");
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows, "SELECT what FROM p_probe_jobs_run ORDER BY id");
    while (code == SOUK_OK && souk_next(rows) == 1)
        souk_set_str(ctx, list, NULL, souk_column_text(rows, 0));
    return code ? code : souk_answer_json(ctx, 200, out);
}

static const struct souk_route routes[] = {
    {.method = "POST", .path = "/add", .kind = SOUK_WRITE, .surface = SOUK_PUBLIC, .handle = add},
    {.method = "GET", .path = "/runs", .kind = SOUK_READ, .surface = SOUK_PUBLIC, .handle = runs},
};
static const struct souk_job jobs[] = {
    {.name = "work", .run = work, .attempts = 2, .timeout_ms = 60000},
    {.name = "yearly", .cron = "0 0 1 1 *", .run = work},
};
static const struct souk_migration migrations[] = {
    {1, 0, "run", "CREATE TABLE p_probe_jobs_run (id BIGINT PRIMARY KEY, what TEXT NOT NULL)"},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_jobs",
    .version = "1.0.0",
    .summary = "Jobs that do as they are told",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
    .jobs = SOUK_TABLE(jobs),
    .migrations = SOUK_TABLE(migrations),
};
