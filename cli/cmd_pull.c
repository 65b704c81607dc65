/* provar pull: retrieves an archive, or one target's executable, that an issuer we trust has signed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "freshness.h"
#include "input.h"
#include "output.h"
#include "print.h"
#include "store.h"
#include "trust.h"

static char *destination, *digest, *revision, *target;
static int allow_latest;

static struct poptOption options[] = {
    {"destination", 0, POPT_ARG_STRING, &destination, 0, "where to; by default the name that is stored, and .par.gz",
     "FILE|-"},
    {"revision", 'r', POPT_ARG_STRING, &revision, 0, "this revision, or the highest that is acceptable", "N|latest"},
    {"target", 0, POPT_ARG_STRING, &target, 0, "only this target's executable", "TARGET"},
    {"digest", 'd', POPT_ARG_STRING, &digest, 0, "demand that the manifest has this digest", "DIGEST"},
    {"allow-latest", 0, POPT_ARG_NONE, &allow_latest, 0, "allow the tag latest, or none in a registry", NULL},
    {"insecure-no-trust", 0, POPT_ARG_NONE, &trust_options.insecure_no_trust, 0,
     "accept every issuer; the archive must still be intact and signed", NULL},
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

/* The reference with the digest that was demanded beside it, as wash's users write it: with "sha256:" or without. */
static char *add_digest(struct cli *cli) {
    const char *reference = cli->args[0];
    char *whole = NULL;
    const char *prefix = digest && strncmp(digest, "sha256:", 7) != 0 ? "sha256:" : "";
    const char *own = strchr(reference, '@');
    int len = asprintf(&whole, "%s%s%s%s", reference, digest && !own ? "@" : "", digest && !own ? prefix : "",
                       digest && !own ? digest : "");
    if (len < 0)
        return NULL;
    if (digest && own && strcmp(own + 1 + (*prefix ? 7 : 0), digest) != 0)
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

static int pull(struct cli *cli, const char *reference, const struct provar_output *to, struct provar_stored *stored) {
    struct provar_store *store = NULL;
    struct provar_policy *policy = NULL;
    struct provar_open_options limits = {.size = sizeof limits};
    struct provar_pull_options pull_options = {.size = sizeof pull_options, .open = &limits};
    const struct store_library *api = store_begin(cli, &store);
    if (api == NULL || !read_revision(cli, &pull_options) || !input_limits(cli, &limits))
        return print_status(cli);
    int status = trust_policy(cli, NULL, &policy);
    if (status == STATUS_OK)
        status = exit_status_of(
            api->pull(store, reference, strlen(reference), policy, &pull_options, to, stored, &cli->err));
    provar_policy_free(policy);
    if (status == STATUS_OK)
        store_answer(cli, stored);
    return status;
}

/* As `extract` does, of the bytes that lead to this target. */
static int pull_target(struct cli *cli, const char *reference, const struct provar_output *to) {
    struct trust_proof proof = {0};
    cli->ranges = true;
    trust_options.takes_once = true;
    if (revision)
        return print_failure(cli, PROVAR_E_USAGE, "--target and --revision cannot be used together yet; name the tag");
    int status = trust_verify(cli, reference, true, target, &proof);
    if (status == STATUS_OK)
        status = exit_status_of(provar_extract(proof.verified, target, strlen(target), to, &cli->err));
    if (status == STATUS_OK)
        json_string(&cli->doc, "target", target);
    trust_close(&proof);
    return status;
}

static int retrieve(struct cli *cli, const char *reference, const char *file) {
    struct provar_output to;
    struct provar_stored stored = {.size = sizeof stored};
    int status = output_choose(cli, file, true, &to);
    if (status == STATUS_OK)
        status = target ? pull_target(cli, reference, &to) : pull(cli, reference, &to, &stored);
    if (status != STATUS_OK)
        return status;
    const struct provar_stored *where = target ? &cli->stored : &stored;
    json_string(&cli->doc, "file", file);
    json_string(&cli->doc, "tag", where->tag[0] ? where->tag : NULL);
    json_unsigned(&cli->doc, "size", where->bytes);
    if (!cli->json && !cli->data_on_stdout)
        print_line("pulled %s from %s", file, reference);
    return status;
}

static int run(struct cli *cli) {
    if (trust_options.issuers == NULL && !trust_options.insecure_no_trust)
        return print_failure(
            cli, PROVAR_E_UNTRUSTED,
            "no issuer is trusted: pass --issuer A... with the key you expect, or --insecure-no-trust");
    if (!store_is_reference(cli->args[0]))
        return print_failure(cli, PROVAR_E_USAGE, "'%s' is a file, and no reference such as oci:DIR:TAG", cli->args[0]);
    char *reference = add_digest(cli);
    char *name = destination ? NULL : default_name(cli->args[0]);
    int status = print_status(cli);
    if (status == STATUS_OK && reference == NULL)
        status = print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    else if (status == STATUS_OK && !destination && name == NULL)
        status = print_failure(cli, PROVAR_E_USAGE, "missing: --destination FILE; '%s' has no name", cli->args[0]);
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
    .more = "A reference is oci:DIR[:TAG][@DIGEST].",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
