/* Fills, wraps and names struct provar_error; the notices that are not errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "internal.h"

/* For the analyzer they are macros, too. */
#undef pv_fail
#undef pv_fail_errno
#undef pv_fail_memory
#undef pv_enter

static const char *const result_names[] = {
    [PROVAR_OK] = "ok",
    [PROVAR_E_INTERNAL] = "internal",
    [PROVAR_E_NO_MEMORY] = "no-memory",
    [PROVAR_E_USAGE] = "usage",
    [PROVAR_E_IO] = "io",
    [PROVAR_E_LIMIT] = "limit",
    [PROVAR_E_FORMAT] = "format",
    [PROVAR_E_GZIP] = "gzip",
    [PROVAR_E_TAR] = "tar",
    [PROVAR_E_ENTRY] = "entry",
    [PROVAR_E_JWT] = "jwt",
    [PROVAR_E_CLAIMS] = "claims",
    [PROVAR_E_KEY] = "key",
    [PROVAR_E_SIGNATURE] = "signature",
    [PROVAR_E_DIGEST] = "digest",
    [PROVAR_E_NO_TARGET] = "no-target",
    [PROVAR_E_TIME] = "time",
    [PROVAR_E_UNTRUSTED] = "untrusted",
    [PROVAR_E_REVOKED] = "revoked",
    [PROVAR_E_ROLLBACK] = "rollback",
    [PROVAR_E_UNSAFE_PATH] = "unsafe-path",
    [PROVAR_E_EXEC] = "exec",
    [PROVAR_E_REGISTRY] = "registry",
    [PROVAR_E_AUTH] = "auth",
    [PROVAR_E_NOT_FOUND] = "not-found",
    [PROVAR_E_NETWORK] = "network",
};

const char *provar_result_name(int result) {
    size_t count = sizeof result_names / sizeof result_names[0];
    return result >= 0 && (size_t)result < count ? result_names[result] : "unknown";
}

void provar_error_clear(struct provar_error *err) {
    if (err)
        memset(err, 0, sizeof *err);
}

/* A text that was cut to fit may end inside a character, which a terminal or a JSON writer would choke on. */
static void trim_cut_character(char *text) {
    size_t len = strlen(text);
    for (size_t cut = 1; cut <= 3 && cut < len; cut++) {
        uint32_t ignored;
        unsigned char lead = (unsigned char)text[len - cut];
        if (lead >= 0xc0 && pv_utf8_next(pv_str(text + len - cut, cut), &ignored) == 0)
            text[len - cut] = 0;
        if (lead < 0x80 || lead >= 0xc0)
            return;
    }
}

/* Writes a line of at most `cap` bytes with its NUL; what does not fit is cut. */
__attribute__((format(printf, 3, 0))) static void format_line(char *line, size_t cap, const char *format,
                                                              va_list values) {
    int whole = vsnprintf(line, cap, format, values);
    if (whole < 0)
        line[0] = 0;
    else if ((size_t)whole >= cap)
        trim_cut_character(line);
}

/* Puts ": more" behind a line of at most `cap` bytes with its NUL. */
static void append(char *line, size_t cap, const char *more) {
    size_t used = strlen(line);
    if ((size_t)snprintf(line + used, cap - used, ": %s", more) >= cap - used)
        trim_cut_character(line);
}

__attribute__((format(printf, 4, 0))) static void set_error(struct provar_error *err, enum provar_result code,
                                                            uint64_t offset, const char *format, va_list values) {
    memset(err, 0, sizeof *err);
    err->code = (int32_t)code;
    err->offset = offset;
    format_line(err->message, sizeof err->message, format, values);
}

enum provar_result pv_fail(struct provar_error *err, enum provar_result code, uint64_t offset, const char *format,
                           ...) {
    if (err == NULL || err->code != PROVAR_OK)
        return code;
    va_list values;
    va_start(values, format);
    set_error(err, code, offset, format, values);
    va_end(values);
    return code;
}

enum provar_result pv_fail_errno(struct provar_error *err, enum provar_result code, int error_number,
                                 const char *format, ...) {
    if (err == NULL || err->code != PROVAR_OK)
        return code;
    va_list values;
    va_start(values, format);
    set_error(err, code, PROVAR_NO_OFFSET, format, values);
    va_end(values);
    const char *reason = strerrordesc_np(error_number);
    append(err->message, sizeof err->message, reason ? reason : "unknown error");
    return code;
}

void pv_error_hand_on(struct provar_error *err, const struct provar_error *collected) {
    if (err && err->code == PROVAR_OK)
        *err = *collected;
}

enum provar_result pv_fail_memory(struct provar_error *err) {
    return pv_fail(err, PROVAR_E_NO_MEMORY, PROVAR_NO_OFFSET, "out of memory");
}

bool pv_enter(struct provar_error **err, bool has_required) {
    if (*err && (*err)->code != PROVAR_OK)
        *err = NULL;
    if (!has_required)
        (void)pv_fail(*err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a pointer that is required is NULL");
    return has_required;
}

void pv_error_wrap(struct provar_error *err, const char *format, ...) {
    if (err == NULL || err->code == PROVAR_OK)
        return;
    char inner[sizeof err->message];
    memcpy(inner, err->message, sizeof inner);
    va_list values;
    va_start(values, format);
    format_line(err->message, sizeof err->message, format, values);
    va_end(values);
    append(err->message, sizeof err->message, inner);
}

void pv_error_member(struct provar_error *err, struct pv_str name) {
    if (err && err->code != PROVAR_OK && err->member[0] == 0)
        (void)provar_escape(name.text, name.len, err->member, sizeof err->member);
}

struct pv_quoted pv_quote(struct pv_str text) {
    struct pv_quoted quoted;
    static const char mark[] = "...";
    size_t whole = provar_escape(text.text, text.len, quoted.text, sizeof quoted.text);
    if (whole >= sizeof quoted.text) {
        size_t room = sizeof quoted.text - sizeof mark;
        (void)provar_escape(text.text, text.len, quoted.text, room + 1);
        memcpy(quoted.text + strlen(quoted.text), mark, sizeof mark);
    }
    return quoted;
}

void pv_notice(struct pv_notices *notices, const char *format, ...) {
    char line[sizeof((struct provar_error *)0)->message];
    va_list values;
    va_start(values, format);
    format_line(line, sizeof line, format, values);
    va_end(values);
    char *copy = notices->count == PV_MAX_NOTICES ? NULL : pv_str_dup(pv_str_of(line));
    if (copy == NULL) {
        notices->dropped++;
        return;
    }
    notices->line[notices->count++] = copy;
}

void pv_notices_release(struct pv_notices *notices) {
    for (size_t i = 0; i < notices->count; i++)
        free(notices->line[i]);
    memset(notices, 0, sizeof *notices);
}
