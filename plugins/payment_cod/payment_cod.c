/*
 * payment_cod: the courier takes the money, in cash or by card, and the carrier pays it out later
 * with a register of what was collected. An order counts as paid only by a line of such a register.
 *
 * It is offered when the chosen delivery can take money, up to a sum (a lower one for customers who
 * have not paid an order yet), in the countries that the shop names, for a fee if there is one.
 *
 * What is on its way is a row of p_payment_cod_due, kept by the facts of orders and parcels; each
 * line of a register is a row of p_payment_cod_entry under its own reference, so a register that
 * comes twice changes nothing. The sum is told to the core (souk_payment_report), which decides
 * what it pays; here it is only compared with what was expected: matched, short, over, unknown, and
 * late. What the carrier should have paid out long ago is "missing".
 */
#include "cod.h"

#include <stdio.h>

#define PROVIDER  "cod"
#define DAY       (INT64_C(86400) * 1000000)
#define BATCH     200
#define FILE_MOST (4 << 20)

SOUK_EMBED(page, "templates/register.html");
SOUK_EMBED(menu, "templates/menu.html");
SOUK_EMBED(bg, "locale/bg.mo");
SOUK_EMBED(hu, "locale/hu.mo");
SOUK_EMBED(hy, "locale/hy.mo");
SOUK_EMBED(bn, "locale/bn.mo");

/* ---- the provider ---- */

static int has_country(struct souk_ctx *ctx, struct souk_str country)
{
    struct souk_walk walk = souk_walk(souk_option(ctx, "countries"));
    int any = 0;
    while (souk_step(&walk)) {
        any = 1;
        if (souk_str_equal(souk_text(walk.value), country))
            return 1;
    }
    return !any;
}

static int offer(struct souk_ctx *ctx, const struct souk_payment_terms *terms,
                 struct souk_value *out)
{
    int64_t most = souk_option_int(ctx, "max"), first = souk_option_int(ctx, "first_max");
    int64_t fee = souk_option_int(ctx, "fee");
    if (!terms->delivery_takes_cash && !terms->delivery_takes_card)
        return SOUK_NOT_FOUND;
    if (!souk_str_equal(terms->currency, souk_option_text(ctx, "currency")) ||
        !has_country(ctx, terms->country) || (most > 0 && terms->total > most) ||
        (first > 0 && terms->orders_before <= 0 && terms->total > first))
        return SOUK_NOT_FOUND;
    souk_set_str(ctx, out, "label", souk_t(ctx, "Cash on delivery"));
    souk_set_str(ctx, out, "note",
                 souk_t(ctx, terms->delivery_takes_cash && terms->delivery_takes_card
                                 ? "You pay the courier, in cash or by card."
                             : terms->delivery_takes_cash ? "You pay the courier in cash."
                                                          : "You pay the courier by card."));
    if (fee > 0)
        souk_set_int(ctx, out, "fee", fee);
    return SOUK_OK;
}

static int begin(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result)
{
    if (!souk_str_equal(payment->currency, souk_option_text(ctx, "currency")))
        return souk_fail(ctx, SOUK_INVALID, "the courier takes no %.*s",
                         SOUK_PRI(payment->currency));
    result->state = payment->amount == 0 ? SOUK_PAID_CAPTURED : SOUK_PAID_PENDING;
    return SOUK_OK;
}

/* Nobody authorises here: there is nothing that could be captured. */
static int capture(struct souk_ctx *ctx, const struct souk_payment *payment,
                   const struct souk_payment_move *move, struct souk_payment_result *result)
{
    (void)payment, (void)move, (void)result;
    return souk_fail(ctx, SOUK_CONFLICT,
                     "the courier takes the money: it counts by the carrier's register");
}

static int cancel(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *move, struct souk_payment_result *result)
{
    (void)move;
    if (payment->captured > 0)
        return souk_fail(ctx, SOUK_CONFLICT, "the courier has taken the money: refund it");
    result->state = SOUK_PAID_CANCELLED;
    return SOUK_OK;
}

static int refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *move, struct souk_payment_result *result)
{
    if (move->amount > payment->captured - payment->refunded)
        return souk_fail(ctx, SOUK_CONFLICT, "more than the courier has taken");
    result->state = SOUK_PAID_REFUNDED; /* noted: a person pays it out */
    result->reference = souk_copy(ctx, move->key);
    return SOUK_OK;
}

