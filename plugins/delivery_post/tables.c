/*
 * tables: the post's tariff as the merchant has copied it from the post's price list:
 *
 *     services  parcel | Parcel | 1500 | 3000 | tracked cash declared | CP
 *     zones     home | BG | *                  the first line that fits decides; "*": all
 *     rates     parcel | home | 5 | 4.90       up to 5 kg for 4.90; the first band that holds
 *     times     parcel | home | 1 | 3          working days from the order to the door
 *     numbers   CP | 10000000 | 10000999 | BG  that the post has given out
 *     states    EMI | delivered                the post's words, and ours
 *
 * Whoever names a service, a zone or a prefix that does not stand in its own table is told so.
 */
#include "post.h"

/* ---- services ---- */

const struct service_line *tables_service(const struct post *post, struct souk_str code)
{
    for (uint32_t i = 0; i < post->service_count; i++)
        if (souk_str_equal(post->services[i].code, code))
            return &post->services[i];
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

static int is_capitals(struct souk_str text)
{
    return text.len == 2 && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z' && text.ptr[1] >= 'A' &&
           text.ptr[1] <= 'Z';
}

static int read_abilities(struct souk_str words, struct service_line *service)
{
    struct souk_str word;
    while (souk_split(&words, ' ', &word))
        if (souk_str_is(word, "tracked"))
            service->tracked = 1;
        else if (souk_str_is(word, "cash"))
            service->cash = 1;
        else if (souk_str_is(word, "declared"))
            service->declared = 1;
        else if (word.len)
            return 0;
    return 1;
}

static int read_size(struct souk_str text, int64_t *mm)
{
    *mm = text.len ? souk_number(text, -1) : 0;
    return *mm >= 0 && *mm <= 100000;
}

static int read_service(struct souk_lines *table, const struct post *post,
                        struct service_line *service)
{
    if (table->count < 2)
        return souk_lines_bad(
            table, "a line is code | name | longest side mm | girth mm | abilities | prefix");
    if (!is_code(table->cells[0]) || table->cells[1].len == 0)
        return souk_lines_bad(table, "the code is of a-z, 0-9, _ and -, and a name is needed");
    if (tables_service(post, table->cells[0]))
        return souk_lines_bad(table, "another line has this code");
    *service = (struct service_line){.code = table->cells[0], .name = table->cells[1]};
    if (!read_size(table->cells[2], &service->longest) ||
        !read_size(table->cells[3], &service->girth))
        return souk_lines_bad(table, "sizes are whole millimetres; 0: any");
    if (!read_abilities(table->cells[4], service))
        return souk_lines_bad(table, "abilities are tracked, cash, declared");
    service->prefix = table->cells[5];
    if (service->tracked && !is_capitals(service->prefix))
        return souk_lines_bad(table,
                              "a tracked service needs the prefix of its numbers, such as RR");
    return SOUK_OK;
}

static int read_services(struct souk_ctx *ctx, struct post *post)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "services", 6);
    while ((more = souk_lines_next(&table)) == 1) {
        if (post->service_count == SERVICES_MOST)
            return souk_lines_bad(&table, "there are too many lines");
        int code = read_service(&table, post, &post->services[post->service_count]);
        if (code != SOUK_OK)
            return code;
        post->service_count++;
    }
    return more;
}

/* ---- zones ---- */

static int read_zones(struct souk_ctx *ctx, struct post *post)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "zones", 6);
    while ((more = souk_lines_next(&table)) == 1) {
        if (table.count < 2 || table.count > 3 || table.cells[0].len == 0)
            return souk_lines_bad(&table, "a line is zone | countries | postcodes");
        if (souk_str_is(table.cells[0], "*"))
            return souk_lines_bad(&table, "a zone needs a name");
        if (post->zone_count == ZONES_MOST)
            return souk_lines_bad(&table, "there are too many lines; join some of them");
        post->zones[post->zone_count++] = (struct zone_line){
            table.cells[0], table.cells[1], table.count > 2 ? table.cells[2] : souk_str("*")};
    }
    return more;
}

