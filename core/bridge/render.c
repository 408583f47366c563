/*
 * render.c: templates inside a request: what every template sees (shop, locale, path,
 * languages, title …), the addresses that it makes, and the error page.
 *
 * The data of a page is a new map over the handler's view: its members are shared, not
 * copied, and win over ours where the names meet (a page may set its own title). The
 * error page leaves plugins' slots empty: what failed should not be asked again.
 */
#include "bridge/internal.h"

#include "base/log.h"
#include "base/str.h"
#include "shop/market.h"

/* Pages of staff are longer than the template's own limits let others be: the form of a product of
 * 2,000 variants. */
#define STAFF_STEPS  1000000
#define STAFF_OUTPUT ((int64_t)8 << 20)

static const struct {
    const char *code, *name;
} language_names[] = {
    {"en", "English"}, {"bg", "Български"}, {"hu", "Magyar"},
    {"hy", "Հայերեն"}, {"bn", "বাংলা"},     {"de", "Deutsch"},
};

static const char *language_name(const char *code)
{
    for (size_t i = 0; i < sizeof(language_names) / sizeof(*language_names); i++)
        if (strcmp(language_names[i].code, code) == 0)
            return language_names[i].name;
    return code;
}

static const char *default_locale(void)
{
    return site_core.locales && site_core.locales[0] ? site_core.locales[0] : "en";
}

/* ---- addresses ---- */

/* The path as it is called in a locale: /bg/hello; the default has no prefix. */
static struct souk_str localized(struct arena *arena, const char *locale, struct souk_str path)
{
    if (!str_starts(path, "/") || str_starts(path, "//") || site_is_reserved(path) ||
        strcmp(locale, default_locale()) == 0)
        return path;
    if (path.len == 1)
        return arena_printf(arena, "/%s", locale);
    return arena_printf(arena, "/%s%.*s", locale, SOUK_PRI(path));
}

static struct souk_str page_url(struct template_env *env, struct souk_str path)
{
    return localized(env->arena, env->locale, path);
}

static struct souk_str asset_url_of(struct template_env *env, struct souk_str name)
{
    const struct render *render = env->user;
    return asset_url(render->site->web.assets, render->owner, name);
}

static int is_staff_page(const struct request *request)
{
    return request->route && request->route->flags & ROUTE_STAFF;
}

void render_env(struct template_env *env, struct render *render)
{
    struct request *request = render->request;
    int staff = is_staff_page(request);
    *env = (struct template_env){
        .arena = &request->arena,
        .i18n = render->site->web.i18n,
        .locale = request->locale ? request->locale : default_locale(),
        .currency = site_core.currency,
        .now = request->now,
        .user = render,
        .slot = render->plain ? NULL : slot_fill,
        .asset_url = asset_url_of,
        .page_url = page_url,
        .max_steps = staff ? STAFF_STEPS : 0,
        .max_output = staff ? STAFF_OUTPUT : 0,
    };
}

/* ---- data ---- */

/* `urls` (may be NULL): where the page is in each language, {"bg": "/bg/c/chay"}; without, and for
 * languages that it leaves out, it is the same path with another prefix. */
static void add_locales(struct request *request, struct json *data, const char *locale,
                        const struct json *urls)
{
    struct arena *arena = &request->arena;
    struct json *list = json_add(arena, data, "locales", JSON_ARRAY);
    for (size_t i = 0; site_core.locales && site_core.locales[i]; i++) {
        const char *code = site_core.locales[i];
        struct souk_str url = json_text(json_at(urls, code));
        if (!url.len)
            url = localized(arena, code, request->local_path);
        if (request->query_text.len)
            url = arena_printf(arena, "%.*s?%.*s", SOUK_PRI(url), SOUK_PRI(request->query_text));
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, item, "code", code);
        json_add_cstr(arena, item, "name", language_name(code));
        json_add_str(arena, item, "url", url);
        json_add_bool(arena, item, "current", strcmp(code, locale) == 0);
    }
}

/* `plain`: an error page, which asks nothing of the database. */
static struct json *page_data(struct request *request, const struct json *view, int plain)
{
    struct arena *arena = &request->arena;
    const char *locale = request->locale ? request->locale : default_locale();
    struct json *data = json_new(arena, JSON_OBJECT);
    struct json *shop = json_add(arena, data, "shop", JSON_OBJECT);
    json_add_cstr(arena, shop, "name", site_core.shop_name);
    json_add_cstr(arena, data, "locale", locale);
    json_add_str(arena, data, "path", request->local_path);
    json_add_cstr(arena, data, "title", "");
    json_add_cstr(arena, data, "currency", site_core.currency);
    json_add_int(arena, data, "year", clock_civil(request->now).year);
    add_locales(request, data, locale, json_at(view, "urls"));
    if (site_core.page_data && !plain && !is_staff_page(request))
        site_core.page_data(request, data);
    if (view && view->kind == JSON_OBJECT)
        json_each(item, view)
        {
            struct json *place = json_add_key(arena, data, item->key, JSON_NULL);
            *place = item->value;
        }
    return data;
}

/* ---- rendering ---- */

static int render_into(struct render *render, const char *name, int status, const struct json *view)
{
    struct request *request = render->request;
    struct template_env env;
    struct err err = {0};
    struct buf out = {.arena = &request->arena};
    render_env(&env, render);
    int code = template_render(render->site->web.templates, name, &env,
                               page_data(request, view, render->plain), &out, &err);
    if (code != SOUK_OK) {
        log_error("template.failed", LOG_S("plugin", render->owner), LOG_S("template", name),
                  LOG_S("text", err.text), LOG_S("request", request->id));
        return code;
    }
    answer_html(request, status, buf_str(&out));
    return SOUK_OK;
}

