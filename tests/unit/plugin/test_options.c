/*
 * test_options.c: option tables: every type right and wrong, bounds, unknown keys,
 * secrets, comparing and describing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/str.h"
#include "plugin/options.h"

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct souk_option all[] = {
    {.key = "greeting", .type = SOUK_STRING, .initial = "Hello", .summary = "What to say."},
    {.key = "note", .type = SOUK_TEXT},
    {.key = "size", .type = SOUK_INT, .initial = "5", .min = 1, .max = 10},
    {.key = "loud", .type = SOUK_BOOL, .initial = "true"},
    {.key = "price", .type = SOUK_MONEY, .initial = "12.50 EUR"},
    {.key = "wait", .type = SOUK_DURATION, .initial = "10s", .min = 1000000, .max = 60000000},
    {.key = "room", .type = SOUK_SIZE, .initial = "4M", .min = 1024, .max = INT64_MAX},
    {.key = "site", .type = SOUK_URL},
    {.key = "colour", .type = SOUK_CHOICE, .initial = "green", .choices = colours},
    {.key = "tags", .type = SOUK_LIST, .initial = "a, b"},
    {.key = "names", .type = SOUK_MAP, .initial = "x = 1, y=2"},
    {.key = "token", .type = SOUK_SECRET},
    {.key = "share", .type = SOUK_RATE, .initial = "12.5%", .max = 1000000},
    {.key = "paints", .type = SOUK_LIST, .choices = colours},
};
#define ALL (sizeof(all) / sizeof(*all))

struct bench {
    struct arena arena;
    struct problems problems;
    struct option_values *values;
    char dir[64];
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    str_copy(bench->dir, sizeof(bench->dir), souk_str("/tmp/souk-options-XXXXXX"));
    assert_non_null(mkdtemp(bench->dir));
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    arena_free(&bench->arena);
    rmdir(bench->dir);
    free(bench);
    return 0;
}

/* Checks the JSON text `given` as the section "hello". */
static struct option_values *check(struct bench *bench, const char *given)
{
    struct json *tree = NULL;
    struct err err = {0};
    if (given)
        assert_int_equal(json_parse(&bench->arena, souk_str(given), &tree, &err), 0);
    problems_init(&bench->problems, &bench->arena, souk_str("souk.lua"));
    bench->problems.line = 7;
    bench->values =
        options_check(&bench->arena, all, ALL, "hello", bench->dir, tree, &bench->problems);
    return bench->values;
}

static void good(struct bench *bench, const char *given)
{
    check(bench, given);
    if (bench->problems.count)
        print_error("%s: %s\n", bench->problems.first->key.ptr, bench->problems.first->message.ptr);
    assert_int_equal(bench->problems.count, 0);
}

/* Exactly one problem, with these words in its three parts. */
static void bad(struct bench *bench, const char *given, const char *key, const char *message,
                const char *hint)
{
    check(bench, given);
    assert_int_equal(bench->problems.count, 1);
    struct problem *problem = bench->problems.first;
    if (!souk_str_is(problem->key, key) || !strstr(problem->message.ptr, message) ||
        !strstr(problem->hint.ptr, hint))
        print_error("got %s: %s; %s\n", problem->key.ptr, problem->message.ptr, problem->hint.ptr);
    assert_true(souk_str_is(problem->key, key));
    assert_non_null(strstr(problem->message.ptr, message));
    assert_non_null(strstr(problem->hint.ptr, hint));
    assert_true(problem->hint.len > 0);
    assert_int_equal(problem->line, 7);
    assert_true(souk_str_is(problem->file, "souk.lua"));
}

