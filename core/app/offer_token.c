/*
 * offer_token.c: signed offers: what was offered, as text, with HMAC-SHA-256 behind it. Whoever has
 * one can take the offer until its time is over, and can alter nothing of it. The key is the shop's
 * own and never leaves its database.
 */
#include "app/offer_inner.h"

#include <sodium.h>
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/setting.h"

#define TOKEN_MOST 1024
#define PARTS      11

/* ---- the key ---- */

static const char owner[] = "offer", name[] = "key";
static char shop_key[crypto_auth_hmacsha256_KEYBYTES * 2 + 1]; /* read once, at the start */

static int key_write(struct db_conn *conn, void *arg)
{
    struct arena scratch = {0};
    struct souk_str there = souk_str("");
    unsigned char bytes[crypto_auth_hmacsha256_KEYBYTES];
    (void)arg;
    int code = setting_get(conn, &scratch, souk_str(owner), souk_str(name), &there);
    if (code == SOUK_OK && there.len == sizeof shop_key - 1) {
        str_copy(shop_key, sizeof shop_key, there);
    } else if (code == SOUK_OK || code == SOUK_NOT_FOUND) {
        rand_bytes(bytes, sizeof bytes);
        sodium_bin2hex(shop_key, sizeof shop_key, bytes, sizeof bytes);
        code = setting_put(conn, souk_str(owner), souk_str(name), souk_str(shop_key), clock_now());
    }
    arena_free(&scratch);
    return code;
}

int offer_key_begin(struct db *db, struct err *err)
{
    return db_write(db, key_write, NULL, err);
}

struct souk_str offer_key(void)
{
    return souk_str(shop_key);
}

/* ---- signing ---- */

static void make_mac(struct souk_str key, struct souk_str body, unsigned char *mac)
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.ptr, key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)"offer:", 6);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.ptr, body.len);
    crypto_auth_hmacsha256_final(&state, mac);
}

/* Ids of rules, hashes and slots have no '~'; nothing in a token needs an escape in an address. */
struct souk_str offer_token_sign(struct arena *arena, struct souk_str key,
                                 const struct offer_token *token)
{
    struct buf out = {.arena = arena};
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char text[sodium_base64_ENCODED_LEN(sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    buf_printf(&out, "%.*s~%.*s~%.*s~%lld~%lld~%lld~%lld~%lld~%lld~%lld~%lld",
               SOUK_PRI(token->offer), SOUK_PRI(token->hash), SOUK_PRI(token->slot),
               (long long)token->cart_id, (long long)token->order_id, (long long)token->variant_id,
               (long long)token->quantity, (long long)token->amount, (long long)token->discount,
               (long long)token->expires_at, (long long)token->with);
    make_mac(key, buf_str(&out), mac);
    sodium_bin2base64(text, sizeof text, mac, sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    buf_printf(&out, "~%s", text);
    return buf_str(&out);
}

static int read_parts(struct souk_str body, struct offer_token *token)
{
    struct souk_str rest = body;
    struct souk_str *texts[] = {&token->offer, &token->hash, &token->slot};
    int64_t *numbers[] = {&token->cart_id, &token->order_id, &token->variant_id, &token->quantity,
                          &token->amount,  &token->discount, &token->expires_at, &token->with};
    struct souk_str part;
    for (int i = 0; i < PARTS; i++) {
        if (!str_split(&rest, '~', &part))
            return SOUK_INVALID;
        if (i < 3)
            *texts[i] = part;
        else if (str_to_int(part, numbers[i - 3]) != SOUK_OK)
            return SOUK_INVALID;
    }
    return rest.len ? SOUK_INVALID : SOUK_OK;
}

int offer_token_read(struct arena *arena, struct souk_str key, struct souk_str text,
                     struct offer_token *token)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES], sent[sizeof mac];
    size_t at = text.len, len = 0;
    if (!text.len || text.len > TOKEN_MOST)
        return SOUK_INVALID;
    while (at > 0 && text.ptr[at - 1] != '~')
        at--;
    if (at < 2 ||
        sodium_base642bin(sent, sizeof sent, text.ptr + at, text.len - at, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != sizeof sent)
        return SOUK_INVALID;
    struct souk_str body = arena_str(arena, str_make(text.ptr, at - 1));
    make_mac(key, body, mac);
    if (sodium_memcmp(mac, sent, sizeof mac) != 0)
        return SOUK_INVALID;
    return read_parts(body, token);
}
