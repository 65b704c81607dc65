/* Tests of gzip/gzip_write: what is written is one member that every reader takes, with the head where it belongs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>

#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "gzip/gzip_header.h"
#include "gzip/gzip_coder.h"
#include "gzip/gzip_write.h"
#include "support/gzip.h"

/* What is written, and how. */
struct job {
    int level;
    size_t head_len;
    const struct pv_buf *content;
    size_t write_len;  /* of each pv_gzip_write */
    size_t cut;        /* pv_gzip_next_member after this many bytes; 0 is never */
    size_t before_len; /* bytes in the output before the member */
    unsigned threads;
};

static void fill_head(struct pv_buf *head, size_t len) {
    add_content(head, NOISE, len);
}

static int keep(const void *data, size_t len, void *user) {
    add(user, data, len);
    return 0;
}

static void write_member(struct pv_out *out, const struct job *job) {
    PV_CLEANUP(pv_gzip_writer_cleanup) struct pv_gzip_writer *writer = NULL;
    PV_AUTO_BUF struct pv_buf head = empty_bytes();
    struct pv_gzip_options options = {.level = job->level, .threads = job->threads, .head_len = job->head_len};
    fill_head(&head, job->head_len);
    assert_int_equal(pv_gzip_writer_new(out, &options, &writer, NULL), PROVAR_OK);
    for (size_t done = 0; done < job->content->len;) {
        size_t left = job->content->len - done;
        size_t len = left < job->write_len ? left : job->write_len;
        if (job->cut > 0 && len > job->cut - done % job->cut)
            len = job->cut - done % job->cut;
        assert_int_equal(pv_gzip_write(writer, job->content->data + done, len, NULL), PROVAR_OK);
        done += len;
        if (job->cut > 0 && done % job->cut == 0)
            assert_int_equal(pv_gzip_next_member(writer, NULL), PROVAR_OK);
    }
    assert_int_equal(pv_gzip_finish(writer, head.data, NULL), PROVAR_OK);
}

static void write_to(const struct provar_output *to, const struct job *job) {
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    PV_AUTO_BUF struct pv_buf before = empty_bytes();
    assert_int_equal(pv_out_open(&out, to, 0644, NULL), PROVAR_OK);
    add_repeated(&before, '#', job->before_len);
    assert_int_equal(pv_out_write(&out, before.data, before.len, NULL), PROVAR_OK);
    write_member(&out, job);
    assert_int_equal(pv_out_commit(&out, NULL), PROVAR_OK);
}

static void write_file(struct pv_buf *file, const struct job *job) {
    struct provar_output to = {.size = sizeof to,
                               .kind = PROVAR_OUTPUT_CALLBACK,
                               .write = keep,
                               .user = file,
                               .temp_dir = "/tmp",
                               .temp_dir_len = 4};
    write_to(&to, job);
}

static struct job job_of(int level, size_t head_len, const struct pv_buf *content) {
    return (struct job){.level = level, .head_len = head_len, .content = content, .write_len = SIZE_MAX};
}

/* ---------------------------------------------------------------- readers */

static void assert_zlib_reads(const struct pv_buf *file, const struct pv_buf *content) {
    z_stream stream = {0};
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    assert_int_equal(pv_buf_reserve(&out, content->len + 1, NULL), PROVAR_OK);
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = file->data;
    stream.avail_in = (uInt)file->len;
    stream.next_out = out.data;
    stream.avail_out = (uInt)content->len + 1;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    out.len = stream.total_out;
    assert_same(&out, content);
    assert_int_equal(inflateEnd(&stream), Z_OK);
}

static void assert_we_read(const struct pv_buf *file, const struct pv_buf *content) {
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    struct provar_error err = {0};
    if (gunzip_bytes(file, PV_BLOCK, PV_BLOCK, &out, &err) != PROVAR_OK)
        fail_msg("%s at %ju", err.message, (uintmax_t)err.offset);
    assert_same(&out, content);
}

/* The head, then the content. */
static void whole_content(struct pv_buf *whole, const struct job *job) {
    fill_head(whole, job->head_len);
    add(whole, job->content->data, job->content->len);
}

static void assert_round_trip(const struct job *job) {
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    PV_AUTO_BUF struct pv_buf whole = empty_bytes();
    write_file(&file, job);
    whole_content(&whole, job);
    assert_we_read(&file, &whole);
    assert_zlib_reads(&file, &whole);
}

static const size_t sizes[] = {0, 1, 65535, 65536, PV_MIB - 1, PV_MIB, PV_MIB + 1, 3 * PV_MIB};
static const size_t heads[] = {0, 1, 65535, 65536, 200000};
static const int levels[] = {1, 6, 9, 12};

