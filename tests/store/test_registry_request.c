/* Tests of store/registry_request: who gets credentials, where a request is sent on to, and what is tried again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "scripted_registry.h"
#include "store/registry/registry_request.h"

#define URL REPO "/tags/list"

static const struct pv_registry_request usual = {.method = PV_HTTP_GET,
                                                 .path = "/v2/acme/http/tags/list",
                                                 .repository = "acme/http",
                                                 .follows = true,
                                                 .max_body = 64};

/* Sends it; the answer's status must be this one. */
static void expect_status(const struct pv_registry_request *request, unsigned status) {
    struct pv_registry registry = a_registry();
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct provar_error err = {0};
    if (pv_registry_send(&registry, request, &answer, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(answer.head.status, status);
    played();
}

static void expect_failure(const struct pv_registry_request *request, enum provar_result wanted) {
    struct pv_registry registry = a_registry();
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct provar_error err = {0};
    assert_fails(pv_registry_send(&registry, request, &answer, &err), wanted, err, PROVAR_NO_OFFSET);
    played();
}

static void asks_for_access_once(void **state) {
    (void)state;
    struct step steps[] = {
        {.url = URL, .status = 401, .challenges = "Basic realm=\"a\"\n", .answer = "{}"},
        {.url = URL, .status = 200, .answer = "{}"},
    };
    play(steps);
    expect_status(&usual, 200);
    assert_int_equal(script.authorized, 1);
    steps[1].status = 401;
    play(steps);
    expect_status(&usual, 401);
    assert_int_equal(script.authorized, 1);
}

static const struct step elsewhere[] = {
    {.url = URL, .status = 307, .location = "https://cdn.example:8443/x?sig=a%2Bb==", .answer = "<html>"},
    {.url = "https://cdn.example:8443/x?sig=a%2Bb==", .is_elsewhere = true, .status = 200, .answer = "{}"},
};

static void credentials_stay_at_the_origin(void **state) {
    (void)state;
    play(elsewhere);
    expect_status(&usual, 200);
}

static void what_is_sent_is_not_sent_on(void **state) {
    (void)state;
    struct pv_registry_request request = usual;
    request.follows = false;
    play(elsewhere);
    script.count = 1;
    expect_status(&request, 307);
}

static void redirects_end(void **state) {
    (void)state;
    struct step hops[PV_MAX_REDIRECTS + 2];
    for (size_t i = 0; i < array_length(hops); i++)
        hops[i] = (struct step){.url = URL, .status = 302, .location = URL, .answer = ""};
    play(hops);
    script.count = PV_MAX_REDIRECTS + 1;
    expect_failure(&usual, PROVAR_E_REGISTRY);
    hops[PV_MAX_REDIRECTS].status = 200;
    play(hops);
    script.count = PV_MAX_REDIRECTS + 1;
    expect_status(&usual, 200);
}

static void redirects_to_unsafe_places_are_refused(void **state) {
    (void)state;
    static const char *const places[] = {"http://r.example/x",        "file:///etc/passwd",
                                         "https://169.254.169.254/x", "https://127.0.0.1/x",
                                         "https://u:p@cdn.example/x", NULL};
    for (size_t i = 0; i < array_length(places); i++) {
        const struct step steps[] = {{.url = URL, .status = 307, .location = places[i], .answer = ""}};
        play(steps);
        expect_failure(&usual, PROVAR_E_REGISTRY);
    }
}

/* ---------------------------------------------------------------- again */

static void what_may_pass_is_tried_again(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.url = URL, .status = 503, .answer = ""},
        {.url = URL},
        {.url = URL, .status = 429, .retry_after = "2", .answer = ""},
        {.url = URL, .status = 200, .answer = "{}"},
    };
    play(steps);
    expect_status(&usual, 200);
    assert_int_equal(script.slept, 225 + 450 + 2000);
    struct pv_registry_request once = usual;
    once.once = true;
    play(steps);
    script.count = 1;
    expect_status(&once, 503);
    play(steps);
    script.list = &steps[1];
    script.count = 1;
    expect_failure(&once, PROVAR_E_NETWORK);
}

