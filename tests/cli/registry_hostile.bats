#!/usr/bin/env bats
# Registries that lie: the rows of the threat matrix on what comes over HTTP, each with its control.
# SPDX-License-Identifier: Apache-2.0

load registries.bash

# The scripted registry, with an archive under the tag t; what it sends is out of `stored`, a copy of the layout `good`.
begin() {
    two x.par
    provar -q push oci:good:t x.par >/dev/null
    cp -r good stored
    fake
    at=127.0.0.1:$port/x
}

# believed TAG [FILE]: the control: it is retrieved, and is what was pushed
believed() {
    expect 0 provar pull "$at:$1" --issuer "$issuer" --destination got.par
    stdout_any
    cmp got.par "${2:-x.par}"
    rm got.par
}

# rejected STATUS PATTERN REFERENCE ARG...: and nothing is left behind
rejected() {
    local status=$1 pattern=$2 reference=$3
    shift 3
    fails "$status" "$pattern" pull "$reference" --issuer "$issuer" --destination got.par "$@"
    absent got.par
}

# PULL-2.
@test "row 208: a manifest with other bytes than its digest, pinned and by its tag" {
    begin
    local digest changed
    digest=$(digest_of good t)
    manifest good t | sed 's/"Test"/"Tess"/' >changed
    behave '{"on": "GET .*/manifests/", "file": "changed"}'
    rejected 14 'digest.*\[registry\]$' "$at@$digest"
    rejected 14 'digest.*\[registry\]$' "$at:t@$digest"
    # Nobody has said what the tag names: the header says another digest than the bytes have.
    rejected 14 'says that the manifest is .*\[registry\]$' "$at:t"
    behave '{"on": "GET .*/manifests/", "drop": ["Docker-Content-Digest"]}'
    believed t
    [[ -s changed ]]
    # Nobody reads what has another digest: it is no JSON, and that is not what is said.
    echo '{' >changed
    behave '{"on": "GET .*/manifests/", "file": "changed"}'
    rejected 14 'the content is not that of its digest.*\[registry\]$' "$at@$digest"
    rejected 14 'says that the manifest is .*\[registry\]$' "$at:t"
}

# PULL-2.
@test "row 209: what the header says of the digest is compared, never believed" {
    begin
    behave '{"on": "(GET|HEAD) .*/manifests/", "set": {"Docker-Content-Digest": "sha256:'"$(printf '%064d' 0)"'"}}'
    rejected 14 '\[registry\]$' "$at:t"
    behave '{"on": "(GET|HEAD) .*/manifests/", "set": {"Docker-Content-Digest": ""}}'
    believed t
    behave '{"on": "(GET|HEAD) .*/manifests/", "drop": ["Docker-Content-Digest"]}'
    believed t
    behave '{"on": "(GET|HEAD) .*/manifests/", "set": {"Docker-Content-Digest": "sha512:'"$(printf '%0128d' 0)"'"}}'
    believed t
    # The manifest of another archive, with a header to match, where a digest was asked for.
    other y.par
    provar -q push oci:stored:u y.par >/dev/null
    manifest stored u >other
    behave '{"on": "GET .*/manifests/", "file": "other", "set": {"Docker-Content-Digest": "'"$(digest_of good t)"'"}}'
    rejected 14 'digest.*\[registry\]$' "$at@$(digest_of good t)"
}

# PULL-4.
@test "row 210: a layer with other bytes than its digest" {
    begin
    spoil_body "$(layer stored t)" linux-x86
    rejected 14 'the content is not that of its digest.*\[registry\]$' "$at:t"
    fails 14 'the content is not that of its digest.*\[registry\]$' verify "$at:t" --issuer "$issuer"
    fails 14 '\[registry\]$' copy "$at:t" oci:copied
    # Read in part, nobody asks for the digest of the whole: what was signed decides.
    fails 6 '\[digest\]$' extract "$at:t" --issuer "$issuer" --target x86_64-linux --destination out
    fails 6 '\[digest\]$' pull "$at:t" --issuer "$issuer" --target x86_64-linux --destination out
    fails 14 'the content is not that of its digest.*\[registry\]$' pull "$at:t@$(digest_of stored t)" --issuer "$issuer" --target aarch64-linux --lazy=never --destination out
    absent out
    [[ -z $(tags copied 2>/dev/null) ]]
}

