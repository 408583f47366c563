/*
 * tables: the merchant's own words, one rule a line, the cells divided by "|":
 *
 *     zones   sofia | BG | 1000-1999          the first line that fits decides; "*": all
 *     rates   sofia | 5  | 4.90               up to 5 kg for 4.90; the first band that holds
 * decides slots   mon-fri | 14:00-18:00 | 20      20 places in each; a fourth cell names a zone
 *
 * A line that begins with # is for people. What cannot be read refuses the plugin, and says which
 * line and why.
 */
#include "courier.h"

/* ---- zones ---- */

static int read_zones(struct souk_ctx *ctx, struct courier *courier)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "zones", 4);
    while ((more = souk_lines_next(&table)) == 1) {
        if (table.count < 2 || table.count > 3 || table.cells[0].len == 0)
            return souk_lines_bad(&table, "a line is zone | countries | postcodes");
        if (souk_str_is(table.cells[0], "*"))
            return souk_lines_bad(&table, "a zone needs a name");
        if (courier->zone_count == ZONES_MOST)
            return souk_lines_bad(&table, "there are too many lines; join some of them");
        courier->zones[courier->zone_count++] = (struct zone_line){
            table.cells[0], table.cells[1], table.count > 2 ? table.cells[2] : souk_str("*")};
    }
    return more;
}

struct souk_str tables_zone(const struct courier *courier, struct souk_str country,
                            struct souk_str postcode)
{
    if (country.len == 0)
        return souk_str("");
    for (uint32_t i = 0; i < courier->zone_count; i++)
        if (souk_in_list(courier->zones[i].countries, country) &&
            souk_postcode_in(courier->zones[i].postcodes, postcode))
            return courier->zones[i].zone;
    return souk_str("");
}

/* ---- rates ---- */

static int has_zone(const struct courier *courier, struct souk_str zone)
{
    for (uint32_t i = 0; i < courier->zone_count; i++)
        if (souk_str_equal(courier->zones[i].zone, zone))
            return 1;
    return 0;
}

static int read_rates(struct souk_ctx *ctx, struct courier *courier)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "rates", 4);
    while ((more = souk_lines_next(&table)) == 1) {
        struct rate_line *rate = &courier->rates[courier->rate_count];
        if (table.count != 3)
            return souk_lines_bad(&table, "a line is zone | up to kg | price");
        if (!has_zone(courier, table.cells[0]))
            return souk_lines_bad(&table, "this zone does not stand in zones");
        if (courier->rate_count == RATES_MOST)
            return souk_lines_bad(&table, "there are too many lines");
        if (!souk_decimal(table.cells[1], 3, &rate->grams) || rate->grams == 0)
            return souk_lines_bad(&table, "the weight is no number of kilograms, such as 2.5");
        if (!souk_decimal(table.cells[2], 3, &rate->price))
            return souk_lines_bad(&table, "the price is no number, such as 4.90");
        rate->zone = table.cells[0];
        courier->rate_count++;
    }
    return more;
}

int tables_rate(const struct courier *courier, struct souk_str zone, int64_t grams,
                int64_t *thousandths)
{
    const struct rate_line *best = NULL;
    for (uint32_t i = 0; i < courier->rate_count; i++) {
        const struct rate_line *rate = &courier->rates[i];
        if (souk_str_equal(rate->zone, zone) && grams <= rate->grams &&
            (!best || rate->grams < best->grams))
            best = rate;
    }
    if (best)
        *thousandths = best->price;
    return best != NULL;
}

/* ---- slots ---- */

static int read_day(struct souk_str text)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int i = 0; i < 7; i++)
        if (souk_str_is(text, names[i]))
            return i;
    return -1;
}

static int read_days(struct souk_str list, uint32_t *days)
{
    struct souk_str part, first;
    *days = 0;
    while (souk_split(&list, ',', &part)) {
        souk_split(&part, '-', &first);
        int from = read_day(first), until = part.ptr ? read_day(souk_trim(part)) : from;
        if (from < 0 || until < from)
            return 0;
        for (int day = from; day <= until; day++)
            *days |= UINT32_C(1) << day;
    }
    return 1;
}

static int read_minute(struct souk_str text, int32_t *minute)
{
    struct souk_str hour;
    souk_split(&text, ':', &hour);
    int64_t h = souk_number(hour, -1), m = text.ptr && text.len == 2 ? souk_number(text, -1) : -1;
    *minute = (int32_t)(h * 60 + m);
    return h >= 0 && h <= 24 && m >= 0 && m < 60 && *minute <= 24 * 60;
}

static int read_slots(struct souk_ctx *ctx, struct courier *courier)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "slots", 4);
    while ((more = souk_lines_next(&table)) == 1) {
        struct slot_line *slot = &courier->slots[courier->slot_count];
        struct souk_str from, until = table.count > 1 ? table.cells[1] : souk_str("");
        if (table.count < 3)
            return souk_lines_bad(&table,
                                  "a line is days | from-until | places, and perhaps | zone");
        if (courier->slot_count == SLOTS_MOST)
            return souk_lines_bad(&table, "there are too many lines");
        if (!read_days(table.cells[0], &slot->days))
            return souk_lines_bad(
                &table, "days are mon tue wed thu fri sat sun, such as mon-fri or mon,wed");
        souk_split(&until, '-', &from);
        if (!until.ptr || !read_minute(from, &slot->from) ||
            !read_minute(souk_trim(until), &slot->until) || slot->until <= slot->from)
            return souk_lines_bad(&table, "a window is from-until, such as 14:00-18:00");
        slot->places = souk_number(table.cells[2], -1);
        if (slot->places < 0 || slot->places > 100000)
            return souk_lines_bad(&table, "places are a whole number up to 100000");
        slot->zone = table.count > 3 ? table.cells[3] : souk_str("*");
        if (!souk_str_is(slot->zone, "*") && !has_zone(courier, slot->zone))
            return souk_lines_bad(&table, "this zone does not stand in zones");
        courier->slot_count++;
    }
    return more;
}

/* ---- the rest ---- */

static int check_assembly(struct souk_ctx *ctx, const struct courier *courier)
{
    struct souk_walk walk = souk_walk(courier->assembly);
    int64_t price;
    while (souk_step(&walk))
        if (!souk_decimal(souk_text(walk.value), 3, &price))
            return souk_fail(ctx, SOUK_INVALID,
                             "assembly, \"%.*s\": the price is no number, such as 15.00",
                             SOUK_PRI(walk.key));
    return SOUK_OK;
}

int tables_read(struct souk_ctx *ctx, struct courier *courier)
{
    int32_t cut_off;
    int code = read_zones(ctx, courier);
    if (code == SOUK_OK)
        code = read_rates(ctx, courier);
    if (code == SOUK_OK)
        code = read_slots(ctx, courier);
    if (code == SOUK_OK)
        code = check_assembly(ctx, courier);
    if (code != SOUK_OK)
        return code;
    if (!read_minute(souk_option_text(ctx, "cut_off"), &cut_off))
        return souk_fail(ctx, SOUK_INVALID, "cut_off: a time of the day is needed, such as 15:00");
    courier->cut_off = cut_off;
    return SOUK_OK;
}
