/* A host that believes an archive only if a given issuer signed it, and runs the provider in it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <provar.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/*
 *     example-embed ARCHIVE ISSUER
 *
 * runs the executable for this machine in ARCHIVE if the account key ISSUER ("A...") signed it. The exit status is the
 * provider's; 128 + N when signal N ended it; 125 when it was not run.
 */

enum { EXIT_NOT_RUN = 125, EXIT_BY_SIGNAL = 128 };

/* Everything that one run holds. All members may be NULL, so that one function frees it however far it came. */
struct host {
    struct provar_archive *archive;
    struct provar_policy *policy;
    struct provar_verified *verified;
};

static void release(struct host *host) {
    /* What was made last goes first: a proof lives on its archive. */
    provar_verified_free(host->verified);
    provar_policy_free(host->policy);
    provar_archive_free(host->archive);
}

/* PROVAR_OPEN_KEEP: the bytes are used again after the verdict. */
static enum provar_result open_archive(struct host *host, const char *path, struct provar_error *err) {
    struct provar_input from = {0};
    from.size = sizeof from;
    from.kind = PROVAR_INPUT_PATH;
    from.path = path;
    from.path_len = strlen(path);
    struct provar_open_options options = {0};
    options.size = sizeof options;
    options.flags = PROVAR_OPEN_KEEP;
    return provar_open(&from, &options, &host->archive, err);
}

/* A new policy accepts nothing; this one accepts one issuer, and looks at this machine's executable only. */
static enum provar_result believe(struct host *host, const char *issuer, struct provar_error *err) {
    const char *target = provar_host_target();
    enum provar_result result = provar_policy_new(&host->policy, err);
    if (result == PROVAR_OK)
        result = provar_policy_allow_issuer(host->policy, issuer, strlen(issuer), err);
    if (result == PROVAR_OK)
        result = provar_policy_cover_target(host->policy, target, strlen(target), err);
    if (result == PROVAR_OK)
        result = provar_verify(host->archive, host->policy, &host->verified, err);
    return result;
}

/* A key is 56 letters and digits, so it needs no escaping inside JSON. */
static enum provar_result run(const struct host *host, int *status, struct provar_error *err) {
    static const char *const env[] = {"RUST_LOG=info"};
    const char *subject = provar_claims_subject(provar_verified_claims(host->verified), NULL);
    char host_data[256];
    int len = snprintf(host_data, sizeof host_data,
                       "{\"provider_key\":\"%s\",\"link_name\":\"default\",\"lattice_rpc_prefix\":\"default\","
                       "\"config\":{\"greeting\":\"hello\"}}",
                       subject ? subject : "");
    if (len < 0 || (size_t)len >= sizeof host_data)
        return PROVAR_E_INTERNAL;
    struct provar_run_options options = {0};
    options.size = sizeof options;
    options.env = env;
    options.env_count = 1;
    options.host_data = host_data;
    options.host_data_len = (size_t)len;
    return provar_run(host->verified, &options, status, err);
}

/* One line; what came from the archive is escaped in it already. */
static void complain(enum provar_result result, const struct provar_error *err) {
    fprintf(stderr, "example-embed: %s", provar_result_name((int)result));
    if (err->message[0])
        fprintf(stderr, ": %s", err->message);
    if (err->member[0])
        fprintf(stderr, " (member '%s')", err->member);
    if (err->code && err->offset != PROVAR_NO_OFFSET)
        fprintf(stderr, " (byte %llu)", (unsigned long long)err->offset);
    fputc('\n', stderr);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: example-embed ARCHIVE ISSUER\n");
        return EXIT_NOT_RUN;
    }
    struct host host = {0};
    struct provar_error err = {0};
    int status = 0;
    enum provar_result result = open_archive(&host, argv[1], &err);
    if (result == PROVAR_OK)
        result = believe(&host, argv[2], &err);
    if (result == PROVAR_OK)
        result = run(&host, &status, &err);
    release(&host);
    if (result != PROVAR_OK) {
        complain(result, &err);
        return EXIT_NOT_RUN;
    }
    return WIFSIGNALED(status) ? EXIT_BY_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}
