/*
 * payment_stripe: cards and what else Stripe takes, on Stripe's own page or in the page of a front
 * end of the merchant's own. The order is placed, and a Checkout Session is made for its payment,
 * to which the shopper is sent; or, for who asked to finish it in the page, a PaymentIntent, whose
 * client secret Stripe's script there takes. What came of it is told by signed events (webhook.c,
 * event.c) and can be asked for (fetch). The shop never sees a card.
 *
 * A session has one line, the order's number with its whole sum: the shop has reckoned already, and
 * two that reckon may differ by a cent. Its PaymentIntent carries the payment's id, so each event
 * of it finds its payment, also one that comes before the session's name is on disk. A capture is
 * named by its intent and a refund by itself, so each counts once, whoever tells first.
 *
 * With capture = "manual" the money is held and taken by the shop later: once, all of it or less;
 * Stripe lets go of the rest then.
 */
#include "stripe.h"

#include <time.h>

#define MINUTE     (60 * STRIPE_SECOND)
#define OPEN_LEAST (35 * MINUTE)      /* Stripe wants 30 from when it is asked; we may be slow */
#define OPEN_MOST  (23 * 60 * MINUTE) /* and at most 24 hours */

SOUK_EMBED(bg, "locale/bg.mo");
SOUK_EMBED(hu, "locale/hu.mo");
SOUK_EMBED(hy, "locale/hy.mo");
SOUK_EMBED(bn, "locale/bn.mo");

/* ---- offer ---- */

static int offer(struct souk_ctx *ctx, const struct souk_payment_terms *terms,
                 struct souk_value *out)
{
    int64_t sum;
    if (!currency_takes(terms->currency) || terms->total < currency_least(terms->currency) ||
        currency_out(terms->currency, terms->total, &sum) != SOUK_OK)
        return SOUK_NOT_FOUND;
    souk_set_str(ctx, out, "label", souk_t(ctx, "Card"));
    souk_set_str(ctx, out, "note", souk_t(ctx, "You pay on the secure page of Stripe."));
    souk_set_bool(ctx, out, "in_page", souk_option_text(ctx, "publishable_key").len > 0);
    return SOUK_OK;
}

int payment_sum(struct souk_ctx *ctx, const struct souk_payment *payment, int64_t minor,
                int64_t *sum)
{
    if (!currency_takes(payment->currency))
        return souk_fail(ctx, SOUK_INVALID, "cards cannot be charged in %.*s",
                         SOUK_PRI(payment->currency));
    if (currency_out(payment->currency, minor, sum) != SOUK_OK)
        return souk_fail(ctx, SOUK_INVALID, "%lld is no sum of %.*s that cards can be charged with",
                         (long long)minor, SOUK_PRI(payment->currency));
    return SOUK_OK;
}

/* ---- begin ---- */

/* "2026-11-22T10:30:00Z" to microseconds; 0: not said. */
static int64_t time_of(struct souk_str text)
{
    struct tm tm = {0};
    char copy[20] = "";
    if (text.len < 19)
        return 0;
    memcpy(copy, text.ptr, 19);
    if (sscanf(copy, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec) != 6)
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (int64_t)timegm(&tm) * STRIPE_SECOND;
}

/* The page is open as long as the goods are kept. It must be the same at each attempt. */
static int64_t open_until(const struct souk_payment *payment)
{
    int64_t hold = time_of(souk_text(souk_get(payment->order, "expires_at")));
    if (hold < payment->created_at + OPEN_LEAST)
        hold = payment->created_at + OPEN_LEAST;
    if (hold > payment->created_at + OPEN_MOST)
        hold = payment->created_at + OPEN_MOST;
    return hold / STRIPE_SECOND;
}

/* Languages of Stripe's page; in others it follows the browser. */
static struct souk_str page_locale(struct souk_str locale)
{
    static const char list[] = "bg cs da de el en es et fi fr hr hu id it ja ko lt lv ms mt nb nl "
                               "pl pt ro ru sk sl sv th tr vi zh ";
    struct souk_str language = {locale.ptr, locale.len > 2 ? 2 : locale.len};
    for (size_t at = 0; language.len == 2 && at + 2 < sizeof list; at += 3)
        if (memcmp(list + at, language.ptr, 2) == 0)
            return language;
    return souk_str("auto");
}

