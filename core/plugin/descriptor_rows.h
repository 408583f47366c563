/*
 * descriptor_rows: the checks of a descriptor's tables, row by row, after they were
 * copied. Private to descriptor*.c.
 */
#ifndef PLUGIN_DESCRIPTOR_ROWS_H
#define PLUGIN_DESCRIPTOR_ROWS_H

#include "plugin/descriptor.h"

struct row_check { /* where we are, for messages */
    const char *plugin;
    const char *file;
    struct err *err;
};

/* 1 when `name` matches [a-z][a-z0-9_]* and is at most `longest` bytes. */
int descriptor_is_name(const char *name, size_t longest);
int descriptor_is_reserved(const char *name); /* a section of souk.lua, say: no plugin's name */
/* SOUK_INVALID and words that begin with: plugin "x" (file): table[row]: … */
int descriptor_wrong(const struct row_check *check, const char *table, size_t row,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

int descriptor_check_requires(const struct row_check *check, const struct descriptor *d);
int descriptor_check_options(const struct row_check *check, const struct descriptor *d);
int descriptor_check_events(const struct row_check *check, const struct descriptor *d);
int descriptor_check_jobs(const struct row_check *check, const struct descriptor *d);
int descriptor_check_commands(const struct row_check *check, const struct descriptor *d);
int descriptor_check_migrations(const struct row_check *check, const struct descriptor *d);
int descriptor_check_providers(const struct row_check *check, const struct descriptor *d);
/* descriptor_table.c: the members that a provider's table of so many bytes must have. */
int descriptor_check_table(const struct row_check *check, size_t row,
                           const struct souk_provider *provider, uint32_t size);
/* descriptor_site.c: what the web is built from. */
int descriptor_check_routes(const struct row_check *check, const struct descriptor *d);
int descriptor_check_pages(const struct row_check *check, const struct descriptor *d);
int descriptor_check_slots(const struct row_check *check, const struct descriptor *d);
int descriptor_check_files(const struct row_check *check, const struct descriptor *d);

/* descriptor_admin.c */
int descriptor_check_resources(const struct row_check *check, const struct descriptor *d);

#endif
