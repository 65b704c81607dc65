/* The one way to a proven body: read again, hashed as it leaves, believed only when the digest is the proven one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "tar/tar_read.h"
#include "verify/verified.h"

struct pv_bodies {
    struct provar_archive *archive;
    const struct pv_facts *facts;
    struct pv_tar_reader *reader; /* NULL before the first pass */
    struct pv_notices notices;    /* dropped: the proof's own pass has them */
    uint64_t next;                /* every member that begins before this offset is behind the reader */
    struct pv_sha256 *hash;
    uint8_t *block;
};

static enum provar_result open_bodies(struct provar_archive *archive, const struct pv_facts *facts,
                                      struct pv_bodies **bodies, struct provar_error *err) {
    PV_CLEANUP(pv_bodies_cleanup) struct pv_bodies *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->archive = archive;
    made->facts = facts;
    made->block = malloc(PV_BLOCK);
    if (made->block == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_sha256_new(&made->hash, err);
    if (result == PROVAR_OK)
        *bodies = PV_TAKE(made);
    return result;
}

void pv_bodies_free(struct pv_bodies *bodies) {
    if (bodies == NULL)
        return;
    pv_tar_reader_free(bodies->reader);
    pv_notices_release(&bodies->notices);
    pv_sha256_free(bodies->hash);
    free(bodies->block);
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
static enum provar_result move_to(struct pv_bodies *bodies, const struct pv_member *member, struct provar_error *err) {
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

static enum provar_result copy_hashed(struct pv_bodies *bodies, uint8_t digest[PV_SHA256_LEN], pv_body_fn take,
                                      void *user, struct provar_error *err) {
    enum provar_result result = pv_sha256_reset(bodies->hash, err);
    while (result == PROVAR_OK) {
        size_t len;
        result = pv_tar_read(bodies->reader, bodies->block, PV_BLOCK, &len, err);
        if (result != PROVAR_OK)
            break;
        if (len == 0)
            return pv_sha256_final(bodies->hash, digest, err);
        result = pv_sha256_update(bodies->hash, bodies->block, len, err);
        if (result == PROVAR_OK)
            result = take(user, bodies->block, len, err);
    }
    return result;
}

enum provar_result pv_bodies_read(struct pv_bodies *bodies, const struct pv_member *member, pv_body_fn take, void *user,
                                  struct provar_error *err) {
    uint8_t digest[PV_SHA256_LEN];
    if (!member->hashed)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "'%s' is not covered by the proof", member->name);
    enum provar_result result = move_to(bodies, member, err);
    if (result == PROVAR_OK)
        result = copy_hashed(bodies, digest, take, user, err);
    if (result == PROVAR_OK && !pv_bytes_equal(digest, member->digest, sizeof digest))
        result =
            pv_fail(err, PROVAR_E_DIGEST, member->body_offset, "'%s' has changed since it was checked", member->name);
    if (result != PROVAR_OK)
        pv_error_member(err, pv_str_of(member->name));
    return result;
}

enum provar_result pv_bodies_new(const struct provar_checked *checked, struct pv_bodies **bodies,
                                 struct provar_error *err) {
    return open_bodies(checked->archive, checked->facts, bodies, err);
}

static enum provar_result read_one(const struct provar_verified *verified, const struct pv_member *member,
                                   pv_body_fn take, void *user, struct provar_error *err) {
    PV_CLEANUP(pv_bodies_cleanup) struct pv_bodies *bodies = NULL;
    enum provar_result result = open_bodies(verified->archive, verified->facts, &bodies, err);
    if (result == PROVAR_OK)
        result = pv_bodies_read(bodies, member, take, user, err);
    return result;
}

enum provar_result pv_verified_body(const struct provar_verified *verified, const struct pv_member *member,
                                    pv_body_fn take, void *user, struct provar_error *err) {
    (void)pthread_mutex_lock(&verified->archive->lock);
    enum provar_result result = read_one(verified, member, take, user, err);
    (void)pthread_mutex_unlock(&verified->archive->lock);
    return result;
}

enum provar_result pv_verified_target(const struct provar_verified *verified, struct pv_str target,
                                      const struct pv_member **member, struct provar_error *err) {
    struct pv_str name = target.len > 0 ? target : pv_str_of(provar_host_target());
    const struct pv_member *found = pv_scan_target(&verified->facts->scan, name);
    if (found == NULL)
        return pv_scan_no_target(&verified->facts->scan, name, err);
    if (!found->hashed)
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
