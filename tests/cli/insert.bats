#!/usr/bin/env bats
# provar insert: adds and replaces executables, keeps everything else, never damages the old file.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

# lasting FILE: the claims that insert, remove and sign keep
lasting() {
    token_claim "$1" 'del(.jti, .iat, .wascap.target_hashes)'
}

@test "insert: one executable" {
    pack x.par --target linux-x86
    succeeds 'inserted linux-arm into x.par' insert x.par --issuer a.nk --target linux-arm
    [[ $(members x.par) == 'claims.jwt aarch64-linux.bin x86_64-linux.bin' ]]
    expect 0 provar verify x.par --issuer "$issuer" --subject "$subject"
    stdout_any
}

@test "insert: several, the options in their long and short forms" {
    pack x.par --target linux-x86
    succeeds 'inserted 2 executables into x.par' insert x.par -i a.nk --target linux-arm --target x86_64-freebsd=linux-x86
    succeeds 'inserted linux-arm into x.par' insert x.par -i a.nk -s v.nk -b linux-arm -a aarch64-android
    succeeds 'inserted linux-arm into x.par' insert x.par --issuer=a.nk --subject=v.nk --binary=linux-arm --arch=aarch64-freebsd
    [[ $(members x.par) == 'claims.jwt aarch64-android.bin aarch64-freebsd.bin aarch64-linux.bin x86_64-freebsd.bin x86_64-linux.bin' ]]
}

@test "insert -o json: the document" {
    pack x.par --target linux-x86
    expect 0 provar insert x.par -i a.nk --target linux-arm -o json
    stdout_json '. == {success: true, file: "x.par"}'
}

@test "insert: the keys by the environment and the key directory" {
    pack x.par --target linux-x86
    WASH_ISSUER_KEY=a.nk WASH_SUBJECT_KEY=v.nk succeeds 'inserted linux-arm into x.par' insert x.par --target linux-arm
    mkdir keys
    cp a.nk keys/tester_account.nk
    succeeds 'inserted linux-x86 into x.par' insert x.par -d keys --disable-keygen --target x86_64-freebsd=linux-x86
    WASH_KEYS=keys succeeds 'inserted linux-x86 into x.par' insert x.par --target x86_64-android=linux-x86
    refused 2 usage "no key: give --issuer, or make '$HOME/.wash/keys/tester_account.nk' with --keygen" \
        insert x.par --target mips-linux=linux-x86
}

@test "insert: keeps every claim but jti, which is new, and iat, which grows" {
    printf '{"n": 1.10, "big": 123456789012345678901234567890}' >schema
    SOURCE_DATE_EPOCH=1000 pack x.par --target linux-x86 --version 1 --revision 3 --capid id --schema schema --expires 4102444800
    cp x.par old.par
    succeeds 'inserted linux-arm into x.par' insert x.par -i a.nk --target linux-arm
    [[ $(lasting x.par) == "$(lasting old.par)" ]]
    [[ $(token_payload x.par) == *'"config_schema":{"n": 1.10, "big": 123456789012345678901234567890}'* ]]
    [[ $(token_claim x.par .jti) != "$(token_claim old.par .jti)" ]]
    [[ $(token_claim old.par .iat) == 1000 ]]
    (($(token_claim x.par .iat) > 1000))
}

@test "insert: iat is later than the old one even where the clock is not" {
    SOURCE_DATE_EPOCH=1000 pack x.par --target linux-x86
    SOURCE_DATE_EPOCH=1000 succeeds 'inserted linux-arm into x.par' insert x.par -i a.nk --target linux-arm
    [[ $(token_claim x.par .iat) == 1001 ]]
}

