/* A file of a policy: read whole when nobody else may have written it, and its lines. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "internal.h"

#include "base/directory.h"
#include "base/fs.h"
#include "trust/trust_file.h"

/* ---------------------------------------------------------------- the file */

static enum provar_result fail_missing(struct pv_str path, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "the policy file '%s' is missing", pv_quote(path).text);
}

static enum provar_result fail_open(int error_number, struct pv_str path, struct provar_error *err) {
    if (error_number == ENOENT)
        return fail_missing(path, err);
    if (error_number == ELOOP)
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET, "the policy file '%s' is a link",
                       pv_quote(path).text);
    return pv_fail_errno(err, PROVAR_E_IO, error_number, "cannot open the policy file '%s'", pv_quote(path).text);
}

/* Whoever may rename files in the directory can take the file away, or put another one there, one of the user's own as
 * well: the sticky bit does not help against a second link to it. So the place is judged before the file is looked for;
 * where the directory is not there either, `*dir` stays. */
static enum provar_result open_place(struct pv_str path, int *dir, char **file, struct provar_error *err) {
    PV_AUTO_FREE char *copy = NULL;
    PV_AUTO_FD int opened = -1;
    const char *directory, *name;
    enum provar_result result = pv_path_dup(path, &copy, err);
    if (result != PROVAR_OK)
        return result;
    pv_directory_split(copy, &directory, &name);
    *file = pv_str_dup(pv_str_of(name));
    if (*file == NULL)
        return pv_fail_memory(err);
    result = pv_directory_open_ours(directory, path, &opened, err);
    if (result == PROVAR_OK && opened >= 0)
        result = pv_fs_check_our_directory(opened, false, "the directory of", path, err);
    if (result == PROVAR_OK)
        *dir = pv_take_fd(&opened);
    return result;
}

enum provar_result pv_trust_file_judge_place(struct pv_str path, struct provar_error *err) {
    PV_AUTO_FREE char *name = NULL;
    PV_AUTO_FD int dir = -1;
    return open_place(path, &dir, &name, err);
}

