/* The one way to a proven body: read again, hashed as it leaves, believed only when the digest is the proven one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "base/jobs.h"
#include "crypto/sha256_lane.h"
#include "gzip/gzip_segment.h"
#include "tar/tar_read.h"
#include "verify/current.h"

struct pv_bodies {
    struct provar_archive *archive;
    unsigned threads;             /* as pv_threads takes it */
    struct pv_source *whole;      /* borrowed, with parts; NULL where the archive has none */
    struct pv_source *alone;      /* a part for one thread */
    struct pv_source *shared;     /* a part for all threads, and the room that they need; NULL before a large member */
    struct pv_source *part;       /* the one of the two that the member is read from */
    struct pv_tar_reader *reader; /* reads all of them in their order; NULL before the first pass */
    struct pv_notices notices;    /* dropped: the proof's own pass has them */
    uint64_t next;                /* every member that begins before this offset is behind the reader */
    struct pv_sha256_lane *hash;
};

static enum provar_result open_bodies(struct provar_archive *archive, unsigned threads, struct pv_bodies **bodies,
                                      struct provar_error *err) {
    PV_CLEANUP(pv_bodies_cleanup) struct pv_bodies *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->archive = archive;
    made->threads = threads;
    struct pv_source *source = pv_archive_source(archive);
    enum provar_result result = pv_sha256_lane_new(threads, &made->hash, err);
    if (result == PROVAR_OK && source->ops->part) {
        made->whole = source;
        result = source->ops->part(source, 1, &made->alone, err);
    }
    if (result == PROVAR_OK)
        *bodies = PV_TAKE(made);
    return result;
}

void pv_bodies_free(struct pv_bodies *bodies) {
    if (bodies == NULL)
        return;
    pv_source_free(bodies->shared);
    pv_source_free(bodies->alone);
    pv_tar_reader_free(bodies->reader);
    pv_notices_release(&bodies->notices);
    pv_sha256_lane_free(bodies->hash);
    free(bodies);
}

static enum provar_result restart(struct pv_bodies *bodies, struct provar_error *err) {
    struct pv_source *stream = NULL;
    pv_tar_reader_free(bodies->reader);
    bodies->reader = NULL;
    bodies->next = 0;
    enum provar_result result = pv_archive_stream(bodies->archive, &stream, err);
    if (result == PROVAR_OK)
        result = pv_tar_reader_new(stream, bodies->archive->max_total, &bodies->notices, &bodies->reader, err);
    return result;
}

/* Moves to the member whose body stood at this offset, with this size, when the archive was proven. */
static enum provar_result walk_to(struct pv_bodies *bodies, const struct pv_member *member, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    if (bodies->reader == NULL || member->body_offset < bodies->next)
        result = restart(bodies, err);
    for (bool more = true; result == PROVAR_OK;) {
        struct pv_tar_entry entry;
        result = pv_tar_next(bodies->reader, &entry, &more, err);
        if (result != PROVAR_OK)
            break;
        if (!more || entry.body_offset > member->body_offset)
            return pv_fail(err, PROVAR_E_DIGEST, member->body_offset, "the archive has changed since it was checked");
        bodies->next = entry.body_offset + 1;
        if (entry.body_offset == member->body_offset && entry.size == member->size)
            return PROVAR_OK;
    }
    return result;
}

static enum provar_result select_part(struct pv_bodies *bodies, const struct pv_member *member,
                                      struct provar_error *err) {
    bool is_shared = member->size > PV_GZIP_SHARED && pv_threads(bodies->threads) > 1;
    enum provar_result result = PROVAR_OK;
    if (is_shared && bodies->shared == NULL)
        result = bodies->whole->ops->part(bodies->whole, bodies->threads, &bodies->shared, err);
    if (result != PROVAR_OK)
        return result;
    bodies->part = is_shared ? bodies->shared : bodies->alone;
    return pv_member_select(bodies->part, member, err);
}

static enum provar_result read_some(struct pv_bodies *bodies, uint8_t *block, size_t *len, struct provar_error *err) {
    if (bodies->whole)
        return pv_source_read(bodies->part, block, PV_BLOCK, len, err);
    return pv_tar_read(bodies->reader, block, PV_BLOCK, len, err);
}

