/* Ranges of bytes in the headers of answers: Content-Range of a download, Range of an upload. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/http/content_range.h"

/* Cuts `*text` at the first such character; false when there is none. */
static bool split(struct pv_str *text, char at, struct pv_str *behind) {
    const char *found = text->len > 0 ? memchr(text->text, at, text->len) : NULL;
    if (found == NULL)
        return false;
    size_t len = (size_t)(found - text->text);
    *behind = pv_str(found + 1, text->len - len - 1);
    text->len = len;
    return true;
}

static bool drop_prefix(struct pv_str *text, struct pv_str prefix) {
    if (text->len < prefix.len || !pv_str_equal_ascii_nocase(pv_str(text->text, prefix.len), prefix))
        return false;
    *text = pv_str(text->text + prefix.len, text->len - prefix.len);
    return true;
}

static bool parse_ends(struct pv_str text, uint64_t *first, uint64_t *last) {
    struct pv_str behind;
    return split(&text, '-', &behind) && pv_parse_decimal(text, INT64_MAX, first) &&
           pv_parse_decimal(behind, INT64_MAX, last) && *first <= *last;
}

bool pv_content_range_parse(struct pv_str text, struct pv_content_range *range) {
    struct pv_str size;
    struct pv_content_range found = {0};
    if (!drop_prefix(&text, PV_STR("bytes ")) || !split(&text, '/', &size) ||
        !parse_ends(text, &found.first, &found.last))
        return false;
    found.has_size = !pv_str_equal(size, PV_STR("*"));
    if (found.has_size && (!pv_parse_decimal(size, INT64_MAX, &found.size) || found.last >= found.size))
        return false;
    *range = found;
    return true;
}

bool pv_upload_range_parse(struct pv_str text, uint64_t *have) {
    uint64_t first, last;
    (void)drop_prefix(&text, PV_STR("bytes="));
    if (!parse_ends(text, &first, &last) || first != 0)
        return false;
    *have = last == 0 ? 0 : last + 1;
    return true;
}
