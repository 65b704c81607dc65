/* What the fuzz targets share: assertions that end the process, the count of accepted inputs, sources. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

#include "internal.h"

#include "source/source.h"

/*
 * A target is one file, fuzz_<decoder>.c, that defines LLVMFuzzerTestOneInput. It is linked with libFuzzer, which makes
 * inputs, or with replay.c, which reads them from the files that make_seeds writes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Inputs that the decoder accepted so far: what replay.c judges a seed by. */
extern size_t fuzz_accepted;

/* In every build; a process that dies is what both drivers look for. */
#define fuzz_require(condition) ((condition) ? (void)0 : fuzz_die(__FILE__, __LINE__, #condition))
void fuzz_die(const char *file, int line, const char *what) __attribute__((noreturn));

/* What holds for every result that was given an empty error: the error is set exactly on failure, with a message of one
 * line that steers no terminal, and no input makes it a fault of the library's or a lack of memory. */
void fuzz_check_error(enum provar_result result, const struct provar_error *err);
/* The same, and the offset is one of an input of `len` bytes, its end among them, or none. */
void fuzz_check_error_within(enum provar_result result, const struct provar_error *err, uint64_t len);

/* `len` bytes of one value: an output that must be left alone is filled with it before, and looked at after. */
enum { FUZZ_UNTOUCHED = 0xa5 };
void fuzz_fill(void *output, size_t len);
bool fuzz_is_filled(const void *output, size_t len);

/* A copy of its own size, so that a sanitizer sees one byte too many; never NULL. */
uint8_t *fuzz_copy(const uint8_t *data, size_t len);

/* Appends the token of a payload, signed by the key of a seed. */
void fuzz_sign(const char *seed, struct pv_str payload, struct pv_buf *out);

/* ---------------------------------------------------------------- sources */

/* Bytes in reads of at most `step`, by way of a caller's callbacks; 0 is steps of many sizes. */
struct fuzz_feed {
    const uint8_t *data;
    size_t len, pos, step;
};

/* With `by_offset` the source has read_at and a size, else it can be read once. Points to `feed`. */
struct provar_callbacks fuzz_callbacks(struct fuzz_feed *feed, bool by_offset);

/* Reads a source to its end, `chunk` bytes at a time, into `out`. */
enum provar_result fuzz_read_all(struct pv_source *source, size_t chunk, struct pv_buf *out, struct provar_error *err);

#endif
