/*
 * promo_code.c: codes that are generated.
 *
 * A code is the batch's prefix, random symbols, and a check symbol. Symbols are the digits and
 * capital letters without 0, 1, I and O, which are taken for each other; 32 of them, five bits
 * each. The check symbol is that of ISO/IEC 7064, MOD 37-2, over the whole code with its prefix: a
 * code is read as a number whose weights are powers of 2 modulo 37, so that every single wrong
 * symbol and every swap of two neighbours makes it fail (37 is a prime, 2 generates all residues,
 * and no two of the 36 digits and letters are the same modulo 37). The standard writes the 37th
 * value as "*" and the values of 0, 1, I, O as themselves; codes whose check symbol would be one of
 * those are not issued. Hyphens do not count.
 *
 * So that codes cannot be guessed, at most half of the codes of a form may exist; without a wish
 * for the length, one in a million (promo_codes_length).
 */
#include "shop/promo_book.h"

#include "base/rand.h"
#include "base/str.h"
#include "shop/promo_code.sql.h"

static const char symbols[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

#define MODULUS      37
#define LENGTH_LEAST 3
#define LENGTH_MOST  24
#define PREFIX_MOST  24
#define LENGTH_USUAL 7
#define CODES_MOST   1000000
#define RARE         1000000 /* a guess hits with a chance of at most one in so many */

/* ---- the check symbol ---- */

/* 0 to 35; -1: it does not count. */
static int value_of(char symbol)
{
    if (symbol >= '0' && symbol <= '9')
        return symbol - '0';
    return symbol >= 'A' && symbol <= 'Z' ? symbol - 'A' + 10 : -1;
}

/* The sum so far, doubled: what MOD 37-2 carries from symbol to symbol. */
static int carry(int sum, struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.ptr[i]);
        if (value >= 0)
            sum = (sum + value) * 2 % MODULUS;
    }
    return sum;
}

/* The symbol with which the sum comes to 1; 0 when it is none that is issued. */
static char check_symbol(int sum)
{
    int value = (1 - sum % MODULUS + MODULUS) % MODULUS;
    for (size_t i = 0; symbols[i]; i++)
        if (value_of(symbols[i]) == value)
            return symbols[i];
    return 0;
}

int promo_code_checks(struct souk_str code)
{
    while (code.len && value_of(code.ptr[code.len - 1]) < 0)
        code.len--;
    if (code.len <= LENGTH_LEAST)
        return 0;
    int last = value_of(code.ptr[code.len - 1]);
    return (carry(0, str_make(code.ptr, code.len - 1)) + last) % MODULUS == 1;
}

/* ---- how many there can be ---- */

/* Of a length: those that have a check symbol. */
static int64_t space_of(int length)
{
    return length >= 12 ? INT64_MAX : (INT64_C(1) << (5 * length)) / MODULUS * 32;
}

int promo_codes_length(int64_t count)
{
    int length = LENGTH_USUAL;
    while (length < LENGTH_MOST && space_of(length) / RARE < count)
        length++;
    return length;
}

/* ---- generating ---- */

struct generating {
    struct db_conn *conn;
    struct arena *arena;
    const struct promo_batch *wish;
    int64_t now, batch_id;
    struct souk_str prefix;
    int length;
    struct err *err;
};

static int check_prefix(struct generating *generating)
{
    struct souk_str prefix = promo_code_normalize(generating->arena, generating->wish->prefix);
    if (generating->wish->prefix.len > PREFIX_MOST)
        return err_set(generating->err, SOUK_INVALID, "prefix: at most %d signs", PREFIX_MOST);
    for (size_t i = 0; i < prefix.len; i++)
        if (value_of(prefix.ptr[i]) < 0 && prefix.ptr[i] != '-')
            return err_set(generating->err, SOUK_INVALID,
                           "prefix: only letters A to Z, digits and \"-\"");
    generating->prefix = prefix;
    return SOUK_OK;
}

