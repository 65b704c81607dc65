#!/usr/bin/env bats
# Signals while provar waits for a registry or a credential helper, and a terminal's on both sides of a provider's start.
# SPDX-License-Identifier: Apache-2.0

load ranges.bash

# An executable in the scripted registry, which is silent behind the first half of it.
stall() {
    fake
    at=127.0.0.1:$port/x
    { cat "$shell" && head -c 1M /dev/zero; } >large
    pack x.par --version 1 --target "$here=large"
    provar -q push "$at:1" x.par >/dev/null
    quiet
}

# quiet [SECONDS]: another time each time, because rules are counted by their text. The first two requests
# for the blob look at its headers and its end.
quiet() {
    behave '{"on": "GET .*/blobs/", "skip": 2, "pause": [524288, '"${1:-60}"']}'
}

# Whether the body of the executable was asked for.
fetches() {
    (($(requests '.sent > 524288') > 0))
}

# gone PID: also where nobody has waited for it
gone() {
    [[ ! -e /proc/$1 || $(sed 's/.*) //' "/proc/$1/stat") == Z* ]]
}

# ended PID: within ten seconds
ended() {
    local i
    for ((i = 0; i < 500; i++)); do
        ! gone "$1" || return 0
        sleep 0.02
    done
    return 1
}

@test "run: a signal that comes while the executable is fetched ends it at once, and nothing starts" {
    stall
    local name status pause=60
    for name in INT:130 TERM:143 HUP:129; do
        quiet $((++pause))
        # What runs in the background ignores INT else, and what nohup runs HUP.
        start run env --default-signal=INT,TERM,HUP provar run "$at:1" --issuer "$issuer" -- -c 'echo started'
        await fetches
        kill -"${name%:*}" "$pid"
        status=0
        ended "$pid" || refuse "it waits for the registry"
        wait "$pid" || status=$?
        [[ $status == "${name#*:}" && ! -s .run.out ]] || refuse "status $status: $(<.run.out)"
    done
}

# at_terminal WHEN COMMAND...: on a terminal of its own, with ^C as soon as it fetches the body, or says "ready"
at_terminal() {
    expect 0 python3 -c '
import json, os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvp(sys.argv[2], sys.argv[2:])

def fetches():
    with open("fake/log") as log:
        return any(json.loads(line)["sent"] > 524288 for line in log if line.endswith("\n"))

said = b""
while sys.argv[1] == "fetches" and not fetches():
    time.sleep(0.02)
while sys.argv[1] == "ready" and b"ready" not in said:
    said += os.read(terminal, 4096)
os.write(terminal, b"\x03")
try:
    while more := os.read(terminal, 4096):
        said += more
except OSError:
    pass
print("started" if b"started" in said else "not started", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
' "$@"
}

@test "run: a terminal's ^C that comes while the executable is fetched is not lost" {
    stall
    at_terminal fetches provar run "$at:1" --issuer "$issuer" -- -c 'echo started'
    stdout_is 'not started -2'
}

@test "run: a terminal's ^C reaches a provider that runs once" {
    pack x.par --target "$here=$shell"
    at_terminal ready provar run x.par --issuer "$issuer" -- -c '
        n=0; trap "n=\$((n + 1))" INT; echo started; echo ready
        while [ $n = 0 ]; do sleep 0.02; done
        sleep 0.2; exit $((40 + n))'
    stdout_is 'started 41'
}

# Where provar is killed, nobody is left to end it after its time; what it has started itself lives on.
@test "a credential helper dies with provar, however that ends" {
    fake
    behave '{"on": "GET /v2/", "status": 401, "headers": [["WWW-Authenticate", "Basic realm=\"x\""]]}'
    mkdir bin
    printf '#!/bin/sh\necho $$ >helper.new; mv helper.new helper; exec sleep 1000\n' >bin/docker-credential-slow
    chmod +x bin/docker-credential-slow
    echo '{"credsStore": "slow"}' >auth.json
    local name status helper
    for name in INT:130 KILL:137; do
        start list env --default-signal=INT PATH="$PWD/bin:$PATH" provar list "127.0.0.1:$port/x" --authfile auth.json
        await test -e helper || refuse "no helper: $(<.list.out)"
        helper=$(<helper)
        rm helper
        kill -"${name%:*}" "$pid"
        status=0
        wait "$pid" || status=$?
        [[ $status == "${name#*:}" ]] || refuse "status $status"
        ended "$helper" || { kill "$helper"; refuse "the helper runs on"; }
    done
}
