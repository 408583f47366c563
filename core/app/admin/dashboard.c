/*
 * dashboard.c: the overview: how the shop sells, what waits for somebody, and what there is.
 * Plugins add to it through the slot "admin.dashboard".
 *
 * Days are days of UTC. Takings are what was ordered and not cancelled, less what was paid back, in
 * the currency of the shop, on the day of the order. One range of an index answers for the last
 * thirty days whatever is shown of them.
 */
#include "app/admin.sql.h"
#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "app/admin_order.sql.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "bridge/bridge.h"
#include "shop/market.h"

#define DAYS 30
#define LOOK 50000 /* views of goods that conversion is counted over, at most */

/* ---- how it sells ---- */

struct day {
    int64_t takings, orders;
};

struct span {
    const char *label;
    int days;
};
static const struct span spans[] = {{"Today", 1}, {"7 days", 7}, {"30 days", DAYS}};

struct figures {
    struct day days[DAYS]; /* the last one is today */
    int64_t buyers[3], fresh[3];
    int64_t today; /* days since 1970 */
};

static int read_figures(struct request *request, struct db_conn *conn, struct figures *figures)
{
    struct db_rows rows;
    int64_t first = (figures->today - DAYS + 1) * CLOCK_DAY;
    int code =
        db_query(conn, &sql_admin_takings, &rows, DB_INT(first), DB_CSTR(market_shop()->currency));
    (void)request;
    while (!code && (code = db_next(&rows)) == 1) {
        int64_t at = db_int(&rows, 0) - (figures->today - DAYS + 1);
        if (at >= 0 && at < DAYS)
            figures->days[at] = (struct day){db_int(&rows, 1), db_int(&rows, 2)};
        code = 0;
    }
    if (!code)
        code = db_first(db_query(conn, &sql_admin_buyers, &rows, DB_INT(figures->today * CLOCK_DAY),
                                 DB_INT((figures->today - 6) * CLOCK_DAY), DB_INT(first)),
                        &rows);
    for (int i = 0; !code && i < 3; i++) {
        figures->buyers[i] = db_int(&rows, 2 * i);
        figures->fresh[i] = db_int(&rows, 2 * i + 1);
    }
    if (!code)
        db_close(&rows);
    return code;
}

static void add_spans(struct request *request, const struct figures *figures, struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *list = json_add(arena, view, "spans", JSON_ARRAY);
    for (int i = 0; i < 3; i++) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        int64_t takings = 0, orders = 0;
        for (int d = DAYS - spans[i].days; d < DAYS; d++) {
            takings += figures->days[d].takings;
            orders += figures->days[d].orders;
        }
        json_add_str(arena, row, "label", site_words(request, "souk", spans[i].label));
        json_add_int(arena, row, "takings", takings);
        json_add_int(arena, row, "orders", orders);
        if (orders)
            json_add_int(arena, row, "average", (takings + orders / 2) / orders);
        json_add_int(arena, row, "buyers_new", figures->fresh[i]);
        json_add_int(arena, row, "buyers_again", figures->buyers[i] - figures->fresh[i]);
    }
}

/* Of those who looked at goods in the last seven days, how many ordered; nothing when they are too
 * many to be counted on the way. */
static int add_conversion(struct request *request, struct db_conn *conn,
                          const struct figures *figures, struct json *view)
{
    struct arena *arena = &request->arena;
    struct db_rows rows;
    int64_t since = (figures->today - 6) * CLOCK_DAY, orders = 0;
    int code =
        db_first(db_query(conn, &sql_admin_lookers, &rows, DB_INT(since), DB_INT(LOOK)), &rows);
    if (code)
        return code;
    int64_t lookers = db_int(&rows, 0), views = db_int(&rows, 1);
    db_close(&rows);
    for (int d = DAYS - 7; d < DAYS; d++)
        orders += figures->days[d].orders;
    if (lookers == 0 || views >= LOOK)
        return SOUK_OK;
    int64_t mille = orders * 1000 / lookers;
    struct json *row = json_add(arena, view, "conversion", JSON_OBJECT);
    json_add_int(arena, row, "visitors", lookers);
    json_add_int(arena, row, "orders", orders);
    json_add_str(
        arena, row, "percent",
        arena_printf(arena, "%lld.%lld", (long long)(mille / 10), (long long)(mille % 10)));
    return SOUK_OK;
}

/* ---- the chart ---- */

#define CHART_HEIGHT 120
#define CHART_STEP   20
#define CHART_BAR    14

