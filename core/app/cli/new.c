/*
 * new: `souk new KIND NAME`: the folder that a plugin begins with. What it copies are real plugins,
 * sdk/new/<kind>/, whose name is "example": in every file, and in the files' names, that word
 * becomes the new name ("Example" and "EXAMPLE" likewise). So what is made compiles, keeps the
 * rules of its kind and plays its story before its author has written a line.
 *
 * The folder is made beside its place and moved there whole: a refusal, a full disk or Ctrl-C
 * leaves nothing half made. What is there already is never touched.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/cli.h"
#include "base/str.h"
#include "plugin/descriptor_rows.h"

#define FILE_MOST  ((size_t)1 << 20)
#define DEPTH_MOST 4
#define TREE_UP    4 /* folders that the program may stand below the source tree's root */

static const struct {
    const char *name, *summary;
} kinds[] = {
    {"plain", "a page, a route, a table, a job, a command"},
    {"payment", "takes money through somebody's API"},
    {"delivery", "brings parcels, priced by weight"},
    {"notify", "carries messages on a channel of their own, such as SMS"},
    {"tax", "knows rates, and asks for tax numbers"},
    {"track", "tells a partner what became of its clicks"},
    {"feed", "writes the catalogue in somebody's format"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

/* ---- where the SDK is ---- */

static int has_templates(const char *sdk)
{
    char path[PATH_MAX];
    struct stat info;
    int len = snprintf(path, sizeof path, "%s/new/plain", sdk);
    return len > 0 && (size_t)len < sizeof path && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* What SOUK_SDK says; beside the program's own prefix; in the tree that it was built in; at the
 * prefix that it was built for. */
static const char *find_sdk(struct arena *arena, struct err *err)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    struct souk_str folder = str_make(self, len > 0 ? (size_t)len : 0);
    const char *given = getenv("SOUK_SDK");
    if (given && given[0] && has_templates(given))
        return realpath(given, arena_alloc(arena, PATH_MAX));
    for (int up = 0; up < TREE_UP; up++) {
        while (folder.len && folder.ptr[folder.len - 1] != '/')
            folder.len--;
        folder.len -= folder.len > 0;
        const char *sdk =
            arena_printf(arena, up == 1 ? "%.*s/share/souk" : "%.*s/sdk", SOUK_PRI(folder)).ptr;
        if (has_templates(sdk))
            return sdk;
        if (up == 1 && has_templates(sdk = arena_printf(arena, "%.*s/sdk", SOUK_PRI(folder)).ptr))
            return sdk;
    }
    if (has_templates(SOUK_PREFIX "/share/souk"))
        return SOUK_PREFIX "/share/souk";
    err_set(err, SOUK_NOT_FOUND,
            "the templates of plugins are not installed with this souk; run make install, or name "
            "the SDK's folder in SOUK_SDK");
    return NULL;
}

/* ---- names ---- */

struct draft { /* what is made */
    struct arena *arena;
    const char *kind;
    const char *word;   /* in place of "example" */
    const char *title;  /* in place of "Example" */
    const char *loud;   /* in place of "EXAMPLE" */
    const char *plugin; /* <kind>_<word>, and the folder's name */
    const char *sdk;
};

static int is_kind(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return 1;
    return 0;
}

static int name_draft(struct draft *draft, const char *kind, const char *name, struct err *err)
{
    struct arena *arena = draft->arena;
    int plain = strcmp(kind, "plain") == 0;
    const char *prefix = arena_printf(arena, "%s_", kind).ptr;
    if (!plain && str_starts(souk_str(name), prefix))
        name += strlen(prefix);
    draft->kind = kind;
    draft->word = name;
    draft->plugin = plain ? name : arena_printf(arena, "%s%s", prefix, name).ptr;
    if (!descriptor_is_name(name, 32) || !descriptor_is_name(draft->plugin, 32) ||
        !draft->plugin[1] || name[strlen(name) - 1] == '_')
        return err_set(err, SOUK_INVALID,
                       "\"%s\" cannot be a plugin's name: %s2 to 32 of a-z, 0-9 and _, a letter "
                       "first, such as tea",
                       draft->plugin, plain ? "" : "with its kind before it ");
    if (descriptor_is_reserved(draft->plugin))
        return err_set(err, SOUK_INVALID, "\"%s\" is a name that souk uses itself; choose another",
                       draft->plugin);
    char *title = arena_cstr(arena, souk_str(name));
    for (char *c = title; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    title[0] = (char)(title[0] - 'a' + 'A');
    draft->title = title;
    char *loud = arena_cstr(arena, souk_str(name));
    for (char *c = loud; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    draft->loud = loud;
    return SOUK_OK;
}

/* ---- copying ---- */

static void add_replaced(struct buf *out, struct souk_str text, const struct draft *draft)
{
    static const char *const words[] = {"example", "Example", "EXAMPLE"};
    const char *const by[] = {draft->word, draft->title, draft->loud};
    const size_t len = 7;
    size_t at = 0;
    for (size_t i = 0; i + len <= text.len; i++) {
        for (size_t w = 0; w < 3; w++) {
            if (memcmp(text.ptr + i, words[w], len) != 0)
                continue;
            buf_add(out, text.ptr + at, i - at);
            buf_add_cstr(out, by[w]);
            at = i + len;
            i = at - 1;
            break;
        }
    }
    buf_add(out, text.ptr + at, text.len - at);
}

/* In the tree a template's SDK is two folders up; what is made finds it where it is. A path that
 * make would read otherwise is left out: pkg-config or SOUK_SDK has to tell. */
static struct souk_str with_sdk(struct draft *draft, struct souk_str makefile)
{
    static const char up[] = "../..";
    struct buf out = {.arena = draft->arena};
    const char *at = memmem(makefile.ptr, makefile.len, up, sizeof up - 1);
    if (!at)
        return makefile;
    size_t before = (size_t)(at - makefile.ptr);
    buf_add(&out, makefile.ptr, before);
    if (!strpbrk(draft->sdk, " \t$#:(),\\%'\""))
        buf_add_cstr(&out, draft->sdk);
    buf_add_str(&out, str_from(makefile, before + sizeof up - 1));
    return buf_str(&out);
}

static int read_whole(struct arena *arena, const char *path, struct souk_str *text, struct err *err)
{
    char *bytes = arena_alloc(arena, FILE_MOST);
    FILE *file = fopen(path, "rbe");
    if (!file)
        return err_set(err, SOUK_ERROR, "%s cannot be read: %s", path, strerror(errno));
    size_t len = fread(bytes, 1, FILE_MOST, file);
    int failed = ferror(file) || len == FILE_MOST;
    fclose(file);
    *text = str_make(bytes, len);
    return failed ? err_set(err, SOUK_ERROR, "%s cannot be read whole", path) : SOUK_OK;
}

static int copy_file(struct draft *draft, const char *from, const char *to, struct err *err)
{
    struct souk_str text;
    struct arena scratch = {0};
    int code = read_whole(&scratch, from, &text, err);
    struct buf out = {.arena = &scratch};
    if (code == SOUK_OK) {
        if (str_ends(souk_str(to), "/Makefile"))
            text = with_sdk(draft, text);
        add_replaced(&out, text, draft);
        FILE *file = fopen(to, "wbe");
        size_t put = file ? fwrite(out.ptr, 1, out.len, file) : 0;
        if (!file || fclose(file) != 0 || put != out.len)
            code = err_set(err, SOUK_ERROR, "%s cannot be written: %s", to, strerror(errno));
    }
    arena_free(&scratch);
    return code;
}

/* What a build leaves in a template's folder is not a part of it. */
static int is_left_over(const char *name)
{
    struct souk_str file = souk_str(name);
    return name[0] == '.' || str_ends(file, ".so") || str_ends(file, ".conform.json") ||
           str_ends(file, "~");
}

static int copy_folder(struct draft *draft, const char *from, const char *to, int depth,
                       struct err *err)
{
    int code = SOUK_OK;
    DIR *dir = depth < DEPTH_MOST ? opendir(from) : NULL;
    struct dirent *entry;
    if (!dir)
        return err_set(err, SOUK_ERROR, "%s cannot be read: %s", from, strerror(errno));
    while (code == SOUK_OK && (entry = readdir(dir))) {
        struct buf name = {.arena = draft->arena};
        struct stat info;
        if (is_left_over(entry->d_name))
            continue;
        add_replaced(&name, souk_str(entry->d_name), draft);
        const char *source = arena_printf(draft->arena, "%s/%s", from, entry->d_name).ptr;
        const char *target = arena_printf(draft->arena, "%s/%.*s", to, (int)name.len, name.ptr).ptr;
        if (stat(source, &info) != 0)
            code = err_set(err, SOUK_ERROR, "%s cannot be read: %s", source, strerror(errno));
        else if (!S_ISDIR(info.st_mode))
            code = copy_file(draft, source, target, err);
        else if (mkdir(target, 0777) != 0)
            code = err_set(err, SOUK_ERROR, "%s cannot be made: %s", target, strerror(errno));
        else
            code = copy_folder(draft, source, target, depth + 1, err);
    }
    closedir(dir);
    return code;
}

/* ---- the folder ---- */

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

static int make_folder(struct draft *draft, const char *dir, const char *place, struct err *err)
{
    struct stat info;
    char *beside = arena_cstr(draft->arena, arena_printf(draft->arena, "%s/.souk-new-XXXXXX", dir));
    const char *from = arena_printf(draft->arena, "%s/new/%s", draft->sdk, draft->kind).ptr;
    if (lstat(place, &info) == 0)
        return err_set(err, SOUK_CONFLICT, "%s is there already; choose another name, or --dir",
                       place);
    if (!mkdtemp(beside))
        return err_set(err, SOUK_ERROR, "nothing can be made in %s: %s", dir, strerror(errno));
    mode_t mask = umask(0);
    umask(mask);
    int code = copy_folder(draft, from, beside, 0, err);
    if (code == SOUK_OK && (chmod(beside, 0777 & ~mask) != 0 ||
                            renameat2(AT_FDCWD, beside, AT_FDCWD, place, RENAME_NOREPLACE) != 0))
        code = err_set(err, SOUK_ERROR, "%s cannot be made: %s", place, strerror(errno));
    if (code != SOUK_OK)
        nftw(beside, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return code;
}

static void say_next(const struct draft *draft, const char *place)
{
    printf("%s is made, a %s plugin that works as it is:\n\n"
           "  make -C %s             %s.so\n"
           "  make -C %s conform     the rules of its kind, in all modes\n"
           "  make -C %s play        its story, against a shop\n"
           "  souk plugin install %s/%s.so --data DIR\n\n"
           "%s/README.md says what comes next.\n",
           place, draft->kind, place, draft->plugin, place, place, place, draft->plugin, place);
}

static int unknown_kind(const char *name)
{
    const char *names[KINDS + 1] = {NULL};
    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    const char *near = str_nearest(souk_str(name), names);
    int code = cli_usage(&command_new, "there is no kind \"%s\"%s%s%s", name,
                         near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
    for (size_t i = 0; i < KINDS; i++)
        fprintf(stderr, "  %-9s %s\n", kinds[i].name, kinds[i].summary);
    return code;
}

static int run_new(struct arena *arena, int argc, char **argv)
{
    struct cli_args args;
    struct err err = {0};
    struct draft draft = {.arena = arena};
    int code;
    if (cli_parse(&command_new, argc, argv, &args, &code))
        return code;
    if (args.rest_count && !is_kind(args.rest[0]))
        return unknown_kind(args.rest[0]);
    if (args.rest_count != 2)
        return cli_usage(&command_new, "say which kind, and a name: souk new plain tea");
    const char *dir = cli_value(&args, "--dir", ".");
    if (name_draft(&draft, args.rest[0], args.rest[1], &err) != SOUK_OK)
        return cli_fail("new", &err);
    const char *place =
        strcmp(dir, ".") == 0 ? draft.plugin : arena_printf(arena, "%s/%s", dir, draft.plugin).ptr;
    cli_catch_interrupt();
    draft.sdk = find_sdk(arena, &err);
    if (!draft.sdk || make_folder(&draft, dir, place, &err) != SOUK_OK)
        return cli_fail("new", &err);
    say_next(&draft, place);
    return CLI_DONE;
}

static const struct cli_option new_options[] = {
    {"--dir", "DIR", "where its folder is made (default: here)"}, CLI_END};

const struct cli_command command_new = {
    .name = "new",
    .usage = "KIND NAME [--dir DIR]",
    .words = 2,
    .summary = "Begins a plugin: a folder that compiles, keeps the rules of its kind and runs.",
    .help =
        "Kinds: plain, payment, delivery, notify, tax, track, feed. All but plain stand before the\n"
        "name: souk new payment acme makes payment_acme/.",
    .options = new_options,
    .run = run_new};
