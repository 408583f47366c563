/*
 * event.c: what an event of Stripe says about money, told to the core.
 *
 * Which payment it is about stands in the metadata that went with its session, and Stripe copies it
 * to intents and charges; of a refund or dispute made by hand at Stripe the intent is asked for.
 * What belongs to nobody here (another program on the same account) is left alone. Events come
 * twice, late and in any order; the core sorts that out by the names of captures and refunds, so
 * here nothing is remembered.
 *
 * What nobody can act on by itself, such as events of another major version of the API or a refund
 * that the bank gave back, is kept for a person to look at. A failed attempt on the page, Stripe's
 * or a front end's, is no failure: the shopper takes another card there.
 */
#include "stripe.h"

struct event {
    struct souk_ctx *ctx;
    struct souk_str id, type;
    const struct souk_value *object; /* what it is about */
    int64_t payment;
    struct souk_str number, intent;
};

/* ---- for people ---- */

struct odd {
    const struct event *event;
    struct souk_str name, why, reference;
    int64_t added;
};

static int put_odd(struct souk_ctx *ctx, void *arg)
{
    struct odd *odd = arg;
    return souk_exec(ctx, &odd->added,
                     "INSERT INTO p_payment_stripe_odd (id, event, type, why, reference, at)"
                     " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (event) DO NOTHING",
                     SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(odd->name),
                     SOUK_A_STR(odd->event->type), SOUK_A_STR(odd->why), SOUK_A_STR(odd->reference),
                     SOUK_A_INT(souk_now(ctx)));
}

/* Once under this name; *fresh: it is the first time. */
static int set_aside(const struct event *event, struct souk_str name, struct souk_str why,
                     int *fresh)
{
    struct odd odd = {event, name, why, souk_text(souk_get(event->object, "id")), 0};
    int code = souk_db_write(event->ctx, put_odd, &odd);
    *fresh = odd.added > 0;
    if (code == SOUK_OK && *fresh)
        souk_log(event->ctx, SOUK_LOG_WARN, "event %.*s (%.*s) waits to be looked at: %.*s",
                 SOUK_PRI(event->id), SOUK_PRI(event->type), SOUK_PRI(why));
    return code;
}

/* ---- whose it is ---- */

static struct souk_str id_of(const struct souk_value *value)
{
    return souk_kind(value) == SOUK_VALUE_MAP ? souk_text(souk_get(value, "id")) : souk_text(value);
}

/* 1: ours. */
static int read_names(struct event *event, const struct souk_value *metadata)
{
    struct souk_str shop = souk_text(souk_get(metadata, "souk_shop"));
    event->payment = souk_number(souk_text(souk_get(metadata, "souk_payment")), 0);
    event->number = souk_text(souk_get(metadata, "souk_order"));
    return event->payment > 0 && souk_str_equal(shop, souk_option_text(event->ctx, "shop"));
}

/* Asked of Stripe: the intent of a refund or dispute that was made by hand there. */
static int ask_intent(struct event *event, int *ours)
{
    struct reply reply;
    *ours = 0;
    if (!api_is_id(event->intent))
        return SOUK_OK;
    int code = api_call(
        event->ctx, souk_printf(event->ctx, "/v1/payment_intents/%.*s", SOUK_PRI(event->intent)),
        NULL, souk_str(""), &reply);
    if (code == SOUK_OK && reply.error && reply.status != 404)
        code = api_refused(event->ctx, &reply, "event");
    if (code == SOUK_OK && reply.body)
        *ours = read_names(event, souk_get(reply.body, "metadata"));
    return code;
}

static int find_owner(struct event *event, int *ours)
{
    const struct souk_value *metadata = souk_get(event->object, "metadata");
    int is_intent = souk_str_is(souk_text(souk_get(event->object, "object")), "payment_intent");
    event->intent = id_of(souk_get(event->object, is_intent ? "id" : "payment_intent"));
    *ours = read_names(event, metadata);
    if (*ours || is_intent || event->payment > 0 || souk_get(event->object, "client_reference_id"))
        return SOUK_OK;
    return ask_intent(event, ours);
}

/* ---- telling ---- */

