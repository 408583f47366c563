/*
 * suite.c: the rules that hold for every plugin, whatever it is for, after sdk/docs/contract.md.
 */
#include "conform/general/rules.h"

static const struct rule rules[] = {
    {"loads", "it is loaded with the options of conform.lua, or none", 0, general_loads},
    {"abi", "it is built for this ABI, and its tables say how long they are", RULE_STILL,
     general_abi},
    {"exports-one-symbol", "souk_plugin is all that it exports", RULE_STILL,
     general_exports_one_symbol},
    {"options-described", "each option has a sentence for the form and the documentation",
     RULE_STILL, general_options_described},
    {"surfaces-described", "each route, job and command has a sentence that says what it does",
     RULE_STILL, general_surfaces_described},
    {"secrets-declared", "what is to be kept secret is an option of the type SOUK_SECRET",
     RULE_STILL, general_secrets_declared},
    {"no-forbidden-call",
     "it calls no function for threads, processes, signals, stdout or sockets of its own",
     RULE_STILL, general_no_forbidden_call},
    {"claims-minor", "it calls nothing newer than the ABI that it claims, unless SOUK_HAS says so",
     RULE_OLD, general_claims_minor},
    {"answers", "its pages and its GET routes without parameters are not answered with 500", 0,
     general_answers},
    {"options-read", "it reads each option as the type that it has", 0, general_options_read},
    {"jobs-work", "its jobs by the clock come to their end, or say that it is to be later", 0,
     general_jobs_work},
    {"names-known", "the options, columns, slots and facts that it names are there", 0,
     general_names_known},
    {"no-thread-left", "no thread of its own", RULE_CENSUS, general_no_thread_left},
    {"no-descriptor-left", "no descriptor stays open", RULE_CENSUS, general_no_descriptor_left},
    {"no-signal-change", "signal handlers stay as they are", RULE_CENSUS, general_no_signal_change},
    {"locale-kept", "the locale stays as it is", RULE_CENSUS, general_locale_kept},
    {"cwd-kept", "working directory, umask and environment stay as they are", RULE_CENSUS,
     general_cwd_kept},
    {"no-output", "nothing is written to stdout", RULE_CENSUS, general_no_output},
    {"text-utf8", "all text is UTF-8", 0, general_text_utf8},
    {"error-has-words", "a failure says why", 0, general_error_has_words},
    {"stop-clean", "it can be switched off and on, and leaves nothing behind", RULE_CENSUS,
     general_stop_clean},
};

const struct rule general_note = {"spoken", "its texts are in each language that it brings", 0,
                                  general_spoken};

const struct suite suite_general = {"general", rules, sizeof rules / sizeof *rules, general_path,
                                    NULL};
