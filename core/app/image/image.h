/*
 * image: the parts of souk-image: the sandbox, and pictures from bytes to bytes.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <gd.h>
#include <stddef.h>

#define PICTURE_WHOLE 1600 /* pixels: no file is wider */

enum { ENCODE_JPEG, ENCODE_PNG, ENCODE_WEBP };

struct picture {
    gdImagePtr pixels; /* true colour, upright */
    int alpha;         /* some pixel lets the ground through */
};

/* Ends the process with "refused REASON". */
void image_refuse(const char *why) __attribute__((noreturn));

/* From here on only memory and the open descriptors. */
void sandbox_enter(void);

/* The size is read from the head before anything is decoded. */
void picture_decode(struct picture *picture, const unsigned char *bytes, size_t len);
gdImagePtr picture_scale(const struct picture *picture, int width);
void *picture_encode(gdImagePtr pixels, int as, int *len); /* gdFree */

/* head.c: what the first bytes say. */
enum { HEAD_UNKNOWN, HEAD_JPEG, HEAD_PNG, HEAD_GIF, HEAD_WEBP, HEAD_AVIF };
struct head {
    int type;
    long width, height; /* 0: not said in a known place */
    int orientation;    /* EXIF: 1 … 8 */
};
void head_read(struct head *head, const unsigned char *bytes, size_t len);

#endif
