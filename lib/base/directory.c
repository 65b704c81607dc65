/* The directory that an output goes to, reached by no link that another user has planted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/magic.h>
#include <sys/vfs.h>

#include "internal.h"

#include "base/directory.h"

enum { PASS = O_PATH | O_DIRECTORY | O_CLOEXEC };

/* As many as the kernel follows in one path (path_resolution(7)). */
enum { MAX_LINKS = 40 };

/* Each component is opened from the one before it, so that what was looked at is what is used. */
struct walk {
    int at;
    char *rest; /* of the path, behind `at` */
    unsigned links;
    struct pv_str path;
};

static void walk_release(struct walk *walk) {
    if (walk->at >= 0)
        (void)close(pv_take_fd(&walk->at));
    free(walk->rest);
}

static enum provar_result fail_to_open(const struct walk *walk, int error, struct provar_error *err) {
    return pv_fail_errno(err, PROVAR_E_IO, error, "cannot open the directory of '%s'", pv_quote(walk->path).text);
}

/* `next` is what openat gave. */
static enum provar_result arrive(struct walk *walk, int next, struct provar_error *err) {
    if (next < 0)
        return fail_to_open(walk, errno, err);
    if (walk->at >= 0)
        (void)close(walk->at);
    walk->at = next;
    return PROVAR_OK;
}

/* Whoever may write to a directory can put a link there before the caller looks, and so choose where the output goes
 * (CWE-59). Linux' protected_symlinks (proc(5)) sees to the last link of a path only, and not everywhere. */
static bool is_planted(const struct stat *link, const struct stat *parent) {
    return (parent->st_mode & (S_IWGRP | S_IWOTH)) != 0 && link->st_uid != 0 && link->st_uid != geteuid();
}

/* Links of /proc lead where their text does not say; nobody can plant one there. */
static bool is_of_the_kernel(int link) {
    struct statfs system;
    return fstatfs(link, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

/* What the link says takes its place in the path. */
static enum provar_result put_in_place(struct walk *walk, int link, struct provar_error *err) {
    char target[PATH_MAX];
    ssize_t len = readlinkat(link, "", target, sizeof target);
    if (len < 0 || len == (ssize_t)sizeof target)
        return fail_to_open(walk, len < 0 ? errno : ENAMETOOLONG, err);
    char *rest = NULL;
    if (asprintf(&rest, "%.*s/%s", (int)len, target, walk->rest) < 0)
        return pv_fail_memory(err);
    free(walk->rest);
    walk->rest = rest;
    return target[0] == '/' ? arrive(walk, open("/", PASS), err) : PROVAR_OK;
}

static enum provar_result follow(struct walk *walk, const char *name, struct provar_error *err) {
    struct stat parent, st;
    PV_AUTO_FD int link = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (link < 0 || fstat(link, &st) != 0 || fstat(walk->at, &parent) != 0)
        return fail_to_open(walk, errno, err);
    if (!S_ISLNK(st.st_mode))
        return fail_to_open(walk, ENOTDIR, err);
    if (is_planted(&st, &parent))
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET,
                       "the directory of '%s' is reached by a link of another user: '%s'", pv_quote(walk->path).text,
                       pv_quote(pv_str_of(name)).text);
    if (++walk->links > MAX_LINKS)
        return fail_to_open(walk, ELOOP, err);
    return is_of_the_kernel(link) ? arrive(walk, openat(walk->at, name, PASS), err) : put_in_place(walk, link, err);
}

/* Takes the next component off the path, and goes there. */
static enum provar_result step(struct walk *walk, struct provar_error *err) {
    const char *rest = walk->rest + strspn(walk->rest, "/");
    size_t len = strcspn(rest, "/");
    PV_AUTO_FREE char *name = pv_str_dup(pv_str(rest, len));
    if (name == NULL)
        return pv_fail_memory(err);
    memmove(walk->rest, rest + len, strlen(rest + len) + 1);
    if (len == 0)
        return PROVAR_OK;
    int next = openat(walk->at, name, PASS | O_NOFOLLOW);
    return next < 0 && (errno == ENOTDIR || errno == ELOOP) ? follow(walk, name, err) : arrive(walk, next, err);
}

enum provar_result pv_directory_open(const char *directory, struct pv_str path, int *fd, struct provar_error *err) {
    PV_CLEANUP(walk_release) struct walk walk = {.at = -1, .path = path, .rest = pv_str_dup(pv_str_of(directory))};
    if (walk.rest == NULL)
        return pv_fail_memory(err);
    enum provar_result result = arrive(&walk, open(directory[0] == '/' ? "/" : ".", PASS), err);
    while (result == PROVAR_OK && walk.rest[0] != 0)
        result = step(&walk, err);
    if (result != PROVAR_OK)
        return result;
    *fd = openat(walk.at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? PROVAR_OK : fail_to_open(&walk, errno, err);
}
