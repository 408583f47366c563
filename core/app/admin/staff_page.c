/*
 * staff_page.c: what is made once and shown once: a new staff member with a first password, a token
 * for a program; the roles; and one's own account: the password and where one is signed in.
 */
#include <stdio.h>

#include "app/admin.sql.h"
#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/account.h"
#include "web/session.h"

static int show(struct request *request, const char *name, int status, const char *title,
                const char *error, struct json *view)
{
    if (!view)
        view = json_new(&request->arena, JSON_OBJECT);
    if (error)
        json_add_cstr(&request->arena, view, "error", error);
    return admin_render(request, name, status, title, view);
}

/* "product.read, product.edit" or one a line. 0: a word that is no right. */
static int read_rights(struct arena *arena, struct souk_str text, struct json *list)
{
    size_t start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != ',' && text.ptr[i] != '\n' && text.ptr[i] != ' ')
            continue;
        struct souk_str word = str_trim(str_make(text.ptr + start, i - start));
        start = i + 1;
        for (size_t k = 0; k < word.len; k++) {
            char c = word.ptr[k];
            if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                  c == '-' || c == '*'))
                return 0;
        }
        if (word.len)
            json_add_str(arena, list, NULL, word);
    }
    return list->count > 0;
}

/* ---- staff ---- */

static int staff_form(struct request *request, int status, const char *error)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *roles = json_add(arena, view, "roles", JSON_ARRAY);
    struct db_rows rows;
    if (db_query(request_conn(request), &sql_admin_role_choices, &rows, DB_CSTR("en")) == SOUK_OK)
        while (db_next(&rows) == 1)
            json_add_str(arena, roles, NULL, arena_str(arena, db_text(&rows, 0)));
    json_add_str(arena, view, "email", request_form(request, "email"));
    json_add_str(arena, view, "name", request_form(request, "name"));
    return show(request, "admin/staff-new", status, "New staff member", error, view);
}

int staff_new_form(struct request *request, const struct web_route *route)
{
    (void)route;
    return staff_form(request, 200, NULL);
}

struct make {
    struct request *request;
    struct souk_str hash;
    int64_t id;
};

static int make_staff(struct db_conn *conn, void *arg)
{
    struct make *make = arg;
    struct request *request = make->request;
    struct err err = {0};
    struct souk_str role = request_form(request, "role");
    int code = !admin_may_role(request, conn, role)
                   ? err_set(&err, SOUK_DENIED, "this role has rights that you do not have")
                   : staff_create(conn, request_form(request, "email"),
                                  str_trim(request_form(request, "name")), role, make->hash,
                                  request->now, &make->id, &err);
    if (code) {
        staff_form(request, 422, arena_cstr(&request->arena, souk_str(err.text)));
        return code;
    }
    code = admin_audit(conn, request, "staff.created",
                       arena_printf(&request->arena, "staff:%lld", (long long)make->id), NULL);
    return code ? code : admin_redirect(request, "/admin/staff/%lld?saved=1", (long long)make->id);
}

int staff_new(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct make *make = arena_new(&request->arena, struct make);
    make->request = request;
    int code = account_hash(&request->arena, request_form(request, "password"), &make->hash, &err);
    if (code)
        return staff_form(request, 422, arena_cstr(&request->arena, souk_str(err.text)));
    request_then_write(request, make_staff, make);
    return SOUK_OK;
}

/* ---- one's own account: password, sessions ---- */

static struct souk_str own_session(struct request *request)
{
    const struct session *session = session_find(request);
    return session ? str_make(session->id_hash, sizeof session->id_hash) : souk_str("");
}

static int account_page(struct request *request, int status, const char *error, const char *done)
{
    struct arena *arena = &request->arena;
    const struct staff *staff = admin_staff(request);
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *list = json_add(arena, view, "sessions", JSON_ARRAY);
    struct souk_str own = own_session(request);
    char hex[65] = "";
    struct db_conn *conn = request_conn(request);
    int code = SOUK_OK;
    if (staff && conn)
        code = staff_sessions(conn, arena, staff->id, request->now - ADMIN_TOTAL,
                              request->now - ADMIN_IDLE, list);
    for (size_t i = 0; i < own.len; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)own.ptr[i]);
    for (struct json_item *row = list->first; row; row = row->next)
        json_add_bool(arena, &row->value, "own",
                      souk_str_is(json_text(json_at(&row->value, "session")), hex));
    if (done)
        json_add_cstr(arena, view, "done", done);
    return code ? code : show(request, "admin/password", status, "Your account", error, view);
}

