/*
 * visits: counts page views by day and path. It listens to the fact "page.viewed", which the core
 * tells once a second for each page that went out, keeps the numbers in a table of its own, and
 * shows them at /visits.
 *
 * Facts come at least once, on a task thread, some at the same time: so the number grows in one
 * guarded statement, and never by reading it, adding to it and writing it back. The core may lose
 * the last second of views in a crash; these are numbers to look at, not the books.
 */
#include <souk.h>

#define DAY (INT64_C(86400) * 1000000)

SOUK_EMBED(page, "templates/visits.html");
SOUK_EMBED(bg, "locale/bg.mo");

/* ---- counting ---- */

struct view {
    int64_t day; /* days since 1970, UTC */
    struct souk_str path;
    int64_t views;
};

static int count_view(struct souk_ctx *ctx, void *arg)
{
    const struct view *view = arg;
    return souk_exec(
        ctx, NULL,
        "INSERT INTO p_visits_day (day, path, views) VALUES ($1, $2, $3)"
        " ON CONFLICT (day, path) DO UPDATE SET views = p_visits_day.views + excluded.views",
        SOUK_A_INT(view->day), SOUK_A_STR(view->path), SOUK_A_INT(view->views));
}

static int on_page_viewed(struct souk_ctx *ctx, const struct souk_event *event)
{
    struct view view;
    view.day = event->at / DAY;
    view.path = souk_text(souk_get(event->payload, "path"));
    view.views = souk_int(souk_get(event->payload, "views"), 0);
    if (view.path.len == 0 || view.path.len > 300 || view.views < 1)
        return SOUK_OK; /* an error would bring it back, and it would be no better then */
    return souk_db_write(ctx, count_view, &view);
}

/* ---- showing ---- */

static int show(struct souk_ctx *ctx, struct souk_value *view)
{
    int64_t days = souk_option_int(ctx, "show_days");
    struct souk_value *list = souk_set_list(ctx, view, "rows");
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows,
                          "SELECT day, path, views FROM p_visits_day WHERE day > $1"
                          " ORDER BY day DESC, views DESC, path LIMIT 200",
                          SOUK_A_INT(souk_now(ctx) / DAY - days));
    while (code == SOUK_OK && souk_next(rows) == 1) {
        struct souk_value *row = souk_set_map(ctx, list, NULL);
        souk_set_time(ctx, row, "day", souk_column_int(rows, 0) * DAY);
        souk_set_str(ctx, row, "path", souk_column_text(rows, 1));
        souk_set_int(ctx, row, "views", souk_column_int(rows, 2));
    }
    souk_set_int(ctx, view, "days", days);
    return code;
}

/* ---- forgetting ---- */

static int delete_old(struct souk_ctx *ctx, void *arg)
{
    int64_t *deleted = arg;
    int64_t keep = souk_option_int(ctx, "keep_days");
    return souk_exec(ctx, deleted, "DELETE FROM p_visits_day WHERE day <= $1",
                     SOUK_A_INT(souk_now(ctx) / DAY - keep));
}

static int forget(struct souk_ctx *ctx, const struct souk_value *payload)
{
    int64_t deleted = 0;
    int code = souk_db_write(ctx, delete_old, &deleted);
    if (code == SOUK_OK && deleted > 0)
        souk_log(ctx, SOUK_LOG_INFO, "forgot %lld old rows", (long long)deleted);
    return code;
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_option options[] = {
    {"show_days", SOUK_INT, 0, "7", "Days that /visits shows", 1, 90},
    {"keep_days", SOUK_INT, 0, "400", "Days that are kept", 1, 4000},
};
static const struct souk_listener events[] = {
    {"page.viewed", SOUK_FACT, 0, on_page_viewed},
};
static const struct souk_page pages[] = {
    {"/visits", "visits", show, "Visits"},
};
static const struct souk_job jobs[] = {
    {"forget", "10 4 * * *", forget, "Forgets rows older than keep_days"},
};
static const struct souk_migration migrations[] = {
    {1, 0, "day",
     "CREATE TABLE p_visits_day ("
     " day BIGINT NOT NULL,"
     " path TEXT NOT NULL,"
     " views BIGINT NOT NULL CHECK (views > 0),"
     " PRIMARY KEY (day, path))"},
};
static const struct souk_file files[] = {
    SOUK_FILE("templates/visits.html", page),
    SOUK_FILE("locale/bg.mo", bg),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "visits",
    .version = "1.0.0",
    .summary = "Counts page views by day",
    .contact = "plugins@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .pages = SOUK_TABLE(pages),
    .events = SOUK_TABLE(events),
    .jobs = SOUK_TABLE(jobs),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
};
