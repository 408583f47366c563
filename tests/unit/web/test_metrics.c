/* metrics: counting from many threads, and the text that Prometheus reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include "web/metrics.h"

static char *printed(struct buf *out)
{
    buf_clear(out);
    metrics_print(out);
    buf_add_char(out, '\0');
    return out->ptr;
}

static int occurrences(const char *text, const char *word)
{
    int count = 0;
    while ((text = strstr(text, word))) {
        count++;
        text += strlen(word);
    }
    return count;
}

static void test_counter(void **state)
{
    (void)state;
    struct buf out = {0};
    struct metric *a =
        metric_counter("t_requests_total", "class=\"2xx\"", "Answered\nrequests \\ all");
    struct metric *b = metric_counter("t_requests_total", "class=\"5xx\"", "other words");
    assert_ptr_equal(a, metric_counter("t_requests_total", "class=\"2xx\"", NULL));
    assert_ptr_not_equal(a, b);
    metric_add(a, 3);
    metric_add(a, 4);
    metric_add(b, 1);
    metric_time(a, 5); /* of another kind: nothing happens */
    assert_int_equal(metric_value(a), 7);
    const char *text = printed(&out);
    assert_non_null(strstr(text, "# HELP t_requests_total Answered\\nrequests \\\\ all\n"
                                 "# TYPE t_requests_total counter\n"
                                 "t_requests_total{class=\"2xx\"} 7\n"
                                 "t_requests_total{class=\"5xx\"} 1\n"));
    assert_int_equal(occurrences(text, "# HELP t_requests_total"), 1);
    buf_free(&out);
}

static void test_labels(void **state)
{
    (void)state;
    struct buf out = {0}, labels = {0};
    metric_add(metric_counter("t_label_total", "route=\"GET /a\"b\\c\nd\",x=\"e\\\"f\"", "x"), 1);
    metrics_label(&labels, "topic", souk_str("a\"b\\c\nd"));
    metrics_label(&labels, "n", souk_str("1"));
    buf_add_char(&labels, '\0');
    assert_string_equal(labels.ptr, "topic=\"a\\\"b\\\\c\\nd\",n=\"1\"");
    metric_add(metric_counter("t_label_total", labels.ptr, "x"), 2);
    metric_add(metric_counter("T-bad name", NULL, "x"), 5);
    const char *text = printed(&out);
    assert_non_null(strstr(text, "t_label_total{route=\"GET /a\\\"b\\\\c\\nd\",x=\"e\\\"f\"} 1\n"));
    assert_non_null(strstr(text, "t_label_total{topic=\"a\\\"b\\\\c\\nd\",n=\"1\"} 2\n"));
    assert_non_null(strstr(text, "\n__bad_name 5\n"));
    buf_free(&out);
    buf_free(&labels);
}

static void test_histogram(void **state)
{
    (void)state;
    struct buf out = {0};
    struct metric *metric = metric_histogram("t_seconds", "route=\"/\"", "Time.");
    const int64_t times[] = {-5, 500, 501, 1000000, 10000000, 10000001};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        metric_time(metric, times[i]);
    metric_add(metric, 9);
    assert_int_equal(metric_value(metric), 6);
    const char *text = printed(&out);
    assert_non_null(strstr(text, "# TYPE t_seconds histogram\n"
                                 "t_seconds_bucket{route=\"/\",le=\"0.0005\"} 2\n"
                                 "t_seconds_bucket{route=\"/\",le=\"0.001\"} 3\n"));
    assert_non_null(strstr(text, "t_seconds_bucket{route=\"/\",le=\"1\"} 4\n"));
    assert_non_null(strstr(text, "t_seconds_bucket{route=\"/\",le=\"10\"} 5\n"
                                 "t_seconds_bucket{route=\"/\",le=\"+Inf\"} 6\n"
                                 "t_seconds_sum{route=\"/\"} 21.001002\n"
                                 "t_seconds_count{route=\"/\"} 6\n"));
    metric_time(metric_histogram("t_plain_seconds", NULL, "Time."), 1);
    assert_non_null(strstr(printed(&out), "t_plain_seconds_bucket{le=\"0.0005\"} 1\n"));
    buf_free(&out);
}

static int64_t read_gauge(void *user)
{
    metric_counter("t_made_while_printing_total", NULL, "x"); /* must not lock up */
    return *(int64_t *)user;
}

static void test_gauge(void **state)
{
    (void)state;
    struct buf out = {0};
    int64_t first = 11, second = -22;
    metric_gauge("t_open", "kind=\"a\"", "Open.", read_gauge, &first);
    assert_non_null(strstr(printed(&out), "# TYPE t_open gauge\nt_open{kind=\"a\"} 11\n"));
    metric_gauge("t_open", "kind=\"a\"", "Open.", read_gauge, &second);
    assert_non_null(strstr(printed(&out), "t_open{kind=\"a\"} -22\n"));
    metric_gauge("t_open", "kind=\"a\"", "Open.", NULL, NULL);
    assert_null(strstr(printed(&out), "t_open{"));
    buf_free(&out);
}

/* A name that is taken for another kind counts, and does not spoil the page. */
static void test_kinds(void **state)
{
    (void)state;
    struct buf out = {0};
    metric_add(metric_counter("t_kind", NULL, "x"), 1);
    struct metric *other = metric_histogram("t_kind", NULL, "x");
    metric_time(other, 1);
    assert_int_equal(metric_value(other), 1);
    assert_int_equal(occurrences(printed(&out), "t_kind"), 3); /* HELP, TYPE, value */
    buf_free(&out);
}

#define THREADS 8
#define ADDS    20000

static void *count(void *arg)
{
    (void)arg;
    struct metric *counter = metric_counter("t_many_total", NULL, "x");
    struct metric *histogram = metric_histogram("t_many_seconds", NULL, "x");
    for (int i = 0; i < ADDS; i++) {
        metric_add(counter, 1);
        metric_time(histogram, i);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct buf out = {0};
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, count, NULL), 0);
    for (int i = 0; i < 20; i++)
        printed(&out);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(metric_value(metric_counter("t_many_total", NULL, "x")), THREADS * ADDS);
    assert_int_equal(metric_value(metric_histogram("t_many_seconds", NULL, "x")), THREADS * ADDS);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counter),   cmocka_unit_test(test_labels),
        cmocka_unit_test(test_histogram), cmocka_unit_test(test_gauge),
        cmocka_unit_test(test_kinds),     cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
