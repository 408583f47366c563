/*
 * points: finding places in the imported list.
 *
 * The idea: where the shopper is follows from the list itself: the middle of the points with the
 * same postcode, else of the same city, else of the postcodes that begin alike. Around that a box
 * is looked through by the index, and a larger one until there are enough. Points without
 * coordinates follow by city and postcode, so a list without a map works too. What does not take
 * the goods is left out by the query.
 */
#include "pickup.h"

#include <math.h>
#include <stdlib.h>

#define EARTH_M 6371008.8
#define RADIAN  (3.14159265358979323846 / 180e6) /* of a millionth of a degree */

#define COLUMNS                                                                                    \
    "SELECT code, type, name, country, city, postcode, address, hours, coalesce(lat, 0),"          \
    " coalesce(lon, 0), lat IS NULL, cash, card, max_weight, side1, side2, side3, open"            \
    " FROM p_delivery_pickup_point"                                                                \
    " WHERE generation = (SELECT generation FROM p_delivery_pickup_list WHERE id = 1)"
/* $1 country, $2 grams, $3 to $5 sides, $6 cubic centimetres */
#define FIT                                                                                        \
    " AND country = $1 AND open = 1 AND (max_weight = 0 OR max_weight >= $2)"                      \
    " AND (side1 = 0 OR side1 >= $3) AND (side2 = 0 OR side2 >= $4)"                               \
    " AND (side3 = 0 OR side3 >= $5) AND (side3 = 0 OR side1 * side2 * side3 / 1000 >= $6)"
#define FIT_ARGS(needs)                                                                            \
    SOUK_A_STR((needs)->country), SOUK_A_INT((needs)->grams), SOUK_A_INT((needs)->side[0]),        \
        SOUK_A_INT((needs)->side[1]), SOUK_A_INT((needs)->side[2]), SOUK_A_INT((needs)->volume)

int points_fit(const struct place *place, const struct needs *needs)
{
    for (int i = 0; i < 3; i++)
        if (place->side[i] && place->side[i] < needs->side[i])
            return 0;
    if (place->side[2] && place->side[0] * place->side[1] * place->side[2] / 1000 < needs->volume)
        return 0;
    return place->max_weight == 0 || place->max_weight >= needs->grams;
}

/* ---- rows ---- */

