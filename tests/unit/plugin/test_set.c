/*
 * test_set.c: pinning against publishing, with threads; the effective order of
 * listeners; providers.
 */
#include "fixture.h"
#include "base/clock.h"
#include "plugin/provider.h"
#include "plugin/set.h"

#define READERS 6
#define PINS    8000000

static struct plugin *plugin_new(const char *name)
{
    struct plugin *plugin = mem_zalloc(sizeof(*plugin));
    snprintf(plugin->name, sizeof(plugin->name), "%s", name);
    return plugin;
}

static struct plugin_set *publish(struct plugin *const *plugins, size_t count,
                                  struct plugin_set **old)
{
    struct err err = {0};
    struct plugin_set *set = set_new(plugins, count);
    assert_int_equal(set_publish(set, old, &err), 0);
    return set;
}

/* ---- threads ---- */

static _Atomic int stopping;
static _Atomic int64_t pins_done;
static _Atomic int bad;

/* A set's web points to a number that is poisoned before it is freed: a reader that
 * sees the poison had no right to look. */
static void free_web(void *web)
{
    *(int *)web = -1;
    free(web);
}

static void *reader(void *arg)
{
    while (!atomic_load(&stopping)) {
        uint32_t ticket, copy;
        struct plugin_set *set = set_pin(&ticket);
        set_pin_again(ticket, &copy);
        set_unpin(ticket);
        if (set->web && *(int *)set->web != 7)
            atomic_store(&bad, 1);
        set_unpin(copy);
        atomic_fetch_add(&pins_done, 1);
    }
    return arg;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[READERS];
    struct plugin_set *old;
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reader, NULL), 0);
    while (atomic_load(&pins_done) < PINS) {
        struct err err = {0};
        struct plugin_set *set = set_new(NULL, 0);
        int *web = mem_alloc(sizeof(*web));
        *web = 7;
        set->web = web;
        set->web_free = free_web;
        assert_int_equal(set_publish(set, &old, &err), 0);
        assert_int_equal(set_wait(old, clock_mono() + 2 * CLOCK_MINUTE), 0);
        set_free(old);
    }
    atomic_store(&stopping, 1);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(bad, 0);
}

/* ---- one thread ---- */

static void test_drained(void **state)
{
    (void)state;
    struct plugin_set *before, *old;
    uint32_t ticket, copy, other;
    struct plugin_set *one = publish(NULL, 0, &before);
    set_free(before);
    assert_ptr_equal(set_pin(&ticket), one);
    assert_int_equal(set_drained(one), 0);
    struct plugin_set *two = publish(NULL, 0, &old);
    assert_ptr_equal(old, one);
    assert_true(two->number > one->number);
    assert_int_equal(set_drained(one), 0);
    assert_int_equal(set_wait(one, clock_mono() + CLOCK_MS), SOUK_TIMEOUT);
    assert_ptr_equal(set_pin(&other), two);
    set_unpin(other);
    set_pin_again(ticket, &copy);
    set_unpin(ticket);
    assert_int_equal(set_drained(one), 0);
    set_unpin(copy);
    assert_int_equal(set_drained(one), 1);
    assert_int_equal(set_drained(two), 0); /* it is published */
    set_free(one);
}

static void test_all_places_taken(void **state)
{
    (void)state;
    struct plugin_set *sets[65], *old;
    uint32_t tickets[65];
    struct err err = {0};
    size_t n = 0;
    int code = 0;
    for (; n < 65; n++) {
        struct plugin_set *set = set_new(NULL, 0);
        code = set_publish(set, &old, &err);
        if (code) {
            set_free(set);
            break;
        }
        sets[n] = set;
        set_pin(&tickets[n]);
        if (n == 0)
            set_free(old);
    }
    assert_int_equal(code, SOUK_BUSY);
    assert_int_equal(n, 64);
    assert_part(err.text, "63 older plugin sets");
    for (size_t i = 0; i < n; i++) {
        set_unpin(tickets[i]);
        if (i + 1 < n) {
            assert_int_equal(set_drained(sets[i]), 1);
            set_free(sets[i]);
        }
    }
    publish(NULL, 0, &old); /* there is room again */
    set_free(old);
}

/* ---- what is in a set ---- */

static const struct souk_listener a_rows[] = {
    {.event = "order.placing", .kind = SOUK_FILTER, .priority = 20},
    {.event = "order.placed", .kind = SOUK_FACT, .priority = 1}};
static const struct souk_listener b_rows[] = {
    {.event = "order.placing", .kind = SOUK_FILTER, .priority = 20}};
static const struct souk_listener c_rows[] = {
    {.event = "order.placing", .kind = SOUK_FILTER, .priority = -5}};
static const struct souk_provider cards[] = {{"payment", "card", NULL}, {"delivery", "post", NULL}};
static const struct souk_provider cash[] = {{"payment", "cash", NULL}};

static void test_order(void **state)
{
    (void)state;
    struct err err = {0};
    struct plugin *b = plugin_new("bee"), *a = plugin_new("ant"), *c = plugin_new("cat");
    a->descriptor.events = a_rows;
    a->descriptor.events_count = 2;
    b->descriptor.events = b_rows;
    b->descriptor.events_count = 1;
    c->descriptor.events = c_rows;
    c->descriptor.events_count = 1;
    struct plugin *plugins[] = {b, a, c};
    struct plugin_set *set = set_new(plugins, 3);
    assert_int_equal(set_assemble(set, &err), 0);
    const struct listeners *list = set_listeners(set, souk_str("order.placing"));
    assert_int_equal(list->count, 3);
    assert_string_equal(list->at[0].plugin->name, "cat");
    assert_string_equal(list->at[1].plugin->name, "ant"); /* same priority: by name */
    assert_string_equal(list->at[2].plugin->name, "bee");
    assert_string_equal(list->at[0].where, "event order.placing");
    assert_int_equal(set_listeners(set, souk_str("order.placed"))->count, 1);
    assert_null(set_listeners(set, souk_str("order.paid")));
    assert_ptr_equal(set_plugin(set, souk_str("bee")), b);
    assert_null(set_plugin(set, souk_str("dog")));
    assert_int_equal(a->sets, 1);
    set_free(set);
    free(a);
    free(b);
    free(c);
}

static void test_providers(void **state)
{
    (void)state;
    struct err err = {0};
    struct plugin *a = plugin_new("ant"), *b = plugin_new("bee");
    a->descriptor.providers = cards;
    a->descriptor.providers_count = 2;
    b->descriptor.providers = cash;
    b->descriptor.providers_count = 1;
    struct plugin *plugins[] = {a, b};
    struct plugin_set *set = set_new(plugins, 2);
    assert_int_equal(set_assemble(set, &err), 0);
    assert_ptr_equal(provider_find(set, "payment", souk_str("cash"))->plugin, b);
    assert_null(provider_find(set, "delivery", souk_str("cash")));
    const struct provider *at = provider_next(set, "payment", NULL);
    assert_string_equal(at->row->name, "card");
    at = provider_next(set, "payment", at);
    assert_string_equal(at->row->name, "cash");
    assert_null(provider_next(set, "payment", at));
    set_free(set);
    b->descriptor.providers = cards;
    set = set_new(plugins, 2);
    assert_int_equal(set_assemble(set, &err), SOUK_CONFLICT);
    assert_part(err.text, "plugins \"ant\" and \"bee\" both provide payment \"card\"");
    set_free(set);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drained),   cmocka_unit_test(test_all_places_taken),
        cmocka_unit_test(test_threads),   cmocka_unit_test(test_order),
        cmocka_unit_test(test_providers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
