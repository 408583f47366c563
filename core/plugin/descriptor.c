/*
 * descriptor.c: from a plugin's constant tables to memory of ours.
 *
 * The idea: the plugin may have been compiled with older, shorter or newer, longer
 * structs, so nothing is read in place: the descriptor and every row are copied into
 * zeroed structs of our size, min(theirs, ours) bytes each. What an older plugin does
 * not have is zero, what a newer one has beyond us is not looked at. Then every row is
 * checked (descriptor_rows.c, descriptor_site.c), before any code of the plugin runs.
 *
 * Invariants: the identity (magic, size, ABI) is decided before anything behind it is
 * read; a table is only walked when its count and stride are plausible. Text is not
 * copied: it lives in the mapping, which stays.
 *
 * Threads: any; no state. It does not protect against pointers into nowhere: a shared
 * object that wants to crash us has easier ways (its constructors), and the fault board
 * names it.
 */
#include "plugin/descriptor.h"

#include <stdio.h>
#include "plugin/descriptor_rows.h"

#define ROWS_MOST   1024
#define STRIDE_MOST 4096

#define END_OF(type, member) (offsetof(struct type, member) + sizeof(((struct type *)0)->member))

struct shape { /* one table: where it stands and what a row must at least have */
    const char *name;
    size_t table; /* offset in struct souk_plugin */
    size_t size;  /* of our row */
    size_t need;
    size_t items; /* offset in struct descriptor */
    size_t count;
};

#define SHAPE(member, type, last)                                                                  \
    {                                                                                              \
#member, offsetof(struct souk_plugin, member), sizeof(struct type), END_OF(type, last),    \
            offsetof(struct descriptor, member), offsetof(struct descriptor, member##_count)       \
    }

static const struct shape shapes[] = {
    SHAPE(relations, souk_require, relation),
    SHAPE(options, souk_option, type),
    SHAPE(routes, souk_route, handle),
    SHAPE(pages, souk_page, fill),
    SHAPE(slots, souk_slot, part_template),
    SHAPE(events, souk_listener, handle),
    SHAPE(jobs, souk_job, run),
    SHAPE(commands, souk_command, run),
    SHAPE(migrations, souk_migration, sql),
    SHAPE(files, souk_file, end),
    SHAPE(providers, souk_provider, table),
    SHAPE(resources, souk_resource, fields),
};

/* The plugin's name as its file has it: all that may be said before the layout is known
 * to be ours. */
static void name_from_file(const char *file, char *to, size_t size)
{
    const char *slash = strrchr(file, '/');
    snprintf(to, size, "%s", slash ? slash + 1 : file);
    char *dot = strrchr(to, '.');
    if (dot && dot != to)
        *dot = '\0';
}

static int read_identity(const struct souk_plugin *raw, const char *file, struct descriptor *out,
                         struct err *err)
{
    char name[48];
    name_from_file(file, name, sizeof(name));
    if (raw->magic != SOUK_MAGIC) {
        return err_set(err, SOUK_INVALID,
                       "plugin \"%s\" (%s): souk_plugin is not a descriptor; begin it with "
                       "SOUK_PLUGIN = { SOUK_ABI, … }",
                       name, file);
    }
    if (raw->abi_major != SOUK_ABI_MAJOR || raw->abi_minor > SOUK_ABI_MINOR) {
        int newer = raw->abi_major > SOUK_ABI_MAJOR ||
                    (raw->abi_major == SOUK_ABI_MAJOR && raw->abi_minor > SOUK_ABI_MINOR);
        return err_set(err, SOUK_CONFLICT,
                       "plugin \"%s\" (%s): needs ABI %d.%d, this souk has %d.%d; %s%s built "
                       "for ABI %d.%d",
                       name, file, raw->abi_major, raw->abi_minor, SOUK_ABI_MAJOR, SOUK_ABI_MINOR,
                       newer ? "upgrade souk or install a " : "install a ", name, SOUK_ABI_MAJOR,
                       SOUK_ABI_MINOR);
    }
    if (raw->size < offsetof(struct souk_plugin, relations) || raw->size > (1 << 16)) {
        return err_set(err, SOUK_INVALID,
                       "plugin \"%s\" (%s): says that its descriptor has %u bytes; begin it "
                       "with SOUK_ABI and build it again",
                       name, file, raw->size);
    }
    memset(out, 0, sizeof(*out));
    memcpy(&out->plugin, raw, raw->size < sizeof(*raw) ? raw->size : sizeof(*raw));
    return 0;
}

static const char *const reserved[] = {"souk", "core",   "plugin", "plugins",     "shop",
                                       "http", "limits", "log",    "http_client", "event"};

int descriptor_is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
        if (strcmp(name, reserved[i]) == 0)
            return 1;
    return 0;
}

