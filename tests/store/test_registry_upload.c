/* Tests of store/registry_upload: every way of sending a blob, and what leads from one to the next. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "scripted_upload.h"

/* ---------------------------------------------------------------- the ways */

/* PUSH-2. */
static void all_of_it_in_one_request(void **state) {
    (void)state;
    static const unsigned good[] = {200, 201, 204};
    for (size_t i = 0; i < array_length(good); i++) {
        const struct step steps[] = {BEGIN("a"), WHOLE("a", good[i])};
        play(steps);
        expect_upload(PROVAR_UPLOAD_AUTO, 0);
    }
}

/* PUSH-7: "accepted" is no blob yet. */
static void other_answers_to_the_end_are_refused(void **state) {
    (void)state;
    static const unsigned bad[] = {202, 203, 206};
    for (size_t i = 0; i < array_length(bad); i++) {
        const struct step whole[] = {BEGIN("a"), WHOLE("a", bad[i]), GIVE_UP("a")};
        const struct step stream[] = {BEGIN("a"), {PART("a", NULL, 0, SIZE, 202)}, CLOSE("a", bad[i]), GIVE_UP("a")};
        play(whole);
        expect_failure(PROVAR_UPLOAD_AUTO, PROVAR_E_REGISTRY, "with status 20");
        play(stream);
        expect_failure(PROVAR_UPLOAD_PATCH, PROVAR_E_REGISTRY, "with status 20");
    }
}

/* PUSH-2; PUSH-3: with a status of ECR's, and the next place out of each answer. */
static void parts_where_all_of_it_is_too_large(void **state) {
    (void)state;
    static const struct step steps[] = {
        BEGIN("a"),
        WHOLE("a", 413),
        GIVE_UP("a"),
        BEGIN("b"),
        {PART("b", "0-4194303", 0, CHUNK, 202), .upload_range = "0-4194303", .location = UPLOADS "c" STATE},
        {PART("c", "4194304-4194403", CHUNK, 100, 201)},
        CLOSE("c", 201),
    };
    play(steps);
    expect_upload(PROVAR_UPLOAD_AUTO, 0);
}

/* PUSH-2. */
static void one_part_where_parts_are_refused(void **state) {
    (void)state;
    static const unsigned refusals[] = {400, 404, 405, 416};
    for (size_t i = 0; i < array_length(refusals); i++) {
        const struct step steps[] = {
            BEGIN("a"),
            WHOLE("a", 413),
            GIVE_UP("a"),
            BEGIN("b"),
            {PART("b", "0-4194303", 0, CHUNK, refusals[i])},
            GIVE_UP("b"),
            BEGIN("c"),
            {PART("c", NULL, 0, SIZE, 202)},
            CLOSE("c", 201),
        };
        play(steps);
        expect_upload(PROVAR_UPLOAD_AUTO, 0);
    }
}

/* PUSH-2. */
static void a_way_that_was_asked_for_is_the_only_one(void **state) {
    (void)state;
    static const struct step put[] = {BEGIN("a"), WHOLE("a", 413), GIVE_UP("a")};
    static const struct step parts[] = {BEGIN("a"), {PART("a", "0-4194303", 0, CHUNK, 416)}, GIVE_UP("a")};
    static const struct step patch[] = {BEGIN("a"), {PART("a", NULL, 0, SIZE, 413)}, GIVE_UP("a")};
    static const struct step good[] = {BEGIN("a"), {PART("a", NULL, 0, SIZE, 202)}, CLOSE("a", 201)};
    play(put);
    expect_failure(PROVAR_UPLOAD_PUT, PROVAR_E_REGISTRY, "status 413");
    play(parts);
    expect_failure(PROVAR_UPLOAD_CHUNKED, PROVAR_E_REGISTRY, "status 416");
    play(patch);
    expect_failure(PROVAR_UPLOAD_PATCH, PROVAR_E_REGISTRY, "status 413");
    play(good);
    expect_upload(PROVAR_UPLOAD_PATCH, 0);
}

/* PUSH-2. */
static void parts_are_as_long_as_the_registry_demands(void **state) {
    (void)state;
    struct step steps[] = {BEGIN("a"), {PART("a", "0-4194403", 0, SIZE, 202)}, CLOSE("a", 201)};
    steps[0].chunk_min = "5242880";
    play(steps);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    static const struct step mine[] = {BEGIN("a"),
                                       {PART("a", "0-4194399", 0, SIZE - 4, 202)},
                                       {PART("a", "4194400-4194403", SIZE - 4, 4, 202)},
                                       CLOSE("a", 201)};
    play(mine);
    expect_upload(PROVAR_UPLOAD_CHUNKED, SIZE - 4);
    /* Nobody is sent more than a gigabyte at once: such a demand counts for nothing, and that of a gigabyte does. */
    steps[0].chunk_min = "1073741824";
    play(steps);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    static const struct step usual[] = {
        {.method = PV_HTTP_POST,
         .url = UPLOADS,
         .status = 202,
         .location = UPLOADS "a" STATE,
         .chunk_min = "1073741825",
         .answer = ""},
        IN_PARTS("a"),
    };
    play(usual);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
}

