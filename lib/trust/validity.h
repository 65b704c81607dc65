/* When a token is valid: the times in it against a clock. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_VALIDITY_H
#define PV_VALIDITY_H

struct pv_validity {
    int64_t issued_at, expires, not_before;
    bool has_expires, has_not_before;
};

/* PROVAR_E_TIME: expired, not valid yet, or issued in the future; or `now`, in seconds, is before 1970. `skew` is the
 * tolerance for the last two. */
enum provar_result pv_validity_judge(const struct pv_validity *validity, int64_t now, uint32_t skew,
                                     struct provar_error *err) PV_MUST_CHECK;

#endif
