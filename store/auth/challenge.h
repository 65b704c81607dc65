/* What a server asks for with a 401: the challenges of its WWW-Authenticate headers (RFC 9110, section 11.6.1). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CHALLENGE_H
#define PV_CHALLENGE_H

#include "internal.h"

#include "store/image/limits.h"

/*
 *     headers     *( header LF )
 *     header      [ challenge ] *( OWS "," OWS [ challenge ] )
 *     challenge   scheme [ 1*( SP / HTAB ) ( token68 / param *( OWS "," OWS [ param ] ) ) ]
 *     param       token OWS "=" OWS ( token / quoted-string )
 *
 * A parameter belongs to the last scheme before it, and cannot follow a token68. No challenge has one twice.
 */
enum pv_challenge_scheme { PV_CHALLENGE_NONE = 0, PV_CHALLENGE_BASIC = 1, PV_CHALLENGE_BEARER = 2 };

/* Unescaped; NULL where the challenge says nothing. Only of visible characters, blanks and bytes above 127. */
struct pv_challenge {
    enum pv_challenge_scheme scheme;
    char *realm, *service, *scope, *error;
};

/* The first challenge of the kind Bearer, else the first Basic; others are read and left out, so PV_CHALLENGE_NONE is a
 * success, too. Every header must be well formed, within store/image/limits.h: else PROVAR_E_AUTH. */
enum provar_result pv_challenge_parse(struct pv_str headers, struct pv_challenge *challenge,
                                      struct provar_error *err) PV_MUST_CHECK;
void pv_challenge_release(struct pv_challenge *challenge);
#define PV_AUTO_CHALLENGE PV_CLEANUP(pv_challenge_release)

/* One or more letters, digits and -._~+/ with any number of = behind them (RFC 9110, section 11.2): what may stand in a
 * header behind "Bearer ". */
bool pv_is_token68(struct pv_str text);

#endif
