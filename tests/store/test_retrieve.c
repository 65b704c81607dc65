/* Tests of store/retrieve: what was proven and is read again, while somebody writes to it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/retrieve.h"

/* A layer of which every check finds that it was written to, so many times. */
struct layer {
    struct pv_blob head;
    char byte;
    unsigned written, reads;
    enum provar_result then; /* what its bytes come to */
};

static enum provar_result read_layer(struct pv_blob *blob, uint64_t offset, void *buf, size_t cap, size_t *len,
                                     struct provar_error *err) {
    struct layer *layer = (struct layer *)blob;
    (void)err;
    assert_true(offset < blob->size);
    *len = cap < blob->size - offset ? cap : (size_t)(blob->size - offset);
    memset(buf, layer->byte, *len);
    layer->reads++;
    return PROVAR_OK;
}

static enum provar_result check_layer(struct pv_blob *blob, bool *again, struct provar_error *err) {
    struct layer *layer = (struct layer *)blob;
    if (layer->written == 0)
        return PROVAR_OK;
    layer->written--;
    *again = true;
    return layer->then == PROVAR_OK ? PROVAR_OK : pv_fail(err, layer->then, PROVAR_NO_OFFSET, "other bytes");
}

static const struct pv_blob_ops ops = {.read_at = read_layer, .check_unwritten = check_layer};
static const struct pv_blob_ops nobodys = {.read_at = read_layer};

static struct layer layer_of(const struct pv_blob_ops *how, char byte) {
    return (struct layer){.head = {.ops = how, .size = 10}, .byte = byte};
}

/* Reads the first of two layers. */
static enum provar_result read_first(struct layer *first, struct layer *second, struct provar_error *err) {
    struct pv_blob *layers[] = {&first->head, &second->head};
    struct pv_image image = {.layers = layers, .count = 2, .size = 20};
    char byte = 0;
    size_t len = 0;
    enum provar_result result = pv_image_read_proven(&image, 7, &byte, 1, &len, err);
    if (result == PROVAR_OK) {
        assert_int_equal(len, 1);
        assert_int_equal(byte, first->byte);
    }
    return result;
}

static void what_was_written_to_is_read_again(void **state) {
    (void)state;
    for (unsigned which = 0; which < 2; which++) {
        for (unsigned written = 0; written <= PV_MAX_PROOFS; written++) {
            struct layer first = layer_of(&ops, 'a'), second = layer_of(&ops, 'b');
            struct provar_error err = {0};
            (which == 0 ? &first : &second)->written = written;
            if (written < PV_MAX_PROOFS)
                assert_ok(read_first(&first, &second, NULL));
            else
                assert_fails(read_first(&first, &second, &err), PROVAR_E_IO, err, 7);
            assert_int_equal(first.reads, written < PV_MAX_PROOFS ? written + 1 : PV_MAX_PROOFS);
            assert_int_equal(second.reads, 0);
        }
    }
}

static void other_bytes_are_refused_in_any_layer(void **state) {
    (void)state;
    for (unsigned which = 0; which < 2; which++) {
        struct layer first = layer_of(&ops, 'a'), second = layer_of(&ops, 'b');
        struct layer *other = which == 0 ? &first : &second;
        struct provar_error err = {0};
        other->written = 1;
        other->then = PROVAR_E_REGISTRY;
        assert_fails(read_first(&first, &second, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
        assert_int_equal(first.reads, 1);
    }
}

static void what_nobody_writes_to_is_read_once(void **state) {
    (void)state;
    struct layer first = layer_of(&nobodys, 'a'), second = layer_of(&nobodys, 'b');
    assert_ok(read_first(&first, &second, NULL));
    assert_int_equal(first.reads, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_to_is_read_again),
        cmocka_unit_test(other_bytes_are_refused_in_any_layer),
        cmocka_unit_test(what_nobody_writes_to_is_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
