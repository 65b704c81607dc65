/* Tests of store/part_file: what has arrived is kept, found, completed or begun anew, and shared with nobody. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "base/fs.h"
#include "store/part_file.h"

enum { SIZE = 3 * PV_BLOCK + 5 };

static uint8_t content[SIZE];
static struct pv_digest digest;
static struct provar_store *store;
static uint64_t told, told_first; /* to whoever watches the session */
static bool is_silent = true;     /* so far */

/* ---------------------------------------------------------------- the store */

struct blob {
    struct pv_blob head;
    uint64_t gives, from; /* so many bytes before it breaks; the last place it was asked for */
    unsigned asked;
    bool is_wrong;
};

static enum provar_result give(struct pv_blob *head, uint64_t from, pv_take_fn take, void *user,
                               struct provar_error *err) {
    struct blob *blob = (struct blob *)head;
    blob->asked++;
    blob->from = from;
    uint64_t end = blob->gives < SIZE ? blob->gives : SIZE;
    for (uint64_t at = from; at < end;) {
        uint8_t part[1000] = {0};
        size_t len = end - at < sizeof part ? (size_t)(end - at) : sizeof part;
        if (!blob->is_wrong)
            memcpy(part, content + at, len);
        enum provar_result result = take(user, part, len, err);
        if (result != PROVAR_OK)
            return result;
        at += len;
    }
    return end == SIZE ? PROVAR_OK : pv_fail(err, PROVAR_E_NETWORK, PROVAR_NO_OFFSET, "it broke");
}

static const struct pv_blob_ops ops = {.stream = give};

static struct blob a_blob(void) {
    return (struct blob){.head = {.ops = &ops, .digest = digest, .size = SIZE}, .gives = SIZE};
}

static int progress(uint64_t done, uint64_t total, void *user) {
    (void)user;
    assert_int_equal(total, SIZE);
    if (is_silent)
        told_first = done;
    is_silent = false;
    told = done;
    return 0;
}

static int set_up(void **state) {
    (void)state;
    const struct provar_store_options options = {.size = sizeof options, .progress = progress};
    for (size_t i = 0; i < SIZE; i++)
        content[i] = (uint8_t)(i * 7 + i / 251);
    assert_ok(pv_digest_of(content, SIZE, &digest, NULL));
    assert_ok(provar_store_new(&options, &store, NULL));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    provar_store_free(store);
    return 0;
}

/* ---------------------------------------------------------------- the directory */

static char name[PV_PART_FILE_NAME];
static const char *becomes,
    *comes; /* what the file is called, and what its name is, once it is locked; NULL: as before */
static int lock_fails_with;

/* The linker sends the library's calls here (tests/store/meson.build). */
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation) {
    if (becomes)
        assert_int_equal(rename(name, becomes), 0);
    if (comes)
        assert_int_equal(rename(comes, name), 0);
    becomes = comes = NULL;
    errno = lock_fails_with;
    return lock_fails_with ? -1 : __real_flock(fd, operation);
}

static int open_here(void) {
    (void)snprintf(name, sizeof name, ".provar-%s.part", pv_digest_hex(&digest).text);
    int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void put(const char *path, const void *data, size_t len, mode_t mode) {
    PV_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && fchmod(fd, mode) == 0);
    assert_ok(pv_fs_write(fd, data, len, NULL));
}

static void expect_file(const struct pv_part_file *part, uint64_t len) {
    PV_AUTO_FREE uint8_t *found = malloc(SIZE + 1);
    size_t got = 0;
    assert_ok(pv_fs_read_at(part->fd, found, SIZE + 1, 0, &got, NULL));
    assert_int_equal(got, len);
    assert_memory_equal(found, content, len);
}

