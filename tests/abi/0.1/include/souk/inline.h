/*
 * The functions that authors call. Each is one step through the table that the core
 * hands over, so a plugin links against nothing. Include <souk.h>, not this file.
 *
 * For all of them, unless the line says otherwise: any kind of handler may call;
 * nothing blocks; what is given back lives until the handler returns and is never
 * freed; what is passed in is copied; a missing text is the empty one, never a NULL to
 * trip over; int results are SOUK_OK or a SOUK_… code. Times are microseconds UTC. Here
 * since 0.1.
 */
#ifndef SOUK_INLINE_H
#define SOUK_INLINE_H

#ifndef SOUK_H
#error "include <souk.h>"
#endif

#define SOUK_FORMAT(at) __attribute__((format(printf, at, at + 1)))

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* ---- memory ---- */

/* Memory of this call: 16-byte aligned, not cleared; gone when the handler's answer is out. Never NULL. */
static inline void *souk_alloc(struct souk_ctx *ctx, size_t bytes) { return souk_api->call->alloc(ctx, bytes); }
/* Memory of the plugin: cleared; lives until stop(). Meant for init: it is not given back before. */
static inline void *souk_pool_alloc(struct souk_ctx *ctx, size_t bytes) { return souk_api->call->pool_alloc(ctx, bytes); }

static inline struct souk_str souk_copy_to(char *to, struct souk_str text)
{
    struct souk_str copy;
    if (text.len)
        memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
    copy.ptr = to;
    copy.len = text.len;
    return copy;
}
/* A copy for this call, with a NUL behind it: for what a row or a buffer of yours is about to forget. */
static inline struct souk_str souk_copy(struct souk_ctx *ctx, struct souk_str text) { return souk_copy_to((char *)souk_alloc(ctx, text.len + 1), text); }
/* A copy that lives as long as the plugin; with a NUL behind it. */
static inline struct souk_str souk_keep(struct souk_ctx *ctx, struct souk_str text) { return souk_copy_to((char *)souk_pool_alloc(ctx, text.len + 1), text); }

static inline __attribute__((format(printf, 2, 0))) struct souk_str souk_vprintf(struct souk_ctx *ctx, const char *format, va_list args)
{
    va_list again;
    struct souk_str text = {"", 0};
    char *to;
    int length;
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length <= 0)
        return text;
    to = (char *)souk_alloc(ctx, (size_t)length + 1);
    vsnprintf(to, (size_t)length + 1, format, args);
    text.ptr = to;
    text.len = (size_t)length;
    return text;
}

/* Formatted text in this call's memory, with a NUL behind it. Print views with "%.*s", SOUK_PRI(view). */
static inline SOUK_FORMAT(2) struct souk_str souk_printf(struct souk_ctx *ctx, const char *format, ...)
{
    va_list args;
    struct souk_str text;
    va_start(args, format);
    text = souk_vprintf(ctx, format, args);
    va_end(args);
    return text;
}

/* The text as a decimal number, or `otherwise` when it is none: for query and form fields. */
static inline int64_t souk_number(struct souk_str text, int64_t otherwise)
{
    int negative = text.len > 0 && text.ptr[0] == '-';
    size_t i = (size_t)negative;
    int64_t number = 0;
    if (i == text.len)
        return otherwise;
    for (; i < text.len; i++) {
        int digit = text.ptr[i] - '0';
        if (digit < 0 || digit > 9 || number < (INT64_MIN + digit) / 10)
            return otherwise;
        number = number * 10 - digit; /* below zero there is room for one more */
    }
    if (!negative && number == INT64_MIN)
        return otherwise;
    return negative ? number : -number;
}

/* ---- log and failure ---- */

/* A line in the shop's log under the plugin's name. level: SOUK_LOG_…; never put secrets or whole bodies here. */
static inline SOUK_FORMAT(3) void souk_log(struct souk_ctx *ctx, int32_t level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    souk_api->call->log(ctx, level, souk_vprintf(ctx, format, args));
    va_end(args);
}

