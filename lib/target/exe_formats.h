/* What the readers of single formats share: the part of a body that was kept, and the table of machines. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_EXE_FORMATS_H
#define PV_EXE_FORMATS_H

#include "target/exe.h"

struct pv_exe_view {
    const uint8_t *head; /* the first bytes of the body */
    size_t head_len;
    uint64_t size;          /* of the whole body */
    const uint8_t *dynamic; /* bytes at pv_exe_elf_dynamic_range(); NULL when they were not all seen */
    size_t dynamic_len;
};

/* Each says whether the body is of its format, and then fills what its header tells. Bytes that were not seen leave
 * fields as they are. */
bool pv_exe_elf_read(const struct pv_exe_view *view, struct pv_exe *exe);
bool pv_exe_macho_read(const struct pv_exe_view *view, struct pv_exe *exe);
bool pv_exe_pe_read(const struct pv_exe_view *view, struct pv_exe *exe);

/* Where an ELF's dynamic table stands in the file, cut to PV_EXE_MAX_DYNAMIC. False when the body is another format,
 * has no such table, or one outside the file. `view` needs no dynamic bytes. */
bool pv_exe_elf_dynamic_range(const struct pv_exe_view *view, uint64_t *offset, size_t *len);

/* How many of an ELF's first bytes tell all that can be told without its dynamic table; 0 while that is not known, and
 * for other formats. The head holds at least an ELF header. */
uint64_t pv_exe_elf_front(const struct pv_exe_view *view);

/* Rust's name of a machine, or NULL. */
const char *pv_exe_elf_arch(uint16_t machine, uint8_t elf_class, bool big_endian);
const char *pv_exe_macho_arch(uint32_t cpu_type);
const char *pv_exe_pe_arch(uint16_t machine);

/* Notes that the header names a machine; `arch` is its name, once however often it is added, or NULL. */
void pv_exe_add_arch(struct pv_exe *exe, const char *arch);

#endif
