#!/usr/bin/env bats
# A verb that is killed leaves the old archive or the new one, and nothing else.
# SPDX-License-Identifier: Apache-2.0

load lib.bash

setup() {
    lib_setup
    provar keys gen account --destination a.nk >issuer
    provar keys gen service --destination v.nk >subject
    head -c 24M /dev/urandom >body
    printf 'small' >small
    provar -q create --name Kill --vendor Test --version 1 --issuer a.nk --subject v.nk --target x86_64-linux=body \
        --destination old.par >/dev/null
    mkdir work
}

# kill_at MILLISECONDS COMMAND...: starts a command and kills it after that time
kill_at() {
    local after=$1 pid
    shift
    "$@" >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

# run_time COMMAND...: how long it takes undisturbed, in milliseconds
run_time() {
    local begin=${EPOCHREALTIME/[.,]/}
    "$@" >/dev/null
    echo $(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
}

@test "insert, killed at 40 moments, leaves the old or the new archive" {
    old=0
    new=0
    cp old.par work/a.par
    whole=$(run_time provar -q insert work/a.par --issuer a.nk --target aarch64-linux=small)
    for ((i = 0; i < 40; i++)); do
        cp old.par work/a.par
        kill_at $((i * whole * 3 / 80)) provar -q insert work/a.par --issuer a.nk --target aarch64-linux=small
        if cmp -s old.par work/a.par; then
            old=$((old + 1))
        else
            expect 0 provar verify work/a.par --issuer "$(<issuer)" --require-target aarch64-linux
            stdout_any
            new=$((new + 1))
        fi
        [[ $(ls -A work) == a.par ]] || refuse "left behind: $(ls -A work)"
    done
    echo "# old $old, new $new" >&3
    ((old > 0 && new > 0))
}

@test "create, killed at 20 moments, leaves nothing or a whole archive" {
    none=0
    whole=0
    command=(provar -q create --name Kill --vendor Test --version 1 --issuer a.nk --subject v.nk
        --target x86_64-linux=body --compress=1 --destination work/a.par.gz)
    time=$(run_time "${command[@]}")
    for ((i = 0; i < 20; i++)); do
        rm -f work/*
        kill_at $((i * time * 3 / 40)) "${command[@]}"
        [[ -e work/a.par.gz ]] || {
            [[ -z $(ls -A work) ]] || refuse "left behind: $(ls -A work)"
            none=$((none + 1))
            continue
        }
        whole=$((whole + 1))
        expect 0 provar check work/a.par.gz
        stdout_any
    done
    echo "# none $none, whole $whole" >&3
    ((none > 0 && whole > 0))
}
