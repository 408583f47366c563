/*
 * Content: the shop's pages (terms, about us), Markdown made safe, and templates outside of a
 * request: for mails, documents, answers of peers.
 */
#ifndef SOUK_CONTENT_H
#define SOUK_CONTENT_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_content_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    int (*page)(struct souk_ctx *ctx, struct souk_str key, const struct souk_value **page);
    int (*page_save)(struct souk_ctx *ctx, const struct souk_value *page, int64_t *id);
    struct souk_str (*html)(struct souk_ctx *ctx, struct souk_str text);
    struct souk_str (*plain)(struct souk_ctx *ctx, struct souk_str text, uint32_t most);
    int (*render)(struct souk_ctx *ctx, const char *name, struct souk_str locale,
                  const struct souk_value *view, struct souk_str *text);
};

/* clang-format off */

/* The document of a content page: {"key", "status", "footer", "position", "text": {"en": {"title", "slug", "body", "seo_description"}}}. SOUK_NOT_FOUND. [serving; 0.2] */
static inline int souk_content_page(struct souk_ctx *ctx, struct souk_str key, const struct souk_value **page) { return souk_api->content->page(ctx, key, page); }
/* Makes or changes the page of this key. `id` may be NULL. SOUK_INVALID with words. [WRITE TASK; waits; 0.2] */
static inline int souk_content_save(struct souk_ctx *ctx, const struct souk_value *page, int64_t *id) { return souk_api->content->page_save(ctx, page, id); }
/* Markdown, or HTML that somebody wrote, as HTML that is safe to show: put it into a view with souk_set_html. [any; 0.2] */
static inline struct souk_str souk_html(struct souk_ctx *ctx, struct souk_str text) { return souk_api->content->html(ctx, text); }
/* Its words alone, cut at a word's end to `most` bytes; 0: all. [any; 0.2] */
static inline struct souk_str souk_plain(struct souk_ctx *ctx, struct souk_str text, uint32_t most) { return souk_api->content->plain(ctx, text, most); }
/* A template of the plugin's files, "mail/notice" or "mail/notice.txt" (nothing is escaped in the latter), in this language (empty: the call's); addresses are whole
 * ones, slots stay empty. It sees the view, and shop, locale, currency and year. SOUK_NOT_FOUND: no such template; SOUK_INVALID: it fails, with the place. [serving; 0.2] */
static inline int souk_render(struct souk_ctx *ctx, const char *name, struct souk_str locale, const struct souk_value *view, struct souk_str *text) { return souk_api->content->render(ctx, name, locale, view, text); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
