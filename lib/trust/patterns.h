/* Lists of patterns as in OpenSSH's allowed_signers: comma separated, with "*", "?", and "!" for what is ruled out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_PATTERNS_H
#define PV_PATTERNS_H

/*
 *     list    = pattern *( "," pattern )
 *     pattern = [ "!" ] 1*( "*" / "?" / character )
 *
 * "*" stands for any text, an empty one as well, "?" for one character (of UTF-8), everything else for itself. There is
 * no escape: "?" matches a comma.
 */

/* NULL, or what is wrong with a list: an empty pattern, PV_MAX_PATTERNS or PV_MAX_PATTERN passed, no pattern without
 * "!", which would match nothing. */
const char *pv_patterns_fault(struct pv_str list);

/* Whether one pattern of a list without fault matches the whole text and none with "!" does. The steps are at most the
 * text's length times the pattern's, and as much memory as its arguments. */
bool pv_patterns_match(struct pv_str list, struct pv_str text);

#endif
