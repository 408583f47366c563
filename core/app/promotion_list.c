/*
 * promotion_list.c: the rules as people see them: their state at a moment, what they gave and how
 * much of their limits is left; and switching one on or off. What is declared comes from the set
 * that serves, what happened from the database, what is broken from the report of the last load: a
 * file that cannot be read leaves its rules as they were, and they say so.
 */
#include "app/promotion.h"

#include "app/promotion_list.sql.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "store/audit.h"
#include "store/outbox.h"

#define LATELY  (30 * CLOCK_DAY)
#define ID_MOST 70

struct facts { /* of one rule, from the database */
    struct souk_str why, hash, actor;
    int64_t switched_at, used, amount, orders, given, items;
    int off, on; /* what staff said last; neither: nothing */
};

struct listing {
    struct db_conn *conn;
    struct arena *arena;
    const struct json *report; /* of the last load; NULL: none */
    struct json *items;
    struct map facts;
    int64_t now;
};

/* What of a promotion and of an offer is shown alike. */
struct row {
    struct souk_str id, name, file, hash, key; /* key: in the database, "offer:x" for an offer */
    const char *kind;
    int line, declared_off;
    int64_t from, to, priority;
    const struct promo *promo; /* NULL: an offer */
};

/* ---- what happened ---- */

static struct facts *facts_of(struct listing *listing, struct souk_str id)
{
    struct facts *facts = map_get(&listing->facts, id);
    if (!facts) {
        facts = arena_new(listing->arena, struct facts);
        map_put_copy(&listing->facts, id, facts);
    }
    return facts;
}

static int read_switches(struct listing *listing)
{
    struct db_rows rows;
    int code = db_query(listing->conn, &sql_promotion_list_switches, &rows);
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct facts *facts = facts_of(listing, db_text(&rows, 0));
        facts->off = db_int(&rows, 1) != 0;
        facts->on = !facts->off;
        facts->why = arena_str(listing->arena, db_text(&rows, 2));
        facts->hash = arena_str(listing->arena, db_text(&rows, 3));
        facts->actor = arena_str(listing->arena, db_text(&rows, 4));
        facts->switched_at = db_int(&rows, 5);
        code = SOUK_OK;
    }
    return code;
}

static int read_numbers(struct listing *listing, struct souk_str ids)
{
    struct db_rows rows;
    int code = db_query(listing->conn, &sql_promotion_list_counts, &rows, DB_TEXT(ids));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct facts *facts = facts_of(listing, db_text(&rows, 0));
        facts->used = db_int(&rows, 1);
        facts->amount = db_int(&rows, 2);
        code = SOUK_OK;
    }
    if (code == SOUK_OK)
        code = db_query(listing->conn, &sql_promotion_list_lately, &rows, DB_TEXT(ids),
                        DB_INT(listing->now - LATELY));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct facts *facts = facts_of(listing, db_text(&rows, 0));
        facts->orders = db_int(&rows, 1);
        facts->given = db_int(&rows, 2);
        facts->items = db_int(&rows, 3);
        code = SOUK_OK;
    }
    return code;
}

/* ---- states ---- */

static const struct json *broken(const struct listing *listing, struct souk_str id,
                                 struct souk_str file)
{
    json_each(item, json_at(listing->report, "errors"))
    {
        struct souk_str of = json_text(json_at(&item->value, "id"));
        if (of.len ? souk_str_equal(of, id)
                   : souk_str_equal(json_text(json_at(&item->value, "file")), file))
            return &item->value;
    }
    return NULL;
}

static const char *used_up(const struct promo *promo, const struct facts *facts)
{
    if (!promo || !facts)
        return NULL;
    if ((promo->uses != PROMO_NONE && facts->used >= promo->uses) ||
        (promo->budget_uses != PROMO_NONE && facts->used >= promo->budget_uses))
        return "every use is taken";
    if (promo->budget != PROMO_NONE && facts->amount >= promo->budget)
        return "the budget is spent";
    return NULL;
}

static const char *state_of(struct listing *listing, const struct row *row,
                            const struct facts *facts, struct souk_str *why)
{
    const char *spent = used_up(row->promo, facts);
    int switched =
        facts && facts->off && (!facts->hash.len || souk_str_equal(facts->hash, row->hash));
    if (switched || (row->declared_off && !(facts && facts->on))) {
        *why = switched ? facts->why : souk_str("enabled = false stands in the script");
        return "off";
    }
    if (row->to && listing->now >= row->to)
        return "over";
    if (spent) {
        *why = souk_str(spent);
        return "used up";
    }
    return row->from && listing->now < row->from ? "planned" : "on";
}

