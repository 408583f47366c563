/*
 * pickup: what the files of delivery_pickup share: the showrooms as init has read them, places of
 * the imported list, and what a place has to hold.
 *
 * Everything in struct pickup is written in init and only read afterwards.
 */
#ifndef DELIVERY_PICKUP_H
#define DELIVERY_PICKUP_H

#include <souk.h>

#define PROVIDER       "pickup"
#define SHOWROOM       "showroom"
#define POINT          "point"
#define SHOWROOMS_MOST 100
#define RATES_MOST     200
#define SHOWN_MOST     20
#define POINTS_MOST    200000
#define FILE_MOST      (48 << 20)
#define UPLOAD_MOST    (24 << 20)
#define DAY_US         (INT64_C(86400) * 1000000)
#define NOWHERE        INT64_MIN /* a coordinate that is not known */

struct place { /* a showroom, or a point of the list */
    struct souk_str code, type, name, country, city, postcode, address, hours;
    int64_t lat, lon; /* millionths of a degree; NOWHERE */
    int64_t distance; /* metres; -1: not known */
    int64_t hold_days;
    int64_t max_weight; /* grams; 0: any */
    int64_t side[3];    /* mm, the longest first; 0: any */
    int cash, card, open;
};

struct rate_line {
    struct souk_str country; /* "*": all others */
    int64_t grams, price;
};

struct pickup {
    struct place showrooms[SHOWROOMS_MOST];
    struct rate_line rates[RATES_MOST];
    uint32_t showroom_count, rate_count;
    int64_t showroom_price, showroom_grams, free_from, hold_days, shrink;
    struct souk_str currency;
};

struct needs { /* what has to go into a place */
    struct souk_str country, city, postcode;
    int64_t grams, volume; /* cubic centimetres */
    int64_t side[3];       /* of the largest single item */
};

/* tables.c */
int tables_read(struct souk_ctx *ctx, struct pickup *pickup);
const struct place *tables_showroom(const struct pickup *pickup, struct souk_str code);
/* 0: too heavy, or no price for that country. */
int tables_rate(const struct pickup *pickup, struct souk_str country, int64_t grams,
                int64_t *thousandths);
/* "42.6977" to 42697700; 0 when it is none, or over `most` degrees. */
int tables_degrees(struct souk_str text, int64_t most, int64_t *millionths);

/* words.c: a city as it is compared: small letters, single blanks. */
struct souk_str words_fold(struct souk_ctx *ctx, struct souk_str text);
/* "2026-11-28" */
struct souk_str words_date(struct souk_ctx *ctx, int64_t at);
/* The words with the number in the place of {count}. */
struct souk_str words_count(struct souk_ctx *ctx, const char *one, const char *many, int64_t count);

/* points.c: the imported list. */
int points_fit(const struct place *place, const struct needs *needs);
/* Where the shopper is, by the list itself. 0: not known. */
int points_here(struct souk_ctx *ctx, const struct needs *needs, int64_t *lat, int64_t *lon,
                int *code);
/* The nearest open ones that take the goods, at most 20. */
int points_near(struct souk_ctx *ctx, const struct needs *needs, struct place *list, int *count);
int points_find(struct souk_ctx *ctx, struct souk_str code, struct place *place);
int64_t points_distance(int64_t lat, int64_t lon, int64_t lat2, int64_t lon2);
/* Nearest first; what is not known last, in the order it has. */
void points_sort(struct place *list, int count);

/* list.c: reading a file of points, CSV or JSON Lines. */
struct point_list {
    struct place *rows;
    int count;
};
int list_read(struct souk_ctx *ctx, struct souk_str text, struct point_list *list);

/* import.c */
struct import_totals {
    int64_t rows, before, added, vanished, closed, waiting;
};
int import_points(struct souk_ctx *ctx, struct souk_str text, int force,
                  struct import_totals *totals);
int import_command(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv);
/* Open orders whose point is closed or gone. */
int import_waiting(struct souk_ctx *ctx, struct souk_value *list);

/* parcels.c */
int parcels_book(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice);
int parcels_free(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice);
int parcels_send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                 struct souk_shipment_result *result);
int parcels_cancel(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                   struct souk_shipment_result *result);
int parcels_label(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                  struct souk_value *label);
int parcels_moved(struct souk_ctx *ctx, const struct souk_event *event);
int parcels_remind(struct souk_ctx *ctx, const struct souk_value *payload);

/* counter.c: the page on which staff take in and hand over. */
int counter_page(struct souk_ctx *ctx);
int counter_upload(struct souk_ctx *ctx);
int counter_arrived(struct souk_ctx *ctx);
int counter_handover(struct souk_ctx *ctx);
int counter_extend(struct souk_ctx *ctx);
int counter_back(struct souk_ctx *ctx);

#endif
