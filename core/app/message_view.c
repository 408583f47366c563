/*
 * message_view.c: what the templates of messages see, and rendering them.
 *
 *   shop       {"name", "url", "email", "phone", "address": [lines]}
 *
 *   locale, year, kind, path, link (a whole address; "" when that of the shop is not configured)
 *
 *   order      the document that GET /api/v1/orders/{number} shows
 *
 *   taxes      [{"name", "percent", "amount", "included"}] when there are several rates
 *
 *   parcel     of a parcel's message: its document ("tracking", "tracking_url", "lines" …)
 *
 *   back       of a return's message: its document ("number", "lines" …)
 *
 *   pay        of an order that is to be paid: "facts" and the like, as its provider has it
 *
 *   amount     of a refund or a failed payment, in minor units; why: the words of who refused
 *
 *   name, email, before: of an account
 *
 *   unsubscribe: of news that plugins send (message_letter.c): the address of the way to leave
 *
 * The first line of the text template is the subject. A snapshot is begun for reading and ended
 * before anything else is asked.
 */
#include "app/message_inner.h"

#include "app/checkout.h"
#include "app/message.sql.h"
#include "app/money.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/market.h"
#include "shop/order.h"
#include "shop/shipment.h"

static struct souk_str text_of(const char *text)
{
    return souk_str(text ? text : "");
}

void message_add_link(struct arena *arena, struct json *view, struct souk_str path)
{
    const char *base = market_shop()->url;
    json_add_str(arena, view, "path", path);
    json_add_str(arena, view, "link",
                 base && *base ? arena_printf(arena, "%s%.*s", base, SOUK_PRI(path))
                               : souk_str(""));
    if (!base || !*base)
        log_warn("message.no_address",
                 LOG_S("hint",
                       "say shop = { url = \"https://…\" } in souk.lua: mails have no links "
                       "without it"));
}

/* ---- orders ---- */

/* The path in the language of the message; the shop's first language has no prefix. */
struct souk_str message_order_path(struct arena *arena, const char *locale,
                                   const struct json *order)
{
    const char *first = market_shop()->locales[0];
    struct souk_str path = checkout_order_path(arena, json_text(json_at(order, "number")),
                                               json_text(json_at(order, "token")));
    if (!first || strcmp(first, locale) == 0)
        return path;
    return arena_printf(arena, "/%s%.*s", locale, SOUK_PRI(path));
}

/* 55000 millionths are "5.5" */
static void add_rates(struct arena *arena, const struct json *taxes, struct json *list)
{
    json_each(item, taxes)
    {
        struct json *tax = json_add(arena, list, NULL, JSON_OBJECT);
        int64_t ppm = json_int(json_at(&item->value, "rate_ppm"), 0);
        struct souk_str percent =
            arena_printf(arena, "%lld.%04lld", (long long)(ppm / 10000), (long long)(ppm % 10000));
        while (percent.ptr[percent.len - 1] == '0')
            percent.len--;
        percent.len -= percent.ptr[percent.len - 1] == '.';
        json_each(member, &item->value) * json_add_key(arena, tax, member->key, JSON_NULL) =
            member->value;
        json_add_str(arena, tax, "percent", percent);
    }
}

/* The tax of each rate, when there are several and they still come to what the order says: an order
 * that was changed afterwards shows one sum. */
static void add_taxes(struct db_conn *conn, struct arena *arena, int64_t id, struct json *view)
{
    struct db_rows rows;
    struct err err = {0};
    struct json *quote = NULL;
    const struct json *totals = json_at(json_at(view, "order"), "totals");
    int64_t sum = 0;
    if (db_first(db_query(conn, &sql_message_quote, &rows, DB_INT(id)), &rows) != SOUK_OK)
        return;
    int code = json_parse(arena, arena_str(arena, db_text(&rows, 0)), &quote, &err);
    db_close(&rows);
    const struct json *taxes = code == SOUK_OK ? json_at(quote, "taxes") : NULL;
    json_each(item, taxes) sum += json_int(json_at(&item->value, "amount"), 0);
    if (taxes && taxes->count > 1 &&
        sum == json_int(json_at(totals, "tax"), 0) + json_int(json_at(totals, "tax_included"), 0))
        add_rates(arena, taxes, json_add(arena, view, "taxes", JSON_ARRAY));
}

/* The return that the message is about. */
static void add_return(struct arena *arena, const struct json *data, struct json *view)
{
    struct souk_str number = json_text(json_at(data, "return_number"));
    json_each(item, json_at(json_at(view, "order"), "returns"))
    {
        if (number.len && souk_str_equal(json_text(json_at(&item->value, "number")), number))
            json_add_tree(arena, view, "back", &item->value);
    }
}

/* A parcel without words of its own is no reason not to write. */
static void add_parcel(const struct provider_scope *scope, struct db_conn *conn,
                       const struct json *data, struct json *view)
{
    struct json *parcel = NULL;
    int64_t id = json_int(json_at(data, "shipment"), 0);
    if (id && shipment_load(conn, scope->arena, id, &parcel) == SOUK_OK && parcel)
        json_add_tree(scope->arena, view, "parcel", parcel);
}

