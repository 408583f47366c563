/*
 * media: the files of pictures. A name never changes its content, so an answer may be kept for
 * ever. Drawings come under a policy that lets nothing in them run, also when they are opened by
 * themselves.
 */
#include <unistd.h>

#include "app/media.h"
#include "app/storefront/route.h"

#define DRAWING_MOST 65536

static const char quiet[] = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/* Small and text: read whole, so that it goes out compressed. */
static int answer_drawing(struct request *request, int fd, int64_t size)
{
    char *bytes = arena_alloc(&request->arena, (size_t)size + 1);
    ssize_t got = read(fd, bytes, (size_t)size);
    close(fd);
    if (got != size)
        return SOUK_UNAVAILABLE;
    answer_bytes(request, 200, "image/svg+xml", (struct souk_str){bytes, (size_t)got});
    answer_header(request, "cache-control", souk_str("public, max-age=31536000, immutable"));
    return SOUK_OK;
}

int media_show(struct request *request, const struct web_route *route)
{
    struct souk_str name = request_param(request, "file");
    const char *type;
    int64_t size;
    int fd;
    (void)route;
    if (media_open(name, &fd, &size, &type) != SOUK_OK)
        return SOUK_NOT_FOUND;
    int drawing = souk_str_is(souk_str(type), "image/svg+xml");
    int code = SOUK_OK;
    if (drawing && size <= DRAWING_MOST)
        code = answer_drawing(request, fd, size);
    else
        answer_file(request, fd, size, type, name, 1);
    if (code == SOUK_OK && drawing)
        answer_header(request, "content-security-policy", souk_str(quiet));
    return code;
}
