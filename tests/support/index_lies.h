/* Asks one archive every question with its index and without it, and compares the answers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_INDEX_LIES_H
#define SUPPORT_INDEX_LIES_H

#include "support/builder.h"
#include "support/index.h"

/* The second is longer than what any decoder makes ahead of its reader. */
static char world[3000], first[5000], second[300000];

static struct body bodies[] = {
    {"world.wasm", world, sizeof world, false},
    {"aarch64-linux.bin", first, sizeof first, false},
    {"x86_64-linux.bin", second, sizeof second, false},
};
enum { TOKEN, WORLD, FIRST, SECOND, END };

/* What comes out of each member, where it is not all of its body above. */
static size_t body_lens[] = {[WORLD] = sizeof world, [FIRST] = sizeof first, [SECOND] = sizeof second};

/* Alike from one to the other, so that deflate refers back wherever it may. */
__attribute__((unused)) static int fill_bodies(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof second; i++) {
        second[i] = (char)('a' + (i * i % 251 + i / 977) % 26);
        if (i < sizeof first)
            first[i] = second[i];
        if (i < sizeof world)
            world[i] = second[i];
    }
    memcpy(world, "\0asm\1\0\0\0", 8);
    first[17] = 'F';
    return 0;
}

__attribute__((unused)) static struct tar_build tar_of_bodies(void) {
    struct recipe recipe = {.bodies = bodies, .count = array_length(bodies)};
    return archive_of(&recipe);
}

/* ---------------------------------------------------------------- what an archive is found to be */

enum { MAX_SHOWN = 8 };

struct verdict {
    enum provar_result result;
    struct provar_error err;
    size_t notices;
    size_t members;
    char names[MAX_SHOWN][64];
    uint64_t sizes[MAX_SHOWN], offsets[MAX_SHOWN];
};

enum question { LOOK, CHECK, VERIFY, COVER_FIRST, COVER_SECOND };

__attribute__((unused)) static const char *target_of(enum question question) {
    return question == COVER_FIRST ? "aarch64-linux" : "x86_64-linux";
}

/* A target comes out as it was signed, or not at all. */
__attribute__((unused)) static void extract(const struct provar_verified *verified, size_t which) {
    struct tar_build out = {0};
    struct provar_output to = bytes_output(&out);
    const char *target = which == FIRST ? "aarch64-linux" : "x86_64-linux";
    assert_ok(provar_extract(verified, TEXT(target), &to, NULL));
    assert_int_equal(out.len, body_lens[which]);
    assert_memory_equal(out.data, bodies[which - 1].data, out.len);
    tar_build_free(&out);
}

__attribute__((unused)) static void extract_all(const struct provar_verified *verified) {
    struct tar_build out = {0};
    struct provar_output to = bytes_output(&out);
    extract(verified, FIRST);
    extract(verified, SECOND);
    extract(verified, FIRST); /* backwards too */
    assert_ok(provar_extract_world(verified, &to, NULL));
    assert_int_equal(out.len, sizeof world);
    assert_memory_equal(out.data, world, sizeof world);
    tar_build_free(&out);
}

__attribute__((unused)) static enum provar_result verify(struct provar_archive *archive, enum question question,
                                                         struct provar_error *err) {
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    if (question != VERIFY)
        assert_ok(provar_policy_cover_target(policy, TEXT(target_of(question)), NULL));
    enum provar_result result = provar_verify(archive, policy, &verified, err);
    if (result == PROVAR_OK && question == VERIFY)
        extract_all(verified);
    else if (result == PROVAR_OK)
        extract(verified, question == COVER_FIRST ? FIRST : SECOND);
    provar_verified_free(verified);
    provar_policy_free(policy);
    return result;
}

__attribute__((unused)) static enum provar_result ask(struct provar_archive *archive, enum question question,
                                                      struct provar_error *err) {
    struct provar_checked *checked = NULL;
    if (question == LOOK)
        return provar_look(archive, err);
    if (question != CHECK)
        return verify(archive, question, err);
    enum provar_result result = provar_check(archive, &checked, err);
    provar_checked_free(checked);
    return result;
}

