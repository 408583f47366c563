/*
 * slug.c: addresses of pages: which one a target gets, which target one means, and how it looks in
 * a URL. How a slug is made from a name is in slug_make.c.
 *
 * A slug that is taken gets a number behind it. The free one is found by doubling and halving, so
 * that the ten-thousandth "t-shirt" costs some twenty lookups; gaps may stay.
 */
#include "shop/slug.h"

#include "base/buf.h"
#include "base/str.h"
#include "shop/slug.sql.h"
#include "shop/slug_free.h"

struct slug_search { /* what slug_taken is asked with */
    struct db_conn *conn;
    const char *kind;
    int64_t target;
};

/* 1 when another target has it, 0, or < 0. */
static int slug_taken(void *user, struct souk_str slug)
{
    const struct slug_search *search = user;
    int64_t one = 0;
    int code = db_get_int(search->conn, &sql_slug_taken, &one, DB_CSTR(search->kind), DB_TEXT(slug),
                          DB_INT(search->target));
    return code == SOUK_NOT_FOUND ? 0 : code == 0 ? 1 : code;
}

/* Is `slug` `wanted` with a number behind? */
static int slug_numbered(struct souk_str slug, struct souk_str wanted)
{
    if (slug.len < wanted.len + 2 || memcmp(slug.ptr, wanted.ptr, wanted.len) != 0 ||
        slug.ptr[wanted.len] != '-')
        return 0;
    for (size_t i = wanted.len + 1; i < slug.len; i++)
        if (slug.ptr[i] < '0' || slug.ptr[i] > '9')
            return 0;
    return 1;
}

int slug_free(struct arena *arena, struct souk_str wanted,
              int (*taken)(void *user, struct souk_str text), void *user, struct souk_str *found)
{
    int64_t low = 1, high = 2; /* low is taken, high is to be seen */
    int code;
    *found = wanted;
    if ((code = taken(user, wanted)) <= 0)
        return code;
    for (;; high *= 2) {
        *found = arena_printf(arena, "%.*s-%lld", SOUK_PRI(wanted), (long long)high);
        if ((code = taken(user, *found)) <= 0)
            break;
        low = high;
    }
    while (code == 0 && high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        struct souk_str text =
            arena_printf(arena, "%.*s-%lld", SOUK_PRI(wanted), (long long)middle);
        code = taken(user, text);
        if (code == 1) {
            low = middle;
            code = 0;
        } else if (code == 0) {
            high = middle;
            *found = text;
        }
    }
    return code;
}

/* The one that the target has now, "" for none; `key` is kind, target, locale. */
static int slug_current(struct db_conn *conn, struct arena *arena, const struct db_arg key[3],
                        struct souk_str *slug)
{
    struct db_rows rows;
    *slug = souk_str("");
    int code = db_first(db_query_args(conn, &sql_slug_current, &rows, key, 3), &rows);
    if (code != 0)
        return code == SOUK_NOT_FOUND ? 0 : code;
    *slug = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return 0;
}

int slug_put(struct db_conn *conn, struct arena *arena, const char *kind, int64_t target,
             struct souk_str locale, struct souk_str wanted, int *changed, struct err *err)
{
    struct slug_search search = {conn, kind, target};
    struct souk_str have, found;
    const struct db_arg key[] = {DB_CSTR(kind), DB_INT(target), DB_TEXT(locale)};
    if (changed)
        *changed = 0;
    wanted = slug_make(arena, wanted);
    int code = slug_current(conn, arena, key, &have);
    if (code == 0 && souk_str_equal(have, wanted))
        return 0;
    if (code == 0 && have.len && slug_numbered(have, wanted)) {
        code = slug_taken(&search, wanted);
        if (code == 1) /* it stands in for the one that another has */
            return 0;
    }
    if (code == 0)
        code = slug_free(arena, wanted, slug_taken, &search, &found);
    if (code == 0 && have.len)
        code = db_run_args(conn, &sql_slug_retire, NULL, key, 3);
    if (code == 0)
        code = db_run(conn, &sql_slug_insert, NULL, DB_CSTR(kind), DB_TEXT(found), DB_TEXT(locale),
                      DB_INT(target));
    if (code != 0)
        return err_set(err, code, "the address %.*s cannot be kept: %s", SOUK_PRI(wanted),
                       db_error(conn));
    if (changed)
        *changed = 1;
    return 0;
}

int slug_remove(struct db_conn *conn, const char *kind, int64_t target)
{
    return db_run(conn, &sql_slug_delete, NULL, DB_CSTR(kind), DB_INT(target));
}

int slug_find(struct db_conn *conn, struct arena *arena, const char *kind, struct souk_str slug,
              const char *locale, int64_t *target, struct souk_str *canonical)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_slug_find, &rows, DB_CSTR(kind), DB_TEXT(slug),
                                 DB_CSTR(locale), DB_CSTR(market_shop()->locales[0])),
                        &rows);
    if (code != 0)
        return code;
    *target = db_int(&rows, 0);
    *canonical = arena_str(arena, db_is_null(&rows, 1) ? slug : db_text(&rows, 1));
    db_close(&rows);
    return 0;
}

static const char *slug_folder(const char *kind)
{
    if (strcmp(kind, "product") == 0)
        return "/p/";
    return strcmp(kind, "category") == 0 ? "/c/" : "/pages/";
}

struct souk_str slug_url(struct arena *arena, const char *kind, struct souk_str slug,
                         const char *locale)
{
    struct buf out = {.arena = arena};
    if (locale && *locale && strcmp(locale, market_shop()->locales[0]) != 0) {
        buf_add_char(&out, '/');
        buf_add_cstr(&out, locale);
    }
    buf_add_cstr(&out, slug_folder(kind));
    buf_add_encoded(&out, slug);
    return buf_str(&out);
}
