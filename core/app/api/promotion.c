/*
 * promotion: the rules over REST, for staff, programs and the `souk promo` command of a running
 * shop: what serves and what it gave, one switched on or off, files read again, drafts checked,
 * tested, explained on a cart or order, and replayed on stored orders.
 *
 * Drafts come as texts: nothing here reads a file that the asker names. All are TASKs: scripts are
 * asked, and the files' state is guarded by a lock that a load holds.
 */
#include "app/api/route.h"
#include "app/promo_check.h"
#include "app/promo_explain.h"
#include "app/promo_source.h"
#include "app/promo_task.h"
#include "app/promo_test.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "base/str.h"

#define WHY_MOST    500
#define CHECK_LIMIT (2 * CLOCK_MINUTE)

/* ---- what they share ---- */

/* Words that begin with "/scripts/0/text: " name their place; texts that are wrong are all named.
 */
static int refuse(struct request *request, int code, const struct err *err,
                  const struct json *errors)
{
    struct arena *arena = &request->arena;
    struct souk_str words = souk_str(err->text);
    ptrdiff_t colon = str_find(words, ':');
    struct err told = *err;
    if (code == SOUK_INVALID && errors && errors->count) {
        struct json *more = json_new(arena, JSON_OBJECT);
        json_add_tree(arena, more, "scripts", errors);
        answer_problem(request, 422, "scripts", told.text, more);
        return SOUK_OK;
    }
    if (code == SOUK_INVALID && words.len && words.ptr[0] == '/' && colon > 0)
        return api_refuse(request, 422, arena_cstr(arena, str_make(words.ptr, (size_t)colon)),
                          arena_cstr(arena, str_trim(str_from(words, (size_t)colon + 1))));
    told.code = code;
    answer_error(request, &told);
    return SOUK_OK;
}

static int answer_private(struct request *request, int status, const struct json *value)
{
    answer_json(request, status, value);
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

/* ---- what serves ---- */

static int moment_of(struct request *request, int64_t *at)
{
    struct souk_str text = request_query(request, "at");
    *at = request->now;
    if (!text.len || promo_moment(text, at) == SOUK_OK)
        return 1;
    api_refuse(request, 400, "/at",
               "write a day like 2026-11-27, or a time like "
               "2026-11-27T08:00:00Z");
    return 0;
}

int promotion_api_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *answer = json_new(arena, JSON_OBJECT), *report;
    struct json *items = json_add(arena, answer, "items", JSON_ARRAY);
    struct err err = {0};
    int64_t at;
    if (!moment_of(request, &at))
        return SOUK_OK;
    int code = promotion_list(request_conn(request), arena, at, items, &err);
    if (code != SOUK_OK)
        return refuse(request, code, &err, NULL);
    json_add_null(arena, answer, "next");
    json_add_time(arena, answer, "at", at);
    json_add_cstr(arena, answer, "currency", market_shop()->currency);
    if ((report = promotion_report(arena)))
        json_add_tree(arena, answer, "report", report);
    else
        json_add_null(arena, answer, "report");
    return answer_private(request, 200, answer);
}

/* The file as it stands now; it may be newer than what serves. */
static void add_source(struct arena *arena, struct json *rule)
{
    struct promo_sources sources = {.arena = arena};
    struct souk_str file = json_text(json_at(rule, "file"));
    struct err ignored = {0};
    json_add_null(arena, rule, "source");
    if (!market_shop()->scripts ||
        promo_sources_shop(&sources, market_shop()->scripts, &ignored) != SOUK_OK)
        return;
    for (size_t i = 0; i < sources.count; i++)
        if (souk_str_equal(sources.at[i].path, file))
            json_add_str(arena, rule, "source", sources.at[i].text);
}

int promotion_api_get(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *items = json_new(arena, JSON_ARRAY);
    struct err err = {0};
    int code = promotion_list(request_conn(request), arena, request->now, items, &err);
    if (code != SOUK_OK)
        return refuse(request, code, &err, NULL);
    for (struct json_item *item = items->first; item; item = item->next)
        if (souk_str_equal(json_text(json_at(&item->value, "id")), request_param(request, "id"))) {
            add_source(arena, &item->value);
            return answer_private(request, 200, &item->value);
        }
    return SOUK_NOT_FOUND;
}

/* ---- switching, reading again ---- */

