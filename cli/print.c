/* What the command says: answers on stdout, everything else on stderr, untrusted text escaped. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "opt.h"
#include "print.h"
#include "progress.h"
#include "secret.h"

int exit_status_of(enum provar_result result) {
    static const enum exit_status statuses[] = {
        [PROVAR_OK] = STATUS_OK,
        [PROVAR_E_INTERNAL] = STATUS_INTERNAL,
        [PROVAR_E_NO_MEMORY] = STATUS_INTERNAL,
        [PROVAR_E_USAGE] = STATUS_USAGE,
        [PROVAR_E_IO] = STATUS_IO,
        [PROVAR_E_LIMIT] = STATUS_LIMIT,
        [PROVAR_E_FORMAT] = STATUS_ARCHIVE,
        [PROVAR_E_GZIP] = STATUS_ARCHIVE,
        [PROVAR_E_TAR] = STATUS_ARCHIVE,
        [PROVAR_E_ENTRY] = STATUS_ARCHIVE,
        [PROVAR_E_JWT] = STATUS_TOKEN,
        [PROVAR_E_CLAIMS] = STATUS_TOKEN,
        [PROVAR_E_KEY] = STATUS_TOKEN,
        [PROVAR_E_SIGNATURE] = STATUS_SIGNATURE,
        [PROVAR_E_DIGEST] = STATUS_DIGEST,
        [PROVAR_E_NO_TARGET] = STATUS_NO_TARGET,
        [PROVAR_E_TIME] = STATUS_TIME,
        [PROVAR_E_UNTRUSTED] = STATUS_UNTRUSTED,
        [PROVAR_E_REVOKED] = STATUS_REVOKED,
        [PROVAR_E_ROLLBACK] = STATUS_ROLLBACK,
        [PROVAR_E_UNSAFE_PATH] = STATUS_UNSAFE_PATH,
        [PROVAR_E_EXEC] = STATUS_RUN_CANNOT_EXEC,
        [PROVAR_E_REGISTRY] = STATUS_REGISTRY,
        [PROVAR_E_AUTH] = STATUS_AUTH,
        [PROVAR_E_NOT_FOUND] = STATUS_NOT_FOUND,
        [PROVAR_E_NETWORK] = STATUS_NETWORK,
    };
    size_t count = sizeof statuses / sizeof statuses[0];
    return (int)((size_t)result < count ? statuses[result] : STATUS_INTERNAL);
}

char *print_escaped(const char *text, size_t len) {
    size_t whole = provar_escape(text, len, NULL, 0);
    char *escaped = malloc(whole + 1);
    if (escaped)
        (void)provar_escape(text, len, escaped, whole + 1);
    return escaped;
}

/* Formats, then escapes: what the user typed may be shown on somebody else's terminal. */
static __attribute__((format(printf, 1, 0))) char *format_escaped(const char *format, va_list values) {
    char *text = NULL;
    int len = vasprintf(&text, format, values);
    if (len < 0)
        return NULL;
    char *escaped = print_escaped(text, (size_t)len);
    free(text);
    return escaped;
}

int print_status(const struct cli *cli) {
    return exit_status_of((enum provar_result)cli->err.code);
}

static __attribute__((format(printf, 3, 0))) void set_error(struct cli *cli, int code, const char *format,
                                                            va_list values) {
    if (cli->err.code != PROVAR_OK)
        return;
    char *text = format_escaped(format, values);
    cli->err.code = text ? code : PROVAR_E_NO_MEMORY;
    cli->err.offset = PROVAR_NO_OFFSET;
    snprintf(cli->err.message, sizeof cli->err.message, "%s", text ? text : "out of memory");
    free(text);
}

int print_failure(struct cli *cli, int code, const char *format, ...) {
    va_list values;
    va_start(values, format);
    set_error(cli, code, format, values);
    va_end(values);
    return print_status(cli);
}

bool print_usage_error(struct cli *cli, const char *format, ...) {
    va_list values;
    va_start(values, format);
    set_error(cli, PROVAR_E_USAGE, format, values);
    va_end(values);
    return false;
}

void print_hint(struct cli *cli, const char *hint) {
    size_t len = strlen(cli->err.message);
    if (len + strlen(hint) + 3 <= sizeof cli->err.message)
        snprintf(cli->err.message + len, sizeof cli->err.message - len, "; %s", hint);
}

void print_subject(struct cli *cli, const char *subject) {
    struct provar_error before = cli->err;
    char *shown = print_escaped(subject, strlen(subject));
    if (shown && strlen(shown) < sizeof before.message / 2)
        snprintf(cli->err.message, sizeof cli->err.message, "'%s': %.*s", shown, (int)sizeof before.message / 2 - 5,
                 before.message);
    free(shown);
}

/* Even one that is cut short or has something before it. A public key is shorter than a seed and does not begin with S.
 */
void print_strike_seeds(char *text) {
    enum { CUT_SEED = 40 };
    while (*text) {
        size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        if (len >= PROVAR_SEED_LEN || (len >= CUT_SEED && *text == 'S'))
            memset(text, '*', len);
        text += len > 0 ? len : 1;
    }
}

int print_as_usage(struct cli *cli) {
    if (cli->err.code != PROVAR_E_NO_MEMORY && cli->err.code != PROVAR_E_INTERNAL)
        cli->err.code = PROVAR_E_USAGE;
    return print_status(cli);
}

