/* Tests of store/content: bytes are hashed as they pass, and an end that comes too early is a fault of the store. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/image/content.h"

enum { LONG = 2 * PV_BLOCK + 3 };

struct taken {
    uint8_t bytes[LONG];
    size_t len;
    unsigned calls, stop_at;
};

static enum provar_result take(void *user, const void *data, size_t len, struct provar_error *err) {
    struct taken *taken = user;
    assert_true(len <= sizeof taken->bytes - taken->len);
    memcpy(taken->bytes + taken->len, data, len);
    taken->len += len;
    return ++taken->calls == taken->stop_at ? pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "enough") : PROVAR_OK;
}

static void hashes_and_hands_on_every_byte(void **state) {
    (void)state;
    PV_AUTO_FREE struct taken *taken = calloc(1, sizeof *taken);
    PV_AUTO_FREE char *text = malloc(LONG);
    assert_true(taken && text);
    for (size_t i = 0; i < LONG; i++)
        text[i] = (char)(i % 251);
    struct pv_str bytes = pv_str(text, LONG);
    struct pv_content content = pv_content_memory(&bytes);
    struct pv_digest found, due;
    assert_ok(pv_digest_of(text, LONG, &due, NULL));
    assert_ok(pv_content_read(&content, take, taken, &found, NULL));
    assert_int_equal(taken->calls, 3);
    assert_memory_equal(taken->bytes, text, LONG);
    assert_ok(pv_content_compare(&due, &found, NULL));
    text[LONG - 1] ^= 1;
    struct provar_error err = {0};
    assert_ok(pv_content_read(&content, NULL, NULL, &found, NULL));
    assert_fails(pv_content_compare(&due, &found, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
}

static void stops_where_it_is_told_to(void **state) {
    (void)state;
    PV_AUTO_FREE struct taken *taken = calloc(1, sizeof *taken);
    struct pv_str bytes = PV_STR("bytes");
    struct pv_content content = pv_content_memory(&bytes);
    struct pv_digest found = {"untouched"};
    struct provar_error err = {0};
    assert_non_null(taken);
    taken->stop_at = 1;
    assert_fails(pv_content_read(&content, take, taken, &found, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_string_equal(found.text, "untouched");
}

/* A content that is shorter than it says must end, and not be asked for ever. */
static void an_early_end_is_a_fault(void **state) {
    (void)state;
    struct pv_str bytes = PV_STR("bytes");
    struct pv_content content = pv_content_memory(&bytes);
    struct pv_digest found;
    struct provar_error err = {0};
    content.size = bytes.len + 1;
    assert_fails(pv_content_read(&content, NULL, NULL, &found, &err), PROVAR_E_REGISTRY, err, bytes.len);
    content.size = 0;
    assert_ok(pv_content_read(&content, NULL, NULL, &found, NULL));
}

/* A content that has a better way than read_at is read by it. */
static enum provar_result give_in_parts(void *user, pv_take_fn take_part, void *taker, struct provar_error *err) {
    const struct pv_str *bytes = user;
    enum provar_result result = take_part(taker, bytes->text, 2, err);
    return result == PROVAR_OK ? take_part(taker, bytes->text + 2, bytes->len - 2, err) : result;
}

static void a_stream_is_taken_as_it_comes(void **state) {
    (void)state;
    PV_AUTO_FREE struct taken *taken = calloc(1, sizeof *taken);
    struct pv_str bytes = PV_STR("bytes");
    struct pv_content content = {.stream = give_in_parts, .user = &bytes, .size = bytes.len};
    struct pv_digest found, due;
    assert_non_null(taken);
    assert_ok(pv_digest_of(bytes.text, bytes.len, &due, NULL));
    assert_ok(pv_content_read(&content, take, taken, &found, NULL));
    assert_ok(pv_content_compare(&due, &found, NULL));
    assert_int_equal(taken->calls, 2);
    assert_memory_equal(taken->bytes, bytes.text, bytes.len);
    taken->len = 0;
    taken->stop_at = 3;
    assert_int_equal(pv_content_read(&content, take, taken, &found, NULL), PROVAR_E_IO);
    assert_int_equal(taken->calls, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_and_hands_on_every_byte),
        cmocka_unit_test(stops_where_it_is_told_to),
        cmocka_unit_test(an_early_end_is_a_fault),
        cmocka_unit_test(a_stream_is_taken_as_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
