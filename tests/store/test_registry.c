/* Tests of store/registry: manifests by name and digest, pages of tags, and what a repository answers beside that. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "scripted_registry.h"

#define MANIFEST  "{\"schemaVersion\":2}"
#define OTHER     "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define MANIFESTS REPO "/manifests/"
#define TAGS      REPO "/tags/list"
#define TYPE      PV_MEDIA_OCI_MANIFEST

static struct pv_registry registry;

/* Milliseconds; every look at the clock takes as many. */
static uint64_t clock_at, clock_step;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap___clock_gettime64(clockid_t clock, struct timespec *now); /* 32 bits, with times after 2038 */
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    assert_int_equal(clock, CLOCK_MONOTONIC);
    *now = (struct timespec){.tv_sec = (time_t)(clock_at / 1000), .tv_nsec = (long)(clock_at % 1000) * 1000000};
    clock_at += clock_step;
    return 0;
}

int __wrap___clock_gettime64(clockid_t clock, struct timespec *now) {
    return __wrap_clock_gettime(clock, now);
}

static struct pv_backend *open_repository(bool writes) {
    struct pv_backend *backend = NULL;
    registry = a_registry();
    assert_ok(pv_registry_open(&registry, "acme/http", writes, &backend, NULL));
    return backend;
}

static struct pv_digest digest_of(const char *text) {
    struct pv_digest digest;
    assert_ok(pv_digest_of(text, strlen(text), &digest, NULL));
    return digest;
}

static const struct pv_digest none = {""};

/* ---------------------------------------------------------------- manifests */

/* PULL-1, RET-3. */
static void one_request_for_a_manifest(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.url = MANIFESTS "rev-7", .status = 200, .type = TYPE "; charset=utf-8", .answer = MANIFEST}};
    PV_AUTO_BACKEND struct pv_backend *backend = open_repository(false);
    PV_AUTO_BUF struct pv_buf json;
    struct pv_named named;
    struct pv_digest due = digest_of(MANIFEST);
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    play(steps);
    assert_ok(backend->ops->resolve(backend, PV_STR("rev-7"), &none, &named, NULL));
    assert_string_equal(named.media_type, TYPE);
    assert_string_equal(named.digest.text, due.text);
    assert_int_equal(named.size, strlen(MANIFEST));
    assert_ok(backend->ops->manifest_get(backend, &named, &json, NULL));
    assert_true(pv_str_equal(pv_buf_str(&json), PV_STR(MANIFEST)));
    played();
}

/* PULL-2. */
static void the_digest_decides(void **state) {
    (void)state;
    struct pv_digest due = digest_of(MANIFEST), other = {OTHER};
    char url[256];
    (void)snprintf(url, sizeof url, MANIFESTS "%s", due.text);
    const struct {
        const struct pv_digest *pinned;
        struct step step;
        enum provar_result result;
    } cases[] = {
        {&due, {.url = url, .status = 200, .answer = MANIFEST}, PROVAR_OK},
        {&due, {.url = url, .status = 200, .digest = due.text, .answer = MANIFEST}, PROVAR_OK},
        {&due, {.url = url, .status = 200, .digest = "sha512:00", .answer = MANIFEST}, PROVAR_OK},
        {&due, {.url = url, .status = 200, .digest = OTHER, .answer = MANIFEST}, PROVAR_E_REGISTRY},
        {&other, {.url = MANIFESTS OTHER, .status = 200, .digest = OTHER, .answer = MANIFEST}, PROVAR_E_REGISTRY},
        {&none, {.url = MANIFESTS "latest", .status = 200, .digest = OTHER, .answer = MANIFEST}, PROVAR_E_REGISTRY},
        {&none, {.url = MANIFESTS "latest", .status = 404, .answer = ""}, PROVAR_E_NOT_FOUND},
        {&none, {.url = MANIFESTS "latest", .status = 204, .answer = ""}, PROVAR_E_REGISTRY},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        PV_AUTO_BACKEND struct pv_backend *backend = open_repository(false);
        const struct step steps[] = {cases[i].step};
        struct pv_named named;
        play(steps);
        assert_int_equal(backend->ops->resolve(backend, PV_STR(""), cases[i].pinned, &named, NULL), cases[i].result);
        played();
    }
}

