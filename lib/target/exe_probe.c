/* Streams a body past the readers of executable formats in constant memory: its head, and an ELF's dynamic table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "target/exe_formats.h"

/* Where the dynamic table is out of reach, this much of a body is asked for before it is judged what else is of use. */
enum { FRONT = 4096 };

struct pv_exe_probe {
    uint64_t size;      /* of the body */
    uint64_t reach;     /* nothing at or behind it will be fed */
    uint64_t fed;       /* position behind the last byte that was fed or jumped over */
    size_t head_len;    /* bytes kept of the first PV_EXE_HEAD */
    bool planned;       /* the head is as complete as it gets, and the dynamic table was looked for */
    uint64_t wanted_at; /* the dynamic table in the body; wanted_len is 0 when there is none */
    size_t wanted_len;
    size_t dynamic_len; /* bytes of it that were captured: always its beginning */
    uint8_t head[PV_EXE_HEAD];
    uint8_t dynamic[PV_EXE_MAX_DYNAMIC];
};

enum provar_result pv_exe_probe_new(struct pv_exe_probe **probe, struct provar_error *err) {
    struct pv_exe_probe *made = malloc(sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    pv_exe_probe_reset(made, 0);
    *probe = made;
    return PROVAR_OK;
}

void pv_exe_probe_free(struct pv_exe_probe *probe) {
    free(probe);
}

void pv_exe_probe_reset(struct pv_exe_probe *probe, uint64_t size) {
    probe->size = size;
    probe->reach = size;
    probe->fed = 0;
    probe->head_len = 0;
    probe->planned = false;
    probe->wanted_at = 0;
    probe->wanted_len = 0;
    probe->dynamic_len = 0;
}

void pv_exe_probe_set_reach(struct pv_exe_probe *probe, uint64_t reach) {
    if (reach < probe->size)
        probe->reach = reach;
}

static size_t head_size(const struct pv_exe_probe *probe) {
    return probe->size < PV_EXE_HEAD ? (size_t)probe->size : PV_EXE_HEAD;
}

static struct pv_exe_view view_of(const struct pv_exe_probe *probe) {
    struct pv_exe_view view = {.head = probe->head, .head_len = probe->head_len, .size = probe->size};
    if (probe->wanted_len > 0 && probe->dynamic_len == probe->wanted_len) {
        view.dynamic = probe->dynamic;
        view.dynamic_len = probe->dynamic_len;
    }
    return view;
}

/* Takes what [offset, offset + len) has of the next bytes wanted. */
static void capture(struct pv_exe_probe *probe, uint64_t offset, const uint8_t *data, size_t len) {
    uint64_t next = probe->wanted_at + probe->dynamic_len;
    size_t missing = probe->wanted_len - probe->dynamic_len;
    if (missing == 0 || next < offset || next - offset >= len)
        return;
    size_t skipped = (size_t)(next - offset);
    size_t taken = len - skipped < missing ? len - skipped : missing;
    memcpy(probe->dynamic + probe->dynamic_len, data + skipped, taken);
    probe->dynamic_len += taken;
}

/* Called once the head is complete, or can no longer become so: asks the ELF reader what else is of use. */
static void plan(struct pv_exe_probe *probe) {
    struct pv_exe_view view = view_of(probe);
    probe->planned = true;
    if (pv_exe_elf_dynamic_range(&view, &probe->wanted_at, &probe->wanted_len))
        capture(probe, 0, probe->head, probe->head_len);
}

void pv_exe_probe_feed_at(struct pv_exe_probe *probe, uint64_t offset, const void *data, size_t len) {
    const uint8_t *bytes = data;
    if (offset < probe->fed || offset > probe->size)
        return;
    if (len > probe->size - offset)
        len = (size_t)(probe->size - offset);
    if (len == 0)
        return;
    if (!probe->planned && offset == probe->head_len) {
        size_t room = head_size(probe) - probe->head_len;
        size_t taken = len < room ? len : room;
        memcpy(probe->head + probe->head_len, bytes, taken);
        probe->head_len += taken;
    }
    probe->fed = offset + len;
    if (!probe->planned && (probe->head_len == head_size(probe) || probe->fed > probe->head_len))
        plan(probe);
    capture(probe, offset, bytes, len);
}

void pv_exe_probe_feed(struct pv_exe_probe *probe, const void *data, size_t len) {
    pv_exe_probe_feed_at(probe, probe->fed, data, len);
}

/* The first line, as far as it fits; a script's own bytes after a NUL are not its line. */
static bool read_script(const struct pv_exe_view *view, struct pv_exe *exe) {
    struct pv_str text = pv_str((const char *)view->head, view->head_len);
    if (!pv_str_starts(text, PV_STR("#!")))
        return false;
    size_t len = 0;
    while (len < text.len && len < sizeof exe->script - 1 && text.text[len] != 0 && text.text[len] != '\n' &&
           text.text[len] != '\r')
        len++;
    memcpy(exe->script, text.text, len);
    exe->script[len] = 0;
    exe->format = PV_EXE_SCRIPT;
    return true;
}

static bool read_wasm(const struct pv_exe_view *view, struct pv_exe *exe) {
    if (!pv_str_starts(pv_str((const char *)view->head, view->head_len), PV_STR("\0asm")))
        return false;
    exe->format = PV_EXE_WASM;
    return true;
}

/* How much of the head is of use. A head that cannot be completed leads to no dynamic table, and the tables that only
 * this one leads to make up most of it. */
static uint64_t wanted_head(const struct pv_exe_probe *probe) {
    struct pv_exe_view view = view_of(probe);
    struct pv_exe unused = {0};
    size_t whole = head_size(probe);
    if (probe->reach >= whole)
        return whole;
    if (probe->head_len < FRONT)
        return FRONT;
    uint64_t front = pv_exe_elf_front(&view);
    if (front > 0)
        return front;
    return read_script(&view, &unused) || read_wasm(&view, &unused) ? FRONT : whole;
}

bool pv_exe_probe_wants(const struct pv_exe_probe *probe, uint64_t *offset, uint64_t *len) {
    uint64_t next = probe->planned ? probe->wanted_at + probe->dynamic_len : probe->head_len;
    uint64_t end = probe->planned ? probe->wanted_at + probe->wanted_len : wanted_head(probe);
    if (end > probe->reach)
        end = probe->reach;
    if (next >= end || next < probe->fed)
        return false;
    *offset = next;
    *len = end - next;
    return true;
}

void pv_exe_probe_result(const struct pv_exe_probe *probe, struct pv_exe *exe) {
    struct pv_exe_view view = view_of(probe);
    memset(exe, 0, sizeof *exe);
    exe->empty = probe->size == 0;
    (void)(pv_exe_elf_read(&view, exe) || pv_exe_macho_read(&view, exe) || pv_exe_pe_read(&view, exe) ||
           read_script(&view, exe) || read_wasm(&view, exe));
}
