/* Hashes files by OpenSSL's SHA-256 and does nothing else: the limit of all that must hash them. */
/* SPDX-License-Identifier: Apache-2.0 */

/* hash FILE...     one process for each file, so that the kernel spreads them over the cores */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char block[1 << 17];

static int hash(const char *path) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (file < 0 || context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        return 1;
    ssize_t got = 0;
    while ((got = read(file, block, sizeof block)) > 0)
        if (EVP_DigestUpdate(context, block, (size_t)got) != 1)
            return 1;
    return got != 0 || EVP_DigestFinal_ex(context, digest, NULL) != 1;
}

int main(int argc, char **argv) {
    if (argc == 2)
        return hash(argv[1]);
    for (int i = 1; i < argc; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return 1;
        if (pid == 0)
            _exit(hash(argv[i]));
    }
    int failed = 0;
    for (int i = 1, status = 0; i < argc; i++)
        failed |= wait(&status) < 0 || status != 0;
    return failed;
}
