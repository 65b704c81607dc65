/* Fuzzes the tar stream: one verdict however it is read, and the members that a plain reader sees. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "slow_tar.h"
#include "tar/tar_read.h"

/* What a pass gave: for each member its place, size and name, and, where they were read, its bytes. */
struct pass {
    enum provar_result result;
    struct provar_error err;
    struct pv_buf seen;
    size_t notices;
};

struct place {
    uint64_t header_at, body_at, size, name_len;
};

static struct slow_tar slow;

static void append(struct pv_buf *seen, const void *data, size_t len) {
    fuzz_require(pv_buf_append(seen, data, len, NULL) == PROVAR_OK);
}

static void append_member(struct pv_buf *seen, const struct place *place, const void *name) {
    append(seen, place, sizeof *place);
    append(seen, name, (size_t)place->name_len);
}

static enum provar_result read_body(struct pv_tar_reader *reader, uint64_t size, struct pass *pass) {
    uint8_t piece[700];
    for (uint64_t done = 0;;) {
        size_t len = SIZE_MAX;
        enum provar_result result = pv_tar_read(reader, piece, sizeof piece, &len, &pass->err);
        if (result != PROVAR_OK)
            return result;
        fuzz_require(len <= sizeof piece && (len > 0 || done == size));
        if (len == 0)
            return PROVAR_OK;
        append(&pass->seen, piece, len);
        done += len;
    }
}

static void walk(struct pv_source *source, uint64_t max_total, bool reading, struct pass *pass) {
    PV_AUTO_TAR_READER struct pv_tar_reader *reader = NULL;
    PV_CLEANUP(pv_notices_release) struct pv_notices notices = {0};
    bool more = true;
    pass->result = pv_tar_reader_new(source, max_total, &notices, &reader, NULL);
    fuzz_require(pass->result == PROVAR_OK);
    while (pass->result == PROVAR_OK && more) {
        struct pv_tar_entry entry;
        pass->result = pv_tar_next(reader, &entry, &more, &pass->err);
        if (pass->result != PROVAR_OK || !more)
            break;
        struct place place = {entry.header_offset, entry.body_offset, entry.size, entry.name.len};
        append_member(&pass->seen, &place, entry.name.text);
        if (reading)
            pass->result = read_body(reader, entry.size, pass);
    }
    pass->notices = notices.count + notices.dropped;
}

enum manner { SKIPPING, READING, FEEDING, DRIPPING, MANNERS };

static void run(const uint8_t *data, size_t len, uint64_t max_total, enum manner manner, struct pass *pass) {
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    struct fuzz_feed feed = {.data = data, .len = len, .step = manner == DRIPPING};
    struct provar_callbacks calls = fuzz_callbacks(&feed, false);
    enum provar_result result =
        manner >= FEEDING ? pv_source_callbacks(&calls, &source, NULL) : pv_source_memory(data, len, &source, NULL);
    fuzz_require(result == PROVAR_OK);
    *pass = (struct pass){0};
    pv_buf_init(&pass->seen, 64 * PV_MIB);
    walk(source, max_total, manner != SKIPPING, pass);
    fuzz_check_error_within(pass->result, &pass->err, len);
}

static void check_same(const struct pass *a, const struct pass *b, bool compare_bodies) {
    fuzz_require(a->result == b->result && a->err.offset == b->err.offset && a->notices == b->notices);
    fuzz_require(strlen(a->err.message) == strlen(b->err.message));
    fuzz_require(pv_bytes_equal(a->err.message, b->err.message, strlen(a->err.message)));
    if (compare_bodies)
        fuzz_require(pv_str_equal(pv_buf_str(&a->seen), pv_buf_str(&b->seen)));
}

/* The accepted stream once more, by a reader that knows nothing of what ours refuses. */
static void check_slow(const uint8_t *data, size_t len, const struct pass *pass) {
    PV_AUTO_BUF struct pv_buf seen;
    pv_buf_init(&seen, 64 * PV_MIB);
    slow_tar_read(data, len, &slow);
    for (size_t i = 0; i < slow.count; i++) {
        const struct slow_member *member = &slow.members[i];
        struct place place = {member->header_at, member->body_at, member->size, member->name_len};
        fuzz_require(member->type == '0' || member->type == 0);
        fuzz_require(member->size <= len && member->body_at <= len - member->size);
        append_member(&seen, &place, member->name);
        append(&seen, data + member->body_at, (size_t)member->size);
    }
    fuzz_require(pv_str_equal(pv_buf_str(&seen), pv_buf_str(&pass->seen)));
}

/* The length of the stream is the smallest limit under which it is accepted. */
static void check_limit(const uint8_t *data, size_t len) {
    struct pass pass;
    run(data, len, len, READING, &pass);
    fuzz_require(pass.result == PROVAR_OK);
    pv_buf_release(&pass.seen);
    if (len == 0)
        return;
    run(data, len, len - 1, READING, &pass);
    fuzz_require(pass.result == PROVAR_E_LIMIT);
    pv_buf_release(&pass.seen);
}

static bool check(const uint8_t *data, size_t len) {
    struct pass passes[MANNERS];
    for (unsigned i = 0; i < MANNERS; i++)
        run(data, len, PV_MAX_TOTAL_SIZE, (enum manner)i, &passes[i]);
    for (unsigned i = 0; i < MANNERS; i++)
        check_same(&passes[i], &passes[READING], i != SKIPPING);
    bool accepted = passes[READING].result == PROVAR_OK;
    if (accepted) {
        check_slow(data, len, &passes[READING]);
        check_limit(data, len);
    }
    for (unsigned i = 0; i < MANNERS; i++)
        pv_buf_release(&passes[i].seen);
    return accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    fuzz_accepted += slow_tar_check(data, len, check);
    return 0;
}
