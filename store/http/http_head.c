/* The head of an HTTP answer line by line: what may stand in it, and how much. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/http/http_head.h"

void pv_http_fields(struct pv_http_head *head, struct pv_http_field fields[PV_HTTP_FIELDS]) {
    const struct pv_http_field list[PV_HTTP_FIELDS] = {
        {"Location", &head->location, false, 0},
        {"Content-Type", &head->content_type, false, 0},
        {"Content-Range", &head->content_range, false, 0},
        {"Content-Encoding", &head->content_encoding, true, 0},
        {"Range", &head->range, false, 0},
        {"Link", &head->link, true, 0},
        {"Retry-After", &head->retry_after, false, 0},
        {"Docker-Content-Digest", &head->digest, false, 0},
        {"Warning", &head->warning, true, 0},
        {"OCI-Subject", &head->oci_subject, false, 0},
        {"OCI-Chunk-Min-Length", &head->oci_chunk_min_length, false, 0},
        {"RateLimit-Remaining", &head->ratelimit_remaining, true, 0},
        {"RateLimit-Limit", &head->ratelimit_limit, true, 0},
        {"WWW-Authenticate", &head->challenges, true, '\n'},
    };
    memcpy(fields, list, sizeof list);
}

void pv_http_head_init(struct pv_http_head *head) {
    struct pv_http_field fields[PV_HTTP_FIELDS];
    *head = (struct pv_http_head){0};
    pv_http_fields(head, fields);
    /* The lines are limited already; each of them may get two characters more. */
    for (size_t i = 0; i < PV_HTTP_FIELDS; i++)
        pv_buf_init(fields[i].value, 2 * PV_MAX_HEAD);
}

void pv_http_head_release(struct pv_http_head *head) {
    struct pv_http_field fields[PV_HTTP_FIELDS];
    pv_http_fields(head, fields);
    for (size_t i = 0; i < PV_HTTP_FIELDS; i++)
        pv_buf_release(fields[i].value);
}

enum provar_result pv_http_line_check(struct pv_str line, uint64_t *total, struct provar_error *err) {
    struct pv_str text = pv_str_chomp(line);
    if (text.len > PV_MAX_HEADER_LINE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "a header of more than %zu bytes",
                       (size_t)PV_MAX_HEADER_LINE);
    *total += line.len;
    if (*total > PV_MAX_HEAD)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "headers of more than %zu bytes", (size_t)PV_MAX_HEAD);
    if (text.len > 0 && (text.text[0] == ' ' || text.text[0] == '\t'))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "a header that goes on in a second line");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "a header with control characters: '%s'",
                           pv_quote(text).text);
    }
    return PROVAR_OK;
}

enum provar_result pv_http_field_add(const struct pv_http_field *field, struct pv_str value, size_t amount,
                                     struct provar_error *err) {
    if (amount > 1 && !field->may_repeat)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "an answer has '%s' %zu times", field->name, amount);
    struct pv_str before = field->between == 0 && field->value->len > 0 ? PV_STR(", ") : PV_STR("");
    enum provar_result result = pv_buf_append_str(field->value, before, err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(field->value, value, err);
    return result == PROVAR_OK && field->between != 0 ? pv_buf_append(field->value, &field->between, 1, err) : result;
}

enum provar_result pv_http_length_read(struct pv_http_head *head, struct pv_str value, size_t amount, bool is_coded,
                                       struct provar_error *err) {
    if (amount > 1 || !pv_parse_decimal(value, INT64_MAX, &head->length))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "an answer with a bad 'Content-Length': '%s'",
                       pv_quote(value).text);
    if (is_coded)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "an answer with 'Content-Length' and 'Transfer-Encoding', which two readers cut differently");
    head->has_length = true;
    return PROVAR_OK;
}
