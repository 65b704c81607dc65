#!/usr/bin/env bats
# Peak memory of what stores, retrieves, lists and collects is below 32 MiB on two threads, whatever the archive's size.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load measure.bash
load registries.bash

# How much may come with a larger archive; docs/ARCHITECTURE.md, "Memory".
growth_kib=2048
other=

setup() {
    lib_setup
    not_sanitized "a measure of memory"
    provar keys gen account --destination a.nk >issuer
    provar keys gen service --destination v.nk >/dev/null
    # 50 MB that do not compress, and behind them zeros that take no room on disk.
    { cat "$PROVAR_BUILD/cli/provar" && head -c 50M /dev/urandom; } | head -c 50000000 >medium
    cp medium large
    truncate -s 512M large
    printf '#!/bin/sh\n' >small
}

# measured NAME VERB ARG...: below the limit, and for the large archive what it takes for the medium one
measured() {
    local name=$1
    shift
    peak_of "$size, $name" provar -q "$@"
    if [[ $size == medium ]]; then
        echo "$peak" >"peak.$name"
    else
        ((peak <= $(<"peak.$name") + growth_kib)) || refuse "$name: $peak KiB, and $(<"peak.$name") KiB for 50 MB"
    fi
}

# every_verb STORE ARCHIVE [ARG...]: STORE is what its references begin with; ARG... go to create. $other is another registry.
every_verb() {
    local at=$1 archive=$2 issuer
    shift 2
    issuer=$(<issuer)
    provar -q create --name Large --vendor Test --version 1 --issuer a.nk --subject v.nk --force --threads 2 "$@" \
        --target x86_64-linux="$size" --target s390x-linux=small --destination "$archive" >/dev/null
    measured push push "${at}s:a" "$archive" --threads 2
    measured copy copy "${at}s:a" "${at}t:a"
    [[ -z $other ]] || measured copy-over copy "${at}s:a" "$other/$size:a"
    measured pull pull "${at}s:a" --issuer "$issuer" --threads 2 --destination pulled
    cmp pulled "$archive"
    measured verify verify "${at}s:a" --issuer "$issuer" --threads 2
    measured pull-target pull "${at}s:a" --issuer "$issuer" --threads 2 --target x86_64-linux --destination pulled
    cmp pulled "$size"
    measured per-target push "${at}u:a" "$archive" --per-target --threads 2
    measured pull-index pull "${at}u:a" --issuer "$issuer" --threads 2 --target x86_64-linux --destination pulled
    cmp pulled "$size"
    rm -rf s t u pulled "$archive"
}

@test "plain, in a layout: push, copy, pull, verify, pull --target, push --per-target take for 512 MiB what they take for 50 MB" {
    for size in medium large; do every_verb oci: x.par; done
}

@test "gzip, in a layout: push, copy, pull, verify, pull --target, push --per-target take for 512 MiB what they take for 50 MB" {
    for size in medium large; do every_verb oci: x.par.gz --compress=1; done
}

@test "gzip, in a registry: push, copy, pull, verify, pull --target, push --per-target take for 512 MiB what they take for 50 MB" {
    plain_registry another
    local other=127.0.0.1:$port
    plain_registry reg
    for size in medium large; do every_verb "127.0.0.1:$port/$size-" x.par.gz --compress=1; done
}

@test "list: as many tags as it takes, with as much text, as a table and as a document" {
    crowded s 507
    peak_of "list" provar list oci:s
    peak_of "list -o json" provar list oci:s -o json
    rm "s/blobs/sha256/"*
    peak_of "list -o json of what cannot be read" provar -q list oci:s -o json
}

@test "gc: any number of files that nothing names; the document lists 65536 of them" {
    mkdir -p s/blobs/sha256
    echo '{"imageLayoutVersion":"1.0.0"}' >s/oci-layout
    echo '{"manifests":[]}' >s/index.json
    seq -f %064.0f 140000 | (cd s/blobs/sha256 && xargs touch)
    peak_of "gc --dry-run" provar gc oci:s --grace 0 --dry-run
    peak_of "gc -o json" provar -q gc oci:s --grace 0 -o json
    [[ -z $(ls s/blobs/sha256) ]]
    seq -f %064.0f 65536 | (cd s/blobs/sha256 && xargs touch)
    expect 0 provar gc oci:s --grace 0 --dry-run -o json
    stdout_json '.count == 65536 and (.files | length) == 65536 and has("warnings") == false'
    seq -f %064.0f 0 0 | (cd s/blobs/sha256 && xargs touch)
    expect 0 provar gc oci:s --grace 0 --dry-run -o json
    stdout_json '.count == 65537 and (.files | length) == 65536 and (.warnings | length) == 1'
    stderr_is 'provar: warning: the document lists 65536 of 65537 files'
}
