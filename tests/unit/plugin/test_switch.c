/*
 * test_switch.c: enable, disable, reload and a changed configuration while the shop
 * runs; who is stopped, and when.
 */
#include "fixture.h"
#include "plugin/quarantine.h"
#include "store/setting.h"

static struct little_shop shop;

static int set_up(void **state)
{
    (void)state;
    shop_begin(&shop);
    shop_put(&shop, "fix_good");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shop_end(&shop);
    return 0;
}

#define OK(call)                                                                                   \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s: %s", #call, shop.err.text);                                              \
    } while (0)

static int count_on(void)
{
    uint32_t ticket;
    int count = (int)set_pin(&ticket)->count;
    set_unpin(ticket);
    return count;
}

static void test_enable_disable(void **state)
{
    (void)state;
    assert_int_equal(shop_configure(&shop, "", "{}"), 0);
    assert_text(shop_text(&shop, "fix_good", "state"), "disabled");
    assert_text(shop_text(&shop, "fix_good", "version"), "1.0.0"); /* from a look at the file */
    OK(switch_enable(shop.host, "fix_good", &shop.err));
    assert_string_equal(said_all(), ";fix_good init;fix_good start;");
    assert_text(shop_text(&shop, "fix_good", "state"), "active");
    assert_int_equal(json_int(json_at(shop_item(&shop, "fix_good"), "generation"), 0), 1);
    OK(switch_enable(shop.host, "fix_good", &shop.err)); /* again: nothing to do */
    assert_int_equal(said("fix_good init"), 1);
    OK(switch_disable(shop.host, "fix_good", &shop.err));
    assert_true(said_wait("fix_good stop"));
    assert_int_equal(count_on(), 0);
    assert_text(shop_text(&shop, "fix_good", "state"), "disabled");
}

static void test_remembered(void **state)
{
    (void)state;
    assert_int_equal(shop_configure(&shop, "", "{}"), 0);
    OK(switch_enable(shop.host, "fix_good", &shop.err));
    switch_close(shop.host);
    assert_int_equal(said("fix_good stop"), 1);
    said_clear();
    shop_open_host(&shop);
    assert_int_equal(shop_configure(&shop, "", "{}"), 0); /* not in the list, but switched on */
    assert_int_equal(said("fix_good start"), 1);
    OK(switch_disable(shop.host, "fix_good", &shop.err));
    switch_close(shop.host);
    said_clear();
    shop_open_host(&shop);
    assert_int_equal(shop_configure(&shop, "fix_good", "{}"), 0); /* listed, but off */
    assert_int_equal(said("fix_good start"), 0);
    assert_text(shop_text(&shop, "fix_good", "state"), "disabled");
}

static void test_unknown(void **state)
{
    (void)state;
    assert_int_equal(shop_configure(&shop, "", "{}"), 0);
    assert_int_equal(switch_enable(shop.host, "fix_god", &shop.err), SOUK_NOT_FOUND);
    assert_part(shop.err.text, "did you mean \"fix_good\"?");
    assert_int_equal(switch_disable(shop.host, "nobody", &shop.err), SOUK_NOT_FOUND);
    assert_int_equal(switch_reload(shop.host, "fix_good", &shop.err), SOUK_CONFLICT);
    assert_part(shop.err.text, "is not on; run souk plugin enable fix_good");
}

/* The old generation serves who pinned it, and is stopped once, after the last of them
 * has gone. */
static void test_pinned(void **state)
{
    (void)state;
    uint32_t ticket, copy, now;
    assert_int_equal(shop_configure(&shop, "fix_good", "{}"), 0);
    struct plugin_set *old = set_pin(&ticket);
    struct plugin *plugin = set_plugin(old, souk_str("fix_good"));
    set_pin_again(ticket, &copy);
    shop_put_as(&shop, "fix_good_v2", "fix_good");
    OK(switch_reload(shop.host, "fix_good", &shop.err));
    struct plugin *fresh = set_plugin(set_pin(&now), souk_str("fix_good"));
    assert_ptr_not_equal(fresh, plugin);
    assert_string_equal(fresh->descriptor.plugin.version, "2.0.0");
    assert_int_equal(fresh->generation, 2);
    assert_string_equal(plugin->descriptor.plugin.version, "1.0.0");
    set_unpin(now);
    set_unpin(ticket);
    switch_retire(shop.host);
    assert_int_equal(plugin->sets, 1); /* the pinned set still holds it */
    assert_int_equal(said("fix_good stop"), 0);
    set_unpin(copy);
    switch_retire(shop.host);
    assert_true(said_wait("fix_good stop"));
    switch_retire(shop.host);
    switch_close(shop.host);
    assert_int_equal(said("fix_good stop"), 2); /* one for each generation */
    shop_open_host(&shop);
}

