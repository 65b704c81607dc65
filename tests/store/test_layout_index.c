/* Tests of store/layout_index: what index.json names, and that only what is meant is changed in it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/layout/layout_index.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES  "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS  "2222222222222222222222222222222222222222222222222222222222222222"

#define ENTRY(hex, name)                                                                                               \
    "{\"mediaType\":\"a/b\",\"digest\":\"sha256:" hex "\",\"size\":7,\"annotations\":{\"" PV_ANNOTATION_REF_NAME       \
    "\":\"" name "\"}}"

static struct pv_named named_of(const char *hex) {
    struct pv_named named = {.size = 9, .media_type = PV_MEDIA_OCI_MANIFEST};
    (void)snprintf(named.digest.text, sizeof named.digest.text, "sha256:%s", hex);
    return named;
}

/* Puts a manifest under tags; what comes out is the text that is expected, NULL for a document that stays. */
static void put(const char *json, const char *hex, const struct pv_str *tags, size_t count, const char *expected) {
    PV_AUTO_BUF struct pv_buf out;
    struct provar_error err = {0};
    struct pv_named named = named_of(hex);
    struct pv_tags list = {.list = tags, .count = count};
    bool changed = false;
    pv_buf_init(&out, PV_MAX_MANIFEST_SIZE);
    assert_ok(pv_layout_index_put(pv_str_of(json), &named, &list, &out, &changed, &err));
    assert_int_equal(changed, expected != NULL);
    assert_string_equal(out.data && out.len > 0 ? (const char *)out.data : "", expected ? expected : "");
}

#define NEW(hex) "{\"digest\":\"sha256:" hex "\",\"mediaType\":\"" PV_MEDIA_OCI_MANIFEST "\",\"size\":9}"
#define NEW_TAGGED(hex, name)                                                                                          \
    "{\"digest\":\"sha256:" hex "\",\"mediaType\":\"" PV_MEDIA_OCI_MANIFEST                                            \
    "\",\"size\":9,\"annotations\":{\"" PV_ANNOTATION_REF_NAME "\":\"" name "\"}}"

/* LAY-3. */
static void adds_what_is_new(void **state) {
    (void)state;
    const struct pv_str tags[] = {PV_STR("a"), PV_STR("b")};
    put("{}", ONES, NULL, 0, "{\"manifests\":[" NEW(ONES) "]}");
    put("{\"manifests\":[]}", ONES, tags, 2, "{\"manifests\":[" NEW_TAGGED(ONES, "a") "," NEW_TAGGED(ONES, "b") "]}");
    put("{ \"x\" : [1] ,\"manifests\": [ ],\"y\":null}", ONES, tags, 1,
        "{\"x\":[1],\"manifests\":[" NEW_TAGGED(ONES, "a") "],\"y\":null}");
    put("{\"x\":1}", ONES, NULL, 0, "{\"x\":1,\"manifests\":[" NEW(ONES) "]}");
}

static void changes_nothing_twice(void **state) {
    (void)state;
    const struct pv_str tags[] = {PV_STR("a"), PV_STR("b")};
    put("{\"manifests\":[" ENTRY(ONES, "a") "]}", ONES, tags, 1, NULL);
    put("{\"manifests\":[" ENTRY(ONES, "a") "]}", ONES, NULL, 0, NULL);
    put("{\"manifests\":[" ENTRY(ONES, "a") "]}", ONES, tags, 2,
        "{\"manifests\":[" ENTRY(ONES, "a") "," NEW_TAGGED(ONES, "b") "]}");
}

/* LAY-3, LAY-4. */
static void moves_a_tag_and_keeps_the_rest(void **state) {
    (void)state;
    const struct pv_str tag = PV_STR("a");
    put("{\"manifests\":[" ENTRY(TWOS, "c") "," ENTRY(ONES, "a") "]}", ZEROS, &tag, 1,
        "{\"manifests\":[" ENTRY(TWOS, "c") ",{\"mediaType\":\"a/b\",\"digest\":\"sha256:" ONES
                                            "\",\"size\":7,\"annotations\":{}}," NEW_TAGGED(ZEROS, "a") "]}");
    put("{\"manifests\":[{\"annotations\":{\"k\" :\"\\u0041\", \"" PV_ANNOTATION_REF_NAME
        "\":\"\\u0061\",\"l\":\"\"},\"digest\":\"sha256:" ONES "\",\"size\":7 }]}",
        ZEROS, &tag, 1,
        "{\"manifests\":[{\"annotations\":{\"k\":\"\\u0041\",\"l\":\"\"},\"digest\":\"sha256:" ONES
        "\",\"size\":7}," NEW_TAGGED(ZEROS, "a") "]}");
}

