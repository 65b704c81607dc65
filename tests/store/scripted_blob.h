/* A blob of a registry whose answers are scripted, and whose bytes are those of `content`. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCRIPTED_BLOB_H
#define SCRIPTED_BLOB_H

#include "scripted_registry.h"
#include "store/registry/registry_blob.h"

#define DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define BLOB   REPO "/blobs/" DIGEST
#define CDN    "https://cdn.example/blob?sig=1"

/* Of a step that is asked for these bytes and gives them; and all of one at the registry's own address. */
#define RANGE(first, last)                                                                                             \
    .range = #first "-" #last, .status = 206, .got_range = "bytes " #first "-" #last "/3145728", .from = first,        \
    .to = last + 1
#define PART(first, last) .url = BLOB, RANGE(first, last)

enum { KIB = 1024, MIB = 1024 * KIB, SIZE = 3 * MIB };

static struct pv_registry registry;

static inline struct pv_blob *open_blob(uint64_t size) {
    static struct pv_descriptor descriptor = {.digest = {DIGEST}};
    struct pv_blob *blob = NULL;
    registry = a_registry();
    descriptor.size = size;
    assert_ok(pv_registry_blob_open(&registry, "acme/http", &descriptor, &blob, NULL));
    return blob;
}

static void expect_bytes(struct pv_blob *blob, uint64_t offset, size_t cap, size_t due) {
    PV_AUTO_FREE uint8_t *buf = malloc(cap + 1);
    struct provar_error err = {0};
    size_t len = 0;
    if (blob->ops->read_at(blob, offset, buf, cap, &len, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(len, due);
    assert_memory_equal(buf, content + offset, len);
}

#endif
