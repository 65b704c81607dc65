/* A list of names for a message. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_NAMES_H
#define PV_NAMES_H

/* The longest list, in bytes: a message has room for it behind a quoted text. */
enum { PV_MAX_NAMES_TEXT = 240 };

/* All zero is a list without a name. */
struct pv_names {
    char text[PV_MAX_NAMES_TEXT + sizeof ", and more"];
    bool is_cut;
};

/* Adds a name, escaped. The first that has no room ends the list: half a name would be another name. */
void pv_names_add(struct pv_names *names, struct pv_str name);

/* "a, b", "a, b, and more", "too long to be shown" or "none"; it lives as long as the list. */
const char *pv_names_text(const struct pv_names *names);

#endif