static int tell(const struct event *event, struct souk_str name, int32_t state,
                struct souk_str reference, int64_t amount)
{
    struct souk_ctx *ctx = event->ctx;
    const struct souk_value *object = event->object;
    int is_session = souk_str_is(souk_text(souk_get(object, "object")), "checkout.session");
    struct souk_value *data = souk_map(ctx);
    struct souk_payment_report report = {
        .size = sizeof report,
        .state = state,
        .provider = souk_str(STRIPE_PROVIDER),
        .event = name,
        .payment_id = event->payment,
        .reference = reference,
        .currency = currency_upper(ctx, souk_text(souk_get(object, "currency"))),
        .text = souk_printf(ctx, "%.*s %.*s", SOUK_PRI(event->number), SOUK_PRI(event->intent)),
    };
    report.amount = amount > 0 ? currency_in(report.currency, amount) : 0;
    if (is_session)
        report.payment_reference = souk_text(souk_get(object, "id"));
    if (state == SOUK_PAID_FAILED)
        report.message = souk_t(ctx, "The payment did not go through; please try again.");
    if (api_is_id(event->intent)) {
        souk_set_str(ctx, data, "intent", event->intent);
        report.data = data;
    }
    return souk_payment_report(ctx, &report, NULL);
}

static int64_t amount_of(const struct event *event, const char *member)
{
    return souk_int(souk_get(event->object, member), 0);
}

/* ---- sessions ---- */

static int session_completed(struct event *event)
{
    int64_t amount = amount_of(event, "amount_total");
    int paid = souk_str_is(souk_text(souk_get(event->object, "payment_status")), "paid");
    if (paid && api_is_id(event->intent) && amount > 0)
        return tell(event, event->id, SOUK_PAID_CAPTURED, event->intent, amount);
    return tell(event, event->id, SOUK_PAID_PENDING, souk_str(""), 0); /* held, or on its way */
}

static int session_failed(struct event *event)
{
    return tell(event, event->id, SOUK_PAID_FAILED, souk_str(""), 0);
}

static int session_expired(struct event *event)
{
    return tell(event, event->id, SOUK_PAID_CANCELLED, souk_text(souk_get(event->object, "id")), 0);
}

/* ---- intents ---- */

static int intent_succeeded(struct event *event)
{
    int64_t amount = amount_of(event, "amount_received");
    return amount > 0 ? tell(event, event->id, SOUK_PAID_CAPTURED, event->intent, amount) : SOUK_OK;
}

/* Under the name that the core gives to the one authorisation of a payment: fetch() may have told.
 */
static int intent_held(struct event *event)
{
    int64_t amount = amount_of(event, "amount_capturable");
    if (amount <= 0)
        return SOUK_OK;
    return tell(event, event->id, SOUK_PAID_AUTHORISED,
                souk_printf(event->ctx, "authorise-%lld", (long long)event->payment), amount);
}

static int intent_cancelled(struct event *event)
{
    return tell(event, event->id, SOUK_PAID_CANCELLED, event->intent, 0);
}

/* ---- money that goes back ---- */

static int refund_failed(struct event *event)
{
    struct souk_ctx *ctx = event->ctx;
    struct souk_str refund = souk_text(souk_get(event->object, "id"));
    const struct souk_value *order = NULL;
    int fresh = 0;
    int code = set_aside(event, souk_printf(ctx, "failed:%.*s", SOUK_PRI(refund)),
                         souk_str("a refund failed: the money is back at Stripe"), &fresh);
    if (code != SOUK_OK || !fresh || !event->number.len ||
        souk_order_find(ctx, event->number, &order) != SOUK_OK)
        return code;
    struct souk_str text = souk_printf(
        ctx,
        "Stripe: the refund %.*s failed; its money is back on the account and has to be paid "
        "back in another way.",
        SOUK_PRI(refund));
    return souk_order_note(ctx, souk_int(souk_get(order, "id"), 0), text, 1);
}

static int refund_moved(struct event *event)
{
    struct souk_str status = souk_text(souk_get(event->object, "status"));
    if (souk_str_is(status, "succeeded"))
        return tell(event, event->id, SOUK_PAID_REFUNDED, souk_text(souk_get(event->object, "id")),
                    amount_of(event, "amount"));
    if (souk_str_is(status, "failed") || souk_str_is(status, "canceled"))
        return refund_failed(event);
    return SOUK_OK; /* not decided */
}

