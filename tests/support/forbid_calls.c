/* Runs a command for which chosen system calls fail, as under a container's seccomp profile. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_RULES = 8, EXIT_NOT_STARTED = 124 };

struct number {
    const char *name;
    unsigned value;
};

static const struct number calls[] = {
    {"memfd_create", SYS_memfd_create}, {"execveat", SYS_execveat},   {"pidfd_open", SYS_pidfd_open},
    {"close_range", SYS_close_range},   {"renameat2", SYS_renameat2}, {NULL, 0},
};

static const struct number errors[] = {{"ENOSYS", ENOSYS}, {"EPERM", EPERM}, {"EACCES", EACCES}, {NULL, 0}};

static const struct number *find(const struct number *table, const char *name, size_t len) {
    for (; table->name; table++)
        if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
            return table;
    return NULL;
}

/* Two instructions: if the call is this one, fail with this error. */
static int add_rule(const char *text, struct sock_filter *rule) {
    const char *equals = strchr(text, '=');
    const struct number *call = equals ? find(calls, text, (size_t)(equals - text)) : NULL;
    const struct number *error = equals ? find(errors, equals + 1, strlen(equals + 1)) : NULL;
    if (call == NULL || error == NULL)
        return -1;
    rule[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->value, 0, 1);
    rule[1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error->value);
    return 0;
}

static int install(struct sock_filter *filter, size_t len) {
    struct sock_fprog program = {.len = (unsigned short)len, .filter = filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) : -1;
}

/* forbid_calls CALL=ERROR... -- COMMAND [ARG...] */
int main(int argc, char **argv) {
    struct sock_filter filter[2 + 2 * MAX_RULES] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    size_t len = 1;
    int word = 1;
    for (; word < argc && strcmp(argv[word], "--") != 0; word++, len += 2)
        if (word > MAX_RULES || add_rule(argv[word], filter + len) != 0) {
            fprintf(stderr, "forbid_calls: what is '%s'?\n", argv[word]);
            return EXIT_NOT_STARTED;
        }
    filter[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    if (word + 1 < argc && install(filter, len) == 0)
        (void)execvp(argv[word + 1], argv + word + 1);
    perror("forbid_calls");
    return EXIT_NOT_STARTED;
}
