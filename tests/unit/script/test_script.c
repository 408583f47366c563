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
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "script/script.h"

#include <cmocka.h>

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

static struct script_call *bench_call(struct bench *bench, size_t count)
{
    struct script_call *calls = arena_array(&bench->arena, struct script_call, count);
    for (size_t i = 0; i < count; i++)
        calls[i].function = (int)i;
    script_set_call(bench->set, &bench->arena, bench_cart(bench), calls, count);
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
    BODIES(bench, "while true do end", "return 7",
           "while true do pcall(function() while true do end end) end",
           "local s = \"x\" while true do s = s .. s end",
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
    assert_true(starts(said(bench, &call[7]), "denied ") ||
                starts(said(bench, &call[7]), "memory "));
    assert_string_equal(said(bench, &call[8]), "ok [4500]");
}

static void what_cannot_be_interrupted_is_killed(void **state)
{
    struct bench *bench = *state;
    BODIES(bench, "return 1", "return (\"a\"):rep(400):match((\"a*\"):rep(9) .. \"b\")", "return 3",
           "return (\"a\"):rep(300):find((\".-\"):rep(12) .. \"b\")", "return 5");
    int64_t before = clock_mono();
    struct script_call *call = bench_call(bench, 5);
    assert_true(clock_mono() - before < 2 * CLOCK_SECOND);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
