/* Which member names a provider archive may have, and nothing else. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TAR_NAME_H
#define PV_TAR_NAME_H

enum pv_tar_role {
    PV_TAR_ROLE_TOKEN = 1,  /* claims.jwt */
    PV_TAR_ROLE_WORLD = 2,  /* world.wasm */
    PV_TAR_ROLE_TARGET = 3, /* TARGET.bin */
};

/* Takes one leading "./" off `name` and says what the rest is; `target` is what stands before ".bin" for a target (its
 * own grammar is target/target_name.h's), else empty. Both borrow from `name`. Anything else is PROVAR_E_ENTRY with the
 * reason: directories in the path, "..", a leading "/", a backslash, control characters, bytes that are not UTF-8,
 * AppleDouble ("._", with that hint), another extension, no name at all. */
enum provar_result pv_tar_name_role(struct pv_str name, uint64_t offset, enum pv_tar_role *role, struct pv_str *bare,
                                    struct pv_str *target, struct provar_error *err) PV_MUST_CHECK;

#endif
