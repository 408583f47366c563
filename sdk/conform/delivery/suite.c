/*
 * suite.c: the rules of delivery providers, in the words of souk/delivery.h.
 */
#include "conform/delivery/rules.h"
#include "host/host.h"

static const struct rule rules[] = {
    {"option-codes", "codes are [a-z0-9_-]{1,40}, unique, and the same for the same terms", 0,
     delivery_option_codes},
    {"option-amounts", "amounts are >= 0 and in the terms' currency", 0, delivery_option_amounts},
    {"check-agrees", "check() of an option that was listed costs what the list said", 0,
     delivery_check_agrees},
    {"check-unknown", "a code, point or slot that is not offered is refused with SOUK_INVALID", 0,
     delivery_check_unknown},
    {"no-place", "terms without an address give options or nothing, never an error", 0,
     delivery_no_place},
    {"too-heavy", "goods over every limit give no option and no error", 0, delivery_too_heavy},
    {"book-capacity", "book() never takes more places than there are, also at the same time", 0,
     delivery_book_capacity},
    {"book-undone", "a book() whose transaction failed has taken nothing; free() gives back once",
     0, delivery_book_undone},
    {"send-once", "one key is one parcel, however often the call is repeated", 0,
     delivery_send_once},
    {"unknown-not-failed", "a time-out of the carrier is SOUK_TIMEOUT or SOUK_UNAVAILABLE", 0,
     delivery_unknown_not_failed},
    {"state-known", "the state that send() and track() give is a parcel's, or empty", 0,
     delivery_state_known},
    {"track-converges", "the same reports in any order, also twice, end in one state", 0,
     delivery_track_converges},
    {"label-code", "the parcel_label's code is the tracking number, or holds it", 0,
     delivery_label_code},
};

const struct suite suite_delivery = {"delivery", rules, sizeof rules / sizeof *rules, delivery_path,
                                     delivery_provoke};
