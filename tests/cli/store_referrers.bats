#!/usr/bin/env bats
# provar list and copy --referrers: what refers to an archive, in layouts, and in registries with and without a list of it.
# SPDX-License-Identifier: Apache-2.0

load registries.bash

index_type=application/vnd.oci.image.index.v1+json
image_type=application/vnd.oci.image.manifest.v1+json

# referrer SUBJECT TYPE: the manifest of an artifact that refers to a digest
referrer() {
    jq -cn --arg subject "$1" --arg type "$2" --arg config "sha256:$(printf '{}' | sha256sum | cut -d ' ' -f 1)" '{schemaVersion: 2,
        mediaType: "'"$image_type"'", artifactType: $type, config: {mediaType: "application/vnd.oci.empty.v1+json", digest: $config, size: 2},
        layers: [], subject: {mediaType: "'"$image_type"'", digest: $subject, size: 1},
        annotations: {"org.opencontainers.image.created": "2030-01-02T03:04:05Z"}} | if $type == "" then del(.artifactType) else . end'
}

# of FILE: its digest
of() {
    echo "sha256:$(sha256sum <"$1" | cut -d ' ' -f 1)"
}

# entry FILE [TYPE]: its descriptor in an index
entry() {
    jq -cn --arg digest "$(of "$1")" --argjson size "$(stat -c %s "$1")" --arg type "${2:-}" \
        '{mediaType: "'"$image_type"'", digest: $digest, size: $size, artifactType: $type}'
}

# index ENTRY...: the document of a list
index() {
    printf '%s\n' "$@" | jq -cs '{schemaVersion: 2, mediaType: "'"$index_type"'", manifests: .}'
}

# types REFERENCE [OPTION...]: of what refers to it, in their order
types() {
    provar list --referrers -o json "$@" | jq -r '[.referrers[].artifact_type] | join(" ")'
}

@test "list --referrers of a layout: those that index.json names, by their subject, each once" {
    two x.par
    other y.par
    provar -q push oci:s:a x.par >/dev/null
    provar -q push oci:s:b y.par >/dev/null
    expect 0 provar list oci:s:a --referrers
    stdout_is ""
    local i=0 file digest size
    for file in "$(digest_of s a) a/one" "$(digest_of s b) a/other" "$(digest_of s a) a/two" "$(digest_of s a) "; do
        referrer "${file% *}" "${file#* }" >"r$((++i))"
        read -r digest size < <(put s "r$i")
        jq -c ".manifests += [$(entry "r$i")]" s/index.json >index && cp index s/index.json
    done
    # Named twice; and one that nothing names.
    jq -c '.manifests += [.manifests[-1]]' s/index.json >index && cp index s/index.json
    referrer "$(digest_of s a)" a/unnamed >r5
    put s r5 >/dev/null
    [[ $(types oci:s:a) == "a/one a/two application/vnd.oci.empty.v1+json" ]]
    [[ $(types "oci:s@$(digest_of s b)") == a/other ]]
    [[ $(types oci:s:a --artifact-type a/two) == a/two ]]
    expect 0 provar list oci:s:a --referrers --artifact-type a/one
    stdout_like "^DIGEST +TYPE +SIZE CREATED
$(of r1) +a/one +$(stat -c %s r1) B +2030-01-02T03:04:05Z *$"
    expect 0 provar list oci:s:a --referrers --artifact-type a/one -o json
    stdout_json '.referrers == [{digest: "sha256:'"$(sha256sum <r1 | cut -d ' ' -f 1)"'", artifact_type: "a/one",
        media_type: "'"$image_type"'", size: '"$(stat -c %s r1)"', created: "2030-01-02T03:04:05Z"}]'
    # One that is damaged refers to nothing.
    echo >>"$(blob s "$(of r1)")"
    [[ $(types oci:s:a) == "a/two application/vnd.oci.empty.v1+json" ]]
    # gc keeps what is named, and with it nothing else.
    cp r1 "$(blob s "$(of r1)")"
    provar -q gc oci:s --grace 0 >/dev/null
    [[ $(types oci:s:a) == "a/one a/two application/vnd.oci.empty.v1+json" && ! -e $(blob s "$(of r5)") ]]
    refused 2 usage "--artifact-type is for --referrers" list oci:s:a --artifact-type a/b
    refused 17 not-found "no tag 'none' in the layout (its tags: a, b)" list oci:s:none --referrers
}

