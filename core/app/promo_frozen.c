/*
 * promo_frozen.c: pages of orders with four statements a page, however many orders and lines it
 * has. What a customer had bought before is asked for when they are met first, and counted along
 * from then on: a walk over all orders of a shop asks once for each customer.
 */
#include "app/promo_frozen.h"

#include <stdlib.h>
#include <string.h>
#include "app/promo_frozen.sql.h"
#include "base/map.h"
#include "base/str.h"
#include "base/zone.h"
#include "store/digest.h"

#define CUSTOMERS_MOST 1000000 /* remembered; beyond these each order asks */

struct customer {
    int64_t orders, cancelled, spent, first, last;
};

struct frozen_memory {
    struct map customers;  /* struct customer, by name */
    struct map categories; /* text, by product id; "" for none */
};

struct page {
    struct frozen_reader *reader;
    struct arena *arena;
    struct frozen_order *orders;
    int64_t *worth;
    int *cancelled;
    size_t count;
};

/* ---- the range ---- */

int frozen_reader_begin(struct frozen_reader *reader, int64_t orders, int64_t since, int64_t *total)
{
    struct db_rows rows;
    int code = SOUK_OK;
    int64_t at = since, id = 0;
    *total = 0;
    reader->memory = mem_zalloc(sizeof *reader->memory);
    if (orders > 0) {
        code = db_first(db_query(reader->conn, &sql_promo_frozen_first, &rows, DB_INT(orders - 1)),
                        &rows);
        if (code == SOUK_OK) {
            at = db_int(&rows, 0);
            id = db_int(&rows, 1);
            db_close(&rows);
        } else if (code == SOUK_NOT_FOUND) { /* there are fewer: all of them */
            code = SOUK_OK;
        }
    }
    reader->at = at;
    reader->id = id - 1;
    return code ? code
                : db_get_int(reader->conn, &sql_promo_frozen_count, total, DB_INT(at), DB_INT(id),
                             DB_INT(reader->until));
}

void frozen_reader_end(struct frozen_reader *reader)
{
    struct frozen_memory *memory = reader->memory;
    if (!memory)
        return;
    for (size_t i = 0; i < memory->customers.used; i++)
        free(memory->customers.entries[i].value);
    for (size_t i = 0; i < memory->categories.used; i++)
        free(memory->categories.entries[i].value);
    map_free(&memory->customers);
    map_free(&memory->categories);
    free(memory);
    reader->memory = NULL;
}

/* ---- orders ---- */

static void take_address(struct arena *arena, struct frozen_order *order, struct souk_str text)
{
    struct json *address = NULL;
    if (json_parse(arena, arena_str(arena, text), &address, NULL) != SOUK_OK)
        return;
    order->facts.country = json_text(json_at(address, "country"));
    order->facts.region = json_text(json_at(address, "region"));
    order->facts.postcode = json_text(json_at(address, "postcode"));
}

static void take_kept(struct arena *arena, struct frozen_order *order, struct souk_str text)
{
    struct json *kept = NULL;
    const struct json *codes;
    if (json_parse(arena, arena_str(arena, text), &kept, NULL) != SOUK_OK || !kept->count)
        return;
    order->kept = kept;
    codes = json_at(kept, "coupons");
    if (!codes || codes->kind != JSON_ARRAY || !codes->count)
        return;
    order->quote.coupons = arena_array(arena, struct quote_coupon, codes->count);
    json_each(item, codes)
    {
        struct souk_str code = json_text(json_at(&item->value, "code"));
        if (code.len)
            order->quote.coupons[order->quote.coupon_count++].code = code;
    }
}

/* Its tax is known as an amount: the rate is worked back from it. */
static void take_delivery(struct arena *arena, struct frozen_order *order, struct db_rows *rows)
{
    int64_t paid = order->delivery - order->delivery_discount, tax = db_int(rows, 15);
    struct souk_str method = arena_str(arena, db_text(rows, 17));
    if (!method.len && !order->delivery)
        return;
    struct quote_delivery *delivery = arena_new(arena, struct quote_delivery);
    delivery->method = method;
    delivery->label = arena_str(arena, db_text(rows, 18));
    delivery->amount = order->delivery;
    if (!order->quote.include_tax && paid > 0 && tax > 0) {
        delivery->rates.count = 1;
        delivery->rates.at[0].ppm = tax * 1000000 / paid;
    }
    order->quote.delivery = delivery;
    order->quote.delivery_count = 1;
}

