/* Who signs: keys from files, descriptors, the environment or wash's key directory, for the verbs that write. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "print.h"
#include "signing.h"

struct signing_options signing_options;

struct poptOption signing_table[] = {
    {"issuer", 'i', POPT_ARG_STRING, &signing_options.issuer, 0,
     "account seed that signs: a file, - or /dev/fd/N; else WASH_ISSUER_KEY, else the key directory", "SEED"},
    {"subject", 's', POPT_ARG_STRING, &signing_options.subject, 0,
     "service seed, or its public key V...; else WASH_SUBJECT_KEY, else the key directory", "SEED|KEY"},
    {"directory", 'd', POPT_ARG_STRING, &signing_options.directory, 0,
     "key directory; else WASH_KEYS, else ~/.wash/keys", "DIR"},
    {"keygen", 0, POPT_ARG_NONE, &signing_options.keygen, 0, "make missing keys in the key directory", NULL},
    {"disable-keygen", 0, POPT_ARG_NONE, &signing_options.disable_keygen, 0, "never make keys (the default)", NULL},
    {"insecure-key-file", 0, POPT_ARG_NONE, &signing_options.insecure_key_file, 0,
     "accept key files that others may read", NULL},
    {"expires", 0, POPT_ARG_STRING, &signing_options.expires, 0, "end of validity", "TIME|+90d|never"},
    {"not-before", 0, POPT_ARG_STRING, &signing_options.not_before, 0, "begin of validity", "TIME|+1h|never"},
    {"jti", 0, POPT_ARG_STRING, &signing_options.id, 0, "the token's id, for reproducible archives", "TEXT"},
    POPT_TABLEEND,
};

char *signing_stem(const char *path) {
    const char *slash = strrchr(path, '/');
    char *stem = strdup(slash ? slash + 1 : path);
    char *dot = stem ? strrchr(stem, '.') : NULL;
    if (dot && dot != stem)
        *dot = 0;
    return stem;
}

char *signing_directory(struct cli *cli, const char *given) {
    const char *chosen = given ? given : opt_env("WASH_KEYS");
    const char *home = opt_env("HOME");
    char *path = NULL;
    if (chosen == NULL && home == NULL)
        print_usage_error(cli, "no key directory: HOME is not set, give --directory");
    else if (asprintf(&path, "%s%s", chosen ? chosen : home, chosen ? "" : "/.wash/keys") < 0)
        path = NULL;
    if (path == NULL)
        print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    return path;
}

/* "-" and "/dev/fd/N" name a descriptor: a seed that never touches a disk. */
static bool names_descriptor(const char *text, int *fd) {
    static const char prefix[] = "/dev/fd/";
    enum { PREFIX = sizeof prefix - 1, MAX_DIGITS = 5 };
    size_t len = strlen(text);
    *fd = STDIN_FILENO;
    if (strcmp(text, "-") == 0)
        return true;
    if (strncmp(text, prefix, PREFIX) != 0 || len == PREFIX || len > PREFIX + MAX_DIGITS ||
        strspn(text + PREFIX, "0123456789") != len - PREFIX)
        return false;
    *fd = atoi(text + PREFIX);
    return true;
}

int signing_read_key(struct cli *cli, const char *path, bool insecure, struct provar_key **key) {
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_PATH, .path = path, .path_len = strlen(path)};
    if (names_descriptor(path, &from.fd))
        from.kind = PROVAR_INPUT_FD;
    int status = exit_status_of(provar_key_load(&from, insecure ? PROVAR_KEY_INSECURE_FILE : 0, key, &cli->err));
    if (status != STATUS_OK && from.kind == PROVAR_INPUT_FD)
        print_subject(cli, path);
    if (status == STATUS_UNSAFE_PATH)
        print_hint(cli, "make it a regular file of mode 0600, or pass --insecure-key-file");
    return status;
}

/* What an option or its environment variable gives for a key; `text` is NULL when neither does. */
struct key_source {
    const char *text;
    const char *origin; /* the option or the variable, for messages */
    bool exposed;       /* on the command line, which other users can see */
};

static struct key_source find_source(const char *option, const char *value, const char *variable) {
    if (value)
        return (struct key_source){value, option, true};
    return (struct key_source){opt_env(variable), variable, false};
}

static struct key_source issuer_source(void) {
    return find_source("--issuer", signing_options.issuer, "WASH_ISSUER_KEY");
}