/* Sets share the generations that stay: these are not stopped when an older set goes.
 */
static void test_shared(void **state)
{
    (void)state;
    shop_put(&shop, "fix_early");
    assert_int_equal(shop_configure(&shop, "fix_good fix_early", "{}"), 0);
    for (int i = 0; i < 3; i++) {
        OK(switch_reload(shop.host, "fix_early", &shop.err));
        switch_retire(shop.host);
    }
    assert_true(said_wait("fix_early stop"));
    assert_int_equal(said("fix_good stop"), 0);
    assert_int_equal(said("fix_good init"), 1);
    assert_int_equal(said("fix_early init"), 4);
}

static void test_needs(void **state)
{
    (void)state;
    shop_put(&shop, "fix_need");
    assert_int_equal(shop_configure(&shop, "", "{}"), 0);
    assert_int_equal(switch_enable(shop.host, "fix_need", &shop.err), SOUK_CONFLICT);
    assert_part(shop.err.text, "plugin \"fix_need\" needs plugin \"fix_good\", which is not on");
    OK(switch_enable(shop.host, "fix_good", &shop.err));
    OK(switch_enable(shop.host, "fix_need", &shop.err));
    assert_int_equal(switch_disable(shop.host, "fix_good", &shop.err), SOUK_CONFLICT);
    assert_part(shop.err.text,
                "plugin \"fix_good\" is needed by plugin \"fix_need\"; disable \"fix_need\" first");
    assert_int_equal(count_on(), 2);
    switch_close(shop.host);
    const char *all = said_all(); /* stopped in the reverse order of their start */
    assert_true(strstr(all, "fix_need stop") < strstr(all, "fix_good stop"));
    shop_open_host(&shop);
}

static void test_conflicts(void **state)
{
    (void)state;
    shop_put(&shop, "fix_enemy");
    shop_put(&shop, "fix_card");
    assert_int_equal(shop_configure(&shop, "fix_good", "{}"), 0);
    assert_int_equal(switch_enable(shop.host, "fix_enemy", &shop.err), SOUK_CONFLICT);
    assert_part(shop.err.text, "cannot be on together with plugin \"fix_good\"");
    assert_int_equal(switch_enable(shop.host, "fix_card", &shop.err), SOUK_CONFLICT);
    assert_part(shop.err.text, "both provide payment \"card\"");
    assert_int_equal(count_on(), 1);
    assert_text(shop_text(&shop, "fix_enemy", "state"), "disabled");
}

/* A plugin that refuses leaves the old set as it was, and is stopped if it had begun.
 */
static void test_refused(void **state)
{
    (void)state;
    uint32_t ticket;
    shop_put(&shop, "fix_bad_init");
    shop_put(&shop, "fix_bad_start");
    assert_int_equal(shop_configure(&shop, "fix_good", "{}"), 0);
    uint64_t number = set_pin(&ticket)->number;
    set_unpin(ticket);
    assert_int_equal(switch_enable(shop.host, "fix_bad_init", &shop.err), SOUK_INVALID);
    assert_string_equal(shop.err.text, "plugin \"fix_bad_init\": init: no key for the bank");
    assert_int_equal(said("fix_bad_init stop"), 0);
    assert_int_equal(switch_enable(shop.host, "fix_bad_start", &shop.err), SOUK_UNAVAILABLE);
    assert_int_equal(said("fix_bad_start stop"), 1);
    assert_int_equal(set_pin(&ticket)->number, number);
    set_unpin(ticket);
    assert_int_equal(said("fix_good stop"), 0);
    assert_text(shop_text(&shop, "fix_bad_init", "state"), "disabled");
}

static int refuse_web(void *user, struct plugin_set *set, struct err *err)
{
    (void)user;
    if (set_plugin(set, souk_str("fix_late")))
        return err_set(err, SOUK_CONFLICT, "route GET /x stands in two plugins");
    return 0;
}

static void test_web_refuses(void **state)
{
    (void)state;
    switch_close(shop.host);
    shop.build = refuse_web;
    shop_open_host(&shop);
    shop_put(&shop, "fix_late");
    assert_int_equal(shop_configure(&shop, "fix_good", "{}"), 0);
    assert_int_equal(switch_enable(shop.host, "fix_late", &shop.err), SOUK_CONFLICT);
    assert_string_equal(shop.err.text, "route GET /x stands in two plugins");
    assert_int_equal(said("fix_late stop"), 1);
    assert_int_equal(said("fix_late start"), 0);
    assert_int_equal(count_on(), 1);
}

