#!/usr/bin/env bats
# Peak memory of every verb does not depend on the archive's size.
# SPDX-License-Identifier: Apache-2.0

load lib.bash

# Resident, of the whole process; docs/ARCHITECTURE.md, "Memory".
limit_kib=40960

setup_file() {
    export folder=$BATS_FILE_TMPDIR
    [[ ${PROVAR_SANITIZED:-no} == no ]] || return 0
    cd "$folder"
    provar=$PROVAR_BUILD/cli/provar
    "$provar" keys gen account --destination a.nk >issuer
    "$provar" keys gen service --destination v.nk >subject
    # 64 MiB that do not compress, and zeros that take no room on disk.
    { cat "$provar"; head -c 64M /dev/urandom; } >large
    truncate -s 1G large
    printf '#!/bin/sh\n' >small
}

# within_limit STATUS ARG...: provar ends with this status and stays below the limit
within_limit() {
    local status=$1 peak
    shift
    expect "$status" python3 "$PROVAR_SOURCE/tests/support/peak.py" peak "$PROVAR_BUILD/cli/provar" -q "$@"
    stdout_any
    stderr_any
    peak=$(<peak)
    echo "# $1: $peak KiB" >&3
    ((peak < limit_kib)) || refuse "peak of $peak KiB"
}

setup() {
    lib_setup
    not_sanitized "a measure of memory"
    issuer=$(<"$folder/issuer")
}

create() {
    within_limit 0 create --name Large --vendor Test --version 1 --issuer "$folder/a.nk" --subject "$folder/v.nk" \
        --target x86_64-linux="$folder/large" --target x86_64-freebsd="$folder/small" "$@"
}

@test "a plain archive of 1 GiB: create, inspect, check, verify, extract, insert" {
    create --force --destination plain.par
    within_limit 0 inspect plain.par
    within_limit 0 check plain.par
    within_limit 0 verify plain.par --issuer "$issuer"
    within_limit 0 extract plain.par --issuer "$issuer" --target x86_64-linux --destination out
    cmp out "$folder/large"
    rm out
    within_limit 0 insert plain.par --issuer "$folder/a.nk" --target aarch64-linux="$folder/small"
    within_limit 0 check plain.par
}

@test "a gzip archive of 1 GiB: create, inspect, check, verify, extract, insert" {
    create --force --compress=1 --destination large.par.gz
    within_limit 0 inspect large.par.gz
    within_limit 0 check large.par.gz
    within_limit 0 verify large.par.gz --issuer "$issuer"
    within_limit 0 extract large.par.gz --issuer "$issuer" --target x86_64-linux --destination out
    cmp out "$folder/large"
    rm out
    within_limit 0 insert large.par.gz --issuer "$folder/a.nk" --target aarch64-linux="$folder/small"
    within_limit 0 check large.par.gz
}

@test "an archive of 1 GiB from a pipe: check and extract" {
    create --force --compress=1 --destination large.par.gz
    within_limit 0 check - <large.par.gz
    # shellcheck disable=SC2002
    cat large.par.gz | within_limit 0 extract - --issuer "$issuer" --target x86_64-linux --destination out
    cmp out "$folder/large"
}

@test "an archive of 3 GiB passes check within 400000 KiB of address space" {
    truncate -s 1536M half
    expect 0 provar -q create --name Huge --vendor Test --version 1 --issuer "$folder/a.nk" --subject "$folder/v.nk" \
        --target x86_64-linux=half --target aarch64-linux=half --compress=1 --destination huge.par.gz
    stdout_any
    expect 0 sh -c 'ulimit -v 400000 && exec provar check huge.par.gz'
    stdout_has 'is intact'
    # As a machine of 64 processors would, by the index, and as a stream.
    expect 0 sh -c 'ulimit -v 400000 && exec provar check --threads 64 huge.par.gz'
    stdout_has 'is intact'
    expect 0 sh -c 'ulimit -v 400000 && exec provar check --threads 64 --ignore-index huge.par.gz'
    stdout_has 'is intact'
    expect 0 sh -c 'ulimit -v 400000 && gzip -dc huge.par.gz | provar check -'
    stdout_has 'is intact'
}
