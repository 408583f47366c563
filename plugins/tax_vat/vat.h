/*
 * vat: what the files of tax_vat share. Countries are ISO 3166-1 codes everywhere but in numbers,
 * where Greece is EL, as its tax office writes it.
 */
#ifndef TAX_VAT_H
#define TAX_VAT_H

#include <souk.h>

#define NUMBER_ROOM 20 /* letters of a number with its country's, and the end */
#define FILE_MOST   (1 << 20)

struct vat { /* the options, as init has read them */
    struct souk_str url, requester;
    int64_t timeout_ms, remember, remember_wrong;
    int home_rates; /* sales to private persons elsewhere in the Union: at home's rates */
    int exports;    /* sales to outside are free of tax; else the shop's own rates hold */
    int reverse;    /* sales to businesses elsewhere in the Union are free of tax */
    const struct souk_value *classes; /* tax class of the shop: kind of rate */
};

/* member.c: what a member state is; XI, Northern Ireland, is treated as one. */
struct member {
    const char *country; /* "GR" */
    const char *prefix;  /* of its numbers: "EL" */
    const char *zone;    /* where midnight is */
};
const struct member *member_of(struct souk_str country); /* NULL: outside of the Union */
const struct member *member_by_prefix(struct souk_str prefix);
int country_known(struct souk_str country); /* is it one at all? */

/* form.c: 1 when the text behind the prefix can be a number there: length, letters, and the check
 * digits where their rule is public. */
int form_fits(const char *prefix, struct souk_str rest);
/* "bg 123.456-789" to "BG123456789"; a number without letters gets those of the country. 0: it is
 * too long, or of other signs. *foreign: it is of no member state. */
int form_normalise(struct souk_str typed, struct souk_str country, char number[NUMBER_ROOM],
                   int *foreign);

/* rates.c */
int rates_answer(struct souk_ctx *ctx, const struct souk_tax_terms *terms,
                 struct souk_tax_result *result);
extern const char *const rates_kinds[]; /* NULL-terminated */

/* vies.c */
int vies_answer(struct souk_ctx *ctx, const struct souk_tax_number *number,
                struct souk_tax_number_result *result);
int vies_forget(struct souk_ctx *ctx, const struct souk_value *payload);

/* table.c: rates from a file. */
int table_import(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv);
int table_export(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv);

/* seed.c: the tables and what stands in them at first. */
extern const char seed_tables[], seed_rates[], seed_places[], seed_changes_2026[];

#endif
