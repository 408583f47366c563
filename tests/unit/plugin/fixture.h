/*
 * fixture.h: a little shop for the tests of the switch: a data directory, a database,
 * task threads, a folder of plugins that the test fills from build/tests/fixtures, and
 * an API of a few functions that remembers what the plugins say.
 */
#ifndef TEST_PLUGIN_FIXTURE_H
#define TEST_PLUGIN_FIXTURE_H

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/board.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/worker.h"
#include "plugin/call.h"
#include "plugin/switch.h"
#include <setjmp.h> /* for cmocka.h, which comes last: it has a macro called fail */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Not every test uses all of it. */
#define FIXTURE static __attribute__((unused))

/* ---- what plugins say ---- */

static pthread_mutex_t said_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t said_more = PTHREAD_COND_INITIALIZER;
static struct buf said_text; /* ";fix_good init;fix_good start;" */

FIXTURE void said_clear(void)
{
    pthread_mutex_lock(&said_lock);
    buf_clear(&said_text);
    buf_add_cstr(&said_text, ";");
    pthread_mutex_unlock(&said_lock);
}

static int count_said(const char *line)
{
    int count = 0;
    char wanted[128];
    snprintf(wanted, sizeof(wanted), ";%s;", line);
    const char *at = said_text.ptr ? strstr(said_text.ptr, wanted) : NULL;
    for (; at; at = strstr(at + 1, wanted))
        count++;
    return count;
}

/* How often this line was said. */
FIXTURE int said(const char *line)
{
    pthread_mutex_lock(&said_lock);
    int count = count_said(line);
    pthread_mutex_unlock(&said_lock);
    return count;
}

/* Everything, in order; the test's own copy. */
FIXTURE const char *said_all(void)
{
    static char copy[8192];
    pthread_mutex_lock(&said_lock);
    snprintf(copy, sizeof(copy), "%s", said_text.ptr ? said_text.ptr : "");
    pthread_mutex_unlock(&said_lock);
    return copy;
}

/* Waits until the line was said; 0 after ten seconds. */
FIXTURE int said_wait(const char *line)
{
    struct timespec until;
    int late = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&said_lock);
    while (!count_said(line) && !late)
        late = pthread_cond_timedwait(&said_more, &said_lock, &until) != 0;
    pthread_mutex_unlock(&said_lock);
    return !late;
}

/* ---- the API ---- */

static void api_log(struct souk_ctx *ctx, int32_t level, struct souk_str text)
{
    (void)ctx;
    (void)level;
    pthread_mutex_lock(&said_lock);
    buf_add_str(&said_text, text);
    buf_add_cstr(&said_text, ";");
    pthread_cond_broadcast(&said_more);
    pthread_mutex_unlock(&said_lock);
}

static int api_fail(struct souk_ctx *ctx, int32_t code, struct souk_str text)
{
    ctx->failed = 1;
    return err_set(&ctx->failure, code, "%.*s", SOUK_PRI(text));
}

static void api_set_int(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                        int32_t kind, int64_t number)
{
    (void)kind;
    if (parent) {
        struct json *value = json_add_key(ctx->arena, (struct json *)parent, key, JSON_INT);
        value->number = number;
    }
}

static int api_exec(struct souk_ctx *ctx, const char *sql, const struct souk_arg *args,
                    uint32_t count, int64_t *changed)
{
    struct db_arg list[8];
    if (ctx->kind != SOUK_WRITE)
        return SOUK_WRONG_KIND;
    for (uint32_t i = 0; i < count && i < 8; i++)
        list[i] = args[i].kind == SOUK_ARG_INT ? DB_INT(args[i].number) : DB_TEXT(args[i].text);
    return db_run_args(ctx->conn, db_intern(ctx->db, ctx->self->name, sql), changed, list,
                       (int)count);
}

static int api_then_write(struct souk_ctx *ctx, souk_write_fn fn, void *arg)
{
    ctx->then_fn = fn;
    ctx->then_arg = arg;
    return SOUK_OK;
}

static const struct souk_value_api api_value = {.size = sizeof(api_value), .set_int = api_set_int};
static const struct souk_call_api api_call = {
    .size = sizeof(api_call), .log = api_log, .fail = api_fail};
static const struct souk_db_api api_db = {
    .size = sizeof(api_db), .exec = api_exec, .then_write = api_then_write};
static const struct souk_api api = {.size = sizeof(api),
                                    .abi_minor = SOUK_ABI_MINOR,
                                    .value = &api_value,
                                    .call = &api_call,
                                    .db = &api_db};

/* ---- folders ---- */

FIXTURE void folder_make(char *to, size_t size)
{
    const char *parent = getenv("TMPDIR");
    snprintf(to, size, "%s/souk-test-XXXXXX", parent && parent[0] ? parent : P_tmpdir);
    assert_non_null(mkdtemp(to));
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info;
    (void)kind;
    (void)ftw;
    return remove(path);
}

