/* Fuzzes the gzip header: what was seen so far decides, and more of the file never takes it back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "gzip/gzip_header.h"

struct outcome {
    enum provar_result result;
    enum pv_gzip_progress progress;
    size_t header_len;
};

static struct outcome decode(const uint8_t *data, size_t len) {
    struct provar_error err = {0};
    struct outcome outcome;
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data, len);
    fuzz_fill(&outcome, sizeof outcome);
    outcome.result = pv_gzip_header_decode(copy, len, &outcome.progress, &outcome.header_len, &err);
    fuzz_check_error_within(outcome.result, &err, len);
    if (outcome.result != PROVAR_OK) {
        fuzz_require(outcome.result == PROVAR_E_GZIP || outcome.result == PROVAR_E_LIMIT);
        fuzz_require(fuzz_is_filled(&outcome.progress, sizeof outcome.progress));
    }
    if (outcome.result != PROVAR_OK || outcome.progress == PV_GZIP_MORE)
        fuzz_require(fuzz_is_filled(&outcome.header_len, sizeof outcome.header_len));
    return outcome;
}

static void check_done(const uint8_t *data, size_t len, const struct outcome *whole) {
    fuzz_require(whole->header_len >= PV_GZIP_FIXED && whole->header_len <= len);
    fuzz_require(whole->header_len <= PV_MAX_GZIP_HEADER);
    struct outcome exact = decode(data, whole->header_len);
    fuzz_require(exact.result == PROVAR_OK && exact.progress == PV_GZIP_DONE);
    fuzz_require(exact.header_len == whole->header_len);
    struct outcome shorter = decode(data, whole->header_len - 1);
    fuzz_require(shorter.result == PROVAR_OK && shorter.progress == PV_GZIP_MORE);
    struct pv_str extra = pv_gzip_header_extra(data, whole->header_len);
    if (extra.len > 0)
        fuzz_require((const uint8_t *)extra.text + extra.len == data + whole->header_len);
}

/* Our own header is one. */
static void check_encoding(void) {
    uint8_t header[PV_GZIP_FIXED];
    pv_gzip_header_encode(false, header);
    struct outcome own = decode(header, sizeof header);
    fuzz_require(own.result == PROVAR_OK && own.progress == PV_GZIP_DONE && own.header_len == sizeof header);
    pv_gzip_header_encode(true, header);
    own = decode(header, sizeof header);
    fuzz_require(own.result == PROVAR_OK && own.progress == PV_GZIP_MORE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct outcome whole = decode(data, len);
    if (whole.result == PROVAR_OK && whole.progress == PV_GZIP_DONE) {
        check_done(data, len, &whole);
        check_encoding();
        fuzz_accepted++;
    }
    /* A part of a header that may still become one is never refused, and what is refused stays so. */
    struct outcome half = decode(data, len / 2);
    if (half.result != PROVAR_OK)
        fuzz_require(whole.result == half.result);
    if (whole.result == PROVAR_OK && whole.progress == PV_GZIP_MORE)
        fuzz_require(half.result == PROVAR_OK && half.progress == PV_GZIP_MORE);
    return 0;
}
