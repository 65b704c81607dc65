/* A clock that goes on with a request that `takes` seconds, and counts in `script.slept` how long somebody waited. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCRIPTED_CLOCK_H
#define SCRIPTED_CLOCK_H

/* Included behind the definition of `script`. */
#include "store/http/retry.h"

static inline int64_t script_now(void *user) {
    (void)user;
    return 784111777 + script.passed;
}

static inline void script_sleep(void *user, uint32_t milliseconds) {
    (void)user;
    script.slept += milliseconds;
}

static inline uint32_t script_random(void *user) {
    (void)user;
    return 0;
}

static const struct pv_retry_clock script_clock = {.now = script_now, .sleep = script_sleep, .random = script_random};

#endif
