#!/usr/bin/env bats
# Archives that ten published versions of provider-archive wrote are read, verified and survive insert and remove.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154

load lib

vectors=$root/tests/vectors/eras
# 0.1.2 could not compress.
written=(0.1.2.par {0.2.1,0.3.2,0.5.0,0.6.0,0.8.0,0.9.0,0.10.2,0.12.1,0.16.0}.par{,.gz})

setup() {
    need python3 jq
    setup_keys
    cd "$BATS_TEST_TMPDIR" || return
    mapfile -t files < <(find "$vectors" -name '*.par*' -printf '%f\n' | sort -V)
    # A vector that is missing is a test that is missing.
    equal 'the vectors' "$(printf '%s\n' "${written[@]}" | sort -V)" "$(printf '%s\n' "${files[@]}")"
}

# target, size and digest, the same in every era
bodies='x86_64-linux 3007 7291DC06A7132E91C768AD197A022ACADB96AB23A63FA4D37A1AADE75792FFBA
aarch64-macos 517 F2A2A7753ACBFBF3966AD6B43AE061D9089CFCC511FF9CFC1562384D1FFD06DF
x86_64-windows 514 BF1740BB74D063F5215642DCECFC30A317089F53DBE7F3C9D98099D3C1F352EC'
world_digest=25F395DF990C1F09B946CC00478E62219C108BBF698AC4B3C280286C9B678995
schema='{"properties":{"n":{"default":1.1,"type":"number"},"url":{"type":"string"}},"type":"object"}'

era() { basename "$1" | sed -E 's/\.par(\.gz)?$//'; }

# at_least ERA VERSION
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

# The claims of an era without those that change from one signing to the next.
claims() {
    local extra='.'
    at_least "$1" 0.10 || extra+=' | .wascap.capid = "wasmcloud:keyvalue"'
    ! at_least "$1" 0.9 || extra+=" | .wascap.config_schema = $schema"
    ! at_least "$1" 0.7 || extra+=' | .wascap_revision = 3'
    jq -n --arg iss "$issuer" --arg sub "$subject" --arg name "Era $1" --arg ver "$1" \
        '{$iss, $sub, wascap: {$name, vendor: "wasmCloud", rev: 3, $ver}} | '"$extra"
}

# bodies_of FILE [TARGET-TO-LEAVE-OUT]: each body that is due comes out as the table says.
bodies_of() {
    local target size digest
    while read -r target size digest; do
        [ "$target" != "${2:-}" ] || continue
        rm -f out
        expect 0 provar extract "$1" --target "$target" --destination out --issuer "$issuer"
        equal "size of $target in $1" "$size" "$(stat -c %s out)"
        equal "digest of $target in $1" "$digest" "$(sha256 out)"
    done <<<"$bodies"
}

# world_of FILE: only 0.16.0 has one, and it stays.
world_of() {
    [ "$(era "$1")" = 0.16.0 ] || return 0
    equal "world of $1" "$world_digest" "$(peek member "$1" world.wasm | sha256sum | cut -c 1-64 | tr a-f A-F)"
}

# whole FILE: intact, signed, and with the claims of the era in its name.
whole() {
    local file=$1 version
    version=$(era "$file")
    expect 0 provar check "$file"
    expect 0 provar verify "$file" --issuer "$issuer"
    equal_json "claims of $file" "$(claims "$version")" "$(peek payload "$file" | jq "$lasting")"
    ! at_least "$version" 0.9 || equal "schema text of $file" "$schema" "$(peek schema "$file")"
    world_of "$file"
}

