/*
 * resource_page.c: one record: shown as a form, made, changed, removed.
 *
 * A form carries what its reader saw: the record's version, or a digest of its document. When the
 * record is not that any more, nothing is saved and the form comes back with both values, what was
 * typed and what is there now; sending it again saves over the other's change knowingly.
 *
 * A save runs in the request's write: loading, comparing, saving and the audit row are one.
 */
#include "app/admin/resource.h"
#include "app/admin/route.h"

#include <stdio.h>
#include <string.h>
#include "app/admin.sql.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/digest.h"

#define HISTORY 30

static int load(struct resource_call *call, struct json **doc)
{
    return call->resource->load ? call->resource->load(call, doc) : resource_table_load(call, doc);
}

static int save(struct resource_call *call, const struct json *doc, char *pointer, struct err *err)
{
    return call->resource->save ? call->resource->save(call, doc, pointer, err)
                                : resource_table_save(call, doc, err);
}

/* What a form says that its reader saw. */
static struct souk_str seen_of(struct arena *arena, const struct json *doc)
{
    unsigned char sum[DIGEST_LEN];
    char hex[33];
    struct buf text = {.arena = arena};
    const struct json *version = json_at(doc, "version");
    if (version && version->kind == JSON_INT)
        return arena_printf(arena, "%lld", (long long)version->number);
    json_print(&text, doc);
    struct souk_str piece = buf_str(&text);
    digest_pieces(sum, &piece, 1);
    for (int i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    return arena_str(arena, souk_str(hex));
}

/* ---- history ---- */

static void add_history_row(struct arena *arena, struct json *list, struct db_rows *rows)
{
    struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
    struct json *detail = NULL;
    json_add_int(arena, row, "at", db_int(rows, 1));
    json_add_str(arena, row, "action", arena_str(arena, db_text(rows, 3)));
    json_add_str(arena, row, "actor", arena_str(arena, db_text(rows, 5)));
    if (json_parse(arena, arena_str(arena, db_text(rows, 4)), &detail, NULL) == SOUK_OK &&
        json_at(detail, "changes"))
        json_add_tree(arena, row, "changes", json_at(detail, "changes"));
}

static int add_history(struct resource_call *call, struct json *view)
{
    struct db_rows rows;
    struct json *list = json_add(call->arena, view, "history", JSON_ARRAY);
    int code = db_query(call->conn, &sql_admin_history, &rows,
                        DB_TEXT(resource_subject(call, call->id)), DB_INT(HISTORY));
    while (!code && (code = db_next(&rows)) == 1) {
        add_history_row(call->arena, list, &rows);
        code = 0;
    }
    return code;
}

/* ---- showing ---- */

static struct souk_str heading(struct resource_call *call, const struct json *doc)
{
    static const char *const keys[] = {"name", "title", "email", "code", "key", NULL};
    struct souk_str one = site_words(call->request, "souk", call->resource->one);
    const struct json *texts = json_at(doc, "text");
    for (int i = 0; doc && keys[i]; i++) {
        struct souk_str text = json_text(json_at(doc, keys[i]));
        json_each(locale, texts) if (text.len == 0) text =
            json_text(json_at(&locale->value, keys[i]));
        if (text.len)
            return text;
    }
    return call->id ? arena_printf(call->arena, "%.*s %lld", SOUK_PRI(one), (long long)call->id)
                    : one;
}

/* `doc` is what is there (NULL: a new one); what was typed, if anything, is in the request. */
static int show(struct resource_call *call, int status, const struct json *doc,
                const struct json *theirs)
{
    struct arena *arena = call->arena;
    const struct resource *resource = call->resource;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *about = json_add(arena, view, "resource", JSON_OBJECT);
    int edits = resource_may(call, "edit") && !(resource->flags & RESOURCE_FIXED);
    json_add_cstr(arena, about, "name", resource->name);
    json_add_str(arena, about, "title", site_words(call->request, "souk", resource->title));
    json_add_str(arena, about, "url", resource_url(call));
    json_add_bool(arena, view, "edits", edits);
    json_add_bool(arena, view, "removes", edits && resource->flags & RESOURCE_REMOVE && call->id);
    json_add_bool(arena, view, "conflict", theirs != NULL);
    json_add_bool(arena, view, "saved", request_query(call->request, "saved").len > 0);
    json_add_str(arena, view, "url",
                 call->id
                     ? arena_printf(arena, "/admin/%s/%lld", resource->name, (long long)call->id)
                     : resource_url(call));
    if (call->id) {
        json_add_int(arena, view, "record", call->id);
        json_add_str(arena, view, "seen", seen_of(arena, doc));
    }
    resource_form_view(call, doc, theirs, view);
    if (resource->extend)
        resource->extend(call, doc, view);
    int code = call->id ? add_history(call, view) : SOUK_OK;
    struct souk_str title =
        call->id ? heading(call, doc)
                 : arena_printf(arena, "%s: %.*s", site_words(call->request, "souk", "New").ptr,
                                SOUK_PRI(heading(call, NULL)));
    return code ? code
                : admin_render(call->request, resource->record ? resource->record : "admin/record",
                               status, arena_cstr(arena, title), view);
}

static int gone(struct resource_call *call)
{
    return admin_message(call->request, 404, "Page not found", "it is not there, or not any more",
                         resource_url(call).ptr);
}

int resource_new(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    if (!resource_enter(&call, request, "edit"))
        return SOUK_OK;
    return call.resource->flags & RESOURCE_CREATE ? show(&call, 200, NULL, NULL) : gone(&call);
}

int resource_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    struct json *doc;
    if (!resource_enter(&call, request, "read"))
        return SOUK_OK;
    call.id = admin_id(request, "id");
    if (!call.id || call.resource->flags & RESOURCE_LIST)
        return gone(&call);
    if (call.resource->show)
        return call.resource->show(request, call.id);
    int code = load(&call, &doc);
    if (code == SOUK_NOT_FOUND)
        return gone(&call);
    return code ? code : show(&call, 200, doc, NULL);
}

