/*
 * names.c: what the shop has names for, asked by rules that look for slips of the pen: slots of its
 * templates, and whether a statement can be read.
 */
#include "host/host.h"

#include "app/theme.h"
#include "store/db.h"

void names_add_slots(struct scene *scene, struct names *names, struct souk_str text)
{
    static const char open[] = "{% slot \"";
    const char *at = text.ptr, *end = text.ptr + text.len;
    while (at && (at = memmem(at, (size_t)(end - at), open, sizeof open - 1)) != NULL) {
        at += sizeof open - 1;
        const char *to = memchr(at, '"', (size_t)(end - at));
        if (to && names->count < NAMES_MOST)
            names->list[names->count++] =
                arena_cstr(&scene->arena, str_make(at, (size_t)(to - at)));
        at = to;
    }
}

void names_of_theme(struct scene *scene, struct names *names)
{
    for (size_t i = 0; i < theme_file_count; i++)
        if (str_starts(souk_str(theme_files[i].path), "templates/"))
            names_add_slots(scene, names, theme_files[i].bytes);
}

struct souk_str names_refusal(struct scene *scene, struct souk_str sql)
{
    struct db *db = scene->world->db;
    struct db_conn *conn = db_read_begin(db, 0);
    struct db_rows rows;
    struct souk_str words = souk_str("");
    if (!conn)
        return words;
    if (db_query_args(conn, db_intern(db, NULL, sql.ptr), &rows, NULL, 0) == SOUK_OK)
        db_close(&rows);
    else
        words = arena_str(&scene->arena, souk_str(db_error(conn)));
    db_read_end(conn);
    return words;
}
