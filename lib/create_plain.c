/* The bodies of a new plain archive: each goes to its own place in the file, on all processors. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/jobs.h"
#include "create.h"
#include "tar/tar_header.h"

/* What one thread works with. */
struct desk {
    struct pv_sha256 *hash;
    struct pv_bodies *bodies; /* of the archive that the builder began with; NULL for a new one */
    uint8_t *block;
};

/* One member, on its way to its place. */
struct task {
    struct pv_writing *writing;
    struct pv_new_member *member;
    uint64_t at; /* of the next byte, in the output */
    enum provar_result result;
    struct provar_error error;
};

struct plain_run {
    unsigned threads;
    struct desk *desks; /* one a thread */
    struct task *tasks; /* one a member, the largest first */
};

/* ---------------------------------------------------------------- on any thread */

static enum provar_result put(void *user, const void *data, size_t len, struct provar_error *err) {
    struct task *task = user;
    enum provar_result result = pv_out_patch(task->writing->out, task->at, data, len, err);
    task->at += len;
    return result;
}

/* A file is hashed as it is copied. It is read to its end, where its source refuses one that is not as long as when it
 * was opened. */
static enum provar_result copy_file(struct desk *desk, struct task *task, struct provar_error *err) {
    struct pv_source *source = task->member->part->source;
    enum provar_result result = pv_sha256_reset(desk->hash, err);
    if (result == PROVAR_OK)
        result = pv_source_rewind(source, err);
    for (size_t len = 1; result == PROVAR_OK && len > 0;) {
        result = pv_source_read(source, desk->block, PV_BLOCK, &len, err);
        if (result == PROVAR_OK)
            result = pv_sha256_update(desk->hash, desk->block, len, err);
        if (result == PROVAR_OK && len > 0)
            result = put(task, desk->block, len, err);
    }
    return result == PROVAR_OK ? pv_sha256_final(desk->hash, task->member->digest, err) : result;
}

static enum provar_result write_member(struct desk *desk, struct task *task, struct provar_error *err) {
    uint8_t header[PV_TAR_BLOCK];
    struct pv_new_member *member = task->member;
    const struct pv_part *part = member->part;
    enum provar_result result =
        pv_tar_header_encode(pv_str_of(member->name), part->size, member->mode, task->writing->mtime, header, err);
    if (result == PROVAR_OK)
        result = put(task, header, sizeof header, err);
    if (result != PROVAR_OK)
        return result;
    if (part->kept == NULL)
        return copy_file(desk, task, err);
    memcpy(member->digest, part->kept->digest, sizeof member->digest);
    return pv_bodies_read(desk->bodies, part->kept, put, task, err);
}

static void run_task(void *user, size_t slot, unsigned thread) {
    struct plain_run *run = user;
    struct task *task = &run->tasks[slot];
    task->result = write_member(&run->desks[thread], task, &task->error);
}

/* ---------------------------------------------------------------- the owner */

static int larger_first(const void *a, const void *b) {
    const struct task *left = a, *right = b;
    uint64_t x = left->member->part->size, y = right->member->part->size;
    return (x < y) - (x > y);
}

/* Bodies that can only be read in their order, or on the caller's thread, need one thread that does. */
static unsigned count_threads(const struct pv_writing *writing) {
    const struct provar_builder *builder = writing->builder;
    if (builder->origin && !pv_source_is_shared(pv_archive_source(builder->origin->archive)))
        return 1;
    unsigned threads = pv_threads(builder->threads);
    return threads < writing->count ? threads : (unsigned)writing->count;
}

static enum provar_result open_run(struct plain_run *run, struct pv_writing *writing, struct provar_error *err) {
    const struct provar_checked *origin = writing->builder->origin;
    run->threads = count_threads(writing);
    run->desks = calloc(run->threads, sizeof *run->desks);
    run->tasks = calloc(writing->count, sizeof *run->tasks);
    if (run->desks == NULL || run->tasks == NULL)
        return pv_fail_memory(err);
    for (size_t i = 0; i < writing->count; i++)
        run->tasks[i] =
            (struct task){.writing = writing, .member = &writing->members[i], .at = writing->members[i].tar_at};
    if (run->threads > 1)
        qsort(run->tasks, writing->count, sizeof *run->tasks, larger_first);
    enum provar_result result = PROVAR_OK;
    for (unsigned i = 0; i < run->threads && result == PROVAR_OK; i++) {
        struct desk *desk = &run->desks[i];
        desk->block = malloc(PV_BLOCK);
        result = desk->block ? pv_sha256_new(&desk->hash, err) : pv_fail_memory(err);
        if (result == PROVAR_OK && origin)
            result = pv_bodies_new(origin, run->threads > 1 ? 1 : writing->builder->threads, &desk->bodies, err);
    }
    return result;
}

static void release(struct plain_run *run) {
    for (unsigned i = 0; run->desks && i < run->threads; i++) {
        pv_sha256_free(run->desks[i].hash);
        pv_bodies_free(run->desks[i].bodies);
        free(run->desks[i].block);
    }
    free(run->desks);
    free(run->tasks);
}

/* The failure of the member that comes first in the archive, whichever thread was first. */
static enum provar_result first_failure(const struct plain_run *run, size_t count, struct provar_error *err) {
    const struct task *first = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct task *task = &run->tasks[i];
        if (task->result != PROVAR_OK && (first == NULL || task->member->tar_at < first->member->tar_at))
            first = task;
    }
    if (first == NULL)
        return PROVAR_OK;
    pv_error_hand_on(err, &first->error);
    pv_error_member(err, pv_str_of(first->member->name));
    return first->result;
}

enum provar_result pv_create_plain(struct pv_writing *writing, struct provar_error *err) {
    PV_CLEANUP(release) struct plain_run run = {0};
    /* Head, padding and end blocks are zeros until, or unless, something is written there. */
    enum provar_result result = pv_out_reserve(writing->out, writing->tar_len, err);
    if (result == PROVAR_OK)
        result = open_run(&run, writing, err);
    if (result == PROVAR_OK)
        result = pv_jobs_each(writing->count, run.threads, run_task, &run, err);
    return result == PROVAR_OK ? first_failure(&run, writing->count, err) : result;
}
