/* References among the words of a command line, told from files by their form: libprovar-store is not asked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "reference.h"

static bool has_front(const char *word, const char *front) {
    return strncmp(word, front, strlen(front)) == 0;
}

static bool has_end(const char *word, const char *end) {
    size_t len = strlen(word), end_len = strlen(end);
    return len >= end_len && strcmp(word + len - end_len, end) == 0;
}

/* As docker and wash decide it: the first part, of this length, is a host when it could be nothing else. */
static bool is_registry(const char *word, size_t first) {
    return memchr(word, '.', first) || memchr(word, ':', first) ||
           (first == strlen("localhost") && strncasecmp(word, "localhost", first) == 0);
}

bool reference_is_layout(const char *word) {
    return has_front(word, "oci:") && !has_front(word, "oci://");
}

bool reference_is_path(const char *word) {
    return !has_front(word, "oci:") && (strcmp(word, "-") == 0 || word[0] == '/' || word[0] == '.' ||
                                        has_end(word, ".par") || has_end(word, ".par.gz"));
}

bool reference_is_file(const char *word, bool path_exists) {
    if (has_front(word, "oci://"))
        return false;
    if (path_exists)
        return true;
    return reference_is_path(word) || !is_registry(word, strcspn(word, "/"));
}

bool reference_names_store(const char *word) {
    size_t first = strcspn(word, "/");
    return has_front(word, "oci:") || (word[first] == '/' && is_registry(word, first));
}

bool reference_is_latest(const char *word) {
    const char *last = strrchr(word, '/');
    const char *tag = strchr(last ? last : word, ':');
    if (strchr(word, '@'))
        return false;
    if (reference_is_layout(word))
        tag = strchr(word + strlen("oci:"), ':');
    return tag ? strcmp(tag, ":latest") == 0 : !reference_is_layout(word);
}
