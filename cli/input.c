/* Opening archives, and the policies of the verbs that verify. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "input.h"
#include "print.h"

static char *max_file_size, *max_total_size, *max_member_size;

struct poptOption limits_table[] = {
    {"max-file-size", 0, POPT_ARG_STRING, &max_file_size, 0, "largest gzip file (2G)", "SIZE"},
    {"max-total-size", 0, POPT_ARG_STRING, &max_total_size, 0, "largest archive, decompressed (4G)", "SIZE"},
    {"max-member-size", 0, POPT_ARG_STRING, &max_member_size, 0, "largest executable (2G)", "SIZE"},
    POPT_TABLEEND,
};

struct trust_options trust_options;

struct poptOption trust_table[] = {
    {"issuer", 'i', POPT_ARG_ARGV, &trust_options.issuers, 0, "account key that may have signed (may be repeated)",
     "A..."},
    {"subject", 's', POPT_ARG_STRING, &trust_options.subject, 0, "service key that the provider must have", "V..."},
    {"min-revision", 0, POPT_ARG_STRING, &trust_options.min_revision, 0, "lowest revision", "N"},
    {"require-target", 0, POPT_ARG_ARGV, &trust_options.required, 0, "target that must be there (may be repeated)",
     "TARGET"},
    {"clock-skew", 0, POPT_ARG_STRING, &trust_options.clock_skew, 0, "tolerance for not-before and issued-at (60)",
     "SECONDS"},
    POPT_TABLEEND,
};

static bool read_limits(struct cli *cli, struct provar_open_options *options) {
    return (!max_file_size || opt_size(cli, "--max-file-size", max_file_size, &options->max_file_size)) &&
           (!max_total_size || opt_size(cli, "--max-total-size", max_total_size, &options->max_total_size)) &&
           (!max_member_size || opt_size(cli, "--max-member-size", max_member_size, &options->max_member_size));
}

int input_open(struct cli *cli, const char *path, bool keep, struct provar_archive **archive) {
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_PATH, .path = path, .path_len = strlen(path)};
    if (strcmp(path, "-") == 0)
        from = (struct provar_input){.size = sizeof from, .kind = PROVAR_INPUT_FD, .fd = STDIN_FILENO};
    const char *temp = opt_env("TMPDIR");
    struct provar_open_options options = {.size = sizeof options,
                                          .flags = keep ? PROVAR_OPEN_KEEP : 0,
                                          .temp_dir = temp,
                                          .temp_dir_len = temp ? strlen(temp) : 0};
    if (!read_limits(cli, &options))
        return STATUS_USAGE;
    return exit_status_of(provar_open(&from, &options, archive, &cli->err));
}

char *input_read(struct cli *cli, const char *path, size_t max, size_t *len) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL) {
        print_failure(cli, PROVAR_E_IO, "cannot open '%s': %s", path, strerror(errno));
        return NULL;
    }
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

static int add_issuers(struct cli *cli, struct provar_policy *policy) {
    for (char **issuer = trust_options.issuers; issuer && *issuer; issuer++)
        if (provar_policy_allow_issuer(policy, *issuer, strlen(*issuer), &cli->err) != PROVAR_OK)
            return print_as_usage(cli);
    if (!trust_options.insecure_no_trust)
        return STATUS_OK;
    if (trust_options.issuers)
        return print_failure(cli, PROVAR_E_USAGE, "--issuer and --insecure-no-trust contradict each other");
    print_warning(cli, "--insecure-no-trust: whoever signed this archive is believed");
    provar_policy_insecure_any_issuer(policy);
    return STATUS_OK;
}

static int add_demands(struct cli *cli, struct provar_policy *policy) {
    int32_t revision;
    if (trust_options.subject &&
        provar_policy_set_subject(policy, trust_options.subject, strlen(trust_options.subject), &cli->err) != PROVAR_OK)
        return print_as_usage(cli);
    for (char **target = trust_options.required; target && *target; target++)
        if (provar_policy_require_target(policy, *target, strlen(*target), &cli->err) != PROVAR_OK)
            return print_as_usage(cli);
    if (trust_options.min_revision) {
        if (!opt_int32(cli, "--min-revision", trust_options.min_revision, &revision))
            return STATUS_USAGE;
        provar_policy_set_min_revision(policy, revision);
    }
    return STATUS_OK;
}

static int add_time(struct cli *cli, struct provar_policy *policy) {
    int64_t at;
    uint32_t skew;
    if (trust_options.at) {
        if (!opt_time(cli, "--at", trust_options.at, (int64_t)time(NULL), &at))
            return STATUS_USAGE;
        if (at < 0)
            return print_failure(cli, PROVAR_E_USAGE, "--at: '%s' is no time", trust_options.at);
        provar_policy_set_time(policy, at);
    }
    if (trust_options.clock_skew) {
        if (!opt_uint32(cli, "--clock-skew", trust_options.clock_skew, 0, 300, &skew))
            return STATUS_USAGE;
        return exit_status_of(provar_policy_set_clock_skew(policy, skew, &cli->err));
    }
    return STATUS_OK;
}

int input_policy(struct cli *cli, const char *target, struct provar_policy **policy) {
    struct provar_policy *made = NULL;
    int status = exit_status_of(provar_policy_new(&made, &cli->err));
    if (status == STATUS_OK)
        status = add_issuers(cli, made);
    if (status == STATUS_OK)
        status = add_demands(cli, made);
    if (status == STATUS_OK)
        status = add_time(cli, made);
    if (status == STATUS_OK && target &&
        provar_policy_cover_target(made, target, strlen(target), &cli->err) != PROVAR_OK)
        status = print_as_usage(cli);
    if (status == STATUS_OK)
        *policy = made;
    else
        provar_policy_free(made);
    return status;
}

/* Where no policy was given, the error says what to pass. */
static void explain_trust(struct cli *cli, const struct provar_archive *archive) {
    const struct provar_claims *claims = provar_archive_claims(archive);
    if (cli->err.code != PROVAR_E_UNTRUSTED || trust_options.issuers || trust_options.insecure_no_trust || !claims)
        return;
    snprintf(cli->err.message, sizeof cli->err.message,
             "signed by %s, but no issuer is trusted: pass --issuer A... with the key you expect",
             provar_claims_issuer(claims, NULL));
}

