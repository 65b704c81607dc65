/* A provider of the plug-in kind: a shared object that a host loads into itself and calls. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stddef.h>
#include <string.h>

/*
 * The first capability providers were shared objects. What a host and a plug-in say to each other is their own affair;
 * this one has a single function, in plain C, so that a host in any language can look it up by name:
 *
 *     provar_plugin_symbol(plugin, "provar_example_call", 19, &address, &err)
 */

/*
 * Answers a request. `in` are `len` bytes, a name; the answer is "hello, NAME" and goes to `out`, which has room for
 * `cap` bytes. It is not ended by a NUL.
 *
 * Returns the length of the whole answer. When that is more than `cap`, nothing was written, and the host calls again
 * with more room (so `out` may be NULL when `cap` is 0). Returns -1 when the request is empty or too long to answer.
 * Keeps nothing, and may be called from several threads at once.
 */
__attribute__((visibility("default"))) int provar_example_call(const char *in, size_t len, char *out, size_t cap);

int provar_example_call(const char *in, size_t len, char *out, size_t cap) {
    static const char greeting[] = "hello, ";
    const size_t greeting_len = sizeof greeting - 1;

    if (in == NULL || len == 0 || len > INT_MAX - greeting_len)
        return -1;
    if (out == NULL || cap < greeting_len + len)
        return (int)(greeting_len + len);
    memcpy(out, greeting, greeting_len);
    memcpy(out + greeting_len, in, len);
    return (int)(greeting_len + len);
}
