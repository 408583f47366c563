/*
 * quote_facts.c: what the file of `souk quote` says of the customer and of what was used so far. It
 * stands over what the database knows: a member that is there counts, whatever is stored.
 */
#include "base/clock.h"
#include "shop/promo.h"
#include "shop/quote.h"

#define LIST_MOST 100000

struct reader {
    struct arena *arena;
    struct buf wrong;
};

static void complain(struct reader *reader, const char *at, const char *what)
{
    buf_printf(&reader->wrong, "%s%s: %s", reader->wrong.len ? "; " : "", at, what);
}

/* A whole number that is not negative; `otherwise` when it is not there. */
static int64_t take_int(struct reader *reader, const struct json *object, const char *at,
                        const char *key, int64_t otherwise)
{
    const struct json *value = json_at(object, key);
    if (!value || value->kind == JSON_NULL)
        return otherwise;
    if (value->kind == JSON_INT && value->number >= 0)
        return value->number;
    complain(reader, arena_printf(reader->arena, "%s/%s", at, key).ptr,
             "must be a whole number, at least 0");
    return otherwise;
}

static int64_t take_time(struct reader *reader, const struct json *object, const char *at,
                         const char *key, int64_t otherwise)
{
    const struct json *value = json_at(object, key);
    int64_t moment;
    if (!value || value->kind == JSON_NULL)
        return otherwise;
    if (clock_parse(json_text(value), &moment) == SOUK_OK)
        return moment;
    complain(reader, arena_printf(reader->arena, "%s/%s", at, key).ptr,
             "must be a time like 2026-11-27T00:00:00Z");
    return otherwise;
}

static struct souk_str take_text(const struct json *object, const char *key,
                                 struct souk_str otherwise)
{
    const struct json *value = json_at(object, key);
    return value && value->kind == JSON_STRING ? value->text : otherwise;
}

/* An id may be a number, too. */
static struct souk_str take_id(struct reader *reader, const struct json *object)
{
    const struct json *value = json_at(object, "id");
    return value && value->kind == JSON_INT
               ? arena_printf(reader->arena, "%lld", (long long)value->number)
               : json_text(value);
}

/* How many stand in a list of objects; -1: there is none. */
static int64_t count_of(struct reader *reader, const struct json *object, const char *at,
                        const char *key)
{
    const struct json *list = json_at(object, key);
    if (!list || list->kind == JSON_NULL)
        return -1;
    if (list->kind == JSON_ARRAY && list->count <= LIST_MOST)
        return list->count;
    complain(reader, arena_printf(reader->arena, "%s/%s", at, key).ptr, "must be a list");
    return -1;
}

/* ---- the customer ---- */

static void read_history(struct reader *reader, const struct json *doc,
                         struct promo_customer *customer)
{
    int64_t count = count_of(reader, doc, "/customer", "history");
    if (count < 0)
        return;
    struct promo_history *list =
        arena_array(reader->arena, struct promo_history, (size_t)count + 1);
    customer->history_count = 0;
    json_each(item, json_at(doc, "history"))
    {
        list[customer->history_count++] =
            (struct promo_history){.coupon = promo_code_normalize(
                                       reader->arena, json_text(json_at(&item->value, "coupon"))),
                                   .cancelled = json_true(json_at(&item->value, "cancelled"))};
    }
    customer->history = list;
}

static void read_segments(struct reader *reader, const struct json *doc,
                          struct promo_customer *customer)
{
    int64_t count = count_of(reader, doc, "/customer", "segments");
    if (count < 0)
        return;
    struct souk_str *texts = arena_array(reader->arena, struct souk_str, (size_t)count + 1);
    customer->segments = (struct promo_texts){.at = texts};
    json_each(item, json_at(doc, "segments")) texts[customer->segments.count++] =
        json_text(&item->value);
}

/* A hold-out's share, the same for the same customer on every machine. */
static uint64_t bucket_of(struct souk_str id)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (unsigned char)id.ptr[i]) * UINT64_C(0x100000001b3);
    return (hash ^ hash >> 32) % 1000000;
}

