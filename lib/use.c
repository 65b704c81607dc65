/* Conductor: what a verified archive is for: extract, copy, run, load. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "run/exec.h"
#include "run/memfile.h"
#include "run/plugin.h"
#include "sink/sink.h"

enum provar_result provar_target_size(const struct provar_verified *verified, const char *target, size_t len,
                                      uint64_t *bytes, struct provar_error *err) {
    if (!pv_enter(&err, verified && bytes && pv_given(target, len)))
        return PROVAR_E_USAGE;
    const struct pv_member *member;
    enum provar_result result = pv_verified_target(verified, pv_str(target, len), &member, err);
    if (result == PROVAR_OK)
        *bytes = pv_verified_size(verified, member);
    return result;
}

enum provar_result provar_extract(const struct provar_verified *verified, const char *target, size_t len,
                                  const struct provar_output *to, struct provar_error *err) {
    if (!pv_enter(&err, verified && to && pv_given(target, len)))
        return PROVAR_E_USAGE;
    const struct pv_member *member;
    enum provar_result result = pv_verified_target(verified, pv_str(target, len), &member, err);
    if (result == PROVAR_OK)
        result = pv_sink_output(verified, member, to, 0755, err);
    return result;
}

enum provar_result provar_extract_world(const struct provar_verified *verified, const struct provar_output *to,
                                        struct provar_error *err) {
    if (!pv_enter(&err, verified && to))
        return PROVAR_E_USAGE;
    const struct pv_member *member;
    enum provar_result result = pv_verified_world(verified, &member, err);
    if (result == PROVAR_OK)
        result = pv_sink_output(verified, member, to, 0644, err);
    return result;
}

enum provar_result provar_target_copy(const struct provar_verified *verified, const char *target, size_t len, void *buf,
                                      size_t cap, size_t *bytes, struct provar_error *err) {
    const struct pv_member *member;
    enum provar_result result = PROVAR_E_USAGE;
    if (pv_enter(&err, verified && bytes && pv_given(target, len) && pv_given(buf, cap)))
        result = pv_verified_target(verified, pv_str(target, len), &member, err);
    if (result == PROVAR_OK)
        result = pv_sink_memory(verified, member, buf, cap, err);
    if (result == PROVAR_OK)
        *bytes = (size_t)pv_verified_size(verified, member);
    else if (buf && cap > 0)
        memset(buf, 0, cap);
    return result;
}

static enum provar_result probe_file(int fd, uint64_t size, struct pv_exe *exe, struct provar_error *err) {
    PV_CLEANUP(pv_exe_probe_cleanup) struct pv_exe_probe *probe = NULL;
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    if (block == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_exe_probe_new(&probe, err);
    if (result != PROVAR_OK)
        return result;
    pv_exe_probe_reset(probe, size);
    for (uint64_t at, left; pv_exe_probe_wants(probe, &at, &left);) {
        size_t len = 0;
        result = pv_fs_read_at(fd, block, left < PV_BLOCK ? (size_t)left : PV_BLOCK, at, &len, err);
        if (result != PROVAR_OK || len == 0)
            break;
        pv_exe_probe_feed_at(probe, at, block, len);
    }
    pv_exe_probe_result(probe, exe);
    return result;
}

/* What was not looked into while the archive was verified, because that would have been a request to a server, is
 * looked into where it is sealed. */
static enum provar_result check_sealed(int sealed, const struct provar_verified *verified,
                                       const struct pv_member *member, bool plugin, struct provar_error *err) {
    struct pv_exe exe = member->exe;
    enum provar_result result = PROVAR_OK;
    if (exe.format == PV_EXE_UNKNOWN)
        result = probe_file(sealed, pv_verified_size(verified, member), &exe, err);
    return result == PROVAR_OK ? pv_exe_check_host(&exe, plugin, err) : result;
}

/* This host's executable in a sealed memory file, whose digest was taken behind the seal. */
static enum provar_result seal_host_target(const struct provar_verified *verified, bool plugin,
                                           const struct pv_member **member, int *sealed, struct provar_error *err) {
    PV_AUTO_FD int fd = -1, readable = -1;
    enum provar_result result = pv_verified_target(verified, pv_str(NULL, 0), member, err);
    if (result == PROVAR_OK && (*member)->exe.format != PV_EXE_UNKNOWN)
        result = pv_exe_check_host(&(*member)->exe, plugin, err);
    if (result == PROVAR_OK)
        result = pv_memfile_create(&fd, err);
    if (result == PROVAR_OK)
        result = pv_sink_fd(verified, *member, fd, err);
    if (result == PROVAR_OK)
        result = pv_memfile_seal(&fd, (*member)->digest, &readable, err);
    if (result == PROVAR_OK)
        result = check_sealed(readable, verified, *member, plugin, err);
    if (result == PROVAR_OK)
        *sealed = pv_take_fd(&readable);
    return result;
}

enum provar_result provar_run(const struct provar_verified *verified, const struct provar_run_options *options,
                              int *status, struct provar_error *err) {
    static const struct provar_run_options usual = {.size = sizeof usual};
    PV_AUTO_FD int sealed = -1;
    const struct pv_member *member;
    if (!pv_enter(&err, verified && status))
        return PROVAR_E_USAGE;
    if (options == NULL)
        options = &usual;
    enum provar_result result = pv_exec_check_options(options, err);
    if (result == PROVAR_OK)
        result = seal_host_target(verified, false, &member, &sealed, err);
    if (result == PROVAR_OK)
        result = pv_exec_run(sealed, member->stem, options, status, err);
    return result;
}

enum provar_result provar_plugin_open(const struct provar_verified *verified, struct provar_plugin **plugin,
                                      struct provar_error *err) {
    if (!pv_enter(&err, verified && plugin))
        return PROVAR_E_USAGE;
    PV_AUTO_FD int sealed = -1;
    const struct pv_member *member;
    enum provar_result result = seal_host_target(verified, true, &member, &sealed, err);
    if (result == PROVAR_OK)
        result = pv_plugin_load(sealed, plugin, err);
    return result;
}
