/* The text of `wash par inspect`, byte for byte, for scripts that read it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "inspect_text.h"
#include "print.h"

/*
 * wash 0.43 draws a table of two columns with spaces for lines (crate term-table 1.4, observed and read): a cell is its
 * text between two spaces; a column is as wide as its widest cell, a cell that spans both columns counting half; where
 * a centred cell has an even room and does not fill it, the first column grows by one.
 */
enum { MAX_ROWS = 160 };

enum align { LEFT, RIGHT, CENTRE };

struct row {
    const char *key; /* NULL: the text spans both columns */
    char *text;      /* escaped; may hold line feeds between lines */
    enum align align;
};

struct table {
    struct row rows[MAX_ROWS];
    size_t count;
    size_t column[2];
};

static size_t line_width(const char *text, size_t len) {
    size_t width = 0;
    mbstate_t state = {0};
    while (len > 0) {
        wchar_t c;
        size_t step = mbrtowc(&c, text, len, &state);
        if (step == 0 || step > len)
            return width + len;
        width += wcwidth(c) > 0 ? (size_t)wcwidth(c) : 0;
        text += step;
        len -= step;
    }
    return width;
}

/* Width of a cell: its longest line between two spaces. */
static size_t cell_width(const char *text) {
    size_t widest = 0;
    for (;; text++) {
        size_t len = strcspn(text, "\n");
        size_t width = line_width(text, len) + 2;
        widest = width > widest ? width : widest;
        text += len;
        if (*text == 0)
            return widest;
    }
}

static void add(struct table *table, const char *key, enum align align, const char *text, size_t len) {
    if (table->count == MAX_ROWS)
        return;
    char *shown = print_escaped(text, len);
    table->rows[table->count++] = (struct row){key, shown, align};
}

/* Text of our own, which may hold line feeds. */
static void add_own(struct table *table, enum align align, const char *text) {
    if (table->count < MAX_ROWS)
        table->rows[table->count++] = (struct row){NULL, strdup(text), align};
}

static size_t max(size_t a, size_t b) {
    return a > b ? a : b;
}

static void measure(struct table *table) {
    for (size_t i = 0; i < table->count; i++) {
        const struct row *row = &table->rows[i];
        size_t width = cell_width(row->text);
        table->column[0] = max(table->column[0], row->key ? cell_width(row->key) : width / 2);
        table->column[1] = max(table->column[1], row->key ? width : width / 2 + 1);
    }
    for (size_t i = 0; i < table->count; i++) {
        size_t room = table->column[0] + table->column[1];
        if (table->rows[i].align == CENTRE && room % 2 == 0 && cell_width(table->rows[i].text) != room)
            table->column[0]++;
    }
}

static void spaces(size_t count) {
    printf("%*s", (int)count, "");
}

static void print_cell(const char *text, size_t len, size_t room, enum align align) {
    size_t width = line_width(text, len) + 2;
    size_t padding = room > width ? room - width : 0;
    size_t before = align == LEFT ? 0 : align == RIGHT ? padding : (padding + 1) / 2;
    spaces(before + 1);
    fwrite(text, 1, len, stdout);
    spaces(padding - before + 1);
}

static void print_row(const struct table *table, const struct row *row) {
    size_t both = table->column[0] + table->column[1] + 1;
    for (const char *text = row->text;; text++) {
        size_t len = strcspn(text, "\n");
        spaces(1);
        if (row->key) {
            print_cell(row->key, strlen(row->key), table->column[0], LEFT);
            spaces(1);
        }
        print_cell(text, len, row->key ? table->column[1] : both, row->align);
        printf(" \n");
        text += len;
        if (*text == 0)
            return;
    }
}

static void print_table(struct table *table) {
    measure(table);
    size_t whole = table->column[0] + table->column[1] + 3;
    printf("\n");
    spaces(whole);
    printf("\n");
    for (size_t i = 0; i < table->count; i++) {
        print_row(table, &table->rows[i]);
        free(table->rows[i].text);
    }
    spaces(whole);
    printf("\n\n");
}

static void add_headline(struct table *table, const struct provar_claims *claims) {
    const char *name = provar_claims_name(claims, NULL);
    char *headline = NULL;
    if (asprintf(&headline, "%s - Capability Provider", name ? name : "None") < 0)
        return;
    add(table, NULL, CENTRE, headline, strlen(headline));
    free(headline);
}

static void add_claims(struct table *table, const struct provar_claims *claims) {
    size_t len;
    int32_t revision;
    char number[16] = "None";
    const char *text = provar_claims_issuer(claims, &len);
    add(table, "Account", RIGHT, text, len);
    text = provar_claims_subject(claims, &len);
    add(table, "Service", RIGHT, text, len);
    text = provar_claims_vendor(claims, &len);
    add(table, "Vendor", RIGHT, text ? text : "", len);
    text = provar_claims_version(claims, &len);
    add(table, "Version", RIGHT, text ? text : "None", text ? len : 4);
    if (provar_claims_revision(claims, &revision))
        snprintf(number, sizeof number, "%d", (int)revision);
    add(table, "Revision", RIGHT, number, strlen(number));
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* By name: wash lists them in the order of a hash map, which is another each time. */
static void add_targets(struct table *table, const struct provar_archive *archive) {
    const char *names[MAX_ROWS];
    size_t count = 0;
    for (size_t i = 0; i < provar_archive_member_count(archive) && count < MAX_ROWS; i++) {
        struct provar_member member = {.size = sizeof member};
        if (provar_archive_member(archive, i, &member) == PROVAR_OK && member.target)
            names[count++] = member.target;
    }
    qsort(names, count, sizeof names[0], by_name);
    for (size_t i = 0; i < count; i++)
        add(table, NULL, LEFT, names[i], strlen(names[i]));
}

void inspect_wash_text(const struct provar_archive *archive) {
    static struct table table;
    const struct provar_claims *claims = provar_archive_claims(archive);
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    add_headline(&table, claims);
    add_claims(&table, claims);
    add_own(&table, CENTRE, "Supported Architecture Targets");
    add_targets(&table, archive);
    if (provar_claims_schema(claims, NULL)) {
        add_own(&table, CENTRE, "\nLink Definition Schema");
        add_own(&table, LEFT, "\nUse the JSON output option to extract the schema");
    }
    print_table(&table);
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
}
