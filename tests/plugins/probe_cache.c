/*
 * probe_cache: behaves: a cached route whose answer tells how often its handler has run, and a
 * route that changes what it reads.
 */
#include <stdatomic.h>
#include <souk.h>

static _Atomic int runs;

static int show(struct souk_ctx *ctx)
{
    struct souk_rows *rows;
    struct souk_value *out = souk_map(ctx);
    int code = souk_query(ctx, &rows, "SELECT count(*) FROM p_probe_cache_row");
    if (code == SOUK_OK && souk_next(rows) == 1)
        souk_set_int(ctx, out, "rows", souk_column_int(rows, 0));
    souk_set_str(ctx, out, "locale", souk_locale(ctx));
    souk_set_int(ctx, out, "runs", atomic_fetch_add(&runs, 1) + 1);
    return code ? code : souk_answer_json(ctx, 200, out);
}

static int add(struct souk_ctx *ctx)
{
    int code = souk_exec(ctx, NULL, "INSERT INTO p_probe_cache_row (id) VALUES ($1)",
                         SOUK_A_INT(souk_new_id(ctx)));
    code = code ? code : souk_session_set(ctx, "added", souk_str("yes"));
    return code ? code : souk_answer_text(ctx, 201, souk_str("added\n"));
}

static const struct souk_route routes[] = {
    {.method = "GET",
     .path = "/show",
     .kind = SOUK_READ,
     .surface = SOUK_API_V1,
     .handle = show,
     .flags = SOUK_CACHED},
    {.method = "POST", .path = "/add", .kind = SOUK_WRITE, .surface = SOUK_API_V1, .handle = add},
};

static const struct souk_migration migrations[] = {
    {.number = 1, .name = "row", .sql = "CREATE TABLE p_probe_cache_row (id BIGINT PRIMARY KEY)"},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_cache",
    .version = "1.0.0",
    .summary = "Tells how often a cached answer was made",
    .routes = SOUK_TABLE(routes),
    .migrations = SOUK_TABLE(migrations),
};
