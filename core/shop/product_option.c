/*
 * product_option.c: a product's attributes and the options that its variants differ in. Present
 * ones are read as known terms, so that a document which names the same costs no lookup.
 */
#include "shop/document.h"
#include "shop/product_edit.h"
#include "shop/product_option.sql.h"

/* Adds a value to an option's list unless it is there. Lists grow by doubling. */
static void option_add(struct product_edit *edit, struct edit_option *option,
                       struct attribute_term *value)
{
    for (int i = 0; i < option->count; i++)
        if (attribute_term_real(option->values[i]) == attribute_term_real(value))
            return;
    if ((option->count & (option->count - 1)) == 0) { /* 0, 1, 2, 4, 8 …: full */
        size_t room = option->count ? (size_t)option->count * 2 : 1;
        struct attribute_term **more = arena_array(edit->arena, struct attribute_term *, room);
        if (option->count)
            memcpy(more, option->values, (size_t)option->count * sizeof *more);
        option->values = more;
    }
    option->values[option->count++] = value;
}

void edit_option_use(struct product_edit *edit, int option, struct attribute_term *value)
{
    option_add(edit, &edit->wished.at[option], value);
}

int edit_options_load(struct product_edit *edit)
{
    struct db_rows rows;
    int code = db_query(edit->conn, &sql_product_option_load, &rows, DB_INT(edit->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        int at = (int)db_int(&rows, 0);
        code = 0;
        if (at < 0 || at >= PRODUCT_OPTIONS)
            continue;
        struct edit_option *option = &edit->options.at[at];
        if (!option->attribute)
            option->attribute = attribute_terms_known(
                &edit->terms, NULL, arena_str(edit->arena, db_text(&rows, 2)), db_int(&rows, 1));
        edit->options.count = at + 1;
        if (!db_is_null(&rows, 3))
            option_add(edit, option,
                       attribute_terms_known(&edit->terms, option->attribute,
                                             arena_str(edit->arena, db_text(&rows, 4)),
                                             db_int(&rows, 3)));
    }
    return code;
}

static void options_copy(struct product_edit *edit)
{
    edit->wished.count = edit->options.count;
    for (int i = 0; i < edit->options.count; i++) {
        edit->wished.at[i] = (struct edit_option){.attribute = edit->options.at[i].attribute};
        for (int j = 0; j < edit->options.at[i].count; j++)
            option_add(edit, &edit->wished.at[i], edit->options.at[i].values[j]);
    }
}

static int values_are_list(const struct json *item)
{
    const struct json *values = json_at(item, "values");
    return !values || values->kind == JSON_ARRAY || values->kind == JSON_NULL;
}

int edit_options_read(struct product_edit *edit)
{
    const struct json *list = json_at(edit->doc, "options");
    if (!list)
        options_copy(edit);
    json_each(item, list)
    {
        int at = edit->wished.count, place = 0;
        struct edit_option *option = &edit->wished.at[at];
        option->attribute = attribute_terms_add(&edit->terms, NULL, &item->value, "choice");
        if (!option->attribute)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/options/%d/name", at),
                               "an option needs a name");
        for (int i = 0; i < at; i++)
            if (edit->wished.at[i].attribute == option->attribute)
                return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/options/%d/name", at),
                                   "the option %.*s stands twice",
                                   SOUK_PRI(option->attribute->code));
        if (!values_are_list(&item->value))
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/options/%d/values", at),
                               "values are a list");
        json_each(value, json_at(&item->value, "values"))
        {
            struct attribute_term *term =
                attribute_terms_add(&edit->terms, option->attribute, &value->value, NULL);
            if (!term)
                return edit_refuse(edit, SOUK_INVALID,
                                   edit_at(edit, "/options/%d/values/%d", at, place),
                                   "a value needs a name");
            option_add(edit, option, term);
            place++;
        }
        edit->wished.count++;
    }
    return 0;
}

static int option_same(const struct edit_option *a, const struct edit_option *b)
{
    if (attribute_term_real(a->attribute) != attribute_term_real(b->attribute) ||
        a->count != b->count)
        return 0;
    for (int i = 0; i < a->count; i++)
        if (attribute_term_real(a->values[i]) != attribute_term_real(b->values[i]))
            return 0;
    return 1;
}

int edit_options_write(struct product_edit *edit)
{
    struct json *options = json_new(edit->arena, JSON_ARRAY);
    struct json *values = json_new(edit->arena, JSON_ARRAY);
    int same = edit->options.count == edit->wished.count, code = 0;
    for (int i = 0; same && i < edit->options.count; i++)
        same = option_same(&edit->options.at[i], &edit->wished.at[i]);
    if (same)
        return 0;
    edit->changed = 1;
    for (int i = 0; i < edit->wished.count; i++) {
        struct edit_option *option = &edit->wished.at[i];
        struct edit_option clean = {0}; /* two names may have turned out to be one value */
        json_add_int(edit->arena, options, NULL, attribute_term_real(option->attribute)->id);
        for (int j = 0; j < option->count; j++)
            option_add(edit, &clean, option->values[j]);
        for (int j = 0; j < clean.count; j++) {
            struct json *row = json_add(edit->arena, values, NULL, JSON_ARRAY);
            json_add_int(edit->arena, row, NULL, i);
            json_add_int(edit->arena, row, NULL, j);
            json_add_int(edit->arena, row, NULL, attribute_term_real(clean.values[j])->id);
        }
    }
    if (edit->options.count)
        code = db_run(edit->conn, &sql_product_option_clear, NULL, DB_INT(edit->id));
    if (code == 0)
        code = db_run(edit->conn, &sql_product_option_put, NULL, DB_INT(edit->id),
                      DB_TEXT(document_text(edit->arena, options)));
    if (code == 0 && values->count)
        code = db_run(edit->conn, &sql_product_option_value_put, NULL, DB_INT(edit->id),
                      DB_TEXT(document_text(edit->arena, values)));
    return code;
}

