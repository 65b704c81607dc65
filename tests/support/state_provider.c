/* A provider that prints what it was given: environment, descriptors, signals, limits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

extern char **environ;

/* Tests make a forged provider of this one by changing this text in the file. */
static const char voice[] = "voice: genuine";

static void print_descriptors(FILE *to, int own) {
    struct rlimit limit = {0};
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    fprintf(to, "descriptors:");
    for (int fd = 0; (rlim_t)fd < limit.rlim_cur && fd < 4096; fd++)
        if (fd != own && fcntl(fd, F_GETFD) >= 0)
            fprintf(to, " %d", fd);
    fprintf(to, "\n");
}

static void print_signals(FILE *to) {
    sigset_t blocked, pending;
    (void)sigprocmask(SIG_BLOCK, NULL, &blocked);
    (void)sigpending(&pending);
    fprintf(to, "signals:");
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            fprintf(to, " ignored %d", number);
        if (sigismember(&blocked, number) == 1)
            fprintf(to, " blocked %d", number);
        if (sigismember(&pending, number) == 1)
            fprintf(to, " pending %d", number);
    }
    fprintf(to, "\n");
}

static void print_limits(FILE *to) {
    struct rlimit core = {.rlim_cur = 1, .rlim_max = 1};
    int death_signal = 0;
    (void)getrlimit(RLIMIT_CORE, &core);
    (void)prctl(PR_GET_PDEATHSIG, &death_signal);
    fprintf(to, "core: %llu\n", (unsigned long long)core.rlim_max);
    fprintf(to, "death signal: %d\n", death_signal);
    fprintf(to, "no new privileges: %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

/* Prints to standard output, or, where that may be closed, to the file that is its argument. */
int main(int argc, char **argv) {
    FILE *to = argc > 1 ? fopen(argv[1], "w") : stdout;
    if (to == NULL)
        return 1;
    fprintf(to, "%s\n", voice);
    for (char **variable = environ; *variable; variable++)
        fprintf(to, "environment: %s\n", *variable);
    print_descriptors(to, argc > 1 ? fileno(to) : -1);
    print_signals(to);
    print_limits(to);
    return fclose(to) == 0 ? 0 : 1;
}
