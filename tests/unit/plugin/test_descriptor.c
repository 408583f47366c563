/*
 * test_descriptor.c: tables of all sizes, good and bad.
 */
#include "fixture.h"
#include "plugin/descriptor.h"

static const struct souk_api *slot;

static int handle(struct souk_ctx *ctx)
{
    (void)ctx;
    return 0;
}

static int fill(struct souk_ctx *ctx, struct souk_value *view)
{
    (void)ctx;
    (void)view;
    return 0;
}

static int hear(struct souk_ctx *ctx, const struct souk_event *event)
{
    (void)ctx;
    (void)event;
    return 0;
}

static int run(struct souk_ctx *ctx, const struct souk_value *payload)
{
    (void)ctx;
    (void)payload;
    return 0;
}

static int command(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    (void)ctx;
    (void)argc;
    (void)argv;
    return 0;
}

static int ways(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                struct souk_value *options)
{
    (void)ctx;
    (void)terms;
    (void)options;
    return 0;
}

static int told(struct souk_ctx *ctx, const struct souk_conversion *conversion,
                struct souk_conversion_result *result)
{
    (void)ctx;
    (void)conversion;
    (void)result;
    return 0;
}

static const char *const colours[] = {"red", "blue", NULL};
static const char page[] = "<p>";
static const struct {
    uint32_t size, reserved;
} table = {sizeof(table), 0};

/* Two rows of each kind, all good; a test spoils one. */
static struct world {
    struct souk_require relations[2];
    struct souk_option options[2];
    struct souk_route routes[2];
    struct souk_page pages[2];
    struct souk_slot slots[2];
    struct souk_listener events[2];
    struct souk_job jobs[2];
    struct souk_command commands[2];
    struct souk_migration migrations[2];
    struct souk_file files[2];
    struct souk_provider providers[2];
    struct souk_plugin plugin;
} w;

static void reset(void)
{
    static const struct world good = {
        .relations = {{.plugin = "other", .relation = SOUK_NEEDS},
                      {.plugin = "third", .relation = SOUK_AFTER}},
        .options = {{.key = "name", .type = SOUK_STRING},
                    {.key = "colour", .type = SOUK_CHOICE, .initial = "red", .choices = colours}},
        .routes = {{.method = "GET",
                    .path = "/items/{id}",
                    .kind = SOUK_READ,
                    .surface = SOUK_PUBLIC,
                    .handle = handle},
                   {.method = "POST",
                    .path = "",
                    .kind = SOUK_WRITE,
                    .surface = SOUK_WEBHOOK,
                    .handle = handle}},
        .pages = {{.path = "/visits", .page_template = "page", .fill = fill},
                  {.path = "/visits/{day}", .page_template = "page", .fill = fill}},
        .slots = {{.slot = "home.main", .part_template = "page"},
                  {.slot = "layout.footer", .part_template = "page"}},
        .events = {{.event = "order.placing", .kind = SOUK_FILTER, .handle = hear},
                   {.event = "order.placed", .kind = SOUK_FACT, .handle = hear}},
        .jobs = {{.name = "nightly", .cron = "30 3 * * *", .run = run},
                 {.name = "mail", .run = run}},
        .commands = {{.name = "show", .run = command}, {.name = "clean-up", .run = command}},
        .migrations = {{.number = 1, .name = "one", .sql = "SELECT 1"},
                       {.number = 2, .name = "two", .sql = "SELECT 1"}},
        .files = {{"templates/page.html", page, page + 3}, {"static/a.css", page, page + 3}},
        .providers = {{"payment", "card", &table}, {"payment", "cash", &table}},
    };
    w = good;
    w.plugin = (struct souk_plugin){
        .magic = SOUK_MAGIC,
        .size = sizeof(struct souk_plugin),
        .abi_major = SOUK_ABI_MAJOR,
        .abi_minor = SOUK_ABI_MINOR,
        .api = &slot,
        .name = "hello",
        .version = "1.0.0",
        .relations = SOUK_TABLE(w.relations),
        .options = SOUK_TABLE(w.options),
        .routes = SOUK_TABLE(w.routes),
        .pages = SOUK_TABLE(w.pages),
        .slots = SOUK_TABLE(w.slots),
        .events = SOUK_TABLE(w.events),
        .jobs = SOUK_TABLE(w.jobs),
        .commands = SOUK_TABLE(w.commands),
        .migrations = SOUK_TABLE(w.migrations),
        .files = SOUK_TABLE(w.files),
        .providers = SOUK_TABLE(w.providers),
    };
}

