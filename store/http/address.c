/* Hosts that are addresses: which lead to this machine, and which into a network that the public does not reach. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>

#include "internal.h"

#include "store/http/address.h"

enum { V4_LEN = 4, V6_LEN = 16, PREFIX_LEN = 12 };

struct prefix {
    uint8_t bytes[PREFIX_LEN];
    unsigned bits;
};

/* RFC 6890, section 2.2.2. 100.64.0.0/10 is what carriers and clouds use inside. */
static const struct prefix internal_v4[] = {
    {{0}, 8}, {{10}, 8}, {{100, 64}, 10}, {{127}, 8}, {{169, 254}, 16}, {{172, 16}, 12}, {{192, 168}, 16},
};

/* Link-local, site-local (RFC 3879), unique local (RFC 4193), and the local use of NAT64 (RFC 8215). */
static const struct prefix internal_v6[] = {
    {{0xfe, 0x80}, 10},
    {{0xfe, 0xc0}, 10},
    {{0xfc}, 7},
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48},
};

/* Those that have an IPv4 address in them, and where: compatible, mapped and translated ones (RFC 4291, 2.5.5; RFC
 * 2765), NAT64 (RFC 6052), 6to4 (RFC 3056). Unspecified and loopback are compatible ones, of 0.0.0.0/8. */
static const struct {
    struct prefix prefix;
    unsigned at;
} with_v4[] = {
    {{{0}, 96}, 12},
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, 12},
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 96}, 12},
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12},
    {{{0x20, 0x02}, 16}, 2},
};

static bool has_prefix(const uint8_t *address, const struct prefix *prefix) {
    unsigned whole = prefix->bits / 8, rest = prefix->bits % 8;
    if (!pv_bytes_equal(address, prefix->bytes, whole))
        return false;
    return rest == 0 || (address[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0;
}

static bool is_one_of(const uint8_t *address, const struct prefix *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (has_prefix(address, &list[i]))
            return true;
    return false;
}

static bool is_internal_v4(const uint8_t *address) {
    return is_one_of(address, internal_v4, sizeof internal_v4 / sizeof internal_v4[0]);
}

static bool is_internal_v6(const uint8_t *address) {
    for (size_t i = 0; i < sizeof with_v4 / sizeof with_v4[0]; i++)
        if (has_prefix(address, &with_v4[i].prefix) && is_internal_v4(address + with_v4[i].at))
            return true;
    return is_one_of(address, internal_v6, sizeof internal_v6 / sizeof internal_v6[0]);
}

static bool read_address(int family, struct pv_str text, uint8_t *address) {
    char copy[INET6_ADDRSTRLEN] = {0};
    if (text.len >= sizeof copy)
        return false;
    if (text.len > 0)
        memcpy(copy, text.text, text.len);
    return inet_pton(family, copy, address) == 1;
}

static bool read_v4(struct pv_str host, uint8_t address[V4_LEN]) {
    return read_address(AF_INET, host, address);
}

static bool read_v6(struct pv_str host, uint8_t address[V6_LEN]) {
    if (!pv_str_starts(host, PV_STR("[")) || !pv_str_ends(host, PV_STR("]")) || host.len < 2)
        return false;
    return read_address(AF_INET6, pv_str(host.text + 1, host.len - 2), address);
}

bool pv_address_is_loopback(struct pv_str host) {
    static const uint8_t loopback[V6_LEN] = {[V6_LEN - 1] = 1};
    uint8_t v4[V4_LEN], v6[V6_LEN];
    if (read_v4(host, v4))
        return v4[0] == 127;
    if (read_v6(host, v6))
        return pv_bytes_equal(v6, loopback, sizeof v6);
    return pv_str_equal(host, PV_STR("localhost"));
}

/* RFC 6761, section 6.3: resolvers lead all of these to the machine that asks. */
static bool is_below_localhost(struct pv_str name) {
    if (pv_str_ends(name, PV_STR(".")))
        name.len--;
    return pv_str_equal(name, PV_STR("localhost")) || pv_str_ends(name, PV_STR(".localhost"));
}

bool pv_address_is_internal(struct pv_str host) {
    uint8_t v4[V4_LEN], v6[V6_LEN];
    if (read_v4(host, v4))
        return is_internal_v4(v4);
    if (read_v6(host, v6))
        return is_internal_v6(v6);
    return is_below_localhost(host);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_number(struct pv_str label) {
    bool is_hex = pv_str_starts(label, PV_STR("0x"));
    for (size_t i = is_hex ? 2 : 0; i < label.len; i++)
        if (!is_digit(label.text[i]) && !(is_hex && label.text[i] >= 'a' && label.text[i] <= 'f'))
            return false;
    return label.len > 0;
}

bool pv_address_is_plain(struct pv_str host) {
    uint8_t v4[V4_LEN], v6[V6_LEN];
    if (pv_str_starts(host, PV_STR("[")))
        return read_v6(host, v6);
    struct pv_str name = host;
    if (pv_str_ends(name, PV_STR(".")))
        name.len--;
    const char *dot = name.len > 0 ? memrchr(name.text, '.', name.len) : NULL;
    struct pv_str last = dot ? pv_str(dot + 1, name.len - (size_t)(dot + 1 - name.text)) : name;
    return !is_number(last) || read_v4(host, v4);
}

void pv_address_normalize(char *host) {
    char text[INET6_ADDRSTRLEN];
    uint8_t v6[V6_LEN];
    if (read_v6(pv_str_of(host), v6) && inet_ntop(AF_INET6, v6, text, sizeof text))
        (void)snprintf(host, PV_MAX_ADDRESS, "[%s]", text);
}
