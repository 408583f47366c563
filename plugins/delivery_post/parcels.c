/*
 * parcels: those that the post has or is about to get, their labels, and what staff enter.
 *
 * A parcel is a row with the key of its sending: registering it twice is once, and gives the same
 * number. The row keeps the last state that was told, so that the page can show what is open; what
 * counts for the order is what the shop was told.
 */
#include "post.h"

/* ---- taking over ---- */

struct taking {
    const struct souk_shipment *shipment;
    const struct service_line *service;
    struct souk_str place;
    char tracking[S10_ROOM];
    int64_t left; /* numbers; -1: none was taken */
};

static int find_taken(struct souk_ctx *ctx, struct taking *taking, int *found)
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows, "SELECT tracking FROM p_delivery_post_parcel WHERE key = $1",
                          SOUK_A_STR(taking->shipment->key));
    if (code != SOUK_OK)
        return code;
    int more = souk_next(rows);
    *found = more == 1;
    if (more == 1) {
        struct souk_str tracking = souk_column_text(rows, 0);
        snprintf(taking->tracking, sizeof taking->tracking, "%.*s", SOUK_PRI(tracking));
    }
    return more < 0 ? more : SOUK_OK;
}

/* The shop hears of it before the last number is gone: once, and again when it is. */
static int warn_of_numbers(struct souk_ctx *ctx, const struct taking *taking)
{
    const struct post *post = souk_state(ctx);
    if (taking->left < 0 || (taking->left != post->numbers_warn && taking->left != 0))
        return SOUK_OK;
    struct souk_value *payload = souk_map(ctx);
    souk_set_str(ctx, payload, "prefix", taking->service->prefix);
    souk_set_int(ctx, payload, "left", taking->left);
    struct souk_str prefix = taking->service->prefix;
    return souk_emit(ctx, "delivery_post.numbers_low",
                     souk_printf(ctx, "numbers:%.*s", SOUK_PRI(prefix)), payload);
}

static int put_parcel(struct souk_ctx *ctx, void *arg)
{
    struct taking *taking = arg;
    const struct souk_shipment *shipment = taking->shipment;
    int found = 0, code = find_taken(ctx, taking, &found);
    if (code != SOUK_OK || found)
        return code;
    taking->tracking[0] = '\0';
    taking->left = -1;
    if (taking->service->tracked)
        code = number_take(ctx, taking->service->prefix, taking->tracking, &taking->left);
    if (code == SOUK_OK)
        code = warn_of_numbers(ctx, taking);
    int declares = souk_true(souk_get(shipment->choice, "declared"));
    return code
               ? code
               : souk_exec(ctx, NULL,
                           "INSERT INTO p_delivery_post_parcel (key, number, order_number, service,"
                           " tracking, receiver, place, collect, declared, currency, state, code,"
                           " said_at, closed, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
                           " 'registered', '', 0, 0, $11)",
                           SOUK_A_STR(shipment->key), SOUK_A_STR(shipment->number),
                           SOUK_A_STR(shipment->order_number), SOUK_A_STR(shipment->option),
                           taking->tracking[0] ? SOUK_A_CSTR(taking->tracking) : SOUK_A_NULL,
                           SOUK_A_STR(shipment->name), SOUK_A_STR(taking->place),
                           SOUK_A_INT(shipment->collect),
                           SOUK_A_INT(declares ? shipment->declared_value : 0),
                           SOUK_A_STR(shipment->currency), SOUK_A_INT(souk_now(ctx)));
}

int parcels_send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                 struct souk_shipment_result *result)
{
    const struct post *post = souk_state(ctx);
    struct souk_str example;
    struct taking taking = {
        .shipment = shipment, .service = tables_service(post, shipment->option), .left = -1};
    if (!taking.service)
        return souk_fail(
            ctx, SOUK_INVALID, "%s",
            souk_t(ctx, "this service does not stand in the option services any more").ptr);
    if (!postcode_fits(post, shipment->country, souk_trim(shipment->postcode), &example))
        return souk_fail(
            ctx, SOUK_INVALID, "%s",
            souk_t(ctx, "the post does not take parcels without a right postcode").ptr);
    taking.place = souk_printf(ctx, "%.*s, %.*s %.*s, %.*s", SOUK_PRI(shipment->line1),
                               SOUK_PRI(shipment->postcode), SOUK_PRI(shipment->city),
                               SOUK_PRI(shipment->country));
    int code = souk_db_write(ctx, put_parcel, &taking);
    if (code != SOUK_OK)
        return code;
    if (taking.left >= 0 && taking.left <= post->numbers_warn)
        souk_log(ctx, SOUK_LOG_WARN,
                 "%lld tracking numbers %.*s are left; add a range to the option numbers",
                 (long long)taking.left, SOUK_PRI(taking.service->prefix));
    result->state = souk_str("registered");
    result->tracking = souk_copy(ctx, souk_str(taking.tracking));
    return SOUK_OK;
}

