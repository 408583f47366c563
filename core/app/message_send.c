/*
 * message_send.c: the job of one message: renders it, gives it to the plugin of its channel, and
 * writes down how it went together with the end of the job, in one transaction.
 *
 * A message that the plugin took and whose "sent" was not written (a crash between the two) goes
 * out again, with the same key: the plugin gives it the same Message-ID, so that receivers can
 * tell.
 *
 * Threads: a few of their own, fed by the job workers: a mail server that hangs holds up mails and
 * nothing else. The pinned set and the snapshot are given back before the write.
 */
#include "app/message_inner.h"

#include "app/lane.h"
#include "app/message.sql.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/market.h"
#include "web/client_mail.h"

#define THREADS 4 /* servers allow few connections at once */
/* With what one claim takes besides, all have their turn within their lease though each hangs. */
#define ROOM 8

static struct lane lane = LANE("mail", THREADS, ROOM);

enum outcome { OUTCOME_SENT, OUTCOME_AGAIN, OUTCOME_NEVER, OUTCOME_SUPPRESSED, OUTCOME_OVER };

struct sending {
    struct db *db;
    const struct job *job;
    struct arena arena;
    struct message_row row;
    enum outcome outcome;
    int suppress;
    int64_t wait; /* that the plugin asks for; 0: as jobs do */
    struct souk_str reference;
    struct err err;
};

/* ---- what is written afterwards ---- */

static const char *state_of(enum outcome outcome)
{
    return outcome == OUTCOME_SENT         ? "sent"
           : outcome == OUTCOME_SUPPRESSED ? "suppressed"
                                           : "failed";
}

static int settle_write(struct db_conn *conn, void *arg)
{
    struct sending *sending = arg;
    const struct message_row *row = &sending->row;
    int64_t now = clock_now();
    int code = SOUK_OK;
    if (sending->outcome == OUTCOME_AGAIN)
        return db_run(conn, &sql_message_note, NULL, DB_INT(row->id), DB_CSTR(sending->err.text));
    if (sending->outcome != OUTCOME_OVER)
        code = db_run(conn, &sql_message_settle, NULL, DB_INT(row->id),
                      DB_CSTR(state_of(sending->outcome)), DB_CSTR(sending->err.text),
                      DB_TEXT(sending->reference),
                      sending->outcome == OUTCOME_SENT ? DB_INT(now) : DB_NULL);
    if (code == SOUK_OK && sending->suppress)
        code = db_run(conn, &sql_message_suppress, NULL, DB_TEXT(row->channel),
                      DB_TEXT(row->recipient), DB_CSTR(sending->err.text), DB_INT(now));
    return code == SOUK_OK ? job_finish(conn, sending->job) : code;
}

/* Servers like to repeat the address in their refusals; the log has no addresses of customers. */
static struct souk_str without_address(struct sending *sending)
{
    struct souk_str text = souk_str(sending->err.text), who = sending->row.recipient;
    struct buf out = {.arena = &sending->arena};
    while (who.len && text.len) {
        if (str_starts(text, who.ptr)) {
            buf_add_cstr(&out, "(the receiver)");
            text = str_from(text, who.len);
        } else {
            buf_add_char(&out, text.ptr[0]);
            text = str_from(text, 1);
        }
    }
    buf_add_str(&out, text);
    return buf_str(&out);
}

static void settle(struct sending *sending)
{
    struct err err = {0};
    const struct message_row *row = &sending->row;
    if (sending->outcome == OUTCOME_AGAIN && sending->job->attempt >= sending->job->attempts)
        sending->outcome = OUTCOME_NEVER; /* days have gone by */
    int code = db_write(sending->db, settle_write, sending, &err);
    if (code == SOUK_OK && sending->outcome == OUTCOME_AGAIN)
        code = job_failed_until(sending->db, sending->job, without_address(sending),
                                clock_now() + sending->wait, clock_now());
    if (code != SOUK_OK && code != SOUK_CONFLICT)
        log_error("message.not_settled", LOG_I("message", row->id), LOG_S("text", err.text));
    if (sending->outcome == OUTCOME_SENT)
        log_info("message.sent", LOG_T("kind", row->kind), LOG_I("message", row->id));
    else if (sending->outcome != OUTCOME_OVER)
        log_warn(sending->outcome == OUTCOME_AGAIN ? "message.delayed" : "message.failed",
                 LOG_T("kind", row->kind), LOG_I("message", row->id),
                 LOG_I("attempt", sending->job->attempt), LOG_T("text", without_address(sending)));
}

/* ---- sending ---- */

