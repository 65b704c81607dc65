/* Tests of store/layout/layout_gc: how many blobs it takes, whom it tells, and how long it waits for others. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/file.h>

#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "store/image/limits.h"
#include "store/layout/layout.h"
#include "store/layout/layout_gc.h"

static void make_layout(void) {
    struct pv_backend *backend = NULL;
    assert_ok(pv_layout_open(PV_STR("store"), true, &backend, NULL));
    pv_backend_free(backend);
    temp_dir_write("store/index.json", "{\"manifests\":[]}", 16);
}

static void add_empty_blob(unsigned number) {
    char path[128];
    (void)snprintf(path, sizeof path, "store/blobs/sha256/%064x", number);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
}

struct heard {
    size_t removed, stop_at;
};

static enum provar_result hear_removed(void *user, const char *path, uint64_t bytes, struct provar_error *err) {
    struct heard *heard = user;
    assert_true(strstr(path, "blobs/sha256/") == path);
    assert_int_equal(bytes, 0);
    if (++heard->removed == heard->stop_at)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "stopped");
    return PROVAR_OK;
}

static void hear_warning(void *user, const char *line) {
    (void)user;
    fail_msg("%s", line);
}

static enum provar_result collect(struct heard *heard, bool is_dry_run, struct provar_error *err) {
    const struct pv_layout_gc gc = {
        .before = INT64_MAX, .is_dry_run = is_dry_run, .removed = hear_removed, .warn = hear_warning, .user = heard};
    return pv_layout_collect(PV_STR("store"), &gc, err);
}

static void removes_however_many_nothing_names(void **state) {
    (void)state;
    struct heard heard = {0};
    make_layout();
    for (unsigned i = 0; i <= PV_MAX_LAYOUT_BLOBS; i++)
        add_empty_blob(i);
    assert_ok(collect(&heard, true, NULL));
    assert_int_equal(heard.removed, PV_MAX_LAYOUT_BLOBS + 1);
    heard.removed = 0;
    assert_ok(collect(&heard, false, NULL));
    assert_int_equal(heard.removed, PV_MAX_LAYOUT_BLOBS + 1);
    heard.removed = 0;
    assert_ok(collect(&heard, false, NULL));
    assert_int_equal(heard.removed, 0);
}

/* A document of an unknown kind that names the blobs from `begin` to `end`, as an element of "manifests". */
static void add_document(unsigned begin, unsigned end, struct pv_buf *list) {
    PV_AUTO_BUF struct pv_buf json;
    struct pv_digest digest;
    char text[128], path[128];
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    for (unsigned i = begin; i < end; i++) {
        int len = snprintf(text, sizeof text, "%s\"sha256:%064x\"", i == begin ? "{\"x\":[" : ",", i);
        assert_ok(pv_buf_append(&json, text, (size_t)len, NULL));
    }
    assert_ok(pv_buf_append(&json, "]}", 2, NULL));
    assert_ok(pv_digest_of(json.data, json.len, &digest, NULL));
    (void)snprintf(path, sizeof path, "store/blobs/sha256/%s", pv_digest_hex(&digest).text);
    temp_dir_write(path, json.data, json.len);
    int len = snprintf(text, sizeof text, "%s{\"digest\":\"%s\"}", begin > 0 ? "," : "", digest.text);
    assert_ok(pv_buf_append(list, text, (size_t)len, NULL));
}

/* What is named and is not there needs no room, and what is there and nothing names does not either. */
static void takes_as_many_named_blobs_as_its_limit(void **state) {
    (void)state;
    enum { DOCUMENTS = 8, EACH = PV_MAX_LAYOUT_BLOBS / DOCUMENTS, FIT = PV_MAX_LAYOUT_BLOBS - DOCUMENTS };
    PV_AUTO_BUF struct pv_buf index;
    struct provar_error err = {0};
    struct heard heard = {0};
    make_layout();
    pv_buf_init(&index, PV_MAX_MANIFEST_SIZE);
    assert_ok(pv_buf_append(&index, "{\"manifests\":[", 14, NULL));
    for (unsigned i = 0; i < DOCUMENTS; i++)
        add_document(i * EACH, (i + 1) * EACH, &index);
    assert_ok(pv_buf_append(&index, "]}", 2, NULL));
    temp_dir_write("store/index.json", index.data, index.len);
    for (unsigned i = 0; i < FIT; i++)
        add_empty_blob(i);
    add_empty_blob(PV_MAX_LAYOUT_BLOBS);
    assert_ok(collect(&heard, false, NULL));
    assert_int_equal(heard.removed, 1);
    heard.removed = 0;
    add_empty_blob(PV_MAX_LAYOUT_BLOBS);
    add_empty_blob(FIT);
    assert_fails(collect(&heard, false, &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "nothing is removed: sha256:"));
    assert_non_null(strstr(err.message, "the layout names more than 65536 blobs"));
    assert_int_equal(heard.removed, 0);
}

