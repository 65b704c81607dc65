/* Texts that must not outlive their use, and JSON that holds some: passwords and tokens. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SECRET_JSON_H
#define PV_SECRET_JSON_H

#include "internal.h"

#include "base/json.h"

/* Overwrites a text that ends in a NUL, and frees it. */
void pv_secret_text_free(char *text);
PV_DEFINE_CLEANUP(pv_secret_text_cleanup, char, pv_secret_text_free)
#define PV_AUTO_SECRET_TEXT PV_CLEANUP(pv_secret_text_cleanup)

/* A buffer that has all of its room at once, because one that grows leaves copies behind. Wiped by its release. */
enum provar_result pv_secret_buf_init(struct pv_buf *buf, uint64_t max, struct provar_error *err) PV_MUST_CHECK;
void pv_secret_buf_release(struct pv_buf *buf);
#define PV_AUTO_SECRET_BUF PV_CLEANUP(pv_secret_buf_release)

/* pv_json_parse, but what is malformed is `code`. With `is_raw` NULL every member of the top is raw: pv_json_text would
 * leave copies of what it unescapes. The messages name keys and places, and no value. */
enum provar_result pv_secret_json_parse(struct pv_str text, pv_json_is_raw_fn is_raw, enum provar_result code,
                                        struct pv_json **json, struct provar_error *err) PV_MUST_CHECK;

/* A raw member of the top, as it stands there; empty when it is absent or null. */
struct pv_str pv_secret_json_value(const struct pv_json *json, const char *key);

/* A copy of the text of a raw member of the top; NULL when it is absent, null or empty. Another type is `code`. */
enum provar_result pv_secret_json_text(const struct pv_json *json, const char *key, enum provar_result code,
                                       char **text, struct provar_error *err) PV_MUST_CHECK;

#endif
