/* Where a proof finds its bodies: as the index said, until that is seen to lie, then as the stream does. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "verify/verified.h"

struct pv_place {
    uint64_t body_offset, size;
    bool by_index;
};

/* Of one member of the proof. The caller holds the archive's lock. */
static struct pv_place *place_of(const struct provar_verified *verified, const struct pv_member *member) {
    return &verified->places[member - verified->facts->scan.members];
}

struct pv_place *pv_places_new(const struct pv_facts *facts) {
    const struct pv_scan *scan = &facts->scan;
    struct pv_place *places = calloc(scan->count, sizeof *places);
    for (size_t i = 0; places && i < scan->count; i++)
        places[i] = (struct pv_place){
            .body_offset = scan->members[i].body_offset, .size = scan->members[i].size, .by_index = facts->by_index};
    return places;
}

bool pv_verified_place(const struct provar_verified *verified, struct pv_member *member,
                       const struct pv_member *proven) {
    const struct pv_place *place = place_of(verified, proven);
    *member = *proven;
    member->body_offset = place->body_offset;
    member->size = place->size;
    return place->by_index;
}

uint64_t pv_verified_size(const struct provar_verified *verified, const struct pv_member *member) {
    (void)pthread_mutex_lock(&verified->archive->lock);
    uint64_t size = place_of(verified, member)->size;
    (void)pthread_mutex_unlock(&verified->archive->lock);
    return size;
}

/* What was judged by the token holds only for the same one. */
static enum provar_result find_in(const struct pv_facts *facts, const struct pv_facts *judged,
                                  const struct pv_member *member, struct pv_place *place, struct provar_error *err) {
    const struct pv_member *there =
        member->kind == PROVAR_MEMBER_TARGET ? pv_scan_target(&facts->scan, member->stem) : pv_scan_world(&facts->scan);
    if (there == NULL || !pv_str_equal(pv_buf_str(&facts->scan.token), pv_buf_str(&judged->scan.token)))
        return pv_fail(err, PROVAR_E_DIGEST, PROVAR_NO_OFFSET, "the archive is another than was verified");
    *place = (struct pv_place){.body_offset = there->body_offset, .size = there->size};
    return PROVAR_OK;
}

/* What the archive says of itself stays as it was shown. */
static enum provar_result find_by_stream(const struct provar_verified *verified, const struct pv_member *member,
                                         struct pv_place *place, struct provar_error *err) {
    struct provar_archive *archive = verified->archive;
    struct pv_facts *shown = archive->facts;
    struct pv_notices notices = archive->notices;
    archive->facts = NULL;
    archive->notices = (struct pv_notices){0};
    const char *target = member->kind == PROVAR_MEMBER_TARGET ? member->target : NULL;
    enum provar_result result = pv_archive_walk_to(archive, verified->facts->other_subject, target, err);
    if (result == PROVAR_OK)
        result = find_in(archive->facts, verified->facts, member, place, err);
    pv_facts_unref(archive->facts);
    pv_notices_release(&archive->notices);
    archive->facts = shown;
    archive->notices = notices;
    return result;
}

enum provar_result pv_verified_by_stream(const struct provar_verified *verified, const struct pv_member *member,
                                         struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    (void)pthread_mutex_lock(&verified->archive->lock);
    struct pv_place *place = place_of(verified, member);
    verified->archive->use_index = false;
    /* With digests that were compared, the place was seen to be right. */
    if (place->by_index && verified->deferred)
        result = find_by_stream(verified, member, place, err);
    if (result == PROVAR_OK)
        place->by_index = false;
    (void)pthread_mutex_unlock(&verified->archive->lock);
    return result;
}
