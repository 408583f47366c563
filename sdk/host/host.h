/*
 * host: what the files of souk-host share: the plugin that is tested, the script that plays its
 * peer, the world that a scenario runs in, and the shape of rules. The suites in sdk/conform
 * include scene.h only.
 *
 * The host is the shop's own library without its HTTP server: loader, migrations, API table, bridge
 * and store are the very same code. Each scenario runs in a child process with a world of its own,
 * so that a plugin which crashes is a finding and not the end.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdatomic.h>

#include "bridge/provider.h"
#include "host/scene.h"
#include "plugin/provider.h"
#include "plugin/switch.h"

#define HOST_TEXT 600

/* ---- the plugin (plan.c) ---- */

struct plan {
    struct arena arena;
    const char *name, *file,
        *dir;             /* dir: the folder with the .so, where its needs are looked for */
    const char *with;     /* conform.lua; NULL: there is none */
    struct json *about;   /* what its descriptor says (plugin/inspect.h) */
    struct json *values;  /* as souk.lua would give them: {name: {…}} */
    const char **secrets; /* words that must not be seen anywhere; NULL-terminated */
    const char *scratch;  /* a folder of ours, emptied by main */
};
/* `set`: options besides those of conform.lua, "key=value", NULL-terminated. */
int plan_make(struct plan *plan, const char *file, const char *with, const char *const *set,
              const char *scratch, struct err *err);
/* The names of its providers of this kind, or 0. */
int plan_provides(const struct plan *plan, const char *kind);
int plan_minor(const struct plan *plan); /* of the ABI that it claims */

/* ---- conform.lua (script.c, script_words.c) ---- */

struct script;
int script_open(struct script **out, const char *path, struct err *err);
void script_close(struct script *script);
/* Without a file: the words and limits alone, for who brings words of their own (play.c). */
void script_new(struct script **out);
struct lua_State *script_state(struct script *script);
int script_has(struct script *script, const char *name); /* a function */
/* A global that is data; NULL: not there. */
struct json *script_value(struct script *script, struct arena *arena, const char *name);
/* Calls a global function with the items of `args` (a list; may be NULL). One at a time. */
int script_call(struct script *script, struct arena *arena, const char *name,
                const struct json *args, struct json **result, struct err *err);
struct lua_State;
void script_words(struct lua_State *lua); /* hmac_sha256, json_encode … */
void script_push(struct lua_State *lua, const struct json *value);
struct json *script_take(struct lua_State *lua, int index, struct arena *arena, int depth);

/* ---- the world (world.c) ---- */

struct world {
    const struct plan *plan;
    struct script *script;
    struct db *db;
    struct worker *tasks;
    struct switch_host *host;
    const char *dir;     /* its data directory */
    int log_fd, out_fd;  /* what was logged, what was written to stdout */
    int is_old;          /* its table is that of the minor which the plugin claims */
    struct held *before; /* what the process held before the plugin was loaded */
};
int world_open(struct world *world, struct err *err);
int world_again(struct world *world, struct err *err); /* a new generation of the plugin */
int tables_fill(struct world *world, struct err *err); /* what conform.lua wants to stand there */
void world_close(struct world *world);
extern struct world *world_now; /* of this process: for the hooks */

/* ---- what a process holds (held.c) ---- */

struct held {
    int threads, descriptors, mask;
    char signals[65][24]; /* handler and flags, printed */
    char locale[200], cwd[1024];
    uint64_t environment;
};
void held_take(struct held *held);

/* ---- its peers (peer.c) ---- */

void peer_use(struct world *world); /* HTTP and mail are answered by the script from now on */
/* Mode slow: the number-th request is answered only when the caller's time is over; 0: none. */
void peer_slow_at(int number);
int peer_slow_done(void);            /* that one has come */
int peer_slow_take(void);            /* … since this was asked before, on this thread */
#define SLOW_SPAN (SLOW_UNIT * 300)  /* us: what a call has in mode slow */
#define SLOW_OVER (SLOW_UNIT * 3000) /* … and by how much it may be late: machines are busy */
#ifdef __SANITIZE_ADDRESS__
#define SLOW_UNIT (5 * CLOCK_MS)
#else
#define SLOW_UNIT CLOCK_MS
#endif

