/*
 * template_filter_list: the filters on lists. A list is never changed: the result is a
 * new list whose elements share what they hold with the old one. What is not a list is
 * taken for an empty one, so that a missing value shows nothing.
 *
 * Sorting is a merge sort of pointers in the arena: stable, and without the malloc of
 * qsort.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "web/template_run.h"

static const struct json *list_of(const struct json *value)
{
    static const struct json none = {.kind = JSON_ARRAY};
    return value->kind == JSON_ARRAY ? value : &none;
}

const struct json *template_filter_split(struct template_call *call)
{
    struct template_run *run = call->run;
    struct souk_str text = template_value_text(run, call->value);
    struct souk_str by = template_arg_text(call, 0, "");
    struct json *list = template_value_list(run);
    while (text.len && !run->code) {
        const char *hit = by.len ? memmem(text.ptr, text.len, by.ptr, by.len) : NULL;
        struct souk_str part = str_make(text.ptr, hit ? (size_t)(hit - text.ptr) : text.len);
        if (!by.len) /* into characters; a cluster longer than one goes whole */
            for (size_t n = 1; (part = utf8_cut(text, n)).len == 0 && n < 64;)
                n++;
        if (!part.len && !by.len)
            break;
        template_value_push(run, list, template_value_string(run, JSON_STRING, part));
        text = str_from(text, part.len + (hit ? by.len : 0));
    }
    return list;
}

const struct json *template_filter_join(struct template_call *call)
{
    struct template_run *run = call->run;
    struct buf to = {.arena = run->env->arena};
    struct souk_str by = template_arg_text(call, 0, " ");
    const struct json *list = list_of(call->value);
    template_run_spend(run, list->count / 4);
    json_each(item, list)
    {
        if (item != list->first)
            template_run_put(run, &to, by);
        template_run_put(run, &to, template_value_text(run, &item->value));
        if (run->code)
            break;
    }
    return template_value_string(run, JSON_STRING, buf_str(&to));
}

const struct json *template_filter_first(struct template_call *call)
{
    return template_value_end(call->value, 0);
}

const struct json *template_filter_last(struct template_call *call)
{
    return template_value_end(call->value, 1);
}

const struct json *template_filter_size(struct template_call *call)
{
    return template_value_int(call->run, template_value_size(call->value));
}

struct sorting {
    const struct json *value;
    const struct json *key;
};

static void merge(struct sorting *from, struct sorting *to, size_t left, size_t middle,
                  size_t right)
{
    size_t a = left, b = middle;
    for (size_t i = left; i < right; i++) {
        int take_a =
            a < middle && (b >= right || template_value_order(from[a].key, from[b].key) <= 0);
        to[i] = from[take_a ? a++ : b++];
    }
}

static struct sorting *sort(struct sorting *items, struct sorting *spare, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t left = 0; left < count; left += 2 * width) {
            size_t middle = left + width < count ? left + width : count;
            size_t right = left + 2 * width < count ? left + 2 * width : count;
            merge(items, spare, left, middle, right);
        }
        struct sorting *swap = items;
        items = spare;
        spare = swap;
    }
    return items;
}

const struct json *template_filter_sort(struct template_call *call)
{
    struct template_run *run = call->run;
    const struct json *list = list_of(call->value);
    struct souk_str key = template_arg_text(call, 0, "");
    struct json *sorted = template_value_list(run);
    struct sorting *items = template_run_alloc(run, 2 * list->count * sizeof(*items));
    template_run_spend(run, list->count);
    if (run->code)
        return sorted;
    size_t count = 0;
    json_each(item, list)
    {
        items[count].value = &item->value;
        items[count++].key =
            call->count ? template_value_key(run, &item->value, key) : &item->value;
    }
    items = sort(items, items + count, count);
    for (size_t i = 0; i < count && !run->code; i++)
        template_value_push(run, sorted, items[i].value);
    return sorted;
}

const struct json *template_filter_map(struct template_call *call)
{
    struct template_run *run = call->run;
    struct souk_str key = template_arg_text(call, 0, "");
    struct json *list = template_value_list(run);
    template_run_spend(run, list_of(call->value)->count / 4);
    json_each(item, list_of(call->value))
    {
        template_value_push(run, list, template_value_key(run, &item->value, key));
        if (run->code)
            break;
    }
    return list;
}

const struct json *template_filter_where(struct template_call *call)
{
    struct template_run *run = call->run;
    struct souk_str key = template_arg_text(call, 0, "");
    struct json *list = template_value_list(run);
    template_run_spend(run, list_of(call->value)->count / 4);
    json_each(item, list_of(call->value))
    {
        const struct json *found = template_value_key(run, &item->value, key);
        int wanted = call->count == 2 ? template_value_compare(CMP_EQ, found, call->args[1])
                                      : json_true(found);
        if (wanted)
            template_value_push(run, list, &item->value);
        if (run->code)
            break;
    }
    return list;
}

const struct json *template_filter_reverse(struct template_call *call)
{
    struct template_run *run = call->run;
    struct json *list = template_value_list(run);
    template_run_spend(run, list_of(call->value)->count / 4);
    json_each(item, list_of(call->value))
    {
        struct json_item *copy = template_run_alloc(run, sizeof(*copy));
        *copy = (struct json_item){.next = (struct json_item *)list->first, .value = item->value};
        list->first = copy;
        if (!list->last)
            list->last = copy;
        list->count++;
        if (run->code)
            break;
    }
    return list;
}

const struct json *template_filter_uniq(struct template_call *call)
{
    struct template_run *run = call->run;
    struct json *list = template_value_list(run);
    json_each(item, list_of(call->value))
    {
        template_run_spend(run, 1 + list->count / 16);
        if (run->code)
            break;
        if (!template_value_compare(CMP_CONTAINS, list, &item->value))
            template_value_push(run, list, &item->value);
    }
    return list;
}

static void push_all(struct template_run *run, struct json *to, const struct json *from)
{
    template_run_spend(run, from->count / 4);
    json_each(item, from)
    {
        if (run->code)
            return;
        template_value_push(run, to, &item->value);
    }
}

const struct json *template_filter_concat(struct template_call *call)
{
    struct json *list = template_value_list(call->run);
    push_all(call->run, list, list_of(call->value));
    push_all(call->run, list, list_of(call->args[0]));
    return list;
}

static const struct json *slice_list(struct template_run *run, const struct json *from,
                                     int64_t start, int64_t count)
{
    struct json *list = template_value_list(run);
    int64_t at = 0;
    json_each(item, from)
    {
        if (at >= start && at - start < count)
            template_value_push(run, list, &item->value);
        if (++at - start >= count || run->code)
            break;
    }
    template_run_spend(run, at / 4);
    return list;
}

const struct json *template_filter_slice(struct template_call *call)
{
    int64_t size = template_value_size(call->value), start = 0, count = 1;
    template_value_number(call->args[0], &start);
    if (call->count == 2)
        template_value_number(call->args[1], &count);
    if (start < 0)
        start = start < -size ? 0 : start + size;
    if (start > size)
        start = size;
    if (count < 0)
        count = 0;
    if (count > size - start)
        count = size - start;
    if (call->value->kind == JSON_ARRAY)
        return slice_list(call->run, call->value, start, count);
    struct souk_str text = template_value_text(call->run, call->value);
    text = str_from(text, utf8_cut(text, (size_t)start).len);
    return template_value_string(call->run, JSON_STRING, utf8_cut(text, (size_t)count));
}