/* ---------------------------------------------------------------- where it stands */

/* PUSH-3. */
static void numbers_of_the_registry_count_where_they_can_be_true(void **state) {
    (void)state;
    static const struct step shorter[] = {
        BEGIN("a"),
        {PART("a", "0-4194303", 0, CHUNK, 202), .upload_range = "0-999"},
        {PART("a", "1000-4194403", 1000, SIZE - 1000, 202)},
        CLOSE("a", 201),
    };
    /* ECR repeats an old number. */
    static const struct step stale[] = {
        BEGIN("a"),
        {PART("a", "0-4194303", 0, CHUNK, 201), .upload_range = "0-0"},
        {PART("a", "4194304-4194403", CHUNK, 100, 201), .upload_range = "0-4194303"},
        CLOSE("a", 201),
    };
    play(shorter);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    play(stale);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
}

/* A step of a list that is made as long as a ceiling wants it. */
static struct step part_step(const char *range, uint64_t at, uint64_t len, unsigned code) {
    return (struct step){PART("a", range, at, len, code)};
}

/* PUSH-3: each of those costs all the rest of a part once more. What is a megabyte, or all that was sent, is not short.
 */
static void parts_that_are_taken_in_part_come_to_an_end(void **state) {
    (void)state;
    enum { MORE = PV_MAX_SHORT_ANSWERS + 1, LARGE = 3 };
    for (size_t more = 0; more < 2; more++) {
        char sent[LARGE + MORE + 1][32], taken[LARGE + MORE][32];
        struct step steps[LARGE + MORE + 3] = {BEGIN("a")};
        size_t shorts = PV_MAX_SHORT_ANSWERS + more, count = LARGE + shorts;
        uint64_t at = 0;
        for (size_t i = 0; i <= count; i++) {
            uint64_t len = SIZE - at < CHUNK ? SIZE - at : CHUNK;
            (void)snprintf(sent[i], sizeof sent[i], "%llu-%llu", (unsigned long long)at,
                           (unsigned long long)(at + len - 1));
            steps[1 + i] = part_step(sent[i], at, len, 202);
            if (i == count)
                break;
            /* The last of the short ones has a byte less than a megabyte. */
            at += i < LARGE ? PV_MIB : i + 1 < count ? 1 : PV_MIB - 1;
            (void)snprintf(taken[i], sizeof taken[i], "0-%llu", (unsigned long long)(at - 1));
            steps[1 + i].upload_range = taken[i];
        }
        steps[count + 2] = (struct step)CLOSE("a", 201);
        if (more)
            steps[count + 1] = (struct step)GIVE_UP("a");
        play(steps);
        script.count = more ? count + 2 : count + 3;
        if (more)
            expect_failure(PROVAR_UPLOAD_CHUNKED, PROVAR_E_REGISTRY, "less of the blob than it was sent, more than 16");
        else
            expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    }
}

/* PUSH-3, PUSH-4: what a registry has taken with a status of success and yet not stored, as distribution 2.8 takes
 * parts out of order, comes out at the end. */
static void the_digest_at_the_end_judges_the_parts(void **state) {
    (void)state;
    static const struct step steps[] = {
        BEGIN("a"),
        {PART("a", "0-4194303", 0, CHUNK, 202), .upload_range = "0-0"},
        {PART("a", "4194304-4194403", CHUNK, 100, 202), .upload_range = "0-99"},
        CLOSE("a", 400),
        GIVE_UP("a"),
    };
    play(steps);
    expect_failure(PROVAR_UPLOAD_CHUNKED, PROVAR_E_REGISTRY, "status 400");
}

/* PUSH-4. */
static void a_part_that_broke_goes_on_where_the_registry_is(void **state) {
    (void)state;
    static const struct step steps[] = {
        BEGIN("a"),
        {PART("a", "0-4194303", 0, CHUNK, 0)},
        {.method = PV_HTTP_GET,
         .url = UPLOADS "a" STATE,
         .status = 204,
         .upload_range = "0-4999",
         .location = UPLOADS "b" STATE,
         .answer = ""},
        {PART("b", "5000-4194403", 5000, SIZE - 5000, 202)},
        CLOSE("b", 201),
    };
    play(steps);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
}