/* Says why and gives `code` back, so that a handler ends with `return souk_fail(…)`. With SOUK_INVALID, _DENIED, _NOT_FOUND, _CONFLICT
 * and _TOO_LARGE the customer reads the text; with the others it goes to the log alone. */
static inline SOUK_FORMAT(3) int souk_fail(struct souk_ctx *ctx, int32_t code, const char *format, ...)
{
    va_list args;
    int result;
    va_start(args, format);
    result = (souk_api->call->fail)(ctx, code, souk_vprintf(ctx, format, args)); /* cmocka has a macro fail() */
    va_end(args);
    return result;
}
/* The words of the last failure in this call: of souk_fail, or of a function that gave back a code. */
static inline struct souk_str souk_failure(struct souk_ctx *ctx) { return souk_api->call->failure(ctx); }

/* Output of a command; elsewhere a line of the log. */
static inline SOUK_FORMAT(2) void souk_print(struct souk_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    souk_api->call->print(ctx, souk_vprintf(ctx, format, args));
    va_end(args);
}

/* ---- time, state, options ---- */

/* The time of this call: the same however often it is asked for. */
static inline int64_t souk_now(struct souk_ctx *ctx) { return souk_api->call->now(ctx); }
/* Microseconds until the deadline; 0 when it has passed, INT64_MAX when there is none. */
static inline int64_t souk_left(struct souk_ctx *ctx) { return souk_api->call->left(ctx); }
/* The name of this plugin. */
static inline struct souk_str souk_self(struct souk_ctx *ctx) { return souk_api->call->plugin(ctx); }
/* The pointer that init left with souk_state_set. What it points to is shared by all threads: guard what changes. */
static inline void *souk_state(struct souk_ctx *ctx) { return souk_api->call->state(ctx); }
/* In init only; elsewhere it is refused with a line in the log. */
static inline void souk_state_set(struct souk_ctx *ctx, void *state) { souk_api->call->state_set(ctx, state); }
/* Options as the descriptor declares them, defaults filled in: bool 0/1, duration us, rate parts per million, money minor units. */
static inline int64_t souk_option_int(struct souk_ctx *ctx, const char *key) { return souk_api->call->option_int(ctx, key); }
/* Text, choice, URL and secret; lives as long as the plugin. */
static inline struct souk_str souk_option_text(struct souk_ctx *ctx, const char *key) { return souk_api->call->option_text(ctx, key); }
/* Lists and maps; NULL when not given. */
static inline const struct souk_value *souk_option(struct souk_ctx *ctx, const char *key) { return souk_api->call->option(ctx, key); }

/* ---- language ---- */

/* The text in the visitor's language, from the plugin's catalogue, then the shop's, then as it stands. */
static inline struct souk_str souk_t(struct souk_ctx *ctx, const char *text) { return souk_api->call->translate(ctx, souk_str(text), souk_str(NULL), 1); }
/* The form for n: souk_tn(ctx, "one guest", "{count} guests", n); {count} is left for you or the template to fill. */
static inline struct souk_str souk_tn(struct souk_ctx *ctx, const char *one, const char *many, int64_t n) { return souk_api->call->translate(ctx, souk_str(one), souk_str(many), n); }
/* "en", "bg" …: of the request, or the shop's default. */
static inline struct souk_str souk_locale(struct souk_ctx *ctx) { return souk_api->call->locale(ctx); }

/* ---- small things ---- */

