#!/usr/bin/env bats
# provar check: intact and signed by the key that it names, whoever that is.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

intact="is intact and signed by $issuer; whether to trust that key was not evaluated"

@test "check: an intact archive, plain and gzip" {
    two plain.par
    two small.par.gz --compress
    succeeds "plain.par $intact" check plain.par
    succeeds "small.par.gz $intact" check small.par.gz
}

@test "check -o json: the document" {
    two x.par
    expect 0 provar check x.par -o json
    stdout_json ". == {success: true, file: \"x.par\", name: \"Test\", version: \"1.2.3\", revision: 7, issuer: \"$issuer\",
        service: \"$subject\", signature: \"valid\", trust: \"not evaluated\", coverage: \"all\"}"
}

@test "check -o json: claims that are absent are null" {
    pack x.par --target linux-x86
    expect 0 provar check x.par -o json
    stdout_json '.version == null and .revision == null'
}

@test "check: standard input, as a file and as a pipe" {
    two x.par --compress
    expect 0 sh -c 'provar check - <x.par'
    stdout_is "- $intact"
    expect 0 sh -c 'cat x.par | provar check -'
    stdout_is "- $intact"
}

@test "check: takes no interest in trust or time" {
    SOURCE_DATE_EPOCH=500 two old.par --expires 1000
    succeeds "old.par $intact" check old.par
    refused 9 time "expired at 1000 (1970-01-01T00:16:40Z)" verify old.par --issuer "$issuer"
}

@test "check: options before and after the archive, and behind -- none" {
    two x.par
    expect 0 provar check -o json x.par
    stdout_json .success
    expect 0 provar --output=json check x.par
    stdout_json .success
    expect 0 provar -ojson check x.par
    stdout_json .success
    cp x.par ./-x.par
    succeeds "-x.par $intact" check -- -x.par
}

@test "check: status 2, usage" {
    two x.par
    refused 2 usage 'missing: ARCHIVE|-' check
    refused 2 usage "unexpected word 'y.par'" check x.par y.par
    refused 2 usage "--bogus: unknown option; 'provar check --help' lists the options" check x.par --bogus
    refused 2 usage "--issuer=$issuer: unknown option; 'provar check --help' lists the options" check x.par --issuer="$issuer"
}

@test "check: status 3, a file that cannot be read" {
    mkdir folder
    refused 3 io "cannot open 'nowhere.par': No such file or directory" check nowhere.par
    refused 3 io "'folder' is not a regular file" check folder
}

@test "check: status 4, not an archive or a damaged one" {
    : >empty
    refused 4 format 'a file of 0 bytes is no archive (byte 0)' check empty
    refused 4 format 'this is a file in ELF format, not a tar or gzip archive (byte 0)' check linux-x86

    two x.par
    two x.par.gz --compress
    head -c 700 x.par >cut.par
    refused 4 tar 'the archive ends inside the body of a member (claims.jwt, byte 700)' check cut.par
    head -c 300 x.par.gz >cut.par
    refused 4 gzip 'the file ends inside the compressed data (byte 300)' check cut.par
    cp x.par.gz longer.par.gz
    printf x >>longer.par.gz
    refused 4 gzip "bytes follow the gzip member (byte $(wc -c <x.par.gz))" check longer.par.gz
    change x.par claims.jwt Claims.jwt
    refused 4 tar 'wrong checksum of a tar header (byte 0)' check x.par
}

@test "check: status 4, a member that no archive has" {
    two x.par
    mkdir parts
    tar -xf x.par -C parts
    ln -s x86_64-linux.bin parts/mips-linux.bin
    tar -cf link.par --format=ustar -C parts claims.jwt aarch64-linux.bin x86_64-linux.bin mips-linux.bin
    expect 4 provar check link.par -o json
    stdout_json '.code == "entry" and .exit_status == 4 and .member == "mips-linux.bin" and .offset > 0'
    rm parts/mips-linux.bin
    tar -cf good.par --format=ustar -C parts claims.jwt aarch64-linux.bin x86_64-linux.bin
    succeeds "good.par $intact" check good.par
}

