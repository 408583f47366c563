/*
 * test_kind: what each kind of call may do: the database, key-value rows, facts, jobs,
 * filters, the network.
 */
#include "fixture.h"

#include <string.h>
#include "web/metrics.h"

static int says(struct souk_ctx *ctx, const char *words)
{
    return strstr(souk_failure(ctx).ptr, words) != NULL;
}

static int add(struct souk_ctx *ctx, void *name)
{
    int64_t changed = 0;
    int code = souk_exec(ctx, &changed, "INSERT INTO p_t_guest (id, name) VALUES ($1, $2)",
                         SOUK_A_INT(souk_new_id(ctx)), SOUK_A_CSTR(name));
    return code == 0 && changed != 1 ? SOUK_ERROR : code;
}

static int add_then_fail(struct souk_ctx *ctx, void *name)
{
    int code = add(ctx, name);
    return code ? code : souk_fail(ctx, SOUK_CONFLICT, "changed my mind");
}

static void write_only_in_write(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_READ);
    assert_int_equal(add(&ctx, "Ada"), SOUK_WRONG_KIND);
    assert_true(says(&ctx, "SOUK_WRITE"));
    assert_int_equal(souk_db_write(&ctx, add, "Ada"), SOUK_WRONG_KIND);
    assert_int_equal(souk_then_write(&ctx, add, "Ada"), SOUK_WRONG_KIND);
    call_end(&ctx, NULL);

    ctx = fixture_ctx(SOUK_TASK);
    assert_int_equal(add(&ctx, "Ada"), SOUK_WRONG_KIND);
    assert_true(says(&ctx, "souk_then_write"));
    assert_int_equal(fixture_int("SELECT count(*) FROM p_t_guest"), 0);
    assert_int_equal(souk_db_write(&ctx, add, "Ada"), SOUK_OK);
    assert_int_equal(souk_db_write(&ctx, add, "Ada"), SOUK_CONFLICT);
    assert_int_equal(souk_db_write(&ctx, add_then_fail, "Bob"), SOUK_CONFLICT);
    assert_true(says(&ctx, "changed my mind"));
    assert_int_equal(souk_then_write(&ctx, add, "Eve"),
                     SOUK_OK); /* nobody runs steps here: at once */
    call_end(&ctx, NULL);
    assert_int_equal(fixture_int("SELECT count(*) FROM p_t_guest"), 2);
}

static void step_is_left(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    ctx.may_step = 1;
    assert_int_equal(souk_then_write(&ctx, add, "Ada"), SOUK_OK);
    assert_ptr_equal(ctx.then_fn, add);
    assert_int_equal(fixture_int("SELECT count(*) FROM p_t_guest"), 0);
}

static void snapshot_on_demand(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    struct souk_rows *rows = NULL;
    assert_int_equal(souk_db_write(&ctx, add, "Ada"), SOUK_OK);
    assert_int_equal(souk_db_write(&ctx, add, "Bob"), SOUK_OK);
    assert_null(ctx.conn);
    assert_int_equal(souk_query(&ctx, &rows, "SELECT name, id FROM p_t_guest ORDER BY name"),
                     SOUK_OK);
    assert_int_equal(souk_next(rows), 1);
    assert_true(souk_str_is(souk_column_text(rows, 0), "Ada"));
    assert_true(souk_column_int(rows, 1) > 0);
    assert_true(souk_column_is_null(rows, 2)); /* past the last column */
    assert_int_equal(souk_column_text(rows, 99).len, 0);
    /* A write in the middle closes the query: the rows end, nothing trips, and what was
     * written is seen. */
    assert_int_equal(souk_db_write(&ctx, add, "Cem"), SOUK_OK);
    assert_null(ctx.conn);
    assert_int_equal(souk_next(rows), 0);
    assert_int_equal(souk_column_int(rows, 1), 0);
    assert_int_equal(souk_query(&ctx, &rows, "SELECT count(*) FROM p_t_guest"), SOUK_OK);
    assert_int_equal(souk_next(rows), 1);
    assert_int_equal(souk_column_int(rows, 0), 3);
    call_end(&ctx, NULL);
    assert_null(ctx.conn);
}

