/* Tests of the book of promotions: limits and budgets are taken by the order that passes, given
 * back once by the one that is cancelled, and hold for guests under every name that they have. */
#include "app/checks.h"
#include "shop/order.h"
#include "shop/payment.h"
#include "shop/person.h"
#include "store/verify.h"

#include "order_fixture.h"
#include "rules_fixture.h"

static const char two_uses[] =
    "[{\"id\": \"ten\", \"name\": \"Ten\", \"give\": {\"order_percent\": {\"percent\": 10}}, "
    "\"coupon\": {\"code\": \"TEN\", \"uses\": 2}}]";

/* Fails with the rows of every broken invariant. */
static void verify(struct shop_fixture *fixture)
{
    checks_setup();
    db_thread_end(fixture->db);
    const struct json *report = verify_run(fixture->db, &fixture->arena);
    if (!json_true(json_at(report, "ok")))
        fail_msg("verify: %s", fixture_print(fixture, report));
}

/* Is there a broken row of I-14? */
static int is_broken(struct shop_fixture *fixture)
{
    int broken = 0;
    checks_setup();
    const struct json *report = verify_run(fixture->db, &fixture->arena);
    json_each(item, json_at(report, "checks")) broken |=
        souk_str_is(json_text(json_at(&item->value, "id")), "I-14") &&
        !json_true(json_at(&item->value, "ok"));
    return broken;
}

static int64_t used(struct shop_fixture *fixture, const char *subject)
{
    struct souk_str sql =
        arena_printf(&fixture->arena, "SELECT used FROM promo_count WHERE subject = '%s'", subject);
    int64_t number = fixture_int(fixture, sql.ptr);
    return number == INT64_MIN ? 0 : number;
}

static int64_t amount(struct shop_fixture *fixture, const char *subject)
{
    struct souk_str sql = arena_printf(
        &fixture->arena, "SELECT amount FROM promo_count WHERE subject = '%s'", subject);
    int64_t number = fixture_int(fixture, sql.ptr);
    return number == INT64_MIN ? 0 : number;
}

static int cancel_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct err err = {0};
    return order_cancel(conn, &fixture->arena, *(int64_t *)arg, souk_str("staff:1"),
                        souk_str("changed their mind"), fixture->now, &err);
}

static int release_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return promo_release(conn, &fixture->arena, *(int64_t *)arg, fixture->now);
}

static int64_t discount_of(struct shop_fixture *fixture, int64_t order)
{
    return fixture_int(fixture, arena_printf(&fixture->arena,
                                             "SELECT discount FROM shop_order WHERE id = %lld",
                                             (long long)order)
                                    .ptr);
}

/* Different people, so that only the limit in question counts. */
static int64_t place(struct shop_fixture *fixture, int n, const char *code)
{
    struct order_fixture_want want = {
        .goods = "TEA:1",
        .code = code,
        .email = arena_printf(&fixture->arena, "guest%d@example.org", n).ptr,
        .phone = arena_printf(&fixture->arena, "08881%05d", n).ptr};
    return order_fixture_place(fixture, &want);
}

/* ---- limits ---- */

static void test_the_last_use_goes_to_one(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {
        .goods = "TEA:1", .code = "ten", .email = "late@example.org", .phone = "0888999999"};
    struct order_fixture_result result = {0};
    struct order_fixture_run late = {.want = &want, .result = &result};
    order_fixture_goods(fixture);
    rules_publish(fixture, two_uses);
    order_fixture_prepare(fixture, &late);
    assert_int_equal(late.quote.discount, 100); /* seen while two uses were left */
    assert_int_equal(discount_of(fixture, place(fixture, 1, "TEN")), 100);
    assert_int_equal(discount_of(fixture, place(fixture, 2, " ten ")), 100);
    assert_int_equal(order_fixture_commit(fixture, &late), SOUK_CONFLICT);
    assert_string_equal(result.problem, "price-changed");
    assert_non_null(strstr(result.err.text, "TEN"));
    assert_int_equal(used(fixture, "code:TEN"), 2);
    assert_int_equal(used(fixture, "promotion:ten"), 2);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM shop_order"), 2);
    verify(fixture);
    /* the new quote is without it, and passes */
    order_fixture_prepare(fixture, &late);
    assert_int_equal(late.quote.discount, 0);
    assert_int_equal(late.quote.coupons[0].accepted, 0);
    assert_string_equal(late.quote.coupons[0].reason_code, "used-up");
    assert_int_equal(order_fixture_commit(fixture, &late), 0);
    assert_int_equal(used(fixture, "code:TEN"), 2);
    verify(fixture);
}

