/*
 * track_example: tells Example, a network of partners, what became of the visitors that it sent:
 *
 *     POST /conversions  {"click", "order", "amount": "12.50", "currency", "state",
 *                         "lines": [{"sku", "category", "amount"}]}  → 2xx {"id"}
 *
 * The core catches the click's id, gives the order to it, and sees to it that each conversion is
 * told; here it is only put into Example's words. What it must keep to stands at the head of
 * souk/track.h, rule by rule. In short: the key is sent along, so that a repeat counts once; click
 * ids are texts of strangers and stay values; nobody's name leaves the house.
 */
#include <souk.h>

SOUK_EMBED(notice, "templates/notice.html");
SOUK_EMBED(bg, "locale/bg.mo");

static const char *state_of(int32_t state)
{
    return state == SOUK_CONVERSION_APPROVED   ? "approved"
           : state == SOUK_CONVERSION_REJECTED ? "rejected"
                                               : "pending";
}

struct told { /* what is kept for staff */
    const struct souk_conversion *conversion;
    struct souk_str reference;
};

static int keep_told(struct souk_ctx *ctx, void *arg)
{
    const struct told *told = arg;
    return souk_exec(ctx, NULL,
                     "INSERT INTO p_track_example_told (id, number, state, amount, reference, at)"
                     " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET"
                     " state = excluded.state, amount = excluded.amount, at = excluded.at",
                     SOUK_A_INT(told->conversion->id), SOUK_A_STR(told->conversion->number),
                     SOUK_A_CSTR(state_of(told->conversion->state)),
                     SOUK_A_INT(told->conversion->amount), SOUK_A_STR(told->reference),
                     SOUK_A_INT(souk_now(ctx)));
}

/* What counts of each line, for a network that pays by category. */
static void add_lines(struct souk_ctx *ctx, const struct souk_conversion *conversion,
                      struct souk_value *body)
{
    struct souk_value *lines = souk_set_list(ctx, body, "lines");
    struct souk_walk line = souk_walk(souk_get(conversion->order, "lines"));
    while (souk_step(&line)) {
        struct souk_value *item = souk_set_map(ctx, lines, NULL);
        int64_t counts = souk_int(souk_get(line.value, "counts"), 0);
        souk_set_str(ctx, item, "sku", souk_text(souk_get(line.value, "sku")));
        souk_set_str(ctx, item, "category", souk_text(souk_get(line.value, "category")));
        souk_set_str(ctx, item, "amount", souk_decimal_text(ctx, counts, conversion->currency));
    }
}

static int send(struct souk_ctx *ctx, const struct souk_conversion *conversion,
                struct souk_conversion_result *result)
{
    struct souk_value *body = souk_map(ctx);
    const char *state = state_of(conversion->state);
    struct souk_http_answer answer;
    souk_set_str(ctx, body, "key", conversion->key); /* one conversion, however often it is told */
    souk_set_str(ctx, body, "click", conversion->click);
    souk_set_str(ctx, body, "order", conversion->number);
    souk_set_str(ctx, body, "amount",
                 souk_decimal_text(ctx, conversion->amount, conversion->currency));
    souk_set_str(ctx, body, "currency", conversion->currency);
    souk_set_cstr(ctx, body, "state", state);
    add_lines(ctx, conversion, body);
    struct souk_http_ask ask = {
        .peer = "Example",
        .url = souk_option_text(ctx, "url"),
        .path = SOUK_STR("/conversions"),
        .json = body, /* escapes: a click's id cannot become another member */
        /* a correction is another message: the state and the sum belong to its name */
        .key = souk_printf(ctx, "%.*s-%s-%lld", SOUK_PRI(conversion->key), state,
                           (long long)conversion->amount),
        .bearer = souk_option_text(ctx, "key"),
    };
    int code = souk_http_json(ctx, &ask, &answer);
    if (code != SOUK_OK) { /* again later, or never: souk_http_json tells by the status */
        result->message = souk_copy(ctx, souk_failure(ctx)); /* for staff */
        return code;
    }
    struct told told = {conversion, souk_text(souk_get(answer.json, "id"))};
    result->reference = told.reference;
    return souk_db_write(ctx, keep_told, &told);
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_track_provider provider = {
    .size = sizeof(struct souk_track_provider),
    .label = "Example",
    .params_option = "params",
    .window_option = "window",
    .send = send,
};
static const struct souk_provider providers[] = {{"track", "example", &provider}};
static const struct souk_option options[] = {
    {"url", SOUK_URL, 0, "https://api.partners.invalid", "Where the API of Example is"},
    {"key", SOUK_SECRET, 0, NULL, "The key of the account"},
    {"params", SOUK_LIST, 0, "example_click", "Parameters of landing addresses that hold a click's id"},
    {"window", SOUK_DURATION, 0, "30d", "How long a click counts"},
};
static const struct souk_migration migrations[] = {
    {1, 0, "told",
     "CREATE TABLE p_track_example_told (id INTEGER NOT NULL PRIMARY KEY, number TEXT NOT NULL, state TEXT NOT NULL,"
     " amount INTEGER NOT NULL, reference TEXT NOT NULL, at INTEGER NOT NULL) STRICT;"},
};
static const struct souk_field told_fields[] = {
    {"number", "Order", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"state", "State", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FILTER},
    {"amount", "Minor units", SOUK_INT, SOUK_FIELD_LIST},
    {"reference", "Reference", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"at", "When", SOUK_TIME, SOUK_FIELD_LIST},
};
static const struct souk_resource resources[] = {
    {"told", "Told to Example", "Conversion", "p_track_example_told", SOUK_TABLE(told_fields)},
};
static const struct souk_slot slots[] = {{"checkout.below", "notice"}};
static const struct souk_file files[] = {
    SOUK_FILE("templates/notice.html", notice), SOUK_FILE("locale/bg.mo", bg),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "track_example",
    .version = "0.1.0",
    .summary = "Tells Example what its visitors bought",
    .contact = "you@shop.invalid",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .slots = SOUK_TABLE(slots),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
    .resources = SOUK_TABLE(resources),
};
