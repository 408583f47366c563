/*
 * system.c: staff, tokens, the audit log and jobs as resources, and the list of all resources of
 * the core.
 */
#include "app/admin.sql.h"
#include "app/admin/resources.h"
#include "store/job.h"

const struct resource *const resources[] = {&resource_orders,
                                            &resource_shipments,
                                            &resource_returns,
                                            &resource_products,
                                            &resource_categories,
                                            &resource_pages,
                                            &resource_price_lists,
                                            &resource_tax_rates,
                                            &resource_tax_zones,
                                            &resource_people,
                                            &resource_inquiries,
                                            &resource_staff,
                                            &resource_messages,
                                            &resource_conversions,
                                            &resource_feeds,
                                            &resource_webhooks,
                                            &resource_webhook_deliveries,
                                            &resource_tokens,
                                            &resource_audit,
                                            &resource_jobs,
                                            NULL};

/* ---- staff ---- */

static int roles(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_role_choices, list);
}

static const struct resource_column staff_columns[] = {
    {"name", "Name", SOUK_STRING, COLUMN_LINK, "t.name", "t.name", NULL},
    {"email", "E-mail", SOUK_STRING, 0, "t.email", "t.email", NULL},
    {"role", "Role", SOUK_STRING, 0, "t.role", NULL, NULL},
    {"second", "Second step", SOUK_BOOL, 0, "t.totp <> ''", NULL, NULL},
    {"enabled", "May sign in", SOUK_BOOL, 0, "t.enabled", NULL, NULL},
    {.key = NULL}};

static const struct resource_field staff_fields[] = {
    {.key = "email", .label = "E-mail", .type = SOUK_STRING, .flags = FIELD_SHOWN},
    {.key = "name", .label = "Name", .type = SOUK_STRING, .flags = FIELD_MUST, .max = 200},
    {.key = "role", .label = "Role", .type = SOUK_CHOICE, .flags = FIELD_MUST, .options = roles},
    {.key = "enabled", .label = "May sign in", .type = SOUK_BOOL},
    {.key = NULL}};

/* Nobody touches those who may more than they do: who could change an owner would be one. */
static int may_touch(struct resource_call *call, int64_t id, struct err *err)
{
    struct db_rows rows;
    struct souk_str role = souk_str("");
    int code = db_query(call->conn, &sql_admin_staff_role, &rows, DB_INT(id));
    if (!code && (code = db_next(&rows)) == 1) {
        role = arena_str(call->arena, db_text(&rows, 0));
        db_close(&rows);
        code = SOUK_OK;
    } else if (!code) {
        return err_set(err, SOUK_NOT_FOUND, "nobody with this number may sign in");
    }
    if (!code && !admin_may_role(call->request, call->conn, role))
        return err_set(err, SOUK_DENIED, "this person has rights that you do not have");
    return code;
}

/* Nobody gives away more than they have, and somebody must be left who may do everything. */
static int staff_put(struct resource_call *call, const struct json *doc, char *pointer,
                     struct err *err)
{
    int64_t owners = 0;
    int touch = call->id ? may_touch(call, call->id, err) : SOUK_OK;
    (void)pointer;
    if (touch)
        return touch;
    if (!admin_may_role(call->request, call->conn, json_text(json_at(doc, "role"))))
        return err_set(err, SOUK_DENIED, "this role has rights that you do not have");
    int code = resource_table_save(call, doc, err);
    if (!code)
        code = db_get_int(call->conn, &sql_admin_owner_count, &owners);
    if (!code && owners == 0)
        return err_set(err, SOUK_CONFLICT, "somebody must be left who may do everything");
    return code;
}

static int reset_second(struct resource_call *call, int64_t id, struct souk_str value,
                        struct err *err)
{
    struct staff staff;
    (void)value;
    int code = may_touch(call, id, err);
    if (code)
        return code;
    if (staff_get(call->conn, call->arena, id, &staff) != SOUK_OK)
        return err_set(err, SOUK_NOT_FOUND, "nobody with this number may sign in");
    return staff_totp_reset(call->conn, staff.email, call->request->now, err);
}

static const struct resource_action staff_actions[] = {
    {.name = "totp_reset",
     .label = "Set up the second step anew",
     .run = reset_second,
     .right = "staff.edit",
     .confirm = "At the next sign-in they set up their app again; recovery codes are void."},
    {.name = NULL}};

const struct resource resource_staff = {.name = "staff",
                                        .title = "Staff",
                                        .one = "Staff member",
                                        .right = "staff",
                                        .subject = "staff",
                                        .table = "staff",
                                        .columns = staff_columns,
                                        .fields = staff_fields,
                                        .actions = staff_actions,
                                        .search =
                                            "t.name LIKE ? ESCAPE '\\' OR t.email LIKE ? ESCAPE "
                                            "'\\'",
                                        .sort = "name",
                                        .flags = RESOURCE_CREATE,
                                        .save = staff_put};