static void own_tables_only(void **state)
{
    (void)state;
    struct plugin *other = fixture_plugin("other");
    struct souk_ctx ctx = fixture_call(other, SOUK_TASK);
    struct souk_rows *rows = NULL;
    assert_int_equal(souk_query(&ctx, &rows, "SELECT name FROM p_t_guest"), SOUK_DENIED);
    assert_null(rows);
    assert_int_equal(souk_query(&ctx, &rows, "SELECT * FROM setting"), SOUK_DENIED);
    assert_int_equal(souk_db_write(&ctx, add, "Ada"), SOUK_DENIED);
    call_end(&ctx, NULL);
    fixture_plugin_free(other);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_READ);
    struct souk_rows *rows = NULL;
    struct souk_arg odd = souk_arg_of(77, 0, souk_str(NULL));
    struct souk_arg torn = souk_arg_of(SOUK_ARG_TEXT, 0, (struct souk_str){NULL, 9});
    assert_int_equal(souk_query_list(&ctx, &rows, NULL, NULL, 0), SOUK_INVALID);
    assert_int_equal(souk_query_list(&ctx, NULL, "SELECT 1", NULL, 0), SOUK_INVALID);
    assert_int_equal(souk_query_list(&ctx, &rows, "SELECT $1", NULL, 1), SOUK_INVALID);
    assert_int_equal(souk_query_list(&ctx, &rows, "SELECT $1", &odd, 1), SOUK_INVALID);
    assert_int_equal(souk_query_list(&ctx, &rows, "SELECT $1", &torn, 1), SOUK_INVALID);
    assert_int_equal(souk_next(NULL), 0);
    assert_int_equal(souk_kv_get(&ctx, "", NULL), SOUK_INVALID);
    assert_int_equal(souk_answer_text(&ctx, 200, souk_str("x")), SOUK_WRONG_KIND); /* no request */
    assert_int_equal(souk_header(&ctx, "Host").len, 0);
    call_end(&ctx, NULL);
}

static void no_database_in_init(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(CALL_INIT);
    struct souk_rows *rows = NULL;
    int thing;
    assert_int_equal(souk_query(&ctx, &rows, "SELECT 1"), SOUK_WRONG_KIND);
    assert_int_equal(souk_kv_put(&ctx, "a", souk_str("b")), SOUK_WRONG_KIND);
    assert_int_equal(souk_emit(&ctx, "t.signed", souk_str("s"), NULL), SOUK_WRONG_KIND);
    souk_state_set(&ctx, &thing);
    assert_ptr_equal(souk_state(&ctx), &thing);
    struct souk_ctx late = fixture_ctx(SOUK_TASK);
    souk_state_set(&late, NULL);
    assert_ptr_equal(souk_state(&late), &thing);
}

static void key_values(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    struct souk_str value;
    assert_int_equal(souk_kv_get(&ctx, "a", &value), SOUK_NOT_FOUND);
    assert_int_equal(value.len, 0);
    assert_int_equal(souk_kv_put(&ctx, "a", souk_str("one")), SOUK_OK);
    assert_int_equal(souk_kv_get(&ctx, "a", &value), SOUK_OK);
    assert_true(souk_str_is(value, "one"));
    assert_int_equal(souk_kv_delete(&ctx, "a"), SOUK_OK);
    assert_int_equal(souk_kv_delete(&ctx, "a"), SOUK_OK);
    assert_int_equal(souk_kv_get(&ctx, "a", &value), SOUK_NOT_FOUND);
    call_end(&ctx, NULL);
    ctx = fixture_ctx(SOUK_READ);
    assert_int_equal(souk_kv_put(&ctx, "a", souk_str("b")), SOUK_WRONG_KIND);
    call_end(&ctx, NULL);
}

static void task_only(void **state)
{
    (void)state;
    struct souk_http_request request = {.size = sizeof(request),
                                        .url = {"https://example.org", 19}};
    const struct souk_http_response *response;
    struct souk_ctx ctx = fixture_ctx(SOUK_READ);
    assert_int_equal(souk_http(&ctx, &request, &response), SOUK_WRONG_KIND);
    assert_int_equal(souk_filter(&ctx, "t.asking", souk_str("s"), souk_map(&ctx)), SOUK_WRONG_KIND);
    ctx.kind = SOUK_WRITE;
    assert_int_equal(souk_http(&ctx, &request, &response), SOUK_WRONG_KIND);
    ctx.kind = SOUK_TASK;
    assert_int_equal(souk_filter(&ctx, "t.asking", souk_str("s"), souk_map(&ctx)), SOUK_OK);
    assert_int_equal(souk_filter(&ctx, "t.asking", souk_str("s"), NULL), SOUK_INVALID);
    request.size = 8;
    assert_int_equal(souk_http(&ctx, &request, &response), SOUK_INVALID);
    call_end(&ctx, NULL);
}

