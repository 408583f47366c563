/*
 * frame: what every page shows besides its own: navigation, footer links, who is signed in. Asked
 * only when a page is rendered; a page from the cache brings its own along.
 *
 * The idea: what is the same for everybody in a language is read once and kept, in memory, with the
 * numbers of the tables that it was read from. As long as these have not changed it is shown as it
 * is, and the page rests on the same tables as if it had read them (db_part_use). A kept frame is
 * never changed: a new one takes its place, the old one goes when the last thread has let go of it.
 * Each thread holds the one that it used last, so that looking at it takes no lock.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "app/storefront/buy_page.h"
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"

#include "app/storefront.sql.h"
#include "base/str.h"
#include "shop/category.h"
#include "shop/page.h"
#include "web/session.h"

#define LEVELS 2

struct kept {
    struct frame frame;
    struct arena arena;
    struct db_seen part;
    const struct db *db;
    _Atomic int holders;
};

struct holder { /* of a thread */
    struct kept *at[MARKET_LOCALES];
    const struct request *request; /* who was given one last */
    int64_t started;
};

static pthread_mutex_t frame_lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept *frame_newest[MARKET_LOCALES]; /* under the lock */
static pthread_once_t frame_once = PTHREAD_ONCE_INIT;
static pthread_key_t frame_key;

/* ---- holding ---- */

static void let_go(struct kept *kept)
{
    if (!kept || atomic_fetch_sub_explicit(&kept->holders, 1, memory_order_acq_rel) > 1)
        return;
    arena_free(&kept->arena);
    free(kept);
}

static void thread_ends(void *arg)
{
    struct holder *holder = arg;
    for (int i = 0; i < MARKET_LOCALES; i++)
        let_go(holder->at[i]);
    free(holder);
}

static void make_key(void)
{
    pthread_key_create(&frame_key, thread_ends);
}

static struct holder *own_holder(void)
{
    pthread_once(&frame_once, make_key);
    struct holder *holder = pthread_getspecific(frame_key);
    if (!holder) {
        holder = mem_zalloc(sizeof *holder);
        pthread_setspecific(frame_key, holder);
    }
    return holder;
}

/* ---- reading ---- */

/* A page that the merchant may have written, by its key; NULL in *page when there is none. */
static int read_page(struct db_conn *conn, struct arena *arena, const struct market *market,
                     const char *key, const struct json **page)
{
    int64_t id;
    struct json *view = NULL;
    int code = db_get_int(conn, &sql_storefront_page_by_key, &id, DB_CSTR(key));
    if (code == SOUK_OK)
        code = page_view(conn, arena, market, id, &view);
    *page = code == SOUK_OK ? view : NULL;
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

/* Half a navigation is worse than none. */
static int read_frame(struct db_conn *conn, struct arena *arena, const struct market *market,
                      struct frame *frame)
{
    struct json *nav = json_new(arena, JSON_ARRAY), *pages = json_new(arena, JSON_ARRAY);
    int code = category_tree(conn, arena, market, LEVELS, nav);
    frame->nav = code == SOUK_OK ? nav : json_new(arena, JSON_ARRAY);
    frame->footer_pages = pages;
    if (code == SOUK_OK)
        code = page_links(conn, arena, market, pages);
    if (code == SOUK_OK)
        code = read_page(conn, arena, market, "delivery", &frame->delivery);
    return code == SOUK_OK ? read_page(conn, arena, market, "home", &frame->home) : code;
}

/* NULL when it could not be read. */
static struct kept *make_kept(struct db_conn *conn, const struct market *market)
{
    struct kept *kept = mem_zalloc(sizeof *kept);
    struct db_seen outer;
    kept->db = db_of(conn);
    kept->holders = 1;
    db_part_begin(conn, &outer);
    int code = read_frame(conn, &kept->arena, market, &kept->frame);
    db_part_end(conn, &outer, &kept->part);
    if (code == SOUK_OK)
        return kept;
    let_go(kept);
    return NULL;
}

/* The newest, with a hold of its own; made anew where it is no longer true. */
static struct kept *take_newest(struct db_conn *conn, const struct market *market, int place)
{
    pthread_mutex_lock(&frame_lock);
    struct kept *kept = frame_newest[place];
    if (!kept || kept->db != db_of(conn) || !db_part_use(conn, &kept->part)) {
        kept = make_kept(conn, market);
        let_go(frame_newest[place]);
        frame_newest[place] = kept;
    }
    if (kept)
        atomic_fetch_add_explicit(&kept->holders, 1, memory_order_relaxed);
    pthread_mutex_unlock(&frame_lock);
    return kept;
}

static int place_of(const char *locale)
{
    const char *const *locales = market_shop()->locales;
    for (int i = 0; i < MARKET_LOCALES && locales[i]; i++)
        if (strcmp(locales[i], locale) == 0)
            return i;
    return -1;
}

/* What this very request was given before stays in its hands: what it asks for again, after a
 * change in between, is read for it alone. In a write, which sees what may never be committed,
 * always. */
const struct frame *frame_of(struct request *request, const struct market *market)
{
    struct db_conn *conn = request_conn(request);
    struct frame *plain = arena_new(&request->arena, struct frame);
    int place = place_of(market->locale);
    if (conn && place >= 0 && !db_is_writer(conn)) {
        struct holder *holder = own_holder();
        struct kept **own = &holder->at[place];
        if (*own && (*own)->db == db_of(conn) && db_part_use(conn, &(*own)->part)) {
            holder->request = request;
            holder->started = request->started;
            return &(*own)->frame;
        }
        if (holder->request != request || holder->started != request->started) {
            let_go(*own);
            *own = take_newest(conn, market, place);
            holder->request = request;
            holder->started = request->started;
            if (*own)
                return &(*own)->frame;
        }
    }
    if (conn)
        read_frame(conn, &request->arena, market, plain);
    return plain;
}

void frame_page_data(struct request *request, struct json *data)
{
    struct arena *arena = &request->arena;
    struct market market = page_market(request);
    const struct frame *frame = frame_of(request, &market);
    json_add_tree(arena, data, "nav", frame->nav ? frame->nav : json_new(arena, JSON_ARRAY));
    json_add_tree(arena, data, "footer_pages",
                  frame->footer_pages ? frame->footer_pages : json_new(arena, JSON_ARRAY));
    struct json *account = json_add(arena, data, "account", JSON_OBJECT);
    int known = session_cookie(request) && session_get(request, "person").len > 0;
    json_add_bool(arena, account, "signed_in", known);
    json_add_int(arena, data, "cart_units", buy_units(request));
    json_add_str(arena, data, "search_url",
                 page_localized(arena, market.locale, souk_str("/search")));
}
