/*
 * tax_vat: value added tax of the European Union, for a shop in a member state. Its own table of
 * rates with the days they hold; home, elsewhere in the Union, outside of it; businesses by their
 * VAT number, asked of VIES.
 *
 * It is a gate: while it is away, nothing is sold, because a sale with the wrong tax is a debt that
 * nobody sees. That VIES is away closes nothing: the number counts as none then, and tax is
 * charged.
 */
#include "vat.h"

SOUK_EMBED(bg, "locale/bg.mo");

static const struct souk_tax_provider provider = {
    .size = sizeof provider, .label = "VAT", .rates = rates_answer, .number = vies_answer};

/* ---- options ---- */

static int is_kind(struct souk_str kind)
{
    for (int i = 0; rates_kinds[i]; i++)
        if (souk_str_is(kind, rates_kinds[i]))
            return 1;
    return 0;
}

static int check_classes(struct souk_ctx *ctx, const struct souk_value *classes)
{
    struct souk_walk walk = souk_walk(classes);
    while (souk_step(&walk))
        if (!is_kind(souk_text(walk.value)))
            return souk_fail(ctx, SOUK_INVALID,
                             "classes: \"%.*s\" is no kind of rate; there are standard, reduced, "
                             "second_reduced, super_reduced, parking, zero and special",
                             SOUK_PRI(souk_text(walk.value)));
    return SOUK_OK;
}

static int read_requester(struct souk_ctx *ctx, struct vat *vat)
{
    char number[NUMBER_ROOM];
    int foreign;
    struct souk_str typed = souk_trim(souk_option_text(ctx, "requester"));
    vat->requester = souk_str("");
    if (!typed.len)
        return SOUK_OK;
    if (!form_normalise(typed, souk_str(""), number, &foreign))
        return souk_fail(ctx, SOUK_INVALID,
                         "requester: the shop's own VAT number with the letters of its country, "
                         "such as BG123456786");
    vat->requester = souk_keep(ctx, souk_str(number));
    return SOUK_OK;
}

static int init(struct souk_ctx *ctx)
{
    struct vat *vat = souk_pool_alloc(ctx, sizeof *vat);
    memset(vat, 0, sizeof *vat);
    struct souk_str url = souk_option_text(ctx, "url");
    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    vat->url = souk_keep(ctx, url);
    vat->timeout_ms = souk_option_int(ctx, "timeout") / 1000;
    vat->remember = souk_option_int(ctx, "remember");
    vat->remember_wrong = souk_option_int(ctx, "remember_wrong");
    vat->home_rates = souk_str_is(souk_option_text(ctx, "elsewhere"), "home");
    vat->exports = souk_str_is(souk_option_text(ctx, "exports"), "exempt");
    vat->reverse = souk_option_int(ctx, "reverse_charge") != 0;
    vat->classes = souk_option(ctx, "classes");
    souk_state_set(ctx, vat);
    int code = check_classes(ctx, vat->classes);
    return code ? code : read_requester(ctx, vat);
}

/* clang-format off */
static const char *const elsewhere[] = {"destination", "home", NULL};
static const char *const exports[] = {"exempt", "own", NULL};

