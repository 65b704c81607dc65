/* Seeds: nkeys, and the texts that bytes are written in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "base/codec.h"
#include "seeds.h"
#include "vectors/nkeys.h"

static void text(const char *decoder, const char *name, const char *value) {
    seed(decoder, name, value, strlen(value));
}

static void numbered(const char *decoder, const char *word, size_t number, const char *value) {
    char name[64];
    (void)snprintf(name, sizeof name, "%s_%zu", word, number);
    text(decoder, name, value);
}

static void keys(void) {
    char changed[PROVAR_SEED_LEN + 3];
    for (size_t i = 0; i < array_length(nkey_pairs); i++) {
        numbered("nkey", "good_seed", i, nkey_pairs[i].seed);
        numbered("nkey", "good_public", i, nkey_pairs[i].public_key);
        (void)snprintf(changed, sizeof changed, "%.57s%c", nkey_pairs[i].seed, nkey_pairs[i].seed[57] ^ 1);
        numbered("nkey", "bad_seed_checksum", i, changed);
    }
    text("nkey", "good_operator", NKEY_COUNTING_OPERATOR);
    text("nkey", "good_service", NKEY_COUNTING_SERVICE);
    text("nkey", "bad_kind", NKEY_UNKNOWN_KIND_SEED);
    /* The front of an account's seed, whose three last bits are not zero: the target adds key and checksum. */
    seed("nkey", "bad_bits_of_the_prefix", "\x90\x01", 2);
    (void)snprintf(changed, sizeof changed, "%s\r\n", nkey_pairs[0].seed);
    text("nkey", "good_seed_line", changed);
    (void)snprintf(changed, sizeof changed, "\n%s", nkey_pairs[0].seed);
    text("nkey", "bad_empty_line_in_front", changed);
    for (size_t i = 0; i < array_length(nkey_weak); i++)
        numbered("nkey", "bad_weak", i, nkey_weak[i].text);
}

static void codecs(void) {
    text("codec", "good_hex", "00FF10");
    text("codec", "good_base32", "MZXW6YTBOI");
    text("codec", "good_base64url", "Zm9vYmE-_w");
    text("codec", "bad_padding", "Zm9v=YmFy");
    text("codec", "bad_spare_bits", "Zm9vYmF");
    text("codec", "bad_length", "ab!");
}

void seeds_key(void) {
    keys();
    codecs();
}
