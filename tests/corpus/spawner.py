# Starts commands from a small process, because Linux counts what a child was before its exec to the child's peak.
# SPDX-License-Identifier: Apache-2.0

import json
import os
import select
import signal
import sys
import time


def wait(pid, seconds):
    """False when the time is up."""
    poll = select.poll()
    fd = os.pidfd_open(pid)
    poll.register(fd, select.POLLIN)
    ended = bool(poll.poll(seconds * 1000))
    os.close(fd)
    return ended


def run(order):
    os.chdir(order["cwd"])
    files = [(os.POSIX_SPAWN_OPEN, 0, order["stdin"], os.O_RDONLY, 0)]
    for fd, path in ((1, order["stdout"]), (2, order["stderr"])):
        files.append((os.POSIX_SPAWN_OPEN, fd, path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    start = time.monotonic()
    pid = os.posix_spawn(order["argv"][0], order["argv"], order["env"], file_actions=files)
    late = not wait(pid, order["seconds"])
    if late:
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return {"status": status, "late": late, "peak": usage.ru_maxrss, "seconds": time.monotonic() - start}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
