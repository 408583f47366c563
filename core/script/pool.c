/*
 * pool.c: a set is the texts of its files, where its functions begin, and a few workers that have
 * loaded it. The one that checked the files is the first; others are born when all are in use, up
 * to the number in the options. A set keeps its texts, so that a worker can be born again at any
 * time. Sets are counted: calls that run on an old one end on it.
 */
#include "script/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"

#define LOAD_CPU   (200 * CLOCK_MS) /* of one file */
#define LOAD_CALL  (1 * CLOCK_SECOND)
#define LOAD_WHOLE (10 * CLOCK_SECOND)
#define WORDS_MOST 480

struct script_set {
    _Atomic int count;
    struct script_host *host;
    struct buf files; /* the message that loads them */
    uint32_t file_count;
    struct arena arena;
    struct souk_str *places;
    uint32_t function_count;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct host_worker *idle; /* the last one used is the first: its caches are warm */
    int alive;
};

struct script_host *pool_host(const struct script_set *set)
{
    return set->host;
}

struct souk_str pool_place(const struct script_set *set, int function)
{
    return function >= 0 && (uint32_t)function < set->function_count ? set->places[function]
                                                                     : souk_str("");
}

void pool_rules(struct buf *out, const struct script_options *options)
{
    struct protocol_rules rules = {
        .target = options->target, .load = LOAD_CPU, .memory = options->memory};
    str_copy(rules.currency, sizeof rules.currency, souk_str(options->currency));
    buf_add(out, &rules, sizeof rules);
}

/* ---- loading ---- */

struct load {
    struct host_worker *worker;
    struct protocol_head head;
    struct buf bytes;
    struct protocol_reader reader;
};

static int send_files(struct script_set *set, struct load *load, int quiet)
{
    static const struct host_patience patience = {LOAD_CALL, LOAD_WHOLE};
    int one = 0;
    int code = host_send(load->worker, PROTOCOL_LOAD, quiet ? PROTOCOL_QUIET : 0, set->file_count,
                         buf_str(&set->files));
    if (code == SOUK_OK)
        code = host_answer(load->worker, &patience, &load->head, &load->bytes, &one);
    size_t start = code == SOUK_OK ? sizeof load->head : 0,
           end = code == SOUK_OK ? load->bytes.len : 0;
    load->reader = (struct protocol_reader){load->bytes.ptr + start, load->bytes.ptr + end, 0};
    return code;
}

/* A worker that knows the files already checked. */
static int bear(struct script_set *set, struct host_worker **out, struct err *err)
{
    struct load load = {0};
    int code = host_birth(set->host, &load.worker, err);
    if (code != SOUK_OK)
        return code;
    code = send_files(set, &load, 1);
    if (code != SOUK_OK || load.head.kind != PROTOCOL_DECLARED) {
        host_end(set->host, load.worker);
        load.worker = NULL;
        code = err_set(err, SOUK_UNAVAILABLE, "a script worker did not load the rules again");
    }
    *out = load.worker;
    buf_free(&load.bytes);
    return code;
}

static void add_error(struct arena *arena, struct json *errors, struct souk_str file, int64_t line,
                      struct souk_str message)
{
    struct json *entry = json_add(arena, errors, NULL, JSON_OBJECT);
    json_add_str(arena, entry, "file", file);
    json_add_int(arena, entry, "line", line);
    json_add_str(arena, entry, "message", message);
}

static void read_wrong(struct load *load, struct arena *arena, struct json *errors)
{
    for (uint32_t i = 0; i < load->head.count; i++) {
        struct souk_str file = protocol_words(arena, protocol_text(&load->reader), WORDS_MOST);
        uint32_t line = protocol_u32(&load->reader);
        struct souk_str message = protocol_words(arena, protocol_text(&load->reader), WORDS_MOST);
        if (load->reader.bad)
            return;
        add_error(arena, errors, file, line, message);
    }
}

static int read_declared(struct script_set *set, struct load *load, struct arena *arena,
                         struct json **declared)
{
    *declared = protocol_json(&load->reader, arena);
    if (load->head.count > (size_t)(load->reader.end - load->reader.at))
        return SOUK_UNAVAILABLE;
    set->function_count = load->head.count;
    set->places = arena_array(&set->arena, struct souk_str, set->function_count + 1);
    for (uint32_t i = 0; i < set->function_count; i++) {
        struct souk_str path =
            protocol_words(&set->arena, protocol_text(&load->reader), WORDS_MOST);
        set->places[i] =
            arena_printf(&set->arena, "%.*s:%u", SOUK_PRI(path), protocol_u32(&load->reader));
    }
    return load->reader.bad || !*declared ? SOUK_UNAVAILABLE : SOUK_OK;
}

/* The worker is ended: what it died of tells what to say about the file that ran. */
static void tell_dead(struct script_set *set, struct load *load, int code,
                      const struct script_source *sources, struct arena *arena, struct json *errors)
{
    uint32_t number = atomic_load(&load->worker->page->running);
    const char *why = code == SOUK_TIMEOUT
                          ? "takes too long to load and cannot be interrupted"
                          : "brought the Lua interpreter down; write it more simply";
    host_end(set->host, load->worker);
    load->worker = NULL;
    struct souk_str file = number >= 1 && number <= set->file_count ? sources[number - 1].path
                           : set->file_count                        ? sources[0].path
                                                                    : souk_str("");
    add_error(arena, errors, file, 0, souk_str(why));
}

