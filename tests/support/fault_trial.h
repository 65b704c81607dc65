/* A verb, run once for each call that can fail until none fails any more, and what must be so after each run. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_FAULT_TRIAL_H
#define SUPPORT_FAULT_TRIAL_H

#include <dirent.h>
#include <elf.h>

#include "support/archive.h"
#include "support/temp_dir.h"

#include "support/fault.h"

#include "internal.h"

#include "verify/archive.h"

/* By what way an archive is read; the callbacks with or without read_at. */
enum way { FROM_PATH, FROM_PIPE, FROM_CALLBACKS, FROM_STREAM_CALLBACKS };

/* A verb with all that it works on, in the working directory. */
struct trial {
    const char *name;
    enum provar_result (*run)(struct trial *trial, struct provar_error *err);
    const char *output;       /* the file that the run makes or replaces; NULL for none */
    struct tar_build old;     /* what it holds before; nothing: it is not there */
    struct tar_build good[2]; /* what it holds, or `stream` does, after a success; the second, unless empty, where the
                                 fault made the verb leave the index */
    struct tar_build stream;  /* what a callback or descriptor of the run has received */
    const char *input;        /* the archive that is read */
    struct tar_build bytes;   /* of the archive, for ways other than its path */
    size_t pos;               /* of the callbacks in them */
    enum way from;
    bool reads_ahead;    /* a large member of it is decoded by several threads, for which one reads ahead */
    uint32_t open_flags; /* beside PROVAR_OPEN_KEEP */
    unsigned threads;
    bool was_good;              /* the output is to be put back before the next run */
    bool had_index, lost_index; /* the archive of the last run was opened with one; and was closed without */
};

/* ---------------------------------------------------------------- what is there */

static inline size_t count_entries(const char *path) {
    size_t count = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    assert_int_equal(closedir(dir), 0);
    return count;
}

