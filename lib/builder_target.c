/* The builder's bodies: which file becomes which target, by its name or by its own header. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "builder.h"

/* Opens a file to be packed. Its size must be known before it is read, and must not be 0: nothing could run it. */
static enum provar_result open_part(const struct provar_input *from, struct pv_part *part, struct provar_error *err) {
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    if (from && from->kind == PROVAR_INPUT_CALLBACKS)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a body comes from a path, a descriptor or memory");
    enum provar_result result = pv_source_open(from, &source, err);
    if (result != PROVAR_OK)
        return result;
    if (!source->has_size || source->ops->read_at == NULL)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the size of a body must be known: use a regular file");
    if (source->size == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the file '%s' is empty",
                       from->kind == PROVAR_INPUT_PATH ? pv_quote(pv_str(from->path, from->path_len)).text : "");
    part->size = source->size;
    part->source = PV_TAKE(source);
    return PROVAR_OK;
}

/* Reads the parts of a file that tell what it is. */
static enum provar_result inspect_part(const struct pv_part *part, struct pv_exe *exe, struct provar_error *err) {
    PV_CLEANUP(pv_exe_probe_cleanup) struct pv_exe_probe *probe = NULL;
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    if (block == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_exe_probe_new(&probe, err);
    if (result != PROVAR_OK)
        return result;
    pv_exe_probe_reset(probe, part->size);
    for (uint64_t at, left; pv_exe_probe_wants(probe, &at, &left);) {
        size_t len;
        result =
            part->source->ops->read_at(part->source, block, left < PV_BLOCK ? (size_t)left : PV_BLOCK, at, &len, err);
        if (result != PROVAR_OK || len == 0)
            break;
        pv_exe_probe_feed_at(probe, at, block, len);
    }
    pv_exe_probe_result(probe, exe);
    return result;
}

static const char *describe(const struct pv_exe *exe) {
    return exe->arch_count == 1 ? exe->arch[0] : exe->arch_count > 1 ? "several machines" : "an unknown machine";
}

/* A name that the caller gave: mapped to Rust's, well formed, and not contradicted by the file. */
static enum provar_result name_given(struct provar_builder *builder, struct pv_str given, const struct pv_exe *exe,
                                     uint32_t flags, struct pv_target_name *name, struct provar_error *err) {
    if (pv_target_name_map(given, name))
        pv_notice(&builder->notices, "the target '%s' is named '%s', as hosts call it", pv_quote(given).text,
                  name->text);
    /* What cannot be mapped becomes empty; the message is to show what was given. */
    struct pv_str checked = name->text[0] ? pv_str_of(name->text) : given;
    enum provar_result result = provar_target_check(checked.text, checked.len, err);
    if (result != PROVAR_OK)
        return result;
    if (!exe->machine_read)
        pv_notice(&builder->notices, "the file for '%s' has no known executable header", name->text);
    else if (exe->truncated)
        pv_notice(&builder->notices, "the file for '%s' is cut: its header names bytes that are not in it", name->text);
    if (!pv_exe_contradicts(exe, pv_str_of(name->text)))
        return PROVAR_OK;
    if ((flags & PROVAR_TARGET_FORCE) == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the file for '%s' holds %s code for %s", name->text,
                       pv_exe_format_name(exe->format), describe(exe));
    pv_notice(&builder->notices, "the file for '%s' holds %s code for %s", name->text, pv_exe_format_name(exe->format),
              describe(exe));
    return PROVAR_OK;
}

/* The name that the file's own header gives, or this host's for a file without one. */
static enum provar_result name_inferred(struct provar_builder *builder, const struct pv_exe *exe,
                                        struct pv_target_name *name, struct provar_error *err) {
    if (pv_exe_target(exe, name))
        return PROVAR_OK;
    if (exe->format == PV_EXE_ELF || exe->format == PV_EXE_MACHO || exe->format == PV_EXE_PE)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "%s code for %s does not name one target: give its name",
                       pv_exe_format_name(exe->format), describe(exe));
    (void)snprintf(name->text, sizeof name->text, "%s", provar_host_target());
    pv_notice(&builder->notices, "a file without a known executable header is taken for '%s'", name->text);
    return PROVAR_OK;
}

/* Where a name stands, or would stand, in the sorted list. */
static size_t find_slot(const struct provar_builder *builder, struct pv_str name, bool *found) {
    size_t at = 0;
    while (at < builder->target_count && pv_str_order(pv_str_of(builder->targets[at].name), name) < 0)
        at++;
    *found = at < builder->target_count && pv_str_equal(pv_str_of(builder->targets[at].name), name);
    return at;
}

