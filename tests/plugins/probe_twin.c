/*
 * probe_twin: calls every function of the API with good and with bad arguments, from each kind of
 * handler, and answers with a transcript: a line a call, its code and its words. The test host and
 * the real server have to give the same lines, so that what is tried in the one holds in the other.
 * What differs by nature (ids, times, random bytes) is told by its shape: long numbers become "#".
 */
#include <souk.h>

struct twin {
    struct souk_ctx *ctx;
    const char *kind;
    struct souk_value *lines;
};

static const char *const codes[] = {"OK",        "ERROR",       "INVALID",   "NOT_FOUND",
                                    "DENIED",    "CONFLICT",    "BUSY",      "TIMEOUT",
                                    "TOO_LARGE", "UNAVAILABLE", "WRONG_KIND"};
static const struct souk_str none = {"", 0};
static const struct souk_str rude = {"\xff\xfe", 2}; /* no UTF-8 */
static const struct souk_str lost = {NULL, 7};       /* a view of nothing */

static struct souk_str shape(struct souk_ctx *ctx, struct souk_str text)
{
    char *to = souk_alloc(ctx, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        size_t end = i;
        while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
            end++;
        if (end - i >= 5) {
            to[len++] = '#';
            i = end;
        } else {
            to[len++] = text.ptr[i++];
        }
    }
    return (struct souk_str){to, len};
}

static void line(struct twin *t, const char *what, struct souk_str text)
{
    souk_set_str(t->ctx, t->lines, NULL,
                 souk_printf(t->ctx, "%s %s: %.*s", t->kind, what, SOUK_PRI(shape(t->ctx, text))));
}
static void say(struct twin *t, const char *what, int code)
{
    if (code > 0 || code < SOUK_WRONG_KIND)
        line(t, what, souk_printf(t->ctx, "%d", code));
    else if (code == SOUK_OK)
        line(t, what, souk_str("OK"));
    else
        line(t, what,
             souk_printf(t->ctx, "%s: %.*s", codes[-code], SOUK_PRI(souk_failure(t->ctx))));
}
static void number(struct twin *t, const char *what, int64_t value)
{
    line(t, what, souk_printf(t->ctx, "%lld", (long long)value));
}
static void tree(struct twin *t, const char *what, int code, const struct souk_value **value)
{
    say(t, what, code);
    if (code == SOUK_OK)
        line(t, what, souk_json_print(t->ctx, *value));
}
/* A tree whose content is another's affair: only its kind. */
static void kind_of(struct twin *t, const char *what, int code, const struct souk_value **value)
{
    say(t, what, code);
    if (code == SOUK_OK)
        number(t, "  kind", souk_kind(*value));
}

/* ---- values, memory, texts ---- */

static void try_values(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    struct souk_value *map = souk_map(ctx), *list = souk_list(ctx), *parsed = NULL;
    struct souk_str key;
    struct souk_money price = {1299, "EUR", 0};
    souk_set_str(ctx, map, "text", souk_str("tea"));
    souk_set_str(ctx, map, "rude", rude);
    souk_set_str(ctx, map, "lost", lost);
    souk_set_cstr(ctx, map, "null text", NULL);
    souk_set_int(ctx, map, "int", INT64_MIN);
    souk_set_bool(ctx, map, "bool", 7);
    souk_set_null(ctx, map, "null");
    souk_set_time(ctx, map, "time", INT64_C(1795428000000000));
    souk_set_money(ctx, map, "money", price);
    souk_set_html(ctx, map, "html", souk_html(ctx, souk_str("*a* <script>b</script>")));
    souk_set_int(ctx, souk_set_map(ctx, map, "map"), "x", 1);
    souk_set_int(ctx, souk_set_list(ctx, map, "list"), NULL, 1);
    souk_set_copy(ctx, map, "copy", map);
    souk_set_int(ctx, list, "key in a list", 1);
    souk_set_int(ctx, map, NULL, 1);
    souk_set_int(ctx, NULL, "nowhere", 1);
    line(t, "values", souk_json_print(ctx, map));
    line(t, "list", souk_json_print(ctx, list));
    line(t, "print null", souk_json_print(ctx, NULL));
    number(t, "kind null", souk_kind(NULL));
    number(t, "count null", souk_count_of(NULL));
    number(t, "get", souk_int(souk_get(map, "int"), 0));
    number(t, "get of null", souk_int(souk_get(NULL, "x"), 7));
    number(t, "at", souk_int(souk_at(list, 0), 7));
    number(t, "at beyond", souk_int(souk_at(list, 9), 7));
    line(t, "text of int", souk_text(souk_get(map, "int")));
    number(t, "true", souk_true(souk_get(map, "bool")) + souk_true(NULL));
    for (struct souk_walk w = souk_walk(souk_get(map, "map")); souk_step(&w);)
        line(t, "walk", w.key);
    (void)key;
    say(t, "parse", souk_json_parse(ctx, souk_str("{\"a\": [1, 2.5, null, true]}"), &parsed));
    line(t, "parsed", souk_json_print(ctx, parsed));
    say(t, "parse broken", souk_json_parse(ctx, souk_str("{\"a\": }"), &parsed));
    say(t, "parse rude", souk_json_parse(ctx, rude, &parsed));
    say(t, "parse lost", souk_json_parse(ctx, lost, &parsed));
    say(t, "parse to nowhere", souk_json_parse(ctx, souk_str("{}"), NULL));
}

