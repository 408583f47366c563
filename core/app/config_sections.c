/*
 * config_sections.c: every key of souk.lua that is the core's own, with type, default
 * and bounds.
 *
 * The check of the file, its tutorial and CONFIGURATION.md follow these tables; a unit
 * test fails when that page leaves a key out. What depends on more than one value (a
 * currency, an address) is checked in config_values.c.
 */
#include "app/config_sections.h"

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)
#define KIB    INT64_C(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)

#define ROWS(table) (table), sizeof(table) / sizeof(*(table))

static const struct souk_option top[] = {
    {.key = "plugins",
     .type = SOUK_LIST,
     .summary = "The plugins that are on. Each may have a table of its own name with its options."},
    {.key = "plugin_path",
     .type = SOUK_LIST,
     .summary = "Folders in which plugins are looked for, in this order, relative to this file. "
                "Without it: plugins beside the program, then lib/souk/plugins of its prefix."},
    {.key = "scripts",
     .type = SOUK_STRING,
     .initial = "scripts",
     .summary =
         "The folder of rules in Lua (promotions/, upsell/, lib/), relative to this file; it "
         "need not be there. A changed file is taken up within seconds."},
};

static const char *const roundings[] = {"line", "total", NULL};

static const struct souk_option shop[] = {
    {.key = "name",
     .type = SOUK_STRING,
     .initial = "My shop",
     .summary = "What the shop is called, in titles and letters."},
    {.key = "currency",
     .type = SOUK_STRING,
     .initial = "EUR",
     .summary = "The currency of its books: three letters of ISO 4217."},
    {.key = "locales",
     .type = SOUK_LIST,
     .initial = "en, bg, hu, hy, bn",
     .summary =
         "The languages that it speaks; pages in the first stand at /, in the others under /CODE/."},
    {.key = "url",
     .type = SOUK_URL,
     .summary =
         "Where customers find it, for links in letters, feeds and what search engines read. Without "
         "it pages begin their addresses as the request did."},
    {.key = "country",
     .type = SOUK_STRING,
     .initial = "BG",
     .summary = "Where it sells from: two letters of ISO 3166. Tax is reckoned for here until a "
                "customer says where they are."},
    {.key = "prices_include_tax",
     .type = SOUK_BOOL,
     .initial = "true",
     .summary = "Whether prices are entered and shown with tax in them."},
    {.key = "tax_rounding",
     .type = SOUK_CHOICE,
     .initial = "line",
     .choices = roundings,
     .summary = "Tax is rounded on each line, or on the total of a rate."},
    {.key = "email", .type = SOUK_STRING, .summary = "Where customers write to."},
    {.key = "phone", .type = SOUK_STRING, .summary = "Where customers ring."},
    {.key = "address",
     .type = SOUK_TEXT,
     .summary =
         "The shop's postal address, a line each: the sender of parcels, and where returns go."},
    {.key = "order_prefix",
     .type = SOUK_STRING,
     .initial = "",
     .summary = "What stands before the numbers of orders: \"S-\" makes S-1001."},
    {.key = "order_first",
     .type = SOUK_INT,
     .initial = "1001",
     .min = 1,
     .max = 999999999,
     .summary = "The number of the first order; the following ones leave no gaps."},
    {.key = "order_hold",
     .type = SOUK_DURATION,
     .initial = "30m",
     .min = 60 * SECOND,
     .max = 30 * 24 * HOUR,
     .summary =
         "How long goods are kept for an order that has to be paid online first; then it is cancelled."},
    {.key = "returns_days",
     .type = SOUK_INT,
     .initial = "14",
     .max = 365,
     .summary =
         "Days from delivery within which customers may send goods back; 0: not through the shop."},
    {.key = "time_zone",
     .type = SOUK_STRING,
     .initial = "UTC",
     .summary = "Where the shop's clock stands, for rules: what \"monday\", \"18:00\" and a date "
                "without a time mean. A name like Europe/Sofia."},
    {.key = "theme",
     .type = SOUK_STRING,
     .summary = "A folder of templates that replace or extend the shop's own, relative to this "
                "file. Without it: the shop's own."},
    {.key = "maintenance",
     .type = SOUK_BOOL,
     .initial = "false",
     .summary =
         "Closes the shop for a while: visitors and the public API get 503 with a page that "
         "says so; the admin pages, signs of life and commands go on. Holds at once with SIGHUP."},
};

static const char *const cookies[] = {"auto", "on", "off", NULL};

static const struct souk_option http[] = {
    {.key = "listen",
     .type = SOUK_STRING,
     .initial = "127.0.0.1:8080",
     .summary =
         "ADDRESS:PORT, [ADDRESS]:PORT for IPv6, :PORT for all addresses, or unix:PATH. Port 0 takes a free one."},
    {.key = "threads",
     .type = SOUK_INT,
     .initial = "0",
     .max = 64,
     .summary = "Threads that answer requests; 0 is one for each core."},
    {.key = "task_threads",
     .type = SOUK_INT,
     .initial = "4",
     .min = 1,
     .max = 24,
     .summary =
         "Threads for what may wait: checkout, scripts, the network, deliveries to plugins."},
    {.key = "trusted_proxies",
     .type = SOUK_LIST,
     .initial = "",
     .summary = "Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed."},
    {.key = "secure_cookies",
     .type = SOUK_CHOICE,
     .initial = "auto",
     .choices = cookies,
     .summary =
         "Cookies over TLS only: on, off, or auto: when the request came over TLS, as a trusted proxy says."},
};

