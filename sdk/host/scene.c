/*
 * scene.c: what scenarios are made of: findings, keys, calls with memory of their own, and a look
 * at what was stored and logged.
 */
#include "host/host.h"

#include <stdio.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/utf8.h"
#include "store/db.h"

static _Atomic int64_t last_id = 900000;

void scene_no(struct scene *scene, const char *format, ...)
{
    va_list args;
    if (scene->verdict == RULE_NO)
        return; /* the first finding stays */
    scene->verdict = RULE_NO;
    va_start(args, format);
    vsnprintf(scene->words, sizeof scene->words, format, args);
    va_end(args);
    if (!scene_utf8(souk_str(scene->words))) /* rubbish is a finding of its own */
        for (char *c = scene->words; *c; c++)
            *c = (unsigned char)*c >= 0x80 ? '?' : *c;
}

void scene_skip(struct scene *scene, const char *why)
{
    if (scene->verdict != RULE_YES)
        return;
    scene->verdict = RULE_SKIPPED;
    snprintf(scene->words, sizeof scene->words, "%s", why);
}

int64_t scene_id(struct scene *scene)
{
    (void)scene;
    return atomic_fetch_add(&last_id, 1);
}

struct souk_str scene_key(struct scene *scene, const char *what)
{
    return arena_printf(&scene->arena, "%s-%d-%lld", what, scene->number,
                        (long long)scene_id(scene));
}

const char *code_name(int code)
{
    static const char *const names[] = {"SOUK_OK",          "SOUK_ERROR",     "SOUK_INVALID",
                                        "SOUK_NOT_FOUND",   "SOUK_DENIED",    "SOUK_CONFLICT",
                                        "SOUK_BUSY",        "SOUK_TIMEOUT",   "SOUK_TOO_LARGE",
                                        "SOUK_UNAVAILABLE", "SOUK_WRONG_KIND"};
    return code <= 0 && -code < (int)(sizeof names / sizeof *names) ? names[-code] : "no code";
}

void scene_text_seen(struct scene *scene, const char *where, struct souk_str text)
{
    if (!scene_utf8(text) && !scene->rude[0])
        snprintf(scene->rude, sizeof scene->rude, "%s", where);
}

void scene_code_seen(struct scene *scene, const char *where, int code, int has_words)
{
    if (code > SOUK_OK || code < SOUK_WRONG_KIND)
        scene_no(scene, "%s gave back %d, which is no SOUK_… code", where, code);
    else if (code != SOUK_OK && code != SOUK_NOT_FOUND && !has_words && !scene->mute[0])
        snprintf(scene->mute, sizeof scene->mute, "%s gives %s", where, code_name(code));
    if (peer_slow_take() && code != SOUK_OK && code != SOUK_TIMEOUT && code != SOUK_UNAVAILABLE)
        scene_no(scene, "%s gives %s for an answer that came too late; pass on what souk_http gave",
                 where, code_name(code));
}

/* ---- conform.lua ---- */

int scene_has(struct scene *scene, const char *name)
{
    return script_has(scene->world->script, name);
}

struct json *scene_ask(struct scene *scene, const char *name, const struct json *args)
{
    struct json *result = NULL;
    struct err err = {0};
    if (!scene_has(scene, name))
        return NULL;
    if (script_call(scene->world->script, &scene->arena, name, args, &result, &err) == SOUK_OK)
        return result;
    scene_no(scene, "%s", err.text);
    return NULL;
}

const struct json *scene_hint(struct scene *scene, const char *name)
{
    return scene->world->script ? script_value(scene->world->script, &scene->arena, name) : NULL;
}

/* ---- calls ---- */

void call_open(struct scene *scene, struct call *call, struct provider_scope *scope)
{
    *call = (struct call){.scene = scene, .began = clock_mono()};
    provider_scope_job(scope, scene->world->db, &call->arena, "en");
    if (scene->mode == MODE_SLOW)
        scope->span = SLOW_SPAN;
}

void call_shut(struct call *call, struct provider_scope *scope)
{
    int64_t late = clock_mono() - call->began - SLOW_SPAN;
    provider_scope_end(scope);
    if (call->scene->mode == MODE_SLOW && late > SLOW_OVER)
        scene_no(call->scene, "a call comes back %lld ms after its deadline",
                 (long long)(late / CLOCK_MS));
    if (call->scene->mode == MODE_POISON)
        arena_scribble(&call->arena); /* and kept: a view into it reads rubbish ever after */
    else
        arena_free(&call->arena);
}

