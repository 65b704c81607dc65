/* Every ceiling of store/ beside those of base/, with the reason for its value; each has a test at N and N + 1. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_STORE_LIMITS_H
#define PV_STORE_LIMITS_H

/* distribution-spec: many clients allow 255 characters to host, port, slash and repository together. */
#define PV_MAX_REFERENCE_NAME 255
/* distribution-spec, "Pulling manifests". */
#define PV_MAX_TAG 128
/* RFC 1035, section 2.3.4. */
#define PV_MAX_HOST_LABEL 63
/* What Linux takes, less the NUL. */
#define PV_MAX_LAYOUT_DIRECTORY 4095
/* The file 'oci-layout' holds one member of a few characters. */
#define PV_MAX_LAYOUT_VERSION (4 * PV_KIB)

/* For others, each of which has 4 MiB to read, write and sync. */
#define PV_LAYOUT_LOCK_SECONDS 60

/* distribution-spec: registries take manifests of at least that size, and the common ones no larger. */
#define PV_MAX_MANIFEST_SIZE (4 * PV_MIB)
/* An archive is one layer; old tools cut large ones, and images of 127 are the most that container engines run. */
#define PV_MAX_LAYERS 128
/* An index of a release has one for each target; that of a layout has one for each tag. */
#define PV_MAX_INDEX_MANIFESTS 4096
/* Of one descriptor or manifest. Real ones have about ten. */
#define PV_MAX_ANNOTATIONS 256
/* Of an annotation that push makes: names and versions are shorter, and a manifest is no place for more. */
#define PV_MAX_ANNOTATION_TEXT 1024
/* RFC 6838, section 4.2: 127 characters on each side of the slash. */
#define PV_MAX_MEDIA_TYPE_NAME 127
#define PV_MAX_MEDIA_TYPE      (2 * PV_MAX_MEDIA_TYPE_NAME + 1)

#endif