@test "check: status 5, a token that is none" {
    two x.par
    spoil_header x.par
    refused 5 jwt "the token's header: 'alg' is 'none' and not 'Ed25519' (claims.jwt)" check x.par
}

# subject_of_kind ARCHIVE KIND: an archive of the corpus whose subject is a key of that kind
subject_of_kind() {
    PYTHONPATH=$PROVAR_SOURCE/tests/corpus python3 -c '
import sys
from writers import archive, nkeys, pieces
made = archive.base()
made.claims["sub"] = nkeys.public_text(sys.argv[2], nkeys.SUBJECT.public_bytes)
open(sys.argv[1], "wb").write(pieces.joined(made.file()))' "$@"
}

@test "check: --allow-subject-type, which no other verb has" {
    local module=M${subject:1:52}AMO
    subject_of_kind module.par M
    subject_of_kind service.par V
    refused 5 key "subject: a key of kind module (M) where service (V) belongs: '$module' (claims.jwt)" check module.par
    refused 5 key "subject: a key of kind module (M) where service (V) belongs: '$module' (claims.jwt)" check module.par --allow-subject-type A
    succeeds "module.par $intact; the subject is no service: $module" check module.par --allow-subject-type M
    expect 0 provar check module.par --allow-subject-type=M -o json
    stdout_json ".service == \"$module\" and .subject_type == \"M\""
    succeeds "service.par $intact" check service.par --allow-subject-type M
    expect 0 provar check service.par --allow-subject-type=M -o json
    stdout_json ".service == \"$subject\" and .subject_type == \"V\""
    local verb
    for verb in inspect verify extract run insert remove sign; do
        expect "$([[ $verb == run ]] && echo 125 || echo 2)" provar "$verb" module.par --allow-subject-type M
        stderr_has "--allow-subject-type: unknown option"
    done
}

@test "check: --allow-subject-type is one letter of a key" {
    two x.par
    local letter
    for letter in '' m S P MM module ' M'; do
        refused 2 usage "--allow-subject-type: '$letter' is not the first letter of a public key, such as M" check x.par --allow-subject-type "$letter"
    done
}

@test "check: status 6, an altered body" {
    two x.par
    spoil_body x.par linux-arm
    expect 6 provar check x.par
    stderr_like "^provar: 'aarch64-linux.bin' is altered: SHA-256 [0-9A-F]{64}, but $(sha256sum <linux-arm | cut -c -64 | tr a-f A-F) was signed \(byte [0-9]+\) \[digest\]$"
    expect 6 provar check x.par -o json
    stdout_json '.success == false and .code == "digest" and .exit_status == 6 and .offset % 512 == 0'
}

@test "check: status 6, a target that is missing" {
    two x.par
    mkdir parts
    tar -xf x.par -C parts
    tar -cf less.par --format=ustar -C parts claims.jwt aarch64-linux.bin
    refused 6 digest "'x86_64-linux' is missing: the signed claims list it" check less.par
}

@test "check: status 7, a signature of somebody else, and claims that were rewritten" {
    two x.par
    cp x.par y.par
    spoil_signature x.par
    refused 7 signature 'the signature does not fit the message and the key (claims.jwt)' check x.par
    spoil_claims y.par
    refused 7 signature 'the signature does not fit the message and the key (claims.jwt)' check y.par
}

@test "check: status 13, limits" {
    two x.par
    two x.par.gz --compress
    refused 13 limit "'aarch64-linux.bin' has 85 bytes, more than 84 (byte 1536)" check x.par --max-member-size 84
    refused 13 limit 'the archive has more than 1024 bytes (claims.jwt, byte 0)' check x.par --max-total-size 1K
    refused 13 limit 'the gzip file is larger than 100 bytes (byte 100)' check x.par.gz --max-file-size 100
    succeeds "x.par $intact" check x.par --max-member-size 85 --max-total-size 1M
    succeeds "x.par.gz $intact" check x.par.gz --max-file-size 1G
}

@test "check: sizes are read strictly" {
    two x.par
    local size
    for size in 0 -1 1Q 01 1KK '' K 9999999999T; do
        refused 2 usage "--max-file-size: '$size' is not a size such as 4G" check x.par --max-file-size="$size"
    done
}
