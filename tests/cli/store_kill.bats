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

# right_or_none: what a push into s that was killed has left is no layout yet, or one that any reader takes, and the next
# one gets it done
right_or_none() {
    if [[ -e s/oci-layout ]]; then
        jq -e '.schemaVersion == 2 and .mediaType == "application/vnd.oci.image.index.v1+json" and (.manifests | length < 2)' \
            s/index.json >/dev/null || refuse "index.json: $(cat s/index.json)" || return
        whole s
        [[ -z $(digest_of s a) ]] || cmp "$(layer s a)" y.par
        provar -q gc oci:s --grace 0 >/dev/null
        [[ $(find s/blobs -type f | wc -l) == $((3 * $(tags s | wc -l))) ]] || refuse "not collected: $(find s)" || return
    fi
    provar -q push oci:s:a y.par >/dev/null
    whole s
    provar -q pull oci:s:a --issuer "$issuer" --destination out.par >/dev/null
    cmp out.par y.par
    rm out.par
}

# LAY-3, LAY-5.
@test "push into a layout that is not there, killed at 20 moments, leaves none, or one that is whole" {
    setup_kill
    local i time none=0 empty=0 all=0
    time=$(run_time provar -q push oci:s:a y.par)
    for ((i = 0; i < 20; i++)); do
        rm -rf s
        kill_somewhere "$time" provar -q push oci:s:a y.par
        if [[ ! -e s/oci-layout ]]; then
            none=$((none + 1))
        elif [[ -z $(tags s) ]]; then
            empty=$((empty + 1))
        else
            all=$((all + 1))
        fi
        right_or_none
    done
    echo "# none $none, empty $empty, whole $all" >&3
    ((none + empty > 0 && all > 0))
}

# LAY-3, LAY-5.
@test "push into a layout that is not there, killed before each of its steps" {
    needs strace
    not_sanitized "what is called"
    setup_kill
    local call i steps=0 none=0 begun=0 empty=0
    for call in mkdir mkdirat write fsync linkat renameat unlinkat flock; do
        for ((i = 1; i < 100; i++)); do
            rm -rf s
            ! strace -f -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$i provar -q push oci:s:a y.par >/dev/null || break
            steps=$((steps + 1))
            if [[ ! -e s/oci-layout ]]; then
                none=$((none + 1))
                [[ ! -e s/index.json ]] || begun=$((begun + 1))
            elif [[ -z $(tags s) ]]; then
                empty=$((empty + 1))
            fi
            right_or_none
        done
        ((i < 100)) || refuse "$call does not end"
    done
    echo "# $steps steps: none $none, of them begun $begun, empty $empty" >&3
    ((none > begun && begun > 0 && empty > 0 && steps > none + empty))
    if command -v skopeo >/dev/null; then
        provar -q push oci:t:a y.par >/dev/null
        expect 0 skopeo inspect --raw oci:s:a
        stdout_is_file "$(blob t "$(digest_of t a)")"
    fi
}

@test "an index.json without oci-layout is left alone unless it is the one that a kill leaves" {
    two x.par
    provar -q push oci:old:a x.par >/dev/null
    local index
    for index in '{"manifests":[]}' "$(<old/index.json)" '' "$(printf '%0100000d' 0)"; do
        rm -rf s && mkdir s
        printf '%s' "$index" >s/index.json
        refused 14 registry "'s' is neither empty nor an OCI layout" push oci:s:a x.par
        [[ $(ls -A s) == index.json && $(<s/index.json) == "$index" ]] || refuse "something is changed: $(find s)"
    done
    # What a kill leaves is gone on with.
    jq -cj '.manifests = []' old/index.json >s/index.json
    provar -q push oci:s:a x.par >/dev/null
    cmp "$(layer s a)" x.par
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
