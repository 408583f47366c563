/*
 * attribute_term.c: attributes and values as a product's document names them. See attribute_term.h.
 *
 * Two names may mean one row ("Red" and its translation): after looking up, the later term points
 * to the earlier one.
 */
#include "shop/attribute_term.h"

#include "base/rand.h"
#include "base/str.h"
#include "shop/attribute.sql.h"
#include "shop/document.h"
#include "shop/market.h"

void attribute_terms_begin(struct attribute_terms *terms, struct arena *arena)
{
    *terms = (struct attribute_terms){.arena = arena};
    terms->last = &terms->first;
}

void attribute_terms_end(struct attribute_terms *terms)
{
    map_free(&terms->by_code);
}

static struct souk_str attribute_terms_key(struct attribute_terms *terms, struct souk_str owner,
                                           struct souk_str code)
{
    return arena_printf(terms->arena, "%.*s/%.*s", SOUK_PRI(owner), SOUK_PRI(code));
}

static struct attribute_term *attribute_terms_get(struct attribute_terms *terms,
                                                  struct attribute_term *owner,
                                                  struct souk_str code)
{
    struct souk_str key = owner ? attribute_terms_key(terms, owner->given, code) : code;
    struct attribute_term *term = map_get(&terms->by_code, key);
    if (term)
        return term;
    term = arena_new(terms->arena, struct attribute_term);
    term->owner = owner;
    term->given = term->code = code;
    term->same = term;
    *terms->last = term;
    terms->last = &term->next;
    map_put(&terms->by_code, key, term);
    return term;
}

struct attribute_term *attribute_terms_add(struct attribute_terms *terms,
                                           struct attribute_term *owner, const struct json *item,
                                           const char *type)
{
    const struct json *name = item->kind == JSON_OBJECT ? json_at(item, "name") : item;
    struct souk_str code = json_text(json_at(item, "code"));
    struct souk_str text = str_trim(json_text(name));
    const struct json *names = name && name->kind == JSON_OBJECT ? name : NULL;
    if (text.len == 0 && names) {
        text = json_text(json_at(names, market_shop()->locales[0]));
        if (text.len == 0 && json_first(names))
            text = json_text(&json_first(names)->value);
    }
    if (code.len == 0 && text.len == 0)
        return NULL;
    struct attribute_term *term =
        attribute_terms_get(terms, owner, attribute_code(terms->arena, code.len ? code : text));
    if (term->name.len == 0)
        term->name = text.len ? text : code;
    if (!term->names)
        term->names = names;
    if (term->color.len == 0)
        term->color = json_text(json_at(item, "color"));
    if (!term->type)
        term->type = type;
    return term;
}

struct attribute_term *attribute_terms_known(struct attribute_terms *terms,
                                             struct attribute_term *owner, struct souk_str code,
                                             int64_t id)
{
    struct attribute_term *term = attribute_terms_get(terms, owner, code);
    term->id = id;
    return term;
}

struct attribute_term *attribute_term_real(struct attribute_term *term)
{
    while (term && term->same != term)
        term = term->same;
    return term;
}

/* Asks for all attributes (values 0) or values (1) that have no id yet, in one query. */
static int attribute_terms_ask(struct attribute_terms *terms, struct db_conn *conn, int values)
{
    struct json *list = json_new(terms->arena, JSON_ARRAY);
    struct db_rows rows;
    size_t count = 0;
    for (struct attribute_term *term = terms->first; term; term = term->next)
        count += term->id == 0 && (term->owner != NULL) == values;
    if (count == 0)
        return 0;
    struct attribute_term **asked = arena_array(terms->arena, struct attribute_term *, count);
    count = 0;
    for (struct attribute_term *term = terms->first; term; term = term->next) {
        if (term->id != 0 || (term->owner != NULL) != values ||
            (values && attribute_term_real(term->owner)->id == 0))
            continue;
        struct json *row = json_add(terms->arena, list, NULL, JSON_ARRAY);
        if (values)
            json_add_int(terms->arena, row, NULL, attribute_term_real(term->owner)->id);
        json_add_str(terms->arena, row, NULL, term->code);
        json_add_str(terms->arena, row, NULL, term->name);
        asked[count++] = term;
    }
    if (count == 0)
        return 0;
    int code = db_query(conn, values ? &sql_attribute_resolve_values : &sql_attribute_resolve,
                        &rows, DB_TEXT(document_text(terms->arena, list)));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct attribute_term *term = asked[db_int(&rows, 0)];
        term->id = db_int(&rows, 1);
        if (!souk_str_equal(term->code, db_text(&rows, 2)))
            term->code = arena_str(terms->arena, db_text(&rows, 2));
        code = 0;
    }
    return code;
}

/* Terms of one row become one. */
static void attribute_terms_join(struct attribute_terms *terms)
{
    struct map seen = {0};
    for (struct attribute_term *term = terms->first; term; term = term->next) {
        struct attribute_term *owner = attribute_term_real(term->owner);
        struct souk_str key =
            owner ? attribute_terms_key(terms, owner->code, term->code) : term->code;
        struct attribute_term *before = map_get(&seen, key);
        if (before)
            term->same = before;
        else
            map_put(&seen, key, term);
    }
    map_free(&seen);
}

int attribute_terms_resolve(struct attribute_terms *terms, struct db_conn *conn)
{
    if (!terms->first)
        return 0;
    int code = attribute_terms_ask(terms, conn, 0);
    if (code == 0)
        code = attribute_terms_ask(terms, conn, 1);
    if (code == 0)
        attribute_terms_join(terms);
    return code;
}

/* "12.5" in thousandths; 0 when it is no number. */
static int attribute_term_number(struct souk_str text, int64_t *number)
{
    int64_t whole = 0, part = 0;
    ptrdiff_t point = str_find(text, '.');
    struct souk_str before = point < 0 ? text : (struct souk_str){text.ptr, (size_t)point};
    struct souk_str after = point < 0 ? souk_str("") : str_from(text, (size_t)point + 1);
    if (str_to_int(before, &whole) != 0 || whole > INT64_MAX / 2000 || whole < INT64_MIN / 2000 ||
        after.len > 3 || (point >= 0 && (str_to_int(after, &part) != 0 || part < 0)))
        return 0;
    for (size_t i = after.len; i < 3; i++)
        part *= 10;
    *number = whole * 1000 + (before.len && before.ptr[0] == '-' ? -part : part);
    return 1;
}

static int attribute_terms_make_value(struct attribute_term *term, struct db_conn *conn)
{
    int64_t owner = attribute_term_real(term->owner)->id, position = 0, number = 0;
    int numeric = attribute_term_number(term->name, &number);
    int code = db_get_int(conn, &sql_attribute_value_next, &position, DB_INT(owner));
    term->id = id_next();
    if (code == 0)
        code = db_run(conn, &sql_attribute_value_put, NULL, DB_INT(term->id), DB_INT(owner),
                      DB_TEXT(term->code), DB_INT(position), DB_TEXT(term->color),
                      numeric ? DB_INT(number) : DB_NULL);
    return code ? code
                : attribute_put_names(conn, &sql_attribute_value_text_put, term->id, term->name,
                                      term->names);
}

int attribute_terms_make(struct attribute_terms *terms, struct db_conn *conn)
{
    int code = 0;
    for (struct attribute_term *term = terms->first; term && code == 0; term = term->next) {
        if (term->id != 0 || term->same != term)
            continue;
        if (term->owner)
            code = attribute_terms_make_value(term, conn);
        else
            code = attribute_make(conn, term->code, term->type ? term->type : "choice", term->name,
                                  term->names, &term->id);
    }
    return code;
}
