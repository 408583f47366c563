/*
 * track.c: track providers as the core uses them: which parameters of landing addresses are a
 * partner's, how long a click counts, and telling of a conversion.
 *
 * Parameters are asked for on I/O threads at each landing with a query, so nothing here waits or
 * calls into a plugin but track_send: names stand in the provider's table or in its options, both
 * of them constant while the set is pinned.
 */
#include "bridge/provider.h"

#include "base/str.h"
#include "bridge/internal.h"
#include "plugin/options.h"
#include "plugin/provider.h"

#define PARAMS_MOST 8
#define WINDOW      (30 * CLOCK_DAY)
#define WINDOW_MOST (400 * CLOCK_DAY)
#define SEND_SPAN   (30 * CLOCK_SECOND)

static int takes(const struct provider *provider, struct souk_str param)
{
    const struct souk_track_provider *table = provider->row->table;
    int seen = 0;
    if (table->params) {
        for (; seen < PARAMS_MOST && table->params[seen]; seen++)
            if (souk_str_is(param, table->params[seen]))
                return 1;
        return 0;
    }
    if (!table->params_option)
        return 0;
    json_each(item, options_json(provider->plugin->options, table->params_option))
    {
        if (seen++ < PARAMS_MOST && souk_str_equal(param, json_text(&item->value)))
            return 1;
    }
    return 0;
}

static int64_t window_of(const struct provider *provider)
{
    const struct souk_track_provider *table = provider->row->table;
    int64_t window = table->window_option
                         ? options_int(provider->plugin->options, table->window_option)
                         : WINDOW;
    if (window <= 0)
        return WINDOW;
    return window < WINDOW_MOST ? window : WINDOW_MOST;
}

/* The two words of flags_option; others the check of the options has refused. */
static int32_t flags_of(const struct provider *provider)
{
    const struct souk_track_provider *table = provider->row->table;
    int32_t flags = table->flags;
    if (table->size < offsetof(struct souk_track_provider, flags_option) + sizeof(char *) ||
        !table->flags_option)
        return flags;
    json_each(item, options_json(provider->plugin->options, table->flags_option))
    {
        struct souk_str word = json_text(&item->value);
        flags |= souk_str_is(word, "net")       ? SOUK_TRACK_NET
                 : souk_str_is(word, "at_once") ? SOUK_TRACK_AT_ONCE
                                                : 0;
    }
    return flags;
}

int track_any(const struct plugin_set *set)
{
    return set && provider_next(set, "track", NULL) != NULL;
}

int track_takes(const struct plugin_set *set, struct souk_str param, struct track_taker *taker)
{
    const struct provider *provider = NULL;
    while (set && (provider = provider_next(set, "track", provider)) != NULL) {
        if (!takes(provider, param))
            continue;
        *taker = (struct track_taker){.provider = provider->row->name,
                                      .flags = flags_of(provider),
                                      .window = window_of(provider)};
        return 1;
    }
    return 0;
}

int track_ready(const struct plugin_set *set, struct souk_str name)
{
    return set && provider_find(set, "track", name) != NULL;
}

int track_send(const struct provider_scope *scope, struct souk_str name,
               const struct souk_conversion *conversion, struct souk_conversion_result *result,
               struct err *err)
{
    struct provider_call call;
    struct provider_scope longer = *scope;
    *result = (struct souk_conversion_result){.size = sizeof *result};
    if (!longer.span)
        longer.span = SEND_SPAN;
    int code = provider_begin(&call, &longer, "track", name, "track send", err);
    if (code != SOUK_OK)
        return code;
    const struct souk_track_provider *table = call.provider->row->table;
    int returned = table->send(&call.ctx, conversion, result);
    code = provider_end(&call, returned, err);
    result->reference = value_clean(scope->arena, result->reference);
    result->message = value_clean(scope->arena, result->message);
    return code;
}
