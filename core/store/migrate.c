/*
 * migrate: applies schema changes, keeps the list of them, takes a plugin's tables
 * away.
 *
 * The idea: all that is missing goes into one write, so a failure leaves the schema as
 * it was. The list says which text was applied; a text that has changed since, or a
 * number that we do not know, means that this program and this database do not belong
 * together, and nothing is touched.
 *
 * A copy is made before an owner's existing tables are changed. The first migration of
 * an owner makes tables and can hurt none, so a fresh start copies nothing.
 */
#include "store/migrate.h"
#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "store/conn.h"
#include "store/digest.h"
#include "store/migrate.sql.h"
#include "store/migration.h"

struct migrate_work {
    struct db *db;
    const char *owner;
    const struct migration *migrations;
    int count;
    int applied; /* the highest number that the database has */
    int64_t now;
};

static void migrate_sum(const struct migration *migration, unsigned char *sum)
{
    struct souk_str text = souk_str(migration->sql);
    digest_pieces(sum, &text, 1);
}

static const struct migration *migrate_find(const struct migrate_work *work, int64_t number)
{
    for (int i = 0; i < work->count; i++)
        if (work->migrations[i].number == number)
            return &work->migrations[i];
    return NULL;
}

static int migrate_check_row(struct migrate_work *work, struct db_conn *conn, struct db_rows *rows)
{
    unsigned char sum[DIGEST_LEN];
    int64_t number = db_int(rows, 0);
    const struct migration *known = migrate_find(work, number);
    if (!known)
        return db_refuse(
            conn, SOUK_CONFLICT,
            "the tables of %s are at %lld, newer than this program knows (%d): install the newer "
            "version, or restore the copy before-%s-%lld.db",
            work->owner, (long long)number,
            work->count ? work->migrations[work->count - 1].number : 0, work->owner,
            (long long)number);
    migrate_sum(known, sum);
    if (!souk_str_equal(db_text(rows, 1), (struct souk_str){(const char *)sum, sizeof sum}))
        return db_refuse(
            conn, SOUK_CONFLICT,
            "migration %lld (%s) of %s has changed since it was applied: put its text back and "
            "write the change as a new migration",
            (long long)number, known->name, work->owner);
    work->applied = (int)number;
    return 0;
}

/* What is applied fits to what we have. */
static int migrate_check(struct db_conn *conn, void *arg)
{
    struct migrate_work *work = arg;
    struct db_rows rows;
    work->applied = 0;
    int code = db_query(conn, &sql_migrate_list, &rows, DB_CSTR(work->owner));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1)
        if ((code = migrate_check_row(work, conn, &rows)) != 0)
            break;
    db_close(&rows);
    return code;
}

static int migrate_script(struct db_conn *conn, const char *sql, const char *principal)
{
    struct err err = {0};
    int code = conn->db->driver->script(conn->raw, sql, principal, &err);
    return code ? db_refuse(conn, code, "%s", err.text) : 0;
}

static int migrate_log(struct db_conn *conn, void *arg)
{
    (void)arg;
    return migrate_script(conn, core_migrations[0].sql, NULL);
}

static int migrate_one(struct db_conn *conn, struct migrate_work *work,
                       const struct migration *migration)
{
    char words[sizeof conn->words];
    unsigned char sum[DIGEST_LEN];
    int core = strcmp(work->owner, "souk") == 0;
    int code = migrate_script(conn, migration->sql, core ? NULL : work->owner);
    if (code != 0) {
        snprintf(words, sizeof words, "%s", conn->words);
        return db_refuse(conn, code, "migration %d (%s) of %s: %s", migration->number,
                         migration->name, work->owner, words);
    }
    migrate_sum(migration, sum);
    return db_run(conn, &sql_migrate_insert, NULL, DB_CSTR(work->owner), DB_INT(migration->number),
                  DB_CSTR(migration->name),
                  DB_BLOB(((struct souk_str){(const char *)sum, sizeof sum})), DB_INT(work->now));
}

static int migrate_missing(struct db_conn *conn, void *arg)
{
    struct migrate_work *work = arg;
    int code = migrate_check(conn, arg);
    int applied = work->applied;
    conn->dirty_all = 1;
    for (int i = 0; i < work->count && code == 0; i++)
        if (work->migrations[i].number > applied)
            code = migrate_one(conn, work, &work->migrations[i]);
    return code;
}

