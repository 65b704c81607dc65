/* Walks a tar stream in three ways, which must agree, and keeps what the reader said of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TAR_WALK_H
#define TESTS_TAR_WALK_H

/* Needs cmocka.h and internal.h before it. */
#include "support/tar_build.h"
#include "tar/tar_read.h"

enum { MAX_WALK = 8 };

/* What a walk over a stream gave. */
struct walk {
    enum provar_result result;
    struct provar_error err;
    bool drained;   /* the source has nothing left */
    size_t notices; /* how many */
    size_t count;
    char name[MAX_WALK][320];
    size_t name_len[MAX_WALK];
    uint64_t size[MAX_WALK];
    uint64_t header_offset[MAX_WALK];
    uint64_t body_offset[MAX_WALK];
    uint64_t body_sum[MAX_WALK]; /* of the body's bytes, where they were read */
};

/* ---------------------------------------------------------------- three ways to walk */

enum manner { SKIPPING, READING, DRIBBLING };

/* A source that gives a few bytes at a time and can do nothing else. */
struct dribble {
    const uint8_t *data;
    size_t len, pos;
};

static inline int64_t dribble_read(void *buf, size_t cap, void *user) {
    struct dribble *dribble = user;
    size_t left = dribble->len - dribble->pos, step = 1 + dribble->pos % 61;
    step = step < cap ? step : cap;
    step = step < left ? step : left;
    if (step > 0)
        memcpy(buf, dribble->data + dribble->pos, step);
    dribble->pos += step;
    return (int64_t)step;
}

static inline enum provar_result read_body(struct pv_tar_reader *reader, uint64_t *sum, struct provar_error *err) {
    uint8_t piece[700];
    size_t len = 1;
    while (len > 0) {
        enum provar_result result = pv_tar_read(reader, piece, sizeof piece, &len, err);
        if (result != PROVAR_OK)
            return result;
        for (size_t i = 0; i < len; i++)
            *sum += piece[i];
    }
    return PROVAR_OK;
}

static inline void walk_source(struct pv_source *source, uint64_t max_total, bool reading, struct walk *walk) {
    PV_AUTO_TAR_READER struct pv_tar_reader *reader = NULL;
    PV_CLEANUP(pv_notices_release) struct pv_notices notices = {0};
    memset(walk, 0, sizeof *walk);
    walk->result = pv_tar_reader_new(source, max_total, &notices, &reader, &walk->err);
    assert_int_equal(walk->result, PROVAR_OK);
    for (;;) {
        struct pv_tar_entry entry = {.size = 777};
        bool more = false;
        walk->result = pv_tar_next(reader, &entry, &more, &walk->err);
        if (walk->result != PROVAR_OK || !more)
            break;
        size_t i = walk->count++;
        assert_true(i < MAX_WALK && entry.name.len < sizeof walk->name[i]);
        memcpy(walk->name[i], entry.name.text, entry.name.len);
        walk->name_len[i] = entry.name.len;
        walk->size[i] = entry.size;
        walk->header_offset[i] = entry.header_offset;
        walk->body_offset[i] = entry.body_offset;
        if (reading)
            walk->result = read_body(reader, &walk->body_sum[i], &walk->err);
        if (walk->result != PROVAR_OK)
            break;
    }
    assert_int_equal(walk->err.code, walk->result);
    walk->notices = notices.count;
    if (walk->result == PROVAR_OK) {
        bool more = true;
        uint8_t byte;
        size_t left = 1;
        assert_int_equal(pv_tar_next(reader, &(struct pv_tar_entry){.size = 0}, &more, NULL), PROVAR_OK);
        assert_false(more);
        assert_int_equal(pv_source_read(source, &byte, 1, &left, NULL), PROVAR_OK);
        walk->drained = left == 0;
    }
}

static inline void walk_bytes(const struct tar_build *build, uint64_t max_total, enum manner manner,
                              struct walk *walk) {
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    struct dribble dribble = {build->data, build->len, 0};
    struct provar_callbacks calls = {.size = sizeof calls, .read = dribble_read, .user = &dribble};
    enum provar_result result = manner == DRIBBLING ? pv_source_callbacks(&calls, &source, NULL)
                                                    : pv_source_memory(build->data, build->len, &source, NULL);
    assert_int_equal(result, PROVAR_OK);
    walk_source(source, max_total, manner != SKIPPING, walk);
}

/* Every way must come to the same verdict; the offset matters where it is no success. `build` is freed. */
static inline void assert_verdict_within(struct tar_build *build, uint64_t max_total, enum provar_result result,
                                         uint64_t offset) {
    for (enum manner manner = SKIPPING; manner <= DRIBBLING; manner++) {
        struct walk walk;
        walk_bytes(build, max_total, manner, &walk);
        if (walk.result != result)
            fail_msg("%s instead of %s: %s", provar_result_name((int)walk.result), provar_result_name((int)result),
                     walk.err.message);
        if (result != PROVAR_OK)
            assert_int_equal(walk.err.offset, offset);
    }
    tar_build_free(build);
}

static inline void assert_verdict(struct tar_build *build, enum provar_result result, uint64_t offset) {
    assert_verdict_within(build, PV_MAX_TOTAL_SIZE, result, offset);
}

/* Reads it all in every way and expects so many members and notices; `walk` is the last way's. `build` is freed. */
static inline void read_good(struct tar_build *build, size_t count, size_t notices, struct walk *walk) {
    for (enum manner manner = SKIPPING; manner <= DRIBBLING; manner++) {
        walk_bytes(build, PV_MAX_TOTAL_SIZE, manner, walk);
        if (walk->result != PROVAR_OK)
            fail_msg("%s at %llu", walk->err.message, (unsigned long long)walk->err.offset);
        assert_int_equal(walk->count, count);
        assert_int_equal(walk->notices, notices);
        assert_true(walk->drained);
    }
    tar_build_free(build);
}

static inline uint64_t sum_of(const char *text) {
    uint64_t sum = 0;
    for (; *text; text++)
        sum += (uint8_t)*text;
    return sum;
}

#endif
