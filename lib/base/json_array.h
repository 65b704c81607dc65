/* Walks over the elements of a JSON array that a document carries as text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_JSON_ARRAY_H
#define PV_JSON_ARRAY_H

/* One element, as it stood in the document, borrowed from it. A result other than PROVAR_OK ends the walk and is its
 * result. */
typedef enum provar_result (*pv_json_element_fn)(void *user, struct pv_str element, struct provar_error *err);

/* Calls `each` for the elements of `value`, in their order. The text must be that of a value that has been judged: a
 * pv_json_raw's value_text, or an element of this function's; then another value than an array is PROVAR_E_CLAIMS, and
 * each element is a value that has been judged. Nothing recurses, and no byte is copied. */
enum provar_result pv_json_each_element(struct pv_str value, pv_json_element_fn each, void *user,
                                        struct provar_error *err) PV_MUST_CHECK;

#endif
