/*
 * job: the control routes behind `souk jobs`: what waits, runs or is dead, and the steps that a
 * person may take.
 */
#include "app/api/route.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/job.h"

#define LIST_MAX 200

int job_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    struct db_conn *conn = request_conn(request);
    int code = job_list(conn, &request->arena, request_query(request, "state"), LIST_MAX, items);
    return code ? code : api_answer_items(request, items, STR_NULL);
}

int job_step(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct db *db = shop_current()->db;
    struct souk_str step = request_param(request, "step");
    int64_t id;
    int code;
    if (str_to_int(request_param(request, "id"), &id) != SOUK_OK)
        code = err_set(&err, SOUK_INVALID, "a job is named by its number; see souk jobs");
    else if (souk_str_is(step, "retry"))
        code = job_retry(db, id, clock_now(), &err);
    else if (souk_str_is(step, "cancel"))
        code = job_cancel(db, id, &err);
    else
        code = err_set(&err, SOUK_NOT_FOUND, "no step \"%.*s\"; there are retry, cancel",
                       SOUK_PRI(step));
    if (code != SOUK_OK) {
        answer_error(request, &err);
        return SOUK_OK;
    }
    struct json *done = json_new(&request->arena, JSON_OBJECT);
    json_add_int(&request->arena, done, "id", id);
    json_add_str(&request->arena, done, "done", step);
    answer_json(request, 200, done);
    return SOUK_OK;
}