static void test_defaults(void **state)
{
    struct bench *bench = *state;
    good(bench, NULL);
    struct option_values *v = bench->values;
    assert_true(souk_str_is(options_text(v, "greeting"), "Hello"));
    assert_int_equal(options_int(v, "size"), 5);
    assert_int_equal(options_int(v, "loud"), 1);
    assert_int_equal(options_int(v, "price"), 1250);
    assert_true(souk_str_is(options_text(v, "price"), "12.50 EUR"));
    assert_int_equal(options_int(v, "wait"), 10000000);
    assert_int_equal(options_int(v, "room"), 4 << 20);
    assert_true(souk_str_is(options_text(v, "colour"), "green"));
    assert_int_equal(options_int(v, "share"), 125000);
    assert_int_equal(options_json(v, "tags")->count, 2);
    assert_true(souk_str_is(json_text(json_at(options_json(v, "names"), "y")), "2"));
    assert_int_equal(options_text(v, "token").len, 0);
    assert_int_equal(options_text(v, "nothing").len, 0);
    assert_int_equal(options_int(v, "nothing"), 0);
    assert_null(options_json(v, "nothing"));
    good(bench, "{}");
    good(bench, "[]");
}

static void test_given(void **state)
{
    struct bench *bench = *state;
    good(
        bench,
        "{\"greeting\":\"\",\"note\":\"a\\nb\",\"size\":10,\"loud\":false,\"price\":\"0.01 JOD\",\"wait\":\"1m\","
        "\"room\":2048,\"site\":\"https://example.org/x?y\",\"colour\":\"blue\",\"tags\":{},\"names\":[],\"share\":\"0.0001%\"}");
    struct option_values *v = bench->values;
    assert_int_equal(options_text(v, "greeting").len, 0);
    assert_true(souk_str_is(options_text(v, "note"), "a\nb"));
    assert_int_equal(options_int(v, "size"), 10);
    assert_int_equal(options_int(v, "loud"), 0);
    assert_int_equal(options_int(v, "price"), 10);
    assert_int_equal(options_int(v, "wait"), 60000000);
    assert_int_equal(options_int(v, "room"), 2048);
    assert_int_equal(options_int(v, "share"), 1);
    assert_int_equal(options_json(v, "tags")->kind, JSON_ARRAY);
    assert_int_equal(options_json(v, "tags")->count, 0);
    assert_int_equal(options_json(v, "names")->kind, JSON_OBJECT);
    good(bench, "{\"share\":\"100%\",\"room\":\"1G\",\"price\":\"500 JPY\"}");
    assert_int_equal(options_int(bench->values, "share"), 1000000);
    assert_int_equal(options_int(bench->values, "room"), 1 << 30);
    assert_int_equal(options_int(bench->values, "price"), 500);
}

static void test_unknown(void **state)
{
    struct bench *bench = *state;
    bad(bench, "{\"greting\":\"x\"}", "hello.greting", "unknown key", "did you mean \"greeting\"?");
    bad(bench, "{\"zzzzzzzzzz\":\"x\"}", "hello.zzzzzzzzzz", "unknown key",
        "known keys: greeting, note, size");
    bad(bench, "5", "hello", "single value", "write hello = {");
    bad(bench, "[1]", "hello", "is a list", "write hello = {");
}

static void test_wrong_types(void **state)
{
    struct bench *bench = *state;
    bad(bench, "{\"greeting\":5}", "hello.greeting", "is the number 5, expected text in quotes",
        "greeting = \"Hello\"");
    bad(bench, "{\"greeting\":\"a\\nb\"}", "hello.greeting", "line break", "one line");
    bad(bench, "{\"note\":true}", "hello.note", "is true, expected text", "note = \"some text\"");
    bad(bench, "{\"size\":\"5\"}", "hello.size", "is the text \"5\", expected a whole number",
        "size = 5");
    bad(bench, "{\"size\":1.5}", "hello.size", "a number with a fraction", "size = 5");
    bad(bench, "{\"loud\":\"yes\"}", "hello.loud", "is the text \"yes\", expected true or false",
        "loud = true");
    bad(bench, "{\"wait\":10}", "hello.wait", "is the number 10, expected a span of time",
        "wait = \"10s\"");
    bad(bench, "{\"site\":[\"x\"]}", "hello.site", "is a list, expected an address", "https://");
    bad(bench, "{\"tags\":\"a\"}", "hello.tags", "expected a list of texts",
        "tags = { \"one\", \"two\" }");
    bad(bench, "{\"tags\":[\"a\",2]}", "hello.tags[2]", "is the number 2, expected text",
        "tags = {");
    bad(bench, "{\"tags\":[\"a\",\"\"]}", "hello.tags[2]", "is empty", "take it out");
    bad(bench, "{\"tags\":{\"a\":\"b\"}}", "hello.tags", "is a table, expected a list", "tags = {");
    bad(bench, "{\"names\":[\"a\"]}", "hello.names", "is a list, expected a table",
        "names = { name = ");
    bad(bench, "{\"names\":{\"a\":{}}}", "hello.names.a", "is an empty table, expected text",
        "names = {");
    bad(bench, "{\"greeting\":{\"$env\":\"X\"}}", "hello.greeting", "only secrets come from there",
        "greeting = ");
    bad(bench, "{\"names\":{\"$env\":\"X\"}}", "hello.names", "only secrets come from there",
        "names = ");
}

