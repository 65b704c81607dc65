/* Where verified bytes go: an output that appears whole, or the caller's memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "base/out.h"
#include "sink/sink.h"

/* What a body goes to, and how that is made empty again. */
struct taker {
    pv_body_fn take;
    enum provar_result (*restart)(void *user, struct provar_error *err);
    void *user;
};

/* An index may lie about a member that only now is read to its end: the stream then has the last word. */
static enum provar_result deliver(const struct provar_verified *verified, const struct pv_member *member,
                                  const struct taker *taker, struct provar_error *err) {
    struct provar_error first = {0};
    bool by_index;
    enum provar_result result = pv_verified_body(verified, member, taker->take, taker->user, &by_index, &first);
    if ((result == PROVAR_E_GZIP || result == PROVAR_E_DIGEST) && by_index) {
        result = pv_verified_by_stream(verified, member, err);
        if (result == PROVAR_OK)
            result = taker->restart(taker->user, err);
        if (result == PROVAR_OK)
            result = pv_verified_body(verified, member, taker->take, taker->user, &by_index, err);
        return result;
    }
    pv_error_hand_on(err, &first);
    return result;
}

static enum provar_result take_out(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_out_write(user, data, len, err);
}

static enum provar_result restart_out(void *user, struct provar_error *err) {
    return pv_out_restart(user, err);
}

enum provar_result pv_sink_output(const struct provar_verified *verified, const struct pv_member *member,
                                  const struct provar_output *to, mode_t mode, struct provar_error *err) {
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    enum provar_result result = pv_out_open(&out, to, mode, err);
    if (result == PROVAR_OK)
        result = deliver(verified, member, &(struct taker){take_out, restart_out, &out}, err);
    if (result == PROVAR_OK)
        result = pv_out_commit(&out, err);
    return result;
}

struct memory {
    uint8_t *start;
    size_t size;
    size_t used;
};

static enum provar_result take_memory(void *user, const void *data, size_t len, struct provar_error *err) {
    struct memory *memory = user;
    if (len > memory->size - memory->used)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the buffer is too small");
    memcpy(memory->start + memory->used, data, len);
    memory->used += len;
    return PROVAR_OK;
}

static enum provar_result restart_memory(void *user, struct provar_error *err) {
    (void)err;
    ((struct memory *)user)->used = 0;
    return PROVAR_OK;
}

enum provar_result pv_sink_memory(const struct provar_verified *verified, const struct pv_member *member, void *buf,
                                  size_t cap, struct provar_error *err) {
    struct memory memory = {buf, cap, 0};
    uint64_t size = pv_verified_size(verified, member);
    if (size > cap)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "'%s' has %llu bytes, the buffer holds %zu", member->name,
                       (unsigned long long)size, cap);
    return deliver(verified, member, &(struct taker){take_memory, restart_memory, &memory}, err);
}

static enum provar_result take_fd(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_fs_write(*(int *)user, data, len, err);
}

static enum provar_result restart_fd(void *user, struct provar_error *err) {
    int fd = *(int *)user;
    if (ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0)
        return PROVAR_OK;
    return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot write the executable again from its start");
}

enum provar_result pv_sink_fd(const struct provar_verified *verified, const struct pv_member *member, int fd,
                              struct provar_error *err) {
    return deliver(verified, member, &(struct taker){take_fd, restart_fd, &fd}, err);
}
