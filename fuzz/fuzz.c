/* What the fuzz targets share: see fuzz.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "claims/jws.h"

size_t fuzz_accepted;

void fuzz_die(const char *file, int line, const char *what) {
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    __builtin_trap();
}

/* ---------------------------------------------------------------- errors */

static void check_line(const char *text, size_t cap) {
    size_t len = strnlen(text, cap);
    fuzz_require(len < cap);
    fuzz_require(pv_str_is_utf8(pv_str(text, len)));
    for (size_t i = 0; i < len; i++)
        fuzz_require((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

void fuzz_check_error(enum provar_result result, const struct provar_error *err) {
    fuzz_require(err->code == (int32_t)result);
    check_line(err->message, sizeof err->message);
    check_line(err->member, sizeof err->member);
    if (result == PROVAR_OK) {
        fuzz_require(err->message[0] == 0 && err->member[0] == 0);
        return;
    }
    fuzz_require(result != PROVAR_E_INTERNAL && result != PROVAR_E_NO_MEMORY);
    fuzz_require(err->message[0] != 0 && err->message[strlen(err->message) - 1] != '.');
}

void fuzz_check_error_within(enum provar_result result, const struct provar_error *err, uint64_t len) {
    fuzz_check_error(result, err);
    if (result != PROVAR_OK)
        fuzz_require(err->offset == PROVAR_NO_OFFSET || err->offset <= len);
}

/* ---------------------------------------------------------------- bytes */

void fuzz_fill(void *output, size_t len) {
    memset(output, FUZZ_UNTOUCHED, len);
}

bool fuzz_is_filled(const void *output, size_t len) {
    const uint8_t *bytes = output;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != FUZZ_UNTOUCHED)
            return false;
    return true;
}

uint8_t *fuzz_copy(const uint8_t *data, size_t len) {
    uint8_t *copy = malloc(len > 0 ? len : 1);
    fuzz_require(copy != NULL);
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

void fuzz_sign(const char *seed, struct pv_str payload, struct pv_buf *out) {
    struct provar_key *key = NULL;
    uint8_t signature[PROVAR_SIGNATURE_LEN];
    fuzz_require(provar_key_from_seed(seed, strlen(seed), &key, NULL) == PROVAR_OK);
    fuzz_require(pv_jws_signing_input(payload, out, NULL) == PROVAR_OK);
    fuzz_require(provar_key_sign(key, out->data, out->len, signature, NULL) == PROVAR_OK);
    fuzz_require(pv_jws_add_signature(signature, out, NULL) == PROVAR_OK);
    provar_key_free(key);
}

/* ---------------------------------------------------------------- sources */

static int64_t feed_at(const struct fuzz_feed *feed, void *buf, size_t cap, uint64_t offset) {
    size_t at = offset < feed->len ? (size_t)offset : feed->len;
    size_t left = feed->len - at;
    size_t step = feed->step > 0 ? feed->step : 1 + at % 61 * (at % 7) * 97;
    step = step < cap ? step : cap;
    step = step < left ? step : left;
    if (step > 0)
        memcpy(buf, feed->data + at, step);
    return (int64_t)step;
}

static int64_t feed_read(void *buf, size_t cap, void *user) {
    struct fuzz_feed *feed = user;
    int64_t got = feed_at(feed, buf, cap, feed->pos);
    feed->pos += (size_t)got;
    return got;
}

static int64_t feed_read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    return feed_at(user, buf, cap, offset);
}

struct provar_callbacks fuzz_callbacks(struct fuzz_feed *feed, bool by_offset) {
    return (struct provar_callbacks){
        .size = sizeof(struct provar_callbacks),
        .read = feed_read,
        .read_at = by_offset ? feed_read_at : NULL,
        .total = feed->len,
        .user = feed,
    };
}

enum provar_result fuzz_read_all(struct pv_source *source, size_t chunk, struct pv_buf *out, struct provar_error *err) {
    for (;;) {
        size_t len = 0;
        fuzz_require(pv_buf_reserve(out, chunk, NULL) == PROVAR_OK);
        enum provar_result result = source->ops->read(source, out->data + out->len, chunk, &len, err);
        if (result != PROVAR_OK || len == 0)
            return result;
        fuzz_require(len <= chunk);
        out->len += len;
        out->data[out->len] = 0;
    }
}
