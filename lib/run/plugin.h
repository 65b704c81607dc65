/* Loads a sealed memory file as a shared object. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_PLUGIN_H
#define PV_PLUGIN_H

/* Loads by /proc/self/fd/N; the descriptor may be closed afterwards. PROVAR_E_EXEC with the loader's own words. */
enum provar_result pv_plugin_load(int fd, struct provar_plugin **plugin, struct provar_error *err) PV_MUST_CHECK;

#endif