# PULL-4: the size, the digest, and no header beside them.
@test "row 211: a layer that is shorter or longer than its size, or never ends" {
    begin
    head -c -1 x.par >short
    cat x.par x.par >long
    local file
    for file in short long; do
        behave '{"on": "GET .*/blobs/", "file": "'$file'"}'
        rejected 14 '\[registry\]$' "$at:t"
    done
    behave '{"on": "GET .*/blobs/", "endless": true}'
    SECONDS=0
    rejected 14 '\[registry\]$' "$at:t"
    [[ $SECONDS -lt 20 ]]
    behave '{"on": "GET .*/blobs/", "file": "x.par"}'
    believed t
    behave '{"on": "(GET|HEAD) .*/blobs/", "set": {"Docker-Content-Digest": "sha256:'"$(printf '%064d' 0)"'"}}'
    believed t
}

@test "rows 212, 214, 215, 222: sizes, digests and shapes of a manifest, before a blob is asked for" {
    begin
    altered stored .
    believed bad
    local filter
    for filter in "${malformed[@]}"; do
        altered stored "$filter"
        behave
        rejected 14 '\[registry\]$' "$at:bad"
        count 0 '.target | test("/blobs/")'
    done
    altered stored .
    behave '{"on": "GET .*/manifests/", "set": {"Content-Type": "application/vnd.oci.image.index.v1+json"}}'
    rejected 14 '\[registry\]$' "$at:bad"
    behave '{"on": "GET .*/manifests/", "set": {"Content-Type": "application/vnd.oci.image.manifest.v1+json; charset=utf-8"}}'
    believed bad
    behave '{"on": "GET .*/manifests/", "set": {"Content-Type": "text/html"}}'
    rejected 14 '\[registry\]$' "$at:bad"
}

# PULL-2: what is copied stays as it is written.
@test "rows 212, 214: a manifest that is no JSON as it should be: duplicate keys, a BOM, CRLF" {
    begin
    manifest good t | sed 's/"schemaVersion":2/"schemaVersion":2,"schemaVersion":2/' >manifest
    name stored bad manifest
    rejected 14 'duplicate.*\[registry\]$' "$at:bad"
    { printf '\xef\xbb\xbf' && manifest good t; } >manifest
    name stored bad manifest
    rejected 14 '\[registry\]$' "$at:bad"
    manifest good t | jq . | sed 's/$/\r/' >manifest
    name stored bad manifest
    believed bad
    succeeds "oci:copied:bad@$(digest_of stored bad)" copy "$at:bad" oci:copied
    manifest copied bad | cmp - manifest
}

@test "row 213: a manifest larger than 4 MiB, with a length and without" {
    begin
    { manifest good t && head -c 4200000 /dev/zero | tr '\0' ' '; } >manifest
    name stored bad manifest
    rejected 13 '\[limit\]$' "$at:bad"
    behave '{"on": "GET .*/manifests/", "endless": true}'
    rejected 13 '\[limit\]$' "$at:bad"
    { manifest good t && head -c 4100000 /dev/zero | tr '\0' ' '; } >manifest
    name stored bad manifest
    behave
    believed bad
}

@test "rows 216, 217: an index that is nested, ambiguous, or has nothing for this machine" {
    begin
    taken() { believed bad; }
    refused_index() { rejected "$1" "$2" "$at:bad"; }
    indexes stored taken refused_index
}

