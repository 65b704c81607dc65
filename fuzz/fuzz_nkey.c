/* Fuzzes nkeys: one text for one key, nothing of a seed in a message, and key files like the text in them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>

#include "fuzz.h"

#include "base/codec.h"
#include "keys/nkey.h"

enum { KEY = 32, CHECKSUM = 2, RAW_PUBLIC = 1 + KEY + CHECKSUM, RAW_SEED = 2 + KEY + CHECKSUM };

/* No run of base32 digits of the input's, long enough to be of use to a thief, may be in a message. */
static void check_silence(struct pv_str text, const struct provar_error *err) {
    enum { RUN = 10 };
    for (size_t at = 0, run = 0; at < text.len; at++) {
        char c = text.text[at];
        run = (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7') ? run + 1 : 0;
        if (run >= RUN)
            fuzz_require(memmem(err->message, strlen(err->message), text.text + at + 1 - RUN, RUN) == NULL);
    }
}

/* Without its point: what is taken is what would be written, and all that is taken whole is among it. */
static void check_text(struct pv_str text, enum provar_result whole) {
    struct provar_error err = {0};
    struct pv_nkey key, again;
    fuzz_fill(&key, sizeof key);
    enum provar_result result = pv_nkey_decode_text(text, &key, &err);
    fuzz_check_error(result, &err);
    if (result != PROVAR_OK) {
        fuzz_require(result == PROVAR_E_KEY && whole != PROVAR_OK && fuzz_is_filled(&key, sizeof key));
        check_silence(text, &err);
        return;
    }
    pv_nkey_encode_public(key.kind, key.bytes, &again);
    fuzz_require(pv_str_equal(pv_str_of(again.text), text) && pv_str_equal(pv_str_of(key.text), text));
}

static bool check_public(struct pv_str text) {
    struct provar_error err = {0}, public_err = {0};
    struct pv_nkey key, again;
    enum provar_key_kind kind = 0;
    fuzz_fill(&key, sizeof key);
    enum provar_result result = pv_nkey_decode_public(text, &key, &err);
    fuzz_check_error(result, &err);
    fuzz_require(provar_public_check(text.text, text.len, &kind, &public_err) == result);
    check_text(text, result);
    if (result != PROVAR_OK) {
        fuzz_require(result == PROVAR_E_KEY && fuzz_is_filled(&key, sizeof key) && kind == 0);
        check_silence(text, &err);
        check_silence(text, &public_err);
        return false;
    }
    fuzz_require(kind == key.kind && pv_nkey_kind_is_known(kind) && (char)kind == text.text[0]);
    pv_nkey_encode_public(key.kind, key.bytes, &again);
    fuzz_require(pv_str_equal(pv_str_of(again.text), text) && pv_str_equal(pv_str_of(key.text), text));
    fuzz_require(pv_nkey_decode_role(text, kind, "issuer", &again, NULL) == PROVAR_OK);
    enum provar_key_kind other = kind == PROVAR_KEY_ACCOUNT ? PROVAR_KEY_SERVICE : PROVAR_KEY_ACCOUNT;
    fuzz_require(pv_nkey_decode_role(text, other, "issuer", &again, NULL) == PROVAR_E_KEY);
    return true;
}

/* The file has the same verdict as its text; an empty line in front of it is allowed. */
static void check_file(struct pv_str text, enum provar_result expected) {
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_FD};
    struct provar_error err = {0};
    struct provar_key *key = NULL;
    PV_AUTO_FD int fd = memfd_create("key", MFD_CLOEXEC);
    fuzz_require(fd >= 0 && write(fd, text.text, text.len) == (ssize_t)text.len && lseek(fd, 0, SEEK_SET) == 0);
    from.fd = fd;
    enum provar_result result = provar_key_load(&from, 0, &key, &err);
    fuzz_check_error(result, &err);
    check_silence(text, &err);
    fuzz_require((key != NULL) == (result == PROVAR_OK));
    if (text.len > PV_MAX_KEY_FILE)
        fuzz_require(result == PROVAR_E_LIMIT);
    else if (text.len == 0 || text.text[0] != '\n')
        fuzz_require(result == expected);
    provar_key_free(key);
}

static void check_key(struct pv_str text, enum provar_result expected) {
    struct provar_error err = {0};
    struct provar_key *key = NULL;
    char back[PROVAR_SEED_LEN + 1];
    enum provar_result result = provar_key_from_seed(text.text, text.len, &key, &err);
    fuzz_check_error(result, &err);
    check_silence(text, &err);
    fuzz_require(result == expected && (key != NULL) == (result == PROVAR_OK));
    if (key) {
        struct pv_nkey of_key;
        provar_key_seed(key, back);
        fuzz_require(pv_str_equal(pv_str_of(back), pv_str_chomp(text)));
        fuzz_require(pv_nkey_decode_public(pv_str_of(provar_key_public(key)), &of_key, NULL) == PROVAR_OK);
        fuzz_require(of_key.kind == provar_key_get_kind(key));
    }
    provar_key_free(key);
    check_file(text, result);
}

static bool check_seed(struct pv_str text) {
    static const uint8_t none[KEY];
    struct provar_error err = {0};
    enum provar_key_kind kind = 0;
    uint8_t seed[KEY];
    char again[PROVAR_SEED_LEN + 1];
    fuzz_fill(seed, sizeof seed);
    enum provar_result result = pv_nkey_decode_seed(pv_str_chomp(text), &kind, seed, &err);
    fuzz_check_error(result, &err);
    check_silence(text, &err);
    if (result == PROVAR_OK) {
        pv_nkey_encode_seed(kind, seed, again);
        fuzz_require(pv_str_equal(pv_str_of(again), pv_str_chomp(text)));
    } else {
        fuzz_require(result == PROVAR_E_KEY && kind == 0 && pv_bytes_equal(seed, none, KEY));
    }
    check_key(text, result);
    return result == PROVAR_OK;
}

/* CRC-16/XMODEM, for texts whose checksum no mutation would find. */
static void seal(uint8_t *raw, size_t len) {
    unsigned crc = 0;
    for (size_t i = 0; i < len - CHECKSUM; i++) {
        crc ^= (unsigned)raw[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc << 1) ^ (crc & 0x8000 ? 0x11021 : 0);
    }
    raw[len - 2] = (uint8_t)crc;
    raw[len - 1] = (uint8_t)(crc >> 8);
}

static void check_sealed(const uint8_t *data, size_t len) {
    uint8_t raw[RAW_SEED] = {0};
    char text[PROVAR_SEED_LEN];
    memcpy(raw, data, len < sizeof raw ? len : sizeof raw);
    seal(raw, RAW_PUBLIC);
    pv_base32_encode(raw, RAW_PUBLIC, text);
    (void)check_public(pv_str(text, PROVAR_PUBLIC_LEN));
    memset(raw, 0, sizeof raw);
    memcpy(raw, data, len < sizeof raw ? len : sizeof raw);
    seal(raw, RAW_SEED);
    pv_base32_encode(raw, RAW_SEED, text);
    (void)check_seed(pv_str(text, PROVAR_SEED_LEN));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_str text = pv_str((const char *)data, len);
    bool accepted = check_public(text);
    accepted = check_seed(text) || accepted;
    fuzz_accepted += accepted;
    check_sealed(data, len);
    return 0;
}
