/*
 * test_config.c: souk.lua as a whole: defaults, every kind of mistake with its line and
 * its next step, the tutorial, the demo and the page for admins. Plugins are empty
 * files here: only their names matter, with_plugins is 0.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/config.h"
#include "app/config_sections.h"
#include "base/str.h"
#include "script/chunk.h"
/* last: it defines a macro called fail */
#include <cmocka.h>

struct bench {
    struct arena arena;
    struct problems problems;
    struct config config;
    int code;
    char dir[64];
    char file[96];
};

static void put_file(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    char path[128];
    str_copy(bench->dir, sizeof(bench->dir), souk_str("/tmp/souk-config-XXXXXX"));
    assert_non_null(mkdtemp(bench->dir));
    snprintf(bench->file, sizeof(bench->file), "%s/souk.lua", bench->dir);
    snprintf(path, sizeof(path), "%s/plugins", bench->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/plugins/hello.so", bench->dir);
    put_file(path, "");
    snprintf(path, sizeof(path), "%s/plugins/visits.so", bench->dir);
    put_file(path, "");
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    static const char *const names[] = {"souk.lua", "plugins/hello.so", "plugins/visits.so",
                                        "plugins", ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", bench->dir, names[i]);
        remove(path);
    }
    arena_free(&bench->arena);
    free(bench);
    return 0;
}

static void load(struct bench *bench, const char *source)
{
    put_file(bench->file, source);
    bench->code = config_load(&bench->arena, bench->file, 0, &bench->config, &bench->problems);
    assert_int_equal(bench->code, bench->problems.count ? SOUK_INVALID : 0);
}

static void show(const struct problems *problems)
{
    for (const struct problem *p = problems->first; p; p = p->next) {
        print_error("%.*s:%d: %.*s: %.*s; %.*s\n", SOUK_PRI(p->file), p->line, SOUK_PRI(p->key),
                    SOUK_PRI(p->message), SOUK_PRI(p->hint));
    }
}

static void good(struct bench *bench, const char *source)
{
    load(bench, source);
    show(&bench->problems);
    assert_int_equal(bench->code, 0);
}

/* The one problem of a file. The first line of each names the folder. */
static void bad(struct bench *bench, const char *source, int line, const char *key,
                const char *message, const char *hint)
{
    struct souk_str text = arena_printf(&bench->arena, "plugin_path = { 'plugins' }\n%s", source);
    load(bench, text.ptr);
    const struct problem *p = bench->problems.first;
    if (bench->problems.count != 1 || p->line != line || !souk_str_is(p->key, key) ||
        !strstr(p->message.ptr, message) || !strstr(p->hint.ptr, hint))
        show(&bench->problems);
    assert_int_equal(bench->problems.count, 1);
    assert_int_equal(p->line, line);
    assert_true(souk_str_is(p->key, key));
    assert_true(souk_str_is(p->file, bench->file));
    assert_non_null(strstr(p->message.ptr, message));
    assert_non_null(strstr(p->hint.ptr, hint));
    assert_true(p->hint.len > 0);
}

static void test_defaults(void **state)
{
    struct bench *bench = *state;
    good(bench, "");
    const struct config *c = &bench->config;
    assert_string_equal(c->path, bench->file);
    assert_string_equal(c->dir, bench->dir);
    assert_true(souk_str_is(options_text(c->http, "listen"), "127.0.0.1:8080"));
    assert_int_equal(options_int(c->http, "threads"), 0);
    assert_int_equal(options_int(c->http, "task_threads"), 4);
    assert_int_equal(options_json(c->http, "trusted_proxies")->count, 0);
    assert_true(souk_str_is(options_text(c->http, "secure_cookies"), "auto"));
    assert_int_equal(options_int(c->limits, "connections"), 1024);
    assert_int_equal(options_int(c->limits, "connections_per_address"), 256);
    assert_int_equal(options_int(c->limits, "queue"), 1024);
    assert_int_equal(options_int(c->limits, "body"), 1 << 20);
    assert_int_equal(options_int(c->limits, "header_timeout"), 10000000);
    assert_int_equal(options_int(c->limits, "keep_alive"), 20000000);
    assert_int_equal(options_int(c->limits, "request_timeout"), 60000000);
    assert_int_equal(options_int(c->limits, "page_cache"), 16 << 20);
    assert_int_equal(options_int(c->limits, "memory"), 512 << 20);
    assert_true(souk_str_is(options_text(c->log, "access"), "stderr"));
    assert_int_equal(options_int(c->http_client, "timeout"), 10000000);
    assert_string_equal(c->locales[0], "en");
    assert_string_equal(c->locales[4], "bn");
    assert_null(c->locales[5]);
    assert_int_equal(c->plugin_count, 0);
    assert_null(c->plugins[0]);
    assert_non_null(strstr(c->plugin_path[0], "/plugins"));
    assert_non_null(strstr(c->plugin_path[1], "/lib/souk/plugins"));
}

static void test_full(void **state)
{
    struct bench *bench = *state;
    good(
        bench,
        "plugins = { 'visits', 'hello' }\nplugin_path = { 'plugins' }\n"
        "shop = { name = 'Чай', currency = 'JPY', locales = { 'pt_BR', 'en' }, url = 'https://tea.example', maintenance = true }\n"
        "http = { listen = 'unix:souk.sock', trusted_proxies = { '10.0.0.0/8', '::1' }, secure_cookies = 'on' }\n"
        "limits = { body = '2M', memory = 0 }\nlog = { level = 'debug', format = 'json', access = 'off' }\n"
        "http_client = { allow = { 'crm.local', '192.168.1.0/24', 'fd00::/8' } }\n"
        "hello = { anything = 1 }\n");
    const struct config *c = &bench->config;
    assert_int_equal(c->plugin_count, 2);
    assert_string_equal(c->plugins[0], "visits");
    assert_null(c->plugins[2]);
    assert_string_equal(c->plugin_path[0],
                        arena_printf(&bench->arena, "%s/plugins", bench->dir).ptr);
    assert_null(c->plugin_path[1]);
    assert_string_equal(c->locales[0], "pt_BR");
    assert_int_equal(options_int(c->limits, "memory"), 0);
    assert_int_equal(options_int(c->shop, "maintenance"), 1);
    assert_int_equal(json_int(json_at(json_at(c->values, "hello"), "anything"), 0), 1);
    good(bench, "http = { listen = '[::1]:0' }");
    good(bench, "http = { listen = ':8080' } plugins = {} shop = {}");
    good(
        bench,
        "http = { listen = 'localhost:80' } plugins = { 'not_there_yet' } not_there_yet = { x = 1 }");
}

static void test_unknown_names(void **state)
{
    struct bench *bench = *state;
    bad(bench, "\nhtpp = {\n listen = ':1' }", 3, "htpp", "unknown key", "did you mean \"http\"?");
    bad(bench, "helo = { greeting = 'x' }", 2, "helo", "unknown key", "did you mean \"hello\"?");
    bad(bench, "payment_stripe = {}", 2, "payment_stripe", "unknown key",
        "would have to be in /tmp/souk-config-");
    bad(bench, "shop = {\n\n nam = 'x' }", 2, "shop.nam", "unknown key", "did you mean \"name\"?");
    bad(bench, "plugin = { 'hello' }", 2, "plugin", "unknown key", "did you mean \"plugins\"?");
    bad(bench, "shop = 'x'", 2, "shop", "single value", "write shop = {");
}

static void test_plugin_list(void **state)
{
    struct bench *bench = *state;
    bad(bench, "plugins = { 'hello', 'visits', 'hello' }", 2, "plugins[3]",
        "\"hello\" stands there twice", "take one");
    bad(bench, "plugins = { '../hello' }", 2, "plugins[1]", "is no name of a plugin",
        "a-z, 0-9 and _");
    bad(bench, "plugins = { 'Hello.so' }", 2, "plugins[1]", "is no name of a plugin",
        "a-z, 0-9 and _");
    bad(bench, "plugins = { 'shop' }", 2, "plugins[1]", "is a section of this file", "take it out");
    bad(bench, "plugins = 'hello'", 2, "plugins", "is the text \"hello\", expected a list",
        "plugins = { ");
    bad(bench, "plugins = { 7 }", 2, "plugins[1]", "is the number 7", "plugins = { ");
    load(bench, "plugin_path = { 'nowhere', 'souk.lua', 'plugins' }");
    assert_int_equal(bench->problems.count, 2);
    assert_true(souk_str_is(bench->problems.first->key, "plugin_path[1]"));
    assert_true(souk_str_is(bench->problems.first->next->key, "plugin_path[2]"));
}

static void test_values(void **state)
{
    struct bench *bench = *state;
    static const char *const listens[] = {"8080",       "127.0.0.1",
                                          "127.0.0.1:", "127.0.0.1:70000",
                                          "::1:80",     "[127.0.0.1]:80",
                                          "unix:",      "a b:80",
                                          "x:-1",       ""};
    for (size_t i = 0; i < sizeof(listens) / sizeof(*listens); i++) {
        bad(bench, arena_printf(&bench->arena, "http = { listen = '%s' }", listens[i]).ptr, 2,
            "http.listen", "is no address with a port", "127.0.0.1:8080");
    }
    bad(bench, "shop = { currency = 'EURO' }", 2, "shop.currency", "\"EURO\" is no currency",
        "currency = \"EUR\"");
    bad(bench, "shop = { currency = 'eur' }", 2, "shop.currency", "is no currency",
        "currency = \"EUR\"");
    bad(bench, "shop = { locales = {} }", 2, "shop.locales", "is empty", "locales = {");
    bad(bench, "shop = { locales = { 'en', 'english' } }", 2, "shop.locales[2]", "is no language",
        "pt_BR");
    bad(bench, "shop = { locales = { 'en', 'en' } }", 2, "shop.locales[2]", "twice", "take one");
    bad(bench, "shop = { url = 'tea.example' }", 2, "shop.url", "is not an address", "https://");
    bad(bench, "http = { trusted_proxies = { '10.0.0.0/33' } }", 2, "http.trusted_proxies[1]",
        "no address or network", "fd00::/8");
    bad(bench, "http = { trusted_proxies = { 'proxy' } }", 2, "http.trusted_proxies[1]",
        "no address or network", "fd00::/8");
    bad(bench, "http_client = { allow = { 'ok', 'http://x' } }", 2, "http_client.allow[2]",
        "no host", "crm.example.org");
    bad(bench, "http = { secure_cookies = true }", 2, "http.secure_cookies",
        "is true, expected one of the choices", "\"auto\" or \"on\" or \"off\"");
    bad(bench, "http = { task_threads = 0 }", 2, "http.task_threads", "the least is 1",
        "from 1 to 24");
    bad(bench, "limits = { body = '1X' }", 2, "limits.body", "is not a size", "body = \"1M\"");
    bad(bench, "limits = { keep_alive = 20 }", 2, "limits.keep_alive", "expected a span of time",
        "keep_alive = \"20s\"");
    bad(bench, "log = { level = 'wran' }", 2, "log.level", "none of the choices",
        "did you mean \"warn\"?");
    bad(bench, "log = { access = '' }", 2, "log.access", "is empty", "\"stderr\"");
}

static void test_broken_file(void **state)
{
    struct bench *bench = *state;
    bad(bench, "shop = {\n name = 'x\n}", 3, "", "unfinished string", "souk check");
    bad(bench, "shop = {}\n\nshop = {}", 4, "", "\"shop\" is given twice, in line 2 and in line 4",
        "souk check");
    bad(bench, "plugins = { hello }", 2, "", "text stands in quotes", "souk check");
    bad(bench, "shop = { name = function() end }", 2, "", "shop.name is a function", "souk check");
    assert_int_equal(bench->config.plugin_count, 0); /* defaults stand in */
    assert_non_null(bench->config.plugins);
    assert_string_equal(bench->config.locales[0], "en");
    assert_int_equal(
        config_load(&bench->arena, "/nonexistent/souk.lua", 0, &bench->config, &bench->problems),
        SOUK_INVALID);
    assert_int_equal(bench->problems.count, 1);
    assert_non_null(strstr(bench->problems.first->message.ptr, "No such file"));
    assert_non_null(strstr(bench->problems.first->hint.ptr, "-c FILE"));
}

static void test_all_at_once(void **state)
{
    struct bench *bench = *state;
    static const char *const keys[] = {"plugins[1]",  "shop.nmae",    "shop.currency",
                                       "http.listen", "limits.queue", "colour"};
    static const int lines[] = {2, 3, 3, 6, 7, 8};
    load(
        bench,
        "plugin_path = { 'plugins' }\nplugins = { '?' }\nshop = { nmae = 'x',\n\n currency = 'XYZ' }\n"
        "http = { listen = 'x' }\nlimits = { queue = 'big' }\ncolour = 1\n");
    const struct problem *p = bench->problems.first;
    if (bench->problems.count != 6)
        show(&bench->problems);
    assert_int_equal(bench->problems.count, 6);
    for (int i = 0; i < 6; i++, p = p->next) {
        assert_true(souk_str_is(p->key, keys[i]));
        assert_int_equal(p->line, lines[i]);
        assert_true(p->hint.len > 0);
    }
    problem_add(&bench->problems, souk_str("x"), souk_str("y"), "the list still grows at its end");
    p = bench->problems.first;
    while (p->next)
        p = p->next;
    assert_true(souk_str_is(p->key, "x"));
}

/* Problems that others found without lines: of a plugin's table, and of a plugin
 * without one. */
static void test_stamp(void **state)
{
    struct bench *bench = *state;
    struct problems others;
    good(bench, "plugin_path = { 'plugins' }\n\nplugins = { 'hello', 'visits' }\nhello = {}\n");
    problems_init(&others, &bench->arena, souk_str("f"));
    problem_add(&others, souk_str("hello.greeting"), souk_str("h"), "wrong");
    problem_add(&others, souk_str("visits"), souk_str("h"), "missing");
    config_stamp(&bench->config, &others);
    assert_int_equal(others.first->line, 4);
    assert_int_equal(others.first->next->line, 3);
}

static char *read_text(struct arena *arena, const char *path)
{
    char *text = arena_zalloc(arena, 1 << 17);
    FILE *file = fopen(path, "r");
    assert_non_null(file); /* tests run from the root of the project */
    size_t len = fread(text, 1, (1 << 17) - 1, file);
    fclose(file);
    assert_true(len > 0);
    return text;
}

static void test_tutorial(void **state)
{
    struct bench *bench = *state;
    struct souk_str text = config_tutorial(&bench->arena);
    good(bench, text.ptr);
    for (int i = 0; i < SECTIONS; i++) {
        for (size_t k = 0; k < config_sections[i].count; k++) {
            const char *key = config_sections[i].options[k].key;
            assert_non_null(strstr(text.ptr, arena_printf(&bench->arena, "%s = ", key).ptr));
        }
    }
    /* with the dashes taken away, every shown default is right */
    struct buf open = {.arena = &bench->arena};
    struct souk_str rest = text, row;
    while (str_split(&rest, '\n', &row)) {
        struct souk_str bare = str_trim(row);
        for (int i = SECTION_SHOP; str_starts(bare, "-- ") && i < SECTIONS; i++) {
            for (size_t k = 0; k < config_sections[i].count; k++) {
                if (str_starts(bare, arena_printf(&bench->arena,
                                                  "-- %s = ", config_sections[i].options[k].key)
                                         .ptr)) {
                    bare = str_from(bare, 3);
                    break;
                }
            }
        }
        buf_add_str(&open, bare);
        buf_add_char(&open, '\n');
    }
    good(bench, buf_str(&open).ptr);
    assert_true(souk_str_is(options_text(bench->config.shop, "url"), "https://example.org"));
}

static void test_demo(void **state)
{
    struct bench *bench = *state;
    struct buf text = {.arena = &bench->arena};
    buf_add_cstr(&text, read_text(&bench->arena, "core/app/demo/souk.lua"));
    buf_add_cstr(&text, "\nplugin_path = { 'plugins' }\n");
    good(bench, buf_str(&text).ptr);
    assert_int_equal(bench->config.plugin_count, 8);
    assert_string_equal(bench->config.plugins[0], "hello");
    assert_string_equal(bench->config.plugins[1], "visits");
    assert_string_equal(bench->config.plugins[2], "delivery_courier");
}

/* CONFIGURATION.md: a heading for each section, and below it a row for each key with
 * its type and default. */
static void test_page(void **state)
{
    struct bench *bench = *state;
    const char *page = read_text(&bench->arena, "core/app/CONFIGURATION.md");
    for (int i = 0; i < SECTIONS; i++) {
        const struct config_section *section = &config_sections[i];
        const char *heading =
            arena_printf(&bench->arena, "\n## `%s`", i ? section->name : "plugins").ptr;
        const char *at = strstr(page, heading);
        if (!at)
            print_error("no heading for %s\n", heading);
        assert_non_null(at);
        const char *end = strstr(at + 4, "\n## ");
        for (size_t k = 0; k < section->count; k++) {
            const struct souk_option *option = &section->options[k];
            struct souk_str row =
                option->initial && *option->initial
                    ? arena_printf(&bench->arena, "| `%s` | %s | `%s` |", option->key,
                                   options_type_name(option->type), option->initial)
                    : arena_printf(&bench->arena, "| `%s` | %s | ", option->key,
                                   options_type_name(option->type));
            const char *found = strstr(at, row.ptr);
            if (!found || (end && found > end))
                print_error("the page lacks: %s\n", row.ptr);
            assert_true(found && (!end || found < end));
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),    TEST(test_full),   TEST(test_unknown_names),
        TEST(test_plugin_list), TEST(test_values), TEST(test_broken_file),
        TEST(test_all_at_once), TEST(test_stamp),  TEST(test_tutorial),
        TEST(test_demo),        TEST(test_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
