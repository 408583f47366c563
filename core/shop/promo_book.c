/*
 * promo_book.c: what the database knows of promotions, as pricing wants to know it: who the
 * customer is, what they bought and used before, how much of limits and budgets is taken, what the
 * typed codes are.
 *
 * The idea: a cart is priced many times, so nothing is read that nothing asks for, and what is read
 * takes one statement a kind however many rules, codes and lines there are. What is read here is
 * only what shoppers are shown: promo_take judges again when the order is placed.
 *
 * Hold-outs need a number of everybody that stays the same: it is made of the person, else of the
 * visitor, else of the address.
 */
#include "shop/promo_book_inner.h"

#include <stdio.h>
#include "base/str.h"
#include "shop/person.h"
#include "shop/promo_book.sql.h"
#include "store/digest.h"

struct reading {
    struct db_conn *conn;
    struct arena *arena;
    const struct promo_set *set;
    const struct quote *quote;
    struct promo_facts *facts;
    struct promo_names names;
    struct json *subjects;        /* counters that matter */
    const struct promo **limited; /* promotions that have them */
    size_t limited_count;
    struct json *unknown; /* codes that no script names */
    struct promo_code *codes;
    size_t code_count;
    int per_customer; /* something is limited by customer */
    int segments;
};

struct souk_str promo_book_text(struct arena *arena, const struct json *list)
{
    struct buf out = {.arena = arena};
    json_print(&out, list);
    return buf_str(&out);
}

/* ---- the customer ---- */

static void digest_of(struct souk_str kind, struct souk_str value, unsigned char *to)
{
    const struct souk_str pieces[] = {souk_str("promotion"), kind, value};
    digest_pieces(to, pieces, 3);
}

static void add_name(struct arena *arena, struct promo_names *names, struct souk_str name)
{
    json_each(item, names->all) if (souk_str_equal(json_text(&item->value), name)) return;
    if (!names->first.len)
        names->first = name;
    json_add_str(arena, names->all, NULL, name);
}

static void add_contact(struct arena *arena, struct promo_names *names, struct souk_str kind,
                        struct souk_str value)
{
    unsigned char digest[DIGEST_LEN];
    char hex[33];
    digest_of(kind, value, digest);
    for (int i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    add_name(arena, names, arena_printf(arena, "%.*s:%s", SOUK_PRI(kind), hex));
}

static int read_person(struct db_conn *conn, struct arena *arena, int64_t person_id,
                       struct promo_names *names)
{
    struct buf ids = {.arena = arena};
    struct db_rows rows;
    int code = db_query(conn, &sql_promo_book_person, &rows, DB_INT(person_id));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *contacts = NULL;
        if (!names->id) {
            names->id = db_int(&rows, 0);
            names->group = arena_str(arena, db_text(&rows, 1));
            names->stage = arena_str(arena, db_text(&rows, 2));
        }
        if (!names->registered_at)
            names->registered_at = db_int(&rows, 3);
        if (db_int(&rows, 4) && (!names->lead_at || db_int(&rows, 4) < names->lead_at))
            names->lead_at = db_int(&rows, 4);
        buf_printf(&ids, "%c%lld", ids.len ? ',' : '[', (long long)db_int(&rows, 0));
        add_name(arena, names, arena_printf(arena, "person:%lld", (long long)db_int(&rows, 0)));
        if (json_parse(arena, arena_str(arena, db_text(&rows, 5)), &contacts, NULL) == SOUK_OK)
            json_each(item, contacts)
            {
                const struct json_item *kind = json_first(&item->value);
                if (kind && kind->next)
                    add_contact(arena, names, json_text(&kind->value),
                                json_text(&kind->next->value));
            }
        code = SOUK_OK;
    }
    if (ids.len) {
        buf_add_char(&ids, ']');
        names->persons = buf_str(&ids);
    }
    return code;
}