struct souk_str tables_zone(const struct post *post, struct souk_str country,
                            struct souk_str postcode)
{
    if (country.len == 0)
        return souk_str("");
    for (uint32_t i = 0; i < post->zone_count; i++)
        if (souk_in_list(post->zones[i].countries, country) &&
            souk_postcode_in(post->zones[i].postcodes, postcode))
            return post->zones[i].zone;
    return souk_str("");
}

static int has_zone(const struct post *post, struct souk_str zone)
{
    for (uint32_t i = 0; i < post->zone_count; i++)
        if (souk_str_equal(post->zones[i].zone, zone))
            return 1;
    return 0;
}

/* ---- rates and times ---- */

/* The first two cells; NULL when both are known. */
static const char *unknown_place(const struct post *post, const struct souk_lines *table)
{
    if (!tables_service(post, table->cells[0]))
        return "this service does not stand in services";
    return has_zone(post, table->cells[1]) ? NULL : "this zone does not stand in zones";
}

static int read_rates(struct souk_ctx *ctx, struct post *post)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "rates", 6);
    while ((more = souk_lines_next(&table)) == 1) {
        struct rate_line *rate = &post->rates[post->rate_count];
        if (table.count != 4)
            return souk_lines_bad(&table, "a line is service | zone | up to kg | price");
        if (unknown_place(post, &table))
            return souk_lines_bad(&table, unknown_place(post, &table));
        if (post->rate_count == RATES_MOST)
            return souk_lines_bad(&table, "there are too many lines");
        if (!souk_decimal(table.cells[2], 3, &rate->grams) || rate->grams == 0)
            return souk_lines_bad(&table, "the weight is no number of kilograms, such as 2.5");
        if (!souk_decimal(table.cells[3], 3, &rate->price))
            return souk_lines_bad(&table, "the price is no number, such as 4.90");
        rate->service = table.cells[0];
        rate->zone = table.cells[1];
        post->rate_count++;
    }
    return more;
}

int tables_rate(const struct post *post, struct souk_str service, struct souk_str zone,
                int64_t grams, int64_t *thousandths)
{
    const struct rate_line *best = NULL;
    for (uint32_t i = 0; i < post->rate_count; i++) {
        const struct rate_line *rate = &post->rates[i];
        if (souk_str_equal(rate->service, service) && souk_str_equal(rate->zone, zone) &&
            grams <= rate->grams && (!best || rate->grams < best->grams))
            best = rate;
    }
    if (best)
        *thousandths = best->price;
    return best != NULL;
}

static int read_times(struct souk_ctx *ctx, struct post *post)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "times", 6);
    while ((more = souk_lines_next(&table)) == 1) {
        struct time_line *line = &post->times[post->time_count];
        if (table.count != 4)
            return souk_lines_bad(&table, "a line is service | zone | from days | until days");
        if (unknown_place(post, &table))
            return souk_lines_bad(&table, unknown_place(post, &table));
        if (post->time_count == TIMES_MOST)
            return souk_lines_bad(&table, "there are too many lines");
        *line = (struct time_line){table.cells[0], table.cells[1], souk_number(table.cells[2], -1),
                                   souk_number(table.cells[3], -1)};
        if (line->from < 0 || line->until < line->from || line->until > 200)
            return souk_lines_bad(&table,
                                  "days are whole numbers up to 200, the smaller one first");
        post->time_count++;
    }
    return more;
}

const struct time_line *tables_time(const struct post *post, struct souk_str service,
                                    struct souk_str zone)
{
    for (uint32_t i = 0; i < post->time_count; i++)
        if (souk_str_equal(post->times[i].service, service) &&
            souk_str_equal(post->times[i].zone, zone))
            return &post->times[i];
    return NULL;
}

/* ---- numbers ---- */

