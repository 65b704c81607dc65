#!/usr/bin/env bats
# Other programs' tar and gzip read what provar writes, and what they write, provar reads.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154

load lib

setup() {
    need python3 jq tar gzip
    setup_keys
    cd "$BATS_TEST_TMPDIR" || return
    # More than one piece of the parallel compressor, a whole number of tar blocks, and a single byte.
    body linux 3200001 linux
    body macos 1024 macos
    body windows 1 windows
    targets=(x86_64-linux=linux aarch64-macos=macos x86_64-windows=windows)
    names='claims.jwt
aarch64-macos.bin
x86_64-linux.bin
x86_64-windows.bin'
    mapfile -t members <<<"$names"
    creates plain.par
    creates gzip.par.gz --compress
}

creates() {
    local out=$1 pairs=() pair
    shift
    for pair in "${targets[@]}"; do pairs+=(--target "$pair"); done
    expect 0 provar create --name Interop --vendor wasmCloud --revision 7 --version 1.2.3 --issuer "$issuer_file" \
        --subject "$subject_file" "${pairs[@]}" --destination "$out" "$@"
}

# unpacked DIRECTORY ARCHIVE: exactly the members, with the bytes that went in and the modes that provar gives.
unpacked() {
    local pair file
    equal "names in $1" "$(sort <<<"$names")" "$(find "$1" -mindepth 1 -printf '%P\n' | sort)"
    for pair in "${targets[@]}"; do
        file=$1/${pair%%=*}.bin
        cmp "$file" "${pair#*=}"
        equal "mode of $file" 755 "$(stat -c %a "$file")"
    done
    equal "mode of $1/claims.jwt" 644 "$(stat -c %a "$1/claims.jwt")"
    peek member "$2" claims.jwt >token
    cmp "$1/claims.jwt" token
}

# The archive's members as ordinary files, for other programs to pack again.
loose() {
    mkdir loose
    tar -C loose -xf plain.par
}

# python_tar FORMAT OUT
python_tar() {
    python3 - "$1" "$2" "${members[@]}" <<'PYTHON'
import os, sys, tarfile
form = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}[sys.argv[1]]
with tarfile.open(sys.argv[2], "w", format=form) as out:
    for name in sys.argv[3:]:
        out.add(os.path.join("loose", name), arcname=name)
PYTHON
}

@test "GNU tar lists and unpacks" {
    local file dir
    for file in plain.par gzip.par.gz; do
        expect 0 tar -tf "$file"
        equal "names in $file" "$names" "$output"
        equal "complaints about $file" '' "$stderr"
        dir=${file%%.*}.d
        mkdir "$dir"
        tar -C "$dir" -xpf "$file"
        unpacked "$dir" "$file"
    done
}

@test "bsdtar lists and unpacks" {
    local file dir
    need bsdtar
    for file in plain.par gzip.par.gz; do
        expect 0 bsdtar -tf "$file"
        equal "names in $file" "$names" "$output"
        equal "complaints about $file" '' "$stderr"
        dir=${file%%.*}.d
        mkdir "$dir"
        bsdtar -C "$dir" -xpf "$file"
        unpacked "$dir" "$file"
    done
}

@test "Python tarfile lists and unpacks" {
    local file dir
    for file in plain.par gzip.par.gz; do
        equal "names in $file" "$names" "$(peek members "$file")"
        dir=${file%%.*}.d
        mkdir "$dir"
        python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$file" "$dir"
        unpacked "$dir" "$file"
    done
}

@test "gzip, pigz and igzip unpack the same bytes" {
    local program
    need pigz igzip
    for program in gzip pigz igzip; do
        "$program" -t gzip.par.gz
        "$program" -dc <gzip.par.gz >"$program.tar"
        cmp "$program.tar" gzip.tar
    done
    mkdir gzip.d
    tar -C gzip.d -xpf gzip.tar
    unpacked gzip.d gzip.par.gz
}

@test "a compressed archive holds exactly the plain one" {
    export SOURCE_DATE_EPOCH=1700000000
    creates same.par --jti 0123456789abcdefABCDEF
    creates same.par.gz --jti 0123456789abcdefABCDEF --compress
    gzip -dc same.par.gz | cmp - same.par
}

@test "archives packed by GNU tar are read" {
    local format
    loose
    for format in gnu oldgnu pax posix ustar v7; do
        tar -C loose --format="$format" -cf "$format.par" "${members[@]}"
        accepts "$format.par" "${targets[@]}"
        tar -C loose --format="$format" -czf "$format.par.gz" "${members[@]}"
        accepts "$format.par.gz" "${targets[@]}"
    done
}

