#!/usr/bin/env bats
# Credentials: where they are found, to whom they are sent, and what hostile challenges come to (rows 223 to 227, 237, 238).
# SPDX-License-Identifier: Apache-2.0

load registries.bash

# A registry with basic authentication: alice, s3cret
basic_registry() {
    needs htpasswd
    htpasswd -Bbn alice s3cret >htpasswd
    registry r <<<"auth: {htpasswd: {realm: test, path: $PWD/htpasswd}}"
    at=127.0.0.1:$port/x
}

# A registry with tokens, whose issuer knows alice, s3cret
token_registry() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout tok.key -out tok.crt -subj /CN=issuer -days 2 2>/dev/null
    serve issuer token_issuer.py tok.crt tok.key alice s3cret
    registry r <<<"auth: {token: {realm: 'http://127.0.0.1:$port/token', service: test-registry, issuer: test-issuer, rootcertbundle: $PWD/tok.crt}}"
    at=127.0.0.1:$port/x
}

# works ARG...: push and pull with these options
works() {
    expect 0 provar push "$at:1" x.par "$@"
    stdout_any
    not_said s3cret
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par "$@"
    stdout_any
    not_said s3cret
    cmp x.par y.par
}

# refuses ARG...: neither, with status 16, and the password is not said
refuses() {
    fails 16 '\[auth\]$' push "$at:1" x.par "$@"
    not_said "${secret:-s3cret}"
    fails 16 '\[auth\]$' pull "$at:1" --issuer "$issuer" --destination z.par "$@"
    not_said "${secret:-s3cret}"
    absent z.par
}

# The scripted registry demands this value for Authorization, after these challenges
demand() {
    local value=$1 headers=()
    shift
    for challenge; do
        headers+=("[\"WWW-Authenticate\", $(jq -Rn --arg text "$challenge" '$text')]")
    done
    jq -cn --arg unless "$value" --argjson headers "[$(IFS=,; echo "${headers[*]}")]" \
        '{on: "[A-Z]+ /v2/", unless: $unless, status: 401, headers: $headers}'
}

basic_alice="Basic $(printf alice:s3cret | base64)"

@test "basic authentication: options, environment, standard input, files" {
    two x.par
    basic_registry
    works --user alice --password s3cret
    works -u alice -p s3cret
    WASH_REG_USER=alice WASH_REG_PASSWORD=s3cret works
    WASH_REG_PASSWORD=s3cret works -u alice
    expect 0 bash -c "echo s3cret | provar list $at -u alice --password-stdin"
    stdout_any
    logged_in auth.json "127.0.0.1:$port" alice s3cret
    works --authfile auth.json
    REGISTRY_AUTH_FILE=$PWD/auth.json works
    DOCKER_AUTH_CONFIG=$(<auth.json) works
    refuses
}

@test "what docker login and podman login have written does, with nothing else" {
    two x.par
    basic_registry
    refuses
    logged_in home/.docker/config.json "127.0.0.1:$port" alice s3cret
    works
    rm home/.docker/config.json
    logged_in docker/config.json "127.0.0.1:$port" alice s3cret
    DOCKER_CONFIG=$PWD/docker works
    logged_in run/containers/auth.json "127.0.0.1:$port" alice s3cret
    XDG_RUNTIME_DIR=$PWD/run works
    logged_in "$XDG_CONFIG_HOME/containers/auth.json" "127.0.0.1:$port" alice s3cret
    works
    # In the order of provar-pull(1): the first file that knows the registry decides.
    logged_in docker/config.json "127.0.0.1:$port" alice wrong-one
    DOCKER_CONFIG=$PWD/docker secret=wrong-one refuses
    DOCKER_CONFIG=$PWD/docker works --authfile "$XDG_CONFIG_HOME/containers/auth.json"
    DOCKER_CONFIG=$PWD/docker DOCKER_AUTH_CONFIG=$(<run/containers/auth.json) works
    DOCKER_CONFIG=$PWD/docker REGISTRY_AUTH_FILE=$PWD/run/containers/auth.json works
    REGISTRY_AUTH_FILE=$PWD/docker/config.json works -u alice -p s3cret
}

