/* Tests of trust/history_file: several writers at once, a kill, a full disk, unsafe places. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "support/archive.h"

#include "internal.h"

#include "support/foreign.h"
#include "support/temp_dir.h"
#include "trust/history_file.h"

enum { SEEN = 1772323200, WRITERS = 4, RECORDS = 25 };
#define HISTORY PV_STR("history")

static struct pv_history_entry entry_of(const char *subject, int32_t revision) {
    struct pv_history_entry entry = {
        .has_revision = true, .revision = revision, .issued_at = 100, .id = {{(uint8_t)revision}}, .last_seen = SEEN};
    memcpy(entry.subject, subject, sizeof entry.subject);
    memcpy(entry.issuer, ISSUER, sizeof entry.issuer);
    return entry;
}

static enum provar_result record(int32_t revision, enum provar_rollback how, struct provar_error *err) {
    struct pv_history_entry entry = entry_of(SUBJECT, revision);
    return pv_history_record(HISTORY, &entry, how, err);
}

static void assert_revision(int32_t revision) {
    PV_AUTO_HISTORY struct pv_history history = {0};
    assert_ok(pv_history_load(&history, HISTORY, NULL));
    assert_int_equal(history.count, 1);
    assert_int_equal(history.entries[0].revision, revision);
}

static void assert_unsafe(enum provar_result result, const struct provar_error *err) {
    assert_int_equal(result, PROVAR_E_UNSAFE_PATH);
    assert_int_equal(err->code, PROVAR_E_UNSAFE_PATH);
}

static void test_record_and_load(void **state) {
    (void)state;
    PV_AUTO_HISTORY struct pv_history none = {0};
    struct provar_error err = {0};
    struct stat st;
    assert_ok(pv_history_load(&none, HISTORY, NULL));
    assert_int_equal(none.count, 0);
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_int_equal(stat("history", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_revision(7);
    assert_ok(record(8, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_revision(8);
    /* The file is asked again under the lock: it may have moved on since the archive was judged. */
    assert_fails(record(7, PROVAR_ROLLBACK_REFUSE, &err), PROVAR_E_ROLLBACK, err, PROVAR_NO_OFFSET);
    assert_int_equal(record(7, PROVAR_ROLLBACK_STRICT, NULL), PROVAR_E_ROLLBACK);
    assert_ok(record(7, PROVAR_ROLLBACK_ALLOW, NULL));
    assert_revision(8);
}

