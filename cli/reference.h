/* References among the words of a command line, told from files by their form: libprovar-store is not asked. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>

/* oci:DIR..., and not oci://HOST/... */
bool reference_is_layout(const char *word);

/* Whether it is the path of a file whatever a verb takes: "-", what begins with "/" or ".", or ends in .par or .par.gz.
 */
bool reference_is_path(const char *word);

/* What provar_reference_is_file says, for verbs that take files and references. */
bool reference_is_file(const char *word, bool path_exists);

/* Whether it says itself where the store is, so that no registry is put in front of it. */
bool reference_names_store(const char *word);

/* Whether it names what is called latest: by its tag, or in a registry by having none and no digest. */
bool reference_is_latest(const char *word);

#endif
