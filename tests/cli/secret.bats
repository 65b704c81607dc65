#!/usr/bin/env bats
# What the command does with seeds and host data: nothing of them stays in its memory, and nobody may look into that.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

any_seed='(?<![A-Z2-7])S[ACMNOUVX][A-Z2-7]{40}'
# The seed of a.nk: its text, and 16 of its bytes.
known_seed="ACTTUPKR55VUWUDK7GJ5SU5K|\xce\x8f\x54\x7b\xda\xd2\xd4\x1a\xbe\x64\xf6\x54\xea\x8c\x41\xf3"
secret='correct horse battery staple'

# leaves_nothing STATUS PATTERN ARG...: provar ends with this status and has the pattern nowhere in its memory then
leaves_nothing() {
    local status=$1 pattern=$2
    shift 2
    not_sanitized 'what stays in memory'
    expect "$status" python3 "$PROVAR_SOURCE/tests/support/residue.py" "$pattern" "$PROVAR_BUILD/cli/provar" "$@"
    stdout_any
    stderr_any
}

@test "what is left in memory is found" {
    not_sanitized 'what stays in memory'
    local create=(create --name N --vendor V --version 1 --subject v.nk --target linux-x86 --destination x.par)
    WASH_ISSUER_KEY=$issuer_seed expect 90 python3 "$PROVAR_SOURCE/tests/support/residue.py" "$any_seed" \
        "$PROVAR_BUILD/cli/provar" "${create[@]}"
    stdout_any
    stderr_like '^left in memory: .*SAACTTUPKR55'
    leaves_nothing 0 "$any_seed" "${create[@]/x.par/y.par}" --issuer a.nk
}

@test "keys: no seed is left in memory, as text or as a document" {
    leaves_nothing 0 "$any_seed" keys gen account
    leaves_nothing 0 "$any_seed" keys gen account -o json
    leaves_nothing 0 "$any_seed" keys gen service --destination -
    leaves_nothing 0 "$any_seed" keys gen service --destination k.nk
    local pattern
    for pattern in "$any_seed" "$known_seed"; do
        leaves_nothing 0 "$pattern" keys get a -d .
        leaves_nothing 0 "$pattern" keys get a -d . -o json
        leaves_nothing 0 "$pattern" keys public a.nk
    done
    seed_file bad.nk "${issuer_seed%?????}AAAAA"
    leaves_nothing 5 "$known_seed" keys get bad -d .
}

@test "create, sign: no seed is left in memory" {
    leaves_nothing 0 "$known_seed" create --name N --vendor V --version 1 --issuer a.nk --subject v.nk --target linux-x86 \
        --destination x.par
    leaves_nothing 0 "$known_seed" sign x.par --issuer a.nk
}

@test "run: no host data are left in memory, whatever becomes of them" {
    pack cat.par --target "$(command -v cat)"
    # What is freed must stay where the search finds it.
    export MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=1073741824
    local run=(run cat.par -i "$issuer" --host-data data)
    local pattern="${secret#* }|$(printf '{"links":{"password":"%s"}}' "$secret" | base64 -w0 | cut -c 9-40)"
    printf '{"links":{"password":"%s"}}' "$secret" >data
    leaves_nothing 0 "$pattern" "${run[@]}"
    leaves_nothing 125 "$pattern" run cat.par -i "$stranger" --host-data data
    printf '{"links":{"password":"%s"}' "$secret" >data
    leaves_nothing 125 "$pattern" "${run[@]}"
    printf '{"%s":1,"%s":1}' "$secret" "$secret" >data
    leaves_nothing 125 "$pattern" "${run[@]}"
    # Too long: freed before the end, and deep in it, so that what is allocated later does not write over it.
    { head -c 8M /dev/zero && printf '{"links":{"password":"%s"}}' "$secret" && head -c 8M /dev/zero; } >data
    leaves_nothing 125 "$pattern" "${run[@]}"
}

@test "seeds and documents arrive whole at a pipe, and at nothing else" {
    local words
    for words in 'keys gen account' 'keys gen account -o json' 'keys gen account --destination -' 'keys get a -d .' \
        'keys get a -d . -o json'; do
        expect 3 sh -c "provar $words >/dev/full"
        stderr_is 'provar: cannot write to standard output [io]'
        expect 3 sh -c "provar $words >&-"
        stderr_is 'provar: cannot write to standard output [io]'
    done
    expect 0 sh -c 'provar keys get a -d . -o json | cat'
    stdout_is '{
  "success": true,
  "seed": "'"$issuer_seed"'"
}'
}

