/*
 * delivery_pickup: goods that people fetch: at the shop's own showrooms, and at pickup points and
 * lockers of a list that is imported. Only what takes the goods is offered, the nearest first; a
 * map is not needed.
 *
 * It asks nobody: the list is a file, and what happens at a counter is entered on its page,
 * /admin/p/delivery_pickup.
 */
#include "pickup.h"

SOUK_EMBED(page, "templates/pickup.html");
SOUK_EMBED(bg, "locale/bg.mo");
SOUK_EMBED(hu, "locale/hu.mo");
SOUK_EMBED(hy, "locale/hy.mo");
SOUK_EMBED(bn, "locale/bn.mo");

/* ---- what the goods need ---- */

static void add_sides(struct needs *needs, const struct souk_delivery_item *item)
{
    int64_t given[3] = {item->length_mm, item->width_mm, item->height_mm}, side[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        int64_t value = given[i] > 0 ? given[i] : 0;
        int at = i;
        for (; at > 0 && side[at - 1] < value; at--)
            side[at] = side[at - 1];
        side[at] = value;
    }
    for (int i = 0; i < 3; i++)
        if (side[i] > needs->side[i])
            needs->side[i] = side[i];
}

/* 0: not to be had at all: another currency, or no sense. */
static int read_needs(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                      struct needs *needs)
{
    const struct pickup *pickup = souk_state(ctx);
    memset(needs, 0, sizeof *needs);
    if (!souk_str_equal(terms->currency, pickup->currency) || terms->weight_g < 0 ||
        terms->volume_cm3 < 0)
        return 0;
    needs->country = terms->country;
    needs->city = words_fold(ctx, terms->city.len ? terms->city : souk_str(""));
    needs->postcode = souk_trim(terms->postcode);
    needs->grams = terms->weight_g;
    needs->volume = terms->volume_cm3;
    for (uint32_t i = 0; i < terms->item_count; i++)
        add_sides(needs, souk_delivery_item_at(terms, i));
    return 1;
}

static int showroom_price(const struct pickup *pickup, const struct needs *needs, int64_t *amount)
{
    *amount = pickup->showroom_price;
    return pickup->showroom_count > 0 && needs->grams <= pickup->showroom_grams;
}

static int point_price(const struct pickup *pickup, const struct souk_delivery_terms *terms,
                       const struct needs *needs, int64_t *amount)
{
    int64_t thousandths;
    if (!tables_rate(pickup, needs->country, needs->grams, &thousandths))
        return 0;
    *amount = pickup->free_from > 0 && terms->total >= pickup->free_from
                  ? 0
                  : souk_minor(thousandths, terms->currency);
    return 1;
}

/* ---- options ---- */

static void add_point(struct souk_ctx *ctx, const struct place *place, struct souk_value *points)
{
    struct souk_value *point = souk_set_map(ctx, points, NULL);
    souk_set_str(ctx, point, "code", place->code);
    souk_set_str(ctx, point, "name", place->name);
    souk_set_str(ctx, point, "address", place->address);
    souk_set_str(ctx, point, "city", place->city);
    souk_set_str(ctx, point, "postcode", place->postcode);
    if (place->distance >= 0)
        souk_set_int(ctx, point, "distance_m", place->distance);
    if (place->hours.len)
        souk_set_str(ctx, point, "hours", place->hours);
    souk_set_bool(ctx, point, "takes_cash", place->cash);
    souk_set_bool(ctx, point, "takes_card", place->card);
}

