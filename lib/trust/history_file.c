/* The history on disk: read by many, written by one at a time, always whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "base/out.h"
#include "trust/history_file.h"
#include "trust/trust_file.h"

/* Who holds the lock has 4 MiB to read, write and sync. */
enum { LOCK_SECONDS = 10 };

static enum provar_result read_file(struct pv_str path, struct pv_history *history, struct provar_error *err) {
    PV_AUTO_TRUST_FILE struct pv_trust_file file = {0};
    struct provar_error reason = {0};
    *history = (struct pv_history){0};
    enum provar_result result = pv_trust_file_read(path, &file, &reason);
    /* The only reason for which this is said: no file, in a place where nobody else can have taken one away. */
    if (result == PROVAR_E_UNTRUSTED)
        return PROVAR_OK;
    if (result == PROVAR_OK)
        result = pv_history_decode(file.name, pv_buf_str(&file.text), history, &reason);
    pv_error_wrap(&reason, "history");
    pv_error_hand_on(err, &reason);
    return result;
}

enum provar_result pv_history_load(struct pv_history *history, struct pv_str path, struct provar_error *err) {
    PV_AUTO_HISTORY struct pv_history more = {0};
    enum provar_result result = read_file(path, &more, err);
    if (result == PROVAR_OK && history->count == 0) {
        pv_history_release(history);
        *history = more;
        more = (struct pv_history){0};
        return PROVAR_OK;
    }
    for (size_t i = 0; i < more.count && result == PROVAR_OK; i++) {
        bool changed;
        result = pv_history_advance(history, &more.entries[i], &changed, err);
    }
    return result;
}

/* The lock is a file of its own, because the history is another file after each write. It is never removed: somebody
 * may wait for it. */
static enum provar_result take_lock(const struct pv_out *out, int *lock, struct provar_error *err) {
    PV_AUTO_FREE char *name = NULL;
    struct stat st;
    struct pv_str path = pv_str(out->to.path, out->to.path_len);
    if (asprintf(&name, "%s.lock", out->final_name) < 0) {
        name = NULL;
        return pv_fail_memory(err);
    }
    PV_AUTO_FD int fd = openat(out->dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0 && errno == ELOOP)
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET, "the lock of '%s' is a link", pv_quote(path).text);
    if (fd < 0 || fstat(fd, &st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot open the lock of '%s'", pv_quote(path).text);
    enum provar_result result = pv_fs_check_ours(&st, S_IWGRP | S_IWOTH, "the lock of", path, err);
    if (result != PROVAR_OK)
        return result;
    result = pv_fs_lock(fd, LOCK_SECONDS, path, err);
    if (result == PROVAR_OK)
        *lock = pv_take_fd(&fd);
    return result;
}

static enum provar_result write_file(struct pv_out *out, const struct pv_history *history, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf text;
    pv_buf_init(&text, PV_MAX_POLICY_FILE);
    enum provar_result result = pv_history_encode(history, &text, err);
    if (result == PROVAR_OK)
        result = pv_out_write(out, text.data, text.len, err);
    return result == PROVAR_OK ? pv_out_commit(out, err) : result;
}

static enum provar_result record(struct pv_str path, const struct pv_history_entry *entry, enum provar_rollback how,
                                 struct provar_error *err) {
    const struct provar_output to = {.size = sizeof to,
                                     .kind = PROVAR_OUTPUT_PATH,
                                     .path = path.text,
                                     .path_len = path.len,
                                     .flags = PROVAR_OUTPUT_REPLACE};
    PV_AUTO_FD int lock = -1;
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    PV_AUTO_HISTORY struct pv_history history = {0};
    bool changed = false;
    enum provar_result result = pv_trust_file_judge_place(path, err);
    if (result == PROVAR_OK)
        result = pv_out_open(&out, &to, 0600, err);
    if (result == PROVAR_OK)
        result = take_lock(&out, &lock, err);
    if (result == PROVAR_OK)
        result = read_file(path, &history, err);
    if (result == PROVAR_OK)
        result = pv_history_judge(&history, entry, how, NULL, err);
    if (result == PROVAR_OK)
        result = pv_history_advance(&history, entry, &changed, err);
    return result == PROVAR_OK && changed ? write_file(&out, &history, err) : result;
}

enum provar_result pv_history_record(struct pv_str path, const struct pv_history_entry *entry, enum provar_rollback how,
                                     struct provar_error *err) {
    struct provar_error reason = {0};
    enum provar_result result = record(path, entry, how, &reason);
    if (result != PROVAR_OK && result != PROVAR_E_ROLLBACK && result != PROVAR_E_NO_MEMORY)
        pv_error_wrap(&reason, "cannot record");
    pv_error_hand_on(err, &reason);
    return result;
}
