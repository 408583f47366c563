/*
 * probe_catalogue: calls the functions of the tables "catalogue" and "price" as it is told, from
 * each kind of call. What to do is JSON, in the body or as ?do=: {"op": "find", "by": "sku",
 * "text": "TEA"}; the answer is {"code", "words", …} with what came back. A member "nowhere" leaves
 * out the place for the result.
 */
#include <stdatomic.h>
#include <souk.h>

static struct souk_str text_of(const struct souk_value *args, const char *key)
{
    return souk_text(souk_get(args, key));
}

static int64_t int_of(const struct souk_value *args, const char *key, int64_t otherwise)
{
    return souk_int(souk_get(args, key), otherwise);
}

/* NULL when none were told. */
static const struct souk_terms *terms_of(const struct souk_value *args, struct souk_terms *terms)
{
    const struct souk_value *said = souk_get(args, "terms");
    if (!souk_true(said))
        return NULL;
    memset(terms, 0, sizeof *terms);
    terms->size = (uint32_t)int_of(said, "size", sizeof *terms);
    terms->at = int_of(said, "at", 0);
    terms->locale = text_of(said, "locale");
    terms->currency = text_of(said, "currency");
    terms->group = text_of(said, "group");
    terms->channel = text_of(said, "channel");
    terms->country = text_of(said, "country");
    terms->region = text_of(said, "region");
    terms->postcode = text_of(said, "postcode");
    return terms;
}

static int do_find(struct souk_ctx *ctx, const struct souk_value *args, struct souk_value *out)
{
    int64_t product = -1, variant = -1;
    struct souk_str by = text_of(args, "by");
    int code = souk_product_find(ctx, by.len ? by.ptr : NULL, text_of(args, "text"),
                                 souk_get(args, "nowhere") ? NULL : &product,
                                 souk_get(args, "alone") ? NULL : &variant);
    souk_set_int(ctx, out, "product", product);
    souk_set_int(ctx, out, "variant", variant);
    return code;
}

static int do_walk(struct souk_ctx *ctx, const struct souk_value *args,
                   const struct souk_terms *terms, struct souk_value *out)
{
    const struct souk_value *items = NULL;
    int64_t after = int_of(args, "after", 0);
    int code = souk_item_walk(ctx, terms, souk_get(args, "nowhere") ? NULL : &after,
                              (uint32_t)int_of(args, "limit", 500), &items);
    souk_set_int(ctx, out, "after", after);
    souk_set_copy(ctx, out, "value", items);
    return code;
}

static int do_stock(struct souk_ctx *ctx, const struct souk_value *args, struct souk_value *out)
{
    int64_t on_hand = -1, reserved = -1;
    int code = souk_stock(ctx, int_of(args, "id", 0), souk_get(args, "nowhere") ? NULL : &on_hand,
                          &reserved);
    souk_set_int(ctx, out, "on_hand", on_hand);
    souk_set_int(ctx, out, "reserved", reserved);
    return code;
}

static int do_save(struct souk_ctx *ctx, const struct souk_value *args, struct souk_value *out)
{
    struct souk_product_result result = {
        .size = (uint32_t)int_of(args, "size", sizeof(struct souk_product_result))};
    int code = souk_product_save(ctx, souk_get(args, "product"),
                                 souk_get(args, "nowhere") ? NULL : &result);
    souk_set_int(ctx, out, "change", result.change);
    souk_set_int(ctx, out, "id", result.id);
    souk_set_str(ctx, out, "pointer", result.pointer);
    return code;
}

static int do_price(struct souk_ctx *ctx, const struct souk_value *args,
                    const struct souk_terms *terms, struct souk_value *out)
{
    struct souk_price price = {.size = (uint32_t)int_of(args, "size", sizeof(struct souk_price))};
    int code = souk_price_of(ctx, int_of(args, "id", 0), int_of(args, "quantity", 1), terms,
                             souk_get(args, "nowhere") ? NULL : &price);
    souk_set_int(ctx, out, "amount", price.amount);
    souk_set_int(ctx, out, "compare_at", price.compare_at);
    souk_set_int(ctx, out, "lowest", price.lowest);
    souk_set_int(ctx, out, "min_quantity", price.min_quantity);
    souk_set_int(ctx, out, "until", price.until);
    souk_set_int(ctx, out, "reduced", price.reduced);
    souk_set_cstr(ctx, out, "currency", price.currency);
    return code;
}

