/*
 * draft: a plugin set in the making, from the plugins that shall be in it to its
 * publishing or its being thrown away. Private to core/plugin.
 */
#ifndef PLUGIN_DRAFT_H
#define PLUGIN_DRAFT_H

#include "plugin/generation.h"
#include "plugin/host.h"

struct candidate {
    struct entry *entry;
    struct plugin *plugin; /* NULL: dropped */
    int fresh;             /* made for this draft: thrown away with it */
    char error[500];       /* why it was dropped */
};

struct draft {
    struct switch_host *host;
    const struct wish *wish;
    struct arena arena;
    struct problems problems; /* of the configuration */
    struct candidate *at;     /* after draft_order: in the order of start */
    size_t count, cap;
    int lenient; /* at start: a plugin that fails is left out, and so is what needs it
                  */
    struct plugin_set *set;
};

void draft_begin(struct draft *draft, struct switch_host *host, const struct wish *wish,
                 int lenient);
void draft_keep(struct draft *draft, struct plugin *plugin); /* a generation that is on already */
/* A new generation of entry's file. What is wrong with its options becomes a problem;
 * with its file: lenient drops it, else a code and words. */
int draft_open(struct draft *draft, struct entry *entry, struct err *err);
/* Drops what needs a plugin that is wanted but away, then sorts. SOUK_CONFLICT: see
 * problems. */
int draft_order(struct draft *draft);
/* Migrations and init of the fresh ones, set, web, start. */
int draft_make(struct draft *draft, struct err *err);
/* Publishes; entries learn their errors. After it the draft is over. */
int draft_publish(struct draft *draft, struct err *err);
/* Ends what is fresh; the published set stays as it is. Harmless after draft_publish.
 */
void draft_discard(struct draft *draft);

#endif
