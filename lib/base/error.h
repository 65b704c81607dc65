/* Fills, wraps and names struct provar_error; the notices that are not errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_ERROR_H
#define PV_ERROR_H

#define PV_MUST_CHECK __attribute__((warn_unused_result))

/* Sets *err unless it holds a failure already, and returns code: `return pv_fail(err, PROVAR_E_TAR, offset, "...")`.
 * The text is lower case, has no full stop, says the fault first, and quotes what it speaks of; untrusted text goes
 * through pv_quote. */
enum provar_result pv_fail(struct provar_error *err, enum provar_result code, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with ": " and the system's words for an errno behind the text. */
enum provar_result pv_fail_errno(struct provar_error *err, enum provar_result code, int error_number,
                                 const char *format, ...) __attribute__((format(printf, 4, 5)));

enum provar_result pv_fail_memory(struct provar_error *err);

/* Begins every public function that can fail: false, with PROVAR_E_USAGE in the error, when a pointer that is required
 * is NULL. An err that holds an earlier failure becomes NULL for the rest of the function, because what is added to an
 * error below (pv_error_wrap, pv_error_member) must never reach one that another call has left. */
bool pv_enter(struct provar_error **err, bool has_required) PV_MUST_CHECK;

/* Whether a text or bytes can be read: only a length of 0 allows NULL. */
static inline bool pv_given(const void *data, size_t len) {
    return data != NULL || len == 0;
}

/* Hands on an error that was collected apart; does nothing when *err holds a failure already. */
void pv_error_hand_on(struct provar_error *err, const struct provar_error *collected);

/* Puts "context: " before the message of an error that is set; does nothing on an empty one. */
void pv_error_wrap(struct provar_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Names the member concerned, escaped, unless one is named already. Does nothing on an empty error. */
void pv_error_member(struct provar_error *err, struct pv_str name);

/* Escaped and shortened text for a message: pv_fail(..., "unknown name '%s'", pv_quote(name).text) */
struct pv_quoted {
    char text[136];
};
struct pv_quoted pv_quote(struct pv_str text);

/* What is odd but allowed. Borrowable lines; beyond PV_MAX_NOTICES they are dropped and `dropped` counts them. */
struct pv_notices {
    char *line[PV_MAX_NOTICES];
    size_t count;
    size_t dropped;
};
void pv_notice(struct pv_notices *notices, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pv_notices_release(struct pv_notices *notices);

/* What clang's analyzer cannot know of functions that it does not see: a failure is never PROVAR_OK, and nothing
 * required is NULL behind pv_enter. */
#ifdef __clang_analyzer__
#define pv_fail(err, code, ...)       ((void)pv_fail(err, code, __VA_ARGS__), (code))
#define pv_fail_errno(err, code, ...) ((void)pv_fail_errno(err, code, __VA_ARGS__), (code))
#define pv_fail_memory(err)           ((void)pv_fail_memory(err), PROVAR_E_NO_MEMORY)
#define pv_enter(err, has_required)   (pv_enter(err, has_required) && (has_required))
#endif

#endif
