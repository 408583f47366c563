/*
 * delivery_courier: a courier of the shop's own, or one that works from a price list. Zones by
 * country and postcode, prices by weight and volume, windows with places, extras at the door
 * (carrying up, assembly, try-on), and taking back what the receiver does not want.
 *
 * It asks nobody: the rules stand in souk.lua, the places in its own tables. What happened at a
 * door is entered on its page, /admin/p/delivery_courier.
 */
#include "courier.h"

#define FLOORS_MOST 9

SOUK_EMBED(page, "templates/courier.html");
SOUK_EMBED(bg, "locale/bg.mo");
SOUK_EMBED(hu, "locale/hu.mo");
SOUK_EMBED(hy, "locale/hy.mo");
SOUK_EMBED(bn, "locale/bn.mo");

/* ---- what the goods come to ---- */

struct offer {
    const struct courier *courier;
    const struct souk_delivery_terms *terms;
    struct souk_str zone;
    int64_t grams; /* the greater of weight and volume */
    int64_t price, assembly;
    int assembles;
};

static int is_excluded(const struct courier *courier, struct souk_str sku)
{
    struct souk_walk walk = souk_walk(courier->excluded);
    while (souk_step(&walk)) {
        struct souk_str rule = souk_text(walk.value);
        int prefix = rule.len && rule.ptr[rule.len - 1] == '*';
        if (prefix ? sku.len >= rule.len - 1 && memcmp(sku.ptr, rule.ptr, rule.len - 1) == 0
                   : souk_str_equal(rule, sku))
            return 1;
    }
    return 0;
}

/* 0: the courier does not bring these goods, or not there. */
static int make_offer(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                      struct offer *offer)
{
    const struct courier *courier = souk_state(ctx);
    int64_t thousandths = 0, volume;
    memset(offer, 0, sizeof *offer);
    offer->courier = courier;
    offer->terms = terms;
    if (!souk_str_equal(terms->currency, courier->currency))
        return 0; /* the prices would be other ones */
    offer->zone = tables_zone(courier, terms->country, terms->postcode);
    if (offer->zone.len == 0 || terms->weight_g < 0 || terms->volume_cm3 < 0 ||
        terms->weight_g > INT64_C(1000000000) || terms->volume_cm3 > INT64_C(1000000000000))
        return 0;
    volume =
        courier->divisor ? (terms->volume_cm3 * 1000 + courier->divisor - 1) / courier->divisor : 0;
    offer->grams = volume > terms->weight_g ? volume : terms->weight_g;
    if (!tables_rate(courier, offer->zone, offer->grams, &thousandths))
        return 0;
    offer->price = souk_minor(thousandths, terms->currency);
    if (courier->free_from > 0 && terms->total >= courier->free_from)
        offer->price = 0;
    for (uint32_t i = 0; i < terms->item_count; i++) {
        const struct souk_delivery_item *item = souk_delivery_item_at(terms, i);
        int64_t each = 0;
        if (is_excluded(courier, item->sku))
            return 0;
        const struct souk_value *price =
            item->sku.len ? souk_get(courier->assembly, souk_copy(ctx, item->sku).ptr) : NULL;
        if (price && souk_decimal(souk_text(price), 3, &each)) {
            offer->assembly += souk_minor(each, terms->currency) * item->quantity;
            offer->assembles = 1;
        }
    }
    return 1;
}

/* ---- options ---- */

static struct souk_value *add_field(struct souk_ctx *ctx, struct souk_value *fields,
                                    const char *key, const char *label, const char *type,
                                    int required)
{
    struct souk_value *field = souk_set_map(ctx, fields, NULL);
    souk_set_cstr(ctx, field, "key", key);
    souk_set_str(ctx, field, "label", souk_t(ctx, label));
    souk_set_cstr(ctx, field, "type", type);
    souk_set_bool(ctx, field, "required", required);
    return field;
}

static void add_choice(struct souk_ctx *ctx, struct souk_value *choices, const char *value,
                       struct souk_str label, int64_t amount)
{
    struct souk_value *choice = souk_set_map(ctx, choices, NULL);
    souk_set_cstr(ctx, choice, "value", value);
    souk_set_str(ctx, choice, "label", label);
    souk_set_int(ctx, choice, "amount", amount);
}

/* The words with the number in the place of {count}. */
static struct souk_str floors(struct souk_ctx *ctx, int floor)
{
    struct souk_str words = souk_tn(ctx, "stairs, one floor", "stairs, {count} floors", floor);
    const char *text = souk_copy(ctx, words).ptr, *mark = strstr(text, "{count}");
    return mark ? souk_printf(ctx, "%.*s%d%s", (int)(mark - text), text, floor,
                              mark + strlen("{count}"))
                : words;
}

