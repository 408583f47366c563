/*
 * The database: SQL on the plugin's own tables (p_<plugin>_…), reading the core's public views
 * (v1_…, at the end of this page). $1, $2 … are the parameters; SQL text is a constant string: it
 * is prepared once per thread and kept.
 *
 * READ handlers query in a snapshot; WRITE handlers and write steps query and change in their
 * savepoint, which is undone when they fail; TASK handlers, jobs and listeners query in a snapshot
 * and change through souk_then_write() or souk_db_write().
 *
 * A list of keys is one parameter and one query: `WHERE id IN (SELECT value FROM json_each($1))`
 * with the text of souk_json_print. SQLite's json_each and json_tree may stand in a query beside
 * the plugin's tables and the views, and its functions of JSON anywhere; other tables that SQLite
 * makes up (pragma_…, fts5vocab) may not.
 *
 * The views, which are part of the ABI: columns are only added. Times are microseconds UTC, amounts
 * minor units. They have the indexes of the tables behind them. Since 0.2:
 * - v1_product: id, key, type, status, visibility, brand, tax_class, created_at, changed_at
 * - v1_variant: id, product_id, sku, barcode, enabled, weight_g, availability, tracked, on_hand,
 *   reserved
 * - v1_category: id, key, parent_id, position, hidden
 * - v1_product_category: product_id, category_id, main
 * - v1_order: id, number, state, payment_state, fulfilment_state, person_id, currency, total,
 *   items, discount, delivery, tax, country, delivery_method, payment_method, placed_at,
 *   changed_at
 * - v1_order_line: id, order_id, product_id, variant_id, sku, name, quantity, unit_price, discount,
 *   total, tax
 * - v1_payment: id, order_id, provider, reference, amount, authorised, captured, refunded, state,
 *   created_at
 * - v1_shipment: id, order_id, number, method, tracking, state, sent_at, delivered_at
 * - v1_person: id, stage, locale, customer_group, created_at (not the merged and erased ones)
 * - v1_event: id, at, kind, visitor, person_id, subject, data
 */
#ifndef SOUK_DB_H
#define SOUK_DB_H

#include <souk/call.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOUK_ARG_NULL 0
#define SOUK_ARG_INT  1
#define SOUK_ARG_TEXT 2
#define SOUK_ARG_BLOB 3

struct souk_arg {
    int32_t kind;
    int32_t reserved;
    int64_t number;
    struct souk_str text;
};

struct souk_rows;

/* A step that writes; runs on the writer and may be run again if its group has to be repeated:
 * change nothing but the database and the answer. */
typedef int (*souk_write_fn)(struct souk_ctx *ctx, void *arg);

struct souk_db_api {
    uint32_t size;
    uint32_t reserved;
    int (*exec)(struct souk_ctx *ctx, const char *sql, const struct souk_arg *args, uint32_t count,
                int64_t *changed);
    int (*query)(struct souk_ctx *ctx, const char *sql, const struct souk_arg *args, uint32_t count,
                 struct souk_rows **rows);
    int (*next)(struct souk_rows *rows);
    int64_t (*column_int)(struct souk_rows *rows, uint32_t column);
    struct souk_str (*column_text)(struct souk_rows *rows, uint32_t column);
    int (*column_is_null)(struct souk_rows *rows, uint32_t column);
    int (*write)(struct souk_ctx *ctx, souk_write_fn fn, void *arg);
    int (*then_write)(struct souk_ctx *ctx, souk_write_fn fn, void *arg);
};

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* ---- the database: not in init ----
 * In TASK, jobs, listeners and commands, whatever waits (souk_db_write, souk_kv_put, souk_kv_delete, souk_emit, souk_job_add, souk_filter,
 * souk_http) closes open queries first: read what you need, then go on. */

/* A parameter of a statement: use SOUK_A_INT and its like. [any; 0.1] */
static inline struct souk_arg souk_arg_of(int32_t kind, int64_t number, struct souk_str text)
{
    struct souk_arg arg;
    arg.kind = kind;
    arg.reserved = 0;
    arg.number = number;
    arg.text = text;
    return arg;
}
#define SOUK_A_INT(n)  souk_arg_of(SOUK_ARG_INT, (n), souk_str(NULL))
#define SOUK_A_STR(s)  souk_arg_of(SOUK_ARG_TEXT, 0, (s))
#define SOUK_A_CSTR(s) souk_arg_of(SOUK_ARG_TEXT, 0, souk_str(s))
#define SOUK_A_BLOB(s) souk_arg_of(SOUK_ARG_BLOB, 0, (s))
#define SOUK_A_NULL    souk_arg_of(SOUK_ARG_NULL, 0, souk_str(NULL))

