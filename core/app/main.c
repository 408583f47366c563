/*
 * main: the one binary, server and command. Finds the command in a table; what is not in it may be
 * a plugin's: `souk visits report`.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "base/str.h"

static const struct cli_command *const commands[] = {
    &command_serve,  &command_check,  &command_plugin,  &command_hooks,  &command_jobs,
    &command_admin,  &command_backup, &command_restore, &command_verify, &command_version,
    &command_import, &command_export, &command_quote,   &command_promo,  &command_script,
    &command_feed,   &command_new,
};
#define COMMANDS (sizeof commands / sizeof *commands)

static int help(FILE *to, int code)
{
    fprintf(to, "souk: a shop in one small process\n\nusage: souk COMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(to, "  %-10s %s\n", "PLUGIN",
            "VERB …: a command of a plugin; souk plugin info PLUGIN lists them");
    fprintf(to,
            "\nsouk COMMAND --help says more. Exit codes: 0 done, 1 refused or failed, 2 usage.\n");
    return code;
}

static int unknown(const char *name)
{
    const char *names[COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    const char *near = str_nearest(souk_str(name), names);
    fprintf(stderr, "souk: no command \"%s\"%s%s%s; see souk --help\n", name,
            near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
    return CLI_USAGE;
}

/* A descriptor 0, 1 or 2 that is closed would be given to the next file that is opened, and logs
 * would be written into the database. */
static void open_standard(void)
{
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    open_standard();
    if (argc < 2)
        return help(stderr, CLI_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help(stdout, CLI_DONE);
    /* every program answers to --version */
    const char *name = strcmp(argv[1], "--version") == 0 ? command_version.name : argv[1];
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i]->name) != 0)
            continue;
        int code = commands[i]->run(&arena, argc - 2, argv + 2);
        arena_free(&arena);
        return code;
    }
    if (argc < 3 || argv[1][0] == '-' || argv[2][0] == '-')
        return unknown(argv[1]);
    int code = command_of_plugin(&arena, argc - 1, argv + 1);
    arena_free(&arena);
    return code;
}
