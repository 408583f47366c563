/*
 * feed.c: items as the core would hand them over, and a feed of them through the provider: one
 * item a piece, so that it is known who wrote what.
 */
#include "host/feed.h"

#include <stdio.h>
#include "bridge/feed.h"
#include "host/host.h"

#define PIECE 200

static const char *const poor_words[] = {"",
                                         "no picture",
                                         "no category",
                                         "no brand",
                                         "no description",
                                         "no barcode",
                                         "a price of 0",
                                         "no name",
                                         "an address of 5,000 letters"};

const char *feed_poor_words(int poor)
{
    return poor_words[poor];
}

struct souk_str feed_hostile_text(struct arena *arena, int hostile)
{
    static const char *const texts[] = {
        "",
        "Caf\xc3\xa9 & <b>bold</b> \"quoted\" 'single'",
        "ends ]]> here, <![CDATA[ begins there",
        "control \x01\x02\x08\x0b\x0c\x1f\x7f bytes",
        "</offer></item></channel><script>alert(1)</script>",
        "letters of four bytes: \xf0\x9d\x92\xb3\xf0\x9f\xa7\xa9",
        "\xe2\x80\xae right to left \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe2\x80\xac",
        "line\nbreak, tab\t, return\r\nand ;semicolons; |bars|",
        "\xef\xbf\xbe not \xef\xbf\xbf letters, &amp; &#0; &#x1;",
        "\"=cmd|' /C calc'!A0, \"\"doubled\"\"\""};
    return arena_str(arena, souk_str(texts[hostile]));
}

static int64_t price_of(const struct feed_want *want)
{
    return want->price ? want->price : 70000 + 113 * (int64_t)want->number;
}

static int64_t id_of(const struct feed_want *want)
{
    return 8800000 + want->number;
}

void feed_marks(struct arena *arena, const struct feed_want *want, struct feed_marks *marks)
{
    marks->marks[0] = arena_printf(arena, "https://shop.example/p/thing-%dz?variant=a%db",
                                   want->number, want->number);
    marks->marks[1] = arena_printf(arena, "SKU%dX", want->number);
    marks->marks[2] = arena_printf(arena, "%lld", (long long)id_of(want));
}

static void add_money(struct arena *arena, struct json *item, const char *key, int64_t amount,
                      const char *currency)
{
    struct json *money = json_add(arena, item, key, JSON_OBJECT);
    json_add_int(arena, money, "amount", amount);
    json_add_cstr(arena, money, "currency", currency);
}

static void add_texts(struct arena *arena, struct json *item, const struct feed_want *want)
{
    struct souk_str text = want->text.len ? want->text : feed_hostile_text(arena, want->hostile);
    struct souk_str name = text.len ? text : arena_printf(arena, "Thing number %d", want->number);
    json_add_str(arena, item, "name", want->poor == 7 ? souk_str("") : name);
    json_add_str(arena, item, "title", want->poor == 7 ? souk_str("") : name);
    json_add_str(arena, item, "summary", want->poor == 4 ? souk_str("") : name);
    json_add_str(arena, item, "description", want->poor == 4 ? souk_str("") : name);
    json_add_str(arena, item, "description_html", souk_str("<p>of it</p>"));
    json_add_str(arena, item, "brand",
                 want->poor == 3 ? souk_str("")
                 : text.len      ? text
                                 : souk_str("Souk Works"));
    json_add_cstr(arena, item, "barcode", want->poor == 5 ? "" : "4006381333931");
    json_add_cstr(arena, item, "mpn", want->poor == 5 ? "" : "MPN-1");
    json_add_cstr(arena, item, "type", "simple");
    json_add_cstr(arena, item, "condition", "new");
}

