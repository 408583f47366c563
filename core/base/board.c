/*
 * board.c: what every thread is doing for which plugin, kept where the supervisor can
 * read it.
 *
 * The idea: a thread that signs on owns a slot. board_enter writes the mark (plugin,
 * place, time, limits) into it with plain stores; `turn` is odd meanwhile, so that the
 * watchdog never judges a mix of two marks. The mark is kept in thread-local memory as
 * well: that is what the fault handler reads, and it works for threads without a slot.
 *
 * A fault is recorded once per process, the first one; board->fault.kind is stored
 * last. The handler (x86-64 and AArch64 know the instruction; others report without it)
 * runs on a stack of its own and uses nothing but system calls and memory that was
 * prepared before. Memory that may be broken is read through the kernel, which answers
 * with an error instead of a second fault.
 *
 * `where` belongs to the caller and may be gone when the watchdog looks; it reads it
 * through the kernel and looks at `turn` again before believing it.
 *
 * Does not unwind, resolve symbols, restart or decide anything: that is the
 * supervisor's work.
 */
#include "base/board.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mapping.h"
#include "base/str.h"

#define BOARD_MAGIC 0x736f756bu
#define STACK_SIZE  ((size_t)65536)
#define GUARD_SIZE  ((size_t)4096)
#define EXIT_STATUS 70

/* What this thread has marked, and the slot that shows it to others. */
static _Thread_local struct {
    struct board_slot *slot;
    void *stack;
    int signed_on;
    struct board_mark mark;
} self;

static struct board *board;
static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_flag fault_claimed = ATOMIC_FLAG_INIT;
static pid_t fault_pid; /* children that are forked without exec do not report */

struct board *board_create(void)
{
    struct board *made =
        mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        return NULL;
    made->magic = BOARD_MAGIC;
    atomic_store(&made->names_used, 1); /* index 0 is the core, without a name */
    return made;
}

void board_use(struct board *used)
{
    board = used;
    self.slot = NULL;
}

struct board *board_current(void)
{
    return board;
}

void board_reset(struct board *old)
{
    atomic_store(&old->ready, 0);
    atomic_store(&old->orderly, 0);
    atomic_store(&old->heartbeat, 0);
    memset(&old->fault, 0, sizeof(old->fault));
    memset(old->slot, 0, sizeof(old->slot));
    old->text_used = 0;
    atomic_flag_clear(&fault_claimed);
}

uint32_t board_name(const char *plugin)
{
    char name[sizeof(board->names[0])];
    uint32_t found = BOARD_CORE;
    if (!board || str_copy(name, sizeof(name), souk_str(plugin)) == 0)
        return BOARD_CORE;
    pthread_mutex_lock(&names_lock);
    uint32_t used = atomic_load(&board->names_used);
    for (uint32_t i = 1; i < used && !found; i++)
        if (strcmp(board->names[i], name) == 0)
            found = i;
    if (!found && used < BOARD_NAMES) {
        memcpy(board->names[used], name, sizeof(name));
        atomic_store(&board->names_used, used + 1);
        found = used;
    }
    pthread_mutex_unlock(&names_lock);
    return found;
}

const char *board_keep(const char *text)
{
    size_t size = strlen(text) + 1;
    char *kept = NULL;
    if (!board)
        return NULL;
    pthread_mutex_lock(&names_lock);
    if (size <= sizeof(board->text) - board->text_used) {
        kept = memcpy(board->text + board->text_used, text, size);
        board->text_used += (uint32_t)size;
    }
    pthread_mutex_unlock(&names_lock);
    return kept;
}

static const char *name_of(const struct board *from, uint32_t plugin)
{
    return from->names[plugin < BOARD_NAMES ? plugin : BOARD_CORE];
}

static struct board_slot *claim_slot(const char *name)
{
    for (size_t i = 0; board && i < BOARD_THREADS; i++) {
        struct board_slot *slot = &board->slot[i];
        uint32_t free_slot = 0;
        if (atomic_compare_exchange_strong(&slot->used, &free_slot, 1)) {
            str_copy(slot->thread, sizeof(slot->thread), souk_str(name));
            return slot;
        }
    }
    return NULL;
}

/* Stacks grow down: the page that must not be touched is the lowest. */
static void *make_stack(void)
{
    char *stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return NULL;
    mprotect(stack, GUARD_SIZE, PROT_NONE);
    stack_t use = {.ss_sp = stack + GUARD_SIZE, .ss_size = STACK_SIZE};
    if (sigaltstack(&use, NULL) != 0) {
        munmap(stack, GUARD_SIZE + STACK_SIZE);
        return NULL;
    }
    return stack;
}

