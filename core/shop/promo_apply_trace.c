/*
 * promo_apply_trace.c: the trace, one entry a promotion, as promo.h tells. It is made for every
 * quote, so members are appended without looking for their key, and texts of the set are copied in
 * one piece: the trace outlives the set's pin.
 */
#include "shop/promo_apply.h"

/* ---- building ---- */

#define KEY(literal, type)                                                                         \
    {                                                                                              \
        .key = SOUK_STR(literal), .value = {.kind = (type) }                                       \
    }

/* An object whose members stand in `form`: copied in one piece, chained up, values to be set. */
static struct json_item *fill(struct arena *arena, struct json *object,
                              const struct json_item *form, size_t count)
{
    struct json_item *items = arena_alloc(arena, sizeof *items * count);
    memcpy(items, form, sizeof *items * count);
    for (size_t i = 0; i + 1 < count; i++)
        items[i].next = &items[i + 1];
    object->kind = JSON_OBJECT;
    object->count = (uint32_t)count;
    object->first = items;
    object->last = &items[count - 1];
    return items;
}

static struct json *append(struct arena *arena, struct json *list)
{
    struct json_item *item = arena_new(arena, struct json_item);
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    list->count++;
    return &item->value;
}

static void set_text(struct json_item *item, struct souk_str text)
{
    item->value.kind = JSON_STRING;
    item->value.text = text.len ? text : souk_str("");
}

static void set_text_or_null(struct json_item *item, struct souk_str text)
{
    if (text.len)
        set_text(item, text);
}

/* ---- conditions ---- */

static struct json_item *test(struct promo_walk *walk, struct promo_turn *turn,
                              struct souk_str name)
{
    static const struct json_item form[] = {KEY("condition", JSON_STRING), KEY("wanted", JSON_INT),
                                            KEY("actual", JSON_INT), KEY("held", JSON_BOOL)};
    struct arena *arena = walk->run.arena;
    struct json_item *items = fill(arena, append(arena, &turn->tested), form, 4);
    items->value.text = name;
    return items;
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
    struct json_item *items = test(walk, turn, promo_condition_name(condition));
    if (promo_condition_speaks(condition)) {
        set_text(&items[1], copy(walk, held->wanted_text));
        set_text(&items[2], copy(walk, held->actual_text));
    } else {
        items[1].value.number = held->wanted;
        items[2].value.number = held->actual;
    }
    items[3].value.number = held->held;
}

void promo_trace_text(struct promo_walk *walk, struct promo_turn *turn, const char *what,
                      struct souk_str wanted, struct souk_str actual)
{
    if (walk->quiet)
        return;
    struct json_item *items = test(walk, turn, souk_str(what));
    set_text(&items[1], copy(walk, wanted));
    set_text(&items[2], copy(walk, actual));
}

void promo_trace_number(struct promo_walk *walk, struct promo_turn *turn, const char *what,
                        int64_t wanted, int64_t actual)
{
    if (walk->quiet)
        return;
    struct json_item *items = test(walk, turn, souk_str(what));
    items[1].value.number = wanted;
    items[2].value.number = actual;
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
    static const struct json_item form[] = {KEY("line", JSON_INT), KEY("amount", JSON_INT)};
    struct json_item *items = fill(arena, append(arena, list), form, 2);
    items[0].value.number = (int64_t)line;
    items[1].value.number = amount;
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
    static const struct json_item form[] = {KEY("by", JSON_STRING), KEY("amount", JSON_INT)};
    if (amount <= 0)
        return;
    struct json_item *items = fill(arena, append(arena, list), form, 2);
    items[0].value.text = souk_str(by);
    items[1].value.number = amount;
}

static void set_capped(struct arena *arena, struct json *list, const struct promo_turn *turn)
{
    add_capped(arena, list, "floor", turn->capped_floor);
    add_capped(arena, list, "cap", turn->capped_cap);
    add_capped(arena, list, "budget", turn->capped_budget);
    add_capped(arena, list, "price", turn->capped_price);
}

static void set_script(struct arena *arena, struct json *script, const struct promo_turn *turn)
{
    static const struct json_item form[] = {KEY("outcome", JSON_STRING),
                                            KEY("message", JSON_STRING)};
    if (!turn->outcome)
        return;
    struct json_item *items = fill(arena, script, form, 2);
    items[0].value.text = souk_str(turn->outcome);
    set_text(&items[1], turn->message);
}

