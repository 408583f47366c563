/*
 * warm: lets every worker thread open its connection to the database before the shop says that it
 * is ready, so that the first requests do not pay for it and the number of descriptors stays what
 * it was from then on. The items wait for each other: that is how each thread gets exactly one.
 */
#include <pthread.h>
#include <stdlib.h>

#include "app/shop_state.h"
#include "store/setting.h"

struct warming {
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    struct db *db;
    int expected; /* items that found room in the queue */
    int arrived, gone;
};

struct warm {
    struct work work;
    struct warming *warming;
};

static void meet(struct warming *warming)
{
    pthread_mutex_lock(&warming->mutex);
    warming->arrived++;
    pthread_cond_broadcast(&warming->moved);
    while (warming->arrived < warming->expected)
        pthread_cond_wait(&warming->moved, &warming->mutex);
    warming->gone++;
    pthread_cond_broadcast(&warming->moved);
    pthread_mutex_unlock(&warming->mutex);
}

static void touch(struct work *work)
{
    struct warming *warming = ((struct warm *)work)->warming;
    struct arena arena = {0};
    struct souk_str value;
    struct db_conn *conn = db_read_begin(warming->db, 0);
    setting_get(conn, &arena, souk_str("shop"), souk_str("last_id"), &value);
    db_read_end(conn);
    arena_free(&arena);
    meet(warming);
}

void warm_worker(struct worker *worker, int threads, struct db *db)
{
    struct warm *items = mem_zalloc((size_t)threads * sizeof *items);
    struct warming warming = {.db = db, .expected = threads};
    pthread_mutex_init(&warming.mutex, NULL);
    pthread_cond_init(&warming.moved, NULL);
    for (int i = 0; i < threads; i++) {
        items[i] = (struct warm){.work.run = touch, .warming = &warming};
        int refused = worker_push(worker, &items[i].work) != SOUK_OK;
        pthread_mutex_lock(&warming.mutex);
        warming.expected -= refused; /* its thread opens its connection later */
        pthread_cond_broadcast(&warming.moved);
        pthread_mutex_unlock(&warming.mutex);
    }
    pthread_mutex_lock(&warming.mutex);
    while (warming.gone < warming.expected)
        pthread_cond_wait(&warming.moved, &warming.mutex);
    pthread_mutex_unlock(&warming.mutex);
    pthread_cond_destroy(&warming.moved);
    pthread_mutex_destroy(&warming.mutex);
    free(items);
}
