/* Tests of store/layout: blobs and manifests in a directory, by the interface that every store has. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/file.h>

#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "store/image/content.h"
#include "store/layout/layout.h"

static struct pv_backend *open_layout(bool create) {
    struct pv_backend *backend = NULL;
    struct provar_error err = {0};
    if (pv_layout_open(PV_STR("store"), create, &backend, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    return backend;
}

static struct pv_digest digest_of(struct pv_str bytes) {
    struct pv_digest digest;
    assert_ok(pv_digest_of(bytes.text, bytes.len, &digest, NULL));
    return digest;
}

/* LAY-2. */
static void stores_blobs_under_their_digest(void **state) {
    (void)state;
    PV_AUTO_BACKEND struct pv_backend *backend = open_layout(true);
    PV_AUTO_BLOB struct pv_blob *blob = NULL;
    struct pv_str bytes = PV_STR("some bytes"), others = PV_STR("Some bytes");
    struct pv_digest digest = digest_of(bytes);
    struct pv_content content = pv_content_memory(&bytes), wrong = pv_content_memory(&others);
    struct provar_error err = {0};
    const struct pv_descriptor descriptor = {.digest = digest, .size = bytes.len};
    char buf[16];
    size_t len = 0;
    bool has = true;
    assert_ok(backend->ops->blob_has(backend, &digest, bytes.len, &has, &err));
    assert_false(has);
    assert_fails(backend->ops->blob_put(backend, &digest, &wrong, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    assert_ok(backend->ops->blob_has(backend, &digest, bytes.len, &has, NULL));
    assert_false(has);
    assert_ok(backend->ops->blob_put(backend, &digest, &content, NULL));
    assert_ok(backend->ops->blob_has(backend, &digest, bytes.len, &has, NULL));
    assert_true(has);
    assert_ok(backend->ops->blob_has(backend, &digest, bytes.len + 1, &has, NULL));
    assert_false(has);
    assert_ok(backend->ops->blob_open(backend, &descriptor, &blob, NULL));
    assert_ok(blob->ops->read_at(blob, 5, buf, sizeof buf, &len, NULL));
    assert_true(pv_str_equal(pv_str(buf, len), PV_STR("bytes")));
    assert_ok(blob->ops->read_at(blob, bytes.len + 5, buf, sizeof buf, &len, NULL));
    assert_int_equal(len, 0);
}

/* LAY-2: what is there under the right name with other content counts as missing, and is replaced. */
static void puts_a_damaged_blob_again(void **state) {
    (void)state;
    PV_AUTO_BACKEND struct pv_backend *backend = open_layout(true);
    struct pv_str bytes = PV_STR("some bytes");
    struct pv_digest digest = digest_of(bytes);
    struct pv_content content = pv_content_memory(&bytes);
    char path[128];
    bool has = false;
    assert_ok(backend->ops->blob_put(backend, &digest, &content, NULL));
    (void)snprintf(path, sizeof path, "store/blobs/sha256/%s", pv_digest_hex(&digest).text);
    temp_dir_write(path, "Some bytes", 10);
    assert_ok(backend->ops->blob_has(backend, &digest, bytes.len, &has, NULL));
    assert_false(has);
    assert_ok(backend->ops->blob_put(backend, &digest, &content, NULL));
    assert_ok(backend->ops->blob_has(backend, &digest, bytes.len, &has, NULL));
    assert_true(has);
}

/* LAY-2. */
static void a_blob_that_shrinks_is_an_error(void **state) {
    (void)state;
    PV_AUTO_BACKEND struct pv_backend *backend = open_layout(true);
    PV_AUTO_BLOB struct pv_blob *blob = NULL;
    struct pv_str bytes = PV_STR("some bytes");
    struct pv_digest digest = digest_of(bytes);
    struct pv_content content = pv_content_memory(&bytes);
    struct provar_error err = {0};
    const struct pv_descriptor descriptor = {.digest = digest, .size = bytes.len};
    char path[128], buf[16];
    size_t len = 0;
    assert_ok(backend->ops->blob_put(backend, &digest, &content, NULL));
    (void)snprintf(path, sizeof path, "store/blobs/sha256/%s", pv_digest_hex(&digest).text);
    assert_ok(backend->ops->blob_open(backend, &descriptor, &blob, NULL));
    assert_int_equal(truncate(path, 4), 0);
    assert_fails(blob->ops->read_at(blob, 0, buf, sizeof buf, &len, &err), PROVAR_E_IO, err, 4);
    provar_error_clear(&err);
    pv_blob_free(PV_TAKE(blob));
    assert_fails(backend->ops->blob_open(backend, &descriptor, &blob, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
}

struct seen {
    char text[64];
};

static enum provar_result see(void *user, struct pv_str tag, const struct pv_named *named, struct provar_error *err) {
    struct seen *seen = user;
    size_t used = strlen(seen->text);
    (void)named;
    (void)err;
    (void)snprintf(seen->text + used, sizeof seen->text - used, "%.*s ", (int)tag.len, tag.text);
    return PROVAR_OK;
}

/* LAY-4. */
static void names_manifests(void **state) {
    (void)state;
    PV_AUTO_BACKEND struct pv_backend *backend = open_layout(true);
    struct pv_str json = PV_STR("{}");
    const struct pv_str tag_list[] = {PV_STR("a"), PV_STR("b")};
    struct pv_tags tags = {.list = tag_list, .count = 2}, inner = {.inner = true};
    struct pv_named named = {.digest = digest_of(json), .size = json.len, .media_type = PV_MEDIA_OCI_MANIFEST}, found;
    struct pv_digest none = {0};
    struct seen seen = {""};
    PV_AUTO_BUF struct pv_buf read;
    struct provar_error err = {0};
    pv_buf_init(&read, 100);
    /* One of an index is found by its digest alone, and listed nowhere. */
    assert_ok(backend->ops->manifest_put(backend, &named, json, &inner, NULL));
    assert_fails(backend->ops->resolve(backend, PV_STR(""), &none, &found, &err), PROVAR_E_NOT_FOUND, err,
                 PROVAR_NO_OFFSET);
    assert_ok(backend->ops->resolve(backend, PV_STR(""), &named.digest, &found, NULL));
    assert_int_equal(found.size, json.len);
    assert_string_equal(found.media_type, "");
    assert_ok(backend->ops->manifest_put(backend, &named, json, &tags, NULL));
    assert_ok(backend->ops->resolve(backend, PV_STR("b"), &none, &found, NULL));
    assert_string_equal(found.media_type, PV_MEDIA_OCI_MANIFEST);
    assert_ok(backend->ops->manifest_get(backend, &found, &read, NULL));
    assert_string_equal((const char *)read.data, "{}");
    assert_ok(backend->ops->list_tags(backend, see, &seen, NULL));
    assert_string_equal(seen.text, "a b ");
}

static void limits_manifests(void **state) {
    (void)state;
    PV_AUTO_BACKEND struct pv_backend *backend = open_layout(true);
    PV_AUTO_FREE char *text = calloc(1, PV_MAX_MANIFEST_SIZE + 1);
    assert_non_null(text);
    for (size_t more = 0; more < 2; more++) {
        struct pv_str json = pv_str(text, PV_MAX_MANIFEST_SIZE + more);
        struct pv_named named = {.digest = digest_of(json), .size = json.len};
        struct pv_content content = pv_content_memory(&json);
        PV_AUTO_BUF struct pv_buf read;
        struct provar_error err = {0};
        pv_buf_init(&read, 2 * PV_MAX_MANIFEST_SIZE);
        assert_ok(backend->ops->blob_put(backend, &named.digest, &content, NULL));
        enum provar_result result = backend->ops->manifest_get(backend, &named, &read, &err);
        if (more)
            assert_fails(result, PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
        else
            assert_ok(result);
    }
}

/* LAY-2. */
static void limits_the_version_file(void **state) {
    (void)state;
    char text[PV_MAX_LAYOUT_VERSION + 1];
    struct provar_error err = {0};
    pv_backend_free(open_layout(true));
    for (size_t more = 0; more < 2; more++) {
        struct pv_backend *backend = NULL;
        memset(text, ' ', sizeof text);
        memcpy(text, PV_STR("{\"imageLayoutVersion\":\"1.0.0\"}").text, 30);
        temp_dir_write("store/oci-layout", text, PV_MAX_LAYOUT_VERSION + more);
        enum provar_result result = pv_layout_open(PV_STR("store"), false, &backend, &err);
        if (more)
            assert_fails(result, PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
        else
            assert_ok(result);
        pv_backend_free(backend);
    }
}

/* Opening to read makes nothing. */
static void reads_without_writing(void **state) {
    (void)state;
    struct pv_backend *backend = NULL;
    struct provar_error err = {0};
    assert_fails(pv_layout_open(PV_STR("store"), false, &backend, &err), PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_int_equal(mkdir("store", 0777), 0);
    temp_dir_write("store/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
    assert_ok(pv_layout_open(PV_STR("store"), false, &backend, NULL));
    struct seen seen = {""};
    assert_ok(backend->ops->list_tags(backend, see, &seen, NULL));
    assert_string_equal(seen.text, "");
    pv_backend_free(backend);
    assert_int_equal(unlink("store/oci-layout"), 0);
    assert_int_equal(rmdir("store"), 0);
}

/* ---------------------------------------------------------------- the lock */

static int held_lock = -1;
static unsigned naps, naps_until_release;
static const char *index_meanwhile; /* what whoever holds it writes; NULL: nothing */

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap___nanosleep64(const struct timespec *wanted, struct timespec *left); /* 32 bits, with times after 2038 */

/* Time passes at once. */
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left) {
    (void)left;
    assert_int_equal(wanted->tv_nsec, 20000000);
    if (++naps != naps_until_release)
        return 0;
    if (index_meanwhile)
        temp_dir_write("store/index.json", index_meanwhile, strlen(index_meanwhile));
    assert_int_equal(flock(held_lock, LOCK_UN), 0);
    return 0;
}

int __wrap___nanosleep64(const struct timespec *wanted, struct timespec *left) {
    return __wrap_nanosleep(wanted, left);
}

/* LAY-3: somebody holds it for as long as others wait, or for one look longer. */
static void waits_for_the_lock_and_gives_up(void **state) {
    (void)state;
    enum { NAPS = PV_LAYOUT_LOCK_SECONDS * 1000 / 20 };
    PV_AUTO_BACKEND struct pv_backend *backend = open_layout(true);
    struct pv_str json = PV_STR("{}");
    struct pv_named named = {.digest = digest_of(json), .size = json.len, .media_type = PV_MEDIA_OCI_MANIFEST};
    struct pv_tags tags = {0};
    struct provar_error err = {0};
    held_lock = open("store/oci-layout", O_RDONLY | O_CLOEXEC);
    for (unsigned late = 0; late < 2; late++) {
        naps = 0;
        naps_until_release = NAPS + late;
        assert_int_equal(flock(held_lock, LOCK_EX), 0);
        enum provar_result result = backend->ops->manifest_put(backend, &named, json, &tags, &err);
        if (late)
            assert_fails(result, PROVAR_E_IO, err, PROVAR_NO_OFFSET);
        else
            assert_ok(result);
        assert_int_equal(naps, NAPS);
    }
    assert_string_equal(err.message, "another process has held the lock of 'oci-layout' for 60 s");
    assert_int_equal(close(held_lock), 0);
}

static ino_t inode_of(const char *path) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

/* LAY-3: what counts is the index as it is behind the lock, which is of a file that stays, or there would be two. */
static void reads_again_behind_a_lock_that_stays(void **state) {
    (void)state;
    PV_AUTO_BACKEND struct pv_backend *backend = open_layout(true);
    struct pv_str json = PV_STR("{}");
    struct pv_named named = {.digest = digest_of(json), .size = json.len, .media_type = PV_MEDIA_OCI_MANIFEST};
    const struct pv_str tag = PV_STR("a");
    struct pv_tags tags = {.list = &tag, .count = 1};
    struct seen seen = {""};
    temp_dir_write("store/index.json", "{\"manifests\":[]}", 16);
    ino_t lock = inode_of("store/oci-layout"), index = inode_of("store/index.json");
    held_lock = open("store/oci-layout", O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(held_lock, LOCK_EX), 0);
    naps = 0;
    naps_until_release = 3;
    index_meanwhile = "{\"manifests\":[{\"digest\":\"sha512:00\",\"size\":1,"
                      "\"annotations\":{\"org.opencontainers.image.ref.name\":\"theirs\"}}]}";
    assert_ok(backend->ops->manifest_put(backend, &named, json, &tags, NULL));
    index_meanwhile = NULL;
    assert_ok(backend->ops->list_tags(backend, see, &seen, NULL));
    assert_string_equal(seen.text, "theirs a ");
    assert_true(inode_of("store/oci-layout") == lock);
    assert_true(inode_of("store/index.json") != index);
    assert_int_equal(close(held_lock), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(stores_blobs_under_their_digest),
        test_in_temp_dir(puts_a_damaged_blob_again),
        test_in_temp_dir(a_blob_that_shrinks_is_an_error),
        test_in_temp_dir(names_manifests),
        test_in_temp_dir(limits_manifests),
        test_in_temp_dir(limits_the_version_file),
        test_in_temp_dir(reads_without_writing),
        test_in_temp_dir(waits_for_the_lock_and_gives_up),
        test_in_temp_dir(reads_again_behind_a_lock_that_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
