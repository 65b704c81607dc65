#!/usr/bin/env bats
# provar push: what is stored, under which tags, and what is refused.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

# LAY-1, LAY-2, LAY-4.
@test "push: blob, config, manifest and tag; the answer names the digest" {
    two x.par.gz --compress
    expect 0 provar push oci:s:1.2.3 x.par.gz
    stdout_is "oci:s:1.2.3@$(digest_of s 1.2.3)"
    whole s
    cmp "$(layer s 1.2.3)" x.par.gz
    manifest s 1.2.3 | jq -e --arg blob "sha256:$(sha256sum <x.par.gz | cut -d ' ' -f 1)" --argjson size "$(stat -c %s x.par.gz)" '
        (.layers | length == 1) and .layers[0].digest == $blob and .layers[0].size == $size
            and .layers[0].mediaType == "application/vnd.wasmcloud.provider.archive.layer.v1+par"
            and .config.mediaType == "application/vnd.wasmcloud.provider.archive.config" and .config.size == 2
            and .mediaType == "application/vnd.oci.image.manifest.v1+json" and (has("artifactType") | not)' >/dev/null
    [[ $(<"$(blob s "$(manifest s 1.2.3 | jq -r .config.digest)")") == '{}' ]]
    [[ $(<s/oci-layout) == '{"imageLayoutVersion":"1.0.0"}' ]]
    expect 0 ls -A s/partial
}

