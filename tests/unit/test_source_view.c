/* Tests of source/source_view: runs of another source, read and skipped within their ends, side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "support/check.h"

#include "internal.h"

#include "support/source_content.h"

static struct pv_source *open_content(void) {
    struct pv_source *source = NULL;
    assert_int_equal(pv_source_memory(content, sizeof content, &source, NULL), PROVAR_OK);
    return source;
}

static struct pv_source *view_of(struct pv_source *inner) {
    struct pv_source *view = NULL;
    assert_int_equal(pv_source_view(inner, 1, &view, NULL), PROVAR_OK);
    return view;
}

static void assert_selects(struct pv_source *view, uint64_t offset, uint64_t len) {
    assert_int_equal(pv_source_select(view, offset, len, NULL), PROVAR_OK);
}

static void test_the_whole(void **state) {
    (void)state;
    PV_AUTO_SOURCE struct pv_source *inner = open_content();
    PV_AUTO_SOURCE struct pv_source *view = view_of(inner);
    assert_selects(view, 0, CONTENT_LEN);
    assert_serves_content(view);
    assert_selects(view, 0, CONTENT_LEN);
    assert_serves_content(view);
    assert_false(pv_source_can_rewind(view));
    assert_reads(inner, 0, 10, 10); /* the inner one has not moved */
}

static void test_nowhere_before_select(void **state) {
    (void)state;
    PV_AUTO_SOURCE struct pv_source *inner = open_content();
    PV_AUTO_SOURCE struct pv_source *view = view_of(inner);
    assert_reads(view, 0, 10, 0);
    assert_skips(view, 10, 0);
}

static void test_a_run(void **state) {
    (void)state;
    PV_AUTO_SOURCE struct pv_source *inner = open_content();
    PV_AUTO_SOURCE struct pv_source *view = view_of(inner);
    assert_selects(view, 500, 100);
    assert_reads(view, 500, 60, 60);
    assert_reads(view, 560, 60, 40);
    assert_reads(view, 0, 60, 0);
    assert_selects(view, 500, 100);
    assert_skips(view, 99, 99);
    assert_reads(view, 599, 2, 1);
    assert_skips(view, 1, 0);
    assert_selects(view, CONTENT_LEN, 0);
    assert_reads(view, 0, 1, 0);
}

/* A run that ends with the inner source, and one that ends a byte later. */
static void test_beyond_the_end(void **state) {
    (void)state;
    static uint8_t buf[200];
    PV_AUTO_SOURCE struct pv_source *inner = open_content();
    PV_AUTO_SOURCE struct pv_source *view = view_of(inner);
    struct provar_error err = {0};
    size_t len = 77;
    assert_selects(view, CONTENT_LEN - 100, 100);
    assert_reads(view, CONTENT_LEN - 100, 200, 100);
    assert_selects(view, CONTENT_LEN - 100, 101);
    assert_fails(view->ops->read(view, buf, 200, &len, &err), PROVAR_E_IO, err, CONTENT_LEN);
    assert_int_equal(len, 77);
    provar_error_clear(&err);
    assert_selects(view, UINT64_MAX - 5, 3);
    assert_fails(view->ops->read(view, buf, 3, &len, &err), PROVAR_E_IO, err, UINT64_MAX - 5);
}

/* What sources give parts: those that have read_at; and only a file's or memory's may be read by several threads. */
static void test_which_sources_have_parts(void **state) {
    (void)state;
    struct caller caller;
    PV_AUTO_SOURCE struct pv_source *memory = open_content();
    PV_AUTO_SOURCE struct pv_source *calls = open_caller(&caller, CAN_READ_AT | CAN_REWIND);
    PV_AUTO_SOURCE struct pv_source *file = NULL;
    PV_AUTO_SOURCE struct pv_source *part = NULL;
    assert_int_equal(pv_source_file(PV_STR("/proc/self/exe"), &file, NULL), PROVAR_OK);
    assert_non_null(file->ops->part);
    assert_non_null(memory->ops->part);
    assert_int_equal(memory->ops->part(memory, 1, &part, NULL), PROVAR_OK);
    assert_selects(part, 0, CONTENT_LEN);
    assert_serves_content(part);
    assert_true(pv_source_is_shared(memory) && pv_source_is_shared(file));
    assert_non_null(calls->ops->part);
    assert_false(pv_source_is_shared(calls));
    PV_AUTO_SOURCE struct pv_source *stream = open_caller(&(struct caller){0}, CAN_REWIND);
    assert_null(stream->ops->part);
    pv_source_free(PV_TAKE(part));
    assert_int_equal(calls->ops->part(calls, 1, &part, NULL), PROVAR_OK);
    assert_selects(part, 0, CONTENT_LEN);
    assert_serves_content(part);
}

enum { READERS = 4 };

struct reader {
    struct pv_source *view;
    uint64_t offset;
    bool good;
};

static void *read_runs(void *user) {
    struct reader *reader = user;
    static const size_t run = CONTENT_LEN / READERS;
    reader->good = true;
    for (int i = 0; i < 50; i++) {
        uint8_t buf[CONTENT_LEN / READERS];
        size_t len = 0;
        reader->good = reader->good && pv_source_select(reader->view, reader->offset, run, NULL) == PROVAR_OK &&
                       pv_source_read(reader->view, buf, sizeof buf, &len, NULL) == PROVAR_OK && len == run &&
                       pv_bytes_equal(buf, content + reader->offset, run);
    }
    return NULL;
}

static void test_several_threads(void **state) {
    (void)state;
    PV_AUTO_SOURCE struct pv_source *inner = open_content();
    struct reader readers[READERS];
    pthread_t threads[READERS];
    for (size_t i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.view = view_of(inner), .offset = i * (CONTENT_LEN / READERS)};
        assert_int_equal(pthread_create(&threads[i], NULL, read_runs, &readers[i]), 0);
    }
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(readers[i].good);
        pv_source_free(readers[i].view);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole),
        cmocka_unit_test(test_nowhere_before_select),
        cmocka_unit_test(test_a_run),
        cmocka_unit_test(test_beyond_the_end),
        cmocka_unit_test(test_which_sources_have_parts),
        cmocka_unit_test(test_several_threads),
    };
    return cmocka_run_group_tests_name("source_view", tests, fill_content, NULL);
}
