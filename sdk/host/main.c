/*
 * main.c: souk-host, the test host for plugins: `souk-host conform PLUGIN.so`. Runs the suites that
 * fit the plugin in the modes that are asked for, and prints each rule with yes, no or skipped.
 */
#include "host/host.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"

#define FAILURES_MOST 400 /* calls of one way through: more than any plugin makes */

static const char *const verdict_names[] = {"yes", "skipped", "no"};
static const struct suite *const suites[] = {&suite_general, &suite_payment, &suite_delivery,
                                             &suite_notify};

struct options {
    const char *file, *with, *rule;
    const char *set[32]; /* "key=value" */
    size_t set_count;
    int modes[MODES];
    int as_json;
};

struct tally {
    struct arena arena;
    struct json *rows;
    int count[3];
    int as_json;
};

static void note(struct tally *tally, const char *kind, int mode, const char *name,
                 const char *sentence, const struct outcome *outcome)
{
    tally->count[outcome->verdict]++;
    if (!tally->as_json) {
        printf("%-8s %-9s %-8s %-19s %s\n", verdict_names[outcome->verdict], kind,
               run_mode_name(mode), name, sentence);
        if (outcome->verdict != RULE_YES)
            printf("%-28s%s\n", "", outcome->words);
        fflush(stdout);
        return;
    }
    struct json *row = json_add(&tally->arena, tally->rows, NULL, JSON_OBJECT);
    json_add_cstr(&tally->arena, row, "suite", kind);
    json_add_cstr(&tally->arena, row, "mode", run_mode_name(mode));
    json_add_cstr(&tally->arena, row, "rule", name);
    json_add_cstr(&tally->arena, row, "verdict", verdict_names[outcome->verdict]);
    json_add_cstr(&tally->arena, row, "sentence", sentence);
    if (outcome->verdict == RULE_YES)
        json_add_null(&tally->arena, row, "words");
    else
        json_add_str(&tally->arena, row, "words",
                     arena_str(&tally->arena, souk_str(outcome->words)));
}

/* Once for each call that can fail, until there are no more. */
static void run_failures(const struct plan *plan, const struct suite *suite, struct tally *tally)
{
    struct outcome outcome = {0};
    for (int number = 1; number <= FAILURES_MOST; number++) {
        run_rule(plan, suite, NULL, MODE_FAIL, number, &outcome);
        if (outcome.verdict == RULE_NO) {
            char words[HOST_TEXT];
            snprintf(words, sizeof words, "when call %d fails: %.500s", number, outcome.words);
            memcpy(outcome.words, words, sizeof words);
            break;
        }
        if (!outcome.failed)
            break;
    }
    note(tally, suite->kind, MODE_FAIL, "survives-failure",
         "whichever call of the API fails: an error with words, no crash, nothing done by halves",
         &outcome);
}

static int is_run(const struct suite *suite, const struct rule *rule, int mode)
{
    if (mode == MODE_PLAIN)
        return 1;
    if (mode == MODE_CENSUS)
        return strcmp(suite->kind, "general") == 0 && rule->flags & RULE_CENSUS;
    return !(rule->flags & (RULE_STILL | RULE_CENSUS));
}

static int known_rule(const char *name)
{
    int known = strcmp(name, "survives-failure") == 0;
    for (size_t s = 0; s < sizeof suites / sizeof *suites; s++)
        for (size_t i = 0; i < suites[s]->count; i++)
            known |= strcmp(suites[s]->rules[i].name, name) == 0;
    return known;
}

static void run_suite(const struct plan *plan, const struct suite *suite, int mode,
                      const struct options *options, struct tally *tally)
{
    struct outcome outcome;
    if (mode == MODE_FAIL) {
        if (suite->path && (!options->rule || strcmp(options->rule, "survives-failure") == 0))
            run_failures(plan, suite, tally);
        return;
    }
    for (size_t i = 0; i < suite->count; i++) {
        const struct rule *rule = &suite->rules[i];
        if (!is_run(suite, rule, mode) || (options->rule && strcmp(options->rule, rule->name) != 0))
            continue;
        run_rule(plan, suite, rule, mode, 0, &outcome);
        note(tally, suite->kind, mode, rule->name, rule->sentence, &outcome);
    }
}

