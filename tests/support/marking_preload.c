/* A shared object that leaves the name of each program it is loaded into in the file "preloaded". */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((constructor)) static void leave_mark(void) {
    int fd = open("preloaded", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    (void)dprintf(fd, "%s\n", program_invocation_name);
    (void)close(fd);
}

/* What the loader asks of an auditing library, rtld-audit(7). */
__attribute__((visibility("default"))) unsigned la_version(unsigned version);

unsigned la_version(unsigned version) {
    return version;
}