static void tries_come_to_an_end(void **state) {
    (void)state;
    struct step steps[PV_MAX_TRIES];
    for (size_t i = 0; i < array_length(steps); i++)
        steps[i] = (struct step){.url = URL, .status = 500, .answer = ""};
    play(steps);
    expect_status(&usual, 500);
    for (size_t i = 0; i < array_length(steps); i++)
        steps[i].status = 0;
    play(steps);
    expect_failure(&usual, PROVAR_E_NETWORK);
}

static void what_lasts_is_not_tried_again(void **state) {
    (void)state;
    static const unsigned statuses[] = {400, 403, 404, 405, 416, 501};
    for (size_t i = 0; i < array_length(statuses); i++) {
        const struct step steps[] = {{.url = URL, .status = statuses[i], .answer = ""}};
        play(steps);
        expect_status(&usual, statuses[i]);
    }
    static const struct step nobody[] = {{.url = URL}};
    play(nobody);
    script.lasts = true;
    expect_failure(&usual, PROVAR_E_NETWORK);
    static const struct step later[] = {{.url = URL, .status = 429, .retry_after = "99999999", .answer = ""}};
    play(later);
    expect_status(&usual, 429);
    assert_int_equal(script.slept, 0);
}

static enum provar_result take(void *user, const void *data, size_t len, struct provar_error *err) {
    (void)data;
    (void)err;
    *(size_t *)user += len;
    return PROVAR_OK;
}

static void what_was_handed_out_is_not_asked_for_again(void **state) {
    (void)state;
    static const struct step steps[] = {{.url = URL, .status = 503, .answer = "no", .breaks = true},
                                        {.url = URL, .status = 200, .answer = "half", .breaks = true}};
    struct pv_registry_request request = usual;
    size_t taken = 0;
    request.on_body = take;
    request.user = &taken;
    play(steps);
    expect_failure(&request, PROVAR_E_NETWORK);
    assert_int_equal(taken, 4);
}

/* ---------------------------------------------------------------- without TLS */

#define LOCAL "://r.example/v2/acme/http/tags/list"

static void plain_http_is_for_this_machine(void **state) {
    (void)state;
    static const struct step steps[] = {{.url = "https" LOCAL},
                                        {.url = "http" LOCAL, .status = 200, .answer = ""},
                                        {.url = "http" LOCAL, .status = 200, .answer = ""}};
    struct pv_registry registry = a_registry();
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    registry.may_fall_back = true;
    play(steps);
    script.is_plain = true;
    assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
    pv_registry_answer_release(&answer);
    assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
    played();
    assert_int_equal(script.slept, 0);
    static const struct step elsewhere_steps[] = {{.url = "https" LOCAL}};
    play(elsewhere_steps);
    script.is_plain = script.lasts = true;
    expect_failure(&usual, PROVAR_E_NETWORK);
}

/* Whoever has spoken TLS once is not asked without it. */
static void plain_http_is_for_who_never_spoke_tls(void **state) {
    (void)state;
    static const struct step steps[] = {{.url = "https" LOCAL, .status = 200, .answer = ""}, {.url = "https" LOCAL}};
    struct pv_registry registry = a_registry();
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    registry.may_fall_back = true;
    play(steps);
    assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
    pv_registry_answer_release(&answer);
    script.is_plain = script.lasts = true;
    assert_int_equal(pv_registry_send(&registry, &usual, &answer, NULL), PROVAR_E_NETWORK);
    played();
}

/* Another host that has no TLS says nothing of the registry, whether the registry has answered already or not. */
static void another_host_without_tls_changes_nothing(void **state) {
    (void)state;
    static const struct step sent_on[] = {
        {.url = "https" LOCAL, .status = 307, .location = "https://cdn.example:8443/x", .answer = ""},
        {.url = "https://cdn.example:8443/x", .is_elsewhere = true},
        {.url = "https" LOCAL, .status = 200, .answer = ""},
    };
    static const struct step there[] = {{.url = "https://cdn.example:8443/x", .is_elsewhere = true}};
    static const struct pv_url place = {"https://cdn.example:8443/x"};
    struct pv_registry_request at_place = usual;
    struct pv_registry registry = a_registry();
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    at_place.path = NULL;
    at_place.url = &place;
    registry.may_fall_back = true;
    play(there);
    script.is_plain = script.lasts = true;
    assert_int_equal(pv_registry_send(&registry, &at_place, &answer, NULL), PROVAR_E_NETWORK);
    pv_registry_answer_release(&answer);
    assert_false(registry.is_plain);
    registry.may_fall_back = true;
    play(sent_on);
    script.is_plain = script.lasts = true;
    assert_int_equal(pv_registry_send(&registry, &usual, &answer, NULL), PROVAR_E_NETWORK);
    pv_registry_answer_release(&answer);
    assert_false(registry.is_plain || registry.may_fall_back);
    assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
    played();
}

