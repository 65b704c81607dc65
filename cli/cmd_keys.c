/* provar keys gen, get, list, public: NATS nkeys and wash's key directory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "print.h"
#include "secret.h"
#include "signing.h"

static char *destination, *directory;
static int force, insecure_key_file;

static struct poptOption gen_options[] = {
    {"destination", 0, POPT_ARG_STRING, &destination, 0,
     "write the seed to a new file, mode 0600, and show the public key; - writes the seed alone to standard output",
     "FILE|-"},
    {"force", 0, POPT_ARG_NONE, &force, 0, "replace an existing file", NULL},
    OPT_GLOBAL,
    POPT_TABLEEND,
};

static struct poptOption get_options[] = {
    {"directory", 'd', POPT_ARG_STRING, &directory, 0, "key directory; else WASH_KEYS, else ~/.wash/keys", "DIR"},
    {"insecure-key-file", 0, POPT_ARG_NONE, &insecure_key_file, 0, "accept a key file that others may read", NULL},
    OPT_GLOBAL,
    POPT_TABLEEND,
};

static struct poptOption list_options[] = {
    {"directory", 'd', POPT_ARG_STRING, &directory, 0, "key directory; else WASH_KEYS, else ~/.wash/keys", "DIR"},
    OPT_GLOBAL,
    POPT_TABLEEND,
};

static struct poptOption public_options[] = {
    {"insecure-key-file", 0, POPT_ARG_NONE, &insecure_key_file, 0, "accept a key file that others may read", NULL},
    OPT_GLOBAL,
    POPT_TABLEEND,
};

/* wash's names of the kinds, in any case. */
static const struct {
    const char *name;
    enum provar_key_kind kind;
} kinds[] = {
    {"account", PROVAR_KEY_ACCOUNT},  {"user", PROVAR_KEY_USER},       {"module", PROVAR_KEY_MODULE},
    {"component", PROVAR_KEY_MODULE}, {"service", PROVAR_KEY_SERVICE}, {"provider", PROVAR_KEY_SERVICE},
    {"server", PROVAR_KEY_SERVER},    {"host", PROVAR_KEY_SERVER},     {"operator", PROVAR_KEY_OPERATOR},
    {"cluster", PROVAR_KEY_CLUSTER},  {"x25519", PROVAR_KEY_CURVE},    {"curve", PROVAR_KEY_CURVE},
};

static bool find_kind(struct cli *cli, const char *name, enum provar_key_kind *kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcasecmp(kinds[i].name, name) == 0) {
            *kind = kinds[i].kind;
            return true;
        }
    return print_usage_error(cli,
                             "'%s' is no kind of key: account, user, module (component), service (provider), server "
                             "(host), operator, cluster, or curve (x25519)",
                             name);
}

static int save_new_key(struct cli *cli, const struct provar_key *key) {
    struct stat st;
    json_string(&cli->doc, "file", destination);
    if (strcmp(destination, "-") == 0) {
        secret_print_seed(cli, key);
        printf("\n");
        return STATUS_OK;
    }
    if (!force && lstat(destination, &st) == 0 && S_ISREG(st.st_mode))
        return print_failure(cli, PROVAR_E_IO, "'%s' exists; --force replaces it", destination);
    enum provar_result result =
        provar_key_save(key, destination, strlen(destination), force ? PROVAR_OUTPUT_REPLACE : 0, &cli->err);
    if (result == PROVAR_OK && !cli->json)
        printf("%s\n", provar_key_public(key));
    return exit_status_of(result);
}

static int show_new_key(struct cli *cli, const struct provar_key *key) {
    json_string(&cli->doc, "public_key", provar_key_public(key));
    if (destination)
        return save_new_key(cli, key);
    if (cli->json) {
        secret_add_seed(cli, key);
        return STATUS_OK;
    }
    printf("\nPublic Key: %s\nSeed: ", provar_key_public(key));
    secret_print_seed(cli, key);
    printf("\n\nRemember that the seed is private, treat it as a secret.\n");
    return STATUS_OK;
}

static int run_gen(struct cli *cli) {
    enum provar_key_kind kind = PROVAR_KEY_ACCOUNT;
    struct provar_key *key = NULL;
    if (!find_kind(cli, cli->args[0], &kind))
        return STATUS_USAGE;
    int status = exit_status_of(provar_key_generate(kind, &key, &cli->err));
    if (status == STATUS_OK)
        status = show_new_key(cli, key);
    provar_key_free(key);
    return status;
}

