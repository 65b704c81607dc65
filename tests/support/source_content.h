/* Bytes that a source must serve, the ways in which it must serve them, and callers' own sources of them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SOURCE_CONTENT_H
#define TESTS_SOURCE_CONTENT_H

#include <sys/wait.h>

/* Needs cmocka.h and internal.h before it. */
#include "source/source.h"

enum { CONTENT_LEN = 100000 };
static uint8_t content[CONTENT_LEN];

static inline int fill_content(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 31 + i / 251);
    return 0;
}

/* ---------------------------------------------------------------- what every source must do */

static inline void assert_reads(struct pv_source *source, size_t from, size_t cap, size_t expected) {
    static uint8_t buf[CONTENT_LEN + 1];
    size_t len = SIZE_MAX;
    struct provar_error err = {0};
    if (pv_source_read(source, buf, cap, &len, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(len, expected);
    assert_memory_equal(buf, content + from, len);
}

static inline void assert_skips(struct pv_source *source, uint64_t count, uint64_t expected) {
    uint64_t skipped = UINT64_MAX;
    assert_int_equal(pv_source_skip(source, count, &skipped, NULL), PROVAR_OK);
    assert_int_equal(skipped, expected);
}

/* The source's own skip, which does not read; in brackets, because cmocka has a macro of that name. */
static inline uint64_t move_over(struct pv_source *source, uint64_t count) {
    return (source->ops->skip)(source, count);
}

/* Reads and skips to the end, in pieces and beyond. */
static inline void assert_serves_content(struct pv_source *source) {
    assert_reads(source, 0, 0, 0);
    assert_reads(source, 0, 1, 1);
    assert_reads(source, 1, 7000, 7000);
    assert_skips(source, 0, 0);
    assert_skips(source, 42999, 42999);
    assert_reads(source, 50000, 10000, 10000);
    assert_skips(source, 39000, 39000);
    assert_reads(source, 99000, 5000, 1000);
    assert_reads(source, 0, 10, 0);
    assert_skips(source, 10, 0);
}

static inline void assert_rewinds(struct pv_source *source) {
    assert_true(pv_source_can_rewind(source));
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
    assert_reads(source, 0, 500, 500);
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
    assert_serves_content(source);
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
    assert_skips(source, UINT64_MAX, CONTENT_LEN);
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
}

static inline void assert_reads_at(struct pv_source *source) {
    uint8_t buf[300];
    size_t len;
    assert_non_null(source->ops->read_at);
    assert_reads(source, 0, 10, 10);
    assert_int_equal(source->ops->read_at(source, buf, 300, 5000, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 300);
    assert_memory_equal(buf, content + 5000, 300);
    assert_int_equal(source->ops->read_at(source, buf, 300, CONTENT_LEN - 100, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 100);
    assert_memory_equal(buf, content + CONTENT_LEN - 100, 100);
    assert_int_equal(source->ops->read_at(source, buf, 300, CONTENT_LEN, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 0);
    assert_int_equal(source->ops->read_at(source, buf, 300, UINT64_MAX, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 0);
    assert_reads(source, 10, 10, 10);
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
}

static inline void assert_reads_once(struct pv_source *source) {
    struct provar_error err = {0};
    assert_false(pv_source_can_rewind(source));
    assert_null(source->ops->read_at);
    assert_serves_content(source);
    assert_int_equal(pv_source_rewind(source, &err), PROVAR_E_USAGE);
    assert_int_equal(err.code, PROVAR_E_USAGE);
}

static inline enum provar_result read_all(struct pv_source *source, struct provar_error *err) {
    uint8_t buf[5000];
    size_t len = sizeof buf;
    enum provar_result result = PROVAR_OK;
    while (result == PROVAR_OK && len == sizeof buf)
        result = pv_source_read(source, buf, sizeof buf, &len, err);
    return result;
}

/* ---------------------------------------------------------------- a pipe */

/* A pipe that a child fills, in pieces that are not asked for. */
static inline int make_pipe(pid_t *child) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *child = fork();
    assert_true(*child >= 0);
    if (*child == 0) {
        (void)close(ends[0]);
        for (size_t at = 0; at < sizeof content;) {
            size_t step = sizeof content - at < 777 ? sizeof content - at : 777;
            if (write(ends[1], content + at, step) != (ssize_t)step)
                _exit(1);
            at += step;
        }
        _exit(0);
    }
    assert_int_equal(close(ends[1]), 0);
    return ends[0];
}

static inline void drop_pipe(int fd, pid_t child) {
    assert_int_equal(close(fd), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* ---------------------------------------------------------------- callbacks */

struct caller {
    size_t pos;
    size_t end;        /* where `read` and `read_at` end */
    int64_t misbehave; /* answer instead of the truth, when not 0; INT64_MAX: one more than asked for */
    int rewind_answer;
    size_t reads, reads_at, rewinds, closes;
};

static inline int64_t answer(struct caller *caller, void *buf, size_t cap, uint64_t offset) {
    size_t left = offset < caller->end ? caller->end - (size_t)offset : 0;
    size_t step = left < cap ? left : cap;
    step = step < 3333 ? step : 3333;
    if (caller->misbehave != 0)
        return caller->misbehave == INT64_MAX ? (int64_t)cap + 1 : caller->misbehave;
    if (step > 0)
        memcpy(buf, content + offset, step);
    return (int64_t)step;
}

static inline int64_t caller_read(void *buf, size_t cap, void *user) {
    struct caller *caller = user;
    caller->reads++;
    int64_t n = answer(caller, buf, cap, caller->pos);
    caller->pos += n > 0 && caller->misbehave == 0 ? (size_t)n : 0;
    return n;
}

static inline int64_t caller_read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    struct caller *caller = user;
    caller->reads_at++;
    return answer(caller, buf, cap, offset);
}

static inline int caller_rewind(void *user) {
    struct caller *caller = user;
    caller->rewinds++;
    caller->pos = 0;
    return caller->rewind_answer;
}

static inline void caller_close(void *user) {
    ((struct caller *)user)->closes++;
}

enum ability { CAN_READ_AT = 1, CAN_REWIND = 2 };

static inline struct provar_callbacks callbacks_of(struct caller *caller, unsigned abilities) {
    *caller = (struct caller){.end = CONTENT_LEN};
    return (struct provar_callbacks){
        .size = sizeof(struct provar_callbacks),
        .read = caller_read,
        .read_at = abilities & CAN_READ_AT ? caller_read_at : NULL,
        .total = CONTENT_LEN,
        .rewind = abilities & CAN_REWIND ? caller_rewind : NULL,
        .close = caller_close,
        .user = caller,
    };
}

static inline struct pv_source *open_caller(struct caller *caller, unsigned abilities) {
    struct provar_callbacks calls = callbacks_of(caller, abilities);
    struct pv_source *source = NULL;
    assert_int_equal(pv_source_callbacks(&calls, &source, NULL), PROVAR_OK);
    return source;
}

#endif
