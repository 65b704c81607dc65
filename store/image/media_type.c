/* Media types: their grammar, and those of manifests and archives. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/limits.h"
#include "store/image/media_type.h"

/* The one of a list that ends in NULL, or NULL. RFC 9110, 8.3.1: types have no case. */
static const char *find(struct pv_str media_type, const char *const *types) {
    for (; *types; types++)
        if (pv_str_equal_ascii_nocase(media_type, pv_str_of(*types)))
            return *types;
    return NULL;
}

const char *pv_media_type_of_manifest(struct pv_str media_type) {
    static const char *const types[] = {PV_MEDIA_OCI_MANIFEST, PV_MEDIA_OCI_INDEX, PV_MEDIA_DOCKER_MANIFEST,
                                        PV_MEDIA_DOCKER_LIST, NULL};
    return find(media_type, types);
}

bool pv_media_type_is_image(struct pv_str media_type) {
    static const char *const types[] = {PV_MEDIA_OCI_MANIFEST, PV_MEDIA_DOCKER_MANIFEST, NULL};
    return find(media_type, types) != NULL;
}

bool pv_media_type_is_index(struct pv_str media_type) {
    static const char *const types[] = {PV_MEDIA_OCI_INDEX, PV_MEDIA_DOCKER_LIST, NULL};
    return find(media_type, types) != NULL;
}

bool pv_media_type_is_archive(struct pv_str media_type) {
    static const char *const types[] = {PV_MEDIA_PAR_LAYER, PV_MEDIA_OCI_LAYER, NULL};
    return find(media_type, types) != NULL;
}

/* RFC 6838, section 4.2. */
static bool is_type_name(struct pv_str name) {
    static const char marks[] = "!#$&-^_.+";
    if (name.len == 0 || name.len > PV_MAX_MEDIA_TYPE_NAME || memchr(marks, name.text[0], sizeof marks - 1) != NULL)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.text[i], letter = (char)(c | 0x20);
        if (!(c >= '0' && c <= '9') && !(letter >= 'a' && letter <= 'z') && memchr(marks, c, sizeof marks - 1) == NULL)
            return false;
    }
    return true;
}

bool pv_media_type_is_good(struct pv_str text) {
    const char *slash = text.len == 0 ? NULL : memchr(text.text, '/', text.len);
    if (slash == NULL)
        return false;
    size_t before = (size_t)(slash - text.text);
    return is_type_name(pv_str(text.text, before)) && is_type_name(pv_str(slash + 1, text.len - before - 1));
}

struct pv_str pv_media_type_bare(struct pv_str content_type) {
    const char *end = content_type.len == 0 ? NULL : memchr(content_type.text, ';', content_type.len);
    struct pv_str type = end ? pv_str(content_type.text, (size_t)(end - content_type.text)) : content_type;
    while (type.len > 0 && (type.text[type.len - 1] == ' ' || type.text[type.len - 1] == '\t'))
        type.len--;
    while (type.len > 0 && (type.text[0] == ' ' || type.text[0] == '\t'))
        type = pv_str(type.text + 1, type.len - 1);
    return type;
}
