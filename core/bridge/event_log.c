/*
 * event_log.c: what plugins write into the event log and read from it: one row for each thing that
 * somebody did, shared by all reports. A plugin's own kinds begin with its name; of the shop's it
 * may write those that tell of visits, not those that the books rest on.
 */
#include "bridge/internal.h"
#include "bridge/who.h"

#include "base/str.h"
#include "base/utf8.h"
#include "shop/person.h"
#include "shop/visit.h"

#define KIND_MOST    63
#define SUBJECT_MOST 200
#define DATA_MOST    ((size_t)8 << 10)
#define RECENT_MOST  500

static int is_kind(const char *kind)
{
    size_t len = kind ? strnlen(kind, KIND_MOST + 1) : 0;
    return len > 2 && len <= KIND_MOST && kind[0] != '.' && kind[len - 1] != '.' &&
           strchr(kind, '.') && strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789_.") == len &&
           !strstr(kind, "..");
}

static int is_writable(const struct souk_ctx *ctx, const char *kind)
{
    static const char *const shops[] = {"lead.made",       "page.viewed",      "product.viewed",
                                        "category.viewed", "search.made",      "cart.added",
                                        "cart.removed",    "inquiry.received", "checkout.begun"};
    size_t own = strlen(ctx->self->name);
    if (!is_kind(kind))
        return 0;
    for (size_t i = 0; i < sizeof shops / sizeof *shops; i++)
        if (strcmp(kind, shops[i]) == 0)
            return 1;
    return strncmp(kind, ctx->self->name, own) == 0 && kind[own] == '.';
}

struct row {
    const char *kind;
    int64_t visitor, person;
    struct souk_str subject;
    const struct json *data;
};

static int write_row(struct souk_ctx *ctx, void *arg)
{
    const struct row *row = arg;
    int64_t person = 0;
    int known = 1;
    int code = row->person ? person_known(ctx->conn, row->person, &person, &known) : SOUK_OK;
    if (code == SOUK_OK && !known)
        return bridge_refuse(ctx, SOUK_NOT_FOUND, "souk_record: there is no person %lld",
                             (long long)row->person);
    if (code == SOUK_OK)
        code = event_put(ctx->conn, row->kind, row->visitor, person, row->subject, row->data,
                         ctx->now);
    return code ? bridge_refuse(ctx, code, "souk_record: %s", db_error(ctx->conn)) : SOUK_OK;
}

int event_log_record(struct souk_ctx *ctx, const char *kind, int64_t person_id,
                     struct souk_str subject, const struct souk_value *data)
{
    const struct json *tree = (const struct json *)data;
    if (!is_writable(ctx, kind))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_record: a kind is \"%s.<verb>\", or one of the shop's that "
                             "tell of visits, as lead.made",
                             ctx->self->name);
    if (!bridge_view_ok(subject) || subject.len > SUBJECT_MOST || person_id < 0)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_record %s: the subject is over %d bytes",
                             kind, SUBJECT_MOST);
    if (tree && tree->kind != JSON_OBJECT)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_record %s: the data are no map", kind);
    if (tree && value_print(ctx->arena, tree).len > DATA_MOST)
        return bridge_refuse(ctx, SOUK_TOO_LARGE,
                             "souk_record %s: over 8 KiB of data; keep them in a table", kind);
    struct row row = {.kind = kind,
                      .visitor = person_table.visitor(ctx),
                      .person = person_id ? person_id : person_table.current(ctx),
                      .subject = value_clean(ctx->arena, subject),
                      .data = tree};
    return bridge_write(ctx, "souk_record", write_row, &row);
}

/* REST spells large numbers as texts, for JavaScript; here they are numbers. */
static void make_number(struct json *item, const char *key)
{
    struct json *member = (struct json *)(uintptr_t)json_at(item, key);
    int64_t number;
    if (member && member->kind == JSON_STRING && str_to_int(member->text, &number) == SOUK_OK)
        *member = (struct json){.kind = JSON_INT, .number = number};
}

int event_log_recent(struct souk_ctx *ctx, const char *kind, int64_t person_id, int64_t before,
                     uint32_t limit, const struct souk_value **out)
{
    if (out)
        *out = NULL;
    if (!out || (kind && !is_kind(kind)) || person_id < 0 || before < 0 || limit < 1 ||
        limit > RECENT_MOST)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_recent: no place for the list, no kind as \"noun.verbed\", or a "
                             "limit that is not from 1 to %d",
                             RECENT_MOST);
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    struct json *list = json_new(ctx->arena, JSON_ARRAY);
    struct souk_str name = souk_str(kind ? kind : "");
    int code = person_id
                   ? event_recent_of(conn, ctx->arena, name, person_id, before, (int)limit, list)
                   : event_recent(conn, ctx->arena, name, before, (int)limit, list);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_recent: %s", db_error(conn));
    json_each(item, list)
    {
        struct json *row = (struct json *)(uintptr_t)&item->value;
        make_number(row, "id");
        make_number(row, "visitor");
        make_number(row, "person");
    }
    *out = (const struct souk_value *)list;
    return SOUK_OK;
}
