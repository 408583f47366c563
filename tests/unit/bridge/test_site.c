/*
 * test_site: what a plugin set looks like to the web: where routes and pages hang, what
 * is refused, templates that shadow each other, slots, the error page.
 */
#include "fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_OF(path, text)                                                                        \
    {                                                                                              \
        (path), (text), (text) + sizeof(text) - 1                                                  \
    }

static struct plugin *one, *two;

static int answer(struct souk_ctx *ctx)
{
    return souk_answer_text(ctx, 200, souk_str("ok"));
}

static int fill(struct souk_ctx *ctx, struct souk_value *view)
{
    souk_set_cstr(ctx, view, "name", "<Ada>");
    return SOUK_OK;
}

static int fill_fails(struct souk_ctx *ctx, struct souk_value *view)
{
    (void)view;
    return souk_fail(ctx, SOUK_ERROR, "no luck");
}

static const struct souk_route routes[] = {
    {.method = "GET",
     .path = "/a/{id}",
     .kind = SOUK_READ,
     .surface = SOUK_PUBLIC,
     .handle = answer},
    {.method = "POST", .path = "", .kind = SOUK_WRITE, .surface = SOUK_WEBHOOK, .handle = answer},
    {.method = "GET", .path = "/b", .kind = SOUK_TASK, .surface = SOUK_ADMIN, .handle = answer},
    {.method = "GET", .path = "/c", .kind = SOUK_READ, .surface = SOUK_API_V1, .handle = answer},
};
static const struct souk_page page[] = {
    {.path = "/p", .page_template = "p", .fill = fill, .title = "Pee"}};
static const struct souk_page page_again[] = {{.path = "/p", .page_template = "p", .fill = fill}};
static const struct souk_page page_api[] = {{.path = "/api/x", .page_template = "p", .fill = fill}};
static const struct souk_page page_locale[] = {
    {.path = "/bg/x", .page_template = "p", .fill = fill}};
static const struct souk_file files[] = {
    FILE_OF("templates/p.html",
            "{% layout \"layout\" %}{% block content %}P {{ name }} {{ title }}{% endblock %}"),
    FILE_OF("templates/part.html", "[{{ name }} of {{ page.title }}]"),
    FILE_OF(
        "templates/bad.html",
        "[{{ page.title }}{% for x in page.nums %}{% for y in page.nums %}{% for z in page.nums %}"
        "{% for w in page.nums %}x{% endfor %}{% endfor %}{% endfor %}{% endfor %}]"),
};
static const struct souk_slot slots_one[] = {
    {.slot = "foot", .part_template = "part", .fill = fill, .priority = 5},
    {.slot = "foot", .part_template = "part", .fill = fill_fails, .priority = 1},
};
static const struct souk_slot slots_two[] = {
    {.slot = "foot", .part_template = "part", .priority = 2}};
static const struct souk_slot slots_missing[] = {{.slot = "foot", .part_template = "nothing"}};

#define THEME(path, text)                                                                          \
    {                                                                                              \
        (path), SOUK_STR(text)                                                                     \
    }
static const struct site_file theme[] = {
    THEME("templates/layout.html",
          "= {{ shop.name }}|{{ locale }}|{{ path }}|{% for l in locales %}{{ l.code }}={{ l.url }}"
          "{% if l.current %}!{% endif %};{% endfor %}= {% block content %}{% endblock %}"
          "{% slot \"foot\" %}"),
    THEME("templates/page/error.html",
          "{% layout \"layout\" %}{% block content %}E{{ status }} {{ detail }}{% endblock %}"),
};

static int core_page(struct request *request, const struct web_route *route)
{
    (void)route;
    answer_text(request, 200, "core");
    return 0;
}
static const struct web_route core_routes[] = {
    {.method = "GET",
     .path = "/",
     .kind = SOUK_READ,
     .flags = ROUTE_PAGE,
     .handle = core_page,
     .owner = "souk"},
    {.method = "GET",
     .path = "/cart",
     .kind = SOUK_READ,
     .flags = ROUTE_PAGE,
     .handle = core_page,
     .owner = "souk"},
};
static const char *const locales[] = {"en", "bg", NULL};

static void setup_site(const char *theme_dir)
{
    struct site_options options = {.db = db,
                                   .routes = core_routes,
                                   .route_count = 2,
                                   .files = theme,
                                   .file_count = 2,
                                   .theme_dir = theme_dir,
                                   .locales = locales,
                                   .shop_name = "Tea & Co",
                                   .currency = "EUR"};
    site_setup(&options);
}

