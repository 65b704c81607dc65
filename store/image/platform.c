/* Targets such as x86_64-linux as the platforms of an image index: {os, architecture, variant} in Go's names. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/platform.h"

/* Names that differ; all others are the same in both. */
struct name {
    const char *rust;
    const char *go;
};

/* Rust's powerpc64 is either byte order; what runs providers is the little one, and hosts look for that. */
static const struct name architectures[] = {
    {"x86_64", "amd64"}, {"x86", "386"}, {"aarch64", "arm64"}, {"powerpc64", "ppc64le"}, {"loongarch64", "loong64"},
};

static const struct name systems[] = {{"macos", "darwin"}};

/* Variants that any processor of the architecture runs; the empty one is always among them. */
struct variant {
    const char *architecture;
    const char *list[5];
};

static const struct variant variants[] = {
    {"amd64", {"v1"}}, {"arm64", {"v8"}}, {"arm", {"v5", "v6", "v7"}}, /* Rust's `arm` is all of them */
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* False for a name that means another one on this side: it would make two names of one. */
static bool translate(const struct name *names, size_t count, bool to_go, struct pv_str from, struct pv_str *to) {
    *to = from;
    for (size_t i = 0; i < count; i++) {
        struct pv_str rust = pv_str_of(names[i].rust), go = pv_str_of(names[i].go);
        if (pv_str_equal(from, to_go ? go : rust))
            return false;
        if (pv_str_equal(from, to_go ? rust : go))
            *to = to_go ? go : rust;
    }
    return true;
}

enum provar_result pv_platform_from_target(struct pv_str target, struct pv_platform *platform,
                                           struct provar_error *err) {
    struct pv_platform made = {.variant = PV_STR("")};
    enum provar_result result = provar_target_check(target.text, target.len, err);
    if (result != PROVAR_OK)
        return result;
    const char *dash = memchr(target.text, '-', target.len); /* which every good name has */
    size_t before = (size_t)(dash - target.text);
    if (!translate(architectures, COUNT(architectures), true, pv_str(target.text, before), &made.architecture) ||
        !translate(systems, COUNT(systems), true, pv_str(dash + 1, target.len - before - 1), &made.os))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a target that has another name: '%s'",
                       pv_quote(target).text);
    *platform = made;
    return PROVAR_OK;
}

static bool is_common_variant(struct pv_str architecture, struct pv_str variant) {
    for (size_t i = 0; i < COUNT(variants); i++)
        if (pv_str_equal(architecture, pv_str_of(variants[i].architecture)))
            return pv_str_is_one_of(variant, variants[i].list);
    return false;
}

static void append(struct pv_platform_target *target, size_t *len, struct pv_str part) {
    if (part.len > 0)
        memcpy(target->text + *len, part.text, part.len);
    *len += part.len;
}

bool pv_platform_to_target(const struct pv_platform *platform, struct pv_platform_target *target) {
    struct pv_str arch, os;
    struct pv_platform_target made;
    if (platform->variant.len > 0 && !is_common_variant(platform->architecture, platform->variant))
        return false;
    if (!translate(architectures, COUNT(architectures), false, platform->architecture, &arch) ||
        !translate(systems, COUNT(systems), false, platform->os, &os))
        return false;
    if (arch.len > PV_MAX_TARGET_NAME || os.len > PV_MAX_TARGET_NAME || arch.len + 1 + os.len > PV_MAX_TARGET_NAME)
        return false;
    size_t len = 0;
    append(&made, &len, arch);
    append(&made, &len, PV_STR("-"));
    append(&made, &len, os);
    made.text[len] = 0;
    /* A good name has one "-"; so none was in a part. */
    if (provar_target_check(made.text, len, NULL) != PROVAR_OK)
        return false;
    *target = made;
    return true;
}
