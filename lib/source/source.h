/* Where bytes come from: a file, memory, a pipe, the caller's callbacks, or another source decoded. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SOURCE_H
#define PV_SOURCE_H

struct pv_source;

struct pv_source_ops {
    /* Up to cap bytes, 0 only at the end. */
    enum provar_result (*read)(struct pv_source *source, void *buf, size_t cap, size_t *len, struct provar_error *err);
    /* Moves over at most `count` bytes without reading them, and says how many; what is left over is read. NULL where
     * nothing can be moved over. */
    uint64_t (*skip)(struct pv_source *source, uint64_t count);
    /* Exactly as many bytes as there are, at most cap, from an offset; does not move read. NULL where it cannot be. */
    enum provar_result (*read_at)(struct pv_source *source, void *buf, size_t cap, uint64_t offset, size_t *len,
                                  struct provar_error *err);
    /* Begins again at byte 0; NULL where it cannot be. */
    enum provar_result (*rewind)(struct pv_source *source, struct provar_error *err);
    /* Makes a source for parts of this one, which it borrows; it stands nowhere before pv_source_select. Several of
     * them may be read by several threads at one time, and each may start up to `threads` - 1 of its own, which have
     * ended when it is freed. NULL where there are none. */
    enum provar_result (*part)(struct pv_source *source, unsigned threads, struct pv_source **part,
                               struct provar_error *err);
    /* A hint: these bytes are going to be read by read_at, in order. NULL where it makes no difference; else each read
     * may be a request to a server. */
    void (*expect)(struct pv_source *source, uint64_t from, uint64_t to);
    /* Of a part: stands at an offset of the whole, and ends `len` bytes later. Allocates nothing. */
    enum provar_result (*select)(struct pv_source *part, uint64_t offset, uint64_t len, struct provar_error *err);
    /* After a pass in which every byte was read or skipped, and every part of interest was read to its end: judges what
     * only the whole can show. NULL where that is nothing. */
    enum provar_result (*finish)(struct pv_source *source, struct provar_error *err);
    /* Nobody has written to it since it was opened, as far as the system tells: PROVAR_E_IO. NULL where nobody can. */
    enum provar_result (*check_unwritten)(const struct pv_source *source, struct provar_error *err);
    void (*free)(struct pv_source *source);
};

/* The head of every source. */
struct pv_source {
    const struct pv_source_ops *ops;
    bool has_size;
    uint64_t size; /* of the whole, where has_size */
    /* Bytes behind the start of a member that cost little to look at; 0 where every byte costs the same. */
    uint64_t reach;
    /* The caller's own functions read it, on one thread: what is read whole is read as a stream. */
    bool is_callers;
};

/* Whether several threads may read its parts. */
static inline bool pv_source_is_shared(const struct pv_source *source) {
    return source->ops->part != NULL && !source->is_callers;
}

/* Each opens its kind; the source is the caller's, to free with pv_source_free. A file must be regular and keep its
 * size while it is read (PROVAR_E_IO). A descriptor is borrowed; a regular file behind it is read by offset from where
 * it stands, anything else is read once. Callbacks: `close` is called when the source is freed, or when opening it
 * fails; only a struct of another size is refused (PROVAR_E_USAGE) without a call, because its members may not be where
 * they seem. A source that has `read_at` skips and rewinds by it. */
enum provar_result pv_source_open(const struct provar_input *from, struct pv_source **source,
                                  struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_source_file(struct pv_str path, struct pv_source **source,
                                  struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_source_fd(int fd, struct pv_source **source, struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_source_memory(const void *data, size_t len, struct pv_source **source,
                                    struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_source_callbacks(const struct provar_callbacks *callbacks, struct pv_source **source,
                                       struct provar_error *err) PV_MUST_CHECK;

/* The `part` of sources whose read_at may be called by several threads. */
enum provar_result pv_source_view(struct pv_source *inner, unsigned threads, struct pv_source **source,
                                  struct provar_error *err) PV_MUST_CHECK;

/* Makes a source that can rewind out of one that cannot: what is read the first time is copied to an unlinked temporary
 * file in `dir`. Takes `inner` over, on failure too. A source that can rewind comes back as it is. */
enum provar_result pv_source_spool(struct pv_source *inner, struct pv_str dir, struct pv_source **source,
                                   struct provar_error *err) PV_MUST_CHECK;

/* Reads up to cap bytes at the front without using them up: by read_at, or by putting a source in the place of
 * `*source` that gives them again. At most PV_SOURCE_PEEK bytes, on a source that was not read yet. */
enum { PV_SOURCE_PEEK = 16 };
enum provar_result pv_source_peek(struct pv_source **source, void *buf, size_t cap, size_t *len,
                                  struct provar_error *err) PV_MUST_CHECK;

void pv_source_free(struct pv_source *source); /* NULL is fine */
PV_DEFINE_CLEANUP(pv_source_cleanup, struct pv_source, pv_source_free)
#define PV_AUTO_SOURCE PV_CLEANUP(pv_source_cleanup)

/* At most cap bytes; fewer only at the end. */
enum provar_result pv_source_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                  struct provar_error *err) PV_MUST_CHECK;
/* Moves over `count` bytes, by a seek where that is possible; `*skipped` is less only at the end. A file that shrank or
 * grew is PROVAR_E_IO as soon as its end is reached. */
enum provar_result pv_source_skip(struct pv_source *source, uint64_t count, uint64_t *skipped,
                                  struct provar_error *err) PV_MUST_CHECK;
/* Of a part. */
enum provar_result pv_source_select(struct pv_source *part, uint64_t offset, uint64_t len,
                                    struct provar_error *err) PV_MUST_CHECK;
bool pv_source_can_rewind(const struct pv_source *source);
enum provar_result pv_source_rewind(struct pv_source *source, struct provar_error *err) PV_MUST_CHECK;

#endif