# IF-3.
@test "wrong credentials are 16, and the message names their source" {
    two x.par
    basic_registry
    secret=wrong-one refuses --user alice --password wrong-one
    fails 16 "127\.0\.0\.1:$port.* as 'alice' from --user and --password .*\[auth\]$" pull "$at:1" --issuer "$issuer" -u alice -p wrong-one
    WASH_REG_USER=alice WASH_REG_PASSWORD=wrong-one fails 16 " as 'alice' from WASH_REG_USER and WASH_REG_PASSWORD .*\[auth\]$" pull "$at:1" --issuer "$issuer"
    WASH_REG_USER=alice WASH_REG_PASSWORD=wrong-one fails 16 " as 'bob' from --user and WASH_REG_PASSWORD .*\[auth\]$" pull "$at:1" --issuer "$issuer" -u bob
    expect 16 bash -c "echo wrong-one | WASH_REG_USER=alice provar list $at --password-stdin"
    stderr_like " as 'alice' from WASH_REG_USER and --password-stdin .*\[auth\]$"
    logged_in auth.json "127.0.0.1:$port" alice wrong-one
    fails 16 "auth\.json.*\[auth\]$" pull "$at:1" --issuer "$issuer" --authfile auth.json
    fails 16 "anonymous.*\[auth\]$" pull "$at:1" --issuer "$issuer"
    [[ $(asked r 'PUT') == 0 ]]
}

@test "half of what is needed is an error, and so is a named file that cannot be read" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    behave
    refused 2 usage "--user needs --password, --password-stdin or WASH_REG_PASSWORD" list "$at" -u alice
    refused 2 usage "a password needs --user or WASH_REG_USER" list "$at" -p s3cret
    refused 2 usage "--user: an empty name is no user" list "$at" --user '' -p s3cret
    WASH_REG_PASSWORD=s3cret refused 2 usage "--user: an empty name is no user" list "$at" -u ''
    refused 2 usage "--password and --password-stdin contradict each other" list "$at" -u alice -p s3cret --password-stdin
    expect 2 bash -c "provar list $at -u alice --password-stdin </dev/null"
    stderr_like 'standard input has no password \[usage\]$'
    expect 2 bash -c "printf 'a\\0b' | provar list $at -u alice --password-stdin"
    stderr_like 'standard input has no password \[usage\]$'
    expect 13 bash -c "head -c 65537 /dev/zero | tr '\\0' x | provar list $at -u alice --password-stdin"
    stderr_like '\[limit\]$'
    expect 2 bash -c "provar push $at:1 - -u alice --password-stdin <x.par"
    stderr_like 'cannot both come from standard input \[usage\]$'
    refused 2 usage "--key needs --cert" list "$at" --key a.nk
    refused 2 usage "--ca-only needs --ca-file" list "$at" --ca-only
    count 0 true
    behave "$(demand "$basic_alice" 'Basic realm="x"')"
    expect 3 provar list "$at" --authfile no-such-file
    stderr_like "no-such-file.*\[io\]$"
    echo '{' >bad.json
    expect 2 provar list "$at" --authfile bad.json
    stderr_like "bad\.json.*\[usage\]$"
    behave
    # What was found and not named is only worth a warning, and so is half of a pair in the environment.
    mkdir -p home/.docker && cp bad.json home/.docker/config.json
    behave "$(demand "$basic_alice" 'Basic realm="x"')"
    expect 16 provar list "$at:none"
    stderr_like 'warning: .*home/\.docker/config\.json'
    rm home/.docker/config.json
    behave
    WASH_REG_USER=alice expect 17 provar list "$at:none"
    stderr_like 'warning: WASH_REG_USER without WASH_REG_PASSWORD says nothing'
    HOME='' expect 17 provar list "$at:none"
    stderr_like '\[not-found\]$'
}

# PUSH-1.
@test "tokens: the issuer is asked for what the registry demands; nobody may push, anybody pull" {
    two x.par
    token_registry
    works --user alice --password s3cret
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par
    stdout_any
    expect 0 provar list "$at"
    stdout_any
    two w.par --jti other
    fails 16 '\[auth\]$' push "$at:2" w.par
    secret=wrong-one refuses --user alice --password wrong-one
    [[ $(jq -s 'map(select(.target | test("scope=repository(:|%3a)x(:|%3a)pull"; "i"))) | length' issuer/log) -ge 1 ]]
    fails 17 '\[not-found\]$' list "$at:none"
}