/* What is still to be paid, and how: asked of the provider for mails that say so. */
static void add_payment(const struct provider_scope *scope, struct db_conn *conn, int64_t order,
                        struct json *view)
{
    struct payment_row row;
    struct souk_payment payment;
    struct provider_scope reading = *scope;
    struct json *pay = json_new(scope->arena, JSON_OBJECT);
    if (payment_of(conn, scope->arena, order, &row) != SOUK_OK ||
        souk_str_is(row.state, "captured") || souk_str_is(row.state, "cancelled"))
        return;
    reading.conn = conn;
    reading.kind = SOUK_READ;
    if (money_view(&reading, conn, row.id, &payment, &row) == SOUK_OK &&
        payment_show(&reading, row.provider, &payment, pay) == SOUK_OK && pay->count)
        json_add_tree(scope->arena, view, "pay", pay);
}

static int add_order(const struct provider_scope *scope, const struct message_row *row,
                     const struct json *data, struct json *view, struct err *err)
{
    struct arena *arena = scope->arena;
    struct json *order = NULL;
    struct db_conn *conn = db_read_begin(scope->db, 0);
    if (!conn)
        return err_set(err, SOUK_UNAVAILABLE, "the database cannot be read now");
    int code = order_load(conn, arena, row->order, 0, &order);
    if (code == SOUK_OK) {
        json_add_tree(arena, view, "order", order);
        add_taxes(conn, arena, row->order, view);
        add_return(arena, data, view);
        add_parcel(scope, conn, data, view);
        add_payment(scope, conn, row->order, view);
    }
    db_read_end(conn);
    if (code != SOUK_OK)
        return err_set(err, code, "order %lld cannot be read", (long long)row->order);
    return SOUK_OK;
}

static void add_example(const struct provider_scope *scope, struct json *view)
{
    struct arena *arena = scope->arena;
    struct json *order = message_example(arena, market_shop()->currency);
    struct json *parcel = json_add(arena, view, "parcel", JSON_OBJECT);
    json_add_tree(arena, view, "order", order);
    json_add_cstr(arena, parcel, "number", "1042-1");
    json_add_cstr(arena, parcel, "tracking", "TR123456789");
    json_add_cstr(arena, parcel, "tracking_url", "https://carrier.example/TR123456789");
}

/* ---- the view ---- */

static void add_told(struct arena *arena, const struct json *data, struct json *view)
{
    static const char *const names[] = {"name", "email",  "before", "amount", "why",
                                        "url",  "return", "state",  "host",   NULL};
    for (int i = 0; names[i]; i++)
        if (json_at(data, names[i]))
            json_add_tree(arena, view, names[i], json_at(data, names[i]));
}

struct json *message_frame(const struct provider_scope *scope, const struct message_row *row)
{
    struct arena *arena = scope->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    json_add_str(arena, view, "kind", row->kind);
    json_add_cstr(arena, view, "locale", scope->locale);
    json_add_int(arena, view, "year", clock_civil(clock_now()).year);
    json_add_str(arena, view, "name", row->name);
    json_add_cstr(arena, view, "path", "");
    json_add_cstr(arena, view, "link", "");
    site_add_shop(arena, view);
    return view;
}

int message_view(const struct provider_scope *scope, const struct message_row *row,
                 struct json **out, struct err *err)
{
    struct arena *arena = scope->arena;
    const struct message_occasion *occasion = message_occasion(row->kind);
    struct json *data = NULL, *view = message_frame(scope, row);
    if (!occasion)
        return err_set(err, SOUK_NOT_FOUND, "there is no message of the kind \"%.*s\"",
                       SOUK_PRI(row->kind));
    int code = json_parse(arena, row->data, &data, err);
    if (code != SOUK_OK)
        return code;
    int orders = occasion->about == MESSAGE_ORDER || occasion->about == MESSAGE_PARCEL;
    if (orders && row->order)
        code = add_order(scope, row, data, view, err);
    else if (orders)
        add_example(scope, view);
    if (code != SOUK_OK)
        return code;
    add_told(arena, data, view);
    message_add_link(arena, view,
                     orders ? message_order_path(arena, scope->locale, json_at(view, "order"))
                     : json_text(json_at(data, "path")).len ? json_text(json_at(data, "path"))
                                                            : souk_str("/account"));
    *out = view;
    return SOUK_OK;
}

/* ---- rendering ---- */

/* One empty line at most, none with blanks only. */
struct souk_str message_tidy(struct arena *arena, struct souk_str text)
{
    struct buf out = {.arena = arena};
    struct souk_str line;
    int empty = 0;
    while (str_split(&text, '\n', &line)) {
        empty = str_trim(line).len ? 0 : empty + 1;
        if (empty > 1)
            continue;
        buf_add_str(&out, empty ? souk_str("") : line);
        buf_add_char(&out, '\n');
    }
    return str_trim(buf_str(&out));
}

