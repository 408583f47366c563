/*
 * checkout_form: fields to a draft and back; see its header.
 */
#include "app/storefront/checkout_form.h"

#include "base/str.h"
#include "base/utf8.h"

#define FIELD_MOST 500 /* characters of one field */
#define TYPED_MOST 60  /* fields of options that are kept */

/* Where each field of the form stands in the draft. */
static const struct place {
    const char *name, *part, *key; /* part NULL: at the top */
} places[] = {
    {"email", NULL, "email"},
    {"name", NULL, "name"},
    {"phone", NULL, "phone"},
    {"note", NULL, "note"},
    {"country", "address", "country"},
    {"region", "address", "region"},
    {"city", "address", "city"},
    {"postcode", "address", "postcode"},
    {"line1", "address", "line1"},
    {"line2", "address", "line2"},
    {"company", "address", "company"},
    {"billing_company", "billing", "company"},
    {"billing_vat_number", "billing", "vat_number"},
    {"billing_country", "billing", "country"},
    {"billing_city", "billing", "city"},
    {"billing_postcode", "billing", "postcode"},
    {"billing_line1", "billing", "line1"},
};
#define PLACES (sizeof places / sizeof *places)

/* ---- reading ---- */

static struct souk_str field_text(struct souk_str text)
{
    text = str_trim(text);
    return text.len > FIELD_MOST ? utf8_cut(text, FIELD_MOST) : text;
}

static struct souk_str draft_text(const struct json *draft, const struct place *place)
{
    return json_text(json_at(place->part ? json_at(draft, place->part) : draft, place->key));
}

static void read_places(struct request *request, const struct json *before, struct json *body)
{
    struct arena *arena = &request->arena;
    struct json *address = json_add(arena, body, "address", JSON_OBJECT);
    struct json *billing = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < PLACES; i++) {
        const struct place *place = &places[i];
        struct souk_str value = request_form_has(request, place->name, NULL)
                                    ? field_text(request_form(request, place->name))
                                    : draft_text(before, place);
        struct json *into = !place->part                          ? body
                            : strcmp(place->part, "address") == 0 ? address
                                                                  : billing;
        if (value.len)
            json_add_str(arena, into, place->key, value);
    }
    /* the country stands preset: alone it is no address */
    if (billing->count > (uint32_t)(json_at(billing, "country") != NULL))
        json_add_tree(arena, body, "billing", billing);
}

/* Of all options, chosen or not: {"courier:standard/slot": "…"}. */
static struct json *read_typed(struct request *request, const struct json *before)
{
    struct arena *arena = &request->arena;
    struct json *typed = json_new(arena, JSON_OBJECT);
    json_each(item, json_at(before, "typed")) if (typed->count < TYPED_MOST)
        json_add_key(arena, typed, item->key, JSON_STRING)
            ->text = json_text(&item->value);
    request_form(request, "do"); /* has the form parsed */
    for (size_t i = 0; i < request->form.count; i++) {
        const struct header *field = &request->form.at[i];
        if (str_find(field->name, '/') <= 0 || field->name.len > 120 ||
            (typed->count >= TYPED_MOST && !json_get(typed, field->name)))
            continue;
        json_add_key(arena, typed, field->name, JSON_STRING)->text = field_text(field->value);
    }
    return typed;
}

/* {"method", and a member for each of its fields}. */
static void choose(struct arena *arena, struct json *draft, const char *kind,
                   struct souk_str method)
{
    struct json *choice = json_new(arena, JSON_OBJECT);
    if (method.len)
        json_add_str(arena, choice, "method", method);
    json_each(item, json_at(draft, "typed"))
    {
        struct souk_str key = item->key;
        if (!method.len || key.len <= method.len + 1 || key.ptr[method.len] != '/' ||
            memcmp(key.ptr, method.ptr, method.len) != 0 || !json_text(&item->value).len)
            continue;
        key = str_from(key, method.len + 1);
        if (!souk_str_is(key, "method"))
            json_add_key(arena, choice, key, JSON_STRING)->text = json_text(&item->value);
    }
    json_add_tree(arena, draft, kind, choice);
}

void checkout_form_choose(struct arena *arena, struct json *draft, const char *kind,
                          struct souk_str method)
{
    choose(arena, draft, kind, method);
}

static struct souk_str chosen_method(struct request *request, const struct json *before,
                                     const char *kind)
{
    struct souk_str sent = request_form(request, kind);
    return sent.len && sent.len <= 120 ? sent : json_text(json_at(json_at(before, kind), "method"));
}

