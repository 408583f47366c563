/*
 * fuzz_text.c: the small languages of the configuration: cron lines, spans of time, sizes, whole
 * numbers. A next time of cron lies ahead; a number that was read stands for the text it came from.
 */
#include <stdlib.h>
#include "base/clock.h"
#include "base/str.h"
#include "store/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct souk_str text = str_make((const char *)data, size);
    struct cron cron;
    struct err err = {0};
    int64_t number;
    if (cron_parse(text, &cron, &err) == 0) {
        int64_t now = INT64_C(1700000000) * CLOCK_SECOND + (int64_t)size * CLOCK_HOUR;
        if (cron_next(&cron, now) <= now)
            abort();
    } else if (!err.text[0]) {
        abort();
    }
    if (str_to_duration(text, &number) == 0 && number < 0)
        abort();
    if (str_to_size(text, &number) == 0 && number < 0)
        abort();
    if (str_to_int(text, &number) == 0 && text.len == 0)
        abort();
    return 0;
}
