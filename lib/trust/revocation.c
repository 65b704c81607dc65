/* What issuers have taken back: keys, tokens, artifacts, revisions; and whether an archive is among it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"
#include "base/rfc3339.h"
#include "trust/revocation.h"
#include "trust/trust_file.h"

enum kind { KEY, TOKEN, DIGEST, REVISIONS };

/* One line. There may be PV_MAX_REVOCATIONS of them, so it holds a key's bytes and not its text. */
struct revoked {
    enum kind kind;
    enum provar_key_kind key_kind;
    int64_t up_to; /* KEY: the last second of `iat` that is void; REVISIONS: the highest revision that is */
    union {
        uint8_t key[32]; /* KEY: who signed; REVISIONS: the subject */
        char *id;        /* TOKEN: owned */
        struct pv_artifact_id digest;
    };
};

struct pv_revocation {
    struct revoked *lines;
    size_t count, room;
    bool names_digests;
    char *stale_name; /* of the file that is fresh for the shortest time; NULL when none says */
    int64_t fresh_until;
};

enum provar_result pv_revocation_new(struct pv_revocation **list, struct provar_error *err) {
    *list = calloc(1, sizeof **list);
    return *list ? PROVAR_OK : pv_fail_memory(err);
}

static void free_line(struct revoked *line) {
    if (line->kind == TOKEN)
        free(line->id);
}

static void free_lines(struct pv_revocation *list, size_t from) {
    for (size_t i = from; i < list->count; i++)
        free_line(&list->lines[i]);
    list->count = from;
}

void pv_revocation_free(struct pv_revocation *list) {
    if (list == NULL)
        return;
    free_lines(list, 0);
    free(list->lines);
    free(list->stale_name);
    free(list);
}

/* ---------------------------------------------------------------- reading */

/* YYYYMMDD, or with "T" and a time of day behind it. */
static bool parse_time(struct pv_str text, int64_t *seconds) {
    enum { DATE = 8, LONGEST = 16 };
    char joined[LONGEST];
    if (text.len <= DATE || text.text[DATE] != 'T')
        return pv_trust_time(text, seconds);
    if (text.len > LONGEST || text.len < DATE + sizeof "HHMM")
        return false;
    memcpy(joined, text.text, DATE);
    memcpy(joined + DATE, text.text + DATE + 1, text.len - DATE - 1);
    return pv_trust_time(pv_str(joined, text.len - 1), seconds);
}

static enum provar_result parse_key(const struct pv_trust_lines *at, struct pv_str word, struct pv_str what,
                                    struct revoked *line, struct provar_error *err) {
    struct pv_nkey key;
    struct provar_error reason = {0};
    uint64_t revision;
    if (pv_nkey_decode_public(word, &key, &reason) != PROVAR_OK)
        return pv_trust_lines_blame(at, &reason, err);
    line->key_kind = key.kind;
    memcpy(line->key, key.bytes, sizeof key.bytes);
    if (key.kind == PROVAR_KEY_SERVICE) {
        line->kind = REVISIONS;
        if (!pv_str_starts(what, PV_STR("rev<=")) ||
            !pv_parse_decimal(pv_str(what.text + 5, what.len - 5), INT32_MAX, &revision))
            return pv_trust_lines_fail(at, err, "'rev<=N' belongs behind a service key");
        line->up_to = (int64_t)revision;
        return PROVAR_OK;
    }
    if (key.kind != PROVAR_KEY_ACCOUNT && key.kind != PROVAR_KEY_OPERATOR)
        return pv_trust_lines_fail(at, err, "the key of a %s signs no provider", pv_nkey_kind_name(key.kind));
    line->kind = KEY;
    line->up_to = INT64_MAX;
    if (pv_str_equal(what, PV_STR("*")) || parse_time(what, &line->up_to))
        return PROVAR_OK;
    return pv_trust_lines_fail(at, err, "a time YYYYMMDD[THHMMSS][Z], or '*', belongs behind the key of a signer");
}

