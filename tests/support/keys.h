/* What the tests of crypto/ and keys/ share: bytes from hex, and a failure asserted by its exact code. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_KEYS_H
#define SUPPORT_KEYS_H

#include "base/codec.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The bytes of upper-case hex; exactly `len` of them. */
static inline void unhex(const char *hex, uint8_t *out, size_t len) {
    size_t got = 0;
    assert_true(pv_hex_decode(pv_str_of(hex), out, len, &got));
    assert_int_equal(got, len);
}

/* Asserts a failure that is described, and empties the error for the next one. */
static inline void assert_fails(enum provar_result result, enum provar_result code, struct provar_error *err) {
    if (result != code)
        print_error("%s where %s is expected: %s\n", provar_result_name((int)result), provar_result_name((int)code),
                    err->message);
    assert_int_equal(result, code);
    assert_int_equal(err->code, code);
    assert_true(err->message[0] != 0);
    provar_error_clear(err);
}

/* Asserts success, which leaves the error as it was. */
static inline void assert_succeeds(enum provar_result result, const struct provar_error *err) {
    if (result != PROVAR_OK)
        print_error("%s: %s\n", provar_result_name((int)result), err->message);
    assert_int_equal(result, PROVAR_OK);
    assert_int_equal(err->code, PROVAR_OK);
}

#endif
