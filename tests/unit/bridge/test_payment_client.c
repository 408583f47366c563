/*
 * test_payment_client: what a payment provider may hand to a front end: few short texts, to those
 * who asked, and no secret of its options among them; all else is the plugin's slip.
 */
#include "fixture.h"

#include <string.h>
#include "base/str.h"
#include "bridge/provider.h"

#define SECRET "sk_test_of_the_shop"

static struct plugin_set *set;
static const char *facts;  /* JSON that the provider gives; NULL: none */
static const char *offers; /* the offer as JSON */
static int32_t comes_to;
static char torn[] = "half a letter: \xd0";

static struct json *tree(const char *text)
{
    struct json *value = NULL;
    struct err err = {0};
    if (json_parse(&arena, souk_str(text), &value, &err) != SOUK_OK)
        fail_msg("%s: %s", text, err.text);
    return value;
}

static int begin(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result)
{
    (void)ctx;
    (void)payment;
    result->state = comes_to;
    result->reference = souk_str("pay_1");
    result->client = facts ? (struct souk_value *)tree(facts) : NULL;
    return SOUK_OK;
}

static int cancel(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *move, struct souk_payment_result *result)
{
    (void)move;
    int code = begin(ctx, payment, result);
    result->state = SOUK_PAID_CANCELLED;
    return code;
}

static int offer(struct souk_ctx *ctx, const struct souk_payment_terms *terms,
                 struct souk_value *out)
{
    (void)ctx;
    (void)terms;
    *(struct json *)out = *tree(offers);
    return SOUK_OK;
}

static struct souk_payment_provider table = {.size = sizeof table,
                                             .label = "Card",
                                             .offer = offer,
                                             .begin = begin,
                                             .cancel = cancel,
                                             .fetch = begin};
static struct souk_provider providers[] = {{"payment", "card", &table}};
static struct souk_option options[] = {{.key = "secret", .type = SOUK_SECRET},
                                       {.key = "short", .type = SOUK_SECRET},
                                       {.key = "name", .type = SOUK_STRING, .initial = "Shop"}};

static int set_up(void **state)
{
    (void)state;
    struct problems problems;
    struct err err = {0};
    fixture_begin();
    setenv("T_SECRET", SECRET, 1);
    setenv("T_SHORT", "42", 1);
    plugin->descriptor.providers = providers;
    plugin->descriptor.providers_count = 1;
    plugin->descriptor.options = options;
    plugin->descriptor.options_count = 3;
    problems_init(&problems, &arena, souk_str("souk.lua"));
    plugin->options = options_check(
        &arena, options, 3, "t", NULL,
        tree("{\"secret\":{\"$env\":\"T_SECRET\"},\"short\":{\"$env\":\"T_SHORT\"}}"), &problems);
    assert_int_equal(problems.count, 0);
    set = set_new(&plugin, 1);
    assert_int_equal(set_assemble(set, &err), 0);
    comes_to = SOUK_PAID_PENDING;
    table.flags = 0;
    return 0;
}

static int tear_down(void **state)
{
    set_free(set);
    return fixture_teardown(state);
}

static int call(enum payment_verb verb, int in_page, const char *given,
                struct souk_payment_result *result)
{
    struct provider_scope scope = {.set = set, .arena = &arena, .kind = SOUK_TASK};
    struct souk_payment payment = {.size = sizeof payment, .in_page = in_page, .amount = 100};
    struct souk_payment_move move = {.size = sizeof move};
    struct err err = {0};
    facts = given;
    return payment_call(&scope, verb, &payment, souk_str("card"), &move, result, &err);
}

static int begins(int in_page, const char *given)
{
    struct souk_payment_result result;
    return call(PAYMENT_BEGIN, in_page, given, &result);
}

static const char *repeated(const char *format, char with, size_t times)
{
    char *letters = arena_alloc(&arena, times + 1);
    memset(letters, with, times);
    letters[times] = 0;
    struct buf out = {.arena = &arena};
    for (const char *c = format; *c; c++)
        *c == '%' ? buf_add_cstr(&out, letters) : buf_add_char(&out, *c);
    return arena_cstr(&arena, buf_str(&out));
}

static void gives_facts_to_who_asked(void **state)
{
    (void)state;
    struct souk_payment_result result;
    assert_int_equal(call(PAYMENT_BEGIN, 1,
                          "{\"secret\":\"pi_1_secret_2\",\"key\":\"pk_1\",\"session_id2\":\"Ж=\"}",
                          &result),
                     SOUK_OK);
    const struct json *client = (const struct json *)result.client;
    assert_int_equal(client->count, 3);
    assert_true(souk_str_is(json_text(json_at(client, "secret")), "pi_1_secret_2"));
    assert_int_equal(call(PAYMENT_FETCH, 1, "{\"secret\":\"renewed\"}", &result), SOUK_OK);
    assert_int_equal(call(PAYMENT_FETCH, 1, NULL, &result), SOUK_OK);
}

