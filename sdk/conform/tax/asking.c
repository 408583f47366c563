/*
 * asking.c: rules about tax numbers: what is asked, what an answer or none means, and on what
 * rates() rests afterwards.
 */
#include "conform/tax/rules.h"

#include <souk/tax.h>

static const char *state_name(int state)
{
    static const char *const names[] = {"no state", "SOUK_TAX_VALID", "SOUK_TAX_WRONG",
                                        "SOUK_TAX_UNKNOWN"};
    return state >= 0 && state <= 3 ? names[state] : "no state";
}

/* The sale to the business abroad with this number. */
static void sell(struct scene *scene, struct souk_str number, struct levy_answer *answer)
{
    const struct levy_sale sale = {
        .to = levy_abroad(scene), .tax_class = "standard", .number = number};
    levy_rates(scene, &sale, answer);
}

static void expect_taxed(struct scene *scene, const struct levy_number *asked,
                         struct souk_str typed, const char *what)
{
    const struct souk_str numbers[] = {asked->number, typed};
    struct levy_answer answer;
    for (size_t i = 0; i < 2; i++) {
        sell(scene, numbers[i], &answer);
        EXPECT(scene, !answer.exempt, "a sale with a number that %s is not taxed", what);
    }
}

#define NEED_NUMBERS(scene)                                                                        \
    SKIP_UNLESS((scene), levy_can_ask(scene), "the provider has no number()");                     \
    SKIP_UNLESS((scene), scene_has((scene), "number"),                                             \
                "conform.lua gives no numbers: function number(kind)")

void tax_number_form(struct scene *scene)
{
    struct levy_number answer;
    NEED_NUMBERS(scene);
    const struct souk_str typed[] = {levy_fresh(scene, "malformed"), souk_str("?"), souk_str("1"),
                                     souk_str("no number at all, but a long sentence")};
    for (size_t i = 0; i < 4; i++) {
        int before = peer_calls();
        levy_number(scene, typed[i], &answer);
        EXPECT(scene, answer.code == SOUK_OK && answer.state == SOUK_TAX_WRONG,
               "number() says %s (%s) of \"%.*s\"", state_name(answer.state),
               code_name(answer.code), SOUK_PRI(typed[i]));
        EXPECT(scene, peer_calls() == before, "the peer is asked about \"%.*s\"",
               SOUK_PRI(typed[i]));
        EXPECT(scene, answer.message.len > 0, "number() does not say what is wrong with \"%.*s\"",
               SOUK_PRI(typed[i]));
    }
}

void tax_number_unknown(struct scene *scene)
{
    static const enum peer_fault faults[] = {PEER_DOWN, PEER_LOST, PEER_BROKEN};
    struct levy_number answer;
    NEED_NUMBERS(scene);
    for (size_t i = 0; i < 3; i++) {
        struct souk_str typed = levy_fresh(scene, "valid");
        peer_fault(faults[i]);
        levy_number(scene, typed, &answer);
        peer_fault(PEER_FINE);
        EXPECT(scene, answer.code == SOUK_OK && answer.state == SOUK_TAX_UNKNOWN,
               "%s, number() says %s (%s)",
               i == 0   ? "without a connection"
               : i == 1 ? "after a time-out"
                        : "after a 503",
               state_name(answer.state), code_name(answer.code));
        CHECK(scene, expect_taxed(scene, &answer, typed, "could not be asked about"));
        levy_number(scene, typed, &answer);
        EXPECT(scene, answer.state == SOUK_TAX_VALID,
               "when the peer is back, number() says %s of a valid number",
               state_name(answer.state));
    }
}

void tax_number_invalid(struct scene *scene)
{
    struct levy_number answer;
    NEED_NUMBERS(scene);
    struct souk_str typed = levy_fresh(scene, "unknown");
    SKIP_UNLESS(scene, typed.len > 0, "conform.lua gives no number that the peer does not know");
    levy_number(scene, typed, &answer);
    EXPECT(scene, answer.code == SOUK_OK && answer.state == SOUK_TAX_WRONG,
           "number() says %s (%s) of a number that the peer does not know",
           state_name(answer.state), code_name(answer.code));
    EXPECT(scene, answer.message.len > 0, "number() has no words for the buyer");
    expect_taxed(scene, &answer, typed, "the peer does not know");
}

