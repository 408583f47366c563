/*
 * Catalogues built byte by byte: both byte orders, contexts, plural rules of the
 * shipped languages, fall-backs, hostile files, and the choice of a language.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <cmocka.h>
#include "web/i18n.h"
#include "web/plural.h"

struct message { /* in the order of the ids */
    const char *id, *text;
    size_t id_len, text_len;
};

#define M(id, text)                                                                                \
    {                                                                                              \
        id, text, sizeof(id) - 1, sizeof(text) - 1                                                 \
    }

struct file {
    unsigned char bytes[4096];
    size_t len;
    int big; /* byte order */
};

static void put(struct file *f, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        f->bytes[at + i] = (unsigned char)(value >> (f->big ? 24 - 8 * i : 8 * i));
}

static void put_string(struct file *f, size_t entry, const char *text, size_t len)
{
    put(f, entry, (uint32_t)len);
    put(f, entry + 4, (uint32_t)f->len);
    memcpy(f->bytes + f->len, text, len);
    f->len += len + 1;
}

static struct souk_str build(struct file *f, int big, const struct message *messages, size_t count)
{
    memset(f, 0, sizeof(*f));
    f->big = big;
    size_t ids = 28, texts = 28 + 8 * count;
    f->len = 28 + 16 * count;
    put(f, 0, UINT32_C(0x950412de));
    put(f, 8, (uint32_t)count);
    put(f, 12, (uint32_t)ids);
    put(f, 16, (uint32_t)texts);
    for (size_t i = 0; i < count; i++) {
        put_string(f, ids + 8 * i, messages[i].id, messages[i].id_len);
        put_string(f, texts + 8 * i, messages[i].text, messages[i].text_len);
    }
    return (struct souk_str){(const char *)f->bytes, f->len};
}

static const struct message bulgarian[] = {
    M("", "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"),
    M("Cart", "\u041a\u043e\u043b\u0438\u0447\u043a\u0430"),
    M("Untold", ""),
    M("one item\0{count} items",
      "\u0435\u0434\u043d\u0430\0{count} \u043c\u043d\u043e\u0433\u043e"),
    M("verb\004Order", "\u041f\u043e\u0440\u044a\u0447\u0430\u0439"),
};

static const struct message souk[] = {
    M("Cart", "wrong"),
    M("Pay", "\u041f\u043b\u0430\u0442\u0438"),
};

static void same(struct souk_str got, const char *wanted)
{
    if (got.len != strlen(wanted) || memcmp(got.ptr, wanted, got.len) != 0)
        fail_msg("got '%.*s', wanted '%s'", SOUK_PRI(got), wanted);
}

static void look_ups(struct i18n *i18n)
{
    same(i18n_text(i18n, "shop", "bg", souk_str("Cart")),
         "\u041a\u043e\u043b\u0438\u0447\u043a\u0430");
    same(i18n_text(i18n, "shop", "bg", souk_str("verb\004Order")),
         "\u041f\u043e\u0440\u044a\u0447\u0430\u0439");
    same(i18n_text(i18n, "shop", "bg", souk_str("one item")), "\u0435\u0434\u043d\u0430");
    same(i18n_plural(i18n, "shop", "bg", souk_str("one item"), souk_str("x"), 1),
         "\u0435\u0434\u043d\u0430");
    same(i18n_plural(i18n, "shop", "bg", souk_str("one item"), souk_str("x"), 0),
         "{count} \u043c\u043d\u043e\u0433\u043e");
    /* falls back: to souk, to the id, to the id without its context */
    same(i18n_text(i18n, "shop", "bg", souk_str("Pay")), "\u041f\u043b\u0430\u0442\u0438");
    same(i18n_text(i18n, "other", "bg", souk_str("Pay")), "\u041f\u043b\u0430\u0442\u0438");
    same(i18n_text(i18n, "shop", "bg", souk_str("Untold")), "Untold");
    same(i18n_text(i18n, "shop", "bg", souk_str("Cartx")), "Cartx");
    same(i18n_text(i18n, "shop", "hu", souk_str("Cart")), "Cart");
    same(i18n_text(i18n, "shop", "bg", souk_str("noun\004Order")), "Order");
    same(i18n_text(i18n, "shop", "bg", souk_str("")), "");
    same(i18n_text(i18n, NULL, NULL, souk_str("Cart")), "Cart");
    same(i18n_plural(i18n, "shop", "hu", souk_str("one"), souk_str("many"), 1), "one");
    same(i18n_plural(i18n, "shop", "hu", souk_str("c\004one"), souk_str("many"), 1), "one");
    same(i18n_plural(i18n, "shop", "hu", souk_str("one"), souk_str("many"), 0), "many");
    /* an id of which the singular alone exists: every number gets what there is, or
     * English */
    same(i18n_plural(i18n, "shop", "bg", souk_str("Cart"), souk_str("Carts"), 5), "Carts");
    /* a NUL in the id is not a way to the plural part */
    struct souk_str with_nul = SOUK_STR("one item\0{count} items");
    assert_ptr_equal(i18n_text(i18n, "shop", "bg", with_nul).ptr, with_nul.ptr);
}

