/*
 * promotion.c: the pages about rules: a list with state and result, and a page for each with its
 * source, its numbers, the switch and a dry run. Rules are written in files; here they are looked
 * at and switched.
 *
 * TASKs: scripts are asked, and a load holds the lock of what is reported.
 */
#include "app/admin/promotion.h"

#include "app/admin/route.h"
#include "app/promo_source.h"
#include "app/promotion.h"
#include "app/shop_state.h"
#include "base/str.h"
#include "bridge/bridge.h"
#include "shop/market.h"

#define WHY_MOST 300

static const char *const states[] = {"on", "off", "planned", "over", "used up", "broken", NULL};

/* ---- the list ---- */

static void add_states(struct arena *arena, struct json *view, struct souk_str chosen)
{
    struct json *list = json_add(arena, view, "states", JSON_ARRAY);
    for (int i = 0; states[i]; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, item, "value", states[i]);
        json_add_bool(arena, item, "chosen", souk_str_is(chosen, states[i]));
    }
}

/* What is left of a budget, and of uses. */
static void add_left(struct arena *arena, struct json *rule)
{
    const struct json *budget = json_at(rule, "budget"), *limit = json_at(rule, "limit");
    int64_t spent = json_int(json_at(rule, "spent"), 0), uses = json_int(json_at(rule, "uses"), 0);
    if (budget && budget->kind == JSON_INT)
        json_add_int(arena, rule, "budget_left",
                     budget->number > spent ? budget->number - spent : 0);
    if (limit && limit->kind == JSON_INT)
        json_add_int(arena, rule, "uses_left", limit->number > uses ? limit->number - uses : 0);
}

static int read_rules(struct request *request, struct json **rules, struct err *err)
{
    struct arena *arena = &request->arena;
    *rules = json_new(arena, JSON_ARRAY);
    int code = promotion_list(request_conn(request), arena, request->now, *rules, err);
    for (struct json_item *item = (*rules)->first; code == SOUK_OK && item; item = item->next)
        add_left(arena, &item->value);
    return code;
}

static struct json *in_state(struct arena *arena, const struct json *rules, struct souk_str state)
{
    struct json *chosen = json_new(arena, JSON_ARRAY);
    json_each(item, rules)
    {
        if (!state.len || souk_str_equal(json_text(json_at(&item->value, "state")), state))
            json_add_tree(arena, chosen, NULL, &item->value);
    }
    return chosen;
}

int promotion_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT), *rules, *report = promotion_report(arena);
    struct souk_str state = request_query(request, "state");
    struct err err = {0};
    int code = read_rules(request, &rules, &err);
    if (code != SOUK_OK)
        return code;
    json_add_tree(arena, view, "rules", in_state(arena, rules, state));
    json_add_int(arena, view, "all", rules->count);
    json_add_cstr(arena, view, "currency", market_shop()->currency);
    json_add_bool(arena, view, "edits", admin_may(request, "promotion.edit"));
    json_add_str(arena, view, "done", request_query(request, "done"));
    if (report)
        json_add_tree(arena, view, "report", report);
    add_states(arena, view, state);
    return admin_render(request, "admin/promotions", 200, "Promotions", view);
}

int promotion_read_again(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *report;
    struct err err = {0};
    int code = promotion_reload(&request->arena, &report, &err);
    return admin_redirect(request,
                          code ? "/admin/promotions#errors" : "/admin/promotions?done=read");
}

/* ---- one rule ---- */

static void add_line(struct arena *arena, struct json *lines, struct souk_str text, int number,
                     int first)
{
    struct json *line = json_add(arena, lines, NULL, JSON_OBJECT);
    json_add_int(arena, line, "number", number);
    json_add_str(arena, line, "text", text);
    json_add_bool(arena, line, "first", number == first);
}

/* The file as it stands now, by lines; nothing when it is gone. */
static void add_source(struct arena *arena, struct json *view, const struct json *rule)
{
    struct promo_sources sources = {.arena = arena};
    struct souk_str file = json_text(json_at(rule, "file")), rest = STR_NULL, line;
    struct json *lines = json_add(arena, view, "source", JSON_ARRAY);
    struct err ignored = {0};
    int number = 0, first = (int)json_int(json_at(rule, "line"), 0);
    if (!market_shop()->scripts ||
        promo_sources_shop(&sources, market_shop()->scripts, &ignored) != SOUK_OK)
        return;
    for (size_t i = 0; i < sources.count; i++)
        if (souk_str_equal(sources.at[i].path, file))
            rest = sources.at[i].text;
    while (str_split(&rest, '\n', &line))
        add_line(arena, lines, line, ++number, first);
}

