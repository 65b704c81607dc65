/* One bounded pass over JSON text: grammar, limits and duplicate keys, on a stack of fixed size. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_JSON_SCAN_H
#define PV_JSON_SCAN_H

#include "base/json.h"

/* What the scan tells of a document: members of the top object (level 1) and of the objects in it that are not raw
 * (level 2). The texts are borrowed from the document. A result other than PROVAR_OK ends the scan. */
struct pv_json_events {
    /* A key, as written, with its quotes; says how the value is to be read. */
    enum provar_result (*key)(void *user, unsigned level, struct pv_str key_text, enum pv_json_raw_kind *kind,
                              struct provar_error *err);
    /* The value of the last key of this level has ended. Values of level 2 end before that of level 1 around them. */
    enum provar_result (*value)(void *user, unsigned level, struct pv_str value_text, struct provar_error *err);
    void *user;
};

/* Checks a document whose top is an object: PROVAR_E_CLAIMS for its grammar (RFC 8259), escapes, UTF-8 and keys that an
 * object has twice, PROVAR_E_LIMIT for depth, members and strings. Of several faults duplicates are told last. */
enum provar_result pv_json_scan(struct pv_str text, const struct pv_json_events *events,
                                struct provar_error *err) PV_MUST_CHECK;

/* The same for a text that is one PV_JSON_RAW_SCHEMA value, and all of it. The text may be a secret: no byte of it is
 * copied, into the error neither. */
enum provar_result pv_json_scan_schema(struct pv_str text, bool object_only, struct provar_error *err) PV_MUST_CHECK;

#endif