@test "an identity token is exchanged by POST; where that is not known, by GET" {
    two x.par
    token_registry
    jq -n --arg host "127.0.0.1:$port" '{auths: {($host): {auth: "MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOg==", identitytoken: "refresh-s3cret"}}}' >auth.json
    works --authfile auth.json
    [[ $(jq -s 'map(select(.method == "POST" and .status == 200)) | length' issuer/log) -ge 2 ]]
    [[ $(jq -s 'map(select(.method == "GET")) | length' issuer/log) == 0 ]]
    local status
    logged_in auth.json "127.0.0.1:$port" alice s3cret
    jq '.auths[].identitytoken = "refresh-s3cret"' auth.json >both.json
    for status in 404 405; do
        echo '{"on": "POST", "status": '$status'}' >issuer/rules
        : >issuer/log
        works --authfile both.json
        [[ $(jq -s 'map(select(.method == "POST" and .status == '$status')) | length' issuer/log) -ge 1 ]]
        [[ $(jq -s 'map(select(.method == "GET" and .status == 200 and .authorization == "'"$basic_alice"'")) | length' issuer/log) -ge 2 ]]
    done
}

@test "challenges: one of several that is understood; none, and then that of /v2/" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    behave "$(demand "$basic_alice" 'Negotiate' 'Basic realm="x"')"
    works -u alice -p s3cret
    behave "$(demand "$basic_alice" 'Negotiate, bAsIc realm="a \"quoted\", comma"')"
    works -u alice -p s3cret
    local token='{"on": "GET /token", "status": 200, "body": "{\"access_token\":\"good\"}"}'
    behave "$token" "$(demand 'Bearer good' "Basic realm=\"x\"" "Bearer realm=\"http://127.0.0.1:$port/token\",service=\"s\"")"
    works -u alice -p s3cret
    [[ $(requests '(.target | startswith("/token")) and .authorization == "'"$basic_alice"'"') -ge 1 ]]
    # Without a scope in the challenge, it is made of what is wanted; the placeholder of /v2/ is not used.
    [[ $(requests '.target | test("scope=repository(:|%3a)x(:|%3a)pull"; "i")') -ge 1 ]]
    behave "$token" "$(demand 'Bearer good' | jq -c '.on = "[A-Z]+ /v2/x/"')" \
        "$(demand 'Bearer good' "Bearer realm=\"http://127.0.0.1:$port/token\",service=\"s\",scope=\"repository:user/image:pull\"" | jq -c '.on = "GET /v2/$"')"
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par
    stdout_any
    [[ $(requests '.target | contains("user")') == 0 && $(requests '.target == "/v2/"') -ge 1 ]] || refuse "$(<fake/log)"
}

# AUTH-6: the registry's own answer may name another host, and over TLS credentials go there: that is how token servers
# are found, and a client cannot tell a good one from another. Over plain http off this machine, or to a private address,
# they do not. Needs $at and the directory `elsewhere`.
foreign_realms() {
    local realm
    certificates
    serve foreign fake_registry.py elsewhere srv.crt srv.key
    printf '%s\n' '{"on": "GET /token", "status": 200, "body": "{\"token\":\"good\"}"}' >foreign/rules
    behave "$(demand 'Bearer good' "Bearer realm=\"https://localhost:$port/token\",service=\"s\"")"
    works -u alice -p s3cret --ca-file ca.crt
    [[ $(jq -s 'map(select(.authorization == "'"$basic_alice"'")) | length' foreign/log) -ge 1 ]] || refuse "$(<foreign/log)"
    # Whoever has no certificate for that name gets nothing.
    : >foreign/log
    fails 18 'certificate.*\[network\]$' pull "$at:1" --issuer "$issuer" -u alice -p s3cret
    [[ ! -s foreign/log ]] || refuse "$(<foreign/log)"
    for realm in http://auth.example/token https://10.0.0.1/token http://10.0.0.1/token; do
        behave "$(demand 'Bearer good' "Bearer realm=\"$realm\",service=\"s\"")"
        refuses -u alice -p s3cret
    done
}

