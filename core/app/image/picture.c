/*
 * picture: bytes to pixels and back, with libgd. Pixels are made upright by the camera's note, and
 * brought to true colour; a picture without a transparent pixel counts as one without alpha,
 * whatever its file says, so that photographs kept as PNG become small JPEGs.
 */
#include "app/image/image.h"

#include <stdlib.h>

#define SIDE_MOST    16000L
#define PIXELS_MOST  (40L * 1000 * 1000)
#define JPEG_QUALITY 84
#define WEBP_QUALITY 80
#define PNG_LEVEL    8

static gdImagePtr decode(const struct head *head, const unsigned char *bytes, size_t len)
{
    int size = (int)len;
    void *data = (void *)(unsigned long)bytes; /* gd reads only */
    switch (head->type) {
    case HEAD_JPEG: return gdImageCreateFromJpegPtrEx(size, data, 1);
    case HEAD_PNG: return gdImageCreateFromPngPtr(size, data);
    case HEAD_GIF: return gdImageCreateFromGifPtr(size, data);
    case HEAD_WEBP: return gdImageCreateFromWebpPtr(size, data);
    case HEAD_AVIF: return gdImageCreateFromAvifPtr(size, data);
    default: return NULL;
    }
}

static gdImagePtr turn(gdImagePtr pixels, int angle)
{
    gdImagePtr turned = gdImageRotateInterpolated(pixels, (float)angle, 0);
    if (!turned)
        image_refuse("there is not enough memory to turn the picture");
    gdImageDestroy(pixels);
    return turned;
}

/* EXIF 2.3, tag 0x0112: 2 mirrored, 3 upside down, 4 both, 5 to 8 lying. */
static gdImagePtr upright(gdImagePtr pixels, int orientation)
{
    if (orientation == 2 || orientation == 5 || orientation == 7)
        gdImageFlipHorizontal(pixels);
    if (orientation == 4)
        gdImageFlipVertical(pixels);
    if (orientation == 3)
        gdImageFlipBoth(pixels);
    if (orientation == 6 || orientation == 7)
        pixels = turn(pixels, 270);
    if (orientation == 5 || orientation == 8)
        pixels = turn(pixels, 90);
    return pixels;
}

static int has_alpha(gdImagePtr pixels)
{
    for (int y = 0; y < gdImageSY(pixels); y++)
        for (int x = 0; x < gdImageSX(pixels); x++)
            if (gdTrueColorGetAlpha(gdImageTrueColorPixel(pixels, x, y)))
                return 1;
    return 0;
}

static void refuse_huge(long width, long height)
{
    if (width > SIDE_MOST || height > SIDE_MOST || width * height > PIXELS_MOST)
        image_refuse("it has more than 40 million pixels");
}

void picture_decode(struct picture *picture, const unsigned char *bytes, size_t len)
{
    struct head head;
    head_read(&head, bytes, len);
    if (head.type == HEAD_UNKNOWN)
        image_refuse("it is no JPEG, PNG, WebP, AVIF or GIF");
    if (head.width <= 0 || head.height <= 0)
        image_refuse("its size cannot be read");
    refuse_huge(head.width, head.height);
    gdImagePtr pixels = decode(&head, bytes, len);
    if (!pixels)
        image_refuse("it is broken");
    refuse_huge(gdImageSX(pixels), gdImageSY(pixels)); /* a head may say something else */
    if (!gdImageTrueColor(pixels) && !gdImagePaletteToTrueColor(pixels))
        image_refuse("there is not enough memory for its colours");
    picture->pixels = upright(pixels, head.orientation);
    picture->alpha = has_alpha(picture->pixels);
}

gdImagePtr picture_scale(const struct picture *picture, int width)
{
    int from_width = gdImageSX(picture->pixels);
    int from_height = gdImageSY(picture->pixels);
    int height = (int)(((long)from_height * width + from_width / 2) / from_width);
    gdImagePtr scaled = gdImageCreateTrueColor(width, height ? height : 1);
    if (!scaled)
        image_refuse("there is not enough memory for a size");
    gdImageAlphaBlending(scaled, 0);
    gdImageSaveAlpha(scaled, picture->alpha);
    gdImageCopyResampled(scaled, picture->pixels, 0, 0, 0, 0, width, gdImageSY(scaled), from_width,
                         from_height);
    gdImageInterlace(scaled, 1); /* JPEG: progressive */
    return scaled;
}

void *picture_encode(gdImagePtr pixels, int as, int *len)
{
    switch (as) {
    case ENCODE_JPEG: return gdImageJpegPtr(pixels, len, JPEG_QUALITY);
    case ENCODE_PNG: /* interlacing makes a PNG larger */
        gdImageInterlace(pixels, 0);
        return gdImagePngPtrEx(pixels, len, PNG_LEVEL);
    default: return gdImageWebpPtrEx(pixels, len, WEBP_QUALITY);
    }
}
