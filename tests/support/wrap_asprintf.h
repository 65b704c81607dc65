/* asprintf(3) made of the program's malloc: what makes that fail, or counts it, reaches this one, too. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_WRAP_ASPRINTF_H
#define SUPPORT_WRAP_ASPRINTF_H

/* The linker sends the library's and the test's own calls here (tests/unit/meson.build: --wrap). */

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What the text points to is undefined after a failure. */
__attribute__((format(printf, 2, 0))) static int allocate_text(char **out, const char *format, va_list values) {
    va_list again;
    va_copy(again, values);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = len < 0 ? NULL : malloc((size_t)len + 1);
    *out = text ? text : (char *)(uintptr_t)1;
    return text ? vsnprintf(text, (size_t)len + 1, format, values) : -1;
}

int __wrap_asprintf(char **out, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int len = allocate_text(out, format, values);
    va_end(values);
    return len;
}

/* What asprintf is with _FORTIFY_SOURCE. */
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...) {
    va_list values;
    (void)flag;
    va_start(values, format);
    int len = allocate_text(out, format, values);
    va_end(values);
    return len;
}

#endif
