/* Whether an archive is current: not revoked, and not older than what was accepted before. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CURRENT_H
#define PV_CURRENT_H

#include "trust/policy.h"
#include "verify/verified.h"

/* PROVAR_E_REVOKED for what a revocation file names. Where one names digests, and none is the artifact's id, the
 * archive file is read once more for its own. A file beyond its time is a notice, or with PROVAR_ROLLBACK_STRICT
 * PROVAR_E_UNTRUSTED. */
enum provar_result pv_current_judge_revoked(struct provar_archive *archive, const struct provar_policy *policy,
                                            const struct pv_facts *facts, struct provar_error *err) PV_MUST_CHECK;
/* PROVAR_E_ROLLBACK, by the policy's history. */
enum provar_result pv_current_judge_rollback(struct provar_archive *archive, const struct provar_policy *policy,
                                             const struct pv_facts *facts, struct provar_error *err) PV_MUST_CHECK;

/* Moves the history at verified->record_path forwards; does nothing where that is NULL. */
enum provar_result pv_current_record(const struct provar_verified *verified, struct provar_error *err) PV_MUST_CHECK;

#endif
