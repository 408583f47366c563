/*
 * Carts: what goes in and what may not, what they cost, who owns them, and what happens when two
 * change one at the same time.
 */
#include "base/str.h"
#include "shop/cart.h"
#include "shop/person.h"
#include "fixture.h"

#define DAY CLOCK_DAY

static const char *goods =
    "{\"key\":\"tea\",\"type\":\"simple\",\"status\":\"active\",\"visibility\":\"both\","
    "\"tax_class\":\"standard\",\"categories\":[[\"Drinks\"]],"
    "\"text\":{\"en\":{\"name\":\"Tea\"},\"bg\":{\"name\":\"Чай\"}},"
    "\"variants\":[{\"sku\":\"TEA\",\"tracked\":true,\"stock\":5,\"weight_g\":100,"
    "\"prices\":[{\"list\":\"base\",\"amount\":1000},"
    "{\"list\":\"base\",\"amount\":900,\"min_quantity\":3}]}]}";

static void make_goods(struct shop_fixture *fixture)
{
    fixture_save(fixture, goods);
    fixture_save(
        fixture,
        "{\"key\":\"cup\",\"type\":\"simple\",\"status\":\"active\",\"visibility\":\"both\","
        "\"tax_class\":null,\"text\":{\"en\":{\"name\":\"Cup\"}},\"variants\":[{\"sku\":\"CUP\","
        "\"tracked\":false,\"prices\":[{\"list\":\"base\",\"amount\":450}]}]}");
    fixture_save(
        fixture,
        "{\"key\":\"book\",\"type\":\"digital\",\"status\":\"active\",\"visibility\":\"both\","
        "\"text\":{\"en\":{\"name\":\"Book\"}},\"variants\":[{\"sku\":\"BOOK\","
        "\"weight_g\":300,\"backorder\":\"yes\",\"stock\":0,"
        "\"prices\":[{\"list\":\"base\",\"amount\":700}]}]}");
    fixture_save(
        fixture,
        "{\"key\":\"ad\",\"type\":\"external\",\"status\":\"active\",\"visibility\":\"both\","
        "\"text\":{\"en\":{\"name\":\"Ad\"}},\"meta\":{\"external_url\":\"https://x.example\"},"
        "\"variants\":[{\"sku\":\"AD\",\"tracked\":false,"
        "\"prices\":[{\"list\":\"base\",\"amount\":1}]}]}");
    fixture_sql(fixture, "INSERT INTO tax_zone (id, name, country) VALUES (900, 'BG', 'BG')");
    fixture_sql(fixture, "INSERT INTO tax_rate (id, zone_id, class_id, name, rate) VALUES "
                         "(901, 900, 1, 'VAT', 200000)");
}

/* ---- one write of a cart ---- */

struct step {
    struct cart_change change;
    struct souk_str token; /* empty: a new cart */
    int code;              /* of cart_apply */
    int64_t line, available;
    char words[500];
    int store_twice;
    int priced;
};

static struct souk_str kept_token(struct shop_fixture *fixture, const struct cart *cart)
{
    return arena_str(&fixture->arena, cart->token);
}

static int price(struct db_conn *conn, struct shop_fixture *fixture, struct arena *arena,
                 const struct cart *cart, struct quote *quote, struct json *gone)
{
    struct market market = market_at("en", fixture->now);
    struct err err = {0};
    int code = cart_price(conn, arena, cart, &market, NULL, 0, quote, gone, &err);
    if (code != SOUK_OK)
        fail_msg("price: %s", err.text);
    return code;
}

