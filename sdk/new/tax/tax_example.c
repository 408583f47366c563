/*
 * tax_example: rates from a table of the shop's own, each from its day on, and sales without tax to
 * businesses abroad whose tax number Example knows:
 *
 *     GET /numbers/{number}  → 200 {"company", "receipt"}, or 404: there is no such number
 *
 * What it must keep to stands at the head of souk/tax.h, rule by rule. In short: rates() is asked
 * on every page, so it looks into memory and its own table and asks nobody; number() asks, and
 * remembers; a number that nobody could be asked about counts as none, so tax is charged.
 */
#include <souk.h>

#define LINES_MOST  200
#define NUMBER_MOST 15
#define DAY         (INT64_C(86400) * 1000000)

SOUK_EMBED(hint, "templates/hint.html");
SOUK_EMBED(bg, "locale/bg.mo");

/* ---- the table: read once, in init; after that it only is read, from many threads ---- */

struct line {
    struct souk_str country, tax_class, name; /* class "*": all that have no line of their own */
    int64_t ppm;
    int64_t from; /* microseconds; 0: always */
};

struct table {
    struct line lines[LINES_MOST];
    int count;
};

/* A line of the option is "country | class | rate | name | from", such as "BG | books | 9 | VAT 9
 * %"; `from` (a day, its midnight in UTC) may be left out. What cannot be read refuses the plugin,
 * with the line and why. */
static int init(struct souk_ctx *ctx)
{
    struct table *table = souk_pool_alloc(ctx, sizeof *table);
    struct souk_lines walk;
    int more;
    souk_lines_begin(&walk, ctx, "rates", 5);
    while ((more = souk_lines_next(&walk)) == 1) {
        struct line *line = &table->lines[table->count];
        if (table->count == LINES_MOST)
            return souk_lines_bad(&walk, "there are too many lines");
        *line = (struct line){
            .country = walk.cells[0], .tax_class = walk.cells[1], .name = walk.cells[3]};
        if (line->country.len != 2 || line->tax_class.len == 0 || line->name.len == 0)
            return souk_lines_bad(&walk, "a line is country | class | rate | name | from");
        if (!souk_decimal(walk.cells[2], 4, &line->ppm) ||
            line->ppm > 1000000) /* 20 is 200000 ppm */
            return souk_lines_bad(&walk, "the rate is no number of per cent, such as 20");
        if (walk.cells[4].len && souk_time_parse(walk.cells[4], &line->from) != SOUK_OK)
            return souk_lines_bad(&walk, "the day is none, such as 2026-07-01");
        table->count++;
    }
    souk_state_set(ctx, table);
    return more;
}

/* The line that holds at the moment, and when that changes by itself (0: never). */
static const struct line *find(const struct table *table, const struct souk_tax_terms *terms,
                               const char *other_class, int64_t *until)
{
    const struct line *best = NULL;
    *until = 0;
    for (int i = 0; i < table->count; i++) {
        const struct line *line = &table->lines[i];
        if (!souk_str_equal(line->country, terms->country) ||
            !(other_class ? souk_str_is(line->tax_class, other_class)
                          : souk_str_equal(line->tax_class, terms->tax_class)))
            continue;
        if (line->from > terms->at)
            *until = *until == 0 || line->from < *until ? line->from : *until;
        else if (!best || line->from >= best->from)
            best = line;
    }
    return best;
}

/* ---- rates ---- */

/* The first two letters of a number name its country; Greece writes EL there. */
static int is_of(struct souk_str number, struct souk_str country)
{
    struct souk_str own = {number.ptr, number.len < 2 ? number.len : 2};
    return souk_str_equal(own, country) || (souk_str_is(own, "EL") && souk_str_is(country, "GR"));
}

/* 1: Example knew the number, not too long ago. */
static int is_known(struct souk_ctx *ctx, struct souk_str number, int64_t at)
{
    struct souk_rows *rows;
    int64_t since = at - souk_option_int(ctx, "days") * DAY;
    int code = souk_query(
        ctx, &rows, "SELECT 1 FROM p_tax_example_number WHERE number = $1 AND checked_at > $2",
        SOUK_A_STR(number), SOUK_A_INT(since));
    return code == SOUK_OK ? souk_next(rows) : code;
}

static int rates(struct souk_ctx *ctx, const struct souk_tax_terms *terms,
                 struct souk_tax_result *result)
{
    int64_t until = 0, until_other = 0;
    const struct line *line = find(souk_state(ctx), terms, NULL, &until);
    if (!line)
        line = find(souk_state(ctx), terms, "*", &until_other);
    if (!line)
        return SOUK_NOT_FOUND; /* the shop's own rates hold */
    result->delivery = 1;
    result->until = until == 0 || (until_other && until_other < until) ? until_other : until;
    int abroad = !souk_str_equal(terms->country, terms->shop_country);
    if (abroad && terms->tax_number.len && !is_of(terms->tax_number, terms->shop_country)) {
        int known = is_known(ctx, terms->tax_number, terms->at);
        if (known < 0)
            return known;
        result->exempt = known;
    }
    if (result->exempt) {
        result->note = souk_str("Reverse charge: the buyer accounts for the tax.");
        return SOUK_OK;
    }
    struct souk_tax_rate *rate = souk_tax_rate_at(result, 0);
    rate->ppm = line->ppm;
    rate->name = line->name;
    result->count = 1;
    return SOUK_OK;
}

/* ---- numbers ---- */

struct number {
    struct souk_str number, company, proof;
};

