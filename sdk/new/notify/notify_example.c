/*
 * notify_example: carries the shop's text messages through Example, an SMS gateway with an HTTP
 * API. The core decides who gets which words and when, and asks again until they went out; here
 * they are only handed over. Written for a small API; make it yours in send():
 *
 *     POST /messages  {"to": "+359…", "from": "Shop", "text": "…"}  → 2xx {"id"}
 *                     404: nobody has this number; other 4xx: not wanted; 429, 5xx: not now
 *
 * What it must keep to stands at the head of souk/notify.h, rule by rule. In short: the key is sent
 * along, so that a repeat is the same message; a number that nobody has is written to no more; who
 * is not there just now is asked again.
 */
#include <souk.h>

SOUK_EMBED(placed_text, "templates/mail/placed.txt");
SOUK_EMBED(test_text, "templates/mail/test.txt");
SOUK_EMBED(bg, "locale/bg.mo");

/* E.164: a plus and 7 to 15 digits. */
static int is_number(struct souk_str text)
{
    if (text.len < 8 || text.len > 16 || text.ptr[0] != '+')
        return 0;
    for (size_t i = 1; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
    return 1;
}

/* ---- sending ---- */

struct sent {
    const struct souk_message *message;
    struct souk_str reference;
};

static int keep_sent(struct souk_ctx *ctx, void *arg)
{
    const struct sent *sent = arg;
    return souk_exec(ctx, NULL,
                     "INSERT INTO p_notify_example_sent (id, key, kind, reference, at)"
                     " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key) DO NOTHING",
                     SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(sent->message->key),
                     SOUK_A_STR(sent->message->kind), SOUK_A_STR(sent->reference),
                     SOUK_A_INT(souk_now(ctx)));
}

/* When the note cannot be kept the core asks again: Example answers the same, by the key. */
static int send(struct souk_ctx *ctx, const struct souk_message *message,
                struct souk_message_result *result)
{
    struct souk_value *body = souk_map(ctx);
    struct souk_http_answer answer;
    if (!is_number(message->recipient))
        return souk_fail(ctx, SOUK_INVALID,
                         "this is no telephone number: it begins with + and the country");
    if (souk_option_text(ctx, "key").len == 0)
        return souk_fail(ctx, SOUK_UNAVAILABLE,
                         "notify_example has no key; give it one in souk.lua");
    souk_set_str(ctx, body, "to", message->recipient);
    souk_set_str(ctx, body, "from", souk_option_text(ctx, "sender"));
    souk_set_str(ctx, body, "text", message->text);
    struct souk_http_ask ask = {
        .peer = "Example",
        .url = souk_option_text(ctx, "url"),
        .path = SOUK_STR("/messages"),
        .json = body, /* escapes: no word of a text becomes another field */
        .key = message->key,
        .bearer = souk_option_text(ctx, "key"),
    };
    int code = souk_http_json(ctx, &ask, &answer);
    result->wait = answer.wait; /* for as long as Example says, should it be asked again */
    if (answer.status == 404) {
        result->suppress = 1;
        return souk_fail(ctx, SOUK_INVALID, "nobody has this number");
    }
    if (code != SOUK_OK)
        return code; /* again later, or never: souk_http_json tells by the status */
    struct sent sent = {message, souk_text(souk_get(answer.json, "id"))};
    result->reference = sent.reference;
    return souk_db_write(ctx, keep_sent, &sent);
}

/* ---- an order is placed: its telephone gets a message ---- */

/* The shop keeps the letter and brings it to send(), in the language of the order; by the key it is
 * one, however often the fact is told. shipment.sent and payment.captured go the same way. */
static int placed(struct souk_ctx *ctx, const struct souk_event *event)
{
    const struct souk_value *order;
    struct souk_letter letter = {
        .size = sizeof letter, .channel = SOUK_STR("sms"), .name = "placed"};
    struct souk_value *view = souk_map(ctx);
    int64_t id = souk_int(souk_get(event->payload, "order"), 0);
    int code = souk_order_get(ctx, id, &order);
    if (code != SOUK_OK)
        return code;
    letter.recipient = souk_text(souk_get(order, "phone")); /* in E.164 */
    if (letter.recipient.len == 0)
        return SOUK_OK;
    letter.locale = souk_text(souk_get(order, "locale"));
    letter.key = souk_printf(ctx, "placed-%lld", (long long)id);
    souk_set_str(ctx, view, "number", souk_text(souk_get(order, "number")));
    letter.view = view;
    code = souk_letter_send(ctx, &letter, NULL);
    return code == SOUK_DENIED ? SOUK_OK : code; /* that number is written to no more */
}

/* ---- souk notify_example test +359888123456 ---- */

/* A letter of the plugin's own: the shop renders templates/mail/test.txt and brings it here. */
static int test(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    struct souk_letter letter = {.size = sizeof letter, .channel = SOUK_STR("sms"), .name = "test"};
    int64_t id = 0;
    if (argc != 1 || !is_number(argv[0]))
        return souk_fail(ctx, SOUK_INVALID, "give one number, such as +359888123456");
    letter.recipient = argv[0];
    letter.key =
        souk_printf(ctx, "test-%lld", (long long)souk_new_id(ctx)); /* each is one of its own */
    letter.view = souk_map(ctx);
    int code = souk_letter_send(ctx, &letter, &id);
    if (code == SOUK_OK)
        souk_print(ctx, "message %lld is on its way\n", (long long)id);
    return code;
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_notify_provider provider = {
    .size = sizeof(struct souk_notify_provider),
    .channel = "sms",
    .label = "Example",
    .send = send,
};
static const struct souk_provider providers[] = {{"notify", "example", &provider}};
static const struct souk_option options[] = {
    {"url", SOUK_URL, 0, "https://api.sms.invalid", "Where the API of Example is"},
    {"key", SOUK_SECRET, 0, NULL, "The key of the account; without it messages wait"},
    {"sender", SOUK_STRING, 0, "Shop", "Who the messages are from: a number, or up to 11 letters"},
};
static const struct souk_listener events[] = {{"order.placed", SOUK_FACT, 0, placed}};
static const struct souk_command commands[] = {{"test", "NUMBER", "Sends a message to try it", test}};
static const struct souk_migration migrations[] = {
    {1, 0, "sent",
     "CREATE TABLE p_notify_example_sent (id INTEGER NOT NULL PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
     " kind TEXT NOT NULL, reference TEXT NOT NULL, at INTEGER NOT NULL) STRICT;"},
};
/* Staff find there what Example calls a message: no text and no number, they are not needed for it. */
static const struct souk_field sent_fields[] = {
    {"reference", "Reference", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"kind", "Kind", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FILTER},
    {"at", "When", SOUK_TIME, SOUK_FIELD_LIST},
};
static const struct souk_resource resources[] = {
    {"sent", "Sent messages", "Message", "p_notify_example_sent", SOUK_TABLE(sent_fields)},
};
static const struct souk_file files[] = {
    SOUK_FILE("templates/mail/placed.txt", placed_text),
    SOUK_FILE("templates/mail/test.txt", test_text), SOUK_FILE("locale/bg.mo", bg),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "notify_example",
    .version = "0.1.0",
    .summary = "Carries text messages through Example",
    .contact = "you@shop.invalid",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .events = SOUK_TABLE(events),
    .commands = SOUK_TABLE(commands),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
    .resources = SOUK_TABLE(resources),
};
