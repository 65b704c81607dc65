/* Names of what is in a store: REGISTRY/REPO[:TAG][@DIGEST], oci://HOST/REPO..., oci:DIR[:TAG][@DIGEST]. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>

#include "internal.h"

#include "store/image/reference.h"

static const struct pv_str scheme = {"oci:", 4}, registry_scheme = {"oci://", 6};

#define HUB         "docker.io"
#define HUB_ALIAS   "index.docker.io"
#define HUB_SERVER  "registry-1.docker.io"
#define HUB_LIBRARY "library/"

/* ---------------------------------------------------------------- text */

static enum provar_result refuse(struct provar_error *err, const char *what, struct pv_str text) {
    return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "%s: '%s'", what, pv_quote(text).text);
}

static const char *find(struct pv_str text, char c) {
    return text.len == 0 ? NULL : memchr(text.text, c, text.len);
}

static const char *find_last(struct pv_str text, char c) {
    return text.len == 0 ? NULL : memrchr(text.text, c, text.len);
}

static bool has(struct pv_str text, char c) {
    return find(text, c) != NULL;
}

static struct pv_str before(struct pv_str text, const char *place) {
    return pv_str(text.text, (size_t)(place - text.text));
}

/* What follows the byte at `place`. */
static struct pv_str after(struct pv_str text, const char *place) {
    return pv_str(place + 1, text.len - (size_t)(place - text.text) - 1);
}

static struct pv_str without(struct pv_str text, struct pv_str prefix) {
    return pv_str(text.text + prefix.len, text.len - prefix.len);
}

/* The caller has compared the length with the room. */
static void copy(char *to, struct pv_str from) {
    memcpy(to, from.text, from.len);
    to[from.len] = 0;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

/* ---------------------------------------------------------------- tag and digest */

bool pv_tag_is_good(struct pv_str tag) {
    if (tag.len == 0 || tag.len > PV_MAX_TAG || tag.text[0] == '.' || tag.text[0] == '-')
        return false;
    for (size_t i = 0; i < tag.len; i++) {
        char c = tag.text[i];
        if (!is_lower(c) && !is_upper(c) && !is_digit(c) && c != '_' && c != '.' && c != '-')
            return false;
    }
    return true;
}

static enum provar_result read_tag(struct pv_str tag, struct pv_reference *made, struct provar_error *err) {
    if (tag.len > PV_MAX_TAG)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a tag of more than %d characters: '%s'", PV_MAX_TAG,
                       pv_quote(tag).text);
    if (!pv_tag_is_good(tag))
        return refuse(err, "not a tag of letters, digits, '_', '.' and '-'", tag);
    copy(made->tag, tag);
    return PROVAR_OK;
}

/* Cuts "@DIGEST" off. A slash behind the last "@" says that it belongs to a path. */
static enum provar_result cut_digest(struct pv_str *rest, struct pv_reference *made, struct provar_error *err) {
    const char *at = find_last(*rest, '@');
    if (at == NULL || has(after(*rest, at), '/'))
        return PROVAR_OK;
    enum provar_result result = pv_digest_parse(after(*rest, at), PROVAR_E_USAGE, &made->digest, err);
    *rest = before(*rest, at);
    return result;
}

/* ---------------------------------------------------------------- host */

