/*
 * payment_example: takes money through Example, which has a page of its own where people pay. It is
 * written for a small API that many gateways resemble; make it yours in move(), state_of() and
 * is_signed():
 *
 *     POST /charges              {"amount", "currency", "number", "tag", "return_url"}
 *                                → {"id", "state", "url"}
 *
 *     GET  /charges/{id}         → the same
 *
 *     POST /charges/{id}/refunds {"amount"} → {"id", "state"}
 *
 *     POST /charges/{id}/cancel  {} → {"id", "state"}
 *
 *     events to /hooks/payment_example/event, signed: {"id", "kind", "charge", "tag",
 *         "movement", "amount", "currency"}
 *
 * What it must keep to stands at the head of souk/payment.h, rule by rule. In short: the key is
 * sent along, so that a repeat moves nothing; what is not known is never called failed; nothing is
 * kept in memory; a webhook is believed for its signature alone, and answered when it is on disk.
 */
#include <souk.h>

#define PROVIDER "example"
#define AGE_MOST INT64_C(300) /* seconds that an event's time may be off */

SOUK_EMBED(badge, "templates/badge.html");
SOUK_EMBED(bg, "locale/bg.mo");

/* ---- one request ---- */

static int state_of(struct souk_str state)
{
    return souk_str_is(state, "authorised")  ? SOUK_PAID_AUTHORISED
           : souk_str_is(state, "captured")  ? SOUK_PAID_CAPTURED
           : souk_str_is(state, "failed")    ? SOUK_PAID_FAILED
           : souk_str_is(state, "cancelled") ? SOUK_PAID_CANCELLED
           : souk_str_is(state, "refunded")  ? SOUK_PAID_REFUNDED
                                             : SOUK_PAID_PENDING;
}

/* Asks, and fills in what it came to: yes (2xx), or no (402). All else is an error with a code that
 * the core understands: with SOUK_UNAVAILABLE, _TIMEOUT, _BUSY it asks again, with the same key. */
static int move(struct souk_ctx *ctx, struct souk_str path, const struct souk_value *body,
                struct souk_str key, struct souk_payment_result *result)
{
    struct souk_http_ask ask = {
        .peer = "Example",
        .url = souk_option_text(ctx, "url"),
        .path = path,
        .json = body, /* NULL: GET */
        .key = key,
        .bearer = souk_option_text(ctx, "key"),
    };
    struct souk_http_answer answer;
    int code = souk_http_json(ctx, &ask, &answer);
    int declined = answer.status == 402 && answer.json;
    if (code != SOUK_OK && !declined)
        return code; /* souk_http_json has said why */
    result->state =
        declined ? SOUK_PAID_FAILED : state_of(souk_text(souk_get(answer.json, "state")));
    result->reference = souk_text(souk_get(answer.json, "id"));
    if (result->state == SOUK_PAID_FAILED)
        result->message =
            souk_t(ctx, "The payment was declined; please choose another way to pay.");
    else if (result->state == SOUK_PAID_PENDING)
        result->redirect = souk_text(souk_get(answer.json, "url"));
    return SOUK_OK;
}

/* ---- the provider ---- */

static int takes(struct souk_ctx *ctx, struct souk_str currency)
{
    struct souk_walk walk = souk_walk(souk_option(ctx, "currencies"));
    while (souk_step(&walk))
        if (souk_str_equal(souk_text(walk.value), currency))
            return 1;
    return 0;
}

static int offer(struct souk_ctx *ctx, const struct souk_payment_terms *terms,
                 struct souk_value *offer)
{
    if (souk_option_text(ctx, "key").len == 0 || !takes(ctx, terms->currency))
        return SOUK_NOT_FOUND; /* what cannot work is not offered */
    souk_set_str(ctx, offer, "label", souk_t(ctx, "Pay with Example"));
    souk_set_str(ctx, offer, "note",
                 souk_t(ctx, "You pay on a page of Example and come back here."));
    return SOUK_OK;
}

