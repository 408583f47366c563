/*
 * listing_live: the columns that all share, and how they keep up.
 *
 * One set of columns is current. A reader asks the database how far the catalogue has come in its
 * own snapshot. What has changed since the columns were read (catalogue_change), and what time has
 * changed (a price that began or ended, a product that was to be published), is read anew into a
 * delta: the same columns, of these products alone, with a mask over the old slots. The delta is
 * shared by all readers of the same version. So the answer is always that of the reader's snapshot.
 *
 * The columns are read as a whole, in the reader's snapshot and by one reader at a time, when more
 * than LISTING_CHANGED products have changed, or when a version has no products to its name: then a
 * category, an attribute or a price list was changed, or the notes of old versions have been swept.
 * listing_stale and listing_refresh make that rare: the clock has them read in the background long
 * before.
 */
#include <stdlib.h>
#include "base/clock.h"
#include "base/vec.h"
#include "shop/listing.sql.h"
#include "shop/listing_columns.h"
#include "shop/search.h"

#define LISTING_CHANGED 5000 /* products in a delta at most */
#define LISTING_WORTH   300  /* from here on a refresh is worth it */

static pthread_mutex_t listing_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t listing_reading = PTHREAD_MUTEX_INITIALIZER;
static struct listing_columns *listing_base, *listing_delta;

static struct listing_columns *listing_live_hold(struct listing_columns *columns)
{
    if (columns)
        atomic_fetch_add(&columns->users, 1);
    return columns;
}

static void listing_live_take(const struct db *db, struct listing_view *view)
{
    pthread_mutex_lock(&listing_mutex);
    int own = listing_base && listing_base->db == db;
    view->base = own ? listing_live_hold(listing_base) : NULL;
    view->delta = own ? listing_live_hold(listing_delta) : NULL;
    pthread_mutex_unlock(&listing_mutex);
}

void listing_view_drop(struct listing_view *view)
{
    listing_columns_drop(view->delta);
    listing_columns_drop(view->base);
    view->base = view->delta = NULL;
}

/* Newer ones take the place of older ones; those of another database always do. */
static void listing_live_publish(struct listing_columns *base, struct listing_columns *delta)
{
    struct listing_columns *old_base = NULL, *old_delta = NULL;
    pthread_mutex_lock(&listing_mutex);
    if (base &&
        !(listing_base && listing_base->db == base->db && listing_base->version > base->version)) {
        old_base = listing_base;
        old_delta = listing_delta;
        listing_base = listing_live_hold(base);
        listing_delta = NULL;
    }
    if (delta && delta->base == listing_base &&
        !(listing_delta && listing_delta->version > delta->version)) {
        old_delta = listing_delta;
        listing_delta = listing_live_hold(delta);
    }
    pthread_mutex_unlock(&listing_mutex);
    listing_columns_drop(old_delta);
    listing_columns_drop(old_base);
}

void listing_end(void)
{
    pthread_mutex_lock(&listing_mutex);
    struct listing_view old = {listing_base, listing_delta};
    listing_base = listing_delta = NULL;
    pthread_mutex_unlock(&listing_mutex);
    listing_view_drop(&old);
    search_end();
}

/* ---- what has changed ---- */

struct listing_change {
    VEC(int64_t) ids;
    int all; /* not to be told by products */
};

static int listing_live_changes(struct db_conn *conn, int64_t since, int64_t version,
                                struct listing_change *change)
{
    struct db_rows rows;
    int64_t versions = 0;
    int code = db_get_int(conn, &sql_listing_change_versions, &versions, DB_INT(since));
    if (code != 0)
        return code;
    if (versions != version - since) {
        change->all = 1;
        return 0;
    }
    code = db_query(conn, &sql_listing_changes, &rows, DB_INT(since), DB_INT(LISTING_CHANGED + 1));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        vec_push(&change->ids, db_int(&rows, 0));
        change->all |= db_int(&rows, 0) == 0;
        code = 0;
    }
    change->all |= change->ids.len > LISTING_CHANGED;
    return code;
}

static int listing_live_right(const struct listing_columns *columns, uint32_t slot, int64_t now)
{
    return !columns->right_from ||
           (columns->right_from[slot] <= now && now < columns->right_until[slot]);
}

static void listing_live_timed(const struct listing_columns *base, int64_t now,
                               struct listing_change *change)
{
    if (base->from <= now && now < base->until)
        return;
    for (uint32_t slot = 0; slot < base->count && !change->all; slot++)
        if (!listing_live_right(base, slot, now)) {
            vec_push(&change->ids, base->id[slot]);
            change->all |= change->ids.len > LISTING_CHANGED;
        }
}

/* ---- a delta ---- */

static char *listing_live_list(const struct listing_change *change)
{
    struct buf list = {0};
    buf_add_char(&list, '[');
    for (size_t i = 0; i < change->ids.len; i++) {
        if (i)
            buf_add_char(&list, ',');
        buf_add_int(&list, change->ids.at[i]);
    }
    buf_add_char(&list, ']');
    return list.ptr;
}

static int listing_live_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Each id once: a product may have changed and be timed as well. */
static void listing_live_tidy(struct listing_change *change)
{
    size_t kept = 0;
    if (change->ids.len)
        qsort(change->ids.at, change->ids.len, sizeof(int64_t), listing_live_order);
    for (size_t i = 0; i < change->ids.len; i++)
        if (kept == 0 || change->ids.at[kept - 1] != change->ids.at[i])
            change->ids.at[kept++] = change->ids.at[i];
    change->ids.len = kept;
}

