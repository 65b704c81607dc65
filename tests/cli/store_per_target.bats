#!/usr/bin/env bats
# provar push --per-target: an index of archives of one target each, and every verb that reads one of them.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

# several ARCHIVE ARG...: this machine's target and two more, with world.wasm
several() {
    local archive=$1
    shift
    macho mac
    printf '\0asm\015\0\001\0' >world.wasm
    pack "$archive" --version 1.2.3 --revision 7 --wit world.wasm --target "$here=$shell" --target s390x-linux=linux-x86 \
        --target aarch64-macos=mac --force "$@"
}

# part LAYOUT TAG OS ARCHITECTURE: the path of that platform's archive
part() {
    local digest
    digest=$(manifest "$1" "$2" | jq -r --arg os "$3" --arg arch "$4" '
        .manifests[] | select(.platform == {os: $os, architecture: $arch}).digest')
    blob "$1" "$(jq -r '.layers[0].digest' "$(blob "$1" "$digest")")"
}

go_machine=$machine
case $machine in x86_64) go_machine=amd64 ;; aarch64) go_machine=arm64 ;; esac

# PULL-8: the other way, by an index of platforms.
@test "push --per-target: an index by platform, one archive and one manifest for each target" {
    several x.par
    expect 0 provar push oci:s:1.2.3 x.par --per-target -a vendor.key=v
    stdout_is "oci:s:1.2.3@$(digest_of s 1.2.3)"
    whole s
    [[ $(jq -r '.manifests | length, .[0].mediaType' s/index.json | paste -sd ' ') == '1 application/vnd.oci.image.index.v1+json' ]]
    manifest s 1.2.3 | jq -e --arg here "$go_machine" --arg targets "aarch64-macos,s390x-linux,$here" '
        .schemaVersion == 2 and .mediaType == "application/vnd.oci.image.index.v1+json"
            and ([.manifests[].platform | "\(.os)/\(.architecture)"] | sort) == (["darwin/arm64", "linux/s390x", "linux/\($here)"] | sort)
            and all(.manifests[]; .mediaType == "application/vnd.oci.image.manifest.v1+json" and (.platform | keys) == ["architecture", "os"])
            and .annotations["provar.targets"] == $targets and .annotations["provar.revision"] == "7"
            and .annotations["vendor.key"] == "v"' >/dev/null
    local digest
    digest=$(manifest s 1.2.3 | jq -r '.manifests[] | select(.platform.os == "darwin").digest')
    jq -e '(.layers | length) == 1 and .layers[0].mediaType == "application/vnd.wasmcloud.provider.archive.layer.v1+par"
        and .config.size == 2 and .annotations["provar.targets"] == "aarch64-macos" and .annotations["vendor.key"] == "v"
        and (.layers[0].annotations | has("provar.claims.digest"))' "$(blob s "$digest")" >/dev/null
    expect 0 provar push oci:s:1.2.3 x.par --per-target -a vendor.key=v -o json
    stdout_json '.stored and .blob == null and .size > 0 and .digest == "'"$(digest_of s 1.2.3)"'"'
}

@test "push --per-target: each archive has the token as it was signed, world.wasm and one executable" {
    several x.par
    several x.par.gz --compress
    local archive file
    for archive in x.par x.par.gz; do
        provar -q push "oci:s-$archive:t" "$archive" --per-target >/dev/null
        file=$(part "s-$archive" t darwin arm64)
        [[ $(members "$file") == 'claims.jwt world.wasm aarch64-macos.bin' ]]
        tar -xOf "$file" aarch64-macos.bin | cmp - mac
        tar -xOf "$file" world.wasm | cmp - world.wasm
        cmp <(tar -xOf "$file" claims.jwt) <(tar -xOf "$archive" claims.jwt)
        expect 0 provar verify "$file" --issuer "$issuer" --target aarch64-macos
        stdout_like 'only the target aarch64-macos was looked at$'
        expect 6 provar check "$file"
        stderr_like 'is missing: the signed claims list it'
    done
    [[ $(head -c 2 "$(part s-x.par.gz t darwin arm64)" | od -An -tx1) == ' 1f 8b' ]]
    # The compressed bytes are those of the whole archive's index, which each part has anew.
    expect 0 provar inspect "$(part s-x.par.gz t darwin arm64)" -o json
    stdout_json '.targets == ["aarch64-macos"]'
    stderr_any
}

@test "push --per-target: the same archive makes the same bytes, from a pipe too, whatever was there" {
    several x.par.gz --compress
    provar -q push oci:s:a x.par.gz --per-target >/dev/null
    every_file s >before
    provar -q push oci:s:a x.par.gz --per-target >/dev/null
    every_file s | cmp - before
    provar -q push oci:t:a - --per-target --threads 1 <x.par.gz >/dev/null
    every_file t | cmp - before
    expect 0 ls -A s/partial
}

