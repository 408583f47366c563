/*
 * bare_feed: the reference for feeds: what it costs to write the bytes of a feed that is there when
 * nothing has to be found out: the file is read, and written again a line at a time through a
 * buffer, with its compressed twin, synced and put in place as the shop does.
 *
 *     bare_feed FILE TO     seconds, bytes
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define ROOM  (256 << 10)
#define LEVEL 5

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static char *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail(path);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, file) != *size)
        fail(path);
    fclose(file);
    return bytes;
}

struct out {
    int plain, packed;
    z_stream zip;
    size_t filled;
    unsigned char buffer[ROOM], zipped[ROOM / 2];
};

static void flush(struct out *out, int how)
{
    if (write(out->plain, out->buffer, out->filled) != (ssize_t)out->filled)
        fail("write");
    out->zip.next_in = out->buffer;
    out->zip.avail_in = (unsigned)out->filled;
    do {
        out->zip.next_out = out->zipped;
        out->zip.avail_out = sizeof out->zipped;
        deflate(&out->zip, how);
        size_t len = sizeof out->zipped - out->zip.avail_out;
        if (write(out->packed, out->zipped, len) != (ssize_t)len)
            fail("write");
    } while (out->zip.avail_out == 0);
    out->filled = 0;
}

static void put(struct out *out, const char *bytes, size_t len)
{
    while (len) {
        size_t take = ROOM - out->filled < len ? ROOM - out->filled : len;
        memcpy(out->buffer + out->filled, bytes, take);
        out->filled += take;
        bytes += take;
        len -= take;
        if (out->filled == ROOM)
            flush(out, Z_NO_FLUSH);
    }
}

static int open_new(const char *path, const char *ending, char name[4200])
{
    snprintf(name, 4200, "%s%s", path, ending);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        fail(name);
    return fd;
}

int main(int argc, char **argv)
{
    static struct out out;
    char plain[4200], packed[4200];
    size_t size, from = 0;
    if (argc != 3)
        return 2;
    char *bytes = read_whole(argv[1], &size);
    double began = now();
    out.plain = open_new(argv[2], "", plain);
    out.packed = open_new(argv[2], ".gz", packed);
    if (deflateInit2(&out.zip, LEVEL, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 1;
    while (from < size) { /* a line at a time: an offer of CSV, an element of XML */
        const char *end = memchr(bytes + from, '\n', size - from);
        size_t len = end ? (size_t)(end - bytes) + 1 - from : size - from;
        put(&out, bytes + from, len);
        from += len;
    }
    flush(&out, Z_FINISH);
    if (fsync(out.plain) != 0 || fsync(out.packed) != 0)
        fail("fsync");
    printf("%f %zu\n", now() - began, size);
    deflateEnd(&out.zip);
    free(bytes);
    return 0;
}