void payment_names(struct form *form, const struct souk_payment *payment, const char *payment_id,
                   const char *number, const char *shop)
{
    struct souk_str name = souk_option_text(form->ctx, "shop");
    form_add_int(form, payment_id, payment->id);
    form_add(form, number, payment->number);
    if (name.len)
        form_add(form, shop, name);
}

/* Which ways to pay are shown; none named: those that the account has on. How many were named. */
static int add_methods(struct form *form)
{
    struct souk_walk walk = souk_walk(souk_option(form->ctx, "methods"));
    int count = 0;
    while (count < 50 && souk_step(&walk))
        form_add(form, souk_printf(form->ctx, "allowed_payment_method_types[%d]", count++).ptr,
                 souk_text(walk.value));
    return count;
}

/* A job that asks once more speaks no language of its own: the buyer's is the payment's. */
static struct souk_str words_of(struct souk_ctx *ctx, const struct souk_payment *payment,
                                const char *words)
{
    return souk_t_in(ctx, payment->locale, words, NULL, 1);
}

static struct souk_str title_of(struct souk_ctx *ctx, const struct souk_payment *payment)
{
    return souk_printf(ctx, "%.*s %.*s", SOUK_PRI(words_of(ctx, payment, "Order")),
                       SOUK_PRI(payment->number));
}

static int holds(struct souk_ctx *ctx)
{
    return souk_str_is(souk_option_text(ctx, "capture"), "manual");
}

static void session_form(struct form *form, const struct souk_payment *payment, int64_t sum)
{
    struct souk_ctx *ctx = form->ctx;
    struct souk_str title = title_of(ctx, payment);
    form_add(form, "mode", souk_str("payment"));
    form_add_int(form, "client_reference_id", payment->id);
    if (payment->email.len)
        form_add(form, "customer_email", payment->email);
    form_add(form, "success_url", payment->return_url);
    form_add(form, "cancel_url", payment->cancel_url);
    form_add_int(form, "expires_at", open_until(payment));
    add_methods(form);
    form_add(form, "locale", page_locale(payment->locale));
    form_add_int(form, "line_items[0][quantity]", 1);
    form_add(form, "line_items[0][price_data][currency]", currency_lower(ctx, payment->currency));
    form_add_int(form, "line_items[0][price_data][unit_amount]", sum);
    form_add(form, "line_items[0][price_data][product_data][name]", title);
    payment_names(form, payment, "metadata[souk_payment]", "metadata[souk_order]",
                  "metadata[souk_shop]");
    form_add(form, "payment_intent_data[description]", title);
    payment_names(form, payment, "payment_intent_data[metadata][souk_payment]",
                  "payment_intent_data[metadata][souk_order]",
                  "payment_intent_data[metadata][souk_shop]");
    if (holds(ctx))
        form_add(form, "payment_intent_data[capture_method]", souk_str("manual"));
}

/* The same without a page of Stripe's: who pays, and how, is said to its script. */
static void intent_form(struct form *form, const struct souk_payment *payment, int64_t sum)
{
    form_add_int(form, "amount", sum);
    form_add(form, "currency", currency_lower(form->ctx, payment->currency));
    if (add_methods(form) == 0)
        form_add(form, "automatic_payment_methods[enabled]", souk_str("true"));
    form_add(form, "description", title_of(form->ctx, payment));
    payment_names(form, payment, "metadata[souk_payment]", "metadata[souk_order]",
                  "metadata[souk_shop]");
    if (holds(form->ctx))
        form_add(form, "capture_method", souk_str("manual"));
}

int payment_failed(struct souk_payment_result *result, struct souk_str words)
{
    result->state = SOUK_PAID_FAILED;
    result->message = words;
    return SOUK_OK;
}

/* What could not be made. Nobody has seen its page or its secret, so no money can come of it. */
static int begin_refused(struct souk_ctx *ctx, const struct souk_payment *payment,
                         const struct reply *reply, struct souk_payment_result *result)
{
    if (reply->status == 402)
        return payment_failed(result, api_decline(ctx, payment->locale, reply->error));
    int code = api_refused(ctx, reply, "begin");
    struct souk_str why = souk_copy(ctx, souk_failure(ctx));
    if (api_error_is(reply, "code", "amount_too_small") ||
        api_error_is(reply, "code", "amount_too_large"))
        result->message = words_of(ctx, payment, "This sum cannot be paid by card.");
    else if (api_error_is(reply, "param", "customer_email"))
        result->message = words_of(ctx, payment, "Your e-mail address was not accepted.");
    else if (api_error_is(reply, "param", "expires_at") ||
             api_error_is(reply, "type", "idempotency_error"))
        result->message = words_of(ctx, payment, "This took too long; please try again.");
    else
        return code;
    souk_log(ctx, SOUK_LOG_WARN, "%.*s", SOUK_PRI(why));
    result->state = SOUK_PAID_FAILED;
    return SOUK_OK;
}