static int check_identity(const struct row_check *check, const struct souk_plugin *plugin)
{
    if (!plugin->name || !descriptor_is_name(plugin->name, 32) || !plugin->name[1]) {
        return err_set(check->err, SOUK_INVALID,
                       "plugin \"%s\" (%s): its name must be 2 to 32 of a-z, 0-9 and _, and "
                       "begin with a letter; change .name",
                       check->plugin, check->file);
    }
    if (descriptor_is_reserved(plugin->name)) {
        return err_set(check->err, SOUK_INVALID,
                       "plugin \"%s\" (%s): souk uses this name itself; change .name, "
                       "by custom to <kind>_<name>",
                       plugin->name, check->file);
    }
    if (!plugin->api) {
        return err_set(check->err, SOUK_INVALID,
                       "plugin \"%s\" (%s): has no place for the API; begin the descriptor "
                       "with SOUK_ABI",
                       plugin->name, check->file);
    }
    if (!plugin->version || !plugin->version[0]) {
        return err_set(check->err, SOUK_INVALID,
                       "plugin \"%s\" (%s): has no version; set .version = \"1.0.0\"", plugin->name,
                       check->file);
    }
    if (plugin->role < SOUK_OPTIONAL || plugin->role > SOUK_GATE) {
        return err_set(check->err, SOUK_INVALID,
                       "plugin \"%s\" (%s): role %d is none of SOUK_OPTIONAL, SOUK_ESSENTIAL, "
                       "SOUK_GATE",
                       plugin->name, check->file, plugin->role);
    }
    return 0;
}

/* Replaces a table by a copy of its rows in our size; an empty one has no items. */
static int copy_rows(const struct row_check *check, const struct shape *shape, struct arena *arena,
                     struct souk_table *out)
{
    struct souk_table table = *out;
    *out = (struct souk_table){NULL, 0, (uint32_t)shape->size};
    if (table.count == 0)
        return 0;
    if (!table.items || table.count > ROWS_MOST || table.stride < shape->need ||
        table.stride > STRIDE_MOST) {
        return err_set(check->err, SOUK_INVALID,
                       "plugin \"%s\" (%s): table %s is broken (%u rows of %u bytes%s); fill "
                       "it with SOUK_TABLE, at most %d rows",
                       check->plugin, check->file, shape->name, table.count, table.stride,
                       table.items ? "" : " at address 0", ROWS_MOST);
    }
    size_t part = table.stride < shape->size ? table.stride : shape->size;
    char *rows = arena_zalloc(arena, table.count * shape->size);
    for (size_t i = 0; i < table.count; i++)
        memcpy(rows + i * shape->size, (const char *)table.items + i * table.stride, part);
    out->items = rows;
    out->count = table.count;
    return 0;
}

/* A resource holds tables itself. */
static int copy_inner(const struct row_check *check, struct arena *arena,
                      struct souk_resource *rows, size_t count)
{
    static const struct shape fields = {
        .name = "fields", .size = sizeof(struct souk_field), .need = END_OF(souk_field, flags)};
    static const struct shape actions = {
        .name = "actions", .size = sizeof(struct souk_action), .need = END_OF(souk_action, run)};
    for (size_t i = 0; i < count; i++) {
        int code = copy_rows(check, &fields, arena, &rows[i].fields);
        if (code == 0)
            code = copy_rows(check, &actions, arena, &rows[i].actions);
        if (code)
            return code;
    }
    return 0;
}

static int copy_table(const struct row_check *check, const struct shape *shape, struct arena *arena,
                      struct descriptor *out)
{
    struct souk_table table;
    memcpy(&table, (const char *)&out->plugin + shape->table, sizeof(table));
    int code = copy_rows(check, shape, arena, &table);
    if (code || table.count == 0)
        return code;
    size_t count = table.count;
    memcpy((char *)out + shape->items, &table.items, sizeof(table.items));
    memcpy((char *)out + shape->count, &count, sizeof(count));
    if (shape->items == offsetof(struct descriptor, resources))
        return copy_inner(check, arena, (struct souk_resource *)(uintptr_t)table.items, count);
    return 0;
}

static int check_tables(const struct row_check *check, const struct descriptor *d)
{
    static int (*const checks[])(const struct row_check *, const struct descriptor *) = {
        descriptor_check_requires,   descriptor_check_options,   descriptor_check_files,
        descriptor_check_routes,     descriptor_check_pages,     descriptor_check_slots,
        descriptor_check_events,     descriptor_check_jobs,      descriptor_check_commands,
        descriptor_check_migrations, descriptor_check_providers, descriptor_check_resources,
    };
    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        int code = checks[i](check, d);
        if (code)
            return code;
    }
    return 0;
}

int descriptor_read(const struct souk_plugin *raw, const char *file, struct arena *arena,
                    struct descriptor *out, struct err *err)
{
    int code = read_identity(raw, file, out, err);
    if (code)
        return code;
    char name[48];
    name_from_file(file, name, sizeof(name));
    struct row_check check = {name, file, err};
    code = check_identity(&check, &out->plugin);
    if (code)
        return code;
    check.plugin = out->plugin.name;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        code = copy_table(&check, &shapes[i], arena, out);
        if (code)
            return code;
    }
    return check_tables(&check, out);
}
