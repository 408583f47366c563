/*
 * slots: windows in which the courier comes, with a number of places each.
 *
 * The idea: what is offered follows from the merchant's table and the calendar; rows are there only
 * for windows that somebody has taken a place in. A place is taken by one guarded UPDATE in the
 * order's own transaction, and an order has at most one (the booking's key), so a place can neither
 * be sold twice nor given back twice.
 */
#include "courier.h"

#define OFFERED_MOST 60

/* The row's name: the zones that share it, the date, the beginning. */
static struct souk_str key_of(struct souk_ctx *ctx, const struct slot_line *line, int64_t day)
{
    char date[16];
    calendar_date(day, date);
    return souk_printf(ctx, "%.*s/%s/%02d:%02d", SOUK_PRI(line->zone), date, line->from / 60,
                       line->from % 60);
}

static struct souk_str value_of(struct souk_ctx *ctx, const struct slot_line *line, int64_t day)
{
    char date[16];
    calendar_date(day, date);
    return souk_printf(ctx, "%s_%02d:%02d", date, line->from / 60, line->from % 60);
}

/* "Mon 23 Nov", in the order that the language puts them. */
static struct souk_str day_label(struct souk_ctx *ctx, int64_t day)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const holes[] = {"{weekday}", "{day}", "{month}"};
    char date[16];
    calendar_date(day, date);
    int month = (date[5] - '0') * 10 + date[6] - '0',
        of_month = (date[8] - '0') * 10 + date[9] - '0';
    const struct souk_str parts[] = {souk_t(ctx, days[calendar_weekday(day)]),
                                     souk_printf(ctx, "%d", of_month),
                                     souk_t(ctx, months[month - 1])};
    struct souk_str text = souk_t(ctx, "{weekday} {day} {month}");
    for (size_t i = 0; i < 3; i++) {
        struct souk_str whole = souk_copy(ctx, text); /* ends with a zero */
        const char *at = strstr(whole.ptr, holes[i]);
        if (at)
            text = souk_printf(ctx, "%.*s%.*s%s", (int)(at - whole.ptr), whole.ptr,
                               SOUK_PRI(parts[i]), at + strlen(holes[i]));
    }
    return text;
}

struct souk_str slots_label(struct souk_ctx *ctx, const struct slot_line *line, int64_t day)
{
    return souk_printf(ctx, "%.*s, %02d:%02d–%02d:%02d", SOUK_PRI(day_label(ctx, day)),
                       line->from / 60, line->from % 60, line->until / 60, line->until % 60);
}

static int is_for(const struct slot_line *line, struct souk_str zone)
{
    return souk_str_is(line->zone, "*") || souk_str_equal(line->zone, zone);
}

static int is_on(const struct courier *courier, const struct slot_line *line, int64_t day)
{
    return (line->days >> calendar_weekday(day) & 1) && line->places > 0 &&
           !calendar_is_holiday(courier, day);
}

int slots_wanted(const struct courier *courier, struct souk_str zone)
{
    for (uint32_t i = 0; i < courier->slot_count; i++)
        if (is_for(&courier->slots[i], zone))
            return 1;
    return 0;
}

/* ---- what is offered ---- */

/* Names of the windows that are full, as keys of a map. */
static int read_full(struct souk_ctx *ctx, int64_t first, struct souk_value *full)
{
    char date[16];
    struct souk_rows *rows;
    calendar_date(first, date);
    int more = 0, code = souk_query(ctx, &rows,
                                    "SELECT name, booked FROM p_delivery_courier_slot"
                                    " WHERE date >= $1 AND booked > 0 ORDER BY name",
                                    SOUK_A_CSTR(date));
    while (code == SOUK_OK && (more = souk_next(rows)) == 1)
        souk_set_int(ctx, full, souk_copy(ctx, souk_column_text(rows, 0)).ptr,
                     souk_column_int(rows, 1));
    return code ? code : more;
}

int slots_list(struct souk_ctx *ctx, const struct courier *courier, struct souk_str zone,
               int64_t at, struct souk_value *choices, struct souk_str *first,
               struct souk_str *last)
{
    int64_t begin = calendar_first(courier, at);
    int offered = 0;
    char date[16];
    struct souk_value *full = souk_map(ctx);
    *first = *last = souk_str("");
    int code = read_full(ctx, begin, full);
    for (int64_t day = begin; code == SOUK_OK && day < begin + courier->days_ahead; day++) {
        for (uint32_t i = 0; i < courier->slot_count && offered < OFFERED_MOST; i++) {
            const struct slot_line *line = &courier->slots[i];
            if (!is_for(line, zone) || !is_on(courier, line, day) ||
                souk_int(souk_get(full, key_of(ctx, line, day).ptr), 0) >= line->places)
                continue;
            struct souk_value *choice = souk_set_map(ctx, choices, NULL);
            souk_set_str(ctx, choice, "value", value_of(ctx, line, day));
            souk_set_str(ctx, choice, "label", slots_label(ctx, line, day));
            calendar_date(day, date);
            *last = souk_copy(ctx, souk_str(date));
            if (!offered++)
                *first = *last;
        }
    }
    return code;
}

