/*
 * category_view.c: the tree of categories and one category as a shopper sees them.
 */
#include <stdint.h>
#include <stdlib.h>
#include "shop/category.h"
#include "shop/page.h"
#include "shop/slug.h"
#include "shop/view.sql.h"
#include "shop/view_text.h"

#define DEPTH_MOST 32

struct branch {
    int64_t id, parent, position;
    struct souk_str name, slug;
    struct json *image;
};

struct tree {
    struct branch *at;
    size_t count, cap;
};

static int by_place(const void *a, const void *b)
{
    const struct branch *x = a, *y = b;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static int read_tree(struct db_conn *conn, struct arena *arena, const struct market *market,
                     int64_t parent, int depth, struct tree *tree)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_view_tree, &rows, parent ? DB_INT(parent) : DB_NULL,
                        DB_CSTR(market->locale), DB_CSTR(view_default_locale()), DB_INT(depth));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (tree->count == tree->cap) {
            tree->cap = tree->cap ? tree->cap * 2 : 32;
            struct branch *more = arena_array(arena, struct branch, tree->cap);
            if (tree->count)
                memcpy(more, tree->at, tree->count * sizeof *more);
            tree->at = more;
        }
        struct souk_str name = arena_str(arena, db_text(&rows, 3));
        tree->at[tree->count++] = (struct branch){db_int(&rows, 0),
                                                  db_int(&rows, 1),
                                                  db_int(&rows, 2),
                                                  name,
                                                  arena_str(arena, db_text(&rows, 4)),
                                                  view_image(arena, &rows, 5, name)};
    }
    if (code == SOUK_OK && tree->count)
        qsort(tree->at, tree->count, sizeof *tree->at, by_place);
    return code;
}

/* Index of the first child of `parent`; the tree is sorted by it. */
static size_t first_child(const struct tree *tree, int64_t parent)
{
    size_t low = 0, high = tree->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tree->at[middle].parent < parent)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_children(struct arena *arena, const struct market *market, const struct tree *tree,
                         int64_t parent, int level, struct json *list)
{
    for (size_t i = first_child(tree, parent); i < tree->count && tree->at[i].parent == parent;
         i++) {
        const struct branch *branch = &tree->at[i];
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_int(arena, item, "id", branch->id);
        json_add_str(arena, item, "slug", branch->slug);
        json_add_str(arena, item, "url", slug_url(arena, "category", branch->slug, market->locale));
        json_add_str(arena, item, "name", branch->name);
        if (branch->image)
            json_add_tree(arena, item, "image", branch->image);
        else
            json_add_null(arena, item, "image");
        struct json *children = json_add(arena, item, "children", JSON_ARRAY);
        if (level < DEPTH_MOST)
            add_children(arena, market, tree, branch->id, level + 1, children);
    }
}

int category_tree(struct db_conn *conn, struct arena *arena, const struct market *market, int depth,
                  struct json *list)
{
    struct tree tree = {0};
    int code = read_tree(conn, arena, market, 0, depth > 0 ? depth : DEPTH_MOST, &tree);
    if (code == SOUK_OK)
        add_children(arena, market, &tree, 0, 1, list);
    return code;
}

/* ---- one ---- */

/* From the top down to the category itself. */
static int add_breadcrumb(struct db_conn *conn, struct arena *arena, const struct market *market,
                          int64_t id, struct json *view)
{
    struct json *chain[DEPTH_MOST + 1];
    struct db_rows rows;
    int count = 0;
    int code = db_query(conn, &sql_view_category_chain, &rows, DB_INT(id), DB_CSTR(market->locale),
                        DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (count > DEPTH_MOST)
            continue;
        struct json *item = chain[count++] = json_new(arena, JSON_OBJECT);
        json_add_str(arena, item, "name", arena_str(arena, db_text(&rows, 1)));
        json_add_str(
            arena, item, "url",
            slug_url(arena, "category", arena_str(arena, db_text(&rows, 2)), market->locale));
    }
    struct json *list = json_add(arena, view, "breadcrumb", JSON_ARRAY);
    while (count > 0)
        json_add_tree(arena, list, NULL, chain[--count]);
    return code;
}

struct words {
    struct souk_str name, html, seo_title, seo_description, sort;
    struct json *image;
};

static int read_words(struct db_conn *conn, struct arena *arena, const struct market *market,
                      int64_t id, struct words *words)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_view_category, &rows, DB_INT(id), DB_CSTR(market->locale),
                        DB_CSTR(view_default_locale()));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    words->sort = arena_str(arena, db_text(&rows, 2));
    words->name = arena_str(arena, db_text(&rows, 4));
    words->html = page_html(arena, db_text(&rows, 5));
    words->seo_title = arena_str(arena, db_text(&rows, 6));
    words->seo_description = arena_str(arena, db_text(&rows, 7));
    words->image = view_image(arena, &rows, 8, words->name);
    db_close(&rows);
    return SOUK_OK;
}

int category_view(struct db_conn *conn, struct arena *arena, const struct market *market,
                  int64_t id, struct json **view)
{
    struct words words = {0};
    struct view_slugs slugs;
    struct tree tree = {0};
    int code = read_words(conn, arena, market, id, &words);
    if (code == SOUK_OK)
        code = view_slugs_read(conn, arena, "category", id, &slugs);
    if (code == SOUK_OK)
        code = read_tree(conn, arena, market, id, 1, &tree);
    if (code != SOUK_OK)
        return code;
    struct json *made = json_new(arena, JSON_OBJECT);
    json_add_int(arena, made, "id", id);
    view_slugs_add(arena, made, &slugs, "category", market->locale);
    json_add_str(arena, made, "name", words.name);
    view_add_html(arena, made, "description_html", words.html);
    if ((code = add_breadcrumb(conn, arena, market, id, made)) != SOUK_OK)
        return code;
    add_children(arena, market, &tree, id, DEPTH_MOST,
                 json_add(arena, made, "children", JSON_ARRAY));
    if (words.image)
        json_add_tree(arena, made, "image", words.image);
    else
        json_add_null(arena, made, "image");
    view_seo(arena, made, words.seo_title, words.seo_description, words.name, words.html);
    json_add_str(arena, made, "sort", words.sort);
    *view = made;
    return SOUK_OK;
}