static void take_row(struct souk_ctx *ctx, struct souk_rows *rows, struct place *place)
{
    struct souk_str *const texts[] = {&place->code,    &place->type, &place->name,
                                      &place->country, &place->city, &place->postcode,
                                      &place->address, &place->hours};
    const struct pickup *pickup = souk_state(ctx);
    *place = (struct place){.distance = -1, .hold_days = pickup->hold_days};
    for (uint32_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = souk_copy(ctx, souk_column_text(rows, i));
    int nowhere = souk_column_int(rows, 10) != 0;
    place->lat = nowhere ? NOWHERE : souk_column_int(rows, 8);
    place->lon = nowhere ? NOWHERE : souk_column_int(rows, 9);
    place->cash = souk_column_int(rows, 11) != 0;
    place->card = souk_column_int(rows, 12) != 0;
    place->max_weight = souk_column_int(rows, 13);
    for (uint32_t i = 0; i < 3; i++)
        place->side[i] = souk_column_int(rows, 14 + i);
    place->open = souk_column_int(rows, 17) != 0;
}

/* Appends what is not in the list yet, up to `most`. */
static int take_rows(struct souk_ctx *ctx, struct souk_rows *rows, struct place *list, int *count,
                     int most)
{
    int more = 0;
    while (*count < most && (more = souk_next(rows)) == 1) {
        int k = 0;
        struct souk_str code = souk_column_text(rows, 0);
        while (k < *count && !souk_str_equal(list[k].code, code))
            k++;
        if (k == *count)
            take_row(ctx, rows, &list[(*count)++]);
    }
    return more < 0 ? more : SOUK_OK;
}

int points_find(struct souk_ctx *ctx, struct souk_str code, struct place *place)
{
    struct souk_rows *rows;
    int result = souk_query(ctx, &rows, COLUMNS " AND code = $1", SOUK_A_STR(code));
    if (result != SOUK_OK)
        return result;
    int more = souk_next(rows);
    if (more == 1)
        take_row(ctx, rows, place);
    return more == 1 ? SOUK_OK : more < 0 ? more : SOUK_NOT_FOUND;
}

/* ---- distances ---- */

int64_t points_distance(int64_t lat, int64_t lon, int64_t lat2, int64_t lon2)
{
    double a = (double)lat * RADIAN, b = (double)lat2 * RADIAN;
    double up = sin((b - a) / 2), over = sin((double)(lon2 - lon) * RADIAN / 2);
    double part = up * up + cos(a) * cos(b) * over * over;
    return (int64_t)(2 * EARTH_M * asin(sqrt(part > 1 ? 1 : part)) + 0.5);
}

/* Insertion keeps the order of equals; lists are short. */
void points_sort(struct place *list, int count)
{
    for (int i = 1; i < count; i++) {
        struct place place = list[i];
        int at = i;
        for (; at > 0 && place.distance >= 0 &&
               (list[at - 1].distance < 0 || list[at - 1].distance > place.distance);
             at--)
            list[at] = list[at - 1];
        list[at] = place;
    }
}

/* ---- where the shopper is ---- */

static int take_middle(struct souk_rows *rows, int64_t *lat, int64_t *lon, int *code)
{
    int more = souk_next(rows);
    *code = more < 0 ? more : SOUK_OK;
    if (more != 1 || souk_column_int(rows, 2) == 0)
        return 0;
    *lat = souk_column_int(rows, 0);
    *lon = souk_column_int(rows, 1);
    return 1;
}

#define MIDDLE                                                                                     \
    "SELECT CAST(avg(lat) AS INTEGER), CAST(avg(lon) AS INTEGER), count(*)"                        \
    " FROM p_delivery_pickup_point"                                                                \
    " WHERE generation = (SELECT generation FROM p_delivery_pickup_list WHERE id = 1)"             \
    " AND lat IS NOT NULL AND country = $1"

/* All that begins so: the first text behind it ends with the highest letter. */
static int by_postcode(struct souk_ctx *ctx, const struct needs *needs, size_t len, int64_t *lat,
                       int64_t *lon, int *code)
{
    struct souk_rows *rows;
    struct souk_str from = {needs->postcode.ptr, len};
    struct souk_str until = souk_printf(ctx, "%.*s\xEF\xBF\xBD", SOUK_PRI(from));
    *code = souk_query(ctx, &rows, MIDDLE " AND postcode >= $2 AND postcode < $3",
                       SOUK_A_STR(needs->country), SOUK_A_STR(from), SOUK_A_STR(until));
    return *code == SOUK_OK && take_middle(rows, lat, lon, code);
}

static int by_city(struct souk_ctx *ctx, const struct needs *needs, int whole, int64_t *lat,
                   int64_t *lon, int *code)
{
    struct souk_rows *rows;
    struct souk_str until = whole ? souk_printf(ctx, "%.*s\x01", SOUK_PRI(needs->city))
                                  : souk_printf(ctx, "%.*s\xEF\xBF\xBD", SOUK_PRI(needs->city));
    *code = souk_query(ctx, &rows, MIDDLE " AND city_key >= $2 AND city_key < $3",
                       SOUK_A_STR(needs->country), SOUK_A_STR(needs->city), SOUK_A_STR(until));
    return *code == SOUK_OK && take_middle(rows, lat, lon, code);
}

int points_here(struct souk_ctx *ctx, const struct needs *needs, int64_t *lat, int64_t *lon,
                int *code)
{
    size_t len = needs->postcode.len;
    *code = SOUK_OK;
    if (len && by_postcode(ctx, needs, len, lat, lon, code))
        return 1;
    if (*code == SOUK_OK && needs->city.len &&
        (by_city(ctx, needs, 1, lat, lon, code) ||
         (*code == SOUK_OK && needs->city.len >= 6 && by_city(ctx, needs, 0, lat, lon, code))))
        return 1;
    while (*code == SOUK_OK && len-- > 2)
        if (by_postcode(ctx, needs, len, lat, lon, code))
            return 1;
    return 0;
}

/* ---- the nearest ---- */

/* Within `half` millionths of a degree to the north and south, and as far to the sides. */
static int look_around(struct souk_ctx *ctx, const struct needs *needs, int64_t lat, int64_t lon,
                       int64_t half, struct place *list, int *count)
{
    struct souk_rows *rows;
    double shrink = cos((double)lat * RADIAN);
    int64_t wide = shrink > 0.01 ? (int64_t)((double)half / shrink) : INT64_C(180000000);
    int64_t square = (int64_t)(shrink * shrink * 1000 + 0.5);
    *count = 0;
    int code = souk_query(ctx, &rows,
                          COLUMNS FIT " AND lat BETWEEN $7 - $9 AND $7 + $9"
                                      " AND lon BETWEEN $8 - $10 AND $8 + $10"
                                      " ORDER BY (lat - $7) * (lat - $7)"
                                      " + (lon - $8) * (lon - $8) * $11 / 1000, code LIMIT 40",
                          FIT_ARGS(needs), SOUK_A_INT(lat), SOUK_A_INT(lon), SOUK_A_INT(half),
                          SOUK_A_INT(wide), SOUK_A_INT(square));
    if (code == SOUK_OK)
        code = take_rows(ctx, rows, list, count, 2 * SHOWN_MOST);
    for (int i = 0; i < *count; i++)
        list[i].distance = points_distance(lat, lon, list[i].lat, list[i].lon);
    points_sort(list, *count);
    return code;
}

/* Larger boxes until the twentieth is nearer than the box's edge: nothing outside is nearer. */
static int look_wider(struct souk_ctx *ctx, const struct needs *needs, int64_t lat, int64_t lon,
                      struct place *list, int *count)
{
    static const int64_t halves[] = {20000, 100000, 400000, 1500000};
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < sizeof halves / sizeof *halves; i++) {
        code = look_around(ctx, needs, lat, lon, halves[i], list, count);
        int64_t edge = halves[i] * 111 / 1000; /* metres */
        if (*count >= SHOWN_MOST && list[SHOWN_MOST - 1].distance <= edge)
            break;
    }
    if (*count > SHOWN_MOST)
        *count = SHOWN_MOST;
    return code;
}