/* The bytes are hashed while they are taken. */
static enum provar_result copy_hashed(struct pv_bodies *bodies, uint8_t digest[PV_SHA256_LEN], pv_body_fn take,
                                      void *user, struct provar_error *err) {
    enum provar_result result = pv_sha256_lane_reset(bodies->hash, err);
    for (size_t len = 1; result == PROVAR_OK && len > 0;) {
        uint8_t *block = pv_sha256_lane_block(bodies->hash);
        result = read_some(bodies, block, &len, err);
        if (result != PROVAR_OK)
            return result;
        pv_sha256_lane_submit(bodies->hash, len);
        if (len > 0)
            result = take(user, block, len, err);
    }
    return result == PROVAR_OK ? pv_sha256_lane_final(bodies->hash, digest, err) : result;
}

static enum provar_result fail_digest(const struct pv_member *member, const uint8_t digest[PV_SHA256_LEN],
                                      struct provar_error *err) {
    char found[PV_HASH_TEXT + 1] = {0}, listed[PV_HASH_TEXT + 1] = {0};
    if (!member->promised)
        return pv_fail(err, PROVAR_E_DIGEST, member->body_offset, "'%s' has changed since it was checked",
                       member->name);
    pv_hex_encode(digest, PV_SHA256_LEN, found);
    pv_hex_encode(member->digest, PV_SHA256_LEN, listed);
    return pv_fail_altered(member, found, listed, err);
}

enum provar_result pv_bodies_read(struct pv_bodies *bodies, const struct pv_member *member, pv_body_fn take, void *user,
                                  struct provar_error *err) {
    uint8_t digest[PV_SHA256_LEN];
    if (!member->hashed && !member->promised)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "'%s' is not covered by the proof", member->name);
    enum provar_result result = bodies->whole ? select_part(bodies, member, err) : walk_to(bodies, member, err);
    if (result == PROVAR_OK)
        result = copy_hashed(bodies, digest, take, user, err);
    if (result == PROVAR_OK && !pv_bytes_equal(digest, member->digest, sizeof digest))
        result = fail_digest(member, digest, err);
    if (result != PROVAR_OK)
        pv_error_member(err, pv_str_of(member->name));
    return result;
}

enum provar_result pv_bodies_new(const struct provar_checked *checked, unsigned threads, struct pv_bodies **bodies,
                                 struct provar_error *err) {
    return open_bodies(checked->archive, threads, bodies, err);
}

static enum provar_result read_one(const struct provar_verified *verified, const struct pv_member *member,
                                   pv_body_fn take, void *user, struct provar_error *err) {
    PV_CLEANUP(pv_bodies_cleanup) struct pv_bodies *bodies = NULL;
    enum provar_result result = open_bodies(verified->archive, verified->archive->threads, &bodies, err);
    if (result == PROVAR_OK)
        result = pv_bodies_read(bodies, member, take, user, err);
    return result;
}

enum provar_result pv_verified_body(const struct provar_verified *verified, const struct pv_member *member,
                                    pv_body_fn take, void *user, bool *by_index, struct provar_error *err) {
    struct pv_member placed;
    (void)pthread_mutex_lock(&verified->archive->lock);
    *by_index = pv_verified_place(verified, &placed, member);
    enum provar_result result = read_one(verified, &placed, take, user, err);
    (void)pthread_mutex_unlock(&verified->archive->lock);
    return result == PROVAR_OK ? pv_current_record(verified, err) : result;
}

enum provar_result pv_verified_target(const struct provar_verified *verified, struct pv_str target,
                                      const struct pv_member **member, struct provar_error *err) {
    struct pv_str name = target.len > 0 ? target : pv_str_of(provar_host_target());
    const struct pv_member *found = pv_scan_target(&verified->facts->scan, name);
    if (found == NULL)
        return pv_scan_no_target(&verified->facts->scan, name, err);
    bool covered = verified->target == NULL || pv_str_equal(pv_str_of(verified->target), found->stem);
    if (!covered)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "'%s' was not verified, only '%s' was", found->name,
                       verified->target);
    *member = found;
    return PROVAR_OK;
}

enum provar_result pv_verified_world(const struct provar_verified *verified, const struct pv_member **member,
                                     struct provar_error *err) {
    const struct pv_member *found = pv_scan_world(&verified->facts->scan);
    if (found == NULL)
        return pv_fail(err, PROVAR_E_NO_TARGET, PROVAR_NO_OFFSET, "no world.wasm in the archive");
    *member = found;
    return PROVAR_OK;
}
