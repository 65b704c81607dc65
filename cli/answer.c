/* What the documents of several verbs say alike. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

void answer_identity(struct cli *cli, const struct provar_claims *claims) {
    size_t len;
    int32_t revision;
    const char *text = provar_claims_name(claims, &len);
    json_text(&cli->doc, "name", text, len);
    text = provar_claims_version(claims, &len);
    json_text(&cli->doc, "version", text, len);
    if (provar_claims_revision(claims, &revision))
        json_integer(&cli->doc, "revision", revision);
    else
        json_string(&cli->doc, "revision", NULL);
    json_string(&cli->doc, "issuer", provar_claims_issuer(claims, NULL));
    json_string(&cli->doc, "service", provar_claims_subject(claims, NULL));
}
