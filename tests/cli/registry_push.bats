#!/usr/bin/env bats
# provar push to registries: what is sent, in which steps, and what a refusal leads to.
# SPDX-License-Identifier: Apache-2.0

load registries.bash

# stored_digest TAG: of the manifest, in the scripted registry
stored_digest() {
    digest_of stored "$1"
}

# stored_whole TAG FILE: the scripted registry has this archive under the tag
stored_whole() {
    [[ -n $(stored_digest "$1") ]] || refuse "no tag $1"
    whole stored
    cmp "$(layer stored "$1")" "$2"
}

# big ARCHIVE: of 9 MiB that do not compress
big() {
    head -c 9M /dev/urandom >body
    pack "$1" --version 1 --revision 3 --target x86_64-linux=body
}

# PUSH-1: what is there is not sent.
@test "push: a registry has what a layout would have, and is not asked to take it twice" {
    two x.par.gz --compress
    plain_registry r
    local digest
    digest=$(provar push oci:s:1.2.3 x.par.gz --dry-run -o json | jq -r .digest)
    succeeds "127.0.0.1:$port/a/x:1.2.3@$digest" push "127.0.0.1:$port/a/x:1.2.3" x.par.gz
    [[ $(asked r 'PUT /v2/a/x/blobs/') == 2 ]] || refuse "$(<.r.out)"
    expect 0 provar push "127.0.0.1:$port/a/x:1.2.3" x.par.gz -o json
    stdout_json '.success and .stored and .tag == "1.2.3" and .digest == "'"$digest"'" and .url == "127.0.0.1:'"$port"'/a/x:1.2.3"'
    [[ $(asked r 'PUT /v2/a/x/blobs/') == 2 && $(asked r 'POST') == 2 ]]
    expect 0 curl -sf "http://127.0.0.1:$port/v2/a/x/blobs/sha256:$(sha256sum <x.par.gz | cut -d ' ' -f 1)"
    stdout_is_file x.par.gz
}

# PUSH-1: whoever may not even look without saying who he is says it, and goes on.
@test "push: the archive, its config, and last the manifest, each blob looked for before it is sent" {
    two x.par
    fake
    behave '{"on": "HEAD", "unless": "Basic .*", "status": 401, "headers": [["WWW-Authenticate", "Basic realm=\"x\""]]}'
    provar -q push "127.0.0.1:$port/x:1" x.par -u alice -p s3cret >/dev/null
    stored_whole 1 x.par
    local hex seen=() due=('HEAD 401 layer' 'HEAD 404 layer' 'POST 202 uploads' 'PUT 201 uploads'
        'HEAD 404 config' 'POST 202 uploads' 'PUT 201 uploads' 'PUT 201 manifests')
    hex=$(sha256sum <x.par | cut -d ' ' -f 1)
    mapfile -t seen < <(jq -r --arg hex "$hex" '"\(.method) \(.status) " + (.target |
        if test("/uploads/") then "uploads" elif endswith($hex) then "layer" elif test("/manifests/") then "manifests" else "config" end)' fake/log)
    [[ ${seen[*]} == "${due[*]}" ]] || refuse "asked: ${seen[*]@Q}"
}

# PUSH-9: only where it is asked for.
@test "push: several tags in one upload; a revision is stored once; no-clobber" {
    two x.par
    other y.par
    plain_registry r
    local at=127.0.0.1:$port/x digest
    provar -q push "$at:a" x.par -t b --by-revision >/dev/null
    digest=$(provar push oci:s:a x.par --dry-run -o json | jq -r .digest)
    expect 0 provar list "$at" -o json
    stdout_json '([.entries[].tag] | sort) == ["a", "b", "rev-7"] and ([.entries[].digest] | unique) == ["'"$digest"'"]
        and .entries[0].revision == "7" and .entries[0].issuer == "'"$issuer"'"'
    refused 14 registry "the tag 'rev-7' names other content already: $digest" push "$at" y.par --by-revision
    refused 14 registry "the tag 'b' names other content already: $digest" push "$at:b" y.par --no-clobber
    expect 0 provar push "$at:b" y.par
    stdout_any
    expect 0 provar list "$at:b" -o json
    stdout_json '.entries | length == 1 and .[0].version == "1.2.4"'
    expect 0 provar list "$at:a" -o json
    stdout_json '.entries[0].version == "1.2.3"'
}

