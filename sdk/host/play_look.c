/*
 * play_look.c: the words of a story that look into the shop's database and wait for its work:
 * rows(), settled(), again(), job(), wait_until(). It is read beside the running shop; what has to
 * be changed is asked of the shop itself. Nothing is guessed by time: each commit is noticed by the
 * file that it is written to, and then looked at.
 */
#include "host/play.h"

#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#define NOW        INT64_MIN
#define WORK_LIMIT (45 * CLOCK_SECOND)

static sqlite3 *open_base(struct play *play)
{
    sqlite3 *base = NULL;
    const char *path = arena_printf(&play->arena, "%s/data/souk.db", play->dir).ptr;
    if (sqlite3_open_v2(path, &base, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        sqlite3_close(base);
        return NULL;
    }
    sqlite3_busy_timeout(base, 5000);
    return base;
}

static void add_column(struct arena *arena, struct json *row, sqlite3_stmt *statement, int i)
{
    const char *name = arena_cstr(arena, souk_str(sqlite3_column_name(statement, i)));
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER: json_add_int(arena, row, name, sqlite3_column_int64(statement, i)); break;
    case SQLITE_NULL: break;
    default: {
        const char *text = sqlite3_column_blob(statement, i);
        size_t len = (size_t)sqlite3_column_bytes(statement, i);
        json_add_str(arena, row, name, arena_str(arena, str_make(text ? text : "", len)));
    }
    }
}

/* A list of maps. NOW for a number is the time when the snapshot was there already: what is due in
 * it cannot be later than that. */
static struct json *query(struct play *play, const char *sql, struct souk_str text, int64_t number,
                          struct err *err)
{
    struct arena *arena = &play->arena;
    struct json *list = json_new(arena, JSON_ARRAY);
    sqlite3_stmt *statement = NULL;
    sqlite3 *base = open_base(play);
    int code = base
                   ? sqlite3_exec(base, "BEGIN; SELECT count(*) FROM job LIMIT 1", NULL, NULL, NULL)
                   : SQLITE_CANTOPEN;
    if (number == NOW)
        number = clock_now();
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(base, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) { /* one that the text does not name is no error */
        sqlite3_bind_int64(statement, sqlite3_bind_parameter_index(statement, "$number"), number);
        sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, "$text"), text.ptr,
                          (int)text.len, SQLITE_STATIC);
    }
    while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            add_column(arena, row, statement, i);
        code = SQLITE_OK;
    }
    if (code != SQLITE_DONE) {
        err_set(err, SOUK_ERROR, "%s: %s", sql,
                base ? sqlite3_errmsg(base) : "there is no database");
        list = NULL;
    }
    sqlite3_finalize(statement);
    sqlite3_close(base);
    return list;
}

static int word_rows(lua_State *lua)
{
    struct err err = {0};
    struct json *list = query(play_now, luaL_checkstring(lua, 1), souk_str(""), 0, &err);
    if (!list)
        return luaL_error(lua, "%s", err.text);
    script_push(lua, list);
    return 1;
}

/* ---- waiting for work ---- */

/* Wakes the loop when the database is written to. */
struct watch {
    struct play *play;
    struct play_source source;
    int is_stale; /* look again */
    int64_t id;   /* of the job that is waited for; 0: of all */
    struct souk_str kind;
    struct json *found;
    int64_t looked;
    struct err err;
};

static void note_change(void *user)
{
    struct watch *watch = user;
    char bytes[4096];
    if (read(watch->source.fd, bytes, sizeof bytes) > 0)
        watch->is_stale = 1;
}

static int wait_for(struct watch *watch, int (*done)(void *user), int64_t limit)
{
    struct play *play = watch->play;
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    const char *path = arena_printf(&play->arena, "%s/data", play->dir).ptr;
    if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY) < 0)
        return err_set(&watch->err, SOUK_ERROR, "%s cannot be watched: %m", path);
    watch->source = (struct play_source){.fd = fd, .turn = note_change, .user = watch};
    watch->is_stale = 1;
    play_source_add(play, &watch->source);
    int code = play_wait(play, done, watch, limit);
    play_source_drop(play, &watch->source);
    close(fd);
    return code;
}

