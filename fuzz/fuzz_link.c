/* Fuzzes Link headers: a target that is found stands in the header, and what a grammar matches is found. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>

#include "fuzz.h"

#include "store/http/link_header.h"

/* One link, as every registry writes it: what is left of RFC 8288 has no bearing on it. */
#define PLAIN "^[ \t]*<[^>]+>[ \t]*;[ \t]*[Rr][Ee][Ll]=(\"[Nn][Ee][Xx][Tt]\"|[Nn][Ee][Xx][Tt])[ \t]*$"

static bool is_plain(const char *text) {
    static regex_t compiled;
    static bool ready;
    if (!ready)
        fuzz_require(regcomp(&compiled, PLAIN, REG_EXTENDED | REG_NOSUB) == 0);
    ready = true;
    return regexec(&compiled, text, 0, NULL, 0) == 0;
}

static bool names_next(struct pv_str text) {
    for (size_t i = 0; i + 4 <= text.len; i++)
        if (pv_str_equal_ascii_nocase(pv_str(text.text + i, 4), PV_STR("next")))
            return true;
    return false;
}

static void check_target(struct pv_str header, struct pv_str target) {
    const char *end = header.text + header.len;
    fuzz_require(target.text > header.text && target.text + target.len < end);
    fuzz_require(target.text[-1] == '<' && target.text[target.len] == '>');
    fuzz_require(memchr(target.text, '>', target.len) == NULL);
    fuzz_require(names_next(pv_str(target.text + target.len, (size_t)(end - target.text) - target.len)));
}

/* Links without a relation, before and behind, change nothing. */
static void check_in_a_list(struct pv_str header, struct pv_str target) {
    PV_AUTO_BUF struct pv_buf list;
    struct pv_str found;
    pv_buf_init(&list, header.len + 64);
    fuzz_require(pv_buf_append_str(&list, PV_STR("</first>; rel=\"prev\" , ,"), NULL) == PROVAR_OK);
    fuzz_require(pv_buf_append_str(&list, header, NULL) == PROVAR_OK);
    fuzz_require(pv_buf_append_str(&list, PV_STR(", </last>"), NULL) == PROVAR_OK);
    fuzz_require(pv_link_next(pv_buf_str(&list), &found));
    fuzz_require(pv_str_equal(found, target));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data, len);
    PV_AUTO_FREE char *ended = pv_str_dup(pv_str((const char *)data, len));
    struct pv_str header = pv_str((const char *)copy, len), target;
    fuzz_require(ended != NULL);
    bool read = pv_link_next(header, &target);
    if (!pv_str_has_nul(header) && is_plain(ended))
        fuzz_require(read && target.len > 0);
    if (!read || target.len == 0)
        return 0;
    check_target(header, target);
    check_in_a_list(header, target);
    fuzz_accepted++;
    return 0;
}
