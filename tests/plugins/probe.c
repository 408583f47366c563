/* probe: one of each thing that a plugin can declare or call, so that a test can look at every one
 * from outside. */
#include <souk.h>

static const char *const sizes[] = {"small", "large", NULL};
static const char page_html[] =
    "{% layout \"layout\" %}{% block content %}<p class=\"note\">{{ note }}</p>"
    "<p class=\"id\">{{ id }}</p>{% slot \"probe.own\" %}{% endblock %}";
static const char part_html[] = "<i class=\"probe-part\">{{ word }}</i>";

static int show_options(struct souk_ctx *ctx)
{
    static const char *const texts[] = {"line", "lines", "link", "size", "key"};
    static const char *const numbers[] = {"count", "flag", "price", "span", "bytes", "rate"};
    struct souk_value *out = souk_map(ctx);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        souk_set_str(ctx, out, texts[i], souk_option_text(ctx, texts[i]));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        souk_set_int(ctx, out, numbers[i], souk_option_int(ctx, numbers[i]));
    souk_set_copy(ctx, out, "names", souk_option(ctx, "names"));
    souk_set_copy(ctx, out, "pairs", souk_option(ctx, "pairs"));
    souk_set_str(ctx, out, "price_text", souk_option_text(ctx, "price"));
    return souk_answer_json(ctx, 200, out);
}

/* What each kind of call may not do, in the core's own words. */
static int step_nothing(struct souk_ctx *ctx, void *arg)
{
    return SOUK_OK;
}
static void try_it(struct souk_ctx *ctx, struct souk_value *out, const char *key, int code)
{
    souk_set_int(ctx, out, key, code);
}
static int limits(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_map(ctx);
    struct souk_rows *rows;
    const struct souk_http_response *response;
    struct souk_http_request request = {.size = sizeof(request),
                                        .url = souk_str("http://127.0.0.1:1/")};
    try_it(ctx, out, "query", souk_query(ctx, &rows, "SELECT 1"));
    try_it(ctx, out, "exec", souk_exec(ctx, NULL, "DELETE FROM p_probe_note WHERE id = -1"));
    try_it(ctx, out, "kv_put", souk_kv_put(ctx, "limits", souk_str("1")));
    try_it(ctx, out, "session_set", souk_session_set(ctx, "limits", souk_str("1")));
    try_it(ctx, out, "db_write", souk_db_write(ctx, step_nothing, NULL));
    try_it(ctx, out, "filter", souk_filter(ctx, "probe.asking", souk_str("x"), souk_map(ctx)));
    try_it(ctx, out, "http", souk_http(ctx, &request, &response));
    try_it(ctx, out, "job_add", souk_job_add(ctx, "nothing", souk_str(""), NULL, 0));
    try_it(ctx, out, "emit", souk_emit(ctx, "probe.unheard", souk_str("x"), NULL));
    return souk_answer_json(ctx, 200, out);
}

static int echo(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_map(ctx);
    const struct souk_value *json = NULL;
    const struct souk_upload *upload = souk_upload_of(ctx, "file");
    souk_set_str(ctx, out, "method", souk_method(ctx));
    souk_set_str(ctx, out, "path", souk_path(ctx));
    souk_set_str(ctx, out, "id", souk_param(ctx, "id"));
    souk_set_str(ctx, out, "query", souk_query_param(ctx, "q"));
    souk_set_str(ctx, out, "field", souk_form(ctx, "field"));
    souk_set_str(ctx, out, "body", souk_body(ctx));
    souk_set_str(ctx, out, "header", souk_header(ctx, "X-Probe"));
    souk_set_str(ctx, out, "locale", souk_locale(ctx));
    souk_set_int(ctx, out, "json", souk_body_json(ctx, &json));
    souk_set_copy(ctx, out, "tree", json);
    if (upload) {
        struct souk_value *file = souk_set_map(ctx, out, "upload");
        souk_set_str(ctx, file, "name", upload->filename);
        souk_set_str(ctx, file, "type", upload->type);
        souk_set_int(ctx, file, "bytes", (int64_t)upload->bytes.len);
    }
    return souk_answer_json(ctx, 200, out);
}

