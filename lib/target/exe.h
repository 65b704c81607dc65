/* What an executable's own header says (ELF, Mach-O, PE, script, WebAssembly), fed as the bytes stream past. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_EXE_H
#define PV_EXE_H

#include "target/target_name.h"

enum pv_exe_format {
    PV_EXE_UNKNOWN = 0,
    PV_EXE_ELF = 1,
    PV_EXE_MACHO = 2,
    PV_EXE_PE = 3,
    PV_EXE_SCRIPT = 4,
    PV_EXE_WASM = 5
};

enum pv_exe_linkage { PV_EXE_LINKAGE_UNKNOWN = 0, PV_EXE_STATIC = 1, PV_EXE_DYNAMIC = 2, PV_EXE_SHARED = 3 };

struct pv_exe {
    enum pv_exe_format format;
    enum pv_exe_linkage linkage;
    unsigned arch_count;                  /* distinct machines: 1, or those of a fat Mach-O's slices; 0 when unknown */
    char arch[PV_EXE_MAX_SLICES][16];     /* Rust's names: "x86_64", "aarch64", ... */
    bool machine_read;                    /* the header names a machine, be it one that has a name here or not */
    const char *os;                       /* what the header implies: "linux", "macos", "ios", "windows", ...; NULL */
    char interpreter[PV_EXE_INTERPRETER]; /* ELF PT_INTERP, "" when none; untrusted text without NUL */
    char script[PV_EXE_INTERPRETER];      /* a script's first line, cut to fit, "#!" included; untrusted as well */
    char glibc[PV_EXE_GLIBC]; /* newest version x.y of .gnu.version_r's GLIBC_x.y, "" when none or not found */
    bool empty;               /* a body of 0 bytes */
    bool truncated;           /* a header of a known format whose tables lie outside the file */
    uint16_t elf_machine;     /* e_machine; 0 for others, like the rest */
    uint16_t elf_type;        /* e_type: 2 executable, 3 shared object or position-independent executable */
    uint8_t elf_class;        /* 1: 32 bit, 2: 64 bit */
    bool elf_big_endian;
    bool elf_has_entry; /* e_entry is not 0 */
};

/* Looks at one body while it streams past, in order, in constant memory: keeps its first PV_EXE_HEAD bytes and the
 * dynamic table. */
struct pv_exe_probe;
enum provar_result pv_exe_probe_new(struct pv_exe_probe **probe, struct provar_error *err) PV_MUST_CHECK;
void pv_exe_probe_free(struct pv_exe_probe *probe);
PV_DEFINE_CLEANUP(pv_exe_probe_cleanup, struct pv_exe_probe, pv_exe_probe_free)
/* Forgets what was fed; `size` is the next body's size. */
void pv_exe_probe_reset(struct pv_exe_probe *probe, uint64_t size);
/* Behind a reset: nothing at or behind this offset will be fed, so less is asked for. */
void pv_exe_probe_set_reach(struct pv_exe_probe *probe, uint64_t reach);
void pv_exe_probe_feed(struct pv_exe_probe *probe, const void *data, size_t len);
/* The byte ranges still wanted, for callers that can jump instead of feeding everything: the next one at or after the
 * bytes fed so far. False when nothing more is of use. */
bool pv_exe_probe_wants(const struct pv_exe_probe *probe, uint64_t *offset, uint64_t *len);
/* As feed, for bytes at an offset at or after those fed so far. */
void pv_exe_probe_feed_at(struct pv_exe_probe *probe, uint64_t offset, const void *data, size_t len);
/* The verdict over what was fed. Never fails: what cannot be told is left unknown. */
void pv_exe_probe_result(const struct pv_exe_probe *probe, struct pv_exe *exe);

/* The target that a header names, by which a bare file gets its name: ARCH-linux for ELF (its OS/ABI byte says little),
 * ARCH-macos, ARCH-windows. False when the machine is unknown, or for several slices. */
bool pv_exe_target(const struct pv_exe *exe, struct pv_target_name *target);

/* True when a name contradicts a known header: another machine or class; Mach-O under a name that is not Apple's; PE
 * under a name other than windows, uefi or cygwin; ELF under one of these but cygwin. An ELF contradicts no other ELF
 * system, and a fat Mach-O matches each of its slices. A machine without a name here contradicts every name of a
 * machine that has one. Unknown formats, architectures that Rust does not have, and names without a "-" contradict
 * nothing. */
bool pv_exe_contradicts(const struct pv_exe *exe, struct pv_str target);

/* "elf", "mach-o", ..., "unknown"; "static", ... or NULL when unknown. */
const char *pv_exe_format_name(enum pv_exe_format format);
const char *pv_exe_linkage_name(enum pv_exe_linkage linkage);

/* PROVAR_E_EXEC with the reason when this process cannot run such a file (or, with `plugin`, load it): empty, not ELF,
 * a script, another machine or class, cut short, no executable (no shared object). Looks at the header only: whether
 * the program interpreter and the libraries are there is for execve(2) and the loader to say. */
enum provar_result pv_exe_check_host(const struct pv_exe *exe, bool plugin, struct provar_error *err) PV_MUST_CHECK;

#endif