static int step_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct step *step = arg;
    struct arena arena = {0};
    struct market market = market_at("en", fixture->now);
    struct cart cart;
    struct quote quote;
    struct err err = {0};
    int code = step->token.len ? cart_load(conn, &arena, step->token, fixture->now, &cart)
                               : cart_create(conn, &arena, &market, 0, 77, fixture->now, &cart);
    if (code == SOUK_OK) {
        step->token = kept_token(fixture, &cart);
        step->code = code = cart_apply(conn, &arena, &cart, &step->change, fixture->now,
                                       &step->line, &step->available, &err);
        snprintf(step->words, sizeof step->words, "%s", err.text);
    }
    if (code == SOUK_OK)
        code = price(conn, fixture, &arena, &cart, &quote, NULL);
    if (code == SOUK_OK)
        code = cart_store(conn, &arena, &cart, &quote, fixture->now);
    if (code == SOUK_OK && step->store_twice)
        code = cart_store(conn, &arena, &cart, &quote, fixture->now);
    arena_free(&arena);
    return code;
}

/* Applies a change to the cart of `token` (empty: a new one, which *token then names). */
static int change(struct shop_fixture *fixture, struct souk_str *token, struct cart_change what,
                  struct step *step)
{
    struct step own = {0};
    struct step *at = step ? step : &own;
    *at = (struct step){.change = what, .token = *token};
    int code = fixture_write(fixture, step_run, at);
    *token = at->token;
    return code;
}

static int add(struct shop_fixture *fixture, struct souk_str *token, const char *sku,
               int64_t quantity)
{
    return change(
        fixture, token,
        (struct cart_change){.verb = CART_ADD, .sku = souk_str(sku), .quantity = quantity}, NULL);
}

static struct cart load(struct shop_fixture *fixture, struct souk_str token)
{
    struct cart cart = {0};
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = cart_load(conn, &fixture->arena, token, fixture->now, &cart);
    db_read_end(conn);
    if (code != SOUK_OK)
        fail_msg("load: %d", code);
    return cart;
}

static int find(struct shop_fixture *fixture, struct souk_str token)
{
    struct cart cart = {0};
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = cart_load(conn, &fixture->arena, token, fixture->now, &cart);
    db_read_end(conn);
    return code;
}

static struct quote quote_of(struct shop_fixture *fixture, struct souk_str token,
                             struct json **gone, struct json **doc)
{
    struct quote quote;
    struct cart cart = load(fixture, token);
    struct market market = market_at("en", fixture->now);
    struct json *missing = json_new(&fixture->arena, JSON_ARRAY);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    price(conn, fixture, &fixture->arena, &cart, &quote, missing);
    if (doc && cart_document(conn, &fixture->arena, &cart, &market, &quote, missing, doc) != 0)
        fail_msg("document");
    db_read_end(conn);
    if (gone)
        *gone = missing;
    return quote;
}

static const struct json *nth(const struct json *list, int at)
{
    json_each(item, list)
    {
        if (at-- == 0)
            return &item->value;
    }
    return NULL;
}

/* ---- tests ---- */

static void test_add_and_price(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str token = souk_str("");
    struct json *doc, *gone;
    make_goods(fixture);
    assert_int_equal(add(fixture, &token, "TEA", 2), 0);
    assert_int_equal(token.len, CART_TOKEN);
    assert_int_equal(add(fixture, &token, "CUP", 1), 0);
    assert_int_equal(add(fixture, &token, "TEA", 1), 0); /* the same line; three cost less each */
    struct cart cart = load(fixture, token);
    assert_int_equal(cart.count, 2);
    assert_int_equal(cart.lines[0].quantity, 3);
    assert_int_equal(cart.lines[0].price_seen, 900);
    assert_int_equal(cart_units(&cart), 4);
    assert_int_equal(cart.version, 4);
    assert_non_null(strstr(arena_cstr(&fixture->arena, cart.quote), "\"total\":3150"));
    struct quote quote = quote_of(fixture, token, &gone, &doc);
    assert_int_equal(quote.total, 3150);
    assert_int_equal(quote.tax_included, 450);
    assert_int_equal(quote.lines[0].weight_g, 100);
    assert_int_equal(quote.lines[0].category_count, 1);
    assert_string_equal(quote.lines[0].categories[0].ptr, "drinks");
    assert_int_equal(quote.lines[1].rates.count, 0); /* no class: not taxed */
    const struct json *line = nth(json_at(doc, "lines"), 0);
    assert_true(souk_str_is(json_text(json_at(line, "url")), "/p/tea"));
    assert_true(json_true(json_at(line, "available")));
    assert_int_equal(json_int(json_at(line, "stock"), -1), 5);
    assert_int_equal(json_at(line, "price_before")->kind, JSON_NULL);
}