/* Those that give back one value. */
static int do_value(struct souk_ctx *ctx, struct souk_str op, const struct souk_value *args,
                    const struct souk_terms *terms, struct souk_value *out)
{
    const struct souk_value *value = NULL;
    const struct souk_value **place = souk_get(args, "nowhere") ? NULL : &value;
    int64_t id = int_of(args, "id", 0);
    int code = SOUK_ERROR;
    if (souk_str_is(op, "get"))
        code = souk_product_get(ctx, id, place);
    else if (souk_str_is(op, "view"))
        code = souk_product_view(ctx, id, terms, place);
    else if (souk_str_is(op, "list"))
        code = souk_product_list(ctx, souk_get(args, "query"), terms, place);
    else if (souk_str_is(op, "categories"))
        code = souk_categories(ctx, terms, place);
    else if (souk_str_is(op, "explain"))
        code = souk_price_explain(ctx, id, int_of(args, "quantity", 1), terms, place);
    else if (souk_str_is(op, "quote"))
        code = souk_quote(ctx, souk_get(args, "cart"), place);
    else if (souk_str_is(op, "tax"))
        code = souk_tax_rates(ctx, text_of(args, "class"), terms, place);
    else
        souk_fail(ctx, SOUK_ERROR, "there is no such op");
    souk_set_copy(ctx, out, "value", value);
    return code;
}

/* The columns of a statement's rows, for the views v1_…. */
static int do_rows(struct souk_ctx *ctx, const struct souk_value *args, struct souk_value *out)
{
    struct souk_rows *rows;
    struct souk_value *list = souk_set_list(ctx, out, "rows");
    int64_t columns = int_of(args, "columns", 1);
    int code = souk_query(ctx, &rows, text_of(args, "sql").ptr);
    while (code == SOUK_OK && souk_next(rows) == 1) {
        struct souk_value *row = souk_set_list(ctx, list, NULL);
        for (uint32_t i = 0; i < columns; i++)
            souk_set_str(ctx, row, NULL, souk_column_text(rows, i));
    }
    return code;
}

static int act(struct souk_ctx *ctx, const struct souk_value *args, struct souk_value *out)
{
    struct souk_terms room;
    const struct souk_terms *terms = terms_of(args, &room);
    struct souk_str op = text_of(args, "op");
    int64_t number = -1;
    if (souk_str_is(op, "find"))
        return do_find(ctx, args, out);
    if (souk_str_is(op, "walk"))
        return do_walk(ctx, args, terms, out);
    if (souk_str_is(op, "stock"))
        return do_stock(ctx, args, out);
    if (souk_str_is(op, "save"))
        return do_save(ctx, args, out);
    if (souk_str_is(op, "price"))
        return do_price(ctx, args, terms, out);
    if (souk_str_is(op, "rows"))
        return do_rows(ctx, args, out);
    if (souk_str_is(op, "exec"))
        return souk_exec(ctx, NULL, text_of(args, "sql").ptr);
    if (souk_str_is(op, "move"))
        return souk_stock_move(ctx, int_of(args, "id", 0), int_of(args, "delta", 0),
                               text_of(args, "subject"));
    if (souk_str_is(op, "count"))
        return souk_stock_count(ctx, int_of(args, "id", 0), int_of(args, "on_hand", 0));
    if (souk_str_is(op, "version")) {
        int code = souk_catalogue_version(ctx, souk_get(args, "nowhere") ? NULL : &number);
        souk_set_int(ctx, out, "version", number);
        return code;
    }
    return do_value(ctx, op, args, terms, out);
}

static void tell(struct souk_ctx *ctx, struct souk_value *out, int code)
{
    souk_set_int(ctx, out, "code", code);
    souk_set_str(ctx, out, "words", souk_failure(ctx));
}

/* A list of them is done one after the other, whatever comes back. */
static int serve(struct souk_ctx *ctx)
{
    struct souk_value *args = NULL, *out = souk_map(ctx);
    struct souk_str text = souk_body(ctx);
    int code = souk_json_parse(ctx, text.len ? text : souk_query_param(ctx, "do"), &args);
    if (code != SOUK_OK)
        return code;
    if (souk_kind(args) != SOUK_VALUE_LIST) {
        tell(ctx, out, act(ctx, args, out));
    } else {
        struct souk_value *list = souk_set_list(ctx, out, "all");
        struct souk_walk walk = souk_walk(args);
        while (souk_step(&walk)) {
            struct souk_value *one = souk_set_map(ctx, list, NULL);
            tell(ctx, one, act(ctx, walk.value, one));
        }
    }
    return souk_answer_json(ctx, 200, out);
}

