/*
 * test_kit_crypto: digests, keyed digests, signatures and codings against the vectors of their
 * standards: RFC 1321, 2202, 3174, 4231, 4648, 8032, FIPS 180-4.
 */
#include "fixture.h"

static struct souk_ctx ctx;

static int set_up(void **state)
{
    (void)state;
    fixture_begin();
    ctx = fixture_ctx(SOUK_READ);
    return 0;
}

static struct souk_str bytes(const char *hex)
{
    struct souk_str out;
    assert_int_equal(souk_decode(&ctx, SOUK_HEX, souk_str(hex), &out), 0);
    return out;
}

static void digest_is(int32_t algorithm, struct souk_str data, const char *hex)
{
    struct souk_str digest;
    assert_int_equal(souk_hash(&ctx, algorithm, data, &digest), 0);
    assert_string_equal(souk_encode(&ctx, SOUK_HEX, digest).ptr, hex);
}

static void hashes(void **state)
{
    struct souk_str long_text =
        souk_str("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
    (void)state;
    digest_is(SOUK_MD5, souk_str(""), "d41d8cd98f00b204e9800998ecf8427e");
    digest_is(SOUK_MD5, souk_str("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    digest_is(SOUK_SHA1, souk_str("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    digest_is(SOUK_SHA1, long_text, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    digest_is(SOUK_SHA256, souk_str("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_is(SOUK_SHA256, (struct souk_str){NULL, 0},
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_is(SOUK_SHA512, souk_str("abc"),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

static void mac_is(int32_t algorithm, struct souk_str key, struct souk_str data, const char *hex)
{
    struct souk_str digest;
    assert_int_equal(souk_hmac(&ctx, algorithm, key, data, &digest), 0);
    assert_string_equal(souk_encode(&ctx, SOUK_HEX, digest).ptr, hex);
}

static void keyed_hashes(void **state)
{
    struct souk_str what = souk_str("what do ya want for nothing?");
    char filler[131];
    (void)state;
    memset(filler, 0xaa, sizeof filler);
    mac_is(SOUK_MD5, souk_str("Jefe"), what, "750c783e6ab0b503eaa86e310a5db738");
    mac_is(SOUK_SHA1, souk_str("Jefe"), what, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    mac_is(SOUK_SHA256, souk_str("Jefe"), what,
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    mac_is(SOUK_SHA512, souk_str("Jefe"), what,
           "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
           "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
    /* a key larger than a block */
    mac_is(SOUK_SHA256, (struct souk_str){filler, 131},
           souk_str("Test Using Larger Than Block-Size Key - Hash Key First"),
           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    mac_is(SOUK_SHA1, (struct souk_str){filler, 80},
           souk_str("Test Using Larger Than Block-Size Key - Hash Key First"),
           "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    mac_is(SOUK_SHA1, (struct souk_str){NULL, 0}, (struct souk_str){NULL, 0},
           "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
    struct souk_str digest;
    uint8_t plain[32];
    assert_int_equal(souk_hmac_sha256(&ctx, souk_str("Jefe"), what, plain), 0);
    assert_int_equal(souk_hmac(&ctx, SOUK_SHA256, souk_str("Jefe"), what, &digest), 0);
    assert_memory_equal(plain, digest.ptr, 32);
    assert_int_equal(souk_hmac(&ctx, 0, what, what, &digest), SOUK_INVALID);
    assert_int_equal(souk_hmac(&ctx, 5, what, what, &digest), SOUK_INVALID);
    assert_int_equal(digest.len, 0);
}

static void verifies(void **state)
{
    /* RFC 8032, 7.1: tests 1 to 3 */
    static const char *const rows[][3] = {
        {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
         "f9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
         "f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
         "4dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct souk_str key = bytes(rows[i][0]), data = bytes(rows[i][1]);
        struct souk_str signature = bytes(rows[i][2]);
        assert_int_equal(souk_verify(&ctx, data, signature, key), 0);
        for (size_t bit = 0; bit < signature.len * 8; bit += 7) {
            char *wrong = souk_alloc(&ctx, signature.len);
            memcpy(wrong, signature.ptr, signature.len);
            wrong[bit / 8] = (char)(wrong[bit / 8] ^ (1 << bit % 8));
            assert_int_equal(souk_verify(&ctx, data, (struct souk_str){wrong, 64}, key),
                             SOUK_DENIED);
        }
        assert_int_equal(souk_verify(&ctx, souk_str("other"), signature, key), SOUK_DENIED);
        signature.len--;
        assert_int_equal(souk_verify(&ctx, data, signature, key), SOUK_DENIED);
        key.len--;
        assert_int_equal(souk_verify(&ctx, data, signature, key), SOUK_INVALID);
    }
}

static void codes(int32_t coding, const char *plain, const char *text)
{
    struct souk_str back;
    assert_string_equal(souk_encode(&ctx, coding, souk_str(plain)).ptr, text);
    assert_int_equal(souk_decode(&ctx, coding, souk_str(text), &back), 0);
    assert_true(souk_str_is(back, plain));
}

static void encodes(void **state)
{
    static const char *const base64[][2] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    static const char *const base32[][2] = {{"", ""},
                                            {"f", "MY"},
                                            {"fo", "MZXQ"},
                                            {"foo", "MZXW6"},
                                            {"foob", "MZXW6YQ"},
                                            {"fooba", "MZXW6YTB"},
                                            {"foobar", "MZXW6YTBOI"}};
    (void)state;
    for (size_t i = 0; i < sizeof base64 / sizeof *base64; i++)
        codes(SOUK_BASE64, base64[i][0], base64[i][1]);
    for (size_t i = 0; i < sizeof base32 / sizeof *base32; i++)
        codes(SOUK_BASE32, base32[i][0], base32[i][1]);
    codes(SOUK_BASE64URL, "foob", "Zm9vYg");
    codes(SOUK_BASE64URL, "\xfb\xff\xfe", "-__-");
    codes(SOUK_HEX, "\x01\xab\xff", "01abff");
    codes(SOUK_PERCENT, "a b/ä~-._", "a%20b%2F%C3%A4~-._");
    codes(SOUK_PERCENT, "100%", "100%25");
}

/* Every length and every byte there and back. */
static void round_trips(void **state)
{
    char data[256];
    (void)state;
    for (int i = 0; i < 256; i++)
        data[i] = (char)i;
    for (int32_t coding = SOUK_HEX; coding <= SOUK_PERCENT; coding++) {
        for (size_t len = 0; len <= 256; len++) {
            struct souk_str back, text = souk_encode(&ctx, coding, (struct souk_str){data, len});
            assert_int_equal(text.ptr[text.len], 0);
            assert_int_equal(souk_decode(&ctx, coding, text, &back), 0);
            assert_int_equal(back.len, len);
            assert_memory_equal(back.ptr, data, len);
        }
    }
}

static void refuses(void **state)
{
    static const struct {
        int32_t coding;
        const char *text;
    } wrong[] = {{SOUK_HEX, "abc"},
                 {SOUK_HEX, "0g"},
                 {SOUK_BASE64, "Zg"},
                 {SOUK_BASE64, "Zg=="
                               "="},
                 {SOUK_BASE64, "Zm9v-"},
                 {SOUK_BASE64, "Zh=="},
                 {SOUK_BASE64URL, "Zg=="},
                 {SOUK_BASE64URL, "+/+/"},
                 {SOUK_BASE32, "M"},
                 {SOUK_BASE32, "MZ1"},
                 {SOUK_BASE32, "MY======"},
                 {SOUK_BASE32, "MZ"},
                 {SOUK_PERCENT, "%"},
                 {SOUK_PERCENT, "%2"},
                 {SOUK_PERCENT, "a%2"},
                 {SOUK_PERCENT, "%zz"},
                 {0, "aa"},
                 {6, "aa"}};
    struct souk_str out;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (souk_decode(&ctx, wrong[i].coding, souk_str(wrong[i].text), &out) != SOUK_INVALID ||
            out.len)
            fail_msg("\"%s\" was read as coding %d", wrong[i].text, wrong[i].coding);
    assert_int_equal(souk_decode(&ctx, SOUK_HEX, souk_str("AB cd\r\n01"), &out), 0);
    assert_int_equal(out.len, 3);
    assert_int_equal(souk_decode(&ctx, SOUK_BASE64, souk_str("Zm9v\r\n YmFy\n"), &out), 0);
    assert_true(souk_str_is(out, "foobar"));
    assert_int_equal(souk_decode(&ctx, SOUK_BASE32, souk_str("mzxw6"), &out), 0);
    assert_true(souk_str_is(out, "foo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hashes, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(keyed_hashes, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(verifies, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(encodes, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(round_trips, set_up, fixture_teardown),
        cmocka_unit_test_setup_teardown(refuses, set_up, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
