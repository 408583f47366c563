/*
 * call: souk_ctx, and the one way into a plugin's code. plugin_call marks the board, runs the
 * function, unmarks, and turns a failure into words that name the plugin and the place.
 */
#ifndef PLUGIN_CALL_H
#define PLUGIN_CALL_H

#include "base/board.h"
#include "base/buf.h"
#include "base/clock.h"
#include "plugin/set.h"

/* Kinds of call beyond SOUK_READ, SOUK_WRITE, SOUK_TASK. */
#define CALL_INIT 10 /* init, start, stop: options, memory, log, no database */

struct request; /* web/request.h */

/* What a call began and has to end, such as a file that is being written: dropped with the call
 * unless it was taken off the list before. */
struct call_guard {
    struct call_guard *next;
    void (*drop)(struct call_guard *guard);
};

struct souk_ctx {
    struct plugin *self;
    struct arena *arena;
    struct plugin_set *set; /* NULL in init */
    struct db *db;
    struct db_conn *conn; /* the snapshot or savepoint; NULL: begun at the first query (TASK) */
    int kind;
    int64_t deadline; /* clock_mono; 0 = none */
    int64_t now;      /* clock_now at the start of the call: constant within */
    const char *locale;
    struct request *request; /* NULL outside of a request */
    struct buf *out;         /* souk_print; NULL: to the log */
    souk_write_fn then_fn;   /* the write step that a TASK left */
    void *then_arg;
    int failed; /* 1: the plugin said why (souk_fail); 2: the words are the core's, for the log
                   alone */
    struct err failure;
    struct souk_rows *rows; /* queries that are open */
    struct call_guard *guards;
    int may_step; /* whoever made this ctx runs then_fn afterwards; 0: souk_then_write writes at
                     once */
    int borrowed; /* conn is an outer call's: it stays open */
    struct arena *piece; /* what a walk gave last, forgotten with its next step; NULL: none */
    const char *quiet;   /* what this call is, when it may write nothing; NULL: as its kind says */
    int noisy;           /* how often it tried to, all the same */
};

struct souk_rows { /* one query of a plugin, in the call's arena */
    struct db_rows rows;
    struct souk_rows *next;
    struct souk_ctx *ctx; /* whose failure it is when a step fails */
    const char *sql;
    int open;
    int blamed; /* a column that there is not was asked for, and the log has it */
};

/* An arena for what is given back in pieces (souk_item_walk, souk_order_list), empty; what stood in
 * it is overwritten, so that a plugin which kept some of it is caught. Freed by call_end. */
struct arena *call_piece(struct souk_ctx *ctx);

/* Ends what a call left open: its queries, what it guards and, if the call began it (`conn` was
 * NULL before), its snapshot. Everybody who fills a souk_ctx calls it last. */
void call_end(struct souk_ctx *ctx, struct db_conn *conn_before);

/* Runs `fn` (one of the shapes below) for ctx->self with its mark set. Spans in us; 0 takes the
 * defaults: warn 250 ms, kill 5 s. */
struct call_place {
    const char *where; /* outlives the process: interned */
    int64_t warn, kill;
};
struct board_mark call_enter(const struct souk_ctx *ctx, const struct call_place *place);
void call_leave(struct souk_ctx *ctx, struct board_mark before);

/* The text, kept until the process ends; the same text gives the same pointer. For `where`: built
 * once per plugin set, not per call. */
const char *call_intern(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The life of a ctx: begin, enter, the plugin's function, leave, finish (TASK only), call_end. */
struct call_start {
    struct plugin *plugin;
    struct plugin_set *set; /* pinned by the caller for the whole call; NULL in init */
    struct db *db;
    struct arena *arena;
    int kind;
    int64_t span;       /* the deadline is this far away; 0: none */
    const char *locale; /* NULL: "en" */
};
void call_begin(struct souk_ctx *ctx, const struct call_start *start);
/* The connection to query on: a TASK's snapshot is begun here. NULL where there is no database
 * (init) or it cannot be had. */
struct db_conn *call_snapshot(struct souk_ctx *ctx);
/* Closes the queries and ends a TASK's snapshot, unless that is borrowed; to be called before
 * waiting for anything. The next query begins another. */
void call_release(struct souk_ctx *ctx);
/* Runs the write step that the plugin left (ctx->then_fn), in the writer, on `conn`: what a db_fn
 * of the owner calls. May be run again. `place` of the call that left it. A failure is in
 * ctx->failure, and on `conn` as db_refuse has it. */
int call_write_step(struct souk_ctx *ctx, struct db_conn *conn, const struct call_place *place);
/* Turns what the plugin's function returned into a code and words in err ("plugin "x": place: …"; a
 * veto, SOUK_DENIED, stays bare), and when that is good runs the write step and waits for it. On
 * task threads. */
int call_finish(struct souk_ctx *ctx, int returned, const struct call_place *place,
                struct err *err);
/* Only the words: what `returned` means. 0, or a SOUK_… code. */
int call_result(struct souk_ctx *ctx, int returned, const struct call_place *place,
                struct err *err);

/* Filters: every listener of `event` in order, on this (task) thread, under the pin of `set`. The
 * first veto or failure of an essential or gate plugin stops; a failing optional one is logged and
 * skipped. */
int event_filter(struct souk_ctx *from, struct souk_str event, struct souk_str subject,
                 struct json *payload, struct err *err);
/* One fact to one plugin (a job "event:<plugin>"). */
int event_deliver(struct plugin_set *set, struct db *db, struct plugin *plugin,
                  const struct souk_event *event, struct err *err);
/* Who gets a fact: for db_options.consumers. Includes plugins that are wanted but quarantined. */
int event_consumers(void *host, struct souk_str topic, struct arena *arena, const char ***names);

#endif
