/* Tests of addresses and ranges, and of the crowd that counts connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "web/cidr.h"
#include "web/door_crowd.h"

static int holds(const char *range, const char *address)
{
    struct cidr_range parsed;
    struct cidr_address one;
    assert_int_equal(cidr_parse(souk_str(range), &parsed), 0);
    assert_int_equal(cidr_address_parse(souk_str(address), &one), 0);
    return cidr_holds(&parsed, &one);
}

static void ranges_hold_what_is_theirs(void **state)
{
    (void)state;
    assert_true(holds("10.0.0.0/8", "10.255.0.1"));
    assert_false(holds("10.0.0.0/8", "11.0.0.1"));
    assert_true(holds("192.168.1.128/25", "192.168.1.200"));
    assert_false(holds("192.168.1.128/25", "192.168.1.100"));
    assert_true(holds("10.1.2.3", "10.1.2.3"));
    assert_false(holds("10.1.2.3", "10.1.2.4"));
    assert_true(holds("10.0.0.0/8", "::ffff:10.0.0.1")); /* mapped is the same address */
    assert_true(holds("fd00::/8", "fd12::1"));
    assert_false(holds("fd00::/8", "fe80::1"));
    assert_true(holds("0.0.0.0/0", "8.8.8.8"));
    assert_false(holds("0.0.0.0/0", "::1"));
    assert_true(holds("::/0", "8.8.8.8"));
    assert_true(holds("unix", "unix"));
    assert_false(holds("::/0", "unix"));
}

static void texts_are_checked(void **state)
{
    static const char *const bad[] = {"",  "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129",
                                      "a", "10.0.0.1/x",  "unix/3",      NULL};
    struct cidr_range range;
    struct cidr_list list;
    struct err err = {0};
    (void)state;
    for (const char *const *text = bad; *text; text++)
        assert_int_equal(cidr_parse(souk_str(*text), &range), SOUK_INVALID);
    static const char *const wrong[] = {"10.0.0.0/8", "nonsense", NULL};
    assert_int_equal(cidr_list_parse(wrong, &list, &err), SOUK_INVALID);
    assert_non_null(strstr(err.text, "nonsense"));
    static const char *const good[] = {"loopback", "unix", NULL};
    struct cidr_address address;
    assert_int_equal(cidr_list_parse(good, &list, &err), 0);
    cidr_address_parse(souk_str("::1"), &address);
    assert_true(cidr_list_holds(&list, &address));
    cidr_address_parse(souk_str("127.9.9.9"), &address);
    assert_true(cidr_list_holds(&list, &address));
    assert_true(cidr_is_loopback(&address));
    cidr_address_parse(souk_str("1.2.3.4"), &address);
    assert_false(cidr_list_holds(&list, &address));
    cidr_list_free(&list);
}

static void dress_is_taken_off(void **state)
{
    static const char *const rows[][2] = {{"1.2.3.4:80", "1.2.3.4"},
                                          {"[2001:db8::1]:443", "2001:db8::1"},
                                          {"[::1]", "::1"},
                                          {" 1.2.3.4 ", "1.2.3.4"}};
    char text[48];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct cidr_address address;
        assert_int_equal(cidr_address_parse(souk_str(rows[i][0]), &address), 0);
        cidr_address_format(&address, text, sizeof(text));
        assert_string_equal(text, rows[i][1]);
    }
}

static void crowd_counts(void **state)
{
    struct crowd *crowd = crowd_new(2);
    struct cidr_address a;
    struct cidr_address b;
    (void)state;
    cidr_address_parse(souk_str("2001:db8::1"), &a);
    cidr_address_parse(souk_str("2001:db8::2"), &b); /* the same /64 */
    assert_true(crowd_enter(crowd, &a));
    assert_true(crowd_enter(crowd, &b));
    assert_false(crowd_enter(crowd, &a));
    crowd_leave(crowd, &b);
    assert_true(crowd_enter(crowd, &a));
    crowd_free(crowd);
}

/* Thousands come and go in another order: nobody is lost, nobody stays. */
static void crowd_stays_right(void **state)
{
    struct crowd *crowd = crowd_new(1);
    char text[32];
    struct cidr_address address;
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5000; i++) {
            snprintf(text, sizeof(text), "10.%d.%d.1", i / 250, i % 250);
            cidr_address_parse(souk_str(text), &address);
            assert_true(crowd_enter(crowd, &address));
            assert_false(crowd_enter(crowd, &address));
        }
        for (int k = 0; k < 5000; k++) {
            int i = (k * 1237) % 5000;
            snprintf(text, sizeof(text), "10.%d.%d.1", i / 250, i % 250);
            cidr_address_parse(souk_str(text), &address);
            crowd_leave(crowd, &address);
        }
    }
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_hold_what_is_theirs), cmocka_unit_test(texts_are_checked),
        cmocka_unit_test(dress_is_taken_off),         cmocka_unit_test(crowd_counts),
        cmocka_unit_test(crowd_stays_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
