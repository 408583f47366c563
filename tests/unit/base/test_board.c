/*
 * board: marks and the watchdog in this process; faults in children that die of them.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/board.h"
#include "base/clock.h"

/* The sanitizers' own handlers would stand before ours. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0:handle_sigbus=0:"
           "handle_sigtrap=0:allow_user_segv_handler=1:use_sigaltstack=0:detect_leaks=0";
}

static struct board *board;

static int fresh(void **state)
{
    (void)state;
    board = board_create();
    board_use(board);
    return board ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    board_thread_end();
    board_use(NULL);
    return munmap(board, sizeof(*board));
}

static void names_are_interned(void **state)
{
    (void)state;
    uint32_t a = board_name("pay_acme");
    assert_int_not_equal(a, BOARD_CORE);
    assert_int_equal(board_name("pay_acme"), a);
    assert_int_not_equal(board_name("other"), a);
    assert_int_equal(board_name(""), BOARD_CORE);
    char name[16];
    for (int i = 0; i < BOARD_NAMES; i++) {
        snprintf(name, sizeof(name), "plugin %d", i);
        board_name(name);
    }
    assert_int_equal(board_name("one too many"), BOARD_CORE);
    assert_int_equal(board_name("pay_acme"), a);
}

static void marks_nest(void **state)
{
    (void)state;
    uint32_t a = board_name("a"), b = board_name("b");
    for (int signed_on = 0; signed_on < 2; signed_on++) {
        if (signed_on) {
            board_thread_begin("main");
            assert_int_equal(board->slot[0].used, 1);
            assert_string_equal(board->slot[0].thread, "main");
        }
        assert_int_equal(board_running(), BOARD_CORE);
        struct board_mark outer = board_enter(a, "event x", 10, 20);
        assert_int_equal(board_running(), a);
        struct board_mark inner = board_enter(b, "event y", 0, 0);
        assert_int_equal(board_running(), b);
        assert_int_equal(board->slot[0].plugin, signed_on ? b : 0);
        board_leave(inner);
        assert_int_equal(board_running(), a);
        assert_int_equal(board->slot[0].kill, signed_on ? 20 : 0);
        board_leave(outer);
        assert_int_equal(board_running(), BOARD_CORE);
        assert_int_equal(board->slot[0].entered, 0);
    }
    board_thread_end();
    assert_int_equal(board->slot[0].used, 0);
}

static int late_count;
static char late_text[200];

static void note_late(const char *thread, const char *plugin, const char *where, int64_t span)
{
    late_count++;
    snprintf(late_text, sizeof(late_text), "%s %s %s %d", thread, plugin, where, span > 1000);
}

static void late_calls_are_named_once(void **state)
{
    (void)state;
    uint32_t slow = board_name("slow");
    board_thread_begin("io 1");
    late_count = 0;
    int64_t now = clock_mono();
    struct board_mark before = board_enter(slow, "GET /slow", 1000, 0);
    board_watch(now + 500, note_late);
    assert_int_equal(late_count, 0);
    assert_true(board->heartbeat == now + 500);
    board_watch(now + 900000, note_late);
    board_watch(now + 950000, note_late);
    assert_int_equal(late_count, 1);
    assert_string_equal(late_text, "io 1 slow GET /slow 1");
    /* one that was called from it and returned does not make it news again */
    board_leave(board_enter(slow, "inner", 1000, 0));
    board_watch(now + 960000, note_late);
    assert_int_equal(late_count, 1);
    board_leave(before);
    board_watch(now + 990000, note_late);
    assert_int_equal(late_count, 1);
    before = board_enter(slow, "GET /slow", 1000, 0);
    board_watch(now + 9900000, note_late);
    assert_int_equal(late_count, 2);
    board_leave(before);
    board_thread_end();
}

/* The text may be gone with the call; reading it then must not hurt the watchdog. */
static void text_that_is_gone_is_left_out(void **state)
{
    (void)state;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    memcpy(page + 4096 - 4, "end", 4);
    board_thread_begin("t");
    late_count = 0;
    struct board_mark before = board_enter(board_name("p"), page + 4096 - 4, 1, 0);
    board_watch(clock_mono() + 1000000, note_late);
    assert_string_equal(late_text, "t p end 1");
    board_leave(before);
    before = board_enter(board_name("p"), page, 1, 0);
    munmap(page, 4096);
    board_watch(clock_mono() + 1000000, note_late);
    assert_string_equal(late_text, "t p  1");
    assert_int_equal(late_count, 2);
    board_leave(before);
    board_thread_end();
}