/* The plugin's own named values, in the database. SOUK_NOT_FOUND; not in init. Keys up to 200 bytes. */
static inline int souk_kv_get(struct souk_ctx *ctx, const char *key, struct souk_str *value) { return souk_api->call->kv_get(ctx, souk_str(key), value); }
/* Up to 64 KiB a value. In WRITE a part of the transaction; in TASK, jobs and listeners it waits for a write of its own; not in READ. */
static inline int souk_kv_put(struct souk_ctx *ctx, const char *key, struct souk_str value) { return souk_api->call->kv_put(ctx, souk_str(key), value); }
/* As souk_kv_put. What is not there is deleted, too. */
static inline int souk_kv_delete(struct souk_ctx *ctx, const char *key) { return souk_api->call->kv_delete(ctx, souk_str(key)); }
/* Adds to the counter souk_plugin_total{plugin, name} of /metrics. `metric`: [a-z][a-z0-9_]*, a constant; not a value for the books. */
static inline void souk_count(struct souk_ctx *ctx, const char *metric, int64_t add) { souk_api->call->count(ctx, metric, add); }
/* A new id: positive, unique in this shop, growing with time. */
static inline int64_t souk_new_id(struct souk_ctx *ctx) { return souk_api->call->new_id(ctx); }
/* Random bytes, fit for keys. */
static inline int souk_random(struct souk_ctx *ctx, void *to, size_t bytes) { return souk_api->call->random(ctx, to, bytes); }
static inline int souk_sha256(struct souk_ctx *ctx, struct souk_str data, uint8_t digest[32]) { return souk_api->call->sha256(ctx, data, digest); }
static inline int souk_hmac_sha256(struct souk_ctx *ctx, struct souk_str key, struct souk_str data, uint8_t digest[32]) { return souk_api->call->hmac_sha256(ctx, key, data, digest); }
/* 1 when equal, in a time that does not tell where they differ: for tokens and signatures. */
static inline int souk_equal_secret(struct souk_str a, struct souk_str b) { return souk_api->call->equal_secret(a, b); }

/* ---- values: making ----
 * `parent` is a map, or a list with key NULL (appends). A key that exists gets the new value. Bytes that are not UTF-8 become U+FFFD. */

static inline struct souk_value *souk_map(struct souk_ctx *ctx) { return souk_api->value->create(ctx, SOUK_VALUE_MAP); }
static inline struct souk_value *souk_list(struct souk_ctx *ctx) { return souk_api->value->create(ctx, SOUK_VALUE_LIST); }
/* Gives back the new map or list, to be filled. */
static inline struct souk_value *souk_set_map(struct souk_ctx *ctx, struct souk_value *parent, const char *key) { return souk_api->value->set(ctx, parent, souk_str(key), SOUK_VALUE_MAP); }
static inline struct souk_value *souk_set_list(struct souk_ctx *ctx, struct souk_value *parent, const char *key) { return souk_api->value->set(ctx, parent, souk_str(key), SOUK_VALUE_LIST); }
static inline void souk_set_null(struct souk_ctx *ctx, struct souk_value *parent, const char *key) { souk_api->value->set(ctx, parent, souk_str(key), SOUK_VALUE_NULL); }
static inline void souk_set_str(struct souk_ctx *ctx, struct souk_value *parent, const char *key, struct souk_str text) { souk_api->value->set_text(ctx, parent, souk_str(key), text); }
static inline void souk_set_cstr(struct souk_ctx *ctx, struct souk_value *parent, const char *key, const char *text) { souk_api->value->set_text(ctx, parent, souk_str(key), souk_str(text)); }
static inline void souk_set_int(struct souk_ctx *ctx, struct souk_value *parent, const char *key, int64_t number) { souk_api->value->set_int(ctx, parent, souk_str(key), SOUK_VALUE_INT, number); }
static inline void souk_set_bool(struct souk_ctx *ctx, struct souk_value *parent, const char *key, int truth) { souk_api->value->set_int(ctx, parent, souk_str(key), SOUK_VALUE_BOOL, truth != 0); }
/* Microseconds UTC; kept as RFC 3339 text, which the template's `date` filter reads. */
static inline void souk_set_time(struct souk_ctx *ctx, struct souk_value *parent, const char *key, int64_t at) { souk_api->value->set_time(ctx, parent, souk_str(key), at); }
/* A deep copy of a tree under `key`. */
static inline void souk_set_copy(struct souk_ctx *ctx, struct souk_value *parent, const char *key, const struct souk_value *tree) { souk_api->value->set_copy(ctx, parent, souk_str(key), tree); }
/* {"amount": minor units, "currency": "EUR"}: what the `money` filter takes. */
static inline void souk_set_money(struct souk_ctx *ctx, struct souk_value *parent, const char *key, struct souk_money money)
{
    struct souk_value *map = souk_set_map(ctx, parent, key);
    souk_set_int(ctx, map, "amount", money.minor);
    souk_set_cstr(ctx, map, "currency", money.currency);
}

