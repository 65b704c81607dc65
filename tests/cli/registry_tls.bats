#!/usr/bin/env bats
# Registries over TLS: which authorities are believed, the client's certificate, and where plain HTTP may take its place.
# SPDX-License-Identifier: Apache-2.0

load registries.bash

tls_registry() {
    certificates
    registry r <<<"  tls: {certificate: $PWD/srv.crt, key: $PWD/srv.key${1:-}}"
    at=127.0.0.1:$port/x
}

works() {
    expect 0 provar push "$at:1" x.par "$@"
    stdout_any
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par "$@"
    stdout_any
    cmp x.par y.par
}

@test "TLS: a private authority is believed when it is named, by option, variable or directory" {
    two x.par
    tls_registry
    fails 18 'certificate.*\[network\]$' push "$at:1" x.par
    works --ca-file ca.crt
    works --ca-file ca.crt --ca-only
    SSL_CERT_FILE=$PWD/ca.crt works
    mkdir -p "home/.config/containers/certs.d/127.0.0.1:$port"
    cp ca.crt "home/.config/containers/certs.d/127.0.0.1:$port/"
    works
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.crt -subj /CN=other -days 2 2>/dev/null
    works --ca-file other.crt
    fails 18 'certificate.*\[network\]$' pull "$at:1" --issuer "$issuer" --ca-file other.crt --ca-only
    mv "home/.config/containers/certs.d/127.0.0.1:$port" "home/.config/containers/certs.d/127.0.0.1"
    fails 18 '\[network\]$' pull "$at:1" --issuer "$issuer"
    expect 3 provar list "$at" --ca-file no-such-file
    stderr_like 'no-such-file.*\[io\]$'
    echo text >text
    fails 2 "no certificate.*'text' \[usage\]$" list "$at" --ca-file text
}

@test "TLS: another host's certificate, another authority, an expired one" {
    two x.par
    certificates
    openssl x509 -req -in srv.csr -CA ca.crt -CAkey ca.key -days 2 -out other.crt -extfile <(echo 'subjectAltName=DNS:other.test') 2>/dev/null
    fake "$PWD/other.crt" "$PWD/srv.key"
    fails 18 'certificate.*\[network\]$' push "127.0.0.1:$port/x:1" x.par --ca-file ca.crt
    openssl x509 -req -in srv.csr -CA ca.crt -CAkey ca.key -days -1 -out expired.crt -extfile <(echo 'subjectAltName=IP:127.0.0.1') 2>/dev/null
    serve late fake_registry.py stored expired.crt srv.key
    fails 18 'expired.*\[network\]$' push "127.0.0.1:$port/x:1" x.par --ca-file ca.crt
    certificates
    serve good fake_registry.py stored srv.crt srv.key
    expect 0 provar push "127.0.0.1:$port/x:1" x.par --ca-file ca.crt
    stdout_any
    certificates
    fails 18 '\[network\]$' push "127.0.0.1:$port/x:1" x.par --ca-file ca.crt
    [[ ! -s fake/log && ! -s late/log ]]
}

@test "--insecure-skip-tls-verify: each time with a warning, and never over plain HTTP" {
    two x.par
    tls_registry
    expect 0 provar push "$at:1" x.par --insecure-skip-tls-verify
    stdout_any
    stderr_like 'warning: .*--?insecure-skip-tls-verify|warning: .*TLS'
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par --insecure-skip-tls-verify
    stdout_any
    stderr_like 'warning: '
    cmp x.par y.par
    fails 18 '\[network\]$' pull "$at:1" --issuer "$issuer"
}

@test "the client's certificate: by options, in one file, by directory; without it the registry refuses" {
    two x.par
    tls_registry ", clientcas: [$PWD/ca.crt]"
    works --ca-file ca.crt --cert client.crt --key client.key
    cat client.crt client.key >both.pem
    works --ca-file ca.crt --cert both.pem
    mkdir -p "home/.config/containers/certs.d/127.0.0.1:$port"
    cp ca.crt "home/.config/containers/certs.d/127.0.0.1:$port/ca.crt"
    fails 18 '\[network\]$' pull "$at:1" --issuer "$issuer"
    cp client.crt "home/.config/containers/certs.d/127.0.0.1:$port/client.cert"
    cp client.key "home/.config/containers/certs.d/127.0.0.1:$port/client.key"
    works
    fails 2 "ca\.key.*\[usage\]$" list "$at" --ca-file ca.crt --cert client.crt --key ca.key
}

