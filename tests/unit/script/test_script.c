/*
 * test_script.c: rules through the real host process and real workers: what is declared, what calls
 * answer, what every kind of failure looks like, and that the failure of one never touches another.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "script/script.h"

#include <cmocka.h>

/* A tick is a signal, and ThreadSanitizer holds signals back until the thread asks the system for
 * something, which a loop in the interpreter never does: it is killed there, not interrupted. */
#ifdef __SANITIZE_THREAD__
#define TICKS 0
#else
#define TICKS 1
#endif

struct bench {
    struct arena arena;
    struct script_host *host;
    struct script_set *set;
    struct json *declared, *errors;
    struct err err;
    int code;
};

static int bench_open(void **state)
{
    struct bench *bench = mem_zalloc(sizeof *bench);
    struct script_options options = {.currency = "EUR"};
    assert_int_equal(script_host_start(&bench->host, &options, &bench->err), SOUK_OK);
    *state = bench;
    return 0;
}

static int bench_close(void **state)
{
    struct bench *bench = *state;
    script_set_drop(bench->set);
    script_host_stop(bench->host);
    arena_free(&bench->arena);
    free(bench);
    return 0;
}

static int bench_load(struct bench *bench, const struct script_source *sources, size_t count)
{
    script_set_drop(bench->set);
    bench->errors = json_new(&bench->arena, JSON_ARRAY);
    bench->declared = NULL;
    bench->code = script_set_load(bench->host, &bench->arena, sources, count, &bench->set,
                                  &bench->declared, bench->errors, &bench->err);
    return bench->code;
}

static struct script_source source(const char *path, const char *text)
{
    return (struct script_source){souk_str(path), souk_str(text)};
}

/* One file: each line of `bodies` is the body of a function(cart); it must load. */
static void bench_functions(struct bench *bench, const char *const *bodies, size_t count)
{
    struct buf text = {.arena = &bench->arena};
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "promotion { id = \"f%zu\", when = function(cart) %s end }\n", i,
                   bodies[i]);
    struct script_source file = {souk_str("promotions/f.lua"), buf_str(&text)};
    if (bench_load(bench, &file, 1) != SOUK_OK) {
        struct buf out = {.arena = &bench->arena};
        json_print(&out, bench->errors);
        fail_msg("%s: %s", bench->err.text, out.ptr);
    }
}

static struct json *bench_cart(struct bench *bench)
{
    static const char text[] =
        "{\"currency\": \"EUR\", \"items_total\": 4500, \"coupons\": [],"
        " \"lines\": [{\"sku\": \"A\", \"quantity\": 2, \"unit_price\": 1000, \"total\": 2000},"
        " {\"sku\": \"B\", \"quantity\": 1, \"unit_price\": 2500, \"total\": 2500}]}";
    struct json *cart = NULL;
    assert_int_equal(json_parse(&bench->arena, souk_str(text), &cart, &bench->err), SOUK_OK);
    return cart;
}

static struct script_call *bench_ask(struct bench *bench, size_t count)
{
    struct script_call *calls = arena_array(&bench->arena, struct script_call, count);
    for (size_t i = 0; i < count; i++)
        calls[i].function = (int)i;
    script_set_call(bench->set, &bench->arena, bench_cart(bench), calls, count);
    return calls;
}

/* The same until all had their turn: on a busy machine a rule may be told that there was none,
 * which is nobody's fault. */
static struct script_call *bench_call(struct bench *bench, size_t count)
{
    struct script_call *calls = bench_ask(bench, count);
    for (size_t i = 0, again = 0; i < count && again < 50; i++)
        if (calls[i].outcome == SCRIPT_BUSY) {
            calls = bench_ask(bench, count);
            i = (size_t)-1;
            again++;
        }
    return calls;
}

static const char *printed(struct bench *bench, const struct json *value)
{
    struct buf out = {.arena = &bench->arena};
    json_print(&out, value);
    return out.ptr;
}

