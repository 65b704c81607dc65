/* Where a verb's bytes go: a file, or standard output. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opt.h"
#include "output.h"
#include "print.h"

int output_choose(struct cli *cli, const char *path, bool replace, struct provar_output *to) {
    const char *temp = opt_env("TMPDIR");
    *to = (struct provar_output){.size = sizeof *to,
                                 .kind = PROVAR_OUTPUT_PATH,
                                 .path = path,
                                 .path_len = strlen(path),
                                 .flags = replace ? PROVAR_OUTPUT_REPLACE : 0,
                                 .temp_dir = temp,
                                 .temp_dir_len = temp ? strlen(temp) : 0};
    if (path[0] == 0)
        return print_failure(cli, PROVAR_E_USAGE, "--destination: an empty name is no file");
    if (strcmp(path, "-") != 0)
        return STATUS_OK;
    to->kind = PROVAR_OUTPUT_FD;
    to->fd = STDOUT_FILENO;
    cli->data_on_stdout = true;
    if (isatty(STDOUT_FILENO))
        return print_failure(cli, PROVAR_E_USAGE, "standard output is a terminal: send the bytes to a file or a pipe");
    return STATUS_OK;
}

bool output_spares(struct cli *cli, const char *destination, const char *input) {
    struct stat a, b;
    if (input == NULL || stat(destination, &a) != 0 || stat(input, &b) != 0 || a.st_dev != b.st_dev ||
        a.st_ino != b.st_ino)
        return true;
    return print_usage_error(cli, "the destination '%s' is an input of this command", destination);
}
