/*
 * terms.c: the market that a plugin means. What it leaves open is the request's: its language, the
 * group of whoever is signed in, its moment; outside of one the shop's own terms hold. What it says
 * is checked here, once for all functions that take terms.
 *
 * A moment of the plugin's own makes prices those of that moment. What the clock changes is told to
 * the answer of a request by terms_until, so that a page which is kept ends in time.
 */
#include "bridge/internal.h"

#include "base/utf8.h"
#include "bridge/terms.sql.h"
#include "bridge/who.h"
#include "shop/market.h"

#define TEXT_MOST   100
#define TERMS_LEAST (offsetof(struct souk_terms, at) + sizeof(int64_t))

static int is_text(struct souk_str text, size_t most)
{
    return bridge_view_ok(text) && text.len <= most && utf8_valid(text);
}

static int is_letters(struct souk_str text, size_t count)
{
    if (!bridge_view_ok(text) || text.len != count)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (text.ptr[i] < 'A' || text.ptr[i] > 'Z')
            return 0;
    return 1;
}

/* The group of the person that is signed in; empty: everybody's prices. */
static int own_group(struct souk_ctx *ctx, struct market *market)
{
    struct db_rows rows;
    int64_t person = ctx->request ? who_person(ctx->request) : 0;
    if (!person)
        return SOUK_OK;
    int code = db_first(db_query(ctx->conn, &sql_terms_group, &rows, DB_INT(person)), &rows);
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    market->group = arena_str(ctx->arena, db_text(&rows, 0));
    db_close(&rows);
    return SOUK_OK;
}

static const char *wrong(const struct souk_terms *terms)
{
    if (terms->at < 0)
        return "\"at\" is a moment in microseconds, or 0";
    if (!is_text(terms->locale, TEXT_MOST) || (terms->locale.len && !market_locale(terms->locale)))
        return "the shop does not speak that \"locale\"";
    if (terms->currency.len && !is_letters(terms->currency, 3))
        return "\"currency\" is three capital letters";
    if (terms->country.len && !is_letters(terms->country, 2))
        return "\"country\" is two capital letters";
    if (!is_text(terms->group, TEXT_MOST) || !is_text(terms->channel, TEXT_MOST) ||
        !is_text(terms->region, TEXT_MOST) || !is_text(terms->postcode, TEXT_MOST))
        return "a text is not UTF-8, or over 100 bytes";
    return NULL;
}

static void lay_over(struct souk_ctx *ctx, const struct souk_terms *terms, struct market *market)
{
    if (terms->at)
        market->now = terms->at;
    if (terms->locale.len)
        market->locale = market_locale(terms->locale);
    if (terms->currency.len)
        market->currency = arena_cstr(ctx->arena, terms->currency);
    if (terms->group.len)
        market->group = arena_str(ctx->arena, terms->group);
    if (terms->channel.len)
        market->channel = arena_str(ctx->arena, terms->channel);
    if (terms->country.len) { /* a place is told as a whole */
        market->country = arena_str(ctx->arena, terms->country);
        market->region = market->postcode = souk_str("");
    }
    if (terms->region.len)
        market->region = arena_str(ctx->arena, terms->region);
    if (terms->postcode.len)
        market->postcode = arena_str(ctx->arena, terms->postcode);
}

int terms_market(struct souk_ctx *ctx, const char *function, const struct souk_terms *terms,
                 struct market *market)
{
    struct souk_terms said = {0};
    if (terms && (terms->size < TERMS_LEAST || terms->size > 4096))
        return bridge_refuse(ctx, SOUK_INVALID, "%s: terms.size must be sizeof(struct souk_terms)",
                             function);
    if (terms)
        memcpy(&said, terms, terms->size < sizeof said ? terms->size : sizeof said);
    const char *words = wrong(&said);
    if (words)
        return bridge_refuse(ctx, SOUK_INVALID, "%s: terms: %s", function, words);
    if (!query_conn(ctx))
        return ctx->failure.code;
    *market = market_at(ctx->request ? ctx->locale : NULL, ctx->now);
    market->asks = ctx->kind == SOUK_TASK;
    if (!said.group.len && own_group(ctx, market) != SOUK_OK)
        return bridge_refuse(ctx, SOUK_UNAVAILABLE, "%s: %s", function, db_error(ctx->conn));
    lay_over(ctx, &said, market);
    return SOUK_OK;
}

void terms_until(struct souk_ctx *ctx, int64_t until)
{
    if (ctx->request && until > ctx->now)
        request_expires(ctx->request, until);
}