static void both_byte_orders(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct file a, b;
        struct i18n *i18n = i18n_new();
        struct err err;
        assert_int_equal(i18n_add(i18n, "shop", "bg", build(&a, big, bulgarian, 5), &err), 0);
        assert_int_equal(i18n_add(i18n, "souk", "bg", build(&b, big, souk, 2), &err), 0);
        look_ups(i18n);
        /* given again, it replaces */
        assert_int_equal(i18n_add(i18n, "shop", "bg", build(&b, big, souk, 2), &err), 0);
        same(i18n_text(i18n, "shop", "bg", souk_str("Cart")), "wrong");
        i18n_free(i18n);
    }
    same(i18n_text(NULL, "shop", "bg", souk_str("Cart")), "Cart");
}

static void forms(const char *rule, const char *wanted)
{
    struct plural plural;
    struct err err;
    if (plural_parse(&plural, souk_str(rule), &err))
        fail_msg("%s", err.text);
    for (int64_t n = 0; wanted[n]; n++)
        if (plural_form(&plural, n) != wanted[n] - '0')
            fail_msg("%s: %d for %d", rule, plural_form(&plural, n), (int)n);
}

static void plural_rules(void **state)
{
    (void)state;
    forms("nplurals=2; plural=(n != 1);", "101111111111111111111111"); /* en bg hu */
    forms(" nplurals=2; plural=n > 1 ", "001111111111");               /* hy bn */
    forms("nplurals=1; plural=0;", "00000");                           /* ja */
    forms("nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || "
          "n%100>=20) ? 1 : 2);\n", /* ru */
          "201112222222222222222011122222201112");
    forms("nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
          "n%100>=11 ? 4 : 5);", /* ar */
          "01233333333444");
    forms("nplurals=8; plural=(n*2+6/2-1)%5", "24130241302");
    forms("nplurals=2; plural=!(n==1)", "10111");
    forms("nplurals=2; plural=n/0", "0000");
    forms("nplurals=2; plural=n%0+n", "010000"); /* out of range is the first form */
    struct plural plural;
    plural_default(&plural);
    assert_int_equal(plural_form(&plural, 1), 0);
    assert_int_equal(plural_form(&plural, -1), 0);
    assert_int_equal(plural_form(&plural, INT64_MIN), 1);
}