# IF-4.
@test "push --dry-run opens no connection" {
    needs strace
    not_sanitized "what is traced"
    two x.par
    fake
    expect 0 strace -f -qq -e trace=connect -o trace provar push "127.0.0.1:$port/x:1" x.par --dry-run
    stdout_like "127.0.0.1:$port/x:1@sha256:[0-9a-f]{64}$"
    if grep AF_INET trace; then refuse "connected"; fi
    [[ ! -s fake/log && ! -e stored ]]
    expect 0 strace -f -qq -e trace=connect -o trace provar push "127.0.0.1:$port/x:1" x.par
    stdout_any
    grep -q AF_INET trace
}

@test "push: latest, capitals, and no tag at all need to be asked for (rows 230, 232)" {
    two x.par
    fake
    local at=127.0.0.1:$port/x
    refused 2 usage "the reference has no tag, and 'latest' is not allowed without being asked for; --allow-latest allows it" push "$at" x.par
    refused 2 usage "the tag 'latest' is not allowed without being asked for; --allow-latest allows it" push "$at:latest" x.par
    refused 2 usage "the tag 'RC1' has capitals: hosts ask for it in lower case, and would not find it" push "$at:RC1" x.par
    [[ ! -s fake/log ]]
    expect 0 provar push "$at" x.par --allow-latest
    stdout_any
    expect 0 provar push "$at:RC1" x.par --allow-upper-case
    stdout_any
    [[ $(tags stored | cut -d ' ' -f 1 | paste -sd ' ') == 'latest RC1' ]]
}

# PUSH-2.
@test "push: 413 leads to chunks of 4 MiB, in order, in a new session" {
    big x.par
    fake
    behave '{"on": "PUT .*/uploads/", "limit": 1000000}'
    expect 0 provar push "127.0.0.1:$port/x:1" x.par
    stdout_any
    stored_whole 1 x.par
    count 3 '.method == "POST"'
    [[ $(jq -rs 'map(select(.method == "PATCH") | .content_range) | join(" ")' fake/log) == \
        "0-4194303 4194304-8388607 8388608-$(($(stat -c %s x.par) - 1))" ]] || refuse "$(<fake/log)"
    count 0 '.method == "PATCH" and .type != "application/octet-stream"'
}

# PUSH-2.
@test "push: a registry that takes no chunks gets one PATCH; one that takes nothing is an error" {
    big x.par
    fake
    behave '{"on": "PUT .*/uploads/", "limit": 1000000}' '{"on": "PATCH", "status": 416, "times": 1}'
    expect 0 provar push "127.0.0.1:$port/x:1" x.par
    stdout_any
    stored_whole 1 x.par
    count 1 '.method == "PATCH" and .content_range == null and .length == '"$(stat -c %s x.par)"
    rm -rf stored
    behave '{"on": "PUT .*/uploads/", "limit": 1000000}' '{"on": "PATCH", "status": 405}'
    fails 14 '\[registry\]$' push "127.0.0.1:$port/x:1" x.par
    absent stored/index.json
}

# PUSH-2.
@test "push --upload and --chunk-size choose, and nothing else is tried" {
    big x.par
    fake
    local at=127.0.0.1:$port/x size
    size=$(stat -c %s x.par)
    behave
    provar -q push "$at:1" x.par --upload put >/dev/null
    count 1 '.method == "PUT" and .length == '"$size"
    count 0 '.method == "PATCH"'
    rm -rf stored && behave
    provar -q push "$at:1" x.par --upload chunked --chunk-size 1M >/dev/null
    count 10 '.method == "PATCH" and .content_range != null and .length > 2'
    stored_whole 1 x.par
    rm -rf stored && behave
    provar -q push "$at:1" x.par --upload patch >/dev/null
    count 1 '.method == "PATCH" and .content_range == null and .length == '"$size"
    stored_whole 1 x.par
    rm -rf stored && behave '{"on": "PUT .*/uploads/", "limit": 1000000}'
    fails 14 '413.*\[registry\]$' push "$at:1" x.par --upload put
    fails 14 '413.*\[registry\]$' push "$at:1" x.par --monolithic-push
    WASH_MONOLITHIC_PUSH=true fails 14 '413.*\[registry\]$' push "$at:1" x.par
    count 0 '.method == "PATCH"'
    WASH_MONOLITHIC_PUSH=false provar -q push "$at:1" x.par >/dev/null
    stored_whole 1 x.par
    rm -rf stored
    WASH_MONOLITHIC_PUSH=true provar -q push "$at:1" x.par --upload auto >/dev/null
    stored_whole 1 x.par
    refused 2 usage "--upload: 'x' is none of auto, put, chunked and patch" push "$at:1" x.par --upload x
    refused 2 usage "--chunk-size: --upload put has no chunks" push "$at:1" x.par --upload put --chunk-size 1M
    refused 2 usage "--upload patch and --monolithic-push contradict each other" push "$at:1" x.par --upload patch --monolithic-push
    refused 2 usage "--chunk-size: '1X' is not a size such as 4G" push "$at:1" x.par --chunk-size 1X
}

