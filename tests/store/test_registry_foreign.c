/* Tests of store/registry_fetch: what a registry has not, from the places that its manifest names (PULL-7). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "scripted_blob.h"
#include "store/image/content.h"

#define MISSING                                                                                                        \
    { .url = BLOB, .status = 404, .answer = "" }
/* Neither credentials nor certificate may come along. */
#define THERE(place) .url = (place), .is_elsewhere = true
#define WHOLE        .status = 200, .to = SIZE

static struct pv_descriptor descriptor = {.digest = {DIGEST}, .size = SIZE};

static void name_places(const char *const *places, size_t count) {
    descriptor.url_count = count;
    for (size_t i = 0; i < count; i++)
        descriptor.urls[i] = pv_str_of(places[i]);
}
#define places_are(...)                                                                                                \
    do {                                                                                                               \
        static const char *const list[] = {__VA_ARGS__};                                                               \
        name_places(list, array_length(list));                                                                         \
    } while (0)

static bool is_plain, may_send_in_clear;

static struct pv_blob *open_described(bool allowed) {
    struct pv_blob *blob = NULL;
    registry = a_registry();
    registry.is_plain = is_plain;
    registry.may_send_in_clear = may_send_in_clear;
    registry.allows_foreign = allowed;
    assert_ok(pv_registry_blob_open(&registry, "acme/http", &descriptor, &blob, NULL));
    return blob;
}

struct taken {
    uint64_t len;
    bool fails;
};

static enum provar_result take(void *user, const void *data, size_t len, struct provar_error *err) {
    struct taken *taken = user;
    assert_memory_equal(data, content + taken->len, len);
    taken->len += len;
    return taken->fails ? pv_fail(err, PROVAR_E_NETWORK, PROVAR_NO_OFFSET, "the taker's own") : PROVAR_OK;
}

static void expect_all(void) {
    PV_AUTO_BLOB struct pv_blob *blob = open_described(true);
    struct taken taken = {0};
    struct provar_error err = {0};
    if (blob->ops->stream(blob, 0, take, &taken, &err) != PROVAR_OK)
        fail_msg("request %zu: %s", script.done, err.message);
    assert_int_equal(taken.len, SIZE);
    played();
}

static void expect_failure(bool allowed, enum provar_result wanted, const char *said) {
    PV_AUTO_BLOB struct pv_blob *blob = open_described(allowed);
    struct taken taken = {0};
    struct provar_error err = {0};
    if (blob->ops->stream(blob, 0, take, &taken, &err) != wanted || strstr(err.message, said) == NULL)
        fail_msg("%s", err.message);
    played();
}

/* ---------------------------------------------------------------- whether */

static void what_was_not_allowed_is_not_asked(void **state) {
    (void)state;
    static const struct step steps[] = {MISSING};
    places_are("https://a.example/x");
    play(steps);
    expect_failure(false, PROVAR_E_NOT_FOUND, "the manifest has other places for it, which were not allowed: ");
    name_places(NULL, 0);
    play(steps);
    expect_failure(true, PROVAR_E_NOT_FOUND, "has no blob");
}

static void only_what_the_registry_has_not_is_looked_for_elsewhere(void **state) {
    (void)state;
    static const struct step good[] = {{.url = BLOB, WHOLE}};
    static const struct step refused[] = {{.url = BLOB, .status = 403, .answer = ""}};
    static const struct step broken[] = {{.url = BLOB, .status = 200, .to = 100, .has_length = true}};
    places_are("https://a.example/x");
    play(good);
    expect_all();
    play(refused);
    expect_failure(true, PROVAR_E_AUTH, "403");
    play(broken);
    expect_failure(true, PROVAR_E_REGISTRY, "100 bytes");
}

/* ---------------------------------------------------------------- where */

