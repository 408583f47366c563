/*
 * sign_in.c: how staff come in: address and password, then a code of their app.
 *
 * Between the two steps the session holds who has shown the right password ("staff_pending"), for
 * ten minutes; at the first sign-in it also holds the secret that is being set up, which is stored
 * with the person only when a code shows that the app has it. With the second step the session gets
 * a new id, and "staff" with the time since when.
 *
 * What fails is counted in the row of the person and locks it out (staff.c). The words are the same
 * for a wrong password, an unknown address and somebody locked out, and so is the time.
 */
#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/account.h"
#include "shop/market.h"
#include "web/session.h"

#define PENDING_FOR (10 * CLOCK_MINUTE)
#define AGENT_MOST  200

static const char failed_words[] =
    "That did not fit. After several failures in a row, wait a few minutes before the next try.";

/* ---- the forms ---- */

static struct souk_str own_path(struct souk_str next)
{
    int fits = str_starts(next, "/admin") && next.len < 500 && str_find(next, '\\') < 0 &&
               (next.len == 6 || next.ptr[6] == '/' || next.ptr[6] == '?');
    return fits ? next : souk_str("/admin");
}

static int show(struct request *request, const char *name, int status, const char *title,
                const char *error, struct json *view)
{
    struct arena *arena = &request->arena;
    if (!view)
        view = json_new(arena, JSON_OBJECT);
    if (error)
        json_add_cstr(arena, view, "error", error);
    return admin_render(request, name, status, title, view);
}

static int show_form(struct request *request, int status, const char *error, struct souk_str next)
{
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    int64_t count = 0;
    struct db_conn *conn = request_conn(request);
    if (!conn || staff_count(conn, &count) != SOUK_OK)
        return SOUK_UNAVAILABLE;
    json_add_bool(&request->arena, view, "nobody", count == 0);
    json_add_str(&request->arena, view, "next", own_path(next));
    json_add_str(&request->arena, view, "email", request_form(request, "email"));
    return show(request, "admin/sign-in", status, "Sign in", error, view);
}

int sign_in_form(struct request *request, const struct web_route *route)
{
    (void)route;
    return show_form(request, 200, NULL, request_query(request, "next"));
}

/* ---- the password ---- */

struct attempt {
    struct request *request;
    struct staff staff;
    int good;
};

static int failed_attempt(struct db_conn *conn, struct attempt *attempt)
{
    struct request *request = attempt->request;
    struct souk_str subject = souk_str("staff:unknown");
    int code = SOUK_OK;
    if (attempt->staff.id) {
        subject = request->principal =
            arena_printf(&request->arena, "staff:%lld", (long long)attempt->staff.id);
        code = staff_failed(conn, attempt->staff.id, request->now);
    }
    if (!code) /* for nobody too: the time that a row takes would tell who is there */
        code = admin_audit(conn, request, "staff.sign_in_failed", subject, NULL);
    return code ? code : show_form(request, 422, failed_words, request_form(request, "next"));
}

static int put_int(struct request *request, const char *key, int64_t number)
{
    return session_put(request, key,
                       number ? arena_printf(&request->arena, "%lld", (long long)number)
                              : souk_str(""));
}

static int finish_attempt(struct db_conn *conn, void *arg)
{
    struct attempt *attempt = arg;
    struct request *request = attempt->request;
    if (!attempt->good)
        return failed_attempt(conn, attempt);
    int fresh = attempt->staff.totp.len == 0;
    struct souk_str secret = fresh ? totp_secret(&request->arena) : souk_str("");
    int code = put_int(request, "staff_pending", attempt->staff.id);
    if (!code)
        code = put_int(request, "staff_pending_at", request->now);
    if (!code)
        code = put_int(request, "staff", 0);
    if (!code)
        code = session_put(request, "staff_secret", secret);
    if (!code)
        code = session_put(request, "staff_next", own_path(request_form(request, "next")));
    if (!code)
        code = session_renew(request);
    return code ? code : admin_redirect(request, "/admin/sign-in/%s", fresh ? "setup" : "code");
}

int sign_in_password(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct attempt *attempt = arena_new(&request->arena, struct attempt);
    struct db_conn *conn = request_conn(request);
    if (!conn)
        return SOUK_UNAVAILABLE;
    int found = staff_find(conn, &request->arena, request_form(request, "email"), request->now,
                           &attempt->staff, &err);
    if (found != SOUK_OK && found != SOUK_BUSY)
        return found;
    request_conn_end(request); /* verifying takes long */
    int fits = account_verify(attempt->staff.password, request_form(request, "password"));
    attempt->request = request;
    attempt->good = fits && attempt->staff.id && found == SOUK_OK;
    if (found == SOUK_BUSY)
        attempt->staff.id = 0; /* tries while locked do not lock for longer */
    request_then_write(request, finish_attempt, attempt);
    return SOUK_OK;
}

/* ---- the second step ---- */

/* Who has shown the password in this session; 0. */
static int64_t pending(struct request *request)
{
    int64_t id, at;
    if (str_to_int(session_get(request, "staff_pending"), &id) != SOUK_OK ||
        str_to_int(session_get(request, "staff_pending_at"), &at) != SOUK_OK ||
        request->now - at > PENDING_FOR)
        return 0;
    return id;
}

static int back_to_start(struct request *request)
{
    return admin_redirect(request, "/admin/sign-in");
}

int sign_in_code_form(struct request *request, const struct web_route *route)
{
    (void)route;
    return pending(request) ? show(request, "admin/code", 200, "Confirm that it is you", NULL, NULL)
                            : back_to_start(request);
}

/* What the list of sessions says of this one: the browser's own words, without what is no letter.
 */
