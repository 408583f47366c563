/*
 * charging.c: rules about rates: what they are, where, when, and by whom they are known.
 */
#include "conform/tax/rules.h"

#include <souk/tax.h>

static const char *const classes[] = {"standard", "reduced", "books", NULL};

static void check_bounds(struct scene *scene, const struct levy_sale *sale,
                         const struct levy_answer *answer)
{
    EXPECT(scene, answer->code == SOUK_OK || answer->code == SOUK_NOT_FOUND,
           "rates() for %s in %s gives %s: %s", sale->tax_class, sale->to.country,
           code_name(answer->code), answer->words);
    EXPECT(scene, answer->count <= SOUK_TAX_RATES, "rates() for %s in %s gives %u rates",
           sale->tax_class, sale->to.country, answer->count);
    EXPECT(scene, !(answer->exempt && answer->count),
           "rates() for %s in %s gives rates of a sale without tax", sale->tax_class,
           sale->to.country);
    for (uint32_t i = 0; i < answer->count; i++) {
        const struct levy_rate *rate = &answer->rates[i];
        EXPECT(scene, rate->ppm >= 0 && rate->ppm <= 1000000,
               "rates() for %s in %s gives a rate of %lld ppm", sale->tax_class, sale->to.country,
               (long long)rate->ppm);
        EXPECT(scene, str_trim(rate->name).len > 0 && scene_utf8(rate->name),
               "rates() for %s in %s gives a rate without a name", sale->tax_class,
               sale->to.country);
    }
}

void tax_rates_bounded(struct scene *scene)
{
    const struct levy_place places[] = {
        levy_home(scene), levy_abroad(scene), {.country = "US"}, {.country = "QQ"}};
    struct souk_str number = levy_can_ask(scene) ? levy_fresh(scene, "valid") : souk_str("");
    struct levy_answer answer;
    struct levy_number known = {0};
    if (number.len)
        levy_number(scene, number, &known);
    for (size_t p = 0; p < sizeof places / sizeof *places; p++)
        for (size_t c = 0; classes[c]; c++)
            for (int with = 0; with < 2; with++) {
                struct levy_sale sale = {.to = places[p], .tax_class = classes[c]};
                if (with)
                    sale.number = known.number;
                levy_rates(scene, &sale, &answer);
                CHECK(scene, check_bounds(scene, &sale, &answer));
            }
}

static int is_same(const struct levy_answer *a, const struct levy_answer *b)
{
    if (a->code != b->code || a->count != b->count || a->exempt != b->exempt ||
        a->delivery != b->delivery || !souk_str_equal(a->note, b->note))
        return 0;
    for (uint32_t i = 0; i < a->count && i < SOUK_TAX_RATES; i++)
        if (a->rates[i].ppm != b->rates[i].ppm || a->rates[i].compound != b->rates[i].compound ||
            !souk_str_equal(a->rates[i].name, b->rates[i].name))
            return 0;
    return 1;
}

/* In a task, once more, and as a page does. */
static void ask_often(struct scene *scene, struct levy_sale sale)
{
    struct levy_answer first, again;
    sale.at = clock_now();
    levy_rates(scene, &sale, &first);
    for (int i = 0; i < 3; i++) {
        sale.quickly = i != 1;
        levy_rates(scene, &sale, &again);
        EXPECT(scene, is_same(&first, &again),
               "the same terms (%s in %s) give %s and %lld ppm, then%s %s and %lld ppm",
               sale.tax_class, sale.to.country, code_name(first.code), (long long)levy_sum(&first),
               sale.quickly ? ", asked as a page does," : "", code_name(again.code),
               (long long)levy_sum(&again));
    }
}

void tax_rates_steady(struct scene *scene)
{
    const struct levy_place places[] = {levy_home(scene), levy_abroad(scene)};
    for (size_t p = 0; p < 2; p++)
        for (size_t c = 0; classes[c]; c++)
            CHECK(scene,
                  ask_often(scene, (struct levy_sale){.to = places[p], .tax_class = classes[c]}));
}