__attribute__((unused)) static void list_members(struct provar_archive *archive, struct verdict *verdict) {
    verdict->notices = provar_archive_notice_count(archive);
    verdict->members = provar_archive_member_count(archive);
    for (size_t i = 0; i < verdict->members && i < MAX_SHOWN; i++) {
        struct provar_member member = {.size = sizeof member};
        assert_ok(provar_archive_member(archive, i, &member));
        (void)snprintf(verdict->names[i], sizeof verdict->names[i], "%s", member.name);
        verdict->sizes[i] = member.bytes;
        verdict->offsets[i] = member.offset;
    }
}

__attribute__((unused)) static void judge(const struct tar_build *bytes, uint32_t flags, uint32_t threads,
                                          enum question question, struct verdict *verdict) {
    struct provar_archive *archive = NULL;
    struct provar_input from = memory_input(bytes->data, bytes->len);
    struct provar_open_options options = {.size = sizeof options, .flags = flags, .threads = threads};
    memset(verdict, 0, sizeof *verdict);
    assert_ok(provar_open(&from, &options, &archive, NULL));
    verdict->result = ask(archive, question, &verdict->err);
    list_members(archive, verdict);
    provar_archive_free(archive);
}

/* ---------------------------------------------------------------- with the index as without it */

__attribute__((unused)) static void assert_same_verdict(const char *name, const struct verdict *with,
                                                        const struct verdict *without) {
    if (with->result != without->result || memcmp(&with->err, &without->err, sizeof with->err) != 0)
        fail_msg("%s: with the index %s (%s, %s, %llu), without it %s (%s, %s, %llu)", name,
                 provar_result_name((int)with->result), with->err.message, with->err.member,
                 (unsigned long long)with->err.offset, provar_result_name((int)without->result), without->err.message,
                 without->err.member, (unsigned long long)without->err.offset);
    if (memcmp(with, without, sizeof *with) != 0)
        fail_msg("%s: other members or notices with the index", name);
}

/* Whether a look goes by the index: then, and only then, it does not see that the CRC of the whole is wrong. */
__attribute__((unused)) static bool uses_index(const struct index_file *file) {
    struct index_file wrong = *file;
    struct verdict verdict;
    wrong.crc ^= 1;
    struct tar_build bytes = index_write(&wrong);
    judge(&bytes, 0, 1, LOOK, &verdict);
    tar_build_free(&bytes);
    return verdict.result == PROVAR_OK;
}

/* In place of a result: whatever the damage happens to look like. */
#define ANY_FAILURE ((enum provar_result)(-1))

/* What the rest of a file is, and how far an index leads that lies about it. */
struct lie {
    const char *name;
    void (*tell)(struct index_file *file);
    enum provar_result check; /* of the file without its index */
    bool used;                /* a look finds nothing that contradicts the index */
    bool unseen;              /* by a look, which reads headers and the token only */
};

__attribute__((unused)) static void assert_lie(const struct lie *lie, struct index_file *file) {
    static const uint32_t thread_counts[] = {1, 2, 8};
    struct verdict with, without;
    lie->tell(file);
    struct tar_build bytes = index_write(file);
    judge(&bytes, PROVAR_OPEN_NO_INDEX, 1, CHECK, &without);
    if (lie->check == ANY_FAILURE ? without.result == PROVAR_OK : without.result != lie->check)
        fail_msg("%s: %s: %s", lie->name, provar_result_name((int)without.result), without.err.message);
    if (uses_index(file) != lie->used)
        fail_msg("%s: the index is%s used", lie->name, lie->used ? " not" : "");
    for (size_t i = 0; i < array_length(thread_counts); i++) {
        for (enum question question = LOOK; question <= COVER_SECOND; question++) {
            judge(&bytes, PROVAR_OPEN_NO_INDEX, thread_counts[i], question, &without);
            judge(&bytes, 0, thread_counts[i], question, &with);
            bool partial = question == LOOK && lie->unseen;
            if (partial && with.result == PROVAR_OK)
                continue;
            assert_same_verdict(lie->name, &with, &without);
        }
    }
    judge(&bytes, 0, 1, LOOK, &with);
    judge(&bytes, PROVAR_OPEN_NO_INDEX, 1, LOOK, &without);
    if (lie->unseen && memcmp(&with, &without, sizeof with) == 0)
        fail_msg("%s: a look sees it", lie->name);
    tar_build_free(&bytes);
}

__attribute__((unused)) static void index_tells_the_truth(struct index_file *file) {
    (void)file;
}

#endif
