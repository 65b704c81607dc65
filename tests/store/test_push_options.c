/* Tests of store/push_options: which tags and annotations follow from what a push is asked to do. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/push_options.h"

static const struct provar_push_options usual = {.size = sizeof usual};

static enum provar_result request(const char *reference, const struct provar_push_options *options,
                                  struct provar_error *err) {
    struct pv_push_request made;
    enum provar_result result = pv_push_request(options, pv_str_of(reference), &made, err);
    pv_push_request_release(&made);
    return result;
}

static void judges_latest_by_the_parsed_reference(void **state) {
    (void)state;
    struct provar_push_options allowed = usual, tagged = usual, by_revision = usual;
    const char *const tags[] = {"v1"};
    allowed.flags = PROVAR_PUSH_ALLOW_LATEST;
    by_revision.flags = PROVAR_PUSH_BY_REVISION;
    tagged.tags = tags;
    tagged.tag_count = 1;
    static const char *const latest[] = {"ghcr.io/a/b", "ghcr.io/a/b:latest", "localhost:5000/b"};
    for (size_t i = 0; i < array_length(latest); i++) {
        struct provar_error err = {0};
        assert_fails(request(latest[i], &usual, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_ok(request(latest[i], &allowed, NULL));
    }
    assert_ok(request("ghcr.io/a/b", &tagged, NULL));
    assert_ok(request("ghcr.io/a/b", &by_revision, NULL));
    assert_ok(request("ghcr.io/a/b:v1", &usual, NULL));
    assert_ok(request("oci:latest", &usual, NULL));
}

/* The tags of a request, joined by blanks, and how many of them must not move. */
static void expect_tags(const char *reference, const struct provar_push_options *options, const char *expected,
                        size_t kept) {
    struct pv_push_request made;
    char text[128] = "";
    assert_ok(pv_push_request(options, pv_str_of(reference), &made, NULL));
    assert_ok(pv_push_choose_tags(&made, options, true, 7, NULL));
    for (size_t i = 0; i < made.tags.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s ", (int)made.tags.list[i].len,
                       made.tags.list[i].text);
    assert_string_equal(text, expected);
    assert_int_equal(made.tags.kept, kept);
    pv_push_request_release(&made);
}

static void chooses_tags(void **state) {
    (void)state;
    const char *const tags[] = {"b", "a", "b"};
    struct provar_push_options options = usual;
    options.tags = tags;
    options.tag_count = 3;
    expect_tags("oci:s", &usual, "", 0);
    expect_tags("oci:s:a", &options, "a b ", 0);
    options.flags = PROVAR_PUSH_NO_CLOBBER;
    expect_tags("oci:s:c", &options, "c b a ", 3);
    options.flags = PROVAR_PUSH_BY_REVISION;
    expect_tags("oci:s:c", &options, "rev-7 c b a ", 1);
    options = usual;
    options.flags = PROVAR_PUSH_ALLOW_LATEST;
    expect_tags("ghcr.io/a/b", &options, "latest ", 0);
}

static void a_revision_tag_is_the_revisions_own(void **state) {
    (void)state;
    const char *const tags[] = {"b", "rev-7"};
    struct provar_push_options options = usual;
    struct pv_push_request made;
    struct provar_error err = {0};
    options.tags = tags;
    options.tag_count = 2;
    expect_tags("oci:s:rev-7", &usual, "rev-7 ", 1);
    expect_tags("oci:s:a", &options, "rev-7 a b ", 1);
    expect_tags("oci:s:rev-07", &usual, "rev-07 ", 0);
    assert_ok(pv_push_request(&options, PV_STR("oci:s"), &made, NULL));
    assert_fails(pv_push_choose_tags(&made, &options, true, 8, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    pv_push_request_release(&made);
    err = (struct provar_error){0};
    assert_ok(pv_push_request(&options, PV_STR("oci:s"), &made, NULL));
    assert_fails(pv_push_choose_tags(&made, &options, false, 0, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    pv_push_request_release(&made);
}

static void a_revision_is_needed_to_tag_by_it(void **state) {
    (void)state;
    struct provar_push_options options = usual;
    struct pv_push_request made;
    struct provar_error err = {0};
    options.flags = PROVAR_PUSH_BY_REVISION;
    assert_ok(pv_push_request(&options, PV_STR("oci:s"), &made, NULL));
    assert_fails(pv_push_choose_tags(&made, &options, false, 0, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    pv_push_request_release(&made);
    provar_error_clear(&err);
    assert_ok(pv_push_request(&options, PV_STR("oci:s"), &made, NULL));
    assert_fails(pv_push_choose_tags(&made, &options, true, -1, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    pv_push_request_release(&made);
}

static void limits_config_and_annotations(void **state) {
    (void)state;
    static const char byte;
    const char *given[PV_MAX_ANNOTATIONS];
    struct pv_annotation ours = {PV_STR("x"), PV_STR("1")}, list[PV_MAX_ANNOTATIONS];
    size_t count = 0;
    struct provar_push_options options = usual;
    struct provar_error err = {0};
    options.config = &byte;
    options.config_len = PV_MAX_MANIFEST_SIZE;
    assert_ok(request("oci:s:a", &options, NULL));
    options.config_len++;
    assert_fails(request("oci:s:a", &options, &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    for (size_t i = 0; i < array_length(given); i++)
        given[i] = "k=v";
    options.annotations = given;
    options.annotation_count = PV_MAX_ANNOTATIONS - 1;
    assert_ok(pv_push_annotations(&options, &ours, 1, list, &count, NULL));
    assert_int_equal(count, PV_MAX_ANNOTATIONS);
    options.annotation_count = PV_MAX_ANNOTATIONS;
    assert_fails(pv_push_annotations(&options, &ours, 1, list, &count, &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
}

static void knows_four_ways_of_uploading(void **state) {
    (void)state;
    struct provar_push_options options = usual;
    struct provar_error err = {0};
    options.upload = PROVAR_UPLOAD_PATCH;
    assert_ok(request("oci:s:a", &options, NULL));
    options.upload++;
    assert_fails(request("oci:s:a", &options, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
}

static void reads_revision_tags(void **state) {
    (void)state;
    static const char *const others[] = {"rev-", "rev-07", "rev--1", "rev-2147483648", "rev7", "REV-7", "rev-7 ", ""};
    int32_t revision = 0;
    assert_true(pv_revision_tag_parse(PV_STR("rev-0"), &revision));
    assert_int_equal(revision, 0);
    assert_true(pv_revision_tag_parse(PV_STR("rev-2147483647"), &revision));
    assert_int_equal(revision, INT32_MAX);
    for (size_t i = 0; i < array_length(others); i++)
        assert_false(pv_revision_tag_parse(pv_str_of(others[i]), &revision));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_latest_by_the_parsed_reference),
        cmocka_unit_test(chooses_tags),
        cmocka_unit_test(a_revision_tag_is_the_revisions_own),
        cmocka_unit_test(a_revision_is_needed_to_tag_by_it),
        cmocka_unit_test(limits_config_and_annotations),
        cmocka_unit_test(knows_four_ways_of_uploading),
        cmocka_unit_test(reads_revision_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