static void nobody_else_gets_them(void **state)
{
    (void)state;
    struct souk_payment_result result;
    assert_int_equal(begins(0, NULL), SOUK_OK);
    assert_int_equal(begins(0, "{\"secret\":\"s\"}"), SOUK_ERROR);
    assert_int_equal(call(PAYMENT_FETCH, 0, "{\"secret\":\"s\"}", &result), SOUK_ERROR);
    assert_int_equal(call(PAYMENT_CANCEL, 1, "{\"secret\":\"s\"}", &result), SOUK_ERROR);
    assert_int_equal(call(PAYMENT_CANCEL, 1, NULL, &result), SOUK_OK);
}

static void who_asked_gets_them_while_it_waits(void **state)
{
    (void)state;
    assert_int_equal(begins(1, NULL), SOUK_ERROR);
    comes_to = SOUK_PAID_CAPTURED;
    assert_int_equal(begins(1, NULL), SOUK_OK);
    comes_to = SOUK_PAID_FAILED;
    assert_int_equal(begins(1, NULL), SOUK_OK);
}

static void refuses_what_is_no_map_of_short_texts(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "[\"secret\"]",
        "\"secret\"",
        "{}",
        "{\"secret\":\"\"}",
        "{\"secret\":7}",
        "{\"secret\":null}",
        "{\"secret\":{\"a\":\"b\"}}",
        "{\"secret\":\"a\\nb\"}",
        "{\"secret\":\"a\\u007fb\"}",
        "{\"Secret\":\"s\"}",
        "{\"a-b\":\"s\"}",
        "{\"\":\"s\"}",
        "{\"1st\":\"s\"}",
        "{\"provider\":\"another\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (begins(1, wrong[i]) != SOUK_ERROR)
            fail_msg("it takes %s", wrong[i]);
    struct json *client = tree("{\"secret\":\"s\"}");
    struct souk_payment payment = {.in_page = 1};
    struct souk_payment_result result = {.state = SOUK_PAID_PENDING,
                                         .client = (struct souk_value *)client};
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    assert_null(payment_client_fault(&ctx, PAYMENT_BEGIN, &payment, &result));
    client->first->value.text = souk_str(torn);
    assert_non_null(payment_client_fault(&ctx, PAYMENT_BEGIN, &payment, &result));
}

static void sizes_end_where_they_are_said_to(void **state)
{
    (void)state;
    assert_int_equal(begins(1, repeated("{\"secret\":\"%\"}", 'x', 8000)), SOUK_OK);
    assert_int_equal(begins(1, repeated("{\"secret\":\"%\"}", 'x', 8001)), SOUK_ERROR);
    assert_int_equal(begins(1, repeated("{\"a\":\"%\",\"b\":\"%\"}", 'x', 8000)), SOUK_OK);
    assert_int_equal(begins(1, repeated("{\"a\":\"%\",\"b\":\"%\",\"c\":\"%\"}", 'x', 8000)),
                     SOUK_ERROR);
    assert_int_equal(begins(1, repeated("{\"%\":\"x\"}", 'x', 40)), SOUK_OK);
    assert_int_equal(begins(1, repeated("{\"%\":\"x\"}", 'x', 41)), SOUK_ERROR);
    for (int count = 16; count <= 17; count++) {
        struct buf text = {.arena = &arena};
        for (int i = 0; i < count; i++)
            buf_printf(&text, "%s\"k%d\":\"v\"", i ? "," : "{", i);
        buf_add_cstr(&text, "}");
        assert_int_equal(begins(1, arena_cstr(&arena, buf_str(&text))),
                         count == 16 ? SOUK_OK : SOUK_ERROR);
    }
}

static void secrets_of_options_stay(void **state)
{
    (void)state;
    assert_int_equal(begins(1, "{\"key\":\"" SECRET "\"}"), SOUK_ERROR);
    assert_int_equal(begins(1, "{\"key\":\"Bearer " SECRET "\"}"), SOUK_ERROR);
    assert_int_equal(begins(1, "{\"key\":\"sk_test_of_the_\",\"n\":\"42\",\"s\":\"Shop\"}"),
                     SOUK_OK);
}

static void an_offer_says_true_or_false(void **state)
{
    (void)state;
    struct provider_scope scope = {.set = set, .arena = &arena, .kind = SOUK_TASK};
    struct souk_payment_terms terms = {.size = sizeof terms};
    struct err err = {0};
    int32_t flags;
    static const struct {
        const char *offer;
        int32_t flags;
        int code;
    } rows[] = {{"{\"in_page\":true}", 0, SOUK_OK},
                {"{\"in_page\":false}", SOUK_PAYMENT_CAPTURE, SOUK_OK},
                {"{\"in_page\":1}", 0, SOUK_ERROR},
                {"{\"in_page\":\"true\"}", 0, SOUK_ERROR},
                {"{\"in_page\":true}", SOUK_PAYMENT_LOCAL, SOUK_ERROR}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json *shown = json_new(&arena, JSON_OBJECT);
        offers = rows[i].offer;
        table.flags = rows[i].flags;
        assert_int_equal(payment_offer(&scope, souk_str("card"), &terms, shown, &flags, &err),
                         rows[i].code);
        assert_int_equal(payment_in_page(shown), i == 0 || i == 4);
    }
    assert_int_equal(payment_in_page(tree("{\"in_page\":1}")), 0);
    assert_int_equal(payment_in_page(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_facts_to_who_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_else_gets_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_asked_gets_them_while_it_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_map_of_short_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sizes_end_where_they_are_said_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_of_options_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_offer_says_true_or_false, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
