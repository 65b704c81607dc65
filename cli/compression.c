/* The options that say how a new archive is packed, and what they make of a builder. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli_limits.h"
#include "compression.h"
#include "input.h"
#include "print.h"

static char *compress;
static int no_index;
static int level;

struct poptOption compression_table[] = {
    {"compress", 0, POPT_ARG_STRING, &compress, 0, "gzip; the level stands behind = (1 to 12)", "[LEVEL]"},
    {"no-index", 0, POPT_ARG_NONE, &no_index, 0, "leave the target index out of a gzip archive", NULL},
    POPT_TABLEEND,
};

bool compression_check(struct cli *cli) {
    uint32_t number;
    level = -1;
    if (compress == NULL || strcmp(compress, "default") == 0)
        return true;
    if (!opt_uint32(cli, "--compress", compress, 1, CLI_MAX_LEVEL, &number))
        return false;
    level = (int)number;
    return true;
}

bool compression_given(void) {
    return compress != NULL;
}

int compression_apply(struct cli *cli, struct provar_builder *builder) {
    struct provar_open_options limits = {.size = sizeof limits};
    enum provar_result result = PROVAR_OK;
    if (!input_limits(cli, &limits))
        return STATUS_USAGE;
    if (compress)
        result = provar_builder_set_compression(builder, level, &cli->err);
    if (no_index)
        provar_builder_omit_index(builder);
    provar_builder_set_threads(builder, limits.threads);
    provar_builder_set_limits(builder, limits.max_file_size, limits.max_total_size, limits.max_member_size);
    return exit_status_of(result);
}
