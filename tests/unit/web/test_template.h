/*
 * test_template: what the tests of the template engine share: a set, an environment and
 * checks that show both texts when they differ. Included once by each test program.
 */
#ifndef TEST_TEMPLATE_H
#define TEST_TEMPLATE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <cmocka.h>
#include "web/template.h"

struct world {
    struct arena arena;
    struct template_set *set;
    struct template_env env;
    struct buf out;
    struct err err;
    int slots; /* calls of the slot function */
};

static __attribute__((unused)) struct souk_str world_slot_name;

static struct souk_str world_asset(struct template_env *env, struct souk_str name)
{
    return arena_printf(env->arena, "/static/%.*s?v=1", SOUK_PRI(name));
}

static struct souk_str world_page(struct template_env *env, struct souk_str path)
{
    return arena_printf(env->arena, "/%s%.*s", env->locale, SOUK_PRI(path));
}

static void world_begin(struct world *w)
{
    *w = (struct world){.set = template_set_new()};
    w->env.arena = &w->arena;
    w->env.locale = "en";
    w->env.currency = "EUR";
    w->env.now = INT64_C(1795737600000000); /* 2026-11-27T00:00:00Z, a Friday */
    w->env.asset_url = world_asset;
    w->env.page_url = world_page;
    w->env.user = w;
}

static void world_end(struct world *w)
{
    template_set_free(w->set);
    arena_free(&w->arena);
    buf_free(&w->out);
}

static int world_add(struct world *w, const char *name, const char *text)
{
    char file[64];
    snprintf(file, sizeof(file), "%s.html", name);
    return template_add(w->set, name, souk_str(text), file, "shop", &w->err);
}

static __attribute__((unused)) struct json *world_data(struct world *w, const char *text)
{
    struct json *data = NULL;
    struct err err;
    if (json_parse(&w->arena, souk_str(text), &data, &err))
        fail_msg("test data: %s", err.text);
    return data;
}

static const char *world_render(struct world *w, const char *name, const struct json *data)
{
    buf_clear(&w->out);
    if (template_link(w->set, &w->err) ||
        template_render(w->set, name, &w->env, data, &w->out, &w->err))
        return w->err.text;
    buf_add_char(&w->out, '\0');
    w->out.len--;
    return w->out.ptr;
}

/* One template alone. */
static __attribute__((unused)) void expect_at(const char *file, int line, const char *text,
                                              const char *json, const char *wanted)
{
    struct world w;
    world_begin(&w);
    const char *got =
        world_add(&w, "page", text) ? w.err.text : world_render(&w, "page", world_data(&w, json));
    if (strcmp(got, wanted) != 0) {
        print_error("%s:%d: %s\n  got    %s\n  wanted %s\n", file, line, text, got, wanted);
        world_end(&w);
        fail();
    }
    world_end(&w);
}

#define expect(text, json, wanted) expect_at(__FILE__, __LINE__, text, json, wanted)

/* Refused, with a message that contains `part`. */
static __attribute__((unused)) void refuse_at(const char *file, int line, const char *text,
                                              const char *part)
{
    struct world w;
    world_begin(&w);
    int code = world_add(&w, "page", text);
    if (!code)
        code = template_link(w.set, &w.err);
    if (code != SOUK_INVALID || !strstr(w.err.text, part)) {
        print_error("%s:%d: %s\n  said   %d %s\n  wanted %s\n", file, line, text, code,
                    code ? w.err.text : "", part);
        world_end(&w);
        fail();
    }
    world_end(&w);
}

#define refuse(text, part) refuse_at(__FILE__, __LINE__, text, part)

#endif