static void test_limits(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str token = souk_str("");
    struct step step;
    make_goods(fixture);
    struct cart_change more = {.verb = CART_ADD, .sku = souk_str("TEA"), .quantity = 6};
    assert_int_equal(add(fixture, &token, "CUP", 1), 0);
    assert_int_equal(change(fixture, &token, more, &step), SOUK_CONFLICT);
    assert_int_equal(step.available, 5);
    more.quantity = 3;
    assert_int_equal(change(fixture, &token, more, &step), 0);
    assert_int_equal(change(fixture, &token, more, &step), SOUK_CONFLICT); /* the sum counts */
    struct cart_change set = {.verb = CART_SET, .line_id = step.line, .quantity = 6};
    set.line_id = load(fixture, token).lines[1].id;
    assert_int_equal(change(fixture, &token, set, &step), SOUK_CONFLICT);
    set.quantity = 5;
    assert_int_equal(change(fixture, &token, set, &step), 0);
    set.quantity = -1;
    assert_int_equal(change(fixture, &token, set, &step), SOUK_INVALID);
    set.quantity = 0;
    assert_int_equal(change(fixture, &token, set, &step), 0);
    assert_int_equal(load(fixture, token).count, 1);
    assert_int_equal(change(fixture, &token, set, &step), SOUK_NOT_FOUND); /* it is gone */
    assert_int_equal(add(fixture, &token, "CUP", 9999), 0);
    assert_int_equal(add(fixture, &token, "CUP", 1), SOUK_INVALID);
    assert_int_equal(add(fixture, &token, "CUP", INT64_MAX), SOUK_INVALID);
    assert_int_equal(add(fixture, &token, "CUP", 0), SOUK_INVALID);
    assert_int_equal(add(fixture, &token, "BOOK", 50), 0); /* backorder */
    assert_int_equal(add(fixture, &token, "AD", 1), SOUK_NOT_FOUND);
    assert_int_equal(add(fixture, &token, "NOPE", 1), SOUK_NOT_FOUND);
    fixture_sql(fixture, "UPDATE stock SET on_hand = 0, reserved = 0 WHERE variant_id = "
                         "(SELECT id FROM variant WHERE sku = 'TEA')");
    assert_int_equal(change(fixture, &token, more, &step), SOUK_CONFLICT);
    assert_int_equal(step.available, 0);
    assert_int_equal(quote_of(fixture, token, NULL, NULL).lines[1].weight_g, 0); /* digital */
}

/* 200 lines are a cart, one more is not; they stay in the order they were added in. */
static void test_many_lines(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str token = souk_str("");
    char text[400];
    for (int i = 0; i <= QUOTE_LINES; i++) {
        snprintf(
            text, sizeof text,
            "{\"key\":\"p%d\",\"type\":\"simple\",\"status\":\"active\",\"visibility\":\"both\","
            "\"text\":{\"en\":{\"name\":\"P%d\"}},\"variants\":[{\"sku\":\"P%d\","
            "\"tracked\":false,\"prices\":[{\"list\":\"base\",\"amount\":%d}]}]}",
            i, i, i, 100 + i);
        fixture_save(fixture, text);
        snprintf(text, sizeof text, "P%d", i);
        assert_int_equal(add(fixture, &token, text, 1), i < QUOTE_LINES ? 0 : SOUK_INVALID);
    }
    struct quote quote = quote_of(fixture, token, NULL, NULL);
    assert_int_equal(quote.count, QUOTE_LINES);
    assert_int_equal(quote.total, QUOTE_LINES * 100 + QUOTE_LINES * (QUOTE_LINES - 1) / 2);
    for (size_t i = 0; i < quote.count; i++)
        assert_int_equal(quote.lines[i].unit_price, 100 + (int64_t)i);
}

