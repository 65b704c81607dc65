#!/usr/bin/env bats
# pull goes on where another one was killed or lost the network, and leaves nothing that is of no use (PULL-5).
# SPDX-License-Identifier: Apache-2.0

load registries.bash
load killing.bash

# An archive of one megabyte in the scripted registry, and what a pull of it keeps when it breaks off.
setup_resume() {
    head -c 1M /dev/urandom >body
    pack x.par --version 1 --revision 7 --target x86_64-linux=body
    size=$(stat -c %s x.par)
    hex=$(sha256sum <x.par | cut -d ' ' -f 1)
    part=.provar-$hex.part
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par >/dev/null
    behave
}

# keeps BYTES [FILE]: they are what an earlier pull has kept; of x.par unless FILE is another
keeps() {
    (umask 077 && head -c "$1" "${2:-x.par}" >"$part")
}

# begins COMMAND...: in the background, until it has received half a megabyte; then the registry is silent
begins() {
    behave '{"on": "GET .*/blobs/sha256:'"$hex"'", "pause": [524288, '"$pause"'], "times": 1}'
    start pull "$@"
    # What arrives is written by blocks.
    await has_some
}

has_some() {
    (($(stat -c %s "$part") > 500000))
}

# pulls [BLOBS RANGE]: the whole archive, asking BLOBS times for bytes of it, the first time for RANGE, and nothing stays
pulls() {
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par -o json
    stdout_json '.success and .blob_verified'
    cmp x.par y.par
    count "$1" '.method == "GET" and (.target | contains("'"$hex"'"))'
    if (($1 > 0)); then
        [[ $(jq -r 'select(.target | contains("'"$hex"'")) | .range' fake/log | sed -n 1p) == "$2" ]] || refuse "asked for: $(<fake/log)"
    fi
}

nothing_stays() {
    if compgen -G '.provar-*' >/dev/null; then refuse "left behind"; fi
}

@test "a pull that was killed: the next one fetches the rest and no more" {
    setup_resume
    echo old >y.par
    local pause=60 have
    begins provar pull "$at:1" --issuer "$issuer" --destination y.par
    kill -KILL "$pid"
    wait "$pid" || true
    [[ $(<y.par) == old && $(mode_of "$part") == 600 ]]
    have=$(stat -c %s "$part")
    cmp -n "$have" "$part" x.par
    behave
    pulls 1 "bytes=$have-$((size - 1))"
    nothing_stays
}

# IF-3.
@test "a pull that is interrupted has the status of the signal, and the next one fetches the rest" {
    setup_resume
    local pause=60 have status=0
    # What runs in the background ignores it else.
    begins env --default-signal=INT provar pull "$at:1" --issuer "$issuer" --destination y.par
    kill -INT "$pid"
    wait "$pid" || status=$?
    [[ $status == 130 ]] || refuse "status $status"
    absent y.par
    have=$(stat -c %s "$part")
    behave
    pulls 1 "bytes=$have-$((size - 1))"
    nothing_stays
}

# PULL-4: beside the destination.
@test "a pull that lost the network, by another name: the same, and in the meantime a layout needs none of it" {
    setup_resume
    behave '{"on": "GET .*/blobs/sha256:'"$hex"'", "cut": 300000, "times": 1}' \
        '{"on": "GET .*/blobs/sha256:'"$hex"'", "skip": 1, "close": 0}'
    expect 18 provar pull "$at:1" --issuer "$issuer" --destination z.par
    stdout_is ''
    stderr_like '\[network\]$'
    absent z.par
    [[ $(stat -c %s "$part") == 300000 ]]
    expect 0 provar pull oci:stored:1 --issuer "$issuer" --destination z.par
    stdout_any
    [[ -e $part ]]
    behave
    pulls 1 "bytes=300000-$((size - 1))"
    nothing_stays
    mkdir elsewhere
    behave '{"on": "GET .*/blobs/sha256:'"$hex"'", "cut": 300001, "times": 1}' \
        '{"on": "GET .*/blobs/sha256:'"$hex"'", "skip": 1, "close": 1}'
    fails 18 '\[network\]$' pull "$at:1" --issuer "$issuer" --destination elsewhere/z.par
    [[ $(ls -A elsewhere) == "$part" ]]
}

@test "a pull that the registry refused for a while, or that lost its rights, is gone on with; one that it cannot answer is not" {
    setup_resume
    local rule have=300000 status
    for rule in '"status": 503, "times": 5' '"status": 429, "headers": [["Retry-After", "86400"]]' '"status": 403'; do
        behave '{"on": "GET .*/blobs/sha256:'"$hex"'", "cut": '$((++have))', "times": 1}' \
            '{"on": "GET .*/blobs/sha256:'"$hex"'", "skip": 1, '"$rule"'}'
        status=14
        [[ $rule != *403* ]] || status=16
        expect $status provar pull "$at:1" --issuer "$issuer" --destination y.par
        stdout_is ''
        stderr_any
        absent y.par
        [[ $(stat -c %s "$part") == "$have" ]] || refuse "kept: $(ls -lA)"
        behave
        pulls 1 "bytes=$have-$((size - 1))"
        rm y.par
        nothing_stays
    done
    for rule in '"status": 404' '"range": "shift"'; do
        behave '{"on": "GET .*/blobs/sha256:'"$hex"'", "cut": '$((++have))', "times": 1}' \
            '{"on": "GET .*/blobs/sha256:'"$hex"'", "skip": 1, '"$rule"'}'
        status=14
        [[ $rule != *404* ]] || status=17
        fails $status '\]$' pull "$at:1" --issuer "$issuer" --destination y.par
    done
}

