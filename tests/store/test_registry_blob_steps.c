/* Tests of store/registry_blob: how much it asks for where nobody says how much will be read, and what it tells. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "scripted_blob.h"

/* PULL-8: small steps, each nearer than 64 KiB to the end of what is here, as over small members of a plain archive:
 * few requests for many; one byte further is a step of its own. */
static void joins_ranges_that_are_near(void **state) {
    (void)state;
    static const struct step steps[] = {
        {PART(0, 65535)},
        {PART(131071, 196606)},
        {PART(200000, 331071)},
        {PART(396608, 400703)},
    };
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    play(steps);
    expect_bytes(blob, 0, 512, 512);
    for (uint64_t at = 131071; at < 196000; at += 5000)
        expect_bytes(blob, at, 512, 512);
    for (uint64_t at = 200000; at < 331000; at += 10000)
        expect_bytes(blob, at, 512, 512);
    expect_bytes(blob, 331072 + 65536, 512, 512);
    played();
}

/* A stream of which nobody says where it ends: each step is half of what is here, or 64 KiB; what was read is read
 * again without a request. */
static void reads_on_in_steps_that_grow(void **state) {
    (void)state;
    static const struct step steps[] = {
        {PART(0, 65535)},
        {PART(65536, 131071)},
        {PART(131072, 196607)},
        {PART(196608, 294911)},
    };
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    play(steps);
    for (int round = 0; round < 2; round++)
        for (uint64_t at = 0; at < 250000; at += 25000)
            expect_bytes(blob, at, 25000, 25000);
    played();
}

struct told {
    uint64_t done, total;
    unsigned calls;
    bool stops;
};

static enum provar_result hear(void *listener, uint64_t done, uint64_t total, struct provar_error *err) {
    struct told *told = listener;
    assert_true(done > told->done || told->calls == 0);
    *told = (struct told){.done = done, .total = total, .calls = told->calls + 1, .stops = told->stops};
    return told->stops ? pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "enough") : PROVAR_OK;
}

/* Of what is expected how much it is, of a stream how far that is; and whoever is told may stop it. */
static void tells_how_far_it_is(void **state) {
    (void)state;
    static const struct step steps[] = {
        {PART(1000000, 2999999)},
        {PART(0, 65535)},
        {PART(65536, 131071)},
        {PART(131072, 196607)},
    };
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    struct told told = {0};
    struct provar_error err = {0};
    uint8_t byte;
    size_t len = 0;
    play(steps);
    blob->tell = hear;
    blob->listener = &told;
    blob->ops->expect(blob, 1000000, 3000000);
    expect_bytes(blob, 1000000, 10, 10);
    assert_int_equal(told.done, 2000000);
    assert_int_equal(told.total, 2000000);
    told = (struct told){0};
    expect_bytes(blob, 0, 10, 10);
    assert_int_equal(told.calls, 0);
    expect_bytes(blob, 65536, 10, 10);
    assert_int_equal(told.done, 131072);
    assert_int_equal(told.total, 0);
    told.stops = true;
    assert_int_equal(blob->ops->read_at(blob, 131072, &byte, 1, &len, &err), PROVAR_E_IO);
    assert_string_equal(err.message, "enough");
    played();
}

/* More than was asked for, whose listener can end it as soon as it begins. */
static void tells_of_the_whole_in_place_of_a_range(void **state) {
    (void)state;
    static const struct step steps[] = {{.url = BLOB, .range = "0-65535", .status = 200, .to = SIZE}};
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    PV_AUTO_BLOB struct pv_blob *stopped = open_blob(SIZE);
    struct told told = {0};
    uint8_t byte;
    size_t len = 0;
    blob->tell = stopped->tell = hear;
    blob->listener = stopped->listener = &told;
    play(steps);
    expect_bytes(blob, 0, 10, 10);
    assert_int_equal(told.done, SIZE);
    assert_int_equal(told.total, SIZE);
    told = (struct told){.stops = true};
    play(steps);
    assert_int_equal(stopped->ops->read_at(stopped, 0, &byte, 1, &len, NULL), PROVAR_E_IO);
    assert_int_equal(told.calls, 1);
    assert_int_equal(told.total, SIZE);
    played();
}

enum { FRONT = 64 * KIB };

static enum provar_result ignore(void *user, const void *data, size_t len, struct provar_error *err) {
    (void)user;
    (void)data;
    (void)len;
    (void)err;
    return PROVAR_OK;
}

/* A registry that answers otherwise the first time: what was digested is what is read from then on. */
static void a_kept_stream_takes_the_place_of_what_was_read_before(void **state) {
    (void)state;
    static char other[FRONT + 1];
    static const struct step steps[] = {
        {.url = BLOB, .range = "0-65535", .status = 206, .got_range = "bytes 0-65535/3145728", .answer = other},
        {.url = BLOB,
         .range = "1000000-1065535",
         .status = 206,
         .got_range = "bytes 1000000-1065535/3145728",
         .answer = other},
        {.url = BLOB, .status = 200, .to = SIZE},
    };
    PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
    uint8_t byte;
    size_t len = 0;
    memset(other, '?', FRONT);
    play(steps);
    assert_ok(blob->ops->read_at(blob, 7, &byte, 1, &len, NULL));
    assert_int_equal(byte, '?');
    PV_AUTO_FREE uint8_t *block = malloc(FRONT);
    assert_ok(blob->ops->read_at(blob, 1000000, block, FRONT, &len, NULL));
    assert_int_equal(block[FRONT - 1], '?');
    blob->ops->expect(blob, 0, SIZE);
    assert_ok(blob->ops->stream(blob, 0, ignore, NULL, NULL));
    expect_bytes(blob, 0, FRONT, FRONT);
    expect_bytes(blob, 1000000, FRONT, FRONT);
    played();
}

/* A stream that stalls is told of when it breaks, and one that breaks at once is not. */
static void a_stream_that_was_slow_is_told(void **state) {
    (void)state;
    for (unsigned seconds = 2; seconds <= 3; seconds++) {
        const struct step steps[] = {
            {.url = BLOB, .status = 200, .to = 100000, .breaks = true, .takes = seconds},
            {PART(100000, 3145727)},
        };
        PV_AUTO_BLOB struct pv_blob *blob = open_blob(SIZE);
        registry.warn_own = note_warning;
        play(steps);
        assert_ok(blob->ops->stream(blob, 0, ignore, NULL, NULL));
        assert_string_equal(script.warned, seconds == 3 ? "the connection broke; trying again" : "");
        played();
    }
}

static int fill_blob(void **state) {
    (void)state;
    return fill_content(SIZE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_ranges_that_are_near),
        cmocka_unit_test(reads_on_in_steps_that_grow),
        cmocka_unit_test(tells_how_far_it_is),
        cmocka_unit_test(tells_of_the_whole_in_place_of_a_range),
        cmocka_unit_test(a_kept_stream_takes_the_place_of_what_was_read_before),
        cmocka_unit_test(a_stream_that_was_slow_is_told),
    };
    return cmocka_run_group_tests(tests, fill_blob, NULL);
}