static uint64_t bucket_of(int64_t person, int64_t visitor, struct souk_str email,
                          struct arena *arena)
{
    unsigned char digest[DIGEST_LEN];
    uint64_t number = 0;
    struct souk_str kind = souk_str(person ? "person" : visitor ? "visitor" : "email");
    struct souk_str value =
        person || visitor ? arena_printf(arena, "%lld", (long long)(person ? person : visitor))
                          : email;
    const struct souk_str pieces[] = {souk_str("promotion"), kind, value};
    if (!value.len)
        return (uint64_t)PROMO_WHOLE - 1;
    digest_pieces(digest, pieces, 3);
    for (int i = 0; i < 8; i++)
        number = number << 8 | digest[i];
    return number % (uint64_t)PROMO_WHOLE;
}

static void take_customer(struct arena *arena, struct frozen_order *order, struct db_rows *rows)
{
    struct promo_customer *customer = &order->facts.customer;
    int64_t person = db_int(rows, 4);
    struct souk_str *segments = arena_array(arena, struct souk_str, 2);
    customer->email = arena_str(arena, db_text(rows, 5));
    customer->known = person || customer->email.len;
    customer->guest = !person;
    customer->group = arena_str(arena, db_text(rows, 21));
    customer->registered_at = db_int(rows, 23);
    customer->bucket = bucket_of(person, db_int(rows, 6), customer->email, arena);
    if (db_text(rows, 22).len)
        segments[customer->segments.count++] = arena_str(arena, db_text(rows, 22));
    if (customer->group.len)
        segments[customer->segments.count++] = customer->group;
    customer->segments.at = segments;
    if (person)
        customer->id = arena_printf(arena, "%lld", (long long)person);
    order->customer = person ? arena_printf(arena, "person:%lld", (long long)person)
                      : customer->email.len
                          ? arena_printf(arena, "email:%.*s", SOUK_PRI(customer->email))
                          : STR_NULL;
}

static void take_order(struct page *page, struct db_rows *rows)
{
    struct arena *arena = page->arena;
    struct frozen_order *order = &page->orders[page->count];
    page->cancelled[page->count] = db_int(rows, 3) != 0;
    page->worth[page->count++] = db_int(rows, 24);
    *order = (struct frozen_order){.id = db_int(rows, 0),
                                   .placed_at = db_int(rows, 2),
                                   .number = arena_str(arena, db_text(rows, 1)),
                                   .items = db_int(rows, 11),
                                   .discount = db_int(rows, 12),
                                   .delivery = db_int(rows, 13),
                                   .delivery_discount = db_int(rows, 14),
                                   .total = db_int(rows, 16)};
    order->quote.at = order->placed_at;
    order->quote.currency = arena_str(arena, db_text(rows, 7));
    order->quote.include_tax = db_int(rows, 10) != 0;
    order->facts.channel = arena_str(arena, db_text(rows, 8));
    order->facts.locale = arena_str(arena, db_text(rows, 9));
    order->facts.zone_offset = zone_offset(order->placed_at);
    take_address(arena, order, db_text(rows, 19));
    take_kept(arena, order, db_text(rows, 20));
    take_delivery(arena, order, rows);
    take_customer(arena, order, rows);
}

static int read_orders(struct page *page, int limit)
{
    struct frozen_reader *reader = page->reader;
    struct db_rows rows;
    int code = db_query(reader->conn, &sql_promo_frozen_orders, &rows, DB_INT(reader->at),
                        DB_INT(reader->id), DB_INT(reader->until), DB_INT(limit));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        take_order(page, &rows);
        reader->at = page->orders[page->count - 1].placed_at;
        reader->id = page->orders[page->count - 1].id;
        code = SOUK_OK;
    }
    return code;
}

