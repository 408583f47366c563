/*
 * template: souk's subset of Liquid. Sources are compiled once, when a plugin set is
 * built, to a flat program, and run in C with limits on steps, depth and output.
 * Escaping follows the context (text, attribute, URL, script data) and is automatic;
 * only JSON_HTML values and what templates themselves say pass unescaped.
 *
 *   {{ product.name | upcase }}  {{ price | money }}  {{ "Add to cart" | t }}  {{
 * "asset.css" | asset_url }}
 *   {% if a and b %} {% elsif %} {% else %} {% endif %}   {% unless %}  {% case %}{%
 * when %}
 *   {% for x in list limit:3 offset:1 reversed %} {% else %} {% endfor %}
 * (forloop.index, .first, .last …)
 *   {% assign x = … %}  {% capture x %}…{% endcapture %}  {% comment %}  {% raw %}
 *   {% render "card", product: p %}      an isolated scope, as in Liquid
 *   {% layout "layout" %} {% block content %}…{% endblock %}   in a page; {% block … %}
 * in the layout is the default
 *   {% slot "product.below" %}           filled by plugins
 *   {% t "Hello, {name}", name: user %}  {% t "one item", plural: "{count} items",
 * count: n %}
 *
 * A template whose name ends with ".txt" is plain text (mail): nothing is escaped in it, and it
 * has only such layouts and parts.
 *
 * A template whose `layout` names itself extends the one that it shadows (same name,
 * added before): this is how a theme overrides one block without copying the page.
 * Errors name file and line.
 *
 * Building: one thread. Rendering: any thread, the set is immutable.
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "web/i18n.h"

struct template_set;
struct template_env;

struct template_set *template_set_new(void);
void template_set_free(struct template_set *set);
/* Compiles `text` as `name` ("page/home"). `file` is what errors call it; `domain` is
 * the translation domain (the plugin's name, or "souk"). A name given before is
 * shadowed. */
int template_add(struct template_set *set, const char *name, struct souk_str text, const char *file,
                 const char *domain, struct err *err);
/* Hears each text that templates have translated, with its domain, when they are compiled; NULL:
 * nobody does. For souk-host, set before the first template. */
extern void (*template_heard)(const char *domain, struct souk_str id);
/* After the last add: every name in layout and render must exist, without cycles. */
int template_link(struct template_set *set, struct err *err);
int template_has(const struct template_set *set, const char *name);

/* What a rendering needs of its surroundings. Functions may be NULL. */
struct template_env {
    struct arena *arena;
    const struct i18n *i18n;
    const char *locale;
    const char *currency; /* for `money` on a bare integer */
    int64_t now;
    void *user;
    /* Appends the contributions to a slot; the data is the page's. Failures inside are
     * its own affair. */
    void (*slot)(struct template_env *env, struct souk_str slot, const struct json *data,
                 struct buf *out);
    struct souk_str (*asset_url)(struct template_env *env, struct souk_str name);
    struct souk_str (*page_url)(struct template_env *env,
                                struct souk_str path); /* adds the locale's prefix */
    int64_t max_steps;                                 /* 0: 200,000 */
    int64_t max_output;                                /* 0: 2 MiB */
    struct template_run *outer; /* the engine's own (a slot that renders): leave it NULL */
};

int template_render(const struct template_set *set, const char *name, struct template_env *env,
                    const struct json *data, struct buf *out, struct err *err);
/* A whole number as the filter `number` writes it: grouped, in the digits of the locale. */
struct souk_str template_number(struct arena *arena, const char *locale, int64_t number);
/* A date as the filter `date` writes it, and digits as the filter `digits` does. */
struct souk_str template_date(struct arena *arena, const struct i18n *i18n, const char *locale,
                              struct clock_civil at, struct souk_str format);
struct souk_str template_digits(struct arena *arena, const char *locale, struct souk_str text);
/* For the reference: names and one-line descriptions of all tags and filters. */
const char *const *template_reference(void);

#endif
