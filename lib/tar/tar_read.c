/* A tar stream as a sequence of regular members: framing and nothing else. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "tar/tar_header.h"
#include "tar/tar_pax.h"
#include "tar/tar_read.h"

/*
 *     stream    = [root] *member end
 *     root      = [g] [x / L] header("./", type 5, size 0)
 *     member    = [g] [x / L] header(type 0 or NUL) body padding
 *     g / x / L = header payload padding
 *     end       = *zero                                              ; two blocks of them, if it is done well
 */

/* Extensions that wait for their member. */
enum { HAS_GLOBAL = 1, HAS_PAX = 2, HAS_LONG_NAME = 4 };

struct pv_tar_reader {
    struct pv_source *source;
    struct pv_notices *notices;
    uint64_t max_total;
    uint64_t pos;        /* bytes taken from the source */
    uint64_t body_left;  /* of the current member */
    size_t padding_left; /* behind that body */
    bool begun;          /* the first member was seen, or the directory in front of it */
    bool ended;
    unsigned passed;       /* PV_TAR_PASSED_... */
    unsigned pending;      /* HAS_... */
    struct pv_buf payload; /* of the pending x or L, which exclude each other */
    struct pv_tar_pax pax; /* borrows from payload */
    struct pv_str name;    /* of the current member; borrows from payload or header */
    struct pv_tar_header header;
    uint64_t header_at;
    uint8_t block[PV_TAR_BLOCK];
};

enum provar_result pv_tar_reader_new(struct pv_source *source, uint64_t max_total, struct pv_notices *notices,
                                     struct pv_tar_reader **reader, struct provar_error *err) {
    struct pv_tar_reader *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->source = source;
    made->notices = notices;
    /* Sums of two positions then stay far from 2^64, and every position fits an off_t. */
    made->max_total = max_total < INT64_MAX ? max_total : INT64_MAX;
    pv_buf_init(&made->payload, PV_MAX_EXTENSION);
    *reader = made;
    return PROVAR_OK;
}

void pv_tar_reader_free(struct pv_tar_reader *reader) {
    if (reader == NULL)
        return;
    pv_buf_release(&reader->payload);
    free(reader);
}

/* ---------------------------------------------------------------- bytes */

static enum provar_result fail_total(const struct pv_tar_reader *reader, uint64_t offset, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_LIMIT, offset, "the archive has more than %llu bytes",
                   (unsigned long long)reader->max_total);
}

static enum provar_result fail_cut(const struct pv_tar_reader *reader, const char *where, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_TAR, reader->pos, "the archive ends inside %s", where);
}

/* Fewer bytes than `cap` only at the end of the stream. */
static enum provar_result take(struct pv_tar_reader *reader, void *buf, size_t cap, size_t *len,
                               struct provar_error *err) {
    enum provar_result result = pv_source_read(reader->source, buf, cap, len, err);
    if (result != PROVAR_OK)
        return result;
    if (*len > reader->max_total - reader->pos)
        return fail_total(reader, reader->max_total, err);
    reader->pos += *len;
    return PROVAR_OK;
}

/* Index of the first byte that is not 0; len when all are. */
static size_t zero_run(const uint8_t *data, size_t len) {
    size_t i = 0;
    while (i < len && data[i] == 0)
        i++;
    return i;
}

/* ---------------------------------------------------------------- end */

/* Whatever follows the first zero block is invisible to readers that stop there and visible to those that go on, so it
 * may only be zeros. Reading on to the end is also what makes a gzip source below check its trailer. */
static enum provar_result drain(struct pv_tar_reader *reader, struct provar_error *err) {
    uint8_t piece[8 * PV_TAR_BLOCK];
    uint64_t zeros = 0;
    size_t len = sizeof piece;
    while (len == sizeof piece) {
        uint64_t at = reader->pos;
        enum provar_result result = take(reader, piece, sizeof piece, &len, err);
        if (result != PROVAR_OK)
            return result;
        size_t run = zero_run(piece, len);
        if (run < len)
            return pv_fail(err, PROVAR_E_TAR, at + run, "data behind the end of the archive");
        zeros += run;
        if (zeros > PV_MAX_TAIL)
            return pv_fail(err, PROVAR_E_LIMIT, at, "more than %llu zeros behind the end of the archive",
                           (unsigned long long)PV_MAX_TAIL);
    }
    if (zeros < PV_TAR_BLOCK)
        pv_notice(reader->notices, "the archive ends with one block of zeros instead of two");
    return PROVAR_OK;
}

