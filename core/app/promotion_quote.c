/*
 * promotion_quote.c: a cart in a document, priced by the rules that serve or by texts that stand in
 * the same document: for `souk quote`, on a running shop and on a stopped one.
 */
#include "app/promotion.h"
#include "shop/quote.h"

#define SCRIPTS_MOST 500

/* The texts of a body: [{"path", "text"}]. */
static int read_scripts(struct arena *arena, const struct json *list,
                        struct script_source **sources, size_t *count, struct err *err)
{
    *count = 0;
    if (list->kind != JSON_ARRAY || list->count > SCRIPTS_MOST)
        return err_set(err, SOUK_INVALID, "/scripts: a list of at most %d {\"path\", \"text\"}",
                       SCRIPTS_MOST);
    *sources = arena_array(arena, struct script_source, list->count + 1);
    json_each(item, list)
    {
        const struct json *path = json_at(&item->value, "path");
        const struct json *text = json_at(&item->value, "text");
        if (!path || path->kind != JSON_STRING || !path->text.len || !text ||
            text->kind != JSON_STRING)
            return err_set(err, SOUK_INVALID, "/scripts/%zu: needs a \"path\" and a \"text\"",
                           *count);
        (*sources)[(*count)++] = (struct script_source){.path = path->text, .text = text->text};
    }
    return SOUK_OK;
}

int promotion_quote(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
                    struct json **quote, struct json *errors, struct err *err)
{
    const struct json *scripts = json_at(doc, "scripts");
    struct script_source *sources = NULL;
    struct promo_live *draft = NULL;
    size_t count = 0;
    if (!scripts || scripts->kind == JSON_NULL)
        return quote_run(conn, arena, doc, now, NULL, quote, err);
    int code = read_scripts(arena, scripts, &sources, &count, err);
    if (code == SOUK_OK)
        code = promotion_draft(arena, sources, count, &draft, errors, err);
    if (code != SOUK_OK)
        return code;
    code = quote_run(conn, arena, doc, now, draft, quote, err);
    promo_live_unpin(draft);
    return code;
}