/* Without a place on the map: the same city, then postcodes that begin alike. */
static int look_by_words(struct souk_ctx *ctx, const struct needs *needs, int mapped,
                         struct place *list, int *count)
{
    struct souk_rows *rows;
    int code = SOUK_OK;
    if (needs->city.len) {
        code = souk_query(ctx, &rows,
                          COLUMNS FIT " AND city_key = $7 AND ($8 = 0 OR lat IS NULL)"
                                      " ORDER BY postcode, code LIMIT 20",
                          FIT_ARGS(needs), SOUK_A_STR(needs->city), SOUK_A_INT(mapped));
        if (code == SOUK_OK)
            code = take_rows(ctx, rows, list, count, SHOWN_MOST);
    }
    for (size_t len = needs->postcode.len; code == SOUK_OK && len > 1 && *count < SHOWN_MOST;
         len--) {
        struct souk_str from = {needs->postcode.ptr, len};
        struct souk_str until = souk_printf(ctx, "%.*s\xEF\xBF\xBD", SOUK_PRI(from));
        code =
            souk_query(ctx, &rows,
                       COLUMNS FIT " AND postcode >= $7 AND postcode < $8"
                                   " AND ($9 = 0 OR lat IS NULL) ORDER BY postcode, code LIMIT 40",
                       FIT_ARGS(needs), SOUK_A_STR(from), SOUK_A_STR(until), SOUK_A_INT(mapped));
        if (code == SOUK_OK)
            code = take_rows(ctx, rows, list, count, SHOWN_MOST);
    }
    return code;
}

int points_near(struct souk_ctx *ctx, const struct needs *needs, struct place *list, int *count)
{
    int64_t lat, lon;
    int code;
    *count = 0;
    if (needs->country.len == 0)
        return SOUK_OK;
    int here = points_here(ctx, needs, &lat, &lon, &code);
    if (code == SOUK_OK && here)
        code = look_wider(ctx, needs, lat, lon, list, count);
    if (code == SOUK_OK && *count < SHOWN_MOST)
        code = look_by_words(ctx, needs, here, list, count);
    return code;
}
