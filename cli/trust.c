/* Whom the user believes: the options of the verbs that verify, as a policy, and the proof. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "cli_limits.h"
#include "freshness.h"
#include "input.h"
#include "places.h"
#include "print.h"
#include "trust.h"

struct trust_options trust_options;

struct poptOption trust_table[] = {
    {"issuer", 'i', POPT_ARG_ARGV, &trust_options.issuers, 0, "account key that may have signed (may be repeated)",
     "A..."},
    {"allowed-issuers", 0, POPT_ARG_ARGV, &trust_options.allowed, 0,
     "rules that say who may sign what (may be repeated)", "FILE"},
    {"account-jwt", 0, POPT_ARG_ARGV, &trust_options.accounts, 0,
     "token of an account, signed by an operator of the rules (may be repeated)", "FILE"},
    {"operator-jwt", 0, POPT_ARG_ARGV, &trust_options.operators, 0,
     "token of an operator, with further keys of its own (may be repeated)", "FILE"},
    {"subject", 's', POPT_ARG_STRING, &trust_options.subject, 0, "service key that the provider must have", "V..."},
    {"min-revision", 0, POPT_ARG_STRING, &trust_options.min_revision, 0, "lowest revision", "N"},
    {"require-target", 0, POPT_ARG_ARGV, &trust_options.required, 0, "target that must be there (may be repeated)",
     "TARGET"},
    {"clock-skew", 0, POPT_ARG_STRING, &trust_options.clock_skew, 0, "tolerance for not-before and issued-at (60)",
     "SECONDS"},
    POPT_TABLEEND,
};

#define TARGET_FORM "a name such as x86_64-linux"

/* The error that is set becomes one of usage that names the option, and what it takes. */
static int refuse_option(struct cli *cli, const char *option, const char *expected) {
    struct provar_error cause = cli->err;
    int room = (int)sizeof cause.message - 120;
    snprintf(cli->err.message, sizeof cli->err.message, "%s: %.*s; expected is %s", option, room, cause.message,
             expected);
    return print_as_usage(cli);
}

static int add_issuers(struct cli *cli, struct provar_policy *policy) {
    for (char **issuer = trust_options.issuers; issuer && *issuer; issuer++)
        if (provar_policy_allow_issuer(policy, *issuer, strlen(*issuer), &cli->err) != PROVAR_OK)
            return refuse_option(cli, "--issuer", "the public key of an account, A...");
    if (!trust_options.insecure_no_trust)
        return STATUS_OK;
    if (trust_options.issuers || trust_options.allowed || trust_options.accounts || trust_options.operators)
        return print_failure(cli, PROVAR_E_USAGE, "%s and --insecure-no-trust contradict each other",
                             trust_options.issuers    ? "--issuer"
                             : trust_options.allowed  ? "--allowed-issuers"
                             : trust_options.accounts ? "--account-jwt"
                                                      : "--operator-jwt");
    print_warning(cli, "--insecure-no-trust: whoever signed this archive is believed");
    provar_policy_insecure_any_issuer(policy);
    return STATUS_OK;
}

static int load(struct cli *cli, struct provar_policy *policy, enum provar_policy_file kind, const char *path) {
    return exit_status_of(provar_policy_load(policy, kind, path, strlen(path), &cli->err));
}

static int load_each(struct cli *cli, struct provar_policy *policy, enum provar_policy_file kind, char **paths) {
    int status = STATUS_OK;
    for (; status == STATUS_OK && paths && *paths; paths++)
        status = load(cli, policy, kind, *paths);
    return status;
}

/* Where nobody is named on the command line: the first of these that is there is the only one. Where nobody knows the
 * user's place, the system's rules would take that of the user's own in silence. */
static int load_usual_rules(struct cli *cli, struct trust_terms *terms) {
    static const char system_rules[] = PLACES_SYSTEM("allowed_issuers");
    char path[PATH_MAX];
    const char *named = opt_env("PROVAR_ALLOWED_ISSUERS");
    bool may_hold = named != NULL;
    bool is_placed = may_hold || places_of_user("XDG_CONFIG_HOME", ".config", "allowed_issuers", path);
    int status = STATUS_OK;
    if (!may_hold && is_placed) {
        named = path;
        status = places_look(cli, named, &may_hold);
    }
    if (status == STATUS_OK && !may_hold) {
        named = system_rules;
        status = places_look(cli, named, &may_hold);
    }
    if (status == STATUS_OK && may_hold && !is_placed)
        print_warning(cli, "the system's rules are read: neither XDG_CONFIG_HOME nor HOME has a place for rules of the "
                           "user's own; give --allowed-issuers FILE");
    if (status != STATUS_OK || !may_hold)
        return status;
    terms->has_rules = true;
    return load(cli, terms->policy, PROVAR_POLICY_ALLOWED_ISSUERS, named);
}

static int add_files(struct cli *cli, struct trust_terms *terms) {
    struct provar_policy *policy = terms->policy;
    int status = load_each(cli, policy, PROVAR_POLICY_ALLOWED_ISSUERS, trust_options.allowed);
    terms->has_rules = trust_options.allowed != NULL;
    if (status == STATUS_OK && !trust_options.issuers && !terms->has_rules && !trust_options.insecure_no_trust)
        status = load_usual_rules(cli, terms);
    if (status == STATUS_OK)
        status = load_each(cli, policy, PROVAR_POLICY_ACCOUNT_TOKEN, trust_options.accounts);
    if (status == STATUS_OK)
        status = load_each(cli, policy, PROVAR_POLICY_OPERATOR_TOKEN, trust_options.operators);
    return status;
}

