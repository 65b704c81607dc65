/* Tests of store/registry_session: where an upload goes on, where it must not, and what a mount leaves open. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "scripted_upload.h"

/* ---------------------------------------------------------------- places */

/* NET-4. */
static void uploads_stay_at_the_registry(void **state) {
    (void)state;
    static const char *const places[] = {"https://evil.example/u", "//evil.example/u", "https://r.example:8443/u",
                                         "http://r.example/u"};
    for (size_t i = 0; i < array_length(places); i++) {
        const struct step steps[] = {
            {.method = PV_HTTP_POST, .url = UPLOADS, .status = 202, .location = places[i], .answer = ""}};
        play(steps);
        expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_REGISTRY, "another host");
    }
    /* Nor may a later answer lead away. */
    static const struct step later[] = {
        BEGIN("a"), {PART("a", "0-4194303", 0, CHUNK, 202), .location = "https://evil.example/u"}, GIVE_UP("a")};
    play(later);
    expect_failure(PROVAR_UPLOAD_CHUNKED, PROVAR_E_REGISTRY, "another host");
}

/* NET-4. */
static void another_host_may_be_allowed_and_gets_no_credentials(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.method = PV_HTTP_POST, .url = UPLOADS, .status = 202, .location = "https://up.example:8443/u", .answer = ""},
        {.method = PV_HTTP_PUT,
         .url =
             "https://up.example:8443/u?digest=sha256%3A44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
         .is_elsewhere = true,
         .content_type = OCTETS,
         .body_len = SIZE,
         .status = 201,
         .answer = ""},
    };
    play(steps);
    registry.upload_host = "up.example:8443";
    expect_upload(PROVAR_UPLOAD_AUTO, 0);
    static const struct step plain[] = {
        {.method = PV_HTTP_POST, .url = UPLOADS, .status = 202, .location = "http://up.example:8443/u", .answer = ""}};
    play(plain);
    expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_REGISTRY, "another host");
    registry.upload_host = NULL;
}

/* NET-6: that a registry of this machine has no TLS says nothing of another one. */
static void another_host_needs_tls_unless_it_is_this_machine(void **state) {
    (void)state;
    static const struct {
        const char *host;
        bool asked, goes;
    } cases[] = {{"up.example", false, false}, {"up.example", true, true}, {"127.0.0.1:81", false, true}};
    for (size_t i = 0; i < array_length(cases); i++) {
        char url[64], end[192];
        (void)snprintf(url, sizeof url, "http://%s/u", cases[i].host);
        (void)snprintf(end, sizeof end, "%s?digest=sha256%%3A%s", url, strchr(DIGEST, ':') + 1);
        const struct step steps[] = {
            {.method = PV_HTTP_POST,
             .url = "http://r.example/v2/acme/http/blobs/uploads/",
             .status = 202,
             .location = url,
             .answer = ""},
            {.method = PV_HTTP_PUT,
             .url = end,
             .is_elsewhere = true,
             .content_type = OCTETS,
             .body_len = SIZE,
             .status = 201,
             .answer = ""},
        };
        play(steps);
        script.count = cases[i].goes ? 2 : 1;
        registry.is_plain = true;
        registry.may_send_in_clear = cases[i].asked;
        registry.upload_host = cases[i].host;
        if (cases[i].goes)
            expect_upload(PROVAR_UPLOAD_AUTO, 0);
        else
            expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_REGISTRY, "another host");
        registry = a_registry();
    }
}

/* PUSH-4: what is said is why it was given up, whatever comes of that. */
static void what_is_given_up_is_deleted_and_the_answer_ignored(void **state) {
    (void)state;
    static const unsigned answers[] = {204, 404, 405, 500, 0};
    for (size_t i = 0; i < array_length(answers); i++) {
        struct step steps[] = {BEGIN("a"), WHOLE("a", 400), GIVE_UP("a")};
        steps[2].status = answers[i];
        play(steps);
        expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_REGISTRY, "status 400");
    }
}

/* ---------------------------------------------------------------- mounts */

static enum provar_result mount_blob(bool *mounted) {
    return pv_upload_session_mount(&session, "acme/other", &digest, mounted, NULL);
}

/* PUSH-5: whatever else is answered, the blob is still to be sent. */
static void blobs_of_other_repositories(void **state) {
    (void)state;
#define MOUNT                                                                                                          \
    UPLOADS "?mount=sha256%3A44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a&from=acme%2Fother"
    static const struct step good[] = {{.method = PV_HTTP_POST, .url = MOUNT, .status = 201, .answer = ""}};
    static const unsigned refusals[] = {400, 401, 403, 404, 405, 429, 500, 0};
    bool mounted = false;
    play(good);
    assert_ok(mount_blob(&mounted));
    assert_true(mounted);
    played();
    for (size_t i = 0; i < array_length(refusals); i++) {
        const struct step refused[] = {
            {.method = PV_HTTP_POST, .url = MOUNT, .status = refusals[i], .answer = ""},
            {.method = PV_HTTP_POST, .url = MOUNT, .status = refusals[i], .answer = ""},
        };
        play(refused);
        script.count = refusals[i] == 401 ? 2 : 1;
        mounted = true;
        assert_ok(mount_blob(&mounted));
        assert_false(mounted);
        assert_false(pv_upload_session_is_open(&session));
        played();
    }
}

