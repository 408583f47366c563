/*
 * main.c: souk-host, the test host for plugins. `souk-host conform PLUGIN.so` runs the suites that
 * fit the plugin in the modes that are asked for, and prints each rule with yes, no or skipped; the
 * other verbs have files of their own.
 */
#include "host/play.h"

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
                                             &suite_notify,  &suite_feed,    &suite_tax,
                                             &suite_track};

const struct suite *host_suite(size_t number)
{
    return number < sizeof suites / sizeof *suites ? suites[number] : NULL;
}

struct options {
    const char *file, *with, *rule;
    const char *set[32]; /* "key=value" */
    size_t set_count;
    int modes[MODES];
    int as_json, record;
};

struct tally {
    struct arena arena;
    struct json *rows, *notes;
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

/* Modes that have one rule: the ordinary way through, again and again. */
static const struct walk {
    int mode;
    const char *rule, *sentence;
} walks[] = {
    {MODE_FAIL, "survives-failure",
     "whichever call of the API fails: an error with words, no crash, nothing done by halves"},
    {MODE_SLOW, "survives-slowness",
     "whichever answer of the peer is late: SOUK_TIMEOUT at the deadline, nothing is done twice, "
     "the next call works"},
};
#define WALKS (sizeof walks / sizeof *walks)

static const struct walk *walk_of(int mode)
{
    for (size_t i = 0; i < WALKS; i++)
        if (walks[i].mode == mode)
            return &walks[i];
    return NULL;
}

/* Once for each call that can fail, until there are no more. */
static void run_failures(const struct plan *plan, const struct suite *suite, int mode,
                         struct tally *tally)
{
    struct outcome outcome = {0};
    for (int number = 1; number <= FAILURES_MOST; number++) {
        run_rule(plan, suite, NULL, mode, number, &outcome);
        if (outcome.verdict == RULE_NO) {
            char words[HOST_TEXT];
            if (mode == MODE_SLOW)
                snprintf(words, sizeof words, "when answer %d is late: %.500s", number,
                         outcome.words);
            else
                snprintf(words, sizeof words, "when call %d fails%s%s%s: %.500s", number,
                         outcome.call[0] ? " (" : "", outcome.call, outcome.call[0] ? ")" : "",
                         outcome.words);
            memcpy(outcome.words, words, sizeof words);
            break;
        }
        if (!outcome.failed)
            break;
    }
    const struct walk *walk = walk_of(mode);
    note(tally, suite->kind, mode, walk->rule, walk->sentence, &outcome);
}

static int is_run(const struct plan *plan, const struct suite *suite, const struct rule *rule,
                  int mode)
{
    if (mode == MODE_PLAIN)
        return 1;
    if (mode == MODE_OLD && plan_minor(plan) == SOUK_ABI_MINOR) /* nothing is cut off */
        return (rule->flags & RULE_OLD) != 0;
    if (mode == MODE_CENSUS)
        return strcmp(suite->kind, "general") == 0 && rule->flags & RULE_CENSUS;
    return !(rule->flags & (RULE_STILL | RULE_CENSUS));
}

static int known_rule(const char *name)
{
    int known = 0;
    for (size_t i = 0; i < WALKS; i++)
        known |= strcmp(walks[i].rule, name) == 0;
    for (size_t s = 0; s < sizeof suites / sizeof *suites; s++)
        for (size_t i = 0; i < suites[s]->count; i++)
            known |= strcmp(suites[s]->rules[i].name, name) == 0;
    return known;
}

/* Said before the usage: which word it was. Always 0. */
static int refuse_word(const char *word, const char *value)
{
    const char *names[MODES + 128] = {NULL}, *near = NULL;
    size_t count = 0;
    if (strcmp(word, "--rule") == 0 && value) {
        for (size_t i = 0; i < WALKS; i++)
            names[count++] = walks[i].rule;
        for (size_t s = 0; s < sizeof suites / sizeof *suites; s++)
            for (size_t i = 0; i < suites[s]->count && count + 1 < sizeof names / sizeof *names;
                 i++)
                names[count++] = suites[s]->rules[i].name;
        near = str_nearest(souk_str(value), names);
        fprintf(stderr, "souk-host: there is no rule \"%s\"; %s%s%s\n", value,
                near ? "did you mean \"" : "souk-host rules prints them", near ? near : "",
                near ? "\"?" : "");
    } else if (word[0] == '-') {
        fprintf(stderr, "souk-host: %s%s%s cannot be understood\n", word, value ? " " : "",
                value ? value : "");
    }
    return 0;
}

static void run_suite(const struct plan *plan, const struct suite *suite, int mode,
                      const struct options *options, struct tally *tally)
{
    struct outcome outcome;
    const struct walk *walk = walk_of(mode);
    if (walk) {
        if (suite->path && (!options->rule || strcmp(options->rule, walk->rule) == 0))
            run_failures(plan, suite, mode, tally);
        return;
    }
    for (size_t i = 0; i < suite->count; i++) {
        const struct rule *rule = &suite->rules[i];
        if (!is_run(plan, suite, rule, mode) ||
            (options->rule && strcmp(options->rule, rule->name) != 0))
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
        json_add_tree(&tally->arena, out, "notes", tally->notes);
        json_print(&text, out);
        printf("%.*s\n", (int)text.len, text.ptr);
    } else {
        printf("%s: %d yes, %d no, %d skipped\n", plan->name, tally->count[RULE_YES],
               tally->count[RULE_NO], tally->count[RULE_SKIPPED]);
    }
    return tally->count[RULE_NO] ? 1 : 0;
}

static int keep_record(const struct options *options, const struct plan *plan,
                       const struct tally *tally)
{
    const char *names[sizeof suites / sizeof *suites + 1] = {NULL};
    struct record record = {.suites = names,
                            .modes = options->modes,
                            .yes = tally->count[RULE_YES],
                            .no = tally->count[RULE_NO],
                            .skipped = tally->count[RULE_SKIPPED]};
    struct err err = {0};
    size_t count = 0;
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        if (i == 0 || plan_provides(plan, suites[i]->kind))
            names[count++] = suites[i]->kind;
    if (record_write(plan, &record, &err) == SOUK_OK)
        return 0;
    fprintf(stderr, "souk-host: %s\n", err.text);
    return 1;
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

/* What breaks no rule and should be known. */
static void add_notes(const struct plan *plan, struct tally *tally)
{
    struct outcome outcome;
    run_rule(plan, &suite_general, &general_note, MODE_PLAIN, 0, &outcome);
    if (outcome.verdict != RULE_SKIPPED)
        return;
    json_add_str(&tally->arena, tally->notes, NULL,
                 arena_str(&tally->arena, souk_str(outcome.words)));
    if (!tally->as_json)
        printf("%-8s %s\n", "note", outcome.words);
}

static int conform(const struct options *options, const char *scratch)
{
    struct plan plan = {0};
    struct err err = {0};
    struct tally tally = {.as_json = options->as_json};
    tally.rows = json_new(&tally.arena, JSON_ARRAY);
    tally.notes = json_new(&tally.arena, JSON_ARRAY);
    spoken_watch();
    if (plan_make(&plan, options->file, options->with, options->set, scratch, &err) != SOUK_OK) {
        fprintf(stderr, "souk-host: %s\n", err.text);
        return 1;
    }
    int loaded = is_loaded(&plan, &tally);
    for (int mode = 0; loaded && mode < MODES; mode++)
        for (size_t i = 0; options->modes[mode] && i < sizeof suites / sizeof *suites; i++)
            if (i == 0 || plan_provides(&plan, suites[i]->kind))
                run_suite(&plan, suites[i], mode, options, &tally);
    if (loaded && options->modes[MODE_PLAIN] && !options->rule)
        add_notes(&plan, &tally);
    int code = report(&tally, &plan);
    if (options->record && keep_record(options, &plan, &tally))
        code = 1;
    arena_free(&tally.arena);
    arena_free(&plan.arena);
    return code;
}

/* ---- the command line ---- */

static int usage(FILE *to)
{
    fputs(
        "usage: souk-host conform PLUGIN.so [--mode MODE[,MODE…]]… [--rule NAME | --record]\n"
        "                         [--with conform.lua] [--set OPTION=VALUE]… [--json]\n"
        "       souk-host rules [KIND] [--json]\n"
        "       souk-host play STORY.lua PLUGIN.so [--plugins DIR]… [--shop /path/to/souk]\n"
        "                      [--story NAME] [--json]\n"
        "       souk-host ask PLUGIN.so METHOD PATH [BODY]\n"
        "\n"
        "conform loads the plugin as a shop does and tries it against the rules of the headers, each\n"
        "by its name; conform.lua beside the plugin says what its peer is like (conformance.md).\n"
        "Modes: plain (the default), poison, fail-nth, twice, threads, census, slow, old; all.\n"
        "--record keeps what was found beside the plugin, NAME.conform.json: `souk plugin install`\n"
        "wants to see it. rules prints every rule with its sentence. play runs the stories of a file\n"
        "against a whole shop (stories.md). ask makes one request to one of the plugin's routes.\n"
        "Exit: 0 all holds, 1 something does not or a file cannot be read, 2 usage.\n",
        to);
    return to == stdout ? 0 : 2;
}

static int add_mode(struct options *options, struct souk_str name)
{
    int all = souk_str_is(name, "all"), known = all;
    for (int i = 0; i < MODES; i++)
        if (all || souk_str_is(name, run_mode_name(i)))
            options->modes[i] = known = 1;
    return known;
}

/* "plain,slow" */
static int add_modes(struct options *options, const char *list)
{
    struct souk_str rest = souk_str(list), name;
    while (str_split(&rest, ',', &name))
        if (!add_mode(options, name))
            return 0;
    return 1;
}

static int print_rules(int argc, char **argv)
{
    struct tally tally = {0};
    const char *kind = NULL;
    size_t found = 0;
    tally.rows = json_new(&tally.arena, JSON_ARRAY);
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--json") == 0)
            tally.as_json = 1;
        else if (argv[i][0] != '-' && !kind)
            kind = argv[i];
        else
            return usage(stderr);
    for (size_t s = 0; s < sizeof suites / sizeof *suites; s++) {
        if (kind && strcmp(kind, suites[s]->kind) != 0)
            continue;
        found++;
        for (size_t i = 0; i < suites[s]->count; i++) {
            const struct rule *rule = &suites[s]->rules[i];
            struct json *row = json_add(&tally.arena, tally.rows, NULL, JSON_OBJECT);
            json_add_cstr(&tally.arena, row, "suite", suites[s]->kind);
            json_add_cstr(&tally.arena, row, "rule", rule->name);
            json_add_cstr(&tally.arena, row, "sentence", rule->sentence);
            if (!tally.as_json)
                printf("%-9s %-19s %s\n", suites[s]->kind, rule->name, rule->sentence);
        }
    }
    struct buf text = {.arena = &tally.arena};
    json_print(&text, tally.rows);
    if (tally.as_json)
        printf("%.*s\n", SOUK_PRI(buf_str(&text)));
    arena_free(&tally.arena);
    if (!found)
        fprintf(stderr, "souk-host: no rules for \"%s\"\n", kind);
    return found ? 0 : 2;
}

static int parse(struct options *options, int argc, char **argv)
{
    int any = 0;
    for (int i = 2; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--json") == 0)
            options->as_json = 1;
        else if (strcmp(argv[i], "--record") == 0)
            options->record = 1;
        else if (strcmp(argv[i], "--mode") == 0 && next && add_modes(options, argv[++i]))
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
            return refuse_word(argv[i], next);
    }
    if (!any)
        add_modes(options, "plain");
    return options->file != NULL && !(options->record && options->rule);
}

int main(int argc, char **argv)
{
    struct options options = {0};
    char scratch[] = "/tmp/souk-host-XXXXXX";
    if (argc > 1 && strcmp(argv[1], "souk") == 0)
        return shop_main(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[argc - 1], "--help") == 0)
        return usage(stdout);
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("souk-host %s (plugin ABI %d.%d)\n", SOUK_VERSION, SOUK_ABI_MAJOR,
                      SOUK_ABI_MINOR) < 0;
    if (argc > 1 && strcmp(argv[1], "rules") == 0)
        return print_rules(argc, argv);
    int is_play = argc > 1 && strcmp(argv[1], "play") == 0;
    int is_ask = argc >= 5 && argc <= 6 && strcmp(argv[1], "ask") == 0;
    if (!is_play && !is_ask &&
        (argc < 3 || strcmp(argv[1], "conform") != 0 || !parse(&options, argc, argv)))
        return usage(stderr);
    if (sodium_init() < 0 || !mkdtemp(scratch)) {
        fprintf(stderr, "souk-host: no folder in /tmp: %m\n");
        return 1;
    }
    log_setup(LOG_ERROR, 0);
    setenv("SOUK_KEEP_COPIES", "1",
           0); /* gdb and sanitizers find the symbols; the folder is ours */
    int code = is_play  ? play_main(argc, argv, scratch)
               : is_ask ? ask_main(argv, scratch)
                        : conform(&options, scratch);
    rmdir(scratch);
    return code;
}