# RREF-1, RREF-2.
@test "list --referrers of a registry that has no list: the tag stands in for it" {
    plain_registry r
    two x.par
    local ref=localhost:$port/a/b subject url=http://127.0.0.1:$port/v2/a/b/manifests
    provar -q push "$ref:t" x.par >/dev/null
    subject=$(provar list "$ref:t" -o json | jq -r '.entries[0].digest')
    expect 0 provar list "$ref:t" --referrers
    stdout_is ""
    referrer "$subject" a/one >r1
    curl -sf -X PUT -H "Content-Type: $image_type" --data-binary @r1 "$url/$(of r1)"
    index "$(entry r1 a/one)" >list
    curl -sf -X PUT -H "Content-Type: $index_type" --data-binary @list "$url/${subject/:/-}"
    [[ $(types "$ref:t") == a/one ]]
    [[ $(types "$ref@$subject" --artifact-type a/two) == "" ]]
    # One registry has the tag name the subject itself; and one may name an image.
    provar -q push "$ref:${subject/:/-}" x.par >/dev/null
    [[ $(types "$ref:t") == "" ]]
    curl -sf -X PUT -H "Content-Type: $image_type" --data-binary @r1 "$url/${subject/:/-}"
    [[ $(types "$ref:t") == "" ]]
    # The subject itself may be an index.
    curl -sf -X PUT -H "Content-Type: $index_type" --data-binary @list "$url/i"
    curl -sf -X PUT -H "Content-Type: $index_type" --data-binary @list "$url/sha256-$(sha256sum <list | cut -d ' ' -f 1)"
    [[ $(types "$ref:i") == "" ]]
}

# faked: an archive at $ref in the scripted registry, and the list that stands under its tag
faked() {
    fake
    two x.par
    ref=localhost:$port/a/b:t
    provar -q push "$ref" x.par >/dev/null
    subject=$(digest_of stored t)
    echo tag >r1 && echo api >r2 && echo more >r3
    index "$(entry r1 a/tag)" >tag
    curl -sf -X PUT -H "Content-Type: $index_type" --data-binary @tag "http://127.0.0.1:$port/v2/a/b/manifests/${subject/:/-}"
}

# RET-3.
@test "list --referrers: what a reference names is asked by HEAD, and with GET where that says nothing" {
    faked
    [[ $(types "$ref") == a/tag ]]
    [[ $(types "${ref%:t}@$subject") == a/tag ]]
    # The manifest that is fetched is the list in the tag, for each.
    count 2 '.method == "GET" and (.target | test("/manifests/"))'
    count 2 '.method == "HEAD" and (.target | test("/manifests/(t|sha256:[0-9a-f]{64})$"))'
    behave '{"on": "HEAD .*/manifests/t$", "drop": ["Docker-Content-Digest"]}'
    [[ $(types "$ref") == a/tag ]]
    count 1 '.method == "GET" and (.target | test("/manifests/t$"))'
    behave '{"on": "HEAD .*/manifests/sha256:", "set": {"Docker-Content-Digest": "sha256:'"$(printf %064d 0)"'"}}'
    expect 14 provar list "${ref%:t}@$subject" --referrers
    stderr_like 'not that of its digest.*\[registry\]$'
    expect 17 provar list "${ref%:t}:none" --referrers
    stderr_like '\[not-found\]$'
}

# answers JSON...: what the registry has for a list, with more members of the rule
answers() {
    jq -cn --arg body "$1" --arg type "$2" --argjson status "$3" --argjson headers "${4:-[]}" \
        '{on: "GET /v2/a/b/referrers/", status: $status, body: $body, headers: ([["Content-Type", $type]] + $headers)}'
}

