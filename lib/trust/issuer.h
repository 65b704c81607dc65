/* Whether rules, and the accounts that operators speak for, accept the issuer of an archive. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_ISSUER_H
#define PV_ISSUER_H

#include "trust/allowed_issuers.h"
#include "trust/delegation.h"

/* PROVAR_E_UNTRUSTED, with the reason that comes nearest to acceptance; otherwise the rule that accepts. Rules are
 * judged in their order, those that name the issuer itself first. A key that signs for two accounts under different
 * rules is refused: nothing in the archive says for which of them it was used. */
enum provar_result pv_issuer_judge(const struct pv_allowed_issuers *allowed, const struct pv_delegation *delegation,
                                   const struct pv_rule_question *question, const struct pv_moment *moment,
                                   const struct pv_issuer_rule **rule, struct provar_error *err) PV_MUST_CHECK;

#endif