/* ---- values: reading. NULL is an empty value: souk_text(souk_get(souk_get(v, "a"), "b")) never trips. ---- */

/* SOUK_VALUE_…; NULL is SOUK_VALUE_NULL. */
static inline int32_t souk_kind(const struct souk_value *value) { return souk_api->value->kind(value); }
/* Items of a list, members of a map, else 0. */
static inline uint32_t souk_count_of(const struct souk_value *value) { return souk_api->value->count(value); }
/* The member, or NULL. */
static inline const struct souk_value *souk_get(const struct souk_value *map, const char *key) { return souk_api->value->get(map, souk_str(key)); }
/* The item from 0, or NULL. Costs a walk from the start: use souk_walk for all of them. */
static inline const struct souk_value *souk_at(const struct souk_value *list, uint32_t index) { return souk_api->value->at(list, index, NULL); }
static inline struct souk_str souk_text(const struct souk_value *value) { return souk_api->value->text(value); }
/* The integer (a bool as 0 or 1), or `otherwise` when it is none. */
static inline int64_t souk_int(const struct souk_value *value, int64_t otherwise) { return souk_api->value->number(value, otherwise); }
/* 0 for nothing, null and false; 1 for all else, as in templates. */
static inline int souk_true(const struct souk_value *value)
{
    int32_t kind = souk_kind(value);
    return kind == SOUK_VALUE_BOOL ? souk_int(value, 0) != 0 : kind != SOUK_VALUE_NULL;
}

/* All items: struct souk_walk w = souk_walk(list); while (souk_step(&w)) … w.value, w.key … */
struct souk_walk {
    const struct souk_value *parent;
    const struct souk_value *value;
    struct souk_str key;
    const void *place;
};
static inline struct souk_walk souk_walk(const struct souk_value *parent)
{
    struct souk_walk walk;
    memset(&walk, 0, sizeof(walk));
    walk.parent = parent;
    return walk;
}
static inline int souk_step(struct souk_walk *walk) { return (walk->value = souk_api->value->step(walk->parent, &walk->place, &walk->key)) != NULL; }
/* Text to a tree: at most 1 MiB and 32 deep; SOUK_INVALID with line and column in souk_failure. */
static inline int souk_json_parse(struct souk_ctx *ctx, struct souk_str json, struct souk_value **out) { return souk_api->value->parse(ctx, json, out); }
/* One line of JSON, with a NUL behind it. */
static inline struct souk_str souk_json_print(struct souk_ctx *ctx, const struct souk_value *value) { return souk_api->value->print(ctx, value); }

/* ---- the database: not in init ----
 * In TASK, jobs, listeners and commands, whatever waits (souk_db_write, souk_kv_put, souk_kv_delete, souk_emit, souk_job_add, souk_filter,
 * souk_http) closes open queries first: read what you need, then go on. */

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
 * refused it; SOUK_DENIED: not the plugin's table; SOUK_TIMEOUT: over the statement budget. `sql` is a constant text. */