static void test_round_trip_of_sizes_and_levels(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        PV_AUTO_BUF struct pv_buf noise = empty_bytes();
        PV_AUTO_BUF struct pv_buf text = empty_bytes();
        add_content(&noise, NOISE, sizes[i]);
        add_content(&text, TEXT, sizes[i]);
        for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
            struct job of_noise = job_of(levels[l], 1000, &noise);
            struct job of_text = job_of(levels[l], 1000, &text);
            assert_round_trip(&of_noise);
            assert_round_trip(&of_text);
        }
    }
}

static void test_round_trip_of_heads(void **state) {
    (void)state;
    static const size_t contents[] = {0, 1, 65536};
    for (size_t c = 0; c < 3; c++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        add_content(&content, TEXT, contents[c]);
        for (size_t h = 0; h < sizeof heads / sizeof *heads; h++) {
            struct job job = job_of(6, heads[h], &content);
            assert_round_trip(&job);
        }
    }
}

/* ---------------------------------------------------------------- bytes */

static void test_an_empty_member_is_known_bytes(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0,
                                       0xff, 0xff, 3, 0, 0, 0, 0, 0, 0, 0,   0, 0};
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    struct job job = job_of(6, 0, &content);
    write_file(&file, &job);
    assert_int_equal(file.len, sizeof expected);
    assert_memory_equal(file.data, expected, sizeof expected);
}

/* header | stored blocks | pieces | final block | trailer, each where the contract puts it. */
static void test_the_layout_is_as_drawn(void **state) {
    (void)state;
    struct pv_gzip_coder *piece = NULL;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    PV_AUTO_BUF struct pv_buf whole = empty_bytes();
    PV_AUTO_BUF struct pv_buf expected = empty_bytes();
    add_content(&content, TEXT, PV_GZIP_PIECE + 5000);
    struct job job = job_of(6, 70000, &content);
    write_file(&file, &job);
    whole_content(&whole, &job);
    static const uint8_t header[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    add(&expected, header, sizeof header);
    add_le(&expected, UINT64_C(0x0000ffff00), 5); /* stored, 65535 bytes */
    add(&expected, whole.data, 65535);
    add_byte(&expected, 0);
    add_le(&expected, 70000 - 65535, 2);
    add_le(&expected, ~(70000U - 65535U) & 0xffff, 2);
    add(&expected, whole.data + 65535, 70000 - 65535);
    add_le(&expected, UINT64_C(0xffff000000), 5); /* stored, nothing: the end of the head */
    assert_int_equal(pv_gzip_coder_new(6, &piece, NULL), PROVAR_OK);
    for (size_t done = 0; done < content.len;) {
        size_t len = content.len - done < PV_GZIP_PIECE ? content.len - done : PV_GZIP_PIECE;
        size_t bound = pv_gzip_coder_bound(piece, len);
        size_t made;
        assert_int_equal(pv_buf_reserve(&expected, bound, NULL), PROVAR_OK);
        assert_int_equal(
            pv_gzip_coder_encode(piece, content.data + done, len, expected.data + expected.len, bound, &made, NULL),
            PROVAR_OK);
        expected.len += made;
        done += len;
    }
    pv_gzip_coder_free(piece);
    add_le(&expected, 3, 2);
    add_le(&expected, crc32(0, whole.data, (uInt)whole.len), 4);
    add_le(&expected, whole.len, 4);
    assert_same(&file, &expected);
}

static void test_bytes_depend_on_cuts_not_on_writes(void **state) {
    (void)state;
    static const size_t write_lens[] = {SIZE_MAX, 4093, 65536, PV_MIB, 777777};
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf first = empty_bytes();
    PV_AUTO_BUF struct pv_buf cut = empty_bytes();
    add_content(&content, TEXT, 2 * PV_MIB + 12345);
    struct job job = job_of(6, 512, &content);
    write_file(&first, &job);
    for (size_t i = 0; i < sizeof write_lens / sizeof *write_lens; i++) {
        PV_AUTO_BUF struct pv_buf again = empty_bytes();
        job.write_len = write_lens[i];
        write_file(&again, &job);
        assert_same(&again, &first);
    }
    job.cut = 300000;
    write_file(&cut, &job);
    assert_int_not_equal(cut.len, first.len);
    assert_round_trip(&job);
}

static void test_bytes_do_not_depend_on_threads(void **state) {
    (void)state;
    static const unsigned counts[] = {1, 2, 3, 8, PV_MAX_THREADS + 1};
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf first = empty_bytes();
    add_content(&content, TEXT, 9 * PV_MIB + 12345);
    add_content(&content, NOISE, 3 * PV_MIB);
    struct job job = job_of(1, 512, &content);
    job.cut = 2500000;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        PV_AUTO_BUF struct pv_buf again = empty_bytes();
        job.threads = counts[i];
        write_file(i == 0 ? &first : &again, &job);
        if (i > 0)
            assert_same(&again, &first);
    }
    assert_round_trip(&job);
}

