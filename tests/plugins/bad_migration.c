/*
 * bad_migration: has a migration that does not parse.
 */
#include <souk.h>

static const struct souk_migration migrations[] = {
    {.number = 1,
     .name = "good",
     .sql = "CREATE TABLE p_bad_migration_one (id INTEGER PRIMARY KEY) STRICT"},
    {.number = 2, .name = "broken", .sql = "CREATE TABEL p_bad_migration_two (id INTEGER)"},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_migration",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .migrations = SOUK_TABLE(migrations),
};
