/* How far a transfer is: a line on the terminal that is drawn over, or one for a log every few seconds. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "print.h"
#include "progress.h"

enum { MILLISECONDS = 1000, LINE_INTERVAL = 100, PLAIN_INTERVAL = 5000, USUAL_COLUMNS = 80 };

/* ECMA-48: carriage return, and erase to the end of the line. */
#define ERASE "\r\033[K"

static char *chosen_form;
static struct progress progress;

struct poptOption progress_table[] = {
    {"progress", 0, POPT_ARG_STRING, &chosen_form, 0, "how far a transfer is: on a terminal, as lines, or not at all",
     "auto|plain|none"},
    POPT_TABLEEND,
};

/* ---------------------------------------------------------------- the text */

static uint64_t rate_of(const struct progress *of, int64_t now) {
    int64_t elapsed = now - of->began_at;
    return elapsed > 0 ? (uint64_t)((double)(of->done - of->from) * MILLISECONDS / (double)elapsed) : 0;
}

/* "4 s", "3 min 20 s", "2 h 5 min" */
static struct print_time duration(uint64_t seconds) {
    struct print_time shown;
    if (seconds < 60)
        (void)snprintf(shown.text, sizeof shown.text, "%llu s", (unsigned long long)seconds);
    else if (seconds < 3600)
        (void)snprintf(shown.text, sizeof shown.text, "%llu min %llu s", (unsigned long long)seconds / 60,
                       (unsigned long long)seconds % 60);
    else
        (void)snprintf(shown.text, sizeof shown.text, "%llu h %llu min", (unsigned long long)seconds / 3600,
                       (unsigned long long)seconds / 60 % 60);
    return shown;
}

struct speed {
    char text[sizeof(struct print_size) + sizeof ", /s"];
};

/* ", 1.5 MiB/s"; nothing before a first measure, and where all came at once. */
static struct speed speed_of(const struct progress *of, int64_t now) {
    struct speed shown = {""};
    uint64_t rate = rate_of(of, now);
    if (rate > 0)
        (void)snprintf(shown.text, sizeof shown.text, ", %s/s", print_bytes(rate).text);
    return shown;
}

static void describe(const struct progress *of, int64_t now, char *text, size_t cap) {
    uint64_t rate = rate_of(of, now);
    struct print_size done = print_bytes(of->done), total = print_bytes(of->total);
    struct speed speed = speed_of(of, now);
    if (of->total == 0) {
        (void)snprintf(text, cap, "%s%s", done.text, speed.text);
        return;
    }
    int percent = (int)((double)of->done * 100 / (double)of->total);
    if (rate == 0)
        (void)snprintf(text, cap, "%s of %s, %d%%", done.text, total.text, percent);
    else
        (void)snprintf(text, cap, "%s of %s, %d%%%s, %s left", done.text, total.text, percent, speed.text,
                       duration((of->total - of->done) / rate).text);
}

static void describe_end(const struct progress *of, int64_t now, char *text, size_t cap) {
    uint64_t seconds = (uint64_t)(now - of->began_at) / MILLISECONDS;
    (void)snprintf(text, cap, "%s in %s%s", print_bytes(of->done).text, duration(seconds).text, speed_of(of, now).text);
}

static struct progress_text finish(struct progress *of, int64_t now) {
    struct progress_text out = {""};
    char line[160];
    describe_end(of, now, line, sizeof line);
    if (of->form == PROGRESS_PLAIN)
        (void)snprintf(out.text, sizeof out.text, "provar: %s\n", line);
    else if (of->is_drawn)
        (void)snprintf(out.text, sizeof out.text, "%s", ERASE);
    of->is_drawn = false;
    of->is_open = false;
    return out;
}

static struct progress_text draw(struct progress *of, int64_t now) {
    struct progress_text out;
    char line[160];
    /* The last column stays free: some terminals go to the next line behind it. */
    int columns = of->columns > 0 ? of->columns : USUAL_COLUMNS;
    describe(of, now, line, sizeof line);
    if (of->form == PROGRESS_PLAIN)
        (void)snprintf(out.text, sizeof out.text, "provar: %s\n", line);
    else
        (void)snprintf(out.text, sizeof out.text, "%s%.*s", ERASE, columns - 1, line);
    of->is_drawn = of->form == PROGRESS_LINE;
    of->told_at = now;
    return out;
}

struct progress_text progress_step(struct progress *of, uint64_t done, uint64_t total, int64_t now) {
    static const struct progress_text nothing;
    if (of->form == PROGRESS_NONE)
        return nothing;
    if (!of->is_open || done < of->done) {
        of->is_open = true;
        of->began_at = of->told_at = now;
        of->from = done;
    }
    of->done = done;
    of->total = total;
    if (total > 0 && done >= total)
        return finish(of, now);
    int64_t interval = of->form == PROGRESS_PLAIN ? PLAIN_INTERVAL : LINE_INTERVAL;
    return now - of->told_at >= interval ? draw(of, now) : nothing;
}

/* ---------------------------------------------------------------- stderr */

static int64_t milliseconds(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MILLISECONDS + now.tv_nsec / 1000000;
}

static void write_out(const char *text) {
    if (*text == 0)
        return;
    (void)fputs(text, stderr);
    (void)fflush(stderr);
}

bool progress_choose(struct cli *cli) {
    const char *form = chosen_form ? chosen_form : "auto";
    bool is_plain = strcmp(form, "plain") == 0, is_auto = strcmp(form, "auto") == 0;
    const char *terminal = opt_env("TERM");
    struct winsize size = {0};
    if (!is_plain && !is_auto && strcmp(form, "none") != 0)
        return print_usage_error(cli, "--progress: '%s' is neither auto nor plain nor none", form);
    if (cli->quiet || cli->json)
        return true;
    if (is_plain)
        progress.form = PROGRESS_PLAIN;
    else if (is_auto && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0)
        progress.form = PROGRESS_LINE;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        progress.columns = size.ws_col;
    return true;
}

bool progress_is_wanted(void) {
    return progress.form != PROGRESS_NONE;
}

/* Of what is read by and by nobody knows the end; behind it the provider has the terminal to itself. */
int progress_report(uint64_t done, uint64_t total, void *user) {
    const struct cli *cli = user;
    if (total > 0 || !cli->cmd->takes_own_args)
        write_out(progress_step(&progress, done, total, milliseconds()).text);
    return 0;
}

void progress_erase(void) {
    if (progress.is_drawn)
        write_out(ERASE);
    progress.is_drawn = false;
}