static void set_sum(struct souk_ctx *ctx, struct souk_value *fact, int64_t minor,
                    struct souk_str currency)
{
    struct souk_money sum = {.minor = minor};
    memcpy(sum.currency, currency.ptr, currency.len < 3 ? currency.len : 3);
    souk_set_money(ctx, fact, "value", sum);
}

static int show(struct souk_ctx *ctx, const struct souk_payment *payment, struct souk_value *view)
{
    int64_t left = souk_int(souk_get(payment->order, "due"), payment->amount - payment->captured);
    if (left <= 0)
        return SOUK_NOT_FOUND;
    struct souk_value *fact = souk_set_map(ctx, souk_set_list(ctx, view, "facts"), NULL);
    souk_set_str(ctx, fact, "label", souk_t(ctx, "To pay to the courier"));
    set_sum(ctx, fact, left, payment->currency);
    return SOUK_OK;
}

/* ---- what is on its way ---- */

struct news { /* of one fact */
    int64_t order_id, at, expected;
    struct souk_str number, tracking, currency;
};

static int put_due(struct souk_ctx *ctx, void *arg)
{
    const struct news *news = arg;
    return souk_exec(ctx, NULL,
                     "INSERT INTO p_payment_cod_due (id, number, expected, currency, placed_at)"
                     " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
                     SOUK_A_INT(news->order_id), SOUK_A_STR(news->number),
                     SOUK_A_INT(news->expected), SOUK_A_STR(news->currency), SOUK_A_INT(news->at));
}

static int put_parcel(struct souk_ctx *ctx, void *arg)
{
    const struct news *news = arg;
    int code = souk_exec(ctx, NULL,
                         "UPDATE p_payment_cod_due SET state = 'sent', sent_at = $2"
                         " WHERE id = $1 AND state = 'placed'",
                         SOUK_A_INT(news->order_id), SOUK_A_INT(news->at));
    if (code != SOUK_OK || news->tracking.len == 0)
        return code;
    return souk_exec(ctx, NULL,
                     "INSERT INTO p_payment_cod_parcel (tracking, number)"
                     " SELECT $1, number FROM p_payment_cod_due WHERE id = $2"
                     " ON CONFLICT (tracking) DO NOTHING",
                     SOUK_A_STR(news->tracking), SOUK_A_INT(news->order_id));
}

static int put_delivered(struct souk_ctx *ctx, void *arg)
{
    const struct news *news = arg;
    return souk_exec(ctx, NULL,
                     "UPDATE p_payment_cod_due SET state = 'collected', delivered_at = $2"
                     " WHERE id = $1 AND state IN ('placed', 'sent')",
                     SOUK_A_INT(news->order_id), SOUK_A_INT(news->at));
}

static int drop_due(struct souk_ctx *ctx, void *arg)
{
    const struct news *news = arg;
    return souk_exec(ctx, NULL, "DELETE FROM p_payment_cod_due WHERE id = $1 AND collected = 0",
                     SOUK_A_INT(news->order_id));
}

static struct news read_news(const struct souk_event *event)
{
    return (struct news){.order_id = souk_int(souk_get(event->payload, "order"), 0),
                         .number = souk_text(souk_get(event->payload, "number")),
                         .tracking = souk_text(souk_get(event->payload, "tracking")),
                         .at = event->at};
}

static int on_placed(struct souk_ctx *ctx, const struct souk_event *event)
{
    struct news news = read_news(event);
    const struct souk_value *order = NULL;
    int code = souk_order_get(ctx, news.order_id, &order);
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK;
    if (code != SOUK_OK ||
        !souk_str_is(souk_text(souk_get(souk_get(order, "payment"), "method")), PROVIDER))
        return code;
    news.expected = souk_int(souk_get(souk_get(order, "totals"), "total"), 0);
    news.currency = souk_text(souk_get(order, "currency"));
    return souk_db_write(ctx, put_due, &news);
}

static int on_sent(struct souk_ctx *ctx, const struct souk_event *event)
{
    struct news news = read_news(event);
    return souk_db_write(ctx, put_parcel, &news);
}

static int on_delivered(struct souk_ctx *ctx, const struct souk_event *event)
{
    struct news news = read_news(event);
    return souk_db_write(ctx, put_delivered, &news);
}