static int add_demands(struct cli *cli, struct provar_policy *policy) {
    int32_t revision;
    if (trust_options.subject &&
        provar_policy_set_subject(policy, trust_options.subject, strlen(trust_options.subject), &cli->err) != PROVAR_OK)
        return refuse_option(cli, "--subject", "the public key of a service, V...");
    for (char **target = trust_options.required; target && *target; target++)
        if (provar_policy_require_target(policy, *target, strlen(*target), &cli->err) != PROVAR_OK)
            return refuse_option(cli, "--require-target", TARGET_FORM);
    if (trust_options.min_revision) {
        if (!opt_int32(cli, "--min-revision", trust_options.min_revision, &revision))
            return STATUS_USAGE;
        provar_policy_set_min_revision(policy, revision);
    }
    return STATUS_OK;
}

static int add_time(struct cli *cli, struct provar_policy *policy, int64_t *at) {
    uint32_t skew;
    if (trust_options.at) {
        if (!opt_time(cli, "--at", trust_options.at, (int64_t)time(NULL), at))
            return STATUS_USAGE;
        if (*at < 0)
            return print_failure(cli, PROVAR_E_USAGE, "--at: '%s' is no time", trust_options.at);
        provar_policy_set_time(policy, *at);
    }
    if (trust_options.clock_skew) {
        if (!opt_uint32(cli, "--clock-skew", trust_options.clock_skew, 0, CLI_MAX_CLOCK_SKEW, &skew))
            return STATUS_USAGE;
        return exit_status_of(provar_policy_set_clock_skew(policy, skew, &cli->err));
    }
    return STATUS_OK;
}

int trust_policy(struct cli *cli, const char *target, struct trust_terms *terms) {
    int status = exit_status_of(provar_policy_new(&terms->policy, &cli->err));
    struct provar_policy *policy = terms->policy;
    if (status == STATUS_OK)
        status = add_issuers(cli, policy);
    if (status == STATUS_OK)
        status = add_files(cli, terms);
    if (status == STATUS_OK)
        status = add_demands(cli, policy);
    if (status == STATUS_OK)
        status = add_time(cli, policy, &terms->judged_at);
    if (status == STATUS_OK)
        status = freshness_load(cli, policy, trust_options.insecure_no_trust, &terms->freshness);
    if (status == STATUS_OK && target &&
        provar_policy_cover_target(policy, target, strlen(target), &cli->err) != PROVAR_OK)
        status = refuse_option(cli, "--target", TARGET_FORM);
    if (status == STATUS_OK && trust_options.takes_once)
        provar_policy_defer_digests(policy);
    return status;
}

bool trust_names_issuers(const struct trust_terms *terms) {
    return trust_options.issuers || terms->has_rules || trust_options.accounts || trust_options.operators;
}

/* Usual files that are there count; but the usual history only says what this user has accepted, not what he makes. */
bool trust_was_given(const struct trust_terms *terms) {
    return trust_names_issuers(terms) || trust_options.subject || trust_options.min_revision ||
           trust_options.required || trust_options.clock_skew || freshness_options.strict ||
           freshness_options.allow_rollback || terms->freshness.any_revoked ||
           terms->freshness.history == FRESHNESS_NAMED;
}

/* Where no policy was given, the error says what to pass. */
static void explain_trust(struct cli *cli, const struct provar_archive *archive, bool has_rules) {
    const struct provar_claims *claims = provar_archive_claims(archive);
    if (cli->err.code != PROVAR_E_UNTRUSTED || trust_options.issuers || has_rules || trust_options.insecure_no_trust ||
        !claims)
        return;
    snprintf(
        cli->err.message, sizeof cli->err.message,
        "signed by %s, but no issuer is trusted: pass --issuer A... with the key you expect, or keep a file of them "
        "(man provar-allowed-issuers)",
        provar_claims_issuer(claims, NULL));
}

/* An error of time says which time was judged where it is not the clock's. */
static void explain_time(struct cli *cli, int64_t judged_at) {
    char hint[64];
    snprintf(hint, sizeof hint, "judged at %s", print_seconds(judged_at).text);
    if (cli->err.code == PROVAR_E_TIME && trust_options.at)
        print_hint(cli, hint);
}

/* Of an index of archives of one target each, the one that was chosen has less than its claims list. */
static enum provar_result verify(struct cli *cli, const char *target, const struct trust_terms *terms,
                                 struct trust_proof *proof) {
    const char *chosen = cli->stored.target;
    if (target == NULL && chosen[0])
        return provar_verify_target(proof->archive, terms->policy, chosen, strlen(chosen), &proof->verified, &cli->err);
    return provar_verify(proof->archive, terms->policy, &proof->verified, &cli->err);
}

int trust_verify(struct cli *cli, const char *path, bool keep, const char *target, struct trust_proof *proof) {
    struct trust_terms terms = {0};
    int status = trust_policy(cli, target, &terms);
    proof->judged_at = terms.judged_at;
    cli->target = target;
    cli->unbound = trust_names_issuers(&terms);
    if (status == STATUS_OK)
        status = input_open(cli, path, keep || terms.freshness.any_revoked, &proof->archive);
    if (status == STATUS_OK) {
        status = exit_status_of(verify(cli, target, &terms, proof));
        input_notices(cli, proof->archive);
        explain_trust(cli, proof->archive, terms.has_rules);
        explain_time(cli, proof->judged_at);
        freshness_explain(cli);
    }
    if (status == STATUS_OK)
        status = freshness_record(cli, proof->verified, &terms.freshness);
    provar_policy_free(terms.policy);
    return status;
}

void trust_close(struct trust_proof *proof) {
    provar_verified_free(proof->verified);
    provar_archive_free(proof->archive);
}
