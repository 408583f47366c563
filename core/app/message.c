/*
 * message.c: which fact makes which message, and the rows.
 *
 * The idea: a fact becomes a row and a job in one write; the unique key of the row makes a repeat
 * of the fact harmless. Nothing is rendered here: the job does that when it sends (message_send.c),
 * so that a message that waited for days still tells how things stand. What the message is about is
 * read from the order then; only what the order cannot tell (a link, the parcel) is kept in `data`.
 */
#include "app/message_inner.h"

#include "app/message.sql.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/market.h"
#include "store/retention.h"

#define ATTEMPTS 18 /* about three days, as store/job waits */
#define GOOD_FOR MESSAGE_GOOD_FOR

const struct message_occasion message_occasions[] = {
    {"order.placed", "order_placed", "Order placed", MESSAGE_ORDER, "placed", GOOD_FOR, NULL},
    {"payment.captured", "order_paid", "Order paid", MESSAGE_ORDER, "paid", GOOD_FOR, NULL},
    {"shipment.sent", "order_shipped", "Order sent", MESSAGE_PARCEL, NULL, GOOD_FOR, NULL},
    {"shipment.delivered", "order_delivered", "Order delivered", MESSAGE_PARCEL, NULL, GOOD_FOR,
     NULL},
    {"order.cancelled", "order_cancelled", "Order cancelled", MESSAGE_ORDER, "cancelled", GOOD_FOR,
     NULL},
    {"payment.refunded", "order_refunded", "Money paid back", MESSAGE_ORDER, NULL, GOOD_FOR, NULL},
    {"return.approved", "return_approved", "Return approved", MESSAGE_ORDER, NULL, GOOD_FOR, NULL},
    {"payment.failed", "payment_failed", "Payment failed", MESSAGE_ORDER, NULL, GOOD_FOR, NULL},
    {"account.confirm_requested", "account_confirm", "Confirm the address", MESSAGE_ACCOUNT, NULL,
     3 * CLOCK_DAY, NULL},
    {"account.reset_requested", "account_reset", "New password", MESSAGE_ACCOUNT, NULL,
     2 * CLOCK_HOUR, NULL},
    {"account.confirmed", "account_registered", "Welcome", MESSAGE_ACCOUNT, "welcome", GOOD_FOR,
     NULL},
    {"account.exists", "account_exists", "Registered already", MESSAGE_ACCOUNT, NULL, CLOCK_DAY,
     NULL},
    {"account.email_changed", "account_moved", "Address changed", MESSAGE_ACCOUNT, NULL, GOOD_FOR,
     "before"},
    {"webhook.paused", "webhook_paused", "Webhook paused", MESSAGE_STAFF, NULL, GOOD_FOR, NULL},
};
const size_t message_occasion_count = sizeof message_occasions / sizeof *message_occasions;

const struct message_occasion *message_occasion(struct souk_str kind)
{
    for (size_t i = 0; i < message_occasion_count; i++)
        if (souk_str_is(kind, message_occasions[i].kind))
            return &message_occasions[i];
    return NULL;
}

static const struct message_occasion *of_topic(struct souk_str topic)
{
    for (size_t i = 0; i < message_occasion_count; i++)
        if (souk_str_is(topic, message_occasions[i].topic))
            return &message_occasions[i];
    return NULL;
}

int message_wants(struct souk_str topic)
{
    return of_topic(topic) != NULL;
}

void message_kinds(struct arena *arena, struct json *list)
{
    for (size_t i = 0; i < message_occasion_count; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, item, "kind", message_occasions[i].kind);
        json_add_cstr(arena, item, "label", message_occasions[i].label);
    }
}

int message_owns(struct souk_str kind)
{
    return souk_str_is(kind, MESSAGE_JOB) || souk_str_is(kind, MESSAGE_LETTER);
}

