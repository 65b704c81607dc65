/* Asks one archive every question in every way, and holds the answers against each other and against a plain reader. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/codec.h"
#include "crypto/sha256.h"
#include "slow_gzip.h"
#include "slow_tar.h"
#include "whole_archive.h"

/* How the bytes come in. The first two are in memory; of BY_COST each read is said to cost. */
enum way { BY_INDEX, BY_STREAM, BY_OFFSET, BY_COST, ONCE, WAYS };

/* The public test seeds' archives are of this second. */
enum { NOW = 1700000000 };

struct opened {
    struct fuzz_feed feed;
    struct provar_archive *archive;
    enum provar_result result;
    struct provar_error err;
};

static struct slow_tar slow;

PV_DEFINE_CLEANUP(policy_cleanup, struct provar_policy, provar_policy_free)
PV_DEFINE_CLEANUP(checked_cleanup, struct provar_checked, provar_checked_free)
PV_DEFINE_CLEANUP(verified_cleanup, struct provar_verified, provar_verified_free)

static void expect(uint64_t from, uint64_t to, void *user) {
    const struct fuzz_feed *feed = user;
    fuzz_require(from <= to && to <= feed->len);
}

static void open_way(const uint8_t *data, size_t len, enum way way, struct opened *opened) {
    /* Threads cost more than all the rest, so that only some lengths have them. */
    struct provar_open_options options = {.size = sizeof options, .threads = way == BY_INDEX && len % 16 == 0 ? 2 : 1};
    struct provar_callbacks calls;
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_MEMORY, .data = data, .data_len = len};
    *opened = (struct opened){.feed = {.data = data, .len = len}};
    calls = fuzz_callbacks(&opened->feed, way == BY_OFFSET || way == BY_COST);
    calls.expect = way == BY_COST ? expect : NULL;
    options.flags = way == BY_STREAM ? PROVAR_OPEN_NO_INDEX : 0;
    if (way >= BY_OFFSET) {
        from.kind = PROVAR_INPUT_CALLBACKS;
        from.callbacks = &calls;
    }
    opened->result = provar_open(&from, &options, &opened->archive, &opened->err);
    fuzz_check_error(opened->result, &opened->err);
    fuzz_require((opened->archive != NULL) == (opened->result == PROVAR_OK));
}

static void hash_bytes(const uint8_t *data, size_t len, uint8_t digest[PV_SHA256_LEN]) {
    PV_AUTO_SHA256 struct pv_sha256 *hash = NULL;
    fuzz_require(pv_sha256_new(&hash, NULL) == PROVAR_OK);
    fuzz_require(len == 0 || pv_sha256_update(hash, data, len, NULL) == PROVAR_OK);
    fuzz_require(pv_sha256_final(hash, digest, NULL) == PROVAR_OK);
}

/* ---------------------------------------------------------------- what an archive says of itself */

static void check_getters(const struct provar_archive *archive) {
    size_t len = 77;
    const char *token = provar_archive_token(archive, &len);
    fuzz_require(token != NULL || len == 0);
    const char *json = provar_archive_claims_json(archive, &len);
    fuzz_require(json != NULL || len == 0);
    for (size_t i = 0; i < provar_archive_notice_count(archive); i++)
        fuzz_require(pv_str_is_utf8(pv_str_of(provar_archive_notice(archive, i))));
    fuzz_require((provar_archive_era(archive) != NULL) == (provar_archive_claims(archive) != NULL));
    for (size_t i = 0; i < provar_archive_member_count(archive); i++) {
        struct provar_member member = {.size = sizeof member};
        fuzz_require(provar_archive_member(archive, i, &member) == PROVAR_OK && member.name != NULL);
        fuzz_require(pv_str_is_utf8(pv_str_of(member.name)));
        fuzz_require((member.kind == PROVAR_MEMBER_TARGET) == (member.target != NULL));
    }
    fuzz_require(provar_archive_readers(archive) <= 15);
}

static void check_file_digest(struct provar_archive *archive, const uint8_t *data, size_t len) {
    uint8_t digest[PV_SHA256_LEN], expected[PV_SHA256_LEN];
    hash_bytes(data, len, expected);
    fuzz_require(provar_archive_sha256(archive, digest, NULL) == PROVAR_OK);
    fuzz_require(pv_bytes_equal(digest, expected, sizeof digest));
}

/* A look believes the index; nothing is promised of its answer but that it is one. */
static void look(const uint8_t *data, size_t len, enum way way) {
    struct opened opened;
    open_way(data, len, way, &opened);
    if (opened.archive) {
        struct provar_error err = {0};
        enum provar_result result = provar_look(opened.archive, &err);
        fuzz_check_error(result, &err);
        check_getters(opened.archive);
        provar_error_clear(&err);
        result = provar_archive_signature(opened.archive, &err);
        fuzz_check_error(result, &err);
        check_file_digest(opened.archive, data, len);
    }
    provar_archive_free(opened.archive);
}

