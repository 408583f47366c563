/*
 * move.c: money of a payment that was begun: how it stands at Stripe, and capture, cancel and
 * refund.
 *
 * Each movement carries the core's key, so asking twice moves once. Two answers under a key never
 * change although the world does: a breakdown (5xx) and "not decided yet". When Stripe says that it
 * is repeating one of these, the intent or the refund itself is asked instead.
 */
#include "stripe.h"

/* ---- how it stands ---- */

int payment_is_intent(struct souk_str reference)
{
    return api_is_id(reference) && reference.len > 3 && memcmp(reference.ptr, "pi_", 3) == 0;
}

/* The intent to ask for instead of a session: the payment is one itself, or an event was faster
 * than the name of its session. Empty: there is a session, or nothing yet. */
static struct souk_str own_intent(const struct souk_payment *payment)
{
    struct souk_str name = payment->reference;
    if (!name.len)
        name = souk_text(souk_get(payment->data, "intent"));
    return payment_is_intent(name) ? name : souk_str("");
}

static int get_intent(struct souk_ctx *ctx, struct souk_str intent, struct reply *reply)
{
    return api_call(ctx, souk_printf(ctx, "/v1/payment_intents/%.*s", SOUK_PRI(intent)), NULL,
                    souk_str(""), reply);
}

/* The session with its intent. reply->error: Stripe does not know it. */
static int get_session(struct souk_ctx *ctx, const struct souk_payment *payment,
                       struct reply *reply)
{
    if (!api_is_id(payment->reference))
        return souk_fail(ctx, SOUK_ERROR, "the payment has no session at Stripe");
    return api_call(ctx,
                    souk_printf(ctx, "/v1/checkout/sessions/%.*s?expand[]=payment_intent",
                                SOUK_PRI(payment->reference)),
                    NULL, souk_str(""), reply);
}

/* An intent is a text, or expanded. */
static struct souk_str id_of(const struct souk_value *value)
{
    return souk_kind(value) == SOUK_VALUE_MAP ? souk_text(souk_get(value, "id")) : souk_text(value);
}

static int find_intent(struct souk_ctx *ctx, const struct souk_payment *payment,
                       struct souk_str *intent)
{
    struct reply reply;
    *intent = souk_text(souk_get(payment->data, "intent"));
    if (!api_is_id(*intent))
        *intent = own_intent(payment);
    if (api_is_id(*intent))
        return SOUK_OK;
    int code = get_session(ctx, payment, &reply);
    if (code == SOUK_OK && reply.error)
        code = api_refused(ctx, &reply, "session");
    if (code != SOUK_OK)
        return code;
    *intent = id_of(souk_get(reply.body, "payment_intent"));
    return api_is_id(*intent) ? SOUK_OK
                              : souk_fail(ctx, SOUK_CONFLICT, "nobody has paid at Stripe yet");
}

static int64_t amount_of(const struct souk_payment *payment, const struct souk_value *from,
                         const char *member)
{
    return currency_in(payment->currency, souk_int(souk_get(from, member), 0));
}

static struct souk_value *keep_intent(struct souk_ctx *ctx, struct souk_str intent)
{
    struct souk_value *data = souk_map(ctx);
    souk_set_str(ctx, data, "intent", intent);
    return data;
}

static int read_intent(struct souk_ctx *ctx, const struct souk_payment *payment,
                       const struct souk_value *intent, struct souk_payment_result *result)
{
    struct souk_str status = souk_text(souk_get(intent, "status"));
    struct souk_str currency = currency_upper(ctx, souk_text(souk_get(intent, "currency")));
    if (currency.len && !souk_str_equal(currency, payment->currency))
        return souk_fail(ctx, SOUK_ERROR, "the payment is in %.*s, and at Stripe in %.*s",
                         SOUK_PRI(payment->currency), SOUK_PRI(currency));
    result->state = SOUK_PAID_PENDING;
    result->data = keep_intent(ctx, souk_text(souk_get(intent, "id")));
    if (souk_str_is(status, "succeeded")) {
        result->state = SOUK_PAID_CAPTURED;
        result->amount = amount_of(payment, intent, "amount_received");
    } else if (souk_str_is(status, "requires_capture")) {
        result->state = SOUK_PAID_AUTHORISED;
        result->amount = amount_of(payment, intent, "amount_capturable");
    } else if (souk_str_is(status, "canceled")) {
        result->state = SOUK_PAID_CANCELLED;
    }
    return SOUK_OK;
}

