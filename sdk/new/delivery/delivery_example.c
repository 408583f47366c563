/*
 * delivery_example: brings parcels by a price list of the shop's own: so much for so many
 * kilograms. It asks nobody: a parcel's number is its tracking number, and that it has arrived is
 * said by staff, in the admin under "Parcels of Example".
 *
 * What it must keep to stands at the head of souk/delivery.h, rule by rule. In short: options() and
 * check() say the same price; goods or places that do not fit give no option and no error; one key
 * is one parcel. A carrier with an API is asked in send() and track(), through souk_http_json.
 */
#include <souk.h>

#define PROVIDER   "example"
#define CODE       "standard"
#define RATES      32
#define GRAMS_MOST INT64_C(1000000)

SOUK_EMBED(from, "templates/from.html");
SOUK_EMBED(bg, "locale/bg.mo");

/* ---- the price list: read once, in init; after that it only is read, from many threads ---- */

struct rate {
    int64_t grams, price; /* up to so many for so much, in thousandths of the currency's unit */
};

struct prices {
    struct rate rates[RATES]; /* the lightest first */
    int count;
};

/* A line of the option is "kg | price", such as "2.5 | 4.90". What cannot be read refuses the
 * plugin, with the line and why. */
static int init(struct souk_ctx *ctx)
{
    struct prices *prices = souk_pool_alloc(ctx, sizeof *prices);
    struct souk_lines table;
    int more;
    souk_lines_begin(&table, ctx, "rates", 2);
    while ((more = souk_lines_next(&table)) == 1) {
        struct rate *rate = &prices->rates[prices->count];
        if (prices->count == RATES)
            return souk_lines_bad(&table, "there are too many lines");
        if (!souk_decimal(table.cells[0], 3, &rate->grams) || rate->grams == 0 ||
            rate->grams > GRAMS_MOST)
            return souk_lines_bad(&table, "the weight is no number of kilograms, such as 2.5");
        if (!souk_decimal(table.cells[1], 3, &rate->price))
            return souk_lines_bad(&table, "the price is no number, such as 4.90");
        if (prices->count && rate->grams <= rate[-1].grams)
            return souk_lines_bad(&table, "lines go from the lightest to the heaviest");
        prices->count++;
    }
    souk_state_set(ctx, prices);
    return more;
}

/* 1 and the price in minor units, or 0: not these goods, not there. */
static int price_of(struct souk_ctx *ctx, const struct souk_delivery_terms *terms, int64_t *amount)
{
    const struct prices *prices = souk_state(ctx);
    int64_t free_from = souk_option_int(ctx, "free_from");
    if (!souk_str_equal(terms->currency, souk_option_text(ctx, "currency")) ||
        !souk_in_list(souk_option_text(ctx, "countries"), terms->country))
        return 0;
    for (int i = 0; i < prices->count; i++) {
        if (terms->weight_g > prices->rates[i].grams)
            continue;
        *amount = free_from > 0 && terms->total >= free_from
                      ? 0
                      : souk_minor(prices->rates[i].price, terms->currency);
        return 1;
    }
    return 0; /* heavier than all of them */
}

/* ---- the provider: choosing ---- */

static int options(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                   struct souk_value *options)
{
    int64_t amount;
    if (terms->country.len == 0 || !price_of(ctx, terms, &amount))
        return SOUK_OK;
    struct souk_value *option = souk_set_map(ctx, options, NULL);
    souk_set_cstr(ctx, option, "code", CODE);
    souk_set_str(ctx, option, "label", souk_t(ctx, "Example delivers"));
    souk_set_int(ctx, option, "amount", amount);
    souk_set_bool(ctx, option, "takes_cash", (int)souk_option_int(ctx, "cash"));
    return SOUK_OK;
}

static int check(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                 const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    if (!souk_str_is(souk_text(souk_get(choice, "code")), CODE))
        return souk_fail(ctx, SOUK_INVALID, "method: %.*s",
                         SOUK_PRI(souk_t(ctx, "choose one of the ways that are offered")));
    if (!price_of(ctx, terms, &quote->amount))
        return souk_fail(ctx, SOUK_INVALID, "method: %.*s",
                         SOUK_PRI(souk_t(ctx, "these goods are not brought there")));
    quote->label = souk_t(ctx, "Example delivers");
    quote->flags = souk_option_int(ctx, "cash") ? SOUK_DELIVERY_TAKES_CASH : 0;
    quote->data = souk_map(ctx); /* what a shopper chose besides would be kept here */
    return SOUK_OK;
}

/* ---- the provider: parcels ---- */

static int keep_parcel(struct souk_ctx *ctx, void *arg)
{
    const struct souk_shipment *shipment = arg;
    return souk_exec(ctx, NULL,
                     "INSERT INTO p_delivery_example_parcel (id, number, weight_g, sent_at)"
                     " VALUES ($1, $2, $3, $4) ON CONFLICT (number) DO NOTHING",
                     SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(shipment->number),
                     SOUK_A_INT(shipment->weight_g), SOUK_A_INT(souk_now(ctx)));
}

/* Called again with the same key after a crash: the number is the same, and the row is there. */
static int send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                struct souk_shipment_result *result)
{
    struct souk_shipment copy = *shipment;
    result->tracking = souk_copy(ctx, shipment->number);
    return souk_db_write(ctx, keep_parcel, &copy);
}

