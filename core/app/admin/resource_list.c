/*
 * resource_list.c: the list of a resource as a page, and as CSV.
 *
 * Paging goes by the last row that was seen (keyset), forwards and backwards, so every page costs
 * the same. The number of hits is counted up to 10,000.
 *
 * In CSV, text that a spreadsheet would take for a formula gets an apostrophe in front.
 */
#include "app/admin/resource.h"
#include "app/admin/resources.h"
#include "app/admin/route.h"

#include <string.h>
#include "base/clock.h"
#include "base/str.h"

#define COUNT_MOST 10000
#define CSV_STEP   1000
#define CSV_MOST   200000

/* ---- what is asked for ---- */

static const struct resource_column *column_of(const struct resource *resource, struct souk_str key)
{
    for (const struct resource_column *c = resource->columns; c->key; c++)
        if (c->sort && souk_str_is(key, c->key))
            return c;
    return NULL;
}

static void read_sort(struct resource_call *call, struct resource_list *list)
{
    struct souk_str sort = request_query(call->request, "sort");
    if (sort.len == 0 && call->resource->sort)
        sort = souk_str(call->resource->sort);
    int down = str_starts(sort, "-");
    list->sort = column_of(call->resource, str_from(sort, (size_t)down));
    list->descending = list->sort ? down : 1;
}

static void read_cursor(struct resource_call *call, struct resource_list *list)
{
    struct souk_str after = request_query(call->request, "after");
    struct souk_str before = request_query(call->request, "before");
    struct souk_str text = before.len ? before : after;
    ptrdiff_t tilde = str_find(text, '~');
    if (tilde <= 0 || str_to_int(str_make(text.ptr, (size_t)tilde), &list->cursor_id) != SOUK_OK)
        return;
    list->cursor = 1;
    list->backwards = before.len > 0;
    list->cursor_value = str_from(text, (size_t)tilde + 1);
}

/* ---- addresses ---- */

static void add_param(struct buf *out, const char *key, struct souk_str value)
{
    if (value.len == 0)
        return;
    buf_printf(out, "%s%s=", out->len && strchr(out->ptr, '?') ? "&" : "?", key);
    buf_add_encoded(out, value);
}

/* The path with the filters that are set; the sort too when `sorted`. */
static struct buf here(struct resource_call *call, const char *below, int sorted)
{
    struct buf out = {.arena = call->arena};
    struct request *request = call->request;
    buf_add_str(&out, resource_url(call));
    buf_add_cstr(&out, below);
    add_param(&out, "q", request_query(request, "q"));
    for (const struct resource_filter *f = call->resource->filters; f && f->key; f++) {
        add_param(&out, f->key, request_query(request, f->key));
        if (f->sql_to) {
            const char *to = arena_printf(call->arena, "%s_to", f->key).ptr;
            add_param(&out, to, request_query(request, to));
        }
    }
    if (sorted)
        add_param(&out, "sort", request_query(request, "sort"));
    return out;
}

struct souk_str resource_list_url(struct resource_call *call, const char *below)
{
    struct buf url = here(call, below, 0);
    return buf_str(&url);
}

static void add_page_url(struct resource_call *call, struct json *view, const char *key,
                         const char *param, const struct json *row)
{
    struct buf url = here(call, "", 1);
    struct souk_str id = json_text(json_at(row, "id")), sort = json_text(json_at(row, "sort"));
    add_param(&url, param, arena_printf(call->arena, "%.*s~%.*s", SOUK_PRI(id), SOUK_PRI(sort)));
    json_add_str(call->arena, view, key, buf_str(&url));
}

/* ---- the view ---- */

static void add_columns(struct resource_call *call, const struct resource_list *list,
                        struct json *view)
{
    struct arena *arena = call->arena;
    struct json *columns = json_add(arena, view, "columns", JSON_ARRAY);
    for (const struct resource_column *c = call->resource->columns; c->key; c++) {
        struct json *column = json_add(arena, columns, NULL, JSON_OBJECT);
        json_add_str(arena, column, "label", site_words(call->request, "souk", c->label));
        json_add_bool(arena, column, "number",
                      c->type == SOUK_INT || c->type == SOUK_MONEY || c->type == SOUK_RATE);
        if (!c->sort)
            continue;
        int now = list->sort == c;
        struct buf url = here(call, "", 0);
        add_param(&url, "sort",
                  arena_printf(arena, "%s%s", now && !list->descending ? "-" : "", c->key));
        json_add_str(arena, column, "url", buf_str(&url));
        json_add_cstr(arena, column, "sorted",
                      !now               ? ""
                      : list->descending ? "descending"
                                         : "ascending");
    }
}

