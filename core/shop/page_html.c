/*
 * page_html.c: Markdown (by cmark) and HTML of texts, made safe to show.
 *
 * Of Markdown, raw HTML is left out, links go where links of HTML may go, pictures are shown from
 * the shop's own paths only (others become their description), and headings begin with h2: h1 is
 * the page's title.
 */
#include <cmark.h>
#include <stdlib.h>
#include "base/str.h"
#include "shop/page.h"
#include "shop/page_filter.h"

static int smallest_heading(cmark_node *root)
{
    int smallest = 7;
    cmark_iter *iter = cmark_iter_new(root);
    for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        if (event == CMARK_EVENT_ENTER && cmark_node_get_type(node) == CMARK_NODE_HEADING &&
            cmark_node_get_heading_level(node) < smallest)
            smallest = cmark_node_get_heading_level(node);
    }
    cmark_iter_free(iter);
    return smallest;
}

/* The node makes room for its children. */
static void unwrap(cmark_node *node)
{
    cmark_node *child;
    while ((child = cmark_node_first_child(node)))
        cmark_node_insert_before(node, child);
    cmark_node_unlink(node);
    cmark_node_free(node);
}

/* What may not be shown as it is. */
static void mend(struct arena *arena, cmark_node *node, int shift)
{
    const char *url = cmark_node_get_url(node);
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_HTML_BLOCK:
    case CMARK_NODE_HTML_INLINE:
        cmark_node_unlink(node);
        cmark_node_free(node);
        break;
    case CMARK_NODE_HEADING:
        if (cmark_node_get_heading_level(node) + shift <= 6)
            cmark_node_set_heading_level(node, cmark_node_get_heading_level(node) + shift);
        break;
    case CMARK_NODE_LINK:
        cmark_node_set_title(node, "");
        if (!page_link(arena, souk_str(url)).len)
            unwrap(node);
        break;
    case CMARK_NODE_IMAGE:
        if (!url || url[0] != '/' || url[1] == '/' || url[1] == '\\')
            unwrap(node);
        break;
    default: break;
    }
}

/* A leaf is only entered, all else is left too: at these moments a node may be taken away. */
static void mend_all(struct arena *arena, cmark_node *root)
{
    int shift = smallest_heading(root) == 1;
    cmark_iter *iter = cmark_iter_new(root);
    for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        if (event == CMARK_EVENT_EXIT || type == CMARK_NODE_HTML_BLOCK ||
            type == CMARK_NODE_HTML_INLINE)
            mend(arena, node, shift);
    }
    cmark_iter_free(iter);
}

static struct souk_str from_markdown(struct arena *arena, struct souk_str text)
{
    cmark_node *root = cmark_parse_document(text.ptr, text.len, CMARK_OPT_DEFAULT);
    mend_all(arena, root);
    char *html = cmark_render_html(root, CMARK_OPT_DEFAULT);
    struct souk_str kept = arena_str(arena, souk_str(html));
    free(html);
    cmark_node_free(root);
    return kept;
}

struct souk_str page_html(struct arena *arena, struct souk_str text)
{
    if (!str_trim(text).len)
        return souk_str("");
    if (!page_is_html(text))
        return from_markdown(arena, text);
    struct buf out = {.arena = arena};
    page_filter(&out, text);
    return buf_str(&out);
}

struct souk_str page_plain(struct arena *arena, struct souk_str text, size_t most)
{
    return page_strip(arena, page_html(arena, text), most);
}
