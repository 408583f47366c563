/* Placing orders, and everything that is held against the offer; reading them; notes; people. */
#include "shop/order.h"
#include "shop/person.h"
#include "shop/stock.h"
#include "store/verify.h"

#include "order_fixture.h"

static void assert_sound(struct shop_fixture *fixture)
{
    stock_verify_setup();
    order_verify_setup();
    const struct json *report = verify_run(fixture->db, &fixture->arena);
    if (!json_true(json_at(report, "ok")))
        fail_msg("%s", fixture_print(fixture, report));
}

static int64_t number_in(const struct json *doc, const char *map, const char *key)
{
    return json_int(json_at(map ? json_at(doc, map) : doc, key), -1);
}

static void assert_text(const struct json *doc, const char *key, const char *wanted)
{
    struct souk_str text = json_text(json_at(doc, key));
    if (!souk_str_is(text, wanted))
        fail_msg("%s is \"%.*s\", not \"%s\"", key, SOUK_PRI(text), wanted);
}

static void test_place(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "TEA:2,MUG:1"};
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, &want);
    const struct json *doc = order_fixture_load(fixture, id, 0);
    assert_text(doc, "number", "1001");
    assert_text(doc, "status", "placed");
    assert_text(doc, "payment_status", "pending");
    assert_text(doc, "fulfilment_status", "none");
    assert_text(doc, "email", "ada@example.org");
    assert_text(doc, "phone", "+359888123456");
    assert_int_equal(number_in(doc, "totals", "items"), 2550);
    assert_int_equal(number_in(doc, "totals", "delivery"), 500);
    assert_int_equal(number_in(doc, "totals", "total"), 3050);
    assert_int_equal(number_in(doc, NULL, "due"), 3050);
    assert_int_equal(json_at(doc, "lines")->count, 2);
    const struct json *line = &json_at(doc, "lines")->first->value;
    assert_text(line, "sku", "TEA");
    assert_int_equal(number_in(line, NULL, "quantity"), 2);
    assert_int_equal(number_in(line, NULL, "total"), 2000);
    assert_text(json_at(doc, "payment"), "method", "cod");
    assert_text(json_at(doc, "delivery"), "method", "courier:standard");
    assert_text(json_at(doc, "address"), "city", "Sofia");
    assert_true(json_text(json_at(doc, "token")).len >= 20);
    assert_null(json_at(doc, "allowed")); /* not for customers */
    assert_null(json_at(doc, "history"));
    assert_null(json_at(line, "cost"));
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM payment WHERE amount = 3050"), 1);
    assert_string_equal(fixture_text(fixture, "SELECT state FROM cart"), "ordered");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM event WHERE kind = 'order.placed' "
                                          "AND visitor = 77 AND person_id > 0"),
                     1);
    assert_sound(fixture);
}

/* What customers must not see is there for staff. */
static void test_staff_view(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, NULL);
    const struct json *doc = order_fixture_load(fixture, id, 1);
    assert_int_equal(number_in(doc, NULL, "id"), id);
    assert_true(json_at(doc, "allowed")->count > 3);
    assert_int_equal(json_at(doc, "payments")->count, 1);
    assert_int_equal(json_at(doc, "history")->count, 1);
    const struct json *first = &json_at(doc, "history")->first->value;
    assert_text(first, "step", "place");
    assert_text(first, "actor", "customer");
    assert_text(first, "to", "placed");
}

/* ---- the offer against what is true now ---- */

static void assert_nothing(struct shop_fixture *fixture)
{
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM shop_order"), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM order_line"), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM reservation"), 0);
    assert_int_equal(fixture_int(fixture, "SELECT sum(reserved) FROM stock"), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM payment"), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM person"), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM series WHERE name = 'order'"), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM audit WHERE action LIKE 'order%'"),
                     0);
    assert_string_equal(fixture_text(fixture, "SELECT state FROM cart"), "open");
}

static void test_twice(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_result first = {0}, second = {0};
    struct order_fixture_run run = {.want = &order_fixture_usual, .result = &first};
    order_fixture_goods(fixture);
    order_fixture_prepare(fixture, &run);
    assert_int_equal(order_fixture_commit(fixture, &run), SOUK_OK);
    assert_int_equal(first.placed.again, 0);
    run.result = &second;
    assert_int_equal(order_fixture_commit(fixture, &run), SOUK_OK);
    assert_int_equal(second.placed.again, 1);
    assert_true(second.placed.id == first.placed.id);
    assert_true(second.placed.payment_id == first.placed.payment_id && first.placed.payment_id);
    assert_true(souk_str_equal(second.placed.token, first.placed.token));
    assert_true(souk_str_equal(second.placed.number, first.placed.number));
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM shop_order"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT sum(reserved) FROM stock"), 2);
    assert_sound(fixture);
}

