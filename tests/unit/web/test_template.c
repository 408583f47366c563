/*
 * Tags, expressions, layouts, blocks, themes, slots, translation in templates, and the
 * limits of a rendering.
 */
#include "test_template.h"
#include <pthread.h>

static const char shop[] =
    "{\"a\": {\"b\": [{\"x\": 1}, {\"x\": 2}, {\"x\": 3}], \"s\": \"h\u00e9\", \"o\": {\"k\": "
    "\"v\", \"l\": 2}}, \"n\": 3, \"t\": true, \"f\": false, \"z\": null, \"e\": [], \"es\": \"\", "
    "\"sp\": \"  \", \"i\": 1, \"k\": \"x\", \"size\": \"root\"}";

static void paths_and_literals(void **state)
{
    (void)state;
    expect("{{ a.b[0][\"x\"] }}{{ a.b[1].x }}{{ a.b[i].x }}{{ a.b[-1][k] }}", shop, "1223");
    expect("{{ a.b.size }}{{ a.b.first.x }}{{ a.b.last.x }}{{ a.s.size }}{{ a.o.size }}", shop,
           "31322");
    expect("[{{ missing }}{{ missing.b.c }}{{ a.b[9].x }}{{ z }}{{ n.x }}{{ a }}{{ a.b }}]", shop,
           "[]");
    expect("{{ 'a' }}{{ \"b'\" }}{{ 42 }}{{ -7 }}{{ true }}{{ false }}{{ nil }}{{ size }}", shop,
           "ab&#39;42-7truefalseroot");
    expect("{{ \"}}\" }}{{ '%}' }}", shop, "}}%}");
    expect("{{ (1..4) | join: ',' }}{{ (3..n) | size }}{{ (n..1) | size }}", shop, "1,2,3,410");
}

static void yes(const char *condition)
{
    char text[200];
    snprintf(text, sizeof(text), "{%% if %s %%}yes{%% else %%}no{%% endif %%}", condition);
    expect(text, shop, "yes");
    snprintf(text, sizeof(text), "{%% unless %s %%}no{%% else %%}yes{%% endunless %%}", condition);
    expect(text, shop, "yes");
}

static void no(const char *condition)
{
    char text[200];
    snprintf(text, sizeof(text), "{%% if %s %%}yes{%% else %%}no{%% endif %%}", condition);
    expect(text, shop, "no");
}

static void conditions(void **state)
{
    (void)state;
    yes("t"), yes("es"), yes("e"), yes("n"), yes("a");
    no("f"), no("z"), no("missing"), no("nil"), no("false");
    yes("n == 3"), yes("n != 4"), yes("n <> 4"), yes("n < 4"), yes("n > 2"), yes("n <= 3");
    yes("n >= 3"), no("n < 3"), no("n > '2'"), no("missing < 3"), no("missing > 3");
    yes("'a' < 'b'"), yes("a.s == 'h\u00e9'"), no("a.s == 'x'"), no("n == '3'");
    yes("missing == nil"), yes("z == missing"), yes("e == empty"), yes("es == empty");
    no("z == empty"), yes("z == blank"), yes("sp == blank"), yes("f == blank"), no("n == blank");
    yes("empty == e"), yes("a.o != empty"), yes("t == true"), no("t == false");
    yes("'hello' contains 'ell'"), no("'hello' contains 'x'"), yes("a.o contains 'k'");
    yes("(1..3) contains 2"), no("(1..3) contains 4"), no("n contains 3");
    /* `and` before `or`, from the left: Liquid would say otherwise for each of these */
    yes("t or f and f"), no("f and t or f"), yes("f and f or t"), yes("(t or f) and t");
    no("(t or t) and f"), yes("t and n == 3 and a.b.size > 2 or f");
}

