/* A configuration file of OpenSSL's, which the whole process obeys, changes nothing that the library says. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/conf.h>

#include "support/builder.h"
#include "support/temp_dir.h"

/* Takes SHA-256 and Ed25519 away from everybody who does not ask a context of his own: the only provider is one that
 * does nothing. */
static const char configuration[] = "openssl_conf = all\n"
                                    "[all]\n"
                                    "providers = providers\n"
                                    "[providers]\n"
                                    "null = null\n"
                                    "[null]\n"
                                    "activate = 1\n";

static void test_this_process_has_no_sha256(void **state) {
    (void)state;
    EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    assert_null(fetched);
}

static void test_the_library_works_all_the_same(void **state) {
    (void)state;
    struct provar_key *fresh = NULL;
    struct provar_checked *checked = NULL;
    uint8_t digest[32];
    struct making making = make_usual();
    struct tar_build bytes = write_making(&making);
    struct provar_archive *archive = open_bytes(&bytes);
    provar_verified_free(verify_archive(archive));
    assert_ok(provar_archive_sha256(archive, digest, NULL));
    assert_ok(provar_key_generate(PROVAR_KEY_ACCOUNT, &fresh, NULL));
    *find_text(&bytes, "first executable") = 'F';
    assert_int_equal(provar_check(archive, &checked, NULL), PROVAR_E_DIGEST);
    assert_null(checked);
    provar_key_free(fresh);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_process_has_no_sha256),
        cmocka_unit_test(test_the_library_works_all_the_same),
    };
    void *state = NULL;
    if (temp_dir_setup(&state) != 0)
        return 1;
    temp_dir_write("openssl.cnf", configuration, sizeof configuration - 1);
    /* Before the first call of OpenSSL, which reads it. */
    if (setenv("OPENSSL_CONF", "openssl.cnf", 1) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return temp_dir_teardown(&state) == 0 ? failed : 1;
}
