/*
 * call.c: evaluations as the shop sees them: one message there and one back for all calls. When a
 * call brings the worker down, or has to be ended with it, the page that both share says which one
 * it was: that one has failed, the others go to another worker. All together they have a time too;
 * whoever did not get his turn in it is told so and is not to blame.
 */
#include <signal.h>
#include <sys/wait.h>

#include "base/str.h"
#include "script/pool.h"

#define WHOLE_MOST 4  /* hard limits that all calls may take together in one worker */
#define WAIT_MOST  20 /* hard limits that a free worker is waited for */
#define LOST_MOST  4  /* workers that an evaluation may bring down */
#define ORPHANS    3  /* workers that died before they ran anything */
#define WORDS_MOST 480
#define NO_TURN    "the rules before it used up the time"

struct evaluation {
    struct script_set *set; /* NULL: script_run */
    struct arena *arena;
    struct script_call **calls; /* that are still to be answered */
    uint32_t count;
    int lost, orphans;
    struct buf message, bytes;
};

const char *script_outcome_name(enum script_outcome outcome)
{
    static const char *const names[] = {"ok", "denied", "budget", "memory", "killed", "busy"};
    return names[outcome];
}

static void settle(struct script_call *call, enum script_outcome outcome, struct souk_str reason)
{
    call->outcome = outcome;
    call->reason = reason;
    call->result = NULL;
}

static void settle_all(struct evaluation *run, const char *reason)
{
    for (uint32_t i = 0; i < run->count; i++)
        settle(run->calls[i], SCRIPT_BUSY, arena_printf(run->arena, "%s", reason));
    run->count = 0;
}

/* ---- an answer ---- */

static void read_log(struct protocol_reader *reader, struct arena *arena, uint32_t lines,
                     struct script_call *call)
{
    call->log = json_new(arena, JSON_ARRAY);
    for (uint32_t i = 0; i < lines && !reader->bad; i++)
        json_add_str(arena, call->log, NULL,
                     protocol_words(arena, protocol_text(reader), PROTOCOL_LINE));
}

static void read_call(struct protocol_reader *reader, struct arena *arena, struct script_call *call)
{
    struct protocol_answer answer;
    protocol_take(reader, &answer, sizeof answer);
    if (answer.outcome > SCRIPT_MEMORY || answer.values > PROTOCOL_VALUES ||
        answer.lines > PROTOCOL_LINES)
        reader->bad = 1;
    settle(call, (enum script_outcome)answer.outcome, souk_str(""));
    if (answer.outcome != SCRIPT_OK) {
        call->reason = protocol_words(arena, protocol_text(reader), WORDS_MOST);
    } else {
        call->result = json_new(arena, JSON_ARRAY);
        for (uint32_t i = 0; i < answer.values && !reader->bad; i++)
            protocol_read_json(reader, arena, json_add(arena, call->result, NULL, JSON_NULL));
    }
    if (answer.lines)
        read_log(reader, arena, answer.lines, call);
}

/* 0 when it is no answer to what was asked. */
static int read_answers(struct evaluation *run, const struct protocol_head *head)
{
    struct protocol_reader reader = {run->bytes.ptr + sizeof *head, run->bytes.ptr + run->bytes.len,
                                     0};
    if (head->kind != PROTOCOL_ANSWERS || head->count != run->count)
        return 0;
    for (uint32_t i = 0; i < run->count && !reader.bad; i++)
        read_call(&reader, run->arena, run->calls[i]);
    return !reader.bad;
}

/* ---- a worker that did not answer ---- */

static void blame(const struct evaluation *run, struct script_call *call, int late, int status)
{
    struct souk_str place = run->set ? pool_place(run->set, call->function) : call->reason;
    const char *colon = place.len ? ": " : "";
    int signal = status != -1 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (late || signal == SIGXCPU)
        settle(call, SCRIPT_LATE,
               arena_printf(run->arena,
                            "%.*s%stook too long inside of one step that cannot be interrupted (a "
                            "pattern, or sorting?)",
                            SOUK_PRI(place), colon));
    else
        settle(call, SCRIPT_DEAD,
               arena_printf(run->arena, "%.*s%sbrought the Lua interpreter down (%s)",
                            SOUK_PRI(place), colon,
                            signal == SIGSYS ? "a call of the system that no script may make"
                            : signal         ? strsignal(signal)
                                             : "it ended"));
}

static void remove_call(struct evaluation *run, uint32_t at)
{
    run->count--;
    for (uint32_t i = at; i < run->count; i++)
        run->calls[i] = run->calls[i + 1];
}