@test "push: the manifest says what the token says, and names token and index by their digests" {
    two x.par.gz --compress
    two x.par
    provar -q push oci:s:gz x.par.gz >/dev/null
    provar -q push oci:s:plain x.par >/dev/null
    manifest s gz | jq -e --arg issuer "$issuer" --arg subject "$subject" --arg created "$(date -u -d "@$(token_claim x.par.gz .iat)" +%FT%TZ)" '
        .annotations == {"org.opencontainers.image.version": "1.2.3", "org.opencontainers.image.created": $created,
            "provar.name": "Test", "provar.revision": "7", "provar.issuer": $issuer, "provar.subject": $subject,
            "provar.targets": "aarch64-linux,x86_64-linux"}' >/dev/null
    local token index
    token=sha256:$(tar -xOf x.par.gz claims.jwt | sha256sum | cut -d ' ' -f 1)
    index=sha256:$(python3 -c '
import hashlib, struct, sys
data = open(sys.argv[1], "rb").read()
at = data.index(b"PI", 12)
print(hashlib.sha256(data[at + 4:at + 4 + struct.unpack_from("<H", data, at + 2)[0]]).hexdigest())' x.par.gz)
    manifest s gz | jq -e --arg token "$token" --arg index "$index" \
        '.layers[0].annotations == {"provar.claims.digest": $token, "provar.index.digest": $index}' >/dev/null
    token=sha256:$(tar -xOf x.par claims.jwt | sha256sum | cut -d ' ' -f 1)
    manifest s plain | jq -e --arg token "$token" '.layers[0].annotations == {"provar.claims.digest": $token}' >/dev/null
}

@test "push: a text of 1024 bytes becomes an annotation, one of 1025 does not" {
    local version
    printf -v version '%01024d' 1
    pack a.par --version "$version" --target linux-x86
    pack b.par --version "${version}2" --target linux-x86
    provar -q push oci:s:a a.par >/dev/null
    provar -q push oci:s:b b.par >/dev/null
    manifest s a | jq -e --arg version "$version" '.annotations["org.opencontainers.image.version"] == $version' >/dev/null
    manifest s b | jq -e '.annotations | has("org.opencontainers.image.version") | not' >/dev/null
}

# LAY-3, LAY-5.
@test "push: what cannot be written leaves the layout as it was" {
    head -c 200K /dev/urandom >body
    two x.par
    pack y.par --version 1 --target x86_64-linux=body
    provar -q push oci:s:a x.par >/dev/null
    every_file s >before
    expect 3 bash -c 'ulimit -f 100; exec provar push oci:s:a y.par'
    stderr_like '\[io\]$'
    every_file s | cmp - before
    expect 0 ls -A s/partial
    expect 3 bash -c 'ulimit -f 100; exec provar push oci:t:a y.par'
    stderr_like '\[io\]$'
    expect 0 provar push oci:t:a y.par
    stdout_any
    whole t
}

@test "push: the document, and the same push again changes nothing" {
    two x.par
    expect 0 provar push oci:s:a x.par -o json
    stdout_json '.success and .url == "oci:s:a" and .tag == "a" and .stored and .blob_verified and (.digest | test("^sha256:[0-9a-f]{64}$"))
        and .size == '"$(stat -c %s x.par)"' and .revision == 7'
    every_file s >before
    expect 0 provar push oci:s:a x.par
    stdout_any
    every_file s | cmp - before
}

# LAY-4.
@test "push: several tags, one upload; a tag moves, and its old manifest stays" {
    two x.par
    other y.par
    provar -q push oci:s:a x.par --tag b -t c >/dev/null
    [[ $(tags s | cut -d ' ' -f 1 | paste -sd ' ') == 'a b c' ]]
    [[ $(tags s | cut -d ' ' -f 2 | sort -u | wc -l) == 1 ]]
    local first
    first=$(digest_of s a)
    provar -q push oci:s:b y.par >/dev/null
    [[ $(digest_of s a) == "$first" && $(digest_of s b) != "$first" && $(tags s | wc -l) == 4 ]]
    [[ $(tags s | sed -n 2p) == "- $first" ]]
    whole s
    succeeds "oci:s:b is verified: signed by the trusted issuer $issuer" verify oci:s:b --issuer "$issuer"
}

# LAY-2, LAY-3.
@test "push: what stands in index.json of others stays byte for byte" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    local other='{"digest" : "sha512:00", "size":1e0 , "x":[1,{"y":null}]}' foreign
    foreign='{ "mediaType":"text/x","digest":"sha256:'$(printf '%064d' 1)'","size":3,"annotations":{"k":"v","org.opencontainers.image.ref.name":"b","z":"\u0041"}}'
    printf '{"extra": {"a" : 1.50},"manifests":[%s,\n%s],"schemaVersion":2}' "${other/1e0/1}" "$foreign" >s/index.json
    provar -q push oci:s:b x.par >/dev/null
    expect 0 cat s/index.json
    stdout_has '{"extra":{"a" : 1.50},"manifests":[{"digest" : "sha512:00", "size":1 , "x":[1,{"y":null}]},'
    stdout_has ',"size":3,"annotations":{"k":"v","z":"\u0041"}},{"digest":"'
    stdout_has '],"schemaVersion":2}'
    [[ $(digest_of s b) == "$(provar push oci:s:b x.par --dry-run -o json | jq -r .digest)" ]]
    # Nor is it in anybody's way who reads.
    expect 0 provar pull oci:s:b --issuer "$issuer" --destination y.par
    stdout_any
    cmp x.par y.par
}

# LAY-2.
@test "push, pull, list: files that are none of a layout's are left alone" {
    two x.par
    other y.par
    provar -q push oci:s:a x.par >/dev/null
    mkdir s/more s/blobs/sha512
    touch s/README s/more/file s/blobs/README s/blobs/sha256/README s/blobs/sha512/README s/partial/README
    expect 0 provar push oci:s:b y.par
    stdout_any
    expect 0 provar pull oci:s:b --issuer "$issuer" --destination z.par
    stdout_any
    cmp y.par z.par
    expect 0 provar list oci:s -o json
    stdout_json '[.entries[].tag] == ["a", "b"]'
    [[ $(find s -type f -size 0 | wc -l) == 6 ]]
}

# IF-4.
@test "push --dry-run: the manifest and its digest, and nothing is stored" {
    two x.par
    provar push oci:s:a x.par -a 'k="\' --dry-run >said
    absent s
    provar -q push oci:s:a x.par -a 'k="\' >/dev/null
    [[ $(head -n 1 said) == "$(manifest s a)" ]]
    [[ $(tail -n 1 said) == "oci:s:a@$(digest_of s a)" ]]
    expect 0 provar push oci:s:b x.par --dry-run -o json
    stdout_json '.stored == false and .manifest.schemaVersion == 2'
    [[ -z $(digest_of s b) ]]
}

