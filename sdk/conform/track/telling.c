/*
 * telling.c: rules about what reaches the partner: once, exact, in each state, and nothing besides.
 */
#include "conform/track/rules.h"

#define ROOM 8

#define NEEDS_PARTNER(scene)                                                                       \
    SKIP_UNLESS(scene, scene_has(scene, "told"),                                                   \
                "conform.lua has no told() that says what the partner knows")

static void told(struct scene *scene, const struct souk_conversion *conversion)
{
    struct tell_answer answer;
    tell_send(scene, conversion, &answer);
    EXPECT(scene, answer.code == SOUK_OK, "send() gives %s: %s", code_name(answer.code),
           answer.words);
}

/* What the partner knows of it now: exactly one conversion. */
static void known(struct scene *scene, const struct souk_conversion *conversion,
                  struct tell_known *row)
{
    struct tell_known list[ROOM];
    size_t count = tell_known(scene, conversion->click, list, ROOM);
    *row = (struct tell_known){0};
    EXPECT(scene, count == 1, "the partner counts %zu conversions with the click \"%.*s\"", count,
           SOUK_PRI(conversion->click));
    *row = list[0];
}

/* What the partner heard last of it, however often it counts: that is key-once's. */
static void latest(struct scene *scene, const struct souk_conversion *conversion,
                   struct tell_known *row)
{
    struct tell_known list[ROOM];
    size_t count = tell_known(scene, conversion->click, list, ROOM);
    *row = (struct tell_known){0};
    EXPECT(scene, count > 0, "the partner has not heard of the click \"%.*s\"",
           SOUK_PRI(conversion->click));
    *row = list[count - 1];
}

void track_key_once(struct scene *scene)
{
    struct souk_conversion conversion;
    struct tell_known row;
    struct tell_answer answer;
    NEEDS_PARTNER(scene);
    CHECK(scene, tell_new(scene, &conversion, 1299, "EUR"));
    CHECK(scene, told(scene, &conversion));
    CHECK(scene, told(scene, &conversion));
    CHECK(scene, known(scene, &conversion, &row));
    CHECK(scene, tell_new(scene, &conversion, 1299, "EUR"));
    peer_fault(PEER_LOST);
    tell_send(scene, &conversion, &answer);
    peer_fault(PEER_FINE);
    CHECK(scene, told(scene, &conversion));
    CHECK(scene, known(scene, &conversion, &row));
}

void track_amount_exact(struct scene *scene)
{
    static const struct {
        int64_t amount;
        const char *currency;
    } cases[] = {{1299, "EUR"}, {1300, "EUR"},  {5, "EUR"},       {0, "EUR"},
                 {1999, "JPY"}, {12345, "KWD"}, {1000001, "BGN"}, {987654321012, "EUR"}};
    NEEDS_PARTNER(scene);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct souk_conversion conversion;
        struct tell_known row;
        CHECK(scene, tell_new(scene, &conversion, cases[i].amount, cases[i].currency));
        CHECK(scene, told(scene, &conversion));
        CHECK(scene, known(scene, &conversion, &row));
        EXPECT(scene, row.amount == cases[i].amount, "%lld of %s are told as %lld",
               (long long)cases[i].amount, cases[i].currency, (long long)row.amount);
        EXPECT(scene, !row.currency.len || souk_str_is(row.currency, cases[i].currency),
               "%s is told as %.*s", cases[i].currency, SOUK_PRI(row.currency));
    }
}

static void tell_state(struct scene *scene, struct souk_conversion *conversion, int32_t state,
                       const char *name, int64_t amount)
{
    struct tell_known row;
    conversion->state = state;
    conversion->amount = amount;
    CHECK(scene, told(scene, conversion));
    conversion->correction = 1;
    if (!tell_hears(scene, name))
        return;
    CHECK(scene, latest(scene, conversion, &row));
    EXPECT(scene, souk_str_is(row.state, name), "after \"%s\" the partner believes \"%.*s\"", name,
           SOUK_PRI(row.state));
    EXPECT(scene, row.amount == amount || state == SOUK_CONVERSION_REJECTED,
           "%lld %s is %lld at the partner", (long long)amount, name, (long long)row.amount);
}

void track_states_told(struct scene *scene)
{
    struct souk_conversion conversion;
    NEEDS_PARTNER(scene);
    CHECK(scene, tell_new(scene, &conversion, 3598, "EUR"));
    CHECK(scene, tell_state(scene, &conversion, SOUK_CONVERSION_PENDING, "pending", 3598));
    CHECK(scene, tell_state(scene, &conversion, SOUK_CONVERSION_PENDING, "pending", 2299));
    CHECK(scene, tell_state(scene, &conversion, SOUK_CONVERSION_APPROVED, "approved", 2299));
    CHECK(scene, tell_state(scene, &conversion, SOUK_CONVERSION_APPROVED, "approved", 1799));
    tell_state(scene, &conversion, SOUK_CONVERSION_REJECTED, "rejected", 0);
}

