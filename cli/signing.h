/* Who signs: keys from files, descriptors, the environment or wash's key directory, for the verbs that write. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIGNING_H
#define SIGNING_H

#include <stdint.h>

#include "opt.h"

/* The options of every verb that signs. */
struct signing_options {
    char *directory, *issuer, *subject, *expires, *not_before, *id;
    int disable_keygen, keygen, insecure_key_file, reissue;
};
extern struct signing_options signing_options;
extern struct poptOption signing_table[];
#define OPT_SIGNING                                                                                                    \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, signing_table, 0, "Signing:", NULL }

/* output_spares, for the files that hold seeds. */
bool signing_spares(struct cli *cli, const char *file);

/* Who signs, and what the new claims say about time: everything that can be known to be wrong before an archive is
 * read. */
struct signer {
    struct provar_key *issuer;
    char subject[PROVAR_PUBLIC_LEN + 1]; /* "": the archive keeps its own */
    int64_t epoch;
    bool has_epoch;
    int64_t expires, not_before; /* where the options are given */
};

/* Finds the issuer: --issuer, WASH_ISSUER_KEY, or `$USER_account.nk` in the key directory. And the subject: --subject,
 * WASH_SUBJECT_KEY, or, for a new archive, `<stem of binary>_service.nk`; `binary` is NULL for one that has a subject.
 * Reads --expires, --not-before and SOURCE_DATE_EPOCH. The signer is released by the caller in any case. */
int signing_load(struct cli *cli, const char *binary, struct signer *signer);

/* Tells the builder, which borrows the issuer's key. */
int signing_apply(struct cli *cli, const struct signer *signer, struct provar_builder *builder);

void signing_release(struct signer *signer);

/* Will a key be read from standard input? */
bool signing_reads_stdin(void);

/* The directory of keys: `given`, WASH_KEYS, or $HOME/.wash/keys. Freed by the caller; NULL with cli->err set. */
char *signing_directory(struct cli *cli, const char *given);

/* Reads the seed in a file, or behind - or /dev/fd/N. `insecure`: others may read the file. */
int signing_read_key(struct cli *cli, const char *path, bool insecure, struct provar_key **key);

/* The file name's last component up to its last dot, as wash names keys and archives by. Freed by the caller. */
char *signing_stem(const char *path);

/* The builder's notices become warnings. */
void signing_notices(struct cli *cli, const struct provar_builder *builder);

#endif
