/* Seeds and host data in the command: read and printed past the buffers of stdio, which are freed as they are. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "print.h"
#include "secret.h"

void secret_protect(void) {
    const struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    /* A handler that takes cores by a pipe is not bound by the limit (core(5)). Exec sets this back for the provider.
     */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Fills `data`; gives the bytes that were read, or -1. */
static ssize_t read_all(int fd, char *data, size_t cap) {
    size_t len = 0;
    while (len < cap) {
        ssize_t n = read(fd, data + len, cap - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            explicit_bzero(data, len);
            return -1;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

static char *read_descriptor(struct cli *cli, int fd, const char *path, size_t max, size_t *len) {
    char *data = malloc(max + 1);
    if (data == NULL) {
        print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
        return NULL;
    }
    ssize_t got = read_all(fd, data, max + 1);
    if (got < 0)
        print_failure(cli, PROVAR_E_IO, "cannot read '%s': %s", path, strerror(errno));
    else if ((size_t)got > max)
        print_failure(cli, PROVAR_E_LIMIT, "'%s' is larger than %zu bytes", path, max);
    *len = got > 0 ? (size_t)got : 0;
    if (cli->err.code == PROVAR_OK)
        return data;
    secret_free(data, *len);
    return NULL;
}

char *secret_read(struct cli *cli, const char *path, size_t max, size_t *len) {
    bool from_stdin = strcmp(path, "-") == 0;
    int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        print_failure(cli, PROVAR_E_IO, "cannot open '%s': %s", path, strerror(errno));
        return NULL;
    }
    char *data = read_descriptor(cli, fd, path, max, len);
    if (!from_stdin)
        close(fd);
    return data;
}

void secret_free(char *data, size_t len) {
    if (data)
        explicit_bzero(data, len);
    free(data);
}

static bool write_all(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

void secret_print_seed(struct cli *cli, const struct provar_key *key) {
    char seed[PROVAR_SEED_LEN + 1];
    provar_key_seed(key, seed);
    if (fflush(stdout) != 0 || !write_all(STDOUT_FILENO, seed, PROVAR_SEED_LEN))
        cli->unwritten = true;
    explicit_bzero(seed, sizeof seed);
}

void secret_add_seed(struct cli *cli, const struct provar_key *key) {
    provar_key_seed(key, cli->seed);
    json_string(&cli->doc, "seed", "");
    if (fflush(cli->doc.to) == 0)
        cli->seed_at = cli->doc_len - 1; /* before the closing quote */
}

void secret_write_document(struct cli *cli, FILE *to) {
    fwrite(cli->doc_text, 1, cli->seed_at, to);
    if (cli->seed_at > 0 && (fflush(to) != 0 || !write_all(fileno(to), cli->seed, PROVAR_SEED_LEN)))
        cli->unwritten = true;
    fputs(cli->doc_text + cli->seed_at, to);
}
