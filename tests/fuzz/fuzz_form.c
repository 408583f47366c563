/*
 * fuzz_form.c: bodies of forms, urlencoded and multipart, and cookies. The first byte says which;
 * for multipart the first line is the Content-Type. Fields that come out are valid UTF-8.
 */
#include <stdlib.h>
#include "base/str.h"
#include "base/utf8.h"
#include "web/form.h"
#include "web/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct header_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct souk_str value = list->at[i].value;
        if (list->at[i].name.len == 0 || !utf8_valid(value) ||
            (value.len && memchr(value.ptr, 0, value.len)))
            abort();
    }
}

static void multipart(struct arena *arena, struct souk_str text)
{
    struct souk_str type;
    struct multipart parts;
    str_split(&text, '\n', &type);
    struct souk_str boundary = multipart_boundary(type);
    if (boundary.len == 0 || multipart_parse(arena, text, boundary, &parts) != 0)
        return;
    check(&parts.fields);
    for (size_t i = 0; i < parts.upload_count; i++) {
        struct souk_str name = parts.uploads[i].filename;
        if (name.len && (memchr(name.ptr, '/', name.len) || !utf8_valid(name)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct header_list list = {0};
    if (size == 0)
        return 0;
    struct souk_str text = arena_str(&arena, str_make((const char *)data + 1, size - 1));
    if (data[0] == 'm') {
        multipart(&arena, text);
    } else if (data[0] == 'c') {
        form_parse_cookies(text, &arena, &list);
    } else {
        form_parse(&arena, text, FORM_FIELDS, &list);
        check(&list);
    }
    arena_free(&arena);
    return 0;
}
