/*
 * quote_run.c: `souk quote` whole, for a stopped shop and for a running one alike: the file's own
 * prices stand, what has none is looked up by its sku in the market that the file tells (group,
 * channel, place, moment), then everything goes the way of a cart. Reads only.
 */
#include "base/str.h"
#include "base/zone.h"
#include "shop/cart.sql.h"
#include "shop/cart_goods.h"
#include "shop/promo_gift.h"
#include "shop/promo_live.h"

static struct market market_of(struct arena *arena, const struct json *doc,
                               const struct quote *quote)
{
    struct souk_str locale = json_text(json_at(doc, "locale"));
    struct market market = market_at(arena_cstr(arena, locale), quote->at);
    struct souk_str channel = json_text(json_at(doc, "channel"));
    struct souk_str country = json_text(json_at(doc, "country"));
    market.currency = arena_cstr(arena, quote->currency);
    market.group = json_text(json_at(json_at(doc, "customer"), "group"));
    if (channel.len)
        market.channel = channel;
    if (country.len)
        market.country = country;
    market.region = json_text(json_at(doc, "region"));
    market.postcode = json_text(json_at(doc, "postcode"));
    return market;
}

/* The variants of the lines that have no price, 0 where the sku is unknown. */
static int find_variants(struct db_conn *conn, struct arena *arena, const struct quote *quote,
                         int64_t *variants)
{
    struct buf skus = {.arena = arena};
    struct db_rows rows;
    for (size_t i = 0; i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        buf_add_char(&skus, i ? ',' : '[');
        json_print_string(&skus, line->unit_price < 0 ? line->sku : souk_str(""));
    }
    buf_add_char(&skus, ']');
    int code = db_query(conn, &sql_cart_skus, &rows, DB_TEXT(buf_str(&skus)));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1)
        variants[db_int(&rows, 0)] = db_int(&rows, 1);
    return code;
}

static struct souk_str list_ids(struct arena *arena, const int64_t *variants, size_t count)
{
    struct buf ids = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        int again = !variants[i];
        for (size_t k = 0; k < i && !again; k++)
            again = variants[k] == variants[i];
        if (!again)
            buf_printf(&ids, "%c%lld", ids.len ? ',' : '[', (long long)variants[i]);
    }
    buf_add_cstr(&ids, ids.len ? "]" : "[]");
    return buf_str(&ids);
}

static void complain(struct buf *wrong, size_t line, struct souk_str sku, const char *what)
{
    buf_printf(wrong, "%s/lines/%zu/sku: \"%.*s\" %s", wrong->len ? "; " : "", line, SOUK_PRI(sku),
               what);
}

/* A line keeps what the file says of it: its name, its own tax. */
static int fill_line(struct db_conn *conn, struct arena *arena, struct goods_list *list,
                     const struct goods *goods, const struct price *price, struct quote_line *line)
{
    struct quote_line said = *line;
    int code = goods_fill(conn, arena, list, goods, price, line);
    if (said.name.len)
        line->name = said.name;
    if (said.category_count) {
        line->categories = said.categories;
        line->category_count = said.category_count;
    }
    if (said.rates.count) {
        line->rates = said.rates;
        line->delivery_rates = said.delivery_rates;
    }
    if (said.weight_g >= 0)
        line->weight_g = said.weight_g;
    if (said.original_price > line->original_price)
        line->original_price = said.original_price;
    return code;
}

static int fill_lines(struct db_conn *conn, struct arena *arena, const struct market *market,
                      struct quote *quote, struct buf *wrong)
{
    int64_t *variants = arena_array(arena, int64_t, quote->count + 1);
    struct quote_line *shown = arena_array(arena, struct quote_line, quote->count + 1);
    struct goods_list list;
    quote->goods = shown;
    quote->goods_count = quote->count;
    int code = find_variants(conn, arena, quote, variants);
    if (code == SOUK_OK)
        code = goods_read(conn, arena, market, list_ids(arena, variants, quote->count), &list);
    for (size_t i = 0; code == SOUK_OK && i < quote->count; i++) {
        struct quote_line *line = &quote->lines[i];
        if (line->unit_price >= 0)
            continue;
        const struct goods *goods = goods_find(&list, variants[i]);
        struct price price = goods_price(&list, variants[i], line->quantity);
        goods_until(&quote->until, price.until);
        if (!goods)
            complain(wrong, i, line->sku, "is not in the catalogue; give the line a unit_price");
        else if (!goods->sold)
            complain(wrong, i, line->sku, "is not on sale then");
        else if (price.amount < 0)
            complain(wrong, i, line->sku, "has no price in this market");
        else
            code = fill_line(conn, arena, &list, goods, &price, line);
        shown[i].original_price = price.compare_at;
    }
    return code;
}