void tax_rates_offline(struct scene *scene)
{
    const struct levy_place places[] = {levy_home(scene), levy_abroad(scene), {.country = "US"}};
    struct souk_str number = levy_can_ask(scene) ? levy_fresh(scene, "valid") : souk_str("");
    struct levy_answer answer;
    for (size_t p = 0; p < 3; p++)
        for (int with = 0; with < 2; with++) {
            struct levy_sale sale = {.to = places[p], .tax_class = "standard"};
            int before = peer_calls();
            if (with)
                sale.number = number;
            levy_rates(scene, &sale, &answer);
            EXPECT(scene, peer_calls() == before, "rates() for %s%s asks its peer",
                   places[p].country, with && number.len ? " with a number" : "");
            sale.quickly = 1; /* where it could not */
            levy_rates(scene, &sale, &answer);
            EXPECT(scene, answer.code == SOUK_OK || answer.code == SOUK_NOT_FOUND,
                   "rates() for %s on a page gives %s: %s", places[p].country,
                   code_name(answer.code), answer.words);
        }
}

/* `change`: {country, tax_class, at, before, after}: the rates in ppm around a moment. */
void tax_rates_dated(struct scene *scene)
{
    const struct json *change = scene_hint(scene, "change");
    struct levy_answer answer;
    int64_t at = 0;
    SKIP_UNLESS(scene, change, "conform.lua tells of no rate that changes: change");
    struct souk_str tax_class = json_text(json_at(change, "tax_class"));
    EXPECT(scene, clock_parse(json_text(json_at(change, "at")), &at) == SOUK_OK,
           "conform.lua: change.at is no moment");
    struct levy_sale sale = {.to = levy_place_of(scene, change, ""),
                             .tax_class =
                                 tax_class.len ? arena_cstr(&scene->arena, tax_class) : "standard"};
    for (int after = 0; after < 2; after++) {
        int64_t wanted = json_int(json_at(change, after ? "after" : "before"), -1);
        sale.at = after ? at : at - 1;
        levy_rates(scene, &sale, &answer);
        EXPECT(scene, answer.code == SOUK_OK && levy_sum(&answer) == wanted,
               "%s the change the rate is %lld ppm instead of %lld (%s)",
               after ? "from" : "a moment before", (long long)levy_sum(&answer), (long long)wanted,
               code_name(answer.code));
        EXPECT(scene, after || !answer.until || answer.until <= at,
               "before the change it says that nothing changes until later");
    }
}

void tax_unknown_place(struct scene *scene)
{
    struct levy_answer answer;
    struct levy_sale sale = {.to.country = "QQ", .tax_class = "standard"};
    levy_rates(scene, &sale, &answer);
    EXPECT(scene, answer.code == SOUK_NOT_FOUND, "for a country that is none, rates() gives %s%s",
           code_name(answer.code),
           answer.code != SOUK_OK ? ""
           : answer.exempt        ? " without tax"
                                  : " and rates");
    sale = (struct levy_sale){.to = levy_home(scene), .tax_class = "no-such-class"};
    levy_rates(scene, &sale, &answer);
    EXPECT(scene,
           answer.code == SOUK_NOT_FOUND || (answer.code == SOUK_OK && levy_sum(&answer) > 0),
           "for a class that it does not know, rates() gives %s%s", code_name(answer.code),
           answer.code == SOUK_OK ? " and a rate of 0" : "");
}

void tax_home_taxed(struct scene *scene)
{
    struct levy_answer without, with;
    struct levy_number known = {0};
    struct levy_sale sale = {.to = levy_home(scene), .tax_class = "standard"};
    struct souk_str number = levy_can_ask(scene) ? levy_fresh(scene, "valid") : souk_str("");
    levy_rates(scene, &sale, &without);
    EXPECT(scene, without.code == SOUK_OK && !without.exempt && levy_sum(&without) > 0,
           "a sale at home is not taxed: %s, %lld ppm", code_name(without.code),
           (long long)levy_sum(&without));
    if (number.len)
        levy_number(scene, number, &known);
    /* Where numbers are certificates of exemption, one that was asked about may free; no other. */
    int frees = json_true(scene_hint(scene, "exempt_at_home"));
    const struct souk_str numbers[] = {known.number, number, souk_str("BG123456786"),
                                       levy_can_ask(scene) ? levy_fresh(scene, "valid")
                                                           : souk_str("")};
    for (size_t i = frees ? 2 : 0; i < 4; i++) {
        sale.number = numbers[i];
        levy_rates(scene, &sale, &with);
        EXPECT(scene, with.code == SOUK_OK && !with.exempt,
               "a sale at home with the number %.*s is not taxed", SOUK_PRI(sale.number));
    }
}
