#!/usr/bin/env bats
# A full disk: each verb that writes ends with 3, leaves what was there as it was, and nothing beside it.
# SPDX-License-Identifier: Apache-2.0

load lib.bash

# The disk is a tmpfs of a few hundred KiB, in a name space of its own.
setup() {
    lib_setup
    unshare --user --map-root-user --mount sh -c 'mount -t tmpfs tmpfs "$0"' "$PWD" 2>/dev/null ||
        skip "needs name spaces for users and mounts, which this system does not allow"
    provar keys gen account --destination a.nk >issuer
    provar keys gen service --destination v.nk >subject
    head -c 300K /dev/urandom >body
    head -c 200K body >small
    mkdir disk content after
    # SIZE COMMAND...: runs it with a disk of that size, which holds what is in content/; leaves in after/ what is on it then
    cat >on_disk <<'SCRIPT'
#!/bin/sh
exec unshare --user --map-root-user --mount sh -c '
    mount -t tmpfs -o size="$0" tmpfs disk && cp content/* disk/ || exit 125
    "$@"
    status=$?
    cp -R disk/. after/ || exit 126
    exit $status' "$@"
SCRIPT
    chmod +x on_disk
    : >content/other
}

creation=(provar -q create --name Full --vendor Test --version 1 --issuer a.nk --subject v.nk --target x86_64-linux=body)

# full KIB COMMAND...: it has no room, and changes nothing
full() {
    local size=$1
    shift
    rm -rf after/* after/.[!.]*
    expect 3 ./on_disk "${size}k" "$@"
    stdout_any
    stderr_has 'No space left on device'
    diff -r content after || refuse "the disk of $size KiB has changed"
}

# fits KIB COMMAND...: it has room, and writes nothing beside disk/NEW
fits() {
    local size=$1
    shift
    rm -rf after/* after/.[!.]*
    expect 0 ./on_disk "${size}k" "$@"
    stdout_any
    stderr_is ''
}

# each_size FROM TO COMMAND...: FROM KiB are too few for it, and so is every 32nd size from there to below TO; TO and 32 are enough
each_size() {
    local size from=$1 to=$2
    shift 2
    for ((size = from; size < to; size += 32)); do
        full "$size" "$@"
    done
    fits $((to + 32)) "$@"
}

old_archive() {
    "${creation[@]}" --destination content/a.par "$@" >/dev/null
}

is_new() {
    [[ $(ls -A after) == $'a.par\nother' ]] || refuse "beside it: $(ls -A after)"
    expect 0 provar verify after/a.par --issuer "$(<issuer)" --require-target x86_64-linux "$@"
    stdout_any
}

@test "a full disk: create" {
    each_size 4 300 "${creation[@]}" --destination disk/a.par
    is_new
}

@test "a full disk: create --compress" {
    each_size 4 300 "${creation[@]}" --compress=1 --destination disk/a.par
    is_new
}

@test "a full disk: insert" {
    old_archive
    each_size 316 804 provar -q insert disk/a.par --issuer a.nk --target aarch64-linux=small
    is_new --require-target aarch64-linux
}

@test "a full disk: insert into a gzip archive" {
    old_archive --compress=1
    each_size 316 804 provar -q insert disk/a.par --issuer a.nk --target aarch64-linux=small
    is_new --require-target aarch64-linux
}

@test "a full disk: extract" {
    "${creation[@]}" --destination a.par >/dev/null
    each_size 4 300 provar -q extract a.par --issuer "$(<issuer)" --target x86_64-linux --destination disk/out
    cmp body after/out
}

@test "a full disk: extract over a file" {
    "${creation[@]}" --compress=1 --destination a.par >/dev/null
    cp small content/out
    each_size 204 500 provar -q extract a.par --issuer "$(<issuer)" --target x86_64-linux --destination disk/out --force
    cmp body after/out
}

# What waits for the verdict waits in TMPDIR: nothing has left before.
@test "a full disk: create to a stream" {
    each_size 4 300 sh -c 'if TMPDIR=disk "$@" >out; then exit 0; else status=$?; test -s out && exit 1; exit $status; fi' \
        sh "${creation[@]}" --destination -
    diff -r content after
    expect 0 provar verify out --issuer "$(<issuer)" --require-target x86_64-linux
    stdout_any
}

@test "a full disk: extract from a pipe" {
    "${creation[@]}" --destination a.par >/dev/null
    each_size 4 300 sh -c 'test ! -e out && cat a.par | TMPDIR=disk "$@"' \
        sh provar -q extract - --issuer "$(<issuer)" --target x86_64-linux --destination out
    diff -r content after
    cmp body out
}
