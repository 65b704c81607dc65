/* Tests of base/error: first error wins, NULL is fine, a full text is cut at a character; names; notices. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/fail_alloc.h"

#include "internal.h"

static void every_result_has_its_own_name(void **state) {
    (void)state;
    for (int i = PROVAR_OK; i <= PROVAR_E_NETWORK; i++) {
        const char *name = provar_result_name(i);
        assert_string_not_equal(name, "unknown");
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
        for (int j = PROVAR_OK; j < i; j++)
            assert_string_not_equal(name, provar_result_name(j));
    }
    assert_string_equal(provar_result_name(PROVAR_OK), "ok");
    assert_string_equal(provar_result_name(PROVAR_E_SIGNATURE), "signature");
    assert_string_equal(provar_result_name(PROVAR_E_NETWORK), "network");
    assert_string_equal(provar_result_name(-1), "unknown");
    assert_string_equal(provar_result_name(PROVAR_E_NETWORK + 1), "unknown");
    assert_string_equal(provar_result_name(INT_MAX), "unknown");
    assert_string_equal(provar_result_name(INT_MIN), "unknown");
}

static void a_failure_fills_the_error(void **state) {
    (void)state;
    struct provar_error err = {0};
    assert_int_equal(pv_fail(&err, PROVAR_E_TAR, 512, "bad %s at %d", "checksum", 7), PROVAR_E_TAR);
    assert_int_equal(err.code, PROVAR_E_TAR);
    assert_int_equal(err.offset, 512);
    assert_string_equal(err.message, "bad checksum at 7");
    assert_string_equal(err.member, "");
}

static void the_first_failure_wins(void **state) {
    (void)state;
    struct provar_error err = {0}, before;
    (void)pv_fail(&err, PROVAR_E_TAR, 1, "first");
    before = err;
    assert_int_equal(pv_fail(&err, PROVAR_E_GZIP, 2, "second"), PROVAR_E_GZIP);
    assert_int_equal(pv_fail_errno(&err, PROVAR_E_IO, ENOENT, "third"), PROVAR_E_IO);
    assert_int_equal(pv_fail_memory(&err), PROVAR_E_NO_MEMORY);
    assert_memory_equal(&err, &before, sizeof err);
}

static void null_is_fine(void **state) {
    (void)state;
    assert_int_equal(pv_fail(NULL, PROVAR_E_TAR, 1, "text"), PROVAR_E_TAR);
    assert_int_equal(pv_fail_errno(NULL, PROVAR_E_IO, ENOENT, "text"), PROVAR_E_IO);
    assert_int_equal(pv_fail_memory(NULL), PROVAR_E_NO_MEMORY);
    pv_error_wrap(NULL, "text");
    pv_error_member(NULL, PV_STR("a"));
    provar_error_clear(NULL);
}

static void clear_makes_room_for_the_next(void **state) {
    (void)state;
    struct provar_error err = {0}, empty = {0};
    (void)pv_fail(&err, PROVAR_E_TAR, 1, "text");
    pv_error_member(&err, PV_STR("a"));
    provar_error_clear(&err);
    assert_memory_equal(&err, &empty, sizeof err);
    (void)pv_fail(&err, PROVAR_E_GZIP, 2, "other");
    assert_int_equal(err.code, PROVAR_E_GZIP);
    assert_string_equal(err.message, "other");
}

static void errno_adds_the_systems_words(void **state) {
    (void)state;
    struct provar_error err = {0};
    (void)pv_fail_errno(&err, PROVAR_E_IO, ENOENT, "cannot open '%s'", "x");
    assert_string_equal(err.message, "cannot open 'x': No such file or directory");
    assert_true(err.offset == PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    (void)pv_fail_errno(&err, PROVAR_E_IO, 987654, "cannot open");
    assert_string_equal(err.message, "cannot open: unknown error");
}

/* `len` characters "a", or as many as fit of a two-byte one. */
static const char *long_text(const char *character, char out[4096]) {
    size_t step = strlen(character);
    for (size_t i = 0; i < 1000; i++)
        memcpy(out + i * step, character, step);
    out[1000 * step] = 0;
    return out;
}

static void a_long_message_is_cut_at_a_character(void **state) {
    (void)state;
    char text[4096];
    struct provar_error err = {0};
    (void)pv_fail(&err, PROVAR_E_TAR, 0, "%s", long_text("a", text));
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    for (unsigned shift = 0; shift < 4; shift++) {
        provar_error_clear(&err);
        (void)pv_fail(&err, PROVAR_E_TAR, 0, "%.*s%s", (int)shift, "abcd", long_text("\xc3\xa9", text));
        assert_true(strlen(err.message) >= sizeof err.message - 2);
        assert_true(pv_str_is_utf8(pv_str_of(err.message)));
        pv_error_wrap(&err, "%s", "in the archive");
        assert_true(strlen(err.message) >= sizeof err.message - 2);
        assert_true(pv_str_is_utf8(pv_str_of(err.message)));
        provar_error_clear(&err);
        (void)pv_fail_errno(&err, PROVAR_E_IO, ENOENT, "%.*s%s", (int)shift, "abcd",
                            long_text("\xe2\x82\xac", text) + 3);
        assert_true(pv_str_is_utf8(pv_str_of(err.message)));
    }
}