@test "push --manifest wash: the bytes that wash sends" {
    two x.par
    provar -q push oci:s:a x.par --manifest wash >/dev/null
    local line='{"config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","mediaType":"application/vnd.wasmcloud.provider.archive.config","size":2},"layers":[{"digest":"sha256:%s","mediaType":"application/vnd.wasmcloud.provider.archive.layer.v1+par","size":%d}],"schemaVersion":2}'
    # shellcheck disable=SC2059
    [[ $(manifest s a) == "$(printf "$line" "$(sha256sum <x.par | cut -d ' ' -f 1)" "$(stat -c %s x.par)")" ]]
}

@test "push --media-types oci-image, --config, --annotation" {
    two x.par
    echo '{"a":1}' >config.json
    provar -q push oci:s:a x.par --media-types oci-image --config config.json -a a.b=c=d -a org.opencontainers.image.version=other >/dev/null
    manifest s a | jq -e '.config.mediaType == "application/vnd.oci.image.config.v1+json" and .config.size == 8
        and .layers[0].mediaType == "application/vnd.oci.image.layer.v1.tar"
        and .annotations["a.b"] == "c=d" and .annotations["org.opencontainers.image.version"] == "other"' >/dev/null
    cmp "$(blob s "$(manifest s a | jq -r .config.digest)")" config.json
    refused 2 usage "an annotation is KEY=VALUE, not 'x'" push oci:s:b x.par -a x
    refused 2 usage "the annotation 'provar.issuer' says what the token says, and nothing else" push oci:s:b x.par -a provar.issuer=me
    refused 2 usage "--manifest: 'x' is neither full nor wash" push oci:s:b x.par --manifest x
}

@test "push: what check refuses is not stored, nor what a given policy does not accept" {
    two x.par
    cp x.par y.par
    spoil_body y.par linux-x86
    expect 6 provar push oci:s:a y.par
    stderr_like '\[digest\]$'
    expect 8 provar push oci:s:a x.par --issuer "$stranger"
    stderr_like '\[untrusted\]$'
    expect 8 provar push oci:s:a x.par --min-revision 8
    stderr_like '\[untrusted\]$'
    expect 12 provar push oci:s:a x.par --require-target mips-linux
    stderr_like '\[no-target\]$'
    absent s
    expect 0 provar push oci:s:a x.par --issuer "$issuer" --min-revision 7 --require-target x86_64-linux
    stdout_any
}

@test "push: every option and file of the policy counts, and nobody is believed beside those who are named" {
    two x.par
    refused 2 usage "--clock-skew: 'notanumber' is not a number from 0 to 300" push oci:s:a x.par --clock-skew notanumber
    refused 2 usage "--allow-rollback has no effect with --no-history, which asks no history" \
        push oci:s:a x.par --no-history --allow-rollback
    expect 8 env PROVAR_REVOKED_ISSUERS=none provar push oci:s:a x.par
    stderr_like "the policy file 'none' is missing \[untrusted\]$"
    echo "$issuer *" >revoked
    expect 10 env PROVAR_REVOKED_ISSUERS=revoked provar push oci:s:a x.par
    stderr_like '\[revoked\]$'
    echo '# fresh-until: 20200101' >revoked
    expect 8 env PROVAR_REVOKED_ISSUERS=revoked provar push oci:s:a x.par --strict-rev
    stderr_like '\[untrusted\]$'
    echo "* $stranger" >rules
    expect 8 env PROVAR_ALLOWED_ISSUERS=rules provar push oci:s:a x.par --min-revision 7
    stderr_like 'not an allowed issuer.*\[untrusted\]$'
    expect 8 env PROVAR_ALLOWED_ISSUERS=rules provar push oci:s:a x.par
    stderr_like 'not an allowed issuer.*\[untrusted\]$'
    absent s
    echo "* $issuer" >rules
    expect 0 env PROVAR_ALLOWED_ISSUERS=rules provar push oci:s:a x.par --min-revision 7 --clock-skew 10
    stdout_any
}

