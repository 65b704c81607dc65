/* Writes host data to a provider's standard input, as fast as it takes them, in the form of a wasmCloud v1 host. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "base/fs.h"
#include "base/secret.h"
#include "run/feed.h"

/* Raw bytes in a piece: a multiple of 3, so that padding stands at the end of the line only; encoded, what a pipe
 * holds. */
enum { RAW_PIECE = 48 * 1024, PIECE_CAP = PV_BASE64_LEN(RAW_PIECE) + 2 };

enum provar_result pv_feed_init(struct pv_feed *feed, int *fd, const void *data, size_t len, struct provar_error *err) {
    *feed = (struct pv_feed){.fd = pv_take_fd(fd), .data = data, .left = len};
    if (fcntl(feed->fd, F_SETFL, O_NONBLOCK) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot prepare a pipe");
    feed->piece = pv_secret_alloc(PIECE_CAP);
    return feed->piece ? PROVAR_OK : pv_fail_memory(err);
}

void pv_feed_release(struct pv_feed *feed) {
    if (feed->fd >= 0)
        (void)close(feed->fd);
    pv_secret_free(feed->piece, PIECE_CAP);
    *feed = (struct pv_feed)PV_FEED_NONE;
}

static void encode_piece(struct pv_feed *feed) {
    size_t take = feed->left < RAW_PIECE ? feed->left : RAW_PIECE;
    pv_base64_encode(feed->data, take, feed->piece);
    feed->data += take;
    feed->left -= take;
    feed->piece_len = PV_BASE64_LEN(take);
    feed->piece_done = 0;
    if (feed->left > 0)
        return;
    feed->piece[feed->piece_len++] = '\r';
    feed->piece[feed->piece_len++] = '\n';
    feed->ended = true;
}

void pv_feed_pump(struct pv_feed *feed) {
    while (feed->fd >= 0) {
        if (feed->piece_done == feed->piece_len && !feed->ended)
            encode_piece(feed);
        ssize_t n = pv_fs_write_quietly(feed->fd, feed->piece + feed->piece_done, feed->piece_len - feed->piece_done);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0 && errno == EINTR)
            continue;
        feed->piece_done += n < 0 ? 0 : (size_t)n;
        if (n < 0 || (feed->ended && feed->piece_done == feed->piece_len))
            pv_feed_release(feed);
    }
}