/* The outcome and, behind a space, the result or the reason. */
static const char *said(struct bench *bench, const struct script_call *call)
{
    return arena_printf(&bench->arena, "%s %s", script_outcome_name(call->outcome),
                        call->outcome == SCRIPT_OK ? printed(bench, call->result)
                                                   : arena_cstr(&bench->arena, call->reason))
        .ptr;
}

#define BODIES(bench, ...)                                                                         \
    bench_functions(bench, (const char *const[]){__VA_ARGS__},                                     \
                    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* ---- loading ---- */

static void declares(void **state)
{
    struct bench *bench = *state;
    struct script_source files[] = {
        source("promotions/b.lua",
               "\n\npromotion {\n id = \"x\", name = \"Éx\", priority = 10,\n when = "
               "function(cart) return cart.items_total > limit end,\n give = { order_percent = { "
               "percent = 10.5 } },\n skus = {}, list = {1, 2, 3.0}, on = true\n}\n"
               "group { name = 'g', mode = 'best' }\n"),
        source("promotions/c.lua", "upsell { id = 'u', choose = twice }  test { name = 't' }"),
        source("lib/a.lua", "limit = money '12.50'\nfunction twice(x) return x * 2 end\n")};
    assert_int_equal(bench_load(bench, files, 3), SOUK_OK);
    assert_string_equal(
        printed(bench, bench->declared),
        "[{\"file\":\"promotions/b.lua\",\"kind\":\"promotion\",\"line\":3,\"value\":{\"give\":{"
        "\"order_percent\":{\"percent\":{\"$decimal\":\"10.5\"}}},\"id\":\"x\",\"list\":[1,2,3],"
        "\"name\":\"Éx\",\"on\":true,\"priority\":10,\"skus\":[],\"when\":{\"$function\":0}}},"
        "{\"file\":\"promotions/b.lua\",\"kind\":\"group\",\"line\":9,\"value\":{\"mode\":\"best\","
        "\"name\":\"g\"}},"
        "{\"file\":\"promotions/c.lua\",\"kind\":\"upsell\",\"line\":1,\"value\":{\"choose\":{"
        "\"$function\":1},\"id\":\"u\"}},"
        "{\"file\":\"promotions/c.lua\",\"kind\":\"test\",\"line\":1,\"value\":{\"name\":\"t\"}}]");
}

static void calls(void **state)
{
    struct bench *bench = *state;
    BODIES(bench, "return cart.items_total >= 4500, \"enough\"",
           "return #cart.lines, nil, 2.5, {a = {1}}", "return cart.nothing.here", "error({})",
           "error(\"no\", 0)", "return 1, 2, 3, 4, 5", "return 0/0", "return function() end",
           "return {1, x = 2}", "return", "return procent_of(1)", "return \"\\xff\"");
    struct script_call *call = bench_call(bench, 12);
    assert_string_equal(said(bench, &call[0]), "ok [true,\"enough\"]");
    assert_string_equal(said(bench, &call[1]), "ok [2,null,{\"$decimal\":\"2.5\"},{\"a\":[1]}]");
    assert_string_equal(
        said(bench, &call[2]),
        "denied promotions/f.lua:3: attempt to index a nil value (field 'nothing')");
    assert_string_equal(said(bench, &call[3]),
                        "denied promotions/f.lua:4: raised an error that is no text but a table");
    assert_string_equal(said(bench, &call[4]), "denied promotions/f.lua:5: no");
    assert_string_equal(said(bench, &call[5]), "ok [1,2,3,4]");
    assert_string_equal(said(bench, &call[6]), "denied promotions/f.lua:7: what it returned cannot "
                                               "be used: this is no number (a division by zero?)");
    assert_true(strstr(said(bench, &call[7]), "a function cannot be returned") != NULL);
    assert_true(strstr(said(bench, &call[8]), "a table is either a list") != NULL);
    assert_string_equal(said(bench, &call[9]), "ok []");
    assert_string_equal(said(bench, &call[10]),
                        "denied promotions/f.lua:11: attempt to call a nil value (global "
                        "'procent_of'); did you mean \"percent_of\"?");
    assert_true(strstr(said(bench, &call[11]), "this text is not UTF-8") != NULL);
}

/* ---- what goes wrong ---- */

static int starts(const char *text, const char *with)
{
    if (strncmp(text, with, strlen(with)) == 0)
        return 1;
    fprintf(stderr, "\"%s\" does not begin with \"%s\"\n", text, with);
    return 0;
}

static void loops_are_interrupted(void **state)
{
    struct bench *bench = *state;
    if (!TICKS)
        skip();
    BODIES(bench, "while true do end", "return 7",
           "while true do pcall(function() while true do end end) end", "return (\"x\"):rep(1e8)",
           "pcall(string.rep, \"x\", 1e9) return \"caught\"",
           "while true do pcall(error, \"again\") end",
           "table.sort({3, 2, 1, 5, 4}, function() while true do end end)",
           "local function f(n) return f(n + 1) + 1 end return f(1)", "return cart.items_total");
    struct script_call *call = bench_call(bench, 9);
    assert_true(starts(said(bench, &call[0]),
                       "budget promotions/f.lua:1: took longer than 5 ms of computing"));
    assert_string_equal(said(bench, &call[1]), "ok [7]");
    assert_true(starts(said(bench, &call[2]), "budget promotions/f.lua:3: took longer"));
    assert_string_equal(said(bench, &call[3]),
                        "memory promotions/f.lua:4: needs more than 4096 KiB of memory");
    assert_string_equal(said(bench, &call[4]),
                        "memory promotions/f.lua:5: needs more than 4096 KiB of memory");
    assert_true(starts(said(bench, &call[5]), "budget promotions/f.lua:6: took longer"));
    assert_true(starts(said(bench, &call[6]), "budget promotions/f.lua:7: took longer"));
    /* too deep, too large or, on a slow machine, first of all too long */
    assert_true(call[7].outcome == SCRIPT_MEMORY || call[7].outcome == SCRIPT_FAILED ||
                call[7].outcome == SCRIPT_LATE);
    assert_string_equal(said(bench, &call[8]), "ok [4500]");
}

static void what_cannot_be_interrupted_is_killed(void **state)
{
    struct bench *bench = *state;
    BODIES(bench, "return 1", "return (\"a\"):rep(400):match((\"a*\"):rep(9) .. \"b\")", "return 3",
           "return (\"a\"):rep(300):find((\".-\"):rep(12) .. \"b\")", "return 5");
    struct script_call *call = bench_call(bench, 5);
    assert_string_equal(said(bench, &call[0]), "ok [1]");
    assert_true(starts(said(bench, &call[1]), "budget promotions/f.lua:2: took too long inside"));
    assert_string_equal(said(bench, &call[2]), "ok [3]");
    assert_true(starts(said(bench, &call[3]), "budget promotions/f.lua:4: took too long inside"));
    assert_string_equal(said(bench, &call[4]), "ok [5]");
}

static void nobody_changes_the_cart(void **state)
{
    struct bench *bench = *state;
    static const char changed[] = "changes the cart, which is only to be read";
    BODIES(
        bench, "cart.items_total = 1 return cart.items_total",
        "cart.lines[1].quantity = 9 return 1", "return cart.lines[1].quantity",
        "cart.fresh = true return 1", "return cart.fresh", "cart.lines[3] = {} return 1",
        "return #cart.lines", "cart.coupons[1] = \"FREE\" return 1", "return #cart.coupons",
        "cart.currency = nil return 1", "return cart.currency", "table.remove(cart.lines) return 1",
        "table.sort(cart.lines, function(a, b) return a.sku > b.sku end) return 1",
        "return cart.lines[1].sku", "cart.coupons.first = \"FREE\" return 1",
        "return cart.coupons.first", "for i = 1, 40 do cart[\"x\" .. i] = i end return 1",
        "for i = 1, 40 do cart.lines[1][i] = i end return 1", "return cart.x1, cart.lines[1][1]");
    for (int round = 0; round < 2; round++) {
        struct script_call *call = bench_call(bench, 19);
        static const int wrong[] = {0, 1, 3, 5, 7, 9, 11, 12, 14, 16, 17};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            assert_int_equal(call[wrong[i]].outcome, SCRIPT_FAILED);
            assert_true(strstr(call[wrong[i]].reason.ptr, changed) != NULL);
        }
        assert_string_equal(said(bench, &call[2]), "ok [2]");
        assert_string_equal(said(bench, &call[4]), "ok [null]");
        assert_string_equal(said(bench, &call[6]), "ok [2]");
        assert_string_equal(said(bench, &call[8]), "ok [0]");
        assert_string_equal(said(bench, &call[10]), "ok [\"EUR\"]");
        assert_string_equal(said(bench, &call[13]), "ok [\"A\"]");
        assert_string_equal(said(bench, &call[15]), "ok [null]");
        assert_string_equal(said(bench, &call[18]), "ok [null,null]");
    }
}

