/* The files that connections need: certificate authorities joined into one list, and the client's certificate. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_HTTP_FILES_H
#define PV_HTTP_FILES_H

#include "store/http/http.h"

/* Appends the authorities that the settings ask for, in PEM, and nothing where those of the system will do.
 * `system_bundle` is the file of these, and may be NULL or missing. PROVAR_E_IO or PROVAR_E_USAGE for files that cannot
 * be used. */
enum provar_result pv_http_files_read(const struct pv_http_settings *settings, const char *system_bundle,
                                      struct pv_buf *authorities, struct provar_error *err) PV_MUST_CHECK;

#endif