/* ---- the API table (fail.c, old.c, reports.c) ---- */

/* As bridge_api(), but that reports are kept, and that a call may be made to fail. */
const struct souk_api *host_table(void);
void report_keep_payment(const struct souk_payment_report *report, int code);
void report_keep_delivery(const struct souk_delivery_report *report, int code);
void fail_at(int number);              /* the number-th call that can fail does; 0: none */
void fail_tell(char *to, size_t size); /* the function's name goes there at once: it may crash */
int fail_seen(void);                   /* calls so far that could have failed */
int fail_done(void);                   /* the one that was meant has failed */
/* The same as a shop of that minor had it; what came later refuses, and is found. One a process. */
const struct souk_api *old_table(int minor);
const char *old_finding(void); /* a later function that was called, in words; NULL: none */

/* ---- running (run.c) ---- */

struct outcome {
    int verdict;
    char words[HOST_TEXT];
    int seen, failed; /* fail-nth, slow: calls seen; was one made to fail */
    char call[48];    /* fail-nth: which it was (CALL_ROOM) */
};

struct suite {
    const char *kind; /* "payment"; "general": for every plugin */
    const struct rule *rules;
    size_t count;
    void (*path)(
        struct scene *scene); /* the ordinary way through: for fail-nth and general rules */
    void (*provoke)(struct scene *scene); /* calls that must fail: for error-has-words */
};
extern const struct suite suite_general, suite_payment, suite_delivery, suite_track, suite_notify,
    suite_feed, suite_tax;

/* main.c's list: the general one first; NULL: there are no more. */
const struct suite *host_suite(size_t number);

/* Runs it in a child; `number` for fail-nth and slow. Without a rule: the ordinary way through. */
void run_rule(const struct plan *plan, const struct suite *suite, const struct rule *rule, int mode,
              int number, struct outcome *outcome);
void run_clean(const char *scratch); /* empties the folder */
/* A sanitizer's first lines in what a child wrote, if there are any, become the finding
 * (sanitized.c). */
void sanitized_read(int log, struct outcome *outcome);
/* Why the last call failed that did so by its own doing, behind the finding (slip.c). */
void slip_read(int log, struct outcome *outcome);
const char *run_mode_name(int mode);
int run_mode(const char *name); /* -1: none of that name */

/* ---- jobs (errand.c) ---- */

/* As a shop runs it, but here; `why`: its words. The code. */
int errand_run(struct scene *scene, struct plugin_set *set, struct plugin *plugin,
               const struct souk_job *job, struct err *why);
/* Those that conform.lua wants run before the rules; a finding when one is not, or fails. */
void errand_first(struct scene *scene);

/* ---- names that there are (names.c) ---- */

#define NAMES_MOST 128

struct names { /* NULL-terminated, for str_nearest */
    const char *list[NAMES_MOST + 1];
    size_t count;
};
/* The slots that a template has; those of all the shop's templates. */
void names_add_slots(struct scene *scene, struct names *names, struct souk_str text);
void names_of_theme(struct scene *scene, struct names *names);
/* Why a query cannot be read, in SQLite's words; empty: it can. */
struct souk_str names_refusal(struct scene *scene, struct souk_str sql);

/* ---- its texts (spoken.c) ---- */

#define SPOKEN_MOST 2000

void spoken_watch(void); /* from now on those of templates are heard */
void spoken_hear(const char *domain, struct souk_str id);
const char *const *spoken(size_t *count); /* each once */
/* There is a translation: the plugin's, or else the shop's own. */
int spoken_has(const struct plugin_set *set, const char *domain, const char *locale,
               struct souk_str id);
/* sdk/conform/general/spoken.c, for run_rule: RULE_SKIPPED with what is missing. */
extern const struct rule general_note;

/* ---- what is kept of it (record.c) ---- */

struct record {
    const char *const *suites; /* that were run; NULL-terminated */
    const int *modes;          /* by number: 1: was run */
    int yes, no, skipped;
};
/* NAME.conform.json beside the plugin. */
int record_write(const struct plan *plan, const struct record *record, struct err *err);

/* ask.c: `souk-host ask PLUGIN.so METHOD PATH [BODY]`; argv as main got it. The exit code. */
int ask_main(char **argv, const char *scratch);

#endif
