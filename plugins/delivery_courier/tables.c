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

static struct souk_str cut(struct souk_str text, size_t from, size_t until)
{
    struct souk_str part;
    while (from < until &&
           (text.ptr[from] == ' ' || text.ptr[from] == '\t' || text.ptr[from] == '\r'))
        from++;
    while (until > from && (text.ptr[until - 1] == ' ' || text.ptr[until - 1] == '\t' ||
                            text.ptr[until - 1] == '\r'))
        until--;
    part.ptr = text.ptr + from;
    part.len = until - from;
    return part;
}

/* The next piece of *rest up to `sign`, trimmed; 0 at the end. */
static int next_part(struct souk_str *rest, char sign, struct souk_str *part)
{
    size_t at = 0;
    if (!rest->ptr)
        return 0;
    while (at < rest->len && rest->ptr[at] != sign)
        at++;
    *part = cut(*rest, 0, at);
    if (at == rest->len) {
        rest->ptr = NULL;
        rest->len = 0;
    } else {
        rest->ptr += at + 1;
        rest->len -= at + 1;
    }
    return 1;
}

struct table { /* a walk over the lines of one option */
    struct souk_ctx *ctx;
    const char *option;
    struct souk_str rest, line;
    int number;
    struct souk_str cells[4];
    int count;
};

static void table_begin(struct table *table, struct souk_ctx *ctx, const char *option)
{
    memset(table, 0, sizeof *table);
    table->ctx = ctx;
    table->option = option;
    table->rest = souk_option_text(ctx, option);
    if (table->rest.len == 0)
        table->rest.ptr = NULL;
}

static int table_bad(const struct table *table, const char *why)
{
    return souk_fail(table->ctx, SOUK_INVALID, "%s, line %d \"%.*s\": %s", table->option,
                     table->number, SOUK_PRI(table->line), why);
}

/* 1: a line stands in cells; 0: the end; negative: it has too many cells. */
static int table_next(struct table *table)
{
    struct souk_str line, cell;
    while (next_part(&table->rest, '\n', &line)) {
        table->number++;
        table->line = line;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        table->count = 0;
        while (next_part(&line, '|', &cell)) {
            if (table->count == 4)
                return table_bad(table, "there are too many cells");
            table->cells[table->count++] = cell;
        }
        return 1;
    }
    return 0;
}

int tables_price(struct souk_str text, int64_t *thousandths)
{
    int64_t whole = 0, part = 0, unit = 1000;
    size_t i = 0, digits = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && whole < 1000000000;
         i++, digits++)
        whole = whole * 10 + (text.ptr[i] - '0');
    if (i < text.len && (text.ptr[i] == '.' || text.ptr[i] == ',')) {
        for (i++; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && unit > 1; i++) {
            unit /= 10;
            part += (text.ptr[i] - '0') * unit;
        }
    }
    *thousandths = whole * 1000 + part;
    return digits > 0 && i == text.len;
}

int64_t tables_minor(int64_t thousandths, struct souk_str currency)
{
    static const char *const whole[] = {"JPY", "KRW", "CLP", "ISK", "VND",
                                        "XAF", "XOF", "UGX", NULL};
    static const char *const fine[] = {"KWD", "BHD", "JOD", "OMR", "TND", "IQD", "LYD", NULL};
    for (int i = 0; whole[i]; i++)
        if (souk_str_is(currency, whole[i]))
            return (thousandths + 500) / 1000;
    for (int i = 0; fine[i]; i++)
        if (souk_str_is(currency, fine[i]))
            return thousandths;
    return (thousandths + 5) / 10;
}

/* ---- zones ---- */

static int read_zones(struct souk_ctx *ctx, struct courier *courier)
{
    struct table table;
    int more;
    table_begin(&table, ctx, "zones");
    while ((more = table_next(&table)) == 1) {
        if (table.count < 2 || table.count > 3 || table.cells[0].len == 0)
            return table_bad(&table, "a line is zone | countries | postcodes");
        if (souk_str_is(table.cells[0], "*"))
            return table_bad(&table, "a zone needs a name");
        if (courier->zone_count == ZONES_MOST)
            return table_bad(&table, "there are too many lines; join some of them");
        courier->zones[courier->zone_count++] = (struct zone_line){
            table.cells[0], table.cells[1], table.count > 2 ? table.cells[2] : souk_str("*")};
    }
    return more;
}

