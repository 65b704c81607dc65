/* Hosts that are addresses: which lead to this machine, and which into a network that the public does not reach. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_ADDRESS_H
#define PV_ADDRESS_H

#include "internal.h"

/* A host is in lower case, an IPv4 address in four decimal numbers, an IPv6 address in brackets. */

/* 127.0.0.0/8, ::1, and the name localhost, which libcurl resolves to these. */
bool pv_address_is_loopback(struct pv_str host);

/* Loopback, link-local, private or unspecified, also where an IPv6 address has such an IPv4 address in it; names below
 * localhost. Other names are none, whatever they resolve to. */
bool pv_address_is_internal(struct pv_str host);

/* Whether a host is a name or an address as it is usually written. 127.0.0.1., 1.2.3 and 0x7f.1 are neither: some
 * resolvers take them for addresses (WHATWG URL, section 3.5). */
bool pv_address_is_plain(struct pv_str host);

enum { PV_MAX_ADDRESS = sizeof "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]" };

/* Puts an IPv6 address into its one text form (RFC 5952), in which two of them can be compared; other hosts stay as
 * they are. `host` has room for PV_MAX_ADDRESS. */
void pv_address_normalize(char *host);

#endif