# PUSH-2, PUSH-3.
@test "push: chunks that are taken in part, answered 201, or counted wrongly; a minimum that is demanded" {
    big x.par
    fake
    local at=127.0.0.1:$port/x
    behave '{"on": "PATCH", "times": 1, "take": 1000000}'
    provar -q push "$at:1" x.par --upload chunked >/dev/null
    stored_whole 1 x.par
    [[ $(jq -rs 'map(select(.method == "PATCH") | .content_range)[1]' fake/log) == 1000000-* ]] || refuse "$(<fake/log)"
    rm -rf stored
    behave '{"on": "PATCH", "restatus": 201, "set": {"Range": "0-0"}}'
    provar -q push "$at:1" x.par --upload chunked >/dev/null
    stored_whole 1 x.par
    rm -rf stored
    behave '{"on": "POST", "set": {"OCI-Chunk-Min-Length": "5242880"}}'
    provar -q push "$at:1" x.par --upload chunked >/dev/null
    count 1 '.method == "PATCH" and .length == 5242880'
    stored_whole 1 x.par
    # One that takes two bytes of each would be sent nine megabytes some millions of times.
    rm -rf stored
    behave '{"on": "PATCH", "take": 2}'
    fails 14 'takes less of the blob than it was sent, more than 16 times \[registry\]$' push "$at:1" x.par --upload chunked
    count 17 '.method == "PATCH"'
    count 1 '.method == "DELETE"'
}

# PUSH-4.
@test "push: a gateway that gave up after the blob was stored does not have it sent again" {
    big x.par
    fake
    behave '{"on": "PUT .*/uploads/", "times": 1, "restatus": 504}'
    provar -q push "127.0.0.1:$port/x:1" x.par >/dev/null
    stored_whole 1 x.par
    count 1 '.method == "PUT" and .length == '"$(stat -c %s x.par)"
}

# NET-1.
@test "push: Locations of every form, and their queries byte for byte" {
    two x.par
    fake
    local form
    for form in '/v2/x/blobs/uploads/@ID@?_state=ab%2Bc==' '@ID@?_state=ab%2Bc==' '//127.0.0.1:@PORT@/v2/x/blobs/uploads/@ID@?_state=ab%2Bc==' \
        'http://127.0.0.1:@PORT@/v2/x/blobs/uploads/@ID@?_state=ab%2Bc=='; do
        rm -rf stored
        behave '{"on": "POST", "set": {"Location": "'"$form"'"}}'
        provar -q push "127.0.0.1:$port/x:1" x.par >/dev/null
        stored_whole 1 x.par
    done
    rm -rf stored
    behave '{"on": "POST", "drop": ["Location"]}'
    fails 14 'Location.*\[registry\]$' push "127.0.0.1:$port/x:1" x.par
}

# NET-4.
@test "push: an upload is sent to no other host, unless that is named, and then without credentials" {
    two x.par
    fake
    local at=127.0.0.1:$port/x first=$port second
    mkdir elsewhere
    serve other fake_registry.py elsewhere
    second=$port
    # An upload that the other server knows.
    behave '{"on": "POST .*/uploads/$", "status": 307, "headers": [["Location", "http://127.0.0.1:'"$second"'/v2/x/blobs/uploads/"]]}'
    fails 14 '\[registry\]$' push "$at:1" x.par --user alice --password s3cret
    [[ ! -s other/log ]]
    behave '{"on": "POST .*/uploads/$", "status": 202, "headers": [["Location", "http://127.0.0.1:'"$second"'/v2/x/blobs/uploads/a?_state=ab%2Bc=="]]}'
    fails 14 '\[registry\]$' push "$at:1" x.par --user alice --password s3cret
    [[ ! -s other/log ]]
    behave '{"on": ".*", "unless": "Basic .*", "status": 401, "headers": [["WWW-Authenticate", "Basic realm=\"x\""]]}' \
        '{"on": "POST .*/uploads/$", "status": 202, "headers": [["Location", "http://127.0.0.1:'"$second"'/v2/x/blobs/uploads/a?_state=ab%2Bc=="]]}'
    printf '%s\n' '{"on": "PUT", "status": 201}' >other/rules
    expect 14 provar push "$at:1" x.par --user alice --password s3cret --allow-upload-host "127.0.0.1:$second"
    stderr_like 'MANIFEST_BLOB_UNKNOWN'
    [[ $(jq -s 'map(select(.method == "PUT")) | length' other/log) == 2 ]] || refuse "$(<other/log)"
    [[ $(jq -s 'map(select(.authorization != null)) | length' other/log) == 0 ]]
    [[ $first != "$second" ]]
}