static void test_wrong_forms(void **state)
{
    struct bench *bench = *state;
    bad(bench, "{\"wait\":\"10 seconds\"}", "hello.wait", "\"10 seconds\" is not a span of time",
        "wait = \"10s\"");
    bad(bench, "{\"room\":\"4X\"}", "hello.room", "\"4X\" is not a size", "room = \"4M\"");
    bad(bench, "{\"room\":-1}", "hello.room", "is the number -1, expected a size", "room = \"4M\"");
    bad(bench, "{\"site\":\"example.org\"}", "hello.site", "is not an address",
        "https://example.org/");
    bad(bench, "{\"site\":\"https:///x\"}", "hello.site", "is not an address",
        "https://example.org/");
    bad(bench, "{\"site\":\"javascript:alert(1)\"}", "hello.site", "is not an address",
        "https://example.org/");
    bad(bench, "{\"colour\":\"grean\"}", "hello.colour", "none of the choices",
        "did you mean \"green\"?");
    bad(bench, "{\"colour\":\"zzzzz\"}", "hello.colour", "none of the choices",
        "\"red\" or \"green\" or \"blue\"");
    good(bench, "{\"paints\":[\"red\",\"blue\"]}");
    good(bench, "{\"paints\":[]}");
    bad(bench, "{\"paints\":[\"red\",\"bleu\"]}", "hello.paints[2]", "none of the choices",
        "did you mean \"blue\"?");
    bad(bench, "{\"paints\":[\"zzzzz\"]}", "hello.paints[1]", "none of the choices",
        "write paints = { … } with \"red\" or \"green\" or \"blue\"");
    bad(bench, "{\"price\":\"12.50\"}", "hello.price", "is not an amount of money", "12.50 EUR");
    bad(bench, "{\"price\":\"12.50 XXQ\"}", "hello.price", "\"XXQ\" is no currency", "12.50 EUR");
    bad(bench, "{\"price\":\"12.505 EUR\"}", "hello.price",
        "no exact amount of EUR, which has 2 digits", "12.50 EUR");
    const char *const rates[] = {"12.5",     "%",    ".5%",  "5.%", "-1%",
                                 "1.00001%", "1,5%", "1.x%", "5%%"};
    for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
        char given[64];
        snprintf(given, sizeof(given), "{\"share\":\"%s\"}", rates[i]);
        bad(bench, given, "hello.share", "is not a percentage", "share = \"12.5%\"");
    }
    assert_int_equal(options_int(bench->values, "share"), 125000); /* the default stands in */
}

static void test_bounds(void **state)
{
    struct bench *bench = *state;
    bad(bench, "{\"size\":0}", "hello.size", "is 0, the least is 1", "from 1 to 10");
    bad(bench, "{\"size\":11}", "hello.size", "is 11, the most is 10", "from 1 to 10");
    bad(bench, "{\"wait\":\"2m\"}", "hello.wait", "is 2m, the most is 1m", "from 1s to 1m");
    bad(bench, "{\"wait\":\"0s\"}", "hello.wait", "is 0s, the least is 1s", "from 1s to 1m");
    bad(bench, "{\"room\":\"100\"}", "hello.room", "is 100, the least is 1K", "give 1K or more");
    bad(bench, "{\"share\":\"100.5%\"}", "hello.share", "is 100.5%, the most is 100%",
        "from 0% to 100%");
}

