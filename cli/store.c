/* Archives in stores: libprovar-store, loaded when a word of the command line first names a reference. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "print.h"
#include "progress.h"
#include "reference.h"
#include "registry_options.h"
#include "store.h"

#define LIBRARY "libprovar-store.so.0"

static char *lazy;

struct poptOption store_lazy_table[] = {
    {"lazy", 0, POPT_ARG_STRING, &lazy, 0,
     "of a stored archive read only what is needed: where that is safe, or always", "auto|never|force"},
    POPT_TABLEEND,
};

static struct store_library library;
static struct provar_store *session; /* lives until the process ends */

/* Not linked: it brings a client of HTTP with it, which no command on files has a use for. */
static bool load(void) {
    const struct {
        const char *name;
        void *function; /* the address of a pointer to one */
    } wanted[] = {
        {"provar_reference_check", &library.reference_check},
        {"provar_store_new", &library.store_new},
        {"provar_push", &library.push},
        {"provar_store_open", &library.store_open},
        {"provar_store_failure", &library.store_failure},
        {"provar_pull", &library.pull},
        {"provar_store_list", &library.list},
        {"provar_store_referrers", &library.referrers},
        {"provar_copy", &library.copy},
        {"provar_store_gc", &library.gc},
    };
    static void *handle;
    if (handle)
        return true;
    void *opened = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; opened && i < sizeof wanted / sizeof wanted[0]; i++) {
        void *found = dlsym(opened, wanted[i].name);
        if (found == NULL)
            return false;
        memcpy(wanted[i].function, &found, sizeof found);
    }
    handle = opened;
    return handle != NULL;
}

static void warn(const char *line, size_t len, void *user) {
    print_warning(user, "%.*s", (int)len, line);
}

static bool make_session(struct cli *cli) {
    struct registry registry = {0};
    struct provar_store_options options = {.size = sizeof options,
                                           .warn = warn,
                                           .user = cli,
                                           .temp_dir = opt_env("TMPDIR"),
                                           .max_copy_size = cli->max_copy_size};
    if (progress_is_wanted())
        options.progress = progress_report;
    bool made =
        registry_options(cli, &registry, &options) && library.store_new(&options, &session, &cli->err) == PROVAR_OK;
    registry_forget(&registry);
    return made;
}

const struct store_library *store_load(struct cli *cli) {
    if (load())
        return &library;
    const char *reason = dlerror();
    print_usage_error(cli, "stores need " LIBRARY ", which is not installed: %s", reason ? reason : "unknown");
    return NULL;
}

const struct store_library *store_begin(struct cli *cli, struct provar_store **store) {
    if (store_load(cli) == NULL || (session == NULL && !make_session(cli)))
        return NULL;
    *store = session;
    return &library;
}

bool store_is_reference(const char *word) {
    return !reference_is_file(word, access(word, F_OK) == 0);
}

bool store_wants_reference(struct cli *cli, const char *word) {
    struct stat st;
    if (store_is_reference(word))
        return true;
    bool exists = stat(word, &st) == 0;
    if (exists && S_ISDIR(st.st_mode))
        return print_usage_error(cli, "'%s' is a directory; a layout in it is 'oci:%s'", word, word);
    if (exists || reference_is_path(word))
        return print_usage_error(cli, "'%s' %s a file, and no reference such as oci:DIR:TAG", word,
                                 exists ? "is" : "is the name of");
    return true;
}

bool store_reads_latest(const struct store_library *api, const char *reference) {
    return reference_is_latest(reference) &&
           api->reference_check(reference, strlen(reference), PROVAR_REFERENCE_DOCKER_HUB, NULL) == PROVAR_OK;
}

bool store_choose_lazy(struct cli *cli) {
    const char *how = lazy ? lazy : "auto";
    bool is_forced = strcmp(how, "force") == 0, is_auto = strcmp(how, "auto") == 0;
    if (!is_forced && !is_auto && strcmp(how, "never") != 0)
        return print_usage_error(cli, "--lazy: '%s' is neither auto nor never nor force", how);
    cli->ranges = cli->ranges && (is_forced || is_auto);
    cli->unbound = is_forced || cli->unbound;
    return true;
}

int store_open_archive(struct cli *cli, const char *reference, const struct provar_open_options *options,
                       struct provar_archive **archive) {
    struct provar_store *store = NULL;
    const struct store_library *api = store_begin(cli, &store);
    if (api == NULL)
        return print_status(cli);
    cli->stored.size = sizeof cli->stored;
    uint32_t flags = (cli->ranges ? PROVAR_STORE_RANGES : 0u) | (cli->unbound ? PROVAR_STORE_UNBOUND : 0u);
    enum provar_result result =
        api->store_open(store, reference, strlen(reference), cli->target, cli->target ? strlen(cli->target) : 0, flags,
                        options, &cli->stored, archive, &cli->err);
    if (result == PROVAR_OK)
        store_answer(cli, &cli->stored);
    return exit_status_of(result);
}

void store_answer(struct cli *cli, const struct provar_stored *stored) {
    json_string(&cli->doc, "digest", stored->digest);
    json_string(&cli->doc, "blob", stored->blob[0] ? stored->blob : NULL);
    json_bool(&cli->doc, "blob_verified", stored->blob_verified != 0);
    json_bool(&cli->doc, "claims_bound", stored->blob_verified || stored->claims_bound);
}

const char *store_proof(const struct provar_stored *stored) {
    if (stored->size == 0 || stored->blob_verified)
        return "";
    return stored->claims_bound ? "; of the rest of the file nothing is proven"
                                : "; of the rest of the file, and that this token belongs there, nothing is proven";
}

/* The reference without a digest of its own, and where its tag begins; 0 where it has none. */
static size_t find_tag(const char *reference, size_t len) {
    size_t begin = strncmp(reference, "oci:", 4) == 0 ? 4 : 0;
    for (size_t i = len; i > begin && reference[i - 1] != '/'; i--)
        if (reference[i - 1] == ':')
            return i;
    return 0;
}

void store_print_reference(const char *reference, const struct provar_stored *stored) {
    size_t len = strcspn(reference, "@");
    bool adds_tag = find_tag(reference, len) == 0 && stored->tag[0];
    print_line("%.*s%s%s@%s", (int)len, reference, adds_tag ? ":" : "", adds_tag ? stored->tag : "", stored->digest);
}

int store_explain(struct cli *cli, int status) {
    struct provar_error failure = {0};
    if (session == NULL || cli->err.code != PROVAR_E_IO || library.store_failure(session, &failure) == PROVAR_OK)
        return status;
    cli->err = failure;
    return status == STATUS_IO ? print_status(cli) : status;
}