@test "the client's certificate goes to the registry and to no other host" {
    two x.par
    certificates
    fake "$PWD/srv.crt" "$PWD/srv.key"
    local first=$port
    serve storage blob_server.py stored srv.crt srv.key ca.crt
    provar -q push "127.0.0.1:$first/x:1" x.par --ca-file ca.crt --cert client.crt --key client.key >/dev/null
    behave '{"on": "GET .*/blobs/", "status": 307, "headers": [["Location", "https://127.0.0.1:'"$port"'/'"$(layer stored 1 | cut -d / -f 2-)"'"]]}'
    expect 0 provar pull "127.0.0.1:$first/x:1" --ca-file ca.crt --cert client.crt --key client.key --issuer "$issuer" --destination y.par
    stdout_any
    cmp x.par y.par
    [[ -s storage/log ]]
    # The control: a request that sends it is refused there.
    expect 0 curl -s --cacert ca.crt --cert client.crt --key client.key "https://127.0.0.1:$port/blobs"
    stdout_has 'Only one auth mechanism allowed'
}

@test "a registry on this machine that speaks no TLS is spoken to without; one that does is not" {
    two x.par
    plain_registry r
    at=127.0.0.1:$port/x
    works
    works --insecure
    at=localhost:$port/x
    works
    tls_registry
    # Over TLS it is a registry, and what is wrong with its certificate is no reason to leave TLS.
    fails 18 '\[network\]$' push "$at:1" x.par -u alice -p s3cret
    fails 14 '\[registry\]$' push "$at:1" x.par --insecure
    [[ $(asked r 'PUT') == 0 ]]
}

@test "a registry of this machine with TLS keeps it, whatever another host is that it sends us on to" {
    two x.par
    certificates
    fake "$PWD/srv.crt" "$PWD/srv.key"
    local at=127.0.0.1:$port/x plain
    serve other fake_registry.py stored
    plain=$port
    provar -q push "$at:1" x.par --ca-file ca.crt >/dev/null
    behave "{\"on\": \"(GET|HEAD) .*/manifests/\", \"status\": 307, \"headers\": [[\"Location\", \"https://127.0.0.1:$plain@PATH@\"]]}"
    fails 18 "https://127\.0\.0\.1:$plain.*\[network\]\$" pull "$at:1" --issuer "$issuer" --ca-file ca.crt
    [[ ! -s other/log ]] || refuse "$(<other/log)"
}

# NET-3, NET-4.
@test "from https nothing leads to http: redirects, Locations, realms (row 229)" {
    two x.par
    certificates
    fake "$PWD/srv.crt" "$PWD/srv.key"
    local at=127.0.0.1:$port/x plain
    serve other fake_registry.py stored
    plain=$port
    provar -q push "$at:1" x.par --ca-file ca.crt >/dev/null
    behave "{\"on\": \"GET .*/blobs/\", \"status\": 307, \"headers\": [[\"Location\", \"http://127.0.0.1:$plain@PATH@\"]]}"
    fails 14 '\[registry\]$' pull "$at:1" --issuer "$issuer" --ca-file ca.crt
    behave "{\"on\": \"POST\", \"status\": 202, \"headers\": [[\"Location\", \"http://127.0.0.1:$plain/v2/x/blobs/uploads/a?_state=ab%2Bc==\"]]}"
    other y.par
    fails 14 '\[registry\]$' push "$at:2" y.par --ca-file ca.crt
    behave "{\"on\": \".*\", \"status\": 401, \"headers\": [[\"WWW-Authenticate\", \"Bearer realm=\\\"http://127.0.0.1:$plain/token\\\",service=\\\"s\\\"\"]]}"
    fails 16 '\[auth\]$' pull "$at:1" --issuer "$issuer" --ca-file ca.crt -u alice -p s3cret
    [[ ! -s other/log ]] || refuse "$(<other/log)"
}
