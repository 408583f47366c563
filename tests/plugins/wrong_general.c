/*
 * wrong_general: a plugin that keeps the rules for all plugins, or breaks the one that its option
 * `wrong` names. What can only be wrong in the file itself has a file of its own that includes this
 * one: wrong_export, wrong_silent, wrong_table, wrong_call, wrong_mute, wrong_secret, wrong_named.
 *
 * What it does wrong at run time it takes by dlsym, so that the file itself is without fault.
 */
#define _GNU_SOURCE
#include <souk.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef WRONG_NAME
#define WRONG_NAME "wrong_general"
#endif
#ifndef WRONG_SUMMARY
#define WRONG_SUMMARY "The rule to break"
#endif
#ifndef WRONG_SIZE
#define WRONG_SIZE sizeof(struct souk_notify_provider)
#endif
#ifndef WRONG_OPTION
#define WRONG_OPTION "unused"
#endif
#ifndef WRONG_JOB
#define WRONG_JOB "Fails"
#endif
#ifdef WRONG_EXPORT
SOUK_EXPORT int wrong_helper(void);
int wrong_helper(void)
{
    return 1;
}
#endif

static int wrong(struct souk_ctx *ctx, const char *rule)
{
    return souk_str_is(souk_option_text(ctx, "wrong"), rule);
}

static void *libc(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

static void *idle(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static void no_signal(int number)
{
    (void)number;
}

static int init(struct souk_ctx *ctx)
{
    pthread_t thread;
    static void *volatile leak;
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        libc("pthread_create");
    void (*(*handle)(int, void (*)(int)))(int) = libc("signal");
    int (*change)(const char *) = libc("chdir");
    char *(*speak)(int, const char *) = libc("setlocale");
#ifdef WRONG_CALL
    if (wrong(ctx, "never"))
        puts("hello");
#endif
    if (wrong(ctx, "loads"))
        return souk_fail(ctx, SOUK_CONFLICT, "it does not want to");
    if (wrong(ctx, "no-thread-left"))
        create(&thread, NULL, idle, NULL);
    if (wrong(ctx, "no-descriptor-left") && open("/dev/null", O_RDONLY) < 0)
        return SOUK_ERROR;
    if (wrong(ctx, "no-signal-change"))
        handle(SIGUSR1, no_signal);
    if (wrong(ctx, "cwd-kept") && change("/") != 0)
        return SOUK_ERROR;
    if (wrong(ctx, "locale-kept"))
        speak(LC_ALL, "C.UTF-8");
    if (wrong(ctx, "stop-clean"))
        leak = memset(malloc(1 << 20), 1, 1 << 20);
    if (wrong(ctx, "no-output") && write(1, "hello\n", 6) != 6)
        return SOUK_ERROR;
    return leak || !leak ? SOUK_OK : SOUK_ERROR;
}

static int hello(struct souk_ctx *ctx)
{
    if (wrong(ctx, "answers"))
        return souk_fail(ctx, SOUK_ERROR, "it does not know what to say");
    if (wrong(ctx, "names-known")) {
        struct souk_rows *rows;
        int code = souk_query(ctx, &rows, "SELECT key FROM v1_product UNION SELECT 'tea'");
        if (code || souk_next(rows) != 1 || souk_option_text(ctx, "wrnog").len ||
            souk_column_int(rows, 1))
            return SOUK_ERROR;
    }
    return souk_answer_text(ctx, 200, souk_str("café"));
}

static int nightly(struct souk_ctx *ctx, const struct souk_value *payload)
{
    int64_t version = 0;
    if (wrong(ctx, "claims-minor") || SOUK_HAS(catalogue, version))
        souk_catalogue_version(ctx, &version);
    if (wrong(ctx, "options-read"))
        souk_option_int(ctx, "wrong");
    if (wrong(ctx, "jobs-work"))
        return souk_exec(ctx, NULL, "DELETE FROM p_wrong_general_row");
    if (wrong(ctx, "error-has-words"))
        return SOUK_UNAVAILABLE;
    if (wrong(ctx, "crash"))
        abort();
    return souk_fail(ctx, SOUK_UNAVAILABLE, "there is nothing to do tonight");
}

static int send(struct souk_ctx *ctx, const struct souk_message *message,
                struct souk_message_result *result)
{
    result->message = souk_str(wrong(ctx, "text-utf8") ? "caf\xe9" : "café");
    return souk_fail(ctx, SOUK_UNAVAILABLE, "nobody is there");
}

/* clang-format off */
static const struct souk_notify_provider provider = {.size = WRONG_SIZE, .channel = "pigeon", .label = "Pigeon", .send = send};
static const struct souk_option options[] = {{"wrong", SOUK_STRING, 0, "", WRONG_SUMMARY}, {WRONG_OPTION, SOUK_STRING, 0, "", "Nothing"}};
static const struct souk_route routes[] = {{"GET", "/hello", SOUK_READ, SOUK_PUBLIC, hello, "Says hello"}};
static const struct souk_job jobs[] = {{"nightly", "0 3 * * *", nightly, WRONG_JOB}};
static const struct souk_provider providers[] = {{"notify", "pigeon", &provider}};

#ifdef WRONG_NAMED
static const char hint[] = "<p>hint</p>";
static int hear(struct souk_ctx *ctx, const struct souk_event *event) { return SOUK_OK; }
static const struct souk_slot slots[] = {{"product.byu", "hint", NULL}};
static const struct souk_listener events[] = {{"order.palced", SOUK_FACT, 0, hear}};
static const struct souk_migration migrations[] = {{1, 0, "card", "CREATE TABLE p_wrong_named_card (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL) STRICT"}};
static const struct souk_field fields[] = {{"nmae", "Name", SOUK_STRING, SOUK_FIELD_LIST}};
static const struct souk_resource resources[] = {{"card", "Cards", "Card", "p_wrong_named_card", SOUK_TABLE(fields)}};
static const struct souk_file files[] = {{"templates/hint.html", hint, hint + sizeof hint - 1}};
#endif

SOUK_PLUGIN = { /* SOUK_ABI, but that it claims to do with 0.1 */
    SOUK_ABI_OF(1),
    .name = WRONG_NAME, .version = "1.0.0", .summary = "Breaks the rule that it is told to, for tests",
    .contact = "plugins@example.org", .license = "MIT", .init = init,
    .options = SOUK_TABLE(options), .routes = SOUK_TABLE(routes), .jobs = SOUK_TABLE(jobs), .providers = SOUK_TABLE(providers),
#ifdef WRONG_NAMED
    .slots = SOUK_TABLE(slots), .events = SOUK_TABLE(events), .migrations = SOUK_TABLE(migrations), .resources = SOUK_TABLE(resources), .files = SOUK_TABLE(files),
#endif
};
