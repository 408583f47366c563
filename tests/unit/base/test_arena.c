/*
 * arena: alignment, growth, reset that keeps a block, copies and formats.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/vec.h"

static void pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *before = NULL;
    for (size_t size = 0; size < 300; size++) {
        char *p = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, (int)size, size);
        if (before && size > 1)
            assert_int_equal((unsigned char)before[size - 2], (unsigned char)(size - 1));
        before = p;
    }
    arena_free(&arena);
    assert_null(arena.block);
}

static void large_pieces_do_not_waste_the_block(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *small = arena_alloc(&arena, 16);
    char *large = arena_alloc(&arena, 1 << 20);
    memset(large, 1, 1 << 20);
    char *next = arena_alloc(&arena, 16);
    assert_ptr_equal(next, small + 16);
    assert_int_equal(arena.total, (1 << 20) + 32);
    arena_free(&arena);
}

static void a_large_first_piece_is_served(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *large = arena_zalloc(&arena, 300000);
    assert_int_equal(large[299999], 0);
    arena_reset(&arena);
    assert_int_equal(arena.total, 0);
    arena_free(&arena);
}

/* The promise of the header: a request like the one before allocates nothing. */
static void a_warm_arena_keeps_its_block(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < 100; i++)
            arena_alloc(&arena, 200);
        arena_reset(&arena);
    }
    struct arena_block *block = arena.block;
    assert_ptr_equal(arena.first, block);
    for (int i = 0; i < 100; i++)
        arena_alloc(&arena, 200);
    assert_ptr_equal(arena.block, block);
    assert_ptr_equal(arena.first, block);
    arena_free(&arena);
}

static void copies_end_with_nul(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct souk_str text = arena_str(&arena, souk_str("abc"));
    assert_int_equal(text.len, 3);
    assert_string_equal(text.ptr, "abc");
    assert_string_equal(arena_cstr(&arena, (struct souk_str){"abcdef", 2}), "ab");
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    arena_free(&arena);
}

static void formats_of_any_length(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(arena_printf(&arena, "%d-%s", 7, "x").ptr, "7-x");
    struct souk_str wide = arena_printf(&arena, "%*d", 1000, 5);
    assert_int_equal(wide.len, 1000);
    assert_int_equal(wide.ptr[999], '5');
    assert_int_equal(wide.ptr[1000], '\0');
    assert_int_equal(arena_printf(&arena, "%*d", 256, 5).len, 256);
    arena_free(&arena);
}

static void vec_grows(void **state)
{
    (void)state;
    VEC(int) numbers = {0};
    for (int i = 0; i < 1000; i++)
        vec_push(&numbers, i);
    assert_int_equal(numbers.len, 1000);
    assert_int_equal(numbers.at[999], 999);
    vec_free(&numbers);
    assert_null(numbers.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(large_pieces_do_not_waste_the_block),
        cmocka_unit_test(a_large_first_piece_is_served),
        cmocka_unit_test(a_warm_arena_keeps_its_block),
        cmocka_unit_test(copies_end_with_nul),
        cmocka_unit_test(formats_of_any_length),
        cmocka_unit_test(vec_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
