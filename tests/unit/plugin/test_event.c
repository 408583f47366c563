/*
 * test_event.c: filters in order, vetoes, failures and lateness; facts from the outbox
 * to the plugin's own table.
 */
#include "fixture.h"
#include "plugin/quarantine.h"
#include "store/job.h"
#include "store/outbox.h"

static struct little_shop shop;

static int set_up(void **state)
{
    (void)state;
    shop_begin(&shop);
    shop_put(&shop, "fix_good");
    shop_put(&shop, "fix_early");
    shop_put(&shop, "fix_late");
    shop_put(&shop, "fix_gate");
    if (shop_configure(&shop, "fix_late fix_good fix_early fix_gate", "{}"))
        fail_msg("%.*s", SOUK_PRI(shop.problems.first->message));
    said_clear();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shop_end(&shop);
    return 0;
}

/* ---- filters ---- */

static struct json *payload;
static struct err err;

static int filter(const char *subject)
{
    uint32_t ticket;
    struct souk_ctx ctx;
    struct call_start start = {
        .set = set_pin(&ticket), .db = shop.db, .arena = &shop.arena, .kind = SOUK_TASK};
    call_begin(&ctx, &start);
    memset(&err, 0, sizeof(err));
    payload = json_new(&shop.arena, JSON_OBJECT);
    json_add_int(&shop.arena, payload, "last", 0);
    int code = event_filter(&ctx, souk_str("order.placing"), souk_str(subject), payload, &err);
    call_end(&ctx, NULL);
    set_unpin(ticket);
    return code;
}

static int64_t last(void)
{
    return json_int(json_at(payload, "last"), -1);
}

static void test_order(void **state)
{
    (void)state;
    assert_int_equal(filter("order:1"), 0);
    assert_string_equal(said_all(), ";fix_early order.placing;fix_gate order.placing;fix_late "
                                    "order.placing;");
    assert_int_equal(last(), 20);
}

static void test_veto(void **state)
{
    (void)state;
    assert_int_equal(filter("veto fix_early"), SOUK_DENIED);
    assert_string_equal(err.text, "not to this address"); /* words for the customer, bare */
    assert_int_equal(said("fix_late order.placing"), 0);
}

static void test_optional_fails(void **state)
{
    (void)state;
    assert_int_equal(filter("break fix_late"), 0);
    assert_int_equal(last(), 15); /* what it half did is undone */
    assert_int_equal(filter("odd fix_early"), 0);
    assert_int_equal(last(), 20);
}

static void test_gate_fails(void **state)
{
    (void)state;
    assert_int_equal(filter("break fix_gate"), SOUK_ERROR);
    assert_string_equal(err.text, "plugin \"fix_gate\": event order.placing: it broke");
    assert_int_equal(said("fix_late order.placing"), 0);
    assert_int_equal(filter("odd fix_gate"), SOUK_ERROR);
    assert_part(err.text, "returned 7, which is no result code");
}