/* A name, with or without ".nk", is one component of a path. */
static char *key_path(struct cli *cli, const char *name) {
    size_t len = strlen(name);
    char *path = NULL, *where = NULL;
    if (len > 3 && strcmp(name + len - 3, ".nk") == 0)
        len -= 3;
    if (len == 0 || strchr(name, '/'))
        print_usage_error(cli, "'%s' is not the name of a key", name);
    else
        where = signing_directory(cli, directory);
    if (where && asprintf(&path, "%s/%.*s.nk", where, (int)len, name) < 0) {
        path = NULL;
        print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    }
    free(where);
    return path;
}

static int run_get(struct cli *cli) {
    struct provar_key *key = NULL;
    char *path = key_path(cli, cli->args[0]);
    int status = path ? signing_read_key(cli, path, insecure_key_file, &key) : print_status(cli);
    if (status == STATUS_OK && cli->json) {
        secret_add_seed(cli, key);
    } else if (status == STATUS_OK) {
        printf("\n");
        secret_print_seed(cli, key);
        printf("\n");
    }
    provar_key_free(key);
    free(path);
    return status;
}

static int is_key_file(const struct dirent *entry) {
    size_t len = strlen(entry->d_name);
    return len > 3 && strcmp(entry->d_name + len - 3, ".nk") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void show_keys(struct cli *cli, char *where, struct dirent **entries, int count) {
    if (!cli->json) {
        printf("\n");
        print_strike_seeds(where); /* one that was taken for the directory, which need not exist */
        print_line("====== Keys found in %s ======", where);
    }
    json_begin(&cli->doc, "keys", '[');
    for (int i = 0; i < count; i++) {
        size_t len = strlen(entries[i]->d_name) - 3;
        json_text(&cli->doc, NULL, entries[i]->d_name, len);
        if (!cli->json)
            print_line("%.*s", (int)len, entries[i]->d_name);
        free(entries[i]);
    }
    json_end(&cli->doc, ']');
    if (!cli->json && count == 0)
        printf("\n");
}

static int run_list(struct cli *cli) {
    struct dirent **entries = NULL;
    char *where = signing_directory(cli, directory);
    if (where == NULL)
        return print_status(cli);
    int count = scandir(where, &entries, is_key_file, by_name);
    if (count < 0 && errno != ENOENT)
        print_failure(cli, PROVAR_E_IO, "cannot list '%s': %s", where, strerror(errno));
    else
        show_keys(cli, where, entries, count < 0 ? 0 : count);
    free(entries);
    free(where);
    return print_status(cli);
}

static int run_public(struct cli *cli) {
    struct provar_key *key = NULL;
    int status = signing_read_key(cli, cli->args[0], insecure_key_file, &key);
    if (status == STATUS_OK) {
        json_string(&cli->doc, "public_key", provar_key_public(key));
        if (!cli->json)
            printf("%s\n", provar_key_public(key));
    }
    provar_key_free(key);
    return status;
}

const struct cmd cmd_keys_gen = {
    .group = "keys",
    .verb = "gen",
    .args = "TYPE",
    .summary = "Make a key of a kind, such as account or service.",
    .more = "Kinds, in any case: account (signs archives), service or provider (an archive's\n"
            "subject), user, module or component, server or host, operator, cluster, curve or\n"
            "x25519.",
    .options = gen_options,
    .min_args = 1,
    .max_args = 1,
    .run = run_gen,
};

const struct cmd cmd_keys_get = {
    .group = "keys",
    .verb = "get",
    .args = "NAME",
    .summary = "Print the seed of a key in the key directory.",
    .options = get_options,
    .min_args = 1,
    .max_args = 1,
    .run = run_get,
};

const struct cmd cmd_keys_list = {
    .group = "keys",
    .verb = "list",
    .args = "",
    .summary = "List the keys in the key directory.",
    .options = list_options,
    .run = run_list,
};

const struct cmd cmd_keys_public = {
    .group = "keys",
    .verb = "public",
    .args = "FILE|-",
    .summary = "Print the public key of a seed file.",
    .options = public_options,
    .min_args = 1,
    .max_args = 1,
    .run = run_public,
};
