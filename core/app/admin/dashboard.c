/*
 * dashboard.c: the overview: what there is and what waits for somebody. Plugins add to it through
 * the slot "admin.dashboard".
 */
#include "app/admin.sql.h"
#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "app/shop_state.h"

struct card {
    const char *label, *url, *right;
    int column; /* of the counts; -1: quarantined plugins */
};

static const struct card cards[] = {
    {"Products in the shop", "/admin/products?status=active", "product.read", 0},
    {"Drafts", "/admin/products?status=draft", "product.read", 1},
    {"Variants out of stock", "/admin/products?availability=out", "product.read", 2},
    {"People", "/admin/people", "person.read", 3},
    {"Open inquiries", "/admin/inquiries?done=0", "inquiry.read", 4},
    {"Failed jobs", "/admin/jobs?state=dead", "job.read", 5},
    {"Plugins in quarantine", "/admin/plugins", "plugin.read", -1},
};

static int64_t quarantined(struct request *request)
{
    int64_t count = 0;
    struct json *items = json_new(&request->arena, JSON_ARRAY);
    switch_list(shop_current()->host, &request->arena, items);
    json_each(item, items)
    {
        struct souk_str state = json_text(json_at(&item->value, "state"));
        count += souk_str_is(state, "quarantined") || souk_str_is(state, "failed");
    }
    return count;
}

int dashboard_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *list = json_add(arena, view, "cards", JSON_ARRAY);
    struct db_rows rows;
    int64_t counts[6] = {0};
    int code = db_query(request_conn(request), &sql_admin_counts, &rows);
    if (!code && (code = db_next(&rows)) == 1) {
        for (int i = 0; i < 6; i++)
            counts[i] = db_int(&rows, i);
        db_close(&rows);
        code = 0;
    }
    if (code)
        return code;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        if (!admin_may(request, cards[i].right))
            continue;
        struct json *card = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, card, "label", cards[i].label);
        json_add_cstr(arena, card, "url", cards[i].url);
        json_add_int(arena, card, "count",
                     cards[i].column < 0 ? quarantined(request) : counts[cards[i].column]);
    }
    return admin_render(request, "admin/dashboard", 200, "Overview", view);
}
