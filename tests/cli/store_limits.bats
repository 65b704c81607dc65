#!/usr/bin/env bats
# What a manifest says of sizes is held against the limits before anything of it is fetched: pull, references, copy.
# SPDX-License-Identifier: Apache-2.0

load registries.bash

# large [OPTION...]: the archive x.par, of more than the 64 KiB that one look at its front brings, in the layout `stored`
# under the tag t, which the scripted registry serves; sets $at and its $size
large() {
    head -c 200000 /dev/urandom >>linux-x86
    two x.par "$@"
    size=$(stat -c %s x.par)
    provar -q push oci:stored:t x.par >/dev/null
    cp -r stored good
    fake
    at=127.0.0.1:$port/x
}

# asked_for COUNT: so many requests for blobs, each for no more than the front of one
asked_for() {
    count "$1" '.target | test("/blobs/")'
    count 0 '(.target | test("/blobs/")) and (.range != "bytes=0-65535")'
}

# each_verb FUNCTION ARG...: `FUNCTION ARG... VERB...` for every way to read what $at:t names
each_verb() {
    "$@" pull "$at:t" --issuer "$issuer" --destination got
    "$@" pull "$at:t" --issuer "$issuer" --destination - </dev/null
    "$@" pull "$at:t" --target x86_64-linux --issuer "$issuer" --destination got
    "$@" pull "$at:t" --target x86_64-linux --lazy never --issuer "$issuer" --destination got
    "$@" extract "$at:t" --target x86_64-linux --lazy never --issuer "$issuer" --destination got --force
    "$@" verify "$at:t" --issuer "$issuer"
    "$@" check "$at:t"
    "$@" inspect "$at:t"
}

takes() {
    expect 0 provar "$@" "${limits[@]}"
    stdout_any
    stderr_any
    rm -f got
}

# over REQUESTS PATTERN VERB...
over() {
    local requests=$1 pattern=$2
    shift 2
    behave
    fails 13 "$pattern \[limit\]$" "$@" "${limits[@]}"
    asked_for "$requests"
    absent got
}

@test "a gzip archive beyond --max-file-size is refused by its size, at N and N + 1" {
    large --compress
    local limits=(--max-file-size "$size")
    each_verb takes
    limits=(--max-file-size $((size - 1)))
    each_verb over 1 "a gzip file of more than $((size - 1)) bytes"
    limits+=(--max-total-size $((size - 1)))
    each_verb over 0 "an archive of more than $((size - 1)) bytes"
}

@test "a plain archive beyond --max-total-size is refused by its size, at N and N + 1" {
    large
    local limits=(--max-file-size 1 --max-total-size "$size")
    each_verb takes
    limits=(--max-total-size $((size - 1)))
    each_verb over 1 "an archive of more than $((size - 1)) bytes"
    limits+=(--max-file-size 1)
    each_verb over 0 "an archive of more than $((size - 1)) bytes"
}

@test "layers count together, and the first bytes of an archive may stand in two of them" {
    two x.par.gz --compress
    provar -q push oci:good:t x.par.gz >/dev/null
    local size part digest bytes layers=()
    size=$(stat -c %s x.par.gz)
    cp -r good s
    head -c 1 x.par.gz >a
    : >none
    tail -c +2 x.par.gz >b
    for part in a none b; do
        read -r digest bytes < <(put s $part)
        layers+=('{"mediaType":"application/vnd.wasmcloud.provider.archive.layer.v1+par","digest":"'"$digest"'","size":'"$bytes"'}')
    done
    manifest good t | jq -c ".layers = [${layers[0]},${layers[1]},${layers[2]}]" >manifest
    name s t manifest
    local args=(pull oci:s:t --issuer "$issuer" --destination got.par)
    expect 0 provar "${args[@]}" --max-file-size "$size"
    stdout_any
    cmp got.par x.par.gz
    rm got.par
    fails 13 "^provar: a gzip file of more than $((size - 1)) bytes" "${args[@]}" --max-file-size $((size - 1))
    fails 13 "^provar: an archive of more than $((size - 1)) bytes" "${args[@]}" --max-file-size 1 --max-total-size $((size - 1))
    absent got.par
}

