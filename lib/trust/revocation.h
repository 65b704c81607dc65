/* What issuers have taken back: keys, tokens, artifacts, revisions; and whether an archive is among it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REVOCATION_H
#define PV_REVOCATION_H

#include "claims/claims.h"
#include "trust/artifact_id.h"

/*
 *     # fresh-until: 20270101                 perhaps, as the first line, and in no other comment
 *     A...  20260301T000000Z                  what that key signed at or before the time
 *     O...  *                                 everything that it signed
 *     jti:SjB5fm974SjU9WMgTUchsb              one token
 *     sha256:9f...                            one artifact id, or one archive file
 *     V...  rev<=11                           revisions of a subject; one without a revision counts as the lowest
 *
 * Blanks separate words, and "#" behind a blank begins a comment.
 */
struct pv_revocation;

/* An empty list, and more for it: the text of a file whose escaped name is `name`. Any fault is PROVAR_E_USAGE
 * "NAME:LINE: ..." and leaves the list as it was. */
enum provar_result pv_revocation_new(struct pv_revocation **list, struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_revocation_add(struct pv_revocation *list, const char *name, struct pv_str text,
                                     struct provar_error *err) PV_MUST_CHECK;
/* The same of a file, into a list that is made when it is NULL. */
enum provar_result pv_revocation_load(struct pv_revocation **list, struct pv_str path,
                                      struct provar_error *err) PV_MUST_CHECK;
void pv_revocation_free(struct pv_revocation *list);

/* Of any token, one of a chain, too: its issuer's key and its id (may be empty). PROVAR_E_REVOKED. In all of these the
 * list may be NULL, which revokes nothing. */
enum provar_result pv_revocation_judge_token(const struct pv_revocation *list, const struct pv_nkey *issuer,
                                             int64_t issued_at, struct pv_str id,
                                             struct provar_error *err) PV_MUST_CHECK;
/* Of a token that lets further keys sign for its subject: that key, by when the token was issued. A token from before
 * the revocation may name keys of whoever had stolen it. */
enum provar_result pv_revocation_judge_bearer(const struct pv_revocation *list, const struct pv_nkey *bearer,
                                              int64_t issued_at, struct provar_error *err) PV_MUST_CHECK;
/* Of an archive: the same, its subject's revision, and its artifact id. */
enum provar_result pv_revocation_judge(const struct pv_revocation *list, const struct provar_claims *claims,
                                       const struct pv_artifact_id *id, struct provar_error *err) PV_MUST_CHECK;
/* Whether some line names a digest, so that the archive file's must be asked for, too; and asks for
 * one: `what` is it of, "artifact" or "archive"? */
bool pv_revocation_names_digests(const struct pv_revocation *list);
enum provar_result pv_revocation_judge_digest(const struct pv_revocation *list, const char *what,
                                              const struct pv_artifact_id *digest,
                                              struct provar_error *err) PV_MUST_CHECK;

/* From when on some file of the list is no longer fresh, and that file's name; false when none says. */
bool pv_revocation_fresh_until(const struct pv_revocation *list, int64_t *seconds, const char **name);

#endif