@test "row 223: credentials go to the realm that the registry's own answer names, and not by redirect" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    local first=$port second
    mkdir elsewhere
    serve other fake_registry.py elsewhere
    second=$port
    behave "{\"on\": \"GET /token\", \"status\": 307, \"headers\": [[\"Location\", \"http://127.0.0.1:$second/token\"]]}" \
        "$(demand 'Bearer good' "Bearer realm=\"http://127.0.0.1:$first/token\",service=\"s\"")"
    refuses -u alice -p s3cret
    [[ $(jq -s 'map(select(.authorization != null)) | length' other/log) == 0 ]]
    foreign_realms
    # A redirect of a blob leads to another host, whose challenge is not the registry's.
    behave
    provar -q push "$at:1" x.par >/dev/null
    behave "{\"on\": \"GET .*/blobs/\", \"status\": 307, \"headers\": [[\"Location\", \"http://127.0.0.1:$second/v2/x/blobs/y\"]]}"
    printf '%s\n' "{\"on\": \"GET\", \"status\": 401, \"headers\": [[\"WWW-Authenticate\", \"Bearer realm=\\\"http://127.0.0.1:$second/token\\\"\"]]}" >other/rules
    fails 14 '401.*\[registry\]$' pull "$at:1" --issuer "$issuer" -u alice -p s3cret
    [[ $(jq -s 'map(select(.authorization != null)) | length' other/log) == 0 ]] || refuse "$(<other/log)"
}

@test "row 224: realms that are no place for credentials" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    local realm
    for realm in 'http://169.254.169.254/token' 'http://10.0.0.1/token' 'http://[fe80::1]/token' "http://alice:pw@127.0.0.1:$port/token" \
        'file:///etc/passwd' 'ftp://127.0.0.1/token' 'token' '' 'http://' "http://127.0.0.1:$port/to ken"; do
        behave '{"on": "GET /token", "status": 200, "body": "{\"token\":\"good\"}"}' "$(demand 'Bearer good' "Bearer realm=\"$realm\",service=\"s\"")"
        refuses -u alice -p s3cret
        [[ $(requests '.target | startswith("/token")') == 0 ]] || refuse "$realm"
    done
    behave '{"on": "GET /token", "status": 200, "body": "{\"token\":\"good\"}"}' "$(demand 'Bearer good' "Bearer realm=\"http://127.0.0.1:$port/token\",service=\"s\"")"
    works -u alice -p s3cret
}

# NET-6.
@test "row 224: a realm on another machine without TLS is asked for nothing, and with --insecure for a token" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    mkdir elsewhere
    serve other fake_registry.py elsewhere
    local by=(--proxy "http://127.0.0.1:$port" --no-proxy 127.0.0.1)
    printf '%s\n' '{"on": "GET http://auth.example/token", "status": 200, "body": "{\"token\":\"good\"}"}' >other/rules
    behave
    provar -q push "$at:1" x.par >/dev/null
    behave "$(demand 'Bearer good' 'Bearer realm="http://auth.example/token",service="s"')"
    fails 16 "'127\.0\.0\.1' leads to another machine without TLS: 'http://auth\.example/token' \[auth\]$" \
        pull "$at:1" --issuer "$issuer" --destination z.par "${by[@]}"
    [[ ! -s other/log ]] || refuse "$(<other/log)"
    provar -q pull "$at:1" --issuer "$issuer" --destination z.par --insecure "${by[@]}"
    cmp z.par x.par
    [[ -s other/log ]]
}

@test "row 225: service and scope are encoded, whatever is in them" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    behave '{"on": "GET /token", "status": 200, "body": "{\"token\":\"good\"}"}' \
        "$(demand 'Bearer good' "Bearer realm=\"http://127.0.0.1:$port/token?a=b\",service=\"s&x=1#y z%0d%0aEvil: 1\",scope=\"repository:x:pull,push\"")"
    works -u alice -p s3cret
    [[ $(requests '.target | startswith("/token?a=b&") and test("service=s%26x%3d1%23y[+]z%250d%250aEvil%3a[+]1&"; "i")') -ge 1 ]] || refuse "$(<fake/log)"
    # A line feed in a challenge ends the header, and with it the quoted text.
    behave '{"on": "[A-Z]+ /v2/", "status": 401, "headers": [["WWW-Authenticate", "Bearer realm=\"http://127.0.0.1/\r\n x\",service=\"s\""]]}'
    fails 14 'second line \[registry\]$' pull "$at:1" --issuer "$issuer" -u alice -p s3cret
}

