/* provar completions: prints completions for a shell, made from the same tables as --help. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "opt.h"
#include "print.h"

static struct poptOption options[] = {
    OPT_GLOBAL,
    POPT_TABLEEND,
};

/* Calls `each` for every option of a table and of the tables it includes. */
static void walk(const struct poptOption *table, void (*each)(const struct poptOption *option)) {
    for (; table->longName || table->shortName || table->arg; table++) {
        if ((table->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE)
            walk(table->arg, each);
        else
            each(table);
    }
}

static bool takes_file(const struct poptOption *option) {
    return option->argDescrip && (strstr(option->argDescrip, "FILE") || strstr(option->argDescrip, "SEED") ||
                                  strstr(option->argDescrip, "DIR") || strstr(option->argDescrip, ".wasm"));
}

/* The value of --compress stands behind "=" or not at all. */
static bool takes_no_word(const struct poptOption *option) {
    return option->argDescrip && strcmp(option->argDescrip, "[LEVEL]") == 0;
}

static void print_word(const struct poptOption *option) {
    printf(" --%s", option->longName);
    if (option->shortName)
        printf(" -%c", option->shortName);
}

/* The words that may follow "provar", or a group; "par" takes every verb that is in none. */
static void print_verbs(const char *group) {
    const char *last = "";
    bool par = group && strcmp(group, "par") == 0;
    for (size_t i = 0; commands[i]; i++) {
        const char *own = commands[i]->group;
        if (group && !par ? own && strcmp(own, group) == 0 : !own)
            printf(" %s", commands[i]->verb);
        else if (!group && own && strcmp(own, last) != 0)
            printf(" %s", last = own);
    }
}

/* Options of every command may stand before the verb: what is completed is found by the words that are none. `$1` is
 * the place among them, "par" and "keys" are groups, and a value of -o is no word. */
static const char bash_words[] = "    local cur=${COMP_WORDS[COMP_CWORD]} words= place=1 group= verb= i\n"
                                 "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                                 "        case ${COMP_WORDS[i]} in\n"
                                 "        -o|--output) i=$((i + 1)); [ \"${COMP_WORDS[i]}\" = = ] && i=$((i + 1)) ;;\n"
                                 "        -*) ;;\n"
                                 "        par|keys) [ $place -eq 1 ] && [ -z \"$group\" ] && group=${COMP_WORDS[i]} "
                                 "|| { place=2; break; } ;;\n"
                                 "        *) verb=${COMP_WORDS[i]} place=2; break ;;\n"
                                 "        esac\n"
                                 "    done\n"
                                 "    [ $i -gt $COMP_CWORD ] && { mapfile -t COMPREPLY < <(compgen -W 'text json' -- "
                                 "\"$cur\"); return; }\n"
                                 "    [ \"$group\" = keys ] && verb=\"keys $verb\"\n";

static void bash(void) {
    printf("# bash completion for provar\n_provar() {\n%s"
           "    case $place:$group in\n    1:) words='par",
           bash_words);
    print_verbs(NULL);
    printf("' ;;\n    1:par) words='");
    print_verbs("par");
    printf("' ;;\n    1:keys) words='");
    print_verbs("keys");
    printf("' ;;\n    *) case $verb in\n");
    for (size_t i = 0; commands[i]; i++) {
        const char *group = commands[i]->group;
        printf("        '%s%s%s') words='", group ? group : "", group ? " " : "", commands[i]->verb);
        walk(commands[i]->options, print_word);
        printf("' ;;\n");
    }
    printf("        esac ;;\n    esac\n"
           "    case $place:$cur in\n    1:-*) words=' --output -o --quiet -q --help -h --version -V' ;;\n    esac\n"
           "    case $place:$cur in\n    1:*|2:-*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
           "    *) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n    esac\n}\n"
           "complete -o filenames -F _provar provar\n");
}

/* Text inside single quotes, less what would end them or mean something to the shell's own grammar. */
static void print_plain(const char *text) {
    for (; text && *text; text++)
        if (strchr("'[]:\\", *text) == NULL)
            putchar(*text);
}

/* '(-n --name)'{-n,--name}'[text]:value:', with '*' instead of the exclusions where it may be repeated. */
static void print_zsh_option(const struct poptOption *option) {
    bool repeatable = (option->argInfo & POPT_ARG_MASK) == POPT_ARG_ARGV;
    char letter = option->shortName;
    const char *name = option->longName;
    printf("            ");
    if (letter && repeatable)
        printf("'*'{-%c,--%s}'[", letter, name);
    else if (letter)
        printf("'(-%c --%s)'{-%c,--%s}'[", letter, name, letter, name);
    else
        printf("'%s--%s%s[", repeatable ? "*" : "", name, takes_no_word(option) ? "=-" : "");
    print_plain(option->descrip);
    printf("]%s'\n", !option->argDescrip     ? ""
                     : takes_no_word(option) ? "::value:"
                     : takes_file(option)    ? ":file:_files"
                                             : ":value:");
}

static const char zsh_words[] = "    local place=1 group= verb= i\n"
                                "    for ((i = 2; i < CURRENT; i++)); do\n"
                                "        case $words[i] in\n"
                                "        -o|--output) ((i++)) ;;\n"
                                "        -*) ;;\n"
                                "        par|keys) [[ -z $group ]] && group=$words[i] || { place=2; break } ;;\n"
                                "        *) verb=$words[i] place=2; break ;;\n"
                                "        esac\n"
                                "    done\n"
                                "    if (( i > CURRENT )); then compadd text json; return; fi\n"
                                "    [[ $group == keys ]] && verb=\"keys $verb\"\n";

static void zsh(void) {
    printf("#compdef provar\n_provar() {\n%s    case $place:$group in\n    1:) compadd par", zsh_words);
    print_verbs(NULL);
    printf("; return ;;\n    1:par) compadd");
    print_verbs("par");
    printf("; return ;;\n    1:keys) compadd");
    print_verbs("keys");
    printf("; return ;;\n    esac\n    local -a opts\n    case $verb in\n");
    for (size_t i = 0; commands[i]; i++) {
        const char *group = commands[i]->group;
        printf("        '%s%s%s') opts=(\n", group ? group : "", group ? " " : "", commands[i]->verb);
        walk(commands[i]->options, print_zsh_option);
        printf("        ) ;;\n");
    }
    printf("    esac\n    _arguments $opts '*:file:_files'\n}\n_provar \"$@\"\n");
}

static const struct cmd *fish_command;

static void print_fish_option(const struct poptOption *option) {
    printf("complete -c provar -n '__fish_seen_subcommand_from %s' -l %s", fish_command->verb, option->longName);
    if (option->shortName)
        printf(" -s %c", option->shortName);
    if (option->argDescrip && !takes_no_word(option))
        printf(takes_file(option) ? " -r -F" : " -x");
    printf(" -d '");
    print_plain(option->descrip);
    printf("'\n");
}

static const char fish_words[] = "function __provar_at\n"
                                 "    set -l words (commandline -opc)\n"
                                 "    set -l found\n"
                                 "    set -l value 0\n"
                                 "    for word in $words[2..-1]\n"
                                 "        if test $value = 1\n"
                                 "            set value 0\n"
                                 "        else if contains -- $word -o --output\n"
                                 "            set value 1\n"
                                 "        else if not string match -q -- '-*' $word\n"
                                 "            set -a found $word\n"
                                 "        end\n"
                                 "    end\n"
                                 "    test \"$found\" = \"$argv\"\n"
                                 "end\n";

static void fish(void) {
    printf("# fish completion for provar\n%scomplete -c provar -n __provar_at -f -a 'par", fish_words);
    print_verbs(NULL);
    printf("'\ncomplete -c provar -n '__provar_at par' -f -a '");
    print_verbs("par");
    printf("'\ncomplete -c provar -n '__provar_at keys' -f -a '");
    print_verbs("keys");
    printf("'\ncomplete -c provar -n __provar_at -l output -s o -x -a 'text json'\n");
    for (size_t i = 0; commands[i]; i++) {
        fish_command = commands[i];
        walk(commands[i]->options, print_fish_option);
    }
}

static int run(struct cli *cli) {
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(cli->args[0], shells[i].shell) == 0) {
            cli->data_on_stdout = true;
            shells[i].print();
            return STATUS_OK;
        }
    print_usage_error(cli, "no completions for '%s': bash, zsh or fish", cli->args[0]);
    return STATUS_USAGE;
}

const struct cmd cmd_completions = {
    .verb = "completions",
    .args = "bash|zsh|fish",
    .summary = "Print completions for a shell.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
