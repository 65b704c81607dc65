#!/usr/bin/env bats
# provar run between a hostile caller and a hostile provider: planted files, environment, descriptors, signals, host data.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash
load hostile.bash

teardown() {
    hostile_teardown
}

# ---- what earlier runs, or other users, have left

@test "run: no executable but the archive's, whatever lies in caches, folders and PATH" {
    pack_state x.par
    local folder name
    printf '#!/bin/sh\necho planted >>"%s/mark"\n' "$PWD" >planted
    chmod 755 planted
    export XDG_CACHE_HOME=$PWD/cache XDG_DATA_HOME=$PWD/data TMPDIR=$PWD/tmp
    mkdir bin
    # wasmcloudcache/HOST/REFERENCE is where a v1 host looks, and runs what it finds.
    for folder in "tmp/wasmcloudcache/$subject/0" "tmp/wasmcloudcache/$issuer" cache/provar cache/wasmcloud data/provar \
        home/.cache/provar home/.wash/cache tmp .; do
        mkdir -p "$folder"
        for name in "$here" "$here.bin" x_par x.par.bin "$subject.bin"; do cp planted "$folder/$name"; done
    done
    cp planted "bin/$here"
    expect 0 ./planted
    [[ $(<mark) == planted ]] && rm mark
    find . -type f ! -name '.std*' -exec sha256sum {} + | sort >before
    local run
    for run in 1 2 3; do
        expect 0 env "PATH=$PWD/bin:$PATH" provar run x.par -i "$issuer"
        stdout_has "$genuine"
    done
    absent mark
    find . -type f ! -name '.std*' ! -name before -exec sha256sum {} + | sort | cmp - <(grep -v ' ./before$' before) ||
        refuse 'something was kept, or changed'
}

@test "run: two archives whose names look alike to a cache, by turns" {
    mkdir a-b a_b a.b
    local folder
    for folder in a-b a_b a.b; do
        cp "$helpers/state_provider" "$folder/provider"
        change "$folder/provider" "$genuine" "voice: at $folder "
        pack "$folder/x.par" --target "$here=$folder/provider"
    done
    local run
    for run in 1 2; do
        for folder in a-b a_b a.b; do
            expect 0 provar run "$folder/x.par" -i "$issuer"
            stdout_has "voice: at $folder "
        done
    done
}

# ---- what cannot run here