static void a_manifest_has_a_ceiling(void **state) {
    (void)state;
    PV_AUTO_FREE char *text = malloc(PV_MAX_MANIFEST_SIZE + 2);
    assert_non_null(text);
    for (size_t more = 0; more < 2; more++) {
        PV_AUTO_BACKEND struct pv_backend *backend = open_repository(false);
        const struct step steps[] = {{.url = MANIFESTS "a", .status = 200, .answer = text}};
        struct pv_named named;
        memset(text, ' ', PV_MAX_MANIFEST_SIZE + 1);
        text[PV_MAX_MANIFEST_SIZE + more] = 0;
        play(steps);
        assert_int_equal(backend->ops->resolve(backend, PV_STR("a"), &none, &named, NULL),
                         more ? PROVAR_E_LIMIT : PROVAR_OK);
    }
}

static void a_size_that_is_not_the_descriptors(void **state) {
    (void)state;
    PV_AUTO_BACKEND struct pv_backend *backend = open_repository(false);
    struct pv_named named = {.digest = digest_of(MANIFEST), .size = 7};
    PV_AUTO_BUF struct pv_buf json;
    char url[256];
    (void)snprintf(url, sizeof url, MANIFESTS "%s", named.digest.text);
    const struct step steps[] = {{.url = url, .status = 200, .answer = MANIFEST}};
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    play(steps);
    assert_int_equal(backend->ops->manifest_get(backend, &named, &json, NULL), PROVAR_E_REGISTRY);
    assert_int_equal(json.len, 0);
}

/* ---------------------------------------------------------------- writing */

static enum provar_result put(struct pv_backend *backend, const struct pv_str *list, size_t count, size_t kept,
                              struct provar_error *err) {
    struct pv_named named = {.digest = digest_of(MANIFEST), .size = strlen(MANIFEST), .media_type = TYPE};
    const struct pv_tags tags = {.list = list, .count = count, .kept = kept};
    return backend->ops->manifest_put(backend, &named, PV_STR(MANIFEST), &tags, err);
}

#define PUT(name, code)                                                                                                \
    {                                                                                                                  \
        .method = PV_HTTP_PUT, .url = (name), .content_type = TYPE, .body_len = sizeof MANIFEST - 1, .status = (code), \
        .answer = ""                                                                                                   \
    }

static void by_its_digest_before_several_tags(void **state) {
    (void)state;
    const struct pv_str tags[] = {PV_STR("a"), PV_STR("b")};
    struct pv_digest due = digest_of(MANIFEST);
    char url[256];
    (void)snprintf(url, sizeof url, MANIFESTS "%s", due.text);
    const struct step two[] = {PUT(url, 201), PUT(MANIFESTS "a", 200), PUT(MANIFESTS "b", 204)};
    const struct step one[] = {PUT(MANIFESTS "a", 201)}, untagged[] = {PUT(url, 201)};
    PV_AUTO_BACKEND struct pv_backend *backend = open_repository(true);
    play(two);
    assert_ok(put(backend, tags, 2, 0, NULL));
    played();
    play(one);
    assert_ok(put(backend, tags, 1, 0, NULL));
    played();
    play(untagged);
    assert_ok(put(backend, NULL, 0, 0, NULL));
    played();
}

