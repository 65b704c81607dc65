/* Tests of base/secret: bytes are wiped, and kept out of core dumps. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "base/secret.h"

static void wipe_clears_exactly_the_bytes(void **state) {
    (void)state;
    uint8_t bytes[16];
    memset(bytes, 0xa5, sizeof bytes);
    pv_secret_wipe(bytes + 4, 8);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], i >= 4 && i < 12 ? 0 : 0xa5);
    pv_secret_wipe(bytes, 0);
    assert_int_equal(bytes[0], 0xa5);
}

/* The VmFlags of the mapping that holds an address, from /proc/self/smaps. */
static bool mapping_has_flag(const void *address, const char *flag) {
    FILE *maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    char line[512], start[32];
    (void)snprintf(start, sizeof start, "%lx-", (unsigned long)(uintptr_t)address);
    bool inside = false, found = false;
    while (fgets(line, sizeof line, maps)) {
        struct pv_str text = pv_str_of(line);
        if (pv_str_starts(text, pv_str_of(start)))
            inside = true;
        if (inside && pv_str_starts(text, PV_STR("VmFlags:"))) {
            found = strstr(line, flag) != NULL;
            break;
        }
    }
    assert_int_equal(fclose(maps), 0);
    assert_true(inside);
    return found;
}

static void allocated_pages_stay_out_of_core_dumps(void **state) {
    (void)state;
    uint8_t *secret = pv_secret_alloc(32);
    assert_non_null(secret);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(secret[i], 0);
    memset(secret, 1, 32);
    assert_true(mapping_has_flag(secret, " dd"));
    pv_secret_free(secret, 32);
}

static void nothing_is_allocated_or_freed_for_nothing(void **state) {
    (void)state;
    assert_null(pv_secret_alloc(0));
    assert_null(pv_secret_alloc(SIZE_MAX));
    pv_secret_free(NULL, 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipe_clears_exactly_the_bytes),
        cmocka_unit_test(allocated_pages_stay_out_of_core_dumps),
        cmocka_unit_test(nothing_is_allocated_or_freed_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