static int on_cancelled(struct souk_ctx *ctx, const struct souk_event *event)
{
    struct news news = read_news(event);
    return souk_db_write(ctx, drop_due, &news);
}

/* ---- a register ---- */

struct finding { /* a line, and what it is compared with */
    const struct cod_row *row;
    struct souk_str reference, number;
    int64_t expected, delivered_at;
    const char *state;
    int fresh, late;
};

struct batch {
    struct finding *at;
    int count, first;
};

static int find_number(struct souk_ctx *ctx, struct finding *finding)
{
    struct souk_rows *rows;
    finding->number = finding->row->number;
    if (finding->number.len || !finding->row->tracking.len)
        return SOUK_OK;
    int code = souk_query(ctx, &rows, "SELECT number FROM p_payment_cod_parcel WHERE tracking = $1",
                          SOUK_A_STR(finding->row->tracking));
    if (code == SOUK_OK && souk_next(rows) == 1)
        finding->number = souk_copy(ctx, souk_column_text(rows, 0));
    while (code == SOUK_OK && souk_next(rows) == 1)
        ;
    return code;
}

/* What was expected, as the order stands now: a part that was refused at the door is off it. */
static int find_expected(struct souk_ctx *ctx, struct finding *finding)
{
    const struct souk_value *order = NULL;
    struct souk_rows *rows;
    finding->state = "unknown";
    int code = finding->number.len ? souk_order_find(ctx, finding->number, &order) : SOUK_NOT_FOUND;
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK;
    if (code != SOUK_OK)
        return code;
    finding->expected = souk_int(souk_get(order, "due"), 0);
    finding->state = !souk_str_equal(souk_text(souk_get(order, "currency")), finding->row->currency)
                         ? "unknown"
                     : finding->row->amount < finding->expected ? "short"
                     : finding->row->amount > finding->expected ? "over"
                                                                : "matched";
    code = souk_query(ctx, &rows, "SELECT delivered_at FROM p_payment_cod_due WHERE number = $1",
                      SOUK_A_STR(finding->number));
    while (code == SOUK_OK && souk_next(rows) == 1)
        finding->delivered_at = souk_column_int(rows, 0);
    finding->late = finding->delivered_at > 0 && souk_now(ctx) - finding->delivered_at >
                                                     souk_option_int(ctx, "remit_days") * DAY;
    return code;
}

/* Two lines that are alike are two: the second gets a name of its own, the same one each time. */
static void name_line(struct souk_ctx *ctx, struct finding *findings, int at)
{
    const struct cod_row *row = findings[at].row;
    int alike = 1;
    for (int i = 0; i < at; i++)
        alike += findings[i].row->amount == row->amount &&
                 souk_str_equal(findings[i].row->tracking, row->tracking) &&
                 souk_str_equal(findings[i].row->number, row->number) &&
                 souk_str_equal(findings[i].row->date, row->date) &&
                 souk_str_equal(findings[i].row->currency, row->currency);
    findings[at].reference = souk_printf(
        ctx, "%.*s/%.*s/%lld%.*s", SOUK_PRI(row->tracking.len ? row->tracking : row->number),
        SOUK_PRI(row->date), (long long)row->amount, SOUK_PRI(row->currency));
    if (alike > 1)
        findings[at].reference =
            souk_printf(ctx, "%.*s/%d", SOUK_PRI(findings[at].reference), alike);
}

static int find_all(struct souk_ctx *ctx, const struct cod_register *reg, struct finding *findings)
{
    int code = SOUK_OK;
    for (int i = 0; code == SOUK_OK && i < reg->count; i++) {
        const struct cod_row *row = &reg->rows[i];
        findings[i] = (struct finding){.row = row};
        name_line(ctx, findings, i);
        code = find_number(ctx, &findings[i]);
        if (code == SOUK_OK)
            code = find_expected(ctx, &findings[i]);
    }
    return code;
}

