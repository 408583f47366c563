/*
 * touch: where somebody came from. Views carry in their data what the page was asked with; when the
 * anonymous becomes a person, the views are read in order and folded into first and last touch. So
 * nothing is kept in the browser, and a blocker of scripts loses nothing.
 */
#include "shop/touch.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/person.h"
#include "shop/person.sql.h"
#include "shop/touch.sql.h"

#define VALUE_MOST 60
#define VISIT_SPAN (30 * CLOCK_MINUTE)

static const char *const engines[] = {"google", "bing",   "duckduckgo", "yahoo",     "yandex",
                                      "baidu",  "ecosia", "qwant",      "startpage", "seznam",
                                      "naver",  "brave",  NULL};
static const char *const payers[] = {"paypal.com",   "stripe.com",     "klarna.com",
                                     "adyen.com",    "mollie.com",     "revolut.com",
                                     "borica.bg",    "epay.bg",        "mypos.com",
                                     "barion.com",   "simplepay.hu",   "otpmobil.com",
                                     "arca.am",      "idram.am",       "sslcommerz.com",
                                     "bkash.com",    "sumup.com",      "worldpay.com",
                                     "checkout.com", "pay.google.com", NULL};

/* ---- hosts ---- */

/* In small letters, without port and "www."; empty when there is none. */
static struct souk_str host_of(struct arena *arena, struct souk_str url)
{
    size_t skip = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : 0;
    struct souk_str rest = str_from(url, skip), host;
    size_t end = 0;
    while (end < rest.len && !strchr("/?#:", rest.ptr[end]))
        end++;
    host = utf8_lower(arena, str_make(rest.ptr, end));
    return str_starts(host, "www.") ? str_from(host, 4) : host;
}

static int has_label(struct souk_str host, const char *const *names)
{
    struct souk_str part;
    while (str_split(&host, '.', &part))
        for (int i = 0; names[i]; i++)
            if (souk_str_is(part, names[i]))
                return 1;
    return 0;
}

static int is_below(struct souk_str host, const char *const *domains)
{
    for (int i = 0; domains[i]; i++) {
        size_t len = strlen(domains[i]);
        if (str_ends(host, domains[i]) && (host.len == len || host.ptr[host.len - len - 1] == '.'))
            return 1;
    }
    return 0;
}

static const char *device_of(struct souk_str agent)
{
    static const char *const tablets[] = {"iPad", "Tablet", NULL};
    for (int i = 0; tablets[i]; i++)
        if (agent.len && memmem(agent.ptr, agent.len, tablets[i], strlen(tablets[i])))
            return "tablet";
    return agent.len && memmem(agent.ptr, agent.len, "Mobi", 4) ? "phone" : "desktop";
}

/* ---- one touch ---- */

static void add(struct arena *arena, struct json *touch, const char *key, struct souk_str value)
{
    if (value.len && utf8_valid(value))
        json_add_str(arena, touch, key, arena_str(arena, utf8_cut(value, VALUE_MOST)));
}

struct json *touch_of(struct arena *arena, const struct touch_hints *hints)
{
    struct souk_str host =
        utf8_valid(hints->referrer) ? host_of(arena, hints->referrer) : souk_str("");
    int outside = host.len && !souk_str_equal(host, host_of(arena, hints->own_host)) &&
                  !is_below(host, payers);
    int campaign = hints->source.len || hints->click_id.len;
    if (!campaign && !outside)
        return NULL;
    struct json *touch = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, touch, "kind",
                  campaign                   ? "campaign"
                  : has_label(host, engines) ? "organic"
                                             : "referral");
    add(arena, touch, "source", hints->source);
    add(arena, touch, "medium", hints->medium);
    add(arena, touch, "campaign", hints->campaign);
    add(arena, touch, "term", hints->term);
    add(arena, touch, "content", hints->content);
    if (hints->click_id.len)
        add(arena, touch, "click",
            arena_printf(arena, "%.*s:%.*s", SOUK_PRI(hints->click_name),
                         SOUK_PRI(hints->click_id)));
    if (outside)
        add(arena, touch, "host", host);
    add(arena, touch, "path", hints->path);
    json_add_cstr(arena, touch, "device", device_of(hints->user_agent));
    return touch;
}

