/*
 * head: what the first bytes of a picture say: its type, how large it will be, and which way up it
 * was taken. Read before any decoder runs, so that a small file that would fill the memory is
 * refused by its own words. Every step is checked against the length.
 */
#include "app/image/image.h"

#include <string.h>

static unsigned be16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static unsigned le16(const unsigned char *at)
{
    return (unsigned)at[1] << 8 | at[0];
}

static long be32(const unsigned char *at)
{
    return (long)be16(at) << 16 | (long)be16(at + 2);
}

static long le24(const unsigned char *at)
{
    return (long)le16(at) | (long)at[2] << 16;
}

/* ---- JPEG ---- */

/* The orientation tag (0x0112) of the first directory of a TIFF block. */
static int exif_orientation(const unsigned char *tiff, size_t len)
{
    if (len < 14)
        return 1;
    int little = tiff[0] == 'I';
    unsigned (*word)(const unsigned char *) = little ? le16 : be16;
    size_t at =
        little ? (size_t)le16(tiff + 4) | (size_t)le16(tiff + 6) << 16 : (size_t)be32(tiff + 4);
    if (at > len || len - at < 2)
        return 1;
    unsigned entries = word(tiff + at);
    at += 2;
    for (; entries && len - at >= 12; entries--, at += 12)
        if (word(tiff + at) == 0x0112) {
            unsigned value = word(tiff + at + 8);
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    return 1;
}

static int starts_frame(unsigned marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static void read_jpeg(struct head *head, const unsigned char *bytes, size_t len)
{
    size_t at = 2;
    while (len - at >= 9 && bytes[at] == 0xff) {
        unsigned marker = bytes[at + 1];
        size_t size = be16(bytes + at + 2);
        if (marker == 0xff || (marker >= 0xd0 && marker <= 0xd8)) { /* filling, or no length */
            at += marker == 0xff ? 1 : 2;
            continue;
        }
        if (size < 2 || size > len - at - 2)
            return;
        if (marker == 0xe1 && size > 8 && memcmp(bytes + at + 4, "Exif\0", 6) == 0)
            head->orientation = exif_orientation(bytes + at + 10, size - 8);
        if (starts_frame(marker)) {
            head->height = (long)be16(bytes + at + 5);
            head->width = (long)be16(bytes + at + 7);
            return;
        }
        at += 2 + size;
    }
}

/* ---- the others ---- */

static void read_webp(struct head *head, const unsigned char *bytes, size_t len)
{
    if (len < 30)
        return;
    if (memcmp(bytes + 12, "VP8X", 4) == 0) {
        head->width = le24(bytes + 24) + 1;
        head->height = le24(bytes + 27) + 1;
    } else if (memcmp(bytes + 12, "VP8L", 4) == 0) {
        unsigned long bits = (unsigned long)le24(bytes + 21) | (unsigned long)bytes[24] << 24;
        head->width = (long)(bits & 0x3fff) + 1;
        head->height = (long)(bits >> 14 & 0x3fff) + 1;
    } else if (memcmp(bytes + 12, "VP8 ", 4) == 0) {
        head->width = (long)(le16(bytes + 26) & 0x3fff);
        head->height = (long)(le16(bytes + 28) & 0x3fff);
    }
}

/* The "ispe" property holds the size; the first one found counts. */
static void read_avif(struct head *head, const unsigned char *bytes, size_t len)
{
    size_t most = len < 65536 ? len : 65536;
    for (size_t at = 12; at + 16 <= most; at++)
        if (memcmp(bytes + at, "ispe", 4) == 0) {
            head->width = be32(bytes + at + 8);
            head->height = be32(bytes + at + 12);
            return;
        }
}

void head_read(struct head *head, const unsigned char *bytes, size_t len)
{
    *head = (struct head){.orientation = 1};
    if (len < 16)
        return;
    if (memcmp(bytes, "\xff\xd8\xff", 3) == 0) {
        head->type = HEAD_JPEG;
        read_jpeg(head, bytes, len);
    } else if (memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0 && len >= 24) {
        head->type = HEAD_PNG;
        head->width = be32(bytes + 16);
        head->height = be32(bytes + 20);
    } else if (memcmp(bytes, "GIF8", 4) == 0) {
        head->type = HEAD_GIF;
        head->width = (long)le16(bytes + 6);
        head->height = (long)le16(bytes + 8);
    } else if (memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0) {
        head->type = HEAD_WEBP;
        read_webp(head, bytes, len);
    } else if (memcmp(bytes + 4, "ftypavif", 8) == 0 || memcmp(bytes + 4, "ftypavis", 8) == 0) {
        head->type = HEAD_AVIF;
        read_avif(head, bytes, len);
    }
}