static void test_required(void **state)
{
    struct bench *bench = *state;
    static const struct souk_option needed[] = {
        {.key = "id", .type = SOUK_STRING, .flags = SOUK_REQUIRED},
        {.key = "key", .type = SOUK_SECRET, .flags = SOUK_REQUIRED}};
    struct json *empty = json_new(&bench->arena, JSON_OBJECT);
    problems_init(&bench->problems, &bench->arena, souk_str("f"));
    options_check(&bench->arena, needed, 2, "pay", NULL, empty, &bench->problems);
    assert_int_equal(bench->problems.count, 2);
    assert_true(souk_str_is(bench->problems.first->key, "pay.id"));
    assert_string_equal(bench->problems.first->message.ptr, "is missing");
    assert_non_null(strstr(bench->problems.first->next->hint.ptr,
                           "env \"PAY_KEY\" or key = file \"secrets/pay_key\""));
    json_add_cstr(&bench->arena, empty, "id", "");
    problems_init(&bench->problems, &bench->arena, souk_str("f"));
    options_check(&bench->arena, needed, 1, "pay", NULL, empty, &bench->problems);
    assert_non_null(strstr(bench->problems.first->message.ptr, "is empty"));
}

static void test_wrong_default(void **state)
{
    struct bench *bench = *state;
    static const struct souk_option wrong[] = {
        {.key = "wait", .type = SOUK_DURATION, .initial = "soon"},
        {.key = "size", .type = SOUK_INT, .initial = "99", .min = 1, .max = 5}};
    problems_init(&bench->problems, &bench->arena, souk_str("f"));
    options_check(&bench->arena, wrong, 2, "x", NULL, NULL, &bench->problems);
    assert_int_equal(bench->problems.count, 2);
    assert_non_null(strstr(bench->problems.first->message.ptr,
                           "the default of the plugin itself is wrong: \"soon\""));
}

static void put_secret(struct bench *bench, const char *name, const char *text, mode_t mode)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", bench->dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void drop_secret(struct bench *bench, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", bench->dir, name);
    unlink(path);
}

static void test_secrets(void **state)
{
    struct bench *bench = *state;
    setenv("SOUK_TEST_TOKEN", "hunter2", 1);
    setenv("SOUK_TEST_EMPTY", "", 1);
    unsetenv("SOUK_TEST_UNSET");
    good(bench, "{\"token\":{\"$env\":\"SOUK_TEST_TOKEN\"}}");
    assert_true(souk_str_is(options_text(bench->values, "token"), "hunter2"));
    put_secret(bench, "token", "s3cret\n", 0600);
    good(bench, "{\"token\":{\"$file\":\"token\"}}");
    assert_true(souk_str_is(options_text(bench->values, "token"), "s3cret"));

    bad(bench, "{\"token\":\"hunter2\"}", "hello.token",
        "is a secret and may not stand in the file",
        "token = env \"HELLO_TOKEN\" or token = file \"secrets/hello_token\"");
    assert_null(strstr(bench->problems.first->message.ptr, "hunter2"));
    bad(bench, "{\"token\":5}", "hello.token", "is a secret: it comes from env or file",
        "env \"HELLO_TOKEN\"");
    bad(bench, "{\"token\":{\"$env\":\"SOUK_TEST_UNSET\"}}", "hello.token",
        "SOUK_TEST_UNSET is not set", "SOUK_TEST_UNSET=");
    bad(bench, "{\"token\":{\"$env\":\"SOUK_TEST_EMPTY\"}}", "hello.token",
        "SOUK_TEST_EMPTY is empty", "SOUK_TEST_EMPTY=");
    bad(bench, "{\"token\":{\"$file\":\"none\"}}", "hello.token", "cannot be read: No such file",
        "chmod 600");
    bad(bench, "{\"token\":{\"$file\":\".\"}}", "hello.token", "is not a file", "plain file");
    put_secret(bench, "token", "s3cret\n", 0640);
    bad(bench, "{\"token\":{\"$file\":\"token\"}}", "hello.token", "is open to others (mode 0640)",
        "chmod 600");
    assert_null(strstr(bench->problems.first->message.ptr, "s3cret"));
    put_secret(bench, "token", "\n", 0600);
    bad(bench, "{\"token\":{\"$file\":\"token\"}}", "hello.token", "is empty",
        "put the secret into it");
    drop_secret(bench, "token");
}

