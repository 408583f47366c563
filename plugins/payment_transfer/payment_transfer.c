/*
 * payment_transfer: payment by bank transfer. The customer gets the account, the sum and a
 * reference that checks itself (ISO 11649), for euro also as a QR code that banking apps read; the
 * goods are kept for `hold_days`. What came in is read off bank statements (CAMT.053 or CSV) that
 * staff give, each entry once.
 *
 * An entry belongs to the order whose reference stands in it; without one, to the order whose
 * number stands in its text, if the sum is exactly what is due. All else is told to the core
 * without a payment and waits there for a person. Account numbers are cut to their last four signs
 * before anything is stored.
 */
#include "transfer.h"

#define PROVIDER  "transfer"
#define DAY       (INT64_C(86400) * 1000000)
#define BATCH     200
#define FILE_MOST (8 << 20)

SOUK_EMBED(page, "templates/statement.html");
SOUK_EMBED(menu, "templates/menu.html");
SOUK_EMBED(bg, "locale/bg.mo");
SOUK_EMBED(hu, "locale/hu.mo");
SOUK_EMBED(hy, "locale/hy.mo");
SOUK_EMBED(bn, "locale/bn.mo");

/* ---- the provider ---- */

static int takes(struct souk_ctx *ctx, struct souk_str currency)
{
    struct souk_walk walk = souk_walk(souk_option(ctx, "currencies"));
    while (souk_step(&walk))
        if (souk_str_equal(souk_text(walk.value), currency))
            return 1;
    return 0;
}

static int offer(struct souk_ctx *ctx, const struct souk_payment_terms *terms,
                 struct souk_value *out)
{
    if (!takes(ctx, terms->currency))
        return SOUK_NOT_FOUND;
    souk_set_str(ctx, out, "label", souk_t(ctx, "Bank transfer"));
    souk_set_str(ctx, out, "note",
                 souk_t(ctx, "You get our account and a reference after you have ordered."));
    return SOUK_OK;
}

static int begin(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result)
{
    int64_t days = souk_option_int(ctx, "hold_days");
    if (!takes(ctx, payment->currency))
        return souk_fail(ctx, SOUK_INVALID, "no transfers in %.*s", SOUK_PRI(payment->currency));
    result->state = payment->amount == 0 ? SOUK_PAID_CAPTURED : SOUK_PAID_PENDING;
    if (days > 0 && payment->amount > 0)
        result->check_at = souk_now(ctx) + days * DAY;
    return SOUK_OK;
}

static int capture(struct souk_ctx *ctx, const struct souk_payment *payment,
                   const struct souk_payment_move *move, struct souk_payment_result *result)
{
    (void)payment, (void)move, (void)result;
    return souk_fail(ctx, SOUK_CONFLICT, "the customer sends the money; nothing can be captured");
}

static int cancel(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *move, struct souk_payment_result *result)
{
    (void)move;
    if (payment->captured > 0)
        return souk_fail(ctx, SOUK_CONFLICT, "the money has come: refund it");
    result->state = SOUK_PAID_CANCELLED;
    return SOUK_OK;
}

static int refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *move, struct souk_payment_result *result)
{
    if (move->amount > payment->captured - payment->refunded)
        return souk_fail(ctx, SOUK_CONFLICT, "more than has come");
    result->state = SOUK_PAID_REFUNDED; /* noted: a person sends it */
    result->reference = souk_copy(ctx, move->key);
    return SOUK_OK;
}

/* ---- what the payer has to know ---- */