/* Nothing is kept from one call to the next, whatever a file closes over. */
static void calls_leave_nothing_behind(void **state)
{
    struct bench *bench = *state;
    struct script_source files[] = {
        source("lib/a.lua", "rates = { vat = 20, deep = { x = 1 } }\nlocal n = 0\n"
                            "function count() n = n + 1 return n end\n"),
        source(
            "promotions/f.lua",
            "local seen, list = 0, { 1, 2 }\n"
            "local function bump() seen = seen + 1 return seen end\n"
            "helper = function() return bump() + 100 end\n"
            "promotion { id = 'a', when = function() seen = seen + 1 return seen end }\n"
            "promotion { id = 'b', when = function() return bump(), helper() end }\n"
            "promotion { id = 'c', when = function() list[3] = 3 return #list end }\n"
            "promotion { id = 'd', when = function() return #list, list[2], rates.vat, "
            "rates.deep.x, count() end }\n"
            "promotion { id = 'e', when = function() rates.vat = 0 end }\n"
            "promotion { id = 'f', when = function() other = 1 end }\n"
            "promotion { id = 'g', when = function() string.rep = 1 end }\n"
            "promotion { id = 'h', when = function() rates.deep.x = 2 end }\n"
            "promotion { id = 'i', when = function() local n = 0 for k, v in pairs(rates) do n = "
            "n + 1 end for i, v in ipairs(list) do n = n + v end return n, next(list), "
            "rawlen(list) end }\n"
            "promotion { id = 'j', when = function() _ENV = {} end }\n"
            "promotion { id = 'k', when = function() promotion { id = 'x' } end }\n"
            "promotion { id = 'l', when = function() return math.random(1, 1000000) end }\n")};
    assert_int_equal(bench_load(bench, files, 2), SOUK_OK);
    const char *first = NULL;
    for (int round = 0; round < 3; round++) {
        struct script_call *call = bench_call(bench, 12);
        assert_string_equal(said(bench, &call[0]), "ok [1]");
        assert_string_equal(said(bench, &call[1]), "ok [1,102]");
        assert_true(strstr(said(bench, &call[2]), "this table is fixed") != NULL);
        assert_string_equal(said(bench, &call[3]), "ok [2,2,20,1]");
        assert_true(strstr(said(bench, &call[4]), "this table is fixed") != NULL);
        assert_true(strstr(said(bench, &call[5]), "globals cannot be made or changed") != NULL);
        assert_true(strstr(said(bench, &call[6]), "this table is fixed") != NULL);
        assert_true(strstr(said(bench, &call[7]), "this table is fixed") != NULL);
        assert_string_equal(said(bench, &call[8]), "ok [5,1,2]");
        assert_string_equal(said(bench, &call[9]), "ok []");
        assert_true(strstr(said(bench, &call[10]), "cannot declare") != NULL);
        assert_int_equal(call[11].outcome, SCRIPT_OK);
        assert_true(!first || strcmp(first, said(bench, &call[11])) == 0);
        first = said(bench, &call[11]);
    }
}

