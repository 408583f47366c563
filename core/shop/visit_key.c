/*
 * visit_key: the secret of the day, and the anonymous id that is made with it: a keyed hash of
 * address and agent.
 *
 * The idea: threads that answer hash with a key in memory. The database keeps a copy of the day's
 * key alone, so that a restart does not make two visitors of one; the first turn of the clock after
 * midnight (UTC) writes the new day's key over it, and what was hashed the day before can be told
 * by nobody, us included. Between midnight and that turn the new key is in memory only.
 *
 * It does not do: following anybody with a session; theirs keeps an id of its own (visit.h).
 */
#include "shop/visit.h"

#include <pthread.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/setting.h"

#define BYTES crypto_generichash_KEYBYTES
#define OWNER souk_str("souk")
#define NAME  souk_str("visit.key") /* "<day> <hex>" */

struct keeping {
    int64_t day, now;
    unsigned char key[BYTES]; /* proposed; then the one that counts */
    struct db_write write;
};

static struct {
    pthread_mutex_t lock;
    unsigned char key[BYTES];
    int64_t day;  /* of the key; -1: there is none */
    int64_t kept; /* the day whose key is in the database */
    int writing;  /* `keeping` is with the writer */
    struct keeping keeping;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .day = -1, .kept = -1};

/* ---- in the database ---- */

/* 1: the database has a key of this day. */
static int read_kept(struct souk_str text, int64_t day, unsigned char key[BYTES])
{
    struct souk_str word;
    int64_t of;
    size_t len = 0;
    return str_split(&text, ' ', &word) && str_to_int(word, &of) == SOUK_OK && of == day &&
           sodium_hex2bin(key, BYTES, text.ptr, text.len, NULL, &len, NULL) == 0 && len == BYTES;
}

/* One that is kept already holds: another process of this shop may have been quicker. */
static int keep(struct db_conn *conn, void *arg)
{
    struct keeping *keeping = arg;
    struct arena arena = {0};
    unsigned char known[BYTES];
    char hex[BYTES * 2 + 1];
    struct souk_str text;
    int code = setting_get(conn, &arena, OWNER, NAME, &text);
    if (code == SOUK_OK && read_kept(text, keeping->day, known)) {
        memcpy(keeping->key, known, sizeof known);
    } else if (code == SOUK_OK || code == SOUK_NOT_FOUND) {
        sodium_bin2hex(hex, sizeof hex, keeping->key, BYTES);
        code = setting_put(conn, OWNER, NAME,
                           arena_printf(&arena, "%lld %s", (long long)keeping->day, hex),
                           keeping->now);
    }
    sodium_memzero(known, sizeof known);
    sodium_memzero(hex, sizeof hex);
    arena_free(&arena);
    return code;
}

static void take(const struct keeping *keeping)
{
    pthread_mutex_lock(&state.lock);
    memcpy(state.key, keeping->key, BYTES);
    state.day = state.kept = keeping->day;
    pthread_mutex_unlock(&state.lock);
}

/* With the lock held: the key of this day, a new one when the day has changed. */
static void turn_key(int64_t day)
{
    if (state.day == day)
        return;
    state.day = day;
    rand_bytes(state.key, BYTES);
}

int visit_key_begin(struct db *db, int64_t now, struct err *err)
{
    struct keeping keeping = {.day = now / CLOCK_DAY, .now = now};
    rand_bytes(keeping.key, BYTES);
    int code = db_write(db, keep, &keeping, err);
    if (code == SOUK_OK)
        take(&keeping);
    sodium_memzero(keeping.key, BYTES);
    return code;
}

static void kept(struct db_write *write)
{
    if (write->result == SOUK_OK)
        take(&state.keeping);
    else
        log_warn("visits.key",
                 LOG_S("reason", "the day's key could not be kept; next second again"),
                 LOG_S("code", err_name(write->result)));
    pthread_mutex_lock(&state.lock);
    state.writing = 0;
    pthread_mutex_unlock(&state.lock);
}

void visit_key_turn(struct db *db, int64_t now)
{
    int64_t day = now / CLOCK_DAY;
    pthread_mutex_lock(&state.lock);
    int due = !state.writing && state.kept != day;
    if (due) {
        turn_key(day);
        state.keeping = (struct keeping){
            .day = day, .now = now, .write = {.fn = keep, .arg = &state.keeping, .done = kept}};
        memcpy(state.keeping.key, state.key, BYTES);
        state.writing = 1;
    }
    pthread_mutex_unlock(&state.lock);
    if (due && db_write_push(db, &state.keeping.write) != SOUK_OK) {
        pthread_mutex_lock(&state.lock); /* the queue is full: next second */
        state.writing = 0;
        pthread_mutex_unlock(&state.lock);
    }
}

/* ---- who ---- */

int64_t visit_anonymous(struct souk_str address, struct souk_str user_agent, int64_t now)
{
    unsigned char key[BYTES], hash[crypto_generichash_BYTES_MIN];
    crypto_generichash_state hashing;
    int64_t id;
    pthread_mutex_lock(&state.lock);
    turn_key(now / CLOCK_DAY);
    memcpy(key, state.key, BYTES);
    pthread_mutex_unlock(&state.lock);
    crypto_generichash_init(&hashing, key, sizeof key, sizeof hash);
    crypto_generichash_update(&hashing, (const unsigned char *)address.ptr, address.len);
    crypto_generichash_update(&hashing, (const unsigned char *)"\n", 1);
    crypto_generichash_update(&hashing, (const unsigned char *)user_agent.ptr, user_agent.len);
    crypto_generichash_final(&hashing, hash, sizeof hash);
    sodium_memzero(key, sizeof key);
    memcpy(&id, hash, sizeof id);
    id &= INT64_MAX;
    return id ? id : 1;
}
