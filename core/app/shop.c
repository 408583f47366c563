/*
 * shop: the process that serves.
 *
 * Order of starting: configuration, database, workers, plugins, HTTP; a part only leans on those
 * before it. Stopping goes the other way round, after the door is closed and everything accepted
 * has been answered. The main thread becomes the clock: it beats the heart that the supervisor
 * listens to, watches for late plugins, reaps slow clients, and sends due jobs off. It never waits
 * for the database.
 */
#include "app/shop.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/admin/route.h"
#include "app/booking.h"
#include "app/checkout.h"
#include "app/checks.h"
#include "app/chore.h"
#include "app/conversion.h"
#include "app/fact.h"
#include "app/feed.h"
#include "app/maintenance.h"
#include "app/media.h"
#include "app/message.h"
#include "app/money.h"
#include "app/offer.h"
#include "app/parcel.h"
#include "app/promotion.h"
#include "app/route.h"
#include "app/shop_state.h"
#include "app/storefront/route.h"
#include "app/theme.h"
#include "app/webhook.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "bridge/bridge.h"
#include "bridge/provider.h"
#include "plugin/stage.h"
#include "shop/listing.h"
#include "shop/market.h"
#include "shop/visit.h"
#include "store/setting.h"
#include "web/client.h"
#include "web/metrics.h"

#define TURN        (50 * CLOCK_MS)
#define JOB_THREADS 8 /* most of their time they wait for others: mail, webhooks, providers */
#define LOOK_ORDERS (5 * CLOCK_SECOND)
#define LOOK_RULES  (500 * CLOCK_MS)
#define LOOK_FEEDS  CLOCK_SECOND
#define DRAIN_GRACE (30 * CLOCK_SECOND)

static struct shop *current;
static _Atomic int refreshing; /* a rebuild of the lists' columns is under way */

struct shop *shop_current(void)
{
    return current;
}

/* ---- database ---- */

static int ask_consumers(void *user, struct souk_str topic, struct arena *arena,
                         const char ***names)
{
    struct shop *shop = user;
    int count = shop->host ? event_consumers(shop->host, topic, arena, names) : 0;
    if (count < 0 || !fact_wants(topic))
        return count;
    const char **more = arena_array(arena, const char *, (size_t)count + 1);
    if (count)
        memcpy(more, *names, sizeof *more * (size_t)count);
    more[count] = FACT_CONSUMER;
    *names = more;
    return count + 1;
}

/* Remembers the configuration's path (for commands on a stopped shop) and the highest id given so
 * far. */
static int note_start(struct db_conn *conn, void *arg)
{
    struct shop *shop = arg;
    int64_t now = clock_now();
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)id_next());
    int code =
        setting_put(conn, souk_str("shop"), souk_str("config"), souk_str(shop->config.path), now);
    return code ? code
                : setting_put(conn, souk_str("shop"), souk_str("last_id"), souk_str(id), now);
}

static void raise_ids(struct shop *shop)
{
    struct arena arena = {0};
    struct souk_str text;
    int64_t last;
    struct db_conn *conn = db_read_begin(shop->db, 0);
    if (setting_get(conn, &arena, souk_str("shop"), souk_str("last_id"), &text) == SOUK_OK &&
        str_to_int(text, &last) == SOUK_OK)
        id_floor(last);
    db_read_end(conn);
    arena_free(&arena);
}

static int open_database(struct shop *shop, struct err *err)
{
    struct db_options options = {.dir = shop->start->data,
                                 .locked = 1,
                                 .queue = (int)options_int(shop->config.limits, "queue"),
                                 .consumers = ask_consumers,
                                 .user = shop};
    int code = db_open(&shop->db, &options, err);
    if (code != SOUK_OK)
        return code;
    raise_ids(shop);
    webhook_begin(shop->db);
    conversion_begin(shop->db);
    code = db_write(shop->db, note_start, shop, err);
    return code ? code : visit_key_begin(shop->db, clock_now(), err);
}

/* ---- plugins ---- */

