/* Tests of store/registry_blob and registry_fetch: what is asked for, and answers that are not what was asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "scripted_blob.h"
#include "store/image/content.h"

struct taken {
    uint64_t len;
    uint64_t fails_at; /* 0: never */
};

static enum provar_result take(void *user, const void *data, size_t len, struct provar_error *err) {
    struct taken *taken = user;
    assert_memory_equal(data, content + taken->len, len);
    taken->len += len;
    if (taken->fails_at > 0 && taken->len >= taken->fails_at)
        return pv_fail(err, PROVAR_E_NETWORK, PROVAR_NO_OFFSET, "the taker's own connection broke");
    return PROVAR_OK;
}

static enum provar_result stream(uint64_t size, struct taken *taken, struct provar_error *err) {
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(size);
    return blob->ops->stream(blob, 0, take, taken, err);
}

static void expect_stream_fails(enum provar_result wanted, const char *said) {
    struct taken taken = {0};
    struct provar_error err = {0};
    if (stream(SIZE, &taken, &err) != wanted)
        fail_msg("%s", err.message);
    assert_int_equal(err.code, wanted);
    if (strstr(err.message, said) == NULL)
        fail_msg("%s", err.message);
    played();
}

/* ---------------------------------------------------------------- ranges */

/* PULL-8: the places that a look at an archive reads, each in one range, and again out of memory. */
static void reads_where_it_is_asked_to(void **state) {
    (void)state;
    static const struct step steps[] = {
        {PART(0, 65535), .has_length = true},
        {.url = BLOB,
         .range = "3145720-3145727",
         .status = 206,
         .got_range = "bytes 3145720-3145727/*",
         .from = SIZE - 8,
         .to = SIZE},
        {PART(100000, 104095)},
        {PART(104096, 169631)},
        {PART(200000, 331071)},
    };
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    play(steps);
    expect_bytes(blob, 0, 16, 16);
    expect_bytes(blob, 0, 64 * KIB, 64 * KIB);
    expect_bytes(blob, SIZE - 8, 100, 8);
    expect_bytes(blob, SIZE, 100, 0);
    expect_bytes(blob, 100000, 512, 512);
    expect_bytes(blob, 100512, 3584, 3584);
    expect_bytes(blob, 104096, 10, 10);
    expect_bytes(blob, 200000, 128 * KIB, 128 * KIB);
    expect_bytes(blob, 60000, 5536, 5536);
    played();
}

/* One request for what is said to be read in order, whatever its size. */
static void asks_once_for_what_is_expected(void **state) {
    (void)state;
    static const struct step steps[] = {
        {PART(1000000, 2999999)},
    };
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    play(steps);
    blob->ops->expect(blob, 1000000, 3000000);
    expect_bytes(blob, 1000000, 4096, 4096);
    for (uint64_t at = 1004096; at < 3000000; at += 128 * KIB)
        expect_bytes(blob, at, at + 128 * KIB < 3000000 ? 128 * KIB : (size_t)(3000000 - at),
                     at + 128 * KIB < 3000000 ? 128 * KIB : (size_t)(3000000 - at));
    played();
}

static void a_small_blob_is_one_request(void **state) {
    (void)state;
    static const struct step steps[] = {{.url = BLOB, .status = 200, .to = 100}};
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(100);
    play(steps);
    expect_bytes(blob, 10, 20, 20);
    expect_bytes(blob, 0, 200, 100);
    played();
}

/* PULL-8: the whole in place of a range serves everything that is asked for later. */
static void the_whole_is_used_where_there_are_no_ranges(void **state) {
    (void)state;
    static const struct step given[] = {{.url = BLOB, .range = "1000000-1004095", .status = 200, .to = SIZE}};
    /* A part of the answer begins there, and that and the next two have room in the window. */
    static const struct step joined[] = {{.url = BLOB, .range = "213020-217115", .status = 200, .to = SIZE}};
    static const struct step front[] = {{.url = BLOB, .range = "0-65535", .status = 200, .to = SIZE}};
    static const struct step refused[] = {
        {.url = BLOB, .range = "0-65535", .status = 416, .answer = "no", .breaks = true},
        {.url = BLOB, .status = 200, .to = SIZE, .has_length = true},
    };
    static const uint64_t first[] = {1000000, 213020, 0, 0};
    for (unsigned i = 0; i < 4; i++) {
        PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
        if (i == 0)
            play(given);
        else if (i == 1)
            play(joined);
        else if (i == 2)
            play(front);
        else
            play(refused);
        expect_bytes(blob, first[i], 100, 100);
        expect_bytes(blob, 2 * MIB, 128 * KIB, 128 * KIB);
        expect_bytes(blob, 0, 128 * KIB, 128 * KIB);
        expect_bytes(blob, SIZE - 1, 2, 1);
        played();
    }
}

