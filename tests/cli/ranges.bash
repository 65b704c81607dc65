# What the tests of ranges share: archives of five and of three targets, and how much the scripted registry has sent of it.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

load registries.bash

# five ARCHIVE ARG...: five targets of 2 MiB, which compress to about a half, of $version
five() {
    local target targets=()
    for target in x86_64-linux aarch64-linux riscv64-linux x86_64-freebsd aarch64-freebsd; do
        [[ -e $target ]] || { head -c 1500000 /dev/urandom && head -c 600000 /dev/zero; } >"$target"
        targets+=(--target "$target=$target")
    done
    pack "$1" --version "${version:-1.2.3}" --revision 7 "${targets[@]}" "${@:2}" --force
}

# three ARCHIVE ARG...: an executable for this machine, and two targets of 4 MiB that do not compress
three() {
    local name
    for name in first second; do
        [[ -e $name ]] || head -c 4M /dev/urandom >"$name"
    done
    pack "$1" --version 1.2.3 --revision 7 --target "$here=$shell" --target s390x-linux=first --target riscv64-linux=second "${@:2}" --force
}

# moved: the bytes of bodies that the scripted registry has sent
moved() {
    jq -s 'map(.sent) | add' fake/log
}

# at_most WHAT FOUND LIMIT
at_most() {
    [[ $2 -le $3 ]] || refuse "$1: $2, more than $3; $(jq -c '[.method, .target, .range, .status, .sent]' fake/log)"
}

# gets TARGET: pull --target brings the target's bytes
gets() {
    rm -f out
    expect 0 provar pull "$at:1" --target "$1" --issuer "$issuer" --destination out
    stdout_any
    cmp out "$1"
}
