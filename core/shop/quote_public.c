/*
 * quote_public.c: a quote as shoppers and their front ends get it.
 *
 * What a code that does nothing is answered does not help to find codes: one that nobody knows, one
 * whose time is over and one that was switched off look the same. Of the rules themselves the trace
 * stays (why a promotion did not apply is the shopper's business), without files, hashes and the
 * words of scripts.
 */
#include "shop/quote.h"

#include "base/str.h"

static const struct {
    const char *code;
    const char *words;
} reasons[] = {
    {"unknown", "this code is not valid"},
    {"expired", "this code is not valid"},
    {"used-up", "this code has been used up"},
    {"not-yet", "this code is not valid yet"},
    {"customer", "this code cannot be used again"},
    {"conditions", "this cart does not meet what the code asks for"},
    {"no-effect", "this code changes nothing in this cart"},
    {"displaced", "another promotion applies in its place"},
};

static void hide_reason(struct arena *arena, struct json *coupon)
{
    struct souk_str code = json_text(json_at(coupon, "reason_code"));
    if (json_true(json_at(coupon, "accepted")))
        return;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (souk_str_is(code, reasons[i].code))
            json_add_cstr(arena, coupon, "reason", reasons[i].words);
    if (souk_str_is(code, "expired"))
        json_add_cstr(arena, coupon, "reason_code", "unknown");
}

/* Does a code open it, and did none; is it over or off? Then it is nobody's business. */
static int is_secret(const struct json *entry)
{
    if (json_true(json_at(entry, "applied")))
        return 0;
    json_each(item, json_at(entry, "trace"))
    {
        struct souk_str name = json_text(json_at(&item->value, "condition"));
        if (str_starts(name, "coupon") || souk_str_is(name, "to") || souk_str_is(name, "enabled"))
            return 1;
    }
    return 0;
}

static struct json *show_script(struct arena *arena, const struct json *script)
{
    if (!script || script->kind != JSON_OBJECT)
        return json_new(arena, JSON_NULL);
    struct json *shown = json_new(arena, JSON_OBJECT);
    json_add_str(arena, shown, "outcome", json_text(json_at(script, "outcome")));
    return shown;
}

static void show_entry(struct arena *arena, struct json *list, const struct json *entry)
{
    static const char *const hidden[] = {"file", "line", "hash", "script", NULL};
    if (is_secret(entry))
        return;
    struct json *shown = json_add(arena, list, NULL, JSON_OBJECT);
    json_each(member, entry)
    {
        int hide = 0;
        for (int i = 0; hidden[i] && !hide; i++)
            hide = souk_str_is(member->key, hidden[i]);
        if (!hide)
            *json_add_key(arena, shown, member->key, JSON_NULL) = member->value;
    }
    json_add_tree(arena, shown, "script", show_script(arena, json_at(entry, "script")));
}

struct json *quote_print_public(struct arena *arena, const struct quote *quote)
{
    struct json *doc = quote_print(arena, quote);
    struct json *shown = json_new(arena, JSON_ARRAY);
    for (struct json_item *item = ((struct json *)(uintptr_t)json_at(doc, "coupons"))->first; item;
         item = item->next)
        hide_reason(arena, &item->value);
    json_each(entry, json_at(doc, "promotions")) show_entry(arena, shown, &entry->value);
    json_add_tree(arena, doc, "promotions", shown);
    return doc;
}
