/*
 * test_resource.c: the statements that are made of a resource's table, on a database: filters,
 * sorts, keyset paging in both directions, records; and numbers as text.
 */
#include "../store/fixture.h"
#include "app/admin/resource.h"
#include "shop/market.h"

static struct db *db;
static struct request request;
static struct resource_call call;

static const struct resource_column columns[] = {
    {"name", "Name", SOUK_STRING, COLUMN_LINK, "t.name", "t.name", NULL},
    {"amount", "Amount", SOUK_MONEY, 0, "t.amount", "t.amount", NULL},
    {.key = NULL}};
static const struct resource_filter filters[] = {
    {.key = "name", .label = "Name", .type = SOUK_STRING, .sql = "t.name = ?"},
    {.key = "least", .label = "Least", .type = SOUK_INT, .sql = "t.amount >= ?"},
    {.key = NULL}};
static const struct resource_field fields[] = {
    {.key = "name", .label = "Name", .type = SOUK_STRING, .flags = FIELD_MUST},
    {.key = "amount", .label = "Amount", .type = SOUK_MONEY, .flags = FIELD_MUST},
    {.key = NULL}};
static const struct resource items = {.name = "items",
                                      .subject = "item",
                                      .right = "item",
                                      .table = "p_t_item",
                                      .columns = columns,
                                      .filters = filters,
                                      .fields = fields,
                                      .search = "t.name LIKE ? ESCAPE '\\'"};

