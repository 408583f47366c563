/*
 * feed.c: the API's sub-table "feed", and calling feed providers.
 *
 * The idea: a provider writes into a buffer that belongs to one call. A call that was good is
 * handed on; an item that is refused is forgotten together with what was written for it. Items are
 * given in pieces, one entry into the plugin a piece, each with memory of its own: what an item
 * needed is gone with its piece, only what begin() left stays to the end.
 *
 * The functions of the sub-table have no ctx: what goes wrong there is kept in the sink, given back
 * by every later step, and ends the feed.
 */
#include "bridge/feed.h"

#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "bridge/internal.h"
#include "plugin/provider.h"
#include "shop/market.h"

#define CALL_MOST  ((size_t)32 << 20) /* of one call: a tree of many thousand categories fits */
#define WORDS_MOST 300

static const char *const kind = "feed";

/* ---- what plugins call ---- */

static int fail_sink(struct souk_feed_sink *sink, int code)
{
    if (!sink->failed)
        sink->failed = code;
    return sink->failed;
}

static int check_sink(struct souk_feed_sink *sink, struct souk_str text)
{
    if (!sink)
        return SOUK_INVALID;
    if (!sink->open)
        return fail_sink(sink, SOUK_WRONG_KIND);
    if (!bridge_view_ok(text))
        return fail_sink(sink, SOUK_INVALID);
    if (text.len > CALL_MOST || sink->bytes.len + text.len > CALL_MOST)
        return fail_sink(sink, SOUK_TOO_LARGE);
    return sink->failed;
}

static int write_bytes(struct souk_feed_sink *sink, struct souk_str bytes)
{
    int code = check_sink(sink, bytes);
    if (code == SOUK_OK)
        buf_add_str(&sink->bytes, bytes);
    return code;
}

/* The length of the letter at `at`; 0: these bytes are none. */
static size_t letter_at(struct souk_str text, size_t at)
{
    unsigned char lead = (unsigned char)text.ptr[at];
    size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (at + len > text.len || !utf8_valid(str_make(text.ptr + at, len)))
        return 0;
    return len;
}

/* XML 1.0 has no control characters but tab and line feed, and neither U+FFFE nor U+FFFF. */
static int is_allowed(const char *letter, size_t len)
{
    unsigned char c = (unsigned char)letter[0];
    if (len == 1)
        return c >= 0x20 ? c != 0x7f : c == '\t' || c == '\n';
    return !(len == 3 && c == 0xef && (unsigned char)letter[1] == 0xbf &&
             (unsigned char)letter[2] >= 0xbe);
}

/* As XML may hold it, not yet escaped; "\r\n" and "\r" become "\n", as a reader of XML would. */
static void add_allowed(struct buf *out, struct souk_str text)
{
    for (size_t at = 0, len; at < text.len; at += len ? len : 1) {
        len = letter_at(text, at);
        if (len == 0)
            buf_add_cstr(out, "\xef\xbf\xbd");
        else if (text.ptr[at] == '\r') {
            if (at + 1 == text.len || text.ptr[at + 1] != '\n')
                buf_add_char(out, '\n');
        } else if (is_allowed(text.ptr + at, len)) {
            buf_add(out, text.ptr + at, len);
        }
    }
}

static void add_escaped(struct buf *out, struct souk_str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *name = text.ptr[i] == '&'    ? "&amp;"
                           : text.ptr[i] == '<'  ? "&lt;"
                           : text.ptr[i] == '>'  ? "&gt;"
                           : text.ptr[i] == '"'  ? "&quot;"
                           : text.ptr[i] == '\'' ? "&apos;"
                                                 : NULL;
        if (!name)
            continue;
        buf_add(out, text.ptr + from, i - from);
        buf_add_cstr(out, name);
        from = i + 1;
    }
    buf_add(out, text.ptr + from, text.len - from);
}

static int is_plain(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || (unsigned char)text.ptr[i] >= 0x7f)
            return 0;
    return 1;
}