static void add_number(struct arena *arena, struct json *item, const char *key, int64_t number)
{
    if (number == PROMO_NONE)
        json_add_null(arena, item, key);
    else
        json_add_int(arena, item, key, number);
}

static void add_moment(struct arena *arena, struct json *item, const char *key, int64_t at)
{
    if (at)
        json_add_time(arena, item, key, at);
    else
        json_add_null(arena, item, key);
}

static struct souk_str code_of(struct arena *arena, const struct promo_coupon *coupon)
{
    struct buf out = {.arena = arena};
    if (!coupon)
        return souk_str("");
    for (size_t i = 0; i < coupon->codes.count && i < 5; i++)
        buf_printf(&out, "%s%.*s", i ? ", " : "", SOUK_PRI(coupon->codes.at[i]));
    if (coupon->codes.count > 5)
        buf_printf(&out, " and %zu more", coupon->codes.count - 5);
    if (coupon->batch.len)
        buf_printf(&out, "%sbatch %.*s", out.len ? ", " : "", SOUK_PRI(coupon->batch));
    return arena_str(arena, buf_str(&out));
}

static int64_t least_limit(const struct promo *promo)
{
    int64_t uses = promo->uses, budget = promo->budget_uses;
    return uses == PROMO_NONE || (budget != PROMO_NONE && budget < uses) ? budget : uses;
}

static void add_promo(struct arena *arena, struct json *item, const struct promo *promo)
{
    json_add_bool(arena, item, "exclusive", promo && promo->exclusive);
    json_add_str(arena, item, "group",
                 promo && promo->group ? arena_str(arena, promo->group->name) : souk_str(""));
    json_add_str(arena, item, "code", code_of(arena, promo ? promo->coupon : NULL));
    add_number(arena, item, "limit", promo ? least_limit(promo) : PROMO_NONE);
    add_number(arena, item, "per_customer", promo ? promo->uses_per_customer : PROMO_NONE);
    add_number(arena, item, "budget", promo ? promo->budget : PROMO_NONE);
    add_number(arena, item, "holdout_ppm", promo ? promo->holdout : 0);
}

static void add_row(struct listing *listing, const struct row *row)
{
    static const struct facts none;
    struct arena *arena = listing->arena;
    struct json *item = json_add(arena, listing->items, NULL, JSON_OBJECT);
    const struct facts *found = map_get(&listing->facts, row->key);
    const struct facts *facts = found ? found : &none;
    const struct json *error = broken(listing, row->id, row->file);
    struct souk_str why = souk_str("");
    const char *state = state_of(listing, row, found, &why);
    json_add_str(arena, item, "id", arena_str(arena, row->key));
    json_add_str(arena, item, "name", arena_str(arena, row->name));
    json_add_str(arena, item, "file", arena_str(arena, row->file));
    json_add_int(arena, item, "line", row->line);
    json_add_cstr(arena, item, "kind", row->kind);
    json_add_cstr(arena, item, "state", state);
    json_add_str(arena, item, "why", why);
    if (error)
        json_add_tree(arena, item, "error", json_copy(arena, error));
    else
        json_add_null(arena, item, "error");
    add_moment(arena, item, "from", row->from);
    add_moment(arena, item, "to", row->to);
    json_add_int(arena, item, "priority", row->priority);
    json_add_str(arena, item, "hash", arena_str(arena, row->hash));
    add_promo(arena, item, row->promo);
    json_add_int(arena, item, "uses", facts->used);
    json_add_int(arena, item, "spent", facts->amount);
    json_add_int(arena, item, "orders", facts->orders);
    json_add_int(arena, item, "given", facts->given);
    json_add_int(arena, item, "items", facts->items);
    json_add_str(arena, item, "actor", facts->actor.len ? facts->actor : souk_str(""));
    add_moment(arena, item, "switched_at", facts->switched_at);
}

/* ---- rows ---- */

static struct row promo_row(const struct promo *promo)
{
    return (struct row){.id = promo->id,
                        .key = promo->id,
                        .name = promo->name,
                        .file = promo->file,
                        .hash = promo->hash,
                        .kind = promo->catalogue ? "catalogue" : "cart",
                        .line = promo->line,
                        .declared_off = promo->declared_off,
                        .from = promo->from,
                        .to = promo->to,
                        .priority = promo->priority,
                        .promo = promo};
}

