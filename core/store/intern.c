/*
 * intern: SQL text that arrives at run time from plugins, made into statements: one for
 * each (principal, text), so that the caches of the connections, which go by address,
 * serve plugins too.
 *
 * A statement of a plugin that has gone is kept, marked dead: a connection may still
 * hold an instance under its address until it next begins. The same text brings it back
 * to life, so reloading a plugin does not grow the table.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/str.h"
#include "store/conn.h"

static struct intern_entry *intern_find(struct db *db, uint64_t hash, const char *principal,
                                        const char *sql)
{
    struct intern_entry *entry = db->interned[hash % INTERN_BUCKETS];
    while (entry && !(entry->hash == hash && strcmp(entry->principal, principal) == 0 &&
                      strcmp(entry->statement.sql, sql) == 0))
        entry = entry->next;
    return entry;
}

static int intern_count(const struct db *db, const char *principal)
{
    int count = 0;
    for (int i = 0; i < INTERN_BUCKETS; i++)
        for (const struct intern_entry *entry = db->interned[i]; entry; entry = entry->next)
            count += strcmp(entry->principal, principal) == 0;
    return count;
}

/* Under the write lock. */
static struct intern_entry *intern_add(struct db *db, uint64_t hash, const char *principal,
                                       const char *sql)
{
    struct intern_entry *entry = intern_find(db, hash, principal, sql);
    if (!entry) {
        if (intern_count(db, principal) >= INTERN_LIMIT)
            return NULL;
        entry = mem_zalloc(sizeof *entry);
        entry->hash = hash;
        snprintf(entry->principal, sizeof entry->principal, "%s", principal);
        entry->statement.name = entry->principal[0] ? entry->principal : "statement";
        entry->statement.sql = mem_strdup(sql);
        entry->next = db->interned[hash % INTERN_BUCKETS];
        db->interned[hash % INTERN_BUCKETS] = entry;
    }
    entry->dead = 0;
    return entry;
}

const struct db_statement *db_intern(struct db *db, const char *principal, const char *sql)
{
    const char *who = principal ? principal : "";
    if (strlen(who) >= CONN_NAME)
        return NULL;
    uint64_t hash = str_hash(souk_str(sql));
    pthread_rwlock_rdlock(&db->intern_lock);
    struct intern_entry *entry = intern_find(db, hash, who, sql);
    int dead = entry && entry->dead;
    pthread_rwlock_unlock(&db->intern_lock);
    if (!entry || dead) {
        pthread_rwlock_wrlock(&db->intern_lock);
        entry = intern_add(db, hash, who, sql);
        pthread_rwlock_unlock(&db->intern_lock);
    }
    return entry ? &entry->statement : NULL;
}

const char *intern_principal(struct db *db, const struct db_statement *statement)
{
    uint64_t hash = str_hash(souk_str(statement->sql));
    pthread_rwlock_rdlock(&db->intern_lock);
    struct intern_entry *entry = db->interned[hash % INTERN_BUCKETS];
    while (entry && &entry->statement != statement)
        entry = entry->next;
    pthread_rwlock_unlock(&db->intern_lock);
    return entry && entry->principal[0] ? entry->principal : NULL;
}

void db_forget(struct db *db, const char *principal)
{
    pthread_rwlock_wrlock(&db->intern_lock);
    for (int i = 0; i < INTERN_BUCKETS; i++)
        for (struct intern_entry *entry = db->interned[i]; entry; entry = entry->next)
            if (strcmp(entry->principal, principal) == 0)
                entry->dead = 1;
    pthread_rwlock_unlock(&db->intern_lock);
    atomic_fetch_add_explicit(&db->epoch, 1, memory_order_release);
}

void intern_free(struct db *db)
{
    for (int i = 0; i < INTERN_BUCKETS; i++) {
        while (db->interned[i]) {
            struct intern_entry *gone = db->interned[i];
            db->interned[i] = gone->next;
            free((char *)(uintptr_t)gone->statement.sql);
            free(gone);
        }
    }
}

void db_principal(struct db_conn *conn, const char *principal)
{
    snprintf(conn->principal, sizeof conn->principal, "%s", principal ? principal : "");
}
