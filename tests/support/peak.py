#!/usr/bin/env python3
# Runs a command and writes its peak resident memory, in KiB, to a file.
# SPDX-License-Identifier: Apache-2.0
#
# peak.py FILE COMMAND [ARG...]     ends as the command ends
import os
import sys

# Linux counts what the child was before its exec, too: the figure is never below this interpreter's own size.
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w", encoding="ascii") as report:
    report.write(f"{usage.ru_maxrss}\n")
sys.exit(os.waitstatus_to_exitcode(status) & 255)