int message_ready(struct souk_str kind)
{
    uint32_t ticket;
    if (!message_has_room())
        return 0;
    struct plugin_set *set = set_pin(&ticket);
    int mail = souk_str_is(kind, MESSAGE_JOB);
    int ready = set && notify_ready(set, mail ? MESSAGE_CHANNEL : NULL);
    set_unpin(ticket);
    return ready;
}

/* ---- from a fact ---- */

struct making {
    struct db_conn *conn;
    struct arena *arena;
    const struct outbox_fact *fact;
    const struct message_occasion *occasion;
    const struct json *payload;
    int64_t now;
    struct message_row row;
};

int message_add_job(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str channel,
                    int64_t now)
{
    struct souk_str number = arena_printf(arena, "%lld", (long long)id);
    int mail = souk_str_is(channel, MESSAGE_CHANNEL);
    int code = job_add(conn, souk_str(mail ? MESSAGE_JOB : MESSAGE_LETTER), number, number, number,
                       ATTEMPTS, 0, now, NULL);
    return code == SOUK_CONFLICT ? SOUK_OK : code;
}

static int put(struct making *making)
{
    const struct message_row *row = &making->row;
    int64_t changed = 0, id = id_next();
    if (!row->recipient.len)
        return SOUK_OK;
    int code = db_run(making->conn, &sql_message_insert, &changed, DB_INT(id),
                      DB_CSTR(MESSAGE_CHANNEL), DB_CSTR(making->occasion->kind), DB_TEXT(row->key),
                      DB_TEXT(row->recipient), DB_INT(row->person), DB_INT(row->order),
                      DB_TEXT(row->locale), DB_TEXT(row->data), DB_INT(making->now));
    if (code != SOUK_OK || !changed)
        return code;
    return message_add_job(making->conn, making->arena, id, souk_str(MESSAGE_CHANNEL), making->now);
}

static struct souk_str locale_of(struct souk_str wanted)
{
    const char *known = market_locale(wanted);
    return souk_str(known ? known : market_shop()->locales[0] ? market_shop()->locales[0] : "en");
}

static struct souk_str key_of(const struct making *making)
{
    int of_order = making->row.order != 0;
    if (making->occasion->once)
        return arena_printf(making->arena, "%s:%lld:%s", of_order ? "order" : "person",
                            (long long)(of_order ? making->row.order : making->row.person),
                            making->occasion->once);
    return arena_printf(making->arena, "fact:%lld", (long long)making->fact->id);
}

/* Paid is what is paid in full: a part of it makes no message. */
static int is_due(const struct message_occasion *occasion, int64_t captured, int64_t total)
{
    return strcmp(occasion->kind, "order_paid") != 0 || (total > 0 && captured >= total);
}

static int from_order(struct making *making)
{
    struct db_rows rows;
    struct message_row *row = &making->row;
    row->order = json_int(json_at(making->payload, "order"), 0);
    int code =
        db_first(db_query(making->conn, &sql_message_order, &rows, DB_INT(row->order)), &rows);
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK; /* it has been removed meanwhile */
    if (code != SOUK_OK)
        return code;
    row->recipient = arena_str(making->arena, db_text(&rows, 0));
    row->locale = locale_of(db_text(&rows, 1));
    row->person = db_int(&rows, 2);
    int due = is_due(making->occasion, db_int(&rows, 4), db_int(&rows, 5));
    db_close(&rows);
    row->key = key_of(making);
    row->data = making->fact->payload;
    const struct json *door = json_at(making->payload, "door");
    if (door && door->number)
        due = 0; /* refused at the door: it is on its way back, nobody has to send it */
    return due ? put(making) : SOUK_OK;
}

static int from_account(struct making *making)
{
    struct message_row *row = &making->row;
    const char *field = making->occasion->field ? making->occasion->field : "email";
    row->recipient = json_text(json_at(making->payload, field));
    row->person = json_int(json_at(making->payload, "person"), 0);
    row->locale = locale_of(json_text(json_at(making->payload, "locale")));
    row->key = key_of(making);
    row->data = making->fact->payload;
    return put(making);
}

