/* Tests of store/registry_request: who gets credentials, where a request is sent on to, and what is tried again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "scripted_registry.h"
#include "store/registry/registry_request.h"

#define URL   REPO "/tags/list"
#define LOCAL "://r.example/v2/acme/http/tags/list"

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

/* NET-6: without TLS only on this machine, unless that was asked for; storage behind such a registry has none either.
 */
static void redirects_off_this_machine_have_tls_or_were_asked_for(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.url = "http" LOCAL, .status = 307, .location = "http://cdn.example/x", .answer = ""},
        {.url = "http://cdn.example/x", .is_elsewhere = true, .status = 200, .answer = ""},
    };
    struct pv_registry registry = a_registry();
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct provar_error err = {0};
    registry.is_plain = true;
    play(steps);
    script.count = 1;
    assert_fails(pv_registry_send(&registry, &usual, &answer, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "to another machine without TLS: 'http://cdn.example/x'"));
    played();
    pv_registry_answer_release(&answer);
    registry.may_send_in_clear = true;
    play(steps);
    assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
    played();
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

static void what_was_tried_in_vain_says_how_often(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.url = URL, .status = 503, .answer = ""}, {.url = URL},
        {.url = URL, .status = 503, .answer = ""}, {.url = URL},
        {.url = URL, .status = 503, .answer = ""}, {.url = URL},
    };
    struct pv_registry registry = a_registry();
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct provar_error err = {0};
    play(steps);
    script.count = PV_MAX_TRIES;
    assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
    assert_int_equal(pv_registry_fail(&registry, &usual, &answer, "list of tags", &err), PROVAR_E_REGISTRY);
    assert_non_null(strstr(err.message, "answers status 503 when asked for list of tags; tried 5 times"));
    pv_registry_answer_release(&answer);
    err = (struct provar_error){0};
    play(steps);
    script.list = &steps[1];
    script.count = PV_MAX_TRIES;
    assert_fails(pv_registry_send(&registry, &usual, &answer, &err), PROVAR_E_NETWORK, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "tried 5 times: nobody answers");
    pv_registry_answer_release(&answer);
    err = (struct provar_error){0};
    play(steps);
    script.list = &steps[1];
    script.count = 1;
    script.lasts = true;
    assert_fails(pv_registry_send(&registry, &usual, &answer, &err), PROVAR_E_NETWORK, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "nobody answers");
}