# PULL-6.
@test "rows 218, 219: two layers are joined in the manifest's order; a general type that is no archive" {
    begin
    head -c 1700 x.par >a
    tail -c +1701 x.par >b
    local type=application/vnd.wasmcloud.provider.archive.layer.v1+par layers=() part digest size
    for part in a b; do
        read -r digest size < <(put stored "$part")
        layers+=('{"mediaType":"'$type'","digest":"'$digest'","size":'$size'}')
    done
    manifest good t | jq -c ".layers = [${layers[0]},${layers[1]}]" >manifest
    name stored bad manifest
    # The first of them comes late.
    behave '{"on": "GET .*/blobs/sha256:'"$(sha256sum <a | cut -d ' ' -f 1)"'", "drip": 0.0002}'
    believed bad
    expect 0 provar pull "$at:bad" --target x86_64-linux --issuer "$issuer" --destination out
    stdout_any
    cmp out linux-x86
    rm out
    manifest good t | jq -c ".layers = [${layers[1]},${layers[0]}]" >manifest
    name stored bad manifest
    behave
    rejected 4 '\[(format|tar)\]$' "$at:bad"
    printf 'X' | dd of=a bs=1 seek=1600 conv=notrunc status=none
    cp a "$(blob stored "sha256:$(head -c 1700 x.par | sha256sum | cut -d ' ' -f 1)")"
    manifest good t | jq -c ".layers = [${layers[0]},${layers[1]}]" >manifest
    name stored bad manifest
    rejected 14 'not that of its digest.*\[registry\]$' "$at:bad"
    fails 14 'not that of its digest.*\[registry\]$' pull "$at:bad" --target x86_64-linux --lazy=never --issuer "$issuer" --destination out
    fails 4 '\[tar\]$' pull "$at:bad" --target x86_64-linux --issuer "$issuer" --destination out
    absent out
    mkdir plain && echo text >plain/file && tar -cf other.tar plain
    read -r digest size < <(put stored other.tar)
    manifest good t | jq -c --arg digest "$digest" --argjson size "$size" \
        '.layers[0] += {mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $digest, size: $size}' >manifest
    name stored bad manifest
    rejected 4 '\[(tar|entry)\]$' "$at:bad"
}

# PULL-7.
@test "rows 220, 221, 234: urls, inline data and titles are not used" {
    begin
    mkdir elsewhere
    local own=$port
    serve other fake_registry.py elsewhere
    altered stored '.layers[0] += {urls: ["http://127.0.0.1:'"$port"'/x"], data: "eHh4", annotations: {"org.opencontainers.image.title": "../../x"}}'
    believed bad
    expect 0 provar pull "$at:bad" --issuer "$issuer"
    stdout_is "pulled x.par.gz from $at:bad"
    rm "$(layer stored bad)"
    rejected 17 'other places for it, which were not allowed: .* has no blob.*\[not-found\]$' "$at:bad"
    [[ ! -s other/log && $own != "$port" ]]
}

# PULL-7, CVE-2020-15157.
@test "row 220: --allow-foreign fetches what the registry has not, and shows nobody who asks" {
    begin
    local there verb
    serve storage blob_server.py stored
    there=http://127.0.0.1:$port/$(layer stored t | cut -d / -f 2-)
    altered stored '.layers[0] += {urls: ["'"$there"'?X-Amz-Signature=1"]}'
    # The registry has it: it is not looked for elsewhere.
    believed bad
    provar -q pull "$at:bad" --issuer "$issuer" --allow-foreign --destination first.par
    [[ ! -s storage/log ]]
    behave '{"on": "GET .*/blobs/sha256:(?!44136)", "status": 404}' \
        '{"on": ".*", "unless": "Basic .*", "status": 401, "headers": [["WWW-Authenticate", "Basic realm=\"x\""]]}'
    rejected 17 'not allowed.*\[not-found\]$' "$at:bad" -u alice -p s3cret
    [[ ! -s storage/log ]]
    # The storage answers 400 to whoever sends it Authorization.
    provar -q pull "$at:bad" --issuer "$issuer" --allow-foreign -u alice -p s3cret --destination got.par
    cmp got.par x.par && rm got.par
    provar -q pull "$at:bad" --target x86_64-linux --issuer "$issuer" --allow-foreign -u alice -p s3cret --destination out
    cmp out linux-x86
    provar -q copy "$at:bad" oci:copied:t --allow-foreign -u alice -p s3cret
    provar -q verify oci:copied:t --issuer "$issuer"
    for verb in check inspect "verify --issuer $issuer"; do
        # shellcheck disable=SC2086
        expect 0 provar $verb "$at:bad" --allow-foreign -u alice -p s3cret
        stdout_any
    done
    [[ -s storage/log && $(jq -s 'map(select(.status >= 400)) | length' storage/log) == 0 ]]
    # Other bytes than the digest's are refused wherever they come from.
    printf 'X' | dd of="$(layer stored bad)" bs=1 seek=100 conv=notrunc status=none
    rejected 14 'not that of its digest.*\[registry\]$' "$at:bad" --allow-foreign -u alice -p s3cret
    # A layout asks nobody.
    provar -q push oci:mine:t x.par
    altered mine '.layers[0] += {urls: ["'"$there"'"]}'
    : >storage/log
    rm "$(layer mine bad)"
    rejected 14 'is not in the layout \[registry\]$' oci:mine:bad --allow-foreign
    [[ ! -s storage/log ]]
}