void tax_number_remembered(struct scene *scene)
{
    struct levy_number answer;
    struct levy_answer sale, first;
    NEED_NUMBERS(scene);
    struct souk_str typed = levy_fresh(scene, "valid");
    levy_number(scene, typed, &answer);
    EXPECT(scene, answer.code == SOUK_OK && answer.state == SOUK_TAX_VALID,
           "number() says %s (%s) of a number that the peer knows", state_name(answer.state),
           code_name(answer.code));
    EXPECT(scene, answer.number.len > 0, "number() does not give the number as rates() gets it");
    if (json_true(scene_hint(scene, "always_taxed")))
        return;
    sell(scene, answer.number, &first);
    EXPECT(scene, first.code == SOUK_OK && first.exempt,
           "after number() found it valid, a sale with it is taxed all the same");
    peer_fault(PEER_DOWN);
    for (int i = 0; i < 3; i++) {
        sell(scene, answer.number, &sale);
        EXPECT(scene, sale.exempt == first.exempt,
               "while the peer is away, a sale with a valid number is taxed");
    }
    levy_number(scene, typed, &answer);
    peer_fault(PEER_FINE);
    EXPECT(scene, answer.state == SOUK_TAX_VALID,
           "asked about again, the peer is needed for a number that was found valid just now");
    sell(scene, levy_fresh(scene, "valid"), &sale);
    EXPECT(scene, !sale.exempt, "a sale with a number that nobody was asked about is not taxed");
}

/* ---- secrets ---- */

void tax_no_secrets(struct scene *scene)
{
    static const enum peer_fault faults[] = {PEER_FINE, PEER_DOWN, PEER_LOST, PEER_BROKEN,
                                             PEER_DECLINES};
    const struct levy_sale home = {.to = levy_home(scene), .tax_class = "standard"};
    struct levy_number answer;
    struct levy_answer sale;
    levy_rates(scene, &home, &sale);
    CHECK(scene, scene_secret_seen(scene, "a note", sale.note));
    CHECK(scene, scene_secret_seen(scene, "an error", souk_str(sale.words)));
    for (size_t i = 0; levy_can_ask(scene) && i < sizeof faults / sizeof *faults; i++) {
        struct souk_str typed = levy_fresh(scene, i % 2 ? "valid" : "unknown");
        peer_fault(faults[i]);
        levy_number(scene, typed.len ? typed : souk_str("DE136695976"), &answer);
        peer_fault(PEER_FINE);
        CHECK(scene, scene_secret_seen(scene, "a result", answer.message));
        CHECK(scene, scene_secret_seen(scene, "a result", answer.proof));
        CHECK(scene, scene_secret_seen(scene, "a result", answer.company));
        CHECK(scene, scene_secret_seen(scene, "an error", souk_str(answer.words)));
    }
    scene_secret_kept(scene);
}

/* ---- the ordinary way through ---- */

static void expect_words(struct scene *scene, const char *what, int code, const char *words)
{
    EXPECT(scene, code == SOUK_OK || code == SOUK_NOT_FOUND || words[0],
           "%s gives %s without words", what, code_name(code));
}

void tax_path(struct scene *scene)
{
    const struct levy_sale home = {.to = levy_home(scene), .tax_class = "standard"};
    struct levy_answer sale;
    struct levy_number answer = {0};
    levy_rates(scene, &home, &sale);
    CHECK(scene, expect_words(scene, "rates()", sale.code, sale.words));
    EXPECT(scene, !sale.exempt && (sale.code != SOUK_OK || levy_sum(&sale) > 0),
           "when something fails, a sale at home is not taxed");
    if (!levy_can_ask(scene) || !scene_has(scene, "number"))
        return;
    struct souk_str typed = levy_fresh(scene, "valid");
    levy_number(scene, typed, &answer);
    CHECK(scene, expect_words(scene, "number()", answer.code, answer.words));
    EXPECT(scene, answer.code != SOUK_OK || answer.state != SOUK_TAX_WRONG,
           "when something fails, a valid number is called wrong");
    sell(scene, answer.number.len ? answer.number : typed, &sale);
    CHECK(scene, expect_words(scene, "rates()", sale.code, sale.words));
    EXPECT(scene, !sale.exempt || answer.state == SOUK_TAX_VALID,
           "a sale is not taxed though its number was not found valid");
}

void tax_provoke(struct scene *scene)
{
    static const enum peer_fault faults[] = {PEER_DOWN, PEER_LOST, PEER_BROKEN};
    struct levy_number answer;
    struct levy_answer sale;
    const struct levy_sale nowhere = {.to.country = "QQ", .tax_class = "no-such-class"};
    levy_rates(scene, &nowhere, &sale);
    for (size_t i = 0; levy_can_ask(scene) && scene_has(scene, "number") && i < 3; i++) {
        struct souk_str typed = levy_fresh(scene, "valid");
        peer_fault(faults[i]);
        levy_number(scene, typed, &answer);
        peer_fault(PEER_FINE);
    }
}
