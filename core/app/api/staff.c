/*
 * staff: the steps of `souk admin`: making staff members and tokens, and setting up a second step
 * anew; and the control routes that do them on a running shop. What comes in is JSON; a password
 * arrives as its hash, made by the command.
 */
#include "app/api/staff.h"

#include <string.h>
#include "app/api/route.h"
#include "shop/staff.h"
#include "store/audit.h"

struct step {
    struct db_conn *conn;
    struct arena *arena;
    const struct json *body;
    int64_t now;
    struct json *answer;
    const char *action; /* for the audit log, with … */
    struct souk_str subject;
};

static int add(struct step *step, struct err *err)
{
    int64_t id = 0;
    const struct json *body = step->body;
    if (json_text(json_at(body, "hash")).len < 20)
        return err_set(err, SOUK_INVALID, "the hash of the password is missing");
    int code = staff_create(step->conn, json_text(json_at(body, "email")),
                            json_text(json_at(body, "name")), json_text(json_at(body, "role")),
                            json_text(json_at(body, "hash")), step->now, &id, err);
    step->action = "staff.created";
    step->subject = arena_printf(step->arena, "staff:%lld", (long long)id);
    json_add_str(step->arena, step->answer, "id", arena_printf(step->arena, "%lld", (long long)id));
    return code;
}

static int make_token(struct step *step, struct err *err)
{
    struct souk_str token;
    const struct json *scopes = json_at(step->body, "scopes");
    if (!scopes || scopes->kind != JSON_ARRAY || scopes->count == 0)
        return err_set(err, SOUK_INVALID, "a token needs at least one scope");
    int code = token_make(step->conn, step->arena, json_text(json_at(step->body, "name")), scopes,
                          0, step->now, &token);
    step->action = "token.created";
    step->subject = souk_str("token");
    if (!code)
        json_add_str(step->arena, step->answer, "token", token);
    return code;
}

static int reset_second(struct step *step, struct err *err)
{
    step->action = "staff.totp_reset";
    step->subject = json_text(json_at(step->body, "email"));
    json_add_cstr(step->arena, step->answer, "done", "reset-totp");
    return staff_totp_reset(step->conn, step->subject, step->now, err);
}

int staff_step(struct db_conn *conn, struct arena *arena, const char *name, const struct json *body,
               struct souk_str actor, int64_t now, struct json **answer, struct err *err)
{
    struct step step = {.conn = conn,
                        .arena = arena,
                        .body = body,
                        .now = now,
                        .answer = json_new(arena, JSON_OBJECT)};
    int code = strcmp(name, "add") == 0     ? add(&step, err)
               : strcmp(name, "token") == 0 ? make_token(&step, err)
                                            : reset_second(&step, err);
    *answer = step.answer;
    return code ? code
                : audit_put(conn, actor, souk_str(step.action), step.subject, souk_str("{}"), now);
}

/* ---- on a running shop ---- */

static int run(struct request *request, const char *name, int status)
{
    struct err err = {0};
    const struct json *body;
    struct json *answer = NULL;
    int code = request_json(request, &body, &err);
    if (!code)
        code = staff_step(request->conn, &request->arena, name, body, request->principal,
                          request->now, &answer, &err);
    err.code = code;
    if (code)
        answer_error(request, &err);
    else
        answer_json(request, status, answer);
    return code;
}

int staff_api_create(struct request *request, const struct web_route *route)
{
    (void)route;
    return run(request, "add", 201);
}

int staff_api_reset(struct request *request, const struct web_route *route)
{
    (void)route;
    return run(request, "reset-totp", 200);
}

int staff_api_token(struct request *request, const struct web_route *route)
{
    (void)route;
    return run(request, "token", 201);
}