static void test_what_is_known_is_not_written_again(void **state) {
    (void)state;
    struct stat before, after;
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_int_equal(stat("history", &before), 0);
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_int_equal(stat("history", &after), 0);
    assert_true(before.st_ino == after.st_ino);
    assert_ok(record(8, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_int_equal(stat("history", &after), 0);
    assert_true(before.st_ino != after.st_ino);
}

static void test_several_files_are_one_history(void **state) {
    (void)state;
    PV_AUTO_HISTORY struct pv_history history = {0};
    struct pv_history_entry newer = entry_of(SUBJECT, 9), other = entry_of(OTHER_SUBJECT, 1);
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_ok(pv_history_record(PV_STR("second"), &newer, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_ok(pv_history_record(PV_STR("second"), &other, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_ok(pv_history_load(&history, PV_STR("second"), NULL));
    assert_ok(pv_history_load(&history, HISTORY, NULL));
    assert_int_equal(history.count, 2);
    assert_int_equal(pv_history_judge(&history, &newer, PROVAR_ROLLBACK_REFUSE, NULL, NULL), PROVAR_OK);
    struct pv_history_entry older = entry_of(SUBJECT, 8);
    assert_int_equal(pv_history_judge(&history, &older, PROVAR_ROLLBACK_REFUSE, NULL, NULL), PROVAR_E_ROLLBACK);
}

/* ---------------------------------------------------------------- several writers */

/* Moves one subject forwards, one revision after another. */
static void write_subject(const char *subject) {
    for (int32_t revision = 1; revision <= RECORDS; revision++) {
        struct pv_history_entry entry = entry_of(subject, revision);
        if (pv_history_record(HISTORY, &entry, PROVAR_ROLLBACK_REFUSE, NULL) != PROVAR_OK)
            _exit(1);
    }
    _exit(0);
}

static void test_processes_at_once_lose_nothing(void **state) {
    (void)state;
    PV_AUTO_HISTORY struct pv_history history = {0};
    pid_t writers[WRITERS];
    for (size_t i = 0; i < WRITERS; i++) {
        struct provar_key *key = NULL;
        assert_ok(provar_key_generate(PROVAR_KEY_SERVICE, &key, NULL));
        writers[i] = fork();
        assert_true(writers[i] >= 0);
        if (writers[i] == 0)
            write_subject(provar_key_public(key));
        provar_key_free(key);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        int status = -1;
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_int_equal(status, 0);
    }
    assert_ok(pv_history_load(&history, HISTORY, NULL));
    assert_int_equal(history.count, WRITERS);
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(history.entries[i].revision, RECORDS);
}

/* Says each revision when it is recorded. */
static void record_until_killed(int out, int32_t revision) {
    for (;; revision++) {
        if (record(revision, PROVAR_ROLLBACK_REFUSE, NULL) != PROVAR_OK ||
            write(out, &revision, sizeof revision) != sizeof revision)
            _exit(1);
    }
}

static void test_a_kill_leaves_a_whole_file(void **state) {
    (void)state;
    int32_t said = 0;
    for (int round = 0; round < 20; round++) {
        PV_AUTO_HISTORY struct pv_history history = {0};
        int ends[2], status;
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        pid_t writer = fork();
        assert_true(writer >= 0);
        if (writer == 0)
            record_until_killed(ends[1], said + 1);
        (void)close(ends[1]);
        for (int i = 0; i < 2; i++)
            assert_int_equal(read(ends[0], &said, sizeof said), sizeof said);
        (void)usleep((useconds_t)(round * 37));
        assert_int_equal(kill(writer, SIGKILL), 0);
        assert_int_equal(waitpid(writer, &status, 0), writer);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        while (read(ends[0], &said, sizeof said) == sizeof said)
            continue;
        (void)close(ends[0]);
        /* What was said is there; one more may be. And the lock went with the process. */
        assert_ok(pv_history_load(&history, HISTORY, NULL));
        assert_int_equal(history.count, 1);
        assert_true(history.entries[0].revision == said || history.entries[0].revision == said + 1);
        said = history.entries[0].revision;
    }
}

/* ---------------------------------------------------------------- what goes wrong */

static void test_a_full_disk_leaves_the_old_file(void **state) {
    (void)state;
    struct rlimit before, none;
    struct provar_error err = {0};
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 10;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    enum provar_result result = record(8, PROVAR_ROLLBACK_REFUSE, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
    assert_fails(result, PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_revision(7);
    assert_ok(record(8, PROVAR_ROLLBACK_REFUSE, NULL));
}

static void test_no_directory(void **state) {
    (void)state;
    struct pv_history_entry entry = entry_of(SUBJECT, 7);
    struct provar_error err = {0};
    assert_fails(pv_history_record(PV_STR("none/history"), &entry, PROVAR_ROLLBACK_REFUSE, &err), PROVAR_E_IO, err,
                 PROVAR_NO_OFFSET);
    assert_int_equal(pv_history_record(PV_STR(""), &entry, PROVAR_ROLLBACK_REFUSE, NULL), PROVAR_E_USAGE);
}

static void test_what_is_malformed_is_neither_read_nor_written(void **state) {
    (void)state;
    PV_AUTO_HISTORY struct pv_history history = {0};
    struct provar_error err = {0};
    temp_dir_write("history", TEXT("half a li"));
    assert_fails(pv_history_load(&history, HISTORY, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(record(7, PROVAR_ROLLBACK_ALLOW, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_int_equal(truncate("history", 0), 0);
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
}

static void test_unsafe_places(void **state) {
    (void)state;
    PV_AUTO_HISTORY struct pv_history history = {0};
    struct provar_error err = {0};
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_int_equal(chmod("history", 0620), 0);
    assert_unsafe(pv_history_load(&history, HISTORY, &err), &err);
    provar_error_clear(&err);
    assert_unsafe(record(8, PROVAR_ROLLBACK_REFUSE, &err), &err);
    assert_int_equal(chmod("history", 0600) | chmod("history.lock", 0602), 0);
    provar_error_clear(&err);
    assert_unsafe(record(8, PROVAR_ROLLBACK_REFUSE, &err), &err);
    assert_int_equal(unlink("history.lock") | symlink("elsewhere", "history.lock"), 0);
    provar_error_clear(&err);
    assert_unsafe(record(8, PROVAR_ROLLBACK_REFUSE, &err), &err);
    assert_int_equal(access("elsewhere", F_OK), -1);
    assert_int_equal(unlink("history.lock"), 0);
    assert_ok(record(8, PROVAR_ROLLBACK_REFUSE, NULL));
}

/* The lock counts as much as the history: whoever has it can hold up every writer. */
static void test_owners(void **state) {
    (void)state;
    static const struct {
        const char *path, *says;
    } cases[] = {{"history", "the policy file 'history' belongs to another user"},
                 {"history.lock", "the lock of 'history' belongs to another user"},
                 {".", "'history' belongs to another user"}};
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_error err = {0};
        make_foreign(cases[i].path);
        assert_unsafe(record(8, PROVAR_ROLLBACK_REFUSE, &err), &err);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].path, err.message);
        make_foreign(NULL);
        assert_revision(7);
    }
    assert_ok(record(8, PROVAR_ROLLBACK_REFUSE, NULL));
    assert_revision(8);
}

/* Even where there is no file yet, whose absence another could have brought about. */
static void test_an_unsafe_directory(void **state) {
    (void)state;
    struct provar_error err = {0};
    assert_int_equal(chmod(".", 0720), 0);
    assert_unsafe(record(7, PROVAR_ROLLBACK_REFUSE, &err), &err);
    assert_int_equal(access("history", F_OK), -1);
    assert_int_equal(chmod(".", 0700), 0);
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
}

/* Who took the file away, or the directory, would have an older archive taken for a first one. */
static void test_a_file_that_others_may_have_removed(void **state) {
    (void)state;
    PV_AUTO_HISTORY struct pv_history history = {0};
    struct provar_error err = {0};
    assert_int_equal(mkdir("state", 0700) | mkdir("state/provar", 0700), 0);
    assert_ok(pv_history_load(&history, PV_STR("state/provar/history"), NULL));
    assert_ok(pv_history_load(&history, PV_STR("state/none/history"), NULL));
    assert_int_equal(chmod("state", 0777), 0);
    assert_unsafe(pv_history_load(&history, PV_STR("state/provar/history"), &err), &err);
    provar_error_clear(&err);
    assert_unsafe(pv_history_load(&history, PV_STR("state/none/history"), &err), &err);
    provar_error_clear(&err);
    assert_unsafe(pv_history_load(&history, PV_STR("state/history"), &err), &err);
    struct pv_history_entry entry = entry_of(SUBJECT, 7);
    provar_error_clear(&err);
    assert_unsafe(pv_history_record(PV_STR("state/provar/history"), &entry, PROVAR_ROLLBACK_REFUSE, &err), &err);
    assert_int_equal(access("state/provar/history.lock", F_OK), -1);
    assert_int_equal(chmod("state", 0700), 0);
    assert_ok(pv_history_record(PV_STR("state/provar/history"), &entry, PROVAR_ROLLBACK_REFUSE, NULL));
}

/* Somebody holds the lock: for a while, or for ever. */
static void test_a_lock_that_is_held(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct timespec begin, end;
    assert_ok(record(7, PROVAR_ROLLBACK_REFUSE, NULL));
    int lock = open("history.lock", O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &begin), 0);
    assert_fails(record(8, PROVAR_ROLLBACK_REFUSE, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &end), 0);
    assert_string_equal(err.message, "cannot record: another process has held the lock of 'history' for 10 s");
    assert_true(end.tv_sec - begin.tv_sec >= 9 && end.tv_sec - begin.tv_sec <= 60);
    assert_revision(7);
    pid_t waiter = fork();
    assert_true(waiter >= 0);
    if (waiter == 0) {
        (void)close(lock);
        _exit(record(8, PROVAR_ROLLBACK_REFUSE, NULL) == PROVAR_OK ? 0 : 1);
    }
    (void)usleep(200000);
    assert_revision(7);
    int status;
    assert_int_equal(close(lock), 0);
    assert_int_equal(waitpid(waiter, &status, 0), waiter);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_revision(8);
}

static void test_links_are_not_followed(void **state) {
    (void)state;
    PV_AUTO_HISTORY struct pv_history history = {0};
    struct provar_error err = {0};
    assert_int_equal(symlink("elsewhere", "history"), 0);
    assert_unsafe(pv_history_load(&history, HISTORY, &err), &err);
    provar_error_clear(&err);
    assert_unsafe(record(7, PROVAR_ROLLBACK_REFUSE, &err), &err);
    assert_int_equal(access("elsewhere", F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_record_and_load),
        test_in_temp_dir(test_what_is_known_is_not_written_again),
        test_in_temp_dir(test_several_files_are_one_history),
        test_in_temp_dir(test_processes_at_once_lose_nothing),
        test_in_temp_dir(test_a_kill_leaves_a_whole_file),
        test_in_temp_dir(test_a_full_disk_leaves_the_old_file),
        test_in_temp_dir(test_no_directory),
        test_in_temp_dir(test_what_is_malformed_is_neither_read_nor_written),
        test_in_temp_dir(test_unsafe_places),
        test_in_temp_dir(test_owners),
        test_in_temp_dir(test_an_unsafe_directory),
        test_in_temp_dir(test_a_file_that_others_may_have_removed),
        test_in_temp_dir(test_a_lock_that_is_held),
        test_in_temp_dir(test_links_are_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