/* The log lines that `run` causes. */
static const char *logged(int (*run)(const char *), const char *arg)
{
    static char text[4096];
    char path[PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/log", shop.dir);
    log_setup(LOG_WARN, 0);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), before = dup(2);
    dup2(file, 2);
    run(arg);
    dup2(before, 2);
    close(before);
    ssize_t len = pread(file, text, sizeof(text) - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    close(file);
    log_setup(LOG_ERROR, 0);
    return text;
}

static void test_slow(void **state)
{
    (void)state;
    const char *text = logged(filter, "slow fix_late");
    assert_part(text, "plugin.late");
    assert_part(text, "plugin=fix_late");
    assert_part(text, "where=\"event order.placing\"");
    assert_null(strstr(text, "plugin=fix_early"));
    text = logged(filter, "break fix_early");
    assert_part(text, "plugin.failed");
    assert_part(text, "it broke");
}

static void test_gate_away(void **state)
{
    (void)state;
    struct board_fault fault = {.kind = BOARD_CRASH, .signal = 11, .plugin = "fix_gate"};
    for (int i = 0; i < 3; i++) {
        fault.at = clock_now();
        assert_int_equal(quarantine_add(shop.dir, &fault, &shop.err), 0);
    }
    switch_close(shop.host); /* the shop comes back after the crash */
    shop_open_host(&shop);
    log_setup(LOG_ERROR + 1, 0);
    assert_int_equal(shop_configure(&shop, "fix_early fix_gate", "{}"), 0);
    assert_int_equal(filter("order:1"), SOUK_UNAVAILABLE);
    assert_part(err.text, "plugin \"fix_gate\" is quarantined, and order.placing may not go on");
    assert_int_equal(switch_enable(shop.host, "fix_gate", &shop.err), 0);
    assert_int_equal(filter("order:1"), 0);
}

/* ---- facts ---- */

static int put_fact(struct db_conn *conn, void *arg)
{
    return outbox_put(conn, souk_str("order.placed"), souk_str(arg), souk_str("{\"n\":1}"),
                      clock_now(), NULL);
}

static int runs_all(void *user, struct souk_str kind)
{
    (void)user;
    (void)kind;
    return 1;
}

/* Claims what is due and delivers it. How many; *result of the last. */
static int deliver(int *result)
{
    struct job *jobs;
    int count = 0;
    assert_int_equal(job_claim(shop.db, &shop.arena, 8, CLOCK_MINUTE, clock_now(), runs_all, NULL,
                               &jobs, &count, &shop.err),
                     0);
    for (int i = 0; i < count; i++) {
        struct outbox_fact fact;
        uint32_t ticket;
        struct json *value;
        struct db_conn *conn = db_read_begin(shop.db, 0);
        assert_int_equal(outbox_get(conn, &shop.arena, jobs[i].outbox, &fact), 0);
        db_read_end(conn);
        assert_text(jobs[i].kind, "event:fix_good");
        json_parse(&shop.arena, fact.payload, &value, &shop.err);
        struct souk_event event = {.size = sizeof(event),
                                   .kind = SOUK_FACT,
                                   .id = fact.id,
                                   .at = fact.at,
                                   .name = fact.topic,
                                   .subject = fact.subject,
                                   .payload = (struct souk_value *)value};
        struct plugin_set *set = set_pin(&ticket);
        struct plugin *plugin = set_plugin(set, souk_str("fix_good"));
        memset(&err, 0, sizeof(err));
        *result = event_deliver(set, shop.db, plugin, &event, &err);
        set_unpin(ticket);
        if (*result == 0)
            assert_int_equal(job_done(shop.db, &jobs[i], clock_now()), 0);
    }
    return count;
}

static int64_t seen(const char *subject)
{
    static const struct db_statement count = {
        "test_seen", "SELECT count(*) FROM p_fix_good_seen WHERE subject = $1"};
    int64_t n = -1;
    struct db_conn *conn = db_read_begin(shop.db, 0);
    assert_int_equal(db_get_int(conn, &count, &n, DB_CSTR(subject)), 0);
    db_read_end(conn);
    return n;
}

static void test_fact(void **state)
{
    (void)state;
    int result = -1;
    assert_int_equal(db_write(shop.db, put_fact, "order:7", &shop.err), 0);
    assert_int_equal(deliver(&result), 1);
    assert_int_equal(result, 0);
    assert_int_equal(said("fix_good order.placed"), 1);
    assert_int_equal(seen("order:7"), 1); /* its write step ran and is on disk */
    assert_int_equal(deliver(&result), 0);
}

static void test_fact_fails(void **state)
{
    (void)state;
    int result = 0;
    assert_int_equal(db_write(shop.db, put_fact, "order:later", &shop.err), 0);
    assert_int_equal(deliver(&result), 1);
    assert_int_equal(result, SOUK_UNAVAILABLE);
    assert_string_equal(err.text, "plugin \"fix_good\": event order.placed: the peer is down");
    assert_int_equal(db_write(shop.db, put_fact, "order:refused", &shop.err), 0);
    assert_int_equal(deliver(&result), 1);
    assert_int_equal(result, SOUK_CONFLICT);
    assert_part(err.text, "this one is not written");
    assert_int_equal(seen("order:refused"), 0);
}

static void test_consumers(void **state)
{
    (void)state;
    const char **names;
    assert_int_equal(event_consumers(shop.host, souk_str("order.placed"), &shop.arena, &names), 1);
    assert_string_equal(names[0], "fix_good");
    assert_int_equal(event_consumers(shop.host, souk_str("order.paid"), &shop.arena, &names), 0);
    assert_int_equal(event_consumers(shop.host, souk_str("order.placing"), &shop.arena, &names), 0);
}

/* A fact that is written while its plugin is quarantined waits for it. */
static void test_consumer_away(void **state)
{
    (void)state;
    const char **names;
    int result = -1;
    struct board_fault fault = {.kind = BOARD_HANG, .plugin = "fix_good"};
    for (int i = 0; i < 3; i++) {
        fault.at = clock_now();
        assert_int_equal(quarantine_add(shop.dir, &fault, &shop.err), 0);
    }
    switch_close(shop.host);
    shop_open_host(&shop);
    assert_int_equal(shop_configure(&shop, "fix_good", "{}"), 0);
    assert_text(shop_text(&shop, "fix_good", "state"), "quarantined");
    assert_int_equal(event_consumers(shop.host, souk_str("order.placed"), &shop.arena, &names), 1);
    assert_int_equal(db_write(shop.db, put_fact, "order:8", &shop.err), 0);
    assert_int_equal(switch_enable(shop.host, "fix_good", &shop.err), 0);
    assert_int_equal(deliver(&result), 1);
    assert_int_equal(seen("order:8"), 1);
    assert_int_equal(switch_disable(shop.host, "fix_good", &shop.err), 0);
    assert_int_equal(event_consumers(shop.host, souk_str("order.placed"), &shop.arena, &names), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_veto, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_optional_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gate_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gate_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fact_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_consumers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_consumer_away, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
