/* Starts tests/store/http_server.py for a group of tests, in a fresh working directory, and asks it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_HTTP_SERVER_H
#define STORE_HTTP_SERVER_H

#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "support/temp_dir.h"

static struct {
    pid_t pid;
    int input; /* the server ends when it does */
    unsigned plain, tls, client_tls, silent;
} server;

static inline int server_read_ports(int output) {
    FILE *ports = fdopen(output, "r");
    if (ports == NULL)
        return -1;
    int count = fscanf(ports, "%u %u %u %u", &server.plain, &server.tls, &server.client_tls, &server.silent);
    (void)fclose(ports);
    return count == 4 ? 0 : -1;
}

static inline int server_start(void **state) {
    int input[2], output[2];
    char script[4096];
    const char *source = getenv("PROVAR_SOURCE");
    if (source == NULL || temp_dir_setup(state) != 0 || pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
        return -1;
    (void)snprintf(script, sizeof script, "%s/tests/store/http_server.py", source);
    server.pid = fork();
    if (server.pid == 0) {
        /* Where a test is killed, others that it has begun may still hold the input open. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(input[0], 0) == 0 && dup2(output[1], 1) == 1)
            (void)execlp("python3", "python3", script, (char *)NULL);
        _exit(127);
    }
    (void)close(input[0]);
    (void)close(output[1]);
    server.input = input[1];
    return server.pid > 0 ? server_read_ports(output[0]) : -1;
}

static inline int server_stop(void **state) {
    int status = 0;
    (void)close(server.input);
    int has_ended = waitpid(server.pid, &status, 0) == server.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return temp_dir_teardown(state) == 0 && has_ended ? 0 : -1;
}

#endif
