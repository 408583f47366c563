/*
 * cart_document.c: a cart as pages and the API show it: the lines with names, addresses, pictures
 * and stock, those kept for later among them ("later": true), and the quote. Lines that cannot be
 * bought any more stand in "gone" alone. Beside the quote it costs one query, and two more where
 * something is kept for later.
 */
#include "base/str.h"
#include "shop/cart.h"
#include "shop/cart.sql.h"
#include "shop/cart_goods.h"
#include "shop/slug.h"
#include "shop/view_text.h"

struct seen { /* what a page shows of a variant besides its price */
    int64_t variant_id;
    int64_t stock; /* -1: any number */
    struct souk_str url;
    const char *availability;
    struct json *image;
};

struct document {
    struct db_conn *conn;
    struct arena *arena;
    const struct cart *cart;
    const struct market *market;
    const struct quote *quote;
    struct seen *seen;
    size_t seen_count;
    struct goods_list later;
};

/* Those kept for later; `all`: every line, and the gifts of `quote`. */
static struct souk_str list_variants(struct arena *arena, const struct cart *cart,
                                     const struct quote *quote, int all)
{
    struct buf out = {.arena = arena};
    for (size_t i = 0; i < cart->count; i++)
        if (all || cart->lines[i].later)
            buf_printf(&out, "%c%lld", out.len ? ',' : '[', (long long)cart->lines[i].variant_id);
    for (size_t i = 0; all && quote && i < quote->count; i++)
        if (quote->lines[i].gift && quote->lines[i].variant_id)
            buf_printf(&out, "%c%lld", out.len ? ',' : '[', (long long)quote->lines[i].variant_id);
    if (!out.len)
        return souk_str("");
    buf_add_char(&out, ']');
    return buf_str(&out);
}

static int read_seen(struct document *document)
{
    struct arena *arena = document->arena;
    const char *locale = document->market->locale;
    struct souk_str ids = list_variants(arena, document->cart, document->quote, 1);
    size_t room = document->cart->count + (document->quote ? document->quote->count : 0);
    struct db_rows rows;
    if (!ids.len)
        return SOUK_OK;
    int code = db_query(document->conn, &sql_cart_views, &rows, DB_TEXT(ids), DB_CSTR(locale),
                        DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    document->seen = arena_array(arena, struct seen, room);
    while ((code = db_next(&rows)) == 1) {
        if (document->seen_count == room)
            continue;
        struct souk_str slug = arena_str(arena, db_text(&rows, 1));
        document->seen[document->seen_count++] = (struct seen){
            .variant_id = db_int(&rows, 0),
            .stock = db_is_null(&rows, 2)   ? -1
                     : db_int(&rows, 2) > 0 ? db_int(&rows, 2)
                                            : 0,
            .url = slug.len ? slug_url(arena, "product", slug, locale) : souk_str(""),
            .availability = price_availability_name(price_availability(db_text(&rows, 3))),
            .image = view_image(arena, &rows, 4,
                                view_alt(arena, db_text(&rows, 9), locale, souk_str("")))};
    }
    return code;
}

static const struct seen *find_seen(const struct document *document, int64_t variant_id)
{
    for (size_t i = 0; i < document->seen_count; i++)
        if (document->seen[i].variant_id == variant_id)
            return &document->seen[i];
    return NULL;
}

/* With the variant's own choice, where it has one: "/p/hoodie?sku=H-S". */
static struct souk_str url_of(struct arena *arena, const struct seen *seen,
                              const struct quote_line *priced)
{
    struct buf out = {.arena = arena};
    if (!seen || !seen->url.len)
        return souk_str("");
    if (!priced->options.len)
        return seen->url;
    buf_add_str(&out, seen->url);
    buf_add_cstr(&out, "?sku=");
    buf_add_encoded(&out, priced->sku);
    return buf_str(&out);
}

static void add_seen(struct arena *arena, struct json *item, const struct cart_line *line,
                     const struct quote_line *priced, const struct seen *seen)
{
    int64_t stock = seen ? seen->stock : 0;
    json_add_str(arena, item, "url", url_of(arena, seen, priced));
    if (seen && seen->image) {
        if (!json_text(json_at(seen->image, "alt")).len)
            json_add_str(arena, seen->image, "alt", priced->name);
        json_add_tree(arena, item, "image", seen->image);
    } else {
        json_add_null(arena, item, "image");
    }
    json_add_bool(arena, item, "available", stock < 0 || stock >= line->quantity);
    json_add_cstr(arena, item, "availability", seen ? seen->availability : "out");
    if (stock >= 0)
        json_add_int(arena, item, "stock", stock);
    else
        json_add_null(arena, item, "stock");
}

static void add_discounts(const struct document *document, struct json *item,
                          const struct quote_line *priced)
{
    struct arena *arena = document->arena;
    struct json *list = json_add(arena, item, "discounts", JSON_ARRAY);
    for (size_t i = 0; i < priced->discount_count; i++) {
        const struct quote_share *share = &priced->discounts[i];
        struct json *one = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, one, "promotion", share->promotion);
        json_add_str(arena, one, "name", quote_promotion_name(document->quote, share->promotion));
        json_add_int(arena, one, "amount", share->amount);
    }
}

