/* The bodies of a new gzip archive: compressed on all processors, or copied as they are compressed already. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "create.h"
#include "crypto/sha256_lane.h"
#include "tar/tar_header.h"
#include "tar/tar_write.h"

/* What the bodies go through. */
struct gzip_run {
    struct pv_writing *writing;
    struct pv_tar_sink tar;
    struct pv_sha256_lane *hash;
    struct pv_bodies *bodies; /* of the archive that the builder began with; NULL for a new one */
};

static enum provar_result write_gzip(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_gzip_write(user, data, len, err);
}

/* A file is hashed while it is compressed. It is read to its end, where its source refuses one that is not as long as
 * when it was opened. */
static enum provar_result pack_file(struct gzip_run *run, struct pv_new_member *member, struct provar_error *err) {
    struct pv_source *source = member->part->source;
    enum provar_result result = pv_sha256_lane_reset(run->hash, err);
    if (result == PROVAR_OK)
        result = pv_source_rewind(source, err);
    for (size_t len = 1; result == PROVAR_OK && len > 0;) {
        uint8_t *block = pv_sha256_lane_block(run->hash);
        result = pv_source_read(source, block, PV_BLOCK, &len, err);
        if (result != PROVAR_OK)
            return result;
        pv_sha256_lane_submit(run->hash, len);
        result = run->tar.write(run->tar.user, block, len, err);
    }
    return result == PROVAR_OK ? pv_sha256_lane_final(run->hash, member->digest, err) : result;
}

static enum provar_result pack_member(struct gzip_run *run, struct pv_new_member *member, struct provar_error *err) {
    uint64_t size = member->part->size;
    enum provar_result result = pv_gzip_next_member(run->writing->gzip, err);
    if (result == PROVAR_OK)
        result = pv_tar_write_header(&run->tar, pv_str_of(member->name), size, member->mode, run->writing->mtime, err);
    if (result == PROVAR_OK && member->part->kept)
        result = pv_bodies_read(run->bodies, member->part->kept, run->tar.write, run->tar.user, err);
    else if (result == PROVAR_OK)
        result = pack_file(run, member, err);
    if (result == PROVAR_OK)
        result = pv_tar_write_padding(&run->tar, size, err);
    return result;
}

/* ---------------------------------------------------------------- bytes that are compressed already */

enum provar_result pv_create_same_header(const struct pv_writing *writing, const struct pv_new_member *member,
                                         struct pv_source *part, uint64_t body_offset, bool *same,
                                         struct provar_error *err) {
    uint8_t there[PV_TAR_BLOCK], due[PV_TAR_BLOCK];
    size_t len = 0;
    uint64_t size = member->part->size;
    enum provar_result result = pv_source_select(part, body_offset - PV_TAR_BLOCK, PV_TAR_BLOCK + size, err);
    if (result == PROVAR_OK)
        result = pv_source_read(part, there, sizeof there, &len, err);
    if (result == PROVAR_OK)
        result = pv_tar_header_encode(pv_str_of(member->name), size, member->mode, writing->mtime, due, err);
    *same = result == PROVAR_OK && len == sizeof there && pv_bytes_equal(there, due, sizeof there);
    return result;
}

/* Copies the compressed bytes of a member whose archive has an index that the check has proven. Another program may
 * change them before they are read here; what has arrived is therefore read back and hashed at the end. */
static enum provar_result copy_member(struct gzip_run *run, struct pv_new_member *member, bool *copied,
                                      struct provar_error *err) {
    const struct provar_builder *builder = run->writing->builder;
    const struct pv_member *kept = member->part->kept;
    struct pv_gzip_run compressed;
    *copied = false;
    if (kept == NULL || builder->has_level || !builder->origin->archive->use_index ||
        !pv_gzip_indexed_run(builder->origin->archive->indexed, kept->body_offset - PV_TAR_BLOCK, &compressed))
        return PROVAR_OK;
    PV_AUTO_SOURCE struct pv_source *part = NULL;
    struct pv_source *stream = builder->origin->archive->indexed;
    enum provar_result result = stream->ops->part(stream, 1, &part, err);
    if (result == PROVAR_OK)
        result = pv_create_same_header(run->writing, member, part, kept->body_offset, copied, err);
    if (result != PROVAR_OK || !*copied)
        return result;
    run->writing->has_copies = true;
    uint64_t len = PV_TAR_BLOCK + kept->size + pv_tar_padding(kept->size);
    return pv_gzip_copy_member(run->writing->gzip, builder->origin->archive->raw, &compressed, len, err);
}

static enum provar_result write_member(struct gzip_run *run, struct pv_new_member *member, struct provar_error *err) {
    bool copied;
    if (member->part->kept)
        memcpy(member->digest, member->part->kept->digest, sizeof member->digest);
    enum provar_result result = copy_member(run, member, &copied, err);
    if (result == PROVAR_OK && !copied)
        result = pack_member(run, member, err);
    if (result != PROVAR_OK)
        pv_error_member(err, pv_str_of(member->name));
    return result;
}

/* ---------------------------------------------------------------- all of it */

/* The names and sizes that the index will have; the token's member is the first. */
static void list_members(struct pv_writing *writing) {
    struct pv_gzip_index *index = &writing->index;
    index->segments[0] = (struct pv_gzip_segment){.name = PV_STR("claims.jwt"), .size = writing->token_len};
    for (size_t i = 0; i < writing->count; i++)
        index->segments[i + 1] = (struct pv_gzip_segment){
            .name = pv_str_of(writing->members[i].name),
            .size = writing->members[i].part->size,
        };
    index->count = writing->count + 1;
}

static enum provar_result open_run(struct gzip_run *run, struct provar_error *err) {
    struct pv_writing *writing = run->writing;
    const struct provar_builder *builder = writing->builder;
    struct pv_gzip_options options = {
        .input_len = writing->tar_len,
        .level = builder->level,
        .threads = builder->threads,
        .head_len = writing->head_len,
        .index = builder->omit_index ? NULL : &writing->index,
    };
    list_members(writing);
    enum provar_result result = pv_gzip_writer_new(writing->out, &options, &writing->gzip, err);
    run->tar = (struct pv_tar_sink){write_gzip, writing->gzip};
    if (result == PROVAR_OK)
        result = pv_sha256_lane_new(builder->threads, &run->hash, err);
    unsigned decoders = builder->level < PV_GZIP_LARGE_LEVEL ? builder->threads : 1;
    if (result == PROVAR_OK && builder->origin)
        result = pv_bodies_new(builder->origin, decoders, &run->bodies, err);
    return result;
}

enum provar_result pv_create_gzip(struct pv_writing *writing, struct provar_error *err) {
    struct gzip_run run = {.writing = writing};
    enum provar_result result = open_run(&run, err);
    for (size_t i = 0; i < writing->count && result == PROVAR_OK; i++)
        result = write_member(&run, &writing->members[i], err);
    if (result == PROVAR_OK)
        result = pv_gzip_next_member(writing->gzip, err);
    if (result == PROVAR_OK)
        result = pv_tar_write_end(&run.tar, err);
    pv_bodies_free(run.bodies);
    pv_sha256_lane_free(run.hash);
    return result;
}