static int check_wish(struct generating *generating)
{
    const struct promo_batch *wish = generating->wish;
    struct err *err = generating->err;
    if (!wish->name.len || wish->name.len > 64)
        return err_set(err, SOUK_INVALID, "name: one to 64 signs, as coupon.batch names it");
    if (wish->count < 1 || wish->count > CODES_MOST)
        return err_set(err, SOUK_INVALID, "count: a number from 1 to %d", CODES_MOST);
    if (wish->length && (wish->length < LENGTH_LEAST || wish->length > LENGTH_MOST))
        return err_set(err, SOUK_INVALID, "length: a number from %d to %d", LENGTH_LEAST,
                       LENGTH_MOST);
    if (wish->uses < 0 || wish->per_customer < 0)
        return err_set(err, SOUK_INVALID, "uses and per-customer: numbers above 0");
    if (wish->ends_at && wish->ends_at <= generating->now)
        return err_set(err, SOUK_INVALID, "to: this moment is over; choose one that comes");
    return check_prefix(generating);
}

static struct db_arg or_null(int64_t number)
{
    return number ? DB_INT(number) : DB_NULL;
}

/* One of that name grows, at the terms that it has. */
static int open_batch(struct generating *generating)
{
    const struct promo_batch *wish = generating->wish;
    struct db_rows rows;
    int code = db_first(
        db_query(generating->conn, &sql_promo_code_batch, &rows, DB_TEXT(wish->name)), &rows);
    if (code == SOUK_NOT_FOUND) {
        generating->batch_id = id_next();
        return db_run(generating->conn, &sql_promo_code_batch_put, NULL,
                      DB_INT(generating->batch_id), DB_TEXT(wish->name),
                      DB_TEXT(generating->prefix), or_null(wish->ends_at), or_null(wish->uses),
                      or_null(wish->per_customer), DB_TEXT(wish->note), DB_TEXT(wish->actor),
                      DB_INT(generating->now));
    }
    if (code != SOUK_OK)
        return code;
    int same = (!wish->ends_at || wish->ends_at == db_int(&rows, 2)) &&
               (!wish->uses || wish->uses == db_int(&rows, 3)) &&
               (!wish->per_customer || wish->per_customer == db_int(&rows, 4));
    generating->batch_id = db_int(&rows, 0);
    if (!generating->prefix.len)
        generating->prefix = arena_str(generating->arena, db_text(&rows, 1));
    db_close(&rows);
    if (!same)
        return err_set(generating->err, SOUK_INVALID,
                       "batch \"%.*s\" has other terms already (uses, per customer, end); leave "
                       "them out to make it grow, or choose another name",
                       SOUK_PRI(wish->name));
    return SOUK_OK;
}

/* How much of the space is free; without a wish, the length follows from what there will be. */
static int check_space(struct generating *generating)
{
    int64_t taken = 0, count = generating->wish->count;
    generating->length =
        generating->wish->length ? generating->wish->length : promo_codes_length(count);
    for (;; generating->length++) {
        size_t whole = generating->prefix.len + (size_t)generating->length + 1;
        int code = db_get_int(generating->conn, &sql_promo_code_taken, &taken,
                              DB_TEXT(generating->prefix), DB_INT((int64_t)whole));
        if (code != SOUK_OK)
            return code;
        if (taken + count <= space_of(generating->length) / 2)
            return SOUK_OK;
        if (generating->wish->length || generating->length == LENGTH_MOST)
            break;
    }
    int64_t left = space_of(generating->length) / 2 - taken;
    return err_set(generating->err, SOUK_INVALID,
                   "length: %d symbols are too few: %lld more codes can be made so that they are "
                   "not guessed; choose more symbols, or another prefix",
                   generating->length, (long long)(left > 0 ? left : 0));
}

static struct souk_str make_code(struct generating *generating)
{
    size_t len = generating->prefix.len + (size_t)generating->length + 1;
    char *text = arena_alloc(generating->arena, len + 1);
    unsigned char bytes[LENGTH_MOST];
    char check = 0;
    if (generating->prefix.len)
        memcpy(text, generating->prefix.ptr, generating->prefix.len);
    while (!check) {
        rand_bytes(bytes, (size_t)generating->length);
        for (int i = 0; i < generating->length; i++)
            text[generating->prefix.len + (size_t)i] = symbols[bytes[i] & 31];
        check = check_symbol(carry(0, str_make(text, len - 1)));
    }
    text[len - 1] = check;
    text[len] = 0;
    return str_make(text, len);
}

