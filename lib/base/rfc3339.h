/* Seconds since 1970 as people read them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_RFC3339_H
#define PV_RFC3339_H

struct pv_time_text {
    char text[24];
};

/* "2027-01-31T00:00:00Z" (RFC 3339, 5.6), or "seconds since 1970" where its four digits of a year end. */
struct pv_time_text pv_rfc3339(int64_t seconds);

#endif
