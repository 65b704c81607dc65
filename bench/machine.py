# What the figures depend on: processor, kernel, compilers and libraries; nothing that names the machine.
# SPDX-License-Identifier: Apache-2.0

import os
import pathlib
import platform
import re

import inputs
import measure

PACKAGES = ("libc6", "libssl3", "libdeflate0", "libisal2", "zlib1g")


def first(path, pattern):
    match = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    return match[1] if match else "unknown"


def system():
    release = "/etc/os-release"
    name = first(release, r'^PRETTY_NAME="?([^"\n]*)') if os.path.exists(release) else platform.system()
    # Without what a distributor or host adds to the number.
    return f"{name}, Linux {re.match(r'[0-9.]*', platform.release())[0]}"


def libraries():
    """{package: version} of what provar is linked with, as the package manager knows it."""
    listing = inputs.answer("dpkg-query", "-W", "-f=${Package} ${Version}\n", *PACKAGES)
    return dict(line.split(" ") for line in listing.splitlines())


def compiler():
    return inputs.answer(os.environ.get("CC", "cc"), "--version").split("\n")[0]


def busy():
    """Seconds of processor time since the start of all that ran, and of what this program started."""
    user, nice, system, _, _, irq, softirq, steal = map(int, first("/proc/stat", r"^cpu +(.*)").split()[:8])
    used = os.times()
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK"), sum(used[:4])


def besides(before, elapsed):
    """How much of the processors other work took since `before`: the less, the better the figures."""
    (all_then, own_then), (all_now, own_now) = before, busy()
    part = max(0, all_now - all_then - own_now + own_then) / elapsed / os.cpu_count()
    return f"{part:.0%} of the processors"


def describe():
    """(what, which) pairs."""
    memory = int(first("/proc/meminfo", r"^MemTotal: +(\d+)")) / (1 << 20)
    yield "processor", f"{first('/proc/cpuinfo', r'^model name.*: (.*)')}, {measure.available_cores()} cores"
    yield "memory", f"{memory:.0f} GiB"
    yield "system", system()
    yield "compilers", f"{compiler()}; {inputs.answer('rustc', '--version') or 'no rustc'}"
    yield "libraries", ", ".join(f"{name} {version}" for name, version in libraries().items()) or "unknown"
