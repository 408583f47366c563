/*
 * levy.c: calls of a tax provider's functions, each with memory of its own, and what conform.lua
 * tells of its world.
 */
#include "host/levy.h"

#include <souk/tax.h>
#include <stdio.h>
#include "host/host.h"
#include "store/db.h"

struct ask { /* one call that is open */
    struct call call;
    struct provider_scope scope;
    struct provider_call inner;
    struct err err;
};

static const struct souk_tax_provider *table_of(const struct scene *scene)
{
    return scene->table;
}

static int open_ask(struct scene *scene, struct ask *ask, int quickly, const char *verb)
{
    *ask = (struct ask){0};
    call_open(scene, &ask->call, &ask->scope);
    if (quickly) {
        ask->scope.kind = SOUK_READ;
        ask->scope.conn = db_read_begin(scene->world->db, 0);
    }
    return provider_begin(&ask->inner, &ask->scope, "tax", souk_str(scene->provider), verb,
                          &ask->err);
}

static int shut_ask(struct scene *scene, struct ask *ask, int returned, const char *verb)
{
    scene_code_seen(scene, verb, returned, ask->inner.ctx.failed);
    int code = provider_end(&ask->inner, returned, &ask->err);
    if (ask->scope.conn)
        db_read_end(ask->scope.conn);
    return code;
}

/* ---- conform.lua ---- */

/* "US", or {country = "US", region = "CA", postcode = "90210"}: rates may stand for less than a
 * country. */
struct levy_place levy_place_of(struct scene *scene, const struct json *said, const char *otherwise)
{
    int whole = said && said->kind == JSON_STRING;
    struct souk_str country = json_text(whole ? said : json_at(said, "country"));
    return (struct levy_place){
        .country = country.len == 2 ? arena_cstr(&scene->arena, country) : otherwise,
        .region = whole ? souk_str("") : json_text(json_at(said, "region")),
        .postcode = whole ? souk_str("") : json_text(json_at(said, "postcode"))};
}

struct levy_place levy_home(struct scene *scene)
{
    return levy_place_of(scene, scene_hint(scene, "home"), "BG");
}

struct levy_place levy_abroad(struct scene *scene)
{
    return levy_place_of(scene, scene_hint(scene, "abroad"), "DE");
}

struct souk_str levy_fresh(struct scene *scene, const char *kind)
{
    struct json *args = json_new(&scene->arena, JSON_ARRAY);
    json_add_cstr(&scene->arena, args, NULL, kind);
    return json_text(scene_ask(scene, "number", args));
}

/* ---- rates ---- */

static struct souk_str keep(struct scene *scene, const char *where, struct souk_str text)
{
    scene_text_seen(scene, where, text);
    return text.len ? arena_str(&scene->arena, text) : souk_str("");
}

static void keep_rates(struct scene *scene, const struct souk_tax_result *result,
                       struct levy_answer *answer)
{
    answer->count = result->count;
    answer->exempt = result->exempt != 0;
    answer->delivery = result->delivery != 0;
    answer->until = result->until;
    answer->note = keep(scene, "rates(): note", result->note);
    for (uint32_t i = 0; i < result->count && i < SOUK_TAX_RATES; i++) {
        const struct souk_tax_rate *rate = souk_tax_rate_at(result, i);
        answer->rates[i] = (struct levy_rate){rate->ppm, rate->compound,
                                              keep(scene, "rates(): a name", rate->name)};
    }
}

void levy_rates(struct scene *scene, const struct levy_sale *sale, struct levy_answer *answer)
{
    struct ask ask;
    struct souk_tax_rate room[SOUK_TAX_RATES];
    struct souk_tax_result result = {.size = sizeof result, .rates = room};
    struct souk_tax_terms terms = {.size = sizeof terms,
                                   .at = sale->at ? sale->at : clock_now(),
                                   .tax_class =
                                       souk_str(sale->tax_class ? sale->tax_class : "standard"),
                                   .country = souk_str(sale->to.country),
                                   .region = sale->to.region,
                                   .postcode = sale->to.postcode,
                                   .shop_country = souk_str(levy_home(scene).country),
                                   .tax_number = sale->number};
    memset(room, 0, sizeof room);
    for (int i = 0; i < SOUK_TAX_RATES; i++)
        room[i].size = sizeof room[i];
    *answer = (struct levy_answer){0};
    answer->code = open_ask(scene, &ask, sale->quickly, "tax rates");
    if (answer->code == SOUK_OK) {
        int returned = table_of(scene)->rates(&ask.inner.ctx, &terms, &result);
        result.rates = room;
        if (returned == SOUK_OK)
            keep_rates(scene, &result, answer);
        answer->code = shut_ask(scene, &ask, returned, "rates()");
    }
    snprintf(answer->words, sizeof answer->words, "%s", ask.err.text);
    call_shut(&ask.call, &ask.scope);
}

int64_t levy_sum(const struct levy_answer *answer)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < answer->count && i < SOUK_TAX_RATES; i++)
        sum += answer->rates[i].ppm;
    return sum;
}

/* ---- numbers ---- */

int levy_can_ask(const struct scene *scene)
{
    return table_of(scene)->number != NULL;
}

void levy_number(struct scene *scene, struct souk_str typed, struct levy_number *answer)
{
    struct ask ask;
    struct souk_tax_number_result result = {.size = sizeof result};
    const struct souk_tax_number number = {.size = sizeof number,
                                           .number = typed,
                                           .country = souk_str(levy_abroad(scene).country),
                                           .shop_country = souk_str(levy_home(scene).country),
                                           .company = souk_str("Kafka & Co")};
    *answer = (struct levy_number){0};
    answer->code = open_ask(scene, &ask, 0, "tax number");
    if (answer->code == SOUK_OK) {
        int returned = table_of(scene)->number(&ask.inner.ctx, &number, &result);
        answer->state = result.state;
        answer->number = keep(scene, "number(): number", result.number);
        answer->company = keep(scene, "number(): company", result.company);
        answer->proof = keep(scene, "number(): proof", result.proof);
        answer->message = keep(scene, "number(): message", result.message);
        answer->code = shut_ask(scene, &ask, returned, "number()");
    }
    snprintf(answer->words, sizeof answer->words, "%s", ask.err.text);
    call_shut(&ask.call, &ask.scope);
}
