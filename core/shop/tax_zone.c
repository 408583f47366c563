/*
 * tax_zone.c: zones and rates as they come in, and where a zone holds.
 *
 * A document is one zone with its rates, {"country", "region", "postcode", "city", "name", "rates":
 * [{"class", "name", "ppm" | "rate": "20.0", "priority", "compound", "delivery"}]}, or one row of
 * WooCommerce's table of tax rates, with the rate's members beside the zone's ("state" for region,
 * "shipping" for delivery; several postcodes with ";" between them).
 */
#include <stdlib.h>
#include "base/rand.h"
#include "base/str.h"
#include "shop/product.h"
#include "shop/tax.h"
#include "shop/tax.sql.h"
#include "shop/tax_place.h"

#define POSTCODE_MOST 32

/* ---- where it holds ---- */

/* Upper case without blanks; -1 when longer than any postcode. */
static int fold_postcode(struct souk_str text, char to[POSTCODE_MOST])
{
    int len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ' ' || c == '\t')
            continue;
        if (len == POSTCODE_MOST - 1)
            return -1;
        to[len++] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    to[len] = '\0';
    return len;
}

static int64_t fits_range(struct souk_str pattern, size_t dots, struct souk_str postcode)
{
    int64_t from, until, at;
    struct souk_str first = str_make(pattern.ptr, dots);
    struct souk_str last = str_from(pattern, dots + 3);
    if (str_to_int(first, &from) || str_to_int(last, &until) || str_to_int(postcode, &at))
        return 0;
    return at >= from && at <= until ? 100 : 0;
}

int64_t tax_place_postcode(struct souk_str pattern, struct souk_str postcode)
{
    char wanted[POSTCODE_MOST], given[POSTCODE_MOST];
    int len = fold_postcode(pattern, wanted);
    int given_len = fold_postcode(postcode, given);
    if (len <= 0 || given_len <= 0)
        return 0;
    const char *dots = strstr(wanted, "...");
    if (dots)
        return fits_range(souk_str(wanted), (size_t)(dots - wanted), souk_str(given));
    if (wanted[len - 1] == '*')
        return given_len >= len - 1 && memcmp(wanted, given, (size_t)len - 1) == 0 ? len : 0;
    return strcmp(wanted, given) == 0 ? 1000 : 0;
}

int64_t tax_place_score(const struct tax_place *place, const struct market *market)
{
    int64_t score = 0;
    if (place->city.len)
        return -1;
    if (place->country.len) {
        if (!str_equal_nocase(place->country, market->country))
            return -1;
        score += 1;
    }
    if (place->region.len) {
        if (!str_equal_nocase(place->region, market->region))
            return -1;
        score += 2;
    }
    if (place->postcode.len) {
        int64_t exact = tax_place_postcode(place->postcode, market->postcode);
        if (!exact)
            return -1;
        score += exact * 4;
    }
    return score;
}

/* ---- coming in ---- */

int tax_class_find(struct db_conn *conn, struct souk_str code, int make, int64_t *id)
{
    int found = db_get_int(conn, &sql_tax_class_by_code, id, DB_TEXT(code));
    if (found != SOUK_NOT_FOUND || !make || !code.len)
        return found;
    *id = id_next();
    return db_run(conn, &sql_tax_class_insert, NULL, DB_INT(*id), DB_TEXT(code), DB_TEXT(code));
}

/* "20", "20.0000", "7.7%" in percent to parts per million. */
static int read_percent(struct souk_str text, int64_t *ppm)
{
    int64_t number = 0;
    int digits = 0, after = -1;
    text = str_trim(text);
    if (str_ends(text, "%"))
        text = str_trim(str_make(text.ptr, text.len - 1));
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && after < 0) {
            after = 0;
        } else if (c >= '0' && c <= '9' && digits < 12) {
            if (after >= 4 && c != '0')
                return SOUK_INVALID;
            if (after >= 4)
                continue;
            number = number * 10 + (c - '0');
            digits++;
            after += after >= 0;
        } else {
            return SOUK_INVALID;
        }
    }
    if (!digits)
        return SOUK_INVALID;
    for (int i = after < 0 ? 0 : after; i < 4; i++)
        number *= 10;
    *ppm = number;
    return number <= 1000000 ? SOUK_OK : SOUK_INVALID;
}

static int read_rate(const struct json *doc, int64_t *ppm, struct err *err)
{
    const struct json *rate = json_at(doc, "rate");
    const struct json *exact = json_at(doc, "ppm");
    if (exact && exact->kind == JSON_INT && exact->number >= 0 && exact->number <= 1000000) {
        *ppm = exact->number;
        return SOUK_OK;
    }
    if (!exact && rate && rate->kind == JSON_STRING && read_percent(rate->text, ppm) == SOUK_OK)
        return SOUK_OK;
    return err_set(err, SOUK_INVALID,
                   "a tax rate is written as \"rate\": \"20.0\" in percent with at most four "
                   "decimals, or as \"ppm\": 200000");
}