static enum outcome outcome_of(int code)
{
    switch (code) {
    case SOUK_OK: return OUTCOME_SENT;
    case SOUK_INVALID:
    case SOUK_DENIED:
    case SOUK_TOO_LARGE: return OUTCOME_NEVER;
    default: return OUTCOME_AGAIN;
    }
}

static void call_plugin(struct sending *sending, const struct provider_scope *scope,
                        const struct message_text *text, struct souk_str leave)
{
    const struct message_row *row = &sending->row;
    struct souk_message_result result;
    struct souk_message message = {.size = sizeof message,
                                   .attempt = sending->job->attempt,
                                   .id = row->id,
                                   .created_at = row->created_at,
                                   .key = arena_printf(&sending->arena, "%lld", (long long)row->id),
                                   .kind = row->kind,
                                   .recipient = row->recipient,
                                   .recipient_name = row->name,
                                   .subject = text->subject,
                                   .text = text->text,
                                   .html = text->html,
                                   .locale = souk_str(scope->locale),
                                   .unsubscribe = leave};
    int code = notify_send(scope, row->channel.ptr, &message, &result, &sending->err);
    sending->outcome = outcome_of(code);
    sending->reference = arena_str(&sending->arena, result.reference);
    sending->suppress = code != SOUK_OK && result.suppress;
    sending->wait = result.wait * CLOCK_SECOND;
    if (code != SOUK_OK && result.message.len)
        err_set(&sending->err, code, "%.*s", SOUK_PRI(result.message));
}

static int render(struct sending *sending, const struct provider_scope *scope,
                  struct message_text *text, struct souk_str *leave)
{
    const struct message_row *row = &sending->row;
    struct json *view = NULL;
    *leave = souk_str("");
    int letter = message_is_letter(row->kind);
    int code = letter ? message_letter_view(scope, row, &view, leave, &sending->err)
                      : message_view(scope, row, &view, &sending->err);
    if (code != SOUK_OK)
        return code;
    return letter ? message_letter_render(scope, row, view, *leave, text, &sending->err)
                  : message_render(scope, row, view, text, &sending->err);
}

static void render_and_send(struct sending *sending)
{
    struct provider_scope scope;
    struct message_text text = {0};
    struct souk_str leave;
    const char *locale = market_locale(sending->row.locale);
    provider_scope_job(&scope, sending->db, &sending->arena, locale ? locale : "en");
    int code = render(sending, &scope, &text, &leave);
    if (code == SOUK_OK)
        call_plugin(sending, &scope, &text, leave);
    else /* a template that is wrong now is mended later; a "no" stays one */
        sending->outcome = code == SOUK_DENIED ? OUTCOME_NEVER : OUTCOME_AGAIN;
    provider_scope_end(&scope);
}

static int is_late(const struct message_row *row)
{
    const struct message_occasion *occasion = message_occasion(row->kind);
    int64_t good_for = occasion                       ? occasion->good_for
                       : message_is_letter(row->kind) ? MESSAGE_GOOD_FOR
                                                      : INT64_MAX / 2;
    return clock_now() - row->created_at > good_for;
}

static int begin(struct sending *sending)
{
    int64_t id = 0;
    struct db_conn *conn = db_read_begin(sending->db, 0);
    if (!conn)
        return SOUK_UNAVAILABLE;
    str_to_int(sending->job->payload, &id);
    int code = message_load(conn, &sending->arena, id, &sending->row);
    db_read_end(conn);
    return code;
}

static void run_job(struct db *db, const struct job *job)
{
    struct sending sending = {.db = db, .job = job, .reference = STR_NULL};
    int code = begin(&sending);
    sending.reference = souk_str("");
    if (code == SOUK_NOT_FOUND || (code == SOUK_OK && !souk_str_is(sending.row.state, "waiting"))) {
        sending.outcome = OUTCOME_OVER;
    } else if (code != SOUK_OK) {
        sending.outcome = OUTCOME_AGAIN;
        err_set(&sending.err, code, "message %.*s cannot be read", SOUK_PRI(job->payload));
    } else if (sending.row.suppressed) {
        sending.outcome = OUTCOME_SUPPRESSED;
        err_set(&sending.err, SOUK_DENIED, "this address is written to no more");
    } else if (is_late(&sending.row)) {
        sending.outcome = OUTCOME_NEVER;
        err_set(&sending.err, SOUK_TIMEOUT,
                "it could not be sent in time, and is no news any more");
    } else {
        render_and_send(&sending);
    }
    settle(&sending);
    arena_free(&sending.arena);
}

/* ---- threads of their own ---- */

int message_has_room(void)
{
    return lane_has_room(&lane);
}

void message_run(struct db *db, const struct job *job)
{
    lane_run(&lane, db, job, run_job);
}

void message_end(void)
{
    client_mail_stop();
    lane_end(&lane);
}