static bool is_there(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Opens it, has the blob arrive, and closes it. */
static enum provar_result receive(struct blob *blob, uint64_t due, struct provar_error *err) {
    PV_AUTO_FD int here = open_here();
    struct pv_part_file part;
    pv_part_file_open(&part, here, &digest, SIZE);
    assert_true(part.fd >= 0);
    assert_int_equal(part.have, due);
    is_silent = true;
    enum provar_result result = pv_part_file_receive(&part, store, &blob->head, err);
    if (result == PROVAR_OK) {
        expect_file(&part, SIZE);
        assert_int_equal(told, SIZE);
    }
    pv_part_file_close(&part, result == PROVAR_E_NETWORK);
    return result;
}

static void expect_none(void) {
    PV_AUTO_FD int here = open_here();
    struct pv_part_file part;
    pv_part_file_open(&part, here, &digest, SIZE);
    assert_int_equal(part.fd, -1);
    pv_part_file_close(&part, false);
}

/* ---------------------------------------------------------------- tests */

static void goes_on_where_it_broke(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct blob blob = a_blob();
    blob.gives = PV_BLOCK + 1;
    assert_fails(receive(&blob, 0, &err), PROVAR_E_NETWORK, err, PROVAR_NO_OFFSET);
    assert_true(is_there(name));
    blob.gives = PV_BLOCK + 77;
    assert_fails(receive(&blob, PV_BLOCK + 1, &err), PROVAR_E_NETWORK, err, PROVAR_NO_OFFSET);
    assert_int_equal(blob.from, PV_BLOCK + 1);
    blob.gives = SIZE;
    assert_ok(receive(&blob, PV_BLOCK + 77, NULL));
    assert_int_equal(blob.from, PV_BLOCK + 77);
    assert_int_equal(blob.asked, 3);
    assert_false(is_there(name));
}

/* Whoever measures how fast it comes begins at what was here. */
static void tells_first_what_was_here(void **state) {
    (void)state;
    struct blob blob = a_blob();
    assert_int_equal(close(open_here()), 0);
    assert_ok(receive(&blob, 0, NULL));
    assert_int_equal(told_first, 1000);
    put(name, content, PV_BLOCK + 1, 0600);
    assert_ok(receive(&blob, PV_BLOCK + 1, NULL));
    assert_int_equal(told_first, PV_BLOCK + 1);
    put(name, content, SIZE, 0600);
    assert_ok(receive(&blob, SIZE, NULL));
    assert_int_equal(told_first, SIZE);
}

static void keeps_nothing_where_nothing_came(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct blob blob = a_blob();
    blob.gives = 0;
    assert_fails(receive(&blob, 0, &err), PROVAR_E_NETWORK, err, PROVAR_NO_OFFSET);
    assert_false(is_there(name));
}

static void begins_anew_once(void **state) {
    (void)state;
    static const uint8_t zeros[SIZE];
    struct provar_error err = {0};
    struct blob blob = a_blob();
    assert_int_equal(close(open_here()), 0);
    put(name, zeros, 1000, 0600);
    assert_ok(receive(&blob, 1000, NULL));
    assert_int_equal(blob.asked, 2);
    assert_int_equal(blob.from, 0);
    put(name, content, 1000, 0600);
    blob = a_blob();
    blob.is_wrong = true;
    assert_fails(receive(&blob, 1000, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    assert_int_equal(blob.asked, 2);
    assert_false(is_there(name));
    assert_fails(receive(&blob, 0, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    assert_int_equal(blob.asked, 3);
}

static void asks_for_nothing_that_is_here(void **state) {
    (void)state;
    struct blob blob = a_blob();
    assert_int_equal(close(open_here()), 0);
    put(name, content, SIZE, 0644);
    assert_ok(receive(&blob, SIZE, NULL));
    assert_int_equal(blob.asked, 0);
    /* Longer than the blob is nothing of it. */
    PV_AUTO_FREE uint8_t *longer = calloc(1, SIZE + 1);
    memcpy(longer, content, SIZE);
    put(name, longer, SIZE + 1, 0600);
    assert_ok(receive(&blob, 0, NULL));
    assert_int_equal(blob.asked, 1);
}

static void leaves_alone_what_is_not_its_own(void **state) {
    (void)state;
    assert_int_equal(close(open_here()), 0);
    put("victim", "precious", 8, 0600);
    assert_int_equal(symlink("victim", name), 0);
    expect_none();
    assert_true(is_there(name));
    assert_int_equal(unlink(name), 0);
    assert_int_equal(symlink("missing", name), 0);
    expect_none();
    assert_false(is_there("missing"));
    assert_int_equal(unlink(name), 0);
    assert_int_equal(mkdir(name, 0700), 0);
    expect_none();
    assert_int_equal(rmdir(name), 0);
    assert_int_equal(mkfifo(name, 0600), 0);
    expect_none();
    assert_int_equal(unlink(name), 0);
    const mode_t others[] = {0620, 0602};
    for (size_t i = 0; i < array_length(others); i++) {
        put(name, "x", 1, others[i]);
        expect_none();
        assert_true(is_there(name));
        assert_int_equal(unlink(name), 0);
    }
}

static void leaves_nothing_where_there_are_no_locks(void **state) {
    (void)state;
    assert_int_equal(close(open_here()), 0);
    lock_fails_with = ENOLCK;
    expect_none();
    assert_false(is_there(name));
    put(name, "", 0, 0600);
    expect_none();
    assert_true(is_there(name));
    assert_int_equal(unlink(name), 0);
    /* Who has the lock has just opened it. */
    lock_fails_with = EWOULDBLOCK;
    expect_none();
    assert_true(is_there(name));
    lock_fails_with = 0;
}

static void is_not_another_users(void **state) {
    (void)state;
    assert_int_equal(close(open_here()), 0);
    put(name, content, 1000, 0600);
    if (chown(name, 65534, 65534) != 0)
        skip(); /* needs root */
    expect_none();
    assert_true(is_there(name));
}

static void has_one_name(void **state) {
    (void)state;
    struct stat st;
    assert_int_equal(close(open_here()), 0);
    put("victim", "precious", 8, 0600);
    assert_int_equal(link("victim", name), 0);
    expect_none();
    assert_false(is_there(name));
    assert_int_equal(stat("victim", &st), 0);
    assert_int_equal(st.st_size, 8);
}

/* Opened, but before the lock is taken another pull ends: the file is its archive now. */
static void looks_again_behind_the_lock(void **state) {
    (void)state;
    struct stat st;
    assert_int_equal(close(open_here()), 0);
    put(name, content, 1000, 0600);
    becomes = "archive";
    expect_none();
    assert_int_equal(stat("archive", &st), 0);
    assert_int_equal(st.st_size, 1000);
    assert_false(is_there(name));
    /* And where a third has begun since. */
    put(name, content, SIZE, 0600);
    put("new", content, 77, 0600);
    becomes = "archive";
    comes = "new";
    expect_none();
    assert_true(is_there(name));
    assert_false(is_there("new"));
}

static void is_for_one_at_a_time(void **state) {
    (void)state;
    PV_AUTO_FD int here = open_here();
    struct pv_part_file part, other;
    struct blob blob = a_blob();
    pv_part_file_open(&part, here, &digest, SIZE);
    assert_true(part.fd >= 0);
    expect_none();
    assert_ok(pv_part_file_receive(&part, store, &blob.head, NULL));
    assert_int_equal(link(name, "archive"), 0);
    pv_part_file_close(&part, false);
    assert_false(is_there(name));
    assert_true(is_there("archive"));
    pv_part_file_open(&other, here, &digest, SIZE);
    assert_int_equal(other.have, 0);
    /* What another process has put under the name is that one's. */
    assert_int_equal(rename("archive", name), 0);
    pv_part_file_close(&other, false);
    assert_true(is_there(name));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(goes_on_where_it_broke),
        test_in_temp_dir(tells_first_what_was_here),
        test_in_temp_dir(keeps_nothing_where_nothing_came),
        test_in_temp_dir(begins_anew_once),
        test_in_temp_dir(asks_for_nothing_that_is_here),
        test_in_temp_dir(leaves_alone_what_is_not_its_own),
        test_in_temp_dir(leaves_nothing_where_there_are_no_locks),
        test_in_temp_dir(is_not_another_users),
        test_in_temp_dir(has_one_name),
        test_in_temp_dir(looks_again_behind_the_lock),
        test_in_temp_dir(is_for_one_at_a_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