static void add_line(const struct document *document, struct json *list,
                     const struct cart_line *line, const struct quote_line *priced)
{
    struct arena *arena = document->arena;
    struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_str(arena, item, "id", arena_printf(arena, "%lld", (long long)line->id));
    json_add_str(arena, item, "sku", priced->sku);
    json_add_str(arena, item, "name", priced->name);
    json_add_str(arena, item, "options", priced->options);
    json_add_int(arena, item, "quantity", line->quantity);
    json_add_bool(arena, item, "later", line->later);
    json_add_str(arena, item, "note", line->note);
    json_add_int(arena, item, "unit_price", priced->unit_price);
    json_add_int(arena, item, "original_price", priced->original_price);
    json_add_int(arena, item, "subtotal", priced->subtotal);
    json_add_int(arena, item, "discount", priced->discount);
    json_add_int(arena, item, "total", priced->total);
    /* a price that lost its tax is no other price */
    if (line->price_seen >= 0 && line->price_seen != priced->unit_price && !priced->rates.exempt)
        json_add_int(arena, item, "price_before", line->price_seen);
    else
        json_add_null(arena, item, "price_before");
    json_add_bool(arena, item, "unsent", priced->unsent);
    json_add_bool(arena, item, "gift", priced->gift);
    add_discounts(document, item, priced);
    json_add_bool(arena, item, "reduced", priced->reduced);
    add_seen(arena, item, line, priced, find_seen(document, line->variant_id));
}

/* What rules put in: lines that nobody can change, under names of their own. */
static void add_gifts(struct document *document, struct json *doc)
{
    struct arena *arena = document->arena;
    struct json *list = (struct json *)(uintptr_t)json_at(doc, "lines");
    const struct quote *quote = document->quote;
    size_t count = 0;
    for (size_t i = 0; quote && i < quote->count; i++) {
        const struct quote_line *priced = &quote->lines[i];
        struct cart_line line = {.variant_id = priced->variant_id,
                                 .quantity = priced->quantity,
                                 .price_seen = -1,
                                 .note = souk_str("")};
        if (!priced->gift)
            continue;
        add_line(document, list, &line, priced);
        json_add_str(arena, &list->last->value, "id", arena_printf(arena, "gift-%zu", ++count));
        json_add_bool(arena, &list->last->value, "available", 1);
    }
}

/* What is kept for later is shown at today's price for its quantity; 0: it is not sold any more. */
static int price_later(struct document *document, const struct cart_line *line,
                       struct quote_line *priced)
{
    const struct goods *goods = goods_find(&document->later, line->variant_id);
    struct price price = goods_price(&document->later, line->variant_id, line->quantity);
    if (!goods || !goods->sold || price.amount < 0)
        return 0;
    *priced = (struct quote_line){
        .quantity = line->quantity,
        .sku = goods->sku,
        .name = goods->name,
        .options = goods->options,
        .unit_price = price.amount,
        .original_price = price.compare_at > price.amount ? price.compare_at : price.amount,
        .unsent = goods->unsent};
    if (__builtin_mul_overflow(line->quantity, price.amount, &priced->subtotal))
        return 0;
    priced->total = priced->subtotal;
    return 1;
}

static int add_lines(struct document *document, struct json *doc, struct json *gone)
{
    struct arena *arena = document->arena;
    struct json *list = json_add(arena, doc, "lines", JSON_ARRAY);
    struct souk_str later = list_variants(arena, document->cart, NULL, 0);
    size_t at = 0;
    int code = later.len
                   ? goods_read(document->conn, arena, document->market, later, &document->later)
                   : SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < document->cart->count; i++) {
        const struct cart_line *line = &document->cart->lines[i];
        const struct quote *quote = document->quote;
        struct quote_line priced;
        if (line->later) {
            if (price_later(document, line, &priced))
                add_line(document, list, line, &priced);
            else if (gone)
                goods_gone(arena, gone, line->id, line->quantity,
                           goods_find(&document->later, line->variant_id));
        } else if (quote && at < quote->count && quote->lines[at].id == line->id) {
            add_line(document, list, line, &quote->lines[at++]); /* in the same order */
        }
    }
    return code;
}

int cart_document(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                  const struct market *market, const struct quote *quote, struct json *gone,
                  struct json **doc)
{
    struct document document = {
        .conn = conn, .arena = arena, .cart = cart, .market = market, .quote = quote};
    int code = read_seen(&document);
    if (code != SOUK_OK)
        return code;
    if (!gone)
        gone = json_new(arena, JSON_ARRAY);
    *doc = json_new(arena, JSON_OBJECT);
    json_add_str(arena, *doc, "id", cart->token);
    json_add_str(arena, *doc, "state", cart->state);
    json_add_cstr(arena, *doc, "currency", market->currency);
    json_add_str(arena, *doc, "locale", cart->locale);
    json_add_int(arena, *doc, "units", cart_units(cart));
    if ((code = add_lines(&document, *doc, gone)) != SOUK_OK)
        return code;
    add_gifts(&document, *doc);
    json_add_tree(arena, *doc, "gone", gone);
    struct json *codes = json_add(arena, *doc, "coupons", JSON_ARRAY);
    for (size_t i = 0; i < cart->coupon_count; i++)
        json_add(arena, codes, NULL, JSON_STRING)->text = cart->coupons[i];
    if (quote)
        json_add_tree(arena, *doc, "quote", quote_print_public(arena, quote));
    else
        json_add_null(arena, *doc, "quote");
    json_add_time(arena, *doc, "expires_at", cart->expires_at);
    return SOUK_OK;
}
