/*
 * Key-value: named values of the plugin's own, in the database: a cursor, a token, a switch. What
 * there are many of belongs into a table of its own (souk/db.h).
 */
#ifndef SOUK_KV_H
#define SOUK_KV_H

#include <souk/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */

/* ---- key-value ---- */

/* The plugin's own named values, in the database. SOUK_NOT_FOUND; not in init. Keys up to 200 bytes. [serving; 0.1] */
static inline int souk_kv_get(struct souk_ctx *ctx, const char *key, struct souk_str *value) { return souk_api->call->kv_get(ctx, souk_str(key), value); }
/* Up to 64 KiB a value. In WRITE a part of the transaction; in TASK, jobs and listeners it waits for a write of its own; not in READ. [WRITE TASK; TASK waits; 0.1] */
static inline int souk_kv_put(struct souk_ctx *ctx, const char *key, struct souk_str value) { return souk_api->call->kv_put(ctx, souk_str(key), value); }
/* As souk_kv_put. What is not there is deleted, too. [WRITE TASK; TASK waits; 0.1] */
static inline int souk_kv_delete(struct souk_ctx *ctx, const char *key) { return souk_api->call->kv_delete(ctx, souk_str(key)); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
