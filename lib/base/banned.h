/* Makes the compiler refuse functions that have no place in a reader of hostile bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_BANNED_H
#define PV_BANNED_H

/* Some C libraries make macros of these, which cannot be poisoned. */
#undef strcpy
#undef stpcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strcmp
#undef strncmp
#undef strtok

/* write without knowing the room */
#pragma GCC poison strcpy stpcpy strcat strncpy strncat sprintf vsprintf gets
/* compare without lengths, or as a number where a truth is meant: pv_str_equal, pv_bytes_equal */
#pragma GCC poison strcmp strncmp strcasecmp strncasecmp memcmp bcmp
/* accept signs, blanks, bases and the locale: pv_parse_decimal, pv_parse_octal */
#pragma GCC poison atoi atol atoll atof strtol strtoul strtoll strtoull strtod sscanf
/* hidden state, the environment, or the end of the caller's process */
#pragma GCC poison strtok strerror getenv setenv exit abort

#endif
