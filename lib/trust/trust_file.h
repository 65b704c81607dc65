/* A file of a policy: read whole when nobody else may have written it, and its lines. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TRUST_FILE_H
#define PV_TRUST_FILE_H

struct pv_trust_file {
    char *name; /* escaped, for messages */
    struct pv_buf text;
};

/* Reads a regular file. The file, the directory that holds it and all above must belong to root or to this user, and
 * nobody else may write to any of them, as by sshd's StrictModes, but for sticky ones above the directory; what was
 * opened is what is examined, and a link is not followed, nor one on the way that another user may have planted
 * (PROVAR_E_UNSAFE_PATH). One that is missing, where nobody else can have taken it away, is PROVAR_E_UNTRUSTED, and
 * nothing else is; one of more than PV_MAX_POLICY_FILE bytes PROVAR_E_LIMIT. Release it in either case. */
enum provar_result pv_trust_file_read(struct pv_str path, struct pv_trust_file *file,
                                      struct provar_error *err) PV_MUST_CHECK;
/* Judges the directories only; they may be missing. */
enum provar_result pv_trust_file_judge_place(struct pv_str path, struct provar_error *err) PV_MUST_CHECK;
/* An empty one is {0}. */
void pv_trust_file_release(struct pv_trust_file *file);
#define PV_AUTO_TRUST_FILE PV_CLEANUP(pv_trust_file_release)

/* A walk over the lines of a text. */
struct pv_trust_lines {
    const char *name; /* of the file, escaped; borrowed */
    struct pv_str rest;
    struct pv_str line;       /* without its LF or CRLF, and without blanks around it; borrowed from the text */
    unsigned number;          /* of the line, from 1 */
    struct pv_str first_only; /* perhaps: a lower-case word that no comment of these lines may hold */
};

struct pv_trust_lines pv_trust_lines(const char *name, struct pv_str text);

/* Moves to the next line that is neither blank nor begins with '#'; `*found` is false at the end. A line of more than
 * PV_MAX_POLICY_LINE bytes, or one that holds what is not UTF-8, or a control or invisible character but tab, is
 * PROVAR_E_USAGE: a lone CR, say, could make two lines look like one. */
enum provar_result pv_trust_lines_next(struct pv_trust_lines *lines, bool *found,
                                       struct provar_error *err) PV_MUST_CHECK;

/* PROVAR_E_USAGE with "FILE:LINE: reason": the line is wrong, and so the whole file. */
enum provar_result pv_trust_lines_fail(const struct pv_trust_lines *lines, struct provar_error *err, const char *format,
                                       ...) __attribute__((format(printf, 3, 4)));

/* The same for what made a part of the line unreadable; but a lack of memory is no fault of the line. */
enum provar_result pv_trust_lines_blame(const struct pv_trust_lines *lines, const struct provar_error *reason,
                                        struct provar_error *err);

/* Takes the next word off the front of a text, up to a blank or tab, and the blanks behind it. Empty at the end. */
struct pv_str pv_trust_word(struct pv_str *rest);

/* "YYYYMMDD[HHMM[SS]][Z]" as seconds since 1970; always UTC. False for what is no time, or before 1970. */
bool pv_trust_time(struct pv_str text, int64_t *seconds);

#endif
