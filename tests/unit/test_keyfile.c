/* Key files: who may read them, what may stand in them, how they come into being. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/wait.h>

#include "internal.h"

#include "keys/key.h"
#include "support/keys.h"
#include "vectors/nkeys.h"

#define GOOD_SEED "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU"

PV_DEFINE_CLEANUP(cleanup_key, struct provar_key, provar_key_free)
#define AUTO_KEY PV_CLEANUP(cleanup_key)

/* Every test runs in an empty directory of its own and names files by one word. */
struct place {
    char path[64];
    int before;
};

static int enter_place(void **state) {
    static struct place place;
    place = (struct place){.path = "/tmp/provar-keyfile-XXXXXX"};
    place.before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = &place;
    return place.before >= 0 && mkdtemp(place.path) && chdir(place.path) == 0 ? 0 : -1;
}

static int count_files(bool remove_them) {
    int count = 0;
    DIR *dir = opendir(".");
    if (dir == NULL)
        return -1;
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (pv_str_equal(pv_str_of(entry->d_name), PV_STR(".")) || pv_str_equal(pv_str_of(entry->d_name), PV_STR("..")))
            continue;
        count++;
        if (remove_them)
            (void)remove(entry->d_name);
    }
    (void)closedir(dir);
    return count;
}

static int leave_place(void **state) {
    struct place *place = *state;
    (void)count_files(true);
    int result = fchdir(place->before);
    (void)close(place->before);
    return result == 0 ? rmdir(place->path) : result;
}

static void put_file(const char *name, const char *data, size_t len, mode_t mode) {
    (void)unlink(name);
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void put_seed(const char *name, mode_t mode) {
    put_file(name, GOOD_SEED "\n", sizeof GOOD_SEED, mode);
}

/* Root alone can give files away. */
static void needs_root(void) {
    if (geteuid() == 0)
        return;
    print_message("needs root\n");
    skip();
}

static enum provar_result load_input(const struct provar_input *from, uint32_t flags, struct provar_error *err) {
    struct provar_key *key = NULL;
    enum provar_result result = provar_key_load(from, flags, &key, err);
    if (result == PROVAR_OK)
        assert_string_equal(provar_key_public(key), nkey_pairs[0].public_key);
    else
        assert_null(key);
    provar_key_free(key);
    return result;
}

static enum provar_result load_path(const char *path, uint32_t flags, struct provar_error *err) {
    const struct provar_input from = {
        .size = sizeof from, .kind = PROVAR_INPUT_PATH, .path = path, .path_len = strlen(path)};
    return load_input(&from, flags, err);
}

static enum provar_result load_fd(int fd, struct provar_error *err) {
    const struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_FD, .fd = fd};
    return load_input(&from, 0, err);
}

/* A pipe that holds these bytes and then ends. */
static int pipe_with(const char *data, size_t len) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], data, len), len);
    assert_int_equal(close(ends[1]), 0);
    return ends[0];
}

static enum provar_result load_pipe(const char *data, size_t len, struct provar_error *err) {
    int fd = pipe_with(data, len);
    enum provar_result result = load_fd(fd, err);
    assert_int_equal(close(fd), 0);
    return result;
}

/* ---------------------------------------------------------------- load: whose file it is */

static void test_modes(void **state) {
    (void)state;
    static const mode_t accepted[] = {0600, 0400, 0700};
    static const mode_t refused[] = {0640, 0620, 0610, 0604, 0602, 0601, 0644, 0666, 0777, 0440};
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(accepted); i++) {
        put_seed("key", accepted[i]);
        assert_succeeds(load_path("key", 0, &err), &err);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        put_seed("key", refused[i]);
        assert_fails(load_path("key", 0, &err), PROVAR_E_UNSAFE_PATH, &err);
        assert_succeeds(load_path("key", PROVAR_KEY_INSECURE_FILE, &err), &err);
    }
}

static void test_links(void **state) {
    (void)state;
    struct provar_error err = {0};
    put_seed("key", 0600);
    assert_int_equal(symlink("key", "link"), 0);
    assert_int_equal(symlink("nothing", "dangling"), 0);
    assert_succeeds(load_path("key", 0, &err), &err);
    assert_fails(load_path("link", 0, &err), PROVAR_E_UNSAFE_PATH, &err);
    assert_succeeds(load_path("link", PROVAR_KEY_INSECURE_FILE, &err), &err);
    assert_fails(load_path("dangling", 0, &err), PROVAR_E_UNSAFE_PATH, &err);
    assert_fails(load_path("dangling", PROVAR_KEY_INSECURE_FILE, &err), PROVAR_E_IO, &err);
}

