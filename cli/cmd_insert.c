/* provar insert: adds executables to an archive, or replaces them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"
#include "packing.h"
#include "print.h"
#include "progress.h"
#include "registry_options.h"
#include "rewrite.h"
#include "signing.h"

static struct poptOption options[] = {
    {"replace", 0, POPT_ARG_NONE, &packing_options.replace, 0, "replace a target that is there already", NULL},
    OPT_PACKING,
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

static void answer(const struct cli *cli, const char *file) {
    if (cli->wash_text)
        printf("\n");
    if (cli->wash_text)
        print_line("Successfully inserted %s into archive %s", packing_first(), file);
    else if (packing_count() == 1)
        print_line("inserted %s into %s", packing_first(), file);
    else
        print_line("inserted %zu executables into %s", packing_count(), file);
}

static int run(struct cli *cli) {
    const char *file;
    packing_options.may_replace = true;
    if (!packing_check(cli))
        return STATUS_USAGE;
    int status = rewrite_archive(cli, packing_add, &file);
    if (status == STATUS_OK && !cli->json && !cli->data_on_stdout)
        answer(cli, file);
    return status;
}

const struct cmd cmd_insert = {
    .verb = "insert",
    .args = "ARCHIVE --target [TARGET=]FILE ...",
    .summary = "Add executables to an archive and sign it anew.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