static void add_lift(struct souk_ctx *ctx, const struct courier *courier, struct souk_value *fields)
{
    char value[16];
    if (courier->lift_price == 0 && courier->floor_price == 0)
        return;
    struct souk_value *field = add_field(ctx, fields, "lift", "Carry up", "choice", 0);
    struct souk_value *choices = souk_set_list(ctx, field, "choices");
    add_choice(ctx, choices, "lift", souk_t(ctx, "by lift"), courier->lift_price);
    for (int floor = 1; floor <= FLOORS_MOST; floor++) {
        snprintf(value, sizeof value, "stairs%d", floor);
        add_choice(ctx, choices, value, floors(ctx, floor),
                   courier->lift_price + courier->floor_price * floor);
    }
}

/* An extra that is taken or not: a choice of one, so that its price is shown. */
static void add_extra(struct souk_ctx *ctx, struct souk_value *fields, const char *key,
                      const char *label, struct souk_str words, int64_t amount)
{
    struct souk_value *field = add_field(ctx, fields, key, label, "choice", 0);
    add_choice(ctx, souk_set_list(ctx, field, "choices"), "yes", words, amount);
}

static struct souk_str tryon_words(struct souk_ctx *ctx, const struct courier *courier)
{
    struct souk_str words = souk_t(ctx, "yes, the courier waits");
    return souk_printf(ctx, "%.*s (%lld min)", SOUK_PRI(words), (long long)courier->tryon_minutes);
}

static int add_fields(struct souk_ctx *ctx, const struct offer *offer, struct souk_value *option,
                      int *any)
{
    const struct courier *courier = offer->courier;
    struct souk_value *fields = souk_set_list(ctx, option, "fields");
    struct souk_str first, last;
    *any = 1;
    if (slots_wanted(courier, offer->zone)) {
        struct souk_value *field = add_field(ctx, fields, "slot", "When", "slot", 1);
        struct souk_value *choices = souk_set_list(ctx, field, "choices");
        int code = slots_list(ctx, courier, offer->zone, offer->terms->at, choices, &first, &last);
        if (code != SOUK_OK)
            return code;
        *any = souk_count_of(choices) > 0;
        souk_set_str(ctx, option, "eta_from", first);
        souk_set_str(ctx, option, "eta_until", last);
    } else {
        char date[16];
        calendar_date(calendar_first(courier, offer->terms->at), date);
        souk_set_cstr(ctx, option, "eta_from", date);
        souk_set_cstr(ctx, option, "eta_until", date);
    }
    add_lift(ctx, courier, fields);
    if (offer->assembles)
        add_extra(ctx, fields, "assembly", "Assembly", souk_t(ctx, "yes, assembled at the door"),
                  offer->assembly);
    if (courier->tryon)
        add_extra(ctx, fields, "try_on", "Try on before paying", tryon_words(ctx, courier),
                  courier->tryon_price);
    return SOUK_OK;
}

static int options(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                   struct souk_value *list)
{
    struct offer offer;
    int any;
    if (!make_offer(ctx, terms, &offer))
        return SOUK_OK;
    struct souk_value *option = souk_map(ctx);
    int code = add_fields(ctx, &offer, option, &any);
    if (code != SOUK_OK || !any)
        return code; /* no window has a place left */
    souk_set_cstr(ctx, option, "code", CODE);
    souk_set_str(ctx, option, "label", souk_t(ctx, "Courier"));
    souk_set_int(ctx, option, "amount", offer.price);
    souk_set_bool(ctx, option, "takes_cash", offer.courier->cash);
    souk_set_bool(ctx, option, "takes_card", offer.courier->card);
    souk_set_copy(ctx, list, NULL, option);
    return SOUK_OK;
}

/* ---- one choice ---- */

/* The price of a way up; 0 when it is none. */
static int lift_price(const struct courier *courier, struct souk_str lift, int64_t *amount)
{
    *amount = courier->lift_price;
    if (courier->lift_price == 0 && courier->floor_price == 0)
        return 0;
    if (souk_str_is(lift, "lift"))
        return 1;
    if (lift.len != 7 || memcmp(lift.ptr, "stairs", 6) != 0 || lift.ptr[6] < '1' ||
        lift.ptr[6] > '0' + FLOORS_MOST)
        return 0;
    *amount += courier->floor_price * (lift.ptr[6] - '0');
    return 1;
}

static int is_yes(const struct souk_value *value)
{
    struct souk_str text = souk_text(value);
    return text.len ? souk_str_is(text, "yes")
                    : souk_kind(value) == SOUK_VALUE_BOOL && souk_true(value);
}

