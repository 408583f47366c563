/*
 * order_draft: what a checkout sends, read and made comparable, with every error at once.
 *
 * Fields that are only text are cut of spaces and measured; the address of mail and the number are
 * brought into the form that compares (contact_normalize). What a country wants in an address
 * differs too much for rules here: a country, a city and a street are asked for, the rest is taken
 * as it comes. Whether a way of delivery or payment exists is not asked here but of its provider.
 */
#include "shop/order.h"

#include <ctype.h>
#include "base/str.h"
#include "base/utf8.h"
#include "shop/order_inner.h"
#include "shop/person.h"

#define NOTE_MOST 2000

struct reader {
    struct arena *arena;
    struct json *errors;
};

static void complain(struct reader *reader, const char *at, const char *field, const char *words)
{
    struct json *item = json_add(reader->arena, reader->errors, NULL, JSON_OBJECT);
    json_add_str(reader->arena, item, "pointer", arena_printf(reader->arena, "%s/%s", at, field));
    json_add_str(reader->arena, item, "detail", arena_str(reader->arena, souk_str(words)));
}

/* A text of at most `most` letters; `missing` NULL: may be empty. */
static struct souk_str read_text(struct reader *reader, const struct json *from, const char *at,
                                 const char *field, size_t most, const char *missing)
{
    const struct json *value = json_at(from, field);
    struct souk_str text = str_trim(json_text(value));
    if (value && value->kind != JSON_STRING && value->kind != JSON_NULL)
        complain(reader, at, field, "this must be text");
    else if (!text.len && missing)
        complain(reader, at, field, missing);
    else if (!utf8_valid(text) || utf8_length(text) > most)
        complain(reader, at, field, "this is too long");
    else
        return arena_str(reader->arena, text);
    return souk_str("");
}

static struct souk_str read_country(struct reader *reader, const struct json *from, const char *at,
                                    int needed, const char *otherwise)
{
    struct souk_str code = str_trim(json_text(json_at(from, "country")));
    if (!code.len && otherwise && needed)
        return arena_str(reader->arena, souk_str(otherwise));
    if (!code.len && !needed)
        return souk_str("");
    if (code.len != 2 || !isalpha((unsigned char)code.ptr[0]) ||
        !isalpha((unsigned char)code.ptr[1])) {
        complain(reader, at, "country", "choose a country");
        return souk_str("");
    }
    return utf8_upper(reader->arena, code);
}

static void read_address(struct reader *reader, const struct json *from, const char *at, int needed,
                         const char *country, struct order_address *to)
{
    to->country = read_country(reader, from, at, needed, country);
    to->company = read_text(reader, from, at, "company", 100, NULL);
    to->region = read_text(reader, from, at, "region", 100, NULL);
    to->city = read_text(reader, from, at, "city", 100, needed ? "a city is needed" : NULL);
    to->postcode = read_text(reader, from, at, "postcode", 20, NULL);
    to->line1 =
        read_text(reader, from, at, "line1", 200, needed ? "a street and number are needed" : NULL);
    to->line2 = read_text(reader, from, at, "line2", 200, NULL);
}

static void read_contacts(struct reader *reader, const struct json *body, const char *country,
                          struct order_draft *draft)
{
    struct err err = {0};
    struct souk_str phone = str_trim(json_text(json_at(body, "phone")));
    if (contact_normalize(reader->arena, "email", json_text(json_at(body, "email")), NULL,
                          &draft->email, &err) != SOUK_OK) {
        complain(reader, "", "email", err.text);
        draft->email = souk_str("");
    }
    draft->phone = souk_str("");
    if (phone.len &&
        contact_normalize(reader->arena, "phone", phone, country, &draft->phone, &err) != SOUK_OK) {
        complain(reader, "", "phone", err.text);
        draft->phone = souk_str("");
    }
}

/* {"method": …} as sent; NULL after a complaint. */
static const struct json *read_choice(struct reader *reader, const struct json *body,
                                      const char *field, const char *pointer, const char *missing)
{
    const struct json *choice = json_at(body, field);
    if (json_text(json_at(choice, "method")).len)
        return choice;
    complain(reader, pointer, "method", missing);
    return NULL;
}

static void read_accept(struct reader *reader, const struct json *body, struct order_draft *draft)
{
    const struct json *accept = json_at(body, "accept_total");
    draft->accept_total = -1;
    if (!accept || accept->kind == JSON_NULL)
        return;
    if (accept->kind == JSON_INT && accept->number >= 0)
        draft->accept_total = accept->number;
    else
        complain(reader, "", "accept_total", "the total is a whole number of minor units");
}

int order_draft_read(struct arena *arena, const struct json *body, int needs_address,
                     const char *country, struct order_draft *draft, struct json *errors)
{
    struct reader reader = {arena, errors};
    const struct json *billing = json_at(body, "billing");
    *draft = (struct order_draft){0};
    if (!body || body->kind != JSON_OBJECT) {
        complain(&reader, "", "", "a checkout is a JSON object");
        return SOUK_INVALID;
    }
    draft->name = read_text(&reader, body, "", "name", 100, "a name is needed: who receives it");
    read_address(&reader, json_at(body, "address"), "/address", needs_address, country,
                 &draft->address);
    read_address(&reader, billing, "/billing", 0, NULL, &draft->billing);
    draft->vat_number = read_text(&reader, billing, "/billing", "vat_number", 40, NULL);
    const char *home =
        draft->address.country.len ? arena_cstr(arena, draft->address.country) : country;
    read_contacts(&reader, body, home, draft);
    draft->note = read_text(&reader, body, "", "note", NOTE_MOST, NULL);
    draft->delivery =
        read_choice(&reader, body, "delivery", "/delivery", "choose how it is to be delivered");
    draft->payment = read_choice(&reader, body, "payment", "/payment", "choose how to pay");
    draft->newsletter = json_true(json_at(body, "newsletter"));
    read_accept(&reader, body, draft);
    return errors->count ? SOUK_INVALID : SOUK_OK;
}

/* ---- the same as JSON ---- */

static const struct {
    const char *key;
    size_t at;
} parts[] = {
    {"company", offsetof(struct order_address, company)},
    {"country", offsetof(struct order_address, country)},
    {"region", offsetof(struct order_address, region)},
    {"city", offsetof(struct order_address, city)},
    {"postcode", offsetof(struct order_address, postcode)},
    {"line1", offsetof(struct order_address, line1)},
    {"line2", offsetof(struct order_address, line2)},
};

struct json *order_address_doc(struct arena *arena, const struct order_address *address)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct souk_str *value =
            (const struct souk_str *)(const void *)((const char *)address + parts[i].at);
        if (value->len)
            json_add_str(arena, doc, parts[i].key, *value);
    }
    return doc;
}

int order_address_check(struct arena *arena, const struct json *doc, struct order_address *address,
                        struct err *err)
{
    struct json *errors = json_new(arena, JSON_ARRAY);
    struct reader reader = {arena, errors};
    read_address(&reader, doc, "/address", 1, NULL, address);
    if (!errors->count)
        return SOUK_OK;
    const struct json *first = &errors->first->value;
    return err_set(err, SOUK_INVALID, "%.*s: %.*s", SOUK_PRI(json_text(json_at(first, "pointer"))),
                   SOUK_PRI(json_text(json_at(first, "detail"))));
}

struct souk_str order_json_text(struct arena *arena, const struct json *tree)
{
    struct buf out = {.arena = arena};
    if (!tree)
        return souk_str("{}");
    json_print(&out, tree);
    return buf_str(&out);
}