static void read_customer(struct reader *reader, const struct json *doc,
                          struct promo_customer *customer)
{
    static const char at[] = "/customer";
    const struct json *guest = json_at(doc, "guest");
    struct souk_str id = take_id(reader, doc);
    customer->known = 1;
    if (id.len)
        customer->id = id;
    customer->email = take_text(doc, "email", customer->email);
    customer->group = take_text(doc, "group", customer->group);
    customer->guest = guest ? json_true(guest) : !id.len;
    customer->orders_before = take_int(reader, doc, at, "orders_before", customer->orders_before);
    customer->orders_cancelled =
        take_int(reader, doc, at, "orders_cancelled", customer->orders_cancelled);
    customer->spent = take_int(reader, doc, at, "spent", customer->spent);
    customer->registered_at = take_time(reader, doc, at, "registered_at", customer->registered_at);
    customer->first_order_at =
        take_time(reader, doc, at, "first_order_at", customer->first_order_at);
    customer->last_order_at = take_time(reader, doc, at, "last_order_at", customer->last_order_at);
    customer->lead_at = take_time(reader, doc, at, "lead_at", customer->lead_at);
    customer->bucket =
        (uint64_t)take_int(reader, doc, at, "bucket",
                           (int64_t)bucket_of(customer->id.len ? customer->id : customer->email));
    read_history(reader, doc, customer);
    read_segments(reader, doc, customer);
}

/* ---- what was used ---- */

static void read_usage(struct reader *reader, const struct json *doc, struct promo_facts *facts)
{
    int64_t count = count_of(reader, doc, "", "usage");
    if (count < 0)
        return;
    struct promo_usage *list = arena_array(reader->arena, struct promo_usage, (size_t)count + 1);
    facts->usage_count = 0;
    json_each(item, json_at(doc, "usage"))
    {
        const char *at = arena_printf(reader->arena, "/usage/%zu", facts->usage_count).ptr;
        const struct json *one = &item->value;
        if (!json_text(json_at(one, "promotion")).len)
            complain(reader, at, "needs the id of a \"promotion\"");
        list[facts->usage_count++] = (struct promo_usage){
            .promotion = json_text(json_at(one, "promotion")),
            .used = take_int(reader, one, at, "used", 0),
            .used_amount = take_int(reader, one, at, "used_amount", 0),
            .used_by_customer = take_int(reader, one, at, "used_by_customer", 0)};
    }
    facts->usage = list;
}

static void read_codes(struct reader *reader, const struct json *doc, struct promo_facts *facts)
{
    int64_t count = count_of(reader, doc, "", "codes");
    if (count < 0)
        return;
    struct promo_code *list = arena_array(reader->arena, struct promo_code, (size_t)count + 1);
    facts->code_count = 0;
    json_each(item, json_at(doc, "codes"))
    {
        const char *at = arena_printf(reader->arena, "/codes/%zu", facts->code_count).ptr;
        const struct json *one = &item->value;
        struct souk_str code = promo_code_normalize(reader->arena, json_text(json_at(one, "code")));
        if (!code.len)
            complain(reader, at, "needs a \"code\"");
        list[facts->code_count++] = (struct promo_code){
            .code = code,
            .batch = json_text(json_at(one, "batch")),
            .ends_at = take_time(reader, one, at, "ends_at", 0),
            .uses = take_int(reader, one, at, "uses", PROMO_NONE),
            .used = take_int(reader, one, at, "used", 0),
            .per_customer = take_int(reader, one, at, "per_customer", PROMO_NONE),
            .used_by_customer = take_int(reader, one, at, "used_by_customer", 0),
            .disabled = json_true(json_at(one, "disabled"))};
    }
    facts->codes = list;
}

int quote_parse_facts(struct arena *arena, const struct json *doc, const struct quote *quote,
                      struct promo_facts *facts, struct err *err)
{
    struct reader reader = {.arena = arena, .wrong = {.arena = arena}};
    const struct json *customer = json_at(doc, "customer");
    (void)quote;
    if (customer && customer->kind == JSON_OBJECT)
        read_customer(&reader, customer, &facts->customer);
    read_usage(&reader, doc, facts);
    read_codes(&reader, doc, facts);
    return reader.wrong.len ? err_set(err, SOUK_INVALID, "%.*s", SOUK_PRI(buf_str(&reader.wrong)))
                            : SOUK_OK;
}