static void test_gone(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str token = souk_str("");
    struct json *gone, *doc;
    make_goods(fixture);
    assert_int_equal(add(fixture, &token, "TEA", 2), 0);
    assert_int_equal(add(fixture, &token, "CUP", 1), 0);
    fixture_sql(fixture, "UPDATE product SET status = 'archived' WHERE key = 'tea'");
    struct quote quote = quote_of(fixture, token, &gone, &doc);
    assert_int_equal(quote.count, 1);
    assert_int_equal(quote.total, 450);
    assert_int_equal(gone->count, 1);
    assert_true(souk_str_is(json_text(json_at(nth(gone, 0), "sku")), "TEA"));
    assert_true(souk_str_is(json_text(json_at(nth(gone, 0), "name")), "Tea"));
    assert_int_equal(json_at(doc, "lines")->count, 1);
    fixture_sql(fixture, "UPDATE product SET status = 'active' WHERE key = 'tea'");
    fixture_sql(fixture, "DELETE FROM price WHERE variant_id = "
                         "(SELECT id FROM variant WHERE sku = 'TEA')");
    assert_int_equal(quote_of(fixture, token, &gone, NULL).count, 1);
    assert_int_equal(gone->count, 1);
}

static void test_price_change_is_told(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str token = souk_str("");
    struct json *doc;
    make_goods(fixture);
    assert_int_equal(add(fixture, &token, "CUP", 1), 0);
    assert_int_equal(add(fixture, &token, "BOOK", 1), 0);
    fixture_sql(fixture, "UPDATE price SET amount = 500 WHERE amount = 450");
    assert_int_equal(quote_of(fixture, token, NULL, &doc).total, 1200);
    assert_int_equal(json_int(json_at(nth(json_at(doc, "lines"), 0), "price_before"), -1), 450);
    assert_int_equal(json_at(nth(json_at(doc, "lines"), 1), "price_before")->kind, JSON_NULL);
    /* a change of another line does not take the notice away, one of this line does */
    assert_int_equal(add(fixture, &token, "BOOK", 1), 0);
    quote_of(fixture, token, NULL, &doc);
    assert_int_equal(json_int(json_at(nth(json_at(doc, "lines"), 0), "price_before"), -1), 450);
    /* the answer of that told it: who changes anything after it has seen it */
    assert_int_equal(add(fixture, &token, "BOOK", 1), 0);
    quote_of(fixture, token, NULL, &doc);
    assert_int_equal(json_at(nth(json_at(doc, "lines"), 0), "price_before")->kind, JSON_NULL);
    fixture_sql(fixture, "UPDATE price SET amount = 480 WHERE amount = 500");
    quote_of(fixture, token, NULL, &doc);
    assert_int_equal(json_int(json_at(nth(json_at(doc, "lines"), 0), "price_before"), -1), 500);
    assert_int_equal(add(fixture, &token, "CUP", 1), 0);
    quote_of(fixture, token, NULL, &doc);
    assert_int_equal(json_at(nth(json_at(doc, "lines"), 0), "price_before")->kind, JSON_NULL);
}