static void steering(void **state)
{
    (void)state;
    expect("{% if f %}1{% elsif n == 3 %}2{% elsif t %}3{% else %}4{% endif %}", shop, "2");
    expect("{% unless t %}1{% elsif n == 3 %}2{% endunless %}", shop, "2");
    expect("{% case n %} {% when 1, 2 %}a{% when 3 or 4 %}b{% else %}c{% endcase %}", shop, "b");
    expect("{% case n %}{% when 1 %}a{% else %}c{% endcase %}", shop, "c");
    expect("[{% case n %}{% when 1 %}a{% endcase %}]", shop, "[]");
    expect("{% case 'x' %}{% when 'y' %}{% when k %}k{% endcase %}", shop, "k");
    expect("{% assign v = n | plus: 1 %}{{ v }}{% assign v = v | times: 2 %}{{ v }}", shop, "48");
    expect("{% capture c %}<b>{{ n }}</b>{% endcapture %}[{{ c }}]{{ c.size }}", shop,
           "[<b>3</b>]8");
    expect("a{% comment %} {{ x }} {% if %} don't {% endcomment %}b{% # it's one %}c", shop, "abc");
    expect("{% raw %}{{ x }} {% if %}{% endraw %}", shop, "{{ x }} {% if %}");
    expect("a {{- 1 -}} b \n {%- if t -%} \n c \n {%- endif -%} \n d", shop, "a1bcd");
    expect("a {% raw -%} x {%- endraw %} b{%- comment %} {% endcomment -%} c", shop, "a x bc");
}

static void loops(void **state)
{
    (void)state;
    expect("{% for x in a.b %}{{ x.x }}{% endfor %}", shop, "123");
    expect("{% for x in a.b limit:1 offset:1 %}{{ x.x }}{% endfor %}", shop, "2");
    expect("{% for x in a.b offset: i limit: 5 %}{{ x.x }}{% endfor %}", shop, "23");
    expect("{% for x in a.b reversed limit:2 %}{{ x.x }}{% endfor %}", shop, "21");
    expect("{% for x in e %}{{ x }}{% else %}none{% endfor %}", shop, "none");
    expect("{% for x in missing %}{% else %}none{% endfor %}{% for x in n %}!{% endfor %}", shop,
           "none");
    expect("{% for x in a.b %}{{ forloop.index }}{{ forloop.index0 }}{{ forloop.rindex }}"
           "{{ forloop.rindex0 }}{{ forloop.length }}{% if forloop.first %}F{% endif %}"
           "{% if forloop.last %}L{% endif %} {% endfor %}",
           shop, "10323F 21213 32103L ");
    expect("{% for x in (1..5) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}"
           "{% break %}{% endif %}{{ x }}{% endfor %}.",
           shop, "13.");
    expect("{% for x in (1..2) %}{% for y in (1..3) %}{% if y == 2 %}{% break %}{% endif %}"
           "{{ x }}{{ y }} {% endfor %}{{ forloop.index }};{% endfor %}{{ x }}",
           shop, "11 1;21 2;");
    expect("{% for p in a.o %}{{ p[0] }}={{ p[1] }};{% endfor %}", shop, "k=v;l=2;");
    expect("{% for n in (1..2) %}{% assign last = n %}{% endfor %}{{ last }}{{ n }}", shop, "23");
    expect("{% for x in (1..3) %}{% case x %}{% when 2 %}{% break %}{% endcase %}{{ x }}"
           "{% endfor %}",
           shop, "1");
}

static void rendering_others(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "card", "<b>{{ p }}{{ n }}{{ v }}</b>{% assign v = 9 %}"), 0);
    assert_int_equal(world_add(&w, "page",
                               "{% assign v = 1 %}{% render \"card\", p: 'x<', %}"
                               "{% for q in (1..2) %}{% render 'card' p: q, n: n %}{% endfor %}"
                               "{{ v }}"),
                     SOUK_INVALID); /* a trailing comma */
    assert_int_equal(world_add(&w, "page",
                               "{% assign v = 1 %}{% render \"card\", p: 'x<' %}"
                               "{% for q in (1..2) %}{% render 'card' p: q, n: n %}{% endfor %}"
                               "{{ v }}"),
                     0);
    assert_string_equal(world_render(&w, "page", world_data(&w, shop)),
                        "<b>x&lt;</b><b>13</b><b>23</b>1");
    assert_true(template_has(w.set, "card"));
    assert_false(template_has(w.set, "cards"));
    world_end(&w);
}