static enum provar_result parse_line(const struct pv_trust_lines *at, struct revoked *line, struct provar_error *err) {
    struct pv_str rest = at->line;
    struct pv_str word = pv_trust_word(&rest);
    enum provar_result result = PROVAR_OK;
    if (pv_str_starts(word, PV_STR("jti:"))) {
        line->kind = TOKEN;
        if (word.len == 4)
            return pv_trust_lines_fail(at, err, "no id behind 'jti:'");
        line->id = pv_str_dup(pv_str(word.text + 4, word.len - 4));
        if (line->id == NULL)
            return pv_fail_memory(err);
    } else if (pv_str_starts(word, PV_STR("sha256:"))) {
        line->kind = DIGEST;
        if (!pv_artifact_id_parse(word, &line->digest))
            return pv_trust_lines_fail(at, err, "64 hex digits of one case belong behind 'sha256:'");
    } else {
        result = parse_key(at, word, pv_trust_word(&rest), line, err);
    }
    if (result == PROVAR_OK && rest.len > 0 && rest.text[0] != '#')
        return pv_trust_lines_fail(at, err, "'%s' is too much", pv_quote(rest).text);
    return result;
}

static enum provar_result add_line(struct pv_revocation *list, const struct pv_trust_lines *at,
                                   struct provar_error *err) {
    if (list->count == PV_MAX_REVOCATIONS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "%s:%u: more than %d revocations", at->name, at->number,
                       PV_MAX_REVOCATIONS);
    struct revoked *grown = pv_array_grow(list->lines, list->count, &list->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    list->lines = grown;
    struct revoked *line = &list->lines[list->count];
    *line = (struct revoked){0};
    enum provar_result result = parse_line(at, line, err);
    if (result != PROVAR_OK)
        free_line(line);
    else
        list->count++;
    return result;
}

/* Takes off the comment that may begin a file: "# fresh-until: TIME". `seconds` stays where there is none. In any other
 * place or form it is refused, for a list that is thought to go stale and does not is worse than none. */
static enum provar_result read_freshness(struct pv_trust_lines *lines, int64_t *seconds, struct provar_error *err) {
    struct pv_str text = lines->rest;
    const char *end = text.len > 0 ? memchr(text.text, '\n', text.len) : NULL;
    size_t len = end ? (size_t)(end - text.text) + 1 : text.len;
    struct pv_str rest = pv_str_chomp(pv_str(text.text, len));
    struct pv_str mark = pv_trust_word(&rest), word = pv_trust_word(&rest);
    lines->first_only = PV_STR("fresh-until");
    if (!pv_str_equal(mark, PV_STR("#")) || !pv_str_equal(word, PV_STR("fresh-until:")))
        return PROVAR_OK;
    lines->rest = pv_str(text.text + len, text.len - len);
    lines->number = 1;
    if (!parse_time(rest, seconds))
        return pv_trust_lines_fail(lines, err, "a time YYYYMMDD[THHMMSS][Z] belongs behind 'fresh-until:'");
    return PROVAR_OK;
}

static enum provar_result note_freshness(struct pv_revocation *list, const char *name, int64_t until,
                                         struct provar_error *err) {
    if (list->stale_name && list->fresh_until <= until)
        return PROVAR_OK;
    char *copy = pv_str_dup(pv_str_of(name));
    if (copy == NULL)
        return pv_fail_memory(err);
    free(list->stale_name);
    list->stale_name = copy;
    list->fresh_until = until;
    return PROVAR_OK;
}

enum provar_result pv_revocation_add(struct pv_revocation *list, const char *name, struct pv_str text,
                                     struct provar_error *err) {
    struct pv_trust_lines lines = pv_trust_lines(name, text);
    size_t before = list->count;
    int64_t until = -1;
    bool found = true;
    enum provar_result result = read_freshness(&lines, &until, err);
    while (result == PROVAR_OK && found) {
        result = pv_trust_lines_next(&lines, &found, err);
        if (result == PROVAR_OK && found)
            result = add_line(list, &lines, err);
    }
    if (result == PROVAR_OK && until >= 0)
        result = note_freshness(list, name, until, err);
    if (result != PROVAR_OK)
        free_lines(list, before);
    for (size_t i = before; i < list->count; i++)
        list->names_digests |= list->lines[i].kind == DIGEST;
    return result;
}

enum provar_result pv_revocation_load(struct pv_revocation **list, struct pv_str path, struct provar_error *err) {
    PV_AUTO_TRUST_FILE struct pv_trust_file file = {0};
    enum provar_result result = pv_trust_file_read(path, &file, err);
    if (result == PROVAR_OK && *list == NULL)
        result = pv_revocation_new(list, err);
    return result == PROVAR_OK ? pv_revocation_add(*list, file.name, pv_buf_str(&file.text), err) : result;
}

/* ---------------------------------------------------------------- judging */

static size_t count_of(const struct pv_revocation *list) {
    return list ? list->count : 0;
}

static bool names_key(const struct revoked *line, enum kind kind, const struct pv_nkey *key) {
    return line->kind == kind && line->key_kind == key->kind &&
           pv_bytes_equal(line->key, key->bytes, sizeof key->bytes);
}

/* `word` says what the key has to do with the token: "by" or "for". */
static enum provar_result judge_key(const struct revoked *line, const char *word, const struct pv_nkey *key,
                                    int64_t issued_at, struct provar_error *err) {
    if (!names_key(line, KEY, key) || line->up_to < issued_at)
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_REVOKED, PROVAR_NO_OFFSET, "issued at %lld (%s) %s %s, which is revoked",
                   (long long)issued_at, pv_rfc3339(issued_at).text, word, key->text);
}