static int write_xml(struct souk_feed_sink *sink, struct souk_str text, uint32_t most)
{
    struct buf allowed = {0};
    int code = check_sink(sink, text);
    if (code != SOUK_OK || text.len == 0)
        return code;
    if (is_plain(text)) { /* nearly every SKU, address and number */
        if (most && text.len > most)
            text.len = most;
        add_escaped(&sink->bytes, text);
        return sink->bytes.len > CALL_MOST ? fail_sink(sink, SOUK_TOO_LARGE) : SOUK_OK;
    }
    add_allowed(&allowed, text);
    struct souk_str whole = buf_str(&allowed);
    add_escaped(&sink->bytes, most ? utf8_cut(whole, most) : whole);
    buf_free(&allowed);
    return sink->bytes.len > CALL_MOST ? fail_sink(sink, SOUK_TOO_LARGE) : SOUK_OK;
}

const struct souk_feed_api feed_table = {
    .size = sizeof(struct souk_feed_api), .write = write_bytes, .write_xml = write_xml};

/* ---- formats ---- */

/* Members that the plugin's table does not reach are not there. */
#define HAS(table, member)                                                                         \
    ((table)->size >= offsetof(struct souk_feed_provider, member) + sizeof((table)->member))

static int is_word(struct souk_str text, const char *besides, size_t most)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr(besides, c))
            return 0;
    }
    return text.len > 0 && text.len <= most;
}

static const char *fault_of(const struct souk_feed_provider *table)
{
    if (!HAS(table, end) || !table->begin || !table->item || !table->end)
        return "its table lacks begin, item or end";
    if (!table->label || !table->label[0])
        return "it has no label";
    if (!is_word(souk_str(table->extension), "", 10))
        return "its extension is not of a-z and 0-9";
    if (!is_word(souk_str(table->type), "/+-.;= ABCDEFGHIJKLMNOPQRSTUVWXYZ", 100))
        return "its type is no media type";
    if (table->settings.count && (!table->settings.items || !table->settings.stride))
        return "its settings are no table";
    return NULL;
}

int feed_format(const struct plugin_set *set, struct souk_str name, struct feed_format *format,
                struct err *err)
{
    const struct provider *provider = set ? provider_find(set, kind, name) : NULL;
    *format = (struct feed_format){.name = name};
    if (!provider)
        return err_set(err, SOUK_NOT_FOUND,
                       "no plugin that is on brings the format \"%.*s\"; see souk plugin list",
                       SOUK_PRI(name));
    const struct souk_feed_provider *table = provider->row->table;
    const char *fault = fault_of(table);
    if (fault)
        return err_set(err, SOUK_ERROR, "the format \"%.*s\" of plugin \"%s\" is not usable: %s",
                       SOUK_PRI(name), provider->plugin->name, fault);
    *format = (struct feed_format){.name = souk_str(provider->row->name),
                                   .label = souk_str(table->label),
                                   .type = souk_str(table->type),
                                   .extension = souk_str(table->extension),
                                   .plugin = provider->plugin->name,
                                   .version = provider->plugin->descriptor.plugin.version,
                                   .settings = table->settings};
    return SOUK_OK;
}

int feed_format_next(const struct plugin_set *set, struct souk_str before, struct souk_str *name)
{
    const struct provider *at = before.len && set ? provider_find(set, kind, before) : NULL;
    const struct provider *next = set ? provider_next(set, kind, at) : NULL;
    *name = next ? souk_str(next->row->name) : STR_NULL;
    return next != NULL;
}

int feed_format_setting(const struct feed_format *format, uint32_t index,
                        struct souk_feed_setting *setting)
{
    const struct souk_table *table = &format->settings;
    *setting = (struct souk_feed_setting){0};
    if (index >= table->count)
        return 0;
    memcpy(setting, (const char *)table->items + (size_t)index * table->stride,
           table->stride < sizeof *setting ? table->stride : sizeof *setting);
    return setting->key && setting->key[0];
}

struct souk_str feed_format_words(const struct plugin_set *set, const struct feed_format *format,
                                  const char *locale, const char *words)
{
    const struct site *site = set ? set->web : NULL;
    if (!site || !site->web.i18n)
        return souk_str(words);
    return i18n_text(site->web.i18n, format->plugin, locale ? locale : "en", souk_str(words));
}

/* ---- calling ---- */

static const struct souk_feed_provider *table_of(const struct provider_call *call)
{
    return call->provider->row->table;
}

