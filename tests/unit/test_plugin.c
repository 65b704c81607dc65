/* Tests of run/plugin: shared objects out of memory files, each its own, and what is none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "run/plugin.h"
#include "support/run.h"

/* Two libraries that are on every machine which runs this, with a symbol that only the one has. */
static const char first_library[] = "libm.so.6", first_symbol[] = "cos";
static const char second_library[] = "libjansson.so.4", second_symbol[] = "json_object";

/* The real library stays loaded: the loader would otherwise take a copy of it that is in memory for the real one, by
 * its soname. */
static int memfile_of_library(const char *name) {
    struct link_map *map = NULL;
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NODELETE);
    assert_non_null(handle);
    assert_int_equal(dlinfo(handle, RTLD_DI_LINKMAP, &map), 0);
    int fd = memfile_of_path(map->l_name);
    assert_int_equal(dlclose(handle), 0);
    return fd;
}

static enum provar_result find(const struct provar_plugin *plugin, const char *symbol) {
    void *address = NULL;
    enum provar_result result = provar_plugin_symbol(plugin, symbol, strlen(symbol), &address, NULL);
    assert_int_equal(address != NULL, result == PROVAR_OK);
    return result;
}

static void test_a_loaded_function_works_after_the_file_is_closed(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct provar_plugin *plugin = NULL;
    int fd = memfile_of_library(first_library);
    assert_int_equal(pv_plugin_load(fd, &plugin, &err), PROVAR_OK);
    assert_int_equal(close(fd), 0);
    union {
        void *address;
        double (*function)(double);
    } symbol = {NULL};
    assert_int_equal(provar_plugin_symbol(plugin, first_symbol, 3, &symbol.address, &err), PROVAR_OK);
    assert_true(symbol.function(0.0) == 1.0);
    /* It is the copy's, not that of a library which this program has already. */
    Dl_info info;
    assert_int_not_equal(dladdr(symbol.address, &info), 0);
    assert_true(pv_str_starts(pv_str_of(info.dli_fname), PV_STR("/proc/self/fd")));
    provar_plugin_free(plugin);
}

static void test_symbols(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct provar_plugin *plugin = NULL;
    void *address = NULL;
    int fd = memfile_of_library(first_library);
    assert_int_equal(pv_plugin_load(fd, &plugin, NULL), PROVAR_OK);
    assert_int_equal(close(fd), 0);
    assert_int_equal(find(plugin, first_symbol), PROVAR_OK);
    assert_int_equal(provar_plugin_symbol(plugin, "no\nsuch", 7, &address, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "'no\\x0asuch'"));
    assert_int_equal(provar_plugin_symbol(plugin, NULL, 0, &address, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_plugin_symbol(plugin, "cos\0x", 5, &address, NULL), PROVAR_E_USAGE);
    assert_null(address);
    provar_plugin_free(plugin);
}

/* The name is as long as its length says. */
static void test_symbol_names_need_no_nul(void **state) {
    (void)state;
    struct provar_plugin *plugin = NULL;
    void *address = NULL;
    int fd = memfile_of_library(first_library);
    assert_int_equal(pv_plugin_load(fd, &plugin, NULL), PROVAR_OK);
    assert_int_equal(close(fd), 0);
    assert_int_equal(provar_plugin_symbol(plugin, "cos_and_more", 3, &address, NULL), PROVAR_OK);
    assert_int_equal(provar_plugin_symbol(plugin, "cos_and_more", 12, &address, NULL), PROVAR_E_EXEC);
    provar_plugin_free(plugin);
}

/* The same descriptor number twice, as happens when the first was closed. The dynamic loader knows files by the
 * spelling of their path, and the first is still in memory. */
static void test_a_number_that_comes_back_is_another_plugin(void **state) {
    (void)state;
    struct provar_plugin *first = NULL, *second = NULL;
    char path[64];
    int fd = memfile_of_library(first_library);
    assert_int_equal(pv_plugin_load(fd, &first, NULL), PROVAR_OK);
    /* Gives the first the plain path as a name too, and keeps it in memory for good. */
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_non_null(dlopen(path, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE));
    int other = memfile_of_library(second_library);
    assert_int_equal(dup3(other, fd, O_CLOEXEC), fd);
    assert_int_equal(close(other), 0);
    assert_int_equal(pv_plugin_load(fd, &second, NULL), PROVAR_OK);
    assert_int_equal(close(fd), 0);
    assert_int_equal(find(first, second_symbol), PROVAR_E_EXEC);
    assert_int_equal(find(second, second_symbol), PROVAR_OK);
    provar_plugin_free(first);
    provar_plugin_free(second);
}

static void test_the_same_file_twice(void **state) {
    (void)state;
    struct provar_plugin *first = NULL, *second = NULL;
    int fd = memfile_of_library(second_library);
    assert_int_equal(pv_plugin_load(fd, &first, NULL), PROVAR_OK);
    assert_int_equal(pv_plugin_load(fd, &second, NULL), PROVAR_OK);
    assert_int_equal(close(fd), 0);
    provar_plugin_free(first);
    assert_int_equal(find(second, second_symbol), PROVAR_OK);
    provar_plugin_free(second);
}

static void assert_not_loaded(int fd) {
    struct provar_error err = {0};
    struct provar_plugin *plugin = NULL;
    assert_int_equal(pv_plugin_load(fd, &plugin, &err), PROVAR_E_EXEC);
    assert_null(plugin);
    assert_true(pv_str_starts(pv_str_of(err.message), PV_STR("cannot load the plug-in: ")));
    assert_null(strstr(err.message, "/proc/self/fd"));
    assert_int_equal(close(fd), 0);
}

static void test_what_is_no_shared_object_is_refused(void **state) {
    (void)state;
    assert_not_loaded(memfile_of("", 0));
    assert_not_loaded(memfile_of("garbage, and nothing but garbage", 32));
    assert_not_loaded(memfile_of("#!/bin/sh\n", 10));
    assert_not_loaded(memfile_of_path("/proc/self/exe"));
}

static void test_no_file_at_all(void **state) {
    (void)state;
    struct provar_plugin *plugin = NULL;
    assert_int_equal(pv_plugin_load(-1, &plugin, NULL), PROVAR_E_IO);
    assert_null(plugin);
}

static int load_without_proc(void) {
    struct provar_error err = {0};
    struct provar_plugin *plugin = NULL;
    int fd = memfile_of_library(first_library);
    bool denied = deny_syscall(SYS_faccessat, ENOENT);
#ifdef SYS_access
    denied = denied && deny_syscall(SYS_access, ENOENT);
#endif
    if (!denied)
        return CHILD_CANNOT;
    if (pv_plugin_load(fd, &plugin, &err) != PROVAR_E_EXEC)
        return 1;
    return plugin == NULL && strstr(err.message, "is /proc mounted") ? 0 : 2;
}

static void test_missing_proc_is_named(void **state) {
    (void)state;
    assert_int_equal(in_child(load_without_proc), 0);
}

static void test_free_takes_null(void **state) {
    (void)state;
    provar_plugin_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_loaded_function_works_after_the_file_is_closed),
        cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_symbol_names_need_no_nul),
        cmocka_unit_test(test_a_number_that_comes_back_is_another_plugin),
        cmocka_unit_test(test_the_same_file_twice),
        cmocka_unit_test(test_what_is_no_shared_object_is_refused),
        cmocka_unit_test(test_no_file_at_all),
        cmocka_unit_test(test_missing_proc_is_named),
        cmocka_unit_test(test_free_takes_null),
    };
    (void)alarm(WATCHDOG_SECONDS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
