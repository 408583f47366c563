/*
 * payment_client.c: what a provider hands to a front end that finishes the payment in its own page:
 * a client secret, a publishable key, what else the provider's script there wants.
 *
 * The idea: these facts leave the shop, to whoever buys. So they are few short texts that can stand
 * anywhere, they are given to those alone who asked for them, and none of them holds a secret of
 * the plugin's options: the key that takes money and the key that shows a form look alike, and are
 * taken for each other sooner or later.
 */
#include "bridge/internal.h"
#include "bridge/provider.h"

#include "base/str.h"
#include "base/utf8.h"

#define FACTS_MOST   16
#define NAME_MOST    40
#define VALUE_MOST   8000
#define CLIENT_MOST  (16 << 10)
#define SECRET_LEAST 8 /* shorter ones stand in other texts by chance */

int payment_in_page(const struct json *chosen)
{
    const struct json *in_page = json_at(chosen, "in_page");
    return in_page && in_page->kind == JSON_BOOL && in_page->number;
}

static int is_name(struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || c == '_' || (i && c >= '0' && c <= '9')))
            return 0;
    }
    return name.len > 0 && name.len <= NAME_MOST && !souk_str_is(name, "provider");
}

static int is_printable(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return 0;
    return text.len > 0 && text.len <= VALUE_MOST && utf8_valid(text);
}

static int holds_secret(const struct plugin *plugin, struct souk_str text)
{
    for (size_t i = 0; plugin && i < plugin->descriptor.options_count; i++) {
        const struct souk_option *option = &plugin->descriptor.options[i];
        if (option->type != SOUK_SECRET || !plugin->options)
            continue;
        struct souk_str secret = options_text(plugin->options, option->key);
        if (secret.len >= SECRET_LEAST && memmem(text.ptr, text.len, secret.ptr, secret.len))
            return 1;
    }
    return 0;
}

static const char *fault_of(const struct plugin *plugin, const struct json *client)
{
    size_t whole = 0;
    if (client->kind != JSON_OBJECT || client->count == 0 || client->count > FACTS_MOST)
        return "client facts that are no map of 1 to 16 texts";
    json_each(item, client)
    {
        struct souk_str text = json_text(&item->value);
        if (!is_name(item->key))
            return "a client fact whose name is not of [a-z0-9_], too long, or \"provider\"";
        if (item->value.kind != JSON_STRING || !is_printable(text))
            return "a client fact that is empty, too long, no text, or has control characters";
        if (holds_secret(plugin, text))
            return "a secret of its options to the front end";
        whole += item->key.len + text.len;
    }
    return whole > CLIENT_MOST ? "client facts of over 16 KiB" : NULL;
}

const char *payment_client_fault(const struct souk_ctx *ctx, enum payment_verb verb,
                                 const struct souk_payment *payment,
                                 const struct souk_payment_result *result)
{
    const struct json *client = (const struct json *)result->client;
    if (!client && verb == PAYMENT_BEGIN && payment->in_page && result->state == SOUK_PAID_PENDING)
        return "no client facts for a payment that is finished in the page";
    if (client && (!payment->in_page || (verb != PAYMENT_BEGIN && verb != PAYMENT_FETCH)))
        return "client facts that nobody asked for";
    return client ? fault_of(ctx->self, client) : NULL;
}
