/*
 * template_value: what expressions do with values: members, elements, comparison, text.
 * Values are struct json, shared with the data and never changed; new ones come from
 * the rendering's arena. There are no errors: what makes no sense is nil, and renders
 * as nothing.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "web/template_run.h"

const struct json template_nil = {.kind = JSON_NULL};
const struct json template_true = {.kind = JSON_BOOL, .number = 1};
const struct json template_false = {.kind = JSON_BOOL, .number = 0};

const struct json *template_value_int(struct template_run *run, int64_t number)
{
    struct json *value = template_run_alloc(run, sizeof(*value));
    *value = (struct json){.kind = JSON_INT, .number = number};
    return value;
}

const struct json *template_value_string(struct template_run *run, int kind, struct souk_str text)
{
    struct json *value = template_run_alloc(run, sizeof(*value));
    *value = (struct json){.kind = kind, .text = text};
    return value;
}

struct json *template_value_list(struct template_run *run)
{
    struct json *value = template_run_alloc(run, sizeof(*value));
    *value = (struct json){.kind = JSON_ARRAY};
    return value;
}

void template_value_push(struct template_run *run, struct json *list, const struct json *value)
{
    struct json_item *item = template_run_alloc(run, sizeof(*item));
    *item = (struct json_item){.value = *value};
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    list->count++;
}

int template_value_is_text(const struct json *value)
{
    return value->kind == JSON_STRING || value->kind == JSON_HTML ||
           value->kind == TEMPLATE_JSON_TEXT;
}

struct souk_str template_value_text(struct template_run *run, const struct json *value)
{
    if (template_value_is_text(value))
        return value->text;
    struct buf buf = {.arena = run->env->arena};
    switch (value->kind) {
    case JSON_BOOL: return souk_str(value->number ? "true" : "false");
    case JSON_INT:
        template_run_charge(run, 24);
        return arena_printf(run->env->arena, "%lld", (long long)value->number);
    case JSON_REAL:
        template_run_charge(run, 256);
        json_print(&buf, value);
        return buf_str(&buf);
    default: return souk_str("");
    }
}

int template_value_number(const struct json *value, int64_t *number)
{
    if (value->kind == JSON_INT) {
        *number = value->number;
        return 1;
    }
    if (value->kind == JSON_REAL && value->real > -9e18 && value->real < 9e18) {
        *number = (int64_t)value->real;
        return 1;
    }
    return template_value_is_text(value) && str_to_int(str_trim(value->text), number) == 0;
}

int64_t template_value_size(const struct json *value)
{
    if (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT)
        return value->count;
    return template_value_is_text(value) ? (int64_t)utf8_length(value->text) : 0;
}

const struct json *template_value_end(const struct json *value, int last)
{
    if (value->kind != JSON_ARRAY || !value->count)
        return &template_nil;
    return last ? &value->last->value : &value->first->value;
}

const struct json *template_value_key(struct template_run *run, const struct json *value,
                                      struct souk_str key)
{
    if (value->kind == JSON_OBJECT) {
        const struct json *found = json_get(value, key);
        if (found)
            return found;
    }
    if (value->kind == JSON_ARRAY && souk_str_is(key, "first"))
        return template_value_end(value, 0);
    if (value->kind == JSON_ARRAY && souk_str_is(key, "last"))
        return template_value_end(value, 1);
    int sized =
        value->kind == JSON_ARRAY || value->kind == JSON_OBJECT || template_value_is_text(value);
    if (sized && souk_str_is(key, "size"))
        return template_value_int(run, template_value_size(value));
    return &template_nil;
}

const struct json *template_value_index(struct template_run *run, const struct json *value,
                                        const struct json *key)
{
    if (template_value_is_text(key))
        return template_value_key(run, value, key->text);
    if (value->kind != JSON_ARRAY || key->kind != JSON_INT)
        return &template_nil;
    int64_t index = key->number < 0 ? key->number + value->count : key->number;
    if (index < 0 || index >= value->count)
        return &template_nil;
    template_run_spend(run, index / 16);
    const struct json_item *item = value->first;
    while (index--)
        item = item->next;
    return &item->value;
}

static int is_empty(const struct json *value)
{
    if (template_value_is_text(value))
        return value->text.len == 0;
    return (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT) && value->count == 0;
}

static int is_blank(const struct json *value)
{
    if (template_value_is_text(value))
        return str_trim(value->text).len == 0;
    return is_empty(value) || !json_true(value);
}

static int is_equal(const struct json *a, const struct json *b)
{
    if (b->kind == TEMPLATE_EMPTY || b->kind == TEMPLATE_BLANK) {
        const struct json *other = b;
        b = a;
        a = other;
    }
    if (a->kind == TEMPLATE_EMPTY)
        return b->kind == TEMPLATE_EMPTY || is_empty(b);
    if (a->kind == TEMPLATE_BLANK)
        return b->kind == TEMPLATE_BLANK || is_blank(b);
    if (template_value_is_text(a) && template_value_is_text(b))
        return souk_str_equal(a->text, b->text);
    if (a->kind == JSON_INT && b->kind == JSON_REAL)
        return (double)a->number == b->real;
    if (a->kind == JSON_REAL && b->kind == JSON_INT)
        return a->real == (double)b->number;
    if (a->kind != b->kind)
        return 0;
    switch (a->kind) {
    case JSON_NULL: return 1;
    case JSON_BOOL:
    case JSON_INT: return a->number == b->number;
    case JSON_REAL: return a->real == b->real;
    default: return a == b || (a->count == 0 && b->count == 0);
    }
}

static int contains(const struct json *whole, const struct json *part)
{
    if (whole->kind == JSON_ARRAY) {
        json_each(item, whole)
        {
            if (is_equal(&item->value, part))
                return 1;
        }
        return 0;
    }
    if (!template_value_is_text(part))
        return 0;
    if (whole->kind == JSON_OBJECT)
        return json_get(whole, part->text) != NULL;
    return template_value_is_text(whole) && part->text.len &&
           memmem(whole->text.ptr, whole->text.len, part->text.ptr, part->text.len) != NULL;
}

/* -1, 0, 1; 2 when the two have no order. */
static int order(const struct json *a, const struct json *b)
{
    if (a->kind == JSON_INT && b->kind == JSON_INT)
        return a->number < b->number ? -1 : a->number > b->number;
    int numbers = (a->kind == JSON_INT || a->kind == JSON_REAL) &&
                  (b->kind == JSON_INT || b->kind == JSON_REAL);
    if (numbers) {
        double x = a->kind == JSON_INT ? (double)a->number : a->real;
        double y = b->kind == JSON_INT ? (double)b->number : b->real;
        return x < y ? -1 : x > y;
    }
    if (!template_value_is_text(a) || !template_value_is_text(b))
        return 2;
    int way = str_compare(a->text, b->text);
    return way < 0 ? -1 : way > 0;
}

int template_value_compare(int how, const struct json *a, const struct json *b)
{
    if (how == CMP_EQ || how == CMP_NE)
        return is_equal(a, b) == (how == CMP_EQ);
    if (how == CMP_CONTAINS)
        return contains(a, b);
    int way = order(a, b);
    if (way == 2)
        return 0;
    switch (how) {
    case CMP_LT: return way < 0;
    case CMP_GT: return way > 0;
    case CMP_LE: return way <= 0;
    default: return way >= 0;
    }
}

static int rank(const struct json *value)
{
    switch (value->kind) {
    case JSON_BOOL: return 0;
    case JSON_INT:
    case JSON_REAL: return 1;
    case JSON_ARRAY:
    case JSON_OBJECT: return 3;
    case JSON_NULL: return 4;
    default: return 2;
    }
}

int template_value_order(const struct json *a, const struct json *b)
{
    if (rank(a) != rank(b))
        return rank(a) - rank(b);
    int way = order(a, b);
    if (way == 2 && a->kind == JSON_BOOL)
        return (int)(a->number - b->number);
    return way == 2 ? 0 : way;
}
