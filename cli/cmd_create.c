/* provar create: makes a signed archive of any number of targets. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli_limits.h"
#include "compression.h"
#include "input.h"
#include "output.h"
#include "packing.h"
#include "print.h"
#include "signing.h"
#include "wit.h"

static char *vendor, *name, *revision, *version, *schema, *destination, *wit, *wit_directory, *capid;
static int32_t revision_number;

static struct poptOption options[] = {
    {"name", 'n', POPT_ARG_STRING, &name, 0, "name of the provider", "TEXT"},
    {"vendor", 'v', POPT_ARG_STRING, &vendor, 0, "who publishes it", "TEXT"},
    {"version", 0, POPT_ARG_STRING, &version, 0, "version for people, such as 1.2.3", "TEXT"},
    {"revision", 'r', POPT_ARG_STRING, &revision, 0, "number that grows with each release", "N"},
    {"schema", 'j', POPT_ARG_STRING, &schema, 0, "JSON schema of the configuration; else WASH_JSON_SCHEMA", "FILE"},
    {"capid", 'c', POPT_ARG_STRING, &capid, 0, "contract id, for hosts before 1.0", "ID"},
    {"wit", 0, POPT_ARG_STRING, &wit, 0, "encoded WIT package, kept as world.wasm", "WORLD.wasm"},
    {"wit-directory", 0, POPT_ARG_STRING, &wit_directory, 0, "WIT package, encoded by wasm-tools; else WIT_DIR", "DIR"},
    {"destination", 0, POPT_ARG_STRING, &destination, 0, "the archive; by default the executable's name + .par(.gz)",
     "FILE|-"},
    OPT_COMPRESSION,
    OPT_PACKING,
    OPT_SIGNING,
    OPT_LIMITS,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

static int set_schema(struct cli *cli, struct provar_builder *builder) {
    const char *path = schema ? schema : opt_env("WASH_JSON_SCHEMA");
    size_t len;
    if (path == NULL)
        return STATUS_OK;
    char *text = input_read(cli, path, CLI_MAX_SCHEMA, &len);
    if (text == NULL)
        return print_status(cli);
    /* An editor's last line feed is no part of the schema. */
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    enum provar_result result = provar_builder_set_schema_json(builder, text, len, &cli->err);
    free(text);
    return exit_status_of(result);
}

static int set_claims(struct cli *cli, struct provar_builder *builder) {
    enum provar_result result = provar_builder_set_name(builder, name, strlen(name), &cli->err);
    if (result == PROVAR_OK)
        result = provar_builder_set_vendor(builder, vendor, strlen(vendor), &cli->err);
    if (result == PROVAR_OK && version)
        result = provar_builder_set_version(builder, version, strlen(version), &cli->err);
    if (result == PROVAR_OK && capid)
        result = provar_builder_set_capid(builder, capid, strlen(capid), &cli->err);
    if (result == PROVAR_OK && revision)
        result = provar_builder_set_revision(builder, revision_number, &cli->err);
    return result == PROVAR_OK ? set_schema(cli, builder) : exit_status_of(result);
}

/* Are the options complete, well formed, and do they fit together? */
static bool check_options(struct cli *cli) {
    if (wit && wit_directory)
        return print_usage_error(cli, "--wit and --wit-directory exclude each other");
    if (name == NULL || vendor == NULL)
        return print_usage_error(cli, "missing: %s", name == NULL ? "--name" : "--vendor");
    /* A link of those hosts names the contract: none could name this one. */
    if (capid && capid[0] == 0)
        return print_usage_error(cli, "--capid: a contract id cannot be empty");
    if (!packing_check(cli))
        return false;
    if (destination == NULL && packing_count() > 1)
        return print_usage_error(cli, "--destination is required with several executables");
    return (!revision || opt_int32(cli, "--revision", revision, &revision_number)) && compression_check(cli);
}

/* The name given, else wash's: the executable's, less its extension, in this directory. Freed by the caller. */
static char *choose_destination(void) {
    if (destination)
        return strdup(destination);
    char *stem = signing_stem(packing_first()), *file = NULL;
    if (stem == NULL || asprintf(&file, "%s.par%s", stem, compression_given() ? ".gz" : "") < 0)
        file = NULL;
    free(stem);
    return file;
}

static int fill(struct cli *cli, struct provar_builder *builder, const struct signer *signer) {
    int status = set_claims(cli, builder);
    if (status == STATUS_OK)
        status = signing_apply(cli, signer, builder);
    if (status == STATUS_OK)
        status = packing_add(cli, builder);
    if (status == STATUS_OK)
        status = wit_add(cli, builder, wit, wit_directory ? wit_directory : opt_env("WIT_DIR"));
    if (status == STATUS_OK)
        status = compression_apply(cli, builder);
    return status;
}

static int create(struct cli *cli, const struct signer *signer, const struct provar_output *to) {
    struct provar_builder *builder = NULL;
    int status = exit_status_of(provar_builder_new(&builder, &cli->err));
    if (status == STATUS_OK)
        status = fill(cli, builder, signer);
    if (status == STATUS_OK)
        status = exit_status_of(provar_builder_write(builder, to, &cli->err));
    if (status == STATUS_OK)
        signing_notices(cli, builder);
    provar_builder_free(builder);
    return status;
}

static void answer(struct cli *cli, const char *file) {
    json_string(&cli->doc, "file", file);
    if (cli->json || cli->data_on_stdout)
        return;
    if (cli->wash_text)
        printf("\n");
    print_line(cli->wash_text ? "Successfully created archive %s" : "created %s", file);
}

static int run(struct cli *cli) {
    struct provar_output to;
    struct signer signer = {0};
    if (!check_options(cli))
        return STATUS_USAGE;
    char *file = choose_destination();
    int status = file ? output_choose(cli, file, true, &to) : print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    if (status == STATUS_OK && !(packing_spares(cli, file) && signing_spares(cli, file) &&
                                 output_spares(cli, file, schema) && output_spares(cli, file, wit)))
        status = STATUS_USAGE;
    if (status == STATUS_OK)
        status = signing_load(cli, packing_first(), &signer);
    if (status == STATUS_OK)
        status = create(cli, &signer, &to);
    if (status == STATUS_OK)
        answer(cli, file);
    signing_release(&signer);
    free(file);
    return status;
}

const struct cmd cmd_create = {
    .verb = "create",
    .args = "--name NAME --vendor VENDOR --target [TARGET=]FILE ...",
    .summary = "Make a signed archive of one executable or more.",
    .options = options,
    .run = run,
};