/* ---------------------------------------------------------------- one verdict */

static void check_same_text(const char *a, const char *b) {
    fuzz_require(pv_str_equal(pv_str_of(a), pv_str_of(b)));
}

static void check_same_error(const struct provar_error *a, const struct provar_error *b) {
    fuzz_require(a->code == b->code);
    check_same_text(a->member, b->member);
    check_same_text(a->message, b->message);
    fuzz_require(a->offset == b->offset);
}

/* What bodies are is compared where they were read: after a failure that depends on the way. */
static void check_same_members(const struct provar_archive *a, const struct provar_archive *b, bool accepted) {
    size_t count = provar_archive_member_count(a);
    fuzz_require(count == provar_archive_member_count(b));
    fuzz_require(provar_archive_notice_count(a) == provar_archive_notice_count(b));
    for (size_t i = 0; i < count; i++) {
        struct provar_member x = {.size = sizeof x}, y = {.size = sizeof y};
        fuzz_require(provar_archive_member(a, i, &x) == PROVAR_OK && provar_archive_member(b, i, &y) == PROVAR_OK);
        fuzz_require(x.kind == y.kind && x.bytes == y.bytes && x.offset == y.offset);
        check_same_text(x.name, y.name);
        if (accepted) {
            check_same_text(x.sha256, y.sha256);
            check_same_text(x.format, y.format);
            check_same_text(x.machine, y.machine);
            check_same_text(x.interpreter, y.interpreter);
        }
    }
}

/* The bytes that were checked, where they can be read again. */
static void check_bytes(const struct provar_checked *checked, const struct fuzz_feed *feed, enum way way) {
    uint64_t size = 0;
    uint8_t bytes[64];
    size_t len = 0;
    enum provar_result due = way == ONCE ? PROVAR_E_USAGE : PROVAR_OK;
    fuzz_require(provar_checked_size(checked, &size, NULL) == due);
    fuzz_require(provar_checked_read(checked, feed->len / 2, bytes, sizeof bytes, &len, NULL) == due);
    fuzz_require(due != PROVAR_OK || (size == feed->len && len > 0 && len <= feed->len - feed->len / 2));
    fuzz_require(pv_bytes_equal(bytes, feed->data + feed->len / 2, len));
}

static void check_way(struct opened *opened, enum way way) {
    PV_CLEANUP(checked_cleanup) struct provar_checked *checked = NULL;
    if (opened->archive == NULL)
        return;
    opened->result = provar_check(opened->archive, &checked, &opened->err);
    fuzz_check_error(opened->result, &opened->err);
    fuzz_require((checked != NULL) == (opened->result == PROVAR_OK));
    check_getters(opened->archive);
    if (checked)
        fuzz_require(provar_checked_claims(checked) == provar_archive_claims(opened->archive));
    if (checked)
        check_bytes(checked, &opened->feed, way);
}

/* ---------------------------------------------------------------- what leaves */

static int take(const void *data, size_t len, void *user) {
    fuzz_require(pv_buf_append(user, data, len, NULL) == PROVAR_OK);
    return 0;
}

static enum provar_result extract(const struct provar_verified *verified, const struct provar_member *member,
                                  struct pv_buf *out) {
    struct provar_output to = {
        .size = sizeof to, .kind = PROVAR_OUTPUT_CALLBACK, .write = take, .user = out, .temp_dir = NULL};
    struct provar_error err = {0};
    enum provar_result result = member->kind == PROVAR_MEMBER_WORLD
                                    ? provar_extract_world(verified, &to, &err)
                                    : provar_extract(verified, member->target, strlen(member->target), &to, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || out->len == 0);
    return result;
}

static void check_digest(const struct pv_buf *out, const char *hex) {
    uint8_t digest[PV_SHA256_LEN];
    char text[PV_HEX_LEN(PV_SHA256_LEN) + 1] = {0};
    hash_bytes(out->data, out->len, digest);
    pv_hex_encode(digest, sizeof digest, text);
    check_same_text(text, hex);
}

