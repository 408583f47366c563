/*
 * choosing.c: rules about the options that a shopper sees, and about taking one.
 */
#include "conform/delivery/rules.h"

static int is_code(struct souk_str code)
{
    for (size_t i = 0; i < code.len; i++) {
        char c = code.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return 0;
    }
    return code.len >= 1 && code.len <= 40;
}

static struct souk_str code_of(const struct json_item *item)
{
    return json_text(json_at(&item->value, "code"));
}

static void some_options(struct scene *scene, struct json **list)
{
    int code = ship_options(scene, list);
    EXPECT(scene, code == SOUK_OK, "options() for the served address gives %s", code_name(code));
    SKIP_UNLESS(scene, (*list)->count > 0,
                "there is no option for half a kilo to the address `served` of conform.lua");
}

void delivery_option_codes(struct scene *scene)
{
    struct json *list, *again;
    CHECK(scene, some_options(scene, &list));
    CHECK(scene, some_options(scene, &again));
    EXPECT(scene, list->count == again->count, "the same terms give %u options, then %u",
           list->count, again->count);
    const struct json_item *other = json_first(again);
    json_each(item, list)
    {
        EXPECT(scene, is_code(code_of(item)), "the code \"%.*s\" is not [a-z0-9_-]{1,40}",
               SOUK_PRI(code_of(item)));
        EXPECT(scene, souk_str_equal(code_of(item), code_of(other)),
               "the same terms give the code \"%.*s\", then \"%.*s\"", SOUK_PRI(code_of(item)),
               SOUK_PRI(code_of(other)));
        for (const struct json_item *next = item->next; next; next = next->next)
            EXPECT(scene, !souk_str_equal(code_of(item), code_of(next)),
                   "two options have the code \"%.*s\"", SOUK_PRI(code_of(item)));
        other = other->next;
    }
}

void delivery_option_amounts(struct scene *scene)
{
    struct json *list;
    CHECK(scene, some_options(scene, &list));
    json_each(item, list)
    {
        const struct json *amount = json_at(&item->value, "amount");
        EXPECT(scene, amount && amount->kind == JSON_INT && amount->number >= 0,
               "option \"%.*s\" has no amount that is a number of minor units >= 0",
               SOUK_PRI(code_of(item)));
    }
    if (json_true(scene_hint(scene, "any_currency")))
        return; /* its prices are in whatever the shop reckons in */
    struct ship_terms strange = {.weight_g = 500, .currency = "XTS"};
    int code = ship_options_for(scene, &strange, &list);
    EXPECT(scene, code == SOUK_OK || code == SOUK_NOT_FOUND,
           "options() in a currency that nobody has gives %s", code_name(code));
    json_each(item, list)
    {
        EXPECT(
            scene, json_int(json_at(&item->value, "amount"), 0) == 0,
            "option \"%.*s\" costs as much in a currency that nobody has: its amount is in another",
            SOUK_PRI(code_of(item)));
    }
}

/* What the list says that this very choice costs: the option and what its fields add. */
static int64_t listed(const struct json *option, const struct json *choice)
{
    int64_t amount = json_int(json_at(option, "amount"), 0);
    json_each(field, json_at(option, "fields"))
    {
        struct souk_str taken =
            json_text(json_get(choice, json_text(json_at(&field->value, "key"))));
        json_each(one, json_at(&field->value, "choices"))
        {
            if (souk_str_equal(json_text(json_at(&one->value, "value")), taken))
                amount += json_int(json_at(&one->value, "amount"), 0);
        }
    }
    return amount;
}

void delivery_check_agrees(struct scene *scene)
{
    struct json *list;
    struct ship_quote quote;
    CHECK(scene, some_options(scene, &list));
    json_each(item, list)
    {
        const struct json *choice = ship_choice(scene, &item->value);
        ship_check(scene, choice, &quote);
        EXPECT(scene, quote.code == SOUK_OK, "check() of the listed \"%.*s\" gives %s: %s",
               SOUK_PRI(code_of(item)), code_name(quote.code), quote.words);
        EXPECT(scene, quote.amount == listed(&item->value, choice),
               "\"%.*s\" is listed for %lld, and check() says %lld", SOUK_PRI(code_of(item)),
               (long long)listed(&item->value, choice), (long long)quote.amount);
        EXPECT(scene, quote.label.len > 0, "check() of \"%.*s\" gives no label",
               SOUK_PRI(code_of(item)));
    }
}

static void refuse(struct scene *scene, const struct json *choice, const char *what)
{
    struct ship_quote quote;
    ship_check(scene, choice, &quote);
    EXPECT(scene, quote.code == SOUK_INVALID, "check() of %s that is not offered gives %s", what,
           code_name(quote.code));
}

void delivery_check_unknown(struct scene *scene)
{
    struct json *list;
    struct arena *arena = &scene->arena;
    CHECK(scene, some_options(scene, &list));
    struct json *choice = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, choice, "code", "no-such-option");
    CHECK(scene, refuse(scene, choice, "a code"));
    json_each(item, list)
    {
        json_each(field, json_at(&item->value, "fields"))
        {
            struct souk_str type = json_text(json_at(&field->value, "type"));
            if (!souk_str_is(type, "point") && !souk_str_is(type, "slot"))
                continue;
            struct json *wrong = json_copy(arena, ship_choice(scene, &item->value));
            json_add_cstr(arena, wrong, arena_cstr(arena, json_text(json_at(&field->value, "key"))),
                          "no-such");
            CHECK(scene, refuse(scene, wrong, arena_cstr(arena, type)));
        }
    }
}

void delivery_no_place(struct scene *scene)
{
    struct json *list;
    struct ship_terms nowhere = {.weight_g = 500, .currency = "EUR", .no_place = 1};
    int code = ship_options_for(scene, &nowhere, &list);
    EXPECT(scene, code == SOUK_OK, "without an address, options() gives %s", code_name(code));
}

void delivery_too_heavy(struct scene *scene)
{
    struct json *list;
    const struct json *limit = scene_hint(scene, "no_limit");
    struct ship_terms heavy = {.weight_g = INT64_C(1000000000), .currency = "EUR"};
    SKIP_UNLESS(scene, !json_true(limit), "conform.lua says that it carries anything: no_limit");
    int code = ship_options_for(scene, &heavy, &list);
    EXPECT(scene, code == SOUK_OK, "for a thousand tons, options() gives %s", code_name(code));
    EXPECT(scene, list->count == 0, "for a thousand tons, there are %u options", list->count);
}
