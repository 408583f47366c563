/*
 * promo_shelf.c: the shelves: what catalogue promotions make of prices stands in price lists, like
 * any other price. So whoever shows or takes a price (a list, a page, JSON-LD, a feed, a cart) sees
 * the same one at the same second, sorted and filtered, and nobody has to ask a rule.
 *
 * The idea: the lists are kept equal to what the rules say, over all their time. When rules or
 * price lists changed, all variants are walked, a few hundred in a write, in the order of their
 * ids; when only products changed, those alone, in the order of the catalogue's changes. How far it
 * got stands in promo_shelf, so a restart goes on there. What is right already is not written. A
 * product that is saved has its shelf in the same write; what changes it from outside (the tree of
 * categories, rules of categories) is followed.
 *
 * There is one list for everybody, and one for each group and channel that ordinary lists have
 * (both, and each of their pairs): whoever has prices of their own gets their own prices reduced.
 * Prices in other currencies stay as they are.
 */
#include "shop/promo_shelf.h"

#include "base/rand.h"
#include "base/str.h"
#include "shop/catalogue.h"
#include "shop/promo_engine.h"
#include "shop/promo_shelf.sql.h"
#include "store/digest.h"

#define PIECE    200 /* variants in a write */
#define PRODUCTS 60  /* changed ones that are looked at in a write */
#define CLASSES  16  /* tax classes that are remembered */

struct shelf {
    struct db_conn *conn;
    struct arena *arena;
    const struct promo_set *set;
    int64_t now;
    struct err *err;
    struct shelf_lists lists;
    /* promo_shelf's row, and the catalogue's version */
    struct souk_str hash, wanted;
    int64_t version, walk_version, cursor, catalogue;
    struct souk_str target;            /* what `hash` ought to be */
    struct shelf_prices prices;        /* ordinary and shelves', of the variants of this piece */
    struct json *put, *drop, *changed; /* rows; ids; products */
    int64_t classes[CLASSES];
    struct tax_rates rates[CLASSES];
    int class_count;
};

static struct souk_str text_of(struct shelf *shelf, const struct json *list)
{
    struct buf out = {.arena = shelf->arena};
    json_print(&out, list);
    return buf_str(&out);
}

/* ---- what it rests on ---- */

static int read_lists(struct shelf *shelf)
{
    const char *own = market_shop()->currency;
    struct db_rows rows;
    size_t cap = 0;
    int code = db_query(shelf->conn, &sql_promo_shelf_lists, &rows);
    shelf->lists = (struct shelf_lists){0};
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        if (shelf->lists.count == cap) {
            cap = cap ? cap * 2 : 16;
            struct shelf_list *more = arena_array(shelf->arena, struct shelf_list, cap);
            if (shelf->lists.count)
                memcpy(more, shelf->lists.at, shelf->lists.count * sizeof *more);
            shelf->lists.at = more;
        }
        struct souk_str currency = db_text(&rows, 2);
        struct shelf_list *list = &shelf->lists.at[shelf->lists.count++];
        *list = (struct shelf_list){.id = db_int(&rows, 0),
                                    .priority = db_int(&rows, 1),
                                    .usable = (!currency.len || souk_str_is(currency, own)) &&
                                              !price_is_shelf(db_int(&rows, 0)),
                                    .group = arena_str(shelf->arena, db_text(&rows, 3)),
                                    .channel = arena_str(shelf->arena, db_text(&rows, 4)),
                                    .from = db_int(&rows, 5),
                                    .until = db_is_null(&rows, 6) ? INT64_MAX : db_int(&rows, 6)};
        code = SOUK_OK;
    }
    return code;
}

/* "" when no promotion is for the shelves. */
static void make_target(struct shelf *shelf)
{
    struct buf text = {.arena = shelf->arena};
    unsigned char digest[DIGEST_LEN];
    for (size_t i = 0; i < shelf->set->catalogue_count; i++) {
        const struct promo *promo = &shelf->set->catalogue[i];
        if (promo->enabled && promo_is_shelved(promo))
            buf_printf(&text, "%.*s %.*s\n", SOUK_PRI(promo->id), SOUK_PRI(promo->hash));
    }
    shelf->target = souk_str("");
    if (!text.len)
        return;
    buf_printf(&text, "margin %lld\n", (long long)market_shop()->min_margin_ppm);
    for (size_t i = 0; i < shelf->lists.count; i++) {
        const struct shelf_list *list = &shelf->lists.at[i];
        if (list->usable)
            buf_printf(&text, "%lld %lld %lld %lld \"%.*s\" \"%.*s\"\n", (long long)list->id,
                       (long long)list->priority, (long long)list->from, (long long)list->until,
                       SOUK_PRI(list->group), SOUK_PRI(list->channel));
    }
    const struct souk_str piece = buf_str(&text);
    struct buf hex = {.arena = shelf->arena};
    digest_pieces(digest, &piece, 1);
    for (int i = 0; i < 16; i++)
        buf_printf(&hex, "%02x", digest[i]);
    shelf->target = buf_str(&hex);
}