static int set_up(void **state)
{
    (void)state;
    static const struct market_shop shop = {
        .name = "x", .url = "", .currency = "EUR", .locales = {"en", "bg"}};
    market_setup(&shop);
    db = fixture_open(NULL);
    assert_int_equal(
        fixture_write(db,
                      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                      "WHERE i < 10) INSERT INTO p_t_item (id, name, amount) SELECT i, "
                      "'item ' || char(96 + i), i / 3 * 100 FROM n",
                      NULL),
        0);
    memset(&request, 0, sizeof request);
    request.query_text = souk_str("");
    call = (struct resource_call){.request = &request, .arena = &request.arena, .resource = &items};
    call.wrong = json_new(call.arena, JSON_OBJECT);
    call.conn = db_read_begin(db, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_read_end(call.conn);
    db_thread_end(db);
    db_shut(db);
    arena_free(&request.arena);
    return 0;
}

static void ask(const char *query)
{
    request.query_text = souk_str(query);
    request.query_parsed = 0;
    memset(&request.query, 0, sizeof request.query);
}

/* The ids of a page as "3 1 2". */
static const char *page(const struct resource_list *list, int *more)
{
    struct json *rows = json_new(call.arena, JSON_ARRAY);
    struct buf out = {.arena = call.arena};
    if (resource_select(&call, list, rows, more) != 0)
        fail_msg("%s", db_error(call.conn));
    json_each(row, rows)
    {
        if (out.len)
            buf_add_char(&out, ' ');
        buf_add_str(&out, json_text(json_at(&row->value, "id")));
    }
    buf_add_cstr(&out, "");
    return out.ptr ? out.ptr : "";
}

static void test_pages(void **state)
{
    (void)state;
    int more;
    struct resource_list list = {.limit = 4, .descending = 1};
    assert_string_equal(page(&list, &more), "10 9 8 7");
    assert_int_equal(more, 1);
    list.cursor = 1;
    list.cursor_id = 7;
    assert_string_equal(page(&list, &more), "6 5 4 3");
    list.cursor_id = 3;
    assert_string_equal(page(&list, &more), "2 1");
    assert_int_equal(more, 0);
    list.backwards = 1;
    list.cursor_id = 2;
    assert_string_equal(page(&list, &more), "6 5 4 3");
    assert_int_equal(more, 1);
}

/* Rows with equal values must neither repeat nor get lost between two pages. */
static void test_pages_with_ties(void **state)
{
    (void)state;
    int more;
    struct resource_list list = {.limit = 4, .sort = &columns[1]};
    assert_string_equal(page(&list, &more), "1 2 3 4");
    list.cursor = 1;
    list.cursor_id = 4;
    list.cursor_value = souk_str("100");
    assert_string_equal(page(&list, &more), "5 6 7 8");
    list.backwards = 1;
    list.cursor_id = 5;
    assert_string_equal(page(&list, &more), "1 2 3 4");
    assert_int_equal(more, 0);
}

static void test_filters(void **state)
{
    (void)state;
    int more;
    int64_t count;
    struct resource_list list = {.limit = 20, .descending = 1};
    ask("least=300");
    assert_string_equal(page(&list, &more), "10 9");
    assert_int_equal(resource_count(&call, 100, &count), 0);
    assert_int_equal(count, 2);
    ask("name=item+c");
    assert_string_equal(page(&list, &more), "3");
    ask("q=M+C");
    assert_string_equal(page(&list, &more), "3");
    ask("q=%25");
    assert_string_equal(page(&list, &more), "");
    ask("name='+OR+1=1+--");
    assert_string_equal(page(&list, &more), "");
    ask("least=x");
    assert_int_equal(resource_count(&call, 5, &count), 0);
    assert_int_equal(count, 5);
}

static void test_chosen(void **state)
{
    (void)state;
    int more;
    struct json *ids = json_new(call.arena, JSON_ARRAY);
    struct resource_list list = {.limit = 20, .descending = 1, .ids = ids};
    assert_string_equal(page(&list, &more), "");
    json_add_int(call.arena, ids, NULL, 4);
    json_add_int(call.arena, ids, NULL, 9);
    json_add_int(call.arena, ids, NULL, 99);
    assert_string_equal(page(&list, &more), "9 4");
}

struct step {
    struct json *doc;
    struct err err;
    int64_t id;
    int remove;
};

static int run_step(struct db_conn *conn, void *arg)
{
    struct step *step = arg;
    struct resource_call write = call;
    write.conn = conn;
    write.id = step->id;
    int code = step->remove ? resource_table_remove(&write, &step->err)
                            : resource_table_save(&write, step->doc, &step->err);
    step->id = write.id;
    return code;
}

static void test_record(void **state)
{
    (void)state;
    struct step step = {.doc = json_new(call.arena, JSON_OBJECT)};
    struct json *doc;
    json_add_cstr(call.arena, step.doc, "name", "new");
    json_add_int(call.arena, step.doc, "amount", 1250);
    assert_int_equal(db_write(db, run_step, &step, NULL), 0);
    db_read_end(call.conn);
    call.conn = db_read_begin(db, 0);
    call.id = step.id;
    assert_int_equal(resource_table_load(&call, &doc), 0);
    assert_true(souk_str_is(json_text(json_at(doc, "name")), "new"));
    assert_true(souk_str_is(resource_form_text(&call, doc, &fields[1], NULL), "12.50"));
    json_add_cstr(call.arena, step.doc, "name", "item a");
    assert_int_equal(db_write(db, run_step, &step, NULL), SOUK_CONFLICT);
    json_add_cstr(call.arena, step.doc, "name", "newer");
    struct json *changes = resource_form_changes(&call, doc, step.doc);
    assert_int_equal(changes->count, 1);
    assert_true(souk_str_is(json_text(json_at(&changes->first->value, "to")), "newer"));
    step.remove = 1;
    assert_int_equal(db_write(db, run_step, &step, NULL), 0);
    assert_int_equal(db_write(db, run_step, &step, NULL), SOUK_NOT_FOUND);
}

static void test_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int digits, code;
        int64_t number;
    } rows[] = {{"12.5", 2, 0, 1250},
                {"12,50", 2, 0, 1250},
                {" 7 ", 0, 0, 7},
                {"-10", 4, 0, -100000},
                {".5", 2, 0, 50},
                {"12.505", 2, SOUK_INVALID, 0},
                {"1.2.3", 2, SOUK_INVALID, 0},
                {"", 2, SOUK_INVALID, 0},
                {"-", 2, SOUK_INVALID, 0},
                {"12a", 2, SOUK_INVALID, 0},
                {"92233720368547758.07", 2, 0, INT64_MAX},
                {"92233720368547758.08", 2, SOUK_INVALID, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t number = 0;
        assert_int_equal(resource_decimal(souk_str(rows[i].text), rows[i].digits, &number),
                         rows[i].code);
        if (!rows[i].code)
            assert_int_equal(number, rows[i].number);
    }
    assert_true(souk_str_is(resource_decimal_text(call.arena, -1205, 2), "-12.05"));
    assert_true(souk_str_is(resource_decimal_text(call.arena, 5, 0), "5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages_with_ties, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_filters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chosen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_decimals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
