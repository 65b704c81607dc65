# What the tests of stores share: layouts that provar did not write, and looking into those that it did.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154

load lib.bash
load archives.bash

# other ARCHIVE [REVISION]: what `two` makes, in another version
other() {
    pack "$1" --version 1.2.4 --revision "${2:-7}" --target linux-x86 --target linux-arm
}

# tags LAYOUT: what index.json names, as "TAG DIGEST" lines
tags() {
    jq -r '.manifests[] | "\(.annotations["org.opencontainers.image.ref.name"] // "-") \(.digest)"' "$1/index.json"
}

# digest_of LAYOUT TAG
digest_of() {
    tags "$1" | sed -n "s/^$2 //p"
}

# blob LAYOUT DIGEST: the path of a blob
blob() {
    echo "$1/blobs/${2/://}"
}

# manifest LAYOUT TAG: its bytes
manifest() {
    cat "$(blob "$1" "$(digest_of "$1" "$2")")"
}

# layer LAYOUT TAG: the path of its first layer
layer() {
    blob "$1" "$(manifest "$1" "$2" | jq -r '.layers[0].digest')"
}

# put LAYOUT FILE: stores a blob by hand, prints "DIGEST SIZE"
put() {
    local hex
    hex=$(sha256sum <"$2" | cut -d ' ' -f 1)
    mkdir -p "$1/blobs/sha256"
    cp "$2" "$1/blobs/sha256/$hex"
    echo "sha256:$hex $(stat -c %s "$2")"
}

# name LAYOUT TAG FILE [MEDIATYPE]: FILE becomes the one manifest that the layout names
name() {
    local digest size
    read -r digest size < <(put "$1" "$3")
    echo '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
    jq -cn --arg digest "$digest" --arg tag "$2" --argjson size "$size" --arg type "${4:-application/vnd.oci.image.manifest.v1+json}" '
        {schemaVersion: 2, manifests: [{mediaType: $type, digest: $digest, size: $size,
            annotations: {"org.opencontainers.image.ref.name": $tag}}]}' >"$1/index.json"
}

# relabel LAYOUT TAG NEW: another name for what has the tag, by hand: no verb gives rev-N to what is not that revision
relabel() {
    jq -c --arg old "$2" --arg new "$3" '(.manifests[].annotations["org.opencontainers.image.ref.name"] | select(. == $old)) = $new' \
        "$1/index.json" >index
    cp index "$1/index.json"
}

# listed DIGEST SIZE ARCHITECTURE [MEDIATYPE]: a descriptor for an index
listed() {
    jq -cn --arg digest "$1" --argjson size "$2" --arg architecture "$3" --arg type "${4:-application/vnd.oci.image.manifest.v1+json}" '
        {mediaType: $type, digest: $digest, size: $size, platform: {os: "linux", $architecture}}'
}

# indexed LAYOUT DESCRIPTORS: an index of these takes the tag `bad` in a copy of `good`; it is in the file `index`
indexed() {
    rm -rf "$1"
    cp -r good "$1"
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' "$2" >index
    name "$1" bad index application/vnd.oci.image.index.v1+json
}

# indexes LAYOUT BELIEVED REJECTED: rows 216 and 217, each with its control. `BELIEVED` is called where `bad` is to be
# retrieved, `REJECTED STATUS PATTERN` where it is not.
indexes() {
    local digest size entry inner architecture=amd64 nested=application/vnd.oci.image.index.v1+json
    [[ $machine == x86_64 ]] || architecture=arm64
    digest=$(digest_of good t)
    size=$(stat -c %s "$(blob good "$digest")")
    entry=$(listed "$digest" "$size" "$architecture")
    indexed "$1" "$entry"
    "$2"
    indexed "$1" "$entry,$entry"
    "$3" 14 '\[registry\]$'
    indexed "$1" "${entry/$architecture/riscv64}"
    "$3" 12 '\[no-target\]$'
    # One that is nested: as what it is, and called an image where it is named.
    indexed "$1" "$entry"
    mv index inner
    for inner in "$nested" ''; do
        indexed "$1" "$entry"
        read -r digest size < <(put "$1" inner)
        printf '{"schemaVersion":2,"manifests":[%s]}' "$(listed "$digest" "$size" "$architecture" "$inner")" >index
        name "$1" bad index "$nested"
        "$3" 14 '\[registry\]$'
    done
}

# altered LAYOUT FILTER [MEDIATYPE]: the layout's manifest, changed by jq, takes the tag `bad`; `good` is where it was
altered() {
    rm -rf "$1"
    cp -r good "$1"
    manifest good t | jq -c "$2" >manifest
    name "$1" bad manifest "${3:-}"
}

# What `altered` makes a manifest that is refused before a blob is looked for: rows 212, 214, 215, 222.
malformed=('.layers[0].size = -1' '.layers[0].size = 1.5' '.layers[0].size = 9223372036854775808'
    '.manifests = []' 'del(.layers)' '.layers = []' '.schemaVersion = 1' 'del(.layers[0].digest)'
    '.layers[0].digest = "sha256:../../../../etc/passwd"' '.layers[0].digest = "md5:d41d8cd98f00b204e9800998ecf8427e"'
    '.layers[0].digest |= ascii_upcase' '.layers[0].digest |= .[:-1]' '.layers[0].digest |= . + "0"'
    '.mediaType = "application/vnd.oci.image.index.v1+json"' '.mediaType = "text/plain"' '.layers[0].mediaType = "text/plain"')

# crowded LAYOUT LENGTH: 4096 tags of five characters, whose manifest says LENGTH more: as many as fit of what is longest
# in a document, \x01
crowded() {
    local digest size
    jq -cn --argjson length "$2" '
        ("sha256:" + "0" * 64) as $digest | {mediaType: "application/octet-stream", $digest, size: 1} as $blob
        | {schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $blob, layers: [$blob],
        annotations: {"org.opencontainers.image.version": ([range($length / 4 | floor) | "\u0001"] + ["-" * ($length % 4)] | add)}}' >crowd
    read -r digest size < <(put "$1" crowd)
    echo '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
    jq -cn --arg digest "$digest" --argjson size "$size" '{schemaVersion: 2, manifests: [range(4096) | {$digest, $size,
        annotations: {"org.opencontainers.image.ref.name": "t\(10000 + . | tostring | .[1:])"}}]}' >"$1/index.json"
}

# every_file LAYOUT: its files and their digests, but for what a killed process leaves in partial/
every_file() {
    (cd "$1" && find . -type f ! -path './partial/*' -print0 | sort -z | xargs -0r sha256sum)
}

# whole LAYOUT: every blob has its digest, and what is named is there
whole() {
    local file digest
    while read -r file; do
        [[ $(sha256sum <"$file" | cut -d ' ' -f 1) == "${file##*/}" ]] || refuse "another digest: $file" || return
    done < <(find "$1/blobs" -type f)
    while read -r _ digest; do
        [[ -f $(blob "$1" "$digest") ]] || refuse "named and missing: $digest" || return
    done < <(tags "$1")
}