static struct souk_value *add_option(struct souk_ctx *ctx, const char *code, const char *label,
                                     int64_t amount, struct place *places, int count,
                                     struct souk_value *list)
{
    int cash = 0, card = 0;
    struct souk_value *option = souk_set_map(ctx, list, NULL);
    souk_set_cstr(ctx, option, "code", code);
    souk_set_str(ctx, option, "label", souk_t(ctx, label));
    souk_set_int(ctx, option, "amount", amount);
    struct souk_value *field = souk_set_map(ctx, souk_set_list(ctx, option, "fields"), NULL);
    souk_set_cstr(ctx, field, "key", POINT);
    souk_set_str(ctx, field, "label", souk_t(ctx, "Where to fetch it"));
    souk_set_cstr(ctx, field, "type", "point");
    souk_set_bool(ctx, field, "required", 1);
    struct souk_value *points = souk_set_list(ctx, option, "points");
    for (int i = 0; i < count && i < SHOWN_MOST; i++) {
        add_point(ctx, &places[i], points);
        cash |= places[i].cash;
        card |= places[i].card;
    }
    souk_set_bool(ctx, option, "takes_cash", cash);
    souk_set_bool(ctx, option, "takes_card", card);
    return option;
}

/* The same city or postcode says where the shopper is when the list of points does not. */
static int find_here(struct souk_ctx *ctx, const struct needs *needs, int64_t *lat, int64_t *lon,
                     int *code)
{
    const struct pickup *pickup = souk_state(ctx);
    *code = SOUK_OK;
    if (needs->country.len && points_here(ctx, needs, lat, lon, code))
        return 1;
    for (uint32_t i = 0; i < pickup->showroom_count; i++) {
        const struct place *room = &pickup->showrooms[i];
        int same = (needs->postcode.len && souk_str_equal(room->postcode, needs->postcode)) ||
                   (needs->city.len && souk_str_equal(words_fold(ctx, room->city), needs->city));
        if (same && room->lat != NOWHERE) {
            *lat = room->lat;
            *lon = room->lon;
            return 1;
        }
    }
    return 0;
}

static int offer_showrooms(struct souk_ctx *ctx, const struct needs *needs, int64_t amount,
                           struct souk_value *list)
{
    const struct pickup *pickup = souk_state(ctx);
    struct place *rooms = souk_alloc(ctx, sizeof *rooms * SHOWROOMS_MOST);
    int64_t lat = 0, lon = 0;
    int code, here = find_here(ctx, needs, &lat, &lon, &code);
    for (uint32_t i = 0; i < pickup->showroom_count; i++) {
        rooms[i] = pickup->showrooms[i];
        rooms[i].name = souk_t(ctx, souk_copy(ctx, rooms[i].name).ptr);
        if (here && rooms[i].lat != NOWHERE)
            rooms[i].distance = points_distance(lat, lon, rooms[i].lat, rooms[i].lon);
    }
    points_sort(rooms, (int)pickup->showroom_count);
    if (code == SOUK_OK)
        add_option(ctx, SHOWROOM, "Fetch it at our shop", amount, rooms,
                   (int)pickup->showroom_count, list);
    return code;
}

/* Without a place there is nothing to be near to, and nothing is offered. */
static int offer_points(struct souk_ctx *ctx, const struct needs *needs, int64_t amount,
                        struct souk_value *list)
{
    struct place *places = souk_alloc(ctx, sizeof *places * 2 * SHOWN_MOST);
    int count = 0, code = points_near(ctx, needs, places, &count);
    if (code == SOUK_OK && count)
        add_option(ctx, POINT, "Pickup point or locker", amount, places, count, list);
    return code;
}

static int options(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                   struct souk_value *list)
{
    const struct pickup *pickup = souk_state(ctx);
    struct needs needs;
    int64_t amount;
    int code = SOUK_OK;
    if (!read_needs(ctx, terms, &needs))
        return SOUK_OK;
    if (showroom_price(pickup, &needs, &amount))
        code = offer_showrooms(ctx, &needs, amount, list);
    if (code == SOUK_OK && point_price(pickup, terms, &needs, &amount))
        code = offer_points(ctx, &needs, amount, list);
    return code;
}

/* ---- one choice ---- */

