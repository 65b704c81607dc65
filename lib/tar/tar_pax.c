/* The records of a pax extended header, as far as they bear on a provider archive; no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"
#include "tar/tar_pax.h"

struct record {
    struct pv_str key;
    struct pv_str value;
    uint64_t offset; /* in the stream */
};

/* What the keys that bear on framing and naming are. */
enum key_kind { KEY_OTHER, KEY_PATH, KEY_SIZE, KEY_LINKPATH, KEY_SPARSE };

/* Keys by which a body is not the file, but its map, a part of it or something else. GNU tar writes its own keys for
 * nothing else, and goes by GNU.volume.filename as by a path; libarchive takes a size from SCHILY.realsize and holes
 * from SUN.holesdata. */
static bool is_sparse(struct pv_str key) {
    return pv_str_starts(key, PV_STR("GNU.")) || pv_str_equal(key, PV_STR("SCHILY.realsize")) ||
           pv_str_equal(key, PV_STR("SCHILY.offset")) || pv_str_equal(key, PV_STR("SUN.holesdata"));
}

static enum key_kind kind_of(struct pv_str key) {
    if (pv_str_equal(key, PV_STR("path")))
        return KEY_PATH;
    if (pv_str_equal(key, PV_STR("size")))
        return KEY_SIZE;
    if (pv_str_equal(key, PV_STR("linkpath")))
        return KEY_LINKPATH;
    return is_sparse(key) ? KEY_SPARSE : KEY_OTHER;
}

/* Splits `KEY=VALUE\n`. A key with a NUL or a line feed is a record whose length lies; blanks before a key are nothing
 * to GNU tar, to which " path" is a path. */
static bool split_record(struct pv_str body, struct record *record) {
    const char *equals = memchr(body.text, '=', body.len);
    if (equals == NULL || body.text[body.len - 1] != '\n')
        return false;
    record->key = pv_str(body.text, (size_t)(equals - body.text));
    record->value = pv_str(equals + 1, body.len - record->key.len - 2);
    return record->key.len > 0 && record->key.text[0] != ' ' && record->key.text[0] != '\t' &&
           !pv_str_has_nul(record->key) && memchr(record->key.text, '\n', record->key.len) == NULL;
}

static enum provar_result next_record(struct pv_cursor *cursor, uint64_t offset, struct record *record,
                                      struct provar_error *err) {
    size_t start = cursor->pos, left = pv_cursor_left(cursor);
    struct record found = {.offset = offset + start};
    struct pv_str digits = pv_cursor_until(cursor, ' ');
    uint64_t len = 0;
    bool good = !cursor->error && pv_parse_decimal(digits, left, &len) && len > digits.len + 1;
    if (good) {
        size_t body_len = (size_t)len - digits.len - 1;
        const uint8_t *body = pv_cursor_take(cursor, body_len);
        good = body != NULL && split_record(pv_str((const char *)body, body_len), &found);
    }
    if (!good)
        return pv_fail(err, PROVAR_E_TAR, found.offset, "malformed pax record");
    *record = found;
    return PROVAR_OK;
}

static enum provar_result take_path(const struct record *record, struct pv_tar_pax *pax, struct provar_error *err) {
    if (pax->path.len > 0)
        return pv_fail(err, PROVAR_E_TAR, record->offset, "a second pax path for one member");
    if (record->value.len == 0)
        return pv_fail(err, PROVAR_E_TAR, record->offset, "empty pax path");
    if (pv_str_has_nul(record->value))
        return pv_fail(err, PROVAR_E_ENTRY, record->offset, "a NUL inside the member name '%s'",
                       pv_quote(record->value).text);
    pax->path = record->value;
    return PROVAR_OK;
}

static enum provar_result take_size(const struct record *record, struct pv_tar_pax *pax, struct provar_error *err) {
    if (pax->has_size)
        return pv_fail(err, PROVAR_E_TAR, record->offset, "a second pax size for one member");
    if (!pv_parse_decimal(record->value, UINT64_MAX, &pax->size))
        return pv_fail(err, PROVAR_E_TAR, record->offset, "malformed pax size '%s'", pv_quote(record->value).text);
    pax->has_size = true;
    return PROVAR_OK;
}

static enum provar_result take_local(const struct record *record, struct pv_tar_pax *pax, struct provar_error *err) {
    switch (kind_of(record->key)) {
    case KEY_PATH:
        return take_path(record, pax, err);
    case KEY_SIZE:
        return take_size(record, pax, err);
    case KEY_LINKPATH:
        return pv_fail(err, PROVAR_E_ENTRY, record->offset, "a pax link target: links are not members");
    case KEY_SPARSE:
        return pv_fail(err, PROVAR_E_ENTRY, record->offset, "a sparse file, or a part of one, in pax form");
    case KEY_OTHER:
        break;
    }
    return PROVAR_OK;
}

enum provar_result pv_tar_pax_decode(struct pv_str payload, uint64_t offset, struct pv_tar_pax *pax,
                                     struct provar_error *err) {
    struct pv_cursor cursor = pv_cursor(payload.text, payload.len);
    struct pv_tar_pax found = {0};
    do {
        struct record record;
        enum provar_result result = next_record(&cursor, offset, &record, err);
        if (result == PROVAR_OK)
            result = take_local(&record, &found, err);
        if (result != PROVAR_OK)
            return result;
    } while (pv_cursor_left(&cursor) > 0);
    *pax = found;
    return PROVAR_OK;
}

enum provar_result pv_tar_pax_check_global(struct pv_str payload, uint64_t offset, struct provar_error *err) {
    struct pv_cursor cursor = pv_cursor(payload.text, payload.len);
    do {
        struct record record;
        enum provar_result result = next_record(&cursor, offset, &record, err);
        if (result != PROVAR_OK)
            return result;
        if (kind_of(record.key) != KEY_OTHER)
            return pv_fail(err, PROVAR_E_TAR, record.offset, "a global pax header may not set '%s'",
                           pv_quote(record.key).text);
    } while (pv_cursor_left(&cursor) > 0);
    return PROVAR_OK;
}