static int begin(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result)
{
    struct souk_value *body = souk_map(ctx);
    if (!takes(ctx, payment->currency))
        return souk_fail(ctx, SOUK_INVALID, "Example takes no %.*s", SOUK_PRI(payment->currency));
    if (payment->amount == 0) { /* a gift card has paid all of it */
        result->state = SOUK_PAID_CAPTURED;
        return SOUK_OK;
    }
    souk_set_int(ctx, body, "amount", payment->amount); /* minor units, as we have them */
    souk_set_str(ctx, body, "currency", payment->currency);
    souk_set_str(ctx, body, "number", payment->number);
    souk_set_str(ctx, body, "tag", souk_printf(ctx, "%lld", (long long)payment->id));
    souk_set_str(ctx, body, "return_url", payment->return_url);
    return move(ctx, souk_str("/charges"), body, payment->key, result);
}

static struct souk_str charge_path(struct souk_ctx *ctx, const struct souk_payment *payment,
                                   const char *verb)
{
    return souk_printf(ctx, "/charges/%.*s%s",
                       SOUK_PRI(souk_encode(ctx, SOUK_PERCENT, payment->reference)), verb);
}

static int fetch(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result)
{
    result->state = SOUK_PAID_PENDING;
    if (payment->reference.len == 0)
        return SOUK_OK; /* nobody has answered begin() yet: the core repeats it */
    return move(ctx, charge_path(ctx, payment, ""), NULL, souk_str(""), result);
}

static int cancel(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *asked, struct souk_payment_result *result)
{
    if (payment->captured > 0)
        return souk_fail(ctx, SOUK_CONFLICT, "the money has come in; refund it instead");
    if (payment->reference.len == 0) { /* Example has never heard of it */
        result->state = SOUK_PAID_CANCELLED;
        return SOUK_OK;
    }
    return move(ctx, charge_path(ctx, payment, "/cancel"), souk_map(ctx), asked->key, result);
}

static int refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *asked, struct souk_payment_result *result)
{
    struct souk_value *body = souk_map(ctx);
    if (asked->amount > payment->captured - payment->refunded)
        return souk_fail(ctx, SOUK_CONFLICT, "more than has come in cannot go back");
    souk_set_int(ctx, body, "amount", asked->amount);
    return move(ctx, charge_path(ctx, payment, "/refunds"), body, asked->key, result);
}

/* For the badge below the cart: nothing to show while nobody can pay so. */
static int fill_badge(struct souk_ctx *ctx, struct souk_value *view)
{
    return souk_option_text(ctx, "key").len ? SOUK_OK : SOUK_NOT_FOUND;
}

/* ---- the webhook ---- */

struct event {
    struct souk_str id, kind, charge, currency;
    struct souk_str movement; /* what refund() got as its id */
    int64_t payment, amount;  /* payment: our own id, which begin() sent as the tag; 0: not told */
};

/* X-Signature: <seconds>.<hex of the HMAC-SHA-256 of "seconds.body">, by the webhook's secret. */
static int is_signed(struct souk_ctx *ctx)
{
    struct souk_str rest = souk_header(ctx, "X-Signature"), seconds, want;
    struct souk_str secret = souk_option_text(ctx, "webhook_secret");
    uint8_t digest[32];
    souk_split(&rest, '.', &seconds);
    int64_t off = souk_now(ctx) / 1000000 - souk_number(seconds, 0);
    if (secret.len == 0 || off > AGE_MOST || off < -AGE_MOST)
        return 0;
    struct souk_str text =
        souk_printf(ctx, "%.*s.%.*s", SOUK_PRI(seconds), SOUK_PRI(souk_body(ctx)));
    if (souk_hmac_sha256(ctx, secret, text, digest) != SOUK_OK)
        return 0;
    want = souk_encode(ctx, SOUK_HEX, (struct souk_str){(const char *)digest, sizeof digest});
    return want.len > 0 && souk_equal_secret(rest, want);
}

/* On the writer: what is told to the core and what is noted for staff are on disk together, or not
 * at all; then Example gets its answer. The same event again changes nothing. */
static int take_event(struct souk_ctx *ctx, void *arg)
{
    const struct event *event = arg;
    struct souk_payment_report report = {
        .size = sizeof report,
        .state = state_of(event->kind),
        .provider = souk_str(PROVIDER),
        .event = event->id,
        .payment_id = event->payment,
        .payment_reference = event->charge,
        .reference = event->movement.len ? event->movement : event->id,
        .amount = event->amount,
        .currency = event->currency,
    };
    /* One movement, one name: what fetch() finds is called so in the core, and what refund() did by
     * the id that it gave back. Then money counts once, whoever tells of it first. */
    if (report.state == SOUK_PAID_CAPTURED && event->payment > 0)
        report.reference = souk_printf(ctx, "capture-%lld", (long long)event->payment);
    int code = souk_payment_report(ctx, &report, NULL);
    if (code == SOUK_OK)
        code = souk_exec(ctx, NULL,
                         "INSERT INTO p_payment_example_event (id, event, kind, charge, amount, at)"
                         " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (event) DO NOTHING",
                         SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(event->id),
                         SOUK_A_STR(event->kind), SOUK_A_STR(event->charge),
                         SOUK_A_INT(event->amount), SOUK_A_INT(souk_now(ctx)));
    return code ? code : souk_answer_text(ctx, 200, souk_str("taken\n"));
}

