/*
 * transfer: what the files of the plugin share: references, the QR code, and statements as entries.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include <souk.h>

/* ---- epc.c ---- */

#define EPC_MOST 331 /* bytes of a payload */
#define RF_MOST  25

/* 1: the letters and digits, spaces left out, are right by mod 97-10 (IBAN, RF). */
int epc_check(struct souk_str text);
int epc_is_iban(struct souk_str text);
/* ISO 11649: "RF" and check digits before the letters and digits of `number`, at most 21. Empty:
 * none. */
struct souk_str epc_reference(struct souk_ctx *ctx, struct souk_str number);
/* The first RF reference in a text; empty: none. Spaces inside are left out. */
struct souk_str epc_find_reference(struct souk_ctx *ctx, struct souk_str text);
/* Account numbers in a text become "…" and their last four signs. */
struct souk_str epc_hide_accounts(struct souk_ctx *ctx, struct souk_str text);
struct epc {
    struct souk_str bic, name, iban, reference;
    int64_t cents;
};
/* EPC069-12, version 002. SOUK_INVALID: a name over 70 letters, a wrong IBAN, an amount outside of
 * 0.01 to 999,999,999.99, or too long as a whole. */
int epc_payload(struct souk_ctx *ctx, const struct epc *epc, struct souk_str *payload);
int epc_svg(struct souk_ctx *ctx, struct souk_str payload, struct souk_str *svg);
size_t epc_letters(struct souk_str text);

/* ---- statement.c, camt.c ---- */

#define STATEMENT_ROWS 5000

struct entry {                 /* money that came */
    struct souk_str reference; /* the bank's name of it: unique */
    struct souk_str rf, text, payer, account, currency, day;
    int64_t amount;
};
struct statement {
    struct entry *at;
    int count, room;
};
struct entry *statement_add(struct souk_ctx *ctx, struct statement *statement); /* NULL: too many */
/* CAMT.053 or CSV, by what it begins with. SOUK_INVALID says where; nothing of it is taken then. */
int statement_read(struct souk_ctx *ctx, struct souk_str bytes, struct statement *statement);
int statement_camt(struct souk_ctx *ctx, struct souk_str bytes, struct statement *statement);
struct souk_str statement_trim(struct souk_str text);

#endif