static int is_address(struct souk_str url)
{
    return url.len > 8 &&
           (memcmp(url.ptr, "https://", 8) == 0 || memcmp(url.ptr, "http://", 7) == 0);
}

static int begun_page(struct souk_ctx *ctx, const struct souk_value *session,
                      struct souk_payment_result *result)
{
    result->reference = souk_text(souk_get(session, "id"));
    result->redirect = souk_text(souk_get(session, "url"));
    if (!api_is_id(result->reference) || !is_address(result->redirect))
        return souk_fail(ctx, SOUK_UNAVAILABLE, "Stripe made a session without a name or address");
    return SOUK_OK;
}

/* As the front end hands them to Stripe's script. */
static int begun_intent(struct souk_ctx *ctx, const struct souk_value *intent,
                        struct souk_payment_result *result)
{
    struct souk_str secret = souk_text(souk_get(intent, "client_secret"));
    result->reference = souk_text(souk_get(intent, "id"));
    if (!payment_is_intent(result->reference) || !secret.len)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "Stripe made an intent without a name or secret");
    result->data = souk_map(ctx);
    souk_set_str(ctx, result->data, "intent", result->reference);
    result->client = souk_map(ctx);
    souk_set_str(ctx, result->client, "secret", secret);
    souk_set_str(ctx, result->client, "key", souk_option_text(ctx, "publishable_key"));
    return SOUK_OK;
}

/* What has to be there before Stripe is asked. */
static int can_begin(struct souk_ctx *ctx, const struct souk_payment *payment)
{
    if (payment->in_page && !souk_option_text(ctx, "publishable_key").len)
        return souk_fail(ctx, SOUK_ERROR,
                         "a front end needs the publishable key of the account: set "
                         "publishable_key of payment_stripe");
    if (!payment->in_page && (!is_address(payment->return_url) || !is_address(payment->cancel_url)))
        return souk_fail(ctx, SOUK_ERROR,
                         "Stripe has to know the shop's address to send people "
                         "back: set shop.url in souk.lua");
    return SOUK_OK;
}

static int begin(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result)
{
    struct form form = {.ctx = ctx};
    struct reply reply;
    int64_t sum;
    if (payment->amount == 0) {
        result->state = SOUK_PAID_CAPTURED;
        return SOUK_OK;
    }
    int code = payment_sum(ctx, payment, payment->amount, &sum);
    if (code == SOUK_OK)
        code = can_begin(ctx, payment);
    if (code != SOUK_OK)
        return code;
    if (payment->in_page)
        intent_form(&form, payment, sum);
    else
        session_form(&form, payment, sum);
    code =
        api_call(ctx, souk_str(payment->in_page ? "/v1/payment_intents" : "/v1/checkout/sessions"),
                 &form, payment->key, &reply);
    if (code != SOUK_OK && reply.replayed) /* Stripe broke down over it, and stays at that */
        return payment_failed(result,
                              words_of(ctx, payment, "This did not work; please try again."));
    if (code != SOUK_OK)
        return code;
    if (reply.error)
        return begin_refused(ctx, payment, &reply, result);
    result->state = SOUK_PAID_PENDING;
    return payment->in_page ? begun_intent(ctx, reply.body, result)
                            : begun_page(ctx, reply.body, result);
}

/* ---- the descriptor ---- */

static int begins(struct souk_str text, const char *with)
{
    return text.len > strlen(with) && memcmp(text.ptr, with, strlen(with)) == 0;
}

/* Of the one mode or the other: "sk_live_…", "pk_test_…". */
static int is_live(struct souk_str key)
{
    return key.len > 8 && memcmp(key.ptr + 3, "live_", 5) == 0;
}

static int check_public_key(struct souk_ctx *ctx, struct souk_str secret)
{
    struct souk_str key = souk_option_text(ctx, "publishable_key");
    if (!key.len)
        return SOUK_OK;
    if (!begins(key, "pk_"))
        return souk_fail(ctx, SOUK_INVALID,
                         "\"publishable_key\" begins with pk_: every buyer sees it");
    if (is_live(key) != is_live(secret))
        return souk_fail(ctx, SOUK_INVALID,
                         "\"publishable_key\" and \"secret_key\" are of one mode: both of the "
                         "test mode, or both live");
    return SOUK_OK;
}

