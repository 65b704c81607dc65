/* provar inspect: shows what an archive says of itself, and whether its signature holds. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "input.h"
#include "inspect_text.h"
#include "output.h"
#include "print.h"
#include "progress.h"
#include "registry_options.h"
#include "store.h"
#include "trust.h"

static int jwt_only, wit, require_valid;
static char *digest;

/* What scripts of wash pass for its cache, and for a check that only those that retrieve have here. */
static int ignored;

static struct poptOption wash_options[] = {
    {"no-cache", 0, POPT_ARG_NONE, &ignored, 0, "nothing: there is no cache", NULL},
    {"allow-latest", 0, POPT_ARG_NONE, &ignored, 0, "nothing: any tag may be looked at", NULL},
    POPT_TABLEEND,
};

enum { DIGEST_HEX = 64 };

static struct poptOption options[] = {
    {"jwt-only", 0, POPT_ARG_NONE, &jwt_only, 0, "print the token and nothing else", NULL},
    {"wit", 0, POPT_ARG_NONE, &wit, 0, "write the bytes of world.wasm, once they are proven, never to a terminal",
     NULL},
    {"require-valid", 0, POPT_ARG_NONE, &require_valid, 0, "fail when the signature does not hold", NULL},
    {"digest", 'd', POPT_ARG_STRING, &digest, 0, "demand that the file has this SHA-256", "HEX"},
    {NULL, 0, POPT_ARG_INCLUDE_TABLE, wash_options, 0, "Accepted for scripts of wash:", NULL},
    OPT_LAZY,
    OPT_REGISTRY_READING,
    OPT_REGISTRY,
    OPT_PROGRESS,
    OPT_READING,
    OPT_LIMITS,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

/* wash gives a name, version and revision as text always. */
static void wash_text(struct cli *cli, const char *key, const char *text, size_t len) {
    json_text(&cli->doc, key, text ? text : "None", text ? len : 4);
}

static void add_time(struct cli *cli, const char *key, int known, int64_t seconds) {
    if (known)
        json_integer(&cli->doc, key, seconds);
}

static void add_claims(struct cli *cli, const struct provar_claims *claims) {
    size_t len;
    int32_t revision;
    int64_t seconds = 0;
    uint32_t wascap_revision;
    char number[16];
    const char *text = provar_claims_name(claims, &len);
    wash_text(cli, "name", text, len);
    json_string(&cli->doc, "issuer", provar_claims_issuer(claims, NULL));
    json_string(&cli->doc, "service", provar_claims_subject(claims, NULL));
    text = provar_claims_vendor(claims, &len);
    json_text(&cli->doc, "vendor", text, len);
    text = provar_claims_version(claims, &len);
    wash_text(cli, "version", text, len);
    bool known = provar_claims_revision(claims, &revision) != 0;
    snprintf(number, sizeof number, "%d", known ? (int)revision : 0);
    wash_text(cli, "revision", known ? number : NULL, strlen(number));
    text = provar_claims_schema(claims, &len);
    if (text)
        json_raw(&cli->doc, "schema", text, len);
    text = provar_claims_capid(claims, &len);
    if (text)
        json_text(&cli->doc, "capid", text, len);
    text = provar_claims_id(claims, &len);
    json_text(&cli->doc, "jti", text, len);
    known = provar_claims_issued_at(claims, &seconds) != 0;
    add_time(cli, "issued_at", known, seconds);
    known = provar_claims_not_before(claims, &seconds) != 0;
    add_time(cli, "not_before", known, seconds);
    known = provar_claims_expires(claims, &seconds) != 0;
    add_time(cli, "expires", known, seconds);
    if (provar_claims_wascap_revision(claims, &wascap_revision))
        json_unsigned(&cli->doc, "wascap_revision", wascap_revision);
}

static void add_member(struct cli *cli, const struct provar_member *member) {
    static const char *const kinds[] = {
        [PROVAR_MEMBER_TOKEN] = "token", [PROVAR_MEMBER_WORLD] = "world", [PROVAR_MEMBER_TARGET] = "target"};
    json_begin(&cli->doc, NULL, '{');
    json_string(&cli->doc, "name", member->name);
    json_string(&cli->doc, "kind", kinds[member->kind]);
    if (member->target)
        json_string(&cli->doc, "target", member->target);
    json_unsigned(&cli->doc, "size", member->bytes);
    if (member->kind != PROVAR_MEMBER_TOKEN) {
        json_string(&cli->doc, "sha256", member->sha256);
        json_string(&cli->doc, "format", member->format);
        json_string(&cli->doc, "machine", member->machine);
        json_string(&cli->doc, "linkage", member->linkage);
        json_string(&cli->doc, "interpreter", member->interpreter);
        json_string(&cli->doc, "glibc", member->glibc);
    }
    json_end(&cli->doc, '}');
}

static void add_members(struct cli *cli, const struct provar_archive *archive) {
    struct provar_member member = {.size = sizeof member};
    size_t count = provar_archive_member_count(archive);
    json_begin(&cli->doc, "targets", '[');
    for (size_t i = 0; i < count; i++)
        if (provar_archive_member(archive, i, &member) == PROVAR_OK && member.target)
            json_string(&cli->doc, NULL, member.target);
    json_end(&cli->doc, ']');
    json_begin(&cli->doc, "members", '[');
    for (size_t i = 0; i < count; i++)
        if (provar_archive_member(archive, i, &member) == PROVAR_OK)
            add_member(cli, &member);
    json_end(&cli->doc, ']');
}

static void add_readers(struct cli *cli, const struct provar_archive *archive) {
    uint32_t readers = provar_archive_readers(archive);
    json_string(&cli->doc, "era", provar_archive_era(archive));
    json_begin(&cli->doc, "readers", '{');
    json_bool(&cli->doc, "capid", (readers & PROVAR_READER_CAPID) != 0);
    json_bool(&cli->doc, "host_1_0", (readers & PROVAR_READER_1_0_HOST) != 0);
    json_bool(&cli->doc, "wash_0_27", (readers & PROVAR_READER_1_0_WASH) != 0);
    json_bool(&cli->doc, "host_1_6", (readers & PROVAR_READER_1_6) != 0);
    json_end(&cli->doc, '}');
}

static void answer(struct cli *cli, const struct provar_archive *archive, bool valid) {
    add_claims(cli, provar_archive_claims(archive));
    json_string(&cli->doc, "signature", valid ? "valid" : "invalid");
    json_string(&cli->doc, "trust", "not evaluated");
    json_bool(&cli->doc, "compressed", provar_archive_is_gzip(archive) != 0);
    add_readers(cli, archive);
    add_members(cli, archive);
    if (cli->json)
        return;
    if (cli->wash_text)
        inspect_wash_text(archive);
    else
        inspect_text(archive, valid);
}

static void answer_token(struct cli *cli, const struct provar_archive *archive) {
    size_t len;
    const char *token = provar_archive_token(archive, &len);
    json_text(&cli->doc, "token", token, len);
    if (!cli->json)
        printf("%s%.*s\n", cli->wash_text ? "\n" : "", (int)len, token);
}

static const char *bare(const char *text) {
    return strncmp(text, "sha256:", 7) == 0 ? text + 7 : text;
}

static int check_digest_form(struct cli *cli) {
    const char *wanted = bare(digest);
    if (strlen(wanted) == DIGEST_HEX && strspn(wanted, "0123456789abcdefABCDEF") == DIGEST_HEX)
        return STATUS_OK;
    return print_failure(cli, PROVAR_E_USAGE, "--digest: '%s' is not a SHA-256 of 64 hex digits", digest);
}

/* Of a reference, as for wash, the digest of its manifest, which covers all of its bytes. */
static int check_manifest_digest(struct cli *cli) {
    const char *own = cli->stored.digest;
    if (strcasecmp(bare(digest), bare(own)) == 0)
        return STATUS_OK;
    return print_failure(cli, PROVAR_E_DIGEST, "the manifest's digest is %s, not the one demanded", own);
}

static int check_digest(struct cli *cli, struct provar_archive *archive) {
    uint8_t found[DIGEST_HEX / 2];
    char hex[DIGEST_HEX + 1];
    if (cli->stored.size > 0)
        return check_manifest_digest(cli);
    int status = exit_status_of(provar_archive_sha256(archive, found, &cli->err));
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < sizeof found; i++)
        snprintf(hex + 2 * i, 3, "%02x", found[i]);
    if (strcasecmp(bare(digest), hex) == 0)
        return STATUS_OK;
    return print_failure(cli, PROVAR_E_DIGEST, "the file's digest is sha256:%s, not the one demanded", hex);
}