/* A charge knows only how much went back in all; its refunds are told one by one. */
static int charge_refunded(struct event *event)
{
    const struct souk_value *list = souk_get(souk_get(event->object, "refunds"), "data");
    struct souk_str charge = souk_text(souk_get(event->object, "id"));
    struct reply reply;
    int code = SOUK_OK;
    if (!list && api_is_id(charge)) {
        code =
            api_call(event->ctx,
                     souk_printf(event->ctx, "/v1/refunds?charge=%.*s&limit=100", SOUK_PRI(charge)),
                     NULL, souk_str(""), &reply);
        if (code == SOUK_OK && reply.error)
            code = api_refused(event->ctx, &reply, "event");
        list = code == SOUK_OK ? souk_get(reply.body, "data") : NULL;
    }
    struct souk_walk walk = souk_walk(list);
    while (code == SOUK_OK && souk_step(&walk)) {
        struct souk_str id = souk_text(souk_get(walk.value, "id"));
        struct event one = *event;
        one.object = walk.value;
        if (souk_str_is(souk_text(souk_get(walk.value, "status")), "succeeded"))
            code =
                tell(&one, souk_printf(event->ctx, "%.*s/%.*s", SOUK_PRI(event->id), SOUK_PRI(id)),
                     SOUK_PAID_REFUNDED, id, souk_int(souk_get(walk.value, "amount"), 0));
    }
    return code;
}

/* An inquiry (warning_…) moves no money yet. */
static int dispute_made(struct event *event)
{
    struct souk_str status = souk_text(souk_get(event->object, "status"));
    int fresh;
    if (status.len > 8 && memcmp(status.ptr, "warning_", 8) == 0)
        return set_aside(event, event->id, souk_str("a bank asks about a payment"), &fresh);
    return tell(event, event->id, SOUK_PAID_DISPUTED, souk_text(souk_get(event->object, "id")),
                amount_of(event, "amount"));
}

static int dispute_won(struct event *event)
{
    int fresh;
    return set_aside(event, event->id, souk_str("a dispute was won: its money is back at Stripe"),
                     &fresh);
}

/* ---- all ---- */

static const struct {
    const char *type;
    int (*take)(struct event *event);
} kinds[] = {
    {"checkout.session.completed", session_completed},
    {"checkout.session.async_payment_succeeded", session_completed},
    {"checkout.session.async_payment_failed", session_failed},
    {"checkout.session.expired", session_expired},
    {"payment_intent.succeeded", intent_succeeded},
    {"payment_intent.amount_capturable_updated", intent_held},
    {"payment_intent.canceled", intent_cancelled},
    {"charge.refunded", charge_refunded},
    {"refund.created", refund_moved},
    {"refund.updated", refund_moved},
    {"refund.failed", refund_moved},
    {"charge.refund.updated", refund_moved},
    {"charge.dispute.created", dispute_made},
    {"charge.dispute.funds_reinstated", dispute_won},
};

/* Test events at a live shop, and events that may look different from what is read here. */
static const char *foreign(struct souk_ctx *ctx, const struct souk_value *event)
{
    struct souk_str key = souk_option_text(ctx, "secret_key");
    struct souk_str version = souk_text(souk_get(event, "api_version"));
    const char *major = strchr(STRIPE_VERSION, '.');
    size_t len = strlen(major);
    int live = key.len > 8 && memcmp(key.ptr + 3, "live_", 5) == 0;
    if (souk_true(souk_get(event, "livemode")) != live)
        return live ? "a test event at a live shop" : "a live event at a shop in test mode";
    if (version.len &&
        (version.len <= len || memcmp(version.ptr + version.len - len, major, len) != 0))
        return "another major version of the API: set the endpoint's version to " STRIPE_VERSION;
    return NULL;
}

int event_take(struct souk_ctx *ctx, const struct souk_value *said)
{
    struct event event = {.ctx = ctx,
                          .id = souk_text(souk_get(said, "id")),
                          .type = souk_text(souk_get(said, "type")),
                          .object = souk_get(souk_get(said, "data"), "object")};
    int ours = 0, fresh;
    size_t i = 0, count = sizeof kinds / sizeof *kinds;
    if (!api_is_id(event.id) || souk_kind(event.object) != SOUK_VALUE_MAP)
        return souk_fail(ctx, SOUK_INVALID, "an event has an id and an object");
    while (i < count && !souk_str_is(event.type, kinds[i].type))
        i++;
    if (i == count)
        return SOUK_OK;
    const char *why = foreign(ctx, said);
    if (why)
        return set_aside(&event, event.id, souk_str(why), &fresh);
    int code = find_owner(&event, &ours);
    return code == SOUK_OK && ours ? kinds[i].take(&event) : code;
}
