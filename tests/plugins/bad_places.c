/* bad_places: crashes, hangs, exits or throws its weight about in whatever place it is told to: in
 * requests by ?how=, in facts by their subject, in jobs and commands by what they are given, in
 * init, start and stop by the option `life`. */
#include <souk.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static const char html[] = "<b>places</b>";
static volatile int seen;
static char *volatile wild = (char *)4096;

static void *crash_outside(void *arg)
{
    (void)arg;
    *(volatile int *)8 = 1;
    return NULL;
}
static void *leave_outside(void *arg)
{
    exit(arg ? 3 : 0);
}
static void *leave_outside_at_once(void *arg)
{
    _exit(arg ? 3 : 0);
}
static void in_thread(void *(*fn)(void *), int wait)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, fn, NULL) == 0) {
        if (wait)
            pthread_join(thread, NULL);
        else
            pthread_detach(thread);
    }
}

static int misbehave(struct souk_str how)
{
    if (souk_str_is(how, "crash"))
        *(volatile int *)8 = 1;
    if (souk_str_is(how, "jump"))
        ((void (*)(void))(uintptr_t)16)();
    if (souk_str_is(how, "divide"))
        return 7 / seen;
    if (souk_str_is(how, "trap"))
        __builtin_trap();
    if (souk_str_is(how, "abort"))
        abort();
    if (souk_str_is(how, "free"))
        free(wild);
    if (souk_str_is(how, "exit"))
        exit(0);
    if (souk_str_is(how, "exit1"))
        exit(1);
    if (souk_str_is(how, "_exit"))
        _exit(0);
    if (souk_str_is(how, "_exit7"))
        _exit(7);
    if (souk_str_is(how, "hang"))
        for (volatile int forever = 1; forever;) {
        }
    if (souk_str_is(how, "sleep"))
        for (;;)
            pause();
    if (souk_str_is(how, "number"))
        return 4711;
    if (souk_str_is(how, "thread"))
        in_thread(crash_outside, 1);
    if (souk_str_is(how, "thread_exit"))
        in_thread(leave_outside, 1);
    if (souk_str_is(how, "thread__exit"))
        in_thread(leave_outside_at_once, 1);
    if (souk_str_is(how, "late_thread"))
        in_thread(crash_outside, 0);
    if (souk_str_is(how, "end_thread"))
        pthread_exit(NULL);
    if (souk_str_is(how, "stack"))
        return misbehave(how) + 1;
    return SOUK_OK;
}

static int answer(struct souk_ctx *ctx)
{
    int code = misbehave(souk_query_param(ctx, "how"));
    return code ? code : souk_answer_text(ctx, 200, souk_str("fine\n"));
}
static int step(struct souk_ctx *ctx, void *arg)
{
    (void)arg;
    return answer(ctx);
}
static int leave_step(struct souk_ctx *ctx)
{
    return souk_then_write(ctx, step, NULL);
}
static int write_step(struct souk_ctx *ctx)
{
    return souk_db_write(ctx, step, NULL);
}
static int fill(struct souk_ctx *ctx, struct souk_value *view)
{
    (void)view;
    return misbehave(souk_query_param(ctx, "how"));
}
static int part(struct souk_ctx *ctx, struct souk_value *view)
{
    (void)view;
    return misbehave(souk_query_param(ctx, "slot"));
}
static int tell(struct souk_ctx *ctx)
{
    int code = souk_emit(ctx, "places.told", souk_query_param(ctx, "how"), NULL);
    return code ? code : souk_answer_text(ctx, 200, souk_str("told\n"));
}
static int ask(struct souk_ctx *ctx)
{
    int code = souk_filter(ctx, "places.asking", souk_query_param(ctx, "how"), souk_map(ctx));
    return code ? code : souk_answer_text(ctx, 200, souk_str("asked\n"));
}
static int on_event(struct souk_ctx *ctx, const struct souk_event *event)
{
    (void)ctx;
    return misbehave(event->subject);
}
static int plan(struct souk_ctx *ctx)
{
    struct souk_value *payload = souk_map(ctx);
    souk_set_str(ctx, payload, "how", souk_query_param(ctx, "how"));
    int code = souk_job_add(ctx, "work", souk_str(""), payload, 0);
    return code ? code : souk_answer_text(ctx, 200, souk_str("planned\n"));
}
static int work(struct souk_ctx *ctx, const struct souk_value *payload)
{
    (void)ctx;
    return misbehave(souk_text(souk_get(payload, "how")));
}
static int command(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    (void)ctx;
    return argc ? misbehave(argv[0]) : SOUK_OK;
}

