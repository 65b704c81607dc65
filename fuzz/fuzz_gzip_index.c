/* Fuzzes the target index: an accepted one tiles both streams, and survives being written again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "gzip/gzip_header.h"
#include "gzip/gzip_index.h"

/* Large, so not on the stack. */
static struct pv_gzip_index first, again;

enum { XLEN_BYTES = 2, BLOCK = 512 };

static void check_segment(const struct pv_gzip_index *index, size_t i, const uint8_t *data, size_t len) {
    const struct pv_gzip_segment *segment = &index->segments[i];
    const uint8_t *name = (const uint8_t *)segment->name.text;
    uint64_t end = pv_gzip_index_end(index, i), tar_end = pv_gzip_index_tar_end(index, i);
    fuzz_require(segment->name.len > 0 && name >= data && name + segment->name.len <= data + len);
    fuzz_require(segment->at < end && end <= index->deflate_len);
    fuzz_require(segment->tar_at % BLOCK == 0 && tar_end % BLOCK == 0);
    fuzz_require(segment->size <= tar_end - segment->tar_at - BLOCK && tar_end <= index->tar_len);
    uint64_t next_at = i + 1 < index->count ? index->segments[i + 1].at : index->end_at;
    fuzz_require(end == next_at);
    if (i + 1 < index->count)
        fuzz_require(tar_end == index->segments[i + 1].tar_at);
}

static void check_same(const struct pv_gzip_index *a, const struct pv_gzip_index *b) {
    fuzz_require(a->count == b->count && a->end_at == b->end_at);
    fuzz_require(a->deflate_len == b->deflate_len && a->tar_len == b->tar_len);
    for (size_t i = 0; i < a->count; i++) {
        fuzz_require(pv_str_equal(a->segments[i].name, b->segments[i].name));
        fuzz_require(a->segments[i].at == b->segments[i].at && a->segments[i].tar_at == b->segments[i].tar_at);
        fuzz_require(a->segments[i].size == b->segments[i].size);
    }
}

static void check_encoding(const struct pv_gzip_index *index) {
    size_t len = pv_gzip_index_len(index);
    if (len == 0)
        return;
    fuzz_require(len <= PV_MAX_GZIP_HEADER - PV_GZIP_FIXED);
    PV_AUTO_FREE uint8_t *field = malloc(len);
    fuzz_require(field != NULL);
    pv_gzip_index_encode(index, field);
    fuzz_require(field[0] == field[1] && (size_t)(field[0] | field[1] << 8) == len - XLEN_BYTES);
    fuzz_require(pv_gzip_index_decode(field + XLEN_BYTES, len - XLEN_BYTES, &again));
    check_same(index, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (!pv_gzip_index_decode(data, len, &first))
        return 0;
    fuzz_require(first.count >= 1 && first.count <= PV_MAX_MEMBERS);
    fuzz_require(first.segments[0].at == 0 && first.segments[0].tar_at == 0);
    fuzz_require(pv_gzip_index_end(&first, first.count) == first.deflate_len);
    fuzz_require(pv_gzip_index_tar_end(&first, first.count) == first.tar_len);
    for (size_t i = 0; i < first.count; i++)
        check_segment(&first, i, data, len);
    check_encoding(&first);
    fuzz_accepted++;
    return 0;
}