enum provar_result pv_revocation_judge_token(const struct pv_revocation *list, const struct pv_nkey *issuer,
                                             int64_t issued_at, struct pv_str id, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; i < count_of(list) && result == PROVAR_OK; i++) {
        const struct revoked *line = &list->lines[i];
        if (line->kind == TOKEN && pv_str_equal(pv_str_of(line->id), id))
            return pv_fail(err, PROVAR_E_REVOKED, PROVAR_NO_OFFSET, "the token '%s' is revoked", pv_quote(id).text);
        result = judge_key(line, "by", issuer, issued_at, err);
    }
    return result;
}

enum provar_result pv_revocation_judge_bearer(const struct pv_revocation *list, const struct pv_nkey *bearer,
                                              int64_t issued_at, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; i < count_of(list) && result == PROVAR_OK; i++)
        result = judge_key(&list->lines[i], "for", bearer, issued_at, err);
    return result;
}

enum provar_result pv_revocation_judge(const struct pv_revocation *list, const struct provar_claims *claims,
                                       const struct pv_artifact_id *id, struct provar_error *err) {
    enum provar_result result =
        pv_revocation_judge_token(list, &claims->issuer, claims->issued_at, pv_str_of(claims->id), err);
    for (size_t i = 0; i < count_of(list) && result == PROVAR_OK; i++) {
        const struct revoked *line = &list->lines[i];
        if (names_key(line, REVISIONS, &claims->subject) && (!claims->has_revision || claims->revision <= line->up_to))
            return pv_fail(err, PROVAR_E_REVOKED, PROVAR_NO_OFFSET, "the revisions of %s up to %d are revoked",
                           claims->subject.text, (int)line->up_to);
    }
    return result == PROVAR_OK ? pv_revocation_judge_digest(list, "artifact", id, err) : result;
}

bool pv_revocation_names_digests(const struct pv_revocation *list) {
    return list && list->names_digests;
}

enum provar_result pv_revocation_judge_digest(const struct pv_revocation *list, const char *what,
                                              const struct pv_artifact_id *digest, struct provar_error *err) {
    for (size_t i = 0; i < count_of(list); i++)
        if (list->lines[i].kind == DIGEST && pv_artifact_id_equal(&list->lines[i].digest, digest))
            return pv_fail(err, PROVAR_E_REVOKED, PROVAR_NO_OFFSET, "the %s %s is revoked", what,
                           pv_artifact_id_text(digest).text);
    return PROVAR_OK;
}

bool pv_revocation_fresh_until(const struct pv_revocation *list, int64_t *seconds, const char **name) {
    if (list == NULL || list->stale_name == NULL)
        return false;
    *seconds = list->fresh_until;
    *name = list->stale_name;
    return true;
}