static void mistakes_are_all_told(void **state)
{
    struct bench *bench = *state;
    if (!TICKS)
        skip();
    struct script_source files[] = {
        source("promotions/a.lua", "promotion {\n id = 'x',\n give = }\n"),
        source("promotions/b.lua", "\nlocal x = nil + 1\n"),
        source("promotions/c.lua", "\n\npromotion { when = { money = money '12,50' } }"),
        source("promotions/d.lua", "promotion { give = { 1, 2, x = 3 } }"),
        source("promotions/e.lua", "while true do end"),
        source("promotions/f.lua", "promotion { id = 'good' }")};
    assert_int_equal(bench_load(bench, files, 6), SOUK_INVALID);
    assert_null(bench->set);
    assert_string_equal(
        printed(bench, bench->errors),
        "[{\"file\":\"promotions/a.lua\",\"line\":3,\"message\":\"unexpected symbol near '}'\"},"
        "{\"file\":\"promotions/b.lua\",\"line\":2,\"message\":\"attempt to perform arithmetic on a "
        "nil value\"},"
        "{\"file\":\"promotions/c.lua\",\"line\":3,\"message\":\"money \\\"12,50\\\" is no amount of "
        "EUR; write digits and a point, with at most 2 digits behind it\"},"
        "{\"file\":\"promotions/d.lua\",\"line\":1,\"message\":\"promotion: give: a table is either "
        "a list without holes, or has names; this one is neither\"},"
        "{\"file\":\"promotions/e.lua\",\"line\":1,\"message\":\"took longer than 200 ms of "
        "computing; does it loop?\"}]");
}

