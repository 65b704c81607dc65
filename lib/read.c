/* Conductor: opens an archive (source, gzip) and shows what it says (tar, claims), believed by nobody. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "gzip/gunzip.h"
#include "gzip/gzip_indexed.h"
#include "verify/readers.h"
#include "verify/verified.h"

/* What a file begins with that is taken for an archive now and then. */
static const struct {
    const char *name;
    struct pv_str magic;
} other_formats[] = {
    {"zip", {"PK\003\004", 4}}, {"zstd", {"\x28\xb5\x2f\xfd", 4}}, {"xz", {"\3757zXZ", 5}},       {"bzip2", {"BZh", 3}},
    {"7z", {"7z\xbc\xaf", 4}},  {"ELF", {"\177ELF", 4}},           {"WebAssembly", {"\0asm", 4}},
};

static enum provar_result refuse_other_formats(struct pv_str front, struct provar_error *err) {
    for (size_t i = 0; i < sizeof other_formats / sizeof other_formats[0]; i++)
        if (pv_str_starts(front, other_formats[i].magic))
            return pv_fail(err, PROVAR_E_FORMAT, 0, "this is a file in %s format, not a tar or gzip archive",
                           other_formats[i].name);
    return PROVAR_OK;
}

static enum provar_result open_gzip(struct provar_archive *archive, bool use_index, struct provar_error *err) {
    enum provar_result result = pv_gunzip_new(archive->raw, archive->max_file, &archive->gunzip, err);
    if (result == PROVAR_OK && use_index)
        result = pv_gzip_indexed_new(archive->raw, archive->max_file, &archive->indexed, err);
    archive->use_index = archive->indexed != NULL;
    return result;
}

/* Tells gzip from tar by the first bytes, never by a name. */
static enum provar_result choose_framing(struct provar_archive *archive, bool use_index, struct provar_error *err) {
    uint8_t front[8];
    size_t len;
    enum provar_result result = pv_source_peek(&archive->raw, front, sizeof front, &len, err);
    if (result != PROVAR_OK)
        return result;
    if (len < 2)
        return pv_fail(err, PROVAR_E_FORMAT, 0, "a file of %zu bytes is no archive", len);
    if (front[0] == 0x1f && front[1] == 0x8b)
        return open_gzip(archive, use_index, err);
    return refuse_other_formats(pv_str((const char *)front, len), err);
}

static uint64_t limit_or(uint64_t given, uint64_t usual) {
    return given > 0 ? given : usual;
}

static enum provar_result check_options(const struct provar_open_options *options, struct provar_error *err) {
    if (options && (options->size != sizeof *options ||
                    (options->flags & ~(uint32_t)(PROVAR_OPEN_KEEP | PROVAR_OPEN_NO_INDEX)) != 0))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "struct provar_open_options of another size or with unknown flags");
    return PROVAR_OK;
}

/* The file's bytes, kept when they are to be used again. Opened first of all, so that a caller's `close` is called
 * whatever fails later. */
static enum provar_result open_raw(const struct provar_input *from, const struct provar_open_options *options,
                                   struct pv_source **raw, struct provar_error *err) {
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    enum provar_result result = pv_source_open(from, &source, err);
    if (result == PROVAR_OK)
        result = check_options(options, err);
    if (result != PROVAR_OK)
        return result;
    if (options && (options->flags & PROVAR_OPEN_KEEP) != 0)
        return pv_source_spool(PV_TAKE(source), pv_str(options->temp_dir, options->temp_dir_len), raw, err);
    *raw = PV_TAKE(source);
    return PROVAR_OK;
}

PV_DEFINE_CLEANUP(archive_cleanup, struct provar_archive, provar_archive_free)