static int in_life(struct souk_ctx *ctx, const char *where)
{
    struct souk_str life = souk_option_text(ctx, "life");
    size_t len = strlen(where);
    if (life.len <= len || memcmp(life.ptr, where, len) != 0 || life.ptr[len] != ' ')
        return SOUK_OK;
    life.ptr += len + 1;
    life.len -= len + 1;
    return misbehave(life);
}
static int init(struct souk_ctx *ctx)
{
    return in_life(ctx, "init");
}
static int start(struct souk_ctx *ctx)
{
    return in_life(ctx, "start");
}
static void stop(struct souk_ctx *ctx)
{
    in_life(ctx, "stop");
}
#ifdef CONSTRUCTOR
__attribute__((constructor)) static void construct(void)
{
    misbehave(souk_str(CONSTRUCTOR));
}
#endif

static const struct souk_option options[] = {
    {"life", SOUK_STRING, 0, "", "Where and how, such as: init crash"}};
static const struct souk_route routes[] = {
    {"GET", "/read", SOUK_READ, SOUK_PUBLIC, answer, "Goes wrong"},
    {"GET", "/task", SOUK_TASK, SOUK_PUBLIC, answer, "Goes wrong", .deadline_ms = 1000},
    {"GET", "/quick", SOUK_READ, SOUK_PUBLIC, answer, "Goes wrong"},
    {"POST", "/write", SOUK_WRITE, SOUK_PUBLIC, answer, "Goes wrong"},
    {"POST", "/then", SOUK_TASK, SOUK_PUBLIC, leave_step, "Goes wrong"},
    {"POST", "/wait", SOUK_TASK, SOUK_PUBLIC, write_step, "Goes wrong"},
    {"POST", "/tell", SOUK_WRITE, SOUK_PUBLIC, tell, "Goes wrong"},
    {"POST", "/ask", SOUK_TASK, SOUK_PUBLIC, ask, "Goes wrong"},
    {"POST", "/plan", SOUK_WRITE, SOUK_PUBLIC, plan, "Goes wrong"},
};
static const struct souk_page pages[] = {{"/places", "page", fill, "Places"}};
static const struct souk_slot slots[] = {{"home.main", "page", part}};
static const struct souk_listener events[] = {
    {"places.told", SOUK_FACT, 0, on_event, .budget_ms = 300},
    {"places.asking", SOUK_FILTER, 0, on_event}};
static const struct souk_job jobs[] = {{"work", NULL, work, "Goes wrong", .timeout_ms = 2500}};
static const struct souk_command commands[] = {{"go", "HOW", "Goes wrong", command}};
static const struct souk_file files[] = {{"templates/page.html", html, html + sizeof(html) - 1}};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_places",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose, anywhere",
    .contact = "tests@example.org",
    .options = SOUK_TABLE(options),
    .routes = SOUK_TABLE(routes),
    .pages = SOUK_TABLE(pages),
    .slots = SOUK_TABLE(slots),
    .events = SOUK_TABLE(events),
    .jobs = SOUK_TABLE(jobs),
    .commands = SOUK_TABLE(commands),
    .files = SOUK_TABLE(files),
    .init = init,
    .start = start,
    .stop = stop,
};