/* The directory is held while the file in it is opened, so that both are those which are examined. */
static enum provar_result open_file(struct pv_str path, int *fd, struct provar_error *err) {
    PV_AUTO_FREE char *name = NULL;
    PV_AUTO_FD int dir = -1;
    struct stat st;
    enum provar_result result = open_place(path, &dir, &name, err);
    if (result != PROVAR_OK)
        return result;
    if (dir < 0)
        return fail_missing(path, err);
    /* O_NONBLOCK: a FIFO must not make us wait, nor a device act on being opened. */
    PV_AUTO_FD int opened = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (opened < 0)
        return fail_open(errno, path, err);
    if (fstat(opened, &st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine '%s'", pv_quote(path).text);
    if (!S_ISREG(st.st_mode))
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the policy file '%s' is not a regular file",
                       pv_quote(path).text);
    result = pv_fs_check_ours(&st, S_IWGRP | S_IWOTH, "the policy file", path, err);
    if (result == PROVAR_OK)
        *fd = pv_take_fd(&opened);
    return result;
}

enum provar_result pv_trust_file_read(struct pv_str path, struct pv_trust_file *file, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    *file = (struct pv_trust_file){.name = pv_str_dup(pv_str_of(pv_quote(path).text))};
    /* One byte more than is allowed, so that a file that is too long is seen to be. */
    pv_buf_init(&file->text, PV_MAX_POLICY_FILE + 1);
    if (file->name == NULL)
        return pv_fail_memory(err);
    enum provar_result result = open_file(path, &fd, err);
    size_t got = 1;
    while (result == PROVAR_OK && got > 0 && file->text.len <= PV_MAX_POLICY_FILE) {
        size_t room = PV_MAX_POLICY_FILE + 1 - file->text.len;
        size_t want = room < PV_MAX_POLICY_LINE ? room : PV_MAX_POLICY_LINE;
        result = pv_buf_reserve(&file->text, want, err);
        if (result == PROVAR_OK)
            result = pv_fs_read(fd, file->text.data + file->text.len, want, &got, err);
        if (result == PROVAR_OK) {
            file->text.len += got;
            file->text.data[file->text.len] = 0;
        }
    }
    if (result == PROVAR_OK && file->text.len > PV_MAX_POLICY_FILE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the policy file '%s' has more than %d bytes", file->name,
                       (int)PV_MAX_POLICY_FILE);
    return result;
}

void pv_trust_file_release(struct pv_trust_file *file) {
    free(PV_TAKE(file->name));
    pv_buf_release(&file->text);
}

/* ---------------------------------------------------------------- its lines */

struct pv_trust_lines pv_trust_lines(const char *name, struct pv_str text) {
    return (struct pv_trust_lines){.name = name, .rest = text};
}

enum provar_result pv_trust_lines_fail(const struct pv_trust_lines *lines, struct provar_error *err, const char *format,
                                       ...) {
    char reason[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "%s:%u: %s", lines->name, lines->number, reason);
}

enum provar_result pv_trust_lines_blame(const struct pv_trust_lines *lines, const struct provar_error *reason,
                                        struct provar_error *err) {
    if (reason->code != PROVAR_E_NO_MEMORY && reason->code != PROVAR_E_INTERNAL)
        return pv_trust_lines_fail(lines, err, "%s", reason->message);
    pv_error_hand_on(err, reason);
    return (enum provar_result)reason->code;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static struct pv_str trim(struct pv_str text) {
    while (text.len > 0 && is_blank(text.text[text.len - 1]))
        text.len--;
    while (text.len > 0 && is_blank(text.text[0]))
        text = pv_str(text.text + 1, text.len - 1);
    return text;
}

/* What steers or cannot be seen is no text: behind a byte order mark, say, a "!" is a character of its pattern. */
static bool is_text(struct pv_str text) {
    while (text.len > 0) {
        uint32_t c;
        size_t step = pv_utf8_next(text, &c);
        if (step == 0 || (c != '\t' && pv_utf8_steers(c)))
            return false;
        text = pv_str(text.text + step, text.len - step);
    }
    return true;
}

/* Whether the line's comment holds the word, in any case. */
static bool comment_holds(struct pv_str line, struct pv_str word) {
    size_t at = 0;
    while (at < line.len && (line.text[at] != '#' || (at > 0 && !is_blank(line.text[at - 1]))))
        at++;
    for (; at < line.len && line.len - at >= word.len; at++) {
        size_t same = 0;
        while (same < word.len && (line.text[at + same] | 0x20) == (word.text[same] | 0x20))
            same++;
        if (same == word.len)
            return true;
    }
    return false;
}

/* Cuts the next line, with its end, off the text. */
static struct pv_str cut_line(struct pv_str *rest) {
    const char *end = memchr(rest->text, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->text) + 1 : rest->len;
    struct pv_str line = pv_str(rest->text, len);
    *rest = pv_str(rest->text + len, rest->len - len);
    return line;
}

enum provar_result pv_trust_lines_next(struct pv_trust_lines *lines, bool *found, struct provar_error *err) {
    *found = false;
    while (lines->rest.len > 0) {
        struct pv_str line = pv_str_chomp(cut_line(&lines->rest));
        lines->number++;
        if (line.len > PV_MAX_POLICY_LINE)
            return pv_trust_lines_fail(lines, err, "a line of more than %d bytes", (int)PV_MAX_POLICY_LINE);
        if (!is_text(line))
            return pv_trust_lines_fail(lines, err, "a control or invisible character, or what is not UTF-8");
        if (lines->first_only.len > 0 && comment_holds(line, lines->first_only))
            return pv_trust_lines_fail(lines, err, "a comment with '%.*s' that is not its line at the beginning",
                                       (int)lines->first_only.len, lines->first_only.text);
        lines->line = trim(line);
        if (lines->line.len > 0 && lines->line.text[0] != '#') {
            *found = true;
            return PROVAR_OK;
        }
    }
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- parts of a line */

struct pv_str pv_trust_word(struct pv_str *rest) {
    size_t len = 0;
    while (len < rest->len && !is_blank(rest->text[len]))
        len++;
    struct pv_str word = pv_str(rest->text, len);
    *rest = trim(pv_str(rest->text + len, rest->len - len));
    return word;
}

/* Days since 1970 of a date of the Gregorian calendar: years begin in March, so that the leap day is a year's last. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t from_march = (month + 9) % 12;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1 - 719468;
}

/* Fields of fixed width begin with zeros, which pv_parse_decimal refuses. */
static int64_t digits(const char *text, size_t count) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum = sum * 10 + (text[i] - '0');
    return sum;
}

static int64_t days_of(int64_t year, int64_t month) {
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

bool pv_trust_time(struct pv_str text, int64_t *seconds) {
    char all[] = "00000000000000";
    if (pv_str_ends(text, PV_STR("Z")))
        text.len--;
    if (text.len != 8 && text.len != 12 && text.len != 14)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.text[i] < '0' || text.text[i] > '9')
            return false;
        all[i] = text.text[i];
    }
    int64_t year = digits(all, 4), month = digits(all + 4, 2), day = digits(all + 6, 2);
    int64_t hour = digits(all + 8, 2), minute = digits(all + 10, 2), second = digits(all + 12, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of(year, month) || hour > 23 || minute > 59 ||
        second > 59)
        return false;
    *seconds = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}
