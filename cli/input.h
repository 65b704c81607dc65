/* Opening archives, and the policies of the verbs that verify. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INPUT_H
#define INPUT_H

#include "opt.h"

/* --max-file-size and its kin, for every verb that reads an archive. */
extern struct poptOption limits_table[];
#define OPT_LIMITS                                                                                                     \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, limits_table, 0, "Limits:", NULL }

/* Opens the archive that an argument names; "-" is standard input. `keep`: its bytes will be used after the verdict. */
int input_open(struct cli *cli, const char *path, bool keep, struct provar_archive **archive);

/* Reads a small file, or standard input for "-", whole. Freed by the caller; NULL with cli->err set. */
char *input_read(struct cli *cli, const char *path, size_t max, size_t *len);

/* What was odd about an archive becomes warnings. */
void input_notices(struct cli *cli, const struct provar_archive *archive);

/* The options of every verb that verifies. */
struct trust_options {
    char **issuers, **required;
    char *subject, *min_revision, *at, *clock_skew;
    int insecure_no_trust;
};
extern struct trust_options trust_options;
extern struct poptOption trust_table[];
#define OPT_TRUST                                                                                                      \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, trust_table, 0, "Trust:", NULL }

/* Makes a policy of the options; `target` may be NULL for the whole archive. A wrong option is a usage error. */
int input_policy(struct cli *cli, const char *target, struct provar_policy **policy);

/* Where bytes go: a path, or "-" for standard output, which must not be a terminal. */
int input_destination(struct cli *cli, const char *path, bool replace, struct provar_output *to);

/* Is the destination another file than this input? Else the new archive would take the place of what it is made of, a
 * key even. `input` may be NULL or no file. False with cli->err set. */
bool input_spares(struct cli *cli, const char *destination, const char *input);

/* Members that every document about an archive has: issuer, service, and so on. */
void input_describe(struct cli *cli, const struct provar_claims *claims);

/* The proof of a verb that uses an archive: opens it, verifies it. */
struct input_proof {
    struct provar_archive *archive;
    struct provar_verified *verified;
};
int input_verify(struct cli *cli, const char *path, bool keep, const char *target, struct input_proof *proof);
void input_close(struct input_proof *proof);

#endif
