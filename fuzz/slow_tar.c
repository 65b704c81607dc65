/* An oracle for tar: the plainest walk there is, which believes every field and refuses nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "slow_tar.h"

enum { BLOCK = 512, NAME = 100, SIZE_AT = 124, SIZE = 12, SUM_AT = 148, SUM = 8, TYPE_AT = 156, MAGIC_AT = 257 };
enum { PREFIX_AT = 345, PREFIX = 155 };

/* What an `x` or `L` header says of the member behind it. */
struct extension {
    const uint8_t *name;
    size_t name_len;
    bool has_size;
    uint64_t size;
};

static bool all_zero(const uint8_t *block) {
    for (size_t i = 0; i < BLOCK; i++)
        if (block[i] != 0)
            return false;
    return true;
}

static size_t text_len(const uint8_t *text, size_t cap) {
    size_t len = 0;
    while (len < cap && text[len] != 0)
        len++;
    return len;
}

uint64_t slow_tar_size(const uint8_t block[512]) {
    uint64_t size = 0;
    size_t i = SIZE_AT;
    if (block[SIZE_AT] & 0x80) {
        for (i = SIZE_AT + SIZE - 8; i < SIZE_AT + SIZE; i++)
            size = size << 8 | block[i];
        return size;
    }
    while (i < SIZE_AT + SIZE && block[i] == ' ')
        i++;
    for (; i < SIZE_AT + SIZE && block[i] >= '0' && block[i] <= '7'; i++)
        size = size << 3 | (uint64_t)(block[i] - '0');
    return size;
}

void slow_tar_mend_header(uint8_t block[512]) {
    unsigned sum = 0;
    memset(block + SUM_AT, ' ', SUM);
    for (size_t i = 0; i < BLOCK; i++)
        sum += block[i];
    for (size_t i = 6; i > 0; i--, sum >>= 3)
        block[SUM_AT + i - 1] = (uint8_t)('0' + (sum & 7));
    block[SUM_AT + 6] = 0;
}

/* ---------------------------------------------------------------- one step of the walk */

/* Where the header after this one stands; more than `len` when that makes no sense. */
static size_t next_at(size_t at, uint64_t size, size_t len) {
    size_t left = len - at - BLOCK;
    if (size > left)
        return len + 1;
    size_t rounded = ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
    return rounded > left ? len + 1 : at + BLOCK + rounded;
}

/* The last record of each key counts; a line that is none ends the list. */
static void read_pax(const uint8_t *payload, size_t len, struct extension *extension) {
    for (size_t at = 0; at < len;) {
        size_t total = 0, start = at;
        while (at < len && payload[at] >= '0' && payload[at] <= '9' && total < len)
            total = total * 10 + (size_t)(payload[at++] - '0');
        if (at == len || payload[at++] != ' ' || total > len - start || total < at - start + 2)
            return;
        struct pv_str record = pv_str((const char *)payload + at, start + total - at - 1);
        if (pv_str_starts(record, PV_STR("path="))) {
            extension->name = (const uint8_t *)record.text + 5;
            extension->name_len = record.len - 5;
        }
        if (pv_str_starts(record, PV_STR("size="))) {
            extension->has_size = true;
            extension->size = 0;
            for (size_t i = 5; i < record.len; i++)
                extension->size = extension->size * 10 + (uint64_t)(record.text[i] - '0');
        }
        at = start + total;
    }
}

static void set_name(struct slow_member *member, const uint8_t *block, const struct extension *extension) {
    size_t prefix = text_len(block + PREFIX_AT, PREFIX), name = text_len(block, NAME);
    member->name = block;
    member->name_len = name;
    if (extension->name) {
        member->name = extension->name;
        member->name_len = extension->name_len;
    } else if (prefix > 0 && pv_bytes_equal(block + MAGIC_AT, "ustar", 6)) {
        memcpy(member->joined, block + PREFIX_AT, prefix);
        member->joined[prefix] = '/';
        memcpy(member->joined + prefix + 1, block, name);
        member->name = member->joined;
        member->name_len = prefix + 1 + name;
    }
}

/* Takes the header at `at` into the list, or into `extension`; returns the place of the next one. */
static size_t step(const uint8_t *data, size_t len, size_t at, struct extension *extension, struct slow_tar *tar) {
    const uint8_t *block = data + at;
    uint64_t own = slow_tar_size(block);
    size_t next = next_at(at, own, len);
    char type = (char)block[TYPE_AT];
    if ((type == 'x' || type == 'L') && next <= len) {
        *extension = (struct extension){.name = type == 'L' ? block + BLOCK : NULL};
        extension->name_len = type == 'L' ? text_len(block + BLOCK, (size_t)own) : 0;
        if (type == 'x')
            read_pax(block + BLOCK, (size_t)own, extension);
    }
    if (type == 'x' || type == 'L' || type == 'g')
        return next;
    struct slow_member *member = &tar->members[tar->count];
    *member = (struct slow_member){.header_at = at, .body_at = at + BLOCK, .type = type};
    member->size = extension->has_size ? extension->size : own;
    set_name(member, block, extension);
    bool is_v7 = block[MAGIC_AT] == 0, may_be_root = tar->count == 0 && !tar->has_root && member->size == 0;
    bool is_root = may_be_root && member->name_len == 2 && pv_bytes_equal(member->name, "./", 2) &&
                   (type == '5' || (is_v7 && (type == '0' || type == 0)));
    tar->has_root |= is_root;
    tar->count += !is_root;
    *extension = (struct extension){0};
    return next_at(at, member->size, len);
}

void slow_tar_read(const uint8_t *data, size_t len, struct slow_tar *tar) {
    struct extension extension = {0};
    tar->count = 0;
    tar->has_root = false;
    for (size_t at = 0; at <= len && len - at >= BLOCK && !all_zero(data + at);) {
        fuzz_require(tar->count < SLOW_MAX_MEMBERS);
        at = step(data, len, at, &extension, tar);
    }
}

void slow_tar_mend(uint8_t *data, size_t len) {
    static struct slow_tar ignored;
    struct extension extension = {0};
    ignored.count = 0;
    for (size_t at = 0; at <= len && len - at >= BLOCK && !all_zero(data + at);) {
        slow_tar_mend_header(data + at);
        ignored.count = 0;
        at = step(data, len, at, &extension, &ignored);
    }
}

bool slow_tar_check(const uint8_t *data, size_t len, bool (*check)(const uint8_t *data, size_t len)) {
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data, len);
    bool accepted = check(data, len);
    slow_tar_mend(copy, len);
    if (!pv_bytes_equal(copy, data, len))
        (void)check(copy, len);
    return accepted;
}
