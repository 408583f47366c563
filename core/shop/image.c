/*
 * image.c: the rows of pictures. A picture is known by where it came from; its files by the hash of
 * their content, so two sources with the same bytes share files. Nothing here touches a file.
 */
#include "shop/image.h"

#include "base/rand.h"
#include "base/str.h"
#include "shop/image.sql.h"
#include "store/job.h"

int image_put(struct db_conn *conn, struct souk_str source, int64_t now, int64_t *id)
{
    int code = db_get_int(conn, &sql_image_find, id, DB_TEXT(source));
    if (code != SOUK_NOT_FOUND)
        return code;
    *id = id_next();
    code = db_run(conn, &sql_image_insert, NULL, DB_INT(*id), DB_TEXT(source), DB_INT(now));
    return code ? code : job_ask(conn, souk_str("souk:pictures"), now);
}

int image_ready(struct db_conn *conn, int64_t id, const struct image_files *files)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_image_ready, &changed, DB_INT(id), DB_TEXT(files->hash),
                      DB_TEXT(files->type), DB_INT(files->width), DB_INT(files->height),
                      DB_TEXT(files->widths));
    if (code == SOUK_OK && changed)
        code = db_run(conn, &sql_image_noted, NULL);
    return code ? code : changed ? 0 : SOUK_NOT_FOUND;
}

int image_missing(struct db_conn *conn, int64_t id, struct souk_str why)
{
    return db_run(conn, &sql_image_missing, NULL, DB_INT(id), DB_TEXT(why));
}

static const char *image_extension(struct souk_str type)
{
    if (souk_str_is(type, "image/png"))
        return "png";
    if (souk_str_is(type, "image/webp"))
        return "webp";
    return souk_str_is(type, "image/svg+xml") ? "svg" : "jpg";
}

/* "/media/h-200.jpg 200w, /media/h-400.jpg 400w". */
static struct souk_str image_set(struct arena *arena, struct souk_str hash, const char *extension,
                                 struct souk_str widths)
{
    struct buf out = {.arena = arena};
    struct souk_str width;
    while (str_split(&widths, ',', &width)) {
        if (width.len == 0)
            continue;
        buf_printf(&out, "%s/media/%.*s-%.*s.%s %.*sw", out.len ? ", " : "", SOUK_PRI(hash),
                   SOUK_PRI(width), extension, SOUK_PRI(width));
    }
    return out.len ? buf_str(&out) : souk_str("");
}

struct json *image_view(struct arena *arena, struct souk_str hash, struct souk_str type,
                        int64_t width, int64_t height, struct souk_str widths, struct souk_str alt)
{
    struct json *view = json_new(arena, JSON_OBJECT);
    const char *extension = image_extension(type);
    if (hash.len == 0)
        return view;
    json_add_str(arena, view, "url",
                 arena_printf(arena, "/media/%.*s.%s", SOUK_PRI(hash), extension));
    json_add_str(arena, view, "srcset", image_set(arena, hash, extension, widths));
    json_add_str(arena, view, "webp", image_set(arena, hash, "webp", widths));
    json_add_int(arena, view, "width", width);
    json_add_int(arena, view, "height", height);
    json_add_str(arena, view, "alt", alt);
    return view;
}

int image_next(struct db_conn *conn, struct arena *arena, int64_t after, int64_t *id,
               struct souk_str *source)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_image_next, &rows, DB_INT(after)), &rows);
    if (code != 0)
        return code;
    *id = db_int(&rows, 0);
    *source = arena_str(arena, db_text(&rows, 1));
    db_close(&rows);
    return 0;
}

int image_unused(struct db_conn *conn, struct souk_str hash)
{
    int64_t one = 0;
    return db_get_int(conn, &sql_image_used, &one, DB_TEXT(hash)) == SOUK_NOT_FOUND;
}
