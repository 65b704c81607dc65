/* New archives: every claim and option of the builder, what it refuses, and the bytes that it writes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "support/builder.h"
#include "support/temp_dir.h"

/* ---------------------------------------------------------------- claims */

static void test_every_claim(void **state) {
    (void)state;
    static const char schema[] = "{\"type\" : \"object\",\n\t\"n\": 1.10, \"big\": 123456789012345678901234567890}";
    struct making making = make_usual();
    assert_ok(provar_builder_set_name(making.builder, TEXT("Schlüssel \"Wert\" \x01"), NULL));
    assert_ok(provar_builder_set_vendor(making.builder, "", 0, NULL));
    assert_ok(provar_builder_set_capid(making.builder, TEXT("wasmcloud:keyvalue"), NULL));
    assert_ok(provar_builder_set_schema_json(making.builder, TEXT(schema), NULL));
    assert_ok(provar_builder_set_revision(making.builder, INT32_MAX, NULL));
    provar_builder_set_expires(making.builder, 2000000000);
    provar_builder_set_not_before(making.builder, 1600000000);
    struct tar_build bytes = write_making(&making);
    struct provar_archive *archive = open_bytes(&bytes);
    const struct provar_claims *claims = claims_of(archive);
    int64_t seconds;
    int32_t revision;
    uint32_t wascap;
    assert_string_equal(provar_claims_issuer(claims, NULL), ISSUER);
    assert_string_equal(provar_claims_subject(claims, NULL), SUBJECT);
    assert_string_equal(provar_claims_id(claims, NULL), "SjB5fm974SjU9WMgTUchsb");
    assert_string_equal(provar_claims_name(claims, NULL), "Schlüssel \"Wert\" \x01");
    assert_string_equal(provar_claims_vendor(claims, NULL), "");
    assert_string_equal(provar_claims_version(claims, NULL), "0.1.0");
    assert_string_equal(provar_claims_capid(claims, NULL), "wasmcloud:keyvalue");
    assert_string_equal(provar_claims_schema(claims, NULL), schema);
    assert_int_equal(provar_claims_revision(claims, &revision), 1);
    assert_int_equal(revision, INT32_MAX);
    assert_int_equal(provar_claims_issued_at(claims, &seconds), 1);
    assert_int_equal(seconds, 1700000000);
    assert_int_equal(provar_claims_expires(claims, &seconds), 1);
    assert_int_equal(seconds, 2000000000);
    assert_int_equal(provar_claims_not_before(claims, &seconds), 1);
    assert_int_equal(seconds, 1600000000);
    assert_int_equal(provar_claims_wascap_revision(claims, &wascap), 1);
    assert_int_equal(wascap, 3);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

static void test_claims_that_were_not_set(void **state) {
    (void)state;
    struct making making = make_bare();
    add_text_target(making.builder, "x86_64-linux", "x");
    provar_builder_set_expires(making.builder, 5);
    provar_builder_set_expires(making.builder, -1);
    provar_builder_set_not_before(making.builder, 5);
    provar_builder_set_not_before(making.builder, -1);
    int64_t before = (int64_t)time(NULL), seconds = 0;
    struct tar_build bytes = write_making(&making);
    struct provar_archive *archive = open_bytes(&bytes);
    const struct provar_claims *claims = claims_of(archive);
    size_t len = 0;
    int32_t revision;
    const char *id = provar_claims_id(claims, &len);
    assert_int_equal(len, 22);
    assert_int_equal(strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), 22);
    assert_int_equal(provar_claims_issued_at(claims, &seconds), 1);
    assert_in_range(seconds, before, time(NULL));
    assert_int_equal(provar_claims_expires(claims, &seconds), 0);
    assert_int_equal(provar_claims_not_before(claims, &seconds), 0);
    assert_int_equal(provar_claims_revision(claims, &revision), 0);
    assert_null(provar_claims_name(claims, &len));
    assert_int_equal(len, 0);
    assert_null(provar_claims_version(claims, NULL));
    assert_null(provar_claims_capid(claims, NULL));
    assert_null(provar_claims_schema(claims, NULL));
    assert_non_null(strstr(provar_archive_claims_json(archive, NULL), "\"wascap\":{\"name\":null,\"vendor\""));
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

typedef enum provar_result (*set_fn)(struct provar_builder *, const char *, size_t, struct provar_error *);

static void assert_set(set_fn set, const char *text, size_t len, enum provar_result code) {
    struct making making = make_bare();
    struct provar_error err = {0};
    enum provar_result result = set(making.builder, text, len, &err);
    if (code == PROVAR_OK)
        assert_ok(result);
    else
        assert_fails(result, code, err, err.offset);
    making_free(&making);
}

static void test_texts_that_are_refused(void **state) {
    (void)state;
    static const set_fn sets[] = {provar_builder_set_name, provar_builder_set_vendor, provar_builder_set_version,
                                  provar_builder_set_capid, provar_builder_set_id};
    enum { MOST = 256 * 1024 };
    char *text = malloc(MOST + 1);
    assert_non_null(text);
    memset(text, 'x', MOST + 1);
    for (size_t i = 0; i < array_length(sets); i++) {
        assert_set(sets[i], text, MOST, PROVAR_OK);
        assert_set(sets[i], text, MOST + 1, PROVAR_E_LIMIT);
        assert_set(sets[i], "a\0b", 3, PROVAR_E_CLAIMS);
        assert_set(sets[i], "\xff", 1, PROVAR_E_CLAIMS);
        assert_set(sets[i], "\xed\xa0\x80", 3, PROVAR_E_CLAIMS);
        assert_set(sets[i], NULL, 0, sets[i] == provar_builder_set_id ? PROVAR_E_USAGE : PROVAR_OK);
    }
    free(text);
    assert_set(provar_builder_set_subject, TEXT(ISSUER), PROVAR_E_KEY);
    assert_set(provar_builder_set_subject, TEXT("VAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABMAI"),
               PROVAR_E_KEY);
    assert_set(provar_builder_set_schema_json, TEXT("[]"), PROVAR_E_CLAIMS);
    assert_set(provar_builder_set_schema_json, TEXT("{\"a\":1,\"a\":2}"), PROVAR_E_CLAIMS);
    assert_set(provar_builder_set_schema_json, TEXT("{} {}"), PROVAR_E_CLAIMS);
    assert_set(provar_builder_set_schema_json, NULL, 0, PROVAR_E_CLAIMS);
}

/* The longest text that a setter takes is one that readers take. */
static void test_the_longest_texts_are_written(void **state) {
    (void)state;
    enum { MOST = 256 * 1024 };
    char *text = malloc(MOST);
    struct making making = make_usual();
    assert_non_null(text);
    memset(text, 'x', MOST);
    assert_ok(provar_builder_set_name(making.builder, text, MOST, NULL));
    assert_ok(provar_builder_set_capid(making.builder, text, MOST, NULL));
    struct tar_build bytes = write_making(&making);
    struct provar_archive *archive = open_bytes(&bytes);
    size_t len = 0;
    assert_memory_equal(provar_claims_name(claims_of(archive), &len), text, MOST);
    assert_int_equal(len, MOST);
    provar_archive_free(archive);
    tar_build_free(&bytes);
    free(text);
}

/* Length of the payload of the usual archive with the schema "{}". */
static size_t small_payload(void) {
    size_t len = 0;
    struct making making = make_usual();
    assert_ok(provar_builder_set_schema_json(making.builder, "{}", 2, NULL));
    struct tar_build bytes = write_making(&making);
    struct provar_archive *archive = open_bytes(&bytes);
    assert_ok(provar_look(archive, NULL));
    (void)provar_archive_claims_json(archive, &len);
    provar_archive_free(archive);
    tar_build_free(&bytes);
    return len;
}

/* A payload of 786336 bytes makes a token of 39 + 1 + 1048448 + 1 + 86 bytes, one less than 1 MiB; the next is longer
 * by two. */
static void test_the_longest_token(void **state) {
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct making making = make_usual();
        size_t len = 786336 + more - small_payload() + 2;
        char *schema = malloc(len);
        assert_non_null(schema);
        memset(schema, ' ', len);
        schema[0] = '{';
        schema[len - 1] = '}';
        assert_ok(provar_builder_set_schema_json(making.builder, schema, len, NULL));
        free(schema);
        if (more) {
            assert_write_fails(&making, PROVAR_E_LIMIT, "token");
            continue;
        }
        struct tar_build bytes = write_making(&making);
        struct provar_archive *archive = open_bytes(&bytes);
        provar_checked_free(check_archive(archive));
        (void)provar_archive_token(archive, &len);
        assert_int_equal(len, (1 << 20) - 1);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
}

static void test_what_a_write_needs(void **state) {
    (void)state;
    struct making making = make_bare();
    assert_write_fails(&making, PROVAR_E_USAGE, "one target");
    making = make_usual();
    assert_ok(provar_builder_remove_target(making.builder, TEXT("x86_64-linux"), NULL));
    assert_ok(provar_builder_remove_target(making.builder, TEXT("aarch64-linux"), NULL));
    assert_write_fails(&making, PROVAR_E_USAGE, "one target");
    making = (struct making){0};
    assert_ok(provar_builder_new(&making.builder, NULL));
    add_text_target(making.builder, "x86_64-linux", "x");
    assert_write_fails(&making, PROVAR_E_USAGE, "vendor");
    making = (struct making){0};
    assert_ok(provar_builder_new(&making.builder, NULL));
    add_text_target(making.builder, "x86_64-linux", "x");
    assert_ok(provar_builder_set_vendor(making.builder, TEXT("v"), NULL));
    assert_write_fails(&making, PROVAR_E_USAGE, "issuer");
    making = (struct making){.key = key_of(ISSUER_SEED)};
    assert_ok(provar_builder_new(&making.builder, NULL));
    add_text_target(making.builder, "x86_64-linux", "x");
    assert_ok(provar_builder_set_vendor(making.builder, TEXT("v"), NULL));
    assert_ok(provar_builder_set_issuer(making.builder, making.key, NULL));
    assert_write_fails(&making, PROVAR_E_USAGE, "subject");
}

static void test_times_that_are_refused(void **state) {
    (void)state;
    struct making making = make_usual();
    provar_builder_set_issued_at(making.builder, -1);
    assert_write_fails(&making, PROVAR_E_TIME, "1970");
    making = make_usual();
    provar_builder_set_expires(making.builder, 1699999999);
    assert_write_fails(&making, PROVAR_E_TIME, "expired when it is issued");
    making = make_usual();
    provar_builder_set_expires(making.builder, 1800000000);
    provar_builder_set_not_before(making.builder, 1800000000);
    assert_write_fails(&making, PROVAR_E_CLAIMS, "nbf");
    making = make_usual();
    struct provar_error err = {0};
    assert_fails(provar_builder_set_revision(making.builder, -1, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    making_free(&making);
}

/* ---------------------------------------------------------------- keys and signers */

static void test_a_key_of_another_kind(void **state) {
    (void)state;
    struct provar_key *key = NULL;
    struct provar_error err = {0};
    struct making making = make_usual();
    assert_ok(provar_key_generate(PROVAR_KEY_SERVICE, &key, NULL));
    assert_fails(provar_builder_set_issuer(making.builder, key, &err), PROVAR_E_KEY, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(provar_builder_set_signer(making.builder, TEXT(SUBJECT), NULL, NULL, &err), PROVAR_E_USAGE, err,
                 PROVAR_NO_OFFSET);
    provar_key_free(key);
    making_free(&making);
}

struct signer {
    struct provar_key *key;
    int answer, calls;
};

static int sign_elsewhere(const void *msg, size_t len, uint8_t signature[64], void *user) {
    struct signer *signer = user;
    signer->calls++;
    assert_ok(provar_key_sign(signer->key, msg, len, signature, NULL));
    return signer->answer;
}

static void test_signing_callbacks(void **state) {
    (void)state;
    static const struct {
        const char *seed;
        int answer;
        const char *says; /* NULL: it succeeds */
    } cases[] = {{ISSUER_SEED, 0, NULL}, {OTHER_SEED, 0, "not one of issuer"}, {ISSUER_SEED, 7, "failed with 7"}};
    for (size_t i = 0; i < array_length(cases); i++) {
        struct making making = make_usual();
        struct signer signer = {.key = key_of(cases[i].seed), .answer = cases[i].answer};
        assert_ok(provar_builder_set_signer(making.builder, TEXT(ISSUER), sign_elsewhere, &signer, NULL));
        if (cases[i].says) {
            assert_write_fails(&making, PROVAR_E_SIGNATURE, cases[i].says);
        } else {
            struct tar_build bytes = write_making(&making);
            struct provar_archive *archive = open_bytes(&bytes);
            provar_verified_free(verify_archive(archive));
            provar_archive_free(archive);
            tar_build_free(&bytes);
        }
        assert_int_equal(signer.calls, 1);
        provar_key_free(signer.key);
    }
}

/* Claims that readers refuse are refused before a key is bothered with them. */
static void test_nothing_wrong_is_signed(void **state) {
    (void)state;
    struct making making = make_usual();
    struct signer signer = {.key = key_of(ISSUER_SEED)};
    assert_ok(provar_builder_set_signer(making.builder, TEXT(ISSUER), sign_elsewhere, &signer, NULL));
    provar_builder_set_expires(making.builder, 1699999999);
    assert_write_fails(&making, PROVAR_E_TIME, "expired when it is issued");
    assert_int_equal(signer.calls, 0);
    provar_key_free(signer.key);
}

/* ---------------------------------------------------------------- bytes */

static void assert_same_bytes(const struct tar_build *a, const struct tar_build *b, bool same) {
    assert_int_equal(a->len == b->len && memcmp(a->data, b->data, a->len) == 0, same);
}

/* The order in which things were said does not show. */
static void test_the_same_inputs_give_the_same_bytes(void **state) {
    (void)state;
    for (int level = 0; level <= 12; level += 6) {
        struct making making = make_usual();
        assert_ok(provar_builder_set_compression(making.builder, level, NULL));
        struct tar_build first = write_making(&making);
        making = make_usual();
        assert_ok(provar_builder_remove_target(making.builder, TEXT("aarch64-linux"), NULL));
        assert_ok(provar_builder_remove_target(making.builder, TEXT("x86_64-linux"), NULL));
        add_text_target(making.builder, "aarch64-linux", "second executable, which is longer");
        add_text_target(making.builder, "x86_64-linux", "first executable");
        assert_ok(provar_builder_set_compression(making.builder, level, NULL));
        struct tar_build second = write_making(&making);
        assert_same_bytes(&first, &second, true);
        tar_build_free(&second);
        making = make_usual();
        assert_ok(provar_builder_set_compression(making.builder, level, NULL));
        assert_ok(provar_builder_set_id(making.builder, TEXT("other"), NULL));
        second = write_making(&making);
        assert_same_bytes(&first, &second, false);
        tar_build_free(&first);
        tar_build_free(&second);
    }
}

/* Members, their order, mode, owner and time: docs/FORMAT.md. */
static void assert_headers(const struct tar_build *tar, const char *mtime) {
    static const char *const names[] = {"claims.jwt", "world.wasm", "aarch64-linux.bin", "x86_64-linux.bin"};
    size_t at = 0;
    for (size_t i = 0; i < array_length(names); i++) {
        const char *header = (const char *)tar->data + at;
        assert_string_equal(header + TAR_NAME, names[i]);
        assert_string_equal(header + TAR_MODE, i < 2 ? "0000644" : "0000755");
        assert_string_equal(header + TAR_UID, "0000000");
        assert_string_equal(header + TAR_GID, "0000000");
        assert_string_equal(header + TAR_MTIME, mtime);
        assert_memory_equal(header + TAR_MAGIC,
                            "ustar\0"
                            "00",
                            8);
        assert_int_equal(header[TAR_TYPEFLAG], '0');
        at += TAR_BLOCK + (strtoul(header + TAR_SIZE, NULL, 8) + 511) / 512 * 512;
    }
    assert_int_equal(tar->len, at + 1024);
}

static void test_headers_and_order(void **state) {
    (void)state;
    static const struct {
        int64_t epoch;
        const char *mtime;
    } cases[] = {{-1, "00000000000"}, {0, "00000000000"}, {1700000123, "14524770573"}};
    for (size_t i = 0; i < array_length(cases); i++) {
        struct making making = make_usual();
        struct provar_input from = memory_input("\0asm\1\0\0\0", 8);
        assert_ok(provar_builder_set_world(making.builder, &from, NULL));
        assert_int_equal(provar_builder_notice_count(making.builder), 3);
        assert_non_null(strstr(provar_builder_notice(making.builder, 2), "world.wasm"));
        if (cases[i].epoch >= 0)
            provar_builder_set_source_date_epoch(making.builder, cases[i].epoch);
        struct tar_build bytes = write_making(&making);
        assert_headers(&bytes, cases[i].mtime);
        struct provar_archive *archive = open_bytes(&bytes);
        provar_checked_free(check_archive(archive));
        assert_int_equal(provar_archive_notice_count(archive), 0);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
}

/* The variable's value is `iat` too, unless that was set. */
static void test_source_date_epoch(void **state) {
    (void)state;
    int64_t seconds = 0;
    struct making making = make_bare();
    add_text_target(making.builder, "x86_64-linux", "x");
    provar_builder_set_source_date_epoch(making.builder, 1234567);
    struct tar_build bytes = write_making(&making);
    struct provar_archive *archive = open_bytes(&bytes);
    assert_int_equal(provar_claims_issued_at(claims_of(archive), &seconds), 1);
    assert_int_equal(seconds, 1234567);
    provar_archive_free(archive);
    tar_build_free(&bytes);
    making = make_usual();
    provar_builder_set_source_date_epoch(making.builder, 077777777777 + INT64_C(1));
    assert_write_fails(&making, PROVAR_E_LIMIT, "time");
}

static void test_compression(void **state) {
    (void)state;
    size_t sizes[13];
    for (int level = -1; level <= 12; level++) {
        struct making making = make_usual();
        struct tar_build body = {0};
        for (int i = 0; i < 3000; i++)
            put_text(&body, i % 7 ? "executable " : "code ");
        struct provar_input from = memory_input(body.data, body.len);
        assert_ok(provar_builder_add_target(making.builder, TEXT("mips-linux"), &from, 0, NULL));
        assert_ok(provar_builder_set_compression(making.builder, level, NULL));
        struct tar_build bytes = write_making(&making);
        struct provar_archive *archive = open_bytes(&bytes);
        provar_checked_free(check_archive(archive));
        assert_int_equal(provar_archive_is_gzip(archive), level != 0);
        assert_int_equal(bytes.len < body.len, level != 0);
        if (level >= 0)
            sizes[level] = bytes.len;
        provar_archive_free(archive);
        tar_build_free(&bytes);
        tar_build_free(&body);
    }
    assert_true(sizes[12] <= sizes[1]);
    static const int bad[] = {-2, 13, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < array_length(bad); i++) {
        struct making making = make_usual();
        struct provar_error err = {0};
        assert_fails(provar_builder_set_compression(making.builder, bad[i], &err), PROVAR_E_USAGE, err,
                     PROVAR_NO_OFFSET);
        making_free(&making);
    }
}

/* ---------------------------------------------------------------- token, outputs, once */

static void test_the_token_is_there_after_the_write(void **state) {
    (void)state;
    struct making making = make_usual();
    struct tar_build bytes = {0};
    struct provar_output to = bytes_output(&bytes);
    struct provar_error err = {0};
    size_t len = 77;
    assert_null(provar_builder_token(making.builder, &len));
    assert_int_equal(len, 0);
    assert_ok(provar_builder_write(making.builder, &to, NULL));
    const char *token = provar_builder_token(making.builder, &len);
    struct provar_archive *archive = open_bytes(&bytes);
    size_t stored_len = 0;
    assert_ok(provar_look(archive, NULL));
    assert_string_equal(token, provar_archive_token(archive, &stored_len));
    assert_int_equal(len, stored_len);
    size_t written = bytes.len;
    assert_fails(provar_builder_write(making.builder, &to, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_int_equal(bytes.len, written);
    assert_string_equal(provar_builder_token(making.builder, NULL), provar_archive_token(archive, NULL));
    provar_archive_free(archive);
    tar_build_free(&bytes);
    making_free(&making);
    provar_builder_free(NULL);
}

static int stop_at_once(const void *data, size_t len, void *user) {
    (void)data;
    (void)len;
    return ++*(int *)user;
}

static void test_a_failed_write_is_the_last(void **state) {
    (void)state;
    struct making making = make_usual();
    int calls = 0;
    struct provar_output to = {
        .size = sizeof to, .kind = PROVAR_OUTPUT_CALLBACK, .write = stop_at_once, .user = &calls};
    struct provar_error err = {0};
    assert_fails(provar_builder_write(making.builder, &to, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(calls, 1);
    assert_null(provar_builder_token(making.builder, NULL));
    assert_int_equal(provar_builder_write(making.builder, &to, NULL), PROVAR_E_USAGE);
    assert_int_equal(calls, 1);
    making_free(&making);
}

static void test_outputs(void **state) {
    (void)state;
    struct making making = make_usual();
    struct tar_build called = write_making(&making);
    for (int i = 0; i < 2; i++) {
        int fd = open("fd.par", O_RDWR | O_CREAT | O_TRUNC, 0600);
        struct provar_output to = path_output("a.par", i ? PROVAR_OUTPUT_REPLACE : 0);
        if (i)
            to = (struct provar_output){
                .size = sizeof to, .kind = PROVAR_OUTPUT_FD, .fd = fd, .temp_dir = ".", .temp_dir_len = 1};
        mode_t old = umask(026);
        making = make_usual();
        assert_ok(provar_builder_write(making.builder, &to, NULL));
        (void)umask(old);
        making_free(&making);
        struct stat st;
        assert_int_equal(stat(i ? "fd.par" : "a.par", &st), 0);
        assert_int_equal(st.st_mode & 07777, i ? 0600 : 0640);
        assert_int_equal(st.st_size, called.len);
        struct provar_archive *archive = open_path(i ? "fd.par" : "a.par");
        provar_verified_free(verify_archive(archive));
        provar_archive_free(archive);
        assert_int_equal(close(fd), 0);
    }
    tar_build_free(&called);
}

static void test_what_stands_in_the_way(void **state) {
    (void)state;
    temp_dir_write("a.par", "old", 3);
    struct provar_output to = path_output("a.par", 0);
    struct making making = make_usual();
    assert_int_equal(provar_builder_write(making.builder, &to, NULL), PROVAR_E_IO);
    assert_null(provar_builder_token(making.builder, NULL));
    making_free(&making);
    struct stat st;
    assert_int_equal(stat("a.par", &st), 0);
    assert_int_equal(st.st_size, 3);
    to.flags = PROVAR_OUTPUT_REPLACE;
    making = make_usual();
    assert_ok(provar_builder_write(making.builder, &to, NULL));
    making_free(&making);
    assert_int_equal(stat("a.par", &st), 0);
    assert_true(st.st_size > 1024);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_claim),
        cmocka_unit_test(test_claims_that_were_not_set),
        cmocka_unit_test(test_texts_that_are_refused),
        cmocka_unit_test(test_the_longest_texts_are_written),
        cmocka_unit_test(test_the_longest_token),
        cmocka_unit_test(test_what_a_write_needs),
        cmocka_unit_test(test_times_that_are_refused),
        cmocka_unit_test(test_a_key_of_another_kind),
        cmocka_unit_test(test_signing_callbacks),
        cmocka_unit_test(test_nothing_wrong_is_signed),
        cmocka_unit_test(test_the_same_inputs_give_the_same_bytes),
        cmocka_unit_test(test_headers_and_order),
        cmocka_unit_test(test_source_date_epoch),
        cmocka_unit_test(test_compression),
        cmocka_unit_test(test_the_token_is_there_after_the_write),
        cmocka_unit_test(test_a_failed_write_is_the_last),
        test_in_temp_dir(test_outputs),
        test_in_temp_dir(test_what_stands_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