static void try_call(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    uint8_t bytes[32];
    struct souk_str out = none;
    line(t, "copy", souk_copy(ctx, souk_str("abc")));
    line(t, "keep", souk_keep(ctx, souk_str("abc")));
    number(t, "alloc", ((uintptr_t)souk_alloc(ctx, 3) & 15) == 0);
    number(t, "pool_alloc", *(char *)souk_pool_alloc(ctx, 3));
    number(t, "number", souk_number(souk_str("-42"), 0));
    souk_log(ctx, SOUK_LOG_DEBUG, "twin");
    souk_log(ctx, 99, "twin, at a level that is none");
    say(t, "fail", souk_fail(ctx, SOUK_CONFLICT, "it does not fit"));
    say(t, "fail rude", souk_fail(ctx, SOUK_CONFLICT, "%.*s", SOUK_PRI(rude)));
    souk_print(ctx, "printed %d", 1);
    number(t, "now", souk_now(ctx) > INT64_C(1700000000000000));
    number(t, "left", souk_left(ctx) > 0);
    line(t, "self", souk_self(ctx));
    number(t, "state", souk_state(ctx) != NULL);
    souk_state_set(ctx, NULL);
    number(t, "state after", souk_state(ctx) != NULL);
    number(t, "option int", souk_option_int(ctx, "count"));
    number(t, "option unknown", souk_option_int(ctx, "nothing"));
    number(t, "option null", souk_option_int(ctx, NULL));
    line(t, "option text", souk_option_text(ctx, "word"));
    line(t, "option", souk_json_print(ctx, souk_option(ctx, "list")));
    souk_count(ctx, "calls", 1);
    souk_count(ctx, "no name!", 1);
    souk_count(ctx, NULL, 1);
    number(t, "new id", souk_new_id(ctx) > 0);
    number(t, "digits",
           souk_currency_digits(souk_str("JPY")) + souk_currency_digits(souk_str("x")));
    number(t, "minor", souk_minor(12345, souk_str("EUR")));
    say(t, "random", souk_random(ctx, bytes, sizeof bytes));
    say(t, "random to nowhere", souk_random(ctx, NULL, 4));
    say(t, "sha256", souk_sha256(ctx, souk_str("abc"), bytes));
    number(t, "  of", bytes[0] * 256 + bytes[31]);
    say(t, "sha256 lost", souk_sha256(ctx, lost, bytes));
    say(t, "hmac_sha256", souk_hmac_sha256(ctx, souk_str("key"), souk_str("abc"), bytes));
    number(t, "equal",
           souk_equal_secret(souk_str("a"), souk_str("a")) +
               souk_equal_secret(souk_str("a"), none));
    for (int32_t i = 0; i <= 5; i++) {
        say(t, "hash", souk_hash(ctx, i, souk_str("abc"), &out));
        line(t, "  hex", souk_encode(ctx, SOUK_HEX, out));
        say(t, "hmac", souk_hmac(ctx, i, souk_str("k"), souk_str("abc"), &out));
    }
    say(t, "hash to nowhere", souk_hash(ctx, SOUK_SHA256, souk_str("abc"), NULL));
    say(t, "verify", souk_verify(ctx, souk_str("abc"), souk_str("short"), souk_str("short")));
    for (int32_t i = 0; i <= 6; i++) {
        line(t, "encode", souk_encode(ctx, i, souk_str("a\xc3\xa9+/?")));
        say(t, "decode", souk_decode(ctx, i, souk_str("6161"), &out));
        line(t, "  is", out);
        say(t, "decode broken", souk_decode(ctx, i, souk_str("%!"), &out));
    }
}

static void try_locale(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    const struct souk_value *list = NULL;
    struct souk_civil civil = {0};
    int64_t at = 0, moment = INT64_C(1795428000000000);
    line(t, "t", souk_t(ctx, "Cups"));
    line(t, "tn", souk_tn(ctx, "one cup", "{count} cups", 2));
    line(t, "t null", souk_t(ctx, NULL));
    line(t, "locale", souk_locale(ctx));
    kind_of(t, "locales", souk_locales(ctx, &list), &list);
    say(t, "locales to nowhere", souk_locales(ctx, NULL));
    line(t, "t_in", souk_t_in(ctx, souk_str("bg"), "Cups", NULL, 1));
    line(t, "t_in nowhere", souk_t_in(ctx, souk_str("xx"), "Cups", NULL, 1));
    line(t, "money", souk_money_text(ctx, none, 1299, souk_str("EUR")));
    line(t, "money bg", souk_money_text(ctx, souk_str("bg"), -1299, souk_str("EUR")));
    line(t, "money none", souk_money_text(ctx, none, 1299, souk_str("?")));
    for (int32_t style = -1; style <= 3; style++)
        line(t, "date",
             souk_date_text(ctx, souk_str("en"), moment, style, souk_str("Europe/Sofia")));
    line(t, "date nowhere", souk_date_text(ctx, none, moment, 0, souk_str("Moon/Base")));
    say(t, "time parse", souk_time_parse(souk_str("2026-11-23T10:00:00+02:00"), &at));
    number(t, "  s", at / 1000000 % 10000);
    say(t, "time parse broken", souk_time_parse(souk_str("soon"), &at));
    say(t, "time parse lost", souk_time_parse(lost, &at));
    say(t, "time parse to nowhere", souk_time_parse(souk_str("2026-11-23"), NULL));
    line(t, "time print", souk_time_print(ctx, moment));
    say(t, "civil", souk_time_civil(ctx, moment, souk_str("Europe/Sofia"), &civil));
    number(t, "  hour", civil.hour * 100 + civil.day);
    say(t, "join", souk_time_join(ctx, &civil, souk_str("Europe/Sofia"), &at));
    number(t, "  back", at == moment);
    say(t, "civil nowhere", souk_time_civil(ctx, moment, souk_str("../etc/passwd"), &civil));
    say(t, "civil to nowhere", souk_time_civil(ctx, moment, none, NULL));
    say(t, "join null", souk_time_join(ctx, NULL, none, &at));
}