@test "row 228: a blob on another host: what lets one in stays behind" {
    begin
    serve storage blob_server.py stored
    behave '{"on": ".*", "unless": "Basic .*", "status": 401, "headers": [["WWW-Authenticate", "Basic realm=\"x\""]]}' \
        '{"on": "GET .*/blobs/sha256:(?!44136)", "status": 307, "headers": [["Location", "http://127.0.0.1:'"$port"'/'"$(layer stored t | cut -d / -f 2-)"'?X-Amz-Signature=secret-in-url"]]}'
    expect 0 provar pull "$at:t" --issuer "$issuer" -u alice -p s3cret --destination got.par
    stdout_any
    cmp got.par x.par
    rm got.par
    # The storage answers 400 to whoever sends it Authorization.
    [[ $(jq -s 'map(select(.status == 200)) | length' storage/log) -ge 1 ]]
    printf '%s\n' '{"on": "GET", "status": 403}' >storage/rules
    rejected 14 '\[registry\]$' "$at:t" -u alice -p s3cret
    not_said secret-in-url
}

@test "row 229: redirects to files, in circles, a thousand of them, to addresses of other networks" {
    begin
    local place
    for place in 'file:///etc/passwd' 'ftp://127.0.0.1/x' '@PATH@' 'http://169.254.169.254/latest' 'http://10.0.0.1/x' 'http://[::ffff:10.0.0.1]/x' \
        'http://2852039166/x' 'http://user:pw@127.0.0.1:@PORT@/x' '' 'http://' 'javascript:1'; do
        behave '{"on": "GET .*/blobs/", "status": 307, "headers": [["Location", "'"$place"'"]]}'
        rejected 14 '\[registry\]$' "$at:t"
        at_most_6=$(requests '.target | test("/blobs/")')
        [[ $at_most_6 -le 6 ]] || refuse "$at_most_6 requests"
    done
    behave '{"on": "GET .*/blobs/", "status": 307}'
    rejected 14 '\[registry\]$' "$at:t"
    # Five lead to the end, six do not.
    behave '{"on": "GET .*/blobs/", "times": 5, "status": 307, "headers": [["Location", "@PATH@"]]}'
    believed t
    behave '{"on": "GET .*/blobs/", "times": 6, "status": 307, "headers": [["Location", "@PATH@"]]}'
    rejected 14 '\[registry\]$' "$at:t"
    # Of a PUT no redirect is followed.
    other y.par
    behave '{"on": "PUT .*/manifests/", "status": 307, "headers": [["Location", "@PATH@x"]]}'
    fails 14 '\[registry\]$' push "$at:u" y.par
}

