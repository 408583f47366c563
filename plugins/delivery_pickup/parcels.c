/*
 * parcels: orders that are going to be fetched, their parcels and labels.
 *
 * An order that is placed is noted with its place, in the order's own transaction: so a point that
 * was closed in between is refused there, and a list without it can name the orders that wait. A
 * parcel is a row with the key of its sending and a code of six digits that the receiver shows.
 */
#include "pickup.h"

#define CODES_TRIED 8

/* ---- orders ---- */

static int check_open(struct souk_ctx *ctx, const struct souk_value *choice)
{
    const struct pickup *pickup = souk_state(ctx);
    struct place place;
    struct souk_str code = souk_text(souk_get(choice, POINT));
    int found = SOUK_OK;
    if (souk_str_is(souk_text(souk_get(choice, "code")), SHOWROOM))
        found = tables_showroom(pickup, code) ? SOUK_OK : SOUK_NOT_FOUND;
    else
        found = points_find(ctx, code, &place);
    if (found != SOUK_OK && found != SOUK_NOT_FOUND)
        return found;
    if (found == SOUK_NOT_FOUND ||
        (!souk_str_is(souk_text(souk_get(choice, "code")), SHOWROOM) && !place.open))
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "this place has closed; choose another").ptr);
    return SOUK_OK;
}

int parcels_book(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    int code = check_open(ctx, choice);
    return code ? code
                : souk_exec(ctx, NULL,
                            "INSERT INTO p_delivery_pickup_order (order_number, kind, point, name,"
                            " state, at) VALUES ($1, $2, $3, $4, 'open', $5)"
                            " ON CONFLICT (order_number) DO UPDATE SET kind = excluded.kind,"
                            " point = excluded.point, name = excluded.name, state = 'open'",
                            SOUK_A_STR(order), SOUK_A_STR(souk_text(souk_get(choice, "code"))),
                            SOUK_A_STR(souk_text(souk_get(choice, POINT))),
                            SOUK_A_STR(souk_text(souk_get(choice, "name"))),
                            SOUK_A_INT(souk_now(ctx)));
}

int parcels_free(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    (void)choice;
    return souk_exec(ctx, NULL, "DELETE FROM p_delivery_pickup_order WHERE order_number = $1",
                     SOUK_A_STR(order));
}

/* ---- taking over ---- */

struct taking {
    const struct souk_shipment *shipment;
    char codes[CODES_TRIED][8];
};

/* Six digits, each number as likely as the next. */
static int make_code(struct souk_ctx *ctx, char text[8])
{
    uint32_t number;
    do {
        int code = souk_random(ctx, &number, sizeof number);
        if (code != SOUK_OK)
            return code;
    } while (number >= UINT32_C(4294000000)); /* the last, broken million */
    snprintf(text, 8, "%06u", (unsigned)(number % 1000000));
    return SOUK_OK;
}

static int put_parcel(struct souk_ctx *ctx, void *arg)
{
    const struct taking *taking = arg;
    const struct souk_shipment *shipment = taking->shipment;
    const struct souk_value *choice = shipment->choice;
    int64_t changed = 0;
    int code = SOUK_OK;
    for (int i = 0; code == SOUK_OK && !changed && i < CODES_TRIED; i++)
        code = souk_exec(
            ctx, &changed,
            "INSERT INTO p_delivery_pickup_parcel (key, number, order_number, order_id, receiver,"
            " kind, point, place, hold_days, pickup_code, collect, currency, state, arrived_at,"
            " until_at, reminded, at) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
            " 'registered', 0, 0, 0, $13 WHERE NOT EXISTS (SELECT 1 FROM p_delivery_pickup_parcel"
            " WHERE key = $1 OR (pickup_code = $10 AND state IN ('registered', 'available')))",
            SOUK_A_STR(shipment->key), SOUK_A_STR(shipment->number),
            SOUK_A_STR(shipment->order_number), SOUK_A_INT(shipment->order_id),
            SOUK_A_STR(shipment->name), SOUK_A_STR(shipment->option),
            SOUK_A_STR(souk_text(souk_get(choice, POINT))),
            SOUK_A_STR(souk_text(souk_get(choice, "name"))),
            SOUK_A_INT(souk_int(souk_get(choice, "hold_days"), 3)), SOUK_A_CSTR(taking->codes[i]),
            SOUK_A_INT(shipment->collect), SOUK_A_STR(shipment->currency),
            SOUK_A_INT(souk_now(ctx)));
    return code;
}