/* ---- data ---- */

static int step_fine(struct souk_ctx *ctx, void *arg)
{
    return souk_exec(ctx, NULL, "INSERT INTO p_probe_twin_note (text) VALUES ($1)",
                     SOUK_A_CSTR("step"));
}
static int step_bad(struct souk_ctx *ctx, void *arg)
{
    souk_exec(ctx, NULL, "INSERT INTO p_probe_twin_note (text) VALUES ($1)", SOUK_A_CSTR("undone"));
    return souk_fail(ctx, SOUK_DENIED, "not so");
}

static void try_db(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    struct souk_rows *rows = NULL;
    int64_t changed = -1;
    say(t, "exec",
        souk_exec(ctx, &changed, "INSERT INTO p_probe_twin_note (text) VALUES ($1)",
                  SOUK_A_CSTR("one")));
    say(t, "exec twice", souk_exec(ctx, &changed, "INSERT INTO p_probe_twin_one (id) VALUES (1)"));
    say(t, "exec foreign", souk_exec(ctx, NULL, "DELETE FROM orders"));
    say(t, "exec broken", souk_exec(ctx, NULL, "DELETE FORM x"));
    say(t, "exec null", souk_exec_list(ctx, NULL, NULL, NULL, 0));
    say(t, "exec arguments",
        souk_exec_list(ctx, NULL, "DELETE FROM p_probe_twin_one WHERE id = $1", NULL, 3));
    say(t, "query",
        souk_query(ctx, &rows, "SELECT 7, 'seven', NULL, $1, $2", SOUK_A_INT(9),
                   SOUK_A_BLOB(souk_str("b"))));
    number(t, "next", souk_next(rows));
    number(t, "column", souk_column_int(rows, 0) + souk_column_int(rows, 3));
    line(t, "column text", souk_column_text(rows, 1));
    number(t, "column null", souk_column_is_null(rows, 2) + souk_column_is_null(rows, 99));
    number(t, "column beyond", souk_column_int(rows, 99));
    number(t, "next end", souk_next(rows));
    say(t, "query foreign", souk_query(ctx, &rows, "SELECT * FROM staff"));
    say(t, "query write", souk_query(ctx, &rows, "DELETE FROM p_probe_twin_one"));
    number(t, "  next", souk_next(rows));
    say(t, "query to nowhere", souk_query_list(ctx, NULL, "SELECT 1", NULL, 0));
    number(t, "next null", souk_next(NULL));
    say(t, "query view", souk_query(ctx, &rows, "SELECT sku FROM v1_variant ORDER BY sku"));
    while (souk_next(rows) == 1)
        line(t, "  sku", souk_column_text(rows, 0));
    say(t, "db_write", souk_db_write(ctx, step_fine, NULL));
    say(t, "db_write bad", souk_db_write(ctx, step_bad, NULL));
    say(t, "db_write null", souk_db_write(ctx, NULL, NULL));
    say(t, "query notes",
        souk_query(ctx, &rows,
                   "SELECT text, count(*) FROM p_probe_twin_note GROUP BY text ORDER BY text"));
    while (souk_next(rows) == 1)
        line(t, "  note",
             souk_printf(ctx, "%.*s %d", SOUK_PRI(souk_column_text(rows, 0)),
                         (int)souk_column_int(rows, 1)));
}

static void try_kv(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    struct souk_str value = none;
    char *large = souk_alloc(ctx, 70000);
    memset(large, 'x', 70000);
    say(t, "kv_put", souk_kv_put(ctx, "key", souk_str("value")));
    say(t, "kv_get", souk_kv_get(ctx, "key", &value));
    line(t, "  is", value);
    say(t, "kv_delete", souk_kv_delete(ctx, "key"));
    say(t, "kv_get gone", souk_kv_get(ctx, "key", &value));
    say(t, "kv_put null", souk_kv_put(ctx, NULL, souk_str("value")));
    say(t, "kv_put lost", souk_kv_put(ctx, "key", lost));
    say(t, "kv_put large", souk_kv_put(ctx, "key", (struct souk_str){large, 70000}));
    say(t, "kv_get to nowhere", souk_kv_get(ctx, "key", NULL));
}

