/*
 * code.c: codes to be scanned, made by zint as rectangles and drawn as such, so that they are sharp
 * at any size.
 *
 * zint only warns when a check digit is wrong; here a wrong one is refused: a parcel with a code
 * that no scanner takes is worse than none.
 */
#include "page.h"

#include <zint.h>

#define QUIET 10 /* modules of nothing on both sides of a line code */

static const struct {
    const char *name;
    int symbology;
} types[] = {{"code128", BARCODE_CODE128},
             {"gs1_128", BARCODE_GS1_128},
             {"ean13", BARCODE_EANX},
             {"qr", BARCODE_QRCODE}};

static int symbology_of(struct souk_str type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (souk_str_is(type, types[i].name))
            return types[i].symbology;
    return type.len ? 0 : BARCODE_CODE128;
}

/* GS1 General Specifications 7.9: weights 3 and 1 from the right. */
static int check_digit_fits(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return 0;
        int weight = (count - 1 - i) % 2 ? 3 : 1;
        sum += weight * (digits[i] - '0');
    }
    return sum % 10 == 0;
}

/* The number of a logistic unit: "00" and 18 digits, or "(00)" before them. */
static const char *problem_of(int symbology, struct souk_str code)
{
    if (symbology == BARCODE_EANX && (code.len != 13 || !check_digit_fits(code.ptr, 13)))
        return "an EAN-13 has 13 digits, the last of which is its check digit";
    if (symbology != BARCODE_GS1_128)
        return NULL;
    size_t skip = code.len > 4 && memcmp(code.ptr, "(00)", 4) == 0 ? 4 : 2;
    int serial = code.len > 2 && (skip == 4 || memcmp(code.ptr, "00", 2) == 0);
    if (serial && (code.len - skip != 18 || !check_digit_fits(code.ptr + skip, 18)))
        return "an SSCC has 18 digits, the last of which is its check digit";
    return NULL;
}

/* zint wants application identifiers in brackets: "[00]…". */
static struct souk_str bracketed(struct souk_ctx *ctx, struct souk_str code)
{
    if (code.len && code.ptr[0] == '(') {
        struct souk_str copy = souk_copy(ctx, code);
        for (size_t i = 0; i < copy.len; i++) {
            char *at = (char *)(uintptr_t)copy.ptr + i;
            *at = (char)(*at == '(' ? '[' : *at == ')' ? ']' : *at);
        }
        return copy;
    }
    return souk_printf(ctx, "[%.*s]%.*s", 2, code.ptr, (int)code.len - 2, code.ptr + 2);
}

static void draw(struct page *page, const struct zint_vector *vector, double x, double y,
                 double scale, double tall)
{
    cairo_set_source_rgb(page->cairo, 0, 0, 0);
    for (const struct zint_vector_rect *rect = vector->rectangles; rect; rect = rect->next)
        cairo_rectangle(page->cairo, x + (double)rect->x * scale, y + (double)rect->y * tall,
                        (double)rect->width * scale, (double)rect->height * tall);
    cairo_fill(page->cairo);
}

static int encode(struct page *page, struct zint_symbol *symbol, struct souk_str code)
{
    struct souk_str text = symbol->symbology == BARCODE_GS1_128 ? bracketed(page->ctx, code)
                                                                : souk_copy(page->ctx, code);
    symbol->show_hrt = 0;
    symbol->input_mode = symbol->symbology == BARCODE_GS1_128 ? GS1_MODE : UNICODE_MODE;
    int code_of = ZBarcode_Encode(symbol, (const unsigned char *)text.ptr, (int)text.len);
    if (code_of < ZINT_ERROR)
        code_of = ZBarcode_Buffer_Vector(symbol, 0);
    if (code_of >= ZINT_ERROR || !symbol->vector)
        return souk_fail(page->ctx, SOUK_INVALID, "the code \"%.*s\" cannot be written: %s",
                         SOUK_PRI(code), symbol->errtxt);
    return SOUK_OK;
}

int page_code(struct page *page, struct souk_str type, struct souk_str code, double x, double y,
              double width, double most, double *height)
{
    int symbology = symbology_of(type);
    const char *problem = symbology ? problem_of(symbology, code) : "no such kind of code";
    *height = 0;
    if (!code.len || problem)
        return souk_fail(page->ctx, SOUK_INVALID, "the code \"%.*s\": %s", SOUK_PRI(code),
                         problem ? problem : "it is empty");
    struct zint_symbol *symbol = ZBarcode_Create();
    if (!symbol)
        return souk_fail(page->ctx, SOUK_ERROR, "no memory for a code");
    symbol->symbology = symbology;
    int result = encode(page, symbol, code);
    if (result == SOUK_OK) {
        double wide = (double)symbol->vector->width, high = (double)symbol->vector->height;
        int square = symbology == BARCODE_QRCODE;
        double scale = width / (wide + 2 * QUIET * 2.0);
        if (square && scale * high > most)
            scale = most / high;
        double tall = square ? scale : most / high;
        draw(page, symbol->vector, x + (width - wide * scale) / 2, y, scale, tall);
        *height = high * tall;
    }
    ZBarcode_Delete(symbol);
    if (result == SOUK_OK)
        *height += 2 + page_text(page, code, x, y + *height + 2, width, 9, 0, 0, 1);
    return result;
}