@test "without options the limits are the usual ones, whatever a manifest says and a body brings" {
    large
    local said limits=()
    for said in 4294967297 4611686018427387904; do
        altered stored ".layers[0].size = $said"
        behave '{"on": "GET .*/blobs/", "endless": true}'
        fails 13 'an archive of more than 4294967296 bytes \[limit\]$' pull "$at:bad" --issuer "$issuer" --destination got
        fails 13 'an archive of more than 4294967296 bytes \[limit\]$' verify "$at:bad" --issuer "$issuer"
        asked_for 0
    done
    altered stored '.layers[0].size = 4294967296'
    fails 14 'has [0-9]+ bytes, and 4294967296 by its descriptor \[registry\]$' pull oci:stored:bad --issuer "$issuer" --destination got
    # Nobody is told of the framing but by the first bytes: a file that is gzip, and long.
    for said in 2147483648 2147483649; do
        local digest=sha256:$said$(printf '%054d' 0)
        altered stored ".layers[0] += {size: $said, digest: \"$digest\"}"
        printf '\x1f\x8b' >"$(blob stored "$digest")"
        truncate -s "$said" "$(blob stored "$digest")"
        if [[ $said == *8 ]]; then
            fails 4 '\[gzip\]$' inspect oci:stored:bad
        else
            fails 13 'a gzip file of more than 2147483648 bytes \[limit\]$' inspect oci:stored:bad
        fi
        rm "$(blob stored "$digest")"
    done
    absent got
}

# stopped PATTERN VERB...: the registry gives no ranges; whoever wants more of the blob than 64 KiB waits a minute for it
stopped() {
    local pattern=$1
    shift
    behave '{"on": "GET .*/blobs/", "range": "ignore", "pause": [65536, 60]}'
    SECONDS=0
    fails 13 "$pattern \[limit\]$" "$@" "${limits[@]}"
    ((SECONDS < 30)) || refuse "waited for $SECONDS seconds"
    asked_for 1
    absent got
}

# once VERB...: the registry gives no ranges, and the blob at the first request
once() {
    behave '{"on": "GET .*/blobs/", "range": "ignore"}'
    takes "$@"
    asked_for 1
}

@test "a registry without ranges: a gzip archive that is too large is broken off where its first bytes have come" {
    head -c 8M /dev/urandom >>linux-x86
    large --compress
    local limits=(--max-file-size 1M)
    each_verb stopped 'a gzip file of more than 1048576 bytes'
}

@test "a registry without ranges: a plain archive that is too large is broken off, and one that is not is fetched once" {
    head -c 8M /dev/urandom >>linux-x86
    large
    local limits=(--max-total-size 1M)
    each_verb stopped 'an archive of more than 1048576 bytes'
    limits=(--max-file-size 1M)
    each_verb once
    provar -q pull "$at:t" --issuer "$issuer" --destination got "${limits[@]}"
    cmp got x.par
}

# weight LAYOUT DIGEST: of what an image has: its config and layers
weight() {
    jq '[.config, .layers[] | .size] | add' "$(blob "$1" "$2")"
}

@test "copy --max-size: an image, at N and N + 1, and without it 8 GiB" {
    large
    local weight
    weight=$(weight stored "$(digest_of stored t)")
    expect 0 provar copy "$at:t" oci:d --max-size "$weight"
    stdout_any
    whole d
    behave
    refused 13 limit "more than $((weight - 1)) bytes to copy" copy "$at:t" oci:e --max-size $((weight - 1))
    asked_for 0
    [[ -z $(tags e 2>/dev/null) ]]
    refused 2 usage "--max-size: '1X' is not a size such as 4G" copy "$at:t" oci:e --max-size 1X
    altered stored '.layers[0].size = 8589934592 - .config.size'
    fails 14 'by its descriptor \[registry\]$' copy oci:stored:bad oci:e
    for change in '.layers[0].size = 8589934593 - .config.size' '.config.size = 4611686018427387904' \
        '.layers[0].size = 4611686018427387904 | .layers = [.layers[0], .layers[0], .layers[0], .layers[0]]'; do
        altered stored "$change"
        behave '{"on": "GET .*/blobs/", "endless": true}'
        refused 13 limit "more than 8589934592 bytes to copy" copy "$at:bad" oci:e
        asked_for 0
    done
}