static struct key_source subject_source(void) {
    return find_source("--subject", signing_options.subject, "WASH_SUBJECT_KEY");
}

bool signing_spares(struct cli *cli, const char *file) {
    return output_spares(cli, file, issuer_source().text) && output_spares(cli, file, subject_source().text);
}

static bool is_stdin(struct key_source source) {
    int fd;
    return source.text && names_descriptor(source.text, &fd) && fd == STDIN_FILENO;
}

bool signing_reads_stdin(void) {
    return is_stdin(issuer_source()) || is_stdin(subject_source());
}

static bool is_public(const char *text) {
    return provar_public_check(text, strlen(text), NULL, NULL) == PROVAR_OK;
}

/* A seed file, a descriptor, or, when there is no such file, the seed itself, as wash takes it. What is none of them is
 * not shown: it may be a seed with a slip in it. */
static int load_named(struct cli *cli, struct key_source source, struct provar_key **key) {
    int fd;
    struct stat st;
    if (names_descriptor(source.text, &fd) || lstat(source.text, &st) == 0)
        return signing_read_key(cli, source.text, signing_options.insecure_key_file, key);
    if (is_public(source.text))
        return print_failure(cli, PROVAR_E_USAGE, "%s: a public key cannot sign; give the seed, or a file with it",
                             source.origin);
    if (strlen(source.text) != PROVAR_SEED_LEN || source.text[0] != 'S')
        return print_failure(cli, PROVAR_E_USAGE, "%s: no such file, and not a seed", source.origin);
    if (source.exposed)
        print_warning(cli, "a seed on the command line can be seen by other users: use a file, - or /dev/fd/N");
    return exit_status_of(provar_key_from_seed(source.text, strlen(source.text), key, &cli->err));
}

/* Makes the directory's last component, or its last two for ~/.wash/keys, private to the user. */
static void make_directory(const char *directory) {
    char *parent = strdup(directory);
    char *slash = parent ? strrchr(parent, '/') : NULL;
    if (slash && slash != parent) {
        *slash = 0;
        (void)mkdir(parent, 0700);
    }
    free(parent);
    (void)mkdir(directory, 0700);
}

static int generate(struct cli *cli, enum provar_key_kind kind, const char *directory, const char *path,
                    struct provar_key **key) {
    make_directory(directory);
    enum provar_result result = provar_key_generate(kind, key, &cli->err);
    if (result == PROVAR_OK)
        result = provar_key_save(*key, path, strlen(path), 0, &cli->err);
    if (result == PROVAR_OK) {
        char *shown = print_escaped(path, strlen(path));
        print_warning(cli, "made the key %s and wrote its seed to '%s'", provar_key_public(*key), shown ? shown : "");
        free(shown);
    }
    return exit_status_of(result);
}

static bool may_generate(void) {
    const char *wish = opt_env("WASH_KEYGEN");
    return !signing_options.disable_keygen && (signing_options.keygen || (wish && strcmp(wish, "1") == 0));
}