static void a_shorter_range_is_asked_for_again(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.url = BLOB, .range = "0-65535", .status = 206, .got_range = "bytes 0-999/3145728", .to = 1000},
        {PART(1000, 65535)},
    };
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    play(steps);
    expect_bytes(blob, 0, 65536, 65536);
    played();
}

/* One byte for each request would be no end of requests. */
static void short_answers_are_counted(void **state) {
    (void)state;
    enum { LAST = PV_MAX_SHORT_ANSWERS };
    struct step steps[LAST + 1];
    char ranges[LAST + 1][2][64];
    for (unsigned more = 0; more < 2; more++) {
        PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
        struct provar_error err = {0};
        uint8_t byte;
        size_t len;
        for (unsigned i = 0; i <= LAST; i++) {
            unsigned end = i < LAST || more ? i + 1 : 65536;
            (void)snprintf(ranges[i][0], sizeof ranges[i][0], "%u-65535", i);
            (void)snprintf(ranges[i][1], sizeof ranges[i][1], "bytes %u-%u/3145728", i, end - 1);
            steps[i] = (struct step){
                .url = BLOB, .range = ranges[i][0], .status = 206, .got_range = ranges[i][1], .from = i, .to = end};
        }
        play(steps);
        assert_int_equal(blob->ops->read_at(blob, 0, &byte, 1, &len, &err), more ? PROVAR_E_REGISTRY : PROVAR_OK);
        assert_true(!more || strstr(err.message, "less of the blob than was asked for"));
        played();
    }
}

/* PULL-8. */
static void other_ranges_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *range;
        uint64_t from, to;
    } cases[] = {
        {"bytes 1-65535/3145728", 1, 65536}, {"bytes 1-65536/3145728", 1, 65537},
        {"bytes 0-65536/3145728", 0, 65537}, {"bytes 0-65535/3145729", 0, 65536},
        {"bytes */3145728", 0, 65536},       {"items 0-65535/3145728", 0, 65536},
        {"bytes 0-9/3145728", 0, 11},        {NULL, 0, 65536},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
        const struct step steps[] = {{.url = BLOB,
                                      .range = "0-65535",
                                      .status = 206,
                                      .got_range = cases[i].range,
                                      .from = cases[i].from,
                                      .to = cases[i].to}};
        struct provar_error err = {0};
        uint8_t byte;
        size_t len;
        play(steps);
        assert_int_equal(blob->ops->read_at(blob, 0, &byte, 1, &len, &err), PROVAR_E_REGISTRY);
        assert_int_equal(err.code, PROVAR_E_REGISTRY);
        played();
    }
}

/* ---------------------------------------------------------------- streams */

static void a_stream_is_one_request(void **state) {
    (void)state;
    static const struct step steps[] = {{.url = BLOB, .status = 200, .to = SIZE, .has_length = true}};
    struct taken taken = {0};
    play(steps);
    assert_ok(stream(SIZE, &taken, NULL));
    assert_int_equal(taken.len, SIZE);
    played();
    assert_ok(stream(0, &taken, NULL));
}

/* What is read a second time, as it was said before, comes out of the file that kept it. */
static void a_stream_may_be_kept(void **state) {
    (void)state;
    static const struct step steps[] = {{.url = BLOB, .status = 200, .to = SIZE}};
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    struct taken taken = {0};
    play(steps);
    blob->ops->expect(blob, 0, SIZE);
    assert_ok(blob->ops->stream(blob, 0, take, &taken, NULL));
    expect_bytes(blob, 0, 128 * KIB, 128 * KIB);
    expect_bytes(blob, SIZE - 100, 200, 100);
    played();
}

