/* Tests of store/digest: one text for each digest, and no other is read. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "store/image/digest.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
/* FIPS 180-4: of no bytes at all. */
#define HEX_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void expect(struct pv_str text, enum provar_result wanted) {
    struct guarded exact = guard_copy(text.text, text.len);
    struct pv_digest digest = {.text = "untouched"};
    struct provar_error err = {0};
    enum provar_result result = pv_digest_parse(pv_str(exact.data, text.len), wanted, &digest, &err);
    if (result == PROVAR_OK) {
        assert_int_equal(wanted, PROVAR_OK);
        assert_true(pv_str_equal(pv_digest_str(&digest), text));
    } else {
        assert_fails(result, wanted, err, PROVAR_NO_OFFSET);
        assert_string_equal(digest.text, "untouched");
    }
    guard_free(&exact);
}

/* REF-5. */
static void reads_sha256_in_lower_case(void **state) {
    (void)state;
    expect(PV_STR("sha256:" HEX), PROVAR_OK);
    expect(PV_STR("sha256:" HEX_OF_NOTHING), PROVAR_OK);
}

/* REF-5; threats: row 222. */
static void refuses_every_other_text(void **state) {
    static const struct pv_str texts[] = {
        PV_STR(""),
        PV_STR("sha256"),
        PV_STR("sha256:"),
        PV_STR("sha256:../../other"),
        PV_STR("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8"),
        PV_STR("sha256:" HEX "0"),
        PV_STR("sha256:" HEX "\n"),
        PV_STR(" sha256:" HEX),
        PV_STR("sha256:44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A"),
        PV_STR("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8/"),
        PV_STR("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8`"),
        PV_STR("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8:"),
        PV_STR("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8g"),
        PV_STR("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8\0"),
        PV_STR("SHA256:" HEX),
        PV_STR("sha256-" HEX),
        PV_STR("sha384:" HEX),
        PV_STR("md5:d41d8cd98f00b204e9800998ecf8427e"),
        PV_STR("sha512:" HEX HEX),
        PV_STR("sha512:" HEX),
        PV_STR("blake3:" HEX),
        PV_STR(HEX),
    };
    (void)state;
    for (size_t i = 0; i < array_length(texts); i++) {
        expect(texts[i], PROVAR_E_REGISTRY);
        expect(texts[i], PROVAR_E_USAGE);
    }
}

static const char *message_of(struct pv_str text, struct provar_error *err) {
    struct pv_digest digest;
    provar_error_clear(err);
    assert_int_equal(pv_digest_parse(text, PROVAR_E_USAGE, &digest, err), PROVAR_E_USAGE);
    return err->message;
}

/* REF-5: what is known is told from what is not, and what would do is said. */
static void says_that_sha512_is_known_and_not_supported(void **state) {
    struct provar_error err = {0};
    (void)state;
    assert_non_null(strstr(message_of(PV_STR("sha512:" HEX HEX), &err), "sha512 digests are not supported"));
    assert_null(strstr(message_of(PV_STR("sha512:" HEX HEX "0"), &err), "not supported"));
    assert_null(strstr(message_of(PV_STR("sha512:" HEX), &err), "not supported"));
    assert_null(strstr(message_of(PV_STR("sha384:" HEX HEX), &err), "not supported"));
    assert_string_equal(message_of(PV_STR("md5:d41d8cd98f00b204e9800998ecf8427e"), &err),
                        "not 'sha256:' and 64 lower-case hex digits: 'md5:d41d8cd98f00b204e9800998ecf8427e'");
}

static void makes_the_text_of_bytes(void **state) {
    uint8_t bytes[PV_SHA256_LEN];
    struct pv_digest digest, again;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 8 + 7);
    pv_digest_from_sha256(bytes, &digest);
    assert_string_equal(digest.text, "sha256:070f171f272f373f474f575f676f777f878f979fa7afb7bfc7cfd7dfe7eff7ff");
    assert_ok(pv_digest_parse(pv_digest_str(&digest), PROVAR_E_USAGE, &again, NULL));
    assert_true(pv_digest_equal(&digest, &again));
}

static void hashes_content(void **state) {
    struct pv_digest digest;
    (void)state;
    assert_ok(pv_digest_of(NULL, 0, &digest, NULL));
    assert_string_equal(digest.text, "sha256:" HEX_OF_NOTHING);
    assert_ok(pv_digest_of("{}", 2, &digest, NULL));
    assert_string_equal(digest.text, "sha256:" HEX);
    assert_true(pv_str_equal(pv_digest_hex(&digest), PV_STR(HEX)));
}

static void gives_the_bytes_of_its_text(void **state) {
    uint8_t sha256[PV_SHA256_LEN], found[PV_SHA256_LEN];
    struct pv_digest digest;
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        for (size_t i = 0; i < sizeof sha256; i++)
            sha256[i] = (uint8_t)(first + 37 * i);
        pv_digest_from_sha256(sha256, &digest);
        pv_digest_to_sha256(&digest, found);
        assert_memory_equal(found, sha256, sizeof found);
    }
}

static void no_digest_is_empty_and_equal_to_none(void **state) {
    struct pv_digest none = {0}, other = {0}, digest;
    (void)state;
    assert_ok(pv_digest_of("", 0, &digest, NULL));
    assert_int_equal(pv_digest_str(&none).len, 0);
    assert_int_equal(pv_digest_hex(&none).len, 0);
    assert_true(pv_digest_equal(&none, &other));
    assert_false(pv_digest_equal(&none, &digest));
    other = digest;
    assert_true(pv_digest_equal(&other, &digest));
    other.text[PV_DIGEST_LEN - 1] ^= 1;
    assert_false(pv_digest_equal(&other, &digest));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_sha256_in_lower_case),
        cmocka_unit_test(refuses_every_other_text),
        cmocka_unit_test(says_that_sha512_is_known_and_not_supported),
        cmocka_unit_test(makes_the_text_of_bytes),
        cmocka_unit_test(hashes_content),
        cmocka_unit_test(gives_the_bytes_of_its_text),
        cmocka_unit_test(no_digest_is_empty_and_equal_to_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