static int put_entry(struct souk_ctx *ctx, const struct finding *finding, int64_t *added)
{
    return souk_exec(ctx, added,
                     "INSERT INTO p_payment_cod_entry (id, reference, number, tracking, amount,"
                     " expected, currency, day, state, late, at)"
                     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                     " ON CONFLICT (reference) DO NOTHING",
                     SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(finding->reference),
                     SOUK_A_STR(finding->number), SOUK_A_STR(finding->row->tracking),
                     SOUK_A_INT(finding->row->amount), SOUK_A_INT(finding->expected),
                     SOUK_A_STR(finding->row->currency), SOUK_A_STR(finding->row->date),
                     SOUK_A_CSTR(finding->state), SOUK_A_INT(finding->late),
                     SOUK_A_INT(souk_now(ctx)));
}

static int tell(struct souk_ctx *ctx, const struct finding *finding)
{
    struct souk_payment_report report;
    memset(&report, 0, sizeof report);
    report.size = sizeof report;
    report.state = SOUK_PAID_CAPTURED;
    report.provider = souk_str(PROVIDER);
    report.event = finding->reference;
    report.number = finding->number;
    report.reference = finding->reference;
    report.amount = finding->row->amount;
    report.currency = finding->row->currency;
    report.text = souk_printf(ctx, "%.*s %.*s", SOUK_PRI(finding->row->tracking),
                              SOUK_PRI(finding->row->number));
    return souk_payment_report(ctx, &report, NULL);
}

