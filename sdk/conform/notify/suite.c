/*
 * suite.c: the rules of notify providers, in the words of souk/notify.h.
 */
#include "conform/notify/rules.h"
#include "host/host.h"

static const struct rule rules[] = {
    {"send-once", "a repeat with the same key carries the same message id", 0, notify_send_once},
    {"text-always", "a message with HTML carries its text too", 0, notify_text_always},
    {"text-exact", "what arrives reads as it was given: accents, long lines, lines with a point", 0,
     notify_text_exact},
    {"no-injection", "line breaks in subject, name or address add no header and no receiver", 0,
     notify_no_injection},
    {"refused-final", "a permanent refusal (5xx) is not tried again", 0, notify_refused_final},
    {"delayed-again", "a temporary one (4xx), or no connection, is", 0, notify_delayed_again},
    {"wait-told", "how long a server asks to wait (429, Retry-After) reaches the core", 0,
     notify_wait_told},
    {"unknown-suppressed",
     "an unknown mailbox is suppressed; a full one, or a refused content, is not", 0,
     notify_unknown_suppressed},
    {"one-receiver", "exactly the given receiver gets it", 0, notify_one_receiver},
    {"no-secrets", "passwords and keys are in no result, log line or error", 0, notify_no_secrets},
};

const struct suite suite_notify = {"notify", rules, sizeof rules / sizeof *rules, notify_path,
                                   notify_provoke};