/* ---- looking ---- */

static struct db_conn *look(struct scene *scene)
{
    return db_read_begin(scene->world->db, 0);
}

int64_t scene_count(struct scene *scene, const char *sql, struct souk_str arg)
{
    int64_t number = 0;
    struct db_conn *conn = look(scene);
    const struct db_statement *statement = db_intern(scene->world->db, NULL, sql);
    int code = arg.ptr ? db_get_int(conn, statement, &number, DB_TEXT(arg))
                       : db_get_int(conn, statement, &number);
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        scene_no(scene, "souk-host: %s in %s", db_error(conn), sql);
    db_read_end(conn);
    return number;
}

struct souk_str scene_text(struct scene *scene, const char *sql, struct souk_str arg)
{
    struct souk_str text = souk_str("");
    struct db_rows rows;
    struct db_conn *conn = look(scene);
    const struct db_statement *statement = db_intern(scene->world->db, NULL, sql);
    int code =
        arg.ptr ? db_query(conn, statement, &rows, DB_TEXT(arg)) : db_query(conn, statement, &rows);
    if (code == SOUK_OK && db_next(&rows) == 1)
        text = arena_str(&scene->arena, db_text(&rows, 0));
    if (code == SOUK_OK)
        db_close(&rows);
    db_read_end(conn);
    return text;
}

static struct souk_str whole_file(struct arena *arena, int fd)
{
    struct buf out = {.arena = arena};
    char bytes[4096];
    off_t at = 0;
    ssize_t n;
    while ((n = pread(fd, bytes, sizeof bytes, at)) > 0) {
        buf_add(&out, bytes, (size_t)n);
        at += n;
    }
    return out.len ? buf_str(&out) : souk_str("");
}

struct souk_str scene_log(struct scene *scene)
{
    return whole_file(&scene->arena, scene->world->log_fd);
}

static void add_table(struct scene *scene, struct db_conn *conn, const char *name, struct buf *out)
{
    struct db_rows rows;
    const char *sql = arena_printf(&scene->arena, "SELECT * FROM \"%s\"", name).ptr;
    if (db_query(conn, db_intern(scene->world->db, NULL, sql), &rows) != SOUK_OK)
        return;
    while (db_next(&rows) == 1) {
        for (int i = 0; i < rows.columns; i++) {
            struct souk_str text = db_text(&rows, i);
            buf_add(out, text.ptr, text.len);
            buf_add(out, "\n", 1);
        }
    }
}

/* What the plugin's tables and the shop's queues hold. */
static struct souk_str stored(struct scene *scene)
{
    static const char sql[] =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name GLOB 'p_*' OR name IN "
        "('inbox', 'outbox', 'job', 'kv', 'setting', 'plugin_kv', 'audit'))";
    const char *names[200];
    size_t count = 0;
    struct db_rows rows;
    struct buf out = {.arena = &scene->arena};
    struct db_conn *conn = look(scene);
    if (db_query(conn, db_intern(scene->world->db, NULL, sql), &rows) == SOUK_OK)
        while (count < 200 && db_next(&rows) == 1)
            names[count++] = arena_cstr(&scene->arena, db_text(&rows, 0));
    if (count == 200)
        db_close(&rows);
    for (size_t i = 0; i < count; i++)
        add_table(scene, conn, names[i], &out);
    db_read_end(conn);
    return out.len ? buf_str(&out) : souk_str("");
}

const char *scene_secret_in(struct scene *scene, struct souk_str text)
{
    for (const char *const *secret = scene->world->plan->secrets; secret && *secret; secret++)
        if (text.len && memmem(text.ptr, text.len, *secret, strlen(*secret)))
            return *secret;
    return NULL;
}

void scene_secret_seen(struct scene *scene, const char *where, struct souk_str text)
{
    const char *secret = scene_secret_in(scene, text);
    EXPECT(scene, !secret, "the secret \"%.4s…\" stands in %s", secret, where);
}

void scene_secret_kept(struct scene *scene)
{
    CHECK(scene, scene_secret_seen(scene, "the log", scene_log(scene)));
    scene_secret_seen(scene, "the database", stored(scene));
}

int scene_utf8(struct souk_str text)
{
    return text.len == 0 || utf8_valid(text);
}
