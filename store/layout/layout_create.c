/* The directory of an OCI layout and the files that make it one: found, or made. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>

#include "internal.h"

#include "base/fs.h"
#include "base/json.h"
#include "store/layout/layout_create.h"
#include "store/layout/layout_file.h"
#include "store/layout/layout_index.h"
#include "store/image/limits.h"

#define INDEX_FILE   "index.json"
#define VERSION_FILE "oci-layout"
#define VERSION_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"

/* What an earlier attempt may have left behind in a directory that is not a layout yet. */
static bool is_ours(const char *name) {
    static const char *const names[] = {".", "..", "blobs", "partial", INDEX_FILE, NULL};
    return pv_str_is_one_of(pv_str_of(name), names);
}

static enum provar_result fail_foreign(struct pv_str directory, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "'%s' is neither empty nor an OCI layout",
                   pv_quote(directory).text);
}

/* index.json without a version is of somebody who is making the layout, or was killed over it, as long as it names
 * nothing. What names something is written behind the version, which then is there by now, or it is not of a layout. */
static enum provar_result check_begun(int fd, struct pv_str directory, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf text;
    bool found = false, has_version = false;
    pv_buf_init(&text, sizeof PV_LAYOUT_EMPTY_INDEX - 1);
    enum provar_result result = pv_layout_read_file(fd, INDEX_FILE, &text, &found, NULL);
    if (result == PROVAR_E_NO_MEMORY)
        return pv_fail_memory(err);
    if (result == PROVAR_OK && (!found || pv_str_equal(pv_buf_str(&text), PV_STR(PV_LAYOUT_EMPTY_INDEX))))
        return PROVAR_OK;
    result = pv_layout_find_version(fd, &has_version, err);
    return result == PROVAR_OK && !has_version ? fail_foreign(directory, err) : result;
}

static enum provar_result check_entries(DIR *entries, int fd, struct pv_str directory, struct provar_error *err) {
    bool is_layout = false, is_begun = false, is_foreign = false;
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        is_layout = is_layout || pv_str_equal(pv_str_of(entry->d_name), PV_STR(VERSION_FILE));
        is_begun = is_begun || pv_str_equal(pv_str_of(entry->d_name), PV_STR(INDEX_FILE));
        is_foreign = is_foreign || !is_ours(entry->d_name);
    }
    if (errno != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read the directory '%s'", pv_quote(directory).text);
    if (is_foreign && !is_layout)
        return fail_foreign(directory, err);
    return is_begun && !is_layout ? check_begun(fd, directory, err) : PROVAR_OK;
}

static enum provar_result check_room(int fd, struct pv_str directory, struct provar_error *err) {
    PV_AUTO_FD int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = own < 0 ? NULL : fdopendir(own);
    if (entries == NULL)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read the directory '%s'", pv_quote(directory).text);
    (void)pv_take_fd(&own);
    enum provar_result result = check_entries(entries, fd, directory, err);
    (void)closedir(entries);
    return result;
}

/* The name of a directory that was made. Where its parent may be written to and not read, there is no descriptor to
 * sync it by. */
static enum provar_result sync_name(int fd, struct pv_str directory, struct provar_error *err) {
    PV_AUTO_FD int parent = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0 && errno == EACCES)
        return PROVAR_OK;
    if (parent < 0 || (fsync(parent) != 0 && errno != EINVAL))
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot sync the directory of '%s'", pv_quote(directory).text);
    return PROVAR_OK;
}

enum provar_result pv_layout_open_root(struct pv_str directory, bool create, int *fd, struct provar_error *err) {
    PV_AUTO_FREE char *path = NULL;
    enum provar_result result = pv_path_dup(directory, &path, err);
    if (result != PROVAR_OK)
        return result;
    bool is_made = create && mkdir(path, 0777) == 0;
    if (create && !is_made && errno != EEXIST)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot make the directory '%s'", pv_quote(directory).text);
    PV_AUTO_FD int opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return pv_fail_errno(err, errno == ENOENT ? PROVAR_E_NOT_FOUND : PROVAR_E_IO, errno,
                             "cannot open the layout '%s'", pv_quote(directory).text);
    if (is_made)
        result = sync_name(opened, directory, err);
    if (result == PROVAR_OK && create)
        result = check_room(opened, directory, err);
    if (result == PROVAR_OK)
        *fd = pv_take_fd(&opened);
    return result;
}

enum provar_result pv_layout_judge_version(struct pv_str text, struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    struct pv_str version = {"", 0};
    bool present = false;
    struct provar_error ignored = {0};
    enum provar_result result = pv_json_parse(text, NULL, &json, &ignored);
    if (result == PROVAR_OK)
        result = pv_json_text(json, PV_STR(""), "imageLayoutVersion", &version, &present, &ignored);
    if (result == PROVAR_E_NO_MEMORY)
        return pv_fail_memory(err);
    if (result != PROVAR_OK || !present || !pv_str_equal(version, PV_STR("1.0.0")))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "the layout's file '" VERSION_FILE "' does not say version 1.0.0");
    return PROVAR_OK;
}

enum provar_result pv_layout_find_version(int directory, bool *found, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf text;
    pv_buf_init(&text, PV_MAX_LAYOUT_VERSION);
    enum provar_result result = pv_layout_read_file(directory, VERSION_FILE, &text, found, err);
    return result == PROVAR_OK && *found ? pv_layout_judge_version(pv_buf_str(&text), err) : result;
}

enum provar_result pv_layout_demand_version(int directory, struct provar_error *err) {
    bool found = false;
    enum provar_result result = pv_layout_find_version(directory, &found, err);
    if (result == PROVAR_OK && !found)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "not an OCI layout: there is no file '" VERSION_FILE "'");
    return result;
}

/* One that somebody else has made by now stays. */
static enum provar_result make_file(int directory, int partial, const char *name, struct pv_str text,
                                    struct provar_error *err) {
    PV_AUTO_LAYOUT_FILE struct pv_layout_file file = PV_LAYOUT_NO_FILE;
    enum provar_result result = pv_layout_file_begin(&file, partial, err);
    if (result == PROVAR_OK)
        result = pv_fs_write(file.fd, text.text, text.len, err);
    return result == PROVAR_OK ? pv_layout_file_commit(&file, directory, name, false, err) : result;
}

enum provar_result pv_layout_make(int directory, int partial, struct provar_error *err) {
    enum provar_result result = make_file(directory, partial, INDEX_FILE, PV_STR(PV_LAYOUT_EMPTY_INDEX), err);
    if (result == PROVAR_OK)
        result = make_file(directory, partial, VERSION_FILE, PV_STR(VERSION_TEXT), err);
    return result == PROVAR_OK ? pv_layout_demand_version(directory, err) : result;
}
