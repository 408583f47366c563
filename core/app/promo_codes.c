/*
 * promo_codes.c: the wishes of a body, read and passed on. Codes are worth money: the audit row
 * says who made how many of which batch, and not the codes themselves.
 */
#include "app/promo_codes.h"

#include "app/promo_explain.h"
#include "base/str.h"
#include "shop/promo_book.h"
#include "store/audit.h"

#define CODES_MOST 20000 /* in one write; a batch grows by another */

struct wish {
    const struct json *body;
    struct err *err;
    int wrong;
};

static int64_t take_int(struct wish *wish, const char *key, int64_t least, int64_t most)
{
    const struct json *value = json_at(wish->body, key);
    if (!value || value->kind == JSON_NULL || wish->wrong)
        return 0;
    if (value->kind == JSON_INT && value->number >= least && value->number <= most)
        return value->number;
    wish->wrong = 1;
    err_set(wish->err, SOUK_INVALID, "/%s: must be a whole number from %lld to %lld", key,
            (long long)least, (long long)most);
    return 0;
}

static struct souk_str take_text(struct wish *wish, const char *key, size_t most)
{
    const struct json *value = json_at(wish->body, key);
    if (!value || value->kind == JSON_NULL || wish->wrong)
        return souk_str("");
    if (value->kind == JSON_STRING && value->text.len <= most)
        return str_trim(value->text);
    wish->wrong = 1;
    err_set(wish->err, SOUK_INVALID, "/%s: must be a text of at most %zu bytes", key, most);
    return souk_str("");
}

static int64_t take_moment(struct wish *wish, const char *key)
{
    struct souk_str text = take_text(wish, key, 40);
    int64_t at = 0;
    if (!text.len || wish->wrong || promo_moment(text, &at) == SOUK_OK)
        return at;
    wish->wrong = 1;
    err_set(wish->err, SOUK_INVALID,
            "/%s: must be a day like 2026-12-31, or a time like 2026-12-31T22:00:00Z", key);
    return 0;
}

static int check_names(const struct json *body, const char *const *names, struct err *err)
{
    json_each(item, body)
    {
        int known = 0;
        for (int i = 0; names[i] && !known; i++)
            known = souk_str_is(item->key, names[i]);
        if (known)
            continue;
        const char *near = str_nearest(item->key, names);
        return err_set(err, SOUK_INVALID, "/%.*s: no such member%s%s%s", SOUK_PRI(item->key),
                       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    return SOUK_OK;
}

static int note(struct db_conn *conn, struct arena *arena, struct souk_str actor,
                const char *action, struct souk_str subject, int64_t count, int64_t now)
{
    struct json *detail = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    json_add_int(arena, detail, "count", count);
    json_print(&text, detail);
    return audit_put(conn, actor, souk_str(action), subject, buf_str(&text), now);
}

static int generate(struct db_conn *conn, struct arena *arena, const struct json *body,
                    struct souk_str actor, int64_t now, struct json *answer, struct err *err)
{
    static const char *const names[] = {"batch", "count",        "prefix", "length", "to",
                                        "uses",  "per_customer", "note",   NULL};
    struct wish wish = {.body = body, .err = err};
    struct promo_batch batch = {.actor = actor,
                                .name = take_text(&wish, "batch", 64),
                                .prefix = take_text(&wish, "prefix", 24),
                                .note = take_text(&wish, "note", 500),
                                .count = take_int(&wish, "count", 1, CODES_MOST),
                                .length = (int)take_int(&wish, "length", 1, 24),
                                .uses = take_int(&wish, "uses", 1, INT32_MAX),
                                .per_customer = take_int(&wish, "per_customer", 1, INT32_MAX),
                                .ends_at = take_moment(&wish, "to")};
    int code = wish.wrong ? SOUK_INVALID : check_names(body, names, err);
    json_add_str(arena, answer, "batch", batch.name);
    struct json *codes = json_add(arena, answer, "codes", JSON_ARRAY);
    if (code == SOUK_OK)
        code = promo_codes_generate(conn, arena, &batch, now, codes, err);
    return code ? code
                : note(conn, arena, actor, "promotion.codes_generated",
                       arena_printf(arena, "promo_batch:%.*s", SOUK_PRI(batch.name)), batch.count,
                       now);
}

static int disable(struct db_conn *conn, struct arena *arena, const struct json *body,
                   struct souk_str actor, int64_t now, struct json *answer, struct err *err)
{
    static const char *const names[] = {"batch", "code", "off", NULL};
    struct wish wish = {.body = body, .err = err};
    struct souk_str batch = take_text(&wish, "batch", 64);
    struct souk_str code = promo_code_normalize(arena, take_text(&wish, "code", 64));
    const struct json *said = json_at(body, "off");
    int off = said ? json_true(said) : 1;
    int64_t count = 0;
    int done = wish.wrong ? SOUK_INVALID : check_names(body, names, err);
    if (done == SOUK_OK && (batch.len > 0) == (code.len > 0))
        done = err_set(err, SOUK_INVALID, "/batch: name either a batch or a code");
    if (done == SOUK_OK)
        done = promo_codes_disable(conn, batch, code, off, &count, err);
    json_add_int(arena, answer, "count", count);
    return done ? done
                : note(conn, arena, actor,
                       off ? "promotion.codes_disabled" : "promotion.codes_enabled",
                       arena_printf(arena, "promo_batch:%.*s",
                                    SOUK_PRI(batch.len ? batch : souk_str("-"))),
                       count, now);
}

int promo_codes_step(struct db_conn *conn, struct arena *arena, const char *step,
                     const struct json *body, struct souk_str actor, int64_t now,
                     struct json **answer, struct err *err)
{
    *answer = json_new(arena, JSON_OBJECT);
    if (!body || body->kind != JSON_OBJECT)
        return err_set(err, SOUK_INVALID, "the body must be a JSON object");
    return strcmp(step, "generate") == 0 ? generate(conn, arena, body, actor, now, *answer, err)
                                         : disable(conn, arena, body, actor, now, *answer, err);
}