/* PUSH-4: as after a part that arrived, and whose answer did not. */
static void a_part_that_is_refused_goes_on_where_the_registry_is(void **state) {
    (void)state;
    static const struct step further[] = {
        BEGIN("a"),
        {PART("a", "0-4194303", 0, CHUNK, 202)},
        {PART("a", "4194304-4194403", CHUNK, 100, 416)},
        STANDS("a", "0-4194353"),
        {PART("a", "4194354-4194403", CHUNK + 50, 50, 202)},
        CLOSE("a", 201),
    };
    static const struct step no_further[] = {
        BEGIN("a"),
        {PART("a", "0-4194303", 0, CHUNK, 202)},
        {PART("a", "4194304-4194403", CHUNK, 100, 416)},
        STANDS("a", "0-4194303"),
        GIVE_UP("a"),
    };
    play(further);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    play(no_further);
    expect_failure(PROVAR_UPLOAD_CHUNKED, PROVAR_E_REGISTRY, "status 416");
}

/* PUSH-4: it has less than it had, or more than there is, or does not say from where on. */
static void a_session_that_cannot_be_believed_is_begun_again(void **state) {
    (void)state;
    static const char *const ranges[] = {"0-4194302", "0-4194404", "4194304-4194403", ""};
    for (size_t i = 0; i < array_length(ranges); i++) {
        const struct step steps[] = {
            BEGIN("a"),
            {PART("a", "0-4194303", 0, CHUNK, 202)},
            {PART("a", "4194304-4194403", CHUNK, 100, 0)},
            STANDS("a", ranges[i]),
            GIVE_UP("a"),
            BEGIN("b"),
            IN_PARTS("b"),
        };
        play(steps);
        expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    }
}

/* PUSH-4. */
static void a_session_that_is_lost_is_begun_again(void **state) {
    (void)state;
    static const struct step steps[] = {
        BEGIN("a"),
        {PART("a", "0-4194303", 0, CHUNK, 202)},
        {PART("a", "4194304-4194403", CHUNK, 100, 0)},
        {.method = PV_HTTP_GET, .url = UPLOADS "a" STATE, .status = 404, .answer = ""},
        GIVE_UP("a"),
        BEGIN("b"),
        IN_PARTS("b"),
    };
    play(steps);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    assert_int_equal(script.slept, 225 + 225);
    assert_int_equal(script.warnings, 0);
}

/* PUSH-4: PV_MAX_TRIES failures of a part lose the session, and one less does not, however little each gets on. */
static void breaks_of_a_part_come_to_an_end(void **state) {
    (void)state;
    static const struct step part = {PART("a", "0-4194303", 0, CHUNK, 0)}, stands = STANDS("a", "0-1");
    static const struct step whole[] = {
        {PART("a", "2-4194305", 2, CHUNK, 202)}, {PART("a", "4194306-4194403", CHUNK + 2, 98, 202)}, CLOSE("a", 201)};
    static const struct step again[] = {GIVE_UP("a"), BEGIN("b"), IN_PARTS("b")};
    struct step steps[2 * PV_MAX_TRIES + 5] = {BEGIN("a"), part, stands};
    size_t count = 3;
    for (; count < 2 * PV_MAX_TRIES - 1; count += 2) {
        steps[count] = (struct step){PART("a", "2-4194305", 2, CHUNK, 0)};
        steps[count + 1] = stands;
    }
    memcpy(steps + count, whole, sizeof whole);
    play(steps);
    script.count = count + array_length(whole);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
    steps[count++] = (struct step){PART("a", "2-4194305", 2, CHUNK, 0)};
    memcpy(steps + count, again, sizeof again);
    play(steps);
    script.count = count + array_length(again);
    expect_upload(PROVAR_UPLOAD_CHUNKED, 0);
}

/* PUSH-4: of many parts each may break once, and get through then. */
static void a_part_that_got_through_ends_the_count_of_failures(void **state) {
    (void)state;
    enum { PARTS = 3 * PV_MAX_TRIES, LEN = (SIZE + PARTS - 1) / PARTS };
    char sent[PARTS][32], have[PARTS][32];
    struct step steps[3 * PARTS + 2] = {BEGIN("a")};
    size_t count = 1;
    for (size_t i = 0; i < PARTS; i++) {
        uint64_t at = i * LEN, len = SIZE - at < LEN ? SIZE - at : LEN;
        (void)snprintf(sent[i], sizeof sent[i], "%llu-%llu", (unsigned long long)at,
                       (unsigned long long)(at + len - 1));
        (void)snprintf(have[i], sizeof have[i], "0-%llu", (unsigned long long)(at + len - 1));
        steps[count++] = part_step(sent[i], at, len, 0);
        /* Every other one has come all the same. */
        steps[count++] = (struct step)STANDS("a", i % 2 == 0 ? have[i] : have[i - 1]);
        if (i % 2 == 1)
            steps[count++] = part_step(sent[i], at, len, 202);
    }
    steps[count++] = (struct step)CLOSE("a", 201);
    play(steps);
    script.count = count;
    expect_upload(PROVAR_UPLOAD_CHUNKED, LEN);
}