static inline struct tar_build file_bytes(const char *path) {
    struct tar_build bytes = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t len = (size_t)ftell(file);
    rewind(file);
    assert_int_equal(fread(tar_grow(&bytes, len), 1, len, file), len);
    bytes.len = len;
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static inline bool same_bytes(const struct tar_build *a, const struct tar_build *b) {
    return a->len == b->len && (a->len == 0 || pv_bytes_equal(a->data, b->data, a->len));
}

static inline const struct tar_build *good_of(const struct trial *trial) {
    return &trial->good[trial->lost_index && trial->good[1].len > 0];
}

static inline bool is_good(const struct trial *trial, const struct tar_build *bytes) {
    return same_bytes(bytes, good_of(trial));
}

static inline bool is_front_of_good(const struct trial *trial, const struct tar_build *bytes) {
    const struct tar_build *good = good_of(trial);
    return bytes->len == 0 || (bytes->len < good->len && pv_bytes_equal(bytes->data, good->data, bytes->len));
}

static inline void put_back(struct trial *trial) {
    if (trial->output == NULL)
        return;
    (void)unlink(trial->output);
    if (trial->old.len > 0)
        temp_dir_write(trial->output, trial->old.data, trial->old.len);
}

/* ---------------------------------------------------------------- the verdict on a run */

/* One run and the fault that it met. */
struct outcome {
    const struct fault *fault;
    int after; /* calls that passed before it */
    int hits;
    enum provar_result result;
    struct provar_error err;
};

#define fail_trial(trial, outcome, ...)                                                                                \
    do {                                                                                                               \
        print_error("%s, %u threads: %s after %d calls, %d times: %s: %s\n", (trial)->name, (trial)->threads,          \
                    (outcome)->fault->what, (outcome)->after, (outcome)->hits,                                         \
                    provar_result_name((int)(outcome)->result), (outcome)->err.message);                               \
        fail_msg(__VA_ARGS__);                                                                                         \
    } while (0)

/* What a pass by the index asks the system for: memory for its decoders and lists (an allocation), the archive's bytes
 * (a read), and at its end whether the file has changed (fstat). Where one of these fails once, the pass counts for
 * nothing, and the stream is read instead: the archive has lost its index then. Callbacks are no file, and have no such
 * pass; an open, a write or a name belongs to none; a thread that cannot start is no failure at all. */
enum { IN_A_PASS = FAULT_ALLOCATION | FAULT_READ | FAULT_EXAMINE };

/* What was read ahead for several decoders in vain is read once more by the one that goes on behind the pieces. */
enum { AHEAD = FAULT_READ };

static inline bool may_succeed(const struct trial *trial, const struct outcome *outcome) {
    const struct fault *fault = outcome->fault;
    if (outcome->hits == 0 || fault->expected == PROVAR_OK)
        return true;
    if (fault->lasting)
        return false;
    return atomic_load(&faults.spared) || (trial->lost_index && (fault->calls & IN_A_PASS) != 0) ||
           (trial->reads_ahead && (fault->calls & AHEAD) != 0);
}

static inline void judge_result(const struct trial *trial, const struct outcome *outcome) {
    const struct fault *fault = outcome->fault;
    if (outcome->err.code != (int)outcome->result)
        fail_trial(trial, outcome, "the error says %d", outcome->err.code);
    if (outcome->result == PROVAR_OK) {
        if (!may_succeed(trial, outcome))
            fail_trial(trial, outcome, "it succeeded");
        return;
    }
    if (outcome->hits == 0 || (int)outcome->result != fault->expected)
        fail_trial(trial, outcome, "expected %s", provar_result_name(outcome->hits == 0 ? 0 : fault->expected));
    const char *says = fault->says ? fault->says : strerrordesc_np(fault->error);
    if (strstr(outcome->err.message, fault->expected == PROVAR_E_NO_MEMORY ? "out of memory" : says) == NULL)
        fail_trial(trial, outcome, "it does not say why");
}

/* The old file or the new one, and nothing beside it. When all but the directory's sync is done, the message says so.
 */
static inline void judge_output(struct trial *trial, const struct outcome *outcome, size_t entries) {
    bool in_place = outcome->result == PROVAR_OK || (outcome->fault->calls == FAULT_SYNC &&
                                                     strstr(outcome->err.message, "is in place and whole") != NULL);
    bool exists = trial->output && access(trial->output, F_OK) == 0;
    if (trial->output && exists != (in_place || trial->old.len > 0))
        fail_trial(trial, outcome, "%s", exists ? "there is an output" : "there is no output");
    if (exists) {
        struct tar_build bytes = file_bytes(trial->output);
        if (in_place ? !is_good(trial, &bytes) : !same_bytes(&bytes, &trial->old))
            fail_trial(trial, outcome, "the output is wrong, %zu bytes", bytes.len);
        tar_build_free(&bytes);
    }
    if (trial->output == NULL && trial->good[0].len > 0 &&
        !(in_place ? is_good(trial, &trial->stream) : is_front_of_good(trial, &trial->stream)))
        fail_trial(trial, outcome, "what left is wrong, %zu bytes", trial->stream.len);
    if (count_entries(".") != entries + (exists && trial->old.len == 0))
        fail_trial(trial, outcome, "something was left behind");
    trial->was_good = in_place;
}

static inline void judge_leaks(const struct trial *trial, const struct outcome *outcome, size_t open_before) {
    if (atomic_load(&faults.allocations) != 0)
        fail_trial(trial, outcome, "%d allocations were not freed", atomic_load(&faults.allocations));
    if (atomic_load(&faults.threads) != 0)
        fail_trial(trial, outcome, "%d threads were not joined", atomic_load(&faults.threads));
    if (count_entries("/proc/self/fd") != open_before)
        fail_trial(trial, outcome, "a descriptor stays open");
}

/* ---------------------------------------------------------------- all runs */

static inline struct outcome run_once(struct trial *trial, const struct fault *fault, int after) {
    struct outcome outcome = {.fault = fault, .after = after};
    trial->stream.len = 0;
    trial->pos = 0;
    trial->had_index = false;
    trial->lost_index = false;
    fault_begin(fault, after);
    outcome.result = trial->run(trial, &outcome.err);
    outcome.hits = fault_end();
    return outcome;
}

/* Lets each call in turn meet the fault, until the run ends before it comes. Returns how many calls there are. */
static inline int each_call(struct trial *trial, const struct fault *fault) {
    put_back(trial);
    size_t open_before = count_entries("/proc/self/fd"), entries = count_entries(".");
    for (int after = 0;; after++) {
        struct outcome outcome = run_once(trial, fault, after);
        judge_result(trial, &outcome);
        judge_output(trial, &outcome, entries);
        judge_leaks(trial, &outcome, open_before);
        if (trial->was_good)
            put_back(trial);
        if (outcome.hits == 0)
            return after;
    }
}

/* The faults of system and memory; a trial to which one does not apply has no call that meets it. */
static const struct fault usual_faults[] = {
    {.what = "an allocation fails", .calls = FAULT_ALLOCATION, .error = ENOMEM, .expected = PROVAR_E_NO_MEMORY},
    {.what = "allocations fail from then on",
     .calls = FAULT_ALLOCATION,
     .error = ENOMEM,
     .lasting = true,
     .expected = PROVAR_E_NO_MEMORY},
    {.what = "an open fails", .calls = FAULT_OPEN, .error = EMFILE, .expected = PROVAR_E_IO},
    {.what = "a read fails", .calls = FAULT_READ, .error = EIO, .expected = PROVAR_E_IO},
    {.what = "reads fail from then on", .calls = FAULT_READ, .error = EIO, .lasting = true, .expected = PROVAR_E_IO},
    {.what = "a read is interrupted", .calls = FAULT_READ, .error = EINTR},
    {.what = "a read is short", .calls = FAULT_READ, .one_byte = true},
    {.what = "the disk is full", .calls = FAULT_WRITE, .error = ENOSPC, .lasting = true, .expected = PROVAR_E_IO},
    {.what = "a write exceeds the quota", .calls = FAULT_WRITE, .error = EDQUOT, .expected = PROVAR_E_IO},
    {.what = "a write is interrupted", .calls = FAULT_WRITE, .error = EINTR},
    {.what = "a write is short", .calls = FAULT_WRITE, .one_byte = true},
    {.what = "ftruncate or lseek fails", .calls = FAULT_SIZE, .error = EFBIG, .expected = PROVAR_E_IO},
    {.what = "fstat, fstatat or fchmod fails", .calls = FAULT_EXAMINE, .error = EIO, .expected = PROVAR_E_IO},
    {.what = "fsync fails", .calls = FAULT_SYNC, .error = EIO, .expected = PROVAR_E_IO},
    {.what = "fsync is interrupted", .calls = FAULT_SYNC, .error = EINTR, .expected = PROVAR_E_IO},
    {.what = "linkat or renameat2 fails", .calls = FAULT_NAME, .error = ENOSPC, .expected = PROVAR_E_IO},
    {.what = "there are no random bytes", .calls = FAULT_RANDOM, .error = ENOSYS, .expected = PROVAR_E_IO},
    {.what = "a thread cannot start", .calls = FAULT_THREAD, .error = EAGAIN},
    {.what = "no thread can start", .calls = FAULT_THREAD, .error = EAGAIN, .lasting = true},
    {.what = "/proc fails", .calls = FAULT_PROC, .error = EACCES},
    {.what = "/proc is not there", .calls = FAULT_PROC, .error = ENOENT, .lasting = true},
    {.what = "a callback fails",
     .calls = FAULT_CALLBACK,
     .error = EIO,
     .expected = PROVAR_E_IO,
     .says = "the caller's source failed"},
    {.what = "a callback gives one byte", .calls = FAULT_CALLBACK, .one_byte = true},
    {.what = "an output callback stops",
     .calls = FAULT_TAKER,
     .error = EIO,
     .expected = PROVAR_E_IO,
     .says = "the output callback stopped"},
};

/* Where a file that has a name before it is whole differs from one without. */
static inline bool is_of_names(const struct fault *fault) {
    enum { CALLS = FAULT_ALLOCATION | FAULT_OPEN | FAULT_EXAMINE | FAULT_SYNC | FAULT_NAME | FAULT_RANDOM };
    return (fault->calls & CALLS) != 0 && !fault->lasting;
}

/* Every one of them, and those of names again where O_TMPFILE is missing. Returns the kinds of calls that were there to
 * fail. */
static inline unsigned try_all(struct trial *trial) {
    unsigned met = 0;
    for (int named = 0; named <= (trial->output != NULL); named++) {
        faults.no_nameless = named;
        for (size_t i = 0; i < array_length(usual_faults); i++) {
            const struct fault *fault = &usual_faults[i];
            int count = named && !is_of_names(fault) ? 0 : each_call(trial, fault);
            met |= count > 0 ? fault->calls : 0;
            if (trial->output && fault->calls == FAULT_SYNC)
                assert_int_equal(count, 2); /* the file before it gets its name, the directory then */
        }
    }
    faults.no_nameless = false;
    return met;
}

/* ---------------------------------------------------------------- what goes in and out */

/* The caller's own source, whose calls can fail. */
static int64_t callback_read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    const struct trial *trial = user;
    size_t left = offset < trial->bytes.len ? trial->bytes.len - (size_t)offset : 0;
    size_t step = cap < left ? cap : left;
    if (fault_transfer(FAULT_CALLBACK, &step))
        return -1;
    if (step > 0)
        memcpy(buf, trial->bytes.data + offset, step);
    return (int64_t)step;
}