@test "row 226: tokens that are too large, none, or no words of a header; lifetimes of every kind" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    local challenge answer
    challenge=$(demand 'Bearer good' "Bearer realm=\"http://127.0.0.1:$port/token\",service=\"s\"")
    for answer in '{}' '{"token":null}' '{"token":""}' '{"token":"a\r\nEvil: 1"}' '{"token":"a\u0000"}' '{"token":"a b"}' 'text' '[]' '{"token":1}'; do
        behave "$(jq -cn --arg body "$answer" '{on: "GET /token", status: 200, body: $body}')" "$challenge"
        refuses -u alice -p s3cret
    done
    behave '{"on": "GET /token", "status": 200, "size": 131073}' "$challenge"
    fails 13 '\[limit\]$' pull "$at:1" --issuer "$issuer"
    behave '{"on": "GET /token", "endless": true, "status": 200}' "$challenge"
    fails 13 '\[limit\]$' pull "$at:1" --issuer "$issuer"
    for answer in 99999999999999999999 -1 0 1.5 '"300"' null; do
        behave '{"on": "GET /token", "status": 200, "body": "{\"token\":\"good\",\"expires_in\":'"${answer//\"/\\\"}"'}"}' "$challenge"
        works -u alice -p s3cret
    done
}

@test "row 227: challenges that are malformed or endless" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    local challenge
    for challenge in 'Bearer realm="http://127.0.0.1' 'Bearer' '"' 'Bearer realm=' 'Bearer =' "Bearer $(printf 'a%d="b",' {1..1500})realm=\"x\"" 'Digest realm="x"' ''; do
        behave "$(demand 'Bearer good' "$challenge")"
        refuses -u alice -p s3cret
    done
    behave "$(demand 'Bearer good' "Bearer $(printf 'a%d="b",' {1..10000})realm=\"x\"")"
    fails 13 '\[limit\]$' pull "$at:1" --issuer "$issuer"
}

@test "a token server that is out of order for a moment is asked again" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    local challenge
    challenge=$(demand 'Bearer good' "Bearer realm=\"http://127.0.0.1:$port/token\",service=\"s\"")
    behave '{"on": "GET /token", "times": 1, "status": 503}' '{"on": "GET /token", "status": 200, "body": "{\"token\":\"good\"}"}' "$challenge"
    works -u alice -p s3cret
    [[ $(requests '.status == 503') == 1 ]] || refuse "$(<fake/log)"
}

@test "401 for ever is asked twice and not again" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    behave '{"on": "GET /token", "status": 200, "body": "{\"token\":\"good\"}"}' "$(demand 'never' "Bearer realm=\"http://127.0.0.1:$port/token\",service=\"s\"")"
    fails 16 '\[auth\]$' pull "$at:1" --issuer "$issuer" -u alice -p s3cret
    [[ $(requests '.target | startswith("/v2/x/manifests")') -le 3 ]] || refuse "$(<fake/log)"
}

# helper NAME: a credential helper on the path, whose script is read from standard input
helper() {
    mkdir -p bin
    { echo '#!/bin/sh' && cat; } >"bin/docker-credential-$1"
    chmod +x "bin/docker-credential-$1"
    PATH=$PWD/bin:$PATH
}

@test "credential helpers: asked for this registry; not found leads on; what they are called is checked (row 237)" {
    two x.par
    basic_registry
    helper good <<SH
read -r server
echo "\$1 \$server" >>asked
printf '{"ServerURL":"%s","Username":"alice","Secret":"s3cret"}' "\$server"
SH
    helper none <<<'echo "credentials not found in native keychain"; exit 1'
    helper token <<<'printf "{\"Username\":\"<token>\",\"Secret\":\"refresh-s3cret\"}"'
    mkdir -p home/.docker
    echo '{"credsStore":"good"}' >home/.docker/config.json
    works
    [[ $(sort -u asked) == "get 127.0.0.1:$port" ]] || refuse "$(<asked)"
    jq -n --arg host "127.0.0.1:$port" '{credHelpers: {($host): "good"}, credsStore: "none"}' >home/.docker/config.json
    works
    logged_in home/.docker/config.json "127.0.0.1:$port" alice s3cret
    jq '.credsStore = "none"' home/.docker/config.json >c && mv c home/.docker/config.json
    works
    # The names of programs that are there, in the path or below this directory.
    mkdir docker-credential-x
    printf '#!/bin/sh\ntouch owned\n' >docker-credential-x/y
    chmod +x docker-credential-x/y
    cp docker-credential-x/y 'bin/docker-credential-a b'
    local name
    for name in x/y 'a b' '' 'x;touch owned' '$(touch owned)'; do
        jq -n --arg name "$name" '{credsStore: $name}' >home/.docker/config.json
        expect 16 provar pull "$at:1" --issuer "$issuer" --destination z.par
        stderr_like '\[auth\]$'
    done
    absent owned
}

