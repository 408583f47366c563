/*
 * tables: the shop's own showrooms and the prices of points:
 *
 *     showrooms  center | Center | ul. Pirotska 5 | Sofia | 1000 | mon-fri 10-19 | 42.6996,23.3206
 * | 5 | cash card rates      BG | 5 | 2.90               up to 5 kg for 2.90; "*": all other
 * countries
 *
 * Coordinates, days and ways to pay may be left empty.
 */
#include "pickup.h"

/* ---- showrooms ---- */

const struct place *tables_showroom(const struct pickup *pickup, struct souk_str code)
{
    for (uint32_t i = 0; i < pickup->showroom_count; i++)
        if (souk_str_equal(pickup->showrooms[i].code, code))
            return &pickup->showrooms[i];
    return NULL;
}

static int is_code(struct souk_str code)
{
    for (size_t i = 0; i < code.len; i++) {
        char c = code.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
            return 0;
    }
    return code.len > 0 && code.len <= 40;
}

int tables_degrees(struct souk_str text, int64_t most, int64_t *millionths)
{
    int64_t whole = 0, part = 0, unit = 1000000;
    size_t i = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+'), digits = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && whole < 1000; i++, digits++)
        whole = whole * 10 + (text.ptr[i] - '0');
    if (i < text.len && text.ptr[i] == '.')
        for (i++; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++) {
            unit /= 10; /* 0 behind the sixth digit: it is centimetres */
            part += (text.ptr[i] - '0') * unit;
        }
    *millionths = whole * 1000000 + part;
    int fine = digits > 0 && i == text.len && *millionths <= most * 1000000;
    if (text.len && text.ptr[0] == '-')
        *millionths = -*millionths;
    return fine;
}

static int read_place(struct souk_str text, struct place *place)
{
    struct souk_str lat;
    place->lat = place->lon = NOWHERE;
    if (text.len == 0)
        return 1;
    souk_split(&text, ',', &lat);
    return text.ptr && tables_degrees(lat, 90, &place->lat) &&
           tables_degrees(souk_trim(text), 180, &place->lon);
}

static int read_payments(struct souk_str words, struct place *place)
{
    struct souk_str word;
    while (souk_split(&words, ' ', &word))
        if (souk_str_is(word, "cash"))
            place->cash = 1;
        else if (souk_str_is(word, "card"))
            place->card = 1;
        else if (word.len)
            return 0;
    return 1;
}

static int read_showroom(struct souk_lines *table, const struct pickup *pickup, struct place *place)
{
    if (table->count < 5)
        return souk_lines_bad(table, "a line is code | name | address | city | postcode | hours | "
                                     "lat,lon | hold days | cash card");
    if (!is_code(table->cells[0]) || table->cells[1].len == 0)
        return souk_lines_bad(table, "the code is of a-z, 0-9, _ and -, and a name is needed");
    if (tables_showroom(pickup, table->cells[0]))
        return souk_lines_bad(table, "another line has this code");
    *place = (struct place){.code = table->cells[0],
                            .type = souk_str(SHOWROOM),
                            .name = table->cells[1],
                            .address = table->cells[2],
                            .city = table->cells[3],
                            .postcode = table->cells[4],
                            .hours = table->cells[5],
                            .distance = -1,
                            .open = 1};
    if (!read_place(table->cells[6], place))
        return souk_lines_bad(table, "a place on the map is lat,lon, such as 42.6996,23.3206");
    place->hold_days = table->cells[7].len ? souk_number(table->cells[7], -1) : 3;
    if (place->hold_days < 1 || place->hold_days > 365)
        return souk_lines_bad(table, "hold days are a whole number from 1 to 365");
    if (!read_payments(table->cells[8], place))
        return souk_lines_bad(table, "ways to pay are cash, card");
    return SOUK_OK;
}

static int read_showrooms(struct souk_ctx *ctx, struct pickup *pickup)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "showrooms", 9);
    while ((more = souk_lines_next(&table)) == 1) {
        if (pickup->showroom_count == SHOWROOMS_MOST)
            return souk_lines_bad(&table, "there are too many lines");
        int code = read_showroom(&table, pickup, &pickup->showrooms[pickup->showroom_count]);
        if (code != SOUK_OK)
            return code;
        pickup->showroom_count++;
    }
    return more;
}

/* ---- prices of points ---- */

static int read_rates(struct souk_ctx *ctx, struct pickup *pickup)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "rates", 9);
    while ((more = souk_lines_next(&table)) == 1) {
        struct rate_line *rate = &pickup->rates[pickup->rate_count];
        if (table.count != 3 || table.cells[0].len == 0)
            return souk_lines_bad(&table, "a line is country | up to kg | price");
        if (pickup->rate_count == RATES_MOST)
            return souk_lines_bad(&table, "there are too many lines");
        if (!souk_decimal(table.cells[1], 3, &rate->grams) || rate->grams == 0)
            return souk_lines_bad(&table, "the weight is no number of kilograms, such as 2.5");
        if (!souk_decimal(table.cells[2], 3, &rate->price))
            return souk_lines_bad(&table, "the price is no number, such as 4.90");
        rate->country = table.cells[0];
        pickup->rate_count++;
    }
    return more;
}

/* The smallest band of the country; of "*" when the country has none at all. */
int tables_rate(const struct pickup *pickup, struct souk_str country, int64_t grams,
                int64_t *thousandths)
{
    const struct rate_line *best = NULL;
    int own = 0;
    for (uint32_t i = 0; i < pickup->rate_count; i++)
        own |= souk_str_equal(pickup->rates[i].country, country);
    for (uint32_t i = 0; i < pickup->rate_count; i++) {
        const struct rate_line *rate = &pickup->rates[i];
        if (souk_str_equal(rate->country, own ? country : souk_str("*")) && grams <= rate->grams &&
            (!best || rate->grams < best->grams))
            best = rate;
    }
    if (best)
        *thousandths = best->price;
    return best != NULL;
}

int tables_read(struct souk_ctx *ctx, struct pickup *pickup)
{
    int code = read_showrooms(ctx, pickup);
    return code ? code : read_rates(ctx, pickup);
}