/* ---- workers that die ---- */

/* The only child of a process; 0: none. */
static pid_t child_of(pid_t pid)
{
    char path[64];
    long child = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char text[64] = "";
    if (fgets(text, sizeof text, file))
        child = strtol(text, NULL, 10);
    fclose(file);
    return (pid_t)child;
}

/* A process that has ended stays as a zombie until its parent looks; one that nobody waits for is
 * gone. */
static int is_dead(pid_t pid)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 1;
    const char *state = fgets(text, sizeof text, file) ? strrchr(text, ')') : NULL;
    fclose(file);
    return !state || state[2] == 'Z' || state[2] == 'X';
}

/* Ends it, and waits for the end of another that dies with it. */
static void end_for_good(pid_t pid, pid_t other)
{
    assert_true(pid > 1 && other > 1); /* 0 would be all of us */
    kill(pid, SIGKILL);
    for (int64_t until = clock_mono() + 20 * CLOCK_SECOND; !is_dead(pid) || !is_dead(other);)
        assert_true(clock_mono() < until);
}

struct shooting {
    pid_t worker;
    int signal;
};

/* When the worker has had 10 ms of a processor it is within the pattern. */
static void *shoot(void *user)
{
    const struct shooting *shooting = user;
    clockid_t clock;
    struct timespec at = {0};
    assert_int_equal(clock_getcpuclockid(shooting->worker, &clock), 0);
    clock_gettime(clock, &at);
    int64_t before = at.tv_sec * CLOCK_SECOND + at.tv_nsec / 1000, now = before;
    while (now - before < 10 * CLOCK_MS && clock_gettime(clock, &at) == 0)
        now = at.tv_sec * CLOCK_SECOND + at.tv_nsec / 1000;
    kill(shooting->worker, shooting->signal);
    return NULL;
}

