/*
 * promotions: pricing a cart by rules, beside what Lua does by itself with the same functions.
 *
 *   promotions [rounds]
 *
 * The bare loop runs the same functions in the same Lua, without a process, a limit or a shop: one
 * state, one cart table that is made once and kept. Pricing is what carts go through: facts that
 * are there, functions through a worker, the engine, and new memory for each (promo_price). All
 * that is compared is measured in turns, in short rounds; what counts is the tenth part of the
 * rounds that was quickest, because whatever else the machine does only ever adds. Prints a line
 * for each number: name, value, unit, and the bar where there is one.
 */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "shop/promo_live.h"

#define NOW   INT64_C(1795000000000000)
#define MOST  1001
#define LINES 12

enum { UNDECLARED, TEN_MATCH, ALL_MATCH }; /* by what their rules declare */

static int rounds = 301;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double least(const double *list)
{
    double sorted[MOST];
    memcpy(sorted, list, sizeof *sorted * (size_t)rounds);
    qsort(sorted, (size_t)rounds, sizeof *sorted, compare);
    return sorted[rounds / 10];
}

/* ---- rules ---- */

/* What rules look like: a look over the lines for something, and a threshold. */
static void add_function(struct buf *text, int i)
{
    buf_printf(text,
               "function(cart) local sum = 0 for _, line in ipairs(cart.lines) do for _, category "
               "in ipairs(line.categories) do if category == 'c%d' then sum = sum + line.total end "
               "end end return sum >= %d end",
               i % 24, 1000 + i * 37);
}

static void add_rule(struct buf *text, int i, const char *when, int function)
{
    buf_printf(text, "promotion { id = 'r%d', when = { %s ", i, when);
    if (function)
        add_function(text, i);
    buf_printf(text,
               " }, give = { line_percent = { percent = 1, filter = { categories = { 'c%d' } } } } "
               "}\n",
               i % 24);
}

/* A file may have so many bytes; rules are spread over as many as they need. */
static struct script_source *write_rules(struct arena *arena, int count, int declared, int function,
                                         size_t *files)
{
    struct script_source *sources = arena_array(arena, struct script_source, 64);
    *files = 0;
    for (int i = 0; i < count;) {
        struct buf text = {.arena = arena};
        for (; i < count && text.len < 48 << 10; i++) {
            char when[80] = "";
            if (declared == ALL_MATCH)
                snprintf(when, sizeof when, "{ contains_category = { 'c%d' } },", i % 24);
            else if (declared) /* ten of a thousand speak of what is in the cart */
                snprintf(when, sizeof when, "{ contains_category = { '%s%d' } },",
                         i % 100 ? "other" : "c", i % 100 ? i : i / 100 % LINES);
            add_rule(&text, i, when, function);
        }
        sources[(*files)++] = (struct script_source){
            arena_printf(arena, "promotions/f%zu.lua", *files), buf_str(&text)};
    }
    return sources;
}

static struct promo_live *load(struct script_host *host, int count, int declared, int function)
{
    struct promo_live *live = mem_zalloc(sizeof *live);
    struct err err = {0};
    size_t files;
    struct script_source *sources = write_rules(&live->arena, count, declared, function, &files);
    struct json *list, *errors = json_new(&live->arena, JSON_ARRAY);
    if (script_set_load(host, &live->arena, sources, files, &live->scripts, &list, errors, &err) ||
        promo_set_read(&live->arena, list, NULL, &live->set, errors, &err))
        die("load", err.text);
    return live;
}

/* ---- the cart ---- */

static struct quote make_cart(struct arena *arena)
{
    struct buf text = {.arena = arena};
    struct json *doc;
    struct quote quote;
    struct err err = {0};
    buf_add_cstr(&text, "{\"currency\":\"EUR\",\"at\":\"2026-11-20T10:00:00Z\",\"delivery\":[{"
                        "\"method\":\"courier:standard\",\"amount\":490}],\"lines\":[");
    for (int i = 0; i < LINES; i++)
        buf_printf(&text,
                   "%s{\"sku\":\"SKU-%d\",\"name\":\"Something to buy, number "
                   "%d\",\"product\":\"product-%d\",\"categories\":[\"c%d\",\"c%d\"],"
                   "\"quantity\":%d,\"unit_price\":%d}",
                   i ? "," : "", i, i, i, i, i + 12, i % 3 + 1, 990 + i * 250);
    buf_add_cstr(&text, "]}");
    if (json_parse(arena, buf_str(&text), &doc, &err) || quote_parse(arena, doc, &quote, &err))
        die("cart", err.text);
    return quote;
}

static int64_t applied; /* by the last pricing */

