/*
 * promo_apply_trace.c: the trace, one entry a promotion, as promo.h tells. It is made for every
 * quote, so members are appended without looking for their key, and texts of the set are copied in
 * one piece: the trace outlives the set's pin.
 */
#include "shop/promo_apply.h"

/* ---- building ---- */

struct entry { /* members of one object, in one piece of memory */
    struct json *object;
    struct json_item *items;
};

static struct entry begin(struct arena *arena, struct json *object, size_t most)
{
    object->kind = JSON_OBJECT;
    return (struct entry){object, arena_alloc(arena, sizeof(struct json_item) * most)};
}

static struct json *put(struct entry *entry, struct souk_str key, enum json_kind kind)
{
    struct json_item *item = &entry->items[entry->object->count++];
    *item = (struct json_item){.key = key, .value = {.kind = (int32_t)kind}};
    if (entry->object->last)
        entry->object->last->next = item;
    else
        entry->object->first = item;
    entry->object->last = item;
    return &item->value;
}

#define KEY(literal) ((struct souk_str)SOUK_STR(literal))

static void put_text(struct entry *entry, struct souk_str key, struct souk_str text)
{
    put(entry, key, JSON_STRING)->text = text;
}

static void put_text_or_null(struct entry *entry, struct souk_str key, struct souk_str text)
{
    struct json *value = put(entry, key, text.len ? JSON_STRING : JSON_NULL);
    if (text.len)
        value->text = text;
}

static void put_int(struct entry *entry, struct souk_str key, int64_t number)
{
    put(entry, key, JSON_INT)->number = number;
}

static struct json *add(struct arena *arena, struct json *list)
{
    return json_add(arena, list, NULL, JSON_OBJECT);
}

/* ---- conditions ---- */

static struct entry test(struct promo_walk *walk, struct promo_turn *turn, struct souk_str name)
{
    struct entry entry = begin(walk->run.arena, add(walk->run.arena, &turn->tested), 4);
    put_text(&entry, KEY("condition"), name);
    return entry;
}

static struct souk_str copy(struct promo_walk *walk, struct souk_str text)
{
    return text.len ? arena_str(walk->run.arena, text) : souk_str("");
}

void promo_trace_test(struct promo_walk *walk, struct promo_turn *turn,
                      const struct promo_condition *condition, const struct promo_held *held)
{
    if (walk->quiet)
        return;
    struct entry entry = test(walk, turn, promo_condition_name(condition));
    if (promo_condition_speaks(condition)) {
        put_text(&entry, KEY("wanted"), copy(walk, held->wanted_text));
        put_text(&entry, KEY("actual"), copy(walk, held->actual_text));
    } else {
        put_int(&entry, KEY("wanted"), held->wanted);
        put_int(&entry, KEY("actual"), held->actual);
    }
    put(&entry, KEY("held"), JSON_BOOL)->number = held->held;
}

void promo_trace_text(struct promo_walk *walk, struct promo_turn *turn, const char *what,
                      struct souk_str wanted, struct souk_str actual)
{
    if (walk->quiet)
        return;
    struct entry entry = test(walk, turn, souk_str(what));
    put_text(&entry, KEY("wanted"), copy(walk, wanted));
    put_text(&entry, KEY("actual"), copy(walk, actual));
    put(&entry, KEY("held"), JSON_BOOL);
}

void promo_trace_number(struct promo_walk *walk, struct promo_turn *turn, const char *what,
                        int64_t wanted, int64_t actual)
{
    if (walk->quiet)
        return;
    struct entry entry = test(walk, turn, souk_str(what));
    put_int(&entry, KEY("wanted"), wanted);
    put_int(&entry, KEY("actual"), actual);
    put(&entry, KEY("held"), JSON_BOOL);
}

/* ---- promotions ---- */

struct owned { /* texts of a promotion, copied */
    struct souk_str name, hash, file;
};

static struct souk_str move(char **to, struct souk_str text)
{
    struct souk_str copied = {*to, text.len};
    if (text.len)
        memcpy(*to, text.ptr, text.len);
    *to += text.len;
    return copied;
}

static struct owned own(struct arena *arena, const struct promo *promo)
{
    char *to = arena_alloc(arena, promo->name.len + promo->hash.len + promo->file.len + 1);
    struct owned owned;
    owned.name = move(&to, promo->name);
    owned.hash = move(&to, promo->hash);
    owned.file = move(&to, promo->file);
    return owned;
}