const struct slot_line *slots_find(const struct courier *courier, struct souk_str zone,
                                   struct souk_str value, int64_t at, int64_t *day)
{
    int64_t begin = calendar_first(courier, at);
    char date[16], text[24];
    for (*day = begin; *day < begin + courier->days_ahead; (*day)++) {
        calendar_date(*day, date);
        for (uint32_t i = 0; i < courier->slot_count; i++) {
            const struct slot_line *line = &courier->slots[i];
            snprintf(text, sizeof text, "%.10s_%02d:%02d", date, line->from / 60 % 100,
                     line->from % 60);
            if (is_for(line, zone) && is_on(courier, line, *day) && souk_str_is(value, text))
                return line;
        }
    }
    return NULL;
}

/* ---- places ---- */

static int take_place(struct souk_ctx *ctx, struct souk_str name, struct souk_str date,
                      struct souk_str label, int64_t places)
{
    int64_t changed = 0;
    int code = souk_exec(ctx, NULL,
                         "INSERT INTO p_delivery_courier_slot (name, date, label, places, booked)"
                         " VALUES ($1, $2, $3, $4, 0)"
                         " ON CONFLICT (name) DO UPDATE SET places = excluded.places",
                         SOUK_A_STR(name), SOUK_A_STR(date), SOUK_A_STR(label), SOUK_A_INT(places));
    if (code == SOUK_OK)
        code = souk_exec(ctx, &changed,
                         "UPDATE p_delivery_courier_slot SET booked = booked + 1"
                         " WHERE name = $1 AND booked < places",
                         SOUK_A_STR(name));
    if (code == SOUK_OK && !changed)
        return souk_fail(
            ctx, SOUK_CONFLICT, "%s",
            souk_t(ctx, "the last place at this time has just been taken; choose another").ptr);
    return code;
}

int slots_book(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    const struct courier *courier = souk_state(ctx);
    struct souk_str value = souk_text(souk_get(choice, "slot")), date = value;
    int64_t day, changed = 0;
    if (value.len == 0)
        return SOUK_OK;
    const struct slot_line *line =
        slots_find(courier, souk_text(souk_get(choice, "zone")), value, souk_now(ctx), &day);
    if (!line)
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "this time is not offered any more; choose another").ptr);
    struct souk_str name = key_of(ctx, line, day);
    date.len = 10;
    int code = souk_exec(ctx, &changed,
                         "INSERT INTO p_delivery_courier_booking (order_number, slot, at)"
                         " VALUES ($1, $2, $3) ON CONFLICT (order_number) DO NOTHING",
                         SOUK_A_STR(order), SOUK_A_STR(name), SOUK_A_INT(souk_now(ctx)));
    if (code != SOUK_OK || !changed)
        return code; /* this order has its place */
    return take_place(ctx, name, date, slots_label(ctx, line, day), line->places);
}

int slots_free(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    int64_t changed = 0;
    (void)choice;
    int code = souk_exec(
        ctx, &changed,
        "UPDATE p_delivery_courier_slot SET booked = booked - 1 WHERE booked > 0"
        " AND name = (SELECT slot FROM p_delivery_courier_booking WHERE order_number = $1)",
        SOUK_A_STR(order));
    return code ? code
                : souk_exec(ctx, NULL,
                            "DELETE FROM p_delivery_courier_booking WHERE order_number = $1",
                            SOUK_A_STR(order));
}

int slots_load(struct souk_ctx *ctx, struct souk_value *list)
{
    const struct courier *courier = souk_state(ctx);
    char date[16];
    struct souk_rows *rows;
    calendar_date(calendar_local(courier, souk_now(ctx)) / DAY_US, date);
    int more = 0,
        code = souk_query(ctx, &rows,
                          "SELECT name, label, places, booked FROM p_delivery_courier_slot"
                          " WHERE date >= $1 ORDER BY date, name LIMIT 200",
                          SOUK_A_CSTR(date));
    while (code == SOUK_OK && (more = souk_next(rows)) == 1) {
        struct souk_value *row = souk_set_map(ctx, list, NULL);
        souk_set_str(ctx, row, "name", souk_column_text(rows, 0));
        souk_set_str(ctx, row, "label", souk_column_text(rows, 1));
        souk_set_int(ctx, row, "places", souk_column_int(rows, 2));
        souk_set_int(ctx, row, "booked", souk_column_int(rows, 3));
    }
    return code ? code : more;
}
