/* The member world.wasm: from an encoded file, or encoded by wasm-tools, since parsing WIT is no work of ours. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "input.h"
#include "print.h"
#include "wit.h"

extern char **environ;

/* Runs `wasm-tools component wit --wasm DIRECTORY` with its standard output in `fd`. */
static int encode(struct cli *cli, const char *directory, int fd) {
    posix_spawn_file_actions_t actions;
    char *argv[] = {(char *)"wasm-tools", (char *)"component", (char *)"wit",
                    (char *)"--wasm",     (char *)directory,   NULL};
    pid_t pid;
    int status = 0;
    /* Whoever started us may ignore SIGCHLD, and the kernel would then drop the tool's status. */
    (void)signal(SIGCHLD, SIG_DFL);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    int error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return print_failure(cli, PROVAR_E_USAGE,
                             "--wit-directory needs wasm-tools on the path: encode the directory first with "
                             "'wasm-tools component wit --wasm DIR -o world.wasm' and pass --wit world.wasm");
    pid_t ended;
    do
        ended = waitpid(pid, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended == pid && status == 0)
        return STATUS_OK;
    return print_failure(cli, PROVAR_E_USAGE, "wasm-tools could not encode the directory '%s'", directory);
}

int wit_add(struct cli *cli, struct provar_builder *builder, const char *file, const char *directory) {
    if (file) {
        struct provar_input from = input_path(file);
        return exit_status_of(provar_builder_set_world(builder, &from, &cli->err));
    }
    if (directory == NULL)
        return STATUS_OK;
    int fd = memfd_create("world.wasm", MFD_CLOEXEC);
    if (fd < 0)
        return print_failure(cli, PROVAR_E_IO, "no memory file for world.wasm: %s", strerror(errno));
    int status = encode(cli, directory, fd);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (status == STATUS_OK) {
        struct provar_input from = input_path(path);
        status = exit_status_of(provar_builder_set_world(builder, &from, &cli->err));
    }
    close(fd);
    return status;
}