/* In fours, as people read it. */
static struct souk_str grouped(struct souk_ctx *ctx, struct souk_str text)
{
    char *to = souk_alloc(ctx, text.len * 2 + 1);
    size_t len = 0, signs = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ' ')
            continue;
        if (signs && signs % 4 == 0)
            to[len++] = ' ';
        to[len++] = text.ptr[i];
        signs++;
    }
    to[len] = '\0';
    return (struct souk_str){to, len};
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
    struct souk_str reference = epc_reference(ctx, payment->number);
    struct souk_str bic = souk_option_text(ctx, "bic");
    if (left <= 0 || payment->number.len == 0)
        return SOUK_NOT_FOUND;
    struct souk_value *facts = souk_set_list(ctx, view, "facts");
    souk_add_fact(ctx, facts, "Receiver", souk_option_text(ctx, "name"));
    souk_add_fact(ctx, facts, "IBAN", grouped(ctx, souk_option_text(ctx, "iban")));
    if (bic.len)
        souk_add_fact(ctx, facts, "BIC", bic);
    struct souk_value *sum = souk_set_map(ctx, facts, NULL);
    souk_set_str(ctx, sum, "label", souk_t(ctx, "Amount"));
    set_sum(ctx, sum, left, payment->currency);
    souk_add_fact(ctx, facts, "Reference",
                  reference.len ? grouped(ctx, reference) : payment->number);
    if (!souk_str_is(payment->currency, "EUR") || !reference.len)
        return SOUK_OK;
    souk_set_str(ctx, view, "picture",
                 souk_printf(ctx, "/x/payment_transfer/qr/%.*s/%lld.svg", SOUK_PRI(reference),
                             (long long)left));
    souk_set_str(ctx, view, "picture_text",
                 souk_t(ctx, "QR code of this transfer for banking apps"));
    return SOUK_OK;
}

/* The code shows what its address says and the shop's own account: nothing of an order is read. */
static int get_qr(struct souk_ctx *ctx)
{
    struct souk_str reference = souk_param(ctx, "reference"), file = souk_param(ctx, "file");
    struct souk_str payload, svg;
    if (file.len <= 4 || memcmp(file.ptr + file.len - 4, ".svg", 4) != 0 || reference.len < 5 ||
        reference.len > RF_MOST || reference.ptr[0] != 'R' || reference.ptr[1] != 'F' ||
        !epc_check(reference))
        return SOUK_NOT_FOUND;
    file.len -= 4;
    struct epc epc = {souk_option_text(ctx, "bic"), souk_option_text(ctx, "name"),
                      souk_option_text(ctx, "iban"), reference, souk_number(file, 0)};
    int code = epc_payload(ctx, &epc, &payload);
    if (code != SOUK_OK)
        return SOUK_NOT_FOUND;
    code = epc_svg(ctx, payload, &svg);
    return code == SOUK_OK ? souk_answer(ctx, 200, "image/svg+xml", svg) : code;
}

/* ---- references of orders ---- */

struct named {
    int64_t id;
    struct souk_str number, reference;
};

static int put_named(struct souk_ctx *ctx, void *arg)
{
    const struct named *named = arg;
    return souk_exec(ctx, NULL,
                     "INSERT INTO p_payment_transfer_order (id, number, reference)"
                     " VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
                     SOUK_A_INT(named->id), SOUK_A_STR(named->number),
                     SOUK_A_STR(named->reference));
}

/* Only numbers with other signs than letters and digits need a row: all others are read off a
 * reference. */
static int on_placed(struct souk_ctx *ctx, const struct souk_event *event)
{
    struct named named = {souk_int(souk_get(event->payload, "order"), 0),
                          souk_text(souk_get(event->payload, "number")), souk_str("")};
    named.reference = epc_reference(ctx, named.number);
    if (!named.id || !named.reference.len ||
        (named.reference.len == named.number.len + 4 &&
         memcmp(named.reference.ptr + 4, named.number.ptr, named.number.len) == 0))
        return SOUK_OK;
    return souk_db_write(ctx, put_named, &named);
}

/* ---- a statement ---- */

struct finding {
    const struct entry *entry;
    struct souk_str reference, number, text, payer;
    const char *state;
    int fresh;
};

struct batch {
    struct finding *at;
    int count, first;
};