static void *take_slot(void *release)
{
    board_thread_begin("many");
    pthread_barrier_wait(release);
    pthread_barrier_wait(release);
    board_leave(board_enter(1, "x", 1, 1)); /* also without a slot */
    board_thread_end();
    return NULL;
}

static void more_threads_than_slots(void **state)
{
    (void)state;
    pthread_t threads[BOARD_THREADS + 4];
    pthread_barrier_t release;
    pthread_barrier_init(&release, NULL, BOARD_THREADS + 5);
    for (size_t i = 0; i < BOARD_THREADS + 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_slot, &release), 0);
    pthread_barrier_wait(&release);
    for (size_t i = 0; i < BOARD_THREADS; i++)
        assert_int_equal(board->slot[i].used, 1);
    pthread_barrier_wait(&release);
    for (size_t i = 0; i < BOARD_THREADS + 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(board->slot[0].used, 0);
    pthread_barrier_destroy(&release);
}

/* ---- children that die ---- */

/* A function as a plugin's code: a copy of machine code in a mapping of its own. */
static unsigned char *plugin_code(const void *bytes, size_t len)
{
    unsigned char *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(code, bytes, len);
    mprotect(code, 4096, PROT_READ | PROT_EXEC);
    board_map(board_name("strange"), code, 4096);
    return code;
}

static volatile uintptr_t nowhere = 16;

__attribute__((noinline)) static void null_write(void)
{
    *(volatile int *)nowhere = 1;
}

static volatile int zero;

__attribute__((noinline)) static int overflow_stack(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    return zero ? 0 : overflow_stack(n + 1) + room[0];
}

static void do_overflow(void)
{
    overflow_stack(0);
}

static void do_abort(void)
{
    abort();
}

static void do_exit(void)
{
    exit(0);
}

static void do_trap(void)
{
    raise(SIGTRAP);
}

static void do_hang(void)
{
    for (;;)
        pause();
}

static void do_bad_where(void)
{
    board_enter(board_name("bad"), (const char *)64, 0, 0);
    abort();
}

static void (*body)(void);

static void *run_marked(void *arg)
{
    (void)arg;
    board_thread_begin("task");
    struct board_mark before = board_enter(board_name("bad"), "GET /x/bad", 0, 0);
    body();
    board_leave(before);
    board_thread_end();
    return NULL;
}

static void *run_plain(void *arg)
{
    (void)arg;
    body();
    return NULL;
}

/* Forks a shop that runs `start` on a thread; the status that it died with. */
static int die(void *(*start)(void *), void (*what)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pthread_t thread;
        alarm(300);
        board_catch_faults();
        board_thread_begin("main");
        body = what;
        pthread_create(&thread, NULL, start, NULL);
        pthread_join(thread, NULL);
        _exit(99);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void check_crash(void (*what)(void), int signal)
{
    int64_t before = clock_now();
    int status = die(run_marked, what);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), signal);
    assert_int_equal(board->fault.kind, BOARD_CRASH);
    assert_int_equal(board->fault.signal, signal);
    assert_string_equal(board->fault.plugin, "bad");
    assert_string_equal(board->fault.where, "GET /x/bad");
    assert_true(board->fault.at >= before && board->fault.at <= clock_now());
    assert_non_null(strstr(board->fault.file, "+0x"));
}

static void crashes_are_attributed(void **state)
{
    (void)state;
    check_crash(null_write, SIGSEGV);
    assert_int_equal(board->fault.address, 16);
    assert_non_null(strstr(board->fault.file, "test_board+0x"));
    /* the offset is what addr2line wants: where the function lies in its file */
    Dl_info info;
    assert_true(dladdr((void *)(uintptr_t)null_write, &info) != 0);
    uint64_t offset = strtoull(strstr(board->fault.file, "+0x") + 1, NULL, 16);
    uint64_t function = (uintptr_t)null_write - (uintptr_t)info.dli_fbase;
    assert_in_range(offset, function, function + 200);
    board_reset(board);
    assert_int_equal(board->fault.kind, BOARD_NONE);
    check_crash(do_abort, SIGABRT);
    assert_int_equal(board->fault.address, 0);
    board_reset(board);
    check_crash(do_trap, SIGTRAP);
}