static struct arena arena;
static struct descriptor out;
static struct err err;

static int read_it(void)
{
    arena_reset(&arena);
    memset(&err, 0, sizeof(err));
    return descriptor_read(&w.plugin, "plugins/hello.so", &arena, &out, &err);
}

/* Spoils the good world and wants words with `part` in them. */
#define BAD(spoil, part)                                                                           \
    do {                                                                                           \
        reset();                                                                                   \
        spoil;                                                                                     \
        assert_int_equal(read_it(), SOUK_INVALID);                                                 \
        assert_part(err.text, part);                                                               \
        assert_part(err.text, "plugin \"hello\" (plugins/hello.so): ");                            \
    } while (0)

static void test_good(void **state)
{
    (void)state;
    reset();
    int code = read_it();
    if (code)
        fail_msg("%s", err.text);
    assert_string_equal(out.plugin.name, "hello");
    assert_int_equal(out.routes_count, 2);
    assert_string_equal(out.routes[1].method, "POST");
    assert_string_equal(out.options[1].choices[1], "blue");
    assert_int_equal(out.migrations[1].number, 2);
    assert_string_equal(out.providers[1].name, "cash");
}

static void test_shorter_rows(void **state)
{
    (void)state;
    reset();
    struct { /* as a job was before it had attempts and timeout_ms */
        const char *name, *cron;
        int (*run)(struct souk_ctx *ctx, const struct souk_value *payload);
    } old[2] = {{"one", NULL, run}, {"two", "* * * * *", run}};
    w.plugin.jobs = (struct souk_table)SOUK_TABLE(old);
    assert_int_equal(read_it(), 0);
    assert_int_equal(out.jobs_count, 2);
    assert_string_equal(out.jobs[1].name, "two");
    assert_string_equal(out.jobs[1].cron, "* * * * *");
    assert_int_equal(out.jobs[1].attempts, 0);
    assert_null(out.jobs[0].summary);
}

static void test_longer_rows(void **state)
{
    (void)state;
    reset();
    struct { /* as a command may be one day */
        struct souk_command row;
        int64_t new_things[5];
    } next[2] = {{{"one", NULL, NULL, command}, {1, 2, 3, 4, 5}},
                 {{"two", NULL, "Two", command}, {1, 2, 3, 4, 5}}};
    w.plugin.commands = (struct souk_table)SOUK_TABLE(next);
    assert_int_equal(read_it(), 0);
    assert_string_equal(out.commands[1].name, "two");
    assert_string_equal(out.commands[1].summary, "Two");
    assert_ptr_equal(out.commands[1].run, command);
}

static int act(struct souk_ctx *ctx, int64_t id)
{
    (void)ctx;
    (void)id;
    return 0;
}

