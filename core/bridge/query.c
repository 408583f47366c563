/*
 * query.c: the sub-table for the database.
 *
 * The idea: a plugin's SQL runs on the connection that its call has anyway: the
 * request's snapshot, the writer's savepoint, or, in a task, a snapshot begun with the
 * first query. Texts are interned per plugin, so each is prepared once a thread; while
 * they are prepared the connection knows in whose name, and the driver refuses tables
 * that are not p_<plugin>_… or v1_…. Between statements the connection is the core's:
 * key-value rows, facts and sessions go through it too.
 *
 * Threads: that of the call. What takes long (a write of its own, a filter, the
 * network) first closes the task's queries and its snapshot: a snapshot held for
 * seconds keeps the log from being checkpointed, and what is read afterwards should
 * show what was written.
 *
 * It does not know what the statements mean, and never retries.
 */
#include "bridge/internal.h"

#include "base/log.h"

#define ARGS_MOST 64

/* ---- connections ---- */

struct db_conn *query_conn(struct souk_ctx *ctx)
{
    if (ctx->kind == CALL_INIT) {
        bridge_refuse(ctx, SOUK_WRONG_KIND,
                      "no database in init, start and stop; use a migration, or a job "
                      "that runs when the plugin is on");
        return NULL;
    }
    if (ctx->conn) {
        db_principal(ctx->conn, NULL);
        return ctx->conn;
    }
    if (ctx->request) {
        ctx->conn = request_conn(ctx->request);
        ctx->borrowed = 1; /* the server ends it */
    } else if (ctx->kind == SOUK_TASK) {
        call_snapshot(ctx);
    } else if (ctx->kind == SOUK_READ && ctx->db) {
        ctx->conn = db_read_begin(ctx->db, ctx->deadline);
    }
    if (!ctx->conn)
        bridge_refuse(ctx, SOUK_UNAVAILABLE, "the database gives no snapshot");
    else
        db_principal(ctx->conn, NULL);
    return ctx->conn;
}

void query_release(struct souk_ctx *ctx)
{
    call_release(ctx);
    if (ctx->request && ctx->kind == SOUK_TASK && ctx->borrowed) {
        request_conn_end(ctx->request);
        ctx->conn = ctx->request->conn;
    }
}

void query_renew(struct souk_ctx *ctx)
{
    const struct souk_rows *rows = ctx->rows;
    while (rows && !rows->open)
        rows = rows->next;
    if (ctx->kind == SOUK_TASK && !rows)
        query_release(ctx);
}

/* ---- statements ---- */

/* Checks and turns the arguments; NULL after bridge_refuse. */
static const struct db_arg *args_of(struct souk_ctx *ctx, const char *function, const char *sql,
                                    const struct souk_arg *args, uint32_t count)
{
    if (!sql || !sql[0] || count > ARGS_MOST || (count && !args)) {
        bridge_refuse(ctx, SOUK_INVALID, "%s: needs a statement and at most %d arguments", function,
                      ARGS_MOST);
        return NULL;
    }
    struct db_arg *out = arena_array(ctx->arena, struct db_arg, count + 1u);
    for (uint32_t i = 0; i < count; i++) {
        const struct souk_arg *arg = &args[i];
        if (arg->kind < SOUK_ARG_NULL || arg->kind > SOUK_ARG_BLOB || !bridge_view_ok(arg->text)) {
            bridge_refuse(ctx, SOUK_INVALID, "%s: argument $%u is no SOUK_A_… value in: %.80s",
                          function, i + 1, sql);
            return NULL;
        }
        if (arg->kind == SOUK_ARG_INT)
            out[i] = DB_INT(arg->number);
        else if (arg->kind == SOUK_ARG_TEXT)
            out[i] = DB_TEXT(value_clean(ctx->arena, arg->text));
        else if (arg->kind == SOUK_ARG_BLOB)
            out[i] = DB_BLOB(arg->text);
        else
            out[i] = DB_NULL;
    }
    return out;
}

