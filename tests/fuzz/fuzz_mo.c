/*
 * fuzz_mo.c: a catalogue of any bytes: refused or readable, plural rule and all.
 */
#include <stdlib.h>
#include "base/str.h"
#include "web/i18n.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct i18n *i18n = i18n_new();
    struct err err = {0};
    volatile size_t sum = 0;
    char *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    if (i18n_add(i18n, "souk", "bg", str_make(copy, size), &err) == 0) {
        static const int64_t numbers[] = {0, 1, 2, 5, 21, -1, INT64_MIN, INT64_MAX};
        sum += i18n_text(i18n, "souk", "bg", souk_str("Main")).len;
        for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
            struct souk_str text = i18n_plural(i18n, "souk", "bg", souk_str("one guest"),
                                               souk_str("{count} guests"), numbers[i]);
            for (size_t j = 0; j < text.len; j++)
                sum += (unsigned char)text.ptr[j];
        }
    } else if (!err.text[0]) {
        abort();
    }
    i18n_free(i18n);
    free(copy);
    return 0;
}
