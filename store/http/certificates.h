/* Certificates of authorities and of the client: PEM files, and the directories in which container tools keep them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CERTIFICATES_H
#define PV_CERTIFICATES_H

#include "internal.h"

#include "store/image/limits.h"

/* Appends the text of a file of certificates in PEM. PROVAR_E_IO; PROVAR_E_USAGE for one without any. */
enum provar_result pv_certificates_append(struct pv_buf *authorities, struct pv_str path,
                                          struct provar_error *err) PV_MUST_CHECK;

struct pv_certificates {
    struct pv_buf authorities; /* PEM; empty: none */
    char *cert_file;           /* NULL: none */
    char *key_file;
};

/*
 * docker's and containers' certs.d: the first of the directories (colons between) that has one for this registry,
 * HOST[:PORT] as in the reference, decides.
 *
 *     /etc/docker/certs.d/registry.example:5000/NAME.crt     authorities, as many as there are
 *                                               NAME.cert    the client's; of several the first by name
 *                                               NAME.key     and its key
 *
 * None is no error, and one that may not be read counts as none: then nothing more is believed.
 */
enum provar_result pv_certificates_find(struct pv_str directories, const char *registry, struct pv_certificates *found,
                                        struct provar_error *err) PV_MUST_CHECK;
void pv_certificates_release(struct pv_certificates *found);

#endif