static void test_later_and_notes(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str token = souk_str("");
    struct json *doc;
    make_goods(fixture);
    assert_int_equal(add(fixture, &token, "TEA", 4), 0);
    assert_int_equal(add(fixture, &token, "CUP", 1), 0);
    int64_t tea = load(fixture, token).lines[0].id;
    struct cart_change note = {
        .verb = CART_NOTE, .line_id = tea, .text = souk_str(" \"green\", please ")};
    assert_int_equal(change(fixture, &token, note, NULL), 0);
    struct cart_change later = {.verb = CART_LATER, .line_id = tea};
    assert_int_equal(change(fixture, &token, later, NULL), 0);
    struct cart cart = load(fixture, token);
    assert_int_equal(cart.lines[0].later, 1);
    assert_string_equal(cart.lines[0].note.ptr, "\"green\", please");
    assert_int_equal(cart_units(&cart), 1);
    assert_int_equal(quote_of(fixture, token, NULL, &doc).total, 450);
    assert_true(json_true(json_at(nth(json_at(doc, "lines"), 0), "later")));
    assert_int_equal(json_int(json_at(nth(json_at(doc, "lines"), 0), "total"), -1), 3600);
    assert_int_equal(add(fixture, &token, "TEA", 2), 0); /* a line of its own */
    struct cart_change back = {.verb = CART_BACK, .line_id = tea};
    assert_int_equal(change(fixture, &token, back, NULL), SOUK_CONFLICT); /* 6 of 5 */
    struct cart_change set = {
        .verb = CART_SET, .line_id = load(fixture, token).lines[2].id, .quantity = 1};
    assert_int_equal(change(fixture, &token, set, NULL), 0);
    assert_int_equal(change(fixture, &token, back, NULL), 0);
    cart = load(fixture, token);
    assert_int_equal(cart.count, 2);
    assert_int_equal(cart.lines[1].quantity, 5);
    assert_string_equal(cart.lines[1].note.ptr, "\"green\", please");
    struct cart_change empty = {.verb = CART_EMPTY};
    assert_int_equal(change(fixture, &token, empty, NULL), 0);
    assert_int_equal(load(fixture, token).count, 0);
}

static void test_codes(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str token = souk_str("");
    make_goods(fixture);
    struct cart_change code = {.verb = CART_CODE, .text = souk_str(" spring\xd0\xbf ")};
    assert_int_equal(change(fixture, &token, code, NULL), 0);
    assert_int_equal(change(fixture, &token, code, NULL), 0); /* twice is once */
    struct quote quote = quote_of(fixture, token, NULL, NULL);
    assert_int_equal(quote.coupon_count, 1);
    assert_string_equal(quote.coupons[0].code.ptr, "SPRING\xd0\x9f");
    assert_int_equal(quote.coupons[0].accepted, 0);
    assert_true(souk_str_is(quote.coupons[0].reason, "there is no such code"));
    struct cart_change off = {.verb = CART_CODE_OFF, .text = souk_str("Spring\xd0\x9f")};
    assert_int_equal(change(fixture, &token, off, NULL), 0);
    assert_int_equal(load(fixture, token).coupon_count, 0);
    assert_int_equal(change(fixture, &token, off, NULL), SOUK_NOT_FOUND);
    code.text = souk_str("  ");
    assert_int_equal(change(fixture, &token, code, NULL), SOUK_INVALID);
    char text[8];
    for (int i = 0; i <= CART_CODES_USUAL; i++) {
        snprintf(text, sizeof text, "C%d", i);
        code.text = souk_str(text);
        assert_int_equal(change(fixture, &token, code, NULL),
                         i < CART_CODES_USUAL ? 0 : SOUK_INVALID);
    }
}

/* Who stores over what was not loaded is refused, and nothing of it stays. */
static void test_version_guards(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str token = souk_str("");
    make_goods(fixture);
    assert_int_equal(add(fixture, &token, "CUP", 1), 0);
    struct step step = {.change = {.verb = CART_ADD, .sku = souk_str("CUP"), .quantity = 1},
                        .token = token,
                        .store_twice = 1};
    assert_int_equal(fixture_write(fixture, step_run, &step), SOUK_CONFLICT);
    assert_int_equal(load(fixture, token).lines[0].quantity, 1);
    fixture_sql(fixture, "UPDATE cart SET state = 'ordered'");
    assert_int_equal(add(fixture, &token, "CUP", 1), SOUK_INVALID);
    assert_int_equal(find(fixture, token), 0); /* found, as ordered */
}

static void test_thirty_days(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str token = souk_str(""), other = souk_str("");
    make_goods(fixture);
    assert_int_equal(add(fixture, &token, "CUP", 1), 0);
    assert_int_equal(add(fixture, &other, "CUP", 1), 0);
    fixture->now += 20 * DAY;
    assert_int_equal(add(fixture, &token, "CUP", 1), 0);
    fixture->now += 10 * DAY;
    assert_int_equal(find(fixture, other), SOUK_NOT_FOUND);
    assert_int_equal(find(fixture, token), 0);
    assert_int_equal(cart_sweep(fixture->db, fixture->now, NULL), 0);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM cart"), 1);
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM cart_line"), 1);
    fixture_sql(fixture, "UPDATE cart SET state = 'ordered'");
    fixture->now += 90 * DAY;
    assert_int_equal(cart_sweep(fixture->db, fixture->now, NULL), 0);
    assert_int_equal(find(fixture, token), 0);
}

