/*
 * play.c: souk-host play: runs the stories of a file, each with a Lua state and a shop of its own,
 * and says of each whether it holds.
 *
 * The file is read once to know its stories, and once more for each of them: what a story leaves in
 * its variables is gone for the next.
 */
#include "host/play.h"

#include <ftw.h>
#include <lauxlib.h>
#include <limits.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORIES_MOST 200
#ifdef __SANITIZE_ADDRESS__
#define STORY_LIMIT (600 * CLOCK_SECOND)
#else
#define STORY_LIMIT (180 * CLOCK_SECOND)
#endif

struct play *play_now;

struct titles {
    char names[STORIES_MOST][200];
    size_t count;
};

static struct titles titles; /* of the file */
static size_t wanted;        /* the one that is read for; STORIES_MOST: none, only titles */
static size_t seen;
static int story_function = LUA_NOREF;

/* ---- words that the file itself uses ---- */

static int word_shop(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (play_now->terms)
        return luaL_error(lua, "shop is said once");
    play_now->terms = script_take(lua, 1, &play_now->arena, 0);
    static const char *const members[] = {"options", "plugins", "settings", "products", NULL};
    json_each(item, play_now->terms)
    {
        int known = 0;
        for (size_t i = 0; members[i]; i++)
            known |= souk_str_is(item->key, members[i]);
        if (!known)
            return luaL_error(lua,
                              "shop has no member \"%s\"; there are options, plugins, "
                              "settings and products",
                              arena_cstr(&play_now->arena, item->key));
    }
    return 0;
}

static int word_story(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    if (seen == STORIES_MOST)
        return luaL_error(lua, "a file has at most %d stories", STORIES_MOST);
    if (wanted == STORIES_MOST)
        snprintf(titles.names[titles.count++], sizeof titles.names[0], "%s", name);
    if (seen++ == wanted) {
        lua_settop(lua, 2);
        story_function = luaL_ref(lua, LUA_REGISTRYINDEX);
    }
    return 0;
}

/* ---- one story ---- */

static void say(lua_State *lua, char *words, size_t size)
{
    const char *said = lua_tostring(lua, -1);
    int len = snprintf(words, size, "%s", said ? said : "it fails without a word");
    if (len >= (int)size) { /* it is not all of it */
        size_t at = size - sizeof " …";
        while (at && ((unsigned char)words[at] & 0xC0) == 0x80)
            at--;
        snprintf(words + at, size - at, " …");
    }
    if (!scene_utf8(souk_str(words)))
        for (char *c = words; *c; c++)
            *c = (unsigned char)*c >= 0x80 ? '?' : *c;
    lua_settop(lua, 0);
}

static int read_file(struct play *play, char *words, size_t size)
{
    script_new(&play->script);
    lua_State *lua = script_state(play->script);
    lua_register(lua, "shop", word_shop);
    lua_register(lua, "story", word_story);
    play_words(lua);
    seen = 0;
    story_function = LUA_NOREF;
    if (luaL_loadfilex(lua, play->options->story, "t") != LUA_OK ||
        lua_pcall(lua, 0, 0, 0) != LUA_OK) {
        say(lua, words, size);
        return SOUK_ERROR;
    }
    return SOUK_OK;
}

/* The first line of the shop's log with these words; empty: there is none. */
static struct souk_str log_line(struct play *play, const char *words)
{
    struct souk_str log = play_log(play), line;
    while (str_split(&log, '\n', &line))
        if (memmem(line.ptr, line.len, words, strlen(words)))
            return line;
    return souk_str("");
}

static int run_story(struct play *play, char *words, size_t size)
{
    struct err err = {0};
    if (read_file(play, words, size) != SOUK_OK)
        return SOUK_ERROR;
    if (play_setup(play, &err) != SOUK_OK) {
        snprintf(words, size, "%s: %s", play->options->story, err.text);
        return SOUK_ERROR;
    }
    struct souk_str without = log_line(
        play,
        arena_printf(&play->arena, "event=plugin.left_out plugin=%s ", play->options->name).ptr);
    if (without.len) { /* what the story does would fail in some other way */
        snprintf(words, size, "the shop goes on without the plugin: %.*s", SOUK_PRI(without));
        return SOUK_ERROR;
    }
    /* After some crashes in its init the supervisor starts the shop without it, and says no more.
     */
    struct souk_str fell = log_line(play, "event=shop.died");
    if (fell.len) {
        snprintf(words, size, "the shop died on its way up: %.*s", SOUK_PRI(fell));
        return SOUK_ERROR;
    }
    lua_State *lua = script_state(play->script);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, story_function);
    if (lua_pcall(lua, 0, 0, 0) != LUA_OK) {
        say(lua, words, size);
        return SOUK_ERROR;
    }
    if (play->trouble[0]) {
        snprintf(words, size, "%s", play->trouble);
        return SOUK_ERROR;
    }
    struct souk_str death = log_line(play, "event=shop.died");
    if (death.len) { /* it is started again so fast that no step may have noticed */
        snprintf(words, size, "the shop died on the way: %.*s", SOUK_PRI(death));
        return SOUK_ERROR;
    }
    return SOUK_OK;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