/* A line that is known already is skipped as a whole. */
static int put_batch(struct souk_ctx *ctx, void *arg)
{
    struct batch *batch = arg;
    for (int i = batch->first; i < batch->count && i < batch->first + BATCH; i++) {
        struct finding *finding = &batch->at[i];
        int64_t added = 0;
        int code = put_entry(ctx, finding, &added);
        finding->fresh = added > 0;
        if (code == SOUK_OK && added && finding->row->amount > 0)
            code = tell(ctx, finding);
        if (code == SOUK_OK && added && finding->number.len)
            code = souk_exec(ctx, NULL,
                             "UPDATE p_payment_cod_due SET collected = collected + $2,"
                             " state = $3 WHERE number = $1",
                             SOUK_A_STR(finding->number), SOUK_A_INT(finding->row->amount),
                             SOUK_A_CSTR(finding->state));
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

struct totals {
    int lines, known, matched, short_of, over, unknown, late;
};

static struct totals sum_up(const struct batch *batch)
{
    struct totals totals = {.lines = batch->count};
    for (int i = 0; i < batch->count; i++) {
        const struct finding *finding = &batch->at[i];
        totals.known += !finding->fresh;
        if (!finding->fresh)
            continue;
        totals.matched += strcmp(finding->state, "matched") == 0;
        totals.short_of += strcmp(finding->state, "short") == 0;
        totals.over += strcmp(finding->state, "over") == 0;
        totals.unknown += strcmp(finding->state, "unknown") == 0;
        totals.late += finding->late;
    }
    return totals;
}

static int work_off(struct souk_ctx *ctx, struct souk_str text, struct totals *totals)
{
    struct cod_register reg;
    int code = cod_register_read(ctx, text, &reg);
    if (code != SOUK_OK)
        return code;
    struct batch batch = {souk_alloc(ctx, sizeof *batch.at * (size_t)reg.count), reg.count, 0};
    code = find_all(ctx, &reg, batch.at);
    for (; code == SOUK_OK && batch.first < batch.count; batch.first += BATCH)
        code = souk_db_write(ctx, put_batch, &batch);
    *totals = sum_up(&batch);
    return code;
}

/* ---- command ---- */

static int reconcile(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    struct souk_str text;
    struct totals totals;
    if (argc != 1)
        return souk_fail(ctx, SOUK_INVALID, "name one file: the carrier's register as CSV");
    int code = souk_read_file(ctx, argv[0], FILE_MOST, &text);
    if (code == SOUK_OK)
        code = work_off(ctx, text, &totals);
    if (code == SOUK_OK)
        souk_print(ctx,
                   "{\"lines\": %d, \"known\": %d, \"matched\": %d, \"short\": %d, \"over\": %d, "
                   "\"unknown\": %d, \"late\": %d}\n",
                   totals.lines, totals.known, totals.matched, totals.short_of, totals.over,
                   totals.unknown, totals.late);
    return code;
}

/* ---- page for staff ---- */

static int answer_page(struct souk_ctx *ctx, int status, struct souk_str problem,
                       const struct totals *totals)
{
    struct souk_value *view = souk_map(ctx);
    souk_set_str(ctx, view, "title", souk_t(ctx, "Registers of carriers"));
    if (problem.len)
        souk_set_str(ctx, view, "problem", problem);
    if (totals) {
        struct souk_value *done = souk_set_map(ctx, view, "done");
        souk_set_int(ctx, done, "lines", totals->lines);
        souk_set_int(ctx, done, "known", totals->known);
        souk_set_int(ctx, done, "matched", totals->matched);
        souk_set_int(ctx, done, "short", totals->short_of);
        souk_set_int(ctx, done, "over", totals->over);
        souk_set_int(ctx, done, "unknown", totals->unknown);
        souk_set_int(ctx, done, "late", totals->late);
    }
    return souk_answer_template(ctx, status, "register", view);
}

static int get_page(struct souk_ctx *ctx)
{
    return answer_page(ctx, 200, souk_str(""), NULL);
}

static int post_page(struct souk_ctx *ctx)
{
    const struct souk_upload *upload = souk_upload_of(ctx, "file");
    struct totals totals;
    if (!upload || upload->bytes.len == 0)
        return answer_page(ctx, 422, souk_t(ctx, "Choose a file."), NULL);
    int code = work_off(ctx, upload->bytes, &totals);
    if (code == SOUK_INVALID || code == SOUK_TOO_LARGE)
        return answer_page(ctx, 422, souk_copy(ctx, souk_failure(ctx)), NULL);
    return code == SOUK_OK ? answer_page(ctx, 200, souk_str(""), &totals) : code;
}

/* ---- every night: what should have been paid out ---- */

static int mark_missing(struct souk_ctx *ctx, void *arg)
{
    int64_t *count = arg;
    int64_t before = souk_now(ctx) - souk_option_int(ctx, "remit_days") * DAY;
    return souk_exec(ctx, count,
                     "UPDATE p_payment_cod_due SET state = 'missing'"
                     " WHERE state = 'collected' AND collected = 0 AND delivered_at < $1",
                     SOUK_A_INT(before));
}

static int missing(struct souk_ctx *ctx, const struct souk_value *payload)
{
    int64_t count = 0;
    (void)payload;
    int code = souk_db_write(ctx, mark_missing, &count);
    if (code == SOUK_OK && count > 0)
        souk_log(ctx, SOUK_LOG_WARN, "%lld orders were delivered, but the money has not come",
                 (long long)count);
    return code;
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_payment_provider cod = {
    .size = sizeof(struct souk_payment_provider),
    .flags = SOUK_PAYMENT_LOCAL | SOUK_PAYMENT_PART_CAPTURE | SOUK_PAYMENT_PART_REFUND | SOUK_PAYMENT_ON_DELIVERY
        | SOUK_PAYMENT_MANUAL_REFUND,
    .label = "Cash on delivery",
    .offer = offer, .begin = begin, .capture = capture, .cancel = cancel, .refund = refund, .show = show,
};
static const struct souk_provider providers[] = {{"payment", PROVIDER, &cod}};
static const struct souk_option options[] = {
    {"currency", SOUK_STRING, 0, "EUR", "What couriers collect; orders in others are not offered it"},
    {"max", SOUK_MONEY, 0, "0.00 EUR", "The highest sum that is offered; 0: any"},
    {"first_max", SOUK_MONEY, 0, "0.00 EUR", "The same for customers who have not paid an order yet; 0: any"},
    {"fee", SOUK_MONEY, 0, "0.00 EUR", "What it costs"},
    {"countries", SOUK_LIST, 0, NULL, "Where it is offered, such as BG; none: everywhere"},
    {"remit_days", SOUK_INT, 0, "14", "Days in which the carrier pays out", 1, 90},
};
static const struct souk_listener events[] = {
    {"order.placed", SOUK_FACT, 0, on_placed},
    {"order.cancelled", SOUK_FACT, 0, on_cancelled},
    {"shipment.sent", SOUK_FACT, 0, on_sent},
    {"shipment.delivered", SOUK_FACT, 0, on_delivered},
};
static const struct souk_job jobs[] = {
    {"missing", "40 4 * * *", missing, "Marks what the carrier should have paid out"},
};
static const struct souk_command commands[] = {
    {"reconcile", "FILE", "Compares a carrier's register (CSV) with orders and books the money", reconcile},
};
static const struct souk_route routes[] = {
    {"GET", "/register", SOUK_READ, SOUK_ADMIN, get_page, "Registers of carriers", "register"},
    {"POST", "/register", SOUK_TASK, SOUK_ADMIN, post_page, "Works off a register", "register", FILE_MOST + (64 << 10), 60000},
};
static const struct souk_slot slots[] = {{"admin.menu", "menu", NULL, 50}};
static const char *const entry_states[] = {"matched", "short", "over", "unknown", NULL};
static const char *const due_states[] = {"placed", "sent", "collected", "missing", "matched", "short", "over", "unknown", NULL};
static const struct souk_field entry_fields[] = {
    {"number", "Order", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"tracking", "Parcel", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"amount", "Collected", SOUK_MONEY, SOUK_FIELD_LIST},
    {"expected", "Expected", SOUK_MONEY, SOUK_FIELD_LIST},
    {"state", "State", SOUK_CHOICE, SOUK_FIELD_LIST | SOUK_FIELD_FILTER, NULL, 0, 0, entry_states},
    {"late", "Late", SOUK_BOOL, SOUK_FIELD_LIST | SOUK_FIELD_FILTER},
    {"day", "Day", SOUK_STRING, SOUK_FIELD_LIST},
    {"at", "Read", SOUK_TIME, SOUK_FIELD_LIST},
};
static const struct souk_field due_fields[] = {
    {"number", "Order", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"expected", "Expected", SOUK_MONEY, SOUK_FIELD_LIST},
    {"collected", "Collected", SOUK_MONEY, SOUK_FIELD_LIST},
    {"state", "State", SOUK_CHOICE, SOUK_FIELD_LIST | SOUK_FIELD_FILTER, NULL, 0, 0, due_states},
    {"delivered_at", "Delivered", SOUK_TIME, SOUK_FIELD_LIST},
};
static const struct souk_resource resources[] = {
    {"due", "Cash on its way", "Order", "p_payment_cod_due", SOUK_TABLE(due_fields)},
    {"entry", "Lines of registers", "Line", "p_payment_cod_entry", SOUK_TABLE(entry_fields)},
};
static const struct souk_migration migrations[] = {
    {1, 0, "register",
     "CREATE TABLE p_payment_cod_due (id INTEGER NOT NULL PRIMARY KEY, number TEXT NOT NULL,"
     " expected INTEGER NOT NULL, collected INTEGER NOT NULL DEFAULT 0, currency TEXT NOT NULL,"
     " state TEXT NOT NULL DEFAULT 'placed', placed_at INTEGER NOT NULL,"
     " sent_at INTEGER NOT NULL DEFAULT 0, delivered_at INTEGER NOT NULL DEFAULT 0) STRICT;"
     "CREATE INDEX p_payment_cod_due_number ON p_payment_cod_due (number);"
     "CREATE INDEX p_payment_cod_due_state ON p_payment_cod_due (state, delivered_at);"
     "CREATE TABLE p_payment_cod_parcel (tracking TEXT NOT NULL PRIMARY KEY, number TEXT NOT NULL) STRICT;"
     "CREATE TABLE p_payment_cod_entry (id INTEGER NOT NULL PRIMARY KEY, reference TEXT NOT NULL UNIQUE,"
     " number TEXT NOT NULL, tracking TEXT NOT NULL, amount INTEGER NOT NULL, expected INTEGER NOT NULL,"
     " currency TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL, late INTEGER NOT NULL,"
     " at INTEGER NOT NULL) STRICT;"
     "CREATE INDEX p_payment_cod_entry_state ON p_payment_cod_entry (state, id);"},
};
static const struct souk_file files[] = {
    SOUK_FILE("templates/register.html", page), SOUK_FILE("templates/menu.html", menu),
    SOUK_FILE("locale/bg.mo", bg), SOUK_FILE("locale/hu.mo", hu), SOUK_FILE("locale/hy.mo", hy),
    SOUK_FILE("locale/bn.mo", bn),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "payment_cod",
    .version = "1.0.0",
    .summary = "The courier takes the money; the carrier's register is compared with orders",
    .contact = "plugins@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .routes = SOUK_TABLE(routes),
    .slots = SOUK_TABLE(slots),
    .events = SOUK_TABLE(events),
    .jobs = SOUK_TABLE(jobs),
    .commands = SOUK_TABLE(commands),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
    .resources = SOUK_TABLE(resources),
};