FIXTURE void folder_remove(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

FIXTURE void file_copy(const char *from, const char *to)
{
    char bytes[65536], next[PATH_MAX + 256];
    ssize_t got;
    snprintf(next, sizeof(next), "%s.new", to);
    int in = open(from, O_RDONLY), out = open(next, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(in >= 0 && out >= 0);
    while ((got = read(in, bytes, sizeof(bytes))) > 0)
        assert_int_equal(write(out, bytes, (size_t)got), got);
    close(in);
    close(out);
    assert_int_equal(rename(next, to), 0);
}

FIXTURE void fixture_path(const char *name, char *to, size_t size)
{
    snprintf(to, size, SOUK_BUILD "/tests/fixtures/%s.so", name);
}

/* ---- the shop ---- */

struct little_shop {
    char dir[PATH_MAX], plugins[PATH_MAX + 16];
    const char *path[2];
    struct db *db;
    struct worker *tasks;
    struct switch_host *host;
    struct arena arena;
    struct problems problems;
    struct err err;
    int (*build)(void *user, struct plugin_set *set, struct err *err);
    void *user;
};

FIXTURE void shop_open_host(struct little_shop *shop)
{
    struct switch_options options = {.db = shop->db,
                                     .dir = shop->dir,
                                     .path = shop->path,
                                     .api = &api,
                                     .tasks = shop->tasks,
                                     .build = shop->build,
                                     .user = shop->user};
    assert_int_equal(switch_open(&shop->host, &options, &shop->err), 0);
}

FIXTURE void shop_begin(struct little_shop *shop)
{
    memset(shop, 0, sizeof(*shop));
    log_setup(LOG_ERROR, 0);
    if (!board_current())
        board_use(board_create());
    said_clear();
    folder_make(shop->dir, sizeof(shop->dir));
    snprintf(shop->plugins, sizeof(shop->plugins), "%s/plugins", shop->dir);
    assert_int_equal(mkdir(shop->plugins, 0755), 0);
    shop->path[0] = shop->plugins;
    struct db_options options = {.dir = shop->dir, .consumers = event_consumers};
    int code = db_open(&shop->db, &options, &shop->err);
    if (code)
        fail_msg("%s", shop->err.text);
    shop->tasks = worker_start("task", 2, 64);
    shop_open_host(shop);
}

FIXTURE void shop_end(struct little_shop *shop)
{
    switch_close(shop->host);
    worker_stop(shop->tasks);
    db_shut(shop->db);
    arena_free(&shop->arena);
    folder_remove(shop->dir);
}

/* Puts a fixture's file into the shop's folder, under its own or another name. */
FIXTURE void shop_put_as(struct little_shop *shop, const char *fixture, const char *name)
{
    char from[PATH_MAX], to[PATH_MAX + 64];
    fixture_path(fixture, from, sizeof(from));
    snprintf(to, sizeof(to), "%s/%s.so", shop->plugins, name);
    file_copy(from, to);
}

FIXTURE void shop_put(struct little_shop *shop, const char *fixture)
{
    shop_put_as(shop, fixture, fixture);
}

/* Configures with the plugins of `list` ("fix_good fix_need") and the tables of
 * `values` (JSON). Problems are in shop->problems. */
FIXTURE int shop_configure(struct little_shop *shop, const char *list, const char *values)
{
    const char *names[16];
    size_t count = 0;
    struct souk_str rest = souk_str(list), name;
    struct json *tables;
    while (str_split(&rest, ' ', &name))
        names[count++] = arena_cstr(&shop->arena, name);
    assert_int_equal(json_parse(&shop->arena, souk_str(values), &tables, &shop->err), 0);
    problems_init(&shop->problems, &shop->arena, souk_str("souk.lua"));
    struct wanted wanted = {names, count, tables, shop->dir};
    return switch_configure(shop->host, &wanted, &shop->problems);
}

FIXTURE int shop_has_problem(const struct little_shop *shop, const char *part)
{
    for (const struct problem *at = shop->problems.first; at; at = at->next) {
        char text[1024];
        snprintf(text, sizeof(text), "%.*s: %.*s; %.*s", SOUK_PRI(at->key), SOUK_PRI(at->message),
                 SOUK_PRI(at->hint));
        if (strstr(text, part))
            return 1;
    }
    return 0;
}

FIXTURE const struct json *shop_item(struct little_shop *shop, const char *name)
{
    struct json *items = json_new(&shop->arena, JSON_ARRAY);
    assert_int_equal(switch_list(shop->host, &shop->arena, items), 0);
    json_each(item, items)
    {
        if (souk_str_is(json_text(json_at(&item->value, "name")), name))
            return &item->value;
    }
    return NULL;
}

FIXTURE struct souk_str shop_text(struct little_shop *shop, const char *name, const char *key)
{
    return json_text(json_at(shop_item(shop, name), key));
}

#define assert_text(text, wanted)                                                                  \
    do {                                                                                           \
        struct souk_str assert_text_ = (text);                                                     \
        if (!souk_str_is(assert_text_, (wanted)))                                                  \
            fail_msg("\"%.*s\" is not \"%s\"", SOUK_PRI(assert_text_), (wanted));                  \
    } while (0)
#define assert_part(text, part)                                                                    \
    do {                                                                                           \
        if (!strstr((text), (part)))                                                               \
            fail_msg("\"%s\" has no \"%s\" in it", (text), (part));                                \
    } while (0)

/* "0.2": the ABI of these headers, as messages have it. */
#define ABI_TEXT_OF(major, minor) #major "." #minor
#define ABI_TEXT_IN(major, minor) ABI_TEXT_OF(major, minor)
#define ABI_TEXT                  ABI_TEXT_IN(SOUK_ABI_MAJOR, SOUK_ABI_MINOR)

#endif
