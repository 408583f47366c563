/*
 * plugin_file: a plugin as a file: what `souk plugin info` tells of it, its record of conformance,
 * and how it comes into a shop's folder.
 */
#ifndef CLI_PLUGIN_FILE_H
#define CLI_PLUGIN_FILE_H

#include "app/cli/cli.h"
#include "app/config.h"
#include "plugin/switch.h"
#include "store/db.h"

/* ---- plugin.c: a stopped shop, asked about its plugins ---- */

struct stopped {
    struct db *db;
    const char *data;
    struct config config;
    struct wanted wanted;
};
int stopped_open(struct arena *arena, const char *data, struct stopped *shop, struct err *err);
int stopped_info(struct arena *arena, struct stopped *shop, const char *name, struct json *info,
                 struct err *err);

/* ---- plugin_record.c: NAME.conform.json, which souk-host conform --record writes ---- */

#define RECORD_NONE  0
#define RECORD_GOOD  1
#define RECORD_OTHER 2 /* of another file, or another plugin */
#define RECORD_NO    3 /* a rule does not hold */
#define RECORD_BAD   4 /* cannot be read */

struct record {
    int state;
    const char *path; /* where it is, or would be */
    struct json *json;
};
void record_read(struct arena *arena, const char *file, const char *name, const char sha256[65],
                 struct record *out);
/* A line for people: "83 yes, 0 no, …". */
struct souk_str record_words(struct arena *arena, const struct record *record);
/* The bytes of a regular file and their SHA-256, in small hex; `info` as it was opened. */
struct stat;
int record_hash(struct arena *arena, const char *file, struct souk_str *bytes, char sha256[65],
                struct stat *info, struct err *err);
/* "tea" of "x/tea.so"; NULL: it is not called so. */
const char *record_name(struct arena *arena, const char *file);

/* ---- the commands; they return what to exit with ---- */

int plugin_info_show(struct arena *arena, const struct cli_args *args, const char *data);
int plugin_install_file(struct arena *arena, const struct cli_args *args, const char *data);

#endif
