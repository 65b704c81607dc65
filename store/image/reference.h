/* Names of what is in a store: REGISTRY/REPO[:TAG][@DIGEST], oci://HOST/REPO..., oci:DIR[:TAG][@DIGEST]. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REFERENCE_H
#define PV_REFERENCE_H

#include "provar-store.h"

#include "store/image/digest.h"
#include "store/image/limits.h"

/*
 *     ghcr.io/wasmcloud/http-server:0.27.0@sha256:44136f...      a registry, over HTTP
 *     oci://registry/http-server:0.27.0                          the same for a host that has no dot, port or bracket
 *     [::1]:5000/http-server
 *     oci:store/providers:rev-7@sha256:44136f...                 an OCI image layout in the directory store/providers
 *
 *     repository  [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*  with more of the same behind slashes
 *     tag         [A-Za-z0-9_][A-Za-z0-9._-]{0,127}
 */
enum pv_reference_kind { PV_REFERENCE_REGISTRY = 1, PV_REFERENCE_LAYOUT = 2 };

/* Texts that are not there are empty. Owns nothing. */
struct pv_reference {
    enum pv_reference_kind kind;
    char host[PV_MAX_REFERENCE_NAME + 1]; /* registry: with its port, in lower case: names of hosts have no case */
    char repository[PV_MAX_REFERENCE_NAME + 1];
    char directory[PV_MAX_LAYOUT_DIRECTORY + 1]; /* layout: as written */
    char tag[PV_MAX_TAG + 1];                    /* as written */
    struct pv_digest digest;                     /* decides, where there is a tag too */
};

/* `flags` are enum provar_reference_flags. What is wrong is PROVAR_E_USAGE. Touches no file. */
enum provar_result pv_reference_parse(struct pv_str text, uint32_t flags, struct pv_reference *reference,
                                      struct provar_error *err) PV_MUST_CHECK;

/* Appends the canonical text, of which pv_reference_parse makes the same reference again, with any flags. */
enum provar_result pv_reference_text(const struct pv_reference *reference, struct pv_buf *text,
                                     struct provar_error *err) PV_MUST_CHECK;

/* Whether a word of a command line that may be either is the path of a file: provar_reference_is_file. */
bool pv_reference_is_file(struct pv_str text, bool path_exists);

/* The host, with its port, that is asked for what `host` has: another one for docker.io alone. */
const char *pv_reference_server(const struct pv_reference *reference);

/* Whether it stands for whatever is newest: without a digest, the tag `latest`, or in a registry none. */
bool pv_reference_is_latest(const struct pv_reference *reference);

/* Hosts put the whole reference into lower case: such a tag can be pushed, but no host can pull it. */
bool pv_reference_tag_has_capitals(const struct pv_reference *reference);

/* Whether a text is a tag, for those that are made or come alone. */
bool pv_tag_is_good(struct pv_str tag);

#endif
