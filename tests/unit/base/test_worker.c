/*
 * worker: order, the limit, counts, a stop that finishes what waits.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/worker.h"

struct item {
    struct work work;
    int number;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int closed, inside, done;
static int order[64];

/* Waits while the gate is closed, then notes its number. */
static void pass_gate(struct work *work)
{
    struct item *item = (struct item *)work;
    pthread_mutex_lock(&lock);
    inside++;
    pthread_cond_broadcast(&changed);
    while (closed)
        pthread_cond_wait(&changed, &lock);
    inside--;
    if (done < 64)
        order[done] = item->number;
    done++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void set_gate(int to)
{
    pthread_mutex_lock(&lock);
    closed = to;
    done = to ? 0 : done;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_inside(int count)
{
    pthread_mutex_lock(&lock);
    while (inside < count)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void first_in_first_out_up_to_the_limit(void **state)
{
    (void)state;
    static struct item items[12];
    struct worker *worker = worker_start("one", 1, 10);
    set_gate(1);
    for (int i = 0; i < 12; i++)
        items[i] = (struct item){{.run = pass_gate}, i};
    int64_t before = clock_mono();
    assert_int_equal(worker_push(worker, &items[0].work), 0);
    assert_true(items[0].work.queued_at >= before);
    wait_inside(1);
    assert_int_equal(worker_active(worker), 1);
    for (int i = 1; i <= 10; i++)
        assert_int_equal(worker_push(worker, &items[i].work), 0);
    assert_int_equal(worker_depth(worker), 10);
    assert_int_equal(worker_push(worker, &items[11].work), SOUK_BUSY);
    set_gate(0);
    worker_stop(worker);
    assert_int_equal(done, 11);
    for (int i = 0; i < 11; i++)
        assert_int_equal(order[i], i);
}

static void threads_work_side_by_side(void **state)
{
    (void)state;
    static struct item items[3];
    struct worker *worker = worker_start("three", 3, 10);
    set_gate(1);
    for (int i = 0; i < 3; i++) {
        items[i].work.run = pass_gate;
        assert_int_equal(worker_push(worker, &items[i].work), 0);
    }
    wait_inside(3);
    assert_int_equal(worker_active(worker), 3);
    assert_int_equal(worker_depth(worker), 0);
    set_gate(0);
    worker_stop(worker);
    assert_int_equal(done, 3);
}

static struct worker *self_worker;
static _Atomic int rounds;

static void again(struct work *work)
{
    if (atomic_fetch_add(&rounds, 1) + 1 < 100) {
        if (worker_push(self_worker, work))
            free(work);
        return;
    }
    free(work);
    pthread_mutex_lock(&lock);
    closed = 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* run() owns the item: it may push it again or free it. */
static void an_item_may_push_itself(void **state)
{
    (void)state;
    struct work *work = calloc(1, sizeof(*work));
    assert_non_null(work);
    work->run = again;
    set_gate(1);
    self_worker = worker_start("again", 2, 1);
    assert_int_equal(worker_push(self_worker, work), 0);
    pthread_mutex_lock(&lock);
    while (closed)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    worker_stop(self_worker);
    assert_int_equal(atomic_load(&rounds), 100);
}

static void count_one(struct work *work)
{
    (void)work;
    atomic_fetch_add(&rounds, 1);
}

static void stop_runs_what_waits(void **state)
{
    (void)state;
    static struct work items[500];
    for (int round = 0; round < 20; round++) {
        struct worker *worker = worker_start("stop", 2, 500);
        atomic_store(&rounds, 0);
        for (int i = 0; i < 500; i++) {
            items[i].run = count_one;
            assert_int_equal(worker_push(worker, &items[i]), 0);
        }
        worker_stop(worker);
        assert_int_equal(atomic_load(&rounds), 500);
    }
    worker_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out_up_to_the_limit),
        cmocka_unit_test(threads_work_side_by_side),
        cmocka_unit_test(an_item_may_push_itself),
        cmocka_unit_test(stop_runs_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
