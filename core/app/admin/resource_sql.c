/*
 * resource_sql.c: the statements of a resource, made from its table: lists, counts, and the load,
 * save and remove of resources whose document is their row.
 *
 * The text depends on which filters, which sort and which direction are in use, never on what was
 * typed, so that there are few texts and each is prepared once. A plugin's run in its name: the
 * driver refuses whatever is not the plugin's own.
 */
#include "app/admin/resource.h"

#include <string.h>
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/market.h"

/* What a statement takes: each of SOUK_FIELDS_MOST fields twice, as a range of a filter, and a few.
 */
#define ARGS_MOST (2 * SOUK_FIELDS_MOST + 8)

struct text { /* a statement in the making */
    struct buf sql;
    struct db_arg args[ARGS_MOST];
    int count;
};

static const char *principal(const struct resource_call *call)
{
    return call->resource->plugin.plugin ? call->resource->plugin.plugin->name : NULL;
}

/* Adds a piece of a resource's table: `:locale` and ? are filled in. `arg` may be NULL. */
static void add_piece(struct text *text, const char *piece, const struct db_arg *arg)
{
    int number = 0;
    for (const char *at = piece; *at; at++) {
        if (strncmp(at, ":locale", 7) == 0) {
            buf_printf(&text->sql, "'%s'", market_shop()->locales[0]);
            at += 6;
        } else if (*at == '?' && arg) {
            if (!number) {
                text->args[text->count++] = *arg;
                number = text->count;
            }
            buf_printf(&text->sql, "$%d", number);
        } else {
            buf_add_char(&text->sql, *at);
        }
    }
}

static int open_rows(struct resource_call *call, struct text *text, struct db_rows *rows)
{
    const char *name = principal(call);
    db_principal(call->conn, name);
    int code = db_query_args(call->conn, db_intern(db_of(call->conn), name, text->sql.ptr), rows,
                             text->args, text->count);
    db_principal(call->conn, NULL);
    return code;
}

static int run_text(struct resource_call *call, struct text *text, int64_t *changed)
{
    const char *name = principal(call);
    db_principal(call->conn, name);
    int code = db_run_args(call->conn, db_intern(db_of(call->conn), name, text->sql.ptr), changed,
                           text->args, text->count);
    db_principal(call->conn, NULL);
    return code;
}

/* ---- filters ---- */

static struct souk_str like_pattern(struct arena *arena, struct souk_str words)
{
    struct buf out = {.arena = arena};
    buf_add_char(&out, '%');
    for (size_t i = 0; i < words.len; i++) {
        if (strchr("%_\\", words.ptr[i]))
            buf_add_char(&out, '\\');
        buf_add_char(&out, words.ptr[i]);
    }
    buf_add_char(&out, '%');
    return buf_str(&out);
}

/* What was typed, as an argument; 0: nothing that can be compared with. */
static int filter_arg(const struct resource_filter *filter, struct souk_str value, int upper,
                      struct db_arg *arg)
{
    int64_t number;
    if (value.len == 0)
        return 0;
    if (filter->type == SOUK_TIME) {
        if (clock_parse(value, &number) != SOUK_OK)
            return 0;
        *arg = DB_INT(number + (upper && value.len == 10 ? CLOCK_DAY : 0));
    } else if (filter->type == SOUK_INT || filter->type == SOUK_BOOL) {
        if (str_to_int(value, &number) != SOUK_OK)
            return 0;
        *arg = DB_INT(number);
    } else {
        *arg = DB_TEXT(value);
    }
    return 1;
}

static void add_filters(struct resource_call *call, struct text *text)
{
    const struct resource *resource = call->resource;
    struct request *request = call->request;
    struct souk_str words = str_trim(request_query(request, "q"));
    struct db_arg arg;
    for (const struct resource_filter *f = resource->filters; f && f->key; f++) {
        const char *to = arena_printf(call->arena, "%s_to", f->key).ptr;
        if (f->sql && filter_arg(f, request_query(request, f->key), 0, &arg)) {
            buf_add_cstr(&text->sql, " AND ");
            add_piece(text, f->sql, &arg);
        }
        if (f->sql_to && filter_arg(f, request_query(request, to), 1, &arg)) {
            buf_add_cstr(&text->sql, " AND ");
            add_piece(text, f->sql_to, &arg);
        }
    }
    if (words.len && resource->search) {
        arg = DB_TEXT(like_pattern(call->arena, words));
        buf_add_cstr(&text->sql, " AND (");
        add_piece(text, resource->search, &arg);
        buf_add_char(&text->sql, ')');
    }
}