static void thread_ends(void *arg);
static pthread_key_t end_key;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;

static void make_end_key(void)
{
    pthread_key_create(&end_key, thread_ends);
}

static int is_main_thread(void)
{
    return syscall(SYS_gettid) == getpid();
}

void board_thread_begin(const char *name)
{
    char shortened[16];
    if (!self.slot)
        self.slot = claim_slot(name);
    if (!self.stack)
        self.stack = make_stack();
    self.signed_on = 1;
    pthread_once(&end_once, make_end_key);
    pthread_setspecific(end_key, &self);
    if (!is_main_thread()) { /* the main thread's name is the process's */
        str_copy(shortened, sizeof(shortened), souk_str(name));
        pthread_setname_np(pthread_self(), shortened);
    }
}

static void show_mark(struct board_slot *slot, const struct board_mark *mark)
{
    uint32_t turn = atomic_load_explicit(&slot->turn, memory_order_relaxed);
    /* release on each, so that none is seen before the odd turn */
    atomic_store_explicit(&slot->turn, turn + 1, memory_order_relaxed);
    atomic_store_explicit(&slot->plugin, mark->plugin, memory_order_release);
    atomic_store_explicit(&slot->where, mark->where, memory_order_release);
    atomic_store_explicit(&slot->entered, mark->entered, memory_order_release);
    atomic_store_explicit(&slot->warn, mark->warn, memory_order_release);
    atomic_store_explicit(&slot->kill, mark->kill, memory_order_release);
    atomic_store_explicit(&slot->turn, turn + 2, memory_order_release);
}

void board_thread_end(void)
{
    pthread_once(&end_once, make_end_key);
    pthread_setspecific(end_key, NULL);
    thread_ends(NULL); /* no more than a look: a call may have ended the thread, not its owner */
    if (self.slot) {
        show_mark(self.slot, &(struct board_mark){0});
        atomic_store(&self.slot->used, 0);
        self.slot = NULL;
    }
    if (self.stack) {
        stack_t off = {.ss_flags = SS_DISABLE};
        sigaltstack(&off, NULL);
        munmap(self.stack, GUARD_SIZE + STACK_SIZE);
        self.stack = NULL;
    }
    self.signed_on = 0;
    self.mark = (struct board_mark){0};
}

struct board_mark board_enter(uint32_t plugin, const char *where, int64_t warn, int64_t kill)
{
    struct board_mark before = self.mark;
    struct board_slot *slot = self.slot;
    self.mark = (struct board_mark){plugin, where, clock_mono(), warn, kill};
    if (slot) {
        if (before.warn && atomic_load_explicit(&slot->warned, memory_order_relaxed) ==
                               atomic_load_explicit(&slot->turn, memory_order_relaxed))
            before.warn = 0; /* named already: not again when it comes back */
        show_mark(slot, &self.mark);
    }
    return before;
}

void board_leave(struct board_mark before)
{
    self.mark = before;
    if (self.slot)
        show_mark(self.slot, &before);
}

uint32_t board_running(void)
{
    return self.mark.plugin;
}

/* A C string from memory that may not be there, cut to fit; what is unreadable is left
 * out. */
static void safe_string(char *to, size_t size, const char *from)
{
    size_t len = 0;
    if (from && !mapping_read(to, from, size - 1)) { /* perhaps it ends just before a hole */
        while (len < size - 1 && mapping_read(to + len, from + len, 1) && to[len])
            len++;
        to[len] = '\0';
        return;
    }
    while (from && len < size - 1 && to[len])
        len++;
    to[len] = '\0';
}

void board_map(uint32_t plugin, const void *start, size_t len)
{
    mapping_add(plugin, start, len, board ? name_of(board, plugin) : "");
}

void board_may_leave(uint32_t plugin, int may)
{
    if (board && plugin && plugin < BOARD_NAMES)
        board->may_leave[plugin] = may != 0;
}

/* ---- recording ---- */

static void put_place(struct board_fault *fault, uintptr_t instruction)
{
    const struct mapping *map = instruction ? mapping_find(instruction) : NULL;
    uintptr_t offset = map ? instruction - map->base : instruction;
    char hex[2 * sizeof(offset)];
    size_t count = 0, len = 0;
    if (!instruction)
        return;
    if (map) {
        len = strnlen(map->file, sizeof(map->file));
        memcpy(fault->file, map->file, len);
        fault->file[len++] = '+';
    }
    fault->file[len++] = '0';
    fault->file[len++] = 'x';
    do {
        hex[count++] = "0123456789abcdef"[offset & 15];
        offset >>= 4;
    } while (offset);
    while (count)
        fault->file[len++] = hex[--count];
    fault->file[len] = '\0';
}

