#!/usr/bin/env bats
# --progress: what is drawn on a terminal, what a log gets, and when there is nothing.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

# Every read of a large archive's file takes 40 ms, so that a transfer lasts long enough to be told.
slowly() {
    strace -f -qq -o /dev/null -e trace=pread64 -e inject=pread64:delay_exit=40000 "$@"
}

# on_terminal FILE COMMAND...: what a command writes to a terminal of its own. dash, where $SHELL is
# unset or /bin/sh, keeps no exported function.
on_terminal() {
    local file=$1
    shift
    TERM=xterm SHELL=$BASH script -qec "${*@Q}" /dev/null >"$file" </dev/null
}

# An archive of which a copy reads more than one block.
large() {
    head -c 3M /dev/urandom >>linux-x86
    two "$@"
    provar -q push oci:s:a "$1" >/dev/null
}

erase=$'\r\033[K'

@test "on a terminal: bytes, rate and time, drawn over, and gone at the end" {
    needs script strace
    not_sanitized "how long a read takes"
    large x.par
    export -f slowly
    on_terminal said bash -c 'slowly provar copy oci:s:a oci:t:a'
    grep -qE "^.*MiB of 3\.0 MiB, [0-9]+%, [0-9.]+ [KM]iB/s, [0-9]+ s left" said
    # Each line stands behind an erasure, and the last thing before the answer is one.
    perl -0777 -ne 'exit(!m/\A(\r\e\[K[^\r\e\n]+)+\r\e\[Koci:t:a\@sha256:[0-9a-f]{64}\r\n\z/)' said
    # At most ten times a second: 25 reads of 40 ms last a second.
    [[ $(grep -o 'left' said | wc -l) -ge 3 && $(grep -o 'left' said | wc -l) -le 12 ]]
}

@test "a failure and a warning on a terminal stand on lines of their own" {
    needs script strace
    not_sanitized "how long a read takes"
    large x.par
    export -f slowly
    # Half of it is there when the file may not grow any more.
    on_terminal said bash -c 'ulimit -f 1500; slowly provar pull oci:s:a --insecure-no-trust --destination y.par' || true
    perl -0777 -ne 'exit(!m/ left\r\e\[Kprovar: cannot write.*\[io\]\r\n\z/)' said
    absent y.par
    # A warning comes when the revision is passed over.
    provar -q push oci:s:nine x.par >/dev/null
    relabel s nine rev-9
    on_terminal said bash -c 'slowly provar pull oci:s --revision latest --issuer '"$issuer"' --destination y.par' || true
    perl -0777 -ne 'exit(!m/\r\e\[Kprovar: warning: revision 9 is passed over/)' said
}

@test "not on a terminal, with -q, with -o json, with TERM=dumb, with none: nothing" {
    needs script strace
    not_sanitized "how long a read takes"
    large x.par
    export -f slowly
    expect 0 bash -c 'slowly provar copy oci:s:a oci:t:a'
    stdout_any
    stderr_is ''
    local options
    for options in -q '-o json' '--progress=none'; do
        rm -r t
        on_terminal said bash -c "slowly provar copy oci:s:a oci:t:a $options"
        if grep -qF "$erase" said; then refuse "$options: $(<said)"; fi
    done
    rm -r t
    on_terminal said bash -c 'TERM=dumb slowly provar copy oci:s:a oci:t:a'
    if grep -qF "$erase" said; then refuse "TERM=dumb"; fi
}

@test "--progress=plain: one line at the end of a short transfer, for every verb that moves bytes" {
    head -c 3M /dev/urandom >>linux-x86
    two x.par
    local size=3.0 line
    line='^provar: 3\.0 MiB in [0-9]+ s(, [0-9.]+ [KMG]iB/s)?$'
    expect 0 provar push oci:s:a x.par --progress=plain
    stdout_any
    stderr_like "$line"
    # What is there is not moved.
    expect 0 provar push oci:s:b x.par --progress plain
    stdout_any
    stderr_is ''
    expect 0 provar copy oci:s:a oci:t:a --progress=plain
    stdout_any
    stderr_like "$line"
    expect 0 provar pull oci:s:a --issuer "$issuer" --destination y.par --progress=plain
    stdout_any
    stderr_like "$line"
    expect 0 provar verify oci:s:a --issuer "$issuer" --progress=plain
    stdout_any
    stderr_like "$line"
    expect 0 provar check oci:s:a --progress=plain
    stdout_any
    stderr_like "$line"
    expect 0 provar push oci:u:a x.par --per-target --progress=plain
    stdout_any
    stderr_like "$line"
    local option
    for option in -q '-o json'; do
        # shellcheck disable=SC2086
        expect 0 provar pull oci:s:a --issuer "$issuer" --destination y.par --progress=plain $option
        stdout_any
        stderr_is ''
    done
}

@test "--progress=plain: a line every five seconds" {
    needs strace
    not_sanitized "how long a read takes"
    large x.par
    expect 0 strace -f -qq -o /dev/null -e trace=pread64 -e inject=pread64:delay_exit=500000 provar copy oci:s:a oci:t:a --progress=plain
    stdout_any
    stderr_like '^provar: [0-9.]+ [KM]iB of 3\.0 MiB, [0-9]+%, [0-9.]+ [KM]iB/s, [0-9]+ s left'
    [[ $(wc -l <"$stderr_file") -le 4 ]]
    stderr_like $'\nprovar: 3\\.0 MiB in [0-9]+ s, [0-9.]+ [KM]iB/s$'
}

@test "--progress: another word is a mistake, also where nothing is moved" {
    two x.par
    refused 2 usage "--progress: 'x' is neither auto nor plain nor none" copy oci:s:a oci:t:a --progress x
    refused 2 usage "--progress: '' is neither auto nor plain nor none" check x.par --progress=
}
