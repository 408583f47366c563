/*
 * promo_book_take.c: limits and budgets: taken by the write that places an order, confirmed when it
 * is paid, given back by the one that cancels it.
 *
 * The idea: an order's uses are rows, one for each promotion that applied (code '') and one for
 * each code that did; the counters are their sums. Counters are taken by guarded statements, all
 * of an order at once, so that two orders cannot take the same last use; limits per customer are
 * counted from the rows, which is exact because nobody else writes meanwhile. An order without
 * promotions costs no statement.
 *
 * Every use is counted, limited or not: a limit that is added to a rule later knows what happened
 * before it.
 */
#include "shop/promo_book_inner.h"

#include "base/rand.h"
#include "base/str.h"
#include "shop/promo_book.sql.h"

struct taking {
    struct db_conn *conn;
    struct arena *arena;
    const struct promo_set *set;
    const struct quote *quote;
    const struct promo_who *who;
    int64_t order_id, now;
    struct err *err;
    struct promo_names names;
    struct json *counts;            /* [subject, amount, uses, budget] */
    struct json *uses;              /* [id, promotion, code, customer, amount, hash, again] */
    struct json *shown;             /* beside counts: what it is called */
    struct json *each;              /* [subject, most, shown]: limits by customer */
    const struct promo_code *codes; /* of batches */
    size_t code_count;
};

/* ---- what the quote applied ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a == PROMO_NONE ? b : b == PROMO_NONE || a < b ? a : b;
}

static void add_limit(struct arena *arena, struct json *row, int64_t limit)
{
    if (limit == PROMO_NONE)
        json_add_null(arena, row, NULL);
    else
        json_add_int(arena, row, NULL, limit);
}

static void add_count(struct taking *taking, struct souk_str subject, int64_t amount, int64_t uses,
                      int64_t budget, struct souk_str shown)
{
    struct arena *arena = taking->arena;
    for (struct json_item *item = taking->counts->first; item; item = item->next) {
        struct json_item *first = item->value.first;
        if (!souk_str_equal(first->value.text, subject))
            continue;
        first->next->value.number += amount; /* one code of two promotions: one use */
        struct json *limit = &first->next->next->value;
        if (uses != PROMO_NONE && (limit->kind == JSON_NULL || limit->number > uses))
            *limit = (struct json){.kind = JSON_INT, .number = uses};
        return;
    }
    struct json *row = json_add(arena, taking->counts, NULL, JSON_ARRAY);
    json_add_str(arena, row, NULL, subject);
    json_add_int(arena, row, NULL, amount);
    add_limit(arena, row, uses);
    add_limit(arena, row, budget);
    json_add_str(arena, taking->shown, NULL, shown);
}

static void add_each(struct taking *taking, struct souk_str subject, int64_t most,
                     struct souk_str shown)
{
    if (most == PROMO_NONE)
        return;
    struct json *row = json_add(taking->arena, taking->each, NULL, JSON_ARRAY);
    json_add_str(taking->arena, row, NULL, subject);
    json_add_int(taking->arena, row, NULL, most);
    json_add_str(taking->arena, row, NULL, shown);
}

/* One code of several promotions is given back by all of them or by none. */
static void agree(struct taking *taking, struct souk_str code)
{
    int again = 1;
    for (int pass = 0; code.len && pass < 2; pass++)
        for (struct json_item *item = taking->uses->first; item; item = item->next)
            if (souk_str_equal(item->value.first->next->next->value.text, code)) {
                if (pass)
                    item->value.last->value.number = again;
                else
                    again &= item->value.last->value.number != 0;
            }
}

static void add_use(struct taking *taking, const struct json *entry, struct souk_str code,
                    int64_t amount, int again)
{
    struct arena *arena = taking->arena;
    struct json *row = json_add(arena, taking->uses, NULL, JSON_ARRAY);
    json_add_int(arena, row, NULL, id_next());
    json_add_str(arena, row, NULL, json_text(json_at(entry, "id")));
    json_add_str(arena, row, NULL, code);
    json_add_str(arena, row, NULL, taking->names.first);
    json_add_int(arena, row, NULL, amount);
    json_add_str(arena, row, NULL, json_text(json_at(entry, "hash")));
    json_add_int(arena, row, NULL, again);
    agree(taking, code);
}