/* Its number is not given to another: the post may have seen it. */
static int drop_parcel(struct souk_ctx *ctx, void *arg)
{
    const struct souk_shipment *shipment = arg;
    return souk_exec(ctx, NULL,
                     "UPDATE p_delivery_post_parcel SET state = 'cancelled', closed = 1"
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

/* ---- the label ---- */

/* "12.50 EUR" */
static struct souk_str money_words(struct souk_ctx *ctx, int64_t minor, struct souk_str currency)
{
    int64_t unit = 1;
    while (souk_minor(1000, currency) > unit) /* a whole in minor units: 1, 100, 1000 */
        unit *= 10;
    int digits = unit == 1 ? 0 : unit == 100 ? 2 : 3;
    if (digits == 0)
        return souk_printf(ctx, "%lld %.*s", (long long)minor, SOUK_PRI(currency));
    return souk_printf(ctx, "%lld.%0*lld %.*s", (long long)(minor / unit), digits,
                       (long long)(minor % unit), SOUK_PRI(currency));
}

int parcels_label(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                  struct souk_value *label)
{
    const struct post *post = souk_state(ctx);
    const struct service_line *service = tables_service(post, shipment->option);
    struct souk_value *facts = souk_set_list(ctx, label, "facts");
    struct souk_str word = souk_t(ctx, "Post");
    struct souk_str name =
        service ? souk_t(ctx, souk_copy(ctx, service->name).ptr) : shipment->option;
    souk_set_str(ctx, label, "service",
                 souk_printf(ctx, "%.*s · %.*s", SOUK_PRI(word), SOUK_PRI(name)));
    souk_set_str(ctx, label, "code",
                 shipment->tracking.len ? shipment->tracking : shipment->number);
    souk_set_cstr(ctx, label, "code_type", "code128");
    souk_add_fact(ctx, facts, "Weight",
                  souk_printf(ctx, "%lld.%03lld kg", (long long)(shipment->weight_g / 1000),
                              (long long)(shipment->weight_g % 1000)));
    if (souk_true(souk_get(shipment->choice, "declared")))
        souk_add_fact(ctx, facts, "Declared value",
                      money_words(ctx, shipment->declared_value, shipment->currency));
    if (shipment->collect > 0)
        souk_add_fact(ctx, facts, "To collect",
                      money_words(ctx, shipment->collect, shipment->currency));
    return SOUK_OK;
}

/* ---- states ---- */

static int is_end(struct souk_str state)
{
    return souk_str_is(state, "delivered") || souk_str_is(state, "returned") ||
           souk_str_is(state, "partially_delivered") || souk_str_is(state, "cancelled");
}

/* The shop has another state than the post told: staff have entered it with the order. */
static int note_state(struct souk_ctx *ctx, void *arg)
{
    const struct souk_value *payload = arg;
    struct souk_str state = souk_text(souk_get(payload, "state"));
    return souk_exec(ctx, NULL,
                     "UPDATE p_delivery_post_parcel SET state = $2, closed = $3 WHERE number = $1"
                     " AND state <> 'cancelled'",
                     SOUK_A_STR(souk_text(souk_get(payload, "shipment_number"))), SOUK_A_STR(state),
                     SOUK_A_INT(is_end(state)));
}

int parcels_moved(struct souk_ctx *ctx, const struct souk_event *event)
{
    if (souk_text(souk_get(event->payload, "state")).len == 0)
        return SOUK_OK;
    return souk_db_write(ctx, note_state, event->payload);
}

int parcels_load(struct souk_ctx *ctx, struct souk_value *list)
{
    struct souk_rows *rows;
    struct souk_str find = souk_query_param(ctx, "q");
    int more = 0, code = souk_query(
                      ctx, &rows,
                      "SELECT key, number, order_number, service, coalesce(tracking, ''), receiver,"
                      " place, collect, currency, state, code FROM p_delivery_post_parcel"
                      " WHERE closed = 0 AND ($1 = '' OR number = $1 OR tracking = $1"
                      " OR order_number = $1) ORDER BY at LIMIT 100",
                      SOUK_A_STR(souk_trim(find)));
    while (code == SOUK_OK && (more = souk_next(rows)) == 1) {
        static const char *const names[] = {"key",      "number",   "order", "service",
                                            "tracking", "receiver", "place"};
        struct souk_value *row = souk_set_map(ctx, list, NULL);
        for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
            souk_set_str(ctx, row, names[i], souk_column_text(rows, i));
        struct souk_value *collect = souk_set_map(ctx, row, "collect");
        souk_set_int(ctx, collect, "amount", souk_column_int(rows, 7));
        souk_set_str(ctx, collect, "currency", souk_column_text(rows, 8));
        souk_set_str(ctx, row, "state", souk_column_text(rows, 9));
        souk_set_str(ctx, row, "code", souk_column_text(rows, 10));
    }
    return code ? code : more;
}

int parcels_state(struct souk_ctx *ctx)
{
    struct souk_str key = souk_form(ctx, "key"), state = souk_form(ctx, "state");
    struct souk_rows *rows;
    if (!tables_is_state(state))
        return souk_fail(ctx, SOUK_INVALID, "%s", souk_t(ctx, "say where the parcel is").ptr);
    int code = souk_query(ctx, &rows,
                          "SELECT number FROM p_delivery_post_parcel WHERE key = $1 AND closed = 0",
                          SOUK_A_STR(key));
    if (code != SOUK_OK)
        return code;
    if (souk_next(rows) != 1)
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "this parcel is not under way any more").ptr);
    struct souk_delivery_report report = {
        .size = sizeof report,
        .provider = souk_str(PROVIDER),
        .number = souk_copy(ctx, souk_column_text(rows, 0)),
        .event = souk_printf(ctx, "staff:%.*s:%lld", SOUK_PRI(state), (long long)souk_now(ctx)),
        .state = state,
        .text = souk_form(ctx, "note"),
        .at = souk_now(ctx),
    };
    code = souk_delivery_report(ctx, &report, NULL);
    if (code == SOUK_OK)
        code = souk_exec(ctx, NULL,
                         "UPDATE p_delivery_post_parcel SET state = $2, closed = $3, said_at = $4,"
                         " code = '' WHERE key = $1",
                         SOUK_A_STR(key), SOUK_A_STR(state), SOUK_A_INT(is_end(state)),
                         SOUK_A_INT(report.at));
    return code ? code : souk_redirect(ctx, 303, souk_str("/admin/p/delivery_post?done=1"));
}
