/* Targets such as x86_64-linux as the platforms of an image index: {os, architecture, variant} in Go's names. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_PLATFORM_H
#define PV_PLATFORM_H

/* Borrowed texts; empty where there is none. */
struct pv_platform {
    struct pv_str os;
    struct pv_str architecture;
    struct pv_str variant;
};

/* A target's name; its text ends in a NUL. */
struct pv_platform_target {
    char text[PV_MAX_TARGET_NAME + 1];
};

/* PROVAR_E_USAGE for what is no ARCH-OS name of a new archive (provar_target_check), and for a name that is Go's where
 * Rust has another (amd64-linux): two targets never get one platform. The texts are borrowed from `target`, or live for
 * ever. The variant is empty: what a target's name does not say, its platform does not either. */
enum provar_result pv_platform_from_target(struct pv_str target, struct pv_platform *platform,
                                           struct provar_error *err) PV_MUST_CHECK;

/* False for a platform that no target has: one that demands more of the processor than the target's name says
 * (amd64 of variant v3), an unknown variant, Rust's name where Go has another, a text that is no part of a target. */
bool pv_platform_to_target(const struct pv_platform *platform, struct pv_platform_target *target);

#endif
