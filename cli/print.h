/* What the command says: answers on stdout, everything else on stderr, untrusted text escaped. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRINT_H
#define PRINT_H

#include "cli.h"

/* The exit status for cli->err. */
int print_status(const struct cli *cli);

/* Sets cli->err unless it holds a failure (the first error wins); its text is escaped. Gives the exit status of
 * cli->err. */
int print_failure(struct cli *cli, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for a wrong option or argument; gives false. */
bool print_usage_error(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds to the error that is set what to do about it, behind it; or what it is about, before it. */
void print_hint(struct cli *cli, const char *hint);
void print_subject(struct cli *cli, const char *subject);

/* Makes the error that is set one of usage: what was wrong was an argument, not an archive. Gives STATUS_USAGE. */
int print_as_usage(struct cli *cli);

/* A line on stderr, and an entry of "warnings" in the document. Where that goes to stderr itself, it goes there alone.
 */
void print_warning(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Strikes out every word that could be a seed: one that was given where none belongs must not reach a log. */
void print_strike_seeds(char *text);

/* A line of the answer on stdout, whole in a form that cannot steer a terminal. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text in a form that cannot steer a terminal; freed by the caller; never NULL but for want of memory. */
char *print_escaped(const char *text, size_t len);

/* "71.0 MiB" */
struct print_size {
    char text[24];
};
struct print_size print_bytes(unsigned long long bytes);
/* "2027-01-31T00:00:00Z", or the number where the calendar ends. */
struct print_time {
    char text[40];
};
struct print_time print_seconds(long long seconds);

/* Wraps text in a colour when stdout is a terminal: 'r' red, 'g' green, 'y' yellow, 'b' bold. */
const char *print_colour(char colour);

/* Opens the success document: `{"success": true`. */
bool print_begin(struct cli *cli);
/* Prints the whole answer: the document, or what `print_begin`'s caller has printed as text. Gives the exit status. */
int print_end(struct cli *cli, int status);

#endif
