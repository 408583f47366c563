/*
 * listing_names: the folded names that lists are sorted by, in one language each.
 *
 * They are half of what the columns take, and reading those of a large shop takes longer than a
 * request may: the background makes them for all languages (listing_live.c). Who comes before, with
 * a short list, reads the names of that list alone.
 */
#include <stdlib.h>
#include "base/utf8.h"
#include "base/vec.h"
#include "shop/listing.sql.h"
#include "shop/listing_run.h"

typedef VEC(char) listing_pool;

/* Without accents there is nothing to fold but the case. 0: it is to be folded. */
static int listing_names_plain(listing_pool *pool, struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] >= 0x80)
            return 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        vec_push(pool, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
    return 1;
}

static int listing_names_read(const struct listing_columns *columns, struct db_rows *rows,
                              struct listing_names *names)
{
    struct arena arena = {0};
    listing_pool pool = {0};
    int code = 0;
    vec_push(&pool, '\0');
    names->at = mem_zalloc((columns->count + 1) * sizeof(uint32_t));
    while ((code = db_next(rows)) == 1) {
        uint32_t slot = listing_columns_slot(columns, db_int(rows, 0));
        if (slot == LISTING_NONE || (names->at[slot] && !db_int(rows, 1)))
            continue;
        names->at[slot] = (uint32_t)pool.len;
        if (!listing_names_plain(&pool, db_text(rows, 2))) {
            struct souk_str fold = utf8_fold(&arena, db_text(rows, 2));
            for (size_t i = 0; i < fold.len; i++)
                vec_push(&pool, fold.ptr[i]);
            arena_reset(&arena);
        }
        vec_push(&pool, '\0');
    }
    names->pool = pool.at;
    arena_free(&arena);
    return code;
}

static int listing_names_make(struct db_conn *conn, const struct listing_columns *columns,
                              struct listing_names *names)
{
    struct buf ids = {0};
    struct db_rows rows;
    const char *first = market_shop()->locales[0];
    int code;
    if (columns->base) {
        for (size_t i = 0; i < columns->count; i++)
            buf_printf(&ids, "%c%lld", i ? ',' : '[', (long long)columns->id[i]);
        buf_add_cstr(&ids, columns->count ? "]" : "[]");
        code = db_query(conn, &sql_listing_names_some, &rows, DB_TEXT(buf_str(&ids)),
                        DB_CSTR(names->locale), DB_CSTR(first));
    } else {
        code = db_query(conn, &sql_listing_names, &rows, DB_CSTR(names->locale), DB_CSTR(first));
    }
    if (code == 0)
        code = listing_names_read(columns, &rows, names);
    buf_free(&ids);
    return code;
}

int listing_names_get(struct db_conn *conn, struct listing_columns *columns, const char *locale,
                      const struct listing_names **out)
{
    int code = 0, i = 0;
    pthread_mutex_lock(&columns->names_mutex);
    while (i < MARKET_LOCALES - 1 && columns->names[i] &&
           strcmp(columns->names[i]->locale, locale) != 0)
        i++;
    if (!columns->names[i]) {
        struct listing_names *names = mem_zalloc(sizeof *names);
        names->locale = locale;
        code = listing_names_make(conn, columns, names);
        if (code == 0) {
            columns->names[i] = names;
        } else {
            free(names->pool);
            free(names->at);
            free(names);
        }
    }
    *out = columns->names[i];
    pthread_mutex_unlock(&columns->names_mutex);
    return code;
}

int listing_names_ready(struct listing_columns *columns, const char *locale)
{
    int ready = 0;
    if (pthread_mutex_trylock(&columns->names_mutex) != 0)
        return 0; /* they are being made */
    for (int i = 0; i < MARKET_LOCALES && columns->names[i]; i++)
        ready |= strcmp(columns->names[i]->locale, locale) == 0;
    pthread_mutex_unlock(&columns->names_mutex);
    return ready;
}

int listing_names_few(struct db_conn *conn, struct arena *arena,
                      const struct listing_columns *columns, const char *locale,
                      const uint64_t *bits, const struct listing_names **out)
{
    struct buf ids = {.arena = arena};
    struct db_rows rows;
    struct listing_names read = {.locale = locale};
    struct listing_names *names = arena_new(arena, struct listing_names);
    listing_bits_each(slot, bits, columns->words)
    {
        buf_printf(&ids, "%c%lld", ids.len ? ',' : '[', (long long)columns->id[slot]);
    }
    buf_add_cstr(&ids, ids.len ? "]" : "[]");
    int code = db_query(conn, &sql_listing_names_some, &rows, DB_TEXT(buf_str(&ids)),
                        DB_CSTR(locale), DB_CSTR(market_shop()->locales[0]));
    if (code == 0 && (code = listing_names_read(columns, &rows, &read)) == 0) {
        size_t len = 1;
        for (size_t i = 0; i < columns->count; i++)
            if (read.at[i])
                len = read.at[i] + strlen(read.pool + read.at[i]) + 1 > len
                          ? read.at[i] + strlen(read.pool + read.at[i]) + 1
                          : len;
        names->locale = locale;
        names->pool = arena_copy(arena, read.pool, len);
        names->at = arena_array(arena, uint32_t, columns->count + 1);
        memcpy(names->at, read.at, (columns->count + 1) * sizeof(uint32_t));
        *out = names;
    }
    free(read.pool);
    free(read.at);
    return code;
}
