#!/usr/bin/env bats
# provar pull, list and copy with registries, and references of them where other verbs take files.
# SPDX-License-Identifier: Apache-2.0

load registries.bash

# IF-1.
@test "pull: the bytes that were pushed, out of a registry and a layout alike" {
    two x.par.gz --compress
    plain_registry r
    local at=127.0.0.1:$port/a/http digest
    provar -q push "$at:1" x.par.gz >/dev/null
    digest=$(provar push oci:s:1 x.par.gz --dry-run -o json | jq -r .digest)
    succeeds "pulled http.par.gz from $at:1" pull "$at:1" --issuer "$issuer"
    cmp http.par.gz x.par.gz
    [[ $(mode_of http.par.gz) == 644 ]]
    expect 0 provar pull "$at:other@$digest" --issuer "$issuer" --destination y.par -o json
    stdout_json '.success and .file == "y.par" and .blob_verified and .digest == "'"$digest"'" and .tag == "other"
        and .blob == "sha256:'"$(sha256sum <x.par.gz | cut -d ' ' -f 1)"'" and .size == '"$(stat -c %s x.par.gz)"
    cmp y.par x.par.gz
    expect 0 provar pull "oci://localhost:$port/a/http:1" --issuer "$issuer" --destination -
    stdout_is_file x.par.gz
}

@test "pull: nobody is believed without being named, and the destination stays as it was" {
    two x.par
    fake
    local at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par >/dev/null
    behave
    echo old >y.par
    fails 8 '\[untrusted\]$' pull "$at:1" --destination y.par
    [[ ! -s fake/log ]]
    fails 8 '\[untrusted\]$' pull "$at:1" --issuer "$stranger" --destination y.par
    fails 8 '\[untrusted\]$' pull "$at:1" --issuer "$issuer" --min-revision 8 --destination y.par
    [[ $(<y.par) == old ]]
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par
    stdout_any
    cmp x.par y.par
}

# IF-3.
@test "pull: what is not there is 17, a server that is not there 18" {
    two x.par
    plain_registry r
    local at=127.0.0.1:$port/x
    fails 17 '\[not-found\]$' pull "$at:1" --issuer "$issuer"
    provar -q push "$at:1" x.par >/dev/null
    fails 17 '\[not-found\]$' pull "$at:2" --issuer "$issuer"
    fails 17 '\[not-found\]$' pull "$at@sha256:$(printf '%064d' 0)" --issuer "$issuer"
    fails 17 '\[not-found\]$' list "127.0.0.1:$port/other"
    stop_servers
    fails 18 "127.0.0.1.*\[network\]$" pull "$at:1" --issuer "$issuer"
    fails 18 '\[network\]$' push "$at:1" x.par
    fails 18 '\[network\]$' pull no.such.host.invalid/x:1 --issuer "$issuer"
    [[ -z $(compgen -G '*.par.gz') ]]
}

@test "what comes from a registry lies in TMPDIR in between" {
    two x.par
    fake
    local at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par >/dev/null
    serve second fake_registry.py other
    export TMPDIR=$PWD/t
    fails 3 "in '$TMPDIR': No such file or directory \[io\]$" verify "$at:1" --issuer "$issuer"
    fails 3 "in '$TMPDIR': No such file or directory \[io\]$" copy "$at:1" "127.0.0.1:$port/x:1"
    mkdir t
    expect 0 provar verify "$at:1" --issuer "$issuer"
    stdout_any
    expect 0 provar copy "$at:1" "127.0.0.1:$port/x:1"
    stdout_any
    [[ -z $(ls -A t) ]]
}

@test "pull: latest and no tag need to be asked for (row 230)" {
    two x.par
    fake
    local at=127.0.0.1:$port/x
    provar -q push "$at" x.par --allow-latest >/dev/null
    behave
    fails 2 "latest.*\[usage\]$" pull "$at" --issuer "$issuer"
    fails 2 "latest.*\[usage\]$" pull "$at:latest" --issuer "$issuer"
    [[ ! -s fake/log ]]
    expect 0 provar pull "$at" --issuer "$issuer" --allow-latest -o json
    stdout_json '.success'
}