# NET-6: what a registry of this machine says is no leave to speak to others without TLS.
@test "row 229: from this machine to another one without TLS, and with --insecure" {
    begin
    serve storage blob_server.py stored
    local place by=(--proxy "http://127.0.0.1:$port" --no-proxy 127.0.0.1)
    place=http://storage.example/$(layer stored t | cut -d / -f 2-)
    behave '{"on": "GET .*/blobs/sha256:(?!44136)", "status": 307, "headers": [["Location", "'"$place"'?X-Amz-Signature=secret-in-url"]]}'
    rejected 14 "'127\.0\.0\.1' leads to another machine without TLS: '$place'.*\[registry\]$" "$at:t" "${by[@]}"
    not_said secret-in-url
    [[ ! -s storage/log ]] || refuse "$(<storage/log)"
    provar -q pull "$at:t" --issuer "$issuer" --destination got.par --insecure "${by[@]}"
    cmp got.par x.par
    [[ -s storage/log ]]
}

@test "row 231: of a tag and a digest the digest decides" {
    begin
    other y.par
    provar -q push oci:stored:u y.par >/dev/null
    behave
    expect 0 provar pull "$at:t@$(digest_of stored u)" --issuer "$issuer" --destination got.par -o json
    stdout_json '.tag == "t" and .digest == "'"$(digest_of stored u)"'"'
    cmp got.par y.par
    count 0 '.target | test("/manifests/t$")'
}

@test "row 232: the case of a tag is kept" {
    begin
    expect 0 provar push "$at:RC1" x.par --allow-upper-case
    stdout_like "^$at:RC1@"
    [[ $(digest_of stored RC1) == "$(digest_of good t)" ]]
    believed RC1
    rejected 17 '\[not-found\]$' "$at:rc1"
}

@test "row 233: references that are none ask nobody" {
    begin
    behave
    local word
    for word in "$at/../y:1" "$at//y:1" "$at:1?b=c" "$at@sha256:00" "$at:1@" "$at:a b" "$at/Y:1" "127.0.0.1:$port/" "127.0.0.1:${port}x/y:1" \
        "127.0.0.1:99999/x:1" "user@$at:1" "b\303\274cher.test/x:1" "127.0.0.1:$port/$(printf 'a%.0s' {1..10240})"; do
        expect 2 provar pull "$(printf '%b' "$word")" --issuer "$issuer"
        stdout_is ''
        stderr_like '\[usage\]$'
    done
    count 0 true
}

@test "row 236: nothing of an earlier pull stands in for what the registry has now, and --digest holds for files and references" {
    begin
    believed t
    spoil_body "$(layer stored t)" linux-x86
    rejected 14 'not that of its digest' "$at:t"
    rm -rf stored && cp -r good stored
    rejected 17 '\[not-found\]$' "$at:t" --digest "sha256:$(printf '%064d' 1)"
    expect 0 provar pull "$at:t" --digest "$(digest_of good t)" --issuer "$issuer" --destination got.par
    stdout_any
    fails 6 '\[digest\]$' inspect "$at:t" --digest "sha256:$(printf '%064d' 1)"
    fails 6 '\[digest\]$' inspect got.par --digest "$(printf '%064d' 1)"
}

@test "row 239: nothing is decoded that the registry calls compressed" {
    begin
    behave '{"on": "GET .*/blobs/", "gzip": true}'
    rejected 14 '\[registry\]$' "$at:t"
    behave '{"on": "GET .*/blobs/", "set": {"Content-Encoding": "gzip"}}'
    rejected 14 "Content-Encoding 'gzip' \[registry\]$" "$at:t"
    behave '{"on": "GET .*/blobs/", "set": {"Content-Encoding": "identity"}}'
    believed t
}

@test "row 240: a blob that changes while it is read in parts" {
    begin
    cp -r good other
    change "$(layer other t)" 'body of linux-x86' 'Body of linux-x86'
    behave '{"on": "GET .*/blobs/", "times": 1, "cut": 3000}' '{"on": "GET .*/blobs/", "skip": 1, "file": "'"$(layer other t)"'"}'
    rejected 14 '\[registry\]$' "$at:t"
    behave '{"on": "GET .*/blobs/", "times": 1, "cut": 3000}' '{"on": "GET .*/blobs/", "skip": 1, "times": 1, "status": 416}'
    believed t
}