static int write_note(struct souk_ctx *ctx, void *arg)
{
    struct souk_str note = souk_form(ctx, "note");
    int code = souk_exec(ctx, NULL, "INSERT INTO p_probe_note (id, note) VALUES ($1, $2)",
                         SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(note));
    return code ? code : souk_answer_text(ctx, 201, note);
}
static int note_now(struct souk_ctx *ctx)
{
    return write_note(ctx, NULL);
}
static int note_later(struct souk_ctx *ctx)
{
    return souk_then_write(ctx, write_note, NULL);
}
static int forbidden(struct souk_ctx *ctx)
{
    static const char *const statements[] = {
        "INSERT INTO setting (owner, name, value, at) VALUES ('plugin', 'probe', 'off', 1)",
        "SELECT * FROM p_hello_guest",
        "SELECT * FROM sqlite_master",
        "DELETE FROM job",
        "PRAGMA user_version = 3",
        "ATTACH ':memory:' AS other",
        "CREATE TABLE p_probe_more (id BIGINT)",
        "COMMIT",
        "ROLLBACK",
        "UPDATE p_hello_guest SET name = 'x'",
        "SELECT load_extension('x')",
        "DROP TABLE p_probe_note",
        "CREATE TEMP TABLE p_probe_t (id BIGINT)",
        "SELECT 1; DELETE FROM p_probe_note",
        "garbage",
        "INSERT OR ROLLBACK INTO p_probe_note (id, note) VALUES (1, 'x')"};
    struct souk_value *out = souk_map(ctx);
    for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++)
        souk_set_int(ctx, out, statements[i], souk_exec(ctx, NULL, statements[i]));
    return souk_answer_json(ctx, 200, out);
}

static int session(struct souk_ctx *ctx)
{
    struct souk_str word = souk_form(ctx, "word");
    int code = souk_session_set(ctx, "word", word);
    return code ? code : souk_answer_text(ctx, 200, souk_session_get(ctx, "word"));
}
static int session_word(struct souk_ctx *ctx)
{
    return souk_answer_text(ctx, 200, souk_session_get(ctx, "word"));
}

static int kv(struct souk_ctx *ctx)
{
    struct souk_str value = {"", 0};
    int code = SOUK_OK;
    if (souk_str_is(souk_method(ctx), "PUT"))
        code = souk_kv_put(ctx, "key", souk_body(ctx));
    else if (souk_str_is(souk_method(ctx), "DELETE"))
        code = souk_kv_delete(ctx, "key");
    else
        code = souk_kv_get(ctx, "key", &value);
    return code ? code : souk_answer_text(ctx, 200, value);
}

static int ask(struct souk_ctx *ctx)
{
    struct souk_value *payload = souk_map(ctx);
    souk_set_str(ctx, payload, "word", souk_form(ctx, "word"));
    int code = souk_filter(ctx, "probe.asking", souk_form(ctx, "word"), payload);
    return code ? code : souk_answer_json(ctx, 200, payload);
}

/* n facts of one subject, in one transaction. */
static int tell(struct souk_ctx *ctx)
{
    int64_t count = souk_number(souk_form(ctx, "count"), 1);
    int code = SOUK_OK;
    for (int64_t i = 1; code == SOUK_OK && i <= count; i++) {
        struct souk_value *payload = souk_map(ctx);
        souk_set_int(ctx, payload, "n", i);
        code = souk_emit(ctx, "probe.told", souk_form(ctx, "subject"), payload);
    }
    return code ? code : souk_answer_text(ctx, 200, souk_str("told"));
}
/* The first time of each number that ends in 3 fails, so that it has to come again. */
static int hear_step(struct souk_ctx *ctx, void *arg)
{
    const struct souk_event *event = arg;
    return souk_exec(
        ctx, NULL, "INSERT INTO p_probe_heard (id, event, subject, n) VALUES ($1, $2, $3, $4)",
        SOUK_A_INT(souk_new_id(ctx)), SOUK_A_INT(event->id), SOUK_A_STR(event->subject),
        SOUK_A_INT(souk_int(souk_get(event->payload, "n"), 0)));
}
static int tried_step(struct souk_ctx *ctx, void *arg)
{
    return souk_kv_put(ctx, arg, souk_str("1"));
}
static int on_told(struct souk_ctx *ctx, const struct souk_event *event)
{
    struct souk_str key = souk_printf(ctx, "tried.%lld", (long long)event->id), seen;
    if (souk_int(souk_get(event->payload, "n"), 0) % 10 == 3 &&
        souk_kv_get(ctx, key.ptr, &seen) != SOUK_OK) {
        int code = souk_db_write(ctx, tried_step, (void *)(uintptr_t)key.ptr);
        return code ? code : souk_fail(ctx, SOUK_UNAVAILABLE, "not now");
    }
    return souk_db_write(ctx, hear_step, (void *)(uintptr_t)event);
}
static int heard(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_map(ctx), *list = souk_set_list(ctx, out, "items");
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows, "SELECT n FROM p_probe_heard WHERE subject = $1 ORDER BY id",
                          SOUK_A_STR(souk_query_param(ctx, "subject")));
    while (code == SOUK_OK && souk_next(rows) == 1)
        souk_set_int(ctx, list, NULL, souk_column_int(rows, 0));
    return code ? code : souk_answer_json(ctx, 200, out);
}