int promo_names_read(struct db_conn *conn, struct arena *arena, const struct promo_who *who,
                     struct promo_names *names)
{
    const char *country = market_shop()->country;
    struct souk_str value;
    struct err err = {0};
    *names = (struct promo_names){.all = json_new(arena, JSON_ARRAY), .persons = souk_str("[]")};
    int code = who->person_id ? read_person(conn, arena, who->person_id, names) : SOUK_OK;
    if (code != SOUK_OK)
        return code;
    if (who->email.len &&
        contact_normalize(arena, "email", who->email, country, &value, &err) == SOUK_OK) {
        names->email = value;
        add_contact(arena, names, souk_str("email"), value);
    }
    if (who->phone.len &&
        contact_normalize(arena, "phone", who->phone, country, &value, &err) == SOUK_OK)
        add_contact(arena, names, souk_str("phone"), value);
    return SOUK_OK;
}

static uint64_t bucket_of(const struct promo_who *who, const struct promo_names *names,
                          struct arena *arena)
{
    unsigned char digest[DIGEST_LEN];
    uint64_t number = 0;
    int64_t person = names->id ? names->id : who->person_id;
    struct souk_str kind = souk_str(person ? "person" : who->visitor ? "visitor" : "email");
    struct souk_str value =
        person || who->visitor
            ? arena_printf(arena, "%lld", (long long)(person ? person : who->visitor))
            : names->email;
    if (!value.len)
        return 0; /* nobody can be told apart: nobody is held out */
    digest_of(kind, value, digest);
    for (int i = 0; i < 8; i++)
        number = number << 8 | digest[i];
    return number % (uint64_t)PROMO_WHOLE;
}

static int read_orders(struct reading *reading)
{
    struct promo_customer *customer = &reading->facts->customer;
    struct promo_names *names = &reading->names;
    struct db_rows rows;
    int code =
        db_first(db_query(reading->conn, &sql_promo_book_orders, &rows, DB_TEXT(names->persons),
                          DB_TEXT(names->id ? souk_str("") : names->email)),
                 &rows);
    if (code != SOUK_OK)
        return code;
    customer->orders_before = db_int(&rows, 0);
    customer->orders_cancelled = db_int(&rows, 1);
    customer->spent = db_int(&rows, 2);
    customer->first_order_at = db_int(&rows, 3);
    customer->last_order_at = db_int(&rows, 4);
    db_close(&rows);
    if (names->id || !names->email.len)
        return SOUK_OK;
    return db_get_int(reading->conn, &sql_promo_book_lead, &customer->lead_at,
                      DB_TEXT(names->email));
}

