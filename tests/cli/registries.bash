# What the tests of registries share: servers on free ports of 127.0.0.1, which end with the test, by their process ids.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

load stores.bash

# No test sees whom the developer has logged in to, nor goes through a proxy of his.
unset REGISTRY_AUTH_FILE DOCKER_AUTH_CONFIG DOCKER_CONFIG XDG_RUNTIME_DIR SSL_CERT_FILE SSL_CERT_DIR
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

# Where dev/peers puts what it builds.
peers=$PROVAR_SOURCE/build-peers
PATH=$PATH:$peers

# Skips the test where a peer is missing of which Debian has no package: nobody is to have it.
peer() {
    local why="Debian has none"
    [[ ! -e $peers/$1.why ]] || why=$(<"$peers/$1.why")
    command -v "$1" >/dev/null || skip "$1 is not here: $why"
}

teardown() {
    stop_servers
    lib_teardown
}

stop_servers() {
    local pid
    [[ -e $BATS_TEST_TMPDIR/.pids ]] || return 0
    while read -r pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done <"$BATS_TEST_TMPDIR/.pids"
    rm "$BATS_TEST_TMPDIR/.pids"
}

# start NAME COMMAND...: in the background; what it says is in .NAME.out. Sets $pid.
start() {
    local name=$1
    shift
    "$@" >".$name.out" 2>&1 3>&- &
    pid=$!
    echo "$pid" >>"$BATS_TEST_TMPDIR/.pids"
}

# await COMMAND...: until it succeeds, for ten seconds, or the server that was started has ended
await() {
    local i
    for ((i = 0; i < 500; i++)); do
        ! "$@" 2>/dev/null || return 0
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.02
    done
    return 1
}

listens() {
    (exec 9<>"/dev/tcp/127.0.0.1/$1")
}

free_port() {
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}

# serve STATE SCRIPT ARG...: a server of tests/servers; sets $port
serve() {
    local state=$1 script=$2
    shift 2
    start "$state" python3 -B "$PROVAR_SOURCE/tests/servers/$script" "$state" "$@"
    await test -e "$state/port" || refuse "$script does not start: $(<".$state.out")" || return
    port=$(<"$state/port")
}

# registry NAME: docker-registry, whose configuration ends with what is read from standard input, behind its part `http`.
# Sets $port. What it was asked is in .NAME.out.
registry() {
    needs docker-registry
    local name=$1 rest try
    rest=$(cat)
    for try in 1 2 3 4 5; do
        port=$(free_port)
        cat >"$name.yml" <<YAML
version: 0.1
log: {level: error}
storage:
  filesystem: {rootdirectory: $PWD/$name}
http:
  addr: 127.0.0.1:$port
  secret: fixed-for-tests
$rest
YAML
        start "$name" docker-registry serve "$name.yml"
        # Between the two, somebody else may have taken the port.
        if await listens "$port" && kill -0 "$pid"; then return; fi
    done
    refuse "docker-registry does not start: $(<".$name.out")"
}

plain_registry() {
    registry "$1" </dev/null
}

# asked NAME PATTERN: how many requests docker-registry had whose line matches
asked() {
    grep -cE "\"$2" ".$1.out" || true
}

# ---- the scripted registry: tests/servers/fake_registry.py

# fake [CERTIFICATE KEY]: it stores in the layout `stored`; sets $port
fake() {
    serve fake fake_registry.py stored "$@"
}

# behave RULE...: these are its rules now, and its log begins anew
behave() {
    printf '%s\n' "$@" >fake/rules.new
    mv fake/rules.new fake/rules
    : >fake/log
}

# requests FILTER: how many requests it had for which the jq filter holds
requests() {
    jq -s "map(select($1)) | length" fake/log
}

# count DUE FILTER
count() {
    local found
    found=$(requests "$2")
    [[ $found == "$1" ]] || refuse "$found requests, not $1: $2; $(jq -c '[.method, .target, .range, .status]' fake/log)"
}

# ---- certificates

# certificates: an authority ca.crt, and of it srv.crt for 127.0.0.1 and localhost, and client.crt, with their keys
certificates() {
    local name
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj /CN=test -days 2 2>/dev/null
    for name in srv client; do
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" 2>/dev/null
        openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out "$name.crt" \
            -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') 2>/dev/null
    done
}

# ---- credentials

# logged_in FILE HOST USER PASSWORD: the file as docker login writes it
logged_in() {
    mkdir -p "$(dirname "$1")"
    jq -n --arg host "$2" --arg auth "$(printf '%s:%s' "$3" "$4" | base64 -w 0)" '{auths: {($host): {auth: $auth}}}' >"$1"
}

# ---- what must hold after a failure

# fails STATUS PATTERN ARG...: provar, this status and fault, nothing on stdout, and nothing left behind
fails() {
    local status=$1 pattern=$2
    shift 2
    expect "$status" provar "$@"
    stdout_is ''
    stderr_like "$pattern"
    if compgen -G '.provar-*' >/dev/null; then refuse "left behind"; fi
}