static struct souk_str agent(struct request *request)
{
    struct souk_str header = request_header(request, "user-agent");
    struct buf out = {.arena = &request->arena};
    buf_printf(&out, "%s ", request->address);
    for (size_t i = 0; i < header.len && out.len < AGENT_MOST; i++)
        buf_add_char(&out, header.ptr[i] >= ' ' && header.ptr[i] <= '~' ? header.ptr[i] : '?');
    return str_trim(buf_str(&out));
}

/* In a write: this session is the staff member's from now on. */
static int enter(struct db_conn *conn, struct request *request, int64_t id)
{
    static const char *const gone[] = {"staff_pending", "staff_pending_at", "staff_secret",
                                       "staff_next", NULL};
    request->principal = arena_printf(&request->arena, "staff:%lld", (long long)id);
    int code = staff_signed_in(conn, id, request->now);
    for (int i = 0; !code && gone[i]; i++)
        code = session_put(request, gone[i], souk_str(""));
    if (!code)
        code = put_int(request, "staff", id);
    if (!code)
        code = put_int(request, "staff_at", request->now);
    if (!code)
        code = session_renew(request);
    const struct session *session = code ? NULL : session_find(request);
    if (session)
        code = staff_session_note(conn, id, str_make(session->id_hash, sizeof session->id_hash),
                                  agent(request), request->now);
    return code ? code : admin_audit(conn, request, "staff.signed_in", request->principal, NULL);
}

/* 0 when the code counts; it does so once. */
static int spend_code(struct request *request, const struct staff *staff, struct souk_str given)
{
    int64_t step;
    if (given.len > 7)
        return staff_recovery_use(request->conn, staff->id, given, request->now);
    int code = totp_check(staff->totp, given, request->now, &step);
    return code ? code : staff_totp_used(request->conn, staff->id, step);
}

int sign_in_code(struct request *request, const struct web_route *route)
{
    (void)route;
    struct staff staff, again;
    struct err err = {0};
    int64_t id = pending(request);
    if (!id || staff_get(request->conn, &request->arena, id, &staff) != SOUK_OK ||
        staff.totp.len == 0)
        return back_to_start(request);
    int locked = staff_find(request->conn, &request->arena, staff.email, request->now, &again,
                            &err) != SOUK_OK;
    struct souk_str given = str_trim(request_form(request, "code"));
    int code = locked ? SOUK_BUSY : spend_code(request, &staff, given);
    if (code == SOUK_OK) {
        struct souk_str next = own_path(session_get(request, "staff_next"));
        code = enter(request->conn, request, id);
        return code ? code : admin_redirect(request, "%.*s", SOUK_PRI(next));
    }
    request->principal = arena_printf(&request->arena, "staff:%lld", (long long)id);
    if (!locked) {
        code = staff_failed(request->conn, id, request->now);
        if (!code)
            code =
                admin_audit(request->conn, request, "staff.code_failed", request->principal, NULL);
        if (code)
            return code;
    }
    return show(request, "admin/code", 422, "Confirm that it is you", failed_words, NULL);
}

/* ---- setting it up ---- */

static int show_setup(struct request *request, int status, const char *error,
                      const struct staff *staff)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct souk_str secret = session_get(request, "staff_secret");
    struct souk_str uri = totp_uri(arena, secret, staff->email, souk_str(market_shop()->name));
    struct souk_str svg;
    struct buf spaced = {.arena = arena};
    for (size_t i = 0; i < secret.len; i++) {
        if (i && i % 4 == 0)
            buf_add_char(&spaced, ' ');
        buf_add_char(&spaced, secret.ptr[i]);
    }
    json_add_str(arena, view, "secret", buf_str(&spaced));
    json_add_str(arena, view, "uri", uri);
    if (qr_svg(arena, uri, "QR", &svg) == SOUK_OK)
        json_add(arena, view, "qr", JSON_HTML)->text = svg;
    return show(request, "admin/setup", status, "Set up the second step", error, view);
}

static int setting_up(struct request *request, struct staff *staff)
{
    int64_t id = pending(request);
    struct db_conn *conn = request_conn(request);
    return id && conn && session_get(request, "staff_secret").len &&
           staff_get(conn, &request->arena, id, staff) == SOUK_OK && staff->totp.len == 0;
}

int sign_in_setup_form(struct request *request, const struct web_route *route)
{
    (void)route;
    struct staff staff;
    return setting_up(request, &staff) ? show_setup(request, 200, NULL, &staff)
                                       : back_to_start(request);
}

int sign_in_setup(struct request *request, const struct web_route *route)
{
    (void)route;
    struct staff staff;
    int64_t step;
    struct arena *arena = &request->arena;
    if (!setting_up(request, &staff))
        return back_to_start(request);
    struct souk_str secret = arena_str(arena, session_get(request, "staff_secret"));
    if (totp_check(secret, str_trim(request_form(request, "code")), request->now, &step) != SOUK_OK)
        return show_setup(request, 422,
                          "The code did not fit. Is the clock of the telephone right?", &staff);
    struct json *view = json_new(arena, JSON_OBJECT);
    json_add_str(arena, view, "next", own_path(session_get(request, "staff_next")));
    int code = staff_totp_set(request->conn, staff.id, secret, step, request->now);
    if (!code)
        code = staff_recovery_make(request->conn, arena, staff.id,
                                   json_add(arena, view, "codes", JSON_ARRAY));
    if (!code)
        code = enter(request->conn, request, staff.id);
    return code ? code : show(request, "admin/recovery", 200, "Recovery codes", NULL, view);
}

int sign_out(struct request *request, const struct web_route *route)
{
    (void)route;
    int code = admin_audit(request->conn, request, "staff.signed_out", request->principal, NULL);
    if (!code)
        code = session_end(request);
    return code ? code : admin_redirect(request, "/admin/sign-in");
}