static void test_options(void **state)
{
    (void)state;
    shop_put(&shop, "fix_early");
    assert_int_equal(
        shop_configure(&shop, "fix_good fix_early", "{\"fix_good\":{\"greeting\":\"Hi\"}}"), 0);
    assert_int_equal(
        shop_configure(&shop, "fix_good fix_early", "{\"fix_good\":{\"greeting\":\"Hi\"}}"), 0);
    assert_int_equal(said("fix_good init"), 1); /* nothing changed: nothing is opened again */
    assert_int_equal(
        shop_configure(&shop, "fix_good fix_early", "{\"fix_good\":{\"greeting\":\"Ahoy\"}}"), 0);
    assert_int_equal(said("fix_good init"), 2);
    assert_int_equal(said("fix_early init"), 1);
    assert_int_equal(
        shop_configure(&shop, "fix_good fix_early nobody",
                       "{\"fix_good\":{\"greting\":\"Hi\",\"limit\":99},\"fix_early\":{\"a\":1}}"),
        SOUK_INVALID);
    assert_true(shop_has_problem(&shop, "fix_good.greting"));
    assert_true(shop_has_problem(&shop, "fix_good.limit"));
    assert_true(shop_has_problem(&shop, "fix_early.a"));
    assert_true(shop_has_problem(&shop, "plugin \"nobody\" is not in "));
    assert_int_equal(shop.problems.count, 4);
    assert_int_equal(count_on(), 2);
    assert_int_equal(said("fix_good init"), 2);
    assert_int_equal(shop_configure(&shop, "fix_early", "{}"), 0); /* one was taken out */
    switch_retire(shop.host);
    assert_true(said_wait("fix_good stop"));
    assert_int_equal(count_on(), 1);
}

static void test_quarantine(void **state)
{
    (void)state;
    struct board_fault fault = {.kind = BOARD_CRASH, .signal = 6, .plugin = "fix_good"};
    snprintf(fault.where, sizeof(fault.where), "GET /x/fix_good");
    for (int i = 0; i < 3; i++) {
        fault.at = clock_now();
        OK(quarantine_add(shop.dir, &fault, &shop.err));
    }
    shop_put(&shop, "fix_need");
    log_setup(LOG_ERROR + 1, 0);
    assert_int_equal(shop_configure(&shop, "fix_good fix_need", "{}"), 0);
    assert_int_equal(count_on(), 0);
    const struct json *item = shop_item(&shop, "fix_good");
    assert_text(json_text(json_at(item, "state")), "quarantined");
    assert_int_equal(json_int(json_at(item, "faults"), 0), 3);
    assert_text(json_text(json_at(json_at(item, "last_fault"), "signal")), "SIGABRT");
    assert_text(json_text(json_at(json_at(item, "last_fault"), "where")), "GET /x/fix_good");
    assert_text(shop_text(&shop, "fix_need", "state"), "failed");
    assert_part(shop_text(&shop, "fix_need", "error").ptr,
                "needs plugin \"fix_good\", which is quarantined");
    assert_int_equal(switch_reload(shop.host, "fix_good", &shop.err), SOUK_CONFLICT);
    assert_part(shop.err.text, "is quarantined");
    OK(switch_enable(shop.host, "fix_good", &shop.err));
    assert_text(shop_text(&shop, "fix_good", "state"), "active");
    assert_int_equal(json_int(json_at(shop_item(&shop, "fix_good"), "faults"), -1), 0);
    OK(switch_enable(shop.host, "fix_need", &shop.err));
    assert_int_equal(count_on(), 2);
}

static void test_info_and_hooks(void **state)
{
    (void)state;
    shop_put(&shop, "fix_late");
    shop_put(&shop, "fix_early");
    shop_put(&shop, "fix_need");
    assert_int_equal(shop_configure(&shop, "fix_late fix_early", "{}"), 0);
    struct json *items = json_new(&shop.arena, JSON_ARRAY);
    assert_int_equal(switch_hooks(shop.host, "order.placing", &shop.arena, items), 0);
    assert_int_equal(items->count, 2);
    assert_text(json_text(json_at(&items->first->value, "plugin")), "fix_early");
    assert_text(json_text(json_at(&items->first->value, "kind")), "filter");
    assert_int_equal(json_int(json_at(&items->first->next->value, "priority"), 0), 20);
    struct json *info = json_new(&shop.arena, JSON_OBJECT);
    OK(switch_info(shop.host, "fix_early", &shop.arena, info, &shop.err));
    assert_text(json_text(json_at(info, "state")), "active");
    assert_int_equal(json_at(info, "events")->count, 1);
    info = json_new(&shop.arena, JSON_OBJECT);
    OK(switch_info(shop.host, "fix_need", &shop.arena, info, &shop.err));
    assert_text(json_text(json_at(info, "state")), "disabled");
    assert_int_equal(json_at(info, "requires")->count, 1);
    assert_int_equal(switch_info(shop.host, "fix_nee", &shop.arena, info, &shop.err),
                     SOUK_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_enable_disable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pinned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_needs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_conflicts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_web_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_quarantine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_info_and_hooks, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