static int from_staff(struct making *making)
{
    struct message_row *row = &making->row;
    row->recipient = souk_str(market_shop()->email ? market_shop()->email : "");
    row->locale = locale_of(souk_str(""));
    row->key = key_of(making);
    row->data = making->fact->payload;
    return put(making);
}

int message_from_fact(struct db_conn *conn, struct arena *arena, const struct outbox_fact *fact,
                      int64_t now)
{
    struct err err = {0};
    struct json *payload = NULL;
    struct making making = {
        .conn = conn, .arena = arena, .fact = fact, .occasion = of_topic(fact->topic), .now = now};
    if (!making.occasion)
        return SOUK_OK;
    if (json_parse(arena, fact->payload, &payload, &err) != SOUK_OK) {
        log_error("message.fact_unread", LOG_T("topic", fact->topic), LOG_I("fact", fact->id),
                  LOG_S("text", err.text));
        return SOUK_OK; /* it would be no better the next time */
    }
    making.payload = payload;
    switch (making.occasion->about) {
    case MESSAGE_ACCOUNT: return from_account(&making);
    case MESSAGE_STAFF: return from_staff(&making);
    default: return from_order(&making);
    }
}

/* ---- rows ---- */

int message_load(struct db_conn *conn, struct arena *arena, int64_t id, struct message_row *row)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_message_get, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    *row = (struct message_row){.id = id,
                                .channel = arena_str(arena, db_text(&rows, 0)),
                                .kind = arena_str(arena, db_text(&rows, 1)),
                                .key = arena_str(arena, db_text(&rows, 2)),
                                .recipient = arena_str(arena, db_text(&rows, 3)),
                                .person = db_int(&rows, 4),
                                .order = db_int(&rows, 5),
                                .locale = arena_str(arena, db_text(&rows, 6)),
                                .data = arena_str(arena, db_text(&rows, 7)),
                                .state = arena_str(arena, db_text(&rows, 8)),
                                .attempts = db_int(&rows, 9),
                                .created_at = db_int(&rows, 10),
                                .name = arena_str(arena, db_text(&rows, 11)),
                                .why = arena_str(arena, db_text(&rows, 12)),
                                .suppressed = db_int(&rows, 13) != 0};
    db_close(&rows);
    return SOUK_OK;
}

int message_resend(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str recipient,
                   int64_t now, struct err *err)
{
    struct message_row row;
    int64_t changed = 0;
    int code = message_load(conn, arena, id, &row);
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such message");
    if (souk_str_is(row.state, "waiting"))
        return err_set(err, SOUK_CONFLICT, "this message waits to be sent already");
    if (!recipient.len)
        recipient = row.recipient;
    code = db_run(conn, &sql_message_again, &changed, DB_INT(id), DB_TEXT(recipient), DB_INT(now));
    if (code == SOUK_OK && !changed)
        return err_set(err, SOUK_CONFLICT,
                       "the link in this message was for one use; let the customer ask for a new "
                       "one");
    if (code == SOUK_OK) /* whoever sends it again on purpose knows that the mailbox is there */
        code =
            db_run(conn, &sql_message_unsuppress, NULL, DB_TEXT(row.channel), DB_TEXT(recipient));
    return code == SOUK_OK ? message_add_job(conn, arena, id, row.channel, now) : code;
}

int message_latest_order(struct db_conn *conn, int64_t *id)
{
    return db_get_int(conn, &sql_message_latest_order, id);
}

int message_count_waiting(struct db_conn *conn, int64_t *count)
{
    return db_get_int(conn, &sql_message_waiting, count);
}

int message_sweep(struct db *db, int64_t before, int64_t waiting_before, struct err *err)
{
    const struct retention_rule rules[] = {{&sql_message_sweep, before},
                                           {&sql_message_sweep_waiting, waiting_before}};
    return retention_sweep(db, rules, sizeof rules / sizeof *rules, err);
}
