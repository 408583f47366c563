/*
 * counter: the page on which staff take parcels in and hand them over, and read a new list of
 * points.
 *
 * When a parcel has arrived, the shop is told, and the customer reads the code and the last day
 * with the order. Handing over at a showroom takes that code; at a point of a carrier the carrier
 * has looked. Each step is one guarded UPDATE: done twice it is refused.
 */
#include "pickup.h"

/* ---- the page ---- */

static int load_parcels(struct souk_ctx *ctx, struct souk_value *list)
{
    struct souk_rows *rows;
    int more = 0,
        code = souk_query(ctx, &rows,
                          "SELECT number, receiver, kind, point, place, collect, currency, state,"
                          " until_at FROM p_delivery_pickup_parcel"
                          " WHERE state IN ('registered', 'available')"
                          " AND ($1 = '' OR number = $1 OR order_number = $1 OR point = $1)"
                          " ORDER BY state, until_at, at LIMIT 200",
                          SOUK_A_STR(souk_trim(souk_query_param(ctx, "q"))));
    while (code == SOUK_OK && (more = souk_next(rows)) == 1) {
        struct souk_value *row = souk_set_map(ctx, list, NULL);
        souk_set_str(ctx, row, "number", souk_column_text(rows, 0));
        souk_set_str(ctx, row, "receiver", souk_column_text(rows, 1));
        souk_set_bool(ctx, row, "showroom", souk_str_is(souk_column_text(rows, 2), SHOWROOM));
        souk_set_str(ctx, row, "point", souk_column_text(rows, 3));
        souk_set_str(ctx, row, "place", souk_column_text(rows, 4));
        struct souk_value *collect = souk_set_map(ctx, row, "collect");
        souk_set_int(ctx, collect, "amount", souk_column_int(rows, 5));
        souk_set_str(ctx, collect, "currency", souk_column_text(rows, 6));
        int waits = souk_str_is(souk_column_text(rows, 7), "available");
        souk_set_bool(ctx, row, "waits", waits);
        if (waits) {
            souk_set_str(ctx, row, "until", words_date(ctx, souk_column_int(rows, 8)));
            souk_set_bool(ctx, row, "overdue", souk_column_int(rows, 8) < souk_now(ctx));
        }
    }
    return code ? code : more;
}

static int load_list(struct souk_ctx *ctx, struct souk_value *view)
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows,
                          "SELECT points, at FROM p_delivery_pickup_list WHERE id = 1 AND at > 0");
    int more = code ? code : souk_next(rows);
    if (more == 1) {
        struct souk_value *list = souk_set_map(ctx, view, "list");
        souk_set_int(ctx, list, "points", souk_column_int(rows, 0));
        souk_set_time(ctx, list, "at", souk_column_int(rows, 1));
    }
    return more < 0 ? more : SOUK_OK;
}

static int answer_page(struct souk_ctx *ctx, int status, struct souk_str problem,
                       const struct import_totals *totals)
{
    struct souk_value *view = souk_map(ctx);
    souk_set_str(ctx, view, "title", souk_t(ctx, "Pickup"));
    souk_set_str(ctx, view, "problem", problem);
    souk_set_str(ctx, view, "done", souk_query_param(ctx, "done"));
    souk_set_str(ctx, view, "q", souk_query_param(ctx, "q"));
    if (totals) {
        struct souk_value *read = souk_set_map(ctx, view, "read");
        souk_set_int(ctx, read, "points", totals->rows);
        souk_set_int(ctx, read, "added", totals->added);
        souk_set_int(ctx, read, "vanished", totals->vanished);
        souk_set_int(ctx, read, "closed", totals->closed);
    }
    int code = load_parcels(ctx, souk_set_list(ctx, view, "parcels"));
    if (code == SOUK_OK)
        code = import_waiting(ctx, souk_set_list(ctx, view, "waiting"));
    if (code == SOUK_OK)
        code = load_list(ctx, view);
    return code ? code : souk_answer_template(ctx, status, "pickup", view);
}

int counter_page(struct souk_ctx *ctx)
{
    return answer_page(ctx, 200, souk_str(""), NULL);
}

