/*
 * Lists from many threads at once, while products change and the columns are read anew in the
 * background: each list fits the snapshot of its reader. Meant to be run with SANITIZE=thread.
 */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include "base/str.h"
#include "shop/listing.h"
#include "shop/search.h"

#define PRODUCTS 40
#define READERS  3
#define EDITS    60

struct world {
    struct shop_fixture *fixture;
    _Atomic int done;
    _Atomic int lists, wrong;
};

static void save_one(struct shop_fixture *fixture, int n, int turn)
{
    char text[600];
    snprintf(text, sizeof text,
             "{\"key\": \"p%d\", \"status\": \"active\", \"visibility\": \"both\", \"brand\": "
             "\"B%d\", \"text\": {\"en\": {\"name\": \"Thing %c%d\"}}, \"attributes\": "
             "[{\"code\": \"color\", \"values\": [\"%s\"]}], \"variants\": [{\"sku\": \"S%d\", "
             "\"options\": {}, \"prices\": [{\"list\": \"base\", \"amount\": %d}]}]}",
             n, n % 3, 'a' + (n + turn) % 26, n, (n + turn) % 2 ? "red" : "blue", n,
             100 + (n * 37 + turn) % 50);
    fixture_save(fixture, text);
}

static int64_t facet_sum(const struct listing_result *result, const char *key)
{
    int64_t sum = 0;
    json_each(facet, result->facets)
    {
        if (souk_str_is(json_text(json_at(&facet->value, "key")), key))
            json_each(item, json_at(&facet->value, "values")) sum +=
                json_int(json_at(&item->value, "count"), 0);
    }
    return sum;
}

/* Every product has one color: whatever the snapshot, the counts are all of them. */
static int list_once(struct db *db, struct arena *arena, int turn)
{
    static const char *const sorts[] = {"popular", "name", "price", "-price", "new"};
    static const char *const words[] = {"", "thing", "", "thnig", ""};
    struct market market = market_at(turn % 3 ? "en" : "bg", NOW);
    struct listing_query query = {.q = souk_str(words[turn % 5]),
                                  .sort = souk_str(sorts[turn % 5]),
                                  .page = 1,
                                  .limit = LISTING_PAGE};
    struct listing_result result;
    struct err err = {0};
    struct db_conn *conn = db_read_begin(db, 0);
    int code = listing_run(conn, arena, &market, &query, &result, &err);
    db_read_end(conn);
    return code == 0 && result.total == PRODUCTS && result.count == PRODUCTS &&
           facet_sum(&result, "color") == PRODUCTS && facet_sum(&result, "brand") == PRODUCTS;
}

static void *read_often(void *arg)
{
    struct world *world = arg;
    struct arena arena = {0};
    for (int turn = 0; !atomic_load(&world->done) || turn < 20; turn++) {
        if (!list_once(world->fixture->db, &arena, turn))
            atomic_fetch_add(&world->wrong, 1);
        atomic_fetch_add(&world->lists, 1);
        arena_reset(&arena);
    }
    arena_free(&arena);
    db_thread_end(world->fixture->db);
    return NULL;
}

static void *refresh_often(void *arg)
{
    struct world *world = arg;
    while (!atomic_load(&world->done)) {
        listing_stale(world->fixture->db);
        listing_refresh(world->fixture->db);
        listing_end(); /* as at a reload: everything is made anew */
    }
    db_thread_end(world->fixture->db);
    return NULL;
}

static void test_threads(void **state)
{
    struct shop_fixture *fixture = *state;
    struct world world = {.fixture = fixture};
    pthread_t threads[READERS + 1];
    for (int n = 0; n < PRODUCTS; n++)
        save_one(fixture, n, 0);
    assert_int_equal(listing_setup(fixture->db, &fixture->err), 0);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, &world), 0);
    assert_int_equal(pthread_create(&threads[READERS], NULL, refresh_often, &world), 0);
    for (int turn = 1; turn <= EDITS; turn++)
        save_one(fixture, turn % PRODUCTS, turn);
    atomic_store(&world.done, 1);
    for (int i = 0; i <= READERS; i++)
        pthread_join(threads[i], NULL);
    assert_true(atomic_load(&world.lists) >= READERS * 20);
    assert_int_equal(atomic_load(&world.wrong), 0);
    listing_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {SHOP_TEST(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