static void add_place(struct arena *arena, struct json *item, const struct feed_want *want)
{
    struct json *images = json_add(arena, item, "images", JSON_ARRAY);
    for (int i = 0; want->poor != 1 && i < 12; i++) /* more than formats take */
        json_add_str(arena, images, NULL,
                     arena_printf(arena, "https://shop.example/media/%d.webp", i));
    json_add_cstr(arena, item, "category", want->poor == 2 ? "" : "cups");
    struct json *path = json_add(arena, item, "category_path", JSON_ARRAY);
    struct json *keys = json_add(arena, item, "categories", JSON_ARRAY);
    if (want->poor == 2)
        return;
    json_add_cstr(arena, path, NULL, "Kitchen");
    json_add_cstr(arena, path, NULL, "Cups");
    json_add_cstr(arena, keys, NULL, "cups");
}

static void add_details(struct arena *arena, struct json *item, const struct feed_want *want)
{
    struct souk_str text = want->text.len ? want->text : feed_hostile_text(arena, want->hostile);
    struct json *option =
        json_add(arena, json_add(arena, item, "options", JSON_ARRAY), NULL, JSON_OBJECT);
    json_add_cstr(arena, option, "code", "size");
    json_add_cstr(arena, option, "name", "Size");
    json_add_str(arena, option, "value", text.len ? text : souk_str("Large"));
    struct json *attribute =
        json_add(arena, json_add(arena, item, "attributes", JSON_ARRAY), NULL, JSON_OBJECT);
    json_add_cstr(arena, attribute, "code", "color");
    json_add_str(arena, attribute, "name", text.len ? text : souk_str("Colour"));
    json_add_cstr(arena, attribute, "unit", "");
    json_add_str(arena, json_add(arena, attribute, "values", JSON_ARRAY), NULL,
                 text.len ? text : souk_str("Blue"));
    json_add_int(arena, item, "weight_g", 411);
    json_add_int(arena, item, "length_mm", 201);
    json_add_int(arena, item, "width_mm", 99);
    json_add_int(arena, item, "height_mm", 88);
    json_add_int(arena, item, "cost", 3);
    json_add(arena, item, "tags", JSON_ARRAY);
    json_add(arena, item, "meta", JSON_OBJECT);
    json_add_cstr(arena, item, "changed_at", "2026-01-02T03:04:05Z");
}

struct json *feed_item(struct arena *arena, const struct feed_want *want)
{
    struct json *item = json_new(arena, JSON_OBJECT);
    const char *currency = want->currency ? want->currency : "EUR";
    struct feed_marks marks;
    feed_marks(arena, want, &marks);
    json_add_int(arena, item, "id", id_of(want));
    json_add_int(arena, item, "product", 5500000 + want->number / 3);
    json_add_str(arena, item, "sku", marks.marks[1]);
    json_add_str(arena, item, "key", arena_printf(arena, "key-%dz", want->number));
    json_add_cstr(arena, item, "group", "");
    struct souk_str url = marks.marks[0];
    if (want->poor == 8) {
        char *long_url = arena_alloc(arena, 5001);
        memset(long_url, 'u', 5000);
        url = arena_printf(arena, "%.*s&%.*s", SOUK_PRI(url), 5000, long_url);
    }
    json_add_str(arena, item, "url", url);
    add_texts(arena, item, want);
    add_money(arena, item, "price", want->poor == 6 ? 0 : price_of(want), currency);
    if (want->compare_at)
        add_money(arena, item, "compare_at", want->compare_at, currency);
    else
        json_add_null(arena, item, "compare_at");
    json_add_null(arena, item, "sale_from");
    json_add_null(arena, item, "sale_until");
    json_add_cstr(arena, item, "availability", "in_stock");
    json_add_bool(arena, item, "available", 1);
    json_add_int(arena, item, "stock", 4);
    add_place(arena, item, want);
    add_details(arena, item, want);
    return item;
}

/* ---- a run ---- */

struct making {
    struct call call;
    struct provider_scope scope;
    struct feed_run run;
    struct buf all;
    size_t from; /* where the call that runs began */
    struct souk_str words;
    int worded;
    struct scene *scene;
    int64_t bytes;
    int counts; /* bytes are only counted */
};

static int keep_bytes(void *user, struct souk_str bytes, struct err *err)
{
    struct making *making = user;
    (void)err;
    making->bytes += (int64_t)bytes.len;
    if (!making->counts)
        buf_add_str(&making->all, bytes);
    return SOUK_OK;
}

