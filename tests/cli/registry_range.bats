#!/usr/bin/env bats
# What pull --target and inspect move, counted at the server, and storage that answers ranges in every way there is.
# SPDX-License-Identifier: Apache-2.0

load ranges.bash

# PULL-8: of the manifest, of the beginning, and of what the index in it says; no HEAD.
@test "pull --target of an indexed gzip archive: at most 4 requests, and 1.05 times its bytes and 128 KiB" {
    five x.par.gz --compress
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par.gz >/dev/null
    local target compressed
    for target in x86_64-linux aarch64-linux riscv64-linux x86_64-freebsd aarch64-freebsd; do
        compressed=$(gzip -6 <"$target" | wc -c)
        behave
        gets "$target"
        at_most "requests for $target" "$(requests true)" 4
        at_most "bytes for $target" "$(moved)" $((compressed * 105 / 100 + 131072))
        count 0 '.range == null and (.target | test("/blobs/"))'
        count 1 '.range == "bytes=0-65535"'
        count 1 '.method == "GET" and (.target | test("/manifests/"))'
        count 0 '.method == "HEAD"'
    done
}

# PULL-8.
@test "pull --target of a plain archive: one request more for each target" {
    five x.par
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par >/dev/null
    local target
    for target in x86_64-linux aarch64-linux riscv64-linux x86_64-freebsd aarch64-freebsd; do
        behave
        gets "$target"
        at_most "requests for $target" "$(requests true)" 9
        at_most "bytes for $target" "$(moved)" $((2100000 * 105 / 100 + 131072 + 5 * 65536))
    done
}

# PULL-8.
@test "pull --target with tokens: the requests for a token come on top, and the rest is as without" {
    five x.par.gz --compress
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par.gz >/dev/null
    behave '{"on": "GET /token", "status": 200, "body": "{\"token\":\"good\"}"}' \
        "{\"on\": \"[A-Z]+ /v2/\", \"unless\": \"Bearer good\", \"status\": 401, \"headers\": [[\"WWW-Authenticate\", \"Bearer realm=\\\"http://127.0.0.1:$port/token\\\",service=\\\"s\\\",scope=\\\"repository:x:pull\\\"\"]]}"
    gets aarch64-linux
    count 1 '.target | startswith("/token")'
    count 1 '.status == 401'
    at_most requests "$(requests '.authorization == "Bearer good"')" 4
}

# PULL-4, RET-3.
@test "inspect: the manifest and the beginning, and no more; pull: each byte once, in one request" {
    five x.par.gz --compress
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par.gz >/dev/null
    behave
    expect 0 provar inspect "$at:1" -o json
    stdout_json '.blob_verified == false and (.targets | length == 5)'
    at_most bytes "$(moved)" 100000
    behave
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par.gz
    stdout_any
    cmp x.par.gz y.par.gz
    count 1 '.method == "GET" and (.target | test("/blobs/"))'
    count 1 '.target | test("/manifests/")'
    at_most bytes "$(moved)" $(($(stat -c %s x.par.gz) + 4096))
}

# PULL-8.
@test "ranges that are closed and inside, for servers that take no others" {
    five x.par.gz --compress
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par.gz >/dev/null
    behave
    gets aarch64-freebsd
    gets x86_64-linux
    local size
    size=$(stat -c %s x.par.gz)
    # The fake answers 416 to all others.
    count 0 '.status == 416'
    count 0 '.range != null and (.range | test("^bytes=[0-9]+-[0-9]+$") | not)'
    count 0 '.range != null and (.range | capture("-(?<last>[0-9]+)").last | tonumber) >= '"$size"
    count 0 '.method == "HEAD" and .range != null'
    count 0 '.range != null and (.target | test("manifests"))'
}

# PULL-8.
@test "ranges: answered with 200, 416, or without saying of what size" {
    five x.par.gz --compress
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par.gz >/dev/null
    local size
    size=$(stat -c %s x.par.gz)
    behave '{"on": "GET .*/blobs/", "range": "ignore"}'
    gets aarch64-linux
    # That one body serves everything; each range more would be a whole blob more.
    at_most bytes "$(moved)" $((size + 65536))
    behave '{"on": "GET .*/blobs/", "range": "star"}'
    gets aarch64-linux
    cat >rules <<'JSON'
{"on": "GET .*/blobs/", "times": 1, "status": 416, "headers": [["Content-Length", "10000000"], ["Content-Type", "text/plain"]], "body": "range"}
JSON
    behave "$(<rules)"
    gets aarch64-linux
}

# PULL-8.
@test "ranges: other bytes than were asked for are refused (row 240)" {
    five x.par.gz --compress
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par.gz >/dev/null
    local kind
    for kind in shift longer none double multipart; do
        behave '{"on": "GET .*/blobs/", "range": "'$kind'"}'
        fails 14 '\[registry\]$' pull "$at:1" --target aarch64-linux --issuer "$issuer" --destination "z.$kind"
        absent "z.$kind"
    done
}

@test "a transfer that is cut goes on by a range, and what comes then is compared as ever (row 240)" {
    five x.par.gz --compress
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par.gz >/dev/null
    cp "$(layer stored 1)" changed
    printf 'XXXX' | dd of=changed bs=1 seek=5000000 conv=notrunc status=none
    # Another content from the second answer on.
    behave '{"on": "GET .*/blobs/", "times": 1, "cut": 4000000}' '{"on": "GET .*/blobs/", "skip": 1, "range": "ignore"}'
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par.gz
    stdout_any
    cmp x.par.gz y.par.gz
    cp changed "$(layer stored 1)"
    behave '{"on": "GET .*/blobs/", "times": 1, "cut": 4000000}'
    fails 14 'not that of its digest.*\[registry\]$' pull "$at:1" --issuer "$issuer" --destination z.par.gz
    absent z.par.gz
}

# PULL-8.
@test "redirecting storage: credentials stay, the final place is kept, and is asked for anew when it has expired" {
    five x.par.gz --compress
    mkdir r
    serve storage blob_server.py r
    local storage=$port
    htpasswd -Bbn alice s3cret >htpasswd
    registry r <<YAML
auth: {htpasswd: {realm: test, path: $PWD/htpasswd}}
middleware:
  storage:
    - name: redirect
      options: {baseurl: "http://127.0.0.1:$storage/"}
YAML
    at=127.0.0.1:$port/x
    export WASH_REG_USER=alice WASH_REG_PASSWORD=s3cret
    provar -q push "$at:1" x.par.gz >/dev/null
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par.gz
    stdout_any
    cmp x.par.gz y.par.gz
    [[ $(jq -s 'map(select(.status == 400)) | length' storage/log) == 0 ]]
    : >storage/log
    gets riscv64-linux
    [[ $(jq -s 'map(select(.status == 206)) | length' storage/log) -ge 2 ]]
    [[ $(jq -s 'map(select(.status != 206)) | length' storage/log) == 0 ]] || refuse "$(<storage/log)"
    local redirected
    redirected=$(asked r 'GET /v2/x/blobs/[^"]*" 307')
    printf '%s\n' '{"on": "GET", "skip": 1, "times": 1, "status": 403}' >storage/rules
    gets x86_64-linux
    [[ $(asked r 'GET /v2/x/blobs/[^"]*" 307') == $((redirected + 2)) ]] || refuse "$(<.r.out)"
}
