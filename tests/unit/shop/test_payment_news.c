/*
 * What providers tell, in any order and more than once, and money that fits nothing. See
 * payment_fixture.h.
 */
#include "payment_fixture.h"

/* ---- all orders of news ---- */

static const int news_states[] = {SOUK_PAID_AUTHORISED, SOUK_PAID_CAPTURED, SOUK_PAID_REFUNDED,
                                  SOUK_PAID_FAILED, SOUK_PAID_PENDING};
static const char *const news_names[] = {"a", "c", "r", "f", "p"};

static const char *picture(struct shop_fixture *fixture)
{
    return text_of(
        fixture,
        "SELECT p.state || ' ' || p.authorised || ' ' || p.captured || ' ' || p.refunded "
        "|| ' ' || o.payment_status || ' ' || o.status || ' ' || o.captured || ' ' || "
        "o.refunded || ' ' || (SELECT count(*) FROM payment_move m WHERE m.payment_id = p.id)"
        " FROM payment p JOIN shop_order o ON o.id = p.order_id WHERE p.id = $1",
        last_payment);
}

/* Tells in this order; a refund that comes too early is told again at the end, as its job does. */
static const char *outcome(struct shop_fixture *fixture, const int *order, size_t count)
{
    size_t waiting = 0;
    sell(fixture, (struct sold){.line_total = 10000});
    for (size_t i = 0; i < count; i++) {
        const char *name = news_names[order[i]];
        int64_t amount = order[i] == 2 ? 4000 : order[i] < 2 ? 10000 : 0;
        int code =
            tell_of(fixture, news_states[order[i]], amount,
                    arena_printf(&fixture->arena, "%s%lld", name, (long long)last_order).ptr);
        assert_true(code == 0 || (code == SOUK_BUSY && order[i] == 2));
        waiting += code == SOUK_BUSY;
    }
    if (waiting)
        tell_of(fixture, SOUK_PAID_REFUNDED, 4000,
                arena_printf(&fixture->arena, "r%lld", (long long)last_order).ptr);
    return picture(fixture);
}

static void shuffle(int *order, size_t count, unsigned *seed)
{
    for (size_t i = count - 1; i > 0; i--) {
        size_t k = (size_t)rand_r(seed) % (i + 1);
        int kept = order[i];
        order[i] = order[k];
        order[k] = kept;
    }
}

/* Every subset of news, each up to three times: all permutations of small ones, many of large ones.
 */
static void any_order_of_news_ends_alike(void **state_)
{
    struct shop_fixture *fixture = *state_;
    unsigned seed = 3;
    for (int subset = 1; subset < 32; subset++) {
        int order[16];
        const char *expected = NULL;
        for (int round = 0; round < 40; round++) {
            size_t count = 0;
            for (int i = 0; i < 5; i++)
                for (int k = 0; subset >> i & 1 && k < 1 + rand_r(&seed) % 3; k++)
                    order[count++] = i;
            shuffle(order, count, &seed);
            const char *got = outcome(fixture, order, count);
            if (!expected)
                expected = got;
            assert_string_equal(got, expected);
        }
    }
}

static int next_permutation(int *order, int count)
{
    int i = count - 2, k = count - 1;
    while (i >= 0 && order[i] >= order[i + 1])
        i--;
    if (i < 0)
        return 0;
    while (order[k] <= order[i])
        k--;
    int kept = order[i];
    order[i] = order[k];
    order[k] = kept;
    for (int a = i + 1, b = count - 1; a < b; a++, b--) {
        kept = order[a];
        order[a] = order[b];
        order[b] = kept;
    }
    return 1;
}

static void all_permutations_end_alike(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int order[] = {0, 0, 1, 1, 2, 3, 3};
    int runs = 0;
    do {
        assert_string_equal(outcome(fixture, order, 7),
                            "captured 10000 10000 4000 part_refunded confirmed 10000 4000 3");
        runs++;
    } while (next_permutation(order, 7));
    assert_int_equal(runs, 630);
}

static void void_and_failure_end_alike(void **state_)
{
    struct shop_fixture *fixture = *state_;
    for (int round = 0; round < 2; round++) {
        sell(fixture, (struct sold){.line_total = 10000});
        for (int i = 0; i < 2; i++)
            assert_int_equal(
                tell_of(fixture, i == round ? SOUK_PAID_FAILED : SOUK_PAID_CANCELLED, 0, ""), 0);
        assert_string_equal(state(fixture), "cancelled");
        assert_string_equal(status(fixture), "voided");
        assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 10000, round ? "x" : "y"),
                         0); /* after all */
        assert_string_equal(status(fixture), "paid");
    }
}

/* ---- money that does not fit ---- */