static void price(struct arena *arena, struct promo_live *live, const struct quote *cart)
{
    struct promo_facts facts = {.channel = SOUK_STR("web"), .country = SOUK_STR("BG")};
    struct market market = {.currency = "EUR", .locale = "en", .now = NOW, .asks = 1};
    struct quote quote = *cart;
    struct err err = {0};
    quote.lines = arena_array(arena, struct quote_line, cart->count);
    memcpy(quote.lines, cart->lines, sizeof *quote.lines * cart->count);
    quote.delivery = arena_array(arena, struct quote_delivery, 1);
    quote.delivery[0] = cart->delivery[0];
    facts.customer.known = 1;
    facts.customer.id = souk_str("7");
    if (promo_price(NULL, arena, live, &quote, &market, NULL, &facts, NULL, &err) ||
        quote_compute(&quote, &err))
        die("price", err.text);
    applied = 0;
    json_each(item, quote.promotions) applied += json_true(json_at(&item->value, "applied"));
}

static double time_prices(struct promo_live *live, const struct quote *cart, int times)
{
    struct arena arena = {0};
    price(&arena, live, cart);
    double begin = seconds();
    for (int i = 0; i < times; i++) {
        arena_reset(&arena);
        price(&arena, live, cart);
    }
    double took = (seconds() - begin) / times;
    arena_free(&arena);
    return took * 1e6;
}

/* ---- Lua by itself ---- */

static void push_json(lua_State *lua, const struct json *value)
{
    lua_Integer at = 0;
    switch (value->kind) {
    case JSON_INT: lua_pushinteger(lua, value->number); break;
    case JSON_BOOL: lua_pushboolean(lua, json_true(value)); break;
    case JSON_STRING: lua_pushlstring(lua, value->text.ptr, value->text.len); break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        lua_newtable(lua);
        json_each(item, value)
        {
            push_json(lua, &item->value);
            if (value->kind == JSON_ARRAY) {
                lua_rawseti(lua, -2, ++at);
            } else {
                lua_pushlstring(lua, item->key.ptr, item->key.len);
                lua_insert(lua, -2);
                lua_rawset(lua, -3);
            }
        }
        break;
    default: lua_pushnil(lua);
    }
}

/* A state with `count` of the functions, the cart, and the loop over them on its stack. */
static lua_State *bare_open(struct arena *arena, const struct quote *cart, int count)
{
    static const struct promo_facts facts;
    lua_State *lua = luaL_newstate();
    struct buf text = {.arena = arena};
    luaL_openlibs(lua);
    buf_add_cstr(&text, "local rules = {}\n");
    for (int i = 0; i < count; i++) {
        buf_printf(&text, "rules[%d] = ", i + 1);
        add_function(&text, i);
        buf_add_char(&text, '\n');
    }
    buf_add_cstr(&text, "return function(cart) local held = 0 for i = 1, #rules do if "
                        "rules[i](cart) then held = held + 1 end end return held end");
    if (luaL_loadbuffer(lua, text.ptr, text.len, "=bare") || lua_pcall(lua, 0, 1, 0))
        die("bare", lua_tostring(lua, -1));
    push_json(lua, promo_input(arena, cart, &facts));
    return lua;
}

static double time_bare(lua_State *lua, int times, int64_t *held)
{
    double begin = seconds();
    for (int i = 0; i < times; i++) {
        lua_pushvalue(lua, 1);
        lua_pushvalue(lua, 2);
        lua_call(lua, 1, 1);
        *held = lua_tointeger(lua, -1);
        lua_pop(lua, 1);
    }
    return (seconds() - begin) / times * 1e6;
}

/* ---- round trips ---- */

static int ping_fd;
static pid_t ping_pid;

static void ping_open(void)
{
    int pair[2];
    char byte[64];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        die("ping", "no socket pair");
    ping_pid = fork();
    if (ping_pid == 0) {
        ssize_t n;
        close(pair[0]);
        while ((n = read(pair[1], byte, sizeof byte)) > 0)
            if (write(pair[1], byte, (size_t)n) != n)
                break;
        _exit(0);
    }
    close(pair[1]);
    ping_fd = pair[0];
}

static double time_pings(int times)
{
    char bytes[64] = {0};
    double begin = seconds();
    for (int i = 0; i < times; i++)
        if (write(ping_fd, bytes, sizeof bytes) != sizeof bytes ||
            read(ping_fd, bytes, sizeof bytes) <= 0)
            die("ping", "nobody is there");
    return (seconds() - begin) / times * 1e6;
}

static struct script_set *trivial_open(struct script_host *host, struct arena *arena)
{
    struct script_source source = {
        souk_str("promotions/a.lua"),
        souk_str("promotion { id = 'a', when = function() return true end }")};
    struct json *list, *errors = json_new(arena, JSON_ARRAY);
    struct script_set *set;
    struct err err = {0};
    if (script_set_load(host, arena, &source, 1, &set, &list, errors, &err))
        die("round trip", err.text);
    return set;
}

