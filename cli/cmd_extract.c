/* provar extract: verifies an archive and writes one target's executable. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "freshness.h"
#include "input.h"
#include "output.h"
#include "print.h"
#include "progress.h"
#include "registry_options.h"
#include "store.h"
#include "trust.h"

static char *target, *destination;
static int force;

static struct poptOption options[] = {
    {"target", 0, POPT_ARG_STRING, &target, 0, "which one; by default this machine's", "TARGET"},
    {"destination", 0, POPT_ARG_STRING, &destination, 0, "where to; nothing is there before the verdict", "FILE|-"},
    {"force", 0, POPT_ARG_NONE, &force, 0, "replace an existing file", NULL},
    {"insecure-no-trust", 0, POPT_ARG_NONE, &trust_options.insecure_no_trust, 0,
     "accept every issuer; the archive must still be intact and signed", NULL},
    OPT_LAZY,
    OPT_REGISTRY_READING,
    OPT_REGISTRY,
    OPT_PROGRESS,
    OPT_TRUST,
    OPT_FRESHNESS,
    OPT_READING,
    OPT_LIMITS,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

static void answer(struct cli *cli, const char *chosen, const struct provar_verified *verified) {
    uint64_t bytes = 0;
    (void)!provar_target_size(verified, chosen, strlen(chosen), &bytes, NULL);
    json_string(&cli->doc, "file", destination);
    json_string(&cli->doc, "target", chosen);
    json_unsigned(&cli->doc, "size", bytes);
    json_string(&cli->doc, "coverage", "target");
    json_string(&cli->doc, "issuer", provar_claims_issuer(provar_verified_claims(verified), NULL));
    if (cli->json || cli->data_on_stdout)
        return;
    print_line("extracted %s to %s%s", chosen, destination, store_proof(&cli->stored));
}

/* The library refuses to replace a file in any case; here that is said before a large archive is read. */
static int check_destination(struct cli *cli) {
    struct stat st;
    if (destination == NULL)
        return print_failure(cli, PROVAR_E_USAGE, "missing: --destination FILE, or - for standard output");
    if (!force && strcmp(destination, "-") != 0 && lstat(destination, &st) == 0 && S_ISREG(st.st_mode))
        return print_failure(cli, PROVAR_E_IO, "'%s' exists; --force replaces it", destination);
    return STATUS_OK;
}

static int run(struct cli *cli) {
    struct trust_proof proof = {0};
    const char *chosen = target ? target : provar_host_target();
    struct provar_output to;
    int status = check_destination(cli);
    if (status == STATUS_OK)
        status = output_choose(cli, destination, force, &to);
    if (status == STATUS_OK && !output_spares_archive(cli, destination, cli->args[0]))
        status = STATUS_USAGE;
    trust_options.takes_once = cli->ranges = true;
    freshness_options.records = true;
    if (status == STATUS_OK)
        status = trust_verify(cli, cli->args[0], true, chosen, &proof);
    if (status == STATUS_OK)
        status = exit_status_of(provar_extract(proof.verified, chosen, strlen(chosen), &to, &cli->err));
    if (status == STATUS_OK)
        answer(cli, chosen, proof.verified);
    trust_close(&proof);
    return status;
}

const struct cmd cmd_extract = {
    .verb = "extract",
    .args = "ARCHIVE|- [--issuer A...] --destination FILE|-",
    .summary = "Verify an archive and write one target's executable.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
