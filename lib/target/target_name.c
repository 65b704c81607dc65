/* ARCH-OS names: grammar, common mistakes, and the name of the target that this build runs on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "target/target_name.h"

/* Rust's std::env::consts::ARCH: hosts look for their executable under that name. An ABI of a 64-bit machine with
 * 32-bit pointers (x32, n32, ILP32) is another target than its name says, so it gets none. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define HOST_ARCH "x86_64"
#elif defined(__i386__)
#define HOST_ARCH "x86"
#elif defined(__aarch64__) && !defined(__ILP32__)
#define HOST_ARCH "aarch64"
#elif defined(__arm__)
#define HOST_ARCH "arm"
#elif defined(__riscv) && __SIZEOF_POINTER__ == 8
#define HOST_ARCH "riscv64"
#elif defined(__riscv) && __SIZEOF_POINTER__ == 4
#define HOST_ARCH "riscv32"
#elif defined(__powerpc64__)
#define HOST_ARCH "powerpc64"
#elif defined(__powerpc__)
#define HOST_ARCH "powerpc"
#elif defined(__s390x__)
#define HOST_ARCH "s390x"
#elif defined(__mips__) && defined(__mips_isa_rev) && __SIZEOF_POINTER__ == 8
#if __mips_isa_rev >= 6
#define HOST_ARCH "mips64r6"
#else
#define HOST_ARCH "mips64"
#endif
#elif defined(__mips__) && defined(__mips_isa_rev) && !defined(__mips64)
#if __mips_isa_rev >= 6
#define HOST_ARCH "mips32r6"
#else
#define HOST_ARCH "mips"
#endif
#elif defined(__mips__) && __SIZEOF_POINTER__ == 8
#define HOST_ARCH "mips64"
#elif defined(__mips__) && !defined(__mips64)
#define HOST_ARCH "mips"
#elif defined(__loongarch__) && __SIZEOF_POINTER__ == 8
#define HOST_ARCH "loongarch64"
#elif defined(__loongarch__) && __SIZEOF_POINTER__ == 4
#define HOST_ARCH "loongarch32"
#elif defined(__sparc__) && defined(__arch64__)
#define HOST_ARCH "sparc64"
#elif defined(__sparc__)
#define HOST_ARCH "sparc"
#elif defined(__m68k__)
#define HOST_ARCH "m68k"
#elif defined(__hexagon__)
#define HOST_ARCH "hexagon"
#elif defined(__csky__)
#define HOST_ARCH "csky"
#else
#define HOST_ARCH "unknown"
#endif

/* Rust's std::env::consts::OS. */
#if defined(__ANDROID__)
#define HOST_OS "android"
#elif defined(__linux__)
#define HOST_OS "linux"
#elif defined(__APPLE__)
#define HOST_OS "macos"
#elif defined(__FreeBSD__)
#define HOST_OS "freebsd"
#elif defined(__NetBSD__)
#define HOST_OS "netbsd"
#elif defined(__OpenBSD__)
#define HOST_OS "openbsd"
#elif defined(__DragonFly__)
#define HOST_OS "dragonfly"
#elif defined(_WIN32)
#define HOST_OS "windows"
#else
#define HOST_OS "unknown"
#endif

const char *provar_host_target(void) {
    return HOST_ARCH "-" HOST_OS;
}

static bool is_creatable_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

static bool is_readable_char(char c) {
    return is_creatable_char(c) || (c >= 'A' && c <= 'Z') || c == '-';
}

static bool all_chars(struct pv_str text, bool (*is_allowed)(char)) {
    for (size_t i = 0; i < text.len; i++)
        if (!is_allowed(text.text[i]))
            return false;
    return true;
}

/* The members claims.jwt and world.wasm would share a name with such a target in readers that drop the extension. */
static bool is_reserved(struct pv_str name) {
    return pv_str_equal(name, PV_STR("claims")) || pv_str_equal(name, PV_STR("world")) ||
           pv_str_equal(name, PV_STR("world.wasm"));
}

bool pv_target_name_is_readable(struct pv_str name) {
    if (name.len == 0 || name.len > PV_MAX_TARGET_NAME || name.text[0] == '.' || name.text[0] == '-')
        return false;
    return all_chars(name, is_readable_char) && !is_reserved(name);
}