/* "part_paid" is a word of the database, "part paid" one of the page. */
static const char *spaced(struct arena *arena, const char *name)
{
    char *words = arena_cstr(arena, souk_str(name));
    for (char *at = words; *at; at++)
        if (*at == '_')
            *at = ' ';
    return words;
}

static int add_filter_choices(struct resource_call *call, const struct resource_filter *filter,
                              struct souk_str value, struct json *row)
{
    struct arena *arena = call->arena;
    struct json *choices = json_add(arena, row, "choices", JSON_ARRAY);
    for (const char *const *c = filter->choices; c && *c; c++) {
        struct json *item = json_add(arena, choices, NULL, JSON_OBJECT);
        json_add_cstr(arena, item, "value", *c);
        json_add_str(arena, item, "label", site_words(call->request, "souk", spaced(arena, *c)));
    }
    int code = filter->options ? filter->options(call, choices) : SOUK_OK;
    json_each(item, choices) if (souk_str_equal(json_text(json_at(&item->value, "value")), value))
        json_add_bool(arena, (struct json *)(uintptr_t)&item->value, "selected", 1);
    return code;
}

static int add_filters(struct resource_call *call, struct json *view)
{
    struct arena *arena = call->arena;
    struct json *rows = json_add(arena, view, "filters", JSON_ARRAY);
    int code = SOUK_OK, active = request_query(call->request, "q").len > 0;
    for (const struct resource_filter *f = call->resource->filters; !code && f && f->key; f++) {
        struct json *row = json_add(arena, rows, NULL, JSON_OBJECT);
        struct souk_str value = request_query(call->request, f->key);
        json_add_cstr(arena, row, "key", f->key);
        json_add_str(arena, row, "label", site_words(call->request, "souk", f->label));
        json_add_cstr(arena, row, "type",
                      f->type == SOUK_TIME ? "time" : options_type_name(f->type));
        json_add_str(arena, row, "value", value);
        active |= value.len > 0;
        if (f->sql_to) {
            const char *to = arena_printf(arena, "%s_to", f->key).ptr;
            json_add_cstr(arena, row, "to_key", to);
            json_add_str(arena, row, "to", request_query(call->request, to));
            active |= request_query(call->request, to).len > 0;
        }
        if (f->type == SOUK_CHOICE)
            code = add_filter_choices(call, f, value, row);
    }
    json_add_bool(arena, view, "filtered", active);
    return code;
}

static void add_actions(struct resource_call *call, struct json *view)
{
    struct arena *arena = call->arena;
    struct json *rows = json_add(arena, view, "actions", JSON_ARRAY);
    for (const struct resource_action *a = call->resource->actions; a && a->name; a++) {
        if (a->right ? !admin_may(call->request, a->right) : !resource_may(call, "edit"))
            continue;
        struct json *row = json_add(arena, rows, NULL, JSON_OBJECT);
        json_add_cstr(arena, row, "name", a->name);
        json_add_str(arena, row, "label", site_words(call->request, "souk", a->label));
    }
}

static void add_about(struct resource_call *call, struct json *view)
{
    struct arena *arena = call->arena;
    const struct resource *resource = call->resource;
    struct json *about = json_add(arena, view, "resource", JSON_OBJECT);
    int edits = resource_may(call, "edit");
    json_add_cstr(arena, about, "name", resource->name);
    json_add_str(arena, about, "url", resource_url(call));
    json_add_str(arena, about, "one", site_words(call->request, "souk", resource->one));
    json_add_bool(arena, about, "searched", resource->search != NULL);
    json_add_bool(arena, about, "linked", !(resource->flags & RESOURCE_LIST));
    json_add_bool(arena, about, "creates", edits && resource->flags & RESOURCE_CREATE);
    json_add_str(arena, view, "q", request_query(call->request, "q"));
    json_add_str(arena, view, "sort", request_query(call->request, "sort"));
}

static void add_pages(struct resource_call *call, const struct resource_list *list, int more,
                      const struct json *rows, struct json *view)
{
    int has_next = list->backwards || more;
    int has_before = list->backwards ? more : list->cursor;
    if (rows->count && has_next)
        add_page_url(call, view, "next_url", "after", &rows->last->value);
    if (rows->count && has_before)
        add_page_url(call, view, "before_url", "before", &rows->first->value);
    json_add_str(call->arena, view, "bulk_url", resource_list_url(call, "/bulk"));
    struct buf csv = here(call, "/csv", 1);
    json_add_str(call->arena, view, "csv_url", buf_str(&csv));
}

