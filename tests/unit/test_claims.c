/* Tests the claims in memory: the list of hashes, the texts, and unknown claims. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/claims.h"

#include "claims/claims.h"

static void set_hash(struct provar_claims *claims, const char *name, const char *hex) {
    assert_int_equal(pv_claims_set_hash(claims, pv_str_of(name), hex, NULL), PROVAR_OK);
}

static void add_hash(struct provar_claims *claims, const char *name) {
    assert_int_equal(pv_claims_add_hash(claims, pv_str_of(name), PV_STR(TEST_HASH), NULL), PROVAR_OK);
}

static void expect_names(const struct provar_claims *claims, const char *const *names, size_t count) {
    assert_int_equal(claims->hash_count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(claims->hashes[i].name, names[i]);
}

static void sorts_by_the_bytes_of_names(void **state) {
    static const char *const names[] = {"B-x", "a", "a-x", "a.x", "aa", "world.wasm", "x86_64-linux"};
    static const size_t order[] = {4, 0, 6, 2, 5, 1, 3};
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    (void)state;
    for (size_t i = 0; i < COUNT(order); i++)
        set_hash(claims, names[order[i]], TEST_HASH);
    expect_names(claims, names, COUNT(names));
}

static void sorts_a_list_that_was_read_unsorted(void **state) {
    static const char *const read[] = {"c", "a", "b"}, *const sorted[] = {"a", "b", "c"};
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    (void)state;
    for (size_t i = 0; i < COUNT(read); i++)
        add_hash(claims, read[i]);
    expect_names(claims, read, COUNT(read));
    set_hash(claims, "b", OTHER_HASH);
    expect_names(claims, sorted, COUNT(sorted));
    assert_string_equal(pv_claims_hash(claims, PV_STR("b"))->hex, OTHER_HASH);
    assert_string_equal(pv_claims_hash(claims, PV_STR("a"))->hex, TEST_HASH);
}

static void finds_exact_names_only(void **state) {
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    (void)state;
    add_hash(claims, "x86_64-linux");
    assert_non_null(pv_claims_hash(claims, PV_STR("x86_64-linux")));
    assert_null(pv_claims_hash(claims, PV_STR("X86_64-linux")));
    assert_null(pv_claims_hash(claims, PV_STR("x86_64-linu")));
    assert_null(pv_claims_hash(claims, PV_STR("x86_64-linux\0")));
    assert_null(pv_claims_hash(claims, PV_STR("")));
}

static void removes_without_reordering(void **state) {
    static const char *const left[] = {"c", "b"};
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    (void)state;
    add_hash(claims, "c");
    add_hash(claims, "a");
    add_hash(claims, "b");
    pv_claims_remove_hash(claims, PV_STR("A"));
    assert_int_equal(claims->hash_count, 3);
    pv_claims_remove_hash(claims, PV_STR("a"));
    expect_names(claims, left, COUNT(left));
    pv_claims_remove_hash(claims, PV_STR("b"));
    pv_claims_remove_hash(claims, PV_STR("c"));
    pv_claims_remove_hash(claims, PV_STR("c"));
    assert_int_equal(claims->hash_count, 0);
}

static void expect_set(struct provar_claims *claims, const char *name, const char *hex, enum provar_result wanted) {
    struct provar_error err = {0};
    expect_result(name, pv_claims_set_hash(claims, pv_str_of(name), hex, &err), wanted, &err);
}

static void refuses_entries_that_could_not_be_read_again(void **state) {
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    (void)state;
    expect_set(claims, "x86_64-linux", TEST_HASH, PROVAR_OK);
    expect_set(claims, "X86_64-linux", TEST_HASH, PROVAR_E_CLAIMS);
    expect_set(claims, "claims", TEST_HASH, PROVAR_E_CLAIMS);
    expect_set(claims, "world", TEST_HASH, PROVAR_E_CLAIMS);
    expect_set(claims, "a/b", TEST_HASH, PROVAR_E_CLAIMS);
    expect_set(claims, "aarch64-linux", "", PROVAR_E_CLAIMS);
    expect_set(claims, "x86_64-linux", "7291dc06", PROVAR_E_CLAIMS);
    assert_int_equal(claims->hash_count, 1);
    assert_string_equal(claims->hashes[0].hex, TEST_HASH);
    assert_int_equal(pv_claims_add_hash(claims, PV_STR("x86_64-linux"), PV_STR(TEST_HASH), NULL), PROVAR_E_CLAIMS);
}

static void counts_targets_without_the_world(void **state) {
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    (void)state;
    for (int i = 0; i < PV_MAX_TARGETS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "t%d", i);
        set_hash(claims, name, TEST_HASH);
    }
    expect_set(claims, "one-more", TEST_HASH, PROVAR_E_LIMIT);
    expect_set(claims, "t0", OTHER_HASH, PROVAR_OK);
    expect_set(claims, "world.wasm", TEST_HASH, PROVAR_OK);
    expect_set(claims, "one-more", TEST_HASH, PROVAR_E_LIMIT);
    assert_int_equal(claims->hash_count, PV_MAX_TARGETS + 1);
    pv_claims_remove_hash(claims, PV_STR("t1"));
    expect_set(claims, "one-more", TEST_HASH, PROVAR_OK);
}

static void sets_and_clears_texts(void **state) {
    char *field = NULL;
    (void)state;
    assert_int_equal(pv_claims_set_text(&field, PV_STR("first"), NULL), PROVAR_OK);
    assert_int_equal(pv_claims_set_text(&field, pv_str("second and more", 6), NULL), PROVAR_OK);
    assert_string_equal(field, "second");
    assert_int_equal(pv_claims_set_text(&field, PV_STR("a\0b"), NULL), PROVAR_E_USAGE);
    assert_int_equal(pv_claims_set_text(&field, PV_STR("\xc0\xaf"), NULL), PROVAR_E_USAGE);
    assert_string_equal(field, "second");
    assert_int_equal(pv_claims_set_text(&field, PV_STR(""), NULL), PROVAR_OK);
    assert_string_equal(field, "");
    assert_int_equal(pv_claims_set_text(&field, pv_str(NULL, 0), NULL), PROVAR_OK);
    assert_null(field);
}

/* ---------------------------------------------------------------- unknown claims */