static struct site *site_of(const struct request *request)
{
    const struct web_site *web = request->site;
    return web ? web->user : NULL;
}

static int render_named(struct request *request, const char *owner, const char *name, int status,
                        const struct json *view, int plain)
{
    struct render render = {site_of(request), request, owner, plain};
    if (!render.site)
        return SOUK_UNAVAILABLE;
    const char *as =
        strcmp(owner, "souk") == 0 ? name : arena_printf(&request->arena, "%s/%s", owner, name).ptr;
    return render_into(&render, as, status, view);
}

int site_render(struct request *request, const char *owner, const char *name, int status,
                const struct json *view)
{
    return render_named(request, owner, name, status, view, 0);
}

int site_render_plain(struct request *request, const char *owner, const char *name, int status,
                      const struct json *view)
{
    return render_named(request, owner, name, status, view, 1);
}

/* ---- outside of a request ---- */

struct away { /* template_env.user */
    const struct site *site;
    const char *owner;
};

static struct souk_str away_asset(struct template_env *env, struct souk_str name)
{
    const struct away *away = env->user;
    struct souk_str path = asset_url(away->site->web.assets, away->owner, name);
    return arena_printf(env->arena, "%s%.*s", market_shop()->url, SOUK_PRI(path));
}

static struct souk_str away_page(struct template_env *env, struct souk_str path)
{
    struct souk_str local = localized(env->arena, env->locale, path);
    return arena_printf(env->arena, "%s%.*s", market_shop()->url, SOUK_PRI(local));
}

int site_render_text(const struct plugin_set *set, struct arena *arena,
                     const struct site_away *words, const char *name, const struct json *view,
                     struct souk_str *out, struct err *err)
{
    const struct site *site = set ? set->web : NULL;
    struct buf text = {.arena = arena};
    if (!site)
        return err_set(err, SOUK_UNAVAILABLE, "no templates are there yet");
    struct away away = {site, words->owner ? words->owner : "souk"};
    struct template_env env = {.arena = arena,
                               .i18n = site->web.i18n,
                               .locale = words->locale ? words->locale : default_locale(),
                               .currency = words->currency ? words->currency : site_core.currency,
                               .now = words->now,
                               .user = &away,
                               .asset_url = away_asset,
                               .page_url = away_page};
    int code = template_render(site->web.templates, name, &env, view, &text, err);
    if (code == SOUK_OK)
        *out = buf_str(&text);
    return code;
}

static struct souk_str or_empty(const char *text)
{
    return souk_str(text ? text : "");
}

void site_add_shop(struct arena *arena, struct json *view)
{
    const struct market_shop *terms = market_shop();
    struct json *shop = json_add(arena, view, "shop", JSON_OBJECT);
    struct souk_str rest = or_empty(terms->address), line;
    json_add_str(arena, shop, "name", or_empty(terms->name));
    json_add_str(arena, shop, "url", or_empty(terms->url));
    json_add_str(arena, shop, "email", or_empty(terms->email));
    json_add_str(arena, shop, "phone", or_empty(terms->phone));
    struct json *lines = json_add(arena, shop, "address", JSON_ARRAY);
    while (str_split(&rest, '\n', &line)) {
        struct json *item = json_add(arena, lines, NULL, JSON_STRING);
        item->text = str_trim(line);
    }
}

int site_has_template(const struct plugin_set *set, const char *name)
{
    const struct site *site = set ? set->web : NULL;
    return site && template_has(site->web.templates, name);
}

/* ---- errors ---- */

static const char *status_title(int status)
{
    switch (status) {
    case 400: return "That request was not understood";
    case 403: return "This is not allowed";
    case 404: return "Page not found";
    case 405: return "This cannot be done here";
    case 409: return "This does not fit what is there already";
    case 410: return "This is no longer here";
    case 413: return "This is too large";
    case 429: return "Too many requests";
    case 503: return "The shop is busy";
    case 504: return "This took too long";
    default: return status < 500 ? "That did not work" : "Something went wrong";
    }
}

static void add_escaped(struct buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<': buf_add_cstr(out, "&lt;"); break;
        case '>': buf_add_cstr(out, "&gt;"); break;
        case '&': buf_add_cstr(out, "&amp;"); break;
        case '"': buf_add_cstr(out, "&quot;"); break;
        default: buf_add_char(out, *text);
        }
    }
}

/* When even the template fails: a page that needs nothing. */
static void render_bare(struct request *request, int status, const char *detail)
{
    struct buf out = {.arena = &request->arena};
    buf_printf(&out,
               "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
               "<title>%d</title>\n<h1>%s</h1>\n<p>",
               status, status_title(status));
    add_escaped(&out, detail);
    buf_add_cstr(&out, "</p>\n</html>\n");
    answer_html(request, status, buf_str(&out));
}

void render_error(struct request *request, int status, const char *detail)
{
    struct site *site = site_of(request);
    const char *words = detail ? detail : "";
    if (!site || !template_has(site->web.templates, "page/error")) {
        render_bare(request, status, words);
        return;
    }
    struct arena *arena = &request->arena;
    struct render render = {site, request, "souk", 1};
    struct json *view = json_new(arena, JSON_OBJECT);
    json_add_int(arena, view, "status", status);
    json_add_str(arena, view, "title",
                 i18n_text(site->web.i18n, "souk",
                           request->locale ? request->locale : default_locale(),
                           souk_str(status_title(status))));
    json_add_cstr(arena, view, "detail", words);
    if (render_into(&render, "page/error", status, view) != SOUK_OK)
        render_bare(request, status, words);
}
