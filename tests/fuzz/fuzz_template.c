/*
 * fuzz_template.c: a template of any text, compiled, linked and rendered with data of every kind.
 * What was refused says why; what is rendered keeps its limits. The data hold a tag that is nowhere
 * in the template unless the fuzzer writes it: its name must not come out as a tag.
 */
#include <stdlib.h>
#include "base/str.h"
#include "web/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 65536

static struct json *data_of(struct arena *arena)
{
    struct json *data = NULL;
    struct err err;
    static const char text[] =
        "{\"evil\":\"<zq9 x='1' onload=\\\"a()\\\">javascript:1\",\"n\":-7,\"big\":9223372036854775807,"
        "\"t\":true,\"z\":null,\"list\":[3,1,\"b\",null,[1],{\"a\":1}],"
        "\"map\":{\"price\":{\"amount\":1299,\"currency\":\"EUR\"},\"name\":\"\\u0561\\u0562\"}}";
    if (json_parse(arena, souk_str(text), &data, &err) != 0)
        abort();
    return data;
}

static void render(struct template_set *set, struct souk_str source)
{
    struct arena arena = {0};
    struct buf out = {.arena = &arena};
    struct err err = {0};
    struct template_env env = {
        .arena = &arena, .locale = "en", .currency = "EUR", .max_steps = 20000, .max_output = MOST};
    int code = template_render(set, "page", &env, data_of(&arena), &out, &err);
    if (code && !err.text[0])
        abort();
    if (code == 0 && out.len > MOST + 4096)
        abort();
    if (code == 0 && !memmem(source.ptr, source.len, "zq9", 3) &&
        memmem(out.ptr ? out.ptr : "", out.len, "<zq9", 4))
        abort();
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char layout[] = "<html><title>{% block title %}x{% endblock %}</title>"
                                 "<p class=\"{{ evil }}\">{% block content %}{% endblock %}</html>";
    struct template_set *set = template_set_new();
    struct err err = {0};
    struct souk_str source = str_make((const char *)data, size);
    if (template_add(set, "layout", souk_str(layout), "layout.html", "souk", &err) != 0 ||
        template_add(set, "card", souk_str("<b>{{ product }}</b>"), "card.html", "souk", &err) != 0)
        abort();
    int code = template_add(set, "page", source, "page.html", "souk", &err);
    code = code ? code : template_link(set, &err);
    if (code && !err.text[0])
        abort();
    if (code == 0)
        render(set, source);
    template_set_free(set);
    return 0;
}
