/* The text of `inspect` for people: claims, signature, readers, and a table of the members. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inspect_text.h"
#include "print.h"

static void line(const char *key, const char *text, size_t len) {
    char *shown = text ? print_escaped(text, len) : NULL;
    if (shown)
        printf("  %-12s %s\n", key, shown);
    free(shown);
}

static void time_line(const char *key, int known, int64_t seconds) {
    if (known)
        printf("  %-12s %s\n", key, print_seconds(seconds).text);
}

static void print_claims(const struct provar_archive *archive) {
    const struct provar_claims *claims = provar_archive_claims(archive);
    size_t len;
    int32_t revision;
    int64_t seconds = 0;
    const char *text = provar_claims_vendor(claims, &len);
    line("vendor", text, len);
    text = provar_claims_version(claims, &len);
    line("version", text, len);
    if (provar_claims_revision(claims, &revision))
        printf("  %-12s %d\n", "revision", (int)revision);
    line("issuer", provar_claims_issuer(claims, &len), PROVAR_PUBLIC_LEN);
    line("subject", provar_claims_subject(claims, &len), PROVAR_PUBLIC_LEN);
    text = provar_claims_capid(claims, &len);
    line("contract id", text, len);
    int known = provar_claims_issued_at(claims, &seconds);
    time_line("issued", known, seconds);
    known = provar_claims_not_before(claims, &seconds);
    time_line("valid from", known, seconds);
    known = provar_claims_expires(claims, &seconds);
    if (known && seconds <= (int64_t)time(NULL))
        printf("  %-12s %s %s(in the past)%s\n", "expires", print_seconds(seconds).text, print_colour('r'),
               print_colour(0));
    else
        time_line("expires", known, seconds);
    text = provar_claims_schema(claims, &len);
    if (text)
        printf("  %-12s %zu bytes; -o json shows it\n", "schema", len);
}

static void print_readers(const struct provar_archive *archive) {
    static const struct {
        uint32_t flag;
        const char *name;
    } readers[] = {
        {PROVAR_READER_CAPID, "wash <= 0.26 and host <= 0.82"},
        {PROVAR_READER_1_0_HOST, "host 1.0-1.5"},
        {PROVAR_READER_1_0_WASH, "wash 0.27-0.38"},
        {PROVAR_READER_1_6, "wash >= 0.39 and host 1.6-1.9"},
    };
    const char *between = "";
    printf("  %-12s %s; read by ", "era", provar_archive_era(archive));
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if ((provar_archive_readers(archive) & readers[i].flag) == 0)
            continue;
        printf("%s%s", between, readers[i].name);
        between = ", ";
    }
    printf("%s\n", between[0] ? "" : "none of them");
}

enum column { TARGET, SIZE, KIND, GLIBC, INTERPRETER, HASH = 1 };

static void set_escaped(struct libscols_line *row, enum column column, const char *text) {
    char *shown = text ? print_escaped(text, strlen(text)) : NULL;
    if (shown)
        scols_line_refer_data(row, column, shown);
}

static void add_member(struct libscols_table *table, const struct provar_member *member) {
    char kind[96];
    struct libscols_line *row = scols_table_new_line(table, NULL);
    if (row == NULL)
        return;
    const char *parts[] = {member->format, member->machine, member->linkage};
    size_t used = 0;
    kind[0] = 0;
    for (size_t i = 0; i < 3; i++)
        if (parts[i] && used < sizeof kind)
            used += (size_t)snprintf(kind + used, sizeof kind - used, "%s%s", used ? " " : "", parts[i]);
    set_escaped(row, TARGET, member->target ? member->target : member->name);
    scols_line_set_data(row, SIZE, print_bytes(member->bytes).text);
    if (member->format == NULL)
        return;
    scols_line_set_data(row, KIND, kind);
    scols_line_set_data(row, GLIBC, member->glibc ? member->glibc : "");
    set_escaped(row, INTERPRETER, member->interpreter ? member->interpreter : "");
}

static void add_hash(struct libscols_table *table, const struct provar_member *member) {
    struct libscols_line *row = scols_table_new_line(table, NULL);
    if (row == NULL)
        return;
    set_escaped(row, TARGET, member->target ? member->target : member->name);
    scols_line_set_data(row, HASH, member->sha256 ? member->sha256 : "not listed");
}

/* A table whose cells are escaped already, and never cut: a part of a hash reads like a whole one. */
static struct libscols_table *new_table(void) {
    struct libscols_table *table = scols_new_table();
    if (table) {
        scols_table_enable_noencoding(table, 1);
        scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
        scols_table_new_column(table, "TARGET", 0, 0);
    }
    return table;
}

static void fill_table(struct libscols_table *table, const struct provar_archive *archive,
                       void (*add)(struct libscols_table *table, const struct provar_member *member)) {
    for (size_t i = 0; i < provar_archive_member_count(archive); i++) {
        struct provar_member member = {.size = sizeof member};
        if (provar_archive_member(archive, i, &member) == PROVAR_OK && member.kind != PROVAR_MEMBER_TOKEN)
            add(table, &member);
    }
    printf("\n");
    fflush(stdout);
    scols_print_table(table);
    scols_unref_table(table);
}

/* What is stored in a registry is not: each look would be a request. */
static bool were_looked_into(const struct provar_archive *archive) {
    struct provar_member member = {.size = sizeof member};
    for (size_t i = 0; i < provar_archive_member_count(archive); i++)
        if (provar_archive_member(archive, i, &member) == PROVAR_OK && member.format)
            return true;
    return false;
}

static void print_members(const struct provar_archive *archive) {
    struct libscols_table *table = new_table();
    if (table == NULL)
        return;
    scols_table_new_column(table, "SIZE", 0, SCOLS_FL_RIGHT);
    if (were_looked_into(archive)) {
        scols_table_new_column(table, "KIND", 0, 0);
        scols_table_new_column(table, "GLIBC", 0, 0);
        scols_table_new_column(table, "INTERPRETER", 0, 0);
    }
    fill_table(table, archive, add_member);
}

/* Apart from the rest, so that both fit 80 columns. */
static void print_hashes(const struct provar_archive *archive) {
    struct libscols_table *table = new_table();
    if (table == NULL)
        return;
    scols_table_new_column(table, "SHA-256", 0, 0);
    fill_table(table, archive, add_hash);
}

void inspect_text(const struct provar_archive *archive, bool signature_valid) {
    const struct provar_claims *claims = provar_archive_claims(archive);
    size_t len;
    const char *name = provar_claims_name(claims, &len);
    char *shown = name ? print_escaped(name, len) : NULL;
    printf("%s%s%s (%s%s)\n", print_colour('b'), shown ? shown : "unnamed provider", print_colour(0),
           provar_archive_is_gzip(archive) ? "gzip" : "plain tar", signature_valid ? "" : ", unverified");
    free(shown);
    printf("  %-12s %s%s%s\n", "signature", print_colour(signature_valid ? 'g' : 'r'),
           signature_valid ? "valid" : "INVALID", print_colour(0));
    if (!signature_valid)
        printf("  %-12s %sunverified%s: anybody may have written what is shown here\n", "claims", print_colour('r'),
               print_colour(0));
    printf("  %-12s not evaluated, nor were the executables hashed: see 'provar verify'\n", "trust");
    print_claims(archive);
    print_readers(archive);
    print_members(archive);
    print_hashes(archive);
}
