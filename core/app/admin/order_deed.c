/*
 * order_deed.c: one thing done to an order: the write, with the check that the form's reader saw
 * the order as it is now; and what of forms every step reads alike.
 *
 * What a reader saw is told in three parts, the order itself, its money and its goods, so that news
 * of a parcel do not stop a refund. When the part that a step is about is not as it was seen,
 * nothing is done: two people who press the same button at once do it once.
 */
#include "app/admin/order_page.h"

#include <string.h>
#include "app/admin/resource.h"
#include "app/admin_order.sql.h"
#include "base/str.h"

static const char *const parts[] = {"order", "money", "goods"};

int order_deed_seen(struct db_conn *conn, struct arena *arena, int64_t id, struct json *view)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_admin_order_seen, &rows, DB_INT(id)), &rows);
    if (code)
        return code;
    struct json *seen = json_add(arena, view, "seen", JSON_OBJECT);
    for (int i = 0; i < 3; i++)
        json_add_str(arena, seen, parts[i], arena_str(arena, db_text(&rows, i)));
    db_close(&rows);
    return SOUK_OK;
}

/* The order itself counts for every part: nobody packs what was cancelled meanwhile. */
static int is_as_seen(struct db_conn *conn, struct order_deed *deed, struct err *err)
{
    struct arena *arena = &deed->request->arena;
    struct json *now = json_new(arena, JSON_OBJECT);
    int code = order_deed_seen(conn, arena, deed->order, now);
    if (code)
        return err_set(err, code, "this order is not there");
    const struct json *seen = json_at(now, "seen");
    for (int i = 0; i < 3; i++) {
        const char *field = arena_printf(arena, "_seen_%s", parts[i]).ptr;
        if ((i == 0 || strcmp(deed->part, parts[i]) == 0) &&
            !souk_str_equal(request_form(deed->request, field), json_text(json_at(seen, parts[i]))))
            return err_set(err, SOUK_CONFLICT,
                           "somebody has changed this order meanwhile, and nothing was done; look "
                           "at it as it is now and decide again");
    }
    return SOUK_OK;
}

/* ---- rehearsals: the exact sums of a refund come from the refund itself ---- */

#define REHEARSED 1 /* above 0, so nobody's code: the write is undone, and it was well */

static int list_refunds(struct db_conn *conn, struct order_deed *deed, int64_t since)
{
    struct arena *arena = &deed->request->arena;
    struct db_rows rows;
    *deed->refunds = (struct json){.kind = JSON_ARRAY};
    int code = db_query(conn, &sql_admin_order_refunds, &rows, DB_INT(deed->order), DB_INT(since));
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(arena, deed->refunds, NULL, JSON_OBJECT), *lines = NULL;
        json_add_int(arena, row, "amount", db_int(&rows, 1));
        json_add_int(arena, row, "delivery", db_int(&rows, 2));
        if (json_parse(arena, arena_str(arena, db_text(&rows, 3)), &lines, NULL) == SOUK_OK)
            json_add_tree(arena, row, "lines", lines);
        code = 0;
    }
    return code;
}

static int rehearse(struct db_conn *conn, struct order_deed *deed)
{
    int64_t since = 0;
    int code = db_get_int(conn, &sql_admin_order_last_move, &since, DB_INT(deed->order));
    if (!code)
        code = deed->run(conn, deed, &deed->err);
    if (!code)
        code = list_refunds(conn, deed, since);
    return code ? code : REHEARSED;
}

static int run(struct db_conn *conn, void *arg)
{
    struct order_deed *deed = arg;
    deed->err = (struct err){0};
    int code = deed->part ? is_as_seen(conn, deed, &deed->err) : SOUK_OK;
    if (!code)
        code = deed->refunds ? rehearse(conn, deed) : deed->run(conn, deed, &deed->err);
    if (code && code != REHEARSED && !deed->err.text[0])
        err_set(&deed->err, code, "%s",
                code == SOUK_NOT_FOUND ? "it is not there, or not any more" : db_error(conn));
    return code;
}

