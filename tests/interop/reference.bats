#!/usr/bin/env bats
# What provar writes, the published crates read, and what they write, provar reads.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154

load lib

setup_file() { build_reference; }

setup() {
    need python3 jq
    need_reference
    setup_keys
    cd "$BATS_TEST_TMPDIR" || return
    body linux 100003 linux
    body macos 512 macos
    body windows 1 windows
    { printf '\0asm\001\0\0\0' && head -c 13 linux; } >world
    # Not 1.10: the crates keep numbers, provar keeps their text (eras.bats).
    printf '{"type": "object", "properties": {"n": {"default": 1.1, "type": "number"}}}' >schema.json
    one=(x86_64-linux=linux)
    many=(x86_64-linux=linux aarch64-macos=macos x86_64-windows=windows)
}

# The crates that read an archive of today.
current=(0.14.0 0.16.2)

# creates OUT T=FILE... [-- OPTION...]
creates() {
    local out=$1 targets=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        targets+=(--target "$1")
        shift
    done
    [ $# -eq 0 ] || shift
    expect 0 provar create --name Interop --vendor wasmCloud --revision 7 --version 1.2.3 --issuer "$issuer_file" \
        --subject "$subject_file" "${targets[@]}" --destination "$out" "$@"
}

# crate_creates VERSION OUT T=FILE... [OPTION...]
crate_creates() {
    local version=$1 out=$2 capid=()
    shift 2
    [ "$version" != 0.9.0 ] || capid=(--capid wasmcloud:keyvalue)
    expect 0 reference create "$version" "$out" --name Interop --vendor wasmCloud --rev 7 --ver 1.2.3 \
        --schema schema.json --issuer "$issuer_seed" --subject "$subject_seed" "${capid[@]}" "$@"
}

# The report that is due for these bodies and the claims of `creates`; $due holds what a test sets otherwise, as jq.
report() {
    local pair members='{}'
    for pair in "$@"; do
        members=$(jq --arg target "${pair%%=*}" --argjson size "$(stat -c %s "${pair#*=}")" \
            --arg sha256 "$(sha256 "${pair#*=}")" '.[$target] = {$size, $sha256}' <<<"$members")
    done
    jq --arg issuer "$issuer" --arg subject "$subject" '{$issuer, $subject, name: "Interop", vendor: "wasmCloud",
        rev: 7, ver: "1.2.3", capid: null, exp: null, nbf: null, config_schema: null, wascap_revision: 3, world: null,
        members: ., targets: keys, target_hashes: map_values(.sha256)} | '"${due:-.}" <<<"$members"
}

# loads VERSION ARCHIVE T=FILE...: in full and by each target, with the claims that are due.
loads() {
    local version=$1 archive=$2 found
    shift 2
    expect 0 reference load "$version" "$archive"
    found=$output
    equal_json "$archive in $version" "$(report "$@")" "$(jq 'del(.crate, .jti, .iat, .token)' <<<"$found")"
    jq -e '(.jti | test("^[0-9A-Za-z]{22}$")) and (now - .iat | fabs) < 600' <<<"$found" >/dev/null
    loads_by_target "$version" "$archive" "$@"
    # 0.9.0 does not hand out the token.
    [ "$version" = 0.9.0 ] || signed "$version" "$(jq -r .token <<<"$found")"
}

loads_by_target() {
    local version=$1 archive=$2 pair
    shift 2
    for pair in "$@"; do
        expect 0 reference load "$version" "$archive" --target "${pair%%=*}"
        equal_json "${pair%%=*} of $archive in $version" "$(report "$pair" | jq .members)" "$(jq .members <<<"$output")"
    done
}

signed() {
    expect 0 reference token "$1" "$2"
    equal_json "the verdict of $1" '{"signature_valid": true, "expired": false, "cannot_use_yet": false}' "$output"
}

loads_everywhere() {
    local version
    for version in "${current[@]}"; do
        loads "$version" "$@"
    done
}

@test "one target, plain and gzip, loads in the crates" {
    creates one.par "${one[@]}"
    creates one.par.gz "${one[@]}" -- --compress
    equal 'the container' 1f8b "$(magic one.par.gz)"
    loads_everywhere one.par "${one[@]}"
    loads_everywhere one.par.gz "${one[@]}"
}

@test "many targets, plain and gzip, load in the crates" {
    creates many.par "${many[@]}"
    creates many.par.gz "${many[@]}" -- --compress
    loads_everywhere many.par "${many[@]}"
    loads_everywhere many.par.gz "${many[@]}"
}

@test "levels of compression load in the crates" {
    local level
    for level in 1 6 9 12; do
        creates "$level.par.gz" "${many[@]}" -- --compress="$level"
        loads_everywhere "$level.par.gz" "${many[@]}"
    done
}

@test "a schema reaches the crates" {
    creates schema.par "${many[@]}" -- --schema schema.json
    due=".config_schema = $(cat schema.json)"
    loads_everywhere schema.par "${many[@]}"
}

@test "absent revision and version are absent in the crates" {
    expect 0 provar create --name Interop --vendor wasmCloud --issuer "$issuer_file" --subject "$subject_file" \
        --target "${one[0]}" --destination bare.par
    due='.rev = null | .ver = null'
    loads_everywhere bare.par "${one[@]}"
}

@test "expiry and start reach the crates" {
    creates timed.par "${one[@]}" -- --expires 4102444800 --not-before 1000000000
    due='.exp = 4102444800 | .nbf = 1000000000'
    loads_everywhere timed.par "${one[@]}"
}

@test "a world loads in 0.16.2 and panics a full load in 0.14.0, as published" {
    local file
    creates world.par "${many[@]}" -- --wit world
    creates world.par.gz "${many[@]}" -- --wit world --compress
    due=".world = {size: 21, sha256: \"$(sha256 world)\"} | .target_hashes[\"world.wasm\"] = .world.sha256"
    for file in world.par world.par.gz; do
        loads 0.16.2 "$file" "${many[@]}"
        expect 101 reference load 0.14.0 "$file"
        loads_by_target 0.14.0 "$file" "${many[@]}"
    done
}

@test "a capid makes an archive that 0.9.0 loads too" {
    creates without.par "${many[@]}"
    expect 1 reference load 0.9.0 without.par
    [[ $output == *'missing field `capid`'* ]]
    creates capid.par "${many[@]}" -- --capid wasmcloud:keyvalue
    creates capid.par.gz "${many[@]}" -- --capid wasmcloud:keyvalue --compress
    loads_everywhere capid.par "${many[@]}"
    loads_everywhere capid.par.gz "${many[@]}"
    due='.capid = "wasmcloud:keyvalue"'
    loads 0.9.0 capid.par "${many[@]}"
    loads 0.9.0 capid.par.gz "${many[@]}"
    expect 0 reference token 0.9.0 "$(peek member capid.par claims.jwt)"
    jq -e .signature_valid <<<"$output" >/dev/null
}

@test "archives load in the crates after insert, remove and sign" {
    local file compress
    for file in life.par life.par.gz; do
        compress=()
        [ "$file" = life.par ] || compress=(--compress)
        creates "$file" "${one[@]}" -- --schema schema.json "${compress[@]}"
        due=".config_schema = $(cat schema.json)"
        expect 0 provar insert "$file" --target "${many[1]}" --target "${many[2]}" --issuer "$issuer_file"
        loads_everywhere "$file" "${many[@]}"
        expect 0 provar remove "$file" --target x86_64-linux --issuer "$issuer_file"
        loads_everywhere "$file" "${many[@]:1}"
        due+=' | .rev = 8'
        expect 0 provar sign "$file" --issuer "$issuer_file" --revision 8
        loads_everywhere "$file" "${many[@]:1}"
    done
}

@test "the crates notice a signature from another token" {
    local token other version
    creates one.par "${one[@]}"
    creates many.par "${many[@]}"
    token=$(peek member one.par claims.jwt)
    other=$(peek member many.par claims.jwt)
    for version in "${current[@]}"; do
        signed "$version" "$token"
        expect 0 reference token "$version" "${token%.*}.${other##*.}"
        jq -e '.signature_valid == false' <<<"$output" >/dev/null
    done
}

@test "what the crates write passes check, verify and extract" {
    local version file
    for version in 0.9.0 "${current[@]}"; do
        crate_creates "$version" "$version.par" "${many[@]}"
        crate_creates "$version" "$version.par.gz" "${many[@]}" --compress
        for file in "$version.par" "$version.par.gz"; do
            accepts "$file" "${many[@]}"
            expect 0 provar inspect "$file" -o json
            equal_json "inspect of $file" "$(jq --arg issuer "$issuer" --arg service "$subject" \
                '{success: true, name: "Interop", $issuer, $service, vendor: "wasmCloud", version: "1.2.3",
                revision: "7", targets: ["aarch64-macos", "x86_64-linux", "x86_64-windows"], schema: .}' schema.json)" \
                "$(jq '{success, name, issuer, service, vendor, version, revision, schema,
                    targets: (.targets | sort)}' <<<"$output")"
        done
    done
}

@test "what the crates write survives insert and remove" {
    local version file
    for version in 0.9.0 "${current[@]}"; do
        crate_creates "$version" "$version.par" "${many[@]:0:2}"
        crate_creates "$version" "$version.par.gz" "${many[@]:0:2}" --compress
        due=".config_schema = $(cat schema.json)"
        [ "$version" != 0.9.0 ] || due+=' | .capid = "wasmcloud:keyvalue"'
        for file in "$version.par" "$version.par.gz"; do
            cp "$file" before
            expect 0 provar insert "$file" --target "${many[2]}" --issuer "$issuer_file"
            unchanged before "$file"
            accepts "$file" "${many[@]}"
            loads "$version" "$file" "${many[@]}"
            expect 0 provar remove "$file" --target x86_64-windows --issuer "$issuer_file"
            unchanged before "$file"
            loads "$version" "$file" "${many[@]:0:2}"
        done
    done
}

@test "the world of 0.16.2 survives insert" {
    crate_creates 0.16.2 world.par "${many[@]:0:2}" --world world
    accepts world.par "${many[@]:0:2}"
    provar inspect world.par --wit >out
    cmp out world
    cp world.par before
    expect 0 provar insert world.par --target "${many[2]}" --issuer "$issuer_file"
    unchanged before world.par
    due=".world = {size: 21, sha256: \"$(sha256 world)\"} | .target_hashes[\"world.wasm\"] = .world.sha256
        | .config_schema = $(cat schema.json)"
    loads 0.16.2 world.par "${many[@]}"
}

@test "what the crates insert into provar's archives passes check, verify and extract" {
    local version file
    for version in "${current[@]}"; do
        creates "$version.par" "${many[@]:0:2}" -- --schema schema.json
        creates "$version.par.gz" "${many[@]:0:2}" -- --schema schema.json --compress
        for file in "$version.par" "$version.par.gz"; do
            expect 0 reference insert "$version" "$file" "${many[2]}" --issuer "$issuer_seed" --subject "$subject_seed"
            equal 'the file' "$file" "$(jq -r .file <<<"$output")"
            accepts "$file" "${many[@]}"
        done
    done
}

# The text of `wash par inspect`, drawn from what the crate loads by the crate that wash draws it with.
same_table() {
    local due found
    due=$(reference table 0.16.2 "$1" | jq -j '.text | gsub("\n"; "|\n")')
    found=$(provar -q par inspect "$1" | sed 's/$/|/')
    equal "the table of $1" "$due" "$found"
}

@test "provar par inspect prints the table of wash par inspect, byte for byte" {
    local name vendor
    for name in x 'A name of some length' "$(printf 'n%.0s' {1..131})" 'Ünïcode ½' '日本語プロバイダ'; do
        for vendor in a "$(printf 'v%.0s' {1..101})"; do
            expect 0 provar create --name "$name" --vendor "$vendor" --issuer "$issuer_file" --subject "$subject_file" \
                --target x86_64-linux=linux --destination table.par
            same_table table.par
        done
    done
    creates many.par "${many[@]}" -- --schema schema.json
    same_table many.par
    for name in "$root"/tests/vectors/eras/*.par; do
        same_table "$name"
    done
}