int promotion_api_switch(struct request *request, const struct web_route *route)
{
    const struct json *body = api_body(request);
    struct err err = {0};
    if (!body)
        return SOUK_OK;
    const struct json *off = json_at(body, "off");
    struct souk_str why = str_trim(json_text(json_at(body, "why")));
    if (!off || off->kind != JSON_BOOL)
        return api_refuse(request, 422, "/off", "must be true or false");
    if (why.len > WHY_MOST)
        return api_refuse(request, 422, "/why", "must be at most 500 bytes");
    request_conn_end(request);
    int code =
        promotion_switch_now(shop_current()->db, request_param(request, "id"), json_true(off),
                             why.ptr ? why : souk_str(""), request->principal, request->now, &err);
    return code ? refuse(request, code, &err, NULL) : promotion_api_get(request, route);
}

int promotion_api_reload(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *report = NULL;
    struct err err = {0};
    promotion_reload(&request->arena, &report, &err);
    return answer_private(request, 200, report);
}

/* ---- drafts ---- */

static int is_late(void *user)
{
    return clock_mono() > *(const int64_t *)user;
}

static int take_sources(struct request *request, const struct json *body,
                        struct promo_sources *sources)
{
    struct err err = {0};
    *sources = (struct promo_sources){.arena = &request->arena};
    int code = promo_sources_json(sources, json_at(body, "scripts"), &err);
    if (code != SOUK_OK)
        refuse(request, code, &err, NULL);
    return code == SOUK_OK;
}

int promotion_api_check(struct request *request, const struct web_route *route)
{
    (void)route;
    const struct json *body = api_body(request);
    struct promo_sources sources;
    struct json *report = NULL;
    struct err err = {0};
    int64_t ends = clock_mono() + CHECK_LIMIT;
    struct promo_check terms = {.now = request->now, .cancelled = is_late, .user = &ends};
    if (!body || !take_sources(request, body, &sources))
        return SOUK_OK;
    terms.all = json_true(json_at(body, "all"));
    int code = promo_check_run(&request->arena, sources.at, sources.count, &terms, &report, &err);
    return code ? refuse(request, code, &err, NULL) : answer_private(request, 200, report);
}

int promotion_api_test(struct request *request, const struct web_route *route)
{
    (void)route;
    const struct json *body = api_body(request);
    struct promo_sources sources;
    struct json *report = NULL;
    struct err err = {0};
    if (!body || !take_sources(request, body, &sources))
        return SOUK_OK;
    int code = promo_test_run(request_conn(request), &request->arena, sources.at, sources.count,
                              request->now, &report, &err);
    return code ? refuse(request, code, &err, NULL) : answer_private(request, 200, report);
}

int promotion_api_explain(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    const struct json *body = api_body(request);
    struct json *answer = NULL, *errors = json_new(arena, JSON_ARRAY);
    struct err err = {0};
    if (!body)
        return SOUK_OK;
    int code = promo_explain_asked(request_conn(request), arena, body, request->now, &answer,
                                   errors, &err);
    return code ? refuse(request, code, &err, errors) : answer_private(request, 200, answer);
}

/* ---- simulations ---- */

static int answer_task(struct request *request, int status, int64_t id)
{
    struct json *task = NULL;
    struct err err = {0};
    int code = promo_task_look(&request->arena, id, &task, &err);
    return code ? refuse(request, code, &err, NULL) : answer_private(request, status, task);
}

int promotion_api_simulate(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    const struct json *body = api_body(request);
    struct json *errors = json_new(arena, JSON_ARRAY);
    struct err err = {0};
    int64_t id = 0;
    if (!body)
        return SOUK_OK;
    int code = promo_task_start(arena, body, request->now, &id, errors, &err);
    return code ? refuse(request, code, &err, errors) : answer_task(request, 202, id);
}

static int64_t task_of(struct request *request)
{
    int64_t id = 0;
    return str_to_int(request_param(request, "task"), &id) == SOUK_OK ? id : 0;
}

int promotion_api_simulation(struct request *request, const struct web_route *route)
{
    (void)route;
    return answer_task(request, 200, task_of(request));
}

int promotion_api_simulation_cancel(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    int code = promo_task_cancel(task_of(request), &err);
    return code ? refuse(request, code, &err, NULL) : answer_task(request, 202, task_of(request));
}
