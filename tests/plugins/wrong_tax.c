/*
 * wrong_tax: tells rates and asks about numbers as a tax provider should, or breaks the one rule
 * that its option `wrong` names: what the conformance suite is tried with.
 */
#include <souk.h>

#define CHANGE INT64_C(1893456000000000) /* 2030-01-01 */

static int wrong(struct souk_ctx *ctx, const char *rule)
{
    return souk_str_is(souk_option_text(ctx, "wrong"), rule);
}

static int ask(struct souk_ctx *ctx, struct souk_str number,
               const struct souk_http_response **response)
{
    const struct souk_http_header headers[] = {
        {souk_str("Authorization"), souk_option_text(ctx, "key")}};
    const struct souk_http_request request = {.size = sizeof request,
                                              .method = "POST",
                                              .url = souk_str("https://register.example/ask"),
                                              .body = number,
                                              .headers = headers,
                                              .header_count = 1};
    return souk_http(ctx, &request, response);
}

/* ---- rates ---- */

static int is_stored(struct souk_ctx *ctx, struct souk_str number)
{
    struct souk_rows *rows;
    int found = 0;
    int code = souk_query(ctx, &rows, "SELECT 1 FROM p_wrong_tax_number WHERE number = $1",
                          SOUK_A_STR(number));
    while (code == SOUK_OK && (code = souk_next(rows)) == 1) {
        found = 1;
        code = SOUK_OK;
    }
    return code == SOUK_OK ? found : code;
}

/* Places smaller than a country stand in a table alone. */
static int rate_there(struct souk_ctx *ctx, const struct souk_tax_terms *terms, int64_t *ppm)
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows,
                          "SELECT ppm FROM p_wrong_tax_place WHERE region = $1 AND postcode = $2",
                          SOUK_A_STR(terms->region), SOUK_A_STR(terms->postcode));
    if (code == SOUK_OK && (code = souk_next(rows)) == 1) {
        *ppm = souk_column_int(rows, 0);
        return SOUK_OK;
    }
    return code < 0 ? code : SOUK_NOT_FOUND;
}

static int charge(struct souk_ctx *ctx, int64_t ppm, struct souk_tax_result *result)
{
    struct souk_tax_rate *rate = souk_tax_rate_at(result, 0);
    rate->ppm = ppm;
    rate->name = souk_t(ctx, "VAT");
    result->count = 1;
    result->delivery = 1;
    return SOUK_OK;
}

static int64_t rate_of(struct souk_ctx *ctx, const struct souk_tax_terms *terms)
{
    int reduced = souk_str_is(terms->tax_class, "reduced");
    if (reduced && wrong(ctx, "rates-bounded"))
        return 1200000;
    if (reduced)
        return 90000;
    if (wrong(ctx, "rates-steady") && souk_left(ctx) < SOUK_SECOND)
        return 210000;
    if (!souk_str_is(terms->country, "FI"))
        return 200000;
    return terms->at < CHANGE || wrong(ctx, "rates-dated") ? 240000 : 255000;
}

static int rates(struct souk_ctx *ctx, const struct souk_tax_terms *terms,
                 struct souk_tax_result *result)
{
    const struct souk_http_response *response;
    int home = souk_str_equal(terms->country, terms->shop_country);
    if (wrong(ctx, "rates-offline") && souk_left(ctx) > SOUK_SECOND)
        ask(ctx, terms->tax_number, &response);
    if (!home && !souk_str_is(terms->country, "DE") && !souk_str_is(terms->country, "FI"))
        return wrong(ctx, "unknown-place") ? charge(ctx, 0, result) : SOUK_NOT_FOUND;
    if (!souk_str_is(terms->tax_class, "standard") && !souk_str_is(terms->tax_class, "reduced"))
        return SOUK_NOT_FOUND;
    if (souk_str_is(terms->country, "FI"))
        result->until = terms->at < CHANGE ? CHANGE : 0;
    int anyone = wrong(ctx, "home-free");
    if (terms->tax_number.len && (!home || anyone || wrong(ctx, "home-taxed"))) {
        int stored = anyone ? 1 : is_stored(ctx, terms->tax_number);
        if (stored < 0)
            return stored;
        if (stored) {
            result->exempt = 1;
            result->note = souk_str("Reverse charge.");
            return SOUK_OK;
        }
    }
    int64_t ppm = rate_of(ctx, terms);
    int code = terms->region.len ? rate_there(ctx, terms, &ppm) : SOUK_OK;
    return code ? code : charge(ctx, ppm, result);
}

