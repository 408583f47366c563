/*
 * fuzz_json.c: what json_parse takes, json_print writes so that it is taken again and comes out the
 * same.
 */
#include <stdlib.h>
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buf once = {.arena = &arena};
    struct buf twice = {.arena = &arena};
    struct json *value = NULL;
    struct err err = {0};
    if (json_parse(&arena, str_make((const char *)data, size), &value, &err) == 0) {
        json_print(&once, value);
        if (json_parse(&arena, buf_str(&once), &value, &err) != 0)
            abort();
        json_print(&twice, value);
        if (!souk_str_equal(buf_str(&once), buf_str(&twice)))
            abort();
    } else if (!err.text[0]) {
        abort();
    }
    arena_free(&arena);
    return 0;
}
