/*
 * suite.c: the rules of payment providers, in the words of souk/payment.h.
 */
#include "conform/payment/rules.h"
#include "host/host.h"

static const struct rule rules[] = {
    {"key-once", "one key is one movement, however often the call is repeated", 0,
     payment_key_once},
    {"amount-exact",
     "what is charged is payment->amount, in its currency's minor units, never more", 0,
     payment_amount_exact},
    {"amount-zero", "begin() of 0 is captured at once and nobody is asked", 0, payment_amount_zero},
    {"currency-known",
     "a currency that the provider cannot take is not offered, and begin() refuses it", 0,
     payment_currency_known},
    {"capture-limit", "a capture above the authorised sum is refused before the peer is asked", 0,
     payment_capture_limit},
    {"refund-limit", "a refund above captured - refunded is refused before the peer is asked", 0,
     payment_refund_limit},
    {"cancel-captured", "cancel() of captured money is refused (it takes a refund)", 0,
     payment_cancel_captured},
    {"unknown-not-failed",
     "a time-out or 5xx of the peer is SOUK_TIMEOUT or SOUK_UNAVAILABLE, never FAILED", 0,
     payment_unknown_not_failed},
    {"declined-final",
     "a refusal by the peer is FAILED with words for the customer, and not retried", 0,
     payment_declined_final},
    {"fetch-agrees", "after a time-out, fetch() finds what really happened", 0,
     payment_fetch_agrees},
    {"webhook-signed",
     "a changed byte, a wrong secret, an old or future time stamp: 400 and no report", 0,
     payment_webhook_signed},
    {"webhook-once", "the same event again changes nothing; any order of events ends in one state",
     0, payment_webhook_once},
    {"webhook-amount",
     "an event with another amount or currency reports just that: the core decides", 0,
     payment_webhook_amount},
    {"in-page",
     "who asked for it gets client facts, the same at each attempt, and nobody else does", 0,
     payment_finished_in_page},
    {"no-secrets", "no secret key, card or account number in results, log lines or stored data", 0,
     payment_no_secrets},
};

const struct suite suite_payment = {"payment", rules, sizeof rules / sizeof *rules, payment_path,
                                    payment_provoke};
