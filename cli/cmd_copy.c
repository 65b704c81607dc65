/* provar copy: copies what is stored to another place, byte for byte. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "opt.h"
#include "print.h"
#include "progress.h"
#include "reference.h"
#include "registry_options.h"
#include "store.h"

static int no_clobber, referrers;
static char *max_size;

static struct poptOption options[] = {
    {"no-clobber", 0, POPT_ARG_NONE, &no_clobber, 0, "refuse a tag that names other content", NULL},
    {"referrers", 0, POPT_ARG_NONE, &referrers, 0, "copy what refers to it, too: signatures, lists of materials", NULL},
    {"max-size", 0, POPT_ARG_STRING, &max_size, 0, "most that is copied, all of it together (8G)", "SIZE"},
    OPT_REGISTRY_PREFIX,
    OPT_REGISTRY_WRITING,
    OPT_REGISTRY_READING,
    OPT_REGISTRY,
    OPT_PROGRESS,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

/* A copy is to be the same as what it was made of, so it has a tag, too, that push would refuse in a registry. */
static void warn_of_tag(struct cli *cli, const char *destination, const char *tag) {
    if (reference_is_layout(destination))
        return;
    if (strcmp(tag, "latest") == 0)
        print_warning(cli, "the tag 'latest' may move at any time: push and pull take it with --allow-latest only");
    if (strpbrk(tag, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        print_warning(cli, "the tag '%s' has capitals: hosts ask for it in lower case, and would not find it", tag);
}

static int run(struct cli *cli) {
    struct provar_store *store = NULL;
    struct provar_stored stored = {.size = sizeof stored};
    if (!registry_complete(cli, 0) || !registry_complete(cli, 1))
        return print_status(cli);
    const char *source = cli->args[0], *destination = cli->args[1];
    bool both = store_wants_reference(cli, source) && store_wants_reference(cli, destination);
    both = both && (!max_size || opt_size(cli, "--max-size", max_size, &cli->max_copy_size));
    const struct store_library *api = both ? store_begin(cli, &store) : NULL;
    if (api == NULL)
        return print_status(cli);
    uint32_t flags = (no_clobber ? PROVAR_PUSH_NO_CLOBBER : 0u) | (referrers ? PROVAR_COPY_REFERRERS : 0u);
    enum provar_result result =
        api->copy(store, source, strlen(source), destination, strlen(destination), flags, &stored, &cli->err);
    if (result != PROVAR_OK)
        return exit_status_of(result);
    warn_of_tag(cli, destination, stored.tag);
    json_string(&cli->doc, "url", destination);
    json_string(&cli->doc, "digest", stored.digest);
    json_string(&cli->doc, "tag", stored.tag[0] ? stored.tag : NULL);
    json_unsigned(&cli->doc, "size", stored.bytes);
    if (!cli->json)
        store_print_reference(destination, &stored);
    return STATUS_OK;
}

const struct cmd cmd_copy = {
    .verb = "copy",
    .args = "SOURCE DESTINATION",
    .summary = "Copy what is stored to another place; the digest stays.",
    .more = "Both are references: REGISTRY/REPO[:TAG][@DIGEST] or oci:DIR[:TAG][@DIGEST].",
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