/* A session is over when its page is, whatever its intent says. */
static int read_session(struct souk_ctx *ctx, const struct souk_payment *payment,
                        const struct souk_value *session, struct souk_payment_result *result)
{
    struct souk_str status = souk_text(souk_get(session, "status"));
    const struct souk_value *intent = souk_get(session, "payment_intent");
    int code = SOUK_OK;
    if (souk_kind(intent) == SOUK_VALUE_MAP)
        code = read_intent(ctx, payment, intent, result);
    if (code != SOUK_OK || result->state != SOUK_PAID_PENDING)
        return code;
    if (souk_str_is(status, "expired"))
        result->state = SOUK_PAID_CANCELLED;
    else if (souk_str_is(status, "complete") &&
             souk_str_is(souk_text(souk_get(intent, "status")), "requires_payment_method"))
        return payment_failed(
            result, api_decline(ctx, payment->locale, souk_get(intent, "last_payment_error")));
    return SOUK_OK;
}

int payment_fetch(struct souk_ctx *ctx, const struct souk_payment *payment,
                  struct souk_payment_result *result)
{
    struct reply reply;
    struct souk_str intent = own_intent(payment);
    result->state = SOUK_PAID_PENDING;
    if (!payment->reference.len && !intent.len)
        return SOUK_OK; /* its begin() is still to be repeated */
    int code = intent.len ? get_intent(ctx, intent, &reply) : get_session(ctx, payment, &reply);
    if ((code == SOUK_UNAVAILABLE || code == SOUK_BUSY) && reply.wait) {
        result->check_at = souk_now(ctx) + reply.wait;
        return SOUK_OK;
    }
    if (code == SOUK_OK && reply.error)
        code = api_refused(ctx, &reply, "fetch");
    if (code != SOUK_OK)
        return code;
    return intent.len ? read_intent(ctx, payment, reply.body, result)
                      : read_session(ctx, payment, reply.body, result);
}

/* ---- capture ---- */

/* Of an intent that was to be captured: what has become of it. */
static int captured(struct souk_ctx *ctx, const struct souk_payment *payment, int64_t asked,
                    const struct souk_value *intent, struct souk_payment_result *result)
{
    int code = read_intent(ctx, payment, intent, result);
    if (code != SOUK_OK)
        return code;
    result->reference = souk_text(souk_get(intent, "id"));
    if (result->state == SOUK_PAID_CANCELLED)
        return payment_failed(result, souk_t(ctx, "The authorisation has run out."));
    if (result->state == SOUK_PAID_AUTHORISED)
        return payment_failed(result, souk_t(ctx, "Stripe could not take the money."));
    if (result->state == SOUK_PAID_CAPTURED && result->amount != asked)
        return souk_fail(ctx, SOUK_CONFLICT, "%lld were captured at Stripe already",
                         (long long)result->amount);
    return SOUK_OK;
}

static int look_up(struct souk_ctx *ctx, const struct souk_payment *payment, int64_t asked,
                   struct souk_str intent, struct souk_payment_result *result)
{
    struct reply reply;
    int code = get_intent(ctx, intent, &reply);
    if (code == SOUK_OK && reply.error)
        code = api_refused(ctx, &reply, "capture");
    return code == SOUK_OK ? captured(ctx, payment, asked, reply.body, result) : code;
}