static int parcel_label(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                        struct souk_value *label)
{
    struct souk_value *to = souk_set_list(ctx, label, "to");
    struct souk_value *facts = souk_set_list(ctx, label, "facts");
    souk_set_cstr(ctx, label, "service", "Example");
    souk_set_str(ctx, label, "code",
                 shipment->tracking.len ? shipment->tracking : shipment->number);
    souk_set_cstr(ctx, label, "code_type", "code128");
    souk_set_str(ctx, to, NULL, shipment->name);
    souk_set_str(ctx, to, NULL, shipment->line1);
    souk_set_str(
        ctx, to, NULL,
        souk_printf(ctx, "%.*s %.*s", SOUK_PRI(shipment->postcode), SOUK_PRI(shipment->city)));
    souk_add_fact(ctx, facts, "Weight", souk_printf(ctx, "%lld g", (long long)shipment->weight_g));
    return SOUK_OK;
}

/* ---- what staff do: mark parcels as delivered ---- */

/* WRITE, once a row: the core is told in the same transaction. */
static int deliver(struct souk_ctx *ctx, int64_t id)
{
    struct souk_delivery_report report = {.size = sizeof report,
                                          .provider = SOUK_STR(PROVIDER),
                                          .state = SOUK_STR("delivered"),
                                          .at = souk_now(ctx)};
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows, "SELECT number FROM p_delivery_example_parcel WHERE id = $1",
                          SOUK_A_INT(id));
    if (code != SOUK_OK || (code = souk_next(rows)) != 1)
        return code < 0 ? code : souk_fail(ctx, SOUK_NOT_FOUND, "the parcel is gone");
    report.tracking =
        souk_copy(ctx, souk_column_text(rows, 0)); /* a row's text ends with the row */
    report.event = souk_printf(ctx, "delivered-%lld", (long long)id);
    code = souk_delivery_report(ctx, &report, NULL);
    return code ? code
                : souk_exec(ctx, NULL,
                            "UPDATE p_delivery_example_parcel SET delivered = 1 WHERE id = $1",
                            SOUK_A_INT(id));
}

/* ---- below a product: what it costs at least ---- */

static int fill_from(struct souk_ctx *ctx, struct souk_value *view)
{
    const struct prices *prices = souk_state(ctx);
    struct souk_str currency = souk_option_text(ctx, "currency");
    struct souk_money least = {0};
    if (prices->count == 0 || currency.len != 3)
        return SOUK_NOT_FOUND; /* nothing to show */
    least.minor = souk_minor(prices->rates[0].price, currency);
    memcpy(least.currency, currency.ptr, 3);
    souk_set_money(ctx, view, "least", least);
    return SOUK_OK;
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_delivery_provider provider = {
    .size = sizeof(struct souk_delivery_provider),
    .flags = SOUK_DELIVERY_LOCAL,
    .label = "Example delivers",
    .options = options, .check = check, .send = send, .parcel_label = parcel_label,
};
static const struct souk_provider providers[] = {{"delivery", PROVIDER, &provider}};
static const struct souk_option plugin_options[] = {
    {"rates", SOUK_TEXT, 0, "2 | 4.90\n10 | 7.90\n30 | 14.90", "Prices by weight: a line is kg | price"},
    {"currency", SOUK_STRING, 0, "EUR", "That the prices are in; carts in others are not offered it"},
    {"countries", SOUK_STRING, 0, "*", "Where it delivers, such as BG, RO; *: everywhere"},
    {"free_from", SOUK_MONEY, 0, "0.00 EUR", "Goods from this sum on are brought for nothing; 0: never"},
    {"cash", SOUK_BOOL, 0, "false", "Whether the driver takes money"},
};
static const struct souk_migration migrations[] = {
    {1, 0, "parcel",
     "CREATE TABLE p_delivery_example_parcel (id INTEGER NOT NULL PRIMARY KEY, number TEXT NOT NULL UNIQUE,"
     " weight_g INTEGER NOT NULL, delivered INTEGER NOT NULL DEFAULT 0, sent_at INTEGER NOT NULL) STRICT;"},
};
static const struct souk_field parcel_fields[] = {
    {"number", "Number", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"weight_g", "Weight", SOUK_INT, SOUK_FIELD_LIST},
    {"delivered", "Delivered", SOUK_BOOL, SOUK_FIELD_LIST | SOUK_FIELD_FILTER},
    {"sent_at", "Sent", SOUK_TIME, SOUK_FIELD_LIST},
};
static const struct souk_action parcel_actions[] = {{"deliver", "Mark as delivered", deliver}};
static const struct souk_resource resources[] = {
    {"parcel", "Parcels of Example", "Parcel", "p_delivery_example_parcel", SOUK_TABLE(parcel_fields), SOUK_TABLE(parcel_actions)},
};
static const struct souk_slot slots[] = {{"product.buy", "from", fill_from}};
static const struct souk_file files[] = {
    SOUK_FILE("templates/from.html", from), SOUK_FILE("locale/bg.mo", bg),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "delivery_example",
    .version = "0.1.0",
    .summary = "Brings parcels, priced by weight",
    .contact = "you@shop.invalid",
    .license = "MIT",
    .init = init,
    .options = SOUK_TABLE(plugin_options),
    .slots = SOUK_TABLE(slots),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
    .resources = SOUK_TABLE(resources),
};
