/*
 * feed.c: the rows of feeds: read as documents, checked, changed.
 *
 * A document is laid over what is there and then checked as a whole, so that a feed is never
 * half right. Settings belong to the format: they are kept as texts, also those of a format whose
 * plugin is off at the moment.
 */
#include "app/feed.h"

#include <stdio.h>
#include "app/feed.sql.h"
#include "app/feed_inner.h"
#include "base/clock.h"
#include "base/money.h"
#include "base/rand.h"
#include "base/str.h"
#include "bridge/feed.h"
#include "shop/market.h"

#define LIST_MOST    5000
#define TEXT_MOST    65536
#define GROUPS_MOST  50
#define EVERY        50 /* seconds: a change is out within a minute, the writing included */
#define JOB_ATTEMPTS 6

/* ---- reading ---- */

static void add_json(struct arena *arena, struct json *doc, const char *key, struct souk_str text,
                     enum json_kind kind)
{
    struct json *value = NULL;
    if (json_parse(arena, arena_str(arena, text), &value, NULL) != SOUK_OK ||
        (enum json_kind)value->kind != kind)
        value = json_new(arena, kind);
    json_add_tree(arena, doc, key, value);
}

static void add_number(struct arena *arena, struct json *doc, const char *key, struct db_rows *rows,
                       int column)
{
    if (db_is_null(rows, column))
        json_add_null(arena, doc, key);
    else
        json_add_int(arena, doc, key, db_int(rows, column));
}

static void add_moment(struct arena *arena, struct json *doc, const char *key, struct db_rows *rows,
                       int column)
{
    if (db_is_null(rows, column))
        json_add_null(arena, doc, key);
    else
        json_add_time(arena, doc, key, db_int(rows, column));
}

static void add_text(struct arena *arena, struct json *doc, const char *key, struct db_rows *rows,
                     int column)
{
    json_add_str(arena, doc, key, arena_str(arena, db_text(rows, column)));
}

static void add_terms(struct arena *arena, struct json *doc, struct db_rows *rows)
{
    json_add_str(arena, doc, "id", arena_printf(arena, "%lld", (long long)db_int(rows, 0)));
    add_text(arena, doc, "name", rows, 1);
    add_text(arena, doc, "format", rows, 2);
    json_add_bool(arena, doc, "enabled", db_int(rows, 3) != 0);
    add_text(arena, doc, "locale", rows, 4);
    add_text(arena, doc, "currency", rows, 5);
    add_text(arena, doc, "country", rows, 6);
    add_json(arena, doc, "categories", db_text(rows, 7), JSON_ARRAY);
    add_json(arena, doc, "excluded", db_text(rows, 8), JSON_ARRAY);
    json_add_bool(arena, doc, "only_available", db_int(rows, 9) != 0);
    add_number(arena, doc, "price_from", rows, 10);
    add_number(arena, doc, "price_to", rows, 11);
    add_text(arena, doc, "suffix", rows, 12);
    add_json(arena, doc, "settings", db_text(rows, 13), JSON_OBJECT);
    json_add_int(arena, doc, "every", db_int(rows, 14));
    json_add_int(arena, doc, "version", db_int(rows, 15));
}

static void add_state(struct arena *arena, struct json *doc, struct db_rows *rows)
{
    struct souk_str extension = arena_str(arena, db_text(rows, 24));
    json_add_time(arena, doc, "created_at", db_int(rows, 16));
    json_add_time(arena, doc, "changed_at", db_int(rows, 17));
    add_moment(arena, doc, "tried_at", rows, 18);
    add_text(arena, doc, "error", rows, 19);
    add_moment(arena, doc, "written_at", rows, 20);
    add_moment(arena, doc, "until", rows, 22);
    add_text(arena, doc, "maker", rows, 23);
    if (extension.len)
        json_add_str(arena, doc, "url",
                     arena_printf(arena, "%s/feeds/%.*s.%.*s", market_shop()->url,
                                  SOUK_PRI(json_text(json_at(doc, "name"))), SOUK_PRI(extension)));
    else
        json_add_null(arena, doc, "url");
    json_add_int(arena, doc, "items", db_int(rows, 26));
    json_add_int(arena, doc, "rejected", db_int(rows, 27));
    json_add_int(arena, doc, "filtered", db_int(rows, 28));
    json_add_int(arena, doc, "bytes", db_int(rows, 29));
    json_add_int(arena, doc, "took_ms", db_int(rows, 30) / CLOCK_MS);
}

