#!/usr/bin/env bats
# Peak memory of every verb is below 32 MiB on two threads, whatever the archive's size.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load measure.bash

# How much may come with a larger archive; docs/ARCHITECTURE.md, "Memory".
growth_kib=2048
command=("$PROVAR_BUILD/cli/provar")

setup_file() {
    export folder=$BATS_FILE_TMPDIR
    [[ ${PROVAR_SANITIZED:-no} == no ]] || return 0
    cd "$folder"
    provar=$PROVAR_BUILD/cli/provar
    "$provar" keys gen account --destination a.nk >issuer
    "$provar" keys gen service --destination v.nk >subject
    # 50 MB that do not compress, and behind them zeros that take no room on disk.
    { cat "$provar" && head -c 50M /dev/urandom; } | head -c 50000000 >medium
    for size in large:512M huge:5G; do
        cp medium "${size%:*}"
        truncate -s "${size#*:}" "${size%:*}"
    done
    # The tables of a compressor fill up with code, and the pieces that it makes with noise.
    { find "$PROVAR_BUILD/tests/unit" -type f -name 'test_*[a-z]' -exec cat {} + | head -c 6M && tail -c 10M medium; } >short
    printf '#!/bin/sh\n' >small
}

setup() {
    lib_setup
    not_sanitized "a measure of memory"
    issuer=$(<"$folder/issuer")
    claims=(--name Large --vendor Test --version 1 --issuer "$folder/a.nk" --subject "$folder/v.nk" --force)
}

# measured NAME VERB ARG...: succeeds below the limit; the peak is kept in the file peak.SIZE.NAME. The threads are said,
# because each one more has pieces of its own, and the goal is set for two.
measured() {
    local name=$1 verb=$2 peak
    shift 2
    peak_of "$size, $name" "${command[@]}" -q "$verb" --threads 2 "$@"
    echo "$peak" >"peak.$size.$name"
}