static const struct promo_code *find_code(const struct taking *taking, struct souk_str code)
{
    for (size_t i = 0; i < taking->code_count; i++)
        if (souk_str_equal(taking->codes[i].code, code))
            return &taking->codes[i];
    return NULL;
}

static int spent(struct taking *taking, struct souk_str shown)
{
    return err_set(taking->err, SOUK_CONFLICT,
                   "%.*s was used up meanwhile; look at the new total before you order",
                   SOUK_PRI(shown));
}

/* One code of one promotion. A batch's terms and the script's hold both. */
static int add_code(struct taking *taking, const struct json *entry, const struct promo *promo,
                    struct souk_str code, int64_t amount)
{
    const struct promo_coupon *coupon = promo ? promo->coupon : NULL;
    const struct promo_code *batch = find_code(taking, code);
    struct souk_str shown = arena_printf(taking->arena, "the code %.*s", SOUK_PRI(code));
    struct souk_str subject = arena_printf(taking->arena, "code:%.*s", SOUK_PRI(code));
    if (batch && (batch->disabled || (batch->ends_at && batch->ends_at <= taking->now)))
        return err_set(taking->err, SOUK_CONFLICT,
                       "%.*s is not valid any more; look at the new total before you order",
                       SOUK_PRI(shown));
    add_count(taking, subject, amount,
              least(coupon ? coupon->uses : PROMO_NONE, batch ? batch->uses : PROMO_NONE),
              PROMO_NONE, shown);
    add_each(
        taking, subject,
        least(coupon ? coupon->per_customer : PROMO_NONE, batch ? batch->per_customer : PROMO_NONE),
        shown);
    add_use(taking, entry, code, amount, coupon ? coupon->again : 1);
    return SOUK_OK;
}

static int add_entry(struct taking *taking, const struct json *entry)
{
    struct arena *arena = taking->arena;
    struct souk_str id = json_text(json_at(entry, "id")), name = json_text(json_at(entry, "name"));
    struct souk_str code = json_text(json_at(entry, "code"));
    struct souk_str subject = arena_printf(arena, "promotion:%.*s", SOUK_PRI(id));
    const struct promo *promo = promo_find(taking->set, id); /* none of an offer */
    int64_t amount =
        json_int(json_at(entry, "amount"), 0) + json_int(json_at(entry, "delivery_amount"), 0);
    struct souk_str shown = arena_printf(arena, "\"%.*s\"", SOUK_PRI(name.len ? name : id));
    add_count(taking, subject, amount, promo ? least(promo->uses, promo->budget_uses) : PROMO_NONE,
              promo ? promo->budget : PROMO_NONE, shown);
    add_each(taking, subject, promo ? promo->uses_per_customer : PROMO_NONE, shown);
    add_use(taking, entry, souk_str(""), amount, 1);
    return code.len ? add_code(taking, entry, promo, code, amount) : SOUK_OK;
}

/* ---- reading ---- */

static int is_applied(const struct json *entry)
{
    return json_true(json_at(entry, "applied")) && json_text(json_at(entry, "id")).len;
}

