/*
 * page: content pages in Markdown (cmark; raw HTML in them is left out), and the Markdown or HTML
 * of descriptions made safe to show.
 */
#ifndef SHOP_PAGE_H
#define SHOP_PAGE_H

#include "base/json.h"
#include "shop/market.h"
#include "store/db.h"

/* {"key": "terms", "status", "footer", "position", "text": {"en": {"title", "slug", "body",
 * "seo_description"}}} */
int page_save(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
              int64_t *id, int *changed, struct err *err);
int page_find(struct db_conn *conn, struct souk_str key, int64_t *id); /* SOUK_NOT_FOUND */
int page_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc);
int page_remove(struct db_conn *conn, int64_t id, struct err *err);
/* {"title", "body_html", "seo", "urls"}; SOUK_NOT_FOUND for drafts. */
int page_view(struct db_conn *conn, struct arena *arena, const struct market *market, int64_t id,
              struct json **view);
int page_links(struct db_conn *conn, struct arena *arena, const struct market *market,
               struct json *list); /* of the footer: [{"title", "url"}] */

/* Text that looks like HTML (it begins with a tag or has a block tag) is filtered by a whitelist:
 * p br b strong i em u s ul ol li h2-h6 blockquote table thead tbody tr td th a[href] code pre hr
 * dl dt dd sub sup small span div img dropped; http, https, mailto and own paths in links; no
 * attributes else; tags are balanced. Anything else is Markdown. The result is safe (JSON_HTML). */
struct souk_str page_html(struct arena *arena, struct souk_str text);
struct souk_str page_plain(struct arena *arena, struct souk_str text, size_t most); /* for meta */

#endif
