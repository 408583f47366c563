/*
 * value.c: the sub-table for structured data. A struct souk_value is a struct json of
 * the call's arena under its public name, so nothing is converted at the border.
 *
 * What comes from a plugin is copied and made UTF-8 here; a setter on something that is
 * no map or list leaves a line in the log and fills a value that hangs nowhere, so that
 * a slip costs a field and not the shop.
 */
#include "bridge/internal.h"

#include "base/log.h"
#include "base/utf8.h"

#define PARSE_MOST ((size_t)1 << 20)

static const struct json *json_of(const struct souk_value *value)
{
    return (const struct json *)value;
}

static struct souk_value *value_of(struct json *json)
{
    return (struct souk_value *)json;
}

struct souk_str value_clean(struct arena *arena, struct souk_str text)
{
    if (!bridge_view_ok(text) || text.len == 0)
        return souk_str("");
    if (utf8_valid(text))
        return arena_str(arena, text);
    struct buf out = {.arena = arena};
    for (size_t i = 0; i < text.len;) {
        size_t len = 1;
        while (len <= 4 && i + len <= text.len && !utf8_valid((struct souk_str){text.ptr + i, len}))
            len++;
        if (len > 4 || i + len > text.len) {
            buf_add_cstr(&out, "\xef\xbf\xbd");
            i++;
        } else {
            buf_add(&out, text.ptr + i, len);
            i += len;
        }
    }
    return buf_str(&out);
}

struct souk_str value_print(struct arena *arena, const struct json *value)
{
    struct buf out = {.arena = arena};
    if (value)
        json_print(&out, value);
    else
        buf_add_cstr(&out, "null");
    return buf_str(&out);
}

static struct souk_value *value_create(struct souk_ctx *ctx, int32_t kind)
{
    enum json_kind sort = kind == SOUK_VALUE_LIST  ? JSON_ARRAY
                          : kind == SOUK_VALUE_MAP ? JSON_OBJECT
                                                   : JSON_NULL;
    return value_of(json_new(ctx->arena, sort));
}

/* The place for a new value: an item of the list, a member of the map. */
static struct json *place_for(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                              enum json_kind kind)
{
    struct json *json = (struct json *)parent;
    if (json && json->kind == JSON_ARRAY)
        return json_add_key(ctx->arena, json, souk_str(""), kind);
    if (json && json->kind == JSON_OBJECT && bridge_view_ok(key) && key.len > 0)
        return json_add_key(ctx->arena, json, value_clean(ctx->arena, key), kind);
    log_warn("value.lost", LOG_S("plugin", ctx->self->name),
             LOG_T("key", value_clean(ctx->arena, key)),
             LOG_S("text", json && json->kind == JSON_OBJECT
                               ? "a map needs a key"
                               : "the parent is neither a map nor a list"));
    return json_new(ctx->arena, kind);
}

static struct souk_value *value_set(struct souk_ctx *ctx, struct souk_value *parent,
                                    struct souk_str key, int32_t kind)
{
    enum json_kind sort = kind == SOUK_VALUE_LIST  ? JSON_ARRAY
                          : kind == SOUK_VALUE_MAP ? JSON_OBJECT
                                                   : JSON_NULL;
    return value_of(place_for(ctx, parent, key, sort));
}

static void value_set_text(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                           struct souk_str text)
{
    struct json *place = place_for(ctx, parent, key, JSON_STRING);
    place->text = value_clean(ctx->arena, text);
}

static void value_set_html(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                           struct souk_str html)
{
    struct json *place = place_for(ctx, parent, key, JSON_HTML);
    place->text = value_clean(ctx->arena, html);
}

static void value_set_int(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                          int32_t kind, int64_t number)
{
    int is_bool = kind == SOUK_VALUE_BOOL;
    struct json *place = place_for(ctx, parent, key, is_bool ? JSON_BOOL : JSON_INT);
    place->number = is_bool ? number != 0 : number;
}

