/* The files that connections need: certificate authorities joined into one list, and the client's certificate. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "store/http/certificates.h"
#include "store/http/http_files.h"

/* libcurl takes one list of authorities, so the system's and the user's must be joined. */
static enum provar_result read_authorities(const struct pv_http_settings *settings, const char *system_bundle,
                                           struct pv_buf *authorities, struct provar_error *err) {
    bool has_own = settings->ca_file || settings->ca_pem.len > 0;
    enum provar_result result = PROVAR_OK;
    if (!has_own && settings->ca_only)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "only the caller's certificate authorities, and none is given");
    if (settings->ca_file)
        result = pv_certificates_append(authorities, pv_str_of(settings->ca_file), err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(authorities, settings->ca_pem, err);
    /* Without a bundle there is a directory, or none: then the user's stand alone. */
    if (result == PROVAR_OK && has_own && !settings->ca_only && system_bundle && access(system_bundle, R_OK) == 0)
        result = pv_certificates_append(authorities, pv_str_of(system_bundle), err);
    return result;
}

/* libcurl would say no more than that there is a problem with one of them. */
static enum provar_result check_readable(const char *path, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    struct stat ignored;
    return path ? pv_fs_open_regular(pv_str_of(path), false, &fd, &ignored, err) : PROVAR_OK;
}

enum provar_result pv_http_files_read(const struct pv_http_settings *settings, const char *system_bundle,
                                      struct pv_buf *authorities, struct provar_error *err) {
    enum provar_result result = read_authorities(settings, system_bundle, authorities, err);
    if (result == PROVAR_OK)
        result = check_readable(settings->cert_file, err);
    if (result == PROVAR_OK)
        result = check_readable(settings->key_file, err);
    return result;
}
