/* provar list: the tags of a store, and what their manifests say. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "print.h"
#include "registry_options.h"
#include "store.h"

static int referrers;
static char *artifact_type;

static struct poptOption options[] = {
    {"referrers", 0, POPT_ARG_NONE, &referrers, 0, "list what refers to it: signatures, lists of materials", NULL},
    {"artifact-type", 0, POPT_ARG_STRING, &artifact_type, 0, "of these only those of one type", "TYPE"},
    OPT_REGISTRY_PREFIX,
    OPT_REGISTRY,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

struct listing {
    struct cli *cli;
    struct libscols_table *table; /* NULL for a document */
};

enum column { TAG, REVISION, VERSION, SIZE, CREATED, TARGETS, ISSUER };

static void set_escaped(struct libscols_line *row, size_t column, const char *text) {
    char *shown = text ? print_escaped(text, strlen(text)) : NULL;
    if (shown)
        scols_line_refer_data(row, column, shown);
    else
        scols_line_set_data(row, column, "-");
}

/* An index does not say how large the archives are that it leads to. */
static bool has_size(const struct provar_store_entry *entry) {
    return !entry->fault && entry->bytes > 0;
}

static void add_row(struct libscols_table *table, const struct provar_store_entry *entry) {
    struct libscols_line *row = scols_table_new_line(table, NULL);
    if (row == NULL)
        return;
    set_escaped(row, TAG, entry->tag);
    set_escaped(row, REVISION, entry->revision);
    set_escaped(row, VERSION, entry->version);
    set_escaped(row, SIZE, has_size(entry) ? print_bytes(entry->bytes).text : NULL);
    set_escaped(row, CREATED, entry->created);
    set_escaped(row, TARGETS, entry->targets);
    set_escaped(row, ISSUER, entry->issuer);
}

static void add_member(struct json_out *doc, const struct provar_store_entry *entry) {
    json_begin(doc, NULL, '{');
    json_string(doc, "tag", entry->tag);
    json_string(doc, "digest", entry->digest[0] ? entry->digest : NULL);
    json_string(doc, "name", entry->name);
    json_string(doc, "revision", entry->revision);
    json_string(doc, "version", entry->version);
    json_string(doc, "issuer", entry->issuer);
    json_string(doc, "service", entry->subject);
    json_string(doc, "targets", entry->targets);
    if (has_size(entry))
        json_unsigned(doc, "size", entry->bytes);
    else
        json_string(doc, "size", NULL);
    json_string(doc, "created", entry->created);
    if (entry->fault)
        json_string(doc, "fault", entry->fault);
    json_end(doc, '}');
}

static int show(const struct provar_store_entry *entry, void *user) {
    const struct listing *listing = user;
    if (entry->fault)
        print_warning(listing->cli, "the tag '%s' cannot be read: %s", entry->tag, entry->fault);
    if (listing->table)
        add_row(listing->table, entry);
    else
        add_member(&listing->cli->doc, entry);
    return 0;
}

/* A name that begins with ">" is of numbers. */
static struct libscols_table *new_table(const char *const *names) {
    struct libscols_table *table = scols_new_table();
    for (size_t i = 0; table && names[i]; i++)
        scols_table_new_column(table, names[i] + (names[i][0] == '>'), 0, names[i][0] == '>' ? SCOLS_FL_RIGHT : 0);
    if (table) {
        scols_table_enable_noencoding(table, 1);
        scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    }
    return table;
}

/* ---------------------------------------------------------------- referrers */

enum referrer_column { DIGEST, TYPE, REFERRER_SIZE, REFERRER_CREATED };

static void add_referrer_row(struct libscols_table *table, const struct provar_store_referrer *referrer) {
    struct libscols_line *row = scols_table_new_line(table, NULL);
    if (row == NULL)
        return;
    set_escaped(row, DIGEST, referrer->digest);
    set_escaped(row, TYPE, referrer->artifact_type);
    set_escaped(row, REFERRER_SIZE, print_bytes(referrer->bytes).text);
    set_escaped(row, REFERRER_CREATED, referrer->created);
}

static int show_referrer(const struct provar_store_referrer *referrer, void *user) {
    const struct listing *listing = user;
    struct json_out *doc = &listing->cli->doc;
    if (listing->table) {
        add_referrer_row(listing->table, referrer);
        return 0;
    }
    json_begin(doc, NULL, '{');
    json_string(doc, "digest", referrer->digest);
    json_string(doc, "artifact_type", referrer->artifact_type);
    json_string(doc, "media_type", referrer->media_type);
    json_unsigned(doc, "size", referrer->bytes);
    json_string(doc, "created", referrer->created);
    json_end(doc, '}');
    return 0;
}

static enum provar_result list(struct cli *cli, struct listing *listing, const struct store_library *api,
                               struct provar_store *store) {
    const char *reference = cli->args[0];
    if (referrers)
        return api->referrers(store, reference, strlen(reference), artifact_type, show_referrer, listing, &cli->err);
    return api->list(store, reference, strlen(reference), show, listing, &cli->err);
}

static int run(struct cli *cli) {
    static const char *const tag_columns[] = {"TAG",     ">REVISION", "VERSION", ">SIZE",
                                              "CREATED", "TARGETS",   "ISSUER",  NULL};
    static const char *const referrer_columns[] = {"DIGEST", "TYPE", ">SIZE", "CREATED", NULL};
    struct provar_store *store = NULL;
    if (artifact_type && !referrers) {
        print_usage_error(cli, "--artifact-type is for --referrers");
        return STATUS_USAGE;
    }
    bool is_good = registry_complete(cli, 0) && store_wants_reference(cli, cli->args[0]);
    const struct store_library *api = is_good ? store_begin(cli, &store) : NULL;
    if (api == NULL)
        return print_status(cli);
    struct listing listing = {.cli = cli,
                              .table = cli->json ? NULL : new_table(referrers ? referrer_columns : tag_columns)};
    json_begin(&cli->doc, referrers ? "referrers" : "entries", '[');
    enum provar_result result = list(cli, &listing, api, store);
    json_end(&cli->doc, ']');
    if (result == PROVAR_OK && listing.table && scols_table_get_nlines(listing.table) > 0)
        scols_print_table(listing.table);
    scols_unref_table(listing.table);
    return exit_status_of(result);
}

const struct cmd cmd_list = {
    .verb = "list",
    .args = "REFERENCE",
    .summary = "List what is stored: tags, revisions, issuers, targets.",
    .more = "Shows what manifests say, which nobody has signed: REGISTRY/REPO or oci:DIR.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