bool pv_target_name_split(struct pv_str name, struct pv_str *arch, struct pv_str *os) {
    const char *dash = name.len == 0 ? NULL : memchr(name.text, '-', name.len);
    if (dash == NULL)
        return false;
    size_t before = (size_t)(dash - name.text);
    *arch = pv_str(name.text, before);
    *os = pv_str(dash + 1, name.len - before - 1);
    return true;
}

static bool is_arch_os(struct pv_str name) {
    struct pv_str arch, os;
    if (!pv_target_name_split(name, &arch, &os) || arch.len == 0 || os.len == 0)
        return false;
    return all_chars(arch, is_creatable_char) && all_chars(os, is_creatable_char);
}

bool pv_target_name_is_creatable(struct pv_str name) {
    return pv_target_name_is_readable(name) && is_arch_os(name);
}

enum provar_result provar_target_check(const char *text, size_t len, struct provar_error *err) {
    if (!pv_enter(&err, pv_given(text, len)))
        return PROVAR_E_USAGE;
    struct pv_str name = pv_str(text, len);
    if (len == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "empty target name");
    if (len > PV_MAX_TARGET_NAME)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "target name of %zu characters, at most %d are allowed: '%s'", len, PV_MAX_TARGET_NAME,
                       pv_quote(name).text);
    if (is_reserved(name))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "reserved word as target name: '%s'",
                       pv_quote(name).text);
    if (!pv_target_name_is_creatable(name))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "not an ARCH-OS target name such as '%s': '%s'",
                       provar_host_target(), pv_quote(name).text);
    return PROVAR_OK;
}

struct alias {
    const char *from;
    const char *to;
};

/* With the "-" that ends an architecture, because x86-64 holds one itself. */
static const struct alias arch_aliases[] = {
    {"amd64-", "x86_64-"}, {"x64-", "x86_64-"}, {"x86-64-", "x86_64-"}, {"arm64-", "aarch64-"},
    {"i386-", "x86-"},     {"i486-", "x86-"},   {"i586-", "x86-"},      {"i686-", "x86-"},
};

static const struct alias os_aliases[] = {
    {"darwin", "macos"}, {"osx", "macos"}, {"macosx", "macos"}, {"win32", "windows"}, {"win64", "windows"},
};

/* Not where "64-" follows an "i386-": it would become what is read as x86-64. */
static const struct alias *find_arch_alias(struct pv_str name) {
    for (size_t i = 0; i < sizeof arch_aliases / sizeof arch_aliases[0]; i++) {
        const struct alias *alias = &arch_aliases[i];
        size_t len = strlen(alias->from);
        if (pv_str_starts(name, pv_str_of(alias->from)))
            return pv_str_starts(pv_str(name.text + len, name.len - len), PV_STR("64-")) ? NULL : alias;
    }
    return NULL;
}

static const struct alias *find_os_alias(struct pv_str os) {
    for (size_t i = 0; i < sizeof os_aliases / sizeof os_aliases[0]; i++)
        if (pv_str_equal(os, pv_str_of(os_aliases[i].from)))
            return &os_aliases[i];
    return NULL;
}

static void join(struct pv_str head, struct pv_str tail, struct pv_target_name *out) {
    (void)snprintf(out->text, sizeof out->text, "%.*s%.*s", (int)head.len, head.text, (int)tail.len, tail.text);
}

bool pv_target_name_map(struct pv_str name, struct pv_target_name *mapped) {
    mapped->text[0] = 0;
    if (!pv_target_name_is_readable(name))
        return false;
    join(name, PV_STR(""), mapped);

    const struct alias *arch = find_arch_alias(name);
    struct pv_str head = PV_STR(""), tail = name, unused;
    if (arch) {
        size_t replaced = strlen(arch->from);
        head = pv_str_of(arch->to);
        tail = pv_str(name.text + replaced, name.len - replaced);
    } else if (pv_target_name_split(name, &unused, &tail)) {
        head = pv_str(name.text, name.len - tail.len);
    }
    const struct alias *os = head.len > 0 ? find_os_alias(tail) : NULL;
    if (os)
        tail = pv_str_of(os->to);
    if ((arch == NULL && os == NULL) || head.len + tail.len > PV_MAX_TARGET_NAME)
        return false;
    join(head, tail, mapped);
    return true;
}