# RET-2.
@test "row 241: a page for people in place of a blob or manifest; a Retry-After that nobody waits for" {
    begin
    behave '{"on": "GET .*/(blobs|manifests)/", "status": 200, "headers": [["Content-Type", "text/html"]], "body": "<html>log in</html>"}'
    rejected 14 '\[registry\]$' "$at:t"
    behave '{"on": "GET .*/blobs/", "status": 200, "headers": [["Content-Type", "text/html"]], "body": "<html>log in</html>"}'
    rejected 14 '\[registry\]$' "$at:t"
    behave '{"on": "GET .*/manifests/", "status": 303, "headers": [["Location", "/login"]]}' '{"on": "GET /login", "status": 200, "headers": [["Content-Type", "text/html"]], "body": "<html>"}'
    rejected 14 '\[registry\]$' "$at:t"
    behave '{"on": "GET .*/manifests/", "status": 429, "headers": [["Retry-After", "99999999"], ["ratelimit-limit", "100;w=21600"], ["ratelimit-remaining", "0;w=21600"]]}'
    SECONDS=0
    rejected 14 "429.*limit '100;w=21600', remaining '0;w=21600'.*99999999.*\[registry\]$" "$at:t"
    [[ $SECONDS -lt 5 ]]
    count 1 '.target | test("/manifests/")'
    behave '{"on": "GET .*/manifests/", "status": 503}'
    rejected 14 '503.*; tried 5 times \[registry\]$' "$at:t"
    count 5 '.target | test("/manifests/")'
    behave '{"on": "GET .*/manifests/", "close": 0}'
    rejected 18 'tried 5 times: .*\[network\]$' "$at:t"
}

@test "a wait of seconds is told, but not with -q" {
    begin
    local rule='{"on": "GET .*/manifests/", "times": 1, "status": 503, "headers": [["Retry-After", "3"]]}'
    behave "$rule"
    provar pull "$at:t" --issuer "$issuer" --destination got.par >/dev/null 2>said
    [[ $(<said) == "provar: warning: 'http://127.0.0.1:$port/v2/x/manifests/t' answers status 503; trying again in 3 s" ]] || refuse "$(<said)"
    rm got.par
    # A body is sent again by the upload, which waits by itself, and says how often.
    two x.par
    behave '{"on": "PUT .*/uploads/", "times": 1, "status": 429, "headers": [["Retry-After", "3"]]}'
    provar push "127.0.0.1:$port/x:waits" x.par --upload put >/dev/null 2>said
    [[ $(<said) == "provar: warning: 127.0.0.1:$port/x refuses more requests for now (status 429); try again after: 3; trying again in 3 s" ]] || refuse "$(<said)"
    other y.par
    behave '{"on": "PUT .*/uploads/", "status": 502}'
    fails 14 'tried 5 times: .*status 502.*\[registry\]$' push "127.0.0.1:$port/x:fails" y.par --upload put
    behave "$rule"
    provar -q pull "$at:t" --issuer "$issuer" --destination got.par >/dev/null 2>said
    [[ ! -s said ]] || refuse "$(<said)"
}

@test "what a registry says is shown escaped, and not at any length" {
    begin
    behave "$(jq -cn '{on: "GET .*/manifests/", status: 400, body: ({errors: [{code: "DENIED", message: ("\u001b[2Jx\r\n" + "y" * 5000)}]} | tojson)}')"
    rejected 14 'DENIED.*\[registry\]$' "$at:t"
    not_said $'\e'
    [[ $(wc -l <"$stderr_file") == 1 && $(wc -c <"$stderr_file") -lt 2000 ]]
    behave '{"on": "GET .*/manifests/", "status": 400, "endless": true, "body": "{"}'
    rejected 14 '\[registry\]$' "$at:t"
}
