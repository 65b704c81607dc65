#!/usr/bin/env bats
# What leads from a digest to a target without the whole file, and what is read of a stream, of small members, past a lie.
# SPDX-License-Identifier: Apache-2.0

load ranges.bash

# pushed ARCHIVE ARG...: sets $at and $pinned
pushed() {
    fake
    at=127.0.0.1:$port/x
    pinned=$at@$(provar -q push "$at:1" "$@" | sed 's/.*@//')
}

# takes LIMIT FILTER REFERENCE ARG...: one target by few bytes, and the filter holds for what the answer says is proven
takes() {
    local limit=$1 filter=$2
    shift 2
    rm -f out
    behave
    expect 0 provar pull "$@" --target riscv64-linux --destination out -o json
    stdout_json "$filter"
    stderr_any
    cmp out riscv64-linux
    at_most bytes "$(moved)" "$limit"
    behave
    expect 0 provar extract "$@" --target riscv64-linux --destination out --force -o json
    stdout_json "$filter"
    stderr_any
    cmp out riscv64-linux
    at_most bytes "$(moved)" "$limit"
}

# looks FILTER REFERENCE ARG...
looks() {
    local filter=$1
    shift
    behave
    expect 0 provar inspect "$@" -o json
    stdout_json "$filter"
    stderr_any
}

one=1800000

# PULL-8.
@test "with a digest: the manifest says which token, the token which target, and no more is read" {
    five x.par.gz --compress
    pushed x.par.gz
    local filter='.blob_verified == false and .claims_bound == true'
    takes $one "$filter" "$pinned" --issuer "$issuer"
    takes $one "$filter and (.warnings | length == 1)" "$pinned" --insecure-no-trust
    looks "$filter" "$pinned"
    at_most bytes "$(moved)" 100000
    expect 0 provar pull "$pinned" --target riscv64-linux --issuer "$issuer" --destination out
    stdout_is "pulled out from $pinned; of the rest of the file nothing is proven"
    # Of the whole, all is.
    takes 9999999 '.blob_verified == true and .claims_bound == true' "$pinned" --issuer "$issuer" --lazy=never
    looks '.blob_verified == true' "$pinned" --lazy=never
    expect 0 provar pull "$pinned" --issuer "$issuer" --destination y.par.gz
    stdout_is "pulled y.par.gz from $pinned"
}

# PULL-8.
@test "with a digest, and a manifest that does not say which token: all is read, unless the issuer is named, or with force" {
    five x.par
    pushed x.par --manifest wash
    local limit=2500000 warning='.warnings | any(contains("does not cover the token"))'
    takes 99999999 '.blob_verified == true and .claims_bound == true' "$pinned" --insecure-no-trust
    [[ $(moved) -gt 10000000 ]]
    looks '.blob_verified == true' "$pinned"
    takes $limit ".blob_verified == false and .claims_bound == false and ($warning)" "$pinned" --issuer "$issuer"
    takes $limit ".blob_verified == false and .claims_bound == false and ($warning)" "$pinned" --insecure-no-trust --lazy=force
    looks ".claims_bound == false and ($warning)" "$pinned" --lazy=force
    expect 0 provar extract "$pinned" --target riscv64-linux --issuer "$issuer" --destination out --force
    stdout_is 'extracted riscv64-linux to out; of the rest of the file, and that this token belongs there, nothing is proven'
    stderr_like 'does not cover the token'
    # A tag says nothing of what it names: there is nothing to warn of.
    takes $limit '.claims_bound == false and (has("warnings") | not)' "$at:1" --issuer "$issuer"
}

# gives FILE: the registry has its bytes in place of the blob's
gives() {
    behave '{"on": "GET .*/blobs/", "file": "'"$1"'"}'
}

@test "another token than the manifest's, as good as it may be, is refused by whatever reads it" {
    five x.par.gz --compress
    version=1.2.4 five y.par.gz --compress
    [[ $(stat -c %s x.par.gz) == $(stat -c %s y.par.gz) ]]
    pushed x.par.gz
    local reference
    for reference in "$pinned" "$at:1"; do
        gives y.par.gz
        fails 14 'claims.jwt.*\[registry\]$' pull "$reference" --target riscv64-linux --issuer "$issuer" --destination out
        gives y.par.gz
        fails 14 'claims.jwt.*\[registry\]$' extract "$reference" --target riscv64-linux --issuer "$issuer" --destination out
        fails 14 'claims.jwt.*\[registry\]$' inspect "$reference"
        fails 125 'claims.jwt.*\[registry\]$' run "$reference" --issuer "$issuer"
        absent out
    done
    # Without a manifest that says more, who has signed decides.
    pinned=$at@$(provar -q push "$at:2" x.par.gz --manifest wash | sed 's/.*@//')
    gives y.par.gz
    expect 0 provar pull "$pinned" --target riscv64-linux --issuer "$issuer" --destination out
    stdout_any
    stderr_like 'does not cover the token'
    fails 14 'not that of its digest.*\[registry\]$' pull "$pinned" --target riscv64-linux --insecure-no-trust --destination out2
}

@test "another target index than the manifest's is refused" {
    five x.par.gz --compress
    pushed x.par.gz
    perl -0777 -pe 's/x86_64-freebsd\.bin/x86_64-freebse.bin/ == 1 or die' x.par.gz >y.par.gz
    gives y.par.gz
    fails 14 'target index is not the one of the manifest.*\[registry\]$' pull "$pinned" --target riscv64-linux --issuer "$issuer" --destination out
    fails 14 'target index is not the one of the manifest.*\[registry\]$' inspect "$pinned"
    absent out
}