static enum provar_result place(struct provar_builder *builder, struct pv_part *part, uint32_t flags,
                                struct provar_error *err) {
    bool found;
    size_t at = find_slot(builder, pv_str_of(part->name), &found);
    if (found && (flags & PROVAR_TARGET_REPLACE) == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the archive has a target '%s' already", part->name);
    if (!found && builder->target_count == PV_MAX_TARGETS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d targets", PV_MAX_TARGETS);
    if (found) {
        pv_part_release(&builder->targets[at]);
    } else {
        memmove(&builder->targets[at + 1], &builder->targets[at], (builder->target_count - at) * sizeof *part);
        builder->target_count++;
    }
    builder->targets[at] = *part;
    *part = (struct pv_part){0};
    return PROVAR_OK;
}

enum provar_result provar_builder_add_target(struct provar_builder *builder, const char *target, size_t len,
                                             const struct provar_input *from, uint32_t flags,
                                             struct provar_error *err) {
    if (!pv_enter(&err, builder && from && pv_given(target, len)))
        return PROVAR_E_USAGE;
    PV_CLEANUP(pv_part_release) struct pv_part part = {0};
    struct pv_exe exe;
    struct pv_target_name name;
    if ((flags & ~(uint32_t)(PROVAR_TARGET_FORCE | PROVAR_TARGET_REPLACE)) != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown flags");
    enum provar_result result = open_part(from, &part, err);
    if (result == PROVAR_OK)
        result = inspect_part(&part, &exe, err);
    if (result == PROVAR_OK)
        result = len > 0 ? name_given(builder, pv_str(target, len), &exe, flags, &name, err)
                         : name_inferred(builder, &exe, &name, err);
    if (result != PROVAR_OK)
        return result;
    part.name = pv_str_dup(pv_str_of(name.text));
    return part.name ? place(builder, &part, flags, err) : pv_fail_memory(err);
}

static enum provar_result no_target(const struct provar_builder *builder, struct pv_str target,
                                    struct provar_error *err) {
    struct pv_str names[PV_MAX_TARGETS];
    for (size_t i = 0; i < builder->target_count; i++)
        names[i] = pv_str_of(builder->targets[i].name);
    return pv_fail_no_target(target, names, builder->target_count, err);
}

enum provar_result provar_builder_remove_target(struct provar_builder *builder, const char *target, size_t len,
                                                struct provar_error *err) {
    if (!pv_enter(&err, builder && pv_given(target, len)))
        return PROVAR_E_USAGE;
    bool found;
    size_t at = find_slot(builder, pv_str(target, len), &found);
    if (!found)
        return no_target(builder, pv_str(target, len), err);
    pv_part_release(&builder->targets[at]);
    builder->target_count--;
    memmove(&builder->targets[at], &builder->targets[at + 1],
            (builder->target_count - at) * sizeof builder->targets[0]);
    return PROVAR_OK;
}

/* The magic and a version of WebAssembly: 1 of the core specification, or of the component model, whose layer is 1. */
static enum provar_result check_wasm(const struct pv_part *part, const struct provar_input *from,
                                     struct provar_error *err) {
    static const uint8_t magic[] = {0, 'a', 's', 'm'}, core[] = {1, 0, 0, 0}, component_layer[] = {1, 0};
    uint8_t front[8];
    size_t len;
    enum provar_result result = part->source->ops->read_at(part->source, front, sizeof front, 0, &len, err);
    if (result != PROVAR_OK)
        return result;
    if (len == sizeof front && pv_bytes_equal(front, magic, 4) &&
        (pv_bytes_equal(front + 4, core, 4) || pv_bytes_equal(front + 6, component_layer, 2)))
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                   "the file '%s' is no WebAssembly: world.wasm is an encoded WIT package",
                   from->kind == PROVAR_INPUT_PATH ? pv_quote(pv_str(from->path, from->path_len)).text : "");
}

enum provar_result provar_builder_set_world(struct provar_builder *builder, const struct provar_input *from,
                                            struct provar_error *err) {
    if (!pv_enter(&err, builder && from))
        return PROVAR_E_USAGE;
    PV_CLEANUP(pv_part_release) struct pv_part part = {0};
    enum provar_result result = open_part(from, &part, err);
    if (result != PROVAR_OK)
        return result;
    if (part.size > PV_MAX_WORLD_SIZE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "world.wasm of %llu bytes, more than %llu",
                       (unsigned long long)part.size, (unsigned long long)PV_MAX_WORLD_SIZE);
    result = check_wasm(&part, from, err);
    if (result != PROVAR_OK)
        return result;
    part.name = pv_str_dup(PV_STR("world.wasm"));
    if (part.name == NULL)
        return pv_fail_memory(err);
    pv_part_release(&builder->world);
    builder->world = part;
    builder->has_world = true;
    part = (struct pv_part){0};
    pv_notice(&builder->notices, "an archive with world.wasm makes published tools before 0.15 panic");
    return PROVAR_OK;
}