# RREF-1, RREF-3.
@test "list --referrers: only a 200 with the type of an index is a list, and no redirect is followed to one" {
    faked
    local list status
    list=$(index "$(entry r2 a/api)" "$(entry r3 a/more)")
    behave "$(answers "$list" "$index_type; charset=utf-8" 200)"
    [[ $(types "$ref") == "a/api a/more" ]]
    [[ $(types "$ref" --artifact-type a/more) == "a/more" ]]
    count 0 '.target | test("sha256-")'
    # Nobody is asked to leave out any; who says that he has is looked through all the same.
    behave "$(answers "$list" "$index_type" 200 '[["OCI-Filters-Applied", "artifactType"]]')"
    [[ $(types "$ref" --artifact-type a/more) == "a/more" ]]
    count 0 '.target | test("artifactType")'
    behave "$(answers "$list" text/html 200)"
    [[ $(types "$ref") == a/tag ]]
    for status in 400 403 404 405 406 429; do
        behave "$(answers "$list" "$index_type" $status)"
        [[ $(types "$ref") == a/tag ]] || refuse "$status"
        count 1 '.target | test("/referrers/")'
    done
    for status in 301 302 303 307 308; do
        behave "$(answers "$list" "$index_type" $status '[["Location", "/v2/a/b/referrers/elsewhere"]]')"
        [[ $(types "$ref") == a/tag ]] || refuse "$status"
        count 0 '.target | test("elsewhere")'
    done
    behave "$(answers "$list" "$index_type" 500)"
    expect 14 provar list "$ref" --referrers
    stderr_any
    behave "$(answers "{" "$index_type" 200)"
    expect 14 provar list "$ref" --referrers
    stderr_any
}

# RREF-1.
@test "list and copy --referrers: a list that is refused, with no tag in its place, is not taken for none in silence" {
    fake
    two x.par
    local ref=localhost:$port/a/b:t status warning
    provar -q push "$ref" x.par >/dev/null
    for status in 400 403 429; do
        behave "$(answers "{}" "$index_type" $status)"
        warning="^provar: warning: what refers to it is not known: the registry refuses the list \(status $status\), and no tag has one$"
        expect 0 provar list "$ref" --referrers
        stdout_is ""
        stderr_like "$warning"
        expect 0 provar copy --referrers "$ref" "oci:t$status"
        stdout_any
        stderr_like "$warning"
    done
    # Those have none, and say so in their way.
    for status in 200 303 404 405; do
        behave "$(answers "{}" text/html $status '[["Location", "/"]]')"
        expect 0 provar list "$ref" --referrers
        stdout_is ""
        stderr_is ""
    done
}

# RREF-1. The registry asks for credentials, and nothing that is sent gets past.
@test "list and copy --referrers: a list that nobody is let in to is looked for under the tag" {
    faked
    local options='' warning challenge on='"GET /v2/a/b/referrers/"' basic='Basic .*'
    warning='^provar: warning: what refers to it is not known: the registry refuses the list \(status 401\), and no tag has one$'
    # falls_back: to the tag, where there is one, and says that nothing is known where there is none
    falls_back() {
        # shellcheck disable=SC2086
        [[ $(types "$ref" $options) == a/tag ]] || refuse "$*"
        rm -rf t
        # shellcheck disable=SC2086
        expect 14 provar copy --referrers "$ref" oci:t $options
        stderr_like 'not copied: 1 of 1 referrers; all else is there \[registry\]$'
        local hidden='{"on": "(GET|HEAD) .*/manifests/sha256-", "status": 404}'
        behave "$@" "$hidden"
        # shellcheck disable=SC2086
        expect 0 provar list "$ref" --referrers $options
        stdout_is ""
        stderr_like "$warning"
        rm -rf t
        # shellcheck disable=SC2086
        expect 0 provar copy --referrers "$ref" oci:t $options
        stdout_any
        stderr_like "$warning"
    }
    challenge='"status": 401, "headers": [["WWW-Authenticate", "Basic realm=\"x\""]]'
    behave "{\"on\": $on, $challenge}"
    falls_back "{\"on\": $on, $challenge}"
    # Credentials that are good for all else.
    options='--user alice --password s3cret'
    behave "{\"on\": $on, $challenge}" "{\"on\": \".*\", \"unless\": \"$basic\", $challenge}"
    falls_back "{\"on\": $on, $challenge}" "{\"on\": \".*\", \"unless\": \"$basic\", $challenge}"
    # A server that gives no token.
    options=''
    challenge='"status": 401, "headers": [["WWW-Authenticate", "Bearer realm=\"http://127.0.0.1:@PORT@/token\",service=\"x\""]]'
    behave "{\"on\": $on, $challenge}" '{"on": "GET /token", "status": 403}'
    falls_back "{\"on\": $on, $challenge}" '{"on": "GET /token", "status": 403}'
    # Whoever is kept out of everything is not told that there is nothing.
    behave "{\"on\": \".*\", $challenge}" '{"on": "GET /token", "status": 403}'
    expect 16 provar list "$ref" --referrers
    stderr_like '\[auth\]$'
    # Nor where there was a list, and its next page is refused.
    behave "{\"on\": $on, \"skip\": 1, $challenge}" \
        "$(answers "$(index)" "$index_type" 200 '[["Link", "</v2/a/b/referrers/next>; rel=next"]]')"
    expect 16 provar list "$ref" --referrers
    stderr_like '\[auth\]$'
    # A server of tokens that cannot answer now is a failure that passes.
    behave "{\"on\": $on, $challenge}" '{"on": "GET /token", "status": 500}'
    expect 14 provar list "$ref" --referrers
    stderr_like '\[registry\]$'
}

# RREF-3.
@test "list --referrers: pages, at the registry's own host, and no more than its limit" {
    faked
    local first second
    first=$(answers "$(index "$(entry r2 a/api)")" "$index_type" 200 '[["Link", "</v2/a/b/more?n=1>; rel=\"next\""]]')
    second=$(answers "$(index "$(entry r3 a/more)")" "$index_type" 200)
    behave "$first" "${second/referrers\//more}"
    [[ $(types "$ref") == "a/api a/more" ]]
    count 1 '.target | test("/more")'
    behave "$first" "$(answers '' text/html 404 | sed 's/referrers\\*\//more/')"
    expect 17 provar list "$ref" --referrers
    stderr_any
    behave "$first" "$(answers '' text/html 200 | sed 's/referrers\\*\//more/')"
    expect 14 provar list "$ref" --referrers
    stderr_like 'the list of referrers goes on as something else \[registry\]$'
    behave "$(answers "$(index)" "$index_type" 200 '[["Link", "<http://localhost:1/v2/a/b/more>; rel=\"next\""]]')"
    expect 14 provar list "$ref" --referrers
    stderr_like "the list of referrers goes on at another host: 'http://localhost:1/v2/a/b/more' \[registry\]$"
    # 64 pages, and one more.
    local endless
    endless=$(answers "$(index)" "$index_type" 200 '[["Link", "</v2/a/b/referrers/next>; rel=next"]]')
    behave "$(jq -c '.times = 63' <<<"$endless")" "$(jq -c '.skip = 63' <<<"$second")"
    [[ $(types "$ref") == a/more ]]
    count 64 '.target | test("/referrers/")'
    behave "$endless"
    expect 13 provar list "$ref" --referrers
    stderr_like 'more than 64 pages of referrers \[limit\]$'
    count 64 '.target | test("/referrers/")'
}

# named_in FILE...: index.json of s names these manifests, and their blobs are there
named_in() {
    local file
    for file in "$@"; do
        put s "$file" >/dev/null
        jq -c ".manifests += [$(entry "$file")]" s/index.json >index && cp index s/index.json
    done
    printf '{}' >config
    put s config >/dev/null
}

# signed: an archive at oci:s:a with two that refer to it, r1 and r2, and r3, which refers to r1
signed() {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    subject=$(digest_of s a)
    referrer "$subject" a/one >r1
    referrer "$subject" "" >r2
    referrer "$(of r1)" a/three >r3
    named_in r1 r2 r3
}

# long LEN [MORE]: the layout s has 8 referrers whose texts have LEN characters each, and the last MORE besides
long() {
    rm -rf s
    provar -q push oci:s:a x.par >/dev/null
    local i created files=()
    created=$(($1 - 71 - ${#image_type} - 3))
    for i in {1..8}; do
        [[ $i != 8 ]] || created=$((created + ${2:-0}))
        referrer "$(digest_of s a)" a/b | jq -c --arg i "$i" \
            '.annotations = {"org.opencontainers.image.created": ("2" * '"$created"'), i: $i}' >"l$i"
        files+=("l$i")
    done
    named_in "${files[@]}"
}

@test "list --referrers: their texts have 2 MiB together, and not one character more" {
    two x.par
    long 262144
    expect 0 provar list oci:s:a --referrers -o json
    stdout_json '(.referrers | length == 8) and ([.referrers[] | .digest + .media_type + .artifact_type + .created | length] | unique == [262144])'
    long 262144 1
    expect 13 provar list oci:s:a --referrers
    stderr_is "provar: a list of more than 2 MiB of text [limit]"
}

@test "copy --referrers to a layout: what refers to it, and to that, without tags, byte for byte" {
    signed
    expect 0 provar copy oci:s:a oci:t:b
    stdout_is "oci:t:b@$subject"
    [[ $(types oci:t:b) == "" ]]
    expect 0 provar copy --referrers oci:s:a oci:t:b
    stdout_is "oci:t:b@$subject"
    [[ $(types oci:t:b) == "a/one application/vnd.oci.empty.v1+json" && $(types "oci:t@$(of r1)") == a/three ]]
    [[ $(tags t | sort) == "$(printf '%s\n' "b $subject" "- $(of r1)" "- $(of r2)" "- $(of r3)" | sort)" ]]
    whole t
    [[ $(provar gc oci:t --grace 0 -o json | jq .count) == 0 ]]
    cmp "$(blob t "$(of r3)")" r3
    # Blobs of theirs that are missing are a failure.
    jq -c '.layers = [{mediaType: "a/b", digest: "sha256:'"$(printf %064d 5)"'", size: 5}]' r1 >r4
    named_in r4
    expect 14 provar copy --referrers oci:s:a oci:u:b
    stderr_like "warning: the referrer $(of r4): the blob sha256:0+5 is not in the layout
.*not copied: 1 of 4 referrers; all else is there \[registry\]$"
    [[ $(types oci:u:b) == "a/one application/vnd.oci.empty.v1+json" && $(types "oci:u@$(of r1)") == a/three ]]
    whole u
}

# RREF-4.
@test "copy --referrers to a registry that has no list: the tag's index, without doubles, and a warning" {
    signed
    plain_registry r
    local ref=localhost:$port/a/b url=http://127.0.0.1:$port/v2/a/b/manifests list
    expect 0 provar copy --referrers oci:s:a "$ref:t"
    stdout_is "$ref:t@$subject"
    stderr_like "^provar: warning: the registry keeps no list of referrers, and whoever else changes it now may undo it: tag 'sha256-[0-9a-f]+'"
    [[ $(types "$ref:t") == "a/one application/vnd.oci.empty.v1+json" && $(types "$ref@$(of r1)") == a/three ]]
    list=$(curl -sf -H "Accept: $index_type" "$url/${subject/:/-}")
    jq -e --arg one "$(of r1)" '.schemaVersion == 2 and .mediaType == "'$index_type'" and .manifests[0] == {digest: $one,
        mediaType: "'$image_type'", size: '"$(stat -c %s r1)"', artifactType: "a/one",
        annotations: {"org.opencontainers.image.created": "2030-01-02T03:04:05Z"}}' <<<"$list" >/dev/null
    # Once more: nothing changes, and there is nothing to warn of.
    expect 0 provar copy --referrers oci:s:a "$ref:t"
    stdout_any
    [[ $(curl -sf -H "Accept: $index_type" "$url/${subject/:/-}") == "$list" ]]
    expect 0 provar copy --referrers "$ref:t" oci:back:a
    stdout_any
    [[ $(types oci:back:a) == "a/one application/vnd.oci.empty.v1+json" && $(types "oci:back@$(of r1)") == a/three ]]
    whole back
}

# RREF-4.
@test "copy --referrers to a registry: its OCI-Subject spares the tag, and a tag that names no list is left alone" {
    signed
    fake
    local ref=localhost:$port/a/b tag="manifests/${subject/:/-}"
    index "$(entry x.par a/foreign | jq -c '.annotations = {k: "v"} | .data = "e30=" | .urls = ["https://a/"] | .mine = [1.5] |
        .platform = {os: "linux", architecture: "amd64", "os.version": "1", "os.features": ["x"]}')" |
        jq -c '.annotations = {l: "w"} | .artifactType = "a/list" | .more = {}' >others
    curl -sf -X PUT -H "Content-Type: $index_type" --data-binary @others "http://127.0.0.1:$port/v2/a/b/$tag"
    behave '{"on": "PUT /v2/a/b/manifests/", "set": {"OCI-Subject": "'"$subject"'"}}'
    expect 0 provar copy --referrers oci:s:a "$ref:t"
    stdout_any
    count 0 '.method == "PUT" and (.target | test("sha256-"))'
    behave
    expect 0 provar copy --referrers oci:s:a "$ref:t"
    stdout_any
    stderr_any
    # Two more; nothing else is another byte, even where provar knows no such member.
    manifest stored "${subject/:/-}" >now
    jq -e '.manifests | length == 3' now >/dev/null
    jq -c '.manifests |= .[:1]' now | cmp - others
    curl -sf -X PUT -H "Content-Type: $image_type" --data-binary @r1 "http://127.0.0.1:$port/v2/a/b/$tag"
    expect 0 provar copy --referrers oci:s:a "$ref:t"
    stdout_any
    stderr_like "no list of referrers can be kept: another manifest has the tag 'sha256-"
    [[ $(digest_of stored "${subject/:/-}") == "$(of r1)" ]]
}

@test "copy --referrers: a list that lies is refused, and more than 256 of them" {
    faked
    local list
    list=$(index "$(jq -cn --arg digest "$subject" '{mediaType: "'$image_type'", digest: $digest, size: 1}')" \
        "$(jq -cn --arg digest "$(printf 'sha256:%064d' 1)" '{mediaType: "'$image_type'", digest: $digest, size: 1}')")
    behave "$(answers "$list" "$index_type" 200)"
    expect 14 provar copy --referrers "$ref" oci:t
    stderr_like "warning: the referrer sha256:0+1: .*
.*not copied: 1 of 1 referrers; all else is there \[registry\]$"
    # It does not refer to it.
    referrer "$(of x.par)" a/one >r1
    put stored r1 >/dev/null
    behave "$(answers "$(index "$(entry r1)")" "$index_type" 200)"
    expect 14 provar copy --referrers "$ref" oci:t
    stderr_like "warning: the referrer $(of r1): it does not refer to $subject
.*not copied: 1 of 1 referrers; all else is there \[registry\]$"
    [[ $(tags t) == "t $subject" ]]
    # 256, which are all missing, and one more.
    jq -cn '{schemaVersion: 2, manifests: [range(256) | {mediaType: "'$image_type'", size: 1,
        digest: ("sha256:" + (("0" * 60) + (10000 + . | tostring | .[1:])))}]}' >list
    behave "$(answers "$(<list)" "$index_type" 200)"
    expect 14 provar copy --referrers "$ref" oci:t
    stderr_like 'not copied: 256 of 256 referrers; all else is there \[registry\]$'
    jq -c '.manifests += [.manifests[0] | .digest = "sha256:" + ("1" * 64)]' list >more
    behave "$(answers "$(<more)" "$index_type" 200)"
    expect 13 provar copy --referrers "$ref" oci:t
    stderr_like 'more than 256 referrers \[limit\]$'
}
