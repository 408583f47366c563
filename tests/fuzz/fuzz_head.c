/*
 * fuzz_head: what the first bytes of a picture say, read before any decoder sees it. The reader is
 * souk-image's, not the library's. Sizes are never below zero and never larger than their fields.
 */
#include "app/image/image.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const starts[] = {"",
                                         "\xff\xd8\xff\xe1",
                                         "\x89PNG\r\n\x1a\n",
                                         "GIF89a",
                                         "RIFF\0\0\0\0WEBPVP8",
                                         "\0\0\0\x1c"
                                         "ftypavif"};
    static const size_t lens[] = {0, 4, 8, 6, 15, 12};
    struct head head;
    if (len == 0)
        return 0;
    size_t kind = bytes[0] % (sizeof starts / sizeof *starts);
    size_t whole = lens[kind] + len - 1;
    unsigned char *copy = malloc(whole ? whole : 1); /* its end is the end: reading on is seen */
    memcpy(copy, starts[kind], lens[kind]);
    memcpy(copy + lens[kind], bytes + 1, len - 1);
    head_read(&head, copy, whole);
    if (head.width < 0 || head.height < 0 || head.width > UINT32_MAX || head.height > UINT32_MAX ||
        head.orientation < 1 || head.orientation > 8)
        abort();
    free(copy);
    return 0;
}