void print_warning(struct cli *cli, const char *format, ...) {
    va_list values;
    va_start(values, format);
    char *text = NULL;
    int len = vasprintf(&text, format, values);
    va_end(values);
    if (len < 0)
        return;
    print_strike_seeds(text);
    progress_erase();
    if (!cli->quiet && !(cli->json && cli->data_on_stdout))
        fprintf(stderr, "provar: warning: %s\n", text);
    /* Kept for the document alone. */
    char **grown = cli->json ? realloc(cli->warnings, (cli->warning_count + 1) * sizeof *grown) : NULL;
    if (grown == NULL) {
        free(text);
        return;
    }
    cli->warnings = grown;
    cli->warnings[cli->warning_count++] = text;
}

void print_line(const char *format, ...) {
    va_list values;
    va_start(values, format);
    char *text = format_escaped(format, values);
    va_end(values);
    progress_erase();
    printf("%s\n", text ? text : "");
    free(text);
}

struct print_size print_bytes(unsigned long long bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    struct print_size size;
    unsigned unit = 0;
    double value = (double)bytes;
    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    snprintf(size.text, sizeof size.text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return size;
}

struct print_time print_seconds(long long seconds) {
    struct print_time printed;
    struct tm tm;
    time_t value = (time_t)seconds;
    if ((long long)value != seconds || gmtime_r(&value, &tm) == NULL || tm.tm_year > 9999 - 1900 ||
        strftime(printed.text, sizeof printed.text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(printed.text, sizeof printed.text, "%lld", seconds);
    return printed;
}

const char *print_colour(char colour) {
    const char *terminal = opt_env("TERM");
    if (!isatty(STDOUT_FILENO) || opt_env("NO_COLOR") || (terminal && strcmp(terminal, "dumb") == 0))
        return "";
    switch (colour) {
    case 'r':
        return "\033[31m";
    case 'g':
        return "\033[32m";
    case 'y':
        return "\033[33m";
    case 'b':
        return "\033[1m";
    default:
        return "\033[0m";
    }
}

bool print_begin(struct cli *cli) {
    cli->doc.to = open_memstream(&cli->doc_text, &cli->doc_len);
    if (cli->doc.to == NULL) {
        print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
        return false;
    }
    json_begin(&cli->doc, NULL, '{');
    json_bool(&cli->doc, "success", true);
    return true;
}

static void write_warnings(struct cli *cli, struct json_out *json) {
    if (cli->warning_count == 0)
        return;
    json_begin(json, "warnings", '[');
    for (size_t i = 0; i < cli->warning_count; i++)
        json_string(json, NULL, cli->warnings[i]);
    json_end(json, ']');
}

static void write_failure(struct cli *cli, FILE *to, int status) {
    struct json_out json = {.to = to};
    json_begin(&json, NULL, '{');
    json_bool(&json, "success", false);
    json_string(&json, "error", cli->err.message);
    json_string(&json, "code", provar_result_name(cli->err.code));
    json_integer(&json, "exit_status", status);
    if (cli->err.offset != PROVAR_NO_OFFSET)
        json_unsigned(&json, "offset", cli->err.offset);
    if (cli->err.member[0])
        json_string(&json, "member", cli->err.member);
    write_warnings(cli, &json);
    json_end(&json, '}');
    fputc('\n', to);
}

/* "provar: archive is altered (x86_64-linux.bin, byte 1536) [digest]": the last line on stderr ends in the kind. */
static void write_failure_line(const struct cli *cli) {
    char place[64] = "";
    if (cli->err.offset != PROVAR_NO_OFFSET)
        snprintf(place, sizeof place, "byte %" PRIu64, cli->err.offset);
    const char *member = cli->err.member;
    bool named = member[0] && strstr(cli->err.message, member) == NULL;
    fprintf(stderr, "provar: %s", cli->err.message[0] ? cli->err.message : "failed");
    if (named || place[0])
        fprintf(stderr, " (%s%s%s)", named ? member : "", named && place[0] ? ", " : "", place);
    fprintf(stderr, " [%s]\n", provar_result_name(cli->err.code));
}

/* Output that could not be written is a failure even when the work was done. */
static int flush_stdout(const struct cli *cli, int status) {
    if (fflush(stdout) == 0 && !ferror(stdout) && !cli->unwritten)
        return status;
    fprintf(stderr, "provar: cannot write to standard output [io]\n");
    return status == STATUS_OK ? STATUS_IO : status;
}

int print_end(struct cli *cli, int status) {
    /* No byte of an answer stands before a wrong option: whoever asked for a document finds it where it always is. */
    FILE *to = cli->data_on_stdout && status != STATUS_USAGE ? stderr : stdout;
    print_strike_seeds(cli->err.message);
    progress_erase();
    if (cli->doc.to) {
        write_warnings(cli, &cli->doc);
        json_end(&cli->doc, '}');
        fputc('\n', cli->doc.to);
        fclose(cli->doc.to);
    }
    if (cli->err.code != PROVAR_OK) {
        if (cli->json)
            write_failure(cli, to, status);
        else
            write_failure_line(cli);
    } else if (cli->json && cli->doc_text) {
        secret_write_document(cli, to);
    }
    explicit_bzero(cli->seed, sizeof cli->seed);
    free(cli->doc_text);
    for (size_t i = 0; i < cli->warning_count; i++)
        free(cli->warnings[i]);
    free(cli->warnings);
    return flush_stdout(cli, status);
}