/* TASK: the signature is reckoned here, so that strangers do not keep the writer busy. */
static int hear(struct souk_ctx *ctx)
{
    struct souk_value *said = NULL;
    struct event *event = souk_alloc(ctx, sizeof *event);
    if (!is_signed(ctx))
        return souk_fail(ctx, SOUK_INVALID, "the signature is wrong, or too old");
    if (souk_json_parse(ctx, souk_body(ctx), &said) != SOUK_OK)
        return souk_fail(ctx, SOUK_INVALID, "the body is no JSON");
    *event = (struct event){.id = souk_text(souk_get(said, "id")),
                            .kind = souk_text(souk_get(said, "kind")),
                            .charge = souk_text(souk_get(said, "charge")),
                            .currency = souk_text(souk_get(said, "currency")),
                            .movement = souk_text(souk_get(said, "movement")),
                            .payment = souk_number(souk_text(souk_get(said, "tag")), 0),
                            .amount = souk_int(souk_get(said, "amount"), 0)};
    if (event->id.len == 0 || event->charge.len == 0)
        return souk_fail(ctx, SOUK_INVALID, "an event has an id and a charge");
    if (state_of(event->kind) == SOUK_PAID_PENDING) /* a kind that says nothing about money */
        return souk_answer_text(ctx, 200, souk_str("ignored\n"));
    return souk_then_write(ctx, take_event, event);
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_payment_provider provider = {
    .size = sizeof(struct souk_payment_provider),
    .flags = SOUK_PAYMENT_PART_REFUND, /* takes the money at once; see SOUK_PAYMENT_CAPTURE for two steps */
    .label = "Pay with Example",
    .offer = offer, .begin = begin, .cancel = cancel, .refund = refund, .fetch = fetch,
};
static const struct souk_provider providers[] = {{"payment", PROVIDER, &provider}};
static const struct souk_option options[] = {
    {"url", SOUK_URL, 0, "https://api.pay.invalid", "Where the API of Example is"},
    {"key", SOUK_SECRET, 0, NULL, "The key of the account; without it the method is not offered"},
    {"webhook_secret", SOUK_SECRET, 0, NULL, "Signs the events; without it none is believed"},
    {"currencies", SOUK_LIST, 0, "EUR", "What the account takes"},
};
static const struct souk_route routes[] = {
    {"POST", "/event", SOUK_TASK, SOUK_WEBHOOK, hear, "Events of Example"},
};
static const struct souk_migration migrations[] = {
    {1, 0, "event",
     "CREATE TABLE p_payment_example_event (id INTEGER NOT NULL PRIMARY KEY, event TEXT NOT NULL UNIQUE,"
     " kind TEXT NOT NULL, charge TEXT NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;"},
};
/* Staff find the events in the admin: a list with search and CSV, without a line of HTML. */
static const struct souk_field event_fields[] = {
    {"event", "Event", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"kind", "Kind", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FILTER},
    {"charge", "Charge", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"amount", "Minor units", SOUK_INT, SOUK_FIELD_LIST},
    {"at", "When", SOUK_TIME, SOUK_FIELD_LIST},
};
static const struct souk_resource resources[] = {
    {"event", "Events of Example", "Event", "p_payment_example_event", SOUK_TABLE(event_fields)},
};
static const struct souk_slot slots[] = {{"cart.below", "badge", fill_badge}};
static const struct souk_file files[] = {
    SOUK_FILE("templates/badge.html", badge), SOUK_FILE("locale/bg.mo", bg),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "payment_example",
    .version = "0.1.0",
    .summary = "Takes money through Example",
    .contact = "you@shop.invalid",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .routes = SOUK_TABLE(routes),
    .slots = SOUK_TABLE(slots),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
    .resources = SOUK_TABLE(resources),
};