enum provar_result provar_open(const struct provar_input *from, const struct provar_open_options *options,
                               struct provar_archive **archive, struct provar_error *err) {
    static const struct provar_open_options usual = {.size = sizeof usual};
    PV_AUTO_SOURCE struct pv_source *raw = NULL;
    if (!pv_enter(&err, from))
        return PROVAR_E_USAGE;
    enum provar_result result = open_raw(from, options, &raw, err);
    if (result != PROVAR_OK)
        return result;
    if (!pv_enter(&err, archive))
        return PROVAR_E_USAGE;
    if (options == NULL)
        options = &usual;
    PV_CLEANUP(archive_cleanup) struct provar_archive *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    (void)pthread_mutex_init(&made->lock, NULL);
    made->raw = PV_TAKE(raw);
    made->max_total = limit_or(options->max_total_size, PV_MAX_TOTAL_SIZE);
    made->max_member = limit_or(options->max_member_size, PV_MAX_MEMBER_SIZE);
    made->max_file = limit_or(options->max_file_size, PV_MAX_FILE_SIZE);
    made->threads = options->threads;
    made->has_token_digest = options->token_sha256 != NULL;
    if (made->has_token_digest)
        memcpy(made->token_digest, options->token_sha256, sizeof made->token_digest);
    result = choose_framing(made, (options->flags & PROVAR_OPEN_NO_INDEX) == 0, err);
    if (result == PROVAR_OK)
        *archive = PV_TAKE(made);
    return result;
}

void provar_archive_free(struct provar_archive *archive) {
    if (archive == NULL)
        return;
    pv_facts_unref(archive->facts);
    pv_notices_release(&archive->notices);
    pv_source_free(archive->indexed);
    pv_source_free(archive->gunzip);
    pv_source_free(archive->raw);
    (void)pthread_mutex_destroy(&archive->lock);
    free(archive);
}

enum provar_result provar_look(struct provar_archive *archive, struct provar_error *err) {
    if (!pv_enter(&err, archive))
        return PROVAR_E_USAGE;
    (void)pthread_mutex_lock(&archive->lock);
    enum provar_result result = pv_archive_look(archive, err);
    (void)pthread_mutex_unlock(&archive->lock);
    return result;
}

int provar_archive_is_gzip(const struct provar_archive *archive) {
    return archive->gunzip != NULL;
}

enum provar_result provar_archive_sha256(struct provar_archive *archive, uint8_t digest[32], struct provar_error *err) {
    if (!pv_enter(&err, archive && digest))
        return PROVAR_E_USAGE;
    (void)pthread_mutex_lock(&archive->lock);
    enum provar_result result = pv_archive_digest(archive, digest, err);
    (void)pthread_mutex_unlock(&archive->lock);
    return result;
}

/* What lies behind the limits was refused when the archive was checked, so the walk to the end is not a long one. */
static enum provar_result measure_raw(struct provar_archive *archive, uint64_t *bytes, struct provar_error *err) {
    struct pv_source *raw = archive->raw;
    if (raw->has_size) {
        *bytes = raw->size;
        return PROVAR_OK;
    }
    enum provar_result result = pv_archive_rewind_file(archive, err);
    return result == PROVAR_OK ? pv_source_skip(raw, UINT64_MAX, bytes, err) : result;
}

enum provar_result provar_checked_size(const struct provar_checked *checked, uint64_t *bytes,
                                       struct provar_error *err) {
    uint64_t measured = 0;
    if (!pv_enter(&err, checked && bytes))
        return PROVAR_E_USAGE;
    (void)pthread_mutex_lock(&checked->archive->lock);
    enum provar_result result = measure_raw(checked->archive, &measured, err);
    (void)pthread_mutex_unlock(&checked->archive->lock);
    if (result == PROVAR_OK)
        *bytes = measured;
    return result;
}

/* What cannot be read from any place begins again and moves there, which is cheap in a copy of a pipe. */
static enum provar_result read_raw(struct provar_archive *archive, uint64_t offset, void *buf, size_t cap, size_t *len,
                                   struct provar_error *err) {
    struct pv_source *raw = archive->raw;
    uint64_t skipped = 0;
    enum provar_result result = PROVAR_OK;
    if (raw->ops->read_at)
        result = raw->ops->read_at(raw, buf, cap, offset, len, err);
    /* What was read is what was checked only if nobody has written to it from then until now. */
    if (result == PROVAR_OK && raw->ops->check_unwritten)
        result = raw->ops->check_unwritten(raw, err);
    if (result != PROVAR_OK || raw->ops->read_at)
        return result;
    result = pv_archive_rewind_file(archive, err);
    if (result == PROVAR_OK)
        result = pv_source_skip(raw, offset, &skipped, err);
    return result == PROVAR_OK ? pv_source_read(raw, buf, cap, len, err) : result;
}

