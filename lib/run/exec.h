/* Runs a sealed memory file as a wasmCloud v1 host would, and waits. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_EXEC_H
#define PV_EXEC_H

/* Checks options before anything is read or started: the struct's size, texts that are missing, an environment entry
 * without a name, host data that is not one JSON object (all PROVAR_E_USAGE) or passes PV_MAX_HOST_DATA
 * (PROVAR_E_LIMIT). Also PROVAR_E_USAGE: this process ignores SIGCHLD, for the system then throws the child's status
 * away. NULL options are fine. */
enum provar_result pv_exec_check_options(const struct provar_run_options *options,
                                         struct provar_error *err) PV_MUST_CHECK;

/* Forks, executes `fd` by execveat, feeds host data, forwards signals, waits. `name` becomes argv[0]. The options were
 * checked. On failure no child is left. See provar_run. */
enum provar_result pv_exec_run(int fd, struct pv_str name, const struct provar_run_options *options, int *status,
                               struct provar_error *err) PV_MUST_CHECK;

#endif