static int is_in_list(struct souk_str list, struct souk_str word)
{
    struct souk_str part;
    while (next_part(&list, ',', &part))
        if (souk_str_is(part, "*") || souk_str_equal(part, word))
            return 1;
    return 0;
}

static int compare(struct souk_str a, struct souk_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

/* "1000-1999" holds what has as many signs and stands between; "SW1*" what begins so. */
static int holds_postcode(struct souk_str part, struct souk_str postcode)
{
    struct souk_str from, until = part;
    if (souk_str_is(part, "*"))
        return 1;
    if (part.len && part.ptr[part.len - 1] == '*')
        return postcode.len >= part.len - 1 && memcmp(postcode.ptr, part.ptr, part.len - 1) == 0;
    next_part(&until, '-', &from);
    if (!until.ptr)
        return souk_str_equal(part, postcode);
    until = cut(until, 0, until.len);
    return postcode.len == from.len && compare(postcode, from) >= 0 &&
           compare(postcode, until) <= 0;
}

static int holds_any(struct souk_str list, struct souk_str postcode)
{
    struct souk_str part;
    while (next_part(&list, ',', &part))
        if (holds_postcode(part, postcode))
            return 1;
    return 0;
}

struct souk_str tables_zone(const struct courier *courier, struct souk_str country,
                            struct souk_str postcode)
{
    if (country.len == 0)
        return souk_str("");
    for (uint32_t i = 0; i < courier->zone_count; i++)
        if (is_in_list(courier->zones[i].countries, country) &&
            holds_any(courier->zones[i].postcodes, postcode))
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
    struct table table;
    int more;
    table_begin(&table, ctx, "rates");
    while ((more = table_next(&table)) == 1) {
        struct rate_line *rate = &courier->rates[courier->rate_count];
        if (table.count != 3)
            return table_bad(&table, "a line is zone | up to kg | price");
        if (!has_zone(courier, table.cells[0]))
            return table_bad(&table, "this zone does not stand in zones");
        if (courier->rate_count == RATES_MOST)
            return table_bad(&table, "there are too many lines");
        if (!tables_price(table.cells[1], &rate->grams) || rate->grams == 0)
            return table_bad(&table, "the weight is no number of kilograms, such as 2.5");
        if (!tables_price(table.cells[2], &rate->price))
            return table_bad(&table, "the price is no number, such as 4.90");
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
    while (next_part(&list, ',', &part)) {
        next_part(&part, '-', &first);
        int from = read_day(first), until = part.ptr ? read_day(cut(part, 0, part.len)) : from;
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
    next_part(&text, ':', &hour);
    int64_t h = souk_number(hour, -1), m = text.ptr && text.len == 2 ? souk_number(text, -1) : -1;
    *minute = (int32_t)(h * 60 + m);
    return h >= 0 && h <= 24 && m >= 0 && m < 60 && *minute <= 24 * 60;
}

static int read_slots(struct souk_ctx *ctx, struct courier *courier)
{
    struct table table;
    int more;
    table_begin(&table, ctx, "slots");
    while ((more = table_next(&table)) == 1) {
        struct slot_line *slot = &courier->slots[courier->slot_count];
        struct souk_str from, until = table.count > 1 ? table.cells[1] : souk_str("");
        if (table.count < 3)
            return table_bad(&table, "a line is days | from-until | places, and perhaps | zone");
        if (courier->slot_count == SLOTS_MOST)
            return table_bad(&table, "there are too many lines");
        if (!read_days(table.cells[0], &slot->days))
            return table_bad(&table,
                             "days are mon tue wed thu fri sat sun, such as mon-fri or mon,wed");
        next_part(&until, '-', &from);
        if (!until.ptr || !read_minute(from, &slot->from) ||
            !read_minute(cut(until, 0, until.len), &slot->until) || slot->until <= slot->from)
            return table_bad(&table, "a window is from-until, such as 14:00-18:00");
        slot->places = souk_number(table.cells[2], -1);
        if (slot->places < 0 || slot->places > 100000)
            return table_bad(&table, "places are a whole number up to 100000");
        slot->zone = table.count > 3 ? table.cells[3] : souk_str("*");
        if (!souk_str_is(slot->zone, "*") && !has_zone(courier, slot->zone))
            return table_bad(&table, "this zone does not stand in zones");
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
        if (!tables_price(souk_text(walk.value), &price))
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
