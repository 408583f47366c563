/*
 * The build tool: what it accepts and the words of what it refuses. It stands at
 * ../../../tool/sqlc from this program.
 */
#include "fixture.h"
#include <libgen.h>
#include <limits.h>

static char folder[64];
static char tool[PATH_MAX + 32];

static int setup(void **state)
{
    char self[PATH_MAX] = "";
    (void)state;
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    char *dir = dirname(self);
    snprintf(tool, sizeof tool, "%s/../../../tool/sqlc", dir);
    if (access(tool, X_OK) != 0)
        snprintf(tool, sizeof tool, "%s/tool/sqlc", dir);
    fixture_folder(folder, sizeof folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_remove(folder);
    return 0;
}

static void put(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

/* Exit code of the tool; what it said in `said`. */
static int sqlc(const char *args, char *said, size_t size)
{
    char command[PATH_MAX + 400];
    snprintf(command, sizeof command, "cd '%s' && rm -f out.h && '%s' %s 2>&1", folder, tool, args);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    size_t len = fread(said, 1, size - 1, in);
    said[len] = 0;
    int status = pclose(in);
    return status < 0 ? -1 : status / 256;
}

static void check_bad(const char *text, const char *words)
{
    char said[2000];
    char path[200];
    put("q.sql", text);
    assert_int_equal(sqlc("statements out.h q.sql 000_a.sql", said, sizeof said), 1);
    if (!strstr(said, words))
        fail_msg("\"%s\" is not in: %s", words, said);
    snprintf(path, sizeof path, "%s/out.h", folder);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_statements(void **state)
{
    char said[2000];
    char header[2000];
    char path[200];
    (void)state;
    put("000_a.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT) STRICT;");
    put("001_b.sql", "ALTER TABLE a ADD COLUMN c INTEGER;");
    put("q.sql",
        "-- words before\n-- name: a_put\nINSERT INTO a (id, b, c)\n-- why\nVALUES ($2, '\"\\é', $1);\n\n"
        "-- name: a_all\nSELECT id FROM a\n");
    assert_int_equal(sqlc("statements out.h q.sql 001_b.sql 000_a.sql", said, sizeof said), 0);
    snprintf(path, sizeof path, "%s/out.h", folder);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    size_t len = fread(header, 1, sizeof header - 1, in);
    header[len] = 0;
    fclose(in);
    assert_non_null(strstr(header, "sql_a_put __attribute__((unused)) = {\"a_put\",\n"));
    assert_non_null(strstr(header, "VALUES ($2, '\\\"\\\\\\303\\251', $1)\\n\"};"));
    assert_null(strstr(header, "why"));
    assert_int_equal(sqlc("migrations out.h 001_b.sql 000_a.sql", said, sizeof said), 0);
    assert_int_equal(sqlc("nonsense", said, sizeof said), 2);
    check_bad("-- name: x\nSELECT id,\n  nowhere FROM a", "q.sql:3: no such column: nowhere");
    check_bad("-- name: x\nSELECT 1\n-- name: y\n\nSELECT FROM", "q.sql:5: ");
    check_bad("-- name: x\nSELECT $1, $3",
              "q.sql:2: a gap in the parameters; this one is not used: $2");
    check_bad("-- name: x\nSELECT ?1", "$1, $2");
    check_bad("-- name: x\nSELECT :x", "$1, $2");
    check_bad("-- name: x\nSELECT 1;\nSELECT 2", "a second statement");
    check_bad("-- name: x\nSELECT 1\n-- name: x\nSELECT 2", "q.sql:3: this name is there twice: x");
    check_bad("-- name: X\nSELECT 1", "names are made of");
    check_bad("-- name:\nSELECT 1", "a name of 1 to 60");
    check_bad("-- name: x\n-- nothing\n", "there is no statement");
    check_bad("SELECT 1", "no statement");
    check_bad("-- name: x\nSELECT \"text\"", "no such column");
    put("000_a.sql", "CREATE TABLE a (id INTEGER);\nCREATE TABEL b (id);");
    check_bad("-- name: x\nSELECT 1", "000_a.sql:2: near \"TABEL\"");
}

static void test_migrations(void **state)
{
    char said[2000];
    (void)state;
    put("000_a.sql", "CREATE TABLE a (id INTEGER);");
    put("002_c.sql", "CREATE TABLE c (id INTEGER);");
    put("b.sql", "CREATE TABLE b (id INTEGER);");
    assert_int_equal(sqlc("migrations out.h 000_a.sql 002_c.sql", said, sizeof said), 1);
    assert_non_null(strstr(said, "gap"));
    assert_int_equal(sqlc("migrations out.h b.sql", said, sizeof said), 1);
    assert_non_null(strstr(said, "NNN_name.sql"));
    assert_int_equal(sqlc("migrations out.h missing.sql", said, sizeof said), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_statements, setup, teardown),
        cmocka_unit_test_setup_teardown(test_migrations, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
