/* Ceilings of what the command itself reads; the library's are in lib/base/limits.h, and hold besides. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIMITS_H
#define CLI_LIMITS_H

enum {
    /* The largest schema that a token of 1 MiB could hold. */
    CLI_MAX_SCHEMA = 1 << 20,
    /* As the library's own: a larger file need not be read to be refused. */
    CLI_MAX_HOST_DATA = 16 << 20,
    /* As libprovar-store. */
    CLI_MAX_CONFIG = 4 << 20,
    /* Tokens of clouds, which are passwords here, have up to some KiB. */
    CLI_MAX_PASSWORD = 64 << 10,
    /* provar_policy_set_clock_skew takes no more. */
    CLI_MAX_CLOCK_SKEW = 300,
    /* provar_builder_set_compression's levels. */
    CLI_MAX_LEVEL = 12,
    /* As many as the library takes. */
    CLI_MAX_THREADS = 64
};

#endif
