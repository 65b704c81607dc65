#!/usr/bin/env bats
# Systems that forbid what run and extract are built on: noexec mounts, vm.memfd_noexec, no /proc, seccomp.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash
load hostile.bash

teardown() {
    hostile_teardown
}

# cannot_exec LINE COMMAND...: status 126, this line, and nothing ran
cannot_exec() {
    local line=$1
    shift
    expect 126 "$@"
    stdout_is ''
    stderr_is "provar: $line [exec]"
}

# runs COMMAND...: the provider ran
runs() {
    expect 0 "$@"
    stdout_has "$genuine"
}

@test "run: where the archive, the directory and TMPDIR are mounted noexec" {
    pack_state x.par
    enter_namespaces 64M
    "${inside[@]}" mount -o remount,noexec tmpfs /mnt
    "${inside[@]}" sh -c "cp '$PWD/x.par' '$helpers/state_provider' ."
    expect 126 "${inside[@]}" sh -c ./state_provider
    stderr_has 'Permission denied'
    runs "${inside[@]}" env TMPDIR=/mnt HOME=/mnt provar run x.par -i "$issuer"
    runs "${inside[@]}" env TMPDIR=/mnt HOME=/mnt sh -c "provar run - -i $issuer <x.par"
    runs "${inside[@]}" env TMPDIR=/mnt HOME=/mnt sh -c "cat x.par | provar run - -i $issuer"
}

# with_memfd_noexec VALUE COMMAND...: in a process namespace, whose setting this is
with_memfd_noexec() {
    forbidding=(unshare --user --map-root-user --pid --fork --mount-proc
        sh -c 'echo '"$1"' >/proc/sys/vm/memfd_noexec && "$@"' sh)
    unshare --user --map-root-user --pid --fork --mount-proc true 2>/dev/null || skip 'needs user namespaces'
    [[ -e /proc/sys/vm/memfd_noexec ]] || skip 'needs Linux 6.3, vm.memfd_noexec'
    "${forbidding[@]}" true 2>/dev/null || skip 'needs vm.memfd_noexec of a namespace'
}

# What the setting does to a program that does not say that its memory file is to be executed.
memfd_program='
import os
descriptor = os.memfd_create("x")
with open("/bin/true", "rb") as program:
    os.write(descriptor, program.read())
os.execve(descriptor, ["x"], {})'

@test "run: vm.memfd_noexec=1, which asks for a word that provar gives" {
    pack_state x.par
    with_memfd_noexec 1
    expect 1 "${forbidding[@]}" python3 -c "$memfd_program"
    stderr_has 'PermissionError'
    runs "${forbidding[@]}" provar run x.par -i "$issuer"
}

@test "run: vm.memfd_noexec=2, which forbids it, is named" {
    pack_state x.par
    with_memfd_noexec 2
    cannot_exec 'executable memory files are forbidden, see sysctl vm.memfd_noexec and seccomp: Permission denied' \
        "${forbidding[@]}" provar run x.par -i "$issuer"
    # The other verbs have no need of one.
    expect 0 "${forbidding[@]}" provar extract x.par -i "$issuer" --destination out
    stdout_is "extracted $here to out"
    with_memfd_noexec 0
    runs "${forbidding[@]}" provar run x.par -i "$issuer"
}

@test "run: without /proc, which is named; extract has another way" {
    not_sanitized 'a system without /proc, which they need'
    pack_state x.par
    enter_namespaces 64M
    # Without /proc the loader does not find the library beside the command.
    inside+=(env "LD_LIBRARY_PATH=$PROVAR_BUILD/lib")
    runs "${inside[@]}" provar run "$PWD/x.par" -i "$issuer"
    "${inside[@]}" mount -t tmpfs tmpfs /proc
    cannot_exec 'cannot reopen a memory file by /proc/self/fd, is /proc mounted: No such file or directory' \
        "${inside[@]}" provar run "$PWD/x.par" -i "$issuer"
    expect 0 "${inside[@]}" provar extract "$PWD/x.par" -i "$issuer" --destination out
    stdout_is "extracted $here to out"
    # The umask cannot be asked for there: the strictest is taken for it.
    expect 0 "${inside[@]}" sh -c "ls -A; stat -c %a out; cmp out '$helpers/state_provider'"
    stdout_is $'out\n700'
}

@test "run: system calls that a seccomp profile forbids are named, or done without" {
    pack_state x.par
    local forbid=$helpers/forbid_calls
    runs "$forbid" -- provar run x.par -i "$issuer"
    cannot_exec 'executable memory files are forbidden, see sysctl vm.memfd_noexec and seccomp: Operation not permitted' \
        "$forbid" memfd_create=EPERM -- provar run x.par -i "$issuer"
    cannot_exec 'no memfd_create(2), which Linux 3.17 brought: Function not implemented' \
        "$forbid" memfd_create=ENOSYS -- provar run x.par -i "$issuer"
    cannot_exec 'no execveat(2), seccomp may forbid it: Function not implemented' \
        "$forbid" execveat=ENOSYS -- provar run x.par -i "$issuer"
    cannot_exec 'this system forbids to execute memory files (vm.memfd_noexec, a noexec mount, seccomp): Operation not permitted' \
        "$forbid" execveat=EPERM -- provar run x.par -i "$issuer"
    cannot_exec 'cannot watch a process by pidfd_open(2): Function not implemented' \
        "$forbid" pidfd_open=ENOSYS -- provar run x.par -i "$issuer"
    local error
    for error in ENOSYS EPERM; do
        runs sh -c "exec 7<a.nk; exec '$forbid' close_range=$error -- provar run x.par -i $issuer"
        grep -qx 'descriptors: 0 1 2' "$stdout_file" || refuse 'a descriptor was inherited'
    done
}
