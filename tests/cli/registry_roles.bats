#!/usr/bin/env bats
# Two people who have logged in to one registry and know nothing else: one pushes, the other runs what is for this machine.
# SPDX-License-Identifier: Apache-2.0

load ranges.bash

# A registry in which alice and bob may do everything, whoever has no login nothing; each has a home with a login
members() {
    needs htpasswd
    local who
    for who in alice bob; do
        htpasswd -Bbn "$who" "of $who"
    done >htpasswd
    registry r <<<"auth: {htpasswd: {realm: test, path: $PWD/htpasswd}}"
    for who in alice bob; do
        logged_in "$who/.docker/config.json" "127.0.0.1:$port" "$who" "of $who"
    done
    mkdir carol
    at=127.0.0.1:$port/acme/greeter
}

# as WHO COMMAND...: with nothing of the caller's but the home
as() {
    HOME=$PWD/$1 "${@:2}"
}

# sent FROM: bytes that the registry has written since its log had so many lines
sent() {
    tail -n "+$(($1 + 1))" .r.out | sed -nE 's/.*" [0-9]{3} ([0-9]+) "".*/\1/p' | jq -s 'add // 0'
}

# costs MOST COMMAND...: the command, for which the registry sends at most so many bytes, and some
costs() {
    local most=$1 before bytes
    before=$(wc -l <.r.out)
    shift
    "$@"
    bytes=$(sent "$before")
    [[ $bytes -gt 1024 && $bytes -le $most ]] || refuse "$bytes bytes were sent, not up to $most: $(tail -n "+$((before + 1))" .r.out)"
}

@test "who has logged in pushes, and a colleague runs, by one word each: only this machine's target is fetched" {
    local own form
    members
    three gzip.par.gz --compress
    three plain.par
    for form in gzip.par.gz plain.par; do
        as alice expect 0 provar push "$at:${form%%.*}" "$form"
        stdout_like "^$at:${form%%.*}@sha256:[0-9a-f]{64}$"
        as alice expect 0 provar push "$at:${form%%.*}-each" "$form" --per-target
        stdout_any
    done
    # The executable, a look at what leads to it, and the documents.
    own=$(($(stat -Lc %s "$shell") * 105 / 100 + 131072 + 3 * 65536 + 16384))
    for form in gzip plain gzip-each plain-each; do
        costs "$own" as bob expect 3 provar run "$at:$form" --issuer "$issuer" -- -c 'exit 3'
        costs "$own" as bob expect 0 provar extract "$at:$form" --issuer "$issuer" --destination "own-$form"
        stdout_any
        cmp "own-$form" "$shell"
        # For a machine that is none of these two: what is asked for by name, and no more.
        costs $((4194304 * 105 / 100 + 131072 + 3 * 65536 + 16384)) \
            as bob expect 0 provar pull "$at:$form" --target s390x-linux --issuer "$issuer" --destination "other-$form"
        stdout_any
        cmp "other-$form" first
    done
}

@test "what the two get wrong: no login, another's issuer, a slip in a name, and what is not for this machine" {
    members
    three greeter.par.gz --compress
    fails 16 'none are known; log in with .docker login. or give a user and password \[auth\]$' push "$at:1.0.0" greeter.par.gz
    as alice expect 0 provar push "$at:1.0.0" greeter.par.gz
    stdout_any
    as carol expect 125 provar run "$at:1.0.0" --issuer "$issuer" -- -c 'exit 3'
    stderr_like 'none are known; log in with .docker login. or give a user and password \[auth\]$'
    as bob expect 125 provar run "$at:1.0.0" -- -c 'exit 3'
    stderr_like "signed by $issuer, but no issuer is trusted: pass --issuer .*\[untrusted\]$"
    as bob expect 125 provar run "$at:1.0.0" --issuer "$stranger" -- -c 'exit 3'
    stderr_like '\[untrusted\]$'
    as bob expect 125 provar run "$at:1.0.1" --issuer "$issuer" -- -c 'exit 3'
    stderr_like "has no manifest '1.0.1'.*\[not-found\]$"
    as bob expect 2 provar pull "$at" --issuer "$issuer"
    stderr_like "^provar: the reference has no tag, and 'latest' is not allowed without being asked for; --allow-latest .* \[usage\]$"
    as bob expect 2 provar push "$at:1.0.0"
    stderr_like '^provar: missing: ARCHIVE\|- \[usage\]$'
    as bob expect 2 provar push greeter.par.gz "$at:1.0.0"
    stderr_like "'greeter.par.gz' is a file, and no reference"
    as bob expect 2 provar list greeter.par.gz
    stderr_like "'greeter.par.gz' is a file, and no reference"
    mkdir layout
    as bob expect 2 provar copy "$at:1.0.0" layout
    stderr_like "'layout' is a directory; a layout in it is 'oci:layout'"
    as bob expect 125 provar run acme/greeter:1.0.0 --issuer "$issuer"
    stderr_like 'No such file or directory; a reference begins with its registry, as docker.io/REPO:TAG, or with oci: and a layout.s directory \[io\]$'
    pack elsewhere.par --version 1 --target s390x-linux=first --force
    as alice expect 0 provar push "$at:elsewhere" elsewhere.par
    stdout_any
    as bob expect 127 provar run "$at:elsewhere" --issuer "$issuer"
    stderr_like '\[no-target\]$'
}

@test "push, pull, list and copy: without a registry it is docker.io, as for docker" {
    local verb
    two x.par
    for verb in 'push acme/greeter:1 x.par' 'pull acme/greeter:1 --issuer '"$issuer" 'list acme/greeter' 'copy acme/greeter:1 oci:s:1'; do
        # shellcheck disable=SC2086
        expect 18 provar $verb --proxy http://127.0.0.1:1
        stderr_like "registry-1.docker.io/v2/acme/greeter.*\[network\]$"
    done
    absent s
}