static int read_state(struct shelf *shelf)
{
    struct db_rows rows;
    int code = db_first(db_query(shelf->conn, &sql_promo_shelf_state, &rows), &rows);
    if (code != SOUK_OK)
        return code;
    shelf->hash = arena_str(shelf->arena, db_text(&rows, 0));
    shelf->version = db_int(&rows, 1);
    shelf->wanted = arena_str(shelf->arena, db_text(&rows, 2));
    shelf->walk_version = db_int(&rows, 3);
    shelf->cursor = db_int(&rows, 4);
    shelf->catalogue = db_int(&rows, 5);
    db_close(&rows);
    if ((code = read_lists(shelf)) == SOUK_OK)
        make_target(shelf);
    return code;
}

static int write_state(struct shelf *shelf)
{
    return db_run(shelf->conn, &sql_promo_shelf_state_set, NULL, DB_TEXT(shelf->hash),
                  DB_INT(shelf->version), DB_TEXT(shelf->wanted), DB_INT(shelf->walk_version),
                  DB_INT(shelf->cursor));
}

/* ---- one list for each group and channel ---- */

struct names {
    struct souk_str at[PRICE_SHELF_LAST];
    size_t count;
};

static void add_name(struct names *names, struct souk_str name)
{
    for (size_t i = 0; i < names->count; i++)
        if (souk_str_equal(names->at[i], name))
            return;
    if (names->count < PRICE_SHELF_LAST)
        names->at[names->count++] = name;
}

static int64_t free_id(const struct shelf *shelf, struct souk_str group, struct souk_str channel)
{
    int64_t id = PRICE_PROMOTION_LIST;
    for (size_t i = 0; i < shelf->lists.count; i++) { /* in the order of ids */
        const struct shelf_list *list = &shelf->lists.at[i];
        if (!price_is_shelf(list->id))
            continue;
        if (souk_str_equal(list->group, group) && souk_str_equal(list->channel, channel))
            return 0;
        if (list->id == id)
            id++;
    }
    return id <= PRICE_SHELF_LAST ? id : 0;
}

static int make_list(struct shelf *shelf, struct souk_str group, struct souk_str channel)
{
    int64_t id = free_id(shelf, group, channel);
    if (!id)
        return SOUK_OK;
    int code = db_run(shelf->conn, &sql_promo_shelf_list_put, NULL, DB_INT(id),
                      DB_TEXT(arena_printf(shelf->arena, "promotion:%.*s:%.*s", SOUK_PRI(group),
                                           SOUK_PRI(channel))),
                      DB_TEXT(group), DB_TEXT(channel),
                      DB_INT(PRICE_SHELF_PRIORITY + (group.len ? 2 : 0) + (channel.len ? 1 : 0)));
    return code ? code : read_lists(shelf);
}

static int make_lists(struct shelf *shelf)
{
    struct names groups = {.count = 1}, channels = {.count = 1};
    int code = SOUK_OK;
    groups.at[0] = channels.at[0] = souk_str("");
    for (size_t i = 0; i < shelf->lists.count; i++)
        if (shelf->lists.at[i].usable) {
            add_name(&groups, shelf->lists.at[i].group);
            add_name(&channels, shelf->lists.at[i].channel);
        }
    for (size_t g = 0; code == SOUK_OK && g < groups.count; g++)
        for (size_t c = 0; code == SOUK_OK && c < channels.count; c++)
            code = make_list(shelf, groups.at[g], channels.at[c]);
    return code;
}

/* ---- a few variants ---- */

static int read_prices(struct shelf *shelf, struct souk_str ids)
{
    struct db_rows rows;
    int code = db_query(shelf->conn, &sql_promo_shelf_prices, &rows, DB_TEXT(ids));
    shelf->prices = (struct shelf_prices){0};
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct shelf_price price = {.variant_id = db_int(&rows, 0),
                                    .id = db_int(&rows, 1),
                                    .list_id = db_int(&rows, 2),
                                    .min_quantity = db_int(&rows, 3),
                                    .amount = db_int(&rows, 4),
                                    .compare_at = db_int(&rows, 5),
                                    .from = db_int(&rows, 6),
                                    .until = db_is_null(&rows, 7) ? INT64_MAX : db_int(&rows, 7)};
        shelf_price_add(shelf->arena, &shelf->prices, &price);
        code = SOUK_OK;
    }
    return code;
}

