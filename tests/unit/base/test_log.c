/*
 * log: both forms, escaping, cutting, a pipe that is full or has no reader.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"

#define S souk_str

static char got[65536];

/* Runs log_emit with standard error in a pipe; what came out of it. */
static const char *emitted(enum log_level level, const char *event, const struct log_field *fields)
{
    int ends[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    log_emit(level, event, fields);
    dup2(before, STDERR_FILENO);
    close(before);
    ssize_t n = read(ends[0], got, sizeof(got) - 1);
    close(ends[0]);
    got[n > 0 ? n : 0] = '\0';
    return got;
}

#define FIELDS(...) ((struct log_field[]){__VA_ARGS__, {0}})

static void logfmt_lines(void **state)
{
    (void)state;
    log_setup(LOG_INFO, 0);
    const char *line = emitted(LOG_WARN, "job.failed",
                               FIELDS(LOG_S("job", "nightly"), LOG_I("attempt", -3),
                                      LOG_S("why", "no \"host\"\nlevel=error")));
    assert_memory_equal(line, "time=2", 6);
    assert_non_null(strstr(line, "Z level=warn event=job.failed job=nightly attempt=-3 "
                                 "why=\"no \\\"host\\\"\\nlevel=error\"\n"));
    assert_string_equal(emitted(LOG_DEBUG, "x.y", NULL), "");
    log_setup(LOG_DEBUG, 0);
    assert_non_null(strstr(emitted(LOG_DEBUG, "x.y", NULL), "level=debug event=x.y\n"));
    log_setup(LOG_INFO, 0);
}

static void json_lines(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct json *tree;
    log_setup(LOG_INFO, 1);
    const char *line = emitted(LOG_ERROR, "page.failed",
                               FIELDS(LOG_S("path", "/ч\x01\xC2\x9B\x7F\\"), LOG_I("status", 500),
                                      LOG_S("broken", "a\xFFz"), LOG_S("empty", "")));
    assert_int_equal(line[strlen(line) - 1], '\n');
    assert_int_equal(json_parse(&arena, S(line), &tree, NULL), 0);
    assert_true(souk_str_is(json_text(json_at(tree, "level")), "error"));
    assert_true(souk_str_is(json_text(json_at(tree, "event")), "page.failed"));
    assert_true(souk_str_is(json_text(json_at(tree, "path")), "/ч\x01\xC2\x9B\x7F\\"));
    assert_true(souk_str_is(json_text(json_at(tree, "broken")), "a\xEF\xBF\xBDz"));
    assert_int_equal(json_int(json_at(tree, "status"), 0), 500);
    assert_null(strstr(line, "\xC2\x9B"));
    log_setup(LOG_INFO, 0);
    arena_free(&arena);
}

static void long_values_are_cut_and_lines_stay_whole(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (int as_json = 0; as_json < 2; as_json++) {
        for (size_t len = 3900; len < 4200; len++) {
            static char text[8192];
            struct json *tree;
            for (size_t i = 0; i + 2 < sizeof(text); i += 2)
                memcpy(text + i, "ч", 2);
            text[len & ~(size_t)1] = '\0';
            log_setup(LOG_INFO, as_json);
            const char *line = emitted(LOG_INFO, "a.b", FIELDS(LOG_S("text", text), LOG_I("n", 1)));
            assert_in_range(strlen(line), 3000, PIPE_BUF);
            assert_true(utf8_valid(S(line)));
            assert_int_equal(line[strlen(line) - 1], '\n');
            if (as_json)
                assert_int_equal(json_parse(&arena, S(line), &tree, NULL), 0);
            else
                assert_non_null(strstr(line, "\"\n") ? line : strstr(line, "\" n=1\n"));
        }
    }
    log_setup(LOG_INFO, 0);
    arena_free(&arena);
}

static void fields_fit_or_are_left_out(void **state)
{
    (void)state;
    char to[16];
    struct log_field word = LOG_S("key", "abc def"), plain = LOG_S("key", "abc");
    struct log_field number = LOG_I("n", -12);
    assert_int_equal(log_put_field(to, sizeof(to), &word, 0), 13);
    assert_memory_equal(to, "key=\"abc def\"", 13);
    assert_int_equal(log_put_field(to, sizeof(to), &plain, 0), 7);
    assert_memory_equal(to, "key=abc", 7);
    assert_int_equal(log_put_field(to, sizeof(to), &plain, 1), 11);
    assert_memory_equal(to, "\"key\":\"abc\"", 11);
    assert_int_equal(log_put_field(to, 8, &word, 0), 8);
    assert_memory_equal(to, "key=\"ab\"", 8);
    assert_int_equal(log_put_field(to, 4, &plain, 0), 0);
    assert_int_equal(log_put_field(to, 5, &word, 0), 0);
    assert_int_equal(log_put_field(to, 4, &number, 0), 0);
    assert_int_equal(log_put_field(to, 5, &number, 0), 5);
    assert_int_equal(log_put_field(to, 0, &number, 0), 0);
}

/* A test that hangs here is the failure: alarm ends it. */
static void a_full_pipe_never_blocks(void **state)
{
    (void)state;
    int ends[2];
    alarm(300);
    assert_int_equal(pipe(ends), 0);
    int before = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    uint64_t lost = log_dropped();
    for (int i = 0; i < 5000; i++)
        log_info("pipe.filled", LOG_I("n", i), LOG_S("text", "some text to fill it up"));
    dup2(before, STDERR_FILENO);
    assert_true(log_dropped() > lost);
    assert_true(log_dropped() - lost < 5000);
    close(ends[1]);
    ssize_t n = read(ends[0], got, sizeof(got) - 1);
    assert_true(n > 0);
    got[n] = '\0';
    assert_memory_equal(got, "time=", 5);
    close(ends[0]);
    close(before);
    alarm(0);
}

static void no_reader_no_harm(void **state)
{
    (void)state;
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(log_write_raw(ends[1], "x", 1), 0);
    close(ends[1]);
    assert_int_equal(log_write_raw(-1, "x", 1), 0);
}

struct race {
    pthread_barrier_t turn;
    int fd;
    size_t written[2];
};

#define RACES 3000

static void race(struct race *race, int who)
{
    static const char page[PIPE_BUF];
    for (int i = 0; i < RACES; i++) {
        pthread_barrier_wait(&race->turn);
        race->written[who] = log_write_raw(race->fd, page, sizeof(page));
        pthread_barrier_wait(&race->turn);
    }
}

static void *race_first(void *arg)
{
    race(arg, 0);
    return NULL;
}

static void *race_second(void *arg)
{
    race(arg, 1);
    return NULL;
}

/* Two threads race for the last page of a pipe: one gets it, the other must not get
 * stuck. */
static void threads_on_a_full_pipe(void **state)
{
    (void)state;
    int ends[2];
    pthread_t a, b;
    static char page[PIPE_BUF];
    struct race both = {.fd = -1};
    alarm(300);
    assert_int_equal(pipe(ends), 0);
    both.fd = ends[1];
    while (log_write_raw(ends[1], page, sizeof(page)) == sizeof(page)) {
    }
    pthread_barrier_init(&both.turn, NULL, 3);
    pthread_create(&a, NULL, race_first, &both);
    pthread_create(&b, NULL, race_second, &both);
    for (int i = 0; i < RACES; i++) {
        assert_int_equal(read(ends[0], page, sizeof(page)), sizeof(page));
        pthread_barrier_wait(&both.turn);
        pthread_barrier_wait(&both.turn);
        assert_int_equal(both.written[0] + both.written[1], sizeof(page));
    }
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    pthread_barrier_destroy(&both.turn);
    close(ends[0]);
    close(ends[1]);
    alarm(0);
}

/* What is written in part ends at the end of a line. */
static void batches_are_cut_between_lines(void **state)
{
    (void)state;
    int ends[2];
    static char batch[200000];
    for (size_t i = 0; i < sizeof(batch); i++)
        batch[i] = i % 50 == 49 ? '\n' : 'x';
    assert_int_equal(pipe(ends), 0);
    size_t done = log_write_raw(ends[1], batch, sizeof(batch));
    assert_in_range(done, 50000, 65536);
    assert_int_equal(done % 50, 0);
    close(ends[0]);
    close(ends[1]);
    char path[] = "/tmp/souk-test-log-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    assert_int_equal(log_write_raw(file, batch, sizeof(batch)), sizeof(batch));
    close(file);
}

static void levels(void **state)
{
    (void)state;
    enum log_level level = LOG_DEBUG;
    assert_int_equal(log_level_parse(S("warn"), &level), 0);
    assert_int_equal(level, LOG_WARN);
    assert_int_equal(log_level_parse(S("loud"), &level), SOUK_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logfmt_lines),
        cmocka_unit_test(json_lines),
        cmocka_unit_test(long_values_are_cut_and_lines_stay_whole),
        cmocka_unit_test(fields_fit_or_are_left_out),
        cmocka_unit_test(a_full_pipe_never_blocks),
        cmocka_unit_test(no_reader_no_harm),
        cmocka_unit_test(threads_on_a_full_pipe),
        cmocka_unit_test(batches_are_cut_between_lines),
        cmocka_unit_test(levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
