/* Fuzzes names: of members, and of targets. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "tar/tar_name.h"
#include "target/target_name.h"

struct found {
    enum pv_tar_role role;
    struct pv_str bare, target;
};

/* Whatever is accepted is a name that needs no interpretation: it is the end of what was given, without a directory. */
static void check_found(struct pv_str name, const struct found *found) {
    size_t front = name.len - found->bare.len;
    fuzz_require(front == 0 || (front == 2 && pv_str_starts(name, PV_STR("./"))));
    fuzz_require(found->bare.text == name.text + front && pv_str_is_utf8(found->bare));
    fuzz_require(memchr(found->bare.text, '/', found->bare.len) == NULL && !pv_str_has_nul(found->bare));
    if (found->role == PV_TAR_ROLE_TOKEN)
        fuzz_require(pv_str_equal(found->bare, PV_STR("claims.jwt")) && found->target.len == 0);
    else if (found->role == PV_TAR_ROLE_WORLD)
        fuzz_require(pv_str_equal(found->bare, PV_STR("world.wasm")) && found->target.len == 0);
    else
        fuzz_require(found->target.len + 4 == found->bare.len && found->target.text == found->bare.text);
}

static bool check_member(struct pv_str name) {
    struct provar_error err = {0};
    struct found found;
    fuzz_fill(&found, sizeof found);
    enum provar_result result = pv_tar_name_role(name, 512, &found.role, &found.bare, &found.target, &err);
    fuzz_check_error(result, &err);
    if (result == PROVAR_OK) {
        check_found(name, &found);
        return true;
    }
    fuzz_require(result == PROVAR_E_ENTRY && err.offset == 512 && (name.len == 0 || err.member[0] != 0));
    fuzz_require(fuzz_is_filled(&found, sizeof found));
    return false;
}

static void check_target(struct pv_str name) {
    struct pv_target_name mapped, again;
    struct pv_str arch, os;
    struct provar_error err = {0};
    bool readable = pv_target_name_is_readable(name), creatable = pv_target_name_is_creatable(name);
    enum provar_result result = provar_target_check(name.text, name.len, &err);
    fuzz_check_error(result, &err);
    fuzz_require((result == PROVAR_OK) == creatable && (readable || !creatable));
    fuzz_require(!readable || name.len <= PV_MAX_TARGET_NAME);
    if (creatable)
        fuzz_require(pv_target_name_split(name, &arch, &os) && arch.len > 0 && os.len > 0);
    bool changed = pv_target_name_map(name, &mapped);
    fuzz_require(strnlen(mapped.text, sizeof mapped.text) <= PV_MAX_TARGET_NAME);
    if (!readable)
        fuzz_require(!changed && mapped.text[0] == 0);
    else
        fuzz_require(changed != pv_str_equal(pv_str_of(mapped.text), name));
    if (changed)
        fuzz_require(!pv_target_name_map(pv_str_of(mapped.text), &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_str name = pv_str((const char *)data, len);
    fuzz_accepted += check_member(name);
    check_target(name);
    return 0;
}