/* ---- lists ---- */

static int is_number(const struct resource_column *column)
{
    return column->type != SOUK_STRING && column->type != SOUK_CHOICE &&
           column->type != RESOURCE_IMAGE;
}

static void add_cursor(struct text *text, const struct resource_list *list, int down)
{
    const char *test = down ? "<" : ">";
    struct db_arg id = DB_INT(list->cursor_id);
    if (!list->sort) {
        buf_printf(&text->sql, " AND t.id %s ", test);
        add_piece(text, "?", &id);
        return;
    }
    int64_t number = 0;
    struct db_arg value = DB_TEXT(list->cursor_value);
    if (is_number(list->sort)) {
        str_to_int(list->cursor_value, &number);
        value = DB_INT(number);
    }
    buf_add_cstr(&text->sql, " AND (");
    add_piece(text, list->sort->sort, NULL);
    buf_printf(&text->sql, ", t.id) %s (", test);
    add_piece(text, "?", &value);
    buf_add_cstr(&text->sql, ", ");
    add_piece(text, "?", &id);
    buf_add_char(&text->sql, ')');
}

/* Always as many places, the last id over and over: one text whatever is chosen. */
static void add_ids(struct text *text, const struct json *ids)
{
    const struct json_item *item = json_first(ids);
    buf_add_cstr(&text->sql, " AND t.id IN (");
    for (int i = 0; i < RESOURCE_CHOSEN; i++) {
        struct db_arg arg = DB_INT(item ? item->value.number : 0);
        buf_add_cstr(&text->sql, i ? ", " : "");
        add_piece(text, "?", &arg);
        if (item && item->next)
            item = item->next;
    }
    buf_add_char(&text->sql, ')');
}

static void add_where(struct resource_call *call, struct text *text, const struct json *ids)
{
    buf_add_cstr(&text->sql, " WHERE ");
    add_piece(text, call->resource->where ? call->resource->where : "1 = 1", NULL);
    if (ids)
        add_ids(text, ids);
    else
        add_filters(call, text);
}

static void make_list(struct resource_call *call, const struct resource_list *list,
                      struct text *text)
{
    const struct resource *resource = call->resource;
    int down = list->descending ^ list->backwards;
    const char *direction = down ? "DESC" : "ASC";
    struct db_arg limit = DB_INT(list->limit + 1);
    buf_add_cstr(&text->sql, "SELECT k.id, k.s");
    for (const struct resource_column *c = resource->columns; c->key; c++) {
        buf_add_cstr(&text->sql, ", ");
        add_piece(text, c->sql, NULL);
    }
    buf_add_cstr(&text->sql, " FROM (SELECT t.id AS id, ");
    add_piece(text, list->sort ? list->sort->sort : "0", NULL);
    buf_add_cstr(&text->sql, " AS s FROM ");
    if (list->sort && list->sort->from)
        add_piece(text, list->sort->from, NULL);
    else
        buf_printf(&text->sql, "%s t", resource->table);
    add_where(call, text, list->ids);
    if (list->cursor)
        add_cursor(text, list, down);
    buf_add_cstr(&text->sql, " ORDER BY ");
    if (list->sort) {
        add_piece(text, list->sort->sort, NULL);
        buf_printf(&text->sql, " %s, ", direction);
    }
    buf_printf(&text->sql, "t.id %s LIMIT ", direction);
    add_piece(text, "?", &limit);
    buf_printf(&text->sql, ") AS k JOIN %s t ON t.id = k.id ORDER BY k.s %s, k.id %s",
               resource->table, direction, direction);
}

static void add_cell(struct arena *arena, struct json *cells, struct db_rows *rows, int at,
                     const struct resource_column *column)
{
    struct json *cell = json_add(arena, cells, NULL, JSON_OBJECT);
    const char *type = column->type == RESOURCE_IMAGE ? "image"
                       : column->type == SOUK_TIME    ? "time"
                                                      : options_type_name(column->type);
    json_add_cstr(arena, cell, "type", type);
    json_add_bool(arena, cell, "link", column->flags & COLUMN_LINK);
    if (db_is_null(rows, at))
        json_add_cstr(arena, cell, "text", "");
    else if (!is_number(column))
        json_add_str(arena, cell, "text", arena_str(arena, db_text(rows, at)));
    else if (column->type == SOUK_BOOL)
        json_add_bool(arena, cell, "value", db_int(rows, at) != 0);
    else if (column->type == SOUK_RATE)
        json_add_str(arena, cell, "value", resource_decimal_text(arena, db_int(rows, at), 4));
    else if (column->type != SOUK_TIME || db_int(rows, at) > 0)
        json_add_int(arena, cell, "value", db_int(rows, at));
    if (column->flags & COLUMN_ID && !db_is_null(rows, at))
        json_add_str(arena, cell, "text", arena_printf(arena, "%lld", (long long)db_int(rows, at)));
}