/* ---- saving ---- */

static int audit(struct resource_call *call, const char *verb, const struct json *before,
                 const struct json *after)
{
    struct json *detail = json_new(call->arena, JSON_OBJECT);
    struct json *changes = resource_form_changes(call, before, after);
    if (changes->count)
        json_add_tree(call->arena, detail, "changes", changes);
    const char *action = arena_printf(call->arena, "%s.%s", call->resource->subject, verb).ptr;
    return admin_audit(call->conn, call->request, action, resource_subject(call, call->id), detail);
}

/* The form again, with what is wrong; the write is undone by the code. */
static int refuse(struct resource_call *call, int64_t id, int code, const struct json *before,
                  const char *pointer, const char *words)
{
    call->id = id;
    if (words && words[0])
        resource_wrong(call, pointer && pointer[0] ? pointer + 1 : "", words);
    int shown = show(call, code == SOUK_CONFLICT ? 409 : 422, before, NULL);
    return shown ? shown : code;
}

static int store(struct resource_call *call, const struct json *before, struct json *doc)
{
    struct err err = {0};
    char pointer[80] = "";
    struct json *after = NULL;
    int64_t id = call->id;
    int code = save(call, doc, pointer, &err);
    if (code == SOUK_INVALID || code == SOUK_CONFLICT || code == SOUK_NOT_FOUND ||
        code == SOUK_DENIED)
        return refuse(call, id, code, before, pointer, err.text);
    if (!code)
        code = load(call, &after);
    if (!code)
        code = audit(call, id ? "edited" : "created", before, after);
    if (code)
        return code;
    return admin_redirect(call->request, "/admin/%s/%lld?saved=1", call->resource->name,
                          (long long)call->id);
}

/* A language in which there was nothing and nothing was typed is not spoken of. */
static void drop_empty(struct json *doc, const struct json *before)
{
    struct json *texts = (struct json *)(uintptr_t)json_at(doc, "text");
    if (!texts || texts->kind != JSON_OBJECT)
        return;
    struct json_item **link = &texts->first;
    texts->last = NULL;
    while (*link) {
        struct json_item *item = *link;
        if (item->value.kind == JSON_NULL && !json_get(json_at(before, "text"), item->key)) {
            *link = item->next;
            texts->count--;
            continue;
        }
        texts->last = item;
        link = &item->next;
    }
}

/* What was sent, as a document; NULL after the form was shown again. */
static struct json *take(struct resource_call *call, const struct json *before, int *code)
{
    struct json *doc = resource_form_read(call);
    drop_empty(doc, before);
    *code = call->resource->take ? call->resource->take(call, before, doc) : SOUK_OK;
    if (*code == SOUK_OK && call->wrong->count == 0)
        return doc;
    *code = refuse(call, call->id, *code ? *code : SOUK_INVALID, before, NULL, NULL);
    return NULL;
}

int resource_create(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    int code;
    if (!resource_enter(&call, request, "edit"))
        return SOUK_OK;
    if (!(call.resource->flags & RESOURCE_CREATE))
        return gone(&call);
    struct json *doc = take(&call, NULL, &code);
    return doc ? store(&call, NULL, doc) : code;
}

int resource_save(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    struct json *before;
    int code;
    if (!resource_enter(&call, request, "edit"))
        return SOUK_OK;
    call.id = admin_id(request, "id");
    if (!call.id || call.resource->flags & (RESOURCE_FIXED | RESOURCE_LIST))
        return gone(&call);
    code = load(&call, &before);
    if (code)
        return code == SOUK_NOT_FOUND ? gone(&call) : code;
    if (!souk_str_equal(request_form(request, "_seen"), seen_of(call.arena, before)))
        return show(&call, 409, before, before);
    struct json *doc = take(&call, before, &code);
    return doc ? store(&call, before, doc) : code;
}

/* ---- removing ---- */

int resource_remove_form(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    struct json *doc;
    if (!resource_enter(&call, request, "edit"))
        return SOUK_OK;
    call.id = admin_id(request, "id");
    if (!call.id || !(call.resource->flags & RESOURCE_REMOVE) || load(&call, &doc) != SOUK_OK)
        return gone(&call);
    struct json *view = json_new(call.arena, JSON_OBJECT);
    json_add_str(call.arena, view, "name", heading(&call, doc));
    json_add_str(
        call.arena, view, "url",
        arena_printf(call.arena, "/admin/%s/%lld", call.resource->name, (long long)call.id));
    return admin_render(request, "admin/remove", 200, "Remove", view);
}

int resource_remove(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    struct err err = {0};
    struct json *before;
    if (!resource_enter(&call, request, "edit"))
        return SOUK_OK;
    call.id = admin_id(request, "id");
    if (!call.id || !(call.resource->flags & RESOURCE_REMOVE))
        return gone(&call);
    int code = load(&call, &before);
    if (code)
        return gone(&call);
    code = call.resource->remove ? call.resource->remove(&call, &err)
                                 : resource_table_remove(&call, &err);
    if (code) {
        struct souk_str back =
            arena_printf(call.arena, "/admin/%s/%lld", call.resource->name, (long long)call.id);
        admin_message(request, 409, "This cannot be removed", err.text, back.ptr);
        return code;
    }
    code = audit(&call, "removed", before, NULL);
    return code ? code : admin_redirect(request, "%s", resource_url(&call).ptr);
}