static void test_all_at_once(void **state)
{
    struct bench *bench = *state;
    check(bench,
          "{\"size\":0,\"loud\":1,\"wait\":\"x\",\"token\":\"x\",\"nope\":1,\"tags\":[1,2]}");
    assert_int_equal(bench->problems.count, 7);
}

static void test_same(void **state)
{
    struct bench *bench = *state;
    setenv("SOUK_TEST_TOKEN", "one", 1);
    const char *given =
        "{\"size\":3,\"tags\":[\"x\",\"y\"],\"names\":{\"a\":\"1\",\"b\":\"2\"},\"token\":{\"$env\":\"SOUK_TEST_TOKEN\"}}";
    struct option_values *a = check(bench, given);
    assert_true(options_same(a, check(bench, given)));
    assert_false(options_same(a, check(bench, "{}")));
    assert_false(options_same(check(bench, "{\"tags\":[\"x\",\"y\"]}"),
                              check(bench, "{\"tags\":[\"y\",\"x\"]}")));
    assert_true(options_same(check(bench, "{\"names\":{\"a\":\"1\",\"b\":\"2\"}}"),
                             check(bench, "{\"names\":{\"b\":\"2\",\"a\":\"1\"}}")));
    assert_false(options_same(check(bench, "{\"names\":{\"a\":\"1\"}}"),
                              check(bench, "{\"names\":{\"a\":\"2\"}}")));
    setenv("SOUK_TEST_TOKEN", "two", 1);
    assert_false(options_same(a, check(bench, given))); /* the same file, another secret */
    assert_true(options_same(NULL, NULL));
    assert_false(options_same(a, NULL));
}

static void test_describe(void **state)
{
    struct bench *bench = *state;
    struct buf out = {.arena = &bench->arena};
    setenv("SOUK_TEST_TOKEN", "hunter2", 1);
    good(bench, "{\"token\":{\"$env\":\"SOUK_TEST_TOKEN\"},\"wait\":\"20s\"}");
    json_print(&out, options_describe(&bench->arena, all, ALL, bench->values));
    const char *text = buf_str(&out).ptr;
    assert_null(strstr(text, "hunter2"));
    assert_non_null(strstr(
        text,
        "{\"key\":\"token\",\"type\":\"secret\",\"summary\":null,\"initial\":null,\"required\":false,\"value\":\"********\"}"));
    assert_non_null(strstr(
        text,
        "\"key\":\"wait\",\"type\":\"duration\",\"summary\":null,\"initial\":\"10s\",\"required\":false,"
        "\"min\":\"1s\",\"max\":\"1m\",\"value\":\"20s\""));
    assert_non_null(strstr(text, "\"choices\":[\"red\",\"green\",\"blue\"],\"value\":\"green\""));
    assert_non_null(strstr(text, "\"summary\":\"What to say.\""));
    buf_clear(&out);
    json_print(&out, options_describe(&bench->arena, all, ALL, NULL));
    assert_non_null(strstr(buf_str(&out).ptr, "\"key\":\"token\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),    TEST(test_given),         TEST(test_unknown),
        TEST(test_wrong_types), TEST(test_wrong_forms),   TEST(test_bounds),
        TEST(test_required),    TEST(test_wrong_default), TEST(test_secrets),
        TEST(test_all_at_once), TEST(test_same),          TEST(test_describe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