int counter_upload(struct souk_ctx *ctx)
{
    const struct souk_upload *upload = souk_upload_of(ctx, "file");
    struct import_totals totals;
    if (!upload || upload->bytes.len == 0)
        return answer_page(ctx, 422, souk_t(ctx, "Choose a file."), NULL);
    int code = import_points(ctx, upload->bytes, souk_form(ctx, "force").len > 0, &totals);
    if (code == SOUK_INVALID || code == SOUK_TOO_LARGE || code == SOUK_CONFLICT)
        return answer_page(ctx, code == SOUK_CONFLICT ? 409 : 422,
                           souk_copy(ctx, souk_failure(ctx)), NULL);
    return code == SOUK_OK ? answer_page(ctx, 200, souk_str(""), &totals) : code;
}

/* ---- steps ---- */

struct held { /* a parcel that is asked about */
    struct souk_str number, kind, point, place, code, state;
    int64_t hold_days, until, order;
};

static int read_held(struct souk_ctx *ctx, struct held *held)
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows,
                          "SELECT number, kind, point, place, pickup_code, state, hold_days,"
                          " until_at, order_id FROM p_delivery_pickup_parcel WHERE number = $1"
                          " AND state IN ('registered', 'available')",
                          SOUK_A_STR(souk_form(ctx, "number")));
    if (code != SOUK_OK)
        return code;
    if (souk_next(rows) != 1)
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "this parcel does not wait any more").ptr);
    struct souk_str *const texts[] = {&held->number, &held->kind, &held->point,
                                      &held->place,  &held->code, &held->state};
    for (uint32_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = souk_copy(ctx, souk_column_text(rows, i));
    held->hold_days = souk_column_int(rows, 6);
    held->until = souk_column_int(rows, 7);
    held->order = souk_column_int(rows, 8);
    return SOUK_OK;
}

static int tell(struct souk_ctx *ctx, const struct held *held, const char *state,
                struct souk_str text)
{
    struct souk_delivery_report report = {
        .size = sizeof report,
        .provider = souk_str(PROVIDER),
        .number = held->number,
        .event = souk_printf(ctx, "counter:%s:%lld", state, (long long)souk_now(ctx)),
        .state = souk_str(state),
        .text = text,
        .at = souk_now(ctx),
    };
    return souk_delivery_report(ctx, &report, NULL);
}

static int done(struct souk_ctx *ctx, int code)
{
    return code ? code : souk_redirect(ctx, 303, souk_str("/admin/p/delivery_pickup?done=1"));
}

static int emit_ready(struct souk_ctx *ctx, const struct held *held)
{
    struct souk_value *payload = souk_map(ctx);
    souk_set_int(ctx, payload, "order", held->order);
    souk_set_str(ctx, payload, "parcel", held->number);
    souk_set_str(ctx, payload, "point", held->point);
    souk_set_str(ctx, payload, "place", held->place);
    souk_set_time(ctx, payload, "until", held->until);
    return souk_emit(ctx, "delivery_pickup.ready",
                     souk_printf(ctx, "order:%lld", (long long)held->order), payload);
}

/* For the customer, in the language of the order: whoever stands at the counter has another. */
static int describe_waiting(struct souk_ctx *ctx, const struct held *held, struct souk_str *text)
{
    const struct souk_value *order;
    int code = souk_order_get(ctx, held->order, &order);
    if (code != SOUK_OK)
        return code;
    struct souk_str locale = souk_text(souk_get(order, "locale"));
    struct souk_str until = souk_date_text(ctx, locale, held->until, SOUK_DATE, souk_str(""));
    struct souk_str kept = souk_t_in(ctx, locale, "kept until", NULL, 1);
    struct souk_str word = souk_t_in(ctx, locale, "Pickup code", NULL, 1);
    *text = souk_str_is(held->kind, SHOWROOM)
                ? souk_printf(ctx, "%.*s: %.*s; %.*s %.*s", SOUK_PRI(word), SOUK_PRI(held->code),
                              SOUK_PRI(kept), SOUK_PRI(until))
                : souk_printf(ctx, "%.*s; %.*s %.*s", SOUK_PRI(held->place), SOUK_PRI(kept),
                              SOUK_PRI(until));
    return SOUK_OK;
}

