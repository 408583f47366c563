/*
 * seen: the version counters that caches rest on. Every table has a slot (by the hash
 * of its name) that holds the number of the last commit that wrote to it; two tables in
 * one slot only make a cache forget too much.
 *
 * The order makes it safe without a lock: the writer commits, then writes the slots,
 * then the commit number; a reader takes the commit number before its snapshot begins.
 * A reader that saw a commit before its number was written has taken an older number,
 * and its entry is thrown away at the first look: too early, never too late. A write is
 * answered after its slots are written, so nobody who was told of it can be served what
 * was before.
 */
#include "store/conn.h"

static uint32_t seen_slot(uint32_t hash)
{
    return hash % SEEN_SLOTS;
}

static uint32_t seen_key(const char *kind, int64_t id)
{
    uint64_t bits = ((uint64_t)id ^ table_hash(kind)) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(bits >> 32);
}

static void seen_add(struct db_seen *seen, uint32_t slot)
{
    for (uint32_t i = 0; i < seen->count && i < DB_SEEN; i++)
        if (seen->slots[i] == slot)
            return;
    if (seen->count < DB_SEEN)
        seen->slots[seen->count] = slot;
    if (seen->count <= DB_SEEN)
        seen->count++;
}

void seen_begin(struct db_conn *conn)
{
    conn->seen.count = 0;
    conn->seen.at = atomic_load_explicit(&conn->db->commit, memory_order_acquire);
}

void seen_note_reads(struct db_conn *conn, const uint32_t *tables, int count)
{
    if (count > DRIVER_TABLES)
        conn->seen.count = DB_SEEN + 1;
    for (int i = 0; i < count && conn->seen.count <= DB_SEEN; i++)
        seen_add(&conn->seen, seen_slot(tables[i]));
}

void seen_note_writes(struct db_conn *conn, const uint32_t *tables, int count)
{
    if (count > DRIVER_TABLES)
        conn->dirty_all = 1;
    for (int i = 0; i < count && i < DRIVER_TABLES; i++)
        vec_push(&conn->dirty, seen_slot(tables[i]));
}

void seen_note_key(struct db_conn *conn, const char *kind, int64_t id)
{
    vec_push(&conn->dirty, seen_slot(seen_key(kind, id)));
}

void seen_publish(struct db *db, struct db_conn *conn)
{
    uint64_t number = atomic_load_explicit(&db->commit, memory_order_relaxed) + 1;
    for (size_t i = 0; i < conn->dirty.len; i++)
        atomic_store_explicit(&db->slots[conn->dirty.at[i]], number, memory_order_relaxed);
    if (conn->dirty_all)
        atomic_store_explicit(&db->everything, number, memory_order_relaxed);
    atomic_store_explicit(&db->commit, number, memory_order_release);
}

/* ---- for caches ---- */

void db_seen(const struct db_conn *conn, struct db_seen *seen)
{
    *seen = conn->seen;
    if (conn->writer)
        seen->count = DB_SEEN + 1; /* what it sees is not committed yet */
    else if (!conn->begun)
        seen->at = atomic_load_explicit(&conn->db->commit, memory_order_acquire);
}

void db_seen_key(struct db_seen *seen, const char *kind, int64_t id)
{
    if (seen->count <= DB_SEEN)
        seen_add(seen, seen_slot(seen_key(kind, id)));
}

/* A statement notes its tables once a turn: the part is a turn of its own. */
void db_part_begin(struct db_conn *conn, struct db_seen *outer)
{
    reader_start(conn);
    *outer = conn->seen;
    if (conn->writer)
        return;
    conn->seen.count = 0;
    conn->turn++;
}

static void seen_merge(struct db_seen *seen, const struct db_seen *more)
{
    if (more->count > DB_SEEN)
        seen->count = DB_SEEN + 1;
    for (uint32_t i = 0; i < more->count && seen->count <= DB_SEEN; i++)
        seen_add(seen, more->slots[i]);
}

void db_part_end(struct db_conn *conn, const struct db_seen *outer, struct db_seen *part)
{
    db_seen(conn, part);
    if (!conn->writer)
        seen_merge(&conn->seen, outer);
}

/* The snapshot begins before the look: whatever changes after it has a higher number than the one
 * that the snapshot's own entries are kept under. */
int db_part_use(struct db_conn *conn, const struct db_seen *part)
{
    if (conn->writer || reader_start(conn) != 0 || !db_seen_valid(conn->db, part))
        return 0;
    seen_merge(&conn->seen, part);
    return 1;
}

int db_seen_valid(const struct db *db, const struct db_seen *seen)
{
    if (seen->count > DB_SEEN ||
        atomic_load_explicit(&db->everything, memory_order_acquire) > seen->at)
        return 0;
    for (uint32_t i = 0; i < seen->count; i++)
        if (atomic_load_explicit(&db->slots[seen->slots[i]], memory_order_acquire) > seen->at)
            return 0;
    return 1;
}