int payment_capture(struct souk_ctx *ctx, const struct souk_payment *payment,
                    const struct souk_payment_move *move, struct souk_payment_result *result)
{
    struct form form = {.ctx = ctx};
    struct reply reply;
    struct souk_str intent;
    int64_t sum;
    if (payment->captured > 0)
        return souk_fail(ctx, SOUK_CONFLICT,
                         "Stripe captures once; what was not taken then has been let go");
    if (move->amount <= 0 || move->amount > payment->authorised)
        return souk_fail(ctx, SOUK_CONFLICT, "only %lld are held", (long long)payment->authorised);
    int code = payment_sum(ctx, payment, move->amount, &sum);
    if (code == SOUK_OK)
        code = find_intent(ctx, payment, &intent);
    if (code != SOUK_OK)
        return code;
    form_add_int(&form, "amount_to_capture", sum);
    code = api_call(ctx, souk_printf(ctx, "/v1/payment_intents/%.*s/capture", SOUK_PRI(intent)),
                    &form, move->key, &reply);
    if (code != SOUK_OK && !reply.replayed)
        return code;
    if (code == SOUK_OK && reply.status == 402)
        return payment_failed(result, api_decline(ctx, souk_str(""), reply.error));
    if (code != SOUK_OK || api_error_is(&reply, "code", "payment_intent_unexpected_state"))
        return look_up(ctx, payment, move->amount, intent, result);
    if (reply.error)
        return api_refused(ctx, &reply, "capture");
    code = captured(ctx, payment, move->amount, reply.body, result);
    if (code == SOUK_OK && result->state == SOUK_PAID_PENDING && reply.replayed)
        return look_up(ctx, payment, move->amount, intent,
                       result); /* that answer stays as it was */
    return code;
}

/* ---- cancel ---- */

static int end(struct souk_ctx *ctx, const struct souk_payment_move *move, struct souk_str path,
               struct souk_payment_result *result)
{
    struct form form = {.ctx = ctx};
    struct reply reply;
    int code = api_call(ctx, path, &form, move->key, &reply);
    if (code != SOUK_OK)
        return code;
    if (reply.error) /* it has moved on between our look and our asking */
        return souk_fail(ctx, SOUK_UNAVAILABLE, "cancel: it is looked at once more (%.*s)",
                         SOUK_PRI(souk_text(souk_get(reply.error, "code"))));
    result->state = SOUK_PAID_CANCELLED;
    result->reference = souk_text(souk_get(reply.body, "id"));
    return SOUK_OK;
}

static int cancel_intent(struct souk_ctx *ctx, const struct souk_payment_move *move,
                         const struct souk_value *intent, struct souk_payment_result *result)
{
    struct souk_str at = souk_text(souk_get(intent, "status")), id = id_of(intent);
    if (souk_str_is(at, "canceled"))
        return SOUK_OK;
    if (souk_str_is(at, "succeeded"))
        return souk_fail(ctx, SOUK_CONFLICT, "it was paid meanwhile: refund it");
    if (souk_str_is(at, "processing"))
        return souk_fail(ctx, SOUK_CONFLICT, "the money is on its way: refund it when it is there");
    if (!api_is_id(id))
        return souk_fail(ctx, SOUK_UNAVAILABLE, "cancel: Stripe does not say how it stands");
    return end(ctx, move, souk_printf(ctx, "/v1/payment_intents/%.*s/cancel", SOUK_PRI(id)),
               result);
}

static int cancel_session(struct souk_ctx *ctx, const struct souk_payment *payment,
                          const struct souk_payment_move *move, const struct souk_value *session,
                          struct souk_payment_result *result)
{
    struct souk_str status = souk_text(souk_get(session, "status"));
    if (souk_str_is(status, "expired"))
        return SOUK_OK;
    if (!souk_str_is(status, "open"))
        return cancel_intent(ctx, move, souk_get(session, "payment_intent"), result);
    struct souk_payment_move page = *move; /* another request, so a key of its own */
    page.key = souk_printf(ctx, "%.*s-page", SOUK_PRI(move->key));
    return end(ctx, &page,
               souk_printf(ctx, "/v1/checkout/sessions/%.*s/expire", SOUK_PRI(payment->reference)),
               result);
}

int payment_cancel(struct souk_ctx *ctx, const struct souk_payment *payment,
                   const struct souk_payment_move *move, struct souk_payment_result *result)
{
    struct reply reply;
    struct souk_str intent = own_intent(payment);
    if (payment->captured > 0)
        return souk_fail(ctx, SOUK_CONFLICT, "the money has been taken: refund it");
    result->state = SOUK_PAID_CANCELLED;
    if (!payment->reference.len && !intent.len)
        return SOUK_OK; /* nobody was ever told where to pay */
    int code = intent.len ? get_intent(ctx, intent, &reply) : get_session(ctx, payment, &reply);
    if (code == SOUK_OK && reply.error)
        code = api_refused(ctx, &reply, "cancel");
    if (code != SOUK_OK)
        return code;
    return intent.len ? cancel_intent(ctx, move, reply.body, result)
                      : cancel_session(ctx, payment, move, reply.body, result);
}

