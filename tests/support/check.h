/* What a unit test includes first: cmocka, and assertions on results and errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_CHECK_H
#define SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka's header says nothing of C++. */
#ifdef __cplusplus
extern "C" {
#endif
#include <cmocka.h>
#ifdef __cplusplus
}
#endif

#include "provar.h"

#define array_length(array) (sizeof(array) / sizeof((array)[0]))

#define assert_ok(result) assert_int_equal(result, PROVAR_OK)

/* A call failed with `expected`, and `err`, which it was given empty, says so at `where`, in one line without a full
 * stop. */
#define assert_fails(result, expected, err, where)                                                                     \
    do {                                                                                                               \
        assert_int_equal(result, expected);                                                                            \
        assert_int_equal((err).code, expected);                                                                        \
        assert_true((err).offset == (where));                                                                          \
        assert_int_not_equal((err).message[0], 0);                                                                     \
        assert_false(check_ends_badly((err).message));                                                                 \
    } while (0)

static inline int check_ends_badly(const char *message) {
    size_t len = 0;
    while (message[len] != 0 && message[len] != '\n')
        len++;
    return message[len] == '\n' || message[len - 1] == '.';
}

/* Skips the test, with the reason for dev/test to show. "needs X" is for a missing peer, a failure with CI=true. */
#define skip_because(reason)                                                                                           \
    do {                                                                                                               \
        print_message("%s\n", reason);                                                                                 \
        skip();                                                                                                        \
    } while (0)

#endif
