/* The directory of an output or a policy file, reached by no link that another user has planted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/magic.h>
#include <sys/vfs.h>

#include "internal.h"

#include "base/directory.h"
#include "base/fs.h"

enum { PASS = O_PATH | O_DIRECTORY | O_CLOEXEC };

/* As many as the kernel follows in one path (path_resolution(7)). */
enum { MAX_LINKS = 40 };

/* Each component is opened from the one before it, so that what was looked at is what is used. */
struct walk {
    int at;
    char *rest; /* of the path, behind `at` */
    unsigned links;
    bool is_ours; /* demanded: nobody else may change where the path leads */
    int error;    /* why a component could not be opened */
    struct pv_str path;
};

static void walk_release(struct walk *walk) {
    if (walk->at >= 0)
        (void)close(pv_take_fd(&walk->at));
    free(walk->rest);
}

static enum provar_result fail_to_open(struct walk *walk, int error, struct provar_error *err) {
    walk->error = error;
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

static bool is_strangers(const struct stat *st) {
    return st->st_uid != 0 && st->st_uid != geteuid();
}

/* Whoever may write to a directory can put a link there before the caller looks, and so choose where the output goes
 * (CWE-59): its owner, too. Linux' protected_symlinks (proc(5)) sees to the last link of a path only, in directories
 * with the sticky bit, and not everywhere. */
static bool is_planted(const struct stat *link, const struct stat *parent) {
    return is_strangers(link) && (is_strangers(parent) || (parent->st_mode & (S_IWGRP | S_IWOTH)) != 0);
}

/* Whoever may write to a directory, or owns it, can put another one in the place of what is in it. In a sticky one that
 * is left to the owner of what is in it, whom the next step judges. */
static enum provar_result judge(const struct walk *walk, int directory, struct provar_error *err) {
    return walk->is_ours ? pv_fs_check_our_directory(directory, true, "a directory above", walk->path, err) : PROVAR_OK;
}

/* Those above a directory that was reached otherwise than by its path, up to the root, which is its own parent. */
static enum provar_result judge_above(struct walk *walk, struct provar_error *err) {
    struct stat below, st;
    if (!walk->is_ours)
        return PROVAR_OK;
    PV_AUTO_FD int at = openat(walk->at, ".", PASS);
    enum provar_result result = PROVAR_OK;
    while (result == PROVAR_OK) {
        PV_AUTO_FD int above = at < 0 ? -1 : openat(at, "..", PASS);
        if (above < 0 || fstat(at, &below) != 0 || fstat(above, &st) != 0)
            return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine a directory above '%s'",
                                 pv_quote(walk->path).text);
        if (st.st_dev == below.st_dev && st.st_ino == below.st_ino)
            return PROVAR_OK;
        result = judge(walk, above, err);
        (void)close(at);
        at = pv_take_fd(&above);
    }
    return result;
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
    if (!is_of_the_kernel(link))
        return put_in_place(walk, link, err);
    enum provar_result result = arrive(walk, openat(walk->at, name, PASS), err);
    return result == PROVAR_OK ? judge_above(walk, err) : result;
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
    bool stays = pv_str_equal(pv_str_of(name), PV_STR("."));
    enum provar_result result = stays ? PROVAR_OK : judge(walk, walk->at, err);
    if (result != PROVAR_OK)
        return result;
    int next = openat(walk->at, name, PASS | O_NOFOLLOW);
    return next < 0 && (errno == ENOTDIR || errno == ELOOP) ? follow(walk, name, err) : arrive(walk, next, err);
}

void pv_directory_split(char *path, const char **directory, const char **name) {
    char *slash = strrchr(path, '/');
    *directory = slash == NULL ? "." : slash == path ? "/" : path;
    *name = slash == NULL ? path : slash + 1;
    if (slash != NULL)
        *slash = 0;
}

static enum provar_result go(struct walk *walk, const char *directory, int *fd, struct provar_error *err) {
    walk->rest = pv_str_dup(pv_str_of(directory));
    if (walk->rest == NULL)
        return pv_fail_memory(err);
    enum provar_result result = arrive(walk, open(directory[0] == '/' ? "/" : ".", PASS), err);
    if (result == PROVAR_OK)
        result = judge_above(walk, err);
    while (result == PROVAR_OK && walk->rest[0] != 0)
        result = step(walk, err);
    if (result != PROVAR_OK)
        return result;
    *fd = openat(walk->at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? PROVAR_OK : fail_to_open(walk, errno, err);
}

enum provar_result pv_directory_open(const char *directory, struct pv_str path, int *fd, struct provar_error *err) {
    PV_CLEANUP(walk_release) struct walk walk = {.at = -1, .path = path};
    return go(&walk, directory, fd, err);
}

enum provar_result pv_directory_open_ours(const char *directory, struct pv_str path, int *fd,
                                          struct provar_error *err) {
    PV_CLEANUP(walk_release) struct walk walk = {.at = -1, .is_ours = true, .path = path};
    struct provar_error reason = {0};
    *fd = -1;
    enum provar_result result = go(&walk, directory, fd, &reason);
    if (result == PROVAR_E_IO && (walk.error == ENOENT || walk.error == ENOTDIR))
        return PROVAR_OK;
    pv_error_hand_on(err, &reason);
    return result;
}