int resource_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    struct resource_list list = {.limit = RESOURCE_PAGE};
    int64_t count = 0;
    int more;
    if (!resource_enter(&call, request, "read"))
        return SOUK_OK;
    struct json *view = json_new(call.arena, JSON_OBJECT);
    struct json *rows = json_add(call.arena, view, "rows", JSON_ARRAY);
    read_sort(&call, &list);
    read_cursor(&call, &list);
    int code = resource_select(&call, &list, rows, &more);
    if (!code && !list.cursor && !more)
        count = rows->count; /* all of them are on this page */
    else if (!code)
        code = resource_count(&call, COUNT_MOST, &count);
    if (!code)
        code = add_filters(&call, view);
    if (code)
        return admin_message(request, 500, call.resource->title, db_error(call.conn), "/admin");
    json_add_int(call.arena, view, "count", count);
    json_add_bool(call.arena, view, "count_more", count == COUNT_MOST);
    json_add_bool(call.arena, view, "paged", count > rows->count);
    json_add_bool(call.arena, view, "moves",
                  call.resource == &resource_categories && resource_may(&call, "edit"));
    add_about(&call, view);
    add_columns(&call, &list, view);
    add_actions(&call, view);
    add_pages(&call, &list, more, rows, view);
    return admin_render(request, "admin/list", 200, call.resource->title, view);
}

/* ---- CSV ---- */

static void add_quoted(struct buf *out, struct souk_str text)
{
    int formula = text.len && strchr("=+-@\t\r", text.ptr[0]) != NULL;
    buf_add_char(out, '"');
    if (formula)
        buf_add_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, text.ptr[i]);
    }
    buf_add_char(out, '"');
}

static void add_csv_cell(struct resource_call *call, struct buf *out, const struct json *cell)
{
    const struct json *value = json_at(cell, "value");
    struct souk_str type = json_text(json_at(cell, "type"));
    char time[32];
    if (!value)
        add_quoted(out, json_text(json_at(cell, "text")));
    else if (value->kind == JSON_STRING)
        buf_add_str(out, value->text);
    else if (souk_str_is(type, "time"))
        buf_add_str(out, str_make(time, clock_format(value->number, 0, time)));
    else if (souk_str_is(type, "money"))
        buf_add_str(out,
                    resource_decimal_text(call->arena, value->number, resource_money_digits()));
    else
        buf_add_int(out, value->number);
}

static void add_csv_row(struct resource_call *call, struct buf *out, const struct json *row)
{
    buf_add_str(out, json_text(json_at(row, "id")));
    json_each(cell, json_at(row, "cells"))
    {
        buf_add_char(out, ',');
        add_csv_cell(call, out, &cell->value);
    }
    buf_add_cstr(out, "\r\n");
}

int resource_download(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    struct resource_list list = {.limit = CSV_STEP};
    struct buf out = {.arena = &request->arena};
    int more = 1, code = SOUK_OK;
    if (!resource_enter(&call, request, "read"))
        return SOUK_OK;
    read_sort(&call, &list);
    buf_add_cstr(&out, "id");
    for (const struct resource_column *c = call.resource->columns; c->key; c++)
        buf_printf(&out, ",%s", c->key);
    buf_add_cstr(&out, "\r\n");
    for (int done = 0; more && !code && done < CSV_MOST; done += CSV_STEP) {
        struct arena rows_arena = {0};
        call.arena = &rows_arena;
        struct json *rows = json_new(&rows_arena, JSON_ARRAY);
        code = resource_select(&call, &list, rows, &more);
        json_each(row, rows) add_csv_row(&call, &out, &row->value);
        if (rows->last) {
            list.cursor = 1;
            str_to_int(json_text(json_at(&rows->last->value, "id")), &list.cursor_id);
            list.cursor_value =
                arena_str(&request->arena, json_text(json_at(&rows->last->value, "sort")));
        }
        arena_free(&rows_arena);
    }
    call.arena = &request->arena;
    if (code)
        return admin_message(request, 500, call.resource->title, db_error(call.conn), "/admin");
    answer_bytes(request, 200, "text/csv; charset=utf-8", buf_str(&out));
    answer_header(
        request, "Content-Disposition",
        arena_printf(&request->arena, "attachment; filename=\"%s.csv\"", call.resource->name));
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}
