/* The one escaper of untrusted text for terminals, logs and messages. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* C0, DEL, C1, and the controls of Unicode 15, tables 23-2 and 23-3 (Trojan Source, CVE-2021-42574, is the attack). */
bool pv_utf8_steers(uint32_t c) {
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return true;
    return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || c >= 0xe0000;
}

/* Writes the escaped form of the character at the front of text into piece, and how long it was. */
static size_t escape_one(struct pv_str text, char piece[16], size_t *piece_len) {
    uint32_t c = 0;
    size_t step = pv_utf8_next(text, &c);
    int n;
    if (step == 0 || (c < 0x80 && pv_utf8_steers(c))) {
        n = snprintf(piece, 16, "\\x%02x", (unsigned)(unsigned char)text.text[0]);
        step = 1;
    } else if (pv_utf8_steers(c)) {
        n = snprintf(piece, 16, "\\u{%x}", (unsigned)c);
    } else if (c == '\\') {
        n = snprintf(piece, 16, "\\\\");
    } else {
        memcpy(piece, text.text, step);
        n = (int)step;
    }
    *piece_len = (size_t)n;
    return step;
}

size_t provar_escape(const char *text, size_t len, char *out, size_t cap) {
    size_t whole = 0, written = 0;
    bool full = cap == 0;
    while (len > 0) {
        char piece[16];
        size_t piece_len;
        size_t step = escape_one(pv_str(text, len), piece, &piece_len);
        if (!full && piece_len < cap - written) {
            memcpy(out + written, piece, piece_len);
            written += piece_len;
        } else {
            full = true;
        }
        whole += piece_len;
        text += step;
        len -= step;
    }
    if (cap > 0)
        out[written] = 0;
    return whole;
}