struct json *checkout_form_read(struct request *request, const struct json *before)
{
    struct arena *arena = &request->arena;
    struct json *body = json_new(arena, JSON_OBJECT);
    int64_t total;
    read_places(request, before, body);
    json_add_tree(arena, body, "typed", read_typed(request, before));
    choose(arena, body, "delivery", chosen_method(request, before, "delivery"));
    choose(arena, body, "payment", chosen_method(request, before, "payment"));
    json_add_bool(arena, body, "newsletter",
                  souk_str_is(request_form(request, "newsletter"), "yes"));
    json_add_bool(arena, body, "begun", 1);
    if (str_to_int(request_form(request, "accept_total"), &total) == SOUK_OK && total >= 0)
        json_add_int(arena, body, "accept_total", total);
    return body;
}

/* ---- showing ---- */

void checkout_form_show(struct arena *arena, const struct json *draft, struct json *view)
{
    struct json *form = json_add(arena, view, "form", JSON_OBJECT);
    int billed = 0;
    for (size_t i = 0; i < PLACES; i++) {
        struct souk_str value = draft_text(draft, &places[i]);
        json_add_str(arena, form, places[i].name, value);
        billed |= value.len && places[i].part && strcmp(places[i].part, "billing") == 0;
    }
    json_add_bool(arena, form, "billed", billed);
    const struct json *news = json_at(draft, "newsletter");
    json_add_bool(arena, form, "newsletter", news && json_true(news));
}

struct souk_str checkout_form_chosen(const struct json *items, const struct json *draft,
                                     const char *kind)
{
    struct souk_str wanted = json_text(json_at(json_at(draft, kind), "method"));
    struct souk_str first = souk_str("");
    json_each(item, items)
    {
        struct souk_str method = json_text(json_at(&item->value, "method"));
        if (wanted.len && souk_str_equal(method, wanted))
            return method;
        if (!first.len)
            first = method;
    }
    return first;
}

/* A letter, then what may stand in an id. */
static struct souk_str id_of(struct arena *arena, const char *kind, int64_t at, struct souk_str key)
{
    struct buf out = {.arena = arena};
    buf_printf(&out, "%s-%lld", kind, (long long)at);
    if (key.len)
        buf_add_cstr(&out, "-");
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        int fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        buf_add(&out, fine ? &key.ptr[i] : "-", 1);
    }
    return buf_str(&out);
}

static struct souk_str text_of(struct arena *arena, const struct json *value)
{
    if (value && value->kind == JSON_INT)
        return arena_printf(arena, "%lld", (long long)value->number);
    return json_text(value);
}

/* A point is a choice among the option's points; a list of plain texts is one too. */
static void add_choices(struct arena *arena, const struct json *option, const struct json *field,
                        struct souk_str value, struct json *shown)
{
    int points = souk_str_is(json_text(json_at(field, "type")), "point");
    struct json *list = json_add(arena, shown, "choices", JSON_ARRAY);
    json_each(item, points ? json_at(option, "points") : json_at(field, "choices"))
    {
        const struct json *from = &item->value;
        struct json *choice = json_add(arena, list, NULL, JSON_OBJECT);
        struct souk_str code = text_of(arena, from);
        if (from->kind == JSON_OBJECT) {
            code = text_of(arena, json_at(from, points ? "code" : "value"));
            json_each(member, from) json_add_key(arena, choice, member->key, JSON_NULL)[0] =
                member->value;
        }
        json_add_str(arena, choice, "value", code);
        if (!json_text(json_at(choice, "label")).len)
            json_add_str(arena, choice, "label", points ? json_text(json_at(from, "name")) : code);
        json_add_bool(arena, choice, "selected", value.len && souk_str_equal(code, value));
    }
}

static void add_fields(struct arena *arena, const char *kind, int64_t at, const struct json *option,
                       const struct json *draft, struct json *shown)
{
    struct souk_str method = json_text(json_at(option, "method"));
    struct json *list = json_add(arena, shown, "fields", JSON_ARRAY);
    json_each(item, json_at(option, "fields"))
    {
        struct json *field = json_add(arena, list, NULL, JSON_OBJECT);
        struct souk_str key = json_text(json_at(&item->value, "key"));
        struct souk_str name = arena_printf(arena, "%.*s/%.*s", SOUK_PRI(method), SOUK_PRI(key));
        struct souk_str value = json_text(json_get(json_at(draft, "typed"), name));
        json_each(member, &item->value) json_add_key(arena, field, member->key, JSON_NULL)[0] =
            member->value;
        json_add_str(arena, field, "name", name);
        json_add_str(arena, field, "id", id_of(arena, kind, at, key));
        json_add_str(arena, field, "value", value);
        add_choices(arena, option, &item->value, value, field);
    }
}

