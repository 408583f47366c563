/*
 * product_price.c: the prices of a product's variants. A row is known by its list, least quantity
 * and beginning; a document's list replaces all rows of the variant, but only what differs is
 * written.
 */
#include "base/clock.h"
#include "base/rand.h"
#include "shop/price.h"
#include "shop/product_edit.h"
#include "shop/product_price.sql.h"
#include "shop/tax.h"

static int64_t price_column(struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? EDIT_NULL : db_int(rows, column);
}

int edit_prices_load(struct product_edit *edit)
{
    struct db_rows rows;
    int at = 0;
    int code = db_query(edit->conn, &sql_product_price_load, &rows, DB_INT(edit->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        code = 0;
        while (at < edit->present_count && edit->variants[at].id != db_int(&rows, 0))
            at++;
        if (at == edit->present_count)
            continue;
        struct edit_price *price = arena_new(edit->arena, struct edit_price);
        *price = (struct edit_price){.next = edit->variants[at].prices,
                                     .id = db_int(&rows, 1),
                                     .list_id = db_int(&rows, 2),
                                     .min_quantity = db_int(&rows, 3),
                                     .amount = db_int(&rows, 4),
                                     .compare_at = price_column(&rows, 5),
                                     .from = price_column(&rows, 6),
                                     .until = price_column(&rows, 7)};
        edit->variants[at].prices = price;
    }
    return code;
}

int edit_code(struct product_edit *edit, int list, struct souk_str code, const char *pointer,
              int64_t *id)
{
    for (int i = 0; i < edit->code_count; i++) {
        if (edit->codes[i].list == list && souk_str_equal(edit->codes[i].code, code)) {
            *id = edit->codes[i].id;
            return 0;
        }
    }
    int found =
        list ? price_list_find(edit->conn, code, id) : tax_class_find(edit->conn, code, 0, id);
    if (found == SOUK_NOT_FOUND)
        return edit_refuse(edit, SOUK_INVALID, pointer,
                           list ? "there is no price list %.*s; make it first"
                                : "there is no tax class %.*s; there are standard, reduced, zero "
                                  "and those of the shop's own",
                           SOUK_PRI(code));
    if (found == 0 && list && price_is_shelf(*id))
        return edit_refuse(edit, SOUK_INVALID, pointer,
                           "prices of this list are made from the promotions; use another list");
    if (found == 0 && edit->code_count < 16)
        edit->codes[edit->code_count++] = (struct edit_code){code, *id, list};
    return edit_failed(edit, found);
}

static int price_is(const struct edit_price *a, const struct edit_price *b)
{
    return a->list_id == b->list_id && a->min_quantity == b->min_quantity &&
           (a->from == EDIT_NULL ? 0 : a->from) == (b->from == EDIT_NULL ? 0 : b->from);
}

int edit_prices_check(struct product_edit *edit, struct edit_variant *variant)
{
    int at = 0;
    json_each(item, json_at(variant->doc, "prices"))
    {
        struct souk_str list = json_text(json_at(&item->value, "list"));
        struct edit_price *price = arena_new(edit->arena, struct edit_price);
        price->amount = json_int(json_at(&item->value, "amount"), 0);
        price->compare_at = json_int(json_at(&item->value, "compare_at"), EDIT_NULL);
        price->min_quantity = json_int(json_at(&item->value, "min_quantity"), 1);
        edit_check_time(edit, json_at(&item->value, "from"), "", &price->from);
        edit_check_time(edit, json_at(&item->value, "until"), "", &price->until);
        int code = edit_code(edit, 1, list.len ? list : souk_str("base"),
                             edit_at(edit, "/variants/%d/prices/%d/list", variant->place, at),
                             &price->list_id);
        if (code != 0)
            return code;
        for (struct edit_price *other = variant->wished; other; other = other->next)
            if (price_is(other, price))
                return edit_refuse(
                    edit, SOUK_INVALID, edit_at(edit, "/variants/%d/prices/%d", variant->place, at),
                    "a second price in the same list from the same quantity and date on");
        price->next = variant->wished;
        variant->wished = price;
        at++;
    }
    return 0;
}

static struct db_arg price_arg(int64_t number)
{
    return number == EDIT_NULL ? DB_NULL : DB_INT(number);
}

static int price_put(struct product_edit *edit, struct edit_variant *variant,
                     const struct edit_price *wish, int *changed)
{
    struct edit_price *now = variant->prices;
    while (now && !price_is(now, wish))
        now = now->next;
    if (!now) {
        *changed = 1;
        return db_run(edit->conn, &sql_product_price_insert, NULL, DB_INT(id_next()),
                      DB_INT(variant->id), DB_INT(wish->list_id), DB_INT(wish->min_quantity),
                      DB_INT(wish->amount), price_arg(wish->compare_at), price_arg(wish->from),
                      price_arg(wish->until));
    }
    now->kept = 1;
    if (now->amount == wish->amount && now->compare_at == wish->compare_at &&
        now->until == wish->until)
        return 0;
    *changed = 1;
    return db_run(edit->conn, &sql_product_price_update, NULL, DB_INT(now->id),
                  DB_INT(wish->amount), price_arg(wish->compare_at), price_arg(wish->until));
}

int edit_prices_write(struct product_edit *edit, struct edit_variant *variant, int *changed)
{
    int code = 0;
    *changed = 0;
    if (!json_at(variant->doc, "prices"))
        return 0;
    for (struct edit_price *wish = variant->wished; wish && code == 0; wish = wish->next)
        code = price_put(edit, variant, wish, changed);
    for (struct edit_price *now = variant->prices; now && code == 0; now = now->next) {
        if (now->kept)
            continue;
        *changed = 1;
        code = db_run(edit->conn, &sql_product_price_delete, NULL, DB_INT(now->id));
    }
    return code == 0 && *changed ? price_note(edit->conn, variant->id, edit->now) : code;
}