static const struct json *find_rule(struct request *request, const struct json *rules)
{
    json_each(item, rules)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "id")), request_param(request, "id")))
            return &item->value;
    }
    return NULL;
}

static void add_typed(struct request *request, struct json *view,
                      const struct promotion_trial *trial)
{
    struct arena *arena = &request->arena;
    struct json *typed = json_add(arena, view, "typed", JSON_OBJECT);
    json_add_str(arena, typed, "order", trial->order);
    json_add_str(arena, typed, "cart", trial->cart);
    json_add_str(arena, typed, "goods", trial->goods);
    json_add_str(arena, typed, "codes", trial->codes);
    json_add_str(arena, typed, "at", trial->at);
    json_add_str(arena, typed, "why", request_form(request, "why"));
}

static void add_trial(struct request *request, struct json *view,
                      const struct promotion_trial *trial)
{
    struct souk_str link;
    struct err err = {0};
    int code = promotion_trial_run(request, trial, view, &err);
    if (code != SOUK_OK)
        json_add_str(&request->arena, view, "wrong",
                     arena_str(&request->arena,
                               souk_str(err.text[0] ? err.text : "that could not be tried")));
    else if (promotion_preview_link(request, trial, &link) == SOUK_OK)
        json_add_str(&request->arena, view, "preview", link);
}

static int show(struct request *request, int status, struct souk_str problem)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT), *rules;
    struct promotion_trial trial;
    struct err err = {0};
    int code = read_rules(request, &rules, &err);
    if (code != SOUK_OK)
        return code;
    const struct json *rule = find_rule(request, rules);
    if (!rule)
        return admin_message(request, 404, "Not found",
                             "There is no such promotion, or not any more.", "/admin/promotions");
    json_add_tree(arena, view, "rule", rule);
    json_add_cstr(arena, view, "currency", market_shop()->currency);
    json_add_bool(arena, view, "edits", admin_may(request, "promotion.edit"));
    json_add_bool(arena, view, "orders", admin_may(request, "order.read"));
    json_add_str(arena, view, "done", request_query(request, "done"));
    if (problem.len)
        json_add_str(arena, view, "problem", problem);
    add_source(arena, view, rule);
    int asked = promotion_trial_read(request, &trial);
    if (!admin_may(request, "order.read")) { /* what people bought is not told by the way */
        trial.order = trial.cart = STR_NULL;
        asked = trial.goods.len > 0;
    }
    add_typed(request, view, &trial);
    if (asked)
        add_trial(request, view, &trial);
    struct souk_str name = json_text(json_at(rule, "name"));
    return admin_render(request, "admin/promotion", status,
                        name.len ? arena_cstr(arena, name)
                                 : arena_cstr(arena, json_text(json_at(rule, "id"))),
                        view);
}

int promotion_show(struct request *request, const struct web_route *route)
{
    (void)route;
    return show(request, 200, STR_NULL);
}

int promotion_turn(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct souk_str id = request_param(request, "id");
    struct souk_str why = str_trim(request_form(request, "why"));
    int off = souk_str_is(request_form(request, "to"), "off");
    struct buf where = {.arena = arena};
    struct err err = {0};
    if (off && !why.len)
        return show(
            request, 422,
            site_words(request, "souk", "say why in a few words: others will want to know"));
    if (why.len > WHY_MOST)
        why.len = WHY_MOST;
    request_conn_end(request);
    int code = promotion_switch_now(shop_current()->db, id, off, why.len ? why : souk_str(""),
                                    request->principal, request->now, &err);
    if (code != SOUK_OK)
        return show(request, answer_status_of(code), arena_str(arena, souk_str(err.text)));
    buf_add_encoded(&where, id);
    return admin_redirect(request, "/admin/promotions/%s?done=%s", where.ptr, off ? "off" : "on");
}
