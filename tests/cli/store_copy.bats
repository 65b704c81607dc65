#!/usr/bin/env bats
# provar copy: from store to store byte for byte, with skopeo as the judge, both ways.
# SPDX-License-Identifier: Apache-2.0

load registries.bash

# LAY-1, PULL-2.
@test "copy: the digest stays, blobs are compared, the tag is the source's or the destination's" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    expect 0 provar copy oci:s:a oci:t
    stdout_is "oci:t:a@$(digest_of s a)"
    [[ $(tags t) == "a $(digest_of s a)" ]]
    whole t
    cmp "$(blob s "$(digest_of s a)")" "$(blob t "$(digest_of t a)")"
    expect 0 provar copy "oci:s@$(digest_of s a)" oci:t:b -o json
    stdout_json '.success and .tag == "b" and .digest == "'"$(digest_of s a)"'" and .url == "oci:t:b"'
    spoil_body "$(layer s a)" linux-x86
    expect 14 provar copy oci:s:a oci:u
    stderr_like 'the content is not that of its digest'
    # What was begun is a layout that names nothing, and has the config.
    jq -e '.manifests == []' u/index.json >/dev/null
    whole u
    expect 0 provar gc oci:u --grace 0
    stdout_like 'removed 1 file, 2 B$'
    provar -q push oci:s:a x.par >/dev/null
    succeeds "oci:u:a@$(digest_of s a)" copy oci:s:a oci:u
    whole u
}

# LAY-2, PULL-2: whoever believes us is told nothing that is not so.
@test "copy to a registry that compares nothing: layer and config of a layout and of a registry are compared before" {
    two x.par
    provar -q push oci:good:a x.par >/dev/null
    cp -r good s
    serve source fake_registry.py s
    local from=127.0.0.1:$port/x at source digest
    fake
    at=127.0.0.1:$port/x
    local believing=('{"on": "PUT .*/blobs/uploads/", "status": 201}' '{"on": "PUT .*/manifests/", "status": 201}')
    for source in oci:s "$from"; do
        for digest in $(manifest good a | jq -r '.layers[0].digest, .config.digest'); do
            rm -rf s && cp -r good s
            printf x | dd of="$(blob s "$digest")" conv=notrunc status=none
            behave "${believing[@]}"
            fails 14 "the content is not that of its digest: $digest was expected, it is sha256:[0-9a-f]+ \[registry\]$" \
                copy "$source:a" "$at:a"
            count 0 '.method == "PUT" and (.target | test("/manifests/|'"${digest#*:}"'"))'
        done
        rm -rf s && cp -r good s
        behave "${believing[@]}"
        succeeds "$at:a@$(digest_of good a)" copy "$source:a" "$at"
        count 2 '.method == "PUT" and (.target | contains("/blobs/uploads/"))'
        count 1 '.method == "PUT" and (.target | endswith("/manifests/a"))'
    done
}

# PUSH-9.
@test "copy: the tag of a revision stays, in a layout and in a registry" {
    two x.par
    other y.par
    fake
    local at=127.0.0.1:$port/x to digest before
    provar -q push oci:s:a x.par >/dev/null
    provar -q push oci:t y.par --by-revision >/dev/null
    provar -q push "$at" y.par --by-revision >/dev/null
    digest=$(digest_of t rev-7)
    before=$(every_file t)
    behave
    for to in oci:t "$at"; do
        refused 14 registry "the tag 'rev-7' names other content already: $digest" copy oci:s:a "$to:rev-7"
    done
    # One that is free takes its own revision alone, as far as the manifest says which that is.
    refused 2 usage "the tag 'rev-8' is that of another revision: the manifest says 7" copy oci:s:a oci:n:rev-8
    refused 2 usage "the tag 'rev-8' is that of another revision: the manifest says 7" copy oci:s:a "$at:rev-8"
    absent n
    provar -q push oci:w:a x.par --manifest wash >/dev/null
    succeeds "oci:n:rev-8@$(digest_of w a)" copy oci:w:a oci:n:rev-8
    # Nor by the source's tag.
    relabel s a rev-7
    refused 14 registry "the tag 'rev-7' names other content already: $digest" copy oci:s:rev-7 oci:t
    refused 14 registry "the tag 'rev-7' names other content already: $digest" copy oci:s:rev-7 "$at"
    [[ $(every_file t) == "$before" && $(digest_of stored rev-7) == "$digest" ]]
    count 0 '.method == "PUT" or .method == "POST"'
    # Nor by the source's tag, where that is of another revision.
    relabel s rev-7 rev-8
    refused 2 usage "the tag 'rev-8' is that of another revision: the manifest says 7" copy oci:s:rev-8 oci:n2
    absent n2
    relabel s rev-8 rev-7
    # The same content is no other; and what is not of that form moves as any tag does.
    for to in oci:t "$at"; do
        succeeds "$to:rev-7@$digest" copy oci:t:rev-7 "$to"
        succeeds "$to:rev-07@$digest" copy oci:t:rev-7 "$to:rev-07"
        succeeds "$to:rev-07@$(digest_of s rev-7)" copy oci:s:rev-7 "$to:rev-07"
    done
    whole t
}