/* ---- what strangers write ---- */

static int same_names(const struct json *a, const struct json *b)
{
    size_t found = 0;
    if (!a || !b || a->count != b->count)
        return !a && !b;
    json_each(x, a)
    {
        json_each(y, b) found += souk_str_equal(json_text(&x->value), json_text(&y->value)) ? 1 : 0;
    }
    return found >= a->count;
}

static void attack(struct scene *scene, const char *words, const struct json *names)
{
    struct souk_conversion conversion;
    struct tell_known row;
    tell_new(scene, &conversion, 1299, "EUR");
    conversion.click = arena_printf(&scene->arena, "%.*s%s", SOUK_PRI(conversion.click), words);
    conversion.number = arena_printf(&scene->arena, "%.*s%s", SOUK_PRI(conversion.number), words);
    conversion.coupon = arena_printf(&scene->arena, "TEN%s", words);
    CHECK(scene, told(scene, &conversion));
    CHECK(scene, known(scene, &conversion, &row));
    EXPECT(scene, !row.number.len || souk_str_equal(row.number, conversion.number),
           "the order \"%.*s\" becomes \"%.*s\"", SOUK_PRI(conversion.number),
           SOUK_PRI(row.number));
    EXPECT(scene, !row.coupon.len || souk_str_equal(row.coupon, conversion.coupon),
           "the code \"%.*s\" becomes \"%.*s\"", SOUK_PRI(conversion.coupon), SOUK_PRI(row.coupon));
    EXPECT(scene, row.amount == 1299 && souk_str_is(row.state, "pending"),
           "\"%s\" changes what is told", words);
    EXPECT(scene, same_names(names, row.names), "\"%s\" makes further parameters", words);
}

void track_no_injection(struct scene *scene)
{
    static const char *const hostile[] = {"&status=approved&sum=9999&evil=1",
                                          "?evil=1#",
                                          "%26evil=1",
                                          "\", \"evil\": \"1",
                                          "</a><evil>1",
                                          "{key}{token}{amount}",
                                          "\\u0022evil",
                                          "; drop table",
                                          "a b+c=d/e:f@g",
                                          " № ünï 🍵",
                                          "'\"`$(evil)"};
    struct souk_conversion conversion;
    struct tell_known row;
    NEEDS_PARTNER(scene);
    CHECK(scene, tell_new(scene, &conversion, 1299, "EUR"));
    conversion.coupon = souk_str("TEN");
    CHECK(scene, told(scene, &conversion));
    CHECK(scene, known(scene, &conversion, &row));
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        CHECK(scene, attack(scene, hostile[i], row.names));
}

/* ---- the buyer ---- */

void track_no_person(struct scene *scene)
{
    struct souk_conversion conversion;
    peer_said_clear();
    CHECK(scene, tell_new(scene, &conversion, 1299, "EUR"));
    for (int32_t state = SOUK_CONVERSION_PENDING; state <= SOUK_CONVERSION_REJECTED; state++) {
        conversion.state = state;
        CHECK(scene, told(scene, &conversion));
    }
    struct souk_str said = peer_said();
    for (size_t i = 0; tell_person[i]; i++)
        EXPECT(scene, !memmem(said.ptr, said.len, tell_person[i], strlen(tell_person[i])),
               "the partner is told \"%s\", which is of the buyer", tell_person[i]);
}

/* ---- the ordinary way through ---- */

void track_path(struct scene *scene)
{
    struct souk_conversion conversion;
    struct tell_answer answer = {.code = SOUK_ERROR};
    CHECK(scene, tell_new(scene, &conversion, 1299, "EUR"));
    for (int attempt = 1; attempt <= 3 && answer.code != SOUK_OK; attempt++) {
        tell_send(scene, &conversion, &answer);
        EXPECT(scene, answer.code == SOUK_OK || answer.words[0], "send() gives %s without words",
               code_name(answer.code));
        EXPECT(scene, answer.code != SOUK_INVALID && answer.code != SOUK_DENIED,
               "send() gives a conversion up for a fault of ours: %s", code_name(answer.code));
    }
    EXPECT(scene, answer.code == SOUK_OK, "send() does not come right again: %s", answer.words);
    conversion.state = SOUK_CONVERSION_APPROVED;
    tell_send(scene, &conversion, &answer);
}