/* ---- numbers ---- */

static int store(struct souk_ctx *ctx, void *arg)
{
    const struct souk_str *number = arg;
    return souk_exec(ctx, NULL, "INSERT OR IGNORE INTO p_wrong_tax_number (number) VALUES ($1)",
                     SOUK_A_STR(*number));
}

/* "DE" and nine digits. */
static int fits(struct souk_str number)
{
    if (number.len != 11 || memcmp(number.ptr, "DE", 2) != 0)
        return 0;
    for (size_t i = 2; i < 11; i++)
        if (number.ptr[i] < '0' || number.ptr[i] > '9')
            return 0;
    return 1;
}

static int refuse(struct souk_tax_number_result *result)
{
    result->state = SOUK_TAX_WRONG;
    result->message = souk_str("there is no such number");
    return SOUK_OK;
}

static int unknown(struct souk_ctx *ctx, struct souk_tax_number_result *result)
{
    if (wrong(ctx, "number-unknown"))
        return refuse(result);
    result->state = SOUK_TAX_UNKNOWN;
    result->message = souk_str("nobody can be asked now");
    return SOUK_OK;
}

static int number(struct souk_ctx *ctx, const struct souk_tax_number *typed,
                  struct souk_tax_number_result *result)
{
    const struct souk_http_response *response = NULL;
    struct souk_str *kept = souk_alloc(ctx, sizeof *kept);
    *kept = souk_copy(ctx, typed->number);
    if (!fits(*kept) && !wrong(ctx, "number-form"))
        return refuse(result);
    if (wrong(ctx, "no-secrets"))
        souk_log(ctx, SOUK_LOG_INFO, "asking with %.*s", SOUK_PRI(souk_option_text(ctx, "key")));
    result->number = *kept;
    int stored = is_stored(ctx, *kept);
    if (stored == 0) {
        if (ask(ctx, *kept, &response) != SOUK_OK ||
            (response->status != 200 && response->status != 404))
            return unknown(ctx, result);
        if (response->status == 404 && !wrong(ctx, "number-invalid"))
            return refuse(result);
        if (!wrong(ctx, "number-remembered") && souk_db_write(ctx, store, kept) != SOUK_OK)
            return unknown(ctx, result);
    } else if (stored < 0) {
        return unknown(ctx, result);
    }
    result->state = SOUK_TAX_VALID;
    result->company = souk_str("Müller GmbH");
    return SOUK_OK;
}

/* clang-format off */
static const struct souk_tax_provider provider = {
    .size = sizeof(struct souk_tax_provider), .label = "Tax", .rates = rates, .number = number,
};
static const struct souk_option options[] = {
    {"wrong", SOUK_STRING, 0, "", "The rule to break"},
    {"key", SOUK_SECRET, SOUK_REQUIRED, NULL, "The key at the register"},
};
static const struct souk_provider providers[] = {{"tax", "wrong", &provider}};
static const struct souk_migration migrations[] = {
    {1, 0, "number",
     "CREATE TABLE p_wrong_tax_number (number TEXT NOT NULL PRIMARY KEY);"
     "CREATE TABLE p_wrong_tax_place (region TEXT NOT NULL, postcode TEXT NOT NULL, ppm INTEGER NOT NULL)"},
};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "wrong_tax", .version = "1.0.0", .summary = "Breaks the rule that it is told to, for tests",
    .contact = "plugins@example.org", .license = "MIT",
    .options = SOUK_TABLE(options), .providers = SOUK_TABLE(providers), .migrations = SOUK_TABLE(migrations)};
