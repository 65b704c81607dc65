/* Runs a command and reports wall, user and system microseconds, peak resident KiB and exit status. */
/* SPDX-License-Identifier: Apache-2.0 */

/* timed REPORT COMMAND [ARG...]
 *
 * Linux counts what a child was before its exec to its peak, so the measuring process must be smaller than all that it
 * measures: an interpreter would hide a command of 13 MiB behind its own size. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(struct timeval time) {
    return time.tv_sec * 1000000LL + time.tv_usec;
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: timed REPORT COMMAND [ARG...]\n", stderr);
        return 2;
    }
    pid_t pid = 0;
    int status = 0;
    struct rusage usage = {0};
    long long start = now();
    int failed = posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ);
    if (failed != 0) {
        fprintf(stderr, "timed: %s: %s\n", argv[2], strerror(failed));
        return 2;
    }
    while (wait4(pid, &status, 0, &usage) == -1)
        if (errno != EINTR)
            return 2;
    long long wall = now() - start;
    FILE *report = fopen(argv[1], "w");
    if (report == NULL)
        return 2;
    int exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(report, "%lld %lld %lld %ld %d\n", wall, microseconds(usage.ru_utime), microseconds(usage.ru_stime),
            usage.ru_maxrss, exit_status);
    return fclose(report) == 0 ? 0 : 2;
}