static void stops_where_its_caller_does(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct heard heard = {.stop_at = 2};
    make_layout();
    for (unsigned i = 0; i < 4; i++)
        add_empty_blob(i);
    assert_fails(collect(&heard, false, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(heard.removed, 2);
    heard = (struct heard){0};
    assert_ok(collect(&heard, false, NULL));
    assert_int_equal(heard.removed, 2);
}

static size_t removed_before(int64_t before) {
    struct heard heard = {0};
    const struct pv_layout_gc gc = {
        .before = before, .is_dry_run = true, .removed = hear_removed, .warn = hear_warning, .user = &heard};
    assert_ok(pv_layout_collect(PV_STR("store"), &gc, NULL));
    return heard.removed;
}

/* `cp -p` and their like set the first time back; the second one is that of their doing so. */
static void the_later_of_two_times_counts(void **state) {
    (void)state;
    struct stat st;
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char path[128];
    make_layout();
    add_empty_blob(1);
    (void)snprintf(path, sizeof path, "store/blobs/sha256/%064x", 1);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mtime, 1);
    assert_int_equal(removed_before(st.st_ctime - 1), 0);
    assert_int_equal(removed_before(st.st_ctime), 1);
    times[1].tv_sec = st.st_ctime + 1000;
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(removed_before(times[1].tv_sec - 1), 0);
    assert_int_equal(removed_before(times[1].tv_sec), 1);
}

static void a_grace_is_an_hour_unless_it_is_given(void **state) {
    (void)state;
    assert_int_equal(pv_layout_gc_before(0, 1000000), 1000000 - 3600);
    assert_int_equal(pv_layout_gc_before(1, 1000000), 999999);
    assert_int_equal(pv_layout_gc_before(2000000, 1000000), -1000000);
    assert_int_equal(pv_layout_gc_before(INT64_MAX - 1, 0), -(INT64_MAX - 1));
    assert_int_equal(pv_layout_gc_before(UINT64_MAX, 1000000), -1);
}

static void a_file_is_not_collected(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct heard heard = {0};
    temp_dir_write("store", "x", 1);
    assert_fails(collect(&heard, false, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "'store' is a file: what it holds can be read, and not removed");
}

/* ---------------------------------------------------------------- the lock */

static unsigned naps;

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap___nanosleep64(const struct timespec *wanted, struct timespec *left);

/* Time passes at once. */
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left) {
    (void)left;
    assert_int_equal(wanted->tv_nsec, 20000000);
    naps++;
    return 0;
}

int __wrap___nanosleep64(const struct timespec *wanted, struct timespec *left) {
    return __wrap_nanosleep(wanted, left);
}

static void waits_a_minute_for_those_who_write(void **state) {
    (void)state;
    enum { NAPS = PV_LAYOUT_LOCK_SECONDS * 1000 / 20 };
    struct pv_backend *writer = NULL, *second = NULL, *reader = NULL;
    struct provar_error err = {0};
    struct heard heard = {0};
    make_layout();
    add_empty_blob(1);
    assert_ok(pv_layout_open(PV_STR("store"), true, &writer, NULL));
    assert_ok(pv_layout_open(PV_STR("store"), true, &second, NULL));
    pv_backend_free(second);
    assert_fails(collect(&heard, false, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "another process has held the lock of 'blobs/sha256' for 60 s");
    assert_int_equal(naps, NAPS);
    assert_int_equal(heard.removed, 0);
    pv_backend_free(writer);
    assert_ok(pv_layout_open(PV_STR("store"), false, &reader, NULL));
    assert_ok(collect(&heard, false, NULL));
    assert_int_equal(heard.removed, 1);
    pv_backend_free(reader);
}

static void writers_wait_for_it(void **state) {
    (void)state;
    struct pv_backend *backend = NULL;
    struct provar_error err = {0};
    make_layout();
    int held = open("store/blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(held, LOCK_EX), 0);
    assert_fails(pv_layout_open(PV_STR("store"), true, &backend, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_ok(pv_layout_open(PV_STR("store"), false, &backend, NULL));
    pv_backend_free(backend);
    assert_int_equal(close(held), 0);
    assert_ok(pv_layout_open(PV_STR("store"), true, &backend, NULL));
    pv_backend_free(backend);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(removes_however_many_nothing_names),
        test_in_temp_dir(takes_as_many_named_blobs_as_its_limit),
        test_in_temp_dir(stops_where_its_caller_does),
        test_in_temp_dir(the_later_of_two_times_counts),
        cmocka_unit_test(a_grace_is_an_hour_unless_it_is_given),
        test_in_temp_dir(a_file_is_not_collected),
        test_in_temp_dir(waits_a_minute_for_those_who_write),
        test_in_temp_dir(writers_wait_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