static int read_rows(struct db_conn *conn, struct arena *arena, int64_t id, struct json *items)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_feed_get, &rows, DB_INT(id));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *doc = json_add(arena, items, NULL, JSON_OBJECT);
        add_terms(arena, doc, &rows);
        add_state(arena, doc, &rows);
        code = SOUK_OK;
    }
    return code;
}

int feed_list(struct db_conn *conn, struct arena *arena, struct json *items)
{
    return read_rows(conn, arena, 0, items);
}

int feed_show(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc)
{
    struct json *items = json_new(arena, JSON_ARRAY);
    int code = id > 0 ? read_rows(conn, arena, id, items) : SOUK_NOT_FOUND;
    if (code != SOUK_OK || !items->first)
        return code ? code : SOUK_NOT_FOUND;
    *doc = &items->first->value;
    return SOUK_OK;
}

int feed_find(struct db_conn *conn, struct souk_str name, int64_t *id)
{
    return db_get_int(conn, &sql_feed_by_name, id, DB_TEXT(name));
}

int feed_rejects(struct db_conn *conn, struct arena *arena, int64_t id, int64_t after, int limit,
                 struct json *items)
{
    struct db_rows rows;
    int code =
        db_query(conn, &sql_feed_reject_list, &rows, DB_INT(id), DB_INT(after), DB_INT(limit));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(arena, items, NULL, JSON_OBJECT);
        json_add_int(arena, row, "position", db_int(&rows, 0));
        json_add_str(arena, row, "variant",
                     arena_printf(arena, "%lld", (long long)db_int(&rows, 1)));
        add_text(arena, row, "sku", &rows, 2);
        add_text(arena, row, "words", &rows, 3);
        code = SOUK_OK;
    }
    return code;
}

int feed_reject_groups(struct db_conn *conn, struct arena *arena, int64_t id, struct json *items)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_feed_reject_groups, &rows, DB_INT(id), DB_INT(GROUPS_MOST));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *row = json_add(arena, items, NULL, JSON_OBJECT);
        add_text(arena, row, "words", &rows, 0);
        json_add_int(arena, row, "count", db_int(&rows, 1));
        add_text(arena, row, "sku", &rows, 2);
        code = SOUK_OK;
    }
    return code;
}

/* ---- formats ---- */

static void add_copy(struct arena *arena, struct json *row, const char *key, struct souk_str text)
{
    json_add_str(arena, row, key, arena_str(arena, text)); /* it outlives the pin of its plugin */
}

static void add_settings(const struct plugin_set *set, struct arena *arena, const char *locale,
                         const struct feed_format *format, struct json *row)
{
    struct json *list = json_add(arena, row, "settings", JSON_ARRAY);
    struct souk_feed_setting setting;
    for (uint32_t i = 0; feed_format_setting(format, i, &setting); i++) {
        struct json *one = json_add(arena, list, NULL, JSON_OBJECT);
        const char *label = setting.label ? setting.label : setting.key;
        add_copy(arena, one, "key", souk_str(setting.key));
        add_copy(arena, one, "label", feed_format_words(set, format, locale, label));
        add_copy(arena, one, "initial", souk_str(setting.initial));
        add_copy(arena, one, "hint",
                 setting.hint ? feed_format_words(set, format, locale, setting.hint)
                              : souk_str(""));
        json_add_bool(arena, one, "lines", setting.flags & SOUK_FEED_LINES);
    }
}

void feed_formats(struct arena *arena, const char *locale, struct json *items)
{
    uint32_t ticket;
    struct souk_str name = STR_NULL;
    struct feed_format format;
    struct plugin_set *set = set_pin(&ticket);
    while (feed_format_next(set, name, &name)) {
        if (feed_format(set, name, &format, NULL) != SOUK_OK)
            continue;
        struct json *row = json_add(arena, items, NULL, JSON_OBJECT);
        add_copy(arena, row, "name", format.name);
        add_copy(arena, row, "label", feed_format_words(set, &format, locale, format.label.ptr));
        add_copy(arena, row, "extension", format.extension);
        add_settings(set, arena, locale, &format, row);
    }
    set_unpin(ticket);
}