void checkout_form_options(struct request *request, const char *kind, const struct json *items,
                           const struct json *draft, struct json *view)
{
    struct arena *arena = &request->arena;
    struct souk_str chosen = checkout_form_chosen(items, draft, kind);
    struct json *list = json_add(arena, view, kind, JSON_ARRAY);
    int64_t at = 0;
    json_each(item, items)
    {
        struct json *option = json_add(arena, list, NULL, JSON_OBJECT);
        json_each(member, &item->value) json_add_key(arena, option, member->key, JSON_NULL)[0] =
            member->value;
        json_add_str(arena, option, "id", id_of(arena, kind, ++at, souk_str("")));
        json_add_bool(arena, option, "checked",
                      souk_str_equal(json_text(json_at(option, "method")), chosen));
        add_fields(arena, kind, at, &item->value, draft, option);
    }
}

/* ---- what is wrong ---- */

/* The field of an option that is chosen: its id on the page; the option's own when there is none.
 */
static struct souk_str option_field(const struct json *view, const char *kind, struct souk_str key)
{
    struct souk_str own = souk_str("");
    json_each(item, json_at(view, kind))
    {
        if (!own.len)
            own = json_text(json_at(&item->value, "id"));
        if (!json_true(json_at(&item->value, "checked")))
            continue;
        own = json_text(json_at(&item->value, "id"));
        json_each(field, json_at(&item->value, "fields"))
        {
            if (souk_str_equal(json_text(json_at(&field->value, "key")), key))
                return json_text(json_at(&field->value, "id"));
        }
    }
    for (size_t i = 0; i < PLACES; i++) /* a provider that needs the telephone, or another street */
        if (!(places[i].part && strcmp(places[i].part, "billing") == 0) &&
            souk_str_is(key, places[i].key))
            return souk_str(places[i].name);
    return own.len ? own : souk_str(kind);
}

static struct souk_str field_of(struct arena *arena, const struct json *view,
                                struct souk_str pointer)
{
    struct souk_str part, key, rest = str_from(pointer, pointer.len > 0);
    if (!str_split(&rest, '/', &part))
        return souk_str("");
    if (!str_split(&rest, '/', &key))
        key = souk_str("");
    for (size_t i = 0; i < PLACES; i++) {
        int top = !places[i].part && souk_str_is(part, places[i].key);
        if (top || (places[i].part && souk_str_is(part, places[i].part) &&
                    souk_str_is(key, places[i].key)))
            return souk_str(places[i].name);
    }
    if (souk_str_is(part, "delivery") || souk_str_is(part, "payment"))
        return option_field(view, arena_cstr(arena, part), key);
    return souk_str("");
}

/* What is wrong with the choice itself stands above its list. */
static int is_option(const struct json *view, const char *kind, struct souk_str id)
{
    json_each(item, json_at(view, kind))
    {
        if (souk_str_equal(json_text(json_at(&item->value, "id")), id))
            return 1;
    }
    return souk_str_is(id, kind);
}

/* Where a pointer's part stands on the page, from its top. */
static int rank_of(struct souk_str pointer)
{
    static const char *const order[] = {"/email",           "/phone",          "/name",
                                        "/address/country", "/address/region", "/address/postcode",
                                        "/address/city",    "/address",        "/billing",
                                        "/delivery",        "/payment",        "/note"};
    int count = (int)(sizeof order / sizeof *order);
    for (int i = 0; i < count; i++)
        if (str_starts(pointer, order[i]))
            return i;
    return count;
}

/* As one meets them going down the page. */
static struct json *sort_errors(struct arena *arena, const struct json *errors)
{
    struct json *sorted = json_new(arena, JSON_ARRAY);
    for (int rank = 0, left = errors ? (int)errors->count : 0; left > 0; rank++) {
        json_each(item, errors)
        {
            if (rank_of(json_text(json_at(&item->value, "pointer"))) != rank)
                continue;
            json_add_tree(arena, sorted, NULL, &item->value);
            left--;
        }
    }
    return sorted;
}

void checkout_form_refuse(struct arena *arena, struct json *view, const struct json *errors)
{
    struct json *list = json_add(arena, view, "errors", JSON_ARRAY);
    struct json *wrong = json_add(arena, view, "error", JSON_OBJECT);
    json_each(item, sort_errors(arena, errors))
    {
        struct souk_str field = field_of(arena, view, json_text(json_at(&item->value, "pointer")));
        struct souk_str text = json_text(json_at(&item->value, "detail"));
        struct json *error = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, error, "field", field);
        json_add_str(arena, error, "text", text);
        struct souk_str at = is_option(view, "delivery", field)  ? souk_str("delivery")
                             : is_option(view, "payment", field) ? souk_str("payment")
                                                                 : field;
        if (at.len && !json_get(wrong, at))
            json_add_key(arena, wrong, at, JSON_STRING)->text = text;
    }
}
