/* ARCH-OS names: which are allowed, which are common mistakes, which one this process can run. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TARGET_NAME_H
#define PV_TARGET_NAME_H

struct pv_target_name {
    char text[PV_MAX_TARGET_NAME + 1];
};

/* In an archive that is read: 1 to 64 of [A-Za-z0-9._-], not beginning with "." or "-", not `claims`, `world` or
 * `world.wasm`. */
bool pv_target_name_is_readable(struct pv_str name);

/* In a new archive: readable, and splits at the first "-": lower-case letters, digits, "." and "_" on both sides, not a
 * reserved word. */
bool pv_target_name_is_creatable(struct pv_str name);

/* The parts before and after the first "-", borrowed from `name`. False, and nothing written, when there is no "-". */
bool pv_target_name_split(struct pv_str name, struct pv_str *arch, struct pv_str *os);

/* Replaces what other tools call an architecture (amd64, x64, x86-64, arm64, i386 to i686) or a system (darwin, osx,
 * macosx, win32, win64: Windows in either width) by Rust's name; true when something changed. Other names are copied as
 * they are, but one that is not readable, which becomes empty: a cut copy could be a good name. */
bool pv_target_name_map(struct pv_str name, struct pv_target_name *mapped);

#endif