/* ---- checking ---- */

struct edit {
    struct arena *arena;
    struct json *doc; /* the whole, as it is to become */
    char *pointer;
    struct err *err;
};

static int refuse(struct edit *edit, const char *key, const char *words)
{
    snprintf(edit->pointer, 80, "/%s", key);
    return err_set(edit->err, SOUK_INVALID, "%s", words);
}

static int is_name(struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return 0;
    }
    return name.len > 0 && name.len <= 60;
}

static int is_suffix(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            !strchr("-._~!$()*,;:@/%=&+{}", c))
            return 0;
    }
    return text.len <= 500;
}

static int check_list(struct edit *edit, const char *key, const char *words)
{
    const struct json *list = json_at(edit->doc, key);
    if (list->kind != JSON_ARRAY || list->count > LIST_MOST)
        return refuse(edit, key, words);
    json_each(item, list)
    {
        if (item->value.kind != JSON_STRING || item->value.text.len > 200)
            return refuse(edit, key, words);
    }
    return SOUK_OK;
}

static int check_price(struct edit *edit, const char *key)
{
    const struct json *price = json_at(edit->doc, key);
    if (price->kind != JSON_NULL && (price->kind != JSON_INT || price->number < 0))
        return refuse(edit, key, "is a price in minor units, or null");
    return SOUK_OK;
}

static int check_settings(struct edit *edit)
{
    const struct json *settings = json_at(edit->doc, "settings");
    if (settings->kind != JSON_OBJECT || settings->count > 100)
        return refuse(edit, "settings", "is a map of texts");
    json_each(item, settings)
    {
        if (item->value.kind != JSON_STRING || item->value.text.len > TEXT_MOST)
            return refuse(edit, "settings", "is a map of texts of at most 64 KiB");
    }
    return SOUK_OK;
}

/* A format that nobody brings now may stay, but is not chosen anew. */
static int check_format(struct edit *edit, struct souk_str before)
{
    struct feed_format format;
    struct err why = {0};
    uint32_t ticket;
    struct souk_str name = json_text(json_at(edit->doc, "format"));
    if (name.len && souk_str_equal(name, before))
        return SOUK_OK;
    struct plugin_set *set = set_pin(&ticket);
    int code = name.len ? feed_format(set, name, &format, &why) : SOUK_INVALID;
    set_unpin(ticket);
    return code ? refuse(edit, "format", name.len ? why.text : "a feed needs a format") : SOUK_OK;
}

static struct souk_str print(struct arena *arena, const struct json *value)
{
    struct buf text = {.arena = arena};
    json_print(&text, value);
    return buf_str(&text);
}

struct json *feed_settings(struct arena *arena, const struct feed_format *format,
                           const struct json *doc)
{
    struct json *settings = json_new(arena, JSON_OBJECT);
    const struct json *saved = json_at(doc, "settings");
    struct souk_feed_setting setting;
    for (uint32_t i = 0; feed_format_setting(format, i, &setting); i++) {
        const struct json *text = json_at(saved, setting.key);
        json_add_str(arena, settings, setting.key,
                     text ? json_text(text) : souk_str(setting.initial));
    }
    return settings;
}

static int same(struct edit *edit, const struct json *before, const char *key)
{
    return before && souk_str_equal(print(edit->arena, json_at(before, key)),
                                    print(edit->arena, json_at(edit->doc, key)));
}

/* What the format itself says of it: when that is what changes, so that a feed which has become
 * wrong by itself can still be switched off. */
