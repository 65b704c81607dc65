/* What a verb reads: archives, and small files. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_limits.h"
#include "input.h"
#include "print.h"
#include "reference.h"
#include "store.h"

static char *max_file_size, *max_total_size, *max_member_size, *threads;
static int ignore_index;

struct poptOption limits_table[] = {
    {"max-file-size", 0, POPT_ARG_STRING, &max_file_size, 0, "largest gzip file (2G)", "SIZE"},
    {"max-total-size", 0, POPT_ARG_STRING, &max_total_size, 0, "largest archive, decompressed (4G)", "SIZE"},
    {"max-member-size", 0, POPT_ARG_STRING, &max_member_size, 0, "largest executable (2G)", "SIZE"},
    {"threads", 0, POPT_ARG_STRING, &threads, 0, "threads to work with; by default one a processor", "N"},
    POPT_TABLEEND,
};

struct poptOption reading_table[] = {
    {"ignore-index", 0, POPT_ARG_NONE, &ignore_index, 0, "read a gzip file as if it had no target index", NULL},
    POPT_TABLEEND,
};

bool input_limits(struct cli *cli, struct provar_open_options *options) {
    return (!threads || opt_uint32(cli, "--threads", threads, 1, CLI_MAX_THREADS, &options->threads)) &&
           (!max_file_size || opt_size(cli, "--max-file-size", max_file_size, &options->max_file_size)) &&
           (!max_total_size || opt_size(cli, "--max-total-size", max_total_size, &options->max_total_size)) &&
           (!max_member_size || opt_size(cli, "--max-member-size", max_member_size, &options->max_member_size));
}

struct provar_input input_path(const char *path) {
    return (struct provar_input){
        .size = sizeof(struct provar_input), .kind = PROVAR_INPUT_PATH, .path = path, .path_len = strlen(path)};
}

/* Here docker.io is nobody's default: a slip in a file's name must not ask a registry. */
static int explain_missing(struct cli *cli, const char *path) {
    const char *slash = strchr(path, '/');
    bool may_be_meant = strchr(slash ? slash : path, ':') && !reference_is_path(path);
    if (cli->err.code == PROVAR_E_IO && may_be_meant && access(path, F_OK) != 0)
        print_hint(
            cli, "a reference begins with its registry, as docker.io/REPO:TAG, or with oci: and a layout's directory");
    return print_status(cli);
}

int input_open(struct cli *cli, const char *path, bool keep, struct provar_archive **archive) {
    struct provar_input from = input_path(path);
    if (strcmp(path, "-") == 0)
        from = (struct provar_input){.size = sizeof from, .kind = PROVAR_INPUT_FD, .fd = STDIN_FILENO};
    const char *temp = opt_env("TMPDIR");
    struct provar_open_options options = {.size = sizeof options,
                                          .flags = (keep ? (uint32_t)PROVAR_OPEN_KEEP : 0u) |
                                                   (ignore_index ? (uint32_t)PROVAR_OPEN_NO_INDEX : 0u),
                                          .temp_dir = temp,
                                          .temp_dir_len = temp ? strlen(temp) : 0};
    if (path[0] == 0)
        return print_failure(cli, PROVAR_E_USAGE, "ARCHIVE: an empty name is no file");
    if (!input_limits(cli, &options) || !store_choose_lazy(cli))
        return STATUS_USAGE;
    /* Without a registry in front it can be none, whatever dots the name has. */
    if (store_is_reference(path) && reference_names_store(path))
        return store_open_archive(cli, path, &options, archive);
    return provar_open(&from, &options, archive, &cli->err) == PROVAR_OK ? STATUS_OK : explain_missing(cli, path);
}

/* Opens a regular file only: anybody may have put a FIFO there, and waiting for its writer may never end. */
static FILE *open_regular(struct cli *cli, const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        print_failure(cli, PROVAR_E_IO, "cannot open '%s': %s", path, strerror(errno));
        return NULL;
    }
    FILE *file = NULL;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        print_failure(cli, PROVAR_E_IO, "'%s' is not a regular file", path);
    else if ((file = fdopen(fd, "r")) == NULL)
        print_failure(cli, PROVAR_E_IO, "cannot read '%s': %s", path, strerror(errno));
    if (file == NULL)
        close(fd);
    return file;
}

char *input_read(struct cli *cli, const char *path, size_t max, size_t *len) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : open_regular(cli, path);
    if (file == NULL)
        return NULL;
    char *data = malloc(max + 1);
    *len = data ? fread(data, 1, max + 1, file) : 0;
    if (data == NULL)
        print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    else if (ferror(file))
        print_failure(cli, PROVAR_E_IO, "cannot read '%s': %s", path, strerror(errno));
    else if (*len > max)
        print_failure(cli, PROVAR_E_LIMIT, "'%s' is larger than %zu bytes", path, max);
    if (file != stdin)
        fclose(file);
    if (cli->err.code == PROVAR_OK)
        return data;
    free(data);
    return NULL;
}

void input_notices(struct cli *cli, const struct provar_archive *archive) {
    for (size_t i = 0; i < provar_archive_notice_count(archive); i++)
        print_warning(cli, "%s", provar_archive_notice(archive, i));
}
