/*
 * document_pdf: paper for parcels: a packing slip on A4 and a label of 100 by 150 mm, as PDF.
 *
 * What stands on them is the core's and the carrier's; where it stands is decided here. The code on
 * both can be scanned: the label's is what the carrier goes by, the slip's is the number of the
 * order.
 */
#include "page.h"

#define A4_WIDTH  POINTS(210)
#define A4_HEIGHT POINTS(297)
#define COLUMNS   8

/* ---- what both have ---- */

/* Lines below each other; the height. */
static double draw_lines(struct page *page, const struct souk_value *lines, double x, double y,
                         double width, double size, int first_bold)
{
    double begin = y;
    struct souk_walk walk = souk_walk(lines);
    int first = 1;
    while (souk_step(&walk)) {
        y += page_text(page, souk_text(walk.value), x, y, width, size, first && first_bold, -1, 1) +
             1;
        first = 0;
    }
    return y - begin;
}

static double draw_facts(struct page *page, const struct souk_value *facts, double x, double y,
                         double width, double size)
{
    double begin = y;
    struct souk_walk walk = souk_walk(facts);
    while (souk_step(&walk)) {
        struct souk_str text =
            souk_printf(page->ctx, "%.*s: %.*s", SOUK_PRI(souk_text(souk_get(walk.value, "label"))),
                        SOUK_PRI(souk_text(souk_get(walk.value, "value"))));
        y += page_text(page, text, x, y, width, size, 0, -1, 1) + 1;
    }
    return y - begin;
}

/* ---- the packing slip ---- */

struct grid {
    const struct souk_value *columns, *lines;
    int count;
    double widths[COLUMNS];
};

static void widen(struct page *page, struct grid *grid, const struct souk_value *cells, int bold)
{
    struct souk_walk walk = souk_walk(cells);
    for (int i = 0; i < grid->count && souk_step(&walk); i++) {
        double width = page_text_width(page, souk_text(walk.value), 10, bold) + 10;
        if (width > grid->widths[i])
            grid->widths[i] = width;
    }
}

/* As wide as their words; the widest gives way when it is too much, or takes what is left. */
static void measure(struct page *page, struct grid *grid)
{
    double sum = 0, all = page->width - 2 * page->margin;
    int widest = 0;
    grid->count = (int)souk_count_of(grid->columns);
    if (grid->count > COLUMNS)
        grid->count = COLUMNS;
    widen(page, grid, grid->columns, 1);
    struct souk_walk walk = souk_walk(grid->lines);
    while (souk_step(&walk))
        widen(page, grid, souk_get(walk.value, "cells"), 0);
    for (int i = 0; i < grid->count; i++) {
        sum += grid->widths[i];
        widest = grid->widths[i] > grid->widths[widest] ? i : widest;
    }
    if (grid->count)
        grid->widths[widest] += all - sum;
    if (grid->count && grid->widths[widest] < 80)
        for (int i = 0; i < grid->count; i++)
            grid->widths[i] = all / grid->count; /* words longer than the paper: all alike */
}

static double draw_cells(struct page *page, const struct grid *grid, const struct souk_value *cells,
                         int bold, int draw)
{
    double x = page->margin, high = 0;
    struct souk_walk walk = souk_walk(cells);
    for (int i = 0; i < grid->count && souk_step(&walk); i++) {
        double height = page_text(page, souk_text(walk.value), x, page->y, grid->widths[i] - 10, 10,
                                  bold, -1, draw);
        high = height > high ? height : high;
        x += grid->widths[i];
    }
    return high;
}

static void draw_head(struct page *page, const struct grid *grid)
{
    page->y += draw_cells(page, grid, grid->columns, 1, 1) + 3;
    page_rule(page, page->y);
    page->y += 5;
}

static void draw_grid(struct page *page, struct grid *grid)
{
    measure(page, grid);
    draw_head(page, grid);
    struct souk_walk walk = souk_walk(grid->lines);
    while (souk_step(&walk)) {
        const struct souk_value *cells = souk_get(walk.value, "cells");
        double height = draw_cells(page, grid, cells, 0, 0);
        if (page->y + height > page->height - page->margin) {
            page_turn(page);
            draw_head(page, grid);
        }
        page->y += draw_cells(page, grid, cells, 0, 1) + 4;
    }
    page_rule(page, page->y);
    page->y += 8;
}

