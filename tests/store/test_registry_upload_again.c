/* Tests of store/registry_upload: what is sent again, after how long, and who is told. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "scripted_upload.h"

/* PUSH-4. */
static void a_break_after_the_end_is_none(void **state) {
    (void)state;
    static const struct step steps[] = {BEGIN("a"), WHOLE("a", 0), LOOK(200)};
    play(steps);
    expect_upload(PROVAR_UPLOAD_AUTO, 0);
}

/* PUSH-4: a gateway that has lost patience does not know either. */
static void what_may_be_there_is_looked_for(void **state) {
    (void)state;
    static const unsigned unknown[] = {408, 500, 502, 503, 504};
    for (size_t i = 0; i < array_length(unknown); i++) {
        const struct step there[] = {BEGIN("a"), WHOLE("a", unknown[i]), LOOK(200)};
        const struct step parts[] = {BEGIN("a"),
                                     {PART("a", "0-4194303", 0, CHUNK, 202)},
                                     {PART("a", "4194304-4194403", CHUNK, 100, 202)},
                                     CLOSE("a", unknown[i]),
                                     LOOK(200)};
        const struct step missing[] = {BEGIN("a"), WHOLE("a", unknown[i]), LOOK(404), GIVE_UP("a"),
                                       BEGIN("b"), WHOLE("b", 201)};
        play(there);
        expect_upload(PROVAR_UPLOAD_AUTO, 0);
        assert_int_equal(script.slept, 0);
        play(parts);
        expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
        play(missing);
        expect_upload(PROVAR_UPLOAD_AUTO, 0);
    }
    /* One that says when to come back knows that it has taken nothing; a gateway may say so of its own accord. */
    struct step busy[] = {BEGIN("a"), WHOLE("a", 503), GIVE_UP("a"), BEGIN("b"), WHOLE("b", 201)};
    struct step gateway[] = {BEGIN("a"), WHOLE("a", 504), LOOK(200)};
    busy[1].retry_after = gateway[1].retry_after = "2";
    play(busy);
    expect_upload(PROVAR_UPLOAD_AUTO, 0);
    assert_int_equal(script.slept, 2000);
    play(gateway);
    expect_upload(PROVAR_UPLOAD_AUTO, 0);
    /* What the failure was is said, and not how the question fared. */
    static const struct step forbidden[] = {BEGIN("a"), WHOLE("a", 501), GIVE_UP("a")};
    play(forbidden);
    expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_REGISTRY, "status 501");
}

/* PUSH-2, PUSH-4. */
static void two_breaks_lead_to_parts(void **state) {
    (void)state;
    static const struct step steps[] = {
        BEGIN("a"),    WHOLE("a", 0), LOOK(404),    GIVE_UP("a"), BEGIN("b"),
        WHOLE("b", 0), LOOK(404),     GIVE_UP("b"), BEGIN("c"),   IN_PARTS("c"),
    };
    play(steps);
    expect_upload(PROVAR_UPLOAD_AUTO, 0);
    assert_int_equal(script.warnings, 0);
}

/* A part that brings nothing for seconds, and one of which the answer is late; how long those took that arrived does
 * not matter. */
static void a_part_that_was_slow_is_told(void **state) {
    (void)state;
    for (unsigned seconds = 2; seconds <= 3; seconds++) {
        const struct step steps[] = {
            BEGIN("a"),
            {PART("a", "0-4194303", 0, CHUNK, 202), .takes = 60},
            {PART("a", "4194304-4194403", CHUNK, 100, 0), .takes = seconds},
            STANDS("a", "0-4194303"),
            {PART("a", "4194304-4194403", CHUNK, 100, 503), .takes = seconds},
            STANDS("a", "0-4194303"),
            {PART("a", "4194304-4194403", CHUNK, 100, 202)},
            CLOSE("a", 201),
        };
        play(steps);
        expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
        assert_int_equal(script.slept, 225 + 450);
        assert_int_equal(script.warnings, seconds < 3 ? 0 : 2);
    }
}

/* The wait that the registry asked for is over when its session turns out to be lost. */
static void a_session_that_is_lost_meanwhile_is_not_waited_for_again(void **state) {
    (void)state;
    static const struct step steps[] = {
        BEGIN("a"),
        {PART("a", "0-4194303", 0, CHUNK, 503), .retry_after = "100"},
        {.method = PV_HTTP_GET, .url = UPLOADS "a" STATE, .status = 404, .answer = ""},
        GIVE_UP("a"),
        BEGIN("b"),
        IN_PARTS("b"),
    };
    play(steps);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    assert_int_equal(script.slept, 100000);
    assert_int_equal(script.warnings, 1);
}

static void a_body_that_was_slow_is_told(void **state) {
    (void)state;
    for (unsigned seconds = 2; seconds <= 3; seconds++) {
        struct step steps[] = {BEGIN("a"), WHOLE("a", 0), LOOK(404), GIVE_UP("a"), BEGIN("b"), WHOLE("b", 201)};
        steps[1].takes = seconds;
        play(steps);
        expect_upload(PROVAR_UPLOAD_PUT, 0);
        assert_int_equal(script.warnings, seconds == 3);
        assert_string_equal(script.warned, seconds == 3 ? "nobody answers; trying again" : "");
    }
}

