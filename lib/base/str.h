/* Text with its length, equality as a truth, and numbers that are digits and nothing else. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_STR_H
#define PV_STR_H

/* Borrowed text; not ended by a NUL unless the owner says so. */
struct pv_str {
    const char *text;
    size_t len;
};

#define PV_STR(literal) ((struct pv_str){"" literal, sizeof(literal) - 1})

static inline struct pv_str pv_str(const char *text, size_t len) {
    return (struct pv_str){text, len};
}

/* Of a string that ends in a NUL; NULL gives an empty text. */
static inline struct pv_str pv_str_of(const char *text) {
    return (struct pv_str){text, text ? strlen(text) : 0};
}

static inline bool pv_bytes_equal(const void *a, const void *b, size_t len) {
    return len == 0 || memcmp(a, b, len) == 0;
}

static inline bool pv_str_equal(struct pv_str a, struct pv_str b) {
    return a.len == b.len && pv_bytes_equal(a.text, b.text, a.len);
}

/* Byte order, shorter first where one begins the other: for sorting. */
int pv_str_order(struct pv_str a, struct pv_str b);

bool pv_str_starts(struct pv_str text, struct pv_str prefix);
bool pv_str_ends(struct pv_str text, struct pv_str suffix);
bool pv_str_has_nul(struct pv_str text);
/* Is it in a list of texts that ends in NULL? */
bool pv_str_is_one_of(struct pv_str text, const char *const *list);
/* Equality that ignores the case of ASCII letters. */
bool pv_str_equal_ascii_nocase(struct pv_str a, struct pv_str b);

/* The text without one final LF or CRLF. */
struct pv_str pv_str_chomp(struct pv_str text);

/* Length of the well-formed UTF-8 sequence at the front (RFC 3629), and its code point; 0 when there is none. */
size_t pv_utf8_next(struct pv_str text, uint32_t *code_point);
bool pv_str_is_utf8(struct pv_str text);
/* Code points that move the cursor, end a line, reorder the text around them or are invisible. */
bool pv_utf8_steers(uint32_t code_point);

/* A copy that ends in a NUL, or NULL when there is no memory. */
char *pv_str_dup(struct pv_str text);

/* One or more digits of the base, nothing before, between or after them, no leading zero in decimal, not above `max`.
 */
bool pv_parse_decimal(struct pv_str digits, uint64_t max, uint64_t *value);
bool pv_parse_octal(struct pv_str digits, uint64_t max, uint64_t *value);

#endif
