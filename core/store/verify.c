/*
 * verify: the invariants of the store as queries. A rule is a statement that selects
 * what breaks it, so an empty answer is a sound shop. What SQL cannot say (the file's
 * own soundness, the chain of the audit) is checked by functions, and stands first.
 */
#include "store/verify.h"

#include "base/clock.h"
#include "store/audit.h"
#include "store/verify.sql.h"

#define CHECKS_MAX 64
#define ROWS_MAX   100
#define PATIENCE   (10 * CLOCK_MINUTE) /* for one query over all that the shop ever sold */

static const struct verify_check own[] = {
    {"I-7", "every fact in the outbox still has a delivery waiting", &sql_verify_outbox},
    {"I-7b", "every delivery belongs to a fact", &sql_verify_delivery},
    {"I-8", "what came in is finished after it arrived", &sql_verify_inbox},
};

static const struct verify_check *added[CHECKS_MAX];
static int added_count;

void verify_add(const struct verify_check *checks, int count)
{
    for (int i = 0; i < count && added_count < CHECKS_MAX; i++)
        added[added_count++] = &checks[i];
}

static struct json *add_check(struct arena *arena, struct json *checks, const char *id,
                              const char *rule)
{
    struct json *check = json_add(arena, checks, NULL, JSON_OBJECT);
    json_add_cstr(arena, check, "id", id);
    json_add_cstr(arena, check, "rule", rule);
    return check;
}

static int finish_check(struct arena *arena, struct json *check, struct json *rows)
{
    json_add_bool(arena, check, "ok", rows->count == 0);
    json_add_tree(arena, check, "rows", rows);
    return rows->count == 0;
}

static int check_file(struct db *db, struct arena *arena, struct json *checks)
{
    struct souk_str report = {NULL, 0};
    struct json *rows = json_new(arena, JSON_ARRAY);
    struct json *check = add_check(
        arena, checks, "file", "the database file is sound and every reference leads somewhere");
    if (db_integrity(db, arena, &report) != SOUK_OK)
        json_add_str(arena, rows, NULL, report);
    return finish_check(arena, check, rows);
}

static int check_audit(struct db_conn *conn, struct arena *arena, struct json *checks)
{
    int64_t broken = 0;
    struct json *rows = json_new(arena, JSON_ARRAY);
    struct json *check =
        add_check(arena, checks, "I-13", "the audit's chain of hashes is unbroken");
    if (audit_check(conn, &broken) != SOUK_OK)
        json_add_int(arena, rows, NULL, broken);
    return finish_check(arena, check, rows);
}

static int check_rule(struct db_conn *conn, struct arena *arena, struct json *checks,
                      const struct verify_check *rule)
{
    struct db_rows found;
    struct json *rows = json_new(arena, JSON_ARRAY);
    struct json *check = add_check(arena, checks, rule->id, rule->rule);
    int code = db_query(conn, rule->broken, &found);
    while (code == SOUK_OK && rows->count < ROWS_MAX && (code = db_next(&found)) == 1) {
        json_add_str(arena, rows, NULL, arena_str(arena, db_text(&found, 0)));
        code = SOUK_OK;
    }
    if (code == SOUK_OK)
        db_close(&found);
    if (code < 0)
        json_add_cstr(arena, rows, NULL, db_error(conn));
    return finish_check(arena, check, rows);
}

const struct json *verify_run(struct db *db, struct arena *arena)
{
    struct json *report = json_new(arena, JSON_OBJECT);
    struct json *checks = json_new(arena, JSON_ARRAY);
    int ok = check_file(db, arena, checks);
    struct db_conn *conn = db_read_begin(db, 0);
    db_read_patient(conn, PATIENCE);
    ok &= check_audit(conn, arena, checks);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        ok &= check_rule(conn, arena, checks, &own[i]);
    for (int i = 0; i < added_count; i++)
        ok &= check_rule(conn, arena, checks, added[i]);
    db_read_end(conn);
    json_add_bool(arena, report, "ok", ok);
    json_add_tree(arena, report, "checks", checks);
    return report;
}
