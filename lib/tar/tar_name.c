/* Which member names a provider archive may have, and nothing else. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "tar/tar_name.h"

/* C0 with NUL, DEL and C1. */
static bool has_control(struct pv_str name) {
    uint32_t c = 0;
    for (size_t step; name.len > 0; name = pv_str(name.text + step, name.len - step)) {
        step = pv_utf8_next(name, &c);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return true;
    }
    return false;
}

static bool has_byte(struct pv_str name, char byte) {
    return name.len > 0 && memchr(name.text, byte, name.len) != NULL;
}

/* True when some component of the path is "..". */
static bool climbs(struct pv_str name) {
    size_t from = 0;
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.text[i] != '/')
            continue;
        if (pv_str_equal(pv_str(name.text + from, i - from), PV_STR("..")))
            return true;
        from = i + 1;
    }
    return false;
}

/* What is wrong with a name whatever it ends in, or NULL. The published readers drop directories and extensions, so
 * that "x/claims.txt" is a token to them: only exact names leave nothing to interpret. */
static const char *fault_of(struct pv_str bare) {
    if (bare.len == 0)
        return "no name";
    if (!pv_str_is_utf8(bare))
        return "a name that is not UTF-8";
    if (has_control(bare))
        return "a control character in the name";
    if (bare.text[0] == '/')
        return "an absolute path";
    if (climbs(bare))
        return "'..' in the path";
    if (has_byte(bare, '/'))
        return "a directory in the path";
    if (has_byte(bare, '\\'))
        return "a backslash in the name";
    if (pv_str_starts(bare, PV_STR("._")))
        return "an AppleDouble file (pack again with COPYFILE_DISABLE=1 in the environment)";
    return NULL;
}

static enum provar_result fail_entry(struct pv_str name, uint64_t offset, const char *fault, struct provar_error *err) {
    enum provar_result result =
        pv_fail(err, PROVAR_E_ENTRY, offset, "%s: a provider archive has no member '%s'", fault, pv_quote(name).text);
    pv_error_member(err, name);
    return result;
}

enum provar_result pv_tar_name_role(struct pv_str name, uint64_t offset, enum pv_tar_role *role, struct pv_str *bare,
                                    struct pv_str *target, struct provar_error *err) {
    const struct pv_str here = PV_STR("./"), extension = PV_STR(".bin");
    struct pv_str rest = name, stem = {0};
    enum pv_tar_role found;
    if (pv_str_starts(rest, here))
        rest = pv_str(rest.text + here.len, rest.len - here.len);
    const char *fault = fault_of(rest);
    if (fault)
        return fail_entry(name, offset, fault, err);
    if (pv_str_equal(rest, PV_STR("claims.jwt"))) {
        found = PV_TAR_ROLE_TOKEN;
    } else if (pv_str_equal(rest, PV_STR("world.wasm"))) {
        found = PV_TAR_ROLE_WORLD;
    } else if (rest.len > extension.len && pv_str_ends(rest, extension)) {
        found = PV_TAR_ROLE_TARGET;
        stem = pv_str(rest.text, rest.len - extension.len);
    } else {
        return fail_entry(name, offset, "neither claims.jwt nor world.wasm nor TARGET.bin", err);
    }
    *role = found;
    *bare = rest;
    *target = stem;
    return PROVAR_OK;
}
