/*
 * staff: the control routes behind `souk admin`: making staff members and tokens, and setting up a
 * second step anew. What comes in is JSON; a password arrives as its hash, made by the command.
 */
#include "shop/staff.h"

#include "app/api/route.h"
#include "base/clock.h"
#include "store/audit.h"

static int fail(struct request *request, struct err *err, int code)
{
    err->code = code;
    answer_error(request, err);
    return code;
}

static int note(struct request *request, const char *action, struct souk_str subject)
{
    return audit_put(request->conn, request->principal, souk_str(action), subject, souk_str("{}"),
                     request->now);
}

int staff_api_create(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    const struct json *body;
    int64_t id = 0;
    int code = request_json(request, &body, &err);
    if (!code && json_text(json_at(body, "hash")).len < 20)
        code = err_set(&err, SOUK_INVALID, "the hash of the password is missing");
    if (!code)
        code = staff_create(request->conn, json_text(json_at(body, "email")),
                            json_text(json_at(body, "name")), json_text(json_at(body, "role")),
                            json_text(json_at(body, "hash")), request->now, &id, &err);
    if (code)
        return fail(request, &err, code);
    struct souk_str subject = arena_printf(&request->arena, "staff:%lld", (long long)id);
    struct json *done = json_new(&request->arena, JSON_OBJECT);
    json_add_str(&request->arena, done, "id", arena_printf(&request->arena, "%lld", (long long)id));
    answer_json(request, 201, done);
    return note(request, "staff.created", subject);
}

int staff_api_reset(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    const struct json *body;
    int code = request_json(request, &body, &err);
    if (!code)
        code =
            staff_totp_reset(request->conn, json_text(json_at(body, "email")), request->now, &err);
    if (code)
        return fail(request, &err, code);
    struct json *done = json_new(&request->arena, JSON_OBJECT);
    json_add_cstr(&request->arena, done, "done", "reset-totp");
    answer_json(request, 200, done);
    return note(request, "staff.totp_reset", json_text(json_at(body, "email")));
}

int staff_api_token(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    const struct json *body;
    struct souk_str token;
    int code = request_json(request, &body, &err);
    const struct json *scopes = code ? NULL : json_at(body, "scopes");
    if (!code && (!scopes || scopes->kind != JSON_ARRAY || scopes->count == 0))
        code = err_set(&err, SOUK_INVALID, "a token needs at least one scope");
    if (!code)
        code = token_make(request->conn, &request->arena, json_text(json_at(body, "name")), scopes,
                          0, request->now, &token);
    if (code)
        return fail(request, &err, code);
    struct json *done = json_new(&request->arena, JSON_OBJECT);
    json_add_str(&request->arena, done, "token", token);
    answer_json(request, 201, done);
    return note(request, "token.created", souk_str("token"));
}
