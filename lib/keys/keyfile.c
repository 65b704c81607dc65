/* Key files: a seed and a line end, readable by nobody but their owner. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "base/out.h"
#include "base/secret.h"
#include "keys/key.h"

/* One byte more than is allowed, so that a file that is too long is seen to be. */
enum { READ_CAP = PV_MAX_KEY_FILE + 1 };

static void free_read_buffer(char **text) {
    pv_secret_free(*text, READ_CAP);
}

/* Reads a seed from a descriptor, up to its end. */
static enum provar_result load_fd(int fd, struct provar_key **key, struct provar_error *err) {
    size_t len = 0;
    PV_CLEANUP(free_read_buffer) char *text = pv_secret_alloc(READ_CAP);
    if (text == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_fs_read(fd, text, READ_CAP, &len, err);
    if (result != PROVAR_OK)
        return result;
    if (len > PV_MAX_KEY_FILE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d bytes where a seed belongs",
                       (int)PV_MAX_KEY_FILE);
    /* `wash keys get` and ours print an empty line first. */
    size_t skip = len > 0 && text[0] == '\n';
    return provar_key_from_seed(text + skip, len - skip, key, err);
}

static enum provar_result load_path(struct pv_str path, bool insecure, struct provar_key **key,
                                    struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    struct stat st;
    enum provar_result result = pv_fs_open_regular(path, !insecure, &fd, &st, err);
    /* A seed that others may read is no longer the owner's alone; a file that belongs to another user can be given any
     * content by them. */
    if (result == PROVAR_OK && !insecure)
        result = pv_fs_check_ours(&st, S_IRWXG | S_IRWXO, "the key file", path, err);
    if (result != PROVAR_OK)
        return result;
    struct provar_error reason = {0};
    result = load_fd(fd, key, &reason);
    return result == PROVAR_OK
               ? result
               : pv_fail(err, result, PROVAR_NO_OFFSET, "key file '%s': %s", pv_quote(path).text, reason.message);
}

enum provar_result provar_key_load(const struct provar_input *from, uint32_t flags, struct provar_key **key,
                                   struct provar_error *err) {
    if (!pv_enter(&err, from && key))
        return PROVAR_E_USAGE;
    if (from->size != sizeof *from || (flags & ~(uint32_t)PROVAR_KEY_INSECURE_FILE) != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "struct provar_input of another size or unknown flags");
    if (from->kind == PROVAR_INPUT_FD)
        return load_fd(from->fd, key, err);
    if (from->kind == PROVAR_INPUT_PATH)
        return load_path(pv_str(from->path, from->path_len), (flags & PROVAR_KEY_INSECURE_FILE) != 0, key, err);
    return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a key is read from a path or a descriptor");
}

/* What a key file holds: a seed and a line feed, which takes the place of the seed's NUL. */
struct seed_line {
    char text[PROVAR_SEED_LEN + 1];
};

static void wipe_seed_line(struct seed_line *line) {
    pv_secret_wipe(line, sizeof *line);
}

enum provar_result provar_key_save(const struct provar_key *key, const char *path, size_t path_len, uint32_t flags,
                                   struct provar_error *err) {
    if (!pv_enter(&err, key && pv_given(path, path_len)))
        return PROVAR_E_USAGE;
    const struct provar_output to = {
        .size = sizeof to, .kind = PROVAR_OUTPUT_PATH, .path = path, .path_len = path_len, .flags = flags};
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    enum provar_result result = pv_out_open(&out, &to, 0600, err);
    /* Whoever may rename files in the directory can put a key of their own under this one's name. A sticky one, such
     * as /tmp, will do: the file is created without a name or by O_EXCL, and what stands in the way is not written to.
     */
    if (result == PROVAR_OK)
        result = pv_fs_check_our_directory(out.dir_fd, true, "the directory of", pv_str(path, path_len), err);
    if (result != PROVAR_OK)
        return result;
    PV_CLEANUP(wipe_seed_line) struct seed_line line;
    provar_key_seed(key, line.text);
    line.text[PROVAR_SEED_LEN] = '\n';
    result = pv_out_write(&out, line.text, sizeof line.text, err);
    return result == PROVAR_OK ? pv_out_commit(&out, err) : result;
}