int counter_arrived(struct souk_ctx *ctx)
{
    struct held held;
    int64_t changed = 0, now = souk_now(ctx);
    int code = read_held(ctx, &held);
    if (code != SOUK_OK)
        return code;
    held.until = now + held.hold_days * DAY_US;
    code = souk_exec(ctx, &changed,
                     "UPDATE p_delivery_pickup_parcel SET state = 'available', arrived_at = $2,"
                     " until_at = $3 WHERE number = $1 AND state = 'registered'",
                     SOUK_A_STR(held.number), SOUK_A_INT(now), SOUK_A_INT(held.until));
    if (code == SOUK_OK && !changed)
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "this parcel has arrived already").ptr);
    struct souk_str text = souk_str("");
    if (code == SOUK_OK)
        code = describe_waiting(ctx, &held, &text);
    if (code == SOUK_OK)
        code = tell(ctx, &held, "available_for_pickup", text);
    if (code == SOUK_OK) /* on the order's page */
        code = souk_order_note(ctx, held.order, text, 0);
    if (code == SOUK_OK)
        code = emit_ready(ctx, &held);
    return done(ctx, code);
}

static int close_parcel(struct souk_ctx *ctx, const struct held *held, const char *state)
{
    int64_t changed = 0;
    int code = souk_exec(ctx, &changed,
                         "UPDATE p_delivery_pickup_parcel SET state = $2"
                         " WHERE number = $1 AND state = 'available'",
                         SOUK_A_STR(held->number), SOUK_A_CSTR(state));
    if (code == SOUK_OK && !changed)
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "this parcel has not arrived yet").ptr);
    return code ? code
                : souk_exec(ctx, NULL,
                            "UPDATE p_delivery_pickup_order SET state = 'done' WHERE order_number ="
                            " (SELECT order_number FROM p_delivery_pickup_parcel WHERE number = $1)"
                            " AND NOT EXISTS (SELECT 1 FROM p_delivery_pickup_parcel o"
                            " WHERE o.order_number = p_delivery_pickup_order.order_number"
                            " AND o.state IN ('registered', 'available'))",
                            SOUK_A_STR(held->number));
}

int counter_handover(struct souk_ctx *ctx)
{
    struct held held;
    int code = read_held(ctx, &held);
    if (code != SOUK_OK)
        return code;
    if (souk_str_is(held.kind, SHOWROOM) &&
        !souk_equal_secret(held.code, souk_trim(souk_form(ctx, "code"))))
        return souk_fail(ctx, SOUK_INVALID, "%s",
                         souk_t(ctx, "this is not the code of this parcel").ptr);
    code = close_parcel(ctx, &held, "done");
    return done(ctx, code ? code : tell(ctx, &held, "delivered", souk_str("")));
}

int counter_back(struct souk_ctx *ctx)
{
    struct held held;
    int code = read_held(ctx, &held);
    if (code == SOUK_OK)
        code = close_parcel(ctx, &held, "back");
    return done(ctx, code ? code : tell(ctx, &held, "returning", souk_str("")));
}

int counter_extend(struct souk_ctx *ctx)
{
    struct held held;
    int64_t changed = 0, days = souk_number(souk_form(ctx, "days"), 0);
    int code = read_held(ctx, &held);
    if (code == SOUK_OK && (days < 1 || days > 60))
        return souk_fail(ctx, SOUK_INVALID, "%s", souk_t(ctx, "days are from 1 to 60").ptr);
    if (code == SOUK_OK)
        code = souk_exec(ctx, &changed,
                         "UPDATE p_delivery_pickup_parcel SET until_at = until_at + $2,"
                         " hold_days = hold_days + $3, reminded = reminded & 3"
                         " WHERE number = $1 AND state = 'available'",
                         SOUK_A_STR(held.number), SOUK_A_INT(days * DAY_US), SOUK_A_INT(days));
    if (code == SOUK_OK && !changed)
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "this parcel has not arrived yet").ptr);
    return done(ctx, code);
}