static int keep_words(void *user, const struct json *item, struct souk_str words)
{
    struct making *making = user;
    (void)item;
    if (!making->counts) /* who makes many keeps none */
        making->words = arena_str(&making->scene->arena, words);
    return SOUK_OK;
}

static const struct json *categories(struct arena *arena, int bare)
{
    static const struct {
        const char *key, *parent, *name;
    } rows[] = {{"kitchen", "", "Kitchen & <table>"}, {"cups", "kitchen", "Cups"}};
    struct json *list = json_new(arena, JSON_ARRAY);
    for (size_t i = 0; !bare && i < sizeof rows / sizeof *rows; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_int(arena, row, "id", 31 + (int64_t)i);
        json_add_cstr(arena, row, "key", rows[i].key);
        json_add_cstr(arena, row, "parent", rows[i].parent);
        json_add_int(arena, row, "parent_id", i ? 31 : 0);
        json_add_cstr(arena, row, "name", rows[i].name);
        json_add_cstr(arena, row, "slug", rows[i].key);
        json_add_str(arena, row, "url",
                     arena_printf(arena, "https://shop.example/c/%s", rows[i].key));
    }
    return list;
}

/* Those of conform.lua (settings = { yml = { … } }) over what the format begins with. */
static const struct json *settings(struct scene *scene, struct arena *arena,
                                   const struct feed_format *format, const struct feed_terms *terms)
{
    const struct json *hint = scene_hint(scene, "settings");
    const struct json *own = hint ? json_at(hint, scene->provider) : NULL;
    struct json *map = json_new(arena, JSON_OBJECT);
    struct souk_feed_setting setting;
    for (uint32_t i = 0; feed_format_setting(format, i, &setting); i++) {
        const struct json *text = own ? json_at(own, setting.key) : NULL;
        json_add_str(arena, map, setting.key,
                     terms->key && strcmp(terms->key, setting.key) == 0 ? souk_str(terms->value)
                     : text ? arena_str(arena, json_text(text))
                            : souk_str(setting.initial));
    }
    return map;
}

static void fill_view(struct scene *scene, struct arena *arena, const struct feed_format *format,
                      const struct feed_terms *terms, struct souk_feed *view)
{
    view->id = 1;
    view->at = terms->at ? terms->at : clock_now();
    view->name = souk_str("market");
    view->locale = souk_str("en");
    view->currency = arena_str(arena, souk_str(terms->currency ? terms->currency : "EUR"));
    view->country = souk_str("BG");
    view->settings = (const struct souk_value *)(const void *)settings(scene, arena, format, terms);
}

static int open_making(struct scene *scene, const struct feed_terms *terms, struct making *making,
                       struct err *err)
{
    struct feed_format format;
    struct arena *arena = &making->call.arena;
    *making = (struct making){.scene = scene};
    call_open(scene, &making->call, &making->scope);
    int code = feed_format(making->scope.set, souk_str(scene->provider), &format, err);
    if (code != SOUK_OK)
        return code;
    making->run = (struct feed_run){.scope = &making->scope,
                                    .format = souk_str(scene->provider),
                                    .user = making,
                                    .write = keep_bytes,
                                    .reject = keep_words};
    struct souk_feed *view = &making->run.view;
    fill_view(scene, arena, &format, terms, view);
    view->categories = (const struct souk_value *)(const void *)categories(arena, terms->bare);
    return feed_run_begin(&making->run, err);
}

static void shut_making(struct making *making)
{
    feed_run_free(&making->run);
    buf_free(&making->all);
    call_shut(&making->call, &making->scope);
}

static void end_piece(struct scene *scene, struct arena *arena)
{
    if (scene->mode == MODE_POISON)
        arena_scribble(arena); /* kept, as call_shut does */
    else
        arena_free(arena);
}

static struct souk_str since(struct making *making, size_t from)
{
    return arena_str(&making->scene->arena,
                     str_make(making->all.ptr + from, making->all.len - from));
}