static void stack_overflow_is_attributed(void **state)
{
    (void)state;
    check_crash(do_overflow, SIGSEGV);
}

static void broken_mark_does_not_hide_the_plugin(void **state)
{
    (void)state;
    int status = die(run_marked, do_bad_where);
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_string_equal(board->fault.plugin, "bad");
    assert_string_equal(board->fault.where, "");
}

static void exit_is_a_fault_of_the_plugin(void **state)
{
    (void)state;
    int status = die(run_marked, do_exit);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 70);
    assert_int_equal(board->fault.kind, BOARD_EXIT);
    assert_string_equal(board->fault.plugin, "bad");
    assert_string_equal(board->fault.where, "GET /x/bad");
}

static void orderly_exit(void)
{
    atomic_store(&board->orderly, 1);
    exit(7);
}

static void other_exits_are_left_alone(void **state)
{
    (void)state;
    int status = die(run_marked, orderly_exit);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(board->fault.kind, BOARD_NONE);
    status = die(run_plain, do_exit); /* the core's own */
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(board->fault.kind, BOARD_NONE);
}

static void crash_of_the_core_blames_nobody(void **state)
{
    (void)state;
    int status = die(run_plain, null_write);
    assert_int_equal(WTERMSIG(status), SIGSEGV);
    assert_int_equal(board->fault.kind, BOARD_CRASH);
    assert_string_equal(board->fault.plugin, "");
}

#if defined(__x86_64__)
static void strange_null_write(void)
{
    /* mov dword [0], 1 ; ret */
    static const unsigned char code[] = {0xC7, 0x04, 0x25, 0, 0, 0, 0, 1, 0, 0, 0, 0xC3};
    void (*run)(void) = (void (*)(void))(uintptr_t)plugin_code(code, sizeof(code));
    run();
}

static void strange_call(void (*what)(void))
{
    /* push rbp ; nops ; call rdi ; pop rbp ; ret */
    static const unsigned char code[] = {0x55, 0x90, 0x90, 0x90, 0x90, 0x90,
                                         0x90, 0x90, 0xFF, 0xD7, 0x5D, 0xC3};
    void (*run)(void (*)(void)) =
        (void (*)(void (*)(void)))(uintptr_t)plugin_code(code, sizeof(code));
    run(what);
}

static void strange_abort(void)
{
    strange_call(do_abort);
}

static void strange_exit(void)
{
    strange_call(do_exit);
}

/* A plugin that makes threads: nothing is marked, the library tells. */
static void threads_not_ours_are_attributed(void **state)
{
    (void)state;
    assert_int_equal(WTERMSIG(die(run_plain, strange_null_write)), SIGSEGV);
    assert_string_equal(board->fault.plugin, "strange");
    assert_string_equal(board->fault.where, "a thread of its own");
    assert_string_equal(board->fault.file, "strange+0x0");
    board_reset(board);
    assert_int_equal(WTERMSIG(die(run_plain, strange_abort)), SIGABRT);
    assert_string_equal(board->fault.plugin, "strange");
    assert_string_equal(board->fault.file, "strange+0xa");
    board_reset(board);
    assert_int_equal(WEXITSTATUS(die(run_plain, strange_exit)), 70);
    assert_int_equal(board->fault.kind, BOARD_EXIT);
    assert_string_equal(board->fault.plugin, "strange");
}
#endif

static void *run_hanging(void *arg)
{
    board_thread_begin("task");
    board_enter(board_name("bad"), "job nightly", 1000, 20000);
    pthread_barrier_wait(arg);
    do_hang();
    return NULL;
}

static void hang_is_ended_and_attributed(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        pthread_barrier_t marked;
        alarm(300);
        board_catch_faults();
        pthread_barrier_init(&marked, NULL, 2);
        pthread_create(&thread, NULL, run_hanging, &marked);
        pthread_barrier_wait(&marked);
        int64_t now = clock_mono();
        late_count = 0;
        board_watch(now + 10000, note_late);
        if (late_count == 1)
            board_watch(now + 30000, note_late);
        _exit(99);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_int_equal(board->fault.kind, BOARD_HANG);
    assert_string_equal(board->fault.plugin, "bad");
    assert_string_equal(board->fault.where, "job nightly");
}

