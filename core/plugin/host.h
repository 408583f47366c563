/*
 * host: what the files of the switch share: the host itself and what it knows of each
 * plugin's name. Private to core/plugin.
 */
#ifndef PLUGIN_HOST_H
#define PLUGIN_HOST_H

#include <pthread.h>
#include "base/worker.h"
#include "plugin/quarantine.h"
#include "plugin/switch.h"

#define HOST_RETIRING 64

struct entry { /* one name, for as long as the host lives */
    char name[48];
    int wanted;   /* by the list or a switch */
    int switched; /* what the admin said: 1 on, -1 off, 0 nothing */
    int quarantined;
    int64_t generations; /* opened so far */
    char error[500];     /* why it is wanted but not on */
    struct arena past_arena;
    struct absent past; /* what it was when it last ran */
    struct souk_str past_text;
    int past_read;
    struct arena seen_arena;
    struct json *seen;    /* what inspect found in the file … */
    int64_t seen_mark[4]; /* … that looked like this */
};

struct wish { /* what switch_configure was told, kept */
    struct arena arena;
    const char **names;
    size_t count;
    const struct json *values;
    const char *config_dir;
};

/* Generations that left together, to be stopped in the reverse order of their start. */
struct batch {
    struct work work;
    struct switch_host *host;
    struct batch *next;
    size_t count;
    struct plugin *plugins[];
};

struct switch_host {
    struct switch_options options;
    pthread_mutex_t lock; /* one switch at a time; guards all down to `current` */
    struct arena arena;
    const char *run_dir; /* <dir>/run/plugins */
    struct map entries;  /* name -> struct entry * */
    struct wish wish;
    int configured;
    int offline; /* only asked about: no shop runs */
    struct plugin_set *current;

    pthread_mutex_t retire_lock; /* guards what follows; taken after lock */
    pthread_cond_t stopped;
    struct plugin_set *retiring[HOST_RETIRING]; /* oldest first */
    size_t retiring_count;
    struct batch *unsent; /* the task pool was full */
    int stopping;         /* batches on their way */
};

/* ---- switch.c ---- */

/* The memory; nothing is on any more. */
void host_free(struct switch_host *host);

/* ---- wish.c ---- */

#define HOST_SWITCHES "plugin" /* owner of the settings <name> = on | off */

/* Made when it is new. */
struct entry *host_entry(struct switch_host *host, const char *name);
/* Reads switches and journal: who is wanted, who is quarantined. */
void host_read_wishes(struct switch_host *host, const struct wish *wish);
/* A copy of what the caller has. */
void wish_keep(struct wish *wish, const struct wanted *wanted);

/* ---- past.c: what a plugin was when it last ran ---- */

/* Reads it, once a name. */
void past_load(struct switch_host *host, struct entry *entry);
/* Keeps that of all plugins of the current set that changed. */
void past_save(struct switch_host *host);
/* Fills set->absent. */
void past_fill(struct switch_host *host, struct plugin_set *set);

/* ---- retire.c ---- */

/* A set that is not published any more. */
void retire_add(struct switch_host *host, struct plugin_set *set);
/* Waits until the deadline for pins; stops here and now. */
void retire_all(struct switch_host *host, int64_t deadline);

#endif