# same_peak SIZE: what was measured for it grew no further than allowed from what was measured for the medium size
same_peak() {
    local file name peak
    for file in "peak.$1".*; do
        name=${file##*.}
        peak=$(<"peak.medium.$name")
        (($(<"$file") <= peak + growth_kib)) || refuse "$name: $(<"$file") KiB, and $peak KiB for 50 MB"
    done
}

create() {
    measured create create "${claims[@]}" --target x86_64-linux="$folder/$size" --target x86_64-freebsd="$folder/small" "$@"
}

extract() {
    measured extract extract --issuer "$issuer" --target x86_64-linux --destination out "$@"
    cmp out "$folder/$size"
    rm out
}

# every_verb ARCHIVE [ARG...]: ARG... go to create
every_verb() {
    local archive=$1 rewriting=("$1" --issuer "$folder/a.nk")
    shift
    create "$@" --destination "$archive"
    measured inspect inspect "$archive"
    measured check check "$archive"
    measured verify verify "$archive" --issuer "$issuer"
    extract "$archive"
    measured insert insert "${rewriting[@]}" --target aarch64-linux="$folder/small"
    measured remove remove "${rewriting[@]}" --target aarch64-linux
    measured sign sign "${rewriting[@]}" --revision 9
    rm "$archive"
}

@test "plain: create, inspect, check, verify, extract, insert, remove, sign take for 512 MiB what they take for 50 MB" {
    for size in medium large; do
        every_verb plain.par
    done
    same_peak large
}

@test "gzip: create, inspect, check, verify, extract, insert, remove, sign take for 512 MiB what they take for 50 MB" {
    for size in medium large; do
        every_verb indexed.par.gz --compress=1
    done
    same_peak large
}

@test "gzip at the default level, and at 12 the same: create, insert, remove, sign of bodies of 16 MiB" {
    local level rewriting=(short.par.gz --issuer "$folder/a.nk")
    size=short
    for level in 6 12; do
        create --compress="$level" --destination short.par.gz
        measured insert insert "${rewriting[@]}" --compress="$level" --force --target aarch64-linux="$folder/short"
        measured remove remove "${rewriting[@]}" --target aarch64-linux
        measured sign sign "${rewriting[@]}" --revision 9
    done
}

# claims_archive ARCHIVE KEY FILE: an archive whose token has nearly as many claims, and is nearly as long, as a token may
# be; its one target is the file. KEY gets its issuer's seed.
claims_archive() {
    PYTHONPATH=$PROVAR_SOURCE/tests/corpus python3 -B - "$@" <<'END'
import os, pathlib, sys
from reject.payload import more
from writers import archive, nkeys, pieces

made = archive.Archive(archive.TARGET)
made.target.body = pathlib.Path(sys.argv[3]).read_bytes()
made.list(archive.TARGET, made.target.body)
# 12 claims are known, and 3 bytes of a payload are 4 of a token of 1 MiB: one target more still fits.
more(made, ",".join(f'"{number:x}":1000' for number in range(65536 - 13)))
pathlib.Path(sys.argv[1]).write_bytes(pieces.joined(made.file()))
os.umask(0o77)
pathlib.Path(sys.argv[2]).write_text(nkeys.ISSUER.seed_text)
END
}

@test "a token of 65536 claims: sign, insert, remove, check of bodies of 16 MiB" {
    local level rewriting=(--issuer claims.nk --destination new.par.gz)
    claims_archive claims.par claims.nk "$folder/short"
    size=short
    for level in 6 12; do
        measured sign sign claims.par "${rewriting[@]}" --compress="$level"
        measured insert insert new.par.gz "${rewriting[@]}" --compress="$level" --force --target aarch64-linux="$folder/short"
        measured remove remove new.par.gz "${rewriting[@]}" --target aarch64-linux
        measured check check new.par.gz
    done
}

@test "gzip from a pipe: check and extract take for 512 MiB what they take for 50 MB" {
    for size in medium large; do
        create --compress=1 --destination piped.par.gz
        # shellcheck disable=SC2002
        cat piped.par.gz | measured check check -
        # shellcheck disable=SC2002
        cat piped.par.gz | extract -
        rm piped.par.gz
    done
    same_peak large
}

@test "run holds an executable of 50 MB in its memory file alone, and takes no more for an archive of 512 MiB" {
    { cat "$(readlink -f /bin/sh)" "$folder/medium"; } | head -c 50000000 >shell
    for size in medium large; do
        measured create create "${claims[@]}" --compress=1 --destination run.par.gz \
            --target x86_64-freebsd="$folder/$size" --target "$(uname -m)-linux=shell"
        measured run run run.par.gz --issuer "$issuer" -- -c 'exit 0'
        rm run.par.gz
    done
    same_peak large
}

@test "gzip of 5 GiB, limits raised: create and all that read take what they take for 50 MB, in 400000 KiB of address space" {
    local limits=()
    ulimit -Sv 400000
    for size in medium huge; do
        create --compress=1 "${limits[@]}" --destination "$size.par.gz"
        measured check check "$size.par.gz" "${limits[@]}"
        measured verify verify "$size.par.gz" --issuer "$issuer" "${limits[@]}"
        measured inspect inspect "$size.par.gz" "${limits[@]}"
        # Not kept: a file of 5 GiB takes longer to reach the disk than all else here.
        command=(sh -c 'exec "$@" >/dev/null' - "$PROVAR_BUILD/cli/provar")
        measured extract extract "$size.par.gz" --issuer "$issuer" --target x86_64-linux --destination - "${limits[@]}"
        command=("$PROVAR_BUILD/cli/provar")
        # shellcheck disable=SC2002
        cat "$size.par.gz" | measured piped check - "${limits[@]}"
        limits=(--max-member-size 6G --max-total-size 6G)
    done
    same_peak huge
    # As a machine of 64 processors would, by the index, and as a stream.
    for way in '' --ignore-index; do
        # shellcheck disable=SC2086
        expect 0 provar -q check --threads 64 $way huge.par.gz "${limits[@]}"
        stdout_any
    done
}
