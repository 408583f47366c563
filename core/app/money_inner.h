/*
 * money_inner: what the files of money share. Nobody else includes it.
 */
#ifndef APP_MONEY_INNER_H
#define APP_MONEY_INNER_H

#include "app/money.h"

/* A write of news about a payment: what a call came to. */
int money_tell(struct db *db, const struct provider_scope *scope, const struct payment_row *row,
               const struct souk_payment_result *result, int began, struct err *err);
/* A refusal that would be the same next time: the movement or the attempt has failed. All else is
 * not known, and is asked again. */
int money_is_final(int code);
int money_read(const struct provider_scope *scope, int64_t payment_id, struct souk_payment *view,
               struct payment_row *row);
int money_check(struct db *db, struct arena *arena, int64_t payment_id, struct err *err);

#endif