static void try_after(struct shop_fixture *fixture, const char *sql, int wanted)
{
    struct order_fixture_result result = {0};
    struct order_fixture_run run = {.want = &order_fixture_usual, .result = &result};
    order_fixture_goods(fixture);
    order_fixture_prepare(fixture, &run);
    fixture_sql(fixture, sql);
    assert_int_equal(order_fixture_commit(fixture, &run), wanted);
    if (wanted == SOUK_OK)
        return;
    assert_string_equal(result.problem, "price-changed");
    assert_true(result.err.text[0] != 0);
    assert_true(result.placed.id == 0);
    assert_nothing(fixture);
}

static void test_cart_changed(void **state)
{
    try_after(*state, "UPDATE cart SET version = version + 1", SOUK_CONFLICT);
}

static void test_price_changed(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_result result = {0};
    struct order_fixture_run run = {.want = &order_fixture_usual, .result = &result};
    order_fixture_goods(fixture);
    order_fixture_prepare(fixture, &run);
    order_fixture_product(fixture, "TEA", 1001, 10, 100);
    assert_int_equal(order_fixture_commit(fixture, &run), SOUK_CONFLICT);
    assert_string_equal(result.problem, "price-changed");
    assert_nothing(fixture);
}

/* The catalogue moved, the prices of this cart did not. */
static void test_other_price_changed(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_result result = {0};
    struct order_fixture_run run = {.want = &order_fixture_usual, .result = &result};
    order_fixture_goods(fixture);
    order_fixture_prepare(fixture, &run);
    order_fixture_product(fixture, "MUG", 999, 5, 400);
    assert_int_equal(order_fixture_commit(fixture, &run), SOUK_OK);
    assert_sound(fixture);
}

/* A price that ends by itself is asked for again after its end, without any change of the
 * catalogue. */
static void test_price_ended(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_result result = {0};
    struct order_fixture_run run = {.want = &order_fixture_usual, .result = &result};
    order_fixture_goods(fixture);
    fixture_save(fixture,
                 "{\"key\": \"TEA\", \"variants\": [{\"sku\": \"TEA\", \"prices\": [{\"list\": "
                 "\"base\", \"amount\": 1000}, {\"list\": \"sale\", \"amount\": 800, "
                 "\"until\": \"2027-01-01T00:00:00Z\"}]}]}");
    order_fixture_prepare(fixture, &run);
    assert_int_equal(run.quote.total, 2100);
    assert_true(run.quote.until > fixture->now);
    fixture->now = run.quote.until;
    assert_int_equal(order_fixture_commit(fixture, &run), SOUK_CONFLICT);
    assert_string_equal(result.problem, "price-changed");
    assert_nothing(fixture);
}

static void test_not_agreed(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.accept = 2499}, right = {.accept = 2500};
    struct order_fixture_result result;
    order_fixture_goods(fixture);
    assert_int_equal(order_fixture_try(fixture, &want, &result), SOUK_CONFLICT);
    assert_string_equal(result.problem, "price-changed");
    assert_nothing(fixture);
    assert_int_equal(order_fixture_try(fixture, &right, &result), SOUK_OK);
}

static int book_no(struct db_conn *conn, void *user, struct souk_str number, struct err *err)
{
    (void)conn;
    *(int *)user += number.len > 0;
    return err_set(err, SOUK_CONFLICT, "the place is taken");
}

static void test_place_taken(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_result result = {0};
    struct order_fixture_run run = {.want = &order_fixture_usual, .result = &result};
    int asked = 0;
    order_fixture_goods(fixture);
    order_fixture_prepare(fixture, &run);
    run.offer.book = book_no;
    run.offer.user = &asked;
    assert_int_equal(order_fixture_commit(fixture, &run), SOUK_CONFLICT);
    assert_string_equal(result.problem, "unavailable");
    assert_string_equal(result.err.text, "the place is taken");
    assert_int_equal(asked, 1);
    assert_nothing(fixture);
}