@test "push --per-target: tags, --by-revision, --no-clobber, --dry-run" {
    several x.par
    provar push oci:s x.par --per-target --by-revision --tag stable --dry-run >said
    absent s
    expect 0 provar push oci:s x.par --per-target --by-revision --tag stable
    stdout_is "$(tail -n 1 said)"
    [[ $(tags s | cut -d ' ' -f 1 | paste -sd ' ') == 'rev-7 stable' ]]
    [[ $(head -n 1 said) == "$(manifest s rev-7)" ]]
    local first
    first=$(digest_of s rev-7)
    # The same archive in one piece is other content.
    refused 14 registry "the tag 'rev-7' names other content already: $first" push oci:s x.par --by-revision
    refused 14 registry "the tag 'stable' names other content already: $first" push oci:s:stable x.par --no-clobber
    expect 0 provar push "oci:s:b@$first" x.par --per-target
    stdout_is "oci:s:b@$first"
    expect 14 provar push "oci:s:b@$first" x.par
    stderr_like 'not the digest in the reference \[registry\]$'
}

@test "push --per-target: --manifest wash, --media-types oci-image, --config are those of every manifest" {
    several x.par
    echo '{"a":1}' >config.json
    provar -q push oci:s:a x.par --per-target --manifest wash --config config.json >/dev/null
    provar -q push oci:s:b x.par --per-target --media-types oci-image >/dev/null
    manifest s a | jq -e 'has("annotations") | not' >/dev/null
    local digest
    for digest in $(manifest s a | jq -r '.manifests[].digest'); do
        jq -e '(has("mediaType") or has("annotations") | not) and .config.size == 8' "$(blob s "$digest")" >/dev/null
    done
    for digest in $(manifest s b | jq -r '.manifests[].digest'); do
        jq -e '.layers[0].mediaType == "application/vnd.oci.image.layer.v1.tar"' "$(blob s "$digest")" >/dev/null
    done
    whole s
}

@test "push --per-target: a target without a platform, a policy that is not met, no room: nothing is stored" {
    # Go's name, where Rust says powerpc64.
    pack x.par --version 1 --target x86_64-linux=linux-x86 --target ppc64le-linux=linux-x86 --force
    expect 2 provar push oci:s:a x.par --per-target
    stderr_like "a target that has another name: 'ppc64le-linux' \[usage\]$"
    several y.par
    expect 8 provar push oci:s:a y.par --per-target --issuer "$stranger"
    stderr_like '\[untrusted\]$'
    expect 3 env TMPDIR=/nowhere provar push oci:s:a y.par --per-target
    stderr_like "cannot make a temporary file in '/nowhere'.*\[io\]$"
    absent s
    expect 0 env TMPDIR="$BATS_TEST_TMPDIR" provar push oci:s:a y.par --per-target
    stdout_any
    [[ $(ls -A | grep -c tmp) == 0 ]]
}

# PULL-8.
@test "an index of thin archives: pull verify inspect extract run take this machine's" {
    several x.par.gz --compress
    provar -q push oci:s:a x.par.gz --per-target >/dev/null
    local file
    file=$(part s a linux "$go_machine")
    succeeds "pulled y.par from oci:s:a; of its index the archive for $here" pull oci:s:a --issuer "$issuer" --destination y.par
    cmp y.par "$file"
    expect 0 provar pull oci:s:a --issuer "$issuer" --destination y.par -o json
    stdout_json '.target == "'"$here"'" and .blob_verified and .size == '"$(stat -c %s "$file")"
    succeeds "oci:s:a is verified: signed by the trusted issuer $issuer; only the target $here was looked at" \
        verify oci:s:a --issuer "$issuer"
    expect 0 provar verify oci:s:a --issuer "$issuer" -o json
    stdout_json '.coverage == "target" and .target == "'"$here"'"'
    expect 0 provar inspect oci:s:a -o json
    stdout_json '.targets == ["'"$here"'"] and .digest == "'"$(digest_of s a)"'"'
    stderr_any
    expect 0 provar extract oci:s:a --issuer "$issuer" --destination out
    stdout_any
    cmp out "$shell"
    expect 3 provar run oci:s:a --issuer "$issuer" -- -c 'exit 3'
    expect 6 provar check oci:s:a
    stderr_like "is missing.*; the reference names an index: 'provar verify' proves the archive of one target"
    local verb
    for verb in 'pull --destination z' 'extract --destination z' verify; do
        # shellcheck disable=SC2086
        expect 8 provar $verb oci:s:a --issuer "$stranger"
        stderr_like '\[untrusted\]$'
        absent z
    done
}

