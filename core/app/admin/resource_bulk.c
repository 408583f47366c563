/*
 * resource_bulk.c: one action on many records, chosen one by one or all that a filter leaves: first
 * a page that shows them and asks, then the work, then a report.
 *
 * Which records a filter leaves is read once, before the work, which may change what the filter
 * says. Each record is a write of its own: what fails is told in the report and undoes nothing
 * else. Some are handed to the writer at once, which puts them into one commit.
 */
#include "app/admin/resource.h"
#include "app/admin/route.h"

#include <pthread.h>
#include "base/str.h"

#define BULK_MOST   20000 /* records of a filter */
#define BULK_BATCH  32    /* writes on their way at once */
#define BULK_FAILED 100   /* failures that the report names */

static const struct resource_action *action_of(struct resource_call *call)
{
    struct souk_str name = request_form(call->request, "action");
    for (const struct resource_action *a = call->resource->actions; a && a->name; a++)
        if (souk_str_is(name, a->name))
            return a;
    return NULL;
}

static int is_all(struct request *request)
{
    return souk_str_is(request_form(request, "all"), "1");
}

/* One "id" for each box of the list, or "ids" of the preview, with commas. */
static struct json *chosen(struct request *request)
{
    struct json *ids = json_new(&request->arena, JSON_ARRAY);
    struct souk_str list = request_form(request, "ids"), one;
    int64_t id;
    while (ids->count < RESOURCE_CHOSEN && str_split(&list, ',', &one))
        if (str_to_int(one, &id) == SOUK_OK)
            json_add_int(&request->arena, ids, NULL, id);
    for (size_t i = 0; i < request->form.count && ids->count < RESOURCE_CHOSEN; i++)
        if (souk_str_is(request->form.at[i].name, "id") &&
            str_to_int(request->form.at[i].value, &id) == SOUK_OK)
            json_add_int(&request->arena, ids, NULL, id);
    return ids;
}

static void add_action(struct resource_call *call, const struct resource_action *action,
                       struct json *view)
{
    struct arena *arena = call->arena;
    json_add_str(arena, view, "url", resource_url(call));
    json_add_str(arena, view, "bulk_url", resource_list_url(call, "/bulk"));
    json_add_bool(arena, view, "all", is_all(call->request));
    struct json *row = json_add(arena, view, "action", JSON_OBJECT);
    json_add_cstr(arena, row, "name", action->name);
    json_add_str(arena, row, "label", site_words(call->request, "souk", action->label));
    if (action->confirm)
        json_add_str(arena, row, "confirm", site_words(call->request, "souk", action->confirm));
    if (action->input)
        json_add_str(arena, row, "input", site_words(call->request, "souk", action->input));
    json_add_str(arena, row, "value", request_form(call->request, "value"));
}

static int preview(struct resource_call *call, const struct resource_action *action,
                   const struct json *ids, const char *error)
{
    struct json *view = json_new(call->arena, JSON_OBJECT);
    struct resource_list list = {
        .descending = 1, .limit = RESOURCE_CHOSEN, .ids = is_all(call->request) ? NULL : ids};
    int more;
    struct json *rows = json_add(call->arena, view, "rows", JSON_ARRAY);
    int code = resource_select(call, &list, rows, &more);
    if (code)
        return code;
    add_action(call, action, view);
    json_add_int(call->arena, view, "count", ids->count);
    struct json *columns = json_add(call->arena, view, "columns", JSON_ARRAY);
    for (const struct resource_column *c = call->resource->columns; c->key; c++)
        json_add_str(call->arena, columns, NULL, site_words(call->request, "souk", c->label));
    if (error)
        json_add_str(call->arena, view, "error", site_words(call->request, "souk", error));
    return admin_render(call->request, "admin/bulk", error ? 422 : 200, action->label, view);
}

/* ---- the work ---- */

struct batch { /* writes on their way */
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int waiting;
};

struct one {
    struct db_write write;
    struct batch *batch;
    struct arena arena;
    struct resource_call call;
    const struct resource_action *action;
    struct souk_str value;
    struct err err;
};

/* On the writer's thread, one after the other: the request's arena is theirs meanwhile. */
static int run_one(struct db_conn *conn, void *arg)
{
    struct one *one = arg;
    struct resource_call *call = &one->call;
    const struct resource_action *action = one->action;
    one->err = (struct err){0};
    call->conn = conn;
    int code = action->direct    ? SOUK_OK
               : action->plugins ? site_resource_act(call->request, conn, &call->resource->plugin,
                                                     action->plugins, call->id, &one->err)
                                 : action->run(call, call->id, one->value, &one->err);
    if (code && !one->err.text[0])
        err_set(&one->err, code, "%s", db_error(conn));
    if (code || action->own_audit)
        return code;
    struct json *detail = json_new(call->arena, JSON_OBJECT);
    if (one->value.len)
        json_add_str(call->arena, detail, "value", one->value);
    const char *name =
        arena_printf(call->arena, "%s.%s", call->resource->subject, action->name).ptr;
    return admin_audit(conn, call->request, name, resource_subject(call, call->id), detail);
}

static void one_done(struct db_write *write)
{
    struct batch *batch = ((struct one *)write->arg)->batch;
    pthread_mutex_lock(&batch->mutex);
    batch->waiting--;
    pthread_cond_signal(&batch->cond);
    pthread_mutex_unlock(&batch->mutex);
}

