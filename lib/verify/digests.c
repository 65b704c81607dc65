/* Members side by side: each is read as a part of the stream and hashed, the largest first. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/jobs.h"
#include "gzip/gzip_segment.h"
#include "verify/digests.h"

/* Each has room of its own for the pieces on their way, which an archive that is all zeros costs nothing. */
enum { MAX_SHARED = 4 };

/* What one thread works with. All of it is made before the threads start, because a thread that allocates reserves
 * address space by the tens of megabytes; only those that decode for it are started later. */
struct desk {
    struct pv_source *part;
    struct pv_sha256 *hash;
    struct pv_exe_probe *probe;
    uint8_t *block;
};

struct task {
    struct pv_member *member;
    struct pv_source *part; /* that several threads decode; NULL: the desk's */
    bool hash;
    enum provar_result result;
    struct provar_error error;
};

struct digests {
    unsigned threads;
    struct desk *desks; /* one a thread */
    size_t count;
    struct task *tasks; /* the largest first */
};

static enum provar_result open_desk(struct pv_source *stream, struct desk *desk, struct provar_error *err) {
    desk->block = malloc(PV_BLOCK);
    if (desk->block == NULL)
        return pv_fail_memory(err);
    enum provar_result result = stream->ops->part(stream, 1, &desk->part, err);
    if (result == PROVAR_OK)
        result = pv_sha256_new(&desk->hash, err);
    if (result == PROVAR_OK)
        result = pv_exe_probe_new(&desk->probe, err);
    return result;
}

static void release(struct digests *digests) {
    for (unsigned i = 0; digests->desks && i < digests->threads; i++) {
        pv_source_free(digests->desks[i].part);
        pv_sha256_free(digests->desks[i].hash);
        pv_exe_probe_free(digests->desks[i].probe);
        free(digests->desks[i].block);
    }
    for (size_t i = 0; i < digests->count; i++)
        pv_source_free(digests->tasks[i].part);
    free(digests->desks);
    free(digests->tasks);
}

/* ---------------------------------------------------------------- on any thread */

/* Reads a member to its end, which proves its place in the stream, and hashes it where that is asked for. */
static enum provar_result read_member(struct desk *desk, struct pv_source *part, struct pv_member *member, bool hash,
                                      struct provar_error *err) {
    enum provar_result result = pv_member_select(part, member, err);
    pv_exe_probe_reset(desk->probe, member->size);
    if (result == PROVAR_OK)
        result = pv_sha256_reset(desk->hash, err);
    for (size_t len = 1; result == PROVAR_OK && len > 0;) {
        result = pv_source_read(part, desk->block, PV_BLOCK, &len, err);
        if (result != PROVAR_OK || !hash)
            continue;
        pv_exe_probe_feed(desk->probe, desk->block, len);
        result = pv_sha256_update(desk->hash, desk->block, len, err);
    }
    return result == PROVAR_OK && hash ? pv_sha256_final(desk->hash, member->digest, err) : result;
}

static void run_task(void *user, size_t slot, unsigned thread) {
    struct digests *digests = user;
    struct task *task = &digests->tasks[slot];
    struct desk *desk = &digests->desks[thread];
    struct pv_source *part = task->part ? task->part : desk->part;
    task->result = read_member(desk, part, task->member, task->hash, &task->error);
    if (task->result != PROVAR_OK || !task->hash)
        return;
    task->member->hashed = true;
    pv_member_describe(task->member, desk->probe);
}

/* ---------------------------------------------------------------- the owner */

/* Where only the whole can show whether it is whole, every member is read, whether or not its digest is asked for: a
 * member that an index hides could otherwise stand in the place of the one that is proven. */
static bool is_wanted(const struct pv_source *stream, const struct pv_scan_options *options,
                      const struct pv_member *member) {
    return stream->ops->finish != NULL || pv_scan_wants_digest(options, member);
}

static int larger_first(const void *a, const void *b) {
    const struct task *left = a, *right = b;
    return (left->member->size < right->member->size) - (left->member->size > right->member->size);
}

/* Fewer large members than threads: each is decoded by several. */
static enum provar_result share_threads(struct digests *digests, struct pv_source *stream, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    size_t large = 0;
    while (large < digests->count && digests->tasks[large].member->size > PV_GZIP_SHARED)
        large++;
    if (large == 0 || large > MAX_SHARED || digests->threads / large < 2)
        return PROVAR_OK;
    unsigned each = digests->threads / (unsigned)large;
    for (size_t i = 0; i < large && result == PROVAR_OK; i++)
        result = stream->ops->part(stream, each, &digests->tasks[i].part, err);
    return result;
}

static enum provar_result plan(struct digests *digests, struct pv_source *stream, const struct pv_scan_options *options,
                               struct pv_scan *scan, struct provar_error *err) {
    digests->tasks = calloc(scan->count + 1, sizeof *digests->tasks);
    if (digests->tasks == NULL)
        return pv_fail_memory(err);
    for (size_t i = 0; i < scan->count; i++)
        if (is_wanted(stream, options, &scan->members[i]))
            digests->tasks[digests->count++] =
                (struct task){.member = &scan->members[i], .hash = pv_scan_wants_digest(options, &scan->members[i])};
    qsort(digests->tasks, digests->count, sizeof *digests->tasks, larger_first);
    digests->threads = pv_threads(options->threads);
    enum provar_result result = share_threads(digests, stream, err);
    if (digests->threads > digests->count)
        digests->threads = digests->count > 0 ? (unsigned)digests->count : 1;
    digests->desks = calloc(digests->threads, sizeof *digests->desks);
    if (digests->desks == NULL)
        return pv_fail_memory(err);
    for (unsigned i = 0; i < digests->threads && result == PROVAR_OK; i++)
        result = open_desk(stream, &digests->desks[i], err);
    return result;
}

/* The failure of the member that comes first in the archive, whichever thread was first. */
static enum provar_result first_failure(const struct digests *digests, struct provar_error *err) {
    const struct task *first = NULL;
    for (size_t i = 0; i < digests->count; i++) {
        const struct task *task = &digests->tasks[i];
        if (task->result != PROVAR_OK && (first == NULL || task->member->body_offset < first->member->body_offset))
            first = task;
    }
    if (first == NULL)
        return PROVAR_OK;
    pv_error_hand_on(err, &first->error);
    pv_error_member(err, pv_str_of(first->member->name));
    return first->result;
}

enum provar_result pv_digests_run(struct pv_source *stream, const struct pv_scan_options *options, struct pv_scan *scan,
                                  struct provar_error *err) {
    PV_CLEANUP(release) struct digests digests = {0};
    enum provar_result result = plan(&digests, stream, options, scan, err);
    if (result == PROVAR_OK)
        result = pv_jobs_each(digests.count, digests.threads, run_task, &digests, err);
    if (result == PROVAR_OK)
        result = first_failure(&digests, err);
    if (result == PROVAR_OK && stream->ops->finish)
        result = stream->ops->finish(stream, err);
    return result;
}