static inline int souk_exec_list(struct souk_ctx *ctx, int64_t *changed, const char *sql, const struct souk_arg *args, uint32_t count) { return souk_api->db->exec(ctx, sql, args, count, changed); }
/* Opens a query; walk it with souk_next. What is not walked to its end is closed with the call. Codes as above. */
static inline int souk_query_list(struct souk_ctx *ctx, struct souk_rows **rows, const char *sql, const struct souk_arg *args, uint32_t count) { return souk_api->db->query(ctx, sql, args, count, rows); }
#ifndef __cplusplus
/* souk_exec(ctx, &changed, "UPDATE p_hello_guest SET name = $1 WHERE id = $2", SOUK_A_CSTR("Ada"), SOUK_A_INT(7)); */
#define souk_exec(ctx, changed, ...)  SOUK_CALL_SQL(souk_exec_list, (ctx), (changed), __VA_ARGS__, SOUK_A_NULL)
/* souk_query(ctx, &rows, "SELECT name FROM p_hello_guest WHERE id > $1", SOUK_A_INT(last)); */
#define souk_query(ctx, rows, ...)    SOUK_CALL_SQL(souk_query_list, (ctx), (rows), __VA_ARGS__, SOUK_A_NULL)
/* The argument added last keeps the list from being empty; it is not counted. */
#define SOUK_CALL_SQL(function, ctx, out, sql, ...)                                                            \
    function(ctx, out, sql, (const struct souk_arg[]){__VA_ARGS__},                                            \
             (uint32_t)(sizeof((const struct souk_arg[]){__VA_ARGS__}) / sizeof(struct souk_arg)) - 1)
#endif
/* 1: a row stands ready; 0: the end; negative: a code. */
static inline int souk_next(struct souk_rows *rows) { return souk_api->db->next(rows); }
/* Columns count from 0. Text lives until the next souk_next. */
static inline int64_t souk_column_int(struct souk_rows *rows, uint32_t column) { return souk_api->db->column_int(rows, column); }
static inline struct souk_str souk_column_text(struct souk_rows *rows, uint32_t column) { return souk_api->db->column_text(rows, column); }
static inline int souk_column_is_null(struct souk_rows *rows, uint32_t column) { return souk_api->db->column_is_null(rows, column); }
/* TASK, jobs, listeners, commands: runs `fn` on the writer and waits until it is on disk. Open queries are closed before. `fn` may run
 * more than once. Gives back fn's code, SOUK_BUSY when the writer's queue is full, SOUK_TIMEOUT. */
static inline int souk_db_write(struct souk_ctx *ctx, souk_write_fn fn, void *arg) { return souk_api->db->write(ctx, fn, arg); }
/* A TASK route's last step: the handler returns SOUK_OK, `fn` writes and answers. `arg` must be of souk_alloc. Elsewhere in TASK: souk_db_write. */
static inline int souk_then_write(struct souk_ctx *ctx, souk_write_fn fn, void *arg) { return souk_api->db->then_write(ctx, fn, arg); }

/* ---- the request: empty outside of one ---- */

