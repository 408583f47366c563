/*
 * person.c: the sub-table for people: who asks, what the shop knows of a person, leads, stages and
 * consents. The rules are core/shop's; here stand the checks of arguments and the documents as
 * plugins see them.
 *
 * An erased person is none, for every function. Ids from before a merge lead to the record that
 * remains.
 */
#include "bridge/internal.h"
#include "bridge/who.h"

#include "base/str.h"
#include "base/utf8.h"
#include "shop/market.h"
#include "shop/person.h"
#include "shop/visit.h"
#include "web/session.h"

#define TEXT_MOST    500
#define CHANNEL_MOST 80

/* ---- who asks ---- */

static int64_t person_current(struct souk_ctx *ctx)
{
    return ctx->request && query_conn(ctx) ? who_person(ctx->request) : 0;
}

static int64_t person_visitor(struct souk_ctx *ctx)
{
    if (!ctx->request)
        return 0;
    request_alone(ctx->request);
    if (visit_is_robot(request_header(ctx->request, "user-agent")))
        return 0;
    if (session_cookie(ctx->request) && query_conn(ctx))
        session_find(ctx->request);
    return who_visitor(ctx->request);
}

static int64_t person_staff(struct souk_ctx *ctx)
{
    int64_t id;
    if (!ctx->request)
        return 0;
    struct souk_str principal = ctx->request->principal;
    if (str_starts(principal, "staff:") && str_to_int(str_from(principal, 6), &id) == SOUK_OK)
        return id;
    const struct staff *staff =
        session_cookie(ctx->request) && query_conn(ctx) ? who_staff(ctx->request) : NULL;
    return staff ? staff->id : 0;
}

/* ---- reading ---- */

static int refuse_missing(struct souk_ctx *ctx, const char *function, int64_t id)
{
    return bridge_refuse(ctx, SOUK_NOT_FOUND, "%s: there is no person %lld", function,
                         (long long)id);
}

/* The record that remains of the id; SOUK_NOT_FOUND for one that never was or is erased. */
static int find_root(struct souk_ctx *ctx, struct db_conn *conn, const char *function, int64_t *id)
{
    int known = 0;
    int64_t wanted = *id;
    int code = wanted > 0 ? person_known(conn, wanted, id, &known) : SOUK_OK;
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "%s: %s", function, db_error(conn));
    return known ? SOUK_OK : refuse_missing(ctx, function, wanted);
}

static int person_get(struct souk_ctx *ctx, int64_t id, const struct souk_value **person)
{
    struct json *doc;
    if (person)
        *person = NULL;
    if (!person)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_person_get: no place for the person");
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = find_root(ctx, conn, "souk_person_get", &id);
    if (code != SOUK_OK)
        return code;
    code = person_load(conn, ctx->arena, id, &doc);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_person_get: %s", db_error(conn));
    *person = (const struct souk_value *)doc;
    return SOUK_OK;
}

static int person_find(struct souk_ctx *ctx, const char *kind, struct souk_str contact, int64_t *id)
{
    struct souk_str value;
    struct err err = {0};
    if (id)
        *id = 0;
    if (!id || !kind || !bridge_view_ok(contact) || contact.len > TEXT_MOST ||
        (strcmp(kind, "email") != 0 && strcmp(kind, "phone") != 0))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_person_find: no place, or neither \"email\" nor \"phone\"");
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    if (contact_normalize(ctx->arena, kind, contact, market_shop()->country, &value, &err) !=
        SOUK_OK)
        return bridge_tell(ctx, SOUK_INVALID, "%s", err.text);
    *id = contact_owner(conn, kind, value);
    return *id ? SOUK_OK
               : bridge_refuse(ctx, SOUK_NOT_FOUND,
                               "souk_person_find: nobody has proved to be behind this %s", kind);
}

/* ---- leads and stages ---- */

struct making {
    struct lead lead;
    int64_t id;
};

static int write_lead(struct souk_ctx *ctx, void *arg)
{
    struct making *making = arg;
    struct err err = {0};
    int code = contact_make_lead(ctx->conn, ctx->arena, &making->lead, ctx->now, &making->id, &err);
    if (code == SOUK_INVALID) /* what somebody typed */
        return bridge_tell(ctx, code, "%s", err.text);
    return code ? bridge_refuse(ctx, code, "souk_person_make: %s", err.text) : SOUK_OK;
}

static int read_lead(struct souk_ctx *ctx, const struct json *doc, struct lead *lead)
{
    static const char *const names[] = {"name", "email", "phone", "locale", "source", NULL};
    if (!doc || doc->kind != JSON_OBJECT)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_person_make: the lead is no map");
    json_each(item, doc)
    {
        int known = 0;
        for (int i = 0; names[i]; i++)
            known |= souk_str_is(item->key, names[i]);
        if (!known || (item->value.kind != JSON_STRING && item->value.kind != JSON_NULL) ||
            json_text(&item->value).len > TEXT_MOST)
            return bridge_refuse(ctx, SOUK_INVALID,
                                 "souk_person_make: /%.*s is no member of a lead, or no text of "
                                 "at most %d bytes",
                                 SOUK_PRI(item->key), TEXT_MOST);
    }
    struct souk_str locale = json_text(json_at(doc, "locale"));
    *lead = (struct lead){.name = json_text(json_at(doc, "name")),
                          .email = json_text(json_at(doc, "email")),
                          .phone = json_text(json_at(doc, "phone")),
                          .source = json_text(json_at(doc, "source")),
                          .locale = market_locale(locale.len ? locale : call_table.locale(ctx))};
    if (!lead->locale && locale.len)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_person_make: /locale: \"%.*s\" is not a language of this shop",
                             SOUK_PRI(locale));
    if (!lead->locale)
        lead->locale = market_shop()->locales[0];
    return SOUK_OK;
}

