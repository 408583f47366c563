/*
 * promotion: the shop's rules at work: loads scripts/promotions and scripts/upsell through the
 * script host, publishes them as one immutable set, watches the files, keeps strikes, and prices
 * carts with them. A broken file leaves the old set standing and is told (log, admin page, `souk
 * promo list`).
 *
 * Pricing itself is shop/promo_live.h; this is what feeds it.
 */
#ifndef APP_PROMOTION_H
#define APP_PROMOTION_H

#include "base/worker.h"
#include "shop/promo_live.h"
#include "web/request.h"

/* Before promotion_open, where there is a database: what staff switched off is read from it. With
 * `jobs` (the running shop) strikes are kept and files are watched; `kept`: a file in the data
 * directory where the texts that served last stand, for a start with a broken one; either may be
 * NULL. */
void promotion_use(struct db *db, struct worker *jobs, const char *kept);
/* At the start of the shop and of commands on a stopped one. `folder`: "scripts" beside souk.lua; a
 * missing one (or NULL) is an empty set. Files that are wrong are logged and are no failure. */
int promotion_open(const char *folder, const char *currency, struct err *err);
/* Nobody prices any more. */
void promotion_close(void);
/* Looks whether a file changed (called by the shop's clock every second) and reloads on a job
 * thread. */
void promotion_watch(void);
/* Loads again now; *report: {"ok", "promotions": n, "offers": n, "errors": [{"file", "line", "id",
 * "message"}]}. The old set stays when something is wrong. On a thread that may wait. */
int promotion_reload(struct arena *arena, struct json **report, struct err *err);
/* The report of the latest load, whoever asked for it. */
struct json *promotion_report(struct arena *arena);
/* After a switch: soon, on a job thread. */
void promotion_reload_later(void);
/* Texts instead of files: `souk quote --scripts`, drafts in the admin pages, simulation, tests.
 * Unpin it. SOUK_INVALID: `errors` got what is wrong; err says the first. */
int promotion_draft(struct arena *arena, const struct script_source *sources, size_t count,
                    struct promo_live **out, struct json *errors, struct err *err);
/* quote_run with the rules that serve, or with those of doc's "scripts": [{"path", "text"}].
 * SOUK_INVALID: `errors` got what is wrong with these, if they are what is wrong. */
int promotion_quote(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
                    struct json **quote, struct json *errors, struct err *err);
/* The files of a folder as sources: lib/, promotions/ and upsell/ within it, or its own *.lua files
 * where it has none of those; `tests`: those that end in _test.lua too. SOUK_NOT_FOUND: no folder;
 * no files is no failure. */
int promotion_read(struct arena *arena, const char *folder, int tests,
                   struct script_source **sources, size_t *count, struct err *err);
/* The host of workers, begun when it is first wanted; NULL: it cannot be (the log says why). */
struct script_host *promotion_host(void);

/* A list for people: [{"id", "name", "file", "line", "kind", "state": "on" | "off" | "planned" |
 * "over" | "used up" | "broken", "why", "error": null | what the last load found wrong with it
 * while the version before serves, "from", "to", "priority", "exclusive", "group", "code", "uses",
 * "limit", "spent": amount, "budget", and of the last 30 days "orders", "given": amount, "items":
 * what the goods of those orders came to, …}]. `conn` NULL: without what happened. */
int promotion_list(struct db_conn *conn, struct arena *arena, int64_t now, struct json *items,
                   struct err *err);
/* In a write: on or off, with its audit row and fact; what was so already stays and leaves none.
 * What staff say stands over `enabled` in the script. SOUK_NOT_FOUND: nothing of that name serves
 * ("offer:x" for an offer). It works from the next load on. */
int promotion_switch(struct db_conn *conn, struct souk_str id, int off, struct souk_str why,
                     struct souk_str actor, int64_t now, struct err *err);
/* The same in a write of its own, and in force when it returns. On a thread that may wait. */
int promotion_switch_now(struct db *db, struct souk_str id, int off, struct souk_str why,
                         struct souk_str actor, int64_t now, struct err *err);

#endif
