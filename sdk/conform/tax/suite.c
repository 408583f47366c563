/*
 * suite.c: the rules of tax providers, in the words of souk/tax.h.
 */
#include "conform/tax/rules.h"
#include "host/host.h"

static const struct rule rules[] = {
    {"rates-bounded", "rates are 0 to 1,000,000 ppm, at most 8 of them, each with a name", 0,
     tax_rates_bounded},
    {"rates-steady",
     "the same terms give the same rates, however often and from where they are asked", 0,
     tax_rates_steady},
    {"rates-offline", "rates() asks nobody outside", 0, tax_rates_offline},
    {"rates-dated", "a rate that changes at a moment holds before and after it as it should", 0,
     tax_rates_dated},
    {"unknown-place", "a place that it knows nothing of gives SOUK_NOT_FOUND, never a rate of 0", 0,
     tax_unknown_place},
    {"home-taxed", "a sale within the shop's country is taxed, whatever number is given", 0,
     tax_home_taxed},
    {"number-form", "a number that cannot be one is SOUK_TAX_WRONG before anybody is asked", 0,
     tax_number_form},
    {"number-unknown", "a time-out or 5xx of the peer is SOUK_TAX_UNKNOWN, and the sale is taxed",
     0, tax_number_unknown},
    {"number-invalid",
     "a number that the peer does not know is SOUK_TAX_WRONG, and the sale is taxed", 0,
     tax_number_invalid},
    {"number-remembered",
     "a valid number is not asked about at each page: rates() rests on the answer", 0,
     tax_number_remembered},
    {"no-secrets", "no key in results, log lines or stored data", 0, tax_no_secrets},
};

const struct suite suite_tax = {"tax", rules, sizeof rules / sizeof *rules, tax_path, tax_provoke};
