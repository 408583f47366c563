/*
 * promotion_preview.c: a signed link to a dry run, as a shopper would see it: for the colleague who
 * is to say yes and has no account here. It names what is tried and until when; whoever has it can
 * look, and can alter nothing of it. Nothing is bought by it: it is a page and no cart.
 */
#include <sodium.h>

#include "app/admin/promotion.h"
#include "app/admin/route.h"
#include "app/offer_inner.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "base/str.h"
#include "bridge/bridge.h"

#define DAYS       7
#define TOKEN_MOST 4096

static const char *const members[] = {"on", "order", "cart", "goods", "codes", "at"};

static void members_of(struct promotion_trial *trial, struct souk_str *to[6])
{
    struct souk_str *all[] = {&trial->on,    &trial->order, &trial->cart,
                              &trial->goods, &trial->codes, &trial->at};
    memcpy(to, all, sizeof all);
}

static void sign(struct souk_str key, struct souk_str text, char *mac, size_t size)
{
    unsigned char bytes[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.ptr, key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)"preview:", 8);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.ptr, text.len);
    crypto_auth_hmacsha256_final(&state, bytes);
    sodium_bin2base64(mac, size, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

#define MAC_ROOM                                                                                   \
    sodium_base64_ENCODED_LEN(crypto_auth_hmacsha256_BYTES,                                        \
                              sodium_base64_VARIANT_URLSAFE_NO_PADDING)

int promotion_preview_link(struct request *request, const struct promotion_trial *trial,
                           struct souk_str *link)
{
    struct arena *arena = &request->arena;
    struct promotion_trial copy = *trial;
    struct json *doc = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    struct souk_str key, *values[6];
    char mac[MAC_ROOM];
    members_of(&copy, values);
    for (int i = 0; i < 6; i++)
        json_add_str(arena, doc, members[i], *values[i]);
    json_add_int(arena, doc, "until", request->now + DAYS * CLOCK_DAY);
    json_print(&text, doc);
    if (text.len > TOKEN_MOST / 2)
        return SOUK_TOO_LARGE;
    key = offer_key();
    size_t room = sodium_base64_encoded_len(text.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *body = arena_alloc(arena, room);
    sodium_bin2base64(body, room, (const unsigned char *)text.ptr, text.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sign(key, souk_str(body), mac, sizeof mac);
    *link = arena_printf(arena, "/admin/promotions/preview?token=%s.%s", body, mac);
    return SOUK_OK;
}

static int read_token(struct request *request, struct promotion_trial *trial)
{
    struct arena *arena = &request->arena;
    struct souk_str rest = request_query(request, "token"), body, key, *values[6];
    struct json *doc = NULL;
    char mac[MAC_ROOM];
    size_t len = 0;
    if (rest.len > TOKEN_MOST || !str_split(&rest, '.', &body))
        return 0;
    key = offer_key();
    sign(key, body, mac, sizeof mac);
    if (!str_equal_secret(rest, souk_str(mac)))
        return 0;
    char *text = arena_alloc(arena, body.len + 1);
    if (sodium_base642bin((unsigned char *)text, body.len, body.ptr, body.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        json_parse(arena, str_make(text, len), &doc, NULL) != SOUK_OK ||
        json_int(json_at(doc, "until"), 0) < request->now)
        return 0;
    *trial = (struct promotion_trial){0};
    members_of(trial, values);
    for (int i = 0; i < 6; i++)
        *values[i] = json_text(json_at(doc, members[i]));
    return 1;
}

int promotion_preview(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    struct promotion_trial trial;
    struct err err = {0};
    answer_header(request, "Cache-Control", souk_str("no-store"));
    if (!read_token(request, &trial))
        return admin_message(request, 404, "Not found",
                             "This preview is not valid, or not any more. Ask for another link.",
                             "/");
    json_add_str(&request->arena, view, "on", trial.on);
    int code = promotion_trial_run(request, &trial, view, &err);
    if (code != SOUK_OK)
        return admin_message(request, answer_status_of(code), "That did not work",
                             arena_cstr(&request->arena, souk_str(err.text)), "/");
    return admin_render(request, "admin/promotion-preview", 200, "Preview", view);
}
