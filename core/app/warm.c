/*
 * warm: lets every worker thread open its connection to the database before the shop says that it
 * is ready, so that the first requests do not pay for it and the number of descriptors stays what
 * it was from then on. The items wait for each other: that is how each thread gets exactly one.
 */
#include <pthread.h>
#include <stdlib.h>

#include "app/shop_state.h"
#include "store/setting.h"

struct warm {
    struct work work;
    struct db *db;
    pthread_barrier_t *together;
};

static void touch(struct work *work)
{
    struct warm *warm = (struct warm *)work;
    struct arena arena = {0};
    struct souk_str value;
    struct db_conn *conn = db_read_begin(warm->db, 0);
    setting_get(conn, &arena, souk_str("shop"), souk_str("last_id"), &value);
    db_read_end(conn);
    arena_free(&arena);
    pthread_barrier_wait(warm->together);
}

void warm_worker(struct worker *worker, int threads, struct db *db)
{
    pthread_barrier_t together;
    struct warm *items = mem_zalloc((size_t)threads * sizeof *items);
    pthread_barrier_init(&together, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++) {
        items[i] = (struct warm){.work.run = touch, .db = db, .together = &together};
        worker_push(worker, &items[i].work);
    }
    pthread_barrier_wait(&together);
    pthread_barrier_destroy(&together);
    free(items);
}
