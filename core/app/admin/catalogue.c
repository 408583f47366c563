/*
 * catalogue.c: content pages, price lists, tax zones and rates as resources.
 */
#include "app/admin.sql.h"
#include "app/admin/resource.h"
#include "app/admin/resources.h"
#include "base/str.h"
#include "shop/page.h"
#include "shop/price.h"

static int zone_ids(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_tax_zone_ids, list);
}

static int class_ids(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_tax_class_ids, list);
}

/* ---- content pages ---- */

int resource_put_by_key(struct resource_call *call, const struct json *doc, resource_saver *save,
                        const char *taken, struct err *err)
{
    struct json *before = NULL, *whole = json_copy(call->arena, doc);
    int64_t id = 0;
    int changed = 0, code = call->id ? call->resource->load(call, &before) : SOUK_OK;
    if (before)
        json_add_str(call->arena, whole, "key", json_text(json_at(before, "key")));
    if (!code)
        code = save(call->conn, call->arena, whole, call->request->now, &id, &changed, err);
    if (!code && !call->id && changed != 0)
        return err_set(err, SOUK_CONFLICT, "%s", taken);
    if (!code)
        call->id = id;
    return code;
}

static const char *const page_statuses[] = {"active", "draft", NULL};

static const struct resource_column page_columns[] = {
    {"title", "Title", SOUK_STRING, COLUMN_LINK,
     "coalesce((SELECT x.title FROM page_text x WHERE x.page_id = t.id ORDER BY x.locale <> :locale "
     "LIMIT 1), t.key)",
     NULL, NULL},
    {"key", "Key", SOUK_STRING, 0, "t.key", "t.key", NULL},
    {"status", "Status", SOUK_CHOICE, 0, "t.status", NULL, NULL},
    {"footer", "In the footer", SOUK_BOOL, 0, "t.footer", NULL, NULL},
    {"changed", "Changed", SOUK_TIME, 0, "t.changed_at", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter page_filters[] = {{.key = "status",
                                                       .label = "Status",
                                                       .type = SOUK_CHOICE,
                                                       .sql = "t.status = ?",
                                                       .choices = page_statuses},
                                                      {.key = NULL}};

static const struct resource_field page_fields[] = {
    FIELD_KEY(NULL, 120),
    {.key = "status", .label = "Status", .type = SOUK_CHOICE, .choices = page_statuses},
    {.key = "footer", .label = "In the footer", .type = SOUK_BOOL},
    {.key = "position", .label = "Position", .type = SOUK_INT, .min = -1000000, .max = 1000000},
    FIELD_LINE("title", "Title", FIELD_MUST, NULL, 200),
    FIELD_LINE("slug", "Address", 0, NULL, 120),
    FIELD_TEXT("body", "Text", "Markdown"),
    FIELD_SEO_DESCRIPTION,
    {.key = NULL}};

static int page_get(struct resource_call *call, struct json **doc)
{
    return page_load(call->conn, call->arena, call->id, doc);
}

static int page_put(struct resource_call *call, const struct json *doc, char *pointer,
                    struct err *err)
{
    (void)pointer;
    return resource_put_by_key(call, doc, page_save, "there is a page with this key already", err);
}

static int page_drop(struct resource_call *call, struct err *err)
{
    return page_remove(call->conn, call->id, err);
}

const struct resource resource_pages = {.name = "pages",
                                        .title = "Pages",
                                        .one = "Page",
                                        .right = "page",
                                        .subject = "page",
                                        .table = "page",
                                        .columns = page_columns,
                                        .filters = page_filters,
                                        .fields = page_fields,
                                        .search =
                                            "t.key LIKE ? ESCAPE '\\' OR t.id IN (SELECT page_id "
                                            "FROM page_text WHERE title LIKE ? ESCAPE '\\')",
                                        .sort = "key",
                                        .flags = RESOURCE_CREATE | RESOURCE_REMOVE,
                                        .load = page_get,
                                        .save = page_put,
                                        .remove = page_drop};

/* ---- price lists ---- */

static const struct resource_column list_columns[] = {
    {"code", "Code", SOUK_STRING, COLUMN_LINK, "t.code", "t.code", NULL},
    {"name", "Name", SOUK_STRING, 0, "t.name", NULL, NULL},
    {"currency", "Currency", SOUK_STRING, 0, "t.currency", NULL, NULL},
    {"group", "Group", SOUK_STRING, 0, "t.customer_group", NULL, NULL},
    {"priority", "Priority", SOUK_INT, 0, "t.priority", NULL, NULL},
    {"from", "From", SOUK_TIME, 0, "t.from_at", NULL, NULL},
    {"until", "Until", SOUK_TIME, 0, "t.until_at", NULL, NULL},
    {.key = NULL}};

static const struct resource_field list_fields[] = {
    {.key = "code",
     .label = "Code",
     .type = SOUK_STRING,
     .flags = FIELD_NEW | FIELD_MUST,
     .max = 60},
    {.key = "name", .label = "Name", .type = SOUK_STRING, .flags = FIELD_MUST, .max = 120},
    {.key = "currency",
     .label = "Currency",
     .type = SOUK_STRING,
     .hint = "empty: the shop's",
     .max = 3},
    {.key = "customer_group",
     .label = "Group",
     .type = SOUK_STRING,
     .hint = "of customers; empty: everybody",
     .max = 60},
    {.key = "channel", .label = "Channel", .type = SOUK_STRING, .hint = "empty: all", .max = 60},
    {.key = "priority",
     .label = "Priority",
     .type = SOUK_INT,
     .min = -1000000,
     .max = 1000000,
     .hint = "the highest list that has a price decides"},
    {.key = "from_at", .label = "From", .type = SOUK_TIME, .hint = "UTC"},
    {.key = "until_at", .label = "Until", .type = SOUK_TIME, .hint = "UTC"},
    {.key = NULL}};

static int list_put(struct resource_call *call, const struct json *doc, char *pointer,
                    struct err *err)
{
    static const char *const names[][2] = {
        {"name", "name"},       {"currency", "currency"}, {"customer_group", "group"},
        {"channel", "channel"}, {"priority", "priority"}, {"from_at", "from"},
        {"until_at", "until"}};
    struct json *whole = json_new(call->arena, JSON_OBJECT), *before = NULL;
    struct souk_str code_name = json_text(json_at(doc, "code"));
    int64_t id = 0;
    (void)pointer;
    if (call->id && resource_table_load(call, &before) != SOUK_OK)
        return err_set(err, SOUK_NOT_FOUND, "this price list is not there any more");
    if (call->id)
        code_name = json_text(json_at(before, "code"));
    else if (price_list_find(call->conn, code_name, &id) == SOUK_OK)
        return err_set(err, SOUK_CONFLICT, "there is a price list with this code already");
    json_add_str(call->arena, whole, "code", code_name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (json_at(doc, names[i][0]))
            json_add_tree(call->arena, whole, names[i][1], json_at(doc, names[i][0]));
    int code = price_list_save(call->conn, whole, &id, err);
    if (!code)
        call->id = id;
    return code;
}

const struct resource resource_price_lists = {.name = "price-lists",
                                              .title = "Price lists",
                                              .one = "Price list",
                                              .right = "product",
                                              .subject = "price_list",
                                              .table = "price_list",
                                              .columns = list_columns,
                                              .filters = NULL,
                                              .fields = list_fields,
                                              .search =
                                                  "t.code LIKE ? ESCAPE '\\' OR t.name LIKE ? "
                                                  "ESCAPE '\\'",
                                              .sort = "code",
                                              .flags = RESOURCE_CREATE,
                                              .save = list_put};

/* ---- tax ---- */

static const struct resource_column rate_columns[] = {
    {"name", "Name", SOUK_STRING, COLUMN_LINK, "t.name", NULL, NULL},
    {"zone", "Zone", SOUK_STRING, 0, "(SELECT z.name FROM tax_zone z WHERE z.id = t.zone_id)", NULL,
     NULL},
    {"class", "Tax class", SOUK_STRING, 0,
     "(SELECT c.name FROM tax_class c WHERE c.id = t.class_id)", NULL, NULL},
    {"rate", "Rate (%)", SOUK_RATE, 0, "t.rate", NULL, NULL},
    {"delivery", "On delivery", SOUK_BOOL, 0, "t.delivery", NULL, NULL},
    {.key = NULL}};

static const struct resource_field rate_fields[] = {
    {.key = "name", .label = "Name", .type = SOUK_STRING, .flags = FIELD_MUST, .max = 39},
    {.key = "zone_id",
     .label = "Zone",
     .type = SOUK_CHOICE,
     .flags = FIELD_MUST,
     .options = zone_ids},
    {.key = "class_id",
     .label = "Tax class",
     .type = SOUK_CHOICE,
     .flags = FIELD_MUST,
     .options = class_ids},
    {.key = "rate", .label = "Rate (%)", .type = SOUK_RATE, .flags = FIELD_MUST, .max = 1000000},
    {.key = "priority",
     .label = "Priority",
     .type = SOUK_INT,
     .flags = FIELD_MUST,
     .min = 1,
     .max = 8,
     .hint = "one rate for each priority applies"},
    {.key = "compound", .label = "On top of the rates before it", .type = SOUK_BOOL},
    {.key = "delivery", .label = "On delivery", .type = SOUK_BOOL},
    {.key = NULL}};

const struct resource resource_tax_rates = {.name = "tax-rates",
                                            .title = "Tax rates",
                                            .one = "Tax rate",
                                            .right = "tax",
                                            .subject = "tax_rate",
                                            .table = "tax_rate",
                                            .columns = rate_columns,
                                            .fields = rate_fields,
                                            .flags = RESOURCE_CREATE | RESOURCE_REMOVE};

static const struct resource_column zone_columns[] = {
    {"name", "Name", SOUK_STRING, COLUMN_LINK, "t.name", NULL, NULL},
    {"country", "Country", SOUK_STRING, 0, "t.country", NULL, NULL},
    {"region", "Region", SOUK_STRING, 0, "t.region", NULL, NULL},
    {"postcode", "Postcode", SOUK_STRING, 0, "t.postcode", NULL, NULL},
    {.key = NULL}};

static const struct resource_field zone_fields[] = {
    {.key = "name", .label = "Name", .type = SOUK_STRING, .flags = FIELD_MUST, .max = 120},
    {.key = "country",
     .label = "Country",
     .type = SOUK_STRING,
     .hint = "two letters; empty: everywhere",
     .max = 2},
    {.key = "region", .label = "Region", .type = SOUK_STRING, .max = 60},
    {.key = "postcode",
     .label = "Postcode",
     .type = SOUK_STRING,
     .hint = "1000, 10* or 1000...1999",
     .max = 60},
    {.key = "city", .label = "City", .type = SOUK_STRING, .max = 120},
    {.key = NULL}};

const struct resource resource_tax_zones = {.name = "tax-zones",
                                            .title = "Tax zones",
                                            .one = "Tax zone",
                                            .right = "tax",
                                            .subject = "tax_zone",
                                            .table = "tax_zone",
                                            .columns = zone_columns,
                                            .fields = zone_fields,
                                            .flags = RESOURCE_CREATE | RESOURCE_REMOVE};