static struct souk_str list_ids(struct page *page)
{
    struct buf out = {.arena = page->arena};
    for (size_t i = 0; i < page->count; i++)
        buf_printf(&out, "%c%lld", i ? ',' : '[', (long long)page->orders[i].id);
    buf_add_cstr(&out, page->count ? "]" : "[]");
    return buf_str(&out);
}

/* ---- lines ---- */

/* The line of the kept quote says whether a catalogue promotion had made it cheaper. */
static int was_reduced(const struct frozen_order *order, size_t at)
{
    json_each(item, json_at(order->kept, "lines"))
    {
        if (at-- == 0)
            return json_true(json_at(&item->value, "reduced"));
    }
    return 0;
}

static void take_rates(struct arena *arena, struct quote_line *line, struct souk_str text)
{
    struct json *taxes = NULL;
    if (json_parse(arena, arena_str(arena, text), &taxes, NULL) != SOUK_OK)
        return;
    json_each(item, taxes)
    {
        int64_t ppm = json_int(json_at(&item->value, "ppm"), 0);
        if (line->rates.count < TAX_RATES)
            line->rates.at[line->rates.count++].ppm = ppm;
    }
}

/* Lines are large and orders are small: room grows by doubling. */
static struct quote_line *next_line(struct arena *arena, struct quote *quote)
{
    size_t count = quote->count++;
    if (count == 0 || (count >= 2 && (count & (count - 1)) == 0)) {
        struct quote_line *more = arena_array(arena, struct quote_line, count < 2 ? 2 : count * 2);
        if (count)
            memcpy(more, quote->lines, count * sizeof *more);
        quote->lines = more;
    }
    return &quote->lines[count];
}

static void take_line(struct page *page, struct frozen_order *order, struct db_rows *rows,
                      size_t place)
{
    struct arena *arena = page->arena;
    if (db_int(rows, 12) || order->quote.count == QUOTE_LINES)
        return;
    struct quote_line *line = next_line(arena, &order->quote);
    *line = (struct quote_line){.id = db_int(rows, 1),
                                .variant_id = db_int(rows, 2),
                                .product_id = db_int(rows, 3),
                                .sku = arena_str(arena, db_text(rows, 4)),
                                .name = arena_str(arena, db_text(rows, 5)),
                                .product = arena_str(arena, db_text(rows, 14)),
                                .quantity = db_int(rows, 6),
                                .unit_price = db_int(rows, 7),
                                .original_price = db_int(rows, 8),
                                .cost = db_is_null(rows, 9) ? -1 : db_int(rows, 9),
                                .weight_g = db_is_null(rows, 15) ? -1 : db_int(rows, 15),
                                .length_mm = -1,
                                .width_mm = -1,
                                .height_mm = -1};
    if (was_reduced(order, place) && line->original_price > line->unit_price)
        line->unit_price = line->original_price;
    if (!order->quote.include_tax)
        take_rates(arena, line, db_text(rows, 13));
}

static int read_lines(struct page *page, struct souk_str ids)
{
    struct db_rows rows;
    size_t at = 0, place = 0;
    int64_t before = 0;
    int code = db_query(page->reader->conn, &sql_promo_frozen_lines, &rows, DB_TEXT(ids));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        int64_t id = db_int(&rows, 0);
        code = SOUK_OK;
        place = id == before ? place + 1 : 0;
        before = id;
        for (size_t tried = 0; page->orders[at].id != id && tried < page->count; tried++)
            at = (at + 1) % page->count;
        struct frozen_order *order = &page->orders[at];
        if (order->id != id)
            continue;
        take_line(page, order, &rows, place);
    }
    return code;
}

/* ---- categories ---- */

static struct souk_str key_of(int64_t id, char *text)
{
    int len = 0;
    char back[24];
    do
        back[len++] = (char)('0' + id % 10);
    while (id /= 10);
    for (int i = 0; i < len; i++)
        text[i] = back[len - 1 - i];
    return str_make(text, (size_t)len);
}