static void try_event(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    struct souk_value *map = souk_map(ctx);
    const struct souk_value *list = NULL;
    say(t, "emit", souk_emit(ctx, "probe_twin.done", souk_str("twin:1"), NULL));
    say(t, "emit badly named", souk_emit(ctx, "no name", souk_str("twin:1"), NULL));
    say(t, "emit null", souk_emit(ctx, NULL, souk_str("twin:1"), NULL));
    say(t, "emit lost", souk_emit(ctx, "probe_twin.done", lost, NULL));
    say(t, "filter", souk_filter(ctx, "probe_twin.doing", souk_str("twin:1"), map));
    say(t, "filter null", souk_filter(ctx, NULL, none, map));
    line(t, "  payload", souk_json_print(ctx, map));
    say(t, "job_add", souk_job_add(ctx, "rest", souk_str("one"), NULL, souk_now(ctx) + SOUK_DAY));
    say(t, "job_add again",
        souk_job_add(ctx, "rest", souk_str("one"), NULL, souk_now(ctx) + SOUK_DAY));
    say(t, "job_add unknown", souk_job_add(ctx, "nothing", none, NULL, 0));
    say(t, "push", souk_push(ctx, souk_str("public:twin"), map));
    say(t, "push nowhere", souk_push(ctx, souk_str("private"), map));
    say(t, "record", souk_record(ctx, "probe_twin.tried", 0, souk_str("twin:1"), map));
    say(t, "record badly named", souk_record(ctx, "tried", 0, none, NULL));
    say(t, "record somebody", souk_record(ctx, "probe_twin.tried", 12345678, none, NULL));
    kind_of(t, "recent", souk_recent(ctx, "probe_twin.tried", 0, 0, 10, &list), &list);
    number(t, "  count", souk_count_of(list) > 0);
    say(t, "recent to nowhere", souk_recent(ctx, NULL, 0, 0, 10, NULL));
    say(t, "recent too many", souk_recent(ctx, NULL, 0, 0, 100000, &list));
}

static void try_http(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    const struct souk_http_response *response = NULL;
    const struct souk_smtp_response *reply = NULL;
    struct souk_http_request request = {.size = sizeof request,
                                        .url = souk_str("ftp://peer.example/")};
    struct souk_smtp_request mail = {.size = sizeof mail,
                                     .host = souk_str("peer.example"),
                                     .port = 25,
                                     .sender = souk_str("a\nb"),
                                     .recipient = souk_str("c@d.example"),
                                     .data = souk_str("x")};
    say(t, "http scheme", souk_http(ctx, &request, &response));
    request.url = lost;
    say(t, "http lost", souk_http(ctx, &request, &response));
    request.url = souk_str("https://peer.example/\r\nx: y");
    say(t, "http line break", souk_http(ctx, &request, &response));
    request.size = 3;
    say(t, "http size", souk_http(ctx, &request, &response));
    say(t, "http null", souk_http(ctx, NULL, &response));
    say(t, "smtp line break", souk_smtp(ctx, &mail, &reply));
    say(t, "smtp null", souk_smtp(ctx, NULL, &reply));
}

static void try_file(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    struct souk_file_writer *writer = NULL;
    struct souk_file_info info = {.size = sizeof info};
    const struct souk_value *names = NULL;
    struct souk_str bytes = none;
    say(t, "file begin", souk_file_begin(ctx, souk_str("a.txt"), &writer));
    if (writer) {
        say(t, "file write", souk_file_write(writer, souk_str("hello")));
        say(t, "file write lost", souk_file_write(writer, lost));
        say(t, "file commit", souk_file_commit(writer));
    }
    say(t, "file begin again", souk_file_begin(ctx, souk_str("b.txt"), &writer));
    if (writer) {
        say(t, "file write fine", souk_file_write(writer, souk_str("hello")));
        say(t, "file commit fine", souk_file_commit(writer));
    }
    say(t, "file begin outside", souk_file_begin(ctx, souk_str("../a"), &writer));
    say(t, "file begin to nowhere", souk_file_begin(ctx, souk_str("a"), NULL));
    say(t, "file write null", souk_file_write(NULL, souk_str("x")));
    say(t, "file commit null", souk_file_commit(NULL));
    say(t, "file read", souk_file_read(ctx, souk_str("b.txt"), 1, 3, &bytes));
    line(t, "  is", bytes);
    say(t, "file read none", souk_file_read(ctx, souk_str("none"), 0, 3, &bytes));
    say(t, "file read before", souk_file_read(ctx, souk_str("b.txt"), -1, 3, &bytes));
    say(t, "file info", souk_file_info(ctx, souk_str("b.txt"), &info));
    number(t, "  bytes", info.bytes);
    say(t, "file info size", (info.size = 2, souk_file_info(ctx, souk_str("b.txt"), &info)));
    tree(t, "file list", souk_file_list(ctx, &names), &names);
    say(t, "file remove", souk_file_remove(ctx, souk_str("b.txt")));
    say(t, "file remove again", souk_file_remove(ctx, souk_str("b.txt")));
    say(t, "answer file none", souk_answer_file(ctx, souk_str("b.txt"), "text/plain", none));
}

