/*
 * calls.c: a rule that reads in the file what the plugin could call: functions of the C library
 * that the contract keeps from it, and libraries that would lead past souk's own doors. What it
 * takes from other libraries, or through dlsym, is not seen here; the census finds what came of it.
 */
#include "conform/general/rules.h"

struct kept { /* from plugins */
    const char *name, *instead;
};

static const char process[] = "it makes no threads and no processes: work for later is a job";
static const char ending[] = "it does not end the process: return a code";
static const char signals[] = "signals are the shop's";
static const char printing[] = "nothing goes to stdout: souk_log, or souk_print in commands";
static const char state[] = "locale, folder, mask and environment are the shop's";
static const char network[] = "the network is reached through souk_http and souk_smtp";
static const char waiting[] = "nothing waits for time to pass: that is a job that is due later";

static const struct kept functions[] = {
    {"pthread_create", process},
    {"thrd_create", process},
    {"fork", process},
    {"vfork", process},
    {"clone", process},
    {"posix_spawn", process},
    {"posix_spawnp", process},
    {"system", process},
    {"popen", process},
    {"execv", process},
    {"execve", process},
    {"execvp", process},
    {"execl", process},
    {"execlp", process},
    {"exit", ending},
    {"_exit", ending},
    {"_Exit", ending},
    {"quick_exit", ending},
    {"pthread_exit", ending},
    {"signal", signals},
    {"sigaction", signals},
    {"sigprocmask", signals},
    {"pthread_sigmask", signals},
    {"kill", signals},
    {"raise", signals},
    {"alarm", signals},
    {"setitimer", signals},
    {"printf", printing},
    {"vprintf", printing},
    {"puts", printing},
    {"putchar", printing},
    {"__printf_chk", printing},
    {"__vprintf_chk", printing},
    {"stdout", printing},
    {"setlocale", state},
    {"chdir", state},
    {"fchdir", state},
    {"umask", state},
    {"setenv", state},
    {"unsetenv", state},
    {"putenv", state},
    {"clearenv", state},
    {"socket", network},
    {"connect", network},
    {"getaddrinfo", network},
    {"gethostbyname", network},
    {"sleep", waiting},
    {"usleep", waiting},
    {"nanosleep", waiting},
};

static const struct kept libraries[] = {
    {"libcurl", network},
    {"libmicrohttpd", "requests come through routes"},
    {"libsqlite3", "the database is reached through souk_query and souk_exec"},
    {"liblua", "scripts are the shop's"},
};

static const char *instead_of(const struct kept *list, size_t count, const char *name, int begins)
{
    for (size_t i = 0; i < count; i++)
        if (begins ? strncmp(name, list[i].name, strlen(list[i].name)) == 0
                   : strcmp(name, list[i].name) == 0)
            return list[i].instead;
    return NULL;
}

static void check_call(struct scene *scene, const Elf64_Sym *symbol, const char *name)
{
    const char *instead = symbol->st_shndx == SHN_UNDEF
                              ? instead_of(functions, sizeof functions / sizeof *functions, name, 0)
                              : NULL;
    if (instead)
        scene_no(scene, "it calls %s; %s", name, instead);
}

static void check_library(struct scene *scene, const char *name)
{
    const char *instead = instead_of(libraries, sizeof libraries / sizeof *libraries, name, 1);
    if (instead)
        scene_no(scene, "it links against %s; %s", name, instead);
}

void general_no_forbidden_call(struct scene *scene)
{
    elf_read(scene, &(struct elf_reader){check_call, check_library});
}