static int plan(struct souk_ctx *ctx)
{
    struct souk_value *payload = souk_map(ctx);
    souk_set_str(ctx, payload, "note", souk_form(ctx, "note"));
    int code = souk_job_add(ctx, "note", souk_form(ctx, "key"), payload,
                            souk_now(ctx) + souk_number(souk_form(ctx, "after_ms"), 0) * 1000);
    return code ? code : souk_answer_text(ctx, 202, souk_str("planned"));
}
static int job_step(struct souk_ctx *ctx, void *arg)
{
    return souk_exec(ctx, NULL, "INSERT INTO p_probe_note (id, note) VALUES ($1, $2)",
                     SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(souk_text(souk_get(arg, "note"))));
}
static int run_note(struct souk_ctx *ctx, const struct souk_value *payload)
{
    return souk_db_write(ctx, job_step, (void *)(uintptr_t)payload);
}
static int run_nothing(struct souk_ctx *ctx, const struct souk_value *payload)
{
    return SOUK_OK;
}

static int fetch(struct souk_ctx *ctx)
{
    const struct souk_http_response *response = NULL;
    struct souk_value *out = souk_map(ctx);
    struct souk_http_request request = {.size = sizeof(request),
                                        .url = souk_form(ctx, "url"),
                                        .timeout_ms =
                                            (int32_t)souk_number(souk_form(ctx, "timeout"), 0)};
    int code = souk_http(ctx, &request, &response);
    souk_set_int(ctx, out, "code", code);
    souk_set_str(ctx, out, "why", code ? souk_failure(ctx) : souk_str(""));
    if (code == SOUK_OK) {
        souk_set_int(ctx, out, "status", response->status);
        souk_set_str(ctx, out, "body", response->body);
    }
    return souk_answer_json(ctx, 200, out);
}

static int print_args(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    for (int32_t i = 0; i < argc; i++)
        souk_print(ctx, "[%.*s]", SOUK_PRI(argv[i]));
    souk_print(ctx, "\n");
    return argc == 1 && souk_str_is(argv[0], "fail") ? souk_fail(ctx, SOUK_CONFLICT, "told to fail")
                                                     : SOUK_OK;
}

static int fill(struct souk_ctx *ctx, struct souk_value *view)
{
    struct souk_rows *rows;
    struct souk_str id = souk_param(ctx, "id");
    if (souk_str_is(id, "none"))
        return souk_fail(ctx, SOUK_NOT_FOUND, "there is no such note");
    int code = souk_query(ctx, &rows, "SELECT note FROM p_probe_note ORDER BY id DESC LIMIT 1");
    if (code == SOUK_OK && souk_next(rows) == 1)
        souk_set_str(ctx, view, "note", souk_column_text(rows, 0));
    souk_set_str(ctx, view, "id", id);
    return code;
}
static int part(struct souk_ctx *ctx, struct souk_value *view)
{
    souk_set_cstr(ctx, view, "word", "<part>");
    return SOUK_OK;
}
static int part_fails(struct souk_ctx *ctx, struct souk_value *view)
{
    return souk_fail(ctx, SOUK_ERROR, "the part has failed");
}

