/*
 * example: visitors leave wishes, everybody reads them. One of each thing that most plugins have:
 * an option, a table, a page, a route that writes, a job, a command.
 *
 * The rules that it keeps are on one page, docs/contract.md of the SDK.
 */
#include <souk.h>

#define DAY (INT64_C(86400) * 1000000) /* times are microseconds */

/* Files that travel in the .so; the table `files` below gives them their names. */
SOUK_EMBED(page, "templates/wishes.html");
SOUK_EMBED(bg, "locale/bg.mo");

/* ---- a route that writes ---- */

/* WRITE: on the one writer, in a savepoint. When the answer is out, the row is on disk. It may run
 * twice, so it changes the database and the answer, nothing else. POST /x/example/wish */
static int wish(struct souk_ctx *ctx)
{
    struct souk_str text = souk_trim(souk_form(ctx, "text"));
    if (text.len == 0 || text.len > 200)
        return souk_fail(ctx, SOUK_INVALID, "a wish has 1 to 200 bytes"); /* the visitor reads it */
    int code = souk_exec(ctx, NULL, "INSERT INTO p_example_wish (id, text, at) VALUES ($1, $2, $3)",
                         SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(text), SOUK_A_INT(souk_now(ctx)));
    return code ? code : souk_redirect(ctx, 303, souk_str("/example"));
}

/* ---- a page ---- */

/* READ: in a snapshot, on the I/O thread. Data for templates/wishes.html, which escapes it. */
static int fill(struct souk_ctx *ctx, struct souk_value *view)
{
    struct souk_value *wishes = souk_set_list(ctx, view, "wishes");
    struct souk_rows *rows;
    int code =
        souk_query(ctx, &rows, "SELECT text, at FROM p_example_wish ORDER BY id DESC LIMIT $1",
                   SOUK_A_INT(souk_option_int(ctx, "shown")));
    int more = 0;
    while (code == SOUK_OK && (more = souk_next(rows)) == 1) {
        struct souk_value *row = souk_set_map(ctx, wishes, NULL);
        souk_set_str(ctx, row, "text", souk_column_text(rows, 0));
        souk_set_time(ctx, row, "at", souk_column_int(rows, 1));
    }
    return code ? code : more;
}

/* ---- a job, a command ---- */

static int forget_rows(struct souk_ctx *ctx, void *gone)
{
    return souk_exec(ctx, gone, "DELETE FROM p_example_wish WHERE at < $1",
                     SOUK_A_INT(souk_now(ctx) - souk_option_int(ctx, "days") * DAY));
}

/* TASK, every night. An error means: again later. */
static int forget(struct souk_ctx *ctx, const struct souk_value *payload)
{
    int64_t gone = 0;
    int code = souk_db_write(ctx, forget_rows, &gone);
    if (code == SOUK_OK && gone > 0)
        souk_log(ctx, SOUK_LOG_INFO, "%lld wishes were forgotten", (long long)gone);
    return code;
}

/* souk example list */
static int list(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows, "SELECT text FROM p_example_wish ORDER BY id");
    int more = 0;
    while (code == SOUK_OK && (more = souk_next(rows)) == 1)
        souk_print(ctx, "%.*s\n", SOUK_PRI(souk_column_text(rows, 0)));
    return code ? code : more;
}

/* ---- the descriptor: the core reads it, nothing is registered at run time ---- */

static const struct souk_option options[] = {
    {"shown", SOUK_INT, 0, "20", "How many wishes the page shows", 1, 200},
    {"days", SOUK_INT, 0, "90", "Days after which a wish is forgotten", 1, 3650},
};
/* A migration that has run once never changes its text: add the next number. */
static const struct souk_migration migrations[] = {
    {1, 0, "wish",
     "CREATE TABLE p_example_wish (id INTEGER NOT NULL PRIMARY KEY,"
     " text TEXT NOT NULL CHECK (length(text) > 0), at INTEGER NOT NULL) STRICT;"
     "CREATE INDEX p_example_wish_at ON p_example_wish (at);"},
};
static const struct souk_route routes[] = {
    {"POST", "/wish", SOUK_WRITE, SOUK_PUBLIC, wish, "Leaves a wish", .rate = 30},
};
/* CACHED: kept until the table has changed. */
static const struct souk_page pages[] = {{"/example", "wishes", fill, "Wishes", SOUK_CACHED}};
static const struct souk_job jobs[] = {{"forget", "20 3 * * *", forget, "Forgets old wishes"}};
static const struct souk_command commands[] = {{"list", NULL, "Prints all wishes", list}};
static const struct souk_file files[] = {
    SOUK_FILE("templates/wishes.html", page),
    SOUK_FILE("locale/bg.mo", bg),
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "example",
    .version = "0.1.0",
    .summary = "Visitors leave wishes",
    .contact = "you@shop.invalid",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .migrations = SOUK_TABLE(migrations),
    .routes = SOUK_TABLE(routes),
    .pages = SOUK_TABLE(pages),
    .jobs = SOUK_TABLE(jobs),
    .commands = SOUK_TABLE(commands),
    .files = SOUK_TABLE(files),
};
