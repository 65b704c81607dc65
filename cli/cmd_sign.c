/* provar sign: renews an archive's revision, validity or issuer; its bodies stay as they are. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "input.h"
#include "print.h"
#include "progress.h"
#include "registry_options.h"
#include "rewrite.h"
#include "signing.h"

static char *revision, *version;
static int32_t revision_number;

static struct poptOption options[] = {
    {"revision", 'r', POPT_ARG_STRING, &revision, 0, "number that grows with each release", "N"},
    {"version", 0, POPT_ARG_STRING, &version, 0, "version for people, such as 1.2.3", "TEXT"},
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

static int change(struct cli *cli, struct provar_builder *builder) {
    enum provar_result result = PROVAR_OK;
    if (version)
        result = provar_builder_set_version(builder, version, strlen(version), &cli->err);
    if (result == PROVAR_OK && revision)
        result = provar_builder_set_revision(builder, revision_number, &cli->err);
    return exit_status_of(result);
}

static int run(struct cli *cli) {
    const char *file;
    if (revision && !opt_int32(cli, "--revision", revision, &revision_number))
        return STATUS_USAGE;
    int status = rewrite_archive(cli, change, &file);
    if (status == STATUS_OK && !cli->json && !cli->data_on_stdout)
        print_line("signed %s", file);
    return status;
}

const struct cmd cmd_sign = {
    .verb = "sign",
    .args = "ARCHIVE",
    .summary = "Sign an archive anew: revision, validity, or another issuer.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
