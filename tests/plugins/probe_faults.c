/*
 * probe_faults: what a plugin's author looks for: a crash and an exit with a place, memory that a
 * sanitizer sees, many keys in one query, a provider that fails in a task.
 */
#include <souk.h>

#include <stdlib.h>

static int *volatile nowhere;

/* GET /walk?how=crash | exit | past | overflow | nothing */
static int walk(struct souk_ctx *ctx)
{
    struct souk_str how = souk_query_param(ctx, "how"), given = souk_option_text(ctx, "how");
    volatile int most = 2147483647;
    how = how.len ? how : given;
    if (souk_str_is(how, "crash"))
        *nowhere = 1;
    if (souk_str_is(how, "exit"))
        exit(7);
    if (souk_str_is(how, "overflow"))
        most = most + 1;
    if (souk_str_is(how, "past")) {
        volatile char *bytes = malloc(4);
        bytes[4] = 'x';
        free((void *)(uintptr_t)bytes);
    }
    return souk_answer_text(ctx, 200, souk_str("walked\n"));
}

/* GET /keys?list=[1,2,3]: which of them are there, in one query */
static int keys(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_map(ctx), *found = souk_set_list(ctx, out, "found");
    struct souk_rows *rows;
    int more = 0;
    int code =
        souk_query(ctx, &rows,
                   "SELECT v.sku, json_extract($2, '$.mark') FROM json_each($1) AS k JOIN "
                   "v1_variant AS v ON v.sku = k.value ORDER BY k.key",
                   SOUK_A_STR(souk_query_param(ctx, "list")), SOUK_A_CSTR("{\"mark\": \"seen\"}"));
    while (code == SOUK_OK && (more = souk_next(rows)) == 1) {
        souk_set_str(ctx, found, NULL, souk_copy(ctx, souk_column_text(rows, 0)));
        souk_set_str(ctx, out, "mark", souk_copy(ctx, souk_column_text(rows, 1)));
    }
    return code ? code : more < 0 ? more : souk_answer_json(ctx, 200, out);
}

static const struct souk_option options[] = {
    {"how", SOUK_STRING, 0, "nothing", "What /walk does when it is not asked for something"},
    {"key", SOUK_SECRET, 0, NULL, "Nothing is done with it"},
    {"number", SOUK_STRING, 0, NULL, "A text of digits"},
    {"names", SOUK_LIST, 0, NULL, "Some names"},
    {"open", SOUK_BOOL, 0, "false", "Yes or no"},
};

static int init(struct souk_ctx *ctx)
{
    if (!souk_str_is(souk_option_text(ctx, "number"), "007"))
        return SOUK_OK;
    return souk_fail(ctx, SOUK_INVALID, "key of %zu, %u names, open %lld",
                     souk_option_text(ctx, "key").len, souk_count_of(souk_option(ctx, "names")),
                     (long long)souk_option_int(ctx, "open"));
}

static const struct souk_route routes[] = {
    {"GET", "/walk", SOUK_READ, SOUK_PUBLIC, walk, "Walks"},
    {"GET", "/keys", SOUK_READ, SOUK_PUBLIC, keys, "Which keys are there"},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_faults",
    .version = "1.0.0",
    .summary = "Falls on purpose",
    .contact = "tests@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .routes = SOUK_TABLE(routes),
    .init = init,
};
