/* Tests of store/layout/layout_links: what a document of any kind is said to name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/layout/layout_links.h"

#define A     "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B     "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define IMAGE "application/vnd.oci.image.manifest.v1+json"

/* The digests' first letters, each with the kind of its link. */
struct links {
    char text[64];
};

static enum provar_result note(void *user, const struct pv_digest *digest, enum pv_layout_link link,
                               struct provar_error *err) {
    static const char *const kinds[] = {"blob", "subject", "foreign", "document"};
    struct links *links = user;
    size_t used = strlen(links->text);
    (void)err;
    (void)snprintf(links->text + used, sizeof links->text - used, "%c %s;", digest->text[7], kinds[link]);
    return PROVAR_OK;
}

static void expect_links(const char *json, const char *expected) {
    struct links links = {""};
    struct provar_error err = {0};
    if (pv_layout_links_each(pv_str_of(json), note, &links, &err) != PROVAR_OK)
        fail_msg("%s: %s", json, err.message);
    assert_string_equal(links.text, expected);
}

static void expect_failure(const char *json, enum provar_result code) {
    struct links links = {""};
    struct provar_error err = {0};
    assert_int_equal(pv_layout_links_each(pv_str_of(json), note, &links, &err), code);
    assert_int_equal(err.code, code);
}

/* Each of them is found once more as a text that is a digest. */
static void knows_the_members_of_every_kind(void **state) {
    (void)state;
    expect_links("{\"manifests\":[{\"digest\":\"" A "\"}]}", "a document;a blob;");
    expect_links("{\"manifests\":[{\"mediaType\":\"" IMAGE "\",\"digest\":\"" A "\"}]}", "a document;a blob;");
    expect_links("{\"manifests\":[{\"mediaType\":\"x/y\",\"digest\":\"" A "\"}]}", "a foreign;a blob;");
    expect_links("{\"subject\":{\"mediaType\":\"" IMAGE "\",\"digest\":\"" A "\"}}", "a subject;a blob;");
    expect_links("{\"config\":{\"digest\":\"" A "\"},\"layers\":[{\"digest\":\"" B "\"}]}",
                 "a blob;b blob;a blob;b blob;");
    expect_links("{\"layers\" : [ {\"digest\":\"" A "\",\"mediaType\":\"" IMAGE "\"} ]}", "a document;a blob;");
    expect_links("{\"blobs\":[{\"digest\":\"" A "\"}]}", "a blob;a blob;");
    expect_links("{\"manifests\":null,\"layers\":null,\"subject\":null}", "");
}

static void finds_digests_wherever_they_stand(void **state) {
    (void)state;
    expect_links("{\"x\":{\"y\":[[\"" A "\"]]},\"" B "\":1}", "a blob;b blob;");
    expect_links("{\"x\":\"\\\"" A "\",\"y\":\"\\\\\",\"z\":\"" B "\"}", "b blob;");
    expect_links("{\"x\":\"" A "a\",\"y\":\" " B "\"}", "");
    /* An escape is read where a descriptor has it. */
    expect_links(
        "{\"config\":{\"digest\":\"sha256\\u003abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}}",
        "b blob;");
}

/* Only an index is one for its list; a config blob may have members of the same names. */
static void takes_other_shapes_where_they_mean_nothing(void **state) {
    (void)state;
    expect_links("{\"config\":{\"digest\":7},\"layers\":[1,\"" A "\",{}],\"blobs\":{\"digest\":\"" B "\"}}",
                 "a blob;b blob;");
    expect_links("{\"config\":[],\"layers\":{},\"subject\":\"x\"}", "");
    expect_links("{\"layers\":[{\"digest\":\"sha512:0\"}],\"subject\":{\"digest\":\"sha512:0\"}}", "");
    expect_failure("{\"manifests\":{}}", PROVAR_E_REGISTRY);
    expect_failure("{\"manifests\":[1]}", PROVAR_E_REGISTRY);
    expect_failure("{\"manifests\":[{}]}", PROVAR_E_REGISTRY);
    expect_failure("{\"manifests\":[{\"digest\":7}]}", PROVAR_E_REGISTRY);
    expect_failure("{\"manifests\":[{\"digest\":\"sha512:0\"}]}", PROVAR_E_REGISTRY);
    expect_failure("{\"layers\":[{\"mediaType\":\"" IMAGE "\",\"digest\":\"sha512:0\"}]}", PROVAR_E_REGISTRY);
    expect_failure("{\"a\":1,\"a\":2}", PROVAR_E_REGISTRY);
    expect_failure("[]", PROVAR_E_REGISTRY);
    expect_failure("", PROVAR_E_REGISTRY);
}

static enum provar_result refuse(void *user, const struct pv_digest *digest, enum pv_layout_link link,
                                 struct provar_error *err) {
    (void)user;
    (void)digest;
    return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET, "%d", (int)link);
}

static void ends_with_the_result_of_the_callback(void **state) {
    (void)state;
    struct provar_error err = {0};
    const struct pv_str texts[] = {PV_STR("{\"x\":\"" A "\"}"), PV_STR("{\"subject\":{\"digest\":\"" A "\"}}")};
    for (size_t i = 0; i < 2; i++) {
        assert_fails(pv_layout_links_each(texts[i], refuse, NULL, &err), PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
        assert_string_equal(err.message, i == 0 ? "0" : "1");
        provar_error_clear(&err);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_members_of_every_kind),
        cmocka_unit_test(finds_digests_wherever_they_stand),
        cmocka_unit_test(takes_other_shapes_where_they_mean_nothing),
        cmocka_unit_test(ends_with_the_result_of_the_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
