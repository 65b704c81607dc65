/* Tests of source/source_callbacks: every ability, and answers that are not to be believed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "support/source_content.h"

static void test_callbacks_of_every_ability(void **state) {
    (void)state;
    for (unsigned abilities = 0; abilities < 4; abilities++) {
        struct caller caller;
        struct pv_source *source = open_caller(&caller, abilities);
        assert_int_equal(source->has_size, (abilities & CAN_READ_AT) != 0);
        if (abilities == 0) {
            assert_reads_once(source);
        } else {
            assert_serves_content(source);
            assert_rewinds(source);
        }
        if (abilities & CAN_READ_AT) {
            assert_int_equal(source->size, CONTENT_LEN);
            assert_reads_at(source);
        }
        assert_int_equal(caller.rewinds > 0, (abilities & CAN_REWIND) != 0);
        assert_int_equal(caller.closes, 0);
        pv_source_free(source);
        assert_int_equal(caller.closes, 1);
    }
}

static void test_skip_by_read_at_reads_nothing(void **state) {
    (void)state;
    struct caller caller;
    struct pv_source *source = open_caller(&caller, CAN_READ_AT);
    assert_skips(source, 90000, 90000);
    assert_int_equal(caller.reads + caller.reads_at, 0);
    assert_reads(source, 90000, 100, 100);
    assert_int_equal(caller.reads, 0);
    pv_source_free(source);
    source = open_caller(&caller, 0);
    assert_skips(source, 90000, 90000);
    assert_true(caller.reads > 0);
    pv_source_free(source);
}

static void test_answers_of_callbacks_are_checked(void **state) {
    (void)state;
    static const int64_t answers[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX - 1, 0};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (unsigned abilities = 0; abilities < 4; abilities++) {
            struct caller caller;
            uint8_t buf[64];
            size_t len;
            struct provar_error err = {0};
            struct pv_source *source = open_caller(&caller, abilities);
            assert_reads(source, 0, 10, 10);
            caller.misbehave = answers[i];
            enum provar_result expected = answers[i] == 0 ? PROVAR_OK : PROVAR_E_IO;
            assert_int_equal(pv_source_read(source, buf, sizeof buf, &len, &err), expected);
            if (expected != PROVAR_OK)
                assert_int_equal(err.offset, 10);
            if (source->ops->read_at)
                assert_int_equal(source->ops->read_at(source, buf, sizeof buf, 20, &len, NULL), expected);
            pv_source_free(source);
            assert_int_equal(caller.closes, 1);
        }
    }
}

/* A `total` that `read` and `read_at` do not keep to. */
static void test_total_must_be_the_truth(void **state) {
    (void)state;
    static const uint64_t totals[] = {CONTENT_LEN, CONTENT_LEN - 1, CONTENT_LEN + 1, 0};
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        struct caller caller;
        struct provar_callbacks calls = callbacks_of(&caller, CAN_READ_AT);
        struct pv_source *source = NULL;
        calls.total = totals[i];
        assert_int_equal(pv_source_callbacks(&calls, &source, NULL), PROVAR_OK);
        assert_int_equal(read_all(source, NULL), i == 0 ? PROVAR_OK : PROVAR_E_IO);
        pv_source_free(source);
    }
    struct caller caller;
    struct provar_callbacks calls = callbacks_of(&caller, CAN_READ_AT);
    struct pv_source *source = NULL;
    uint8_t byte, buf[20];
    calls.total = 10;
    assert_int_equal(pv_source_callbacks(&calls, &source, NULL), PROVAR_OK);
    size_t more = 77;
    assert_int_equal(source->ops->read(source, buf, sizeof buf, &more, NULL), PROVAR_E_IO);
    assert_int_equal(more, 77);
    pv_source_free(source);
    source = open_caller(&caller, CAN_READ_AT);
    size_t len;
    caller.end = 50;
    assert_int_equal(source->ops->read_at(source, &byte, 1, 49, &len, NULL), PROVAR_OK);
    assert_int_equal(source->ops->read_at(source, &byte, 1, 50, &len, NULL), PROVAR_E_IO);
    pv_source_free(source);
}

static void test_rewind_that_fails(void **state) {
    (void)state;
    static const int answers[] = {-1, 1};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct caller caller;
        struct pv_source *source = open_caller(&caller, CAN_REWIND);
        assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
        caller.rewind_answer = answers[i];
        assert_int_equal(pv_source_rewind(source, NULL), PROVAR_E_IO);
        pv_source_free(source);
    }
}

static void test_callbacks_that_are_not_whole(void **state) {
    (void)state;
    struct caller caller;
    struct pv_source *source = NULL;
    struct provar_callbacks calls = callbacks_of(&caller, 0);
    assert_int_equal(pv_source_callbacks(NULL, &source, NULL), PROVAR_E_USAGE);
    calls.read = NULL;
    assert_int_equal(pv_source_callbacks(&calls, &source, NULL), PROVAR_E_USAGE);
    assert_int_equal(caller.closes, 1);
    calls = callbacks_of(&caller, 0);
    calls.size--;
    assert_int_equal(pv_source_callbacks(&calls, &source, NULL), PROVAR_E_USAGE);
    calls.size += 2;
    assert_int_equal(pv_source_callbacks(&calls, &source, NULL), PROVAR_E_USAGE);
    assert_int_equal(caller.closes, 0);
    assert_null(source);
    calls = callbacks_of(&caller, 0);
    calls.close = NULL;
    assert_int_equal(pv_source_callbacks(&calls, &source, NULL), PROVAR_OK);
    pv_source_free(source);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_callbacks_of_every_ability),
        cmocka_unit_test(test_skip_by_read_at_reads_nothing),
        cmocka_unit_test(test_answers_of_callbacks_are_checked),
        cmocka_unit_test(test_total_must_be_the_truth),
        cmocka_unit_test(test_rewind_that_fails),
        cmocka_unit_test(test_callbacks_that_are_not_whole),
    };
    return cmocka_run_group_tests(tests, fill_content, NULL);
}