/* Where the whole came in place of a range, a stream is no second download, nor one that could be gone on with. */
static void a_stream_is_what_came_in_place_of_a_range(void **state) {
    (void)state;
    static const struct step steps[] = {{.url = BLOB, .range = "0-65535", .status = 200, .to = SIZE}};
    static const uint64_t from[] = {0, 1, SIZE - 1, SIZE};
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    play(steps);
    expect_bytes(blob, 0, 2, 2);
    for (size_t i = 0; i < array_length(from); i++) {
        struct taken taken = {.len = from[i]};
        assert_ok(blob->ops->stream(blob, from[i], take, &taken, NULL));
        assert_int_equal(taken.len, SIZE);
    }
    struct taken taken = {.fails_at = 5000};
    assert_int_equal(blob->ops->stream(blob, 0, take, &taken, NULL), PROVAR_E_NETWORK);
    assert_false(blob->may_pass);
    played();
}

static void a_stream_takes_no_more_than_is_here(void **state) {
    (void)state;
    static const struct step steps[] = {{PART(2000000, 3145727)}, {.url = BLOB, .status = 200, .to = SIZE}};
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    struct taken taken = {.len = 2000000};
    play(steps);
    blob->ops->expect(blob, 2000000, SIZE);
    expect_bytes(blob, 2000000, 2, 2);
    assert_ok(blob->ops->stream(blob, 2000000, take, &taken, NULL));
    assert_int_equal(script.done, 1);
    taken.len = 0;
    assert_ok(blob->ops->stream(blob, 0, take, &taken, NULL));
    assert_int_equal(taken.len, SIZE);
    played();
}

static void a_stream_goes_on_where_it_broke(void **state) {
    (void)state;
    static const struct step ranged[] = {
        {.url = BLOB, .status = 200, .to = 100000, .breaks = true},
        {.url = BLOB, .range = "100000-3145727"},
        {.url = BLOB,
         .range = "100000-3145727",
         .status = 206,
         .got_range = "bytes 100000-3145727/3145728",
         .from = 100000,
         .to = 2000000,
         .breaks = true},
        {PART(2000000, 3145727)},
    };
    static const struct step whole[] = {
        {.url = BLOB, .status = 200, .to = 100000, .breaks = true},
        {.url = BLOB, .range = "100000-3145727", .status = 200, .to = 50000, .breaks = true},
        {.url = BLOB, .status = 200, .to = SIZE},
    };
    static const struct step without_ranges[] = {
        {.url = BLOB, .status = 200, .to = 100000, .breaks = true},
        {.url = BLOB, .range = "100000-3145727", .status = 416, .answer = ""},
        {.url = BLOB, .status = 200, .to = SIZE},
    };
    struct taken taken = {0};
    play(ranged);
    assert_ok(stream(SIZE, &taken, NULL));
    played();
    taken.len = 0;
    play(without_ranges);
    assert_ok(stream(SIZE, &taken, NULL));
    played();
    taken.len = 0;
    play(whole);
    assert_ok(stream(SIZE, &taken, NULL));
    played();
}

/* A registry without ranges that breaks before the place of the first break is followed, but not for ever. */
static void says_whether_what_broke_it_may_pass(void **state) {
    (void)state;
    const struct {
        unsigned status, times;
        bool passes;
    } cases[] = {{0, PV_MAX_TRIES, true},
                 {408, PV_MAX_TRIES, true},
                 {429, PV_MAX_TRIES, true},
                 {503, PV_MAX_TRIES, true},
                 {401, 2, true},
                 {403, 1, true},
                 {404, 1, false},
                 {400, 1, false},
                 {206, 1, false}};
    for (size_t i = 0; i < array_length(cases); i++) {
        struct step steps[1 + PV_MAX_TRIES] = {{.url = BLOB, .status = 200, .to = 100000, .breaks = true}};
        struct taken taken = {0};
        for (unsigned k = 1; k <= cases[i].times; k++)
            steps[k] = (struct step){.url = BLOB,
                                     .range = "100000-3145727",
                                     .status = cases[i].status,
                                     .got_range = "bytes 7-7/9",
                                     .answer = ""};
        PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
        play(steps);
        script.count = 1 + cases[i].times;
        assert_int_not_equal(blob->ops->stream(blob, 0, take, &taken, NULL), PROVAR_OK);
        assert_int_equal(taken.len, 100000);
        if (blob->may_pass != cases[i].passes)
            fail_msg("status %u", cases[i].status);
        played();
        static const struct step whole[] = {{.url = BLOB, .status = 200, .to = SIZE}};
        play(whole);
        taken.len = 0;
        assert_ok(blob->ops->stream(blob, 0, take, &taken, NULL));
        assert_false(blob->may_pass);
    }
}