static int report(struct tally *tally, const struct plan *plan)
{
    if (tally->as_json) {
        struct json *out = json_new(&tally->arena, JSON_OBJECT);
        struct buf text = {.arena = &tally->arena};
        json_add_cstr(&tally->arena, out, "plugin", plan->name);
        json_add_bool(&tally->arena, out, "ok", tally->count[RULE_NO] == 0);
        json_add_tree(&tally->arena, out, "rules", tally->rows);
        json_print(&text, out);
        printf("%.*s\n", (int)text.len, text.ptr);
    } else {
        printf("%s: %d yes, %d no, %d skipped\n", plan->name, tally->count[RULE_YES],
               tally->count[RULE_NO], tally->count[RULE_SKIPPED]);
    }
    return tally->count[RULE_NO] ? 1 : 0;
}

/* What is not loaded breaks that one rule; there is nothing to say about the others. */
static int is_loaded(const struct plan *plan, struct tally *tally)
{
    struct outcome outcome;
    const struct rule *rule = &suite_general.rules[0];
    run_rule(plan, &suite_general, rule, MODE_PLAIN, 0, &outcome);
    if (outcome.verdict == RULE_NO)
        note(tally, suite_general.kind, MODE_PLAIN, rule->name, rule->sentence, &outcome);
    return outcome.verdict != RULE_NO;
}

static int conform(const struct options *options, const char *scratch)
{
    struct plan plan = {0};
    struct err err = {0};
    struct tally tally = {.as_json = options->as_json};
    tally.rows = json_new(&tally.arena, JSON_ARRAY);
    if (plan_make(&plan, options->file, options->with, options->set, scratch, &err) != SOUK_OK) {
        fprintf(stderr, "souk-host: %s\n", err.text);
        return 1;
    }
    int loaded = is_loaded(&plan, &tally);
    for (int mode = 0; loaded && mode < MODES; mode++)
        for (size_t i = 0; options->modes[mode] && i < sizeof suites / sizeof *suites; i++)
            if (i == 0 || plan_provides(&plan, suites[i]->kind))
                run_suite(&plan, suites[i], mode, options, &tally);
    int code = report(&tally, &plan);
    arena_free(&tally.arena);
    arena_free(&plan.arena);
    return code;
}

/* ---- the command line ---- */

static int usage(FILE *to)
{
    fputs(
        "usage: souk-host conform PLUGIN.so [--mode plain|poison|fail-nth|twice|threads|census|all]…\n"
        "                         [--rule NAME] [--with conform.lua] [--set OPTION=VALUE]… [--json]\n"
        "\n"
        "Loads the plugin as a shop does and tries it against the rules of the headers, each by its\n"
        "name. conform.lua beside the plugin says what its peer is like; see conformance.md.\n"
        "Exit: 0 all rules hold, 1 some do not or the plugin cannot be read, 2 usage.\n",
        to);
    return to == stdout ? 0 : 2;
}

static int add_mode(struct options *options, const char *name)
{
    int mode = run_mode(name);
    if (strcmp(name, "all") == 0)
        for (int i = 0; i < MODES; i++)
            options->modes[i] = 1;
    else if (mode >= 0)
        options->modes[mode] = 1;
    return mode >= 0 || strcmp(name, "all") == 0;
}

static int parse(struct options *options, int argc, char **argv)
{
    int any = 0;
    for (int i = 2; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--json") == 0)
            options->as_json = 1;
        else if (strcmp(argv[i], "--mode") == 0 && next && add_mode(options, argv[++i]))
            any = 1;
        else if (strcmp(argv[i], "--rule") == 0 && next && known_rule(next))
            options->rule = argv[++i];
        else if (strcmp(argv[i], "--with") == 0 && next)
            options->with = argv[++i];
        else if (strcmp(argv[i], "--set") == 0 && next && strchr(next, '=') &&
                 options->set_count < 31)
            options->set[options->set_count++] = argv[++i];
        else if (argv[i][0] != '-' && !options->file)
            options->file = argv[i];
        else
            return 0;
    }
    if (!any)
        add_mode(options, "plain");
    return options->file != NULL;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    char scratch[] = "/tmp/souk-host-XXXXXX";
    if (argc > 1 && strcmp(argv[argc - 1], "--help") == 0)
        return usage(stdout);
    if (argc < 3 || strcmp(argv[1], "conform") != 0 || !parse(&options, argc, argv))
        return usage(stderr);
    if (sodium_init() < 0 || !mkdtemp(scratch)) {
        fprintf(stderr, "souk-host: no folder in /tmp: %m\n");
        return 1;
    }
    log_setup(LOG_ERROR, 0);
    int code = conform(&options, scratch);
    rmdir(scratch);
    return code;
}