static void bad_plural_rules(void **state)
{
    (void)state;
    static const char *const rules[] = {"",
                                        "plural=n",
                                        "nplurals=0; plural=0",
                                        "nplurals=9; plural=0",
                                        "nplurals=2",
                                        "nplurals=2; plural",
                                        "nplurals=2; plural=",
                                        "nplurals=2; plural=x",
                                        "nplurals=2; plural=(n",
                                        "nplurals=2; plural=n n",
                                        "nplurals=2; plural=n ? 1",
                                        "nplurals=2; plural=n = 1",
                                        "nplurals=2; plural=-1",
                                        "nplurals=2; plural=99999999999999999999",
                                        "nplurals=99999999999999999999; plural=0",
                                        "nplurals=2; plural=system(n)",
                                        NULL};
    struct plural plural;
    struct err err;
    for (int i = 0; rules[i]; i++)
        if (plural_parse(&plural, souk_str(rules[i]), &err) != SOUK_INVALID)
            fail_msg("taken: %s", rules[i]);
    char deep[5000] = "nplurals=2; plural=";
    memset(deep + 19, '(', 4000);
    assert_int_equal(plural_parse(&plural, souk_str(deep), &err), SOUK_INVALID);
    memset(deep + 19, '!', 4000);
    assert_int_equal(plural_parse(&plural, souk_str(deep), &err), SOUK_INVALID);
    for (int i = 0; i < 2000; i++)
        memcpy(deep + 19 + 2 * i, "n+", 2);
    assert_int_equal(plural_parse(&plural, souk_str(deep), &err), SOUK_INVALID);
    for (int i = 0; i < 2000; i++)
        memcpy(deep + 19 + 2 * i, "n?", 2);
    assert_int_equal(plural_parse(&plural, souk_str(deep), &err), SOUK_INVALID);
}

static void three_forms(void **state)
{
    (void)state;
    static const struct message russian[] = {
        M("", "Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 "
              "&& (n%100<10 || n%100>=20) ? 1 : 2);\n"),
        M("item\0items", "one\0few\0many"),
        M("short\0shorts", "one"),
    };
    struct file f;
    struct err err;
    struct i18n *i18n = i18n_new();
    assert_int_equal(i18n_add(i18n, "souk", "ru", build(&f, 0, russian, 3), &err), 0);
    static const char *const wanted[] = {"many", "one", "few", "few", "few", "many"};
    for (int64_t n = 0; n < 6; n++)
        same(i18n_plural(i18n, "x", "ru", souk_str("item"), souk_str("items"), n), wanted[n]);
    same(i18n_plural(i18n, "x", "ru", souk_str("item"), souk_str("items"), 11), "many");
    same(i18n_plural(i18n, "x", "ru", souk_str("item"), souk_str("items"), 121), "one");
    same(i18n_plural(i18n, "x", "ru", souk_str("short"), souk_str("shorts"), 2), "shorts");
    i18n_free(i18n);
}

static void refuse(struct file *f, const char *part)
{
    struct i18n *i18n = i18n_new();
    struct err err;
    struct souk_str bytes = {(const char *)f->bytes, f->len};
    assert_int_equal(i18n_add(i18n, "shop", "bg", bytes, &err), SOUK_INVALID);
    if (!strstr(err.text, part) || !strstr(err.text, "translations of shop to bg: "))
        fail_msg("said %s, wanted %s", err.text, part);
    same(i18n_text(i18n, "shop", "bg", souk_str("Cart")), "Cart");
    i18n_free(i18n);
}

