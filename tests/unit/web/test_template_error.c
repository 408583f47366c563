/*
 * What the compiler and the linker say: the file, the line, what is wrong and what to
 * do.
 */
#include "test_template.h"

static void names(void **state)
{
    (void)state;
    refuse("\n\n{{ x | upcasse }}",
           "page.html:3: there is no filter 'upcasse'; did you mean 'upcase'?");
    refuse("{{ x | zzzzzz }}", "there is no filter 'zzzzzz'; core/web/TEMPLATES.md lists them");
    refuse("a\n{% iff x %}", "page.html:2: there is no tag 'iff'; did you mean 'if'?");
    refuse("{% xyzzy %}", "there is no tag 'xyzzy'");
    refuse("{% for x in y %}{{ forloop.indx }}{% endfor %}",
           "forloop has no 'indx'; did you mean 'index'?");
    refuse("{% for x in y limt: 3 %}{% endfor %}", "did you mean 'limit'?");
    refuse("{% render 'page/x' %}", "page.html:1: there is no template 'page/x'");
}

static void syntax(void **state)
{
    (void)state;
    refuse("a\n{{ x", "page.html:2: '{{' is never closed; add '}}'");
    refuse("{{ 'x }}", "(or a missing quote)");
    refuse("{% if x", "'{%' is never closed; add '%}'");
    refuse("{{ }}", "empty output");
    refuse("{{ x y }}", "unexpected 'y' in '{{ }}'");
    refuse("{{ x | }}", "expected the name of a filter");
    refuse("{{ x. }}", "expected a name after '.'");
    refuse("{{ x[1 }}", "expected ']'");
    refuse("{{ (x }}", "expected ')'");
    refuse("{{ x == }}", "expected a name, a string or a number");
    refuse("{{ x & y }}", "unexpected '&'");
    refuse("{{ 99999999999999999999 }}", "unexpected '99999999999999999999'");
    refuse("{{ x\n|\nupcasse }}", "page.html:3: there is no filter");
    refuse("{% %}", "a tag needs a name");
    refuse("{{ x | truncate: 1, 2, 3 }}", "'truncate' takes 0 to 2 arguments, not 3");
    refuse("{{ x | append }}", "'append' takes 1 to 1 arguments, not 0");
    refuse("{{ x | append: a: 1 }}", "takes no named arguments");
    refuse("{% if x | upcase %}{% endif %}", "'if' takes no filters; assign the value first");
    refuse("{% assign x %}", "expected '='");
    refuse("{% assign x == 1 %}", "'assign' takes one '='");
    refuse("{% for x %}{% endfor %}", "'for' needs 'in'");
    refuse("{% render x %}", "'render' needs a quoted name");
    refuse("\xff", "page.html:1: not valid UTF-8");
    refuse("{{ ((((((((((((((((((1)))))))))))))))))) }}", "brackets too deep");
}

static void too_long(void **state)
{
    (void)state;
    char text[2000] = "{{ ";
    for (int i = 0; i < 40; i++)
        strncat(text, "x[", sizeof(text) - strlen(text) - 1);
    strncat(text, "}}", sizeof(text) - strlen(text) - 1);
    refuse(text, "page.html:1: brackets too deep");
    char many[2000] = "{{ x | t: ";
    for (int i = 0; i < 13; i++)
        strncat(many, "a: 1, ", sizeof(many) - strlen(many) - 1);
    strncat(many, "}}", sizeof(many) - strlen(many) - 1);
    refuse(many, "more than 12 arguments");
    char nest[2000] = "";
    for (int i = 0; i < 40; i++)
        strncat(nest, "{% if x %}\n", sizeof(nest) - strlen(nest) - 1);
    refuse(nest, "page.html:33: more than 32 tags open");
}

static void pairs(void **state)
{
    (void)state;
    refuse("\n{% if x %}\n", "page.html:2: 'if' is never closed; add {% endif %}");
    refuse("{% for x in y %}\n{% endif %}", "page.html:2: 'endif' inside the 'for' of line 1");
    refuse("\n{% endif %}", "page.html:2: 'endif' closes nothing");
    refuse("{% else %}", "'else' closes nothing");
    refuse("{% if x %}{% else %}{% else %}{% endif %}", "a second 'else' for the 'if' of line 1");
    refuse("{% if x %}{% else %}{% elsif y %}{% endif %}", "'elsif' after 'else'");
    refuse("{% when 1 %}", "'when' closes nothing; there is no 'case' before it");
    refuse("{% case x %}\n\nabc{% when 1 %}{% endcase %}", "page.html:3: text between 'case'");
    refuse("{% case x %}{% if y %}", "'if' between 'case' and its first 'when'");
    refuse("{% break %}", "'break' outside a loop");
    refuse("{% for x in y %}{% capture c %}{% continue %}{% endcapture %}{% endfor %}",
           "'continue' outside a loop");
    refuse("{% raw %}", "page.html:1: 'raw' is never closed; add {% endraw %}");
    refuse("\n{% comment %}{% end %}", "page.html:2: 'comment' is never closed");
}

