/*
 * quarantine: the journal of faults, <data>/faults, one logfmt line each, and what follows from it.
 * Three faults of one plugin within ten minutes quarantine it until somebody enables it again (a
 * line "cleared"). The supervisor appends; shop and command read.
 */
#ifndef PLUGIN_QUARANTINE_H
#define PLUGIN_QUARANTINE_H

#include "base/arena.h"
#include "base/board.h"
#include "base/err.h"

#define QUARANTINE_FAULTS 3
#define QUARANTINE_WINDOW (10 * CLOCK_MINUTE)

struct fault_record { /* what is known of one plugin */
    struct fault_record *next;
    char plugin[48];
    int faults;             /* all since the last clearing */
    int64_t quarantined_at; /* 0: it is not */
    int64_t at;             /* of the last fault */
    char kind[16];          /* "crash" "hang" "exit" */
    char where[96];
    char signal[16]; /* "SIGSEGV" or "" */
    char file[96];
};

int quarantine_add(const char *dir, const struct board_fault *fault, struct err *err);
int quarantine_clear(const char *dir, const char *plugin, int64_t now, struct err *err);
/* Folds the journal; lines that cannot be read are skipped. The core's own faults stand under "".
 */
struct fault_record *quarantine_read(const char *dir, struct arena *arena);
const struct fault_record *quarantine_find(const struct fault_record *list, const char *plugin);

#endif