@test "an index of thin archives: --target takes that one; one that is not there has a status" {
    several x.par
    provar -q push oci:s:a x.par --per-target >/dev/null
    expect 0 provar pull oci:s:a --target aarch64-macos --issuer "$issuer" --destination out
    stdout_is 'pulled out from oci:s:a; of the rest of the file nothing is proven'
    cmp out mac
    expect 0 provar extract oci:s:a --target s390x-linux --issuer "$issuer" --destination out --force
    stdout_any
    cmp out linux-x86
    expect 0 provar verify oci:s:a --target s390x-linux --issuer "$issuer" -o json
    stdout_json '.target == "s390x-linux"'
    expect 12 provar pull oci:s:a --target mips-linux --issuer "$issuer" --destination gone
    stderr_like '\[no-target\]$'
    absent gone
}

@test "an index of thin archives: what is altered in one has no way out, world.wasm neither" {
    several x.par
    provar -q push oci:good:a x.par --per-target >/dev/null
    local file old new
    file=$(part good a linux "$go_machine")
    # An honest layout of a dishonest archive: every digest of the store is right.
    forge() {
        rm -rf s && mkdir s
        cp "$file" thin
        "$@"
        read -r old new < <(put s thin)
        jq -c --arg digest "$old" --argjson size "$new" '.layers[0] |= {mediaType, $digest, $size}' \
            "$(blob good "$(manifest good a | jq -r --arg arch "$go_machine" '.manifests[] | select(.platform.architecture == $arch).digest')")" >image
        read -r old new < <(put s image)
        jq -cn --arg digest "$old" --argjson size "$new" --arg arch "$go_machine" '{schemaVersion: 2,
            mediaType: "application/vnd.oci.image.index.v1+json", manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json",
            $digest, $size, platform: {os: "linux", architecture: $arch}}]}' >index
        cp "$(blob good sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a)" s/blobs/sha256/
        name s a index application/vnd.oci.image.index.v1+json
    }
    forge true
    expect 0 provar pull oci:s:a --issuer "$issuer" --destination y.par
    stdout_any
    forge perl -0777 -i -pe 's/\0asm\015\0\001\0/\0asm\015\0\001\x01/ == 1 or die' thin
    expect 6 provar pull oci:s:a --issuer "$issuer" --destination z.par
    stderr_like "'world.wasm' is altered.*\[digest\]$"
    expect 6 provar verify oci:s:a --issuer "$issuer"
    stderr_like "'world.wasm' is altered.*\[digest\]$"
    forge spoil_signature thin
    expect 7 provar pull oci:s:a --issuer "$issuer" --destination z.par
    stderr_like '\[signature\]$'
    absent z.par
}

@test "an index of thin archives: revisions, list, copy" {
    several x.par
    provar -q push oci:s x.par --per-target --by-revision >/dev/null
    other y.par 6
    provar -q push oci:s y.par --by-revision >/dev/null
    expect 0 provar pull oci:s --revision latest --issuer "$issuer" --destination z.par -o json
    stdout_json '.tag == "rev-7" and .target == "'"$here"'"'
    expect 0 provar pull oci:s --revision latest --target aarch64-macos --issuer "$issuer" --destination out -o json
    stdout_json '.tag == "rev-7" and .target == "aarch64-macos"'
    cmp out mac
    expect 0 provar list oci:s -o json
    stdout_json '.entries[0].tag == "rev-7" and (.entries[0].targets | startswith("aarch64-macos,s390x-linux"))
        and .entries[0].size == null and .entries[1].size == '"$(stat -c %s y.par)"
    expect 0 provar copy oci:s:rev-7 oci:t:x
    stdout_is "oci:t:x@$(digest_of s rev-7)"
    whole t
    expect 0 provar pull oci:t:x --issuer "$issuer" --destination w.par
    stdout_any
    cmp w.par z.par
}

@test "an index of whole archives is judged by all that is there" {
    two x.par
    provar -q push oci:good:t x.par >/dev/null
    local digest size
    digest=$(digest_of good t)
    size=$(stat -c %s "$(blob good "$digest")")
    jq -cn --arg digest "$digest" --argjson size "$size" --arg arch "$go_machine" '{schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json", manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json",
        $digest, $size, platform: {os: "linux", architecture: $arch}}]}' >index
    name good i index application/vnd.oci.image.index.v1+json
    expect 0 provar pull oci:good:i --issuer "$issuer" --destination y.par
    stdout_any
    cmp y.par x.par
}