static struct row offer_row(struct arena *arena, const struct promo_offer *offer)
{
    return (struct row){.id = offer->id,
                        .key = arena_printf(arena, "offer:%.*s", SOUK_PRI(offer->id)),
                        .name = offer->name,
                        .file = offer->file,
                        .hash = offer->hash,
                        .kind = "offer",
                        .line = offer->line,
                        .declared_off = offer->declared_off,
                        .from = offer->from,
                        .to = offer->to,
                        .priority = offer->priority};
}

/* Catalogue promotions first, then cart promotions, then offers, each in their effective order. */
static struct row *collect(struct arena *arena, const struct promo_set *set, size_t *count)
{
    struct row *rows = arena_array(arena, struct row,
                                   set->catalogue_count + set->cart_count + set->offer_count + 1);
    *count = 0;
    for (size_t i = 0; i < set->catalogue_count; i++)
        rows[(*count)++] = promo_row(&set->catalogue[i]);
    for (size_t i = 0; i < set->cart_count; i++)
        rows[(*count)++] = promo_row(&set->cart[i]);
    for (size_t i = 0; i < set->offer_count; i++)
        rows[(*count)++] = offer_row(arena, &set->offers[i]);
    return rows;
}

static struct souk_str list_keys(struct arena *arena, const struct row *rows, size_t count)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    struct buf out = {.arena = arena};
    for (size_t i = 0; i < count; i++)
        json_add_str(arena, list, NULL, rows[i].key);
    json_print(&out, list);
    return buf_str(&out);
}

/* Errors of what has never served. */
static void add_broken(struct listing *listing, const struct row *rows, size_t count)
{
    struct arena *arena = listing->arena;
    json_each(error, json_at(listing->report, "errors"))
    {
        struct souk_str id = json_text(json_at(&error->value, "id"));
        struct souk_str file = json_text(json_at(&error->value, "file"));
        int serves = 0;
        for (size_t i = 0; i < count && !serves; i++)
            serves = id.len ? souk_str_equal(rows[i].id, id) : souk_str_equal(rows[i].file, file);
        if (serves)
            continue;
        struct json *item = json_add(arena, listing->items, NULL, JSON_OBJECT);
        json_add_str(arena, item, "id", id);
        json_add_str(arena, item, "name", id);
        json_add_str(arena, item, "file", file);
        json_add_int(arena, item, "line", json_int(json_at(&error->value, "line"), 0));
        json_add_cstr(arena, item, "kind", "");
        json_add_cstr(arena, item, "state", "broken");
        json_add_str(arena, item, "why", json_text(json_at(&error->value, "message")));
        json_add_tree(arena, item, "error", &error->value);
    }
}

int promotion_list(struct db_conn *conn, struct arena *arena, int64_t now, struct json *items,
                   struct err *err)
{
    struct listing listing = {.conn = conn,
                              .arena = arena,
                              .items = items,
                              .now = now,
                              .report = promotion_report(arena)};
    struct promo_live *live = promo_live_pin();
    size_t count;
    struct row *rows = collect(arena, live->set, &count);
    int code = conn ? read_switches(&listing) : SOUK_OK;
    if (conn && code == SOUK_OK)
        code = read_numbers(&listing, list_keys(arena, rows, count));
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        add_row(&listing, &rows[i]);
    if (code == SOUK_OK)
        add_broken(&listing, rows, count);
    promo_live_unpin(live);
    map_free(&listing.facts);
    return code ? err_set(err, code, "the promotions cannot be read: %s", db_error(conn)) : SOUK_OK;
}

/* ---- switching ---- */

/* The nearest name of what serves, or NULL. */
static const char *nearest(struct arena *arena, const struct row *rows, size_t count,
                           struct souk_str id)
{
    const char **names = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        names[i] = arena_cstr(arena, rows[i].key);
    return str_nearest(id, names);
}

