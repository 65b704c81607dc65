/* Conductor: what a verified archive is for: extract, copy, run, load. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

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
        *bytes = member->size;
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
        *bytes = (size_t)member->size;
    else if (buf && cap > 0)
        memset(buf, 0, cap);
    return result;
}

/* This host's executable in a sealed memory file, whose digest was taken behind the seal. */
static enum provar_result seal_host_target(const struct provar_verified *verified, bool plugin,
                                           const struct pv_member **member, int *sealed, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    enum provar_result result = pv_verified_target(verified, pv_str(NULL, 0), member, err);
    if (result == PROVAR_OK)
        result = pv_exe_check_host(&(*member)->exe, plugin, err);
    if (result == PROVAR_OK)
        result = pv_memfile_create(&fd, err);
    if (result == PROVAR_OK)
        result = pv_sink_fd(verified, *member, fd, err);
    if (result == PROVAR_OK)
        result = pv_memfile_seal(&fd, (*member)->digest, sealed, err);
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