static int64_t callback_read(void *buf, size_t cap, void *user) {
    struct trial *trial = user;
    int64_t step = callback_read_at(buf, cap, trial->pos, user);
    trial->pos += step > 0 ? (size_t)step : 0;
    return step;
}

static int callback_rewind(void *user) {
    ((struct trial *)user)->pos = 0;
    return 0;
}

/* The caller's own output. */
static inline int callback_take(const void *data, size_t len, void *user) {
    struct trial *trial = user;
    if (fault_now(FAULT_TAKER))
        return 1;
    tar_bytes(&trial->stream, data, len);
    return 0;
}

/* Opens the trial's archive in its way. */
static inline enum provar_result open_trial(struct trial *trial, struct provar_archive **archive,
                                            struct provar_error *err) {
    struct provar_callbacks calls = {
        .size = sizeof calls, .read = callback_read, .read_at = callback_read_at, .total = trial->bytes.len};
    struct provar_open_options options = {.size = sizeof options,
                                          .flags = PROVAR_OPEN_KEEP | trial->open_flags,
                                          .threads = trial->threads,
                                          .temp_dir = ".",
                                          .temp_dir_len = 1};
    struct provar_input from = path_input(trial->input);
    calls.user = trial;
    if (trial->from == FROM_STREAM_CALLBACKS) {
        calls.read_at = NULL;
        calls.rewind = callback_rewind;
    }
    if (trial->from == FROM_CALLBACKS || trial->from == FROM_STREAM_CALLBACKS)
        from = (struct provar_input){.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    if (trial->from == FROM_PIPE)
        from = fd_input(faults.pipe_fd);
    enum provar_result result = provar_open(&from, &options, archive, err);
    trial->had_index = result == PROVAR_OK && (*archive)->use_index;
    return result;
}

/* The archive may be NULL. */
static inline void close_trial(struct trial *trial, struct provar_archive *archive) {
    trial->lost_index = trial->had_index && !archive->use_index;
    provar_archive_free(archive);
}

/* ---------------------------------------------------------------- what the trials work on */

/* Fills a body that compresses well, and nowhere to nothing. It begins as an ELF file for this machine does, so that
 * nobody finds anything odd: the allocation of a notice may fail without harm. */
static inline void fill_body(uint8_t *body, size_t len, uint16_t machine) {
    const Elf64_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                               .e_type = ET_EXEC,
                               .e_machine = machine,
                               .e_version = EV_CURRENT,
                               .e_ehsize = sizeof header};
    uint32_t random = 1;
    for (size_t i = 0; i < len; i++) {
        if (i % 509 == 0)
            random = random * 1664525 + 1013904223;
        body[i] = (uint8_t)(i % 509 < 4 ? random >> (i % 509 * 8) : i % 509);
    }
    memcpy(body, &header, sizeof header);
}

/* A pipe whose writing end is gone; its reads get their bytes from the trial. */
static inline void make_pipe(void) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(close(ends[1]), 0);
    faults.pipe_fd = ends[0];
}

static inline void pipe_holds(const void *data, size_t len) {
    faults.pipe_data = data;
    faults.pipe_len = len;
}

static inline void drop_pipe(void) {
    assert_int_equal(close(faults.pipe_fd), 0);
    faults.pipe_fd = -1;
}

#endif
