#!/usr/bin/env bats
# provar verify: the policy, the time, and how much was looked at.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

verified="is verified: signed by the trusted issuer $issuer"

@test "verify: a trusted issuer, as text and as a document" {
    two x.par
    succeeds "x.par $verified" verify x.par --issuer "$issuer"
    succeeds "x.par $verified" verify -i "$issuer" x.par
    expect 0 provar verify x.par --issuer "$issuer" -o json
    stdout_json ". == {success: true, file: \"x.par\", name: \"Test\", version: \"1.2.3\", revision: 7, issuer: \"$issuer\",
        service: \"$subject\", signature: \"valid\", trust: \"trusted\", coverage: \"all\"}"
}

@test "verify: without a policy it says what to pass" {
    two x.par
    refused 8 untrusted "signed by $issuer, but no issuer is trusted: pass --issuer A... with the key you expect, or keep a file of them (man provar-allowed-issuers)" verify x.par
}

@test "verify: keys for signing in the environment are no policy" {
    two x.par
    export WASH_ISSUER_KEY=$issuer_seed WASH_SUBJECT_KEY=$subject_seed
    refused 8 untrusted "signed by $issuer, but no issuer is trusted: pass --issuer A... with the key you expect, or keep a file of them (man provar-allowed-issuers)" verify x.par
    WASH_ISSUER_KEY=nonsense succeeds "x.par $verified" verify x.par --issuer "$issuer"
}

@test "verify: another issuer is refused; of several, any will do" {
    two x.par
    refused 8 untrusted "signed by $issuer, which is not an allowed issuer" verify x.par --issuer "$stranger"
    succeeds "x.par $verified" verify x.par --issuer "$stranger" --issuer "$issuer"
    succeeds "x.par $verified" verify x.par -i "$issuer" -i "$stranger"
}

@test "verify: a forged archive is a forgery before it is untrusted" {
    two x.par
    spoil_signature x.par
    refused 7 signature 'the signature does not fit the message and the key (claims.jwt)' verify x.par --issuer "$stranger"
}

@test "verify: a seed as issuer is refused, and not shown" {
    two x.par
    refused 2 usage '--issuer: allowed issuer: a seed stands where a public key belongs; expected is the public key of an account, A...' verify x.par --issuer "$issuer_seed"
    not_said "${issuer_seed:1:20}"
}

@test "verify: an issuer that is no account key" {
    two x.par
    refused 2 usage '--issuer: allowed issuer: not a public key: 2 characters where 56 belong; expected is the public key of an account, A...' verify x.par --issuer xx
    refused 2 usage '--issuer: allowed issuer: not a public key: 0 characters where 56 belong; expected is the public key of an account, A...' verify x.par --issuer ''
    refused 2 usage "--issuer: allowed issuer: a key of kind service (V) where account (A) belongs: '$subject'; expected is the public key of an account, A..." verify x.par --issuer "$subject"
}

@test "verify: the subject" {
    two x.par
    local other
    other=$(new_key service w.nk)
    succeeds "x.par $verified" verify x.par -i "$issuer" --subject "$subject"
    succeeds "x.par $verified" verify x.par -i "$issuer" -s "$subject"
    refused 8 untrusted "the subject is $subject, not $other" verify x.par -i "$issuer" --subject "$other"
    refused 2 usage "--subject: required subject: a key of kind account (A) where service (V) belongs: '$issuer'; expected is the public key of a service, V..." \
        verify x.par -i "$issuer" --subject "$issuer"
}

@test "verify: the lowest revision" {
    two x.par
    pack none.par --target linux-x86
    succeeds "x.par $verified" verify x.par -i "$issuer" --min-revision 7
    refused 8 untrusted 'revision 7, where at least 8 is demanded' verify x.par -i "$issuer" --min-revision 8
    refused 8 untrusted 'no revision, where at least 0 is demanded' verify none.par -i "$issuer" --min-revision 0
    local number
    for number in 010 +1 1x -1 2147483648 '' ' 1'; do
        refused 2 usage "--min-revision: '$number' is not a number from 0 to 2147483647" \
            verify x.par -i "$issuer" --min-revision="$number"
    done
}

@test "verify: targets that must be there" {
    two x.par
    succeeds "x.par $verified" verify x.par -i "$issuer" --require-target x86_64-linux --require-target aarch64-linux
    refused 12 no-target "the required target 'x86_64-windows' is not in the archive" \
        verify x.par -i "$issuer" --require-target x86_64-linux --require-target x86_64-windows
    refused 12 no-target "the required target 'a\\x1bb' is not in the archive" verify x.par -i "$issuer" --require-target $'a\eb'
    refused 2 usage "--require-target: '' is no target name; expected is a name such as x86_64-linux" verify x.par -i "$issuer" --require-target ""
    refused 2 usage "--target: '' is no target name; expected is a name such as x86_64-linux" verify x.par -i "$issuer" --target ""
}

