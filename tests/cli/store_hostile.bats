#!/usr/bin/env bats
# Layouts that somebody else has filled: the rows of the threat matrix on registries that a layout can show, each with its control.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

setup_good() {
    two x.par
    provar -q push oci:good:t x.par >/dev/null
}

# believed LAYOUT TAG: the control: it is retrieved, and is what was pushed
believed() {
    expect 0 provar pull "oci:$1:$2" --issuer "$issuer" --destination got.par
    stdout_any
    cmp got.par "${3:-x.par}"
    rm got.par
}

# rejected STATUS PATTERN LAYOUT TAG: and nothing is left behind
rejected() {
    expect "$1" provar pull "oci:$3:$4" --issuer "$issuer" --destination got.par
    stderr_like "$2"
    absent got.par
    if compgen -G '.provar-*' >/dev/null; then refuse "left behind"; fi
}

@test "manifest: sizes, digests and shapes (rows 212, 214, 215, 222)" {
    setup_good
    altered s .
    believed s bad
    local filter
    for filter in "${malformed[@]}" '.layers[0].size += 1' '.layers[0].digest = "sha256:" + "0" * 64'; do
        altered s "$filter"
        rejected 14 '\[registry\]$' s bad
    done
    manifest good t | sed 's/"schemaVersion":2/"schemaVersion":2,"schemaVersion":2/' >manifest
    name s bad manifest
    rejected 14 'duplicate.*\[registry\]$' s bad
}

@test "manifest: larger than 4 MiB, by its descriptor and in fact (row 213)" {
    setup_good
    rm -rf s && cp -r good s
    jq -c '.manifests[0].size = 1073741824' good/index.json >s/index.json
    rejected 13 '\[limit\]$' s t
    { manifest good t && head -c 4200000 /dev/zero | tr '\0' ' '; } >manifest
    name s bad manifest
    rejected 13 '\[limit\]$' s bad
    { manifest good t && head -c 4100000 /dev/zero | tr '\0' ' '; } >manifest
    name s bad manifest
    believed s bad
}

@test "index: nested, ambiguous, without this machine (rows 216, 217)" {
    setup_good
    taken() { believed s bad; }
    refused_index() { rejected "$1" "$2" s bad; }
    indexes s taken refused_index
}

# PULL-6.
@test "two layers are joined in the manifest's order, each proven alone (row 218)" {
    setup_good
    rm -rf s && cp -r good s
    head -c 1700 x.par >a
    tail -c +1701 x.par >b
    local type=application/vnd.wasmcloud.provider.archive.layer.v1+par layers=()
    for part in a b; do
        read -r digest size < <(put s "$part")
        layers+=('{"mediaType":"'$type'","digest":"'$digest'","size":'$size'}')
    done
    manifest good t | jq -c ".layers = [${layers[0]},${layers[1]}]" >manifest
    name s bad manifest
    believed s bad
    expect 0 provar verify oci:s:bad --issuer "$issuer" -o json
    stdout_json '.blob == null and .blob_verified'
    expect 0 provar inspect oci:s:bad -o json
    stdout_json '.targets | length == 2'
    manifest good t | jq -c ".layers = [${layers[1]},${layers[0]}]" >manifest
    name s bad manifest
    rejected 4 '\[(format|tar)\]$' s bad
}

# PULL-7.
@test "a layer of a general type that is no archive, and urls, data and titles, which are ignored (rows 219, 220, 221, 234)" {
    setup_good
    altered s '.layers[0].mediaType = "application/vnd.oci.image.layer.v1.tar"'
    believed s bad
    mkdir plain && echo text >plain/file && tar -cf other.tar plain
    local digest size
    read -r digest size < <(put s other.tar)
    manifest good t | jq -c --arg digest "$digest" --argjson size "$size" '.layers[0] += {mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $digest, size: $size}' >manifest
    name s bad manifest
    rejected 4 '\[(tar|entry)\]$' s bad
    altered s '.layers[0] += {urls: ["http://127.0.0.1:1/x"], data: "eHh4", annotations: {"org.opencontainers.image.title": "../../x"}}'
    believed s bad
    rm "$(layer s bad)"
    rejected 14 'is not in the layout \[registry\]$' s bad
}

@test "links inside a layout lead nowhere" {
    setup_good
    local place
    for place in index.json oci-layout blobs blobs/sha256; do
        rm -rf s real && cp -r good s
        mv "s/$place" real
        ln -s "$PWD/real" "s/$place"
        rejected 15 '\[unsafe-path\]$' s t
        expect 15 provar push oci:s:u x.par
        stderr_like '\[unsafe-path\]$'
    done
    rm -rf s && cp -r good s
    mv "$(layer s t)" real.par
    ln -s "$PWD/real.par" "$(layer good t | sed 's/^good/s/')"
    rejected 15 '\[unsafe-path\]$' s t
    rm -rf s && cp -r good s
    rm s/index.json && mkfifo s/index.json
    rejected 15 'is not a regular file \[unsafe-path\]$' s t
    # The layout's own path is the user's: it may be a link.
    ln -s good link
    believed link t
}

# LAY-2.
@test "index.json and oci-layout: malformed, other versions, too large" {
    setup_good
    local text
    for text in '' '[]' '{' '{"manifests":{}}' '{"manifests":[1]}' '{"manifests":[{"size":1}]}' \
        '{"manifests":[{"digest":"sha256:00","size":1,"annotations":[]}]}' '{"manifests":[],"manifests":[]}' \
        '{"manifests":[{"digest":"sha256:00","size":-1}]}'; do
        rm -rf s && cp -r good s
        printf '%s' "$text" >s/index.json
        rejected 14 '\[registry\]$' s t
        expect 14 provar push oci:s:u x.par
        stderr_like '\[registry\]$'
        [[ $(<s/index.json) == "$text" ]] || refuse "index.json has changed"
    done
    for text in '' '{}' '{"imageLayoutVersion":"2.0.0"}' '{"imageLayoutVersion":1}'; do
        rm -rf s && cp -r good s
        printf '%s' "$text" >s/oci-layout
        rejected 14 "does not say version 1.0.0 \[registry\]$" s t
    done
    # Nothing is added to it before that is known.
    rm -rf s && mkdir s
    echo '{"imageLayoutVersion":"2.0.0"}' >s/oci-layout
    expect 14 provar push oci:s:u x.par
    stderr_like "does not say version 1.0.0 \[registry\]$"
    [[ $(find s) == $'s\ns/oci-layout' ]] || refuse "something is added"
    rm -rf s && cp -r good s
    { head -c -1 good/index.json && head -c 4200000 /dev/zero | tr '\0' ' ' && echo '}'; } >s/index.json
    rejected 13 '\[limit\]$' s t
    jq -c '.manifests += [.manifests[0] + {digest: ("sha256:" + "0" * 64)}]' good/index.json >s/index.json
    rejected 14 "the tag 't' stands at several manifests \[registry\]$" s t
    jq -c '.manifests[0] as $first | .manifests = [range(4095) | {digest: "sha512:00", size: 1}] + [$first]' good/index.json >s/index.json
    believed s t
    expect 13 provar push oci:s:u x.par
    stderr_like 'can take no more \[limit\]$'
    jq -c '.manifests[0] as $first | .manifests = [range(4096) | {digest: "sha512:00", size: 1}] + [$first]' good/index.json >s/index.json
    rejected 13 'more than 4096 descriptors \[limit\]$' s t
}