/* ---- the shop ---- */

static void try_catalogue(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    const struct souk_value *doc = NULL, *list = NULL;
    struct souk_terms terms = {.size = sizeof terms, .locale = souk_str("bg")}, odd = {.size = 3};
    struct souk_product_result result = {.size = sizeof result};
    struct souk_price price = {.size = sizeof price};
    struct souk_value *query = souk_map(ctx), *product = NULL;
    int64_t id = 0, variant = 0, after = 0, a = 0, b = 0;
    say(t, "product_find", souk_product_find(ctx, "sku", souk_str("TEA-100"), &id, &variant));
    say(t, "product_find by nothing", souk_product_find(ctx, "colour", souk_str("x"), &a, &b));
    say(t, "product_find none", souk_product_find(ctx, "sku", souk_str("NONE"), &a, &b));
    say(t, "product_find lost", souk_product_find(ctx, "sku", lost, &a, NULL));
    say(t, "product_get", souk_product_get(ctx, id, &doc));
    line(t, "  key", souk_text(souk_get(doc, "key")));
    say(t, "product_get none", souk_product_get(ctx, 1, &doc));
    say(t, "product_get to nowhere", souk_product_get(ctx, id, NULL));
    say(t, "product_view", souk_product_view(ctx, id, &terms, &doc));
    line(t, "  price", souk_json_print(ctx, souk_get(doc, "price")));
    line(t, "  name", souk_text(souk_get(doc, "name")));
    say(t, "product_view odd terms", souk_product_view(ctx, id, &odd, &doc));
    terms.currency = souk_str("nothing");
    say(t, "product_view no currency", souk_product_view(ctx, id, &terms, &doc));
    terms.currency = none;
    souk_set_cstr(ctx, query, "q", "mug");
    say(t, "product_list", souk_product_list(ctx, query, NULL, &doc));
    number(t, "  total", souk_int(souk_get(doc, "total"), -1));
    souk_set_cstr(ctx, query, "sort", "wrongly");
    say(t, "product_list sort", souk_product_list(ctx, query, NULL, &doc));
    say(t, "product_list null", souk_product_list(ctx, NULL, NULL, &doc));
    say(t, "item_walk", souk_item_walk(ctx, NULL, &after, 2, &list));
    for (struct souk_walk w = souk_walk(list); souk_step(&w);)
        line(t, "  item",
             souk_printf(ctx, "%.*s %.*s", SOUK_PRI(souk_text(souk_get(w.value, "sku"))),
                         SOUK_PRI(souk_json_print(ctx, souk_get(w.value, "price")))));
    say(t, "item_walk null", souk_item_walk(ctx, NULL, NULL, 2, &list));
    say(t, "item_walk too many", souk_item_walk(ctx, NULL, &after, 5000, &list));
    kind_of(t, "categories", souk_categories(ctx, NULL, &list), &list);
    say(t, "product_save",
        (souk_json_parse(
             ctx,
             souk_str(
                 "{\"key\": \"twin\", \"status\": \"active\", \"text\": {\"en\": {\"name\": \"Twin\"}}, \"variants\": [{\"sku\": \"TWIN\", \"tracked\": true, \"stock\": 3, \"prices\": [{\"list\": \"base\", \"amount\": 100}]}]}"),
             &product),
         souk_product_save(ctx, product, &result)));
    number(t, "  change", result.change);
    say(t, "product_save again", souk_product_save(ctx, product, NULL));
    souk_json_parse(ctx, souk_str("{\"key\": \"twin\", \"variants\": [{\"sku\": \"TEA-100\"}]}"),
                    &product);
    say(t, "product_save conflict", souk_product_save(ctx, product, &result));
    line(t, "  at", result.pointer);
    say(t, "product_save null", souk_product_save(ctx, NULL, &result));
    say(t, "stock", souk_stock(ctx, variant, &a, &b));
    number(t, "  on hand", a);
    say(t, "stock none", souk_stock(ctx, 1, &a, &b));
    say(t, "stock_move", souk_stock_move(ctx, variant, -1, souk_str("twin:1")));
    say(t, "stock_move too far", souk_stock_move(ctx, variant, -1000, souk_str("twin:1")));
    say(t, "stock_count", souk_stock_count(ctx, variant, 40));
    say(t, "stock_count below", souk_stock_count(ctx, variant, -1));
    say(t, "catalogue_version", souk_catalogue_version(ctx, &a));
    say(t, "catalogue_version to nowhere", souk_catalogue_version(ctx, NULL));
    say(t, "price_of", souk_price_of(ctx, variant, 2, NULL, &price));
    number(t, "  amount", price.amount);
    say(t, "price_of none", souk_price_of(ctx, 1, 1, NULL, &price));
    say(t, "price_of nothing", souk_price_of(ctx, variant, 0, NULL, &price));
    say(t, "price_of size", (price.size = 1, souk_price_of(ctx, variant, 1, NULL, &price)));
    kind_of(t, "price_explain", souk_price_explain(ctx, variant, 1, NULL, &list), &list);
    kind_of(t, "tax_rates", souk_tax_rates(ctx, souk_str("standard"), NULL, &list), &list);
    say(t, "tax_rates none", souk_tax_rates(ctx, souk_str("none"), NULL, &list));
}