/* A resource holds tables itself; those are copied and checked too. */
static void test_resources(void **state)
{
    (void)state;
    struct { /* a field without what comes after its flags */
        const char *column, *label;
        int32_t type, flags;
    } fields[2] = {{"name", "Name", SOUK_STRING, SOUK_FIELD_EDIT}, {"live", "Live", SOUK_BOOL, 0}};
    struct souk_action actions[1] = {{.name = "cancel", .label = "Cancel", .run = act}};
    struct souk_resource rows[1] = {{.name = "card",
                                     .title = "Cards",
                                     .one = "Card",
                                     .table = "p_hello_card",
                                     .fields = SOUK_TABLE(fields),
                                     .actions = SOUK_TABLE(actions)}};
    reset();
    w.plugin.resources = (struct souk_table)SOUK_TABLE(rows);
    assert_int_equal(read_it(), 0);
    assert_int_equal(out.resources_count, 1);
    const struct souk_field *copies = out.resources[0].fields.items;
    assert_int_equal(out.resources[0].fields.count, 2);
    assert_int_equal(out.resources[0].fields.stride, sizeof(struct souk_field));
    assert_string_equal(copies[1].column, "live");
    assert_int_equal(copies[1].max, 0);
    assert_ptr_equal(((const struct souk_action *)out.resources[0].actions.items)[0].run, act);
    rows[0].table = "staff";
    assert_int_equal(read_it(), SOUK_INVALID);
    assert_part(err.text, "table \"staff\" does not begin with p_hello_");
    rows[0].table = "p_hello_card";
    fields[0].column = "name; DROP TABLE staff";
    assert_int_equal(read_it(), SOUK_INVALID);
    assert_part(err.text, "fields[0] needs a column");
    fields[0].column = "live";
    assert_int_equal(read_it(), SOUK_INVALID);
    assert_part(err.text, "stands there twice");
    fields[0].column = "id";
    assert_int_equal(read_it(), SOUK_INVALID);
    fields[0].column = "name";
    fields[0].type = SOUK_CHOICE;
    assert_int_equal(read_it(), SOUK_INVALID);
    fields[0].type = SOUK_STRING;
    actions[0].run = NULL;
    assert_int_equal(read_it(), SOUK_INVALID);
    assert_part(err.text, "actions[0]");
}

static void test_shorter_descriptor(void **state)
{
    (void)state;
    reset();
    w.plugin.size = offsetof(struct souk_plugin, relations);
    assert_int_equal(read_it(), 0);
    assert_int_equal(out.routes_count, 0);
    assert_null(out.plugin.init);
    w.plugin.size = 16;
    assert_int_equal(read_it(), SOUK_INVALID);
    w.plugin.size = 0xFFFFFFFF;
    assert_int_equal(read_it(), SOUK_INVALID);
}

static void test_abi(void **state)
{
    (void)state;
    reset();
    w.plugin.abi_minor = SOUK_ABI_MINOR + 6;
    assert_int_equal(read_it(), SOUK_CONFLICT);
    char words[200];
    snprintf(words, sizeof words,
             "plugin \"hello\" (plugins/hello.so): needs ABI %d.%d, this souk has %d.%d; upgrade "
             "souk or install a hello built for ABI %d.%d",
             SOUK_ABI_MAJOR, SOUK_ABI_MINOR + 6, SOUK_ABI_MAJOR, SOUK_ABI_MINOR, SOUK_ABI_MAJOR,
             SOUK_ABI_MINOR);
    assert_part(err.text, words);
    reset();
    w.plugin.abi_major = SOUK_ABI_MAJOR + 1;
    w.plugin.name = (const char *)16; /* another layout: nothing behind it may be read */
    assert_int_equal(read_it(), SOUK_CONFLICT);
    snprintf(words, sizeof words, "needs ABI %d.%d", SOUK_ABI_MAJOR + 1, SOUK_ABI_MINOR);
    assert_part(err.text, words);
    reset();
    w.plugin.magic = 7;
    assert_int_equal(read_it(), SOUK_INVALID);
    assert_part(err.text, "SOUK_PLUGIN");
}

static void test_hostile_tables(void **state)
{
    (void)state;
    BAD(w.plugin.routes.count = 0xFFFFFFFF, "table routes is broken (4294967295 rows");
    BAD(w.plugin.routes.stride = 8, "table routes is broken (2 rows of 8 bytes)");
    BAD(w.plugin.routes.stride = 0xFFFFFFF8, "table routes is broken");
    BAD(w.plugin.routes.items = NULL, "at address 0");
    BAD(w.plugin.files.stride = 0, "table files is broken");
}

static void test_identity(void **state)
{
    (void)state;
    BAD(w.plugin.name = "Hello", "its name must be");
    BAD(w.plugin.name = NULL, "its name must be");
    BAD(w.plugin.api = NULL, "SOUK_ABI");
    BAD(w.plugin.version = NULL, "has no version");
    BAD(w.plugin.role = 3, "role 3");
    reset();
    w.plugin.name = "plugins";
    assert_int_equal(read_it(), SOUK_INVALID);
    assert_part(err.text, "souk uses this name itself");
}

