/* provar pull: retrieves an archive, or one target's executable, that an issuer we trust has signed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
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

static char *destination, *digest, *revision, *target;
static int allow_latest;

static struct poptOption options[] = {
    {"destination", 0, POPT_ARG_STRING, &destination, 0, "where to; by default the name that is stored, and .par.gz",
     "FILE|-"},
    {"revision", 0, POPT_ARG_STRING, &revision, 0, "this revision, or the highest that is acceptable", "N|latest"},
    {"target", 0, POPT_ARG_STRING, &target, 0, "only this target's executable", "TARGET"},
    {"digest", 'd', POPT_ARG_STRING, &digest, 0, "demand that the manifest has this digest", "DIGEST"},
    {"allow-latest", 0, POPT_ARG_NONE, &allow_latest, 0, "allow the tag latest, or none in a registry", NULL},
    {"insecure-no-trust", 0, POPT_ARG_NONE, &trust_options.insecure_no_trust, 0,
     "accept every issuer; the archive must still be intact and signed", NULL},
    OPT_REGISTRY_PREFIX,
    OPT_LAZY,
    OPT_REGISTRY_READING,
    OPT_REGISTRY,
    OPT_PROGRESS,
    OPT_TRUST,
    OPT_FRESHNESS,
    OPT_LIMITS,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

/* The last part of the path, without tag and digest, as wash names it. Freed by the caller. */
static char *default_name(const char *reference) {
    const char *begin = strncmp(reference, "oci:", 4) == 0 ? reference + 4 : reference;
    size_t len = strcspn(begin, "@");
    const char *name = begin;
    for (const char *c = begin; c < begin + len; c++)
        if (*c == '/')
            name = c + 1;
    char *file = NULL;
    int name_len = (int)strcspn(name, ":@");
    if (name_len == 0 || (name[0] == '.' && (name_len == 1 || (name_len == 2 && name[1] == '.'))))
        return NULL;
    return asprintf(&file, "%.*s%s", name_len, name, target ? "" : ".par.gz") < 0 ? NULL : file;
}

static const char *bare(const char *text) {
    return strncmp(text, "sha256:", 7) == 0 ? text + 7 : text;
}

/* The reference with the digest that was demanded beside it, as wash's users write it: with "sha256:" or without. */
static char *add_digest(struct cli *cli) {
    const char *reference = cli->args[0];
    char *whole = NULL;
    const char *prefix = digest && bare(digest) == digest ? "sha256:" : "";
    const char *own = strchr(reference, '@');
    int len = asprintf(&whole, "%s%s%s%s", reference, digest && !own ? "@" : "", digest && !own ? prefix : "",
                       digest && !own ? digest : "");
    if (len < 0)
        return NULL;
    if (digest && own && strcmp(bare(own + 1), bare(digest)) != 0)
        print_usage_error(cli, "--digest contradicts the digest in '%s'", reference);
    return whole;
}

static bool read_revision(struct cli *cli, struct provar_pull_options *pull_options) {
    pull_options->flags |= allow_latest ? PROVAR_PULL_ALLOW_LATEST : 0u;
    if (revision == NULL)
        return true;
    if (strcmp(revision, "latest") == 0) {
        pull_options->flags |= PROVAR_PULL_NEWEST_REVISION;
        return true;
    }
    pull_options->flags |= PROVAR_PULL_REVISION;
    return opt_int32(cli, "--revision", revision, &pull_options->revision);
}

/* Before anybody is asked: without an issuer nothing would be accepted. */
static int make_terms(struct cli *cli, struct trust_terms *terms) {
    trust_options.takes_once = target != NULL;
    freshness_options.records = true;
    int status = trust_policy(cli, target, terms);
    if (status != STATUS_OK || terms->has_rules || trust_options.issuers || trust_options.insecure_no_trust)
        return status;
    return print_failure(cli, PROVAR_E_UNTRUSTED,
                         "no issuer is trusted: pass --issuer A... with the key you expect, or --insecure-no-trust");
}

/* How much is read of what has only one target taken. */
static uint32_t reading_flags(const struct cli *cli, const struct trust_terms *terms) {
    bool is_unbound = cli->unbound || trust_names_issuers(terms);
    return (cli->ranges ? 0u : PROVAR_PULL_WHOLE) | (is_unbound ? PROVAR_PULL_UNBOUND : 0u);
}

struct recording {
    struct cli *cli;
    const struct freshness *freshness;
    bool is_kept;
};

static int may_record(void *user) {
    struct recording *recording = user;
    recording->is_kept = freshness_make_place(recording->cli, recording->freshness);
    return recording->is_kept ? 0 : 1;
}