static void add_row(struct resource_call *call, const struct resource_list *list,
                    struct json *items, struct db_rows *rows)
{
    struct arena *arena = call->arena;
    struct json *row = json_add(arena, items, NULL, JSON_OBJECT);
    struct souk_str value = souk_str("");
    if (list->sort && is_number(list->sort))
        value = arena_printf(arena, "%lld", (long long)db_int(rows, 1));
    else if (list->sort)
        value = arena_str(arena, db_text(rows, 1));
    json_add_str(arena, row, "id", arena_printf(arena, "%lld", (long long)db_int(rows, 0)));
    json_add_str(arena, row, "sort", value);
    struct json *cells = json_add(arena, row, "cells", JSON_ARRAY);
    int at = 2;
    for (const struct resource_column *c = call->resource->columns; c->key; c++)
        add_cell(arena, cells, rows, at++, c);
}

static void turn_round(struct json *list)
{
    struct json_item *before = NULL, *item = list->first;
    list->last = item;
    while (item) {
        struct json_item *next = item->next;
        item->next = before;
        before = item;
        item = next;
    }
    list->first = before;
}

int resource_select(struct resource_call *call, const struct resource_list *list,
                    struct json *items, int *more)
{
    struct text text = {.sql = {.arena = call->arena}};
    struct db_rows rows;
    int n = 0;
    *more = 0;
    make_list(call, list, &text);
    int code = open_rows(call, &text, &rows);
    while (!code && (code = db_next(&rows)) == 1) {
        code = 0;
        if (n++ == list->limit) {
            *more = 1;
            db_close(&rows);
            break;
        }
        add_row(call, list, items, &rows);
    }
    if (list->backwards)
        turn_round(items);
    return code;
}

int resource_ids(struct resource_call *call, int64_t most, struct json *ids)
{
    struct text text = {.sql = {.arena = call->arena}};
    struct db_rows rows;
    struct db_arg limit = DB_INT(most);
    buf_printf(&text.sql, "SELECT t.id FROM %s t", call->resource->table);
    add_where(call, &text, NULL);
    buf_add_cstr(&text.sql, " ORDER BY t.id DESC LIMIT ");
    add_piece(&text, "?", &limit);
    int code = open_rows(call, &text, &rows);
    while (!code && (code = db_next(&rows)) == 1) {
        json_add_int(call->arena, ids, NULL, db_int(&rows, 0));
        code = 0;
    }
    return code;
}

int resource_count(struct resource_call *call, int64_t most, int64_t *count)
{
    struct text text = {.sql = {.arena = call->arena}};
    struct db_rows rows;
    struct db_arg limit = DB_INT(most);
    buf_printf(&text.sql, "SELECT count(*) FROM (SELECT 1 FROM %s t", call->resource->table);
    add_where(call, &text, NULL);
    buf_add_cstr(&text.sql, " LIMIT ");
    add_piece(&text, "?", &limit);
    buf_add_char(&text.sql, ')');
    int code = open_rows(call, &text, &rows);
    if (!code && (code = db_next(&rows)) == 1) {
        *count = db_int(&rows, 0);
        db_close(&rows);
        code = 0;
    }
    return code;
}

int resource_choices_of(struct resource_call *call, const struct db_statement *statement,
                        struct json *list)
{
    struct db_rows rows;
    int code = db_query(call->conn, statement, &rows, DB_CSTR(market_shop()->locales[0]));
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(call->arena, list, NULL, JSON_OBJECT);
        json_add_str(call->arena, item, "value", arena_str(call->arena, db_text(&rows, 0)));
        json_add_str(call->arena, item, "label", arena_str(call->arena, db_text(&rows, 1)));
        code = 0;
    }
    return code;
}

/* ---- a record that is its row ---- */

