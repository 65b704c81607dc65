/* Where verified bytes go: an output that appears whole, or the caller's memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "base/out.h"
#include "sink/sink.h"

static enum provar_result take_out(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_out_write(user, data, len, err);
}

enum provar_result pv_sink_output(const struct provar_verified *verified, const struct pv_member *member,
                                  const struct provar_output *to, mode_t mode, struct provar_error *err) {
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    enum provar_result result = pv_out_open(&out, to, mode, err);
    if (result == PROVAR_OK)
        result = pv_verified_body(verified, member, take_out, &out, err);
    if (result == PROVAR_OK)
        result = pv_out_commit(&out, err);
    return result;
}

struct memory {
    uint8_t *next;
    size_t room;
};

static enum provar_result take_memory(void *user, const void *data, size_t len, struct provar_error *err) {
    struct memory *memory = user;
    if (len > memory->room)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the buffer is too small");
    memcpy(memory->next, data, len);
    memory->next += len;
    memory->room -= len;
    return PROVAR_OK;
}

enum provar_result pv_sink_memory(const struct provar_verified *verified, const struct pv_member *member, void *buf,
                                  size_t cap, struct provar_error *err) {
    struct memory memory = {buf, cap};
    if (member->size > cap)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "'%s' has %llu bytes, the buffer holds %zu", member->name,
                       (unsigned long long)member->size, cap);
    return pv_verified_body(verified, member, take_memory, &memory, err);
}

static enum provar_result take_fd(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_fs_write(*(int *)user, data, len, err);
}

enum provar_result pv_sink_fd(const struct provar_verified *verified, const struct pv_member *member, int fd,
                              struct provar_error *err) {
    return pv_verified_body(verified, member, take_fd, &fd, err);
}