/* Nobody is asked for nothing. */
static void test_for_nothing(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.goods = "GIFT:1", .delivery = -1};
    order_fixture_product(fixture, "GIFT", 0, 3, 1);
    int64_t id = order_fixture_place(fixture, &want);
    const struct json *doc = order_fixture_load(fixture, id, 0);
    assert_text(doc, "payment_status", "none");
    assert_int_equal(number_in(doc, "totals", "total"), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM payment"), 0);
    assert_sound(fixture);
}

/* Numbers have no gaps, whatever is refused in between. */
static void test_series(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want wrong = {.accept = 1};
    struct order_fixture_result result;
    order_fixture_goods(fixture);
    order_fixture_place(fixture, NULL);
    assert_int_equal(order_fixture_try(fixture, &wrong, &result), SOUK_CONFLICT);
    order_fixture_place(fixture, NULL);
    assert_string_equal(fixture_text(fixture,
                                     "SELECT group_concat(number) FROM (SELECT number FROM "
                                     "shop_order ORDER BY number)"),
                        "1001,1002");
}

static void test_token(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t id = 0;
    order_fixture_goods(fixture);
    int64_t placed = order_fixture_place(fixture, NULL);
    const char *token = fixture_text(fixture, "SELECT token FROM shop_order");
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(order_find(conn, souk_str("1001"), souk_str(token), &id), SOUK_OK);
    assert_true(id == placed);
    assert_int_equal(order_find(conn, souk_str("1001"), souk_str("x"), &id), SOUK_NOT_FOUND);
    assert_true(id == 0);
    assert_int_equal(order_find(conn, souk_str("1002"), souk_str(token), &id), SOUK_NOT_FOUND);
    assert_int_equal(order_find(conn, souk_str("1001"), STR_NULL, &id), SOUK_OK);
    db_read_end(conn);
}

/* ---- whose it is ---- */

static int64_t make_run_person;

static int make_person(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    (void)arg;
    return person_create(conn, "lead", souk_str("Ada"), "en", fixture->now, &make_run_person);
}

static void test_guest(void **state)
{
    struct shop_fixture *fixture = *state;
    struct order_fixture_want want = {.newsletter = 1};
    order_fixture_goods(fixture);
    order_fixture_place(fixture, &want);
    order_fixture_place(fixture, &want);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM person"), 1);
    assert_string_equal(fixture_text(fixture, "SELECT stage FROM person"), "buyer");
    assert_string_equal(fixture_text(fixture, "SELECT value FROM contact"), "ada@example.org");
    assert_int_equal(fixture_int(fixture, "SELECT count(DISTINCT person_id) FROM shop_order"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM consent WHERE granted = 1 AND "
                                          "source = 'checkout'"),
                     1);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM address"), 0); /* not proven */
}

static void test_signed_in(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    assert_int_equal(fixture_write(fixture, make_person, NULL), SOUK_OK);
    struct order_fixture_want want = {.person = make_run_person};
    order_fixture_place(fixture, &want);
    order_fixture_place(fixture, &want);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM person"), 1);
    assert_string_equal(fixture_text(fixture, "SELECT stage FROM person"), "buyer");
    assert_int_equal(fixture_int(fixture, "SELECT person_id FROM shop_order"), make_run_person);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM address WHERE city = 'Sofia'"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM consent"), 0);
}

static int erase_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    (void)arg;
    return person_erase(conn, make_run_person, fixture->now, &fixture->err);
}

/* Erasing somebody takes the names off what has ended at once, and off what is under way at its
 * end. */
static void test_erased(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    assert_int_equal(fixture_write(fixture, make_person, NULL), SOUK_OK);
    struct order_fixture_want want = {.person = make_run_person};
    int64_t ended = order_fixture_place(fixture, &want);
    int64_t open = order_fixture_place(fixture, &want);
    assert_int_equal(order_fixture_step(fixture, ended, "cancel", NULL), SOUK_OK);
    struct json *doc = NULL;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(person_export(conn, &fixture->arena, make_run_person, &doc), SOUK_OK);
    db_read_end(conn);
    assert_int_equal(json_at(doc, "orders")->count, 2);
    assert_text(&json_at(doc, "orders")->first->value, "email", "ada@example.org");
    assert_int_equal(fixture_write(fixture, erase_run, NULL), SOUK_OK);
    const char *named = "SELECT group_concat(number || name || email || phone) FROM (SELECT * FROM "
                        "shop_order ORDER BY id)";
    assert_string_equal(fixture_text(fixture, named),
                        "1001,1002Ada Byronada@example.org+359888123456");
    assert_int_equal(order_fixture_step(fixture, open, "cancel", NULL), SOUK_OK);
    assert_string_equal(fixture_text(fixture, named), "1001,1002");
    assert_string_equal(fixture_text(fixture, "SELECT address FROM shop_order"),
                        "{\"country\":\"BG\"}");
    assert_sound(fixture);
}

