/* Tests of source/source_peek: what is looked at is read again, in front of the rest. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "support/fail_each.h"
#include "support/source_content.h"

/* Peeks at what `source` begins with, which it then still gives. */
static void peek(struct pv_source **source, size_t cap) {
    uint8_t front[PV_SOURCE_PEEK] = {0};
    size_t len = 0;
    assert_ok(pv_source_peek(source, front, cap, &len, NULL));
    assert_int_equal(len, cap);
    assert_memory_equal(front, content, cap);
}

static void test_a_source_that_reads_once(void **state) {
    (void)state;
    static const size_t caps[] = {0, 1, 8, PV_SOURCE_PEEK};
    for (size_t i = 0; i < array_length(caps); i++) {
        struct caller caller;
        PV_AUTO_SOURCE struct pv_source *source = open_caller(&caller, 0);
        peek(&source, caps[i]);
        assert_reads_once(source);
    }
}

static void test_a_source_that_rewinds(void **state) {
    (void)state;
    struct caller caller;
    PV_AUTO_SOURCE struct pv_source *source = open_caller(&caller, CAN_REWIND);
    peek(&source, 8);
    assert_serves_content(source);
    assert_rewinds(source);
    assert_serves_content(source);
}

/* It is left as it was. */
static void test_a_source_that_reads_by_offset(void **state) {
    (void)state;
    struct caller caller;
    PV_AUTO_SOURCE struct pv_source *source = open_caller(&caller, CAN_READ_AT);
    const struct pv_source *before = source;
    peek(&source, 8);
    assert_ptr_equal(source, before);
    assert_int_equal(caller.reads, 0);
    assert_serves_content(source);
}

static void test_a_source_that_is_short(void **state) {
    (void)state;
    uint8_t front[8];
    for (size_t end = 0; end < 3; end++) {
        struct caller caller;
        size_t len = 7;
        PV_AUTO_SOURCE struct pv_source *source = open_caller(&caller, 0);
        caller.end = end;
        assert_ok(pv_source_peek(&source, front, sizeof front, &len, NULL));
        assert_int_equal(len, end);
        assert_reads(source, 0, 10, end);
        assert_reads(source, 0, 10, 0);
    }
}

static void test_a_source_that_fails(void **state) {
    (void)state;
    for (unsigned abilities = 0; abilities < 4; abilities++) {
        struct caller caller;
        uint8_t front[8];
        size_t len = 7;
        struct provar_error err = {0};
        struct pv_source *source = open_caller(&caller, abilities);
        caller.misbehave = -1;
        assert_int_equal(pv_source_peek(&source, front, sizeof front, &len, &err), PROVAR_E_IO);
        assert_int_equal(err.code, PROVAR_E_IO);
        assert_int_equal(len, 7);
        pv_source_free(source);
        assert_int_equal(caller.closes, 1);
    }
}

static enum provar_result step_peek(void *user, struct provar_error *err) {
    uint8_t front[8];
    size_t len;
    return pv_source_peek(user, front, sizeof front, &len, err);
}

/* The source is the caller's as before. */
static void test_no_memory(void **state) {
    (void)state;
    struct caller caller;
    PV_AUTO_SOURCE struct pv_source *source = open_caller(&caller, 0);
    assert_int_equal(fail_each(step_peek, &source), 1);
    assert_reads(source, 0, 100, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_source_that_reads_once),      cmocka_unit_test(test_a_source_that_rewinds),
        cmocka_unit_test(test_a_source_that_reads_by_offset), cmocka_unit_test(test_a_source_that_is_short),
        cmocka_unit_test(test_a_source_that_fails),           cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, fill_content, NULL);
}
