/*
 * cli: the `souk` command. One table of commands; each parses its own arguments with args.h, talks
 * to a running shop over its control socket, and to the files of a stopped one. Exit codes: 0 done,
 * 1 refused or failed, 2 usage.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

#define CLI_DONE   0
#define CLI_FAILED 1
#define CLI_USAGE  2

struct cli_option {
    const char *name;  /* "--data" */
    const char *value; /* what stands for its value in the help, NULL: a switch */
    const char *help;
};

struct cli_command {
    const char *name;
    const char *usage; /* what stands behind the name */
    const char *summary;
    const char *help;                 /* more lines, may be NULL */
    int words;                        /* at most, besides options */
    const struct cli_option *options; /* ends with name NULL */
    int (*run)(struct arena *arena, int argc, char **argv);
};

#define CLI_WORDS 1024 /* files, where a command takes many */

/* The arguments of one command, split into options and the rest. */
struct cli_args {
    const struct cli_command *command;
    const char *values[16]; /* by position in command->options; NULL: not given */
    const char *rest[CLI_WORDS];
    int rest_count;
};

/* 0, or what to exit with (after --help, or with usage on standard error). */
int cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args,
              int *exit_code);
const char *cli_value(const struct cli_args *args, const char *option, const char *otherwise);
int cli_given(const struct cli_args *args, const char *option);
void cli_help(const struct cli_command *command);
int cli_fail(const char *command, const struct err *err); /* prints, returns CLI_FAILED */
int cli_usage(const struct cli_command *command, const char *what, ...)
    __attribute__((format(printf, 2, 3)));
void cli_print_json(struct arena *arena, const struct json *value);
/* A progress bar on standard error, if that is a terminal. */
void cli_progress(void *label, int64_t done, int64_t total);
/* For long work that ends in order: Ctrl-C and SIGTERM are noted and no longer end the command; the
 * work asks (`user` is of no meaning). */
void cli_catch_interrupt(void);
int cli_interrupted(void *user);

extern const struct cli_command command_admin, command_new;
extern const struct cli_command command_serve, command_check, command_plugin, command_hooks,
    command_jobs, command_backup, command_restore, command_verify, command_version, command_import,
    command_export, command_quote, command_promo, command_script, command_feed;
/* `souk <plugin> <verb> …` */
int command_of_plugin(struct arena *arena, int argc, char **argv);

#define CLI_DATA                                                                                   \
    {                                                                                              \
        "--data", "DIR", "the data directory (default: data)"                                      \
    }
#define CLI_JSON                                                                                   \
    {                                                                                              \
        "--json", NULL, "print JSON"                                                               \
    }
#define CLI_END                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }

#endif
