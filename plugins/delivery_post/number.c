/*
 * number: tracking numbers as the Universal Postal Union writes them (S10): two letters of the
 * service, eight digits, a check digit, the country.
 *
 * The idea: the ranges that the post has given out stand in the options; a row for each range says
 * which number is next. A number is taken by one guarded UPDATE in the write that notes the parcel,
 * so none goes out twice and none is taken for nothing. Ranges of one prefix follow each other.
 */
#include "post.h"

int number_check_digit(int64_t serial)
{
    static const int weights[] = {7, 9, 5, 3, 2, 4, 6, 8}; /* from the last digit on */
    int64_t sum = 0;
    for (int i = 0; i < 8; i++, serial /= 10)
        sum += serial % 10 * weights[i];
    int64_t digit = 11 - sum % 11;
    return digit == 10 ? 0 : digit == 11 ? 5 : (int)digit;
}

void number_print(const struct range_line *range, int64_t serial, char text[S10_ROOM])
{
    snprintf(text, S10_ROOM, "%.2s%08d%d%.2s", range->prefix.ptr, (int)(serial % 100000000),
             number_check_digit(serial), range->country.ptr);
}

/* A range that has grown in the options has grown here. */
static int put_range(struct souk_ctx *ctx, const struct range_line *range)
{
    return souk_exec(ctx, NULL,
                     "INSERT INTO p_delivery_post_range (prefix, country, first, last, next)"
                     " VALUES ($1, $2, $3, $4, $3)"
                     " ON CONFLICT (prefix, country, first) DO UPDATE SET last = excluded.last",
                     SOUK_A_STR(range->prefix), SOUK_A_STR(range->country),
                     SOUK_A_INT(range->first), SOUK_A_INT(range->last));
}

/* The next serial and how many remain; it is *taken, or the range is used up. */
static int take_from(struct souk_ctx *ctx, const struct range_line *range, int *taken,
                     int64_t *serial, int64_t *left)
{
    int64_t changed = 0;
    struct souk_rows *rows;
    int code = put_range(ctx, range);
    if (code == SOUK_OK && !*taken)
        code = souk_exec(ctx, &changed,
                         "UPDATE p_delivery_post_range SET next = next + 1"
                         " WHERE prefix = $1 AND country = $2 AND first = $3 AND next <= last",
                         SOUK_A_STR(range->prefix), SOUK_A_STR(range->country),
                         SOUK_A_INT(range->first));
    if (code == SOUK_OK)
        code = souk_query(ctx, &rows,
                          "SELECT next, last FROM p_delivery_post_range"
                          " WHERE prefix = $1 AND country = $2 AND first = $3",
                          SOUK_A_STR(range->prefix), SOUK_A_STR(range->country),
                          SOUK_A_INT(range->first));
    if (code != SOUK_OK || souk_next(rows) != 1)
        return code ? code : SOUK_ERROR;
    int64_t next = souk_column_int(rows, 0), last = souk_column_int(rows, 1);
    *left += last >= next ? last - next + 1 : 0;
    if (changed) {
        *taken = 1;
        *serial = next - 1;
    }
    return SOUK_OK;
}

int number_take(struct souk_ctx *ctx, struct souk_str prefix, char text[S10_ROOM], int64_t *left)
{
    const struct post *post = souk_state(ctx);
    int taken = 0, code = SOUK_OK;
    *left = 0;
    for (uint32_t i = 0; code == SOUK_OK && i < post->range_count; i++) {
        const struct range_line *range = &post->ranges[i];
        int64_t serial = 0;
        int before = taken;
        if (!souk_str_equal(range->prefix, prefix))
            continue;
        code = take_from(ctx, range, &taken, &serial, left);
        if (code == SOUK_OK && taken && !before)
            number_print(range, serial, text);
    }
    if (code != SOUK_OK || taken)
        return code;
    return souk_fail(
        ctx, SOUK_CONFLICT, "%.*s: %s", SOUK_PRI(prefix),
        souk_t(ctx, "the tracking numbers are used up; ask the post for more and add them to the "
                    "option numbers")
            .ptr);
}

int number_load(struct souk_ctx *ctx, struct souk_value *list)
{
    const struct post *post = souk_state(ctx);
    struct souk_value *used = souk_map(ctx);
    struct souk_rows *rows;
    int more = 0, code = souk_query(ctx, &rows,
                                    "SELECT prefix, country, first, next FROM p_delivery_post_range"
                                    " ORDER BY prefix, country, first");
    while (code == SOUK_OK && (more = souk_next(rows)) == 1) {
        struct souk_str prefix = souk_column_text(rows, 0), country = souk_column_text(rows, 1);
        souk_set_int(ctx, used,
                     souk_printf(ctx, "%.*s%.*s%lld", SOUK_PRI(prefix), SOUK_PRI(country),
                                 (long long)souk_column_int(rows, 2))
                         .ptr,
                     souk_column_int(rows, 3));
    }
    for (uint32_t i = 0; i < post->range_count; i++) {
        const struct range_line *range = &post->ranges[i];
        struct souk_value *row = souk_set_map(ctx, list, NULL);
        struct souk_str key = souk_printf(ctx, "%.*s%.*s%lld", SOUK_PRI(range->prefix),
                                          SOUK_PRI(range->country), (long long)range->first);
        int64_t next = souk_int(souk_get(used, key.ptr), range->first);
        souk_set_str(ctx, row, "prefix", range->prefix);
        souk_set_str(ctx, row, "country", range->country);
        souk_set_str(ctx, row, "first", souk_printf(ctx, "%08lld", (long long)range->first));
        souk_set_str(ctx, row, "last", souk_printf(ctx, "%08lld", (long long)range->last));
        souk_set_int(ctx, row, "left", range->last >= next ? range->last - next + 1 : 0);
    }
    return code ? code : more;
}
