/*
 * image: the rows of pictures. The files are made by the `souk-image` program from a job; here is
 * what pages need to show one, and what the job needs to know.
 */
#ifndef SHOP_IMAGE_H
#define SHOP_IMAGE_H

#include "base/json.h"
#include "store/db.h"

struct image_files {      /* what souk-image made, said to the row */
    struct souk_str hash; /* 32 hex digits */
    struct souk_str type; /* "image/jpeg" "image/png" "image/webp" "image/svg+xml" */
    int64_t width, height;
    struct souk_str widths; /* "200,400,800": each as .webp and in the original's type */
};

/* In a write: the row of a source; a new one waits, and the job "souk:pictures" is asked for. */
int image_put(struct db_conn *conn, struct souk_str source, int64_t now, int64_t *id);
int image_ready(struct db_conn *conn, int64_t id, const struct image_files *files);
int image_missing(struct db_conn *conn, int64_t id, struct souk_str why);
/* The view of one for templates: {"url", "srcset", "webp", "width", "height", "alt"}; nothing is
 * added unless it is ready. Columns as selected by pages' queries: no query here. Files are
 * "/media/<hash>-<width>.<ext>"; the whole one is "/media/<hash>.<ext>". */
struct json *image_view(struct arena *arena, struct souk_str hash, struct souk_str type,
                        int64_t width, int64_t height, struct souk_str widths, struct souk_str alt);
/* Waiting ones after `after`: id and source. */
int image_next(struct db_conn *conn, struct arena *arena, int64_t after, int64_t *id,
               struct souk_str *source);
/* Hashes that no row uses any more: for the job that removes files. */
int image_unused(struct db_conn *conn, struct souk_str hash);

#endif
