#!/usr/bin/env bats
# Registries between provar and other clients: skopeo, and where they are installed crane and oras, both ways.
# SPDX-License-Identifier: Apache-2.0

load registries.bash

# raw REFERENCE: the manifest as skopeo sees it
raw() {
    skopeo inspect --tls-verify=false --raw "docker://$1"
}

@test "skopeo sees the digest that provar prints, and copies what provar pushed; provar pulls what skopeo copied" {
    needs skopeo
    two x.par.gz --compress
    plain_registry r
    local at=127.0.0.1:$port/x digest
    digest=$(provar push "$at:1" x.par.gz -o json | jq -r .digest)
    [[ sha256:$(raw "$at:1" | sha256sum | cut -d ' ' -f 1) == "$digest" ]]
    expect 0 skopeo copy -q --src-tls-verify=false "docker://$at:1" oci:t:b
    [[ $(digest_of t b) == "$digest" ]]
    cmp "$(layer t b)" x.par.gz
    provar -q push oci:s:c x.par.gz -a k=v >/dev/null
    expect 0 skopeo copy -q --dest-tls-verify=false oci:s:c "docker://$at:2"
    expect 0 provar pull "$at:2" --issuer "$issuer" --destination y.par.gz -o json
    stdout_json '.digest == "'"$(digest_of s c)"'"'
    cmp x.par.gz y.par.gz
    expect 0 skopeo list-tags --tls-verify=false "docker://$at"
    stdout_json '(.Tags | sort) == ["1", "2"]'
}

@test "skopeo with credentials and a private authority, and provar the same" {
    needs skopeo htpasswd
    two x.par
    certificates
    htpasswd -Bbn alice s3cret >htpasswd
    registry r <<YAML
  tls: {certificate: $PWD/srv.crt, key: $PWD/srv.key}
auth: {htpasswd: {realm: test, path: $PWD/htpasswd}}
YAML
    local at=127.0.0.1:$port/x
    mkdir certs && cp ca.crt certs/
    provar -q push oci:s:1 x.par >/dev/null
    expect 0 skopeo copy -q --dest-creds alice:s3cret --dest-cert-dir certs oci:s:1 "docker://$at:1"
    expect 0 provar pull "$at:1" -u alice -p s3cret --ca-file ca.crt --issuer "$issuer" --destination y.par
    stdout_any
    cmp x.par y.par
    expect 0 provar push "$at:2" x.par -u alice -p s3cret --ca-file ca.crt
    stdout_any
    expect 0 skopeo copy -q --src-creds alice:s3cret --src-cert-dir certs "docker://$at:2" oci:t:2
    [[ $(digest_of t 2) == "$(digest_of s 1)" ]]
}

@test "push --manifest wash: a registry has the bytes that wash sends" {
    two x.par
    plain_registry r
    provar -q push "127.0.0.1:$port/x:1" x.par --manifest wash >/dev/null
    local line='{"config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","mediaType":"application/vnd.wasmcloud.provider.archive.config","size":2},"layers":[{"digest":"sha256:%s","mediaType":"application/vnd.wasmcloud.provider.archive.layer.v1+par","size":%d}],"schemaVersion":2}'
    expect 0 curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://127.0.0.1:$port/v2/x/manifests/1"
    # shellcheck disable=SC2059
    stdout_has "$(printf "$line" "$(sha256sum <x.par | cut -d ' ' -f 1)" "$(stat -c %s x.par)")"
    expect 0 provar pull "127.0.0.1:$port/x:1" --issuer "$issuer"
    stdout_any
}

# comes_back REFERENCE: what x.par.gz became there is pulled whole, and by ranges one executable of it
comes_back() {
    expect 0 provar pull "$1" --issuer "$issuer" --destination y.par.gz
    stdout_any
    cmp x.par.gz y.par.gz
    expect 0 provar pull "$1" --target aarch64-linux --issuer "$issuer" --destination out
    stdout_any
    cmp out linux-arm
}

@test "crane's registry, the strictest about ranges, both ways" {
    peer crane
    two x.par.gz --compress
    port=$(free_port)
    start crane crane registry serve --address "127.0.0.1:$port"
    await listens "$port"
    local at=127.0.0.1:$port/test/x digest
    digest=$(provar push "$at:1" x.par.gz -o json | jq -r .digest)
    [[ $(crane digest "$at:1") == "$digest" ]]
    comes_back "$at:1"
    expect 0 crane copy "$at:1" "$at:2"
    stderr_any
    expect 0 provar verify "$at:2" --issuer "$issuer"
    stdout_any
}