/* The batches of the codes that applied; none for codes that scripts name. */
static int read_codes(struct taking *taking)
{
    struct json *list = json_new(taking->arena, JSON_ARRAY);
    struct db_rows rows;
    json_each(item, taking->quote->promotions)
    {
        const struct promo *promo = promo_find(taking->set, json_text(json_at(&item->value, "id")));
        struct souk_str code = json_text(json_at(&item->value, "code"));
        if (is_applied(&item->value) && code.len &&
            (!promo || !promo->coupon || promo->coupon->batch.len))
            json_add_str(taking->arena, list, NULL, code);
    }
    if (!list->count)
        return SOUK_OK;
    struct promo_code *codes = arena_array(taking->arena, struct promo_code, list->count);
    taking->codes = codes;
    int code = db_query(taking->conn, &sql_promo_book_codes, &rows,
                        DB_TEXT(promo_book_text(taking->arena, list)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        if (taking->code_count < list->count)
            codes[taking->code_count++] = (struct promo_code){
                .code = arena_str(taking->arena, db_text(&rows, 0)),
                .ends_at = db_int(&rows, 2),
                .uses = db_is_null(&rows, 3) ? PROMO_NONE : db_int(&rows, 3),
                .per_customer = db_is_null(&rows, 4) ? PROMO_NONE : db_int(&rows, 4),
                .disabled = db_int(&rows, 5) != 0};
        code = SOUK_OK;
    }
    return code;
}

static int is_within(struct taking *taking, struct souk_str subject, int64_t used, int *within,
                     struct souk_str *shown)
{
    json_each(item, taking->each)
    {
        const struct json_item *first = json_first(&item->value);
        if (!souk_str_equal(first->value.text, subject) || used < first->next->value.number)
            continue;
        *within = 0;
        *shown = first->next->next->value.text;
    }
    return *within;
}

static int check_each(struct taking *taking)
{
    struct souk_str shown = souk_str("");
    struct db_rows rows;
    int within = 1;
    if (!taking->each->count || !taking->names.all->count)
        return SOUK_OK;
    int code = db_query(taking->conn, &sql_promo_book_used_by, &rows,
                        DB_TEXT(promo_book_text(taking->arena, taking->names.all)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        code = SOUK_OK;
        if (!is_within(taking, db_text(&rows, 0), db_int(&rows, 1), &within, &shown))
            break;
    }
    if (code != SOUK_OK || within)
        return code;
    db_close(&rows);
    return err_set(taking->err, SOUK_CONFLICT,
                   "you have used %.*s already; look at the new total before you order",
                   SOUK_PRI(shown));
}

/* ---- writing ---- */

static struct souk_str nth(const struct json *list, int64_t index)
{
    const struct json_item *item = json_first(list);
    while (item && index-- > 0)
        item = item->next;
    return item ? json_text(&item->value) : souk_str("a promotion");
}

static int take_counts(struct taking *taking)
{
    struct souk_str text = promo_book_text(taking->arena, taking->counts);
    int64_t full = 0, changed = 0;
    int code = db_get_int(taking->conn, &sql_promo_book_count_full, &full, DB_TEXT(text));
    if (code == SOUK_OK)
        return spent(taking, nth(taking->shown, full));
    if (code == SOUK_NOT_FOUND)
        code = db_run(taking->conn, &sql_promo_book_count_open, NULL, DB_TEXT(text));
    if (code == SOUK_OK)
        code = db_run(taking->conn, &sql_promo_book_count_take, &changed, DB_TEXT(text));
    if (code == SOUK_OK && changed != taking->counts->count)
        return spent(taking, souk_str("a promotion"));
    return code;
}

static int write_uses(struct taking *taking)
{
    int code = db_run(taking->conn, &sql_promo_book_use_put, NULL,
                      DB_TEXT(promo_book_text(taking->arena, taking->uses)),
                      DB_INT(taking->order_id), DB_INT(taking->now));
    if (code == SOUK_OK && taking->names.all->count)
        code = db_run(taking->conn, &sql_promo_book_use_name, NULL, DB_INT(taking->order_id),
                      DB_TEXT(promo_book_text(taking->arena, taking->names.all)));
    return code;
}

static void begin(struct taking *taking)
{
    taking->counts = json_new(taking->arena, JSON_ARRAY);
    taking->uses = json_new(taking->arena, JSON_ARRAY);
    taking->shown = json_new(taking->arena, JSON_ARRAY);
    taking->each = json_new(taking->arena, JSON_ARRAY);
    taking->names = (struct promo_names){.all = json_new(taking->arena, JSON_ARRAY)};
}

int promo_take(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
               const struct quote *quote, int64_t order_id, const struct promo_who *who,
               int64_t now, struct err *err)
{
    struct taking taking = {.conn = conn,
                            .arena = arena,
                            .set = set,
                            .quote = quote,
                            .who = who,
                            .order_id = order_id,
                            .now = now,
                            .err = err};
    int any = 0;
    json_each(item, quote->promotions) any |= is_applied(&item->value);
    if (!any)
        return SOUK_OK;
    begin(&taking);
    int code = promo_names_read(conn, arena, who, &taking.names);
    if (code == SOUK_OK)
        code = read_codes(&taking);
    for (const struct json_item *item = json_first(quote->promotions); item && code == SOUK_OK;
         item = item->next)
        if (is_applied(&item->value))
            code = add_entry(&taking, &item->value);
    if (code == SOUK_OK)
        code = check_each(&taking);
    if (code == SOUK_OK)
        code = take_counts(&taking);
    return code ? code : write_uses(&taking);
}

/* ---- afterwards ---- */

int promo_confirm(struct db_conn *conn, int64_t order_id, int64_t now)
{
    return db_run(conn, &sql_promo_book_confirm, NULL, DB_INT(order_id), DB_INT(now));
}

/* Counters first: what they get back is what the rows still say. */
int promo_release(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now)
{
    (void)arena;
    int code = db_run(conn, &sql_promo_book_count_give, NULL, DB_INT(order_id));
    return code ? code : db_run(conn, &sql_promo_book_release, NULL, DB_INT(order_id), DB_INT(now));
}

static int read_taken(struct db_conn *conn, struct arena *arena, int64_t order_id,
                      struct json *taken)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_promo_book_uses, &rows, DB_INT(order_id));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        json_add_str(arena, taken, NULL, arena_str(arena, db_text(&rows, 0)));
        code = SOUK_OK;
    }
    return code;
}

