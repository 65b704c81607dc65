/* provar check: is the archive intact, and signed by the key that it names? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"
#include "input.h"
#include "print.h"

static struct poptOption options[] = {
    OPT_READING,
    OPT_LIMITS,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

static void answer(struct cli *cli, const char *path, const struct provar_checked *checked) {
    const struct provar_claims *claims = provar_checked_claims(checked);
    json_string(&cli->doc, "file", path);
    answer_identity(cli, claims);
    json_string(&cli->doc, "signature", "valid");
    json_string(&cli->doc, "trust", "not evaluated");
    json_string(&cli->doc, "coverage", "all");
    if (cli->json)
        return;
    print_line("%s is intact and signed by %s; whether to trust that key was not evaluated", path,
               provar_claims_issuer(claims, NULL));
}

static int run(struct cli *cli) {
    struct provar_archive *archive = NULL;
    struct provar_checked *checked = NULL;
    int status = input_open(cli, cli->args[0], false, &archive);
    if (status == STATUS_OK)
        status = exit_status_of(provar_check(archive, &checked, &cli->err));
    if (archive)
        input_notices(cli, archive);
    if (status == STATUS_OK)
        answer(cli, cli->args[0], checked);
    provar_checked_free(checked);
    provar_archive_free(archive);
    return status;
}

const struct cmd cmd_check = {
    .verb = "check",
    .args = "ARCHIVE|-",
    .summary = "Check that an archive is intact and signed by the key it names.",
    .more = "Trusts nobody: see 'provar verify'.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