static inline struct souk_str souk_method(struct souk_ctx *ctx) { return souk_api->request->method(ctx); }
/* As sent: percent signs and all, without the query. */
static inline struct souk_str souk_path(struct souk_ctx *ctx) { return souk_api->request->path(ctx); }
/* {name} of the route's path, decoded. */
static inline struct souk_str souk_param(struct souk_ctx *ctx, const char *name) { return souk_api->request->param(ctx, name); }
/* The first ?name=; decoded. */
static inline struct souk_str souk_query_param(struct souk_ctx *ctx, const char *name) { return souk_api->request->query(ctx, name); }
/* A field of a form, urlencoded or multipart. */
static inline struct souk_str souk_form(struct souk_ctx *ctx, const char *name) { return souk_api->request->form(ctx, name); }
static inline struct souk_str souk_header(struct souk_ctx *ctx, const char *name) { return souk_api->request->header(ctx, name); }
/* The client's address, behind trusted proxies too. */
static inline struct souk_str souk_address(struct souk_ctx *ctx) { return souk_api->request->address(ctx); }
/* What the log calls this request. */
static inline struct souk_str souk_request_id(struct souk_ctx *ctx) { return souk_api->request->request_id(ctx); }
/* The raw body. */
static inline struct souk_str souk_body(struct souk_ctx *ctx) { return souk_api->request->body(ctx); }
/* The body as a tree; SOUK_INVALID when it is not JSON or not sent as such. */
static inline int souk_body_json(struct souk_ctx *ctx, const struct souk_value **out) { return souk_api->request->body_json(ctx, out); }
/* A file of a multipart form, or NULL. */
static inline const struct souk_upload *souk_upload_of(struct souk_ctx *ctx, const char *field) { return souk_api->request->upload(ctx, field); }
/* What this plugin put into the visitor's session. */
static inline struct souk_str souk_session_get(struct souk_ctx *ctx, const char *key) { return souk_api->request->session_get(ctx, key); }
/* WRITE and write steps of a request. All plugins' values together take 4 KiB: SOUK_TOO_LARGE. Starts a session when there is none. */
static inline int souk_session_set(struct souk_ctx *ctx, const char *key, struct souk_str value) { return souk_api->request->session_set(ctx, key, value); }
/* For clients that send neither Origin nor Sec-Fetch-Site; empty without a session. */
static inline struct souk_str souk_csrf_token(struct souk_ctx *ctx) { return souk_api->request->csrf_token(ctx); }

/* ---- the answer: once; the last one counts ---- */

/* SOUK_INVALID: not a token, a line break in the value, or a header that the core sets itself. */
static inline int souk_set_header(struct souk_ctx *ctx, const char *name, struct souk_str value) { return souk_api->request->set_header(ctx, name, value); }
/* HttpOnly, SameSite=Lax, Secure behind TLS. max_age in seconds; 0: until the browser closes; negative: delete. */
static inline int souk_set_cookie(struct souk_ctx *ctx, const char *name, struct souk_str value, int64_t max_age_s) { return souk_api->request->set_cookie(ctx, name, value, max_age_s); }
/* Any bytes; text and JSON must be UTF-8. */
static inline int souk_answer(struct souk_ctx *ctx, int32_t status, const char *type, struct souk_str body) { return souk_api->request->answer(ctx, status, souk_str(type), body); }
static inline int souk_answer_text(struct souk_ctx *ctx, int32_t status, struct souk_str text) { return souk_api->request->answer(ctx, status, souk_str("text/plain; charset=utf-8"), text); }
static inline int souk_answer_json(struct souk_ctx *ctx, int32_t status, const struct souk_value *value) { return souk_api->request->answer_json(ctx, status, value); }
/* A template of the plugin's files ("templates/NAME.html") with `view` as its data. */
static inline int souk_answer_template(struct souk_ctx *ctx, int32_t status, const char *name, const struct souk_value *view) { return souk_api->request->answer_template(ctx, status, name, view); }
/* status 301, 302, 303 (after a form), 307 or 308; an own path or an http(s) URL, never one that a visitor sent unchecked. */
static inline int souk_redirect(struct souk_ctx *ctx, int32_t status, struct souk_str location) { return souk_api->request->answer_redirect(ctx, status, location); }

/* ---- events, jobs, the network ---- */

/* A fact. In WRITE a part of the transaction; in READ queued, lost in a crash, SOUK_BUSY when 4,096 wait; in TASK it waits for its own write.
 * Facts of one subject arrive in order. `payload` may be NULL. */
