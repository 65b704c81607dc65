#!/usr/bin/env bats
# provar run: statuses, signals, host data, environment. The "provider" is a shell, which does what its words say.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

setup_shell() {
    pack sh.par --target "$shell" "$@"
}

@test "run: the provider's own status" {
    setup_shell
    local status
    for status in 0 1 2 7 124 125 126 127 255; do
        expect $status provar run sh.par --issuer "$issuer" -- -c "exit $status"
    done
}

@test "run: 128 + the signal that killed it" {
    setup_shell
    local name
    for name in TERM:143 KILL:137 INT:130 USR1:138 SEGV:139; do
        expect "${name#*:}" provar run sh.par -i "$issuer" -- -c "kill -${name%:*} \$\$"
    done
}

@test "run -o json: the document is on stderr" {
    setup_shell
    expect 3 provar run sh.par -i "$issuer" -o json -- -c 'echo out; exit 3'
    stdout_is out
    stderr_json ". == {success: true, target: \"$here\", exit_status: 3}"
    expect 143 provar -o json run sh.par -i "$issuer" -- -c 'kill -TERM $$'
    stderr_json ". == {success: true, target: \"$here\", exit_status: 143, signal: 15}"
}

@test "run: only words behind -- are the provider's" {
    setup_shell
    expect 0 provar run sh.par -i "$issuer" -- -c 'printf "%s\n" "$0" "$@"' zero -o json --issuer X -- --compress
    stdout_is $'zero\n-o\njson\n--issuer\nX\n--\n--compress'
    refused_run 125 usage "unexpected word 'word'" run sh.par word -i "$issuer"
    expect 0 sh -c "echo 'echo read' | provar run sh.par -i $issuer --"
    stdout_is read
}

# refused_run STATUS CODE LINE ARG...: as text and as a document, both on stderr
refused_run() {
    refused_bytes "$@"
}

@test "run: without host data, standard input is inherited" {
    pack cat.par --target "$(command -v cat)"
    expect 0 sh -c "printf 'in\0put' | provar run cat.par -i $issuer"
    printf 'in\0put' >due
    stdout_is_file due
}

@test "run --host-data: exactly the line that a v1 host writes, then the end" {
    pack cat.par --target "$(command -v cat)"
    printf '{"a": "b"}\n' >data
    expect 0 provar run cat.par -i "$issuer" --host-data data
    printf 'eyJhIjogImIifQo=\r\n' >due
    stdout_is_file due
    expect 0 sh -c "printf '{}' | provar run cat.par -i $issuer --host-data -"
    printf 'e30=\r\n' >due
    stdout_is_file due
    expect 0 sh -c "cat cat.par | provar run - -i $issuer --host-data data"
    printf 'eyJhIjogImIifQo=\r\n' >due
    stdout_is_file due
}

@test "run --host-data: one JSON object and nothing else" {
    setup_shell
    local text
    for text in '[]' 'null' '' 'x'; do
        printf '%s' "$text" >data
        refused_run 125 usage 'the host data are not one well-formed JSON object' run sh.par -i "$issuer" --host-data data -- -c 'echo started'
    done
    # The parser's own words would quote the key.
    printf '{"SECRET":1,"SECRET":2}' >data
    refused_run 125 usage 'the host data are not one well-formed JSON object' run sh.par -i "$issuer" --host-data data
    refused_run 125 io "cannot open 'nowhere': No such file or directory" run sh.par -i "$issuer" --host-data nowhere
    head -c 16777217 /dev/zero >data
    refused_run 125 limit "'data' is larger than 16777216 bytes" run sh.par -i "$issuer" --host-data data
    refused_run 125 usage 'the archive and the host data cannot both come from standard input' run - -i "$issuer" --host-data -
}

@test "run: the environment is RUST_LOG, OTEL_*, and --env" {
    pack env.par --target "$(command -v env)"
    export RUST_LOG=debug OTEL_A=1 OTEL_=2 FOO=3 RUST_LOGX=4 LD_PRELOAD= LD_LIBRARY_PATH=/nowhere
    expect 0 provar run env.par -i "$issuer"
    [[ $(sort "$stdout_file" | paste -sd ' ') == 'OTEL_=2 OTEL_A=1 RUST_LOG=debug' ]] || refuse 'another environment'
    stdout_any
    expect 0 provar run env.par -i "$issuer" --env FOO --env BAR=x=y --env OTEL_A=9 --env NOT_SET --env EMPTY=
    stderr_has "--env: 'NOT_SET' is not set here"
    [[ $(sort "$stdout_file" | paste -sd ' ') == 'BAR=x=y EMPTY= FOO=3 OTEL_=2 OTEL_A=9 RUST_LOG=debug' ]] || refuse 'another environment'
    stdout_any
    expect 0 env -i HOME="$HOME" PROVAR_HISTORY= "$PROVAR_BUILD/cli/provar" run env.par -i "$issuer"
    # Values may be secrets.
    refused_run 125 usage "--env: number 1 has no name" run env.par -i "$issuer" --env =hunter2
    refused_run 125 usage "--env: number 2 has no name" run env.par -i "$issuer" --env A=1 --env ''
}

