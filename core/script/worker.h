/*
 * worker: the process that runs strangers' code: what its files share. One thread, one Lua state,
 * one socket. Internal to core/script; only the script host forks it.
 */
#ifndef SCRIPT_WORKER_H
#define SCRIPT_WORKER_H

#include <lua.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#include "script/protocol.h"
#include "script/script.h"
#include "script/worker_memory.h"

#define WORKER_SOCKET 0 /* its only descriptor */
#define WORKER_FILES  4096
#define WORKER_SOURCE (64u << 10)         /* bytes of a file */
#define WORKER_LOADED ((size_t)48 << 20)  /* bytes that files may take when they are loaded */
#define WORKER_BEYOND ((size_t)160 << 20) /* address space beyond that of the script host */

enum worker_key {                      /* in Lua's registry */
                  WORKER_LIBRARY = 11, /* name → what every file sees */
                  WORKER_SHARED,       /* the same and what lib/ files have defined */
                  WORKER_FUNCTIONS,    /* n + 1 → function */
                  WORKER_FROZEN, /* table → its unchangeable stand-in; functions that were walked */
                  WORKER_CELLS,  /* see worker_freeze.c */
                  WORKER_BEHIND, /* list of the tables that hold files' globals */
                  WORKER_INPUT,  /* the document of this evaluation */
};

struct worker_place { /* where a function begins */
    const char *path;
    int line;
};

struct worker_self {
    lua_State *lua;
    struct worker_memory memory;
    struct protocol_page *page;
    struct protocol_rules rules;
    struct buf out; /* the answer that is being written */
    /* the files */
    const char *path; /* that is being loaded; NULL: none: globals are fixed, nothing is declared */
    const char *chunk;           /* that runs alone; NULL: files are loaded */
    struct worker_place *places; /* of functions */
    uint32_t function_count, function_room;
    struct buf declared;
    uint32_t declared_count;
    /* the call that runs */
    int function; /* -1: a file or chunk */
    int seeded;   /* math.random has drawn its seed */
    uint64_t random[4];
    struct buf log;
    uint32_t log_lines;
    /* the input that is kept */
    struct buf input;
    int input_good;
    size_t input_size; /* of its texts and tables */
    size_t loaded;     /* bytes in use when all files were loaded */
    size_t allowed;    /* beyond that, to what runs now */
};
extern struct worker_self worker_self;

void worker_prepare(void); /* in the script host: the state and its library */
/* In the child. Never returns. */
noreturn void worker_run(int socket, int page, pid_t host);

/* ---- worker_limits.c ---- */

enum worker_over { WORKER_FINE, WORKER_LATE, WORKER_HUNGRY };
void worker_limits_enter(int socket, int page, pid_t host); /* ends the process when it cannot */
/* The clock of an evaluation runs between these two; within it, calls begin and end. A call that
 * used `target` us of CPU is interrupted at its next instruction, and again and again. */
void worker_clock_start(void);
void worker_clock_stop(void);
void worker_call_begin(uint32_t number, int64_t target);
void worker_call_end(void);
/* Why the running call is over, whatever it catches: functions that catch errors ask and pass on.
 */
enum worker_over worker_over(void);
void worker_set_over(enum worker_over over);
int worker_is_tired(void); /* has used so much CPU or memory that a new one should take over */

/* ---- worker_library.c, worker_text.c, worker_rules.c ---- */

void worker_library_open(lua_State *lua); /* WORKER_LIBRARY */
void worker_text_open(lua_State *lua);    /* the string library, on the stack */
void worker_rules_open(lua_State *lua); /* money, log, promotion … into the table on the stack */
/* The value as text, without addresses: on the stack. */
void worker_text_of(lua_State *lua, int at);

/* ---- worker_value.c ---- */

void worker_value_push(lua_State *lua, struct protocol_reader *reader, int depth);
/* Writes the value at `at`. NULL, or what is wrong with it, for people, behind its place:
 * "give[1].percent: …". Never raises. `functions`: they may be in it. */
const char *worker_value_write(lua_State *lua, int at, struct buf *out, size_t most, int functions);
uint32_t worker_function_add(lua_State *lua, int at); /* its number; may raise */

/* ---- worker_freeze.c ---- */

/* What can be reached from the fields of the table at `at` cannot be changed any more: tables in it
 * are replaced by stand-ins. May raise. */
void worker_freeze(lua_State *lua, int at);
/* The table behind a stand-in, or the table itself: pushed. */
void worker_freeze_open(lua_State *lua, int at);
/* Whether locals of files were assigned by a function; gives them back what they held. */
int worker_freeze_restore(lua_State *lua);

/* ---- worker_load.c ---- */

void worker_load(const struct protocol_head *head, struct souk_str body);
void worker_run_chunk(struct souk_str body);

/* ---- worker_call.c ---- */

void worker_call(const struct protocol_head *head, struct souk_str body);
/* The answer to one call, put into worker_self.out: the values from `from` to the top of the stack,
 * or the error on top. */
void worker_put_answer(lua_State *lua, int status, int from);
int worker_handle(lua_State *lua); /* the message handler of protected calls */
/* The error on top in words, with its place, in a buffer of ours. */
enum script_outcome worker_failure(lua_State *lua, int status, struct souk_str *reason);

/* ---- worker.c ---- */

void worker_answer_begin(void); /* clears worker_self.out */
void worker_answer_send(enum protocol_kind kind, int flags, uint32_t count);

#endif