/* ---- following ---- */

static struct json *stamped(struct arena *arena, const struct json *touch, struct souk_str path,
                            int64_t at)
{
    struct json *copy;
    if (touch) {
        copy = json_copy(arena, touch);
    } else {
        copy = json_new(arena, JSON_OBJECT);
        json_add_cstr(arena, copy, "kind", "direct");
        add(arena, copy, "path", path);
    }
    json_add_time(arena, copy, "at", at);
    return copy;
}

struct json *touch_follow(struct arena *arena, const struct json *source, const struct json *touch,
                          struct souk_str path, int open, int64_t at)
{
    const struct json *first = json_at(source, "first"), *last = json_at(source, "last");
    struct souk_str kind = json_text(json_at(touch, "kind"));
    int replaces = !last;
    if (touch && souk_str_is(kind, "referral"))
        replaces = replaces || !open;
    else if (touch)
        replaces = 1;
    struct json *next = json_new(arena, JSON_OBJECT);
    json_add_tree(arena, next, "first", first ? first : stamped(arena, touch, path, at));
    json_add_tree(arena, next, "last", replaces ? stamped(arena, touch, path, at) : last);
    return next;
}

/* The one with the smaller (or, `later`, the greater) time; times are texts of one form. */
static const struct json *pick(const struct json *a, const struct json *b, int later)
{
    if (!a || !b)
        return a ? a : b;
    int order = str_compare(json_text(json_at(a, "at")), json_text(json_at(b, "at")));
    return (later ? order >= 0 : order <= 0) ? a : b;
}

struct json *touch_join(struct arena *arena, const struct json *one, const struct json *other)
{
    struct json *joined = json_new(arena, JSON_OBJECT);
    const struct json *first = pick(json_at(one, "first"), json_at(other, "first"), 0);
    const struct json *last = pick(json_at(one, "last"), json_at(other, "last"), 1);
    if (first)
        json_add_tree(arena, joined, "first", first);
    if (last)
        json_add_tree(arena, joined, "last", last);
    return joined;
}

static int read_source(struct db_conn *conn, struct arena *arena, int64_t person_id,
                       struct json **source)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_touch_source, &rows, DB_INT(person_id)), &rows);
    if (code != SOUK_OK)
        return code;
    struct souk_str text = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    if (json_parse(arena, text, source, NULL) != SOUK_OK)
        *source = json_new(arena, JSON_OBJECT);
    return SOUK_OK;
}

int touch_collect(struct db_conn *conn, struct arena *arena, int64_t visitor, int64_t person_id,
                  int64_t now)
{
    struct db_rows rows;
    struct json *source;
    int64_t before = 0;
    int seen = 0;
    if (!visitor)
        return SOUK_OK;
    person_id = person_root(conn, person_id);
    int code = read_source(conn, arena, person_id, &source);
    if (code == SOUK_OK)
        code = db_query(conn, &sql_touch_events, &rows, DB_INT(visitor));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *data = NULL;
        int64_t at = db_int(&rows, 0);
        struct souk_str text = arena_str(arena, db_text(&rows, 2));
        const struct json *from =
            json_parse(arena, text, &data, NULL) == SOUK_OK ? json_at(data, "from") : NULL;
        int open = before && at - before < VISIT_SPAN;
        if (from || !json_at(source, "last"))
            source = touch_follow(arena, source, from, db_text(&rows, 1), open, at);
        before = at;
        seen = 1;
        code = SOUK_OK;
    }
    if (code != SOUK_OK || !seen)
        return code;
    struct buf out = {.arena = arena};
    json_print(&out, source);
    return db_run(conn, &sql_person_set_source, NULL, DB_INT(person_id), DB_TEXT(buf_str(&out)),
                  DB_INT(now));
}
