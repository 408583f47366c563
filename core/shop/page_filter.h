/*
 * page_filter: HTML from outside made safe: see page.h for what is let through.
 */
#ifndef SHOP_PAGE_FILTER_H
#define SHOP_PAGE_FILTER_H

#include "base/buf.h"

void page_filter(struct buf *out, struct souk_str html);
/* Is it meant as HTML rather than Markdown? */
int page_is_html(struct souk_str text);
/* One line of text without tags, entities resolved, at most `most` characters, cut between words.
 */
struct souk_str page_strip(struct arena *arena, struct souk_str html, size_t most);
/* The address of a link as it may be followed, entities resolved; empty: it may not. */
struct souk_str page_link(struct arena *arena, struct souk_str raw);
void page_escape(struct buf *out, struct souk_str text); /* & < > " ' */
/* Entities of HTML that matter for links and plain text. */
struct souk_str page_unescape(struct arena *arena, struct souk_str text);

#endif