static int wrong_point(struct souk_ctx *ctx, const char *words)
{
    return souk_fail(ctx, SOUK_INVALID, "point: %s", souk_t(ctx, words).ptr);
}

static int find_place(struct souk_ctx *ctx, const struct needs *needs, int showroom,
                      struct souk_str code, struct place *place)
{
    const struct pickup *pickup = souk_state(ctx);
    if (code.len == 0)
        return wrong_point(ctx, "choose where to fetch it");
    if (showroom) {
        const struct place *room = tables_showroom(pickup, code);
        if (!room)
            return wrong_point(ctx, "this place is not offered any more; choose another");
        *place = *room;
        return SOUK_OK;
    }
    int found = points_find(ctx, code, place);
    if (found == SOUK_NOT_FOUND)
        return wrong_point(ctx, "this place is not offered any more; choose another");
    if (found != SOUK_OK)
        return found;
    if (!place->open)
        return wrong_point(ctx, "this place has closed; choose another");
    if (!souk_str_equal(place->country, needs->country))
        return wrong_point(ctx, "this place is in another country; choose another");
    if (!points_fit(place, needs))
        return wrong_point(ctx,
                           "the goods are too large or too heavy for this place; choose another");
    return SOUK_OK;
}

static void keep(struct souk_ctx *ctx, const struct place *place, int showroom,
                 struct souk_delivery_quote *quote)
{
    struct souk_str word = souk_t(ctx, showroom ? "Our shop" : "Pickup point");
    quote->data = souk_map(ctx);
    quote->label = souk_printf(ctx, "%.*s: %.*s%s%.*s", SOUK_PRI(word), SOUK_PRI(place->name),
                               place->address.len ? ", " : "", SOUK_PRI(place->address));
    if (quote->label.len > 200)
        quote->label = souk_printf(ctx, "%.*s %.*s", SOUK_PRI(word), SOUK_PRI(place->code));
    quote->flags =
        (place->cash ? SOUK_DELIVERY_TAKES_CASH : 0) | (place->card ? SOUK_DELIVERY_TAKES_CARD : 0);
    souk_set_cstr(ctx, quote->data, "code", showroom ? SHOWROOM : POINT);
    souk_set_str(ctx, quote->data, POINT, place->code);
    souk_set_str(ctx, quote->data, "type", place->type);
    souk_set_str(ctx, quote->data, "name", place->name);
    souk_set_str(ctx, quote->data, "address", place->address);
    souk_set_str(ctx, quote->data, "city", place->city);
    souk_set_str(ctx, quote->data, "postcode", place->postcode);
    souk_set_str(ctx, quote->data, "hours", place->hours);
    souk_set_int(ctx, quote->data, "hold_days", place->hold_days);
}

static int check(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                 const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    const struct pickup *pickup = souk_state(ctx);
    struct souk_str option = souk_text(souk_get(choice, "code"));
    int showroom = souk_str_is(option, SHOWROOM);
    struct needs needs;
    struct place place;
    if (!showroom && !souk_str_is(option, POINT))
        return souk_fail(ctx, SOUK_INVALID, "method: %s",
                         souk_t(ctx, "choose one of the ways that are offered").ptr);
    if (!read_needs(ctx, terms, &needs) ||
        !(showroom ? showroom_price(pickup, &needs, &quote->amount)
                   : point_price(pickup, terms, &needs, &quote->amount)))
        return souk_fail(ctx, SOUK_INVALID, "method: %s",
                         souk_t(ctx, "these goods cannot be fetched there").ptr);
    int code = find_place(ctx, &needs, showroom, souk_text(souk_get(choice, POINT)), &place);
    if (code == SOUK_OK)
        keep(ctx, &place, showroom, quote);
    return code;
}

/* ---- life ---- */

