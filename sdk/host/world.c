/*
 * world.c: the shop that a scenario runs in: a database in memory with all migrations, a few
 * products, the plugin loaded by the shop's own loader, a clock that stands still, and peers that
 * are played.
 *
 * One a process: the parts underneath keep their state in statics, as in a shop.
 */
#include "host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/checkout.h"
#include "app/message.h"
#include "app/theme.h"
#include "base/board.h"
#include "base/log.h"
#include "base/worker.h"
#include "plugin/switch.h"
#include "shop/market.h"
#include "shop/product.h"
#include "web/client.h"

#define MONDAY_MORNING INT64_C(1795428000000000) /* 2026-11-23T10:00:00Z */

struct world *world_now;

static const char *const products[] = {
    "{\"key\": \"tea\", \"status\": \"active\", \"visibility\": \"both\", \"text\": {\"en\": "
    "{\"name\": \"Mountain tea\"}}, \"variants\": [{\"sku\": \"TEA-100\", \"weight_g\": 120, "
    "\"tracked\": true, \"stock\": 40, \"prices\": [{\"list\": \"base\", \"amount\": 690}]}]}",
    "{\"key\": \"mug\", \"status\": \"active\", \"visibility\": \"both\", \"text\": {\"en\": "
    "{\"name\": \"Blue mug\"}}, \"variants\": [{\"sku\": \"MUG-1\", \"weight_g\": 380, "
    "\"length_mm\": 120, \"width_mm\": 90, \"height_mm\": 95, \"tracked\": true, \"stock\": 12, "
    "\"prices\": [{\"list\": \"base\", \"amount\": 1909}]}]}",
    "{\"key\": \"table\", \"status\": \"active\", \"visibility\": \"both\", \"text\": {\"en\": "
    "{\"name\": \"Oak table\"}}, \"variants\": [{\"sku\": \"TABLE-1\", \"weight_g\": 42000, "
    "\"tracked\": true, \"stock\": 1, \"prices\": [{\"list\": \"base\", \"amount\": 64900}]}]}",
};

static int save_products(struct db_conn *conn, void *arg)
{
    struct arena arena = {0};
    struct err err = {0};
    int code = SOUK_OK;
    (void)arg;
    for (size_t i = 0; code == SOUK_OK && i < sizeof products / sizeof *products; i++) {
        struct json *doc = NULL;
        struct product_result result = {0};
        code = json_parse(&arena, souk_str(products[i]), &doc, &err);
        if (code == SOUK_OK)
            code = product_save(conn, &arena, doc, "seed", clock_now(), &result, &err);
    }
    arena_free(&arena);
    return code == SOUK_OK ? SOUK_OK : db_refuse(conn, code, "the seeded products: %s", err.text);
}

static int consumers(void *user, struct souk_str topic, struct arena *arena, const char ***names)
{
    struct world *world = user;
    return world->host ? event_consumers(world->host, topic, arena, names) : 0;
}

static void set_market(void)
{
    static const struct market_shop shop = {.name = "Test shop",
                                            .url = "https://shop.example",
                                            .currency = "EUR",
                                            .locales = {"en", "bg", "hu", "hy", "bn"},
                                            .country = "BG",
                                            .email = "shop@shop.example",
                                            .phone = "+359 2 000 0000",
                                            .address = "Tea Street 1, 1000 Sofia",
                                            .order_prefix = "",
                                            .order_first = 1000,
                                            .returns_days = 14,
                                            .prices_include_tax = 1};
    market_setup(&shop);
}

static int open_switch(struct world *world, struct err *err)
{
    static const char *const locales[] = {"en", "bg", "hu", "hy", "bn", NULL};
    const char *path[] = {world->plan->dir, NULL};
    struct site_options site = {.db = world->db,
                                .tasks = world->tasks,
                                .files = theme_files,
                                .file_count = theme_file_count,
                                .locales = locales,
                                .shop_name = "Test shop",
                                .currency = "EUR"};
    struct switch_options options = {.db = world->db,
                                     .dir = world->dir,
                                     .path = path,
                                     .api = world->is_old ? old_table(plan_minor(world->plan))
                                                          : host_table(),
                                     .tasks = world->tasks,
                                     .build = site_build};
    site_setup(&site);
    return switch_open(&world->host, &options, err);
}