static void layouts(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "page/home",
                               "{% comment %}x{% endcomment %}\n{% layout \"layout\" %}\n"
                               "{% assign title = 'Home' %}\n"
                               "{% block content %}<i>{{ n }}{% block inner %}in{% endblock %}</i>"
                               "{% endblock content %}\n"
                               "{% block cls %}c{{ n }}\"{% endblock %}\n"),
                     0);
    assert_int_equal(world_add(&w, "layout",
                               "<title>{% block title %}{{ title }}{% endblock %}</title>"
                               "<p class=\"{% block cls %}d{% endblock %}\" "
                               "{% block attrs %}{% endblock %}>"
                               "{% block content %}nothing{% endblock %}!"),
                     0);
    /* its own block closes the attribute: refused, with its line */
    assert_string_equal(world_render(&w, "page/home", world_data(&w, shop)),
                        "page/home.html:5: the block 'cls' begins in the attribute 'class' and "
                        "ends in a tag; let it close what it opens");
    assert_int_equal(world_add(&w, "page/home",
                               "\n{% layout \"layout\" %}{% assign title = 'Ho\"<me' %}"
                               "{% block content %}<i>{{ n }}{% block inner %}in{% endblock %}</i>"
                               "{% endblock content %}"
                               "{% block cls %}c{{ title }}{% endblock %}"
                               "{% block attrs %}hidden{% endblock %}"),
                     0);
    assert_string_equal(world_render(&w, "page/home", world_data(&w, shop)),
                        "<title>Ho&#34;&lt;me</title><p class=\"cHo&#34;&lt;me\" hidden>"
                        "<i>3in</i>!");
    assert_string_equal(world_render(&w, "layout", world_data(&w, shop)),
                        "<title></title><p class=\"d\" >nothing!");
    /* a page that extends a page */
    assert_int_equal(
        world_add(&w, "page/sale",
                  "{% layout 'page/home' %}{% block inner %}sale {{ n }}{% endblock %}"),
        0);
    assert_string_equal(world_render(&w, "page/sale", world_data(&w, shop)),
                        "<title>Ho&#34;&lt;me</title><p class=\"cHo&#34;&lt;me\" hidden>"
                        "<i>3sale 3</i>!");
    world_end(&w);
}

static void url_blocks(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "layout", "<a href=\"{% block u %}/x{% endblock %}{{ y }}\">"),
                     0);
    assert_int_equal(
        world_add(&w, "page", "{% layout 'layout' %}{% block u %}{{ x }}{% endblock %}"), 0);
    assert_string_equal(world_render(&w, "page", world_data(&w, "{\"x\": \"javascript:a\"}")),
                        "<a href=\"#\">");
    assert_string_equal(
        world_render(&w, "page", world_data(&w, "{\"x\": \"j\", \"y\": \"s:alert\"}")),
        "<a href=\"j#\">");
    world_end(&w);
}

static void theme_overrides_a_block(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "layout",
                               "[{% block a %}A{% endblock %}{% block b %}B"
                               "{% endblock %}]"),
                     0);
    assert_int_equal(world_add(&w, "page", "{% layout 'layout' %}{% block a %}page{% endblock %}"),
                     0);
    /* a theme: its layout and page each extend what they shadow */
    assert_int_equal(
        world_add(&w, "layout", "{% layout 'layout' %}{% block b %}theme{% endblock %}"), 0);
    assert_string_equal(world_render(&w, "page", NULL), "[pagetheme]");
    assert_int_equal(world_add(&w, "page", "{% layout 'page' %}{% block b %}mine{% endblock %}"),
                     0);
    assert_string_equal(world_render(&w, "page", NULL), "[pagemine]");
    /* and one that replaces all of it */
    assert_int_equal(world_add(&w, "page", "bare"), 0);
    assert_string_equal(world_render(&w, "page", NULL), "bare");
    world_end(&w);
}

static void fill_slot(struct template_env *env, struct souk_str slot, const struct json *data,
                      struct buf *out)
{
    struct world *w = env->user;
    struct err err;
    w->slots++;
    if (souk_str_is(slot, "bad"))
        assert_int_equal(template_render(w->set, "gone", env, data, out, &err), SOUK_NOT_FOUND);
    else if (souk_str_is(slot, "greedy"))
        assert_int_equal(template_render(w->set, "greedy", env, data, out, &err), SOUK_TOO_LARGE);
    else
        assert_int_equal(template_render(w->set, "part", env, data, out, &err), 0);
}

