/*
 * webhook.c: receivers of facts and what was sent to them, as resources. Who may edit receivers
 * sees their secrets: they are copied into the other system.
 */
#include "app/webhook.h"

#include "app/admin/resources.h"
#include "base/str.h"

static const char *const states[] = {"active", "paused", NULL};
static const char *const delivery_states[] = {"waiting", "sent", "dead", NULL};

static const struct resource_column columns[] = {
    {"url", "Address", SOUK_STRING, COLUMN_LINK, "t.url", NULL, NULL},
    {"topics", "Facts", SOUK_STRING, 0,
     "(SELECT group_concat(e.value, ', ') FROM json_each(t.topics) e)", NULL, NULL},
    {"state", "State", SOUK_CHOICE, 0, "t.state", NULL, NULL},
    {"waiting", "Waiting", SOUK_INT, 0,
     "(SELECT count(*) FROM webhook_delivery d WHERE d.webhook_id = t.id AND d.state = 'waiting')",
     NULL, NULL},
    {"why", "Reason", SOUK_STRING, 0, "t.why", NULL, NULL},
    {.key = NULL}};

static const struct resource_field fields[] = {
    {.key = "url",
     .label = "Address",
     .type = SOUK_STRING,
     .flags = FIELD_MUST,
     .hint = "it begins with https://; made with a secret of its own",
     .max = 2000},
    {.key = "topics",
     .label = "Facts",
     .type = SOUK_LIST,
     .flags = FIELD_MUST,
     .hint = "order.placed, order.*, or * for all"},
    {.key = "state", .label = "State", .type = SOUK_CHOICE, .choices = states},
    {.key = "why", .label = "Reason", .type = SOUK_STRING, .flags = FIELD_SHOWN},
    {.key = "secret", .label = "Secret", .type = SOUK_STRING, .flags = FIELD_SHOWN},
    {.key = NULL}};

static int load(struct resource_call *call, struct json **doc)
{
    return webhook_show(call->conn, call->arena, call->id, resource_may(call, "edit"), doc);
}

/* A receiver that said 410 stays disabled until somebody says otherwise. */
static const struct json *without_state(struct resource_call *call, const struct json *doc)
{
    struct json *rest = json_new(call->arena, JSON_OBJECT);
    json_each(item, doc)
    {
        struct souk_str text = json_text(&item->value);
        if (!souk_str_is(item->key, "state") || souk_str_is(text, "active") ||
            souk_str_is(text, "paused"))
            *json_add_key(call->arena, rest, item->key, JSON_NULL) = item->value;
    }
    return rest;
}

static int save(struct resource_call *call, const struct json *doc, char *pointer, struct err *err)
{
    int64_t now = call->request->now;
    if (!call->id)
        return webhook_create(call->conn, call->arena, doc, now, &call->id, pointer, err);
    return webhook_change(call->conn, call->arena, call->id, without_state(call, doc), now, pointer,
                          err);
}

static int drop(struct resource_call *call, struct err *err)
{
    int code = webhook_remove(call->conn, call->arena, call->id, call->request->now);
    return code ? err_set(err, code, "there is no such webhook") : SOUK_OK;
}

static int test(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    int code = webhook_test(call->conn, call->arena, id, call->request->now);
    return code ? err_set(err, code, "there is no such webhook") : SOUK_OK;
}

static int rotate(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    int code = webhook_rotate(call->conn, call->arena, id, call->request->now);
    return code ? err_set(err, code, "there is no such webhook") : SOUK_OK;
}

static const struct resource_action actions[] = {
    {.name = "test", .label = "Send a test", .right = "webhook.edit", .run = test},
    {.name = "rotate",
     .label = "New secret",
     .right = "webhook.edit",
     .confirm = "The old secret signs for another day. Go on?",
     .run = rotate},
    {.name = NULL}};

const struct resource resource_webhooks = {.name = "webhooks",
                                           .title = "Webhooks",
                                           .one = "Webhook",
                                           .right = "webhook",
                                           .subject = "webhook",
                                           .table = "webhook",
                                           .columns = columns,
                                           .fields = fields,
                                           .actions = actions,
                                           .search = "t.url LIKE ? ESCAPE '\\'",
                                           .flags = RESOURCE_CREATE | RESOURCE_REMOVE,
                                           .load = load,
                                           .save = save,
                                           .remove = drop};

/* ---- what was sent ---- */

static const struct resource_column delivery_columns[] = {
    {"topic", "Fact", SOUK_STRING, 0, "t.topic", NULL, NULL},
    {"receiver", "Receiver", SOUK_STRING, 0,
     "(SELECT w.url FROM webhook w WHERE w.id = t.webhook_id)", NULL, NULL},
    {"state", "State", SOUK_CHOICE, 0, "t.state", NULL, NULL},
    {"attempts", "Attempts", SOUK_INT, 0, "t.attempts", NULL, NULL},
    {"why", "Reason", SOUK_STRING, 0, "t.why", NULL, NULL},
    {"created", "At", SOUK_TIME, 0, "t.created_at", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter delivery_filters[] = {{.key = "state",
                                                           .label = "State",
                                                           .type = SOUK_CHOICE,
                                                           .sql = "t.state = ?",
                                                           .choices = delivery_states},
                                                          {.key = NULL}};

static int replay(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    int code = webhook_replay_one(call->conn, call->arena, id, call->request->now);
    return code ? err_set(err, code, "there is no such delivery") : SOUK_OK;
}

static const struct resource_action delivery_actions[] = {
    {.name = "replay", .label = "Send again", .right = "webhook.edit", .run = replay},
    {.name = NULL}};

const struct resource resource_webhook_deliveries = {.name = "webhook-deliveries",
                                                     .title = "Deliveries of webhooks",
                                                     .one = "Webhook",
                                                     .right = "webhook",
                                                     .subject = "webhook_delivery",
                                                     .table = "webhook_delivery",
                                                     .columns = delivery_columns,
                                                     .filters = delivery_filters,
                                                     .actions = delivery_actions,
                                                     .flags = RESOURCE_FIXED | RESOURCE_LIST};