static void test_requires_and_options(void **state)
{
    (void)state;
    BAD(w.relations[1].relation = 4, "relations[1]: relation 4");
    BAD(w.relations[0].plugin = "hello", "the plugin itself");
    BAD(w.relations[0].plugin = NULL, "not a plugin's name");
    BAD(w.relations[1].plugin = "other", "a second time");
    BAD(w.options[0].key = "a-b", "options[0]: key \"a-b\"");
    BAD(w.options[0].key = NULL, "options[0]");
    BAD(w.options[0].type = 14, "has type 14");
    BAD(w.options[1].key = "name", "stands there twice");
    BAD(w.options[1].choices = NULL, "without choices");
    BAD(w.options[1].initial = "green", "\"green\" is no choice");
    BAD(w.options[0].flags = 8, "unknown flags 8");
    BAD((w.options[0].min = 2, w.options[0].max = 1), "min is above max");
}

static void test_routes(void **state)
{
    (void)state;
    BAD(w.routes[0].method = "get", "method \"get\"");
    BAD(w.routes[0].method = NULL, "method \"(none)\"");
    BAD(w.routes[0].path = NULL, "is missing");
    BAD(w.routes[0].path = "items", "must begin with /");
    BAD(w.routes[0].path = "/items/", "must not end with /");
    BAD(w.routes[0].path = "/a//b", "segment");
    BAD(w.routes[0].path = "/a/../b", "segment");
    BAD(w.routes[0].path = "/a/{}", "segment");
    BAD(w.routes[0].path = "/{rest*}/b", "goes on after");
    BAD(w.routes[0].path = "/a b", "segment");
    BAD(w.routes[0].kind = 0, "kind 0");
    BAD(w.routes[0].kind = 4, "kind 4");
    BAD(w.routes[0].surface = 5, "surface 5");
    BAD(w.routes[0].handle = NULL, "has no handle");
    BAD(w.routes[0].right = "orders", "only SOUK_ADMIN");
    BAD(w.routes[0].rate = -1, "below 0");
    BAD((w.routes[1] = w.routes[0], w.routes[1].path = "/items/{other}"), "the same route");
    reset();
    w.routes[1] = w.routes[0];
    w.routes[1].path = "/items/{rest*}";
    assert_int_equal(read_it(), 0);
}

static void test_pages_and_files(void **state)
{
    (void)state;
    BAD(w.pages[0].path = "/admin/x", "which are not for pages");
    BAD(w.pages[0].path = "/x", "which are not for pages");
    BAD(w.pages[0].path = "", "is missing");
    BAD(w.pages[0].page_template = "absent", "no file \"templates/absent.html\"");
    BAD(w.pages[0].fill = NULL, "has no fill");
    BAD(w.pages[0].flags = 2, "unknown flags");
    BAD(w.pages[1].path = "/visits", "stands there twice");
    BAD(w.slots[1].slot = NULL, "which slot");
    BAD(w.slots[1].part_template = "b", "templates/b.html");
    BAD(w.files[0].path = "templates/../a.html", "segment");
    BAD(w.files[0].path = "/etc/passwd", "segment");
    BAD(w.files[0].path = "other/a", "is none of");
    BAD(w.files[0].path = NULL, "is missing");
    BAD((w.files[0].begin = page + 3, w.files[0].end = page), "sound bytes");
    BAD(w.files[0].begin = NULL, "sound bytes");
    BAD(w.files[1].path = "templates/page.html", "stands there twice");
    reset();
    w.pages[0].path = "/xylophones";
    assert_int_equal(read_it(), 0);
}

