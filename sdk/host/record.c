/*
 * record.c: what was found, kept beside the plugin: NAME.conform.json. Whoever is handed the .so
 * sees by it which rules were tried with this very file (its SHA-256 stands in it), and `souk
 * plugin install` takes no other. It is a note of the author's, no signature: it says what was
 * tried, not that somebody is to be trusted.
 */
#include "host/host.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/str.h"

static int hash_file(const char *path, char hex[65], struct err *err)
{
    crypto_hash_sha256_state state;
    unsigned char bytes[65536], digest[32];
    size_t got;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return err_set(err, SOUK_NOT_FOUND, "%s: %s", path, strerror(errno));
    crypto_hash_sha256_init(&state);
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
        crypto_hash_sha256_update(&state, bytes, got);
    int failed = ferror(file);
    fclose(file);
    if (failed)
        return err_set(err, SOUK_ERROR, "%s cannot be read to its end", path);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
    return SOUK_OK;
}

static struct json *make(struct arena *arena, const struct plan *plan, const struct record *record,
                         const char *hash)
{
    struct json *out = json_new(arena, JSON_OBJECT);
    char at[32];
    json_add_cstr(arena, out, "plugin", plan->name);
    json_add_str(arena, out, "version", json_text(json_at(plan->about, "version")));
    json_add_cstr(arena, out, "sha256", hash);
    json_add_cstr(arena, out, "souk", SOUK_VERSION);
    json_add_str(arena, out, "abi", json_text(json_at(plan->about, "abi")));
    size_t len = clock_format(clock_now(), 0, at);
    json_add_str(arena, out, "at", arena_str(arena, str_make(at, len)));
    struct json *list = json_add(arena, out, "suites", JSON_ARRAY);
    for (size_t i = 0; record->suites[i]; i++)
        json_add_cstr(arena, list, NULL, record->suites[i]);
    list = json_add(arena, out, "modes", JSON_ARRAY);
    for (int mode = 0; mode < MODES; mode++)
        if (record->modes[mode])
            json_add_cstr(arena, list, NULL, run_mode_name(mode));
    json_add_int(arena, out, "yes", record->yes);
    json_add_int(arena, out, "no", record->no);
    json_add_int(arena, out, "skipped", record->skipped);
    return out;
}

int record_write(const struct plan *plan, const struct record *record, struct err *err)
{
    struct arena arena = {0};
    struct buf text = {.arena = &arena};
    struct souk_str file = souk_str(plan->file);
    char hash[65];
    int code = hash_file(plan->file, hash, err);
    if (code == SOUK_OK) {
        size_t stem = str_ends(file, ".so") ? file.len - 3 : file.len;
        json_print_pretty(&text, make(&arena, plan, record, hash));
        buf_add_char(&text, '\n');
        code = disk_put(arena_printf(&arena, "%.*s.conform.json", (int)stem, file.ptr).ptr,
                        buf_str(&text), 0644, err);
    }
    arena_free(&arena);
    return code;
}