static void a_stream_that_falls_back_ends(void **state) {
    (void)state;
    struct step steps[PV_MAX_TRIES];
    for (unsigned i = 0; i < PV_MAX_TRIES; i++)
        steps[i] = (struct step){.url = BLOB,
                                 .range = i == 1 ? "100000-3145727" : NULL,
                                 .status = 200,
                                 .to = 100000 - i * 1000,
                                 .breaks = true};
    play(steps);
    expect_stream_fails(PROVAR_E_NETWORK, "the connection broke");
    steps[PV_MAX_TRIES - 1].to = SIZE;
    steps[PV_MAX_TRIES - 1].breaks = false;
    struct taken taken = {0};
    play(steps);
    assert_ok(stream(SIZE, &taken, NULL));
    assert_int_equal(taken.len, SIZE);
    played();
}

static void a_stream_that_keeps_breaking_ends(void **state) {
    (void)state;
    struct step steps[PV_MAX_TRIES];
    char ranges[PV_MAX_TRIES][2][64];
    for (unsigned i = 0; i < PV_MAX_TRIES; i++) {
        (void)snprintf(ranges[i][0], sizeof ranges[i][0], "%u-3145727", i * 1000);
        (void)snprintf(ranges[i][1], sizeof ranges[i][1], "bytes %u-3145727/3145728", i * 1000);
        steps[i] = (struct step){.url = BLOB,
                                 .status = i > 0 ? 206 : 200,
                                 .range = i > 0 ? ranges[i][0] : NULL,
                                 .got_range = i > 0 ? ranges[i][1] : NULL,
                                 .from = i * 1000,
                                 .to = i * 1000 + 1000,
                                 .breaks = true};
    }
    play(steps);
    expect_stream_fails(PROVAR_E_NETWORK, "the connection broke");
}

/* A megabyte is progress: the tries begin anew. */
static void a_stream_that_gets_on_goes_on(void **state) {
    (void)state;
    enum { PARTS = PV_MAX_TRIES + 2, LONG = PARTS * MIB };
    struct step steps[PARTS];
    char ranges[PARTS][2][64];
    PV_AUTO_FREE uint8_t *more = calloc(1, LONG);
    uint8_t *before = content;
    struct taken taken = {0};
    assert_non_null(more);
    content = more;
    for (unsigned i = 0; i < PARTS; i++) {
        (void)snprintf(ranges[i][0], sizeof ranges[i][0], "%u-%u", i * MIB, LONG - 1);
        (void)snprintf(ranges[i][1], sizeof ranges[i][1], "bytes %u-%u/%u", i * MIB, LONG - 1, LONG);
        steps[i] = (struct step){.url = BLOB,
                                 .status = i > 0 ? 206 : 200,
                                 .range = i > 0 ? ranges[i][0] : NULL,
                                 .got_range = i > 0 ? ranges[i][1] : NULL,
                                 .from = i * MIB,
                                 .to = (i + 1) * MIB,
                                 .breaks = i < PARTS - 1};
    }
    play(steps);
    assert_ok(stream(LONG, &taken, NULL));
    played();
    content = before;
}

