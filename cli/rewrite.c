/* What `insert`, `remove` and `sign` share: check an archive, change it, sign it anew, put it in its place. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compression.h"
#include "input.h"
#include "output.h"
#include "packing.h"
#include "print.h"
#include "rewrite.h"
#include "signing.h"
#include "store.h"

static char *destination;

struct poptOption rewrite_table[] = {
    {"destination", 0, POPT_ARG_STRING, &destination, 0, "write there, and leave the old archive as it is", "FILE|-"},
    OPT_COMPRESSION,
    {"reissue", 0, POPT_ARG_NONE, &signing_options.reissue, 0, "accept another issuer or subject than the archive's",
     NULL},
    POPT_TABLEEND,
};

struct work {
    struct signer signer;
    struct provar_archive *archive;
    struct provar_checked *checked;
    struct provar_builder *builder;
};

/* What can be known to be wrong before the archive is read. */
static int prepare(struct cli *cli, const char *file, struct work *work, struct provar_output *to) {
    if (destination == NULL && store_is_reference(file))
        return print_failure(cli, PROVAR_E_USAGE, "missing: --destination FILE; what is stored does not change");
    int status = output_choose(cli, file, true, to);
    if (status == STATUS_OK && strcmp(cli->args[0], "-") == 0 && signing_reads_stdin())
        status = print_failure(cli, PROVAR_E_USAGE, "the archive and a key cannot both come from standard input");
    if (status == STATUS_OK && !compression_check(cli))
        status = STATUS_USAGE;
    if (status == STATUS_OK && !(packing_spares(cli, file) && signing_spares(cli, file)))
        status = STATUS_USAGE;
    if (status == STATUS_OK && store_is_reference(cli->args[0]) && !output_spares_archive(cli, file, cli->args[0]))
        status = STATUS_USAGE;
    if (status == STATUS_OK)
        status = signing_load(cli, NULL, &work->signer);
    return status;
}

static int open_checked(struct cli *cli, struct work *work) {
    int status = input_open(cli, cli->args[0], true, &work->archive);
    if (status != STATUS_OK)
        return status;
    status = exit_status_of(provar_check(work->archive, &work->checked, &cli->err));
    input_notices(cli, work->archive);
    return status;
}

static int write_changed(struct cli *cli, struct work *work, const struct provar_output *to,
                         int (*change)(struct cli *cli, struct provar_builder *builder)) {
    int status = exit_status_of(provar_builder_from(work->checked, &work->builder, &cli->err));
    if (status == STATUS_OK)
        status = signing_apply(cli, &work->signer, work->builder);
    if (status == STATUS_OK)
        status = change(cli, work->builder);
    if (status == STATUS_OK)
        status = compression_apply(cli, work->builder);
    if (status == STATUS_OK)
        status = exit_status_of(provar_builder_write(work->builder, to, &cli->err));
    if (status == STATUS_UNTRUSTED)
        print_hint(cli, "--reissue accepts that");
    if (status == STATUS_TIME)
        print_hint(cli, "--expires sets another time");
    if (status == STATUS_OK)
        signing_notices(cli, work->builder);
    return status;
}

int rewrite_archive(struct cli *cli, int (*change)(struct cli *cli, struct provar_builder *builder),
                    const char **file) {
    struct work work = {0};
    struct provar_output to;
    *file = destination ? destination : cli->args[0];
    int status = prepare(cli, *file, &work, &to);
    if (status == STATUS_OK)
        status = open_checked(cli, &work);
    if (status == STATUS_OK)
        status = write_changed(cli, &work, &to, change);
    if (status == STATUS_OK)
        json_string(&cli->doc, "file", *file);
    provar_builder_free(work.builder);
    provar_checked_free(work.checked);
    provar_archive_free(work.archive);
    signing_release(&work.signer);
    return status;
}