/* What becomes due by time alone is seen by a look now and then. */
static int has_news(struct watch *watch)
{
    int64_t now = clock_mono();
    if (!watch->is_stale && now - watch->looked < 100 * CLOCK_MS)
        return 0;
    watch->is_stale = 0;
    watch->looked = now;
    return 1;
}

static int is_settled(void *user)
{
    static const char sql[] =
        "SELECT kind, subject FROM job WHERE (state = 'running' OR (state = 'waiting' AND due <= "
        "$number)) AND kind <> $text LIMIT 5";
    struct watch *watch = user;
    if (!has_news(watch))
        return 0;
    struct souk_str but =
        souk_str(play_has(watch->play, "notify_mail") ? "" : "souk:message"); /* nobody sends */
    watch->found = query(watch->play, sql, but, NOW, &watch->err);
    return !watch->found || watch->found->count == 0;
}

/* What READ code has emitted stands in the writer's queue; a write that changes nothing goes
 * through behind it. */
static void pass_writer(struct play *play)
{
    struct err ignored = {0};
    int status;
    play_api(play, "POST", "/api/v1/admin/jobs/1/retry", NULL, 1, &status, &ignored);
}

static void settle(lua_State *lua)
{
    struct watch watch = {.play = play_now};
    pass_writer(play_now);
    int code = wait_for(&watch, is_settled, WORK_LIMIT);
    if (code == SOUK_OK && watch.found && !play_now->trouble[0])
        return;
    if (code == SOUK_TIMEOUT && watch.found && watch.found->count) {
        const struct json *first = &json_first(watch.found)->value;
        err_set(&watch.err, code, "job %.*s (%.*s) does not come to its end",
                SOUK_PRI(json_text(json_at(first, "kind"))),
                SOUK_PRI(json_text(json_at(first, "subject"))));
    }
    play_raise(lua, &watch.err);
}

static int word_settled(lua_State *lua)
{
    settle(lua);
    return 0;
}

static int retry(struct play *play, int64_t id, struct err *err)
{
    int status = 0;
    const char *path =
        arena_printf(&play->arena, "/api/v1/admin/jobs/%lld/retry", (long long)id).ptr;
    play_api(play, "POST", path, NULL, 1, &status, err);
    return status >= 200 && status < 300 ? SOUK_OK : SOUK_ERROR;
}

/* Payments that nobody has told of wait for the shop's rhythm and not in a job: staff's "how does
 * it stand?" asks at once. */
static int ask_payments(struct play *play, struct err *err)
{
    static const char sql[] =
        "SELECT DISTINCT o.number FROM payment p JOIN shop_order o ON o.id = "
        "p.order_id WHERE p.check_at IS NOT NULL AND p.state <> 'created' ORDER BY o.id";
    struct json *list = query(play, sql, souk_str(""), 0, err);
    int status;
    if (!list)
        return -1;
    json_each(row, list)
    {
        const char *path = arena_printf(&play->arena, "/api/v1/admin/orders/%.*s/check",
                                        SOUK_PRI(json_text(json_at(&row->value, "number"))))
                               .ptr;
        play_api(play, "POST", path, NULL, 1, &status, err);
    }
    return (int)list->count;
}

/* All that failed and waits for its next try has it now; begin() of a payment is tried in the
 * checkout first, so its job has not failed yet. */
static int word_again(lua_State *lua)
{
    static const char sql[] =
        "SELECT id FROM job WHERE state = 'dead' OR (state = 'waiting' AND (attempt > 0 OR kind = 'souk:begin'))";
    struct err err = {0};
    struct json *list = query(play_now, sql, souk_str(""), 0, &err);
    if (!list)
        return play_raise(lua, &err);
    json_each(row, list) retry(play_now, json_int(json_at(&row->value, "id"), 0), &err);
    int asked = ask_payments(play_now, &err);
    if (asked < 0)
        return play_raise(lua, &err);
    settle(lua);
    lua_pushinteger(lua, (lua_Integer)list->count + asked);
    return 1;
}

/* ---- one job ---- */

static int is_job_over(void *user)
{
    static const char sql[] = "SELECT state, attempt, why FROM job WHERE id = $number";
    struct watch *watch = user;
    if (!has_news(watch))
        return 0;
    watch->found = query(watch->play, sql, souk_str(""), watch->id, &watch->err);
    const struct json_item *row = watch->found ? json_first(watch->found) : NULL;
    if (!row)
        return 1;
    struct souk_str state = json_text(json_at(&row->value, "state"));
    int is_tried = json_int(json_at(&row->value, "attempt"), 0) > 0; /* the retry began at none */
    return souk_str_is(state, "dead") || (souk_str_is(state, "waiting") && is_tried);
}