/* What the shop said of errors, for the one who has to find out. */
static void print_log(struct play *play)
{
    struct souk_str log = play_log(play), line;
    int most = 8;
    while (most > 0 && str_split(&log, '\n', &line))
        if (memmem(line.ptr, line.len, "level=error", 11)) {
            fprintf(stderr, "     | %.*s\n", SOUK_PRI(line));
            most--;
        }
}

static int play_one(const struct play_options *options, size_t number, const char *scratch,
                    char *words, size_t size)
{
    struct play play = {.options = options, .until = clock_mono() + STORY_LIMIT};
    struct err err = {0};
    play.dir = arena_printf(&play.arena, "%s/%zu", scratch, number).ptr;
    play_now = &play;
    wanted = number;
    int code = mkdir(play.dir, 0700) == 0 ? SOUK_OK : err_set(&err, SOUK_ERROR, "%s: %m", play.dir);
    code = code ? code : play_peer_begin(&play, &err);
    code = code ? code : play_mail_begin(&play, &err);
    if (code != SOUK_OK)
        snprintf(words, size, "souk-host: %s", err.text);
    else
        code = run_story(&play, words, size);
    play_shop_down(&play, 1, &err);
    if (code != SOUK_OK)
        print_log(&play);
    play_http_end(&play);
    play_peer_end(&play);
    play_mail_end(&play);
    script_close(play.script);
    nftw(play.dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    arena_free(&play.arena);
    play_now = NULL;
    return code;
}

/* ---- all of them ---- */

static int read_titles(const struct play_options *options)
{
    char words[HOST_TEXT] = "";
    struct play play = {.options = options, .until = clock_mono() + STORY_LIMIT};
    struct err err = {0};
    play_now = &play;
    wanted = STORIES_MOST;
    int code = play_peer_begin(&play, &err);
    if (code == SOUK_OK)
        code = read_file(&play, words, sizeof words);
    play_peer_end(&play);
    script_close(play.script);
    arena_free(&play.arena);
    play_now = NULL;
    if (code != SOUK_OK)
        fprintf(stderr, "souk-host: %s\n", words[0] ? words : err.text);
    else if (!titles.count)
        fprintf(stderr, "souk-host: %s tells no story\n", options->story);
    return code == SOUK_OK && titles.count ? SOUK_OK : SOUK_ERROR;
}

static void print_json(const struct play_options *options, struct arena *arena, struct json *rows,
                       int failed)
{
    struct json *out = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    json_add_cstr(arena, out, "plugin", options->name);
    json_add_bool(arena, out, "ok", !failed);
    json_add_tree(arena, out, "stories", rows);
    json_print(&text, out);
    printf("%.*s\n", SOUK_PRI(buf_str(&text)));
}

static int play_all(const struct play_options *options, const char *scratch)
{
    struct arena arena = {0};
    struct json *rows = json_new(&arena, JSON_ARRAY);
    int failed = 0, played = 0;
    for (size_t i = 0; i < titles.count && !play_interrupted(); i++) {
        char words[HOST_TEXT] = "";
        if (options->only && strcmp(options->only, titles.names[i]) != 0)
            continue;
        int code = play_one(options, i, scratch, words, sizeof words);
        played++;
        failed += code != SOUK_OK;
        struct json *row = json_add(&arena, rows, NULL, JSON_OBJECT);
        json_add_cstr(&arena, row, "story", titles.names[i]);
        json_add_cstr(&arena, row, "verdict", code == SOUK_OK ? "yes" : "no");
        json_add_str(&arena, row, "words", arena_str(&arena, souk_str(words)));
        if (!options->as_json)
            printf("%-4s %s\n%s%s%s", code == SOUK_OK ? "yes" : "no", titles.names[i],
                   words[0] ? "     " : "", words, words[0] ? "\n" : "");
        fflush(stdout);
    }
    if (options->as_json)
        print_json(options, &arena, rows, failed);
    else
        printf("%s: %d yes, %d no\n", options->name, played - failed, failed);
    arena_free(&arena);
    if (!played && !play_interrupted())
        fprintf(stderr, "souk-host: there is no story \"%s\"\n", options->only);
    return failed || !played || play_interrupted() ? 1 : 0;
}

/* ---- the command line ---- */

static const char usage[] =
    "usage: souk-host play STORY.lua PLUGIN.so [--plugins DIR]… [--shop /path/to/souk]\n"
    "                      [--story NAME] [--json]\n"
    "\n"
    "Plays the stories of the file, each against a shop of its own with the plugin on: this\n"
    "host's, or the souk that --shop names. Other plugins are looked for beside the plugin, in\n"
    "--plugins, and beside this program. See stories.md.\n"
    "Exit: 0 all hold, 1 some do not or cannot be played, 2 usage.\n";

static void add_dir(struct play_options *options, const char *dir)
{
    static char paths[PLAY_DIRS][PATH_MAX];
    if (options->dir_count < PLAY_DIRS && realpath(dir, paths[options->dir_count]))
        options->dirs[options->dir_count] = paths[options->dir_count], options->dir_count++;
}

static int take_file(struct play_options *options, const char *file)
{
    static char path[PATH_MAX], dir[PATH_MAX], name[200];
    if (!realpath(file, path)) {
        fprintf(stderr, "souk-host: %s: %m; name the plugin's .so file\n", file);
        return SOUK_ERROR;
    }
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    size_t len = strlen(slash + 1);
    if (len < 4 || len > 100 || strcmp(slash + len - 2, ".so") != 0) {
        fprintf(stderr, "souk-host: %s: a plugin is a file NAME.so\n", file);
        return SOUK_ERROR;
    }
    snprintf(name, sizeof name, "%.*s", (int)(len - 3), slash + 1);
    *slash = '\0';
    options->file = path;
    options->name = name;
    add_dir(options, dir[0] ? dir : "/");
    return SOUK_OK;
}

/* Plugins that came with this program: build/plugins, or those that were installed. */
static void add_own_dirs(struct play_options *options)
{
    static char self[PATH_MAX];
    char dir[PATH_MAX + 32];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0)
        return;
    self[len] = '\0';
    if (!options->binary)
        options->binary = self;
    snprintf(dir, sizeof dir, "%.*s/plugins", (int)(strrchr(self, '/') - self), self);
    add_dir(options, dir);
    snprintf(dir, sizeof dir, "%.*s/../lib/souk/plugins", (int)(strrchr(self, '/') - self), self);
    add_dir(options, dir);
}

