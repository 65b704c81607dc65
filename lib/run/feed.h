/* Writes host data to a provider's standard input, as fast as it takes them, in the form of a wasmCloud v1 host. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_FEED_H
#define PV_FEED_H

/* base64(data) CR LF, encoded piece by piece, so that a secret is never in memory as a whole a second time. */
struct pv_feed {
    int fd;              /* a pipe's writing end; -1 when all is written, or nothing is to be */
    const uint8_t *data; /* borrowed: not encoded yet */
    size_t left;
    char *piece; /* encoded, not written yet */
    size_t piece_len;
    size_t piece_done;
    bool ended; /* CR LF is in the piece */
};

#define PV_FEED_NONE                                                                                                   \
    { .fd = -1 }

/* Takes `*fd`, which it makes non-blocking and sets to -1. The data are borrowed until pv_feed_release. */
enum provar_result pv_feed_init(struct pv_feed *feed, int *fd, const void *data, size_t len,
                                struct provar_error *err) PV_MUST_CHECK;

/* Writes what the pipe takes now. A reader that has gone is no error: nothing more is written. Raises no SIGPIPE. Does
 * nothing when fd is -1. */
void pv_feed_pump(struct pv_feed *feed);

void pv_feed_release(struct pv_feed *feed);

#endif
