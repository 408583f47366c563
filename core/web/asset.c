/*
 * asset.c: static files as finished responses.
 *
 * The idea: a file's public name holds a hash of its content, so a browser may keep it
 * for a year and is never shown an old one. Everything is made when the set is built:
 * type, compressed variant, header lines. Answering is one look-up and no copying. The
 * request's pin of the plugin set keeps the set, and with it the responses, alive until
 * it is sent.
 *
 * Two maps: by "owner/name" as templates say it, and by the public path. Immutable once
 * built, so any thread may read without a lock.
 *
 * It does not do: reading files (the bytes come from the plugin or the theme), ranges,
 * other types than the list below.
 */
#include "web/asset.h"

#include <sodium.h>
#include <stdlib.h>
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "web/cache_pack.h"

#define HASH_CHARS 12
#define PATH_LIMIT 160
#define NAME_LIMIT (PATH_LIMIT - HASH_CHARS - 1)

struct asset {
    char *url;            /* "/assets/hello/hello.3f2a….css" */
    char *name;           /* "hello/hello.css" */
    struct souk_str path; /* within url, behind "/assets/" */
    struct cache_pack pack;
};

struct asset_set {
    struct map by_name, by_path;
};

static const struct type {
    const char *extension;
    const char *type;
    int text; /* worth compressing */
} types[] = {
    {"css", "text/css; charset=utf-8", 1},
    {"js", "text/javascript; charset=utf-8", 1},
    {"mjs", "text/javascript; charset=utf-8", 1},
    {"svg", "image/svg+xml", 1},
    {"png", "image/png", 0},
    {"jpg", "image/jpeg", 0},
    {"webp", "image/webp", 0},
    {"avif", "image/avif", 0},
    {"ico", "image/x-icon", 1},
    {"woff2", "font/woff2", 0},
    {"txt", "text/plain; charset=utf-8", 1},
    {"json", "application/json", 1},
    {"map", "application/json", 1},
    {"webmanifest", "application/manifest+json", 1},
};

#define TYPES "css js mjs svg png jpg webp avif ico woff2 txt json map webmanifest"

struct asset_set *asset_set_new(void)
{
    return mem_zalloc(sizeof(struct asset_set));
}

void asset_set_free(struct asset_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->by_name.used; i++) {
        struct asset *asset = set->by_name.entries[i].value;
        if (asset) {
            cache_pack_free(&asset->pack);
            free(asset->url);
            free(asset->name);
            free(asset);
        }
    }
    map_free(&set->by_name);
    map_free(&set->by_path);
    free(set);
}

/* ---- names ---- */

/* [a-z0-9._/-], no empty segment, none that begins with a point ("..", hidden files).
 */
static int name_safe(struct souk_str name)
{
    char before = '/';
    if (name.len == 0 || name.len > PATH_LIMIT || name.ptr[name.len - 1] == '/')
        return 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        int plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!plain && !((c == '.' || c == '/') && before != '/'))
            return 0;
        before = c;
    }
    return 1;
}

/* Where the extension begins (behind its point), or 0. */
static size_t extension_at(struct souk_str name)
{
    for (size_t i = name.len; i > 0 && name.ptr[i - 1] != '/'; i--)
        if (name.ptr[i - 1] == '.')
            return i;
    return 0;
}

static const struct type *type_of(struct souk_str name)
{
    size_t at = extension_at(name);
    struct souk_str extension = str_from(name, at);
    for (size_t i = 0; at && i < sizeof(types) / sizeof(types[0]); i++)
        if (souk_str_is(extension, types[i].extension))
            return &types[i];
    return NULL;
}

static struct souk_str full_name(char *to, size_t size, const char *owner, struct souk_str name)
{
    size_t owner_len = strlen(owner);
    if (owner_len + 1 + name.len > size)
        return STR_NULL;
    memcpy(to, owner, owner_len);
    to[owner_len] = '/';
    memcpy(to + owner_len + 1, name.len ? name.ptr : "", name.len);
    return (struct souk_str){to, owner_len + 1 + name.len};
}

/* ---- building ---- */

static void hash_bytes(struct souk_str bytes, char hex[HASH_CHARS + 1])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)bytes.ptr, bytes.len);
    sodium_bin2hex(hex, HASH_CHARS + 1, hash, HASH_CHARS / 2);
}

static struct asset *asset_new(struct souk_str full, struct souk_str bytes, const struct type *type)
{
    struct asset *asset = mem_zalloc(sizeof(*asset));
    struct buf url = {0};
    char hash[HASH_CHARS + 1];
    size_t extension = extension_at(full);
    hash_bytes(bytes, hash);
    buf_printf(&url, "/assets/%.*s%s.%s", (int)extension, full.ptr, hash, type->extension);
    asset->url = url.ptr;
    asset->path = str_from(buf_str(&url), strlen("/assets/"));
    asset->name = mem_alloc(full.len + 1);
    memcpy(asset->name, full.ptr, full.len);
    asset->name[full.len] = '\0';
    struct cache_pack_source source = {
        .body = bytes,
        .type = souk_str(type->type),
        .cache_control = "public, max-age=31536000, immutable",
        .tag = souk_str(hash),
        .level = type->text ? 9 : 0,
        .stays = 1,
    };
    cache_pack_make(&asset->pack, &source);
    cache_pack_compress(&asset->pack);
    return asset;
}

int asset_add(struct asset_set *set, const char *owner, const char *name, struct souk_str bytes,
              struct err *err)
{
    char room[NAME_LIMIT];
    struct souk_str full = full_name(room, sizeof(room), owner, souk_str(name));
    if (!full.ptr || !name_safe(full)) {
        return err_set(err, SOUK_INVALID,
                       "asset %s of %s: a name has only a-z, 0-9, '.', '_', '-' and '/' "
                       "between its parts, and at most %d bytes; rename the file",
                       name, owner, NAME_LIMIT);
    }
    const struct type *type = type_of(full);
    if (!type) {
        return err_set(err, SOUK_INVALID,
                       "asset %s of %s: its type is not served; use one of " TYPES, name, owner);
    }
    if (map_get(&set->by_name, full)) {
        return err_set(err, SOUK_CONFLICT, "asset %s of %s: given twice; remove one of them", name,
                       owner);
    }
    struct asset *asset = asset_new(full, bytes, type);
    map_put(&set->by_name, souk_str(asset->name), asset);
    map_put(&set->by_path, asset->path, asset);
    return 0;
}

/* ---- finding ---- */

static const struct asset *find(const struct asset_set *set, const char *owner,
                                struct souk_str name)
{
    char room[NAME_LIMIT];
    struct souk_str full = full_name(room, sizeof(room), owner, name);
    return full.ptr ? map_get(&set->by_name, full) : NULL;
}

struct souk_str asset_url(const struct asset_set *set, const char *owner, struct souk_str name)
{
    const struct asset *asset = find(set, owner, name);
    if (!asset)
        asset = find(set, "souk", name);
    return asset ? souk_str(asset->url) : souk_str("");
}

int asset_answer(const struct asset_set *set, struct request *request, struct souk_str path)
{
    if (!name_safe(path))
        return SOUK_NOT_FOUND;
    struct asset *asset = map_get(&set->by_path, path);
    if (asset) {
        cache_pack_answer(&asset->pack, request);
        return 0;
    }
    asset = map_get(&set->by_name, path);
    if (!asset)
        return SOUK_NOT_FOUND;
    answer_redirect(request, 302, souk_str(asset->url));
    return answer_header(request, "Cache-Control", souk_str("no-cache"));
}