static void test_a_cancelled_order_gives_back_once(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    rules_publish(fixture, two_uses);
    int64_t first = place(fixture, 1, "TEN");
    place(fixture, 2, "TEN");
    assert_int_equal(used(fixture, "code:TEN"), 2);
    assert_int_equal(amount(fixture, "promotion:ten"), 200);
    assert_int_equal(fixture_write(fixture, cancel_run, &first), 0);
    assert_int_equal(used(fixture, "code:TEN"), 1);
    assert_int_equal(amount(fixture, "promotion:ten"), 100);
    assert_int_not_equal(fixture_write(fixture, cancel_run, &first), 0);
    assert_int_equal(fixture_write(fixture, release_run, &first), 0);
    assert_int_equal(used(fixture, "code:TEN"), 1);
    assert_int_equal(used(fixture, "promotion:ten"), 1);
    verify(fixture);
    assert_int_equal(discount_of(fixture, place(fixture, 3, "TEN")), 100);
    assert_int_equal(discount_of(fixture, place(fixture, 4, "TEN")), 0);
    verify(fixture);
}

static void test_a_code_that_is_not_given_back(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    rules_publish(fixture, "[{\"id\": \"ten\", \"give\": {\"order_percent\": {\"percent\": 10}}, "
                           "\"coupon\": {\"code\": \"TEN\", \"uses\": 1, "
                           "\"again_after_cancel\": false}}]");
    int64_t first = place(fixture, 1, "TEN");
    assert_int_equal(fixture_write(fixture, cancel_run, &first), 0);
    assert_int_equal(used(fixture, "code:TEN"), 1);
    assert_int_equal(used(fixture, "promotion:ten"), 0);
    assert_int_equal(discount_of(fixture, place(fixture, 2, "TEN")), 0);
    verify(fixture);
}

static void test_a_budget_is_never_passed(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:1", .email = "late@example.org"};
    struct order_fixture_result result = {0};
    struct order_fixture_run late = {.want = &want, .result = &result};
    order_fixture_goods(fixture);
    rules_publish(fixture, "[{\"id\": \"ten\", \"budget\": {\"amount\": 250}, \"give\": "
                           "{\"order_percent\": {\"percent\": 10}}}]");
    order_fixture_prepare(fixture, &late);
    place(fixture, 1, NULL);
    place(fixture, 2, NULL);
    assert_int_equal(amount(fixture, "promotion:ten"), 200);
    assert_int_equal(order_fixture_commit(fixture, &late), SOUK_CONFLICT);
    assert_string_equal(result.problem, "price-changed");
    assert_int_equal(discount_of(fixture, place(fixture, 3, NULL)), 0);
    assert_int_equal(amount(fixture, "promotion:ten"), 200);
    verify(fixture);
}

static int expire_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    return order_expire(conn, &fixture->arena, fixture->now, arg);
}

static void test_an_order_that_is_not_paid_gives_back(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {
        .goods = "TEA:1", .code = "TEN", .payment = "stripe", .hold = CLOCK_MINUTE};
    int more;
    order_fixture_goods(fixture);
    rules_publish(fixture, two_uses);
    order_fixture_place(fixture, &want);
    assert_int_equal(used(fixture, "code:TEN"), 1);
    fixture->now += 2 * CLOCK_MINUTE;
    assert_int_equal(fixture_write(fixture, expire_run, &more), 0);
    assert_int_equal(used(fixture, "code:TEN"), 0);
    assert_int_equal(used(fixture, "promotion:ten"), 0);
    assert_int_equal(amount(fixture, "promotion:ten"), 0);
    verify(fixture);
}

/* ---- customers ---- */

static int order_as(struct shop_fixture *fixture, const char *email, const char *phone,
                    int64_t person, int64_t *discount)
{
    struct order_fixture_want want = {
        .goods = "TEA:1", .code = "ONCE", .email = email, .phone = phone, .person = person};
    struct order_fixture_result result;
    int code = order_fixture_try(fixture, &want, &result);
    *discount = code ? -1 : discount_of(fixture, result.placed.id);
    return code;
}

struct joining {
    int64_t person;
};

