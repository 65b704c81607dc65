/* One pass over a tar stream: the members, the token's bytes, and the digests that were asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"
#include "base/names.h"
#include "crypto/sha256_lane.h"
#include "gzip/gzip_indexed.h"
#include "tar/tar_header.h"
#include "tar/tar_name.h"
#include "tar/tar_read.h"
#include "verify/digests.h"
#include "verify/scan.h"

/* What one pass works with. */
struct pass {
    const struct pv_scan_options *options;
    struct pv_notices *notices;
    struct pv_scan *scan;
    struct pv_tar_reader *reader;
    struct pv_sha256_lane *hash;
    struct pv_exe_probe *probe;
    uint8_t *block;
    bool has_parts;             /* bodies can be read by themselves */
    struct pv_source *by_index; /* a part of the stream, whose index is believed; else NULL */
    uint64_t reach;             /* of the stream */
    size_t seen;                /* members, refused ones too */
    struct provar_error layout; /* the first fault of the layout, reported after the framing */
};

static void release_member(struct pv_member *member) {
    free(member->name);
    free(member->target);
    *member = (struct pv_member){0};
}

/* Room for one more member, within the limits. */
static enum provar_result add_member(struct pass *pass, const struct pv_tar_entry *entry, struct pv_member **member,
                                     struct provar_error *err) {
    struct pv_scan *scan = pass->scan;
    if (pass->seen++ == PV_MAX_MEMBERS)
        return pv_fail(err, PROVAR_E_LIMIT, entry->header_offset, "more than %d members", PV_MAX_MEMBERS);
    struct pv_member *grown = pv_array_grow(scan->members, scan->count, &scan->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    scan->members = grown;
    grown[scan->count] = (struct pv_member){.size = entry->size, .body_offset = entry->body_offset};
    *member = &grown[scan->count];
    return PROVAR_OK;
}

/* No two members may be one member to another reader, which may not tell case. */
static enum provar_result check_unique(const struct pass *pass, const struct pv_member *member, uint64_t offset,
                                       struct provar_error *err) {
    for (size_t i = 0; i < pass->scan->count; i++)
        if (pv_str_equal_ascii_nocase(pv_str_of(pass->scan->members[i].name), pv_str_of(member->name)))
            return pv_fail(err, PROVAR_E_ENTRY, offset, "a second member of the name '%s'", member->name);
    return PROVAR_OK;
}

/* Finds out what a member is by its name. */
static enum provar_result classify(struct pv_member *member, const struct pv_tar_entry *entry,
                                   struct provar_error *err) {
    static const enum provar_member_kind kinds[] = {
        [PV_TAR_ROLE_TOKEN] = PROVAR_MEMBER_TOKEN,
        [PV_TAR_ROLE_WORLD] = PROVAR_MEMBER_WORLD,
        [PV_TAR_ROLE_TARGET] = PROVAR_MEMBER_TARGET,
    };
    enum pv_tar_role role;
    struct pv_str bare, target;
    enum provar_result result = pv_tar_name_role(entry->name, entry->header_offset, &role, &bare, &target, err);
    if (result != PROVAR_OK)
        return result;
    if (role == PV_TAR_ROLE_TARGET && !pv_target_name_is_readable(target))
        return pv_fail(err, PROVAR_E_ENTRY, entry->header_offset, "'%s' is no target name", pv_quote(target).text);
    member->name = pv_str_dup(bare);
    if (member->name == NULL)
        return pv_fail_memory(err);
    member->kind = kinds[role];
    member->stem = pv_str_of(member->name);
    if (role != PV_TAR_ROLE_TARGET)
        return PROVAR_OK;
    member->target = pv_str_dup(target);
    member->stem = pv_str_of(member->target);
    return member->target ? PROVAR_OK : pv_fail_memory(err);
}

static enum provar_result check_size(const struct pass *pass, const struct pv_member *member, uint64_t offset,
                                     struct provar_error *err) {
    const uint64_t limits[] = {
        [PROVAR_MEMBER_TOKEN] = PV_MAX_TOKEN_SIZE,
        [PROVAR_MEMBER_WORLD] = PV_MAX_WORLD_SIZE,
        [PROVAR_MEMBER_TARGET] = pass->options->max_member,
    };
    if (member->size > limits[member->kind])
        return pv_fail(err, PROVAR_E_LIMIT, offset, "'%s' has %llu bytes, more than %llu", member->name,
                       (unsigned long long)member->size, (unsigned long long)limits[member->kind]);
    if (member->kind == PROVAR_MEMBER_TARGET && pass->scan->target_count == PV_MAX_TARGETS)
        return pv_fail(err, PROVAR_E_LIMIT, offset, "more than %d targets", PV_MAX_TARGETS);
    return PROVAR_OK;
}

static enum provar_result read_token(struct pass *pass, const struct pv_member *member, struct provar_error *err) {
    enum provar_result result = pass->by_index ? pv_member_select(pass->by_index, member, err) : PROVAR_OK;
    if (result != PROVAR_OK)
        return result;
    for (;;) {
        size_t len;
        result = pass->by_index ? pv_source_read(pass->by_index, pass->block, PV_BLOCK, &len, err)
                                : pv_tar_read(pass->reader, pass->block, PV_BLOCK, &len, err);
        if (result != PROVAR_OK || len == 0)
            return result;
        result = pv_buf_append(&pass->scan->token, pass->block, len, err);
        if (result != PROVAR_OK)
            return result;
    }
}

static enum provar_result hash_body(struct pass *pass, struct pv_member *member, struct provar_error *err) {
    enum provar_result result = pv_sha256_lane_reset(pass->hash, err);
    for (size_t len = 1; result == PROVAR_OK && len > 0;) {
        uint8_t *block = pv_sha256_lane_block(pass->hash);
        result = pv_tar_read(pass->reader, block, PV_BLOCK, &len, err);
        if (result != PROVAR_OK)
            return result;
        pv_sha256_lane_submit(pass->hash, len);
        pv_exe_probe_feed(pass->probe, block, len);
    }
    if (result == PROVAR_OK)
        result = pv_sha256_lane_final(pass->hash, member->digest, err);
    member->hashed = result == PROVAR_OK;
    return result;
}

/* Reads the parts of a body that tell what it is; over the rest the reader moves as fast as its source can. */
static enum provar_result look_into(struct pass *pass, struct provar_error *err) {
    uint64_t at = 0, wanted_at, wanted_len;
    if (pass->reach > 0)
        pv_exe_probe_set_reach(pass->probe, pass->reach);
    while (pv_exe_probe_wants(pass->probe, &wanted_at, &wanted_len)) {
        enum provar_result result = pv_tar_skip(pass->reader, wanted_at - at, err);
        at = wanted_at;
        while (result == PROVAR_OK && at < wanted_at + wanted_len) {
            uint64_t left = wanted_at + wanted_len - at;
            size_t len;
            result = pv_tar_read(pass->reader, pass->block, left < PV_BLOCK ? (size_t)left : PV_BLOCK, &len, err);
            if (result != PROVAR_OK || len == 0)
                return result;
            pv_exe_probe_feed_at(pass->probe, at, pass->block, len);
            at += len;
        }
        if (result != PROVAR_OK)
            return result;
    }
    return PROVAR_OK;
}

bool pv_scan_wants_digest(const struct pv_scan_options *options, const struct pv_member *member) {
    if (options->digests == PV_SCAN_ONE_TARGET)
        return member->kind == PROVAR_MEMBER_TARGET && pv_str_equal(member->stem, options->target);
    return options->digests == PV_SCAN_ALL_DIGESTS && member->kind != PROVAR_MEMBER_TOKEN;
}

/* The slices of a fat file, or the one machine of another: "x86_64+aarch64". */
static void join_machines(struct pv_member *member) {
    size_t used = 0;
    for (unsigned i = 0; i < member->exe.arch_count && used < sizeof member->machine; i++)
        used += (size_t)snprintf(member->machine + used, sizeof member->machine - used, "%s%s", i ? "+" : "",
                                 member->exe.arch[i]);
}

void pv_member_describe(struct pv_member *member, const struct pv_exe_probe *probe) {
    pv_exe_probe_result(probe, &member->exe);
    join_machines(member);
    member->was_looked_into = true;
}

static enum provar_result read_body(struct pass *pass, struct pv_member *member, struct provar_error *err) {
    if (member->kind == PROVAR_MEMBER_TOKEN)
        return read_token(pass, member, err);
    pv_exe_probe_reset(pass->probe, member->size);
    enum provar_result result = PROVAR_OK;
    bool wanted = pv_scan_wants_digest(pass->options, member);
    if (wanted && pass->has_parts)
        return PROVAR_OK; /* hashed after the walk */
    if (wanted)
        result = hash_body(pass, member, err);
    else if (pass->options->look)
        result = look_into(pass, err);
    if (result == PROVAR_OK && (wanted || pass->options->look))
        pv_member_describe(member, pass->probe);
    return result;
}

enum provar_result pv_member_select(struct pv_source *part, const struct pv_member *member, struct provar_error *err) {
    uint64_t skipped;
    enum provar_result result =
        pv_source_select(part, member->body_offset - PV_TAR_BLOCK, PV_TAR_BLOCK + member->size, err);
    if (result == PROVAR_OK)
        result = pv_source_skip(part, PV_TAR_BLOCK, &skipped, err);
    return result;
}

/* Takes a member in, or notes why it does not belong here and passes over it. */
static enum provar_result take_member(struct pass *pass, const struct pv_tar_entry *entry, struct provar_error *err) {
    struct pv_member *member = NULL;
    enum provar_result result = add_member(pass, entry, &member, err);
    if (result != PROVAR_OK)
        return result;
    result = classify(member, entry, &pass->layout);
    if (result == PROVAR_OK)
        result = check_unique(pass, member, entry->header_offset, &pass->layout);
    if (result != PROVAR_OK) {
        pv_error_member(&pass->layout, entry->name);
        release_member(member);
        return result == PROVAR_E_NO_MEMORY ? pv_fail_memory(err) : PROVAR_OK;
    }
    pass->scan->count++;
    result = check_size(pass, member, entry->header_offset, err);
    if (result == PROVAR_OK)
        result = read_body(pass, member, err);
    if (member->kind == PROVAR_MEMBER_TARGET) {
        pass->scan->target_count++;
        if (member->size == 0)
            pv_notice(pass->notices, "the target '%s' is empty", member->name);
    }
    if (result != PROVAR_OK)
        pv_error_member(err, pv_str_of(member->name));
    return result;
}

/* What must be there whatever the token says. */
static enum provar_result check_layout(const struct pass *pass, struct provar_error *err) {
    if (pass->layout.code != PROVAR_OK) {
        pv_error_hand_on(err, &pass->layout);
        return (enum provar_result)pass->layout.code;
    }
    bool has_token = false;
    for (size_t i = 0; i < pass->scan->count; i++)
        has_token = has_token || pass->scan->members[i].kind == PROVAR_MEMBER_TOKEN;
    if (!has_token)
        return pv_fail(err, PROVAR_E_ENTRY, PROVAR_NO_OFFSET, "no claims.jwt in the archive");
    if (pass->scan->target_count == 0)
        return pv_fail(err, PROVAR_E_NO_TARGET, PROVAR_NO_OFFSET, "no target in the archive");
    return PROVAR_OK;
}

static bool has_met_all(const struct pass *pass) {
    struct pv_str target = pass->options->target;
    if (!pass->options->stops || pass->scan->token.len == 0)
        return false;
    return target.len > 0 ? pv_scan_target(pass->scan, target) != NULL
                          : pv_scan_world(pass->scan) && pass->scan->target_count > 0;
}

static enum provar_result walk(struct pass *pass, struct provar_error *err) {
    for (;;) {
        struct pv_tar_entry entry;
        bool more;
        enum provar_result result = pv_tar_next(pass->reader, &entry, &more, err);
        if (result != PROVAR_OK)
            return result;
        if (!more)
            return check_layout(pass, err);
        result = take_member(pass, &entry, err);
        if (result == PROVAR_OK && has_met_all(pass))
            return check_layout(pass, err);
        if (result != PROVAR_OK)
            return result;
    }
}

/* The members that the index of the stream names: to read each header would be a request for each to a server. What is
 * taken of them later is compared with what was signed, and a member that the index hides is none that is taken. */
static enum provar_result walk_index(struct pass *pass, const struct pv_source *stream, struct provar_error *err) {
    const struct pv_gzip_segment *segment;
    for (size_t i = 0; (segment = pv_gzip_indexed_segment(stream, i)) != NULL; i++) {
        uint64_t max = pass->options->max_total;
        if (segment->tar_at > max || segment->size > max - segment->tar_at)
            return pv_fail(err, PROVAR_E_LIMIT, segment->tar_at, "the archive has more than %llu bytes",
                           (unsigned long long)max);
        const struct pv_tar_entry entry = {.name = segment->name,
                                           .size = segment->size,
                                           .header_offset = segment->tar_at,
                                           .body_offset = segment->tar_at + PV_TAR_BLOCK};
        enum provar_result result = take_member(pass, &entry, err);
        if (result != PROVAR_OK)
            return result;
    }
    return check_layout(pass, err);
}

static enum provar_result run_by_index(struct pass *pass, struct pv_source *stream, struct provar_error *err) {
    PV_AUTO_SOURCE struct pv_source *part = NULL;
    enum provar_result result = stream->ops->part(stream, 1, &part, err);
    pass->by_index = part;
    return result == PROVAR_OK ? walk_index(pass, stream, err) : result;
}

enum provar_result pv_scan_run(struct pv_source *stream, const struct pv_scan_options *options,
                               struct pv_notices *notices, struct pv_scan *scan, struct provar_error *err) {
    *scan = (struct pv_scan){0};
    pv_buf_init(&scan->token, PV_MAX_TOKEN_SIZE);
    PV_AUTO_TAR_READER struct pv_tar_reader *reader = NULL;
    PV_CLEANUP(pv_sha256_lane_cleanup) struct pv_sha256_lane *hash = NULL;
    PV_CLEANUP(pv_exe_probe_cleanup) struct pv_exe_probe *probe = NULL;
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    if (block == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_tar_reader_new(stream, options->max_total, notices, &reader, err);
    bool has_parts = pv_source_is_shared(stream);
    if (result == PROVAR_OK && !has_parts && options->digests != PV_SCAN_NO_DIGESTS)
        result = pv_sha256_lane_new(options->threads, &hash, err);
    if (result == PROVAR_OK)
        result = pv_exe_probe_new(&probe, err);
    if (result != PROVAR_OK)
        return result;
    struct pass pass = {.options = options,
                        .notices = notices,
                        .scan = scan,
                        .reader = reader,
                        .hash = hash,
                        .probe = probe,
                        .block = block,
                        .has_parts = has_parts,
                        .reach = stream->reach};
    result = options->by_index ? run_by_index(&pass, stream, err) : walk(&pass, err);
    if (result == PROVAR_OK && has_parts && options->digests != PV_SCAN_NO_DIGESTS)
        result = pv_digests_run(stream, options, scan, err);
    scan->passed = pv_tar_passed_over(reader);
    return result;
}

void pv_scan_release(struct pv_scan *scan) {
    for (size_t i = 0; i < scan->count; i++)
        release_member(&scan->members[i]);
    free(scan->members);
    pv_buf_release(&scan->token);
    *scan = (struct pv_scan){0};
}

static const struct pv_member *find(const struct pv_scan *scan, enum provar_member_kind kind, struct pv_str stem) {
    for (size_t i = 0; i < scan->count; i++)
        if (scan->members[i].kind == kind && pv_str_equal(scan->members[i].stem, stem))
            return &scan->members[i];
    return NULL;
}

const struct pv_member *pv_scan_target(const struct pv_scan *scan, struct pv_str target) {
    return find(scan, PROVAR_MEMBER_TARGET, target);
}

const struct pv_member *pv_scan_world(const struct pv_scan *scan) {
    return find(scan, PROVAR_MEMBER_WORLD, PV_STR("world.wasm"));
}

size_t pv_scan_targets(const struct pv_scan *scan, struct pv_str names[PV_MAX_TARGETS]) {
    size_t count = 0;
    for (size_t i = 0; i < scan->count && count < PV_MAX_TARGETS; i++)
        if (scan->members[i].kind == PROVAR_MEMBER_TARGET)
            names[count++] = scan->members[i].stem;
    return count;
}

enum provar_result pv_fail_no_target(struct pv_str target, const struct pv_str *names, size_t count,
                                     struct provar_error *err) {
    struct pv_names list = {0};
    for (size_t i = 0; i < count; i++)
        pv_names_add(&list, names[i]);
    return pv_fail(err, PROVAR_E_NO_TARGET, PROVAR_NO_OFFSET, "no target '%s' in the archive (it has: %s)",
                   pv_quote(target).text, pv_names_text(&list));
}

enum provar_result pv_scan_no_target(const struct pv_scan *scan, struct pv_str target, struct provar_error *err) {
    struct pv_str names[PV_MAX_TARGETS];
    return pv_fail_no_target(target, names, pv_scan_targets(scan, names), err);
}