static int has_text(const struct json *list, struct souk_str text)
{
    json_each(item, list) if (souk_str_equal(json_text(&item->value), text)) return 1;
    return 0;
}

/* What an edit brought with it (an offer that was taken after the purchase) is used, too. */
static int take_new(struct taking *taking, const struct json *taken)
{
    json_each(item, taking->quote->promotions) if (is_applied(&item->value) &&
                                                   !has_text(taken, json_text(json_at(&item->value,
                                                                                      "id"))))
    {
        int code = add_entry(taking, &item->value);
        if (code != SOUK_OK)
            return code;
    }
    if (!taking->uses->count)
        return SOUK_OK;
    int code = take_counts(taking);
    return code ? code : write_uses(taking);
}

int promo_retake(struct db_conn *conn, struct arena *arena, int64_t order_id,
                 const struct quote *quote, int64_t now)
{
    static const struct promo_set none;
    struct json *list = json_new(arena, JSON_ARRAY), *taken = json_new(arena, JSON_ARRAY);
    struct taking taking = {.conn = conn,
                            .arena = arena,
                            .set = &none,
                            .quote = quote,
                            .order_id = order_id,
                            .now = now};
    json_each(item, quote->promotions)
    {
        if (!is_applied(&item->value))
            continue;
        struct json *row = json_add(arena, list, NULL, JSON_ARRAY);
        json_add_str(arena, row, NULL, json_text(json_at(&item->value, "id")));
        json_add_int(arena, row, NULL,
                     json_int(json_at(&item->value, "amount"), 0) +
                         json_int(json_at(&item->value, "delivery_amount"), 0));
    }
    if (!list->count)
        return SOUK_OK;
    begin(&taking);
    struct souk_str text = promo_book_text(arena, list);
    int code = read_taken(conn, arena, order_id, taken);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_promo_book_count_follow, NULL, DB_INT(order_id), DB_TEXT(text));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_promo_book_use_follow, NULL, DB_INT(order_id), DB_TEXT(text),
                      DB_INT(now));
    return code ? code : take_new(&taking, taken);
}
