/* hello: a guest book with one of everything that a plugin can do. README.md says how to try it. */
#include <souk.h>

SOUK_EMBED(page, "templates/hello.html");
SOUK_EMBED(card, "templates/card.html");
SOUK_EMBED(style, "static/hello.css");
SOUK_EMBED(bg, "locale/bg.mo");

/* READ: on the spot, in a snapshot. GET /x/hello/greet?name=Ada */
static int greet(struct souk_ctx *ctx)
{
    struct souk_str name = souk_query_param(ctx, "name");
    struct souk_value *out = souk_map(ctx);
    souk_set_str(ctx, out, "greeting", souk_option_text(ctx, "greeting"));
    souk_set_str(ctx, out, "name", name.len ? name : souk_session_get(ctx, "name"));
    return souk_answer_json(ctx, 200, out);
}
/* On the writer, perhaps twice: it changes the database and the answer, nothing else. */
static int add_guest(struct souk_ctx *ctx, void *guest)
{
    struct souk_str name = souk_text(souk_get(guest, "name"));
    if (name.len == 0 || name.len > 60)
        return souk_fail(ctx, SOUK_INVALID, "a name has 1 to 60 bytes");
    int code = souk_exec(ctx, NULL, "INSERT INTO p_hello_guest (id, name, at) VALUES ($1, $2, $3)",
                         SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(name), SOUK_A_INT(souk_now(ctx)));
    code = code ? code : souk_emit(ctx, "hello.signed", name, guest);
    code = code ? code : souk_session_set(ctx, "name", name);
    if (code == SOUK_OK && souk_form(ctx, "from_page").len)
        return souk_redirect(ctx, 303, souk_str("/hello"));
    return code ? code : souk_answer_json(ctx, 201, guest);
}
/* WRITE: on the writer, so a few milliseconds and no waiting. POST /x/hello/sign, name=Ada */
static int sign(struct souk_ctx *ctx)
{
    struct souk_value *guest = souk_map(ctx);
    souk_set_str(ctx, guest, "name", souk_form(ctx, "name"));
    return add_guest(ctx, guest);
}
/* TASK: may wait, here for other plugins' filters, and leaves a step for the writer. */
static int welcome(struct souk_ctx *ctx)
{
    struct souk_value *guest = souk_map(ctx);
    souk_set_str(ctx, guest, "name", souk_form(ctx, "name"));
    souk_set_str(ctx, guest, "greeting", souk_option_text(ctx, "greeting"));
    int code = souk_filter(ctx, "hello.greeting", souk_form(ctx, "name"), guest);
    return code ? code : souk_then_write(ctx, add_guest, guest);
}
/* Data for the page and for the card on the home page; templates do the HTML. */
static int fill(struct souk_ctx *ctx, struct souk_value *view)
{
    struct souk_value *guests = souk_set_list(ctx, view, "guests");
    struct souk_str count;
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows, "SELECT name FROM p_hello_guest ORDER BY id DESC LIMIT 10");
    while (code == SOUK_OK && souk_next(rows) == 1)
        souk_set_str(ctx, guests, NULL, souk_column_text(rows, 0));
    souk_kv_get(ctx, "signed", &count);
    souk_set_int(ctx, view, "signed", souk_number(count, 0));
    return code; /* SOUK_NOT_FOUND of souk_kv_get is no failure here: nobody has signed yet */
}
/* A filter: the last word before it happens. The text is what the visitor reads. */
static int on_greeting(struct souk_ctx *ctx, const struct souk_event *event)
{
    if (souk_str_is(event->subject, "nobody"))
        return souk_fail(ctx, SOUK_DENIED, "nobody cannot sign");
    return SOUK_OK;
}
static int count_one(struct souk_ctx *ctx, void *arg)
{
    struct souk_str count; /* a fact may come twice, and this number can live with that */
    souk_kv_get(ctx, "signed", &count);
    return souk_kv_put(ctx, "signed", souk_printf(ctx, "%d", (int)souk_number(count, 0) + 1));
}
/* A fact: what happened, told after the commit. An error means: tell me again later. */
static int on_signed(struct souk_ctx *ctx, const struct souk_event *event)
{
    return souk_db_write(ctx, count_one, NULL);
}
static int trim_rows(struct souk_ctx *ctx, void *arg)
{
    return souk_exec(ctx, NULL, "DELETE FROM p_hello_guest WHERE at < $1",
                     SOUK_A_INT(souk_now(ctx) - INT64_C(30) * 86400 * 1000000));
}
static int trim(struct souk_ctx *ctx, const struct souk_value *payload) /* a job: every night */
{
    return souk_db_write(ctx, trim_rows, NULL);
}
static int list(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv) /* a command */
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows, "SELECT name FROM p_hello_guest ORDER BY id");
    while (code == SOUK_OK && souk_next(rows) == 1)
        souk_print(ctx, "%.*s\n", SOUK_PRI(souk_column_text(rows, 0)));
    return code;
}
/* clang-format off */
static const struct souk_option options[] = {{"greeting", SOUK_STRING, 0, "Hello", "How visitors are greeted"}};
static const struct souk_route routes[] = {
    {"GET", "/greet", SOUK_READ, SOUK_PUBLIC, greet, "Greets ?name="},
    {"POST", "/sign", SOUK_WRITE, SOUK_PUBLIC, sign, "Signs the guest book"},
    {"POST", "/welcome", SOUK_TASK, SOUK_PUBLIC, welcome, "Signs it if no filter minds"}};
static const struct souk_page pages[] = {{"/hello", "hello", fill, "Guest book", SOUK_CACHED}};
static const struct souk_slot slots[] = {{"home.main", "card", fill}};
static const struct souk_listener events[] = {{"hello.greeting", SOUK_FILTER, 0, on_greeting},
                                              {"hello.signed", SOUK_FACT, 0, on_signed}};
static const struct souk_job jobs[] = {{"nightly", "30 3 * * *", trim, "Forgets guests after 30 days"}};
static const struct souk_command commands[] = {{"list", NULL, "Prints all guests", list}};
static const struct souk_migration migrations[] = {{1, 0, "guest", "CREATE TABLE p_hello_guest ("
    "id BIGINT PRIMARY KEY, name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60), at BIGINT NOT NULL)"}};
static const struct souk_file files[] = {
    SOUK_FILE("templates/hello.html", page), SOUK_FILE("templates/card.html", card),
    SOUK_FILE("static/hello.css", style), SOUK_FILE("locale/bg.mo", bg)};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "hello", .version = "1.0.0", .summary = "A guest book: one of everything",
    .contact = "plugins@example.org", .license = "MIT",
    .options = SOUK_TABLE(options), .routes = SOUK_TABLE(routes), .pages = SOUK_TABLE(pages),
    .slots = SOUK_TABLE(slots), .events = SOUK_TABLE(events), .jobs = SOUK_TABLE(jobs),
    .commands = SOUK_TABLE(commands), .migrations = SOUK_TABLE(migrations), .files = SOUK_TABLE(files)};