static int set_up(void **state)
{
    fixture_setup(state);
    one = fixture_plugin("one");
    two = fixture_plugin("two");
    one->descriptor.files = two->descriptor.files = files;
    one->descriptor.files_count = two->descriptor.files_count = 3;
    setup_site(NULL);
    return 0;
}

static int tear_down(void **state)
{
    fixture_plugin_free(one);
    fixture_plugin_free(two);
    return fixture_teardown(state);
}

static int build(struct plugin_set **set, struct err *err)
{
    struct plugin *plugins[] = {one, two};
    *set = set_new(plugins, 2);
    int code = set_assemble(*set, err);
    return code ? code : site_build(NULL, *set, err);
}

static const struct web_route *find(struct plugin_set *set, const char *method, const char *path)
{
    struct site *site = set->web;
    struct souk_str params[ROUTER_PARAMS], allow;
    int status = 0;
    const struct web_route *route = router_find(site->web.router, &arena, souk_str(method),
                                                souk_str(path), params, &status, &allow);
    return route;
}

static void begin_request(struct request *request, struct plugin_set *set, const char *method,
                          const char *path)
{
    struct site *site = set->web;
    memset(request, 0, sizeof(*request));
    request->method = souk_str(method);
    request->path = request->local_path = souk_str(path);
    request->locale = "bg";
    request->site = &site->web;
    request->db = db;
    request->now = INT64_C(1795000000000000);
    request->route = find(set, method, path);
}

static void end_request(struct request *request)
{
    request_conn_end(request);
    arena_free(&request->arena);
}

static void routes_hang_under_surfaces(void **state)
{
    (void)state;
    struct plugin_set *set;
    struct err err = {0};
    one->descriptor.routes = routes;
    one->descriptor.routes_count = 4;
    assert_int_equal(build(&set, &err), SOUK_OK);
    const struct web_route *route = find(set, "GET", "/x/one/a/7");
    assert_non_null(route);
    assert_int_equal(route->kind, SOUK_READ);
    assert_string_equal(route->owner, "one");
    assert_true(find(set, "POST", "/hooks/one")->flags & ROUTE_OPEN);
    assert_true(find(set, "GET", "/admin/p/one/b")->flags & ROUTE_STAFF);
    assert_true(find(set, "GET", "/api/v1/x/one/c")->flags & ROUTE_API);
    assert_true(find(set, "GET", "/api/v1/x/one/c")->deadline <
                find(set, "GET", "/admin/p/one/b")->deadline);
    assert_null(find(set, "GET", "/x/two/a/7"));
    assert_non_null(find(set, "GET", "/cart"));
    set_free(set);
}

static void expect_refusal(const char *words, const char *more)
{
    struct plugin_set *set;
    struct err err = {0};
    assert_int_not_equal(build(&set, &err), SOUK_OK);
    if (!strstr(err.text, words) || !strstr(err.text, more))
        fail_msg("\"%s\" or \"%s\" is not in: %s", words, more, err.text);
    assert_null(set->web);
    set_free(set);
}

static void conflicts_are_refused(void **state)
{
    (void)state;
    static const struct souk_page cart[] = {{.path = "/cart", .page_template = "p", .fill = fill}};
    one->descriptor.pages = page;
    two->descriptor.pages = page_again;
    one->descriptor.pages_count = two->descriptor.pages_count = 1;
    expect_refusal("one", "two");
    two->descriptor.pages = page_api;
    expect_refusal("two", "/api");
    two->descriptor.pages = page_locale;
    expect_refusal("two", "/bg");
    two->descriptor.pages = cart;
    expect_refusal("two", "souk");
    two->descriptor.pages_count = 0;
    two->descriptor.slots = slots_missing;
    two->descriptor.slots_count = 1;
    expect_refusal("two", "templates/nothing.html");
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    static const struct souk_file wrong[] = {FILE_OF("templates/p.html", "a\n{% if %}")};
    static const struct souk_file lost[] = {FILE_OF("other/p.html", "a")};
    two->descriptor.files = wrong;
    two->descriptor.files_count = 1;
    expect_refusal("two", "p.html");
    two->descriptor.files = lost;
    expect_refusal("two", "other/p.html");
}