static void try_quote(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    const struct souk_value *doc = NULL;
    struct souk_value *cart = NULL, *change = NULL;
    struct souk_str id;
    souk_json_parse(ctx, souk_str("{\"lines\": [{\"sku\": \"TEA-100\", \"quantity\": 2}]}"), &cart);
    say(t, "quote", souk_quote(ctx, cart, &doc));
    number(t, "  total", souk_int(souk_get(souk_get(doc, "totals"), "total"), -1));
    say(t, "quote empty", souk_quote(ctx, souk_map(ctx), &doc));
    say(t, "quote null", souk_quote(ctx, NULL, &doc));
    line(t, "cart_current", souk_cart_current(ctx));
    say(t, "cart_get none", souk_cart_get(ctx, souk_str("nothing"), &doc));
    say(t, "cart_get lost", souk_cart_get(ctx, lost, &doc));
    souk_json_parse(ctx, souk_str("{\"add\": [{\"sku\": \"TEA-100\", \"quantity\": 2}]}"), &change);
    say(t, "cart_change", souk_cart_change(ctx, none, change, &doc));
    number(t, "  lines", souk_count_of(souk_get(doc, "lines")));
    id = souk_text(souk_get(doc, "id"));
    say(t, "cart_get", souk_cart_get(ctx, id, &doc));
    souk_json_parse(ctx, souk_str("{\"add\": [{\"sku\": \"TEA-100\", \"quantity\": 2000}]}"),
                    &change);
    say(t, "cart_change too many", souk_cart_change(ctx, id, change, NULL));
    souk_json_parse(ctx, souk_str("{\"add\": [{\"sku\": \"NONE\", \"quantity\": 1}]}"), &change);
    say(t, "cart_change no sku", souk_cart_change(ctx, id, change, NULL));
    souk_json_parse(ctx, souk_str("{\"coupons\": {\"add\": [\"NONE\"]}}"), &change);
    say(t, "cart_change code", souk_cart_change(ctx, id, change, NULL));
    souk_json_parse(ctx, souk_str("{\"wrong\": 1}"), &change);
    say(t, "cart_change member", souk_cart_change(ctx, id, change, NULL));
    say(t, "cart_change null", souk_cart_change(ctx, id, NULL, NULL));
}

static void try_person(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    const struct souk_value *doc = NULL;
    struct souk_value *lead = souk_map(ctx);
    int64_t id = 0, found = 0;
    number(t, "person_current", souk_person_current(ctx));
    number(t, "staff", souk_staff(ctx));
    number(t, "visitor", souk_visitor(ctx) >= 0);
    souk_set_cstr(ctx, lead, "email", "ada@twin.example");
    souk_set_cstr(ctx, lead, "name", "Ada");
    say(t, "person_make", souk_person_make(ctx, lead, &id));
    say(t, "person_make nobody", souk_person_make(ctx, souk_map(ctx), &found));
    souk_set_cstr(ctx, lead, "email", "no address");
    say(t, "person_make no address", souk_person_make(ctx, lead, &found));
    say(t, "person_get", souk_person_get(ctx, id, &doc));
    line(t, "  name", souk_text(souk_get(doc, "name")));
    say(t, "person_get none", souk_person_get(ctx, 1, &doc));
    say(t, "person_find", souk_person_find(ctx, "email", souk_str("ada@twin.example"), &found));
    say(t, "person_find kind", souk_person_find(ctx, "pigeon", souk_str("ada"), &found));
    say(t, "person_find null", souk_person_find(ctx, NULL, lost, NULL));
    say(t, "person_raise", souk_person_raise(ctx, id, "buyer"));
    say(t, "person_raise none", souk_person_raise(ctx, id, "emperor"));
    say(t, "consent", souk_consent(ctx, id, "email"));
    say(t, "consent_set",
        souk_consent_set(ctx, id, "email", 1, souk_str("twin"), souk_str("Yes, write to me")));
    say(t, "consent after", souk_consent(ctx, id, "email"));
    say(t, "consent_set channel", souk_consent_set(ctx, id, "pigeon!", 1, none, none));
    say(t, "consent_set nobody",
        souk_consent_set(ctx, 1, "email", 1, souk_str("twin"), souk_str("Yes")));
}

