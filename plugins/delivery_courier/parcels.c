/*
 * parcels: those that the courier has on the car, their labels, and what staff enter afterwards.
 *
 * A parcel is a row with the number of the shop's own: registering it twice is once. The result is
 * told to the shop in the same write that closes the row, with the units that were kept when not
 * all were; the shop sees to returns and money.
 */
#include "courier.h"

/* ---- taking over ---- */

struct taking {
    const struct souk_shipment *shipment;
    struct souk_str place, lines, wishes;
};

static struct souk_str lines_of(struct souk_ctx *ctx, const struct souk_shipment *shipment)
{
    struct souk_value *list = souk_list(ctx);
    for (uint32_t i = 0; i < shipment->line_count; i++) {
        const struct souk_shipment_line *line = souk_shipment_line_at(shipment, i);
        struct souk_value *row = souk_set_map(ctx, list, NULL);
        souk_set_str(ctx, row, "line", souk_printf(ctx, "%lld", (long long)line->line_id));
        souk_set_str(ctx, row, "sku", line->sku);
        souk_set_str(ctx, row, "name", line->name);
        souk_set_int(ctx, row, "quantity", line->quantity);
    }
    return souk_json_print(ctx, list);
}

static struct souk_str wishes_of(struct souk_ctx *ctx, const struct souk_value *choice)
{
    struct souk_value *map = souk_map(ctx);
    static const char *const names[] = {"slot_label", "lift", "assembly", "try_on_minutes"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (souk_true(souk_get(choice, names[i])))
            souk_set_copy(ctx, map, names[i], souk_get(choice, names[i]));
    return souk_json_print(ctx, map);
}

static int put_parcel(struct souk_ctx *ctx, void *arg)
{
    const struct taking *taking = arg;
    const struct souk_shipment *shipment = taking->shipment;
    return souk_exec(
        ctx, NULL,
        "INSERT INTO p_delivery_courier_parcel (number, order_number, receiver, place, collect, currency,"
        " lines, wishes, state, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9)"
        " ON CONFLICT (number) DO NOTHING",
        SOUK_A_STR(shipment->number), SOUK_A_STR(shipment->order_number),
        SOUK_A_STR(shipment->name), SOUK_A_STR(taking->place), SOUK_A_INT(shipment->collect),
        SOUK_A_STR(shipment->currency), SOUK_A_STR(taking->lines), SOUK_A_STR(taking->wishes),
        SOUK_A_INT(souk_now(ctx)));
}

int parcels_send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                 struct souk_shipment_result *result)
{
    struct taking taking = {.shipment = shipment,
                            .lines = lines_of(ctx, shipment),
                            .wishes = wishes_of(ctx, shipment->choice)};
    taking.place = souk_printf(ctx, "%.*s, %.*s %.*s, %.*s", SOUK_PRI(shipment->line1),
                               SOUK_PRI(shipment->postcode), SOUK_PRI(shipment->city),
                               SOUK_PRI(shipment->phone));
    int code = souk_db_write(ctx, put_parcel, &taking);
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
                     "UPDATE p_delivery_courier_parcel SET state = 'cancelled'"
                     " WHERE number = $1 AND state = 'waiting'",
                     SOUK_A_STR(shipment->number));
}

int parcels_cancel(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                   struct souk_shipment_result *result)
{
    struct souk_shipment copy = *shipment;
    result->state = souk_str("cancelled");
    return souk_db_write(ctx, drop_parcel, &copy);
}

/* ---- the label ---- */

int parcels_label(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                  struct souk_value *label)
{
    const struct souk_value *choice = shipment->choice;
    struct souk_value *facts = souk_set_list(ctx, label, "facts");
    struct souk_str slot = souk_text(souk_get(choice, "slot_label"));
    struct souk_str lift = souk_text(souk_get(choice, "lift"));
    int64_t minutes = souk_int(souk_get(choice, "try_on_minutes"), 0);
    souk_set_str(ctx, label, "service", souk_t(ctx, "Courier"));
    souk_set_str(ctx, label, "code",
                 shipment->tracking.len ? shipment->tracking : shipment->number);
    souk_set_cstr(ctx, label, "code_type", "code128");
    if (slot.len)
        souk_add_fact(ctx, facts, "When", slot);
    if (lift.len)
        souk_add_fact(ctx, facts, "Carry up", lift);
    if (souk_true(souk_get(choice, "assembly")))
        souk_add_fact(ctx, facts, "Assembly", souk_str("+"));
    if (minutes > 0)
        souk_add_fact(ctx, facts, "Try on", souk_printf(ctx, "%lld min", (long long)minutes));
    return SOUK_OK;
}

/* ---- the page ---- */