static int person_make(struct souk_ctx *ctx, const struct souk_value *lead, int64_t *id)
{
    struct making making = {.id = 0};
    if (id)
        *id = 0;
    int code = read_lead(ctx, (const struct json *)lead, &making.lead);
    if (code == SOUK_OK)
        code = bridge_write(ctx, "souk_person_make", write_lead, &making);
    if (code == SOUK_OK && id)
        *id = making.id;
    return code;
}

struct raising {
    int64_t id;
    const char *stage;
};

static int write_stage(struct souk_ctx *ctx, void *arg)
{
    const struct raising *raising = arg;
    int64_t id = raising->id;
    int code = find_root(ctx, ctx->conn, "souk_person_raise", &id);
    if (code != SOUK_OK)
        return code;
    code = person_raise(ctx->conn, id, raising->stage, ctx->now);
    return code ? bridge_refuse(ctx, code, "souk_person_raise: %s", db_error(ctx->conn)) : SOUK_OK;
}

static int person_lift(struct souk_ctx *ctx, int64_t id, const char *stage)
{
    static const char *const stages[] = {"visitor", "lead", "subscriber", "buyer", "regular"};
    struct raising raising = {.id = id};
    for (size_t i = 0; stage && i < sizeof stages / sizeof *stages; i++)
        if (strcmp(stage, stages[i]) == 0)
            raising.stage = stages[i];
    if (!raising.stage)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_person_raise: a stage is visitor, lead, subscriber, buyer or "
                             "regular");
    return bridge_write(ctx, "souk_person_raise", write_stage, &raising);
}

/* ---- consents ---- */

/* One of the shop's, or "<plugin>.<name>" of the plugin's own. */
static int is_channel(const struct souk_ctx *ctx, const char *channel)
{
    static const char *const shops[] = {"email", "sms", "phone", "analytics"};
    for (size_t i = 0; channel && i < sizeof shops / sizeof *shops; i++)
        if (strcmp(channel, shops[i]) == 0)
            return 1;
    size_t own = strlen(ctx->self->name);
    if (!channel || strnlen(channel, CHANNEL_MOST + 1) > CHANNEL_MOST ||
        strncmp(channel, ctx->self->name, own) != 0 || channel[own] != '.')
        return 0;
    const char *name = channel + own + 1;
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static int refuse_channel(struct souk_ctx *ctx, const char *function)
{
    return bridge_refuse(ctx, SOUK_INVALID,
                         "%s: a channel is email, sms, phone, analytics or %s.<name>", function,
                         ctx->self->name);
}

static int person_consent(struct souk_ctx *ctx, int64_t id, const char *channel)
{
    if (!is_channel(ctx, channel))
        return refuse_channel(ctx, "souk_consent");
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = find_root(ctx, conn, "souk_consent", &id);
    int held = code == SOUK_OK ? consent_held(conn, id, channel) : -1;
    if (code != SOUK_OK || held >= 0)
        return code ? code : held;
    return bridge_refuse(ctx, SOUK_NOT_FOUND, "souk_consent: person %lld was never asked about %s",
                         (long long)id, channel);
}

struct agreeing {
    int64_t id;
    const char *channel;
    int granted;
    struct souk_str source, wording;
};

static int write_consent(struct souk_ctx *ctx, void *arg)
{
    const struct agreeing *agreeing = arg;
    int64_t id = agreeing->id;
    int code = find_root(ctx, ctx->conn, "souk_consent_set", &id);
    if (code != SOUK_OK)
        return code;
    code = consent_set(ctx->conn, id, agreeing->channel, agreeing->granted, agreeing->source,
                       agreeing->wording, ctx->now);
    return code ? bridge_refuse(ctx, code, "souk_consent_set: %s", db_error(ctx->conn)) : SOUK_OK;
}

static int person_consent_set(struct souk_ctx *ctx, int64_t id, const char *channel,
                              int32_t granted, struct souk_str source, struct souk_str wording)
{
    if (!is_channel(ctx, channel))
        return refuse_channel(ctx, "souk_consent_set");
    if (!bridge_view_ok(source) || !bridge_view_ok(wording) || source.len > TEXT_MOST ||
        wording.len > 8 * TEXT_MOST || !source.len || (granted && !wording.len))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_consent_set: say where it was given (at most %d bytes), and for "
                             "a yes the sentence that was agreed to (at most %d)",
                             TEXT_MOST, 8 * TEXT_MOST);
    struct agreeing agreeing = {id, channel, granted != 0, value_clean(ctx->arena, source),
                                value_clean(ctx->arena, wording)};
    return bridge_write(ctx, "souk_consent_set", write_consent, &agreeing);
}

const struct souk_person_api person_table = {.size = sizeof(struct souk_person_api),
                                             .current = person_current,
                                             .visitor = person_visitor,
                                             .get = person_get,
                                             .find = person_find,
                                             .make = person_make,
                                             .raise = person_lift,
                                             .consent = person_consent,
                                             .consent_set = person_consent_set,
                                             .staff = person_staff};