static void a_dead_worker_takes_one_call_with_it(void **state)
{
    struct bench *bench = *state;
    static const int signals[] = {SIGSEGV, SIGKILL, SIGSYS};
    static const char *const words[] = {"Segmentation fault", "Killed",
                                        "a call of the system that no script may make"};
    BODIES(bench, "return 1", "return (\"a\"):rep(400):match((\"a*\"):rep(9) .. \"b\")",
           "return 3");
    for (int i = 0; i < 3; i++) {
        struct shooting shooting = {child_of(child_of(getpid())), signals[i]};
        pthread_t thread;
        assert_true(shooting.worker > 0);
        assert_int_equal(pthread_create(&thread, NULL, shoot, &shooting), 0);
        struct script_call *call = bench_ask(bench, 3);
        pthread_join(thread, NULL);
        assert_string_equal(said(bench, &call[0]), "ok [1]");
        assert_true(starts(said(bench, &call[1]), "killed promotions/f.lua:2: brought the Lua"));
        assert_true(strstr(call[1].reason.ptr, words[i]) != NULL);
        assert_string_equal(said(bench, &call[2]), "ok [3]");
    }
}

static void an_idle_worker_and_the_host_may_die(void **state)
{
    struct bench *bench = *state;
    BODIES(bench, "return 1", "return 2");
    for (int i = 0; i < 4; i++) {
        pid_t host = child_of(getpid()), worker = child_of(host);
        end_for_good(i % 2 ? host : worker, worker);
        struct script_call *call = bench_call(bench, 2);
        assert_string_equal(said(bench, &call[0]), "ok [1]");
        assert_string_equal(said(bench, &call[1]), "ok [2]");
    }
    struct script_source file = source("promotions/g.lua", "promotion { id = 'x' }");
    end_for_good(child_of(getpid()), child_of(child_of(getpid())));
    assert_int_equal(bench_load(bench, &file, 1), SOUK_OK);
}

static void too_many_bombs_leave_the_others_without_blame(void **state)
{
    struct bench *bench = *state;
    static const char bomb[] = "return (\"a\"):rep(400):match((\"a*\"):rep(9) .. \"b\")";
    BODIES(bench, bomb, bomb, bomb, bomb, bomb, "return 6");
    struct script_call *call = bench_ask(bench, 6);
    for (int again = 0; again < 20 && call[0].outcome == SCRIPT_BUSY; again++)
        call = bench_ask(bench, 6);
    int late = 0; /* how many fit into the time is the machine's affair, up to four */
    while (late < 4 && call[late].outcome == SCRIPT_LATE)
        late++;
    assert_true(late > 0);
    for (int i = late; i < 6; i++)
        assert_string_equal(said(bench, &call[i]), "busy the rules before it used up the time");
}

/* ---- many at once ---- */

struct caller {
    struct bench *bench;
    char wrong[200]; /* the first answer that was not as it should be */
};

static void expect(struct caller *caller, const struct script_call *call,
                   enum script_outcome outcome, int64_t value)
{
    const struct json_item *first = json_first(call->result);
    int64_t got = first ? json_int(&first->value, -1) : -1;
    if (!caller->wrong[0] && (call->outcome != outcome || got != value))
        snprintf(caller->wrong, sizeof caller->wrong, "%s %lld %.*s",
                 script_outcome_name(call->outcome), (long long)got, SOUK_PRI(call->reason));
}