/* The keys are easily taken for each other; better now than at the first customer. */
static int init(struct souk_ctx *ctx)
{
    struct souk_str key = souk_option_text(ctx, "secret_key");
    struct souk_str before = souk_option_text(ctx, "webhook_secret_before");
    if (!begins(key, "sk_") && !begins(key, "rk_"))
        return souk_fail(ctx, SOUK_INVALID,
                         "\"secret_key\" begins with sk_ or rk_: it is not the publishable one");
    if (!begins(souk_option_text(ctx, "webhook_secret"), "whsec_") ||
        (before.len && !begins(before, "whsec_")))
        return souk_fail(ctx, SOUK_INVALID,
                         "\"webhook_secret\" is the signing secret of the endpoint: whsec_…");
    return check_public_key(ctx, key);
}

/* clang-format off */
static const struct souk_payment_provider stripe = {
    .size = sizeof(struct souk_payment_provider),
    .flags = SOUK_PAYMENT_CAPTURE | SOUK_PAYMENT_PART_CAPTURE | SOUK_PAYMENT_PART_REFUND | SOUK_PAYMENT_ASKS_FIRST,
    .label = "Card",
    .offer = offer, .begin = begin, .capture = payment_capture, .cancel = payment_cancel, .refund = payment_refund, .fetch = payment_fetch,
};
static const struct souk_provider providers[] = {{"payment", STRIPE_PROVIDER, &stripe}};
static const char *const captures[] = {"automatic", "manual", NULL};
static const struct souk_option options[] = {
    {"secret_key", SOUK_SECRET, SOUK_REQUIRED, NULL, "Secret or restricted key of the account: sk_… or rk_…"},
    {"webhook_secret", SOUK_SECRET, SOUK_REQUIRED, NULL, "Signing secret of the webhook endpoint: whsec_…"},
    {"webhook_secret_before", SOUK_SECRET, 0, NULL, "The one before, while secrets are being changed"},
    {"capture", SOUK_CHOICE, 0, "automatic", "Take the money at once, or hold it until staff take it", 0, 0, captures},
    {"methods", SOUK_LIST, 0, "card", "Stripe's names of the ways to pay on its page; empty: those that the account has on"},
    {"shop", SOUK_STRING, 0, "", "A name for this shop when several share one account: events of others are left alone"},
    {"publishable_key", SOUK_STRING, 0, "", "Publishable key of the account, pk_…: with it front ends of your own may finish payments in their page"},
    {"base_url", SOUK_URL, 0, "https://api.stripe.com", "Where Stripe is; another address is for tests"},
};
static const struct souk_route routes[] = {
    {"POST", "/events", SOUK_TASK, SOUK_WEBHOOK, webhook_take, "Events of Stripe", NULL, 512 << 10, 20000},
};
static const struct souk_field fields[] = {
    {"at", "Came", SOUK_TIME, SOUK_FIELD_LIST},
    {"type", "Event", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"why", "Why", SOUK_STRING, SOUK_FIELD_LIST},
    {"reference", "At Stripe", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"event", "Name of the event", SOUK_STRING, SOUK_FIELD_FIND},
};
static const struct souk_resource resources[] = {
    {"odd", "Events of Stripe to look at", "Event", "p_payment_stripe_odd", SOUK_TABLE(fields)},
};
static const struct souk_migration migrations[] = {
    {1, 0, "odd",
     "CREATE TABLE p_payment_stripe_odd (id INTEGER NOT NULL PRIMARY KEY, event TEXT NOT NULL UNIQUE, type TEXT NOT NULL,"
     " why TEXT NOT NULL, reference TEXT NOT NULL, at INTEGER NOT NULL) STRICT;"},
};
static const struct souk_file files[] = {
    SOUK_FILE("locale/bg.mo", bg), SOUK_FILE("locale/hu.mo", hu), SOUK_FILE("locale/hy.mo", hy), SOUK_FILE("locale/bn.mo", bn),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "payment_stripe",
    .version = "1.0.0",
    .summary = "Payment by card on the pages of Stripe, or with its script in your own",
    .contact = "plugins@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .routes = SOUK_TABLE(routes),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
    .init = init,
    .resources = SOUK_TABLE(resources),
};