int input_destination(struct cli *cli, const char *path, bool replace, struct provar_output *to) {
    const char *temp = opt_env("TMPDIR");
    *to = (struct provar_output){.size = sizeof *to,
                                 .kind = PROVAR_OUTPUT_PATH,
                                 .path = path,
                                 .path_len = strlen(path),
                                 .flags = replace ? PROVAR_OUTPUT_REPLACE : 0,
                                 .temp_dir = temp,
                                 .temp_dir_len = temp ? strlen(temp) : 0};
    if (strcmp(path, "-") != 0)
        return STATUS_OK;
    to->kind = PROVAR_OUTPUT_FD;
    to->fd = STDOUT_FILENO;
    cli->data_on_stdout = true;
    if (isatty(STDOUT_FILENO))
        return print_failure(cli, PROVAR_E_USAGE, "standard output is a terminal: send the bytes to a file or a pipe");
    return STATUS_OK;
}

bool input_spares(struct cli *cli, const char *destination, const char *input) {
    struct stat a, b;
    if (input == NULL || stat(destination, &a) != 0 || stat(input, &b) != 0 || a.st_dev != b.st_dev ||
        a.st_ino != b.st_ino)
        return true;
    return print_usage_error(cli, "the destination '%s' is an input of this command", destination);
}

void input_describe(struct cli *cli, const struct provar_claims *claims) {
    size_t len;
    int32_t revision;
    const char *text = provar_claims_name(claims, &len);
    json_text(&cli->doc, "name", text, len);
    text = provar_claims_version(claims, &len);
    json_text(&cli->doc, "version", text, len);
    if (provar_claims_revision(claims, &revision))
        json_integer(&cli->doc, "revision", revision);
    else
        json_string(&cli->doc, "revision", NULL);
    json_string(&cli->doc, "issuer", provar_claims_issuer(claims, NULL));
    json_string(&cli->doc, "service", provar_claims_subject(claims, NULL));
}

int input_verify(struct cli *cli, const char *path, bool keep, const char *target, struct input_proof *proof) {
    struct provar_policy *policy = NULL;
    int status = input_policy(cli, target, &policy);
    if (status == STATUS_OK)
        status = input_open(cli, path, keep, &proof->archive);
    if (status == STATUS_OK) {
        status = exit_status_of(provar_verify(proof->archive, policy, &proof->verified, &cli->err));
        input_notices(cli, proof->archive);
        explain_trust(cli, proof->archive);
    }
    provar_policy_free(policy);
    return status;
}

void input_close(struct input_proof *proof) {
    provar_verified_free(proof->verified);
    provar_archive_free(proof->archive);
}