# account_token KEYFILE OPERATOR ACCOUNT: a token for the account, signed by the operator whose key that is
account_token() {
    local payload signed
    encoded() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }
    payload="{\"jti\":\"x\",\"iat\":1,\"iss\":\"$2\",\"sub\":\"$3\",\"wascap\":{}}"
    signed=$(printf '{"typ":"jwt","alg":"Ed25519"}' | encoded).$(printf '%s' "$payload" | encoded)
    printf '%s' "$signed" >signed
    # A seed has two bytes of kind before the key's 32 and a checksum behind them; PKCS #8 another beginning (RFC 8410).
    { printf '\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20' &&
        printf '%s======' "$(<"$1")" | base32 -d | tail -c +3 | head -c 32; } >key.der
    printf '%s.%s' "$signed" "$(openssl pkeyutl -sign -rawin -in signed -inkey key.der -keyform DER | encoded)"
}

@test "push: the tokens of accounts and operators alone are a policy that is enforced" {
    needs openssl
    two x.par
    local operator option
    operator=$(new_key operator o.nk)
    account_token o.nk "$operator" "$issuer" >account.jwt
    account_token o.nk "$operator" "$operator" >operator.jwt
    echo not-a-token >garbage
    for option in --account-jwt --operator-jwt; do
        refused 8 untrusted "the policy file 'none' is missing" push oci:s:a x.par "$option" none
        expect 5 provar push oci:s:a x.par "$option" garbage
        stderr_like '\[jwt\]$'
    done
    # Nobody has said that the operator is believed.
    for option in '--account-jwt account.jwt' '--operator-jwt operator.jwt' '--account-jwt account.jwt --operator-jwt operator.jwt'; do
        # shellcheck disable=SC2086
        expect 8 provar push oci:s:a x.par $option
        stderr_like '\[untrusted\]$'
    done
    absent s
    echo "* operator $operator" >rules
    expect 8 provar push oci:s:a x.par --allowed-issuers rules
    stderr_like '\[untrusted\]$'
    expect 0 provar push oci:s:a x.par --allowed-issuers rules --account-jwt account.jwt --operator-jwt operator.jwt
    stdout_any
}

@test "push: latest, capitals and bad tags need to be asked for, or are refused (rows 230, 232)" {
    two x.par
    refused 2 usage "the tag 'latest' is not allowed without being asked for; --allow-latest allows it" push oci:s:latest x.par
    refused 2 usage "the tag 'RC1' has capitals: hosts ask for it in lower case, and would not find it" push oci:s:RC1 x.par
    refused 2 usage "the tag 'latest' is not allowed without being asked for; --allow-latest allows it" push oci:s:a x.par --tag latest
    expect 2 provar push oci:s:a x.par --tag ../x
    stderr_like "'../x' is no tag.* \[usage\]$"
    absent s
    provar -q push oci:s:RC1 x.par --allow-upper-case -t latest --allow-latest >/dev/null
    [[ $(tags s | cut -d ' ' -f 1 | paste -sd ' ') == 'RC1 latest' ]]
}

@test "push --by-revision: rev-N, and never other content under it, where other tags may move" {
    two x.par
    other y.par
    expect 0 provar push oci:s x.par --by-revision --tag stable
    stdout_is "oci:s:rev-7@$(digest_of s rev-7)"
    [[ $(tags s | cut -d ' ' -f 1 | paste -sd ' ') == 'rev-7 stable' ]]
    local first
    first=$(digest_of s rev-7)
    every_file s >before
    refused 14 registry "the tag 'rev-7' names other content already: $first" push oci:s:stable y.par --by-revision
    every_file s | cmp - before
    expect 0 provar push oci:s x.par --by-revision
    stdout_any
    every_file s | cmp - before
    other z.par 8
    expect 0 provar push oci:s:stable z.par --by-revision
    stdout_any
    [[ $(digest_of s rev-7) == "$first" && $(digest_of s stable) == "$(digest_of s rev-8)" ]]
    pack none.par --version 1 --target linux-x86
    refused 2 usage "the token has no revision to be stored by" push oci:s none.par --by-revision
}