int order_deed_do(struct order_deed *deed)
{
    struct err err = {0};
    request_form(deed->request, "_"); /* parsed here, not on the writer's thread */
    request_query(deed->request, "_");
    request_conn_end(deed->request);
    int code = db_write(deed->request->db, run, deed, &err);
    if (code == REHEARSED)
        return SOUK_OK;
    if (code && !deed->err.text[0])
        err_set(&deed->err, code, "%s", err.text[0] ? err.text : "this could not be saved");
    return code;
}

int order_deed_status(int code)
{
    return code == SOUK_INVALID ? 422 : code == SOUK_CONFLICT ? 409 : answer_status_of(code);
}

struct souk_str order_deed_words(struct request *request, const char *text)
{
    struct arena *arena = &request->arena;
    struct souk_str all = souk_str(text);
    ptrdiff_t colon = str_find(all, ':');
    if (all.len && all.ptr[0] == '/' && colon > 0 && !memchr(all.ptr, ' ', (size_t)colon))
        all = str_trim(str_from(all, (size_t)colon + 1));
    const char *open =
        all.len && all.ptr[all.len - 1] == ')' ? memrchr(all.ptr, '(', all.len) : NULL;
    if (!open || open < all.ptr + 2 || open[-1] != ' ')
        return site_words(request, "souk", arena_cstr(arena, all));
    struct souk_str head = str_make(all.ptr, (size_t)(open - 1 - all.ptr));
    return arena_printf(arena, "%.*s %s",
                        SOUK_PRI(site_words(request, "souk", arena_cstr(arena, head))), open);
}

int order_deed_rehearse(struct order_deed *deed, struct json **preview)
{
    struct arena *arena = &deed->request->arena;
    int64_t total = 0;
    deed->refunds = json_new(arena, JSON_ARRAY);
    int code = order_deed_do(deed);
    if (code)
        return code;
    json_each(move, deed->refunds) total += json_int(json_at(&move->value, "amount"), 0);
    *preview = json_new(arena, JSON_OBJECT);
    json_add_tree(arena, *preview, "refunds", deed->refunds);
    json_add_int(arena, *preview, "total", total);
    return SOUK_OK;
}

int order_deed_answer(struct order_deed *deed, const char *anchor)
{
    int code = order_deed_do(deed);
    if (code == SOUK_OK)
        return admin_redirect(deed->request, "/admin/orders/%lld?done=%.*s#%s",
                              (long long)deed->order, SOUK_PRI(deed->step), anchor);
    const char *words = arena_cstr(&deed->request->arena, souk_str(deed->err.text));
    return order_page_show(deed->request, deed->order, order_deed_status(code), words);
}

/* ---- forms ---- */

int order_deed_lines(struct request *request, const char *prefix, struct json *lines)
{
    int64_t id, quantity;
    size_t len = strlen(prefix);
    request_form(request, prefix);
    for (size_t i = 0; i < request->form.count; i++) {
        const struct header *field = &request->form.at[i];
        struct souk_str value = str_trim(field->value);
        if (!str_starts(field->name, prefix) ||
            str_to_int(str_from(field->name, len), &id) != SOUK_OK || value.len == 0)
            continue;
        if (str_to_int(value, &quantity) != SOUK_OK || quantity < 0)
            return SOUK_INVALID;
        if (quantity == 0)
            continue;
        struct json *line = json_add(&request->arena, lines, NULL, JSON_OBJECT);
        json_add_int(&request->arena, line, "line", id);
        json_add_int(&request->arena, line, "quantity", quantity);
    }
    return SOUK_OK;
}

int order_deed_money(struct request *request, const char *name, int64_t *amount)
{
    struct souk_str text = str_trim(request_form(request, name));
    *amount = -1;
    if (text.len == 0)
        return SOUK_OK;
    int code = resource_decimal(text, resource_money_digits(), amount);
    return code || *amount < 0 ? SOUK_INVALID : SOUK_OK;
}

void order_deed_typed(struct request *request, struct json *view)
{
    struct json *typed = json_add(&request->arena, view, "typed", JSON_OBJECT);
    request_form(request, "_");
    for (size_t i = 0; i < request->form.count; i++)
        if (!json_get(typed, request->form.at[i].name))
            *json_add_key(&request->arena, typed, request->form.at[i].name, JSON_STRING) =
                (struct json){.kind = JSON_STRING, .text = request->form.at[i].value};
}
