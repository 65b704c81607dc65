/* Where a verb's bytes go: a file, or standard output. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opt.h"
#include "output.h"
#include "print.h"
#include "reference.h"
#include "store.h"

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
    if (strncmp(path, "oci:", 4) == 0)
        return print_failure(cli, PROVAR_E_USAGE,
                             "--destination: '%s' is a reference: 'provar push' stores there, and a file is './%s'",
                             path, path);
    if (strcmp(path, "-") != 0)
        return STATUS_OK;
    to->kind = PROVAR_OUTPUT_FD;
    to->fd = STDOUT_FILENO;
    cli->data_on_stdout = true;
    if (isatty(STDOUT_FILENO))
        return print_failure(cli, PROVAR_E_USAGE, "standard output is a terminal: send the bytes to a file or a pipe");
    return STATUS_OK;
}

static bool is_same(const char *one, const char *other) {
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool refuse_input(struct cli *cli, const char *destination) {
    return print_usage_error(cli, "the destination '%s' is an input of this command", destination);
}

bool output_spares(struct cli *cli, const char *destination, const char *input) {
    return input == NULL || !is_same(destination, input) || refuse_input(cli, destination);
}

/* A new file among the blobs would be damage, too: its name is its digest. Elsewhere in the directory it is the user's.
 */
static bool is_of_layout(const char *destination, const char *layout, int len) {
    static const char *const parts[] = {"", "/index.json", "/oci-layout"};
    char part[PATH_MAX], parent[PATH_MAX];
    const char *slash = strrchr(destination, '/');
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(part, sizeof part, "%.*s%s", len, layout, parts[i]);
        if (is_same(destination, part))
            return true;
    }
    snprintf(part, sizeof part, "%.*s/blobs/sha256", len, layout);
    snprintf(parent, sizeof parent, "%.*s.", slash ? (int)(slash - destination) + 1 : 0, destination);
    return is_same(parent, part);
}

bool output_is_archive(const char *destination, const char *archive) {
    if (strcmp(destination, "-") == 0 || strcmp(archive, "-") == 0)
        return false;
    if (!store_is_reference(archive))
        return is_same(destination, archive);
    const char *layout = archive + strlen("oci:");
    return reference_is_layout(archive) && is_of_layout(destination, layout, (int)strcspn(layout, ":@"));
}

/* A link is not written through, wherever it leads: PROVAR_E_UNSAFE_PATH. */
static bool is_link(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

bool output_spares_archive(struct cli *cli, const char *destination, const char *archive) {
    return is_link(destination) || !output_is_archive(destination, archive) || refuse_input(cli, destination);
}
