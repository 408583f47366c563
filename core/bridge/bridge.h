/*
 * bridge: where plugins meet the core. One file per sub-table of the API (call.c,
 * value.c, db.c, request.c, event.c, http.c), site.c that builds what a plugin set
 * looks like to the web (routes, pages, slots, templates, translations, assets), and
 * work.c that runs plugins' jobs, deliveries and commands.
 *
 * struct souk_value is struct json under its public name; struct souk_rows is made
 * here. Arguments from plugins are checked on entry: a wrong one gives SOUK_INVALID and
 * a log line that names the plugin, never a crash of the core's making.
 */
#ifndef BRIDGE_BRIDGE_H
#define BRIDGE_BRIDGE_H

#include "plugin/call.h"
#include "plugin/switch.h"
#include "store/job.h"
#include "web/server.h"

/* The one table that all plugins get. */
const struct souk_api *bridge_api(void);

/* What the core itself brings to every site. All of it outlives the process's sets. */
struct site_file { /* of the theme: "templates/layout.html", "static/souk.css",
                      "locale/bg.mo" */
    const char *path;
    struct souk_str bytes;
};
struct site_options {
    struct db *db;
    struct worker *tasks;
    const struct web_route *routes; /* the core's */
    size_t route_count;
    const struct site_file *files;
    size_t file_count;
    const char *theme_dir; /* a merchant's templates that shadow the theme's; NULL: none */
    const char *const *locales;
    const char *shop_name, *currency;
    /* What every page shows besides its own: the navigation and the like. `data` is the page's,
     * ours first; in the request's snapshot. May be NULL. */
    void (*page_data)(struct request *request, struct json *data);
    /* As in struct web_site. May be NULL. */
    const void *(*page_asked)(struct request *request);
    void (*page_answered)(struct request *request);
    /* After a page went out, from the cache too: for the event log. May be NULL. */
    void (*page_sent)(struct request *request);
};
void site_setup(const struct site_options *options); /* once, before the first build */
int site_build(void *user, struct plugin_set *set, struct err *err); /* switch_options.build */
/* For server_options. */
struct web_site *site_pin(void *user, uint32_t *ticket);
void site_unpin(void *user, uint32_t ticket);
/* Renders a template of the core or a plugin into the answer, inside the layout's
 * variables (shop, locale, path, locales …). */
int site_render(struct request *request, const char *owner, const char *name, int status,
                const struct json *view);
/* The same without whatever asks the database: no navigation, no slots. */
int site_render_plain(struct request *request, const char *owner, const char *name, int status,
                      const struct json *view);

/* A template of the core outside of a request, into the arena: slots stay empty, addresses are
 * whole ones (market_shop()->url). "mail/order_placed", or "mail/order_placed.txt" for plain text.
 */
struct site_away {
    const char *locale, *currency; /* NULL: the shop's */
    const char *owner;             /* whose assets; NULL: "souk" */
    int64_t now;
};
int site_render_text(const struct plugin_set *set, struct arena *arena,
                     const struct site_away *words, const char *name, const struct json *view,
                     struct souk_str *out, struct err *err);

/* "shop" of templates outside of a page: {"name", "url", "email", "phone", "address": [lines]}. */
void site_add_shop(struct arena *arena, struct json *view);
/* Is there such a template? */
int site_has_template(const struct plugin_set *set, const char *name);

/* Admin resources of the plugins in the request's set, in order of start: the `index`th; 0 when
 * there are no more. */
struct site_resource {
    struct plugin *plugin;
    const struct souk_resource *row;
};
int site_resource(const struct request *request, size_t index, struct site_resource *resource);
/* Runs an action of one in the write `conn`, for one row. May be run again. */
int site_resource_act(struct request *request, struct db_conn *conn,
                      const struct site_resource *resource, const struct souk_action *action,
                      int64_t id, struct err *err);
/* The words of a plugin ("souk": the core's) in the request's language. */
struct souk_str site_words(const struct request *request, const char *owner, const char *words);

/* One claimed job: "event:<plugin>" or "<plugin>:<job>". On a task thread; finishes or
 * fails the job itself. */
void work_run(struct switch_host *host, struct db *db, const struct job *job);
int work_runs(void *host, struct souk_str kind); /* for job_claim: its plugin is on */
/* Plans the cron jobs of the current set, and drops those that its plugins declare no more (after
 * each publish). */
int work_plan(struct db *db, struct err *err);
/* `souk <plugin> <command> …` */
int work_command(struct db *db, const char *plugin, const char *command, int argc,
                 const struct souk_str *argv, struct buf *out, struct err *err);
/* The hub that souk_push speaks to; NULL: pushes go nowhere. Before requests are served, and again
 * before the hub stops. */
struct push_hub;
void bridge_push_use(struct push_hub *hub);
/* Where plugins keep files: <data>/files/<plugin>/. Once, when the data folder is ours alone: what
 * an earlier process left half written is swept. Without it plugins have no files. */
int bridge_files_use(const char *data, struct err *err);
/* The folder of a plugin goes with all that is in it; none is no failure. */
int bridge_files_purge(const char *plugin, struct err *err);
/* Facts that READ handlers queued: written by the clock's turn, lost in a crash. */
void event_queue_turn(struct db *db);
void event_queue_flush(struct db *db); /* at the end: page views of the last second too */

#endif
