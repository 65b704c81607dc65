/* Fuzzes gzip files: zlib has the same verdict and the same bytes, however the file comes in and leaves. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "gzip/gunzip.h"
#include "slow_gzip.h"

struct pass {
    enum provar_result result;
    struct provar_error err;
    struct pv_buf out;
};

/* Output by single bytes is slow: of long ones a part is enough. */
enum { SMALL = 1 << 12 };

/* What failed, or ended, stays so; and a source that begins again gives the same. */
static void check_end(struct pv_source *source, const struct pass *pass) {
    uint8_t byte;
    size_t len = 77;
    enum provar_result result = source->ops->read(source, &byte, 1, &len, NULL);
    fuzz_require(result == pass->result && len == (result == PROVAR_OK ? 0 : 77));
    if (!pv_source_can_rewind(source))
        return;
    struct pass again = {0};
    pv_buf_init(&again.out, 64 * PV_MIB);
    fuzz_require(pv_source_rewind(source, NULL) == PROVAR_OK);
    again.result = fuzz_read_all(source, PV_BLOCK, &again.out, &again.err);
    fuzz_require(again.result == pass->result);
    if (again.result == PROVAR_OK)
        fuzz_require(pv_str_equal(pv_buf_str(&again.out), pv_buf_str(&pass->out)));
    pv_buf_release(&again.out);
}

static void run(struct pv_source *inner, uint64_t max_file, size_t chunk, size_t file_len, struct pass *pass) {
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    *pass = (struct pass){0};
    pv_buf_init(&pass->out, 64 * PV_MIB);
    fuzz_require(pv_gunzip_new(inner, max_file, &source, NULL) == PROVAR_OK);
    pass->result = fuzz_read_all(source, chunk, &pass->out, &pass->err);
    fuzz_check_error_within(pass->result, &pass->err, file_len);
    check_end(source, pass);
}

static void run_memory(const uint8_t *data, size_t len, size_t chunk, struct pass *pass) {
    PV_AUTO_SOURCE struct pv_source *inner = NULL;
    fuzz_require(pv_source_memory(data, len, &inner, NULL) == PROVAR_OK);
    run(inner, PV_MAX_FILE_SIZE, chunk, len, pass);
}

static void run_feed(const uint8_t *data, size_t len, uint64_t max_file, size_t step, size_t chunk, struct pass *pass) {
    PV_AUTO_SOURCE struct pv_source *inner = NULL;
    struct fuzz_feed feed = {.data = data, .len = len, .step = step};
    struct provar_callbacks calls = fuzz_callbacks(&feed, false);
    fuzz_require(pv_source_callbacks(&calls, &inner, NULL) == PROVAR_OK);
    run(inner, max_file, chunk, len, pass);
}

static void check_same(struct pass *pass, const struct pass *whole) {
    fuzz_require(pass->result == whole->result);
    if (pass->result == PROVAR_OK)
        fuzz_require(pv_str_equal(pv_buf_str(&pass->out), pv_buf_str(&whole->out)));
    pv_buf_release(&pass->out);
}

static void check_zlib(const uint8_t *data, size_t len, const struct pass *whole) {
    PV_AUTO_BUF struct pv_buf out;
    const char *fault;
    pv_buf_init(&out, 64 * PV_MIB);
    bool taken = slow_gunzip(data, len, &out, &fault);
    if (taken || !slow_is_code_set(fault))
        fuzz_require(taken == (whole->result == PROVAR_OK));
    if (taken)
        fuzz_require(pv_str_equal(pv_buf_str(&out), pv_buf_str(&whole->out)));
}

/* The length of the file is the smallest limit under which it is accepted, in however many reads it comes. */
static void check_limit(const uint8_t *data, size_t len) {
    struct pass pass;
    run_feed(data, len, len, 10, PV_BLOCK, &pass);
    fuzz_require(pass.result == PROVAR_OK);
    pv_buf_release(&pass.out);
    run_feed(data, len, len - 1, 10, PV_BLOCK, &pass);
    fuzz_require(pass.result == PROVAR_E_LIMIT);
    pv_buf_release(&pass.out);
}

static bool check(const uint8_t *data, size_t len) {
    struct pass whole, other;
    run_memory(data, len, PV_BLOCK, &whole);
    bool small = whole.out.len <= SMALL, accepted = whole.result == PROVAR_OK;
    fuzz_require(accepted || whole.result == PROVAR_E_GZIP || whole.result == PROVAR_E_LIMIT);
    run_feed(data, len, PV_MAX_FILE_SIZE, 1, small ? 1 : 4096, &other);
    check_same(&other, &whole);
    run_feed(data, len, PV_MAX_FILE_SIZE, 0, small ? 7 : 1000, &other);
    check_same(&other, &whole);
    check_zlib(data, len, &whole);
    if (accepted)
        check_limit(data, len);
    pv_buf_release(&whole.out);
    return accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data, len);
    fuzz_accepted += check(data, len);
    if (slow_fit_gzip(copy, len) && !pv_bytes_equal(copy, data, len))
        (void)check(copy, len);
    return 0;
}