static void slots(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    w.env.slot = fill_slot;
    assert_int_equal(world_add(&w, "part", "<i>{{ n }}</i>{% slot 'again' %}"), 0);
    assert_int_equal(world_add(&w, "greedy",
                               "{% for a in (1..9999) %}{% for b in (1..9999) %}x"
                               "{% endfor %}{% endfor %}"),
                     0);
    assert_int_equal(world_add(&w, "page",
                               "a{% slot \"x\" %}b{% slot 'bad' %}c{% slot 'greedy' %}"
                               "d{% render 'inner' %}"),
                     0);
    assert_int_equal(world_add(&w, "inner", "{% capture c %}{% slot 'x' %}{% endcapture %}{{ c }}"),
                     0);
    /* a part asks for itself: stopped at the fourth level */
    assert_string_equal(world_render(&w, "page", world_data(&w, shop)),
                        "a<i>3</i><i>3</i><i>3</i><i>3</i>bcd<i>3</i><i>3</i><i>3</i><i>3</i>");
    assert_int_equal(w.slots, 4 + 1 + 1 + 4);
    world_end(&w);
    expect("[{% slot 'nobody' %}]", "{}", "[]");
}

static void translations(void **state)
{
    (void)state;
    expect("{% t \"Hello, {name}{other}\", name: n %}{{ \"Hi <{x}>\" | t: x: '&' }}", shop,
           "Hello, 3{other}Hi &lt;&amp;&gt;");
    expect("{% t 'one item', plural: '{count} items', count: n %}{% t 'one item', plural: "
           "'{count} items', count: 1 %}",
           shop, "3 itemsone item");
    expect("{% t 'Order', context: 'verb' %}<p title=\"{% t 'a\"b' %}\">{{ missing | t }}", shop,
           "Order<p title=\"a&#34;b\">");
    expect("{% capture l %}<a href=\"/x\">{% t 'our terms' %}</a>{% endcapture %}"
           "{% t 'I <accept> {l}, {n}', l: l, n: '<' %}",
           shop, "I &lt;accept&gt; <a href=\"/x\">our terms</a>, &lt;");
    expect("{{ n | t }}{% t '{' %}{% t '{n', n: 1 %}{% t '}{n}', n: 1 %}", shop, "3{{n}1");
    refuse("{% t name %}", "needs a quoted text");
    refuse("{% t 'a', plural: 'b' %}", "needs 'count:'");
    refuse("{{ x | t: context: 'a' }}", "'context:' needs a quoted text");
}

static void limits(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "page",
                               "\n{% for a in (1..999) %}\n{% for b in (1..999) %}\n"
                               "{% endfor %}{% endfor %}"),
                     0);
    assert_non_null(strstr(world_render(&w, "page", NULL), "too many steps"));
    assert_int_equal(w.err.code, SOUK_TOO_LARGE);
    assert_memory_equal(w.err.text, "page.html:", 10);
    assert_int_equal(w.out.len, 0);
    w.env.max_steps = 20;
    assert_int_equal(world_add(&w, "page", "{% for a in (1..9) %}{{ a }}{% endfor %}"), 0);
    assert_string_equal(world_render(&w, "page", NULL),
                        "page.html:1: too many steps; show less on one page");
    w.env.max_steps = 0;
    w.env.max_output = 100;
    assert_int_equal(world_add(&w, "page", "\n\n{% for a in (1..99) %}{{ a }}{% endfor %}"), 0);
    assert_non_null(strstr(world_render(&w, "page", NULL), "page.html:3: the page is too long"));
    world_end(&w);
}

static void memory_limit(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "page",
                               "{% assign s = 'xxxxxxxx' %}{% for a in (1..99) %}\n"
                               "{% assign s = s | append: s %}{% endfor %}"),
                     0);
    assert_string_equal(world_render(&w, "page", NULL),
                        "page.html:2: values take too much memory; use fewer or smaller ones");
    assert_int_equal(world_add(&w, "page",
                               "{% assign s = 'xxxxxxxx' %}{% for a in (1..12) %}"
                               "{% assign s = s | append: s %}{% endfor %}"
                               "{{ s | replace: 'x', s }}"),
                     0);
    assert_non_null(strstr(world_render(&w, "page", NULL), "too much memory"));
    assert_true(w.arena.total < 64 * 1024 * 1024);
    assert_int_equal(world_add(&w, "page", "{% for x in (1..99999999) %}{% endfor %}"), 0);
    assert_non_null(strstr(world_render(&w, "page", NULL), "page.html:1: a range"));
    world_end(&w);
}

