/* provar remove: takes targets out of an archive. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "input.h"
#include "print.h"
#include "progress.h"
#include "registry_options.h"
#include "rewrite.h"
#include "signing.h"

static char **targets;

static struct poptOption options[] = {
    {"target", 0, POPT_ARG_ARGV, &targets, 0, "target to take out (may be repeated)", "TARGET"},
    OPT_REWRITE,
    OPT_SIGNING,
    OPT_REGISTRY_READING,
    OPT_REGISTRY,
    OPT_PROGRESS,
    OPT_READING,
    OPT_LIMITS,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

/* The second time it would be said to be missing. */
static bool check_targets(struct cli *cli) {
    if (targets == NULL)
        return print_usage_error(cli, "missing: --target");
    for (char **target = targets; *target; target++)
        for (char **earlier = targets; earlier < target; earlier++)
            if (strcmp(*target, *earlier) == 0)
                return print_usage_error(cli, "--target: '%s' is named twice", *target);
    return true;
}

static int change(struct cli *cli, struct provar_builder *builder) {
    for (char **target = targets; *target; target++) {
        enum provar_result result = provar_builder_remove_target(builder, *target, strlen(*target), &cli->err);
        if (result != PROVAR_OK)
            return exit_status_of(result);
    }
    return STATUS_OK;
}

static int run(struct cli *cli) {
    const char *file;
    if (!check_targets(cli))
        return STATUS_USAGE;
    int status = rewrite_archive(cli, change, &file);
    if (status == STATUS_OK && !cli->json && !cli->data_on_stdout)
        for (char **target = targets; *target; target++)
            print_line("removed %s from %s", *target, file);
    return status;
}

const struct cmd cmd_remove = {
    .verb = "remove",
    .args = "ARCHIVE --target TARGET ...",
    .summary = "Take targets out of an archive and sign it anew.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