int password_form(struct request *request, const struct web_route *route)
{
    (void)route;
    int ended = request_query(request, "ended").len > 0;
    return account_page(request, 200, NULL, ended ? "Signed out there." : NULL);
}

static int set_password(struct db_conn *conn, void *arg)
{
    struct make *make = arg;
    struct request *request = make->request;
    int code = staff_password_set(conn, make->id, make->hash, request->now);
    if (!code)
        code = staff_sessions_end(conn, make->id, own_session(request), 1);
    if (!code)
        code = admin_audit(conn, request, "staff.password_changed", request->principal, NULL);
    return code ? code
                : account_page(request, 200, NULL,
                               "The password is changed. Other sessions are signed out.");
}

struct failed {
    struct request *request;
    int64_t id;
};

/* Who has found an open browser does not get to guess. */
static int failed_password(struct db_conn *conn, void *arg)
{
    struct failed *failed = arg;
    struct request *request = failed->request;
    int code = staff_failed(conn, failed->id, request->now);
    if (!code)
        code = admin_audit(conn, request, "staff.password_failed", request->principal, NULL);
    return code ? code
                : account_page(request, 422, "the password that you have now did not fit", NULL);
}

int password_change(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct make *make = arena_new(&request->arena, struct make);
    const struct staff *staff = admin_staff(request);
    struct staff again;
    make->request = request;
    make->id = staff ? staff->id : 0;
    if (!staff)
        return account_page(request, 422, "the password that you have now did not fit", NULL);
    int locked = staff_find(request_conn(request), &request->arena, staff->email, request->now,
                            &again, &err) != SOUK_OK;
    if (!account_verify(staff->password, request_form(request, "old")) || locked) {
        struct failed *failed = arena_new(&request->arena, struct failed);
        *failed = (struct failed){request, staff->id};
        request_then_write(request, failed_password, failed);
        return SOUK_OK;
    }
    if (account_hash(&request->arena, request_form(request, "password"), &make->hash, &err))
        return account_page(request, 422, arena_cstr(&request->arena, souk_str(err.text)), NULL);
    request_then_write(request, set_password, make);
    return SOUK_OK;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "others", or the session that the list names. */
int staff_session_close(struct request *request, const struct web_route *route)
{
    (void)route;
    struct souk_str which = request_form(request, "session"), hash = own_session(request);
    const struct staff *staff = admin_staff(request);
    int others = souk_str_is(which, "others");
    char bytes[32] = {0};
    for (size_t i = 0; !others && i < sizeof bytes && which.len == 2 * sizeof bytes; i++) {
        int high = digit_of(which.ptr[2 * i]), low = digit_of(which.ptr[2 * i + 1]);
        bytes[i] = (char)(high < 0 || low < 0 ? 0 : high << 4 | low);
    }
    if (!others)
        hash = str_make(bytes, sizeof bytes);
    int code = staff ? staff_sessions_end(request->conn, staff->id, hash, others) : SOUK_DENIED;
    if (!code)
        code =
            admin_audit(request->conn, request, "staff.sessions_ended", request->principal, NULL);
    return code ? code : admin_redirect(request, "/admin/password?ended=1");
}

/* ---- tokens ---- */

int token_form(struct request *request, const struct web_route *route)
{
    (void)route;
    return show(request, "admin/token-new", 200, "New token", NULL, NULL);
}

int token_create(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT), *scopes = json_new(arena, JSON_ARRAY);
    struct souk_str name = str_trim(request_form(request, "name")), token;
    int64_t days = 0;
    str_to_int(str_trim(request_form(request, "days")), &days);
    if (name.len == 0 || !read_rights(arena, request_form(request, "scopes"), scopes))
        return show(request, "admin/token-new", 422, "New token",
                    "give a name and at least one right, such as product.read", view);
    if (!admin_may_all(request, scopes))
        return show(request, "admin/token-new", 422, "New token",
                    "a token cannot have more rights than you", view);
    int64_t until = days > 0 && days < 36500 ? request->now + days * CLOCK_DAY : 0;
    int code = token_make(request->conn, arena, name, scopes, until, request->now, &token);
    struct json *detail = json_new(arena, JSON_OBJECT);
    json_add_str(arena, detail, "name", name);
    json_add_tree(arena, detail, "scopes", scopes);
    if (!code)
        code = admin_audit(request->conn, request, "token.created", souk_str("token"), detail);
    if (code)
        return code;
    json_add_str(arena, view, "token", token);
    return show(request, "admin/token-new", 200, "New token", NULL, view);
}