@test "pull --revision, of a registry" {
    two x.par
    other y.par 10
    plain_registry r
    local at=127.0.0.1:$port/x
    provar -q push "$at" x.par --by-revision >/dev/null
    provar -q push "$at" y.par --by-revision >/dev/null
    expect 0 provar pull "$at" --revision 7 --issuer "$issuer" --destination z.par
    stdout_any
    cmp z.par x.par
    expect 0 provar pull "$at" --revision latest --issuer "$issuer" --destination z.par -o json
    stdout_json '.tag == "rev-10"'
    cmp z.par y.par
    fails 17 '\[not-found\]$' pull "$at" --revision 8 --issuer "$issuer"
}

@test "pull --revision latest: a registry that withholds the newest does not make an older one the newest" {
    two x.par
    other y.par 10
    fake
    local at=127.0.0.1:$port/x status what
    provar -q push "$at" x.par --by-revision >/dev/null
    provar -q push "$at" y.par --by-revision >/dev/null
    for status in 404 429 501 503; do
        for what in manifests/rev-10 "blobs/sha256:$(sha256sum <y.par | cut -d ' ' -f 1)"; do
            behave '{"on": "(GET|HEAD) .*/'"$what"'", "status": '$status', "headers": [["Retry-After", "0"]]}'
            fails "$([[ $status == 404 ]] && echo 17 || echo 14)" '\[(registry|not-found)\]$' \
                pull "$at" --revision latest --issuer "$issuer" --destination z.par
        done
        fails "$([[ $status == 404 ]] && echo 17 || echo 14)" '\[(registry|not-found)\]$' \
            pull "$at" --revision latest --issuer "$issuer" --target x86_64-linux --destination z.par
    done
    absent z.par
    behave
    expect 0 provar pull "$at" --revision latest --issuer "$issuer" --destination z.par
    stdout_any
    cmp z.par y.par
}

@test "references where other verbs take files: inspect check verify extract run sign" {
    two x.par.gz --compress
    pack run.par --version 1 --target "$here=$shell"
    plain_registry r
    local at=127.0.0.1:$port/x
    provar -q push "$at:a" x.par.gz >/dev/null
    provar -q push "$at:run" run.par >/dev/null
    expect 0 provar inspect "$at:a" -o json
    stdout_json '.signature == "valid" and .version == "1.2.3" and .targets == ["aarch64-linux", "x86_64-linux"] and .blob_verified == false'
    expect 0 provar check "$at:a"
    stdout_like "^$at:a is intact"
    expect 0 provar verify "$at:a" --issuer "$issuer" -o json
    stdout_json '.blob_verified and .coverage == "all"'
    expect 0 provar extract "$at:a" --issuer "$issuer" --target aarch64-linux --destination out
    stdout_any
    cmp out linux-arm
    expect 3 provar run "$at:run" --issuer "$issuer" -- -c 'exit 3'
    expect 0 provar sign "$at:a" --issuer a.nk --revision 8 --destination y.par
    stdout_any
    expect 0 provar verify y.par --issuer "$issuer" --min-revision 8
    stdout_any
    expect 0 provar remove "$at:a" --target aarch64-linux --issuer a.nk --destination z.par
    stdout_any
    expect 0 provar insert "$at:run" --target linux-arm --issuer a.nk --destination w.par
    stdout_any
}

# LAY-1, PULL-2.
@test "copy: between a layout and two registries the digest stays" {
    two x.par
    plain_registry r
    local one=127.0.0.1:$port/a/x two
    plain_registry q
    two=127.0.0.1:$port/b/y
    provar -q push oci:s:a x.par >/dev/null
    local digest
    digest=$(digest_of s a)
    succeeds "$one:a@$digest" copy oci:s:a "$one"
    succeeds "$two:b@$digest" copy "$one:a" "$two:b"
    succeeds "oci:t:b@$digest" copy "$two:b" oci:t
    whole t
    cmp "$(blob s "$digest")" "$(blob t "$digest")"
    other y.par
    provar -q push "$one:a" y.par >/dev/null
    refused 14 registry "the tag 'b' names other content already: $digest" copy "$one:a" "$two:b" --no-clobber
    fails 17 '\[not-found\]$' copy "$one:none" oci:u
    absent u
}

