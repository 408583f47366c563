/*
 * asset: static files of the theme and of plugins: finished responses, precompressed, under names
 * that hold a hash of the content and so may be kept for ever: /assets/<owner>/<name>.<hash>.<ext>.
 * The name without hash redirects. Built with the plugin set.
 */
#ifndef WEB_ASSET_H
#define WEB_ASSET_H

#include "web/request.h"

struct asset_set;

struct asset_set *asset_set_new(void);
void asset_set_free(struct asset_set *set);
/* `bytes` outlive the set. Type by extension from a short list; others are refused. */
int asset_add(struct asset_set *set, const char *owner, const char *name, struct souk_str bytes,
              struct err *err);
/* "/assets/hello/hello.3f2a…css"; empty when unknown. Looks in `owner` first, then "souk". */
struct souk_str asset_url(const struct asset_set *set, const char *owner, struct souk_str name);
/* The route GET /assets/{rest*}; `path` is the rest, decoded. SOUK_NOT_FOUND with nothing answered
 * for what is not there. */
int asset_answer(const struct asset_set *set, struct request *request, struct souk_str path);

#endif
