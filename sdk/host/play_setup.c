/*
 * play_setup.c: a story's shop before its first step: souk.lua out of what shop{} says, the plugins
 * that a checkout needs, the goods, and a token for the staff.
 *
 * The plugin under test is on, with what it needs and what shop.plugins names. A courier, payment
 * at the door and mail are on too where their files are found, so that a story can buy something
 * without setting all that up; `plugins = { payment_cod = false }` keeps one out.
 */
#include "host/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/inspect.h"

static const char *const usual[] = {"delivery_courier", "payment_cod", "notify_mail"};
#define USUAL (sizeof usual / sizeof *usual)

static const char goods[] =
    "[{\"sku\": \"TEA-100\", \"name\": \"Mountain tea\", \"price\": 690, \"stock\": 40, \"weight_g\": "
    "120}, {\"sku\": \"MUG-1\", \"name\": \"Blue mug\", \"price\": 1909, \"stock\": 12, "
    "\"weight_g\": 380}, {\"sku\": \"TABLE-1\", \"name\": \"Oak table\", \"price\": 64900, "
    "\"stock\": 1, \"weight_g\": 42000}]";

/* ---- souk.lua ---- */

static void print_lua(struct buf *out, const struct json *value, int depth);

static void print_text(struct buf *out, struct souk_str text)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < ' ' || c == '"' || c == '\\' || c == 127)
            buf_printf(out, "\\%03u", c);
        else
            buf_add_char(out, (char)c);
    }
    buf_add_char(out, '"');
}

static void print_table(struct buf *out, const struct json *value, int depth)
{
    buf_add_cstr(out, "{ ");
    json_each(item, value)
    {
        if (value->kind == JSON_OBJECT) {
            buf_add_char(out, '[');
            print_text(out, item->key);
            buf_add_cstr(out, "] = ");
        }
        print_lua(out, &item->value, depth + 1);
        buf_add_cstr(out, ", ");
    }
    buf_add_char(out, '}');
}

static void print_lua(struct buf *out, const struct json *value, int depth)
{
    switch (value->kind) {
    case JSON_BOOL: buf_add_cstr(out, value->number ? "true" : "false"); break;
    case JSON_INT: buf_add_int(out, value->number); break;
    case JSON_REAL: buf_printf(out, "%.17g", value->real); break;
    case JSON_STRING: print_text(out, value->text); break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        if (depth < 32) {
            print_table(out, value, depth);
            break;
        }
        /* fallthrough */
    default: buf_add_cstr(out, "nil");
    }
}

