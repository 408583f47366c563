/*
 * main: souk-image, a program of its own that makes the sizes of one picture. The shop runs it for
 * each new picture, because decoders of strangers' files are where image bugs live: here they can
 * hurt nobody.
 *
 * In: the picture's bytes on standard input, at most 32 MiB: JPEG, PNG, WebP, AVIF, GIF, told by
 * content. Out, on standard output: a line "picture TYPE WIDTH HEIGHT", then for each file a line
 * "file WIDTH EXTENSION BYTES" (WIDTH 0: the whole picture, at most 1,600 pixels wide) followed by
 * its bytes, then "done". What cannot be used gives one line "refused REASON" and exit 1.
 *
 * When the input has been read all rights go (sandbox.c): no files, no network, no processes;
 * memory and time are limited. Nothing of the input is kept but its pixels: EXIF data and profiles
 * go, the orientation is applied first.
 */
#include "app/image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MOST ((size_t)32 << 20)

static const int widths[] = {200, 400, 800, 1200};

void image_refuse(const char *why)
{
    printf("refused %s\n", why);
    fflush(stdout);
    _exit(1);
}

static unsigned char *read_all(size_t *len)
{
    size_t room = 1 << 20;
    unsigned char *bytes = malloc(room);
    *len = 0;
    for (;;) {
        if (*len == room) {
            if (room >= INPUT_MOST)
                image_refuse("the file is larger than 32 MiB");
            room *= 2;
            unsigned char *more = realloc(bytes, room);
            if (!more)
                image_refuse("there is not enough memory");
            bytes = more;
        }
        ssize_t got = bytes ? read(STDIN_FILENO, bytes + *len, room - *len) : -1;
        if (got < 0)
            image_refuse("the input cannot be read");
        if (got == 0)
            return bytes;
        *len += (size_t)got;
    }
}

static void put(int width, const char *extension, const void *bytes, int len)
{
    if (!bytes || len <= 0)
        image_refuse("the picture cannot be encoded");
    printf("file %d %s %d\n", width, extension, len);
    fwrite(bytes, 1, (size_t)len, stdout);
}

static void put_size(const struct picture *picture, int width, int named)
{
    int len = 0;
    gdImagePtr scaled = picture_scale(picture, width);
    void *bytes = picture_encode(scaled, picture->alpha ? ENCODE_PNG : ENCODE_JPEG, &len);
    put(named, picture->alpha ? "png" : "jpg", bytes, len);
    gdFree(bytes);
    bytes = picture_encode(scaled, ENCODE_WEBP, &len);
    put(named, "webp", bytes, len);
    gdFree(bytes);
    gdImageDestroy(scaled);
}

int main(void)
{
    struct picture picture;
    size_t len;
    unsigned char *bytes = read_all(&len);
    sandbox_enter();
    picture_decode(&picture, bytes, len);
    free(bytes);
    int width = gdImageSX(picture.pixels);
    int height = gdImageSY(picture.pixels);
    printf("picture %s %d %d\n", picture.alpha ? "image/png" : "image/jpeg", width, height);
    put_size(&picture, width < PICTURE_WHOLE ? width : PICTURE_WHOLE, 0);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (widths[i] < width)
            put_size(&picture, widths[i], widths[i]);
    gdImageDestroy(picture.pixels);
    printf("done\n");
    return fflush(stdout) == 0 ? 0 : 1;
}