int parcels_send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                 struct souk_shipment_result *result)
{
    struct taking taking = {.shipment = shipment};
    int code = SOUK_OK;
    for (int i = 0; code == SOUK_OK && i < CODES_TRIED; i++)
        code = make_code(ctx, taking.codes[i]);
    if (code == SOUK_OK)
        code = souk_db_write(ctx, put_parcel, &taking);
    if (code != SOUK_OK)
        return code;
    result->state = souk_str("registered");
    result->tracking = souk_copy(ctx, shipment->number);
    return SOUK_OK;
}

static int drop_parcel(struct souk_ctx *ctx, void *arg)
{
    const struct souk_shipment *shipment = arg;
    return souk_exec(ctx, NULL,
                     "UPDATE p_delivery_pickup_parcel SET state = 'cancelled'"
                     " WHERE number = $1 AND state = 'registered'",
                     SOUK_A_STR(shipment->number));
}

int parcels_cancel(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                   struct souk_shipment_result *result)
{
    struct souk_shipment copy = *shipment;
    result->state = souk_str("cancelled");
    return souk_db_write(ctx, drop_parcel, &copy);
}

/* ---- what staff say with the order ---- */

static int note_state(struct souk_ctx *ctx, void *arg)
{
    const struct souk_value *payload = arg;
    struct souk_str number = souk_text(souk_get(payload, "shipment_number"));
    struct souk_str state = souk_text(souk_get(payload, "state"));
    int back = souk_str_is(state, "returning") || souk_str_is(state, "returned");
    if (!back && !souk_str_is(state, "delivered") && !souk_str_is(state, "partially_delivered"))
        return SOUK_OK;
    int code = souk_exec(ctx, NULL,
                         "UPDATE p_delivery_pickup_parcel SET state = $2 WHERE number = $1"
                         " AND state IN ('registered', 'available')",
                         SOUK_A_STR(number), SOUK_A_CSTR(back ? "back" : "done"));
    return code ? code
                : souk_exec(ctx, NULL,
                            "UPDATE p_delivery_pickup_order SET state = 'done' WHERE order_number ="
                            " (SELECT order_number FROM p_delivery_pickup_parcel WHERE number = $1)"
                            " AND NOT EXISTS (SELECT 1 FROM p_delivery_pickup_parcel o"
                            " WHERE o.order_number = p_delivery_pickup_order.order_number"
                            " AND o.state IN ('registered', 'available'))",
                            SOUK_A_STR(number));
}

int parcels_moved(struct souk_ctx *ctx, const struct souk_event *event)
{
    return souk_db_write(ctx, note_state, event->payload);
}

/* ---- the label ---- */

static void add_to(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                   struct souk_value *to)
{
    const struct souk_value *choice = shipment->choice;
    struct souk_str city = souk_text(souk_get(choice, "city"));
    struct souk_str postcode = souk_text(souk_get(choice, "postcode"));
    souk_set_str(ctx, to, NULL, shipment->name);
    souk_set_str(ctx, to, NULL, shipment->phone);
    souk_set_str(ctx, to, NULL, souk_text(souk_get(choice, "name")));
    souk_set_str(ctx, to, NULL, souk_text(souk_get(choice, "address")));
    souk_set_str(ctx, to, NULL, souk_printf(ctx, "%.*s %.*s", SOUK_PRI(postcode), SOUK_PRI(city)));
}