/* Rates matter to the lowest price alone: that of a known cost with its margin. */
static int find_rates(struct shelf *shelf, int64_t class_id, struct quote_line *line)
{
    struct market market = market_at(NULL, shelf->now);
    if (market_shop()->min_margin_ppm < 0 || line->cost < 0 || !class_id)
        return SOUK_OK;
    for (int i = 0; i < shelf->class_count; i++)
        if (shelf->classes[i] == class_id) {
            line->rates = shelf->rates[i];
            return SOUK_OK;
        }
    int code = tax_rates(shelf->conn, class_id, &market, &line->rates);
    if (code == SOUK_OK && shelf->class_count < CLASSES) {
        shelf->classes[shelf->class_count] = class_id;
        shelf->rates[shelf->class_count++] = line->rates;
    }
    return code;
}

static void split_categories(struct arena *arena, struct souk_str keys, struct quote_line *line)
{
    struct souk_str part;
    size_t count = 1;
    for (size_t i = 0; i < keys.len; i++)
        count += keys.ptr[i] == ',';
    struct souk_str *list = arena_array(arena, struct souk_str, count);
    line->categories = list;
    while (keys.len && line->category_count < count && str_split(&keys, ',', &part))
        list[line->category_count++] = part;
}

static void read_line(struct shelf *shelf, struct db_rows *rows, struct quote_line *line)
{
    *line = (struct quote_line){.variant_id = db_int(rows, 0),
                                .product_id = db_int(rows, 1),
                                .sku = arena_str(shelf->arena, db_text(rows, 2)),
                                .product = arena_str(shelf->arena, db_text(rows, 3)),
                                .cost = db_int(rows, 4),
                                .quantity = 1};
    split_categories(shelf->arena, arena_str(shelf->arena, db_text(rows, 6)), line);
}

static void add_end(struct arena *arena, struct json *row, int64_t number, int64_t none)
{
    if (number == none)
        json_add_null(arena, row, NULL);
    else
        json_add_int(arena, row, NULL, number);
}

static void want_row(struct shelf *shelf, const struct shelf_price *price)
{
    struct json *row = json_add(shelf->arena, shelf->put, NULL, JSON_ARRAY);
    json_add_int(shelf->arena, row, NULL, id_next());
    json_add_int(shelf->arena, row, NULL, price->variant_id);
    json_add_int(shelf->arena, row, NULL, price->list_id);
    json_add_int(shelf->arena, row, NULL, price->min_quantity);
    json_add_int(shelf->arena, row, NULL, price->amount);
    add_end(shelf->arena, row, price->compare_at, 0);
    add_end(shelf->arena, row, price->from, 0);
    add_end(shelf->arena, row, price->until, INT64_MAX);
}

static int is_same(const struct shelf_price *a, const struct shelf_price *b)
{
    return a->list_id == b->list_id && a->min_quantity == b->min_quantity &&
           a->amount == b->amount && a->compare_at == b->compare_at && a->from == b->from &&
           a->until == b->until;
}

/* What is there and what ought to be: only the difference is written. *differs: there is one. */
static void compare(struct shelf *shelf, struct shelf_price *now, size_t count,
                    const struct shelf_prices *wanted, int *differs)
{
    for (size_t w = 0; w < wanted->count; w++) {
        int there = 0;
        for (size_t i = 0; i < count && !there; i++)
            if (!now[i].kept && is_same(&now[i], &wanted->at[w]))
                there = now[i].kept = 1;
        if (!there)
            want_row(shelf, &wanted->at[w]);
        *differs |= !there;
    }
    for (size_t i = 0; i < count; i++)
        if (price_is_shelf(now[i].list_id) && !now[i].kept) {
            json_add_int(shelf->arena, shelf->drop, NULL, now[i].id);
            *differs = 1;
        }
}

static int shelve(struct shelf *shelf, struct quote_line *line, int *differs)
{
    struct shelf_prices wanted = {0};
    struct shelf_price *first = NULL;
    size_t count = 0, ordinary = 0;
    for (size_t i = 0; i < shelf->prices.count; i++) /* those of a variant stand together */
        if (shelf->prices.at[i].variant_id == line->variant_id) {
            if (!count)
                first = &shelf->prices.at[i];
            count++;
        }
    struct shelf_price *rows = arena_array(shelf->arena, struct shelf_price, count + 1);
    for (size_t i = 0; i < count; i++)
        if (!price_is_shelf(first[i].list_id))
            rows[ordinary++] = first[i];
    shelf_rows_make(shelf->arena, shelf->set, &shelf->lists, line, rows, ordinary, shelf->now,
                    &wanted);
    compare(shelf, first, count, &wanted, differs);
    return SOUK_OK;
}