static void *crash_at_once(void *barrier)
{
    board_thread_begin("task");
    board_enter(board_name("bad"), "GET /x/bad", 0, 0);
    pthread_barrier_wait(barrier);
    null_write();
    return NULL;
}

/* Threads that crash together: one record, whole, and the process still dies. */
static void crashes_at_once_make_one_record(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            pthread_t thread[4];
            pthread_barrier_t together;
            alarm(300);
            board_catch_faults();
            pthread_barrier_init(&together, NULL, 5);
            for (size_t i = 0; i < 4; i++)
                pthread_create(&thread[i], NULL, crash_at_once, &together);
            pthread_barrier_wait(&together);
            pthread_join(thread[0], NULL);
            _exit(99);
        }
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(WTERMSIG(status), SIGSEGV);
        assert_int_equal(board->fault.kind, BOARD_CRASH);
        assert_string_equal(board->fault.where, "GET /x/bad");
        board_reset(board);
    }
}

static void fork_and_crash(void)
{
    pid_t pid = fork();
    if (pid == 0)
        abort();
    int status;
    waitpid(pid, &status, 0);
    _exit(5);
}

static void children_of_the_shop_do_not_report(void **state)
{
    (void)state;
    int status = die(run_marked, fork_and_crash);
    assert_int_equal(WEXITSTATUS(status), 5);
    assert_int_equal(board->fault.kind, BOARD_NONE);
}

static void kill_self(void)
{
    kill(getpid(), SIGKILL);
}

/* No fault was written: the marks that were left name the suspect, if there is just
 * one. */
static void suspect_of_a_silent_death(void **state)
{
    (void)state;
    assert_string_equal(board_suspect(board), "");
    uint32_t bad = board_name("bad");
    assert_int_equal(WTERMSIG(die(run_marked, kill_self)), SIGKILL);
    assert_int_equal(board->fault.kind, BOARD_NONE);
    assert_string_equal(board_suspect(board), "bad");
    atomic_store(&board->slot[5].used, 1);
    atomic_store(&board->slot[5].plugin, bad);
    assert_string_equal(board_suspect(board), "bad");
    atomic_store(&board->slot[5].plugin, board_name("good"));
    assert_string_equal(board_suspect(board), "");
    assert_string_equal(board_suspect_where(board), "unknown");
    board_may_leave(board_name("good"), 1); /* only one of them can have left like this */
    assert_string_equal(board_suspect(board), "good");
    assert_string_equal(board_suspect_where(board), "unknown");
    atomic_store(&board->slot[5].where, board_keep("GET /x/good"));
    assert_string_equal(board_suspect_where(board), "GET /x/good");
    board_may_leave(board_name("good"), 0);
    board_reset(board);
    assert_string_equal(board_suspect(board), "");
}

static void without_a_board_nothing_happens(void **state)
{
    (void)state;
    board_use(NULL);
    board_thread_begin("x");
    assert_int_equal(board_name("x"), BOARD_CORE);
    struct board_mark before = board_enter(3, "x", 1, 1);
    assert_int_equal(board_running(), 3);
    board_watch(clock_mono() + 1000000, note_late);
    board_leave(before);
    board_thread_end();
    assert_null(board_current());
}

#define board_test(test) cmocka_unit_test_setup_teardown(test, fresh, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        board_test(names_are_interned),
        board_test(marks_nest),
        board_test(late_calls_are_named_once),
        board_test(text_that_is_gone_is_left_out),
        board_test(more_threads_than_slots),
        board_test(crashes_are_attributed),
        board_test(stack_overflow_is_attributed),
        board_test(broken_mark_does_not_hide_the_plugin),
        board_test(exit_is_a_fault_of_the_plugin),
        board_test(other_exits_are_left_alone),
        board_test(crash_of_the_core_blames_nobody),
#if defined(__x86_64__)
        board_test(threads_not_ours_are_attributed),
#endif
        board_test(hang_is_ended_and_attributed),
        board_test(crashes_at_once_make_one_record),
        board_test(children_of_the_shop_do_not_report),
        board_test(suspect_of_a_silent_death),
        board_test(without_a_board_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
