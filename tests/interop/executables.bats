#!/usr/bin/env bats
# Real executables for four systems, made here, get their names from their headers and come out as they went in.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154

load lib

source=$root/examples/freestanding.c

setup_file() {
    # clang finds the Mach-O and PE flavours of lld beside itself, under names that the packages do not put on the path.
    command -v clang >/dev/null && command -v ld.lld >/dev/null || return 0
    cd "$BATS_FILE_TMPDIR" || return
    build x86_64-linux-gnu linux-x86 -static
    build aarch64-linux-gnu linux-arm -static
    build x86_64-windows-msvc windows-x86 -Wl,/subsystem:console -Wl,/entry:start
    build arm64-apple-macos11 macos-arm -Wl,-e,_start
}

# build TRIPLE OUT OPTION...
build() {
    local triple=$1 out=$2
    shift 2
    clang --target="$triple" -std=c11 -O1 -ffreestanding -fno-stack-protector -nostdlib -fuse-ld=lld "$@" \
        "$source" -o "$out"
}

setup() {
    need clang ld.lld jq
    setup_keys
    cd "$BATS_FILE_TMPDIR" || return
    archive=$BATS_TEST_TMPDIR/real.par.gz
    named=(x86_64-linux=linux-x86 aarch64-linux=linux-arm x86_64-windows=windows-x86 aarch64-macos=macos-arm)
}

# creates OUT OPTION...
creates() {
    provar create --name Real --vendor wasmCloud --revision 1 --version 1.0.0 --issuer "$issuer_file" \
        --subject "$subject_file" --destination "$@"
}

creates_all() {
    expect 0 creates "$archive" --compress --target linux-x86 --target linux-arm --target windows-x86 --target macos-arm
}

@test "the executables are what this test takes them for" {
    equal 'the ELF machines' "3e00 b700" "$(bytes linux-x86 18 2) $(bytes linux-arm 18 2)"
    equal 'the ELF magic' "7f454c46 7f454c46" "$(bytes linux-x86 0 4) $(bytes linux-arm 0 4)"
    equal 'the Mach-O magic and processor' cffaedfe0c000001 "$(bytes macos-arm 0 8)"
    equal 'the DOS magic' 4d5a "$(bytes windows-x86 0 2)"
}

# bytes FILE OFFSET COUNT
bytes() { od -An -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }

@test "names come from the headers of bare files" {
    creates_all
    expect 0 provar inspect "$archive" -o json
    equal_json 'the targets' '["aarch64-linux", "aarch64-macos", "x86_64-linux", "x86_64-windows"]' \
        "$(jq '.targets | sort' <<<"$output")"
}

@test "every executable comes out as it went in" {
    local pair
    creates_all
    accepts "$archive" "${named[@]}"
    for pair in "${named[@]}"; do
        expect 0 provar extract "$archive" --target "${pair%%=*}" --destination "$BATS_TEST_TMPDIR/${pair%%=*}" \
            --issuer "$issuer"
        equal "mode of ${pair%%=*}" 755 "$(stat -c %a "$BATS_TEST_TMPDIR/${pair%%=*}")"
    done
}

@test "the aarch64 executable runs after it was extracted" {
    need qemu-aarch64-static
    creates_all
    expect 0 provar extract "$archive" --target aarch64-linux --destination "$BATS_TEST_TMPDIR/arm" --issuer "$issuer"
    expect 0 qemu-aarch64-static "$BATS_TEST_TMPDIR/arm" </dev/null
    equal 'what it says' 'freestanding provider: started' "$output"
}

@test "a name that the header contradicts is refused unless forced" {
    local wrong
    for wrong in aarch64-linux=linux-x86 x86_64-macos=linux-x86 x86_64-linux=linux-arm x86_64-linux=windows-x86 \
        aarch64-windows=windows-x86 x86_64-macos=macos-arm aarch64-linux=macos-arm; do
        expect 2 creates "$BATS_TEST_TMPDIR/wrong.par" --target "$wrong"
        [ ! -e "$BATS_TEST_TMPDIR/wrong.par" ]
        expect 0 creates "$BATS_TEST_TMPDIR/wrong.par" --target "$wrong" --force
        extracts "$BATS_TEST_TMPDIR/wrong.par" "$wrong"
        rm "$BATS_TEST_TMPDIR/wrong.par"
    done
}

@test "a right name is accepted, and an ELF file may be for another system" {
    local right
    for right in "${named[@]}" x86_64-freebsd=linux-x86 aarch64-android=linux-arm; do
        expect 0 creates "$BATS_TEST_TMPDIR/right.par" --target "$right"
        extracts "$BATS_TEST_TMPDIR/right.par" "$right"
        rm "$BATS_TEST_TMPDIR/right.par"
    done
}

@test "insert names a bare file and refuses a wrong name alike" {
    expect 0 creates "$archive" --compress --target linux-x86
    expect 2 provar insert "$archive" --target x86_64-macos=linux-arm --issuer "$issuer_file"
    accepts "$archive" x86_64-linux=linux-x86
    expect 0 provar insert "$archive" --target linux-arm --issuer "$issuer_file"
    accepts "$archive" x86_64-linux=linux-x86 aarch64-linux=linux-arm
}