@test "verify --target: one target, and the answer says so" {
    two x.par
    succeeds "x.par $verified; only the target x86_64-linux was looked at" verify x.par -i "$issuer" --target x86_64-linux
    expect 0 provar verify x.par -i "$issuer" --target x86_64-linux -o json
    stdout_json '.coverage == "target" and .target == "x86_64-linux"'
}

@test "verify --target: another target may be altered, this one not" {
    two x.par
    spoil_body x.par linux-arm
    succeeds "x.par $verified; only the target x86_64-linux was looked at" verify x.par -i "$issuer" --target x86_64-linux
    local line="'aarch64-linux.bin' is altered: SHA-256"
    expect 6 provar verify x.par -i "$issuer" --target aarch64-linux
    stderr_has "$line"
    expect 6 provar verify x.par -i "$issuer"
    stderr_has "$line"
    expect 6 provar verify x.par -i "$issuer" -o json
    stdout_json '.code == "digest" and .exit_status == 6'
}

@test "verify --target: a miss names the targets present" {
    two x.par
    refused 12 no-target "no target 'x86_64-windows' in the archive (it has: aarch64-linux, x86_64-linux)" \
        verify x.par -i "$issuer" --target x86_64-windows
}

@test "verify: expired, to the second, and without tolerance" {
    SOURCE_DATE_EPOCH=500 two x.par --expires 1000
    refused 9 time 'expired at 1000 (1970-01-01T00:16:40Z)' verify x.par -i "$issuer"
    refused 9 time 'expired at 1000 (1970-01-01T00:16:40Z); judged at 1970-01-01T00:16:40Z' verify x.par -i "$issuer" --at 1000 --clock-skew 300
    succeeds "x.par $verified; judged at 1970-01-01T00:16:39Z" verify x.par -i "$issuer" --at 999
    succeeds "x.par $verified; judged at 1970-01-01T00:16:39Z" verify x.par -i "$issuer" --at 1970-01-01T00:16:39Z
    succeeds "x.par $verified; judged at 1970-01-01T00:16:39Z" verify x.par -i "$issuer" --at 1970-01-01T02:16:39+02:00
}

@test "verify: not yet valid, with the tolerance of the clock" {
    SOURCE_DATE_EPOCH=500 two x.par --not-before 2000
    succeeds "x.par $verified" verify x.par -i "$issuer"
    succeeds "x.par $verified; judged at 1970-01-01T00:32:20Z" verify x.par -i "$issuer" --at 1940
    refused 9 time 'not valid before 2000 (1970-01-01T00:33:20Z); judged at 1970-01-01T00:32:19Z' verify x.par -i "$issuer" --at 1939
    succeeds "x.par $verified; judged at 1970-01-01T00:28:20Z" verify x.par -i "$issuer" --at 1700 --clock-skew 300
    refused 9 time 'not valid before 2000 (1970-01-01T00:33:20Z); judged at 1970-01-01T00:33:19Z' verify x.par -i "$issuer" --at 1999 --clock-skew 0
}

@test "verify: issued in the future" {
    SOURCE_DATE_EPOCH=5000 two x.par
    refused 9 time 'issued in the future, at 5000 (1970-01-01T01:23:20Z); judged at 1970-01-01T01:22:19Z' verify x.par -i "$issuer" --at 4939
    succeeds "x.par $verified; judged at 1970-01-01T01:22:20Z" verify x.par -i "$issuer" --at 4940
}

@test "verify: a relative time" {
    two x.par --expires +1h
    succeeds "x.par $verified" verify x.par -i "$issuer"
    expect 9 provar verify x.par -i "$issuer" --at +2h
    stderr_like '^provar: expired at [0-9]+ \(20[0-9T:-]+Z\); judged at 20[0-9T:-]+Z \[time\]$'
}

@test "verify -o json --at: the time that was judged is a field" {
    SOURCE_DATE_EPOCH=500 two x.par --expires 1000
    expect 0 provar verify x.par -i "$issuer" --at 1970-01-01T00:16:39Z -o json
    stdout_json '.judged_at == 999'
    two x.par
    expect 0 provar verify x.par -i "$issuer" -o json
    stdout_json 'has("judged_at") | not'
}

@test "verify: times and tolerances are read strictly" {
    two x.par
    local time
    for time in tomorrow 010 +90 +90y 2027-02-30T00:00:00Z 2027-01-31 2027-01-31T00:00:00 1.5 -1 ''; do
        refused 2 usage "--at: '$time' is neither seconds, nor a time such as 2027-01-31T00:00:00Z, nor +90d" \
            verify x.par -i "$issuer" --at="$time"
    done
    refused 2 usage "--at: 'never' is no time" verify x.par -i "$issuer" --at never
    for time in 301 -1 x 1s; do
        refused 2 usage "--clock-skew: '$time' is not a number from 0 to 300" verify x.par -i "$issuer" --clock-skew="$time"
    done
}

@test "verify: standard input" {
    two x.par --compress
    expect 0 sh -c "cat x.par | provar verify - -i $issuer"
    stdout_is "- $verified"
}
