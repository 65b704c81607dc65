/* What a push is asked to do: its options judged, and the tags and annotations that follow from them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_PUSH_OPTIONS_H
#define PV_PUSH_OPTIONS_H

#include "store/image/backend.h"
#include "store/image/reference.h"

struct pv_push_request {
    struct pv_reference reference;
    struct pv_tags tags;
    struct pv_str *list;   /* of the tags */
    char revision_tag[16]; /* "rev-7" */
};

/* Judges options and reference. PROVAR_E_USAGE for what they do not allow: `latest`, capitals, tags that are none. */
enum provar_result pv_push_request(const struct provar_push_options *options, struct pv_str reference,
                                   struct pv_push_request *request, struct provar_error *err) PV_MUST_CHECK;
void pv_push_request_release(struct pv_push_request *request);

/* Fixes the tags, once the token's revision is known. The request must not be moved after that. PROVAR_E_USAGE when it
 * is tagged by a revision that the token does not have. */
enum provar_result pv_push_choose_tags(struct pv_push_request *request, const struct provar_push_options *options,
                                       bool has_revision, int32_t revision, struct provar_error *err) PV_MUST_CHECK;

/* The caller's annotations and `ours`, less those whose key the caller has given too; `list` has room for
 * PV_MAX_ANNOTATIONS. Keys that begin "provar." are not the caller's to give (PROVAR_E_USAGE). */
enum provar_result pv_push_annotations(const struct provar_push_options *options, const struct pv_annotation *ours,
                                       size_t our_count, struct pv_annotation *list, size_t *count,
                                       struct provar_error *err) PV_MUST_CHECK;

#define PV_REVISION_TAG_PREFIX "rev-"

/* Whether a tag is that of a revision: digits without needless zeros. */
bool pv_revision_tag_parse(struct pv_str tag, int32_t *revision);

#endif