/* The key of this name in the key directory, made there when that was asked for. */
static int load_from_directory(struct cli *cli, enum provar_key_kind kind, const char *name, const char *option,
                               struct provar_key **key) {
    char *directory = signing_directory(cli, signing_options.directory);
    char *path = NULL;
    struct stat st;
    int status;
    if (directory == NULL || asprintf(&path, "%s/%s.nk", directory, name) < 0)
        path = NULL;
    if (path == NULL)
        status = print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    else if (lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
        status = signing_read_key(cli, path, signing_options.insecure_key_file, key);
    else if (may_generate())
        status = generate(cli, kind, directory, path, key);
    else
        status = print_failure(cli, PROVAR_E_USAGE, "no key: give %s, or make '%s' with --keygen", option, path);
    free(path);
    free(directory);
    return status;
}

/* wash's name for the key of an account: the user's. */
static int load_own_account(struct cli *cli, struct provar_key **key) {
    const char *user = opt_env("USER");
    char *name = NULL;
    if (user && strchr(user, '/'))
        return print_failure(cli, PROVAR_E_USAGE, "USER: '%s' cannot name a key; give --issuer", user);
    if (asprintf(&name, "%s_account", user ? user : "user") < 0)
        return print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    int status = load_from_directory(cli, PROVAR_KEY_ACCOUNT, name, "--issuer", key);
    free(name);
    return status;
}

/* wash's name for the key of a provider: the file's. */
static int load_own_service(struct cli *cli, const char *binary, struct provar_key **key) {
    char *stem = signing_stem(binary), *name = NULL;
    int status;
    if (stem == NULL || asprintf(&name, "%s_service", stem) < 0)
        status = print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    else
        status = load_from_directory(cli, PROVAR_KEY_SERVICE, name, "--subject", key);
    free(name);
    free(stem);
    return status;
}

/* The subject's seed signs nothing: its public text is all that is needed, so either will do. */
static int find_subject(struct cli *cli, const char *binary, char subject[PROVAR_PUBLIC_LEN + 1]) {
    struct key_source source = subject_source();
    struct provar_key *key = NULL;
    int status = STATUS_OK;
    if (source.text && is_public(source.text) && access(source.text, F_OK) != 0) {
        memcpy(subject, source.text, PROVAR_PUBLIC_LEN + 1);
        return STATUS_OK;
    }
    if (source.text)
        status = load_named(cli, source, &key);
    if (status == STATUS_USAGE)
        print_hint(cli, "the service's public key V... will do as well");
    else if (source.text == NULL && binary)
        status = load_own_service(cli, binary, &key);
    if (key)
        memcpy(subject, provar_key_public(key), PROVAR_PUBLIC_LEN + 1);
    provar_key_free(key);
    return status;
}

/* reproducible-builds.org, "SOURCE_DATE_EPOCH specification". */
static bool read_epoch(struct cli *cli, int64_t *epoch, bool *set) {
    const char *text = opt_env("SOURCE_DATE_EPOCH");
    *set = text != NULL;
    *epoch = (int64_t)time(NULL);
    return text == NULL || opt_seconds(cli, "SOURCE_DATE_EPOCH", text, epoch);
}

/* A time of -1 is none. */
static bool times_fit(struct cli *cli, const struct signer *signer) {
    if (!signing_options.expires || !signing_options.not_before || signer->expires < 0 || signer->not_before < 0 ||
        signer->expires > signer->not_before)
        return true;
    return print_usage_error(cli, "--expires must be later than --not-before");
}

static bool read_times(struct cli *cli, struct signer *signer) {
    return read_epoch(cli, &signer->epoch, &signer->has_epoch) &&
           (!signing_options.expires ||
            opt_time(cli, "--expires", signing_options.expires, signer->epoch, &signer->expires)) &&
           (!signing_options.not_before ||
            opt_time(cli, "--not-before", signing_options.not_before, signer->epoch, &signer->not_before)) &&
           times_fit(cli, signer);
}

int signing_load(struct cli *cli, const char *binary, struct signer *signer) {
    struct key_source issuer = issuer_source();
    if (!read_times(cli, signer))
        return STATUS_USAGE;
    if (is_stdin(issuer) && is_stdin(subject_source()))
        return print_failure(cli, PROVAR_E_USAGE, "--issuer and --subject cannot both come from standard input");
    int status = issuer.text ? load_named(cli, issuer, &signer->issuer) : load_own_account(cli, &signer->issuer);
    return status == STATUS_OK ? find_subject(cli, binary, signer->subject) : status;
}

int signing_apply(struct cli *cli, const struct signer *signer, struct provar_builder *builder) {
    const char *id = signing_options.id;
    enum provar_result result = provar_builder_set_issuer(builder, signer->issuer, &cli->err);
    if (result == PROVAR_OK && signer->subject[0])
        result = provar_builder_set_subject(builder, signer->subject, PROVAR_PUBLIC_LEN, &cli->err);
    if (result == PROVAR_OK && id)
        result = provar_builder_set_id(builder, id, strlen(id), &cli->err);
    if (signing_options.reissue)
        provar_builder_allow_reissue(builder);
    if (signer->has_epoch)
        provar_builder_set_source_date_epoch(builder, signer->epoch);
    if (signing_options.expires)
        provar_builder_set_expires(builder, signer->expires);
    if (signing_options.not_before)
        provar_builder_set_not_before(builder, signer->not_before);
    return exit_status_of(result);
}

void signing_release(struct signer *signer) {
    provar_key_free(signer->issuer);
}

void signing_notices(struct cli *cli, const struct provar_builder *builder) {
    for (size_t i = 0; i < provar_builder_notice_count(builder); i++)
        print_warning(cli, "%s", provar_builder_notice(builder, i));
}