static int person_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct joining *joining = arg;
    struct err err = {0};
    int64_t contact;
    int code = person_create(conn, "buyer", souk_str("Ada"), "en", fixture->now, &joining->person);
    if (code == 0)
        code = contact_add(conn, &fixture->arena, joining->person, "email",
                           souk_str("ada@example.org"), fixture->now, &contact, &err);
    return code ? code
                : contact_confirm(conn, &fixture->arena, contact, fixture->now, &joining->person,
                                  &err);
}

static void test_once_per_customer_holds_for_guests(void **state)
{
    struct shop_fixture *fixture = *state;
    struct joining joining;
    int64_t discount;
    order_fixture_goods(fixture);
    rules_publish(fixture, "[{\"id\": \"once\", \"give\": {\"order_percent\": {\"percent\": 10}}, "
                           "\"coupon\": {\"code\": \"ONCE\", \"per_customer\": 1}}]");
    assert_int_equal(order_as(fixture, "Ada@Example.org", "0888 000 001", 0, &discount), 0);
    assert_int_equal(discount, 100);
    /* priced before the address is known (the fixture's cart has no draft), so the write refuses */
    assert_int_equal(order_as(fixture, "ada@example.ORG", "0888 000 002", 0, &discount),
                     SOUK_CONFLICT);
    assert_int_equal(order_as(fixture, "bob@example.org", "+359 888000001", 0, &discount),
                     SOUK_CONFLICT);
    assert_int_equal(order_as(fixture, "bob@example.org", "0888 000 003", 0, &discount), 0);
    assert_int_equal(discount, 100);
    /* and for a person who has confirmed the address, whatever they type now */
    assert_int_equal(fixture_write(fixture, person_run, &joining), 0);
    assert_int_equal(
        order_as(fixture, "new@example.org", "0888 000 009", joining.person, &discount), 0);
    assert_int_equal(discount, 0); /* known already when it was priced */
    assert_int_equal(used(fixture, "code:ONCE"), 2);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM promo_use_customer WHERE customer LIKE '%@%'"),
        0); /* nobody is named */
    verify(fixture);
}

struct facts {
    const struct promo_set *set;
    struct quote quote;
    struct promo_who who;
    struct promo_facts facts;
};

static int facts_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct facts *facts = arg;
    struct market market = market_at("en", fixture->now);
    facts->facts = (struct promo_facts){0};
    return promo_facts_read(conn, &fixture->arena, facts->set, &facts->quote, &market, &facts->who,
                            &facts->facts);
}

static void test_who_the_customer_is(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:2"};
    struct facts facts = {.who = {.email = souk_str("ADA@example.org"), .visitor = 5}};
    order_fixture_goods(fixture);
    struct promo_live *live =
        rules_read(fixture, "[{\"id\": \"first\", \"when\": {\"nth_order\": 1}, \"give\": "
                            "{\"order_percent\": {\"percent\": 10}}}]");
    facts.set = live->set;
    int64_t first = order_fixture_place(fixture, &want);
    order_fixture_place(fixture, &want);
    assert_int_equal(fixture_write(fixture, cancel_run, &first), 0);
    assert_int_equal(fixture_write(fixture, facts_run, &facts), 0);
    assert_int_equal(facts.facts.customer.known, 1);
    assert_int_equal(facts.facts.customer.guest, 1);
    assert_int_equal(facts.facts.customer.orders_before, 2);
    assert_int_equal(facts.facts.customer.orders_cancelled, 1);
    assert_int_equal(facts.facts.customer.spent, 0); /* not paid yet */
    assert_int_equal(facts.facts.customer.last_order_at, fixture->now);
    assert_true(facts.facts.customer.lead_at > 0);
    uint64_t bucket = facts.facts.customer.bucket;
    assert_true(bucket < 1000000);
    facts.who.email = souk_str("");
    assert_int_equal(fixture_write(fixture, facts_run, &facts), 0);
    assert_int_equal(facts.facts.customer.known, 0);
    assert_int_equal(facts.facts.customer.bucket, bucket); /* of the visitor */
    promo_live_publish(live);                              /* gives it back */
}

/* ---- afterwards ---- */

static int pay_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct err err = {0};
    return order_step(conn, &fixture->arena, *(int64_t *)arg, souk_str("pay"), NULL,
                      souk_str("staff:1"), fixture->now, &err);
}

static void test_what_is_paid_is_confirmed(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    rules_publish(fixture, two_uses);
    int64_t order = place(fixture, 1, "TEN");
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM promo_use WHERE state = 'reserved'"), 2);
    assert_int_equal(fixture_write(fixture, pay_run, &order), 0);
    assert_int_equal(
        fixture_int(fixture, "SELECT count(*) FROM promo_use WHERE state = 'confirmed'"), 2);
    verify(fixture);
}

