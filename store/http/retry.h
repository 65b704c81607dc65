/* When a request that failed is sent again: how often, after how long, and what a server asks for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_RETRY_H
#define PV_RETRY_H

#include "internal.h"

#include "store/image/limits.h"
#include "store/http/url.h"

/* Time, which tests replace. */
struct pv_retry_clock {
    int64_t (*now)(void *user);                       /* seconds since 1970 */
    void (*sleep)(void *user, uint32_t milliseconds); /* may be shorter */
    uint32_t (*random)(void *user);                   /* any number */
    void *user;
};
extern const struct pv_retry_clock pv_retry_system_clock;

/* The attempts of one request. */
struct pv_retry {
    const struct pv_retry_clock *clock;
    void (*warn)(void *user, const char *text); /* NULL: nobody is told */
    void *warn_user;
    unsigned tries; /* that have failed */
    int64_t begun;  /* when the one that goes on began, by the clock */
};

/* Marks that an attempt begins, the first or another one. */
void pv_retry_begin(struct pv_retry *retry);

/* Seconds. Whoever has waited so long, or is about to, is told for what. */
enum { PV_RETRY_SILENCE = 3 };

/* Whether the same request may have another answer later: 408, 429, 500, 502, 503, 504. */
bool pv_retry_status(unsigned status);

/* RFC 9110, 10.2.3: seconds, or a date in the form that servers must send (5.6.7, IMF-fixdate), which in the past is 0.
 * False for any other text. */
bool pv_retry_after(struct pv_str text, int64_t now, uint64_t *seconds);

/* The line for an answer that may be another one later. */
struct pv_retry_reason {
    char text[sizeof(struct pv_quoted) + 32];
};
struct pv_retry_reason pv_retry_reason(const struct pv_url *url, unsigned status);

/* After a failure, `why` being the line for it, escaped: waits, with a warning where that takes seconds or the attempt
 * has, and returns true; or false where it is to be final: after PV_MAX_TRIES of them, or when the
 * server asks for more than PV_MAX_RETRY_AFTER seconds. `after` is the header's value, empty without one. */
bool pv_retry_again(struct pv_retry *retry, struct pv_str after, const char *why);

#endif