static void what_the_registry_has_taken_is_compared(void **state) {
    (void)state;
    const struct pv_str tag = PV_STR("a");
    struct step steps[] = {PUT(MANIFESTS "a", 201)};
    struct provar_error err = {0};
    PV_AUTO_BACKEND struct pv_backend *backend = open_repository(true);
    steps[0].digest = OTHER;
    play(steps);
    assert_fails(put(backend, &tag, 1, 0, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    steps[0].status = 202;
    steps[0].digest = NULL;
    play(steps);
    assert_int_equal(put(backend, &tag, 1, 0, NULL), PROVAR_E_REGISTRY);
    steps[0].status = 400;
    steps[0].answer = "{\"errors\":[{\"code\":\"MANIFEST_INVALID\",\"message\":\"unknown media type: x/y\"}]}";
    err = (struct provar_error){0};
    play(steps);
    assert_fails(put(backend, &tag, 1, 0, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "container images"));
}

#define NAMES(text)                                                                                                    \
    { .method = PV_HTTP_HEAD, .url = MANIFESTS "a", .status = 200, .digest = (text), .has_length = true, .answer = "" }
#define NAMES_NOTHING                                                                                                  \
    { .method = PV_HTTP_HEAD, .url = MANIFESTS "a", .status = 404, .answer = "" }

/* PUSH-9, RET-3: a HEAD where that says enough. */
static void a_tag_that_is_to_stay_stays(void **state) {
    (void)state;
    const struct pv_str tag = PV_STR("a");
    struct pv_digest due = digest_of(MANIFEST);
    const struct step same[] = {NAMES(due.text), PUT(MANIFESTS "a", 201), NAMES(due.text)};
    static const struct step other[] = {NAMES(OTHER)};
    const struct step missing[] = {NAMES_NOTHING, PUT(MANIFESTS "a", 201), NAMES(due.text)};
    /* A registry that does not say its digest is asked for the manifest itself. */
    static const struct step silent[] = {{.method = PV_HTTP_HEAD, .url = MANIFESTS "a", .status = 200, .answer = ""},
                                         {.url = MANIFESTS "a", .status = 200, .answer = "{}"}};
    PV_AUTO_BACKEND struct pv_backend *backend = open_repository(true);
    struct provar_error err = {0};
    play(same);
    assert_ok(put(backend, &tag, 1, 1, NULL));
    played();
    play(other);
    assert_fails(put(backend, &tag, 1, 1, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "names other content already"));
    played();
    play(missing);
    assert_ok(put(backend, &tag, 1, 1, NULL));
    played();
    play(silent);
    assert_int_equal(put(backend, &tag, 1, 1, NULL), PROVAR_E_REGISTRY);
    played();
}

/* PUSH-9: between the question and the PUT there is time for somebody else's, and behind it too. */
static void whose_content_a_tag_does_not_keep_has_not_stored_it(void **state) {
    (void)state;
    const struct pv_str tags[] = {PV_STR("a"), PV_STR("b")};
    struct pv_digest due = digest_of(MANIFEST);
    char url[256];
    (void)snprintf(url, sizeof url, MANIFESTS "%s", due.text);
    static const struct step lost[] = {NAMES_NOTHING, PUT(MANIFESTS "a", 201), NAMES(OTHER)};
    static const struct step silent[] = {NAMES_NOTHING,
                                         PUT(MANIFESTS "a", 201),
                                         {.method = PV_HTTP_HEAD, .url = MANIFESTS "a", .status = 200, .answer = ""},
                                         {.url = MANIFESTS "a", .status = 200, .answer = "{}"}};
    const struct step several[] = {NAMES_NOTHING, PUT(url, 201), PUT(MANIFESTS "a", 201), PUT(MANIFESTS "b", 201),
                                   NAMES(OTHER)};
    const struct step forbidden[] = {
        NAMES_NOTHING,
        PUT(MANIFESTS "a", 201),
        {.method = PV_HTTP_HEAD, .url = MANIFESTS "a", .status = 403, .answer = ""},
    };
    PV_AUTO_BACKEND struct pv_backend *backend = open_repository(true);
    struct provar_error err = {0};
    play(lost);
    assert_fails(put(backend, tags, 1, 1, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "at the same time: the tag 'a' names other content already: " OTHER));
    played();
    play(silent);
    assert_int_equal(put(backend, tags, 1, 1, NULL), PROVAR_E_REGISTRY);
    played();
    play(several);
    assert_int_equal(put(backend, tags, 2, 1, NULL), PROVAR_E_REGISTRY);
    played();
    play(forbidden);
    assert_int_equal(put(backend, tags, 1, 1, NULL), PROVAR_E_AUTH);
    played();
}

/* PUSH-9: twice as long as it took to write, but 5 seconds at most; and not at all where the tag may be anybody's. */
static void a_tag_is_looked_at_again_after_a_while(void **state) {
    (void)state;
    static const struct {
        uint64_t took;
        unsigned slept;
    } cases[] = {{0, 0}, {30, 60}, {2499, 4998}, {2500, 5000}, {2501, 5000}, {UINT32_MAX / 2 + 2, 5000}};
    const struct pv_str tag = PV_STR("a");
    struct pv_digest due = digest_of(MANIFEST);
    const struct step steps[] = {NAMES_NOTHING, PUT(MANIFESTS "a", 201), NAMES(due.text)};
    const struct step anybody[] = {PUT(MANIFESTS "a", 201)};
    PV_AUTO_BACKEND struct pv_backend *backend = open_repository(true);
    for (size_t i = 0; i < array_length(cases); i++) {
        clock_step = cases[i].took;
        play(steps);
        assert_ok(put(backend, &tag, 1, 1, NULL));
        assert_int_equal(script.slept, cases[i].slept);
        played();
        play(anybody);
        assert_ok(put(backend, &tag, 1, 0, NULL));
        assert_int_equal(script.slept, 0);
        played();
    }
    clock_step = 0;
}

/* ---------------------------------------------------------------- tags */

struct names {
    char text[256];
    unsigned stop_at;
    unsigned count;
};

static enum provar_result add(void *user, struct pv_str tag, const struct pv_named *named, struct provar_error *err) {
    struct names *names = user;
    assert_null(named);
    (void)snprintf(names->text + strlen(names->text), sizeof names->text - strlen(names->text), "%.*s,", (int)tag.len,
                   tag.text);
    return ++names->count == names->stop_at ? pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "enough") : PROVAR_OK;
}

static enum provar_result list(struct names *names, struct provar_error *err) {
    PV_AUTO_BACKEND struct pv_backend *backend = open_repository(false);
    return backend->ops->list_tags(backend, add, names, err);
}

static void pages_of_tags(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.url = TAGS,
         .status = 200,
         .link = "</v2/acme/http/tags/list?last=b&n=2>; rel=\"next\"",
         .answer = "{\"name\":\"acme/http\",\"tags\":[\"a\",\"b\"]}"},
        {.url = TAGS "?last=b&n=2",
         .status = 200,
         .link = "<?last=c>; rel=next",
         .answer = "{\"tags\":[\"c\",\"../d\",\"\"]}"},
        {.url = TAGS "?last=c", .status = 200, .answer = "{\"tags\":null}"},
    };
    struct names names = {.count = 0};
    play(steps);
    assert_ok(list(&names, NULL));
    assert_string_equal(names.text, "a,b,c,");
    played();
    names = (struct names){.stop_at = 2};
    play(steps);
    assert_int_equal(list(&names, NULL), PROVAR_E_CLAIMS);
    assert_int_equal(script.done, 1);
}