/* ---- roles ---- */

static int role_page(struct request *request, int status, const char *error)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *list = json_add(arena, view, "roles", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(request_conn(request), &sql_admin_role_list, &rows);
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT), *rights = NULL;
        struct buf text = {.arena = arena};
        json_add_str(arena, row, "name", arena_str(arena, db_text(&rows, 0)));
        json_parse(arena, arena_str(arena, db_text(&rows, 1)), &rights, NULL);
        json_each(item, rights)
        {
            buf_add_str(&text, json_text(&item->value));
            buf_add_char(&text, '\n');
        }
        json_add_str(arena, row, "rights", buf_str(&text));
        json_add_int(arena, row, "people", db_int(&rows, 2));
        code = 0;
    }
    json_add_bool(arena, view, "edits", admin_may(request, "staff.edit"));
    json_add_bool(arena, view, "saved", request_query(request, "saved").len > 0);
    return code ? code : show(request, "admin/roles", status, "Roles", error, view);
}

int role_index(struct request *request, const struct web_route *route)
{
    (void)route;
    return role_page(request, 200, NULL);
}

static int is_role_name(struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return 0;
    }
    return name.len > 0 && name.len <= 40;
}

static int refuse_role(struct request *request, int code, const char *words)
{
    role_page(request, 422, words);
    return code;
}

int role_save(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *rights = json_new(arena, JSON_ARRAY);
    struct souk_str name = str_trim(request_form(request, "name"));
    struct buf text = {.arena = arena};
    int64_t owners = 0, there;
    struct buf lines = {.arena = arena};
    struct souk_str typed = request_form(request, "rights");
    for (size_t i = 0; i < typed.len; i++)
        if (typed.ptr[i] != '\r')
            buf_add_char(&lines, typed.ptr[i]);
    if (!is_role_name(name) || !read_rights(arena, buf_str(&lines), rights))
        return refuse_role(request, SOUK_INVALID,
                           "a role has a name of a-z, 0-9 and at least one right, such as "
                           "product.read");
    if (!admin_may_all(request, rights))
        return refuse_role(request, SOUK_DENIED,
                           "a role cannot be given more rights than you have");
    if (db_get_int(request->conn, &sql_admin_role_exists, &there, DB_TEXT(name)) == SOUK_OK &&
        !admin_may_role(request, request->conn, name))
        return refuse_role(request, SOUK_DENIED, "this role has rights that you do not have");
    json_print(&text, rights);
    int code =
        db_run(request->conn, &sql_admin_role_put, NULL, DB_TEXT(name), DB_TEXT(buf_str(&text)));
    if (!code)
        code = db_get_int(request->conn, &sql_admin_owner_count, &owners);
    if (!code && owners == 0 && !request->control)
        return refuse_role(request, SOUK_CONFLICT, "somebody must be left who may do everything");
    struct json *detail = json_new(arena, JSON_OBJECT);
    json_add_tree(arena, detail, "rights", rights);
    if (!code)
        code = admin_audit(request->conn, request, "role.edited",
                           arena_printf(arena, "role:%.*s", SOUK_PRI(name)), detail);
    return code ? code : admin_redirect(request, "/admin/roles?saved=1");
}