/* Why it is not on: what the switch says of it. */
static int say_missing(struct world *world, struct arena *arena, struct err *err)
{
    struct json *items = json_new(arena, JSON_ARRAY);
    switch_list(world->host, arena, items);
    json_each(item, items)
    {
        if (souk_str_is(json_text(json_at(&item->value, "name")), world->plan->name))
            return err_set(err, SOUK_ERROR, "%.*s",
                           SOUK_PRI(json_text(json_at(&item->value, "error"))));
    }
    return err_set(err, SOUK_ERROR, "the plugin is not on");
}

static int is_on(const char *name)
{
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    int on = set_plugin(set, souk_str(name)) != NULL;
    set_unpin(ticket);
    return on;
}

static int load(struct world *world, struct err *err)
{
    struct arena arena = {0};
    struct problems problems;
    const char *names[32];
    size_t count = 0;
    json_each(row, json_at(world->plan->about, "requires"))
    {
        if (souk_str_is(json_text(json_at(&row->value, "relation")), "needs") && count < 31)
            names[count++] = arena_cstr(&arena, json_text(json_at(&row->value, "plugin")));
    }
    names[count++] = world->plan->name;
    struct wanted wanted = {.names = names,
                            .count = count,
                            .values = world->plan->values,
                            .config_dir = world->plan->dir};
    problems_init(&problems, &arena, souk_str("conform.lua"));
    int code = switch_configure(world->host, &wanted, &problems);
    if (problems.first)
        code = err_set(err, SOUK_INVALID, "%.*s: %.*s", SOUK_PRI(problems.first->key),
                       SOUK_PRI(problems.first->message));
    else if (code != SOUK_OK)
        err_set(err, code, "the plugin cannot be configured");
    else if (!is_on(world->plan->name))
        code = say_missing(world, &arena, err);
    arena_free(&arena);
    return code;
}

static int open_database(struct world *world, struct err *err)
{
    struct db_options options = {.consumers = consumers, .user = world};
    int code = db_open(&world->db, &options, err);
    return code == SOUK_OK ? db_write(world->db, save_products, NULL, err) : code;
}

int world_open(struct world *world, struct err *err)
{
    static const struct client_policy policy = {.timeout = 5 * CLOCK_SECOND};
    world->dir = world->plan->scratch;
    if (!board_current())
        board_use(board_create());
    board_thread_begin("scene");
    log_setup(LOG_INFO, 0);
    clock_freeze(MONDAY_MORNING);
    client_setup(&policy);
    set_market();
    peer_use(world);
    if (world->plan->with && script_open(&world->script, world->plan->with, err) != SOUK_OK)
        return SOUK_ERROR;
    int code = open_database(world, err);
    if (code == SOUK_OK)
        code = bridge_files_use(world->dir, err);
    if (code != SOUK_OK)
        return code;
    bridge_cart_use(checkout_price_in);
    bridge_letter_use(message_letter);
    world->tasks = worker_start("task", 2, 64);
    code = open_switch(world, err);
    if (code != SOUK_OK)
        return code;
    db_read_end(db_read_begin(world->db, 0)); /* this thread's connection counts as before */
    world->before = mem_zalloc(sizeof *world->before);
    held_take(world->before);
    code = load(world, err);
    return code ? code : tables_fill(world, err);
}

int world_again(struct world *world, struct err *err)
{
    int code = switch_disable(world->host, world->plan->name, err);
    switch_retire(world->host);
    if (code == SOUK_OK)
        code = switch_enable(world->host, world->plan->name, err);
    return code;
}

void world_close(struct world *world)
{
    switch_close(world->host);
    worker_stop(world->tasks);
    db_thread_end(world->db);
    db_shut(world->db);
    script_close(world->script);
    free(world->before);
    world->host = NULL;
    world->db = NULL;
    world->script = NULL;
    world->before = NULL;
}
