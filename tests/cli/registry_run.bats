#!/usr/bin/env bats
# provar run and extract of a reference fetch one target, from one archive of all and from an index of one archive for each.
# SPDX-License-Identifier: Apache-2.0

load ranges.bash

# PULL-8.
@test "run: only this machine's executable is fetched, of every form in which an archive is stored" {
    fake
    local at=127.0.0.1:$port/x form most
    three x.par
    three x.par.gz --compress
    provar -q push "$at:plain" x.par >/dev/null
    provar -q push "$at:gzip" x.par.gz >/dev/null
    provar -q push "$at:plain-each" x.par --per-target >/dev/null
    provar -q push "$at:gzip-each" x.par.gz --per-target >/dev/null
    # The shell, a first look, and windows of a walk over the headers.
    most=$(($(stat -Lc %s "$shell") * 105 / 100 + 131072 + 3 * 65536))
    for form in plain gzip plain-each gzip-each; do
        behave
        expect 3 provar run "$at:$form" --issuer "$issuer" -- -c 'exit 3'
        at_most "bytes for $form" "$(moved)" "$most"
        behave
        expect 0 provar extract "$at:$form" --issuer "$issuer" --destination out --force
        stdout_any
        cmp out "$shell"
        at_most "bytes for $form" "$(moved)" "$most"
    done
}

@test "run: a digest in the reference covers what was fetched; with --lazy=never that is all of it, once" {
    fake
    local at=127.0.0.1:$port/x digest
    three x.par.gz --compress
    digest=$(provar -q push "$at:a" x.par.gz | sed 's/.*@//')
    behave
    expect 3 provar run "$at@$digest" --insecure-no-trust -- -c 'exit 3'
    stderr_like 'insecure-no-trust'
    at_most bytes "$(moved)" $(($(stat -Lc %s "$shell") * 105 / 100 + 131072))
    behave
    expect 3 provar run "$at@$digest" --issuer "$issuer" --lazy=never -- -c 'exit 3'
    count 1 '.target | test("/blobs/")'
    at_most bytes "$(moved)" $(($(stat -c %s x.par.gz) + 65536))
}

@test "run: what a stranger has signed, and what is no executable, does not run; the status says so" {
    fake
    local at=127.0.0.1:$port/x
    three x.par
    provar -q push "$at:a" x.par --per-target >/dev/null
    expect 125 provar run "$at:a" --issuer "$stranger" -- -c 'exit 3'
    stderr_like '\[untrusted\]$'
    echo text >text
    pack y.par --version 1 --target "$here=text" --force
    provar -q push "$at:b" y.par >/dev/null
    expect 126 provar run "$at:b" --issuer "$issuer"
    stderr_like '\[exec\]$'
    pack z.par --version 1 --target s390x-linux=text --force
    provar -q push "$at:c" z.par --per-target >/dev/null
    expect 127 provar run "$at:c" --issuer "$issuer"
    stderr_like '\[no-target\]$'
}

@test "--per-target: the same archive pushed twice is sent once; copies keep the digest" {
    fake
    local at=127.0.0.1:$port/x digest
    three x.par.gz --compress
    digest=$(provar -q push "$at" x.par.gz --per-target --by-revision | sed 's/.*@//')
    behave
    expect 0 provar push "$at" x.par.gz --per-target --by-revision --progress=plain
    stdout_is "$at:rev-7@$digest"
    count 0 '.method == "POST" or .method == "PATCH"'
    expect 0 provar copy "$at:rev-7" oci:s:a --progress=plain
    stdout_is "oci:s:a@$digest"
    stderr_like '^provar: .* in [0-9]+ s, '
    whole s
}

# IF-3.
@test "what is read by and by has the status of what went wrong at the registry" {
    fake
    local at=127.0.0.1:$port/x how status code answer
    three x.par
    provar -q push "$at:a" x.par >/dev/null
    for how in '14 registry 400' '16 auth 403' '17 not-found 404'; do
        read -r status code answer <<<"$how"
        behave '{"on": "GET .*/blobs/", "status": '"$answer"'}'
        expect "$status" provar inspect "$at:a"
        stderr_like "\[$code\]$"
        expect "$status" provar pull "$at:a" --target s390x-linux --issuer "$issuer" --destination out
        stderr_like "\[$code\]$"
        expect "$status" provar extract "$at:a" --target s390x-linux --issuer "$issuer" --destination out
        stderr_like "\[$code\]$"
        expect 125 provar run "$at:a" --issuer "$issuer"
        stderr_like "\[$code\]$"
    done
    absent out
}
