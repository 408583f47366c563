/*
 * server_lane.c: what each I/O thread has to itself: finished requests to use again
 * (arena warm, so a request makes no call to malloc), lines of the access log, numbers
 * for request ids.
 *
 * The threads are libmicrohttpd's, so a lane comes into being at the thread's first
 * request, and what must be given back when the thread ends hangs on a thread-specific
 * key. Lanes are linked without a lock, only ever added, and freed when all threads
 * have ended.
 */
#include "web/server_inner.h"

#include <stdlib.h>
#include <string.h>
#include "base/board.h"
#include "base/rand.h"
#include "web/answer.h"

#define BODY_KEPT ((size_t)64 << 10) /* a larger body's memory is not kept */

static __thread struct lane *own;
static __thread uint64_t own_serial;
static pthread_key_t end_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void thread_ends(void *arg)
{
    struct lane *lane = arg;
    answer_gzip_thread_end();
    if (lane->db)
        db_thread_end(lane->db);
    board_thread_end();
}

static void make_key(void)
{
    pthread_key_create(&end_key, thread_ends);
}

static struct lane *lane_new(struct server *server)
{
    struct lane *lane = mem_zalloc(sizeof(*lane));
    lane->server = server;
    lane->db = server->options.db;
    access_buffer_init(&lane->access);
    rand_bytes(&lane->id_base, sizeof(lane->id_base));
    pthread_once(&once, make_key);
    pthread_setspecific(end_key, lane);
    board_thread_begin("io");
    lane->next = atomic_load(&server->lanes);
    while (!atomic_compare_exchange_weak(&server->lanes, &lane->next, lane)) {
    }
    return lane;
}

struct lane *lane_here(struct server *server)
{
    if (!own || own_serial != server->serial) {
        own = lane_new(server);
        own_serial = server->serial;
    }
    return own;
}

/* 16 hex digits that look random and do not repeat in a process. */
static void name_request(struct lane *lane, char *id)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t x = lane->id_base + ++lane->id_count * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    for (int i = 0; i < 16; i++) {
        id[i] = digits[x & 15];
        x >>= 4;
    }
    id[16] = '\0';
}

struct served *lane_take(struct lane *lane)
{
    struct served *served = lane->free;
    if (served) {
        lane->free = (struct served *)(void *)served->request.next_free;
        served->request.next_free = NULL;
    } else {
        served = mem_zalloc(sizeof(*served));
        served->server = lane->server;
        served->made_next = lane->made;
        lane->made = served;
    }
    served->lane = lane;
    served->request.db = lane->db;
    name_request(lane, served->request.id);
    return served;
}

/* Clean for the next one, but for the warm memory. */
void lane_give_back(struct served *served)
{
    struct lane *lane = served->lane;
    struct server *server = served->server;
    struct served *made_next = served->made_next;
    struct arena arena = served->request.arena;
    struct buf body = served->request.body;
    arena_reset(&arena);
    if (body.cap > BODY_KEPT) {
        buf_free(&body);
        body = (struct buf){0};
    }
    buf_clear(&body);
    memset(served, 0, sizeof(*served));
    served->server = server;
    served->made_next = made_next;
    served->request.arena = arena;
    served->request.body = body;
    served->request.next_free = (struct request *)lane->free;
    lane->free = served;
}

void lanes_flush(struct server *server)
{
    for (struct lane *lane = atomic_load(&server->lanes); lane; lane = lane->next)
        access_log_flush(server->log, &lane->access);
}

void lanes_free(struct server *server)
{
    struct lane *lane = atomic_load(&server->lanes);
    while (lane) {
        struct lane *next = lane->next;
        struct served *served = lane->made;
        while (served) {
            struct served *made_next = served->made_next;
            arena_free(&served->request.arena);
            buf_free(&served->request.body);
            free(served);
            served = made_next;
        }
        access_log_flush(server->log, &lane->access);
        access_buffer_free(&lane->access);
        free(lane);
        lane = next;
    }
    atomic_store(&server->lanes, NULL);
}