#define MOUNT_BEGINS(session)                                                                                          \
    { .method = PV_HTTP_POST, .url = MOUNT, .status = 202, .location = UPLOADS session STATE, .answer = "" }

/* Plays a mount that is not granted, and the upload after it. */
static void expect_upload_after_mount(enum provar_upload way) {
    bool mounted = true;
    assert_ok(mount_blob(&mounted));
    assert_false(mounted);
    assert_true(pv_upload_session_is_open(&session));
    expect_upload(way, 0);
}

/* PUSH-5: in place of the mount the registry has begun an upload, and that is the one. */
static void a_mount_that_is_none_begins_the_upload(void **state) {
    (void)state;
    static const struct step whole[] = {MOUNT_BEGINS("a"), WHOLE("a", 201)};
    static const struct step large[] = {MOUNT_BEGINS("a"), WHOLE("a", 413), GIVE_UP("a"), BEGIN("b"), IN_PARTS("b")};
    struct step parts[] = {MOUNT_BEGINS("a"), {PART("a", "0-4194403", 0, SIZE, 202)}, CLOSE("a", 201)};
    parts[0].chunk_min = "5242880";
    play(whole);
    expect_upload_after_mount(PROVAR_UPLOAD_AUTO);
    play(large);
    expect_upload_after_mount(PROVAR_UPLOAD_AUTO);
    play(parts);
    expect_upload_after_mount(PROVAR_UPLOAD_CHUNKED);
}

/* PUSH-5: the blob may have been a long way off meanwhile. */
static void what_a_mount_has_begun_may_be_over(void **state) {
    (void)state;
    static const unsigned over[] = {400, 403, 404, 405, 409, 410, 416, 501};
    for (size_t i = 0; i < array_length(over); i++) {
        const struct step whole[] = {MOUNT_BEGINS("a"), WHOLE("a", over[i]), GIVE_UP("a"), BEGIN("b"), WHOLE("b", 201)};
        const struct step parts[] = {
            MOUNT_BEGINS("a"), {PART("a", "0-4194303", 0, CHUNK, over[i])}, GIVE_UP("a"), BEGIN("b"), IN_PARTS("b"),
        };
        play(whole);
        expect_upload_after_mount(PROVAR_UPLOAD_AUTO);
        play(parts);
        expect_upload_after_mount(PROVAR_UPLOAD_CHUNKED);
        /* Once: another that is refused is no matter of time. */
        const struct step twice[] = {MOUNT_BEGINS("a"), WHOLE("a", over[i]), GIVE_UP("a"),
                                     BEGIN("b"),        WHOLE("b", over[i]), GIVE_UP("b")};
        bool mounted = true, is_auth = over[i] == 403;
        play(twice);
        assert_ok(mount_blob(&mounted));
        expect_failure(PROVAR_UPLOAD_AUTO, is_auth ? PROVAR_E_AUTH : PROVAR_E_REGISTRY,
                       is_auth ? "(status" : "status ");
    }
}

/* PUSH-5: nor does another session mend what is wrong with the archive, or with what the registry says. */
static void what_is_no_refusal_begins_no_other(void **state) {
    (void)state;
    static const struct step read[] = {
        MOUNT_BEGINS("a"),
        {.method = PV_HTTP_PUT,
         .url = UPLOADS "a" STATE END,
         .content_type = OCTETS,
         .body_len = SIZE,
         .fails = PROVAR_E_IO,
         .answer = ""},
        GIVE_UP("a"),
    };
    static const struct step end[] = {MOUNT_BEGINS("a"), WHOLE("a", 202), GIVE_UP("a")};
    bool mounted = true;
    play(read);
    assert_ok(mount_blob(&mounted));
    expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_IO, "no more to be read");
    play(end);
    assert_ok(mount_blob(&mounted));
    expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_REGISTRY, "with status 202");
}

/* NET-4. */
static void a_mount_that_leads_elsewhere_has_begun_nothing(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.method = PV_HTTP_POST, .url = MOUNT, .status = 202, .location = "https://evil.example/u", .answer = ""},
        BEGIN("b"),
        WHOLE("b", 201),
    };
    bool mounted = true;
    play(steps);
    assert_ok(mount_blob(&mounted));
    assert_false(mounted || pv_upload_session_is_open(&session));
    expect_upload(PROVAR_UPLOAD_AUTO, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uploads_stay_at_the_registry),
        cmocka_unit_test(another_host_may_be_allowed_and_gets_no_credentials),
        cmocka_unit_test(another_host_needs_tls_unless_it_is_this_machine),
        cmocka_unit_test(what_is_given_up_is_deleted_and_the_answer_ignored),
        cmocka_unit_test(blobs_of_other_repositories),
        cmocka_unit_test(a_mount_that_is_none_begins_the_upload),
        cmocka_unit_test(what_a_mount_has_begun_may_be_over),
        cmocka_unit_test(what_is_no_refusal_begins_no_other),
        cmocka_unit_test(a_mount_that_leads_elsewhere_has_begun_nothing),
    };
    return cmocka_run_group_tests(tests, set_up_upload, free_content);
}
