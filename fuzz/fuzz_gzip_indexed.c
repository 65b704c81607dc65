/* Fuzzes indexed gzip files: what is read segment by segment, to the end, is what the stream gives. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "gzip/gunzip.h"
#include "gzip/gzip_header.h"
#include "gzip/gzip_indexed.h"
#include "gzip/gzip_segment.h"
#include "slow_gzip.h"

enum { BLOCK = 512 };

/* Large, so not on the stack. */
static struct pv_gzip_index index_seen;

struct bytes {
    enum provar_result result;
    struct pv_buf out;
};

static void read_source(struct pv_source *source, size_t chunk, uint64_t len, struct bytes *bytes) {
    struct provar_error err = {0};
    pv_buf_init(&bytes->out, 64 * PV_MIB);
    bytes->result = fuzz_read_all(source, chunk, &bytes->out, &err);
    fuzz_check_error_within(bytes->result, &err, len);
    fuzz_require(bytes->result == PROVAR_OK || bytes->result == PROVAR_E_GZIP || bytes->result == PROVAR_E_LIMIT);
}

/* The index, which the source has accepted. */
static void read_index(const uint8_t *data, size_t len) {
    enum pv_gzip_progress progress = PV_GZIP_MORE;
    size_t header_len = 0;
    fuzz_require(pv_gzip_header_decode(data, len, &progress, &header_len, NULL) == PROVAR_OK);
    struct pv_str extra = pv_gzip_header_extra(data, header_len);
    fuzz_require(pv_gzip_index_decode((const uint8_t *)extra.text, extra.len, &index_seen));
    fuzz_require(index_seen.deflate_len == len - header_len - PV_GZIP_TRAILER);
}

static void read_part(struct pv_source *part, const struct pv_gzip_segment *segment, size_t len, struct bytes *bytes) {
    fuzz_require(pv_source_select(part, segment->tar_at, BLOCK + segment->size, NULL) == PROVAR_OK);
    read_source(part, 4096, len, bytes);
}

/* Neither bytes nor verdict depend on the number of threads. */
static void check_threads(struct pv_source *source, const struct pv_gzip_segment *segment, size_t len,
                          const struct bytes *alone) {
    struct pv_gzip_run before = {0}, after = {0};
    PV_AUTO_SOURCE struct pv_source *part = NULL;
    struct bytes bytes;
    if (segment->size <= PV_GZIP_SHARED)
        return;
    bool known = pv_gzip_indexed_run(source, segment->tar_at, &before);
    fuzz_require(known == (alone->result == PROVAR_OK));
    fuzz_require(source->ops->part(source, 2, &part, NULL) == PROVAR_OK);
    read_part(part, segment, len, &bytes);
    fuzz_require(bytes.result == alone->result);
    if (bytes.result == PROVAR_OK)
        fuzz_require(pv_str_equal(pv_buf_str(&bytes.out), pv_buf_str(&alone->out)));
    if (known)
        fuzz_require(pv_gzip_indexed_run(source, segment->tar_at, &after) && after.crc == before.crc);
    pv_buf_release(&bytes.out);
}

/* One member as a part; its bytes must be those of the walk, where that came so far. */
static bool check_part(struct pv_source *source, struct pv_source *part, size_t i, size_t len,
                       const struct bytes *walked) {
    const struct pv_gzip_segment *segment = &index_seen.segments[i];
    struct pv_gzip_run run;
    struct bytes bytes;
    fuzz_require(pv_str_equal(pv_gzip_indexed_name(source, segment->tar_at), segment->name));
    fuzz_require(pv_source_select(part, segment->tar_at + 1, BLOCK + segment->size, NULL) == PROVAR_E_GZIP);
    fuzz_require(pv_source_select(part, segment->tar_at, BLOCK + segment->size + 1, NULL) == PROVAR_E_GZIP);
    read_part(part, segment, len, &bytes);
    check_threads(source, segment, len, &bytes);
    bool whole = bytes.result == PROVAR_OK;
    if (whole) {
        fuzz_require(bytes.out.len == BLOCK + segment->size);
        fuzz_require(pv_gzip_indexed_run(source, segment->tar_at, &run) && run.from < run.to && run.to <= len);
    }
    if (walked->out.len >= segment->tar_at + bytes.out.len)
        fuzz_require(pv_bytes_equal(bytes.out.data, walked->out.data + segment->tar_at, bytes.out.len));
    pv_buf_release(&bytes.out);
    return whole;
}

static bool check_parts(struct pv_source *source, size_t len, const struct bytes *walked) {
    PV_AUTO_SOURCE struct pv_source *part = NULL;
    bool whole = true;
    fuzz_require(source->ops->part(source, 1, &part, NULL) == PROVAR_OK);
    for (size_t i = 0; i < index_seen.count; i++)
        whole = check_part(source, part, i, len, walked) && whole;
    return whole;
}

/* The promise of gzip_indexed.h: after every part was read to its end, and `finish`, the stream is the same. */
static bool check_source(struct pv_source *source, struct pv_source *file, size_t len) {
    PV_AUTO_SOURCE struct pv_source *gunzip = NULL;
    struct bytes walked, streamed;
    fuzz_require(pv_gunzip_new(file, PV_MAX_FILE_SIZE, &gunzip, NULL) == PROVAR_OK);
    read_source(gunzip, PV_BLOCK, len, &streamed);
    read_source(source, 1000, index_seen.tar_len + len, &walked);
    bool whole = check_parts(source, len, &walked) && walked.result == PROVAR_OK;
    if (whole)
        fuzz_require(walked.out.len == index_seen.tar_len);
    whole = whole && source->ops->finish(source, NULL) == PROVAR_OK;
    if (whole) {
        fuzz_require(streamed.result == PROVAR_OK);
        fuzz_require(pv_str_equal(pv_buf_str(&streamed.out), pv_buf_str(&walked.out)));
    }
    pv_buf_release(&walked.out);
    pv_buf_release(&streamed.out);
    return whole;
}

static bool check(const uint8_t *data, size_t len) {
    PV_AUTO_SOURCE struct pv_source *file = NULL;
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    struct provar_error err = {0};
    fuzz_require(pv_source_memory(data, len, &file, NULL) == PROVAR_OK);
    fuzz_require(pv_gzip_indexed_new(file, PV_MAX_FILE_SIZE, &source, &err) == PROVAR_OK && err.code == 0);
    if (source == NULL)
        return false;
    read_index(data, len);
    return check_source(source, file, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data, len);
    fuzz_accepted += check(data, len);
    if (slow_fit_gzip(copy, len) && !pv_bytes_equal(copy, data, len))
        (void)check(copy, len);
    return 0;
}
