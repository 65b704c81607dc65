/* One bounded pass over JSON text: grammar and limits, before a parser that allocates and recurses sees it. */
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

/* Checks a document whose top is an object: PROVAR_E_CLAIMS for its grammar (RFC 8259), escapes and UTF-8,
 * PROVAR_E_LIMIT for depth, members and strings. Only duplicate keys are left to the parser behind it. `blanked` has
 * text.len bytes and receives the document with each number overwritten by a 0 and spaces: a parser that rounds numbers
 * or refuses large ones then has nothing to say about them, and its byte positions stay true. */
enum provar_result pv_json_scan(struct pv_str text, const struct pv_json_events *events, char *blanked,
                                struct provar_error *err) PV_MUST_CHECK;

/* The same for a text that is one PV_JSON_RAW_SCHEMA value, and all of it: duplicate keys are found here. The text may
 * be a secret: no byte of it is copied, into the error neither. */
enum provar_result pv_json_scan_schema(struct pv_str text, bool object_only, struct provar_error *err) PV_MUST_CHECK;

#endif