@test "insert: gzip stays gzip, plain stays plain, and --compress changes that" {
    pack x.par --target linux-x86 --compress
    pack y.par --target linux-x86
    succeeds 'inserted linux-arm into x.par' insert x.par -i a.nk --target linux-arm
    gzip -t <x.par
    succeeds 'inserted linux-arm into y.par' insert y.par -i a.nk --target linux-arm
    tar -tf y.par >/dev/null
    succeeds 'inserted linux-arm into y.par' insert y.par -i a.nk --target aarch64-android=linux-arm --compress=1
    gzip -t <y.par
    refused 2 usage "--compress: '13' is not a number from 1 to 12" insert y.par -i a.nk --target linux-x86 --compress=13
    refused 2 usage "unexpected word '9'" insert y.par -i a.nk --target linux-x86 --compress 9
}

@test "insert: a target that is there" {
    two x.par
    cp x.par old.par
    printf 'another body' >other
    refused 2 usage "the archive has a target 'x86_64-linux' already; --replace replaces it" insert x.par -i a.nk --target linux-x86
    cmp x.par old.par
    expect 0 provar -q insert x.par -i a.nk --replace --target x86_64-linux=other
    stdout_is 'inserted other into x.par'
    [[ $(members x.par) == "$(members old.par)" ]]
    [[ $(tar -xOf x.par x86_64-linux.bin) == 'another body' ]]
}

@test "insert: two executables for one target, --replace or not" {
    two x.par
    cp x.par old.par
    cp linux-x86 other
    local option
    for option in -q --replace; do
        refused 2 usage "'other': another executable was given for its target already" \
            insert x.par -i a.nk $option --target x86_64-android=linux-x86 --target x86_64-android=other
        refused 2 usage "'other': another executable was given for its target already" \
            insert x.par -i a.nk --replace --target linux-x86 --target other
        refused 2 usage "'other': another executable was given for its target already" \
            insert x.par -i a.nk $option --binary linux-x86 --arch x86_64-android --target x86_64-android=other
    done
    cmp x.par old.par
    succeeds 'inserted 2 executables into x.par' insert x.par -i a.nk --replace --target other --target x86_64-android=linux-x86
}

@test "insert: a name that the header contradicts" {
    two x.par
    refused 2 usage "the file for 'x86_64-android' holds elf code for aarch64; --force accepts that" \
        insert x.par -i a.nk --target x86_64-android=linux-arm
    warned "the file for 'x86_64-android' holds elf code for aarch64" 'inserted linux-arm into x.par' \
        insert x.par -i a.nk --target x86_64-android=linux-arm --force
}

@test "insert: another issuer or subject only with --reissue" {
    two x.par
    cp x.par old.par
    local other_issuer other_subject
    other_issuer=$(new_key account b.nk)
    other_subject=$(new_key service w.nk)
    refused 8 untrusted "the archive's issuer is $issuer, the key given is $other_issuer: its identity would change; --reissue accepts that" \
        insert x.par -i b.nk --target x86_64-android=linux-x86
    refused 8 untrusted "the archive's subject is $subject, the one given is $other_subject: its identity would change; --reissue accepts that" \
        insert x.par -i a.nk -s w.nk --target x86_64-android=linux-x86
    cmp x.par old.par
    succeeds 'inserted linux-x86 into x.par' insert x.par -i b.nk -s w.nk --reissue --target x86_64-android=linux-x86
    [[ $(token_claim x.par '[.iss, .sub]') == "[\"$other_issuer\",\"$other_subject\"]" ]]
}

@test "insert: into a forged or damaged archive nothing, and it stays as it was" {
    two good.par
    cp good.par x.par
    spoil_signature x.par
    cp x.par old.par
    refused 7 signature 'the signature does not fit the message and the key (claims.jwt)' insert x.par -i a.nk --target x86_64-android=linux-x86
    cmp x.par old.par
    cp good.par x.par
    spoil_claims x.par
    cp x.par old.par
    refused 7 signature 'the signature does not fit the message and the key (claims.jwt)' insert x.par -i a.nk --target x86_64-android=linux-x86
    cmp x.par old.par
    cp good.par x.par
    spoil_body x.par linux-arm
    cp x.par old.par
    expect 6 provar insert x.par -i a.nk --target x86_64-android=linux-x86
    stderr_has "'aarch64-linux.bin' is altered"
    cmp x.par old.par
}