/* The same, kept by the page cache: tells how often it was made. */
static int serve_kept(struct souk_ctx *ctx)
{
    static _Atomic int runs;
    struct souk_value *args = NULL, *out = souk_map(ctx);
    int code = souk_json_parse(ctx, souk_query_param(ctx, "do"), &args);
    if (code != SOUK_OK)
        return code;
    souk_set_int(ctx, out, "runs", atomic_fetch_add(&runs, 1) + 1);
    tell(ctx, out, act(ctx, args, out));
    return souk_answer_json(ctx, 200, out);
}

/* Gives back the code as it is: what visitors then get is the core's. */
static int serve_bare(struct souk_ctx *ctx)
{
    struct souk_value *args = NULL, *out = souk_map(ctx);
    int code = souk_json_parse(ctx, souk_query_param(ctx, "do"), &args);
    code = code ? code : act(ctx, args, out);
    return code ? code : souk_answer_json(ctx, 200, out);
}

/* ---- outside of requests ---- */

static int add_heard(struct souk_ctx *ctx, void *arg)
{
    const struct souk_event *event = arg;
    return souk_exec(ctx, NULL, "INSERT INTO p_probe_catalogue_row (id, subject) VALUES ($1, $2)",
                     SOUK_A_INT(event->id), SOUK_A_STR(event->subject));
}

static int heard(struct souk_ctx *ctx, const struct souk_event *event)
{
    return souk_db_write(ctx, add_heard, (void *)(uintptr_t)event);
}

static int walk_all(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    int64_t after = 0, count = 0;
    uint32_t limit = argc > 0 ? (uint32_t)souk_number(argv[0], 0) : 500;
    struct souk_terms terms = {.size = sizeof terms,
                               .locale = souk_str(argc > 1 ? argv[1].ptr : "")};
    for (;;) {
        const struct souk_value *items;
        int code = souk_item_walk(ctx, &terms, &after, limit, &items);
        if (code != SOUK_OK)
            return code;
        if (!souk_count_of(items))
            break;
        struct souk_walk walk = souk_walk(items);
        while (souk_step(&walk)) {
            const struct souk_value *price = souk_get(walk.value, "price");
            struct souk_str sku = text_of(walk.value, "sku"), url = text_of(walk.value, "url");
            count++;
            souk_print(ctx, "%.*s %lld %.*s\n", SOUK_PRI(sku),
                       (long long)int_of(price, "amount", -1), SOUK_PRI(url));
        }
    }
    souk_print(ctx, "%lld items\n", (long long)count);
    return SOUK_OK;
}

static int do_one(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    struct souk_value *args = NULL, *out = souk_map(ctx);
    int code = argc > 0 ? souk_json_parse(ctx, argv[0], &args) : SOUK_INVALID;
    if (code != SOUK_OK)
        return code;
    tell(ctx, out, act(ctx, args, out));
    struct souk_str text = souk_json_print(ctx, out);
    souk_print(ctx, "%.*s\n", SOUK_PRI(text));
    return SOUK_OK;
}

static const struct souk_route routes[] = {
    {.method = "GET", .path = "/read", .kind = SOUK_READ, .surface = SOUK_API_V1, .handle = serve},
    {.method = "GET",
     .path = "/kept",
     .kind = SOUK_READ,
     .surface = SOUK_API_V1,
     .flags = SOUK_CACHED,
     .handle = serve_kept},
    {.method = "GET",
     .path = "/bare",
     .kind = SOUK_READ,
     .surface = SOUK_API_V1,
     .handle = serve_bare},
    {.method = "POST",
     .path = "/write",
     .kind = SOUK_WRITE,
     .surface = SOUK_API_V1,
     .handle = serve},
    {.method = "POST", .path = "/task", .kind = SOUK_TASK, .surface = SOUK_API_V1, .handle = serve},
    {.method = "GET", .path = "/read", .kind = SOUK_READ, .surface = SOUK_PUBLIC, .handle = serve},
};
static const struct souk_command commands[] = {
    {"items", "[LIMIT] [LOCALE]", "Walks all items", walk_all},
    {"do", "JSON", "Does what it is told", do_one},
};
static const struct souk_listener events[] = {
    {.event = "product.changed", .kind = SOUK_FACT, .handle = heard},
};
static const struct souk_migration migrations[] = {
    {.number = 1,
     .name = "row",
     .sql = "CREATE TABLE p_probe_catalogue_row (id BIGINT PRIMARY KEY, subject TEXT NOT NULL)"},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_catalogue",
    .version = "1.0.0",
    .summary = "Asks the catalogue",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
    .events = SOUK_TABLE(events),
    .commands = SOUK_TABLE(commands),
    .migrations = SOUK_TABLE(migrations),
};