# REF-4.
@test "copy: a tag that push would refuse in a registry is copied with a warning" {
    two x.par
    fake
    local at=127.0.0.1:$port/x digest latest capitals
    latest="the tag 'latest' may move at any time: push and pull take it with --allow-latest only"
    capitals="the tag 'LaTest' has capitals: hosts ask for it in lower case, and would not find it"
    provar -q push oci:s:a x.par -t latest --allow-latest >/dev/null
    digest=$(digest_of s a)
    warned "$latest" "$at:latest@$digest" copy oci:s:a "$at:latest"
    warned "$latest" "oci://$at:latest@$digest" copy oci:s:latest "oci://$at"
    warned "$capitals" "$at:LaTest@$digest" copy oci:s:a "$at:LaTest"
    expect 0 provar copy oci:s:a "$at:LaTest" -o json
    stdout_json '.tag == "LaTest" and .warnings == ["'"$capitals"'"]'
    stderr_is "provar: warning: $capitals"
    expect 0 provar -q copy oci:s:a "$at:latest"
    stdout_any
    stderr_is ''
    succeeds "$at:a@$digest" copy oci:s:a "$at"
    succeeds "$at@$digest" copy "oci:s@$digest" "$at"
    succeeds "oci:t:latest@$digest" copy "$at:latest" oci:t
    succeeds "oci:t:LaTest@$digest" copy "$at:LaTest" oci:t
}

@test "copy from registry to registry: a blob is asked for once, however often it is sent, and compared before" {
    head -c 9M /dev/urandom >body
    pack x.par --version 1 --target x86_64-linux=body
    plain_registry r
    local to=127.0.0.1:$port/y at hex
    hex=$(sha256sum <x.par | cut -d ' ' -f 1)
    fake
    at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par >/dev/null
    behave
    expect 0 provar copy "$at:1" "$to:1"
    stdout_any
    count 1 '.method == "GET" and (.target | contains("'"$hex"'"))'
    expect 0 provar pull "$to:1" --issuer "$issuer" --destination y.par
    stdout_any
    cmp x.par y.par
    # Into the one that takes no large bodies: in parts.
    provar -q push "$to:2" x.par >/dev/null
    rm -rf stored/blobs stored/index.json
    behave '{"on": "(PUT|POST) ", "limit": 5000000}'
    expect 0 provar copy "$to:2" "$at:2"
    stdout_any
    count 3 '.method == "PATCH"'
    [[ $(asked r "GET /v2/y/blobs/sha256:$hex") == 2 ]] || refuse "$(<.r.out)"
    # What is wrong is not sent.
    provar -q push "$at:1" x.par >/dev/null
    head -c "$(stat -c %s x.par)" /dev/zero >zeros
    behave '{"on": "GET .*/blobs/sha256:'"$hex"'", "file": "zeros"}'
    local posts
    posts=$(asked r 'POST ')
    fails 14 'not that of its digest.*\[registry\]$' copy "$at:1" "${to/y/z}:1"
    # The config alone.
    [[ $(asked r 'POST ') == $((posts + 1)) ]] || refuse "$(asked r 'POST ') of $posts"
}

# PUSH-5.
@test "copy between repositories of one registry sends no blob where it mounts" {
    two x.par
    plain_registry r
    provar -q push "127.0.0.1:$port/a:1" x.par >/dev/null
    local before
    before=$(asked r 'PUT /v2/b/blobs/')
    expect 0 provar copy "127.0.0.1:$port/a:1" "127.0.0.1:$port/b:1"
    stdout_any
    [[ $(asked r 'PUT /v2/b/blobs/') == "$before" ]] || refuse "$(<.r.out)"
    expect 0 provar pull "127.0.0.1:$port/b:1" --issuer "$issuer"
    stdout_any
}