/* What comes before the first line break that has something before it, and what is behind it. */
void message_cut_subject(struct arena *arena, struct souk_str all, struct message_text *out)
{
    all = message_tidy(arena, str_trim(all));
    ptrdiff_t end = str_find(all, '\n');
    struct souk_str rest = end < 0 ? souk_str("") : str_from(all, (size_t)end + 1);
    out->subject = str_trim(end < 0 ? all : str_make(all.ptr, (size_t)end));
    out->text = arena_printf(arena, "%.*s\n", SOUK_PRI(str_trim(rest)));
}

int message_render(const struct provider_scope *scope, const struct message_row *row,
                   const struct json *view, struct message_text *out, struct err *err)
{
    struct arena *arena = scope->arena;
    struct souk_str text;
    struct souk_str currency = json_text(json_at(json_at(view, "order"), "currency"));
    struct site_away away = {.locale = scope->locale,
                             .currency = currency.len ? arena_cstr(arena, currency) : NULL,
                             .now = clock_now()};
    const char *name = arena_printf(arena, "mail/%.*s", SOUK_PRI(row->kind)).ptr;
    const char *plain = arena_printf(arena, "%s.txt", name).ptr;
    int code = site_render_text(scope->set, arena, &away, plain, view, &text, err);
    if (code != SOUK_OK)
        return code;
    message_cut_subject(arena, text, out);
    return site_render_text(scope->set, arena, &away, name, view, &out->html, err);
}

/* ---- previews ---- */

struct json *message_example(struct arena *arena, const char *currency)
{
    static const char text[] =
        "{\"number\":\"1042\",\"token\":\"example\",\"status\":\"confirmed\",\"payment_status\":"
        "\"paid\",\"fulfilment_status\":\"shipped\",\"currency\":\"%s\",\"name\":\"Ada "
        "Lovelace\",\"email\":\"ada@example.com\",\"phone\":\"+359888123456\","
        "\"prices_include_tax\":true,\"address\":{\"country\":\"BG\",\"city\":\"Sofia\","
        "\"postcode\":\"1000\",\"line1\":\"ul. Rakovski 1\"},\"lines\":[{\"sku\":\"TEA-1\",\"name\":"
        "\"Mountain tea\",\"options\":\"100 g\",\"quantity\":2,\"unit_price\":1250,\"subtotal\":2500,"
        "\"discount\":0,\"total\":2500,\"tax\":417}],\"totals\":{\"items\":2500,\"discount\":0,"
        "\"delivery\":500,\"delivery_discount\":0,\"tax\":0,\"tax_included\":500,\"total\":3000},"
        "\"delivery\":{\"method\":\"courier:standard\",\"label\":\"Courier\"},\"payment\":{\"method\":"
        "\"cod\",\"label\":\"Cash on delivery\",\"next\":null},\"placed_at\":"
        "\"2026-09-01T08:00:00Z\"}";
    struct err err = {0};
    struct json *order = NULL;
    char filled[sizeof text + 8];
    snprintf(filled, sizeof filled, text, currency && strlen(currency) == 3 ? currency : "EUR");
    if (json_parse(arena, arena_str(arena, souk_str(filled)), &order, &err) != SOUK_OK)
        order = json_new(arena, JSON_OBJECT);
    return order;
}

static struct souk_str example_data(const struct message_occasion *occasion)
{
    if (occasion->about == MESSAGE_STAFF)
        return souk_str("{\"url\":\"https://receiver.example/hook\",\"why\":\"500\"}");
    if (occasion->about != MESSAGE_ACCOUNT)
        return souk_str("{\"amount\":1250,\"why\":\"\"}");
    return souk_str("{\"name\":\"Ada\",\"email\":\"ada@example.com\",\"before\":"
                    "\"ada@old.example\",\"path\":\"/account/confirm?token=example\"}");
}

int message_preview(const struct provider_scope *scope, struct souk_str kind, int64_t order_id,
                    const char *locale, struct json *preview, struct err *err)
{
    struct arena *arena = scope->arena;
    const struct message_occasion *occasion = message_occasion(kind);
    struct provider_scope other = *scope;
    struct message_row row = {.order = order_id, .kind = kind};
    struct message_text text;
    struct json *view = NULL;
    if (!occasion)
        return err_set(err, SOUK_NOT_FOUND, "there is no message of the kind \"%.*s\"",
                       SOUK_PRI(kind));
    other.locale = market_locale(text_of(locale)) ? market_locale(text_of(locale)) : "en";
    row.data = example_data(occasion);
    int code = message_view(&other, &row, &view, err);
    if (code == SOUK_OK)
        code = message_render(&other, &row, view, &text, err);
    if (code != SOUK_OK)
        return code;
    json_add_str(arena, preview, "subject", text.subject);
    json_add_str(arena, preview, "text", text.text);
    json_add_str(arena, preview, "html", text.html);
    return SOUK_OK;
}
