/*
 * promo_source: files of rules as texts for the script host: single files, or folders with what
 * they hold. Tests (*_test.lua) stand beside the rules and are only read when they are asked for.
 */
#ifndef APP_PROMO_SOURCE_H
#define APP_PROMO_SOURCE_H

#include "script/script.h"

#define PROMO_FILE_MOST ((size_t)1 << 20) /* bytes of one file */
#define PROMO_FILES     2000

struct promo_sources {
    struct arena *arena; /* of paths and texts */
    struct script_source *at;
    size_t count, cap;
    int tests; /* take *_test.lua too */
};

/* Adds a file (with what stands in lib/ beside its folder), or all rules of a folder. The same file
 * twice is one. SOUK_NOT_FOUND, SOUK_DENIED, SOUK_TOO_LARGE: err names the file. */
int promo_sources_add(struct promo_sources *sources, const char *name, struct err *err);
/* A text that was read already; one with the path of another takes its place. */
void promo_sources_put(struct promo_sources *sources, const struct script_source *source);
/* The rules of a shop's scripts folder, with paths that begin there; one that is not there is
 * empty. */
int promo_sources_shop(struct promo_sources *sources, const char *folder, struct err *err);
/* Texts instead: [{"path", "text"}]; one with the path of another takes its place. SOUK_INVALID:
 * err names the place ("/scripts/0/text: …"). */
int promo_sources_json(struct promo_sources *sources, const struct json *scripts, struct err *err);
/* The path within a scripts folder that a file has or would have: "promotions/x.lua". */
struct souk_str promo_source_place(struct arena *arena, const char *name, const char *folder);
int promo_source_is_test(struct souk_str path);

#endif
