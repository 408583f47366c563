/*
 * price.c: the API's sub-table "price": what something costs, why, what a cart would, and how it is
 * taxed. Asked of the one pipeline that pages, carts and orders go through.
 */
#include "bridge/internal.h"

#include "base/utf8.h"
#include "bridge/terms.sql.h"
#include "shop/price.h"
#include "shop/quote.h"
#include "shop/tax.h"

#define CLASS_MOST 100

static int check_quantity(struct souk_ctx *ctx, const char *function, int64_t quantity)
{
    if (quantity >= 1 && quantity <= QUOTE_QUANTITY)
        return SOUK_OK;
    return bridge_refuse(ctx, SOUK_INVALID, "%s: a quantity is 1 to %d", function, QUOTE_QUANTITY);
}

/* ---- one price ---- */

static void fill(const struct market *market, const struct price *from, int64_t lowest,
                 struct souk_price *price)
{
    struct souk_price full = {.size = price->size,
                              .reduced = from->reduced,
                              .amount = from->amount,
                              .compare_at = from->compare_at > 0 ? from->compare_at : 0,
                              .lowest = lowest,
                              .min_quantity = from->min_quantity,
                              .until = from->until};
    memcpy(full.currency, market->currency, sizeof full.currency - 1);
    memcpy(price, &full, full.size < sizeof full ? full.size : sizeof full);
}

static int of(struct souk_ctx *ctx, int64_t variant_id, int64_t quantity,
              const struct souk_terms *terms, struct souk_price *price)
{
    struct price found = {.amount = -1};
    struct market market;
    int64_t lowest = 0;
    if (!price || price->size < offsetof(struct souk_price, compare_at) || price->size > 4096)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_price_of: price.size must be sizeof(struct souk_price)");
    uint32_t size = price->size;
    memset(price, 0, size < sizeof *price ? size : sizeof *price);
    price->size = size;
    int code = check_quantity(ctx, "souk_price_of", quantity);
    if (code == SOUK_OK)
        code = terms_market(ctx, "souk_price_of", terms, &market);
    if (code != SOUK_OK)
        return code;
    code = price_of(ctx->conn, &market, variant_id, quantity, &found);
    terms_until(ctx, found.until);
    if (code == SOUK_OK && found.compare_at > 0)
        code = price_lowest(ctx->conn, &market, variant_id, &lowest);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code,
                             "souk_price_of: variant %lld has no price under these terms",
                             (long long)variant_id);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_price_of: %s", db_error(ctx->conn));
    fill(&market, &found, lowest, price);
    return SOUK_OK;
}

static int explain(struct souk_ctx *ctx, int64_t variant_id, int64_t quantity,
                   const struct souk_terms *terms, const struct souk_value **list)
{
    struct price found = {0};
    struct market market;
    int64_t known;
    if (!list)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_price_explain: no place for the list");
    *list = NULL;
    int code = check_quantity(ctx, "souk_price_explain", quantity);
    if (code == SOUK_OK)
        code = terms_market(ctx, "souk_price_explain", terms, &market);
    if (code != SOUK_OK)
        return code;
    struct json *lists = json_new(ctx->arena, JSON_ARRAY);
    code = db_get_int(ctx->conn, &sql_terms_variant, &known, DB_INT(variant_id));
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_price_explain: there is no variant %lld",
                             (long long)variant_id);
    if (code == SOUK_OK)
        code = price_explain(ctx->conn, ctx->arena, &market, variant_id, quantity, lists);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_price_explain: %s", db_error(ctx->conn));
    if (price_of(ctx->conn, &market, variant_id, quantity, &found) <= SOUK_OK)
        terms_until(ctx, found.until);
    *list = (const struct souk_value *)lists;
    return SOUK_OK;
}

/* ---- a cart ---- */

static int quote(struct souk_ctx *ctx, const struct souk_value *cart, const struct souk_value **out)
{
    const struct json *doc = (const struct json *)cart;
    struct json *answer = NULL;
    struct err err = {0};
    if (!out)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_quote: no place for the quote");
    *out = NULL;
    if (!doc || doc->kind != JSON_OBJECT)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_quote: a cart is a map");
    if (ctx->kind != SOUK_TASK)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_quote asks the shop's rules, so it is for TASK calls; this is "
                             "%s call",
                             bridge_kind_name(ctx->kind));
    if (json_at(doc, "scripts"))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_quote: /scripts: carts are judged by the rules that serve");
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = quote_run(conn, ctx->arena, doc, ctx->now, NULL, &answer, &err);
    if (code == SOUK_INVALID && err.text[0])
        return bridge_tell(ctx, code, "%s", err.text);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_quote: %s",
                             err.text[0] ? err.text : "the cart cannot be priced");
    *out = (const struct souk_value *)answer;
    return SOUK_OK;
}

/* ---- tax ---- */

static int tax(struct souk_ctx *ctx, struct souk_str tax_class, const struct souk_terms *terms,
               const struct souk_value **out)
{
    struct tax_rates rates = {.count = 0};
    struct market market;
    int64_t id = 0;
    if (!out)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_tax_rates: no place for the rates");
    *out = NULL;
    if (!bridge_view_ok(tax_class) || !tax_class.len || tax_class.len > CLASS_MOST ||
        !utf8_valid(tax_class))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_tax_rates: a class has 1 to %d bytes of UTF-8", CLASS_MOST);
    int code = terms_market(ctx, "souk_tax_rates", terms, &market);
    if (code != SOUK_OK)
        return code;
    code = tax_class_find(ctx->conn, tax_class, 0, &id);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_tax_rates: there is no tax class \"%.*s\"",
                             SOUK_PRI(tax_class));
    if (code == SOUK_OK)
        code = tax_rates(ctx->conn, id, &market, &rates);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_tax_rates: %s", db_error(ctx->conn));
    struct json *list = json_new(ctx->arena, JSON_ARRAY);
    for (int i = 0; i < rates.count; i++) {
        struct json *rate = json_add(ctx->arena, list, NULL, JSON_OBJECT);
        json_add_str(ctx->arena, rate, "name", arena_str(ctx->arena, souk_str(rates.at[i].name)));
        json_add_int(ctx->arena, rate, "rate", rates.at[i].ppm);
        json_add_bool(ctx->arena, rate, "compound", rates.at[i].compound);
        json_add_bool(ctx->arena, rate, "delivery", rates.at[i].delivery);
    }
    terms_until(ctx, rates.until);
    *out = (const struct souk_value *)list;
    return SOUK_OK;
}

const struct souk_price_api price_table = {.size = sizeof(struct souk_price_api),
                                           .of = of,
                                           .explain = explain,
                                           .quote = quote,
                                           .tax = tax};