@test "credential helpers that fail, say too much, or are missing: never anonymous in silence (row 237)" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par >/dev/null
    helper fails <<<'echo broken; exit 1'
    helper endless <<<'echo $$ >endless.pid; exec yes'
    helper text <<<'echo no-json'
    mkdir -p home/.docker
    behave "$(demand "$basic_alice" 'Basic realm="x"')"
    local name
    for name in fails endless text missing; do
        echo '{"credsStore":"'$name'"}' >home/.docker/config.json
        expect 16 timeout 30 provar pull "$at:1" --issuer "$issuer" --destination z.par
        stderr_like "docker-credential-$name.*\[auth\]$"
        absent z.par
    done
    if kill -0 "$(<endless.pid)" 2>/dev/null; then refuse "the helper still runs"; fi
}

@test "what curl would take from a .netrc is not used, and no cookie is sent back (NET-8)" {
    two x.par
    fake
    at=127.0.0.1:$port/x
    behave '{"on": "", "set": {"Set-Cookie": "sid=1; Path=/"}}'
    works
    [[ $(requests true) -ge 6 ]]
    count 0 '.cookie != null'
    (umask 077 && echo "machine 127.0.0.1 login alice password s3cret" >home/.netrc)
    behave '{"on": "[A-Z]+ /v2/", "unless": "'"$basic_alice"'", "set": {"Set-Cookie": "sid=1"}, "status": 401, "headers": [["WWW-Authenticate", "Basic realm=\"x\""]]}'
    NETRC=$HOME/.netrc CURL_HOME=$HOME refuses
    count 0 '.authorization != null'
    works -u alice -p s3cret
    # As it stands there, curl takes it.
    expect 0 curl -sfn -o got "http://127.0.0.1:$port/v2/"
}

@test "row 238: credentials of a registry are for that host and port alone" {
    two x.par
    basic_registry
    local host
    for host in 127.0.0.1 "127.0.0.1:$((port + 1))" "127.0.0.1:${port}0" "x127.0.0.1:$port" "127.0.0.1:$port.evil" "localhost:$port"; do
        logged_in auth.json "$host" alice s3cret
        refuses --authfile auth.json
    done
    logged_in auth.json "http://127.0.0.1:$port/v1/" alice s3cret
    works --authfile auth.json
    logged_in auth.json "127.0.0.1:$port/x" alice s3cret
    works --authfile auth.json
    logged_in auth.json "127.0.0.1:$port/y" alice s3cret
    refuses --authfile auth.json
}

@test "a password reaches no log, no temporary file and no child's command line" {
    needs strace
    not_sanitized "what is traced"
    two x.par
    basic_registry
    helper good <<<'echo "{\"Username\":\"alice\",\"Secret\":\"s3cret\"}"'
    mkdir -p home/.docker
    echo '{"credsStore":"good"}' >home/.docker/config.json
    local traced=(strace -f -qq -s 4096 -e trace=openat,write,writev,pwrite64,execve -o trace) secret child
    secret="s3cret|$(printf alice:s3cret | base64)"
    WASH_REG_USER=alice WASH_REG_PASSWORD=s3cret "${traced[@]}" provar -q push "$at:1" x.par >/dev/null
    if grep -E "$secret" trace; then refuse "from the environment"; fi
    # What the helper itself writes is its answer.
    "${traced[@]}" provar -q push "$at:2" x.par >/dev/null
    child=$(sed -nE 's/^([0-9]+) +execve\("[^"]*docker-credential-good".*/\1/p' trace | sort -u | paste -sd '|')
    grep -qE "^($child) +write.*s3cret" trace
    if grep -vE "^($child) +write" trace | grep -E "$secret"; then refuse "from the helper"; fi
}
