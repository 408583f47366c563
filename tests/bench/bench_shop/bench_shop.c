/*
 * bench_shop: what `make bench` measures, written as any plugin would be.
 *
 * GET /bench is a page of about 12 KB in the shop's layout that comes from the page
 * cache; below /x/bench_shop stand one route of each kind: READ builds JSON, WRITE
 * inserts one row, TASK hands a write step to the writer. Nothing here is tuned: the
 * numbers are those of the core.
 */
#include <souk.h>

#define ITEMS 32

SOUK_EMBED(page, "templates/bench.html");

static const struct souk_file files[] = {SOUK_FILE("templates/bench.html", page)};

static const struct souk_migration migrations[] = {
    {.number = 1,
     .name = "row",
     .sql = "CREATE TABLE p_bench_shop_row (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
            " made_at INTEGER NOT NULL) STRICT"},
};

static void add_item(struct souk_ctx *ctx, struct souk_value *list, int64_t i)
{
    struct souk_money price = {.minor = 1299 + 137 * i, .currency = "EUR"};
    struct souk_value *item = souk_set_map(ctx, list, NULL);
    souk_set_str(ctx, item, "name", souk_printf(ctx, "Mountain tea no. %d", (int)i));
    souk_set_str(ctx, item, "slug", souk_printf(ctx, "mountain-tea-%d", (int)i));
    souk_set_cstr(ctx, item, "text",
                  "Picked by hand at 1,600 metres, dried in the shade & packed the same week; "
                  "mild, a little sweet, no caffeine.");
    souk_set_money(ctx, item, "price", price);
    souk_set_bool(ctx, item, "available", i % 5 != 4);
}

static void add_items(struct souk_ctx *ctx, struct souk_value *view)
{
    struct souk_value *list = souk_set_list(ctx, view, "items");
    for (int64_t i = 1; i <= ITEMS; i++)
        add_item(ctx, list, i);
}

static int fill_page(struct souk_ctx *ctx, struct souk_value *view)
{
    add_items(ctx, view);
    return SOUK_OK;
}

static int read_items(struct souk_ctx *ctx)
{
    struct souk_value *view = souk_map(ctx);
    add_items(ctx, view);
    return souk_answer_json(ctx, 200, view);
}

static int insert_row(struct souk_ctx *ctx, void *arg)
{
    const struct souk_str *name = arg;
    int64_t id = souk_new_id(ctx);
    int code =
        souk_exec(ctx, NULL, "INSERT INTO p_bench_shop_row (id, name, made_at) VALUES ($1, $2, $3)",
                  SOUK_A_INT(id), SOUK_A_STR(*name), SOUK_A_INT(souk_now(ctx)));
    if (code != SOUK_OK)
        return code;
    return souk_answer_text(ctx, 201, souk_printf(ctx, "%lld\n", (long long)id));
}

static int write_row(struct souk_ctx *ctx)
{
    struct souk_str name = souk_form(ctx, "name");
    if (name.len == 0)
        return souk_fail(ctx, SOUK_INVALID, "name is missing");
    return insert_row(ctx, &name);
}

static int task_row(struct souk_ctx *ctx)
{
    struct souk_str *name = souk_alloc(ctx, sizeof *name);
    *name = souk_form(ctx, "name");
    if (name->len == 0)
        return souk_fail(ctx, SOUK_INVALID, "name is missing");
    return souk_then_write(ctx, insert_row, name);
}

static const struct souk_page pages[] = {
    {.path = "/bench",
     .page_template = "bench",
     .fill = fill_page,
     .title = "Bench",
     .flags = SOUK_CACHED},
    {.path = "/bench-fresh", .page_template = "bench", .fill = fill_page, .title = "Bench"},
};

static const struct souk_route routes[] = {
    {.method = "GET",
     .path = "/items",
     .kind = SOUK_READ,
     .surface = SOUK_PUBLIC,
     .handle = read_items,
     .summary = "The page's goods as JSON"},
    {.method = "POST",
     .path = "/row",
     .kind = SOUK_WRITE,
     .surface = SOUK_PUBLIC,
     .handle = write_row,
     .summary = "Inserts a row"},
    {.method = "POST",
     .path = "/task",
     .kind = SOUK_TASK,
     .surface = SOUK_PUBLIC,
     .handle = task_row,
     .summary = "Inserts a row as the write step of a task"},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bench_shop",
    .version = "1.0.0",
    .summary = "A page and a route of each kind, to be measured",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
    .pages = SOUK_TABLE(pages),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
};