static void other_amount_is_not_applied(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 10000});
    assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 100, "c"), 0);
    assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 100, "c"), 0);
    assert_string_equal(state(fixture), "created");
    assert_string_equal(only_match(fixture), "amount differs 100 open");
    assert_int_equal(tell_of(fixture, SOUK_PAID_AUTHORISED, 20000, "a"), 0);
    assert_string_equal(state(fixture), "created");
    assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 10000, "d"), 0);
    assert_int_equal(tell_of(fixture, SOUK_PAID_CAPTURED, 10000, "e"),
                     0); /* told under another name */
    assert_int_equal(number_of(fixture, "SELECT captured FROM payment WHERE id = $1", last_payment),
                     10000);
}

static void payers_who_choose_the_sum(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 10000, .provider = "transfer", .begun = "pending"});
    struct payment_news news = {.state = SOUK_PAID_CAPTURED, .parts = 1};
    news.amount = 4000, news.reference = souk_str("entry-1");
    assert_int_equal(tell(fixture, news), 0);
    assert_string_equal(status(fixture), "part_paid");
    assert_string_equal(text_of(fixture, "SELECT status FROM shop_order WHERE id = $1", last_order),
                        "placed");
    news.amount = 7500, news.reference = souk_str("entry-2");
    assert_int_equal(tell(fixture, news), 0);
    assert_int_equal(tell(fixture, news), 0);
    assert_string_equal(status(fixture), "paid");
    assert_string_equal(only_match(fixture), "over 1500 open");
    assert_int_equal(facts(fixture, "payment.captured"), 2);
}

static void payers_follow_an_edit(void **state_)
{
    struct shop_fixture *fixture = *state_;
    struct payment_news news = {.state = SOUK_PAID_CAPTURED, .parts = 1};
    static const int64_t totals[] = {7000, 13000}; /* less, and more, than was agreed */
    for (int i = 0; i < 2; i++) {
        sell(fixture, (struct sold){.line_total = 10000, .provider = "cod", .begun = "pending"});
        fixture_sql(fixture,
                    i ? "UPDATE shop_order SET items = 13000, total = 13000 WHERE captured = 0"
                      : "UPDATE shop_order SET items = 7000, total = 7000 WHERE captured = 0");
        news.payment_id = 0, news.amount = totals[i], news.reference = souk_str(i ? "b" : "a");
        assert_int_equal(tell(fixture, news), 0);
        assert_string_equal(status(fixture), "paid");
        assert_string_equal(state(fixture), "captured");
    }
    assert_string_equal(only_match(fixture), "");
}

static void money_for_a_cancelled_order_goes_back(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int64_t id;
    sell(fixture, (struct sold){.line_total = 10000});
    fixture_sql(fixture, "UPDATE shop_order SET status = 'cancelled'");
    struct payment_news news = {
        .state = SOUK_PAID_CAPTURED, .amount = 10000, .refunds = 1, .reference = souk_str("c")};
    assert_int_equal(tell(fixture, news), 0);
    assert_int_equal(facts(fixture, "payment.captured"), 0);
    assert_string_equal(only_match(fixture), "order cancelled 10000 open");
    id = fixture_int(
        fixture,
        "SELECT id FROM payment_move WHERE kind = 'refund' AND state = 'asked' AND amount = 10000");
    assert_true(id > 0);
    assert_int_equal(fixture_write(fixture, done_run, &id), 0);
    assert_string_equal(only_match(fixture), "order cancelled 10000 returned");
    assert_string_equal(status(fixture), "refunded");
    /* one that cannot pay back: a person has to */
    sell(fixture, (struct sold){.line_total = 10000});
    fixture_sql(fixture, "UPDATE shop_order SET status = 'cancelled'");
    news.refunds = 0, news.payment_id = 0, news.reference = souk_str("d");
    assert_int_equal(tell(fixture, news), 0);
    assert_int_equal(
        number_of(fixture,
                  "SELECT count(*) FROM payment_move WHERE kind = 'refund' AND payment_id = $1",
                  last_payment),
        0);
    /* an authorisation is let go */
    sell(fixture, (struct sold){.line_total = 10000});
    fixture_sql(fixture, "UPDATE shop_order SET status = 'cancelled'");
    assert_int_equal(tell_of(fixture, SOUK_PAID_AUTHORISED, 10000, "e"), 0);
    assert_int_equal(facts(fixture, "payment.authorised"), 0);
    assert_int_equal(
        number_of(
            fixture,
            "SELECT count(*) FROM payment_move WHERE kind = 'void' AND state = 'asked' AND payment_id = $1",
            last_payment),
        1);
}

/* ---- reports ---- */

struct reporting {
    const char *event, *body;
    int64_t id;
    int fresh;
};

static int report_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct reporting *reporting = arg;
    return payment_report_put(conn, "card", souk_str(reporting->event), souk_str(reporting->body),
                              fixture->now, &reporting->fresh);
}

static int64_t report(struct shop_fixture *fixture, const char *event, const char *body, int fresh)
{
    struct reporting reporting = {event, body, 0, 0};
    assert_int_equal(fixture_write(fixture, report_run, &reporting), 0);
    assert_int_equal(reporting.fresh, fresh);
    return fixture_int(
        fixture, arena_printf(&fixture->arena, "SELECT id FROM inbox WHERE key = '%s'", event).ptr);
}

