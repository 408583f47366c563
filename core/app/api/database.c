/*
 * database: the control routes behind `souk backup` and `souk verify`.
 */
#include "app/api/route.h"
#include "app/shop_state.h"
#include "store/verify.h"

int database_backup(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    const struct json *body;
    int code = request_json(request, &body, &err);
    struct souk_str file = json_text(json_at(body, "file"));
    if (code == SOUK_OK && (!file.len || file.ptr[0] != '/'))
        code = err_set(&err, SOUK_INVALID, "\"file\" must be an absolute path");
    if (code == SOUK_OK)
        code = db_backup(shop_current()->db, arena_cstr(&request->arena, file), NULL, NULL, &err);
    if (code != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    struct json *done = json_new(&request->arena, JSON_OBJECT);
    json_add_str(&request->arena, done, "file", file);
    answer_json(request, 200, done);
    return SOUK_OK;
}

int database_verify(struct request *request, const struct web_route *route)
{
    (void)route;
    answer_json(request, 200, verify_run(shop_current()->db, &request->arena));
    return SOUK_OK;
}