static void answers_that_are_no_blob_are_refused(void **state) {
    (void)state;
    static const struct {
        struct step step;
        enum provar_result result;
        const char *said;
    } cases[] = {
        {{.status = 200, .coding = "gzip", .to = SIZE}, PROVAR_E_REGISTRY, "Content-Encoding 'gzip'"},
        {{.status = 200, .to = SIZE + 1}, PROVAR_E_REGISTRY, "longer than its descriptor"},
        {{.status = 200, .to = SIZE - 1, .has_length = true}, PROVAR_E_REGISTRY, "bytes of the blob, where"},
        {{.status = 200}, PROVAR_E_NETWORK, "ends before its size"},
        {{.status = 204, .answer = ""}, PROVAR_E_REGISTRY, "status 204"},
        {{.status = 206, .got_range = "bytes 0-3145727/3145728", .to = SIZE}, PROVAR_E_REGISTRY, "another range"},
        {{.status = 404, .answer = "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\"}]}"}, PROVAR_E_NOT_FOUND, "BLOB_UNKNOWN"},
        {{.status = 403, .answer = ""}, PROVAR_E_AUTH, "as alice"},
        {{.status = 416, .answer = ""}, PROVAR_E_REGISTRY, "status 416"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct step steps[] = {cases[i].step};
        steps[0].url = BLOB;
        play(steps);
        expect_stream_fails(cases[i].result, cases[i].said);
    }
}

/* A failure of whoever takes the bytes is not the connection's. */
static void the_takers_failure_ends_it(void **state) {
    (void)state;
    static const struct step steps[] = {{.url = BLOB, .status = 200, .to = SIZE}};
    struct taken taken = {.fails_at = 5000};
    struct provar_error err = {0};
    play(steps);
    assert_int_equal(stream(SIZE, &taken, &err), PROVAR_E_NETWORK);
    assert_non_null(strstr(err.message, "the taker's own"));
    played();
}

/* ---------------------------------------------------------------- sent on */

/* PULL-8. */
static void the_last_address_is_kept_while_it_is_good(void **state) {
    (void)state;
    static const unsigned stale[] = {400, 401, 403, 404, 410};
    for (size_t i = 0; i < array_length(stale); i++) {
        const struct step steps[] = {
            {.url = BLOB, .range = "0-65535", .status = 307, .location = CDN, .answer = "<a>"},
            {.url = CDN, .is_elsewhere = true, RANGE(0, 65535)},
            {.url = CDN, .is_elsewhere = true, RANGE(200000, 204095)},
            {.url = CDN, .range = "300000-304095", .is_elsewhere = true, .status = stale[i], .answer = "Expired"},
            {.url = BLOB, .range = "300000-304095", .status = 307, .location = CDN "&new", .answer = ""},
            {.url = CDN "&new", .is_elsewhere = true, RANGE(300000, 304095)},
        };
        PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
        play(steps);
        expect_bytes(blob, 0, 16, 16);
        expect_bytes(blob, 200000, 16, 16);
        expect_bytes(blob, 300000, 16, 16);
        played();
    }
}

/* PULL-8: a new place is as good as it gets, whether it is the first one or comes after one that has expired. */
static void a_place_that_is_never_good_is_given_up(void **state) {
    (void)state;
    static const struct step again[] = {
        {.url = BLOB, .range = "0-65535", .status = 307, .location = CDN, .answer = ""},
        {.url = CDN, .is_elsewhere = true, RANGE(0, 65535)},
        {.url = CDN, .range = "200000-204095", .is_elsewhere = true, .status = 403, .answer = "Expired"},
        {.url = BLOB, .range = "200000-204095", .status = 307, .location = CDN "&new", .answer = ""},
        {.url = CDN "&new", .range = "200000-204095", .is_elsewhere = true, .status = 403, .answer = "Expired"},
    };
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    struct provar_error err = {0};
    uint8_t byte;
    size_t len;
    play(again);
    expect_bytes(blob, 0, 16, 16);
    assert_int_equal(blob->ops->read_at(blob, 200000, &byte, 1, &len, &err), PROVAR_E_REGISTRY);
    played();
    static const struct step steps[] = {
        {.url = BLOB, .status = 307, .location = CDN, .answer = ""},
        {.url = CDN, .is_elsewhere = true, .status = 403, .answer = "no"},
    };
    play(steps);
    expect_stream_fails(PROVAR_E_REGISTRY, "status 403");
}

/* One that has expired, and a registry that has no ranges, are two ways that lead on. */
static void a_place_that_expired_may_be_the_last_with_ranges(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.url = BLOB, .range = "0-65535", .status = 307, .location = CDN, .answer = ""},
        {.url = CDN, .is_elsewhere = true, RANGE(0, 65535)},
        {.url = CDN, .range = "200000-204095", .is_elsewhere = true, .status = 403, .answer = "Expired"},
        {.url = BLOB, .range = "200000-204095", .status = 416, .answer = ""},
        {.url = BLOB, .status = 200, .to = SIZE},
    };
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    play(steps);
    expect_bytes(blob, 0, 16, 16);
    expect_bytes(blob, 200000, 16, 16);
    played();
}