static void *call_often(void *user)
{
    struct caller *caller = user;
    struct arena arena = {0};
    for (int i = 0; i < 40; i++) {
        struct script_call calls[3] = {{.function = 0}, {.function = 1}, {.function = 2}};
        struct json *input = json_new(&arena, JSON_OBJECT);
        json_add_int(&arena, input, "n", i);
        script_set_call(caller->bench->set, &arena, input, calls, 3);
        expect(caller, &calls[0], SCRIPT_OK, i * 2);
        expect(caller, &calls[1], SCRIPT_FAILED, -1);
        expect(caller, &calls[2], SCRIPT_OK, i);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

static void threads_share_the_workers(void **state)
{
    struct bench *bench = *state;
    struct caller callers[6];
    pthread_t threads[6];
    BODIES(bench, "return cart.n * 2", "cart.n = -1", "return cart.n");
    for (int i = 0; i < 6; i++) {
        callers[i] = (struct caller){bench, ""};
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 6; i++)
        assert_string_equal(callers[i].wrong, "");
}

/* ---- the library ---- */

static void library_reckons(void **state)
{
    struct bench *bench = *state;
    BODIES(bench, "return money \"12.50\", money \"-3\", money \"0.05\"", "return money(12)",
           "return money \"twelve\"",
           "return percent_of(999, 50), percent_of(1, 50), percent_of(-999, 50)",
           "return percent_of(100000, 12.3456)", "return percent_of(100, 1/3)",
           "return percent_of(1.5, 1)", "local p = split(1000, 3) return p",
           "local p = split(-10, 4) return p", "return (split(1, 0))",
           "return rawlen({1, 2}), rawget({7}, 1), select(\"#\", 1, 2)",
           "return math.random(1, 6) <= 6, math.random() < 1, pcall(math.random, 2, 1)",
           "return string.format(\"%5.1f|%s|%s|%%|%d\", 2.25, {}, nil, 7)",
           "return (\"x\"):rep(3, \",\"), (\"\"):rep(1e15), table.unpack({1, 2})",
           "log(\"a\", 1, nil, {}) log((\"ä\"):rep(150)) return 1",
           "for i = 1, 50 do log(i) end error(\"x\")");
    struct script_call *call = bench_call(bench, 16);
    assert_string_equal(said(bench, &call[0]), "ok [1250,-300,5]");
    assert_string_equal(said(bench, &call[1]),
                        "denied promotions/f.lua:2: money takes an amount as "
                        "text: money \"12.50\", not a number");
    assert_true(
        starts(said(bench, &call[2]), "denied promotions/f.lua:3: money \"twelve\" is no amount"));
    assert_string_equal(said(bench, &call[3]), "ok [500,1,-500]");
    assert_string_equal(said(bench, &call[4]), "ok [12346]");
    assert_true(strstr(said(bench, &call[5]), "at most four digits") != NULL);
    assert_true(strstr(said(bench, &call[6]), "a whole number") != NULL);
    assert_string_equal(said(bench, &call[7]), "ok [[334,333,333]]");
    assert_string_equal(said(bench, &call[8]), "ok [[-3,-3,-2,-2]]");
    assert_true(strstr(said(bench, &call[9]), "1 to 10000 parts") != NULL);
    assert_string_equal(said(bench, &call[10]), "ok [2,7,2]");
    assert_true(starts(said(bench, &call[11]), "ok [true,true,false,"));
    assert_string_equal(said(bench, &call[12]), "ok [\"  2.2|table|nil|%|7\"]");
    assert_string_equal(said(bench, &call[13]), "ok [\"x,x,x\",\"\",1,2]");
    assert_int_equal(call[14].outcome, SCRIPT_OK);
    assert_int_equal(call[14].log->count, 2);
    assert_string_equal(printed(bench, &call[14].log->first->value), "\"a 1 nil table\"");
    assert_int_equal(json_text(&call[14].log->last->value).len, 200);
    assert_int_equal(call[15].log->count, 20);
    assert_null(call[13].log);
}

static void input_of_every_size(void **state)
{
    struct bench *bench = *state;
    BODIES(
        bench,
        "local sum = 0 for _, line in ipairs(cart.lines) do sum = sum + line.total end return sum, "
        "#cart.lines",
        "cart.lines[#cart.lines].total = -1");
    static const int sizes[] = {0, 1, 10, 3000, 2, 3000, 1, 20000, 5};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct json *cart = json_new(&bench->arena, JSON_OBJECT);
        struct json *lines = json_add(&bench->arena, cart, "lines", JSON_ARRAY);
        for (int n = 0; n < sizes[i]; n++) {
            struct json *line = json_add(&bench->arena, lines, NULL, JSON_OBJECT);
            json_add_int(&bench->arena, line, "total", n);
            json_add_cstr(&bench->arena, line, "sku", "SOME-SKU");
            json_add_int(&bench->arena, line, "quantity", 2);
        }
        struct script_call calls[2] = {{.function = 0}, {.function = 1}};
        script_set_call(bench->set, &bench->arena, cart, calls, 2);
        if (sizes[i] == 20000) {
            assert_true(strstr(said(bench, &calls[0]), "too large for rules") != NULL);
            continue;
        }
        assert_string_equal(
            said(bench, &calls[0]),
            arena_printf(&bench->arena, "ok [%d,%d]", sizes[i] * (sizes[i] - 1) / 2, sizes[i]).ptr);
        assert_int_equal(calls[1].outcome, SCRIPT_FAILED);
    }
}

static void different_carts_one_after_the_other(void **state)
{
    struct bench *bench = *state;
    BODIES(bench, "return cart.n, #cart.lines, cart.lines[1] and cart.lines[1].sku");
    for (int i = 0; i < 3000; i++) {
        struct arena arena = {0};
        struct json *cart = json_new(&arena, JSON_OBJECT);
        json_add_int(&arena, cart, "n", i);
        struct json *lines = json_add(&arena, cart, "lines", JSON_ARRAY);
        for (int n = 0; n < i % 40; n++)
            json_add_str(&arena, json_add(&arena, lines, NULL, JSON_OBJECT), "sku",
                         arena_printf(&arena, "SKU-%d-%d", i, n));
        struct script_call call = {.function = 0};
        script_set_call(bench->set, &arena, cart, &call, 1);
        assert_int_equal(call.outcome, SCRIPT_OK);
        assert_int_equal(json_int(&call.result->first->value, -1), i);
        assert_int_equal(json_int(&call.result->first->next->value, -1), i % 40);
        arena_free(&arena);
    }
}

static void a_chunk_runs_alone(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"return 1 + 1", "ok [2]"},
        {"return ...", "ok []"},
        {"x = 5 return x", "ok [5]"},
        {"return os.time()", "denied s.lua:1: attempt to index a nil value (global 'os')"},
        {"while true do end", "budget s.lua:1: took longer than 5 ms of computing; does it loop?"},
        {"return (\"x\"):rep(1 << 30)", "memory s.lua: needs more than 4096 KiB of memory"},
        {"\x1bLua", "denied s.lua is a compiled chunk; rules are read as text only"},
        {"return '\xff'", "denied s.lua is not UTF-8 text; save it as UTF-8"},
        {"x = = 1", "denied s.lua:1: unexpected symbol near '='"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct script_call call = {0};
        if (!TICKS && strncmp(cases[i].wanted, "budget", 6) == 0)
            continue;
        struct script_source one = source("s.lua", cases[i].text);
        script_run(bench->host, &bench->arena, &one, &call);
        assert_string_equal(said(bench, &call), cases[i].wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(declares, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(calls, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(mistakes_are_all_told, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(loops_are_interrupted, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(what_cannot_be_interrupted_is_killed, bench_open,
                                        bench_close),
        cmocka_unit_test_setup_teardown(nobody_changes_the_cart, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(calls_leave_nothing_behind, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(a_dead_worker_takes_one_call_with_it, bench_open,
                                        bench_close),
        cmocka_unit_test_setup_teardown(an_idle_worker_and_the_host_may_die, bench_open,
                                        bench_close),
        cmocka_unit_test_setup_teardown(too_many_bombs_leave_the_others_without_blame, bench_open,
                                        bench_close),
        cmocka_unit_test_setup_teardown(threads_share_the_workers, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(library_reckons, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(input_of_every_size, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(different_carts_one_after_the_other, bench_open,
                                        bench_close),
        cmocka_unit_test_setup_teardown(a_chunk_runs_alone, bench_open, bench_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