static void test_owners(void **state) {
    (void)state;
    struct provar_error err = {0};
    needs_root();
    put_seed("key", 0600);
    assert_succeeds(load_path("key", 0, &err), &err);
    assert_int_equal(chown("key", 65534, (gid_t)-1), 0);
    assert_fails(load_path("key", 0, &err), PROVAR_E_UNSAFE_PATH, &err);
    assert_succeeds(load_path("key", PROVAR_KEY_INSECURE_FILE, &err), &err);
}

static void test_what_is_no_regular_file(void **state) {
    (void)state;
    struct provar_error err = {0};
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(mkdir("directory", 0700), 0);
    for (uint32_t flags = 0; flags <= PROVAR_KEY_INSECURE_FILE; flags++) {
        assert_fails(load_path("fifo", flags, &err), PROVAR_E_IO, &err);
        assert_fails(load_path("directory", flags, &err), PROVAR_E_IO, &err);
        assert_fails(load_path("/dev/null", flags, &err), PROVAR_E_IO, &err);
        assert_fails(load_path("missing", flags, &err), PROVAR_E_IO, &err);
        assert_fails(load_path("", flags, &err), PROVAR_E_USAGE, &err);
    }
}

static void test_a_path_has_the_length_that_is_given(void **state) {
    (void)state;
    struct provar_error err = {0};
    put_seed("key", 0600);
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_PATH, .path = "keyring", .path_len = 3};
    assert_succeeds(load_input(&from, 0, &err), &err);
    from.path = "key\0ring";
    from.path_len = 8;
    assert_fails(load_input(&from, 0, &err), PROVAR_E_USAGE, &err);
}

/* ---------------------------------------------------------------- load: what stands in it */

static void test_one_seed_and_at_most_one_line_end(void **state) {
    (void)state;
    static const struct {
        const char *data;
        size_t len;
        enum provar_result result;
    } files[] = {
#define FILE_OF(text, result) {text, sizeof(text) - 1, result}
        FILE_OF(GOOD_SEED, PROVAR_OK),
        FILE_OF(GOOD_SEED "\n", PROVAR_OK),
        FILE_OF(GOOD_SEED "\r\n", PROVAR_OK),
        FILE_OF("", PROVAR_E_KEY),
        FILE_OF("\n", PROVAR_E_KEY),
        FILE_OF(GOOD_SEED "\n\n", PROVAR_E_KEY),
        FILE_OF(GOOD_SEED "\r", PROVAR_E_KEY),
        FILE_OF(GOOD_SEED " ", PROVAR_E_KEY),
        FILE_OF(" " GOOD_SEED, PROVAR_E_KEY),
        FILE_OF(GOOD_SEED "\0", PROVAR_E_KEY),
        FILE_OF(GOOD_SEED "\n" GOOD_SEED "\n", PROVAR_E_KEY),
        FILE_OF("# my key\n" GOOD_SEED "\n", PROVAR_E_KEY),
        FILE_OF("AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW\n", PROVAR_E_KEY),
        FILE_OF("\xef\xbb\xbf" GOOD_SEED, PROVAR_E_KEY),
        FILE_OF("\x7f\x45\x4c\x46\x02\x01\x01\0\0\0\0\0", PROVAR_E_KEY),
#undef FILE_OF
    };
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(files); i++) {
        put_file("key", files[i].data, files[i].len, 0600);
        assert_int_equal(load_path("key", 0, &err), files[i].result);
        assert_null(strstr(err.message, "TTUP"));
        provar_error_clear(&err);
        assert_int_equal(load_pipe(files[i].data, files[i].len, &err), files[i].result);
        assert_null(strstr(err.message, "TTUP"));
        provar_error_clear(&err);
    }
}

/* A text of 4096 bytes is read, and is no seed; of one more, it is not looked at. */
static void test_the_limit(void **state) {
    (void)state;
    struct provar_error err = {0};
    char data[PV_MAX_KEY_FILE + 1];
    memset(data, '\n', sizeof data);
    memcpy(data, GOOD_SEED, PROVAR_SEED_LEN);
    put_file("key", data, PV_MAX_KEY_FILE, 0600);
    assert_fails(load_path("key", 0, &err), PROVAR_E_KEY, &err);
    assert_fails(load_pipe(data, PV_MAX_KEY_FILE, &err), PROVAR_E_KEY, &err);
    put_file("key", data, PV_MAX_KEY_FILE + 1, 0600);
    assert_fails(load_path("key", 0, &err), PROVAR_E_LIMIT, &err);
    assert_fails(load_path("key", PROVAR_KEY_INSECURE_FILE, &err), PROVAR_E_LIMIT, &err);
    assert_fails(load_pipe(data, PV_MAX_KEY_FILE + 1, &err), PROVAR_E_LIMIT, &err);
}

