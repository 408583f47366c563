/*
 * suite.c: the rules of track providers, in the words of souk/track.h.
 */
#include "conform/track/rules.h"
#include "host/host.h"

static const struct rule rules[] = {
    {"key-once", "a repeat carries the same key: the partner counts one conversion", 0,
     track_key_once},
    {"amount-exact", "the amount told is the conversion's, in its currency's own digits", 0,
     track_amount_exact},
    {"states-told", "pending, approved, rejected and a smaller amount each reach the partner", 0,
     track_states_told},
    {"unknown-not-told", "a time-out, 5xx or no connection is SOUK_TIMEOUT or SOUK_UNAVAILABLE", 0,
     track_unknown_not_told},
    {"refused-final", "a refusal by the partner is SOUK_INVALID or SOUK_DENIED, with words", 0,
     track_refused_final},
    {"no-injection", "hostile order numbers, codes and click ids stay values: no further parameter",
     0, track_no_injection},
    {"no-person", "no name, address, mail or phone of the buyer leaves the house", 0,
     track_no_person},
    {"no-secrets", "keys and tokens are in no result, log line or stored data", 0,
     track_no_secrets},
};

const struct suite suite_track = {"track", rules, sizeof rules / sizeof *rules, track_path,
                                  track_provoke};