static void lists_that_are_none(void **state) {
    (void)state;
    static const struct {
        struct step step;
        enum provar_result result;
    } cases[] = {
        {{.status = 200, .answer = "{\"tags\":[]}"}, PROVAR_OK},
        {{.status = 200, .answer = "{}"}, PROVAR_OK},
        {{.status = 200, .answer = "<html>"}, PROVAR_E_REGISTRY},
        {{.status = 200, .answer = "{\"tags\":[1]}"}, PROVAR_E_REGISTRY},
        {{.status = 200, .answer = "{\"tags\":\"a\"}"}, PROVAR_E_REGISTRY},
        {{.status = 404, .answer = ""}, PROVAR_E_NOT_FOUND},
        {{.status = 200, .link = "next", .answer = "{}"}, PROVAR_E_REGISTRY},
        {{.status = 200, .link = "<https://evil.example/x>; rel=next", .answer = "{}"}, PROVAR_E_REGISTRY},
        {{.status = 200, .link = "<http://r.example/x>; rel=next", .answer = "{}"}, PROVAR_E_REGISTRY},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct step steps[] = {cases[i].step};
        struct names names = {.count = 0};
        steps[0].url = TAGS;
        play(steps);
        assert_int_equal(list(&names, NULL), cases[i].result);
        assert_string_equal(names.text, "");
        played();
    }
}