static int look_up(struct db_conn *conn, struct arena *arena, const struct json *doc,
                   struct quote *quote, int64_t *catalogue, struct err *err)
{
    struct buf wrong = {.arena = arena};
    int code = SOUK_OK, missing = 0;
    for (size_t i = 0; i < quote->count; i++)
        if (quote->lines[i].unit_price < 0) {
            missing = 1;
            if (!conn)
                complain(&wrong, i, quote->lines[i].sku,
                         "needs a unit_price: there is no shop to look it up in");
        }
    if (conn) {
        struct market market = market_of(arena, doc, quote);
        market.bare = 1; /* so that the trace tells of catalogue promotions, too */
        code = db_get_int(conn, &sql_cart_catalogue, catalogue);
        if (code == SOUK_OK && missing)
            code = fill_lines(conn, arena, &market, quote, &wrong);
    }
    if (code != SOUK_OK)
        return err_set(err, code, "the catalogue cannot be read: %s", db_error(conn));
    return wrong.len ? err_set(err, SOUK_INVALID, "%.*s", SOUK_PRI(buf_str(&wrong))) : SOUK_OK;
}

/* Catalogue promotions begin at what is charged; what stands struck through may be more. */
static void show_originals(struct quote *quote)
{
    for (size_t i = 0; i < quote->goods_count; i++)
        if (quote->goods[i].original_price > quote->lines[i].original_price)
            quote->lines[i].original_price = quote->goods[i].original_price;
}

/* ---- rules ---- */

/* Of the database, and over that what the file says. */
static int read_facts(struct db_conn *conn, struct arena *arena, const struct json *doc,
                      const struct promo_set *set, const struct quote *quote,
                      const struct market *market, struct promo_facts *facts, struct err *err)
{
    struct promo_who who = {.email = json_text(json_at(json_at(doc, "customer"), "email")),
                            .group = market->group,
                            .address = ""};
    int code = conn ? promo_facts_read(conn, arena, set, quote, market, &who, facts) : SOUK_OK;
    if (code != SOUK_OK)
        return err_set(err, code, "what is known of the promotions cannot be read: %s",
                       db_error(conn));
    if (!conn) {
        facts->channel = market->channel;
        facts->locale = souk_str(market->locale);
        facts->country = market->country;
        facts->region = market->region;
        facts->postcode = market->postcode;
    }
    facts->zone_offset = zone_offset(quote->at);
    facts->explain = 1;
    return quote_parse_facts(arena, doc, quote, facts, err);
}

static int judge(struct db_conn *conn, struct arena *arena, const struct json *doc,
                 struct promo_live *live, struct quote *quote, struct err *err)
{
    struct promo_facts facts = {0};
    struct market market = market_of(arena, doc, quote);
    struct promo_gift gift = {.conn = conn, .market = &market, .quote = quote};
    struct promo_said *said = arena_new(arena, struct promo_said);
    market.asks = market.bare = 1;
    if (conn) {
        facts.gift = promo_gift_find;
        facts.user = &gift;
    }
    int code = read_facts(conn, arena, doc, live->set, quote, &market, &facts, err);
    if (code == SOUK_OK)
        code = promo_price(NULL, arena, live, quote, &market, NULL, &facts, said, err);
    quote->said = said;
    return code;
}

int quote_run(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
              struct promo_live *rules, struct json **answer, struct err *err)
{
    struct quote quote;
    int64_t catalogue = 0;
    int code = quote_parse(arena, doc, &quote, err);
    if (code != SOUK_OK)
        return code;
    if (!quote.at)
        quote.at = now;
    if ((code = look_up(conn, arena, doc, &quote, &catalogue, err)) != SOUK_OK)
        return code;
    struct promo_live *live = rules ? rules : promo_live_pin();
    code = judge(conn, arena, doc, live, &quote, err);
    if (!rules)
        promo_live_unpin(live);
    show_originals(&quote);
    if (code == SOUK_OK)
        code = quote_compute(&quote, err);
    if (code != SOUK_OK)
        return code;
    quote.version = quote_version(arena, &quote, catalogue);
    *answer = quote_print(arena, &quote);
    return SOUK_OK;
}