# PUSH-5.
@test "copy between repositories of one registry sends the blobs where it does not mount" {
    two x.par
    fake
    local at=127.0.0.1:$port/x status digest
    provar -q push "$at:1" x.par >/dev/null
    digest=$(digest_of stored 1)
    for status in 202 403 405; do
        # To the other repository all blobs are unknown.
        behave '{"on": "HEAD /v2/y/blobs/", "status": 404}' '{"on": "POST /v2/y/.*[?&]mount=", "status": '$status'}'
        succeeds "127.0.0.1:$port/y:$status@$digest" copy "$at:1" "127.0.0.1:$port/y:$status"
        count 2 '.method == "POST" and (.target | test("[?&]mount=sha256.*&from=x$"))'
        count 2 '.method == "PUT" and .status == 201 and (.target | test("/v2/y/blobs/uploads/"))'
        count 2 '.method == "POST" and (.target | test("/v2/y/blobs/uploads/$"))'
        count 0 '.method == "DELETE"'
    done
    # What the registry has begun in place of the mount is where the upload goes.
    behave '{"on": "HEAD /v2/y/blobs/", "status": 404}' '{"on": "POST /v2/y/.*[?&]mount=", "unmounted": true}'
    succeeds "127.0.0.1:$port/y:begun@$digest" copy "$at:1" "127.0.0.1:$port/y:begun"
    count 2 '.method == "PUT" and .status == 201 and (.target | test("/v2/y/blobs/uploads/"))'
    count 0 '.method == "POST" and (.target | test("/v2/y/blobs/uploads/$"))'
    count 0 '.method == "DELETE"'
}

@test "list: pages that are linked, tags that are null, and a Link without an end" {
    two x.par
    fake
    local at=127.0.0.1:$port/x
    provar -q push "$at:a" x.par -t b -t c -t d -t e >/dev/null
    behave '{"on": "GET .*/tags/list", "page": 2}'
    expect 0 provar list "$at" -o json
    stdout_json '[.entries[].tag] == ["a", "b", "c", "d", "e"]'
    count 3 '.target | test("tags/list")'
    behave '{"on": "GET .*/tags/list", "status": 200, "body": "{\"name\":\"x\",\"tags\":null}"}'
    expect 0 provar list "$at" -o json
    stdout_json '.entries == []'
    behave '{"on": "GET .*/tags/list", "status": 200, "body": "{\"name\":\"x\",\"tags\":null}", "headers": [["Link", "<@PATH@>; rel=\"next\""]]}'
    expect 13 provar list "$at"
    stderr_like 'pages of tags \[limit\]$'
    behave '{"on": "GET .*/tags/list", "set": {"Link": "<http://127.0.0.1:1/v2/x/tags/list>; rel=\"next\""}}'
    expect 14 provar list "$at"
    stdout_any
    stderr_like '\[registry\]$'
}

@test "list: 4096 tags, and not one more" {
    fake
    local at=127.0.0.1:$port/x count
    for count in 4096 4097; do
        behave '{"on": "GET .*/tags/list", "status": 200, "body": "{\"name\":\"x\",\"tags\":['"$(printf '\\"t%d\\",' $(seq "$count"))"'\"-\"]}"}'
        expect $((count == 4096 ? 0 : 13)) provar -q list "$at" -o json
        if ((count == 4096)); then
            stdout_json '(.entries | length == 4096) and .entries[4095].tag == "t4096"'
        else
            stdout_json '.error == "more than 4096 tags" and .code == "limit"'
        fi
        count 4096 '.target | test("/manifests/")'
    done
    # One of them, wherever it stands, is looked for alone, and that it is not there is the result.
    fails 17 "no manifest 't4097'.*\[not-found\]$" list "$at:t4097"
    two x.par
    provar -q push "$at:t4097" x.par >/dev/null
    expect 0 provar -q list "$at:t4097" -o json
    stdout_json '[.entries[].tag] == ["t4097"]'
}

