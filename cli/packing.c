/* What `create` and `insert` share: options that name executables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "input.h"
#include "output.h"
#include "packing.h"
#include "print.h"

struct packing_options packing_options;

struct poptOption packing_table[] = {
    {"target", 0, POPT_ARG_ARGV, &packing_options.targets, 0,
     "executable, named by its own header or by TARGET= (may be repeated)", "[TARGET=]FILE"},
    {"binary", 'b', POPT_ARG_STRING, &packing_options.binary, 0, "one executable", "FILE"},
    {"arch", 'a', POPT_ARG_STRING, &packing_options.arch, 0, "target of --binary, such as x86_64-linux", "TARGET"},
    {"force", 0, POPT_ARG_NONE, &packing_options.force, 0, "accept a target that the file's header contradicts", NULL},
    POPT_TABLEEND,
};

/* Splits TARGET=FILE at the first "=" when what stands before it can be a target's name; else the whole is a file. */
static const char *split_target(const char *text, size_t *target_len) {
    const char *equals = strchr(text, '=');
    *target_len = equals ? (size_t)(equals - text) : 0;
    if (equals == NULL || provar_target_check(text, *target_len, NULL) != PROVAR_OK) {
        *target_len = 0;
        return text;
    }
    return equals + 1;
}

static uint32_t target_flags(void) {
    return (packing_options.force ? (uint32_t)PROVAR_TARGET_FORCE : 0u) |
           (packing_options.replace ? (uint32_t)PROVAR_TARGET_REPLACE : 0u);
}

/* Says which option would have made the builder, which nobody will write any more, take the executable. */
static void hint_at_option(struct cli *cli, struct provar_builder *builder, const char *target, size_t len,
                           const struct provar_input *from) {
    static const struct {
        uint32_t flags;
        const char *hint;
    } remedies[] = {
        {PROVAR_TARGET_FORCE, "--force accepts that"},
        {PROVAR_TARGET_REPLACE, "--replace replaces it"},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
        if (remedies[i].flags == PROVAR_TARGET_REPLACE && !packing_options.may_replace)
            continue;
        if (provar_builder_add_target(builder, target, len, from, target_flags() | remedies[i].flags, NULL) !=
            PROVAR_OK)
            continue;
        print_hint(cli, remedies[i].hint);
        return;
    }
}

/* Would this executable take the place of one that the same command names? `names` is a builder that has taken those
 * before it, and takes this one; nobody writes it. */
static bool is_named_twice(struct provar_builder *names, const char *target, size_t len,
                           const struct provar_input *from) {
    const uint32_t force = PROVAR_TARGET_FORCE, replace = PROVAR_TARGET_FORCE | PROVAR_TARGET_REPLACE;
    return provar_builder_add_target(names, target, len, from, force, NULL) != PROVAR_OK &&
           provar_builder_add_target(names, target, len, from, replace, NULL) == PROVAR_OK;
}

static int add(struct cli *cli, struct provar_builder *builder, struct provar_builder *names, const char *target,
               size_t len, const char *file) {
    struct provar_input from = input_path(file);
    if (is_named_twice(names, target, len, &from))
        return print_failure(cli, PROVAR_E_USAGE, "'%s': another executable was given for its target already", file);
    enum provar_result result = provar_builder_add_target(builder, target, len, &from, target_flags(), &cli->err);
    if (result == PROVAR_E_USAGE)
        hint_at_option(cli, builder, target, len, &from);
    return exit_status_of(result);
}

bool packing_check(struct cli *cli) {
    if (packing_count() == 0)
        return print_usage_error(cli, "no executable: give --target [TARGET=]FILE or --binary FILE");
    if (packing_options.arch && !packing_options.binary)
        return print_usage_error(cli, "--arch without --binary");
    if (packing_options.arch && packing_options.arch[0] == 0)
        return print_usage_error(cli, "--arch: empty target name");
    return true;
}

bool packing_spares(struct cli *cli, const char *file) {
    size_t ignored;
    bool spared = output_spares(cli, file, packing_options.binary);
    for (char **text = packing_options.targets; text && *text && spared; text++)
        spared = output_spares(cli, file, split_target(*text, &ignored));
    return spared;
}

static int add_all(struct cli *cli, struct provar_builder *builder, struct provar_builder *names) {
    const char *arch = packing_options.arch;
    int status = STATUS_OK;
    if (packing_options.binary)
        status = add(cli, builder, names, arch, arch ? strlen(arch) : 0, packing_options.binary);
    for (char **text = packing_options.targets; text && *text && status == STATUS_OK; text++) {
        size_t len;
        const char *file = split_target(*text, &len);
        status = add(cli, builder, names, *text, len, file);
        /* Nobody has a file of that name: it was meant as TARGET=FILE. */
        if (status == STATUS_IO && len == 0 && strchr(*text, '=')) {
            print_hint(cli, "what stands before '=' is no target name such as x86_64-linux");
            status = print_as_usage(cli);
        }
    }
    return status;
}

int packing_add(struct cli *cli, struct provar_builder *builder) {
    struct provar_builder *names = NULL;
    int status = exit_status_of(provar_builder_new(&names, &cli->err));
    if (status == STATUS_OK)
        status = add_all(cli, builder, names);
    provar_builder_free(names);
    return status;
}

const char *packing_first(void) {
    size_t ignored;
    if (packing_options.binary)
        return packing_options.binary;
    return packing_options.targets ? split_target(packing_options.targets[0], &ignored) : NULL;
}

size_t packing_count(void) {
    size_t count = packing_options.binary ? 1 : 0;
    for (char **text = packing_options.targets; text && *text; text++)
        count++;
    return count;
}