/* Ends the stream at `len` bytes of block, which are less than a header or all zeros. */
static enum provar_result finish(struct pv_tar_reader *reader, size_t len, struct provar_error *err) {
    if (zero_run(reader->block, len) < len)
        return fail_cut(reader, "a header", err);
    if (reader->pending != 0)
        return pv_fail(err, PROVAR_E_TAR, reader->header_at, "an extension header without a member behind it");
    if (len == PV_TAR_BLOCK) {
        enum provar_result result = drain(reader, err);
        if (result != PROVAR_OK)
            return result;
    } else {
        pv_notice(reader->notices, "the archive has no end mark, and may have been cut");
    }
    reader->ended = true;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- extensions */

/* Reads block by block up to the limit, whatever size the header claims: what is not there costs no memory. */
static enum provar_result read_payload(struct pv_tar_reader *reader, struct provar_error *err) {
    reader->payload.len = 0;
    for (uint64_t left = reader->header.size; left > 0;) {
        size_t want = left < PV_TAR_BLOCK ? (size_t)left : PV_TAR_BLOCK;
        size_t len;
        enum provar_result result = take(reader, reader->block, PV_TAR_BLOCK, &len, err);
        if (result != PROVAR_OK)
            return result;
        if (len < PV_TAR_BLOCK)
            return fail_cut(reader, "an extension header", err);
        if (want > PV_MAX_EXTENSION - reader->payload.len)
            return pv_fail(err, PROVAR_E_LIMIT, reader->header_at, "an extension header of more than %llu bytes",
                           (unsigned long long)PV_MAX_EXTENSION);
        result = pv_buf_append(&reader->payload, reader->block, want, err);
        if (result != PROVAR_OK)
            return result;
        if (zero_run(reader->block + want, PV_TAR_BLOCK - want) < PV_TAR_BLOCK - want)
            pv_notice(reader->notices, "the padding of an extension header is not zero");
        left -= want;
    }
    return PROVAR_OK;
}

/* The payload is the name and one NUL, which some writers leave out. A name that goes on behind another NUL would be
 * two names to two readers. */
static enum provar_result check_long_name(const struct pv_tar_reader *reader, struct pv_str *name,
                                          struct provar_error *err) {
    struct pv_str text = pv_buf_str(&reader->payload);
    if (text.len > 0 && text.text[text.len - 1] == 0)
        text.len--;
    if (text.len == 0)
        return pv_fail(err, PROVAR_E_TAR, reader->header_at, "an empty long name");
    if (pv_str_has_nul(text)) {
        enum provar_result result =
            pv_fail(err, PROVAR_E_ENTRY, reader->header_at, "a NUL inside the member name '%s'", pv_quote(text).text);
        pv_error_member(err, text);
        return result;
    }
    *name = text;
    return PROVAR_OK;
}

static unsigned extension_of(char typeflag) {
    switch (typeflag) {
    case 'g':
        return HAS_GLOBAL;
    case 'x':
        return HAS_PAX;
    case 'L':
        return HAS_LONG_NAME;
    default:
        return 0;
    }
}

/* Readers disagree on which of two extensions wins and on what an extension of an extension is (CVE-2025-62518,
 * GHSA-3cv2-h65g-fgmm), so a member has at most one of x and L, and a g before it and not between. */
static enum provar_result read_extension(struct pv_tar_reader *reader, unsigned extension, struct provar_error *err) {
    if (reader->pending & extension)
        return pv_fail(err, PROVAR_E_TAR, reader->header_at, "a second '%c' header for one member",
                       reader->header.typeflag);
    if (reader->pending & (HAS_PAX | HAS_LONG_NAME))
        return pv_fail(err, PROVAR_E_TAR, reader->header_at, "a '%c' header between another extension and its member",
                       reader->header.typeflag);
    uint64_t payload_at = reader->pos;
    enum provar_result result = read_payload(reader, err);
    if (result != PROVAR_OK)
        return result;
    reader->passed |= extension == HAS_GLOBAL ? PV_TAR_PASSED_GLOBAL : 0;
    if (extension == HAS_GLOBAL)
        result = pv_tar_pax_check_global(pv_buf_str(&reader->payload), payload_at, err);
    else if (extension == HAS_PAX)
        result = pv_tar_pax_decode(pv_buf_str(&reader->payload), payload_at, &reader->pax, err);
    else
        result = check_long_name(reader, &reader->name, err);
    reader->pending |= extension;
    return result;
}

/* ---------------------------------------------------------------- members */

static const char *kind_of(char typeflag) {
    static const struct {
        char typeflag;
        const char *words;
    } kinds[] = {
        {'1', "a hard link"},        {'2', "a symbolic link"},
        {'3', "a character device"}, {'4', "a block device"},
        {'5', "a directory"},        {'6', "a FIFO"},
        {'7', "a contiguous file"},  {'D', "a directory"},
        {'K', "a long link name"},   {'M', "a part of a large file"},
        {'S', "a sparse file"},      {'V', "a volume label"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].typeflag == typeflag)
            return kinds[i].words;
    return "a member of unknown type";
}

/* `name` is a pending L's already. */
static struct pv_str name_of(const struct pv_tar_reader *reader) {
    if (reader->pending & HAS_LONG_NAME)
        return reader->name;
    if ((reader->pending & HAS_PAX) && reader->pax.path.len > 0)
        return reader->pax.path;
    return pv_str(reader->header.name, reader->header.name_len);
}

/* A size in both places must be the same: readers that know only one of them would find the next header elsewhere
 * (CVE-2025-62518; CVE-2026-33055 is the inverse). */
static enum provar_result size_of(const struct pv_tar_reader *reader, uint64_t *size, struct provar_error *err) {
    uint64_t own = reader->header.size;
    if (!(reader->pending & HAS_PAX) || !reader->pax.has_size) {
        *size = own;
        return PROVAR_OK;
    }
    if (own != 0 && own != reader->pax.size)
        return pv_fail(err, PROVAR_E_TAR, reader->header_at, "the pax size %llu contradicts the header's size %llu",
                       (unsigned long long)reader->pax.size, (unsigned long long)own);
    *size = reader->pax.size;
    return PROVAR_OK;
}

/* Body and padding must end within max_total: the test that keeps every later sum from overflowing. */
static enum provar_result begin_body(struct pv_tar_reader *reader, uint64_t size, struct provar_error *err) {
    uint64_t room = reader->max_total - reader->pos;
    size_t padding = pv_tar_padding(size);
    if (size > room || padding > room - size)
        return fail_total(reader, reader->header_at, err);
    reader->body_left = size;
    reader->padding_left = padding;
    return PROVAR_OK;
}

static bool is_regular(const struct pv_tar_reader *reader) {
    return reader->header.typeflag == '0' || reader->header.typeflag == 0;
}

/* Directories have no place in an archive, but `tar -cf x.par .` puts this one in front of the rest. V7 has no type for
 * them: a file, but for the slash. */
static bool is_root(const struct pv_tar_reader *reader, uint64_t size) {
    bool v7_directory = reader->header.dialect == PV_TAR_V7 && is_regular(reader);
    return (reader->header.typeflag == '5' || v7_directory) && !reader->begun && size == 0 &&
           pv_str_equal(reader->name, PV_STR("./"));
}

/* Python's tarfile takes the type NUL for a directory by the slash in the header's own name, before it has read what
 * an extension calls the member. A name without extension is judged for its slash with all names. */
static bool is_hidden_directory(const struct pv_tar_reader *reader) {
    const struct pv_tar_header *header = &reader->header;
    return reader->pending != 0 && header->name_len > 0 && header->name[header->name_len - 1] == '/';
}

/* Judges the header together with its extensions; `*is_member` is false for the directory that is passed over. */
static enum provar_result admit(struct pv_tar_reader *reader, bool *is_member, struct provar_error *err) {
    uint64_t size = 0;
    enum provar_result result = size_of(reader, &size, err);
    if (result != PROVAR_OK)
        return result;
    char typeflag = reader->header.typeflag;
    bool root = is_root(reader, size);
    if (!root && !is_regular(reader))
        return pv_fail(err, PROVAR_E_ENTRY, reader->header_at, "%s (type '%s')", kind_of(typeflag),
                       pv_quote(pv_str(&typeflag, 1)).text);
    if (!root && is_hidden_directory(reader))
        return pv_fail(err, PROVAR_E_ENTRY, reader->header_at, "a directory by the name in its own header");
    /* libarchive goes by these fields whatever the type is. */
    if (reader->header.sparse)
        return pv_fail(err, PROVAR_E_ENTRY, reader->header_at, "a sparse file in a header of another type");
    *is_member = !root;
    reader->passed |= root ? PV_TAR_PASSED_ROOT : 0;
    return begin_body(reader, size, err);
}

static enum provar_result begin_member(struct pv_tar_reader *reader, bool *is_member, struct provar_error *err) {
    reader->name = name_of(reader);
    enum provar_result result = admit(reader, is_member, err);
    if (result != PROVAR_OK) {
        pv_error_member(err, reader->name);
        return result;
    }
    reader->begun = true;
    reader->pending = 0;
    reader->pax = (struct pv_tar_pax){0};
    return PROVAR_OK;
}

/* Leaves the current member: the rest of its body, and its padding. */
static enum provar_result leave_member(struct pv_tar_reader *reader, struct provar_error *err) {
    enum provar_result result = pv_tar_skip(reader, reader->body_left, err);
    size_t padding = reader->padding_left, len;
    if (result != PROVAR_OK || padding == 0)
        return result;
    result = take(reader, reader->block, padding, &len, err);
    if (result == PROVAR_OK && len < padding)
        result = fail_cut(reader, "the padding of a member", err);
    if (result != PROVAR_OK) {
        pv_error_member(err, reader->name);
        return result;
    }
    /* Old tars left there what had been in their buffer. */
    if (zero_run(reader->block, padding) < padding)
        pv_notice(reader->notices, "the padding of '%s' is not zero", pv_quote(reader->name).text);
    reader->padding_left = 0;
    return PROVAR_OK;
}

/* Takes the next header; `*len` is what there was of it, a whole block of zeros being none. */
static enum provar_result next_header(struct pv_tar_reader *reader, bool *found, size_t *len,
                                      struct provar_error *err) {
    uint64_t at = reader->pos;
    enum provar_result result = take(reader, reader->block, PV_TAR_BLOCK, len, err);
    *found = false;
    if (result != PROVAR_OK || *len < PV_TAR_BLOCK || pv_tar_block_is_zero(reader->block))
        return result;
    *found = true;
    reader->header_at = at;
    result = pv_tar_header_decode(reader->block, at, &reader->header, err);
    if (result != PROVAR_OK)
        return result;
    /* Where there is no magic, an extension is an ordinary file of a strange name to some readers. */
    char typeflag = reader->header.typeflag;
    if (reader->header.dialect == PV_TAR_V7 && (extension_of(typeflag) != 0 || typeflag == 'K'))
        return pv_fail(err, PROVAR_E_TAR, at, "an extension header without a magic");
    return PROVAR_OK;
}

enum provar_result pv_tar_next(struct pv_tar_reader *reader, struct pv_tar_entry *entry, bool *more,
                               struct provar_error *err) {
    bool is_member = false;
    enum provar_result result = leave_member(reader, err);
    while (result == PROVAR_OK && !reader->ended && !is_member) {
        bool found;
        size_t len;
        result = next_header(reader, &found, &len, err);
        if (result != PROVAR_OK)
            return result;
        unsigned extension = found ? extension_of(reader->header.typeflag) : 0;
        if (!found)
            result = finish(reader, len, err);
        else if (extension != 0)
            result = read_extension(reader, extension, err);
        else
            result = begin_member(reader, &is_member, err);
    }
    if (result != PROVAR_OK)
        return result;
    if (is_member)
        *entry = (struct pv_tar_entry){reader->name, reader->body_left, reader->header_at, reader->pos};
    *more = is_member;
    return PROVAR_OK;
}

unsigned pv_tar_passed_over(const struct pv_tar_reader *reader) {
    return reader->passed;
}

/* ---------------------------------------------------------------- bodies */

static enum provar_result fail_body(const struct pv_tar_reader *reader, struct provar_error *err) {
    enum provar_result result = fail_cut(reader, "the body of a member", err);
    pv_error_member(err, reader->name);
    return result;
}

enum provar_result pv_tar_read(struct pv_tar_reader *reader, void *buf, size_t cap, size_t *len,
                               struct provar_error *err) {
    size_t want = cap < reader->body_left ? cap : (size_t)reader->body_left;
    size_t got = 0;
    enum provar_result result = want > 0 ? take(reader, buf, want, &got, err) : PROVAR_OK;
    if (result != PROVAR_OK)
        return result;
    if (got < want)
        return fail_body(reader, err);
    reader->body_left -= got;
    *len = got;
    return PROVAR_OK;
}

enum provar_result pv_tar_skip(struct pv_tar_reader *reader, uint64_t count, struct provar_error *err) {
    uint64_t skipped = 0;
    if (count > reader->body_left)
        return pv_fail(err, PROVAR_E_TAR, reader->pos, "a body that is shorter than what it should hold");
    if (count == 0)
        return PROVAR_OK;
    enum provar_result result = pv_source_skip(reader->source, count, &skipped, err);
    if (result != PROVAR_OK)
        return result;
    reader->pos += skipped;
    reader->body_left -= skipped;
    return skipped == count ? PROVAR_OK : fail_body(reader, err);
}