static void page_and_slots(void **state)
{
    (void)state;
    struct plugin_set *set;
    struct err err = {0};
    struct request request;
    one->descriptor.pages = page;
    one->descriptor.pages_count = 1;
    one->descriptor.slots = slots_one;
    one->descriptor.slots_count = 2;
    two->descriptor.slots = slots_two;
    two->descriptor.slots_count = 1;
    if (build(&set, &err) != SOUK_OK)
        fail_msg("%s", err.text);
    begin_request(&request, set, "GET", "/p");
    assert_int_equal(request.route->handle(&request, request.route), SOUK_OK);
    assert_int_equal(request.answer.status, 200);
    /* the failing part is left out, the others stand by priority, text is escaped */
    assert_string_equal(
        arena_cstr(&request.arena, request.answer.body),
        "= Tea &amp; Co|bg|/p|en=/p;bg=/bg/p!;= P &lt;Ada&gt; Pee[ of Pee][&lt;Ada&gt; of Pee]");
    end_request(&request);
    set_free(set);
}

static void slot_template_fails(void **state)
{
    (void)state;
    static const struct souk_slot slots[] = {
        {.slot = "foot", .part_template = "bad"},
        {.slot = "foot", .part_template = "part", .fill = fill, .priority = 9}};
    struct plugin_set *set;
    struct err err = {0};
    struct request request;
    one->descriptor.slots = slots;
    one->descriptor.slots_count = 2;
    if (build(&set, &err) != SOUK_OK)
        fail_msg("%s", err.text);
    begin_request(&request, set, "GET", "/cart");
    struct json *view = json_new(&request.arena, JSON_OBJECT);
    struct json *nums = json_add(&request.arena, view, "nums", JSON_ARRAY);
    for (int i = 0; i < 60; i++)
        json_add_int(&request.arena, nums, NULL, i); /* 60^4 steps: over the limit of a template */
    assert_int_equal(site_render(&request, "one", "p", 200, view), SOUK_OK);
    char *body = arena_cstr(&request.arena, request.answer.body);
    assert_non_null(strstr(body, "[&lt;Ada&gt; of ]"));
    assert_null(strstr(body, "xxx"));
    end_request(&request);
    set_free(set);
}