static double time_trips(struct script_set *set, int times)
{
    struct arena arena = {0};
    struct json *input = json_new(&arena, JSON_OBJECT);
    double begin = seconds();
    for (int i = 0; i < times; i++) {
        struct script_call call = {.function = 0};
        script_set_call(set, &arena, input, &call, 1);
        if (call.outcome != SCRIPT_OK)
            die("round trip", script_outcome_name(call.outcome));
    }
    double took = (seconds() - begin) / times * 1e6;
    arena_free(&arena);
    return took;
}

/* ---- all ---- */

enum { PING, TRIP, BARE_100, ALL_100, BARE_1000, TEN, TEN_DECLARED, DECLARED_100, NUMBERS };
static double numbers[NUMBERS][MOST];

struct bench {
    struct quote cart;
    struct promo_live *all, *ten, *ten_declared, *declared;
    struct script_set *trivial;
    lua_State *bare_100, *bare_1000;
    int64_t held, applied;
};

static void measure(struct bench *bench, int round)
{
    int64_t ignored;
    numbers[PING][round] = time_pings(30);
    numbers[TRIP][round] = time_trips(bench->trivial, 20);
    numbers[BARE_100][round] = time_bare(bench->bare_100, 4, &bench->held);
    numbers[ALL_100][round] = time_prices(bench->all, &bench->cart, 3);
    bench->applied = applied;
    if (bench->held != applied)
        die("a hundred functions", "Lua by itself says something else");
    numbers[BARE_1000][round] = time_bare(bench->bare_1000, 1, &ignored);
    numbers[TEN][round] = time_prices(bench->ten, &bench->cart, 8);
    numbers[TEN_DECLARED][round] = time_prices(bench->ten_declared, &bench->cart, 8);
    if (applied != 10)
        die("ten of a thousand", "not ten applied");
    numbers[DECLARED_100][round] = time_prices(bench->declared, &bench->cart, 8);
    if (applied != 100)
        die("a hundred declared ones", "not all applied");
}

static void print(const char *name, double value, const char *unit, const char *bar)
{
    printf("%s\t%.4f\t%s\t%s\n", name, value, unit, bar);
}

static void print_all(const struct bench *bench)
{
    print("promotions: ping over a bare socket pair", least(numbers[PING]), "us", "");
    print("promotions: round trip to a worker", least(numbers[TRIP]), "us", "");
    print("promotions: round trip / bare ping", least(numbers[TRIP]) / least(numbers[PING]), "x",
          "2");
    print("promotions: bare loop over 100 functions", least(numbers[BARE_100]), "us", "");
    print("promotions: cart by 100 functions that all run", least(numbers[ALL_100]), "us", "");
    print("promotions: of which apply", (double)bench->applied, "rules", "");
    print("promotions: (100 that all run - round trip) / bare loop",
          (least(numbers[ALL_100]) - least(numbers[TRIP])) / least(numbers[BARE_100]), "x", "1.6");
    print("promotions: bare loop over 1,000 functions", least(numbers[BARE_1000]), "us", "");
    print("promotions: cart by 1,000 functions of which 10 can match", least(numbers[TEN]), "us",
          "");
    print("promotions: 10 of 1,000 with functions / running all",
          least(numbers[TEN]) / least(numbers[BARE_1000]), "x", "0.1");
    print("promotions: 10 of 1,000 all declared / running all",
          least(numbers[TEN_DECLARED]) / least(numbers[BARE_1000]), "x", "0.1");
    print("promotions: cart by 100 declared rules that all apply", least(numbers[DECLARED_100]),
          "us", "");
}

int main(int argc, char **argv)
{
    static const struct script_options options = {.currency = "EUR"};
    static struct bench bench;
    struct script_host *host;
    struct arena arena = {0};
    struct err err = {0};
    long asked = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (asked > 0 && asked <= MOST)
        rounds = (int)asked;
    ping_open();
    if (script_host_start(&host, &options, &err))
        die("host", err.text);
    bench.cart = make_cart(&arena);
    bench.trivial = trivial_open(host, &arena);
    bench.bare_100 = bare_open(&arena, &bench.cart, 100);
    bench.bare_1000 = bare_open(&arena, &bench.cart, 1000);
    bench.all = load(host, 100, UNDECLARED, 1);
    bench.ten = load(host, 1000, TEN_MATCH, 1);
    bench.ten_declared = load(host, 1000, TEN_MATCH, 0);
    bench.declared = load(host, 100, ALL_MATCH, 0);
    for (int i = 0; i < rounds; i++)
        measure(&bench, i);
    print_all(&bench);
    close(ping_fd);
    waitpid(ping_pid, NULL, 0);
    script_set_drop(bench.trivial);
    return 0;
}