struct suspect {
    uint32_t plugin;
    const char *where;
    uintptr_t instruction;
    uintptr_t address;
    int signal;
};

/* Fills the board's fault; the claim has been won. */
static void record(int32_t kind, const struct suspect *suspect)
{
    struct board_fault *fault = &board->fault;
    fault->signal = suspect->signal;
    fault->at = clock_now();
    fault->address = suspect->address;
    memcpy(fault->plugin, name_of(board, suspect->plugin), sizeof(fault->plugin));
    put_place(fault, suspect->instruction);
    safe_string(fault->where, sizeof(fault->where), suspect->where);
    atomic_store(&fault->kind, kind);
}

/* Decides whose fault it is. The mark tells; without one, the library that the
 * instruction is in; on a thread that is not ours, the library that called. */
static void attribute(struct suspect *suspect, uintptr_t stack, int foreign)
{
    const struct mapping *map = mapping_find(suspect->instruction);
    uintptr_t caller = 0;
    suspect->plugin = self.mark.plugin;
    suspect->where = self.mark.where;
    if (suspect->plugin && (!map || map->plugin != suspect->plugin)) {
        caller = mapping_caller(stack, suspect->plugin);
    } else if (!suspect->plugin && map && map->plugin) {
        suspect->plugin = map->plugin;
    } else if (!suspect->plugin && foreign) {
        caller = mapping_caller(stack, BOARD_CORE);
        suspect->plugin = caller ? mapping_find(caller)->plugin : BOARD_CORE;
    }
    if (caller)
        suspect->instruction = caller;
    if (!suspect->where && suspect->plugin && foreign)
        suspect->where = "a thread of its own";
}

static void read_context(const void *context, uintptr_t *instruction, uintptr_t *stack)
{
    const ucontext_t *cpu = context;
#if defined(__x86_64__)
    *instruction = (uintptr_t)cpu->uc_mcontext.gregs[REG_RIP];
    *stack = (uintptr_t)cpu->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    *instruction = (uintptr_t)cpu->uc_mcontext.pc;
    *stack = (uintptr_t)cpu->uc_mcontext.sp;
#else
    (void)cpu;
    *instruction = *stack = 0;
#endif
}

static void die_of(int signal)
{
    struct sigaction by_default = {.sa_handler = SIG_DFL};
    sigset_t only;
    sigaction(signal, &by_default, NULL);
    sigemptyset(&only);
    sigaddset(&only, signal);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    raise(signal);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    if (!board || getpid() != fault_pid) {
        die_of(signal);
        return;
    }
    if (atomic_flag_test_and_set(&fault_claimed)) {
        /* another thread is writing: let it finish, it ends the process; but not for
         * ever */
        for (int i = 0; i < 100; i++)
            poll(NULL, 0, 10);
        die_of(signal);
        return;
    }
    struct suspect suspect = {.signal = signal};
    uintptr_t stack;
    read_context(context, &suspect.instruction, &stack);
    if (info->si_code > 0) /* from the processor: else the field holds who sent it */
        suspect.address = (uintptr_t)info->si_addr;
    attribute(&suspect, stack, !self.signed_on);
    record(BOARD_CRASH, &suspect);
    die_of(signal);
}

static void on_exit_call(void)
{
    if (!board || getpid() != fault_pid || atomic_load(&board->orderly))
        return;
    struct suspect suspect = {0};
    int foreign = !self.signed_on && !is_main_thread();
    if (self.mark.plugin || foreign)
        attribute(&suspect, (uintptr_t)__builtin_frame_address(0), foreign);
    if (suspect.plugin == BOARD_CORE || atomic_flag_test_and_set(&fault_claimed))
        return;
    record(BOARD_EXIT, &suspect);
    _exit(EXIT_STATUS);
}

/* A call that ends its thread (pthread_exit) never comes back, and what waits for that
 * thread waits for ever: as bad as exit(), and taken for it. */
static void thread_ends(void *arg)
{
    (void)arg;
    if (!self.mark.plugin || !board || getpid() != fault_pid || atomic_load(&board->orderly))
        return;
    struct suspect suspect = {.plugin = self.mark.plugin, .where = self.mark.where};
    if (!atomic_flag_test_and_set(&fault_claimed))
        record(BOARD_EXIT, &suspect);
    _exit(EXIT_STATUS);
}

