/*
 * Slugs: what a name becomes, who gets which, and where an old one leads.
 */
#include "shop/slug.h"
#include "fixture.h"

static void test_make(void **state)
{
    struct shop_fixture *fixture = *state;
    static const char *const cases[][2] = {
        {"Hoodie with Logo", "hoodie-with-logo"},
        {"  --Crème brûlée & Co.--  ", "creme-brulee-co"},
        {"Men's T-Shirt 100%", "mens-t-shirt-100"},
        {"Straße Łódź Øre", "strasse-lodz-ore"},
        {"Щастлива Юлия", "shtastliva-yulia"},
        {"Ъгъл", "agal"},
        {"Пътека синьо яйце", "pateka-sinyo-yaytse"},
        {"София: чаша", "sofia-chasha"},
        {"Моята България", "moyata-bulgaria"},
        {"Българияни", "balgariyani"},
        {"Гарячий їжак", "garyachiy-yizhak"},
        {"Հայաստան", "hayastan"},
        {"Árvíztűrő tükörfúrógép", "arvizturo-tukorfurogep"},
        {"বাংলা চা ২০০", "বাংলা-চা-২০০"},
        {"!!!", "item"},
        {"", "item"},
        {"日本茶", "日本茶"},
        {"a—b…c", "a-b-c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct souk_str slug = slug_make(&fixture->arena, souk_str(cases[i][0]));
        assert_string_equal(arena_cstr(&fixture->arena, slug), cases[i][1]);
        struct souk_str again = slug_make(&fixture->arena, slug);
        assert_true(souk_str_equal(slug, again)); /* making it again changes nothing */
    }
}

static void test_make_long(void **state)
{
    struct shop_fixture *fixture = *state;
    struct buf name = {.arena = &fixture->arena};
    for (int i = 0; i < 60; i++)
        buf_add_cstr(&name, "щука ");
    struct souk_str slug = slug_make(&fixture->arena, buf_str(&name));
    assert_true(slug.len > 60 && slug.len <= 80);
    assert_true(slug.ptr[slug.len - 1] != '-');
}

static void test_url(void **state)
{
    struct shop_fixture *fixture = *state;
    struct arena *arena = &fixture->arena;
    assert_string_equal(arena_cstr(arena, slug_url(arena, "product", souk_str("a-b"), "en")),
                        "/p/a-b");
    assert_string_equal(arena_cstr(arena, slug_url(arena, "category", souk_str("চা"), "bn")),
                        "/bn/c/%E0%A6%9A%E0%A6%BE");
    assert_string_equal(arena_cstr(arena, slug_url(arena, "page", souk_str("terms"), "bg")),
                        "/bg/pages/terms");
}

struct put {
    int64_t target;
    const char *locale, *wanted;
    int changed;
};

static int run_put(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct put *put = arg;
    return slug_put(conn, &fixture->arena, "product", put->target, souk_str(put->locale),
                    souk_str(put->wanted), &put->changed, NULL);
}

static int put_slug(struct shop_fixture *fixture, int64_t target, const char *locale,
                    const char *wanted)
{
    struct put put = {target, locale, wanted, -1};
    assert_int_equal(fixture_write(fixture, run_put, &put), 0);
    return put.changed;
}

static const char *slug_at(struct shop_fixture *fixture, int64_t target, const char *locale)
{
    struct souk_str sql = arena_printf(&fixture->arena,
                                       "SELECT slug FROM slug WHERE kind = 'product' AND current "
                                       "AND target_id = %lld AND locale = '%s'",
                                       (long long)target, locale);
    return fixture_text(fixture, sql.ptr);
}

static void test_put(void **state)
{
    struct shop_fixture *fixture = *state;
    assert_int_equal(put_slug(fixture, 1, "en", "Hoodie"), 1);
    assert_int_equal(put_slug(fixture, 1, "en", "hoodie"), 0);
    assert_int_equal(put_slug(fixture, 2, "en", "hoodie"), 1);
    assert_string_equal(slug_at(fixture, 2, "en"), "hoodie-2");
    assert_int_equal(put_slug(fixture, 2, "en", "hoodie"), 0); /* stays with its number */
    assert_int_equal(put_slug(fixture, 3, "bg", "hoodie"), 1); /* another locale is no other page */
    assert_string_equal(slug_at(fixture, 3, "bg"), "hoodie-3");
    assert_int_equal(put_slug(fixture, 1, "hu", "hoodie"), 1); /* its own in another locale */
    assert_string_equal(slug_at(fixture, 1, "hu"), "hoodie");
    for (int64_t i = 10; i < 60; i++)
        put_slug(fixture, i, "en", "hoodie");
    assert_int_equal(fixture_int(fixture, "SELECT count(DISTINCT slug) FROM slug"), 53);
}

static void test_find_old(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str canonical;
    int64_t target = 0;
    put_slug(fixture, 1, "en", "first");
    put_slug(fixture, 1, "en", "second");
    put_slug(fixture, 1, "en", "third");
    put_slug(fixture, 1, "bg", "treti");
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    struct arena *arena = &fixture->arena;
    assert_int_equal(
        slug_find(conn, arena, "product", souk_str("first"), "en", &target, &canonical), 0);
    assert_int_equal(target, 1);
    assert_string_equal(arena_cstr(arena, canonical), "third"); /* at once, no chain */
    assert_int_equal(
        slug_find(conn, arena, "product", souk_str("second"), "bg", &target, &canonical), 0);
    assert_string_equal(arena_cstr(arena, canonical), "treti");
    assert_int_equal(
        slug_find(conn, arena, "product", souk_str("treti"), "hu", &target, &canonical), 0);
    assert_string_equal(arena_cstr(arena, canonical), "third"); /* the default locale's */
    assert_int_equal(
        slug_find(conn, arena, "category", souk_str("third"), "en", &target, &canonical),
        SOUK_NOT_FOUND);
    db_read_end(conn);
    put_slug(fixture, 2, "en", "first"); /* an old address is not given away */
    assert_string_equal(slug_at(fixture, 2, "en"), "first-2");
    put_slug(fixture, 1, "en", "first"); /* but its owner may come back to it */
    assert_string_equal(slug_at(fixture, 1, "en"), "first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_make), SHOP_TEST(test_make_long), SHOP_TEST(test_url),
        SHOP_TEST(test_put),  SHOP_TEST(test_find_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