static int migrate_copy(struct migrate_work *work, int number, struct err *err)
{
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s/before-%s-%d.db", work->db->dir, work->owner, number);
    int code = db_backup(work->db, file, NULL, NULL, err);
    if (code != 0)
        return code;
    log_info("migrate.copied", LOG_S("file", file));
    return 0;
}

static int migrate_order(const struct migrate_work *work, struct err *err)
{
    for (int i = 0; i < work->count; i++)
        if (work->migrations[i].number <= (i ? work->migrations[i - 1].number : 0) ||
            !work->migrations[i].sql)
            return err_set(err, SOUK_INVALID,
                           "the migrations of %s are not numbered upwards from 1", work->owner);
    return 0;
}

int migrate_apply(struct db *db, const char *owner, const struct migration *migrations, int count,
                  struct err *err)
{
    struct migrate_work work = {db, owner, migrations, count, 0, clock_now()};
    while (work.count > 0 &&
           work.migrations[0].number == 0) { /* the list itself: see 000_log.sql */
        work.migrations++;
        work.count--;
    }
    int code;
    if (!*owner || strlen(owner) >= CONN_NAME)
        return err_set(err, SOUK_INVALID, "the name of a migration's owner has 1 to %d letters",
                       CONN_NAME - 1);
    if ((code = migrate_order(&work, err)) != 0 ||
        (code = db_write(db, migrate_log, NULL, err)) != 0 ||
        (code = db_write(db, migrate_check, &work, err)) != 0)
        return code;
    int next = 0;
    while (next < work.count && work.migrations[next].number <= work.applied)
        next++;
    if (next == work.count)
        return 0;
    if (work.applied > 0 && (code = migrate_copy(&work, work.migrations[next].number, err)) != 0)
        return code;
    if ((code = db_write(db, migrate_missing, &work, err)) != 0)
        return code;
    atomic_fetch_add_explicit(&db->epoch, 1, memory_order_release);
    log_info("migrate.applied", LOG_S("owner", owner),
             LOG_I("number", work.migrations[work.count - 1].number));
    return 0;
}

/* ---- purge ---- */

struct migrate_purging {
    const char *owner;
    struct souk_str *owners; /* of other plugins whose names are longer */
    int count;
};

/* "p_visits_pro_day" begins with "p_visits_" and is not the table of visits. */
static int migrate_spare(void *user, const char *table)
{
    struct migrate_purging *purging = user;
    for (int i = 0; i < purging->count; i++) {
        struct souk_str owner = purging->owners[i];
        if (strncmp(table + 2, owner.ptr, owner.len) == 0 && table[2 + owner.len] == '_')
            return 1;
    }
    return 0;
}

static int migrate_list_longer(struct db_conn *conn, struct migrate_purging *purging)
{
    struct db_rows rows;
    VEC(struct souk_str) owners = {0};
    int code = db_query(conn, &sql_migrate_longer_owners, &rows, DB_CSTR(purging->owner));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1)
        vec_push(&owners, arena_str(&conn->arena, db_text(&rows, 0)));
    purging->count = (int)owners.len;
    purging->owners = arena_array(&conn->arena, struct souk_str, owners.len + 1);
    if (owners.len)
        memcpy(purging->owners, owners.at, owners.len * sizeof *owners.at);
    vec_free(&owners);
    return code;
}

static int migrate_drop(struct db_conn *conn, void *arg)
{
    struct migrate_purging purging = {.owner = arg};
    struct err err = {0};
    struct souk_str prefix = arena_printf(&conn->arena, "p_%s_", purging.owner);
    int code = migrate_list_longer(conn, &purging);
    conn->dirty_all = 1;
    if (code == 0 &&
        (code = conn->db->driver->drop(conn->raw, prefix.ptr, migrate_spare, &purging, &err)) != 0)
        return db_refuse(conn, code, "%s", err.text);
    if (code == 0)
        code = db_run(conn, &sql_migrate_forget, NULL, DB_CSTR(purging.owner));
    return code;
}

int migrate_purge(struct db *db, const char *owner, struct err *err)
{
    if (!*owner || strcmp(owner, "souk") == 0)
        return err_set(err, SOUK_DENIED, "the tables of the core are not purged; name a plugin");
    int code = db_write(db, migrate_drop, (void *)(uintptr_t)owner, err);
    atomic_fetch_add_explicit(&db->epoch, 1, memory_order_release);
    return code;
}
