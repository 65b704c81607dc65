/* The token that must be there, by its SHA-256: another one is refused by whatever reads it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/costly.h"
#include "support/index_lies.h"

static const char names[][16] = {"look", "check", "verify", "first", "second"};

/* The digest of the member's own bytes, of which the line end behind a token is one. */
static void digest_of_token(const char *line_end, uint8_t sha256[32]) {
    struct recipe recipe = {.bodies = bodies, .count = array_length(bodies)};
    struct tar_build token = {0};
    put_token(&token, &recipe);
    put_text(&token, line_end);
    assert_int_equal(EVP_Digest(token.data, token.len, sha256, NULL, EVP_sha256(), NULL), 1);
    tar_build_free(&token);
}

static enum provar_result ask_stored(const struct tar_build *bytes, enum question question, const uint8_t *sha256,
                                     struct provar_error *err) {
    const struct provar_open_options options = {.size = sizeof options, .token_sha256 = sha256};
    struct costly costly;
    struct provar_archive *archive = open_costly_with(&costly, bytes, &options);
    enum provar_result result = ask(archive, question, err);
    costly_free(&costly, archive);
    return result;
}

static enum provar_result ask_here(const struct tar_build *bytes, enum question question, const uint8_t *sha256,
                                   struct provar_error *err) {
    const struct provar_open_options options = {.size = sizeof options, .token_sha256 = sha256};
    struct provar_input from = memory_input(bytes->data, bytes->len);
    struct provar_archive *archive = NULL;
    assert_ok(provar_open(&from, &options, &archive, NULL));
    enum provar_result result = ask(archive, question, err);
    provar_archive_free(archive);
    return result;
}

/* Plain, gzip, and by an index. */
static void each_form(void (*check)(const struct tar_build *bytes, const uint8_t *sha256), const uint8_t *sha256) {
    struct tar_build tar = tar_of_bodies(), gzip = gzip_of(&tar);
    struct index_file file = index_of(&tar);
    struct tar_build indexed = index_write(&file);
    check(&tar, sha256);
    check(&gzip, sha256);
    check(&indexed, sha256);
    tar_build_free(&indexed);
    index_free(&file);
    tar_build_free(&gzip);
    tar_build_free(&tar);
}

static void is_accepted(const struct tar_build *bytes, const uint8_t *sha256) {
    for (enum question question = LOOK; question <= COVER_SECOND; question++) {
        if (ask_stored(bytes, question, sha256, NULL) != PROVAR_OK ||
            ask_here(bytes, question, sha256, NULL) != PROVAR_OK)
            fail_msg("%s", names[question]);
    }
}

static void is_refused(const struct tar_build *bytes, const uint8_t *sha256) {
    for (enum question question = LOOK; question <= COVER_SECOND; question++) {
        struct provar_error err = {0};
        assert_fails(ask_stored(bytes, question, sha256, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
        assert_string_equal(err.member, "claims.jwt");
        err = (struct provar_error){0};
        assert_fails(ask_here(bytes, question, sha256, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    }
}

static void test_the_token_that_must_be_there(void **state) {
    (void)state;
    uint8_t sha256[32];
    digest_of_token("", sha256);
    each_form(is_accepted, sha256);
    each_form(is_accepted, NULL);
    sha256[31] ^= 1;
    each_form(is_refused, sha256);
}

/* A good signature, and the same claims, are not enough. */
static void test_the_line_end_counts(void **state) {
    (void)state;
    uint8_t sha256[32];
    digest_of_token("\n", sha256);
    each_form(is_refused, sha256);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_token_that_must_be_there),
        cmocka_unit_test(test_the_line_end_counts),
    };
    return cmocka_run_group_tests(tests, fill_bodies, NULL);
}