static const struct souk_option options[] = {
    {"elsewhere", SOUK_CHOICE, 0, "destination", "Rates of sales to private persons in other member states: of the destination (OSS), or of home (below the threshold)", 0, 0, elsewhere},
    {"exports", SOUK_CHOICE, 0, "exempt", "Sales to outside of the Union: exempt, or by the shop's own rates", 0, 0, exports},
    {"reverse_charge", SOUK_BOOL, 0, "true", "Sales to businesses with a valid number in other member states are without tax"},
    {"classes", SOUK_MAP, 0, "", "Tax classes of the shop that are called otherwise here: books=reduced"},
    {"url", SOUK_URL, 0, "https://ec.europa.eu/taxation_customs/vies/rest-api", "Where VIES is asked"},
    {"requester", SOUK_STRING, 0, "", "The shop's own VAT number: answers have a consultation number then, the proof of the question"},
    {"timeout", SOUK_DURATION, 0, "4s", "How long VIES is waited for", 200000, 6000000},
    {"remember", SOUK_DURATION, 0, "1d", "How long a valid number counts without being asked about again", 60000000, 2592000000000},
    {"remember_wrong", SOUK_DURATION, 0, "10m", "How long a number that is not known does", 0, 86400000000},
};
static const struct souk_provider providers[] = {{"tax", "vat", &provider}};
static const struct souk_job jobs[] = {
    {"forget", "17 3 * * *", vies_forget, "Forgets what registers said of numbers when it is too old to count"},
};
static const struct souk_command commands[] = {
    {"import", "FILE.csv", "Reads rates (CSV: country, kind, rate, from, until)", table_import},
    {"export", NULL, "Prints the rates as import reads them", table_export},
};
static const struct souk_migration migrations[] = {
    {1, 0, "tables", seed_tables},
    {2, 0, "rates of 2026", seed_rates},
    {3, 0, "places", seed_places},
    {4, 0, "changes of 2026, Northern Ireland", seed_changes_2026},
};
static const struct souk_field rate_fields[] = {
    {"country", "Country", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_SORT | SOUK_FIELD_FILTER | SOUK_FIELD_EDIT | SOUK_FIELD_MUST | SOUK_FIELD_FIND, "A member state such as DE, a part of one with rates of its own, such as PT-20, or XI for Northern Ireland", 2, 10},
    {"kind", "Kind of rate", SOUK_CHOICE, SOUK_FIELD_LIST | SOUK_FIELD_FILTER | SOUK_FIELD_EDIT | SOUK_FIELD_MUST, NULL, 0, 0, rates_kinds},
    {"ppm", "Rate", SOUK_RATE, SOUK_FIELD_LIST | SOUK_FIELD_SORT | SOUK_FIELD_EDIT | SOUK_FIELD_MUST, NULL, 0, 1000000},
    {"valid_from", "Holds from", SOUK_TIME, SOUK_FIELD_LIST | SOUK_FIELD_SORT | SOUK_FIELD_EDIT, "Empty: it always did"},
    {"valid_until", "Holds until", SOUK_TIME, SOUK_FIELD_LIST | SOUK_FIELD_SORT | SOUK_FIELD_EDIT, "The first moment at which it does not hold any more; empty: until another begins"},
};
static const struct souk_field place_fields[] = {
    {"country", "Country", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_SORT | SOUK_FIELD_FILTER | SOUK_FIELD_EDIT | SOUK_FIELD_MUST | SOUK_FIELD_FIND, "As addresses have it: ES", 2, 2},
    {"postcodes", "Postcodes", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_EDIT | SOUK_FIELD_MUST, "35*, 38001-38999, or * for all", 1, 500},
    {"rule", "Rule", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_EDIT | SOUK_FIELD_MUST, "outside: as a sale out of the Union; own: the shop's own rates; or a code of the table of rates, such as PT-20 or XI", 2, 10},
};
static const struct souk_field number_fields[] = {
    {"number", "VAT number", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"valid", "Valid", SOUK_BOOL, SOUK_FIELD_LIST | SOUK_FIELD_FILTER},
    {"company", "Company", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"proof", "Consultation number", SOUK_STRING, SOUK_FIELD_LIST},
    {"asked_at", "Asked", SOUK_TIME, SOUK_FIELD_LIST},
    {"good_until", "Counts until", SOUK_TIME, SOUK_FIELD_LIST},
};
static const struct souk_resource resources[] = {
    {"rate", "VAT rates", "VAT rate", "p_tax_vat_rate", SOUK_TABLE(rate_fields), .flags = SOUK_CREATE | SOUK_REMOVE},
    {"place", "VAT places", "VAT place", "p_tax_vat_place", SOUK_TABLE(place_fields), .flags = SOUK_CREATE | SOUK_REMOVE},
    {"number", "VAT numbers", "VAT number", "p_tax_vat_number", SOUK_TABLE(number_fields), .flags = SOUK_REMOVE},
};
static const struct souk_file files[] = {SOUK_FILE("locale/bg.mo", bg)};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "tax_vat",
    .version = "1.1.0",
    .summary = "VAT of the European Union: rates with their days, VIES, reverse charge, exports",
    .contact = "plugins@example.org",
    .license = "MIT",
    .role = SOUK_GATE,
    .options = SOUK_TABLE(options),
    .providers = SOUK_TABLE(providers),
    .jobs = SOUK_TABLE(jobs),
    .commands = SOUK_TABLE(commands),
    .migrations = SOUK_TABLE(migrations),
    .resources = SOUK_TABLE(resources),
    .files = SOUK_TABLE(files),
    .init = init,
};