/* ---------------------------------------------------------------- load: descriptors and requests */

static void test_a_descriptor_is_borrowed(void **state) {
    (void)state;
    struct provar_error err = {0};
    /* Whoever opened it has judged its mode. */
    put_seed("key", 0644);
    int fd = open("key", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_succeeds(load_fd(fd, &err), &err);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    assert_int_equal(close(fd), 0);
    assert_fails(load_fd(fd, &err), PROVAR_E_IO, &err);
    assert_fails(load_fd(-1, &err), PROVAR_E_IO, &err);
}

/* The writer may be slow: the end of the input, not of a read, ends the seed. */
static void test_a_pipe_is_read_to_its_end(void **state) {
    (void)state;
    static const char line[] = GOOD_SEED "\n";
    struct provar_error err = {0};
    int ends[2], status = -1;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        const struct timespec pause = {.tv_nsec = 30 * 1000 * 1000};
        bool done =
            write(ends[1], line, 20) == 20 && nanosleep(&pause, NULL) == 0 && write(ends[1], &line[20], 39) == 39;
        _exit(done ? 0 : 1);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_succeeds(load_fd(ends[0], &err), &err);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
}

static void test_requests_that_make_no_sense(void **state) {
    (void)state;
    struct provar_error err = {0};
    put_seed("key", 0600);
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_PATH, .path = "key", .path_len = 3};
    assert_succeeds(load_input(&from, 0, &err), &err);
    assert_fails(load_input(&from, 2, &err), PROVAR_E_USAGE, &err);
    from.size--;
    assert_fails(load_input(&from, 0, &err), PROVAR_E_USAGE, &err);
    from = (struct provar_input){
        .size = sizeof from, .kind = PROVAR_INPUT_MEMORY, .data = GOOD_SEED, .data_len = PROVAR_SEED_LEN};
    assert_fails(load_input(&from, 0, &err), PROVAR_E_USAGE, &err);
    from.kind = (enum provar_input_kind)0;
    assert_fails(load_input(&from, 0, &err), PROVAR_E_USAGE, &err);
}

/* ---------------------------------------------------------------- save */

static struct provar_key *good_key(void) {
    struct provar_key *key = NULL;
    struct provar_error err = {0};
    assert_succeeds(provar_key_from_seed(GOOD_SEED, PROVAR_SEED_LEN, &key, &err), &err);
    return key;
}

static enum provar_result save(const char *path, uint32_t flags, struct provar_error *err) {
    AUTO_KEY struct provar_key *key = good_key();
    return provar_key_save(key, path, strlen(path), flags, err);
}

static void assert_content(const char *name, const char *expected) {
    char data[256] = {0};
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, data, sizeof data - 1) >= 0);
    assert_int_equal(close(fd), 0);
    assert_string_equal(data, expected);
}

static mode_t mode_of(const char *name) {
    struct stat st;
    assert_int_equal(lstat(name, &st), 0);
    return st.st_mode & 07777;
}

static void test_a_new_file_is_its_owners_alone(void **state) {
    (void)state;
    struct provar_error err = {0};
    mode_t before = umask(0);
    enum provar_result result = save("key", 0, &err);
    (void)umask(before);
    assert_succeeds(result, &err);
    assert_content("key", GOOD_SEED "\n");
    assert_int_equal(mode_of("key"), 0600);
    assert_succeeds(load_path("key", 0, &err), &err);
    assert_int_equal(count_files(false), 1);
}

static void test_every_kind_is_saved_and_loaded(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (const char *letter = "ACMNOUVX"; *letter; letter++) {
        char name[2] = {*letter, 0};
        const struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_PATH, .path = name, .path_len = 1};
        AUTO_KEY struct provar_key *made = NULL;
        AUTO_KEY struct provar_key *loaded = NULL;
        assert_succeeds(provar_key_generate((enum provar_key_kind) * letter, &made, &err), &err);
        assert_succeeds(provar_key_save(made, name, 1, 0, &err), &err);
        assert_succeeds(provar_key_load(&from, 0, &loaded, &err), &err);
        assert_string_equal(provar_key_public(loaded), provar_key_public(made));
    }
}

static void test_an_existing_file_is_kept(void **state) {
    (void)state;
    struct provar_error err = {0};
    put_file("key", "precious", 8, 0644);
    assert_fails(save("key", 0, &err), PROVAR_E_IO, &err);
    assert_content("key", "precious");
    assert_int_equal(count_files(false), 1);
}

