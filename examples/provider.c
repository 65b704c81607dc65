/* A small provider: reads its host data as a wasmCloud v1 host sends it, and says what it was started for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A host starts a provider with an empty environment but for RUST_LOG and OTEL_*, and writes one line to its standard
 * input: base64 of a JSON object, the host data, then CR LF. A real provider would now connect to NATS at
 * `lattice_rpc_url` and serve the links of `link_definitions`; this one prints what it understood and ends with status
 * 0, or says why it did not, and ends with 2.
 */

enum { EXIT_BAD_INPUT = 2, FIRST_READ = 64 * 1024, MAX_LINE = 32 * 1024 * 1024 };

/* ---------------------------------------------------------------- the line */

/* Reads standard input to its end. Returns bytes that the caller frees, or NULL. */
static char *read_input(size_t *len) {
    size_t cap = FIRST_READ, used = 0;
    char *text = malloc(cap);
    while (text) {
        size_t n = fread(text + used, 1, cap - used, stdin);
        used += n;
        if (n == 0 || used == MAX_LINE)
            break;
        if (used < cap)
            continue;
        cap *= 2;
        char *grown = realloc(text, cap);
        if (grown == NULL)
            free(text);
        text = grown;
    }
    if (text && (ferror(stdin) || used == MAX_LINE)) {
        free(text);
        return NULL;
    }
    *len = used;
    return text;
}

/* The value of a digit of RFC 4648, section 4; -1 for any other character. */
static int digit_value(char c) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

/* Decodes padded base64 in place, four characters to three bytes. */
static bool decode_base64(char *text, size_t *len) {
    size_t written = 0, end = *len;
    if (end == 0 || end % 4 != 0)
        return false;
    while (end > *len - 2 && text[end - 1] == '=')
        end--;
    unsigned bits = 0;
    for (size_t i = 0; i < end; i++) {
        int value = digit_value(text[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xffffff;
        if (i % 4 != 0)
            text[written++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    *len = written;
    return true;
}

/* ---------------------------------------------------------------- the answer */

/* Prints a text as JSON does: it came from outside, and must not steer the terminal that shows it. */
static void print_text(const char *label, const json_t *value) {
    char *quoted = json_is_string(value) ? json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
    printf("  %-12s %s\n", label, quoted ? quoted : "(not given)");
    free(quoted);
}

/* The values are not shown: the headers of an exporter may hold a token. */
static void print_environment(void) {
    for (char **entry = environ; *entry; entry++)
        if (strncmp(*entry, "RUST_LOG=", 9) == 0 || strncmp(*entry, "OTEL_", 5) == 0)
            printf("  %-12s %.*s\n", "environment", (int)strcspn(*entry, "="), *entry);
}

static void answer(const json_t *host_data) {
    printf("example provider: started\n");
    print_text("provider", json_object_get(host_data, "provider_key"));
    print_text("link", json_object_get(host_data, "link_name"));
    print_text("lattice", json_object_get(host_data, "lattice_rpc_prefix"));
    printf("  %-12s %zu\n", "config", json_object_size(json_object_get(host_data, "config")));
    print_environment();
}

static int refuse(const char *why) {
    fprintf(stderr, "example provider: %s\n", why);
    return EXIT_BAD_INPUT;
}

static int start(char *text, size_t len) {
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    if (len == 0)
        return refuse("no host data\nusage: a host writes one line to standard input: base64 of its host data, CR LF");
    if (!decode_base64(text, &len))
        return refuse("the host data are not base64");

    json_error_t error;
    json_t *host_data = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(host_data)) {
        json_decref(host_data);
        return refuse("the host data are not a JSON object");
    }
    answer(host_data);
    json_decref(host_data);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void) {
    size_t len = 0;
    if (isatty(STDIN_FILENO))
        return start(NULL, 0);
    char *text = read_input(&len);
    if (text == NULL)
        return refuse("cannot read the host data, or they are too long");
    int status = start(text, len);
    free(text);
    return status;
}