enum member {
    AT_ID,
    AT_NAME,
    AT_KIND,
    AT_APPLIED,
    AT_AMOUNT,
    AT_DELIVERY,
    AT_REASON,
    AT_CODE,
    AT_HASH,
    AT_FILE,
    AT_LINE,
    AT_ORDER,
    AT_TRACE,
    AT_LINES,
    AT_CAPPED,
    AT_DISPLACED,
    AT_SCRIPT,
    MEMBERS
};

static const struct json_item entry_form[MEMBERS] = {
    [AT_ID] = KEY("id", JSON_STRING),        [AT_NAME] = KEY("name", JSON_STRING),
    [AT_KIND] = KEY("kind", JSON_STRING),    [AT_APPLIED] = KEY("applied", JSON_BOOL),
    [AT_AMOUNT] = KEY("amount", JSON_INT),   [AT_DELIVERY] = KEY("delivery_amount", JSON_INT),
    [AT_REASON] = KEY("reason", JSON_NULL),  [AT_CODE] = KEY("code", JSON_NULL),
    [AT_HASH] = KEY("hash", JSON_STRING),    [AT_FILE] = KEY("file", JSON_STRING),
    [AT_LINE] = KEY("line", JSON_INT),       [AT_ORDER] = KEY("order", JSON_NULL),
    [AT_TRACE] = KEY("trace", JSON_ARRAY),   [AT_LINES] = KEY("lines", JSON_ARRAY),
    [AT_CAPPED] = KEY("capped", JSON_ARRAY), [AT_DISPLACED] = KEY("displaced_by", JSON_NULL),
    [AT_SCRIPT] = KEY("script", JSON_NULL),
};

static void set_rule(struct arena *arena, struct json_item *items, const struct promo *promo)
{
    struct owned owned = own(arena, promo);
    items[AT_NAME].value.text = owned.name;
    items[AT_HASH].value.text = owned.hash;
    items[AT_FILE].value.text = owned.file;
    items[AT_LINE].value.number = promo->line;
}

/* What its functions gave to log(), for who wants the whole trace. */
static void add_log(struct promo_walk *walk, const struct promo *promo)
{
    const struct promo_run *run = &walk->run;
    struct json *list = NULL;
    for (size_t i = 0; run->facts->explain && i < run->call_count; i++) {
        const struct script_call *call = &run->calls[i];
        if (!call->log || !promo_asks(promo, call->function))
            continue;
        if (!list)
            list = json_add(run->arena, &run->quote->promotions->last->value, "log", JSON_ARRAY);
        json_each(line, call->log)
            json_add_str(run->arena, list, NULL, arena_str(run->arena, json_text(&line->value)));
    }
}

static void add_entry(struct promo_walk *walk, const struct promo_turn *turn)
{
    struct arena *arena = walk->run.arena;
    struct json_item *items =
        fill(arena, append(arena, walk->run.quote->promotions), entry_form, MEMBERS);
    set_rule(arena, items, turn->promo);
    items[AT_ID].value.text = turn->id;
    items[AT_KIND].value.text = souk_str(turn->kind);
    items[AT_APPLIED].value.number = turn->applied > 0;
    items[AT_AMOUNT].value.number = turn->amount;
    items[AT_DELIVERY].value.number = turn->delivery_amount;
    if (turn->applied) {
        items[AT_ORDER].value.kind = JSON_INT;
        items[AT_ORDER].value.number = turn->applied;
    } else {
        set_text_or_null(&items[AT_REASON], turn->reason);
    }
    if (turn->code >= 0)
        set_text(&items[AT_CODE], walk->typed[turn->code].code);
    items[AT_TRACE].value = turn->tested;
    add_lines(walk, turn, &items[AT_LINES].value);
    set_capped(arena, &items[AT_CAPPED].value, turn);
    set_text_or_null(&items[AT_DISPLACED], turn->displaced_by);
    set_script(arena, &items[AT_SCRIPT].value, turn);
    add_log(walk, turn->promo);
}

void promo_trace_add(struct promo_walk *walk, const struct promo_turn *turn)
{
    promo_code_note(walk, turn);
    if (walk->quiet)
        return;
    add_entry(walk, turn);
    if (!turn->applied && turn->nudge && !walk->alone)
        promo_nudge_add(walk, turn);
}