static const struct json *either(const struct json *doc, const char *one, const char *other)
{
    const struct json *value = json_at(doc, one);
    return value ? value : json_at(doc, other);
}

/* Yes and no as files write them: true, 1, "1", "yes". */
static int is_yes(const struct json *value, int otherwise)
{
    if (!value || value->kind == JSON_NULL)
        return otherwise;
    if (value->kind == JSON_STRING)
        return souk_str_is(value->text, "1") || str_equal_nocase(value->text, souk_str("yes")) ||
               str_equal_nocase(value->text, souk_str("true"));
    return value->kind == JSON_REAL || value->number != 0;
}

static int64_t number_of(const struct json *value, int64_t otherwise)
{
    int64_t number;
    if (value && value->kind == JSON_STRING && str_to_int(value->text, &number) == SOUK_OK)
        return number;
    return json_int(value, otherwise);
}

static int save_rate(struct db_conn *conn, int64_t zone_id, const struct json *doc, int *change,
                     struct err *err)
{
    int64_t class_id, ppm = 0;
    struct souk_str class_code = json_text(either(doc, "class", "tax_class"));
    struct souk_str name = json_text(json_at(doc, "name"));
    int code = read_rate(doc, &ppm, err);
    if (code == SOUK_OK)
        code =
            tax_class_find(conn, class_code.len ? class_code : souk_str("standard"), 1, &class_id);
    if (code != SOUK_OK)
        return code;
    const struct db_arg label = DB_TEXT(name.len ? name : souk_str("VAT"));
    const struct db_arg priority = DB_INT(number_of(json_at(doc, "priority"), 1));
    const struct db_arg compound = DB_INT(is_yes(json_at(doc, "compound"), 0));
    const struct db_arg delivery = DB_INT(is_yes(either(doc, "delivery", "shipping"), 1));
    int64_t made = 0, changed = 0;
    code = db_run(conn, &sql_tax_rate_put, &made, DB_INT(id_next()), DB_INT(zone_id),
                  DB_INT(class_id), label, DB_INT(ppm), priority, compound, delivery);
    if (code == SOUK_OK && !made)
        code = db_run(conn, &sql_tax_rate_change, &changed, DB_INT(zone_id), DB_INT(class_id),
                      priority, label, DB_INT(ppm), compound, delivery);
    if (made)
        *change = PRODUCT_CREATED;
    else if (changed && *change == PRODUCT_UNCHANGED)
        *change = PRODUCT_UPDATED;
    return code;
}

/* "*" of WooCommerce's table means everywhere. */
static struct souk_str place_text(const struct json *value)
{
    struct souk_str text = str_trim(json_text(value));
    return souk_str_is(text, "*") ? souk_str("") : text;
}

static int make_zone(struct db_conn *conn, const struct json *doc, const struct tax_place *place,
                     int64_t *id)
{
    int code = db_get_int(conn, &sql_tax_zone_find, id, DB_TEXT(place->country),
                          DB_TEXT(place->region), DB_TEXT(place->postcode), DB_TEXT(place->city));
    if (code != SOUK_NOT_FOUND)
        return code;
    struct souk_str name = json_text(either(doc, "zone", "name"));
    *id = id_next();
    return db_run(conn, &sql_tax_zone_insert, NULL, DB_INT(*id), DB_TEXT(name),
                  DB_TEXT(place->country), DB_TEXT(place->region), DB_TEXT(place->postcode),
                  DB_TEXT(place->city));
}

static int save_zone(struct db_conn *conn, const struct json *doc, const struct tax_place *place,
                     int64_t *id, int *change, struct err *err)
{
    const struct json *rates = json_at(doc, "rates");
    int code = make_zone(conn, doc, place, id);
    if (code != SOUK_OK)
        return code;
    if (!rates)
        return save_rate(conn, *id, doc, change, err);
    json_each(item, rates)
    {
        if ((code = save_rate(conn, *id, &item->value, change, err)) != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

int tax_zone_put(struct db_conn *conn, const struct json *doc, int64_t *id, int *change,
                 struct err *err)
{
    *change = PRODUCT_UNCHANGED;
    char country[3] = "";
    struct souk_str given = place_text(json_at(doc, "country"));
    struct souk_str postcodes = place_text(either(doc, "postcode", "postcodes")), postcode;
    if (given.len && given.len != 2)
        return err_set(err, SOUK_INVALID, "\"%.*s\" is no country; write its two letters, like BG",
                       SOUK_PRI(given));
    for (size_t i = 0; i < given.len; i++)
        country[i] = (char)(given.ptr[i] >= 'a' ? given.ptr[i] - 32 : given.ptr[i]);
    struct tax_place place = {souk_str(country), place_text(either(doc, "region", "state")),
                              souk_str(""), place_text(json_at(doc, "city"))};
    if (!postcodes.len)
        return save_zone(conn, doc, &place, id, change, err);
    while (str_split(&postcodes, ';', &postcode)) {
        place.postcode = str_trim(postcode);
        int code = place.postcode.len ? save_zone(conn, doc, &place, id, change, err) : SOUK_OK;
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}