/* A merchant's theme that broke meanwhile is left out of a restart: the shop's own pages are better
 * than none. */
static int open_host(struct shop *shop, struct site_options *site, struct err *err)
{
    struct switch_options options = {.db = shop->db,
                                     .dir = shop->start->data,
                                     .path = shop->config.plugin_path,
                                     .api = bridge_api(),
                                     .tasks = shop->jobs,
                                     .build = site_build,
                                     .user = NULL,
                                     .safe = shop->start->safe};
    site_setup(site);
    int code = switch_open(&shop->host, &options, err);
    if (code == SOUK_OK || !shop->start->again || !site->theme_dir)
        return code;
    log_error("theme.left_out", LOG_S("reason", err->text),
              LOG_S("hint", "mend the template and restart souk"));
    site->theme_dir = NULL;
    site_setup(site);
    *err = (struct err){0};
    return switch_open(&shop->host, &options, err);
}

static int start_plugins(struct shop *shop, struct err *err)
{
    size_t route_count;
    const struct web_route *routes = route_all(&route_count);
    struct site_options site = {
        .db = shop->db,
        .tasks = shop->tasks,
        .routes = routes,
        .route_count = route_count,
        .files = theme_files,
        .file_count = theme_file_count,
        .theme_dir = shop->config.theme,
        .locales = shop->config.locales,
        .shop_name = arena_cstr(&shop->arena, options_text(shop->config.shop, "name")),
        .currency = arena_cstr(&shop->arena, options_text(shop->config.shop, "currency")),
        .page_data = frame_page_data,
        .page_asked = conversion_asked,
        .page_answered = conversion_answered,
        .page_sent = visits_page_sent};
    int code = open_host(shop, &site, err);
    if (code != SOUK_OK || shop->start->safe)
        return code;
    /* A first start refuses a wrong configuration; a restart serves with what can be had. */
    if (reload_plugins(shop) != SOUK_OK && !shop->start->again)
        return err_set(err, SOUK_INVALID, "%s",
                       "the plugins cannot be configured as souk.lua says");
    return SOUK_OK;
}

/* Rules that are wrong keep nobody from opening the shop. */
static int start_rules(struct shop *shop, struct err *err)
{
    const char *kept = arena_printf(&shop->arena, "%s/run/scripts.json", shop->start->data).ptr;
    promotion_use(shop->db, shop->jobs, kept);
    return shop->start->safe ? SOUK_OK
                             : promotion_open(shop->config.scripts, market_shop()->currency, err);
}

/* ---- HTTP ---- */

static const char *const *list_of(struct arena *arena, const struct json *list)
{
    const char **names = arena_array(arena, const char *, (list ? list->count : 0) + 1);
    size_t n = 0;
    json_each(item, list) names[n++] = arena_cstr(arena, json_text(&item->value));
    return names;
}

static int start_web(struct shop *shop, struct err *err)
{
    const struct config *config = &shop->config;
    struct souk_str cookies = options_text(config->http, "secure_cookies");
    struct push_options push = {.connections = (int)options_int(config->limits, "connections")};
    struct server_options options = {
        .db = shop->db,
        .tasks = shop->tasks,
        .listen_fds = shop->start->listen_fds,
        .listen_count = shop->start->listen_count,
        .control_fd = shop->start->control_fd,
        .threads = (int)options_int(config->http, "threads"),
        .connections = (int)options_int(config->limits, "connections"),
        .connections_per_address = (int)options_int(config->limits, "connections_per_address"),
        .body_limit = (size_t)options_int(config->limits, "body"),
        .page_cache = (size_t)options_int(config->limits, "page_cache"),
        .header_timeout = options_int(config->limits, "header_timeout"),
        .keep_alive = options_int(config->limits, "keep_alive"),
        .request_timeout = options_int(config->limits, "request_timeout"),
        .read_deadline = options_int(config->limits, "read_deadline"),
        .write_deadline = options_int(config->limits, "write_deadline"),
        .task_deadline = options_int(config->limits, "task_deadline"),
        .locales = config->locales,
        .trusted_proxies = list_of(&shop->arena, options_json(config->http, "trusted_proxies")),
        .secure_cookies = souk_str_is(cookies, "on")    ? 1
                          : souk_str_is(cookies, "off") ? 0
                                                        : 2,
        .access_log = arena_cstr(&shop->arena, options_text(config->log, "access")),
        .log_json = souk_str_is(options_text(config->log, "format"), "json"),
        .pin = site_pin,
        .unpin = site_unpin,
        .authorize = admin_authorize,
        .closed = maintenance_answer};
    int code = push_start(&shop->push, &push, err);
    if (code != SOUK_OK)
        return code;
    options.push = shop->push;
    bridge_push_use(shop->push);
    return server_start(&shop->server, &options, err);
}

