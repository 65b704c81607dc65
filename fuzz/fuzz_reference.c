/* Fuzzes references: what is read is what regular expressions of the grammar match, and survives being written. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>

#include "fuzz.h"

#include "store/image/reference.h"

#define LABEL  "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#define PORT   "(:[1-9][0-9]{0,4})"
#define SIX    "\\[[0-9A-Fa-f:]+\\]"
#define PART   "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*"
#define REPO   PART "(/" PART ")*"
#define SUFFIX "(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$"
#define LOCAL  "[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]"
#define GUESS  LABEL "(\\." LABEL ")+" PORT "?|" LABEL PORT "|" LOCAL "|" SIX PORT "?"

enum { REGISTRY, HUB, EXPLICIT, LAYOUT, FORMS };

/* Beyond these: the length of the whole name, ports above 65535, and what is an address. */
static const char *const grammars[FORMS] = {
    [REGISTRY] = ("^(" GUESS ")/" REPO SUFFIX),
    [HUB] = ("^" REPO SUFFIX),
    [EXPLICIT] = ("^oci://(" LABEL "(\\." LABEL ")*" PORT "?|" SIX PORT "?)/" REPO SUFFIX),
    [LAYOUT] = ("^oci:[^:]+" SUFFIX),
};

static bool matches(int form, const char *text) {
    static regex_t compiled[FORMS];
    static bool ready[FORMS];
    if (!ready[form])
        fuzz_require(regcomp(&compiled[form], grammars[form], REG_EXTENDED | REG_NOSUB) == 0);
    ready[form] = true;
    return regexec(&compiled[form], text, 0, NULL, 0) == 0;
}

/* Whether the first part is no name of letters, or has a port that may be too large. */
static bool may_be_an_address(const char *text) {
    const char *host = strstr(text, "//");
    host = host ? host + 2 : text;
    size_t len = strcspn(host, "/"), name = strcspn(host, ":/");
    if (*host == '[' || len - name > 5)
        return true;
    while (name > 0 && host[name - 1] != '.') {
        char c = (char)(host[--name] | 0x20);
        if (c > 'f' && c != 'x')
            return false;
    }
    return true;
}

/* Without a registry in front, and no registry itself. */
static bool is_hub(const char *text) {
    const char *slash = strchr(text, '/');
    size_t first = slash ? (size_t)(slash - text) : 0, name = strcspn(text, ":@");
    if (!slash && (memchr(text, '.', name) || pv_str_equal(pv_str(text, name), PV_STR("localhost"))))
        return false;
    if (strcspn(text, ".:") < first || pv_str_equal_ascii_nocase(pv_str(text, first), PV_STR("localhost")))
        return false;
    return matches(HUB, text);
}

static void check_verdict(const char *text, size_t len, uint32_t flags, bool accepted) {
    if (pv_str_starts(pv_str(text, len), PV_STR("oci:")) && !pv_str_starts(pv_str(text, len), PV_STR("oci://"))) {
        if (accepted)
            fuzz_require(matches(LAYOUT, text));
        return;
    }
    bool by_hub = flags != 0 && is_hub(text);
    bool matched = matches(REGISTRY, text) || matches(EXPLICIT, text) || by_hub;
    if (accepted)
        fuzz_require(matched);
    else if (matched)
        fuzz_require(len > 200 || (!by_hub && may_be_an_address(text)));
}

/* The canonical text is read as the same, by every flag, and is its own canonical text. */
static void check_text(const struct pv_reference *reference) {
    PV_AUTO_BUF struct pv_buf text, again;
    pv_buf_init(&text, 8 * PV_KIB);
    pv_buf_init(&again, 8 * PV_KIB);
    fuzz_require(pv_reference_text(reference, &text, NULL) == PROVAR_OK);
    for (uint32_t flags = 0; flags <= PROVAR_REFERENCE_DOCKER_HUB; flags++) {
        struct pv_reference back;
        fuzz_fill(&back, sizeof back);
        fuzz_require(pv_reference_parse(pv_buf_str(&text), flags, &back, NULL) == PROVAR_OK);
        fuzz_require(pv_bytes_equal(&back, reference, sizeof back));
    }
    fuzz_require(pv_reference_text(reference, &again, NULL) == PROVAR_OK);
    fuzz_require(pv_str_equal(pv_buf_str(&text), pv_buf_str(&again)));
}

static void check_parts(const struct pv_reference *reference) {
    bool is_layout = reference->kind == PV_REFERENCE_LAYOUT;
    fuzz_require(is_layout || reference->kind == PV_REFERENCE_REGISTRY);
    fuzz_require((reference->directory[0] != 0) == is_layout && (reference->host[0] != 0) == !is_layout);
    fuzz_require((reference->repository[0] != 0) == !is_layout);
    fuzz_require(strlen(reference->host) + 1 + strlen(reference->repository) <= PV_MAX_REFERENCE_NAME);
    fuzz_require(reference->tag[0] == 0 || pv_tag_is_good(pv_str_of(reference->tag)));
    fuzz_require(!pv_reference_is_latest(reference) || reference->digest.text[0] == 0);
    fuzz_require(strstr(reference->repository, "..") == NULL && strstr(reference->repository, "//") == NULL);
    fuzz_require(strpbrk(reference->host, "@?#/\\% ") == NULL);
}

static bool check(struct pv_str text, uint32_t flags) {
    PV_AUTO_FREE char *ended = pv_str_dup(text);
    struct provar_error err = {0};
    struct pv_reference reference;
    fuzz_require(ended != NULL);
    fuzz_fill(&reference, sizeof reference);
    enum provar_result result = pv_reference_parse(text, flags, &reference, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_USAGE);
    if (result != PROVAR_OK)
        fuzz_require(fuzz_is_filled(&reference, sizeof reference));
    if (pv_str_has_nul(text))
        fuzz_require(result != PROVAR_OK);
    else
        check_verdict(ended, text.len, flags, result == PROVAR_OK);
    if (result != PROVAR_OK)
        return false;
    check_parts(&reference);
    check_text(&reference);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_str text = pv_str((const char *)data, len);
    bool accepted = check(text, 0), with_hub = check(text, PROVAR_REFERENCE_DOCKER_HUB);
    fuzz_require(!accepted || with_hub);
    fuzz_require(pv_reference_is_file(text, true) == !pv_str_starts(text, PV_STR("oci://")));
    fuzz_require(pv_reference_is_file(text, true) || !pv_reference_is_file(text, false));
    fuzz_accepted += with_hub;
    return 0;
}