/* ---------------------------------------------------------------- refusals */

/* PUSH-10. */
static void refusals_say_what_to_do(void **state) {
    (void)state;
    static const struct {
        struct step step;
        enum provar_result result;
        const char *said;
    } cases[] = {
        {{.status = 404, .answer = "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}"},
         PROVAR_E_NOT_FOUND,
         "must be created first"},
        {{.status = 403, .answer = "{\"errors\":[{\"code\":\"DENIED\"}]}"}, PROVAR_E_AUTH, "DENIED"},
        {{.status = 202, .answer = ""}, PROVAR_E_REGISTRY, "no Location"},
        {{.status = 200, .location = "/x", .answer = ""}, PROVAR_E_REGISTRY, "status 200"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct step steps[] = {cases[i].step};
        steps[0].method = PV_HTTP_POST;
        steps[0].url = UPLOADS;
        play(steps);
        expect_failure(PROVAR_UPLOAD_AUTO, cases[i].result, cases[i].said);
    }
}

/* ---------------------------------------------------------------- what is there */

/* PUSH-1. */
static void blobs_that_are_there(void **state) {
    (void)state;
    static const struct {
        unsigned status;
        bool has_length, has;
    } cases[] = {{200, false, true},  {200, true, false},  {302, false, true},  {307, true, true},
                 {304, false, false}, {404, false, false}, {405, false, false}, {403, false, false}};
    for (size_t i = 0; i < array_length(cases); i++) {
        struct step steps[] = {LOOK(cases[i].status)};
        bool has = !cases[i].has;
        /* Its length is that of the answer: 0. */
        steps[0].has_length = cases[i].has_length;
        play(steps);
        assert_ok(pv_registry_has_blob(&registry, "acme/http", &digest, SIZE, &has, NULL));
        assert_int_equal(has, cases[i].has);
        played();
    }
    static const struct step refused[] = {
        {.method = PV_HTTP_HEAD, .url = BLOB, .status = 401, .challenges = "Basic\n", .answer = ""}, LOOK(401)};
    bool has = true;
    /* Whoever is not let in without saying who he is says it, and goes on. */
    static const struct step asked[] = {
        {.method = PV_HTTP_HEAD, .url = BLOB, .status = 401, .challenges = "Basic\n", .answer = ""}, LOOK(404)};
    play(asked);
    assert_ok(pv_registry_has_blob(&registry, "acme/http", &digest, SIZE, &has, NULL));
    assert_false(has);
    assert_int_equal(script.authorized, 1);
    played();
    play(refused);
    assert_int_equal(pv_registry_has_blob(&registry, "acme/http", &digest, SIZE, &has, NULL), PROVAR_E_AUTH);
    played();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_in_one_request),
        cmocka_unit_test(other_answers_to_the_end_are_refused),
        cmocka_unit_test(parts_where_all_of_it_is_too_large),
        cmocka_unit_test(one_part_where_parts_are_refused),
        cmocka_unit_test(a_way_that_was_asked_for_is_the_only_one),
        cmocka_unit_test(parts_are_as_long_as_the_registry_demands),
        cmocka_unit_test(numbers_of_the_registry_count_where_they_can_be_true),
        cmocka_unit_test(parts_that_are_taken_in_part_come_to_an_end),
        cmocka_unit_test(the_digest_at_the_end_judges_the_parts),
        cmocka_unit_test(a_part_that_broke_goes_on_where_the_registry_is),
        cmocka_unit_test(a_part_that_is_refused_goes_on_where_the_registry_is),
        cmocka_unit_test(a_session_that_cannot_be_believed_is_begun_again),
        cmocka_unit_test(a_session_that_is_lost_is_begun_again),
        cmocka_unit_test(breaks_of_a_part_come_to_an_end),
        cmocka_unit_test(a_part_that_got_through_ends_the_count_of_failures),
        cmocka_unit_test(refusals_say_what_to_do),
        cmocka_unit_test(blobs_that_are_there),
    };
    return cmocka_run_group_tests(tests, set_up_upload, free_content);
}