@test "a broken connection: the transfer goes on where it broke" {
    head -c 3M /dev/urandom >body
    pack x.par --version 1 --target x86_64-linux=body
    fake
    local at=127.0.0.1:$port/x size
    size=$(stat -c %s x.par)
    provar -q push "$at:1" x.par >/dev/null
    behave '{"on": "GET .*/blobs/", "times": 2, "cut": 1000000}'
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par
    stdout_any
    cmp x.par y.par
    count 1 '.range == "bytes=1000000-'"$((size - 1))"'"'
    count 1 '.range == "bytes=2000000-'"$((size - 1))"'"'
    behave '{"on": "GET .*/blobs/", "cut": 0}'
    fails 18 '\[network\]$' pull "$at:1" --issuer "$issuer" --destination z.par
    absent z.par
}

# RET-1, RET-2.
@test "what fails for a while is tried again; what is refused is not" {
    two x.par
    fake
    local at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par >/dev/null
    behave '{"on": "(GET|HEAD) .*/manifests/", "times": 2, "status": 503}' '{"on": "GET .*/blobs/", "times": 1, "status": 429, "headers": [["Retry-After", "1"]]}'
    SECONDS=0
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par
    stdout_any
    [[ $SECONDS -ge 1 ]]
    behave '{"on": "GET .*/blobs/", "times": 1, "status": 429, "headers": [["Retry-After", "'"$(LC_ALL=C date -u -d '+2 seconds' '+%a, %d %b %Y %H:%M:%S GMT')"'"]]}'
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par
    stdout_any
    local status
    for status in 400 403 405 501; do
        behave '{"on": "GET .*/blobs/", "status": '$status'}'
        expect "$([[ $status == 403 ]] && echo 16 || echo 14)" provar pull "$at:1" --issuer "$issuer" --destination z.par
        stderr_like "$status"
        count 1 '.target | test("/blobs/")'
    done
    absent z.par
}

@test "a registry's warning is shown once, and cannot steer the terminal" {
    two x.par
    fake
    local at=127.0.0.1:$port/x
    provar -q push "$at:1" x.par >/dev/null
    behave '{"on": ".*", "set": {"Warning": "299 - \"gone \u001b[31m\""}}'
    fails 14 'control characters.*gone .x1b.*\[registry\]$' pull "$at:1" --issuer "$issuer"
    behave '{"on": ".*", "set": {"Warning": "299 - \"gone soon \u009b31m\""}}'
    expect 0 provar pull "$at:1" --issuer "$issuer" --destination y.par
    stdout_any
    stderr_like 'gone soon'
    [[ $(grep -c 'gone soon' "$stderr_file") == 1 ]]
    if grep -aP '[\x80-\xff]' "$stderr_file"; then refuse "not escaped"; fi
}

@test "proxies: --proxy, --no-proxy, the environment; plain HTTP to another machine only with --insecure" {
    two x.par
    fake
    local proxy=http://127.0.0.1:$port
    provar -q push "127.0.0.1:$port/x:1" x.par >/dev/null
    behave
    expect 0 provar pull registry.test/x:1 --issuer "$issuer" --proxy "$proxy" --insecure --destination y.par
    stdout_any
    cmp x.par y.par
    [[ $(requests '.target | startswith("http://registry.test/v2/")') -ge 2 ]]
    behave
    fails 18 '\[network\]$' pull registry.test/x:1 --issuer "$issuer" --proxy "$proxy"
    count 0 '.method == "GET"'
    http_proxy=$proxy expect 0 provar pull registry.test/x:1 --issuer "$issuer" --insecure --destination y.par
    stdout_any
    behave
    fails 18 '\[network\]$' pull registry.invalid/x:1 --issuer "$issuer" --proxy "$proxy" --no-proxy registry.invalid --insecure
    [[ ! -s fake/log ]]
}