static int read_categories(struct page *page)
{
    struct map *known = &page->reader->memory->categories;
    struct buf ids = {.arena = page->arena};
    struct db_rows rows;
    char key[24];
    for (size_t i = 0; i < page->count; i++)
        for (size_t k = 0; k < page->orders[i].quote.count; k++) {
            int64_t id = page->orders[i].quote.lines[k].product_id;
            if (!id || map_get(known, key_of(id, key)))
                continue;
            map_put_copy(known, key_of(id, key), mem_strdup(""));
            buf_printf(&ids, "%c%lld", ids.len ? ',' : '[', (long long)id);
        }
    if (!ids.len)
        return SOUK_OK;
    buf_add_char(&ids, ']');
    int code =
        db_query(page->reader->conn, &sql_promo_frozen_categories, &rows, DB_TEXT(buf_str(&ids)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct souk_str text = db_text(&rows, 1);
        char *copy = mem_alloc(text.len + 1);
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = '\0';
        free(map_put(known, key_of(db_int(&rows, 0), key), copy));
        code = SOUK_OK;
    }
    return code;
}

static void set_categories(struct page *page, struct quote_line *line)
{
    char key[24];
    const char *text =
        line->product_id ? map_get(&page->reader->memory->categories, key_of(line->product_id, key))
                         : NULL;
    struct souk_str rest = text ? arena_str(page->arena, souk_str(text)) : STR_NULL, part;
    if (!rest.len)
        return;
    size_t count = 1;
    for (size_t i = 0; i < rest.len; i++)
        count += rest.ptr[i] == ',';
    struct souk_str *keys = arena_array(page->arena, struct souk_str, count);
    while (line->category_count < count && str_split(&rest, ',', &part))
        keys[line->category_count++] = part;
    line->categories = keys;
}

/* ---- what was bought before ---- */

static void remember(struct map *customers, struct souk_str name, const struct customer *what)
{
    struct customer *copy;
    if (!name.len || customers->len >= CUSTOMERS_MOST)
        return;
    copy = mem_alloc(sizeof *copy);
    *copy = *what;
    free(map_put_copy(customers, name, copy));
}

/* Those of the page that are met for the first time; asked for at their first order in it. */
static int read_before(struct page *page)
{
    struct map *customers = &page->reader->memory->customers;
    const struct customer nothing = {0};
    struct buf ids = {.arena = page->arena};
    struct db_rows rows;
    for (size_t i = 0; i < page->count; i++) {
        struct souk_str name = page->orders[i].customer;
        if (!name.len || map_get(customers, name))
            continue;
        remember(customers, name, &nothing);
        buf_printf(&ids, "%c%lld", ids.len ? ',' : '[', (long long)page->orders[i].id);
    }
    if (!ids.len)
        return SOUK_OK;
    buf_add_char(&ids, ']');
    int code =
        db_query(page->reader->conn, &sql_promo_frozen_before, &rows, DB_TEXT(buf_str(&ids)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        const struct customer found = {db_int(&rows, 1), db_int(&rows, 2), db_int(&rows, 3),
                                       db_int(&rows, 4), db_int(&rows, 5)};
        for (size_t i = 0; i < page->count; i++)
            if (page->orders[i].id == db_int(&rows, 0))
                remember(customers, page->orders[i].customer, &found);
        code = SOUK_OK;
    }
    return code;
}

/* The order's customer as they were, and then with it. */
static void count_along(struct page *page, size_t at)
{
    struct frozen_order *order = &page->orders[at];
    struct promo_customer *facts = &order->facts.customer;
    struct customer *known =
        order->customer.len ? map_get(&page->reader->memory->customers, order->customer) : NULL;
    if (!known)
        return;
    facts->orders_before = known->orders;
    facts->orders_cancelled = known->cancelled;
    facts->spent = known->spent;
    facts->first_order_at = known->first;
    facts->last_order_at = known->last;
    known->orders++;
    known->cancelled += page->cancelled[at];
    known->spent += page->worth[at];
    if (page->cancelled[at])
        return;
    known->first = known->first ? known->first : order->placed_at;
    known->last = order->placed_at;
}

/* ---- the whole ---- */

static int fill(struct page *page)
{
    int code = read_lines(page, list_ids(page));
    if (code == SOUK_OK)
        code = read_categories(page);
    if (code == SOUK_OK && page->reader->history)
        code = read_before(page);
    for (size_t i = 0; code == SOUK_OK && i < page->count; i++) {
        for (size_t k = 0; k < page->orders[i].quote.count; k++)
            set_categories(page, &page->orders[i].quote.lines[k]);
        if (page->reader->history)
            count_along(page, i);
    }
    return code;
}

static void begin_page(struct page *page, int limit)
{
    page->orders = arena_array(page->arena, struct frozen_order, (size_t)limit + 1);
    page->worth = arena_array(page->arena, int64_t, (size_t)limit + 1);
    page->cancelled = arena_array(page->arena, int, (size_t)limit + 1);
}

int frozen_reader_next(struct frozen_reader *reader, struct arena *arena, int limit,
                       struct frozen_order **orders, size_t *count, int *over)
{
    struct page page = {.reader = reader, .arena = arena};
    size_t kept = 0;
    begin_page(&page, limit);
    int code = read_orders(&page, limit);
    *over = page.count == 0;
    *count = 0;
    if (code == SOUK_OK && page.count)
        code = fill(&page);
    for (size_t i = 0; i < page.count; i++)
        if (!page.cancelled[i])
            page.orders[kept++] = page.orders[i];
    *orders = page.orders;
    *count = kept;
    return code;
}

int frozen_codes(struct db_conn *conn, struct arena *arena, const struct frozen_order *orders,
                 size_t count, struct map *codes)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    struct buf text = {.arena = arena};
    struct db_rows rows;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < orders[i].quote.coupon_count; k++)
            json_add_str(arena, list, NULL, orders[i].quote.coupons[k].code);
    if (!list->count)
        return SOUK_OK;
    json_print(&text, list);
    int code = db_query(conn, &sql_promo_frozen_codes, &rows, DB_TEXT(buf_str(&text)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct promo_code *row = arena_new(arena, struct promo_code);
        row->code = arena_str(arena, db_text(&rows, 0));
        row->batch = arena_str(arena, db_text(&rows, 1));
        row->ends_at = db_int(&rows, 2);
        row->uses = db_is_null(&rows, 3) ? PROMO_NONE : db_int(&rows, 3);
        row->per_customer = db_is_null(&rows, 4) ? PROMO_NONE : db_int(&rows, 4);
        row->disabled = db_int(&rows, 5) != 0;
        map_put(codes, row->code, row);
        code = SOUK_OK;
    }
    return code;
}

void frozen_copy(struct arena *arena, const struct quote *from, struct quote *to)
{
    *to = *from;
    to->lines = arena_array(arena, struct quote_line, from->count + 1);
    to->delivery = arena_array(arena, struct quote_delivery, from->delivery_count + 1);
    to->coupons = arena_array(arena, struct quote_coupon, from->coupon_count + 1);
    if (from->count)
        memcpy(to->lines, from->lines, from->count * sizeof *to->lines);
    if (from->delivery_count)
        memcpy(to->delivery, from->delivery, from->delivery_count * sizeof *to->delivery);
    if (from->coupon_count)
        memcpy(to->coupons, from->coupons, from->coupon_count * sizeof *to->coupons);
}

int frozen_find(struct db_conn *conn, struct arena *arena, struct souk_str number,
                struct frozen_order *order)
{
    struct frozen_reader reader = {.conn = conn, .history = 1};
    struct page page = {.reader = &reader, .arena = arena};
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_promo_frozen_one, &rows, DB_TEXT(number)), &rows);
    if (code != SOUK_OK)
        return code;
    reader.id = db_int(&rows, 0) - 1;
    reader.at = reader.until = db_int(&rows, 1);
    db_close(&rows);
    reader.memory = mem_zalloc(sizeof *reader.memory);
    begin_page(&page, 1);
    code = read_orders(&page, 1);
    if (code == SOUK_OK)
        code = page.count ? fill(&page) : SOUK_NOT_FOUND;
    if (code == SOUK_OK)
        *order = page.orders[0];
    frozen_reader_end(&reader);
    return code;
}
