/*
 * feed: the catalogue as files for others (price comparisons, marketplaces, search services), in
 * the formats that plugins bring (souk/feed.h). A feed is a row of table feed; its file lies under
 * <data>/feeds, is written by a job when the catalogue, the time or its own terms ask for it, and
 * takes the old one's place when it is whole. GET /feeds/<name>.<extension> serves it from disk.
 *
 * What is not here: the formats (plugins), the walk over the catalogue (shop/item.h), calling the
 * provider (bridge/feed.h).
 */
#ifndef APP_FEED_H
#define APP_FEED_H

#include "base/json.h"
#include "store/job.h"

/* Once, before the rest: the data directory (absolute; outlives the process's use of it). */
void feed_setup(const char *data);

/* ---- feed.c: the rows ---- */

/* As people and programs see them. SOUK_NOT_FOUND. */
int feed_show(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc);
int feed_list(struct db_conn *conn, struct arena *arena, struct json *items);
/* What a feed begins with. */
struct json *feed_initial(struct arena *arena);
int feed_find(struct db_conn *conn, struct souk_str name, int64_t *id);
/* In a write. `*id` 0: makes one. Members that are absent stay as they are, null is the initial
 * value; the format is asked whether it can be written so. SOUK_INVALID, SOUK_CONFLICT (the name is
 * taken): words in err, and `pointer` (80 bytes) names the place. Its job is asked for in the same
 * write. */
int feed_save(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
              int64_t *id, char *pointer, struct err *err);
int feed_remove(struct db_conn *conn, int64_t id, int64_t now);
/* In a write: it is written soon, changed or not. */
int feed_ask(struct db_conn *conn, int64_t id, int64_t now);
/* What was left out: {"sku", "variant", "words", "position"} behind `after` (-1: from the first).
 */
int feed_rejects(struct db_conn *conn, struct arena *arena, int64_t id, int64_t after, int limit,
                 struct json *items);
/* The same by reason: {"words", "count", "sku"} (one of them), most first. */
int feed_reject_groups(struct db_conn *conn, struct arena *arena, int64_t id, struct json *items);
/* The formats that are to be had: {"name", "label", "extension", "settings": [{"key", "label",
 * "initial", "hint", "lines"}]}; labels and hints in `locale`. */
void feed_formats(struct arena *arena, const char *locale, struct json *items);

/* ---- feed_write.c: writing ---- */

int feed_owns(struct souk_str kind); /* "souk:feed" */
void feed_run(struct db *db, const struct job *job);
/* The same at once, on a thread that may wait for long. SOUK_CONFLICT: it is being written. */
int feed_write(struct db *db, int64_t id, const struct job *job, struct err *err);
/* The clock's turn, now and then: asks for the jobs of feeds that are due. Does not wait. */
void feed_turn(struct db *db);

/* ---- feed_file.c: the files ---- */

/* Answers with the file, as web/file.h has it. SOUK_NOT_FOUND: it is not written yet. */
struct request;
int feed_file_answer(struct request *request, int64_t id, const char *type);

#endif
