/* Unit tests of store/address: which hosts are this machine's, and which are inside a network. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/http/address.h"

static void knows_loopback(void **state) {
    static const char *const yes[] = {"localhost", "127.0.0.1", "127.255.255.255", "[::1]", "[0:0:0:0:0:0:0:1]"};
    static const char *const no[] = {"",
                                     "localhost.",
                                     "a.localhost",
                                     "128.0.0.1",
                                     "126.255.255.255",
                                     "127.1",
                                     "[::2]",
                                     "::1",
                                     "[::1",
                                     "[]",
                                     "127.0.0.1.",
                                     "[::ffff:127.0.0.1]",
                                     "[fe80::1]",
                                     "0.0.0.0",
                                     "localhost.example"};
    (void)state;
    for (size_t i = 0; i < array_length(yes); i++)
        assert_true(pv_address_is_loopback(pv_str_of(yes[i])));
    for (size_t i = 0; i < array_length(no); i++)
        if (pv_address_is_loopback(pv_str_of(no[i])))
            fail_msg("'%s' is no loopback", no[i]);
}

/* NET-3. Each range at its first and last address, and the addresses beside it. */
static void knows_what_is_inside_a_network(void **state) {
    static const char *const inside[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.168.0.0",
        "192.168.255.255",
        "[::]",
        "[::1]",
        "[fe80::]",
        "[febf:ffff::1]",
        "[fec0::1]",
        "[feff::1]",
        "[fc00::1]",
        "[fdff:ffff::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::10.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::169.254.169.254]",
        "[64:ff9b:1::1]",
        "[64:ff9b:1:ffff::1]",
        "[2002:7f00:1::]",
        "[2002:c0a8:101::1]",
        "localhost",
        "localhost.",
        "metadata.localhost",
    };
    static const char *const outside[] = {
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "8.8.8.8",
        "[2001:db8::1]",
        "[fe7f::1]",
        "[ff00::1]",
        "[fbff::1]",
        "[::ffff:8.8.8.8]",
        "[64:ff9b::8.8.8.8]",
        "[64:ff9b:2::1]",
        "[2002:808:808::1]",
        "[2003:7f00:1::]",
        "ghcr.io",
        "localhost.example",
        "mylocalhost",
        "10.0.0.1.example",
        "",
        ".",
    };
    (void)state;
    for (size_t i = 0; i < array_length(inside); i++)
        if (!pv_address_is_internal(pv_str_of(inside[i])))
            fail_msg("'%s' is inside", inside[i]);
    for (size_t i = 0; i < array_length(outside); i++)
        if (pv_address_is_internal(pv_str_of(outside[i])))
            fail_msg("'%s' is outside", outside[i]);
}

static void knows_addresses_in_disguise(void **state) {
    static const char *const plain[] = {
        "127.0.0.1", "[::1]", "[::ffff:1.2.3.4]",     "ghcr.io", "ghcr.io.", "a", "1.2.3.x",
        "1a",        "a.0xg", "xn--bcher-kva.example"};
    static const char *const disguised[] = {
        "127.0.0.1.", "127.1",      "1",    "0x7f.1",    "0x7f000001",       "1.2.3.4.5", "256.0.0.1", "a.1",
        "a.0x",       "127.0.0.01", "[::1", "[1.2.3.4]", "[fe80::1%25eth0]", "[]",        "1.2.3.4.",  "a.0x1f."};
    (void)state;
    for (size_t i = 0; i < array_length(plain); i++)
        if (!pv_address_is_plain(pv_str_of(plain[i])))
            fail_msg("'%s' is plain", plain[i]);
    for (size_t i = 0; i < array_length(disguised); i++)
        if (pv_address_is_plain(pv_str_of(disguised[i])))
            fail_msg("'%s' is not plain", disguised[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_loopback),
        cmocka_unit_test(knows_what_is_inside_a_network),
        cmocka_unit_test(knows_addresses_in_disguise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