enum provar_result provar_checked_read(const struct provar_checked *checked, uint64_t offset, void *buf, size_t cap,
                                       size_t *len, struct provar_error *err) {
    size_t got = 0;
    if (!pv_enter(&err, checked && pv_given(buf, cap) && len))
        return PROVAR_E_USAGE;
    (void)pthread_mutex_lock(&checked->archive->lock);
    enum provar_result result = read_raw(checked->archive, offset, buf, cap, &got, err);
    (void)pthread_mutex_unlock(&checked->archive->lock);
    if (result == PROVAR_OK)
        *len = got;
    return result;
}

/* Lends text of the claims, or nothing while there are none. */
static const char *lend(struct pv_str text, bool known, size_t *len) {
    if (len)
        *len = known ? text.len : 0;
    return known ? text.text : NULL;
}

const char *provar_archive_token(const struct provar_archive *archive, size_t *len) {
    bool known = archive->facts && archive->facts->jws.token.text;
    return lend(known ? archive->facts->jws.token : pv_str(NULL, 0), known, len);
}

const char *provar_archive_claims_json(const struct provar_archive *archive, size_t *len) {
    bool known = archive->facts && archive->facts->jws.payload.data;
    return lend(known ? pv_buf_str(&archive->facts->jws.payload) : pv_str(NULL, 0), known, len);
}

const struct provar_claims *provar_archive_claims(const struct provar_archive *archive) {
    return archive->facts ? archive->facts->claims : NULL;
}

enum provar_result provar_archive_signature(const struct provar_archive *archive, struct provar_error *err) {
    if (!pv_enter(&err, archive))
        return PROVAR_E_USAGE;
    if (archive->facts == NULL || archive->facts->claims == NULL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the token was not read yet");
    return pv_judge_signature(archive->facts, err);
}

size_t provar_archive_member_count(const struct provar_archive *archive) {
    return archive->facts ? archive->facts->scan.count : 0;
}

static const char *text_or_null(const char *text) {
    return text && text[0] ? text : NULL;
}

enum provar_result provar_archive_member(const struct provar_archive *archive, size_t index,
                                         struct provar_member *member) {
    if (archive == NULL || member == NULL || index >= provar_archive_member_count(archive) ||
        member->size != sizeof *member)
        return PROVAR_E_USAGE;
    const struct pv_facts *facts = archive->facts;
    const struct pv_member *found = &facts->scan.members[index];
    *member = (struct provar_member){
        .size = sizeof *member,
        .kind = found->kind,
        .name = found->name,
        .target = found->target,
        .bytes = found->size,
        .offset = found->body_offset,
        .sha256 = facts->listed ? text_or_null(facts->listed[index]) : NULL,
        .machine = text_or_null(found->machine),
        .linkage = pv_exe_linkage_name(found->exe.linkage),
        .interpreter = text_or_null(found->exe.interpreter),
        .glibc = text_or_null(found->exe.glibc),
    };
    if (found->was_looked_into)
        member->format = pv_exe_format_name(found->exe.format);
    return PROVAR_OK;
}

size_t provar_archive_notice_count(const struct provar_archive *archive) {
    return archive->notices.count;
}

const char *provar_archive_notice(const struct provar_archive *archive, size_t index) {
    return index < archive->notices.count ? archive->notices.line[index] : NULL;
}

const char *provar_archive_era(const struct provar_archive *archive) {
    const struct provar_claims *claims = provar_archive_claims(archive);
    if (claims == NULL)
        return NULL;
    if (pv_scan_world(&archive->facts->scan))
        return "1.6";
    return claims->capid ? "capid" : "1.0";
}

uint32_t provar_archive_readers(const struct provar_archive *archive) {
    return provar_archive_claims(archive) ? pv_readers(archive->facts) : 0;
}
