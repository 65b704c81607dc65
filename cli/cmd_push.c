/* provar push: checks an archive and stores it in a registry or an OCI layout. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "cli_limits.h"
#include "freshness.h"
#include "input.h"
#include "print.h"
#include "progress.h"
#include "registry_options.h"
#include "store.h"
#include "trust.h"

static char **tags, **annotations;
static char *config, *manifest_form, *media_types;
static int allow_latest, allow_upper_case, by_revision, no_clobber, dry_run, per_target;

static struct poptOption options[] = {
    {"tag", 't', POPT_ARG_ARGV, &tags, 0, "another tag (may be repeated)", "TAG"},
    {"by-revision", 0, POPT_ARG_NONE, &by_revision, 0, "tag it rev-N, which never changes afterwards", NULL},
    {"no-clobber", 0, POPT_ARG_NONE, &no_clobber, 0, "refuse a tag that names other content", NULL},
    {"allow-latest", 0, POPT_ARG_NONE, &allow_latest, 0, "allow the tag latest, or none in a registry", NULL},
    {"allow-upper-case", 0, POPT_ARG_NONE, &allow_upper_case, 0, "allow a tag that hosts cannot pull", NULL},
    {"annotation", 'a', POPT_ARG_ARGV, &annotations, 0, "an annotation of the manifest (may be repeated)", "KEY=VALUE"},
    {"config", 'c', POPT_ARG_STRING, &config, 0, "the config blob instead of {}", "FILE"},
    {"manifest", 0, POPT_ARG_STRING, &manifest_form, 0, "the manifest's form: full, or that of wash", "full|wash"},
    {"media-types", 0, POPT_ARG_STRING, &media_types, 0, "for registries that refuse the usual types",
     "wasmcloud|oci-image"},
    {"per-target", 0, POPT_ARG_NONE, &per_target, 0,
     "an index of one archive for each target: hosts fetch theirs alone", NULL},
    {"dry-run", 0, POPT_ARG_NONE, &dry_run, 0, "store nothing; print the manifest and its digest", NULL},
    OPT_REGISTRY_PREFIX,
    OPT_REGISTRY_UPLOAD,
    OPT_REGISTRY_WRITING,
    OPT_REGISTRY,
    OPT_PROGRESS,
    OPT_TRUST,
    OPT_FRESHNESS,
    OPT_READING,
    OPT_LIMITS,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

static size_t count(char **list) {
    size_t n = 0;
    while (list && list[n])
        n++;
    return n;
}

/* One of two words, the second of which sets a flag. */
static bool read_choice(struct cli *cli, const char *option, const char *text, const char *usual, const char *other,
                        uint32_t flag, uint32_t *flags) {
    if (text && strcmp(text, other) == 0)
        *flags |= flag;
    else if (text && strcmp(text, usual) != 0)
        return print_usage_error(cli, "%s: '%s' is neither %s nor %s", option, text, usual, other);
    return true;
}

static bool read_flags(struct cli *cli, uint32_t *flags) {
    *flags = (allow_latest ? PROVAR_PUSH_ALLOW_LATEST : 0u) | (allow_upper_case ? PROVAR_PUSH_ALLOW_UPPER_CASE : 0u) |
             (by_revision ? PROVAR_PUSH_BY_REVISION : 0u) | (no_clobber ? PROVAR_PUSH_NO_CLOBBER : 0u) |
             (dry_run ? PROVAR_PUSH_DRY_RUN : 0u) | (per_target ? PROVAR_PUSH_PER_TARGET : 0u);
    return read_choice(cli, "--manifest", manifest_form, "full", "wash", PROVAR_PUSH_MANIFEST_WASH, flags) &&
           read_choice(cli, "--media-types", media_types, "wasmcloud", "oci-image", PROVAR_PUSH_OCI_IMAGE_TYPES, flags);
}

/* Byte for byte, but for a terminal. */
static int show_manifest(const char *json, size_t len, void *user) {
    struct cli *cli = user;
    if (!dry_run)
        return 0;
    json_raw(&cli->doc, "manifest", json, len);
    if (!cli->json && isatty(STDOUT_FILENO))
        print_line("%.*s", (int)len, json);
    else if (!cli->json)
        printf("%.*s\n", (int)len, json);
    return 0;
}