static void wrap_puts_the_context_first(void **state) {
    (void)state;
    struct provar_error err = {0};
    (void)pv_fail(&err, PROVAR_E_TAR, 3, "bad checksum");
    pv_error_member(&err, PV_STR("a"));
    pv_error_wrap(&err, "the file '%s'", "x");
    pv_error_wrap(&err, "reading");
    assert_string_equal(err.message, "reading: the file 'x': bad checksum");
    assert_int_equal(err.code, PROVAR_E_TAR);
    assert_int_equal(err.offset, 3);
    assert_string_equal(err.member, "a");
}

static void wrap_leaves_an_empty_error_empty(void **state) {
    (void)state;
    struct provar_error err = {0}, empty = {0};
    pv_error_wrap(&err, "reading");
    assert_memory_equal(&err, &empty, sizeof err);
}

static void the_first_member_is_kept_escaped(void **state) {
    (void)state;
    struct provar_error err = {0};
    pv_error_member(&err, PV_STR("early"));
    assert_string_equal(err.member, "");
    (void)pv_fail(&err, PROVAR_E_ENTRY, 0, "text");
    pv_error_member(&err, PV_STR("a\x1b[2J"));
    pv_error_member(&err, PV_STR("later"));
    assert_string_equal(err.member, "a\\x1b[2J");
    char text[4096];
    provar_error_clear(&err);
    (void)pv_fail(&err, PROVAR_E_ENTRY, 0, "text");
    pv_error_member(&err, pv_str_of(long_text("\n", text)));
    assert_int_equal(strlen(err.member), (sizeof err.member - 1) / 4 * 4);
}

static void quotes_are_escaped_and_shortened(void **state) {
    (void)state;
    char text[4096];
    size_t room = sizeof((struct pv_quoted *)0)->text - 1;
    assert_string_equal(pv_quote(PV_STR("a\nb")).text, "a\\x0ab");
    assert_string_equal(pv_quote(pv_str(NULL, 0)).text, "");
    struct pv_quoted whole = pv_quote(pv_str(long_text("a", text), room));
    assert_int_equal(strlen(whole.text), room);
    assert_true(pv_str_ends(pv_str_of(whole.text), PV_STR("aaaa")));
    struct pv_quoted cut = pv_quote(pv_str(text, room + 1));
    assert_int_equal(strlen(cut.text), room);
    assert_true(pv_str_ends(pv_str_of(cut.text), PV_STR("a...")));
    struct pv_quoted escapes = pv_quote(pv_str_of(long_text("\x1b", text)));
    assert_true(pv_str_ends(pv_str_of(escapes.text), PV_STR("\\x1b...")));
}

static void notices_are_kept_up_to_the_limit(void **state) {
    (void)state;
    struct pv_notices notices = {0};
    for (unsigned i = 0; i < PV_MAX_NOTICES; i++)
        pv_notice(&notices, "notice %u", i);
    assert_int_equal(notices.count, PV_MAX_NOTICES);
    assert_int_equal(notices.dropped, 0);
    pv_notice(&notices, "one more");
    assert_int_equal(notices.count, PV_MAX_NOTICES);
    assert_int_equal(notices.dropped, 1);
    assert_string_equal(notices.line[0], "notice 0");
    assert_string_equal(notices.line[PV_MAX_NOTICES - 1], "notice 31");
    pv_notices_release(&notices);
    assert_int_equal(notices.count, 0);
    pv_notices_release(&notices);
}

static void a_long_notice_is_cut_at_a_character(void **state) {
    (void)state;
    char text[4096];
    struct pv_notices notices = {0};
    pv_notice(&notices, "%s", long_text("\xc3\xa9", text));
    assert_int_equal(notices.count, 1);
    assert_true(strlen(notices.line[0]) >= 500);
    assert_true(pv_str_is_utf8(pv_str_of(notices.line[0])));
    pv_notices_release(&notices);
}

static void a_notice_without_memory_is_counted(void **state) {
    (void)state;
    struct pv_notices notices = {0};
    fail_alloc(0);
    pv_notice(&notices, "notice");
    fail_alloc(-1);
    assert_int_equal(notices.count, 0);
    assert_int_equal(notices.dropped, 1);
    pv_notices_release(&notices);
}

static void a_collected_error_is_handed_on_once(void **state) {
    (void)state;
    struct provar_error err = {0}, first = {0}, second = {0};
    (void)pv_fail(&first, PROVAR_E_TAR, 7, "first");
    (void)pv_fail(&second, PROVAR_E_GZIP, 8, "second");
    pv_error_hand_on(NULL, &first);
    pv_error_hand_on(&err, &first);
    pv_error_hand_on(&err, &second);
    assert_memory_equal(&err, &first, sizeof err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_has_its_own_name),
        cmocka_unit_test(a_failure_fills_the_error),
        cmocka_unit_test(the_first_failure_wins),
        cmocka_unit_test(null_is_fine),
        cmocka_unit_test(clear_makes_room_for_the_next),
        cmocka_unit_test(errno_adds_the_systems_words),
        cmocka_unit_test(a_long_message_is_cut_at_a_character),
        cmocka_unit_test(wrap_puts_the_context_first),
        cmocka_unit_test(wrap_leaves_an_empty_error_empty),
        cmocka_unit_test(the_first_member_is_kept_escaped),
        cmocka_unit_test(quotes_are_escaped_and_shortened),
        cmocka_unit_test(notices_are_kept_up_to_the_limit),
        cmocka_unit_test(a_long_notice_is_cut_at_a_character),
        cmocka_unit_test(a_collected_error_is_handed_on_once),
        cmocka_unit_test(a_notice_without_memory_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
