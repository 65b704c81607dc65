/* An executable copy in memory that nobody can change any more, this process included. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>

#include "internal.h"

#include "base/fs.h"
#include "run/memfile.h"

/* Linux 6.3; C libraries learnt the name later. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* F_SEAL_SEAL: nor can the seals themselves be changed. F_SEAL_EXEC (Linux 6.3) would only guard the mode, not the
 * bytes. */
enum { SEALS = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL };

static enum provar_result fail_create(int error_number, struct provar_error *err) {
    switch (error_number) {
    case EACCES:
    case EPERM:
        return pv_fail_errno(err, PROVAR_E_EXEC, error_number,
                             "executable memory files are forbidden, see sysctl vm.memfd_noexec and seccomp");
    case ENOSYS:
        return pv_fail_errno(err, PROVAR_E_EXEC, error_number, "no memfd_create(2), which Linux 3.17 brought");
    case ENOMEM:
        return pv_fail_memory(err);
    default:
        return pv_fail_errno(err, PROVAR_E_IO, error_number, "cannot create a memory file");
    }
}

enum provar_result pv_memfile_create(int *fd, struct provar_error *err) {
    /* The flag says that this file is meant to be executed, which vm.memfd_noexec=1 asks for. Older kernels do not know
     * it. */
    int created = memfd_create("provar", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
    if (created < 0 && errno == EINVAL)
        created = memfd_create("provar", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (created < 0)
        return fail_create(errno, err);
    *fd = created;
    return PROVAR_OK;
}

/* Gives a descriptor of the same file that cannot write. What stands under /proc is believed only as far as the seals
 * on the file that it led to, and its digest, bear it out. */
static enum provar_result reopen_for_reading(int writable, int *reader, struct provar_error *err) {
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", writable);
    PV_AUTO_FD int opened = open(path, O_RDONLY | O_CLOEXEC);
    if (opened < 0)
        return pv_fail_errno(err, PROVAR_E_EXEC, errno,
                             "cannot reopen a memory file by /proc/self/fd, is /proc mounted");
    int seals = fcntl(opened, F_GET_SEALS);
    if (seals < 0 || (seals & SEALS) != SEALS)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET,
                       "/proc/self/fd leads to a file that is not the sealed one");
    *reader = pv_take_fd(&opened);
    return PROVAR_OK;
}

static enum provar_result hash_file(int fd, uint8_t digest[PV_SHA256_LEN], struct provar_error *err) {
    PV_AUTO_SHA256 struct pv_sha256 *hash = NULL;
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    if (block == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_sha256_new(&hash, err);
    uint64_t offset = 0;
    size_t len = PV_BLOCK;
    while (result == PROVAR_OK && len == PV_BLOCK) {
        result = pv_fs_read_at(fd, block, PV_BLOCK, offset, &len, err);
        if (result == PROVAR_OK)
            result = pv_sha256_update(hash, block, len, err);
        offset += len;
    }
    return result == PROVAR_OK ? pv_sha256_final(hash, digest, err) : result;
}

/* Takes the writer over, so that it is closed before the file can be executed, whatever happens. */
static enum provar_result seal_and_reopen(int *writable, int *reader, struct provar_error *err) {
    PV_AUTO_FD int writer = pv_take_fd(writable);
    if (fcntl(writer, F_ADD_SEALS, SEALS) != 0)
        return pv_fail_errno(err, PROVAR_E_EXEC, errno, "cannot seal a memory file");
    return reopen_for_reading(writer, reader, err);
}

enum provar_result pv_memfile_seal(int *writable, const uint8_t digest[PV_SHA256_LEN], int *sealed,
                                   struct provar_error *err) {
    PV_AUTO_FD int reader = -1;
    uint8_t actual[PV_SHA256_LEN];
    enum provar_result result = seal_and_reopen(writable, &reader, err);
    if (result == PROVAR_OK)
        result = hash_file(reader, actual, err);
    if (result != PROVAR_OK)
        return result;
    /* After the seals: what was written into the file before them, through /proc/PID/fd, is seen here. */
    if (!pv_bytes_equal(actual, digest, PV_SHA256_LEN))
        return pv_fail(err, PROVAR_E_DIGEST, PROVAR_NO_OFFSET, "the copy in memory differs from what was verified");
    *sealed = pv_take_fd(&reader);
    return PROVAR_OK;
}
