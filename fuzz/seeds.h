/* Seeds of the fuzz targets: inputs that reach success, and near misses, built by code that names what it sets. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SEEDS_H
#define FUZZ_SEEDS_H

#include <stddef.h>

/* Writes FOLDER/<decoder>/<name>. replay.c holds a name that begins with "good_" or "bad_" to its word. */
void seed(const char *decoder, const char *name, const void *data, size_t len);

/* One file for each area of tests/support. */
void seeds_gzip(void);
void seeds_index(void);
void seeds_tar(void);
void seeds_token(void);
void seeds_key(void);
void seeds_exe(void);
void seeds_archive(void);
void seeds_authority(void);
void seeds_current(void);
void seeds_trust(void);
void seeds_store(void);

#endif
