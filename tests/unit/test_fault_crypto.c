/* Tests of keys, signatures and digests when an allocation inside OpenSSL fails: no verdict may come of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/crypto.h>

#include "support/builder.h"

/* ---------------------------------------------------------------- OpenSSL's memory */

static struct {
    int left;     /* allocations that still succeed; negative: all do */
    bool lasting; /* those behind it fail, too */
    bool hit;
} memory = {.left = -1};

static bool fails_now(void) {
    if (memory.left < 0 || (memory.left > 0 && memory.left-- > 0))
        return false;
    memory.hit = true;
    if (!memory.lasting)
        memory.left = -1;
    return true;
}

static void *crypto_malloc(size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return fails_now() ? NULL : malloc(size);
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return fails_now() ? NULL : realloc(old, size);
}

static void crypto_free(void *old, const char *file, int line) {
    (void)file;
    (void)line;
    free(old);
}

/* ---------------------------------------------------------------- the steps */

typedef enum provar_result (*step_fn)(struct provar_error *err);

static struct provar_key *key;
static struct tar_build archive_bytes;

static enum provar_result step_generate(struct provar_error *err) {
    struct provar_key *made = NULL;
    enum provar_result result = provar_key_generate(PROVAR_KEY_ACCOUNT, &made, err);
    provar_key_free(made);
    return result;
}

static enum provar_result step_from_seed(struct provar_error *err) {
    struct provar_key *made = NULL;
    enum provar_result result = provar_key_from_seed(TEXT(ISSUER_SEED), &made, err);
    if (result == PROVAR_OK)
        assert_string_equal(provar_key_public(made), ISSUER);
    provar_key_free(made);
    return result;
}

static enum provar_result step_public(struct provar_error *err) {
    return provar_public_check(TEXT(ISSUER), NULL, err);
}

static enum provar_result step_sign(struct provar_error *err) {
    uint8_t signature[PROVAR_SIGNATURE_LEN];
    return provar_key_sign(key, "message", 7, signature, err);
}

static enum provar_result step_check(struct provar_error *err) {
    struct provar_input from = memory_input(archive_bytes.data, archive_bytes.len);
    struct provar_archive *archive = NULL;
    struct provar_checked *checked = NULL;
    enum provar_result result = provar_open(&from, NULL, &archive, err);
    if (result == PROVAR_OK)
        result = provar_check(archive, &checked, err);
    provar_checked_free(checked);
    provar_archive_free(archive);
    return result;
}

static enum provar_result step_write(struct provar_error *err) {
    struct tar_build bytes = {0};
    struct provar_output to = bytes_output(&bytes);
    struct provar_builder *builder = NULL;
    struct provar_input from = memory_input("body", 4);
    enum provar_result result = provar_builder_new(&builder, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_issuer(builder, key, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_subject(builder, TEXT(SUBJECT), err);
    if (result == PROVAR_OK)
        result = provar_builder_set_vendor(builder, TEXT("vendor"), err);
    if (result == PROVAR_OK)
        result = provar_builder_add_target(builder, TEXT("mips-linux"), &from, 0, err);
    if (result == PROVAR_OK)
        result = provar_builder_write(builder, &to, err);
    assert_true((bytes.len > 0) == (result == PROVAR_OK));
    provar_builder_free(builder);
    tar_build_free(&bytes);
    return result;
}

static const struct {
    const char *name;
    step_fn run;
} steps[] = {{"generate", step_generate}, {"from a seed", step_from_seed}, {"public", step_public},
             {"sign", step_sign},         {"check", step_check},           {"write", step_write}};

/* ---------------------------------------------------------------- each allocation */

/* Lets each allocation fail, alone or with all behind it. OpenSSL does not always say why it failed; but that it did
 * never makes a key, a token or a signature a bad one. Returns how many allocations there are. */
static int each_allocation(size_t step, bool lasting) {
    for (int n = 0;; n++) {
        struct provar_error err = {0};
        memory.left = n;
        memory.lasting = lasting;
        memory.hit = false;
        enum provar_result result = steps[step].run(&err);
        memory.left = -1;
        assert_int_equal(err.code, result);
        bool may_fail = memory.hit && (result == PROVAR_E_NO_MEMORY || result == PROVAR_E_INTERNAL);
        bool may_succeed = !memory.hit || !lasting;
        if (!(result == PROVAR_OK ? may_succeed : may_fail))
            fail_msg("%s, allocation %d: %s: %s", steps[step].name, n, provar_result_name((int)result), err.message);
        if (!memory.hit)
            return n;
    }
}

static void test_no_memory_is_no_verdict(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(steps); i++) {
        assert_ok(steps[i].run(NULL)); /* what OpenSSL keeps is made now */
        assert_true(each_allocation(i, false) > 5);
        assert_true(each_allocation(i, true) > 5);
    }
}

/* What is wrong stays wrong, or cannot be told. */
static void test_no_memory_makes_no_signature_good(void **state) {
    (void)state;
    struct recipe recipe = usual();
    recipe.forged = true;
    struct tar_build good = archive_bytes;
    archive_bytes = archive_of(&recipe);
    int told = 0;
    for (int n = 0; told < 2; n++) {
        memory.left = n;
        memory.lasting = n % 2 != 0;
        memory.hit = false;
        enum provar_result result = step_check(NULL);
        memory.left = -1;
        assert_true(result == PROVAR_E_SIGNATURE ||
                    (memory.hit && (result == PROVAR_E_NO_MEMORY || result == PROVAR_E_INTERNAL)));
        told = memory.hit ? 0 : told + 1;
    }
    tar_build_free(&archive_bytes);
    archive_bytes = good;
}

static int make_archive(void **state) {
    (void)state;
    key = key_of(ISSUER_SEED);
    archive_bytes = usual_archive();
    return 0;
}

static int drop_archive(void **state) {
    (void)state;
    tar_build_free(&archive_bytes);
    provar_key_free(key);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_memory_is_no_verdict),
                                       cmocka_unit_test(test_no_memory_makes_no_signature_good)};
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
        return 1;
    return cmocka_run_group_tests(tests, make_archive, drop_archive);
}