static int work_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    fixture->err = (struct err){0};
    return payment_report_work(conn, &fixture->arena, *(int64_t *)arg, fixture->now, &fixture->err);
}

static void webhook_before_its_payment(void **state_)
{
    struct shop_fixture *fixture = *state_;
    const char *body =
        "{\"state\": 3, \"amount\": 10000, \"currency\": \"EUR\", \"payment_reference\": \"pi_9\"}";
    sell(fixture, (struct sold){.line_total = 10000});
    int64_t id = report(fixture, "evt_1", body, 1);
    assert_int_equal(report(fixture, "evt_1", body, 0), id);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM job WHERE kind = 'souk:report'"),
                     1);
    assert_int_equal(fixture_write(fixture, work_run, &id), SOUK_NOT_FOUND);
    assert_int_equal(tell(fixture, (struct payment_news){.state = SOUK_PAID_PENDING,
                                                         .payment_reference = souk_str("pi_9")}),
                     0);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(state(fixture), "captured");
    for (int i = 0; i < 20; i++)
        assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_int_equal(facts(fixture, "payment.captured"), 1);
}

static void webhook_of_nobody_waits_for_a_person(void **state_)
{
    struct shop_fixture *fixture = *state_;
    int64_t id = report(
        fixture, "evt_2",
        "{\"state\": 3, \"amount\": 700, \"currency\": \"EUR\", \"payment_reference\": \"pi_x\", \"payer\": \"Ada\"}",
        1);
    assert_int_equal(fixture_write(fixture, work_run, &id), SOUK_NOT_FOUND);
    assert_string_equal(only_match(fixture), "");
    fixture->now += 2 * HOUR;
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(only_match(fixture), "no order 700 open");
    assert_int_equal(
        fixture_int(fixture, "SELECT done_at IS NOT NULL FROM inbox WHERE key = 'evt_2'"), 1);
    /* a failure of a payment that nobody knows is no money */
    id = report(fixture, "evt_3", "{\"state\": 4, \"number\": \"nothing\"}", 1);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(only_match(fixture), "no order 700 open");
}

static void report_by_number_and_other_currency(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 10000});
    const char *number =
        text_of(fixture, "SELECT number FROM shop_order WHERE id = $1", last_order);
    int64_t id = report(
        fixture, "e1",
        arena_printf(&fixture->arena,
                     "{\"state\": 3, \"amount\": 10000, \"currency\": \"USD\", \"number\": \"%s\"}",
                     number)
            .ptr,
        1);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(only_match(fixture), "currency differs 10000 open");
    assert_string_equal(status(fixture), "pending");
    id = report(
        fixture, "e2",
        arena_printf(&fixture->arena,
                     "{\"state\": 3, \"amount\": 10000, \"currency\": \"EUR\", \"number\": \"%s\"}",
                     number)
            .ptr,
        1);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    assert_string_equal(status(fixture), "paid");
}

struct settling {
    const char *state;
    int64_t match_id, order_id;
};

static int settle_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct settling *settling = arg;
    return payment_match_settle(conn, &fixture->arena, settling->match_id, settling->state,
                                settling->order_id, souk_str("staff:7"), fixture->now,
                                &fixture->err);
}

static void staff_match_money(void **state_)
{
    struct shop_fixture *fixture = *state_;
    sell(fixture, (struct sold){.line_total = 700});
    int64_t id = report(fixture, "e9", "{\"state\": 3, \"amount\": 700, \"currency\": \"EUR\"}", 1);
    assert_int_equal(fixture_write(fixture, work_run, &id), 0);
    struct settling settling = {"matched", fixture_int(fixture, "SELECT id FROM payment_match"), 0};
    assert_int_equal(fixture_write(fixture, settle_run, &settling), SOUK_INVALID);
    settling.order_id = last_order;
    assert_int_equal(fixture_write(fixture, settle_run, &settling), 0);
    assert_string_equal(status(fixture), "paid");
    assert_string_equal(only_match(fixture), "no order 700 matched");
    assert_int_equal(fixture_write(fixture, settle_run, &settling), SOUK_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MONEY_TEST(any_order_of_news_ends_alike),
        MONEY_TEST(all_permutations_end_alike),
        MONEY_TEST(void_and_failure_end_alike),
        MONEY_TEST(other_amount_is_not_applied),
        MONEY_TEST(payers_who_choose_the_sum),
        MONEY_TEST(payers_follow_an_edit),
        MONEY_TEST(money_for_a_cancelled_order_goes_back),
        MONEY_TEST(webhook_before_its_payment),
        MONEY_TEST(webhook_of_nobody_waits_for_a_person),
        MONEY_TEST(report_by_number_and_other_currency),
        MONEY_TEST(staff_match_money),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