@test "rows 235, 240: what was kept: complete, empty, wrong, or too long, and a registry that gives the whole or 416 in place of the rest" {
    setup_resume
    keeps "$size"
    pulls 0
    nothing_stays
    keeps 0
    behave
    pulls 1 null
    nothing_stays
    keeps 1000 /dev/zero
    behave
    pulls 2 "bytes=1000-$((size - 1))"
    nothing_stays
    keeps "$((size + 1))" <(cat x.par x.par)
    behave
    pulls 1 null
    nothing_stays
    keeps 1000
    behave '{"on": "GET .*/blobs/", "range": "ignore"}'
    pulls 1 "bytes=1000-$((size - 1))"
    nothing_stays
    keeps 1000 /dev/zero
    behave '{"on": "GET .*/blobs/", "range": "ignore"}'
    pulls 2 "bytes=1000-$((size - 1))"
    nothing_stays
    keeps 1000
    behave '{"on": "GET .*/blobs/", "times": 1, "status": 416}'
    pulls 2 "bytes=1000-$((size - 1))"
    nothing_stays
}

@test "what has the name and is no file of ours is neither read nor written" {
    setup_resume
    echo precious >victim
    ln -s victim "$part"
    pulls 1 null
    [[ -L $part && $(<victim) == precious ]]
    rm "$part"
    mkdir "$part"
    behave
    pulls 1 null
    rmdir "$part"
    mkfifo "$part"
    behave
    pulls 1 null
    rm "$part"
    keeps 1000
    chmod g+w "$part"
    behave
    pulls 1 null
    cmp -n 1000 "$part" x.par
    rm "$part"
    # As after a kill between the file's two names.
    ln victim "$part"
    behave
    pulls 1 null
    [[ $(<victim) == precious ]]
    nothing_stays
}

@test "two pulls at once do not share what is kept" {
    setup_resume
    local pause=2 first
    begins provar pull "$at:1" --issuer "$issuer" --destination first.par
    first=$pid
    pulls 2 null
    [[ -e $part ]]
    wait "$first"
    cmp first.par x.par
    nothing_stays
}

# PULL-4.
@test "what is refused leaves nothing: by the policy, by its digest, by its bytes" {
    setup_resume
    keeps 1000
    fails 8 '\[untrusted\]$' pull "$at:1" --issuer "$stranger" --destination z.par
    head -c "$size" /dev/zero >zeros
    behave '{"on": "GET .*/blobs/sha256:'"$hex"'", "file": "zeros"}'
    keeps 1000
    fails 14 '\[registry\]$' pull "$at:1" --issuer "$issuer" --destination z.par
    keeps 1000 zeros
    fails 14 '\[registry\]$' pull "$at:1" --issuer "$issuer" --destination z.par
    # Not a byte has come.
    behave '{"on": "GET .*/blobs/sha256:'"$hex"'", "close": 0}'
    fails 18 '\[network\]$' pull "$at:1" --issuer "$issuer" --destination z.par
    behave
    # Bytes that cannot be taken back are not given before all of them have been verified.
    keeps 1000
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination -
    stdout_is_file x.par
    [[ $(stat -c %s "$part") == 1000 ]]
    absent z.par
}

# PULL-7.
@test "what came from the second of two other places leaves nothing: neither when it is taken nor when it is refused" {
    setup_resume
    local there
    provar -q push "$at:t" x.par >/dev/null
    cp -r stored good
    serve storage blob_server.py stored
    there=http://127.0.0.1:$port
    altered stored '.layers[0] += {urls: ["'"$there/first"'", "'"$there/blobs/sha256/$hex"'"]}'
    printf '%s\n' '{"on": "GET /first", "status": 403}' >storage/rules
    behave '{"on": "GET .*/blobs/sha256:'"$hex"'", "status": 404}'
    expect 0 provar pull "$at:bad" --issuer "$issuer" --allow-foreign --destination y.par
    stdout_any
    cmp x.par y.par
    [[ $(stat -c %h y.par) == 1 ]]
    nothing_stays
    fails 8 '\[untrusted\]$' pull "$at:bad" --issuer "$stranger" --allow-foreign --destination z.par
    absent z.par
    [[ $(jq -s 'map(select(.status == 403)) | length' storage/log) == 2 ]]
    # Some of it came, and the last place may give the rest later.
    keeps 1000
    printf '%s\n' '{"on": "GET", "status": 403}' >storage/rules
    expect 14 provar pull "$at:bad" --issuer "$issuer" --allow-foreign --destination z.par
    stdout_is ''
    stderr_like '\[registry\]$'
    [[ $(stat -c %s "$part") == 1000 ]]
}

@test "pull of a registry, killed at 30 moments: the destination is missing or whole, and what stays is of use" {
    setup_resume
    plain_registry r
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par >/dev/null
    local none=0 all=0 i time command=(provar -q pull "$at:1" --issuer "$issuer" --destination work/out)
    RANDOM=${KILL_SEED:=$((EPOCHSECONDS % 32768))}
    echo "# KILL_SEED=$KILL_SEED" >&3
    mkdir work
    time=$(run_time "${command[@]}")
    for ((i = 0; i < 30; i++)); do
        rm -rf work/out
        kill_somewhere "$((2 * time))" "${command[@]}"
        if [[ -e work/out ]]; then
            cmp work/out x.par
            all=$((all + 1))
        else
            none=$((none + 1))
        fi
        [[ -z $(find work -type f ! -name out ! -name "$part") ]] || refuse "left behind: $(ls -A work)"
    done
    echo "# none $none, whole $all" >&3
    ((none > 0 && all > 0))
    rm -f work/out
    "${command[@]}" >/dev/null
    cmp work/out x.par
    [[ $(ls -A work) == out ]]
}