/* Hands one record to the writer; what cannot be handed over has its answer in write.result. */
static void begin_one(struct one *one, const struct one *like, int64_t id, struct batch *batch)
{
    *one = *like;
    one->batch = batch;
    one->call.arena = &one->arena;
    one->call.id = id;
    one->write.fn = run_one;
    one->write.arg = one;
    one->write.done = one_done;
    if (one->action->direct &&
        (one->write.result = one->action->direct(&one->call, id, &one->err)) != SOUK_OK)
        return;
    pthread_mutex_lock(&batch->mutex);
    batch->waiting++;
    pthread_mutex_unlock(&batch->mutex);
    int code = db_write_push(one->call.request->db, &one->write);
    if (code != SOUK_OK) { /* it will never be done; else the result is the writer's to set */
        one->write.result = code;
        one_done(&one->write);
        err_set(&one->err, SOUK_BUSY, "the shop is busy; try this one again");
    }
}

static void report_one(struct one *one, struct json *failed, struct arena *arena, int64_t *done)
{
    *done += one->write.result == SOUK_OK;
    if (one->write.result != SOUK_OK && failed->count < BULK_FAILED) {
        struct json *row = json_add(arena, failed, NULL, JSON_OBJECT);
        const char *words = one->err.text[0] ? one->err.text : "this could not be saved";
        json_add_str(arena, row, "id", arena_printf(arena, "%lld", (long long)one->call.id));
        json_add_str(arena, row, "words", arena_str(arena, souk_str(words)));
    }
    arena_free(&one->arena);
}

static int64_t run_each(struct resource_call *call, const struct one *like, const struct json *ids,
                        struct json *failed)
{
    struct batch batch = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    struct one *ones = arena_array(call->arena, struct one, BULK_BATCH);
    const struct json_item *item = json_first(ids);
    int64_t done = 0;
    while (item) {
        int count = 0;
        for (; item && count < BULK_BATCH; item = item->next)
            begin_one(&ones[count++], like, item->value.number, &batch);
        pthread_mutex_lock(&batch.mutex);
        while (batch.waiting)
            pthread_cond_wait(&batch.cond, &batch.mutex);
        pthread_mutex_unlock(&batch.mutex);
        for (int i = 0; i < count; i++)
            report_one(&ones[i], failed, call->arena, &done);
    }
    return done;
}

static int run_all(struct resource_call *call, const struct resource_action *action,
                   const struct json *ids)
{
    struct request *request = call->request;
    struct json *view = json_new(call->arena, JSON_OBJECT);
    struct json *failed = json_add(call->arena, view, "failed", JSON_ARRAY);
    struct one like = {.call = *call, .action = action, .value = request_form(request, "value")};
    request_conn_end(request); /* nothing is held while writing */
    int64_t done = run_each(call, &like, ids, failed);
    json_add_int(call->arena, view, "done", done);
    json_add_int(call->arena, view, "not_done", (int64_t)ids->count - done);
    add_action(call, action, view);
    return admin_render(request, "admin/bulk-done", 200, action->label, view);
}

/* To a page about the chosen ones: at most as many as can be chosen one by one. */
static int lead(struct resource_call *call, const struct resource_action *action,
                const struct json *ids)
{
    struct buf list = {.arena = call->arena};
    int count = 0;
    json_each(id, ids)
    {
        if (count++ == RESOURCE_CHOSEN)
            break;
        if (list.len)
            buf_add_char(&list, ',');
        buf_add_int(&list, id->value.number);
    }
    return admin_redirect(call->request, "%s?ids=%.*s", action->page, SOUK_PRI(buf_str(&list)));
}

static const char *input_problem(const struct resource_action *action, struct souk_str value)
{
    int64_t number;
    int digits = action->input_type == SOUK_MONEY  ? resource_money_digits()
                 : action->input_type == SOUK_RATE ? 4
                                                   : 0;
    if (!action->input || action->input_type == SOUK_STRING)
        return NULL;
    return resource_decimal(value, digits, &number) == SOUK_OK ? NULL
                                                               : "a number such as 12.50, please";
}

int resource_bulk(struct request *request, const struct web_route *route)
{
    (void)route;
    struct resource_call call;
    if (!resource_enter(&call, request, "read"))
        return SOUK_OK;
    const struct resource_action *action = action_of(&call);
    struct json *ids = chosen(request);
    if (is_all(request)) {
        int code = resource_ids(&call, BULK_MOST + 1, ids = json_new(call.arena, JSON_ARRAY));
        if (code)
            return code;
        if (ids->count > BULK_MOST)
            return admin_message(request, 422, "These are too many",
                                 "narrow the filter to at most 20,000 rows, please",
                                 resource_url(&call).ptr);
    }
    if (!action || ids->count == 0)
        return admin_message(request, 422, "Nothing is chosen",
                             "choose some rows and what is to be done with them",
                             resource_url(&call).ptr);
    const char *right = action->right
                            ? action->right
                            : arena_printf(call.arena, "%s.edit", call.resource->right).ptr;
    if (!admin_need(request, right))
        return SOUK_OK;
    if (action->page)
        return lead(&call, action, ids);
    if (!souk_str_is(request_form(request, "confirm"), "1"))
        return preview(&call, action, ids, NULL);
    const char *problem = input_problem(action, request_form(request, "value"));
    return problem ? preview(&call, action, ids, problem) : run_all(&call, action, ids);
}