/* Rows first, then the history of those prices, then whoever keeps products in memory. */
static int write_rows(struct shelf *shelf, const struct json *noted)
{
    int code = SOUK_OK;
    if (shelf->drop->count)
        code =
            db_run(shelf->conn, &sql_promo_shelf_drop, NULL, DB_TEXT(text_of(shelf, shelf->drop)));
    if (code == SOUK_OK && shelf->put->count)
        code = db_run(shelf->conn, &sql_promo_shelf_put, NULL, DB_TEXT(text_of(shelf, shelf->put)));
    for (const struct json_item *item = json_first(noted); item && code == SOUK_OK;
         item = item->next)
        code = price_note(shelf->conn, item->value.number, shelf->now);
    if (code != SOUK_OK || !shelf->changed->count)
        return code;
    int behind = shelf->version == shelf->catalogue,
        walks = shelf->walk_version == shelf->catalogue;
    if ((code = catalogue_bump(shelf->conn, 0)) == SOUK_OK)
        code = catalogue_bump_products(shelf->conn, text_of(shelf, shelf->changed));
    shelf->catalogue++;
    if (behind) /* nobody else's change is between: our own need not be looked at */
        shelf->version = shelf->catalogue;
    if (walks)
        shelf->walk_version = shelf->catalogue;
    for (const struct json_item *item = json_first(shelf->changed); item; item = item->next)
        db_changed(shelf->conn, "product", item->value.number);
    return code;
}

static void add_once(struct arena *arena, struct json *list, int64_t number)
{
    if (!list->last || list->last->value.number != number)
        json_add_int(arena, list, NULL, number);
}

static int do_variants(struct shelf *shelf, const struct json *ids)
{
    struct souk_str text = text_of(shelf, ids);
    struct json *noted = json_new(shelf->arena, JSON_ARRAY);
    struct quote_line *lines = arena_array(shelf->arena, struct quote_line, ids->count + 1);
    int64_t *classes = arena_array(shelf->arena, int64_t, ids->count + 1);
    struct db_rows rows;
    size_t count = 0;
    shelf->put = json_new(shelf->arena, JSON_ARRAY);
    shelf->drop = json_new(shelf->arena, JSON_ARRAY);
    shelf->changed = json_new(shelf->arena, JSON_ARRAY);
    int code = read_prices(shelf, text);
    if (code == SOUK_OK)
        code = db_query(shelf->conn, &sql_promo_shelf_variants, &rows, DB_TEXT(text));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        classes[count] = db_int(&rows, 5);
        read_line(shelf, &rows, &lines[count++]);
        code = SOUK_OK;
    }
    for (size_t i = 0; code == SOUK_OK && i < count; i++) {
        int differs = 0;
        code = find_rates(shelf, classes[i], &lines[i]);
        if (code == SOUK_OK)
            code = shelve(shelf, &lines[i], &differs);
        if (!differs)
            continue;
        json_add_int(shelf->arena, noted, NULL, lines[i].variant_id);
        add_once(shelf->arena, shelf->changed, lines[i].product_id);
    }
    return code ? code : write_rows(shelf, noted);
}

/* ---- which ones ---- */

static int read_ids(struct shelf *shelf, const struct db_statement *statement,
                    const struct db_arg *args, int arg_count, struct json *ids)
{
    struct db_rows rows;
    int code = db_query_args(shelf->conn, statement, &rows, args, arg_count);
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        json_add_int(shelf->arena, ids, NULL, db_int(&rows, 0));
        code = SOUK_OK;
    }
    return code;
}

static int begin_walk(struct shelf *shelf, struct souk_str target)
{
    int code = target.len ? make_lists(shelf) : SOUK_OK;
    shelf->wanted = target.len ? target : souk_str("-");
    shelf->walk_version = shelf->catalogue;
    shelf->cursor = 0;
    return code;
}

/* Without promotions only those that have something to lose. */
static int walk(struct shelf *shelf)
{
    struct json *ids = json_new(shelf->arena, JSON_ARRAY);
    struct db_arg args[] = {DB_INT(shelf->cursor), DB_INT(PIECE)};
    int code = read_ids(shelf, shelf->target.len ? &sql_promo_shelf_all : &sql_promo_shelf_filled,
                        args, 2, ids);
    if (code != SOUK_OK)
        return code;
    if (ids->count) {
        shelf->cursor = ids->last->value.number;
        return do_variants(shelf, ids);
    }
    shelf->hash = shelf->target;
    shelf->version = shelf->walk_version;
    shelf->wanted = souk_str("");
    shelf->cursor = INT64_MAX;
    return SOUK_OK;
}

