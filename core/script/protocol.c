/*
 * protocol.c: values to bytes on the shop's side, and bytes that a worker sent to values. A worker
 * runs strangers' code in an interpreter that can be broken, so that what it says is input from
 * outside: whatever does not parse makes the whole answer bad.
 */
#include "script/protocol.h"

#include <stdlib.h>

#include "base/str.h"
#include "base/utf8.h"

void protocol_put_u32(struct buf *out, uint32_t number)
{
    buf_add(out, &number, sizeof number);
}

/* Room for `len` bytes, which the caller fills: a cart has hundreds of values, and each is written
 * in one step. */
static char *put_room(struct buf *out, size_t len)
{
    if (!out->ptr || out->cap - out->len <= len)
        buf_reserve(out, len);
    char *at = out->ptr + out->len;
    out->len += len;
    out->ptr[out->len] = '\0';
    return at;
}

void protocol_put_text(struct buf *out, struct souk_str text)
{
    uint32_t len = (uint32_t)text.len;
    char *at = put_room(out, sizeof len + text.len);
    memcpy(at, &len, sizeof len);
    if (len)
        memcpy(at + sizeof len, text.ptr, len);
}

static void put_tagged(struct buf *out, enum protocol_tag tag, const void *bytes, size_t len)
{
    char *at = put_room(out, 1 + len);
    *at = (char)tag;
    memcpy(at + 1, bytes, len);
}

static void put_count(struct buf *out, enum protocol_tag tag, uint32_t count)
{
    put_tagged(out, tag, &count, sizeof count);
}

static void put_names(struct buf *out, const struct json *object)
{
    uint32_t count = 0;
    json_each(item, object) count += item->value.kind != JSON_NULL; /* a nil is no field */
    put_count(out, TAG_NAMES, count);
    json_each(item, object)
    {
        if (item->value.kind == JSON_NULL)
            continue;
        protocol_put_text(out, item->key);
        protocol_put_json(out, &item->value);
    }
}

void protocol_put_json(struct buf *out, const struct json *value)
{
    switch (value ? value->kind : JSON_NULL) {
    case JSON_BOOL: buf_add_char(out, value->number ? TAG_TRUE : TAG_FALSE); break;
    case JSON_INT: put_tagged(out, TAG_INT, &value->number, sizeof value->number); break;
    case JSON_REAL: put_tagged(out, TAG_REAL, &value->real, sizeof value->real); break;
    case JSON_STRING:
    case JSON_HTML:
        buf_add_char(out, TAG_TEXT);
        protocol_put_text(out, value->text);
        break;
    case JSON_ARRAY:
        put_count(out, TAG_LIST, value->count);
        json_each(item, value) protocol_put_json(out, &item->value);
        break;
    case JSON_OBJECT: put_names(out, value); break;
    default: buf_add_char(out, TAG_NIL);
    }
}

/* ---- reading ---- */

void protocol_take(struct protocol_reader *reader, void *to, size_t len)
{
    if (reader->bad || (size_t)(reader->end - reader->at) < len) {
        reader->bad = 1;
        memset(to, 0, len);
        return;
    }
    memcpy(to, reader->at, len);
    reader->at += len;
}

uint32_t protocol_u32(struct protocol_reader *reader)
{
    uint32_t number;
    protocol_take(reader, &number, sizeof number);
    return number;
}

struct souk_str protocol_text(struct protocol_reader *reader)
{
    uint32_t len = protocol_u32(reader);
    if (reader->bad || (size_t)(reader->end - reader->at) < len) {
        reader->bad = 1;
        return STR_NULL;
    }
    struct souk_str text = str_make(reader->at, len);
    reader->at += len;
    return text;
}

static struct souk_str good_text(struct protocol_reader *reader, struct arena *arena)
{
    struct souk_str text = protocol_text(reader);
    if (!utf8_valid(text) || (text.len && memchr(text.ptr, '\0', text.len)))
        reader->bad = 1;
    return reader->bad ? STR_NULL : arena_str(arena, text);
}

static void read_value(struct protocol_reader *reader, struct arena *arena, struct json *value,
                       int depth);

static int by_key(const void *a, const void *b)
{
    return str_compare((*(struct json_item *const *)a)->key, (*(struct json_item *const *)b)->key);
}

static void link_items(struct json *parent, struct json_item **items, uint32_t count)
{
    parent->count = count;
    for (uint32_t i = 0; i < count; i++)
        items[i]->next = i + 1 < count ? items[i + 1] : NULL;
    parent->first = count ? items[0] : NULL;
    parent->last = count ? items[count - 1] : NULL;
}

static void read_items(struct protocol_reader *reader, struct arena *arena, struct json *parent,
                       int depth)
{
    uint32_t count = protocol_u32(reader);
    /* an item is a byte at least: a count that cannot be is not believed */
    if (depth >= PROTOCOL_DEPTH || count > (size_t)(reader->end - reader->at))
        reader->bad = 1;
    if (reader->bad)
        return;
    struct json_item **items = arena_array(arena, struct json_item *, count + 1);
    for (uint32_t i = 0; i < count && !reader->bad; i++) {
        items[i] = arena_new(arena, struct json_item);
        if (parent->kind == JSON_OBJECT)
            items[i]->key = good_text(reader, arena);
        read_value(reader, arena, &items[i]->value, depth + 1);
    }
    if (reader->bad)
        return;
    if (parent->kind == JSON_OBJECT && count > 1)
        qsort(items, count, sizeof *items, by_key);
    link_items(parent, items, count);
}

static void read_value(struct protocol_reader *reader, struct arena *arena, struct json *value,
                       int depth)
{
    char tag = 0;
    protocol_take(reader, &tag, 1);
    switch (tag) {
    case TAG_NIL: value->kind = JSON_NULL; break;
    case TAG_FALSE:
    case TAG_TRUE:
        value->kind = JSON_BOOL;
        value->number = tag == TAG_TRUE;
        break;
    case TAG_INT:
        value->kind = JSON_INT;
        protocol_take(reader, &value->number, sizeof value->number);
        break;
    case TAG_TEXT:
        value->kind = JSON_STRING;
        value->text = good_text(reader, arena);
        break;
    case TAG_LIST:
    case TAG_NAMES:
        value->kind = tag == TAG_LIST ? JSON_ARRAY : JSON_OBJECT;
        read_items(reader, arena, value, depth);
        break;
    case TAG_DECIMAL:
        value->kind = JSON_OBJECT;
        json_add_str(arena, value, "$decimal", good_text(reader, arena));
        break;
    case TAG_FUNCTION:
        value->kind = JSON_OBJECT;
        json_add_int(arena, value, "$function", protocol_u32(reader));
        break;
    default: reader->bad = 1;
    }
}

void protocol_read_json(struct protocol_reader *reader, struct arena *arena, struct json *value)
{
    read_value(reader, arena, value, 0);
}

struct json *protocol_json(struct protocol_reader *reader, struct arena *arena)
{
    struct json *value = json_new(arena, JSON_NULL);
    read_value(reader, arena, value, 0);
    return reader->bad ? NULL : value;
}

struct souk_str protocol_words(struct arena *arena, struct souk_str words, size_t most)
{
    size_t len = words.len < most ? words.len : most;
    while (len < words.len && len && ((unsigned char)words.ptr[len] & 0xc0) == 0x80)
        len--; /* not within a sign */
    char *text = arena_copy(arena, words.ptr, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = ' ';
    if (!utf8_valid(str_make(text, len)))
        for (size_t i = 0; i < len; i++)
            if ((unsigned char)text[i] > 0x7e)
                text[i] = '?';
    return str_make(text, len);
}
