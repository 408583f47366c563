/*
 * page_part: what the handlers of the storefront share: the terms of the request, addresses to
 * targets, and the head of a page (canonical address, languages, Open Graph, structured data).
 *
 * Absolute addresses are made of the shop's own `url`. Without it they begin as the request did
 * (page_base): the page cache tells hosts apart, so whoever sends a Host of their own is the only
 * one who sees it. What is mailed or kept never takes anything from the request (page_absolute).
 */
#ifndef STOREFRONT_PAGE_PART_H
#define STOREFRONT_PAGE_PART_H

#include "base/json.h"
#include "shop/listing.h"
#include "web/request.h"

/* The terms for this visitor: language, moment, and the price group of who is signed in. */
struct market page_market(struct request *request);

/* The target of route parameter "slug". 0: *target is it. 1: answered already (301 to the current
 * address, or to that of this language). Else SOUK_NOT_FOUND or a failure. */
int page_resolve(struct request *request, const char *kind, int64_t *target);

/* Sends a rendered page of the core. */
int page_send(struct request *request, const char *name, const struct json *view);

/* ---- what is the same on every page in a language (frame.c) ---- */

struct frame { /* kept beyond the request: to be read only */
    const struct json *nav, *footer_pages;
    const struct json *delivery, *home; /* pages with these keys, as page_view; NULL: none */
};
/* In the request's snapshot; good until the request ends. */
const struct frame *frame_of(struct request *request, const struct market *market);

/* ---- the head of a page ---- */

struct page_head {
    struct souk_str path;        /* of the page itself, with the locale's prefix: "/bg/c/tea" */
    struct souk_str query;       /* what belongs to the canonical address: "page=2"; empty */
    struct souk_str title;       /* without the shop's name */
    struct souk_str description; /* plain text */
    struct souk_str image;       /* a path; empty */
    const char *type;            /* Open Graph: "website", "product", "article" */
    const struct json *urls;     /* {locale: path}: where the other languages are; may be NULL */
    int noindex;
    struct json *graph; /* of JSON-LD: an array; may be NULL */
};
/* Adds "title", "canonical", "alternates", "open_graph", "noindex", "jsonld" and "urls" to a view.
 */
void page_head_add(struct request *request, struct json *view, const struct page_head *head);
/* For what is mailed or kept: "https://shop.example" before a path where the shop has an address;
 * the path alone otherwise. */
struct souk_str page_absolute(struct arena *arena, struct souk_str path);
/* For the answer to this request: "https://shop.example", or else scheme and host as they came.
 * Empty when the host is not a name, an address or either with a port. */
struct souk_str page_base(struct request *request);
/* page_base before a path. */
struct souk_str page_address(struct request *request, struct souk_str path);
/* {locale: path} of a path that is the same in all languages: "/" or "/search". */
struct json *page_urls(struct arena *arena, struct souk_str path);
struct souk_str page_localized(struct arena *arena, const char *locale, struct souk_str path);
/* seo.title or else the name; seo.description or else what is given. */
struct souk_str page_seo(const struct json *view, const char *member, struct souk_str otherwise);

/* ---- structured data (jsonld.c) ---- */

struct json *jsonld_shop(struct request *request, const char *locale, struct json *graph);
void jsonld_breadcrumb(struct request *request, struct json *graph, const struct json *breadcrumb,
                       struct souk_str name, struct souk_str path);
/* `one`: the address chooses a variant, so there is one offer, that of view.selected. */
void jsonld_product(struct request *request, struct json *graph, const struct json *view, int one);

/* ---- lists (list.c) ---- */

struct list_page {
    int64_t category_id;  /* 0: all, or what the query says */
    struct souk_str path; /* of this page, with the locale's prefix */
    struct souk_str sort; /* where the query names none; empty: the list's own default */
    struct listing_result *result;
};
/* Reads the query, runs the list and adds to the view: "products", "total", "filters",
 * "selected_filters", "clear_url", "sort", "sort_chosen", "q", "list_url",
 * "pager", "filtered". *canonical is the query of the
 * canonical address. SOUK_NOT_FOUND: behind the last page. SOUK_INVALID with words. */
int list_add(struct request *request, const struct market *market, struct list_page *page,
             struct json *view, struct souk_str *canonical, struct err *err);

#endif
