#!/usr/bin/env bats
# push and copy to a registry that are killed leave the tag where it was or where it was to be, on what is there.
# SPDX-License-Identifier: Apache-2.0

load registries.bash
load killing.bash

setup_kill() {
    head -c 1M /dev/urandom >body
    pack x.par --version 1 --revision 1 --target x86_64-linux=body
    head -c 1M /dev/urandom >body
    plain_registry r
    at=127.0.0.1:$port/x
    provar -q push "$at:a" x.par >/dev/null
    RANDOM=${KILL_SEED:=$((EPOCHSECONDS % 32768))}
    echo "# KILL_SEED=$KILL_SEED" >&3
}

# next I: an archive y.par that the registry has not seen
next() {
    printf '%d' "$1" | dd of=body conv=notrunc status=none
    pack y.par --version 2 --revision 2 --target x86_64-linux=body
}

# killed COUNT PREPARE COMMAND...: which puts y.par into the registry, after PREPARE has put it to where it comes from
killed() {
    local count=$1 prepare=$2 old=0 new=0 i time
    shift 2
    next 0
    $prepare
    time=$(run_time "$@")
    provar -q push "$at:a" x.par >/dev/null
    for ((i = 1; i <= count; i++)); do
        next "$i"
        $prepare
        kill_somewhere "$((time * 3 / 2))" "$@"
        provar -q pull "$at:a" --issuer "$issuer" --destination out >/dev/null || refuse "the tag names what is not there" || return
        cmp -s out x.par && old=$((old + 1)) || { cmp out y.par && new=$((new + 1)); }
        rm out
        # Whatever was left there, the next one gets it done.
        "$@" >/dev/null
        provar -q pull "$at:a" --issuer "$issuer" --destination out >/dev/null
        cmp out y.par
        provar -q push "$at:a" x.par >/dev/null
    done
    echo "# old $old, new $new" >&3
    ((old > 0 && new > 0 && old + new == count)) || refuse "old $old, new $new of $count"
}

stored() {
    provar -q push oci:t:a y.par >/dev/null
}

@test "push to a registry, killed at 20 moments, leaves the old archive or the new one" {
    setup_kill
    killed 20 : provar -q push "$at:a" y.par
}

@test "copy to a registry, killed at 20 moments: the same" {
    setup_kill
    killed 20 stored provar -q copy oci:t:a "$at:a"
}
