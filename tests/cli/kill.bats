#!/usr/bin/env bats
# A verb that is killed leaves the old file or the new one, and never a half: 200 times at random moments, and more.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load killing.bash

setup() {
    lib_setup
    provar keys gen account --destination a.nk >issuer
    provar keys gen service --destination v.nk >subject
    head -c 1M /dev/urandom >body
    head -c 600K body >small
    mkdir work
    local seed=${KILL_SEED:-$((EPOCHSECONDS % 32768))}
    RANDOM=$seed
    echo "# KILL_SEED=$seed" >&3
}

creation=(provar -q create --name Kill --vendor Test --version 1 --issuer a.nk --subject v.nk --target x86_64-linux=body)

# later VARIABLE, sooner VARIABLE: moves a time by an eighth, so that about half of the commands are killed before their end,
# however busy the machine has become since the time was taken
later() { (($1 += $1 / 8)); }
sooner() { (($1 -= $1 / 8)); }

# nothing_beside FILE CHECK: but for the new file under its temporary name, in the instant before it replaces the old one;
# that is whole, too, and passes CHECK
nothing_beside() {
    local file=$1 check=$2 entry
    while read -r entry; do
        [[ $entry == "$file" ]] && continue
        [[ $entry == .provar-*.tmp && -e work/$file ]] || refuse "left behind: $entry"
        "$check" "work/$entry" || refuse "a half: $entry"
        rm "work/$entry"
    done < <(ls -A work)
}

is_new() {
    expect 0 provar verify "$1" --issuer "$(<issuer)" --require-target x86_64-linux --require-target aarch64-linux || return
    stdout_any
}

# kill_insertions COUNT: into old.par
kill_insertions() {
    local old=0 new=0 i whole command
    command=(provar -q insert work/a.par --issuer a.nk --target aarch64-linux=small)
    cp old.par work/a.par
    whole=$(run_time "${command[@]}")
    for ((i = 0; i < $1; i++)); do
        cp old.par work/a.par
        kill_somewhere "$whole" "${command[@]}"
        nothing_beside a.par is_new
        if cmp -s old.par work/a.par; then
            old=$((old + 1))
            later whole
        else
            is_new work/a.par
            new=$((new + 1))
            sooner whole
        fi
    done
    echo "# old $old, new $new" >&3
    ((old > 0 && new > 0))
}

# kill_creations COUNT CHECK COMMAND...: which makes work/out, and that passes CHECK
kill_creations() {
    local count=$1 check=$2 none=0 whole=0 i time
    shift 2
    time=$(run_time "$@")
    for ((i = 0; i < count; i++)); do
        rm -f work/out
        kill_somewhere "$time" "$@"
        nothing_beside out false
        if [[ -e work/out ]]; then
            "$check" work/out
            whole=$((whole + 1))
            sooner time
        else
            none=$((none + 1))
            later time
        fi
    done
    echo "# none $none, whole $whole" >&3
    ((none > 0 && whole > 0))
}

is_archive() {
    expect 0 provar check "$1" || return
    stdout_any
}

is_body() {
    cmp "$1" body
}

@test "insert into a plain archive, killed at 60 moments, leaves the old or the new one" {
    "${creation[@]}" --destination old.par >/dev/null
    kill_insertions 60
}

@test "insert into a gzip archive, killed at 60 moments, leaves the old or the new one" {
    "${creation[@]}" --compress=1 --destination old.par >/dev/null
    kill_insertions 60
}

@test "create, killed at 40 moments, leaves nothing or a whole archive" {
    kill_creations 40 is_archive "${creation[@]}" --destination work/out
}

@test "create --compress, killed at 40 moments, leaves nothing or a whole archive" {
    kill_creations 40 is_archive "${creation[@]}" --compress=1 --destination work/out
}

@test "extract, killed at 40 moments, leaves nothing or a whole executable" {
    "${creation[@]}" --compress=1 --destination old.par >/dev/null
    kill_creations 40 is_body provar -q extract old.par --issuer "$(<issuer)" --target x86_64-linux --destination work/out
}
