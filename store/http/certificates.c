/* Certificates of authorities and of the client: PEM files, and the directories in which container tools keep them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>

#include "internal.h"

#include "base/fs.h"
#include "store/http/certificates.h"

static void cleanup_directory(DIR **directory) {
    if (*directory)
        (void)closedir(*directory);
}

static bool has_certificate(struct pv_str pem) {
    static const struct pv_str begin = {"-----BEGIN CERTIFICATE-----", 27}, trusted = {"-----BEGIN TRUSTED ", 19};
    return pem.text && pem.len > 0 &&
           (memmem(pem.text, pem.len, begin.text, begin.len) || memmem(pem.text, pem.len, trusted.text, trusted.len));
}

enum provar_result pv_certificates_append(struct pv_buf *authorities, struct pv_str path, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    struct stat st;
    size_t len = 0;
    enum provar_result result = pv_fs_open_regular(path, false, &fd, &st, err);
    if (result != PROVAR_OK)
        return result;
    if (st.st_size > (off_t)PV_MAX_CERTIFICATES)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "'%s' is larger than %zu bytes", pv_quote(path).text,
                       (size_t)PV_MAX_CERTIFICATES);
    result = pv_buf_reserve(authorities, (size_t)st.st_size + 1, err);
    if (result == PROVAR_OK)
        result = pv_fs_read(fd, authorities->data + authorities->len, (size_t)st.st_size, &len, err);
    if (result != PROVAR_OK)
        return result;
    if (!has_certificate(pv_str((const char *)authorities->data + authorities->len, len)))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "no certificate in PEM form in '%s'",
                       pv_quote(path).text);
    authorities->len += len;
    return pv_buf_append_str(authorities, PV_STR("\n"), err);
}

/* DIRECTORY/NAME, of which `len` bytes of the name are kept and `suffix` follows. */
static char *join(const char *directory, const char *name, size_t len, const char *suffix) {
    char *path = NULL;
    return asprintf(&path, "%s/%.*s%s", directory, (int)len, name, suffix) < 0 ? NULL : path;
}

static enum provar_result take_authority(const char *directory, const char *name, struct pv_buf *authorities,
                                         struct provar_error *err) {
    PV_AUTO_FREE char *path = join(directory, name, strlen(name), "");
    if (path == NULL)
        return pv_fail_memory(err);
    return pv_certificates_append(authorities, pv_str_of(path), err);
}

static enum provar_result take_client(const char *directory, const char *name, struct pv_certificates *found,
                                      struct provar_error *err) {
    PV_AUTO_FREE char *cert = join(directory, name, strlen(name), "");
    PV_AUTO_FREE char *key = join(directory, name, strlen(name) - strlen(".cert"), ".key");
    if (cert == NULL || key == NULL)
        return pv_fail_memory(err);
    if (found->cert_file && pv_str_order(pv_str_of(found->cert_file), pv_str_of(cert)) <= 0)
        return PROVAR_OK;
    free(found->cert_file);
    free(found->key_file);
    found->cert_file = PV_TAKE(cert);
    found->key_file = PV_TAKE(key);
    return PROVAR_OK;
}

static enum provar_result read_directory(DIR *entries, const char *directory, struct pv_certificates *found,
                                         struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    while (result == PROVAR_OK) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (entry == NULL && errno != 0)
            return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read '%s'", pv_quote(pv_str_of(directory)).text);
        if (entry == NULL)
            return PROVAR_OK;
        struct pv_str name = pv_str_of(entry->d_name);
        if (pv_str_ends(name, PV_STR(".crt")))
            result = take_authority(directory, entry->d_name, &found->authorities, err);
        else if (pv_str_ends(name, PV_STR(".cert")))
            result = take_client(directory, entry->d_name, found, err);
    }
    return result;
}

/* Whether there is one for the registry in this directory, and what is in it. */
static enum provar_result look_into(struct pv_str directory, const char *registry, bool *is_there,
                                    struct pv_certificates *found, struct provar_error *err) {
    PV_AUTO_FREE char *parent = pv_str_dup(directory);
    PV_AUTO_FREE char *path = parent ? join(parent, registry, strlen(registry), "") : NULL;
    if (path == NULL)
        return pv_fail_memory(err);
    PV_CLEANUP(cleanup_directory) DIR *entries = opendir(path);
    if (entries == NULL && errno != ENOENT && errno != ENOTDIR && errno != EACCES)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot open '%s'", pv_quote(pv_str_of(path)).text);
    *is_there = entries != NULL;
    return entries ? read_directory(entries, path, found, err) : PROVAR_OK;
}

enum provar_result pv_certificates_find(struct pv_str directories, const char *registry, struct pv_certificates *found,
                                        struct provar_error *err) {
    struct pv_certificates made = {0};
    enum provar_result result = PROVAR_OK;
    bool is_there = false;
    pv_buf_init(&made.authorities, PV_MAX_CERTIFICATES);
    while (result == PROVAR_OK && !is_there && directories.len > 0) {
        const char *colon = memchr(directories.text, ':', directories.len);
        size_t len = colon ? (size_t)(colon - directories.text) : directories.len;
        if (len > 0)
            result = look_into(pv_str(directories.text, len), registry, &is_there, &made, err);
        size_t step = colon ? len + 1 : len;
        directories = pv_str(directories.text + step, directories.len - step);
    }
    if (result == PROVAR_OK)
        *found = made;
    else
        pv_certificates_release(&made);
    return result;
}

void pv_certificates_release(struct pv_certificates *found) {
    pv_buf_release(&found->authorities);
    free(found->cert_file);
    free(found->key_file);
    *found = (struct pv_certificates){0};
}