int parcels_label(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                  struct souk_value *label)
{
    const struct souk_value *choice = shipment->choice;
    struct souk_value *facts = souk_set_list(ctx, label, "facts");
    int showroom = souk_str_is(shipment->option, SHOWROOM);
    int64_t days = souk_int(souk_get(choice, "hold_days"), 0);
    struct souk_str money = shipment->currency;
    int64_t whole = souk_minor(1000, money);
    souk_set_str(ctx, label, "service", souk_t(ctx, showroom ? "Our shop" : "Pickup point"));
    souk_set_str(ctx, label, "code",
                 shipment->tracking.len ? shipment->tracking : shipment->number);
    souk_set_cstr(ctx, label, "code_type", "code128");
    add_to(ctx, shipment, souk_set_list(ctx, label, "to"));
    souk_add_fact(ctx, facts, "Point", souk_text(souk_get(choice, POINT)));
    if (days > 0)
        souk_add_fact(ctx, facts, "Kept for", words_count(ctx, "one day", "{count} days", days));
    if (shipment->collect > 0)
        souk_add_fact(
            ctx, facts, "To collect",
            whole == 100
                ? souk_printf(ctx, "%lld.%02lld %.*s", (long long)(shipment->collect / 100),
                              (long long)(shipment->collect % 100), SOUK_PRI(money))
            : whole == 1000
                ? souk_printf(ctx, "%lld.%03lld %.*s", (long long)(shipment->collect / 1000),
                              (long long)(shipment->collect % 1000), SOUK_PRI(money))
                : souk_printf(ctx, "%lld %.*s", (long long)shipment->collect, SOUK_PRI(money)));
    return SOUK_OK;
}

/* ---- reminders ---- */

struct due { /* a parcel that has lain for a while */
    struct souk_str number, point;
    int64_t order, days, hold, until;
    int bit;
};

struct dues {
    struct due *at;
    int count;
};

/* Bit 1: the first day, 2: the third, 4: the last but one of the hold. 0: nothing is due. */
static int due_bit(int64_t days, int64_t hold, int64_t reminded)
{
    if (days >= hold - 1 && hold > 1)
        return reminded & 4 ? 0 : 4;
    if (days >= 3)
        return reminded & 2 ? 0 : 2;
    return days >= 1 && !(reminded & 1);
}

static int tell_dues(struct souk_ctx *ctx, void *arg)
{
    const struct dues *dues = arg;
    int code = SOUK_OK;
    for (int i = 0; code == SOUK_OK && i < dues->count; i++) {
        const struct due *due = &dues->at[i];
        struct souk_value *payload = souk_map(ctx);
        int64_t changed = 0;
        code = souk_exec(ctx, &changed,
                         "UPDATE p_delivery_pickup_parcel SET reminded = reminded + $2"
                         " WHERE number = $1 AND state = 'available' AND reminded & $2 = 0",
                         SOUK_A_STR(due->number), SOUK_A_INT(due->bit));
        if (code != SOUK_OK || !changed)
            continue;
        souk_set_int(ctx, payload, "order", due->order);
        souk_set_str(ctx, payload, "parcel", due->number);
        souk_set_str(ctx, payload, "point", due->point);
        souk_set_int(ctx, payload, "days", due->days);
        souk_set_bool(ctx, payload, "last", due->bit == 4);
        souk_set_time(ctx, payload, "until", due->until);
        code = souk_emit(ctx, "delivery_pickup.waiting",
                         souk_printf(ctx, "order:%lld", (long long)due->order), payload);
    }
    return code;
}

#define DUES_MOST 500

int parcels_remind(struct souk_ctx *ctx, const struct souk_value *payload)
{
    struct dues dues = {souk_alloc(ctx, sizeof *dues.at * DUES_MOST), 0};
    struct souk_rows *rows;
    (void)payload;
    int more = 0, code = souk_query(ctx, &rows,
                                    "SELECT number, point, order_id, arrived_at, hold_days,"
                                    " until_at, reminded FROM p_delivery_pickup_parcel"
                                    " WHERE state = 'available' ORDER BY arrived_at");
    while (code == SOUK_OK && dues.count < DUES_MOST && (more = souk_next(rows)) == 1) {
        int64_t days = (souk_now(ctx) - souk_column_int(rows, 3)) / DAY_US;
        int64_t hold = souk_column_int(rows, 4);
        int bit = due_bit(days, hold, souk_column_int(rows, 6));
        if (bit)
            dues.at[dues.count++] = (struct due){souk_copy(ctx, souk_column_text(rows, 0)),
                                                 souk_copy(ctx, souk_column_text(rows, 1)),
                                                 souk_column_int(rows, 2),
                                                 days,
                                                 hold,
                                                 souk_column_int(rows, 5),
                                                 bit};
    }
    if (code != SOUK_OK || more < 0)
        return souk_fail(ctx, code ? code : more, "the parcels that wait cannot be read");
    return dues.count ? souk_db_write(ctx, tell_dues, &dues) : SOUK_OK;
}