static void errors_have_a_page(void **state)
{
    (void)state;
    struct plugin_set *set;
    struct err err = {0};
    struct request request;
    one->descriptor.slots = slots_one;
    one->descriptor.slots_count = 1;
    assert_int_equal(build(&set, &err), SOUK_OK);
    begin_request(&request, set, "GET", "/nowhere");
    struct site *site = set->web;
    site->web.error_page(&request, 404, "no <tea>");
    assert_int_equal(request.answer.status, 404);
    char *body = arena_cstr(&request.arena, request.answer.body);
    assert_non_null(strstr(body, "E404 no &lt;tea&gt;"));
    assert_null(strstr(body, "Ada")); /* slots stay empty */
    assert_int_equal(site_render(&request, "one", "nothing", 200, NULL) != SOUK_OK, 1);
    end_request(&request);
    set_free(set);
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void merchant_shadows(void **state)
{
    (void)state;
    char dir[] = "/tmp/souk-theme-XXXXXX", sub[64], off[64], path[128];
    struct plugin_set *set;
    struct err err = {0};
    struct request request;
    assert_non_null(mkdtemp(dir));
    snprintf(sub, sizeof(sub), "%s/one", dir);
    snprintf(off, sizeof(off), "%s/gone", dir);
    mkdir(sub, 0700);
    mkdir(off, 0700);
    write_file(sub, "p.html", "mine: {{ name }}");
    write_file(off, "x.html", "{% render \"gone/y\" %}"); /* of a plugin that is off: left aside */
    one->descriptor.pages = page;
    one->descriptor.pages_count = 1;
    setup_site(dir);
    if (build(&set, &err) != SOUK_OK)
        fail_msg("%s", err.text);
    begin_request(&request, set, "GET", "/p");
    assert_int_equal(request.route->handle(&request, request.route), SOUK_OK);
    assert_string_equal(arena_cstr(&request.arena, request.answer.body), "mine: &lt;Ada&gt;");
    end_request(&request);
    set_free(set);
    const char *const names[] = {"one/p.html", "gone/x.html", "one", "gone", ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        remove(path);
    }
}

/* ---- route glue ---- */

static int handle_silent(struct souk_ctx *ctx)
{
    (void)ctx;
    return SOUK_OK;
}
static int handle_secret(struct souk_ctx *ctx)
{
    souk_set_header(ctx, "X-Left", souk_str("over"));
    return souk_fail(ctx, SOUK_ERROR, "the bank's password is 1234");
}
static int handle_polite(struct souk_ctx *ctx)
{
    return souk_fail(ctx, SOUK_CONFLICT, "only three are left");
}
static int handle_odd(struct souk_ctx *ctx)
{
    (void)ctx;
    return 17;
}
static int handle_slips(struct souk_ctx *ctx)
{
    struct souk_rows *rows;
    return souk_query(ctx, &rows, "SELECT name FROM p_t_guest"); /* another plugin's table */
}
static int handle_answers(struct souk_ctx *ctx)
{
    assert_int_equal(souk_answer(ctx, 200, "text/html", (struct souk_str){"\xff", 1}),
                     SOUK_INVALID);
    assert_int_equal(souk_answer(ctx, 99, "text/html", souk_str("")), SOUK_INVALID);
    assert_int_equal(souk_answer(ctx, 200, "a\r\nb", souk_str("")), SOUK_INVALID);
    assert_int_equal(souk_set_header(ctx, "Content-Length", souk_str("5")), SOUK_INVALID);
    assert_int_equal(souk_set_header(ctx, "X-A", souk_str("a\r\nb: c")), SOUK_INVALID);
    assert_int_equal(souk_set_cookie(ctx, "souk", souk_str("1"), 0), SOUK_INVALID);
    assert_int_equal(souk_redirect(ctx, 303, souk_str("//evil.example")), SOUK_INVALID);
    assert_int_equal(souk_redirect(ctx, 303, souk_str("/\\evil.example")), SOUK_INVALID);
    assert_int_equal(souk_redirect(ctx, 303, souk_str("javascript:alert(1)")), SOUK_INVALID);
    assert_int_equal(souk_redirect(ctx, 200, souk_str("/")), SOUK_INVALID);
    assert_int_equal(souk_session_set(ctx, "a", souk_str("b")), SOUK_WRONG_KIND);
    char body[] = "on the stack";
    int code = souk_answer_text(ctx, 201, souk_str(body));
    memset(body, 'x', sizeof(body) - 1);
    return code;
}

static const struct souk_route glue[] = {
    {.method = "GET",
     .path = "/slips",
     .kind = SOUK_READ,
     .surface = SOUK_PUBLIC,
     .handle = handle_slips},
    {.method = "GET",
     .path = "/silent",
     .kind = SOUK_READ,
     .surface = SOUK_PUBLIC,
     .handle = handle_silent},
    {.method = "GET",
     .path = "/secret",
     .kind = SOUK_READ,
     .surface = SOUK_PUBLIC,
     .handle = handle_secret},
    {.method = "GET",
     .path = "/polite",
     .kind = SOUK_READ,
     .surface = SOUK_PUBLIC,
     .handle = handle_polite},
    {.method = "GET",
     .path = "/odd",
     .kind = SOUK_READ,
     .surface = SOUK_PUBLIC,
     .handle = handle_odd},
    {.method = "GET",
     .path = "/answers",
     .kind = SOUK_READ,
     .surface = SOUK_PUBLIC,
     .handle = handle_answers},
};

static void check_glue(struct plugin_set *set, const char *path, int code, int status,
                       const char *has, const char *hides)
{
    struct request request;
    begin_request(&request, set, "GET", path);
    assert_int_equal(request.route->handle(&request, request.route), code);
    assert_int_equal(request.answer.status, status);
    char *body = arena_cstr(&request.arena, request.answer.body);
    if (!strstr(body, has) || (hides && strstr(body, hides)))
        fail_msg("%s answered: %s", path, body);
    end_request(&request);
}

static void codes_become_answers(void **state)
{
    (void)state;
    struct plugin_set *set;
    struct err err = {0};
    one->descriptor.routes = glue;
    one->descriptor.routes_count = 6;
    assert_int_equal(build(&set, &err), SOUK_OK);
    check_glue(set, "/x/one/silent", SOUK_ERROR, 500, "", "souk_answer");
    check_glue(set, "/x/one/secret", SOUK_ERROR, 500, "", "1234");
    check_glue(set, "/x/one/polite", SOUK_CONFLICT, 409, "only three are left", NULL);
    check_glue(set, "/x/one/slips", SOUK_ERROR, 500, "", "p_t_guest");
    check_glue(set, "/x/one/odd", SOUK_ERROR, 500, "", "17");
    check_glue(set, "/x/one/answers", SOUK_OK, 201, "on the stack", NULL);
    set_free(set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(routes_hang_under_surfaces), TEST(conflicts_are_refused),
        TEST(bad_files_are_refused),      TEST(page_and_slots),
        TEST(slot_template_fails),        TEST(errors_have_a_page),
        TEST(merchant_shadows),           TEST(codes_become_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
