/*
 * tax_ask.c: who is asked for the rates of a place, and who buys.
 *
 * The idea: a plugin may know rates better than the shop's tables do; it is asked first, through a
 * hook that the bridge sets (this floor does not know plugins). What it knows nothing of is
 * reckoned by the tables, and so is everything while it is away: then pages go on, but where an
 * order is being made the caller is refused, if the plugin is one that nothing may be sold without.
 *
 * An order that stands keeps its basis: what was free of tax stays so, whatever the plugin
 * remembers by then, and what was taxed is not freed by an address that is changed later.
 */
#include "shop/tax.h"

#include <stdatomic.h>
#include "base/str.h"
#include "shop/tax.sql.h"
#include "shop/tax_place.h"

static const struct tax_oracle *_Atomic current;

void tax_ask(const struct tax_oracle *oracle)
{
    atomic_store(&current, oracle);
}

int tax_is_asked(const struct market *market)
{
    const struct tax_oracle *oracle = atomic_load_explicit(&current, memory_order_acquire);
    return oracle && oracle->rules(market);
}

/* ---- rates ---- */

static int ask(struct db_conn *conn, int64_t class_id, const struct market *market,
               struct souk_str number, struct tax_rates *rates)
{
    const struct tax_oracle *oracle = atomic_load_explicit(&current, memory_order_acquire);
    struct db_rows rows;
    char tax_class[100];
    *rates = (struct tax_rates){0};
    if (!market->country.len || !tax_is_asked(market))
        return SOUK_NOT_FOUND;
    int code = db_first(db_query(conn, &sql_tax_class_code, &rows, DB_INT(class_id)), &rows);
    if (code != SOUK_OK)
        return code;
    str_copy(tax_class, sizeof tax_class, db_text(&rows, 0));
    db_close(&rows);
    const struct tax_question question = {.market = market,
                                          .tax_class = souk_str(tax_class),
                                          .country = market->country,
                                          .region = market->region,
                                          .postcode = market->postcode,
                                          .number = number};
    code = oracle->ask(conn, &question, rates);
    if (code != SOUK_OK)
        *rates = (struct tax_rates){0};
    if (code == SOUK_UNAVAILABLE && !market->sells)
        return SOUK_NOT_FOUND;
    return code;
}

static int ask_or_look(struct db_conn *conn, int64_t class_id, const struct market *market,
                       struct souk_str number, struct tax_rates *rates)
{
    int code = ask(conn, class_id, market, number, rates);
    return code == SOUK_NOT_FOUND ? tax_rates_of_shop(conn, class_id, market, rates) : code;
}

int tax_rates_home(struct db_conn *conn, int64_t class_id, const struct market *market,
                   struct tax_rates *rates)
{
    struct market home = *market;
    home.country = souk_str(market_shop()->country);
    home.region = home.postcode = souk_str("");
    home.buyer = NULL;
    int code = ask_or_look(conn, class_id, &home, souk_str(""), rates);
    if (rates->exempt) /* that of its own country is never taken out of nothing */
        *rates = (struct tax_rates){0};
    return code;
}

int tax_rates(struct db_conn *conn, int64_t class_id, const struct market *market,
              struct tax_rates *rates)
{
    const struct tax_buyer *buyer = market->buyer;
    enum tax_basis basis = buyer ? buyer->basis : TAX_BASIS_OPEN;
    int counts = buyer && buyer->state == TAX_STATE_VALID && basis == TAX_BASIS_OPEN;
    if (basis == TAX_BASIS_EXEMPT) {
        *rates = (struct tax_rates){.exempt = 1, .note = buyer->note};
        return SOUK_OK;
    }
    int code = ask_or_look(conn, class_id, market, counts ? buyer->number : souk_str(""), rates);
    if (code == SOUK_OK && rates->exempt && basis == TAX_BASIS_CHARGED)
        return tax_rates_home(conn, class_id, market, rates);
    return code;
}

/* Who is charged no tax pays the price without that of the shop's own country. Where prices exclude
 * tax there is nothing to take out. */
static int read_rates(struct db_conn *conn, int64_t class_id, const struct market *market,
                      struct tax_rates *rates, struct tax_rates *home)
{
    *home = (struct tax_rates){0};
    int code = tax_rates(conn, class_id, market, rates);
    if (code == SOUK_OK && rates->exempt && market_shop()->prices_include_tax)
        code = tax_rates_home(conn, class_id, market, home);
    return code;
}

int tax_rates_once(struct db_conn *conn, struct arena *arena, int64_t class_id,
                   const struct market *market, struct tax_known **known, struct tax_rates *rates,
                   struct tax_rates *home)
{
    *rates = *home = (struct tax_rates){0};
    if (!class_id)
        return SOUK_OK;
    for (const struct tax_known *one = *known; one; one = one->next)
        if (one->class_id == class_id) {
            *rates = one->rates;
            *home = one->home;
            return SOUK_OK;
        }
    int code = read_rates(conn, class_id, market, rates, home);
    if (code != SOUK_OK)
        return code;
    struct tax_known *kept = arena_new(arena, struct tax_known);
    *kept = (struct tax_known){*known, class_id, *rates, *home};
    *known = kept;
    return SOUK_OK;
}

/* ---- the buyer ---- */

static const char *const states[] = {"none", "valid", "wrong", "unknown"};

struct json *tax_buyer_doc(struct arena *arena, const struct tax_buyer *buyer)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    const struct {
        const char *key;
        struct souk_str text;
    } texts[] = {{"number", buyer->number},   {"typed", buyer->typed}, {"country", buyer->country},
                 {"company", buyer->company}, {"proof", buyer->proof}, {"words", buyer->words}};
    json_add_cstr(arena, doc, "state", states[buyer->state]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text.len)
            json_add_str(arena, doc, texts[i].key, texts[i].text);
    if (buyer->asked_at)
        json_add_int(arena, doc, "asked_at", buyer->asked_at);
    return doc;
}

void tax_buyer_read(const struct json *doc, struct tax_buyer *buyer)
{
    struct souk_str state = json_text(json_at(doc, "state"));
    *buyer = (struct tax_buyer){.number = json_text(json_at(doc, "number")),
                                .typed = json_text(json_at(doc, "typed")),
                                .country = json_text(json_at(doc, "country")),
                                .company = json_text(json_at(doc, "company")),
                                .proof = json_text(json_at(doc, "proof")),
                                .words = json_text(json_at(doc, "words")),
                                .asked_at = json_int(json_at(doc, "asked_at"), 0)};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (souk_str_is(state, states[i]))
            buyer->state = (enum tax_state)i;
}

const char *tax_buyer_note(const struct tax_buyer *buyer)
{
    return buyer && buyer->state == TAX_STATE_UNKNOWN
               ? "The VAT number could not be checked just now, so tax is charged."
               : NULL;
}