/* Runs one statement; `changed` (may be NULL) gets the rows changed. WRITE and write steps only. SOUK_CONFLICT: a unique key or CHECK
 * refused it; SOUK_DENIED: not the plugin's table; SOUK_TIMEOUT: over the statement budget. `sql` is a constant text. [WRITE; 0.1] */
static inline int souk_exec_list(struct souk_ctx *ctx, int64_t *changed, const char *sql, const struct souk_arg *args, uint32_t count) { return souk_api->db->exec(ctx, sql, args, count, changed); }
/* Opens a query; walk it with souk_next. What is not walked to its end is closed with the call. Codes as above. [serving; 0.1] */
static inline int souk_query_list(struct souk_ctx *ctx, struct souk_rows **rows, const char *sql, const struct souk_arg *args, uint32_t count) { return souk_api->db->query(ctx, sql, args, count, rows); }
#ifdef __cplusplus
extern "C++" {
/* As the macros below, which C has in their place. [as souk_exec_list; 0.2] */
template <typename... Args> static inline int souk_exec(struct souk_ctx *ctx, int64_t *changed, const char *sql, Args... args)
{
    const struct souk_arg list[] = {args..., SOUK_A_NULL};
    return souk_exec_list(ctx, changed, sql, list, (uint32_t)sizeof...(args));
}
/* As the macro below. [as souk_query_list; 0.2] */
template <typename... Args> static inline int souk_query(struct souk_ctx *ctx, struct souk_rows **rows, const char *sql, Args... args)
{
    const struct souk_arg list[] = {args..., SOUK_A_NULL};
    return souk_query_list(ctx, rows, sql, list, (uint32_t)sizeof...(args));
}
}
#else
/* As souk_exec_list, with the parameters behind the text: souk_exec(ctx, &changed, "UPDATE p_hello_guest SET name = $1 WHERE id = $2", SOUK_A_CSTR("Ada"), SOUK_A_INT(7)). [WRITE; 0.1] */
#define souk_exec(ctx, changed, ...)  SOUK_CALL_SQL(souk_exec_list, (ctx), (changed), __VA_ARGS__, SOUK_A_NULL)
/* As souk_query_list: souk_query(ctx, &rows, "SELECT name FROM p_hello_guest WHERE id > $1", SOUK_A_INT(last)). [serving; 0.1] */
#define souk_query(ctx, rows, ...)    SOUK_CALL_SQL(souk_query_list, (ctx), (rows), __VA_ARGS__, SOUK_A_NULL)
/* The argument added last keeps the list from being empty; it is not counted. */
#define SOUK_CALL_SQL(function, ctx, out, sql, ...)                                                            \
    function(ctx, out, sql, (const struct souk_arg[]){__VA_ARGS__},                                            \
             (uint32_t)(sizeof((const struct souk_arg[]){__VA_ARGS__}) / sizeof(struct souk_arg)) - 1)
#endif
/* 1: a row stands ready; 0: the end; negative: a code. [serving; 0.1] */
static inline int souk_next(struct souk_rows *rows) { return souk_api->db->next(rows); }
/* Columns count from 0. Text lives until the next souk_next. [serving; 0.1] */
static inline int64_t souk_column_int(struct souk_rows *rows, uint32_t column) { return souk_api->db->column_int(rows, column); }
/* Text or bytes; empty for NULL. [serving; 0.1] */
static inline struct souk_str souk_column_text(struct souk_rows *rows, uint32_t column) { return souk_api->db->column_text(rows, column); }
/* 1 when the column is NULL. [serving; 0.1] */
static inline int souk_column_is_null(struct souk_rows *rows, uint32_t column) { return souk_api->db->column_is_null(rows, column); }
/* TASK, jobs, listeners, commands: runs `fn` on the writer and waits until it is on disk. Open queries are closed before. `fn` may run
 * more than once. Gives back fn's code, SOUK_BUSY when the writer's queue is full, SOUK_TIMEOUT. [TASK; blocks; 0.1] */
static inline int souk_db_write(struct souk_ctx *ctx, souk_write_fn fn, void *arg) { return souk_api->db->write(ctx, fn, arg); }
/* A TASK route's last step: the handler returns SOUK_OK, `fn` writes and answers. `arg` must be of souk_alloc. Elsewhere in TASK: souk_db_write. [TASK; 0.1] */
static inline int souk_then_write(struct souk_ctx *ctx, souk_write_fn fn, void *arg) { return souk_api->db->then_write(ctx, fn, arg); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