/* RET-2: whoever asks for patience is not sent the same in another way. */
static void a_body_waits_as_long_as_it_is_asked_to(void **state) {
    (void)state;
    struct step steps[] = {
        BEGIN("a"), WHOLE("a", 429), GIVE_UP("a"), BEGIN("b"),   WHOLE("b", 429), GIVE_UP("b"),
        BEGIN("c"), WHOLE("c", 503), LOOK(404),    GIVE_UP("c"), BEGIN("d"),      WHOLE("d", 201),
    };
    steps[1].retry_after = "3";
    steps[4].retry_after = "Sun, 06 Nov 1994 08:49:41 GMT";
    play(steps);
    expect_upload(PROVAR_UPLOAD_AUTO, 0);
    assert_int_equal(script.slept, 3000 + 4000 + 900);
    assert_int_equal(script.warnings, 2);
    assert_non_null(strstr(script.warned, "refuses more requests for now (status 429)"));
    assert_true(pv_str_ends(pv_str_of(script.warned), PV_STR("; trying again in 4 s")));
    steps[1].retry_after = "121";
    play(steps);
    script.count = 3;
    expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_REGISTRY, "status 429");
    assert_int_equal(script.slept, 0);
    assert_int_equal(script.warnings, 0);
}

/* RET-2. */
static void a_part_waits_as_long_as_it_is_asked_to(void **state) {
    (void)state;
    static const struct step steps[] = {
        BEGIN("a"),
        {PART("a", "0-4194303", 0, CHUNK, 429), .retry_after = "3"},
        {.method = PV_HTTP_GET, .url = UPLOADS "a" STATE, .status = 204, .upload_range = "0-4999", .answer = ""},
        {PART("a", "5000-4194403", 5000, SIZE - 5000, 202)},
        CLOSE("a", 201),
    };
    play(steps);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    assert_int_equal(script.slept, 3000);
    assert_true(pv_str_ends(pv_str_of(script.warned), PV_STR("; trying again in 3 s")));
}

static void breaks_come_to_an_end(void **state) {
    (void)state;
    struct step steps[PV_MAX_TRIES * 4];
    for (size_t i = 0; i < PV_MAX_TRIES; i++) {
        steps[4 * i] = (struct step)BEGIN("a");
        steps[4 * i + 1] = (struct step)WHOLE("a", 503);
        steps[4 * i + 2] = (struct step)LOOK(404);
        steps[4 * i + 3] = (struct step)GIVE_UP("a");
    }
    play(steps);
    expect_failure(PROVAR_UPLOAD_PUT, PROVAR_E_REGISTRY, "tried 5 times: r.example/acme/http answers status 503");
}

/* Not where the end is another one, or what was met once; two breaks count that led to parts. */
static void says_how_often_it_failed_in_a_way_that_may_pass(void **state) {
    (void)state;
    static const struct step denied[] = {BEGIN("a"), WHOLE("a", 503), LOOK(404),   GIVE_UP("a"),
                                         BEGIN("b"), WHOLE("b", 403), GIVE_UP("b")};
    static const struct step unbegun[] = {
        BEGIN("a"),
        WHOLE("a", 503),
        LOOK(404),
        GIVE_UP("a"),
        {.method = PV_HTTP_POST, .url = UPLOADS, .status = 404, .answer = ""},
    };
    static const struct step once[] = {
        BEGIN("a"),
        WHOLE("a", 413),
        GIVE_UP("a"),
        BEGIN("b"),
        {PART("b", "0-4194303", 0, CHUNK, 503), .retry_after = "3600"},
        GIVE_UP("b"),
    };
    struct step steps[4 * (PV_MAX_TRIES + 1)];
    struct provar_error err = {0};
    play(denied);
    assert_int_equal(upload_by(PROVAR_UPLOAD_PUT, 0, &err), PROVAR_E_AUTH);
    assert_null(strstr(err.message, "tried"));
    played();
    provar_error_clear(&err);
    play(unbegun);
    assert_int_not_equal(upload_by(PROVAR_UPLOAD_PUT, 0, &err), PROVAR_OK);
    assert_null(strstr(err.message, "tried"));
    played();
    provar_error_clear(&err);
    play(once);
    assert_int_equal(upload_by(PROVAR_UPLOAD_AUTO, 0, &err), PROVAR_E_REGISTRY);
    assert_null(strstr(err.message, "tried"));
    played();
    for (size_t i = 0; i < 2; i++) {
        steps[4 * i] = (struct step)BEGIN("a");
        steps[4 * i + 1] = (struct step)WHOLE("a", 0);
        steps[4 * i + 2] = (struct step)LOOK(404);
        steps[4 * i + 3] = (struct step)GIVE_UP("a");
    }
    for (size_t i = 2; i < PV_MAX_TRIES + 1; i++) {
        steps[4 * i] = (struct step)BEGIN("a");
        steps[4 * i + 1] = (struct step){PART("a", "0-4194303", 0, CHUNK, 503)};
        steps[4 * i + 2] = (struct step){.method = PV_HTTP_GET, .url = UPLOADS "a" STATE, .status = 404, .answer = ""};
        steps[4 * i + 3] = (struct step)GIVE_UP("a");
    }
    play(steps);
    expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_REGISTRY, "tried 6 times: r.example/acme/http answers status 503");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_break_after_the_end_is_none),
        cmocka_unit_test(what_may_be_there_is_looked_for),
        cmocka_unit_test(two_breaks_lead_to_parts),
        cmocka_unit_test(a_part_that_was_slow_is_told),
        cmocka_unit_test(a_session_that_is_lost_meanwhile_is_not_waited_for_again),
        cmocka_unit_test(a_body_that_was_slow_is_told),
        cmocka_unit_test(a_body_waits_as_long_as_it_is_asked_to),
        cmocka_unit_test(a_part_waits_as_long_as_it_is_asked_to),
        cmocka_unit_test(breaks_come_to_an_end),
        cmocka_unit_test(says_how_often_it_failed_in_a_way_that_may_pass),
    };
    return cmocka_run_group_tests(tests, set_up_upload, free_content);
}