static void hostile_files(void **state)
{
    (void)state;
    struct file f;
    static const struct {
        size_t at;
        uint32_t value;
        const char *part;
    } cases[] = {
        {0, 0, "not a .mo file"},         {4, 0x20000, "newer format"},
        {8, 0xffffffff, "lies outside"},  {8, 0x20000000, "lies outside"},
        {12, 0xfffffffc, "lies outside"}, {12, 29, "lies outside"},
        {16, 0xfffffff0, "lies outside"}, {28, 0xffffffff, "lies outside"},
        {32, 0xffffffff, "lies outside"}, {36, 5, "lies outside"},
        {28 + 40, 1, "lies outside"},     {28 + 44, 0x7fffffff, "lies outside"},
    };
    for (int big = 0; big < 2; big++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
            build(&f, big, bulgarian, 5);
            put(&f, cases[i].at, cases[i].value);
            refuse(&f, cases[i].part);
        }
    }
    static const struct message unsorted[] = {M("b", "x"), M("a", "y")};
    static const struct message doubled[] = {M("a", "x"), M("a", "y")};
    static const struct message latin[] = {M("a", "\xe9")};
    static const struct message rule[] = {M("", "X: y\nPlural-Forms: nplurals=2; plural=z;\n")};
    build(&f, 0, unsorted, 2), refuse(&f, "not sorted");
    build(&f, 0, doubled, 2), refuse(&f, "not sorted");
    build(&f, 0, latin, 1), refuse(&f, "not UTF-8");
    build(&f, 0, rule, 1), refuse(&f, "not an expression of n");
}

/* Cut at every length and with every byte changed: refused or harmless, read by the
 * sanitizer. */
static void mutated_files(void **state)
{
    (void)state;
    struct file f;
    struct souk_str whole = build(&f, 0, bulgarian, 5);
    for (size_t i = 0; i < whole.len * 3; i++) {
        size_t len = i < whole.len ? i : whole.len;
        char *bytes = malloc(len ? len : 1); /* exactly as long: the sanitizer sees every step */
        memcpy(bytes, f.bytes, len);
        if (i >= whole.len)
            bytes[i % len] = (char)(i < whole.len * 2 ? 0xff : bytes[i % len] + 1);
        struct i18n *i18n = i18n_new();
        struct err err;
        if (i18n_add(i18n, "shop", "bg", (struct souk_str){bytes, len}, &err) == 0) {
            i18n_text(i18n, "shop", "bg", souk_str("Cart"));
            for (int64_t n = 0; n < 3; n++)
                i18n_plural(i18n, "shop", "bg", souk_str("one item"), souk_str("x"), n);
        } else {
            assert_int_equal(err.code, SOUK_INVALID);
        }
        i18n_free(i18n);
        free(bytes);
    }
}

static void negotiation(void **state)
{
    (void)state;
    static const char *const offered[] = {"en", "bg", "hu", "hy", "bn", "pt-BR", NULL};
    static const char *const cases[][2] = {
        {"", "en"},
        {"bg", "bg"},
        {"BG-bg", "bg"},
        {"fr, hu;q=0.5", "hu"},
        {"hu;q=0.5, bg;q=0.8, en;q=0.1", "bg"},
        {"hu;q=0, fr", "en"},
        {"bg;q=0.500,hu;q=0.501", "hu"},
        {"bg, hu", "bg"},
        {"*", "en"},
        {"*;q=0.1, hy;q=0.01", "hy"},
        {"bn-x-private", "bn"},
        {"pt-br", "pt-BR"},
        {"pt", "en"},
        {"bgx", "en"},
        {",,;q=1,-,--", "en"},
        {"bg;q=2", "en"},
        {"bg;q=0.a", "en"},
        {"bg ; q=0.3 , hu ;q=0.4", "hu"},
        {NULL, NULL},
    };
    for (int i = 0; cases[i][0]; i++) {
        const char *got = i18n_negotiate(offered, souk_str(cases[i][0]));
        if (strcmp(got, cases[i][1]) != 0)
            fail_msg("'%s' gave %s, wanted %s", cases[i][0], got, cases[i][1]);
    }
    char many[4000] = "";
    for (int i = 0; i < 900; i++)
        memcpy(many + 4 * i, "xx-,", 5);
    assert_string_equal(i18n_negotiate(offered, souk_str(many)), "en");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_byte_orders), cmocka_unit_test(plural_rules),
        cmocka_unit_test(bad_plural_rules), cmocka_unit_test(three_forms),
        cmocka_unit_test(hostile_files),    cmocka_unit_test(mutated_files),
        cmocka_unit_test(negotiation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