static int init(struct souk_ctx *ctx)
{
    struct pickup *pickup = souk_pool_alloc(ctx, sizeof *pickup);
    int code = tables_read(ctx, pickup);
    if (code != SOUK_OK)
        return code;
    pickup->currency = souk_option_text(ctx, "currency");
    pickup->showroom_price = souk_option_int(ctx, "showroom_price");
    pickup->showroom_grams = souk_option_int(ctx, "showroom_max_kg") * 1000;
    pickup->free_from = souk_option_int(ctx, "free_from");
    pickup->hold_days = souk_option_int(ctx, "hold_days");
    pickup->shrink = souk_option_int(ctx, "shrink");
    souk_state_set(ctx, pickup);
    return SOUK_OK;
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_option option_rows[] = {
    {"showrooms", SOUK_TEXT, 0, NULL, "Lines of: code | name | address | city | postcode | hours | lat,lon | hold days | cash card"},
    {"showroom_price", SOUK_MONEY, 0, NULL, "For fetching at a showroom"},
    {"showroom_max_kg", SOUK_INT, 0, "500", "Heavier goods are not handed out at a showroom", 1, 100000},
    {"rates", SOUK_TEXT, 0, "* | 20 | 2.90", "Of points, lines of: country | up to kg | price"},
    {"currency", SOUK_STRING, 0, "EUR", "Of the prices; in another nothing is offered"},
    {"free_from", SOUK_MONEY, 0, NULL, "Goods for this much go to a point for nothing"},
    {"hold_days", SOUK_INT, 0, "7", "Days that a point keeps a parcel", 1, 365},
    {"shrink", SOUK_INT, 0, "20", "Percent of the points that may vanish with a new list", 0, 100},
};
static const struct souk_delivery_provider provider = {
    .size = sizeof provider,
    .flags = SOUK_DELIVERY_LOCAL | SOUK_DELIVERY_TAKES_CASH | SOUK_DELIVERY_TAKES_CARD | SOUK_DELIVERY_NO_ADDRESS,
    .label = "Pickup",
    .options = options,
    .check = check,
    .book = parcels_book,
    .free = parcels_free,
    .send = parcels_send,
    .cancel = parcels_cancel,
    .parcel_label = parcels_label,
};
static const struct souk_provider providers[] = {
    {"delivery", PROVIDER, &provider},
};
static const struct souk_listener events[] = {
    {"shipment.moved", SOUK_FACT, 0, parcels_moved},
    {"shipment.delivered", SOUK_FACT, 0, parcels_moved},
};
static const struct souk_job jobs[] = {
    {"remind", "20 8 * * *", parcels_remind, "Tells of parcels that wait: after a day, three, and before the last"},
};
static const struct souk_command commands[] = {
    {"import", "[--force] FILE", "Reads the list of points (CSV or JSON Lines) in the place of the old one", import_command},
};
static const struct souk_route routes[] = {
    {"GET", "", SOUK_READ, SOUK_ADMIN, counter_page, "Parcels that wait to be fetched", "read"},
    {"POST", "/arrived", SOUK_WRITE, SOUK_ADMIN, counter_arrived, "A parcel can be fetched", "edit"},
    {"POST", "/handover", SOUK_WRITE, SOUK_ADMIN, counter_handover, "A parcel was fetched", "edit"},
    {"POST", "/extend", SOUK_WRITE, SOUK_ADMIN, counter_extend, "A parcel is kept longer", "edit"},
    {"POST", "/back", SOUK_WRITE, SOUK_ADMIN, counter_back, "A parcel goes back", "edit"},
    {"POST", "/points", SOUK_TASK, SOUK_ADMIN, counter_upload, "Reads a list of points", "points", UPLOAD_MOST, 120000},
};
static const struct souk_migration migrations[] = {
    {1, 0, "point",
     "CREATE TABLE p_delivery_pickup_list ("
     " id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),"
     " generation BIGINT NOT NULL,"
     " loading BIGINT NOT NULL,"
     " loading_at BIGINT NOT NULL,"
     " points BIGINT NOT NULL,"
     " at BIGINT NOT NULL);"
     "CREATE TABLE p_delivery_pickup_point ("
     " generation BIGINT NOT NULL,"
     " code TEXT NOT NULL,"
     " type TEXT NOT NULL,"
     " name TEXT NOT NULL,"
     " country TEXT NOT NULL,"
     " city TEXT NOT NULL,"
     " city_key TEXT NOT NULL,"
     " postcode TEXT NOT NULL,"
     " address TEXT NOT NULL,"
     " hours TEXT NOT NULL,"
     " lat BIGINT,"
     " lon BIGINT,"
     " cash BIGINT NOT NULL,"
     " card BIGINT NOT NULL,"
     " max_weight BIGINT NOT NULL,"
     " side1 BIGINT NOT NULL,"
     " side2 BIGINT NOT NULL,"
     " side3 BIGINT NOT NULL,"
     " open BIGINT NOT NULL,"
     " PRIMARY KEY (generation, code));"
     "CREATE INDEX p_delivery_pickup_point_box ON p_delivery_pickup_point (generation, country, lat, lon);"
     "CREATE INDEX p_delivery_pickup_point_postcode ON p_delivery_pickup_point (generation, country, postcode);"
     "CREATE INDEX p_delivery_pickup_point_city ON p_delivery_pickup_point (generation, country, city_key);"
     "CREATE TABLE p_delivery_pickup_order ("
     " order_number TEXT NOT NULL PRIMARY KEY,"
     " kind TEXT NOT NULL,"
     " point TEXT NOT NULL,"
     " name TEXT NOT NULL,"
     " state TEXT NOT NULL CHECK (state IN ('open', 'done')),"
     " at BIGINT NOT NULL);"
     "CREATE INDEX p_delivery_pickup_order_state ON p_delivery_pickup_order (state, kind);"
     "CREATE TABLE p_delivery_pickup_parcel ("
     " key TEXT NOT NULL PRIMARY KEY,"
     " number TEXT NOT NULL,"
     " order_number TEXT NOT NULL,"
     " order_id BIGINT NOT NULL,"
     " receiver TEXT NOT NULL,"
     " kind TEXT NOT NULL,"
     " point TEXT NOT NULL,"
     " place TEXT NOT NULL,"
     " hold_days BIGINT NOT NULL,"
     " pickup_code TEXT NOT NULL,"
     " collect BIGINT NOT NULL,"
     " currency TEXT NOT NULL,"
     " state TEXT NOT NULL CHECK (state IN ('registered', 'available', 'done', 'back', 'cancelled')),"
     " arrived_at BIGINT NOT NULL,"
     " until_at BIGINT NOT NULL,"
     " reminded BIGINT NOT NULL,"
     " at BIGINT NOT NULL);"
     "CREATE INDEX p_delivery_pickup_parcel_number ON p_delivery_pickup_parcel (number);"
     "CREATE INDEX p_delivery_pickup_parcel_order ON p_delivery_pickup_parcel (order_number);"
     "CREATE INDEX p_delivery_pickup_parcel_state ON p_delivery_pickup_parcel (state, pickup_code)"},
};
static const struct souk_file files[] = {
    SOUK_FILE("templates/pickup.html", page),
    SOUK_FILE("locale/bg.mo", bg),
    SOUK_FILE("locale/hu.mo", hu),
    SOUK_FILE("locale/hy.mo", hy),
    SOUK_FILE("locale/bn.mo", bn),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "delivery_pickup",
    .version = "1.0.0",
    .summary = "Goods that are fetched: showrooms, pickup points and lockers",
    .contact = "plugins@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(option_rows),
    .providers = SOUK_TABLE(providers),
    .events = SOUK_TABLE(events),
    .jobs = SOUK_TABLE(jobs),
    .commands = SOUK_TABLE(commands),
    .routes = SOUK_TABLE(routes),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .init = init,
};