static int is_text_field(const struct resource_field *field)
{
    return field->type == SOUK_STRING || field->type == SOUK_TEXT || field->type == SOUK_CHOICE;
}

int resource_table_load(struct resource_call *call, struct json **out)
{
    struct arena *arena = call->arena;
    struct text text = {.sql = {.arena = arena}};
    struct db_arg id = DB_INT(call->id);
    struct db_rows rows;
    buf_add_cstr(&text.sql, "SELECT t.id");
    for (const struct resource_field *f = call->resource->fields; f->key; f++)
        buf_printf(&text.sql, ", t.%s", f->key);
    buf_printf(&text.sql, " FROM %s t WHERE t.id = ", call->resource->table);
    add_piece(&text, "?", &id);
    int code = open_rows(call, &text, &rows);
    if (code || (code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    struct json *doc = json_new(arena, JSON_OBJECT);
    int at = 1;
    for (const struct resource_field *f = call->resource->fields; f->key; f++, at++) {
        char time[32];
        if (db_is_null(&rows, at))
            json_add_null(arena, doc, f->key);
        else if (is_text_field(f))
            json_add_str(arena, doc, f->key, arena_str(arena, db_text(&rows, at)));
        else if (f->type == SOUK_BOOL)
            json_add_bool(arena, doc, f->key, db_int(&rows, at) != 0);
        else if (f->type == SOUK_TIME && db_int(&rows, at) > 0)
            json_add_str(
                arena, doc, f->key,
                arena_str(arena, str_make(time, clock_format(db_int(&rows, at), 0, time))));
        else if (f->type == SOUK_TIME)
            json_add_null(arena, doc, f->key);
        else
            json_add_int(arena, doc, f->key, db_int(&rows, at));
    }
    db_close(&rows);
    *out = doc;
    return SOUK_OK;
}

/* A moment that is none is NULL in tables of the core, 0 in those of plugins. */
static struct db_arg arg_of(const struct resource_call *call, const struct resource_field *field,
                            const struct json *value)
{
    int64_t at = 0;
    if (field->type == SOUK_TIME && clock_parse(json_text(value), &at) == SOUK_OK)
        return DB_INT(at);
    if (field->type == SOUK_TIME)
        return principal(call) ? DB_INT(0) : DB_NULL;
    if (is_text_field(field))
        return DB_TEXT(json_text(value));
    if (field->type == SOUK_BOOL)
        return DB_INT(json_true(value));
    if (!value || value->kind == JSON_NULL)
        return field->flags & FIELD_MUST ? DB_INT(0) : DB_NULL;
    return DB_INT(json_int(value, 0));
}

int resource_table_save(struct resource_call *call, const struct json *doc, struct err *err)
{
    struct text text = {.sql = {.arena = call->arena}};
    struct buf marks = {.arena = call->arena};
    int fresh = call->id == 0;
    int64_t changed = 0;
    if (fresh)
        call->id = id_next();
    text.args[text.count++] = DB_INT(call->id);
    buf_printf(&text.sql, fresh ? "INSERT INTO %s (id" : "UPDATE %s SET id = $1",
               call->resource->table);
    for (const struct resource_field *f = call->resource->fields; f->key; f++) {
        const struct json *value = json_at(doc, f->key);
        if (!value)
            continue;
        text.args[text.count++] = arg_of(call, f, value);
        buf_printf(&text.sql, fresh ? ", %s" : ", %s = $%d", f->key, text.count);
        buf_printf(&marks, ", $%d", text.count);
    }
    if (fresh)
        buf_printf(&text.sql, ") VALUES ($1%s)", marks.len ? marks.ptr : "");
    else
        buf_add_cstr(&text.sql, " WHERE id = $1");
    int code = run_text(call, &text, &changed);
    if (code)
        return err_set(err, code, "%s", db_error(call->conn));
    return changed ? SOUK_OK : err_set(err, SOUK_NOT_FOUND, "it is not there any more");
}

int resource_table_remove(struct resource_call *call, struct err *err)
{
    struct text text = {.sql = {.arena = call->arena}};
    int64_t changed = 0;
    text.args[text.count++] = DB_INT(call->id);
    buf_printf(&text.sql, "DELETE FROM %s WHERE id = $1", call->resource->table);
    int code = run_text(call, &text, &changed);
    if (code)
        return err_set(err, code, "%s", db_error(call->conn));
    return changed ? SOUK_OK : err_set(err, SOUK_NOT_FOUND, "it is not there any more");
}