/* ---- attributes ---- */

static struct json *attribute_row(struct product_edit *edit, struct json *list, int64_t attribute,
                                  int64_t value, const struct souk_str *text, int visible)
{
    struct json *row = json_add(edit->arena, list, NULL, JSON_ARRAY);
    json_add_int(edit->arena, row, NULL, attribute);
    if (value)
        json_add_int(edit->arena, row, NULL, value);
    else
        json_add_null(edit->arena, row, NULL);
    if (text)
        json_add_str(edit->arena, row, NULL, *text);
    else
        json_add_null(edit->arena, row, NULL);
    json_add_int(edit->arena, row, NULL, visible);
    return row;
}

static int attributes_load(struct product_edit *edit)
{
    struct db_rows rows;
    int code = db_query(edit->conn, &sql_product_attribute_load, &rows, DB_INT(edit->id));
    edit->attributes_now = json_new(edit->arena, JSON_ARRAY);
    while (code == 0 && (code = db_next(&rows)) == 1) {
        int plain = db_is_null(&rows, 2);
        struct souk_str text = {NULL, 0};
        struct attribute_term *attribute = attribute_terms_known(
            &edit->terms, NULL, arena_str(edit->arena, db_text(&rows, 1)), db_int(&rows, 0));
        if (plain)
            text = arena_str(edit->arena, db_text(&rows, 4));
        else
            attribute_terms_known(&edit->terms, attribute,
                                  arena_str(edit->arena, db_text(&rows, 3)), db_int(&rows, 2));
        attribute_row(edit, edit->attributes_now, db_int(&rows, 0), db_int(&rows, 2),
                      plain ? &text : NULL, db_int(&rows, 5) != 0);
        code = 0;
    }
    return code;
}

int edit_attributes_read(struct product_edit *edit)
{
    int at = 0, code = 0;
    if (!json_at(edit->doc, "attributes"))
        return 0;
    edit->attributes_now = json_new(edit->arena, JSON_ARRAY);
    if (!edit->fresh && (code = attributes_load(edit)) != 0)
        return code;
    json_each(item, json_at(edit->doc, "attributes"))
    {
        const struct json *text = json_at(&item->value, "text");
        int place = 0;
        struct attribute_term *attribute =
            attribute_terms_add(&edit->terms, NULL, &item->value, text ? "text" : "choice");
        if (!attribute)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/attributes/%d/name", at),
                               "an attribute needs a name");
        if (text && text->kind != JSON_STRING)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/attributes/%d/text", at),
                               "give a text");
        if (!values_are_list(&item->value))
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/attributes/%d/values", at),
                               "values are a list");
        json_each(value, json_at(&item->value, "values"))
        {
            if (!attribute_terms_add(&edit->terms, attribute, &value->value, NULL))
                return edit_refuse(edit, SOUK_INVALID,
                                   edit_at(edit, "/attributes/%d/values/%d", at, place),
                                   "a value needs a name");
            place++;
        }
        at++;
    }
    return 0;
}

static int attributes_has(const struct json *list, int64_t attribute, int64_t value)
{
    json_each(row, list)
    {
        const struct json_item *first = json_first(&row->value);
        if (first->value.number == attribute && json_int(&first->next->value, 0) == value)
            return 1;
    }
    return 0;
}

int edit_attributes_write(struct product_edit *edit)
{
    struct json *list = json_new(edit->arena, JSON_ARRAY);
    int code = 0;
    if (!json_at(edit->doc, "attributes"))
        return 0;
    json_each(item, json_at(edit->doc, "attributes"))
    {
        const struct json *text = json_at(&item->value, "text");
        const struct json *shown = json_at(&item->value, "visible");
        int visible = shown ? json_true(shown) : 1;
        struct attribute_term *given = attribute_terms_add(&edit->terms, NULL, &item->value, NULL);
        int64_t attribute = attribute_term_real(given)->id;
        if (text && text->text.len)
            attribute_row(edit, list, attribute, 0, &text->text, visible);
        json_each(value, json_at(&item->value, "values"))
        {
            struct attribute_term *term =
                attribute_term_real(attribute_terms_add(&edit->terms, given, &value->value, NULL));
            if (!attributes_has(list, attribute, term->id))
                attribute_row(edit, list, attribute, term->id, NULL, visible);
        }
    }
    if (document_same(list, edit->attributes_now))
        return 0;
    edit->changed = 1;
    if (edit->attributes_now->count)
        code = db_run(edit->conn, &sql_product_attribute_clear, NULL, DB_INT(edit->id));
    if (code == 0 && list->count)
        code = db_run(edit->conn, &sql_product_attribute_put, NULL, DB_INT(edit->id),
                      DB_TEXT(document_text(edit->arena, list)));
    return code;
}
