/* Loads a sealed memory file as a shared object. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>

#include "internal.h"

#include "run/plugin.h"

struct provar_plugin {
    void *handle;
};

PV_DEFINE_CLEANUP(plugin_cleanup, struct provar_plugin, provar_plugin_free)

enum { PATH_CAP = 192 };

/* Writes a path that leads to `fd` and that no other file ever had. The dynamic loader takes two paths of the same
 * spelling for the same object without opening the second, and descriptor numbers come back: under a plain
 * /proc/self/fd/5 a caller could be given the plug-in that was loaded before. "/." and "//" lead nowhere else, so they
 * spell the bits of the inode's number. */
static enum provar_result spell_path(int fd, char path[PATH_CAP], struct provar_error *err) {
    static const char directory[] = "/proc/self/fd";
    struct stat st;
    if (fstat(fd, &st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine the memory file");
    uint64_t inode = st.st_ino;
    size_t used = sizeof directory - 1;
    memcpy(path, directory, used);
    for (int bit = 63; bit >= 0; bit--) {
        path[used++] = '/';
        path[used++] = (inode >> bit & 1) != 0 ? '.' : '/';
    }
    (void)snprintf(path + used, PATH_CAP - used, "/%d", fd);
    return PROVAR_OK;
}

/* The loader's words, without the path in front, which says nothing to a reader. */
static struct pv_quoted loader_words(const char *path) {
    struct pv_str words = pv_str_of(dlerror());
    struct pv_str name = pv_str_of(path);
    if (pv_str_starts(words, name))
        words = pv_str(words.text + name.len, words.len - name.len);
    if (pv_str_starts(words, PV_STR(": ")))
        words = pv_str(words.text + 2, words.len - 2);
    return pv_quote(words.len > 0 ? words : PV_STR("no reason given"));
}

enum provar_result pv_plugin_load(int fd, struct provar_plugin **plugin, struct provar_error *err) {
    char path[PATH_CAP];
    PV_CLEANUP(plugin_cleanup) struct provar_plugin *loaded = calloc(1, sizeof *loaded);
    if (loaded == NULL)
        return pv_fail_memory(err);
    enum provar_result result = spell_path(fd, path, err);
    if (result != PROVAR_OK)
        return result;
    if (access(path, F_OK) != 0)
        return pv_fail_errno(err, PROVAR_E_EXEC, errno,
                             "cannot reach a memory file by /proc/self/fd, is /proc mounted");
    loaded->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (loaded->handle == NULL)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "cannot load the plug-in: %s", loader_words(path).text);
    *plugin = PV_TAKE(loaded);
    return PROVAR_OK;
}

enum provar_result provar_plugin_symbol(const struct provar_plugin *plugin, const char *name, size_t len,
                                        void **address, struct provar_error *err) {
    if (!pv_enter(&err, plugin && address && pv_given(name, len)))
        return PROVAR_E_USAGE;
    struct pv_str symbol = pv_str(name, len);
    if (len == 0 || pv_str_has_nul(symbol))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "not the name of a symbol: '%s'", pv_quote(symbol).text);
    PV_AUTO_FREE char *text = pv_str_dup(symbol);
    if (text == NULL)
        return pv_fail_memory(err);
    void *found = dlsym(plugin->handle, text);
    if (found == NULL)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "the plug-in has no symbol '%s'", pv_quote(symbol).text);
    *address = found;
    return PROVAR_OK;
}

void provar_plugin_free(struct provar_plugin *plugin) {
    if (plugin == NULL)
        return;
    if (plugin->handle)
        (void)dlclose(plugin->handle);
    free(plugin);
}
