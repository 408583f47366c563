/*
 * json.c: trees of values in an arena; reading through jansson, writing by hand.
 *
 * The idea: jansson is strict and well tested at reading, so that it does that, and its
 * tree is turned into ours at once: one arena, strings copied, members in the order
 * they came in. Printing is ours because it must be fast, appends to a buf, and is safe
 * to put inside <script type="application/json"> as it stands: "</" and "<!" never
 * appear in the output, nor do U+2028 and U+2029.
 *
 * Depth is checked before jansson runs, so that neither its recursion nor ours is ever
 * deep on input from outside. A tree is written by one thread and may be read by many.
 */
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/str.h"

/* jansson's names that are also ours get others while its header is read. Its functions
 * json_true and json_copy are not used here; base/json.h keeps ours hidden so that they
 * do not replace jansson's own inside the process. */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY  JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_REAL   JANSSON_REAL
#define JSON_NULL   JANSSON_NULL
#define json_true   jansson_true
#define json_copy   jansson_copy
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_REAL
#undef JSON_NULL
#undef json_true
#undef json_copy

#define DEPTH_MOST 32

/* Brackets outside of strings, counted. Text that is no JSON at all is left for jansson
 * to refuse. */
static int check_depth(struct souk_str text, struct err *err)
{
    int depth = 0, in_string = 0, line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n') {
            line++;
            line_start = i + 1;
        } else if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = 0;
        } else if (c == '"') {
            in_string = 1;
        } else if (c == '[' || c == '{') {
            if (++depth > DEPTH_MOST) {
                return err_set(err, SOUK_INVALID,
                               "line %d, column %zu: nested deeper than %d levels; flatten it",
                               line, i - line_start + 1, DEPTH_MOST);
            }
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return 0;
}

static struct json_item *append(struct arena *arena, struct json *parent, struct souk_str key)
{
    struct json_item *item = arena_new(arena, struct json_item);
    item->key = key;
    if (parent->last)
        parent->last->next = item;
    else
        parent->first = item;
    parent->last = item;
    parent->count++;
    return item;
}

static struct souk_str copy_string(struct arena *arena, const json_t *from)
{
    size_t len = json_string_length(from);
    return (struct souk_str){arena_copy(arena, json_string_value(from), len), len};
}

static void convert(struct arena *arena, json_t *from, struct json *to)
{
    switch (json_typeof(from)) {
    case JANSSON_OBJECT:
        to->kind = JSON_OBJECT;
        for (void *at = json_object_iter(from); at; at = json_object_iter_next(from, at)) {
            const char *key = json_object_iter_key(at);
            size_t len = strlen(key); /* a key with a NUL is refused by jansson */
            struct souk_str name = {arena_copy(arena, key, len), len};
            convert(arena, json_object_iter_value(at), &append(arena, to, name)->value);
        }
        break;
    case JANSSON_ARRAY:
        to->kind = JSON_ARRAY;
        for (size_t i = 0; i < json_array_size(from); i++)
            convert(arena, json_array_get(from, i), &append(arena, to, STR_NULL)->value);
        break;
    case JANSSON_STRING:
        to->kind = JSON_STRING;
        to->text = copy_string(arena, from);
        break;
    case JSON_INTEGER:
        to->kind = JSON_INT;
        to->number = json_integer_value(from);
        break;
    case JANSSON_REAL:
        to->kind = JSON_REAL;
        to->real = json_real_value(from);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        to->kind = JSON_BOOL;
        to->number = json_typeof(from) == JSON_TRUE;
        break;
    case JANSSON_NULL: to->kind = JSON_NULL; break;
    }
}