# PUSH-2, PUSH-4, RET-2.
@test "push: what fails for a while is tried again, and a connection that breaks" {
    big x.par
    fake
    local at=127.0.0.1:$port/x
    behave '{"on": "HEAD", "times": 2, "status": 503}' '{"on": "POST", "times": 1, "status": 429, "headers": [["Retry-After", "1"]]}' \
        '{"on": "PUT .*/manifests/", "times": 1, "status": 500}'
    SECONDS=0
    provar -q push "$at:1" x.par >/dev/null
    [[ $SECONDS -ge 1 ]] || refuse "Retry-After is not honoured"
    stored_whole 1 x.par
    rm -rf stored
    behave '{"on": "PUT .*/uploads/", "times": 1, "close": 65536}'
    provar -q push "$at:1" x.par >/dev/null
    stored_whole 1 x.par
    rm -rf stored
    behave '{"on": "POST", "status": 500}'
    fails 14 'status 500.*\[registry\]$' push "$at:1" x.par
    [[ $(requests '.method == "POST"') == 5 ]] || refuse "$(requests '.method == "POST"') tries"
    absent stored/index.json
}

# PUSH-7, PUSH-10.
@test "push: what the registry says decides: a repository that must be there first, types, another digest" {
    two x.par
    fake
    local at=127.0.0.1:$port/x
    behave '{"on": "POST", "status": 404, "body": "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"no such project\"}]}"}'
    fails 17 'no such project; the repository, or its project, must be created first \[not-found\]$' push "$at:1" x.par
    behave '{"on": "PUT .*/manifests/", "status": 400, "body": "{\"errors\":[{\"code\":\"MANIFEST_INVALID\",\"message\":\"unknown media type\"}]}"}'
    fails 14 'unknown media type; push with the media types of container images.*\[registry\]$' push "$at:1" x.par
    behave '{"on": "PUT .*/manifests/", "set": {"Docker-Content-Digest": "sha256:'"$(printf '%064d' 0)"'"}}'
    fails 14 '\[registry\]$' push "$at:1" x.par
    behave '{"on": "PUT", "drop": ["Docker-Content-Digest", "Location"], "restatus": 204}'
    expect 0 provar push "$at:2" x.par
    stdout_any
    stored_whole 2 x.par
    behave '{"on": "POST", "status": 403}'
    rm -rf stored
    fails 16 '\[auth\]$' push "$at:1" x.par
}

# PUSH-1.
@test "push: what check refuses, and what the policy does not accept, asks nobody" {
    two x.par
    cp x.par y.par
    spoil_body y.par linux-x86
    fake
    fails 6 '\[digest\]$' push "127.0.0.1:$port/x:1" y.par
    fails 8 '\[untrusted\]$' push "127.0.0.1:$port/x:1" x.par --issuer "$stranger"
    [[ ! -s fake/log ]]
}

@test "push -r: the registry of a reference that names none, as wash has it" {
    two x.par
    fake
    expect 0 provar push -r "127.0.0.1:$port" x:1 x.par -o json
    stdout_json '.url == "127.0.0.1:'"$port"'/x:1"'
    expect 0 env WASH_REG_URL="127.0.0.1:$port/team/" provar push a/x:2 x.par
    stdout_like "^127.0.0.1:$port/team/a/x:2@sha256:"
    expect 0 env WASH_REG_URL=no.such.host provar push "127.0.0.1:$port/x:3" x.par
    stdout_any
    expect 0 provar push -r no.such.host oci:s:1 x.par
    stdout_any
    expect 0 provar pull -r "127.0.0.1:$port" x:1 --issuer "$issuer"
    stdout_is "pulled x.par.gz from 127.0.0.1:$port/x:1"
    stored_whole 1 x.par
    [[ $(tags stored | cut -d ' ' -f 1 | paste -sd ' ') == '1 2 3' ]]
}