static void try_content(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    const struct souk_value *doc = NULL;
    struct souk_value *page = NULL, *view = souk_map(ctx);
    struct souk_str text = none;
    struct souk_letter letter = {.size = sizeof letter,
                                 .recipient = souk_str("ada@twin.example"),
                                 .key = souk_str("twin-1"),
                                 .name = "notice",
                                 .view = view};
    int64_t id = 0;
    souk_json_parse(
        ctx,
        souk_str(
            "{\"key\": \"twin\", \"status\": \"published\", \"text\": {\"en\": {\"title\": \"Twin\", \"body\": \"*Hello*\"}}}"),
        &page);
    say(t, "content_save", souk_content_save(ctx, page, &id));
    say(t, "content_save empty", souk_content_save(ctx, souk_map(ctx), &id));
    say(t, "content_page", souk_content_page(ctx, souk_str("twin"), &doc));
    say(t, "content_page none", souk_content_page(ctx, souk_str("none"), &doc));
    line(t, "html", souk_html(ctx, souk_str("*a* [b](javascript:c)")));
    line(t, "html rude", souk_html(ctx, rude));
    line(t, "plain", souk_plain(ctx, souk_str("<p>one two three</p>"), 8));
    souk_set_cstr(ctx, view, "word", "<tea>");
    say(t, "render", souk_render(ctx, "note", souk_str("bg"), view, &text));
    line(t, "  is", text);
    say(t, "render none", souk_render(ctx, "nothing", none, view, &text));
    say(t, "render null", souk_render(ctx, NULL, none, NULL, NULL));
    say(t, "letter", souk_letter_send(ctx, &letter, &id));
    say(t, "letter again", souk_letter_send(ctx, &letter, &id));
    number(t, "  id", id);
    letter.name = "nothing";
    letter.key = souk_str("twin-2");
    say(t, "letter no template", souk_letter_send(ctx, &letter, &id));
    letter.name = "notice";
    letter.marketing = 1;
    letter.key = souk_str("twin-3");
    say(t, "letter not agreed", souk_letter_send(ctx, &letter, &id));
    letter.recipient = souk_str("a\nb@c.example");
    say(t, "letter line break", souk_letter_send(ctx, &letter, &id));
    say(t, "letter null", souk_letter_send(ctx, NULL, &id));
}

static void try_order(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    const struct souk_value *doc = NULL;
    const struct souk_payment *payment = NULL;
    struct souk_value *query = souk_map(ctx);
    struct souk_payment_report paid = {.size = sizeof paid,
                                       .state = SOUK_PAID_CAPTURED,
                                       .provider = souk_str("twin"),
                                       .event = souk_str("e1"),
                                       .number = souk_str("1"),
                                       .amount = 100,
                                       .currency = souk_str("EUR")};
    struct souk_delivery_report moved = {.size = sizeof moved,
                                         .provider = souk_str("twin"),
                                         .tracking = souk_str("T1"),
                                         .state = souk_str("delivered"),
                                         .at = 1};
    int32_t fresh = 0;
    say(t, "order_get", souk_order_get(ctx, 1, &doc));
    say(t, "order_find", souk_order_find(ctx, souk_str("none"), &doc));
    say(t, "order_find lost", souk_order_find(ctx, lost, &doc));
    say(t, "order_get to nowhere", souk_order_get(ctx, 1, NULL));
    say(t, "order_note", souk_order_note(ctx, 1, souk_str("hello"), 1));
    tree(t, "order_list", souk_order_list(ctx, query, &doc), &doc);
    souk_set_cstr(ctx, query, "wrong", "x");
    say(t, "order_list member", souk_order_list(ctx, query, &doc));
    say(t, "order_step", souk_order_step(ctx, 1, "confirm", NULL));
    say(t, "order_step null", souk_order_step(ctx, 1, NULL, NULL));
    say(t, "payment_report", souk_payment_report(ctx, &paid, &fresh));
    paid.currency = souk_str("?");
    say(t, "payment_report currency", souk_payment_report(ctx, &paid, &fresh));
    say(t, "payment_report null", souk_payment_report(ctx, NULL, &fresh));
    say(t, "payment_find", souk_payment_find(ctx, souk_str("twin"), souk_str("none"), &payment));
    say(t, "delivery_report", souk_delivery_report(ctx, &moved, &fresh));
    say(t, "delivery_report null", souk_delivery_report(ctx, NULL, &fresh));
}

static void try_feed(struct twin *t)
{
    struct souk_feed feed = {.size = sizeof feed};
    say(t, "feed write null", souk_feed_write(&feed, souk_str("x")));
    say(t, "feed put null", souk_feed_put(&feed, "x"));
    say(t, "feed xml null", souk_feed_xml(&feed, souk_str("x"), 0));
}

