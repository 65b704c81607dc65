/* Options: popt's tables, and the strict reading of what they hold (popt itself would take 010 for 8). */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "opt.h"
#include "print.h"

static char *output_format;
static int quiet;
static int help;

struct poptOption global_options[] = {
    {"output", 'o', POPT_ARG_STRING, &output_format, 0, "format of the answer", "text|json"},
    {"quiet", 'q', POPT_ARG_NONE, &quiet, 0, "no warnings", NULL},
    {"help", 'h', POPT_ARG_NONE, &help, 0, "show this help", NULL},
    POPT_TABLEEND,
};

bool opt_output(struct cli *cli, const char *value) {
    if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
        return print_usage_error(cli, "the output format '%s' is neither text nor json", value);
    cli->json = strcmp(value, "json") == 0;
    return true;
}

/* popt gives an optional value the next word, so `--compress` alone is spelled out for it. */
static const char **prepare(int argc, const char **argv) {
    const char **prepared = calloc((size_t)argc + 1, sizeof *prepared);
    bool options = true;
    for (int i = 0; prepared && i < argc; i++) {
        options = options && strcmp(argv[i], "--") != 0;
        prepared[i] = options && strcmp(argv[i], "--compress") == 0 ? "--compress=default" : argv[i];
    }
    return prepared;
}

/* Splits off the words behind the first "--". */
static int split_own_args(struct cli *cli, int argc, const char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        cli->own_args = argv + i + 1;
        cli->own_arg_count = (size_t)(argc - i - 1);
        return i;
    }
    return argc;
}

static void print_help(const struct cli *cli) {
    poptContext context = poptGetContext(NULL, 1, cli->words, cli->cmd->options, 0);
    printf("%s\n%s%s\n", cli->cmd->summary, cli->cmd->more ? cli->cmd->more : "", cli->cmd->more ? "\n" : "");
    poptSetOtherOptionHelp(context, cli->cmd->args);
    poptPrintHelp(context, stdout, 0);
    poptFreeContext(context);
}

static bool check_arg_count(struct cli *cli) {
    if (cli->arg_count < cli->cmd->min_args) {
        const char *word = cli->cmd->args;
        for (size_t i = 0; i < cli->arg_count; i++)
            word += strcspn(word, " ") + 1;
        return print_usage_error(cli, "missing: %.*s", (int)strcspn(word, " "), word);
    }
    if (cli->arg_count > cli->cmd->max_args)
        return print_usage_error(cli, "unexpected word '%s'", cli->args[cli->cmd->max_args]);
    return true;
}

/* A verb's tables in one. popt only says which entry it met, by its place here + 1, since by itself it lets the second
 * of two --subject win without a word. */
enum { MAX_OPTIONS = 64 };

struct flat_table {
    struct poptOption entries[MAX_OPTIONS + 1];
    const struct poptOption *origins[MAX_OPTIONS];
    size_t count; /* also of those for which there was no room */
};

static void flatten(const struct poptOption *table, struct flat_table *flat) {
    for (; table->longName || table->arg; table++) {
        if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE) {
            flatten(table->arg, flat);
            continue;
        }
        size_t place = flat->count++;
        if (place >= MAX_OPTIONS)
            continue;
        flat->origins[place] = table;
        struct poptOption *entry = &flat->entries[place];
        *entry = *table;
        entry->argInfo = table->argInfo == POPT_ARG_NONE ? POPT_ARG_NONE : POPT_ARG_STRING;
        entry->arg = NULL;
        entry->val = (int)place + 1;
    }
}

static bool append(struct cli *cli, char ***list, char *value) {
    size_t count = 0;
    while (*list && (*list)[count])
        count++;
    char **longer = realloc(*list, (count + 2) * sizeof *longer);
    if (longer == NULL)
        return print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory") == STATUS_OK;
    longer[count] = value;
    longer[count + 1] = NULL;
    *list = longer;
    return true;
}

/* Puts a value where the option's table says. It stays there until the process ends. */
static bool store(struct cli *cli, const struct poptOption *option, char *value) {
    if (option->argInfo == POPT_ARG_ARGV)
        return append(cli, option->arg, value);
    if (option->argInfo == POPT_ARG_NONE) {
        *(int *)option->arg = 1;
        return true;
    }
    char **text = option->arg;
    if (*text) {
        free(value);
        return print_usage_error(cli, "--%s is given twice", option->longName);
    }
    *text = value;
    return true;
}

static bool read_options(struct cli *cli, int count) {
    static struct flat_table flat;
    int code;
    flatten(cli->cmd->options, &flat);
    if (flat.count > MAX_OPTIONS)
        return print_failure(cli, PROVAR_E_INTERNAL, "a table of %zu options is too large", flat.count) == STATUS_OK;
    cli->popt = poptGetContext(NULL, count, cli->words, flat.entries, 0);
    while ((code = poptGetNextOpt(cli->popt)) > 0)
        if (!store(cli, flat.origins[code - 1], poptGetOptArg(cli->popt)))
            return false;
    if (code < -1)
        return print_usage_error(cli, "%s: %s; '%s --help' lists the options",
                                 poptBadOption(cli->popt, POPT_BADOPTION_NOALIAS), poptStrerror(code), cli->words[0]);
    return true;
}

