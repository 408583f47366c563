/*
 * test_offer_token.c: signed offers: what is signed comes back, and nothing else does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/offer_inner.h"
#include "base/str.h"
#include "store/setting.h"

#include <cmocka.h>

static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static struct offer_token sample(void)
{
    return (struct offer_token){.offer = souk_str("second-mug.v2"),
                                .hash = souk_str("9f86d081"),
                                .slot = souk_str("cart"),
                                .cart_id = INT64_C(912277672561672192),
                                .variant_id = INT64_MAX,
                                .quantity = 3,
                                .amount = 1250,
                                .discount = 250,
                                .expires_at = INT64_C(1795000000000000),
                                .with = 7};
}

static void comes_back(void **state)
{
    struct arena arena = {0};
    struct offer_token token = sample(), read = {0};
    (void)state;
    struct souk_str text = offer_token_sign(&arena, souk_str(key), &token);
    assert_int_equal(offer_token_read(&arena, souk_str(key), text, &read), SOUK_OK);
    assert_true(souk_str_equal(read.offer, token.offer) && souk_str_equal(read.hash, token.hash) &&
                souk_str_is(read.slot, "cart"));
    assert_true(read.cart_id == token.cart_id && read.order_id == 0 &&
                read.variant_id == INT64_MAX && read.quantity == 3 && read.amount == 1250 &&
                read.discount == 250 && read.expires_at == token.expires_at && read.with == 7);
    for (size_t i = 0; i < text.len; i++) /* it travels in addresses as it is */
        assert_true(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~",
                           text.ptr[i]));
    arena_free(&arena);
}

static void no_sign_can_be_altered(void **state)
{
    struct arena arena = {0};
    struct offer_token token = sample(), read;
    (void)state;
    struct souk_str text = offer_token_sign(&arena, souk_str(key), &token);
    for (size_t at = 0; at < text.len; at++) {
        for (int bit = 0; bit < 7; bit++) {
            char *wrong = arena_alloc(&arena, text.len);
            memcpy(wrong, text.ptr, text.len);
            wrong[at] = (char)(wrong[at] ^ (1 << bit));
            int code = offer_token_read(&arena, souk_str(key), str_make(wrong, text.len), &read);
            if (code == SOUK_OK)
                fail_msg("sign %zu, bit %d", at, bit);
        }
        assert_int_not_equal(offer_token_read(&arena, souk_str(key), str_make(text.ptr, at), &read),
                             SOUK_OK);
    }
    arena_free(&arena);
}

static void of_another_shop(void **state)
{
    struct arena arena = {0};
    struct offer_token token = sample(), read;
    (void)state;
    struct souk_str text = offer_token_sign(&arena, souk_str("another"), &token);
    assert_int_equal(offer_token_read(&arena, souk_str(key), text, &read), SOUK_INVALID);
    assert_int_equal(offer_token_read(&arena, souk_str(key), souk_str(""), &read), SOUK_INVALID);
    assert_int_equal(offer_token_read(&arena, souk_str(key), souk_str("~"), &read), SOUK_INVALID);
    char *much = arena_alloc(&arena, 5000);
    memset(much, '~', 5000);
    assert_int_equal(offer_token_read(&arena, souk_str(key), str_make(much, 5000), &read),
                     SOUK_INVALID);
    arena_free(&arena);
}

static int64_t kept(struct db *db, char *text, size_t room)
{
    struct arena arena = {0};
    struct souk_str value;
    struct db_conn *conn = db_read_begin(db, 0);
    int code = setting_get(conn, &arena, souk_str("offer"), souk_str("key"), &value);
    db_read_end(conn);
    if (code == SOUK_OK)
        str_copy(text, room, value);
    arena_free(&arena);
    return code;
}

static void the_key_is_made_once(void **state)
{
    struct db *db = NULL;
    struct err err = {0};
    struct db_options options = {0};
    char first[80] = "", second[80] = "";
    (void)state;
    assert_int_equal(db_open(&db, &options, &err), SOUK_OK);
    assert_int_equal(offer_key_begin(db, &err), SOUK_OK);
    assert_int_equal(kept(db, first, sizeof first), SOUK_OK);
    assert_int_equal(strlen(first), 64);
    assert_true(souk_str_is(offer_key(), first));
    assert_int_equal(offer_key_begin(db, &err), SOUK_OK);
    assert_int_equal(kept(db, second, sizeof second), SOUK_OK);
    assert_string_equal(first, second);
    db_thread_end(db);
    db_shut(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(no_sign_can_be_altered),
        cmocka_unit_test(of_another_shop),
        cmocka_unit_test(the_key_is_made_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