const char *script_refusal(struct souk_str text)
{
    if (str_starts(text, "\x1b"))
        return "is a compiled chunk; rules are read as text only";
    if (!utf8_valid(text) || (text.len && memchr(text.ptr, '\0', text.len)))
        return "is not UTF-8 text; save it as UTF-8";
    return NULL;
}

static int check_texts(struct arena *arena, const struct script_source *sources, size_t count,
                       struct json *errors)
{
    int good = 1;
    for (size_t i = 0; i < count; i++) {
        const char *why = script_refusal(sources[i].text);
        if (!why)
            continue;
        good = 0;
        add_error(arena, errors, sources[i].path, 1, souk_str(why));
    }
    return good;
}

static struct script_set *make_set(struct script_host *host, const struct script_source *sources,
                                   size_t count)
{
    struct script_set *set = mem_zalloc(sizeof *set);
    set->count = 1;
    set->host = host;
    set->file_count = (uint32_t)count;
    pthread_mutex_init(&set->lock, NULL);
    pthread_condattr_t how;
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(&set->freed, &how);
    pthread_condattr_destroy(&how);
    pool_rules(&set->files, host_options(host));
    for (size_t i = 0; i < count; i++) {
        protocol_put_text(&set->files, sources[i].path);
        protocol_put_text(&set->files, sources[i].text);
    }
    return set;
}

static int load_first(struct script_set *set, struct arena *arena,
                      const struct script_source *sources, struct json **declared,
                      struct json *errors, struct err *err)
{
    struct load load = {0};
    int code = host_birth(set->host, &load.worker, err);
    if (code != SOUK_OK)
        return code;
    code = send_files(set, &load, 0);
    if (code == SOUK_OK && load.head.kind == PROTOCOL_DECLARED &&
        read_declared(set, &load, arena, declared) == SOUK_OK) {
        set->idle = load.worker;
        set->alive = 1;
    } else {
        if (code == SOUK_OK && load.head.kind == PROTOCOL_WRONG)
            read_wrong(&load, arena, errors);
        if (errors->count == 0)
            tell_dead(set, &load, code, sources, arena, errors);
        else
            host_end(set->host, load.worker);
        code = err_set(err, SOUK_INVALID, "the scripts have mistakes");
    }
    buf_free(&load.bytes);
    return code;
}

static void free_set(struct script_set *set)
{
    for (struct host_worker *next, *worker = set->idle; worker; worker = next) {
        next = worker->next;
        host_end(set->host, worker);
    }
    buf_free(&set->files);
    arena_free(&set->arena);
    pthread_cond_destroy(&set->freed);
    pthread_mutex_destroy(&set->lock);
    free(set);
}

int script_set_load(struct script_host *host, struct arena *arena,
                    const struct script_source *sources, size_t count, struct script_set **out,
                    struct json **declared, struct json *errors, struct err *err)
{
    *out = NULL;
    if (!check_texts(arena, sources, count, errors))
        return err_set(err, SOUK_INVALID, "the scripts have mistakes");
    struct script_set *set = make_set(host, sources, count);
    int code = load_first(set, arena, sources, declared, errors, err);
    if (code == SOUK_OK)
        *out = set;
    else
        free_set(set);
    return code;
}

struct script_set *script_set_hold(struct script_set *set)
{
    if (set)
        atomic_fetch_add(&set->count, 1);
    return set;
}

void script_set_drop(struct script_set *set)
{
    if (set && atomic_fetch_sub(&set->count, 1) == 1)
        free_set(set);
}

/* ---- workers ---- */

/* Under the lock. 0 when the time is over. */
static int wait_for_one(struct script_set *set, int64_t until)
{
    struct timespec at = {until / CLOCK_SECOND, until % CLOCK_SECOND * 1000};
    while (!set->idle && set->alive >= host_options(set->host)->workers)
        if (pthread_cond_timedwait(&set->freed, &set->lock, &at) == ETIMEDOUT)
            return set->idle != NULL;
    return 1;
}

static void forget_one(struct script_set *set)
{
    pthread_mutex_lock(&set->lock);
    set->alive--;
    pthread_cond_signal(&set->freed);
    pthread_mutex_unlock(&set->lock);
}

int pool_take(struct script_set *set, int64_t wait, struct host_worker **out, struct err *err)
{
    pthread_mutex_lock(&set->lock);
    int there = set->idle || wait_for_one(set, clock_mono() + wait);
    struct host_worker *worker = set->idle;
    if (worker)
        set->idle = worker->next;
    else if (there)
        set->alive++;
    pthread_mutex_unlock(&set->lock);
    *out = worker;
    if (worker)
        return SOUK_OK;
    if (!there)
        return err_set(err, SOUK_BUSY, "all script workers are busy");
    int code = bear(set, out, err);
    if (code != SOUK_OK)
        forget_one(set);
    return code;
}

void pool_give(struct script_set *set, struct host_worker *worker)
{
    pthread_mutex_lock(&set->lock);
    worker->next = set->idle;
    set->idle = worker;
    pthread_cond_signal(&set->freed);
    pthread_mutex_unlock(&set->lock);
}

int pool_end(struct script_set *set, struct host_worker *worker)
{
    int status = host_end(set->host, worker);
    forget_one(set);
    return status;
}