/* ---- notes ---- */

struct note {
    int64_t id;
    const char *text;
    int internal;
};

static int note_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    const struct note *note = arg;
    return order_note(conn, note->id, souk_str(note->text), note->internal, souk_str("staff:7"),
                      fixture->now);
}

static void test_notes(void **state)
{
    struct shop_fixture *fixture = *state;
    order_fixture_goods(fixture);
    int64_t id = order_fixture_place(fixture, NULL);
    struct note seen = {id, " We call you. ", 0}, hidden = {id, "odd address", 1};
    struct note empty = {id, "  ", 0}, lost = {5, "x", 0};
    assert_int_equal(fixture_write(fixture, note_run, &seen), SOUK_OK);
    assert_int_equal(fixture_write(fixture, note_run, &hidden), SOUK_OK);
    assert_int_equal(fixture_write(fixture, note_run, &empty), SOUK_INVALID);
    assert_int_equal(fixture_write(fixture, note_run, &lost), SOUK_NOT_FOUND);
    const struct json *notes = json_at(order_fixture_load(fixture, id, 0), "notes");
    assert_int_equal(notes->count, 1);
    assert_text(&notes->first->value, "text", "We call you.");
    assert_null(json_at(&notes->first->value, "actor"));
    assert_int_equal(json_at(order_fixture_load(fixture, id, 1), "notes")->count, 2);
}

/* ---- what a checkout sends ---- */

static const char *errors_of(struct shop_fixture *fixture, const char *body, int needs_address)
{
    struct json *errors = json_new(&fixture->arena, JSON_ARRAY);
    struct order_draft draft;
    struct buf out = {.arena = &fixture->arena};
    int code = order_draft_read(&fixture->arena, fixture_json(fixture, body), needs_address, "BG",
                                &draft, errors);
    assert_int_equal(code, errors->count ? SOUK_INVALID : SOUK_OK);
    json_each(item, errors)
    {
        buf_add_str(&out, json_text(json_at(&item->value, "pointer")));
        buf_add_char(&out, ' ');
        assert_true(json_text(json_at(&item->value, "detail")).len > 5);
    }
    return out.len ? out.ptr : "";
}

static void test_draft(void **state)
{
    struct shop_fixture *fixture = *state;
    assert_string_equal(errors_of(fixture, "{}", 1),
                        "/name /address/city /address/line1 /email /delivery/method "
                        "/payment/method ");
    assert_string_equal(errors_of(fixture, "[]", 1), "/ ");
    assert_string_equal(
        errors_of(fixture,
                  "{\"name\": \"A\", \"email\": \"A@B.com\", \"delivery\": {\"method\": "
                  "\"pickup:1\"}, \"payment\": {\"method\": \"cod\"}}",
                  0),
        "");
    assert_string_equal(
        errors_of(fixture,
                  "{\"name\": 5, \"email\": \"nobody\", \"phone\": \"12x\", \"address\": "
                  "{\"country\": \"Bulgaria\", \"city\": \"Sofia\", \"line1\": \"1\"}, "
                  "\"delivery\": {\"method\": \"x:y\"}, \"payment\": {\"method\": \"cod\"}, "
                  "\"accept_total\": \"5\"}",
                  1),
        "/name /address/country /email /phone /accept_total ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_place),         SHOP_TEST(test_staff_view),
        SHOP_TEST(test_twice),         SHOP_TEST(test_cart_changed),
        SHOP_TEST(test_price_changed), SHOP_TEST(test_other_price_changed),
        SHOP_TEST(test_price_ended),   SHOP_TEST(test_not_agreed),
        SHOP_TEST(test_place_taken),   SHOP_TEST(test_for_nothing),
        SHOP_TEST(test_series),        SHOP_TEST(test_token),
        SHOP_TEST(test_guest),         SHOP_TEST(test_signed_in),
        SHOP_TEST(test_erased),        SHOP_TEST(test_notes),
        SHOP_TEST(test_draft),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
