/* provar check: is the archive intact, and signed by the key that it names? */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "answer.h"
#include "input.h"
#include "print.h"
#include "progress.h"
#include "registry_options.h"

static char *subject_type;

static struct poptOption options[] = {
    {"allow-subject-type", 0, POPT_ARG_STRING, &subject_type, 0, "accept a subject of this type, as M, beside V",
     "LETTER"},
    OPT_REGISTRY_READING,
    OPT_REGISTRY,
    OPT_PROGRESS,
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
    const char *subject = provar_claims_subject(claims, NULL);
    if (subject_type)
        json_text(&cli->doc, "subject_type", subject, 1);
    if (cli->json)
        return;
    bool is_service = subject[0] == PROVAR_KEY_SERVICE;
    print_line("%s is intact and signed by %s; whether to trust that key was not evaluated%s%s", path,
               provar_claims_issuer(claims, NULL),
               is_service ? "" : "; the subject is no service: ", is_service ? "" : subject);
}

/* The kind of key that the subject may be beside a service. */
static bool read_subject_type(struct cli *cli, enum provar_key_kind *kind) {
    static const char kinds[] = {PROVAR_KEY_ACCOUNT,  PROVAR_KEY_CLUSTER, PROVAR_KEY_MODULE,  PROVAR_KEY_SERVER,
                                 PROVAR_KEY_OPERATOR, PROVAR_KEY_USER,    PROVAR_KEY_SERVICE, PROVAR_KEY_CURVE};
    *kind = PROVAR_KEY_SERVICE;
    if (subject_type == NULL)
        return true;
    if (strlen(subject_type) != 1 || memchr(kinds, subject_type[0], sizeof kinds) == NULL)
        return print_usage_error(cli, "--allow-subject-type: '%s' is not the first letter of a public key, such as M",
                                 subject_type);
    *kind = (enum provar_key_kind)subject_type[0];
    return true;
}

static int run(struct cli *cli) {
    struct provar_archive *archive = NULL;
    struct provar_checked *checked = NULL;
    enum provar_key_kind kind;
    if (!read_subject_type(cli, &kind))
        return STATUS_USAGE;
    int status = input_open(cli, cli->args[0], false, &archive);
    if (status == STATUS_OK)
        status = exit_status_of(provar_check_subject(archive, kind, &checked, &cli->err));
    if (status == STATUS_DIGEST && cli->stored.target[0])
        print_hint(cli, "the reference names an index: 'provar verify' proves the archive of one target");
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