# PULL-8.
@test "an index that lies is dropped: the stream gives what it gives without one" {
    five x.par.gz --compress
    perl -0777 -i -pe 's/(aarch64-linux)(\.bin.*?)(riscv64-linux)(\.bin)/$3$2$1$4/s == 1 or die' x.par.gz
    expect 0 provar check x.par.gz
    stdout_any
    pushed x.par.gz
    local target
    for target in aarch64-linux riscv64-linux x86_64-linux; do
        behave
        gets "$target"
        behave
        expect 0 provar extract "$pinned" --target "$target" --issuer "$issuer" --destination out --force
        stdout_any
        cmp out "$target"
    done
    # What the index says of others does not matter.
    at_most bytes "$(moved)" $one
}

# PULL-8.
@test "gzip without an index: the stream is left as soon as the target is there" {
    five x.par
    gzip -n x.par
    local order first last compressed size
    order=$(gzip -dc x.par.gz | tar -t | grep '\.bin$')
    first=$(sed -n '1s/\.bin$//p' <<<"$order")
    last=$(sed -n '$s/\.bin$//p' <<<"$order")
    compressed=$(gzip <"$first" | wc -c)
    size=$(stat -c %s x.par.gz)
    pushed x.par.gz
    behave
    gets "$first"
    # The decoder's block is 128 KiB, and the last step is half of what was there before.
    at_most bytes "$(moved)" $(((compressed + 131072) * 3 / 2 + 65536))
    at_most requests "$(requests true)" 20
    behave
    expect 0 provar extract "$pinned" --target "$first" --issuer "$issuer" --destination out --force
    stdout_any
    cmp out "$first"
    at_most bytes "$(moved)" $(((compressed + 131072) * 3 / 2 + 65536))
    behave
    gets "$last"
    [[ $(moved) -ge $((compressed * 4)) ]]
    at_most bytes "$(moved)" $((size + 65536))
    # Where the registry has no ranges, one body does for everything.
    behave '{"on": "GET .*/blobs/", "range": "ignore"}'
    gets "$first"
    at_most bytes "$(moved)" $((size + 65536))
    # Altered, and signed by a stranger.
    cp x.par.gz z.par.gz
    printf XXXX | dd of=z.par.gz bs=1 seek=300000 conv=notrunc status=none
    gives z.par.gz
    fails 6 '\[digest\]$' pull "$at:1" --target "$first" --issuer "$issuer" --destination out2
    absent out2
    behave
    fails 8 '\[untrusted\]$' pull "$at:1" --target "$first" --issuer "$stranger" --destination out2
    absent out2
}

# PULL-8.
@test "small members of a plain archive: ranges that are near are one" {
    local i targets=()
    for ((i = 10; i < 50; i++)); do
        head -c 20000 /dev/urandom >"t$i"
        targets+=(--target "t$i-linux=t$i")
    done
    pack x.par --version 1 "${targets[@]}"
    pushed x.par
    behave
    expect 0 provar pull "$at:1" --target t48-linux --issuer "$issuer" --destination out
    stdout_any
    cmp out t48
    at_most requests "$(requests true)" 8
    at_most bytes "$(moved)" $((2 * 40 * 20512))
}

@test "run and pull --target of a reference tell how far they are" {
    needs script
    cp "$shell" large
    head -c 3M /dev/urandom >>large
    pack x.par.gz --compress --version 1 --target "$here=large" --target s390x-linux=large --force
    pushed x.par.gz
    behave
    expect 3 provar run "$at:1" --issuer "$issuer" --progress=plain -- -c 'exit 3'
    stderr_like '^provar: 3\.[0-9] MiB in [0-9]+ s, [0-9.]+ [KMG]iB/s$'
    expect 0 provar pull "$at:1" --target s390x-linux --issuer "$issuer" --destination out --progress=plain
    stdout_any
    stderr_like '^provar: 3\.[0-9] MiB in [0-9]+ s, [0-9.]+ [KMG]iB/s$'
    # On a terminal: drawn over, and gone before the provider says a word.
    behave '{"on": "GET .*/blobs/", "skip": 2, "pause": [30000, 0.5]}'
    TERM=xterm SHELL=$BASH script -qec "provar run $at:1 --issuer $issuer -- -c 'echo here'" /dev/null >said </dev/null
    perl -0777 -ne 'exit(!m/\A(\r\e\[K[^\r\e\n]* of [^\r\e\n]+)+\r\e\[Khere\r\n\z/)' said || refuse "$(cat -v said)"
}

@test "inspect of a reference shows no kinds that it has not looked at" {
    five x.par.gz --compress
    pushed x.par.gz
    expect 0 provar inspect "$at:1"
    stdout_like $'TARGET +SIZE\n'
    not_said KIND
    expect 0 provar inspect "$at:1" -o json
    stdout_json '.members | all(.kind == "token" or (.format == null and .machine == null and (.sha256 | length == 64)))'
    expect 0 provar inspect x.par.gz
    stdout_like KIND
}

@test "--lazy: another word is a mistake, also where nothing is stored" {
    two x.par
    refused 2 usage "--lazy: 'x' is neither auto nor never nor force" extract x.par --issuer "$issuer" --lazy x --destination out
    refused 2 usage "--lazy: '' is neither auto nor never nor force" inspect x.par --lazy=
    pushed x.par
    refused 2 usage "--lazy: 'x' is neither auto nor never nor force" pull "$at:1" --issuer "$issuer" --lazy x --destination out
    refused 2 usage "--lazy: 'x' is neither auto nor never nor force" pull "$at:1" --lazy x --target x86_64-linux --destination out
    absent out
}