/* RFC 1123, section 2.1. */
static bool is_label(struct pv_str label) {
    if (label.len == 0 || label.len > PV_MAX_HOST_LABEL || label.text[0] == '-' || label.text[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_lower(label.text[i]) && !is_digit(label.text[i]) && label.text[i] != '-')
            return false;
    return true;
}

/* Resolvers take 127.1, 0x7f.1 and 2130706433 for addresses, which what looks for loopback would not see: a name whose
 * last label is a number must be an address as it is usually written (WHATWG URL, 3.5). */
static bool ends_in_number(struct pv_str label) {
    bool is_hex = pv_str_starts(label, PV_STR("0x"));
    for (size_t i = is_hex ? 2 : 0; i < label.len; i++)
        if (!is_digit(label.text[i]) && !(is_hex && label.text[i] >= 'a' && label.text[i] <= 'f'))
            return false;
    return true;
}

static bool is_address(int family, struct pv_str text) {
    char address[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    if (text.len >= sizeof address || pv_str_has_nul(text))
        return false;
    copy(address, text);
    return inet_pton(family, address, &ignored) == 1;
}

static bool is_host_name(struct pv_str name) {
    struct pv_str rest = name, label = name;
    for (const char *dot = find(rest, '.'); dot; dot = find(rest, '.')) {
        if (!is_label(before(rest, dot)))
            return false;
        label = rest = after(rest, dot);
    }
    return is_label(label) && (!ends_in_number(label) || is_address(AF_INET, name));
}

/* Of a host with its port: the part before the colon, or the brackets and what is in them. */
static bool split_port(struct pv_str host, struct pv_str *name, struct pv_str *port) {
    const char *bracket = pv_str_starts(host, PV_STR("[")) ? find(host, ']') : NULL;
    const char *colon = bracket ? bracket + 1 : find(host, ':');
    *name = host;
    *port = PV_STR("");
    if (colon == NULL || colon == host.text + host.len)
        return true;
    *name = before(host, colon);
    *port = after(host, colon);
    return *colon == ':' && port->len > 0;
}

static bool is_host(struct pv_str host) {
    struct pv_str name, port;
    uint64_t number = 1;
    if (!split_port(host, &name, &port))
        return false;
    if (port.len > 0 && (!pv_parse_decimal(port, UINT16_MAX, &number) || number == 0))
        return false;
    if (!pv_str_starts(name, PV_STR("[")))
        return is_host_name(name);
    struct pv_str inside = pv_str(name.text + 1, name.len - 2);
    return pv_str_ends(name, PV_STR("]")) && !has(inside, '.') && is_address(AF_INET6, inside);
}

/* As of "https://ghcr.io/x" or "docker://ghcr.io/x", which other tools take. */
static bool is_scheme(struct pv_str host) {
    size_t i = 0;
    while (i < host.len && ((host.text[i] | 0x20) >= 'a' && (host.text[i] | 0x20) <= 'z'))
        i++;
    return i > 0 && i + 1 == host.len && host.text[i] == ':';
}

static enum provar_result read_host(struct pv_str text, struct pv_reference *made, struct provar_error *err) {
    struct pv_str host = pv_str_equal_ascii_nocase(text, PV_STR(HUB_ALIAS)) ? PV_STR(HUB) : text;
    if (has(host, '@')) /* and it is not repeated: a password may be in front */
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a reference holds no user and no password");
    if (host.len > PV_MAX_REFERENCE_NAME)
        return refuse(err, "the name of a registry is too long", host);
    copy(made->host, host);
    for (size_t i = 0; i < host.len; i++)
        if (is_upper(made->host[i]))
            made->host[i] = (char)(made->host[i] | 0x20);
    if (is_scheme(host))
        return refuse(err, "a scheme has no place in front of a registry", host);
    if (!is_host(pv_str(made->host, host.len)))
        return refuse(err, "not the name or address of a registry", host);
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- repository */

/* Length of the separator at the front: ".", "_", "__" or any number of "-"; 0 when there is none. */
static size_t separator(struct pv_str text) {
    size_t len = 0;
    if (pv_str_starts(text, PV_STR(".")))
        return 1;
    if (pv_str_starts(text, PV_STR("_")))
        return pv_str_starts(text, PV_STR("__")) ? 2 : 1;
    while (len < text.len && text.text[len] == '-')
        len++;
    return len;
}

static size_t alphanumerics(struct pv_str text) {
    size_t len = 0;
    while (len < text.len && (is_lower(text.text[len]) || is_digit(text.text[len])))
        len++;
    return len;
}

static bool is_repository(struct pv_str text) {
    for (;;) {
        size_t step = alphanumerics(text);
        if (step == 0)
            return false;
        text = pv_str(text.text + step, text.len - step);
        if (text.len == 0)
            return true;
        step = text.text[0] == '/' ? 1 : separator(text);
        if (step == 0)
            return false;
        text = pv_str(text.text + step, text.len - step);
    }
}

static enum provar_result read_repository(struct pv_str repository, struct pv_reference *made,
                                          struct provar_error *err) {
    bool in_library = pv_str_equal(pv_str_of(made->host), PV_STR(HUB)) && !has(repository, '/');
    struct pv_str library = in_library ? PV_STR(HUB_LIBRARY) : PV_STR("");
    if (repository.len > PV_MAX_REFERENCE_NAME ||
        strlen(made->host) + 1 + library.len + repository.len > PV_MAX_REFERENCE_NAME)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "registry and repository have more than %d characters together: '%s'", PV_MAX_REFERENCE_NAME,
                       pv_quote(repository).text);
    if (!is_repository(repository))
        return refuse(err, "not a repository's name, of lower-case letters, digits and single separators", repository);
    copy(made->repository, library);
    copy(made->repository + library.len, repository);
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- the three forms */

/* What tells a registry from the first part of a repository. */
static bool names_registry(struct pv_str first) {
    return has(first, '.') || has(first, ':') || pv_str_equal_ascii_nocase(first, PV_STR("localhost"));
}

/* Whether a reference of one part is a host, and not a repository of Docker Hub's: none there has a dot. */
static bool is_bare_host(struct pv_str text) {
    const char *colon = find(text, ':');
    struct pv_str name = colon ? before(text, colon) : text;
    return has(name, '.') || has(name, '[') || pv_str_equal_ascii_nocase(name, PV_STR("localhost"));
}

/* REPO[:TAG]. */
static enum provar_result read_repository_and_tag(struct pv_str text, struct pv_reference *made,
                                                  struct provar_error *err) {
    const char *colon = find(text, ':');
    enum provar_result result = read_repository(colon ? before(text, colon) : text, made, err);
    return result == PROVAR_OK && colon ? read_tag(after(text, colon), made, err) : result;
}

static enum provar_result read_registry(struct pv_str text, bool is_explicit, uint32_t flags, struct pv_reference *made,
                                        struct provar_error *err) {
    struct pv_str rest = text;
    made->kind = PV_REFERENCE_REGISTRY;
    enum provar_result result = cut_digest(&rest, made, err);
    if (result != PROVAR_OK)
        return result;
    const char *slash = find(rest, '/');
    bool has_host = slash && (is_explicit || names_registry(before(rest, slash)));
    if (!has_host && (is_explicit || (flags & PROVAR_REFERENCE_DOCKER_HUB) == 0))
        return refuse(err, "a reference without a registry, as in REGISTRY/REPOSITORY:TAG", text);
    if (!slash && is_bare_host(rest))
        return refuse(err, "a registry without a repository, as in REGISTRY/REPOSITORY:TAG", text);
    result = read_host(has_host ? before(rest, slash) : PV_STR(HUB), made, err);
    if (result == PROVAR_OK)
        result = read_repository_and_tag(has_host ? after(rest, slash) : rest, made, err);
    return result;
}

static enum provar_result read_layout(struct pv_str text, struct pv_reference *made, struct provar_error *err) {
    struct pv_str rest = text;
    made->kind = PV_REFERENCE_LAYOUT;
    enum provar_result result = cut_digest(&rest, made, err);
    if (result != PROVAR_OK)
        return result;
    const char *colon = find(rest, ':');
    struct pv_str directory = colon ? before(rest, colon) : rest;
    if (directory.len > PV_MAX_LAYOUT_DIRECTORY)
        return refuse(err, "the path of a layout is too long", directory);
    if (directory.len == 0 || pv_str_has_nul(directory))
        return refuse(err, "not the path of a layout's directory", directory);
    copy(made->directory, directory);
    return colon ? read_tag(after(rest, colon), made, err) : PROVAR_OK;
}

enum provar_result pv_reference_parse(struct pv_str text, uint32_t flags, struct pv_reference *reference,
                                      struct provar_error *err) {
    struct pv_reference made = {0};
    enum provar_result result;
    if (text.len == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "an empty reference");
    if (pv_str_starts(text, registry_scheme))
        result = read_registry(without(text, registry_scheme), true, flags, &made, err);
    else if (pv_str_starts(text, scheme))
        result = read_layout(without(text, scheme), &made, err);
    else
        result = read_registry(text, false, flags, &made, err);
    if (result == PROVAR_OK)
        *reference = made;
    return result;
}

/* ---------------------------------------------------------------- use */

static enum provar_result append_part(struct pv_buf *text, struct pv_str mark, const char *part,
                                      struct provar_error *err) {
    enum provar_result result = *part ? pv_buf_append_str(text, mark, err) : PROVAR_OK;
    return result == PROVAR_OK ? pv_buf_append_str(text, pv_str_of(part), err) : result;
}

enum provar_result pv_reference_text(const struct pv_reference *reference, struct pv_buf *text,
                                     struct provar_error *err) {
    bool is_layout = reference->kind == PV_REFERENCE_LAYOUT;
    struct pv_str host = pv_str_of(reference->host);
    struct pv_str front = is_layout ? scheme : names_registry(host) ? PV_STR("") : registry_scheme;
    enum provar_result result = append_part(text, front, is_layout ? reference->directory : reference->host, err);
    if (result == PROVAR_OK)
        result = append_part(text, PV_STR("/"), reference->repository, err);
    if (result == PROVAR_OK)
        result = append_part(text, PV_STR(":"), reference->tag, err);
    return result == PROVAR_OK ? append_part(text, PV_STR("@"), reference->digest.text, err) : result;
}

bool pv_reference_is_file(struct pv_str text, bool path_exists) {
    if (pv_str_starts(text, registry_scheme))
        return false;
    if (path_exists)
        return true;
    if (pv_str_starts(text, scheme))
        return false;
    if (pv_str_equal(text, PV_STR("-")) || pv_str_starts(text, PV_STR("/")) || pv_str_starts(text, PV_STR(".")) ||
        pv_str_ends(text, PV_STR(".par")) || pv_str_ends(text, PV_STR(".par.gz")))
        return true;
    const char *slash = find(text, '/');
    return !names_registry(slash ? before(text, slash) : text);
}

const char *pv_reference_server(const struct pv_reference *reference) {
    return pv_str_equal(pv_str_of(reference->host), PV_STR(HUB)) ? HUB_SERVER : reference->host;
}

bool pv_reference_is_latest(const struct pv_reference *reference) {
    struct pv_str tag = pv_str_of(reference->tag);
    if (reference->digest.text[0] != 0)
        return false;
    return tag.len == 0 ? reference->kind == PV_REFERENCE_REGISTRY : pv_str_equal(tag, PV_STR("latest"));
}

bool pv_reference_tag_has_capitals(const struct pv_reference *reference) {
    for (const char *c = reference->tag; *c; c++)
        if (is_upper(*c))
            return true;
    return false;
}

/* ---------------------------------------------------------------- public */

enum provar_result provar_reference_check(const char *text, size_t len, uint32_t flags, struct provar_error *err) {
    struct pv_reference ignored;
    if (!pv_enter(&err, pv_given(text, len)))
        return PROVAR_E_USAGE;
    return pv_reference_parse(pv_str(text, len), flags, &ignored, err);
}

int provar_reference_is_file(const char *text, size_t len, int path_exists) {
    return pv_reference_is_file(pv_str(text, len), path_exists != 0);
}