# PUSH-9.
@test "copy --no-clobber, and a digest at the destination" {
    two x.par
    other y.par
    provar -q push oci:s:a x.par >/dev/null
    provar -q push oci:t:a y.par >/dev/null
    refused 14 registry "the tag 'a' names other content already: $(digest_of t a)" copy oci:s:a oci:t --no-clobber
    expect 14 provar copy oci:s:a "oci:t:b@$(digest_of t a)"
    stderr_like 'not the digest of the destination \[registry\]$'
    expect 0 provar copy oci:s:a oci:t
    stdout_any
    [[ $(digest_of t a) == "$(digest_of s a)" ]]
}

# index_of LAYOUT: an index of two platforms, by hand: each an archive of one target
index_of() {
    local target descriptor=() digest size
    for target in x86_64:amd64 aarch64:arm64; do
        pack "${target%:*}.par" --version 1 --target "linux-$([[ $target == x86* ]] && echo x86 || echo arm)"
        provar -q push "oci:$1:t" "${target%:*}.par" >/dev/null
        digest=$(digest_of "$1" t)
        size=$(stat -c %s "$(blob "$1" "$digest")")
        descriptor+=('{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"'"$digest"'","size":'"$size"',"platform":{"os":"linux","architecture":"'"${target#*:}"'"}}')
    done
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s,%s]}' "${descriptor[@]}" >index
    name "$1" i index application/vnd.oci.image.index.v1+json
}

# PULL-8: the other way, by an index of platforms.
@test "copy and pull of an index of platforms: all of it, and this machine's" {
    index_of s
    expect 0 provar copy oci:s:i oci:t
    stdout_is "oci:t:i@$(digest_of s i)"
    [[ $(tags t) == "i $(digest_of s i)" && $(find t/blobs -type f | wc -l) == 6 ]]
    whole t
    expect 0 provar pull oci:t:i --issuer "$issuer" --destination y.par
    stdout_any
    cmp y.par "$machine.par"
    local target body
    for target in x86_64:x86 aarch64:arm; do
        body=linux-${target#*:}
        expect 0 provar extract oci:t:i --target "${target%:*}-linux" --issuer "$issuer" --destination out --force
        stdout_any
        cmp out "$body"
    done
    expect 12 provar extract oci:t:i --target mips-linux --issuer "$issuer" --destination out --force
    stderr_like '\[no-target\]$'
    # One of them alone: no index.json says what it is, but it does itself.
    expect 0 provar copy "oci:t@$(jq -r '.manifests[0].digest' index)" oci:u:one
    stdout_any
    jq -e '.manifests | length == 1 and .[0].mediaType == "application/vnd.oci.image.manifest.v1+json"' u/index.json >/dev/null
}

# LAY-4.
@test "skopeo copies what provar pushed, and provar reads what skopeo copied" {
    needs skopeo
    two x.par.gz --compress
    provar -q push oci:s:a x.par.gz >/dev/null
    expect 0 skopeo inspect --raw oci:s:a
    stdout_is_file "$(blob s "$(digest_of s a)")"
    expect 0 skopeo copy -q oci:s:a oci:t:b
    [[ $(digest_of t b) == "$(digest_of s a)" ]]
    expect 0 provar pull oci:t:b --issuer "$issuer" --destination y.par
    stdout_any
    cmp y.par x.par.gz
    # Into a layout that provar has made, and a tag that provar then moves.
    other z.par
    expect 0 skopeo copy -q oci:t:b oci:s:c
    provar -q push oci:s:c z.par >/dev/null
    [[ $(digest_of s c) != "$(digest_of s a)" && $(digest_of s a) == "$(digest_of t b)" ]]
    expect 0 skopeo copy -q oci:s:c oci:v:c
    expect 0 provar pull oci:v --issuer "$issuer" --destination w.par
    stdout_any
    cmp w.par z.par
}
