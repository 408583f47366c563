/*
 * admin.c: what every admin page has: the check of rights within a page, the frame with its menu,
 * and the audit row.
 *
 * The menu holds what the reader may see: the core's pages and the resources of the plugins that
 * are on. Answers are never stored by browsers.
 */
#include "app/admin/admin.h"

#include <stdarg.h>
#include <string.h>
#include "app/admin.sql.h"
#include "app/admin/resource.h"
#include "base/str.h"
#include "bridge/bridge.h"
#include "store/audit.h"

const struct staff *admin_staff(const struct request *request)
{
    return request->staff;
}

int admin_may(const struct request *request, const char *right)
{
    const struct staff *staff = request->staff;
    if (!staff)
        return request->control;
    return !right || staff_may(staff->rights, souk_str(right));
}

int admin_need(struct request *request, const char *right)
{
    if (admin_may(request, right))
        return 1;
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    json_add_cstr(&request->arena, view, "right", right);
    admin_render(request, "admin/denied", 403, "This is not allowed", view);
    return 0;
}

int admin_may_all(const struct request *request, const struct json *rights)
{
    struct arena *arena = (struct arena *)(uintptr_t)&request->arena;
    json_each(item, rights)
    {
        if (!admin_may(request, arena_cstr(arena, json_text(&item->value))))
            return 0;
    }
    return 1;
}

int admin_may_role(const struct request *request, struct db_conn *conn, struct souk_str role)
{
    struct arena *arena = (struct arena *)(uintptr_t)&request->arena;
    struct json *rights = NULL;
    struct db_rows rows;
    if (db_query(conn, &sql_admin_role_rights, &rows, DB_TEXT(role)) != SOUK_OK ||
        db_next(&rows) != 1)
        return 0;
    struct souk_str text = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return json_parse(arena, text, &rights, NULL) == SOUK_OK && admin_may_all(request, rights);
}

/* ---- the menu ---- */

struct entry {
    const char *group, *title, *path, *right;
};

static const struct entry entries[] = {
    {"", "Overview", "/admin", NULL},
    {"Selling", "Orders", "/admin/orders", "order.read"},
    {"Selling", "Shipments", "/admin/shipments", "order.read"},
    {"Selling", "Returns", "/admin/returns", "order.read"},
    {"Selling", "Payments to match", "/admin/match", "order.read"},
    {"Selling", "Promotions", "/admin/promotions", "promotion.read"},
    {"Selling", "Offers", "/admin/offers", "promotion.read"},
    {"Catalogue", "Products", "/admin/products", "product.read"},
    {"Catalogue", "Categories", "/admin/categories", "category.read"},
    {"Catalogue", "Pages", "/admin/pages", "page.read"},
    {"Catalogue", "Price lists", "/admin/price-lists", "product.read"},
    {"Catalogue", "Tax rates", "/admin/tax-rates", "tax.read"},
    {"Catalogue", "Import", "/admin/import", "import.run"},
    {"Catalogue", "Feeds", "/admin/feeds", "feed.read"},
    {"People", "People", "/admin/people", "person.read"},
    {"People", "Inquiries", "/admin/inquiries", "inquiry.read"},
    {"People", "Messages", "/admin/messages", "message.read"},
    {"People", "Conversions", "/admin/conversions", "track.read"},
    {"System", "Plugins", "/admin/plugins", "plugin.read"},
    {"System", "Staff", "/admin/staff", "staff.read"},
    {"System", "Roles", "/admin/roles", "staff.read"},
    {"System", "Tokens", "/admin/tokens", "token.read"},
    {"System", "Webhooks", "/admin/webhooks", "webhook.read"},
    {"System", "Deliveries of webhooks", "/admin/webhook-deliveries", "webhook.read"},
    {"System", "Audit log", "/admin/audit", "audit.read"},
    {"System", "Jobs", "/admin/jobs", "job.read"},
};

static struct json *group_of(struct arena *arena, struct json *menu, const char *title)
{
    if (menu->last && souk_str_is(json_text(json_at(&menu->last->value, "title")), title))
        return (struct json *)(uintptr_t)json_at(&menu->last->value, "items");
    struct json *group = json_add(arena, menu, NULL, JSON_OBJECT);
    json_add_cstr(arena, group, "title", title);
    return json_add(arena, group, "items", JSON_ARRAY);
}

static void add_entry(struct request *request, struct json *items, struct souk_str title,
                      struct souk_str path)
{
    struct arena *arena = &request->arena;
    struct souk_str here = request->path;
    int below = here.len > path.len && path.len > sizeof "/admin" - 1 &&
                memcmp(here.ptr, path.ptr, path.len) == 0 && here.ptr[path.len] == '/';
    struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
    json_add_str(arena, item, "title", title);
    json_add_str(arena, item, "url", path);
    json_add_bool(arena, item, "current", below || souk_str_equal(here, path));
}

static void add_menu(struct request *request, struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *menu = json_add(arena, view, "menu", JSON_ARRAY);
    struct site_resource found;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (admin_may(request, entries[i].right))
            add_entry(request, group_of(arena, menu, entries[i].group), souk_str(entries[i].title),
                      souk_str(entries[i].path));
    for (size_t i = 0; site_resource(request, i, &found); i++) {
        const char *name = found.plugin->name;
        struct souk_str right = arena_printf(arena, "%s.%s.read", name, found.row->name);
        if (admin_may(request, right.ptr))
            add_entry(request, group_of(arena, menu, "From plugins"),
                      site_words(request, name, found.row->title),
                      arena_printf(arena, "/admin/%s.%s", name, found.row->name));
    }
}

/* ---- the frame ---- */

int admin_render(struct request *request, const char *name, int status, const char *title,
                 struct json *view)
{
    struct arena *arena = &request->arena;
    const struct staff *staff = request->staff;
    if (!view)
        view = json_new(arena, JSON_OBJECT);
    json_add_str(arena, view, "title", site_words(request, "souk", title));
    if (staff || request->control) {
        struct json *who = json_add(arena, view, "staff", JSON_OBJECT);
        json_add_str(arena, who, "name", staff ? staff->name : souk_str("control"));
        json_add_str(arena, who, "role", staff ? staff->role : souk_str(""));
        add_menu(request, view);
    }
    int code = site_render(request, "souk", name, status, view);
    answer_header(request, "Cache-Control", souk_str("no-store"));
    return code;
}

int admin_message(struct request *request, int status, const char *title, const char *words,
                  const char *back)
{
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    json_add_cstr(&request->arena, view, "words", words);
    json_add_cstr(&request->arena, view, "back", back);
    return admin_render(request, "admin/message", status, title, view);
}

int admin_audit(struct db_conn *conn, const struct request *request, const char *action,
                struct souk_str subject, const struct json *detail)
{
    struct buf text = {.arena = (struct arena *)(uintptr_t)&request->arena};
    if (detail)
        json_print(&text, detail);
    return audit_put(conn, request->principal.len ? request->principal : souk_str("nobody"),
                     souk_str(action), subject, detail ? buf_str(&text) : souk_str("{}"),
                     request->now);
}

int admin_redirect(struct request *request, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct souk_str where = arena_vprintf(&request->arena, format, args);
    va_end(args);
    answer_redirect(request, 303, where);
    answer_header(request, "Cache-Control", souk_str("no-store"));
    return SOUK_OK;
}

int64_t admin_id(const struct request *request, const char *param)
{
    int64_t id;
    return str_to_int(request_param(request, param), &id) == SOUK_OK && id > 0 ? id : 0;
}
