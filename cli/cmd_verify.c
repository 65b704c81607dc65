/* provar verify: is the archive intact, signed by an issuer we trust, and valid now? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"
#include "freshness.h"
#include "input.h"
#include "print.h"
#include "progress.h"
#include "registry_options.h"
#include "trust.h"

static char *target;

static struct poptOption options[] = {
    {"target", 0, POPT_ARG_STRING, &target, 0, "prove the token, the layout and this target only", "TARGET"},
    {"at", 0, POPT_ARG_STRING, &trust_options.at, 0, "judge the validity at this time instead of now", "TIME"},
    {"record", 0, POPT_ARG_NONE, &freshness_options.record, 0, "have the history remember this archive", NULL},
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

static void answer(struct cli *cli, const char *path, const struct trust_proof *proof) {
    const struct provar_claims *claims = provar_verified_claims(proof->verified);
    bool all = provar_verified_coverage(proof->verified) == PROVAR_COVERAGE_ALL;
    const char *covered = target ? target : cli->stored.target;
    json_string(&cli->doc, "file", path);
    answer_identity(cli, claims);
    json_string(&cli->doc, "signature", "valid");
    json_string(&cli->doc, "trust", "trusted");
    if (provar_verified_rule(proof->verified))
        json_string(&cli->doc, "rule", provar_verified_rule(proof->verified));
    json_string(&cli->doc, "coverage", all ? "all" : "target");
    if (!all)
        json_string(&cli->doc, "target", covered);
    if (trust_options.at)
        json_integer(&cli->doc, "judged_at", proof->judged_at);
    if (cli->json)
        return;
    print_line("%s is verified: signed by the trusted issuer %s%s%s%s%s%s", path, provar_claims_issuer(claims, NULL),
               all ? "" : "; only the target ", all ? "" : covered, all ? "" : " was looked at",
               trust_options.at ? "; judged at " : "", trust_options.at ? print_seconds(proof->judged_at).text : "");
}

static int run(struct cli *cli) {
    struct trust_proof proof = {0};
    if (freshness_options.record && trust_options.at)
        return print_failure(cli, PROVAR_E_USAGE, "--record and --at contradict each other");
    int status = trust_verify(cli, cli->args[0], false, target, &proof);
    if (status == STATUS_OK)
        answer(cli, cli->args[0], &proof);
    trust_close(&proof);
    return status;
}

const struct cmd cmd_verify = {
    .verb = "verify",
    .args = "ARCHIVE|- [--issuer A...]",
    .summary = "Check an archive, its issuer and its validity against a policy.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