@test "insert: an expired archive can be renewed" {
    SOURCE_DATE_EPOCH=500 two x.par --expires 1000
    SOURCE_DATE_EPOCH=5000 refused 9 time 'the archive would be expired when it is issued: it expires at 1000 (1970-01-01T00:16:40Z), and is issued at 5000 (1970-01-01T01:23:20Z); --expires sets another time' \
        insert x.par -i a.nk --target x86_64-android=linux-x86
    succeeds 'inserted linux-x86 into x.par' insert x.par -i a.nk --target x86_64-android=linux-x86 --expires +1d
    expect 0 provar verify x.par -i "$issuer"
    stdout_any
}

@test "insert: what is missing or not there" {
    two x.par
    refused 2 usage 'missing: ARCHIVE' insert -i a.nk --target linux-x86
    refused 2 usage 'no executable: give --target [TARGET=]FILE or --binary FILE' insert x.par -i a.nk
    refused 2 usage '--arch without --binary' insert x.par -i a.nk --target linux-x86 --arch x86_64-linux
    refused 3 io "cannot open 'nowhere.par': No such file or directory" insert nowhere.par -i a.nk --target linux-x86
    refused 3 io "cannot open 'nowhere': No such file or directory" insert x.par -i a.nk --target nowhere
    refused 4 format 'this is a file in ELF format, not a tar or gzip archive (byte 0)' insert linux-x86 -i a.nk --target linux-arm
    refused 13 limit "'aarch64-linux.bin' has 85 bytes, more than 10 (byte 1536)" \
        insert x.par -i a.nk --target x86_64-android=linux-x86 --max-member-size 10
}

@test "insert: an archive by a link is refused, the link and its file stay" {
    two x.par
    cp x.par old.par
    ln -s x.par link.par
    refused 15 unsafe-path "'link.par' is in the way and is not a regular file" insert link.par -i a.nk --target x86_64-android=linux-x86
    [[ -L link.par ]]
    cmp x.par old.par
}

@test "insert --destination: another file, the old one stays" {
    two x.par
    cp x.par old.par
    succeeds 'inserted linux-x86 into y.par' insert x.par -i a.nk --target x86_64-android=linux-x86 --destination y.par
    cmp x.par old.par
    [[ $(members y.par) == 'claims.jwt aarch64-linux.bin x86_64-android.bin x86_64-linux.bin' ]]
}

@test "insert: as a filter, and nothing on stdout when refused" {
    two x.par
    expect 0 sh -c 'provar insert - -i a.nk --target x86_64-android=linux-x86 <x.par >y.par'
    [[ $(members y.par) == 'claims.jwt aarch64-linux.bin x86_64-android.bin x86_64-linux.bin' ]]
    expect 0 sh -c 'cat x.par | provar insert - -i a.nk --target x86_64-android=linux-x86 -o json >y.par'
    stderr_json '. == {success: true, file: "-"}'
    spoil_signature x.par
    refused_bytes 7 signature 'the signature does not fit the message and the key (claims.jwt)' \
        insert x.par -i a.nk --target x86_64-android=linux-x86 --destination -
    expect 7 sh -c 'provar insert - -i a.nk --target x86_64-android=linux-x86 -o json <x.par'
    stderr_json '.code == "signature" and .exit_status == 7'
}

@test "insert: the same inputs give the same bytes" {
    SOURCE_DATE_EPOCH=1000 two x.par
    cp x.par y.par
    export SOURCE_DATE_EPOCH=2000
    succeeds 'inserted linux-x86 into x.par' insert x.par -i a.nk --target x86_64-android=linux-x86 --jti id
    succeeds 'inserted linux-x86 into y.par' insert y.par -i a.nk --target x86_64-android=linux-x86 --jti id
    cmp x.par y.par
}
