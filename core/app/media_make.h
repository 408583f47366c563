/*
 * media_make: one picture from bytes to files, by the program souk-image.
 */
#ifndef APP_MEDIA_MAKE_H
#define APP_MEDIA_MAKE_H

#include "base/err.h"
#include "shop/image.h"

/* Writes the files of one picture into `folder`/<first two digits>/ and says what was made. SVG is
 * taken as it is. SOUK_INVALID with the reason when it cannot be used. */
int media_make(struct arena *arena, const char *folder, struct souk_str bytes,
               struct image_files *files, struct err *err);
/* 1 when the bytes begin like an SVG document. */
int media_is_svg(struct souk_str bytes);

#endif
