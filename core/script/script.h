/*
 * script: merchants' Lua. Their code never runs in the shop's process: a host process (exec'ed by
 * the shop as `souk script-host`, one socket pair between them) forks workers that have dropped all
 * rights (seccomp, rlimits, no descriptors but their socket) and keep the loaded files warm.
 *
 * A set is what was loaded together: files in, declarations out, once; from then on its functions
 * can be called with an input document. A call cannot hurt anybody: it ends with a result, or with
 * an outcome that says how it failed. One message there and one back carry all calls of an
 * evaluation.
 *
 * What a file sees: the whitelisted library of worker_library.c (no load, setmetatable, coroutine,
 * os, io, debug), `money "12.50"` (minor units of the shop's currency), `percent_of(amount,
 * percent)` (rounded half up), `split(amount, parts)`, `log(...)`, and the declaring functions
 * promotion, group, upsell and test. What files leave behind when they are loaded (globals, tables
 * and locals that functions hold on to) is the same for every call: nothing is kept from one cart
 * to the next, and math.random draws from a seed that the input gives.
 *
 * Threads: task threads and commands; every function here may block: a call for little more than
 * the hard limit, an evaluation for a few of those when scripts are bad. Never on the writer or an
 * I/O thread.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

struct script_host; /* the process that forks workers */
struct script_set;  /* immutable, counted */

struct script_options {
    const char *currency; /* for money; "EUR" */
    int workers;          /* of a set; 0: 2. Born when they are needed */
    int64_t target;       /* us of CPU a call may use before it is interrupted; 0: 5 ms */
    int64_t hard;         /* us of wall time after which the worker is killed; 0: 50 ms */
    size_t memory;        /* bytes a call may add to what is loaded; 0: 4 MiB */
};
int script_host_start(struct script_host **out, const struct script_options *options,
                      struct err *err);
void script_host_stop(struct script_host *host); /* its sets are dropped before */

struct script_source {
    struct souk_str path; /* "promotions/second_half.lua": in messages and declarations */
    struct souk_str text;
};
/* Does it stand in a folder "lib"? These files are read first and share what they define. */
int script_is_shared(struct souk_str path);
/* All or nothing. *declared: what the files declared, in order of files and lines:
 * [{"kind": "promotion", "file", "line", "value": {…}}]; keys of tables are sorted, a function is
 * {"$function": n}, a number with a fraction {"$decimal": "10.5"} (no floating point goes on).
 * SOUK_INVALID: `errors` got {"file", "line", "message"} for every file that is wrong. */
int script_set_load(struct script_host *host, struct arena *arena,
                    const struct script_source *sources, size_t count, struct script_set **out,
                    struct json **declared, struct json *errors, struct err *err);
/* Why a text cannot be a script: it is compiled, or no UTF-8; NULL when it can. */
const char *script_refusal(struct souk_str text);
struct script_set *script_set_hold(struct script_set *set);
void script_set_drop(struct script_set *set); /* NULL is harmless; the last one ends its workers */

enum script_outcome {
    SCRIPT_OK,
    SCRIPT_FAILED, /* an ordinary error: "denied" */
    SCRIPT_LATE,   /* too long: interrupted or killed: "budget" */
    SCRIPT_MEMORY, /* "memory" */
    SCRIPT_DEAD,   /* it brought its worker down: "killed" */
    SCRIPT_BUSY,   /* no worker was free in time; no fault of the script */
};
const char *script_outcome_name(enum script_outcome outcome); /* "ok" "denied" "budget" … */

struct script_call {
    int function;                /* in: n of {"$function": n} */
    enum script_outcome outcome; /* out */
    struct json *result;    /* JSON_ARRAY of what it returned (at most 4 values); in the arena */
    struct souk_str reason; /* "promotions/a.lua:12: …"; empty when ok */
    struct json *log;       /* JSON_ARRAY of lines that it gave to log(); NULL: none */
};
/* Every call gets the same `input` as its argument; whoever changes it fails, and nobody else sees
 * the change. The failure of one does not touch the others: a worker that died is born again and
 * goes on. Always fills every call; returns nothing to be checked. */
void script_set_call(struct script_set *set, struct arena *arena, const struct json *input,
                     struct script_call *calls, size_t count);
/* A chunk without arguments in a worker of its own (`souk script run`): outcome, result, reason. */
void script_run(struct script_host *host, struct arena *arena, const struct script_source *source,
                struct script_call *call);

/* `souk script-host`: the host process's own main; the descriptor of its socket is 3. It runs
 * before main() of any program that uses this header: each can be its own script host. */
int script_host_main(int argc, char **argv);

#endif
