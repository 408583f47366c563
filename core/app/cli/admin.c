/*
 * admin: `souk admin`: the first staff member and others, tokens for programs, and a second step
 * that was lost. On a running shop through its control socket, on a stopped one directly. A
 * password is asked for on the terminal, or read from a file or from standard input; only its hash
 * leaves this process.
 */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "app/api/staff.h"
#include "app/cli/cli.h"
#include "app/cli/control.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/account.h"

#define PASSWORD_MOST 900

static const struct cli_option admin_options[] = {
    CLI_DATA,
    {"--email", "ADDRESS", "of the staff member"},
    {"--name", "NAME", "of the staff member, or of a token"},
    {"--role", "ROLE", "owner (default), editor, support, warehouse, viewer, or one of your own"},
    {"--password-file", "FILE", "the password is the first line of it; - is standard input"},
    {"--scope", "S[,S]", "rights of a token: product.read,product.edit, or *"},
    CLI_JSON,
    CLI_END};

struct job { /* one step, on a stopped shop */
    struct arena *arena;
    const char *step;
    const struct json *body;
    struct json *answer;
    struct err err;
};

/* ---- the password ---- */

static int read_line(FILE *from, char *to, size_t size)
{
    if (!fgets(to, (int)size, from))
        return 0;
    to[strcspn(to, "\r\n")] = '\0';
    return to[0] != '\0';
}

static int ask_terminal(char *to, size_t size)
{
    struct termios before, quiet;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return 0;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "Password: ");
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    int got = read_line(stdin, to, size);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return got;
}

static int read_password(const struct cli_args *args, char *to, size_t size, struct err *err)
{
    const char *file = cli_value(args, "--password-file", "-");
    int got = 0;
    if (strcmp(file, "-") != 0) {
        FILE *from = fopen(file, "re");
        if (!from)
            return err_set(err, SOUK_NOT_FOUND, "%s cannot be read", file);
        got = read_line(from, to, size);
        fclose(from);
    } else {
        got = isatty(STDIN_FILENO) ? ask_terminal(to, size) : read_line(stdin, to, size);
    }
    return got ? SOUK_OK
               : err_set(err, SOUK_INVALID,
                         "no password was given; type it, or use --password-file FILE");
}

/* ---- the steps on a stopped shop ---- */

static int run_step(struct db_conn *conn, void *arg)
{
    struct job *job = arg;
    return staff_step(conn, job->arena, job->step, job->body, souk_str("control"), clock_now(),
                      &job->answer, &job->err);
}

static int call(struct arena *arena, const char *data, const char *step, const struct json *body,
                const struct json **answer, struct err *err)
{
    const char *const path[] = {"staff", step, NULL};
    int code = control_call(arena, data, "POST", control_path(arena, path), body, answer, err);
    if (code != SOUK_UNAVAILABLE)
        return code;
    struct db *db = NULL;
    struct job job = {.arena = arena, .step = step, .body = body};
    *err = (struct err){0};
    code = control_open_stopped(data, &db, err);
    if (code)
        return code;
    code = db_write(db, run_step, &job, err);
    if (code && job.err.text[0])
        *err = job.err;
    db_shut(db);
    *answer = job.answer;
    return code;
}

/* ---- the command ---- */

static int add(struct arena *arena, const struct cli_args *args, struct json *body, struct err *err)
{
    char password[PASSWORD_MOST];
    struct souk_str hash;
    int code = read_password(args, password, sizeof password, err);
    if (!code)
        code = account_hash(arena, souk_str(password), &hash, err);
    memset(password, 0, sizeof password);
    if (code)
        return code;
    json_add_cstr(arena, body, "email", cli_value(args, "--email", ""));
    json_add_cstr(arena, body, "name", cli_value(args, "--name", ""));
    json_add_cstr(arena, body, "role", cli_value(args, "--role", "owner"));
    json_add_str(arena, body, "hash", hash);
    return SOUK_OK;
}

static void add_scopes(struct arena *arena, const struct cli_args *args, struct json *body)
{
    struct json *scopes = json_add(arena, body, "scopes", JSON_ARRAY);
    struct souk_str rest = souk_str(cli_value(args, "--scope", "")), scope;
    json_add_cstr(arena, body, "name", cli_value(args, "--name", "command line"));
    while (str_split(&rest, ',', &scope))
        if (str_trim(scope).len)
            json_add_str(arena, scopes, NULL, str_trim(scope));
}

static int report(struct arena *arena, const struct cli_args *args, const struct json *answer)
{
    struct souk_str token = json_text(json_at(answer, "token"));
    if (cli_given(args, "--json"))
        cli_print_json(arena, answer);
    else if (token.len)
        printf("%.*s\n", SOUK_PRI(token));
    else if (strcmp(args->rest[0], "add") == 0)
        printf("%s may sign in at /admin; the second step is set up at the first sign-in\n",
               cli_value(args, "--email", ""));
    else
        printf("%s sets up the second step at the next sign-in\n", cli_value(args, "--email", ""));
    return CLI_DONE;
}

static int run_admin(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    const struct json *answer = NULL;
    int code;
    if (cli_parse(&command_admin, argc, argv, &args, &code))
        return code;
    const char *step = args.rest_count == 1 ? args.rest[0] : "";
    int adds = strcmp(step, "add") == 0, makes = strcmp(step, "token") == 0;
    if (!adds && !makes && strcmp(step, "reset-totp") != 0)
        return cli_usage(&command_admin, "say add, token or reset-totp");
    if (!makes && !cli_given(&args, "--email"))
        return cli_usage(&command_admin, "say who: --email ADDRESS");
    if (adds && !cli_given(&args, "--name"))
        return cli_usage(&command_admin, "say how they are called: --name NAME");
    if (makes && !cli_given(&args, "--scope"))
        return cli_usage(&command_admin, "say what it may: --scope product.read, or --scope '*'");
    struct json *body = json_new(arena, JSON_OBJECT);
    if (adds)
        code = add(arena, &args, body, &err);
    else if (makes)
        add_scopes(arena, &args, body);
    else
        json_add_cstr(arena, body, "email", cli_value(&args, "--email", ""));
    if (!code)
        code = call(arena, cli_value(&args, "--data", "data"), step, body, &answer, &err);
    return code ? cli_fail("admin", &err) : report(arena, &args, answer);
}

const struct cli_command command_admin = {
    .name = "admin",
    .usage = "add --email E --name N [--role R] | token --scope S[,S] | reset-totp --email E",
    .words = 1,
    .summary = "Makes staff members and tokens for programs; sets up a lost second step anew.",
    .options = admin_options,
    .run = run_admin};