/* Capitals and digits, without what people put between; 0: it cannot be one. */
static int normalise(struct souk_ctx *ctx, struct souk_str typed, struct souk_str *number)
{
    char *to = souk_alloc(ctx, NUMBER_MOST + 1);
    size_t len = 0;
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.ptr[i];
        if (c == ' ' || c == '.' || c == '-')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        int letter = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
        if (len == NUMBER_MOST || !(letter || (digit && len >= 2)))
            return 0;
        to[len++] = c;
    }
    *number = (struct souk_str){to, len};
    return len >= 4;
}

/* 1: asked about within a day; then Example need not be asked again. */
static int recall(struct souk_ctx *ctx, struct number *known)
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows,
                          "SELECT company, proof FROM p_tax_example_number"
                          " WHERE number = $1 AND checked_at > $2",
                          SOUK_A_STR(known->number), SOUK_A_INT(souk_now(ctx) - DAY));
    if (code != SOUK_OK || (code = souk_next(rows)) != 1)
        return code;
    known->company = souk_copy(ctx, souk_column_text(rows, 0)); /* a row's text ends with the row */
    known->proof = souk_copy(ctx, souk_column_text(rows, 1));
    return 1;
}

static int remember(struct souk_ctx *ctx, void *arg)
{
    const struct number *known = arg;
    return souk_exec(
        ctx, NULL,
        "INSERT INTO p_tax_example_number (id, number, company, proof, checked_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (number) DO UPDATE SET"
        " company = excluded.company, proof = excluded.proof, checked_at = excluded.checked_at",
        SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(known->number), SOUK_A_STR(known->company),
        SOUK_A_STR(known->proof), SOUK_A_INT(souk_now(ctx)));
}

static int is_valid(const struct number *known, struct souk_tax_number_result *result)
{
    result->state = SOUK_TAX_VALID;
    result->message = souk_str("");
    result->number = known->number;
    result->company = known->company;
    result->proof = known->proof;
    return SOUK_OK;
}

static int number(struct souk_ctx *ctx, const struct souk_tax_number *given,
                  struct souk_tax_number_result *result)
{
    struct number known = {0};
    struct souk_http_answer answer;
    result->state = SOUK_TAX_WRONG;
    result->message =
        souk_t(ctx, "This is no tax number: it begins with the letters of its country.");
    if (!normalise(ctx, given->number, &known.number))
        return SOUK_OK;
    int code = recall(ctx, &known);
    if (code != SOUK_OK)
        return code < 0 ? code : is_valid(&known, result);
    result->number = known.number;
    struct souk_http_ask ask = {
        .peer = "Example",
        .url = souk_option_text(ctx, "url"),
        .path = souk_printf(ctx, "/numbers/%.*s", SOUK_PRI(known.number)), /* letters and digits */
        .bearer = souk_option_text(ctx, "key"),
    };
    if (souk_http_json(ctx, &ask, &answer) != SOUK_OK && answer.status != 404) {
        result->state = SOUK_TAX_UNKNOWN;
        result->message =
            souk_t(ctx, "The number could not be checked just now, so tax is charged.");
        return SOUK_OK;
    }
    result->message = souk_t(ctx, "Nobody has this tax number.");
    if (answer.status == 404)
        return SOUK_OK;
    known.company = souk_text(souk_get(answer.json, "company"));
    known.proof = souk_text(souk_get(answer.json, "receipt"));
    code = souk_db_write(ctx, remember, &known);
    return code ? code : is_valid(&known, result);
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_tax_provider provider = {
    .size = sizeof(struct souk_tax_provider), .label = "Rates of Example", .rates = rates, .number = number,
};
static const struct souk_provider providers[] = {{"tax", "example", &provider}};
static const struct souk_option options[] = {
    {"rates", SOUK_TEXT, 0, "BG | * | 20 | VAT 20 %\nBG | books | 9 | VAT 9 %", "A line is country | class | rate | name | from"},
    {"url", SOUK_URL, 0, "https://api.tax.invalid", "Where Example is asked about numbers"},
    {"key", SOUK_SECRET, 0, NULL, "The key of the account there"},
    {"days", SOUK_INT, 0, "30", "Days for which a number that was known counts", 1, 365},
};
static const struct souk_migration migrations[] = {
    {1, 0, "number",
     "CREATE TABLE p_tax_example_number (id INTEGER NOT NULL PRIMARY KEY, number TEXT NOT NULL UNIQUE,"
     " company TEXT NOT NULL, proof TEXT NOT NULL, checked_at INTEGER NOT NULL) STRICT;"},
};
static const struct souk_field number_fields[] = {
    {"number", "Number", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"company", "Company", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"proof", "Receipt", SOUK_STRING, SOUK_FIELD_LIST},
    {"checked_at", "Checked", SOUK_TIME, SOUK_FIELD_LIST},
};
static const struct souk_resource resources[] = {
    {"number", "Tax numbers", "Number", "p_tax_example_number", SOUK_TABLE(number_fields), .flags = SOUK_REMOVE},
};
static const struct souk_slot slots[] = {{"checkout.below", "hint"}};
static const struct souk_file files[] = {
    SOUK_FILE("templates/hint.html", hint), SOUK_FILE("locale/bg.mo", bg),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "tax_example",
    .version = "0.1.0",
    .summary = "Tax rates by the day, and tax numbers of businesses",
    .contact = "you@shop.invalid",
    .license = "MIT",
    .init = init,
    .options = SOUK_TABLE(options),
    .slots = SOUK_TABLE(slots),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
    .resources = SOUK_TABLE(resources),
};
