/*
 * rules: the functions of the payment suite, one a rule; the sentences are in suite.c.
 */
#ifndef CONFORM_PAYMENT_RULES_H
#define CONFORM_PAYMENT_RULES_H

#include "host/pay.h"

#define PAYMENT_SUM      2599
#define PAYMENT_CURRENCY "EUR"

/* The currency to be used: conform.lua's `currency`, else EUR. */
const char *payment_currency(struct scene *scene);

void payment_key_once(struct scene *scene);
void payment_amount_exact(struct scene *scene);
void payment_amount_zero(struct scene *scene);
void payment_currency_known(struct scene *scene);
void payment_capture_limit(struct scene *scene);
void payment_refund_limit(struct scene *scene);
void payment_cancel_captured(struct scene *scene);
void payment_unknown_not_failed(struct scene *scene);
void payment_declined_final(struct scene *scene);
void payment_fetch_agrees(struct scene *scene);
void payment_webhook_signed(struct scene *scene);
void payment_webhook_once(struct scene *scene);
void payment_webhook_amount(struct scene *scene);
void payment_finished_in_page(struct scene *scene);
void payment_no_secrets(struct scene *scene);
void payment_path(struct scene *scene);
void payment_provoke(struct scene *scene);

#endif