/* ---- signing in ---- */

struct join {
    struct souk_str token;
    int64_t person;
    struct souk_str kept;
    int code;
};

static int join_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct join *join = arg;
    struct arena arena = {0};
    struct cart kept = {0};
    join->code = cart_join(conn, &arena, join->token, join->person, fixture->now, &kept);
    if (join->code == SOUK_OK)
        join->kept = kept_token(fixture, &kept);
    arena_free(&arena);
    return join->code == SOUK_NOT_FOUND ? SOUK_OK : join->code;
}

static struct souk_str join(struct shop_fixture *fixture, struct souk_str token, int64_t person)
{
    struct join one = {.token = token, .person = person};
    if (fixture_write(fixture, join_run, &one) != SOUK_OK)
        fail_msg("join: %d", one.code);
    return one.code == SOUK_OK ? one.kept : souk_str("");
}

struct resume {
    const char *token, *own;
    struct cart kept;
};

static int resume_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct resume *resume = arg;
    return cart_resume(conn, &fixture->arena, souk_str(resume->token), souk_str(resume->own),
                       fixture->now, &resume->kept);
}

static void test_resume(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str left = souk_str(""), own = souk_str("");
    make_goods(fixture);
    fixture_sql(fixture, "INSERT INTO person (id, stage, locale, created_at, changed_at) VALUES "
                         "(1, 'buyer', 'en', 1, 1)");
    assert_int_equal(add(fixture, &left, "TEA", 3), 0);
    assert_int_equal(add(fixture, &own, "TEA", 1), 0);
    assert_int_equal(add(fixture, &own, "CUP", 1), 0);
    struct resume resume = {.token = "nothing", .own = ""};
    assert_int_equal(fixture_write(fixture, resume_run, &resume), SOUK_NOT_FOUND);
    resume = (struct resume){.token = left.ptr, .own = own.ptr};
    for (int i = 0; i < 2; i++) { /* pressed twice: nothing is added again */
        assert_int_equal(fixture_write(fixture, resume_run, &resume), SOUK_OK);
        assert_true(souk_str_equal(resume.kept.token, left));
        struct cart cart = load(fixture, left);
        assert_int_equal(cart.count, 2);
        assert_int_equal(cart.lines[0].quantity, 4);
        assert_true(souk_str_equal(load(fixture, own).token, left)); /* it went in there */
    }
    assert_true(souk_str_equal(join(fixture, left, 1), left));
    resume = (struct resume){.token = left.ptr, .own = ""}; /* a person's: they sign in */
    assert_int_equal(fixture_write(fixture, resume_run, &resume), SOUK_NOT_FOUND);
}