static void whoever_waits_long_is_told_for_what(void **state) {
    (void)state;
    static const struct {
        struct step first;
        const char *told;
    } cases[] = {
        {{.url = URL, .status = 503, .retry_after = "3", .answer = ""},
         "'" URL "' answers status 503; trying again in 3 s"},
        {{.url = URL, .status = 503, .retry_after = "2", .takes = 2, .answer = ""}, ""},
        {{.url = URL, .status = 503, .takes = 3, .answer = ""}, "'" URL "' answers status 503; trying again"},
        {{.url = URL, .takes = 3}, "nobody answers; trying again"},
        {{.url = URL, .takes = 2}, ""},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct step steps[] = {cases[i].first, {.url = URL, .status = 200, .answer = "{}"}};
        struct pv_registry registry = a_registry();
        PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
        registry.warn_own = note_warning;
        play(steps);
        assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
        assert_string_equal(script.warned, cases[i].told);
        assert_int_equal(script.warnings, cases[i].told[0] != 0);
        assert_true(script.slept > 0);
        pv_registry_answer_release(&answer);
        registry.warn_own = NULL;
        play(steps);
        assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
        assert_int_equal(script.warnings, 0);
    }
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

static void warnings_come_to_an_end(void **state) {
    (void)state;
    enum { SHOWN = 16 };
    struct pv_registry registry = a_registry();
    for (unsigned i = 0; i <= SHOWN; i++) {
        PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
        char header[32], text[16];
        (void)snprintf(text, sizeof text, "warning %u", i);
        (void)snprintf(header, sizeof header, "299 - \"%s\"", text);
        const struct step steps[] = {{.url = URL, .status = 200, .warning = header, .answer = ""}};
        play(steps);
        assert_ok(pv_registry_send(&registry, &usual, &answer, NULL));
        assert_int_equal(script.warnings, i < SHOWN);
        assert_string_equal(script.warned, i < SHOWN ? text : "");
    }
}

/* ---------------------------------------------------------------- who has answered */

#define CDN "https://cdn.example:8443/x"

/* Users read it as the registry's word. */
static void warnings_of_others_are_nobodys(void **state) {
    (void)state;
    static const char said[] = "299 - \"pay here\"";
    static const struct pv_url place = {CDN}, own = {URL};
    static const struct step sent_on[] = {
        {.url = URL, .status = 307, .location = CDN, .answer = ""},
        {.url = CDN, .is_elsewhere = true, .status = 200, .warning = said, .answer = ""},
    };
    static const struct step foreign[] = {
        {.url = CDN, .is_elsewhere = true, .status = 404, .warning = said, .answer = ""}};
    static const struct step foreign_own[] = {
        {.url = URL, .is_elsewhere = true, .status = 200, .warning = said, .answer = ""}};
    static const struct step back[] = {
        {.url = URL, .status = 307, .location = REPO "/more", .answer = ""},
        {.url = REPO "/more", .status = 200, .warning = said, .answer = ""},
    };
    struct pv_registry_request request = usual;
    play(sent_on);
    expect_status(&request, 200);
    assert_int_equal(script.warnings, 0);
    play(back);
    expect_status(&request, 200);
    assert_int_equal(script.warnings, 1);
    request.path = NULL;
    request.is_foreign = true;
    request.url = &place;
    play(foreign);
    expect_status(&request, 404);
    assert_int_equal(script.warnings, 0);
    request.url = &own;
    play(foreign_own);
    expect_status(&request, 200);
    assert_int_equal(script.warnings, 0);
}

/* The registry has what its storage has not; and no query of an address is told. */
static void refusals_name_who_has_answered(void **state) {
    (void)state;
    static const struct {
        unsigned status;
        enum provar_result result;
        const char *own, *other;
    } cases[] = {
        {404, PROVAR_E_NOT_FOUND, "r.example/acme/http has no list of tags", CDN " has no list of tags"},
        {410, PROVAR_E_REGISTRY, "r.example/acme/http answers status 410 when asked for list of tags",
         CDN " answers status 410 when asked for list of tags"},
        {429, PROVAR_E_REGISTRY, "r.example/acme/http refuses more requests for now (status 429)",
         CDN " refuses more requests for now (status 429)"},
    };
    struct pv_registry_request request = usual;
    request.once = true;
    for (size_t i = 0; i < 2 * array_length(cases); i++) {
        unsigned status = cases[i / 2].status;
        const struct step own[] = {{.url = URL, .status = status, .answer = ""}};
        const struct step other[] = {
            {.url = URL, .status = 307, .location = CDN "?secret", .answer = ""},
            {.url = CDN "?secret", .is_elsewhere = true, .status = status, .answer = ""},
        };
        struct pv_registry registry = a_registry();
        PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
        struct provar_error err = {0};
        if (i % 2 == 0)
            play(own);
        else
            play(other);
        assert_ok(pv_registry_send(&registry, &request, &answer, NULL));
        assert_fails(pv_registry_fail(&registry, &request, &answer, "list of tags", &err), cases[i / 2].result, err,
                     PROVAR_NO_OFFSET);
        assert_string_equal(err.message, i % 2 == 0 ? cases[i / 2].own : cases[i / 2].other);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_access_once),
        cmocka_unit_test(credentials_stay_at_the_origin),
        cmocka_unit_test(what_is_sent_is_not_sent_on),
        cmocka_unit_test(redirects_end),
        cmocka_unit_test(redirects_to_unsafe_places_are_refused),
        cmocka_unit_test(redirects_off_this_machine_have_tls_or_were_asked_for),
        cmocka_unit_test(what_may_pass_is_tried_again),
        cmocka_unit_test(tries_come_to_an_end),
        cmocka_unit_test(what_was_tried_in_vain_says_how_often),
        cmocka_unit_test(whoever_waits_long_is_told_for_what),
        cmocka_unit_test(what_lasts_is_not_tried_again),
        cmocka_unit_test(what_was_handed_out_is_not_asked_for_again),
        cmocka_unit_test(plain_http_is_for_this_machine),
        cmocka_unit_test(plain_http_is_for_who_never_spoke_tls),
        cmocka_unit_test(another_host_without_tls_changes_nothing),
        cmocka_unit_test(bodies_have_a_ceiling),
        cmocka_unit_test(warnings_are_passed_on_once),
        cmocka_unit_test(warnings_have_a_ceiling),
        cmocka_unit_test(warnings_come_to_an_end),
        cmocka_unit_test(warnings_of_others_are_nobodys),
        cmocka_unit_test(refusals_name_who_has_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
