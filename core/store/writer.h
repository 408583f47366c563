/*
 * writer: what the two threads of the writer share: writer.c runs and commits groups, writer_disk.c
 * brings them to the disk and answers.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/conn.h"

struct writer_group { /* what is committed together */
    struct db_write *at[WRITER_GROUP];
    int settled[WRITER_GROUP]; /* has its result; not to be run again */
    int count;
    int open;        /* its transaction stands */
    int destroyed;   /* a closure has ended its transaction: they are run again alone */
    char words[400]; /* why it could not be saved */
};

struct timespec writer_in(long ns); /* CLOCK_MONOTONIC; less than a second from now */
/* Tells all of the group, in their order, and empties it. */
void writer_answer(struct writer_group *group);

/* writer_disk.c. start: SOUK_UNAVAILABLE when there is no thread. take: the group is committed, and
 * the disk is free; it is answered from there. stop: when the writer has ended. */
int writer_disk_start(struct db *db);
void writer_disk_take(struct db *db, struct writer_group *group);
void writer_disk_stop(struct db *db);

#endif