static int find_order(struct souk_ctx *ctx, struct souk_str number, const struct souk_value **order)
{
    int code = souk_order_find(ctx, number, order);
    if (code == SOUK_NOT_FOUND)
        *order = NULL;
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

static int by_reference(struct souk_ctx *ctx, struct finding *finding, struct souk_str reference,
                        const struct souk_value **order)
{
    struct souk_rows *rows;
    struct souk_str number = {reference.ptr + 4, reference.len - 4};
    int code = find_order(ctx, number, order);
    if (code == SOUK_OK && !*order) {
        code = souk_query(ctx, &rows,
                          "SELECT number FROM p_payment_transfer_order WHERE reference = $1",
                          SOUK_A_STR(reference));
        number = souk_str("");
        while (code == SOUK_OK && souk_next(rows) == 1)
            number = souk_copy(ctx, souk_column_text(rows, 0));
        if (code == SOUK_OK && number.len)
            code = find_order(ctx, number, order);
    }
    if (code == SOUK_OK && *order)
        finding->number = number;
    return code;
}

static int is_sign(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '/';
}

/* A word of the text that is the number of an order of which exactly this sum is due. */
static int by_text(struct souk_ctx *ctx, struct finding *finding, const struct souk_value **order)
{
    struct souk_str text = finding->entry->text;
    size_t at = 0;
    int code = SOUK_OK, tried = 0;
    while (code == SOUK_OK && at < text.len && tried < 20) {
        size_t begin = at;
        while (at < text.len && is_sign(text.ptr[at]))
            at++;
        struct souk_str word = {text.ptr + begin, at - begin};
        at++;
        if (word.len < 2 || word.len > 40)
            continue;
        tried++;
        code = find_order(ctx, word, order);
        if (code != SOUK_OK || !*order)
            continue;
        if (souk_int(souk_get(*order, "due"), -1) == finding->entry->amount &&
            souk_str_equal(souk_text(souk_get(*order, "currency")), finding->entry->currency)) {
            finding->number = word;
            return SOUK_OK;
        }
    }
    *order = NULL;
    return code;
}

static int find(struct souk_ctx *ctx, struct finding *finding)
{
    const struct entry *entry = finding->entry;
    const struct souk_value *order = NULL;
    struct souk_str reference = epc_find_reference(ctx, entry->rf);
    if (!reference.len)
        reference = epc_find_reference(ctx, entry->text);
    finding->state = "unmatched";
    finding->number = souk_str("");
    finding->reference = entry->reference;
    finding->text = epc_hide_accounts(
        ctx, souk_printf(ctx, "%.*s %.*s", SOUK_PRI(entry->rf), SOUK_PRI(entry->text)));
    finding->payer = epc_hide_accounts(ctx, entry->payer);
    size_t tail = entry->account.len < 4 ? entry->account.len : 4;
    if (tail)
        finding->payer = souk_printf(ctx, "%.*s …%.*s", SOUK_PRI(finding->payer), (int)tail,
                                     entry->account.ptr + entry->account.len - tail);
    int code = reference.len ? by_reference(ctx, finding, reference, &order) : SOUK_OK;
    if (code == SOUK_OK && !order && !reference.len)
        code = by_text(ctx, finding, &order);
    if (code != SOUK_OK || !order)
        return code;
    int64_t due = souk_int(souk_get(order, "due"), 0);
    finding->state = entry->amount == due ? "matched" : entry->amount < due ? "short" : "over";
    return SOUK_OK;
}

static int put_entry(struct souk_ctx *ctx, const struct finding *finding, int64_t *added)
{
    return souk_exec(
        ctx, added,
        "INSERT INTO p_payment_transfer_entry (id, reference, number, amount, currency,"
        " payer, text, day, state, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (reference) DO NOTHING",
        SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(finding->reference), SOUK_A_STR(finding->number),
        SOUK_A_INT(finding->entry->amount), SOUK_A_STR(finding->entry->currency),
        SOUK_A_STR(finding->payer), SOUK_A_STR(finding->text), SOUK_A_STR(finding->entry->day),
        SOUK_A_CSTR(finding->state), SOUK_A_INT(souk_now(ctx)));
}

static int tell(struct souk_ctx *ctx, const struct finding *finding)
{
    struct souk_payment_report report;
    memset(&report, 0, sizeof report);
    report.size = sizeof report;
    report.state = SOUK_PAID_CAPTURED;
    report.provider = souk_str(PROVIDER);
    report.event = finding->reference;
    report.reference = finding->reference;
    report.number = finding->number;
    report.amount = finding->entry->amount;
    report.currency = finding->entry->currency;
    report.payer = finding->payer;
    report.text = finding->text;
    return souk_payment_report(ctx, &report, NULL);
}

static int put_batch(struct souk_ctx *ctx, void *arg)
{
    struct batch *batch = arg;
    for (int i = batch->first; i < batch->count && i < batch->first + BATCH; i++) {
        struct finding *finding = &batch->at[i];
        int64_t added = 0;
        int code = put_entry(ctx, finding, &added);
        finding->fresh = added > 0;
        if (code == SOUK_OK && added)
            code = tell(ctx, finding);
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

struct totals {
    int entries, known, matched, short_of, over, unmatched;
};

static struct totals sum_up(const struct batch *batch)
{
    struct totals totals = {.entries = batch->count};
    for (int i = 0; i < batch->count; i++) {
        const struct finding *finding = &batch->at[i];
        totals.known += !finding->fresh;
        totals.matched += finding->fresh && strcmp(finding->state, "matched") == 0;
        totals.short_of += finding->fresh && strcmp(finding->state, "short") == 0;
        totals.over += finding->fresh && strcmp(finding->state, "over") == 0;
        totals.unmatched += finding->fresh && strcmp(finding->state, "unmatched") == 0;
    }
    return totals;
}

static int work_off(struct souk_ctx *ctx, struct souk_str bytes, struct totals *totals)
{
    struct statement statement;
    int code = statement_read(ctx, bytes, &statement);
    if (code != SOUK_OK)
        return code;
    struct batch batch = {souk_alloc(ctx, sizeof *batch.at * (size_t)(statement.count + 1)), 0, 0};
    for (int i = 0; code == SOUK_OK && i < statement.count; i++) {
        if (statement.at[i].reference.len > 180)
            return souk_fail(ctx, SOUK_INVALID, "entry %d: its name is over 180 bytes", i + 1);
        if (statement.at[i].amount <= 0)
            continue;
        batch.at[batch.count] = (struct finding){.entry = &statement.at[i]};
        code = find(ctx, &batch.at[batch.count++]);
    }
    for (; code == SOUK_OK && batch.first < batch.count; batch.first += BATCH)
        code = souk_db_write(ctx, put_batch, &batch);
    *totals = sum_up(&batch);
    return code;
}

/* ---- command ---- */

static int import(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    struct souk_str bytes;
    struct totals totals;
    if (argc != 1)
        return souk_fail(ctx, SOUK_INVALID, "name one file: a statement as CAMT.053 or CSV");
    int code = souk_read_file(ctx, argv[0], FILE_MOST, &bytes);
    if (code == SOUK_OK)
        code = work_off(ctx, bytes, &totals);
    if (code == SOUK_OK)
        souk_print(ctx,
                   "{\"entries\": %d, \"known\": %d, \"matched\": %d, \"short\": %d, \"over\": %d, "
                   "\"unmatched\": %d}\n",
                   totals.entries, totals.known, totals.matched, totals.short_of, totals.over,
                   totals.unmatched);
    return code;
}

/* ---- page for staff ---- */

static int answer_page(struct souk_ctx *ctx, int status, struct souk_str problem,
                       const struct totals *totals)
{
    struct souk_value *view = souk_map(ctx);
    souk_set_str(ctx, view, "title", souk_t(ctx, "Bank statements"));
    if (problem.len)
        souk_set_str(ctx, view, "problem", problem);
    if (totals) {
        struct souk_value *done = souk_set_map(ctx, view, "done");
        souk_set_int(ctx, done, "entries", totals->entries);
        souk_set_int(ctx, done, "known", totals->known);
        souk_set_int(ctx, done, "matched", totals->matched);
        souk_set_int(ctx, done, "short", totals->short_of);
        souk_set_int(ctx, done, "over", totals->over);
        souk_set_int(ctx, done, "unmatched", totals->unmatched);
    }
    return souk_answer_template(ctx, status, "statement", view);
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

/* ---- the descriptor ---- */

/* Wrong account data are found before the first customer sends money to them. */
static int init(struct souk_ctx *ctx)
{
    struct souk_str name = souk_option_text(ctx, "name"), bic = souk_option_text(ctx, "bic");
    if (!epc_is_iban(souk_option_text(ctx, "iban")))
        return souk_fail(ctx, SOUK_INVALID, "\"iban\" does not check out: look for a wrong digit");
    if (name.len == 0 || epc_letters(name) > 70)
        return souk_fail(ctx, SOUK_INVALID, "\"name\" is the account's owner, 1 to 70 letters");
    if (bic.len && bic.len != 8 && bic.len != 11)
        return souk_fail(ctx, SOUK_INVALID, "\"bic\" has 8 or 11 signs");
    return SOUK_OK;
}

/* clang-format off */
static const struct souk_payment_provider transfer = {
    .size = sizeof(struct souk_payment_provider),
    .flags = SOUK_PAYMENT_LOCAL | SOUK_PAYMENT_PART_CAPTURE | SOUK_PAYMENT_PART_REFUND | SOUK_PAYMENT_MANUAL_REFUND
        | SOUK_PAYMENT_ASKS_FIRST,
    .label = "Bank transfer",
    .offer = offer, .begin = begin, .capture = capture, .cancel = cancel, .refund = refund, .show = show,
};
static const struct souk_provider providers[] = {{"payment", PROVIDER, &transfer}};
static const struct souk_option options[] = {
    {"iban", SOUK_STRING, SOUK_REQUIRED, NULL, "The shop's account"},
    {"bic", SOUK_STRING, 0, "", "Its bank; not needed within the euro area"},
    {"name", SOUK_STRING, SOUK_REQUIRED, NULL, "The account's owner"},
    {"currencies", SOUK_LIST, 0, "EUR", "In which it is offered; the QR code is for EUR"},
    {"hold_days", SOUK_INT, 0, "7", "Days that goods are kept for the money; 0: for ever", 0, 365},
};
static const struct souk_listener events[] = {{"order.placed", SOUK_FACT, 0, on_placed}};
static const struct souk_command commands[] = {
    {"import", "FILE", "Reads a bank statement (CAMT.053 or CSV) and books what customers have paid", import},
};
static const struct souk_route routes[] = {
    {"GET", "/qr/{reference}/{file}", SOUK_READ, SOUK_PUBLIC, get_qr, "QR code of a transfer", NULL, 0, 0, 120},
    {"GET", "/statement", SOUK_READ, SOUK_ADMIN, get_page, "Bank statements", "statement"},
    {"POST", "/statement", SOUK_TASK, SOUK_ADMIN, post_page, "Reads a bank statement", "statement", FILE_MOST + (64 << 10), 60000},
};
static const struct souk_slot slots[] = {{"admin.menu", "menu", NULL, 50}};
static const char *const states[] = {"matched", "short", "over", "unmatched", NULL};
static const struct souk_field fields[] = {
    {"day", "Day", SOUK_STRING, SOUK_FIELD_LIST},
    {"amount", "Amount", SOUK_MONEY, SOUK_FIELD_LIST},
    {"number", "Order", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"state", "State", SOUK_CHOICE, SOUK_FIELD_LIST | SOUK_FIELD_FILTER, NULL, 0, 0, states},
    {"payer", "Payer", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"text", "Text", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND},
    {"reference", "Entry", SOUK_STRING, SOUK_FIELD_FIND},
    {"at", "Read", SOUK_TIME, SOUK_FIELD_LIST},
};
static const struct souk_resource resources[] = {
    {"entry", "Entries of statements", "Entry", "p_payment_transfer_entry", SOUK_TABLE(fields)},
};
static const struct souk_migration migrations[] = {
    {1, 0, "entry",
     "CREATE TABLE p_payment_transfer_order (id INTEGER NOT NULL PRIMARY KEY, number TEXT NOT NULL,"
     " reference TEXT NOT NULL) STRICT;"
     "CREATE INDEX p_payment_transfer_order_reference ON p_payment_transfer_order (reference);"
     "CREATE TABLE p_payment_transfer_entry (id INTEGER NOT NULL PRIMARY KEY, reference TEXT NOT NULL UNIQUE,"
     " number TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, payer TEXT NOT NULL,"
     " text TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL) STRICT;"
     "CREATE INDEX p_payment_transfer_entry_state ON p_payment_transfer_entry (state, id);"},
};
static const struct souk_file files[] = {
    SOUK_FILE("templates/statement.html", page), SOUK_FILE("templates/menu.html", menu),
    SOUK_FILE("locale/bg.mo", bg), SOUK_FILE("locale/hu.mo", hu), SOUK_FILE("locale/hy.mo", hy),
    SOUK_FILE("locale/bn.mo", bn),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "payment_transfer",
    .version = "1.0.0",
    .summary = "Payment by bank transfer, with references, QR codes and bank statements",
    .contact = "plugins@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .routes = SOUK_TABLE(routes),
    .slots = SOUK_TABLE(slots),
    .events = SOUK_TABLE(events),
    .commands = SOUK_TABLE(commands),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
    .init = init,
    .resources = SOUK_TABLE(resources),
};