/* Products that changed, up to a border between two versions or the most that fit. */
static int follow(struct shelf *shelf)
{
    struct json *products = json_new(shelf->arena, JSON_ARRAY);
    struct json *ids = json_new(shelf->arena, JSON_ARRAY);
    int64_t version = shelf->version, cursor = shelf->cursor, named = 0;
    int64_t before = shelf->catalogue;
    struct db_rows rows;
    int code = db_get_int(shelf->conn, &sql_promo_shelf_gap, &named, DB_INT(shelf->version),
                          DB_INT(shelf->catalogue));
    if (code == SOUK_OK && named < shelf->catalogue - shelf->version)
        return begin_walk(shelf, shelf->target);
    if (code == SOUK_OK)
        code = db_query(shelf->conn, &sql_promo_shelf_changes, &rows, DB_INT(version),
                        DB_INT(cursor), DB_INT(PRODUCTS));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        version = db_int(&rows, 0);
        cursor = db_int(&rows, 1);
        json_add_int(shelf->arena, products, NULL, cursor);
        code = SOUK_OK;
    }
    int whole = products->count < PRODUCTS;
    if (code == SOUK_OK && products->count) {
        struct db_arg arg = DB_TEXT(text_of(shelf, products));
        code = read_ids(shelf, &sql_promo_shelf_of_products, &arg, 1, ids);
    }
    if (code == SOUK_OK && whole) { /* then our own change, if any, comes right after it */
        shelf->version = before;
        shelf->cursor = INT64_MAX;
    }
    if (code == SOUK_OK && ids->count)
        code = do_variants(shelf, ids);
    if (code == SOUK_OK && !whole) {
        shelf->version = version;
        shelf->cursor = cursor;
    }
    return code;
}

static int is_behind(const struct shelf *shelf)
{
    return shelf->wanted.len || !souk_str_equal(shelf->hash, shelf->target) ||
           (shelf->target.len && shelf->version < shelf->catalogue);
}

int promo_shelf_waits(struct db_conn *conn, struct arena *arena, const struct promo_set *set)
{
    struct shelf shelf = {.conn = conn, .arena = arena, .set = set};
    return read_state(&shelf) == SOUK_OK && is_behind(&shelf);
}

int promo_shelf_follow(struct db_conn *conn, const struct promo_set *set, int64_t product_id,
                       int64_t now)
{
    struct arena arena = {0};
    struct shelf shelf = {.conn = conn, .arena = &arena, .set = set, .now = now};
    int any = 0;
    for (size_t i = 0; i < set->catalogue_count; i++)
        any |= set->catalogue[i].enabled && promo_is_shelved(&set->catalogue[i]);
    if (!any)
        return SOUK_OK;
    int code = read_state(&shelf);
    if (code == SOUK_OK && !shelf.wanted.len && souk_str_equal(shelf.hash, shelf.target)) {
        struct json *ids = json_new(&arena, JSON_ARRAY), *products = json_new(&arena, JSON_ARRAY);
        json_add_int(&arena, products, NULL, product_id);
        struct db_arg arg = DB_TEXT(text_of(&shelf, products));
        code = read_ids(&shelf, &sql_promo_shelf_of_products, &arg, 1, ids);
        if (code == SOUK_OK && ids->count)
            code = do_variants(&shelf, ids);
    }
    arena_free(&arena);
    return code;
}

int promo_shelf_write(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                      int64_t now, int *more, struct err *err)
{
    struct shelf *shelf = arena_new(arena, struct shelf);
    *shelf = (struct shelf){.conn = conn, .arena = arena, .set = set, .now = now, .err = err};
    *more = 0;
    int code = read_state(shelf);
    if (code == SOUK_OK && is_behind(shelf)) {
        struct souk_str target = shelf->target.len ? shelf->target : souk_str("-");
        int stands = souk_str_equal(shelf->hash, shelf->target);
        if (!souk_str_equal(shelf->wanted, target) && (shelf->wanted.len || !stands))
            code = begin_walk(shelf, shelf->target);
        if (code == SOUK_OK)
            code = shelf->wanted.len ? walk(shelf) : follow(shelf);
        if (code == SOUK_OK)
            code = write_state(shelf);
        *more = is_behind(shelf);
    }
    if (code != SOUK_OK && err && !err->text[0])
        err_set(err, code, "prices of promotions cannot be written: %s", db_error(conn));
    return code;
}
