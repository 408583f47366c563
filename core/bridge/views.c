/*
 * views.c: page views as facts, without a fact for each: they are counted in memory by path and
 * locale, and once a second each count becomes one fact "page.viewed" with the number of views in
 * it. However busy the shop is, a second costs as many rows as it has different paths, 1,024 at
 * most; views of further paths are counted as lost in a metric. A crash loses the last second.
 *
 * Threads: counted on I/O threads, turned into facts by the clock.
 */
#include "bridge/internal.h"

#include <pthread.h>
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "web/metrics.h"

#define VIEWS_EVERY CLOCK_SECOND
#define VIEWS_PATHS 1024
#define PATH_MOST   300

struct view {
    struct souk_str path;
    const char *locale;
    int64_t count;
};

struct second { /* what was seen since the last turn */
    struct map views;
    struct arena arena;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct second current;
static int64_t next_turn;

static void count_lost(void)
{
    metric_add(
        metric_counter("souk_page_views_lost_total", NULL,
                       "Page views that were not told: too many different paths in a second."),
        1);
}

void views_count(struct request *request)
{
    char key[PATH_MOST + 16];
    int len = snprintf(key, sizeof key, "%s %.*s", request->locale, SOUK_PRI(request->local_path));
    if (len < 0 || len >= (int)sizeof key)
        return count_lost();
    pthread_mutex_lock(&lock);
    struct view *view = map_get(&current.views, str_make(key, (size_t)len));
    int full = !view && current.views.len >= VIEWS_PATHS;
    if (!view && !full) {
        view = arena_new(&current.arena, struct view);
        view->path = value_clean(&current.arena, request->local_path);
        view->locale = request->locale; /* of the configuration: stays */
        map_put(&current.views, arena_str(&current.arena, str_make(key, (size_t)len)), view);
    }
    if (view)
        view->count++;
    pthread_mutex_unlock(&lock);
    if (full)
        count_lost();
}

static void tell(struct arena *arena, const struct view *view, int64_t now)
{
    struct json *payload = json_new(arena, JSON_OBJECT);
    json_add_str(arena, payload, "path", view->path);
    json_add_cstr(arena, payload, "locale", view->locale);
    json_add_int(arena, payload, "views", view->count);
    struct souk_str subject = arena_printf(arena, "page:%.*s", SOUK_PRI(view->path));
    if (subject.len > 200)
        subject.len = 200;
    event_queue_put(souk_str("page.viewed"), value_clean(arena, subject),
                    value_print(arena, payload), now);
}

void views_turn(int64_t mono, int64_t now)
{
    struct second past;
    if (mono < next_turn)
        return;
    next_turn = mono < INT64_MAX ? mono + VIEWS_EVERY : mono;
    pthread_mutex_lock(&lock);
    past = current;
    current = (struct second){0};
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < past.views.used; i++)
        tell(&past.arena, past.views.entries[i].value, now);
    map_free(&past.views);
    arena_free(&past.arena);
}
