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