@test "archives packed by bsdtar are read" {
    local format
    need bsdtar
    loose
    for format in gnutar pax paxr ustar v7; do
        bsdtar -C loose --format "$format" -cf "$format.par" "${members[@]}"
        accepts "$format.par" "${targets[@]}"
    done
}

@test "archives packed by Python tarfile are read" {
    local format
    loose
    for format in ustar gnu pax; do
        python_tar "$format" "$format.par"
        accepts "$format.par" "${targets[@]}"
    done
}

@test "a pax global comment, odd owners and times, and any order of members are read" {
    loose
    tar -C loose --format=pax --pax-option='comment=packed by hand' -cf global.par "${members[@]}"
    # The control: the header is there.
    equal 'the first type' g "$(dd if=global.par bs=1 skip=156 count=1 status=none)"
    accepts global.par "${targets[@]}"
    tar -C loose --owner=nobody:65534 --group=nobody:65534 --mode=0 --mtime=@-1 -cf owner.par "${members[@]}"
    accepts owner.par "${targets[@]}"
    tar -C loose -cf order.par x86_64-windows.bin x86_64-linux.bin claims.jwt aarch64-macos.bin
    accepts order.par "${targets[@]}"
}

@test "a leading ./ is read, as a directory and in every name" {
    local format
    loose
    for format in gnu pax ustar v7; do
        tar -C loose --format="$format" -cf "dot-$format.par" .
        equal "the first name of dot-$format.par" ./ "$(tar -tf "dot-$format.par" | head -n 1)"
        accepts "dot-$format.par" "${targets[@]}"
        tar -C loose --format="$format" -cf "slash-$format.par" "${members[@]/#/./}"
        equal "the first name of slash-$format.par" ./claims.jwt "$(tar -tf "slash-$format.par" | head -n 1)"
        accepts "slash-$format.par" "${targets[@]}"
    done
}

@test "archives compressed by gzip, pigz and igzip are read" {
    local level
    need pigz igzip
    for level in 1 6 9; do
        gzip "-$level" <plain.par >"gzip-$level.par.gz"
        pigz "-$level" <plain.par >"pigz-$level.par.gz"
        pigz "-$level" -p 2 -b 128 -i <plain.par >"pigz-independent-$level.par.gz"
        accepts "gzip-$level.par.gz" "${targets[@]}"
        accepts "pigz-$level.par.gz" "${targets[@]}"
        accepts "pigz-independent-$level.par.gz" "${targets[@]}"
    done
    for level in 0 1 2 3; do
        igzip "-$level" -c plain.par >"igzip-$level.par.gz"
        accepts "igzip-$level.par.gz" "${targets[@]}"
    done
}

@test "the contents decide what an archive is, not its name" {
    gzip -k plain.par
    accepts plain.par.gz "${targets[@]}"
    mv plain.par.gz compressed.par
    accepts compressed.par "${targets[@]}"
    cp plain.par really-plain.par.gz
    accepts really-plain.par.gz "${targets[@]}"
}

@test "an archive packed again keeps its claims through insert" {
    loose
    body new 40000 new
    tar -C loose --format=pax -czf again.par.gz .
    expect 0 provar insert again.par.gz --target riscv64-linux=new --issuer "$issuer_file"
    equal_json 'the claims' "$(peek payload plain.par | jq "$lasting")" "$(peek payload again.par.gz | jq "$lasting")"
    accepts again.par.gz "${targets[@]}" riscv64-linux=new
}

@test "archives are read from a pipe" {
    local file pair
    for file in plain.par gzip.par.gz; do
        expect 0 provar check - <"$file"
        cat "$file" | provar check -
        cat "$file" | provar verify - --issuer "$issuer"
        for pair in "${targets[@]}"; do
            cat "$file" | provar extract - --target "${pair%%=*}" --destination - --issuer "$issuer" >out
            cmp out "${pair#*=}"
        done
    done
}

@test "nothing leaves a pipe before the verdict" {
    python3 - plain.par changed <<'PYTHON'
import sys, tarfile
raw = bytearray(open(sys.argv[1], "rb").read())
entry = tarfile.open(sys.argv[1]).getmember("x86_64-linux.bin")
raw[entry.offset_data + entry.size - 1] ^= 1
open(sys.argv[2], "wb").write(raw)
PYTHON
    expect 6 provar extract - --target x86_64-linux --destination - --issuer "$issuer" <changed
    equal 'what came out' '' "$output"
    expect 8 provar extract - --target x86_64-linux --destination - --issuer "$stranger" <plain.par
    equal 'what came out' '' "$output"
}