@test "push: the tag rev-N is for revision N alone, whoever names it, and does not move either" {
    two x.par
    other y.par
    other z.par 8
    local first
    provar -q push oci:s:rev-7 x.par >/dev/null
    first=$(digest_of s rev-7)
    every_file s >before
    refused 14 registry "the tag 'rev-7' names other content already: $first" push oci:s:rev-7 y.par
    refused 14 registry "the tag 'rev-7' names other content already: $first" push oci:s:a y.par --tag rev-7
    refused 2 usage "the tag 'rev-7' is that of another revision: the token has 8" push oci:s:rev-7 z.par
    refused 2 usage "the tag 'rev-9' is that of another revision: the token has 8" push oci:s z.par --by-revision --tag rev-9
    pack none.par --version 1 --target linux-x86
    refused 2 usage "the tag 'rev-1' is that of a revision, and the token has none" push oci:s:rev-1 none.par
    every_file s | cmp - before
    # What is no number in its one form is a tag as others are.
    provar -q push oci:s:rev-08 z.par --tag rev-x >/dev/null
    [[ $(tags s | cut -d ' ' -f 1 | paste -sd ' ') == 'rev-7 rev-08 rev-x' ]]
}

@test "push --no-clobber, and a digest in the reference" {
    two x.par
    other y.par
    provar -q push oci:s:a x.par >/dev/null
    local first
    first=$(digest_of s a)
    refused 14 registry "the tag 'a' names other content already: $first" push oci:s:a y.par --no-clobber
    expect 0 provar push "oci:s:b@$first" x.par
    stdout_is "oci:s:b@$first"
    expect 14 provar push "oci:s:b@$first" y.par
    stderr_like 'not the digest in the reference \[registry\]$'
}

# LAY-2.
@test "push: a directory that is something else is left alone; a damaged blob is put again" {
    two x.par
    mkdir -p full empty
    touch full/file
    refused 14 registry "'full' is neither empty nor an OCI layout" push oci:full:a x.par
    [[ $(ls -A full) == file ]]
    provar -q push oci:empty:a x.par >/dev/null
    expect 3 provar push oci:no/such:a x.par
    stderr_like "^provar: cannot make the directory 'no/such'"
    local path
    path=$(layer empty a)
    spoil_body "$path" linux-x86
    provar -q push oci:empty:a x.par >/dev/null
    cmp "$path" x.par
}

# LAY-1.
@test "push: the name of a new layout is synced, before a tag is in it, where its parent can be read" {
    needs strace
    not_sanitized "what is called"
    two x.par
    mkdir parent blind
    chmod 300 blind
    strace -f -qq -y -e trace=mkdir,mkdirat,fsync,renameat -e signal=none -o trace provar -q push oci:parent/s:a x.par >/dev/null
    sed -E 's/^[0-9]+ +//' trace >calls
    grep -n "fsync([0-9]*<$PWD/parent>) *= 0" calls >synced
    local made named
    made=$(grep -nE 'mkdir(at)?\(.*"parent/s", 0777\) *= 0' calls | cut -d : -f 1)
    named=$(grep -n '"index.json") *= 0' calls | cut -d : -f 1)
    ((made < $(cut -d : -f 1 synced) && $(cut -d : -f 1 synced) < named))
    provar -q push oci:blind/s:a x.par >/dev/null
    chmod 700 blind
    whole blind/s
    # One that is there has its name.
    strace -f -qq -y -e trace=fsync -e signal=none -o trace provar -q push oci:parent/s:b x.par >/dev/null
    ! grep -F "<$PWD/parent>)" trace || refuse "a needless sync"
}

@test "push: from standard input, and from another store" {
    two x.par.gz --compress
    provar -q push oci:s:a - <x.par.gz >/dev/null
    cmp "$(layer s a)" x.par.gz
    provar -q push oci:t:a oci:s:a >/dev/null
    [[ $(digest_of t a) == "$(digest_of s a)" ]]
}

@test "push: references that are none (row 233)" {
    two x.par
    local word
    for word in 'oci:s:a?b' 'oci:s:a@sha256:00' 'oci:' 'a.b/../c' 'a.b//c' "a.b/$(printf 'a%.0s' {1..10240})"; do
        expect 2 provar push "$word" x.par
        stderr_like '\[usage\]$'
    done
}
