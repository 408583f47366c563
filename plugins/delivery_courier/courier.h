/*
 * courier: what the files of delivery_courier share: the merchant's tables as init has read them,
 * the calendar, and the goods of one question.
 *
 * Everything in struct courier is written in init and only read afterwards.
 */
#ifndef DELIVERY_COURIER_H
#define DELIVERY_COURIER_H

#include <souk.h>

#define PROVIDER   "courier"
#define CODE       "standard"
#define ZONES_MOST 200
#define RATES_MOST 500
#define SLOTS_MOST 100
#define DAY_US     (INT64_C(86400) * 1000000)

struct zone_line { /* one line of `zones`: the first that fits decides */
    struct souk_str zone, countries, postcodes;
};

struct rate_line {
    struct souk_str zone;
    int64_t grams; /* up to and with */
    int64_t price; /* thousandths of the currency's unit */
};

struct slot_line {
    uint32_t days;       /* bit 0: Monday */
    int32_t from, until; /* minutes of the day */
    int64_t places;
    struct souk_str zone; /* "*": all zones share the places */
};

struct courier {
    struct zone_line zones[ZONES_MOST];
    struct rate_line rates[RATES_MOST];
    struct slot_line slots[SLOTS_MOST];
    uint32_t zone_count, rate_count, slot_count;
    int64_t divisor; /* cubic centimetres that count as a kilogram */
    int64_t free_from, lift_price, floor_price, tryon_price, tryon_minutes;
    int64_t lead_days, days_ahead, cut_off, offset;
    int summer_time, tryon, cash, card;
    struct souk_str currency;
    const struct souk_value *excluded, *assembly, *holidays;
};

/* tables.c: SOUK_INVALID, with the option, the line and what is wrong in souk_failure. */
int tables_read(struct souk_ctx *ctx, struct courier *courier);
/* "" when nothing is delivered there. */
struct souk_str tables_zone(const struct courier *courier, struct souk_str country,
                            struct souk_str postcode);
/* The price of the first band that holds the weight; 0: too heavy, or no band. */
int tables_rate(const struct courier *courier, struct souk_str zone, int64_t grams,
                int64_t *thousandths);

/* calendar.c: days are counted from 1970-01-01, in the courier's own time. */
int64_t calendar_local(const struct courier *courier, int64_t at);
void calendar_date(int64_t day, char text[16]); /* "2026-11-28" */
int calendar_weekday(int64_t day);              /* 0: Monday */
int calendar_is_holiday(const struct courier *courier, int64_t day);
/* The first day on which what is ordered at `at` can be brought. */
int64_t calendar_first(const struct courier *courier, int64_t at);

/* slots.c */
/* Appends {"value", "label"} of the windows that have a place left; *first (may be empty) and
 * *last: their dates. SOUK_OK, or why the rows cannot be read. */
int slots_list(struct souk_ctx *ctx, const struct courier *courier, struct souk_str zone,
               int64_t at, struct souk_value *choices, struct souk_str *first,
               struct souk_str *last);
/* The line of a value such as "2026-11-28_14:00"; NULL: not offered (any more) to this zone. */
const struct slot_line *slots_find(const struct courier *courier, struct souk_str zone,
                                   struct souk_str value, int64_t at, int64_t *day);
struct souk_str slots_label(struct souk_ctx *ctx, const struct slot_line *line, int64_t day);
int slots_wanted(const struct courier *courier, struct souk_str zone);
int slots_book(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice);
int slots_free(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice);
int slots_load(struct souk_ctx *ctx, struct souk_value *list); /* for the page: from today on */

/* parcels.c */
int parcels_send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                 struct souk_shipment_result *result);
int parcels_cancel(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                   struct souk_shipment_result *result);
int parcels_label(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                  struct souk_value *label);
int parcels_page(struct souk_ctx *ctx);
int parcels_result(struct souk_ctx *ctx);

#endif