@test "every era is inspected" {
    local file version due
    for file in "${files[@]}"; do
        version=$(era "$file")
        due=$(jq -n --arg issuer "$issuer" --arg service "$subject" --arg name "Era $version" --arg version "$version" \
            '{success: true, $name, $issuer, $service, vendor: "wasmCloud", $version, revision: "3",
            targets: ["aarch64-macos", "x86_64-linux", "x86_64-windows"]}')
        ! at_least "$version" 0.9 || due=$(jq ".schema = $schema" <<<"$due")
        expect 0 provar inspect "$vectors/$file" -o json
        equal_json "inspect of $file" "$due" "$(jq '{success, name, issuer, service, vendor, version, revision,
            targets: (.targets | sort)} + with_entries(select(.key == "schema"))' <<<"$output")"
        expect 0 provar inspect "$vectors/$file" --jwt-only -o json
        equal "token of $file" "$(peek member "$vectors/$file" claims.jwt)" "$(jq -r .token <<<"$output")"
    done
}

@test "every era is checked and verified against its issuer" {
    local file
    for file in "${files[@]}"; do
        whole "$vectors/$file"
        expect 0 provar verify "$vectors/$file" --issuer "$issuer" --subject "$subject"
        expect 8 provar verify "$vectors/$file" --issuer "$stranger"
    done
}

@test "every era is extracted" {
    local file
    for file in "${files[@]}"; do
        bodies_of "$vectors/$file"
        expect 12 provar extract "$vectors/$file" --target mips-linux --destination none --issuer "$issuer"
        [ ! -e none ]
    done
}

@test "a target inserted into an archive of any era loses nothing" {
    local file
    body new 40000 new
    for file in "${files[@]}"; do
        cp "$vectors/$file" "$file"
        expect 0 provar insert "$file" --target riscv64-linux=new --issuer "$issuer_file"
        unchanged "$vectors/$file" "$file"
        whole "$file"
        bodies_of "$file"
        extracts "$file" riscv64-linux=new
        equal_json "digests of $file" \
            "$(peek payload "$vectors/$file" | jq --arg new "$(sha256 new)" '.wascap.target_hashes +
                {"riscv64-linux": $new}')" \
            "$(peek payload "$file" | jq .wascap.target_hashes)"
    done
}

@test "a target removed from an archive of any era takes nothing along" {
    local file
    for file in "${files[@]}"; do
        cp "$vectors/$file" "$file"
        expect 0 provar remove "$file" --target x86_64-windows --issuer "$issuer_file"
        unchanged "$vectors/$file" "$file"
        whole "$file"
        bodies_of "$file" x86_64-windows
        expect 12 provar extract "$file" --target x86_64-windows --destination none --issuer "$issuer"
        equal_json "digests of $file" \
            "$(peek payload "$vectors/$file" | jq '.wascap.target_hashes | del(.["x86_64-windows"])')" \
            "$(peek payload "$file" | jq .wascap.target_hashes)"
    done
}

@test "insert and remove of the same target come back to the same claims" {
    local file
    body new 40000 new
    for file in "${files[@]}"; do
        cp "$vectors/$file" "$file"
        expect 0 provar insert "$file" --target riscv64-linux=new --issuer "$issuer_file"
        expect 0 provar remove "$file" --target riscv64-linux --issuer "$issuer_file"
        equal_json "claims of $file" "$(peek payload "$vectors/$file" | jq 'del(.jti, .iat)')" \
            "$(peek payload "$file" | jq 'del(.jti, .iat)')"
        bodies_of "$file"
    done
}

@test "an archive of any era with one changed byte is refused and left alone" {
    local file
    body new 40000 new
    for file in "${files[@]}"; do
        [ "${file%.gz}" = "$file" ] || continue
        # The last byte of the first body that is there: a digest no longer fits, the framing does.
        python3 - "$vectors/$file" changed <<'PYTHON'
import sys, tarfile
raw = bytearray(open(sys.argv[1], "rb").read())
entry = next(entry for entry in tarfile.open(sys.argv[1]) if entry.name.endswith(".bin"))
raw[entry.offset_data + entry.size - 1] ^= 1
open(sys.argv[2], "wb").write(raw)
PYTHON
        cp changed kept
        expect 6 provar check changed
        expect 6 provar verify changed --issuer "$issuer"
        expect 6 provar insert changed --target riscv64-linux=new --issuer "$issuer_file"
        cmp changed kept
    done
}