static void test_later(void **state)
{
    (void)state;
    BAD(w.events[0].event = "placing", "is not an event");
    BAD(w.events[0].event = NULL, "is not an event");
    BAD(w.events[0].kind = SOUK_FACT, "is a filter by its name");
    BAD(w.events[1].kind = SOUK_FILTER, "is a fact by its name");
    BAD(w.events[0].kind = 3, "kind 3");
    BAD(w.events[0].handle = NULL, "has no handle");
    BAD(w.events[1] = w.events[0], "listened to twice");
    BAD(w.jobs[0].cron = "61 * * * *", "cron \"61 * * * *\": ");
    BAD(w.jobs[0].run = NULL, "has no run");
    BAD(w.jobs[1].name = "nightly", "stands there twice");
    BAD(w.commands[0].run = NULL, "has no run");
    BAD(w.commands[0].name = "two words", "commands[0]");
    BAD(w.migrations[1].number = 3, "has number 3");
    BAD(w.migrations[0].number = 0, "migrations[0]");
    BAD(w.migrations[0].sql = NULL, "has no sql");
    BAD(w.providers[0].kind = "paymnt", "did you mean \"payment\"?");
    BAD(w.providers[0].kind = NULL, "is unknown");
    BAD(w.providers[0].table = NULL, "begin with its size");
    BAD(w.providers[1].name = "card", "stands there twice");
}

/* Without these it could do nothing, and the first customer would find out. */
static void test_provider_members(void **state)
{
    static struct souk_delivery_provider way;
    static struct souk_notify_provider channel;
    struct souk_payment_provider empty = {.size = sizeof(empty)};
    (void)state;
    way = (struct souk_delivery_provider){.size = sizeof(way)};
    BAD(w.providers[0].table = &empty, "payment \"card\" has no .begin: no payment could be begun");
    BAD((w.providers[0].kind = "delivery", w.providers[0].table = &way), "has no .options");
    way.options = ways;
    BAD((w.providers[0].kind = "delivery", w.providers[0].table = &way),
        "delivery \"card\" has no .check: no choice could be priced");
    channel = (struct souk_notify_provider){.size = sizeof(channel), .channel = "sms"};
    BAD((w.providers[0].kind = "notify", w.providers[0].table = &channel), "has no .send");
    channel.size = offsetof(struct souk_notify_provider, send);
    reset();
    w.providers[0].kind = "notify";
    w.providers[0].table = &channel;
    assert_int_equal(read_it(), 0); /* what its table does not cover is not looked at */
}

/* Options that a provider's table names. */
static void test_track(void **state)
{
    static const char *const both[] = {"net", "at_once", NULL};
    static const char *const more[] = {"net", "gross", NULL};
    static struct souk_track_provider track;
    (void)state;
    track =
        (struct souk_track_provider){.size = sizeof(track), .send = told, .flags_option = "name"};
#define TRACK(spoil)                                                                               \
    (w.options[0].type = SOUK_LIST, w.options[0].choices = both, w.providers[0].kind = "track",    \
     w.providers[0].table = &track, spoil)
    reset();
    TRACK((void)0);
    if (read_it() != 0)
        fail_msg("%s", err.text);
    BAD(TRACK(w.options[0].type = SOUK_STRING),
        "flags_option names \"name\", which is no option of type SOUK_LIST");
    BAD(TRACK(w.options[0].key = "other"), "flags_option names \"name\"");
    BAD(TRACK(w.options[0].choices = NULL), "must be \"net\" and \"at_once\"");
    BAD(TRACK(w.options[0].choices = more), "must be \"net\" and \"at_once\"");
    track = (struct souk_track_provider){
        .size = sizeof(track), .send = told, .params_option = "colour"};
    BAD(TRACK((void)0), "params_option names \"colour\"");
    track =
        (struct souk_track_provider){.size = sizeof(track), .send = told, .window_option = "name"};
    BAD(TRACK((void)0), "window_option names \"name\", which is no option of type SOUK_DURATION");
    track = (struct souk_track_provider){.size = offsetof(struct souk_track_provider, flags_option),
                                         .send = told,
                                         .flags_option = "none"};
    reset();
    TRACK((void)0);
    assert_int_equal(read_it(), 0); /* what its table does not cover is not looked at */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_shorter_rows),
        cmocka_unit_test(test_longer_rows),
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_shorter_descriptor),
        cmocka_unit_test(test_abi),
        cmocka_unit_test(test_hostile_tables),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_requires_and_options),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_pages_and_files),
        cmocka_unit_test(test_later),
        cmocka_unit_test(test_provider_members),
        cmocka_unit_test(test_track),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
