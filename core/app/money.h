/*
 * money: the jobs that talk to payment providers: "souk:payment" carries out movements that were
 * asked for, "souk:begin" begins payments after the order is on disk, "souk:report" works on what
 * came in, and the reconciler asks how payments stand that nobody has told of. Run on job workers.
 */
#ifndef APP_MONEY_H
#define APP_MONEY_H

#include "bridge/provider.h"
#include "shop/payment.h"

int money_owns(struct souk_str kind);
void money_run(struct db *db, const struct job *job);
/* begin() for a payment in state "created": before the answer of a checkout, or by the job when
 * that was cut off. *row is how it stands afterwards. TASK or job; writes by itself. */
int money_begin(const struct provider_scope *scope, int64_t payment_id, struct payment_row *row,
                struct err *err);
/* The clock's turn, at most once in 10 s: payments whose check has come get a job. */
void money_turn(struct db *db);
/* What a provider gets to see of a payment. */
int money_view(const struct provider_scope *scope, struct db_conn *conn, int64_t payment_id,
               struct souk_payment *view, struct payment_row *row);

#endif
