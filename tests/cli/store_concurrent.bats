#!/usr/bin/env bats
# Many at one layout: nothing is lost.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

# LAY-3.
@test "20 pushes at once into a layout that is not there yet lose nothing" {
    local i pids=() failed=0
    for i in {1..20}; do
        pack "$i.par" --version "$i" --revision "$i" --target linux-x86
    done
    for i in {1..20}; do
        provar -q push "oci:s:t$i" "$i.par" --by-revision >/dev/null &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || failed=$((failed + 1))
    done
    [[ $failed == 0 ]] || refuse "$failed pushes failed"
    [[ $(tags s | wc -l) == 40 ]]
    whole s
    for i in {1..20}; do
        cmp "$(layer s "t$i")" "$i.par"
        [[ $(digest_of s "t$i") == "$(digest_of s "rev-$i")" ]]
    done
    expect 0 ls -A s/partial
}

# meanwhile FILE CALL: y.par is pushed into s, which another fills as soon as FILE is there, while the first of these
# system calls takes a second
meanwhile() {
    local pid i
    rm -f trace
    strace -f -qq -o trace -e "trace=${2%%:*}" -e "inject=$2:when=1" provar -q push oci:s:b y.par >/dev/null &
    pid=$!
    for ((i = 0; i < 500; i++)); do
        [[ ! -s $1 && ! -d $1 ]] || break
        sleep 0.01
    done
    provar -q push oci:s:a x.par >/dev/null
    wait "$pid"
    [[ $(tags s | cut -d ' ' -f 1) == $'a\nb' ]] || refuse "$(tags s)" || return
    whole s
}

# LAY-3.
@test "who makes a layout that another has made and filled meanwhile adds to it" {
    needs strace
    not_sanitized "what is called"
    two x.par
    other y.par
    # It has found none, and is about to name its index.json.
    meanwhile s/partial linkat:delay_enter=1000000
    # It has found one that is begun, and is about to look whether anybody has gone on with it.
    jq -cj '.manifests = []' s/index.json >empty
    rm -rf s && mkdir s && cp empty s/index.json
    meanwhile trace getdents64:delay_exit=1000000
}

@test "one revision, 20 contents at once: one is stored under it, 19 are refused" {
    local i pids=() stored=0
    for i in {1..20}; do
        pack "$i.par" --version "$i" --revision 5 --target linux-x86
    done
    for i in {1..20}; do
        provar -q push oci:s "$i.par" --by-revision >/dev/null 2>"$i.err" &
        pids+=($!)
    done
    for i in {1..20}; do
        if wait "${pids[i - 1]}"; then
            stored=$((stored + 1))
            cmp "$(layer s rev-5)" "$i.par"
        else
            grep -q "the tag 'rev-5' names other content already" "$i.err" || refuse "$(<"$i.err")"
        fi
    done
    [[ $stored == 1 && $(tags s | wc -l) == 1 ]] || refuse "$stored stored"
    whole s
}
