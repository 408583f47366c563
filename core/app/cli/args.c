/*
 * args: parses a command's arguments against its table of options, and prints help from the same
 * table.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "base/str.h"

static int find_option(const struct cli_command *command, const char *name, size_t len)
{
    for (int i = 0; command->options && command->options[i].name; i++)
        if (strlen(command->options[i].name) == len &&
            memcmp(command->options[i].name, name, len) == 0)
            return i;
    return -1;
}

static int unknown_option(const struct cli_command *command, const char *given)
{
    const char *names[20] = {"--help"};
    int n = 1;
    for (int i = 0; command->options && command->options[i].name && n < 19; i++)
        names[n++] = command->options[i].name;
    const char *near = str_nearest(souk_str(given), names);
    fprintf(stderr, "souk %s: unknown option %s%s%s%s; see souk %s --help\n", command->name, given,
            near ? ", did you mean " : "", near ? near : "", near ? "?" : "", command->name);
    return CLI_USAGE;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args,
              int *exit_code)
{
    *args = (struct cli_args){.command = command};
    *exit_code = CLI_DONE;
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            cli_help(command);
            return 1;
        }
        if (strcmp(arg, "-c") == 0)
            arg = "--config";
        if (arg[0] != '-' || arg[1] == 0) {
            if (args->rest_count == command->words)
                return *exit_code = cli_usage(command, "\"%s\" is too much", arg);
            args->rest[args->rest_count++] = arg;
            continue;
        }
        const char *equals = strchr(arg, '=');
        size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
        int at = find_option(command, arg, len);
        if (at < 0)
            return *exit_code = unknown_option(command, argv[i]);
        const struct cli_option *option = &command->options[at];
        if (!option->value && equals)
            return *exit_code = cli_usage(command, "%s takes no value", option->name);
        args->values[at] = equals           ? equals + 1
                           : !option->value ? ""
                           : i + 1 < argc   ? argv[++i]
                                            : "";
        if (option->value && !*args->values[at])
            return *exit_code =
                       cli_usage(command, "%s lacks its value: %s", option->name, option->value);
    }
    return 0;
}

const char *cli_value(const struct cli_args *args, const char *option, const char *otherwise)
{
    int at = find_option(args->command, option, strlen(option));
    return at >= 0 && args->values[at] ? args->values[at] : otherwise;
}

int cli_given(const struct cli_args *args, const char *option)
{
    return cli_value(args, option, NULL) != NULL;
}

void cli_help(const struct cli_command *command)
{
    printf("souk %s %s\n\n%s\n", command->name, command->usage, command->summary);
    if (command->help)
        printf("\n%s\n", command->help);
    if (command->options && command->options[0].name)
        printf("\n");
    for (int i = 0; command->options && command->options[i].name; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s %s",
                 strcmp(command->options[i].name, "--config") == 0 ? "-c, " : "",
                 command->options[i].name,
                 command->options[i].value ? command->options[i].value : "");
        printf("  %-24s %s\n", left, command->options[i].help);
    }
    printf("  %-24s %s\n\nExit codes: 0 done, 1 refused or failed, 2 usage.\n", "--help",
           "this text");
}

int cli_usage(const struct cli_command *command, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    fprintf(stderr, "souk %s: ", command->name);
    vfprintf(stderr, what, args);
    va_end(args);
    fprintf(stderr, "\nusage: souk %s %s\n", command->name, command->usage);
    return CLI_USAGE;
}

int cli_fail(const char *command, const struct err *err)
{
    fprintf(stderr, "souk %s: %s\n", command, err->text);
    return CLI_FAILED;
}

void cli_print_json(struct arena *arena, const struct json *value)
{
    struct buf out = {.arena = arena};
    json_print(&out, value);
    buf_add_char(&out, '\n');
    fwrite(out.ptr, 1, out.len, stdout);
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void cli_catch_interrupt(void)
{
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
}

int cli_interrupted(void *user)
{
    (void)user;
    return interrupted;
}

void cli_progress(void *label, int64_t done, int64_t total)
{
    static const char full[] = "########################################";
    if (!isatty(STDERR_FILENO) || total <= 0)
        return;
    int part = (int)(done * 40 / total);
    fprintf(stderr, "\r%s [%.*s%*s] %3d %%%s", (const char *)label, part, full, 40 - part, "",
            (int)(done * 100 / total), done == total ? "\n" : "");
}