int json_parse(struct arena *arena, struct souk_str text, struct json **out, struct err *err)
{
    json_error_t where;
    *out = NULL;
    int code = check_depth(text, err);
    if (code)
        return code;
    json_t *tree = json_loadb(text.ptr ? text.ptr : "", text.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (!tree) {
        return err_set(err, SOUK_INVALID, "line %d, column %d: %s", where.line > 0 ? where.line : 1,
                       where.column > 0 ? where.column : 1, where.text);
    }
    *out = json_new(arena, JSON_NULL);
    convert(arena, tree, *out);
    json_decref(tree);
    return 0;
}

/* The escape for the byte at p, or NULL when it stands for itself. `room` holds 7
 * bytes. */
static const char *escape(const char *p, size_t left, char *room, size_t *taken)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char c = (unsigned char)*p;
    *taken = 1;
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '/': return "\\/"; /* asked only after '<' */
    case '<': return left > 1 && p[1] == '!' ? "\\u003c" : NULL;
    case 0xE2:
        if (left > 2 && (unsigned char)p[1] == 0x80 && ((unsigned char)p[2] & 0xFE) == 0xA8) {
            *taken = 3;
            return (unsigned char)p[2] == 0xA8 ? "\\u2028" : "\\u2029";
        }
        return NULL;
    default: break;
    }
    if (c >= 0x20 && c != 0x7F)
        return NULL;
    memcpy(room, "\\u00", 4);
    room[4] = hex[c >> 4];
    room[5] = hex[c & 15];
    room[6] = '\0';
    return room;
}

/* Bytes that may need an escape: cheap to ask of every byte. */
static int is_special(const char *ptr, size_t i)
{
    unsigned char c = (unsigned char)ptr[i];
    return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == 0x7F || c == 0xE2 ||
           (c == '/' && i > 0 && ptr[i - 1] == '<');
}

void json_print_string(struct buf *out, struct souk_str text)
{
    char room[8];
    size_t plain = 0; /* start of what is not yet written */
    buf_reserve(out, text.len + 2);
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t taken = 1;
        const char *replace =
            is_special(text.ptr, i) ? escape(text.ptr + i, text.len - i, room, &taken) : NULL;
        if (replace) {
            buf_add(out, text.ptr + plain, i - plain);
            buf_add_cstr(out, replace);
            plain = i + taken;
        }
        i += taken;
    }
    if (plain < text.len)
        buf_add(out, text.ptr + plain, text.len - plain);
    buf_add_char(out, '"');
}

/* The shortest form that reads back as the same number, and as a real. */
static void print_real(struct buf *out, double real)
{
    char text[40];
    if (!isfinite(real)) {
        buf_add_cstr(out, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, real);
        if (strtod(text, NULL) == real)
            break;
    }
    for (char *p = text; *p; p++)
        *p = *p == ',' ? '.' : *p; /* a library may have set a locale */
    buf_add_cstr(out, text);
    if (!strpbrk(text, ".e"))
        buf_add_cstr(out, ".0");
}

/* level < 0: all on one line. */
static void new_line(struct buf *out, int level)
{
    if (level >= 0) {
        buf_add_char(out, '\n');
        for (int i = 0; i < level; i++)
            buf_add(out, "  ", 2);
    }
}

static void print_value(struct buf *out, const struct json *value, int level);

static void print_items(struct buf *out, const struct json *value, int level)
{
    int is_object = value->kind == JSON_OBJECT;
    int inner = level < 0 ? -1 : level + 1;
    buf_add_char(out, is_object ? '{' : '[');
    json_each(item, value)
    {
        if (item != value->first)
            buf_add_char(out, ',');
        new_line(out, inner);
        if (is_object) {
            json_print_string(out, item->key);
            buf_add(out, ": ", level < 0 ? 1 : 2);
        }
        print_value(out, &item->value, inner);
    }
    if (value->first)
        new_line(out, level);
    buf_add_char(out, is_object ? '}' : ']');
}

static void print_value(struct buf *out, const struct json *value, int level)
{
    switch (value->kind) {
    case JSON_BOOL: buf_add_cstr(out, value->number ? "true" : "false"); break;
    case JSON_INT: buf_add_int(out, value->number); break;
    case JSON_REAL: print_real(out, value->real); break;
    case JSON_STRING:
    case JSON_HTML: json_print_string(out, value->text); break;
    case JSON_ARRAY:
    case JSON_OBJECT: print_items(out, value, level); break;
    default: buf_add_cstr(out, "null"); break;
    }
}

