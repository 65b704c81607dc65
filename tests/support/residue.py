#!/usr/bin/env python3
# Runs a command and looks, at its end, for a pattern in all memory that it could write to.
# SPDX-License-Identifier: Apache-2.0
#
# residue.py PATTERN COMMAND [ARG...]     90 when the regular expression matches somewhere; else ends as the command ends
import ctypes
import os
import re
import signal
import sys

# sys/ptrace.h
TRACEME, CONT, SETOPTIONS = 0, 7, 0x4200
O_TRACEEXIT, O_EXITKILL, EVENT_EXIT = 0x40, 0x100000, 6

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, data):
    if libc.ptrace(request, pid, None, data) < 0:
        sys.exit(f"residue.py: ptrace: {os.strerror(ctypes.get_errno())}")


def search(pattern, maps, mem):
    """Where the pattern is; the files were opened while the process let itself be looked at."""
    for line in os.fdopen(maps):
        area, mode, rest = line.split(maxsplit=2)
        start, end = (int(number, 16) for number in area.split("-"))
        if "w" in mode:
            match = re.search(pattern, os.pread(mem, end - start, start), re.DOTALL)
            if match:
                return f"{match[0]!r} in {rest.split()[-1]}, offset {match.start():#x}"
    return None


pattern = sys.argv[1].encode()
pid = os.fork()
if pid == 0:
    ptrace(TRACEME, 0, None)
    os.execvp(sys.argv[2], sys.argv[2:])
_, status = os.waitpid(pid, 0)
if not os.WIFSTOPPED(status):
    sys.exit("residue.py: the command did not start")
ptrace(SETOPTIONS, pid, O_TRACEEXIT | O_EXITKILL)
maps = os.open(f"/proc/{pid}/maps", os.O_RDONLY)
mem = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
found, searched = None, False
passed_on = 0
while True:
    ptrace(CONT, pid, passed_on)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        break
    passed_on = os.WSTOPSIG(status)
    if status >> 8 == signal.SIGTRAP | EVENT_EXIT << 8:
        found, searched, passed_on = search(pattern, maps, mem), True, 0
if not searched:
    sys.exit("residue.py: the end was not seen")
if found:
    print(f"left in memory: {found}", file=sys.stderr)
    sys.exit(90)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