static int call_pull(struct cli *cli, const struct store_library *api, struct provar_store *store,
                     const char *reference, const struct provar_pull_options *wanted, const struct provar_output *to) {
    struct trust_terms terms = {0};
    struct recording recording = {.cli = cli, .freshness = &terms.freshness};
    struct provar_pull_options pull_options = *wanted;
    int status = make_terms(cli, &terms);
    bool asks = status == STATUS_OK;
    pull_options.may_record = may_record;
    pull_options.user = &recording;
    pull_options.history = asks ? freshness_wanted(cli, &terms.freshness) : NULL;
    pull_options.history_len = pull_options.history ? strlen(pull_options.history) : 0;
    cli->stored.size = sizeof cli->stored;
    if (target)
        pull_options.flags |= reading_flags(cli, &terms);
    if (asks)
        status = exit_status_of(
            api->pull(store, reference, strlen(reference), terms.policy, &pull_options, to, &cli->stored, &cli->err));
    if (asks && status == STATUS_USAGE && !allow_latest && !revision && store_reads_latest(api, reference))
        print_hint(cli, "--allow-latest asks for it, --revision latest for the newest revision");
    freshness_explain(cli);
    if (status == STATUS_OK && recording.is_kept)
        json_string(&cli->doc, "history", pull_options.history);
    provar_policy_free(terms.policy);
    return status;
}

static int pull(struct cli *cli, const char *reference, const struct provar_output *to) {
    struct provar_store *store = NULL;
    struct provar_open_options limits = {.size = sizeof limits};
    struct provar_pull_options pull_options = {.size = sizeof pull_options,
                                               .flags = target ? PROVAR_PULL_EXECUTABLE : 0,
                                               .open = &limits,
                                               .target = target,
                                               .target_len = target ? strlen(target) : 0};
    const struct store_library *api = store_begin(cli, &store);
    cli->ranges = true;
    if (api == NULL || !read_revision(cli, &pull_options) || !input_limits(cli, &limits) || !store_choose_lazy(cli))
        return print_status(cli);
    return call_pull(cli, api, store, reference, &pull_options, to);
}

/* An executable's usual name is that of the repository, which in a directory of sources something else may well have:
 * it takes no file's place unless it is told where to go. */
static int choose_output(struct cli *cli, const char *file, struct provar_output *to) {
    struct stat st;
    bool replaces = destination || !target;
    if (!replaces && lstat(file, &st) == 0 && S_ISREG(st.st_mode))
        return print_failure(cli, PROVAR_E_IO, "'%s' exists; --destination '%s' replaces it", file, file);
    return output_choose(cli, file, replaces, to);
}

static int retrieve(struct cli *cli, const char *reference, const char *file) {
    const struct provar_stored *stored = &cli->stored;
    struct provar_output to;
    int status = choose_output(cli, file, &to);
    if (status == STATUS_OK && !output_spares_archive(cli, file, reference))
        status = STATUS_USAGE;
    if (status == STATUS_OK)
        status = pull(cli, reference, &to);
    if (status != STATUS_OK)
        return status;
    bool of_index = !target && stored->target[0];
    store_answer(cli, stored);
    if (target || stored->target[0])
        json_string(&cli->doc, "target", target ? target : stored->target);
    json_string(&cli->doc, "file", file);
    json_string(&cli->doc, "tag", stored->tag[0] ? stored->tag : NULL);
    json_unsigned(&cli->doc, "size", stored->bytes);
    if (!cli->json && !cli->data_on_stdout)
        print_line("pulled %s from %s%s%s%s%s%s", file, reference, revision ? ":" : "", revision ? stored->tag : "",
                   of_index ? "; of its index the archive for " : "", of_index ? stored->target : "",
                   store_proof(stored));
    return status;
}

static int run(struct cli *cli) {
    if (!registry_complete(cli, 0))
        return print_status(cli);
    if (!store_wants_reference(cli, cli->args[0]))
        return print_status(cli);
    char *reference = add_digest(cli);
    char *name = destination ? NULL : default_name(cli->args[0]);
    int status = print_status(cli);
    if (status == STATUS_OK && reference == NULL)
        status = print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    else if (status == STATUS_OK && !destination && name == NULL)
        status = print_failure(cli, PROVAR_E_USAGE, "missing: --destination FILE; '%s' has no name", cli->args[0]);
    else if (status == STATUS_OK && !destination && output_is_archive(name, reference))
        status = print_failure(cli, PROVAR_E_USAGE, "missing: --destination FILE; '%s' is the layout itself", name);
    else if (status == STATUS_OK)
        status = retrieve(cli, reference, destination ? destination : name);
    free(name);
    free(reference);
    return status;
}

const struct cmd cmd_pull = {
    .verb = "pull",
    .args = "REFERENCE --issuer A...",
    .summary = "Retrieve an archive, and verify it before it has a name.",
    .more = "A reference is REGISTRY/REPO[:TAG][@DIGEST] or oci:DIR[:TAG][@DIGEST].",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
