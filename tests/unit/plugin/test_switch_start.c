/*
 * test_switch_start.c: the first configuration of a shop: what fails is left out and
 * the rest serves; what is wrong in the list is refused.
 */
#include "fixture.h"
#include "plugin/host.h"

static struct little_shop shop;

static int set_up(void **state)
{
    static const char *const all[] = {"fix_good",      "fix_need",  "fix_bad_init",
                                      "fix_bad_start", "fix_card",  "fix_minor",
                                      "fix_undefined", "fix_early", "fix_late"};
    (void)state;
    shop_begin(&shop);
    log_setup(LOG_ERROR + 1, 0);
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        shop_put(&shop, all[i]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shop_end(&shop);
    return 0;
}

static void expect(const char *name, const char *state, const char *error)
{
    assert_text(shop_text(&shop, name, "state"), state);
    struct souk_str text = shop_text(&shop, name, "error");
    if (error)
        assert_part(text.ptr, error);
    else
        assert_int_equal(text.len, 0);
}

static void test_left_out(void **state)
{
    (void)state;
    assert_int_equal(shop_configure(&shop,
                                    "fix_minor fix_bad_start fix_undefined fix_bad_init fix_good "
                                    "fix_need fix_early",
                                    "{}"),
                     0);
    expect("fix_good", "active", NULL);
    expect("fix_need", "active", NULL);
    expect("fix_early", "active", NULL);
    expect("fix_minor", "failed", "this souk has " ABI_TEXT);
    expect("fix_undefined", "failed", "undefined symbol");
    expect("fix_bad_init", "failed", "init: no key for the bank");
    expect("fix_bad_start", "failed", "start: the bank does not answer");
    assert_int_equal(said("fix_bad_start stop"), 1);
    assert_int_equal(said("fix_good start"), 1);
}

/* Who needs a plugin that fails goes with it. */
static void test_dependents(void **state)
{
    (void)state;
    shop_put_as(&shop, "fix_minor", "fix_good"); /* a broken upgrade */
    assert_int_equal(shop_configure(&shop, "fix_good fix_need fix_early", "{}"), 0);
    expect("fix_need", "failed", "needs plugin \"fix_good\", which is failed");
    expect("fix_early", "active", NULL);
    shop_put(&shop, "fix_good"); /* mended */
    assert_int_equal(switch_reload(shop.host, "fix_good", &shop.err), 0);
    assert_int_equal(switch_reload(shop.host, "fix_need", &shop.err), 0);
    expect("fix_need", "active", NULL);
}

static void test_same_provider(void **state)
{
    (void)state;
    assert_int_equal(shop_configure(&shop, "fix_good fix_card", "{}"), 0);
    expect("fix_card", "active", NULL); /* the first by name */
    expect("fix_good", "failed", "\"fix_card\" and \"fix_good\" both provide payment \"card\"");
}

static int refuse_late(void *user, struct plugin_set *set, struct err *err)
{
    (void)user;
    return set_plugin(set, souk_str("fix_late"))
               ? err_set(err, SOUK_INVALID, "template \"late\" does not compile")
               : 0;
}

static void test_web_refuses_one(void **state)
{
    (void)state;
    switch_close(shop.host);
    shop.build = refuse_late;
    shop_open_host(&shop);
    assert_int_equal(shop_configure(&shop, "fix_late fix_early fix_good", "{}"), 0);
    expect("fix_late", "failed", "template \"late\" does not compile");
    expect("fix_early", "active", NULL);
    expect("fix_good", "active", NULL);
    shop.build = NULL;
}

static void test_list_is_wrong(void **state)
{
    (void)state;
    assert_int_equal(
        shop_configure(&shop, "fix_need fix_god fix_early", "{\"fix_early\":{\"speed\":1}}"),
        SOUK_INVALID);
    assert_true(shop_has_problem(&shop, "did you mean \"fix_good\"?"));
    assert_true(shop_has_problem(&shop, "fix_early.speed"));
    assert_string_equal(said_all(), ";"); /* nobody's init ran */
    assert_int_equal(shop_configure(&shop, "fix_need", "{}"), SOUK_INVALID);
    assert_true(shop_has_problem(
        &shop, "plugin \"fix_need\" needs plugin \"fix_good\", which is not on; add"));
}

static void test_circle(void **state)
{
    (void)state;
    shop_put(&shop, "fix_ring_a");
    shop_put(&shop, "fix_ring_b");
    assert_int_equal(shop_configure(&shop, "fix_ring_b fix_ring_a", "{}"), SOUK_INVALID);
    assert_true(shop_has_problem(&shop, "in a circle: fix_ring_a → fix_ring_b → fix_ring_a"));
}

static void test_safe(void **state)
{
    (void)state;
    shop.host->options.safe = 1;
    assert_int_equal(shop_configure(&shop, "fix_good", "{}"), 0);
    expect("fix_good", "disabled", NULL);
    assert_int_equal(switch_enable(shop.host, "fix_good", &shop.err), SOUK_CONFLICT);
    assert_part(shop.err.text, "safe mode");
}

/* What the command says of a shop that does not run. */
static void test_stopped_shop(void **state)
{
    (void)state;
    const char *names[] = {"fix_good", "fix_minor", "fix_late"};
    struct wanted wanted = {names, 3, NULL, shop.dir};
    struct board_fault fault = {.kind = BOARD_CRASH, .signal = 11, .plugin = "fix_late"};
    for (int i = 0; i < 3; i++) {
        fault.at = clock_now();
        assert_int_equal(quarantine_add(shop.dir, &fault, &shop.err), 0);
    }
    struct json *items = json_new(&shop.arena, JSON_ARRAY);
    assert_int_equal(switch_list_stopped(shop.db, shop.dir, shop.path, &wanted, &shop.arena, items),
                     0);
    struct buf text = {.arena = &shop.arena};
    json_each(item, items)
    {
        struct souk_str name = json_text(json_at(&item->value, "name"));
        struct souk_str word = json_text(json_at(&item->value, "state"));
        buf_printf(&text, "%.*s %.*s;", SOUK_PRI(name), SOUK_PRI(word));
    }
    const char *all = buf_str(&text).ptr;
    assert_part(all, "fix_good active;");
    assert_part(all, "fix_minor failed;");
    assert_part(all, "fix_late quarantined;");
    assert_part(all, "fix_early disabled;");
    assert_string_equal(said_all(), ";");
}

static void test_wrong_name(void **state)
{
    (void)state;
    shop_put_as(&shop, "fix_good", "other");
    assert_int_equal(shop_configure(&shop, "other", "{}"), 0);
    expect("other", "failed", "the file holds plugin \"fix_good\"; call it fix_good.so");
}

/* Threads that init leaves behind are named in the log. */
static void test_threads_of_a_plugin(void **state)
{
    (void)state;
    char path[PATH_MAX + 16], text[4096];
    shop_put(&shop, "fix_thread");
    snprintf(path, sizeof(path), "%s/log", shop.dir);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), before = dup(2);
    log_setup(LOG_WARN, 0);
    dup2(file, 2);
    int code = shop_configure(&shop, "fix_thread", "{}");
    dup2(before, 2);
    close(before);
    ssize_t len = pread(file, text, sizeof(text) - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    close(file);
    assert_int_equal(code, 0);
    assert_part(text, "plugin.threads");
    assert_part(text, "plugin=fix_thread threads=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dependents, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_provider, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_web_refuses_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_list_is_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_circle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_safe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stopped_shop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads_of_a_plugin, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