@test "run: 125 for every failure of provar itself" {
    setup_shell --revision 5
    refused_run 125 untrusted "signed by $issuer, but no issuer is trusted: pass --issuer A... with the key you expect, or keep a file of them (man provar-allowed-issuers)" run sh.par
    refused_run 125 untrusted "signed by $issuer, which is not an allowed issuer" run sh.par -i "$stranger"
    refused_run 125 untrusted 'revision 5, where at least 6 is demanded' run sh.par -i "$issuer" --min-revision 6
    refused_run 125 usage '--issuer: allowed issuer: a seed stands where a public key belongs; expected is the public key of an account, A...' run sh.par -i "$issuer_seed"
    refused_run 125 usage 'missing: ARCHIVE|-' run
    refused_run 125 usage "--bogus: unknown option; 'provar run --help' lists the options" run sh.par --bogus
    refused_run 125 usage "--at: unknown option; 'provar run --help' lists the options" run sh.par -i "$issuer" --at 1000
    refused_run 125 usage "the output format 'xml' is neither text nor json" run sh.par -o xml
    refused_run 125 io "cannot open 'nowhere': No such file or directory" run nowhere -i "$issuer"
    refused_run 125 format 'this is a file in ELF format, not a tar or gzip archive (byte 0)' run linux-x86 -i "$issuer"
    refused_run 125 limit 'the archive has more than 1024 bytes (claims.jwt, byte 0)' run sh.par -i "$issuer" --max-total-size 1K
    cp sh.par bad.par
    spoil_signature bad.par
    refused_run 125 signature 'the signature does not fit the message and the key (claims.jwt)' run bad.par -i "$issuer"
    SOURCE_DATE_EPOCH=500 setup_shell --expires 1000
    refused_run 125 time 'expired at 1000 (1970-01-01T00:16:40Z)' run sh.par -i "$issuer"
}

@test "run: an altered executable is not started" {
    setup_shell
    perl -0777 -i -pe 's/(\x7fELF.{5000})(.)/$1 . chr(ord($2) ^ 1)/se == 1 or die' sh.par
    expect 125 provar run sh.par -i "$issuer" -- -c 'echo started'
    stderr_like "^provar: '$here.bin' is altered: .* \[digest\]$"
}

@test "run: 126 for what is no native executable of this machine" {
    printf '#!/bin/sh\necho started\n' >script
    pack script.par --target "$here=script"
    refused_run 126 exec 'the target is a script (#!/bin/sh): a provider must be an ELF executable' run script.par -i "$issuer"
    echo text >text
    pack text.par --target "$here=text"
    refused_run 126 exec "the target is of format 'unknown': a provider must be an ELF executable" run text.par -i "$issuer"
    local foreign=linux-arm machine_of_it=aarch64
    [[ $machine != aarch64 ]] || foreign=linux-x86 machine_of_it=x86_64
    pack foreign.par --force --target "$here=$foreign"
    refused_run 126 exec "the target is built for $machine_of_it, this machine is $machine" run foreign.par -i "$issuer"
}

@test "run: 127 where there is no target for this machine" {
    echo text >text
    pack x.par --target mips-linux=text
    refused_run 127 no-target "no target '$here' in the archive (it has: mips-linux)" run x.par -i "$issuer"
}

@test "run --insecure-no-trust: said aloud" {
    setup_shell
    expect 5 provar run sh.par --insecure-no-trust -- -c 'exit 5'
    stderr_is 'provar: warning: --insecure-no-trust: whoever signed this archive is believed'
    expect 5 provar run sh.par --insecure-no-trust -o json -- -c 'exit 5'
    stderr_json '.success and .warnings == ["--insecure-no-trust: whoever signed this archive is believed"]'
    refused_run 125 usage '--issuer and --insecure-no-trust contradict each other' run sh.par --insecure-no-trust -i "$issuer"
}

# Starts provar run in the background, and waits until the provider says that it is there.
start_provider() {
    mkfifo said
    provar run sh.par -i "$issuer" -- -c "$1" >said 2>errors 3>&- &
    provar_pid=$!
    read -r ready <said
    [[ $ready == ready ]]
}

@test "run: signals are forwarded, and what the provider makes of them counts" {
    setup_shell
    local ended=0
    start_provider 'trap "exit 9" TERM; echo ready; while :; do sleep 0.02; done'
    kill -TERM $provar_pid
    wait $provar_pid || ended=$?
    [[ $ended == 9 && ! -s errors ]]
}

@test "run: a signal that kills the provider is 128 + its number" {
    setup_shell
    local ended=0
    start_provider 'echo ready; while :; do sleep 0.02; done'
    kill -TERM $provar_pid
    wait $provar_pid || ended=$?
    [[ $ended == 143 && ! -s errors ]]
}

@test "run: others are forwarded as well" {
    setup_shell
    local ended=0
    start_provider 'trap "exit 11" USR1; trap "" HUP; echo ready; while :; do sleep 0.02; done'
    kill -HUP $provar_pid
    kill -USR1 $provar_pid
    wait $provar_pid || ended=$?
    [[ $ended == 11 ]]
}

@test "run: where SIGCHLD is ignored by whoever started us" {
    setup_shell
    # A shell may not let itself be told to.
    expect 7 perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' provar run sh.par -i "$issuer" -- -c 'exit 7'
}

@test "run: SIGXFSZ, which provar ignores, is not ignored for the provider" {
    setup_shell
    expect 153 provar run sh.par -i "$issuer" -- -c 'kill -XFSZ $$'
}

@test "run: from a pipe, compressed" {
    setup_shell --compress
    expect 4 sh -c "cat sh.par | provar run - -i $issuer -- -c 'exit 4'"
}

@test "run: no other descriptors, and nothing of the archive's folder is needed" {
    setup_shell
    expect 0 sh -c "exec 7<a.nk; provar run sh.par -i $issuer -- -c 'ls /proc/self/fd' | paste -sd ' '"
    # The fourth is what ls has open itself.
    stdout_is '0 1 2 3'
}