static void add_line(struct arena *arena, struct json *list, size_t line, int64_t amount)
{
    struct entry entry = begin(arena, add(arena, list), 2);
    put_int(&entry, KEY("line"), (int64_t)line);
    put_int(&entry, KEY("amount"), amount);
}

static void add_lines(const struct promo_walk *walk, const struct promo_turn *turn,
                      struct json *list)
{
    struct arena *arena = walk->run.arena;
    for (size_t i = 0; turn->amounts && i < walk->run.count; i++)
        if (turn->amounts[i])
            add_line(arena, list, i, turn->amounts[i]);
    if (!turn->effect)
        return;
    for (size_t i = 0; i < turn->lines; i++)
        if (turn->effect->lines[i])
            add_line(arena, list, i, turn->effect->lines[i]);
    for (size_t i = 0; i < turn->effect->gift_count; i++)
        add_line(arena, list, turn->lines + i,
                 turn->effect->gifts[i].unit_price * turn->effect->gifts[i].quantity);
}

static void add_capped(struct arena *arena, struct json *list, const char *by, int64_t amount)
{
    if (amount <= 0)
        return;
    struct entry entry = begin(arena, add(arena, list), 2);
    put_text(&entry, KEY("by"), souk_str(by));
    put_int(&entry, KEY("amount"), amount);
}

static void put_capped(struct entry *entry, struct arena *arena, const struct promo_turn *turn)
{
    struct json *list = put(entry, KEY("capped"), JSON_ARRAY);
    add_capped(arena, list, "floor", turn->capped_floor);
    add_capped(arena, list, "cap", turn->capped_cap);
    add_capped(arena, list, "budget", turn->capped_budget);
    add_capped(arena, list, "price", turn->capped_price);
}

static void put_script(struct entry *entry, struct arena *arena, const struct promo_turn *turn)
{
    struct json *script = put(entry, KEY("script"), turn->outcome ? JSON_OBJECT : JSON_NULL);
    if (!turn->outcome)
        return;
    struct entry inner = begin(arena, script, 2);
    put_text(&inner, KEY("outcome"), souk_str(turn->outcome));
    put_text(&inner, KEY("message"), turn->message.len ? turn->message : souk_str(""));
}

static void put_entry(struct promo_walk *walk, const struct promo_turn *turn, struct json *object)
{
    const struct promo *promo = turn->promo;
    struct arena *arena = walk->run.arena;
    struct owned owned = own(arena, promo);
    struct entry entry = begin(arena, object, 17);
    put_text(&entry, KEY("id"), turn->id);
    put_text(&entry, KEY("name"), owned.name);
    put_text(&entry, KEY("kind"), souk_str(turn->kind));
    put(&entry, KEY("applied"), JSON_BOOL)->number = turn->applied > 0;
    put_int(&entry, KEY("amount"), turn->amount);
    put_int(&entry, KEY("delivery_amount"), turn->delivery_amount);
    put_text_or_null(&entry, KEY("reason"), turn->applied ? souk_str("") : turn->reason);
    put_text_or_null(&entry, KEY("code"),
                     turn->code >= 0 ? walk->typed[turn->code].code : souk_str(""));
    put_text(&entry, KEY("hash"), owned.hash);
    put_text(&entry, KEY("file"), owned.file);
    put_int(&entry, KEY("line"), promo->line);
    put(&entry, KEY("order"), turn->applied ? JSON_INT : JSON_NULL)->number = turn->applied;
    *put(&entry, KEY("trace"), JSON_ARRAY) = turn->tested;
    add_lines(walk, turn, put(&entry, KEY("lines"), JSON_ARRAY));
    put_capped(&entry, arena, turn);
    put_text_or_null(&entry, KEY("displaced_by"), turn->displaced_by);
    put_script(&entry, arena, turn);
}

void promo_trace_add(struct promo_walk *walk, const struct promo_turn *turn)
{
    promo_code_note(walk, turn);
    if (walk->quiet)
        return;
    put_entry(walk, turn, add(walk->run.arena, walk->run.quote->promotions));
    if (!turn->applied && turn->nudge && !walk->alone)
        promo_nudge_add(walk, turn);
}
