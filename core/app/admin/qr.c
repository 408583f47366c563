/*
 * qr.c: a QR code as an SVG image, for authenticator apps. Dark modules of a row are drawn as runs
 * in one path, so that the image is a few kilobytes.
 */
#include <qrencode.h>
#include "app/admin/admin.h"
#include "base/buf.h"

#define QUIET 4 /* modules of white around, as the standard wants */

static void draw(struct buf *out, const QRcode *code)
{
    int width = code->width;
    for (int y = 0; y < width; y++)
        for (int x = 0; x < width;) {
            int run = 0;
            while (x + run < width && code->data[y * width + x + run] & 1)
                run++;
            if (run)
                buf_printf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
            x += run ? run : 1;
        }
}

int qr_svg(struct arena *arena, struct souk_str text, const char *label, struct souk_str *svg)
{
    struct buf out = {.arena = arena};
    QRcode *code = QRcode_encodeString8bit(arena_cstr(arena, text), 0, QR_ECLEVEL_M);
    if (!code)
        return SOUK_TOO_LARGE;
    int size = code->width + 2 * QUIET;
    buf_printf(&out,
               "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
               "role=\"img\" aria-label=\"%s\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
               "<path fill=\"#000\" d=\"",
               size, size, label, size, size);
    draw(&out, code);
    buf_add_cstr(&out, "\"/></svg>");
    QRcode_free(code);
    *svg = buf_str(&out);
    return SOUK_OK;
}