static void value_set_time(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                           int64_t at)
{
    char text[32];
    size_t len = clock_format(at, 0, text);
    value_set_text(ctx, parent, key, (struct souk_str){text, len});
}

static void value_set_copy(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                           const struct souk_value *tree)
{
    /* Copied before the place is made: a tree may be put into itself. */
    const struct json *copy = tree ? json_copy(ctx->arena, json_of(tree)) : NULL;
    struct json *place = place_for(ctx, parent, key, JSON_NULL);
    if (copy)
        *place = *copy;
}

static int32_t value_kind(const struct souk_value *value)
{
    const struct json *json = json_of(value);
    if (!json)
        return SOUK_VALUE_NULL;
    return json->kind == JSON_HTML ? SOUK_VALUE_STRING : json->kind;
}

static int is_container(const struct json *json)
{
    return json && (json->kind == JSON_ARRAY || json->kind == JSON_OBJECT);
}

static uint32_t value_count(const struct souk_value *value)
{
    return is_container(json_of(value)) ? json_of(value)->count : 0;
}

static const struct souk_value *value_get(const struct souk_value *map, struct souk_str key)
{
    const struct json *json = json_of(map);
    if (!json || json->kind != JSON_OBJECT || !bridge_view_ok(key))
        return NULL;
    return (const struct souk_value *)json_get(json, key);
}

static const struct souk_value *value_step(const struct souk_value *parent, const void **place,
                                           struct souk_str *key)
{
    const struct json *json = json_of(parent);
    const struct json_item *item = *place;
    if (!is_container(json))
        return NULL;
    item = item ? item->next : json->first;
    if (!item)
        return NULL;
    *place = item;
    if (key)
        *key = json->kind == JSON_OBJECT ? item->key : souk_str("");
    return (const struct souk_value *)&item->value;
}

static const struct souk_value *value_at(const struct souk_value *parent, uint32_t index,
                                         struct souk_str *key)
{
    const void *place = NULL;
    const struct souk_value *value = value_step(parent, &place, key);
    while (value && index-- > 0)
        value = value_step(parent, &place, key);
    return value;
}

static struct souk_str value_text(const struct souk_value *value)
{
    const struct json *json = json_of(value);
    if (!json || (json->kind != JSON_STRING && json->kind != JSON_HTML))
        return souk_str("");
    return json->text;
}

static int64_t value_number(const struct souk_value *value, int64_t otherwise)
{
    const struct json *json = json_of(value);
    if (!json || (json->kind != JSON_INT && json->kind != JSON_BOOL))
        return otherwise;
    return json->number;
}

static int value_parse(struct souk_ctx *ctx, struct souk_str text, struct souk_value **out)
{
    struct json *json = NULL;
    struct err err = {0};
    if (!out || !bridge_view_ok(text))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_json_parse: no text or no place");
    *out = NULL;
    if (text.len > PARSE_MOST)
        return bridge_refuse(ctx, SOUK_TOO_LARGE,
                             "souk_json_parse: over 1 MiB of JSON; ask for less at once");
    if (json_parse(ctx->arena, text, &json, &err) != SOUK_OK)
        return bridge_refuse_err(ctx, &err);
    *out = value_of(json);
    return SOUK_OK;
}

static struct souk_str value_to_text(struct souk_ctx *ctx, const struct souk_value *value)
{
    return value_print(ctx->arena, json_of(value));
}

const struct souk_value_api value_table = {
    .size = sizeof(struct souk_value_api),
    .create = value_create,
    .set = value_set,
    .set_text = value_set_text,
    .set_int = value_set_int,
    .kind = value_kind,
    .count = value_count,
    .get = value_get,
    .at = value_at,
    .text = value_text,
    .number = value_number,
    .parse = value_parse,
    .print = value_to_text,
    .set_time = value_set_time,
    .set_copy = value_set_copy,
    .step = value_step,
    .set_html = value_set_html,
};