/* ---------------------------------------------------------------- bodies, warnings */

static void bodies_have_a_ceiling(void **state) {
    (void)state;
    static char body[PV_MAX_ERROR_BODY + 2];
    memset(body, 'x', sizeof body - 1);
    const struct step refused[] = {{.url = URL, .status = 404, .answer = body}};
    play(refused);
    expect_status(&usual, 404);
    body[64] = 0;
    const struct step good[] = {{.url = URL, .status = 200, .answer = body}};
    play(good);
    expect_status(&usual, 200);
    body[64] = 'x';
    body[65] = 0;
    play(good);
    expect_failure(&usual, PROVAR_E_LIMIT);
}

static void warnings_are_passed_on_once(void **state) {
    (void)state;
    static const struct {
        const char *header, *last;
        unsigned count;
    } cases[] = {
        {"299 - \"gone \x1b[31m soon\"", "gone \\x1b[31m soon", 1},
        {"299 - \"a\", 299 - \"b, c\"", "b, c", 2},
        {"299 - \"a\", 299 - \"a\"", "a", 1},
        {"299 - \"a \\\" b\"", "a \\\\\" b", 1},
        {"299 - \"a\" \"Mon\"", "a", 1},
        {"199 - \"a\"", "", 0},
        {"299 - \"a", "", 0},
        {"299 - \"a\\", "", 0},
        {"299 - \"\"", "", 0},
        {"", "", 0},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct step steps[] = {{.url = URL, .status = 200, .warning = cases[i].header, .answer = ""},
                                     {.url = URL, .status = 404, .warning = cases[i].header, .answer = ""}};
        struct pv_registry registry = a_registry();
        play(steps);
        for (size_t j = 0; j < 2; j++) {
            PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
            assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
        }
        assert_string_equal(script.warned, cases[i].last);
        assert_int_equal(script.warnings, cases[i].count);
    }
}

static void warnings_have_a_ceiling(void **state) {
    (void)state;
    static char header[PV_MAX_WARNING + 2];
    struct pv_registry registry = a_registry();
    for (size_t more = 0; more < 2; more++) {
        PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
        const struct step steps[] = {{.url = URL, .status = 200, .warning = header, .answer = ""}};
        memset(header, 'x', sizeof header);
        memcpy(header, "299 - \"", 7);
        header[PV_MAX_WARNING + more - 1] = '"';
        header[PV_MAX_WARNING + more] = 0;
        play(steps);
        assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
        assert_int_equal(script.warnings, more == 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_access_once),
        cmocka_unit_test(credentials_stay_at_the_origin),
        cmocka_unit_test(what_is_sent_is_not_sent_on),
        cmocka_unit_test(redirects_end),
        cmocka_unit_test(redirects_to_unsafe_places_are_refused),
        cmocka_unit_test(what_may_pass_is_tried_again),
        cmocka_unit_test(tries_come_to_an_end),
        cmocka_unit_test(what_lasts_is_not_tried_again),
        cmocka_unit_test(what_was_handed_out_is_not_asked_for_again),
        cmocka_unit_test(plain_http_is_for_this_machine),
        cmocka_unit_test(plain_http_is_for_who_never_spoke_tls),
        cmocka_unit_test(another_host_without_tls_changes_nothing),
        cmocka_unit_test(bodies_have_a_ceiling),
        cmocka_unit_test(warnings_are_passed_on_once),
        cmocka_unit_test(warnings_have_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