/* The number of the call that ran when the worker ended; 0: none. */
static void take_blame(struct evaluation *run, uint32_t number, int code, int one, int status)
{
    int late = code == SOUK_TIMEOUT;
    if (number < 1 || number > run->count) {
        if (late || ++run->orphans >= ORPHANS)
            settle_all(run, "the script worker did not answer");
        return;
    }
    if (late && !one && run->count > 1) { /* one alone has nobody else to blame */
        settle_all(run, NO_TURN);
        return;
    }
    blame(run, run->calls[number - 1], late, status);
    remove_call(run, number - 1);
}

/* ---- evaluations ---- */

static void write_call(struct evaluation *run, size_t input)
{
    run->message.len = input;
    for (uint32_t i = 0; i < run->count; i++)
        protocol_put_u32(&run->message, (uint32_t)run->calls[i]->function);
}

/* One worker, until all are answered or it is no more. */
static void ask_worker(struct evaluation *run, struct host_worker *worker)
{
    int64_t hard = host_options(pool_host(run->set))->hard;
    struct host_patience patience = {hard, WHOLE_MOST * hard};
    struct protocol_head head = {0};
    int one = 0;
    atomic_store(&worker->page->running, 0);
    int code = host_send(worker, PROTOCOL_CALL, 0, run->count, buf_str(&run->message));
    if (code == SOUK_OK)
        code = host_answer(worker, &patience, &head, &run->bytes, &one);
    if (code == SOUK_OK && read_answers(run, &head)) {
        run->count = 0;
        if (head.flags & PROTOCOL_TIRED)
            pool_end(run->set, worker);
        else
            pool_give(run->set, worker);
        return;
    }
    uint32_t number = atomic_load(&worker->page->running);
    int status = pool_end(run->set, worker);
    take_blame(run, number, code, one, status);
}

static void evaluate(struct evaluation *run, size_t input)
{
    int64_t hard = host_options(pool_host(run->set))->hard;
    struct err err = {0};
    struct host_worker *worker;
    for (; run->count && run->lost < LOST_MOST; run->lost++) {
        if (pool_take(run->set, WAIT_MOST * hard, &worker, &err) != SOUK_OK) {
            settle_all(run, err.text);
            return;
        }
        write_call(run, input);
        ask_worker(run, worker);
    }
    settle_all(run, NO_TURN);
}

void script_set_call(struct script_set *set, struct arena *arena, const struct json *input,
                     struct script_call *calls, size_t count)
{
    struct evaluation run = {.set = set, .arena = arena};
    uint32_t size = 0;
    if (!count)
        return;
    run.calls = arena_array(arena, struct script_call *, count);
    for (size_t i = 0; i < count; i++) {
        calls[i].log = NULL;
        run.calls[run.count++] = &calls[i];
    }
    run.message.arena = arena;
    protocol_put_u32(&run.message, 0);
    protocol_put_json(&run.message, input);
    size = (uint32_t)(run.message.len - sizeof size);
    memcpy(run.message.ptr, &size, sizeof size);
    evaluate(&run, run.message.len);
    buf_free(&run.bytes);
}

void script_run(struct script_host *host, struct arena *arena, const struct script_source *source,
                struct script_call *call)
{
    struct evaluation run = {.arena = arena, .calls = &call, .count = 1};
    const struct script_options *options = host_options(host);
    struct host_patience patience = {options->hard, WHOLE_MOST * options->hard};
    struct protocol_head head = {0};
    struct host_worker *worker;
    struct err err = {0};
    int one = 0;
    const char *refusal = script_refusal(source->text);
    call->log = NULL;
    call->reason = source->path;
    if (refusal) {
        settle(call, SCRIPT_FAILED,
               arena_printf(arena, "%.*s %s", SOUK_PRI(source->path), refusal));
        return;
    }
    if (host_birth(host, &worker, &err) != SOUK_OK) {
        settle_all(&run, err.text);
        return;
    }
    run.message.arena = arena;
    pool_rules(&run.message, options);
    protocol_put_text(&run.message, source->path);
    protocol_put_text(&run.message, source->text);
    int code = host_send(worker, PROTOCOL_RUN, 0, 1, buf_str(&run.message));
    if (code == SOUK_OK)
        code = host_answer(worker, &patience, &head, &run.bytes, &one);
    int good = code == SOUK_OK && read_answers(&run, &head);
    int status = host_end(host, worker);
    if (!good)
        blame(&run, call, code == SOUK_TIMEOUT, status);
    buf_free(&run.bytes);
}