static struct provar_claims *decode(const struct payload *payload,
                                    enum provar_result (*how)(struct pv_str, struct provar_claims **,
                                                              struct provar_error *)) {
    struct provar_claims *claims = NULL;
    struct provar_error err = {0};
    struct pv_buf text;
    build_payload(&text, payload);
    /* To the byte: whatever is read or kept behind it is seen by a sanitizer. */
    struct pv_str copy = exact_copy(pv_buf_str(&text));
    expect_result(copy.text, how(copy, &claims, &err), PROVAR_OK, &err);
    free((void *)copy.text);
    pv_buf_release(&text);
    return claims;
}

static enum provar_result without_unknown(struct pv_str payload, struct provar_claims **claims,
                                          struct provar_error *err) {
    return pv_claims_decode_subject(payload, PROVAR_KEY_SERVICE, claims, err);
}

static void expect_encoded(const struct provar_claims *claims, const struct provar_claims *wanted) {
    PV_AUTO_BUF struct pv_buf out;
    PV_AUTO_BUF struct pv_buf due;
    pv_buf_init(&out, PV_MIB);
    pv_buf_init(&due, PV_MIB);
    assert_int_equal(pv_claims_encode(claims, &out, NULL), PROVAR_OK);
    assert_int_equal(pv_claims_encode(wanted, &due, NULL), PROVAR_OK);
    assert_string_equal((const char *)out.data, (const char *)due.data);
}

