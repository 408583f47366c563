/*
 * export_table.c: cells and the parts of documents that stand in them.
 */
#include "shop/export_table.h"

#include "base/money.h"
#include "base/str.h"
#include "shop/csv.h"
#include "shop/export.sql.h"

void export_text(struct export_out *out, struct souk_str text)
{
    csv_put(&out->row, text, out->cells++ == 0, 1);
}

void export_raw(struct export_out *out, struct souk_str text)
{
    csv_put(&out->row, text, out->cells++ == 0, 0);
}

void export_name(struct export_out *out, const char *text)
{
    export_raw(out, souk_str(text));
}

void export_int(struct export_out *out, const struct json *number)
{
    char text[24] = "";
    if (number && number->kind == JSON_INT)
        snprintf(text, sizeof text, "%lld", (long long)number->number);
    export_raw(out, souk_str(text));
}

void export_flag(struct export_out *out, int truth)
{
    export_raw(out, souk_str(truth ? "1" : "0"));
}

static void put_decimal(struct export_out *out, int64_t number, int digits, int keep)
{
    char text[48];
    int64_t unit = 1;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    int64_t rest = number % unit;
    size_t len = (size_t)snprintf(text, sizeof text, "%lld", (long long)(number / unit));
    if (digits && (rest || keep))
        len += (size_t)snprintf(text + len, sizeof text - len, ".%0*lld", digits, (long long)rest);
    while (!keep && rest && text[len - 1] == '0')
        len--;
    export_raw(out, str_make(text, len));
}

void export_money(struct export_out *out, const struct json *minor)
{
    int digits = money_digits(out->currency);
    if (!minor || minor->kind != JSON_INT)
        export_raw(out, STR_NULL);
    else
        put_decimal(out, minor->number, digits < 0 ? 2 : digits, 1);
}

void export_decimal(struct export_out *out, const struct json *number, int digits)
{
    if (!number || number->kind != JSON_INT)
        export_raw(out, STR_NULL);
    else
        put_decimal(out, number->number, digits, 0);
}

void export_end(struct export_out *out)
{
    buf_add_char(&out->row, '\n');
    fwrite(out->row.ptr, 1, out->row.len, out->out);
    buf_clear(&out->row);
    out->cells = 0;
}

void export_blank(struct export_out *out, int count)
{
    for (int i = 0; i < count; i++)
        export_raw(out, STR_NULL);
}

/* ---- parts of documents ---- */

struct souk_str export_texts(const struct export_out *out, const struct json *doc,
                             const char *member)
{
    const struct json *texts = json_at(doc, "text");
    const struct json *text = json_at(texts, out->locale);
    if (!text && texts && texts->count)
        text = &texts->first->value;
    return json_text(json_at(text, member));
}

static void join(struct buf *to, struct souk_str item, const char *separator)
{
    if (to->len) {
        buf_add_cstr(to, separator);
        if (separator[0] == ',')
            buf_add_char(to, ' ');
    }
    for (size_t i = 0; i < item.len; i++) {
        if (item.ptr[i] == separator[0])
            buf_add_char(to, '\\');
        buf_add_char(to, item.ptr[i]);
    }
}

struct souk_str export_join(struct export_out *out, const struct json *list, const char *separator)
{
    struct buf text = {.arena = &out->work};
    json_each(item, list) join(&text, json_text(&item->value), separator);
    return buf_str(&text);
}

struct souk_str export_paths(struct export_out *out, const struct json *keys, int first)
{
    struct buf text = {.arena = &out->work};
    json_each(item, keys)
    {
        const struct souk_str *path = map_get(&out->categories, json_text(&item->value));
        if (!path)
            continue;
        if (first)
            return *path;
        join(&text, *path, ",");
    }
    return buf_str(&text);
}

/* Keys of products to the SKUs by which a file calls them. */
static struct souk_str *names_of(struct export_out *out, const struct json *list, size_t *count)
{
    struct json *keys = json_new(&out->work, JSON_ARRAY);
    struct buf text = {.arena = &out->work};
    struct db_rows rows;
    size_t n = 0;
    *count = 0;
    json_each(item, list)
    {
        const struct json *key = json_at(&item->value, "key");
        json_add_str(&out->work, keys, NULL, json_text(key ? key : &item->value));
    }
    struct souk_str *pairs = arena_array(&out->work, struct souk_str, 2 * (size_t)keys->count + 2);
    json_print(&text, keys);
    if (db_query(out->conn, &sql_export_link_names, &rows, DB_TEXT(buf_str(&text))) != 0)
        return pairs;
    while (n < keys->count && db_next(&rows) == 1) {
        pairs[2 * n] = arena_str(&out->work, db_text(&rows, 0));
        pairs[2 * n++ + 1] = arena_str(&out->work, db_text(&rows, 1));
    }
    db_close(&rows);
    *count = n;
    return pairs;
}

struct souk_str export_links(struct export_out *out, const struct json *doc, const char *kind)
{
    const struct json *list = json_at(json_at(doc, "links"), kind);
    struct buf text = {.arena = &out->work};
    size_t count;
    if (!list || !list->count)
        return STR_NULL;
    struct souk_str *names = names_of(out, list, &count);
    json_each(item, list)
    {
        const struct json *key = json_at(&item->value, "key"), *sku = json_at(&item->value, "sku");
        struct souk_str name = json_text(key ? key : sku ? sku : &item->value);
        int64_t quantity = json_int(json_at(&item->value, "quantity"), 1);
        for (size_t i = 0; i < count && !sku; i++)
            if (souk_str_equal(names[2 * i], name) && names[2 * i + 1].len) {
                name = names[2 * i + 1];
                break;
            }
        if (quantity > 1)
            name = arena_printf(&out->work, "%.*s=%lld", SOUK_PRI(name), (long long)quantity);
        join(&text, name, ",");
    }
    return buf_str(&text);
}

const struct json *export_price(const struct json *variant, const char *list)
{
    json_each(item,
              json_at(variant, "prices")) if (souk_str_is(json_text(json_at(&item->value, "list")),
                                                          list) &&
                                              json_int(json_at(&item->value, "min_quantity"), 1) ==
                                                  1) return &item->value;
    return NULL;
}

struct souk_str export_meta(struct export_out *out, const struct json *owner, struct souk_str name)
{
    const struct json *value = json_get(json_at(owner, "meta"), name);
    struct buf text = {.arena = &out->work};
    if (!value || value->kind == JSON_NULL)
        return STR_NULL;
    if (value->kind == JSON_STRING)
        return value->text;
    json_print(&text, value);
    return buf_str(&text);
}

int export_is_extra(struct souk_str name, const char *const *own)
{
    if (souk_str_is(name, "external_url") || souk_str_is(name, "button_text") ||
        str_starts(name, "Attribute default: ") || str_starts(name, "Attribute global: "))
        return 0;
    for (int i = 0; own[i]; i++)
        if (str_equal_nocase(name, souk_str(own[i])))
            return 0;
    return 1;
}