/* The job that waits under this kind. */
static int is_job_there(void *user)
{
    static const char sql[] = "SELECT id FROM job WHERE kind = $text AND state <> 'running' "
                              "ORDER BY state = 'dead', due, id LIMIT 1";
    struct watch *watch = user;
    if (!has_news(watch))
        return 0;
    struct json *list = query(watch->play, sql, watch->kind, 0, &watch->err);
    if (!list)
        return 1;
    if (list->count)
        watch->id = json_int(json_at(&json_first(list)->value, "id"), 0);
    return list->count > 0;
}

/* What the descriptor says of it, so that a slip of the pen is told at once. */
static const struct json *declared(lua_State *lua, const char *name)
{
    const struct json *jobs = json_at(play_now->about, "jobs");
    json_each(row, jobs)
    {
        if (souk_str_is(json_text(json_at(&row->value, "name")), name))
            return &row->value;
    }
    luaL_error(lua, "%s has no job \"%s\"", play_now->options->name, name);
    return NULL;
}

static int word_job(lua_State *lua)
{
    struct play *play = play_now;
    struct watch watch = {.play = play};
    const char *name = luaL_checkstring(lua, 1);
    int is_other = strchr(name, ':') != NULL;
    const struct json *row = is_other ? NULL : declared(lua, name);
    int has_time = is_other || json_text(json_at(row, "cron")).len > 0;
    watch.kind = is_other ? arena_str(&play->arena, souk_str(name))
                          : arena_printf(&play->arena, "%s:%s", play->options->name, name);
    /* A cron job is planned as soon as the shop has started; others must have been asked for. */
    if (!has_time)
        pass_writer(play);
    wait_for(&watch, is_job_there, has_time ? WORK_LIMIT : CLOCK_SECOND / 2);
    if (!watch.id)
        return luaL_error(lua, "no job \"%s\" waits; nothing has asked for it", name);
    if (retry(play, watch.id, &watch.err) != SOUK_OK)
        return play_raise(lua, &watch.err);
    int code = wait_for(&watch, is_job_over, WORK_LIMIT);
    if (code != SOUK_OK || !watch.found || play->trouble[0]) {
        if (code == SOUK_TIMEOUT)
            err_set(&watch.err, code, "job \"%s\" does not come to its end", name);
        return play_raise(lua, &watch.err);
    }
    if (watch.found->count)
        return luaL_error(
            lua, "job \"%s\" fails: %s", name,
            arena_cstr(&play->arena, json_text(json_at(&json_first(watch.found)->value, "why"))));
    return 0;
}

/* ---- whatever the story waits for ---- */

struct asking {
    struct watch watch;
    lua_State *lua;
    int failed; /* the words are on the stack */
};

/* The story's own function, at each change. */
static int is_true(void *user)
{
    struct asking *asking = user;
    lua_State *lua = asking->lua;
    if (!has_news(&asking->watch))
        return 0;
    lua_pushvalue(lua, 1);
    if (lua_pcall(lua, 0, 1, 0) != LUA_OK) {
        asking->failed = 1;
        return 1;
    }
    int is = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return is;
}

static int word_wait_until(lua_State *lua)
{
    struct asking asking = {.watch = {.play = play_now}, .lua = lua};
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    const char *words = luaL_optstring(lua, 2, "what was waited for");
    lua_settop(lua, 2);
    int code = wait_for(&asking.watch, is_true, WORK_LIMIT);
    if (asking.failed)
        return lua_error(lua);
    if (code == SOUK_TIMEOUT)
        return luaL_error(lua, "%s: it does not come", words);
    return code == SOUK_OK && !play_now->trouble[0] ? 0 : play_raise(lua, &asking.watch.err);
}

void play_look_words(lua_State *lua)
{
    lua_register(lua, "rows", word_rows);
    lua_register(lua, "settled", word_settled);
    lua_register(lua, "again", word_again);
    lua_register(lua, "job", word_job);
    lua_register(lua, "wait_until", word_wait_until);
}