static int parse(struct play_options *options, int argc, char **argv, const char *dirs[],
                 const char **file)
{
    size_t count = 0;
    for (int i = 2; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--json") == 0)
            options->as_json = 1;
        else if (strcmp(argv[i], "--plugins") == 0 && next && count < PLAY_DIRS - 3)
            dirs[count++] = argv[++i];
        else if (strcmp(argv[i], "--shop") == 0 && next)
            options->binary = argv[++i], options->is_shop = 1;
        else if (strcmp(argv[i], "--story") == 0 && next)
            options->only = argv[++i];
        else if (argv[i][0] != '-' && !options->story)
            options->story = argv[i];
        else if (argv[i][0] != '-' && !*file)
            *file = argv[i];
        else
            return 0;
    }
    return options->story && *file;
}

int play_main(int argc, char **argv, const char *scratch)
{
    struct play_options options = {0};
    const char *dirs[PLAY_DIRS + 1] = {NULL}, *file = NULL;
    if (!parse(&options, argc, argv, dirs, &file)) {
        fputs(usage, stderr);
        return 2;
    }
    if (access(options.story, R_OK) != 0 ||
        (options.is_shop && access(options.binary, X_OK) != 0)) {
        fprintf(stderr, "souk-host: %s: %m\n",
                access(options.story, R_OK) != 0 ? options.story : options.binary);
        return 1;
    }
    if (take_file(&options, file) != SOUK_OK)
        return 1;
    for (size_t i = 0; dirs[i]; i++)
        add_dir(&options, dirs[i]);
    add_own_dirs(&options);
    play_catch_signals();
    if (read_titles(&options) != SOUK_OK)
        return 1;
    return play_all(&options, scratch);
}
