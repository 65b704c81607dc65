/* Archives in stores: libprovar-store, loaded when a word of the command line first names a reference. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_H
#define STORE_H

#include "cli.h"

/* What the command calls of the library. */
struct store_library {
    __typeof__(&provar_reference_check) reference_check;
    __typeof__(&provar_store_new) store_new;
    __typeof__(&provar_push) push;
    __typeof__(&provar_store_open) store_open;
    __typeof__(&provar_store_failure) store_failure;
    __typeof__(&provar_pull) pull;
    __typeof__(&provar_store_list) list;
    __typeof__(&provar_store_referrers) referrers;
    __typeof__(&provar_copy) copy;
    __typeof__(&provar_store_gc) gc;
};

/* The library; NULL with cli->err set where it is not installed. And with it a session, which lives until the process
 * ends. */
const struct store_library *store_load(struct cli *cli);
const struct store_library *store_begin(struct cli *cli, struct provar_store **store);

/* Whether a word names a reference and no file. */
bool store_is_reference(const char *word);
/* For the verbs that take nothing but references, where docker.io is the registry of one that names none: false with
 * cli->err set for what is plainly a file. */
bool store_wants_reference(struct cli *cli, const char *word);

/* Whether a reference is one, and names what is called latest. */
bool store_reads_latest(const struct store_library *api, const char *reference);

/* --lazy, for the verbs that read what they need. Turns it into cli->ranges and cli->unbound, of which the verb has
 * said what it could do; false with cli->err set. */
extern struct poptOption store_lazy_table[];
#define OPT_LAZY                                                                                                       \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, store_lazy_table, 0, NULL, NULL }
bool store_choose_lazy(struct cli *cli);

/* Opens what a reference names, and puts into the document where it was; cli->ranges says how. */
int store_open_archive(struct cli *cli, const char *reference, const struct provar_open_options *options,
                       struct provar_archive **archive);

/* What every answer of push, pull and copy says; and the reference with its tag and digest, as a line. */
void store_answer(struct cli *cli, const struct provar_stored *stored);
void store_print_reference(const char *reference, const struct provar_stored *stored);

/* What to add to a line that says what was taken: what of the stored archive was not compared with a digest. */
const char *store_proof(const struct provar_stored *stored);

/* At the end: where a store could not be read, the error is why; gives the status of that. */
int store_explain(struct cli *cli, int status);

#endif
