/*
 * multipart: bodies of multipart/form-data, parsed in one go over the received bytes.
 * Fields go to a list (valid UTF-8, no NUL), parts with a file name to uploads; both
 * are views into the body. Limits: MULTIPART_PARTS parts, MULTIPART_HEAD bytes of
 * headers a part.
 */
#ifndef WEB_MULTIPART_H
#define WEB_MULTIPART_H

#include "web/request.h"

#define MULTIPART_PARTS 200
#define MULTIPART_HEAD  4096

struct multipart {
    struct header_list fields;
    struct upload *uploads;
    size_t upload_count;
};

/* The boundary of a Content-Type; empty when it is not multipart/form-data or its
 * boundary is not a legal one. */
struct souk_str multipart_boundary(struct souk_str content_type);
/* SOUK_INVALID: not well formed; SOUK_TOO_LARGE: over a limit. */
int multipart_parse(struct arena *arena, struct souk_str body, struct souk_str boundary,
                    struct multipart *out);

#endif