struct editing {
    int64_t id;
    const char *text;
};

static int edit_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct editing *editing = arg;
    struct err err = {0};
    int code = order_edit(conn, &fixture->arena, editing->id, fixture_json(fixture, editing->text),
                          souk_str("staff:1"), fixture->now, &err);
    if (code)
        print_message("edit: %s\n", err.text);
    return code;
}

static void test_an_edit_keeps_the_proportion(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:4"};
    struct json *doc = NULL;
    order_fixture_goods(fixture);
    rules_publish(fixture, "[{\"id\": \"ten\", \"name\": \"Ten off\", \"give\": "
                           "{\"order_percent\": {\"percent\": 10}}, \"budget\": "
                           "{\"amount\": 1000}}]");
    struct editing editing = {.id = order_fixture_place(fixture, &want)};
    assert_int_equal(amount(fixture, "promotion:ten"), 400);
    editing.text = "{\"lines\": [{\"sku\": \"TEA\", \"quantity\": 1}, {\"sku\": \"MUG\", "
                   "\"quantity\": 1}]}";
    assert_int_equal(fixture_write(fixture, edit_run, &editing), 0);
    assert_int_equal(discount_of(fixture, editing.id), 100);
    assert_int_equal(amount(fixture, "promotion:ten"), 100);
    assert_int_equal(used(fixture, "promotion:ten"), 1);
    verify(fixture);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(order_load(conn, &fixture->arena, editing.id, 1, &doc), 0);
    db_read_end(conn);
    /* the trace stands, its amount follows, and the hash says which rule it was */
    const struct json *trace = json_at(json_at(doc, "quote"), "promotions");
    assert_non_null(trace);
    const struct json *entry = &json_first(trace)->value;
    assert_true(souk_str_is(json_text(json_at(entry, "id")), "ten"));
    assert_int_equal(json_int(json_at(entry, "amount"), -1), 100);
    assert_true(json_text(json_at(entry, "hash")).len > 0);
    const struct json *shown = &json_first(json_at(doc, "discounts"))->value;
    assert_true(souk_str_is(json_text(json_at(shown, "name")), "Ten off"));
    assert_int_equal(json_int(json_at(shown, "amount"), -1), 100);
}

/* ---- the invariant ---- */

static void test_verify_sees_what_is_wrong(void **state)
{
    static const char *const wrongs[][2] = {
        {"UPDATE promo_count SET used = used + 1 WHERE subject = 'code:TEN'",
         "UPDATE promo_count SET used = used - 1 WHERE subject = 'code:TEN'"},
        {"UPDATE promo_count SET amount = amount + 1 WHERE subject = 'promotion:ten'",
         "UPDATE promo_count SET amount = amount - 1 WHERE subject = 'promotion:ten'"},
        {"UPDATE promo_use SET state = 'released' WHERE code = ''",
         "UPDATE promo_use SET state = 'reserved' WHERE code = ''"},
        {"INSERT INTO promo_count (subject, used, amount) VALUES ('promotion:none', 1, 0)",
         "DELETE FROM promo_count WHERE subject = 'promotion:none'"},
        {"UPDATE promo_use SET promotion = 'other'", "UPDATE promo_use SET promotion = 'ten'"},
    };
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    rules_publish(fixture, two_uses);
    place(fixture, 1, "TEN");
    assert_false(is_broken(fixture));
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        fixture_sql(fixture, wrongs[i][0]);
        if (!is_broken(fixture))
            fail_msg("not seen: %s", wrongs[i][0]);
        fixture_sql(fixture, wrongs[i][1]);
        assert_false(is_broken(fixture));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULES_TEST(test_the_last_use_goes_to_one),
        RULES_TEST(test_a_cancelled_order_gives_back_once),
        RULES_TEST(test_a_code_that_is_not_given_back),
        RULES_TEST(test_a_budget_is_never_passed),
        RULES_TEST(test_an_order_that_is_not_paid_gives_back),
        RULES_TEST(test_once_per_customer_holds_for_guests),
        RULES_TEST(test_who_the_customer_is),
        RULES_TEST(test_what_is_paid_is_confirmed),
        RULES_TEST(test_an_edit_keeps_the_proportion),
        RULES_TEST(test_verify_sees_what_is_wrong),
    };
    return cmocka_run_group_tests_name("promo_book", tests, NULL, NULL);
}