/* ---- refund ---- */

static int refunded(struct souk_ctx *ctx, const struct souk_payment *payment,
                    const struct souk_value *refund, struct souk_payment_result *result)
{
    struct souk_str status = souk_text(souk_get(refund, "status"));
    result->reference = souk_text(souk_get(refund, "id"));
    result->amount = amount_of(payment, refund, "amount");
    if (souk_str_is(status, "failed") || souk_str_is(status, "canceled"))
        return payment_failed(result, souk_t(ctx, "The bank did not take the refund."));
    result->state = souk_str_is(status, "succeeded") ? SOUK_PAID_REFUNDED : SOUK_PAID_PENDING;
    return SOUK_OK;
}

/* The answer under this key will never change: the refund itself knows better. */
static int look_at_refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                          struct souk_str id, struct souk_payment_result *result)
{
    struct reply reply;
    if (!api_is_id(id))
        return souk_fail(ctx, SOUK_UNAVAILABLE, "Stripe gives a refund without a name");
    int code = api_call(ctx, souk_printf(ctx, "/v1/refunds/%.*s", SOUK_PRI(id)), NULL, souk_str(""),
                        &reply);
    if (code == SOUK_OK && reply.error)
        code = api_refused(ctx, &reply, "refund");
    return code == SOUK_OK ? refunded(ctx, payment, reply.body, result) : code;
}

/* Stripe broke down over it: did it happen all the same? */
static int search_refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                         const struct souk_payment_move *move, struct souk_str intent,
                         struct souk_payment_result *result)
{
    struct reply reply;
    int code = api_call(
        ctx, souk_printf(ctx, "/v1/refunds?payment_intent=%.*s&limit=100", SOUK_PRI(intent)), NULL,
        souk_str(""), &reply);
    if (code == SOUK_OK && reply.error)
        code = api_refused(ctx, &reply, "refund");
    if (code != SOUK_OK)
        return code;
    struct souk_walk walk = souk_walk(souk_get(reply.body, "data"));
    while (souk_step(&walk))
        if (souk_str_equal(souk_text(souk_get(souk_get(walk.value, "metadata"), "souk_move")),
                           move->key))
            return refunded(ctx, payment, walk.value, result);
    return payment_failed(result, souk_t(ctx, "Stripe could not pay it back; ask once more."));
}

int payment_refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                   const struct souk_payment_move *move, struct souk_payment_result *result)
{
    struct form form = {.ctx = ctx};
    struct reply reply;
    struct souk_str intent;
    int64_t sum;
    if (move->amount <= 0 || move->amount > payment->captured - payment->refunded)
        return souk_fail(ctx, SOUK_CONFLICT, "only %lld can be paid back",
                         (long long)(payment->captured - payment->refunded));
    int code = payment_sum(ctx, payment, move->amount, &sum);
    if (code == SOUK_OK)
        code = find_intent(ctx, payment, &intent);
    if (code != SOUK_OK)
        return code;
    form_add(&form, "payment_intent", intent);
    form_add_int(&form, "amount", sum);
    payment_names(&form, payment, "metadata[souk_payment]", "metadata[souk_order]",
                  "metadata[souk_shop]");
    form_add(&form, "metadata[souk_move]", move->key);
    code = api_call(ctx, souk_str("/v1/refunds"), &form, move->key, &reply);
    if (code != SOUK_OK)
        return reply.replayed ? search_refund(ctx, payment, move, intent, result) : code;
    if (reply.error && (reply.status == 402 || api_error_is(&reply, "param", "amount") ||
                        api_error_is(&reply, "code", "charge_already_refunded") ||
                        api_error_is(&reply, "code", "charge_disputed")))
        return payment_failed(
            result, souk_t(ctx, "Stripe refuses this refund: look at the payment there."));
    if (reply.error)
        return api_refused(ctx, &reply, "refund");
    code = refunded(ctx, payment, reply.body, result);
    if (code == SOUK_OK && result->state == SOUK_PAID_PENDING && reply.replayed)
        return look_at_refund(ctx, payment, result->reference, result);
    return code;
}
