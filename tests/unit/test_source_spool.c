/* Tests of source/source_spool: what is read once can be read again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>

#include "internal.h"

#include "support/source_content.h"

/* ---------------------------------------------------------------- spool */

static struct pv_source *spool(struct pv_source *inner) {
    struct pv_source *source = NULL;
    assert_int_equal(pv_source_spool(inner, PV_STR("/tmp"), &source, NULL), PROVAR_OK);
    return source;
}

static void test_spooled_pipe_rewinds(void **state) {
    (void)state;
    struct pv_source *inner = NULL;
    pid_t child;
    int fd = make_pipe(&child);
    assert_int_equal(pv_source_fd(fd, &inner, NULL), PROVAR_OK);
    struct pv_source *source = spool(inner);
    assert_ptr_not_equal(source, inner);
    assert_reads(source, 0, 30000, 30000);
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
    assert_reads(source, 0, 20000, 20000);
    assert_reads(source, 20000, 20000, 20000);
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
    assert_skips(source, 50000, 50000);
    assert_reads(source, 50000, 10, 10);
    assert_rewinds(source);
    assert_serves_content(source);
    pv_source_free(source);
    drop_pipe(fd, child);
}

static void test_spool_reads_its_inner_source_once(void **state) {
    (void)state;
    struct caller caller;
    struct pv_source *source = spool(open_caller(&caller, 0));
    assert_serves_content(source);
    size_t reads = caller.reads;
    assert_rewinds(source);
    assert_int_equal(caller.reads, reads);
    assert_int_equal(move_over(source, 1000), 1000);
    pv_source_free(source);
    assert_int_equal(caller.closes, 1);
}

static void test_source_that_rewinds_is_not_spooled(void **state) {
    (void)state;
    struct caller caller;
    struct pv_source *inner = open_caller(&caller, CAN_REWIND);
    assert_ptr_equal(spool(inner), inner);
    pv_source_free(inner);
    assert_int_equal(caller.closes, 1);
}

static void test_spool_frees_its_inner_source_on_failure(void **state) {
    (void)state;
    struct caller caller;
    struct pv_source *source = NULL;
    struct pv_source *inner = open_caller(&caller, 0);
    assert_int_equal(pv_source_spool(inner, PV_STR("/nonexistent"), &source, NULL), PROVAR_E_IO);
    assert_null(source);
    assert_int_equal(caller.closes, 1);
}

static void test_failure_inside_a_spool(void **state) {
    (void)state;
    struct caller caller;
    struct pv_source *source = spool(open_caller(&caller, 0));
    assert_reads(source, 0, 10, 10);
    caller.misbehave = -1;
    assert_int_equal(read_all(source, NULL), PROVAR_E_IO);
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
    assert_reads(source, 0, 10, 10);
    pv_source_free(source);
}

/* Whatever the inner source gives after it has failed, bytes may be missing between: only the copy is served. */
static void test_a_failure_is_for_good(void **state) {
    (void)state;
    struct caller caller;
    struct pv_source *source = spool(open_caller(&caller, 0));
    assert_reads(source, 0, 10, 10);
    caller.misbehave = -1;
    assert_int_equal(read_all(source, NULL), PROVAR_E_IO);
    caller.misbehave = 0;
    for (int i = 0; i < 2; i++) {
        struct provar_error err = {0};
        assert_int_equal(read_all(source, &err), PROVAR_E_IO);
        assert_string_equal(err.message, "the input has failed before");
        assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
        assert_reads(source, 0, 10, 10);
    }
    pv_source_free(source);
}

/* The disk has room again, but what did not fit is gone. */
static void test_a_copy_that_failed_is_never_whole(void **state) {
    (void)state;
    struct caller caller;
    struct rlimit old, small;
    struct provar_error err = {0};
    struct pv_source *source = spool(open_caller(&caller, 0));
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 12000, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum provar_result full = read_all(source, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(full, PROVAR_E_IO);
    assert_memory_equal(err.message, "cannot keep a temporary copy of the input: ", 43);
    assert_int_equal(read_all(source, NULL), PROVAR_E_IO);
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
    assert_reads(source, 0, 10000, 10000);
    assert_int_equal(read_all(source, NULL), PROVAR_E_IO);
    pv_source_free(source);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spooled_pipe_rewinds),
        cmocka_unit_test(test_spool_reads_its_inner_source_once),
        cmocka_unit_test(test_source_that_rewinds_is_not_spooled),
        cmocka_unit_test(test_spool_frees_its_inner_source_on_failure),
        cmocka_unit_test(test_failure_inside_a_spool),
        cmocka_unit_test(test_a_failure_is_for_good),
        cmocka_unit_test(test_a_copy_that_failed_is_never_whole),
    };
    return cmocka_run_group_tests(tests, fill_content, NULL);
}