static int draw_slip(struct page *page, const struct souk_value *data)
{
    double half = (page->width - 2 * page->margin) / 2, code_high = 0;
    double right = page->margin + half;
    struct grid grid = {souk_get(data, "columns"), souk_get(data, "lines")};
    struct souk_str code = souk_text(souk_get(data, "code"));
    double high = page_text(page, souk_text(souk_get(data, "title")), page->margin, page->y,
                            half - 10, 20, 1, -1, 1);
    high += page_text(page, souk_text(souk_get(data, "number")), page->margin, page->y + high,
                      half - 10, 13, 0, -1, 1);
    if (code.len) {
        int result =
            page_code(page, souk_str("code128"), code, right, page->y, half, 34, &code_high);
        if (result != SOUK_OK)
            return result;
    }
    page->y += (high > code_high ? high : code_high) + 18;
    double from = draw_lines(page, souk_get(data, "from"), page->margin, page->y, half - 10, 10, 1);
    double to = draw_lines(page, souk_get(data, "to"), right, page->y, half, 11, 1);
    page->y += (from > to ? from : to) + 14;
    page->y += draw_facts(page, souk_get(data, "facts"), page->margin, page->y, 2 * half, 10) + 14;
    draw_grid(page, &grid);
    struct souk_str note = souk_text(souk_get(data, "note"));
    double need = page_text(page, note, page->margin, page->y, 2 * half, 10, 0, -1, 0);
    if (page->y + need > page->height - page->margin)
        page_turn(page);
    page_text(page, note, page->margin, page->y, 2 * half, 10, 0, -1, 1);
    return SOUK_OK;
}

/* ---- the label ---- */

static int draw_label(struct page *page, const struct souk_value *data)
{
    double wide = page->width - 2 * page->margin, height = 0;
    page_box(page, page->margin / 2, page->margin / 2, page->width - page->margin,
             page->height - page->margin);
    page->y += page_text(page, souk_text(souk_get(data, "service")), page->margin, page->y, wide,
                         15, 1, -1, 1);
    page->y += 4;
    page_rule(page, page->y);
    page->y += 5;
    page->y += draw_lines(page, souk_get(data, "from"), page->margin, page->y, wide, 7.5, 0) + 6;
    page_rule(page, page->y);
    page->y += 7;
    page->y += draw_lines(page, souk_get(data, "to"), page->margin, page->y, wide, 13, 1) + 8;
    page_rule(page, page->y);
    page->y += 6;
    page->y += draw_facts(page, souk_get(data, "facts"), page->margin, page->y, wide, 9) + 6;
    double room = page->height - page->margin - page->y - 16;
    if (room < 40)
        room = 40;
    int result =
        page_code(page, souk_text(souk_get(data, "code_type")), souk_text(souk_get(data, "code")),
                  page->margin, page->y, wide, room > 110 ? 110 : room, &height);
    return result;
}

/* ---- the provider ---- */

static int draw(struct souk_ctx *ctx, struct souk_str kind, const struct souk_value *data,
                struct souk_str *file)
{
    struct page page;
    struct souk_str unused;
    int slip = souk_str_is(kind, "packing_slip");
    if (!slip && !souk_str_is(kind, "label"))
        return souk_fail(ctx, SOUK_INVALID, "no such document: \"%.*s\"", SOUK_PRI(kind));
    int code = slip ? page_open(&page, ctx, A4_WIDTH, A4_HEIGHT, 42)
                    : page_open(&page, ctx, POINTS(100), POINTS(150), 14);
    if (code == SOUK_OK)
        code = slip ? draw_slip(&page, data) : draw_label(&page, data);
    int closed = page_close(&page, code == SOUK_OK ? file : &unused);
    return code == SOUK_OK ? closed : code;
}

static const struct souk_document_provider pdf = {
    .size = sizeof pdf,
    .type = "application/pdf",
    .draw = draw,
};

static const struct souk_provider providers[] = {{"document", "pdf", &pdf}};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "document_pdf",
    .version = "1.0.0",
    .summary = "Packing slips and parcel labels as PDF, with codes to be scanned",
    .contact = "souk@example.org",
    .license = "MIT",
    .providers = SOUK_TABLE(providers),
};