/* CVE-2020-15157: a document could have them sent to whomever it likes, or to another place of the registry's host. */
static void nobody_learns_who_asks(void **state) {
    (void)state;
    static const struct step other[] = {MISSING, {THERE("https://a.example/x?signature=1"), WHOLE}};
    static const struct step own[] = {MISSING, {THERE(HOST "/elsewhere"), WHOLE}};
    static const struct step asked[] = {
        MISSING, {THERE(HOST "/elsewhere"), .status = 401, .challenges = "Basic realm=\"x\"\n", .answer = ""}};
    places_are("https://a.example/x?signature=1");
    play(other);
    expect_all();
    places_are(HOST "/elsewhere");
    play(own);
    expect_all();
    play(asked);
    expect_failure(true, PROVAR_E_REGISTRY,
                   "no other place of the manifest's has it: https://r.example/elsewhere answers status 401");
    assert_int_equal(script.authorized, 0);
}

/* NET-1, NET-3. */
static void no_place_where_a_redirect_might_not_lead(void **state) {
    (void)state;
    static const char *const bad[] = {"http://a.example/x",         "https://169.254.169.254/x", "https://10.0.0.1/x",
                                      "https://127.0.0.1/x",        "https://[::1]/x",           "ftp://a.example/x",
                                      "file:///etc/passwd",         "https://u:p@a.example/x",   "",
                                      "https://a.example/with gap", "https://0x7f000001/x"};
    static const struct step steps[] = {MISSING};
    for (size_t i = 0; i < array_length(bad); i++) {
        name_places(&bad[i], 1);
        play(steps);
        expect_failure(true, PROVAR_E_REGISTRY, "no other place of the manifest's has it: ");
    }
}

/* NET-6. */
static void a_place_without_tls_only_where_that_was_asked_for(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.url = "http://r.example/v2/acme/http/blobs/" DIGEST, .status = 404, .answer = ""},
        {THERE("http://a.example/x"), WHOLE},
    };
    places_are("http://a.example/x");
    is_plain = true;
    play(steps);
    script.count = 1;
    expect_failure(true, PROVAR_E_REGISTRY, "leads to another machine without TLS");
    may_send_in_clear = true;
    play(steps);
    expect_all();
    is_plain = may_send_in_clear = false;
}

static void places_are_asked_in_their_order(void **state) {
    (void)state;
    static const struct step steps[] = {
        MISSING,
        {THERE("https://a.example/x"), .status = 404, .answer = ""},
        {THERE("https://b.example/x"), .status = 200, .to = 100, .has_length = true},
        {THERE("https://c.example/x"), WHOLE},
    };
    places_are("https://a.example/x", "https://10.0.0.1/x", "https://b.example/x", "https://c.example/x");
    play(steps);
    expect_all();
    play(steps);
    script.count = 3;
    descriptor.url_count = 3;
    expect_failure(true, PROVAR_E_REGISTRY, "no other place of the manifest's has it: ");
}

/* By a document or an answer with a URL that is too long. */
static void a_place_that_leads_nowhere_is_left(void **state) {
    (void)state;
    static char far[PV_MAX_URL + 2] = "https://a.example/";
    memset(far + strlen(far), 'x', sizeof far - 1 - strlen(far));
    const char *const places[] = {far, "https://b.example/x", "https://c.example/x"};
    const struct step steps[] = {
        MISSING,
        {THERE("https://b.example/x"), .status = 302, .location = far, .answer = ""},
        {THERE("https://c.example/x"), WHOLE},
    };
    name_places(places, 3);
    play(steps);
    expect_all();
    play(steps);
    script.count = 2;
    descriptor.url_count = 2;
    expect_failure(true, PROVAR_E_LIMIT, "no other place of the manifest's has it: a URL of more than");
}

/* ---------------------------------------------------------------- how */

