/*
 * post: what the files of delivery_post share: the merchant's tables as init has read them, the
 * calendar, and the goods of one question.
 *
 * Everything in struct post is written in init and only read afterwards.
 */
#ifndef DELIVERY_POST_H
#define DELIVERY_POST_H

#include <souk.h>

#define PROVIDER      "post"
#define SERVICES_MOST 20
#define ZONES_MOST    200
#define RATES_MOST    1000
#define TIMES_MOST    400
#define RANGES_MOST   40
#define CODES_MOST    200
#define DAY_US        (INT64_C(86400) * 1000000)
#define FILE_MOST     (4 << 20)

struct service_line {
    struct souk_str code, name;
    int64_t longest, girth; /* mm; 0: any */
    int tracked, cash, declared;
    struct souk_str prefix; /* of its numbers: "RR" */
};

struct zone_line { /* the first that fits decides */
    struct souk_str zone, countries, postcodes;
};

struct rate_line {
    struct souk_str service, zone;
    int64_t grams; /* up to and with */
    int64_t price; /* thousandths of the currency's unit */
};

struct time_line { /* working days */
    struct souk_str service, zone;
    int64_t from, until;
};

struct range_line { /* numbers that the post has given to the shop */
    struct souk_str prefix, country;
    int64_t first, last;
};

struct code_line { /* the post's word for a state, and ours */
    struct souk_str code, state;
};

struct post {
    struct service_line services[SERVICES_MOST];
    struct zone_line zones[ZONES_MOST];
    struct rate_line rates[RATES_MOST];
    struct time_line times[TIMES_MOST];
    struct range_line ranges[RANGES_MOST];
    struct code_line codes[CODES_MOST];
    uint32_t service_count, zone_count, rate_count, time_count, range_count, code_count;
    int64_t free_from, declared_rate, declared_min, cash_fee, numbers_warn, offset;
    int declare_always, declare_never, cash, cash_declared;
    struct souk_str currency;
    const struct souk_value *postcodes, *holidays;
};

/* tables.c */
int tables_read(struct souk_ctx *ctx, struct post *post);
const struct service_line *tables_service(const struct post *post, struct souk_str code);
/* "" when nothing is sent there. */
struct souk_str tables_zone(const struct post *post, struct souk_str country,
                            struct souk_str postcode);
/* The price of the first band that holds the weight; 0: too heavy, or not sent there. */
int tables_rate(const struct post *post, struct souk_str service, struct souk_str zone,
                int64_t grams, int64_t *thousandths);
const struct time_line *tables_time(const struct post *post, struct souk_str service,
                                    struct souk_str zone);
/* The state that a word of the post stands for; "": not known. */
struct souk_str tables_state(const struct post *post, struct souk_str code);
int tables_is_state(struct souk_str state);

/* postcode.c: 1 when it can be a postcode of that country; countries that are not known take any.
 * *example: what one looks like. */
int postcode_fits(const struct post *post, struct souk_str country, struct souk_str postcode,
                  struct souk_str *example);

/* calendar.c: days are counted from 1970-01-01. */
void calendar_date(int64_t day, char text[16]); /* "2026-11-28" */
/* The day that is so many working days (Monday to Friday, no holidays) after `day`. */
int64_t calendar_after(const struct post *post, int64_t day, int64_t days);
/* "2026-11-28", "28.11.2026 14:05", "2026-11-28T14:05:00+02:00"; 0 when it is none. */
int calendar_read(const struct post *post, struct souk_str text, int64_t *at);

/* number.c: tracking numbers of the form UPU S10. */
#define S10_ROOM 24 /* 13 letters and room */
void number_print(const struct range_line *range, int64_t serial, char text[S10_ROOM]);
int number_check_digit(int64_t serial);
/* In a write: takes the next one. SOUK_CONFLICT: they are used up. *left: that remain. */
int number_take(struct souk_ctx *ctx, struct souk_str prefix, char text[S10_ROOM], int64_t *left);
int number_load(struct souk_ctx *ctx, struct souk_value *list); /* for the page */

/* parcels.c */
int parcels_send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                 struct souk_shipment_result *result);
int parcels_cancel(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                   struct souk_shipment_result *result);
int parcels_label(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                  struct souk_value *label);
int parcels_moved(struct souk_ctx *ctx, const struct souk_event *event);
int parcels_load(struct souk_ctx *ctx, struct souk_value *list);
int parcels_state(struct souk_ctx *ctx); /* what staff enter */

/* news.c: the post's register of what happened. */
struct news_row {
    struct souk_str tracking, code, text;
    int64_t at;
    int known, fresh, coded; /* ours; told for the first time; its code is in `states` */
};
struct news_list {
    struct news_row *rows;
    int count;
};
struct news_totals {
    int lines, fresh, known_already, not_ours, not_coded;
};
int news_read(struct souk_ctx *ctx, struct souk_str text, struct news_list *list);
int news_tell(struct souk_ctx *ctx, struct souk_str text, struct news_totals *totals);
int news_command(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv);

#endif