static int read_history(struct reading *reading)
{
    struct promo_customer *customer = &reading->facts->customer;
    struct promo_history *history = NULL;
    size_t count = 0, cap = 0;
    struct db_rows rows;
    int code = db_query(reading->conn, &sql_promo_book_history, &rows,
                        DB_TEXT(promo_book_text(reading->arena, reading->names.all)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        if (count == cap) {
            cap = cap ? cap * 2 : 8;
            struct promo_history *more = arena_array(reading->arena, struct promo_history, cap);
            if (count)
                memcpy(more, history, count * sizeof *more);
            history = more;
        }
        history[count++] = (struct promo_history){arena_str(reading->arena, db_text(&rows, 0)),
                                                  db_int(&rows, 1) != 0};
        code = SOUK_OK;
    }
    customer->history = history;
    customer->history_count = count;
    return code;
}

static int read_customer(struct reading *reading, const struct promo_who *who)
{
    struct promo_customer *customer = &reading->facts->customer;
    struct promo_names *names = &reading->names;
    struct promo_who asked = *who;
    const struct promo_set *set = reading->set;
    if (!set->wants_history && !reading->per_customer && !reading->segments)
        asked.person_id = 0; /* the session's word for who it is will do */
    int code = promo_names_read(reading->conn, reading->arena, &asked, names);
    if (code != SOUK_OK)
        return code;
    int64_t person = names->id ? names->id : who->person_id;
    *customer = (struct promo_customer){.known = person || names->email.len,
                                        .guest = !person,
                                        .email = names->email,
                                        .group = who->group.len ? who->group : names->group,
                                        .registered_at = names->registered_at,
                                        .lead_at = names->lead_at,
                                        .bucket = bucket_of(who, names, reading->arena)};
    if (person)
        customer->id = arena_printf(reading->arena, "%lld", (long long)person);
    if (names->id) {
        struct souk_str *segments = arena_array(reading->arena, struct souk_str, 2);
        segments[customer->segments.count++] = names->stage;
        if (names->group.len)
            segments[customer->segments.count++] = names->group;
        customer->segments.at = segments;
    }
    if (!set->wants_history || !customer->known)
        return SOUK_OK;
    code = read_orders(reading);
    return code ? code : read_history(reading);
}

/* ---- what the set asks for ---- */

static void want(struct reading *reading, const char *kind, struct souk_str name)
{
    struct souk_str subject = arena_printf(reading->arena, "%s:%.*s", kind, SOUK_PRI(name));
    json_each(item, reading->subjects) if (souk_str_equal(json_text(&item->value), subject)) return;
    json_add_str(reading->arena, reading->subjects, NULL, subject);
}

static int has_limits(const struct promo *promo)
{
    return promo->uses != PROMO_NONE || promo->budget != PROMO_NONE ||
           promo->budget_uses != PROMO_NONE || promo->uses_per_customer != PROMO_NONE;
}

static int names_code(const struct promo *promo, struct souk_str code)
{
    for (size_t i = 0; promo->coupon && i < promo->coupon->codes.count; i++)
        if (souk_str_equal(promo->coupon->codes.at[i], code))
            return 1;
    return 0;
}

static void look_at(struct reading *reading, const struct promo *promo)
{
    const struct promo_coupon *coupon = promo->coupon;
    reading->segments |= promo->segments.count > 0;
    reading->per_customer |= promo->uses_per_customer != PROMO_NONE;
    if (!has_limits(promo))
        return;
    if (coupon && !reading->quote->coupon_count)
        return; /* nobody has typed anything */
    reading->limited[reading->limited_count++] = promo;
    json_add_str(reading->arena, reading->subjects, NULL,
                 arena_printf(reading->arena, "promotion:%.*s", SOUK_PRI(promo->id)));
}

static void look_at_set(struct reading *reading)
{
    const struct promo_set *set = reading->set;
    reading->subjects = json_new(reading->arena, JSON_ARRAY);
    reading->limited = arena_array(reading->arena, const struct promo *,
                                   set->cart_count + set->catalogue_count + 1);
    for (size_t i = 0; i < set->cart_count; i++)
        look_at(reading, &set->cart[i]);
    for (size_t i = 0; i < set->catalogue_count; i++)
        look_at(reading, &set->catalogue[i]);
}

/* Codes that scripts name are known without a row; of the others those with a right check symbol
 * are looked for. */
static void look_at_codes(struct reading *reading)
{
    const struct promo_set *set = reading->set;
    const struct quote *quote = reading->quote;
    reading->unknown = json_new(reading->arena, JSON_ARRAY);
    reading->codes = arena_array(reading->arena, struct promo_code, quote->coupon_count + 1);
    for (size_t i = 0; i < quote->coupon_count; i++) {
        struct souk_str code = quote->coupons[i].code;
        int named = 0, limited = 0;
        for (size_t p = 0; p < set->cart_count; p++)
            if (names_code(&set->cart[p], code)) {
                named = 1;
                limited |= set->cart[p].coupon->uses != PROMO_NONE ||
                           set->cart[p].coupon->per_customer != PROMO_NONE;
                reading->per_customer |= set->cart[p].coupon->per_customer != PROMO_NONE;
            }
        if (!named && promo_code_checks(code))
            json_add_str(reading->arena, reading->unknown, NULL, code);
        if (named)
            reading->codes[reading->code_count++] =
                (struct promo_code){.code = code, .uses = PROMO_NONE, .per_customer = PROMO_NONE};
        if (limited)
            want(reading, "code", code);
    }
}

static int read_codes(struct reading *reading, const struct promo_who *who)
{
    struct db_rows rows;
    if (!reading->unknown->count)
        return SOUK_OK;
    int code = db_query(reading->conn, &sql_promo_book_codes, &rows,
                        DB_TEXT(promo_book_text(reading->arena, reading->unknown)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        int64_t owner = db_int(&rows, 6);
        struct promo_code *found = &reading->codes[reading->code_count];
        code = SOUK_OK;
        if (owner && owner != who->person_id)
            continue; /* of somebody else: as if it did not exist */
        reading->code_count++;
        *found = (struct promo_code){.code = arena_str(reading->arena, db_text(&rows, 0)),
                                     .batch = arena_str(reading->arena, db_text(&rows, 1)),
                                     .ends_at = db_int(&rows, 2),
                                     .uses = db_is_null(&rows, 3) ? PROMO_NONE : db_int(&rows, 3),
                                     .per_customer =
                                         db_is_null(&rows, 4) ? PROMO_NONE : db_int(&rows, 4),
                                     .disabled = db_int(&rows, 5) != 0};
        want(reading, "code", found->code);
        reading->per_customer |= found->per_customer != PROMO_NONE;
        for (size_t p = 0; p < reading->set->cart_count; p++) {
            const struct promo_coupon *coupon = reading->set->cart[p].coupon;
            reading->per_customer |= coupon && souk_str_equal(coupon->batch, found->batch) &&
                                     coupon->per_customer != PROMO_NONE;
        }
    }
    return code;
}

/* ---- counters ---- */

static void put_count(struct reading *reading, struct promo_usage *usage, struct db_rows *rows,
                      int by_customer)
{
    struct souk_str subject = db_text(rows, 0);
    if (str_starts(subject, "promotion:")) {
        struct souk_str id = str_from(subject, strlen("promotion:"));
        for (size_t i = 0; i < reading->limited_count; i++) {
            if (!souk_str_equal(usage[i].promotion, id))
                continue;
            if (by_customer) {
                usage[i].used_by_customer = db_int(rows, 1);
            } else {
                usage[i].used = db_int(rows, 1);
                usage[i].used_amount = db_int(rows, 2);
            }
        }
        return;
    }
    struct souk_str name = str_from(subject, strlen("code:"));
    for (size_t i = 0; i < reading->code_count; i++)
        if (souk_str_equal(reading->codes[i].code, name))
            *(by_customer ? &reading->codes[i].used_by_customer : &reading->codes[i].used) =
                db_int(rows, 1);
}

static int read_rows(struct reading *reading, const struct db_statement *statement,
                     const struct json *list, struct promo_usage *usage, int by_customer)
{
    struct db_rows rows;
    int code =
        db_query(reading->conn, statement, &rows, DB_TEXT(promo_book_text(reading->arena, list)));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        put_count(reading, usage, &rows, by_customer);
        code = SOUK_OK;
    }
    return code;
}

static int read_counts(struct reading *reading)
{
    struct promo_facts *facts = reading->facts;
    struct promo_usage *usage =
        arena_array(reading->arena, struct promo_usage, reading->limited_count + 1);
    int code = SOUK_OK;
    for (size_t i = 0; i < reading->limited_count; i++)
        usage[i] = (struct promo_usage){.promotion = reading->limited[i]->id};
    if (reading->subjects->count)
        code = read_rows(reading, &sql_promo_book_counts, reading->subjects, usage, 0);
    if (code == SOUK_OK && reading->per_customer && reading->names.all->count)
        code = read_rows(reading, &sql_promo_book_used_by, reading->names.all, usage, 1);
    facts->usage = usage;
    facts->usage_count = reading->limited_count;
    facts->codes = reading->codes;
    facts->code_count = reading->code_count;
    return code;
}

int promo_facts_read(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                     const struct quote *quote, const struct market *market,
                     const struct promo_who *who, struct promo_facts *facts)
{
    struct reading *reading = arena_new(arena, struct reading);
    *reading =
        (struct reading){.conn = conn, .arena = arena, .set = set, .quote = quote, .facts = facts};
    facts->channel = market->channel;
    facts->locale = souk_str(market->locale);
    facts->country = market->country;
    facts->region = market->region;
    facts->postcode = market->postcode;
    if (!set->cart_count && !set->catalogue_count && !set->offer_count)
        return SOUK_OK;
    look_at_set(reading);
    look_at_codes(reading);
    int code = read_codes(reading, who);
    if (code == SOUK_OK)
        code = read_customer(reading, who);
    return code ? code : read_counts(reading);
}