/* ---- tokens ---- */

static const struct resource_column token_columns[] = {
    {"name", "Name", SOUK_STRING, 0, "t.name", NULL, NULL},
    {"scopes", "Scopes", SOUK_STRING, 0, "t.scopes", NULL, NULL},
    {"created", "Made", SOUK_TIME, 0, "t.created_at", NULL, NULL},
    {"expires", "Until", SOUK_TIME, 0, "t.expires_at", NULL, NULL},
    {"used", "Last used", SOUK_TIME, 0, "t.used_at", NULL, NULL},
    {.key = NULL}};

static int revoke(struct resource_call *call, int64_t id, struct souk_str value, struct err *err)
{
    (void)value;
    int code = token_remove(call->conn, id);
    return code ? err_set(err, code, "this token is not there any more") : SOUK_OK;
}

static const struct resource_action token_actions[] = {
    {.name = "revoked",
     .label = "Take back",
     .run = revoke,
     .confirm = "Programs that use these tokens are refused from now on."},
    {.name = NULL}};

const struct resource resource_tokens = {.name = "tokens",
                                         .title = "Tokens",
                                         .one = "Token",
                                         .right = "token",
                                         .subject = "token",
                                         .table = "staff_token",
                                         .columns = token_columns,
                                         .actions = token_actions,
                                         .flags = RESOURCE_LIST | RESOURCE_CREATE};

/* ---- audit ---- */

static const struct resource_column audit_columns[] = {
    {"at", "At", SOUK_TIME, 0, "t.at", NULL, NULL},
    {"actor", "Who", SOUK_STRING, 0,
     "coalesce((SELECT s.name FROM staff s WHERE 'staff:' || s.id = t.actor), t.actor)", NULL,
     NULL},
    {"action", "What", SOUK_STRING, 0, "t.action", NULL, NULL},
    {"subject", "On what", SOUK_STRING, 0, "t.subject", NULL, NULL},
    {"detail", "Detail", SOUK_STRING, 0, "t.detail", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter audit_filters[] = {
    {.key = "actor", .label = "Who", .type = SOUK_STRING, .sql = "t.actor = ?"},
    {.key = "action", .label = "What", .type = SOUK_STRING, .sql = "t.action = ?"},
    {.key = "subject", .label = "On what", .type = SOUK_STRING, .sql = "t.subject = ?"},
    {.key = "at", .label = "At", .type = SOUK_TIME, .sql = "t.at >= ?", .sql_to = "t.at < ?"},
    {.key = NULL}};

const struct resource resource_audit = {.name = "audit",
                                        .title = "Audit log",
                                        .one = "Entry",
                                        .right = "audit",
                                        .subject = "audit",
                                        .table = "audit",
                                        .columns = audit_columns,
                                        .filters = audit_filters,
                                        .flags = RESOURCE_LIST};

/* ---- jobs ---- */

static const char *const states[] = {"waiting", "running", "dead", NULL};

static const struct resource_column job_columns[] = {
    {"kind", "Kind", SOUK_STRING, 0, "t.kind", NULL, NULL},
    {"subject", "On what", SOUK_STRING, 0, "t.subject", NULL, NULL},
    {"state", "State", SOUK_CHOICE, 0, "t.state", NULL, NULL},
    {"attempt", "Tries", SOUK_INT, 0, "t.attempt", NULL, NULL},
    {"due", "Due", SOUK_TIME, 0, "t.due", NULL, NULL},
    {"why", "Why it failed", SOUK_STRING, 0, "t.why", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter job_filters[] = {
    {.key = "state",
     .label = "State",
     .type = SOUK_CHOICE,
     .sql = "t.state = ?",
     .choices = states},
    {.key = "kind", .label = "Kind", .type = SOUK_STRING, .sql = "t.kind = ?"},
    {.key = NULL}};

static int retry(struct resource_call *call, int64_t id, struct err *err)
{
    return job_retry(call->request->db, id, call->request->now, err);
}

static int cancel(struct resource_call *call, int64_t id, struct err *err)
{
    return job_cancel(call->request->db, id, err);
}

static const struct resource_action job_actions[] = {
    {.name = "retried", .label = "Try again now", .direct = retry},
    {.name = "cancelled",
     .label = "Give up",
     .direct = cancel,
     .confirm = "The work of these jobs will not be done."},
    {.name = NULL}};

const struct resource resource_jobs = {.name = "jobs",
                                       .title = "Jobs",
                                       .one = "Job",
                                       .right = "job",
                                       .subject = "job",
                                       .table = "job",
                                       .columns = job_columns,
                                       .filters = job_filters,
                                       .actions = job_actions,
                                       .flags = RESOURCE_LIST};
