/* Tests of base/cursor: every read at the last byte and one beyond it, and an error that stays. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "base/cursor.h"

static const uint8_t eight[] = {1, 2, 3, 4, 5, 6, 7, 0xff};

/* Every kind of read gives nothing and moves nothing. */
static void assert_dead(struct pv_cursor *cursor) {
    size_t pos = cursor->pos;
    assert_true(cursor->error);
    assert_int_equal(pv_cursor_left(cursor), 0);
    assert_null(pv_cursor_take(cursor, 0));
    assert_null(pv_cursor_take(cursor, 1));
    assert_int_equal(pv_cursor_u8(cursor), 0);
    assert_int_equal(pv_cursor_le(cursor, 2), 0);
    assert_int_equal(pv_cursor_be(cursor, 2), 0);
    assert_null(pv_cursor_until(cursor, 2).text);
    pv_cursor_skip(cursor, 1);
    pv_cursor_seek(cursor, 0);
    assert_int_equal(cursor->pos, pos);
    assert_true(cursor->error);
}

static void takes_up_to_the_end(void **state) {
    (void)state;
    struct guarded guarded = guard_copy(eight, sizeof eight);
    struct pv_cursor cursor = pv_cursor(guarded.data, guarded.len);
    assert_ptr_equal(pv_cursor_take(&cursor, 3), guarded.data);
    assert_int_equal(pv_cursor_left(&cursor), 5);
    assert_ptr_equal(pv_cursor_take(&cursor, 5), (uint8_t *)guarded.data + 3);
    assert_int_equal(pv_cursor_left(&cursor), 0);
    assert_false(cursor.error);
    assert_null(pv_cursor_take(&cursor, 1));
    assert_dead(&cursor);
    guard_free(&guarded);
}

static void a_huge_count_does_not_wrap(void **state) {
    (void)state;
    struct pv_cursor cursor = pv_cursor(eight, sizeof eight);
    (void)pv_cursor_take(&cursor, 4);
    assert_null(pv_cursor_take(&cursor, SIZE_MAX));
    assert_dead(&cursor);
    cursor = pv_cursor(eight, sizeof eight);
    (void)pv_cursor_take(&cursor, 4);
    pv_cursor_skip(&cursor, UINT64_MAX - 3);
    assert_dead(&cursor);
    cursor = pv_cursor(eight, sizeof eight);
    pv_cursor_seek(&cursor, UINT64_MAX);
    assert_dead(&cursor);
}

static void skips_and_seeks_up_to_the_end(void **state) {
    (void)state;
    struct pv_cursor cursor = pv_cursor(eight, sizeof eight);
    pv_cursor_skip(&cursor, 8);
    assert_false(cursor.error);
    pv_cursor_seek(&cursor, 0);
    assert_int_equal(pv_cursor_u8(&cursor), 1);
    pv_cursor_seek(&cursor, 8);
    assert_int_equal(pv_cursor_left(&cursor), 0);
    assert_false(cursor.error);
    pv_cursor_skip(&cursor, 1);
    assert_dead(&cursor);
    cursor = pv_cursor(eight, sizeof eight);
    pv_cursor_seek(&cursor, 9);
    assert_dead(&cursor);
}

static void numbers_have_both_orders_and_every_width(void **state) {
    (void)state;
    static const uint64_t little[] = {0x1,         0x201,         0x30201,         0x4030201,
                                      0x504030201, 0x60504030201, 0x7060504030201, 0xff07060504030201};
    static const uint64_t big[] = {0x1,         0x102,         0x10203,         0x1020304,
                                   0x102030405, 0x10203040506, 0x1020304050607, 0x1020304050607ff};
    for (unsigned width = 1; width <= 8; width++) {
        struct pv_cursor cursor = pv_cursor(eight, sizeof eight);
        assert_true(pv_cursor_le(&cursor, width) == little[width - 1]);
        assert_int_equal(cursor.pos, width);
        cursor = pv_cursor(eight, sizeof eight);
        assert_true(pv_cursor_be(&cursor, width) == big[width - 1]);
        assert_int_equal(cursor.pos, width);
    }
}

static void a_number_cut_short_is_an_error(void **state) {
    (void)state;
    for (unsigned width = 1; width <= 8; width++) {
        struct guarded guarded = guard_copy(eight, width - 1);
        struct pv_cursor cursor = pv_cursor(guarded.data, guarded.len);
        assert_int_equal(pv_cursor_le(&cursor, width), 0);
        assert_dead(&cursor);
        cursor = pv_cursor(guarded.data, guarded.len);
        assert_int_equal(pv_cursor_be(&cursor, width), 0);
        assert_dead(&cursor);
        guard_free(&guarded);
    }
}

static void until_goes_over_the_end_mark(void **state) {
    (void)state;
    struct guarded guarded = guard_copy("11 path=a\n", 10);
    struct pv_cursor cursor = pv_cursor(guarded.data, guarded.len);
    assert_true(pv_str_equal(pv_cursor_until(&cursor, ' '), PV_STR("11")));
    assert_true(pv_str_equal(pv_cursor_until(&cursor, '='), PV_STR("path")));
    assert_true(pv_str_equal(pv_cursor_until(&cursor, '\n'), PV_STR("a")));
    assert_int_equal(pv_cursor_left(&cursor), 0);
    assert_false(cursor.error);
    guard_free(&guarded);
}

static void until_without_the_end_mark_is_an_error(void **state) {
    (void)state;
    struct guarded guarded = guard_copy("path", 4);
    struct pv_cursor cursor = pv_cursor(guarded.data, guarded.len);
    assert_null(pv_cursor_until(&cursor, '=').text);
    assert_dead(&cursor);
    cursor = pv_cursor(guarded.data, guarded.len);
    pv_cursor_skip(&cursor, 4);
    assert_int_equal(pv_cursor_until(&cursor, 'h').len, 0);
    assert_dead(&cursor);
    guard_free(&guarded);
}

static void nothing_at_all_is_an_empty_input(void **state) {
    (void)state;
    struct pv_cursor cursor = pv_cursor(NULL, 0);
    assert_int_equal(pv_cursor_left(&cursor), 0);
    (void)pv_cursor_take(&cursor, 0);
    pv_cursor_skip(&cursor, 0);
    pv_cursor_seek(&cursor, 0);
    assert_false(cursor.error);
    assert_null(pv_cursor_until(&cursor, 0).text);
    assert_dead(&cursor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_up_to_the_end),
        cmocka_unit_test(a_huge_count_does_not_wrap),
        cmocka_unit_test(skips_and_seeks_up_to_the_end),
        cmocka_unit_test(numbers_have_both_orders_and_every_width),
        cmocka_unit_test(a_number_cut_short_is_an_error),
        cmocka_unit_test(until_goes_over_the_end_mark),
        cmocka_unit_test(until_without_the_end_mark_is_an_error),
        cmocka_unit_test(nothing_at_all_is_an_empty_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
