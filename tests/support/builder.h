/* A builder that lacks nothing, and what can be asked of the archives that it writes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_BUILDER_H
#define SUPPORT_BUILDER_H

#include "support/archive.h"

/* The pieces of one archive in the making. */
struct making {
    struct provar_builder *builder;
    struct provar_key *key;
};

static inline void add_text_target(struct provar_builder *builder, const char *target, const char *body) {
    struct provar_error err = {0};
    struct provar_input from = memory_input(body, strlen(body));
    if (provar_builder_add_target(builder, TEXT(target), &from, 0, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
}

/* With keys and a vendor; without targets. */
static inline struct making make_bare(void) {
    struct making making = {.key = key_of(ISSUER_SEED)};
    assert_ok(provar_builder_new(&making.builder, NULL));
    assert_ok(provar_builder_set_issuer(making.builder, making.key, NULL));
    assert_ok(provar_builder_set_subject(making.builder, TEXT(SUBJECT), NULL));
    assert_ok(provar_builder_set_vendor(making.builder, TEXT("wasmCloud"), NULL));
    return making;
}

/* Complete, with the usual two targets, and the same at every call. */
static inline struct making make_usual(void) {
    struct making making = make_bare();
    assert_ok(provar_builder_set_version(making.builder, TEXT("0.1.0"), NULL));
    assert_ok(provar_builder_set_id(making.builder, TEXT("SjB5fm974SjU9WMgTUchsb"), NULL));
    provar_builder_set_issued_at(making.builder, 1700000000);
    add_text_target(making.builder, "x86_64-linux", "first executable");
    add_text_target(making.builder, "aarch64-linux", "second executable, which is longer");
    return making;
}

static inline void making_free(struct making *making) {
    provar_builder_free(making->builder);
    provar_key_free(making->key);
}

/* Takes what a builder writes. */
static inline int take_bytes(const void *data, size_t len, void *user) {
    tar_bytes(user, data, len);
    return 0;
}

static inline struct provar_output bytes_output(struct tar_build *bytes) {
    return (struct provar_output){
        .size = sizeof(struct provar_output), .kind = PROVAR_OUTPUT_CALLBACK, .write = take_bytes, .user = bytes};
}

/* Writes and frees it. */
static inline struct tar_build write_making(struct making *making) {
    struct provar_error err = {0};
    struct tar_build bytes = {0};
    struct provar_output to = bytes_output(&bytes);
    if (provar_builder_write(making->builder, &to, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    making_free(making);
    return bytes;
}

/* A write fails with `code`, says so, leaves no token and no byte. Frees the making. */
static inline void assert_write_fails(struct making *making, enum provar_result code, const char *says) {
    struct provar_error err = {0};
    struct tar_build bytes = {0};
    struct provar_output to = bytes_output(&bytes);
    size_t len = 77;
    enum provar_result result = provar_builder_write(making->builder, &to, &err);
    if (result != code || err.code != (int)code || strstr(err.message, says) == NULL)
        fail_msg("%s (%s) in place of %s (%s)", provar_result_name((int)result), err.message,
                 provar_result_name((int)code), says);
    assert_int_equal(bytes.len, 0);
    assert_null(provar_builder_token(making->builder, &len));
    assert_int_equal(len, 0);
    making_free(making);
}

/* The archive passes check; its claims are those of the archive, until it is freed. */
static inline const struct provar_claims *claims_of(struct provar_archive *archive) {
    provar_checked_free(check_archive(archive));
    return provar_archive_claims(archive);
}

#endif