static int ask_format(struct edit *edit, struct db_conn *conn, const struct json *before)
{
    const struct json *doc = edit->doc;
    struct feed_format format;
    struct souk_str key = souk_str("");
    if (same(edit, before, "format") && same(edit, before, "settings") &&
        same(edit, before, "locale") && same(edit, before, "currency") &&
        same(edit, before, "country"))
        return SOUK_OK;
    struct provider_scope scope = {.db = db_of(conn),
                                   .arena = edit->arena,
                                   .conn = conn,
                                   .locale = market_locale(json_text(json_at(doc, "locale"))),
                                   .kind = SOUK_READ};
    scope.set = set_pin(&scope.ticket);
    int code = feed_format(scope.set, json_text(json_at(doc, "format")), &format, NULL);
    if (code == SOUK_OK) {
        struct souk_feed view = {.at = clock_now(),
                                 .name = json_text(json_at(doc, "name")),
                                 .locale = souk_str(scope.locale),
                                 .currency = json_text(json_at(doc, "currency")),
                                 .country = json_text(json_at(doc, "country"))};
        view.settings =
            (const struct souk_value *)(const void *)feed_settings(edit->arena, &format, doc);
        code = feed_check(&scope, format.name, &view, &key, edit->err);
    } else {
        code = SOUK_OK; /* it is away; who chose it anew has heard so */
    }
    provider_scope_end(&scope);
    if (code == SOUK_INVALID)
        snprintf(edit->pointer, 80, key.len ? "/settings/%.*s" : "/settings", SOUK_PRI(key));
    return code;
}

static int check_terms(struct edit *edit)
{
    struct souk_str currency = json_text(json_at(edit->doc, "currency"));
    struct souk_str country = json_text(json_at(edit->doc, "country"));
    const struct json *every = json_at(edit->doc, "every");
    if (!is_name(json_text(json_at(edit->doc, "name"))))
        return refuse(edit, "name", "is of a-z, 0-9 and -, at most 60 of them");
    if (!market_locale(json_text(json_at(edit->doc, "locale"))))
        return refuse(edit, "locale", "is none of the shop's languages");
    if (currency.len != 3 || money_digits(arena_cstr(edit->arena, currency)) < 0)
        return refuse(edit, "currency", "is a code such as EUR");
    if (country.len != 0 && country.len != 2)
        return refuse(edit, "country", "is a code of two letters, such as BG");
    if (!is_suffix(json_text(json_at(edit->doc, "suffix"))))
        return refuse(edit, "suffix",
                      "is a query such as utm_source=market&utm_content={sku}, percent-encoded");
    if (every->kind != JSON_INT || every->number < 1 || every->number > 86400)
        return refuse(edit, "every", "is a number of seconds from 1 to 86400");
    return SOUK_OK;
}

static int check(struct edit *edit, struct db_conn *conn, const struct json *before)
{
    struct souk_str format_before = json_text(json_at(before, "format"));
    int code = check_terms(edit);
    if (code == SOUK_OK)
        code = check_format(edit, format_before);
    if (code == SOUK_OK)
        code = check_list(edit, "categories", "is a list of keys of categories");
    if (code == SOUK_OK)
        code = check_list(edit, "excluded", "is a list of SKUs");
    if (code == SOUK_OK)
        code = check_price(edit, "price_from");
    if (code == SOUK_OK)
        code = check_price(edit, "price_to");
    if (code == SOUK_OK)
        code = check_settings(edit);
    return code ? code : ask_format(edit, conn, before);
}

/* ---- changing ---- */

struct json *feed_initial(struct arena *arena)
{
    const struct market_shop *shop = market_shop();
    struct json *doc = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, doc, "name", "");
    json_add_cstr(arena, doc, "format", "");
    json_add_bool(arena, doc, "enabled", 1);
    json_add_cstr(arena, doc, "locale", shop->locales[0]);
    json_add_cstr(arena, doc, "currency", shop->currency);
    json_add_cstr(arena, doc, "country", shop->country ? shop->country : "");
    json_add(arena, doc, "categories", JSON_ARRAY);
    json_add(arena, doc, "excluded", JSON_ARRAY);
    json_add_bool(arena, doc, "only_available", 0);
    json_add_null(arena, doc, "price_from");
    json_add_null(arena, doc, "price_to");
    json_add_cstr(arena, doc, "suffix", "");
    json_add(arena, doc, "settings", JSON_OBJECT);
    json_add_int(arena, doc, "every", EVERY);
    return doc;
}

/* "?utm_source=x" as people copy it. */
static struct souk_str bare_suffix(struct souk_str text)
{
    text = str_trim(text);
    while (text.len && (text.ptr[0] == '?' || text.ptr[0] == '&'))
        text = str_from(text, 1);
    return text;
}

