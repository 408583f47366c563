/*
 * cod: what the two files of the plugin share: a carrier's register as rows, and working it off.
 */
#ifndef COD_H
#define COD_H

#include <souk.h>

#define COD_ROWS 5000

struct cod_row { /* one line of a register */
    int line;
    struct souk_str tracking, number, date;
    struct souk_str currency;
    int64_t amount;
};
struct cod_register {
    struct cod_row *rows;
    int count;
};

/* SOUK_INVALID with the line in souk_failure: nothing of a register with a wrong line is taken. */
int cod_register_read(struct souk_ctx *ctx, struct souk_str text, struct cod_register *reg);

#endif
