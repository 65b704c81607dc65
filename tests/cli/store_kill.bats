#!/usr/bin/env bats
# push, copy and pull that are killed leave store and destination as they were, or finished.
# SPDX-License-Identifier: Apache-2.0

load stores.bash
load killing.bash

setup_kill() {
    head -c 1M /dev/urandom >body
    pack x.par --version 1 --revision 1 --target x86_64-linux=body
    pack y.par --version 2 --revision 2 --target x86_64-linux=body
    provar -q push oci:old:a x.par >/dev/null
    local seed=${KILL_SEED:-$((EPOCHSECONDS % 32768))}
    RANDOM=$seed
    echo "# KILL_SEED=$seed" >&3
}

# killed_stores COUNT COMMAND...: which puts y.par into s:a
killed_stores() {
    local count=$1 old=0 new=0 i time
    shift
    cp -r old s
    time=$(run_time "$@")
    for ((i = 0; i < count; i++)); do
        rm -rf s && cp -r old s
        kill_somewhere "$time" "$@"
        whole s
        cmp "$(layer s a)" "$(layer old a)" && old=$((old + 1)) || { cmp "$(layer s a)" y.par && new=$((new + 1)); }
        [[ $(find s -maxdepth 1 | wc -l) -le 5 && $(find s/blobs -name '*.tmp' | wc -l) == 0 ]] || refuse "left behind: $(find s)"
        # The lock of the dead is free.
        provar -q push oci:s:a y.par >/dev/null
        cmp "$(layer s a)" y.par
    done 2>/dev/null
    echo "# old $old, new $new" >&3
    ((old > 0 && new > 0 && old + new == count)) || refuse "old $old, new $new of $count"
}

# LAY-3, LAY-5.
@test "push, killed at 60 moments, leaves the old tag or the new one, and every blob whole" {
    setup_kill
    killed_stores 60 provar -q push oci:s:a y.par
}

@test "copy, killed at 40 moments: the same" {
    setup_kill
    provar -q push oci:t:a y.par >/dev/null
    killed_stores 40 provar -q copy oci:t:a oci:s:a
}

@test "pull, killed at 60 moments, leaves nothing or the whole archive" {
    setup_kill
    local none=0 all=0 i time command=(provar -q pull oci:old:a --issuer "$issuer" --destination work/out)
    mkdir work
    time=$(run_time "${command[@]}")
    for ((i = 0; i < 60; i++)); do
        rm -rf work && mkdir work
        kill_somewhere "$time" "${command[@]}"
        if [[ -e work/out ]]; then
            cmp work/out x.par
            all=$((all + 1))
        else
            none=$((none + 1))
        fi
        rm -f work/out
        [[ -z $(ls -A work) ]] || refuse "left behind: $(ls -A work)"
    done
    echo "# none $none, whole $all" >&3
    ((none > 0 && all > 0))
}