/* What is sent over what is there: only members that a feed has. */
static struct json *merged(struct arena *arena, const struct json *before, const struct json *sent)
{
    struct json *initial = feed_initial(arena), *doc = json_new(arena, JSON_OBJECT);
    json_each(member, initial)
    {
        const char *key = member->key.ptr;
        const struct json *value = json_at(sent, key);
        if (!value)
            value = before ? json_at(before, key) : &member->value;
        else if (value->kind == JSON_NULL)
            value = &member->value;
        json_add_tree(arena, doc, key, value);
    }
    if (json_at(sent, "suffix"))
        json_add_str(arena, doc, "suffix", bare_suffix(json_text(json_at(doc, "suffix"))));
    return doc;
}

static struct db_arg number_or_null(const struct json *value)
{
    return value->kind == JSON_INT ? DB_INT(value->number) : DB_NULL;
}

static int store(struct db_conn *conn, struct edit *edit, int64_t id, int fresh, int64_t now,
                 int64_t *changed)
{
    const struct json *doc = edit->doc;
    struct arena *arena = edit->arena;
    const struct db_arg args[] = {DB_INT(id),
                                  DB_TEXT(json_text(json_at(doc, "name"))),
                                  DB_TEXT(json_text(json_at(doc, "format"))),
                                  DB_INT(json_true(json_at(doc, "enabled"))),
                                  DB_TEXT(json_text(json_at(doc, "locale"))),
                                  DB_TEXT(json_text(json_at(doc, "currency"))),
                                  DB_TEXT(json_text(json_at(doc, "country"))),
                                  DB_TEXT(print(arena, json_at(doc, "categories"))),
                                  DB_TEXT(print(arena, json_at(doc, "excluded"))),
                                  DB_INT(json_true(json_at(doc, "only_available"))),
                                  number_or_null(json_at(doc, "price_from")),
                                  number_or_null(json_at(doc, "price_to")),
                                  DB_TEXT(json_text(json_at(doc, "suffix"))),
                                  DB_TEXT(print(arena, json_at(doc, "settings"))),
                                  DB_INT(json_int(json_at(doc, "every"), EVERY)),
                                  DB_INT(now)};
    return db_run_args(conn, fresh ? &sql_feed_insert : &sql_feed_update, changed, args,
                       (int)(sizeof args / sizeof *args));
}

static int add_job(struct db_conn *conn, int64_t id, int64_t now)
{
    char text[24];
    int64_t job;
    snprintf(text, sizeof text, "%lld", (long long)id);
    int code = job_add(conn, souk_str("souk:feed"), souk_str(text), souk_str(text), souk_str(text),
                       JOB_ATTEMPTS, 0, now, &job);
    return code == SOUK_CONFLICT ? SOUK_OK : code; /* it is on its way */
}

int feed_save(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
              int64_t *id, char *pointer, struct err *err)
{
    struct json *before = NULL;
    int64_t other, changed = 0, made = *id ? *id : id_next();
    struct edit edit = {.arena = arena, .pointer = pointer, .err = err};
    int code = *id ? feed_show(conn, arena, *id, &before) : SOUK_OK;
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such feed");
    edit.doc = merged(arena, before, doc);
    code = check(&edit, conn, before);
    if (code != SOUK_OK)
        return code;
    code = feed_find(conn, json_text(json_at(edit.doc, "name")), &other);
    if (code == SOUK_OK && other != *id) {
        snprintf(pointer, 80, "/name");
        return err_set(err, SOUK_CONFLICT, "another feed has this name");
    }
    code = code == SOUK_NOT_FOUND || code == SOUK_OK ? store(conn, &edit, made, !*id, now, &changed)
                                                     : code;
    if (code == SOUK_OK && changed && json_true(json_at(edit.doc, "enabled")))
        code = add_job(conn, made, now);
    if (code == SOUK_OK)
        *id = made;
    return code;
}

int feed_remove(struct db_conn *conn, int64_t id, int64_t now)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_feed_delete, &changed, DB_INT(id));
    if (code == SOUK_OK && !changed)
        return SOUK_NOT_FOUND;
    return code ? code : add_job(conn, id, now); /* it finds no row, and removes the files */
}

int feed_ask(struct db_conn *conn, int64_t id, int64_t now)
{
    struct arena arena = {0};
    struct json *doc;
    int code = feed_show(conn, &arena, id, &doc);
    arena_free(&arena);
    return code ? code : add_job(conn, id, now);
}