/* Members are handed on before the end is known: the last value of a cut payload has nothing behind it. */
static void a_payload_may_end_behind_a_value(void **state) {
    static const char *const cut[] = {"{\"d\":3.5", "{\"\":0", "{\"d\":[1]", "{\"d\":\"x\"", "{\"wascap\":{\"d\":null"};
    (void)state;
    for (size_t i = 0; i < COUNT(cut); i++) {
        struct provar_claims *claims = NULL;
        struct provar_error err = {0};
        expect_result(cut[i], pv_claims_decode(pv_str_of(cut[i]), &claims, &err), PROVAR_E_CLAIMS, &err);
        assert_null(claims);
    }
}

/* All else, and the schema, is there; and what was dropped is not written. */
static void unknown_claims_can_be_left_out(void **state) {
    struct payload payload = good_payload();
    payload.config_schema = "{\"a\":1}";
    PV_AUTO_CLAIMS struct provar_claims *plain = decode(&payload, pv_claims_decode);
    (void)state;
    payload.members = "\"aud\" : [1.10] , \"b\":0";
    payload.wascap_members = "\"foo\":\"\\u0041\" , \"\" :1";
    PV_AUTO_CLAIMS struct provar_claims *judged = decode(&payload, without_unknown);
    PV_AUTO_CLAIMS struct provar_claims *kept = decode(&payload, pv_claims_decode);
    assert_int_equal(judged->top_unknown.count + judged->wascap_unknown.count, 0);
    assert_string_equal(judged->schema, "{\"a\":1}");
    expect_encoded(judged, plain);
    assert_int_equal(kept->top_unknown.count, 2);
    assert_string_equal(kept->wascap_unknown.list[0].value_text, "\"\\u0041\"");
    assert_string_equal(kept->wascap_unknown.list[1].key_text, "\"\"");
    for (int i = 0; i < 2; i++) {
        pv_claims_drop_unknown(kept);
        assert_int_equal(kept->top_unknown.count + kept->wascap_unknown.count, 0);
        expect_encoded(kept, plain);
    }
}

/* The shortest that there are, each with its own name, and as many as a document may have. */
static void keeps_every_unknown_claim(void **state) {
    enum { KNOWN = 12, COUNT_OF_ALL = PV_MAX_JSON_MEMBERS - KNOWN };
    PV_AUTO_BUF struct pv_buf members;
    (void)state;
    pv_buf_init(&members, PV_MIB);
    for (unsigned i = 0; i < COUNT_OF_ALL; i++) {
        char member[24];
        (void)snprintf(member, sizeof member, "%s\"%x\":%u", i > 0 ? "," : "", i, i % 10);
        add_text(&members, member);
    }
    struct payload payload = good_payload();
    payload.members = (const char *)members.data;
    PV_AUTO_CLAIMS struct provar_claims *claims = decode(&payload, pv_claims_decode);
    assert_int_equal(claims->top_unknown.count, COUNT_OF_ALL);
    for (unsigned i = 0; i < COUNT_OF_ALL; i++) {
        char key[16], value[2] = {(char)('0' + i % 10), 0};
        (void)snprintf(key, sizeof key, "\"%x\"", i);
        assert_string_equal(claims->top_unknown.list[i].key_text, key);
        assert_string_equal(claims->top_unknown.list[i].value_text, value);
    }
}

static void frees_nothing_and_everything(void **state) {
    (void)state;
    pv_claims_free(NULL);
    pv_claims_free(pv_claims_new());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_by_the_bytes_of_names),
        cmocka_unit_test(sorts_a_list_that_was_read_unsorted),
        cmocka_unit_test(finds_exact_names_only),
        cmocka_unit_test(removes_without_reordering),
        cmocka_unit_test(refuses_entries_that_could_not_be_read_again),
        cmocka_unit_test(counts_targets_without_the_world),
        cmocka_unit_test(sets_and_clears_texts),
        cmocka_unit_test(a_payload_may_end_behind_a_value),
        cmocka_unit_test(unknown_claims_can_be_left_out),
        cmocka_unit_test(keeps_every_unknown_claim),
        cmocka_unit_test(frees_nothing_and_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