static void add_item(struct making *making, const struct feed_want *want, struct feed_made *made)
{
    struct arena arena = {0};
    struct json *items = json_new(&arena, JSON_ARRAY);
    struct feed_out *out = &made->items[made->count++];
    size_t from = making->all.len;
    int64_t rejected = making->run.rejected;
    json_add_tree(&arena, items, NULL, feed_item(&arena, want));
    made->where = "item";
    making->words = souk_str("");
    made->code = feed_run_items(&making->run, &arena, items, &made->err);
    out->taken = making->run.rejected == rejected;
    out->bytes = making->all.len > from ? since(making, from) : souk_str("");
    out->words = making->words;
    if (souk_str_is(out->words, "the format does not take it"))
        out->words = souk_str(""); /* the core's own, in place of none */
    if (!out->taken)
        scene_code_seen(making->scene, "feed item", SOUK_INVALID, out->words.len > 0);
    end_piece(making->scene, &arena);
}

void feed_make(struct scene *scene, const struct feed_terms *terms, const struct feed_want *wants,
               size_t count, struct feed_made *made)
{
    struct making making;
    const struct feed_terms usual = {0};
    *made = (struct feed_made){.where = "begin"};
    made->code = open_making(scene, terms ? terms : &usual, &making, &made->err);
    made->head = making.all.len ? since(&making, 0) : souk_str("");
    for (size_t i = 0; made->code == SOUK_OK && i < count && i < PIECES_MOST; i++)
        add_item(&making, &wants[i], made);
    if (made->code == SOUK_OK) {
        size_t from = making.all.len;
        made->where = "end";
        made->code = feed_run_end(&making.run, &made->err);
        made->tail = making.all.len > from ? since(&making, from) : souk_str("");
    }
    if (made->code != SOUK_OK)
        scene_code_seen(scene, made->where, made->code, made->err.text[0] != '\0');
    made->noisy = making.run.noisy;
    made->all = making.all.len ? since(&making, 0) : souk_str("");
    shut_making(&making);
}

int feed_make_many(struct scene *scene, int64_t count, void (*piece)(void *user, int64_t done),
                   void *user, int64_t *bytes, int64_t *held, struct err *err)
{
    struct making making;
    struct arena arena = {0};
    const struct feed_terms usual = {0};
    int code = open_making(scene, &usual, &making, err);
    making.counts = 1;
    for (int64_t done = 0; code == SOUK_OK && done < count;) {
        arena_reset(&arena);
        struct json *items = json_new(&arena, JSON_ARRAY);
        for (int i = 0; i < PIECE && done < count; i++, done++)
            json_add_tree(&arena, items, NULL,
                          feed_item(&arena, &(struct feed_want){.number = (int)done}));
        code = feed_run_items(&making.run, &arena, items, err);
        piece(user, done);
    }
    if (code == SOUK_OK)
        code = feed_run_end(&making.run, err);
    *bytes = making.bytes;
    *held = (int64_t)making.call.arena.total;
    arena_free(&arena);
    shut_making(&making);
    return code;
}

/* ---- settings ---- */

const char *feed_setting_key(struct scene *scene, uint32_t index)
{
    const struct souk_feed_provider *table = scene->table;
    const struct feed_format format = {.settings = table->settings};
    struct souk_feed_setting setting;
    return feed_format_setting(&format, index, &setting) ? setting.key : NULL;
}

int feed_judge(struct scene *scene, const struct feed_terms *terms, struct souk_str *key,
               struct err *err)
{
    struct call call;
    struct provider_scope scope;
    struct feed_format format;
    call_open(scene, &call, &scope);
    scope.kind = SOUK_READ;
    int code = feed_format(scope.set, souk_str(scene->provider), &format, err);
    if (code == SOUK_OK) {
        struct souk_feed view = {0};
        fill_view(scene, &call.arena, &format, terms, &view);
        code = feed_check(&scope, format.name, &view, key, err);
        *key = arena_str(&scene->arena, *key);
    }
    call_shut(&call, &scope);
    return code;
}

struct souk_str feed_type(const struct scene *scene)
{
    return souk_str(((const struct souk_feed_provider *)scene->table)->type);
}