/* Into the plugin, which may write into the feed and nowhere else. */
static int enter(struct feed_run *run, struct provider_call *call, const char *verb,
                 const struct provider_scope *scope, struct err *err)
{
    int code = provider_begin(call, scope, kind, run->format, verb, err);
    if (code == SOUK_OK)
        call->ctx.quiet = "begin, item and end of a feed";
    return code;
}

/* What was tried is said once, also of a plugin that does not look at what came of it. */
static int leave(struct feed_run *run, struct provider_call *call, int code, struct err *err)
{
    if (call->ctx.noisy && !run->noisy)
        log_warn("feed.write_refused", LOG_S("plugin", call->ctx.self->name),
                 LOG_S("where", call->place.where),
                 LOG_S("text", "a feed's provider may query and write nothing"));
    run->noisy += call->ctx.noisy;
    code = provider_end(call, code, err);
    const struct err *said = &call->ctx.failure; /* staff read it, whatever the code */
    run->worded = code != SOUK_OK && call->ctx.failed == 1 && said->code == code && said->text[0];
    if (run->worded)
        err_set(err, code, "%s", said->text);
    return code;
}

/* What the call has written goes on its way, if the call was good. */
static int hand_over(struct feed_run *run, int code, struct err *err)
{
    if (code == SOUK_OK && run->sink.bytes.len)
        code = run->write(run->user, buf_str(&run->sink.bytes), err);
    buf_clear(&run->sink.bytes);
    return code;
}

/* An error of the sink that the plugin did not pass on. */
static int with_sink(struct feed_run *run, struct provider_call *call, int code)
{
    if (!run->sink.failed)
        return code;
    const char *why =
        run->sink.failed == SOUK_TOO_LARGE    ? "one call wrote more than 32 MiB"
        : run->sink.failed == SOUK_WRONG_KIND ? "souk_feed_write outside of begin, item and end"
        : run->sink.failed == SOUK_INVALID    ? "souk_feed_write was given no readable text"
                                              : "souk_feed_write failed, so the file is not whole";
    return bridge_refuse(&call->ctx, SOUK_ERROR, "%s", why);
}

static void fill_shop(struct arena *arena, struct souk_feed_sink *sink, struct souk_feed *view)
{
    const struct market_shop *shop = market_shop();
    struct json *codes = json_new(arena, JSON_ARRAY);
    view->size = sizeof *view;
    view->sink = sink;
    view->shop_name = souk_str(shop->name);
    view->shop_company = souk_str(shop->name);
    view->shop_url = souk_str(shop->url);
    json_add_str(arena, codes, NULL, view->currency);
    view->currencies = (const struct souk_value *)(const void *)codes;
    if (!view->settings)
        view->settings = (const struct souk_value *)(const void *)json_new(arena, JSON_OBJECT);
}

/* In the call, so that it is the very list that the plugin would get of souk_categories. */
static int fill_categories(struct feed_run *run, struct souk_ctx *ctx)
{
    struct souk_terms terms = {.size = sizeof terms,
                               .at = run->view.at,
                               .locale = run->view.locale,
                               .currency = run->view.currency,
                               .country = run->view.country};
    if (run->view.categories)
        return SOUK_OK; /* the owner has a list of its own */
    int code = catalogue_table.categories(ctx, &terms, &run->view.categories);
    query_release(ctx); /* the provider may take its time */
    return code;
}

int feed_run_begin(struct feed_run *run, struct err *err)
{
    struct provider_call call;
    fill_shop(run->scope->arena, &run->sink, &run->view);
    int code = enter(run, &call, "feed begin", run->scope, err);
    if (code != SOUK_OK)
        return code;
    code = fill_categories(run, &call.ctx);
    if (code == SOUK_OK) {
        run->sink.open = 1;
        code = with_sink(run, &call, table_of(&call)->begin(&call.ctx, &run->view));
        run->sink.open = 0;
    }
    return hand_over(run, leave(run, &call, code, err), err);
}

