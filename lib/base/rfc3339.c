/* Seconds since 1970 as people read them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/rfc3339.h"

struct pv_time_text pv_rfc3339(int64_t seconds) {
    struct pv_time_text shown = {"seconds since 1970"};
    const int64_t year_10000 = 253402300800;
    time_t value = (time_t)seconds;
    struct tm tm;
    if (seconds >= 0 && seconds < year_10000 && gmtime_r(&value, &tm) != NULL)
        (void)strftime(shown.text, sizeof shown.text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return shown;
}
