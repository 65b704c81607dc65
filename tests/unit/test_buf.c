/* Tests of base/buf: growth, the ceiling at N and N + 1, the NUL behind the bytes, allocation failure. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/fail_alloc.h"

#include "internal.h"

#include "base/buf.h"

static void starts_empty(void **state) {
    (void)state;
    struct pv_buf buf;
    pv_buf_init(&buf, 10);
    assert_null(buf.data);
    assert_int_equal(pv_buf_str(&buf).len, 0);
    pv_buf_release(&buf);
}

static void keeps_what_is_appended(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf buf;
    pv_buf_init(&buf, 100000);
    for (unsigned i = 0; i < 10000; i++)
        assert_ok(pv_buf_append(&buf, &(uint8_t){(uint8_t)(i % 251)}, 1, NULL));
    assert_int_equal(buf.len, 10000);
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(buf.data[i], i % 251);
    assert_int_equal(buf.data[buf.len], 0);
}

static void ends_in_nul(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf buf;
    pv_buf_init(&buf, 3);
    assert_ok(pv_buf_append(&buf, NULL, 0, NULL));
    assert_string_equal((const char *)buf.data, "");
    assert_ok(pv_buf_append_str(&buf, PV_STR("abc"), NULL));
    assert_string_equal((const char *)buf.data, "abc");
    assert_true(pv_str_equal(pv_buf_str(&buf), PV_STR("abc")));
}

static void holds_max_bytes_and_not_one_more(void **state) {
    (void)state;
    static const uint8_t bytes[1000];
    /* below, at and above the first allocation, and where doubling would pass the ceiling */
    static const size_t ceilings[] = {0, 1, 63, 64, 65, 100, 128, 999};
    for (size_t i = 0; i < array_length(ceilings); i++) {
        size_t max = ceilings[i];
        PV_AUTO_BUF struct pv_buf buf;
        struct provar_error err = {0};
        pv_buf_init(&buf, max);
        assert_fails(pv_buf_append(&buf, bytes, max + 1, &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
        assert_int_equal(buf.len, 0);
        assert_ok(pv_buf_append(&buf, bytes, max, NULL));
        assert_int_equal(buf.len, max);
        assert_true(buf.cap <= max);
        provar_error_clear(&err);
        assert_fails(pv_buf_append(&buf, bytes, 1, &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
        assert_int_equal(buf.len, max);
    }
}

static void a_huge_length_does_not_wrap(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf buf;
    pv_buf_init(&buf, UINT64_MAX);
    assert_int_equal(buf.max, SIZE_MAX / 2);
    assert_ok(pv_buf_append(&buf, "abc", 3, NULL));
    assert_int_equal(pv_buf_reserve(&buf, SIZE_MAX, NULL), PROVAR_E_LIMIT);
    assert_int_equal(pv_buf_reserve(&buf, SIZE_MAX - 2, NULL), PROVAR_E_LIMIT);
    assert_int_equal(pv_buf_reserve(&buf, SIZE_MAX / 2 - 2, NULL), PROVAR_E_LIMIT);
    assert_int_equal(buf.len, 3);
}

static void a_failed_allocation_loses_nothing(void **state) {
    (void)state;
    static const uint8_t bytes[200];
    PV_AUTO_BUF struct pv_buf buf;
    struct provar_error err = {0};
    pv_buf_init(&buf, 1000);
    assert_ok(pv_buf_append(&buf, "abc", 3, NULL));
    fail_alloc(0);
    enum provar_result result = pv_buf_append(&buf, bytes, sizeof bytes, &err);
    fail_alloc(-1);
    assert_fails(result, PROVAR_E_NO_MEMORY, err, PROVAR_NO_OFFSET);
    assert_string_equal((const char *)buf.data, "abc");
    assert_ok(pv_buf_append(&buf, bytes, sizeof bytes, NULL));
    assert_int_equal(buf.len, 203);
}

static void may_be_used_again_after_release(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf buf;
    pv_buf_init(&buf, 4);
    assert_ok(pv_buf_append(&buf, "abcd", 4, NULL));
    pv_buf_release(&buf);
    pv_buf_release(&buf);
    assert_ok(pv_buf_append(&buf, "efgh", 4, NULL));
    assert_string_equal((const char *)buf.data, "efgh");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_empty),
        cmocka_unit_test(keeps_what_is_appended),
        cmocka_unit_test(ends_in_nul),
        cmocka_unit_test(holds_max_bytes_and_not_one_more),
        cmocka_unit_test(a_huge_length_does_not_wrap),
        cmocka_unit_test(a_failed_allocation_loses_nothing),
        cmocka_unit_test(may_be_used_again_after_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