static int listing_live_delta(struct db_conn *conn, struct listing_columns *base, int64_t now,
                              struct listing_change *change, struct listing_columns **out)
{
    struct listing_columns *delta = NULL;
    listing_live_tidy(change);
    char *ids = listing_live_list(change);
    int code = listing_columns_read(conn, ids, now, &delta);
    free(ids);
    if (code != 0)
        return code;
    delta->base = listing_live_hold(base);
    delta->stale = mem_zalloc(base->words * sizeof(uint64_t));
    for (size_t i = 0; i < change->ids.len; i++) {
        uint32_t slot = listing_columns_slot(base, change->ids.at[i]);
        if (slot != LISTING_NONE)
            listing_bit_set(delta->stale, slot);
    }
    for (uint32_t slot = 0; base->right_from && slot < base->count; slot++) {
        if (listing_bit(delta->stale, slot))
            continue;
        if (base->right_from[slot] > delta->from)
            delta->from = base->right_from[slot];
        if (base->right_until[slot] < delta->until)
            delta->until = base->right_until[slot];
    }
    *out = delta;
    return 0;
}

/* 1: the view is good for this reader; 0: the columns must be read as a whole; < 0 failed. */
static int listing_live_fit(struct db_conn *conn, int64_t now, int64_t version,
                            struct listing_view *view)
{
    struct listing_columns *base = view->base, *delta = view->delta;
    const int writer = db_is_writer(conn); /* sees what may never be committed */
    struct listing_change change = {0};
    if (!base || base->version > version)
        return 0;
    if (delta && !writer && delta->version == version && delta->from <= now && now < delta->until)
        return 1;
    listing_columns_drop(delta);
    view->delta = NULL;
    if (!writer && base->version == version && base->from <= now && now < base->until)
        return 1;
    int code = listing_live_changes(conn, base->version, version, &change);
    if (code == 0)
        listing_live_timed(base, now, &change);
    if (code == 0 && !change.all &&
        (code = listing_live_delta(conn, base, now, &change, &view->delta)) == 0) {
        if (!writer)
            listing_live_publish(NULL, view->delta);
        code = 1;
    }
    vec_free(&change.ids);
    return code;
}

int listing_view_take(struct db_conn *conn, int64_t now, struct listing_view *view)
{
    int64_t version = 0;
    *view = (struct listing_view){0};
    int code = db_get_int(conn, &sql_listing_version, &version);
    if (code != 0)
        return code;
    listing_live_take(db_of(conn), view);
    code = listing_live_fit(conn, now, version, view);
    if (code == 0) {
        listing_view_drop(view);
        pthread_mutex_lock(&listing_reading);
        listing_live_take(db_of(conn), view); /* somebody else may have read them meanwhile */
        code = listing_live_fit(conn, now, version, view);
        if (code == 0) {
            listing_view_drop(view);
            code = listing_columns_read(conn, NULL, now, &view->base);
            if (code == 0 && !db_is_writer(conn))
                listing_live_publish(view->base, NULL);
            code = code == 0 ? 1 : code;
        }
        pthread_mutex_unlock(&listing_reading);
    }
    if (code < 0)
        listing_view_drop(view);
    return code < 0 ? code : 0;
}

/* ---- in the background ---- */

/* Names to sort by, in all languages: made before a list needs them. */
static void listing_live_names(struct db_conn *conn, struct listing_columns *columns)
{
    const struct market_shop *shop = market_shop();
    const struct listing_names *names;
    for (int i = 0; i < MARKET_LOCALES && shop->locales[i]; i++)
        if (listing_names_get(conn, columns, shop->locales[i], &names) != 0)
            return;
}

static int listing_live_named(struct listing_columns *columns)
{
    const struct market_shop *shop = market_shop();
    for (int i = 0; i < MARKET_LOCALES && shop->locales[i]; i++)
        if (!listing_names_ready(columns, shop->locales[i]))
            return 0;
    return 1;
}

static int listing_live_read(struct db *db, int named)
{
    struct listing_columns *columns = NULL;
    struct db_conn *conn = db_read_begin(db, 0);
    pthread_mutex_lock(&listing_reading);
    int code = listing_columns_read(conn, NULL, clock_now(), &columns);
    if (code == 0 && named)
        listing_live_names(conn, columns);
    if (code == 0)
        listing_live_publish(columns, NULL);
    pthread_mutex_unlock(&listing_reading);
    if (code == 0)
        search_terms_refresh(conn);
    listing_columns_drop(columns);
    db_read_end(conn);
    return code;
}

int listing_setup(struct db *db, struct err *err)
{
    int code = listing_live_read(db, 0);
    return code ? err_set(err, code, "the catalogue cannot be read; run souk verify") : 0;
}

static int listing_live_old(struct db *db, const struct listing_view *view)
{
    int64_t version = 0;
    struct db_conn *conn = db_read_begin(db, 0);
    int code = db_get_int(conn, &sql_listing_version, &version);
    db_read_end(conn);
    return code == 0 && (!view->base || version - view->base->version > LISTING_WORTH ||
                         (view->delta && view->delta->count > LISTING_WORTH));
}

void listing_refresh(struct db *db)
{
    struct listing_view view;
    listing_live_take(db, &view);
    if (!view.base || listing_live_old(db, &view)) {
        listing_live_read(db, 1);
    } else {
        struct db_conn *conn = db_read_begin(db, 0);
        listing_live_names(conn, view.base);
        db_read_end(conn);
    }
    listing_view_drop(&view);
}

int listing_stale(struct db *db)
{
    struct listing_view view;
    listing_live_take(db, &view);
    int stale = listing_live_old(db, &view) || (view.base && !listing_live_named(view.base));
    listing_view_drop(&view);
    return stale;
}