void json_print(struct buf *out, const struct json *value)
{
    static const struct json null = {.kind = JSON_NULL};
    print_value(out, value ? value : &null, -1);
}

void json_print_pretty(struct buf *out, const struct json *value)
{
    static const struct json null = {.kind = JSON_NULL};
    print_value(out, value ? value : &null, 0);
}

struct json *json_new(struct arena *arena, enum json_kind kind)
{
    struct json *value = arena_new(arena, struct json);
    value->kind = (int32_t)kind;
    return value;
}

static struct json_item *find(const struct json *object, struct souk_str key)
{
    for (struct json_item *item = object->first; item; item = item->next)
        if (souk_str_equal(item->key, key))
            return item;
    return NULL;
}

struct json *json_add_key(struct arena *arena, struct json *parent, struct souk_str key,
                          enum json_kind kind)
{
    struct json_item *item = parent->kind == JSON_OBJECT ? find(parent, key) : NULL;
    if (!item)
        item = append(arena, parent, key);
    item->value = (struct json){.kind = (int32_t)kind};
    return &item->value;
}

struct json *json_add(struct arena *arena, struct json *parent, const char *key,
                      enum json_kind kind)
{
    return json_add_key(arena, parent, souk_str(key), kind);
}

void json_add_str(struct arena *arena, struct json *parent, const char *key, struct souk_str text)
{
    json_add(arena, parent, key, JSON_STRING)->text = text;
}

void json_add_cstr(struct arena *arena, struct json *parent, const char *key, const char *text)
{
    json_add(arena, parent, key, JSON_STRING)->text = souk_str(text);
}

void json_add_time(struct arena *arena, struct json *parent, const char *key, int64_t at)
{
    char text[32];
    size_t len = clock_format(at, 0, text);
    json_add_str(arena, parent, key, arena_str(arena, str_make(text, len)));
}

void json_add_int(struct arena *arena, struct json *parent, const char *key, int64_t number)
{
    json_add(arena, parent, key, JSON_INT)->number = number;
}

void json_add_bool(struct arena *arena, struct json *parent, const char *key, int truth)
{
    json_add(arena, parent, key, JSON_BOOL)->number = truth != 0;
}

void json_add_null(struct arena *arena, struct json *parent, const char *key)
{
    json_add(arena, parent, key, JSON_NULL);
}

void json_add_tree(struct arena *arena, struct json *parent, const char *key,
                   const struct json *tree)
{
    struct json *place = json_add(arena, parent, key, JSON_NULL);
    if (tree)
        *place = *tree;
}

static void copy_into(struct arena *arena, const struct json *from, struct json *to)
{
    to->kind = from->kind;
    switch (from->kind) {
    case JSON_STRING:
    case JSON_HTML: to->text = arena_str(arena, from->text); break;
    case JSON_REAL: to->real = from->real; break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        json_each(item, from)
        {
            struct souk_str key =
                from->kind == JSON_OBJECT ? arena_str(arena, item->key) : STR_NULL;
            copy_into(arena, &item->value, &append(arena, to, key)->value);
        }
        break;
    default: to->number = from->number; break;
    }
}

struct json *json_copy(struct arena *arena, const struct json *tree)
{
    struct json *copy = json_new(arena, JSON_NULL);
    if (tree)
        copy_into(arena, tree, copy);
    return copy;
}

const struct json *json_get(const struct json *object, struct souk_str key)
{
    struct json_item *item = object && object->kind == JSON_OBJECT ? find(object, key) : NULL;
    return item ? &item->value : NULL;
}

const struct json *json_at(const struct json *object, const char *key)
{
    return json_get(object, souk_str(key));
}

struct souk_str json_text(const struct json *value)
{
    if (!value || (value->kind != JSON_STRING && value->kind != JSON_HTML))
        return souk_str("");
    return value->text;
}

int64_t json_int(const struct json *value, int64_t otherwise)
{
    return value && value->kind == JSON_INT ? value->number : otherwise;
}

int json_true(const struct json *value)
{
    if (!value || value->kind == JSON_NULL)
        return 0;
    return value->kind != JSON_BOOL || value->number != 0;
}