static int take_slot(struct souk_ctx *ctx, const struct offer *offer,
                     const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    struct souk_str slot = souk_text(souk_get(choice, "slot"));
    struct souk_str label = souk_t(ctx, "Courier");
    int64_t day;
    quote->label = label;
    if (!slots_wanted(offer->courier, offer->zone))
        return SOUK_OK;
    if (slot.len == 0)
        return souk_fail(ctx, SOUK_INVALID, "slot: %s",
                         souk_t(ctx, "choose when the courier comes").ptr);
    const struct slot_line *line =
        slots_find(offer->courier, offer->zone, slot, offer->terms->at, &day);
    if (!line)
        return souk_fail(ctx, SOUK_INVALID, "slot: %s",
                         souk_t(ctx, "this time is not offered any more; choose another").ptr);
    souk_set_str(ctx, quote->data, "slot", slot);
    struct souk_str when = slots_label(ctx, line, day);
    souk_set_str(ctx, quote->data, "slot_label", when);
    quote->label = souk_printf(ctx, "%.*s, %.*s", SOUK_PRI(label), SOUK_PRI(when));
    return SOUK_OK;
}

static int take_extras(struct souk_ctx *ctx, const struct offer *offer,
                       const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    const struct courier *courier = offer->courier;
    struct souk_str lift = souk_text(souk_get(choice, "lift"));
    int64_t amount;
    if (lift.len) {
        if (!lift_price(courier, lift, &amount))
            return souk_fail(ctx, SOUK_INVALID, "lift: %s",
                             souk_t(ctx, "choose one of the ways that are offered").ptr);
        quote->amount += amount;
        souk_set_str(ctx, quote->data, "lift", lift);
    }
    if (is_yes(souk_get(choice, "assembly")) && offer->assembles) {
        quote->amount += offer->assembly;
        souk_set_bool(ctx, quote->data, "assembly", 1);
    }
    if (is_yes(souk_get(choice, "try_on")) && courier->tryon) {
        quote->amount += courier->tryon_price;
        souk_set_int(ctx, quote->data, "try_on_minutes", courier->tryon_minutes);
    }
    return SOUK_OK;
}

static int check(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                 const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    struct offer offer;
    if (!souk_str_is(souk_text(souk_get(choice, "code")), CODE))
        return souk_fail(ctx, SOUK_INVALID, "method: %s",
                         souk_t(ctx, "choose one of the ways that are offered").ptr);
    if (!make_offer(ctx, terms, &offer))
        return souk_fail(ctx, SOUK_INVALID, "method: %s",
                         souk_t(ctx, "the courier does not bring these goods there").ptr);
    quote->data = souk_map(ctx);
    quote->amount = offer.price;
    souk_set_str(ctx, quote->data, "zone", offer.zone);
    quote->flags = (offer.courier->cash ? SOUK_DELIVERY_TAKES_CASH : 0) |
                   (offer.courier->card ? SOUK_DELIVERY_TAKES_CARD : 0);
    int code = take_slot(ctx, &offer, choice, quote);
    return code ? code : take_extras(ctx, &offer, choice, quote);
}

/* ---- life ---- */

