/*
 * page: a sheet of paper that grows: text and bars at places given in points (1/72 inch) from the
 * top left, kept as PDF in memory. Letters are laid out by Pango, so that Bengali and Armenian read
 * as they should.
 */
#ifndef DOCUMENT_PAGE_H
#define DOCUMENT_PAGE_H

#include <souk.h>

#include <cairo.h>
#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#define POINTS(mm) ((mm)*72.0 / 25.4)

struct page {
    struct souk_ctx *ctx;
    cairo_surface_t *surface;
    cairo_t *cairo;
    double width, height, margin;
    double y; /* where the next thing goes */
    char *bytes;
    size_t len, cap;
    int failed;
};

int page_open(struct page *page, struct souk_ctx *ctx, double width, double height, double margin);
/* The file, in the call's memory; everything else is given back. */
int page_close(struct page *page, struct souk_str *file);

/* Text in a column; how high it became. `size` in points; `bold`; align -1 left, 1 right, 0 centre.
 * With draw 0 it is only measured. */
double page_text(struct page *page, struct souk_str text, double x, double y, double width,
                 double size, int bold, int align, int draw);
double page_text_width(struct page *page, struct souk_str text, double size, int bold);
void page_rule(struct page *page, double y);
void page_box(struct page *page, double x, double y, double width, double height);
void page_turn(struct page *page); /* a new sheet; y at its top */

/* A code to be scanned. "code128", "gs1_128", "ean13", "qr"; the words below it for people.
 * SOUK_INVALID with words: it cannot be written so. *height: what it took. */
int page_code(struct page *page, struct souk_str type, struct souk_str code, double x, double y,
              double width, double most, double *height);

#endif