# `oras pull` would write no file: the layer has no title, which is what oras calls one.
@test "oras fetches the blob that provar pushed, and copies the image to a layout; provar pulls what oras pushed" {
    peer oras
    two x.par.gz --compress
    plain_registry r
    local at=127.0.0.1:$port/x digest
    digest=$(provar -q push "$at:1" x.par.gz | sed 's/.*@//')
    expect 0 oras blob fetch --plain-http --output got "$at@sha256:$(sha256sum <x.par.gz | cut -d ' ' -f 1)"
    stdout_any
    cmp got x.par.gz
    expect 0 oras copy --from-plain-http --to-oci-layout "$at:1" copied:a
    stdout_any
    [[ $(digest_of copied a) == "$digest" ]]
    expect 0 provar verify oci:copied:a --issuer "$issuer"
    stdout_any
    whole copied
    echo '{}' >config.json
    expect 0 oras push --plain-http "$at:2" --config config.json:application/vnd.wasmcloud.provider.archive.config \
        x.par.gz:application/vnd.wasmcloud.provider.archive.layer.v1+par
    stdout_any
    expect 0 provar pull "$at:2" --issuer "$issuer" --destination y.par.gz
    stdout_any
    cmp x.par.gz y.par.gz
}

# zot_registry: without extensions, with its data in `zot`; what it was asked is in .zot.out. Sets $port.
zot_registry() {
    peer zot
    port=$(free_port)
    jq -n --arg root "$PWD/zot" --arg port "$port" '{distSpecVersion: "1.1.1", storage: {rootDirectory: $root},
        http: {address: "127.0.0.1", port: $port}, log: {level: "info"}}' >zot.json
    start zot zot serve zot.json
    await listens "$port"
}

# attached REFERENCE TYPE: oras attaches an artifact of this type
attached() {
    echo "$2" >note
    expect 0 oras attach --plain-http --artifact-type "$2" "$1" note:text/plain
    stdout_any
}

# refer REFERENCE TYPES: what refers to it, in any order
refer() {
    expect 0 provar list --referrers -o json "$1"
    stdout_json '[.referrers[].artifact_type] | sort | join(" ") == "'"$2"'"'
}

@test "zot and oras: what oras has attached is listed, and copied to a layout and back, by the registry's own list" {
    peer oras
    zot_registry
    two x.par
    local at=127.0.0.1:$port/test/x digest
    digest=$(provar -q push "$at:1" x.par | sed 's/.*@//')
    attached "$at:1" example/one
    attached "$at@$digest" example/two
    refer "$at:1" 'example/one example/two'
    expect 0 provar copy "$at:1" oci:s:1 --referrers
    stdout_any
    refer oci:s:1 'example/one example/two'
    whole s
    expect 0 provar copy oci:s:1 "127.0.0.1:$port/other/y:1" --referrers
    stdout_any
    expect 0 oras discover --plain-http --format json "127.0.0.1:$port/other/y:1"
    stdout_json '[(.manifests // .referrers)[].artifactType] | sort == ["example/one", "example/two"]'
    # From one repository to another, and no tag stands in for the list.
    expect 0 provar copy "$at:1" "127.0.0.1:$port/third/z:1" --referrers
    stdout_any
    refer "127.0.0.1:$port/third/z:1" 'example/one example/two'
    expect 0 provar list "127.0.0.1:$port/third/z" -o json
    stdout_json '[.entries[].tag] == ["1"]'
}

@test "zot, which takes nothing but OCI's own protocol, both ways" {
    zot_registry
    local at=127.0.0.1:$port/test/x digest file
    for file in linux-x86 linux-arm; do
        head -c 400000 /dev/urandom >>$file
    done
    two x.par.gz --compress
    digest=$(provar push "$at:1" x.par.gz -t 2 -o json | jq -r .digest)
    comes_back "$at:1"
    grep -q '"statusCode":206' .zot.out
    expect 0 provar list "$at" -o json
    stdout_json '[.entries[] | {tag, digest}] == [{tag: "1", digest: "'"$digest"'"}, {tag: "2", digest: "'"$digest"'"}]'
    provar -q push --by-revision "127.0.0.1:$port/by/revision" x.par.gz >/dev/null
    expect 14 provar -q push --no-clobber "$at:1" x.par.gz -a k=v
    stderr_has 'names other content already'
    expect 0 provar copy "$at:1" oci:s:1
    stdout_any
    expect 0 provar copy oci:s:1 "127.0.0.1:$port/other/y:1" -o json
    stdout_json '.digest == "'"$digest"'"'
    expect 0 provar verify "127.0.0.1:$port/other/y:1" --issuer "$issuer"
    stdout_any
    # Nothing is attached to what was stored, and nobody asks for what may be.
    if grep -q /referrers/ .zot.out; then refuse "referrers"; fi
    expect 0 curl -sf "http://127.0.0.1:$port/v2/test/x/referrers/$digest"
    stdout_json '.manifests == []'
    grep -q /referrers/ .zot.out
}