/* The words of the driver for what just failed. */
static int refuse_sql(struct souk_ctx *ctx, int code, const char *sql)
{
    return bridge_refuse(ctx, code, "%s; in: %.120s", db_error(ctx->conn), sql);
}

static int query_exec(struct souk_ctx *ctx, const char *sql, const struct souk_arg *args,
                      uint32_t count, int64_t *changed)
{
    if (changed)
        *changed = 0;
    if (ctx->kind != SOUK_WRITE)
        return bridge_refuse(
            ctx, SOUK_WRONG_KIND, "souk_exec in %s call; %s", bridge_kind_name(ctx->kind),
            ctx->kind == SOUK_TASK ? "put it into a function for souk_then_write or "
                                     "souk_db_write"
                                   : "declare the route SOUK_WRITE, or SOUK_TASK with "
                                     "souk_then_write");
    struct db_conn *conn = query_conn(ctx);
    const struct db_arg *list = args_of(ctx, "souk_exec", sql, args, count);
    if (!conn || !list)
        return ctx->failure.code;
    db_principal(conn, ctx->self->name);
    int code =
        db_run_args(conn, db_intern(db_of(conn), ctx->self->name, sql), changed, list, (int)count);
    db_principal(conn, NULL);
    return code == SOUK_OK ? SOUK_OK : refuse_sql(ctx, code, sql);
}

static int query_open(struct souk_ctx *ctx, const char *sql, const struct souk_arg *args,
                      uint32_t count, struct souk_rows **rows)
{
    if (!rows)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_query: no place for the rows");
    *rows = NULL;
    struct db_conn *conn = query_conn(ctx);
    const struct db_arg *list = args_of(ctx, "souk_query", sql, args, count);
    if (!conn || !list)
        return ctx->failure.code;
    struct souk_rows *open = arena_new(ctx->arena, struct souk_rows);
    db_principal(conn, ctx->self->name);
    int code = db_query_args(conn, db_intern(db_of(conn), ctx->self->name, sql), &open->rows, list,
                             (int)count);
    db_principal(conn, NULL);
    if (code != SOUK_OK)
        return refuse_sql(ctx, code, sql);
    open->open = 1;
    open->ctx = ctx;
    open->sql = sql;
    open->next = ctx->rows;
    ctx->rows = open;
    *rows = open;
    return SOUK_OK;
}

/* ---- rows ---- */

static int query_next(struct souk_rows *rows)
{
    if (!rows || !rows->open)
        return 0;
    int more = db_next(&rows->rows);
    if (more <= 0)
        rows->open = 0;
    return more < 0 ? refuse_sql(rows->ctx, more, rows->sql) : more;
}

/* A column that there is not reads as 0 or the empty text, which on a page is a price of nothing:
 * the log says so, once a query. */
static int has_column(struct souk_rows *rows, uint32_t column)
{
    if (!rows || !rows->open)
        return 0;
    if (column < (uint32_t)rows->rows.columns)
        return 1;
    if (!rows->blamed)
        log_error("column.unknown", LOG_S("plugin", rows->ctx->self->name),
                  LOG_T("text", arena_printf(rows->ctx->arena,
                                             "there is no column %u: they count from 0, and the "
                                             "statement has %d; in: %.120s",
                                             column, rows->rows.columns, rows->sql)));
    rows->blamed = 1;
    return 0;
}

static int64_t query_column_int(struct souk_rows *rows, uint32_t column)
{
    return has_column(rows, column) ? db_int(&rows->rows, (int)column) : 0;
}

static struct souk_str query_column_text(struct souk_rows *rows, uint32_t column)
{
    return has_column(rows, column) ? db_text(&rows->rows, (int)column) : souk_str("");
}

static int query_column_is_null(struct souk_rows *rows, uint32_t column)
{
    return has_column(rows, column) ? db_is_null(&rows->rows, (int)column) : 1;
}

/* ---- writes ---- */