/* Into memory: the same bytes, or none at all. */
static void check_copy(const struct provar_verified *verified, const struct provar_member *member,
                       enum provar_result expected, const struct pv_buf *out) {
    size_t cap = out->len + 1, len = 77;
    PV_AUTO_FREE uint8_t *room = malloc(cap);
    fuzz_require(room != NULL);
    fuzz_fill(room, cap);
    enum provar_result result =
        provar_target_copy(verified, member->target, strlen(member->target), room, cap, &len, NULL);
    if (expected != PROVAR_OK) {
        fuzz_require(result != PROVAR_OK && len == 77 && room[0] == 0 && room[cap - 1] == 0);
        return;
    }
    fuzz_require(result == PROVAR_OK && len == out->len && pv_bytes_equal(room, out->data, len));
    if (len > 0)
        fuzz_require(provar_target_copy(verified, member->target, strlen(member->target), room, len - 1, &len, NULL) ==
                     PROVAR_E_LIMIT);
}

/* Before anything else was taken, so that it is a copy that finds out about the index. What is `good` as a stream comes
 * out, whatever the index says. */
static void copy_first(const struct provar_archive *archive, const struct provar_verified *verified, bool good) {
    for (size_t i = 0; i < provar_archive_member_count(archive); i++) {
        struct provar_member member = {.size = sizeof member};
        PV_AUTO_BUF struct pv_buf out;
        pv_buf_init(&out, 64 * PV_MIB);
        fuzz_require(provar_archive_member(archive, i, &member) == PROVAR_OK);
        if (member.kind != PROVAR_MEMBER_TARGET)
            continue;
        fuzz_require(pv_buf_reserve(&out, (size_t)member.bytes, NULL) == PROVAR_OK);
        enum provar_result result = provar_target_copy(verified, member.target, strlen(member.target), out.data,
                                                       (size_t)member.bytes, &out.len, NULL);
        fuzz_require(result == PROVAR_OK || !good);
        if (result == PROVAR_OK)
            check_digest(&out, member.sha256);
    }
}

/* `plain` is the tar stream, or NULL when it is not known; then the digest is what the bytes are held against. */
static void check_leaving(const struct provar_archive *archive, const struct provar_verified *verified,
                          const struct pv_buf *plain) {
    for (size_t i = 0; i < provar_archive_member_count(archive); i++) {
        struct provar_member member = {.size = sizeof member};
        PV_AUTO_BUF struct pv_buf out;
        pv_buf_init(&out, 64 * PV_MIB);
        fuzz_require(provar_archive_member(archive, i, &member) == PROVAR_OK);
        if (member.kind == PROVAR_MEMBER_TOKEN)
            continue;
        enum provar_result result = extract(verified, &member, &out);
        if (member.kind == PROVAR_MEMBER_TARGET)
            check_copy(verified, &member, result, &out);
        if (plain)
            fuzz_require(result == PROVAR_OK && out.len == member.bytes && member.offset <= plain->len - out.len &&
                         pv_bytes_equal(out.data, plain->data + member.offset, out.len));
        if (result == PROVAR_OK && member.sha256)
            check_digest(&out, member.sha256);
        fuzz_require(result != PROVAR_OK || member.sha256 != NULL);
    }
}

enum question { VERIFY, VERIFY_LATER, COPY_LATER };

static struct provar_policy *policy_for_all(bool defer) {
    struct provar_policy *policy = NULL;
    fuzz_require(provar_policy_new(&policy, NULL) == PROVAR_OK);
    provar_policy_insecure_any_issuer(policy);
    provar_policy_set_time(policy, NOW);
    if (defer)
        provar_policy_defer_digests(policy);
    return policy;
}

/* `checked` is the verdict of provar_check. */
static void verify(const uint8_t *data, size_t len, enum way way, enum question question,
                   const struct provar_error *checked, const struct pv_buf *plain) {
    struct opened opened;
    bool defer = question != VERIFY;
    PV_CLEANUP(policy_cleanup) struct provar_policy *policy = policy_for_all(defer);
    open_way(data, len, way, &opened);
    if (opened.archive) {
        PV_CLEANUP(verified_cleanup) struct provar_verified *verified = NULL;
        enum provar_result result = provar_verify(opened.archive, policy, &verified, &opened.err);
        fuzz_check_error(result, &opened.err);
        fuzz_require((verified != NULL) == (result == PROVAR_OK));
        if (checked->code != PROVAR_OK && !defer)
            check_same_error(&opened.err, checked);
        if (checked->code == PROVAR_OK)
            fuzz_require(result == PROVAR_OK || result == PROVAR_E_TIME);
        if (verified && question == COPY_LATER)
            copy_first(opened.archive, verified, checked->code == PROVAR_OK);
        if (verified)
            check_leaving(opened.archive, verified, plain);
    }
    provar_archive_free(opened.archive);
}