static int make_codes(struct generating *generating, struct json *codes)
{
    for (int64_t i = 0; i < generating->wish->count;) {
        struct souk_str code = make_code(generating);
        int64_t added = 0;
        int failed = db_run(generating->conn, &sql_promo_code_put, &added, DB_TEXT(code),
                            DB_INT(generating->batch_id));
        if (failed)
            return failed;
        if (!added)
            continue; /* there is such a one: another is drawn */
        json_add_str(generating->arena, codes, NULL, code);
        i++;
    }
    return SOUK_OK;
}

int promo_codes_generate(struct db_conn *conn, struct arena *arena, const struct promo_batch *batch,
                         int64_t now, struct json *codes, struct err *err)
{
    struct generating generating = {
        .conn = conn, .arena = arena, .wish = batch, .now = now, .err = err};
    int code = check_wish(&generating);
    if (code == SOUK_OK)
        code = open_batch(&generating);
    if (code == SOUK_OK)
        code = check_space(&generating);
    return code ? code : make_codes(&generating, codes);
}

/* ---- looking ---- */

static void add_number(struct arena *arena, struct json *item, const char *key,
                       struct db_rows *rows, int column)
{
    if (db_is_null(rows, column))
        json_add_null(arena, item, key);
    else
        json_add_int(arena, item, key, db_int(rows, column));
}

static int list_batches(struct db_conn *conn, struct arena *arena, int limit, struct json *items)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_promo_code_batches, &rows, DB_INT(limit));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        json_add_str(arena, item, "name", arena_str(arena, db_text(&rows, 0)));
        json_add_str(arena, item, "prefix", arena_str(arena, db_text(&rows, 1)));
        json_add_int(arena, item, "codes", db_int(&rows, 2));
        json_add_int(arena, item, "disabled", db_int(&rows, 3));
        json_add_int(arena, item, "used", db_int(&rows, 4));
        add_number(arena, item, "uses", &rows, 5);
        add_number(arena, item, "per_customer", &rows, 6);
        if (db_is_null(&rows, 7))
            json_add_null(arena, item, "to");
        else
            json_add_time(arena, item, "to", db_int(&rows, 7));
        json_add_str(arena, item, "note", arena_str(arena, db_text(&rows, 8)));
        json_add_str(arena, item, "actor", arena_str(arena, db_text(&rows, 9)));
        json_add_time(arena, item, "created_at", db_int(&rows, 10));
        code = SOUK_OK;
    }
    return code;
}

static int no_batch(struct err *err, struct souk_str name)
{
    return err_set(err, SOUK_NOT_FOUND, "there is no batch of codes \"%.*s\"", SOUK_PRI(name));
}

int promo_codes_list(struct db_conn *conn, struct arena *arena, struct souk_str name,
                     struct souk_str after, int limit, struct json *items, struct err *err)
{
    struct db_rows rows;
    int64_t batch_id;
    if (!name.len)
        return list_batches(conn, arena, limit, items);
    int code = db_get_int(conn, &sql_promo_code_batch, &batch_id, DB_TEXT(name));
    if (code == SOUK_NOT_FOUND)
        return no_batch(err, name);
    if (code == SOUK_OK)
        code = db_query(conn, &sql_promo_code_of_batch, &rows, DB_INT(batch_id), DB_TEXT(after),
                        DB_INT(limit));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        json_add_str(arena, item, "code", arena_str(arena, db_text(&rows, 0)));
        json_add_int(arena, item, "used", db_int(&rows, 1));
        json_add_bool(arena, item, "disabled", db_int(&rows, 2) != 0);
        code = SOUK_OK;
    }
    return code;
}

int promo_codes_disable(struct db_conn *conn, struct souk_str name, struct souk_str code, int off,
                        int64_t *count, struct err *err)
{
    int64_t batch_id, found;
    *count = 0;
    if (code.len) {
        int done = db_get_int(conn, &sql_promo_code_exists, &found, DB_TEXT(code));
        if (done == SOUK_NOT_FOUND)
            return err_set(err, done, "no code \"%.*s\" was generated here", SOUK_PRI(code));
        return done ? done
                    : db_run(conn, &sql_promo_code_disable, count, DB_TEXT(code), DB_INT(off != 0));
    }
    int done = db_get_int(conn, &sql_promo_code_batch, &batch_id, DB_TEXT(name));
    if (done == SOUK_NOT_FOUND)
        return no_batch(err, name);
    return done ? done
                : db_run(conn, &sql_promo_code_disable_batch, count, DB_INT(batch_id),
                         DB_INT(off != 0));
}
