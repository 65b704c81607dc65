/* Asks one archive every question in every way, and holds the answers against each other and against a plain reader. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WHOLE_ARCHIVE_H
#define WHOLE_ARCHIVE_H

/* Whether provar_check accepts it. */
bool fuzz_check_archive(const uint8_t *data, size_t len);

#endif