@test "copy --max-size: an index is one copy, and what refers to it belongs to it" {
    two x.par
    provar -q push oci:s:i x.par --per-target >/dev/null
    local sum=0 digest subject weight
    while read -r digest; do
        sum=$((sum + $(weight s "$digest")))
    done < <(manifest s i | jq -r '.manifests[].digest')
    expect 0 provar copy oci:s:i oci:t --max-size "$sum"
    stdout_any
    whole t
    refused 13 limit "more than $((sum - 1)) bytes to copy" copy oci:s:i oci:u --max-size $((sum - 1))
    [[ -z $(tags u 2>/dev/null) ]]
    # One that is too large is passed over as one that is missing is; the next has the room that it did not take.
    provar -q push oci:g:t x.par >/dev/null
    subject=$(digest_of g t)
    weight=$(weight g "$subject")
    read -r digest _ < <(put g linux-arm)
    for size in 1000000 "$(stat -c %s linux-arm)"; do
        manifest g t | jq -c '{schemaVersion, mediaType, config, subject: {mediaType, digest: "'"$subject"'", size: 1},
            layers: [{mediaType: "a/b", digest: "'"$digest"'", size: '"$size"'}], artifactType: "a/b"}' >referrer
        jq -c ".manifests += [$(listed "$(put g referrer | cut -d ' ' -f 1)" "$(stat -c %s referrer)" amd64)]" g/index.json >index
        cp index g/index.json
        sum=$(($(weight g "sha256:$(sha256sum <referrer | cut -d ' ' -f 1)") + weight))
    done
    expect 14 provar copy oci:g:t oci:h --referrers --max-size "$sum"
    stderr_like 'warning: the referrer sha256:[0-9a-f]+: more than '"$sum"' bytes to copy.*not copied: 1 of 2 referrers; all else is there \[registry\]$'
    expect 14 provar copy oci:g:t oci:k --referrers --max-size $((sum - 1))
    stderr_like 'not copied: 2 of 2 referrers; all else is there \[registry\]$'
}

@test "copy --referrers: what one only says that it has takes no room from the next" {
    two x.par
    provar -q push oci:g:t x.par >/dev/null
    local subject digest real size sum
    subject=$(digest_of g t)
    read -r real size < <(put g linux-arm)
    for digest in "sha256:$(printf %064d 0)" "$real"; do
        manifest g t | jq -c '{schemaVersion, mediaType, config, subject: {mediaType, digest: "'"$subject"'", size: 1},
            layers: [{mediaType: "a/b", digest: "'"$digest"'", size: '"$size"'}], artifactType: "a/b"}' >referrer
        jq -c ".manifests += [$(listed "$(put g referrer | cut -d ' ' -f 1)" "$(stat -c %s referrer)" amd64)]" g/index.json >index
        cp index g/index.json
    done
    sum=$(($(weight g "sha256:$(sha256sum <referrer | cut -d ' ' -f 1)") + $(weight g "$subject")))
    expect 14 provar copy oci:g:t oci:h --referrers --max-size "$sum"
    stderr_like 'warning: the referrer sha256:[0-9a-f]+: the blob sha256:0+ is not in the layout.*not copied: 1 of 2 referrers; all else is there \[registry\]$'
    [[ -e $(blob h "$real") ]]
    # What came does, be it something else.
    local none="sha256:$(printf %064d 0)" to
    head -c "$size" /dev/zero >"$(blob g "$none")"
    fake
    for to in oci:i "127.0.0.1:$port/x"; do
        expect 14 provar copy oci:g:t "$to" --referrers --max-size "$sum"
        stderr_like "the content is not that of its digest: $none was expected.*: more than $sum bytes to copy.*not copied: 2 of 2 referrers; all else is there \[registry\]$"
        expect 14 provar copy oci:g:t "$to" --referrers --max-size $((sum + size))
        stderr_like "the content is not that of its digest: $none was expected.*not copied: 1 of 2 referrers; all else is there \[registry\]$"
    done
    [[ -e $(blob i "$real") ]]
}

# The other archive is signed by the same issuer, and as long: what is looked at before it is fetched is nothing to go by.
@test "a registry that answers otherwise the first time: what is proven is what is verified, taken and remembered" {
    two x.par
    other y.par 9
    [[ $(stat -c %s x.par) == "$(stat -c %s y.par)" ]]
    fake
    local pinned spoilt='{"on": "GET .*/blobs/", "times": 1, "file": "y.par"}' of_x='.blob_verified == true and (.revision | tonumber) == 7'
    local limits=(--max-file-size 1K)
    pinned=127.0.0.1:$port/x@$(provar -q push "127.0.0.1:$port/x:1" x.par | sed 's/.*@//')
    behave "$spoilt"
    expect 0 provar verify "$pinned" --issuer "$issuer" "${limits[@]}" -o json
    stdout_json "$of_x"
    stderr_any
    behave "$spoilt"
    expect 0 provar inspect "$pinned" "${limits[@]}" --lazy never -o json
    stdout_json "$of_x"
    stderr_any
    behave "$spoilt"
    export PROVAR_HISTORY=$PWD/history
    provar -q pull "$pinned" --target x86_64-linux --lazy never --issuer "$issuer" "${limits[@]}" --destination got
    cmp got linux-x86
    provar -q verify x.par --issuer "$issuer"
}