static const struct souk_option limits[] = {
    {.key = "connections",
     .type = SOUK_INT,
     .initial = "1024",
     .min = 16,
     .max = 100000,
     .summary = "Connections open at once; more are refused."},
    {.key = "connections_per_address",
     .type = SOUK_INT,
     .initial = "256",
     .min = 1,
     .max = 100000,
     .summary = "Of these, from one address. This machine's own addresses are exempt."},
    {.key = "queue",
     .type = SOUK_INT,
     .initial = "1024",
     .min = 16,
     .max = 100000,
     .summary =
         "Requests that may wait for a writer or a task thread; more are answered 503 with Retry-After."},
    {.key = "body",
     .type = SOUK_SIZE,
     .initial = "1M",
     .min = KIB,
     .max = GIB,
     .summary = "The largest body of a request; a route may allow less."},
    {.key = "header_timeout",
     .type = SOUK_DURATION,
     .initial = "10s",
     .min = SECOND / 10,
     .max = HOUR,
     .summary = "Within it a request's line and headers must have come."},
    {.key = "keep_alive",
     .type = SOUK_DURATION,
     .initial = "20s",
     .max = HOUR,
     .summary = "How long a connection may be idle between two requests."},
    {.key = "request_timeout",
     .type = SOUK_DURATION,
     .initial = "60s",
     .min = SECOND / 10,
     .max = HOUR,
     .summary = "Within it a request must have come whole and its answer gone."},
    {.key = "read_deadline",
     .type = SOUK_DURATION,
     .initial = "1s",
     .min = SECOND / 100,
     .max = HOUR,
     .summary = "The time of a READ handler that names none."},
    {.key = "write_deadline",
     .type = SOUK_DURATION,
     .initial = "1s",
     .min = SECOND / 100,
     .max = HOUR,
     .summary = "The time of a WRITE handler that names none, waiting included."},
    {.key = "task_deadline",
     .type = SOUK_DURATION,
     .initial = "5s",
     .min = SECOND / 100,
     .max = HOUR,
     .summary = "The time of a TASK handler that names none, waiting included."},
    {.key = "page_cache",
     .type = SOUK_SIZE,
     .initial = "16M",
     .max = 64 * GIB,
     .summary = "Memory for finished pages; 0 turns the cache off."},
    {.key = "memory",
     .type = SOUK_SIZE,
     .initial = "512M",
     .max = 1024 * GIB,
     .summary =
         "When the shop's process has grown beyond it, it is replaced without losing a request; 0 is never."},
};

static const struct souk_option promotions[] = {
    {.key = "codes_per_order",
     .type = SOUK_INT,
     .initial = "5",
     .min = 1,
     .max = 20,
     .summary = "Voucher codes that one cart takes."},
    {.key = "min_margin",
     .type = SOUK_RATE,
     .min = 0,
     .max = 10000000,
     .summary = "What discounts leave at least on top of a known cost: \"10%\". \"0%\": nothing is "
                "sold below its cost. Without it discounts do not look at costs."},
};

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const formats[] = {"logfmt", "json", NULL};

static const struct souk_option log_options[] = {
    {.key = "level",
     .type = SOUK_CHOICE,
     .initial = "info",
     .choices = levels,
     .summary = "The least that is logged, to standard error."},
    {.key = "format",
     .type = SOUK_CHOICE,
     .initial = "logfmt",
     .choices = formats,
     .summary = "The shape of a line, of the access log too."},
    {.key = "access",
     .type = SOUK_STRING,
     .initial = "stderr",
     .summary = "Where a line for each request goes: stderr, off, or a file."},
};

static const struct souk_option http_client[] = {
    {.key = "allow",
     .type = SOUK_LIST,
     .initial = "",
     .summary = "Hosts, addresses or networks that plugins may call although they are private."},
    {.key = "timeout",
     .type = SOUK_DURATION,
     .initial = "10s",
     .min = SECOND / 10,
     .max = HOUR,
     .summary = "The time of a call to the outside that names none."},
};

const struct config_section config_sections[SECTIONS] = {
    [SECTION_TOP] = {"", "Plugins", ROWS(top)},
    [SECTION_SHOP] = {"shop", "Who you are", ROWS(shop)},
    [SECTION_HTTP] = {"http", "How requests come in", ROWS(http)},
    [SECTION_LIMITS] = {"limits", "What keeps one visitor from taking all", ROWS(limits)},
    [SECTION_PROMOTIONS] = {"promotions", "How far discounts go", ROWS(promotions)},
    [SECTION_LOG] = {"log", "What is written down", ROWS(log_options)},
    [SECTION_HTTP_CLIENT] = {"http_client", "What plugins may reach outside", ROWS(http_client)},
};