/* clang-format off */
static const struct souk_option options[] = {
    {"line", SOUK_STRING, 0, "one", "A line"},
    {"lines", SOUK_TEXT, 0, "one\ntwo", "Lines"},
    {"count", SOUK_INT, 0, "5", "A number", 1, 10},
    {"flag", SOUK_BOOL, 0, "true", "A flag"},
    {"price", SOUK_MONEY, 0, "12.50 EUR", "A price"},
    {"span", SOUK_DURATION, 0, "10s", "A span", 1000000, INT64_C(3600000000)},
    {"bytes", SOUK_SIZE, 0, "64K", "A size", 1024, 1 << 20},
    {"link", SOUK_URL, 0, "https://example.org/", "A link"},
    {"size", SOUK_CHOICE, 0, "small", "A choice", .choices = sizes},
    {"names", SOUK_LIST, 0, "a, b", "Names"},
    {"pairs", SOUK_MAP, 0, "a=1, b=2", "Pairs"},
    {"key", SOUK_SECRET, 0, NULL, "A key"},
    {"rate", SOUK_RATE, 0, "12.5%", "A rate", 0, 1000000},
};
static const struct souk_route routes[] = {
    {"GET", "/options", SOUK_READ, SOUK_PUBLIC, show_options, "Options"},
    {"GET", "/limits/read", SOUK_READ, SOUK_PUBLIC, limits, "Limits"},
    {"POST", "/limits/write", SOUK_WRITE, SOUK_PUBLIC, limits, "Limits"},
    {"POST", "/limits/task", SOUK_TASK, SOUK_PUBLIC, limits, "Limits"},
    {"GET", "/echo/{id}", SOUK_READ, SOUK_PUBLIC, echo, "Echo"},
    {"POST", "/echo/{id}", SOUK_WRITE, SOUK_PUBLIC, echo, "Echo", .body_limit = 1 << 20},
    {"PUT", "/echo/{id}", SOUK_TASK, SOUK_PUBLIC, echo, "Echo"},
    {"GET", "/all/{rest*}", SOUK_READ, SOUK_PUBLIC, echo, "Echo"},
    {"POST", "/echo/{id}", SOUK_READ, SOUK_WEBHOOK, echo, "Echo"},
    {"PUT", "/echo/{id}", SOUK_WRITE, SOUK_WEBHOOK, echo, "Echo"},
    {"PATCH", "/echo/{id}", SOUK_TASK, SOUK_WEBHOOK, echo, "Echo"},
    {"GET", "/echo/{id}", SOUK_READ, SOUK_ADMIN, echo, "Echo"},
    {"GET", "/echo/{id}", SOUK_READ, SOUK_API_V1, echo, "Echo"},
    {"POST", "/echo/{id}", SOUK_WRITE, SOUK_API_V1, echo, "Echo"},
    {"DELETE", "/echo/{id}", SOUK_TASK, SOUK_API_V1, echo, "Echo"},
    {"POST", "/note", SOUK_WRITE, SOUK_PUBLIC, note_now, "Notes"},
    {"POST", "/later", SOUK_TASK, SOUK_PUBLIC, note_later, "Notes"},
    {"POST", "/forbidden", SOUK_WRITE, SOUK_PUBLIC, forbidden, "Forbidden"},
    {"POST", "/session", SOUK_WRITE, SOUK_PUBLIC, session, "Session"},
    {"GET", "/session", SOUK_READ, SOUK_PUBLIC, session_word, "Session"},
    {"GET", "/kv", SOUK_READ, SOUK_PUBLIC, kv, "KV"},
    {"PUT", "/kv", SOUK_WRITE, SOUK_PUBLIC, kv, "KV"},
    {"DELETE", "/kv", SOUK_TASK, SOUK_PUBLIC, kv, "KV"},
    {"POST", "/ask", SOUK_TASK, SOUK_PUBLIC, ask, "Ask"},
    {"POST", "/tell", SOUK_WRITE, SOUK_PUBLIC, tell, "Tell"},
    {"GET", "/heard", SOUK_READ, SOUK_PUBLIC, heard, "Heard"},
    {"POST", "/plan", SOUK_WRITE, SOUK_PUBLIC, plan, "Plan"},
    {"POST", "/fetch", SOUK_TASK, SOUK_PUBLIC, fetch, "Fetch"},
};
static const struct souk_page pages[] = {
    {"/probe", "page", fill, "Probe", SOUK_CACHED},
    {"/probe/{id}", "page", fill, "Probe", SOUK_CACHED},
};
static const struct souk_slot slots[] = {
    {"layout.head", "part", part_fails},
    {"layout.nav", "part", part},
    {"layout.footer", "part", part},
    {"home.main", "part", part},
    {"probe.own", "part", part},
};
static const struct souk_listener events[] = {{"probe.told", SOUK_FACT, 0, on_told}};
static const struct souk_job jobs[] = {
    {"nothing", NULL, run_nothing, "Does nothing"},
    {"note", NULL, run_note, "Writes a note"},
    {"minutely", "* * * * *", run_nothing, "Every minute"},
};
static const struct souk_command commands[] = {{"args", "[WORD …]", "Prints what it gets", print_args}};
static const struct souk_migration migrations[] = {
    {1, 0, "note", "CREATE TABLE p_probe_note (id BIGINT PRIMARY KEY, note TEXT NOT NULL CHECK (note <> 'refused'))"},
    {2, 0, "heard", "CREATE TABLE p_probe_heard (id BIGINT PRIMARY KEY, event BIGINT NOT NULL UNIQUE,"
                    " subject TEXT NOT NULL, n BIGINT NOT NULL)"},
};
static const struct souk_file files[] = {
    {"templates/page.html", page_html, page_html + sizeof(page_html) - 1},
    {"templates/part.html", part_html, part_html + sizeof(part_html) - 1},
};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "probe", .version = "1.0.0", .summary = "One of each thing, for tests",
    .contact = "plugins@example.org", .license = "MIT",
    .options = SOUK_TABLE(options), .routes = SOUK_TABLE(routes), .pages = SOUK_TABLE(pages), .slots = SOUK_TABLE(slots),
    .events = SOUK_TABLE(events), .jobs = SOUK_TABLE(jobs), .commands = SOUK_TABLE(commands),
    .migrations = SOUK_TABLE(migrations), .files = SOUK_TABLE(files)};