/* ---- the clock ---- */

static void say_late(const char *thread, const char *plugin, const char *where, int64_t span)
{
    log_warn("call.late", LOG_S("plugin", plugin), LOG_S("where", where), LOG_S("thread", thread),
             LOG_I("ms", span / CLOCK_MS));
}

static int read_signals(struct shop *shop, int fd)
{
    struct signalfd_siginfo info;
    int stop = 0;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            reload_later(shop);
            server_reopen_log(shop->server);
        }
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            stop = 1;
    }
    return stop;
}

static void refresh_listing(struct work *work)
{
    listing_refresh(shop_current()->db);
    free(work);
    atomic_store(&refreshing, 0);
}

/* Once a second: the day's key of visitors, and the columns of lists when much has changed. */
static void turn_shop(struct shop *shop, int64_t mono)
{
    static int64_t next;
    if (mono < next)
        return;
    next = mono + CLOCK_SECOND;
    visit_key_turn(shop->db, clock_now());
    if (!listing_stale(shop->db) || atomic_exchange(&refreshing, 1))
        return;
    struct work *work = mem_zalloc(sizeof *work);
    work->run = refresh_listing;
    if (worker_push(shop->jobs, work) != SOUK_OK) {
        free(work);
        atomic_store(&refreshing, 0);
    }
}

/* What has a time of its own in the database: unpaid orders, payments nobody told of, parcels. */
static void turn_orders(struct shop *shop, int64_t mono)
{
    static int64_t next;
    if (mono < next)
        return;
    next = mono + LOOK_ORDERS;
    chore_turn(shop->db);
    money_turn(shop->db);
    parcel_turn(shop->db);
}

/* The files of promotions and offers. */
static void turn_rules(int64_t mono)
{
    static int64_t next;
    if (mono < next)
        return;
    next = mono + LOOK_RULES;
    promotion_watch();
}

/* Feeds that the catalogue, or the time, has overtaken. */
static void turn_feeds(struct shop *shop, int64_t mono)
{
    static int64_t next;
    if (mono < next)
        return;
    next = mono + LOOK_FEEDS;
    feed_turn(shop->db);
}

static void turn(struct shop *shop, int64_t mono)
{
    turn_shop(shop, mono);
    turn_rules(mono);
    turn_orders(shop, mono);
    turn_feeds(shop, mono);
    visit_flush(shop->db);
    conversion_turn(shop->db);
    board_watch(mono, say_late);
    server_turn(shop->server, mono);
    switch_retire(shop->host);
    event_queue_turn(shop->db);
    jobs_turn(shop, mono);
    marks_turn(shop, mono);
}

static void run_clock(struct shop *shop, int signals)
{
    int64_t next = clock_mono();
    while (!atomic_load(&shop->recycle)) {
        struct pollfd fd = {.fd = signals, .events = POLLIN};
        int64_t wait = next - clock_mono();
        poll(&fd, 1, wait > 0 ? (int)((wait + CLOCK_MS - 1) / CLOCK_MS) : 0);
        if ((fd.revents & POLLIN) && read_signals(shop, signals))
            return;
        int64_t mono = clock_mono();
        if (mono < next)
            continue;
        turn(shop, mono);
        next = clock_mono() + TURN;
    }
}

/* ---- life ---- */

