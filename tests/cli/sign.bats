#!/usr/bin/env bats
# provar sign: renews revision, version, validity or issuer; the bodies stay.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

# bodies FILE: their digests in order
bodies() {
    tar -xOf "$1" --exclude claims.jwt | sha256sum
}

@test "sign: revision and version" {
    two x.par
    cp x.par old.par
    succeeds 'signed x.par' sign x.par --issuer a.nk --revision 8 --version 2.0
    [[ $(token_claim x.par '.wascap | [.rev, .ver]') == '[8,"2.0"]' ]]
    [[ $(token_claim x.par 'del(.jti, .iat, .wascap.rev, .wascap.ver)') == "$(token_claim old.par 'del(.jti, .iat, .wascap.rev, .wascap.ver)')" ]]
    [[ $(bodies x.par) == "$(bodies old.par)" ]]
    succeeds 'signed x.par' sign x.par -i a.nk -r 9
    expect 0 provar verify x.par -i "$issuer" --min-revision 9
    stdout_any
}

@test "sign -o json: the document" {
    two x.par
    expect 0 provar sign x.par -i a.nk -o json
    stdout_json '. == {success: true, file: "x.par"}'
}

@test "sign --expires: seconds, RFC 3339, relative, never" {
    SOURCE_DATE_EPOCH=1000 two x.par
    export SOURCE_DATE_EPOCH=2000
    local -A due=([5000]=5000 [2100-01-01T00:00:00Z]=4102444800 [+90d]=7778000 [never]=null)
    local time
    for time in 5000 2100-01-01T00:00:00Z +90d never; do
        succeeds 'signed x.par' sign x.par -i a.nk --expires $time
        [[ $(token_claim x.par .exp) == "${due[$time]}" ]]
    done
    refused 2 usage "--expires: '+90' is neither seconds, nor a time such as 2027-01-31T00:00:00Z, nor +90d" \
        sign x.par -i a.nk --expires +90
}

@test "sign: an archive that expired is valid again" {
    SOURCE_DATE_EPOCH=500 two x.par --expires 1000
    refused 9 time 'expired at 1000 (1970-01-01T00:16:40Z)' verify x.par -i "$issuer"
    expect 0 provar check x.par
    stdout_any
    succeeds 'signed x.par' sign x.par -i a.nk --expires +90d
    expect 0 provar verify x.par -i "$issuer"
    stdout_any
}

@test "sign --not-before" {
    two x.par
    succeeds 'signed x.par' sign x.par -i a.nk --not-before +1h
    expect 9 provar verify x.par -i "$issuer"
    stderr_like '^provar: not valid before [0-9]+ \(20[0-9T:-]+Z\) \[time\]$'
    succeeds 'signed x.par' sign x.par -i a.nk --not-before never
    [[ $(token_claim x.par .nbf) == null ]]
}

@test "sign: another issuer only with --reissue" {
    two x.par
    local other
    other=$(new_key account b.nk)
    refused 8 untrusted "the archive's issuer is $issuer, the key given is $other: its identity would change; --reissue accepts that" \
        sign x.par -i b.nk
    succeeds 'signed x.par' sign x.par -i b.nk --reissue
    expect 0 provar verify x.par -i "$other" --subject "$subject"
    stdout_any
}

@test "sign: a wrong option is told before the archive is read" {
    two x.par
    spoil_signature x.par
    local number
    for number in 010 +1 1x; do
        refused 2 usage "--revision: '$number' is not a number from 0 to 2147483647" sign x.par -i a.nk --revision $number
    done
    refused 2 usage '--issuer: no such file, and not a seed' sign x.par -i nowhere
    refused 2 usage 'missing: ARCHIVE' sign -i a.nk
    refused 7 signature 'the signature does not fit the message and the key (claims.jwt)' sign x.par -i a.nk
}

@test "sign: from stdin to stdout, and to another file" {
    two x.par
    cp x.par old.par
    expect 0 sh -c 'provar sign - -i a.nk -r 8 <x.par >y.par'
    [[ $(token_claim y.par .wascap.rev) == 8 ]]
    expect 0 sh -c 'cat x.par | provar sign - -i a.nk -r 9 --destination z.par'
    stdout_is 'signed z.par'
    [[ $(token_claim z.par .wascap.rev) == 9 ]]
    succeeds 'signed gz.par' sign x.par -i a.nk --compress --destination gz.par
    gzip -t <gz.par
    cmp x.par old.par
}

@test "sign: a pipe in which the seed comes" {
    two x.par
    expect 0 sh -c 'cat a.nk | provar sign x.par --issuer - -r 8'
    stdout_is 'signed x.par'
    [[ $(token_claim x.par .wascap.rev) == 8 ]]
}

# Digits of dumped code take a fifth more at level 1 than at level 6, so that the size tells which bytes an archive has.
@test "sign, insert, remove: what stays is not compressed again, but for another level" {
    { cat linux-x86 && od -An -v -tx4 "$shell"; } >body
    pack x.par --target x86_64-linux=body --target aarch64-linux=linux-arm --compress=1
    local size
    size=$(stat -c %s x.par)
    succeeds 'signed x.par' sign x.par -i a.nk -r 8
    succeeds 'removed aarch64-linux from x.par' remove x.par -i a.nk --target aarch64-linux
    succeeds 'inserted linux-arm into x.par' insert x.par -i a.nk --target linux-arm
    (($(stat -c %s x.par) > size - 300)) || refuse "compressed again"
    succeeds 'signed x.par' sign x.par -i a.nk -r 9 --compress=6
    (($(stat -c %s x.par) < size - 3000)) || refuse "not compressed again: $size, $(stat -c %s x.par)"
}
