/* When a token is valid: the times in it against a clock. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/rfc3339.h"
#include "trust/validity.h"

static enum provar_result fail(struct provar_error *err, const char *fault, int64_t at) {
    return pv_fail(err, PROVAR_E_TIME, PROVAR_NO_OFFSET, "%s %lld (%s)", fault, (long long)at, pv_rfc3339(at).text);
}

/* RFC 7519: 4.1.4 a token is expired on its `exp` and after it; 4.1.5 `nbf` and, by our rule, `iat` are given some
 * tolerance, since the clocks of two machines differ. */
enum provar_result pv_validity_judge(const struct pv_validity *validity, int64_t now, uint32_t skew,
                                     struct provar_error *err) {
    if (now < 0)
        return pv_fail(err, PROVAR_E_TIME, PROVAR_NO_OFFSET, "the clock stands before 1970");
    int64_t latest = now > INT64_MAX - skew ? INT64_MAX : now + skew;
    if (validity->has_expires && now >= validity->expires)
        return fail(err, "expired at", validity->expires);
    if (validity->has_not_before && latest < validity->not_before)
        return fail(err, "not valid before", validity->not_before);
    if (latest < validity->issued_at)
        return fail(err, "issued in the future, at", validity->issued_at);
    return PROVAR_OK;
}