/* "days: is no number" of a setting that there is. */
static struct souk_str named_setting(struct souk_table settings, struct souk_str words)
{
    const struct feed_format format = {.settings = settings};
    ptrdiff_t colon = str_find(words, ':');
    struct souk_feed_setting setting;
    for (uint32_t i = 0; colon > 0 && feed_format_setting(&format, i, &setting); i++)
        if (souk_str_is(str_make(words.ptr, (size_t)colon), setting.key))
            return souk_str(setting.key);
    return souk_str("");
}

int feed_check(const struct provider_scope *scope, struct souk_str format, struct souk_feed *view,
               struct souk_str *key, struct err *err)
{
    struct provider_call call;
    struct souk_feed_sink sink = {0};
    const struct provider *provider = scope->set ? provider_find(scope->set, kind, format) : NULL;
    const struct souk_feed_provider *table = provider ? provider->row->table : NULL;
    *key = souk_str("");
    if (!table || !HAS(table, check) || !table->check)
        return SOUK_OK;
    fill_shop(scope->arena, &sink, view);
    view->categories = (const struct souk_value *)(const void *)json_new(scope->arena, JSON_ARRAY);
    int code = provider_begin(&call, scope, kind, format, "feed check", err);
    if (code == SOUK_OK)
        code = provider_end(&call, table->check(&call.ctx, view), err);
    buf_free(&sink.bytes);
    if (code != SOUK_INVALID)
        return code;
    *key = arena_str(scope->arena, named_setting(table->settings, souk_str(err->text)));
    if (key->len) { /* what is said of it stands beside it */
        struct souk_str rest = str_trim(str_from(souk_str(err->text), key->len + 1));
        err_set(err, code, "%s", arena_cstr(scope->arena, rest));
    }
    return code;
}

/* 1: it was left out. */
static int is_refusal(const struct souk_ctx *ctx, int code)
{
    return code == SOUK_INVALID && !bridge_is_slip(ctx, code);
}

static int refuse_item(struct feed_run *run, struct souk_ctx *ctx, const struct json *item)
{
    struct souk_str words = souk_str("the format does not take it");
    buf_clear(&run->sink.bytes);
    if (ctx->failed == 1 && ctx->failure.code == SOUK_INVALID)
        words = arena_str(ctx->arena, utf8_cut(souk_str(ctx->failure.text), WORDS_MOST));
    ctx->failed = 0;
    ctx->failure = (struct err){0};
    run->rejected++;
    return run->reject(run->user, item, words);
}

static int give_items(struct feed_run *run, struct provider_call *call, const struct json *items,
                      struct err *err)
{
    const struct souk_feed_provider *table = table_of(call);
    int code = SOUK_OK;
    json_each(item, items)
    {
        const struct souk_value *value = (const struct souk_value *)(const void *)&item->value;
        code = with_sink(run, call, (table->item)(&call->ctx, &run->view, value));
        if (is_refusal(&call->ctx, code))
            code = refuse_item(run, &call->ctx, &item->value);
        else if (code == SOUK_OK) {
            run->taken++;
            code = hand_over(run, SOUK_OK, err);
        }
        if (code != SOUK_OK)
            break;
    }
    return code;
}

int feed_run_items(struct feed_run *run, struct arena *arena, const struct json *items,
                   struct err *err)
{
    struct provider_call call;
    struct provider_scope piece = *run->scope;
    struct err of_file = {0};
    piece.arena = arena;
    int code = enter(run, &call, "feed item", &piece, err);
    if (code != SOUK_OK)
        return code;
    run->sink.open = 1;
    code = give_items(run, &call, items, &of_file);
    run->sink.open = 0;
    if (of_file.text[0]) { /* the disk's fault, not the plugin's */
        leave(run, &call, SOUK_OK, err);
        *err = of_file;
        return of_file.code;
    }
    return hand_over(run, leave(run, &call, code, err), err);
}

int feed_run_end(struct feed_run *run, struct err *err)
{
    struct provider_call call;
    int code = enter(run, &call, "feed end", run->scope, err);
    if (code != SOUK_OK)
        return code;
    run->sink.open = 1;
    code = with_sink(run, &call, table_of(&call)->end(&call.ctx, &run->view));
    run->sink.open = 0;
    return hand_over(run, leave(run, &call, code, err), err);
}

void feed_run_free(struct feed_run *run)
{
    buf_free(&run->sink.bytes);
}
