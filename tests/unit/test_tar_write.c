/* Tests of tar/tar_write: the stream byte for byte, read back, and a sink that fails. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "support/tar_build.h"
#include "tar/tar_read.h"
#include "tar/tar_write.h"

static enum provar_result collect(void *user, const void *data, size_t len, struct provar_error *err) {
    (void)err;
    tar_bytes(user, data, len);
    return PROVAR_OK;
}

static enum provar_result refuse(void *user, const void *data, size_t len, struct provar_error *err) {
    (void)data;
    ++*(size_t *)user;
    assert_int_not_equal(len, 0);
    return pv_fail(err, PROVAR_E_IO, 3, "refused");
}

static void write_member(const struct pv_tar_sink *sink, struct pv_str name, mode_t mode, const void *body,
                         size_t len) {
    assert_int_equal(pv_tar_write_header(sink, name, len, mode, 0, NULL), PROVAR_OK);
    if (len > 0)
        assert_int_equal(sink->write(sink->user, body, len, NULL), PROVAR_OK);
    assert_int_equal(pv_tar_write_padding(sink, len, NULL), PROVAR_OK);
}

static void test_stream_is_headers_bodies_and_two_zero_blocks(void **state) {
    (void)state;
    struct tar_build written = {0}, expected = {0};
    struct pv_tar_sink sink = {collect, &written};
    char body[1025];
    memset(body, 'b', sizeof body);
    write_member(&sink, PV_STR("claims.jwt"), 0644, "token", 5);
    write_member(&sink, PV_STR("empty.bin"), 0644, NULL, 0);
    write_member(&sink, PV_STR("full.bin"), 0644, body, 1024);
    write_member(&sink, PV_STR("more.bin"), 0644, body, 1025);
    assert_int_equal(pv_tar_write_end(&sink, NULL), PROVAR_OK);
    tar_add_file(&expected, "claims.jwt", "token");
    tar_add_member(&expected, TAR_USTAR, "empty.bin", '0', NULL, 0);
    tar_add_member(&expected, TAR_USTAR, "full.bin", '0', body, 1024);
    tar_add_member(&expected, TAR_USTAR, "more.bin", '0', body, 1025);
    tar_add_end(&expected);
    assert_int_equal(written.len, expected.len);
    assert_memory_equal(written.data, expected.data, expected.len);
    tar_build_free(&written);
    tar_build_free(&expected);
}

static void test_stream_is_read_back_without_notices(void **state) {
    (void)state;
    struct tar_build written = {0};
    struct pv_tar_sink sink = {collect, &written};
    struct pv_notices notices = {0};
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    PV_AUTO_TAR_READER struct pv_tar_reader *reader = NULL;
    struct pv_tar_entry entry;
    bool more;
    write_member(&sink, PV_STR("claims.jwt"), 0644, "token", 5);
    write_member(&sink, PV_STR("x86_64-linux.bin"), 0755, "ELF", 3);
    assert_int_equal(pv_tar_write_end(&sink, NULL), PROVAR_OK);
    assert_int_equal(pv_source_memory(written.data, written.len, &source, NULL), PROVAR_OK);
    assert_int_equal(pv_tar_reader_new(source, written.len, &notices, &reader, NULL), PROVAR_OK);
    assert_int_equal(pv_tar_next(reader, &entry, &more, NULL), PROVAR_OK);
    assert_true(more && pv_str_equal(entry.name, PV_STR("claims.jwt")) && entry.size == 5);
    assert_int_equal(pv_tar_next(reader, &entry, &more, NULL), PROVAR_OK);
    assert_true(more && pv_str_equal(entry.name, PV_STR("x86_64-linux.bin")) && entry.size == 3);
    assert_int_equal(pv_tar_next(reader, &entry, &more, NULL), PROVAR_OK);
    assert_false(more);
    assert_int_equal(notices.count, 0);
    pv_notices_release(&notices);
    tar_build_free(&written);
}

static void test_padding_reaches_the_next_block(void **state) {
    (void)state;
    static const uint64_t sizes[] = {0, 1, 511, 512, 513, 1024, UINT64_C(1) << 33};
    static const size_t paddings[] = {0, 511, 1, 0, 511, 0, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct tar_build written = {0};
        struct pv_tar_sink sink = {collect, &written};
        assert_int_equal(pv_tar_write_padding(&sink, sizes[i], NULL), PROVAR_OK);
        assert_int_equal(written.len, paddings[i]);
        for (size_t at = 0; at < written.len; at++)
            assert_int_equal(written.data[at], 0);
        tar_build_free(&written);
    }
}

static void test_nothing_is_written_that_does_not_fit(void **state) {
    (void)state;
    struct tar_build written = {0};
    struct pv_tar_sink sink = {collect, &written};
    const uint64_t max = UINT64_C(077777777777);
    assert_int_equal(pv_tar_write_header(&sink, PV_STR("a.bin"), max + 1, 0755, 0, NULL), PROVAR_E_LIMIT);
    assert_int_equal(written.len, 0);
    assert_int_equal(pv_tar_write_header(&sink, PV_STR("a.bin"), max, 0755, 0, NULL), PROVAR_OK);
    assert_int_equal(written.len, TAR_BLOCK);
    tar_build_free(&written);
}

static void test_failure_of_the_sink_is_passed_on(void **state) {
    (void)state;
    size_t calls = 0;
    struct pv_tar_sink sink = {refuse, &calls};
    struct provar_error err = {0};
    assert_int_equal(pv_tar_write_header(&sink, PV_STR("a.bin"), 1, 0755, 0, &err), PROVAR_E_IO);
    assert_string_equal(err.message, "refused");
    assert_int_equal(pv_tar_write_padding(&sink, 1, NULL), PROVAR_E_IO);
    assert_int_equal(pv_tar_write_end(&sink, NULL), PROVAR_E_IO);
    assert_int_equal(calls, 3);
    assert_int_equal(pv_tar_write_padding(&sink, 512, NULL), PROVAR_OK);
    assert_int_equal(calls, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_is_headers_bodies_and_two_zero_blocks),
        cmocka_unit_test(test_stream_is_read_back_without_notices),
        cmocka_unit_test(test_padding_reaches_the_next_block),
        cmocka_unit_test(test_nothing_is_written_that_does_not_fit),
        cmocka_unit_test(test_failure_of_the_sink_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