static int settle(struct souk_ctx *ctx, void *arg)
{
    (void)ctx;
    (void)arg;
    return SOUK_OK;
}

static void facts(void **state)
{
    (void)state;
    static const char *const waiting = "SELECT count(*) FROM outbox";
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    struct souk_value *payload = souk_map(&ctx);
    souk_set_int(&ctx, payload, "n", 1);
    assert_int_equal(souk_emit(&ctx, "Bad Name", souk_str("s"), payload), SOUK_INVALID);
    assert_int_equal(souk_emit(&ctx, "t.signed", souk_str("s"), payload), SOUK_OK);
    assert_int_equal(fixture_int(waiting), 1);
    assert_int_equal(souk_emit(&ctx, "t.ignored", souk_str("s"), payload),
                     SOUK_OK); /* nobody listens */
    assert_int_equal(fixture_int(waiting), 1);
    ctx.kind = SOUK_READ;
    assert_int_equal(souk_emit(&ctx, "t.signed", souk_str("s"), payload), SOUK_OK);
    assert_int_equal(fixture_int(waiting), 1); /* in memory still */
    event_queue_turn(db);
    ctx.kind = SOUK_TASK;
    assert_int_equal(souk_db_write(&ctx, settle, NULL),
                     SOUK_OK); /* the writer has passed the batch */
    assert_int_equal(fixture_int(waiting), 2);
    call_end(&ctx, NULL);
}

static void queue_is_bounded(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_READ);
    int kept = 0;
    while (souk_emit(&ctx, "t.ignored", souk_str("s"), NULL) == SOUK_OK && kept < 10000)
        kept++;
    assert_int_equal(kept, 4096);
    assert_true(says(&ctx, "4,096"));
    event_queue_turn(db);
    ctx.kind = SOUK_TASK;
    assert_int_equal(souk_db_write(&ctx, settle, NULL), SOUK_OK);
    ctx.kind = SOUK_READ;
    assert_int_equal(souk_emit(&ctx, "t.ignored", souk_str("s"), NULL), SOUK_OK);
    event_queue_turn(db);
    call_end(&ctx, NULL);
}

static void counters(void **state)
{
    (void)state;
    struct souk_ctx ctx = fixture_ctx(SOUK_READ);
    struct buf out = {.arena = &arena};
    souk_count(&ctx, "cups", 2);
    souk_count(&ctx, "cups", 3);
    souk_count(&ctx, "Not a name", 1);
    metrics_print(&out);
    assert_non_null(strstr(buf_str(&out).ptr, "souk_plugin_total{plugin=\"t\",name=\"cups\"} 5\n"));
    assert_null(strstr(buf_str(&out).ptr, "Not a name"));
}

static int run_nothing(struct souk_ctx *ctx, const struct souk_value *payload)
{
    (void)ctx;
    (void)payload;
    return SOUK_OK;
}

static void jobs(void **state)
{
    (void)state;
    static const struct souk_job rows[] = {{.name = "later", .run = run_nothing}};
    struct souk_ctx ctx = fixture_ctx(SOUK_TASK);
    plugin->descriptor.jobs = rows;
    plugin->descriptor.jobs_count = 1;
    assert_int_equal(souk_job_add(&ctx, "never", souk_str(""), NULL, 0), SOUK_NOT_FOUND);
    assert_int_equal(souk_job_add(&ctx, "later", souk_str("k"), NULL, 0), SOUK_OK);
    assert_int_equal(souk_job_add(&ctx, "later", souk_str("k"), NULL, 0), SOUK_CONFLICT);
    assert_true(says(&ctx, "waits already"));
    ctx.kind = SOUK_READ;
    assert_int_equal(souk_job_add(&ctx, "later", souk_str(""), NULL, 0), SOUK_WRONG_KIND);
    assert_int_equal(fixture_int("SELECT count(*) FROM job WHERE kind = 't:later'"), 1);
    call_end(&ctx, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BRIDGE_TEST(write_only_in_write),
        BRIDGE_TEST(step_is_left),
        BRIDGE_TEST(snapshot_on_demand),
        BRIDGE_TEST(own_tables_only),
        BRIDGE_TEST(arguments_are_checked),
        BRIDGE_TEST(no_database_in_init),
        BRIDGE_TEST(key_values),
        BRIDGE_TEST(task_only),
        BRIDGE_TEST(facts),
        BRIDGE_TEST(queue_is_bounded),
        BRIDGE_TEST(jobs),
        BRIDGE_TEST(counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
