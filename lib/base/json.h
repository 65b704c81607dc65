/* JSON (RFC 8259), strictly and within limits. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_JSON_H
#define PV_JSON_H

/* A parsed document or a value inside one. */
struct pv_json;

/* How a member's value is read. Values that are not raw can be asked for by type; raw ones are carried as text. Every
 * value is judged by grammar, duplicates and limits; numbers may be of any size until an integer is asked for. */
enum pv_json_raw_kind {
    PV_JSON_NOT_RAW = 0,
    PV_JSON_RAW = 1,
    PV_JSON_RAW_SCHEMA = 2 /* PV_MAX_JSON_SCHEMA_DEPTH, counted from its own top, in place of PV_MAX_JSON_DEPTH, which
                              counts from the document's; PV_MAX_JSON_STRING does not apply */
};

/* Decides it for the members of the top object and of the objects in it that are not raw. `parent` is the key of the
 * object that holds the member, or empty at the top; both are unescaped. */
typedef enum pv_json_raw_kind (*pv_json_is_raw_fn)(struct pv_str parent, struct pv_str key);

/* One raw member, as text: `"key":value` is `key_text` ":" `value_text`, each as it stood in the document, borrowed
 * from it. */
struct pv_json_raw {
    struct pv_str parent; /* unescaped key of the object that holds it; empty at the top */
    struct pv_str key;    /* unescaped */
    struct pv_str key_text;
    struct pv_str value_text;
};

/* Parses a document whose top is an object. Refuses duplicate names at every level (compared after unescaping), invalid
 * UTF-8, lone surrogates, NUL in text, and anything after the value: PROVAR_E_CLAIMS; and what passes the limits of
 * base/limits.h: PROVAR_E_LIMIT. `is_raw` may be NULL: then nothing is. The text is borrowed and must outlive the
 * document; the caller bounds its length. Nothing recurses. */
enum provar_result pv_json_parse(struct pv_str text, pv_json_is_raw_fn is_raw, struct pv_json **json,
                                 struct provar_error *err) PV_MUST_CHECK;
void pv_json_free(struct pv_json *json);
PV_DEFINE_CLEANUP(pv_json_cleanup, struct pv_json, pv_json_free)
#define PV_AUTO_JSON PV_CLEANUP(pv_json_cleanup)

/* The same, but raw members are not kept: each goes to `each` as soon as it has ended, in the document's order. The
 * fault of a document may stand behind them: what `each` was given counts only with PROVAR_OK. A result of `each` other
 * than that is the result. */
typedef enum provar_result (*pv_json_raw_fn)(void *user, const struct pv_json_raw *member, struct provar_error *err);
enum provar_result pv_json_parse_each_raw(struct pv_str text, pv_json_is_raw_fn is_raw, pv_json_raw_fn each, void *user,
                                          struct pv_json **json, struct provar_error *err) PV_MUST_CHECK;

/* Takes every member as raw. */
enum pv_json_raw_kind pv_json_all_raw(struct pv_str parent, struct pv_str key);

size_t pv_json_raw_count(const struct pv_json *json);
const struct pv_json_raw *pv_json_raw(const struct pv_json *json, size_t index);
/* The raw member of the top object with this key; NULL where there is none. */
const struct pv_json_raw *pv_json_raw_find(const struct pv_json *json, struct pv_str key);

/* Checks that text is one JSON value (an object, with `object_only`) by the rules for PV_JSON_RAW_SCHEMA. White space
 * around it is allowed. No byte of it is copied: host data are secrets. */
enum provar_result pv_json_check(struct pv_str text, bool object_only, struct provar_error *err) PV_MUST_CHECK;

/* Members of an object that is not raw: the top one with an empty `object`, else the object under that key of the top.
 * A member that is absent or null is `*present` false; another type than asked for is PROVAR_E_CLAIMS naming the key.
 * Texts live as long as the document. What an object has whose key is empty cannot be asked for. */
enum provar_result pv_json_text(const struct pv_json *json, struct pv_str object, const char *key, struct pv_str *value,
                                bool *present, struct provar_error *err) PV_MUST_CHECK;
/* Digits with an optional minus sign, as RFC 8259 writes them, without fraction or exponent; -0 is refused. `min` is
 * above INT64_MIN. */
enum provar_result pv_json_integer(const struct pv_json *json, struct pv_str object, const char *key, int64_t min,
                                   int64_t max, int64_t *value, bool *present, struct provar_error *err) PV_MUST_CHECK;
/* Whether the member is there as an object; other types are PROVAR_E_CLAIMS. */
enum provar_result pv_json_object(const struct pv_json *json, struct pv_str object, const char *key, bool *present,
                                  struct provar_error *err) PV_MUST_CHECK;
/* Calls `each` for every member of the object `key` in `object`, in the document's order; a member that is not text is
 * PROVAR_E_CLAIMS. */
typedef enum provar_result (*pv_json_each_fn)(void *user, struct pv_str name, struct pv_str value,
                                              struct provar_error *err);
enum provar_result pv_json_each_text(const struct pv_json *json, struct pv_str object, const char *key,
                                     pv_json_each_fn each, void *user, struct provar_error *err) PV_MUST_CHECK;
/* The same for every element of the array `key` in `object`, whose names are empty. */
enum provar_result pv_json_each_text_element(const struct pv_json *json, struct pv_str object, const char *key,
                                             pv_json_each_fn each, void *user, struct provar_error *err) PV_MUST_CHECK;

/* Appends text as a JSON string, with its quotes, escaped as serde_json does: \" \\ \b \f \n \r \t and \u00xx below
 * space. Text that is not UTF-8 or holds a NUL is PROVAR_E_USAGE. */
enum provar_result pv_json_quote(struct pv_buf *buf, struct pv_str text, struct provar_error *err) PV_MUST_CHECK;

#endif