/* The file of a plugin in the folders, or NULL. */
static const char *find_plugin(struct play *play, const char *name)
{
    for (size_t i = 0; i < play->options->dir_count; i++) {
        const char *path = arena_printf(&play->arena, "%s/%s.so", play->options->dirs[i], name).ptr;
        if (access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}

static int is_secret(const struct json *about, struct souk_str key)
{
    json_each(option, json_at(about, "options"))
    {
        if (souk_str_equal(json_text(json_at(&option->value, "key")), key))
            return souk_str_is(json_text(json_at(&option->value, "type")), "secret");
    }
    return 0;
}

/* Its table of souk.lua. A secret stands in the story as it is, and reaches the shop by the
 * environment, as souk.lua wants it. */
static void print_options(struct play *play, struct buf *out, const char *name,
                          const struct json *about, const struct json *options)
{
    buf_printf(out, "%s = {\n", name);
    json_each(option, options)
    {
        buf_add_cstr(out, "  [");
        print_text(out, option->key);
        buf_add_cstr(out, "] = ");
        if (option->value.kind == JSON_STRING && is_secret(about, option->key)) {
            const char *variable =
                arena_printf(&play->arena, "SOUK_HOST_%s_%.*s", name, SOUK_PRI(option->key)).ptr;
            setenv(variable, arena_cstr(&play->arena, option->value.text), 1);
            buf_printf(out, "env \"%s\"", variable);
        } else {
            print_lua(out, &option->value, 0);
        }
        buf_add_cstr(out, ",\n");
    }
    buf_add_cstr(out, "}\n");
}

static int inspect(struct play *play, const char *name, struct json **about, struct err *err)
{
    const char *file =
        strcmp(name, play->options->name) == 0 ? play->options->file : find_plugin(play, name);
    if (!file)
        return err_set(err, SOUK_NOT_FOUND,
                       "%s.so is in none of the folders; name its folder with --plugins", name);
    struct inspect_request request = {
        .file = file, .name = name, .scratch = play->dir, .config_dir = play->dir};
    return inspect_file(&request, &play->arena, about, err);
}

/* ---- which plugins ---- */

struct chosen { /* a plugin that will be on */
    const char *name;
    struct json *about;
    const struct json *options;
};

struct choice {
    struct chosen list[32];
    size_t count;
};

int play_has(const struct play *play, const char *plugin)
{
    json_each(item, json_at(play->terms, "_on"))
    {
        if (souk_str_is(json_text(&item->value), plugin))
            return 1;
    }
    return 0;
}

static int choose(struct play *play, struct choice *choice, const char *name,
                  const struct json *options, struct err *err)
{
    for (size_t i = 0; i < choice->count; i++)
        if (strcmp(choice->list[i].name, name) == 0)
            return SOUK_OK;
    if (choice->count == sizeof choice->list / sizeof *choice->list)
        return err_set(err, SOUK_TOO_LARGE, "more plugins than a story needs");
    struct chosen *chosen = &choice->list[choice->count++];
    *chosen = (struct chosen){.name = name, .options = options};
    int code = inspect(play, name, &chosen->about, err);
    json_each(row, json_at(chosen->about, "requires"))
    {
        const char *needed = arena_cstr(&play->arena, json_text(json_at(&row->value, "plugin")));
        if (code == SOUK_OK && souk_str_is(json_text(json_at(&row->value, "relation")), "needs"))
            code =
                choose(play, choice, needed, json_at(json_at(play->terms, "plugins"), needed), err);
    }
    return code;
}

static const struct json *usual_options(struct play *play, const char *name,
                                        const struct json *given)
{
    struct arena *arena = &play->arena;
    struct json *options = json_new(arena, JSON_OBJECT);
    json_each(item, given)
        json_add_tree(arena, options, arena_cstr(arena, item->key), &item->value);
    if (strcmp(name, "delivery_courier") == 0 && !given) {
        json_add_cstr(arena, options, "zones", "anywhere | * | *");
        json_add_cstr(arena, options, "rates", "anywhere | 100 | 4.90");
    }
    if (strcmp(name, "notify_mail") == 0 && !json_at(given, "host")) {
        json_add_cstr(arena, options, "host", "127.0.0.1");
        json_add_int(arena, options, "port", play->mail_port);
        json_add_cstr(arena, options, "tls", "none");
        if (!json_at(given, "sender"))
            json_add_cstr(arena, options, "sender", "shop@shop.example");
    }
    return options;
}

static int choose_all(struct play *play, struct choice *choice, struct err *err)
{
    const struct json *more = json_at(play->terms, "plugins");
    const char *own = play->options->name;
    const struct json *options = json_at(play->terms, "options");
    for (size_t i = 0; i < USUAL; i++)
        if (strcmp(own, usual[i]) == 0)
            options = usual_options(play, own, options);
    int code = choose(play, choice, own, options, err);
    json_each(item, more)
    {
        if (code == SOUK_OK && item->value.kind == JSON_OBJECT) {
            const char *name = arena_cstr(&play->arena, item->key);
            const struct json *said = &item->value;
            if (strcmp(name, "notify_mail") == 0)
                said = usual_options(play, name, said);
            code = choose(play, choice, name, said, err);
        }
    }
    for (size_t i = 0; code == SOUK_OK && i < USUAL; i++) {
        const struct json *said = json_at(more, usual[i]);
        if (!said && find_plugin(play, usual[i]))
            code = choose(play, choice, usual[i], usual_options(play, usual[i], NULL), err);
    }
    return code;
}

/* ---- the file ---- */

/* One section of souk.lua: what the host says, and over it what settings say. */
static void print_section(struct play *play, struct buf *out, const char *name, const char *initial)
{
    struct json *section = NULL, *made = json_new(&play->arena, JSON_OBJECT);
    const struct json *said = json_at(json_at(play->terms, "settings"), name);
    struct err err = {0};
    json_parse(&play->arena, souk_str(initial), &section, &err);
    json_each(item, section) if (!json_get(said, item->key))
        json_add_tree(&play->arena, made, arena_cstr(&play->arena, item->key), &item->value);
    json_each(item, said)
        json_add_tree(&play->arena, made, arena_cstr(&play->arena, item->key), &item->value);
    buf_printf(out, "%s = ", name);
    print_lua(out, made, 0);
    buf_add_char(out, '\n');
}

static void print_file(struct play *play, const struct choice *choice, struct buf *out)
{
    static const char *const own[] = {"shop", "http_client"};
    struct json *on = json_new(&play->arena, JSON_ARRAY);
    buf_add_cstr(out, "plugin_path = { ");
    for (size_t i = 0; i < play->options->dir_count; i++) {
        print_text(out, souk_str(play->options->dirs[i]));
        buf_add_cstr(out, ", ");
    }
    buf_add_cstr(out, "}\nplugins = { ");
    for (size_t i = 0; i < choice->count; i++) {
        buf_printf(out, "\"%s\", ", choice->list[i].name);
        json_add_cstr(&play->arena, on, NULL, choice->list[i].name);
    }
    buf_add_cstr(out, "}\n");
    print_section(play, out, own[0],
                  "{\"name\": \"Test shop\", \"currency\": \"EUR\", \"country\": \"BG\", "
                  "\"locales\": [\"en\", \"bg\"], \"email\": \"shop@shop.example\"}");
    print_section(play, out, own[1], "{\"allow\": [\"127.0.0.1\"]}");
    json_each(item, json_at(play->terms, "settings"))
    {
        if (souk_str_is(item->key, own[0]) || souk_str_is(item->key, own[1]))
            continue;
        buf_printf(out, "%.*s = ", SOUK_PRI(item->key));
        print_lua(out, &item->value, 0);
        buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < choice->count; i++)
        print_options(play, out, choice->list[i].name, choice->list[i].about,
                      choice->list[i].options);
    json_add_tree(&play->arena, play->terms, "_on", on);
}

static int write_file(struct play *play, struct err *err)
{
    struct choice choice = {0};
    struct buf text = {.arena = &play->arena};
    const char *path = arena_printf(&play->arena, "%s/souk.lua", play->dir).ptr;
    if (!play->terms)
        play->terms = json_new(&play->arena, JSON_OBJECT);
    int code = choose_all(play, &choice, err);
    if (code != SOUK_OK)
        return code;
    play->about = choice.list[0].about;
    print_file(play, &choice, &text);
    FILE *file = fopen(path, "we");
    size_t written = file ? fwrite(text.ptr, 1, text.len, file) : 0;
    if (!file || fclose(file) != 0 || written != text.len)
        return err_set(err, SOUK_ERROR, "%s cannot be written: %m", path);
    return SOUK_OK;
}

/* ---- what the shop holds ---- */

static int take_token(struct play *play, struct err *err)
{
    const char *const args[] = {"admin",
                                "token",
                                "--scope",
                                "*",
                                "--json",
                                "--data",
                                arena_printf(&play->arena, "%s/data", play->dir).ptr,
                                NULL};
    struct souk_str output;
    struct json *made = NULL;
    struct err ignored = {0};
    int exit_code = 0;
    int code = play_run(play, args, &output, &exit_code, err);
    if (code != SOUK_OK)
        return code;
    if (exit_code != 0 || json_parse(&play->arena, output, &made, &ignored) != SOUK_OK)
        return err_set(err, SOUK_ERROR, "no token for the staff: %.*s", SOUK_PRI(str_trim(output)));
    play->token = arena_cstr(&play->arena, json_text(json_at(made, "token")));
    return SOUK_OK;
}

/* A whole document goes as it is; the short form becomes one. */
static struct json *document_of(struct play *play, const struct json *product)
{
    struct arena *arena = &play->arena;
    if (json_at(product, "variants"))
        return json_copy(arena, product);
    struct souk_str sku = json_text(json_at(product, "sku"));
    struct souk_str name = json_text(json_at(product, "name"));
    char *key = arena_cstr(arena, sku);
    for (char *c = key; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    struct json *doc = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, doc, "key", key);
    json_add_cstr(arena, doc, "status", "active");
    json_add_cstr(arena, doc, "visibility", "both");
    struct json *text =
        json_add(arena, json_add(arena, doc, "text", JSON_OBJECT), "en", JSON_OBJECT);
    json_add_str(arena, text, "name", name.len ? name : sku);
    struct json *variant =
        json_add(arena, json_add(arena, doc, "variants", JSON_ARRAY), NULL, JSON_OBJECT);
    struct json *price =
        json_add(arena, json_add(arena, variant, "prices", JSON_ARRAY), NULL, JSON_OBJECT);
    json_add_cstr(arena, price, "list", "base");
    json_add_int(arena, price, "amount", json_int(json_at(product, "price"), 0));
    json_add_bool(arena, variant, "tracked", json_at(product, "stock") != NULL);
    json_each(item, product)
    {
        if (souk_str_is(item->key, "name") || souk_str_is(item->key, "price"))
            continue;
        int is_whole = souk_str_is(item->key, "tax_class") || souk_str_is(item->key, "type");
        json_add_tree(arena, is_whole ? doc : variant, arena_cstr(arena, item->key), &item->value);
    }
    return doc;
}

static int save_goods(struct play *play, struct err *err)
{
    const struct json *products = json_at(play->terms, "products");
    struct json *own = NULL;
    if (!products && json_parse(&play->arena, souk_str(goods), &own, err) != SOUK_OK)
        return SOUK_ERROR;
    json_each(item, products ? products : own)
    {
        int status = 0;
        play_api(play, "POST", "/api/v1/admin/products", document_of(play, &item->value), 1,
                 &status, err);
        if (status != 201)
            return err_set(err, SOUK_INVALID, "product %.*s: %s",
                           SOUK_PRI(json_text(json_at(&item->value, "sku"))), err->text);
    }
    return SOUK_OK;
}

int play_setup(struct play *play, struct err *err)
{
    int code = write_file(play, err);
    if (!play->options->is_shop)
        setenv("SOUK_HOST_PEERS",
               arena_printf(&play->arena, "http://127.0.0.1:%d", play->any_port).ptr, 1);
    code = code ? code : play_shop_up(play, err);
    code = code ? code : take_token(play, err);
    return code ? code : save_goods(play, err);
}
