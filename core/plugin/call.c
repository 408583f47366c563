/*
 * call.c: the one way into a plugin's code and out of it again.
 *
 * The idea: a struct souk_ctx is on the stack of whoever calls; it knows the plugin,
 * the set that the caller pinned, where memory comes from and how the database may be
 * used. Around the plugin's function stand the marks on the board, so that a crash or
 * hang has a name; after it, whatever number came back is turned into one of our codes
 * with words that name the plugin and the place. A write step that a TASK left is run
 * on the writer with the same ctx, turned into a WRITE for as long as that takes.
 *
 * Invariants: a ctx is used by one thread at a time (the task thread waits while the
 * writer has it). A snapshot that was begun here is ended here; a borrowed one is not.
 * Interned text lives as long as the process.
 *
 * What plugins ask for through the ctx is the bridge's; which plugin is called is the
 * caller's.
 */
#include "plugin/call.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/str.h"
#include "plugin/census.h"

#define WARN_SPAN  (250 * CLOCK_MS)
#define KILL_SPAN  (5 * CLOCK_SECOND)
#define WRITE_SPAN (5 * CLOCK_SECOND) /* that a step may run before the process is ended */

/* ---- marks ---- */

struct board_mark call_enter(const struct souk_ctx *ctx, const struct call_place *place)
{
    uint32_t plugin = ctx->self ? ctx->self->board : BOARD_CORE;
    if (census_watching())
        census_enter();
    return board_enter(plugin, place->where, place->warn ? place->warn : WARN_SPAN,
                       place->kill ? place->kill : KILL_SPAN);
}

void call_leave(struct souk_ctx *ctx, struct board_mark before)
{
    board_leave(before);
    if (census_watching())
        census_leave(ctx->self ? ctx->self->name : "");
}

static pthread_mutex_t intern_lock = PTHREAD_MUTEX_INITIALIZER;
static struct map interned;

const char *call_intern(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0)
        return "";
    pthread_mutex_lock(&intern_lock);
    const char *kept = map_get(&interned, souk_str(text));
    if (!kept) {
        kept = board_keep(text);
        kept = kept ? kept : mem_strdup(text);
        map_put(&interned, souk_str(kept), (void *)(uintptr_t)kept);
    }
    pthread_mutex_unlock(&intern_lock);
    return kept;
}

/* ---- life ---- */

void call_begin(struct souk_ctx *ctx, const struct call_start *start)
{
    memset(ctx, 0, sizeof(*ctx));
    ctx->self = start->plugin;
    ctx->set = start->set;
    ctx->db = start->db;
    ctx->arena = start->arena;
    ctx->kind = start->kind;
    ctx->deadline = start->span ? clock_mono() + start->span : 0;
    ctx->now = clock_now();
    ctx->locale = start->locale ? start->locale : "en";
}

struct db_conn *call_snapshot(struct souk_ctx *ctx)
{
    if (!ctx->conn && ctx->kind == SOUK_TASK && ctx->db) {
        ctx->conn = db_read_begin(ctx->db, ctx->deadline);
        if (ctx->conn && ctx->self)
            db_principal(ctx->conn, ctx->self->name);
    }
    return ctx->conn;
}

static void close_rows(struct souk_ctx *ctx)
{
    for (; ctx->rows; ctx->rows = ctx->rows->next) {
        if (ctx->rows->open) {
            db_close(&ctx->rows->rows);
            ctx->rows->open = 0;
        }
    }
}

static void end_snapshot(struct souk_ctx *ctx)
{
    db_principal(ctx->conn, NULL);
    db_read_end(ctx->conn);
    ctx->conn = NULL;
}

void call_release(struct souk_ctx *ctx)
{
    close_rows(ctx);
    if (ctx->conn && ctx->kind == SOUK_TASK && !ctx->borrowed)
        end_snapshot(ctx);
}

static void drop_guards(struct souk_ctx *ctx)
{
    while (ctx->guards) {
        struct call_guard *guard = ctx->guards;
        ctx->guards = guard->next;
        guard->drop(guard);
    }
}

struct arena *call_piece(struct souk_ctx *ctx)
{
    if (!ctx->piece)
        ctx->piece = mem_zalloc(sizeof *ctx->piece);
    arena_scribble(ctx->piece);
    arena_reset(ctx->piece);
    return ctx->piece;
}

static void free_piece(struct souk_ctx *ctx)
{
    if (!ctx->piece)
        return;
    arena_free(ctx->piece);
    free(ctx->piece);
    ctx->piece = NULL;
}

void call_end(struct souk_ctx *ctx, struct db_conn *conn_before)
{
    close_rows(ctx);
    free_piece(ctx);
    drop_guards(ctx);
    if (ctx->conn && !conn_before && !ctx->borrowed)
        end_snapshot(ctx);
    ctx->then_fn = NULL;
}

/* ---- results ---- */

static int is_code(int returned)
{
    return returned <= 0 && returned >= SOUK_WRONG_KIND;
}

int call_result(struct souk_ctx *ctx, int returned, const struct call_place *place, struct err *err)
{
    if (returned == SOUK_OK)
        return 0;
    int code = is_code(returned) ? returned : SOUK_ERROR;
    const char *text = ctx->failed ? ctx->failure.text : err_name(code);
    if (!is_code(returned)) {
        return err_set(err, code, "plugin \"%s\": %s: returned %d, which is no result code",
                       ctx->self ? ctx->self->name : "", place->where, returned);
    }
    if (code == SOUK_DENIED && ctx->failed == 1)
        return err_set(err, code, "%s", text); /* a reason for the customer */
    return err_set(err, code, "plugin \"%s\": %s: %s", ctx->self ? ctx->self->name : "",
                   place->where, text);
}

/* ---- the write step ---- */

int call_write_step(struct souk_ctx *ctx, struct db_conn *conn, const struct call_place *place)
{
    struct call_place step = {place->where, place->warn, WRITE_SPAN};
    struct db_conn *before_conn = ctx->conn;
    int before_kind = ctx->kind;
    ctx->conn = conn;
    ctx->kind = SOUK_WRITE;
    ctx->rows = NULL;
    ctx->failed = 0;
    ctx->failure.code = 0;
    ctx->failure.text[0] = '\0';
    db_principal(conn, ctx->self ? ctx->self->name : NULL);
    struct board_mark mark = call_enter(ctx, &step);
    int returned = ctx->then_fn(ctx, ctx->then_arg);
    call_leave(ctx, mark);
    close_rows(ctx);
    db_principal(conn, NULL);
    ctx->conn = before_conn;
    ctx->kind = before_kind;
    struct err err = {0};
    int code = call_result(ctx, returned, place, &err);
    return code ? db_refuse(conn, code, "%s", err.text) : 0;
}

struct step { /* for the writer */
    struct souk_ctx *ctx;
    const struct call_place *place;
};

static int run_step(struct db_conn *conn, void *arg)
{
    struct step *step = arg;
    return call_write_step(step->ctx, conn, step->place);
}

int call_finish(struct souk_ctx *ctx, int returned, const struct call_place *place, struct err *err)
{
    int code = call_result(ctx, returned, place, err);
    if (code || !ctx->then_fn)
        return code;
    if (!ctx->db) {
        return err_set(err, SOUK_WRONG_KIND,
                       "plugin \"%s\": %s: left a write step where there is no database",
                       ctx->self ? ctx->self->name : "", place->where);
    }
    struct step step = {ctx, place};
    call_release(ctx);
    return db_write(ctx->db, run_step, &step, err);
}
