/* Answers of a registry that are not what was asked for, as results and messages. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json.h"
#include "base/json_array.h"
#include "store/auth/authorize.h"
#include "store/http/retry.h"
#include "store/registry/registry_error.h"

/* The first error that a body names: code and message, cut to what a line holds. */
struct told {
    char code[64];
    char message[256];
};

static enum pv_json_raw_kind is_errors(struct pv_str parent, struct pv_str key) {
    return parent.len == 0 && pv_str_equal(key, PV_STR("errors")) ? PV_JSON_RAW : PV_JSON_NOT_RAW;
}

static void keep_text(const struct pv_json *json, const char *key, char *room, size_t cap) {
    struct pv_str text;
    bool present = false;
    if (pv_json_text(json, PV_STR(""), key, &text, &present, NULL) == PROVAR_OK && present)
        (void)provar_escape(text.text, text.len, room, cap);
}

static enum provar_result take_first(void *user, struct pv_str element, struct provar_error *err) {
    struct told *told = user;
    PV_AUTO_JSON struct pv_json *json = NULL;
    (void)err;
    if (told->code[0] != 0 || told->message[0] != 0 || pv_json_parse(element, NULL, &json, NULL) != PROVAR_OK)
        return PROVAR_OK;
    keep_text(json, "code", told->code, sizeof told->code);
    keep_text(json, "message", told->message, sizeof told->message);
    return PROVAR_OK;
}

/* A body that cannot be read tells nothing; the status is what decides. */
static void read_body(struct pv_str body, struct told *told) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    *told = (struct told){0};
    if (body.len == 0 || pv_json_parse(body, is_errors, &json, NULL) != PROVAR_OK || pv_json_raw_count(json) != 1)
        return;
    if (pv_json_each_element(pv_json_raw(json, 0)->value_text, take_first, told, NULL) != PROVAR_OK)
        *told = (struct told){0};
}

/* ": CODE: message" */
struct told_text {
    char text[sizeof(struct told) + 8];
};

static struct told_text tell(const struct told *told) {
    struct told_text line = {""};
    bool both = told->code[0] != 0 && told->message[0] != 0;
    if (told->code[0] != 0 || told->message[0] != 0)
        (void)snprintf(line.text, sizeof line.text, ": %s%s%s", told->code, both ? ": " : "", told->message);
    size_t len = strlen(line.text);
    if (len > 0 && line.text[len - 1] == '.')
        line.text[len - 1] = 0;
    return line;
}

static enum provar_result refuse_access(const struct pv_registry_refusal *refusal, const struct told *told,
                                        struct provar_error *err) {
    return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "%s does not let us %s, asked %s (status %u)%s; %s",
                   refusal->where, refusal->is_writing ? "write" : "read", refusal->who ? refusal->who : "anonymously",
                   refusal->status, tell(told).text,
                   refusal->status == 401 || refusal->who == NULL ? PV_LOG_IN
                                                                  : "these credentials do not have the right");
}

static enum provar_result refuse_missing(const struct pv_registry_refusal *refusal, const struct told *told,
                                         struct provar_error *err) {
    if (refusal->is_start)
        return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET,
                       "%s is not there to be written to%s; the repository, or its project, must be created first",
                       refusal->where, tell(told).text);
    return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET, "%s has no %s%s", refusal->where, refusal->what,
                   tell(told).text);
}

/* What was refused again and again has taken its time. */
struct tries_text {
    char text[32];
};

static struct tries_text tell_tries(const struct pv_registry_refusal *refusal) {
    struct tries_text line = {""};
    if (refusal->tries > 1 && pv_retry_status(refusal->status))
        (void)snprintf(line.text, sizeof line.text, "; tried %u times", refusal->tries);
    return line;
}

static enum provar_result refuse_rate(const struct pv_registry_refusal *refusal, const struct told *told,
                                      struct provar_error *err) {
    char asks[64] = "", limits[128] = "";
    if (refusal->retry_after.len > 0)
        (void)snprintf(asks, sizeof asks, "; try again after: %.*s", 40, pv_quote(refusal->retry_after).text);
    if (refusal->limit.len > 0 || refusal->remaining.len > 0)
        (void)snprintf(limits, sizeof limits, "; limit '%.40s', remaining '%.40s'", pv_quote(refusal->limit).text,
                       pv_quote(refusal->remaining).text);
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "%s refuses more requests for now (status 429)%s%s%s%s",
                   refusal->where, tell(told).text, limits, tell_tries(refusal).text, asks);
}

/* What to do, where the registry's words are known to have one cause. */
static const char *hint(const struct pv_registry_refusal *refusal, const struct told *told) {
    bool is_type = refusal->is_writing && pv_str_equal(pv_str_of(told->code), PV_STR("MANIFEST_INVALID")) &&
                   strstr(told->message, "media type") != NULL;
    return is_type ? "; push with the media types of container images, which such registries take" : "";
}

enum provar_result pv_registry_refuse(const struct pv_registry_refusal *refusal, struct provar_error *err) {
    struct told told;
    read_body(refusal->body, &told);
    if ((refusal->status == 401 || refusal->status == 403) && !refusal->is_elsewhere)
        return refuse_access(refusal, &told, err);
    if (refusal->status == 404 && (refusal->is_start || !refusal->is_writing))
        return refuse_missing(refusal, &told, err);
    if (refusal->status == 429)
        return refuse_rate(refusal, &told, err);
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "%s answers status %u when asked for %s%s%s%s",
                   refusal->where, refusal->status, refusal->what, tell(&told).text, hint(refusal, &told),
                   tell_tries(refusal).text);
}