static void depth_limit(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    for (int i = 0; i < 20; i++) {
        char name[16], text[300], inner[40];
        snprintf(name, sizeof(name), "p%d", i);
        snprintf(inner, sizeof(inner), i < 15 ? "{%% render 'p%d' %%}" : "", i + 1);
        snprintf(text, sizeof(text), "{%% block b %%}%s{%% endblock %%}", inner);
        assert_int_equal(world_add(&w, name, text), 0);
    }
    assert_non_null(strstr(world_render(&w, "p0", NULL), "more than 16 blocks and renders"));
    assert_int_equal(w.err.code, SOUK_TOO_LARGE);
    assert_string_equal(world_render(&w, "p9", NULL), "");
    world_end(&w);
}

/* A warm rendering takes nothing from malloc: the arena's first block and the buffer
 * do. */
static void without_malloc(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "page",
                               "{% for x in l %}{{ x.n | upcase | append: '!' }}"
                               "{{ l | size }}{% endfor %}{{ l | map: 'n' | sort | "
                               "join: ',' }}{% capture c %}x{% endcapture %}{{ c }}"),
                     0);
    assert_int_equal(template_link(w.set, &w.err), 0);
    struct arena data_arena = {0};
    struct json *data;
    assert_int_equal(
        json_parse(&data_arena, souk_str("{\"l\": [{\"n\": \"b\"}, {\"n\": \"a\"}]}"), &data, NULL),
        0);
    struct arena_block *block = NULL;
    for (int i = 0; i < 3; i++) {
        buf_clear(&w.out);
        arena_reset(&w.arena);
        assert_int_equal(template_render(w.set, "page", &w.env, data, &w.out, &w.err), 0);
        if (i)
            assert_ptr_equal(w.arena.block, block);
        block = w.arena.block;
    }
    assert_int_equal(w.out.len, strlen("B!2A!2a,bx"));
    arena_free(&data_arena);
    world_end(&w);
}

static void *render_often(void *at)
{
    struct world *shared = at;
    struct arena arena = {0};
    struct buf out = {0};
    struct template_env env = {.arena = &arena};
    for (int i = 0; i < 200; i++) {
        arena_reset(&arena);
        buf_clear(&out);
        if (template_render(shared->set, "page", &env, NULL, &out, NULL) || out.len != 6)
            return at;
    }
    arena_free(&arena);
    buf_free(&out);
    return NULL;
}

static void threads(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    assert_int_equal(world_add(&w, "page",
                               "{% for x in (1..3) %}{{ x }}{% assign y = x %}{{ y }}"
                               "{% endfor %}"),
                     0);
    assert_int_equal(template_link(w.set, &w.err), 0);
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, render_often, &w), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(thread[i], &failed);
        assert_null(failed);
    }
    world_end(&w);
}

static void reference(void **state)
{
    (void)state;
    int tags = 0, filters = 0;
    for (const char *const *at = template_reference(); *at; at += 2) {
        assert_non_null(at[1]);
        tags += strcmp(at[0], "render") == 0;
        filters += strcmp(at[0], "truncatewords") == 0;
    }
    assert_int_equal(tags, 1);
    assert_int_equal(filters, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_and_literals),
        cmocka_unit_test(conditions),
        cmocka_unit_test(steering),
        cmocka_unit_test(loops),
        cmocka_unit_test(rendering_others),
        cmocka_unit_test(layouts),
        cmocka_unit_test(url_blocks),
        cmocka_unit_test(theme_overrides_a_block),
        cmocka_unit_test(slots),
        cmocka_unit_test(translations),
        cmocka_unit_test(limits),
        cmocka_unit_test(memory_limit),
        cmocka_unit_test(depth_limit),
        cmocka_unit_test(without_malloc),
        cmocka_unit_test(threads),
        cmocka_unit_test(reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