/* Who stores an archive need not say whom to believe; what was said is held to. The policy is made in any case: a
 * wrong option, or a file that is named and missing, must not pass for one that was asked. */
static int enforce_policy(struct cli *cli, struct provar_archive *archive) {
    struct trust_terms terms = {0};
    struct provar_verified *verified = NULL;
    int status = trust_policy(cli, NULL, &terms);
    if (status == STATUS_OK && !trust_names_issuers(&terms))
        provar_policy_insecure_any_issuer(terms.policy);
    if (status == STATUS_OK && trust_was_given(&terms))
        status = exit_status_of(provar_verify(archive, terms.policy, &verified, &cli->err));
    freshness_explain(cli);
    if (verified) /* nothing is recorded, but a history that is missed is said */
        freshness_wanted(cli, &terms.freshness);
    provar_verified_free(verified);
    provar_policy_free(terms.policy);
    return status;
}

/* Whether what would be stored is what is called latest. */
static bool names_latest(const struct cli *cli, const struct store_library *api) {
    for (size_t i = 0; i < count(tags); i++)
        if (strcmp(tags[i], "latest") == 0)
            return true;
    return count(tags) == 0 && !by_revision && store_reads_latest(api, cli->args[0]);
}

static int push(struct cli *cli, const struct provar_checked *checked, const struct provar_push_options *push_options) {
    const char *reference = cli->args[0];
    struct provar_store *store = NULL;
    struct provar_stored stored = {.size = sizeof stored};
    const struct store_library *api = store_begin(cli, &store);
    if (api == NULL)
        return print_status(cli);
    json_string(&cli->doc, "url", reference);
    enum provar_result result =
        api->push(store, checked, reference, strlen(reference), push_options, &stored, &cli->err);
    if (result == PROVAR_E_USAGE && !allow_latest && names_latest(cli, api))
        print_hint(cli, "--allow-latest allows it");
    if (result != PROVAR_OK)
        return exit_status_of(result);
    store_answer(cli, &stored);
    json_string(&cli->doc, "tag", stored.tag[0] ? stored.tag : NULL);
    json_unsigned(&cli->doc, "size", stored.bytes);
    json_bool(&cli->doc, "stored", !dry_run);
    answer_identity(cli, provar_checked_claims(checked));
    if (!cli->json)
        store_print_reference(reference, &stored);
    return STATUS_OK;
}

static int check_and_push(struct cli *cli, const struct provar_push_options *push_options) {
    struct provar_archive *archive = NULL;
    struct provar_checked *checked = NULL;
    int status = input_open(cli, cli->args[1], true, &archive);
    if (status == STATUS_OK)
        status = enforce_policy(cli, archive);
    if (status == STATUS_OK)
        status = exit_status_of(provar_check(archive, &checked, &cli->err));
    if (archive)
        input_notices(cli, archive);
    if (status == STATUS_OK)
        status = push(cli, checked, push_options);
    provar_checked_free(checked);
    provar_archive_free(archive);
    return status;
}

static int run(struct cli *cli) {
    struct provar_push_options push_options = {.size = sizeof push_options,
                                               .tags = (const char *const *)tags,
                                               .tag_count = count(tags),
                                               .annotations = (const char *const *)annotations,
                                               .annotation_count = count(annotations),
                                               .temp_dir = opt_env("TMPDIR"),
                                               .manifest = show_manifest,
                                               .user = cli};
    if (!registry_complete(cli, 0))
        return print_status(cli);
    if (!store_wants_reference(cli, cli->args[0]))
        return print_status(cli);
    if (!read_flags(cli, &push_options.flags) || !registry_upload(cli, &push_options))
        return STATUS_USAGE;
    char *text = config ? input_read(cli, config, CLI_MAX_CONFIG, &push_options.config_len) : NULL;
    if (config && text == NULL)
        return print_status(cli);
    push_options.config = text;
    int status = check_and_push(cli, &push_options);
    free(text);
    return status;
}

const struct cmd cmd_push = {
    .verb = "push",
    .args = "REFERENCE ARCHIVE|-",
    .summary = "Check an archive and store it in a registry or a layout.",
    .more = "A reference is REGISTRY/REPO[:TAG][@DIGEST] or oci:DIR[:TAG][@DIGEST].",
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