/* A bar for each day; the numbers stand in a table below it, for everybody. */
static void add_chart(struct request *request, const struct figures *figures, struct json *view)
{
    struct arena *arena = &request->arena;
    struct json *chart = json_add(arena, view, "chart", JSON_OBJECT);
    struct json *bars = json_add(arena, chart, "bars", JSON_ARRAY);
    int64_t most = 0, total = 0;
    for (int d = 0; d < DAYS; d++) {
        most = figures->days[d].takings > most ? figures->days[d].takings : most;
        total += figures->days[d].takings;
    }
    json_add_int(arena, chart, "width", DAYS * CHART_STEP);
    json_add_int(arena, chart, "height", CHART_HEIGHT);
    json_add_int(arena, chart, "most", most);
    json_add_int(arena, chart, "total", total);
    for (int d = 0; d < DAYS; d++) {
        const struct day *day = &figures->days[d];
        struct json *bar = json_add(arena, bars, NULL, JSON_OBJECT);
        int64_t height = most > 0 && day->takings > 0
                             ? (int64_t)((__int128)day->takings * (CHART_HEIGHT - 4) / most) + 2
                             : 1;
        json_add_int(arena, bar, "x", d * CHART_STEP + (CHART_STEP - CHART_BAR) / 2);
        json_add_int(arena, bar, "y", CHART_HEIGHT - height);
        json_add_int(arena, bar, "w", CHART_BAR);
        json_add_int(arena, bar, "h", height);
        json_add_int(arena, bar, "at", (figures->today - DAYS + 1 + d) * CLOCK_DAY);
        json_add_int(arena, bar, "takings", day->takings);
        json_add_int(arena, bar, "orders", day->orders);
    }
}

/* ---- what waits, and what there is ---- */

struct card {
    const char *label, *url, *right;
    int column; /* of the counts; -1: quarantined plugins */
};

static const struct card waiting[] = {
    {"Orders to confirm", "/admin/orders?work=confirm", "order.read", 0},
    {"Orders to pack", "/admin/orders?work=pack", "order.read", 1},
    {"Parcels to hand over", "/admin/shipments?work=send", "order.read", 2},
    {"Payments to match", "/admin/match", "order.read", 3},
    {"Returns to decide", "/admin/returns?work=decide", "order.read", 4},
    {"Returns under way", "/admin/returns", "order.read", 5},
    {"Messages that failed", "/admin/orders?work=message", "order.read", 6},
    {"Variants low in stock", "/admin/products?availability=low", "product.read", 7},
};

static const struct card cards[] = {
    {"Variants out of stock", "/admin/products?availability=out", "product.read", 2},
    {"Open inquiries", "/admin/inquiries?done=0", "inquiry.read", 4},
    {"Failed jobs", "/admin/jobs?state=dead", "job.read", 5},
    {"Plugins in quarantine", "/admin/plugins", "plugin.read", -1},
    {"Products in the shop", "/admin/products?status=active", "product.read", 0},
    {"Drafts", "/admin/products?status=draft", "product.read", 1},
    {"People", "/admin/people", "person.read", 3},
};

#define COUNTS 8

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

static int add_cards(struct request *request, struct json *list,
                     const struct db_statement *statement, const struct card *rows_of, size_t count)
{
    struct arena *arena = &request->arena;
    struct db_rows rows;
    int64_t counts[COUNTS] = {0};
    int code = db_first(db_query(request_conn(request), statement, &rows), &rows);
    if (code)
        return code;
    for (int i = 0; i < rows.columns && i < COUNTS; i++)
        counts[i] = db_int(&rows, i);
    db_close(&rows);
    for (size_t i = 0; i < count; i++) {
        if (!admin_may(request, rows_of[i].right))
            continue;
        struct json *card = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, card, "label", rows_of[i].label);
        json_add_cstr(arena, card, "url", rows_of[i].url);
        json_add_int(arena, card, "count",
                     rows_of[i].column < 0 ? quarantined(request) : counts[rows_of[i].column]);
    }
    return SOUK_OK;
}

static int add_sales(struct request *request, struct db_conn *conn, struct json *view)
{
    struct figures *figures = arena_new(&request->arena, struct figures);
    figures->today = request->now / CLOCK_DAY;
    int code = read_figures(request, conn, figures);
    if (!code)
        code = add_conversion(request, conn, figures, view);
    if (code)
        return code;
    add_spans(request, figures, view);
    add_chart(request, figures, view);
    return SOUK_OK;
}

int dashboard_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct db_conn *conn = request_conn(request);
    if (!conn)
        return SOUK_UNAVAILABLE;
    int code = admin_may(request, "order.read") ? add_sales(request, conn, view) : SOUK_OK;
    if (!code)
        code = add_cards(request, json_add(arena, view, "waiting", JSON_ARRAY), &sql_admin_waiting,
                         waiting, sizeof waiting / sizeof *waiting);
    if (!code)
        code = add_cards(request, json_add(arena, view, "cards", JSON_ARRAY), &sql_admin_counts,
                         cards, sizeof cards / sizeof *cards);
    return code ? code : admin_render(request, "admin/dashboard", 200, "Overview", view);
}
