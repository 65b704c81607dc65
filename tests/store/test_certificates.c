/* Unit tests of store/certificates: files in PEM, and docker's directories of them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "store/http/certificates.h"

#define CERTIFICATE(name) "-----BEGIN CERTIFICATE-----\n" name "\n-----END CERTIFICATE-----\n"

static void write_text(const char *name, const char *text) {
    temp_dir_write(name, text, strlen(text));
}

static void make_directory(const char *name) {
    assert_int_equal(mkdir(name, 0755), 0);
}

static void appends_what_holds_certificates(void **state) {
    struct pv_buf authorities;
    (void)state;
    pv_buf_init(&authorities, PV_MAX_CERTIFICATES);
    write_text("one", CERTIFICATE("one"));
    write_text("two", "# in words\n-----BEGIN TRUSTED CERTIFICATE-----\ntwo");
    assert_ok(pv_certificates_append(&authorities, PV_STR("one"), NULL));
    assert_ok(pv_certificates_append(&authorities, PV_STR("two"), NULL));
    assert_string_equal((const char *)authorities.data,
                        CERTIFICATE("one") "\n# in words\n-----BEGIN TRUSTED CERTIFICATE-----\ntwo\n");
    pv_buf_release(&authorities);
}

static void refuses_files_without_one(void **state) {
    static const char *const texts[] = {"", "x", "-----BEGIN PRIVATE KEY-----\n", "\x30\x82\x01\x0a"};
    struct pv_buf authorities;
    struct provar_error err = {0};
    (void)state;
    pv_buf_init(&authorities, PV_MAX_CERTIFICATES);
    write_text("good", CERTIFICATE("good"));
    assert_ok(pv_certificates_append(&authorities, PV_STR("good"), NULL));
    size_t len = authorities.len;
    for (size_t i = 0; i < array_length(texts); i++) {
        err = (struct provar_error){0};
        write_text("bad", texts[i]);
        assert_fails(pv_certificates_append(&authorities, PV_STR("bad"), &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_non_null(strstr(err.message, "'bad'"));
        assert_int_equal(authorities.len, len);
    }
    err = (struct provar_error){0};
    assert_fails(pv_certificates_append(&authorities, PV_STR("missing"), &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    err = (struct provar_error){0};
    assert_fails(pv_certificates_append(&authorities, PV_STR("."), &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    pv_buf_release(&authorities);
}

static void files_end_at_the_limit(void **state) {
    static char text[PV_MAX_CERTIFICATES + 1];
    static const char front[] = CERTIFICATE("a");
    (void)state;
    memset(text, '\n', sizeof text);
    memcpy(text, front, sizeof front - 1);
    for (size_t more = 0; more <= 1; more++) {
        struct pv_buf authorities;
        struct provar_error err = {0};
        pv_buf_init(&authorities, 2 * PV_MAX_CERTIFICATES);
        temp_dir_write("large", text, (size_t)PV_MAX_CERTIFICATES + more);
        enum provar_result result = pv_certificates_append(&authorities, PV_STR("large"), &err);
        if (more == 0)
            assert_ok(result);
        else
            assert_fails(result, PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
        pv_buf_release(&authorities);
    }
}

static struct pv_certificates found_in(const char *directories, const char *registry) {
    struct pv_certificates found;
    assert_ok(pv_certificates_find(pv_str_of(directories), registry, &found, NULL));
    return found;
}

static void nothing_found_in(const char *directories, const char *registry) {
    struct pv_certificates found = found_in(directories, registry);
    assert_int_equal(found.authorities.len, 0);
    assert_null(found.cert_file);
    assert_null(found.key_file);
    pv_certificates_release(&found);
}

/* threats: row 238, for certificates: the port belongs to the name. */
static void finds_the_directory_of_a_registry(void **state) {
    (void)state;
    make_directory("first");
    make_directory("second");
    make_directory("second/r.example:5000");
    write_text("second/r.example:5000/a.crt", CERTIFICATE("a"));
    write_text("second/r.example:5000/b.crt", CERTIFICATE("b"));
    write_text("second/r.example:5000/z.cert", "z");
    write_text("second/r.example:5000/c.cert", "c");
    write_text("second/r.example:5000/c.key", "key");
    write_text("second/r.example:5000/README", "text");
    struct pv_certificates found = found_in("missing::first:second:third", "r.example:5000");
    assert_non_null(strstr((const char *)found.authorities.data, CERTIFICATE("a")));
    assert_non_null(strstr((const char *)found.authorities.data, CERTIFICATE("b")));
    assert_null(strstr((const char *)found.authorities.data, "text"));
    assert_string_equal(found.cert_file, "second/r.example:5000/c.cert");
    assert_string_equal(found.key_file, "second/r.example:5000/c.key");
    pv_certificates_release(&found);

    nothing_found_in("second", "r.example");
    nothing_found_in("second", "r.example:500");
    nothing_found_in("second", "r.example:50000");
    nothing_found_in("second", "x.r.example:5000");
    nothing_found_in("first", "r.example:5000");
    nothing_found_in("", "r.example:5000");
    /* An empty one is not the root directory, in which there is an etc. */
    make_directory("second/etc");
    write_text("second/etc/a.crt", CERTIFICATE("etc"));
    found = found_in("::second", "etc");
    assert_string_equal((const char *)found.authorities.data, CERTIFICATE("etc") "\n");
    pv_certificates_release(&found);
}

static void the_first_directory_decides(void **state) {
    (void)state;
    make_directory("first");
    make_directory("first/r.example");
    make_directory("second");
    make_directory("second/r.example");
    write_text("second/r.example/a.crt", CERTIFICATE("second"));
    nothing_found_in("first:second", "r.example");
    write_text("first/r.example/a.crt", CERTIFICATE("first"));
    struct pv_certificates found = found_in("first:second", "r.example");
    assert_string_equal((const char *)found.authorities.data, CERTIFICATE("first") "\n");
    pv_certificates_release(&found);
    found = found_in("second:first", "r.example");
    assert_string_equal((const char *)found.authorities.data, CERTIFICATE("second") "\n");
    pv_certificates_release(&found);
}

static void what_is_there_must_be_good(void **state) {
    struct pv_certificates found = {0};
    struct provar_error err = {0};
    (void)state;
    make_directory("certs");
    make_directory("certs/r.example");
    write_text("certs/r.example/a.crt", "no certificate");
    assert_fails(pv_certificates_find(PV_STR("certs"), "r.example", &found, &err), PROVAR_E_USAGE, err,
                 PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "certs/r.example/a.crt"));
    assert_null(found.authorities.data);
    err = (struct provar_error){0};
    assert_int_equal(unlink("certs/r.example/a.crt"), 0);
    assert_int_equal(symlink("missing", "certs/r.example/a.crt"), 0);
    assert_fails(pv_certificates_find(PV_STR("certs"), "r.example", &found, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    err = (struct provar_error){0};
    assert_int_equal(symlink("loop", "certs/loop"), 0);
    assert_fails(pv_certificates_find(PV_STR("certs"), "loop", &found, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    write_text("certs/file", "x");
    nothing_found_in("certs", "file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(appends_what_holds_certificates), test_in_temp_dir(refuses_files_without_one),
        test_in_temp_dir(files_end_at_the_limit),          test_in_temp_dir(finds_the_directory_of_a_registry),
        test_in_temp_dir(the_first_directory_decides),     test_in_temp_dir(what_is_there_must_be_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