static int show(struct cli *cli, struct provar_archive *archive) {
    int status = digest ? check_digest(cli, archive) : STATUS_OK;
    if (status == STATUS_OK)
        status = exit_status_of(provar_look(archive, &cli->err));
    progress_erase();
    input_notices(cli, archive);
    if (status != STATUS_OK)
        return status;
    struct provar_error reason = {0};
    enum provar_result signature = provar_archive_signature(archive, &reason);
    if (signature != PROVAR_OK && require_valid) {
        cli->err = reason;
        return exit_status_of(signature);
    }
    if (signature != PROVAR_OK)
        print_warning(cli, "the signature is not valid: %s", reason.message);
    if (jwt_only)
        answer_token(cli, archive);
    else
        answer(cli, archive, signature == PROVAR_OK);
    return STATUS_OK;
}

/* Bytes leave only when they are proven to be what somebody signed. */
static int write_world(struct cli *cli, const char *path) {
    struct trust_proof proof = {0};
    struct provar_output to;
    struct provar_policy *policy = NULL;
    int status = output_choose(cli, "-", false, &to);
    if (status == STATUS_OK)
        status = exit_status_of(provar_policy_new(&policy, &cli->err));
    if (status == STATUS_OK)
        status = input_open(cli, path, true, &proof.archive);
    if (status == STATUS_OK && digest)
        status = check_digest(cli, proof.archive);
    if (status == STATUS_OK) {
        provar_policy_insecure_any_issuer(policy);
        status = exit_status_of(provar_verify(proof.archive, policy, &proof.verified, &cli->err));
    }
    if (status == STATUS_OK)
        status = exit_status_of(provar_extract_world(proof.verified, &to, &cli->err));
    if (status == STATUS_OK)
        json_string(&cli->doc, "file", "-");
    provar_policy_free(policy);
    trust_close(&proof);
    return status;
}

static int run(struct cli *cli) {
    struct provar_archive *archive = NULL;
    if (jwt_only && wit)
        return print_failure(cli, PROVAR_E_USAGE, "--jwt-only and --wit exclude each other");
    if (digest && check_digest_form(cli) != STATUS_OK)
        return STATUS_USAGE;
    if (wit)
        return write_world(cli, cli->args[0]);
    cli->ranges = digest == NULL;
    int status = input_open(cli, cli->args[0], digest != NULL, &archive);
    if (status == STATUS_OK)
        status = show(cli, archive);
    provar_archive_free(archive);
    return status;
}

const struct cmd cmd_inspect = {
    .verb = "inspect",
    .args = "ARCHIVE|-",
    .summary = "Show what an archive says, and whether its signature holds.",
    .more = "Trusts nobody: shows a forged archive too, unless --require-valid is given.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