static void pages(void **state)
{
    (void)state;
    refuse("{% layout 'l' %}{% block a %}{% endblock %}\n text",
           "page.html:2: text outside a block "
           "is never shown");
    refuse("{% layout 'l' %}{{ x }}", "output outside a block");
    refuse("{% layout 'l' %}{% if x %}{% block a %}{% endblock %}{% endif %}",
           "block 'a' inside 'if' of a page with a layout");
    refuse("text {% layout 'l' %}", "'layout' must stand before everything");
    refuse("{% layout 'l' %}{% layout 'l' %}", "a second 'layout'");
    refuse("{% layout 'page' %}", "'page' names itself as its layout, but shadows no template");
    refuse("{% render 'page' %}", "'page' leads back to itself through 'page' (page.html)");
    refuse("{% block a %}{% endblock %}\n{% block a %}{% endblock %}",
           "page.html:2: block 'a' was there on line 1");
    refuse("{% block a %}<p title='{% endblock %}", "block 'a' begins in text and ends in the "
                                                    "attribute 'title'");
}

static void linked(const char *a, const char *b, const char *wanted)
{
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "a", a), 0);
    assert_int_equal(world_add(&w, "b", b), 0);
    assert_int_equal(template_link(w.set, &w.err), SOUK_INVALID);
    if (!strstr(w.err.text, wanted))
        fail_msg("said %s, wanted %s", w.err.text, wanted);
    world_end(&w);
}

static void linking(void **state)
{
    (void)state;
    linked("\n{% render 'b' %}", "{% layout 'a' %}", "leads back to itself");
    linked("{% render 'bb' %}", "x", "there is no template 'bb'; did you mean 'b'?");
    linked("{% block content %}{% endblock %}",
           "\n{% layout 'a' %}{% block contents %}{% endblock %}",
           "b.html:2: the layout 'a' (a.html) has no block 'contents'; did you mean 'content'?");
    linked("<script>{% block s %}{% endblock %}</script>",
           "{% layout 'a' %}\n{% block s %}\nx = {{ y }}{% endblock %}",
           "b.html:3: output in an executable script");
    linked("<p title=\"{% block s %}{% endblock %}\">",
           "{% layout 'a' %}\n{% block s %}{% render 'c' %}{% endblock %}",
           "there is no template 'c'");
    linked("<p title=\"{% render 'b' %}\">", "x", "a.html:1: 'render' in the attribute 'title'");
    linked("<p title=\"{% block s %}{% endblock %}\">{% block t %}{% endblock %}",
           "{% layout 'a' %}{% block t %}\n{% block s %}{% endblock %}{% endblock %}",
           "b.html:2: block 's' stands in the attribute 'title' in the layout and in text here");
}

/* A failed set can be mended: the wrong template is shadowed and all is linked again.
 */
static void mending(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "a", "{% render 'b' %}"), 0);
    assert_int_equal(template_link(w.set, &w.err), SOUK_INVALID);
    assert_int_equal(world_add(&w, "b", "b"), 0);
    assert_string_equal(world_render(&w, "a", NULL), "b");
    assert_int_equal(world_add(&w, "a", "{{ broken"), SOUK_INVALID);
    assert_string_equal(world_render(&w, "a", NULL), "b");
    assert_string_equal(world_render(&w, "c", NULL), "there is no template 'c'; add it to a plugin "
                                                     "or a theme");
    world_end(&w);
}

/* Whatever bytes come, the compiler ends, and what it accepts can be rendered. */
static void mutations(void **state)
{
    (void)state;
    static const char seed[] =
        "{% assign a = 'x' | append: y %}<p class=\"{{ a }}\" {% if b %}hidden{% endif %}>"
        "{% for x in (1..3) limit:2 reversed %}{{ x.y[0] | default: \"z\" }}{% else %}"
        "{% endfor %}{% case q %}{% when 1, 2 %}{% endcase %}{% t 'a {b}', b: 1 %}{%- raw -%}"
        "{% endraw %}<script type=\"application/json\">{{ a | json }}</script><!-- x -->";
    static const char bytes[] = "{}%<>\"'=-|.[]( \n/a0:,";
    uint32_t random = 1;
    for (int round = 0; round < 4000; round++) {
        char text[sizeof(seed)];
        memcpy(text, seed, sizeof(seed));
        for (int i = 0; i <= round % 4; i++) {
            random = random * 1664525u + 1013904223u;
            text[(random >> 8) % (sizeof(seed) - 1)] = bytes[(random >> 24) % (sizeof(bytes) - 1)];
        }
        struct world w;
        world_begin(&w);
        if (world_add(&w, "page", text) == 0 && template_link(w.set, &w.err) == 0)
            template_render(w.set, "page", &w.env, NULL, &w.out, &w.err);
        else
            assert_memory_equal(w.err.text, "page.html:", 10);
        world_end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),   cmocka_unit_test(syntax),    cmocka_unit_test(too_long),
        cmocka_unit_test(pairs),   cmocka_unit_test(pages),     cmocka_unit_test(linking),
        cmocka_unit_test(mending), cmocka_unit_test(mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