static void test_cuts_without_input_write_nothing(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf once = empty_bytes();
    PV_AUTO_BUF struct pv_buf twice = empty_bytes();
    add_content(&content, TEXT, 2 * PV_GZIP_PIECE);
    struct job job = job_of(1, 0, &content);
    write_file(&once, &job);
    job.cut = PV_GZIP_PIECE; /* where a piece is full and gone already */
    write_file(&twice, &job);
    assert_same(&once, &twice);
}

static void test_small_cuts(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    add_content(&content, TEXT, 600);
    for (size_t cut = 1; cut < 20; cut++) {
        struct job job = job_of(6, 3, &content);
        job.cut = cut;
        assert_round_trip(&job);
    }
}

static void test_a_member_behind_other_bytes(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf alone = empty_bytes();
    PV_AUTO_BUF struct pv_buf behind = empty_bytes();
    add_content(&content, TEXT, 1000);
    struct job job = job_of(6, 100, &content);
    write_file(&alone, &job);
    job.before_len = 77;
    write_file(&behind, &job);
    assert_int_equal(behind.len, 77 + alone.len);
    assert_memory_equal(behind.data + 77, alone.data, alone.len);
}

static enum provar_result new_at(struct pv_out *out, int level, struct pv_gzip_writer **writer) {
    struct pv_gzip_options options = {.level = level};
    return pv_gzip_writer_new(out, &options, writer, NULL);
}

static void test_levels_outside_of_the_range_are_refused(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    struct pv_gzip_writer *writer = NULL;
    struct provar_output to = {.size = sizeof to,
                               .kind = PROVAR_OUTPUT_CALLBACK,
                               .write = keep,
                               .user = &file,
                               .temp_dir = "/tmp",
                               .temp_dir_len = 4};
    assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
    assert_int_equal(new_at(&out, 0, &writer), PROVAR_E_USAGE);
    assert_int_equal(new_at(&out, 13, &writer), PROVAR_E_USAGE);
    assert_null(writer);
    assert_int_equal(out.written, 0);
    assert_int_equal(new_at(&out, 12, &writer), PROVAR_OK);
    pv_gzip_writer_free(writer);
    pv_gzip_writer_free(NULL);
}

/* ---------------------------------------------------------------- other programs */

/* Runs `PROGRAM -t FILE`; 127 when there is no such program. */
static int run_test_of(const char *program, const char *file) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)execlp(program, program, "-t", file, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_program_reads(const char *program) {
    static const char path[] = "member.gz";
    int worst = 0;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    add_content(&content, TEXT, 2 * PV_MIB + 1);
    add_content(&content, NOISE, PV_MIB);
    for (size_t h = 0; h < array_length(heads) && worst == 0; h++) {
        struct job job = job_of(6, heads[h], &content);
        struct provar_output to = {.size = sizeof to,
                                   .kind = PROVAR_OUTPUT_PATH,
                                   .path = path,
                                   .path_len = sizeof path - 1,
                                   .flags = PROVAR_OUTPUT_REPLACE};
        write_to(&to, &job);
        worst = run_test_of(program, path);
    }
    pv_buf_release(&content);
    if (worst == 127) {
        print_message("needs %s\n", program);
        skip();
    }
    assert_int_equal(worst, 0);
}

static void test_gzip_reads_it(void **state) {
    (void)state;
    assert_program_reads("gzip");
}

static void test_pigz_reads_it(void **state) {
    (void)state;
    assert_program_reads("pigz");
}

static void test_igzip_reads_it(void **state) {
    (void)state;
    assert_program_reads("igzip");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_of_sizes_and_levels),
        cmocka_unit_test(test_round_trip_of_heads),
        cmocka_unit_test(test_an_empty_member_is_known_bytes),
        cmocka_unit_test(test_the_layout_is_as_drawn),
        cmocka_unit_test(test_bytes_depend_on_cuts_not_on_writes),
        cmocka_unit_test(test_bytes_do_not_depend_on_threads),
        cmocka_unit_test(test_cuts_without_input_write_nothing),
        cmocka_unit_test(test_small_cuts),
        cmocka_unit_test(test_a_member_behind_other_bytes),
        cmocka_unit_test(test_levels_outside_of_the_range_are_refused),
        test_in_temp_dir(test_gzip_reads_it),
        test_in_temp_dir(test_pigz_reads_it),
        test_in_temp_dir(test_igzip_reads_it),
    };
    return cmocka_run_group_tests_name("gzip_write", tests, NULL, NULL);
}