/* The plugin's function in the savepoint `conn`, with a ctx that may write. */
int query_step(struct souk_ctx *from, struct db_conn *conn, souk_write_fn fn, void *arg)
{
    static const struct call_place anywhere = {"write step", 0, 0};
    struct souk_ctx ctx = *from;
    struct call_place place = anywhere;
    ctx.kind = SOUK_WRITE;
    ctx.conn = conn;
    ctx.borrowed = 1;
    ctx.rows = NULL;
    ctx.guards = NULL;
    ctx.piece = NULL;
    ctx.may_step = 0;
    ctx.then_fn = NULL;
    ctx.failed = 0;
    ctx.failure.code = 0;
    ctx.failure.text[0] = '\0';
    struct db_conn *before = ctx.request ? ctx.request->conn : NULL;
    if (ctx.request) {
        ctx.request->conn = conn;
        if (ctx.request->route && ctx.request->route->where)
            place.where = ctx.request->route->where;
    }
    struct board_mark mark = call_enter(&ctx, &place);
    int code = fn(&ctx, arg);
    call_leave(&ctx, mark);
    call_end(&ctx, conn);
    if (ctx.request)
        ctx.request->conn = before;
    from->failed = ctx.failed;
    from->failure = ctx.failure;
    return code > 0 ? SOUK_ERROR : code;
}

struct own_write {
    struct souk_ctx *ctx;
    souk_write_fn fn;
    void *arg;
};

static int run_own_write(struct db_conn *conn, void *arg)
{
    struct own_write *own = arg;
    return query_step(own->ctx, conn, own->fn, own->arg);
}

int query_quiet(struct souk_ctx *ctx, const char *function)
{
    if (!ctx->quiet)
        return SOUK_OK;
    ctx->noisy++;
    return bridge_refuse(ctx, SOUK_WRONG_KIND,
                         "%s in %s, which may query and write nothing; write from a job or a "
                         "handler of facts",
                         function, ctx->quiet);
}

int query_write(struct souk_ctx *ctx, souk_write_fn fn, void *arg)
{
    struct own_write own = {ctx, fn, arg};
    struct err err = {0};
    int quiet = query_quiet(ctx, "a write");
    if (quiet != SOUK_OK)
        return quiet;
    query_release(ctx);
    ctx->failed = 0;
    int code = db_write(ctx->db, run_own_write, &own, &err);
    if (code != SOUK_OK && (!ctx->failed || ctx->failure.code != code))
        bridge_refuse(ctx, code, "%s", err.text[0] ? err.text : "the write failed");
    return code;
}

static int query_db_write(struct souk_ctx *ctx, souk_write_fn fn, void *arg)
{
    if (!fn)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_db_write: no function");
    if (ctx->kind != SOUK_TASK)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_db_write waits, so it is for TASK calls; in %s call "
                             "%s",
                             bridge_kind_name(ctx->kind),
                             ctx->kind == SOUK_WRITE ? "use souk_exec at once"
                                                     : "nothing can be written");
    return query_write(ctx, fn, arg);
}

static int query_then_write(struct souk_ctx *ctx, souk_write_fn fn, void *arg)
{
    if (!fn)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_then_write: no function");
    if (ctx->kind == SOUK_WRITE || ctx->kind == SOUK_READ || ctx->kind == CALL_INIT)
        return bridge_refuse(ctx, SOUK_WRONG_KIND, "souk_then_write ends a TASK; this is %s call",
                             bridge_kind_name(ctx->kind));
    if (!ctx->may_step)
        return query_write(ctx, fn, arg);
    ctx->then_fn = fn;
    ctx->then_arg = arg;
    return SOUK_OK;
}

const struct souk_db_api query_table = {
    .size = sizeof(struct souk_db_api),
    .exec = query_exec,
    .query = query_open,
    .next = query_next,
    .column_int = query_column_int,
    .column_text = query_column_text,
    .column_is_null = query_column_is_null,
    .write = query_db_write,
    .then_write = query_then_write,
};
