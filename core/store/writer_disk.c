/*
 * writer_disk: the second thread of the writer: it brings what was committed to the disk, and tells
 * those who wait. What happens when the disk fails stands in writer.c's paragraph; here it is done:
 * the log's end is tried once more from memory, then all who wait are told that nobody knows, and
 * it goes on trying, with the shop refusing writes, until the disk takes it.
 */
#include <stdio.h>
#include <time.h>
#include "base/board.h"
#include "base/log.h"
#include "store/writer.h"

#define WRITER_AGAIN_NS 50000000L /* between two tries of a disk that fails */

struct timespec writer_in(long ns)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += ns;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_nsec -= 1000000000L;
        at.tv_sec++;
    }
    return at;
}

void writer_answer(struct writer_group *group)
{
    for (int i = 0; i < group->count; i++) {
        struct db_write *write = group->at[i];
        write->words = write->result ? group->words : "";
        if (write->done)
            write->done(write); /* gone with this: its owner may free it */
    }
    group->count = group->open = group->destroyed = 0;
    group->words[0] = 0;
}

/* Two failures: nobody knows what of it is there. The tail is tried until the disk takes it. */
static void writer_land(struct db *db, struct writer_group *group)
{
    int code = db->driver->sync(db->conn->raw, 0);
    if (code != 0) {
        log_error("writer.sync_failed", LOG_S("next", "look at the health of the disk"));
        code = db->driver->sync(db->conn->raw, 1);
    }
    if (code != 0) {
        for (int i = 0; i < group->count; i++)
            if (group->at[i]->result == 0)
                group->at[i]->result = code;
        snprintf(group->words, sizeof group->words,
                 "the disk has not confirmed it; look whether it is there before trying again");
    }
    pthread_mutex_lock(&db->mutex);
    db->broken = code != 0;
    pthread_mutex_unlock(&db->mutex);
    writer_answer(group);
    pthread_mutex_lock(&db->mutex);
    db->flight = NULL;
    if (db->asleep)
        pthread_cond_signal(&db->wake);
    pthread_mutex_unlock(&db->mutex);
}

static void writer_mend(struct db *db)
{
    int code = db->driver->sync(db->conn->raw, 1);
    pthread_mutex_lock(&db->mutex);
    if (code == 0) {
        db->broken = 0;
        log_warn("writer.disk_back", LOG_S("what", "the disk takes writes again"));
        if (db->asleep)
            pthread_cond_signal(&db->wake);
    } else if (!db->landed) {
        struct timespec until = writer_in(WRITER_AGAIN_NS);
        pthread_cond_timedwait(&db->sync_wake, &db->mutex, &until);
    }
    pthread_mutex_unlock(&db->mutex);
}

static void *writer_sync_main(void *arg)
{
    struct db *db = arg;
    board_thread_begin("sync");
    pthread_mutex_lock(&db->mutex);
    while (!db->landed) {
        struct writer_group *group = db->flight;
        int broken = db->broken;
        if (!group && !broken) {
            pthread_cond_wait(&db->sync_wake, &db->mutex);
            continue;
        }
        pthread_mutex_unlock(&db->mutex);
        if (group)
            writer_land(db, group);
        else
            writer_mend(db);
        pthread_mutex_lock(&db->mutex);
    }
    pthread_mutex_unlock(&db->mutex);
    board_thread_end();
    return NULL;
}

void writer_disk_take(struct db *db, struct writer_group *group)
{
    pthread_mutex_lock(&db->mutex);
    db->flight = group;
    pthread_cond_signal(&db->sync_wake);
    pthread_mutex_unlock(&db->mutex);
}

int writer_disk_start(struct db *db)
{
    return pthread_create(&db->syncer, NULL, writer_sync_main, db) == 0 ? SOUK_OK
                                                                        : SOUK_UNAVAILABLE;
}

void writer_disk_stop(struct db *db)
{
    pthread_mutex_lock(&db->mutex);
    db->landed = 1;
    pthread_cond_signal(&db->sync_wake);
    pthread_mutex_unlock(&db->mutex);
    pthread_join(db->syncer, NULL);
}