static void keeps_a_tag_that_is_kept(void **state) {
    (void)state;
    const struct pv_str tags[] = {PV_STR("a"), PV_STR("b")};
    const struct pv_str json = PV_STR("{\"manifests\":[" ENTRY(ONES, "a") "," ENTRY(ONES, "b") "]}");
    PV_AUTO_BUF struct pv_buf out;
    struct provar_error err = {0};
    struct pv_named other = named_of(TWOS), same = named_of(ONES);
    bool changed = false;
    pv_buf_init(&out, PV_MAX_MANIFEST_SIZE);
    struct pv_tags list = {.list = tags, .count = 2, .kept = 1};
    assert_fails(pv_layout_index_put(json, &other, &list, &out, &changed, &err), PROVAR_E_REGISTRY, err,
                 PROVAR_NO_OFFSET);
    assert_int_equal(out.len, 0);
    assert_ok(pv_layout_index_put(json, &same, &list, &out, &changed, NULL));
    assert_false(changed);
    /* Only the first is kept: the second may move. */
    const struct pv_str swapped[] = {PV_STR("c"), PV_STR("b")};
    list.list = swapped;
    assert_ok(pv_layout_index_put(json, &other, &list, &out, &changed, NULL));
    assert_true(changed);
}

static enum provar_result resolve(const char *json, const char *tag, const char *hex, struct pv_named *found,
                                  struct provar_error *err) {
    struct pv_digest digest = {0};
    if (hex)
        digest = named_of(hex).digest;
    return pv_layout_index_resolve(pv_str_of(json), pv_str_of(tag), &digest, found, err);
}

/* LAY-4. */
static void resolves(void **state) {
    (void)state;
    static const char two[] = "{\"manifests\":[" ENTRY(ONES, "a") "," ENTRY(TWOS, "b") "]}";
    static const char one[] = "{\"manifests\":[" ENTRY(ONES, "a") "," ENTRY(ONES, "b") "]}";
    struct pv_named found = {0};
    struct provar_error err = {0};
    assert_ok(resolve(two, "b", NULL, &found, &err));
    assert_string_equal(found.digest.text, "sha256:" TWOS);
    assert_int_equal(found.size, 7);
    assert_string_equal(found.media_type, "a/b");
    assert_ok(resolve(two, "b", ONES, &found, &err));
    assert_string_equal(found.digest.text, "sha256:" ONES);
    assert_ok(resolve(one, "", NULL, &found, &err));
    assert_fails(resolve(two, "", NULL, &found, &err), PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(resolve(two, "c", NULL, &found, &err), PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "(its tags: a, b)"));
    provar_error_clear(&err);
    assert_fails(resolve(two, "a", ZEROS, &found, &err), PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(resolve("{}", "", NULL, &found, &err), PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "no manifest in the layout");
    provar_error_clear(&err);
    static const char twice[] = "{\"manifests\":[" ENTRY(ONES, "a") "," ENTRY(TWOS, "a") "]}";
    assert_fails(resolve(twice, "a", NULL, &found, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
}

/* What a tag ends with is no end of the message: its own full stop would be one. */
static void tells_the_tags_within_the_message(void **state) {
    (void)state;
    static const char json[] = "{\"manifests\":[" ENTRY(ONES, "v1.") "," ENTRY(TWOS, "b.") "]}";
    struct pv_named found = {0};
    struct provar_error err = {0};
    assert_fails(resolve(json, "", NULL, &found, &err), PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "several manifests in the layout (its tags: v1., b.); name a tag");
    provar_error_clear(&err);
    assert_fails(resolve(json, "c", NULL, &found, &err), PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "no tag 'c' in the layout (its tags: v1., b.)");
}

/* LAY-2: a digest of another kind, under a tag of its own, is in nobody's way. */
static void leaves_unknown_digests_alone(void **state) {
    (void)state;
    static const char json[] =
        "{\"manifests\":[{\"digest\":\"sha512:00\",\"size\":1,\"annotations\":{\"" PV_ANNOTATION_REF_NAME
        "\":\"x\"}}," ENTRY(ONES, "a") "]}";
    struct pv_named found = {0};
    struct provar_error err = {0};
    assert_ok(resolve(json, "a", NULL, &found, &err));
    assert_fails(resolve(json, "x", NULL, &found, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
}

static void limits_the_length_of_media_types(void **state) {
    (void)state;
    char json[600], type[PV_MAX_MEDIA_TYPE + 2];
    struct pv_named found = {0};
    struct provar_error err = {0};
    memset(type, 'a', sizeof type);
    for (int more = 0; more < 2; more++) {
        (void)snprintf(json, sizeof json,
                       "{\"manifests\":[{\"digest\":\"sha256:" ONES "\",\"size\":1,\"mediaType\":\"%.*s\"}]}",
                       PV_MAX_MEDIA_TYPE + more, type);
        enum provar_result result = resolve(json, "", NULL, &found, &err);
        if (more)
            assert_fails(result, PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
        else
            assert_ok(result);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_what_is_new),
        cmocka_unit_test(changes_nothing_twice),
        cmocka_unit_test(moves_a_tag_and_keeps_the_rest),
        cmocka_unit_test(keeps_a_tag_that_is_kept),
        cmocka_unit_test(resolves),
        cmocka_unit_test(tells_the_tags_within_the_message),
        cmocka_unit_test(leaves_unknown_digests_alone),
        cmocka_unit_test(limits_the_length_of_media_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
