#!/usr/bin/env bats
# The client that wash and hosts have takes what provar stores, an archive or one of an index, and provar what it sends.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154

load lib

setup_file() {
    build_reference
    build_oci_client
}

setup() {
    need python3 jq
    need_reference
    need_oci_client
    setup_keys
    cd "$BATS_TEST_TMPDIR" || return
    host=$(uname -m)-linux
    body host 300007 host
    body macos 512 macos
    body other 100003 other
    { printf '\0asm\001\0\0\0' && head -c 13 host; } >world
    expect 0 provar create --name Interop --vendor wasmCloud --revision 7 --version 1.2.3 --issuer "$issuer_file" \
        --subject "$subject_file" --target "$host=host" --target aarch64-macos=macos --target s390x-linux=other --wit world \
        --compress --destination whole.par.gz
}

teardown() {
    [ -z "${registry_pid:-}" ] || kill "$registry_pid" || true
}

# What the scripts of other programs put in its way; each command of the peer has one document.
peer() { env -u http_proxy -u HTTP_PROXY -u all_proxy -u ALL_PROXY RUST_BACKTRACE=0 "$OCI_CLIENT" "$@"; }

# start_registry: docker-registry on a free port; sets $registry
start_registry() {
    local port try i
    for try in 1 2 3 4 5; do
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        printf 'version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: %s/data}\nhttp:\n  addr: 127.0.0.1:%s\n' \
            "$PWD" "$port" >registry.yml
        docker-registry serve registry.yml >registry.log 2>&1 3>&- &
        registry_pid=$!
        for ((i = 0; i < 500; i++)); do
            ! (exec 9<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
            kill -0 "$registry_pid" 2>/dev/null || break
            sleep 0.02
        done
        registry=127.0.0.1:$port
        if kill -0 "$registry_pid" 2>/dev/null; then return; fi
    done
    return 1
}

# loads FILE TARGET=BODY: the crate takes it as an archive whose only target is this
loads() {
    equal "members of $1" "$(printf '%s\n' claims.jwt world.wasm "${2%%=*}.bin")" "$(peek members "$1")"
    expect 0 reference load 0.16.2 "$1" --target "${2%%=*}"
    jq -e --arg target "${2%%=*}" --arg sha256 "$(sha256 "${2#*=}")" --arg world "$(sha256 world)" --arg issuer "$issuer" '
        .targets == [$target] and .members[$target].sha256 == $sha256 and .world.sha256 == $world and .issuer == $issuer' \
        <<<"$output" >/dev/null
}

@test "the client's own resolver takes this machine's manifest of an index of one archive for each target" {
    expect 0 provar push oci:s:1 whole.par.gz --per-target
    local index chosen layer
    index=$(jq -r '.manifests[0].digest | sub(":"; "/")' s/index.json)
    expect 0 peer resolve "s/blobs/$index"
    chosen=$(jq -r .digest <<<"$output")
    layer=$(jq -r '.layers[0].digest | sub(":"; "/")' "s/blobs/${chosen/://}")
    loads "s/blobs/$layer" "$host=host"
    # An index without this machine's target has nothing for it.
    expect 0 provar create --name Interop --vendor wasmCloud --version 1 --issuer "$issuer_file" --subject "$subject_file" \
        --target aarch64-macos=macos --destination mac.par
    expect 0 provar push oci:s:2 mac.par --per-target
    index=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "2").digest | sub(":"; "/")' s/index.json)
    expect 0 peer resolve "s/blobs/$index"
    equal "what is chosen" '{"digest":null}' "$output"
}

@test "a pull as hosts do it: of an index this machine's archive alone, else the whole" {
    need docker-registry
    start_registry
    expect 0 provar push "$registry/acme/http:each" whole.par.gz --per-target
    expect 0 provar push "$registry/acme/http:whole" whole.par.gz
    expect 0 peer pull "$registry/acme/http:each" each.par.gz
    jq -e --argjson size "$(stat -c %s each.par.gz)" '.layers == 1 and .bytes == $size' <<<"$output" >/dev/null
    loads each.par.gz "$host=host"
    extracts each.par.gz "$host=host"
    expect 0 peer pull "$registry/acme/http:whole" all.par.gz
    cmp all.par.gz whole.par.gz
    # And as provar does it.
    expect 0 provar pull "$registry/acme/http:each" --issuer "$issuer" --destination mine.par.gz
    cmp mine.par.gz each.par.gz
}

@test "what the client pushes as wash does, of an archive that provar pulled, provar pulls and lists" {
    need docker-registry
    start_registry
    expect 0 provar push "$registry/acme/http:mine" whole.par.gz
    expect 0 provar pull "$registry/acme/http:mine" --issuer "$issuer" --destination pulled.par.gz
    expect 0 peer push "$registry/acme/http:theirs" pulled.par.gz
    expect 0 provar pull "$registry/acme/http:theirs" --issuer "$issuer" --destination back.par.gz
    cmp back.par.gz whole.par.gz
    expect 0 provar extract "$registry/acme/http:theirs" --target s390x-linux --issuer "$issuer" --destination out
    cmp out other
    expect 8 provar pull "$registry/acme/http:theirs" --issuer "$stranger" --destination none.par.gz
    # The two manifests differ, and with `--manifest wash` they do not.
    expect 0 provar push "$registry/acme/http:alike" whole.par.gz --manifest wash
    expect 0 provar list "$registry/acme/http" -o json
    jq -e '[.entries[] | {(.tag): .digest}] | add | .alike == .theirs and .mine != .theirs' <<<"$output" >/dev/null
}