/* A whole archive is one that has this target, too; of others nothing is promised but an answer. */
static void verify_target(const uint8_t *data, size_t len, bool accepted, const char *target) {
    struct opened opened;
    PV_CLEANUP(policy_cleanup) struct provar_policy *policy = policy_for_all(false);
    open_way(data, len, BY_STREAM, &opened);
    if (opened.archive) {
        PV_CLEANUP(verified_cleanup) struct provar_verified *verified = NULL;
        enum provar_result result =
            provar_verify_target(opened.archive, policy, target, strlen(target), &verified, &opened.err);
        fuzz_check_error(result, &opened.err);
        fuzz_require((verified != NULL) == (result == PROVAR_OK));
        fuzz_require(!accepted || result == PROVAR_OK || result == PROVAR_E_TIME);
        if (verified)
            fuzz_require(provar_verified_coverage(verified) == PROVAR_COVERAGE_TARGET);
    }
    provar_archive_free(opened.archive);
}

static void verify_first_target(const uint8_t *data, size_t len, bool accepted, const struct provar_archive *archive) {
    struct provar_member member = {.size = sizeof member};
    for (size_t i = 0; archive && i < provar_archive_member_count(archive); i++)
        if (provar_archive_member(archive, i, &member) == PROVAR_OK && member.target) {
            verify_target(data, len, accepted, member.target);
            return;
        }
}

/* ---------------------------------------------------------------- the plain reader */

static bool is_gzip(const uint8_t *data, size_t len) {
    return len > 1 && data[0] == 0x1f && data[1] == 0x8b;
}

/* The tar stream of an archive, by the oracles; false when they cannot tell. */
static bool read_plain(const uint8_t *data, size_t len, struct pv_buf *plain) {
    const char *fault = NULL;
    if (!is_gzip(data, len))
        return pv_buf_append(plain, data, len, NULL) == PROVAR_OK;
    bool taken = slow_gunzip(data, len, plain, &fault);
    fuzz_require(taken || slow_is_code_set(fault));
    return taken;
}

/* What was accepted is what a reader sees that refuses nothing: names but for "./", places and sizes. */
static void check_slow(const struct provar_archive *archive, const struct pv_buf *plain) {
    slow_tar_read(plain->data, plain->len, &slow);
    fuzz_require(slow.count == provar_archive_member_count(archive));
    for (size_t i = 0; i < slow.count; i++) {
        struct provar_member member = {.size = sizeof member};
        struct pv_str name = pv_str((const char *)slow.members[i].name, slow.members[i].name_len);
        fuzz_require(provar_archive_member(archive, i, &member) == PROVAR_OK);
        if (pv_str_starts(name, PV_STR("./")))
            name = pv_str(name.text + 2, name.len - 2);
        fuzz_require(pv_str_equal(name, pv_str_of(member.name)));
        fuzz_require(member.bytes == slow.members[i].size && member.offset == slow.members[i].body_at);
    }
}

bool fuzz_check_archive(const uint8_t *data, size_t len) {
    struct opened opened[WAYS];
    PV_AUTO_BUF struct pv_buf plain;
    pv_buf_init(&plain, 64 * PV_MIB);
    for (unsigned way = 0; way < WAYS; way++) {
        open_way(data, len, (enum way)way, &opened[way]);
        check_way(&opened[way], (enum way)way);
        check_same_error(&opened[way].err, &opened[BY_INDEX].err);
        if (opened[way].archive)
            check_same_members(opened[way].archive, opened[BY_INDEX].archive, opened[way].err.code == PROVAR_OK);
    }
    const struct provar_error *verdict = &opened[BY_STREAM].err;
    bool accepted = verdict->code == PROVAR_OK, known = accepted && read_plain(data, len, &plain);
    if (known)
        check_slow(opened[BY_STREAM].archive, &plain);
    for (unsigned way = is_gzip(data, len) ? BY_INDEX : BY_STREAM; way <= BY_STREAM; way++) {
        look(data, len, (enum way)way);
        verify(data, len, (enum way)way, VERIFY, verdict, known ? &plain : NULL);
        /* By an index that lies, the signed bytes may come from elsewhere in the file. */
        verify(data, len, (enum way)way, VERIFY_LATER, verdict, known && way == BY_STREAM ? &plain : NULL);
        if (way == BY_INDEX)
            verify(data, len, BY_INDEX, COPY_LATER, verdict, NULL);
    }
    /* By an index that lies, and nothing else is read, a whole archive may look like less. */
    static const struct provar_error unknown = {.code = PROVAR_E_INTERNAL};
    look(data, len, BY_COST);
    verify(data, len, BY_COST, VERIFY_LATER, &unknown, NULL);
    verify_first_target(data, len, accepted, opened[BY_STREAM].archive);
    for (unsigned way = 0; way < WAYS; way++)
        provar_archive_free(opened[way].archive);
    return accepted;
}