/* NET-3: a place may send on, by the same rules; where to may be good for minutes only, and is not kept. */
static void a_place_that_sends_on_is_asked_again(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.url = BLOB, .range = "0-65535", .status = 404, .answer = ""},
        {THERE("https://a.example/x"), .range = "0-65535", .status = 302, .location = "https://cdn.example/1",
         .answer = ""},
        {THERE("https://cdn.example/1"), RANGE(0, 65535)},
        {THERE("https://a.example/x"), .range = "100000-165535", .status = 302, .location = "https://cdn.example/2",
         .answer = ""},
        {THERE("https://cdn.example/2"), RANGE(100000, 165535)},
    };
    places_are("https://a.example/x");
    PV_AUTO_BLOB struct pv_blob *blob = open_described(true);
    play(steps);
    expect_bytes(blob, 0, 16, 16);
    expect_bytes(blob, 100000, 16, 16);
    played();
    static const struct step inside[] = {
        MISSING, {THERE("https://a.example/x"), .status = 302, .location = "https://10.0.0.1/x", .answer = ""}};
    play(inside);
    expect_failure(true, PROVAR_E_REGISTRY, "internal network");
}

/* What has come counts, wherever it came from: the digest judges all of it. */
static void the_next_place_goes_on_where_the_last_one_ended(void **state) {
    (void)state;
    static const struct step steps[] = {
        MISSING,
        {THERE("https://a.example/x"), .status = 200, .to = 1000},
        {THERE("https://a.example/x"), .range = "1000-3145727", .status = 404, .answer = ""},
        {THERE("https://b.example/x"), .range = "1000-3145727", .status = 206,
         .got_range = "bytes 1000-3145727/3145728", .from = 1000, .to = SIZE},
    };
    places_are("https://a.example/x", "https://b.example/x");
    play(steps);
    expect_all();
}

/* Of what came of a blob is kept what the last place broke off, and nothing of what the next one completed. */
static void why_it_failed_is_said_of_the_last_place(void **state) {
    (void)state;
    static const struct {
        struct step last;
        bool passes;
    } cases[] = {
        {{THERE("https://b.example/x"), WHOLE}, false},
        {{THERE("https://b.example/x"), .status = 404, .answer = ""}, false},
        {{THERE("https://b.example/x"), .status = 200, .to = 100, .has_length = true}, false},
        {{THERE("https://b.example/x"), .status = 403, .answer = ""}, true},
        {{THERE("https://b.example/x"), .status = 401, .answer = ""}, true},
    };
    places_are("https://a.example/x", "https://b.example/x");
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct step steps[] = {
            MISSING, {THERE("https://a.example/x"), .status = 403, .answer = ""}, cases[i].last};
        PV_AUTO_BLOB struct pv_blob *blob = open_described(true);
        struct taken taken = {0};
        play(steps);
        assert_int_equal(blob->ops->stream(blob, 0, take, &taken, NULL) == PROVAR_OK, i == 0);
        if (blob->may_pass != cases[i].passes)
            fail_msg("case %zu", i);
        played();
    }
}

static void the_takers_failure_ends_it(void **state) {
    (void)state;
    static const struct step steps[] = {MISSING, {THERE("https://a.example/x"), WHOLE}};
    places_are("https://a.example/x", "https://b.example/x");
    PV_AUTO_BLOB struct pv_blob *blob = open_described(true);
    struct taken taken = {.fails = true};
    struct provar_error err = {0};
    play(steps);
    assert_int_equal(blob->ops->stream(blob, 0, take, &taken, &err), PROVAR_E_NETWORK);
    assert_string_equal(err.message, "the taker's own");
    played();
}

static int set_up(void **state) {
    (void)state;
    return fill_content(SIZE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_allowed_is_not_asked),
        cmocka_unit_test(only_what_the_registry_has_not_is_looked_for_elsewhere),
        cmocka_unit_test(nobody_learns_who_asks),
        cmocka_unit_test(no_place_where_a_redirect_might_not_lead),
        cmocka_unit_test(a_place_without_tls_only_where_that_was_asked_for),
        cmocka_unit_test(places_are_asked_in_their_order),
        cmocka_unit_test(a_place_that_leads_nowhere_is_left),
        cmocka_unit_test(a_place_that_sends_on_is_asked_again),
        cmocka_unit_test(the_next_place_goes_on_where_the_last_one_ended),
        cmocka_unit_test(why_it_failed_is_said_of_the_last_place),
        cmocka_unit_test(the_takers_failure_ends_it),
    };
    return cmocka_run_group_tests(tests, set_up, free_content);
}
