/*
 * held.c: what a process holds that a plugin must leave as it is: threads, descriptors, signal
 * handlers, locale, working directory, umask, environment.
 */
#include "host/host.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "plugin/census.h"

extern char **environ;

void held_take(struct held *held)
{
    *held = (struct held){.threads = census_threads(), .descriptors = census_descriptors()};
    held->mask = (int)umask(0);
    umask((mode_t)held->mask);
    for (int i = 1; i < 65; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0)
            snprintf(held->signals[i], sizeof held->signals[i], "%p %x",
                     (void *)(uintptr_t)action.sa_handler, (unsigned)action.sa_flags);
    }
    snprintf(held->locale, sizeof held->locale, "%s", setlocale(LC_ALL, NULL));
    if (!getcwd(held->cwd, sizeof held->cwd))
        held->cwd[0] = '\0';
    for (char **entry = environ; *entry; entry++)
        held->environment += str_hash(souk_str(*entry));
}