static void pages_come_to_an_end(void **state) {
    (void)state;
    PV_AUTO_FREE struct step *steps = calloc(PV_MAX_TAG_PAGES, sizeof *steps);
    struct names names = {.count = 0};
    assert_non_null(steps);
    for (size_t i = 0; i < PV_MAX_TAG_PAGES; i++)
        steps[i] = (struct step){.url = TAGS, .status = 200, .link = "<" TAGS ">; rel=next", .answer = "{}"};
    memset(&script, 0, sizeof script);
    script.list = steps;
    script.count = PV_MAX_TAG_PAGES;
    assert_int_equal(list(&names, NULL), PROVAR_E_LIMIT);
    played();
    steps[PV_MAX_TAG_PAGES - 1].link = NULL;
    script.done = 0;
    assert_ok(list(&names, NULL));
    played();
}

/* ---------------------------------------------------------------- blobs */

#define MOUNT                                                                                                          \
    REPO                                                                                                               \
        "/blobs/uploads/?mount=sha256%3A44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a&from=acme%2Fother"

/* PUSH-5. */
static void blobs_are_mounted_within_a_registry(void **state) {
    (void)state;
    static const struct step steps[] = {{.method = PV_HTTP_POST, .url = MOUNT, .status = 201, .answer = ""}};
    PV_AUTO_BACKEND struct pv_backend *to = open_repository(true);
    PV_AUTO_BACKEND struct pv_backend *from = NULL, *foreign = NULL;
    struct pv_registry another = a_registry();
    const struct pv_digest digest = {OTHER};
    bool mounted = false;
    assert_ok(pv_registry_open(&registry, "acme/other", false, &from, NULL));
    assert_ok(pv_registry_open(&another, "acme/other", false, &foreign, NULL));
    play(steps);
    assert_ok(to->ops->blob_mount(to, from, &digest, &mounted, NULL));
    assert_true(mounted);
    played();
    assert_ok(to->ops->blob_mount(to, foreign, &digest, &mounted, NULL));
    assert_false(mounted);
}

/* PUSH-5: a session that nobody went on with, since the blob did not come. */
static void what_a_mount_has_begun_is_given_up_at_the_end(void **state) {
    (void)state;
    static const struct step steps[] = {
        {.method = PV_HTTP_POST, .url = MOUNT, .status = 202, .location = REPO "/blobs/uploads/a", .answer = ""},
        {.method = PV_HTTP_DELETE, .url = REPO "/blobs/uploads/a", .status = 204, .answer = ""},
        {.method = PV_HTTP_POST, .url = MOUNT, .status = 202, .location = REPO "/blobs/uploads/b", .answer = ""},
        {.method = PV_HTTP_DELETE, .url = REPO "/blobs/uploads/b", .status = 204, .answer = ""},
    };
    struct pv_backend *to = open_repository(true);
    PV_AUTO_BACKEND struct pv_backend *from = NULL;
    const struct pv_digest digest = {OTHER};
    bool mounted = true;
    assert_ok(pv_registry_open(&registry, "acme/other", false, &from, NULL));
    play(steps);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(to->ops->blob_mount(to, from, &digest, &mounted, NULL));
        assert_false(mounted);
    }
    pv_backend_free(to);
    played();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_request_for_a_manifest),
        cmocka_unit_test(the_digest_decides),
        cmocka_unit_test(a_manifest_has_a_ceiling),
        cmocka_unit_test(a_size_that_is_not_the_descriptors),
        cmocka_unit_test(by_its_digest_before_several_tags),
        cmocka_unit_test(what_the_registry_has_taken_is_compared),
        cmocka_unit_test(a_tag_that_is_to_stay_stays),
        cmocka_unit_test(whose_content_a_tag_does_not_keep_has_not_stored_it),
        cmocka_unit_test(a_tag_is_looked_at_again_after_a_while),
        cmocka_unit_test(pages_of_tags),
        cmocka_unit_test(lists_that_are_none),
        cmocka_unit_test(pages_come_to_an_end),
        cmocka_unit_test(blobs_are_mounted_within_a_registry),
        cmocka_unit_test(what_a_mount_has_begun_is_given_up_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