static void try_request(struct twin *t)
{
    struct souk_ctx *ctx = t->ctx;
    const struct souk_value *json = NULL;
    line(t, "method", souk_method(ctx));
    line(t, "path", souk_path(ctx));
    line(t, "param", souk_param(ctx, "kind"));
    line(t, "param none", souk_param(ctx, "none"));
    line(t, "query", souk_query_param(ctx, "q"));
    line(t, "query null", souk_query_param(ctx, NULL));
    line(t, "form", souk_form(ctx, "field"));
    line(t, "header", souk_header(ctx, "X-Twin"));
    number(t, "address", souk_address(ctx).len > 0);
    number(t, "request id", souk_request_id(ctx).len > 0);
    line(t, "body", souk_body(ctx));
    say(t, "body_json", souk_body_json(ctx, &json));
    number(t, "upload", souk_upload_of(ctx, "file") != NULL);
    line(t, "session_get", souk_session_get(ctx, "key"));
    say(t, "session_set null", souk_session_set(ctx, NULL, none));
    line(t, "csrf", souk_csrf_token(ctx));
    say(t, "set_header", souk_set_header(ctx, "X-Answer", souk_str("1")));
    say(t, "set_header break", souk_set_header(ctx, "X-Answer", souk_str("1\r\n2")));
    say(t, "set_header reserved", souk_set_header(ctx, "Content-Length", souk_str("1")));
    say(t, "set_cookie", souk_set_cookie(ctx, "twin", souk_str("1"), 0));
    say(t, "set_cookie bad", souk_set_cookie(ctx, "tw in", souk_str("1;2"), 0));
    say(t, "answer", souk_answer(ctx, 200, "text/plain", souk_str("x")));
    say(t, "answer status", souk_answer(ctx, 7, "text/plain", souk_str("x")));
    say(t, "answer lost", souk_answer(ctx, 200, "text/plain", lost));
    say(t, "answer rude", souk_answer_text(ctx, 200, rude));
    say(t, "answer template", souk_answer_template(ctx, 200, "note", souk_map(ctx)));
    say(t, "answer template none", souk_answer_template(ctx, 200, "none", souk_map(ctx)));
    say(t, "redirect", souk_redirect(ctx, 303, souk_str("/x")));
    say(t, "redirect away", souk_redirect(ctx, 303, souk_str("javascript:x")));
    say(t, "redirect status", souk_redirect(ctx, 200, souk_str("/x")));
}

static int all(struct souk_ctx *ctx, const char *kind, struct souk_value *out)
{
    struct twin t = {ctx, kind, out};
    try_values(&t);
    try_call(&t);
    try_locale(&t);
    try_db(&t);
    try_kv(&t);
    try_event(&t);
    try_http(&t);
    try_file(&t);
    try_catalogue(&t);
    try_quote(&t);
    try_person(&t);
    try_content(&t);
    try_order(&t);
    try_feed(&t);
    try_request(&t);
    return SOUK_OK;
}

static int run_read(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_list(ctx);
    all(ctx, "READ", out);
    return souk_answer_json(ctx, 200, out);
}
static int run_write(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_list(ctx);
    all(ctx, "WRITE", out);
    return souk_answer_json(ctx, 200, out);
}
static int run_then(struct souk_ctx *ctx, void *arg)
{
    struct souk_value *out = souk_list(ctx);
    souk_set_copy(ctx, out, NULL, arg);
    all(ctx, "STEP", out);
    return souk_answer_json(ctx, 200, out);
}
static int run_task(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_list(ctx);
    struct twin t = {ctx, "TASK", out};
    all(ctx, "TASK", out);
    say(&t, "then_write null", souk_then_write(ctx, NULL, NULL));
    return souk_then_write(ctx, run_then, out);
}
static int rest(struct souk_ctx *ctx, const struct souk_value *payload)
{
    return SOUK_OK;
}

static int state_of_all = 1;
static int init(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_list(ctx);
    struct twin t = {ctx, "INIT", out};
    souk_state_set(ctx, &state_of_all);
    try_db(&t);
    try_kv(&t);
    try_event(&t);
    try_catalogue(&t);
    return SOUK_OK;
}

static const char note_html[] = "<b>{{ word }}</b> {{ \"Cups\" | t }}";
static const char notice_html[] =
    "{% layout \"mail/layout\" %}{% block content %}<p>Hello</p>{% endblock %}";
static const char notice_txt[] =
    "{% layout \"mail/layout.txt\" %}{% block subject %}Twin{% endblock %}{% block content %}Hello\n{% endblock %}";

static const struct souk_route routes[] = {
    {"GET", "/read/{kind}", SOUK_READ, SOUK_PUBLIC, run_read, "All from READ"},
    {"POST", "/write/{kind}", SOUK_WRITE, SOUK_PUBLIC, run_write, "All from WRITE", NULL, 0, 20000},
    {"POST", "/task/{kind}", SOUK_TASK, SOUK_PUBLIC, run_task, "All from TASK", NULL, 0, 20000},
};
static const struct souk_option options[] = {
    {"count", SOUK_INT, 0, "4", "A number"},
    {"word", SOUK_STRING, 0, "tea", "A word"},
    {"list", SOUK_LIST, 0, "a, b", "A list"},
};
static const struct souk_job jobs[] = {{"rest", NULL, rest, "Does nothing"}};
static const struct souk_migration migrations[] = {
    {1, 0, "note",
     "CREATE TABLE p_probe_twin_note (text TEXT NOT NULL); CREATE TABLE p_probe_twin_one (id INTEGER PRIMARY KEY); INSERT INTO p_probe_twin_one VALUES (1)"},
};
static const struct souk_file files[] = {
    {"templates/note.html", note_html, note_html + sizeof note_html - 1},
    {"templates/mail/notice.html", notice_html, notice_html + sizeof notice_html - 1},
    {"templates/mail/notice.txt", notice_txt, notice_txt + sizeof notice_txt - 1},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_twin",
    .version = "1.0.0",
    .summary = "Calls everything",
    .contact = "you@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .routes = SOUK_TABLE(routes),
    .jobs = SOUK_TABLE(jobs),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .init = init,
};
