/* Seeds: gzip headers, and gzip files. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "seeds.h"
#include "support/gzip.h"

static void seed_buf(const char *decoder, const char *name, struct pv_buf *buf) {
    seed(decoder, name, buf->data, buf->len);
    pv_buf_release(buf);
}

static void header(const char *name, const struct member *member, size_t cut) {
    struct pv_buf out = empty_bytes();
    add_header(&out, member);
    out.len -= cut;
    seed_buf("gzip_header", name, &out);
}

static void headers(void) {
    header("good_plain", &(struct member){0}, 0);
    header("good_extra", &(struct member){.flags = FLG_EXTRA, .extra_len = 300}, 0);
    header("good_name_comment", &(struct member){.flags = FLG_NAME | FLG_COMMENT, .name_len = 9, .comment_len = 3}, 0);
    header("good_everything",
           &(struct member){.flags = FLG_TEXT | FLG_HCRC | FLG_EXTRA | FLG_NAME | FLG_COMMENT,
                            .extra_len = 4,
                            .name_len = 5,
                            .comment_len = 6},
           0);
    header("good_empty_fields", &(struct member){.flags = FLG_EXTRA | FLG_NAME | FLG_COMMENT}, 0);
    header("bad_magic", &(struct member){.id2_xor = 1}, 0);
    header("bad_method", &(struct member){.cm_xor = 1}, 0);
    header("bad_reserved_flag", &(struct member){.flags = 0x20}, 0);
    header("bad_checksum", &(struct member){.flags = FLG_HCRC, .hcrc_xor = 1}, 0);
    header("bad_cut_name", &(struct member){.flags = FLG_NAME, .name_len = 5}, 1);
    header("bad_cut_extra", &(struct member){.flags = FLG_EXTRA, .extra_len = 300}, 1);
    header("bad_beyond_the_limit", &(struct member){.flags = FLG_NAME, .name_len = PV_MAX_GZIP_HEADER}, 0);
}

static void file(const char *name, const struct member *member, enum content content, size_t len) {
    struct pv_buf out = empty_bytes(), bytes = empty_bytes();
    add_content(&bytes, content, len);
    add_member(&out, member, &bytes);
    pv_buf_release(&bytes);
    seed_buf("gunzip", name, &out);
}

/* One good member, and something behind it. */
static void with_tail(const char *name, size_t tail, bool again) {
    struct pv_buf out = empty_bytes(), bytes = empty_bytes();
    const struct member member = {.level = 6};
    add_content(&bytes, TEXT, 100);
    add_member(&out, &member, &bytes);
    add_repeated(&out, 0, tail);
    if (again)
        add_member(&out, &member, &bytes);
    pv_buf_release(&bytes);
    seed_buf("gunzip", name, &out);
}

static void cut(const char *name, size_t less) {
    struct pv_buf out = empty_bytes(), bytes = empty_bytes();
    add_content(&bytes, TEXT, 1000);
    add_member(&out, &(struct member){.level = 6}, &bytes);
    out.len -= less;
    pv_buf_release(&bytes);
    seed_buf("gunzip", name, &out);
}

/* RFC 1951, 3.2.6: one block of fixed codes, "aaaa" as a literal and a match of length 3 at distance 1. */
static void fixed_block(const char *name, unsigned distance) {
    struct pv_buf out = empty_bytes(), bytes = empty_bytes();
    const struct member member = {0};
    struct bits bits = {0};
    add_repeated(&bytes, 'a', 4);
    add_header(&out, &member);
    put_bits(&bits, 1, 1);          /* BFINAL */
    put_bits(&bits, 1, 2);          /* BTYPE */
    put_code(&bits, 0x30 + 'a', 8); /* the literal */
    put_code(&bits, 1, 7);          /* length 3 */
    put_code(&bits, distance - 1, 5);
    put_code(&bits, 0, 7); /* end of block */
    add(&out, bits.data, bits_len(&bits));
    add_trailer(&out, &member, &bytes);
    pv_buf_release(&bytes);
    seed_buf("gunzip", name, &out);
}

/* RFC 1951, 3.2.7: one block of codes of its own, "a" and the end of the block, each of two bits: half of the codes
 * belong to no symbol, which some decoders take and others refuse. Nothing is promised of it. */
static void incomplete_code(void) {
    enum { REPEAT = 18, REPEAT_MIN = 11, ORDER = 16 };
    static const uint8_t order[ORDER] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2};
    static const unsigned zeros[] = {'a', 138, 256 - 'a' - 1 - 138}; /* before "a", and twice behind it */
    struct pv_buf out = empty_bytes(), bytes = empty_bytes();
    const struct member member = {0};
    struct bits bits = {0};
    add_repeated(&bytes, 'a', 1);
    add_header(&out, &member);
    put_bits(&bits, 1, 1);         /* BFINAL */
    put_bits(&bits, 2, 2);         /* BTYPE */
    put_bits(&bits, 0, 5);         /* HLIT: 257 */
    put_bits(&bits, 0, 5);         /* HDIST: 1 */
    put_bits(&bits, ORDER - 4, 4); /* HCLEN */
    for (size_t i = 0; i < ORDER; i++)
        put_bits(&bits, order[i] == REPEAT ? 1 : order[i] == 0 || order[i] == 2 ? 2 : 0, 3);
    for (size_t i = 0; i < array_length(zeros); i++) {
        put_code(&bits, 0, 1); /* REPEAT */
        put_bits(&bits, zeros[i] - REPEAT_MIN, 7);
        if (i != 1)
            put_code(&bits, 3, 2); /* a length of 2 */
    }
    put_code(&bits, 2, 2); /* no code for a distance */
    put_code(&bits, 0, 2); /* "a" */
    put_code(&bits, 1, 2); /* the end */
    add(&out, bits.data, bits_len(&bits));
    add_trailer(&out, &member, &bytes);
    pv_buf_release(&bytes);
    seed_buf("gunzip", "any_incomplete_code", &out);
}

static void files(void) {
    incomplete_code();
    file("good_stored", &(struct member){0}, NOISE, 300);
    file("good_text", &(struct member){.level = 6}, TEXT, 2000);
    file("good_noise", &(struct member){.level = 9}, NOISE, 1000);
    file("good_empty", &(struct member){.level = 6}, TEXT, 0);
    file("good_fields", &(struct member){.level = 1, .flags = FLG_HCRC | FLG_NAME, .name_len = 3}, TEXT, 100);
    file("bad_crc", &(struct member){.level = 6, .crc_xor = 1}, TEXT, 100);
    file("bad_length", &(struct member){.level = 6, .size_xor = 1}, TEXT, 100);
    file("bad_magic", &(struct member){.level = 6, .id1_xor = 1}, TEXT, 100);
    with_tail("good_nothing_behind", 0, false);
    with_tail("bad_zero_behind", 1, false);
    with_tail("bad_second_member", 0, true);
    cut("bad_cut_trailer", 1);
    cut("bad_cut_data", 20);
    fixed_block("good_fixed_codes", 1);
    fixed_block("bad_distance_too_far", 2);
}

void seeds_gzip(void) {
    headers();
    files();
}
