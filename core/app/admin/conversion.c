/*
 * conversion.c: what partners are told of orders that they sent, as a resource to look at: how it
 * stands, what they know, and telling one again.
 */
#include "app/conversion.h"

#include "app/admin/resources.h"

static const char *const states[] = {"pending", "approved", "rejected", NULL};
static const char *const tellings[] = {"waiting", "told", "refused", "failed", NULL};

static const struct resource_column columns[] = {
    {"order", "Order", SOUK_STRING, 0,
     "(SELECT o.number FROM shop_order o WHERE o.id = t.order_id)", NULL, NULL},
    {"provider", "Partner", SOUK_STRING, 0, "t.provider", NULL, NULL},
    {"click", "Click", SOUK_STRING, 0, "t.value", NULL, NULL},
    {"state", "State", SOUK_CHOICE, 0, "t.state", NULL, NULL},
    {"amount", "Amount", SOUK_MONEY, 0, "t.amount", NULL, NULL},
    {"telling", "Telling", SOUK_CHOICE, 0, "t.telling", NULL, NULL},
    {"attempts", "Attempts", SOUK_INT, 0, "t.attempts", NULL, NULL},
    {"error", "Reason", SOUK_STRING, 0, "t.error", NULL, NULL},
    {"reference", "Reference", SOUK_STRING, 0, "t.reference", NULL, NULL},
    {"clicked", "Clicked", SOUK_TIME, 0, "t.clicked_at", NULL, NULL},
    {"sent", "Told", SOUK_TIME, 0, "t.sent_at", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter filters[] = {
    {.key = "state",
     .label = "State",
     .type = SOUK_CHOICE,
     .sql = "t.state = ?",
     .choices = states},
    {.key = "telling",
     .label = "Telling",
     .type = SOUK_CHOICE,
     .sql = "t.telling = ?",
     .choices = tellings},
    {.key = "provider", .label = "Partner", .type = SOUK_STRING, .sql = "t.provider = ?"},
    {.key = NULL}};

static int again(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    int code = conversion_again(call->conn, call->arena, id, call->request->now);
    return code ? err_set(err, code, "there is no such conversion") : SOUK_OK;
}

static const struct resource_action actions[] = {
    {.name = "again", .label = "Send again", .right = "track.edit", .run = again}, {.name = NULL}};

const struct resource resource_conversions = {
    .name = "conversions",
    .title = "Conversions",
    .one = "Conversion",
    .right = "track",
    .subject = "conversion",
    .table = "conversion",
    .columns = columns,
    .filters = filters,
    .actions = actions,
    .search = "t.value LIKE ? ESCAPE '\\' OR t.order_id IN (SELECT o.id FROM shop_order o WHERE "
              "o.number LIKE ? ESCAPE '\\')",
    .flags = RESOURCE_FIXED | RESOURCE_LIST};