@test "a seed where none belongs is struck out, wherever it would be shown" {
    local stars=${issuer_seed//?/*}
    refused 3 io "cannot open '$stars': No such file or directory" keys public "$issuer_seed"
    refused 3 io "cannot open './$stars.nk': No such file or directory" keys get "$issuer_seed" -d .
    refused 2 usage "'$stars' is no kind of key: account, user, module (component), service (provider), server (host), operator, cluster, or curve (x25519)" \
        keys gen "$issuer_seed"
    succeeds $'\n====== Keys found in '"$stars"$' ======\n\n' keys list -d "$issuer_seed"
    # In a warning: the directory of a key that is made.
    local create=(create --name N --vendor V --version 1 --subject v.nk --target linux-x86 --keygen -d "$issuer_seed")
    expect 0 provar "${create[@]}"
    stdout_any
    stderr_like "wrote its seed to '[*]{58}/tester_account.nk'"
    rm -r "$issuer_seed" linux-x86.par
    expect 0 provar "${create[@]}" -o json
    stdout_json ".warnings == [.warnings[0]] and (.warnings[0] | endswith(\"to '$stars/tester_account.nk'\"))"
    stderr_any
    not_said "$issuer_seed"
}

# wait_for SECONDS COMMAND...: until the command succeeds
wait_for() {
    local tries=$(($1 * 50))
    shift
    until "$@"; do
        ((tries-- > 0)) || return 1
        sleep 0.02
    done
}

@test "no core dumps" {
    mkfifo seed
    (ulimit -c unlimited 2>/dev/null || true; exec provar keys public - <seed >public 3>&-) &
    local pid=$!
    exec 8>seed
    wait_for 10 grep -Eq '^Max core file size +0 +0 ' /proc/$pid/limits || refuse 'the limit on core dumps is not 0'
    cat a.nk >&8
    exec 8>&-
    wait $pid
    [[ $(<public) == "$issuer" ]]
}

# Gives the files of the test to another user, in a folder that they may enter, and goes there.
as_other_user() {
    [[ $(id -u) == 0 ]] || skip 'needs root'
    needs setpriv
    other_folder=$(mktemp -d /tmp/provar-other-XXXXXX)
    cp -R . "$other_folder"
    chown -R 65534:65534 "$other_folder"
    cd "$other_folder" || return 1
    export XDG_CONFIG_HOME=$PWD/config
    other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${other[@]}" "$PROVAR_BUILD/cli/provar" --version >/dev/null 2>&1 || skip 'needs a build that another user may run'
}

teardown() {
    [[ -z ${other_folder:-} ]] || rm -rf "$other_folder"
    lib_teardown
}

@test "no other process of the user may look into its memory" {
    mkfifo seed
    as_other_user
    "${other[@]}" "$PROVAR_BUILD/cli/provar" keys public - <seed >public 3>&- &
    local pid=$!
    exec 8>seed
    owner_is_root() { [[ $(stat -c %u /proc/$pid/mem) == 0 ]]; }
    wait_for 10 owner_is_root || refuse 'its memory belongs to its user'
    cat a.nk >&8
    exec 8>&-
    wait $pid
    [[ $(<public) == "$issuer" ]]
}

@test "what needs /proc/self works all the same, for another user too" {
    pack sh.par --target "$shell"
    printf '{}' >data
    as_other_user
    expect 0 "${other[@]}" provar create --name N --vendor V --version 1 --issuer /dev/fd/7 --subject v.nk \
        --target linux-x86 --destination x.par 7<a.nk
    stdout_any
    expect 0 "${other[@]}" provar check x.par
    stdout_any
    expect 0 "${other[@]}" provar keys gen account --destination new.nk
    stdout_any
    expect 4 "${other[@]}" provar run sh.par -i "$issuer" --host-data data -- -c 'cat >/dev/null; exit 4'
    # The provider is an ordinary process again.
    expect 0 "${other[@]}" provar run sh.par -i "$issuer" -- -c 'test -O /proc/$$/mem'
}
