/* A list of names for a message. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/names.h"

void pv_names_add(struct pv_names *names, struct pv_str name) {
    char shown[PV_MAX_NAMES_TEXT + 1];
    size_t used = strlen(names->text), len = provar_escape(name.text, name.len, shown, sizeof shown);
    const char *between = used > 0 ? ", " : "", *rest = used > 0 ? "and more" : "too long to be shown";
    if (names->is_cut)
        return;
    names->is_cut = used + strlen(between) + len > PV_MAX_NAMES_TEXT;
    (void)snprintf(names->text + used, sizeof names->text - used, "%s%s", between, names->is_cut ? rest : shown);
}

const char *pv_names_text(const struct pv_names *names) {
    return names->text[0] ? names->text : "none";
}