void board_catch_faults(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    static int hooked;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    fault_pid = getpid();
    sigfillset(&action.sa_mask);
    mapping_add_loaded();
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    if (!hooked) {
        hooked = 1;
        atexit(on_exit_call);
    }
}

/* ---- the watchdog ---- */

struct view {
    uint32_t turn, plugin;
    const char *where;
    int64_t entered, warn, kill;
};

/* A mark as it stood at one moment; 0 when it was being changed. */
static int read_slot(struct board_slot *slot, struct view *view)
{
    view->turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
    view->plugin = atomic_load_explicit(&slot->plugin, memory_order_acquire);
    view->where = atomic_load_explicit(&slot->where, memory_order_acquire);
    view->entered = atomic_load_explicit(&slot->entered, memory_order_acquire);
    view->warn = atomic_load_explicit(&slot->warn, memory_order_acquire);
    view->kill = atomic_load_explicit(&slot->kill, memory_order_acquire);
    return view->turn % 2 == 0 && atomic_load(&slot->turn) == view->turn;
}

static void end_hang(const struct view *view, const char *where)
{
    struct suspect suspect = {.plugin = view->plugin, .where = where, .signal = SIGKILL};
    if (!atomic_flag_test_and_set(&fault_claimed))
        record(BOARD_HANG, &suspect);
    kill(getpid(), SIGKILL);
}

void board_watch(int64_t now, void (*late)(const char *thread, const char *plugin,
                                           const char *where, int64_t span))
{
    if (!board)
        return;
    atomic_store(&board->heartbeat, now);
    for (size_t i = 0; i < BOARD_THREADS; i++) {
        struct board_slot *slot = &board->slot[i];
        struct view view;
        if (!atomic_load(&slot->used) || !read_slot(slot, &view) || view.entered == 0)
            continue;
        int64_t span = now - view.entered;
        int is_late = view.warn > 0 && span > view.warn && atomic_load(&slot->warned) != view.turn;
        int is_dead = view.kill > 0 && span > view.kill;
        if (!is_late && !is_dead)
            continue;
        char where[sizeof(board->fault.where)];
        safe_string(where, sizeof(where), view.where);
        if (atomic_load(&slot->turn) != view.turn)
            continue; /* it has just ended */
        if (is_late) {
            atomic_store(&slot->warned, view.turn);
            if (late)
                late(slot->thread, name_of(board, view.plugin), where, span);
        }
        if (is_dead)
            end_hang(&view, where);
    }
}

/* The slot of the one plugin that was running; NULL when there was none, or several. Of several
 * callers only those count that can have left on the quiet. */
static const struct board_slot *find_running(const struct board *dead, int leavers)
{
    const struct board_slot *found = NULL;
    for (size_t i = 0; i < BOARD_THREADS; i++) {
        const struct board_slot *slot = &dead->slot[i];
        uint32_t plugin = atomic_load(&slot->used) ? atomic_load(&slot->plugin) : BOARD_CORE;
        if (plugin == BOARD_CORE || plugin >= BOARD_NAMES || (leavers && !dead->may_leave[plugin]))
            continue;
        if (found && plugin == atomic_load(&found->plugin))
            continue;
        if (found)
            return NULL;
        found = slot;
    }
    return found;
}

static const struct board_slot *find_suspect(const struct board *dead)
{
    const struct board_slot *found = find_running(dead, 0);
    return found ? found : find_running(dead, 1);
}

const char *board_suspect(const struct board *dead)
{
    const struct board_slot *found = find_suspect(dead);
    return found ? name_of(dead, atomic_load(&found->plugin)) : "";
}

const char *board_suspect_where(const struct board *dead)
{
    const struct board_slot *found = find_suspect(dead);
    uintptr_t where = found ? (uintptr_t)atomic_load(&found->where) : 0;
    uintptr_t first = (uintptr_t)dead->text;
    for (size_t i = 0; found && i < BOARD_THREADS; i++) {
        const struct board_slot *slot = &dead->slot[i];
        if (atomic_load(&slot->used) && atomic_load(&slot->plugin) == atomic_load(&found->plugin) &&
            (uintptr_t)atomic_load(&slot->where) != where)
            return "unknown"; /* it ran in several places */
    }
    if (where < first || where >= first + sizeof(dead->text) ||
        !memchr((const char *)where, '\0', first + sizeof(dead->text) - where))
        return "unknown";
    return (const char *)where;
}
