/*
 * resource.c: the admin resources that plugins declare, as the admin pages see them: which there
 * are in the request's set, and running their actions.
 *
 * A set is immutable and pinned by the request, so what is found here stays for as long as the
 * request; a plugin that was switched off is in no later set and gone from the menu at once. How
 * lists and forms are made of a declaration is the affair of the admin pages.
 */
#include "bridge/internal.h"

int site_resource(const struct request *request, size_t index, struct site_resource *resource)
{
    const struct web_site *web = request->site;
    const struct site *site = web ? web->user : NULL;
    for (size_t i = 0; site && i < site->set->count; i++) {
        struct plugin *plugin = site->set->plugins[i];
        if (index < plugin->descriptor.resources_count) {
            *resource = (struct site_resource){plugin, &plugin->descriptor.resources[index]};
            return 1;
        }
        index -= plugin->descriptor.resources_count;
    }
    return 0;
}

struct act {
    const struct souk_action *action;
    int64_t id;
};

static int run(struct souk_ctx *ctx, void *arg)
{
    const struct act *act = arg;
    return act->action->run(ctx, act->id);
}

int site_resource_act(struct request *request, struct db_conn *conn,
                      const struct site_resource *resource, const struct souk_action *action,
                      int64_t id, struct err *err)
{
    const struct web_site *web = request->site;
    struct act act = {action, id};
    struct souk_ctx ctx;
    route_ctx(&ctx, request, web->user, resource->plugin, SOUK_WRITE);
    int code = query_step(&ctx, conn, run, &act);
    if (code == SOUK_OK)
        return SOUK_OK;
    bridge_log_failure(&ctx, action->name, code);
    bridge_reason(&ctx, code, err);
    return code;
}

struct souk_str site_words(const struct request *request, const char *owner, const char *words)
{
    const struct web_site *web = request->site;
    if (!web || !words)
        return souk_str(words ? words : "");
    return i18n_text(web->i18n, owner, request->locale ? request->locale : "en", souk_str(words));
}
