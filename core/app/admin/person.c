/*
 * person.c: people and their inquiries as resources; export and erasure of what the shop knows of
 * somebody.
 */
#include "shop/person.h"

#include "app/admin.sql.h"
#include "app/admin/resources.h"
#include "app/admin/route.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/visit.h"

#define EVENTS 30

static const char *const stages[] = {"visitor", "lead",    "subscriber", "buyer",
                                     "regular", "dormant", "lost",       NULL};

static const struct resource_column columns[] = {
    {"name", "Name", SOUK_STRING, COLUMN_LINK, "CASE t.name WHEN '' THEN '—' ELSE t.name END", NULL,
     NULL},
    {"email", "E-mail", SOUK_STRING, 0,
     "(SELECT c.value FROM contact c WHERE c.person_id = t.id AND c.kind = 'email' ORDER BY "
     "c.confirmed_at IS NULL, c.id LIMIT 1)",
     NULL, NULL},
    {"stage", "Stage", SOUK_CHOICE, 0, "t.stage", NULL, NULL},
    {"group", "Group", SOUK_STRING, 0, "t.customer_group", NULL, NULL},
    {"created", "Since", SOUK_TIME, 0, "t.created_at", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter filters[] = {
    {.key = "stage",
     .label = "Stage",
     .type = SOUK_CHOICE,
     .sql = "t.stage = ?",
     .choices = stages},
    {.key = "group", .label = "Group", .type = SOUK_STRING, .sql = "t.customer_group = ?"},
    {.key = NULL}};

static const struct resource_field fields[] = {
    {.key = "name", .label = "Name", .type = SOUK_STRING, .max = 200},
    {.key = "stage",
     .label = "Stage",
     .type = SOUK_CHOICE,
     .flags = FIELD_SHOWN,
     .choices = stages},
    {.key = "customer_group",
     .label = "Group",
     .type = SOUK_STRING,
     .hint = "decides on price lists",
     .max = 60},
    {.key = "note", .label = "Note", .type = SOUK_TEXT, .max = 4000},
    {.key = NULL}};

static void add_merges(struct resource_call *call, struct json *view)
{
    struct db_rows rows;
    struct json *list = json_add(call->arena, view, "merges", JSON_ARRAY);
    int code = db_query(call->conn, &sql_admin_person_merges, &rows, DB_INT(call->id),
                        DB_INT(call->request->now - PERSON_UNDO_DAYS * CLOCK_DAY));
    while (!code && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(call->arena, list, NULL, JSON_OBJECT);
        json_add_str(call->arena, row, "id",
                     arena_printf(call->arena, "%lld", (long long)db_int(&rows, 0)));
        json_add_int(call->arena, row, "at", db_int(&rows, 1));
        json_add_str(call->arena, row, "name", arena_str(call->arena, db_text(&rows, 2)));
        code = 0;
    }
}

static void extend(struct resource_call *call, const struct json *doc, struct json *view)
{
    struct json *person = NULL;
    (void)doc;
    if (person_load(call->conn, call->arena, call->id, &person) == SOUK_OK)
        json_add_tree(call->arena, view, "person", person);
    add_merges(call, view);
    event_list(call->conn, call->arena, call->id, 0, EVENTS,
               json_add(call->arena, view, "events", JSON_ARRAY));
}

const struct resource resource_people = {
    .name = "people",
    .title = "People",
    .one = "Person",
    .right = "person",
    .subject = "person",
    .table = "person",
    .where = "t.merged_into IS NULL",
    .columns = columns,
    .filters = filters,
    .fields = fields,
    .search =
        "t.name LIKE ? ESCAPE '\\' OR t.id IN (SELECT person_id FROM contact WHERE value LIKE ? "
        "ESCAPE '\\')",
    .extend = extend,
    .record = "admin/person"};

/* ---- export and erasure ---- */

static struct souk_str subject_of(struct request *request, int64_t id)
{
    return arena_printf(&request->arena, "person:%lld", (long long)id);
}

struct note {
    struct request *request;
    int64_t id;
};

static int note_export(struct db_conn *conn, void *arg)
{
    struct note *note = arg;
    return admin_audit(conn, note->request, "person.exported", subject_of(note->request, note->id),
                       NULL);
}

int person_download(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *doc = NULL;
    struct buf text = {.arena = &request->arena};
    struct note *note = arena_new(&request->arena, struct note);
    *note = (struct note){request, admin_id(request, "id")};
    if (!note->id ||
        person_export(request_conn(request), &request->arena, note->id, &doc) != SOUK_OK)
        return SOUK_NOT_FOUND;
    json_print_pretty(&text, doc);
    answer_bytes(request, 200, "application/json", buf_str(&text));
    answer_header(request, "Content-Disposition",
                  arena_printf(&request->arena, "attachment; filename=\"person-%lld.json\"",
                               (long long)note->id));
    answer_header(request, "Cache-Control", souk_str("no-store"));
    request_then_write(request, note_export, note);
    return SOUK_OK;
}

int person_erase_form(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id = admin_id(request, "id");
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    if (!id)
        return SOUK_NOT_FOUND;
    json_add_str(&request->arena, view, "url",
                 arena_printf(&request->arena, "/admin/people/%lld", (long long)id));
    return admin_render(request, "admin/erase", 200, "Erase a person", view);
}

int person_erase_now(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    int64_t id = admin_id(request, "id");
    int code = id ? person_erase(request->conn, id, request->now, &err) : SOUK_NOT_FOUND;
    if (!code)
        code = admin_audit(request->conn, request, "person.erased", subject_of(request, id), NULL);
    if (code) {
        answer_error(request, &err);
        return code;
    }
    return admin_redirect(request, "/admin/people/%lld?saved=1", (long long)id);
}

/* ---- two who are not one ---- */

int person_part(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    int64_t id = admin_id(request, "id"), merge = 0;
    const char *back = arena_printf(&request->arena, "/admin/people/%lld", (long long)id).ptr;
    str_to_int(request_form(request, "merge"), &merge);
    int code = person_unmerge(request->conn, &request->arena, merge, request->now, &err);
    if (code) {
        admin_message(request, 409, "That did not work", err.text, back);
        return code;
    }
    code = admin_audit(request->conn, request, "person.unmerged", subject_of(request, id), NULL);
    return code ? code : admin_redirect(request, "%s?saved=1", back);
}

/* ---- inquiries ---- */

static const struct resource_column inquiry_columns[] = {
    {"name", "Name", SOUK_STRING, COLUMN_LINK, "t.name", NULL, NULL},
    {"email", "E-mail", SOUK_STRING, 0, "t.email", NULL, NULL},
    {"text", "Text", SOUK_STRING, 0, "substr(t.text, 1, 120)", NULL, NULL},
    {"at", "At", SOUK_TIME, 0, "t.at", NULL, NULL},
    {"done", "Done", SOUK_BOOL, 0, "t.done_at IS NOT NULL", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter inquiry_filters[] = {
    {.key = "done", .label = "Done", .type = SOUK_BOOL, .sql = "(t.done_at IS NOT NULL) = ?"},
    {.key = NULL}};

static const struct resource_field inquiry_fields[] = {
    {.key = "name", .label = "Name", .type = SOUK_STRING, .flags = FIELD_SHOWN},
    {.key = "email", .label = "E-mail", .type = SOUK_STRING, .flags = FIELD_SHOWN},
    {.key = "text", .label = "Text", .type = SOUK_TEXT, .flags = FIELD_SHOWN},
    {.key = "locale", .label = "Language", .type = SOUK_STRING, .flags = FIELD_SHOWN},
    {.key = "path", .label = "From the page", .type = SOUK_STRING, .flags = FIELD_SHOWN},
    {.key = "at", .label = "At", .type = SOUK_TIME, .flags = FIELD_SHOWN},
    {.key = "done_at", .label = "Done", .type = SOUK_TIME, .flags = FIELD_SHOWN},
    {.key = NULL}};

static int inquiry_done(struct resource_call *call, int64_t id, struct souk_str value,
                        struct err *err)
{
    int64_t changed = 0;
    (void)value;
    int code = db_run(call->conn, &sql_admin_inquiry_done, &changed, DB_INT(id),
                      DB_INT(call->request->now));
    if (!code && !changed)
        return err_set(err, SOUK_CONFLICT, "this one is done already");
    return code;
}

static const struct resource_action inquiry_actions[] = {
    {.name = "done", .label = "Mark as done", .run = inquiry_done}, {.name = NULL}};

const struct resource resource_inquiries = {.name = "inquiries",
                                            .title = "Inquiries",
                                            .one = "Inquiry",
                                            .right = "inquiry",
                                            .subject = "inquiry",
                                            .table = "inquiry",
                                            .columns = inquiry_columns,
                                            .filters = inquiry_filters,
                                            .fields = inquiry_fields,
                                            .actions = inquiry_actions,
                                            .search = "t.name LIKE ? ESCAPE '\\' OR t.email LIKE ? "
                                                      "ESCAPE '\\' OR t.text LIKE ? ESCAPE '\\'",
                                            .flags = RESOURCE_FIXED};
