/*
 * still.c: rules about the file and its descriptor, without running much of it.
 */
#include "conform/general/rules.h"

void general_loads(struct scene *scene)
{
    uint32_t ticket; /* a plugin that is not loaded does not come this far */
    struct plugin_set *set = set_pin(&ticket);
    struct plugin *plugin = set_plugin(set, souk_str(scene->world->plan->name));
    if (!plugin)
        scene_no(scene, "the plugin is not on");
    set_unpin(ticket);
}

static void check_table(struct scene *scene, const struct souk_provider *row)
{
    uint32_t size = 0, need = 0, most = 0;
    if (strcmp(row->kind, "payment") == 0) {
        need = offsetof(struct souk_payment_provider, begin) + sizeof(void *);
        most = sizeof(struct souk_payment_provider);
    } else if (strcmp(row->kind, "delivery") == 0) {
        need = offsetof(struct souk_delivery_provider, check) + sizeof(void *);
        most = sizeof(struct souk_delivery_provider);
    } else if (strcmp(row->kind, "notify") == 0) {
        need = offsetof(struct souk_notify_provider, send) + sizeof(void *);
        most = sizeof(struct souk_notify_provider);
    }
    memcpy(&size, row->table, sizeof size);
    EXPECT(scene, size >= need && (most == 0 || size <= most),
           "the table of %s \"%s\" says that it has %u bytes; set .size = sizeof of its struct",
           row->kind, row->name, size);
}

void general_abi(struct scene *scene)
{
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    struct plugin *plugin = set_plugin(set, souk_str(scene->world->plan->name));
    const struct descriptor *d = plugin ? &plugin->descriptor : NULL;
    if (!d || d->plugin.abi_major != SOUK_ABI_MAJOR || d->plugin.abi_minor > SOUK_ABI_MINOR)
        scene_no(scene, "it is not built for ABI %d.%d", SOUK_ABI_MAJOR, SOUK_ABI_MINOR);
    for (size_t i = 0; d && i < d->providers_count; i++)
        check_table(scene, &d->providers[i]);
    set_unpin(ticket);
}

void general_options_described(struct scene *scene)
{
    json_each(option, json_at(scene->world->plan->about, "options"))
    {
        struct souk_str key = json_text(json_at(&option->value, "key"));
        struct souk_str summary = str_trim(json_text(json_at(&option->value, "summary")));
        EXPECT(scene, summary.len > 0, "option \"%.*s\" has no summary", SOUK_PRI(key));
    }
}

/* A route, job or command stands in documents and lists with its sentence. */
void general_surfaces_described(struct scene *scene)
{
    static const char *const lists[][3] = {
        {"routes", "path", "route"}, {"jobs", "name", "job"}, {"commands", "name", "command"}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        json_each(row, json_at(scene->world->plan->about, lists[i][0]))
        {
            struct souk_str summary = str_trim(json_text(json_at(&row->value, "summary")));
            EXPECT(scene, summary.len > 0, "%s \"%.*s\" has no summary", lists[i][2],
                   SOUK_PRI(json_text(json_at(&row->value, lists[i][1]))));
        }
}

void general_secrets_declared(struct scene *scene)
{
    static const char *const words[] = {"secret", "password", "token", "private"};
    json_each(option, json_at(scene->world->plan->about, "options"))
    {
        struct souk_str key = json_text(json_at(&option->value, "key"));
        struct souk_str type = json_text(json_at(&option->value, "type"));
        if (!souk_str_is(type, "string") && !souk_str_is(type, "text"))
            continue;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            EXPECT(scene, !memmem(key.ptr, key.len, words[i], strlen(words[i])),
                   "option \"%.*s\" sounds like a secret and is of the type %.*s: make it "
                   "SOUK_SECRET, so that nobody prints it",
                   SOUK_PRI(key), SOUK_PRI(type));
    }
}

/* ---- exports ---- */

static int is_export(const Elf64_Sym *symbol)
{
    unsigned bind = ELF64_ST_BIND(symbol->st_info), seen = ELF64_ST_VISIBILITY(symbol->st_other);
    return symbol->st_shndx != SHN_UNDEF && (bind == STB_GLOBAL || bind == STB_WEAK) &&
           (seen == STV_DEFAULT || seen == STV_PROTECTED);
}

static void check_export(struct scene *scene, const Elf64_Sym *symbol, const char *name)
{
    if (is_export(symbol) && strcmp(name, "souk_plugin") != 0 &&
        strncmp(name, "__", 2) != 0) /* of sanitizers */
        scene_no(scene, "it exports %s too; build it with -fvisibility=hidden", name);
}

void general_exports_one_symbol(struct scene *scene)
{
    elf_read(scene, &(struct elf_reader){.symbol = check_export});
}