static int init(struct souk_ctx *ctx)
{
    struct courier *courier = souk_pool_alloc(ctx, sizeof *courier);
    int code = tables_read(ctx, courier);
    if (code != SOUK_OK)
        return code;
    courier->currency = souk_option_text(ctx, "currency");
    courier->divisor = souk_option_int(ctx, "dimensional_divisor");
    courier->free_from = souk_option_int(ctx, "free_from");
    courier->lift_price = souk_option_int(ctx, "lift_price");
    courier->floor_price = souk_option_int(ctx, "floor_price");
    courier->tryon = (int)souk_option_int(ctx, "try_on");
    courier->tryon_price = souk_option_int(ctx, "try_on_price");
    courier->tryon_minutes = souk_option_int(ctx, "try_on_minutes");
    courier->lead_days = souk_option_int(ctx, "lead_days");
    courier->days_ahead = souk_option_int(ctx, "days_ahead");
    courier->offset = souk_option_int(ctx, "utc_offset");
    courier->summer_time = (int)souk_option_int(ctx, "summer_time");
    courier->cash = (int)souk_option_int(ctx, "cash");
    courier->card = (int)souk_option_int(ctx, "card");
    courier->excluded = souk_option(ctx, "excluded");
    courier->assembly = souk_option(ctx, "assembly");
    courier->holidays = souk_option(ctx, "holidays");
    souk_state_set(ctx, courier);
    return SOUK_OK;
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_option option_rows[] = {
    {"zones", SOUK_TEXT, 0, "all | *", "Lines of: zone | countries | postcodes. The first that fits decides."},
    {"rates", SOUK_TEXT, 0, "all | 30 | 4.90", "Lines of: zone | up to kg | price, in the shop's currency"},
    {"currency", SOUK_STRING, 0, "EUR", "Of the prices; in another the courier is not offered"},
    {"dimensional_divisor", SOUK_INT, 0, "5000", "Cubic centimetres that count as a kilogram; 0: volume does not count", 0, 1000000},
    {"free_from", SOUK_MONEY, 0, NULL, "Goods for this much are brought for nothing"},
    {"excluded", SOUK_LIST, 0, NULL, "SKUs that the courier does not take; \"GLASS-*\" for all that begin so"},
    {"slots", SOUK_TEXT, 0, NULL, "Lines of: days | from-until | places, and perhaps | zone. None: no time is chosen."},
    {"lead_days", SOUK_INT, 0, "1", "Days from the order to the first delivery", 0, 60},
    {"cut_off", SOUK_STRING, 0, "15:00", "What is ordered later counts as ordered on the next day"},
    {"days_ahead", SOUK_INT, 0, "7", "Days that are offered", 1, 60},
    {"holidays", SOUK_LIST, 0, NULL, "Days without delivery, such as \"2026-12-25\""},
    {"utc_offset", SOUK_INT, 0, "0", "Minutes that the courier's clock is ahead of UTC in winter", -720, 840},
    {"summer_time", SOUK_BOOL, 0, "false", "An hour more in the summer time of the European Union"},
    {"lift_price", SOUK_MONEY, 0, NULL, "For carrying up, by lift or stairs"},
    {"floor_price", SOUK_MONEY, 0, NULL, "For each floor by stairs"},
    {"assembly", SOUK_MAP, 0, NULL, "Price of assembling one, by SKU"},
    {"try_on", SOUK_BOOL, 0, "false", "The receiver may try on, and give back what does not fit"},
    {"try_on_minutes", SOUK_INT, 0, "15", "That the courier waits", 1, 240},
    {"try_on_price", SOUK_MONEY, 0, NULL, "For waiting"},
    {"cash", SOUK_BOOL, 0, "true", "The courier takes cash"},
    {"card", SOUK_BOOL, 0, "true", "The courier takes cards"},
};
static const struct souk_delivery_provider provider = {
    .size = sizeof provider,
    .flags = SOUK_DELIVERY_LOCAL | SOUK_DELIVERY_TAKES_CASH | SOUK_DELIVERY_TAKES_CARD,
    .label = "Courier",
    .options = options,
    .check = check,
    .book = slots_book,
    .free = slots_free,
    .send = parcels_send,
    .cancel = parcels_cancel,
    .parcel_label = parcels_label,
};
static const struct souk_provider providers[] = {
    {"delivery", PROVIDER, &provider},
};
static const struct souk_route routes[] = {
    {"GET", "", SOUK_READ, SOUK_ADMIN, parcels_page, "Windows with their load, and parcels under way", "read"},
    {"POST", "/result", SOUK_WRITE, SOUK_ADMIN, parcels_result, "What happened at the door", "edit"},
};
static const struct souk_migration migrations[] = {
    {1, 0, "slot",
     "CREATE TABLE p_delivery_courier_slot ("
     " name TEXT NOT NULL PRIMARY KEY,"
     " date TEXT NOT NULL,"
     " label TEXT NOT NULL,"
     " places BIGINT NOT NULL,"
     " booked BIGINT NOT NULL CHECK (booked >= 0));"
     "CREATE INDEX p_delivery_courier_slot_date ON p_delivery_courier_slot (date, name);"
     "CREATE TABLE p_delivery_courier_booking ("
     " order_number TEXT NOT NULL PRIMARY KEY,"
     " slot TEXT NOT NULL,"
     " at BIGINT NOT NULL);"
     "CREATE TABLE p_delivery_courier_parcel ("
     " number TEXT NOT NULL PRIMARY KEY,"
     " order_number TEXT NOT NULL,"
     " receiver TEXT NOT NULL,"
     " place TEXT NOT NULL,"
     " collect BIGINT NOT NULL,"
     " currency TEXT NOT NULL,"
     " lines TEXT NOT NULL,"
     " wishes TEXT NOT NULL,"
     " state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'cancelled')),"
     " at BIGINT NOT NULL);"
     "CREATE INDEX p_delivery_courier_parcel_state ON p_delivery_courier_parcel (state, at)"},
};
static const struct souk_file files[] = {
    SOUK_FILE("templates/courier.html", page),
    SOUK_FILE("locale/bg.mo", bg),
    SOUK_FILE("locale/hu.mo", hu),
    SOUK_FILE("locale/hy.mo", hy),
    SOUK_FILE("locale/bn.mo", bn),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "delivery_courier",
    .version = "1.0.0",
    .summary = "Brings goods to the door: zones, weights, times, extras, partial acceptance",
    .contact = "plugins@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(option_rows),
    .providers = SOUK_TABLE(providers),
    .routes = SOUK_TABLE(routes),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .init = init,
};