/* *row: what serves under this id; as it was when nobody can know. */
static int check_switch(struct arena *arena, const struct promo_set *set, struct souk_str id,
                        struct row *row, struct err *err)
{
    size_t count;
    struct row *rows = collect(arena, set, &count);
    for (size_t i = 0; i < count; i++)
        if (souk_str_equal(rows[i].key, id)) {
            *row = rows[i];
            return SOUK_OK;
        }
    if (!json_true(json_at(promotion_report(arena), "ok")) && id.len <= ID_MOST)
        return SOUK_OK; /* nobody can know what stands in files that cannot be read */
    const char *near = nearest(arena, rows, count, id);
    return err_set(err, SOUK_NOT_FOUND, "there is no promotion \"%.*s\"%s%s%s", SOUK_PRI(id),
                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* What the script says itself needs no row. */
static int write_row(struct db_conn *conn, struct souk_str id, int off, int declared_off,
                     struct souk_str why, struct souk_str actor, int64_t now)
{
    if (off == declared_off)
        return db_run(conn, &sql_promotion_list_drop, NULL, DB_TEXT(id));
    return db_run(conn, &sql_promotion_list_put, NULL, DB_TEXT(id), DB_INT(off), DB_TEXT(why),
                  DB_TEXT(actor), DB_INT(now));
}

static int tell_switch(struct db_conn *conn, struct arena *arena, struct souk_str id, int off,
                       struct souk_str why, struct souk_str actor, int64_t now)
{
    struct buf detail = {.arena = arena}, payload = {.arena = arena};
    struct souk_str subject = arena_printf(arena, "promotion:%.*s", SOUK_PRI(id));
    struct json *fact = json_new(arena, JSON_OBJECT), *note = json_new(arena, JSON_OBJECT);
    json_add_str(arena, fact, "id", id);
    json_add_bool(arena, fact, "off", off);
    json_add_str(arena, fact, "why", why);
    json_add_str(arena, fact, "actor", actor);
    json_add_str(arena, note, "why", why);
    json_print(&payload, fact);
    json_print(&detail, note);
    int code = audit_put(conn, actor, souk_str(off ? "promotion.off" : "promotion.on"), subject,
                         buf_str(&detail), now);
    if (code == SOUK_OK)
        code =
            outbox_put(conn, souk_str("promotion.switched"), subject, buf_str(&payload), now, NULL);
    return code;
}

/* Is it off now? *lasting: also when its file changes; the strikes of a script count for the
 * version that earned them. */
static int read_switch(struct db_conn *conn, struct souk_str id, const struct row *row, int *off,
                       int *lasting)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_promotion_list_switch, &rows, DB_TEXT(id)), &rows);
    *off = row->declared_off;
    *lasting = 1;
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    struct souk_str hash = db_text(&rows, 1);
    *lasting = !hash.len;
    if (*lasting || souk_str_equal(hash, row->hash))
        *off = db_int(&rows, 0) != 0;
    db_close(&rows);
    return SOUK_OK;
}

int promotion_switch(struct db_conn *conn, struct souk_str id, int off, struct souk_str why,
                     struct souk_str actor, int64_t now, struct err *err)
{
    struct arena arena = {0};
    struct promo_live *live = promo_live_pin();
    struct row row = {.hash = souk_str("")};
    int before = 0, lasting = 1;
    int code = check_switch(&arena, live->set, id, &row, err);
    if (code == SOUK_OK)
        code = read_switch(conn, id, &row, &before, &lasting);
    promo_live_unpin(live);
    if (code == SOUK_OK && (before != (off != 0) || !lasting)) {
        why = why.ptr ? why : souk_str("");
        code = write_row(conn, id, off != 0, row.declared_off, why, actor, now);
        if (code == SOUK_OK)
            code = tell_switch(conn, &arena, id, off, why, actor, now);
    }
    arena_free(&arena);
    return code && !err->text[0] ? err_set(err, code, "it cannot be switched: %s", db_error(conn))
                                 : code;
}

struct switching { /* one write */
    struct souk_str id, why, actor;
    int off;
    int64_t now;
    struct err err;
};

static int write_switch(struct db_conn *conn, void *arg)
{
    struct switching *it = arg;
    it->err = (struct err){0};
    return promotion_switch(conn, it->id, it->off, it->why, it->actor, it->now, &it->err);
}

int promotion_switch_now(struct db *db, struct souk_str id, int off, struct souk_str why,
                         struct souk_str actor, int64_t now, struct err *err)
{
    struct switching it = {.id = id, .off = off, .why = why, .actor = actor, .now = now};
    struct arena arena = {0};
    struct json *report;
    struct err broken = {0};
    int code = db_write(db, write_switch, &it, err);
    if (code == SOUK_OK)
        promotion_reload(&arena, &report, &broken); /* broken files are told where they are asked */
    else if (it.err.text[0])
        *err = it.err;
    arena_free(&arena);
    return code;
}