static int build(struct shop *shop, struct err *err)
{
    const struct config *config = &shop->config;
    struct client_policy policy = {
        .allow = list_of(&shop->arena, options_json(config->http_client, "allow")),
        .timeout = options_int(config->http_client, "timeout")};
    int queue = (int)options_int(config->limits, "queue");
    client_setup(&policy);
    config_market(&shop->arena, &shop->config);
    maintenance_set(options_int(shop->config.shop, "maintenance") != 0);
    media_setup(shop->start->data);
    feed_setup(shop->start->data);
    int code = open_database(shop, err);
    if (code == SOUK_OK)
        code = bridge_files_use(shop->start->data, err);
    if (code != SOUK_OK)
        return code;
    int tasks = (int)options_int(config->http, "task_threads");
    shop->tasks = worker_start("task", tasks, queue);
    shop->jobs = worker_start("job", JOB_THREADS, queue + JOB_THREADS);
    warm_worker(shop->tasks, tasks, shop->db);
    warm_worker(shop->jobs, JOB_THREADS, shop->db);
    checks_setup();
    booking_setup();
    bridge_cart_use(checkout_price_in);
    bridge_letter_use(message_letter);
    parcel_setup();
    if ((code = listing_setup(shop->db, err)) != SOUK_OK ||
        (code = offer_setup(shop->db, err)) != SOUK_OK || (code = start_rules(shop, err)))
        return code;
    if ((code = start_plugins(shop, err)) != SOUK_OK || (code = start_web(shop, err)) != SOUK_OK)
        return code;
    jobs_start(shop);
    reload_save(shop, config);
    return SOUK_OK;
}

static void stop(struct shop *shop)
{
    atomic_store(&shop->board->orderly, 1);
    log_info("shop.stopping", LOG_I("in_flight", server_in_flight(shop->server)));
    server_drain(shop->server, DRAIN_GRACE);
    worker_stop(shop->tasks);
    event_queue_flush(shop->db);
    visit_flush_last(shop->db);
    conversion_flush(shop->db);
    worker_stop(shop->jobs); /* a reload may be among them: it needs the host */
    webhook_end();
    conversion_end();
    message_end(); /* plugins send, so before the host goes */
    switch_close(shop->host);
    push_stop(shop->push); /* nobody is left to publish */
    server_stop(shop->server);
    listing_end();
    promotion_close();
    db_shut(shop->db);
    log_info("shop.stopped", LOG_I("recycle", atomic_load(&shop->recycle)));
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int shop_run(const struct shop_start *start, struct board *board)
{
    static struct shop shop;
    struct err err = {0};
    char folder[4096];
    mallopt(M_ARENA_MAX, 2); /* many threads, few of them hungry: keep the resident size small */
    shop.start = start;
    shop.board = board;
    pthread_mutex_init(&shop.config_lock, NULL);
    current = &shop;
    int signals = open_signals();
    board_use(board);
    board_catch_faults();
    board_thread_begin("clock");
    snprintf(folder, sizeof folder, "%s/run", start->data);
    mkdir(folder, 0750);
    snprintf(folder, sizeof folder, "%s/run/plugins", start->data);
    mkdir(folder, 0750);
    stage_clean(folder);
    atomic_store(&board->heartbeat, clock_mono());
    if (reload_begin(&shop) != SOUK_OK)
        return atomic_store(&board->orderly, 1), SHOP_EXIT_REFUSED;
    if (build(&shop, &err) != SOUK_OK) {
        log_error("shop.refused", LOG_S("reason", err.text));
        atomic_store(&board->orderly, 1);
        _exit(SHOP_EXIT_REFUSED);
    }
    atomic_store(&board->heartbeat, clock_mono());
    malloc_trim(0); /* what the start needed: migrations, templates, rules */
    atomic_store(&board->ready, 1);
    if (write(start->ready_fd, "1", 1) < 0)
        log_warn("ready.not_told", LOG_S("reason", strerror(errno)));
    run_clock(&shop, signals);
    stop(&shop);
    return atomic_load(&shop.recycle) ? SHOP_EXIT_RECYCLE : 0;
}
