/*
 * board: one page of memory that the shop shares with its supervisor, and in it what every thread
 * is doing for which plugin. When a thread crashes, hangs or calls exit(), the board still says in
 * whose code it was.
 *
 * Around every call into a plugin: board_enter … board_leave (two stores, no lock). The fault
 * handler runs on a stack of its own and only copies bytes. Attribution names who ran, not who
 * scribbled earlier.
 *
 * The supervisor creates the board before it forks; unit tests may create a private one.
 */
#ifndef BASE_BOARD_H
#define BASE_BOARD_H

#include <stdatomic.h>
#include <souk/types.h>

#define BOARD_THREADS 96
#define BOARD_NAMES   256
#define BOARD_CORE    0 /* the name index of souk's own code */
#define BOARD_TEXT    32768

enum board_fault_kind {
    BOARD_NONE,
    BOARD_CRASH, /* a signal */
    BOARD_HANG,  /* over its time; ended by the watchdog */
    BOARD_EXIT,  /* called exit(), or ended its thread */
};

struct board_fault {
    _Atomic int32_t kind; /* set last: a reader that sees it sees the rest */
    int32_t signal;
    int64_t at; /* clock_now */
    uint64_t address;
    char plugin[48]; /* empty: the core's own */
    char where[96];  /* "GET /x/hello", "event order.placed", "job nightly" */
    char file[96];   /* library and offset of the instruction, for addr2line */
};

struct board_slot {
    _Atomic uint32_t used;
    _Atomic uint32_t turn;     /* odd while the mark below is being changed */
    _Atomic uint32_t plugin;   /* name index */
    const char *_Atomic where; /* in the shop's memory: valid in the shop only */
    _Atomic int64_t entered;   /* clock_mono; 0 = idle */
    _Atomic int64_t warn;      /* span in us after which the watchdog names it; 0 = never */
    _Atomic int64_t kill;      /* span after which the process is ended; 0 = never */
    _Atomic uint32_t warned;   /* the turn that the watchdog has named already */
    char thread[16];           /* name of the thread */
};

struct board {
    uint32_t magic;
    _Atomic int32_t ready;      /* the shop accepts requests */
    _Atomic int32_t orderly;    /* the shop is ending on purpose */
    _Atomic int64_t heartbeat;  /* clock_mono of the shop's clock thread */
    _Atomic int64_t generation; /* starts of the shop so far */
    struct board_fault fault;
    _Atomic uint32_t names_used;
    char names[BOARD_NAMES][48];
    struct board_slot slot[BOARD_THREADS];
    uint8_t may_leave[BOARD_NAMES]; /* by name index */
    uint32_t text_used;
    char text[BOARD_TEXT]; /* texts of board_keep */
};

struct board *board_create(void);    /* shared, zeroed; survives fork */
void board_use(struct board *board); /* this process's board from now on */
struct board *board_current(void);
void board_reset(struct board *board);   /* before a new shop starts: forgets slots and fault */
uint32_t board_name(const char *plugin); /* interns; 0 when the table is full */
/* A copy of a `where` that the supervisor can read too, good until the next board_reset; NULL when
 * there is no room (or no board): then keep it elsewhere. */
const char *board_keep(const char *text);

/* A thread of ours signs on once (alternate stack for the fault handler included) and off before it
 * ends. */
void board_thread_begin(const char *name);
void board_thread_end(void);

struct board_mark { /* what was marked before: calls nest */
    uint32_t plugin;
    const char *where;
    int64_t entered, warn, kill;
};
/* `where` must outlive the call. Times are spans in microseconds; 0 = no limit. */
struct board_mark board_enter(uint32_t plugin, const char *where, int64_t warn, int64_t kill);
void board_leave(struct board_mark before);
uint32_t board_running(void); /* the plugin marked on this thread, or BOARD_CORE */

/* SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP: write board->fault, then die of the same
 * signal. An atexit handler turns exit() inside a plugin into a fault. Call once in the shop. */
void board_catch_faults(void);
/* A plugin's mapping, so that a fault on a thread of its own is attributed too. */
void board_map(uint32_t plugin, const void *start, size_t len);
/* Whether the plugin has what it takes to end the process without a trace (_exit). */
void board_may_leave(uint32_t plugin, int may);
/* The watchdog's turn, called by the clock thread: beats the heart; warns through `late` once a
 * call; a call over its kill span becomes a BOARD_HANG fault and ends the process. */
void board_watch(int64_t now, void (*late)(const char *thread, const char *plugin,
                                           const char *where, int64_t span));
/* In the supervisor, when a dead shop left no fault: the one plugin that was marked on a thread; of
 * several the one that may leave; or "". */
const char *board_suspect(const struct board *board);
/* Where that plugin was, or "unknown": known for texts of board_keep. */
const char *board_suspect_where(const struct board *board);

#endif
