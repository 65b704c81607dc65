/* provar gc: removes from a layout what nothing in it names. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "opt.h"
#include "print.h"
#include "store.h"

static int dry_run;
static char *grace;

static struct poptOption options[] = {
    {"dry-run", 0, POPT_ARG_NONE, &dry_run, 0, "remove nothing; say what would be removed", NULL},
    {"grace", 0, POPT_ARG_STRING, &grace, 0, "keep what is younger, whoever wrote it (an hour)", "SECONDS"},
    OPT_GLOBAL,
    POPT_TABLEEND,
};

/* The document is kept until the end, 8 MiB for these. */
enum { MAX_LISTED = 65536 };

struct removal {
    struct cli *cli;
    uint64_t count;
};

static int show(const char *path, uint64_t bytes, void *user) {
    struct removal *removal = user;
    struct cli *cli = removal->cli;
    if (!cli->json)
        print_line("%s", path);
    if (!cli->json || removal->count++ >= MAX_LISTED)
        return 0;
    json_begin(&cli->doc, NULL, '{');
    json_string(&cli->doc, "path", path);
    json_unsigned(&cli->doc, "size", bytes);
    json_end(&cli->doc, '}');
    return 0;
}

static bool read_options(struct cli *cli, struct provar_gc_options *gc_options) {
    uint32_t seconds = 0;
    if (grace && !opt_uint32(cli, "--grace", grace, 0, UINT32_MAX, &seconds))
        return false;
    gc_options->grace = seconds;
    gc_options->flags = (dry_run ? PROVAR_GC_DRY_RUN : 0u) | (grace && seconds == 0 ? PROVAR_GC_NO_GRACE : 0u);
    return true;
}

static int run(struct cli *cli) {
    const char *reference = cli->args[0];
    struct provar_store *store = NULL;
    struct removal removal = {.cli = cli};
    struct provar_gc_options gc_options = {.size = sizeof gc_options, .removed = show, .user = &removal};
    struct provar_gc_result collected = {.size = sizeof collected};
    if (!read_options(cli, &gc_options))
        return STATUS_USAGE;
    const struct store_library *api = store_wants_reference(cli, reference) ? store_begin(cli, &store) : NULL;
    if (api == NULL)
        return print_status(cli);
    json_string(&cli->doc, "url", reference);
    json_begin(&cli->doc, "files", '[');
    enum provar_result result = api->gc(store, reference, strlen(reference), &gc_options, &collected, &cli->err);
    json_end(&cli->doc, ']');
    if (result != PROVAR_OK)
        return exit_status_of(result);
    json_unsigned(&cli->doc, "count", collected.count);
    json_unsigned(&cli->doc, "size", collected.bytes);
    json_bool(&cli->doc, "removed", !dry_run);
    if (removal.count > MAX_LISTED)
        print_warning(cli, "the document lists %d of %llu files", MAX_LISTED, (unsigned long long)removal.count);
    if (!cli->json)
        print_line("%s %llu file%s, %s", dry_run ? "would remove" : "removed", (unsigned long long)collected.count,
                   collected.count == 1 ? "" : "s", print_bytes(collected.bytes).text);
    return STATUS_OK;
}

const struct cmd cmd_gc = {
    .verb = "gc",
    .args = "oci:DIR",
    .summary = "Remove from a layout what nothing in it names.",
    .more = "Blobs that no tag leads to, and what killed processes have left.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