static int load_parcels(struct souk_ctx *ctx, struct souk_value *list)
{
    struct souk_rows *rows;
    int more = 0,
        code = souk_query(
            ctx, &rows,
            "SELECT number, order_number, receiver, place, collect, currency, lines, wishes"
            " FROM p_delivery_courier_parcel WHERE state = 'waiting' ORDER BY at LIMIT 100");
    while (code == SOUK_OK && (more = souk_next(rows)) == 1) {
        struct souk_value *row = souk_set_map(ctx, list, NULL), *lines = NULL, *wishes = NULL;
        souk_set_str(ctx, row, "number", souk_column_text(rows, 0));
        souk_set_str(ctx, row, "order", souk_column_text(rows, 1));
        souk_set_str(ctx, row, "receiver", souk_column_text(rows, 2));
        souk_set_str(ctx, row, "place", souk_column_text(rows, 3));
        struct souk_value *collect = souk_set_map(ctx, row, "collect");
        souk_set_int(ctx, collect, "amount", souk_column_int(rows, 4));
        souk_set_str(ctx, collect, "currency", souk_column_text(rows, 5));
        if (souk_json_parse(ctx, souk_column_text(rows, 6), &lines) == SOUK_OK)
            souk_set_copy(ctx, row, "lines", lines);
        if (souk_json_parse(ctx, souk_column_text(rows, 7), &wishes) == SOUK_OK)
            souk_set_copy(ctx, row, "wishes", wishes);
    }
    return code ? code : more;
}

int parcels_page(struct souk_ctx *ctx)
{
    struct souk_value *view = souk_map(ctx);
    souk_set_str(ctx, view, "title", souk_t(ctx, "Courier"));
    int code = slots_load(ctx, souk_set_list(ctx, view, "slots"));
    if (code == SOUK_OK)
        code = load_parcels(ctx, souk_set_list(ctx, view, "parcels"));
    souk_set_str(ctx, view, "done", souk_query_param(ctx, "done"));
    return code ? code : souk_answer_template(ctx, 200, "courier", view);
}

/* ---- what happened ---- */

/* What was kept of each line; *less: not all was. */
static int read_kept(struct souk_ctx *ctx, const struct souk_value *lines, struct souk_value *kept,
                     int *less)
{
    struct souk_walk walk = souk_walk(lines);
    while (souk_step(&walk)) {
        struct souk_str line = souk_text(souk_get(walk.value, "line"));
        int64_t all = souk_int(souk_get(walk.value, "quantity"), 0);
        struct souk_str text = souk_form(ctx, souk_printf(ctx, "kept-%.*s", SOUK_PRI(line)).ptr);
        int64_t units = text.len ? souk_number(text, -1) : all;
        if (units < 0 || units > all)
            return souk_fail(
                ctx, SOUK_INVALID, "%s",
                souk_t(ctx, "nobody keeps more units than there are in the parcel").ptr);
        *less |= units < all;
        souk_set_int(ctx, kept, souk_copy(ctx, line).ptr, units);
    }
    return SOUK_OK;
}

static int read_parcel(struct souk_ctx *ctx, struct souk_str number, struct souk_value **lines)
{
    struct souk_rows *rows;
    int code = souk_query(
        ctx, &rows,
        "SELECT lines FROM p_delivery_courier_parcel WHERE number = $1 AND state = 'waiting'",
        SOUK_A_STR(number));
    if (code != SOUK_OK)
        return code;
    if (souk_next(rows) != 1)
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "this parcel has its result already").ptr);
    return souk_json_parse(ctx, souk_column_text(rows, 0), lines);
}

static int close_parcel(struct souk_ctx *ctx, struct souk_str number)
{
    int64_t changed = 0;
    int code = souk_exec(
        ctx, &changed,
        "UPDATE p_delivery_courier_parcel SET state = 'done' WHERE number = $1 AND state = 'waiting'",
        SOUK_A_STR(number));
    return code || changed ? code : SOUK_CONFLICT;
}

int parcels_result(struct souk_ctx *ctx)
{
    struct souk_str number = souk_form(ctx, "number"), outcome = souk_form(ctx, "outcome");
    struct souk_value *lines = NULL, *kept = souk_map(ctx);
    int less = 0, fails = souk_str_is(outcome, "failed");
    int code = read_parcel(ctx, number, &lines);
    if (code == SOUK_OK && !fails && !souk_str_is(outcome, "delivered"))
        return souk_fail(ctx, SOUK_INVALID, "%s", souk_t(ctx, "say what happened").ptr);
    if (code == SOUK_OK && !fails)
        code = read_kept(ctx, lines, kept, &less);
    if (code != SOUK_OK)
        return code;
    struct souk_delivery_report report = {
        .size = sizeof report,
        .provider = souk_str(PROVIDER),
        .number = number,
        .tracking = number,
        .event = souk_printf(ctx, "%.*s at %lld", SOUK_PRI(outcome), (long long)souk_now(ctx)),
        .state = souk_str(fails  ? "attempt_failed"
                          : less ? "partially_delivered"
                                 : "delivered"),
        .code = outcome,
        .text = souk_form(ctx, "note"),
        .at = souk_now(ctx),
        .accepted = less ? kept : NULL,
    };
    code = souk_delivery_report(ctx, &report, NULL);
    if (code == SOUK_OK && !fails) /* after a failed attempt the parcel is tried again */
        code = close_parcel(ctx, number);
    return code ? code : souk_redirect(ctx, 303, souk_str("/admin/p/delivery_courier?done=1"));
}