static void test_replace(void **state) {
    (void)state;
    struct provar_error err = {0};
    put_file("key", "old", 3, 0644);
    assert_int_equal(link("key", "second name"), 0);
    assert_succeeds(save("key", PROVAR_OUTPUT_REPLACE, &err), &err);
    assert_content("key", GOOD_SEED "\n");
    assert_int_equal(mode_of("key"), 0600);
    /* A new file took the name; the old one was not written to. */
    assert_content("second name", "old");
    assert_succeeds(save("new", PROVAR_OUTPUT_REPLACE, &err), &err);
    assert_content("new", GOOD_SEED "\n");
    assert_int_equal(count_files(false), 3);
}

static void test_links_and_directories_are_not_written_through(void **state) {
    (void)state;
    static const char *const names[] = {"link", "dangling", "directory", "fifo"};
    struct provar_error err = {0};
    put_file("target", "precious", 8, 0644);
    assert_int_equal(symlink("target", "link"), 0);
    assert_int_equal(symlink("nothing", "dangling"), 0);
    assert_int_equal(mkdir("directory", 0700), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_fails(save(names[i], 0, &err), PROVAR_E_UNSAFE_PATH, &err);
        assert_fails(save(names[i], PROVAR_OUTPUT_REPLACE, &err), PROVAR_E_UNSAFE_PATH, &err);
    }
    assert_content("target", "precious");
    assert_int_equal(access("nothing", F_OK), -1);
    assert_int_equal(count_files(false), 5);
}

/* Whoever may write to the directory could put a key of their own in this one's place. */
static void test_directories_that_others_may_write_to(void **state) {
    (void)state;
    static const mode_t accepted[] = {0700, 0755, 0711, 01777, 01775};
    static const mode_t refused[] = {0777, 0775, 0757, 0720, 0702, 02775};
    struct provar_error err = {0};
    assert_int_equal(mkdir("directory", 0700), 0);
    for (size_t i = 0; i < COUNT(accepted); i++) {
        assert_int_equal(chmod("directory", accepted[i]), 0);
        assert_succeeds(save("directory/key", 0, &err), &err);
        assert_succeeds(save("directory/key", PROVAR_OUTPUT_REPLACE, &err), &err);
        assert_int_equal(unlink("directory/key"), 0);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_int_equal(chmod("directory", refused[i]), 0);
        assert_fails(save("directory/key", 0, &err), PROVAR_E_UNSAFE_PATH, &err);
        assert_fails(save("directory/key", PROVAR_OUTPUT_REPLACE, &err), PROVAR_E_UNSAFE_PATH, &err);
        /* Nothing is in it. */
        assert_int_equal(rmdir("directory"), 0);
        assert_int_equal(mkdir("directory", 0700), 0);
    }
}

static void test_directories_of_others(void **state) {
    (void)state;
    struct provar_error err = {0};
    needs_root();
    assert_int_equal(mkdir("directory", 0755), 0);
    assert_int_equal(chown("directory", 65534, (gid_t)-1), 0);
    assert_fails(save("directory/key", 0, &err), PROVAR_E_UNSAFE_PATH, &err);
    assert_int_equal(chmod("directory", 01777), 0);
    assert_fails(save("directory/key", 0, &err), PROVAR_E_UNSAFE_PATH, &err);
    assert_int_equal(chown("directory", 0, (gid_t)-1), 0);
    assert_succeeds(save("directory/key", 0, &err), &err);
    assert_int_equal(unlink("directory/key"), 0);
}

static void test_saves_that_cannot_be(void **state) {
    (void)state;
    struct provar_error err = {0};
    assert_fails(save("missing/key", 0, &err), PROVAR_E_IO, &err);
    assert_fails(save("", 0, &err), PROVAR_E_USAGE, &err);
    assert_fails(save("key", 2, &err), PROVAR_E_USAGE, &err);
    assert_int_equal(count_files(false), 0);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, enter_place, leave_place)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_modes),
        IN_PLACE(test_links),
        IN_PLACE(test_owners),
        IN_PLACE(test_what_is_no_regular_file),
        IN_PLACE(test_a_path_has_the_length_that_is_given),
        IN_PLACE(test_one_seed_and_at_most_one_line_end),
        IN_PLACE(test_the_limit),
        IN_PLACE(test_a_descriptor_is_borrowed),
        IN_PLACE(test_a_pipe_is_read_to_its_end),
        IN_PLACE(test_requests_that_make_no_sense),
        IN_PLACE(test_a_new_file_is_its_owners_alone),
        IN_PLACE(test_every_kind_is_saved_and_loaded),
        IN_PLACE(test_an_existing_file_is_kept),
        IN_PLACE(test_replace),
        IN_PLACE(test_links_and_directories_are_not_written_through),
        IN_PLACE(test_directories_that_others_may_write_to),
        IN_PLACE(test_directories_of_others),
        IN_PLACE(test_saves_that_cannot_be),
    };
    return cmocka_run_group_tests_name("keyfile", tests, NULL, NULL);
}