# patch FILE OFFSET BYTES: overwrites, BYTES as printf writes them
patch() {
    printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# not_run LINE FILE: an archive with this file as this machine's executable is refused with 126, before anything starts
not_run() {
    pack bad.par --force --target "$here=$2"
    refused_bytes 126 exec "$1" run bad.par -i "$issuer"
    absent mark
}

# patched 'OFFSET BYTES' LINE: the good executable with these bytes in its header
patched() {
    cp good bad
    patch bad "${1% *}" "${1#* }"
    not_run "$2" bad
}

# cut LENGTH LINE: the front of the good executable
cut() {
    head -c "$1" good >bad
    not_run "$2" bad
}

@test "run: scripts, headers of other machines, formats and classes, and what is cut short" {
    cp "$helpers/state_provider" good
    pack good.par --target "$here=good"
    expect 0 provar run good.par -i "$issuer"
    stdout_has "$genuine"
    local needs='a provider must be an ELF executable' e_machine=62
    [[ $machine != aarch64 ]] || e_machine=183
    printf '#!/bin/sh\necho >>"%s/mark"\n' "$PWD" >script
    not_run "the target is a script (#!/bin/sh): $needs" script
    printf '#!/nowhere/interpreter\n' >script
    not_run "the target is a script (#!/nowhere/interpreter): $needs" script
    pe windows
    not_run "the target is of format 'pe': $needs" windows
    macho darwin
    not_run "the target is of format 'mach-o': $needs" darwin
    # EI_CLASS 1, EI_DATA 2, e_machine EM_SPARC and one that nobody knows, e_type REL and CORE.
    patched '4 \x01' "the target is built for ELF machine $e_machine of 32 bits and little-endian, this machine is $machine"
    patched '5 \x02' "the target is built for ELF machine $((e_machine << 8)) of 64 bits and big-endian, this machine is $machine"
    patched '18 \x02\x00' "the target is built for ELF machine 2 of 64 bits and little-endian, this machine is $machine"
    patched '18 \xff\xee' "the target is built for ELF machine 61183 of 64 bits and little-endian, this machine is $machine"
    patched '16 \x01\x00' "the target is an ELF file of type 1: $needs"
    patched '16 \x04\x00' "the target is an ELF file of type 4: $needs"
    cut 1 "the target is of format 'unknown': $needs"
    cut 16 "the target's ELF header is damaged: it names no machine"
    cut 63 "the target's ELF header is damaged: it names no machine"
    cut 64 'the target is cut short: its ELF header speaks of bytes behind its end'
    cut 800 'the target is cut short: its ELF header speaks of bytes behind its end'
    cut 4096 'the target is cut short: its ELF header speaks of bytes behind its end'
}

@test "run: a loader that is not there is no missing file" {
    cp "$helpers/state_provider" good
    local loader
    loader=$(readelf -lW good | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
    change good "$loader" "/nowhere${loader:8}"
    not_run 'the interpreter or loader named in it is missing here' good
}

# ---- what the caller hands on

@test "run: what the loader and the C library would obey does not reach the provider" {
    not_sanitized 'what is preloaded'
    pack_state x.par
    local object=$helpers/marking_preload.so variable
    for variable in LD_PRELOAD LD_AUDIT; do
        # The control: the same environment and the provider itself.
        expect 0 env "$variable=$object" "$helpers/state_provider"
        stdout_has "environment: $variable="
        [[ $(<preloaded) == "$helpers/state_provider" ]] && rm preloaded
        expect 0 env "$variable=$object" "$PROVAR_BUILD/cli/provar" run x.par -i "$issuer"
        stdout_any
        if grep -q '^environment' "$stdout_file"; then refuse 'an environment'; fi
        [[ $(<preloaded) == "$PROVAR_BUILD/cli/provar" ]] && rm preloaded
        # Whoever asks for it by name gets it.
        expect 0 provar run x.par -i "$issuer" --env "$variable=$object"
        stdout_has "environment: $variable=$object"
        [[ $(<preloaded) == "$here" ]] && rm preloaded
    done
    expect 0 env LD_LIBRARY_PATH=/nowhere LD_BIND_NOW=1 LD_DEBUG= GCONV_PATH=/nowhere LOCPATH=/nowhere NLSPATH=/nowhere \
        MALLOC_PERTURB_=7 MALLOC_TRACE=trace GLIBC_TUNABLES=glibc.malloc.check=3 RES_OPTIONS=x HOSTALIASES=x \
        "$PROVAR_BUILD/cli/provar" run x.par -i "$issuer"
    stdout_is "$genuine"$'\ndescriptors: 0 1 2\nsignals:\ncore: 0\ndeath signal: 9\nno new privileges: 1'
}

# With descriptors 3 to 100 open, every signal blocked, and every one ignored that can be.
hostile_caller='
    use POSIX;
    for my $fd (3 .. 100) { POSIX::dup2(0, $fd) }
    my $all = POSIX::SigSet->new;
    $all->fillset;
    sigprocmask(SIG_SETMASK, $all);
    $SIG{$_} = "IGNORE" for grep { !/^(KILL|STOP|NUM\d+|__)/ } keys %SIG;
    exec { $ARGV[0] } @ARGV'

@test "run: descriptors, blocked and ignored signals of the caller do not reach the provider" {
    pack_state x.par
    expect 0 perl -e "$hostile_caller" "$helpers/state_provider"
    stdout_like 'descriptors: 0 1 2 3 .*100'
    grep -q 'ignored 13 blocked 13' "$stdout_file" && grep -q 'ignored 17 blocked 17' "$stdout_file" || refuse 'not hostile'
    local command
    for command in "provar run x.par -i $issuer" "sh -c 'cat x.par | provar run - -i $issuer'"; do
        eval "expect 0 perl -e \"\$hostile_caller\" $command"
        stdout_is "$genuine"$'\ndescriptors: 0 1 2\nsignals:\ncore: 0\ndeath signal: 9\nno new privileges: 1'
    done
    pack sh.par --target "$shell"
    expect 7 perl -e "$hostile_caller" provar run sh.par -i "$issuer" -- -c 'exit 7'
    expect 141 perl -e "$hostile_caller" provar run sh.par -i "$issuer" -- -c 'kill -PIPE $$'
}

@test "run: a caller that has closed standard input, output and errors" {
    pack_state x.par
    local closed
    for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
        rm -f state
        expect 0 sh -c "provar run x.par -i $issuer -- '$PWD/state' $closed"
        grep -qx "$genuine" state
        grep -Eqx 'descriptors:( [012])*' state || refuse "with $closed: $(grep descriptors state)"
    done
    # Nothing of provar's, as the archive, takes the place.
    pack ls.par --target "$(command -v ls)"
    expect 0 sh -c "provar run ls.par -i $issuer -- -l /proc/self/fd/0 <&-"
    stdout_has '/proc/self/fd/0 -> /dev/null'
}

# ---- host data and a provider that does not care

@test "run: 10 MiB of host data, and a provider that never reads them" {
    pack sh.par --target "$shell"
    { printf '{"a":"' && head -c 10M /dev/zero | tr '\0' x && printf '"}'; } >data
    SECONDS=0
    expect 7 timeout -k 1 10 provar run sh.par -i "$issuer" --host-data data -- -c 'sleep 0.3; exit 7'
    # It is still there for signals while the provider does not read.
    expect 138 timeout -k 1 10 provar run sh.par -i "$issuer" --host-data data -- -c 'kill -USR1 $$'
    mkfifo said
    timeout --foreground -k 10 10 provar run sh.par -i "$issuer" --host-data data -- -c 'echo ready; while :; do sleep 0.02; done' >said 3>&- &
    provider_pid=$!
    read -r ready <said
    kill -TERM $provider_pid
    status=0
    wait $provider_pid || status=$?
    provider_pid=
    [[ $ready == ready && $status == 143 ]] || refuse "ended with $status"
    ((SECONDS < 20))
    # The control: one that reads them all.
    pack wc.par --target "$(command -v wc)"
    expect 0 provar run wc.par -i "$issuer" --host-data data -- -c
    stdout_is "$(((10 * 1024 * 1024 + 8 + 2) / 3 * 4 + 2))"
}

@test "run: a provider that ends before it has read, 40 times" {
    pack sh.par --target "$shell"
    { printf '{"a":"' && head -c 1M /dev/zero | tr '\0' x && printf '"}'; } >data
    local run
    for ((run = 0; run < 20; run++)); do
        expect 5 provar run sh.par -i "$issuer" --host-data data -- -c 'exit 5'
        expect 6 provar run sh.par -i "$issuer" --host-data data -- -c 'exec <&-; exit 6'
    done
    # What it started holds the other end of the pipe: that is not waited for.
    expect 8 timeout -k 1 10 provar run sh.par -i "$issuer" --host-data data -- -c 'exec 3<&0; sleep 30 <&3 & echo $! >left; exit 8'
    kill "$(<left)"
}

# ---- who outlives whom

# gone PID: no such process, or one that nobody has waited for yet, within ten seconds
gone() {
    local tries
    for ((tries = 0; tries < 500; tries++)); do
        [[ -e /proc/$1/stat && ! $(</proc/$1/stat) =~ \)\ Z ]] 2>/dev/null || return 0
        sleep 0.02
    done
    refuse "process $1 is still there"
}

@test "run: a provider whose provar is killed dies; what it has started in a session of its own does not" {
    pack sh.par --target "$shell"
    provar run sh.par -i "$issuer" -- -c 'echo $$ >provider; setsid sleep 30 & echo $! >child; mv child daemon; while :; do sleep 0.1; done' \
        >/dev/null 2>&1 3>&- &
    provider_pid=$!
    disown $provider_pid
    until [[ -s daemon ]]; do sleep 0.01; done
    kill -0 "$(<provider)"
    kill -KILL $provider_pid
    gone "$(<provider)"
    # docs/THREATS.md: run is no sandbox, and what a provider starts may outlive it.
    kill -0 "$(<daemon)"
    kill "$(<daemon)"
}

@test "run: a provider that goes into the background has ended" {
    pack sh.par --target "$shell"
    SECONDS=0
    expect 4 provar run sh.par -i "$issuer" -- -c 'setsid sleep 30 </dev/null >/dev/null 2>&1 & echo $! >daemon; exit 4'
    ((SECONDS < 20))
    kill "$(<daemon)"
}
