/* Runs a step once for each of its allocations, which then fails, and once with none: no other fault may come of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_FAIL_EACH_H
#define SUPPORT_FAIL_EACH_H

#include "support/check.h"
#include "support/fail_alloc.h"

/* Must not allocate by itself, and undoes what it did, whether it succeeded or not. */
typedef enum provar_result (*step_fn)(void *user, struct provar_error *err);

/* Returns how many allocations the step makes, which gives `verdict` when none fails. One that fails gives
 * PROVAR_E_NO_MEMORY, or costs no more than a notice: it changes no verdict. */
static inline int fail_each_of(step_fn step, void *user, enum provar_result verdict) {
    for (int n = 0;; n++) {
        struct provar_error err = {0};
        fail_alloc(n);
        enum provar_result result = step(user, &err);
        bool reached = fail_alloc_countdown < 0;
        fail_alloc(-1);
        assert_int_equal(err.code, result);
        if (!reached) {
            if (result != verdict)
                fail_msg("%s: %s", provar_result_name((int)result), err.message);
            return n;
        }
        if (result != verdict && result != PROVAR_E_NO_MEMORY)
            fail_msg("allocation %d: %s: %s", n, provar_result_name((int)result), err.message);
    }
}

static inline int fail_each(step_fn step, void *user) {
    return fail_each_of(step, user, PROVAR_OK);
}

#endif