static int overlaps(const struct post *post, const struct range_line *range)
{
    for (uint32_t i = 0; i < post->range_count; i++) {
        const struct range_line *other = &post->ranges[i];
        if (souk_str_equal(other->prefix, range->prefix) &&
            souk_str_equal(other->country, range->country) && other->first <= range->last &&
            range->first <= other->last)
            return 1;
    }
    return 0;
}

static int read_numbers(struct souk_ctx *ctx, struct post *post)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "numbers", 6);
    while ((more = souk_lines_next(&table)) == 1) {
        if (table.count != 4 || !is_capitals(table.cells[0]) || !is_capitals(table.cells[3]))
            return souk_lines_bad(&table, "a line is prefix | from | to | country, such as RR | "
                                          "10000000 | 10000999 | BG");
        if (post->range_count == RANGES_MOST)
            return souk_lines_bad(&table,
                                  "there are too many lines; take out those that are used up");
        struct range_line range = {table.cells[0], table.cells[3], souk_number(table.cells[1], -1),
                                   souk_number(table.cells[2], -1)};
        if (table.cells[1].len > 8 || table.cells[2].len > 8 || range.first < 0 ||
            range.last < range.first)
            return souk_lines_bad(&table,
                                  "numbers have up to 8 digits, the smaller one first, and no "
                                  "check digit");
        if (overlaps(post, &range))
            return souk_lines_bad(&table, "another line has some of these numbers");
        post->ranges[post->range_count++] = range;
    }
    return more;
}

static int check_numbers(struct souk_ctx *ctx, const struct post *post)
{
    for (uint32_t i = 0; i < post->service_count; i++) {
        const struct service_line *service = &post->services[i];
        uint32_t k = 0;
        while (k < post->range_count && !souk_str_equal(post->ranges[k].prefix, service->prefix))
            k++;
        if (service->tracked && k == post->range_count)
            return souk_fail(ctx, SOUK_INVALID,
                             "numbers: the service \"%.*s\" is tracked, and there is no range that "
                             "begins with %.*s",
                             SOUK_PRI(service->code), SOUK_PRI(service->prefix));
    }
    return SOUK_OK;
}

/* ---- states ---- */

int tables_is_state(struct souk_str state)
{
    static const char *const states[] = {
        "pending",        "registered", "in_transit", "out_for_delivery", "available_for_pickup",
        "attempt_failed", "delivered",  "returning",  "returned",         "exception",
        "expired"};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (souk_str_is(state, states[i]))
            return 1;
    return 0;
}

static int read_states(struct souk_ctx *ctx, struct post *post)
{
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "states", 6);
    while ((more = souk_lines_next(&table)) == 1) {
        if (table.count != 2 || table.cells[0].len == 0)
            return souk_lines_bad(&table, "a line is code | state");
        if (!tables_is_state(table.cells[1]))
            return souk_lines_bad(&table,
                                  "a state is in_transit, out_for_delivery, "
                                  "available_for_pickup, attempt_failed, delivered, returning, "
                                  "returned, exception, expired, registered or pending");
        if (post->code_count == CODES_MOST)
            return souk_lines_bad(&table, "there are too many lines");
        post->codes[post->code_count++] = (struct code_line){table.cells[0], table.cells[1]};
    }
    return more;
}

struct souk_str tables_state(const struct post *post, struct souk_str code)
{
    for (uint32_t i = 0; i < post->code_count; i++)
        if (souk_str_equal(post->codes[i].code, code))
            return post->codes[i].state;
    return souk_str("");
}

int tables_read(struct souk_ctx *ctx, struct post *post)
{
    int (*const parts[])(struct souk_ctx *, struct post *) = {
        read_services, read_zones, read_rates, read_times, read_numbers, read_states};
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < sizeof parts / sizeof *parts; i++)
        code = parts[i](ctx, post);
    return code ? code : check_numbers(ctx, post);
}
