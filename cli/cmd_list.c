/* provar list: the tags of a store, and what their manifests say. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "print.h"
#include "registry_options.h"
#include "store.h"

static struct poptOption options[] = {
    OPT_REGISTRY,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

struct listing {
    struct cli *cli;
    struct libscols_table *table; /* NULL for a document */
};

enum column { TAG, REVISION, VERSION, SIZE, CREATED, TARGETS, ISSUER };

static void set_escaped(struct libscols_line *row, enum column column, const char *text) {
    char *shown = text ? print_escaped(text, strlen(text)) : NULL;
    if (shown)
        scols_line_refer_data(row, column, shown);
    else
        scols_line_set_data(row, column, "-");
}

static void add_row(struct libscols_table *table, const struct provar_store_entry *entry) {
    struct libscols_line *row = scols_table_new_line(table, NULL);
    if (row == NULL)
        return;
    set_escaped(row, TAG, entry->tag);
    set_escaped(row, REVISION, entry->revision);
    set_escaped(row, VERSION, entry->version);
    set_escaped(row, SIZE, entry->fault || entry->bytes == 0 ? NULL : print_bytes(entry->bytes).text);
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
    json_unsigned(doc, "size", entry->bytes);
    json_string(doc, "created", entry->created);
    if (entry->fault)
        json_string(doc, "fault", entry->fault);
    json_end(doc, '}');
}

static int show(const struct provar_store_entry *entry, void *user) {
    const struct listing *listing = user;
    if (entry->fault)
        print_warning(listing->cli, "the tag '%s' cannot be read: %s", entry->tag, entry->fault);
    add_member(&listing->cli->doc, entry);
    if (listing->table)
        add_row(listing->table, entry);
    return 0;
}

static struct libscols_table *new_table(void) {
    static const char *const names[] = {"TAG", "REVISION", "VERSION", "SIZE", "CREATED", "TARGETS", "ISSUER"};
    struct libscols_table *table = scols_new_table();
    for (size_t i = 0; table && i < sizeof names / sizeof names[0]; i++)
        scols_table_new_column(table, names[i], 0, i == SIZE || i == REVISION ? SCOLS_FL_RIGHT : 0);
    if (table) {
        scols_table_enable_noencoding(table, 1);
        scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    }
    return table;
}

static int run(struct cli *cli) {
    const char *reference = cli->args[0];
    struct provar_store *store = NULL;
    const struct store_library *api = store_begin(cli, &store);
    if (api == NULL)
        return print_status(cli);
    struct listing listing = {.cli = cli, .table = cli->json ? NULL : new_table()};
    json_begin(&cli->doc, "entries", '[');
    enum provar_result result = api->list(store, reference, strlen(reference), show, &listing, &cli->err);
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