static inline int souk_emit(struct souk_ctx *ctx, const char *event, struct souk_str subject, const struct souk_value *payload) { return souk_api->event->emit(ctx, event, subject, payload); }
/* Asks all filters of `event`, in order, which may change `payload`. TASK only; takes as long as they take. A veto: its code, the reason in souk_failure. */
static inline int souk_filter(struct souk_ctx *ctx, const char *event, struct souk_str subject, struct souk_value *payload) { return souk_api->event->filter(ctx, event, subject, payload); }
/* Runs a job of this plugin at `due` (0: now). `key` (may be empty): SOUK_CONFLICT while a job with it waits. Not in READ; in TASK it waits for its own write. */
static inline int souk_job_add(struct souk_ctx *ctx, const char *job, struct souk_str key, const struct souk_value *payload, int64_t due) { return souk_api->event->job_add(ctx, job, key, payload, due); }
/* Sends `value` as JSON to every browser that has subscribed to `topic` ("public:…", at most 128 bytes) on the WebSocket /push: {"subscribe": ["public:…"]}. A browser
 * that was away has missed it: push what stands in the database, and let pages fetch what they missed. TASK, jobs, listeners, commands; never blocks. */
static inline int souk_push(struct souk_ctx *ctx, struct souk_str topic, const struct souk_value *value) { return souk_api->event->push(ctx, topic, value); }
/* One request to the outside; blocks until the answer or the deadline. TASK, jobs, listeners, commands. Codes: souk/http.h. */
static inline int souk_http(struct souk_ctx *ctx, const struct souk_http_request *request, const struct souk_http_response **response) { return souk_api->http->request(ctx, request, response); }

/* ---- currencies ---- */

/* Digits of the minor unit: EUR 2, JPY 0, KWD 3; -1: no currency of ISO 4217. */
static inline int32_t souk_currency_digits(struct souk_str currency) { return souk_api->call->currency_digits(currency); }
/* Thousandths of a currency's unit in its minor units, half up; 0 for a currency that is not known. */
static inline int64_t souk_minor(int64_t thousandths, struct souk_str currency)
{
    switch (souk_currency_digits(currency)) {
    case 0: return (thousandths + 500) / 1000;
    case 2: return (thousandths + 5) / 10;
    case 3: return thousandths;
    default: return 0;
    }
}

/* ---- orders, money, parcels, messages: souk/order.h, payment.h, delivery.h, notify.h ---- */

/* The order's document; SOUK_NOT_FOUND. Not in init. */
static inline int souk_order_get(struct souk_ctx *ctx, int64_t id, const struct souk_value **order) { return souk_api->order->get(ctx, id, order); }
static inline int souk_order_find(struct souk_ctx *ctx, struct souk_str number, const struct souk_value **order) { return souk_api->order->find(ctx, number, order); }
/* A line among the order's notes; internal 0: the customer reads it. WRITE and write steps; TASK waits. */
static inline int souk_order_note(struct souk_ctx *ctx, int64_t id, struct souk_str text, int32_t internal) { return souk_api->order->note(ctx, id, text, internal); }
/* Tells what came in. Stored at once and worked on by a job, so it may come before its payment does. WRITE and write
 * steps; TASK waits until it is on disk: answer a webhook with 200 only after that. *fresh (may be NULL): 0 when this
 * event was known. SOUK_INVALID: no event, provider or currency. */
static inline int souk_payment_report(struct souk_ctx *ctx, const struct souk_payment_report *report, int32_t *fresh) { return souk_api->payment->report(ctx, report, fresh); }
/* The payment that the provider knows by `reference`; SOUK_NOT_FOUND. */
static inline int souk_payment_find(struct souk_ctx *ctx, struct souk_str provider, struct souk_str reference, const struct souk_payment **payment) { return souk_api->payment->find(ctx, provider, reference, payment); }
/* Tells where a parcel is. As souk_payment_report; SOUK_NOT_FOUND: no such parcel. */
static inline int souk_delivery_report(struct souk_ctx *ctx, const struct souk_delivery_report *report, int32_t *fresh) { return souk_api->delivery->report(ctx, report, fresh); }
/* Hands one mail to an SMTP server; blocks. TASK: see souk/notify.h. */
static inline int souk_smtp(struct souk_ctx *ctx, const struct souk_smtp_request *request, const struct souk_smtp_response **response) { return souk_api->notify->smtp(ctx, request, response); }

/* clang-format on */

#endif