bool opt_parse(struct cli *cli, int argc, const char **argv, bool *helped) {
    int count = cli->cmd->takes_own_args ? split_own_args(cli, argc, argv) : argc;
    cli->words = prepare(count, argv);
    if (cli->words == NULL)
        return print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory") == STATUS_OK;
    bool good = read_options(cli, count);
    cli->quiet = cli->quiet || quiet;
    if ((output_format && !opt_output(cli, output_format)) || !good)
        return false;
    if (help) {
        print_help(cli);
        *helped = true;
        return false;
    }
    cli->args = poptGetArgs(cli->popt);
    while (cli->args && cli->args[cli->arg_count])
        cli->arg_count++;
    return check_arg_count(cli);
}

/* One or more decimal digits without a needless zero, not above max. */
static bool digits(const char *text, size_t len, uint64_t max, uint64_t *value) {
    uint64_t sum = 0;
    if (len == 0 || (len > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (text[i] < '0' || text[i] > '9' || sum > max / 10 || digit > max - sum * 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool opt_uint32(struct cli *cli, const char *option, const char *text, uint32_t min, uint32_t max, uint32_t *value) {
    uint64_t number;
    if (!digits(text, strlen(text), max, &number) || number < min)
        return print_usage_error(cli, "%s: '%s' is not a number from %" PRIu32 " to %" PRIu32, option, text, min, max);
    *value = (uint32_t)number;
    return true;
}

bool opt_int32(struct cli *cli, const char *option, const char *text, int32_t *value) {
    uint32_t number;
    if (!opt_uint32(cli, option, text, 0, INT32_MAX, &number))
        return false;
    *value = (int32_t)number;
    return true;
}

bool opt_size(struct cli *cli, const char *option, const char *text, uint64_t *value) {
    static const char units[] = "KMGT";
    size_t len = strlen(text);
    unsigned shift = 0;
    const char *unit = len > 0 ? strchr(units, text[len - 1]) : NULL;
    if (unit && *unit) {
        shift = 10 * (unsigned)(unit - units + 1);
        len--;
    }
    uint64_t number;
    if (!digits(text, len, UINT64_MAX >> 1 >> shift, &number) || number == 0)
        return print_usage_error(cli, "%s: '%s' is not a size such as 4G", option, text);
    *value = number << shift;
    return true;
}

/* Two digits at text, or -1. */
static int two(const char *text) {
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + text[1] - '0';
}

/* RFC 3339, 5.6: "Z" or +hh:mm, in seconds east. */
static bool zone(const char *text, int *east) {
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *east = 0;
        return true;
    }
    if (strlen(text) != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return false;
    int hours = two(text + 1), minutes = two(text + 4);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *east = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
    return true;
}

/* "2027-01-31T00:00:00Z"; fractions of a second have no place in a claim. */
static bool rfc3339(const char *text, int64_t *value) {
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    size_t len = sizeof shape - 1;
    if (strlen(text) <= len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    struct tm tm = {.tm_year = two(text) * 100 + two(text + 2) - 1900,
                    .tm_mon = two(text + 5) - 1,
                    .tm_mday = two(text + 8),
                    .tm_hour = two(text + 11),
                    .tm_min = two(text + 14),
                    .tm_sec = two(text + 17)};
    struct tm given = tm;
    int east;
    if (!zone(text + len, &east))
        return false;
    /* timegm moves 30 February on to March: a date that changes is not one. */
    int64_t seconds = timegm(&tm);
    if (tm.tm_mday != given.tm_mday || tm.tm_mon != given.tm_mon || tm.tm_hour != given.tm_hour ||
        tm.tm_min != given.tm_min || tm.tm_sec != given.tm_sec || seconds - east < 0)
        return false;
    *value = seconds - east;
    return true;
}

static bool relative(const char *text, int64_t now, int64_t *value) {
    static const char units[] = "smhdw";
    static const int64_t seconds[] = {1, 60, 3600, 86400, 604800};
    size_t len = strlen(text);
    const char *unit = len > 2 ? strchr(units, text[len - 1]) : NULL;
    uint64_t number;
    if (text[0] != '+' || unit == NULL || !digits(text + 1, len - 2, 1000000000, &number))
        return false;
    return !__builtin_add_overflow(now, (int64_t)number * seconds[unit - units], value);
}

bool opt_seconds(struct cli *cli, const char *option, const char *text, int64_t *value) {
    uint64_t number;
    if (!digits(text, strlen(text), INT64_MAX, &number))
        return print_usage_error(cli, "%s: '%s' is not a number of seconds", option, text);
    *value = (int64_t)number;
    return true;
}

bool opt_time(struct cli *cli, const char *option, const char *text, int64_t now, int64_t *value) {
    uint64_t number;
    if (digits(text, strlen(text), INT64_MAX, &number)) {
        *value = (int64_t)number;
        return true;
    }
    if (strcmp(text, "never") == 0) {
        *value = -1;
        return true;
    }
    if (relative(text, now, value) || rfc3339(text, value))
        return true;
    return print_usage_error(cli, "%s: '%s' is neither seconds, nor a time such as 2027-01-31T00:00:00Z, nor +90d",
                             option, text);
}

const char *opt_env(const char *name) {
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}
