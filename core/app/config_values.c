/*
 * config_values.c: currencies, languages, addresses: what is more than text but less
 * than a type of option.
 *
 * The idea: the sections have been checked and hold a usable value for every key, a
 * default where the file was wrong; so each check here looks at one value and adds at
 * most one problem for it. Nothing is looked up in the network or opened.
 */
#include "app/config_values.h"

#include <arpa/inet.h>
#include <sys/stat.h>
#include "base/money.h"
#include "base/str.h"
#include "base/zone.h"

static int is_address(struct souk_str text)
{
    char name[64];
    unsigned char bytes[16];
    if (text.len == 0 || text.len >= sizeof(name))
        return 0;
    str_copy(name, sizeof(name), text);
    return inet_pton(AF_INET, name, bytes) == 1 ? 4 : inet_pton(AF_INET6, name, bytes) == 1 ? 6 : 0;
}

int config_values_network(struct souk_str text)
{
    ptrdiff_t slash = str_find(text, '/');
    int64_t bits = 0;
    if (slash < 0)
        return is_address(text) != 0;
    int family = is_address(str_make(text.ptr, (size_t)slash));
    return family && str_to_int(str_from(text, (size_t)slash + 1), &bits) == 0 && bits >= 0 &&
           bits <= (family == 4 ? 32 : 128);
}

static int is_host(struct souk_str text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    for (size_t i = 0; i < text.len; i++)
        if (!text.ptr[i] || !strchr(allowed, text.ptr[i]))
            return 0;
    return text.len > 0 && text.len < 254 && text.ptr[0] != '.' && text.ptr[0] != '-';
}

/* "en", "pt_BR" */
static int is_locale(struct souk_str text)
{
    size_t low = 0;
    while (low < text.len && text.ptr[low] >= 'a' && text.ptr[low] <= 'z')
        low++;
    if (low < 2 || low > 3)
        return 0;
    return text.len == low ||
           (text.len == low + 3 && text.ptr[low] == '_' && text.ptr[low + 1] >= 'A' &&
            text.ptr[low + 1] <= 'Z' && text.ptr[low + 2] >= 'A' && text.ptr[low + 2] <= 'Z');
}

static int is_listen(struct souk_str text)
{
    int64_t port = -1;
    if (str_starts(text, "unix:"))
        return text.len > 5;
    size_t at = text.len;
    while (at && text.ptr[at - 1] != ':')
        at--;
    if (at == 0 || str_to_int(str_from(text, at), &port) || port < 0 || port > 65535 ||
        text.ptr[at] == '-')
        return 0;
    struct souk_str host = str_make(text.ptr, at - 1);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        return is_address(str_make(host.ptr + 1, host.len - 2)) == 6;
    return host.len == 0 || is_host(host);
}

static struct souk_str item_key(struct problems *problems, const char *key, int place)
{
    return arena_printf(problems->arena, "%s[%d]", key, place);
}

static void check_shop(const struct config *config, struct problems *problems)
{
    struct souk_str currency = options_text(config->shop, "currency");
    const struct json *locales = options_json(config->shop, "locales");
    char code[8], zone[80];
    int place = 0;
    str_copy(zone, sizeof(zone), options_text(config->shop, "time_zone"));
    str_copy(code, sizeof(code), currency);
    if (currency.len != 3 || money_digits(code) < 0) {
        problem_add(problems, souk_str("shop.currency"),
                    souk_str("write its three letters of ISO 4217, as in currency = \"EUR\""),
                    "\"%.*s\" is no currency", SOUK_PRI(currency));
    }
    if (locales && locales->count == 0) {
        problem_add(problems, souk_str("shop.locales"),
                    souk_str("name one language at least, as in locales = { \"en\" }"), "is empty");
    }
    if (!zone_known(zone))
        problem_add(
            problems, souk_str("shop.time_zone"),
            souk_str("write a name like \"Europe/Sofia\"; the system's package tzdata has to "
                     "be there"),
            "\"%s\" is no time zone that this machine knows", zone);
    json_each(item, locales)
    {
        struct souk_str locale = json_text(&item->value);
        int again = 0;
        place++;
        for (const struct json_item *other = locales->first; other != item; other = other->next)
            again |= souk_str_equal(json_text(&other->value), locale);
        if (!is_locale(locale)) {
            problem_add(problems, item_key(problems, "shop.locales", place),
                        souk_str("write it like \"en\" or \"pt_BR\""), "\"%.*s\" is no language",
                        SOUK_PRI(locale));
        } else if (again) {
            problem_add(problems, item_key(problems, "shop.locales", place),
                        souk_str("take one of them out"), "\"%.*s\" stands there twice",
                        SOUK_PRI(locale));
        }
    }
}

static void check_networks(const struct option_values *values, const char *key, const char *path,
                           int hosts, struct problems *problems)
{
    int place = 0;
    json_each(item, options_json(values, key))
    {
        struct souk_str text = json_text(&item->value);
        place++;
        if (config_values_network(text) || (hosts && is_host(text)))
            continue;
        problem_add(
            problems, item_key(problems, path, place),
            hosts
                ? souk_str(
                      "write a host, an address or a network: \"crm.example.org\", \"10.0.0.7\", \"10.0.0.0/8\"")
                : souk_str(
                      "write an address or a network: \"127.0.0.1\", \"10.0.0.0/8\", \"fd00::/8\""),
            "\"%.*s\" is no %s", SOUK_PRI(text),
            hosts ? "host, address or network" : "address or network");
    }
}

/* A file's folder must be there; who may write to it is seen by the shop. */
static void check_access(struct souk_str access, struct problems *problems)
{
    struct stat info;
    size_t len = access.len;
    if (souk_str_is(access, "stderr") || souk_str_is(access, "off"))
        return;
    if (len == 0) {
        problem_add(problems, souk_str("log.access"),
                    souk_str("write \"stderr\", \"off\" or a file"), "is empty");
        return;
    }
    while (len && access.ptr[len - 1] != '/')
        len--;
    const char *folder = len ? arena_cstr(problems->arena, str_make(access.ptr, len)) : ".";
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        problem_add(problems, souk_str("log.access"),
                    souk_str("make the folder, or write \"stderr\", \"off\" or another file"),
                    "%s is no folder", folder);
    else if (len == access.len)
        problem_add(problems, souk_str("log.access"), souk_str("name a file in it"),
                    "%s is a folder", folder);
}

void config_values_check(const struct config *config, struct problems *problems)
{
    struct souk_str where = options_text(config->http, "listen");
    struct souk_str access = options_text(config->log, "access");
    check_shop(config, problems);
    if (!is_listen(where)) {
        problem_add(
            problems, souk_str("http.listen"),
            souk_str(
                "write \"127.0.0.1:8080\", \"[::1]:8080\", \":8080\" for all addresses, or \"unix:PATH\""),
            "\"%.*s\" is no address with a port", SOUK_PRI(where));
    }
    check_access(access, problems);
    check_networks(config->http, "trusted_proxies", "http.trusted_proxies", 0, problems);
    check_networks(config->http_client, "allow", "http_client.allow", 1, problems);
}