static void test_sign_in(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str home = souk_str(""), guest = souk_str(""), stranger = souk_str("");
    make_goods(fixture);
    fixture_sql(fixture, "INSERT INTO person (id, stage, locale, created_at, changed_at) VALUES "
                         "(1, 'buyer', 'en', 1, 1), (2, 'buyer', 'en', 1, 1)");
    assert_int_equal(join(fixture, souk_str("none"), 1).len, 0);
    assert_int_equal(add(fixture, &home, "TEA", 3), 0);
    assert_true(souk_str_equal(join(fixture, home, 1), home)); /* becomes theirs */
    assert_true(souk_str_equal(join(fixture, home, 1), home)); /* twice is once */
    assert_int_equal(load(fixture, home).person_id, 1);
    assert_int_equal(add(fixture, &guest, "TEA", 4), 0);
    assert_int_equal(add(fixture, &guest, "CUP", 2), 0);
    struct cart_change code = {.verb = CART_CODE, .text = souk_str("x")};
    assert_int_equal(change(fixture, &guest, code, NULL), 0);
    fixture->now += 1;
    assert_true(souk_str_equal(join(fixture, guest, 1), home));
    for (int i = 0; i < 2; i++) {
        struct cart cart = load(fixture, home);
        assert_int_equal(cart.count, 2);
        assert_int_equal(cart.lines[0].quantity, 5); /* 7 wanted, 5 there */
        assert_int_equal(cart.lines[1].quantity, 2);
        assert_int_equal(cart.coupon_count, 1);
        /* the old token leads to what it went into; a second time adds nothing */
        assert_true(souk_str_equal(load(fixture, guest).token, home));
        assert_true(souk_str_equal(join(fixture, guest, 1), home));
    }
    /* what belongs to somebody else stays theirs */
    assert_int_equal(join(fixture, home, 2).len, 0);
    assert_int_equal(load(fixture, home).person_id, 1);
    assert_int_equal(add(fixture, &stranger, "CUP", 1), 0);
    assert_true(souk_str_equal(join(fixture, stranger, 2), stranger));
    assert_true(souk_str_equal(join(fixture, home, 2), stranger));
    assert_int_equal(load(fixture, home).count, 2);
    /* 2 turns out to be 1: both carts are theirs */
    fixture_sql(fixture, "UPDATE person SET merged_into = 1 WHERE id = 2");
    fixture->now += 1;
    assert_true(souk_str_equal(join(fixture, stranger, 1), home));
    assert_int_equal(load(fixture, home).lines[1].quantity, 3);
}

static int erase_run(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    struct err err = {0};
    return person_erase(conn, *(int64_t *)arg, fixture->now, &err);
}

/* What somebody typed goes with them, also where the cart has become an order. */
static void test_erased_with_the_person(void **state)
{
    struct shop_fixture *fixture = *state;
    struct souk_str first = souk_str(""), second = souk_str(""), other = souk_str("");
    struct json *doc;
    int64_t person = 1;
    make_goods(fixture);
    fixture_sql(fixture, "INSERT INTO person (id, stage, locale, created_at, changed_at) VALUES "
                         "(1, 'buyer', 'en', 1, 1), (2, 'buyer', 'en', 1, 1)");
    assert_int_equal(add(fixture, &first, "CUP", 1), 0);
    join(fixture, first, 1);
    fixture_sql(fixture, "UPDATE cart SET state = 'ordered', draft = '{\"name\":\"Ana\"}'");
    assert_int_equal(add(fixture, &second, "CUP", 2), 0);
    join(fixture, second, 1);
    assert_int_equal(add(fixture, &other, "CUP", 3), 0);
    join(fixture, other, 2);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(person_export(conn, &fixture->arena, 1, &doc), 0);
    db_read_end(conn);
    const char *told = fixture_print(fixture, json_at(doc, "carts"));
    assert_non_null(strstr(told, "\"typed\":{\"name\":\"Ana\"}"));
    assert_non_null(strstr(told, "\"sku\":\"CUP\",\"quantity\":2"));
    assert_null(strstr(told, "\"quantity\":3"));
    assert_int_equal(fixture_write(fixture, erase_run, &person), 0);
    assert_int_equal(find(fixture, second), SOUK_NOT_FOUND);
    struct cart ordered = load(fixture, first);
    assert_int_equal(ordered.draft->count, 0);
    assert_int_equal(ordered.person_id, 0);
    assert_int_equal(load(fixture, other).person_id, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {SHOP_TEST(test_add_and_price),
                                       SHOP_TEST(test_limits),
                                       SHOP_TEST(test_many_lines),
                                       SHOP_TEST(test_gone),
                                       SHOP_TEST(test_price_change_is_told),
                                       SHOP_TEST(test_later_and_notes),
                                       SHOP_TEST(test_codes),
                                       SHOP_TEST(test_version_guards),
                                       SHOP_TEST(test_thirty_days),
                                       SHOP_TEST(test_sign_in),
                                       SHOP_TEST(test_resume),
                                       SHOP_TEST(test_erased_with_the_person)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