/* Storage that gives `part` bytes for each address, which is good for one answer: `times` of them expire. */
static enum provar_result fetch_by_parts(unsigned times, uint64_t part, struct provar_error *err) {
    struct step steps[16], *step = steps;
    char ranges[16][2][64];
    uint64_t size = 1 + (times + 1) * part;
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(size);
    struct taken taken = {.len = 1};
    for (unsigned i = 0; i <= times; i++) {
        unsigned long long from = 1 + i * part, to = from + part;
        (void)snprintf(ranges[i][0], sizeof ranges[i][0], "%llu-%llu", from, (unsigned long long)size - 1);
        (void)snprintf(ranges[i][1], sizeof ranges[i][1], "bytes %llu-%llu/*", from, to - 1);
        if (i > 0)
            *step++ = (struct step){
                .url = CDN, .range = ranges[i][0], .is_elsewhere = true, .status = 403, .answer = "Expired"};
        *step++ = (struct step){.url = BLOB, .range = ranges[i][0], .status = 307, .location = CDN, .answer = ""};
        *step++ = (struct step){.url = CDN,
                                .range = ranges[i][0],
                                .is_elsewhere = true,
                                .status = 206,
                                .got_range = ranges[i][1],
                                .from = from,
                                .to = to};
    }
    play(steps);
    script.count = (size_t)(step - steps);
    enum provar_result result = blob->ops->stream(blob, 1, take, &taken, err);
    assert_true(result != PROVAR_OK || taken.len == size);
    return result;
}

/* PULL-8: a megabyte is progress here, too. */
static void places_that_expire_are_counted_until_a_megabyte_came(void **state) {
    (void)state;
    enum { N = PV_MAX_OTHER_WAYS };
    PV_AUTO_FREE uint8_t *more = calloc(1, (N + 2) * MIB + 1);
    uint8_t *before = content;
    struct provar_error err = {0};
    assert_non_null(more);
    content = more;
    assert_ok(fetch_by_parts(N, 1000, NULL));
    played();
    assert_int_equal(fetch_by_parts(N + 1, MIB - 1, &err), PROVAR_E_REGISTRY);
    assert_non_null(strstr(err.message, "sends us to where the blob is not"));
    assert_int_equal(script.done, script.count - 2);
    assert_ok(fetch_by_parts(N + 1, MIB, NULL));
    played();
    content = before;
}

static int set_up(void **state) {
    (void)state;
    return fill_content(SIZE + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_where_it_is_asked_to),
        cmocka_unit_test(asks_once_for_what_is_expected),
        cmocka_unit_test(a_small_blob_is_one_request),
        cmocka_unit_test(the_whole_is_used_where_there_are_no_ranges),
        cmocka_unit_test(a_shorter_range_is_asked_for_again),
        cmocka_unit_test(short_answers_are_counted),
        cmocka_unit_test(other_ranges_are_refused),
        cmocka_unit_test(a_stream_is_one_request),
        cmocka_unit_test(a_stream_may_be_kept),
        cmocka_unit_test(a_stream_is_what_came_in_place_of_a_range),
        cmocka_unit_test(a_stream_takes_no_more_than_is_here),
        cmocka_unit_test(a_stream_goes_on_where_it_broke),
        cmocka_unit_test(a_stream_that_keeps_breaking_ends),
        cmocka_unit_test(a_stream_that_falls_back_ends),
        cmocka_unit_test(says_whether_what_broke_it_may_pass),
        cmocka_unit_test(a_stream_that_gets_on_goes_on),
        cmocka_unit_test(answers_that_are_no_blob_are_refused),
        cmocka_unit_test(the_takers_failure_ends_it),
        cmocka_unit_test(the_last_address_is_kept_while_it_is_good),
        cmocka_unit_test(a_place_that_is_never_good_is_given_up),
        cmocka_unit_test(a_place_that_expired_may_be_the_last_with_ranges),
        cmocka_unit_test(places_that_expire_are_counted_until_a_megabyte_came),
    };
    return cmocka_run_group_tests(tests, set_up, free_content);
}
