/*
 * page.c: cairo and Pango behind page.h. The PDF is gathered in memory of our own, because it
 * grows, and copied into the call's memory once, at the end.
 */
#include "page.h"

#include <stdlib.h>

#define FONT "DejaVu Sans, Noto Sans, Noto Sans Bengali, Noto Sans Armenian, sans-serif"

static cairo_status_t gather(void *closure, const unsigned char *data, unsigned int length)
{
    struct page *page = closure;
    if (page->len + length > page->cap) {
        size_t cap = page->cap ? page->cap * 2 : 32768;
        while (cap < page->len + length)
            cap *= 2;
        char *more = realloc(page->bytes, cap);
        if (!more)
            return CAIRO_STATUS_NO_MEMORY;
        page->bytes = more;
        page->cap = cap;
    }
    memcpy(page->bytes + page->len, data, length);
    page->len += length;
    return CAIRO_STATUS_SUCCESS;
}

int page_open(struct page *page, struct souk_ctx *ctx, double width, double height, double margin)
{
    *page =
        (struct page){.ctx = ctx, .width = width, .height = height, .margin = margin, .y = margin};
    page->surface = cairo_pdf_surface_create_for_stream(gather, page, width, height);
    page->cairo = cairo_create(page->surface);
    return cairo_status(page->cairo) == CAIRO_STATUS_SUCCESS ? SOUK_OK : SOUK_ERROR;
}

int page_close(struct page *page, struct souk_str *file)
{
    cairo_show_page(page->cairo);
    int failed = cairo_status(page->cairo) != CAIRO_STATUS_SUCCESS;
    cairo_destroy(page->cairo);
    cairo_surface_finish(page->surface);
    failed |= cairo_surface_status(page->surface) != CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(page->surface);
    if (!failed) {
        struct souk_str bytes = {page->bytes, page->len};
        *file = souk_copy(page->ctx, bytes);
    }
    free(page->bytes);
    page->bytes = NULL;
    return failed ? souk_fail(page->ctx, SOUK_ERROR, "the PDF could not be written") : SOUK_OK;
}

/* ---- text ---- */

static PangoLayout *lay_out(struct page *page, struct souk_str text, double width, double size,
                            int bold, int align)
{
    PangoLayout *layout = pango_cairo_create_layout(page->cairo);
    PangoFontDescription *font = pango_font_description_from_string(FONT);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text.ptr, (int)text.len);
    if (width > 0) {
        pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    }
    pango_layout_set_alignment(layout, align < 0   ? PANGO_ALIGN_LEFT
                                       : align > 0 ? PANGO_ALIGN_RIGHT
                                                   : PANGO_ALIGN_CENTER);
    return layout;
}

double page_text(struct page *page, struct souk_str text, double x, double y, double width,
                 double size, int bold, int align, int draw)
{
    int w, h;
    PangoLayout *layout = lay_out(page, text, width, size, bold, align);
    pango_layout_get_size(layout, &w, &h);
    if (draw) {
        cairo_set_source_rgb(page->cairo, 0, 0, 0);
        cairo_move_to(page->cairo, x, y);
        pango_cairo_show_layout(page->cairo, layout);
    }
    g_object_unref(layout);
    return text.len ? (double)h / PANGO_SCALE : 0;
}

double page_text_width(struct page *page, struct souk_str text, double size, int bold)
{
    int w, h;
    PangoLayout *layout = lay_out(page, text, 0, size, bold, -1);
    pango_layout_get_size(layout, &w, &h);
    g_object_unref(layout);
    return (double)w / PANGO_SCALE;
}

/* ---- lines and sheets ---- */

void page_rule(struct page *page, double y)
{
    cairo_set_source_rgb(page->cairo, 0.6, 0.6, 0.6);
    cairo_set_line_width(page->cairo, 0.6);
    cairo_move_to(page->cairo, page->margin, y);
    cairo_line_to(page->cairo, page->width - page->margin, y);
    cairo_stroke(page->cairo);
}

void page_box(struct page *page, double x, double y, double width, double height)
{
    cairo_set_source_rgb(page->cairo, 0, 0, 0);
    cairo_set_line_width(page->cairo, 1);
    cairo_rectangle(page->cairo, x, y, width, height);
    cairo_stroke(page->cairo);
}

void page_turn(struct page *page)
{
    cairo_show_page(page->cairo);
    page->y = page->margin;
}
