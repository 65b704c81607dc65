/* PE: machine of a Windows program or library. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"
#include "target/exe_formats.h"

/*
 * PE/COFF specification:
 *
 *     0     "MZ", a program for DOS
 *     0x3c  offset of the signature, 4
 *           "PE\0\0", Machine 2, NumberOfSections 2, TimeDateStamp 4, PointerToSymbolTable 4, NumberOfSymbols 4,
 *           SizeOfOptionalHeader 2, Characteristics 2, optional header, section table of 40 bytes each
 *
 * All little endian. "MZ" alone is a DOS program or the beginning of a text: only with the signature is it a PE file.
 */
bool pv_exe_pe_read(const struct pv_exe_view *view, struct pv_exe *exe) {
    enum { OFFSET_AT = 0x3c, FILE_HEADER = 20, SECTION = 40, CHARACTERISTIC_DLL = 0x2000 };
    static const uint8_t signature[4] = {'P', 'E', 0, 0};
    struct pv_cursor cursor = pv_cursor(view->head, view->head_len);
    const uint8_t *magic = pv_cursor_take(&cursor, 2);
    if (magic == NULL || magic[0] != 'M' || magic[1] != 'Z')
        return false;
    pv_cursor_seek(&cursor, OFFSET_AT);
    pv_cursor_seek(&cursor, pv_cursor_le(&cursor, 4));
    const uint8_t *found = pv_cursor_take(&cursor, sizeof signature);
    if (found == NULL || !pv_bytes_equal(found, signature, sizeof signature))
        return false;

    exe->format = PV_EXE_PE;
    exe->os = "windows";
    uint64_t left = view->size - cursor.pos;
    uint16_t machine = (uint16_t)pv_cursor_le(&cursor, 2);
    if (machine != 0) /* IMAGE_FILE_MACHINE_UNKNOWN fits every machine */
        pv_exe_add_arch(exe, pv_exe_pe_arch(machine));
    uint64_t sections = pv_cursor_le(&cursor, 2);
    pv_cursor_skip(&cursor, 12);
    uint64_t optional = pv_cursor_le(&cursor, 2);
    uint64_t characteristics = pv_cursor_le(&cursor, 2);
    exe->truncated = left < FILE_HEADER + optional + sections * SECTION;
    if (!cursor.error)
        exe->linkage = characteristics & CHARACTERISTIC_DLL ? PV_EXE_SHARED : PV_EXE_DYNAMIC;
    return true;
}
