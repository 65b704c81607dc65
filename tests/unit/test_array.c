/* Tests of base/array: what is held survives growth, growth is by doubling, allocation failure changes nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/fail_alloc.h"

#include "internal.h"

#include "base/array.h"

struct element {
    unsigned number;
    char rest[5];
};

static void keeps_what_it_holds_and_doubles(void **state) {
    struct element *list = NULL;
    size_t room = 0, growths = 0;
    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        size_t before = room;
        struct element *grown = pv_array_grow(list, i, &room, sizeof *grown);
        assert_non_null(grown);
        list = grown;
        list[i] = (struct element){.number = i, .rest = "four"};
        growths += room != before;
        assert_true(room > i && (room == before || room >= 2 * before));
    }
    for (unsigned i = 0; i < 10000; i++) {
        assert_int_equal(list[i].number, i);
        assert_string_equal(list[i].rest, "four");
    }
    assert_true(growths < 15);
    free(list);
}

static void stays_where_it_is_while_there_is_room(void **state) {
    size_t room = 0;
    char *list = pv_array_grow(NULL, 0, &room, 1);
    (void)state;
    assert_non_null(list);
    fail_alloc(0);
    for (size_t i = 0; i < room; i++)
        assert_ptr_equal(pv_array_grow(list, i, &room, 1), list);
    fail_alloc(-1);
    free(list);
}

static void without_memory_everything_stays(void **state) {
    size_t room = 0;
    (void)state;
    fail_alloc(0);
    assert_null(pv_array_grow(NULL, 0, &room, sizeof(struct element)));
    assert_int_equal(room, 0);
    fail_alloc(-1);
    struct element *list = pv_array_grow(NULL, 0, &room, sizeof *list);
    assert_non_null(list);
    size_t before = room;
    list[room - 1] = (struct element){.number = 7, .rest = "last"};
    fail_alloc(0);
    assert_null(pv_array_grow(list, room, &room, sizeof *list));
    fail_alloc(-1);
    assert_int_equal(room, before);
    assert_string_equal(list[room - 1].rest, "last");
    free(list);
}

/* A product that does not fit a size_t is no memory, not a small array. The sanitizer ends a program that asks. */
#ifndef __SANITIZE_ADDRESS__
static void a_product_beyond_size_t_is_refused(void **state) {
    size_t room = SIZE_MAX / 4;
    (void)state;
    assert_null(pv_array_grow(NULL, room, &room, sizeof(struct element)));
    assert_int_equal(room, SIZE_MAX / 4);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_it_holds_and_doubles),
        cmocka_unit_test(stays_where_it_is_while_there_is_room),
        cmocka_unit_test(without_memory_everything_stays),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(a_product_beyond_size_t_is_refused),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
